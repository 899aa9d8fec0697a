"""Suite of B21: minima against a plain solver, the conditions that hold there and nowhere else, and both ends."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import elastic_net as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Asked, Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Problem(NamedTuple):
    """Samples, targets and the penalty."""

    X: Float64Array
    y: Float64Array
    alpha: float
    ratio: float


def make_problem(seed: int) -> Problem:
    """More rows than features, which are of unit scale, away from 0, and correlated; some have no influence."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 6))
    X = rng.normal(size=(d + int(rng.integers(6, 12)), d)) + rng.choice([0.0, 1.0]) * rng.normal(size=(1, d))
    X[:, -1] += rng.choice([0.0, 1.0]) * X[:, 0]
    y = X @ (rng.choice([-2.0, 0.0, 0.3, 1.0], size=d)) + rng.normal(size=len(X)) + rng.choice([0.0, 5.0])
    return Problem(
        np.round(X, 2), np.round(y, 2), float(rng.choice([0.05, 0.2, 0.5, 1.0])), float(rng.choice([0, 0.3, 0.8, 1]))
    )


PROBLEMS = st.builds(make_problem, seeds())


def asked_of(problem: Problem, then: str = "") -> Asked:
    options = f"ElasticNet(alpha={problem.alpha:g}, l1_ratio={problem.ratio:g})."
    return options + call("fit", problem.X, problem.y) + then


def fitted(problem: Problem) -> Any:
    model = kata.ElasticNet(alpha=problem.alpha, l1_ratio=problem.ratio)
    return model.fit(problem.X.copy(), problem.y.copy())


def theta_of(model: Any) -> Float64Array:
    """Weights, then bias."""
    return np.append(np.asarray(model.weights, dtype=np.float64), float(model.bias))


def solve(
    problem: Problem, *, l1: float | None = None, l2: float | None = None, centred: bool = True, inside: bool = True
) -> Float64Array:
    """Weights, then bias, by plain coordinate descent; `inside`: the threshold is taken off before the division."""
    X, y, alpha, ratio = problem
    l1, l2 = alpha * ratio if l1 is None else l1, alpha * (1 - ratio) if l2 is None else l2
    mean, target_mean = (X.mean(axis=0), y.mean()) if centred else (np.zeros(X.shape[1]), 0.0)
    A, t = X - mean, y - target_mean
    gram, pulls, w = A.T @ A / len(A), A.T @ t / len(A), np.zeros(X.shape[1])
    for _ in range(1000):
        before = w.copy()
        for j in range(len(w)):
            pull, scale = pulls[j] - gram[j] @ w + gram[j, j] * w[j], gram[j, j] + l2
            if scale > 0:
                size = abs(pull) - l1 if inside else abs(pull) / scale - l1
                w[j] = np.sign(pull) * max(size, 0.0) / (scale if inside else 1.0)
        if np.abs(w - before).max() < 1e-12:
            break
    return np.append(w, target_mean - mean @ w)


def mistakes_of(problem: Problem) -> Mistakes:
    """Weights, then bias, by the usual mistakes."""
    X, y, alpha, ratio = problem
    n, l1, l2 = len(X), alpha * ratio, alpha * (1 - ratio)
    of, right = partial(partial, solve, problem), solve(problem)

    def scaled() -> Float64Array:
        std = X.std(axis=0)
        theta = solve(problem._replace(X=(X - X.mean(axis=0)) / std))
        return np.append(theta[:-1] / std, y.mean() - X.mean(axis=0) @ (theta[:-1] / std))

    def with_column() -> Float64Array:
        theta = solve(problem._replace(X=np.column_stack([X, np.ones(n)])), centred=False)
        return theta[:-1]

    return {
        "the squares are summed, not averaged over the rows: J has 1 / (2 n)": of(l1=l1 / n, l2=l2 / n),
        "the 1/n is missing beside the threshold: p is a mean over the rows": of(l1=l1 / n),
        "the squares are divided by n, not by 2 n": of(l1=l1 / 2, l2=l2 / 2),
        "the L2 part without its 1/2": of(l2=2 * l2),
        "the L1 part with a 1/2": of(l1=l1 / 2),
        "l1_ratio is turned round: 1 is lasso": of(l1=l2, l2=l1),
        "l1_ratio is ignored in the L1 part": of(l1=alpha),
        "l1_ratio is ignored in the L2 part": of(l2=alpha),
        "the L2 part is missing": of(l2=0.0),
        "the L1 part is missing": of(l1=0.0),
        "the threshold comes off after the division: first S(p, alpha * l1_ratio), then divide": of(inside=False),
        "there is no bias: the line goes through the origin": of(centred=False),
        "the bias is penalised like a weight: take the means off and leave it free": with_column,
        "the bias is the mean of y: the features have means, too": np.append(right[:-1], y.mean()),
        "the features are scaled to unit variance before the penalty": scaled,
    }


