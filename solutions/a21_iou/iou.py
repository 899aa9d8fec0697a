"""Intersection over union of boxes: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def iou(boxes_a: npt.ArrayLike, boxes_b: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the intersection over union of each box of `boxes_a`, shape (n, 4), with each of `boxes_b`, (m, 4).

    Rows are (x1, y1, x2, y2). The table has shape (n, m), and 0 where the union has no area. Raises `ValueError` for
    other shapes, for no boxes and for turned ones.
    """
    ax1, ay1, ax2, ay2 = _as_boxes(boxes_a, "boxes_a").T[:, :, np.newaxis]
    bx1, by1, bx2, by2 = _as_boxes(boxes_b, "boxes_b").T[:, np.newaxis, :]
    # Each side is made 0 before the product: two negative ones would make a positive.
    width = np.maximum(np.minimum(ax2, bx2) - np.maximum(ax1, bx1), 0.0)
    height = np.maximum(np.minimum(ay2, by2) - np.maximum(ay1, by1), 0.0)
    overlap = width * height
    union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - overlap
    table = np.zeros(union.shape)
    np.divide(overlap, union, out=table, where=union > 0)
    return table


def _as_boxes(boxes: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    """The boxes as a float64 array; raises `ValueError` where they are none."""
    array = np.asarray(boxes, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != 4 or len(array) == 0:
        raise ValueError(f"{name} must have shape (n, 4), n at least 1, got shape {array.shape}")
    turned = (array[:, 0] > array[:, 2]) | (array[:, 1] > array[:, 3])
    if turned.any():
        raise ValueError(f"{name} must have x1 <= x2 and y1 <= y2, got {array[turned][0].tolist()}")
    return array
