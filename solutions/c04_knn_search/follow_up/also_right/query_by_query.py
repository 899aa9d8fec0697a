"""One query after the other, in blocks of the data; a list of the best so far, filled up at its end."""

import numpy as np


def knn_search(queries, data, k, where=None):
    queries = np.array(queries, dtype=float)
    data = np.asarray(data, dtype=float)
    if queries.ndim != 2 or data.ndim != 2 or queries.size == 0 or data.size == 0:
        raise ValueError(f"queries and data must be matrices, got {queries.shape} and {data.shape}")
    if queries.shape[1] != data.shape[1]:
        raise ValueError(f"{queries.shape[1]} and {data.shape[1]} columns")
    if k < 1 or k > len(data):
        raise ValueError(f"k = {k} for {len(data)} rows")
    where = np.ones(len(data), dtype=bool) if where is None else np.asarray(where)
    if where.dtype.kind != "b":
        raise ValueError(f"where has dtype {where.dtype}, not bool")
    if where.shape == (len(data),):
        where = np.broadcast_to(where, (len(queries), len(data)))
    if where.shape != (len(queries), len(data)):
        raise ValueError(f"where has shape {where.shape}")
    all_indices, all_distances = [], []
    for query, allowed in zip(queries, where, strict=True):
        best = []
        for start in range(0, len(data), 10_000):
            rows = start + np.flatnonzero(allowed[start : start + 10_000])
            difference = data[rows] - query
            squares = np.einsum("ij,ij->i", difference, difference)
            limit = np.inf
            if len(best) == k:
                limit = best[-1][0]
            elif k < len(squares):
                limit = np.partition(squares, k - 1)[k - 1]
            near = np.where(squares <= limit)[0]
            near = near[np.argsort(squares[near], kind="stable")][:k]
            best = sorted(best + [(squares[i], int(rows[i])) for i in near])[:k]
        best += [(np.inf, -1)] * (k - len(best))
        all_indices.append([int(i) for _, i in best])
        all_distances.append([float(np.sqrt(square)) for square, _ in best])
    return np.array(all_indices), np.array(all_distances)
