"""Hang limits, and whose code a hang is said to be in."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from types import FunctionType, TracebackType

import pytest

from harness.core.model import Suite
from harness.plugin.hangs import Hangs, has_debugger, with_lines
from harness.plugin.session import Collected, Progress
from harness.suite.explain import HangError

from checkout import GOOD, Checkout, environment


@pytest.mark.skipif(sys.platform == "win32", reason="without alarms, a hang ends the whole process there")
def test_after_a_hang_the_rest_of_that_kata_is_not_run(checkout: Checkout) -> None:
    checkout.add("a01_hangs", "def double(x):\n    while True: pass\n")
    checkout.add("a02_fine", GOOD)
    done = checkout.pytest("katas")
    assert "came      no answer: still running after 2 s" in done.out
    assert "not run, because test_two_is_four hung" in done.out
    assert "a02_fine  example 1/1  edge 1/1  passed" in done.out


SUITE_HANGS = """
import time
import pytest
import {module} as kata
from harness.suite import check

@pytest.mark.example
def test_oracle():
    check.equal(kata.double(2), slow_oracle(2), asked="double(2)")

@pytest.mark.edge
def test_zero():
    check.equal(kata.double(0), 0, asked="double(0)")

def slow_oracle(x):
    {wait}
    return 2 * x
"""


@pytest.mark.skipif(sys.platform == "win32", reason="without alarms, a hang ends the whole process there")
@pytest.mark.parametrize("options", [(), ("--player", "process")], ids=["here", "in another process"])
def test_a_hang_of_the_suites_own_code_is_not_the_learners(checkout: Checkout, options: tuple[str, ...]) -> None:
    checkout.add("a01_fine", GOOD, suite=SUITE_HANGS.replace("{wait}", "time.sleep(30)"))
    done, reports = checkout.reports("katas", *options)
    limit_s = 4 if options else 2
    assert f"came      no verdict: still running after {limit_s} s, in the suite's own code" in done.out, done.text
    assert re.search(r"where     test_fine.py:\d+ in slow_oracle: time.sleep\(30\)", done.out)
    assert "loop that does not end" not in done.out
    assert "not run, because test_oracle ran out of time" in done.out
    (report,) = reports.values()
    assert "the suite of a01_fine ran out of time in its own code, in test_oracle" in str(report.problem)


@pytest.mark.skipif(sys.platform == "win32", reason="without alarms, a hang ends the whole process there")
def test_a_hang_in_another_process_is_the_learners(checkout: Checkout) -> None:
    checkout.add("a01_loops", "def double(x):\n    while True: pass\n")
    done, reports = checkout.reports("katas", "--player", "process")
    assert "came      no answer: still running after 4 s" in done.out, done.text
    assert "a loop that does not end" in done.out
    assert "a01_loops hung in test_two_is_four" in str(reports[Suite.OWN].problem)


def test_an_alarm_between_the_stages_of_a_test_raises_nothing(checkout: Checkout) -> None:
    checkout.add("a01_fine", GOOD)
    (checkout.root / "conftest.py").write_text(
        "import time\n\ndef pytest_runtest_logreport(report):\n    time.sleep(2.4 if report.when == 'call' else 0)\n"
    )
    done = checkout.pytest("katas")
    assert done.code == 0, done.text


@pytest.mark.skipif(sys.platform == "win32", reason="the watchdog kills the process there before pytest can")
def test_a_hang_inside_c_ends_the_process_with_the_line(checkout: Checkout) -> None:
    source = "import numpy as np\ndef double(x):\n    return np.broadcast_to(np.float64(0), (10**13,)).sum()\n"
    checkout.add("a01_deep", source)
    done = checkout.pytest("katas")
    assert done.code == 1
    assert "Timeout (0:00:07)!" in done.err, done.text
    assert 'deep.py", line 3 in double' in done.err


def test_an_alarm_at_an_instruction_without_a_line_is_shown_at_the_function() -> None:
    def loops() -> None:
        raise HangError(2.0)

    without_lines = FunctionType(loops.__code__.replace(co_linetable=b""), {"HangError": HangError})
    with pytest.raises(HangError) as caught:
        without_lines()
    entries = [entry.tb_lineno for entry in walk(caught.value.__traceback__)]
    assert None in entries
    mended = [entry.tb_lineno for entry in walk(with_lines(caught.value.__traceback__))]
    assert mended == [line or loops.__code__.co_firstlineno for line in entries]
    assert with_lines(None) is None


def walk(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


class FakeWatchdog:
    """Counts what it was told."""

    def __init__(self) -> None:
        self.stopped = 0

    @contextlib.contextmanager
    def limit(self, limit_s: float) -> Iterator[None]:
        del limit_s
        yield

    def stop(self) -> None:
        self.stopped += 1


def test_the_watchdog_is_stopped_when_a_person_enters_the_debugger() -> None:
    watchdog = FakeWatchdog()
    hangs = Hangs(Collected(), Progress(None), watchdog, is_remote=False)  # type: ignore[arg-type]
    hangs.pytest_enter_pdb()
    assert watchdog.stopped == 1


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with Python 3.12")
def test_a_debugger_that_uses_sys_monitoring_is_seen() -> None:
    monitoring = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    assert not has_debugger()
    monitoring.use_tool_id(monitoring.DEBUGGER_ID, "debugpy")
    try:
        assert has_debugger()
    finally:
        monitoring.free_tool_id(monitoring.DEBUGGER_ID)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
@pytest.mark.parametrize("options", [(), ("--trace",)], ids=["breakpoint", "trace"])
def test_a_person_may_think_in_the_debugger_for_longer_than_the_hang_limit(
    checkout: Checkout, options: tuple[str, ...]
) -> None:
    stops_once = "import sys\n\ndef double(x):\n    if x == 2: breakpoint()\n    return 2 * x\n"
    checkout.add("a01_thinks", GOOD if options else stops_once)
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "katas/a01_thinks", *options]
    process = subprocess.Popen(
        command, cwd=checkout.root, env=environment(), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    text = b""
    while b"(Pdb" not in text and process.poll() is None:
        text += os.read(ours, 4096)
    time.sleep(2.5)  # longer than the hang limit
    text += _typed(ours, b"c\n" * (2 if options else 1))
    assert process.wait(30) == 0, text.decode()
    assert b"HangError" not in text
    assert b"a01_thinks  example 1/1  edge 1/1  passed" in text, text.decode()


def _typed(terminal: int, keys: bytes) -> bytes:
    """All that comes after `keys` were typed."""
    os.write(terminal, keys)
    text = b""
    with contextlib.suppress(OSError):  # Linux's way to say that nobody has the terminal open
        while chunk := os.read(terminal, 4096):
            text += chunk
    return text


def test_a_breakpoint_that_nobody_can_type_into_is_named(checkout: Checkout) -> None:
    checkout.add("a01_stops", "def double(x):\n    breakpoint()\n    return 2 * x\n")
    done = checkout.kata("submit", "a01")
    assert "mistake   breakpoint() is still in the code" in done.out, done.text
    assert "BdbQuit" not in done.text
