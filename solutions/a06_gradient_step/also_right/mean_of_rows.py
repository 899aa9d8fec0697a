"""The gradient of each sample as a row, and their mean over axis 0; the update in place, on a copy."""

import numpy as np


def gradient_descent_step(theta, X, y, learning_rate):
    new, X, y = np.array(theta, float), np.array(X, float), np.array(y, float)
    if X.ndim != 2 or 0 in X.shape or new.shape != X.shape[1:] or y.shape != X.shape[:1] or not learning_rate >= 0:
        raise ValueError(f"cannot step with shapes {new.shape}, {X.shape}, {y.shape} and rate {learning_rate}")
    errors = y - X.dot(new)
    new += learning_rate * np.mean(errors[:, np.newaxis] * X, axis=0)
    return new
