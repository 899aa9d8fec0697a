"""By variance plus squared bias of the error: E[e^2] = Var(e) + E[e]^2."""

import numpy as np


def mse(y_true, y_pred):
    truth, prediction = np.asarray(y_true, np.double), np.asarray(y_pred, np.double)
    if truth.shape != prediction.shape:
        raise ValueError(f"{truth.shape} != {prediction.shape}")
    if truth.size < 1:
        raise ValueError("empty input")
    error = np.subtract(truth, prediction)
    return float(error.var() + error.mean() ** 2)
