"""One box of boxes_a at a time, against all of boxes_b: the loop that saves memory."""

import numpy as np


def check(boxes):
    boxes = np.asarray(boxes, dtype=np.float64)
    if boxes.ndim != 2 or boxes.shape[-1] != 4 or not len(boxes):
        raise ValueError(f"not boxes: shape {boxes.shape}")
    if (boxes[:, 2:] - boxes[:, :2]).min() < 0:
        raise ValueError("a box is turned")
    return boxes


def iou(boxes_a, boxes_b):
    a, b = check(boxes_a), check(boxes_b)
    x1, y1, x2, y2 = b.T.copy()
    areas = (x2 - x1) * (y2 - y1)
    result = np.zeros((len(a), len(b)))
    for row, (left, top, right, bottom) in zip(result, a.tolist(), strict=True):
        w = np.minimum(x2, right) - np.maximum(x1, left)
        h = np.minimum(y2, bottom) - np.maximum(y1, top)
        meet = (w > 0) & (h > 0)
        overlap = w[meet] * h[meet]
        row[meet] = overlap / ((right - left) * (bottom - top) + areas[meet] - overlap)
    return result
