"""Returns a list that is far too long."""


def mse(y_true, y_pred):
    return [0.0] * 50_000_000
