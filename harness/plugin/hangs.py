"""Hang limits: an alarm that fails the test that hangs, and a watchdog that ends the process when the alarm is not heard."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

import pytest
from pytest_timeout import is_debugging

from harness.core.model import Band
from harness.plugin.session import Collected, Progress, band_of
from harness.suite.explain import HangError

GRACE_S = 5.0
"""How long after its hang limit a test may ignore the alarm before the whole process is ended."""
COLLECT_GRACE_S = 10.0
"""How long importing suite and subject may take, beyond the hang limit of a test: scikit-learn takes seconds to import."""
REMOTE_FACTOR = 2.0
"""How many times its hang limit a test has when the subject is in another process: each call takes longer."""
REMOTE_SPEED_FACTOR = 6.0
"""The same for speed tests, which measure until the noise of these calls is small enough."""


class Watchdog:
    """Ends the process with a traceback when a limit has passed: a loop inside C never lets Python handle an alarm."""

    def __init__(self) -> None:
        self.file = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace")
        """Where the traceback is written: the standard error of the process, which pytest captures meanwhile."""

    @contextmanager
    def limit(self, limit_s: float) -> Iterator[None]:
        """Give the body `limit_s` and `GRACE_S` seconds."""
        faulthandler.dump_traceback_later(limit_s + GRACE_S, exit=True, file=self.file)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()

    def stop(self) -> None:
        """Watch this test no more."""
        faulthandler.cancel_dump_traceback_later()

    def close(self) -> None:
        """Watch no more."""
        faulthandler.cancel_dump_traceback_later()
        self.file.close()


class Hangs:
    """Gives each kata test its hang limit."""

    def __init__(self, collected: Collected, progress: Progress, watchdog: Watchdog, *, is_remote: bool) -> None:
        """`is_remote` says whether subjects run in another process."""
        self._collected = collected
        self._progress = progress
        self._watchdog = watchdog
        self._is_remote = is_remote
        self._is_interruptible = False
        self._was_in_pdb = False

    def pytest_enter_pdb(self) -> None:
        """Take the limits away: a person thinks, and may do so for the rest of the session."""
        self._was_in_pdb = True
        self._watchdog.stop()

    def _is_debugging(self) -> bool:
        return self._was_in_pdb or has_debugger()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Have pytest-timeout set an alarm for each test that has no limit of its own."""
        for item in items:
            kata = self._collected.kata_of(item)
            if kata is not None and item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(kata.hang_limit_s * self._factor(band_of(item))))

    def _factor(self, band: str) -> float:
        if not self._is_remote:
            return 1.0
        return REMOTE_SPEED_FACTOR if band == Band.SPEED else REMOTE_FACTOR

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch each test from outside, and tell the runner that it begins."""
        kata = self._collected.kata_of(item)
        if kata is None:
            return (yield)
        self._progress.note("test", item.nodeid)
        if self._is_debugging():
            return (yield)
        marker = item.get_closest_marker("timeout")
        with self._watchdog.limit(float(marker.args[0]) if marker and marker.args else kata.hang_limit_s):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """Let the alarm raise in a test's setup."""
        return (yield from self._interruptible())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Let the alarm raise in a test."""
        return (yield from self._interruptible())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Let the alarm raise in a test's teardown."""
        return (yield from self._interruptible())

    def _interruptible(self) -> Generator[None, object, object]:
        """Between these stages pytest itself is running, which an exception would end as an internal error."""
        self._is_interruptible = True
        try:
            return (yield)
        except HangError as error:
            error.__traceback__ = with_lines(error.__traceback__)
            raise
        finally:
            self._is_interruptible = False

    @pytest.hookimpl(optionalhook=True)
    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> bool | None:
        """Let pytest-timeout's alarm raise an error that hypothesis does not take for a failing example.

        pytest-timeout raises pytest's own `Failed`; hypothesis catches that, and runs the endless loop again to shrink it.
        """
        if self._collected.kata_of(item) is None or settings.method != "signal":
            return None

        def on_alarm(_signum: int, _frame: FrameType | None) -> None:
            if self._is_interruptible and not self._is_debugging():
                raise HangError(settings.timeout)

        signal.signal(signal.SIGALRM, on_alarm)
        # It rings again each second, for code that catches what is raised, and for an alarm between two stages.
        signal.setitimer(signal.ITIMER_REAL, settings.timeout, 1.0)
        return True

    @pytest.hookimpl(optionalhook=True)
    def pytest_timeout_cancel_timer(self, item: pytest.Item) -> bool | None:
        """Take back the alarm that `pytest_timeout_set_timer` set."""
        if self._collected.kata_of(item) is None or not hasattr(signal, "SIGALRM"):
            return None
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        return True


def with_lines(traceback: TracebackType | None) -> TracebackType | None:
    """The same traceback where every entry has a line: an alarm may ring at an instruction without one, and pytest fails then."""
    entries = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    whole: TracebackType | None = None
    for entry in reversed(entries):
        line: int | None = entry.tb_lineno
        whole = TracebackType(whole, entry.tb_frame, entry.tb_lasti, line or entry.tb_frame.f_code.co_firstlineno)
    return whole


def has_debugger() -> bool:
    """Whether a debugger is attached to this process: pdb, or that of an editor."""
    monitoring: Any = getattr(
        sys, "monitoring", None
    )  # what debugpy uses from Python 3.12 on, in place of a trace function
    if monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None:
        return True
    return bool(is_debugging())
