"""Stores in folders of their own, whose files are cut, damaged, or hit a full disk; runs where the stores are.

Items are shown as `{id: [number of the vector in VECTORS, metadata]}`.
"""

from __future__ import annotations

import contextlib
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import vector_store as kata

VECTORS = [(3, 0, 0), (0, 2, 0), (0, 0, -1), (1, 1, 0), (0, 1, 2), (1, 2, 3), (-4, 1, 1), (2, -3, 1)]
Op = tuple[Any, ...]
"""("upsert", key, number of a vector, metadata), ("delete", key), ("compact",) or ("reopen",)."""
NAME = "items.store"
FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def do(store: Any, op: Op) -> None:
    """Let the store do it."""
    if op[0] == "upsert":
        store.upsert(op[1], VECTORS[op[2]], op[3])
    elif op[0] == "delete":
        store.delete(op[1])
    else:
        store.compact()


def items(store: Any) -> dict[str, Any]:
    """What a store has, by its answers to queries."""
    places: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for axis in np.eye(3):
        for key, score, metadata in store.search(axis, 1000):
            places.setdefault(key, []).append(score)
            found[key] = dict(metadata)
    units = [np.array(vector) / np.linalg.norm(vector) for vector in VECTORS]
    shown = {}
    for key, place in sorted(places.items()):
        near = [i for i, unit in enumerate(units) if len(place) == 3 and np.allclose(place, unit, rtol=0, atol=1e-4)]
        shown[key] = [near[0] if near else f"another vector, {place}", found[key]]
    return shown if len(store) == len(shown) else {"len() is": len(store), "but search finds": len(shown)}


def opened(files: dict[str, bytes]) -> Any:
    """The items of a store in a folder with these files; or the error."""
    return openings([files])[0]


def openings(many: list[dict[str, bytes]], then: Sequence[Op] = ()) -> list[Any]:
    """For each, the items of a store in a folder with these files, after `then` and another opening; or the error."""
    told = []
    with tempfile.TemporaryDirectory() as folder:
        for files in many:
            for path in Path(folder).iterdir():
                path.unlink()
            for name, data in files.items():
                (Path(folder) / name).write_bytes(data)
            told.append(items_at(Path(folder) / NAME, then, files.get(NAME, b"")))
    return told


def items_at(path: Path, then: Sequence[Op], before: bytes) -> Any:
    """The items of the store at this path, after `then` and another opening; or the error."""
    try:
        with contextlib.closing(kata.VectorStore(3, path)) as store:
            if not then:
                return items(store)
            for op in then:
                do(store, op)
        with contextlib.closing(kata.VectorStore(3, path)) as store:
            return items(store)
    except NotImplementedError:
        raise
    except ValueError as error:
        is_same = path.exists() and path.read_bytes() == before
        return f"ValueError: {error}" + ("" if is_same else " (and the file was changed)")
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def files_in(folder: str) -> dict[str, bytes]:
    """Names and bytes."""
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def played(script: Sequence[Op], with_path: bool = True) -> list[Any]:
    """Items after each operation: of the store, and of a copy of its files that another store opens."""
    told: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME if with_path else None
        store = kata.VectorStore(3, path)
        for op in script:
            if op[0] == "reopen" and with_path:
                store.close()
                store = kata.VectorStore(3, path)
            elif op[0] != "reopen":
                do(store, op)
            told.append([items(store), opened(files_in(folder)) if with_path else None])
        store.close()
    return told


def grown(script: Sequence[Op]) -> tuple[list[bytes], list[str]]:
    """The bytes of the file, of a new store and after each operation, and the names of other files."""
    told = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        store = kata.VectorStore(3, path)
        told.append(path.read_bytes() if path.exists() else b"")
        for op in script:
            do(store, op)
            told.append(path.read_bytes())
        others = sorted(set(files_in(folder)) - {NAME})
        store.close()
    return told, others


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes: writes are done in part, and then fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def full_disk(script: Sequence[Op], last: Op, room: int, then: Op) -> list[Any]:
    """`last` with `room` bytes left: what it raises, items in memory and for who opens the file; both after `then`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        store = kata.VectorStore(3, path)
        for op in script:
            do(store, op)
        raised = "no error"
        size = path.stat().st_size
        try:
            with largest_file(room if last == ("compact",) else size + room):
                do(store, last)
        except NotImplementedError:
            raise
        except Exception as error:
            raised = "OSError" if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        told = [raised, items(store), opened(files_in(folder))]
        try:
            do(store, then)
            told += [items(store), opened(files_in(folder))]
            store.close()
            told.append(opened(files_in(folder)))
        except Exception as error:
            told.append(f"{type(error).__name__}: {error}")
        return told


def moments(script: Sequence[Op], last: Op) -> list[dict[str, bytes]]:
    """All states of the folder while `last` is done: those before and after each call of a function."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        store = kata.VectorStore(3, path)
        for op in script:
            do(store, op)
        seen: list[dict[str, bytes]] = [files_in(folder)]
        before = sys.getprofile()
        sys.setprofile(looking_at(folder, seen))
        try:
            do(store, last)
        finally:
            sys.setprofile(before)
        seen.append(files_in(folder))
        store.close()
        return seen


def looking_at(folder: str, seen: list[dict[str, bytes]]) -> Callable[..., None]:
    """A profiler that takes down each new state of the folder."""

    def look(frame: Any, event: str, arg: Any) -> None:
        now = files_in(folder)
        if now != seen[-1]:
            seen.append(now)

    return look


def aliased() -> list[Any]:
    """Items after arguments and results were changed by the caller."""
    store = kata.VectorStore(3)
    vector, metadata = np.array([3.0, 0.0, 0.0]), {"lang": "en"}
    store.upsert("a", vector, metadata)
    vector[:], metadata["lang"] = [0.0, 2.0, 0.0], "de"
    told = [items(store)]
    store.search([1, 0, 0], 1)[0][2]["lang"] = "fr"
    return [*told, items(store)]


def filled(vectors: Any) -> Any:
    """A store in memory with these vectors."""
    store = kata.VectorStore(len(vectors[0]))
    for i, vector in enumerate(vectors):
        store.upsert(f"item {i}", vector, {"third": i % 3})
    return store


def change_often(store: Any, vectors: Any) -> int:
    """Put many in and take them out."""
    for i, vector in enumerate(vectors):
        store.upsert(f"new {i}", vector)
        store.delete(f"item {i}")
    return len(store)


def new_path() -> str:
    """A path in a new folder, which is there until the process ends."""
    FOLDERS.append(tempfile.TemporaryDirectory())
    return str(Path(FOLDERS[-1].name) / NAME)
