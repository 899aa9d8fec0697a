"""The published stub of a kata, when the learner's file is that no more.

It lies beside it under the name `.stub`. Where that is gone, there may be a copy in the state folder, kept while the file was
still the published one, or a version in the history of git. What is found must have the hash that `kata.toml` has.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.catalog.load import is_published_stub
from harness.core.errors import KataError
from harness.core.model import Kata
from harness.core.state import write_atomically
from harness.core.text import clean_text

_GIT_LIMIT_S = 60.0
_MOST_BYTES = 1 << 20


class StubLostError(KataError):
    """The published stub is nowhere to be found."""


def remember_stubs(state: Path, katas: Iterable[Kata]) -> None:
    """Keep a copy of every stub that is as it was published. A precaution, which never fails."""
    for kata in katas:
        copy = _copy(state, kata)
        with contextlib.suppress(OSError):
            if not copy.exists():
                source = kata.stub.read_bytes()
                if is_published_stub(kata, source):
                    write_atomically(copy, source)


def published_stub(state: Path, kata: Kata, given: Path | None = None) -> bytes:
    """The stub of `kata` as it was published, from the file `given` if one is.

    Raises `StubLostError` when it is not to be found, or the given file is not it.
    """
    if given is not None:
        source = _read(given)
        if source is None:
            raise StubLostError(f"{given} cannot be read")
        if not is_published_stub(kata, source):
            raise StubLostError(f"{given} is not the published stub of {kata.slug}")
        return source
    beside = kata.stub.with_name(f"{kata.stub.name}.new")  # where `kata update` lays a newer one
    for source in (_read(kata.stub), _read(kata.published_stub), _read(_copy(state, kata)), _read(beside)):
        if source is not None and is_published_stub(kata, source):
            return source
    reason: list[str] = []
    for source in _versions_in_git(kata.stub, reason):
        if is_published_stub(kata, source):
            with contextlib.suppress(OSError):
                write_atomically(_copy(state, kata), source)
            return source
    raise StubLostError(
        f"the published stub of {kata.slug} is neither in {kata.published_stub.name}, nor in the state folder, nor in git's "
        f"history{'; git says: ' + reason[0] if reason else ''}",
        hint=f"get {kata.stub.name} from where this checkout came from, and say --stub FILE",
    )


def _copy(state: Path, kata: Kata) -> Path:
    return state / "stubs" / f"{kata.stub_sha256}.py"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _versions_in_git(file: Path, reason: list[str]) -> Iterator[bytes]:
    """All versions of `file` that any commit has, in no particular order; where git fails none, and why in `reason`."""
    log = _git(
        file,
        reason,
        "log",
        "--all",
        "--full-history",
        "-m",
        "--format=",
        "--raw",
        "--no-abbrev",
        "--no-renames",
        "--",
        f"./{file.name}",
    )
    blobs = {word for line in log.decode("ascii", "replace").splitlines() for word in line.split()[2:4]}
    for blob in sorted(blobs):
        if blob.strip("0") and len(blob) in (40, 64):
            size = _git(file, reason, "cat-file", "-s", blob).strip()
            if size.isdigit() and int(size) <= _MOST_BYTES:
                yield _git(file, reason, "cat-file", "blob", blob)


def _git(file: Path, reason: list[str], *arguments: str) -> bytes:
    """What git says in the file's folder; nothing when it fails, and why in `reason`."""
    # What a hook or an alias of git has set names another repository.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env = {**inherited, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "--no-pager", *arguments],
            cwd=file.parent,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason.append(str(error))
        return b""
    if done.returncode != 0:
        reason.append(clean_text(done.stderr.decode("utf-8", "replace")).strip().partition("\n")[0])
        return b""
    return done.stdout
