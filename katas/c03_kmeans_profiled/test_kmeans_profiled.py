"""Suite of C03: the results of `slow_kmeans` from the same start, step by step, and at least 50 times as fast."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import kmeans_profiled as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_kmeans import slow_kmeans

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.speed import Contest, Racer, vary
from harness.suite.strategies import Float64Array, seeds


class Problem(NamedTuple):
    """Rows (n, d), a start (k, d), and what is handed over by name."""

    X: Float64Array
    start: Float64Array
    options: dict[str, Any]


def make_problem(seed: int) -> Problem:
    """A few loose groups; starts near them, or one so far away that its cluster is empty."""
    rng = np.random.default_rng(seed)
    n, d, k = int(rng.integers(1, 30)), int(rng.integers(1, 4)), int(rng.integers(1, 6))
    X = rng.normal(size=(n, d)) + 3.0 * rng.integers(3, size=(n, 1))
    start = rng.normal(size=(k, d)) * 2 + 3
    if rng.random() < 0.3:
        start[rng.integers(k)] = 50.0
    limit, tolerance = int(rng.choice([1, 2, 3, 100])), float(rng.choice([0.3, 0.05, 1e-6]))
    return Problem(X, start, {"max_iterations": limit, "tolerance": tolerance})


PROBLEMS = st.builds(make_problem, seeds())


def lloyd(problem: Problem, slip: str) -> tuple[Float64Array, Any, list[float]]:
    """(centroids, labels, costs) with a mistake."""
    X, current, options = problem
    limit, tolerance = options.get("max_iterations", 100), options.get("tolerance", 1e-6)
    if slip == "float32":
        X, current = X.astype(np.float32).astype(float), current.astype(np.float32).astype(float)

    def nearest(centroids: Float64Array) -> Any:
        squares = ((X[:, np.newaxis] - centroids) ** 2).sum(axis=2)
        return len(centroids) - 1 - squares[:, ::-1].argmin(axis=1) if slip == "last tie" else squares.argmin(axis=1)

    def cost(centroids: Float64Array, labels: Any) -> float:
        return float(((X - centroids[labels]) ** 2).sum())

    labels = nearest(current)
    costs = [cost(current, labels)]
    for _ in range({"one fewer": limit - 1, "one more": limit + 1}.get(slip, limit)):
        before, stale = current, labels
        farthest = X[((X - current[labels]) ** 2).sum(axis=1).argmax()]
        fills = {"zero": 0.0, "nan": np.nan, "centre": X.mean(axis=0), "farthest": farthest}
        fill = np.broadcast_to(fills.get(slip, current), current.shape)
        current = np.array([X[labels == j].mean(axis=0) if (labels == j).any() else fill[j] for j in range(len(fill))])
        labels = nearest(current)
        costs.append(cost(current, stale if slip == "stale" else labels))
        fell = costs[-2] - costs[-1]
        done = {
            "absolute": fell <= tolerance,
            "start": fell <= tolerance * costs[0],
            "after": fell <= tolerance * costs[-1],
            "moved": bool(((current - before) ** 2).sum() <= tolerance),
            "labels": bool((labels == stale).all()),
            "never": False,
        }
        if done.get(slip, fell <= tolerance * costs[-2]):
            break
    return current, stale if slip == "old labels" else labels, costs


SLIPS = {
    "one fewer": "one iteration less than max_iterations",
    "one more": "one iteration more than max_iterations",
    "stale": "costs of new centroids with the labels of the iteration before",
    "old labels": "the labels are those before the last update: label the rows once more",
    "last tie": "of equally near centroids the last is taken: the lowest index",
    "zero": "an empty cluster goes to the origin: it keeps its centroid",
    "nan": "NaN for an empty cluster: it keeps its centroid",
    "centre": "an empty cluster goes to the mean of all rows: it keeps its centroid",
    "farthest": "an empty cluster goes to the farthest row: it keeps its centroid",
    "absolute": "the tolerance is compared with the fall itself: it is a part of the cost before",
    "start": "tolerance times the cost of the start: it is times the cost before the iteration",
    "after": "tolerance times the cost after the iteration: it is times the cost before",
    "moved": "stopped by how far the centroids moved: by how far the cost fell",
    "labels": "stopped when no label changes: by how far the cost fell",
    "never": "goes on although the cost has fallen by no more than tolerance times the cost before",
    "float32": "computed in float32: float64 is asked",
}


def check_result(problem: Problem, *, got: Any = None, hint: str = "", rtol: float = 1e-9) -> None:
    """Hold costs, labels and centroids to those of `slow_kmeans`."""
    __tracebackhide__ = True
    X, start, options = problem
    asked, want = call("fast_kmeans", X, start, **options), slow_kmeans(X, start, **options)
    if got is None:
        because = "these are rows and a start"
        got = check.accepts(lambda: kata.fast_kmeans(X.copy(), start.copy(), **options), asked=asked, because=because)
    check.equal(len(got), 3, asked=f"how many results {asked} has", hint="(centroids, labels, cost_history)")
    others = {} if hint else {text: partial(lloyd, problem, slip) for slip, text in SLIPS.items()}
    scale = max(1.0, float(np.abs(X).max()))
    costs: Mistakes = {text: lambda other=other: other()[2] for text, other in others.items()}
    costs = {
        **costs,
        "the cost of the start is missing": want[2][1:],
        "the cost after the last iteration is missing: a step fewer": want[2][:-1],
        "means of the squared distances: their sums": np.array(want[2]) / len(X),
        "the last cost only: one for the start, and one after each iteration": want[2][-1:],
    }
    usual = (
        hint or "cost of the start; then update, label, measure, until the cost falls by no more than tolerance of it"
    )
    check.close(list(got[2]), want[2], asked=f"cost_history of {asked}", rtol=rtol, mistakes=costs, hint=usual)
    labels: Mistakes = {text: lambda other=other: other()[1] for text, other in others.items()}
    usual = hint or "the nearest of the centroids that are returned; of equally near ones the lowest index"
    check.equal(np.asarray(got[1]), want[1], asked=f"labels of {asked}", mistakes=labels, hint=usual)
    centroids: Mistakes = {text: lambda other=other: other()[0] for text, other in others.items()}
    usual = hint or "the mean of the rows of each label; an empty cluster keeps its centroid"
    close = partial(check.close, rtol=rtol, atol=1e-12 * scale)
    close(got[0], want[0], asked=f"centroids of {asked}", mistakes=centroids, hint=usual)
    check.float_array(got[0], start.shape, asked=f"centroids of {asked}")


# --- examples --------------------------------------------------------------------------------------------------------

LINE = Problem(np.array([[0.0], [1], [10], [11]]), np.array([[0.0], [1]]), {})
PLANE = Problem(
    np.array([[0.0, 0], [1, 0], [0, 2], [8, 8], [9, 8], [8, 7], [20, 0]]), np.array([[0.0, 0], [1, 0], [40, 40]]), {}
)


@pytest.mark.example
def test_worked_example() -> None:
    got = kata.fast_kmeans([[0], [1], [10], [11]], [[0], [1]])
    check_result(LINE, got=got)
    name = type(got[2]).__name__
    check.equal(name, "list", asked="the type of cost_history", mistakes={"an array: a list of floats": "ndarray"})


@pytest.mark.example
def test_worked_example_with_a_cluster_that_is_empty() -> None:
    check_result(PLANE)


@pytest.mark.example
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_max_iterations_counts_updates(limit: int) -> None:
    X = np.array([[0.0], [1], [2], [3], [4], [5], [6], [7], [8], [9]]) ** 1.5
    check_result(Problem(X, X[:3].copy(), {"max_iterations": limit, "tolerance": 0.0}))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(PROBLEMS)
def test_results_are_those_of_slow_kmeans(problem: Problem) -> None:
    check_result(problem)


@pytest.mark.law
@settings(max_examples=8)
@given(seeds(), st.sampled_from([1.0, -1.0]))
def test_far_from_the_origin_no_digits_are_lost(seed: int, sign: float) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(100, 3)) + sign * np.array([1e7, -1e7, 0.0])
    hint = "|x|² - 2 x·c + |c|² cancels where rows are large and close: move the origin into the data first"
    check_result(Problem(X, X[:4].copy(), {"max_iterations": 2, "tolerance": 1e-3}), hint=hint, rtol=1e-7)


@pytest.mark.law
@settings(max_examples=15)
@given(seeds())
def test_defaults_and_longer_runs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(120, 2))
    check_result(Problem(X, X[:6].copy(), {}))


@pytest.mark.law
@settings(max_examples=3)
@given(seeds())
def test_many_centroids(seed: int) -> None:
    X = np.random.default_rng(seed).normal(size=(200, 2))
    hint = "each row is compared with all centroids, however many"
    check_result(Problem(X, X[:90].copy(), {"max_iterations": 2}), hint=hint)


@pytest.mark.law
def test_a_hundred_iterations_are_the_default() -> None:
    X = np.arange(300.0)[:, np.newaxis] ** 1.01
    check_result(Problem(X, X[:12].copy(), {}), hint="max_iterations is 100 where it is not given")


# --- edges -----------------------------------------------------------------------------------------------------------

SQUARE = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0], [0.0, 0.0]]
TIES: dict[str, tuple[Any, Any]] = {
    "halfway, first centroid on the left": ([[-2.0], [0.0], [2.0]], [[-1.0], [1.0]]),
    "halfway, first centroid on the right": ([[-2.0], [0.0], [2.0]], [[1.0], [-1.0]]),
    "equal centroids": ([[-1.0], [1.0], [4.0], [-4.0]], [[0.0], [0.0]]),
    "the middle of a square": (SQUARE, [[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]]),
}


@pytest.mark.edge
@pytest.mark.parametrize("name", TIES)
def test_of_equally_near_centroids_the_lowest_index_is_taken(name: str) -> None:
    X, start = (np.array(values) for values in TIES[name])
    check_result(Problem(X, start, {"max_iterations": 1}))


@pytest.mark.edge
@pytest.mark.parametrize("rows", [1, 5])
def test_one_row_equal_rows_and_more_centroids_than_rows(rows: int) -> None:
    check_result(Problem(np.full((rows, 2), 3.0), np.array([[0.0, 0.0], [3.0, 3.0], [9.0, 9.0]]), {}))


@pytest.mark.edge
def test_is_computed_in_float64() -> None:
    X = np.array([[0, 250], [3, 255], [200, 7], [160, 15], [190, 20]], dtype=np.uint8)
    hint = "rows came in uint8, where 3 - 5 is 254: convert them to float64 first"
    check_result(
        Problem(X.astype(float), X[:2].astype(float), {}), got=kata.fast_kmeans(X.copy(), X[:2].copy()), hint=hint
    )
    fine = 1 + np.array([[0.0], [1], [2], [9], [10]]) * 2.0**-30
    check_result(Problem(fine, fine[:2].copy(), {}), hint="float32 cannot tell these rows apart", rtol=1e-6)


GOOD = ((6, 2), (3, 2))
BAD: list[tuple[Any, Any, dict[str, Any]]] = [
    *((shape, (3, 2), {}) for shape in ((6,), (6, 2, 1), (0, 2), (6, 0), (6, 3), (6, 1))),
    *(((6, 2), shape, {}) for shape in ((2,), (3, 2, 1), (0, 2), (3, 0), (3, 1))),
    *((*GOOD, options) for options in ({"max_iterations": 0}, {"max_iterations": -1}, {"tolerance": -1e-9})),
]


@pytest.mark.edge
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_wrong_shapes_and_parameters_are_errors(bad: Any) -> None:
    rows, start, options = bad
    asked = f"fast_kmeans with X of shape {rows}, centroids of shape {start}, {options}"
    because = "X is (n, d), centroids (k, d), no axis has length zero, max_iterations >= 1, and tolerance >= 0"
    hint = "check shapes and ranges before anything is computed: NumPy broadcasts"
    run = partial(kata.fast_kmeans, np.ones(rows), np.ones(start), **options)
    check.raises(ValueError, run, asked=asked, because=because, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_results_are_new() -> None:
    X, start = PLANE.X.copy(), PLANE.start.copy()
    with check.untouched(asked=call("fast_kmeans", X, start), X=X, centroids=start):
        centroids = np.asarray(kata.fast_kmeans(X, start)[0])
    final = centroids.copy()
    again = np.asarray(kata.fast_kmeans(X, final)[0])
    shared = np.shares_memory(centroids, start) or np.shares_memory(centroids, X) or np.shares_memory(again, final)
    asked = "the returned centroids, from a start that moves and from one that does not"
    advice = "the caller's array is given back: return a copy"
    check.true(not shared, asked=asked, came="a view of an argument", expected="an array of its own", mistake=advice)


# --- speed -----------------------------------------------------------------------------------------------------------


def same(got: Any, want: Any, *, asked: Any) -> None:
    """Hold measured results to those of the loops."""
    __tracebackhide__ = True
    check.close(list(got[2]), want[2], asked=asked)
    check.equal(np.asarray(got[1]), want[1], asked=asked)
    check.close(got[0], want[0], asked=asked)


@pytest.mark.speed
def test_is_fifty_times_as_fast_as_the_loops(race: Racer) -> None:
    def prepare(rng: np.random.Generator) -> Contest:
        X = rng.normal(size=(vary(rng, 1000), 32))
        start, options = X[:32].copy(), {"max_iterations": 1, "tolerance": 0.0}
        return Contest(lambda: kata.fast_kmeans(X, start, **options), lambda: slow_kmeans(X, start, **options))

    race(
        prepare,
        same=same,
        at_least=50,
        versus="slow_kmeans",
        asked="an iteration with about 1,000 rows of 32 features and 32 centroids",
        hint="one matrix product gives all x·c; no array of n · k · d numbers, and no loop over rows",
    )
