"""Examples of laws as bytes, with the memory layout of their arrays."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np


class _Pickler(pickle.Pickler):
    """Keeps the memory layout of arrays, and which of them share memory: laws are about that, too."""

    def reducer_override(self, value: Any) -> Any:
        """How to pickle arrays that are more than their elements; refuses those that cannot be restored."""
        if not isinstance(value, np.ndarray):
            return NotImplemented
        if type(value) is not np.ndarray or value.dtype.hasobject:
            raise pickle.PicklingError("not an array of numbers")
        if value.base is None and value.flags.writeable and value.flags.forc:
            return NotImplemented
        root = value
        while isinstance(root.base, np.ndarray):
            root = root.base
        if root.base is not None or not root.flags.forc or type(root) is not np.ndarray:
            raise pickle.PicklingError("an array whose memory belongs to another object")
        if root is value:
            return _locked, (value.copy(order="K"),)
        offset = value.ctypes.data - root.ctypes.data
        return _view, (root, value.dtype.str, value.shape, offset, value.strides, value.flags.writeable)


def _locked(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array.flags.writeable = False
    return array


def _view(
    root: np.ndarray[Any, Any],
    dtype: str,
    shape: tuple[int, ...],
    offset: int,
    strides: tuple[int, ...],
    writeable: bool,
) -> np.ndarray[Any, Any]:
    """The part of `root` that lies at `offset` bytes."""
    memory = (root if root.flags.c_contiguous else root.T).reshape(-1).view(np.uint8)
    view = np.ndarray(shape, np.dtype(dtype), memory, offset, strides)
    view.flags.writeable = writeable
    return view


def to_bytes(example: dict[str, Any]) -> bytes | None:
    """The arguments of a law as a pickle, None when they are not all plain values."""
    written = io.BytesIO()
    try:
        _Pickler(written, protocol=pickle.HIGHEST_PROTOCOL).dump(example)
    except Exception:  # an object of the suite's may raise anything when it is pickled
        return None
    return written.getvalue()
