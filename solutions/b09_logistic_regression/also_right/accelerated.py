"""Labels as signs, loss log(1 + exp(-s z)), by Nesterov's accelerated gradient with a restart when the cost rises."""

import numpy as np


class LogisticRegression:
    def __init__(self, l2=1.0, max_iterations=1000, tolerance=1e-8):
        if not (l2 >= 0 and max_iterations >= 1 and tolerance >= 0):
            raise ValueError(f"out of range: l2={l2}, max_iterations={max_iterations}, tolerance={tolerance}")
        self.l2, self.max_iterations, self.tolerance = l2, max_iterations, tolerance

    def fit(self, X, y):
        X, y = np.asarray(X, float), np.asarray(y)
        if X.ndim != 2 or 0 in X.shape or y.shape != X.shape[:1]:
            raise ValueError(f"expected (n, d) and (n,), got {X.shape} and {y.shape}")
        classes = np.unique(y)
        if classes.size != 2:
            raise ValueError(f"two labels are needed, got {classes.size}")
        signs = np.where(y == classes[1], 1.0, -1.0)
        centre = X.mean(axis=0)  # the bias is free, so a shift of the features changes nothing else
        A = signs[:, None] * np.c_[X - centre, np.ones(len(X))]
        mask = np.r_[np.full(X.shape[1], self.l2), 0]

        def slope(theta):
            return -A.T @ np.exp(-np.logaddexp(0, A @ theta)) / len(A) + mask * theta

        rate = 1 / (np.linalg.norm(A, 2) ** 2 / 4 / len(A) + self.l2)
        theta = ahead = np.zeros(len(mask))
        momentum = 1.0
        for _ in range(self.max_iterations):
            g = slope(ahead)
            new = ahead - rate * g
            if np.max(np.abs(slope(new))) <= self.tolerance:
                theta = new
                break
            if g @ (new - theta) > 0:
                momentum = 1.0
            following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            ahead = new + (momentum - 1) / following * (new - theta)
            theta, momentum = new, following
        self.coefficients = theta[:-1], theta[-1] - theta[:-1] @ centre
        self.classes_ = classes
        return self

    weights = property(lambda self: self.coefficients[0])
    bias = property(lambda self: self.coefficients[1])

    def predict(self, X):
        is_second = self._scores(X) > 0
        return self.classes_[is_second.astype(int)]

    def predict_proba(self, X):
        z = self._scores(X)
        return np.exp(-np.logaddexp(0, np.stack([z, -z], axis=1)))

    def _scores(self, X):
        if not hasattr(self, "coefficients"):
            raise RuntimeError("not fitted")
        X = np.asarray(X, float)
        if X.ndim != 2 or not X.size or X.shape[1] != len(self.weights):
            raise ValueError(f"expected (q, {len(self.weights)}), got {X.shape}")
        return X @ self.weights + self.bias
