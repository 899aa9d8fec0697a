"""Raises an exception whose text raises another."""


class Bad(Exception):
    def __str__(self):
        raise self


def mse(y_true, y_pred):
    raise Bad
