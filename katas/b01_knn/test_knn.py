"""Suite of B01: laws on scattered points, and on small integers, where distances tie and any choice of tied rows is right."""

from __future__ import annotations

from statistics import mode
from typing import Any, NamedTuple

import knn as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Call, Mistakes, call
from harness.suite.speed import Contest, MemoryMeter, Racer, Task, vary
from harness.suite.strategies import Float64Array, normal_matrix, seeds


class Case(NamedTuple):
    """One question: training rows, their labels, queries, k."""

    X: Float64Array
    y: npt.NDArray[Any]
    queries: Float64Array
    k: int


def squares(case: Case) -> Float64Array:
    """Squared distances, shape (q, n)."""
    return np.asarray(((case.queries[:, np.newaxis] - case.X) ** 2).sum(axis=2))


def fractions(case: Case, by: Float64Array | None = None, skip: int = 0, k: int | None = None) -> Float64Array:
    """What `predict_proba` gives where no distances tie; the other arguments are what mistakes change."""
    order = np.argsort(squares(case) if by is None else by, axis=1, kind="stable")
    labels = case.y[order[:, skip : skip + (k or case.k)]]
    return np.asarray((labels[:, :, np.newaxis] == np.unique(case.y)).mean(axis=1))


def winners(case: Case, table: Float64Array | None = None) -> npt.NDArray[Any]:
    """The label with the largest fraction, the smallest of those that tie."""
    return np.asarray(np.unique(case.y)[(fractions(case) if table is None else table).argmax(axis=1)])


def is_right(case: Case, table: Any) -> bool:
    """Whether the fractions are those of k of the nearest rows, whichever of the tied rows were taken."""
    one_hot, distances = (case.y[:, np.newaxis] == np.unique(case.y)).astype(int), squares(case)
    kth = np.sort(distances, axis=1)[:, case.k - 1 : case.k]
    least, most = (distances < kth).astype(int) @ one_hot, (distances <= kth).astype(int) @ one_hot
    if np.shape(table) != least.shape:
        return False
    counts = np.asarray(table) * case.k
    whole = np.allclose(counts, counts.round()) and np.allclose(counts.sum(axis=1), case.k)
    return bool(whole and (counts > least - 0.5).all() and (counts < most + 0.5).all())


def wrong_voters(case: Case) -> dict[str, Float64Array]:
    """Fractions where other rows vote than the k nearest."""
    one_hot, distances = (case.y[:, np.newaxis] == np.unique(case.y)).astype(int), squares(case)
    near = (distances <= np.sort(distances, axis=1)[:, case.k - 1 : case.k]).astype(int)
    spread = np.where(np.ptp(case.X, axis=0) > 0, case.X.std(axis=0), 1.0)
    return {
        "the sum of absolute differences (L1): the distance is Euclidean": fractions(
            case, np.abs(case.queries[:, np.newaxis] - case.X).sum(axis=2)
        ),
        "the farthest rows vote: the nearest do": fractions(case, -distances),
        "the nearest row was left out: a query is not one of the training rows": fractions(case, skip=1),
        **{f"{k} rows vote whatever k is": fractions(case, k=k) for k in (1, 3, 5)},
        "all rows vote that tie for the last place: exactly k vote": (near @ one_hot) / near.sum(axis=1, keepdims=True),
        "features were standardised: compare them as they are": fractions(
            case, squares(case._replace(X=case.X / spread, queries=case.queries / spread))
        ),
    }


def fraction_mistakes(case: Case) -> Mistakes:
    right, labels = fractions(case), case.y.tolist()
    position = {label: i for i, label in enumerate(sorted(set(labels)))}
    return {
        "counts of votes: divide by k": right * case.k,
        "1 for the winner and 0 for the others: give the fractions": np.eye(len(position))[right.argmax(axis=1)],
        "columns follow the order in which labels appear in y: they follow classes_": right[
            :, [position[label] for label in dict.fromkeys(labels)]
        ],
        "a column for each of 0...max(y): only labels that are in y have one": lambda: (
            np.array([right[:, position[i]] if i in position else 0 * right[:, 0] for i in range(max(labels) + 1)]).T
        ),
        "columns only for labels that got a vote: every label of y has one": right[:, right.any(axis=0)],
        **wrong_voters(case),
    }


def label_mistakes(case: Case, got: Any) -> Mistakes:
    right = fractions(case)
    tied = [np.unique(case.y)[row == row.max()].tolist() for row in right]
    wrong_tie = np.shape(got) == (len(tied),) and all(label in of for label, of in zip(list(got), tied, strict=True))
    return {
        "positions in classes_: return the labels themselves": right.argmax(axis=1),
        "a vote tie went to another label than the smallest": got if wrong_tie else np.nan,
        **{name: winners(case, table) for name, table in wrong_voters(case).items()},
    }


