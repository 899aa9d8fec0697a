"""Suite of B07: each step against its definition, the start by statistics, `fit` against a plain iteration."""

from __future__ import annotations

import itertools
from collections import Counter
from functools import partial
from typing import Any

import kmeans as kata
import kmeans_starts
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kmeans_starts import WEIGHTS, chances

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import Asked, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

starts, fits = in_subject_process(kmeans_starts.starts), in_subject_process(kmeans_starts.fits)
LINE = [[0.0], [1.0], [10.0], [11.0]]
PLANE = np.array([[0.0, 0.0], [5.0, 5.0], [7.0, 0.0], [-2.0, -2.0]])
EQUAL_ROWS = np.array([[0.0]] * 4 + [[1.0], [3.0]])
BYTES = np.array([[0, 250], [3, 255], [200, 7], [160, 15]], dtype=np.uint8)
MANY = np.random.default_rng(12).normal(size=(50, 2))
# With k = 3, every sixth start by k-means++ leaves a cluster empty in the first iteration; no ties, from any start.
EMPTYING = np.repeat(
    np.array([[59, 63], [76, 13], [18, 82], [44, 63], [18, 83], [80, 23], [67, 19]], dtype=float),
    [4, 12, 4, 3, 1, 12, 12],
    axis=0,
)
FITS: dict[str, tuple[Any, int, dict[str, Any]]] = {
    "default tolerance": (MANY, 4, {}),
    **{f"tolerance {tolerance}": (MANY, 4, {"tolerance": tolerance}) for tolerance in (0.5, 0.1, 0.01)},
    **{f"{n} iterations": (MANY, 8, {"max_iterations": n, "tolerance": (n - 1) * 1e-9}) for n in (1, 2, 3)},
    "in a small unit": (MANY / 2**20, 4, {}),
    "far from the origin": (MANY + 1e8, 4, {}),
    "a cluster loses all its points": (EMPTYING, 3, {}),
    "fewer distinct points than clusters": ([[2.0]] * 5 + [[1.0]], 3, {}),
    "a single cluster": (MANY[:7], 1, {}),
    "as many clusters as rows": (MANY[:6], 6, {}),
    "bytes": (BYTES, 2, {}),
}


def model(k: int = 3, **options: Any) -> Any:
    """An object of the subject's."""
    return kata.KMeans(k=k, **options)


def squares(X: Any, centroids: Any) -> Float64Array:
    """The squared distances of rows and centroids, (n, k)."""
    differences = np.asarray(X, dtype=float)[:, None] - np.asarray(centroids, dtype=float)
    return np.asarray((differences**2).sum(axis=2))


def check_integers(got: object, n: int, asked: Asked) -> None:
    """Hold labels to be an integer array of shape (n,)."""
    is_right = isinstance(got, np.ndarray) and got.shape == (n,) and got.dtype.kind in "iu"
    check.true(is_right, asked=asked, came=got, expected=f"an integer array of shape {(n,)}", hint="labels are indices")


def check_assign(X: Any, centroids: Any) -> None:
    """Hold labels to the definition."""
    __tracebackhide__ = True
    got, near = model(len(centroids)).assign_points_to_clusters(X, centroids), squares(X, centroids)
    asked, given_X, given_C = call("assign_points_to_clusters", X, centroids), np.asarray(X), np.asarray(centroids)
    check_integers(got, len(near), asked)
    mistakes = {
        "the farthest centroid, not the nearest": near.argmax(axis=1),
        "counted from 1: the first centroid has the index 0": near.argmin(axis=1) + 1,
        "absolute differences: the distance is Euclidean": np.abs(given_X[:, None] - given_C)
        .sum(axis=2)
        .argmin(axis=1),
        "of equally near centroids the last: take the first": near.shape[1] - 1 - near[:, ::-1].argmin(axis=1),
        "bytes wrap around: use float64": ((given_X[:, None] - given_C) ** 2).sum(axis=2).argmin(axis=1),
    }
    check.equal(got, near.argmin(axis=1), asked=asked, mistakes=mistakes, hint="the nearest; at a tie the lowest index")


