"""Confusion matrix, precision, recall, F1 and accuracy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def confusion_matrix(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, labels: npt.ArrayLike | None = None
) -> npt.NDArray[np.int64]:
    """Count the pairs of true label (row) and predicted label (column).

    Args:
        y_true: true labels, shape (n,) with n >= 1, strings or numbers.
        y_pred: predicted labels, shape (n,).
        labels: the labels of rows and columns in this order, shape (C,) with C >= 1; by default the sorted labels
            that occur in either argument.

    Returns:
        Counts, an array of integers of shape (C, C).

    Raises:
        ValueError: an argument has a wrong shape or no elements, the lengths differ, a label is not among `labels`,
            or `labels` names one twice.
    """
    raise NotImplementedError


def calculate_metrics(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> dict[str, float]:
    """Return "precision", "recall", "f1_score" and "accuracy" of binary labels, 1 being the positive class.

    Args:
        y_true: true labels, 0 or 1, shape (n,) with n >= 1.
        y_pred: predicted labels, 0 or 1, shape (n,).

    Returns:
        The four metrics by name; a ratio whose denominator is 0 is 0.0.

    Raises:
        ValueError: an argument has a wrong shape or no elements, the lengths differ, or a label is neither 0 nor 1.
    """
    raise NotImplementedError


def accuracy_from_confusion(cm: npt.ArrayLike) -> float:
    """Return the share of samples on the diagonal of a confusion matrix.

    Args:
        cm: counts, shape (C, C) with C >= 1.

    Returns:
        The accuracy, a Python float.

    Raises:
        ValueError: `cm` is not square, has no elements, a negative count, or no counts but 0.
    """
    raise NotImplementedError
