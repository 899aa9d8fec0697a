"""A loop over classes only; each pass treats all samples at once."""

import numpy as np


def svm_loss(W, X, y, reg=0.01):
    weights, samples, labels = np.asarray(W, np.float64), np.asarray(X, np.float64), np.asarray(y)
    if weights.ndim != 2 or samples.ndim != 2 or labels.ndim != 1 or weights.size == 0 or samples.size == 0:
        raise ValueError("expected W (D, C), X (N, D), y (N,), none of them empty")
    if samples.shape[1] != weights.shape[0] or samples.shape[0] != labels.shape[0]:
        raise ValueError("the sizes of W, X and y do not fit together")
    if any(float(label) not in range(weights.shape[1]) for label in labels):
        raise ValueError("a label is no class")
    if reg < 0:
        raise ValueError(f"reg = {reg} is below 0")
    labels = labels.astype(int)
    n = len(samples)
    true_scores = np.einsum("nd,dn->n", samples, weights[:, labels])
    loss = reg * np.vdot(weights, weights)
    grad = 2.0 * reg * weights
    pulls = np.zeros(n)
    for j in range(weights.shape[1]):
        margin = samples @ weights[:, j] - true_scores + 1.0
        active = (margin > 0) & (labels != j)
        loss += margin[active].sum() / n
        grad[:, j] += active @ samples / n
        pulls += active
    np.subtract.at(grad.T, labels, pulls[:, None] * samples / n)
    return float(loss), grad
