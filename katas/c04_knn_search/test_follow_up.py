"""Follow-up of C04: the nearest rows that a mask allows, against a full sort of these, with a bound on memory."""

from __future__ import annotations

from functools import partial
from typing import Any

import knn_search as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Asked, call
from harness.suite.speed import MemoryMeter, Task, vary

DATA = np.array([[6, 8], [3, 4], [0, 1], [3, 4], [0, 0]])
QUERIES = np.array([[3, 4], [0, 0]])
OWN = np.array([[False, True, False, False, False], [False, True, True, True, True]])


def slow(queries: Any, data: Any, k: int, where: Any, slip: str = "") -> tuple[Any, Any]:
    """Indices and distances, by a full sort of the allowed rows for each query; `slip` is a mistake."""
    where = np.asarray(where)
    if where.ndim == 1 or slip == "first":
        where = np.broadcast_to(where if where.ndim == 1 else where[0], (len(queries), len(data)))
    found: list[tuple[list[int], list[float]]] = []
    for query, own in zip(np.asarray(queries, dtype=float), where, strict=True):
        allowed = np.flatnonzero(~own if slip == "turned" else own)
        if slip == "ignored":
            allowed = np.arange(len(data))
        squares = ((np.asarray(data, dtype=float) - query) ** 2).sum(axis=1)
        order = allowed[np.argsort(squares[allowed], kind="stable")[:k]]
        if slip == "after":
            order = np.array([i for i in np.argsort(squares, kind="stable")[:k] if own[i]], dtype=int)
        shown = np.searchsorted(allowed, order) if slip == "compressed" else order
        missing = k - len(order)
        left = np.setdiff1d(np.arange(len(data)), order)[:missing] if slip == "any index" else np.full(missing, -1)
        found.append(([*shown.tolist(), *left.tolist()], [*np.sqrt(squares[order]).tolist(), *[np.inf] * missing]))
    return np.array([one for one, _ in found]), np.array([other for _, other in found])


SLIPS = {
    "after": "the filter comes after the cut to k: nearest of all, and then filtered",
    "compressed": "indices count the allowed rows: they are rows of data",
    "first": "the first query's mask is taken for all queries",
    "turned": "the mask is turned round: True is allowed",
    "ignored": "the mask is ignored",
    "any index": "places that nothing is left for have an index of some row: -1",
}


def check_search(got: Any, queries: Any, data: Any, k: int, where: Any, *, asked: Asked) -> None:
    """Hold indices and distances to those of the full sort."""
    __tracebackhide__ = True
    want = slow(queries, data, k, where)
    for i, name in ((1, "distances"), (0, "indices")):
        slips: dict[str, Any] = {
            t: partial(lambda s, i: slow(queries, data, k, where, s)[i], s, i) for s, t in SLIPS.items()
        }
        if i == 1:
            slips["places that nothing is left for have distance 0: infinity"] = np.nan_to_num(want[1], posinf=0.0)
        check.close(
            got[i], want[i], asked=f"{name} of {asked}", mistakes=slips, hint="the k nearest of the allowed rows"
        )


def check_filtered(queries: Any, data: Any, k: int, where: Any) -> None:
    """Search with a mask, and hold the result to the full sort."""
    __tracebackhide__ = True
    got = kata.knn_search(np.array(queries), np.array(data), k, where=np.array(where))
    check_search(got, queries, data, k, where, asked=call("knn_search", queries, data, k, where=where))


@pytest.mark.example
def test_worked_examples() -> None:
    for where in ([True, False, True, True, False], [True] * 5, [False, False, False, False, True]):
        check_filtered(QUERIES, DATA, 3, where)
        check_filtered(QUERIES, DATA, 1, where)
    got = kata.knn_search(QUERIES.tolist(), DATA.tolist(), 3, where=OWN.tolist())
    check_search(got, QUERIES, DATA, 3, OWN, asked=call("knn_search", QUERIES, DATA, 3, where=OWN))


@pytest.mark.law
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 12), st.booleans())
def test_equals_a_full_sort_of_the_allowed_rows(seed: int, n: int, k: int, is_shared: bool) -> None:
    rng, q = np.random.default_rng(seed), 1 + seed % 5
    queries, data = rng.integers(0, 4, size=(q, 2)), rng.integers(0, 4, size=(n, 2))
    where = rng.random(n if is_shared else (q, n)) < rng.random()
    check_filtered(queries, data, min(k, n), where)


@pytest.mark.edge
def test_no_row_allowed_is_no_error_and_none_is_no_filter() -> None:
    check_filtered(QUERIES, DATA, 5, np.zeros(5, dtype=bool))
    check_filtered(QUERIES, DATA, 2, np.array([[False] * 5, [True] * 5]))
    check_search(kata.knn_search(QUERIES, DATA, 2, where=None), QUERIES, DATA, 2, [True] * 5, asked="where=None")


@pytest.mark.edge
def test_large_sizes() -> None:
    rng = np.random.default_rng(1)
    queries, data = rng.integers(0, 9, size=(3, 2)), rng.integers(0, 9, size=(100_000, 2))
    for where in (np.arange(100_000) >= 99_990, np.arange(100_000) % 40_000 == np.array([[7], [39_999], [-1]])):
        asked = f"3 queries in 100,000 rows, where of shape {where.shape} allows few"
        check_search(kata.knn_search(queries, data, 12, where=where), queries, data, 12, where, asked=asked)


@pytest.mark.edge
def test_masks_that_do_not_fit_are_an_error_and_others_stay() -> None:
    hint = "compare shape and dtype before anything else: (1, n) broadcasts, and numbers index"
    for where in (
        OWN[:, :4],
        OWN[:1],
        OWN[0, :4],
        OWN.T,
        True,
        OWN[np.newaxis],
        OWN.astype(int),
        [0, 1, 1, 0, 1],
        [0, 2],
    ):
        asked, because = call("knn_search", QUERIES, DATA, 2, where=where), "where is bool, of shape (5,) or (2, 5)"
        check.raises(
            ValueError, partial(kata.knn_search, QUERIES, DATA, 2, where), asked=asked, because=because, hint=hint
        )
    for own in (OWN.copy(), OWN[1].copy()):
        with check.untouched(asked="knn_search(queries, data, 2, where)", where=own):
            kata.knn_search(QUERIES, DATA, 2, own)


@pytest.mark.speed
@pytest.mark.parametrize(("q", "n", "is_shared"), [(500, 10_000, False), (2, 400_000, True)])
def test_memory_is_bounded(memory: MemoryMeter, q: int, n: int, is_shared: bool) -> None:
    def prepare(rng: np.random.Generator) -> Task:
        rows = vary(rng, n)
        data, queries, few = rng.normal(size=(rows, 8)), rng.normal(size=(q, 8)), [0, q - 1]
        where = rng.random(rows if is_shared else (q, rows)) < 0.9

        def search() -> Any:
            return np.concatenate([np.asarray(x)[few] for x in kata.knn_search(queries, data, 5, where)])

        return Task(search, lambda: np.concatenate(slow(queries[few], data, 5, where if is_shared else where[few])))

    asked = (
        f"{q} queries in {n} rows of 8, k = 5, a mask of {'(n,)' if is_shared else '(q, n)'}: indices, then distances"
    )
    hint = "filter block by block: all allowed rows, or all distances, take more"
    memory(prepare, same=check.close, at_most_mib=16, asked=asked, hint=hint)
