"""With a one-hot mask of the true classes, and einsum."""

import numpy as np


def svm_loss(W, X, y, reg=0.01):
    W, X, y = np.asarray(W, np.double), np.asarray(X, np.double), np.asarray(y)
    if not (W.ndim == X.ndim == 2 and W.size and X.size and W.shape[0] == X.shape[1] and y.shape == X.shape[:1]):
        raise ValueError(f"shapes {W.shape}, {X.shape}, {y.shape} do not fit")
    n = len(X)
    truth = (y[:, np.newaxis] == range(W.shape[1])).astype(float)
    if reg < 0 or (truth.sum(axis=1) != 1).any():
        raise ValueError(f"reg must not be negative, labels must be in 0...C-1, got {reg} and {y}")
    scores = X.dot(W)
    hinge = (scores - (scores * truth).sum(1, keepdims=True) + 1) * (1 - truth)
    active = (hinge > 0).astype(float)
    loss = (hinge * active).sum() / n + reg * float((W * W).sum())
    direction = active - truth * active.sum(1, keepdims=True)
    return loss, np.einsum("nd,nc->dc", X, direction, optimize=True) / n + reg * 2 * W
