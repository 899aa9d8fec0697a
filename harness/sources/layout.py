"""Where in a folder or zip the stub of a kata lies.

Either under `katas/` as in the repository, or as folders of katas, or as bare files; each at the top or in one folder, as
"Download ZIP" leaves it. With a `katas/` nothing outside of it counts. A kata that is there twice is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.catalog.load import SLUG
from harness.core.model import Kata
from harness.sources.entry import Entry, RefusedError

_FOLDER = re.sub(r"\?P<\w+>", "?:", SLUG.pattern)
_TOP = r"(?:[^/]+/)?"
_RELEVANT = re.compile(rf"{_TOP}katas|{_TOP}(?:katas/)?{_FOLDER}(?:/\w+\.py)?|{_TOP}\w+\.py|[^/]+\.zip")
_REPOSITORY = re.compile(rf"{_TOP}katas/[a-z]\d\d_(\w+)/\1\.py")
_IN_KATAS = re.compile(rf"{_TOP}katas(?:/{_FOLDER})?")
_TOP_FOLDERS = re.compile(rf"[^/]+|{_TOP}katas|{_TOP}(?:katas/)?{_FOLDER}")
_HIDDEN = re.compile(r"(?:.*/)?(?:\.|__MACOSX(?:/|$))", re.DOTALL)
_OTHERS = ("solutions",)
"""Folders of the repository that have files named like stubs."""


def is_hidden(path: str) -> bool:
    """Whether a part of `path` begins with a dot, or is what macOS adds to zips."""
    return _HIDDEN.match(path) is not None


def is_relevant(path: str) -> bool:
    """Whether what lies at `path` can matter: a stub, a folder on the way to one, or a zip at the top."""
    return _RELEVANT.fullmatch(path) is not None and not is_hidden(path)


def may_hold(path: str) -> bool:
    """Whether the folder at `path` can have a stub in it."""
    return _TOP_FOLDERS.fullmatch(path) is not None and not is_hidden(path)


def is_repository(entries: Sequence[Entry]) -> bool:
    """Whether there is a `katas/` folder with stubs, or something odd in the place of one."""
    return any(
        _IN_KATAS.fullmatch(entry.path) if entry.trouble else _REPOSITORY.fullmatch(entry.path) for entry in entries
    )


def candidates(kata: Kata, entries: Sequence[Entry]) -> list[Entry]:
    """Everything in one folder or zip that may be the stub of `kata`, or that stands in its place."""
    file = f"{kata.slug}/{kata.module}.py"
    if is_repository(entries):
        wanted = {f"katas/{file}"}
        on_the_way = {"katas", f"katas/{kata.slug}"}
    else:
        wanted = {file, f"{kata.module}.py"}
        on_the_way = {kata.slug}
        entries = [entry for entry in entries if not _is_of_another(kata, entry.path)]
    stubs = [entry for entry in entries if wanted & _with_and_without_top(entry.path)]
    return stubs or [entry for entry in entries if entry.trouble and on_the_way & _with_and_without_top(entry.path)]


def _with_and_without_top(path: str) -> set[str]:
    return {path, path.partition("/")[2]}


def _is_of_another(kata: Kata, path: str) -> bool:
    """Whether `path` is in the folder of another kata, or in one that has files named like stubs."""
    top, _, below = path.partition("/")
    return bool(below) and (top in _OTHERS or (top != kata.slug and re.fullmatch(_FOLDER, top) is not None))


def choose(kata: Kata, found: Sequence[Entry]) -> Entry | None:
    """The stub of `kata` among what was found, None when it is not there. Raises `RefusedError` when that is not clear."""
    for entry in found:
        if entry.trouble:
            raise RefusedError(f"{entry.shown} {entry.trouble}")
    if len(found) > 1:
        names = ", ".join(entry.shown for entry in found[:3])
        raise RefusedError(f"{kata.module}.py is there {len(found)} times, and which counts is not clear: {names}")
    return found[0] if found else None
