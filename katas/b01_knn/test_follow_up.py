"""Follow-up of B01: votes weighted by distance, and a rule for a distance of 0."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import knn as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Call, call
from harness.suite.speed import MemoryMeter, Task, vary
from harness.suite.strategies import Float64Array, seeds


class Case(NamedTuple):
    """One question: training rows, their labels, queries, k."""

    X: Float64Array
    y: npt.NDArray[Any]
    queries: Float64Array
    k: int


def shares(case: Case, power: float = 1.0, added: float = 0.0, at_zero: float | None = None) -> Float64Array:
    """What `predict_proba` gives; the other arguments are what mistakes change."""
    table = []
    for query in case.queries:
        distances = np.sqrt(((case.X - query) ** 2).sum(axis=1))
        near = np.argsort(distances, kind="stable")[: case.k]
        hits = distances[near] == 0
        with np.errstate(divide="ignore"):
            weights = (distances[near] + added) ** -power
        if hits.any() and not added and power > 0:
            weights = hits.astype(float) if at_zero is None else np.where(hits, at_zero, weights)
        table.append([weights[case.y[near] == label].sum() for label in np.unique(case.y)])
    return np.asarray(np.array(table) / np.sum(table, axis=1, keepdims=True))


def asked(case: Case, method: str) -> Call:
    return (
        call("KNN", k=case.k, weights="distance") + "." + call("fit", case.X, case.y) + "." + call(method, case.queries)
    )


def fitted(case: Case) -> Any:
    """A model that got copies of the case's arrays."""
    return kata.KNN(k=case.k, weights="distance").fit(case.X.copy(), case.y.copy())


def check_shares(case: Case, *, hint: str = "") -> None:
    """Hold `predict_proba` to the definition; a hint replaces the usual mistakes."""
    __tracebackhide__ = True
    got = fitted(case).predict_proba(case.queries.copy())
    distances = np.sort(np.sqrt(((case.queries[:, np.newaxis] - case.X) ** 2).sum(axis=2)), axis=1)[:, : case.k]
    mistakes = {
        "each of the k rows has one vote: weigh it by 1 / distance": lambda: shares(case, power=0),
        "weighted by 1 / distance squared: take the root first": lambda: shares(case, power=2),
        "weighted by the distance: nearer rows count for more": lambda: shares(case, power=-1),
        "the weights themselves: divide by their sum": lambda: (
            shares(case) * (1 / distances).sum(axis=1, keepdims=True)
        ),
        "a row that equals the query has weight 1 beside the others: it alone votes": lambda: shares(case, at_zero=1),
        "rows that equal the query are left out: they alone vote": lambda: shares(case, at_zero=0),
        "NaN: 1 / 0 is infinite, and infinity by infinity is NaN; treat distances of 0 first": lambda: shares(
            case, at_zero=np.inf
        ),
        **{
            f"{pad} is added to the distances: the result depends on the unit": partial(shares, case, added=pad)
            for pad in (1.0, 1e-3, 1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12)
        },
    }
    check.close(
        got,
        shares(case),
        asked=asked(case, "predict_proba"),
        mistakes={} if hint else mistakes,
        hint=hint or "1 / distance of each voter over the sum of these; voters at distance 0 alone, one vote each",
    )


def scattered(seed: int) -> Case:
    """Random points, of which no two are close."""
    rng = np.random.default_rng(seed)
    labels = np.array([["red", "b", "green"], [7, -1, 40]][rng.integers(2)])
    X, queries = rng.normal(size=(12, 3)), rng.normal(size=(4, 3))
    return Case(X, labels[rng.integers(3, size=12)], queries, int(rng.integers(2, 12)))


SMALL = Case(np.array([[0.0], [1.0], [4.0]]), np.array(["a", "b", "b"]), np.array([[2.0], [0.0]]), 3)


@pytest.mark.example
def test_worked_example() -> None:
    check_shares(SMALL)
    check.equal(fitted(SMALL).predict([[0.0]]), ["a"], asked=asked(SMALL, "predict"), hint="take the largest share")


@pytest.mark.law
@given(st.builds(scattered, seeds()))
def test_shares_equal_the_definition(case: Case) -> None:
    check_shares(case)


@pytest.mark.law
@given(st.builds(scattered, seeds()))
def test_predict_takes_the_largest_share(case: Case) -> None:
    check.equal(
        fitted(case).predict(case.queries),
        np.unique(case.y)[shares(case).argmax(axis=1)],
        asked=asked(case, "predict"),
        mistakes={
            "predict counts the votes: it takes the largest share of the weights": lambda: np.unique(case.y)[
                shares(case, power=0).argmax(axis=1)
            ]
        },
        hint="predict and predict_proba weigh the same votes: let one use the other",
    )


