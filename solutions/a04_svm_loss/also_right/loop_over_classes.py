"""A loop over classes only; each pass treats all samples at once."""

import numpy as np


def svm_loss(W, X, y, reg=0.01):
    W, X, y = np.array(W, float), np.array(X, float), np.asarray(y)
    if W.ndim != 2 or X.ndim != 2 or y.ndim != 1 or 0 in W.shape + X.shape:
        raise ValueError(f"expected (D, C), (N, D) and (N,), got {W.shape}, {X.shape} and {y.shape}")
    if X.shape[1] != W.shape[0] or X.shape[0] != y.shape[0]:
        raise ValueError(f"{W.shape}, {X.shape} and {y.shape} do not fit together")
    if not np.isin(y, np.arange(W.shape[1])).all():
        raise ValueError(f"a label is none of 0 to {W.shape[1] - 1}")
    if not reg >= 0:
        raise ValueError(f"reg is {reg}")
    y = y.astype(int)
    n = len(X)
    scores = X @ W
    true_scores = np.take_along_axis(scores, y[:, None], axis=1)[:, 0]
    loss = reg * np.vdot(W, W)
    grad = 2.0 * reg * W
    pulls = np.zeros(n)
    for j in range(W.shape[1]):
        margin = scores[:, j] - true_scores + 1.0
        active = (margin > 0) & (y != j)
        loss += margin[active].sum() / n
        grad[:, j] += active @ X / n
        pulls += active
    np.subtract.at(grad.T, y, pulls[:, None] * X / n)
    return float(loss), grad
