"""A tree is a list of boxes with values, the trees hold the learning rate already, and residuals are kept for each leaf."""

import numpy as np


def split_all(X, y):
    """(feature, threshold) of the least sum of squares over all masks at once; None without a threshold."""
    questions, masks = [], []
    for j in range(X.shape[1]):
        values = np.unique(X[:, j])
        for threshold in values[:-1] + (values[1:] - values[:-1]) / 2:
            questions.append((j, threshold))
            masks.append(X[:, j] <= threshold)
    if not masks or np.ptp(y) == 0:
        return None
    left = np.array(masks, dtype=float)
    right = 1 - left
    total = y.sum()
    s = left @ y
    explained = s**2 / left.sum(axis=1) + (total - s) ** 2 / right.sum(axis=1)
    return questions[int(np.argmax(explained))]


class GradientBoostingRegressor:
    def __init__(self, n_estimators=100, learning_rate=0.1, max_depth=2):
        self.n_estimators, self.learning_rate, self.max_depth = n_estimators, learning_rate, max_depth
        self.boxes = None

    def fit(self, X, y):
        X, y = self._rows(X), np.asarray(y, dtype=float)
        if y.shape != X.shape[:1]:
            raise ValueError(f"one target for each of {len(X)} rows is needed, got shape {y.shape}")
        if self.n_estimators < 1 or self.max_depth < 1 or not 0 < self.learning_rate <= 1:
            raise ValueError("n_estimators >= 1, max_depth >= 1 and 0 < learning_rate <= 1 are needed")
        self.d, self.first, self.boxes = X.shape[1], np.mean(y), []
        residuals = y - self.first
        losses = [np.mean(np.square(residuals))]
        for _ in range(self.n_estimators):
            everywhere = (np.full(self.d, -np.inf), np.full(self.d, np.inf))
            tree = []
            for low, high, members in self._leaves(X, residuals, *everywhere, np.arange(len(X)), self.max_depth):
                step = self.learning_rate * residuals[members].mean()
                tree.append((low, high, step))
            for low, high, step in tree:
                residuals[self._inside(X, low, high)] -= step
            self.boxes.append(tree)
            losses.append(np.mean(np.square(residuals)))
        self.train_loss_ = np.array(losses)
        return self

    def _leaves(self, X, residuals, low, high, members, depth):
        question = split_all(X[members], residuals[members]) if depth else None
        if question is None:
            yield low, high, members
            return
        feature, threshold = question
        side = X[members, feature] <= threshold
        middle_high, middle_low = high.copy(), low.copy()
        middle_high[feature] = middle_low[feature] = threshold
        yield from self._leaves(X, residuals, low, middle_high, members[side], depth - 1)
        yield from self._leaves(X, residuals, middle_low, high, members[~side], depth - 1)

    def _inside(self, X, low, high):
        return np.all([low < X, high >= X], axis=(0, 2))

    def _rows(self, X):
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or X.size == 0:
            raise ValueError(f"X must have two axes of at least one element, got {X.shape}")
        return X

    def staged_predict(self, X):
        if self.boxes is None:
            raise RuntimeError("there was no fit")
        X = self._rows(X)
        if X.shape[1] != self.d:
            raise ValueError(f"X must have {self.d} columns, got {X.shape[1]}")
        stages = np.empty((len(self.boxes) + 1, len(X)))
        stages[0] = self.first
        for t, tree in enumerate(self.boxes, start=1):
            stages[t] = stages[t - 1]
            for low, high, step in tree:
                stages[t, self._inside(X, low, high)] += step
        return stages

    def predict(self, X):
        return self.staged_predict(X)[len(self.boxes)]
