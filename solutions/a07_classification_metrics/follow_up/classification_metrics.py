"""Confusion matrix, precision, recall, F1 and accuracy, and averages over classes: the reference of the follow-up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

AVERAGES = ("macro", "weighted", "micro")


def confusion_matrix(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, labels: npt.ArrayLike | None = None
) -> npt.NDArray[np.int64]:
    """Return how often each true label (row) was predicted as each label (column), integers of shape (C, C).

    `labels` gives the order of rows and columns; by default all that occur in either argument, sorted. Raises
    `ValueError` for wrong shapes, a label that is not among `labels`, and labels that are named twice.
    """
    truth, prediction = _paired(y_true, y_pred)
    names = _classes(truth, prediction, labels)
    place = {name: i for i, name in enumerate(names.tolist())}
    outside = {*truth.tolist(), *prediction.tolist()} - place.keys()
    if outside:
        raise ValueError(f"y_true and y_pred must be among {names.tolist()}, got {outside} as well")
    rows = [place[label] for label in truth.tolist()]
    columns = [place[label] for label in prediction.tolist()]
    matrix = np.zeros((names.size, names.size), dtype=np.int64)
    np.add.at(matrix, (rows, columns), 1)  # `matrix[rows, columns] += 1` would count a repeated pair once
    return matrix


def calculate_metrics(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> dict[str, float]:
    """Return precision, recall, F1 and accuracy of labels 0 and 1, with 1 as the positive class.

    A ratio whose denominator is 0 is 0.0. Raises `ValueError` for wrong shapes and for other labels.
    """
    truth, prediction = _paired(y_true, y_pred)
    for name, y in (("y_true", truth), ("y_pred", prediction)):
        if not np.isin(y, [0, 1]).all():
            raise ValueError(f"{name} must have labels 0 and 1 only, got {np.unique(y).tolist()}")
    true_positives = np.sum((truth == 1) & (prediction == 1))
    precision = _ratio(true_positives, np.sum(prediction == 1))
    recall = _ratio(true_positives, np.sum(truth == 1))
    return {
        "precision": precision,
        "recall": recall,
        "f1_score": _ratio(2 * precision * recall, precision + recall),
        "accuracy": float(np.mean(truth == prediction)),
    }


def accuracy_from_confusion(cm: npt.ArrayLike) -> float:
    """Return the sum of the diagonal over the sum of all counts of `cm`, shape (C, C).

    Raises `ValueError` unless `cm` is square, without negative counts, and has at least one sample.
    """
    counts = np.asarray(cm, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"cm must have shape (C, C), got shape {counts.shape}")
    if np.any(counts < 0) or not np.any(counts):
        raise ValueError(f"cm must have counts of at least 0, and not all of them 0, got {counts.tolist()}")
    return float(np.trace(counts) / np.sum(counts))


def averaged_metrics(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, average: str = "macro", labels: npt.ArrayLike | None = None
) -> dict[str, float]:
    """Return precision, recall and F1, averaged over the classes in `labels`, by default all that occur.

    `average` is "macro" (plain mean), "weighted" (by true samples) or "micro" (from summed counts). Samples with other
    labels count as errors of the classes. Raises `ValueError` for another average, wrong shapes and repeated labels.
    """
    if average not in AVERAGES:
        raise ValueError(f"average must be one of {AVERAGES}, got {average!r}")
    truth, prediction = _paired(y_true, y_pred)
    names = _classes(truth, prediction, labels)
    # one row per class: true positives, predicted and true samples
    counts = np.array(
        [[np.sum((truth == x) & (prediction == x)), *map(np.sum, (prediction == x, truth == x))] for x in names]
    )
    if average == "micro":
        counts = counts.sum(axis=0, keepdims=True)
    hits, predicted, true = counts.T
    weights = true if average == "weighted" else np.ones(len(counts))

    def mean(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> float:
        return _ratio(float(weights @ (part / np.maximum(whole, 1))), float(weights.sum()))

    return {
        "precision": mean(hits, predicted),
        "recall": mean(hits, true),
        "f1_score": mean(2 * hits, predicted + true),
    }


def _classes(truth: npt.NDArray[Any], prediction: npt.NDArray[Any], labels: npt.ArrayLike | None) -> npt.NDArray[Any]:
    """`labels`, or else all that occur, sorted; `ValueError` unless they are distinct, of shape (C,), C at least 1."""
    if labels is None:
        return np.unique(np.concatenate([truth, prediction]))
    names = np.asarray(labels)
    if names.ndim != 1 or names.size == 0:
        raise ValueError(f"labels must have shape (C,), C at least 1, got shape {names.shape}")
    if len(set(names.tolist())) < names.size:
        raise ValueError(f"labels must be distinct, got {names.tolist()}")
    return names


def _paired(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Both arguments as arrays of one shape (n,), n at least 1; `ValueError` otherwise."""
    truth, prediction = np.asarray(y_true), np.asarray(y_pred)
    if truth.ndim != 1 or truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(
            "y_true and y_pred must both have shape (n,), n at least 1, "
            f"got shapes {truth.shape} and {prediction.shape}"
        )
    return truth, prediction


def _ratio(part: float, whole: float) -> float:
    """`part / whole`, and 0.0 where `whole` is 0."""
    return float(part / whole) if whole else 0.0
