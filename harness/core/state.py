"""The folder that keeps reports, caches and examples: `.kata/` in the checkout, or elsewhere when that is read-only."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from harness.core.errors import StateError


def state_folder(root: Path) -> Path:
    """A writable folder for `root`'s state, created when missing.

    `KATA_STATE` in the environment wins. A read-only checkout gets a folder of its own under the system's temporary folder.
    Raises `StateError` when nothing can be written anywhere.
    """
    named = os.environ.get("KATA_STATE")
    user = os.getuid() if hasattr(os, "getuid") else 0
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    fallback = Path(tempfile.gettempdir()) / f"kata-{user}-{digest}"
    candidates = [Path(named)] if named else [root / ".kata", fallback]
    for folder in candidates:
        if _writable(folder):
            return folder
    raise StateError(
        f"cannot write results to {candidates[0]}",
        hint="set KATA_STATE to a folder that you can write to",
    )


def why_elsewhere(root: Path) -> str:
    """Why the state of `root` is not in its own folder, as the beginning of a sentence."""
    own = root / ".kata"
    if not own.exists():
        return "this checkout cannot be written to"
    try:
        owner = own.owner()
    except (KeyError, NotImplementedError, OSError):
        owner = "another user"
    return f"{own} cannot be written to, it belongs to {owner}; remove it, or have it given to you with `chown -R`"


def machine_folder() -> Path:
    """A folder that all processes of this machine share, whatever their environment says."""
    for folder in (Path("/dev/shm"), Path("/tmp")):
        if folder.is_dir() and os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.gettempdir())


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` so that a reader sees either the old file or the whole new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
