"""Suite of C02: each step against its definition, the start by statistics, `fit` against a plain Lloyd iteration."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import kmeans_fast as kata
import many_starts
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from many_starts import DISTANT, EMPTYING, EQUAL_ROWS, FAR, MANY, OUTLYING, PLANE, TIGHT, WEIGHTS, chances, loops
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import Asked, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.speed import Contest, MemoryMeter, Racer, Task, vary
from harness.suite.strategies import Float64Array, seeds

starts, fits, ask = (
    in_subject_process(many_starts.starts),
    in_subject_process(many_starts.fits),
    in_subject_process(many_starts.ask),
)
PLACES: dict[str, Callable[[Float64Array], Any]] = {
    "in units of 2^-30": lambda X: X * 2.0**-30,
    "about 1e8 and -1e8": lambda X: X / 8 + FAR * (-1.0) ** np.arange(X.shape[1]),
    "as uint8": lambda X: np.abs(16 * X).astype(np.uint8),
}
FILLED: dict[str, tuple[Any, list[int], int]] = {
    "many empty clusters": (np.random.default_rng(5).normal(size=(1500, 2)), [i % 5 for i in range(1500)], 300),
    "equal rows": ([[0.0], [0.0], [0.0], [1.0], [12.0], [12.0]], [0] * 6, 3),
    "rows of a small cluster": ([[0.0], [0.0], [6.0], *[[20.0]] * 6, [24.0]], [2] * 3 + [0] * 7, 3),
    "rows far from the origin": (MANY + FAR, [i % 5 for i in range(60)], 9),
}
STARTS = [(PLANE, 3), (PLANE, 4), (EQUAL_ROWS, 2), *((move(PLANE), 3) for move in PLACES.values())]
FITS: dict[str, tuple[Any, int, dict[str, Any]]] = {
    **{f"tolerance {tolerance}": (MANY, 4, {"tolerance": tolerance}) for tolerance in (0.5, 0.3, 0.03, 0.003)},
    **{f"{limit} iterations": (MANY, 8, {"max_iterations": limit, "tolerance": 0.0}) for limit in (1, 2, 5)},
    "a fall of just the tolerance": ([[0.0], [2.0]], 1, {"tolerance": 0.5}),
    "a cluster loses all its points": (EMPTYING, 3, {}),
    "a cluster loses all its points in the last iteration": (EMPTYING, 3, {"max_iterations": 1}),
    "a cluster loses all its points, any fall is enough": (np.insert(EMPTYING, 0, 0.0, axis=1), 3, {"tolerance": 1.0}),
    "the farthest row is not that farthest from all": (OUTLYING, 3, {}),
    "ties, from 1 and 4": ([[1.0], [1.0], [4.0], [10.0]], 2, {}),
    "fewer distinct points than clusters": ([[0.1]] * 5 + [[1.1]], 3, {}),
    "two points with four numbers": ([[1.0, 2.0], [3.0, 4.0]] * 3, 3, {}),
    "as many clusters as rows": (MANY[:8], 8, {}),
    **{f"points {place}": (move(MANY), 5, {}) for place, move in PLACES.items()},
    **{f"tight about {at:g}, k = {k}": (TIGHT + at, k, {"tolerance": 0.0}) for at in (0, FAR) for k in (4, 5, 8)},
    "tight clusters of width 0.01 that are 2,000,000 apart": (DISTANT, 3, {}),
}
KINDS = ["near", "far", "tight", "float32", "uint8", "int8"]
BAD: list[tuple[str, int, tuple[Any, ...], dict[str, Any]]] = [
    *((method, k, ((4, 1),), {}) for method in ("fit", "initialize_centroids") for k in (0, -1, 5)),
    *(("fit", 2, ((4, 1),), bad) for bad in ({"max_iterations": 0}, {"tolerance": -1e-9})),
    *((method, 2, (X,), {}) for method in ("fit", "initialize_centroids") for X in ((6,), (6, 2, 1), (0, 2), (6, 0))),
    *(("update_centroids", 2, (X, [0] * X[0]), {}) for X in ((6,), (6, 2, 1), (0, 2), (6, 0))),
    *(("update_centroids", 2, ((3, 1), bad), {}) for bad in ([0, -1, 1], [0, 2, 1], [0, 1], [0] * 4, [[0]] * 3, [0])),
    ("update_centroids", 1, ((3, 1), [0, 1, 0]), {}),  # of one cluster, whose mean NumPy would broadcast to two
    *(("assign_points_to_clusters", 2, (X, (2, 2)), {}) for X in ((2,), (6, 2, 1), (0, 2), (6, 0), (6, 3), (6, 1))),
    *(("assign_points_to_clusters", 2, ((6, 2), c), {}) for c in ((2,), (2, 2, 1), (2, 0), (3, 2), (1, 2), (2, 1))),
]


def model(k: int = 3, **options: Any) -> Any:
    """An object of the subject's."""
    return kata.OptimizedKMeans(k=k, **options)


