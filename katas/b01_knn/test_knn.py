"""Suite of B01: k-nearest neighbours, its two kinds of tie, any label there is, and each way of missing them.

Ties are tested on small integers and binary fractions, which float64 computes exactly, by differences and by the
expansion |x|^2 + |q|^2 - 2 x.q alike. Everything else is tested on scattered points, where no two distances come close.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import knn as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Call, Mistakes, call
from harness.suite.speed import MemoryMeter, Racer
from harness.suite.strategies import Float64Array, normal_matrix, seeds

Labels = npt.NDArray[Any]
Point = Sequence[float]
Finder = Callable[["Case", Point], list[int]]

METHODS = ["predict", "predict_proba"]


class Case(NamedTuple):
    """One question: training rows, their labels, queries, k."""

    X: Float64Array
    y: Labels
    queries: Float64Array
    k: int


# --- the definition, as plain loops ----------------------------------------------------------------------------------


def squared(row: Point, query: Point) -> float:
    return sum((a - b) ** 2 for a, b in zip(row, query, strict=True))


def nearest(
    case: Case,
    query: Point,
    *,
    distance: Callable[[Point, Point], float] = squared,
    sign: int = 1,
    later: bool = False,
    skip: int = 0,
    k: int | None = None,
) -> list[int]:
    """The training rows that vote, nearest first; the arguments by name are what mistakes change."""
    rows = case.X.tolist()
    order = sorted(range(len(rows)), key=lambda i: (sign * distance(rows[i], query), -i if later else i))
    return order[skip : skip + (case.k if k is None else k)]


def classes(case: Case) -> list[Any]:
    return sorted(set(case.y.tolist()))


def ballots(case: Case, find: Finder = nearest) -> list[list[Any]]:
    """The labels that voters give, nearest voter first, for each query."""
    return [[case.y.tolist()[i] for i in find(case, query)] for query in case.queries.tolist()]


def fractions(case: Case, find: Finder = nearest) -> Float64Array:
    """What `predict_proba` returns."""
    return np.array(
        [[votes.count(label) / max(len(votes), 1) for label in classes(case)] for votes in ballots(case, find)]
    )


def smallest_winner(votes: list[Any]) -> Any:
    """The label with the most votes, the smallest of those that tie."""
    return min(votes, key=lambda label: (-votes.count(label), label))


def winners(case: Case, find: Finder = nearest, elect: Callable[[list[Any]], Any] = smallest_winner) -> Labels:
    """What `predict` returns."""
    return np.array([elect(votes) for votes in ballots(case, find)], dtype=case.y.dtype)


# --- the same with mistakes ------------------------------------------------------------------------------------------


def manhattan(row: Point, query: Point) -> float:
    return sum(abs(a - b) for a, b in zip(row, query, strict=True))


def chebyshev(row: Point, query: Point) -> float:
    return max(abs(a - b) for a, b in zip(row, query, strict=True))


def cosine(row: Point, query: Point) -> float:
    return 1 - sum(a * b for a, b in zip(row, query, strict=True)) / (math.hypot(*row) * math.hypot(*query))


def smaller_label_first(case: Case, query: Point) -> list[int]:
    """The nearest rows, where labels decide a distance tie."""
    rows, labels = case.X.tolist(), case.y.tolist()
    return sorted(range(len(rows)), key=lambda i: (squared(rows[i], query), labels[i]))[: case.k]


def scaled(case: Case, query: Point) -> list[int]:
    """The nearest rows after standardising each feature."""
    deviation = case.X.std(axis=0)
    deviation[deviation == 0] = 1.0
    return nearest(case._replace(X=case.X / deviation), (np.asarray(query) / deviation).tolist())


WRONG_TIES: dict[str, Finder] = {
    "a distance tie went to the later training row: the earlier one comes first": partial(nearest, later=True),
    "a distance tie went to the smaller label: the earlier training row comes first": smaller_label_first,
}

WRONG_VOTERS: dict[str, Finder] = {
    **WRONG_TIES,
    "the sum of absolute differences (L1): the distance is Euclidean": partial(nearest, distance=manhattan),
    "the largest difference decides: the distance is Euclidean, over all features": partial(
        nearest, distance=chebyshev
    ),
    "the cosine decides: the distance is Euclidean": partial(nearest, distance=cosine),
    "the farthest rows vote: sort distances in ascending order": partial(nearest, sign=-1),
    "the nearest row was left out: a query is not one of the training rows": partial(nearest, skip=1),
    "3 rows vote whatever k is": lambda case, query: nearest(case, query, k=3),
    "k + 1 rows vote": lambda case, query: nearest(case, query, k=case.k + 1),
    "k - 1 rows vote": lambda case, query: nearest(case, query, k=case.k - 1),
    "all rows vote": lambda case, query: nearest(case, query, k=len(case.X)),
    "features were standardised: compare them as they are": scaled,
}


def weighted(case: Case) -> Float64Array:
    """Fractions of votes that are weighted by 1/distance."""
    table: Float64Array = np.zeros((len(case.queries), len(classes(case))))
    for q, query in enumerate(case.queries.tolist()):
        for i in nearest(case, query):
            table[q, classes(case).index(case.y.tolist()[i])] += 1 / math.sqrt(squared(case.X[i].tolist(), query))
    table /= table.sum(axis=1, keepdims=True)
    return table


def by_appearance(case: Case) -> Float64Array:
    """Fractions with the columns in the order in which labels appear in y."""
    return fractions(case)[:, [classes(case).index(label) for label in dict.fromkeys(case.y.tolist())]]


def column_for_each_integer(case: Case) -> Float64Array:
    """Fractions with a column for each of 0..max(y)."""
    if case.y.dtype.kind not in "iu" or case.y.min() < 0 or case.y.max() > 1000:
        raise ValueError
    table = np.zeros((len(case.queries), int(case.y.max()) + 1))
    table[:, [int(label) for label in classes(case)]] = fractions(case)
    return table


def fraction_mistakes(case: Case) -> dict[str, object]:
    return {
        "counts of votes: divide by k": lambda: fractions(case) * case.k,
        "1 for the winner and 0 for the others: give the fraction of the votes": lambda: np.equal.outer(
            winners(case), np.array(classes(case), dtype=case.y.dtype)
        ).astype(float),
        "columns follow the order in which labels appear in y: they follow the sorted labels": partial(
            by_appearance, case
        ),
        "columns follow falling labels: they follow rising ones": lambda: fractions(case)[:, ::-1],
        "a column for each of 0...max(y): only the labels that are in y have one": partial(
            column_for_each_integer, case
        ),
        "columns only for labels that got a vote: every label of y has one": lambda: fractions(case)[
            :, fractions(case).any(axis=0)
        ],
        "the table is transposed: a row for each query": lambda: fractions(case).T,
        "votes were weighted by distance: each of the k rows has one vote": partial(weighted, case),
        **{name: partial(fractions, case, find) for name, find in WRONG_VOTERS.items()},
    }


def label_mistakes(case: Case) -> dict[str, object]:
    return {
        "the position of the label in classes_: return the label itself": lambda: np.array(
            [classes(case).index(label) for label in winners(case).tolist()]
        ),
        "a vote tie went to the largest label: the smallest one wins": lambda: winners(
            case, elect=lambda votes: max(votes, key=lambda label: (votes.count(label), label))
        ),
        "a vote tie went to the label of the nearest row (Counter.most_common does that): the smallest label wins": (
            lambda: winners(case, elect=lambda votes: Counter(votes).most_common(1)[0][0])
        ),
        "a vote tie went to the label that appears first in y: the smallest one wins": lambda: winners(
            case, elect=lambda votes: max(dict.fromkeys(case.y.tolist()), key=votes.count)
        ),
        "only the nearest row decides: all k vote": lambda: winners(case, elect=lambda votes: votes[0]),
        "the mean of the labels: they vote": lambda: [sum(votes) / len(votes) for votes in ballots(case)],
        "votes were weighted by distance: each of the k rows has one vote": lambda: [
            classes(case)[i] for i in weighted(case).argmax(axis=1)
        ],
        **{name: partial(winners, case, find) for name, find in WRONG_VOTERS.items()},
    }


# --- asking the subject ----------------------------------------------------------------------------------------------


def fitted(case: Case) -> Any:
    """A model that learnt copies of the case's arrays: what it does to them must not reach the oracles."""
    model = kata.KNN(k=case.k)
    model.fit(case.X.copy(), case.y.copy())
    return model


