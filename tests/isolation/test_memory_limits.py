"""The memory of a player is bounded wherever it can be taken."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.isolation.limits import Limits, MemoryLimit, proportional_mib, tree_of
from harness.isolation.sandbox import PROCESS, SANDBOX, SHM_MIB, TMP_MIB, sandbox_problem
from harness.suite.explain import SubjectGoneError

from remote_subjects import loaded

needs_sandbox = pytest.mark.skipif(bool(sandbox_problem()), reason=sandbox_problem() or "there is a sandbox")
needs_proc = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the kernel does not tell")

TAKES = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
hoard = []
def take(mib):
    hoard.append(bytearray(os.urandom(2**20) * mib))
def fill(folder, most_mib):
    done = 0
    for number in range(4):
        try:
            with open(f"{folder}/{number}", "wb", buffering=0) as file:
                for _ in range(most_mib // 4):
                    done += file.write(bytes(2**20))
        except OSError as error:
            hoard.append(type(error).__name__)
    return done / 2**20
def mounts():
    with open("/proc/self/mounts") as file:
        return [line.split()[:4] for line in file]
def call(name, *args):
    result = getattr(libc, name)(*args)
    return os.strerror(ctypes.get_errno()) if result < 0 else result
def memfd():
    try:
        os.memfd_create("hoard")
    except OSError as error:
        return error.strerror
def tree(count, mib):
    for _ in range(count):
        if os.fork() == 0:
            hoard.append(bytearray(os.urandom(2**20) * mib))
            import time
            time.sleep(60)
    import time
    time.sleep(60)
"""
REFUSED = "Operation not permitted"


@needs_sandbox
@pytest.mark.parametrize(
    ("folder", "most_mib"), [("/tmp", TMP_MIB), ("/dev/shm", SHM_MIB), ("/dev", 0), ("/", 0), ("/player", 0)]
)
def test_folders_in_memory_have_a_size(folder: str, most_mib: int, tmp_path: Path) -> None:
    with loaded(TAKES, SANDBOX, tmp_path) as subject:
        assert subject.fill(folder, 2 * TMP_MIB) <= most_mib


@needs_sandbox
def test_every_folder_in_memory_that_can_be_written_has_a_size(tmp_path: Path) -> None:
    with loaded(TAKES, SANDBOX, tmp_path) as subject:
        in_memory = [(place, options.split(",")) for _, place, kind, options in subject.mounts() if kind == "tmpfs"]
    assert {place for place, _ in in_memory} >= {"/", "/dev", "/dev/shm", "/tmp"}
    for place, options in in_memory:
        assert "ro" in options or any(option.startswith("size=") for option in options), place


@needs_sandbox
def test_memory_that_counts_for_no_process_is_refused(tmp_path: Path) -> None:
    with loaded(TAKES, SANDBOX, tmp_path) as subject:
        assert subject.memfd() == REFUSED
        assert subject.call("shmget", 0, 2**20, 0o1600) == REFUSED
        assert subject.call("msgget", 0, 0o1600) == REFUSED
        assert subject.call("semget", 0, 1, 0o1600) == REFUSED


@needs_proc
@pytest.mark.parametrize("mode", [PROCESS, pytest.param(SANDBOX, marks=needs_sandbox)])
def test_a_player_that_takes_too_much_is_ended(mode: str, tmp_path: Path) -> None:
    def take_more_and_more(subject: Any) -> None:
        for _ in range(200):
            subject.take(20)

    with (
        loaded(TAKES, mode, tmp_path, memory_mib=200) as subject,
        pytest.raises(SubjectGoneError, match="more than 200 MiB of memory"),
    ):
        take_more_and_more(subject)


@needs_proc
def test_the_memory_of_a_whole_tree_is_counted(tmp_path: Path) -> None:
    with (
        loaded(TAKES, PROCESS, tmp_path, memory_mib=200) as subject,
        pytest.raises(SubjectGoneError, match="more than 200 MiB of memory"),
    ):
        subject.tree(3, 80)


@needs_proc
def test_a_page_that_several_share_counts_once() -> None:
    code = (
        "import os,time; hoard = bytearray(os.urandom(2**20) * 60)\nfor _ in range(3):\n    if os.fork() == 0: break\n"
    )
    code += "print(flush=True)\ntime.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert process.stdout is not None
        for _ in range(4):
            process.stdout.readline()
        assert len(tree_of(process.pid)) == 4
        assert 60 < sum(map(proportional_mib, tree_of(process.pid))) < 120
        assert MemoryLimit(process.pid, 50).problem() == "the subject takes more than 50 MiB of memory"
        assert MemoryLimit(process.pid, 200).problem() == ""
    finally:
        os.killpg(process.pid, 9)
        process.communicate()
    assert MemoryLimit(process.pid, 0).problem() == ""


def test_limits_are_looked_at_now_and_then() -> None:
    class Counted:
        looks = 0

        def problem(self) -> str:
            self.looks += 1
            return ""

    counted = Counted()
    limits = Limits([counted, counted])
    assert [limits.problem() for _ in range(100)] == [""] * 100
    assert counted.looks == 2