def squares(X: Any, centroids: Any, metric: str = "sqeuclidean") -> Float64Array:
    """The squared distances of rows and centroids, from differences in float64."""
    return np.asarray(cdist(X, centroids, metric))


WRONG_LABELS: dict[str, Callable[[Any, Any], Any]] = {
    "counted from 1: the first centroid has the index 0": lambda X, C: squares(X, C).argmin(axis=1) + 1,
    "the farthest centroid, not the nearest": lambda X, C: squares(X, C).argmax(axis=1),
    "absolute differences: the distance is Euclidean": lambda X, C: squares(X, C, "cityblock").argmin(axis=1),
    "small integers wrap around: use float64": lambda X, C: ((X[:, None] - C) ** 2).sum(axis=2).argmin(axis=1),
    "float32 has too few digits: use float64": lambda X, C: squares(np.float32(X), np.float32(C)).argmin(axis=1),
    "squares expanded in the type of X, or not about its mean": lambda X, C: ((C * C).sum(1) - 2 * X @ C.T).argmin(1),
    "-x.c in place of -2 x.c": lambda X, C: (squares(X, C) + squares([X.mean(axis=0)], C)).argmin(axis=1),
}


def check_integers(got: object, n: int, asked: Asked) -> None:
    """Hold labels to be an integer array of shape (n,)."""
    is_right = isinstance(got, np.ndarray) and got.shape == (n,) and got.dtype.kind in "iu"
    check.true(is_right, asked=asked, came=got, expected=f"an integer array of shape {(n,)}", hint="labels are indices")


def check_assign(X: Any, centroids: Any, note: str = "") -> None:
    """Hold labels to the definition."""
    __tracebackhide__ = True
    got = model(len(centroids)).assign_points_to_clusters(X, centroids)
    asked, near = call("assign_points_to_clusters", X, centroids) + note, squares(X, centroids)
    check_integers(got, len(X), asked)
    args = np.asarray(X), np.asarray(centroids)
    mistakes: dict[str, Any] = {name: partial(wrong, *args) for name, wrong in WRONG_LABELS.items()}
    mistakes["of equal distances the last: take the first"] = lambda: near.shape[1] - 1 - near[:, ::-1].argmin(axis=1)
    hint = "the nearest in float64, with the origin at the mean of X; at a tie the one with the lowest index"
    check.equal(got, near.argmin(axis=1), asked=asked, mistakes=mistakes, hint=hint)


