"""Applying a mistake's edit to its base.

An edit has no line numbers: in each hunk, the lines that begin with a space or `-` must be one block of the base, which
occurs there exactly once.
"""

from __future__ import annotations

import ast
import functools
import itertools
from collections.abc import Hashable
from pathlib import PurePosixPath

from harness.core.syntax import code_key
from harness.subject.mistake_page import STUB, EditError, Hunk, Mistake


@functools.lru_cache(maxsize=8192)
def apply(mistake: Mistake, source: str) -> str:
    """The module that `mistake` makes of its base's `source`. Raises `EditError` when that is not one other module."""
    lines = [line.rstrip() for line in source.rstrip("\n").split("\n")]
    base = "the stub" if mistake.base == STUB else PurePosixPath(mistake.base).name
    placed: list[tuple[int, Hunk]] = []
    for number, hunk in enumerate(mistake.hunks, start=1):
        which = f"hunk {number} " if len(mistake.hunks) > 1 else ""
        size = len(hunk.old)
        places = [i for i in range(len(lines) - size + 1) if tuple(lines[i : i + size]) == hunk.old]
        if not places:
            missing = next((line for line in hunk.old if line not in lines), None)
            why = f", which has no line {missing.strip()!r}" if missing else ""
            raise EditError(f"{which}does not match {base}{why}")
        if len(places) > 1:
            raise EditError(f"{which}matches {base} {len(places)} times")
        placed.append((places[0], hunk))
    placed.sort(key=lambda item: item[0])
    for (start, hunk), (following, _) in itertools.pairwise(placed):
        if start + len(hunk.old) > following:
            raise EditError(f"has two hunks that overlap at line {following + 1} of {base}")
    for start, hunk in reversed(placed):
        lines[start : start + len(hunk.old)] = hunk.new
    patched = "\n".join(lines).rstrip("\n") + "\n"
    try:
        tree = ast.parse(patched)
    except (SyntaxError, ValueError) as error:
        place = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise EditError(f"gives what is not valid Python{place}: {reason}") from None
    if code_key(patched, tree) == _key(source):
        raise EditError(f"changes nothing in {base}")
    return patched


@functools.lru_cache(maxsize=64)
def _key(source: str) -> Hashable:
    try:
        return code_key(source, ast.parse(source))
    except (SyntaxError, ValueError):
        return None
