"""Runs that start at once: from a nest that forks, or where there is no fork from a spare process.

A run is split over the cores: its answers (examples, laws, edges) in a few children side by side, and then its speed band
alone, if the answers are right. What the children report is put together to one report, as one child would have made it.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from harness.children import Child, conclude, run_limit_s
from harness.jobs import Job, suite_tests
from harness.model import Band, Failure, Kata, KataReport, Outcome, Problem, ProblemKind, TestResult
from harness.practice.live import FILE, Line, LiveLines
from harness.processes import Starter, open_nest, preloaded, start_pytest

MAX_CHILDREN = 4
"""Of one run. More would wait for each other: each needs a little time before its first test."""
QUICK_S = 0.02
"""Test functions that take less are run together."""
_LIVE = "harness.practice.live"


class Warm(Starter, Protocol):
    """A `Starter` that lives as long as somebody practises."""

    @property
    def is_alive(self) -> bool:
        """Whether it can still start anything."""

    def close(self) -> None:
        """End it."""


class WarmParent:
    """Keeps what starts runs of one kata, and makes it anew when it has died or what it has imported has changed."""

    def __init__(self, kata: Kata, scratch: Path, *, can_fork: bool | None = None) -> None:
        """`can_fork` is found out when None; `scratch` is where runs have their folders."""
        self.kata = kata
        self.scratch = scratch
        self._can_fork = can_fork
        self._numbers = itertools.count()
        self._weights: dict[str, float] = {}
        self._warm = self._open()

    def _open(self) -> Warm:
        suites = [self.kata.suite]
        nest = None if self._can_fork is False else open_nest(suites)
        if nest is not None:
            return nest
        from harness.practice.spare import Spares

        return Spares(preloaded(suites), self.kata.folder.parent.parent)

    @property
    def children(self) -> int:
        """How many children may answer at the same time."""
        from harness.practice.spare import Spares

        return 1 if isinstance(self._warm, Spares) else max(1, min(os.cpu_count() or 1, MAX_CHILDREN))

    def restart(self, kata: Kata) -> None:
        """Begin anew, for this kata."""
        self.close()
        self.kata = kata
        self._weights = {}
        self._warm = self._open()

    def begin(self, *, all_bands: bool = False) -> Run:
        """Start a run; with `all_bands` speed is measured whatever the answers are."""
        if not self._warm.is_alive:
            self._warm.close()
            self._warm = self._open()
        folder = self.scratch / str(next(self._numbers))
        folder.mkdir(parents=True)
        plan = plan_run(self.kata, self._weights, self.children)
        return Run(self.kata, self._warm, folder, plan, all_bands=all_bands)

    def learn(self, report: KataReport) -> None:
        """Get ready for the next run: note how long tests take, and launch another spare where that is needed."""
        from harness.practice.spare import Spares

        weights: dict[str, float] = {}
        for test in report.tests:
            name = _function(test.name)
            weights[name] = weights.get(name, 0.0) + test.duration_s
        self._weights |= weights
        if isinstance(self._warm, Spares):
            self._warm.refill()

    def close(self) -> None:
        """End it."""
        self._warm.close()


@dataclass(frozen=True, slots=True)
class Plan:
    """Which test functions run together."""

    answers: tuple[tuple[str, ...], ...]
    """One tuple a child; a single empty one stands for the whole suite."""
    speed: tuple[str, ...] = ()
    """What waits for the answers; empty when it is in the same child as they are, or there is none."""


def plan_run(kata: Kata, weights: Mapping[str, float], children: int) -> Plan:
    """Share the tests out by how long they took: quick ones together, then the others, longest first, to whoever has least.

    There are no more children than cores: those with quick tests would have to wait for their turn.
    """
    tests = suite_tests(kata)
    names = [name for name, is_speed in tests.items() if not is_speed]
    speed = tuple(name for name, is_speed in tests.items() if is_speed)
    if children < 2 or len(names) < 2:
        return Plan(((),))
    quick = [name for name in names if weights.get(name, QUICK_S) < QUICK_S]
    slow = sorted((name for name in names if name not in quick), key=lambda name: -weights.get(name, QUICK_S))
    shares: list[list[str]] = [quick, *([] for _ in range(children - 1))]
    loads = [sum(weights[name] for name in quick), *(0.0 for _ in range(children - 1))]
    for name in slow:
        least = loads.index(min(loads))
        shares[least].append(name)
        loads[least] += weights.get(name, QUICK_S)
    return Plan(tuple(tuple(share) for share in shares if share), speed)


class Run:
    """One run of a kata's suite against the learner's file, in one or more children. It never blocks."""

    def __init__(self, kata: Kata, warm: Starter, folder: Path, plan: Plan, *, all_bands: bool) -> None:
        self.kata = kata
        self.begun = time.monotonic()
        self.tests: dict[str, TestResult] = {}
        """What is known so far, by name."""
        self.printed: dict[str, str] = {}
        """What failed tests printed, by name."""
        self.report: KataReport | None = None
        """The report, once the run is over."""
        self._warm = warm
        self._folder = folder
        self._plan = plan
        self._all_bands = all_bands
        self._places = {name: place for place, name in enumerate(suite_tests(kata))}
        self._numbers = itertools.count()
        self._lines: dict[Child, LiveLines] = {}
        self._working: list[Child] = []
        self._reports: list[KataReport] = []
        self._speed: Child | None = None
        for only in plan.answers:
            self._working.append(self._start(only, gated=not (plan.speed or all_bands), is_open=True))

    def _start(self, only: tuple[str, ...], *, gated: bool, is_open: bool) -> Child:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        if is_open:
            (folder / "go").touch()
        job = Job(self.kata, only=only)
        process = start_pytest(job, folder, self._warm, gated=gated, plugins=(_LIVE,))
        child = Child(job, folder, process, deadline=time.monotonic() + run_limit_s(self.kata))
        self._lines[child] = LiveLines(folder / FILE)
        return child

    @property
    def has_failed(self) -> bool:
        """Whether the verdict is known already: a test has failed, or a child came to a bad end."""
        return any(test.outcome is Outcome.FAILED for test in self.tests.values()) or any(
            report.problem is not None for report in self._reports
        )

    @property
    def running_test(self) -> str:
        """What is being run, for people who wait."""
        return next((child.last_test for child in reversed(self._working) if child.last_test), "")

    def results(self) -> tuple[TestResult, ...]:
        """What is known so far, in the order of the suite."""
        return tuple(sorted(self.tests.values(), key=self._place))

    def _place(self, test: TestResult) -> int:
        return self._places.get(_function(test.name), len(self._places))

    def poll(self) -> bool:
        """Look what the children have to say; whether there was anything new."""
        if self.report is not None:
            return False
        news = False
        for child in [*self._working, *([self._speed] if self._speed else [])]:
            news |= self._hear(child)
        for child in [child for child in self._working if child.process.poll() is not None]:
            self._hear(child)
            self._working.remove(child)
            self._reports.append(conclude(child))
            news = True
        if self.has_failed and any(report.problem is not None for report in self._reports):
            self._finish()
        elif not self._working:
            self._go_on()
        elif len(self._working) < len(self._plan.answers) and self._plan.speed and not self.has_failed:
            self._prepare_speed()  # a core is free: let it come as far as its gate
        return news or self.report is not None

    def _hear(self, child: Child) -> bool:
        child.follow(lambda _: None)
        if time.monotonic() > child.deadline and not child.overdue:
            child.overdue = True
            child.end()
        lines = self._lines[child].new()
        for line in lines:
            self._take(line)
        return bool(lines)

    def _take(self, line: Line) -> None:
        if line.outcome is None:
            self.tests.setdefault(line.name, line.result)
            return
        self.tests[line.name] = line.result
        if line.printed:
            self.printed[line.name] = line.printed

    def _prepare_speed(self) -> None:
        if self._speed is None:
            self._speed = self._start(self._plan.speed, gated=True, is_open=False)

    def _go_on(self) -> None:
        """The answers are there: measure speed if that is still to be done, or finish."""
        measured = len(self._reports) > len(self._plan.answers)
        if not self._plan.speed or measured or (self.has_failed and not self._all_bands):
            self._finish()
            return
        self._prepare_speed()
        if self._speed is not None:
            self._speed.open_gate()
            self._working.append(self._speed)
            self._speed = None

    def _finish(self) -> None:
        self._end_children()
        self.report = self._merged()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _merged(self) -> KataReport:
        """One report out of those of all children; speed that was not measured is there as not run."""
        tests = [test for report in self._reports for test in report.tests]
        told = {_function(test.name) for test in tests}
        reason = "answers come first, and some are wrong"
        if all(report.problem is None for report in self._reports):
            tests += [_not_run(name, reason) for name in self._plan.speed if name not in told]
        problem = next((report.problem for report in self._reports if report.problem is not None), None)
        first = self._reports[0]
        return replace(
            first,
            tests=tuple(sorted(tests, key=self._place)),
            problem=problem or _nothing(self.kata, tests),
            started=all(report.started for report in self._reports),
            duration_s=time.monotonic() - self.begun,
        )

    def cancel(self) -> None:
        """End it without a report."""
        self._end_children()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end_children(self) -> None:
        for child in self._children():
            if child.process.poll() is None:
                child.end()
        self._working.clear()
        self._speed = None

    def _children(self) -> Iterator[Child]:
        yield from self._working
        if self._speed is not None:
            yield self._speed


def _function(name: str) -> str:
    """The function of a test: its name without parameters."""
    return name.partition("[")[0]


def _not_run(name: str, reason: str) -> TestResult:
    failure = Failure(name, f"not run, because {reason}", kind="not run")
    return TestResult(name, Band.SPEED, Outcome.NOT_RUN, failure=failure)


def _nothing(kata: Kata, tests: Sequence[TestResult]) -> Problem | None:
    return None if tests else Problem(ProblemKind.INCOMPLETE, f"the run of {kata.slug} has no tests")


def fingerprint(kata: Kata) -> str:
    """Hash of what a warm parent depends on, and the learner's file does not: suite, helpers and `kata.toml`."""
    sha = hashlib.sha256()
    try:
        for file in sorted(kata.folder.iterdir()):
            if file.suffix in (".py", ".toml") and file != kata.stub:
                sha.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    except OSError:  # in the middle of being replaced: the next look will see
        return ""
    return sha.hexdigest()