def update(X: Any, labels: Any, k: int, empty: str = "farthest", before: Any = None) -> Float64Array:
    """`update_centroids` by its definition; other values of `empty` are what people do instead."""
    X, labels = np.asarray(X, dtype=float), np.array(labels)
    missing = np.flatnonzero(np.bincount(labels, minlength=k) == 0)
    means = np.array([X[labels == j].mean(axis=0) if j not in missing else 0 * X[0] for j in range(k)])
    centre = X.mean(axis=0) if empty == "all" else means[labels]
    order = np.argsort(-np.sum((X - centre) ** 2, axis=1), kind="stable")[: len(missing)]
    if empty == "moved":
        labels[order] = missing[: len(order)]
        return update(X, labels, k)
    if len(missing):
        fills = {"same": X[order[:1]], "turned": X[order[::-1]], "zero": 0 * X[:1], "nan": np.nan * X[:1]}
        means[missing] = before[missing] if empty == "kept" else fills.get(empty, X[order])
    return means


WRONG_FILLS = {
    "NaN, for an empty cluster has no mean: it takes the row farthest from its own mean": "nan",
    "an empty cluster is left at the origin: it takes the row farthest from its own mean": "zero",
    "several empty clusters take the same row: each takes another one": "same",
    "the first empty cluster takes the farthest row, the next one the next": "turned",
    "the row farthest from the mean of all: from the mean of its own cluster is asked": "all",
    "a row given to an empty cluster was taken out of its old mean: the other means stay": "moved",
}


def check_update(X: Any, labels: Any, k: int) -> None:
    """Hold the updated centroids to the definition."""
    __tracebackhide__ = True
    asked, got = call("update_centroids", X, labels, k=k), model(k).update_centroids(X, labels)
    mistakes: dict[str, Any] = {name: partial(update, X, labels, k, empty) for name, empty in WRONG_FILLS.items()}
    mistakes["sums of the clusters: divide them by their sizes"] = (np.array(labels) == np.arange(k)[:, None]) @ X
    hint = "the mean of the rows of each label; empty clusters take the rows farthest from their own means, in turn"
    check.close(got, update(X, labels, k), asked=asked, rtol=1e-9, mistakes=mistakes, hint=hint)
    check.float_array(got, (k, np.shape(X)[1]), asked=asked)


def check_cost(X: Any, centroids: Any, labels: Any) -> None:
    """Hold the cost to the definition."""
    __tracebackhide__ = True
    asked, got = call("compute_cost", X, centroids, labels), model(len(centroids)).compute_cost(X, centroids, labels)
    near, rows, columns = squares(X, centroids), len(labels), np.shape(X)[1]
    own = near[np.arange(rows), labels]
    mistakes = {
        "the mean of the squared distances: their sum": own.mean(),
        "half of the sum": own.sum() / 2,
        "the distances are not squared": np.sqrt(own).sum(),
        "the root of the sum": np.sqrt(own.sum()),
        "divided by the number of features, too": own.sum() / columns,
        "to the nearest centroid: to that of the label": near.min(axis=1).sum(),
        "to all centroids: to that of the label": near.sum(),
    }
    check.close(got, own.sum(), asked=asked, mistakes=mistakes, hint="sum of the squared distances, in float64")
    check.python_float(got, asked=asked)


def lloyd(X: Any, start: Any, slip: str = "", **options: Any) -> list[float]:
    """The cost_history of `fit` from `start` by its definition, or with a mistake."""
    centroids, near = np.asarray(start), squares(X, start)
    labels, costs = near.argmin(axis=1), [float(near.min(axis=1).sum())]
    limit, tolerance = options.get("max_iterations", 300) + (slip == "one more"), options.get("tolerance", 1e-4)
    while len(costs) <= limit:
        centroids_before, labels_before = centroids, labels
        fill = "kept" if slip == "kept" else "farthest"
        centroids = update(X, labels, len(centroids), fill, centroids_before)
        near = squares(X, centroids)
        labels = near.argmin(axis=1)
        costs.append(float(near[np.arange(len(near)), labels_before if slip == "stale labels" else labels].sum()))
        fell = ((centroids - centroids_before) ** 2).sum() if slip == "moved" else costs[-2] - costs[-1]
        if slip == "rest":
            fell = -np.inf if np.array_equal(labels, labels_before) else np.inf
        if (
            fell <= tolerance * {"start": costs[0], "itself": 1.0, "moved": 1.0}.get(slip, costs[-2])
            and slip != "never"
        ):
            break
    return costs


SLIPS = {
    "stale labels": "costs of new centroids with the labels of the iteration before: measure after both are new",
    "never": "fit goes on although the cost has fallen by no more than tolerance times the cost before",
    "one more": "one iteration more than max_iterations",
    "itself": "the tolerance is compared with the fall itself: it is a fraction of the cost before",
    "start": "tolerance times the cost of the start: it is times the cost before the iteration",
    "rest": "stopped where no label changes: by how far the cost fell",
    "moved": "stopped by how far the centroids moved: by how far the cost fell",
    "kept": "an empty cluster of fit stays where it was: it takes the farthest row",
}


