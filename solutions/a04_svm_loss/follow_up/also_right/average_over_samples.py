"""The losses of the samples by np.average, and their slopes by one-hot rows."""

import numpy as np


def svm_loss(W, X, y, reg=0.01, sample_weight=None):
    W, X, y = np.asarray(W, np.double), np.asarray(X, np.double), np.asarray(y)
    if not (W.ndim == X.ndim == 2 and W.size and X.size and W.shape[0] == X.shape[1] and y.shape == X.shape[:1]):
        raise ValueError(f"shapes {W.shape}, {X.shape}, {y.shape} do not fit")
    if reg < 0 or not np.isin(y, range(W.shape[1])).all():
        raise ValueError(f"reg must not be negative, labels must be in 0...C-1, got {reg} and {y}")
    y = y.astype(int)
    weight = np.ones(len(y)) if sample_weight is None else np.array(sample_weight, dtype=np.float64)
    if weight.shape != y.shape:
        raise ValueError(f"expected a weight for each of {len(y)} samples, got shape {weight.shape}")
    if weight.min() < 0 or weight.max() == 0:
        raise ValueError(f"weights must not be negative, one at least above 0, got {weight}")

    one_hot = np.eye(W.shape[1])[y]
    scores = np.einsum("nd,dc->nc", X, W, optimize=True)
    gaps = (scores - np.sum(scores * one_hot, axis=1, keepdims=True) + 1) * (1 - one_hot)
    violated = (gaps > 0) * 1.0
    violated -= one_hot * violated.sum(axis=1, keepdims=True)
    loss = np.average(np.clip(gaps, 0, None).sum(axis=1), weights=weight) + reg * np.vdot(W, W)
    gradient = X.T @ (violated * (weight / weight.sum())[:, None])
    return float(loss), gradient + 2 * reg * W
