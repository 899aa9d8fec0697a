"""Entropy of a distribution, and information gain of a split: the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

SUM_TOLERANCE = 1e-6


def entropy(probabilities: npt.ArrayLike) -> float:
    """Return -Σ p log2 p in bits, for `probabilities` of shape (n,) with n >= 1; zeros add nothing.

    Raises `ValueError` for another shape, a negative element, or a sum that is not 1 within 1e-6.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 1 or p.size == 0:
        raise ValueError(f"probabilities must have shape (n,), n at least 1, got shape {p.shape}")
    if np.any(p < 0) or abs(p.sum() - 1) > SUM_TOLERANCE:
        raise ValueError(f"probabilities must be at least 0 and have sum 1, got minimum {p.min()} and sum {p.sum()}")
    p = p[p > 0]
    return float(0.0 - p @ np.log2(p))  # a plain minus would turn 0.0 into -0.0


def information_gain(parent: npt.ArrayLike, left: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Return the entropy of the labels `parent` minus that of `left` and `right`, each weighed by its size.

    Raises `ValueError` unless the sides make up the parent: the same labels, each as often, at least one.
    """
    whole, *sides = (_vector(name, y) for name, y in (("parent", parent), ("left", left), ("right", right)))
    if whole.size == 0:
        raise ValueError("parent must have at least one label, got none")
    if not np.array_equal(np.sort(np.concatenate(sides)), np.sort(whole)):
        raise ValueError(
            f"left and right must make up parent, got {sides[0].tolist()} and {sides[1].tolist()} for {whole.tolist()}"
        )
    remaining = sum(side.size / whole.size * _label_entropy(side) for side in sides if side.size)
    return _label_entropy(whole) - remaining


def _vector(name: str, labels: npt.ArrayLike) -> npt.NDArray[Any]:
    """`labels` as an array of shape (n,), or `ValueError`."""
    vector = np.asarray(labels)
    if vector.ndim != 1:
        raise ValueError(f"{name} must have shape (n,), got shape {vector.shape}")
    return vector


def _label_entropy(labels: npt.NDArray[Any]) -> float:
    """Entropy of the relative frequencies of labels of any kind."""
    _, counts = np.unique(labels, return_counts=True)
    return entropy(counts / labels.size)