def check_fit(got: dict[str, Any], X: Any, k: int, asked: str, **options: Any) -> None:
    """Hold what `fit` found to a plain iteration from the same start, and its parts to one another."""
    __tracebackhide__ = True
    X, costs, want = np.asarray(X, dtype=float), got["cost_history"], lloyd(X, got["start"], **options)
    check.equal(got["returns itself"], True, asked=f"whether fit returns the object, {asked}", hint="return self")
    mistakes: dict[str, Any] = {text: partial(lloyd, X, got["start"], slip, **options) for slip, text in SLIPS.items()}
    mistakes |= {
        "the cost of the start is missing": want[1:],
        "the cost after the last iteration is missing": want[:-1],
        "the last cost only: one for the start, and one after each iteration": want[-1:],
        "means of the squared distances: their sums": np.array(want) / len(X),
    }
    close = partial(check.close, rtol=1e-6, atol=1e-9 * want[0] or 1e-12)
    hint = "from what one call of initialize_centroids(X) draws: update, label, measure; stop as README says"
    close(costs, want, asked=f"cost_history of {asked}", mistakes=mistakes, hint=hint)
    rises = [max(now - before, 0.0) for before, now in itertools.pairwise(costs)]
    close(rises, [0.0] * len(rises), asked=f"by how much costs rise, {asked}")
    check.float_array(got["centroids"], (k, X.shape[1]), asked=f"centroids of {asked}")
    check_integers(got["labels"], len(X), f"labels of {asked}")
    near, hint = squares(X, got["centroids"]), "after the last update, label the rows once more: they belong together"
    of = f"squared distances of the rows to the centroids of their labels, after {asked}"
    close(near[np.arange(len(X)), got["labels"]], near.min(axis=1), asked=of, hint=hint)
    close(costs[-1], near.min(axis=1).sum(), asked="the last cost against the sum of the " + of, hint=hint)
    check.equal(got["centers"], got["centroids"], asked=f"get_cluster_centers() after {asked}, against centroids")
    hint = "predict asks for the nearest of the centroids of fit"
    close(near[np.arange(len(X)), got["predicted"]], near.min(axis=1), asked=of + " and predict(X)", hint=hint)


@pytest.mark.example
def test_worked_examples_of_the_steps() -> None:
    check_assign([[1.0], [9.0]], [[10.0], [0.0]])
    check_cost([[1.0], [9.0]], [[10.0], [0.0]], [1, 0])
    check_update([[0.0], [1.0], [10.0], [12.0]], [1, 1, 0, 0], 2)
    check_update([[0.0], [1.0], [11.0]], [0, 0, 0], 3)


@pytest.mark.example
def test_worked_example_of_fit() -> None:
    one = model(2, random_state=0).fit(LINE)
    asked, mistakes = "after " + call("fit", LINE, k=2), {"the mean of the squared distances: their sum": 0.25}
    check.close(
        np.sort(np.ravel(one.get_cluster_centers())), [0.5, 10.5], asked="sorted get_cluster_centers() " + asked
    )
    check.close(one.cost_history[-1], 1.0, asked="the last of cost_history " + asked, mistakes=mistakes)
    low, high = (int(np.argmin(one.centroids)), int(np.argmax(one.centroids)))
    hint = "the index of the nearest centroid, whose order is that of the start"
    check.equal(one.labels, [low, low, high, high], asked="labels " + asked, hint=hint)
    check.equal(one.predict([[7.0], [-5.0]]), [high, low], asked="predict([[7.0], [-5.0]]) " + asked, hint=hint)
    check.equal(np.shape(kata.KMeans().fit(MANY.copy()).centroids), (3, 2), asked="centroids.shape, k as by default")


@pytest.mark.law
@given(seeds(), st.integers(1, 3), st.integers(1, 5), st.sampled_from(["float64", "float32", "uint8", "int8"]))
def test_assigns_each_row_to_the_nearest_centroid(seed: int, d: int, k: int, dtype: str) -> None:
    low, high = {"uint8": (0, 255), "int8": (-128, 127)}.get(dtype, (-6, 6))
    rows = np.random.default_rng(seed).uniform(low, high, (k + 20, d)).round(3 if "float" in dtype else 0).astype(dtype)
    centroids, X = np.split(rows, [k])
    nearest = np.sort(squares(X, centroids), axis=1)
    clear = X if k == 1 else X[nearest[:, 1] - nearest[:, 0] > 1e-3]  # no tie, nor nearly one
    check_assign(clear if len(clear) else centroids[:1], centroids)


