"""Suite of C02: each step of k-means against its definition, its start by statistics, its end as a fixed point."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import kmeans_fast as kata
import many_starts
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from harness.suite import check
from harness.suite.batch import beside, each
from harness.suite.check import Asked, Call, Mistakes, call
from harness.suite.speed import MemoryMeter, Racer
from harness.suite.strategies import Float64Array, seeds

FAR = 1e8
"""An offset at which the expanded square has no digits left for distances about 1."""
STARTS = 3000
"""How many seeds the statistics of the start are taken over."""
draw_starts = beside(many_starts.draw_starts)
first_costs = beside(many_starts.first_costs)
fit_in_four_ways = beside(many_starts.fit_in_four_ways)
answer = beside(many_starts.answer)
answers = beside(many_starts.answers)
answers_with_types = beside(many_starts.answers_with_types)
fit_anew = beside(many_starts.Fit)
fits = beside(many_starts.fits)
fits_by_seed = beside(many_starts.fits_by_seed)
labels_by_seed = beside(many_starts.labels_by_seed)


# --- oracles: the definitions, point by point -------------------------------------------------------------------------


def loop_assign(X: list[list[float]], centroids: list[list[float]]) -> list[int]:
    """The nearest centroid of each point, in plain Python."""
    labels = []
    for point in X:
        best, nearest = math.inf, 0
        for j, centroid in enumerate(centroids):
            distance = 0.0
            for a, b in zip(point, centroid, strict=True):
                distance += (a - b) * (a - b)
            if distance < best:
                best, nearest = distance, j
        labels.append(nearest)
    return labels


def loop_update(X: list[list[float]], labels: list[int], k: int) -> list[list[float]]:
    """The mean of each cluster, in plain Python; none may be empty."""
    sums = [[0.0] * len(X[0]) for _ in range(k)]
    counts = [0] * k
    for point, label in zip(X, labels, strict=True):
        counts[label] += 1
        row = sums[label]
        for i, value in enumerate(point):
            row[i] += value
    return [[value / count for value in row] for row, count in zip(sums, counts, strict=True)]


def squares(X: Any, centroids: Any) -> Float64Array:
    """The squared distances of rows and centroids, from differences."""
    return np.asarray(cdist(X, centroids, "sqeuclidean"))


def cost_of(X: Float64Array, centroids: Any, labels: Any) -> float:
    """The sum of squared distances to the centroids of the labels."""
    return float(np.sum((X - np.asarray(centroids)[np.asarray(labels)]) ** 2))


def means_of(X: Float64Array, labels: Any, k: int, *, empty: str = "farthest", before: Any = None) -> Float64Array:
    """`update_centroids` by its definition; other values of `empty` are what people do instead."""
    labels = np.asarray(labels)
    counts = np.bincount(labels, minlength=k)
    sums = [np.bincount(labels, column, minlength=k) for column in X.T]
    result = np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None]
    missing = np.flatnonzero(counts == 0).tolist()
    if not missing:
        return result
    own = np.sum((X - result[labels]) ** 2, axis=1)
    from_mean = np.sum((X - X.mean(axis=0)) ** 2, axis=1)
    order = np.argsort(-own, kind="stable")
    fills: dict[str, Callable[[int, int], Any]] = {
        "farthest": lambda i, _: X[order[i]],
        "same": lambda _i, _j: X[order[0]],
        "turned": lambda i, _: X[order[len(missing) - 1 - i]],
        "nearest": lambda i, _: X[order[-1 - i]],
        "from the mean of all": lambda i, _: X[np.argsort(-from_mean, kind="stable")[i]],
        "zero": lambda _i, _j: np.zeros(X.shape[1]),
        "nan": lambda _i, _j: np.full(X.shape[1], np.nan),
        "mean": lambda _i, _j: X.mean(axis=0),
        "first": lambda i, _: X[i],
        "one": lambda i, j: before[j] if i else X[order[0]],
        "distinct": lambda i, _: X[order[np.sort(np.unique(X[order], axis=0, return_index=True)[1])[i]]],
    }
    for i, j in enumerate(missing):
        result[j] = fills[empty](i, j)
    return result


def without(X: Float64Array, labels: Any, k: int) -> Float64Array:
    """The means when points given to empty clusters are taken out of their old ones."""
    labels = np.array(labels)
    own = np.sum((X - means_of(X, labels, k)[labels]) ** 2, axis=1)
    for i, j in enumerate([j for j in range(k) if not np.any(labels == j)]):
        labels[np.argsort(-own, kind="stable")[i]] = j
    return means_of(X, labels, k)


Enough = Callable[[float, float, float], bool]
"""Whether to stop, from the costs of the start, before the iteration and after it."""


class Lloyd:
    """What `fit` does from `start`, by its definition, as far as somebody asks for it."""

    def __init__(self, X: Float64Array, start: Any, k: int, empty: str) -> None:
        self._X = X
        self._k = k
        self._empty = empty
        self._centroids: list[Any] = []
        self._costs: list[float] = []
        self.empty: list[int] = []
        """How many clusters have no points, at the start and after each iteration."""
        self.taken: list[Float64Array] = []
        """The rows that empty clusters took in each iteration."""
        self._label(start)

    def _label(self, centroids: Any) -> None:
        distances = squares(self._X, centroids)
        self._centroids.append(centroids)
        self._labels = distances.argmin(axis=1)
        self._costs.append(float(distances.min(axis=1).sum()))
        self.empty.append(self._k - len(set(self._labels.tolist())))

    def history(self, max_iterations: int, enough: Enough) -> list[float]:
        """The cost_history when `fit` stops at `max_iterations` or when it is `enough`, but not with an empty cluster."""
        for i in itertools.count(1):
            self.centroids_after(i)
            before, now = self._costs[i - 1 : i + 1]
            if (i >= max_iterations or enough(self._costs[0], before, now)) and (not self.empty[i] or now >= before):
                break
        return self._costs[: i + 1]

    def centroids_after(self, iterations: int) -> Any:
        """The centroids after so many iterations."""
        while len(self._costs) <= iterations:
            centroids = means_of(self._X, self._labels, self._k, empty=self._empty, before=self._centroids[-1])
            self.taken.append(centroids[np.setdiff1d(np.arange(self._k), self._labels)])
            self._label(centroids)
        return self._centroids[iterations]


@functools.lru_cache(maxsize=512)
def lloyd_from(start: bytes, X: bytes, k: int, empty: str = "farthest") -> Lloyd:
    """The same for arrays given as bytes: many seeds draw the same start."""
    rows = np.frombuffer(start).reshape(k, -1)
    return Lloyd(np.frombuffer(X).reshape(-1, rows.shape[1]), rows, k, empty)


def model(k: int = 3, **options: Any) -> Any:
    """An object of the subject's."""
    return kata.OptimizedKMeans(k=k, **options)


def made(k: int, method: str, *args: object, **options: object) -> Call:
    """The question in words."""
    settings = ", ".join([f"k={k}", *(f"{name}={value}" for name, value in options.items())])
    return call(f"OptimizedKMeans({settings}).{method}", *args)


def blobs(seed: int, n: int, d: int, k: int, *, spread: float = 1.0, apart: float = 10.0) -> Float64Array:
    """`n` points in `d` dimensions about `k` centres."""
    rng = np.random.default_rng(seed)
    centres = apart * rng.uniform(-1, 1, size=(k, d))
    return np.asarray(centres[rng.integers(k, size=n)] + spread * rng.normal(size=(n, d)))


# --- examples --------------------------------------------------------------------------------------------------------

LINE = np.array([[0.0], [1.0], [10.0], [11.0]])


@pytest.mark.example
def test_worked_example_of_fit() -> None:
    fitted = model(2, random_state=0).fit(LINE.tolist())
    asked = made(2, "fit", LINE.tolist(), random_state=0)
    check.close(np.sort(np.ravel(fitted.centroids)), [0.5, 10.5], asked="the centroids, sorted, of " + asked)
    check.close(
        fitted.inertia,
        1.0,
        asked="the inertia of " + asked,
        mistakes={
            "the mean of the squared distances: inertia is their sum": 0.25,
            "the sum of the distances: they are squared": 2.0,
            "the root of the sum": 1.0**0.5 / 2,
        },
    )


@pytest.mark.example
def test_worked_example_of_assigning() -> None:
    asked = made(2, "assign_points_to_clusters", [[1.0], [9.0]], [[10.0], [0.0]])
    check.equal(
        np.asarray(model(2).assign_points_to_clusters([[1.0], [9.0]], [[10.0], [0.0]])).tolist(),
        [1, 0],
        asked=asked,
        mistakes={"the farthest centroid, not the nearest": [0, 1]},
    )


@pytest.mark.example
def test_worked_example_of_updating() -> None:
    check_update(np.array([[0.0], [1.0], [10.0], [12.0]]), [1, 1, 0, 0], 2)


@pytest.mark.example
def test_worked_example_of_empty_clusters() -> None:
    check_update(np.array([[0.0], [1.0], [11.0]]), [0, 0, 0], 3)


# --- checks ------------------------------------------------------------------------------------------------------------


def check_update(X: Float64Array, labels: list[int], k: int, *, hint: str = "") -> None:
    """Hold the updated centroids to the definition."""
    __tracebackhide__ = True
    mistakes: Mistakes = {
        "NaN: an empty cluster has no mean, it takes the row farthest from the mean of its own cluster": (
            lambda: means_of(X, labels, k, empty="nan")
        ),
        "an empty cluster is left at the origin: it takes the row farthest from the mean of its own cluster": (
            lambda: means_of(X, labels, k, empty="zero")
        ),
        "an empty cluster takes the mean of all: it takes the row farthest from the mean of its own cluster": (
            lambda: means_of(X, labels, k, empty="mean")
        ),
        "several empty clusters take the same row: each takes another one": lambda: means_of(
            X, labels, k, empty="same"
        ),
        "an empty cluster takes the nearest row: it takes the farthest": lambda: means_of(
            X, labels, k, empty="nearest"
        ),
        "the first empty cluster takes the farthest row, the next one the next": lambda: means_of(
            X, labels, k, empty="turned"
        ),
        "farthest from the mean of all rows: from the mean of its own cluster is asked": (
            lambda: means_of(X, labels, k, empty="from the mean of all")
        ),
        "an empty cluster takes any row: it takes the farthest": lambda: means_of(X, labels, k, empty="first"),
        "the row of an empty cluster is taken out of the mean of its old one: the others stay those of all their points": (
            lambda: without(X, labels, k)
        ),
        "sums of the clusters: divide them by their sizes": lambda: np.array(
            [X[np.asarray(labels) == j].sum(axis=0) for j in range(k)]
        ),
        "medians: k-means takes means": lambda: np.array(
            [np.median(X[np.asarray(labels) == j], axis=0) for j in range(k)]
        ),
        "empty clusters are left out: there are always k rows": lambda: np.array(
            [X[np.asarray(labels) == j].mean(axis=0) for j in sorted(set(labels))]
        ),
        "the sums are divided by the number of all rows: divide each by the size of its cluster": lambda: np.array(
            [X[np.asarray(labels) == j].sum(axis=0) / len(X) for j in range(k)]
        ),
    }
    check.close(
        answer(k, {}, "update_centroids", X, labels),
        means_of(X, labels, k),
        asked=made(k, "update_centroids", X, labels),
        rtol=1e-11,
        atol=1e-11,
        mistakes=mistakes,
        hint=hint or "the mean of the rows of each label, in the order of the labels",
    )


def check_assign(X: Float64Array, centroids: Float64Array, *, what: str = "", hint: str = "") -> None:
    """Hold labels to the definition; no point may lie half-way between two centroids."""
    __tracebackhide__ = True
    got = answer(len(centroids), {}, "assign_points_to_clusters", X, centroids)
    check_integers(got, len(X), asked=what or made(len(centroids), "assign_points_to_clusters", X, centroids))
    exact = np.array(loop_assign(X.tolist(), centroids.tolist()))
    offset = X - X.mean(axis=0)
    check.equal(
        got,
        exact,
        asked=what or made(len(centroids), "assign_points_to_clusters", X, centroids),
        mistakes={
            "computed in float32, which has too few digits: convert to float64, and stay there": lambda: np.argmin(
                np.sum((X[:, None].astype(np.float32) - centroids.astype(np.float32)) ** 2, axis=2), axis=1
            ),
            "nearest by the sum of absolute differences: the distance is Euclidean": lambda: np.argmin(
                np.sum(np.abs(X[:, None] - centroids), axis=2), axis=1
            ),
            "nearest by the largest difference: the distance is Euclidean": lambda: np.argmin(
                np.max(np.abs(X[:, None] - centroids), axis=2), axis=1
            ),
            "the expanded square loses all digits far from the origin: move the origin to the mean of X first": lambda: (
                np.argmin(np.sum(X**2, axis=1)[:, None] - 2 * X @ centroids.T + np.sum(centroids**2, axis=1), axis=1)
            ),
            "the largest product, without |c|^2: a long centroid then wins": lambda: np.argmax(X @ centroids.T, axis=1),
            "-x.c in place of -2 x.c in the expanded square": lambda: np.argmin(
                np.sum(centroids**2, axis=1) - X @ centroids.T, axis=1
            ),
            "counted from 1": exact + 1,
            "the farthest centroid, not the nearest": lambda: np.argmax(
                np.sum((X[:, None] - centroids) ** 2, axis=2), axis=1
            ),
            "by the mean of the data: each point for itself": lambda: np.argmin(
                np.abs(offset.sum(axis=1)[:, None] - (centroids - X.mean(axis=0)).sum(axis=1)), axis=1
            ),
        },
        hint=hint or "the index of the centroid at the least Euclidean distance",
    )


