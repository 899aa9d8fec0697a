"""With lists and counters, class by class."""

import numpy as np


def to_list(y):
    y = np.asarray(y)
    if y.ndim != 1 or len(y) == 0:
        raise ValueError("expected a non-empty one-dimensional array, got shape " + str(y.shape))
    return y.tolist()


def confusion_matrix(y_true, y_pred, labels=None):
    y_true, y_pred = to_list(y_true), to_list(y_pred)
    if len(y_true) != len(y_pred):
        raise ValueError("y_true and y_pred have different lengths")
    if labels is None:
        labels = sorted(set(y_true) | set(y_pred))
    else:
        labels = to_list(labels)
        if len(set(labels)) != len(labels):
            raise ValueError("a label occurs twice")
    cm = np.zeros((len(labels), len(labels)), dtype=int)
    for t, p in zip(y_true, y_pred, strict=True):
        if t not in labels or p not in labels:
            raise ValueError(f"label {t} or {p} is not in {labels}")
        cm[labels.index(t)][labels.index(p)] += 1
    return cm


def calculate_metrics(y_true, y_pred):
    y_true, y_pred = to_list(y_true), to_list(y_pred)
    if len(y_true) != len(y_pred):
        raise ValueError("y_true and y_pred have different lengths")
    tp = fp = fn = tn = 0
    for t, p in zip(y_true, y_pred, strict=True):
        if t not in (0, 1) or p not in (0, 1):
            raise ValueError("labels must be 0 or 1")
        if t == 1 and p == 1:
            tp += 1
        elif t == 0 and p == 1:
            fp += 1
        elif t == 1 and p == 0:
            fn += 1
        else:
            tn += 1
    precision = tp / (tp + fp) if tp + fp > 0 else 0.0
    recall = tp / (tp + fn) if tp + fn > 0 else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
    accuracy = (tp + tn) / (tp + tn + fp + fn)
    return {"precision": precision, "recall": recall, "f1_score": f1, "accuracy": accuracy}


def accuracy_from_confusion(cm):
    cm = np.asarray(cm).astype(float)
    if cm.ndim != 2 or cm.shape[0] != cm.shape[1] or len(cm) == 0:
        raise ValueError("cm must be a square matrix")
    correct = total = 0.0
    for i in range(len(cm)):
        for j in range(len(cm)):
            if cm[i][j] < 0:
                raise ValueError("negative count")
            total += cm[i][j]
            if i == j:
                correct += cm[i][j]
    if total == 0:
        raise ValueError("no samples")
    return correct / total


def averaged_metrics(y_true, y_pred, average="macro", labels=None):
    y_true, y_pred = to_list(y_true), to_list(y_pred)
    if len(y_true) != len(y_pred):
        raise ValueError("y_true and y_pred have different lengths")
    labels = sorted(set(y_true) | set(y_pred)) if labels is None else to_list(labels)
    if len(set(labels)) != len(labels):
        raise ValueError("a label occurs twice")
    per_class, support, sums = [], [], [0, 0, 0]
    for label in labels:
        tp = fp = fn = 0
        for t, p in zip(y_true, y_pred, strict=True):
            if t == label and p == label:
                tp += 1
            elif p == label:
                fp += 1
            elif t == label:
                fn += 1
        per_class.append(scores(tp, fp, fn))
        support.append(tp + fn)
        sums = [sums[0] + tp, sums[1] + fp, sums[2] + fn]
    if average == "micro":
        return scores(*sums)
    if average == "macro":
        weights = [1] * len(labels)
    elif average == "weighted":
        weights = support
    else:
        raise ValueError(f"unknown average {average}")
    result = {}
    for name in ("precision", "recall", "f1_score"):
        total = sum(weight * score[name] for weight, score in zip(weights, per_class, strict=True))
        result[name] = total / sum(weights) if sum(weights) else 0.0
    return result


def scores(tp, fp, fn):
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1_score": f1}