@pytest.mark.law
@given(seeds(), st.integers(1, 2), st.integers(1, 6))
def test_ties_go_to_the_lower_index(seed: int, d: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    check_assign(rng.integers(-3, 4, (8, d)), rng.integers(-3, 4, (k, d)))


@pytest.mark.law
@given(seeds(), st.integers(1, 3), st.integers(1, 3), st.lists(st.integers(0, 3), min_size=6, max_size=9))
def test_updates_to_the_means_and_measures_by_the_labels(seed: int, d: int, k: int, more: list[int]) -> None:
    labels, rng = [*range(k), *(label % k for label in more)], np.random.default_rng(seed)
    X = rng.integers(0, 256, size=(len(labels), d))
    for rows in (X.astype(np.uint8), X / 7):
        check_update(rows, labels, k)
        check_cost(rows, rng.permutation(rows)[:k], labels)


@pytest.mark.law
@given(seeds(), st.integers(2, 6), st.integers(1, 3))
def test_empty_clusters_take_the_farthest_rows_in_turn(seed: int, k: int, used: int) -> None:
    rng = np.random.default_rng(seed)
    # Three rows or more in each cluster: two would be equally far from their mean.
    labels = rng.permutation(k)[np.arange(9) % min(used, k - 1)]
    X = rng.normal(size=(9, 2)) + 3.0 * labels[:, None]
    check_update(X, labels.tolist(), k)


@pytest.mark.law
@pytest.mark.parametrize(
    ("X", "k"), [(PLANE / 2**20, 4), (EQUAL_ROWS, 2), (BYTES, 3)], ids=["in a small unit", "equal rows", "bytes"]
)
def test_starts_are_as_likely_as_k_means_plus_plus_makes_them(X: Any, k: int) -> None:
    want, count, others = chances(X.astype(float), k), 1000, dict[str, dict[bytes, float]]()
    came = Counter(start.astype(float).tobytes() for start in starts(X, k, range(count)))
    surprise = sum((came[start] - count * p) ** 2 / max(count * p, 4.0) for start, p in want.items())
    is_right = set(came) <= set(want) and surprise < 90  # chi-square, 23 degrees of freedom at most
    if not is_right:
        others = {name: chances(X.astype(float), k, weights) for name, weights in WEIGHTS.items()}
    away = {name: sum(abs(p[key] - came[key] / count) for key in p) for name, p in others.items()} | {"": 0.25}
    asked = f"how often each sequence of {k} rows is the start of {X.tolist()}, over {count} seeds"
    shown, expected = check.show([came[key] for key in want]), check.show([round(count * p) for p in want.values()])
    hint = "one draw per centroid, by squared distances in float64; the first row is any, equal or not"
    mistake = min(away, key=lambda name: away[name])
    check.true(is_right, asked=asked, came=shown, expected=expected, mistake=mistake, hint=hint)


@pytest.mark.law
@pytest.mark.parametrize("case", FITS)
def test_fit_is_right_where(case: str) -> None:
    X, k, options = FITS[case]
    states = [*range(6), *(np.random.default_rng(seed) for seed in range(30 if "loses" in case else 2))]
    because = "k is no more than the number of rows, equal ones or not"
    found = check.accepts(partial(fits, X, k, states, **options), asked=f"fit where {case}", because=because)
    for state, got in zip(states, found, strict=True):
        check_fit(got, X, k, f"{case}: {call('fit', X, k=k, random_state=state, **options)}", **options)


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 5, None, "Generator"])
def test_draws_follow_random_state(state: Any) -> None:
    rng, is_seed, global_state = np.random.default_rng(3), isinstance(state, int), GlobalRandomState()
    one = model(8, random_state=rng if state == "Generator" else state)
    came = {"initialize_centroids": {np.asarray(one.initialize_centroids(MANY.copy())).tobytes() for _ in range(4)}}
    came["fit"] = {np.asarray(one.fit(MANY.copy()).centroids).tobytes() for _ in range(4)}
    hint = "an int starts each call anew, 0 too; draws come from a Generator itself, not from a copy; None draws anew"
    for method, results in came.items():
        asked = f"how many different results {method} gives in 4 calls, with random_state={state}"
        is_right, want = (len(results) == 1) == is_seed, "1" if is_seed else "several"
        check.true(is_right, asked=asked, came=len(results), expected=want, hint=hint)
    moved = rng.bit_generator.state != np.random.default_rng(3).bit_generator.state
    check.true(moved or state != "Generator", asked="the Generator", came="unchanged", expected="further on", hint=hint)
    global_state.check_kept()


