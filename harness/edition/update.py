"""`kata update`: take newer suites and statements from a newer edition, and leave alone what the learner has written.

Three versions of each file decide: what the present edition had (by its manifest), what is there now, and what the newer
edition has. Everything is read before anything is written, because what is written includes this code. The new manifest is
written last, so that an update that was ended half-way is done again, and ends the same; until then it lies beside, so that
what has been written already is not taken for the learner's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.catalog.load import stub_hash
from harness.core.documents import DamagedError, decode
from harness.core.errors import KataError
from harness.edition.files import check_place, present, remove, write
from harness.edition.manifest import BEGUN, MANIFEST, SEALED, EditionError, Manifest, read_manifest
from harness.edition.seal import KIND, Seal
from harness.sources.entry import RefusedError

Read = Callable[[str], bytes]
"""The bytes of a file of an edition, by its path."""

_JUNK = ("__pycache__", ".hypothesis", ".pytest_cache")
_IN_THE_WAY = "in the way"
"""Stands for the hash of a folder or a link where a file should be."""


@dataclass(frozen=True, slots=True)
class Step:
    """One file that is written, or removed; paths with `/`."""

    path: str
    present: str | None
    """Hash of what was there when it was planned, None for nothing."""
    data: bytes = b""
    beside: str = ""
    """The file of the learner's that this is the newer version of, and that stays as it is."""


@dataclass(slots=True)
class Plan:
    """What an update would do."""

    old: Manifest
    new: Manifest
    manifest: bytes
    """The new one, as a file."""
    written: list[Step] = field(default_factory=list)
    beside: list[Step] = field(default_factory=list)
    removed: list[Step] = field(default_factory=list)
    kept_katas: list[str] = field(default_factory=list)
    """Katas that the newer edition has no more, and that the learner has worked on."""

    @property
    def is_empty(self) -> bool:
        """Whether there is no file to write or remove."""
        return not (self.written or self.beside or self.removed)


def plan_update(root: Path, read: Read, *, downgrade: bool = False) -> Plan:
    """Compare the edition in `root` with the one that `read` reads.

    Raises `EditionError` when either is none, a file does not fit its hash, or the other one is older.
    """
    own = present(root, MANIFEST)
    if own is None:
        raise EditionError(
            f"there is no {MANIFEST} in {root}: this is not a learners' edition",
            hint="in a clone of the whole repository, use git pull",
        )
    try:
        old = read_manifest(own, MANIFEST)
    except EditionError as error:
        raise EditionError(str(error), hint=f"git checkout -- {MANIFEST} brings it back") from None
    try:
        data = read(MANIFEST)
    except RefusedError:
        raise EditionError(f"there is no {MANIFEST} in it, so it is not a learners' edition") from None
    new = read_manifest(data, f"the newer {MANIFEST}")
    if new.numbers < old.numbers and not downgrade:
        raise EditionError(
            f"that edition is older ({new.version}) than this one ({old.version})", hint="--downgrade takes it anyway"
        )
    return _Planner(root, Plan(old, new, data), read).plan()