def points_with_a_margin(seed: int, n: int, d: int, k: int) -> tuple[Float64Array, Float64Array]:
    """Points and centroids such that no point is nearly as near to a second centroid."""
    rng = np.random.default_rng(seed)
    centroids = rng.uniform(-5, 5, size=(k, d))
    X = rng.uniform(-6, 6, size=(6 * n + 20, d))
    distances = np.sort(np.sqrt(squares(X, centroids)), axis=1)
    clear = X if k == 1 else X[distances[:, 1] - distances[:, 0] > 0.05]
    return clear[:n] if len(clear) else centroids.copy(), centroids


def check_integers(got: object, n: int, *, asked: Asked) -> None:
    """Hold labels to be an integer array of shape (n,)."""
    __tracebackhide__ = True
    check.true(
        isinstance(got, np.ndarray) and got.shape == (n,) and got.dtype.kind in "iu",
        asked=asked,
        came=f"{got.dtype} of shape {got.shape}" if isinstance(got, np.ndarray) else type(got).__name__,
        expected=f"an array of integers of shape {(n,)}",
        mistake="labels are used as an index, and so they are an array of integers",
    )


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(seeds(), st.integers(1, 12), st.integers(1, 4), st.integers(1, 5))
def test_assigns_each_point_to_the_nearest_centroid(seed: int, n: int, d: int, k: int) -> None:
    check_assign(*points_with_a_margin(seed, n, d, k))


@pytest.mark.law
@given(seeds(), st.integers(1, 4), st.integers(2, 4), st.sampled_from([-FAR, 1e6, FAR]))
def test_assigning_does_not_depend_on_the_origin(seed: int, d: int, k: int, offset: float) -> None:
    X, centroids = points_with_a_margin(seed, 12, d, k)
    X, centroids = np.round(X * 64) / 64, np.round(centroids * 64) / 64  # exact, also after the move
    check_assign(
        X + offset,
        centroids + offset,
        what=f"assign_points_to_clusters of points and centroids about {offset:g}",
        hint="move the origin to the mean of X before anything is squared",
    )


@pytest.mark.law
@given(seeds(), st.integers(1, 5), st.integers(1, 3), st.integers(1, 4))
def test_points_one_by_one_get_the_same_labels_as_together(seed: int, n: int, d: int, k: int) -> None:
    X, centroids = points_with_a_margin(seed, n, d, k)
    parts = [X, *(row[None].copy() for row in X)]
    together, *apart = answers([(k, {}, "assign_points_to_clusters", part, centroids) for part in parts])
    check.equal(
        [int(np.asarray(label)[0]) for label in apart],
        np.asarray(together).tolist(),
        asked=made(k, "assign_points_to_clusters", X, centroids) + " row by row, against all at once",
        hint="the label of a point depends on that point and the centroids alone",
    )


@pytest.mark.law
@given(st.lists(st.integers(-8, 8), min_size=1, max_size=4), st.integers(1, 8), st.permutations([-1, 1, -1, 1]))
def test_a_tie_goes_to_the_lower_index(along: list[int], reach: int, sides: list[int]) -> None:
    # All points lie half-way between the two places of the centroids, each with its mirror image, so that all means are 0.
    X = np.array([[0.0, float(y)] for y in along + [-y for y in along]])
    centroids = np.array([[float(reach * side), 0.0] for side in sides])
    check.equal(
        np.asarray(answer(4, {}, "assign_points_to_clusters", X, centroids)),
        np.zeros(len(X), dtype=int),
        asked=made(4, "assign_points_to_clusters", X, centroids),
        mistakes={
            "the last of the nearest: of equally near centroids the one with the lower index is taken": [3] * len(X)
        },
        hint="all four centroids are equally near, and nothing needs rounding here: the lowest index wins",
    )


@pytest.mark.law
@given(seeds(), st.integers(1, 3), st.integers(1, 6))
def test_ties_among_small_whole_numbers_go_to_the_lower_index(seed: int, d: int, half: int) -> None:
    # Each row and each centroid has its mirror image, so that all means are 0; some centroids stand at the same place.
    rng = np.random.default_rng(seed)
    X, centroids = rng.integers(-3, 4, size=(8, d)), rng.integers(-3, 4, size=(half, d))
    X, centroids = np.vstack([X, -X]).astype(float), rng.permutation(np.vstack([centroids, -centroids])).astype(float)
    exact = loop_assign(X.tolist(), centroids.tolist())
    turned = loop_assign(X.tolist(), centroids[::-1].tolist())
    check.equal(
        np.asarray(answer(2 * half, {}, "assign_points_to_clusters", X, centroids)),
        exact,
        asked=made(2 * half, "assign_points_to_clusters", X, centroids),
        mistakes={
            "the last of the nearest: of equally near centroids the one with the lower index is taken": [
                2 * half - 1 - label for label in turned
            ]
        },
        hint="nothing needs rounding here: of equally near centroids the one with the lower index is taken, in whatever "
        "order they stand",
    )


@pytest.mark.law
def test_ties_go_to_the_lower_index_among_many_centroids_too() -> None:
    rng = np.random.default_rng(4)
    X, centroids = rng.integers(-9, 10, size=(200, 2)), rng.integers(-9, 10, size=(150, 2))
    X, centroids = np.vstack([X, -X]).astype(float), rng.permutation(np.vstack([centroids, -centroids])).astype(float)
    check.equal(
        np.asarray(answer(300, {}, "assign_points_to_clusters", X, centroids)),
        squares(X, centroids).argmin(axis=1),
        asked="assign_points_to_clusters of 400 points among small whole numbers, with 300 centroids, many of them equal",
        hint="of equally near centroids the one with the lower index is taken: where centroids are taken block by block, one "
        "of a later block must be nearer than all before",
    )


@pytest.mark.law
@pytest.mark.parametrize("gap", [2.0**-10, 2.0**-20, 2.0**-30])
@pytest.mark.parametrize("d", [1, 3])
def test_a_point_that_is_hardly_nearer_is_nearer(gap: float, d: int) -> None:
    X = np.zeros((4, d))
    X[:, -1] = [0.5 + gap, -0.5 - gap, 0.5 - gap, gap - 0.5]
    centroids = np.zeros((3, d))
    centroids[:, -1] = [0.0, 1.0, -1.0]
    mistakes: Mistakes = {
        "nearly equal distances are taken for equal, or float32 has too few digits for them": [0, 0, 0, 0]
    }
    check.equal(
        np.asarray(model(3).assign_points_to_clusters(X, centroids)),
        [1, 2, 0, 0],
        asked=made(3, "assign_points_to_clusters", X, centroids) + f" (0.5 ± {gap:g})",
        mistakes=mistakes,
        hint="float64 tells these distances apart: no tolerance, no rounding, no float32",
    )
    if d == 1:
        check_first_step(np.array([[0.0], [0.5 + gap], [1.0]]), [0.0, 1.0], [0.0, 0.75 + gap / 2])


def check_first_step(X: Float64Array, start: list[float], want: list[float]) -> None:
    """Hold the centroids after one iteration to `want`, for seeds that begin at `start`."""
    __tracebackhide__ = True
    for options, fitted in fit_each(X, len(start), range(24), max_iterations=1):
        if np.ravel(fitted.start).tolist() == start:
            check.close(
                np.ravel(fitted.centroids),
                want,
                asked="the centroids of " + made(len(start), "fit", X, **options) + f", from {start}",
                rtol=0,
                atol=1e-12,
                hint="fit labels rows as assign_points_to_clusters does: the nearest of float64 distances",
            )


TIED = np.array([[-4.0], [-2.0], [3.0], [9.0], [12.0], [12.0]])
"""From -4 and 3, the first update gives -3 and 9, and 3 lies half-way between them."""


@pytest.mark.law
def test_ties_go_to_the_lower_index_in_fit_too() -> None:
    low, high = ([-1.0, 11.0], [-3.0, 9.0]), ([9.0, -3.0], [11.0, -1.0])
    ends = {(-4.0, 3.0): low, (-4.0, 9.0): low, (3.0, -4.0): high, (9.0, -4.0): high}
    for options, fitted in fit_each(TIED, 2, range(200)):
        start = tuple(np.ravel(fitted.start).tolist())
        if start in ends:
            check.close(
                np.ravel(fitted.centroids),
                ends[start][0],
                asked="the centroids of " + made(2, "fit", TIED, **options) + f", from {list(start)}",
                mistakes={
                    "a tie goes to the higher index, or a row stays where it was: the lower index is taken": ends[
                        start
                    ][1]
                },
                hint="after the first update 3 is as near to -3 as to 9: it goes to the centroid with the lower index",
            )


@st.composite
def labelled(draw: st.DrawFn) -> tuple[Float64Array, list[int], int]:
    """Points with labels of which some may be unused; no two points are equally far from their means."""
    n, d, k = draw(st.integers(1, 8)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    X = np.random.default_rng(draw(seeds())).uniform(-10, 10, size=(n, d))
    labels = draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    if k - len(set(labels)) > n - len(set(labels)):  # not enough rows that are off their means to go round
        k = len(set(labels))
        labels = [sorted(set(labels)).index(label) for label in labels]
    own = np.sort(np.sum((X - means_of(X, labels, k)[labels]) ** 2, axis=1))
    if k > len(set(labels)) and np.any(np.diff(own) < 1e-6):
        labels = [i % k for i in range(n)] if n >= k else [0] * n
        k = max(labels) + 1
    return X, labels, k


@pytest.mark.law
@given(labelled())
def test_updates_to_the_means_and_fills_empty_clusters(problem: tuple[Float64Array, list[int], int]) -> None:
    check_update(*problem)


@pytest.mark.law
@pytest.mark.parametrize("offset", [FAR, -FAR])
def test_empty_clusters_take_the_farthest_rows_far_from_the_origin(offset: float) -> None:
    X = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 5.0], [8.0, 0.0], [10.0, 0.0], [8.0, 4.5]])
    labels = [1, 1, 1, 3, 3, 3]
    check.close(
        model(4).update_centroids(X + offset, labels),
        means_of(X, labels, 4) + offset,
        asked=made(4, "update_centroids", X, labels) + f", all moved by {offset:g}",
        rtol=0,
        atol=1e-5,
        hint="the farthest row by differences to the mean of its cluster, in float64: expanded squares lose all digits here",
    )


@pytest.mark.law
@pytest.mark.parametrize("k", [12, 300])
def test_many_empty_clusters_take_the_farthest_rows_in_turn(k: int) -> None:
    X = np.random.default_rng(k).normal(size=(5 * k, 2))
    check_update(
        X,
        [i % 5 for i in range(5 * k)],
        k,
        hint="the first empty cluster takes the farthest row, the next one the next: to find these rows is not enough (as "
        "np.argpartition does), they must be in order",
    )


@pytest.mark.law
def test_rows_that_are_equal_are_rows_of_their_own() -> None:
    X = np.array([[0.0], [0.0], [0.0], [1.0], [12.0], [12.0]])
    check_update(X, [0] * 6, 3, hint="both empty clusters take 12: the two farthest rows are equal, and still two rows")


@pytest.mark.law
def test_the_farthest_row_may_be_of_a_small_cluster() -> None:
    X = np.array([[0.0], [0.0], [6.0], *[[20.0]] * 6, [24.0]])
    check_update(
        X,
        [2, 2, 2, *[0] * 7],
        3,
        hint="6 is 4 from the mean of its cluster, and 24 is 3.43 from the mean of its own, however many rows that has",
    )


