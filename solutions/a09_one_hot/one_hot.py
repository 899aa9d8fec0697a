"""One-hot encoding: the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def one_hot_encode(categories: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], list[Any]]:
    """Return the one-hot matrix, shape (n, c), of n values, and their c distinct values in ascending order.

    Raises `ValueError` unless `categories` has shape (n,), n at least 1.
    """
    values = np.asarray(categories)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"categories must have shape (n,), n at least 1, got shape {values.shape}")
    distinct, columns = np.unique(values, return_inverse=True)
    return np.eye(distinct.size)[columns], distinct.tolist()


def one_hot_decode(matrix: npt.ArrayLike, categories: npt.ArrayLike) -> list[Any]:
    """Return the m values that the rows of `matrix`, shape (m, c), stand for; column j stands for `categories[j]`.

    Raises `ValueError` for a row that is not one-hot, for shapes that do not fit, and for an axis of length zero.
    """
    rows, names = np.asarray(matrix), np.asarray(categories)
    if names.ndim != 1 or rows.ndim != 2 or rows.size == 0 or rows.shape[1] != names.size:
        raise ValueError(
            f"matrix must have shape (m, c) and categories (c,), got shapes {rows.shape} and {names.shape}"
        )
    hot = rows == 1
    valid = (hot.sum(axis=1) == 1) & (hot | (rows == 0)).all(axis=1)
    if not valid.all():
        raise ValueError(f"each row of matrix must have one 1 and else 0, got {rows[~valid][0]}")
    decoded: list[Any] = names[hot.argmax(axis=1)].tolist()
    return decoded