class Asked(Call):
    """`KNN(k=1).fit([[0], [2]], [9, 7]).predict([[1]])`; formatted only when it is shown."""

    def __init__(self, case: Case, method: str) -> None:
        super().__init__(method, [case.queries], {})
        self._model = call("KNN", k=case.k), call("fit", case.X, case.y)

    def __str__(self) -> str:
        model, fit = self._model
        return f"{model}.{fit}.{super().__str__()}"


def answers(case: Case, method: str, model: Any = None) -> Any:
    """What the method says to the case's queries; of a new model when None."""
    __tracebackhide__ = True
    return getattr(fitted(case) if model is None else model, method)(case.queries.copy())


def check_labels(case: Case, *, want: object = None, model: Any = None, got: Any = None, hint: str = "") -> None:
    """Hold `predict` to the definition, or to `want`. A hint tells what this question is about, so nothing else is named.

    `got` is its answer, where it was asked already.
    """
    __tracebackhide__ = True
    check.equal(
        answers(case, "predict", model) if got is None else got,
        winners(case) if want is None else want,
        asked=Asked(case, "predict"),
        mistakes={} if hint else label_mistakes(case),
        hint=hint,
    )


def check_fractions(
    case: Case,
    *,
    want: npt.ArrayLike | None = None,
    model: Any = None,
    got: Any = None,
    hint: str = "",
    mistakes: Mistakes | None = None,
) -> None:
    """Hold `predict_proba`, or `got` from it, to the definition or `want`; a hint stands in place of the usual mistakes."""
    __tracebackhide__ = True
    if mistakes is None:
        mistakes = {} if hint else fraction_mistakes(case)
    check.close(
        answers(case, "predict_proba", model) if got is None else got,
        fractions(case) if want is None else want,
        asked=Asked(case, "predict_proba"),
        mistakes=mistakes,
        hint=hint,
    )


# --- questions -------------------------------------------------------------------------------------------------------

LABEL_SETS: list[list[Any]] = [
    [0, 1, 2],
    [5, 7, 12],
    [-3, 0, 1000],
    [2, 9, 10],
    ["red", "green", "b"],
    ["B", "a", "10", "9"],
    [0.5, -1.5, 0.25],
    [True, False],
    [4],
]

WITHOUT_TIES = "points are scattered, so that no distance ties and only the definition counts"


def drawn_labels(rng: np.random.Generator, n: int) -> Labels:
    """Labels of n rows, from any one of the sets."""
    labels = LABEL_SETS[rng.integers(len(LABEL_SETS))]
    return np.array([labels[i] for i in rng.integers(len(labels), size=n)])


@st.composite
def grid_cases(draw: st.DrawFn) -> Case:
    """Points on a small grid: distances tie all the time, and are exact."""
    # Not smaller: on one row or query many mistakes look alike, and the learner is told of another one.
    n, q, d = draw(st.integers(8, 20)), draw(st.integers(4, 6)), draw(st.integers(2, 3))
    rng = np.random.default_rng(draw(seeds()))
    rows, queries = rng.integers(-2, 3, size=(n, d)), rng.integers(-2, 3, size=(q, d))
    return Case(rows.astype(np.float64), drawn_labels(rng, n), queries.astype(np.float64), int(rng.integers(1, n + 1)))