@pytest.mark.law
def test_a_cluster_of_two_gives_away_a_row_as_any_other() -> None:
    X, labels = np.array([[0.0], [100.0], [200.0], [201.0], [202.0], [209.0]]), [0, 0, 2, 2, 2, 2]
    got = np.asarray(model(3).update_centroids(X, labels))
    check.true(
        got.tolist() in [[[50.0], [row], [203.0]] for row in (0.0, 100.0)],
        asked=made(3, "update_centroids", X, labels),
        came=got,
        expected="[[50.0], [0.0], [203.0]], or 100.0 in the middle: both are 50 from their mean, and no other row is as far",
        mistake="rows of small clusters are passed over: the farthest row is taken, whatever the size of its cluster"
        if got.ravel()[1:2].tolist() == [209.0]
        else "",
        hint="an empty cluster takes the row that is farthest from the mean of its own cluster",
    )


@pytest.mark.law
def test_there_may_be_more_clusters_than_rows_to_update() -> None:
    X = np.array([[1.0, 2.0], [5.0, 6.0]])
    asked = made(3, "update_centroids", X, [2, 0])
    got = check.accepts(
        lambda: model(3).update_centroids(X, [2, 0]),
        asked=asked,
        because="only fit and initialize_centroids want k to be at most n",
    )
    check.float_array(got, (3, 2), asked=asked)
    check.close(np.asarray(got)[[0, 2]], X[::-1], asked="the first and last row of " + asked)
    check.true(
        np.asarray(got)[1].tolist() in X.tolist(),
        asked="the second row of " + asked,
        came=np.asarray(got)[1],
        expected="a row of X: the cluster is empty",
    )


@pytest.mark.law
@given(labelled(), seeds())
def test_the_order_of_the_rows_does_not_matter_for_the_means(
    problem: tuple[Float64Array, list[int], int], seed: int
) -> None:
    X, labels, k = problem
    order = np.random.default_rng(seed).permutation(len(X))
    check_update(X[order], [labels[i] for i in order], k)


