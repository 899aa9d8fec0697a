"""Entropy of a distribution, and information gain of a split."""

from __future__ import annotations

import numpy.typing as npt


def entropy(probabilities: npt.ArrayLike) -> float:
    """Return the entropy of a distribution in bits.

    Args:
        probabilities: non-negative numbers with sum 1 (within 1e-6), shape (n,) with n >= 1; zeros add nothing.

    Returns:
        The entropy, a Python float; 0.0, never -0.0, for a certain outcome.

    Raises:
        ValueError: a wrong shape, no elements, a negative probability, or another sum.
    """
    raise NotImplementedError


def information_gain(parent: npt.ArrayLike, left: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Return by how many bits a split into two sides lowers the entropy of the labels, each side weighed by its size.

    Args:
        parent: labels of all samples, strings or numbers, shape (n,) with n >= 1.
        left: labels of one side, shape (n_left,), possibly empty.
        right: labels of the other side, shape (n_right,), possibly empty.

    Returns:
        The gain, a Python float; 0 when a side is empty.

    Raises:
        ValueError: a wrong shape, no labels in `parent`, or sides that do not make up the parent.
    """
    raise NotImplementedError
