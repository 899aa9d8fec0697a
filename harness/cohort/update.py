"""`kata update`: take newer suites and statements from a newer edition, and leave alone what the learner has written.

Three versions of each file decide: what the present edition had (by its manifest), what is there now, and what the newer
edition has. The new manifest is written last, so that an update that was killed is done again, and ends the same.
"""

from __future__ import annotations

import contextlib
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.catalog import stub_hash
from harness.cohort.collect.archive import open_zip
from harness.cohort.collect.entry import RefusedError
from harness.cohort.collect.folder import open_plain, read_below
from harness.cohort.collect.git import is_url, open_remote
from harness.cohort.manifest import MANIFEST, MOST_BYTES, EditionError, Manifest, read_manifest
from harness.state import write_atomically

Read = Callable[[str], bytes]
"""The bytes of a file of an edition, by its path."""


@dataclass(slots=True)
class Plan:
    """What an update would do; paths with `/`."""

    version: str
    written: dict[str, bytes] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    kept_stubs: list[str] = field(default_factory=list)
    """Stubs of which there is a newer one, and which were edited."""
    beside: dict[str, bytes] = field(default_factory=dict)
    """Newer versions of files that the learner has changed, by the name under which they are laid beside."""
    manifest: bytes = b""


@contextmanager
def open_edition(source: str) -> Iterator[Read]:
    """Reads files of an edition in a folder, a zip, or a git repository that has to be fetched. Raises `EditionError`."""
    try:
        if is_url(source):
            with open_remote(source, "") as repository:
                yield lambda path: repository.read_file(path, MOST_BYTES)
        elif Path(source).is_dir():
            yield lambda path: read_below(Path(source), path, MOST_BYTES)
        elif Path(source).is_file():
            with open_plain(Path(source)) as file, open_zip(file) as archive:
                yield _zip_reader(archive)
        else:
            raise EditionError(f"there is no edition {source}: expected a folder, a zip, or a git URL")
    except (RefusedError, OSError) as error:
        raise EditionError(f"{source} {error}" if isinstance(error, RefusedError) else f"{source}: {error}") from None


def _zip_reader(archive: zipfile.ZipFile) -> Read:
    """Reads members of a zip, in which the edition may be in a folder of its own."""
    top = next((n[: -len(MANIFEST)] for n in archive.namelist() if n.endswith(MANIFEST) and n.count("/") <= 2), "")

    def read(path: str) -> bytes:
        try:
            info = archive.getinfo(top + path)
            if info.file_size > MOST_BYTES:
                raise RefusedError(f"has a file of {info.file_size} bytes")
            with archive.open(info) as file:
                return file.read(MOST_BYTES + 1)
        except KeyError:
            raise RefusedError(f"has no {path}") from None
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise RefusedError(f"is damaged: {error}") from None

    return read


def plan_update(root: Path, read: Read, *, downgrade: bool = False) -> Plan:
    """Compare the edition in `root` with the one that `read` reads.

    Raises `EditionError` when either is none, a file does not fit its hash, or the other one is older.
    """
    own = root / MANIFEST
    if not own.is_file():
        raise EditionError(
            f"there is no {MANIFEST} in {root}: this is no learners' edition",
            hint="in a clone of the whole repository, use git pull",
        )
    old = read_manifest(own.read_bytes(), MANIFEST)
    data = read(MANIFEST)
    new = read_manifest(data, f"the newer {MANIFEST}")
    if _numbers(new.version) < _numbers(old.version) and not downgrade:
        raise EditionError(
            f"that edition is older ({new.version}) than this one ({old.version})", hint="--downgrade takes it anyway"
        )
    plan = Plan(new.version, manifest=data)
    for path, sha in new.files.items():
        _decide(root, path, old, new, lambda path=path, sha=sha: _verified(read, path, sha), plan)  # type: ignore[misc]
    for path in sorted(set(old.files) - set(new.files)):
        present = _present(root, path)
        if present is not None and stub_hash(present) == old.files[path]:
            plan.removed.append(path)
    return plan


def _decide(root: Path, path: str, old: Manifest, new: Manifest, fetch: Callable[[], bytes], plan: Plan) -> None:
    present = _present(root, path)
    now = None if present is None else stub_hash(present)
    before, after = old.files.get(path), new.files[path]
    if now == after:
        return
    if now is None or now == before:
        plan.written[path] = fetch()
    elif before == after:
        return  # changed by the learner, and nothing newer to have
    elif path in new.stubs or path in old.stubs:
        plan.kept_stubs.append(path)
    else:
        plan.beside[f"{path}.new"] = fetch()


def carry_out(root: Path, plan: Plan) -> None:
    """Do what was planned. Raises `EditionError` when something cannot be written; doing it again goes on."""
    try:
        for path, data in (*plan.written.items(), *plan.beside.items()):
            _check_place(root, path)
            write_atomically(root / path, data)
        for path in plan.removed:
            (root / path).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                (root / path).parent.rmdir()
        write_atomically(root / MANIFEST, plan.manifest)
    except OSError as error:
        raise EditionError(
            f"{error.filename} cannot be written: {error.strerror}", hint="run the same command again to go on"
        ) from error


def _check_place(root: Path, path: str) -> None:
    """Raise `EditionError` where a folder on the way is a link that leads elsewhere."""
    parent = (root / path).parent
    while not parent.exists():
        parent = parent.parent
    if not parent.resolve().is_relative_to(root.resolve()):
        raise EditionError(f"{path} would be written outside of {root}: {parent} leads there")


def _present(root: Path, path: str) -> bytes | None:
    try:
        return (root / path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EditionError(f"{path} cannot be read: {error.strerror}") from error


def _verified(read: Read, path: str, sha: str) -> bytes:
    data = read(path)
    if stub_hash(data) != sha:
        raise EditionError(f"{path} in the newer edition is not what its manifest says: the edition is damaged")
    return data


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
