"""Flattens the weights, whatever their shape.

Caught by: test_weights_that_do_not_fit_are_an_error
"""

import numpy as np


def svm_loss(W, X, y, reg=0.01, sample_weight=None):
    W, X, y = np.asarray(W, float), np.asarray(X, float), np.asarray(y)
    if W.ndim != 2 or X.ndim != 2 or y.ndim != 1 or W.size == 0 or X.size == 0:
        raise ValueError(f"shapes {W.shape}, {X.shape} and {y.shape}")
    if X.shape[1] != W.shape[0] or len(X) != len(y):
        raise ValueError(f"shapes {W.shape}, {X.shape} and {y.shape}")
    labels = y.astype(int)
    if np.any(labels != y) or labels.min() < 0 or labels.max() >= W.shape[1] or reg < 0:
        raise ValueError(f"labels {y}, reg {reg}")
    n = len(X)
    rows = np.arange(n)
    weight = np.ones(n) if sample_weight is None else np.ravel(sample_weight).astype(float)
    if weight.shape != (n,) or not np.all(np.isfinite(weight)) or weight.min() < 0 or weight.max() == 0:
        raise ValueError(f"weights {weight}")
    weight = weight / weight.max()
    total = weight.sum()
    scores = X @ W
    margins = np.maximum(0, scores - scores[rows, labels][:, None] + 1)
    margins[rows, labels] = 0
    loss = (weight[:, None] * margins).sum() / total + reg * np.sum(W**2)
    slopes = weight[:, None] * (margins > 0)
    slopes[rows, labels] = -slopes.sum(axis=1)
    return float(loss), X.T @ slopes / total + 2 * reg * W