def check_minimum(model: Any, problem: Problem, *, asked: Asked) -> None:
    """Hold weights and bias to the minimum, where there is only one, and zeros to be exact."""
    __tracebackhide__ = True
    want, got = solve(problem), theta_of(model)
    hint = "the conditions of the minimum are in hint 6; a stopping rule that gives up early also misses it"
    mistakes = mistakes_of(problem)
    check.close(got, want, asked=asked + ": weights, then bias", rtol=1e-5, atol=1e-5, mistakes=mistakes, hint=hint)
    X, y, alpha, ratio = problem
    pulls = np.abs((X - X.mean(axis=0)).T @ (y - X @ want[:-1] - want[-1])) / len(X)
    switched_off = np.flatnonzero((want[:-1] == 0) & (pulls < 0.99 * alpha * ratio))
    check.equal(
        got[switched_off],
        np.zeros(len(switched_off)),
        asked=asked + f": the weights {switched_off.tolist()}, which are 0 at the minimum",
        hint="exactly 0: S(p, t) is 0 for every p from -t to t; steps along a gradient only come near",
    )


# --- examples --------------------------------------------------------------------------------------------------------

EXAMPLE = Problem(np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0]]), np.array([1.0, 2.0, 4.0, 7.0]), 0.5, 0.5)


@pytest.mark.example
@pytest.mark.parametrize("ratio", [0.5, 0.0, 1.0], ids=["elastic net", "ridge", "lasso"])
def test_worked_example(ratio: float) -> None:
    problem = EXAMPLE._replace(ratio=ratio)
    check_minimum(fitted(problem), problem, asked=asked_of(problem))


@pytest.mark.example
def test_worked_example_of_a_prediction() -> None:
    mistakes = {"the bias is missing": [6.0], "centred at the rows of this call": [1.25]}
    got = fitted(EXAMPLE).predict([[4, 1]])
    check.close(got, [7.25], asked=asked_of(EXAMPLE, ".predict([[4, 1]])"), rtol=1e-6, mistakes=mistakes)


@pytest.mark.example
def test_defaults_are_an_alpha_of_1_and_half_of_each_penalty() -> None:
    problem = EXAMPLE._replace(y=3 * EXAMPLE.y, alpha=1.0, ratio=0.5)
    asked = "ElasticNet()." + call("fit", problem.X, problem.y)
    check_minimum(kata.ElasticNet().fit(problem.X.tolist(), problem.y.tolist()), problem, asked=asked)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(PROBLEMS)
