"""Children of runs, started ahead of need: pytest has come as far as it can without the learner's file, and waits."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from harness.core.model import Kata, Suite
from harness.plugin.live_results import HOLD
from harness.runner.job import Job, suite_tests
from harness.runner.outcome import Child, end, run_limit_s
from harness.runner.processes import Starter, replay_options, start_pytest, start_recording
from harness.watch.plan import Plan

_LIVE = "harness.plugin.live_results"


@dataclass(slots=True, eq=False)
class Held:
    """A child that waits until it is released."""

    child: Child
    way: int | None
    """What releases it when something is written there, and ends it when it is closed; None when it does not wait."""

    def release(self) -> Child:
        """Let it run."""
        self.child.begun = time.monotonic()
        self.child.deadline = self.child.begun + run_limit_s(self.child.job.kata)
        if self.way is not None:
            with contextlib.suppress(OSError):  # it has died since: its end says so
                os.write(self.way, b"\n")
        return self.child

    def close(self) -> None:
        """End it, if it has not ended yet."""
        if self.child.process.poll() is None:
            self.child.end()
        if self.way is not None:  # not before: what was written is lost unless a process holds the pipe open
            os.close(self.way)
            self.way = None


class Recording:
    """The examples of one run's laws, which are recorded while there is nothing else to do."""

    def __init__(self, kata: Kata, warm: Starter, folder: Path) -> None:
        self.file = folder / "examples"
        (folder / "recording").mkdir(parents=True)
        self._process = start_recording(Job(kata), self.file, folder / "recording", warm)

    def stop(self) -> None:
        """The run begins: a recording that is not complete by now would only take time from it."""
        if self._process.poll() is None:
            end(self._process)


def can_hold() -> bool:
    """Whether children can wait for as long as it takes without looking up again and again."""
    return hasattr(os, "mkfifo")


def start_child(job: Job, warm: Starter, folder: Path, *, gated: bool, recording: Recording | None = None) -> Held:
    """Start a child for a job. Its gate is open; `gated` only leaves speed out after a wrong answer."""
    folder.mkdir(parents=True)
    (folder / "go").touch()
    way = _way(folder / HOLD) if can_hold() else None
    options = replay_options(recording.file if recording else None)
    return Held(
        Child(job, folder, start_pytest(job, folder, warm, gated=gated, plugins=(_LIVE,), options=options)), way
    )


def _way(path: Path) -> int:
    """A pipe with a name. Open for reading too, or it could not be opened before the child has come to it."""
    os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)


class PreforkedRun:
    """All children of one run: one for each share of the answers, and one for speed where it has its own."""

    def __init__(
        self,
        kata: Kata,
        warm: Starter,
        folder: Path,
        plan: Plan,
        *,
        all_bands: bool = False,
        recording: Recording | None = None,
        suite: Suite = Suite.OWN,
    ) -> None:
        """With `recording`, laws are tried first on its examples, if they are there by then."""
        self.plan = plan
        self._recording = recording
        self.all_bands = all_bands
        self.places = {name: place for place, name in enumerate(suite_tests(kata, suite))}
        """Where each test function stands in the suite."""
        self._folder = folder
        self._kata = kata
        self._suite = suite
        self._warm = warm
        self._held: list[Held] = []
        gated = not (plan.speed or all_bands)
        for only in plan.answers:
            self._start(only, gated=gated)
        self._spare = self._start(plan.speed, gated=True) if plan.speed and can_hold() else None

    def _start(self, only: tuple[str, ...], *, gated: bool) -> Held:
        folder = self._folder / str(len(self._held))
        job = Job(self._kata, only=only, suite=self._suite)
        self._held.append(start_child(job, self._warm, folder, gated=gated, recording=self._recording))
        return self._held[-1]

    def answers(self) -> list[Child]:
        """Those that answer, released."""
        if self._recording is not None:
            self._recording.stop()
        return [held.release() for held in self._held[: len(self.plan.answers)]]

    def speed(self) -> Child:
        """One that measures speed, released."""
        held, self._spare = self._spare or self._start(self.plan.speed, gated=True), None
        return held.release()

    @property
    def is_well(self) -> bool:
        """Whether all of them are there still."""
        return all(held.child.process.poll() is None for held in self._held)

    def alone(self) -> PreforkedRun:
        """The same run in one child."""
        folder = self._folder.with_name(f"{self._folder.name}-alone")
        return PreforkedRun(self._kata, self._warm, folder, Plan(((),)), all_bands=self.all_bands, suite=self._suite)

    def close(self) -> None:
        """End whoever is there still, and leave nothing behind."""
        if self._recording is not None:
            self._recording.stop()
        for held in self._held:
            held.close()
        shutil.rmtree(self._folder, ignore_errors=True)
