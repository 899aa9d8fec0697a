"""Suite of B10: the path of the perceptron on numbers whose sums are exact, its bound on separable data, and its labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import perceptron as kata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Call, call
from harness.suite.strategies import Float64Array, seeds

Labels = npt.NDArray[np.int64]
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
AND, XOR = np.array([-1, -1, -1, 1]), np.array([-1, 1, 1, -1])
NAMES = "[weights, bias, errors_per_epoch, n_updates, converged]"


def run(X: Float64Array, y: Labels, max_epochs: int = 1000, slip: str = "") -> list[Any]:
    """What `fit` leaves, in the order of NAMES; `slip` is a mistake in the path."""
    weights, bias, errors, errors_now = np.zeros(X.shape[1]), 0.0, list[int](), -1
    step = {"halved": 0.5, "tenth": 0.1, "hundredth": 0.01, "doubled": 2.0}.get(slip, 1.0)
    while len(errors) < max_epochs and (errors_now or slip in ("to the end", "every row")):
        seen, errors_now = (weights, bias), 0
        for x, label in zip(X, y, strict=True):
            w, b = seen if slip == "batch" else (weights, bias)
            score = float(w @ x) + b
            decisions = {
                "strict": label * score < 0,
                "predicted": (1 if score >= 0 else -1) != label,
                "every row": True,
                "margin 1": label * score < 1,
            }
            if decisions.get(slip, label * score <= 0):
                sign = 1 if slip == "unsigned" else label
                weights = weights + step * sign * x
                bias += 0.0 if slip == "bias still" else step * float(sign)
                errors_now += 1
                if slip == "one update":
                    break
        at_end = int(np.sum(y * (X @ weights + bias) <= 0))
        errors.append(at_end if slip == "afterwards" else errors_now)
    return [weights, bias, errors, sum(errors), errors_now == 0]


SLIPS = {
    "strict": "updated where y * score < 0: a score of 0, as all are at the start, is an error too (<= 0)",
    "bias still": "the bias is never updated: add y to it",
    "batch": "the scores of an epoch all come from the weights at its start: use the weights of this moment",
    "predicted": "compared with the predicted label: a score of 0 is an error for +1, too",
    "halved": "a step of 0.5: add y * x itself",
    "tenth": "a learning rate of 0.1: there is none",
    "hundredth": "a learning rate of 0.01: there is none",
    "doubled": "(y - prediction) * x is added, which is 2 * y * x: add y * x",
    "unsigned": "x is added whatever the label: add y * x",
    "margin 1": "updated where y * score < 1 (hinge): only where y * score <= 0",
    "every row": "updated by every row: only where y * score <= 0",
    "to the end": "goes on after an epoch without an update: stop there",
    "afterwards": "errors_per_epoch are counted after the epoch: count its updates",
    "one update": "an epoch ends with its first update: it goes through all rows",
}


def mistakes(X: Float64Array, y: Labels, max_epochs: int) -> dict[str, Any]:
    """What comes of the usual mistakes, in the order of NAMES."""
    weights, bias, errors, n, converged = run(X, y, max_epochs)
    is_clean = bool(np.all(y * (X @ weights + bias) > 0))
    slips = {text: lambda slip=slip: run(X, y, min(max_epochs, 60), slip) for slip, text in SLIPS.items()}
    return slips | {
        "one epoch too many": lambda: run(X, y, max_epochs + 1),
        "one epoch too few": lambda: run(X, y, max_epochs - 1),
        "one epoch only: go on until one has no update": lambda: run(X, y, 1),
        "a second epoch without an update: stop after the first": [weights, bias, [*errors, 0], n, converged],
        "the last epoch is missing from errors_per_epoch: its 0 counts": [weights, bias, errors[:-1], n, converged],
        "errors_per_epoch adds up: count anew in each epoch": [weights, bias, np.cumsum(errors), n, converged],
        "errors_per_epoch has shares: give counts": [weights, bias, np.array(errors) / len(y), n, converged],
        "n_updates counts epochs: it is the sum of errors_per_epoch": [weights, bias, errors, len(errors), converged],
        "n_updates is that of the last epoch: it is the sum": [weights, bias, errors, errors[-1], converged],
        "converged is always True": [weights, bias, errors, n, True],
        "converged is always False": [weights, bias, errors, n, False],
        "converged says whether fewer epochs than max_epochs were run: an update in the last one decides": [
            weights,
            bias,
            errors,
            n,
            len(errors) < max_epochs,
        ],
        "converged, as no row is wrong in the end: an epoch without an update decides": [
            weights,
            bias,
            errors,
            n,
            is_clean,
        ],
    }


def asked(X: Any, y: Any, max_epochs: int = 1000) -> Call:
    return call(f"Perceptron(max_epochs={max_epochs}).fit", X, y)


def left(model: Any) -> list[Any]:
    """What a fitted model has found, in the order of NAMES."""
    return [model.weights, model.bias, model.errors_per_epoch, model.n_updates, model.converged]


def check_fit(model: Any, X: Float64Array, y: Labels, max_epochs: int = 1000, *, hint: str = "") -> None:
    """Hold all attributes of a fitted model to the definition; a hint replaces the usual mistakes."""
    __tracebackhide__ = True
    got, want = left(model), run(X, y, max_epochs)
    wrong = {} if hint or check.is_equal(got, want) else mistakes(X, y, max_epochs)
    hint = hint or "from zero, row after row in the order given; nothing is drawn, shuffled or averaged"
    check.equal(got, want, asked=NAMES + " after " + asked(X, y, max_epochs), mistakes=wrong, hint=hint)


def check_labels(got: object, model: Any, queries: Float64Array, *, hint: str = "") -> None:
    """Hold predicted labels to the sign of the scores that the model's own weights give."""
    __tracebackhide__ = True
    weights, bias = np.array(model.weights), float(model.bias)
    scores = queries @ weights + bias
    want = np.where(scores >= 0, 1, -1)
    check.equal(
        got,
        want,
        asked=f"with weights {check.show(weights)} and bias {bias:g}, " + call("predict", queries),
        mistakes={
            "np.sign gives 0 for a score of 0: it is +1": np.sign(scores),
            "a score of 0 gives -1: it is +1": np.where(scores > 0, 1, -1),
            "0 and 1: labels are -1 and +1": (scores >= 0).astype(int),
            "True and False: labels are -1 and +1": scores >= 0,
            "the scores themselves: labels are their signs": scores,
            "the bias is left out of the score": np.where(queries @ weights >= 0, 1, -1),
        },
        hint=hint or "+1 where X @ weights + bias >= 0, else -1; the other queries of a call change nothing",
    )