def random_case(seed: int, n: int = 25, q: int = 6) -> Case:
    """Scattered points with any of the label sets, and any d and k; nothing ties."""
    rng = np.random.default_rng(seed)
    d, k = int(rng.integers(1, 6)), int(rng.integers(1, n + 1))
    return Case(rng.normal(size=(n, d)), drawn_labels(rng, n), rng.normal(size=(q, d)), k)


def numbered(X: npt.ArrayLike, queries: npt.ArrayLike, k: int) -> Case:
    """A case where each row has a label of its own, so that `predict_proba` shows who voted; labels are in no order."""
    rows = np.asarray(X, dtype=np.float64)
    return Case(rows, np.random.default_rng(0).permutation(len(rows)), np.asarray(queries, dtype=np.float64), k)


def small_case() -> Case:
    """The README's example, in new arrays."""
    return Case(
        X=np.array([[0.0, 0.0], [0.0, 2.0], [4.0, 0.0], [4.0, 4.0]]),
        y=np.array(["red", "red", "blue", "blue"]),
        queries=np.array([[0.0, 1.0], [5.0, 3.0]]),
        k=3,
    )


# --- example ---------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_four_points() -> None:
    case = small_case()
    model = fitted(case)
    check.equal(model.classes_, ["blue", "red"], asked="classes_ after fit with the labels red, red, blue, blue")
    check_labels(case, want=["red", "blue"], model=model)
    check_fractions(case, model=model, want=[[1 / 3, 2 / 3], [2 / 3, 1 / 3]])


@pytest.mark.example
def test_worked_example_of_a_vote_tie() -> None:
    check_labels(
        Case(np.array([[0.0], [2.0]]), np.array([9, 7]), np.array([[1.0]]), 2),
        want=[7],
        hint="9 and 7 have one vote each: the smallest label wins, whichever was met first",
    )


@pytest.mark.example
def test_worked_example_of_a_distance_tie() -> None:
    check_labels(
        Case(np.array([[0.0], [2.0]]), np.array([9, 7]), np.array([[1.0]]), 1),
        want=[9],
        hint="both rows are at distance 1 and one may vote: it is the earlier row, whatever its label",
    )


@pytest.mark.example
def test_lists_are_accepted() -> None:
    case = small_case()
    model = kata.KNN(k=3)
    model.fit(case.X.astype(int).tolist(), case.y.tolist())
    queries = case.queries.astype(int).tolist()
    check.equal(model.predict(queries), ["red", "blue"], asked=Asked(case, "predict"))
    check.close(
        model.predict_proba(queries), [[1 / 3, 2 / 3], [2 / 3, 1 / 3]], asked=Asked(case, "predict_proba"), rtol=1e-9
    )


@pytest.mark.example
def test_k_is_3_unless_told_otherwise_and_may_be_given_by_position() -> None:
    for model, k in ((kata.KNN(), 3), (kata.KNN(1), 1), (kata.KNN(4), 4)):
        case = numbered([[0], [1], [2], [3], [4]], [[-1]], k)
        model.fit(case.X, case.y)
        check_fractions(case, model=model, hint="KNN() means KNN(k=3), and KNN(1) means KNN(k=1)")


@pytest.mark.example
def test_arguments_may_be_given_by_name() -> None:
    case = small_case()
    model = kata.KNN(k=3)
    asked = call("fit", X=case.X, y=case.y)
    check.accepts(lambda: model.fit(X=case.X, y=case.y), asked=asked, because="X and y are the names of the arguments")
    for method in METHODS:
        asked = call(method, X=case.queries)
        check.accepts(
            lambda method=method: getattr(model, method)(X=case.queries),  # type: ignore[misc]
            asked=asked,
            because="X is the name of the argument",
        )


# --- law -------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(grid_cases())
def test_predict_equals_the_definition(case: Case) -> None:
    check_labels(case)


@pytest.mark.law
@given(grid_cases())
def test_predict_proba_equals_the_definition(case: Case) -> None:
    check_fractions(case)


@pytest.mark.law
@given(grid_cases())
def test_classes_are_the_distinct_labels_in_order(case: Case) -> None:
    want = np.array(classes(case))
    check.equal(
        fitted(case).classes_,
        want,
        asked=f"classes_ after fit with the labels {check.show(case.y)}",
        mistakes={
            "labels in the order in which they appear: sort them": np.array(list(dict.fromkeys(case.y.tolist()))),
            "all labels: each of them once": case.y,
            "all labels, sorted: each of them once": np.sort(case.y),
            "labels sorted as text: sort them as what they are": lambda: np.array(sorted(want.tolist(), key=str)),
            "labels in falling order: sort them in rising order": want[::-1],
            "labels by falling frequency: sort them by their value": lambda: np.array(
                [label for label, _ in Counter(case.y.tolist()).most_common()]
            ),
            "0...c-1: keep the labels themselves": np.arange(len(want)),
        },
    )


@pytest.mark.law
@given(seeds())
def test_agrees_with_scikit_learn_where_nothing_ties(seed: int) -> None:
    case = random_case(seed)
    labels, codes = np.unique(case.y, return_inverse=True)  # the oracle takes no float for a label
    oracle = KNeighborsClassifier(n_neighbors=case.k, algorithm="brute").fit(case.X, codes)
    check_fractions(case, want=oracle.predict_proba(case.queries))
    check_labels(case, want=labels[oracle.predict(case.queries)])


@pytest.mark.law
@given(grid_cases())
def test_predict_is_the_first_label_with_the_largest_fraction(case: Case) -> None:
    model = fitted(case)
    best = np.asarray(model.predict_proba(case.queries)).argmax(axis=1)
    check_labels(
        case,
        want=np.array([classes(case)[i] for i in best]),
        model=model,
        hint="predict and predict_proba count the same votes: let one use the other",
    )