def fitted(case: Case) -> Any:
    """A model that got copies of the case's arrays."""
    model = kata.KNN(k=case.k)
    model.fit(case.X.copy(), case.y.copy())
    return model


def asked(case: Case, method: str) -> Call:
    return call("KNN", k=case.k) + "." + call("fit", case.X, case.y) + "." + call(method, case.queries)


def check_labels(case: Case, got: Any = None, *, hint: str = "") -> None:
    """Hold `predict`, or labels that it gave, to the definition; a hint replaces the usual mistakes."""
    __tracebackhide__ = True
    got = fitted(case).predict(case.queries.copy()) if got is None else got
    if not check.is_equal(got, winners(case)):  # mistakes are computed only when they are needed
        mistakes = {} if hint else label_mistakes(case, got)
        check.equal(got, winners(case), asked=asked(case, "predict"), mistakes=mistakes, hint=hint)


def check_fractions(case: Case, got: Any = None, *, hint: str = "") -> None:
    """Hold `predict_proba`, or a table that it gave, to the definition; a hint replaces the usual mistakes."""
    __tracebackhide__ = True
    got = fitted(case).predict_proba(case.queries.copy()) if got is None else got
    if not is_right(case, got):
        mistakes = {} if hint else fraction_mistakes(case)
        hint = hint or "the k nearest rows, by all features, have one vote each, equal rows too; nothing is rounded"
        check.close(got, fractions(case), asked=asked(case, "predict_proba"), mistakes=mistakes, hint=hint)


LABELS: list[list[Any]] = [[0, 1, 2], [7, 5, 12], [-3, 1000, 0], [10, 9, 2], ["red", "green", "b"], ["B", "a", "10"]]
POINTS = np.array([[0.0, 0.0], [0.0, 2.0], [4.0, 0.0], [4.0, 4.0]])
README = Case(POINTS, np.array(["red", "red", "blue", "blue"]), np.array([[0.0, 1.0], [5.0, 3.0]]), 3)


def scattered(seed: int) -> Case:
    """Few or many points in any unit, without equal distances; features have different spreads."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.choice([25, 600])), int(rng.integers(2, 6))
    spread = 10.0 ** rng.integers(-12, 5) * rng.uniform(0.5, 2.0, size=d)
    y = np.array(LABELS[rng.integers(len(LABELS))])[rng.permutation(np.arange(n) % 3)]
    k = int(rng.integers(1, rng.choice([4, 26])))
    return Case(rng.normal(size=(n, d)) * spread, y, rng.normal(size=(4, d)) * spread, k)


def on_a_grid(seed: int) -> Case:
    """Integer rows, and queries on and between them: distances tie all the time, and exactly."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(8, 30)), int(rng.integers(1, 4))
    y = np.array(LABELS[rng.integers(len(LABELS))])[rng.integers(3, size=n)]
    return Case(
        rng.integers(-2, 3, size=(n, d)).astype(np.float64),
        y,
        rng.integers(-4, 5, size=(5, d)) / 2,
        int(rng.integers(1, n + 1)),
    )


@pytest.mark.example
def test_worked_example_of_four_points() -> None:
    model = kata.KNN(k=3)
    model.fit(README.X.astype(int).tolist(), README.y.tolist())
    queries = README.queries.astype(int).tolist()
    check.equal(model.classes_, ["blue", "red"], asked="classes_ after fit with the labels red, red, blue, blue")
    hint = "rows 0, 1 and 2 vote for the first query, rows 3, 2 and 1 for the second"
    check_labels(README, model.predict(queries), hint=hint)
    check_fractions(README, model.predict_proba(queries), hint=hint)


@pytest.mark.example
def test_k_is_3_by_default_and_may_be_given_by_position() -> None:
    for model, k in ((kata.KNN(), 3), (kata.KNN(1), 1), (kata.KNN(4), 4)):
        case = Case(np.arange(7.0)[:, np.newaxis], np.arange(7), np.array([[-1.0]]), k)
        model.fit(case.X, case.y)
        check_fractions(case, model.predict_proba(case.queries))


@pytest.mark.law
@given(st.builds(scattered, seeds()))
def test_predict_proba_equals_the_definition(case: Case) -> None:
    check_fractions(case)


@pytest.mark.law
@given(st.builds(scattered, seeds()))
def test_predict_equals_the_definition(case: Case) -> None:
    check_labels(case)


@pytest.mark.law
@given(st.builds(on_a_grid, seeds()))
def test_exactly_k_rows_vote_where_distances_tie(case: Case) -> None:
    check_fractions(case)


