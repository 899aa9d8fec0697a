"""Train a classifier, and say how well it does on rows that it has not seen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_X_y


def train_model(X: npt.ArrayLike, y: npt.ArrayLike, test_size: float = 0.25, random_state: int = 0) -> dict[str, Any]:
    """Split the rows, standardise the features, fit a logistic regression and measure it.

    Args:
        X: Features, shape (n, d).
        y: Class labels, shape (n,), of any kind.
        test_size: Share of the rows that is held out.
        random_state: Seed of the split.

    Returns:
        `model`, `scaler`, `train_indices`, `test_indices`, `train_accuracy`, `test_accuracy`.

    Raises:
        ValueError: Shapes do not fit, or there would be no row for training or for testing.
    """
    features, labels = check_X_y(X, y)
    n = len(labels)
    n_test = math.ceil(test_size * n)
    if not 0 < n_test < n:
        raise ValueError(f"test_size must leave rows on both sides, got {test_size} of {n} rows")

    order = np.random.default_rng().permutation(n)
    train, test = order[:-n_test], order[:n_test]

    scaler = StandardScaler()
    scaled = scaler.fit_transform(features)

    is_train = np.zeros(n, dtype=bool)
    is_train[train] = True
    X_train, y_train = scaled[is_train], labels[train]
    model = LogisticRegression(max_iter=1000).fit(X_train, y_train)

    return {
        "model": model,
        "scaler": scaler,
        "train_indices": train,
        "test_indices": test,
        "train_accuracy": model.score(X_train, y_train),
        "test_accuracy": model.score(scaled, labels),
    }
