"""A store of vectors: exact search by cosine with filters, and a file that survives crashes and full disks: the reference."""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Scalar = str | int | float | bool | None
Record = dict[str, Any]
Vector = npt.NDArray[np.float64]


class VectorStore:
    """Items of an id, a vector (dimension,) and metadata; kept in the file at `path`, if there is one.

    Raises `ValueError` for a dimension below 1, and a file that is damaged, not a store, or of another dimension.
    """

    def __init__(self, dimension: int, path: str | os.PathLike[str] | None = None) -> None:
        if dimension < 1:
            raise ValueError(f"dimension must be at least 1, got {dimension}")
        self._dimension = dimension
        self._slots: dict[str, int] = {}
        """Where in the three below an item is; the first `len(self)` slots are in use."""
        self._ids: list[str] = []
        self._metadata: list[dict[str, Scalar]] = []
        self._units = np.empty((8, dimension))
        self._log = None if path is None else _Log(Path(path), {"store of vectors": 1, "dimension": dimension})
        for record in self._log.replay() if self._log else ():
            self._apply(record)

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self._slots)

    def upsert(self, id: str, vector: npt.ArrayLike, metadata: Mapping[str, Scalar] | None = None) -> None:  # noqa: A002
        """Put an item in, or replace it."""
        self._commit(_put(id, self._unit("vector", vector), metadata or {}))

    def delete(self, id: str) -> None:  # noqa: A002
        """Take an item out; `KeyError` if it is not there."""
        if id not in self._slots:
            raise KeyError(f"there is no item {id!r}")
        self._commit({"delete": id})

    def search(
        self, query: npt.ArrayLike, k: int, where: Mapping[str, Scalar] | None = None
    ) -> list[tuple[str, float, dict[str, Scalar]]]:
        """Return (id, cosine, metadata) of the k nearest items that have all of `where`, the nearest first."""
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        unit = self._unit("query", query)
        scores = self._units[: len(self)] @ unit
        slots = np.arange(len(self))
        if where:
            wanted = where.items()
            slots = np.array([slot for slot in slots if wanted <= self._metadata[slot].items()], dtype=np.intp)
        if k < len(slots):
            slots = slots[np.argpartition(-scores[slots], k - 1)[:k]]
        nearest = slots[np.argsort(-scores[slots])]
        return [(self._ids[slot], float(scores[slot]), dict(self._metadata[slot])) for slot in nearest]

    def compact(self) -> None:
        """Make the file as small as that of a new store with these items."""
        if self._log is not None:
            items = zip(self._ids, self._units[: len(self)], self._metadata, strict=True)
            self._log.rewrite(_put(*item) for item in items)

    def close(self) -> None:
        """Close the file."""
        if self._log is not None:
            self._log.close()

    def _unit(self, name: str, vector: npt.ArrayLike) -> Vector:
        """The vector in float64 and of length 1."""
        array = np.asarray(vector, dtype=np.float64)
        if array.shape != (self._dimension,):
            raise ValueError(f"{name} must have shape ({self._dimension},), got {array.shape}")
        norm = np.linalg.norm(array)
        if not (np.isfinite(norm) and norm > 0):
            raise ValueError(f"{name} must be finite and not all zeros, got {array}")
        return np.asarray(array / norm)

    def _commit(self, record: Record) -> None:
        """First the file, then memory: what is seen in memory is safe, and what fails has not happened."""
        if self._log is not None:
            self._log.append(record)
        self._apply(record)

    def _apply(self, record: Record) -> None:
        if "delete" in record:
            self._remove(record["delete"])
            return
        slot = self._slots.setdefault(record["put"], len(self._ids))
        if slot == len(self._ids):
            self._ids.append(record["put"])
            self._metadata.append({})
            if slot == len(self._units):  # twice as many, so that an item costs O(1) on average
                self._units = np.concatenate([self._units, np.empty_like(self._units)])
        self._metadata[slot] = record["metadata"]
        self._units[slot] = np.frombuffer(base64.b64decode(record["vector"]))

    def _remove(self, key: str) -> None:
        """The last item moves to the slot that becomes free."""
        slot, last = self._slots.pop(key), len(self._ids) - 1
        if slot != last:
            self._ids[slot], self._metadata[slot] = self._ids[last], self._metadata[last]
            self._units[slot] = self._units[last]
            self._slots[self._ids[slot]] = slot
        self._ids.pop()
        self._metadata.pop()


class _Log:
    """A file of lines, `checksum json`, of which the first says what it is. A line without its end was cut off."""

    def __init__(self, path: Path, header: Record) -> None:
        self._path = path
        self._header = _line(header)

    def replay(self) -> Iterator[Record]:
        """Give what was written, and get ready to write; `ValueError` if anything but the last line's end is not right."""
        data = self._path.read_bytes() if self._path.exists() else b""
        self._size = data.rfind(b"\n") + 1
        lines = data[: self._size].splitlines(keepends=True)
        if lines[:1] != [self._header] and not (not lines and self._header.startswith(data)):
            raise ValueError(f"{self._path} is not a store of vectors of this dimension")
        records = [_parsed(line, f"{self._path}:{number}") for number, line in enumerate(lines, 1)]
        self._open()
        self._file.truncate(self._size)
        if not lines:
            self._write(self._header)
        yield from records[1:]

    def append(self, record: Record) -> None:
        """Write a line, or nothing."""
        self._write(_line(record))

    def rewrite(self, records: Iterable[Record]) -> None:
        """Put a new file in the place of this one, in one step, when it is whole."""
        beside = Path(f"{self._path}.compact")
        try:
            with FileIO(beside, "w") as new:
                _write_all(new, self._header)
                for record in records:
                    _write_all(new, _line(record))
            beside.replace(self._path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        self._file.close()
        self._open()
        self._size = self._path.stat().st_size

    def close(self) -> None:
        self._file.close()

    def _open(self) -> None:
        # Without a buffer: what a failed write leaves in one would be written by the next.
        self._file = FileIO(self._path, "a")

    def _write(self, line: bytes) -> None:
        try:
            _write_all(self._file, line)
        except OSError:
            self._file.truncate(self._size)  # or the next line would be glued to a part of this one
            raise
        self._size += len(line)


def _put(key: str, unit: Vector, metadata: Mapping[str, Scalar]) -> Record:
    return {"put": key, "vector": base64.b64encode(unit.tobytes()).decode("ascii"), "metadata": dict(metadata)}


def _line(record: Record) -> bytes:
    text = json.dumps(record).encode("ascii")  # JSON has no line breaks, also where an id has
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _parsed(line: bytes, place: str) -> Record:
    checksum, _, text = line[:-1].partition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        raise ValueError(f"{place} is damaged: its checksum is not that of its text")
    record: Record = json.loads(text)
    return record


def _write_all(file: FileIO, data: bytes) -> None:
    """A write may take a part only, and fail at the next."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
