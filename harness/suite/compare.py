"""Comparison of plain arrays, numbers and containers, never by methods of what the subject returned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt


def is_close(got: object, want: object, *, rtol: float = 1e-9, atol: float = 1e-12) -> bool:
    """Whether both are numeric, of one shape and equal within `atol + rtol * |want|`; NaN and infinities equal themselves."""
    left, right = as_numbers(got), as_numbers(want)
    if left is None or right is None or left.shape != right.shape:
        return False
    if left.dtype == right.dtype == np.float64:
        with np.errstate(all="ignore"):
            if (np.abs(left - right) <= atol + rtol * np.abs(right)).all() and np.isfinite(right).all():
                return True  # most often, and all that NumPy's own way takes its time for cannot be
    return bool(np.allclose(left, right, rtol=rtol, atol=atol, equal_nan=True))


def is_equal(got: object, want: object) -> bool:
    """Exact equality of plain values; see `equal`."""
    if isinstance(want, np.ndarray) or isinstance(got, np.ndarray):
        return _equal_arrays(got, want)
    if isinstance(want, Mapping):
        return isinstance(got, Mapping) and set(got) == set(want) and all(is_equal(got[key], want[key]) for key in want)
    if isinstance(want, list | tuple):
        return (
            isinstance(got, list | tuple)
            and len(got) == len(want)
            and all(is_equal(a, b) for a, b in zip(got, want, strict=True))
        )
    got, want = _plain(got), _plain(want)
    if isinstance(got, bool) is not isinstance(want, bool):
        return False
    if isinstance(got, float) and isinstance(want, float) and math.isnan(got) and math.isnan(want):
        return True
    return bool(got == want)


def _equal_arrays(got: object, want: object) -> bool:
    if not isinstance(got, np.ndarray | list | tuple) or not isinstance(want, np.ndarray | list | tuple):
        return False
    try:
        left, right = np.asarray(got), np.asarray(want)
    except ValueError:
        return False
    if left.shape != right.shape or (left.dtype.kind == "b") is not (right.dtype.kind == "b"):
        return False
    if left.dtype.kind in "fc" and right.dtype.kind in "fc":
        return bool(np.array_equal(left, right, equal_nan=True))
    return bool(np.array_equal(left, right))


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def as_numbers(value: object) -> npt.NDArray[Any] | None:
    """`value` as a numeric array, None when it is not numbers."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in "biufc" else None


def distance(got: npt.NDArray[Any], want: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The absolute difference of two arrays, element by element."""
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(np.asarray(got, dtype=np.complex128) - np.asarray(want, dtype=np.complex128)))


def copy_plain(value: object) -> object:
    """A copy of an array or a container of plain values, deep enough to compare with later."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, Mapping):
        return {key: copy_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(copy_plain(item) for item in value)
    return value
