"""Gradient boosting of regression trees for the squared error, with early stopping: the reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


@dataclass
class Leaf:
    """A node that answers."""

    value: float


@dataclass
class Split:
    """A node that asks: rows with `x[feature] <= threshold` go left."""

    feature: int
    threshold: float
    left: Leaf | Split
    right: Leaf | Split


class GradientBoostingRegressor:
    """Least-squares boosting (Friedman, 2001): each tree is fitted to the residuals of those before it.

    Attributes, after `fit`: `n_trees_`, the number of trees that were kept; `train_loss_` (n_trees_ + 1,) and `validation_loss_`
    (all trees that were grown, + 1), mean squared errors of the mean and after each tree.
    """

    train_loss_: Float64Array
    validation_loss_: Float64Array
    n_trees_: int

    def __init__(self, n_estimators: int = 100, learning_rate: float = 0.1, max_depth: int = 2) -> None:
        if n_estimators < 1:
            raise ValueError(f"n_estimators must be at least 1, got {n_estimators}")
        if not 0 < learning_rate <= 1:
            raise ValueError(f"learning_rate must be above 0 and at most 1, got {learning_rate}")
        if max_depth < 1:
            raise ValueError(f"max_depth must be at least 1, got {max_depth}")
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self._n_features = 0

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        X_val: npt.ArrayLike | None = None,
        y_val: npt.ArrayLike | None = None,
        patience: int = 10,
    ) -> GradientBoostingRegressor:
        """Grow the trees on rows `X` (n, d) with targets `y` (n,); return self.

        With validation rows, stop when `patience` trees in a row bring no lower loss on them, and keep the best stage.
        """
        rows, targets = _pair(X, y, "X", "y")
        if patience < 1:
            raise ValueError(f"patience must be at least 1, got {patience}")
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val must be given together, got one of them")
        start = float(targets.mean())
        trees: list[Leaf | Split] = []
        residuals = targets - start
        losses, validation_losses = [np.mean(residuals**2)], []
        if X_val is not None and y_val is not None:
            unseen, left = _pair(X_val, y_val, "X_val", "y_val")
            if unseen.shape[1] != rows.shape[1]:
                raise ValueError(f"X_val must have {rows.shape[1]} columns, as X, got {unseen.shape[1]}")
            left = left - start
            validation_losses.append(np.mean(left**2))
        while len(trees) < self.n_estimators:
            tree = _grow(rows, residuals, self.max_depth)
            trees.append(tree)
            residuals = residuals - self.learning_rate * _answers(tree, rows)
            losses.append(np.mean(residuals**2))
            if validation_losses:
                left = left - self.learning_rate * _answers(tree, unseen)
                validation_losses.append(np.mean(left**2))
                if len(trees) - int(np.argmin(validation_losses)) >= patience:
                    break
        self.n_trees_ = int(np.argmin(validation_losses)) if validation_losses else len(trees)
        self.validation_loss_ = np.array(validation_losses)
        self.train_loss_ = np.array(losses[: self.n_trees_ + 1])
        self._trees, self._start, self._n_features = trees[: self.n_trees_], start, rows.shape[1]
        return self

    def predict(self, X: npt.ArrayLike) -> Float64Array:
        """Return the prediction of all trees for each row of `X` (q, d), shape (q,)."""
        return np.asarray(self.staged_predict(X)[-1])

    def staged_predict(self, X: npt.ArrayLike) -> Float64Array:
        """Return the predictions of the mean alone and after each tree, shape (n_estimators + 1, q)."""
        if not self._n_features:
            raise RuntimeError("this GradientBoostingRegressor has not been fitted: call fit(X, y) first")
        rows = _matrix(X)
        if rows.shape[1] != self._n_features:
            raise ValueError(f"X must have shape (q, {self._n_features}), as in fit, got shape {rows.shape}")
        steps = [self.learning_rate * _answers(tree, rows) for tree in self._trees]
        return np.cumsum([np.full(len(rows), self._start), *steps], axis=0)


def _grow(rows: Float64Array, residuals: Float64Array, depth: int) -> Leaf | Split:
    """A tree of at most `depth` splits on the way to a leaf."""
    question = _best_question(rows, residuals) if depth > 0 else None
    if question is None:
        return Leaf(float(residuals.mean()))
    feature, threshold = question
    below = rows[:, feature] <= threshold
    left = _grow(rows[below], residuals[below], depth - 1)
    right = _grow(rows[~below], residuals[~below], depth - 1)
    return Split(feature, threshold, left, right)


def _best_question(rows: Float64Array, residuals: Float64Array) -> tuple[int, float] | None:
    """The feature and threshold that lower the sum of squared deviations most; None if nothing does.

    With deviations from the node's mean, sides of m and n - m rows and sums s and -s lower it by s²/m + s²/(n - m).
    """
    n = len(rows)
    n_below = np.arange(1, n)
    deviations = residuals - residuals.mean()
    best, most = None, 0.0
    for feature, column in enumerate(rows.T):
        order = np.argsort(column, kind="stable")
        values, sums = column[order], deviations[order].cumsum()[:-1]
        gains = np.where(values[1:] > values[:-1], sums**2 / n_below + sums**2 / (n - n_below), 0.0)
        if n > 1 and gains.max() > most:
            i = int(gains.argmax())
            best, most = (feature, float(values[i] + values[i + 1]) / 2), gains[i]
    return best


def _answers(node: Leaf | Split, rows: Float64Array) -> Float64Array:
    """What the tree says of each row, shape (q,)."""
    if isinstance(node, Leaf):
        return np.full(len(rows), node.value)
    below = rows[:, node.feature] <= node.threshold
    answers = np.empty(len(rows))
    answers[below], answers[~below] = _answers(node.left, rows[below]), _answers(node.right, rows[~below])
    return answers


def _pair(X: npt.ArrayLike, y: npt.ArrayLike, name: str, name_of_targets: str) -> tuple[Float64Array, Float64Array]:
    """Rows (n, d) and their targets (n,)."""
    rows, targets = _matrix(X, name), np.asarray(y, dtype=np.float64)
    if targets.shape != (len(rows),):
        raise ValueError(f"{name_of_targets} must have shape ({len(rows)},), got shape {targets.shape}")
    return rows, targets


def _matrix(X: npt.ArrayLike, name: str = "X") -> Float64Array:
    """`X` as a float64 matrix; `ValueError` for anything else."""
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"{name} must have shape (n, d), no axis of length zero, got shape {rows.shape}")
    return rows
