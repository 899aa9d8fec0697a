"""In the style of course solutions: the true class stays in the sums and is taken off afterwards, where it counts exactly 1."""

import numpy as np


def svm_loss(W, X, y, reg):
    n, classes = X.shape[0], W.shape[1]
    S = X @ W
    hinge = np.clip(S - np.choose(y, S.T)[:, np.newaxis] + 1, 0, None)
    per_sample = hinge.sum(axis=1) - 1
    loss = per_sample.mean() + reg * np.linalg.norm(W) ** 2

    violated = (hinge > 0).astype(float)
    true = np.arange(classes) == y[:, np.newaxis]
    dS = violated - true * violated.sum(axis=1, keepdims=True)
    dW = X.T @ dS / n + 2 * reg * W
    return loss, dW
