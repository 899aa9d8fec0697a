"""The gain as mutual information of label and side, from a table of counts; log2 under `where`."""

import numpy as np


def entropy(probabilities):
    p = np.array(probabilities, dtype=np.float64)
    if p.ndim != 1 or not p.size or (p < 0).any() or not np.isclose(p.sum(), 1, rtol=0, atol=1e-6):
        raise ValueError(f"not a distribution: {p}")
    logs = np.log2(p, out=np.zeros_like(p), where=p > 0)
    return abs(float(np.sum(p * logs)))


def information_gain(parent, left, right):
    parent, left, right = np.asarray(parent), np.asarray(left), np.asarray(right)
    if not parent.ndim == left.ndim == right.ndim == 1 or not parent.size:
        raise ValueError("need three vectors of labels, the first of them not empty")
    labels = np.unique(parent)
    table = np.array([[np.sum(side == label) for label in labels] for side in (left, right)])
    if left.size + right.size != parent.size or (table.sum(axis=0) != [np.sum(parent == x) for x in labels]).any():
        raise ValueError(f"{left} and {right} do not make up {parent}")
    joint = table / parent.size
    return entropy(joint.sum(axis=0)) + entropy(joint.sum(axis=1)) - entropy(joint.ravel())
