"""Its own orthonormalisation, column by column and twice, and plain loops around it."""

import numpy as np


def gram_schmidt(Y):
    """Orthonormal vectors, as rows, with the span of the columns of Y."""
    Q = np.zeros(Y.T.shape)
    kept = 0
    for column in np.ascontiguousarray(Y.T):
        length = np.linalg.norm(column)
        if length == 0:
            continue
        v = column / length
        v = v - np.dot(np.dot(Q[:kept], v), Q[:kept])
        rest = np.linalg.norm(v)
        if rest > 1e-13:
            v = v / rest
            v = v - np.dot(np.dot(Q[:kept], v), Q[:kept])
            Q[kept] = v / np.linalg.norm(v)
            kept += 1
    return Q[:kept]


def fill_up(Q, size):
    """Unit vectors that are orthogonal to those of Q, until there are enough."""
    for j in range(Q.shape[1]):
        if len(Q) >= size:
            break
        v = np.zeros(Q.shape[1])
        v[j] = 1.0
        for _ in range(2):
            v = v - np.dot(np.dot(Q, v), Q)
        if np.linalg.norm(v) > 0.1 / np.sqrt(Q.shape[1]):
            Q = np.vstack([Q, v / np.linalg.norm(v)])
    return Q


def randomized_svd(X, k, n_oversamples=10, n_iterations=4, random_state=None):
    X = np.array(X, dtype=float)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"X must be a matrix, got {X.shape}")
    if not 0 < k <= min(X.shape):
        raise ValueError(f"k must be between 1 and {min(X.shape)}, got {k}")
    if n_oversamples < 0 or n_iterations < 0:
        raise ValueError("n_oversamples and n_iterations must not be negative")
    rng = np.random.default_rng(random_state)
    size = min(k + n_oversamples, X.shape[0], X.shape[1])
    omega = np.array([rng.normal(size=X.shape[1]) for _ in range(size)]).T
    Q = gram_schmidt(X @ omega)
    for _ in range(n_iterations):
        Z = gram_schmidt(X.T @ Q.T)
        Q = gram_schmidt(X @ Z.T)
    Q = fill_up(Q, k)
    U, s, Vt = np.linalg.svd(Q @ X, full_matrices=False)
    return np.dot(Q.T, U)[:, :k], s[:k], Vt[:k, :]


class RandomizedPCA:
    def __init__(self, n_components=2, random_state=None):
        self.n_components = n_components
        self.random_state = random_state
        self.components = None

    def fit(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or X.size == 0:
            raise ValueError(f"X must be a matrix, got {X.shape}")
        self.mean = np.mean(X, axis=0)
        X_centred = X - self.mean
        _, s, Vt = randomized_svd(X_centred, self.n_components, random_state=self.random_state)
        variance = np.sum(X_centred**2)
        self.explained_variance_ratio = s**2 / variance if variance > 0 else 0 * s
        self.components = Vt
        return self

    def transform(self, X):
        if self.components is None:
            raise RuntimeError("call fit first")
        X = np.array(X, dtype=float)
        if X.ndim != 2 or len(X) == 0 or X.shape[1] != len(self.mean):
            raise ValueError(f"expected {len(self.mean)} columns, got {X.shape}")
        return np.dot(X - self.mean, self.components.T)
