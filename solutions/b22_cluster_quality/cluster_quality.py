"""How good a clustering is, and how many clusters there are: the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Cluster = Callable[[npt.NDArray[np.float64], int], npt.ArrayLike]  # (rows, k) -> labels


def silhouette_samples(X: npt.ArrayLike, labels: npt.ArrayLike) -> Float64Array:
    """Return (b - a) / max(a, b) of each row of `X` (n, d), shape (n,) (Rousseeuw, 1987).

    0 where a row is alone in its cluster, or where a = b = 0. Raises `ValueError` for fewer than two clusters.
    """
    rows, codes = _matrix(X), _codes(labels, X)
    sizes = np.bincount(codes)
    if len(sizes) < 2:
        raise ValueError(f"labels must be of at least two clusters, got {len(sizes)}")
    # Sums of the distances of each row to each cluster, one cluster after the other: (n, number of clusters).
    sums = np.zeros((len(rows), len(sizes)))
    for row, code in zip(rows, codes, strict=True):
        sums[:, code] += np.linalg.norm(rows - row, axis=1)
    own = np.arange(len(rows)), codes
    neighbours = sizes[codes] - 1  # the row itself, at distance 0, does not count
    a = sums[own] / np.maximum(neighbours, 1)
    means = sums / sizes
    means[own] = np.inf
    b = means.min(axis=1)
    larger = np.maximum(a, b)
    silhouettes = np.zeros(len(rows))
    defined = (neighbours > 0) & (larger > 0)
    silhouettes[defined] = (b - a)[defined] / larger[defined]
    return silhouettes


def silhouette_score(X: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Return the mean silhouette of all rows."""
    return float(silhouette_samples(X, labels).mean())


def inertia(X: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Return the sum of squared distances of the rows to the mean of their cluster."""
    rows, codes = _matrix(X), _codes(labels, X)
    clusters = [rows[codes == code] for code in np.unique(codes)]
    return float(sum(((members - members.mean(axis=0)) ** 2).sum() for members in clusters))


def gap_statistic(
    X: npt.ArrayLike,
    cluster: Cluster,
    k_values: Sequence[int],
    n_references: int = 10,
    random_state: int | np.random.Generator | None = None,
) -> tuple[Float64Array, Float64Array]:
    """Return the gap and its standard error for each of `k_values` (Tibshirani, Walther and Hastie, 2001)."""
    rows = _matrix(X)
    if len(k_values) == 0 or min(k_values) < 1 or max(k_values) > len(rows):
        raise ValueError(f"k_values must be in 1..{len(rows)}, at least one, got {k_values}")
    if n_references < 1:
        raise ValueError(f"n_references must be at least 1, got {n_references}")
    rng = np.random.default_rng(random_state)
    references = rng.uniform(rows.min(axis=0), rows.max(axis=0), size=(n_references, *rows.shape))

    def log_inertia(data: Float64Array, k: int) -> float:
        return float(np.log(inertia(data, cluster(data, k))))

    logs = np.array([[log_inertia(reference, k) for reference in references] for k in k_values])
    gaps = logs.mean(axis=1) - [log_inertia(rows, k) for k in k_values]
    return gaps, logs.std(axis=1) * np.sqrt(1 + 1 / n_references)


def choose_k(k_values: Sequence[int], gaps: npt.ArrayLike, s: npt.ArrayLike) -> int:
    """Return the first k whose gap is at least the next gap minus the next s; the last k if there is none."""
    ks, gap, error = (np.asarray(values) for values in (k_values, gaps, s))
    if ks.ndim != 1 or ks.size == 0 or not ks.shape == gap.shape == error.shape:
        raise ValueError(
            f"k_values, gaps and s must have one length, got shapes {ks.shape}, {gap.shape}, {error.shape}"
        )
    if (ks[1:] <= ks[:-1]).any():
        raise ValueError(f"k_values must rise, got {k_values}")
    enough = np.append(gap[:-1] >= gap[1:] - error[1:], True)
    return int(ks[enough.argmax()])


def _matrix(X: npt.ArrayLike) -> Float64Array:
    """`X` as a float64 matrix."""
    matrix = np.asarray(X, dtype=np.float64)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {matrix.shape}")
    return matrix


def _codes(labels: npt.ArrayLike, X: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """The cluster of each row, numbered from 0."""
    array, n = np.asarray(labels), len(np.asarray(X))
    if array.shape != (n,):
        raise ValueError(f"labels must have shape ({n},), got shape {array.shape}")
    return np.unique(array, return_inverse=True)[1]
