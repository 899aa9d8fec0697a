"""Filters that set logits to -inf, as in the libraries of language models; softmax once more after each."""

import numpy as np


def _softmax(z):
    e = np.exp(z - np.max(z))
    return e / e.sum()


def next_token_probabilities(logits, temperature=1.0, top_k=None, top_p=None):
    logits = np.array(logits, dtype=np.float64)
    if logits.ndim != 1 or len(logits) == 0:
        raise ValueError("logits must be one row with at least one token")
    if np.max(logits) == -np.inf:
        raise ValueError("every token is masked")
    if temperature < 0:
        raise ValueError("temperature must not be negative")
    if top_k is not None and (top_k != int(top_k) or top_k <= 0):
        raise ValueError("top_k must be a positive whole number")
    if top_p is not None and (top_p <= 0 or top_p > 1):
        raise ValueError("top_p must be in (0, 1]")
    if temperature == 0:
        greedy = np.zeros(len(logits))
        greedy[int(logits.argmax())] = 1.0
        return greedy
    logits = (logits - logits.max()) / temperature
    indices = np.lexsort((np.arange(len(logits)), -logits))
    if top_k is not None:
        logits[indices[int(top_k) :]] = -np.inf
    if top_p is not None and top_p != 1:
        probabilities = _softmax(logits)[indices]
        remove = np.cumsum(probabilities) - probabilities >= top_p
        remove[0] = False
        logits[indices[remove]] = -np.inf
    return _softmax(logits)


def sample(logits, uniform, temperature=1.0, top_k=None, top_p=None):
    if uniform < 0 or uniform >= 1:
        raise ValueError("uniform must be in [0, 1)")
    p = next_token_probabilities(logits, temperature, top_k, top_p)
    sums = np.cumsum(p)
    token = int(np.argmax(sums > uniform * sums[-1]))
    return token if p[token] > 0 else int(np.flatnonzero(p)[-1])
