"""One sample at a time; the mean of the gradient is summed up in a walk of its own, from weights that are computed anew."""

import numpy as np


def arrays(q, k, v, chunk, key_lengths):
    q, k, v = (np.asarray(x, dtype=np.float64) for x in (q, k, v))
    for name, x in (("q", q), ("k", k), ("v", v)):
        if x.ndim != 3 or 0 in x.shape:
            raise ValueError(f"{name} must have three axes without length zero, got {x.shape}")
    if k.shape != (len(q), k.shape[1], q.shape[2]) or v.shape[:2] != k.shape[:2]:
        raise ValueError(f"shapes do not fit: {q.shape}, {k.shape}, {v.shape}")
    if chunk < 1:
        raise ValueError(f"chunk is {chunk}, at least 1 is needed")
    lengths = np.full(len(q), k.shape[1]) if key_lengths is None else np.asarray(key_lengths)
    if lengths.shape != (len(q),) or lengths.min() < 0 or lengths.max() > k.shape[1]:
        raise ValueError(f"key_lengths do not fit: {key_lengths}")
    return q, k, v, lengths


def chunks(q, k, length, chunk, causal):
    """Pairs of a slice of the keys and their scores, for one sample."""
    root = np.sqrt(q.shape[1])
    for start in range(0, int(length), chunk):
        part = slice(start, min(start + chunk, int(length)))
        scores = (q / root) @ k[part].T
        if causal:
            scores[np.arange(part.start, part.stop) > np.arange(len(q))[:, None]] = -np.inf
        yield part, scores


def forward(q, k, v, length, chunk, causal):
    top, total, out = np.full((len(q), 1), -1e300), np.zeros((len(q), 1)), np.zeros((len(q), v.shape[1]))
    for part, scores in chunks(q, k, length, chunk, causal):
        new = np.maximum(top, scores.max(axis=1, keepdims=True))
        np.subtract(scores, new, out=scores)
        np.exp(scores, out=scores)
        total = total * np.exp(top - new) + scores.sum(axis=1, keepdims=True)
        out = out * np.exp(top - new) + scores @ v[part]
        top = new
    total[total == 0] = 1
    return out / total, top, total


def chunked_attention(q, k, v, chunk=256, causal=False, key_lengths=None):
    q, k, v, lengths = arrays(q, k, v, chunk, key_lengths)
    return np.array(
        [forward(*three, length, chunk, causal)[0] for *three, length in zip(q, k, v, lengths, strict=True)]
    )


def chunked_attention_backward(dout, q, k, v, chunk=256, causal=False, key_lengths=None):
    q, k, v, lengths = arrays(q, k, v, chunk, key_lengths)
    dout = np.asarray(dout, dtype=np.float64)
    if dout.shape != (*q.shape[:2], v.shape[2]):
        raise ValueError(f"dout has shape {dout.shape}, which is not that of the output")
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    for s, length in enumerate(lengths):
        _, top, total = forward(q[s], k[s], v[s], length, chunk, causal)
        mean = np.zeros((q.shape[1], 1))
        for part, scores in chunks(q[s], k[s], length, chunk, causal):
            mean += (np.exp(scores - top) / total * (dout[s] @ v[s, part].T)).sum(axis=1, keepdims=True)
        for part, scores in chunks(q[s], k[s], length, chunk, causal):
            p = np.exp(scores - top) / total
            ds = p * (dout[s] @ v[s, part].T - mean) / np.sqrt(q.shape[2])
            dv[s, part] = p.T @ dout[s]
            dq[s] += ds @ k[s, part]
            dk[s, part] = ds.T @ q[s]
    return dq, dk, dv