def update(X: Any, labels: Any, k: int, empty: str = "farthest", before: Any = None) -> Float64Array:
    """`update_centroids` by its definition; other values of `empty` are what people do instead."""
    X, labels = np.asarray(X, dtype=np.float64), np.array(labels)
    counts = np.bincount(labels, minlength=k)
    missing = np.flatnonzero(counts == 0)
    means: Float64Array = np.eye(k)[labels].T @ (X - X[0]) / np.maximum(counts, 1)[:, None] + X[0]
    differences = X - (X.mean(axis=0) if empty == "all" else means[labels])
    order = np.argsort(-np.sum(differences**2, axis=1), kind="stable")[: len(missing)]
    if empty == "moved":
        labels[order] = missing[: len(order)]
        return update(X, labels, k)
    if len(missing):
        fills = {"same": X[order[:1]], "turned": X[order[::-1]], "zero": 0 * X[:1], "nan": np.nan * X[:1]}
        means[missing] = before[missing] if empty == "kept" else fills.get(empty, X[order])
    return means


WRONG_FILLS = {
    "several empty clusters take the same row: each takes another one": "same",
    "the first empty cluster takes the farthest row, the next one the next": "turned",
    "the row farthest from the mean of all: from the mean of its own cluster is asked": "all",
    "a row given to an empty cluster was taken out of its old mean: the other means stay": "moved",
    "NaN, for an empty cluster has no mean: it takes the row farthest from its own mean": "nan",
    "an empty cluster is left at the origin: it takes the row farthest from its own mean": "zero",
}


def check_update(X: Any, labels: Any, k: int, note: str = "", atol: float = 1e-11) -> None:
    """Hold the updated centroids to the definition."""
    __tracebackhide__ = True
    asked, got = call("update_centroids", X, labels, k=k) + note, model(k).update_centroids(X, labels)
    mistakes: dict[str, Any] = {name: partial(update, X, labels, k, empty) for name, empty in WRONG_FILLS.items()}
    mistakes["sums of the clusters: divide them by their sizes"] = (np.array(labels) == np.arange(k)[:, None]) @ X
    hint = "the mean of the rows of each label; empty clusters take the rows farthest from their own means, in turn"
    check.close(got, update(X, labels, k), asked=asked, rtol=1e-11, atol=atol, mistakes=mistakes, hint=hint)
    check.float_array(got, (k, np.shape(X)[1]), asked=asked)


def lloyd(X: Any, start: Any, *, of: str = "before", empty: str = "farthest", **options: Any) -> list[float]:
    """The cost_history of `fit` from `start` by its definition, or with a mistake."""
    k, centroids, costs = len(start), np.asarray(start), list[float]()
    while True:
        distances = squares(X, centroids)
        labels = distances.argmin(axis=1)
        costs.append(float(distances.min(axis=1).sum()))
        if len(costs) > 1:
            fell, scale = costs[-2] - costs[-1], {"before": costs[-2], "start": costs[0], "itself": 1.0}[of]
            enough = options.get("tolerance", 1e-4) * scale + 1e-12 * costs[0]
            is_done = fell <= enough or len(costs) > options.get("max_iterations", 300)
            if is_done and (len(set(labels.tolist())) == k or fell <= 0 or empty == "left"):
                return costs
        centroids = update(X, labels, k, empty, centroids)


STOPPED = "fit stopped while a cluster was empty: it goes on, even beyond max_iterations"
WRONG_PATHS: dict[str, dict[str, Any]] = {
    STOPPED: {"empty": "left"},
    "fit goes on although the cost has fallen by no more than tolerance times the cost before": {"tolerance": 0.0},
    "tolerance times the cost of the start: it is times the cost before the iteration": {"of": "start"},
    "the tolerance is compared with the fall itself: it is a fraction of the cost before": {"of": "itself"},
    "an empty cluster of fit stays where it was: it takes the farthest row": {"empty": "kept"},
    "in fit, the row farthest from the mean of all: from the mean of its own cluster is asked": {"empty": "all"},
}


