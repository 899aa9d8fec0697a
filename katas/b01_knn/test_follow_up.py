"""Follow-up of B01: votes weighted by distance, and what becomes of a distance of 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import knn as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from harness.suite import check
from harness.suite.check import Call, Mistakes, call
from harness.suite.speed import MemoryMeter
from harness.suite.strategies import Float64Array, seeds

Labels = npt.NDArray[Any]


class Case(NamedTuple):
    """One question: training rows, their labels, queries, k."""

    X: Float64Array
    y: Labels
    queries: Float64Array
    k: int


def voters(case: Case, query: Sequence[float]) -> list[tuple[float, Any]]:
    """Distance and label of the k nearest rows, nearest first, the earlier of equals first."""
    squares = [sum((a - b) ** 2 for a, b in zip(row, query, strict=True)) for row in case.X.tolist()]
    distances = [math.sqrt(square) for square in squares]
    order = sorted(range(len(distances)), key=lambda i: (distances[i], i))[: case.k]
    return [(distances[i], case.y.tolist()[i]) for i in order]


def shares(case: Case, weigh: str = "inverse") -> Float64Array:
    """What `predict_proba` gives; other ways to `weigh` are those of mistakes."""
    labels = sorted(set(case.y.tolist()))
    table = np.zeros((len(case.queries), len(labels)))
    for q, query in enumerate(case.queries.tolist()):
        near = voters(case, query)
        hits = [distance == 0 for distance, _ in near]
        for (distance, label), hit in zip(near, hits, strict=True):
            table[q, labels.index(label)] += weight_of(distance, hit=hit, hits=any(hits), weigh=weigh)
    if weigh == "not normalised":
        return table
    with np.errstate(invalid="ignore"):
        return np.asarray(table / table.sum(axis=1, keepdims=True))


def weight_of(distance: float, *, hit: bool, hits: bool, weigh: str) -> float:
    """The weight of one vote."""
    if weigh == "uniform":
        return 1.0
    if weigh.startswith("plus"):
        return 1 / (distance + float(weigh.split()[1]))
    if weigh == "hits are left out":
        return 0.0 if hit else 1 / distance
    if weigh == "hits have weight 1":
        return 1.0 if hit else 1 / distance
    if weigh == "distance itself":
        return distance
    if weigh == "exponential":
        return math.exp(-distance)
    if weigh == "infinite":
        return math.inf if hit else 1 / distance
    if hits:
        return 1.0 if hit else 0.0
    return 1 / distance**2 if weigh == "squared" else 1 / distance


def share_mistakes(case: Case) -> Mistakes:
    """What the usual mistakes give for `predict_proba`."""
    return {
        "each of the k rows has one vote: weigh it by 1 / distance": lambda: shares(case, "uniform"),
        "weighted by 1 / distance squared: take the root first": lambda: shares(case, "squared"),
        "weighted by the distance: nearer rows count for more": lambda: shares(case, "distance itself"),
        "the weights themselves: divide by their sum": lambda: shares(case, "not normalised"),
        "weighted by exp(-distance): take 1 / distance": lambda: shares(case, "exponential"),
        "a row that equals the query has weight 1 beside the others: it alone votes": lambda: shares(
            case, "hits have weight 1"
        ),
        "rows that equal the query are left out: they alone vote": lambda: shares(case, "hits are left out"),
        "NaN: 1/0 is infinite, and infinity by infinity is NaN; look for distances of 0 first": lambda: shares(
            case, "infinite"
        ),
        **{
            f"{pad} is added to the distances: that depends on the unit, and leaves others a vote beside a hit": (
                lambda pad=pad: shares(case, f"plus {pad}")
            )
            for pad in ("1", "1e-3", "1e-5", "1e-6", "1e-8", "1e-9", "1e-10", "1e-12")
        },
        "all rows vote: only the k nearest do": lambda: shares(case._replace(k=len(case.X))),
    }


class Asked(Call):
    """The whole question; formatted only when it is shown."""

    def __init__(self, case: Case, method: str) -> None:
        super().__init__(method, [case.queries], {})
        self._model = call("KNN", k=case.k, weights="distance"), call("fit", case.X, case.y)

    def __str__(self) -> str:
        model, fit = self._model
        return f"{model}.{fit}.{super().__str__()}"


def fitted(case: Case) -> Any:
    """The subject's model, which learned copies."""
    return kata.KNN(k=case.k, weights="distance").fit(case.X.copy(), case.y.copy())


