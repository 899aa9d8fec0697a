"""With a one-hot mask of the true classes, and einsum."""

import numpy as np


def svm_loss(W, X, y, reg=0.01):
    W, X, y = np.array(W, dtype=float), np.array(X, dtype=float), np.array(y)
    if not (W.ndim == X.ndim == 2 and y.ndim == 1):
        raise ValueError("W and X need two axes, y needs one")
    (d, c), (n, width) = W.shape, X.shape
    if min(d, c, n) == 0 or width != d or y.shape != (n,):
        raise ValueError(f"shapes {W.shape}, {X.shape}, {y.shape} do not fit")
    if not np.isin(y, np.arange(c)).all():
        raise ValueError(f"labels must be in 0..{c - 1}")
    if reg < 0:
        raise ValueError("reg must not be negative")
    truth = np.equal.outer(y, np.arange(c)).astype(float)
    scores = X.dot(W)
    hinge = (scores - (scores * truth).sum(1, keepdims=True) + 1) * (1 - truth)
    active = (hinge > 0).astype(float)
    loss = (hinge * active).sum() / n + reg * float((W * W).sum())
    direction = active - truth * active.sum(1, keepdims=True)
    return float(loss), np.einsum("nd,nc->dc", X, direction, optimize=True) / n + reg * 2 * W
