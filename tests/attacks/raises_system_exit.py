"""Raises SystemExit(0) in a call."""


def mse(y_true, y_pred):
    raise SystemExit(0)
