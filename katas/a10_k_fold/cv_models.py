"""Models for `k_fold_cv`, and calls with them; all of it runs in the process of the subject."""

from __future__ import annotations

from typing import Any

import k_fold as kata
import numpy as np


class Mean:
    """Predicts the mean of its targets; the score is the negative mean squared error."""

    def fit(self, X: Any, y: Any) -> None:
        """Remember the mean of `y`, shape (n,)."""
        self.mean = np.mean(y) + 0.0 * len(X)

    def score(self, X: Any, y: Any) -> float:
        """The negative mean squared error on `y`, shape (m,)."""
        return -float(np.mean((np.asarray(y) - self.mean) ** 2)) + 0.0 * len(X)


class Recorder:
    """Remembers what it was fitted on; its score is `unit` times the number of the entry in `calls` that says so.

    `fit` returns the history of a training, as some libraries do.
    """

    calls: list[dict[str, Any]]

    def __init__(self, unit: float = 1.0) -> None:
        self.unit = unit
        self.n_fits = 0
        self.fitted_on: list[list[Any]] = []

    def fit(self, X: Any, y: Any) -> dict[str, list[float]]:
        """Remember the rows (n, d) and labels (n,)."""
        self.n_fits += 1
        self.fitted_on.append([np.asarray(X).tolist(), np.asarray(y).tolist()])
        return {"loss": [0.5, 0.25]}

    def score(self, X: Any, y: Any) -> float:
        """The number of this call, in `unit`s."""
        scored_on = [np.asarray(X).tolist(), np.asarray(y).tolist()]
        self.calls.append({"n_fits": self.n_fits, "fitted_on": list(self.fitted_on), "scored_on": scored_on})
        return self.unit * len(self.calls)


def mean_scores(X: Any, y: Any, k: int) -> Any:
    """`k_fold_cv` with a model that predicts the mean."""
    return kata.k_fold_cv(Mean(), X, y, k=k, random_state=0)


def watch(X: Any, y: Any, unit: float, **options: Any) -> dict[str, Any]:
    """The scores of `k_fold_cv` with a `Recorder`, what each call of `score` saw, and what became of the arguments."""
    Recorder.calls = []
    model = Recorder(unit)
    scores = kata.k_fold_cv(model, X, y, **options)
    left = {"n_fits": model.n_fits, "fitted_on": len(model.fitted_on)}
    return {"scores": scores, "calls": Recorder.calls, "model": left, "X": X, "y": y}
