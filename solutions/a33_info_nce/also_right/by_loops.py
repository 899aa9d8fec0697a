"""Sample by sample, with the Jacobian of the normalisation written out."""

import math

import numpy as np


def _log_sum_exp(values):
    top = max(values)
    return top + math.log(sum(math.exp(v - top) for v in values))


def info_nce(queries, keys, temperature=0.07):
    queries, keys = np.array(queries, dtype=float), np.array(keys, dtype=float)
    if queries.ndim != 2 or queries.shape != keys.shape or 0 in queries.shape:
        raise ValueError(f"expected two arrays of shape (N, D), got {queries.shape} and {keys.shape}")
    if temperature <= 0:
        raise ValueError("the temperature must be positive")
    for rows in (queries, keys):
        for row in rows:
            if not row.any():
                raise ValueError("a row of zeros has no direction")
    n, d = queries.shape
    q = [row / math.sqrt(row @ row) for row in queries]
    k = [row / math.sqrt(row @ row) for row in keys]
    z = [[float(a @ b) / temperature for b in k] for a in q]

    loss, dq, dk = 0.0, np.zeros((n, d)), np.zeros((n, d))
    for i in range(n):
        row, column = z[i], [z[j][i] for j in range(n)]
        row_sum, column_sum = _log_sum_exp(row), _log_sum_exp(column)
        loss += (row_sum - z[i][i] + column_sum - z[i][i]) / (2 * n)
        for j in range(n):
            share = math.exp(row[j] - row_sum) - (i == j)  # query i against key j
            dq[i] += share * k[j] / (2 * n * temperature)
            dk[j] += share * q[i] / (2 * n * temperature)
            share = math.exp(column[j] - column_sum) - (i == j)  # key i against query j
            dk[i] += share * q[j] / (2 * n * temperature)
            dq[j] += share * k[i] / (2 * n * temperature)
    for i in range(n):
        for gradient, rows, units in ((dq, queries, q), (dk, keys, k)):
            jacobian = (np.eye(d) - np.outer(units[i], units[i])) / math.sqrt(rows[i] @ rows[i])
            gradient[i] = jacobian @ gradient[i]
    return loss, dq, dk
