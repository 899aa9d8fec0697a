"""The generalized IoU in plain loops, beside a vectorised iou."""

import numpy as np


def boxes_of(boxes):
    boxes = np.array(boxes, dtype=float)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or boxes.shape[0] < 1:
        raise ValueError(f"expected boxes of shape (n, 4), got {boxes.shape}")
    if np.any(boxes[:, :2] > boxes[:, 2:]):
        raise ValueError("expected x1 <= x2 and y1 <= y2")
    return boxes


def area(corners_from, corners_to):
    sides = (corners_to - corners_from).clip(min=0)
    return sides[..., 0] * sides[..., 1]


def iou(boxes_a, boxes_b):
    a, b = boxes_of(boxes_a), boxes_of(boxes_b)
    inter = area(np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:]))
    union = area(a[:, :2], a[:, 2:])[:, None] + area(b[:, :2], b[:, 2:])[None, :] - inter
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(inter / union, nan=0.0)


def giou(boxes_a, boxes_b):
    a, b = boxes_of(boxes_a), boxes_of(boxes_b)
    result = iou(a, b)
    for i in range(len(a)):
        for j in range(len(b)):
            overlap = area(np.maximum(a[i, :2], b[j, :2]), np.minimum(a[i, 2:], b[j, 2:]))
            union = area(a[i, :2], a[i, 2:]) + area(b[j, :2], b[j, 2:]) - overlap
            c = area(np.minimum(a[i, :2], b[j, :2]), np.maximum(a[i, 2:], b[j, 2:]))
            if c > 0:
                result[i, j] -= 1 - union / c
    return result