def test_weights_and_bias_are_the_minimum(problem: Problem) -> None:
    check_minimum(fitted(problem), problem, asked=asked_of(problem))


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS, st.sampled_from(["few rows", "a copy", "minus a copy"]))
def test_no_weight_can_be_moved_to_lower_the_cost(problem: Problem, kind: str) -> None:
    X, y, alpha, ratio = problem
    if kind == "few rows":
        X, y = np.column_stack([X, X[:, ::-1] ** 2])[:3], y[:3]
    else:
        X = np.column_stack([X, X[:, 0] * (1 if kind == "a copy" else -1)])
    problem, l1, l2 = Problem(X, y, alpha, ratio), alpha * ratio, alpha * (1 - ratio)
    model = kata.ElasticNet(alpha=alpha, l1_ratio=ratio, max_iterations=20_000).fit(X.copy(), y.copy())
    w, bias = theta_of(model)[:-1], theta_of(model)[-1]
    residuals = y - X @ w - bias
    slopes = X.T @ residuals / len(X) - l2 * w
    excess = np.where(w == 0, np.maximum(np.abs(slopes) - l1, 0), np.abs(slopes - l1 * np.sign(w)))
    check.close(
        excess,
        np.zeros(len(w)),
        asked=asked_of(problem, f" gave {w}: by how much each slope x_j (y - X w - b) / n - alpha (1 - l1_ratio) w_j ")
        + "breaks its condition: alpha l1_ratio sign(w_j), or in between where w_j is 0",
        atol=1e-5,
        hint="go on until no weight moves, with the residual up to date after each move",
    )
    check.close(
        residuals.mean(), 0.0, asked=asked_of(problem, ": the mean residual"), atol=1e-5, hint="the bias is free"
    )


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS)
def test_ridge_and_least_squares_are_ends(problem: Problem) -> None:
    X, y = problem.X, problem.y
    A, t = X - X.mean(axis=0), y - y.mean()
    penalty = len(A) * problem.alpha * np.eye(X.shape[1])
    for end, matrix in ((problem._replace(ratio=0.0), A.T @ A + penalty), (problem._replace(alpha=0.0), A.T @ A)):
        if np.linalg.cond(matrix) < 200:
            w = np.linalg.solve(matrix, A.T @ t)
            want, asked = np.append(w, y.mean() - X.mean(axis=0) @ w), asked_of(end, ": weights, then bias")
            model = check.accepts(partial(fitted, end), asked=asked, because="both ends are allowed")
            check.close(theta_of(model), want, asked=asked, rtol=1e-5, atol=1e-5, mistakes=mistakes_of(end))


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS, st.sampled_from([0.3, 1.0]))
def test_all_weights_are_0_from_the_largest_pull_on(problem: Problem, ratio: float) -> None:
    X, y = problem.X, problem.y
    largest = float(np.abs((X - X.mean(axis=0)).T @ (y - y.mean())).max()) / len(X) / ratio
    for factor, want in ((1.001, False), (0.98, True)):
        at = problem._replace(alpha=largest * factor, ratio=ratio)
        asked = asked_of(at, f", at {factor:g} times the alpha that switches all off: whether a weight is not 0")
        hint = "w = 0 is the minimum while |x_j (y - mean)| / n is at most alpha * l1_ratio for each j"
        check.equal(bool(np.any(theta_of(fitted(at))[:-1])), want, asked=asked, hint=hint)


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS, st.sampled_from([-3.0, 4.0]))
def test_shifts_of_features_and_targets_change_the_bias_only(problem: Problem, shift: float) -> None:
    X, y = problem.X + shift, problem.y - 2 * shift
    before, moved = theta_of(fitted(problem)), fitted(problem._replace(X=X, y=y))
    want = np.append(before[:-1], before[-1] - 2 * shift - shift * before[:-1].sum())
    asked = asked_of(problem._replace(X=X, y=y), f", which was shifted by {shift:g}: weights, then bias")
    hint = "the bias is not penalised: take the means off features and targets first"
    check.close(theta_of(moved), want, asked=asked, atol=1e-5, rtol=1e-5, hint=hint)


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS)
def test_predictions_are_linear_and_rows_do_not_matter_to_each_other(problem: Problem) -> None:
    model, X = fitted(problem), 2 * problem.X - 1
    theta, what = theta_of(model), asked_of(problem, ".") + call("predict", X)
    got = model.predict(X.copy())
    mistakes: Mistakes = {
        "the bias is missing": X @ theta[:-1],
        "centred at the rows of this call": (X - X.mean(axis=0)) @ theta[:-1] + theta[-1],
    }
    want = X @ theta[:-1] + theta[-1]
    check.close(got, want, asked=what, atol=1e-9, mistakes=mistakes, hint="X @ weights + bias")
    check.float_array(got, (len(X),), asked=what)
    alone = np.concatenate(each(model.predict, [(row.copy(),) for row in X[:, np.newaxis]]))
    check.close(alone, got, asked=what + ", row by row", atol=1e-9, hint="each row is predicted by itself")


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
def test_strongly_correlated_features_are_followed_to_the_end(ratio: float) -> None:
    rng = np.random.default_rng(4)
    common, own = rng.normal(size=(60, 1)), rng.normal(size=(60, 3))
    X = np.round(np.sqrt(0.97) * common + np.sqrt(0.03) * own, 3)
    y = np.round(X @ [2.0, -1.0, 0.5] + 0.1 * own[:, 0], 3)
    others = np.column_stack([X, y, np.ones(60)])
    useless = own.prod(axis=1) - others @ np.linalg.lstsq(others, own.prod(axis=1))[0]
    problem = Problem(np.column_stack([X, np.round(useless, 3)]), y, 0.001, ratio)
    check_minimum(fitted(problem), problem, asked=asked_of(problem))


