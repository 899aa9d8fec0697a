"""Average precision as in VOC's code, with sentinels around the curve; ranks by a reversed argsort."""

from __future__ import annotations

import numpy as np


def box_array(boxes):
    boxes = np.asarray(boxes).astype(np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not len(boxes):
        raise ValueError(f"expected shape (n, 4), got {boxes.shape}")
    if np.any(boxes[:, 0] > boxes[:, 2]) or np.any(boxes[:, 1] > boxes[:, 3]):
        raise ValueError("a box has x1 > x2 or y1 > y2")
    return boxes


def ranking(scores, n):
    scores = np.asarray(scores).astype(np.float64)
    if scores.shape != (n,) or n == 0:
        raise ValueError(f"expected {n} scores, at least one, got shape {scores.shape}")
    return np.argsort(scores)[::-1]


def threshold_of(value):
    if not (value >= 0.0 and value <= 1.0):
        raise ValueError(f"iou_threshold must be within [0, 1], got {value}")
    return value


def overlaps(box, others):
    x1 = np.maximum(box[0], others[:, 0])
    y1 = np.maximum(box[1], others[:, 1])
    x2 = np.minimum(box[2], others[:, 2])
    y2 = np.minimum(box[3], others[:, 3])
    inter = np.clip(x2 - x1, 0, None) * np.clip(y2 - y1, 0, None)
    union = (box[2] - box[0]) * (box[3] - box[1]) - inter
    union = union + (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    return np.where(inter > 0, inter / np.where(union > 0, union, 1.0), 0.0)


def non_max_suppression(boxes, scores, iou_threshold=0.5):
    threshold_of(iou_threshold)
    boxes = box_array(boxes)
    order = ranking(scores, len(boxes))
    keep = []
    while order.size > 0:
        i, rest = order[0], order[1:]
        keep.append(int(i))
        order = rest[overlaps(boxes[i], boxes[rest]) <= iou_threshold]
    return keep


def match_detections(boxes, scores, truths, iou_threshold=0.5):
    threshold_of(iou_threshold)
    boxes, truths = box_array(boxes), box_array(truths)
    free = list(range(len(truths)))
    found = []
    for i in ranking(scores, len(boxes)):
        if not free:
            break
        values = overlaps(boxes[i], truths[free])
        j = int(np.argmax(values))
        if values[j] >= iou_threshold:
            found.append(i)
            del free[j]
    return np.isin(np.arange(len(boxes)), found)


def average_precision(scores, matches, n_truths):
    matches = np.asarray(matches).astype(bool)
    if matches.ndim != 1:
        raise ValueError("matches must be one-dimensional")
    order = ranking(scores, len(matches))
    if n_truths < 1 or n_truths < np.count_nonzero(matches):
        raise ValueError("too few truths")
    tp = np.cumsum(matches[order])
    fp = np.cumsum(~matches[order])
    recall = np.concatenate(([0.0], tp / n_truths, [1.0]))
    precision = np.concatenate(([0.0], tp / (tp + fp), [0.0]))
    for i in range(len(precision) - 2, -1, -1):
        precision[i] = max(precision[i], precision[i + 1])
    steps = np.where(recall[1:] != recall[:-1])[0]
    return float(np.sum((recall[steps + 1] - recall[steps]) * precision[steps + 1]))
