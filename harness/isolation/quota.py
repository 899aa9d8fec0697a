"""How much a subject may leave in the folder that it shares with its suite."""

from __future__ import annotations

import contextlib
import os
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