def check_fit(got: dict[str, Any], X: Any, k: int, asked: str, rtol: float, path: bool, **options: Any) -> None:
    """Hold what `fit` leaves to a plain iteration; without `path`, whichever way near ties went."""
    __tracebackhide__ = True
    check_attributes(got, X, k, asked)
    want = lloyd(X, got["start"], **options)
    close = partial(check.close, rtol=rtol, atol=rtol * want[0] or 1e-12)
    hint = "fit starts from what one call of initialize_centroids(X) draws, and the history with the cost of that start"
    close(got["cost_history"][:1], want[:1], asked=f"the first of the cost_history of {asked}", hint=hint)
    if path:
        check_path(got["cost_history"], want, partial(lloyd, X, got["start"]), asked, close, options)
    check_end(got, X, k, asked, close)


def check_attributes(got: dict[str, Any], X: Any, k: int, asked: str) -> None:
    """Hold the attributes to their types and lengths."""
    __tracebackhide__ = True
    check.float_array(got["centroids"], (k, np.shape(X)[1]), asked=f"the centroids of {asked}")
    check_integers(got["labels"], len(X), f"the labels of {asked}")
    check.python_float(got["inertia"], asked=f"the inertia of {asked}")
    n, costs = got["n_iterations"], got["cost_history"]
    is_right = isinstance(costs, list) and isinstance(n, int) and len(costs) == n + 1
    expected, hint = "an int, and a list of n + 1 costs", "each fit begins a new history, with the cost of the start"
    check.true(is_right, asked=f"[n, costs] of {asked}", came=[n, costs], expected=expected, hint=hint)


def check_path(
    costs: list[float], want: list[float], path: Callable[..., Any], asked: str, close: Any, options: dict[str, Any]
) -> None:
    """Hold the cost_history to that of a plain iteration, `path(**options)`."""
    __tracebackhide__ = True
    rest, is_exact = costs[len(want) :], options.get("tolerance") == 0 or want[-1] == 0
    if is_exact and len(rest) <= 3 and np.ptp([*rest, want[-1]]) <= 1e-9 * want[0]:
        costs = costs[: len(want)]  # there rounding decides whether the cost fell
    mistakes: dict[str, Any] = {name: partial(path, **options | wrong) for name, wrong in WRONG_PATHS.items()}
    longer = options | {"tolerance": -1.0, "max_iterations": len(want)}
    mistakes |= {"one iteration too many": partial(path, **longer), "too few": want[: len(costs)]}
    mistakes["it goes on although the cost falls no more"] = [*want, *want[-1:] * len(rest)]
    hint = "an iteration updates as update_centroids does, then labels the rows; stop as README says"
    close(costs, want, asked=f"the cost_history of {asked}", mistakes=mistakes, hint=hint)


def check_end(got: dict[str, Any], X: Any, k: int, asked: str, close: Any) -> None:
    """Hold centroids, labels, inertia and the falling costs to one another."""
    __tracebackhide__ = True
    labels, costs, near = got["labels"], got["cost_history"], squares(X, got["centroids"])
    rises = [now - before for before, now in itertools.pairwise(costs)]
    hint = "update to the means, label by the nearest, and measure after both"
    close(np.maximum(rises, 0.0), np.zeros(len(rises)), asked=f"by how much costs rise, in {asked}", hint=hint)
    own, distances = near[np.arange(len(X)), labels], f"of rows to the centroids of their labels, after {asked}"
    hint = "labels and centroids belong together: after the last update, label the rows once more"
    close(own, near.min(axis=1), asked=f"squared distances {distances}", hint=hint)
    hint = "from differences, after the last step: expanded squares nearly cancel where clusters are far apart"
    asked = f"[inertia, last of cost_history]: the sum of squared distances {distances}"
    close([got["inertia"], costs[-1]], [own.sum()] * 2, asked=asked, hint=hint)
    is_full = len(set(labels.tolist())) == k or len(np.unique(X, axis=0)) < k
    check.true(is_full, asked=asked, came=labels, expected=f"all {k} labels in use", mistake=STOPPED)


