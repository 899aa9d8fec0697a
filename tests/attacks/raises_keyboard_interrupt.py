"""Raises KeyboardInterrupt in a call."""


def mse(y_true, y_pred):
    raise KeyboardInterrupt
