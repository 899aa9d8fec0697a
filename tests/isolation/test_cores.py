"""Suite and subject share a core that no other run has."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.isolation.cores import stay_together, take_core

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="there is no choice of cores here"
)


@pytest.fixture
def sleeper() -> Iterator[int]:
    """The number of a process that does nothing."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def test_each_core_is_taken_once_and_can_be_given_back(tmp_path: Path) -> None:
    there_are = len(os.sched_getaffinity(0))
    cores = [take_core(tmp_path) for _ in range(there_are)]
    numbers = {core.number for core in cores if core is not None}
    assert len(numbers) == there_are
    assert take_core(tmp_path) is None
    assert cores[1] is not None
    cores[1].leave()
    again = take_core(tmp_path)
    assert again is not None
    assert again.number == cores[1].number
    for core in (again, cores[0]):
        assert core is not None
        core.leave()


def test_a_process_that_dies_gives_its_core_back(tmp_path: Path) -> None:
    take = "take_core(pathlib.Path(sys.argv[1])).number"
    script = f"import sys, pathlib; from harness.isolation.cores import stay_together, take_core; print({take})"
    command = [sys.executable, "-c", script, str(tmp_path)]
    told = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert told[0] == told[1]


def test_both_processes_are_held_with_their_threads_and_let_go(tmp_path: Path, sleeper: int) -> None:
    before = os.sched_getaffinity(0)
    core = take_core(tmp_path)
    assert core is not None
    assert os.sched_getaffinity(0) == before
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        core.hold(sleeper)
        for task in (0, sleeper, thread.native_id or 0):
            assert os.sched_getaffinity(task) == {core.number}
    finally:
        core.leave()
        done.set()
        thread.join()
    assert os.sched_getaffinity(0) == before


def test_a_process_that_is_gone_is_no_error(tmp_path: Path, sleeper: int) -> None:
    core = take_core(tmp_path)
    assert core is not None
    os.kill(sleeper, 9)
    os.waitpid(sleeper, 0)
    core.hold(sleeper)
    core.leave()


def test_without_a_choice_nothing_is_taken(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert take_core(tmp_path) is None
    finally:
        os.sched_setaffinity(0, before)


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path: Path) -> None:
    assert take_core(tmp_path / "missing") is None


def test_for_a_measurement_all_go_to_one_core_whoever_is_there(sleeper: int) -> None:
    before = os.sched_getaffinity(0)
    try:
        stay_together(sleeper)
        there = os.sched_getaffinity(0)
        assert len(there) == 1
        assert os.sched_getaffinity(sleeper) == there
        stay_together(sleeper)
        assert os.sched_getaffinity(0) == there
    finally:
        os.sched_setaffinity(0, before)