def check_shares(case: Case, *, want: Float64Array | None = None, hint: str = "", rtol: float = 1e-9) -> None:
    """Hold `predict_proba` to the definition or to `want`, and `predict` to the largest share where it is clear."""
    __tracebackhide__ = True
    model = fitted(case)
    want = shares(case) if want is None else want
    with np.errstate(all="ignore"):
        got, labels = model.predict_proba(case.queries.copy()), np.asarray(model.predict(case.queries.copy()))
    check.close(
        got,
        want,
        asked=Asked(case, "predict_proba"),
        rtol=rtol,
        mistakes={} if hint else share_mistakes(case),
        hint=hint or "1 / distance of each voter, over the sum of these; voters at distance 0 alone, if there are any",
    )
    ordered = np.sort(np.hstack([want, np.zeros((len(want), 1))]), axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 1e-6
    names = np.array(sorted(set(case.y.tolist())))
    uniform = names[shares(case, "uniform").argmax(axis=1)]
    check.equal(
        labels[clear].tolist(),
        names[want.argmax(axis=1)][clear].tolist(),
        asked=f"{Asked(case, 'predict')} where one share is clearly the largest",
        mistakes={"predict counts the votes: it takes the largest share of the weights": uniform[clear].tolist()},
        hint=hint or "predict and predict_proba weigh the same votes: let one use the other",
    )


def scattered(seed: int, n: int = 12) -> Case:
    """Random points, of which no two are close."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 6))
    labels = np.array([["red", "b", "green"], [7, -1, 40]][rng.integers(2)])
    k = int(rng.integers(2, n))
    return Case(rng.normal(size=(n, d)), labels[rng.integers(3, size=n)], rng.normal(size=(4, d)), k)


def on_a_grid(seed: int) -> Case:
    """Points on a small grid, where queries often equal rows, one or several."""
    rng = np.random.default_rng(seed)
    rows, queries = (
        rng.integers(-1, 2, size=(12, 2)).astype(np.float64),
        rng.integers(-1, 2, size=(5, 2)).astype(np.float64),
    )
    return Case(rows, rng.integers(3, size=12) * 5, queries, int(rng.integers(1, 12)))


SMALL = Case(np.array([[0.0], [1.0], [4.0]]), np.array(["a", "b", "b"]), np.array([[2.0], [0.0], [3.0]]), 3)


@pytest.mark.example
def test_worked_example() -> None:
    check_shares(SMALL)


@pytest.mark.example
def test_worked_example_of_a_query_that_equals_a_row() -> None:
    check_shares(SMALL._replace(queries=np.array([[0.0]])))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(st.builds(scattered, seeds()))
def test_shares_equal_the_definition(case: Case) -> None:
    check_shares(case)


@pytest.mark.law
@given(st.builds(on_a_grid, seeds()))
def test_rows_that_equal_the_query_vote_alone(case: Case) -> None:
    check_shares(case)


@pytest.mark.law
@given(st.builds(scattered, seeds()))
def test_agrees_with_scikit_learn(case: Case) -> None:
    oracle = KNeighborsClassifier(n_neighbors=case.k, weights="distance", algorithm="brute").fit(case.X, case.y)
    check_shares(case, want=np.asarray(oracle.predict_proba(case.queries)), rtol=1e-5)


@pytest.mark.law
@given(seeds(), st.integers(-60, 60))
def test_the_unit_does_not_matter(seed: int, power: int) -> None:
    case = scattered(seed, n=8)
    scaled = case._replace(X=case.X * 2.0**power, queries=case.queries * 2.0**power)
    hint = (
        f"all points were multiplied by 2**{power}: nothing may be added to a distance or compared with a small number"
    )
    check_shares(scaled, want=shares(case), hint=hint)


@pytest.mark.law
@given(seeds(), st.sampled_from([0.0, 1e3, 1e6]))
def test_each_training_row_finds_itself_wherever_it_lies(seed: int, place: float) -> None:
    rows = np.random.default_rng(seed).normal(size=(10, 3)) + place
    case = Case(rows, np.random.default_rng(seed).permutation(10), rows, 4)
    check_shares(
        case,
        hint="the query equals a row, so that its distance is 0 and it alone votes; |x|^2 + |q|^2 - 2 x.q leaves rounding "
        "there: compute the distances of the k voters by differences",
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_equal_shares_go_to_the_smallest_label() -> None:
    rows = np.array([[-2.0], [2.0], [-4.0], [4.0]])
    questions: list[list[Any]] = [[9, 7, 7, 9], ["b", "a", "a", "b"]]
    for y in questions:
        case = Case(rows, np.array(y), np.array([[0.0]]), 4)
        check.equal(
            np.asarray(fitted(case).predict(case.queries)).tolist(),
            [sorted(set(y))[0]],
            asked=Asked(case, "predict"),
            mistakes={"equal shares went to the label of the nearest or first row: the smallest label wins": [y[0]]},
        )


@pytest.mark.edge
def test_of_rows_that_equal_the_query_only_the_first_k_vote() -> None:
    rows = np.array([[1.0], [5.0], [1.0], [1.0], [1.0]])
    case = Case(rows, np.array([3, 0, 2, 2, 1]), np.array([[1.0], [3.0]]), 2)
    check_shares(
        case._replace(queries=case.queries[:1]), hint="k = 2: the first two of the equal rows vote, one vote each"
    )
    check_shares(case._replace(k=4))


@pytest.mark.edge
def test_integers_and_float32_are_computed_in_float64() -> None:
    for dtype in (np.uint8, np.int8, np.float32):
        rows: Any = np.array([[3], [120], [60]]).astype(dtype)
        queries: Any = np.array([[100], [5], [60]]).astype(dtype)
        case = Case(rows, np.array([1, 2, 3]), queries, 3)
        exact = case._replace(X=rows.astype(np.float64), queries=queries.astype(np.float64))
        hint = f"points are {np.dtype(dtype).name}: convert them to float64 before subtracting"
        check_shares(case, want=shares(exact), hint=hint)


@pytest.mark.edge
def test_uniform_weights_are_the_default_and_may_be_named() -> None:
    case = scattered(3)
    for model in (kata.KNN(case.k, "uniform"), kata.KNN(k=case.k, weights="uniform"), kata.KNN(k=case.k)):
        check.close(
            model.fit(case.X, case.y).predict_proba(case.queries),
            shares(case, "uniform"),
            asked=call("KNN", k=case.k, weights="uniform") + ": predict_proba",
            mistakes={"weighted by distance, although weights are uniform": lambda: shares(case)},
            hint="with uniform weights each of the k rows has one vote, as before",
        )


@pytest.mark.edge
@pytest.mark.parametrize("weights", ["Distance", "", None, 1])
def test_other_weights_are_an_error_of_fit(weights: Any) -> None:
    model = check.accepts(
        lambda: kata.KNN(k=1, weights=weights), asked=call("KNN", k=1, weights=weights), because="only fit checks it"
    )
    check.raises(
        ValueError,
        lambda: model.fit(SMALL.X, SMALL.y) and "a model",
        asked=call("KNN", k=1, weights=weights),
        because='weights must be "uniform" or "distance"; fit says so',
        hint="compare with the two names that there are, in fit",
    )
    check.raises(
        RuntimeError,
        lambda: model.predict(SMALL.queries),
        asked=f"predict after fit has refused weights={weights!r}",
        because="a refused fit is no fit",
        hint="check before anything is remembered",
    )


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_weighted_votes_need_no_block_of_differences(memory: MemoryMeter) -> None:
    rng = np.random.default_rng(0)
    model = kata.KNN(k=5, weights="distance").fit(rng.normal(size=(1000, 64)), rng.integers(3, size=1000))
    queries = rng.normal(size=(200, 64))
    memory(
        lambda: model.predict_proba(queries),
        at_most_mib=32.0,
        asked="predict_proba at n = 1000, q = 200, d = 64, k = 5",
        hint="differences are needed for the k voters only: a (q, k, d) block, not (q, n, d)",
    )
