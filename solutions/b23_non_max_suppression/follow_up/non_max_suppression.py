"""From a detector's boxes to its average precision, with soft suppression: the reference of the follow-up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def non_max_suppression(
    boxes: npt.ArrayLike, scores: npt.ArrayLike, iou_threshold: float = 0.5
) -> npt.NDArray[np.intp]:
    """Return the indices of the boxes that greedy suppression keeps, by falling score, shape (k,)."""
    corners, order = _ranked(boxes, scores, iou_threshold)
    overlaps = _iou(corners, corners) > iou_threshold
    dropped = np.zeros(len(order), dtype=bool)
    kept = []
    for i in order:
        if not dropped[i]:
            kept.append(i)
            dropped |= overlaps[i]
    return np.asarray(kept)


def soft_non_max_suppression(
    boxes: npt.ArrayLike,
    scores: npt.ArrayLike,
    method: str = "gaussian",
    sigma: float = 0.5,
    iou_threshold: float = 0.5,
    min_score: float = 0.001,
) -> tuple[npt.NDArray[np.intp], Float64Array]:
    """Return indices and decayed scores of the boxes that stay, by falling decayed score (Bodla et al., 2017)."""
    if method not in ("gaussian", "linear"):
        raise ValueError(f"method must be 'gaussian' or 'linear', got {method!r}")
    if not sigma > 0:
        raise ValueError(f"sigma must be above 0, got {sigma}")
    corners, _ = _ranked(boxes, scores, iou_threshold)
    left = np.array(scores, dtype=np.float64)
    if left.min() < 0:
        raise ValueError(f"scores must be at least 0, got {left.min()}")
    table = _iou(corners, corners)
    linear = np.where(table > iou_threshold, 1 - table, 1.0)
    decay = linear if method == "linear" else np.exp(-(table**2) / sigma)
    kept: list[int] = []
    decayed: list[float] = []
    for _ in range(len(left)):
        best = int(left.argmax())
        if left[best] < min_score:
            break
        kept.append(best)
        decayed.append(float(left[best]))
        left *= decay[best]
        left[kept] = -1.0  # taken: below any score
    return np.array(kept, dtype=np.intp), np.array(decayed)


def match_detections(
    boxes: npt.ArrayLike, scores: npt.ArrayLike, truths: npt.ArrayLike, iou_threshold: float = 0.5
) -> npt.NDArray[np.bool_]:
    """Return for each box, shape (n,), whether it takes a truth that no box of higher score has taken."""
    corners, order = _ranked(boxes, scores, iou_threshold)
    table = _iou(corners, _as_boxes(truths, "truths"))
    matches = np.zeros(len(order), dtype=bool)
    for i in order:
        best = table[i].argmax()
        if table[i, best] >= iou_threshold:
            matches[i] = True
            table[:, best] = -1.0  # taken: below any threshold
    return matches


def average_precision(scores: npt.ArrayLike, matches: npt.ArrayLike, n_truths: int) -> float:
    """Return the sum over the ranks of the gain in recall times the largest precision from there on."""
    right = np.asarray(matches, dtype=bool)
    order = _falling(scores, right.shape)
    if not max(1, right.sum()) <= n_truths:
        raise ValueError(f"n_truths must be at least 1 and the number of matches, {right.sum()}, got {n_truths}")
    right = right[order]
    precision = right.cumsum() / np.arange(1, len(right) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    return float(falling[right].sum() / n_truths)


def _ranked(
    boxes: npt.ArrayLike, scores: npt.ArrayLike, iou_threshold: float
) -> tuple[Float64Array, npt.NDArray[np.intp]]:
    """The checked boxes, and their indices by falling score."""
    if not 0 <= iou_threshold <= 1:
        raise ValueError(f"iou_threshold must be in 0 ... 1, got {iou_threshold}")
    corners = _as_boxes(boxes, "boxes")
    return corners, _falling(scores, corners.shape[:1])


def _falling(scores: npt.ArrayLike, shape: tuple[int, ...]) -> npt.NDArray[np.intp]:
    """Indices by falling score, for scores of a shape that must be `shape`, (n,) with n at least 1."""
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or values.shape != shape or len(values) == 0:
        raise ValueError(f"scores must have one entry for each detection, got shape {values.shape} for {shape}")
    return np.argsort(-values, kind="stable")


def _as_boxes(boxes: npt.ArrayLike, name: str) -> Float64Array:
    """The boxes as a float64 array; raises `ValueError` where they are none."""
    array = np.asarray(boxes, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != 4 or len(array) == 0:
        raise ValueError(f"{name} must have shape (n, 4), n at least 1, got shape {array.shape}")
    turned = (array[:, :2] > array[:, 2:]).any(axis=1)
    if turned.any():
        raise ValueError(f"{name} must have x1 <= x2 and y1 <= y2, got {array[turned][0].tolist()}")
    return array


def _iou(a: Float64Array, b: Float64Array) -> Float64Array:
    """Intersection over union of each box of `a`, (n, 4), with each of `b`, (m, 4): shape (n, m)."""
    sides = np.minimum(a[:, np.newaxis, 2:], b[:, 2:]) - np.maximum(a[:, np.newaxis, :2], b[:, :2])
    overlap = np.maximum(sides, 0.0).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (a, b)]
    union = areas[0][:, np.newaxis] + areas[1] - overlap
    return np.asarray(np.divide(overlap, union, out=np.zeros_like(union), where=union > 0))
