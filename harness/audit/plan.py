"""All runs that the audit of a suite needs, and what is expected of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from harness.audit.lint import Solutions, Wrong, read_solutions, solution_name
from harness.audit.rotation import Part
from harness.core.model import Band, Kata, Suite
from harness.runner.job import Job, suite_bands
from harness.subject.resolve import REFERENCE

PROFILE = "audit"
"""The hypothesis profile of most runs: derandomized, without a database of examples, and nothing is shrunk."""


class RunKind(StrEnum):
    """What a run is held to."""

    STUB = "stub"
    """All tests fail, because nothing is written yet; of a debug kata, those of its planted faults."""
    REPAIR = "repair"
    """The tests of one planted fault pass, and those of the others fail."""
    REFERENCE = "reference"
    """All tests pass, those of speed with a margin."""
    RIGHT = "right"
    """All tests pass."""
    WRONG = "wrong"
    """The named tests fail, and the messages say why."""
    PLAYER = "player"
    """In another process each test ends as it did in pytest's own."""
    SEED = "seed"
    """All tests pass under another seed of hypothesis."""
    BEFORE = "before"
    """The kata's own reference does not pass its follow-up."""
    KEPT = "kept"
    """A solution of the follow-up passes the kata's own suite."""


class Stage(StrEnum):
    """The kinds of runs whose time is summed up."""

    RIGHT = "stubs and right solutions"
    MISTAKES = "mistakes"
    SPEED = "speed mistakes"
    PLAYER = "player"
    ALONE = "once more alone"


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run, and what is expected of it."""

    kind: RunKind
    name: str
    """What sentences call the code that is run."""
    job: Job
    tests: tuple[str, ...] = ()
    """The tests that must fail."""
    fault: str = ""
    """The planted fault that is repaired."""
    is_timed: bool = False
    """Whether it has tests that measure speed."""

    @property
    def stage(self) -> Stage:
        """The part of the audit that its time belongs to."""
        if self.job.gated:
            return Stage.ALONE
        if self.kind is RunKind.PLAYER:
            return Stage.PLAYER
        if self.kind is RunKind.WRONG:
            return Stage.SPEED if self.is_timed else Stage.MISTAKES
        return Stage.RIGHT

    @property
    def is_own(self) -> bool:
        """Whether it is a run in pytest's own process that the run in a player is compared with."""
        return self.kind in (RunKind.REFERENCE, RunKind.RIGHT, RunKind.WRONG)

    @property
    def alone(self) -> PlannedRun:
        """The same while no other run measures, with a report of its own."""
        store = self.job.store.replace("audit", "audit-alone", 1)
        return replace(self, job=replace(self.job, gated=True, store=store))


@dataclass(frozen=True, slots=True)
class Options:
    """What an audit was asked for."""

    seeds: Sequence[int] = ()
    """Seeds under which what is right is run once more, speed bands aside."""
    player: str = ""
    """`process` or `sandbox`: where solutions are run once more, to compare verdicts test by test. Empty for neither."""
    all_in_player: bool = False
    """Whether all wrong solutions are run there; one of each band when not."""
    is_draft: bool = False
    """Whether few solutions are accepted."""
    part: Part | None = None
    """The part of the wrong solutions that is run; None for all of them."""


DEFAULTS = Options()


