"""The losses of the samples and their slopes by np.average and one-hot rows; kept samples only."""

import numpy as np


def svm_loss(W, X, y, reg=0.01, sample_weight=None):
    W, X, y = np.array(W, dtype=np.float64), np.array(X, dtype=np.float64), np.asarray(y)
    if (W.ndim, X.ndim, y.ndim) != (2, 2, 1) or 0 in W.shape + X.shape:
        raise ValueError(f"expected matrices W and X and a vector y, got {W.shape}, {X.shape}, {y.shape}")
    if W.shape[0] != X.shape[1] or y.shape != X.shape[:1]:
        raise ValueError(f"{W.shape}, {X.shape} and {y.shape} do not fit")
    if not np.isin(y, np.arange(W.shape[1])).all():
        raise ValueError(f"labels must be whole numbers below {W.shape[1]}, got {y}")
    if reg < 0:
        raise ValueError(f"reg must not be negative, got {reg}")
    weight = np.ones(len(y)) if sample_weight is None else np.array(sample_weight, dtype=np.float64)
    if weight.shape != y.shape:
        raise ValueError(f"expected a weight for each of {len(y)} samples, got shape {weight.shape}")
    largest = np.max(weight)
    if not (np.min(weight) >= 0 and 0 < largest < np.inf):
        raise ValueError(f"weights must be finite and not negative, one at least above 0, got {weight}")
    kept = weight > 0
    X, y, weight = X[kept], y[kept].astype(int), weight[kept] / largest

    one_hot = np.eye(W.shape[1])[y]
    scores = np.einsum("nd,dc->nc", X, W)
    gaps = (scores - np.sum(scores * one_hot, axis=1, keepdims=True) + 1) * (1 - one_hot)
    violated = (gaps > 0) * 1.0
    violated -= one_hot * violated.sum(axis=1, keepdims=True)
    loss = np.average(np.clip(gaps, 0, None).sum(axis=1), weights=weight) + reg * np.vdot(W, W)
    gradient = X.T @ (violated * (weight / weight.sum())[:, None])
    return float(loss), gradient + 2 * reg * W