@pytest.mark.law
@given(seeds(), st.integers(1, 5), st.integers(0, 20), st.integers(1, 3))
def test_centroids_start_as_distinct_rows(seed: int, k: int, more: int, d: int) -> None:
    X = np.random.default_rng(seed).normal(size=(k + more, d))
    X = np.vstack([X, X[: more // 2]])
    start = answer(k, {"random_state": seed}, "initialize_centroids", X)
    asked = made(k, "initialize_centroids", X, random_state=seed)
    check.float_array(start, (k, d), asked=asked)
    places = squares(start, X[: k + more]).argmin(axis=1).tolist()
    check.close(start, X[places], asked=asked, hint="each starting centroid is a row of X")
    check.true(
        len(set(places)) == k,
        asked=asked,
        came=start,
        expected=f"{k} different points",
        mistake="a point that is a centroid already is drawn again: its distance is 0, and so is its probability",
    )


@pytest.mark.law
@given(seeds(), st.integers(1, 5), st.integers(0, 30), st.integers(1, 3))
def test_fit_ends_with_labels_cost_and_history_that_agree(seed: int, k: int, more: int, d: int) -> None:
    X = blobs(seed, k + more, d, k, spread=2.0)
    check_fitted(X, k, random_state=seed)


@pytest.mark.law
@pytest.mark.parametrize("tolerance", [0.003, 0.03, 0.3, 0.4, 0.5])
def test_fit_stops_when_the_cost_falls_by_no_more_than_the_tolerance(tolerance: float) -> None:
    questions: list[tuple[Float64Array, int, dict[str, Any]]] = [
        (
            np.random.default_rng(seed).normal(size=(60, 2)),
            2 + seed % 5,
            {"random_state": seed, "tolerance": tolerance, "max_iterations": (300, 2)[seed % 8 == 7]},
        )
        for seed in range(40)
    ]
    for (X, k, options), fitted in zip(questions, one_by_one(fits(questions)), strict=True):
        check_attributes(fitted, X, k, **options)


@pytest.mark.law
@given(seeds(), st.integers(1, 4), st.integers(0, 30), st.integers(1, 3))
def test_without_tolerance_fit_goes_on_until_nothing_moves(seed: int, k: int, more: int, d: int) -> None:
    X = blobs(seed, k + more, d, k, spread=2.0)
    fitted = check_fitted(X, k, random_state=seed, tolerance=0.0)
    check.close(
        fitted.centroids,
        means_of(X, fitted.labels, k),
        asked="the centroids of " + made(k, "fit", X, random_state=seed, tolerance=0.0),
        rtol=1e-7,
        atol=1e-7,
        hint="with tolerance=0 it stops when the cost falls no more: then each centroid is the mean of its points",
    )


def fit_each(X: Float64Array, k: int, seeds: Sequence[int], **options: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Fit once for each seed: all options, and the attributes."""
    for seed, fitted in zip(seeds, one_by_one(fits_by_seed(X, k, seeds, options)), strict=True):
        yield {"random_state": seed} | options, fitted


def one_by_one(told: dict[str, Sequence[Any]]) -> Iterator[Any]:
    """Objects with the attributes that were told together."""
    for values in zip(*told.values(), strict=True):
        yield SimpleNamespace(**dict(zip(told, values, strict=True)))


def check_fitted(X: Float64Array, k: int, **options: Any) -> Any:
    """Fit, hold the attributes to each other, and return them."""
    __tracebackhide__ = True
    fitted = fit_anew(X, k, options)
    check_attributes(fitted, X, k, **options)
    return fitted


def check_attributes(fitted: Any, X: Float64Array, k: int, **options: Any) -> None:
    """Hold the attributes of a fitted object to each other."""
    __tracebackhide__ = True
    settings = {"tolerance": 1e-4, "max_iterations": 300} | options
    asked = made(k, "fit", X, **options)
    check.float_array(fitted.centroids, (k, X.shape[1]), asked="the centroids of " + asked)
    distances = squares(X, fitted.centroids)
    check_integers(fitted.labels, len(X), asked="the labels of " + asked)
    check.true(
        isinstance(fitted.n_iterations, int),
        asked="n_iterations of " + asked,
        came=f"{fitted.n_iterations!r}, a {type(fitted.n_iterations).__name__}",
        expected="a Python int",
        hint="n_iterations counts, so it is an int; len(cost_history) is one more",
    )
    labels = np.asarray(fitted.labels)
    check.close(
        distances[np.arange(len(X)), labels],
        distances.min(axis=1),
        asked="the squared distance of each row to the centroid of its label, for " + asked,
        rtol=1e-9,
        atol=1e-9,
        hint="labels and centroids belong together: after the last update the rows are labelled once more",
    )
    cost = cost_of(X, fitted.centroids, labels)
    close = partial(check.close, rtol=1e-9, atol=1e-9)
    close(
        fitted.inertia,
        cost,
        asked="the inertia of " + asked,
        mistakes={
            "the mean of the squared distances: inertia is their sum": cost / len(X),
            "the sum of the distances: they are squared": float(np.sqrt(distances.min(axis=1)).sum()),
            "the root of the sum": cost**0.5,
            "the inertia of the iteration before": (list(fitted.cost_history) or [0.0])[-2:][0],
        },
        hint="inertia belongs to the centroids and labels that are left in the object",
    )
    check_history(X, k, fitted, fitted.start, asked, **settings)
    close(
        fitted.cost_history[-1], cost, asked="the last number in the cost_history of " + asked, hint="it is the inertia"
    )


def check_history(
    X: Float64Array,
    k: int,
    fitted: Any,
    start: Any,
    asked: Asked,
    *,
    tolerance: float,
    max_iterations: int,
    **_: object,
) -> None:
    """Hold the cost_history of a fitted object to the definition, from `start` on."""
    __tracebackhide__ = True
    history = [float(value) for value in fitted.cost_history]
    check.true(
        len(history) == fitted.n_iterations + 1,
        asked="the cost_history of " + asked + f", with n_iterations = {fitted.n_iterations}",
        came=f"{len(history)} numbers",
        expected=f"{fitted.n_iterations + 1} numbers: the cost of the start, and one after each iteration",
        hint="the history begins with the cost of the starting centroids, before the first iteration",
    )
    begin = np.asarray(start, dtype=np.float64).tobytes(), X.tobytes(), k
    run = lloyd_from(*begin).history
    none = 1e-12 * run(1, lambda *_: True)[0]  # a fall that is rounding

    def enough(_: float, before: float, now: float) -> bool:
        return before - now <= tolerance * before + none

    want = run(max_iterations, enough)
    check.close(
        history[0],
        want[0],
        asked="the first number in the cost_history of " + asked,
        rtol=1e-7,
        atol=1e-7,
        mistakes={"the history begins after the first iteration: it begins with the cost of the start": want[1]},
        hint="fit starts from what initialize_centroids(X) gives, and the history with its cost; an int seed starts anew",
    )
    check.true(
        all(now <= before + 1e-9 * (want[0] + 1.0) for before, now in itertools.pairwise(history)),
        asked="the cost_history of " + asked,
        came=history,
        expected="numbers that never rise",
        mistake="a step that raises the cost: update to the means, label by the nearest, and measure after both",
    )
    # Where rounding alone decides whether the cost fell, a few more iterations that change nothing are right as well.
    is_clear = all(abs(a - b - tolerance * a) > 1e-9 * (want[0] + 1.0) for a, b in itertools.pairwise(want))
    rest = history[len(want) :]
    if not is_clear and len(rest) <= 3 and check.is_close(rest, [want[-1]] * len(rest), rtol=1e-7, atol=1e-7):
        history = history[: len(want)]
    check.close(
        history,
        want,
        asked="the cost_history of " + asked,
        rtol=1e-7,
        atol=1e-7,
        mistakes={
            "it stops when the cost falls no more, whatever the tolerance is": lambda: run(
                max_iterations, lambda _, before, now: before - now <= none
            ),
            "it goes on to max_iterations, although the cost falls no more": lambda: run(
                max_iterations, lambda *_: False
            ),
            "tolerance times the cost of the start: it is times the cost before the iteration": lambda: run(
                max_iterations, lambda first, before, now: before - now <= tolerance * first + none
            ),
            "tolerance times the cost after the iteration: it is times the cost before": lambda: run(
                max_iterations, lambda _, before, now: before - now <= tolerance * now + none
            ),
            "the tolerance is held against the fall itself: it is a fraction of the cost before": lambda: run(
                max_iterations, lambda _, before, now: before - now <= tolerance + none
            ),
            "of several empty clusters only one gets a row of its own in fit: each takes another one": (
                lambda: lloyd_from(*begin, "one").history(max_iterations, enough)
            ),
            "equal rows are passed over when fit fills empty clusters: equal rows are several rows": (
                lambda: lloyd_from(*begin, "distinct").history(max_iterations, enough)
            ),
            "one iteration too many": lambda: run(max_iterations + 1, lambda *_: False)[: len(want) + 1],
            "it stops too early": want[: len(history)] if len(history) < len(want) else math.nan,
        },
        hint="an iteration updates all centroids (an empty cluster takes the row farthest from the new mean of its own) and then "
        "the labels; stop after one in which the cost fell by no more than tolerance times the cost before it",
    )


@pytest.mark.law
@given(seeds(), st.integers(2, 5), st.integers(1, 2))
def test_there_are_k_clusters_when_there_are_k_distinct_points(seed: int, k: int, d: int) -> None:
    X = np.random.default_rng(seed).integers(0, 3, size=(12, d)).astype(float)
    distinct = len(np.unique(X, axis=0))
    fitted = answer(min(k, distinct), {"random_state": seed}, "fit", X)
    asked = made(min(k, distinct), "fit", X, random_state=seed)
    check.equal(
        len(set(np.asarray(fitted.labels).tolist())),
        min(k, distinct),
        asked="the number of clusters that have points in " + asked,
        hint="an empty cluster takes the farthest row, and fit does not stop while one is empty",
    )


PLACES = [[59, 63], [76, 13], [18, 82], [44, 63], [18, 83], [80, 23], [67, 19]]
EMPTYING = np.repeat(np.array(PLACES, dtype=float), [4, 12, 4, 3, 1, 12, 12], axis=0)
"""With k = 3, the first iteration leaves a cluster empty from every sixth start by k-means++; no ties, from any start."""


@pytest.mark.law
@pytest.mark.parametrize("max_iterations", [1, 300])
def test_a_cluster_that_loses_all_its_points_gets_one_again(max_iterations: int) -> None:
    for options, fitted in fit_each(EMPTYING, 3, range(150), max_iterations=max_iterations):
        check.equal(
            sorted(set(np.asarray(fitted.labels).tolist())),
            [0, 1, 2],
            asked="the labels in use after " + made(3, "fit", EMPTYING, **options),
            hint="a cluster may become empty on the way: fit does not stop then, even at max_iterations",
        )
        check_attributes(fitted, EMPTYING, 3, **options)


LATE = np.repeat(
    np.array([[83, 70], [28, 94], [64, 23], [76, 62], [36, 80], [36, 88], [102, 91]], dtype=float),
    [3, 3, 8, 4, 12, 12, 2],
    axis=0,
)
"""With k = 3, the second iteration leaves a cluster empty from one start in 25."""
CROWD = np.vstack(
    [
        (1 + 0.3 * i / 40) * (group - group.mean(axis=0)) + [1000.0 * (i % 7), 1000.0 * (i // 7)]
        for i, group in enumerate([EMPTYING] * 28 + [LATE] * 20)
    ]
)
"""Many of both, each a little larger than the one before. With k = 144, several clusters become empty at once from most starts,
from three starts in five some are empty after two iterations or more, and from every seventh no fewer than before."""


@pytest.mark.law
def test_several_clusters_that_become_empty_at_once_are_all_filled() -> None:
    seen: set[str] = set()
    for seed in range(60):
        ((options, fitted),) = fit_each(CROWD, 144, [seed], max_iterations=1)
        check.equal(
            len(set(np.asarray(fitted.labels).tolist())),
            144,
            asked="the number of labels in use after "
            + made(144, "fit", CROWD, **options)
            + ", where several clusters become empty at once",
            hint="fit goes on while a cluster is empty, however many iterations that takes, and whether or not there are "
            "fewer empty ones than before",
        )
        check_attributes(fitted, CROWD, 144, **options)
        begin = np.asarray(fitted.start, dtype=np.float64).tobytes(), CROWD.tobytes(), 144
        path = lloyd_from(*begin)
        check.close(
            fitted.centroids,
            path.centroids_after(fitted.n_iterations),
            asked="the centroids of " + made(144, "fit", CROWD, **options),
            atol=1e-9,
            mistakes={
                "in fit the last empty cluster takes the farthest row: the first one does": (
                    lambda: lloyd_from(*begin, "turned").centroids_after(fitted.n_iterations)  # noqa: B023 (called here)
                )
            },
            hint="fit fills empty clusters as update_centroids does: the first one takes the farthest row, the next one the next",
        )
        if fitted.n_iterations >= 3:
            seen.add("empty for long")
        if any(0 < before <= now for before, now in itertools.pairwise(path.empty)):
            seen.add("no fewer than before")
        for rows in path.taken:
            places = len(np.unique(rows, axis=0))
            seen |= {"rows that differ"} if places > 1 else set()
            seen |= {"equal rows"} if places < len(rows) else set()
        if len(seen) == 4:
            return


OUTLYING = np.repeat(
    np.array([[82, 89], [92, 27], [32, 94], [66, 35], [81, 31], [23, 64], [76, 79], [31, 96]], dtype=float),
    [12, 3, 4, 3, 12, 4, 4, 1],
    axis=0,
)
"""With k = 3, one start in 15 leaves a cluster empty where the row farthest from its own mean is not that farthest from all."""


@pytest.mark.law
def test_fit_fills_empty_clusters_as_update_centroids_does() -> None:
    for options, fitted in fit_each(OUTLYING, 3, range(120)):
        check_attributes(fitted, OUTLYING, 3, **options)


PLACED: dict[str, Float64Array] = {
    "far from the origin": EMPTYING / 64 + FAR,
    "in a very small unit": EMPTYING * 2.0**-30,
    "in five columns, the first all zero and the sum of each row zero": np.stack(
        [0 * EMPTYING[:, 0], EMPTYING[:, 0], -EMPTYING[:, 0], EMPTYING[:, 1], -EMPTYING[:, 1]], axis=1
    ),
}


@pytest.mark.law
@pytest.mark.parametrize("limit", [{"max_iterations": 1}, {"tolerance": 1.0}], ids=str)
@pytest.mark.parametrize("place", PLACED)
def test_no_cluster_stays_empty_wherever_the_points_lie(place: str, limit: dict[str, Any]) -> None:
    for seed, labels in enumerate(labels_by_seed(PLACED[place], 3, range(60), limit)):
        check.equal(
            sorted(set(np.asarray(labels).tolist())),
            [0, 1, 2],
            asked="the labels in use after "
            + made(3, "fit", PLACED[place], random_state=seed, **limit)
            + f", points {place}",
            hint="seven points are distinct (rows that differ in any column, by however little): fit does not stop while a "
            "cluster is empty, be it at max_iterations or at the tolerance",
        )


@pytest.mark.law
@given(seeds(), st.integers(1, 4), st.integers(1, 3))
def test_the_same_seed_gives_the_same_again(seed: int, k: int, d: int) -> None:
    X = np.random.default_rng(seed).normal(size=(20, d))
    asked = made(k, "fit", X, random_state=seed)
    hint = "each call of fit and of initialize_centroids makes its own generator from the int"
    (first, again, other), generators = fit_in_four_ways(X, k, seed)
    check.equal(again, first, asked=asked + ", twice on one object", hint=hint)
    check.equal(other, first, asked=asked + ", on two objects", hint=hint)
    check.equal(
        generators[0],
        generators[1],
        asked=made(k, "fit", X) + " with generators in the same state",
        hint="a Generator is used as it is",
    )


# --- the start, by statistics ---------------------------------------------------------------------------------------

AXIS = np.array([[0.0], [1.0], [4.0]])
"""Squared distances: 0-1: 1, 0-4: 16, 1-4: 9."""


def shares(first: int, weights: Callable[[Float64Array], Float64Array]) -> Float64Array:
    """How likely each row is to be the second centroid after `first`, if drawn by `weights` of the distances."""
    weighed = weights(np.abs(AXIS - AXIS[first]).ravel())
    return np.asarray(weighed / weighed.sum())


def greedy(first: int) -> Float64Array:
    """The same when the better of two candidates is taken."""
    plain = shares(first, np.square)
    left = [float(np.minimum(np.square(AXIS - AXIS[first]), np.square(AXIS - AXIS[j])).sum()) for j in range(3)]
    result = np.zeros(3)
    for i, p in enumerate(plain):
        for j, q in enumerate(plain):
            result[i if left[i] <= left[j] else j] += p * q
    return result


@pytest.mark.law
def test_the_start_is_drawn_by_squared_distances() -> None:
    starts = draw_starts(AXIS, 2, 2007, STARTS).reshape(STARTS, 2)
    firsts_and_seconds = np.abs(starts[:, :, None] - AXIS.ravel()).argmin(axis=2)
    counts = np.zeros((3, 3))
    np.add.at(counts, tuple(firsts_and_seconds.T), 1)
    firsts = counts.sum(axis=1) / STARTS
    asked = f"the first of the starting centroids of {AXIS.ravel().tolist()}, over {STARTS} draws"
    check.close(firsts, np.full(3, 1 / 3), asked=asked, rtol=0, atol=0.06, hint="all rows are equally likely")
    for first in range(3):
        check.close(
            counts[first] / max(counts[first].sum(), 1),
            shares(first, np.square),
            asked=f"how often each of {AXIS.ravel().tolist()} is second, when the first is {AXIS[first, 0]:g}",
            rtol=0,
            atol=6 * float(np.sqrt(np.prod(np.delete(shares(first, np.square), first)) / max(counts[first].sum(), 1))),
            mistakes=recognisable(first, counts[first] / max(counts[first].sum(), 1)),
            hint="the probability is the squared distance to the nearest centroid so far, divided by the sum of these",
        )


def recognisable(first: int, came: Float64Array) -> Mistakes:
    """The mistake whose shares are those that came, as a value that equals it; statistics are never exact."""
    others = np.full(3, 0.5)
    others[first] = 0.0
    farthest = np.eye(3)[np.argmax(np.abs(AXIS - AXIS[first]).ravel())]
    guesses = {
        "all other rows are equally likely: k-means++ draws far ones more often": others,
        "all rows are equally likely, the first one again too": np.full(3, 1 / 3),
        "drawn by the distance: it is the squared distance": shares(first, np.abs),
        "always the farthest row: it is drawn, by squared distances": farthest,
        "the better of several candidates is taken: one draw a centroid": greedy(first),
        "drawn by the fourth power: the distances are squared twice": shares(first, lambda x: x**4),
    }
    near = {name: float(np.max(np.abs(guess - came))) for name, guess in guesses.items()}
    best = min(near, key=lambda name: near[name])
    return {best: came} if near[best] < 0.05 else {}


@pytest.mark.law
def test_the_third_centroid_keeps_away_from_both_before() -> None:
    X = np.array([[0.0], [100.0], [101.0], [200.0]])
    starts = draw_starts(X, 3, 1, 600)
    together = sum({100.0, 101.0} <= set(np.ravel(start).tolist()) for start in starts)
    check.true(
        together < 30,
        asked=f"starting centroids of {X.ravel().tolist()} for k = 3, 600 times",
        came=f"both 100 and 101 were among them {together} times",
        expected="hardly ever: when 100 is a centroid, 101 is 1 from it, and others are 100",
        mistake="distances are taken to the last centroid, or to the first, or added up: to the nearest so far is asked",
    )


@pytest.mark.law
def test_equal_rows_are_each_as_likely_as_others() -> None:
    X = np.array([[0.0]] * 8 + [[1.0], [3.0]])
    starts = draw_starts(X, 2, 11, 800).reshape(800, 2)
    firsts = int(np.sum(starts[:, 0] == 0))
    seconds = int(np.sum((starts[:, 0] == 1) & (starts[:, 1] == 0)))
    ones = int(np.sum(starts[:, 0] == 1))
    mistake = "equal rows are drawn as if they were one: each row of X counts, equal to others or not"
    check.true(
        560 < firsts < 720,  # of which a right draw misses either by 7 standard deviations
        asked=f"the first of the starting centroids of {X.ravel().tolist()} for k = 2, 800 times",
        came=f"0 was first {firsts} times",
        expected="about 640 times: eight of ten rows are 0",
        mistake=mistake,
    )
    check.true(
        abs(seconds - ones * 2 / 3) < 6 * math.sqrt(ones * 2 / 9),
        asked=f"the second of the starting centroids of {X.ravel().tolist()} for k = 2, where 1 was the first",
        came=f"0 was second {seconds} times of {ones}",
        expected="about two times of three: eight rows at a squared distance of 1 against one at 4",
        mistake=mistake,
    )


TUPLES = 1500
"""How many starts of three or four centroids are drawn."""
PLANE = np.array([[0.0, 0.0], [5.0, 5.0], [7.0, 0.0], [-2.0, -2.0]])


def chances(k: int, measure: Callable[[Float64Array], Float64Array], trials: int = 1) -> dict[tuple[int, ...], float]:
    """How likely each sequence of rows of PLANE is as the start, drawn by `measure` of the nearest difference."""
    table = measure(PLANE[:, None] - PLANE)
    chance: dict[tuple[int, ...], float] = {(i,): 0.25 for i in range(4)}
    for size in range(1, k):
        longer: dict[tuple[int, ...], float] = {}
        for rows, p in chance.items():
            near = table[:, rows].min(axis=1)
            for pick in itertools.product(np.flatnonzero(near), repeat=trials if size == k - 1 else 1):
                best = min(pick, key=lambda row: float(np.minimum(near, table[:, row]).sum()))
                sequence = (*rows, int(best))
                share = float(np.prod(near[list(pick)] / near.sum()))
                longer[sequence] = longer.get(sequence, 0.0) + p * share
        chance = longer
    return chance


@pytest.mark.law
@pytest.mark.parametrize("k", [3, 4])
def test_each_sequence_of_starting_rows_is_as_likely_as_k_means_plus_plus_makes_it(k: int) -> None:
    counts: dict[tuple[int, ...], float] = {}
    starts = draw_starts(PLANE, k, 1, TUPLES)
    for sequence in np.argmin(np.sum((starts[:, :, None] - PLANE) ** 2, axis=3), axis=2).tolist():
        rows = tuple(sequence)
        counts[rows] = counts.get(rows, 0.0) + 1 / TUPLES
    want = chances(k, lambda x: np.sum(x**2, axis=2))
    rare = [rows for rows in want if want[rows] * TUPLES < 8]
    groups = [rare, *([rows] for rows in want if rows not in rare)] if rare else [[rows] for rows in want]
    expected = np.array([sum(want[rows] for rows in group) for group in groups])
    came = np.array([sum(counts.get(rows, 0.0) for rows in group) for group in groups])
    is_right = (
        float(np.sum((came - expected) ** 2 / expected)) * TUPLES < 90
    )  # chi-square, 23 degrees of freedom at most
    check.true(
        is_right,
        asked=f"how often each sequence of {k} rows is the start of {PLANE.tolist()}, over {TUPLES} draws",
        came=came,
        expected=check.show(expected),
        mistake="" if is_right else likeliest(k, counts),
        hint="the first row is any, alike; each further one is drawn by the squared distance to the nearest so far, with a "
        "k as large as n, too",
    )


def likeliest(k: int, counts: dict[tuple[int, ...], float]) -> str:
    """The mistake that makes sequences about as likely as they came, if one does."""
    others = {
        "the square of the sum of absolute differences: the distance is Euclidean": (
            chances(k, lambda x: np.sum(np.abs(x), axis=2) ** 2)
        ),
        "drawn by the distance: it is the squared distance": chances(k, lambda x: np.sqrt(np.sum(x**2, axis=2))),
        "the better of several candidates is taken for the last centroid: one draw a centroid": (
            chances(k, lambda x: np.sum(x**2, axis=2), 3)
        ),
    }
    away = {
        name: sum(abs(chance.get(rows, 0.0) - counts.get(rows, 0.0)) for rows in {*chance, *counts})
        for name, chance in others.items()
    }
    best = min(away, key=lambda name: away[name])
    return best if away[best] < 0.2 else ""


@pytest.mark.law
@pytest.mark.parametrize("state", [None, 5])
def test_fit_draws_one_start(state: int | None) -> None:
    costs = first_costs(AXIS.tolist(), 2, state, 600)  # one start in 19 leaves 4 alone, and costs more than others
    poor = sum(cost > 5 for cost in costs)
    check.true(
        poor >= 8,
        asked=f"the first of cost_history of OptimizedKMeans(k=2).fit({AXIS.ravel().tolist()}), 600 times, "
        + ("without random_state" if state is None else "with a Generator"),
        came=f"{poor} poor starts",
        expected="about 32: fit starts from what one call of initialize_centroids gives",
        mistake="fit takes the best of several starts",
    )


@pytest.mark.law
@pytest.mark.parametrize(("unit", "offset"), [(1.0, 0.0), (2.0**-30, 0.0), (2.0**30, 0.0), (1.0, FAR), (1.0, -FAR)])
def test_no_row_is_taken_twice_in_any_unit_and_far_from_the_origin(unit: float, offset: float) -> None:
    data = [unit * np.random.default_rng(seed).integers(0, 100, size=(6, 2)) / 64 + offset for seed in range(30)]
    sizes = [len(np.unique(X, axis=0)) for X in data]
    starts = answers([(k, {"random_state": seed}, "initialize_centroids", data[seed]) for seed, k in enumerate(sizes)])
    for seed, (X, k, start) in enumerate(zip(data, sizes, starts, strict=True)):
        check.equal(
            np.unique(np.asarray(start), axis=0),
            np.unique(X, axis=0),
            asked=made(k, "initialize_centroids", X, random_state=seed) + ", in order",
            hint="as many centroids as points: take squared distances from differences, in float64, and add nothing to them; "
            "expanded squares lose all digits far from the origin",
        )


@pytest.mark.law
def test_every_row_may_become_a_centroid() -> None:
    X = np.random.default_rng(0).uniform(-1, 1, size=(12_000, 2))
    X[[5_003, 11_999]] = [1e6, 0.0], [0.0, 1e6]
    starts = answers([(3, {"random_state": seed}, "initialize_centroids", X) for seed in range(5)])
    for seed, start in enumerate(map(np.asarray, starts)):
        check.true(
            {1e6} <= set(start[:, 0].tolist()) and {1e6} <= set(start[:, 1].tolist()),
            asked=f"OptimizedKMeans(k=3, random_state={seed}).initialize_centroids of 12,000 rows, two of which are far off",
            came=start,
            expected="both rows that are far off are among them",
            mistake="centroids are drawn from a part of the rows: each row of X counts",
        )


@pytest.mark.law
def test_other_seeds_give_other_starts() -> None:
    X = np.random.default_rng(0).normal(size=(500, 2))
    states = [0, 1, 10, 11, 100, 2**31, 2**40 + 1, *range(20, 50)]
    starts = answers([(3, {"random_state": state}, "initialize_centroids", X) for state in states])
    different = len({np.asarray(start).tobytes() for start in starts})
    check.true(
        different >= len(states) - 2,
        asked=f"initialize_centroids of 500 rows with k = 3 and {len(states)} seeds",
        came=f"{different} different starts",
        expected="a start of its own for each seed",
        hint="np.random.default_rng(seed) takes any int of 0 and more",
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_fit_returns_the_object() -> None:
    one = model(2)
    returned = one.fit(LINE)
    check.true(
        returned is one,
        asked=made(2, "fit", LINE),
        came=returned,
        expected="the object itself",
        hint="end with return self",
    )


@pytest.mark.edge
def test_defaults() -> None:
    X = blobs(3, 60, 2, 3)
    check.equal(
        np.shape(kata.OptimizedKMeans().fit(X).centroids),
        (3, 2),
        asked="the shape of OptimizedKMeans().fit(X).centroids",
        hint="k is 3 when it is not given",
    )
    check_fitted(X, 3, random_state=1)


@pytest.mark.edge
def test_one_cluster_is_the_mean() -> None:
    X = np.array([[1.0, 2.0], [3.0, 6.0], [5.0, 1.0]])
    fitted = check_fitted(X, 1, random_state=0)
    check.close(fitted.centroids, [[3.0, 3.0]], asked="the centroids of " + made(1, "fit", X))


@pytest.mark.edge
def test_one_row() -> None:
    fitted = check_fitted(np.array([[2.0, 5.0]]), 1)
    check.close(fitted.inertia, 0.0, asked="the inertia of " + made(1, "fit", [[2.0, 5.0]]))


@pytest.mark.edge
def test_as_many_clusters_as_points() -> None:
    X = np.array([[0.0], [1.0], [2.5], [7.0]])
    fitted = check_fitted(X, 4, random_state=2)
    check.close(fitted.inertia, 0.0, asked="the inertia of " + made(4, "fit", X), atol=1e-12)
    check.close(np.sort(np.ravel(fitted.centroids)), X.ravel(), asked="the centroids, sorted, of " + made(4, "fit", X))


@pytest.mark.edge
@pytest.mark.parametrize("value", [0.1, -3.0, 1e6])
def test_fewer_distinct_points_than_clusters_give_no_nan(value: float) -> None:
    X = np.array([[value]] * 5 + [[value + 1]])
    for k in (3, 6):
        asked = made(k, "fit", X)
        fit = model(k, random_state=0).fit
        fitted = check.accepts(
            partial(fit, X), asked=asked, because="k is no more than the number of rows, equal ones or not"
        )
        check.true(
            bool(np.all(np.isfinite(fitted.centroids))), asked=asked, came=fitted.centroids, expected="finite centroids"
        )
        check.close(fitted.inertia, 0.0, asked="the inertia of " + asked, atol=1e-9)


FEW_PLACES: dict[str, list[list[float]]] = {
    "two rows with four numbers": [[1.0, 2.0], [3.0, 4.0]] * 3,
    "0.0, -0.0 and 1.0": [[0.0], [-0.0], [0.0], [1.0], [0.0], [-0.0]],
    "one row": [[7.0, 8.0, 9.0]] * 6,
}


@pytest.mark.edge
@pytest.mark.parametrize("what", FEW_PLACES)
def test_distinct_points_are_counted_by_rows(what: str) -> None:
    X = np.array(FEW_PLACES[what])
    because = "k is no more than the number of rows, equal ones or not"
    for seed in range(6):
        asked = made(3, "initialize_centroids", X, random_state=seed)
        start = check.accepts(
            partial(answer, 3, {"random_state": seed}, "initialize_centroids", X), asked=asked, because=because
        )
        check.true(
            all(row in X.tolist() for row in np.asarray(start).tolist()),
            asked=asked,
            came=start,
            expected="rows of X, also when every row already is a centroid",
        )
        asked = made(3, "fit", X, random_state=seed)
        fitted = check.accepts(partial(answer, 3, {"random_state": seed}, "fit", X), asked=asked, because=because)
        check.close(fitted.inertia, 0.0, asked="the inertia of " + asked, atol=1e-9)


@pytest.mark.edge
def test_many_rows_columns_and_clusters_count_all() -> None:
    k, d, n = 300, 130, 5003  # no round numbers: the last block of rows is not full
    labels = np.random.default_rng(0).permutation(np.arange(n) % k)
    centroids = np.eye(d)[np.arange(k) % d] * (4.0 + 8.0 * (np.arange(k) // d))[:, None]
    X = centroids[labels]
    hint = "5003 rows, 130 columns and 300 clusters: none may be left out, and no label may overflow"
    asked = "assign_points_to_clusters of 5003 rows with 130 columns and 300 centroids, each row equal to one"
    check.equal(np.asarray(model(k).assign_points_to_clusters(X, centroids)), labels, asked=asked, hint=hint)
    check.close(
        model(k).update_centroids(X, labels.astype(np.int16)),
        centroids,
        asked="update_centroids of 5003 rows with 130 columns and 300 labels, as int16",
        hint=hint,
    )
    small = (labels % 200).astype(np.uint8)
    check.close(
        model(200).update_centroids(X, small),
        means_of(X, small.astype(int), 200),
        asked="update_centroids of 5003 rows with 130 columns and 200 labels, as uint8",
        hint="labels of a small type wrap around when they are multiplied or added: convert them first",
    )
    few = np.arange(320.0)[:, None] * [1.0, 3.0]
    check_fitted(few, 300, random_state=0, max_iterations=2)


@pytest.mark.edge
@pytest.mark.parametrize("offset", [0.0, FAR])
def test_many_rows_are_labelled_each_by_itself(offset: float) -> None:
    centroids = np.arange(64.0).reshape(16, 4) % 17 + offset
    labels = np.random.default_rng(1).integers(16, size=20_011)
    X = centroids[labels] + 0.25
    check.equal(
        np.asarray(model(16).assign_points_to_clusters(X, centroids)),
        labels,
        asked=f"assign_points_to_clusters of 20,011 rows about {offset:g}, with 4 columns and 16 centroids",
        hint="as with few rows: none left out, no shortcut for large arrays",
    )


@pytest.mark.edge
def test_fit_of_many_rows_is_fit() -> None:
    X = np.random.default_rng(2).normal(size=(6007, 2))
    check_fitted(X[np.argsort(X[:, 0])], 3, random_state=1, max_iterations=3)


def creeping(count: int = 700, weight: int = 1000) -> Float64Array:
    """Two heavy points, 0 and 1, and `count` light ones between, of which each iteration moves one to another cluster."""
    total = weight + count / 2
    while True:
        lights: list[float] = []
        taken, before = 0.0, math.nan
        for t in range(count):
            border = (taken / (weight + t) + (total - taken) / (weight + count - t)) / 2
            lights.append((before + border) / 2 if t else border - 1e-9)
            taken += lights[-1]
            before = border
        if abs(weight + taken - total) < 1e-12 * total:
            return np.concatenate([np.zeros(weight), np.ones(weight), lights])[:, None]
        total = weight + taken


@pytest.mark.edge
def test_fit_goes_on_for_hundreds_of_iterations_where_it_must() -> None:
    X = creeping()
    for seed in range(12):
        options = {"random_state": seed, "tolerance": 0.0, "max_iterations": 1}
        if sorted(np.ravel(fit_anew(X, 2, options).start).tolist()) == [0.0, 1.0]:
            counts = [fit_anew(X, 2, options | {"max_iterations": most}).n_iterations for most in (1000, 300)]
            check.true(
                350 <= counts[0] <= 355 and counts[1] == 300,
                asked="n_iterations of OptimizedKMeans(k=2, tolerance=0).fit of 2,700 points, of which each iteration moves "
                "one, with max_iterations = 1000 and 300",
                came=counts,
                expected="[351, 300], or a few more than 351",
                mistake="it stops although the cost still falls: neither a limit of its own nor a least fall is asked for",
            )
            return


@pytest.mark.edge
@pytest.mark.parametrize("iterations", [1, 2, 5])
def test_max_iterations_bounds_the_iterations(iterations: int) -> None:
    X = np.random.default_rng(5).normal(size=(1000, 3))  # takes ten iterations or more, from any start
    fitted = check_fitted(X, 8, random_state=3, max_iterations=iterations, tolerance=0.0)
    check.equal(
        fitted.n_iterations,
        iterations,
        asked=f"n_iterations of OptimizedKMeans(k=8, max_iterations={iterations}, tolerance=0).fit of 1,000 normal points",
        mistakes={
            "the start is counted as an iteration": iterations - 1,
            "one iteration too many": iterations + 1,
        },
        hint="fit stops after max_iterations iterations, also when the cost still falls",
    )


@pytest.mark.edge
def test_a_large_tolerance_stops_after_one_iteration() -> None:
    X = np.random.default_rng(6).normal(size=(200, 2))
    fitted = check_fitted(X, 3, random_state=0, tolerance=1.0)
    check.equal(
        fitted.n_iterations, 1, asked="n_iterations of OptimizedKMeans(k=3, tolerance=1).fit of 200 normal points"
    )


@pytest.mark.edge
def test_a_fall_of_just_the_tolerance_is_enough_to_stop() -> None:
    X = np.array([[0.0], [2.0]])  # from either row the cost is 4, and then 2
    check.equal(
        model(1, random_state=0, tolerance=0.5).fit(X).n_iterations,
        1,
        asked="n_iterations of " + made(1, "fit", X, tolerance=0.5),
        mistakes={"it goes on where the cost fell by just the tolerance: no more than that is a reason to stop": 2},
    )


@pytest.mark.edge
def test_tolerance_is_relative() -> None:
    X = blobs(11, 300, 2, 5, spread=3.0)
    units = (1.0, 2.0**10, 2.0**-10, 2.0**30, 2.0**-30)
    options = [{"random_state": 4, "tolerance": tolerance} for tolerance in (1e-3, 0.0)]
    counts = [one.n_iterations for one in answers([(5, o, "fit", X * unit) for o in options for unit in units])]
    check.true(
        len(set(counts[:5])) == 1 and max(counts[5:]) - min(counts[5:]) <= 3,
        asked="n_iterations of the same data in units of 1, 2^10, 2^-10, 2^30 and 2^-30, with tolerance = 0.001 and with 0",
        came=counts,
        expected="the same number five times, and another five times",
        mistake="the tolerance is held against the cost itself, or a distance: it is a fraction of the cost before",
    )


@pytest.mark.edge
def test_fit_is_right_far_from_the_origin() -> None:
    near = np.round(blobs(8, 80, 2, 3, spread=0.5) * 64) / 64
    fitted = model(3, random_state=0).fit(near + FAR)
    cost = cost_of(near, np.asarray(fitted.centroids) - FAR, fitted.labels)
    asked = f"the inertia of OptimizedKMeans(k=3).fit of 80 points about {FAR:g}"
    hint = "move the origin to the mean of X before anything is squared"
    check.close(fitted.inertia, cost, asked=asked, rtol=1e-4, hint=hint)
    best, there = (
        min(one.inertia for one in answers([(3, {"random_state": seed}, "fit", X) for seed in range(5)]))
        for X in (near, near + FAR)
    )
    check.close(there, best, asked=asked + ", the best of 5 seeds", rtol=1e-4, hint=hint)


@pytest.mark.edge
def test_the_inertia_of_tight_clusters_far_apart_has_all_its_digits() -> None:
    X = np.random.default_rng(9).normal(size=(20, 2)) / 64 + np.repeat([[-1e6], [1e6]], 10, axis=0)
    fitted = answer(2, {"random_state": 0}, "fit", X)
    cost = cost_of(X, fitted.centroids, fitted.labels)
    asked = made(2, "fit", X, random_state=0) + ", two clusters of width 1/64, 2,000,000 apart"
    hint = "the cost is a sum of squared differences: expanded squares are huge here, and nearly cancel"
    check.close(fitted.inertia, cost, asked="the inertia of " + asked, rtol=1e-6, hint=hint)
    check.close(
        fitted.cost_history[1:],
        [cost] * (len(fitted.cost_history) - 1),
        asked="the cost_history after the start of " + asked,
        rtol=1e-6,
        hint=hint,
    )


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.float32])
def test_all_is_computed_in_float64(dtype: type[np.generic]) -> None:
    X = np.array([[100, 5], [120, 3], [7, 90], [3, 100], [0, 120]], dtype=dtype)
    centroids = np.array([[110, 4], [3, 110]], dtype=dtype)
    asked = f"as {np.dtype(dtype).name}"
    hint = "integers wrap around and float32 loses digits: convert to float64 first"
    check.equal(
        np.asarray(model(2).assign_points_to_clusters(X, centroids)),
        np.array([0, 0, 1, 1, 1]),
        asked=made(2, "assign_points_to_clusters", X, centroids) + " " + asked,
        hint=hint,
    )
    check.close(
        model(2).update_centroids(X, [0, 0, 1, 1, 1]),
        [[110.0, 4.0], [10 / 3, 310 / 3]],
        asked=made(2, "update_centroids", X, [0, 0, 1, 1, 1]) + " " + asked,
        rtol=1e-12,
        hint=hint,
    )
    fitted = model(2, random_state=0).fit(X)
    check.close(
        fitted.inertia,
        cost_of(X.astype(float), fitted.centroids, fitted.labels),
        asked="the inertia, " + asked,
        hint=hint,
    )
    check.float_array(fitted.centroids, (2, 2), asked="the centroids of " + made(2, "fit", X) + " " + asked)
    start = model(2, random_state=0).initialize_centroids(X)
    check.float_array(start, (2, 2), asked=made(2, "initialize_centroids", X) + " " + asked)
    means = model(2).update_centroids(X, [0, 0, 1, 1, 1])
    check.float_array(means, (2, 2), asked=made(2, "update_centroids", X, [0, 0, 1, 1, 1]) + " " + asked)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.uint8])
def test_points_and_centroids_may_be_of_different_types(dtype: type[np.generic]) -> None:
    X = np.array([[1], [2], [100]], dtype=dtype)
    centroids = np.array([[1.4], [1.6 + 2.0**-40], [99.75]])
    check.equal(
        np.asarray(model(3).assign_points_to_clusters(X, centroids)),
        [0, 1, 2],
        asked=made(3, "assign_points_to_clusters", X, centroids) + f", X as {np.dtype(dtype).name}",
        hint="convert X and centroids to float64 each, not one to the type of the other",
    )
    close = np.array([[0.5], [0.5 - 2.0**-20]], dtype=np.float32)
    centroids = np.array([[0.0], [1.0 - 2.0**-30], [5.0]])
    check.equal(
        np.asarray(model(3).assign_points_to_clusters(close, centroids)),
        [1, 0],
        asked=made(3, "assign_points_to_clusters", close, centroids) + ", X as float32",
        mistakes={"computed in float32, because X is: convert to float64 first": [0, 0]},
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    "X",
    [
        np.array([[2**63 + 2**40], [3], [2**62]], dtype=np.uint64),
        np.array([[-(2**62)], [3], [2**62]]),
        np.array([[2**40], [3], [2**41]]),
        np.array([[True, False], [False, False], [True, True]]),
        np.array([[5.0, 1.0], [1.0, 1.0], [2.0, 9.0]], dtype=">f8"),
        np.array([[5, 1], [1, 1], [2, 9]], dtype=">i2"),
        np.array([[5.5, 1], [True, 1], [2, 9]], dtype=object),
        np.array([[5.5, 1.0], [1.5, 1.0], [2.0, 9.0]], dtype=np.float16),
    ],
    ids=["uint64", "int64", "beyond int32", "bool", "big-endian float", "big-endian int", "object", "float16"],
)
def test_numbers_of_any_kind_mean_what_they_are(X: Any) -> None:
    exact = X.astype(np.float64)
    asked = f"as {X.dtype}"
    hint = "np.asarray(X, dtype=np.float64) reads numbers of any kind as what they are"
    start = check.accepts(
        lambda: model(3, random_state=0).initialize_centroids(X),
        asked=made(3, "initialize_centroids", X) + " " + asked,
        because="integers of any kind, booleans and numbers as objects are numbers",
    )
    check.close(
        np.asarray(start)[np.lexsort(np.asarray(start).T)],
        exact[np.lexsort(exact.T)],
        asked=made(3, "initialize_centroids", X) + f" {asked}, in order",
        hint=hint,
    )
    check.equal(
        np.asarray(model(3).assign_points_to_clusters(X, exact[::-1])),
        [2, 1, 0],
        asked=made(3, "assign_points_to_clusters", X, exact[::-1]) + f", X {asked}",
        hint=hint,
    )
    check.close(
        model(2).update_centroids(X, [1, 0, 1]),
        [exact[1], (exact[0] + exact[2]) / 2],
        asked=made(2, "update_centroids", X, [1, 0, 1]) + " " + asked,
        atol=1e-12 * float(np.abs(exact).max()),
        hint=hint,
    )
    check.close(
        np.sort(model(3, random_state=0).fit(X).centroids, axis=0),
        np.sort(exact, axis=0),
        asked="the centroids, each column sorted, of " + made(3, "fit", X) + " " + asked,
        atol=1e-12 * float(np.abs(exact).max()),
        hint=hint,
    )


@pytest.mark.edge
def test_inertia_is_a_python_float_and_history_a_list_of_them() -> None:
    fitted = model(2, random_state=0).fit(LINE)
    asked = made(2, "fit", LINE)
    check.python_float(fitted.inertia, asked="the inertia of " + asked)
    check.true(
        isinstance(fitted.cost_history, list),
        asked="the cost_history of " + asked,
        came=fitted.cost_history,
        expected="a list",
    )
    for value in fitted.cost_history:
        check.python_float(value, asked="a number in the cost_history of " + asked)


@pytest.mark.edge
def test_lists_and_arrays_of_any_layout_are_accepted() -> None:
    X = np.array([[100.0, 5.0], [120.0, 3.0], [90.0, 70.0], [80.0, 100.0]])
    centroids, labels = np.array([[110.0, 4.0], [85.0, 85.0]]), np.array([0, 0, 1, 1])
    forms: dict[str, Callable[[Any], Any]] = {
        "lists": lambda array: array.tolist(),
        "tuples": lambda array: tuple(tuple(row) if array.ndim == 2 else row for row in array.tolist()),
        "in Fortran order": np.asfortranarray,
        "read-only": lambda array: np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape),
        "strided": lambda array: np.repeat(array, 2, 0)[::2],
        "reversed": lambda array: array[::-1].copy()[::-1],
    }
    for name, form_of in forms.items():
        form = form_of(X)
        hint = f"the same numbers, {name}, mean the same: never trust how they lie in memory"
        take = partial(check.accepts, because=f"X may be {name}: anything that np.asarray takes")
        asked = made(4, "initialize_centroids", X)
        start = take(partial(answer, 4, {"random_state": 0}, "initialize_centroids", form), asked=asked)
        check.close(np.sort(start, axis=0), np.sort(X, axis=0), asked=f"{asked}, X {name}, sorted", hint=hint)
        asked = made(2, "assign_points_to_clusters", X, centroids)
        second = form_of(centroids)
        got = take(partial(answer, 2, {}, "assign_points_to_clusters", form, second), asked=asked)
        check.equal(np.asarray(got), labels, asked=f"{asked}, both {name}", hint=hint)
        asked = made(2, "update_centroids", X, labels)
        second = form_of(labels)
        means = take(partial(answer, 2, {}, "update_centroids", form, second), asked=asked)
        check.close(means, [[110.0, 4.0], [85.0, 85.0]], asked=f"{asked}, both {name}", hint=hint)
        asked = made(2, "fit", X, random_state=0)
        fitted = take(partial(answer, 2, {"random_state": 0}, "fit", form), asked=asked)
        check.close(
            np.sort(fitted.centroids, axis=0),
            [[85.0, 4.0], [110.0, 85.0]],
            asked=f"{asked}, X {name}, sorted",
            hint=hint,
        )


@pytest.mark.edge
@pytest.mark.parametrize("given", ["ndarray", "matrix"])
def test_results_are_plain_arrays_and_a_matrix_is_read_as_one(given: str) -> None:
    X = np.array([[100.0, 5.0], [120.0, 3.0], [90.0, 70.0], [80.0, 100.0]])
    centroids, labels = np.array([[110.0, 4.0], [85.0, 85.0]]), np.array([0, 0, 1, 1])
    asked = "{} of an np." + given + ", " + str(X.tolist())
    got = check.accepts(
        partial(answers_with_types, given, X, centroids, labels),
        asked=f"the methods of OptimizedKMeans(k=2), X and centroids as np.{given}",
        because="np.asarray takes an np.matrix, as it takes any array",
    )
    for name, want in (
        ("assign_points_to_clusters", labels),
        ("update_centroids", centroids),
        ("centroids after fit", answer(2, {"random_state": 0}, "fit", X).centroids),
        ("initialize_centroids", answer(2, {"random_state": 0}, "initialize_centroids", X)),
    ):
        kind, value = got[name]
        check.equal(
            kind,
            "ndarray",
            asked="the type of " + asked.format(name),
            hint="rows of an np.matrix stay 2-D, and its * is another: np.asarray makes an array of it, np.asanyarray does not",
        )
        check.close(value, want, asked=asked.format(name), hint="the same as for an array of the same numbers")


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int8, np.uint64], ids=lambda t: t.__name__)
def test_labels_may_be_whole_numbers_of_any_type(dtype: type[np.generic]) -> None:
    X, labels = [[1.0], [3.0], [5.0]], np.array([0, 1, 1], dtype=dtype)
    asked = made(3, "update_centroids", X, labels) + f", labels as {np.dtype(dtype).name}"
    got = check.accepts(
        partial(answer, 3, {}, "update_centroids", X, labels),
        asked=asked,
        because="labels may be integers of any type, or floats that are whole",
    )
    check.close(
        np.asarray(got)[:2],
        [[1.0], [4.0]],
        asked="the first two rows of " + asked,
        hint="convert labels to one type first",
    )


@pytest.mark.edge
@pytest.mark.parametrize("label", [-1, 2, 7, 0.5, 1 + 1e-9, 256, 2**32, 2**32 + 1, -(2**32)])
def test_labels_out_of_range_or_not_whole_are_an_error(label: float) -> None:
    labels = [0, label, 1]
    check.raises(
        ValueError,
        partial(model(2).update_centroids, [[1.0], [3.0], [5.0]], labels),
        asked=made(2, "update_centroids", [[1.0], [3.0], [5.0]], labels),
        because=f"{label} is no label of two clusters",
        hint="check the labels before they are used as an index, and before they are converted to a smaller type",
    )


SHAPES: dict[str, tuple[str, tuple[tuple[int, ...], ...]]] = {
    "X of fit is 1-D": ("fit", ((6,),)),
    "X of fit has three axes": ("fit", ((6, 2, 1),)),
    "X of fit has no rows": ("fit", ((0, 2),)),
    "X of fit has no columns": ("fit", ((6, 0),)),
    "X of the start is 1-D": ("initialize_centroids", ((6,),)),
    "X of the start has no columns": ("initialize_centroids", ((6, 0),)),
    "X to assign is 1-D": ("assign_points_to_clusters", ((2,), (2, 2))),
    "there is nothing to assign": ("assign_points_to_clusters", ((0, 2), (2, 2))),
    "points and centroids differ in columns": ("assign_points_to_clusters", ((6, 2), (2, 3))),
    "the centroids have one column": ("assign_points_to_clusters", ((6, 2), (2, 1))),
    "a single centroid is no matrix": ("assign_points_to_clusters", ((6, 2), (2,))),
    "there are three centroids, for k = 2": ("assign_points_to_clusters", ((6, 2), (3, 2))),
    "there is one centroid, for k = 2": ("assign_points_to_clusters", ((6, 2), (1, 2))),
    "X to update is 1-D": ("update_centroids", ((6,), (6,))),
    "there are too few labels": ("update_centroids", ((6, 2), (5,))),
    "there is one label": ("update_centroids", ((6, 2), (1,))),
    "the labels are a column": ("update_centroids", ((6, 2), (6, 1))),
    "there is nothing to update": ("update_centroids", ((0, 2), (0,))),
    "X of fit is a number": ("fit", ((),)),
    "X of the start has three axes": ("initialize_centroids", ((6, 2, 1),)),
    "X of the start has no rows": ("initialize_centroids", ((0, 2),)),
    "X to assign has three axes": ("assign_points_to_clusters", ((6, 2, 1), (2, 2))),
    "the centroids have three axes": ("assign_points_to_clusters", ((6, 2), (2, 2, 1))),
    "points have one column, centroids three": ("assign_points_to_clusters", ((6, 1), (2, 3))),
    "neither points nor centroids have columns": ("assign_points_to_clusters", ((6, 0), (2, 0))),
    "X to update has no columns": ("update_centroids", ((6, 0), (6,))),
    "X to update has three axes": ("update_centroids", ((6, 2, 1), (6,))),
    "there are too many labels": ("update_centroids", ((6, 2), (7,))),
    "the labels are a row of a matrix": ("update_centroids", ((6, 2), (1, 6))),
    "the labels are a table of who belongs where": ("update_centroids", ((6, 2), (6, 2))),
    "the labels are a single number": ("update_centroids", ((6, 2), ())),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", SHAPES)
def test_shapes_that_do_not_fit_are_an_error(why: str) -> None:
    method, shapes = SHAPES[why]
    args = [np.arange(math.prod(shape), dtype=float).reshape(shape) for shape in shapes]
    if method == "update_centroids":
        args[1] = np.zeros(shapes[1], dtype=int)
    check.raises(
        ValueError,
        lambda: getattr(model(2), method)(*args),
        asked=f"{method} of {' and '.join(str(shape) for shape in shapes)} with k = 2",
        because=why,
        hint="check all shapes first: NumPy broadcasts some that do not fit",
    )


@pytest.mark.edge
@pytest.mark.parametrize("shapes", [((6, 2), (1, 3)), ((6, 2), (2, 2)), ((6, 2), (2,)), ((6, 1), (1, 3))], ids=str)
def test_shapes_that_do_not_fit_are_an_error_with_one_cluster_too(shapes: tuple[tuple[int, ...], ...]) -> None:
    X, centroids = np.ones(shapes[0]), np.ones(shapes[1])
    check.raises(
        ValueError,
        lambda: model(1).assign_points_to_clusters(X, centroids),
        asked=made(1, "assign_points_to_clusters", X, centroids),
        because=f"X of shape {shapes[0]} wants centroids of shape {(1, shapes[0][1])}",
        hint="one cluster is no exception: check shapes before the answer is known",
    )


@pytest.mark.edge
def test_the_constructor_accepts_everything() -> None:
    for options in (
        {"k": 0},
        {"k": -5},
        {"k": 10**9},
        {"k": "three"},
        {"max_iterations": 0},
        {"max_iterations": -1},
        {"tolerance": -1.0},
        {"random_state": -1},
        {"random_state": "seed"},
    ):
        check.accepts(
            partial(kata.OptimizedKMeans, **options),
            asked=call("OptimizedKMeans", **options),
            because="the constructor accepts everything: what is wrong is an error where it is used",
        )


@pytest.mark.edge
def test_only_fit_minds_its_limits() -> None:
    one = model(2, random_state=0, max_iterations=0, tolerance=-1.0)
    for method, args in (
        ("initialize_centroids", (LINE,)),
        ("assign_points_to_clusters", (LINE, [[0.0], [10.0]])),
        ("update_centroids", (LINE, [0, 0, 1, 1])),
    ):
        check.accepts(
            partial(getattr(one, method), *args),
            asked=made(2, method, *args, max_iterations=0, tolerance=-1.0),
            because="max_iterations and tolerance are errors in fit alone",
        )


@pytest.mark.edge
def test_arguments_may_be_given_by_name() -> None:
    for thunk, asked in (
        (
            lambda: kata.OptimizedKMeans(k=2, max_iterations=5, tolerance=0.0, random_state=1).fit(X=LINE),
            call("fit", X=LINE),
        ),
        (lambda: kata.OptimizedKMeans(2, 5, 0.0, 1).initialize_centroids(X=LINE), call("initialize_centroids", X=LINE)),
        (
            lambda: model(2).assign_points_to_clusters(X=LINE, centroids=[[0.0], [10.0]]),
            call("assign_points_to_clusters", X=LINE, centroids=[[0.0], [10.0]]),
        ),
        (
            lambda: model(2).update_centroids(X=LINE, labels=[0, 0, 1, 1]),
            call("update_centroids", X=LINE, labels=[0, 0, 1, 1]),
        ),
    ):
        check.accepts(thunk, asked=asked, because="these are the names and the order of the arguments")


@pytest.mark.edge
@pytest.mark.parametrize("k", [0, -1, 5])
@pytest.mark.parametrize("method", ["fit", "initialize_centroids"])
def test_k_out_of_range_is_an_error(method: str, k: int) -> None:
    check.raises(
        ValueError,
        lambda: getattr(model(k), method)(LINE),
        asked=made(k, method, LINE),
        because=f"k is {k} and there are 4 rows",
        hint="1 <= k <= n, checked where n is known",
    )


@pytest.mark.edge
@pytest.mark.parametrize("options", [{"max_iterations": 0}, {"max_iterations": -5}, {"tolerance": -1e-9}], ids=str)
def test_limits_out_of_range_are_an_error_in_fit(options: dict[str, Any]) -> None:
    check.raises(
        ValueError,
        lambda: model(2, **options).fit(LINE),
        asked=made(2, "fit", LINE, **options),
        because="max_iterations is at least 1 and tolerance at least 0",
        hint="check both limits at the beginning of fit",
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_results_are_the_callers() -> None:
    X, centroids, labels = blobs(1, 12, 2, 2), np.array([[0.0, 1.0], [5.0, 5.0]]), np.array([0, 1] * 6)
    for asked, ask in (
        (made(2, "initialize_centroids", X), lambda: model(2, random_state=0).initialize_centroids(X)),
        (made(2, "assign_points_to_clusters", X, centroids), lambda: model(2).assign_points_to_clusters(X, centroids)),
        (made(2, "update_centroids", X, labels), lambda: model(2).update_centroids(X, labels)),
        (made(2, "fit", X), lambda: model(2, random_state=0).fit(X).centroids),
    ):
        with check.untouched(asked=asked, X=X, centroids=centroids, labels=labels):
            result: Any = np.asarray(ask())  # type: ignore[no-untyped-call]
            result += 1
    some, none = X[:3].copy(), np.array([2, 2, 2])
    for asked, ask in (
        (made(1, "initialize_centroids", some), lambda: model(1, random_state=0).initialize_centroids(some)),
        (made(3, "initialize_centroids", some), lambda: model(3, random_state=0).initialize_centroids(some)),
        (made(3, "update_centroids", some, [0, 1, 2]), lambda: model(3).update_centroids(some, [0, 1, 2])),
        (made(3, "update_centroids", some, none), lambda: model(3).update_centroids(some, none)),
        (made(3, "fit", some), lambda: model(3, random_state=0).fit(some).centroids),
    ):
        with check.untouched(asked=asked, X=some, labels=none):
            result = np.asarray(ask())
            result += 1
        check.true(
            some.flags.writeable and none.flags.writeable,
            asked=asked,
            came="the caller's array can no longer be written to",
            expected="arguments as they were",
            mistake="the caller's array was made read-only: work on a copy",
        )
    alone = np.array([[3.0, 4.0]])
    with check.untouched(asked=made(1, "fit", alone), X=alone):
        fitted = model(1).fit(alone)
        fitted.centroids[:] = 0.0


@pytest.mark.edge
def test_changing_the_data_after_fit_changes_nothing() -> None:
    X = np.array([[1.0, 2.0]])
    fitted = model(1).fit(X)
    X[:] = 50.0
    check.close(
        fitted.centroids,
        [[1.0, 2.0]],
        asked="the centroids of OptimizedKMeans(k=1).fit([[1., 2.]]), after X was overwritten",
        mistakes={"the centroids share memory with the caller's X": [[50.0, 50.0]]},
    )


@pytest.mark.edge
def test_changing_more_data_after_fit_changes_nothing() -> None:
    X = blobs(4, 30, 2, 3)
    fitted = model(3, random_state=0).fit(X)
    before = [np.array(fitted.centroids), np.array(fitted.labels), fitted.inertia, list(fitted.cost_history)]
    X[:] = X[::-1].copy() * [1.0, -2.0]
    after = [np.array(fitted.centroids), np.array(fitted.labels), fitted.inertia, list(fitted.cost_history)]
    check.equal(
        after,
        before,
        asked="centroids, labels, inertia and cost_history of a fitted object, after X was overwritten",
        hint="fit computes what it leaves, and keeps nothing that belongs to the caller",
    )


@pytest.mark.edge
def test_arrays_that_are_changed_in_place_are_answered_anew() -> None:
    X, centroids, labels = LINE.copy(), np.array([[0.0], [10.0]]), np.array([0, 0, 0, 1])
    one = model(2, random_state=0)
    one.initialize_centroids(X)
    one.assign_points_to_clusters(X, centroids)
    one.update_centroids(X, labels)
    X[:], labels[:] = X[::-1].copy(), labels[::-1].copy()
    hint = "nothing is remembered from call to call: the same array may hold something else by now"
    check.equal(
        np.asarray(one.assign_points_to_clusters(X, centroids)),
        [1, 1, 0, 0],
        asked=made(2, "assign_points_to_clusters", X, centroids) + ", after X was turned around in place",
        mistakes={"an answer was remembered for the array, not for what is in it: compute each anew": [0, 0, 1, 1]},
        hint=hint,
    )
    check.close(
        one.update_centroids(X, labels),
        means_of(X, labels, 2),
        asked=made(2, "update_centroids", X, labels) + ", after both were turned around in place",
        hint=hint,
    )
    X, many = np.random.default_rng(3).normal(size=(40, 2)), model(6, random_state=0)
    many.initialize_centroids(X)
    X[:] = X**3
    check.close(
        many.initialize_centroids(X),
        np.asarray(model(6, random_state=0).initialize_centroids(X)),
        asked=made(6, "initialize_centroids", X, random_state=0)
        + ", after X was changed in place, against a fresh object",
        hint=hint,
    )


@pytest.mark.edge
def test_a_later_call_changes_no_earlier_answer() -> None:
    X, other = blobs(1, 12, 2, 2), blobs(2, 12, 2, 2)
    centroids, labels = X[[0, 1]].copy(), np.array([0, 1] * 6)
    one = model(2, random_state=0)
    answers: list[Any] = [
        one.initialize_centroids(X),
        one.assign_points_to_clusters(X, centroids),
        one.update_centroids(X, labels),
    ]
    one.fit(X)
    answers += [one.centroids, one.labels, one.cost_history]
    before = [np.array(answer) for answer in answers]
    one.initialize_centroids(other)
    one.assign_points_to_clusters(other, centroids[::-1])
    one.update_centroids(other, labels[::-1])
    one.fit(other)
    names = ("initialize_centroids", "assign_points_to_clusters", "update_centroids", "fit", "fit", "fit")
    parts = (
        "the answer of ",
        "the answer of ",
        "the answer of ",
        "centroids after ",
        "labels after ",
        "cost_history after ",
    )
    for part, name, answer, kept in zip(parts, names, answers, before, strict=True):
        check.equal(
            np.array(answer),
            kept,
            asked=f"{part}{name}, after the object was asked about other data",
            hint="every call makes new arrays: a later one may not write into what an earlier one returned",
        )


@pytest.mark.edge
def test_changing_an_answer_changes_no_later_one() -> None:
    one = model(2, random_state=0).fit(LINE)
    labels, centroids = np.array(one.labels), np.array(one.centroids)
    hint = "every call makes new arrays: the caller may write into them"
    asks: dict[str, Callable[[], Any]] = {
        "initialize_centroids": lambda: one.initialize_centroids(LINE),
        "assign_points_to_clusters": lambda: one.assign_points_to_clusters(LINE, centroids),
        "update_centroids": lambda: one.update_centroids(LINE, labels),
    }
    for name, ask in asks.items():
        answer = ask()
        kept = np.array(answer)
        np.asarray(answer)[:] = 77
        check.equal(np.array(ask()), kept, asked=f"{name} again, after the caller wrote into its answer", hint=hint)
    check.equal(
        [np.array(one.labels), np.array(one.centroids)],
        [labels, centroids],
        asked="labels and centroids of a fitted object, after the caller wrote into answers of its methods",
        hint=hint,
    )


@pytest.mark.edge
def test_empty_clusters_forget_where_fit_had_left_them() -> None:
    one = model(3, random_state=0).fit(LINE)
    X, labels = np.array([[0.0], [1.0], [11.0]]), [0, 0, 0]
    check.close(
        one.update_centroids(X, labels),
        [[4.0], [11.0], [0.0]],
        asked=made(3, "update_centroids", X, labels) + " of an object that was fitted to other data",
        mistakes={"empty clusters keep the centroids of fit": [[4.0], *np.asarray(one.centroids)[1:].tolist()]},
        hint="update_centroids depends on its arguments and k alone",
    )


@pytest.mark.edge
def test_a_second_fit_forgets_the_first() -> None:
    one = model(2, random_state=0)
    one.fit(LINE + 500.0)
    fresh = model(2, random_state=0).fit(LINE)
    one.fit(LINE)
    asked = "a second fit on other data, against a fresh object"
    hint = "fit begins anew each time: nothing of an earlier fit goes on"
    check.close(one.centroids, fresh.centroids, asked="the centroids after " + asked, hint=hint)
    check.close(one.cost_history, fresh.cost_history, asked="the cost_history after " + asked, hint=hint)
    check.equal(one.n_iterations, fresh.n_iterations, asked="n_iterations after " + asked, hint=hint)
    many = model(3, random_state=0).fit([[1.0], [2.0], [2.0], [2.0]])
    squares = np.array([[0.0], [1.0], [4.0], [30.0]])
    check.close(
        many.fit(squares).centroids,
        model(3, random_state=0).fit(squares).centroids,
        asked="the centroids after a second fit, where the first had fewer distinct points than k, against a fresh object",
        hint=hint,
    )


@pytest.mark.edge
def test_the_methods_leave_a_fitted_object_alone() -> None:
    one = model(2, random_state=0).fit(LINE)
    before = [np.array(one.centroids), np.array(one.labels), one.inertia]
    one.initialize_centroids(LINE + 7)
    one.assign_points_to_clusters(LINE + 7, [[0.0], [1.0]])
    one.update_centroids(LINE + 7, [1, 1, 0, 0])
    after = [np.array(one.centroids), np.array(one.labels), one.inertia]
    asked = "centroids, labels and inertia of a fitted object, after its other methods were called"
    check.equal(after, before, asked=asked, hint="only fit writes attributes; the other methods only return")


@pytest.mark.edge
def test_the_global_random_state_is_neither_used_nor_set() -> None:
    X = np.random.default_rng(0).normal(size=(30, 2))
    starts = []
    for _ in range(12):
        np.random.seed(7)  # noqa: NPY002 (it is the global state that is watched here)
        before = np.random.get_state()[1].copy()  # type: ignore[index] # noqa: NPY002
        starts.append(np.asarray(answer(2, {}, "initialize_centroids", X)).tolist())
        after = np.random.get_state()[1]  # type: ignore[index] # noqa: NPY002
        check.equal(
            after,
            before,
            asked="NumPy's global random state after initialize_centroids",
            hint="use np.random.default_rng",
        )
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # type: ignore[index] # noqa: NPY002
    place = np.random.get_state()[2]  # type: ignore[index] # noqa: NPY002
    one = model(3, random_state=0)
    labels_by_seed(EMPTYING, 3, range(12), {"max_iterations": 1})
    one.update_centroids(X, [0] * 30)
    one.assign_points_to_clusters(X, X[:3])
    check.equal(
        [np.random.get_state()[1], np.random.get_state()[2]],  # type: ignore[index] # noqa: NPY002
        [before, place],
        asked="NumPy's global random state after fit, update_centroids and assign_points_to_clusters, with empty clusters",
        hint="nothing is drawn after the start",
    )
    one = model(2)
    again = [np.asarray(start).tolist() for start in each(one.initialize_centroids, [(X,)] * 12)]
    check.true(
        any(start != again[0] for start in again),
        asked="initialize_centroids without random_state, 12 times with one object",
        came="the same each time",
        expected="different starts",
        mistake="the generator is seeded once for the object: without random_state each call draws anew",
    )
    check.true(
        any(start != starts[0] for start in starts),
        asked="initialize_centroids without random_state, 12 times after np.random.seed(7)",
        came="the same each time",
        expected="different starts",
        mistake="draws come from the global state, or from a fixed seed",
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    "state", [0, np.int64(0), np.int64(7), np.uint8(200)], ids=["0", "int64 0", "int64 7", "uint8 200"]
)
def test_zero_and_integers_of_numpy_are_seeds(state: Any) -> None:
    X = np.random.default_rng(0).normal(size=(500, 2))
    starts = answers([(4, {"random_state": state}, "initialize_centroids", X)] * 6)
    different = len({np.asarray(start).tobytes() for start in starts})
    check.true(
        different == 1,
        asked=f"initialize_centroids of 500 rows with k = 4 and random_state={state!r}, 6 times",
        came=f"{different} different starts",
        expected="the same start each time",
        mistake="0 is a seed, and so is an integer of NumPy's: only None draws anew",
    )


@pytest.mark.edge
def test_a_generator_goes_on() -> None:
    X = np.random.default_rng(0).normal(size=(200, 2))
    for seed in range(5):
        start = np.asarray(model(3, random_state=np.random.default_rng(seed)).initialize_centroids(X))
        check.close(
            model(3, random_state=np.random.default_rng(seed)).fit(X).cost_history[0],
            float(np.sum((X[:, None] - start) ** 2, axis=2).min(axis=1).sum()),
            asked="the first of cost_history after fit, against the cost of what initialize_centroids draws from a Generator "
            "in the same state",
            hint="fit calls initialize_centroids(X) once, before it draws anything else",
        )
    rng = np.random.default_rng(3)
    one = model(2, random_state=rng)
    starts = [np.asarray(one.initialize_centroids(X)).tolist() for _ in range(4)]
    check.true(
        any(start != starts[0] for start in starts),
        asked="initialize_centroids four times with the same Generator",
        came="the same each time",
        expected="different starts",
        mistake="the Generator is copied, or used as a seed: draws come from it and go on",
    )
    check.true(
        rng.bit_generator.state != np.random.default_rng(3).bit_generator.state,
        asked="the caller's Generator after initialize_centroids",
        came="in the state it had before",
        expected="further on: the draws come from it",
        mistake="draws come from a copy or a child of the Generator: draw from the Generator itself",
    )


@pytest.mark.edge
def test_the_best_of_ten_seeds_is_near_the_best_of_scikit_learn() -> None:
    rng = np.random.default_rng(8)
    far = [200.0 * rng.choice([-1.0, 1.0], size=10) + rng.normal(size=(8, 10)) for _ in range(7)]
    X = np.vstack([rng.normal(size=(1600, 10)), *far])  # by k-means++, 97 of 100 starts find all eight clusters
    with threadpool_limits(limits=1):  # on few rows, threads wait for each other longer than they compute
        theirs = KMeans(8, n_init=10, random_state=0).fit(X).inertia_
    ours = min(one.inertia for one in answers([(8, {"random_state": seed}, "fit", X) for seed in range(10)]))
    check.true(
        ours <= 1.05 * theirs,
        asked="the best inertia of ten seeds, 1,600 points in one cluster and 8 in each of seven far ones",
        came=f"{ours:.6g}",
        expected=f"at most 5 % above scikit-learn's {theirs:.6g}",
        hint="fit starts by k-means++, which finds small clusters that are far off; rows drawn alike miss them",
    )


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_assigning_and_updating_are_vectorised(race: Racer) -> None:
    X = np.random.default_rng(0).normal(size=(20_000, 10))
    centroids = X[:8].copy()
    rows, starts = X.tolist(), centroids.tolist()
    one = model(8)

    def loops() -> object:
        return loop_update(rows, loop_assign(rows, starts), 8)

    race(
        lambda: one.update_centroids(X, one.assign_points_to_clusters(X, centroids)),
        loops,
        at_least=20,
        versus="the loops",
        asked="assign_points_to_clusters and update_centroids at n = 20,000, d = 10, k = 8",
        hint="no Python loop over points; one matrix product has all distances",
    )


@pytest.mark.speed
def test_fit_keeps_up_with_scikit_learn(race: Racer) -> None:
    X = np.random.default_rng(0).normal(size=(20_000, 10))
    ours = model(8, max_iterations=10, tolerance=0.0, random_state=0)
    theirs = KMeans(8, algorithm="lloyd", n_init=1, max_iter=10, tol=0.0, random_state=0)
    race(
        lambda: ours.fit(X),
        lambda: theirs.fit(X),
        at_least=1 / 3,
        versus="sklearn",
        asked="ten iterations of fit at n = 20,000, d = 10, k = 8",
        hint="look for what is computed twice, for large arrays made anew in each iteration, and for sums over short rows",
    )


@pytest.mark.speed
def test_assigning_makes_no_block_of_differences(memory: MemoryMeter) -> None:
    X = np.random.default_rng(0).normal(size=(20_000, 32))
    one, centroids = model(8), X[:8].copy()
    memory(
        lambda: one.assign_points_to_clusters(X, centroids),
        at_most_mib=20,
        asked="assign_points_to_clusters at n = 20,000, d = 32, k = 8",
        hint="X[:, None] - centroids is an (n, k, d) array, 39 MiB here: expand the square instead",
    )
