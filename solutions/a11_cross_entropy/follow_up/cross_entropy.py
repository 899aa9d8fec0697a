"""Cross-entropy, with smoothed targets and ignored rows: the reference of the follow-up."""

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


def softmax_cross_entropy(
    logits: npt.ArrayLike, labels: npt.ArrayLike, label_smoothing: float = 0.0, ignore_index: int | None = None
) -> tuple[float, Float64Array]:
    """Return the cross-entropy of softmax of logits (N, C) for labels (N,) in [0, C), and its gradient (N, C).

    Targets are `(1 - label_smoothing) * onehot + label_smoothing / C` (Szegedy et al., 2016); rows labelled `ignore_index`
    take no part. Raises `ValueError` for wrong shapes, values out of range, and when all rows are ignored.
    """
    z, truth = _table(logits, "logits"), np.asarray(labels)
    if truth.shape != z.shape[:1]:
        raise ValueError(f"labels must have shape {z.shape[:1]}, got shape {truth.shape}")
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing must be from 0 to 1, got {label_smoothing}")
    kept = np.ones(len(z), dtype=bool) if ignore_index is None else truth != ignore_index
    if not kept.any():
        raise ValueError(f"labels must have one that is not ignore_index, got {ignore_index} only")
    gradient = np.zeros_like(z)
    # Only the kept rows are computed with: a mask by multiplication would let their NaN through.
    loss, gradient[kept] = _loss_of(z[kept], truth[kept], label_smoothing)
    return loss, gradient


def _loss_of(z: Float64Array, labels: npt.NDArray[np.generic], smoothing: float) -> tuple[float, Float64Array]:
    """Loss and gradient of rows that all count."""
    n, classes = z.shape
    if not np.all(np.isin(labels, np.arange(classes))):
        raise ValueError(f"labels must be whole numbers from 0 to {classes - 1}, or ignore_index, got {labels}")
    target = np.full(z.shape, smoothing / classes)
    target[np.arange(n), labels.astype(np.intp)] += 1.0 - smoothing
    # Softmax does not change when a row is shifted; with its largest logit at 0, the sum is from 1 to C.
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return float(-np.sum(target * log_p) / n), (np.exp(log_p) - target) / n


def _table(values: npt.ArrayLike, name: str) -> Float64Array:
    """`values` as a float64 array of shape (N, C), N and C at least 1."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{name} must have shape (N, C), no axis of length zero, got shape {array.shape}")
    return array
