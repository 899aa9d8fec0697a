"""One query at a time, with the slice of keys that it sees."""

import math

import numpy as np


def grouped_query_attention(q, k, v, causal=False, window=None):
    q, k, v = (np.asarray(a, float) for a in (q, k, v))
    if not (q.ndim == k.ndim == v.ndim == 4):
        raise ValueError("four axes each")
    if not (q.size and k.size and v.size):
        raise ValueError("no axis may be empty")
    (b, h, n, d), (bk, g, m, dk), (bv, gv, mv, d_v) = q.shape, k.shape, v.shape
    if b != bk or b != bv or d != dk or g != gv or m != mv:
        raise ValueError("the shapes of q, k and v do not fit")
    if h % g:
        raise ValueError("query heads must be a multiple of key heads")
    if window is not None and (window < 1 or int(window) != window):
        raise ValueError("a window is a whole number from 1")
    if n > m and (causal or window):
        raise ValueError("more queries than positions")
    out = np.zeros((b, h, n, d_v))
    for i in range(b):
        for head in range(h):
            keys, values = k[i, head * g // h], v[i, head * g // h]
            for j in range(n):
                p = m - n + j
                first, last = 0, m - 1
                if causal:
                    last = p
                if window is not None:
                    first, last = max(first, p - int(window) + 1), min(last, p + int(window) - 1)
                scores = keys[first : last + 1] @ q[i, head, j] / math.sqrt(d)
                weights = np.exp(scores - scores.max())
                out[i, head, j] = weights @ values[first : last + 1] / weights.sum()
    return out