@pytest.mark.law
@given(seeds())
def test_queries_one_by_one_are_answered_as_together(seed: int) -> None:
    case = random_case(seed)
    model = fitted(case)
    labels, table = winners(case), fractions(case)
    hint = "a query's answer may not depend on the queries beside it, and one query still makes an array of one row"
    queries = case.queries[:, np.newaxis]
    alone = (each(method, [(query.copy(),) for query in queries]) for method in (model.predict, model.predict_proba))
    for i, (label, row) in enumerate(zip(*alone, strict=True)):
        case_alone = case._replace(queries=queries[i])
        check_labels(case_alone, want=labels[i : i + 1], got=label, hint=hint)
        check_fractions(case_alone, want=table[i : i + 1], got=row, hint=hint)
    check_labels(case, model=model, hint="the answers differ from those to the same queries asked one by one")
    check_fractions(case, model=model, hint="the answers differ from those to the same queries asked one by one")


@pytest.mark.law
@given(seeds())
def test_the_order_of_the_training_rows_does_not_matter_without_ties(seed: int) -> None:
    case = random_case(seed)
    order = np.random.default_rng(seed).permutation(len(case.X))
    shuffled = case._replace(X=case.X[order], y=case.y[order])
    hint = f"{WITHOUT_TIES}: the place of a row in the training data must not matter"
    check_labels(shuffled, want=winners(case), hint=hint)
    check_fractions(shuffled, want=fractions(case), hint=hint)


@pytest.mark.law
@given(grid_cases(), st.integers(-60, 60), st.integers(-1000, 1000))
def test_moving_and_scaling_all_points_changes_nothing(case: Case, power: int, shift: int) -> None:
    moved = case._replace(X=(case.X + shift) * 2.0**power, queries=(case.queries + shift) * 2.0**power)
    hint = (
        f"all points were moved by {shift} and multiplied by 2**{power}, which float64 does exactly: "
        "nothing may be rounded, added to a distance or compared with a fixed number"
    )
    check_fractions(moved, want=fractions(case), hint=hint)
    check_labels(moved, want=winners(case), hint=hint)


@pytest.mark.law
@given(seeds())
def test_a_training_row_is_its_own_nearest_neighbour(seed: int) -> None:
    rows = normal_matrix(seed, 40, 5)
    case = numbered(rows, rows, 1)
    with np.errstate(invalid="ignore"):  # a NaN is to be seen as a wrong answer, not as a warning
        check_labels(
            case,
            hint="rounding can leave |x|^2 + |q|^2 - 2 x.q a little below 0, and its root is NaN, which sorts last: "
            "clip at 0, or leave the root away",
        )


# --- edge: ties and labels -------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("k", [1, 5, 30, 150])
def test_a_distance_tie_goes_to_the_earlier_training_row(k: int) -> None:
    rng = np.random.default_rng(k)
    corners = rng.choice([-1.0, 1.0], size=(200, 2))
    grid = rng.integers(0, 4, size=(200, 2)).astype(np.float64)
    for rows, queries in ((corners, np.zeros((1, 2))), (grid, grid[:10])):
        case = numbered(rows, queries, k)
        check_fractions(
            case,
            mistakes={name: partial(fractions, case, find) for name, find in WRONG_TIES.items()},
            hint="rows at equal distance must stay in the order of fit: NumPy's default sort and argpartition mix them "
            'once there are more than a few, kind="stable" does not',
        )


@pytest.mark.edge
@pytest.mark.parametrize("k", [1, 7, 400])
def test_a_distance_tie_goes_to_the_earlier_row_among_thousands_too(k: int) -> None:
    distance = np.random.default_rng(k).integers(1, 4, size=3000).astype(np.float64)
    case = numbered(np.stack([distance, np.zeros(3000)], axis=1), [[0.0, 0.0]], k)
    voters = np.argsort(distance, kind="stable")[:k]
    want = np.zeros((1, 3000))
    want[0, case.y[voters]] = 1 / k
    check_fractions(
        case,
        want=want,
        hint="rows at equal distance must stay in the order of fit, however many rows there are: argpartition alone "
        "does not keep it",
    )


@pytest.mark.edge
def test_rows_that_mirror_each_other_tie_exactly() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        query = rng.integers(0, 8, size=3)
        half = rng.integers(0, 8, size=(int(rng.integers(3, 8)), 3))
        far = rng.integers(20, 40, size=(5, 3))  # the mean of all rows is somewhere else, and no whole number
        rows = rng.permutation(np.vstack([half, 2 * query - half, far]))
        check_fractions(
            numbered(rows, [query], 2 * int(rng.integers(0, len(half))) + 1),
            hint="rows on both sides of the query are equally far, so the earlier one gets the last place: a mean that is "
            "subtracted first is rounded, and makes them differ",
        )


@pytest.mark.edge
@pytest.mark.parametrize("k", [2, 3, 4, 6])
def test_a_vote_tie_goes_to_the_smallest_label(k: int) -> None:
    # With all rows voting, the smallest, largest, nearest and first label are four different ones.
    rows = np.array([[4.0], [1.0], [2.0], [3.0]])
    check_labels(Case(rows, np.array([7, 5, 9, 2]), np.array([[0.0]]), 4))
    check_labels(Case(rows, np.array(["c", "b", "d", "a"]), np.array([[0.0]]), 4))
    rows = np.arange(1.0, 7.0)[:, np.newaxis]
    for y in (["c", "b", "a", "c", "b", "a"], [10, 9, -1, 9, 10, -1], [True, False, True, False, True, False]):
        check_labels(Case(rows, np.array(y), np.array([[0.0]]), k))


@pytest.mark.edge
def test_columns_of_predict_proba_follow_sorted_labels() -> None:
    rows = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
    for y in ([7, 5, 7, 5, 5], [10, 9, 9, 100, 10], ["b", "a", "B", "a", "b"], [3, 2, 1, 1, 1], [0, 2, 2, 0, 2]):
        check_fractions(Case(rows, np.array(y), np.array([[0.0], [4.0]]), 4))


