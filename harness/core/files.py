"""Listing folders that people work in: editors leave lock files and backups there, and files come and go."""

from __future__ import annotations

from pathlib import Path


def listed_files(folder: Path, pattern: str = "*") -> list[Path]:
    """The files in `folder` that match `pattern`, by name; none where there is no such folder.

    Left out is what begins with a dot, as Emacs' locks (`.#mse.py`, links to nothing) and macOS' `._mse.py` do, and what is gone
    again.
    """
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith(".") and path.is_file())
