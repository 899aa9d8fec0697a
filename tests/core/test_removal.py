"""A folder is removed whatever was done to it: nested without end, closed, with odd names."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harness.core.removal import remove_folder
from harness.core.temporary import OwnedFolder, sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="paths are limited on Windows")

DEPTH = 3000


def nest(folder: Path, depth: int = DEPTH, *, closed: bool = False) -> None:
    """Make folders in each other, beyond what a path can name and what Python can call itself."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=at))
        os.mkdir("d" * 40, dir_fd=at)
        inner = os.open("d" * 40, os.O_RDONLY, dir_fd=at)
        if closed:
            os.chmod("d" * 40, 0o300, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)


@pytest.mark.parametrize("closed", [False, True])
def test_folders_in_each_other_are_removed_at_any_depth(closed: bool, tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    nest(top, closed=closed)
    remove_folder(top)
    assert not top.exists()


def test_closed_folders_odd_names_and_links_are_removed_and_what_links_lead_to_stays(tmp_path: Path) -> None:
    top, outside = tmp_path / "top", tmp_path / "outside"
    for folder in (top / "closed" / "in", top / "many", outside):
        folder.mkdir(parents=True)
    for name in ("new\nline", "-rf", "..x", os.fsdecode(b"\xff\xfe"), "a" * 255):
        (top / "many" / name).mkdir()
    (outside / "file").write_text("x")
    (top / "link").symlink_to(outside)
    (top / "many" / "link").symlink_to(outside)
    os.mkfifo(top / "many" / "fifo")
    (top / "closed" / "in" / "file").touch(mode=0)
    for folder in (top / "closed" / "in", top / "closed", top):
        folder.chmod(0)
    remove_folder(top)
    assert not top.exists()
    assert (outside / "file").exists()


def test_a_link_in_the_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "outside" / "in").mkdir(parents=True)
    (tmp_path / "top").symlink_to(tmp_path / "outside")
    remove_folder(tmp_path / "top")
    assert (tmp_path / "outside" / "in").is_dir()
    remove_folder(tmp_path / "not there")


def test_a_later_run_sweeps_a_folder_that_is_nested_too_deeply(tmp_path: Path) -> None:
    left = OwnedFolder("run-", tmp_path)
    nest(left.path)
    os.close(left._lock)  # as if its owner had been killed
    sweep("run-", tmp_path)
    assert list(tmp_path.iterdir()) == []
