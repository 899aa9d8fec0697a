"""Files of an edition as they are on the learner's disk: read, written whole, and never through a link that leads out."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

from harness.core.state import write_atomically
from harness.edition.manifest import EditionError

_COMPILED = "__pycache__"


def present(root: Path, path: str) -> bytes | None:
    """What is at `path`, None when nothing is. Raises `EditionError` for what cannot be read, such as a folder."""
    try:
        return (root / path).read_bytes()
    except FileNotFoundError:
        if (root / path).is_symlink():
            raise EditionError(f"{path} is a link that leads nowhere", hint="remove it, or mend it") from None
        return None
    except NotADirectoryError:
        raise EditionError(
            f"{path} cannot be there: a folder on the way to it is a file", hint="move it away"
        ) from None
    except IsADirectoryError:
        raise EditionError(f"{path} is a folder, expected a file", hint="move it away") from None
    except OSError as error:
        raise EditionError(f"{path} cannot be read: {error.strerror}") from error


def check_place(root: Path, path: str) -> None:
    """Raise `EditionError` where a folder on the way to `path` is a link that leads out of `root`."""
    parent = (root / path).parent
    while not parent.exists():
        if parent.is_symlink():
            raise EditionError(f"{path} cannot be written: {parent.relative_to(root)} is a link that leads nowhere")
        parent = parent.parent
    if not parent.resolve().is_relative_to(root.resolve()):
        raise EditionError(
            f"{path} would be outside of {root}: {parent.relative_to(root)} leads there",
            hint="put the folder itself in the place of the link",
        )


def write(root: Path, path: str, data: bytes) -> None:
    """Write a whole file with the permissions that it had, or those of an ordinary one. Raises `EditionError`."""
    check_place(root, path)
    target = root / path
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
        write_atomically(target, data)
        target.chmod(mode)
    except OSError as error:
        raise EditionError(
            f"{path} cannot be written: {error.strerror}", hint="run the same command again: it goes on"
        ) from error


def remove(root: Path, path: str) -> None:
    """Remove a file, and its folder when that is empty then. Raises `EditionError`."""
    check_place(root, path)
    target = root / path
    try:
        target.unlink(missing_ok=True)
        for folder in target.parents:
            left = {} if folder == root else {entry.name: entry for entry in folder.iterdir()}
            if folder == root or folder.is_symlink() or set(left) - {_COMPILED}:
                break
            if left:
                shutil.rmtree(left[_COMPILED])  # or the folder would stay, and be taken for a kata that is not usable
            folder.rmdir()
    except OSError as error:
        raise EditionError(
            f"{path} cannot be removed: {error.strerror}", hint="run the same command again: it goes on"
        ) from error
