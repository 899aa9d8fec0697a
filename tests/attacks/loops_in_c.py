"""Computes a power that takes for ever, in one call of C."""


def mse(y_true, y_pred):
    return float(len(str(7 ** (10**9))))
