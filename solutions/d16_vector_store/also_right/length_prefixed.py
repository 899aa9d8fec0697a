"""Binary records, `length, checksum of the length, payload, checksum of the payload`; float32; a matrix made when searched."""

# ruff: noqa: PTH105, PTH110, PTH123, PTH202

import contextlib
import io
import os
import pickle
import struct
import zlib

import numpy as np

HEAD = struct.Struct("<II")
TAIL = struct.Struct("<I")


def framed(payload):
    size = struct.pack("<I", len(payload))
    return HEAD.pack(len(payload), zlib.crc32(size)) + payload + TAIL.pack(zlib.crc32(payload))


class VectorStore:
    def __init__(self, dimension, path=None):
        if dimension <= 0:
            raise ValueError(f"dimension is {dimension}, should be positive")
        self.dimension, self.path = dimension, path
        self.items = {}
        self.cache = None
        self.file = None
        if path is not None:
            end = self.load()
            self.file = open(path, "ab")  # noqa: SIM115
            if self.file.tell() > end:
                self.file.truncate(end)
            if end == 0:
                self.write(self.magic())

    def magic(self):
        return b"VSTORE1 " + struct.pack("<I", self.dimension)

    def load(self):
        if not os.path.exists(self.path):
            return 0
        with open(self.path, "rb") as file:
            data = file.read()
        magic = self.magic()
        if not data.startswith(magic):
            if magic.startswith(data):
                return 0
            raise ValueError(f"{self.path} is no store of dimension {self.dimension}")
        stream = io.BytesIO(data)
        stream.seek(len(magic))
        while True:
            place = stream.tell()
            head = stream.read(HEAD.size)
            if len(head) < HEAD.size:
                return place
            length, check = HEAD.unpack(head)
            if zlib.crc32(head[:4]) != check:
                raise ValueError(f"damaged length at byte {place}")
            rest = stream.read(length + TAIL.size)
            if len(rest) < length + TAIL.size:
                return place
            if TAIL.unpack(rest[length:])[0] != zlib.crc32(rest[:length]):
                raise ValueError(f"damaged record at byte {place}")
            self.apply(*pickle.loads(rest[:length]))

    def apply(self, key, item):
        if item is None:
            del self.items[key]
        else:
            self.items[key] = (np.frombuffer(item[0], dtype=np.float32), item[1])
        self.cache = None

    def write(self, data):
        size = os.path.getsize(self.path)
        try:
            self.file.write(data)
            self.file.flush()
        except OSError:
            with contextlib.suppress(OSError):
                self.file.close()
            os.truncate(self.path, size)
            self.file = open(self.path, "ab")  # noqa: SIM115
            raise

    def commit(self, key, item):
        if self.file:
            self.write(framed(pickle.dumps((key, item))))
        self.apply(key, item)

    def normalised(self, vector):
        vector = np.array(vector, dtype=float)
        if vector.shape != (self.dimension,):
            raise ValueError(f"shape {vector.shape}, should be ({self.dimension},)")
        if not np.isfinite(vector).all() or not vector.any():
            raise ValueError("vector has to be finite and not zero")
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def upsert(self, id, vector, metadata=None):  # noqa: A002
        self.commit(id, (self.normalised(vector).tobytes(), dict(metadata or {})))

    def delete(self, id):  # noqa: A002
        if id not in self.items:
            raise KeyError(f"no item {id!r}")
        self.commit(id, None)

    def __len__(self):
        return len(self.items)

    def search(self, query, k, where=None):
        query = self.normalised(query)
        if k < 1:
            raise ValueError("k has to be positive")
        if not self.items:
            return []
        if self.cache is None:
            self.cache = list(self.items), np.array([vector for vector, _ in self.items.values()])
        keys, matrix = self.cache
        scores = matrix @ query
        found = []
        for i in np.argsort(scores)[::-1]:
            metadata = self.items[keys[i]][1]
            if all(name in metadata and metadata[name] == value for name, value in (where or {}).items()):
                found.append((keys[i], float(scores[i]), dict(metadata)))
                if len(found) == k:
                    break
        return found

    def compact(self):
        if not self.file:
            return
        temporary = str(self.path) + ".tmp"
        with open(temporary, "wb") as file:
            file.write(self.magic())
            for key, (vector, metadata) in self.items.items():
                file.write(framed(pickle.dumps((key, (vector.tobytes(), metadata)))))
        os.replace(temporary, self.path)
        self.file.close()
        self.file = open(self.path, "ab")  # noqa: SIM115

    def close(self):
        if self.file:
            self.file.close()
