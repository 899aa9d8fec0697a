"""A loop over the samples, as a first solution on a whiteboard: each loss and each row of the gradient on its own."""

import math

import numpy as np


def cross_entropy(y_true_onehot, probabilities):
    y = np.asarray(y_true_onehot)
    p = np.asarray(probabilities).astype(float)
    if y.ndim != 2 or y.shape != p.shape or y.size == 0:
        raise ValueError(f"bad shapes {y.shape}, {p.shape}")
    total = 0.0
    for i in range(len(y)):
        if sorted(y[i]) != [0] * (len(y[i]) - 1) + [1]:
            raise ValueError(f"row {i} is not one-hot: {y[i]}")
        for probability in p[i]:
            if probability < 0 or probability > 1:
                raise ValueError(f"not a probability: {probability}")
        true = p[i, list(y[i]).index(1)]
        if true == 0:
            total = math.inf
        else:
            total += -math.log(true)
    return total / len(y)


def softmax_cross_entropy(logits, labels):
    logits = np.asarray(logits).astype(float)
    labels = np.asarray(labels)
    if logits.ndim != 2 or logits.size == 0:
        raise ValueError(f"logits have shape {logits.shape}")
    if labels.ndim != 1 or len(labels) != len(logits):
        raise ValueError(f"labels have shape {labels.shape}")
    n, c = logits.shape
    loss = 0.0
    gradient = np.zeros((n, c))
    for i in range(n):
        label = labels[i]
        if label != int(label) or label < 0 or label >= c:
            raise ValueError(f"label {label} is not one of 0 to {c - 1}")
        label = int(label)
        shifted = logits[i] - np.max(logits[i])
        powers = np.exp(shifted)
        loss += np.log(np.sum(powers)) - shifted[label]
        gradient[i] = powers / np.sum(powers)
        gradient[i, label] -= 1
    return loss / n, gradient / n
