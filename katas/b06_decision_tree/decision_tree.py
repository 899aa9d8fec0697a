"""A decision tree for classification, grown by information gain."""

from __future__ import annotations

from typing import Any, Self

import numpy.typing as npt


class DecisionTree:
    """Classification by questions of the form "is this feature at most this threshold?".

    Args:
        max_depth: how many splits there may be on the way to a leaf, at least 0.
        min_samples_split: a node with fewer rows is a leaf, at least 2.
    """

    def __init__(self, max_depth: int = 10, min_samples_split: int = 2) -> None:
        raise NotImplementedError

    def entropy(self, y: npt.ArrayLike) -> float:
        """Return the entropy of the labels `y`, shape (n,), in bits. Raises `ValueError` for none or a wrong shape."""
        raise NotImplementedError

    def information_gain(self, parent: npt.ArrayLike, left: npt.ArrayLike, right: npt.ArrayLike) -> float:
        """Return what splitting the labels `parent`, shape (n,), into `left` and `right` gains, in bits.

        Raises `ValueError` for a wrong shape, no parent, or sides that have not n labels together.
        """
        raise NotImplementedError

    def best_split(self, X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[int, float] | tuple[None, None]:
        """Return feature and threshold of the split of rows `X` (n, d) with labels `y` (n,) that gains most.

        Returns `(None, None)` if nothing gains. Raises `ValueError` for a wrong shape, an axis of length zero, or
        lengths that differ.
        """
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Grow the tree on rows `X` (n, d) with labels `y` (n,); return self. Errors are those of `best_split`."""
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the label of the leaf that each row of `X`, shape (q, d), comes to: shape (q,).

        Raises `RuntimeError` before `fit`, and `ValueError` for a wrong shape, no rows, or other columns than in `fit`.
        """
        raise NotImplementedError

    def to_text(self) -> str:
        """Return the tree, a line for each node. Raises `RuntimeError` before `fit`."""
        raise NotImplementedError
