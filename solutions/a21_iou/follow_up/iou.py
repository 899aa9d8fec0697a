"""Intersection over union of boxes, plain and generalized: the reference of the follow-up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def iou(boxes_a: npt.ArrayLike, boxes_b: npt.ArrayLike) -> Array:
    """Return the intersection over union of each box of `boxes_a`, shape (n, 4), with each of `boxes_b`, (m, 4).

    Rows are (x1, y1, x2, y2). The table has shape (n, m), and 0 where the union has no area. Raises `ValueError` for
    other shapes, for no boxes and for turned ones.
    """
    overlap, union, _ = _areas(boxes_a, boxes_b)
    return _ratio(overlap, union)


def giou(boxes_a: npt.ArrayLike, boxes_b: npt.ArrayLike) -> Array:
    """Return the generalized IoU of each pair, shape (n, m): the IoU less the empty share of the enclosing box.

    0 where the enclosing box has no area. Raises what `iou` raises.
    """
    overlap, union, enclosing = _areas(boxes_a, boxes_b)
    return _ratio(overlap, union) - _ratio(enclosing - union, enclosing)


def _areas(boxes_a: npt.ArrayLike, boxes_b: npt.ArrayLike) -> tuple[Array, Array, Array]:
    """The areas of the overlap, of the union and of the enclosing box of each pair, each of shape (n, m)."""
    ax1, ay1, ax2, ay2 = _as_boxes(boxes_a, "boxes_a").T[:, :, np.newaxis]
    bx1, by1, bx2, by2 = _as_boxes(boxes_b, "boxes_b").T[:, np.newaxis, :]
    # Each side is made 0 before the product: two negative ones would make a positive.
    width = np.maximum(np.minimum(ax2, bx2) - np.maximum(ax1, bx1), 0.0)
    height = np.maximum(np.minimum(ay2, by2) - np.maximum(ay1, by1), 0.0)
    overlap = width * height
    union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - overlap
    enclosing = (np.maximum(ax2, bx2) - np.minimum(ax1, bx1)) * (np.maximum(ay2, by2) - np.minimum(ay1, by1))
    return overlap, union, enclosing


def _ratio(part: Array, whole: Array) -> Array:
    """`part / whole`, and 0 where the whole is 0."""
    table = np.zeros(whole.shape)
    np.divide(part, whole, out=table, where=whole > 0)
    return table


def _as_boxes(boxes: npt.ArrayLike, name: str) -> Array:
    """The boxes as a float64 array; raises `ValueError` where they are none."""
    array = np.asarray(boxes, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != 4 or len(array) == 0:
        raise ValueError(f"{name} must have shape (n, 4), n at least 1, got shape {array.shape}")
    turned = (array[:, 0] > array[:, 2]) | (array[:, 1] > array[:, 3])
    if turned.any():
        raise ValueError(f"{name} must have x1 <= x2 and y1 <= y2, got {array[turned][0].tolist()}")
    return array
