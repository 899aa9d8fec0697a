"""One-hot encoding."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def one_hot_encode(categories: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], list[Any]]:
    """Encode values as rows with a single 1.

    Args:
        categories: n values of one kind (strings, integers, floats or bools), shape (n,), n at least 1.

    Returns:
        The matrix, float64 of shape (n, c), and the c distinct values in ascending order: column j stands for value j.

    Raises:
        ValueError: `categories` does not have shape (n,), or is empty.
    """
    raise NotImplementedError


def one_hot_decode(matrix: npt.ArrayLike, categories: npt.ArrayLike) -> list[Any]:
    """Return the value that each row stands for.

    Args:
        matrix: rows of a single 1 and zeros, shape (m, c), m at least 1.
        categories: column j stands for `categories[j]`, shape (c,), c at least 1, in any order.

    Returns:
        A list of m values.

    Raises:
        ValueError: a row is not one-hot, the shapes are wrong or do not fit, or an axis has length zero.
    """
    raise NotImplementedError
