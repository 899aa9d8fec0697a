"""What pytest prints of katas besides failures: whose code is tested, and one line for each kata at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.core.model import FOLLOW_UP_SUITE, Suite
from harness.plugin.failure_repr import is_not_run
from harness.plugin.session import BANDS, Session, SuiteKey
from harness.subject.resolve import LEARNER


class Summary:
    """Prints header and summary, and puts back a subject that has deleted its own file."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._restored: list[Path] = []

    def pytest_report_header(self) -> str | None:
        """Say whose code is tested when it is not the learner's."""
        choice = self._session.settings.choice
        return None if choice == LEARNER else f"kata subject: {choice}"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Put files back before anybody looks for them."""
        self._restored += self._session.finder.restore_deleted()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """One line a kata: how far each band is, and what to do next."""
        collected = self._session.collected
        if not collected.expected:
            return
        outcomes = _outcomes(terminalreporter.stats)
        terminalreporter.section("katas")
        for key in sorted(collected.expected, key=lambda key: key.order):
            whole = collected.whole[key]
            terminalreporter.line(f"{key}  {_line(whole, outcomes)}")
            if all(outcomes.get(nodeid) == "passed" for nodeid in whole) and self._has_more(key):
                terminalreporter.line(
                    f"{key.slug}  the interviewer asks for more: follow_up.md, then {FOLLOW_UP_SUITE}"
                )
        for path in self._restored:
            terminalreporter.line(f"{path.name} had deleted its own file; it was put back")

    def _has_more(self, key: SuiteKey) -> bool:
        """Whether a learner who has passed this suite could go on with a follow-up, which was not run."""
        subject = self._session.collected.subjects[key]
        follow_up = SuiteKey(key.slug, Suite.FOLLOW_UP)
        is_new = key.suite is Suite.OWN and follow_up not in self._session.collected.expected
        return is_new and subject.kata.has_follow_up and subject.choice == LEARNER


def _outcomes(stats: dict[str, list[Any]]) -> dict[str, str]:
    """The outcome of each test by its id; `failed` wins over an error in the teardown. A test that was not run has none."""
    outcomes: dict[str, str] = {}
    for outcome in ("passed", "failed", "error"):
        for report in stats.get(outcome, ()):
            if is_not_run(report):
                continue
            outcomes[report.nodeid] = outcome if outcomes.get(report.nodeid) != "failed" else "failed"
    return outcomes


def _line(whole: dict[str, str], outcomes: dict[str, str]) -> str:
    """How far each band of a suite is, and the first test to mend. Only a run of the whole suite says that it passes."""
    parts = []
    for band in BANDS:
        ids = [nodeid for nodeid, of in whole.items() if of == band]
        ran = [nodeid for nodeid in ids if nodeid in outcomes]
        passed = sum(outcomes[nodeid] == "passed" for nodeid in ran)
        if ran:
            parts.append(f"{band} {passed}/{len(ran)}")
        elif ids:
            parts.append(f"{band} not run")
    ran = [nodeid for nodeid in whole if nodeid in outcomes]
    share = "" if len(ran) == len(whole) else f"{len(ran)} of {len(whole)} tests run"
    first = next((nodeid for nodeid in ran if outcomes[nodeid] != "passed"), None)
    verdict = f"first to mend: {first.rsplit('::', 1)[-1]}" if first else "" if share else "passed"
    return "  ".join(part for part in (*parts, share, verdict) if part)
