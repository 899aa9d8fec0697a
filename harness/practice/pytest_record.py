"""The pytest plugin that notes what plain `pytest` shows of a learner's file, as `kata submit` does.

A run counts when it had the whole suite, from a terminal or from an editor's test explorer. What a runner of this harness has
started, and what runs in CI, is left to those who started it.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.errors import KataError
from harness.core.model import (
    Band,
    FailureKind,
    Figure,
    KataReport,
    Outcome,
    Problem,
    ProblemKind,
    Status,
    Suite,
    TestResult,
)
from harness.plugin.session import SESSION, Session, SuiteKey
from harness.plugin.stages import result_of
from harness.subject.resolve import LEARNER
from harness.suite.speed import FIGURES

if TYPE_CHECKING:
    from harness.history.record import Recorded


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    group = parser.getgroup("kata", "code katas")
    group.addoption("--no-record", action="store_true", help="leave this run out of your history")


def pytest_configure(config: pytest.Config) -> None:
    """Note runs where a learner may have asked for them."""
    session = config.stash.get(SESSION, None)
    if session is not None and _is_practice(config, session):
        config.pluginmanager.register(_Recorder(session))


def _is_practice(config: pytest.Config, session: Session) -> bool:
    settings = session.settings
    is_plain = settings.choice == LEARNER and settings.profile == "practice" and session.players is None
    is_asked = not (config.option.no_record or config.option.collectonly or os.environ.get("CI"))
    return is_plain and is_asked and not session.progress.has_reader and not hasattr(config, "workerinput")


class _Recorder:
    """Collects the stages of each test, and notes each suite of which all tests were run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._begun = time.time()
        self._stages: dict[str, list[pytest.TestReport]] = {}
        self._lines: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a stage."""
        self._stages.setdefault(report.nodeid, []).append(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Note what there is to note. A run that was interrupted says nothing."""
        if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return
        figures: dict[str, tuple[Figure, ...]] = {}
        for item in session.items:
            found: list[Figure] = item.stash.get(FIGURES, [])
            figures[item.nodeid] = tuple(found)
        collected = self._session.collected
        for key in sorted(collected.expected, key=lambda key: key.order):
            bands = collected.whole.get(key, {})
            is_whole = bands and all(nodeid in self._stages for nodeid in bands)
            if is_whole and collected.subjects[key].kata.folder.parent.name == "katas":
                tests = [result_of(self._stages[nodeid], Band(of), figures[nodeid]) for nodeid, of in bands.items()]
                self._note(self._report(key, tests))

    def _report(self, key: SuiteKey, tests: list[TestResult]) -> KataReport:
        from harness.catalog.load import is_published_stub
        from harness.core.report import hang_problem

        sentence = self._session.collected.problems.get(key)
        broken = Problem(ProblemKind.BROKEN, sentence) if sentence else None
        kata = self._session.collected.subjects[key].kata
        return KataReport(
            key.slug,
            LEARNER,
            tuple(tests),
            broken or hang_problem(key.slug, tuple(tests)),
            started=not is_published_stub(kata, self._source(key)),
            created=time.time(),
            duration_s=time.time() - self._begun,
            suite=key.suite,
        )

    def _source(self, key: SuiteKey) -> bytes:
        subject = self._session.collected.subjects[key]
        return self._session.finder.sources.get(subject.file, b"")

    def _note(self, report: KataReport) -> None:
        key = SuiteKey(report.slug, report.suite)
        was_run = any(test.outcome is not Outcome.NOT_RUN for test in report.tests)
        if not report.started or not was_run:
            return
        try:
            told = self._record(key, report)
        except KataError as error:
            told = f"not noted: {error}"
        self._lines.append(f"{key}  {told}")

    def _record(self, key: SuiteKey, report: KataReport) -> str:
        """Write history and cache; returns what to tell of it. Raises `StateError` when they cannot be written."""
        from harness.catalog.published_stub import remember_stubs
        from harness.core.state import state_folder
        from harness.history.record import record_run
        from harness.history.store import History
        from harness.practice.follow_up import record_follow_up

        kata = self._session.collected.subjects[key].kata
        state = state_folder(kata.root)
        self._keep(report, state)
        remember_stubs(state, [kata])
        with contextlib.closing(History(state)) as history:
            if key.suite is Suite.FOLLOW_UP:
                record_follow_up(history, kata, report, time.time())
                return f"noted in your history: {report.status}"
            recorded = record_run(history, kata, report, trigger="pytest", now=time.time(), source=self._source(key))
        return f"noted in your history: {_words(report, recorded)}"

    def _keep(self, report: KataReport, state: Path) -> None:
        """Keep the report where the scoreboard looks for it, unless its speed was measured beside something else."""
        from harness.core.report import dump
        from harness.core.state import write_atomically
        from harness.runner.job import digest, learner_job

        key = SuiteKey(report.slug, report.suite)
        is_slow = any(test.failure is not None and test.failure.kind is FailureKind.SLOW for test in report.tests)
        if is_slow:
            return
        job = learner_job(self._session.collected.subjects[key].kata, LEARNER, "practice", report.suite)
        with contextlib.suppress(OSError):
            write_atomically(state / job.store, dump(replace(report, digest=digest(job, self._source(key)))))

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what was noted."""
        for line in self._lines:
            terminalreporter.line(line)


def _words(report: KataReport, recorded: Recorded) -> str:
    from harness.scoreboard.render.words import minutes

    if report.status is not Status.PASSED:
        return f"{report.count(outcome=Outcome.PASSED)} of {len(report.tests)} tests pass"
    if recorded.spent_s is None or recorded.given_up:
        return "passed"
    return f"passed in {minutes(recorded.spent_s)}"
