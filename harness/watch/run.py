"""One run of a kata's suite, in a few children side by side: its answers (examples, laws, edges), and its speed band.

What the children report is put together to one report, as one child would have made it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.core.model import Band, Failure, FailureKind, Kata, KataReport, Outcome, Problem, ProblemKind, TestResult
from harness.core.state import write_atomically
from harness.plugin.live_results import FILE, Line, LiveLines
from harness.runner.outcome import Child, conclude
from harness.watch.plan import function_of
from harness.watch.prefork import PreforkedRun


class Run:
    """One run against the learner's file. It never blocks.

    Speed is measured as soon as there is a core for it and no answer is wrong. A figure that is too low while others are at
    work proves nothing, and is measured again when no other job runs.
    """

    def __init__(self, kata: Kata, preforked: PreforkedRun, cores: int) -> None:
        self.kata = kata
        self.begun = time.monotonic()
        self.report: KataReport | None = None
        """The report, once the run is over."""
        self._cores = cores
        self._source = _read_if_there(kata.stub)
        self._stamp = _stamp(kata.stub)
        self._start(preforked)

    def _start(self, preforked: PreforkedRun) -> None:
        self.tests: dict[str, TestResult] = {}
        """What is known so far, by name."""
        self.printed: dict[str, str] = {}
        """What failed tests printed, by name."""
        self._preforked = preforked
        self._plan = preforked.plan
        self._lines: dict[Child, LiveLines] = {}
        self._working = [self._heard(child) for child in preforked.answers()]
        self._answers: list[KataReport] = []
        self._speed: Child | None = None
        self._is_alone = False
        """Whether no other job ran while speed was measured."""
        self._measured: KataReport | None = None

    def _start_alone(self) -> None:
        """A module that deletes its own file has taken it from the other children: one alone is not disturbed."""
        preforked = self._preforked.alone()
        self._preforked.close()
        if self._source is not None and not self.kata.stub.exists():
            write_atomically(self.kata.stub, self._source)
        self._start(preforked)

    def _heard(self, child: Child) -> Child:
        self._lines[child] = LiveLines(child.folder / FILE)
        return child

    @property
    def has_failed(self) -> bool:
        """Whether the verdict is known already: a test has failed, or a child came to a bad end."""
        failed = any(test.outcome is Outcome.FAILED for test in self.tests.values())
        return failed or self._problem() is not None

    def _problem(self) -> Problem | None:
        return next((report.problem for report in self._reports() if report.problem is not None), None)

    def _reports(self) -> list[KataReport]:
        return [*self._answers, *([self._measured] if self._measured else [])]

    @property
    def running_test(self) -> str:
        """What is being run, for people who wait."""
        return next((child.last_test for child in reversed(self._children()) if child.last_test), "")

    def results(self) -> tuple[TestResult, ...]:
        """What is known so far, in the order of the suite."""
        return tuple(sorted(self.tests.values(), key=self._place))

    def _place(self, test: TestResult) -> int:
        places = self._preforked.places
        return places.get(function_of(test.name), len(places))

    def poll(self) -> bool:
        """Look what the children have to say; whether there was anything new."""
        if self.report is not None:
            return False
        news = False
        for child in self._children():
            ended = child.process.poll() is not None
            news |= self._hear(child) or ended
            if ended:
                self._conclude(child)
        if self._problem() is not None:
            if len(self._lines) > 1 and _stamp(self.kata.stub) != self._stamp:
                self._start_alone()
            else:
                self._finish()
        elif self._working:
            self._measure_beside()
        else:
            self._go_on()
        return news or self.report is not None

    def _hear(self, child: Child) -> bool:
        child.follow(lambda _: None)
        if time.monotonic() > child.deadline and not child.overdue:
            child.overdue = True
            child.end()
        lines = self._lines[child].new()
        for line in lines:
            self._take(line, is_sure=child is not self._speed or self._is_alone)
        return bool(lines)

    def _take(self, line: Line, *, is_sure: bool) -> None:
        if line.outcome is None:
            self.tests.setdefault(line.name, line.result)
        elif is_sure or line.outcome is not Outcome.FAILED:
            self.tests[line.name] = line.result
            if line.printed:
                self.printed[line.name] = line.printed

    def _conclude(self, child: Child) -> None:
        report = conclude(child)
        if child is not self._speed:
            self._working.remove(child)
            self._answers.append(report)
            return
        self._speed = None
        failed = any(test.outcome is Outcome.FAILED for test in report.tests)
        if self._is_alone or report.problem is not None or not failed:
            self._measured = report

    # --- speed ---

    def _measure_beside(self) -> None:
        """Use a core that has become free."""
        if self._speed is not None and self.has_failed:
            self._speed.end()
            self._speed = None
        is_tried = self._is_alone or self._measured is not None or len(self._lines) > len(self._plan.answers)
        if self._plan.speed and not is_tried and not self.has_failed and len(self._working) < self._cores:
            self._speed = self._heard(self._preforked.speed())

    def _go_on(self) -> None:
        """The answers are there: measure speed if that is still to be done, or finish."""
        is_wanted = bool(self._plan.speed) and (not self.has_failed or self._preforked.all_bands)
        if not is_wanted or self._measured is not None:
            self._finish()
        elif self._speed is None:
            self._is_alone = True
            self._speed = self._heard(self._preforked.speed())

    # --- the end ---

    def _finish(self) -> None:
        self.report = self._merged()
        self.cancel()

    def _merged(self) -> KataReport:
        """One report out of those of all children; speed that was not measured is there as not run."""
        tests = [test for report in self._reports() for test in report.tests]
        told = {function_of(test.name) for test in tests}
        problem = self._problem()
        if problem is None:
            tests += [_not_run(name) for name in self._plan.speed if name not in told]
        first = self._reports()[0]
        return replace(
            first,
            tests=tuple(sorted(tests, key=self._place)),
            problem=problem or _nothing(self.kata, tests),
            started=all(report.started for report in self._reports()),
            duration_s=time.monotonic() - self.begun,
        )

    def cancel(self) -> None:
        """End whoever is still at work, and leave nothing behind."""
        self._working.clear()
        self._speed = None
        self._preforked.close()

    def _children(self) -> list[Child]:
        return [*self._working, *([self._speed] if self._speed else [])]


def _stamp(file: Path) -> tuple[int, int] | None:
    """Changes when the file is written or replaced."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _read_if_there(file: Path) -> bytes | None:
    """What is in the file, None when it cannot be read."""
    try:
        return file.read_bytes()
    except OSError:
        return None


def _not_run(name: str) -> TestResult:
    reason = "not run, because answers come first, and some are wrong"
    return TestResult(name, Band.SPEED, Outcome.NOT_RUN, failure=Failure(name, reason, kind=FailureKind.NOT_RUN))


def _nothing(kata: Kata, tests: Sequence[TestResult]) -> Problem | None:
    return None if tests else Problem(ProblemKind.INCOMPLETE, f"the run of {kata.slug} has no tests")