def small(seed: int) -> tuple[Float64Array, Labels, int]:
    """Few rows of quarters, separable or not, and few epochs: every sum is exact, and scores of 0 are frequent."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 9)), int(rng.integers(1, 4))
    X = rng.integers(-8, 9, size=(n, d)) / rng.choice([1, 4])
    return X, rng.choice([-1, 1], size=n), int(rng.integers(1, 12))


def separable(seed: int) -> tuple[Float64Array, Labels, float]:
    """Rows on both sides of a hyperplane, none nearer to it than 1/4 of their size, and the bound (R / margin)²."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 6))
    direction = rng.normal(size=d + 1)
    X = rng.integers(-16, 17, size=(40, d)) / 4
    ones = np.column_stack([X, np.ones(len(X))])
    sides = ones @ (direction / np.linalg.norm(direction))
    keep = np.abs(sides) > min(0.5, float(np.median(np.abs(sides))))
    X, sides, ones = X[keep], sides[keep], ones[keep]
    return X, np.where(sides > 0, 1, -1), float((ones**2).sum(axis=1).max() / (sides**2).min())


@pytest.mark.example
def test_worked_example_of_and() -> None:
    model = kata.Perceptron(max_epochs=60)
    model.fit(CORNERS.astype(int).tolist(), AND.tolist())
    check_fit(model, CORNERS, AND, 60)
    queries = [[1, 1], [1, 0], [0, 2]]
    check_labels(model.predict(queries), model, np.array(queries, dtype=float))


@pytest.mark.example
def test_one_epoch_by_hand() -> None:
    X, y = np.array([[2.0, 1.0], [3.0, 3.0], [1.0, 2.0], [0.0, 1.0]]), np.array([1.0, 1.0, -1.0, -1.0])
    thunk = lambda: kata.Perceptron(max_epochs=1).fit(X.copy(), y.copy())  # noqa: E731
    model = check.accepts(thunk, asked=asked(X, y, 1), because="labels may be floats")
    check_fit(model, X, y.astype(int), 1)  # (2, 1) and (1, 2) are errors


