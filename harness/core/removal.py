"""Removal of folders that a subject could write to: closed ones, and ones nested deeper than a path can name.

`shutil.rmtree` (3.11) calls itself once for each level and ends in a `RecursionError` after a thousand. Here the folders of a
level are moved up beside it before the level is removed, so depth costs neither calls, nor descriptors, nor path length.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_HAS_DESCRIPTORS = {os.open, os.unlink, os.rename, os.rmdir, os.chmod, os.stat} <= os.supports_dir_fd


def remove_folder(folder: Path) -> None:
    """Remove a folder and what is in it. A link is not followed; what cannot be removed stays, without an error."""
    if folder.is_symlink():
        return
    if not _HAS_DESCRIPTORS:
        _remove_by_paths(folder)
        return
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
        top = os.open(folder, _FLAGS)
        try:
            _empty(top)
        finally:
            os.close(top)
        folder.rmdir()


def _empty(top: int) -> None:
    """Remove what is in an open folder, level by level."""
    names = (f"{secrets.token_hex(8)}-{number}" for number in itertools.count())
    failed: set[str] = set()
    while waiting := [name for name in os.listdir(top) if name not in failed]:
        for name in waiting:
            try:
                if _is_folder(name, top):
                    _move_up(name, top, names)
                    os.rmdir(name, dir_fd=top)
                else:
                    os.unlink(name, dir_fd=top)
            except OSError:
                failed.add(name)


def _move_up(name: str, top: int, names: Iterator[str]) -> None:
    """Remove the files of `top/name`, and move its folders to `top`."""
    os.chmod(name, 0o700, dir_fd=top)
    folder = os.open(name, _FLAGS, dir_fd=top)
    try:
        for inner in os.listdir(folder):  # noqa: PTH208 (an open folder has no path)
            if _is_folder(inner, folder):
                os.chmod(inner, 0o700, dir_fd=folder)  # a folder that cannot be written cannot be moved either
                os.rename(inner, next(names), src_dir_fd=folder, dst_dir_fd=top)
            else:
                os.unlink(inner, dir_fd=folder)
    finally:
        os.close(folder)


def _is_folder(name: str, parent: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def _remove_by_paths(folder: Path) -> None:
    """For systems without calls that are relative to a descriptor."""

    def insist(function: Callable[[str], object], path: str, _: object) -> None:
        with contextlib.suppress(OSError):
            Path(path).parent.chmod(0o700)
            if not Path(path).is_symlink():
                Path(path).chmod(0o700)
            function(path)

    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, onerror=insist)
        shutil.rmtree(folder, ignore_errors=True)