@pytest.mark.example
def test_worked_examples_of_assigning_and_updating() -> None:
    check_assign([[1.0], [9.0]], [[10.0], [0.0]])
    check_update([[0.0], [1.0], [10.0], [12.0]], [1, 1, 0, 0], 2)
    check_update([[0.0], [1.0], [11.0]], [0, 0, 0], 3)


@pytest.mark.example
def test_worked_example_of_fit() -> None:
    X = [[0.0], [1.0], [10.0], [11.0]]
    one, asked = model(2, random_state=0).fit(X), call("fit", X, k=2, random_state=0)
    check.close(np.sort(np.ravel(one.centroids)), [0.5, 10.5], asked="the centroids, sorted, of " + asked)
    mistakes = {"the mean of the squared distances: inertia is their sum": 0.25, "distances that are not squared": 2.0}
    check.close(one.inertia, 1.0, asked="the inertia of " + asked, mistakes=mistakes)


@pytest.mark.law
@given(seeds(), st.integers(1, 3), st.integers(1, 5), st.sampled_from(KINDS))
def test_assigns_each_point_to_the_nearest_centroid(seed: int, d: int, k: int, kind: str) -> None:
    rng, dtype = np.random.default_rng(seed), "float64" if kind in ("near", "far", "tight") else kind
    low, high = {"uint8": (0, 255), "int8": (-128, 127)}.get(kind, (-6, 6))
    shift = {"far": FAR * (-1.0) ** np.arange(d), "tight": rng.choice([-5000.0, 5000.0], size=(k + 40, 1))}.get(
        kind, 0.0
    )
    C, X = np.split((np.round(rng.uniform(low, high, (k + 40, d)) * 64) / 64 + shift).astype(dtype), [k])
    nearest = np.sort(np.sqrt(squares(X, C)), axis=1)
    clear = X if k == 1 else X[nearest[:, 1] - nearest[:, 0] > 0.05]  # no tie, nor nearly one
    check_assign(clear if len(clear) else C[:1], C, f" ({kind})")


@pytest.mark.law
@given(seeds(), st.integers(1, 3), st.integers(1, 6))
def test_ties_go_to_the_lower_index(seed: int, d: int, half: int) -> None:
    rng = np.random.default_rng(seed)  # each row and centroid has its mirror image, so that all means are 0
    X, centroids = (np.vstack([rows, -rows]) for rows in (rng.integers(-3, 4, (n, d)) for n in (8, half)))
    check_assign(X, rng.permutation(centroids))


@pytest.mark.law
@given(seeds(), st.integers(1, 3), st.integers(1, 3), st.lists(st.integers(0, 3), min_size=6, max_size=9))
def test_updates_to_the_means(seed: int, d: int, k: int, more: list[int]) -> None:
    labels = [*range(k), *(label % k for label in more)]
    X = np.random.default_rng(seed).integers(0, 256, size=(len(labels), d))
    check_update(X.astype(np.uint8), labels, k)
    check_update(X / 7, labels, k)


@pytest.mark.law
@pytest.mark.parametrize("case", FILLED)
def test_empty_clusters_take_the_farthest_rows_in_turn(case: str) -> None:
    check_update(*FILLED[case], f" ({case})", atol=1e-7)


