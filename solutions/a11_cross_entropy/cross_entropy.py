"""Cross-entropy from probabilities, and from logits: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def cross_entropy(y_true_onehot: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """Return the mean of -ln p of the true classes, for one-hot rows and probabilities of shape (N, C).

    Infinite when a true class has probability 0. Raises `ValueError` for wrong shapes and values out of range.
    """
    onehot, p = _table(y_true_onehot, "y_true_onehot"), _table(probabilities, "probabilities")
    if onehot.shape != p.shape:
        raise ValueError(f"y_true_onehot and probabilities must have the same shape, got {onehot.shape} and {p.shape}")
    is_true = onehot == 1
    if np.any(is_true.sum(axis=1) != 1) or np.any(onehot[~is_true] != 0):
        raise ValueError(f"y_true_onehot must have one 1 in each row, else 0, got {onehot}")
    if np.any((p < 0) | (p > 1)):
        raise ValueError(f"probabilities must be from 0 to 1, got values from {p.min()} to {p.max()}")
    # Picking the true classes leaves no 0 * log(0) to take care of. log(0) = -inf is what is asked for.
    with np.errstate(divide="ignore"):
        return float(-np.log(p[is_true]).mean())


def softmax_cross_entropy(logits: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[float, Float64Array]:
    """Return the cross-entropy of softmax of logits (N, C) for labels (N,) in [0, C), and its gradient (N, C).

    Raises `ValueError` for wrong shapes and labels out of range.
    """
    z = _table(logits, "logits")
    n, classes = z.shape
    rows, true = np.arange(n), _labels(labels, n, classes)
    # Softmax does not change when a row is shifted; with its largest logit at 0, the sum is from 1 to C.
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    gradient = np.exp(log_p)
    gradient[rows, true] -= 1.0
    return float(-log_p[rows, true].mean()), gradient / n


def _table(values: npt.ArrayLike, name: str) -> Float64Array:
    """`values` as a float64 array of shape (N, C), N and C at least 1."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{name} must have shape (N, C), no axis of length zero, got shape {array.shape}")
    return array


def _labels(values: npt.ArrayLike, n: int, classes: int) -> npt.NDArray[np.intp]:
    """`values` as integers, shape (n,), from 0 to classes - 1."""
    labels = np.asarray(values)
    if labels.shape != (n,):
        raise ValueError(f"labels must have shape ({n},), got shape {labels.shape}")
    if not np.all(np.isin(labels, np.arange(classes))):
        raise ValueError(f"labels must be whole numbers from 0 to {classes - 1}, got {labels}")
    return labels.astype(np.intp)
