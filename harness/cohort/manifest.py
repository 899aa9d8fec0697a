"""What a learners' edition consists of: its files by hash, and which of them learners fill in.

The manifest lies in the edition as `.dojo/manifest.json`. `kata update` compares it with what is there, to tell what a learner
has changed from what is merely old.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from harness.catalog import stub_hash
from harness.cohort.envelope import DamagedError, decode, encode
from harness.errors import KataError

MANIFEST = ".dojo/manifest.json"
SEALED = ".dojo/sealed"
KIND = "kata-edition"
MOST_BYTES = 16 * 2**20
"""Of one file of an edition."""
MOST_FILES = 20_000

_SHA = re.compile(r"[0-9a-f]{64}")
_FORBIDDEN = {".git", ".kata", ".nox", ".venv"}


class EditionError(KataError):
    """An edition that cannot be made, or is not to be trusted."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """An edition without its bytes."""

    version: str
    """Of the package; editions are older and newer by it."""
    katas: tuple[str, ...]
    """Their slugs."""
    files: Mapping[str, str]
    """Path, with `/`, to the hash of its content (newlines normalised, so that a checkout with CRLF is unchanged)."""
    stubs: tuple[str, ...]
    """Those of the files that learners fill in."""


def make_manifest(version: str, katas: Iterable[str], files: Mapping[str, bytes], stubs: Iterable[str]) -> Manifest:
    """The manifest of these files."""
    hashes = {path: stub_hash(data) for path, data in sorted(files.items())}
    return Manifest(version, tuple(sorted(katas)), hashes, tuple(sorted(stubs)))


def write_manifest(manifest: Manifest) -> bytes:
    """The manifest as a file."""
    return encode(KIND, manifest)


def read_manifest(data: bytes, name: str) -> Manifest:
    """The manifest in a file. Raises `EditionError` when it is none, or names places where no edition has a file."""
    try:
        manifest = decode(data, name, KIND, Manifest)
    except DamagedError as error:
        raise EditionError(str(error)) from None
    if len(manifest.files) > MOST_FILES:
        raise EditionError(f"{name} lists {len(manifest.files)} files, expected at most {MOST_FILES}")
    seen: dict[str, str] = {}
    for path, sha in manifest.files.items():
        trouble = _trouble(path)
        if trouble or not _SHA.fullmatch(sha):
            raise EditionError(f"{name} lists {path[:100]!r}, which {trouble or 'has no hash'}")
        twin = seen.setdefault(path.casefold(), path)
        if twin != path:
            raise EditionError(f"{name} lists {twin!r} and {path!r}, which are one file where case does not count")
    unknown = sorted(set(manifest.stubs) - set(manifest.files))
    if unknown:
        raise EditionError(f"{name} lists the stub {unknown[0]!r}, and no such file")
    return manifest


def _trouble(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not path or path.startswith("/") or "\\" in path or "\0" in path or ":" in path:
        return "is no path of an edition"
    if ".." in parts or "." in parts or str(PurePosixPath(path)) != path:
        return "leads out of the edition"
    if parts[0].casefold() in _FORBIDDEN or ".git" in (part.casefold() for part in parts):
        return "is not for an edition to write"
    return ""
