"""Leakage review: the reference. Split first; whatever is fitted sees the training rows alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_X_y


def train_model(X: npt.ArrayLike, y: npt.ArrayLike, test_size: float = 0.25, random_state: int = 0) -> dict[str, Any]:
    """Split the rows, standardise the features, fit a logistic regression and measure it on rows that it has not seen."""
    features, labels = check_X_y(X, y)
    n = len(labels)
    n_test = math.ceil(test_size * n)
    if not 0 < n_test < n:
        raise ValueError(f"test_size must leave rows on both sides, got {test_size} of {n} rows")

    order = np.random.default_rng(random_state).permutation(n)
    train, test = order[n_test:], order[:n_test]

    scaler = StandardScaler().fit(features[train])
    scaled = scaler.transform(features)
    model = LogisticRegression(max_iter=1000).fit(scaled[train], labels[train])

    return {
        "model": model,
        "scaler": scaler,
        "train_indices": train,
        "test_indices": test,
        "train_accuracy": model.score(scaled[train], labels[train]),
        "test_accuracy": model.score(scaled[test], labels[test]),
    }
