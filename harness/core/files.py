"""Listing folders that people work in: editors leave lock files and backups there, and files come and go."""

from __future__ import annotations

from pathlib import Path


def listed_files(folder: Path, pattern: str = "*") -> list[Path]:
    """The files in `folder` that match `pattern`, by name; none where there is no such folder.

    What is not `is_listed` is left out.
    """
    return sorted(path for path in folder.glob(pattern) if is_listed(path))


def is_listed(path: Path) -> bool:
    """Whether `path` is a file that somebody means to have there.

    It is not when its name begins with a dot, as Emacs' locks (`.#mse.py`, links to nothing) and macOS' `._mse.py` do, or when it
    is gone again.
    """
    return not path.name.startswith(".") and path.is_file()
