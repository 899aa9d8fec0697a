"""What a learners' edition consists of: its files by hash, and which of them learners fill in.

The manifest lies in the edition as `.dojo/manifest.json`. `kata update` compares it with what is there, to tell what a learner
has changed from what is merely old.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from harness.catalog.load import EDITION, SLUG, stub_hash
from harness.core.documents import DamagedError, decode, encode
from harness.core.errors import KataError

MANIFEST = EDITION
SEALED = ".dojo/sealed"
BEGUN = ".dojo/begun.json"
"""The manifest of an update that has begun; gone when it has ended."""
KIND = "kata-edition"
MOST_BYTES = 16 * 2**20
"""Of one file of an edition."""
MOST_FILES = 20_000

_SHA = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"(?P<release>\d{1,6}(?:\.\d{1,6}){0,5})[\w.+-]{0,40}", re.ASCII)
_PART = re.compile(r"[\w.-]*[\w-]", re.ASCII)
_BESIDE = re.compile(r".*\.new\d*")
"""What `kata update` calls newer versions that it lays beside."""
_OWN = (MANIFEST, BEGUN)
_FORBIDDEN = {".git", ".kata", ".nox", ".venv"}


class EditionError(KataError):
    """An edition that cannot be made, or is not to be trusted."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """An edition without its bytes."""

    version: str
    """Of the package; editions are older and newer by it, and one of the same version counts as newer."""
    katas: tuple[str, ...]
    """Their slugs."""
    files: Mapping[str, str]
    """Path, with `/`, to the hash of its content (newlines normalised, so that a checkout with CRLF is unchanged)."""
    stubs: tuple[str, ...]
    """Those of the files that learners fill in."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version, to compare; `0.2rc1` counts as `0.2`."""
        match = _VERSION.fullmatch(self.version)
        return tuple(map(int, match["release"].split("."))) if match else ()

    @property
    def name(self) -> str:
        """`0.1.0 (5f3a81c2)`: two editions of one version with different content have different names."""
        content = encode(KIND, self)
        return f"{self.version} ({hashlib.sha256(content).hexdigest()[:8]})"


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
    if not _VERSION.fullmatch(manifest.version):
        raise EditionError(f"{name} has the version {manifest.version[:40]!r}, which is none")
    if len(manifest.files) > MOST_FILES:
        raise EditionError(f"{name} lists {len(manifest.files)} files, expected at most {MOST_FILES}")
    _check_paths(manifest, name)
    for sha in manifest.files.values():
        if not _SHA.fullmatch(sha):
            raise EditionError(f"{name} lists {sha[:80]!r} as a hash, which is none")
    unknown = sorted(set(manifest.stubs) - set(manifest.files))
    if unknown:
        raise EditionError(f"{name} lists the stub {unknown[0][:100]!r}, and no such file")
    odd = [slug for slug in manifest.katas if not SLUG.fullmatch(slug)]
    if odd:
        raise EditionError(f"{name} lists the kata {odd[0][:100]!r}, which is not a kata's name")
    return manifest


def _check_paths(manifest: Manifest, name: str) -> None:
    seen: dict[str, str] = {}
    folders: dict[str, str] = {}
    for path in manifest.files:
        trouble = _trouble(path)
        if trouble:
            raise EditionError(f"{name} lists {path[:100]!r}, which {trouble}")
        twin = seen.setdefault(path.casefold(), path)
        if twin != path:
            raise EditionError(f"{name} lists {twin!r} and {path!r}, which are one file where case does not count")
        folders |= {str(folder).casefold(): path for folder in PurePosixPath(path).parents}
    both = sorted(set(seen) & set(folders))
    if both:
        raise EditionError(f"{name} lists {seen[both[0]]!r} and {folders[both[0]]!r}, and one of them cannot be")


def _trouble(path: str) -> str:
    parts = path.split("/")
    if ".." in parts or path.startswith("/"):
        return "leads out of the edition"
    if not all(_PART.fullmatch(part) for part in parts):
        return "is not a path of an edition"
    is_git = ".git" in (part.casefold() for part in parts)
    if is_git or parts[0].casefold() in _FORBIDDEN or path in _OWN or _BESIDE.fullmatch(path):
        return "is not for an edition to write"
    return ""