@pytest.mark.edge
@pytest.mark.parametrize(
    "y",
    [
        np.array([2**53, 2**53 + 1, 2**53 + 2]),
        np.array([2**64 - 1, 2**64 - 2, 0], dtype=np.uint64),
        np.array([200, 255, 0], dtype=np.uint8),
        np.array([-5, 1000, 7], dtype=np.int16),
        np.array([0.5, 0.25, -0.75]),
        np.array([True, False, False]),
        np.array(["a", "bb", "cccccccccccccccccccc"]),
        np.array(["10", "9", "010"]),
        np.array(["yes", "no", "maybe"], dtype=object),
        np.array([1e-9, 2e-9, 3e-9]),
        np.array(["a", "a ", " a"]),
        np.array(["z", "ä", "猫"]),
    ],
    ids=[
        "large",
        "uint64",
        "uint8",
        "int16",
        "float",
        "bool",
        "string",
        "digits",
        "object",
        "fine",
        "spaces",
        "letters",
    ],
)
def test_labels_come_back_as_they_went_in(y: Labels) -> None:
    case = Case(np.array([[0.0], [10.0], [20.0]]), y, np.array([[20.0], [0.0], [11.0]]), 1)
    model = fitted(case)
    want = y[[2, 0, 1]]
    check.equal(
        np.asarray(model.predict(case.queries)).tolist(),  # as lists: NumPy compares int64 with float64 in float64
        want.tolist(),
        asked=Asked(case, "predict"),
        mistakes={
            "labels went through float64, which cannot hold these integers: leave them as they are": lambda: (
                want.astype(np.float64).tolist()
            ),
            "labels were made integers: leave them as they are": lambda: want.astype(np.int64).tolist(),
            "labels were made strings: leave them as they are": lambda: want.astype(str).tolist(),
            "strings were cut: an array made for short strings cuts longer ones": lambda: want.astype("<U1").tolist(),
        },
        hint="labels are names, not numbers: only compare and sort them",
    )
    check.equal(np.asarray(model.classes_).tolist(), classes(case), asked=f"classes_ with the labels {check.show(y)}")


@pytest.mark.edge
@pytest.mark.parametrize("y", [[3, 1, 3], [True, False, True], [1.5, 2.0, 1.0], [3.0, 2.0, 1.0], ["b", "a", "a"]])
def test_results_are_arrays_of_the_stated_shapes_and_kinds(y: list[Any]) -> None:
    case = Case(np.array([[0.0], [1.0], [2.0]]), np.array(y), np.array([[0.0], [2.0]]), 1)
    model = fitted(case)
    for name, got, shape in (
        ("predict([[0.0], [2.0]])", model.predict(case.queries), (2,)),
        ("classes_", model.classes_, (len(classes(case)),)),
    ):
        array = isinstance(got, np.ndarray)
        kind = case.y.dtype.kind
        check.true(
            array and got.shape == shape and got.dtype.kind in {kind, "O" if kind == "U" else kind},
            asked=f"{name} after fit with the labels {y}",
            came=f"a {got.dtype} array of shape {got.shape}" if array else f"a {type(got).__name__}",
            expected=f"an array of shape {shape}, with a dtype like that of the labels ({case.y.dtype})",
            hint="labels keep their kind: they are looked up, not computed",
        )
    check.float_array(
        model.predict_proba(case.queries), (2, len(classes(case))), asked=f"predict_proba after fit with the labels {y}"
    )


