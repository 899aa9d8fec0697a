"""Suite of C04: neighbours, order and ties against a full sort, digits far from the origin, memory and speed."""

from __future__ import annotations

from functools import partial
from typing import Any

import knn_search as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Asked, call
from harness.suite.speed import Contest, MemoryMeter, Racer, Task, vary
from harness.suite.strategies import Float64Array, seeds

Found = tuple[npt.NDArray[np.int64], Float64Array]


def squares_of(queries: Float64Array, data: Float64Array) -> Float64Array:
    """All squared distances (q, n), by differences."""
    return np.array([((data - query) ** 2).sum(axis=1) for query in queries])


def slow_search(queries: Float64Array, data: Float64Array, k: int) -> Found:
    """All distances in one table, and a full sort of each row: obvious, slow and large."""
    table = squares_of(queries, data)
    indices = np.argsort(table, axis=1, kind="stable")[:, :k]
    return indices, np.sqrt(np.take_along_axis(table, indices, axis=1))


SELECTION = "the k smallest by distance and then by index; a partition alone does neither"
CANCELS = "|q|^2 - 2 q x + |x|^2 cancels far from the origin: take differences, or move the origin to the data"


def check_found(
    got: Any, want: Found, *, asked: Asked, queries: Any = None, data: Any = None, hint: str = SELECTION
) -> None:
    """Hold indices and distances to those of a full sort; with `queries` and `data`, mistakes are named."""
    __tracebackhide__ = True
    check.equal(len(got), 2, asked=f"how many results {asked} has", hint="return indices, distances")
    (indices, distances), (q, k) = want, want[0].shape
    of_distances: dict[str, object] = {
        "squared distances: take the root": distances**2,
        "the farthest come first": distances[:, ::-1],
        "one row for each neighbour: there is one for each query": distances.T,
    }
    of_indices: dict[str, object] = {"the farthest come first": indices[:, ::-1]}
    if queries is not None:
        every = slow_search(queries, data, len(data))
        cityblock = np.abs(queries[:, np.newaxis] - data).sum(axis=2)
        backwards = np.argsort(squares_of(queries, data)[:, ::-1], axis=1, kind="stable")
        of_distances |= {
            "the sum of absolute differences: take the root of the sum of squares": np.sort(cityblock)[:, :k],
            "the k farthest: the nearest are asked for": every[1][:, -k:],
            "the query's own row is left out: it is a neighbour like others": every[1][:, 1 : k + 1],
        }
        of_indices |= {
            "of equally near rows the lower index comes first: sort stably": len(data) - 1 - backwards[:, :k],
            "the k nearest in order of index: sort them by distance": np.sort(indices, axis=1),
        }
        unsorted = "the right rows, but not in order: by distance, then by index"
        for came, right, known in ((got[0], indices, of_indices), (got[1], distances, of_distances)):
            if np.shape(came) == right.shape and np.allclose(np.sort(came, axis=1), np.sort(right, axis=1)):
                known[unsorted] = came
    close = partial(check.close, rtol=1e-9, atol=1e-9)
    close(got[1], distances, asked=f"distances of {asked}", mistakes=of_distances, hint=hint)
    check.equal(got[0], indices, asked=f"indices of {asked}", mistakes=of_indices, hint=hint)
    check.float_array(got[1], (q, k), asked=f"distances of {asked}")
    kind = getattr(getattr(got[0], "dtype", None), "kind", "")
    check.true(
        kind in "iu" and kind != "",
        asked=f"indices of {asked}",
        came=f"dtype kind {kind!r}",
        expected="an integer array",
    )


def try_search(queries: Float64Array, data: Float64Array, k: int, *, hint: str = SELECTION) -> None:
    """Search copies, and hold the result to the full sort."""
    __tracebackhide__ = True
    asked, search = call("knn_search", queries, data, k), partial(kata.knn_search, queries.copy(), data.copy(), k)
    got = check.accepts(search, asked=asked, because="k may be anything from 1 to the number of rows")
    check_found(got, slow_search(queries, data, k), asked=asked, queries=queries, data=data, hint=hint)


# --- examples --------------------------------------------------------------------------------------------------------

DATA = np.array([[6.0, 8.0], [3.0, 4.0], [0.0, 1.0], [3.0, 4.0], [0.0, 0.0]])
QUERIES = np.array([[3.0, 4.0], [0.0, 0.0]])


