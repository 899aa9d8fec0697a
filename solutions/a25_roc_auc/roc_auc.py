"""ROC curve, the area under it, and average precision: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int_]


def roc_curve(y_true: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return fpr, tpr and thresholds (infinity, then the distinct scores, falling), each of shape (k + 1,).

    Raises `ValueError` for wrong shapes, labels other than 0 and 1, and one class alone.
    """
    false_positives, true_positives, thresholds = _counts(y_true, scores)
    return (
        np.concatenate([[0.0], false_positives / false_positives[-1]]),
        np.concatenate([[0.0], true_positives / true_positives[-1]]),
        np.concatenate([[np.inf], thresholds]),
    )


def roc_auc(y_true: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Return the area under the ROC curve by trapezoids.

    Raises `ValueError` as `roc_curve` does.
    """
    fpr, tpr, _ = roc_curve(y_true, scores)
    return float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1])) / 2)


def average_precision(y_true: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Return the sum of gains in recall, each times the precision at its threshold.

    Raises `ValueError` as `roc_curve` does.
    """
    false_positives, true_positives, _ = _counts(y_true, scores)
    precision = true_positives / (true_positives + false_positives)
    recall = true_positives / true_positives[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def _counts(y_true: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[Counts, Counts, Float64Array]:
    """False and true positives at each distinct score, and these scores, falling; all of shape (k,)."""
    labels, values = np.asarray(y_true), np.asarray(scores, dtype=np.float64)
    if labels.ndim != 1 or labels.shape != values.shape or labels.size == 0:
        raise ValueError(f"y_true and scores must have shape (n,), n at least 1, got {labels.shape} and {values.shape}")
    is_positive = labels == 1
    if not np.all(is_positive | (labels == 0)):
        raise ValueError(f"y_true must have labels 0 and 1, got {labels}")
    if is_positive.all() or not is_positive.any():
        raise ValueError(f"y_true must have both classes, got {labels[0]} alone")
    order = np.argsort(-values)
    ordered = values[order]
    # Equal scores fall below a threshold together: only the last of each run is a point of the curve.
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    true_positives = np.cumsum(is_positive[order])[ends]
    return ends + 1 - true_positives, true_positives, ordered[ends]
