"""Examples as bytes: arrays keep their memory layout, and objects that are not plain values are refused."""

from __future__ import annotations

import pickle
import sys
from typing import Any

import numpy as np
import pytest

from harness.plugin.example_bytes import to_bytes
from harness.subject.placeholder import Placeholder, placeholder


def _arrays() -> dict[str, np.ndarray[Any, Any]]:
    table = np.arange(24.0).reshape(4, 6)
    locked = table.copy()
    locked.flags.writeable = False
    return {
        "plain": np.arange(3.0),
        "a scalar": np.array(2.0),
        "empty": np.zeros((0, 3)),
        "Fortran": np.asfortranarray(table.copy()),
        "transposed": table.T,
        "every other": table[:, ::2],
        "backwards": table[::-1],
        "of a Fortran one": np.asfortranarray(table)[1:, 1:],
        "read-only": locked,
        "broadcast": np.broadcast_to(np.arange(3.0), (4, 3)),
        "other bytes": np.arange(3, dtype=">i4"),
        "words": np.array(["a", "bc"]),
        "whether": table[0] > 2,
    }


@pytest.mark.parametrize("name", _arrays())
def test_arrays_come_back_with_their_memory_layout(name: str) -> None:
    array = _arrays()[name]
    written = to_bytes({"X": array})
    assert written is not None
    again = pickle.loads(written)["X"]
    assert np.array_equal(again, array)
    assert again.dtype == array.dtype
    assert again.strides == array.strides or not array.size
    for flag in ("C_CONTIGUOUS", "F_CONTIGUOUS", "WRITEABLE"):
        assert again.flags[flag] == array.flags[flag]


def test_arrays_that_share_memory_share_it_again() -> None:
    table = np.arange(6.0)
    written = to_bytes({"X": table, "y": table[2:4]})
    assert written is not None
    again = pickle.loads(written)
    again["X"][2] = 99.0
    assert again["y"].tolist() == [99.0, 3.0]


@pytest.mark.parametrize(
    "value",
    [
        np.array([None]),
        np.frombuffer(b"12345678"),
        np.ma.array([1.0]),
        lambda: 1,
        Placeholder("double"),
        placeholder(sys, "double")(1).coef,
    ],
    ids=["objects", "foreign memory", "a subclass", "a function", "a placeholder", "what a placeholder returns"],
)
def test_what_is_no_plain_value_is_not_to_bytes(value: object) -> None:
    assert to_bytes({"x": value}) is None
    assert to_bytes({"x": [1, (value,)]}) is None
