"""A loop over the samples, and the chain rule in steps: dL/dp_t, dp_t/dp, dp/dx; far from 0, the limits by hand."""

import math

import numpy as np


def focal_loss(logits, labels, gamma=2.0, alpha=None):
    logits, labels = np.asarray(logits), np.asarray(labels)
    if logits.ndim != 1 or labels.ndim != 1 or len(logits) != len(labels):
        raise ValueError("logits and labels must be two vectors of one length")
    n = len(logits)
    if n == 0:
        raise ValueError("no samples")
    if gamma < 0 or (alpha is not None and (alpha < 0 or alpha > 1)):
        raise ValueError("gamma or alpha is out of range")
    loss = 0.0
    gradient = []
    for i in range(n):
        x, y = float(logits[i]), labels[i]
        if y not in (0, 1):
            raise ValueError(f"label {y}")
        weight = 1.0
        if alpha is not None:
            weight = alpha if y == 1 else 1 - alpha
        true = x if y == 1 else -x
        if true < -30:  # p_t is e^true, and 1 - p_t is 1
            loss += weight * -true
            slope = -1.0
        elif true > 30:  # 1 - p_t is e^-true, and so is -ln p_t
            q = math.exp(-true)
            loss += weight * q**gamma * q
            slope = -(gamma + 1) * q**gamma * q
        else:
            p_t = 1 / (1 + math.exp(-true))
            q = 1 / (1 + math.exp(true))
            loss += weight * -(q**gamma) * math.log(p_t)
            of_p_t = gamma * q ** (gamma - 1) * math.log(p_t) - q**gamma / p_t
            slope = of_p_t * p_t * q
        gradient.append(weight * slope * (1 if y == 1 else -1) / n)
    return loss / n, np.array(gradient)
