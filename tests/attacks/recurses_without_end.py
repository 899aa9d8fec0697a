"""Calls itself without end, with the limit lifted."""

import sys

sys.setrecursionlimit(10**9)


def mse(y_true, y_pred):
    return mse(y_pred, y_true)
