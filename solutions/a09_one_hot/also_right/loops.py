"""A dictionary of columns and plain loops, without cleverness."""

import numpy as np


def one_hot_encode(categories):
    if np.ndim(categories) != 1 or len(categories) == 0:
        raise ValueError("expected a non-empty one-dimensional sequence of categories")
    unique_cats = sorted(set(categories))
    cat_to_idx = {cat: idx for idx, cat in enumerate(unique_cats)}
    one_hot = np.zeros((len(categories), len(unique_cats)))
    for i, cat in enumerate(categories):
        one_hot[i, cat_to_idx[cat]] = 1
    return one_hot, unique_cats


def one_hot_decode(matrix, categories):
    matrix = np.asarray(matrix)
    if np.ndim(categories) != 1 or len(categories) == 0:
        raise ValueError("categories must be a non-empty list")
    if matrix.ndim != 2 or matrix.shape[0] == 0 or matrix.shape[1] != len(categories):
        raise ValueError("the matrix needs one column per category and at least one row")
    result = []
    for row in matrix:
        found = None
        for j, entry in enumerate(row):
            if entry == 0:
                continue
            if entry != 1 or found is not None:
                raise ValueError(f"not a one-hot row: {row}")
            found = j
        if found is None:
            raise ValueError(f"a row of zeros: {row}")
        result.append(categories[found])
    return result
