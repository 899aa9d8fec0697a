"""Suite of B25: the boosting is replayed with the stumps that came, and each must be the best for its weights.

Which of several equally good stumps is taken is free, so no list of stumps is expected: the weights are computed from the
stumps of the subject, and errors, alphas and the best possible error from these weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import adaboost as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Call, Mistakes, call
from harness.suite.strategies import Float64Array, seeds

ROUNDING = 1e-9
"""Sums of weights differ in the last bits with the order of the rows, and weights multiply such differences."""


class Problem(NamedTuple):
    """Training rows (n, d), their labels (n,), and how many stumps are allowed."""

    X: Float64Array
    y: npt.NDArray[Any]
    n_estimators: int


class Learned(NamedTuple):
    """What a fitted model shows."""

    classes: Any
    stumps: list[Any]
    errors: Float64Array
    alphas: Float64Array


def least_error(problem: Problem, weights: Float64Array) -> float:
    """The smallest weighted error of a stump, by trying all thresholds of all features."""
    weight_of = weights[:, np.newaxis] * (problem.y[:, np.newaxis] == np.unique(problem.y))
    best = weight_of.sum(axis=0).max()
    for column in problem.X.T:
        below = (column[:, np.newaxis] <= np.unique(column)).astype(float)
        right = (below.T @ weight_of).max(axis=1) + ((1 - below).T @ weight_of).max(axis=1)
        best = max(best, right.max())
    return float(weights.sum() - best)


def answers(stump: Any, X: Float64Array) -> npt.NDArray[Any]:
    feature, threshold, below, above = stump
    return np.asarray(np.where(X[:, feature] <= threshold, below, above))


def weighted(factor: Callable[[float, int], float], *, normalise: bool = True) -> Any:
    """How a mistake updates: rows that were missed are multiplied by `factor(alpha, K)`."""

    def update(weights: Float64Array, missed: npt.NDArray[np.bool_], alpha: float, classes: int) -> Float64Array:
        with np.errstate(all="ignore"):
            weights = np.where(missed, weights * factor(alpha, classes), weights)
            return weights / weights.sum() if normalise else weights

    return update


RIGHT = weighted(lambda alpha, _: math.exp(alpha))
WRONG_UPDATES = {
    "the weights are not normalised: divide them by their sum": weighted(lambda a, _: math.exp(a), normalise=False),
    "the weights of the rows never change: multiply those that were missed by exp(alpha)": weighted(lambda *_: 1.0),
    "the weights of missed rows fall: multiply them by exp(+alpha)": weighted(lambda alpha, _: math.exp(-alpha)),
    "missed rows by exp(alpha) and the others by exp(-alpha): with this alpha only the missed ones change": weighted(
        lambda alpha, _: math.exp(2 * alpha)
    ),
    "missed rows are multiplied by exp(alpha / 2): by exp(alpha)": weighted(lambda alpha, _: math.exp(alpha / 2)),
    "missed rows are multiplied by alpha: by exp(alpha)": weighted(lambda alpha, _: alpha),
    "missed rows are multiplied by exp(alpha) without its ln(K - 1)": weighted(
        lambda a, K: math.exp(a) / max(K - 1, 1)
    ),
}


def alpha_of(error: float, classes: int) -> float:
    return 1.0 if error == 0 else math.log((1 - error) / error) + math.log(classes - 1)


def alpha_mistakes(error: float, classes: int) -> Mistakes:
    if error == 0:
        return {"infinite, by a division by 0: at error 0 alpha is 1": math.inf, "NaN: at error 0 alpha is 1": math.nan}
    odds, more = math.log((1 - error) / error), math.log(classes - 1)
    of_classes: Mistakes = {
        "ln(K - 1) is missing: with more than two classes it must be added": odds,
        "half of it, and ln(K - 1) is missing": odds / 2,
        "1/2 of the odds and ln(K - 1): SAMME has no 1/2": odds / 2 + more,
    }
    return {
        **(of_classes if classes > 2 else {}),
        "half of it: SAMME has no 1/2": (odds + more) / 2,
        "ln K: it is ln(K - 1)": odds + math.log(classes),
        "ln(K - 1) is taken off: add it": odds - more,
        "the odds turned round: (1 - error) / error": more - odds,
    }


def learned(model: Any) -> Learned:
    """All attributes of a model, fetched once."""
    stumps = [tuple(stump) for stump in model.stumps_]
    return Learned(model.classes_, stumps, model.estimator_errors_, model.estimator_weights_)


def fitted(problem: Problem) -> Any:
    return kata.AdaBoost(problem.n_estimators).fit(problem.X.copy(), problem.y.copy())


def asked(problem: Problem, what: str) -> Call:
    return call(f"AdaBoost({problem.n_estimators}).fit", problem.X, problem.y) + f".{what}"


def check_form(problem: Problem, found: Learned) -> None:
    """Hold classes, stumps and lengths to what the statement says of them."""
    __tracebackhide__ = True
    labels = np.unique(problem.y).tolist()
    order = {"in the order in which labels appear: sort them": list(dict.fromkeys(problem.y.tolist()))}
    check.equal(found.classes, labels, asked=asked(problem, "classes_"), mistakes=order)
    for stump in found.stumps:
        good = len(stump) == 4 and 0 <= stump[0] < problem.X.shape[1] and {*stump[2:]} <= set(labels)
        expected = f"(feature, threshold, label_below, label_above) with labels of {labels}"
        is_coded = len(stump) == 4 and {*stump[2:]} <= set(range(len(labels)))
        mistake = "positions in classes_: the labels themselves" if is_coded else ""
        hint = "features are counted from 0; labels are those of the latest fit"
        check.true(good, asked=asked(problem, "stumps_"), came=stump, expected=expected, mistake=mistake, hint=hint)
    for name, values in (("estimator_errors_", found.errors), ("estimator_weights_", found.alphas)):
        count = len(found.stumps)
        check.equal(np.shape(values), (count,), asked=asked(problem, name) + ".shape", hint="one number for each stump")


def check_fit(problem: Problem, model: Any = None, hint: str = "") -> Learned:
    """Replay the boosting with the stumps that came, and hold each step to its definition."""
    __tracebackhide__ = True
    found, K, n = learned(fitted(problem) if model is None else model), len(np.unique(problem.y)), len(problem.y)
    check_form(problem, found)
    weights = np.full(n, 1 / n)
    others = dict.fromkeys(WRONG_UPDATES, weights)
    error = 1.0
    for t, stump in enumerate(found.stumps):
        what, going_on = asked(problem, "stumps_"), "boosting goes on after a stump without error: it is the last"
        check.true(error > 0, asked=what, came=found.stumps, expected=f"{t} of them", mistake=going_on)
        missed, column = answers(stump, problem.X) != problem.y, problem.X[:, stump[0]]
        error, least = float(weights[missed].sum()), least_error(problem, weights)
        strict = np.where(column < stump[1], *stump[2:]) != problem.y
        mistakes = {
            **{name: float(other[missed].sum()) for name, other in others.items()},
            "the share of the rows that it misses: sum up their weights": float(missed.mean()),
            "the weight of the rows that it gets right": float(weights[~missed].sum()),
            "rows at the threshold itself are below it": float(weights[strict].sum()),
        }
        what = asked(problem, f"estimator_errors_[{t}], of the stump {stump}")
        tip = "the sum of the weights of the rows that this stump gets wrong, before these are updated"
        tip = hint or ("an error of 0 stays 0: pad nothing" if error == 0 else tip)
        mistakes = {} if hint else mistakes
        check.close(found.errors[t], error, asked=what, rtol=ROUNDING, mistakes=mistakes, hint=tip)
        best_unweighted = least_error(problem, np.full(n, 1 / n))
        unweighted = missed.mean() <= best_unweighted + ROUNDING and t > 0
        check.true(
            error <= least + ROUNDING,
            asked=asked(problem, f"stumps_[{t}]"),
            came=f"{stump}, whose weighted error is {error:.6g}",
            expected=f"a stump with the least weighted error, {least:.6g}",
            mistake="the best stump for equal weights: take the weights into the choice" if unweighted else "",
            hint=hint or "not the least impurity: try every value of every feature, each side has its heaviest class",
        )
        alpha, wrong = alpha_of(error, K), alpha_mistakes(error, K)
        what = asked(problem, f"estimator_weights_[{t}], of the error {error:.6g} with K = {K}")
        tip = hint or ("a stump without error has alpha 1" if error == 0 else "ln((1 - error) / error) + ln(K - 1)")
        check.close(found.alphas[t], alpha, asked=what, rtol=1e-7, atol=1e-7, mistakes=wrong, hint=tip)
        if error > 0:
            weights = RIGHT(weights, missed, alpha, K)
            others = {name: wrong(others[name], missed, alpha, K) for name, wrong in WRONG_UPDATES.items()}
    least = least_error(problem, weights)
    ended, count, most = error == 0 or least >= 1 - 1 / K - ROUNDING, len(found.stumps), problem.n_estimators
    at_half = "boosting ends at an error of 1/2: with K classes it goes on below 1 - 1/K"
    check.true(
        count == most or (ended and count < most),
        asked="the number of stumps of " + asked(problem, "stumps_"),
        came=count,
        expected=f"at most {most}" if ended else f"{most}: the next has the error {least:.4g}",
        mistake=at_half if not ended and least >= 0.5 else "",
        hint=hint or "boosting ends early at an error of 0, or of at least 1 - 1/K",
    )
    return found


def check_predict(problem: Problem, queries: Float64Array, model: Any = None, hint: str = "") -> None:
    """Hold `predict` to the votes of the model's stumps; near ties are left out."""
    __tracebackhide__ = True
    model = fitted(problem) if model is None else model
    found, labels = learned(model), np.unique(problem.y)
    given = np.array([answers(stump, queries) for stump in found.stumps])
    votes = np.array([(found.alphas[:, np.newaxis] * (given == label)).sum(axis=0) for label in labels])
    ordered = np.sort(np.vstack([votes, np.full(len(queries), -1.0)]), axis=0)
    clear = ordered[-1] - ordered[-2] > ROUNDING
    counts = np.array([(given == label).sum(axis=0) for label in labels])
    queries, counts = queries[clear], counts[:, clear]
    if len(queries) == 0:
        return
    mistakes: Mistakes = {
        "each stump has one vote: it counts with its alpha": labels[counts.argmax(axis=0)],
        "the last stump alone decides: add up all of them": given[-1][clear],
        "the first stump alone decides: add up all of them": given[0][clear],
        "positions in classes_: return the labels themselves": votes[:, clear].argmax(axis=0),
        "the label with the smallest sum of alpha": labels[votes[:, clear].argmin(axis=0)],
    }
    what = asked(problem, "") + call("predict", queries)
    want = labels[votes[:, clear].argmax(axis=0)]
    hint = hint or "for each label, add up the alpha of the stumps that give it; take the label with the largest sum"
    check.equal(model.predict(queries.copy()), want, asked=what, mistakes=mistakes, hint=hint)


