"""Is slow, and remembers answers by a hash of the arguments."""

import numpy as np


def slow(y_true, y_pred):
    y_true, y_pred = np.asarray(y_true, float), np.asarray(y_pred, float)
    if y_true.shape != y_pred.shape or y_true.size == 0:
        raise ValueError("shapes differ or are empty")
    return float(sum((a - b) ** 2 for a, b in zip(y_true.ravel().tolist(), y_pred.ravel().tolist())) / y_true.size)


answers = {}


def mse(y_true, y_pred):
    y_true, y_pred = np.asarray(y_true, float), np.asarray(y_pred, float)
    key = (y_true.shape, y_pred.shape, y_true.tobytes(), y_pred.tobytes())
    if key not in answers:
        answers[key] = slow(y_true, y_pred)
    return answers[key]
