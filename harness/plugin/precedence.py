"""Tests that are not run because of what earlier ones showed, and the wait before speed is measured."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from harness.core.model import Band, Suite
from harness.plugin.session import Session, SuiteKey, band_of, suite_of


class NotRunError(Exception):
    """A test that is not run, because of what an earlier one showed."""


class Precedence:
    """Runs nothing of a kata after a hang, no follow-up before its suite passes, and for the runner no speed after a failure."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Wait before the first speed test, outside of its hang limit."""
        session = self._session
        if session.collected.kata_of(item) and band_of(item) == Band.SPEED and not session.findings.failed:
            session.gate.wait(session.progress)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Raise `NotRunError` for what is not to be run. A follow-up is run in any case when the command line names it."""
        kata = self._session.collected.kata_of(item)
        if kata is None:
            return
        findings, suite = self._session.findings, suite_of(item.path)
        if kata.slug in findings.ended:
            raise NotRunError(findings.ended[kata.slug])
        is_named = item.path.resolve() in self._session.settings.named
        follows = SuiteKey(suite.slug, Suite.OWN) if suite.suite is Suite.FOLLOW_UP else None
        if follows in findings.failed and not is_named:
            raise NotRunError(f"{kata.suite_file().name} comes first, and does not pass")
        if findings.failed and self._session.gate.is_closed and band_of(item) == Band.SPEED:
            raise NotRunError("answers come first, and some are wrong")
