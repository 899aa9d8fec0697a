"""A shortlist by matrix products about a row of the data, with a margin for rounding; the order by true differences."""

import numpy as np


def knn_search(queries, data, k):
    queries, data = np.asarray(queries, dtype=np.float64), np.asarray(data, dtype=np.float64)
    if queries.ndim != 2 or data.ndim != 2 or 0 in queries.shape or 0 in data.shape:
        raise ValueError(f"expected matrices, got shapes {queries.shape} and {data.shape}")
    if queries.shape[1] != data.shape[1]:
        raise ValueError(f"queries have {queries.shape[1]} columns, data {data.shape[1]}")
    if not 0 < k <= len(data):
        raise ValueError(f"k must be from 1 to {len(data)}, got {k}")
    near = queries - data[0]
    own = np.einsum("ij,ij->i", near, near)
    indices = [np.empty(0, dtype=np.int64) for _ in queries]
    squares = [np.empty(0) for _ in queries]
    for start in range(0, len(data), 50_000):
        block = data[start : start + 50_000] - data[0]
        sizes = np.einsum("ij,ij->i", block, block)
        step = max(1, 200_000 // len(block))
        for first in range(0, len(queries), step):
            rough = near[first : first + step] @ block.T
            rough *= -2
            rough += sizes
            for i in range(first, min(first + step, len(queries))):
                row = rough[i - first]
                limit = np.partition(row, k - 1)[k - 1] if k < len(row) else np.inf
                limit += 1e-12 * (own[i] + sizes.max())
                found = np.flatnonzero(row <= limit)
                difference = block[found] - near[i]
                exact = np.concatenate([squares[i], np.einsum("ij,ij->i", difference, difference)])
                found = np.concatenate([indices[i], found + start])
                order = np.lexsort((found, exact))[:k]
                indices[i], squares[i] = found[order], exact[order]
    return np.array(indices), np.sqrt(squares)
