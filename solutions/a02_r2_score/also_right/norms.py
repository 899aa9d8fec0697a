"""By the ratio of two Euclidean norms, and np.ptp for constant targets."""

import numpy as np


def r2_score(y_true, y_pred):
    truth, guess = np.asarray(y_true, np.float64), np.asarray(y_pred, np.float64)
    if not (truth.ndim == guess.ndim == 1 and truth.size == guess.size > 1):
        raise ValueError(f"need two vectors of one length above 1, got {truth.shape} and {guess.shape}")
    if np.ptp(truth) == 0:
        return float(np.ptp(np.append(guess, truth[0])) == 0)
    ratio = np.linalg.norm(truth - guess) / np.linalg.norm(truth - np.mean(truth))
    return float(1 - ratio**2)
