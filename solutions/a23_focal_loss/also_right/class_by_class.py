"""The two classes apart, each by its own formula, with boolean masks."""

import numpy as np


def log_sigmoid(x):
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def focal_loss(logits, labels, gamma=2.0, alpha=None):
    x, y = np.array(logits, dtype=float), np.array(labels, dtype=float)
    if x.shape != y.shape or x.ndim != 1 or len(x) == 0:
        raise ValueError(f"shapes {x.shape} and {y.shape}")
    if not np.isin(y, (0, 1)).all():
        raise ValueError(f"labels {np.unique(y)}")
    if not gamma >= 0:
        raise ValueError(f"gamma = {gamma}")
    if alpha is None:
        positive_weight, negative_weight = 1.0, 1.0
    elif 0 <= alpha <= 1:
        positive_weight, negative_weight = alpha, 1 - alpha
    else:
        raise ValueError(f"alpha = {alpha}")
    loss, gradient = np.zeros(len(x)), np.zeros(len(x))

    positive = y == 1
    log_p, log_not_p = log_sigmoid(x[positive]), log_sigmoid(-x[positive])
    p, not_p = np.exp(log_p), np.exp(log_not_p)
    loss[positive] = -positive_weight * not_p**gamma * log_p
    gradient[positive] = positive_weight * not_p**gamma * (gamma * p * log_p - not_p)

    negative = y == 0
    log_p, log_not_p = log_sigmoid(x[negative]), log_sigmoid(-x[negative])
    p, not_p = np.exp(log_p), np.exp(log_not_p)
    loss[negative] = -negative_weight * p**gamma * log_not_p
    gradient[negative] = negative_weight * p**gamma * (p - gamma * not_p * log_not_p)

    return loss.mean(), gradient / len(x)
