"""Prints a gigabyte, then is wrong."""

import os


for _ in range(1000):
    os.write(1, b"x" * 2**20)
    os.write(2, b"x" * 2**20)


def mse(y_true, y_pred):
    print("x" * 10**7)
    return 0.0
