"""As people publish it: a regression tree class with nodes as dicts, loops, and a counter of bad rounds."""

import numpy as np


def squares(values):
    mean = sum(values) / len(values)
    return sum((v - mean) ** 2 for v in values)


class RegressionTree:
    def __init__(self, max_depth):
        self.max_depth = max_depth
        self.root = None

    def fit(self, X, y):
        self.root = self.grow(X, y, 0)

    def grow(self, X, y, depth):
        if depth == self.max_depth or len(y) < 2:
            return {"value": sum(y) / len(y)}
        best = None
        for feature in range(len(X[0])):
            values = sorted({row[feature] for row in X})
            for i in range(len(values) - 1):
                threshold = (values[i] + values[i + 1]) / 2
                left = [t for row, t in zip(X, y, strict=True) if row[feature] <= threshold]
                right = [t for row, t in zip(X, y, strict=True) if row[feature] > threshold]
                error = squares(left) + squares(right)
                if best is None or error < best[0]:
                    best = (error, feature, threshold)
        if best is None:
            return {"value": sum(y) / len(y)}
        _, feature, threshold = best
        left = [i for i, row in enumerate(X) if row[feature] <= threshold]
        right = [i for i, row in enumerate(X) if row[feature] > threshold]
        return {
            "feature": feature,
            "threshold": threshold,
            "left": self.grow([X[i] for i in left], [y[i] for i in left], depth + 1),
            "right": self.grow([X[i] for i in right], [y[i] for i in right], depth + 1),
        }

    def predict_one(self, row):
        node = self.root
        while "value" not in node:
            node = node["left"] if row[node["feature"]] <= node["threshold"] else node["right"]
        return node["value"]


class GradientBoostingRegressor:
    def __init__(self, n_estimators=100, learning_rate=0.1, max_depth=2):
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.trees = None

    def check(self, X, y):
        X, y = np.array(X, dtype=float), np.array(y, dtype=float)
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"X must have shape (n, d), got {X.shape}")
        if y.shape != (X.shape[0],):
            raise ValueError(f"y must have shape ({X.shape[0]},), got {y.shape}")
        return X, y

    def fit(self, X, y, X_val=None, y_val=None, patience=10):
        X, y = self.check(X, y)
        if (X_val is None) != (y_val is None) or patience < 1:
            raise ValueError("X_val and y_val belong together, and patience must be at least 1")
        if self.n_estimators < 1 or self.max_depth < 1:
            raise ValueError("n_estimators and max_depth must be at least 1")
        if self.learning_rate <= 0 or self.learning_rate > 1:
            raise ValueError("learning_rate must be in (0, 1]")
        if X_val is not None:
            X_val, y_val = self.check(X_val, y_val)
            if X_val.shape[1] != X.shape[1]:
                raise ValueError(f"X_val must have {X.shape[1]} columns, got {X_val.shape[1]}")
        self.d = X.shape[1]
        self.mean = y.mean()
        self.trees = []
        predictions = np.full(len(y), self.mean)
        self.train_loss_ = [float(np.mean((y - predictions) ** 2))]
        self.validation_loss_ = [] if X_val is None else [float(np.mean((y_val - self.predict(X_val)) ** 2))]
        best, bad_rounds = 0, 0
        rows = X.tolist()
        for _ in range(self.n_estimators):
            residuals = y - predictions
            tree = RegressionTree(self.max_depth)
            tree.fit(rows, residuals.tolist())
            predictions += self.learning_rate * np.array([tree.predict_one(row) for row in rows])
            self.trees.append(tree)
            self.train_loss_.append(float(np.mean((y - predictions) ** 2)))
            if X_val is not None:
                loss = float(np.mean((y_val - self.predict(X_val)) ** 2))
                if loss < min(self.validation_loss_):
                    best, bad_rounds = len(self.trees), 0
                else:
                    bad_rounds += 1
                self.validation_loss_.append(loss)
                if bad_rounds == patience:
                    break
        self.n_trees_ = len(self.trees) if X_val is None else best
        self.trees = self.trees[: self.n_trees_]
        self.train_loss_ = self.train_loss_[: self.n_trees_ + 1]
        return self

    def staged_predict(self, X):
        if self.trees is None:
            raise RuntimeError("call fit first")
        X = np.array(X, dtype=float)
        if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] != self.d:
            raise ValueError(f"X must have shape (q, {self.d}), got {X.shape}")
        predictions = np.full(len(X), self.mean)
        stages = [predictions.copy()]
        for tree in self.trees:
            predictions += self.learning_rate * np.array([tree.predict_one(row) for row in X.tolist()])
            stages.append(predictions.copy())
        return np.array(stages)

    def predict(self, X):
        return self.staged_predict(X)[-1]
