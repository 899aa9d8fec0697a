"""Many work at once on a machine; whoever measures is alone."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.grading.exclusive import MachineLock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is shared there: everybody is alone")

_PROCESS = """
import sys
from pathlib import Path
from harness.grading.exclusive import MachineLock
with getattr(MachineLock(Path(sys.argv[1])), sys.argv[2])():
    print("in", flush=True)
    sys.stdin.read()
"""


def process(folder: Path, kind: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _PROCESS, str(folder), kind]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said(one: subprocess.Popen[str]) -> str:
    assert one.stdout is not None
    return one.stdout.readline().strip()


def leave(one: subprocess.Popen[str]) -> None:
    one.communicate(timeout=30)
    assert one.returncode == 0


def test_two_processes_work_together_and_the_one_that_measures_waits_for_both(tmp_path: Path) -> None:
    workers = [process(tmp_path, "together") for _ in range(2)]
    assert [said(one) for one in workers] == ["in", "in"]
    entered = threading.Event()

    def measure() -> None:
        with MachineLock(tmp_path).alone():
            entered.set()

    thread = threading.Thread(target=measure)
    thread.start()
    leave(workers[0])
    assert not entered.wait(0.1)
    leave(workers[1])
    assert entered.wait(30)
    thread.join()


def test_no_other_process_enters_while_one_measures(tmp_path: Path) -> None:
    measuring = process(tmp_path, "alone")
    assert said(measuring) == "in"
    entered = threading.Event()

    def work() -> None:
        with MachineLock(tmp_path).together():
            entered.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert not entered.wait(0.1)
    measuring.kill()  # a process that dies gives way
    measuring.communicate()
    assert entered.wait(30)
    thread.join()


def test_a_process_that_finished_early_blocks_no_other(tmp_path: Path) -> None:
    turns = MachineLock(tmp_path)
    with turns.together() as inside:
        inside.close()
        with turns.alone():
            pass
    with turns.together():
        pass