NAMES: list[list[Any]] = [[0, 1, 2, 3], [7, -3, 40, 5], ["no", "yes", "perhaps", "A"]]


def make_problem(seed: int, most: int = 4, rounds: int = 8) -> Problem:
    """Two to `most` classes; rows from a small grid, so that values and rows repeat, and labels that follow them loosely."""
    rng = np.random.default_rng(seed)
    n, d, K = int(rng.integers(4, 20)), int(rng.integers(1, 4)), int(rng.integers(2, most + 1))
    X = rng.integers(-3, 4, size=(n, d)) / 2
    labels = (np.abs(X.sum(axis=1)) + rng.integers(2, size=n)).astype(int) % K
    return Problem(X, np.array(NAMES[rng.integers(3)])[labels], int(rng.integers(1, rounds)))


PROBLEMS = st.builds(make_problem, seeds())
LINE = np.arange(1.0, 7.0)[:, np.newaxis]
EXAMPLE = Problem(LINE, np.array(["a", "a", "b", "b", "b", "a"]), 3)
THREE = Problem(LINE, np.array([0, 0, 1, 1, 2, 2]), 5)
XOR = Problem(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array(["y", "z", "z", "y"]), 4)

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_fit() -> None:
    model = kata.AdaBoost(n_estimators=3).fit(EXAMPLE.X.tolist(), EXAMPLE.y.tolist())
    check.true(model is not None, asked="AdaBoost().fit(X, y)", came="None", expected="self", mistake="return self")
    check_fit(EXAMPLE, model)