@pytest.mark.example
def test_xor_never_converges() -> None:
    check_fit(kata.Perceptron(max_epochs=3).fit(CORNERS.copy(), XOR.copy()), CORNERS, XOR, 3)
    check_fit(kata.Perceptron().fit(CORNERS.copy(), XOR.copy()), CORNERS, XOR, 1000)


@pytest.mark.law
@given(st.builds(small, seeds()))
def test_fit_follows_the_definition(case: tuple[Float64Array, Labels, int]) -> None:
    X, y, max_epochs = case
    check_fit(kata.Perceptron(max_epochs=max_epochs).fit(X.copy(), y.copy()), X, y, max_epochs)


@pytest.mark.law
@given(st.builds(separable, seeds()))
def test_separable_rows_are_separated_after_at_most_r_over_margin_squared_updates(
    case: tuple[Float64Array, Labels, float],
) -> None:
    X, y, bound = case
    model = kata.Perceptron(max_epochs=10_000).fit(X.copy(), y.copy())
    about = asked(X, y, 10_000)
    came, expected = f"{model.n_updates} updates", f"at most (R / margin)^2 = {bound:.6g}, by Novikoff's theorem"
    hint = "each update adds y * x to the weights and y to the bias, with the scores of this moment"
    check.true(model.n_updates <= bound, asked="n_updates after " + about, came=came, expected=expected, hint=hint)
    check.equal(model.converged, True, asked="converged after " + about, hint="these rows can be separated")
    check.equal(model.predict(X.copy()), y, asked="the labels of the training rows after " + about, hint=hint)


