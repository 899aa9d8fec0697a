"""Temporary folders are removed by a later run when their owner is dead, and never while it lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.core.removal import remove_folder
from harness.core.temporary import OwnedFolder, owned_folder, sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is swept on Windows")

OWNER = """
import sys, time
from pathlib import Path
from harness.core.temporary import OwnedFolder
folder = OwnedFolder("run-", Path(sys.argv[1]))
(folder.path / "inner").mkdir()
(folder.path / "inner" / "file").write_text("x")
(folder.path / "inner").chmod(0)
print(folder.path, flush=True)
time.sleep(600)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_closed_folder_leaves_nothing(tmp_path: Path) -> None:
    with owned_folder("run-", tmp_path) as folder:
        (folder / "file").write_text("x")
        assert names(tmp_path) == [folder.name, f"{folder.name}.lock"]
    assert names(tmp_path) == []


def test_a_folder_is_swept_when_its_owner_was_killed_and_not_before(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    folder = Path(owner.stdout.readline().strip())
    mine = OwnedFolder("run-", tmp_path)
    sweep("run-", tmp_path)
    assert folder.is_dir()
    os.kill(owner.pid, signal.SIGKILL)
    owner.communicate()
    sweep("other-", tmp_path)
    assert folder.is_dir()
    sweep("run-", tmp_path)
    assert names(tmp_path) == [mine.path.name, f"{mine.path.name}.lock"]
    mine.close()


def test_what_has_no_lock_file_and_what_links_lead_to_stay(tmp_path: Path) -> None:
    for name in ("run-plain", "target"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    (tmp_path / "run-link").symlink_to(tmp_path / "target")
    (tmp_path / "run-link.lock").touch()
    (tmp_path / "run-target.lock").symlink_to(tmp_path / "target" / "file")
    os.mkfifo(tmp_path / "run-fifo.lock")
    sweep("run-", tmp_path)
    assert (tmp_path / "run-plain" / "file").exists()
    assert (tmp_path / "target" / "file").exists()
    assert (tmp_path / "run-fifo.lock").exists()


def test_a_folder_without_permissions_can_be_removed(tmp_path: Path) -> None:
    inner = tmp_path / "shared" / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "file").write_text("text", encoding="utf-8")
    inner.chmod(0)
    inner.parent.chmod(0)
    remove_folder(tmp_path / "shared")
    assert not (tmp_path / "shared").exists()