@pytest.mark.edge
@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("constant", [0.0, 0.1])
def test_a_constant_column_has_the_weight_0(constant: float, ratio: float) -> None:
    X = np.column_stack([np.full(4, constant), EXAMPLE.X])
    problem = EXAMPLE._replace(ratio=ratio)
    want = np.insert(solve(problem), 0, 0.0)
    asked = asked_of(problem._replace(X=X), ": weights, then bias")
    mistakes = {"0 / 0 for the constant column: skip it": np.full(4, np.nan)}
    got = theta_of(fitted(problem._replace(X=X)))
    check.close(got, want, asked=asked, rtol=1e-5, atol=1e-7, mistakes=mistakes, hint="its scale is 0, or nearly so")


@pytest.mark.edge
def test_a_feature_in_a_small_unit_is_neither_scaled_nor_dropped() -> None:
    problem = EXAMPLE._replace(X=EXAMPLE.X * np.array([0.02, 1.0]), alpha=0.001)
    asked, hint = asked_of(problem, ": weights, then bias"), "its weight is large: only a constant column has none"
    check.close(
        theta_of(fitted(problem)), solve(problem), asked=asked, rtol=1e-3, mistakes=mistakes_of(problem), hint=hint
    )


@pytest.mark.edge
def test_one_row_and_one_column() -> None:
    model = kata.ElasticNet(alpha=0.1).fit([[2.0]], [3.0])
    check.close(theta_of(model), [0.0, 3.0], asked="ElasticNet(alpha=0.1).fit([[2.0]], [3.0]): weight and bias")


@pytest.mark.edge
def test_giving_up_is_no_error() -> None:
    problem, model = make_problem(1), kata.ElasticNet(0.1, max_iterations=1, tolerance=0.0)
    fit = partial(model.fit, problem.X.copy(), problem.y.copy())
    check.accepts(fit, asked="fit with max_iterations=1, tolerance=0", because="the solver stops where it is")
    is_finite = bool(np.isfinite(theta_of(model)).all())
    check.equal(is_finite, True, asked="whether weights and bias are finite after one iteration")


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_is_computed_in_float64(dtype: str) -> None:
    rng, scale = np.random.default_rng(2), 1 if dtype == "uint8" else 31
    X, y = ((rng.integers(0, 256, size=shape) / scale + scale - 1).astype(dtype) for shape in ((12, 2), 12))
    exact = Problem(X.astype(np.float64), y.astype(np.float64), 0.5, 0.5)
    model, what = kata.ElasticNet(0.5).fit(X, y), asked_of(exact, f", with data as {dtype}")
    hint = "convert X and y to float64 before anything else"
    check.close(theta_of(model), theta_of(fitted(exact)), asked=what, rtol=1e-9, atol=1e-9, hint=hint)
    check.float_array(model.weights, (2,), asked=what + ": weights", hint=hint)
    check.close(model.predict(X), fitted(exact).predict(exact.X), asked=what + ", then predict(X)", hint=hint)


