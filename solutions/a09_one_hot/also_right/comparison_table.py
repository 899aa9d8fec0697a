"""Every value against every distinct one by broadcasting; rows are checked by their sorted entries."""

import numpy as np


def one_hot_encode(categories):
    values = np.asarray(categories)
    if values.ndim != 1 or len(values) < 1:
        raise ValueError(f"shape (n,) expected, got {values.shape}")
    names = np.unique(values)
    return (values[:, None] == names).astype(float), names


def one_hot_decode(matrix, categories):
    matrix, names = np.asarray(matrix, dtype=float), np.asarray(categories)
    if matrix.ndim != 2 or names.ndim != 1 or matrix.shape[1] != len(names) or 0 in matrix.shape:
        raise ValueError(f"shapes do not fit: {matrix.shape} and {names.shape}")
    template = np.zeros(len(names))
    template[-1] = 1
    for i, row in enumerate(np.sort(matrix, axis=1)):
        if not np.allclose(row, template):
            raise ValueError(f"row {i} is not one-hot")
    return list(names[matrix.argmax(axis=1)])