@pytest.mark.law
@given(st.builds(scattered, seeds()))
def test_queries_one_by_one_are_answered_as_together(case: Case) -> None:
    model = fitted(case)
    hint = "the other queries of a call change nothing, and one query still gives an array of one row"
    singles = case.queries[:, np.newaxis]
    labels = each(model.predict, [(query,) for query in singles])
    tables = each(model.predict_proba, [(query,) for query in singles])
    for query, label, table in zip(singles, labels, tables, strict=True):
        check_labels(case._replace(queries=query), label, hint=hint)
        check_fractions(case._replace(queries=query), table, hint=hint)


@pytest.mark.law
@given(seeds())
def test_a_training_row_is_its_own_nearest_neighbour(seed: int) -> None:
    rows = 100 + normal_matrix(seed, 40, 5)
    hint = "rounding can leave |x|^2 + |q|^2 - 2 x.q a little below 0, and its root is NaN, which sorts last: clip at 0"
    check_labels(Case(rows, np.random.default_rng(seed).permutation(40), rows, 1), hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("y", [[7, 5, 9, 2], ["c", "b", "d", "a"]])
def test_a_vote_tie_goes_to_the_smallest_label(y: list[Any]) -> None:
    case = Case(np.array([[4.0], [1.0], [2.0], [3.0]]), np.array(y), np.array([[0.0]]), 4)
    wrong = {"that appears first in y": y[0], "of the nearest row (Counter.most_common)": y[1], "that is largest": y[2]}
    check.equal(
        fitted(case).predict(case.queries),
        [y[3]],
        asked=asked(case, "predict"),
        mistakes={f"a vote tie went to the label {name}: the smallest label wins": [y] for name, y in wrong.items()},
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    "y", [[7, 5, 7, 10, 9], [3, -1, 3, -1, 0], ["b", "a", "B", "10", "9"], ["a", "bb", "ccccccc", "bb", "a"]]
)
def test_labels_are_kept_as_they_are_and_sorted(y: list[Any]) -> None:
    want = sorted(set(y))
    case = Case(np.arange(5.0)[:, np.newaxis], np.array(y), np.arange(5.0)[::-1, np.newaxis], 1)
    hint = "labels come back as they are: look them up in classes_, and neither cut nor convert them"
    model = fitted(case)
    check.equal(
        model.classes_,
        want,
        asked=f"classes_ after fit with the labels {y}",
        mistakes={
            "labels in the order in which they appear: sort them": list(dict.fromkeys(y)),
            "labels sorted as text: sort them as what they are": sorted(want, key=str),
            "0...c-1: keep the labels themselves": list(range(len(want))),
        },
        hint=hint,
    )
    got = np.asarray(model.predict(case.queries))
    check_labels(case, got, hint=hint)
    check.equal(got.dtype.kind, case.y.dtype.kind, asked=asked(case, "predict") + ".dtype.kind", hint=hint)


NUMBERS: dict[str, tuple[list[int], list[int]]] = {
    "uint8": ([0, 200], [90, 110, 190]),
    "int8": ([-128, 20], [-90, -40, 100]),
    "float32": ([8192, 8193, 8194, 8195], [8192, 8193, 8194, 8195]),
    "float64": ([2**24, 2**24 + 1, 2**24 + 2], [2**24 + 1, 2**24 + 2, 2**24]),
}


@pytest.mark.edge
@pytest.mark.parametrize("dtype", NUMBERS)
def test_is_computed_in_float64(dtype: str) -> None:
    rows, queries = (np.array(part, dtype=np.float64)[:, np.newaxis] for part in NUMBERS[dtype])
    case = Case(rows, np.arange(len(rows)), queries, 1)
    model = kata.KNN(k=1)
    model.fit(rows.astype(dtype), case.y)
    hint = f"the rows are {dtype}: use float64, as small integers wrap around, and float32 loses digits that tell rows apart"
    check_labels(case, model.predict(queries.astype(dtype)), hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("k", [0, -1, 5])
def test_k_outside_1_to_n_is_an_error_in_fit(k: int) -> None:
    check.raises(
        ValueError,
        lambda: kata.KNN(k=k).fit(README.X, README.y),
        asked=f"KNN(k={k}).fit(X, y) with 4 training rows",
        because="k must be 1 to the number of training rows",
        hint="compare k with the number of rows in fit: do not clip it, and do not wait for predict",
    )


TRAINING: Any = [((4,), (4,)), ((2, 2, 2), (2,)), ((0, 2), (0,)), ((4, 0), (4,)), ((4, 2), (3,)), ((4, 2), (4, 1))]
QUERIES: Any = [(2,), (1, 2, 1), (0, 2), (3, 1), (3, 3)]
BAD = [("fit", *shapes) for shapes in TRAINING]
BAD += [(method, shape) for method in ("predict", "predict_proba") for shape in QUERIES]


@pytest.mark.edge
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(bad: Any) -> None:
    method, *shapes = bad
    model = fitted(README._replace(k=1))
    check.raises(
        ValueError,
        lambda: getattr(model, method)(*(np.ones(shape) for shape in shapes)),
        asked=f"{method} with arguments of shapes {shapes}, after fit with X of shape (4, 2)",
        because="X has shape (n, d), y (n,), queries (q, 2), and no axis has length zero",
        hint="check .ndim, .size and the columns, and reshape nothing: NumPy broadcasts (q, 1) and (2,) silently",
    )


@pytest.mark.edge
@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_a_call_before_fit_is_a_runtime_error(method: str) -> None:
    check.raises(
        RuntimeError,
        lambda: getattr(kata.KNN(k=1), method)([[0.0, 1.0]]),
        asked=f"KNN(k=1).{method}([[0.0, 1.0]]) before fit",
        because="the model is not fitted",
        hint="ask whether there was a fit before anything that fit sets is looked up, classes_ in predict too",
    )


@pytest.mark.edge
def test_fit_again_forgets_and_two_models_share_nothing() -> None:
    returned = kata.KNN(k=1).fit([[0.0], [1.0], [2.0]], [1, 2, 3])
    check.true(returned is not None, asked="KNN(k=1).fit(X, y)", came="None", expected="self", mistake="return self")
    returned.fit([[10.0], [20.0]], [7, 5])
    before, hint = "fit twice, then ", "fit replaces all that it sets: rows, labels and classes_"
    check.equal(returned.classes_, [5, 7], asked=before + "classes_", hint=hint)
    check.equal(returned.predict([[0.0], [16.0]]), [7, 5], asked=before + "predict([[0], [16]])", hint=hint)
    first = fitted(README)
    fitted(README._replace(X=README.X[::-1].copy()))
    check_fractions(README, first.predict_proba(README.queries), hint="keep what fit learns in self, not in the class")


@pytest.mark.edge
@pytest.mark.parametrize("changed", ["X", "y"])
def test_changing_the_training_arrays_after_fit_changes_no_answer(changed: str) -> None:
    X, y = README.X.copy(), README.y.copy()
    model = kata.KNN(k=3)
    model.fit(X, y)
    array = X if changed == "X" else y
    array[:] = array[::-1].copy()
    hint = f"the caller changed {changed} after fit: np.asarray keeps the caller's array, np.array makes a copy"
    check_labels(README, model.predict(README.queries), hint=hint)
    check_fractions(README, model.predict_proba(README.queries), hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, y, queries = README.X.copy(), README.y.copy(), README.queries.copy()
    model = kata.KNN(k=3)
    with check.untouched(asked=call("fit", X, y) + " and predict_proba", X=X, y=y, queries=queries):
        model.fit(X, y)
        model.predict_proba(queries)


def loop_predict(rows: list[list[float]], labels: list[int], queries: list[list[float]], k: int) -> list[int]:
    answers = []
    for query in queries:
        squares = [sum((a - b) ** 2 for a, b in zip(row, query, strict=True)) for row in rows]
        answers.append(mode(labels[i] for i in sorted(range(len(rows)), key=squares.__getitem__)[:k]))
    return answers


def large_case(rng: np.random.Generator, n: int, q: int, d: int) -> Case:
    n, q = vary(rng, n), vary(rng, q)
    return Case(rng.normal(size=(n, d)), rng.integers(4, size=n), rng.normal(size=(q, d)), 5)


@pytest.mark.speed
def test_is_vectorised(race: Racer) -> None:
    def contest(rng: np.random.Generator) -> Contest:
        case = large_case(rng, 600, 60, 8)
        model, lists = fitted(case), (case.X.tolist(), case.y.tolist(), case.queries.tolist())
        return Contest(lambda: model.predict(case.queries), lambda: loop_predict(*lists, case.k), lambda: winners(case))

    asked = "predict of about 60 queries among about 600 training rows with 8 features, k=5"
    hint = "let NumPy compute the distances of a query to all rows, or of all queries to all rows, at once"
    race(contest, same=check.equal, at_least=10, versus="the loop", asked=asked, hint=hint)


@pytest.mark.speed
def test_needs_no_block_of_all_differences(memory: MemoryMeter) -> None:
    def task(rng: np.random.Generator) -> Task:
        case = large_case(rng, 1000, 200, 64)
        model = fitted(case)
        return Task(lambda: model.predict(case.queries), lambda: winners(case))

    asked = "predict of about 200 queries among about 1000 training rows with 64 features, k=5"
    hint = "X[:, None, :] - rows[None, :, :] is a (q, n, d) block: take queries in turn, or expand the square"
    memory(task, same=check.equal, at_most_mib=32, asked=asked, hint=hint)