@dataclass(frozen=True)
class Plan:
    """A kata's own suite, or its follow-up, with all that judges it."""

    kata: Kata
    suite: Suite
    options: Options

    @cached_property
    def solutions(self) -> Solutions:
        """What there is in `solutions/`."""
        return read_solutions(self.kata, self.suite)

    @property
    def _reference(self) -> tuple[str, str]:
        """What sentences call the reference, and how a job finds it."""
        if self.suite is Suite.FOLLOW_UP:
            return "the follow-up's reference", str(self.solutions.reference)
        return "the reference", REFERENCE

    @cached_property
    def _bands(self) -> dict[str, Band | None]:
        return suite_bands(self.kata, self.suite)

    def _job(self, choice: str, store: str) -> Job:
        place = f"audit/{self.kata.slug}/{'' if self.suite is Suite.OWN else 'follow_up/'}{store}.json"
        return Job(self.kata, choice, profile=PROFILE, store=place, suite=self.suite, gated=False)

    @cached_property
    def _is_timed(self) -> bool:
        return Band.SPEED in self._bands.values()

    @cached_property
    def _right(self) -> list[tuple[str, str, str]]:
        """What must pass: its name, how a job finds it, and what its report is called."""
        name, choice = self._reference
        files = self.solutions.right
        named = [(solution_name(self.kata, file), str(file), f"also_right/{file.stem}") for file in files]
        return [(name, choice, "reference"), *named]

    @cached_property
    def runs(self) -> list[PlannedRun]:
        """All runs; the stub's comes first, then the reference's. None of them waits until it is alone."""
        right = [
            PlannedRun(
                RunKind.REFERENCE if store == "reference" else RunKind.RIGHT,
                name,
                self._job(choice, store),
                is_timed=self._is_timed,
            )
            for name, choice, store in self._right
        ]
        wrong = [self._wrong(each) for each in self._chosen]
        return [
            PlannedRun(RunKind.STUB, "the stub", self._job(str(self.kata.stub), "stub")),
            *right,
            *self._repairs(),
            *wrong,
            *self._in_player(right, wrong),
            *self._seeded(),
            *(self._across() if self.suite is Suite.FOLLOW_UP else ()),
        ]

    @cached_property
    def _chosen(self) -> list[Wrong]:
        """The wrong solutions that are run."""
        part = self.options.part
        return [each for each in self.solutions.wrong if part is None or part.has(self.kata.slug, each.stem)]

    @property
    def not_in_part(self) -> int:
        """How many wrong solutions are not run because they are in another part."""
        return len(self.solutions.wrong) - len(self._chosen)

    def _repairs(self) -> Iterator[PlannedRun]:
        for repair in self.solutions.repairs:
            job = self._job(repair.choice, f"repairs/{repair.fault}")
            yield PlannedRun(RunKind.REPAIR, repair.name, job, fault=repair.fault)

    def _wrong(self, wrong: Wrong) -> PlannedRun:
        job = self._job(wrong.choice, f"wrong/{wrong.stem}")
        is_timed = any(self._bands[name] is Band.SPEED for name in wrong.tests)
        return PlannedRun(RunKind.WRONG, wrong.name, replace(job, only=wrong.tests), wrong.tests, is_timed=is_timed)

    def _in_player(self, right: Sequence[PlannedRun], wrong: Sequence[PlannedRun]) -> Iterator[PlannedRun]:
        """What is right, and of what is wrong the first for each band, or all."""
        player = self.options.player
        first = _first_of_each_band(self.solutions.wrong, self._bands)
        chosen = [run for run in wrong if self.options.all_in_player or run.name in first]
        for run in (*right, *chosen) if player else ():
            store = run.job.store.replace("audit/", f"audit-{player}/", 1)
            yield replace(run, kind=RunKind.PLAYER, job=replace(run.job, player=player, store=store))

    @property
    def left_out(self) -> int:
        """How many wrong solutions are not run in the player, although one was asked for."""
        if not self.options.player:
            return 0
        in_player = sum(run.kind is RunKind.PLAYER for run in self.runs)
        return len(self._right) + len(self._chosen) - in_player

    def _seeded(self) -> Iterator[PlannedRun]:
        """What is right, once a seed."""
        unhurried = tuple(name for name, band in self._bands.items() if band is not Band.SPEED)
        for seed in self.options.seeds:
            for name, choice, store in self._right:
                job = replace(self._job(choice, f"seeds/{seed}/{store}"), profile="grade", seed=seed)
                job = replace(job, only=unhurried)
                yield PlannedRun(RunKind.SEED, f"{name} under --hypothesis-seed={seed}", job)

    def _across(self) -> Iterator[PlannedRun]:
        """The kata's reference in the follow-up's suite, and the follow-up's solutions in the kata's own.

        Wrong ones only where seeds ask for thoroughness: they are many, and whole suites. They need not show their speed.
        """
        yield PlannedRun(RunKind.BEFORE, "the reference", self._job(REFERENCE, "before"), is_timed=self._is_timed)
        own_bands = suite_bands(self.kata)
        is_timed = Band.SPEED in own_bands.values()
        for name, choice, store in self._right:
            job = replace(self._job(choice, f"kept/{store}"), suite=Suite.OWN)
            yield PlannedRun(RunKind.KEPT, name, job, is_timed=is_timed)
        unhurried = tuple(name for name, band in own_bands.items() if band is not Band.SPEED)
        for wrong in self._chosen if self.options.seeds else ():
            job = self._job(wrong.choice, f"kept/wrong/{wrong.stem}")
            yield PlannedRun(RunKind.KEPT, wrong.name, replace(job, suite=Suite.OWN, only=unhurried))


def _first_of_each_band(wrong: Sequence[Wrong], bands: dict[str, Band | None]) -> set[str]:
    """The names of the first solutions that a test of each band must catch."""
    first: dict[Band | None, str] = {}
    for each in wrong:
        for test in each.tests:
            first.setdefault(bands[test], each.name)
    return set(first.values())
