"""The sample is a count for each row, trees are arrays grown with a stack, and features are the first of a shuffled list."""

import numpy as np


class RandomForest:
    def __init__(self, n_trees=50, max_depth=None, max_features="sqrt", random_state=None):
        if n_trees < 1 or (max_depth is not None and max_depth < 0):
            raise ValueError("n_trees must be at least 1 and max_depth at least 0")
        self.n_trees, self.max_depth, self.max_features = n_trees, max_depth, max_features
        self.random_state = random_state
        self.forest = []

    def fit(self, X, y):
        X, y = self._rows(X), np.asarray(y)
        n, d = X.shape
        if y.shape != (n,):
            raise ValueError(f"one label for each of {n} rows is needed, got shape {y.shape}")
        self.classes_, codes = np.unique(y, return_inverse=True)
        options = {"sqrt": max(1, int(np.sqrt(d))), None: d, **{m: m for m in range(1, d + 1)}}
        if self.max_features not in options:
            raise ValueError(f"max_features must be one of {list(options)}, got {self.max_features!r}")
        m = options[self.max_features]
        rng = np.random.default_rng(self.random_state)
        self.d, self.forest, samples = d, [], []
        total = np.zeros((n, len(self.classes_)))
        for _ in range(self.n_trees):
            sample = np.sort(np.floor(rng.random(n) * n).astype(int))
            samples.append(sample)
            counts = np.bincount(sample, minlength=n)
            tree = self._grow(X, codes, counts, m, rng)
            self.forest.append(tree)
            total += (counts == 0)[:, None] * self._leaves(tree, X)
        self.bootstrap_indices_ = np.array(samples)
        tested = total.sum(axis=1) > 0
        right = np.argmax(total, axis=1)[tested] == codes[tested]
        self.oob_score_ = float(right.sum() / len(right)) if len(right) else float("nan")
        return self

    def _grow(self, X, codes, counts, m, rng):
        weights = np.zeros((len(X), len(self.classes_)))
        weights[np.arange(len(X)), codes] = counts
        features, thresholds, children, shares = [-1], [0.0], [[0, 0]], [None]
        stack = [(0, np.flatnonzero(counts), 0)]
        while stack:
            node, rows, depth = stack.pop()
            inside = weights[rows].sum(axis=0)
            shares[node] = inside / inside.sum()
            found = None
            if (self.max_depth is None or depth < self.max_depth) and np.count_nonzero(inside) > 1:
                order = list(range(X.shape[1]))
                rng.shuffle(order)
                found = self._question(X, weights, rows, order[:m])
            if found is None:
                continue
            features[node], thresholds[node] = found
            side = X[rows, found[0]] <= found[1]
            children[node] = [len(features), len(features) + 1]
            for part in (rows[side], rows[~side]):
                stack.append((len(features), part, depth + 1))
                features.append(-1)
                thresholds.append(0.0)
                children.append([0, 0])
                shares.append(None)
        return np.array(features), np.array(thresholds), np.array(children), np.array(shares)

    def _question(self, X, weights, rows, features):
        best, least = None, self._impurity(weights[rows].sum(axis=0)) - 1e-9
        for feature in features:
            values = np.unique(X[rows, feature])
            for threshold in (values[1:] + values[:-1]) / 2:
                side = X[rows, feature] <= threshold
                left, right = weights[rows[side]].sum(axis=0), weights[rows[~side]].sum(axis=0)
                share = left.sum() / (left.sum() + right.sum())
                impurity = share * self._impurity(left) + (1 - share) * self._impurity(right)
                if impurity < least:
                    best, least = (feature, threshold), impurity
        return best

    def _impurity(self, counts):
        return 1 - np.sum((counts / counts.sum()) ** 2)

    def _leaves(self, tree, X):
        features, thresholds, children, shares = tree
        at = np.zeros(len(X), dtype=int)
        while (features[at] >= 0).any():
            asks = features[at] >= 0
            goes_right = X[np.arange(len(X)), features[at]] > thresholds[at]
            at = np.where(asks, children[at, goes_right.astype(int)], at)
        return shares[at]

    def _rows(self, X):
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or X.size == 0:
            raise ValueError(f"X must have two axes of at least one element, got {X.shape}")
        return X

    def predict_proba(self, X):
        if not self.forest:
            raise RuntimeError("there was no fit")
        X = self._rows(X)
        if X.shape[1] != self.d:
            raise ValueError(f"X must have {self.d} columns, got {X.shape[1]}")
        return sum(self._leaves(tree, X) for tree in self.forest) / self.n_trees

    def predict(self, X):
        shares = self.predict_proba(X)
        return self.classes_[np.argmax(shares, axis=1)]
