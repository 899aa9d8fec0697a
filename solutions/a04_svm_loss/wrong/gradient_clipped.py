"""Clips the norm of the gradient, which is the optimiser's business.

Caught by: test_nothing_is_cut_off_however_large_or_small_the_numbers
"""

import numpy as np


def svm_loss(W, X, y, reg=0.01):
    W, X, y = np.asarray(W, float), np.asarray(X, float), np.asarray(y)
    if W.ndim != 2 or X.ndim != 2 or y.ndim != 1 or 0 in W.shape + X.shape or reg < 0:
        raise ValueError("bad shapes or reg")
    if X.shape[1] != len(W) or len(X) != len(y) or np.any(y != y.astype(int)) or y.min() < 0 or y.max() >= W.shape[1]:
        raise ValueError("shapes or labels do not fit")
    y = y.astype(int)
    n, rows = len(X), np.arange(len(X))
    scores = X @ W
    margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    margins[rows, y] = 0
    loss = margins.sum() / n + reg * np.sum(W**2)
    slopes = (margins > 0).astype(float)
    slopes[rows, y] = -slopes.sum(axis=1)
    gradient = X.T @ slopes / n + 2 * reg * W
    return float(loss), gradient / max(1.0, np.linalg.norm(gradient) / 100)
