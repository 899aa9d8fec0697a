"""Accelerated proximal gradient descent (FISTA) with restarts: all weights at once, a gradient step and then the threshold."""

import numpy as np


class ElasticNet:
    def __init__(self, alpha=1.0, l1_ratio=0.5, max_iterations=1000, tolerance=1e-8):
        if alpha < 0 or not 0 <= l1_ratio <= 1 or max_iterations < 1 or tolerance < 0:
            raise ValueError(f"a parameter is out of range: {alpha}, {l1_ratio}, {max_iterations}, {tolerance}")
        self.alpha, self.l1_ratio = alpha, l1_ratio
        self.max_iterations, self.tolerance = max_iterations, tolerance

    def fit(self, X, y, start=None):
        X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if X.ndim != 2 or 0 in X.shape or y.shape != X.shape[:1]:
            raise ValueError(f"expected (n, d) and (n,), got {X.shape} and {y.shape}")
        A, t = X - X.mean(axis=0), y - y.mean()
        l1 = self.alpha * self.l1_ratio
        gram = A.T @ A / len(A) + self.alpha * (1 - self.l1_ratio) * np.eye(A.shape[1])
        pulls = A.T @ t / len(A)
        steepest = np.linalg.eigvalsh(gram)[-1]
        w = np.zeros(len(gram))
        if start is not None:
            if np.shape(start) != w.shape:
                raise ValueError(f"start has shape {np.shape(start)}, expected {w.shape}")
            w = w + start
        ahead, momentum = w, 1.0
        self.n_iterations = 0
        while self.n_iterations < self.max_iterations and steepest > 0:
            self.n_iterations += 1
            free = ahead + (pulls - gram @ ahead) / steepest
            new = free - np.clip(free, -l1 / steepest, l1 / steepest)
            move, old_momentum = new - w, momentum
            momentum = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            if (ahead - new) @ move > 0:
                momentum, old_momentum = 1.0, 1.0
            ahead = new + (old_momentum - 1) / momentum * move
            w = new
            if np.abs(move).max() <= self.tolerance:
                break
        self.weights = w
        self.bias = y.mean() - X.mean(axis=0) @ w
        return self

    def predict(self, X):
        if not hasattr(self, "weights"):
            raise RuntimeError("fit comes first")
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or len(X) == 0 or X.shape[1] != len(self.weights):
            raise ValueError(f"expected (q, {len(self.weights)}), got {X.shape}")
        return X @ self.weights + self.bias


def elastic_net_path(X, y, l1_ratio=0.5, n_alphas=50, eps=1e-3, alphas=None, max_iterations=1000, tolerance=1e-8):
    if alphas is None:
        if n_alphas < 2 or not 0 < eps < 1 or not 0 < l1_ratio <= 1:
            raise ValueError(f"no path with n_alphas={n_alphas}, eps={eps}, l1_ratio={l1_ratio}")
        A, t = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if A.ndim != 2 or 0 in A.shape or t.shape != A.shape[:1]:
            raise ValueError(f"expected (n, d) and (n,), got {A.shape} and {t.shape}")
        top = max(abs(np.mean((column - column.mean()) * (t - t.mean()))) for column in A.T) / l1_ratio
        if top == 0:
            raise ValueError("the targets are constant, or all features are")
        alphas = top * eps ** (np.arange(n_alphas) / (n_alphas - 1))
    alphas = np.asarray(alphas, dtype=np.float64).copy()
    if alphas.ndim != 1 or len(alphas) == 0:
        raise ValueError(f"alphas must be a list of numbers, got shape {alphas.shape}")
    found = {}
    start = None
    for alpha in sorted(set(alphas.tolist()), reverse=True):
        model = ElasticNet(alpha, l1_ratio, max_iterations, tolerance).fit(X, y, start)
        start = model.weights
        found[alpha] = model
    models = [found[alpha] for alpha in alphas.tolist()]
    weights, biases = np.array([m.weights for m in models]), np.array([m.bias for m in models])
    return alphas, weights, biases, np.array([m.n_iterations for m in models])
