"""The best split of a decision tree's node, in the time of a sort: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

TIE = 1e-9
"""Gains that differ by less are equal, and a gain below it is none."""


def best_split(X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[int | None, float | None, float]:
    """Return (feature, threshold, gain) of the split that lowers the Gini impurity most, or (None, None, 0.0).

    In the order of a feature, class counts to the left of every threshold are cumulative sums. A side of m rows with
    counts c has m times the impurity m - |c|²/m, so that only sums of squares are compared.
    """
    rows, labels = np.asarray(X, dtype=np.float64), np.asarray(y)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {rows.shape}")
    n = len(rows)
    if labels.shape != (n,):
        raise ValueError(f"y must have shape ({n},), got shape {labels.shape}")
    classes, codes = np.unique(labels, return_inverse=True)
    one_hot = np.zeros((n, len(classes)))  # float64: squares of counts are exact up to 94 million rows
    one_hot[np.arange(n), codes] = 1
    total = one_hot.sum(axis=0)
    n_left = np.arange(1, n)
    feature, threshold, gain = None, None, 0.0
    for j, column in enumerate(rows.T):
        order = np.argsort(column, kind="stable")
        values, left = column[order], one_hot[order].cumsum(axis=0)[:-1]
        right = total - left
        purity = np.einsum("ij,ij->i", left, left) / n_left + np.einsum("ij,ij->i", right, right) / (n - n_left)
        gains = np.where(values[:-1] < values[1:], purity / n - total @ total / n**2, 0.0)
        if n > 1 and gains.max() > gain + TIE:
            i = int(np.argmax(gains > gains.max() - TIE))
            feature, threshold, gain = j, float((values[i] + values[i + 1]) / 2), float(gains[i])
    return feature, threshold, gain
