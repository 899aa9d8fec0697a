"""What an audit took: the time of each stage, and the slowest runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.audit.plan import PlannedRun, RunKind, Stage
from harness.core.model import KataReport


@dataclass(frozen=True, slots=True)
class StageTime:
    """The runs of one stage."""

    name: str
    """`lint`, a stage of runs, or the player's name."""
    runs: int
    """How many were run; the others came from the cache."""
    seconds: float
    """The sum over these runs, without their waits for speed bands; of linting, its duration."""


@dataclass(frozen=True, slots=True)
class SlowRun:
    """One run."""

    name: str
    """The kata and the solution."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Timing:
    """What an audit took."""

    wall_s: float
    stages: tuple[StageTime, ...]
    slowest: tuple[SlowRun, ...]
    """All runs, the slowest first."""

    @property
    def solutions_per_s(self) -> float:
        """Runs for each second of the whole audit."""
        return len(self.slowest) / self.wall_s if self.wall_s else 0.0


def take_time(timed: Sequence[tuple[PlannedRun, KataReport]], *, lint_s: float, wall_s: float) -> Timing:
    """Sum up the durations of the runs that were run."""
    stages = [StageTime("lint", 0, lint_s)]
    for stage in Stage:
        mine = [(run, report.duration_s) for run, report in timed if run.stage is stage]
        if mine:
            name = mine[0][0].job.player if stage is Stage.PLAYER else str(stage)
            stages.append(StageTime(name, len(mine), sum(duration_s for _, duration_s in mine)))
    slow = [SlowRun(f"{run.job.kata.slug} {_name(run)}", report.duration_s) for run, report in timed]
    return Timing(wall_s, tuple(stages), tuple(sorted(slow, key=lambda run: -run.seconds)))


def _name(run: PlannedRun) -> str:
    where = f" by the player {run.job.player}" if run.kind is RunKind.PLAYER else ""
    return f"{run.name}{where}{', once more alone' if run.stage is Stage.ALONE else ''}"
