"""A dict of items and a file that is opened for each write, as much public code has it; a hash of each line, two matrices."""

# ruff: noqa: PTH100, PTH108, PTH110, PTH119, PTH120, PTH123, PTH202

import hashlib
import json
import os
import shutil
import tempfile

import numpy as np


def signed(entry):
    text = json.dumps(entry)
    return (text + "\t" + hashlib.sha256(text.encode()).hexdigest()[:16] + "\n").encode()


class VectorStore:
    def __init__(self, dimension, path=None):
        if dimension < 1:
            raise ValueError("dimension must be positive")
        self.dimension = dimension
        self.path = os.fspath(path) if path is not None else None
        self.items = {}
        self.matrix = None
        if self.path and os.path.exists(self.path):
            self.read()

    def read(self):
        with open(self.path, "rb") as f:
            lines = f.read().split(b"\n")
        torn = lines.pop()
        if not lines and torn and not signed(["dimension", self.dimension]).startswith(torn):
            raise ValueError("not a vector store")
        for i, line in enumerate(lines):
            text, _, digest = line.partition(b"\t")
            if hashlib.sha256(text).hexdigest()[:16].encode() != digest:
                raise ValueError(f"line {i + 1} is damaged")
            entry = json.loads(text)
            if i == 0 and entry != ["dimension", self.dimension]:
                raise ValueError(f"file begins with {entry}, expected dimension {self.dimension}")
            if entry[0] == "upsert":
                self.items[entry[1]] = (np.array(entry[2]), entry[3])
            elif entry[0] == "delete":
                del self.items[entry[1]]
        if torn:
            os.truncate(self.path, os.path.getsize(self.path) - len(torn))

    def append(self, entry):
        if self.path is None:
            return
        size = os.path.getsize(self.path) if os.path.exists(self.path) else 0
        try:
            with open(self.path, "ab") as f:
                if size == 0:
                    f.write(signed(["dimension", self.dimension]))
                f.write(signed(entry))
        except OSError:
            if os.path.exists(self.path):
                os.truncate(self.path, size)
            raise

    def check(self, vector):
        vector = np.array(vector, dtype=float)
        if vector.shape != (self.dimension,):
            raise ValueError("wrong shape")
        if not np.all(np.isfinite(vector)):
            raise ValueError("not finite")
        if np.all(vector == 0):
            raise ValueError("zero vector")
        return vector

    def upsert(self, id, vector, metadata=None):  # noqa: A002
        vector = self.check(vector)
        metadata = {} if metadata is None else dict(metadata)
        self.append(["upsert", id, vector.tolist(), metadata])
        self.items[id] = (vector, metadata)
        self.matrix = None

    def delete(self, id):  # noqa: A002
        if id not in self.items:
            raise KeyError(id if id else "the empty id")
        self.append(["delete", id])
        del self.items[id]
        self.matrix = None

    def search(self, query, k, where=None):
        query = self.check(query)
        if k < 1:
            raise ValueError("k must be at least 1")
        if self.matrix is None:
            self.ids = list(self.items)
            self.matrix = np.array([v for v, _ in self.items.values()]).reshape(-1, self.dimension)
            self.norms = np.linalg.norm(self.matrix, axis=1)
        scores = self.matrix @ query / (self.norms * np.linalg.norm(query))
        results = []
        for i in np.argsort(-scores):
            metadata = self.items[self.ids[i]][1]
            ok = True
            for key in where or {}:
                if key not in metadata or metadata[key] != where[key]:
                    ok = False
            if ok:
                results.append((self.ids[i], float(scores[i]), metadata.copy()))
            if len(results) == k:
                break
        return results

    def compact(self):
        if self.path is None:
            return
        folder = os.path.dirname(os.path.abspath(self.path))
        handle, name = tempfile.mkstemp(prefix=os.path.basename(self.path) + ".", dir=folder)
        try:
            with os.fdopen(handle, "wb") as f:
                f.write(signed(["dimension", self.dimension]))
                for key, (vector, metadata) in self.items.items():
                    f.write(signed(["upsert", key, vector.tolist(), metadata]))
            shutil.move(name, self.path)
        except OSError:
            os.unlink(name)
            raise

    def __len__(self):
        return len(self.items)

    def close(self):
        pass