@pytest.mark.law
@pytest.mark.parametrize(("X", "k"), STARTS, ids=["k = 3", "k = n", "equal rows", *PLACES])
def test_starts_are_as_likely_as_k_means_plus_plus_makes_them(X: Any, k: int) -> None:
    want, count, others = chances(X.astype(float), k), 1200, dict[str, dict[bytes, float]]()
    came = Counter(start.tobytes() for start in starts(X, k, range(count)))
    surprise = sum((came[start] - count * p) ** 2 / max(count * p, 4.0) for start, p in want.items())
    is_right = set(came) <= set(want) and surprise < 90  # chi-square, 23 degrees of freedom at most
    if not is_right:
        others = {name: chances(X.astype(float), k, weights) for name, weights in WEIGHTS.items()}
    away = {name: sum(abs(p[key] - came[key] / count) for key in p) for name, p in others.items()} | {"": 0.25}
    asked = f"how often each sequence of {k} rows is the start of {X.tolist()}, over {count} seeds"
    shown, expected = check.show([came[key] for key in want]), check.show([round(count * p) for p in want.values()])
    hint = "one draw per centroid, by sums of squared differences in float64; the first row is any, equal or not"
    mistake = min(away, key=lambda name: away[name])
    check.true(is_right, asked=asked, came=shown, expected=expected, mistake=mistake, hint=hint)


@pytest.mark.law
@pytest.mark.parametrize("case", FITS)
def test_fit_is_right_where(case: str) -> None:
    (X, k, options), loose = FITS[case], any(word in case for word in ("about", "tight", "uint8"))  # near ties there
    states = [*range(9), *(np.random.default_rng(seed) for seed in range(90 if k < 4 else 10))]
    because = "k is no more than the number of rows, equal ones or not"
    came = check.accepts(partial(fits, X, k, states, **options), asked=f"fit where {case}", because=because)
    for state, got in zip(states, came, strict=True):
        asked = f"{case}: {call('fit', X, k=k, random_state=state, **options)}"
        check_fit(got, X, k, asked, 1e-6 if loose else 1e-7, not loose, **options)


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 5, None, "Generator"])
def test_draws_follow_random_state(state: Any) -> None:
    rng, is_seed, global_state = np.random.default_rng(3), isinstance(state, int), GlobalRandomState()
    one = model(8, random_state=rng if state == "Generator" else state)
    came = {"initialize_centroids": {np.asarray(one.initialize_centroids(MANY)).tobytes() for _ in range(4)}}
    came["fit"] = {np.asarray(one.fit(MANY).centroids).tobytes() for _ in range(4)}
    hint = "an int starts each call anew, 0 too; draws come from a Generator itself, not from a copy; None draws anew"
    for method, results in came.items():
        asked = f"how many different results {method} gives in 4 calls, with random_state={state}"
        is_right, want = (len(results) == 1) == is_seed, "1" if is_seed else "several"
        check.true(is_right, asked=asked, came=len(results), expected=want, hint=hint)
    moved = rng.bit_generator.state != np.random.default_rng(3).bit_generator.state
    check.true(moved or state != "Generator", asked="the Generator", came="unchanged", expected="further on", hint=hint)
    global_state.check_kept()


