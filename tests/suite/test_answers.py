"""What a measured answer may be: all there, nothing that works when it is looked at."""

from __future__ import annotations

import datetime as dt
from collections import Counter, OrderedDict, defaultdict, namedtuple
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from harness.suite.answers import lazy_part

Pair = namedtuple("Pair", "loss gradient")  # noqa: PYI024


class Later:
    """An object that lies about its class."""

    __class__ = np.float64  # type: ignore[assignment]


class Lazy(list[float]):
    """A list that computes what it is asked for."""

    def __getitem__(self, key: object) -> float:  # type: ignore[override]
        return 1.0


def numbers() -> Iterator[int]:
    yield 1


PLAIN = [
    None, True, 1, 2.5, 1j, "text", b"bytes", range(3), np.float64(1.0), np.ones(3), np.array([1, "a", None], dtype=object),
    [1, (2.0, {"a": {3}})], Pair(1.0, np.ones(2)), Counter("aab"), defaultdict(list, {1: [2]}), OrderedDict(a=1),
    dt.date(2026, 1, 1), Path("file"), np.ma.masked_array([1.0], mask=[True]),
]  # fmt: skip
LAZY = [
    object(),
    Later(),
    Lazy([1.0]),
    numbers(),
    len,
    map(str, [1]),
    [1, [Later()]],
    np.array([object()]),
    {"a": numbers()},
]


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)
def test_plain_values_are_all_there(value: object) -> None:
    assert lazy_part(value) is None


@pytest.mark.parametrize("value", LAZY, ids=lambda value: type(value).__name__)
def test_objects_that_could_work_later_are_found(value: object) -> None:
    assert lazy_part(value) is not None


def test_what_is_nested_without_end_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert lazy_part(endless) is not None
