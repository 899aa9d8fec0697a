"""Intersection over union of boxes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def iou(boxes_a: npt.ArrayLike, boxes_b: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the intersection over union of each box of one set with each of another.

    Args:
        boxes_a: boxes, shape (n, 4) with n at least 1; rows (x1, y1, x2, y2) with x1 <= x2 and y1 <= y2.
        boxes_b: boxes, shape (m, 4) with m at least 1, of the same kind.

    Returns:
        The table, shape (n, m), float64, of values from 0 to 1; 0 where the union has no area.

    Raises:
        ValueError: a shape is wrong, there are no boxes, or a box is turned (x1 > x2 or y1 > y2).
    """
    raise NotImplementedError
