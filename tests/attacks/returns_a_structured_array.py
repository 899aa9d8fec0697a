"""Returns an array of a structured dtype."""

import numpy as np


def mse(y_true, y_pred):
    return np.zeros(1, dtype=[("x", "f8"), ("y", "O")])