@pytest.mark.law
@given(st.builds(small, seeds()), seeds())
def test_predicts_the_side_of_the_hyperplane(case: tuple[Float64Array, Labels, int], seed: int) -> None:
    X, y, max_epochs = case
    model = kata.Perceptron(max_epochs=max_epochs).fit(X.copy(), y.copy())
    queries = np.random.default_rng(seed).integers(-4, 5, size=(6, X.shape[1])).astype(float)
    check_labels(model.predict(queries.copy()), model, queries)
    alone = each(model.predict, [(query,) for query in queries[:, np.newaxis]])
    hint = "one query gives an array of one label, whatever the other queries of a call are"
    for query, got in zip(queries[:, np.newaxis], alone, strict=True):
        check_labels(got, model, query, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("max_epochs", [1, 8, 9, 10])
def test_stops_at_max_epochs_and_converged_tells_of_the_last_epoch(max_epochs: int) -> None:
    check_fit(
        kata.Perceptron(max_epochs).fit(CORNERS.copy(), AND.copy()), CORNERS, AND, max_epochs
    )  # the 9th has no update


@pytest.mark.edge
@pytest.mark.parametrize(
    ("X", "y"),
    [([[2.0]], [1]), ([[0.0, 0.0]], [-1]), ([[1.0], [2.0], [5.0]], [-1, -1, -1]), ([[1.0], [1.0], [1.0]], [1, -1, 1])],
    ids=["one row", "a row of zeros", "one class", "equal rows"],
)
def test_degenerate_training_rows(X: list[list[float]], y: list[int]) -> None:
    check_fit(kata.Perceptron(max_epochs=6).fit(X, y), np.array(X), np.array(y), 6)


@pytest.mark.edge
@pytest.mark.parametrize(("X_type", "y_type"), [("uint8", "int8"), ("int8", "int8"), ("float64", "int8")])
def test_is_computed_in_float64(X_type: str, y_type: str) -> None:
    low, unit = {"uint8": (0, 1), "int8": (-128, 1), "float64": (0, 2**18 + 1)}[X_type]
    X = unit * np.array([[low + 5.0, 100.0], [100.0, 120.0], [low, 90.0], [127.0, 3.0]])
    y = np.array([1, -1, -1, 1])
    model = kata.Perceptron(max_epochs=3).fit(X.astype(X_type), y.astype(y_type))
    hint = (
        f"rows are {X_type}, labels {y_type}: make them float64 first; small integers wrap around, float32 loses digits"
    )
    check_fit(model, X, y, 3, hint=hint)
    check_labels(model.predict(X.astype(X_type)), model, X, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("y", [[0, 1, 0, 1], [1, 2, 1, 2], [-1, 1, 0, 1], [-1.0, 1.0, 0.5, 1.0], [-1, -1, -1, 2]])
def test_other_labels_are_an_error(y: list[Any]) -> None:
    check.raises(
        ValueError,
        lambda: left(kata.Perceptron(max_epochs=5).fit(CORNERS.copy(), y)),
        asked=asked(CORNERS.tolist(), y, 5),
        because="labels are -1 and +1",
        hint="refuse all other labels, and convert nothing: with a label of 0 an update would add nothing",
    )


@pytest.mark.edge
@pytest.mark.parametrize("max_epochs", [0, -1])
def test_max_epochs_below_1_is_an_error(max_epochs: int) -> None:
    check.raises(
        ValueError,
        lambda: left(kata.Perceptron(max_epochs=max_epochs).fit(CORNERS.copy(), AND.copy())),
        asked=asked(CORNERS.tolist(), AND.tolist(), max_epochs),
        because="max_epochs must be at least 1",
        hint="check it in the constructor or in fit: without an epoch there is nothing to report",
    )


BAD: list[tuple[str, tuple[tuple[int, ...], ...]]] = [
    *(("fit", shapes) for shapes in (((4,), (4,)), ((2, 2, 2), (2,)), ((0, 2), (0,)), ((4, 0), (4,)))),
    *(("fit", ((4, 2), y)) for y in ((3,), (5,), (4, 1), (1,))),
    *(("predict", (X,)) for X in ((2,), (1, 2, 1), (0, 2), (3, 0), (3, 1), (3, 3))),
]


@pytest.mark.edge
@pytest.mark.parametrize(("method", "shapes"), BAD, ids=str)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(method: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    model = kata.Perceptron(max_epochs=5).fit(CORNERS.copy(), AND.copy())
    arguments = [np.ones(shape) for shape in shapes]
    check.raises(
        ValueError,
        lambda: model.predict(*arguments) if method == "predict" else left(model.fit(*arguments)),
        asked=f"{method} with arguments of shapes {shapes}, after fit with X of shape (4, 2)",
        because="X has shape (n, d), y (n,), queries (q, 2), and no axis has length zero",
        hint="check .ndim, .size and the columns, and reshape nothing: NumPy broadcasts and zip stops silently",
    )


@pytest.mark.edge
def test_predict_before_fit_is_a_runtime_error() -> None:
    check.raises(
        RuntimeError,
        lambda: kata.Perceptron().predict([[0.0, 1.0]]),
        asked="Perceptron().predict([[0.0, 1.0]]) before fit",
        because="the model is not fitted",
        hint="ask whether there was a fit before anything that fit sets is looked up",
    )


@pytest.mark.edge
def test_fit_again_forgets_and_two_models_share_nothing() -> None:
    model = kata.Perceptron(max_epochs=20)
    returned = model.fit([[3.0], [-1.0]], [1, -1])
    check.true(
        returned is not None, asked="Perceptron().fit(X, y)", came="None", expected="self", mistake="return self"
    )
    for y in (-AND, AND):  # weights of another length first, then of the same
        returned.fit(CORNERS.copy(), y.copy())
    hint = "fit starts from zero each time, and sets all attributes anew"
    check_fit(model, CORNERS, AND, 20, hint="this is the third fit of the object that the first one returned: " + hint)
    other = kata.Perceptron(max_epochs=3).fit(CORNERS.copy(), XOR.copy())
    check_fit(model, CORNERS, AND, 20, hint="another object was fitted since: attributes belong to the object")
    check_fit(other, CORNERS, XOR, 3, hint="another object was fitted before: attributes belong to the object")


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_may_change_later() -> None:
    X, y, queries = CORNERS + 1, AND.copy(), CORNERS.copy()
    model = kata.Perceptron(max_epochs=50)
    with check.untouched(asked=asked(X, y, 50) + " and predict", X=X, y=y, queries=queries):
        model.fit(X, y)
        model.predict(queries)
    before = run(X, y, 50)
    X[:], y[:] = 9.0, 1
    hint = "the caller changed X and y after fit: weights are arrays of their own"
    check.equal(left(model), before, asked=NAMES + " after X and y were overwritten", hint=hint)
    check_labels(model.predict(queries), model, queries, hint=hint)