@pytest.mark.example
def test_worked_example() -> None:
    got = kata.knn_search(QUERIES.astype(int).tolist(), DATA.astype(int).tolist(), 3)
    asked = call("knn_search", QUERIES, DATA, 3)
    check_found(got, slow_search(QUERIES, DATA, 3), asked=asked, queries=QUERIES, data=DATA)


@pytest.mark.example
def test_worked_example_of_a_tie_at_the_end() -> None:
    data = np.array([[9.0], [4.0], [2.0], [0.0], [4.0], [2.0], [4.0]])
    for k in range(1, 8):
        try_search(np.array([[3.0]]), data, k)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(seeds(), st.booleans())
def test_equals_a_full_sort_by_distance_and_index(seed: int, has_ties: bool) -> None:
    rng = np.random.default_rng(seed)
    n, q, d = rng.integers(1, [30, 6, 5])
    high = 4 if has_ties else 1000
    data, queries = rng.integers(0, high, size=(n, d)).astype(float), rng.integers(0, high, size=(q, d)).astype(float)
    try_search(queries, data, int(rng.integers(1, n + 1)))


@pytest.mark.law
@given(seeds(), st.sampled_from([1e8, -1e8]))
def test_ties_far_from_the_origin_are_ties(seed: int, far: float) -> None:
    rng = np.random.default_rng(seed)
    data, queries = (rng.integers(0, 5, size=(size, 3)) + far * np.array([1.0, -1.0, 0.5]) for size in (20, 3))
    try_search(queries, data, int(rng.integers(1, 21)), hint=CANCELS)


@pytest.mark.law
@given(seeds(), st.sampled_from([0.0, 1e8]))
def test_digits_survive_far_from_the_origin(seed: int, far: float) -> None:
    rng = np.random.default_rng(seed)
    unit = 1.0 if far else 0.05
    data = unit * (rng.permutation(40)[:, np.newaxis] + rng.uniform(-0.1, 0.1, size=(40, 2))) + [far, -far]
    queries = data[:3] + 0.25 * unit
    indices, distances = slow_search(queries, data, 5)
    got = kata.knn_search(queries.copy(), data.copy(), 5)
    asked = f"distances of knn_search(queries, data, 5), of points {unit:g} apart and {far:g} from the origin"
    hint = CANCELS if far else "nothing is rounded or added: nine digits of a distance of 0.02 are right"
    mistakes = {"NaN: the root of a square below 0, which comes from cancellation": np.nan}
    check.close(got[1], distances, asked=asked, rtol=1e-9, atol=1e-6 if far else 0.0, mistakes=mistakes, hint=hint)
    check.equal(got[0], indices, asked=asked.replace("distances", "indices", 1), hint=hint)


@pytest.mark.law
def test_a_query_that_is_a_row_is_at_distance_0() -> None:
    data = np.random.default_rng(3).normal(size=(200, 7)) + 10
    indices, distances = kata.knn_search(data.copy(), data.copy(), 1)
    asked = "each of 200 rows searched among them, k = 1"
    check.equal(
        np.ravel(indices), np.arange(200), asked="indices of " + asked, hint="a row is its own nearest neighbour"
    )
    mistakes = {"NaN: squares slightly below 0, which come from cancellation, have no root": np.nan}
    check.close(distances, np.zeros((200, 1)), asked="distances of " + asked, atol=1e-6, mistakes=mistakes)


