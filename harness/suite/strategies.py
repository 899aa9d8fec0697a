"""Hypothesis strategies that most suites need: numbers of a sane size, arrays of them, seeds."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

Float64Array = npt.NDArray[np.float64]


@functools.lru_cache(maxsize=256)
def floats(bound: float = 100.0) -> st.SearchStrategy[float]:
    """Finite floats in [-bound, bound] without subnormals, whose squares neither overflow nor vanish by surprise.

    Values are rounded to six decimals: shrunk examples read well, and no law hangs on the last bit.
    """
    return st.floats(-bound, bound, allow_nan=False, allow_subnormal=False).map(lambda x: round(x, 6) + 0.0)


def vectors(min_size: int = 1, max_size: int = 12, bound: float = 100.0) -> st.SearchStrategy[Float64Array]:
    """Float64 arrays of shape (n,)."""
    return st.integers(min_size, max_size).flatmap(lambda n: arrays((n,), bound))


def matrices(
    rows: tuple[int, int] = (1, 6), columns: tuple[int, int] = (1, 6), bound: float = 100.0
) -> st.SearchStrategy[Float64Array]:
    """Float64 arrays of shape (n, d), with n and d drawn from the inclusive ranges."""
    shapes = st.tuples(st.integers(*rows), st.integers(*columns))
    return shapes.flatmap(lambda shape: arrays(shape, bound))


@functools.lru_cache(maxsize=256)
def arrays(shape: tuple[int, ...], bound: float = 100.0) -> st.SearchStrategy[Float64Array]:
    """Float64 arrays of one shape."""
    raw = st.floats(-bound, bound, allow_nan=False, allow_subnormal=False)
    return hnp.arrays(np.float64, shape, elements=raw).map(lambda array: np.round(array, 6) + 0.0)


def seeds() -> st.SearchStrategy[int]:
    """Seeds for `np.random.default_rng`, where a law wants data that is random rather than adversarial."""
    return st.integers(0, 2**32 - 1)


def normal_matrix(seed: int, rows: int, columns: int, **kwargs: Any) -> Float64Array:
    """An (n, d) sample of a normal distribution; `kwargs` go to `Generator.normal`."""
    return np.random.default_rng(seed).normal(size=(rows, columns), **kwargs)
