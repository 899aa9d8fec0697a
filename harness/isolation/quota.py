"""How much a subject may leave in the folder that it shares with its suite."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

SHARED_MIB = 256
SHARED_FILES = 5000


class Quota:
    """A limit of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def problem(self) -> str:
        """What is wrong with the folder, empty when nothing is."""
        found = self._look()
        return f"{found} in the folder that it shares with the suite" if found else ""

    def _look(self) -> str:
        files, size = 0, 0
        folders = [str(self._folder)]
        while folders:
            with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
                for entry in entries:
                    files += 1
                    if files > SHARED_FILES:
                        return f"the subject leaves more than {SHARED_FILES} files"
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
        return f"the subject leaves more than {SHARED_MIB} MiB of files" if size > SHARED_MIB * 2**20 else ""


def remove(folder: Path) -> None:
    """Remove a folder in which somebody may have taken permissions away."""

    def insist(function: Callable[[str], object], path: str, _: object) -> None:
        with contextlib.suppress(OSError):
            Path(path).parent.chmod(0o700)
            if not Path(path).is_symlink():
                Path(path).chmod(0o700)
            function(path)

    shutil.rmtree(folder, onerror=insist)
    shutil.rmtree(folder, ignore_errors=True)