@pytest.mark.law
@pytest.mark.parametrize(("n", "k"), [(150_000, 7), (150_001, 3), (100_000, 5000)])
def test_long_data_have_neighbours_and_ties_everywhere(n: int, k: int) -> None:
    numbers = np.arange(n)
    data = (numbers * 7 % 1000).astype(float)[:, np.newaxis]
    queries, values = np.array([[3.0], [999.0], [-50.0]]), np.ravel(data)
    got = kata.knn_search(queries, data.copy(), k)
    want = [np.lexsort((numbers, np.abs(values - query)))[:k] for query in np.ravel(queries)]
    distances = np.abs(np.take(values, np.array(want)) - queries)
    asked = f"knn_search of 3 queries in {n} rows, i * 7 % 1000 in row i, k = {k}"
    check.close(got[1], distances, asked="distances of " + asked, hint="the last block may be short, and so may all be")
    hint = "with blocks, indices count from the start of data, and ties go to the lower index across blocks, too"
    check.equal(got[0], np.array(want), asked="indices of " + asked, hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(
    ("q", "n", "d", "k"), [(1, 1, 1, 1), (3, 1, 2, 1), (1, 6, 3, 6), (700, 3, 2, 2), (2, 5, 60, 3)]
)
def test_small_and_lopsided_sizes(q: int, n: int, d: int, k: int) -> None:
    rng = np.random.default_rng(q + n)
    try_search(rng.integers(0, 9, size=(q, d)).astype(float), rng.integers(0, 9, size=(n, d)).astype(float), k)


@pytest.mark.edge
def test_equal_rows_come_in_order_of_their_index() -> None:
    try_search(np.array([[1.0, 2.0], [0.0, 0.0]]), np.ones((500, 2)), 20)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_is_computed_in_float64(dtype: str) -> None:
    scale = {"uint8": 1, "int32": 8_000_000, "float32": 1001}[dtype]
    rng = np.random.default_rng(6)
    data, queries = (rng.integers(0, 256, size=(size, 3)).astype(dtype) * np.array(scale, dtype) for size in (20, 4))
    want = slow_search(queries.astype(np.float64), data.astype(np.float64), 4)
    asked, hint = call("knn_search", queries, data, 4), f"{dtype}: convert to float64 before anything else"
    got = kata.knn_search(queries, data, 4)
    check.close(got[1], want[1], asked=f"distances of {asked}", hint=hint)
    check_found(got, want, asked=asked)


BAD: dict[str, tuple[Any, Any, int]] = {
    "queries has one axis": ([1.0, 2.0], DATA, 1),
    "data has one axis": (QUERIES, [1.0, 2.0], 1),
    "queries has three axes": (QUERIES[np.newaxis], DATA, 1),
    "there are no queries": (np.ones((0, 2)), DATA, 1),
    "there are no rows": (QUERIES, np.ones((0, 2)), 1),
    "there are no columns": (np.ones((2, 0)), np.ones((5, 0)), 1),
    "queries has 1 column, and data 2": (np.ones((2, 1)), DATA, 1),
    "queries has 2 columns, and data 1": (QUERIES, np.ones((5, 1)), 1),
    "queries has 3 columns, and data 2": (np.ones((2, 3)), DATA, 1),
    "k is 0": (QUERIES, DATA, 0),
    "k is below 0": (QUERIES, DATA, -1),
    "k is 6, and data has 5 rows": (QUERIES, DATA, 6),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_wrong_shapes_and_k_out_of_range_are_errors(why: str) -> None:
    hint = "check shapes and k first: NumPy broadcasts and slices silently"
    asked = call("knn_search", *BAD[why])
    check.raises(ValueError, partial(kata.knn_search, *BAD[why]), asked=asked, because=why, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    queries, data = QUERIES.copy(), DATA.copy()
    with check.untouched(asked="knn_search", queries=queries, data=data):
        kata.knn_search(queries, data, 2)


# --- speed -----------------------------------------------------------------------------------------------------------


def same_found(got: Any, want: Any, *, asked: Asked) -> None:
    """Hold a measured result to that of the slow search."""
    __tracebackhide__ = True
    check_found(got, want, asked=asked)


@pytest.mark.speed
def test_is_faster_than_a_full_sort(race: Racer) -> None:
    def contest(rng: np.random.Generator) -> Contest:
        data, queries = rng.normal(size=(vary(rng, 40_000), 4)), rng.normal(size=(10, 4))
        return Contest(lambda: kata.knn_search(queries, data, 10), lambda: slow_search(queries, data, 10))

    hint = "only k of 40,000 are needed in order: select them by np.partition, and sort those"
    asked = "10 queries in 40,000 rows of 4, k = 10"
    race(contest, same=same_found, at_least=3, versus="the full sort", asked=asked, hint=hint)


@pytest.mark.speed
@pytest.mark.parametrize(("q", "n", "at_most"), [(500, 10_000, 16), (2, 400_000, 16)])
def test_memory_is_bounded(memory: MemoryMeter, q: int, n: int, at_most: int) -> None:
    def prepare(rng: np.random.Generator) -> Task:
        data, queries, k = rng.normal(size=(vary(rng, n), 8)), rng.normal(size=(q, 8)), 5
        few = [0, q - 1]

        def want() -> Found:
            return slow_search(queries[few], data, k)

        def search() -> Found:
            indices, distances = kata.knn_search(queries, data, k)
            return np.asarray(indices)[few], np.asarray(distances)[few]

        return Task(search, want)

    hint = "a block of queries at a time, and of data as well when there are many rows"
    asked = f"{q} queries in {n} rows of 8, k = 5"
    memory(prepare, same=same_found, at_most_mib=at_most, asked=asked, hint=hint)
