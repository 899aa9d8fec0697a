"""Plain Python: a sorted list of tokens, and running sums."""

import math

import numpy as np


def next_token_probabilities(logits, temperature=1.0, top_k=None, top_p=None):
    if np.ndim(logits) != 1 or len(logits) == 0:
        raise ValueError(f"expected the logits of V tokens, got shape {np.shape(logits)}")
    logits = [float(z) for z in logits]
    highest = max(logits)
    if highest == -math.inf:
        raise ValueError("no token is left: all logits are -inf")
    if temperature < 0:
        raise ValueError(f"the temperature is {temperature}")
    if top_k is not None and (top_k < 1 or top_k % 1 != 0):
        raise ValueError(f"top_k is {top_k}")
    if top_p is not None and not (0 < top_p <= 1):
        raise ValueError(f"top_p is {top_p}")
    if temperature == 0:
        winner = logits.index(highest)
        return np.array([1.0 if i == winner else 0.0 for i in range(len(logits))])

    weights = [math.exp((z - highest) / temperature) for z in logits]
    tokens = sorted(range(len(logits)), key=lambda i: (-weights[i], i))
    if top_k is not None:
        tokens = tokens[: int(top_k)]
    if top_p is not None and top_p < 1:
        total = sum(weights[i] for i in tokens)
        nucleus, mass = [], 0.0
        for i in tokens:
            nucleus.append(i)
            mass += weights[i] / total
            if mass >= top_p:
                break
        tokens = nucleus
    total = sum(weights[i] for i in tokens)
    result = np.zeros(len(logits))
    for i in tokens:
        result[i] = weights[i] / total
    return result


def sample(logits, uniform, temperature=1.0, top_k=None, top_p=None):
    if not 0 <= uniform < 1:
        raise ValueError(f"uniform is {uniform}")
    mass, last = 0.0, 0
    for i, p in enumerate(next_token_probabilities(logits, temperature, top_k, top_p)):
        if p == 0:
            continue
        mass, last = mass + p, i
        if mass > uniform:
            break
    return last