# --- edge: numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint32, np.int32, np.uint64, np.int64])
def test_integer_coordinates_do_not_wrap_around(dtype: type[np.integer[Any]]) -> None:
    unit = 2 ** (np.dtype(dtype).itemsize * 4 - 4)  # (16 * unit)**2 is 0 in this dtype
    rows = np.array([[0], [27 * unit]], dtype=dtype)
    queries = np.array([[11 * unit], [16 * unit]], dtype=dtype)
    model = kata.KNN(k=1)
    model.fit(rows, [0, 1])
    with np.errstate(all="ignore"):
        got = model.predict(queries)
    check.equal(
        got,
        [0, 1],
        asked=f"KNN(k=1).fit({check.show(rows)}, [0, 1]).predict({check.show(queries)}) in {np.dtype(dtype).name}",
        mistakes={
            "integers wrapped around when they were squared: convert to float64 first": [1, 0],
            "integers wrapped around below 0 in row - query: convert to float64 first": [1, 1],
            "integers wrapped around below 0 in query - row: convert to float64 first": [0, 0],
        },
        hint="convert to float64 before subtracting",
    )
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    rows, queries = np.array([[least], [(least + most) // 2]], dtype=dtype), np.array([[most]], dtype=dtype)
    model.fit(rows, [0, 1])
    with np.errstate(all="ignore"):
        got = model.predict(queries)
    check.equal(
        got,
        [1],
        asked=f"KNN(k=1).fit({check.show(rows)}, [0, 1]).predict({check.show(queries)}) in {np.dtype(dtype).name}",
        mistakes={"a difference wrapped around: convert to float64 before subtracting, not after": [0]},
    )


@pytest.mark.edge
def test_booleans_are_coordinates_too() -> None:
    rows = np.array([[False, False, True], [True, True, False]])
    model = kata.KNN(k=1)
    model.fit(rows, ["x", "y"])
    check.equal(model.predict(rows), ["x", "y"], asked="KNN(k=1) fitted with rows of booleans, asked for the same rows")


@pytest.mark.edge
def test_training_rows_and_queries_may_differ_in_dtype() -> None:
    model = kata.KNN(k=1)
    model.fit(np.array([[0], [1], [2]], dtype=np.uint8), [0, 1, 2])
    check.equal(
        model.predict([[-5.0], [1.4], [1.6]]),
        [0, 1, 2],
        asked="KNN(k=1).fit([[0], [1], [2]] in uint8, [0, 1, 2]).predict([[-5.0], [1.4], [1.6]])",
        mistakes={"queries were made integers: convert both sides to float64": [0, 1, 1]},
        hint="convert both sides to float64; queries must not be cast to the dtype of the training rows",
    )


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_distances_are_computed_in_float64(dtype: type[np.floating[Any]]) -> None:
    # Points on a line for float64; float32 cannot hold points so fine, it gets a coarser grid.
    step, d = (1 / 4096, 1) if dtype is np.float64 else (1.0, 2)
    grid = np.array([[3.0, 0.0], [2.0, 0.0], [1.0, 0.0], [0.0, 0.0]])[:, :d]
    rows: Any = (8192 + step * grid).astype(dtype)
    case = Case(rows, np.arange(4), rows, 1)
    check_labels(
        case,
        hint=f"these are close points far from the origin, in {np.dtype(dtype).name}: all must be done in float64, "
        "|x|^2 + |q|^2 - 2 x.q above all",
    )


@pytest.mark.edge
@pytest.mark.parametrize(("dtype", "side"), [(np.float16, 8), (np.float32, 64), (np.float64, 64)])
def test_squared_differences_are_added_up_in_float64(dtype: type[np.floating[Any]], side: int) -> None:
    far = side**2 if dtype is not np.float16 else 64
    # far**2 + 2 * side**2 is one less than (far + 1)**2, and the dtype cannot tell them apart if it is not float64.
    rows = np.array([[far + 1, 0, 0], [far, side, side]], dtype=dtype)
    case = Case(rows, np.array([0, 1]), np.zeros((1, 3), dtype=dtype), 1)
    check_labels(
        case,
        want=[1],
        hint=f"the second row is nearer, by 1 in the square, though not in fewer digits than float64 has: convert "
        f"{np.dtype(dtype).name} first, and keep distances in float64",
    )


FORMS: dict[str, Callable[[npt.NDArray[Any]], object]] = {
    "tuples": lambda array: tuple(map(tuple, array.tolist())) if array.ndim == 2 else tuple(array.tolist()),
    "arrays in Fortran order": np.asfortranarray,
    "every second row of a longer array": lambda array: np.repeat(array, 2, axis=0)[::2],
    "arrays that cannot be written": lambda array: np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape),
}


@pytest.mark.edge
@pytest.mark.parametrize("form", FORMS)
def test_rows_labels_and_queries_may_have_any_form(form: str) -> None:
    case = numbered([[0, 9], [1, 5], [7, 2], [4, 4], [8, 8]], [[7, 3], [0, 6], [8, 9]], 2)
    X, y, queries = (FORMS[form](part) for part in case[:3])
    hint = f"the same numbers as {form} mean the same: make arrays of them, and never trust how they lie in memory"
    model = kata.KNN(k=2)
    check.accepts(lambda: model.fit(X, y), asked=call("fit", X, y) + f", {form}", because="arrays and lists may be any")
    asked = Asked(case, "predict_proba") + f", as {form}"
    table = check.accepts(lambda: model.predict_proba(queries), asked=asked, because="queries may have any form")
    check.close(table, fractions(case), asked=asked, hint=hint)
    check.equal(model.predict(queries), winners(case), asked=Asked(case, "predict") + f", as {form}", hint=hint)


# --- edge: sizes -----------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_one_training_row_answers_everything() -> None:
    case = Case(np.array([[5.0, 5.0]]), np.array(["only"]), np.array([[0.0, 0.0], [9.0, 9.0]]), 1)
    check_labels(case)
    check_fractions(case, hint="one class still makes a table of one column")


@pytest.mark.edge
def test_k_may_be_all_training_rows() -> None:
    # 260 votes against 40; in 8 bits 260 is 4.
    case = Case(np.arange(300.0)[:, np.newaxis], np.repeat([3, 5], [260, 40]), np.array([[0.0], [500.0]]), 300)
    hint = "with k = n every row votes, and 300 votes do not fit into 8 bits"
    check_labels(case, hint=hint)
    check_fractions(case, hint=hint)


@pytest.mark.edge
def test_equal_training_rows_vote_each() -> None:
    case = Case(np.array([[1.0], [1.0], [1.0], [2.0], [2.0]]), np.array([8, 6, 6, 8, 8]), np.array([[1.0], [2.0]]), 3)
    check_fractions(case, hint="rows that are equal are still rows: each has its vote")
    check_labels(case)


@pytest.mark.edge
def test_many_features_count_all() -> None:
    case = numbered(np.eye(130), np.eye(130), 1)
    check_labels(case, want=case.y, hint="rows differ in any one of 130 features: all must count")


@pytest.mark.edge
def test_many_rows_labels_and_queries_count_all() -> None:
    rows = 8192 + np.arange(1200.0)[:, np.newaxis] / 4096  # too fine for float32, exact in float64 when squared too
    order = np.random.default_rng(1).permutation(1200)[:1031]  # no round number: the last block of queries is not full
    case = numbered(rows, rows[order], 1)
    table = np.zeros((1031, 1200))
    table[np.arange(1031), case.y[order]] = 1.0
    hint = "each of 1031 queries equals one of 1200 rows, each with a label of its own: none may be left out, no code of a "
    hint += "label may overflow, and a last block of queries that is not full counts too"
    model = fitted(case)
    check_labels(case, want=case.y[order], model=model, hint=hint)
    check_fractions(case, want=table, model=model, hint=hint)


# --- edge: bad calls -------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("k", [0, -1, 5, 100])
def test_k_outside_1_to_n_is_an_error_in_fit(k: int) -> None:
    check.raises(
        ValueError,
        lambda: kata.KNN(k=k).fit(small_case().X, small_case().y),
        asked=f"KNN(k={k}).fit(X, y) with 4 training rows",
        because="k must be 1 to the number of training rows",
        hint="compare k with the number of rows in fit, rather than clip it or wait for predict",
    )


@pytest.mark.edge
def test_one_training_row_is_not_enough_for_two_votes() -> None:
    check.raises(
        ValueError,
        lambda: kata.KNN(k=2).fit([[1.0, 2.0]], ["only"]),
        asked="KNN(k=2).fit([[1.0, 2.0]], ['only'])",
        because="k must be 1 to the number of training rows, which is 1",
        hint="one row is no exception: compare k with the number of rows",
    )


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(), (4,), (2, 2, 1), (0, 2), (4, 0), (0, 0), (0,)])
def test_training_rows_of_a_wrong_shape_are_an_error(shape: tuple[int, ...]) -> None:
    y = np.zeros(shape[0] if shape else 1, dtype=int)
    check.raises(
        ValueError,
        lambda: kata.KNN(k=1).fit(np.zeros(shape), y),
        asked=f"fit with X of shape {shape} and y of shape {y.shape}",
        because="X must have two dimensions, with at least one row and one column",
        hint="check .ndim and .size of X: nothing is reshaped for the caller",
    )


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(), (4, 1), (1, 4), (2, 2), (3,), (5,), (1,), (0,)])
def test_labels_of_a_wrong_shape_are_an_error(shape: tuple[int, ...]) -> None:
    check.raises(
        ValueError,
        lambda: kata.KNN(k=1).fit(small_case().X, np.zeros(shape, dtype=int)),
        asked=f"fit with X of shape (4, 2) and y of shape {shape}",
        because="y must have shape (4,), one label for each row",
        hint="compare y.shape with (number of rows,): a column (n, 1) is a mistake to report, not to flatten",
    )


