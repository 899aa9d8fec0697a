"""Counts by binary search in the sorted scores of each class."""

import numpy as np


def _classes(y_true, scores):
    y, s = np.array(y_true), np.array(scores, dtype=float)
    if y.ndim != 1 or s.ndim != 1 or len(y) != len(s):
        raise ValueError("expected two arrays of shape (n,)")
    if not np.isin(y, [0, 1]).all():
        raise ValueError("labels must be 0 or 1")
    positive, negative = np.sort(s[y == 1]), np.sort(s[y == 0])
    if not len(positive) or not len(negative):
        raise ValueError("both classes must occur")
    return positive, negative


def roc_curve(y_true, scores):
    positive, negative = _classes(y_true, scores)
    thresholds = np.append(np.inf, np.unique(np.concatenate([positive, negative]))[::-1])
    # How many are at least t: those from the first place where t could be put.
    tpr = 1 - np.searchsorted(positive, thresholds, side="left") / len(positive)
    fpr = 1 - np.searchsorted(negative, thresholds, side="left") / len(negative)
    return fpr, tpr, thresholds


def roc_auc(y_true, scores):
    positive, negative = _classes(y_true, scores)
    below = np.searchsorted(negative, positive, side="left")
    not_above = np.searchsorted(negative, positive, side="right")
    return float((below + not_above).sum() / (2 * len(positive) * len(negative)))


def average_precision(y_true, scores):
    positive, negative = _classes(y_true, scores)
    # Each positive adds 1 / P to recall, at the precision of its own score.
    tp = len(positive) - np.searchsorted(positive, positive, side="left")
    fp = len(negative) - np.searchsorted(negative, positive, side="left")
    return float(np.mean(tp / (tp + fp)))
