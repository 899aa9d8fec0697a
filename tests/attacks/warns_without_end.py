"""Warns a million times."""

import warnings


def mse(y_true, y_pred):
    for i in range(100_000):
        warnings.warn(f"{i}", stacklevel=1)
    return 0.0
