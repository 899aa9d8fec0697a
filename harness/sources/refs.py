"""The references of a git repository on this machine, read as text: git itself never sees a learner's repository."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import NoReturn

from harness.sources.entry import RefusedError, clean
from harness.sources.folder import open_plain

MOST_FILES = 200_000
"""Files of a git folder."""

_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHORT_HASH = re.compile(r"[0-9a-f]{7,64}")
_PART = r"(?!\.)[^\x00-\x20\x7f~^:?*\[\\/]+(?<!\.)(?<!\.lock)"
_REF = re.compile(rf"(?!-)(?!.*(?:\.\.|@\{{)){_PART}(?:/{_PART})*")
_PLACES = ("refs/tags/", "refs/heads/", "refs/remotes/", "refs/remotes/origin/")
"""Where a short name is looked for, in git's order; a fork's other branches are remote ones in a clone of it."""
_MOST_BYTES = 16 * 2**20
_BORROWED = ("commondir", "objects/info/alternates", "objects/info/http-alternates")


def find_git(folder: Path) -> Path | None:
    """The git folder of the repository at `folder`, bare or not; None when it is not a repository."""
    inner = folder / ".git"
    if os.path.lexists(inner):
        return inner
    is_bare = (folder / "HEAD").is_file() and all((folder / name).is_dir() for name in ("objects", "refs"))
    return folder if is_bare else None


def check_ref(ref: str) -> None:
    """Raise `RefusedError` when `ref` cannot be the name of a branch, tag or commit; empty is HEAD."""
    if ref and not _REF.fullmatch(ref):
        raise RefusedError(f"{clean(ref)!r} is not a name of a branch, tag or commit")


def check_git(git: Path) -> None:
    """Raise `RefusedError` for a git folder that leads to other places of this machine, and `OSError`."""
    if git.is_symlink() or not git.is_dir():
        raise RefusedError("its .git is not a folder: give the repository that it leads to")
    if (git / "reftable").exists():
        raise RefusedError("its references are kept as a reftable, which is not read here: give a clone of it")
    for name in _BORROWED:
        if os.path.lexists(git / name):
            raise RefusedError(f"it borrows from another repository ({name}): give a full clone of it")
    count = 0
    for folder, folders, files in os.walk(git, onerror=_raise):
        for name in (*folders, *files):
            mode = (Path(folder) / name).lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise RefusedError(f"its git folder has a link or special file in it, {clean(name)}")
        count += len(folders) + len(files)
        if count > MOST_FILES:
            raise RefusedError(f"its git folder has more than {MOST_FILES:,} files in it")


def _raise(error: OSError) -> NoReturn:
    raise error


def resolve(git: Path, ref: str) -> str:
    """The hash that `ref` stands for; a hash stays what it is. Raises `RefusedError` when there is none, and `OSError`."""
    if ref in ("", "HEAD"):
        return _head(git)
    for name in (ref, *(place + ref for place in _PLACES)):
        found = _read(git, name)
        if found:
            return found
    if _SHORT_HASH.fullmatch(ref):
        return ref
    raise RefusedError(f"it has no branch, tag or commit {clean(ref)!r}")


def _head(git: Path) -> str:
    target = _text(git / "HEAD").strip()
    if _HASH.fullmatch(target):
        return target
    name = target.removeprefix("ref:").strip()
    if not _REF.fullmatch(name) or not name.startswith("refs/"):
        raise RefusedError("its HEAD is damaged")
    found = _read(git, name)
    if not found:
        raise RefusedError("it has no commit yet")
    return found


def _read(git: Path, name: str) -> str:
    """The hash in the reference `name`, empty when there is no such reference."""
    if not name.startswith("refs/"):
        return ""
    file = git / name
    text = _text(file).strip() if file.is_file() else _packed(git).get(name, "")
    if text and not _HASH.fullmatch(text):
        raise RefusedError(f"its reference {clean(name)} is damaged")
    return text


def _packed(git: Path) -> dict[str, str]:
    file = git / "packed-refs"
    if not file.exists():
        return {}
    rows = (row.split(" ", 1) for row in _text(file).split("\n") if row[:1] not in ("#", "^"))
    return {row[1].strip(): row[0] for row in rows if len(row) == 2}


def _text(file: Path) -> str:
    with open_plain(file) as opened:
        data = opened.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise RefusedError(f"its {clean(file.name)} is over {_MOST_BYTES // 2**20} MiB")
    return data.decode("utf-8", "surrogateescape")
