"""Whether a measured answer is all there, or an object that may compute it when it is looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import PurePath

import numpy as np

_SIMPLE = frozenset(
    (type(None), bool, int, float, complex, str, bytes, bytearray, range, dt.date, dt.datetime, dt.timedelta)
)
_CONTAINERS = (tuple, list, dict, set, frozenset)
_ARRAYS = (np.ndarray, np.matrix, np.ma.MaskedArray)
_ACCESS = ("__iter__", "__getitem__", "__len__")
_MAX_DEPTH = 50


def lazy_part(value: object, depth: int = 0) -> object | None:
    """The first part of `value` that is not a plain value (a number, a string, an array, a container of them), or None."""
    kind = type(value)
    if kind in _SIMPLE or issubclass(
        kind, np.generic | PurePath
    ):  # never isinstance: an object can lie about its class
        return None
    if kind in _ARRAYS and isinstance(value, np.ndarray):
        return None if value.dtype.kind != "O" else _first_lazy(value.reshape(-1).tolist(), depth)
    base = next((base for base in _CONTAINERS if issubclass(kind, base)), None)
    if base is None or depth > _MAX_DEPTH or any(_overrides(kind, base, name) for name in _ACCESS):
        return value
    if isinstance(value, dict):
        return _first_lazy([*dict.keys(value), *dict.values(value)], depth)
    return _first_lazy(list(value), depth) if isinstance(value, Iterable) else value


def _first_lazy(items: list[object], depth: int) -> object | None:
    return next((lazy for item in items if (lazy := lazy_part(item, depth + 1)) is not None), None)


def _overrides(kind: type, base: type, name: str) -> bool:
    return getattr(kind, name, None) is not getattr(base, name, None) and kind.__module__ != "collections"