SHAPES = ((6,), (6, 2, 1), (0, 2), (6, 0))
BAD: list[tuple[str, int, tuple[Any, ...], dict[str, Any]]] = [
    *((method, k, ((4, 1),), {}) for method in ("fit", "initialize_centroids") for k in (0, -1, 5)),
    *(("fit", 2, ((4, 1),), bad) for bad in ({"max_iterations": 0}, {"tolerance": -1e-9})),
    *((method, 2, (X,), {}) for method in ("fit", "initialize_centroids") for X in SHAPES),
    *(("update_centroids", 2, (X, [0] * X[0]), {}) for X in SHAPES),
    *(("update_centroids", 2, ((3, 1), bad), {}) for bad in ([0, -1, 1], [0, 2, 1], [0, 1], [0] * 4, [[0]] * 3)),
    *(("compute_cost", 2, ((3, 1), (2, 1), bad), {}) for bad in ([0, -1, 1], [0, 2, 1], [0, 1], [0] * 4, [[0]] * 3)),
    *(("compute_cost", 2, ((3, 2), c, [0, 1, 0]), {}) for c in ((2,), (2, 1), (3, 2), (1, 2))),
    *(("assign_points_to_clusters", 2, (X, (2, 2)), {}) for X in (*SHAPES, (6, 3), (6, 1))),
    *(("assign_points_to_clusters", 2, ((6, 2), c), {}) for c in ((2,), (2, 2, 1), (2, 0), (3, 2), (1, 2), (2, 1))),
    *(("predict", 2, (X,), {}) for X in ((2,), (6, 2, 1), (0, 2), (6, 0), (6, 3), (6, 1))),
]


@pytest.mark.edge
@pytest.mark.parametrize(("method", "k", "args", "options"), BAD, ids=str)
def test_bad_shapes_labels_and_parameters_are_errors(method: str, k: int, args: Any, options: dict[str, Any]) -> None:
    given = [np.zeros(arg) if isinstance(arg, tuple) else np.array(arg, dtype=int) for arg in args]

    def run() -> Any:
        one = model(k, **options)
        return getattr(one.fit(PLANE.copy()) if method == "predict" else one, method)(*given)

    asked = f"{method}, k = {k}, {options}, {' and '.join(map(str, args))}" + ", fitted with 2 columns" * (
        method == "predict"
    )
    hint = "check all shapes and ranges before anything is computed: NumPy broadcasts, and negative indices count back"
    check.raises(ValueError, run, asked=asked, because="README says so", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(("method", "args"), [("predict", ([[1.0]],)), ("get_cluster_centers", ())])
def test_a_call_before_fit_is_a_runtime_error(method: str, args: Any) -> None:
    run, hint = lambda: getattr(model(1), method)(*args), "ask whether there was a fit before centroids are used"
    check.raises(RuntimeError, run, asked=f"KMeans(k=1).{method} before fit", because="there was no fit", hint=hint)


@pytest.mark.edge
def test_arguments_stay_and_other_calls_change_nothing_that_fit_found() -> None:
    X, C, y, one = MANY[:9].copy(), PLANE[:2].copy(), np.array([0, 0, 1, 1, 0, 1, 0, 1, 0]), model(2, random_state=0)
    names, before = ("centroids", "labels", "cost_history"), model(2, random_state=0).fit(MANY[:9].copy())
    with check.untouched(asked="fit and the other methods of KMeans(k=2)", X=X, centroids=C, labels=y):
        one.fit(PLANE.copy())
        one.fit(X)
        one.predict(3 * X[:4])
        one.assign_points_to_clusters(X[::-1], C)
        one.update_centroids(X, y)
        one.compute_cost(X, C, y)
        one.initialize_centroids(X[::-1])
    X[:] = 50.0
    model(2, random_state=1).fit(PLANE.copy())
    for name in names:
        asked = f"{name} of an object that was fitted before, and asked about other data since"
        hint = (
            "fit begins anew and copies what it keeps; no other method sets an attribute, and none belongs to the class"
        )
        check.equal(np.array(getattr(one, name)), np.array(getattr(before, name)), asked=asked, hint=hint)