@pytest.mark.edge
@pytest.mark.parametrize(("method", "k", "args", "options"), BAD, ids=str)
def test_bad_shapes_labels_and_parameters_are_errors(method: str, k: int, args: Any, options: dict[str, Any]) -> None:
    given = [np.zeros(arg) if isinstance(arg, tuple) else np.array(arg, dtype=int) for arg in args]
    asked = f"{method}, k = {k}, {options}, {' and '.join(map(str, args))}"
    hint = "check all shapes and ranges before anything is computed: NumPy broadcasts, and negative indices count back"
    run = lambda: getattr(model(k, **options), method)(*given)  # noqa: E731 (an error of the constructor is one, too)
    check.raises(ValueError, run, asked=asked, because="README says so", hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_results_are_new() -> None:
    X, C, y = np.array([[0.1, 2e9], [3e9, 0.7], [0.5, 0.6]]), np.array([[0.2, 1e9], [4e9, 0.3]]), np.array([1, 0, 1])
    one, other, fresh = model(2, random_state=0), (X[::-1] * 3, C, np.array([1, 1, 1])), model(2, random_state=0)
    with check.untouched(asked="fit and the methods of OptimizedKMeans(k=2)", X=X, centroids=C, labels=y):
        first = ask(one, X, C, y)
    check.equal(first.pop("returns itself"), True, asked="whether fit returns the object itself")
    check.equal(np.shape(kata.OptimizedKMeans().fit(MANY).centroids), (3, 2), asked="centroids.shape, k as by default")
    before, X[:] = {name: np.array(value) for name, value in first.items()}, 50.0
    second, want = ask(one, *other), ask(fresh, *other)
    one.update_centroids(C, y[:2])
    for name, value in first.items():
        asked = f"{name}, after X was overwritten and the object was asked about other data"
        check.equal(np.array(value), before[name], asked=asked, hint="return new arrays: no views, no shared buffers")
        asked = f"{name} of an object that was given other data before, against a new object"
        check.equal(np.array(second[name]), np.array(want[name]), asked=asked, hint="nothing of earlier calls goes on")
    check.equal(one.centroids, want["centroids of fit"], asked="centroids after other methods: only fit sets them")


@pytest.mark.edge
def test_the_best_of_ten_seeds_is_near_the_best_of_scikit_learn() -> None:
    rng = np.random.default_rng(8)
    far = [200.0 * rng.choice([-1.0, 1.0], size=10) + rng.normal(size=(8, 10)) for _ in range(7)]
    X = np.vstack([rng.normal(size=(500, 10)), *far])  # nearly every start by k-means++ finds all eight clusters
    best, ours = KMeans(8, n_init=10, random_state=0).fit(X).inertia_, min(f["inertia"] for f in fits(X, 8, range(10)))
    asked, expected = "the best inertia of ten seeds, seven of eight clusters small", f"at most 5 % above {best:.6g}"
    check.true(ours <= 1.05 * best, asked=asked, came=f"{ours:.6g}", expected=expected, hint="start by k-means++")


@pytest.mark.speed
def test_assigning_and_updating_are_vectorised(race: Racer) -> None:
    def prepare(rng: np.random.Generator) -> Contest:
        X, one = rng.normal(size=(vary(rng, 2000), 10)), model(8)
        labels = partial(one.assign_points_to_clusters, X, X[:8].copy())
        return Contest(lambda: one.update_centroids(X, labels()), partial(loops, X.tolist(), X[:8].tolist()))

    asked = "assigning and updating at n = 2,000, d = 10, k = 8"
    race(prepare, same=check.close, at_least=20, versus="the loops", asked=asked, hint="use one matrix product")


@pytest.mark.speed
def test_fit_keeps_up_with_scikit_learn(race: Racer) -> None:
    def prepare(rng: np.random.Generator) -> Contest:
        options: dict[str, Any] = {"max_iterations": 10, "tolerance": 0.0}
        X, seed = rng.normal(size=(vary(rng, 20_000), 10)), int(rng.integers(1000))
        ours = model(8, random_state=seed, **options)
        theirs = KMeans(8, n_init=1, max_iter=10, tol=0.0, random_state=seed)
        want = partial(lloyd, X, ours.initialize_centroids(X), **options)
        return Contest(lambda: ours.fit(X).cost_history, lambda: theirs.fit(X), want)

    asked, hint = "ten iterations at n = 20,000, d = 10, k = 8", "look for large arrays made anew in each iteration"
    race(prepare, same=partial(check.close, rtol=1e-6), at_least=1 / 3, versus="sklearn", asked=asked, hint=hint)


@pytest.mark.speed
def test_assigning_makes_no_block_of_differences(memory: MemoryMeter) -> None:
    def prepare(rng: np.random.Generator) -> Task:
        X, one = rng.normal(size=(vary(rng, 20_000), 32)), model(8)
        return Task(lambda: one.assign_points_to_clusters(X, X[:8]), lambda: squares(X, X[:8]).argmin(axis=1))

    hint = "X[:, None] - centroids is an (n, k, d) array: 39 MiB here"
    memory(prepare, same=check.equal, at_most_mib=20, asked="assigning at n = 20,000, d = 32, k = 8", hint=hint)
