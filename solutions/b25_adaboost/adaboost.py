"""AdaBoost on decision stumps: the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class AdaBoost:
    """Boosting by SAMME (Zhu et al., 2009): each stump is the best for weights that grow where the last one was wrong.

    Attributes, after `fit`: `classes_` (K,), `stumps_` (tuples of feature, threshold, label at or below it, label above
    it), `estimator_errors_` and `estimator_weights_` (T,).
    """

    classes_: npt.NDArray[Any]
    stumps_: list[tuple[int, float, Any, Any]]
    estimator_errors_: FloatArray
    estimator_weights_: FloatArray

    def __init__(self, n_estimators: int = 50) -> None:
        self.n_estimators = n_estimators
        self._n_features = 0

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> AdaBoost:
        """Learn at most `n_estimators` stumps from `X` (n, d) and labels `y` (n,); return self."""
        if self.n_estimators < 1:
            raise ValueError(f"n_estimators must be at least 1, got {self.n_estimators}")
        rows, labels = _matrix(X), np.asarray(y)
        if labels.shape != (len(rows),):
            raise ValueError(f"y must have shape ({len(rows)},), got shape {labels.shape}")
        self.classes_, codes = np.unique(labels, return_inverse=True)
        names, n_classes = self.classes_.tolist(), len(self.classes_)
        self.stumps_ = []
        errors, alphas = [], []
        weights = np.full(len(rows), 1 / len(rows))
        for _ in range(self.n_estimators):
            feature, threshold, left, right = _best_stump(rows, codes, weights, n_classes)
            missed = np.where(rows[:, feature] <= threshold, left, right) != codes
            error = float(weights[missed].sum())
            if error > 0 and error >= 1 - 1 / n_classes:  # no better than guessing
                break
            alpha = 1.0 if error == 0 else float(np.log((1 - error) / error) + np.log(n_classes - 1))
            self.stumps_.append((feature, threshold, names[left], names[right]))
            errors.append(error)
            alphas.append(alpha)
            if error == 0:
                break
            weights[missed] *= np.exp(alpha)
            weights /= weights.sum()
        self.estimator_errors_ = np.array(errors)
        self.estimator_weights_ = np.array(alphas)
        self._n_features = rows.shape[1]
        return self

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the label with the largest sum of weights for each row of `X` (q, d), shape (q,)."""
        if not self._n_features:
            raise RuntimeError("this AdaBoost has not been fitted: call fit(X, y) first")
        rows = _matrix(X)
        if rows.shape[1] != self._n_features:
            raise ValueError(f"X must have shape (q, {self._n_features}), as in fit, got shape {rows.shape}")
        votes = np.zeros((len(rows), len(self.classes_)))
        for (feature, threshold, left, right), alpha in zip(self.stumps_, self.estimator_weights_, strict=True):
            below = rows[:, feature] <= threshold
            votes[below, np.searchsorted(self.classes_, left)] += alpha
            votes[~below, np.searchsorted(self.classes_, right)] += alpha
        labels: npt.NDArray[Any] = self.classes_[votes.argmax(axis=1)]
        return labels


def _best_stump(
    rows: FloatArray, codes: npt.NDArray[np.intp], weights: FloatArray, n_classes: int
) -> tuple[int, float, int, int]:
    """The stump of least weighted error: feature, threshold, class at or below it, class above it.

    Each feature is sorted once; cumulative sums then give the weight of every class on both sides of every threshold.
    """
    weight_of = np.zeros((len(rows), n_classes))
    weight_of[np.arange(len(rows)), codes] = weights
    total = weight_of.sum(axis=0)
    heaviest = int(total.argmax())
    best = (total[heaviest], 0, float(rows[0, 0]), heaviest, heaviest)  # the same answer on both sides
    for feature, column in enumerate(rows.T):
        order = np.argsort(column, kind="stable")
        values, below = column[order], weight_of[order].cumsum(axis=0)
        for i in np.flatnonzero(values[1:] > values[:-1]):
            above = total - below[i]
            right = below[i].max() + above.max()
            if right > best[0]:
                best = (right, feature, float(values[i]), int(below[i].argmax()), int(above.argmax()))
    return best[1:]


def _matrix(X: npt.ArrayLike) -> FloatArray:
    """`X` as a float64 matrix; `ValueError` for anything else."""
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {rows.shape}")
    return rows
