"""Results: failures in the parts that a person needs, in the terminal and in the JSON report."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict
from typing import Any

import pytest

from harness.catalog.load import is_published_stub
from harness.core.model import Failure, FailureKind, Problem, ProblemKind, Suite
from harness.core.report import FORMAT
from harness.core.text import clean_text
from harness.plugin.failure_repr import FailureRepr
from harness.plugin.precedence import NotRunError
from harness.plugin.session import Session, SuiteKey, band_of, suite_of
from harness.suite.explain import HangError, SubjectGoneError, explain, subject_traceback
from harness.suite.speed import FIGURES

_FAILURE = pytest.StashKey[Failure]()


class Reporting:
    """Explains failures of kata tests, and adds what this harness needs to the JSON report."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Replace pytest's traceback with an explanation, where the failure comes from the subject or from a check."""
        report = yield
        kata = self._session.collected.kata_of(item)
        if kata is None or call.excinfo is None or not report.failed:
            return report
        error, findings, players = call.excinfo.value, self._session.findings, self._session.players
        findings.failed.add(suite_of(item.path))
        failure = self._explain(report, item, error)
        if isinstance(error, HangError | SubjectGoneError):
            is_suites = failure is not None and failure.kind is FailureKind.SUITE_TIMED_OUT
            findings.ended.setdefault(kata.slug, f"{item.name} {'ran out of time' if is_suites else 'hung'}")
            if players is not None:
                players.end(kata)
        return report

    def _explain(self, report: pytest.TestReport, item: pytest.Item, error: BaseException) -> Failure | None:
        subject = self._session.collected.subjects[suite_of(item.path)]
        if isinstance(error, NotRunError):
            failure: Failure | None = Failure(item.name, f"not run, because {error}", kind=FailureKind.NOT_RUN)
        else:
            failure = explain(error, subject.file, item.path)
        if failure is None:
            text = report.longreprtext
            report.longrepr = report.longrepr if text.isprintable() else clean_text(text)
            return None
        item.stash[_FAILURE] = failure
        has_trace = failure.kind in (FailureKind.RAISED, FailureKind.TIMED_OUT, FailureKind.SUITE_TIMED_OUT)
        trace = subject_traceback(error, subject.file, item.path) if has_trace else []
        report.longrepr = FailureRepr(failure, trace, item)  # type: ignore[assignment]
        report.sections = [(title, clean_text(text)) for title, text in report.sections]
        return failure

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_runtest_metadata(self, item: pytest.Item) -> dict[str, object]:
        """What the JSON report has of each kata test: its band, its figures, its failure in parts."""
        kata = self._session.collected.kata_of(item)
        if kata is None:
            return {}
        extra: dict[str, object] = {"kata": kata.slug, "band": band_of(item)}
        figures = item.stash.get(FIGURES, None)
        if figures:
            extra["figures"] = [asdict(figure) for figure in figures]
        failure = item.stash.get(_FAILURE, None)
        if failure is not None:
            extra["failure"] = asdict(failure)
        return extra

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Add the `kata` block: whose report this is, and what should be in it."""
        self._note_cheating()
        settings, collected = self._session.settings, self._session.collected
        entries: dict[Suite, dict[str, object]] = {suite: {} for suite in Suite}
        for key in sorted({*collected.expected, *collected.problems, *collected.subjects}):
            entries[key.suite][key.slug] = self._entry(key)
        json_report["kata"] = {
            "format": FORMAT,
            "subject": settings.choice,
            "profile": settings.profile,
            "seed": settings.seed,
            "katas": entries[Suite.OWN],
            "follow_ups": entries[Suite.FOLLOW_UP],
        }

    def _entry(self, key: SuiteKey) -> dict[str, object]:
        collected = self._session.collected
        subject = collected.subjects.get(key)
        source = self._session.finder.sources.get(subject.file, b"") if subject else b""
        sentence = collected.problems.get(key)
        expected, deselected = collected.expected.get(key, {}), collected.deselected.get(key, [])
        if not self._session.progress.has_reader:  # a runner knows which tests it has named, other readers do not
            whole = collected.whole.get(key, {})
            deselected = [*deselected, *(nodeid for nodeid in whole if nodeid not in expected)]
            expected = whole | expected
        return {
            "expected": expected,
            "deselected": deselected,
            "problem": asdict(Problem(ProblemKind.BROKEN, sentence)) if sentence else None,
            "started": not (subject and is_published_stub(subject.kata, source)),
        }

    def _note_cheating(self) -> None:
        """Call broken what interfered with the suite, though it may be that no test or only some have noticed.

        A subject that modifies arguments where no test looks for it could change what it is compared with; one that writes
        messages of its own to the suite could change anything.
        """
        players, collected = self._session.players, self._session.collected
        if players is None:
            return
        for key, subject in collected.subjects.items():
            violation = players.violation(subject.kata)
            if violation:
                sentence = f"{subject.kata.module}.py {violation}"
                collected.problems.setdefault(key, sentence)
        if self._session.findings.failed:
            return
        for key, subject in collected.subjects.items():
            kata = subject.kata
            modified = players.modified(kata)
            if modified:
                sentence = f"{kata.module}.py modifies its arguments in {min(modified)}, and hides it elsewhere"
                collected.problems.setdefault(key, sentence)
