"""Lists and loops, as in common repositories: pop the best box, filter the rest."""

from __future__ import annotations

import math

import numpy as np


def iou(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    intersection = width * height
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    return intersection / (area_a + area_b - intersection)


def check_boxes(boxes):
    boxes = np.array(boxes, dtype=float)
    if boxes.ndim != 2 or boxes.shape[0] == 0 or boxes.shape[1] != 4:
        raise ValueError(f"boxes must be rows of four numbers, got shape {boxes.shape}")
    for box in boxes:
        if box[0] > box[2] or box[1] > box[3]:
            raise ValueError(f"turned box: {box}")
    return boxes.tolist()


def check_scores(scores, n):
    scores = np.array(scores, dtype=float)
    if scores.shape != (n,) or n == 0:
        raise ValueError(f"there must be one score for each of {n} boxes, got shape {scores.shape}")
    return scores.tolist()


def check_threshold(threshold):
    if threshold < 0 or threshold > 1:
        raise ValueError("the threshold must be between 0 and 1")


def non_max_suppression(boxes, scores, iou_threshold=0.5):
    check_threshold(iou_threshold)
    boxes = check_boxes(boxes)
    scores = check_scores(scores, len(boxes))
    candidates = sorted(range(len(boxes)), key=lambda i: scores[i])
    keep = []
    while candidates:
        best = candidates.pop()
        keep.append(best)
        candidates = [i for i in candidates if iou(boxes[best], boxes[i]) <= iou_threshold]
    return np.array(keep)


def soft_non_max_suppression(boxes, scores, method="gaussian", sigma=0.5, iou_threshold=0.5, min_score=0.001):
    factors = {
        "gaussian": lambda overlap: math.exp(-(overlap**2) / sigma),
        "linear": lambda overlap: 1 - overlap if overlap > iou_threshold else 1,
    }
    if method not in factors:
        raise ValueError(f"no method {method}")
    if sigma <= 0:
        raise ValueError("sigma must be positive")
    check_threshold(iou_threshold)
    boxes = check_boxes(boxes)
    scores = check_scores(scores, len(boxes))
    if min(scores) < 0:
        raise ValueError("negative scores would rise")
    left = dict(enumerate(scores))
    keep = []
    while left:
        best = max(left, key=left.get)
        score = left.pop(best)
        if score < min_score:
            break
        keep.append((best, score))
        left = {i: s * factors[method](iou(boxes[best], boxes[i])) for i, s in left.items()}
    return np.array([i for i, _ in keep], dtype=int), np.array([s for _, s in keep], dtype=float)


def match_detections(boxes, scores, truths, iou_threshold=0.5):
    check_threshold(iou_threshold)
    boxes = check_boxes(boxes)
    scores = check_scores(scores, len(boxes))
    truths = check_boxes(truths)
    taken = set()
    result = [False] * len(boxes)
    for i in sorted(range(len(boxes)), key=lambda i: scores[i], reverse=True):
        best_iou, best_truth = -1.0, None
        for j, truth in enumerate(truths):
            if j in taken:
                continue
            overlap = iou(boxes[i], truth)
            if overlap > best_iou:
                best_iou, best_truth = overlap, j
        if best_truth is not None and best_iou >= iou_threshold:
            taken.add(best_truth)
            result[i] = True
    return np.array(result)


def average_precision(scores, matches, n_truths):
    matches = np.array(matches)
    if matches.ndim != 1:
        raise ValueError("matches must have one axis")
    matches = matches.tolist()
    scores = check_scores(scores, len(matches))
    if n_truths < 1 or n_truths < sum(matches):
        raise ValueError("n_truths must be at least 1 and at least the number of matches")
    ranking = sorted(zip(scores, matches, strict=True), key=lambda pair: -pair[0])
    precisions, recalls = [], []
    found = 0
    for rank, (_, match) in enumerate(ranking, start=1):
        if match:
            found += 1
        precisions.append(found / rank)
        recalls.append(found / n_truths)
    area, recall = 0.0, 0.0
    for i in range(len(ranking)):
        area += (recalls[i] - recall) * max(precisions[i:])
        recall = recalls[i]
    return area
