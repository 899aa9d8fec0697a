"""The published stub of a kata whose file the candidate has filled in: it is in the repository's history."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.catalog import is_published_stub
from harness.model import Kata

_VERSIONS = 200
"""Versions of a stub that are looked through, newest first."""


def published_stub(root: Path, kata: Kata) -> bytes | None:
    """The stub as it was published, None when neither the kata's folder nor git has it any more."""
    try:
        source = kata.stub.read_bytes()
    except OSError:
        source = b""
    if is_published_stub(kata, source):
        return source
    path = kata.stub.relative_to(root).as_posix()
    for commit in _git(root, "log", f"--max-count={_VERSIONS}", "--format=%H", "--", path).decode().split():
        source = _git(root, "show", f"{commit}:./{path}")
        if is_published_stub(kata, source):
            return source
    return None


def _git(root: Path, *arguments: str) -> bytes:
    """What git says, nothing when it fails or is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout if done.returncode == 0 else b""
