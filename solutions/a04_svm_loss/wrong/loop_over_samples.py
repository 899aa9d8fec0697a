"""A Python loop over samples and classes.

Caught by: test_is_vectorised
"""

import numpy as np


def svm_loss(W, X, y, reg=0.01):
    W, X, y = np.asarray(W, float), np.asarray(X, float), np.asarray(y).astype(int)
    loss, gradient = 0.0, np.zeros_like(W)
    for x, label in zip(X, y, strict=True):
        scores = x @ W
        for j in range(W.shape[1]):
            margin = scores[j] - scores[label] + 1
            if j != label and margin > 0:
                loss += margin
                gradient[:, j] += x
                gradient[:, label] -= x
    return loss / len(X) + reg * np.sum(W**2), gradient / len(X) + 2 * reg * W