@pytest.mark.edge
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(), (2,), (1, 2, 1), (3, 1), (3, 3), (1, 1), (0, 2), (2, 0), (0,)])
def test_queries_of_a_wrong_shape_are_an_error(method: str, shape: tuple[int, ...]) -> None:
    model = fitted(small_case())
    check.raises(
        ValueError,
        lambda: getattr(model, method)(np.ones(shape)),
        asked=f"{method} with queries of shape {shape}, after fit with X of shape (4, 2)",
        because="queries must have shape (q, 2), with q at least 1",
        hint="check .ndim, .size and the number of columns: NumPy broadcasts (q, 1) and (2,) against (n, 2) silently",
    )


@pytest.mark.edge
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(), (1,), (3,), (3, 1, 1)])
def test_queries_of_one_feature_are_a_column_too(method: str, shape: tuple[int, ...]) -> None:
    model = kata.KNN(k=1)
    model.fit([[0], [1]], [0, 1])
    check.raises(
        ValueError,
        lambda: getattr(model, method)(np.ones(shape)),
        asked=f"{method} with queries of shape {shape}, after fit with X of shape (2, 1)",
        because="queries must have shape (q, 1)",
        hint="one feature is no exception: the caller writes [[1], [2]], and nothing is reshaped for him",
    )


@pytest.mark.edge
@pytest.mark.parametrize("method", METHODS)
def test_queries_of_several_columns_do_not_broadcast_against_one(method: str) -> None:
    model = kata.KNN(k=1)
    model.fit([[0], [1]], [0, 1])
    check.raises(
        ValueError,
        lambda: getattr(model, method)([[0, 1, 2]]),
        asked=f"{method} with queries of shape (1, 3), after fit with X of shape (2, 1)",
        because="queries must have shape (q, 1)",
        hint="compare the numbers of columns: NumPy broadcasts (1, 3) against (2, 1) silently",
    )


@pytest.mark.edge
@pytest.mark.parametrize("method", METHODS)
def test_asking_before_fit_is_a_runtime_error(method: str) -> None:
    model = kata.KNN(k=1)
    check.raises(
        RuntimeError,
        lambda: getattr(model, method)([[0.0, 1.0]]),
        asked=f"KNN(k=1).{method}([[0.0, 1.0]]) before fit",
        because="the model is not fitted",
        hint="look whether fit was called before anything that fit sets is touched",
    )


# --- edge: state -----------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_fit_returns_the_model_itself() -> None:
    model = kata.KNN(k=1)
    returned = model.fit([[0.0], [1.0]], ["a", "b"])
    check.true(
        returned is not None, asked="KNN(k=1).fit(X, y)", came="None", expected="the model", hint="end with return self"
    )
    check.equal(returned.predict([[1.0]]), ["b"], asked="KNN(k=1).fit([[0], [1]], ['a', 'b']).predict([[1]])")
    model.fit([[0.0], [1.0]], ["c", "d"])
    check.equal(
        returned.predict([[1.0]]),
        ["d"],
        asked="what the first fit returned, after the model was fitted with labels 'c', 'd'",
        mistakes={"fit returns another model: return self": ["b"]},
    )


@pytest.mark.edge
def test_fit_again_forgets_what_was_before() -> None:
    model = kata.KNN(k=1)
    model.fit([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], ["a", "b", "c"])
    model.predict([[0.0, 0.0]])
    model.fit([[10.0], [20.0]], [7, 5])
    asked = "{} after fit([[10], [20]], [7, 5]), which came after another fit"
    hint = "fit must replace all that it sets: rows, labels and classes_"
    check.equal(model.classes_, [5, 7], asked=asked.format("classes_"), hint=hint)
    check.equal(model.predict([[0.0], [16.0]]), [7, 5], asked=asked.format("predict([[0], [16]])"), hint=hint)
    check.close(model.predict_proba([[0.0]]), [[0.0, 1.0]], asked=asked.format("predict_proba([[0]])"), hint=hint)
    model.fit([[0.0], [100.0]], [7, 9])
    asked = "{} after fit([[0], [100]], [7, 9]), which came after fit([[10], [20]], [7, 5])"
    check.equal(
        model.classes_,
        [7, 9],
        asked=asked.format("classes_"),
        mistakes={"labels of the fit before are kept": [5, 7, 9]},
        hint=hint,
    )
    check.equal(
        model.predict([[16.0]]),
        [7],
        asked=asked.format("predict([[16]])"),
        mistakes={"rows of the fit before still vote": [5]},
        hint=hint,
    )