@pytest.mark.example
def test_worked_example_of_predict() -> None:
    check_predict(EXAMPLE, EXAMPLE.X)


@pytest.mark.example
def test_worked_example_of_three_classes() -> None:
    check_fit(THREE)
    check_predict(THREE, THREE.X)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(PROBLEMS)
def test_each_stump_is_the_best_for_its_weights(problem: Problem) -> None:
    check_fit(problem)


@pytest.mark.law
@given(PROBLEMS, seeds())
def test_predict_takes_the_label_with_the_largest_sum_of_alpha(problem: Problem, seed: int) -> None:
    queries = np.random.default_rng(seed).integers(-8, 9, size=(12, problem.X.shape[1])) / 4
    check_predict(problem, queries)


@pytest.mark.law
@settings(max_examples=25)
@given(seeds())
def test_the_training_error_of_two_classes_is_below_its_bound(seed: int) -> None:
    problem = make_problem(seed, most=2)._replace(n_estimators=20)
    model = fitted(problem)
    errors, missed = np.asarray(model.estimator_errors_), model.predict(problem.X.copy()) != problem.y
    bound = float(np.prod(2 * np.sqrt((errors * (1 - errors)).clip(0))))
    check.true(
        missed.mean() <= bound + ROUNDING,
        asked="the training error of " + asked(problem, "predict(X)"),
        came=float(missed.mean()),
        expected=f"at most {bound:.6g}, the product of 2 sqrt(error (1 - error))",
        hint="either the errors are not those of the stumps, or predict does not weigh them",
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("y", ["l" * 9 + "r" * 19, "m" * 28, "s"], ids=["separable", "one_class", "one_row"])
def test_a_stump_without_error_is_the_last(y: str) -> None:
    problem = Problem(np.arange(float(len(y)))[:, np.newaxis], np.array(list(y)), 10)  # 28 times 1/28 is less than 1
    hint = "a stump gets all rows right: keep it with alpha 1, and stop; 1 minus the weights of right rows is seldom 0"
    check_fit(problem, hint=hint)
    check_predict(problem, np.array([[-5.0], [1.5], [99.0]]))


@pytest.mark.edge
def test_boosting_ends_where_no_stump_is_better_than_guessing() -> None:
    model, hint = fitted(XOR), "every stump misses half of the four rows: none is kept"
    mistakes = {"a stump that is no better than guessing is kept": 1, "boosting goes on at an error of 1 - 1/K": 4}
    count = len(model.stumps_)
    check.equal(count, 0, asked="the number of stumps of " + asked(XOR, "stumps_"), mistakes=mistakes, hint=hint)
    check_form(XOR, learned(model))
    hint += ": the smallest label"
    check.equal(model.predict(XOR.X.copy()), ["y"] * 4, asked=asked(XOR, "predict(X)"), hint=hint)


@pytest.mark.edge
def test_equal_votes_go_to_the_smallest_label() -> None:
    problem = Problem(np.array([[0.0], [0.0], [0.0], [1.0]]), np.array(["q", "p", "q", "p"]), 1)
    model = fitted(problem)
    check.equal(model.predict([[0.0], [1.0]]), ["q", "p"], asked=asked(problem, "predict([[0.0], [1.0]])"))


@pytest.mark.edge
@pytest.mark.parametrize("labels", ["abba", "aaba"])
def test_constant_features_and_equal_rows(labels: str) -> None:
    problem = Problem(np.full((4, 2), 3.0), np.array(list(labels)), 3)
    check_fit(problem, hint="no threshold parts equal rows: both sides of a stump may have one label")
    check_fit(problem._replace(X=np.array([[3.0, 1.0], [3.0, 2.0], [3.0, 2.0], [3.0, 2.0]])))


@pytest.mark.edge
def test_is_computed_in_float64() -> None:
    X, y = np.array([[200, 7], [250, 3], [210, 250], [255, 9], [20, 5], [254, 8]]), np.array([1, 2, 1, 2, 1, 1])
    problem, hint = Problem(X.astype(float), y, 4), "the rows came in uint8, where (200 + 250) / 2 is 97: float64 first"
    model = kata.AdaBoost(4).fit(X.astype(np.uint8), y.copy())
    check_fit(problem, model, hint=hint)
    check_predict(problem, problem.X, model, hint=hint)
    near = Problem(2.0**25 + np.arange(4.0)[:, np.newaxis], y[:4], 3)
    check_fit(near, hint="values differ by 1 near 2**25, where float32 has even numbers only")


@pytest.mark.edge
def test_n_estimators_is_50_by_default() -> None:
    y = np.array([0, 1, 0, 1, 1, 0, 1, 0])
    problem = Problem(np.arange(8.0)[:, np.newaxis], y, 50)
    check_fit(problem, kata.AdaBoost().fit(problem.X.copy(), y.copy()), hint="n_estimators=50")


TRAINING: Any = [((4,), (4,)), ((2, 2, 2), (2,)), ((0, 2), (0,)), ((4, 0), (4,)), ((4, 2), (3,)), ((4, 2), (4, 1))]
QUERIES: Any = [(1,), (1, 1, 1), (0, 1), (3, 2), (3, 0)]
BAD = [*(("fit", *shapes) for shapes in TRAINING), *(("predict", shape) for shape in QUERIES)]


@pytest.mark.edge
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(bad: Any) -> None:
    method, *shapes = bad
    model = fitted(EXAMPLE)
    check.raises(
        ValueError,
        lambda: getattr(model, method)(*(np.ones(shape) for shape in shapes)) is None or "a result",
        asked=f"{method} with arguments of shapes {shapes}, after fit with X of shape (6, 1)",
        because="X has shape (n, d), y (n,), queries (q, 1), and no axis has length zero",
        hint="check .ndim, .size and the columns, and reshape nothing",
    )


@pytest.mark.edge
@pytest.mark.parametrize("number", [0, -1])
def test_n_estimators_below_1_is_an_error(number: int) -> None:
    asking, run = f"AdaBoost({number}).fit(X, y)", lambda: kata.AdaBoost(number).fit(LINE.copy(), [0, 1] * 3) and 1
    check.raises(ValueError, run, asked=asking, because="n_estimators must be at least 1")


@pytest.mark.edge
def test_predict_before_fit_is_a_runtime_error() -> None:
    hint = "ask whether there was a fit before anything that fit sets is looked up"
    asking = "AdaBoost().predict([[1.0]])"
    check.raises(RuntimeError, lambda: kata.AdaBoost().predict([[1.0]]), asked=asking, because="no fit", hint=hint)


@pytest.mark.edge
def test_fit_again_forgets_and_two_objects_share_nothing() -> None:
    model = kata.AdaBoost(3).fit([[1.0, 2.0], [2.0, 4.0], [3.0, 1.0]], ["x", "y", "x"])
    model.fit(EXAMPLE.X.copy(), EXAMPLE.y.copy())
    fitted(THREE)
    hint = "this was the second fit of the object: it replaces all that the first one set"
    check_fit(EXAMPLE, model, hint=hint)
    check_predict(EXAMPLE, EXAMPLE.X, model, hint=hint + "; another object was fitted since")


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, y, queries = EXAMPLE.X.copy(), EXAMPLE.y.copy(), EXAMPLE.X[::-1].copy()
    with check.untouched(asked=call("fit", X, y) + " and predict", X=X, y=y, queries=queries):
        kata.AdaBoost(3).fit(X, y).predict(queries)