class _Planner:
    def __init__(self, root: Path, plan: Plan, read: Read) -> None:
        self._root = root
        self._plan = plan
        self._read = read
        self._begun = _begun(root)

    def plan(self) -> Plan:
        plan = self._plan
        for path in plan.new.files:
            self._decide(path)
        gone = (set(plan.old.files) | set(self._begun)) - set(plan.new.files)
        plan.kept_katas = [
            slug for slug in plan.old.katas if slug not in plan.new.katas and self._is_worked_on(f"katas/{slug}")
        ]
        kept = tuple(f"katas/{slug}/" for slug in plan.kept_katas)
        for path in sorted(gone):
            now = self._now(path)
            if now in self._known(path) and not path.startswith(kept) and not self._is_sealed_solution(path):
                plan.removed.append(Step(path, now))
        return plan

    def _decide(self, path: str) -> None:
        """What to do about a file of the newer edition."""
        now, after = self._now(path), self._plan.new.files[path]
        if now == after:
            return
        check_place(self._root, path)
        if now is None or now in self._known(path) or self._is_seal(path):
            self._plan.written.append(Step(path, now, self._verified(path)))
        elif self._plan.old.files.get(path) != after:
            self._put_beside(path, after)

    def _is_sealed_solution(self, path: str) -> bool:
        """Whether `path` is the sealed solution of a kata that stays: an edition made without a passphrase has none."""
        return any(path == f"{SEALED}/{slug}.json" for slug in self._plan.new.katas)

    def _is_seal(self, path: str) -> bool:
        """Whether a sealed solution is at `path`, which an edition has put there, whatever the present manifest says."""
        if not path.startswith(f"{SEALED}/") or self._now(path) == _IN_THE_WAY:
            return False
        try:
            decode(present(self._root, path) or b"", path, KIND, Seal)
        except DamagedError:
            return False
        return True

    def _put_beside(self, path: str, after: str) -> None:
        """Lay the newer version beside the learner's, under a name that holds nothing which an edition did not put there."""
        step = _beside(self._root, path, after, self._known(path))
        if step is not None:
            self._plan.beside.append(Step(step.path, step.present, self._verified(path), path))

    def _known(self, path: str) -> set[str]:
        """Hashes of what editions have put at `path`; whatever else is there is the learner's."""
        return {files[path] for files in (self._plan.old.files, self._begun) if path in files}

    def _now(self, path: str) -> str | None:
        return _now(self._root, path)

    def _is_worked_on(self, folder: str) -> bool:
        """Whether anything in a kata's folder is the learner's."""
        for file in sorted((self._root / folder).rglob("*")):
            path = file.relative_to(self._root).as_posix()
            is_junk = any(part in _JUNK for part in file.parts) or file.name.startswith(".#")
            if not is_junk and not file.is_dir() and self._now(path) not in self._known(path):
                return True
        return False

    def _verified(self, path: str) -> bytes:
        try:
            data = self._read(path)
        except RefusedError as error:
            raise EditionError(f"{path} in the newer edition {error}: the edition is damaged") from None
        if stub_hash(data) != self._plan.new.files[path]:
            raise EditionError(f"{path} in the newer edition is not what its manifest says: the edition is damaged")
        return data


def carry_out(root: Path, plan: Plan) -> list[Step]:
    """Do what was planned; returns what was laid beside, and where, because a file was changed in the meantime.

    Raises `EditionError` when something cannot be written; doing it again goes on.
    """
    late = []
    if not plan.is_empty:
        write(root, BEGUN, plan.manifest)
    for step in plan.written:
        if _now(root, step.path) == step.present:
            write(root, step.path, step.data)
        else:
            late.append(step)
    for step in plan.beside:
        if _now(root, step.path) == step.present:
            write(root, step.path, step.data)
        else:
            late.append(Step(step.beside, None, step.data))
    laid = []
    for step in late:
        place = _beside(root, step.path, stub_hash(step.data), set())
        if place is not None:
            write(root, place.path, step.data)
            laid.append(place)
    for step in plan.removed:
        if _now(root, step.path) == step.present:
            remove(root, step.path)
    write(root, MANIFEST, plan.manifest)
    remove(root, BEGUN)
    return laid


def _beside(root: Path, path: str, after: str, known: set[str]) -> Step | None:
    """Where the newer version of `path` goes; None when it lies there already."""
    for name in _names(path):
        now = _now(root, name)
        if now == after:
            return None
        if now is None or now in known:
            return Step(name, now, beside=path)
    raise AssertionError("names never end")


def _names(path: str) -> Iterator[str]:
    yield f"{path}.new"
    number = 2
    while True:
        yield f"{path}.new{number}"
        number += 1


def _now(root: Path, path: str) -> str | None:
    """Hash of what is at `path`, None for nothing; a link or folder counts as the learner's."""
    if (root / path).is_symlink() or (root / path).is_dir():
        return _IN_THE_WAY
    data = present(root, path)
    return None if data is None else stub_hash(data)


def _begun(root: Path) -> dict[str, str]:
    """The files of an edition that an earlier update did not come to the end of."""
    try:
        data = present(root, BEGUN)
        return dict(read_manifest(data, BEGUN).files) if data is not None else {}
    except KataError:
        return {}
