"""The memory of a player is bounded wherever it can be taken."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from harness.core.removal import remove_folder
from harness.isolation.limits import Limits, MemoryLimit, TemporaryFilesLimit, ThreadLimit
from harness.isolation.processes import proportional_mib, tree_of
from harness.isolation.quota import Quota
from harness.isolation.sandbox import PROCESS, SANDBOX, SHM_MIB, TMP_MIB, sandbox_problem
from harness.suite.explain import SubjectGoneError

from remote_subjects import loaded

needs_sandbox = pytest.mark.skipif(bool(sandbox_problem()), reason=sandbox_problem() or "there is a sandbox")
needs_proc = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the kernel does not tell")

TAKES = """
import ctypes, mmap, os, threading
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
def touch(folder, count):
    for number in range(count):
        open(f"{folder}/empty-{number}", "w").close()
def threads(count):
    for _ in range(count):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
def nameless(folder, count, mib, how):
    for number in range(count):
        file = os.open(f"{folder}/{number}", os.O_CREAT | os.O_RDWR)
        os.unlink(f"{folder}/{number}")
        for _ in range(mib):
            os.write(file, bytes(2**20))
        if how == "mapped":
            hoard.append(mmap.mmap(file, mib * 2**20))
            os.close(file)
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
NOT_SUPPORTED = "Address family not supported by protocol"


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
        assert subject.call("setxattr", b"/tmp", b"user.hoard", b"x", 1, 0) == REFUSED
        assert subject.call("vmsplice", 1, None, 0, 0) == REFUSED
        assert subject.call("sendmsg", 1, None, 0) == REFUSED  # descriptors on their way are open in no process
        assert subject.call("socket", socket.AF_UNIX, socket.SOCK_STREAM, 0) > 2
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_VSOCK, socket.AF_NETLINK, socket.AF_ALG):
            assert subject.call("socket", family, socket.SOCK_DGRAM, 0) == NOT_SUPPORTED, family


@needs_sandbox
@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])
def test_empty_files_in_folders_in_memory_are_counted(folder: str, tmp_path: Path) -> None:
    with loaded(TAKES, SANDBOX, tmp_path) as subject:
        limit = TemporaryFilesLimit(subject.connection.process.innermost, 100)
        subject.touch(folder, 80)
        assert limit.problem() == ""
        subject.touch(folder, 200)
        assert limit.problem() == f"the subject leaves more than 100 files in {folder}"
    assert limit.problem() == ""


@needs_proc
def test_threads_are_counted(tmp_path: Path) -> None:
    with loaded(TAKES, PROCESS, tmp_path) as subject:
        limit = ThreadLimit(subject.connection.process.process.pid, 40)
        assert limit.problem() == ""
        subject.threads(50)
        assert limit.problem() == "the subject takes more than 40 threads"
    assert limit.problem() == ""


@needs_proc
def test_files_without_names_count_in_the_shared_folder(tmp_path: Path) -> None:
    with loaded(TAKES, PROCESS, tmp_path) as subject:
        quota = Quota(tmp_path, subject.connection.process.process.pid)
        subject.nameless(str(tmp_path), 3, 60, "open")
        assert quota.problem() == ""
        subject.nameless(str(tmp_path), 3, 60, "mapped")
        assert (
            quota.problem()
            == "the subject leaves more than 256 MiB of files in the folder that it shares with the suite"
        )


def test_what_cannot_be_counted_in_the_shared_folder_is_a_problem(tmp_path: Path) -> None:
    assert Quota(tmp_path).problem() == ""
    at = os.open(tmp_path, os.O_RDONLY)
    for _ in range(120):
        os.mkdir("d" * 40, dir_fd=at)
        inner = os.open("d" * 40, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)
    assert "nested too deeply" in Quota(tmp_path).problem()
    remove_folder(tmp_path)


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
@pytest.mark.parametrize("threads", [0, 1], ids=["alone", "beside another thread"])
def test_the_memory_of_a_whole_tree_is_counted(tmp_path: Path, threads: int) -> None:
    end = threading.Event()
    others = [threading.Thread(target=end.wait, daemon=True) for _ in range(threads)]
    for other in others:
        other.start()
    try:
        with (
            loaded(TAKES, PROCESS, tmp_path, memory_mib=200) as subject,
            pytest.raises(SubjectGoneError, match="more than 200 MiB of memory"),
        ):
            subject.tree(3, 80)
    finally:
        end.set()


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
