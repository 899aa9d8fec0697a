"""A loop over thresholds; the area by ranks (Mann-Whitney)."""

from itertools import groupby


def _read(y_true, scores):
    y, s = list(y_true), list(scores)
    if any(hasattr(value, "__len__") for value in y + s):
        raise ValueError("y_true and scores must have one axis")
    if len(y) != len(s) or not y:
        raise ValueError(f"{len(y)} labels, {len(s)} scores")
    if any(label not in (0, 1) for label in y):
        raise ValueError("labels are 0 and 1")
    if len({bool(label) for label in y}) != 2:
        raise ValueError("both classes are needed")
    return sorted(zip([float(score) for score in s], [int(label) for label in y], strict=True), reverse=True)


def _points(y_true, scores):
    """(threshold, false positives, true positives), from the highest threshold."""
    tp = fp = 0
    for score, group in groupby(_read(y_true, scores), key=lambda pair: pair[0]):
        labels = [label for _, label in group]
        tp += sum(labels)
        fp += len(labels) - sum(labels)
        yield score, fp, tp


def roc_curve(y_true, scores):
    import numpy as np

    points = [(float("inf"), 0, 0), *_points(y_true, scores)]
    _, negatives, positives = points[-1]
    thresholds, fp, tp = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    return fp / negatives, tp / positives, thresholds


def roc_auc(y_true, scores):
    pairs = _read(y_true, scores)[::-1]
    positives = sum(label for _, label in pairs)
    rank_sum, rank = 0.0, 0
    for _, group in groupby(pairs, key=lambda pair: pair[0]):
        labels = [label for _, label in group]
        rank_sum += sum(labels) * (rank + (len(labels) + 1) / 2)  # equal scores share their mean rank
        rank += len(labels)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * (len(pairs) - positives))


def average_precision(y_true, scores):
    points = list(_points(y_true, scores))
    total, before = 0.0, 0
    for _, fp, tp in points:
        total += (tp - before) * tp / (tp + fp)
        before = tp
    return total / before
