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
_PY = r"[^/]+\.(?i:py)"
_RELEVANT = re.compile(rf"{_TOP}katas|{_TOP}(?:katas/)?{_FOLDER}(?:/{_PY})?|{_TOP}{_PY}|[^/]+\.zip")
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


def misnamed(kata: Kata, graded: Sequence[Kata], catalog: Sequence[Kata], entries: Sequence[Entry]) -> list[Entry]:
    """Python files of one folder or zip that may be meant as the stub of `kata`, under names that are not its own.

    Any file in the kata's folder may be; a bare file when its name has that of the module in it, or when `kata` alone is
    graded. Files that the repository has, suites among them, are not, and neither are stubs of the `catalog`.
    """
    in_katas = is_repository(entries)
    stubs = {f"{known.module}.py" for known in (*catalog, kata)}
    found = []
    for entry in entries:
        *folders, name = entry.path.split("/")
        if entry.trouble or not name.lower().endswith(".py") or _is_of_repository(kata, name):
            continue
        if folders and folders[-1] == kata.slug:
            is_meant = name != f"{kata.module}.py" and (not in_katas or "katas" in folders)
        elif in_katas or any(folder in (*_OTHERS, "katas") or re.fullmatch(_FOLDER, folder) for folder in folders):
            is_meant = False
        else:
            is_meant = name not in stubs and (len(graded) == 1 or kata in _named_in(name, graded))
        if is_meant:
            found.append(entry)
    return found


def _is_of_repository(kata: Kata, name: str) -> bool:
    """Whether a file of this name in the folder of `kata` is one that everybody has."""
    helpers = {f"{helper}.py" for helper in kata.helpers}
    return name.startswith("test_") or name in ("conftest.py", "__init__.py", *helpers)


def _named_in(name: str, katas: Sequence[Kata]) -> list[Kata]:
    """The katas whose module or folder is named in the file name; the longest names win: `knn_fast.py` is not `knn`."""
    stem = re.sub(r"[^a-z0-9]+", "_", name[: -len(".py")].lower())
    found = [kata for kata in katas if re.search(rf"(?:^|_){kata.module.lower()}\d*(?:_|$)", stem)]
    longest = max((len(kata.module) for kata in found), default=0)
    return [kata for kata in found if len(kata.module) == longest]


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
