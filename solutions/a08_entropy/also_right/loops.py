"""Plain Python with math.log2 and Counter, as from-scratch repositories write it."""

import math
from collections import Counter

import numpy as np


def entropy(probabilities):
    probabilities = np.asarray(probabilities, dtype=float)
    if probabilities.ndim != 1 or len(probabilities) == 0:
        raise ValueError("probabilities must be a non-empty vector")
    total = 0.0
    h = 0.0
    for p in probabilities:
        if p < 0:
            raise ValueError(f"negative probability {p}")
        if p > 0:
            h -= p * math.log2(p)
        total += p
    if not math.isclose(total, 1.0, abs_tol=1e-6, rel_tol=0):
        raise ValueError(f"probabilities sum to {total}")
    return h


def label_entropy(labels):
    n = len(labels)
    return entropy([count / n for count in Counter(labels).values()]) if n else 0.0


def information_gain(parent, left, right):
    lists = []
    for given in (parent, left, right):
        labels = np.asarray(given)
        if labels.ndim != 1:
            raise ValueError("labels must be one-dimensional")
        lists.append(labels.tolist())
    parent, left, right = lists
    n = len(parent)
    if n == 0:
        raise ValueError("parent is empty")
    if Counter(left) + Counter(right) != Counter(parent):
        raise ValueError("left and right do not make up parent")
    return label_entropy(parent) - (len(left) * label_entropy(left) + len(right) * label_entropy(right)) / n