@pytest.mark.edge
def test_models_do_not_share_what_they_learnt() -> None:
    first, second = kata.KNN(k=1), kata.KNN(k=2)
    first.fit([[0.0], [1.0]], ["a", "b"])
    second.fit([[0.0], [1.0]], ["y", "x"])
    hint = "keep what fit learns in the instance, not in the class or the module"
    check.equal(first.predict([[1.0]]), ["b"], asked="predict([[1]]) of one model, after another was fitted", hint=hint)
    check.equal(first.classes_, ["a", "b"], asked="classes_ of one model, after another was fitted", hint=hint)
    check.equal(second.predict([[1.0]]), ["x"], asked="predict([[1]]) of the other model, with k=2", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("changed", ["X", "y", "both"])
def test_changing_the_training_arrays_after_fit_changes_no_answer(changed: str) -> None:
    X, y = np.array([[0.0], [1.0], [2.0]]), np.array([5, 6, 7])
    case = Case(X.copy(), y.copy(), np.array([[0.0], [2.0]]), 1)
    model = kata.KNN(k=1)
    model.fit(X, y)
    if changed != "y":
        X[:] = X[::-1].copy()
    if changed != "X":
        y[:] = 6
    hint = f"the caller changed {changed} after fit: np.asarray keeps the caller's array, np.array makes a copy"
    check_labels(case, model=model, hint=hint)
    check_fractions(case, model=model, hint=hint)


@pytest.mark.edge
def test_changing_an_answer_changes_no_later_one() -> None:
    case = small_case()
    model = fitted(case)
    labels, table = model.predict(case.queries), model.predict_proba(case.queries)
    labels[:] = "?"
    table[:] = -1.0
    hint = "the caller wrote into an earlier answer: every call returns new arrays"
    check_labels(case, model=model, hint=hint)
    check_fractions(case, model=model, hint=hint)


@pytest.mark.edge
def test_asking_again_changes_no_earlier_answer() -> None:
    case = small_case()
    model = fitted(case)
    labels, table = model.predict(case.queries), model.predict_proba(case.queries)
    kept_labels, kept_table = labels.copy(), table.copy()
    turned = case.queries[::-1].copy()
    model.predict(turned)
    model.predict_proba(turned)
    mistake = "every call writes into one array: a later answer overwrote this one"
    came_before = ", after the model was asked about other queries"
    other_labels, other_table = kept_labels[::-1], kept_table[::-1]
    check.equal(labels, kept_labels, asked=Asked(case, "predict") + came_before, mistakes={mistake: other_labels})
    check.close(table, kept_table, asked=Asked(case, "predict_proba") + came_before, mistakes={mistake: other_table})


@pytest.mark.edge
def test_asking_changes_no_later_answer() -> None:
    case = random_case(7)
    other = case._replace(queries=case.queries[::-1] + 1.0)
    model = fitted(case)
    for asked in (case, other, case):
        check_labels(asked, model=model, hint="an earlier question left something behind in the model")
        check_fractions(asked, model=model, hint="an earlier question left something behind in the model")


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, y, queries, k = small_case()
    model = kata.KNN(k=k)
    with check.untouched(asked=call("fit", X, y), X=X, y=y):
        model.fit(X, y)
    for method in METHODS:
        with check.untouched(asked=call(method, queries), queries=queries, X=X, y=y):
            getattr(model, method)(queries)
    rows, labels = X.tolist(), y.tolist()
    with check.untouched(asked=call("fit", rows, labels), X=rows, y=labels):
        model.fit(rows, labels)


@pytest.mark.edge
def test_queries_that_are_changed_in_place_are_answered_anew() -> None:
    case = small_case()
    model = fitted(case)
    queries = case.queries.copy()
    before = {method: getattr(model, method)(queries) for method in METHODS}
    queries[:] = queries[::-1].copy()
    turned = case._replace(queries=queries)
    mistake = "an answer was remembered for the array, not for what is in it: compute each answer anew"
    check.equal(
        model.predict(queries),
        winners(turned),
        asked=Asked(turned, "predict") + ", after the same array held other queries",
        mistakes={mistake: before["predict"]},
    )
    check.close(
        model.predict_proba(queries),
        fractions(turned),
        asked=Asked(turned, "predict_proba") + ", after the same array held other queries",
        mistakes={mistake: before["predict_proba"]},
    )


# --- speed -----------------------------------------------------------------------------------------------------------


def loop_predict(rows: list[list[float]], labels: list[int], queries: list[list[float]], k: int) -> list[int]:
    """The definition over lists."""
    answers = []
    for query in queries:
        distances = sorted((squared(row, query), i) for i, row in enumerate(rows))
        votes = Counter(labels[i] for _, i in distances[:k])
        answers.append(min(votes, key=lambda label: (-votes[label], label)))
    return answers


def large_case(n: int, q: int, d: int) -> Case:
    rng = np.random.default_rng(0)
    return Case(rng.normal(size=(n, d)), rng.integers(0, 4, size=n), rng.normal(size=(q, d)), 5)


@pytest.mark.speed
@pytest.mark.parametrize("method", METHODS)
def test_is_vectorised(race: Racer, method: str) -> None:
    case = large_case(600, 60, 8)
    model = fitted(case)
    rows, labels, queries = case.X.tolist(), case.y.tolist(), case.queries.tolist()
    race(
        lambda: getattr(model, method)(case.queries),
        lambda: loop_predict(rows, labels, queries, 5),
        at_least=10,
        versus="the loop",
        asked=f"{method} of 60 queries among 600 training rows with 8 features, k=5",
        hint="let NumPy compute the distances of a query to all rows, or of all queries to all rows, at once",
    )


@pytest.mark.speed
@pytest.mark.parametrize("method", METHODS)
def test_needs_no_block_of_all_differences(memory: MemoryMeter, method: str) -> None:
    case = large_case(1000, 200, 64)
    model = fitted(case)
    memory(
        lambda: getattr(model, method)(case.queries),
        at_most_mib=32,
        asked=f"{method} of 200 queries among 1000 training rows with 64 features, k=5",
        hint="X[:, None, :] - rows[None, :, :] is a (q, n, d) block: add up one feature at a time, take queries in "
        "turn, or expand the square",
    )
