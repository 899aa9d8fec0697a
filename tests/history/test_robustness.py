"""A history outlives damage, full disks, locks, kills, and others who write at the same time."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import harness.history.store
from harness.core.errors import StateError
from harness.history.store import History

from checkout import Checkout, environment

WRITER = """
import sys, time
from pathlib import Path
from harness.history.store import History
state, name, number, gate = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
print("ready", flush=True)
while not gate.exists():
    time.sleep(0.001)
history = History(state)
if history.notice:
    print(history.notice, flush=True)
for i in range(number):
    history.add("run", name, float(i), number=i)
    print(i, flush=True)
history.close()
"""
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, limits and /proc are POSIX")


def start_writer(state: Path, name: str, number: int) -> subprocess.Popen[str]:
    """A process that writes as soon as the gate is there; returned when it waits for that."""
    command = [sys.executable, "-c", WRITER, str(state), name, str(number), str(state / "gate")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ends(processes: list[subprocess.Popen[str]]) -> list[str]:
    """What they have printed, when all have ended well."""
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return said


def damage(path: Path) -> bytes:
    """Spoil the middle of a history as a bad disk does; what is in the file then."""
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 + 8 : page * 4096 + 2000] = os.urandom(1992)
    path.write_bytes(content)
    return bytes(content)


def test_of_two_that_write_at_once_nothing_is_lost(tmp_path: Path) -> None:
    writers = [start_writer(tmp_path, name, 60) for name in ("a01_one", "a02_two")]
    (tmp_path / "gate").touch()
    ends(writers)
    history = History(tmp_path)
    assert not history.notice
    for name in ("a01_one", "a02_two"):
        assert [entry.data["number"] for entry in history.entries(slug=name)] == list(range(60))
    numbers = [entry.id for entry in history.entries()]
    assert numbers == sorted(set(numbers))
    history.close()


def test_of_several_that_find_damage_one_sets_it_aside_and_all_go_on(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite3").write_bytes(b"nothing that SQLite knows" * 400)
    writers = [start_writer(tmp_path, f"a0{i}_x", 5) for i in range(3)]
    (tmp_path / "gate").touch()
    said = ends(writers)
    (aside,) = tmp_path.glob("history-unreadable-*.sqlite3")
    assert aside.read_bytes() == b"nothing that SQLite knows" * 400
    assert sum("set aside" in text for text in said) == 1
    history = History(tmp_path)
    assert len(history.entries()) == 15
    history.close()


def test_damage_inside_the_file_is_found_before_it_is_written_to(tmp_path: Path) -> None:
    history = History(tmp_path)
    for i in range(60):
        history.add("run", "a01_one", float(i), failed=["test_something_with_a_long_name"] * 3)
    history.close()
    spoilt = damage(history.path)
    (tmp_path / "history.sqlite3-shm").write_bytes(b"of the old file")
    again = History(tmp_path)
    (aside,) = tmp_path.glob("history-unreadable-*.sqlite3")
    assert aside.name in again.notice
    assert aside.read_bytes() == spoilt
    assert (tmp_path / f"{aside.name}-shm").read_bytes() == b"of the old file"
    again.add("run", "a01_one", 1.0)
    assert len(again.entries()) == 1
    again.close()


@needs_posix
def test_a_kill_in_the_middle_loses_at_most_what_was_not_written_yet(tmp_path: Path) -> None:
    (tmp_path / "gate").touch()
    for moment in (1, 7, 19):
        writer = start_writer(tmp_path, f"a{moment:02d}_x", 100_000)
        assert writer.stdout is not None
        for _ in range(moment):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        told = moment + len(writer.communicate(timeout=60)[0].splitlines())
        history = History(tmp_path)
        assert not history.notice
        kept = [entry.data["number"] for entry in history.entries(slug=f"a{moment:02d}_x")]
        assert kept == list(range(len(kept)))
        assert len(kept) in (told, told + 1)  # it may have been killed between writing and saying so
        history.close()


@needs_posix
def test_a_full_disk_is_a_sentence_and_what_was_there_stays(checkout: Checkout) -> None:
    checkout.add("a01_one")
    checkout.state.mkdir()
    history = History(checkout.state)
    for i in range(30):
        history.add("run", "a01_one", float(i), failed=["test_something_with_a_long_name"] * 3)
    history.close()
    # No file beyond 2 KiB; bytecode would be cut off there too, and be no good to whoever imports it next.
    limited = ("sh", "-c", 'PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; ulimit -f 2; exec "$@"', "sh")
    done = checkout.kata("start", "a1", under=limited)
    assert done.code == 2, done.text
    assert done.err.startswith(f"kata: the history {history.path} cannot be ")
    assert "Traceback" not in done.text
    assert not list(checkout.state.glob("history-unreadable-*"))
    again = History(checkout.state)
    assert not again.notice
    assert len(again.entries()) == 30
    assert again.running() is None
    again.close()
    assert checkout.kata("start", "a1").code == 0, "with room again it goes on"


def test_a_history_that_somebody_holds_is_not_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(tmp_path)
    history.add("run", "a01_one", 1.0)
    history.close()
    monkeypatch.setattr(harness.history.store, "_PATIENCE_S", 0.05)
    other = sqlite3.connect(history.path)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StateError, match=r"cannot be opened: database is locked"):
        History(tmp_path)
    other.rollback()
    other.close()
    again = History(tmp_path)
    assert len(again.entries()) == 1
    assert not again.notice
    again.close()


def test_what_cannot_be_opened_is_left_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite3").mkdir()
    with pytest.raises(StateError, match="cannot be opened"):
        History(tmp_path)
    assert (tmp_path / "history.sqlite3").is_dir()


def test_a_system_clock_that_is_set_back_changes_no_order(tmp_path: Path) -> None:
    history = History(tmp_path)
    for at in (100.0, 50.0, -3.0, 200.0):
        history.add("run", "a01_one", at)
    assert [entry.at for entry in history.entries()] == [100.0, 50.0, -3.0, 200.0]
    history.start("a01_one", 500.0)
    assert history.spent_s("a01_one", 400.0) == 0.0
    history.stop(450.0)
    history.start("a01_one", 460.0)
    assert history.record_pass("a01_one", 600.0) == 140.0  # the stretch that ended before it began is none
    assert [found.spent_s for found in history.clock_passes()] == [140.0]
    history.close()


def open_files(folder: Path) -> list[str]:
    """The files below `folder` that this process has open."""
    targets = [str(link.readlink()) for link in list(Path("/proc/self/fd").iterdir()) if link.is_symlink()]
    return [target for target in targets if target.startswith(str(folder))]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
@pytest.mark.parametrize("content", [b"", b"nothing that SQLite knows" * 400])
def test_no_file_stays_open_so_that_windows_can_move_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / "history.sqlite3").write_bytes(content)
    moved = []
    replace = Path.replace

    def replace_if_closed(self: Path, target: Path) -> Path:
        """As Windows does."""
        moved.append(self.name)
        assert str(self) not in open_files(tmp_path), f"{self.name} is open, and Windows would not move it"
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replace_if_closed)
    history = History(tmp_path)
    assert ("history.sqlite3" in moved) == bool(content)
    history.add("run", "a01_one", 1.0)
    assert str(history.path) in open_files(tmp_path)
    history.close()
    assert not open_files(tmp_path)