@pytest.mark.law
@given(st.builds(scattered, seeds()), st.integers(1, 3))
def test_rows_that_equal_the_query_vote_alone(case: Case, times: int) -> None:
    X = case.X.copy()
    X[:times] = X[5]
    check_shares(case._replace(X=X, queries=X[4:6], k=max(case.k, times + 1)))


@pytest.mark.law
@given(st.builds(scattered, seeds()), st.integers(-60, 60))
def test_the_unit_does_not_matter(case: Case, power: int) -> None:
    hint = f"all points were multiplied by 2**{power}: add nothing to a distance, and compare it with 0 only"
    check_shares(case._replace(X=case.X * 2.0**power, queries=case.queries * 2.0**power), hint=hint)


@pytest.mark.law
@given(st.builds(scattered, seeds()), st.sampled_from([1e3, 1e6]))
def test_rows_far_from_the_origin_find_themselves(case: Case, place: float) -> None:
    check_shares(
        case._replace(X=case.X + place, queries=case.X + place),
        hint="the query equals a row, which alone votes; |x|^2 + |q|^2 - 2 x.q leaves rounding where the distance is 0: "
        "compute the distances of the k voters by differences",
    )


@pytest.mark.edge
@pytest.mark.parametrize("y", [[9, 7, 7, 9], ["b", "a", "a", "b"]])
def test_equal_shares_go_to_the_smallest_label(y: list[Any]) -> None:
    case = Case(np.array([[-2.0], [2.0], [-4.0], [4.0]]), np.array(y), np.array([[0.0]]), 4)
    hint = "equal shares went to the label of the first row: the smallest label wins"
    check.equal(fitted(case).predict(case.queries), [y[1]], asked=asked(case, "predict"), hint=hint)


@pytest.mark.edge
def test_k_rows_vote_where_more_than_k_equal_the_query() -> None:
    case = Case(np.array([[1.0], [5.0], [1.0], [1.0]]), np.array([3, 0, 2, 1]), np.array([[1.0]]), 2)
    got = np.sort(fitted(case).predict_proba(case.queries), axis=1)
    check.close(
        got,
        [[0.0, 0.0, 0.5, 0.5]],
        asked=asked(case, "predict_proba") + ", sorted",
        mistakes={
            "all rows vote that equal the query: any k of them do": [[0.0, 1 / 3, 1 / 3, 1 / 3]],
            "one row at distance 0 has the whole vote: all k have one vote each": [[0.0, 0.0, 0.0, 1.0]],
        },
        hint="three rows equal the query, and any two of them vote",
    )


@pytest.mark.edge
def test_uniform_weights_are_the_default() -> None:
    case = scattered(3)
    for model in (kata.KNN(case.k, "uniform"), kata.KNN(k=case.k)):
        check.close(
            model.fit(case.X, case.y).predict_proba(case.queries),
            shares(case, power=0),
            asked=f"KNN(k={case.k}) and KNN({case.k}, 'uniform'): predict_proba",
            mistakes={"weighted by distance, although weights are uniform": lambda: shares(case)},
            hint="with uniform weights each of the k rows has one vote, as before",
        )


@pytest.mark.edge
@pytest.mark.parametrize("weights", ["Distance", None])
def test_other_weights_are_an_error_in_fit(weights: Any) -> None:
    model = check.accepts(
        lambda: kata.KNN(k=1, weights=weights), asked=call("KNN", k=1, weights=weights), because="only fit checks it"
    )
    check.raises(
        ValueError,
        lambda: model.fit(SMALL.X, SMALL.y) and "a model",
        asked=call("KNN", k=1, weights=weights) + ".fit(X, y)",
        because='weights must be "uniform" or "distance"',
        hint="compare with the two names, in fit",
    )


@pytest.mark.speed
def test_weighted_votes_need_no_block_of_differences(memory: MemoryMeter) -> None:
    def task(rng: np.random.Generator) -> Task:
        n, q = vary(rng, 1000), vary(rng, 200)
        case = Case(rng.normal(size=(n, 64)), rng.integers(3, size=n), rng.normal(size=(q, 64)), 5)
        model = fitted(case)
        return Task(lambda: model.predict_proba(case.queries), lambda: shares(case))

    memory(
        task,
        same=check.close,
        at_most_mib=32.0,
        asked="predict_proba at about n = 1000, q = 200, d = 64, k = 5",
        hint="differences are needed for the k voters only: a (q, k, d) block, not (q, n, d)",
    )
