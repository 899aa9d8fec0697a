"""Corners at once: the last axis has x and y. NaN from 0/0 is replaced."""

import numpy as np


def area(corners_from, corners_to):
    sides = (corners_to - corners_from).clip(min=0)
    return sides[..., 0] * sides[..., 1]


def iou(boxes_a, boxes_b):
    boxes_a = np.array(boxes_a, dtype=float)
    boxes_b = np.array(boxes_b, dtype=float)
    for boxes in (boxes_a, boxes_b):
        if boxes.ndim != 2 or boxes.shape[1] != 4 or boxes.shape[0] < 1:
            raise ValueError(f"expected boxes of shape (n, 4), got {boxes.shape}")
        if np.any(boxes[:, 0] > boxes[:, 2]) or np.any(boxes[:, 1] > boxes[:, 3]):
            raise ValueError("expected x1 <= x2 and y1 <= y2")
    left_top = np.maximum(boxes_a[:, None, :2], boxes_b[None, :, :2])
    right_bottom = np.minimum(boxes_a[:, None, 2:], boxes_b[None, :, 2:])
    inter = area(left_top, right_bottom)
    total = area(boxes_a[:, :2], boxes_a[:, 2:])[:, None] + area(boxes_b[:, :2], boxes_b[:, 2:])[None, :]
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(inter / (total - inter), nan=0.0)
