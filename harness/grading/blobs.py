"""Files that travel to other machines: named after the hash of what is in them, kept once a machine, never believed unseen."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.core.errors import KataError
from harness.core.model import Kata
from harness.core.state import write_atomically
from harness.runner.job import run_files

_CONFIG = "pyproject.toml"


class BlobError(KataError):
    """A file that should travel and cannot."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of a checkout with one kata in it, without their contents."""

    files: tuple[tuple[str, str], ...]
    """Paths from the root, with forward slashes, and the hash of what is there."""

    @property
    def name(self) -> str:
        """A hash that stands for all of it."""
        return blob_name(repr(self.files).encode())


def blob_name(data: bytes) -> str:
    """What `data` is called."""
    return hashlib.sha256(data).hexdigest()


def pack(kata: Kata) -> tuple[Manifest, dict[str, bytes]]:
    """What a run of `kata` needs of its checkout, and the contents by name: all that its digest depends on, and the stub.

    That is `kata.toml`, the modules in the kata's folder, and the root's `pyproject.toml`, in which pytest's options are;
    no solutions, no follow-up (it is not graded), and no submission. Raises `BlobError` when a file cannot be read.
    """
    root = kata.root
    config = root / _CONFIG
    files: dict[str, bytes] = {}
    try:
        if config.is_file():
            files[_CONFIG] = config.read_bytes()
        for file in run_files(kata):
            if file.is_file():
                files[f"katas/{kata.slug}/{file.name}"] = file.read_bytes()
    except OSError as error:
        raise BlobError(f"{kata.slug} cannot be sent anywhere: {error}") from error
    manifest = Manifest(tuple((path, blob_name(data)) for path, data in files.items()))
    return manifest, {blob_name(data): data for data in files.values()}


class BlobStore:
    """A folder of blobs, one file each. Any number of processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, blobs: Iterable[bytes]) -> None:
        """Keep these; what is there already, and whole, stays as it is."""
        for data in blobs:
            name = blob_name(data)
            if self.get(name) is None:
                write_atomically(self.folder / name, data)

    def get(self, name: str) -> bytes | None:
        """The contents of a blob; None when it is not there, or is not what it was."""
        with contextlib.suppress(OSError):
            data = (self.folder / name).read_bytes()
            if blob_name(data) == name:
                return data
        return None

    def lay_out(self, manifest: Manifest, root: Path) -> tuple[str, ...]:
        """Write the manifest's files under `root`; returns the blobs that are missing, and then writes nothing."""
        found = {name: self.get(name) for _, name in manifest.files}
        missing = tuple(name for name, data in found.items() if data is None)
        if not missing:
            _write_all({path: found[name] or b"" for path, name in manifest.files}, root)
        return missing


def _write_all(files: Mapping[str, bytes], root: Path) -> None:
    for path, data in files.items():
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts:
            raise BlobError(f"a manifest names {path!r}, which is outside of the checkout")
        target = root / parts
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