BAD: dict[str, tuple[Any, Any]] = {
    "y has shape (n, 1), which broadcasts to a table of n x n": (np.ones((4, 2)), np.ones((4, 1))),
    "there are 4 samples and 1 target": (np.ones((4, 2)), np.ones(1)),
    "y is a number": (np.ones((4, 2)), 1.0),
    "X has one axis": (np.ones(2), np.ones(2)),
    "X has no samples": (np.ones((0, 2)), np.ones(0)),
    "X has no features": (np.ones((4, 0)), np.ones(4)),
    "X has 1 column, and 2 in fit": (np.ones((4, 1)), np.ones(4)),
    "X has 3 columns, and 2 in fit": (np.ones((4, 3)), np.ones(4)),
}
BAD_CALLS = [("fit", why) for why in BAD if "in fit" not in why] + [("predict", why) for why in BAD if why[0] == "X"]


@pytest.mark.edge
@pytest.mark.parametrize(("method", "why"), BAD_CALLS)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(method: str, why: str) -> None:
    arguments = BAD[why][: 1 if method == "predict" else 2]
    thunk = partial(getattr(fitted(EXAMPLE), method), *arguments)
    hint = "compare shapes before you compute: NumPy broadcasts silently"
    check.raises(ValueError, thunk, asked=call(method, *arguments), because=why, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(
    "options",
    [{"alpha": -0.1}, {"l1_ratio": -0.1}, {"l1_ratio": 1.1}, {"max_iterations": 0}, {"tolerance": -1e-9}],
    ids=str,
)
def test_parameters_out_of_range_are_an_error(options: dict[str, Any]) -> None:
    thunk = lambda: kata.ElasticNet(**options).fit(EXAMPLE.X.copy(), EXAMPLE.y.copy()) and "a model"  # noqa: E731
    because = "alpha and tolerance are at least 0, l1_ratio is in 0 ... 1, and max_iterations at least 1"
    hint = "check all four parameters, in the constructor or in fit"
    check.raises(ValueError, thunk, asked=call("ElasticNet", **options) + ".fit(X, y)", because=because, hint=hint)


@pytest.mark.edge
def test_predict_before_fit_is_a_runtime_error() -> None:
    hint = "ask whether there was a fit before anything that fit sets is looked up"
    thunk = lambda: kata.ElasticNet().predict([[1.0]])  # noqa: E731
    check.raises(RuntimeError, thunk, asked="predict before fit", because="there was no fit", hint=hint)


@pytest.mark.edge
def test_fit_again_forgets_and_two_models_share_nothing() -> None:
    problem = make_problem(6)
    other = problem._replace(y=problem.y[::-1])
    model = kata.ElasticNet(problem.alpha, problem.ratio, max_iterations=1)
    fresh = theta_of(model.fit(problem.X.copy(), problem.y.copy()))
    model.fit(other.X.copy(), other.y.copy())
    again = model.fit(problem.X.copy(), problem.y.copy())
    check.true(again is not None, asked="fit(X, y)", came="None", expected="self", mistake="return self")
    kata.ElasticNet().fit(other.X.copy(), other.y.copy())
    what = asked_of(problem) + ", max_iterations=1, fitted to other data before, and another model since"
    check.close(theta_of(model), fresh, asked=what, hint="fit starts anew, and replaces all that it sets, in self only")


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, y, model = EXAMPLE.X.copy(), EXAMPLE.y.copy(), kata.ElasticNet()
    with check.untouched(asked="fit and predict of X and y", X=X, y=y):
        model.fit(X, y)
        model.predict(X)
