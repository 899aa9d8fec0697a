"""The packages that decide a verdict, and the hash of their sources."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

VERDICT_PACKAGES = ("core", "catalog", "subject", "suite", "isolation", "plugin", "runner")
"""Packages of the harness whose code can change how a test ends.

A stored report is out of date when one of their modules has changed, and machines that grade together must have the same ones.
The command line, renderers and features are not among them, so editing those invalidates nothing.
"""

_HARNESS = Path(__file__).parent.parent


def verdict_files() -> list[Path]:
    """The modules of `VERDICT_PACKAGES`, in order."""
    return sorted(file for package in VERDICT_PACKAGES for file in (_HARNESS / package).rglob("*.py") if file.is_file())


@functools.cache
def verdict_digest() -> str:
    """Hash of these modules: of their places and of what is in them."""
    sha = hashlib.sha256()
    for file in verdict_files():
        sha.update(file.relative_to(_HARNESS).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return sha.hexdigest()
