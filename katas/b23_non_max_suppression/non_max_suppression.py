"""From a detector's boxes to its average precision: suppression, matching, ranking."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def non_max_suppression(
    boxes: npt.ArrayLike, scores: npt.ArrayLike, iou_threshold: float = 0.5
) -> npt.NDArray[np.intp]:
    """Return the indices of the boxes that greedy suppression keeps, by falling score, shape (k,).

    Args:
        boxes: rows (x1, y1, x2, y2), shape (n, 4) with n at least 1.
        scores: how certain each box is, shape (n,).
        iou_threshold: a box goes if its IoU with a kept one of higher score is greater; from 0 to 1.

    Raises:
        ValueError: a shape, a turned box or the threshold is wrong.
    """
    raise NotImplementedError


def match_detections(
    boxes: npt.ArrayLike, scores: npt.ArrayLike, truths: npt.ArrayLike, iou_threshold: float = 0.5
) -> npt.NDArray[np.bool_]:
    """Return for each box whether it takes a truth, shape (n,), in the order of `boxes`; each truth is taken once.

    Args:
        boxes: rows (x1, y1, x2, y2), shape (n, 4) with n at least 1.
        scores: how certain each box is, shape (n,).
        truths: boxes of the objects, shape (m, 4) with m at least 1.
        iou_threshold: the least IoU of a match, from 0 to 1.

    Raises:
        ValueError: a shape, a turned box or the threshold is wrong.
    """
    raise NotImplementedError


def average_precision(scores: npt.ArrayLike, matches: npt.ArrayLike, n_truths: int) -> float:
    """Return the area under precision, made falling, against recall.

    Args:
        scores: how certain each detection is, shape (n,), n at least 1.
        matches: whether each one is right, shape (n,).
        n_truths: how many objects there are, at least 1 and at least the number of matches.

    Raises:
        ValueError: a shape is wrong, or n_truths out of range.
    """
    raise NotImplementedError
