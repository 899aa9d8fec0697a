"""Suite of B04: single steps and costs against the definition, the least-squares solution, R², and what a seed decides."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import linear_regression as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Call, Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds


class Problem(NamedTuple):
    """Data, and how far and from where to descend."""

    X: Float64Array
    y: Float64Array
    rate: float
    steps: int
    seed: int


def make_problem(seed: int) -> Problem:
    """A small problem, with at least 2 samples, at a rate for which costs fall."""
    rng = np.random.default_rng(seed)
    m, d = int(rng.integers(2, 8)), int(rng.integers(1, 5))
    X, y = rng.normal(0.5, 1.5, size=(m, d)), rng.normal(2.0, 3.0, size=m)
    return Problem(X, y, float(rng.uniform(0.3, 0.9)) / curvature(X), int(rng.integers(1, 5)), int(rng.integers(99)))


PROBLEMS = st.builds(make_problem, seeds())

EXAMPLE = Problem(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([1.0, 3.0, 2.0, 6.0]), 0.1, 1000, 0)
PLANE = Problem(np.array([[0, 1.0], [1, -1], [2, 0], [3, 1], [4, -1]]), np.array([4.0, 0, 2, 9, 5]), 0.2, 1000, 1)


def with_ones(X: Float64Array) -> Float64Array:
    """X with a column of ones for the bias, the last one."""
    return np.column_stack([X, np.ones(len(X))])


def curvature(X: Float64Array) -> float:
    """The largest second derivative of the cost in any direction: costs fall at rates below 2 divided by it."""
    return float(np.linalg.norm(with_ones(X), 2) ** 2 / len(X))


def cost(theta: Float64Array, X: Float64Array, y: Float64Array) -> float:
    """J at weights and bias `theta`."""
    return float(np.sum((with_ones(X) @ theta - y) ** 2)) / (2 * len(y))


def model_of(problem: Problem) -> Any:
    return kata.LinearRegression(learning_rate=problem.rate, n_iterations=problem.steps, random_state=problem.seed)


def fitted(problem: Problem) -> Any:
    """A model that was fitted to copies of the data."""
    return model_of(problem).fit(problem.X.copy(), problem.y.copy())


def asked(problem: Problem, what: str = "") -> Call:
    X, y, rate, steps, seed = problem
    return call("LinearRegression", rate, steps, random_state=seed) + "." + call("fit", X, y) + what


def theta_of(model: Any, d: int) -> Float64Array:
    """Weights and bias of a model, the bias last."""
    __tracebackhide__ = True
    check.float_array(model.weights, (d,), asked="weights after fit")
    check.equal(np.shape(model.bias), (), asked="the shape of bias after fit, which is a number")
    return np.append(model.weights, float(model.bias))


def step_mistakes(theta: Float64Array, problem: Problem) -> Mistakes:
    """Weights and bias after one step with one of the usual mistakes."""
    X, y, rate = problem[:3]
    A = with_ones(X)
    errors = A @ theta - y
    change = rate * A.T @ errors / len(A)
    only_weights, only_bias = np.append(change[:-1], 0.0), np.append(np.zeros(len(change) - 1), change[-1])
    weights_first, bias_first = theta - only_weights, theta - only_bias
    return {
        "the gradient is a sum over samples: divide it by m": theta - change * len(A),
        "twice the gradient: the 2 of the square cancels with the 1/2 of the cost": theta - 2 * change,
        "half the gradient: the 2 of the square cancels with the 1/2 of the cost": theta - change / 2,
        "uphill: the gradient is subtracted": theta + change,
        "the bias does not move: it has a gradient too, the mean of the errors": weights_first,
        "the weights move twice as far: the 2 cancels with the 1/2 of the cost": bias_first - 2 * only_weights,
        "the bias moves by the sum of the errors: take their mean": weights_first - only_bias * len(A),
        "the weights' gradient is a sum over samples: divide it by m": bias_first - only_weights * len(A),
        "the bias moves uphill": weights_first + only_bias,
        "the bias was updated with errors that already have the new weights: compute both gradients first": lambda: (
            weights_first - rate * np.append(0 * theta[:-1], np.mean(A @ weights_first - y))
        ),
        "the weights were updated with errors that already have the new bias: compute both gradients first": lambda: (
            bias_first - rate * np.append(X.T @ (A @ bias_first - y) / len(A), 0.0)
        ),
        "an L2 penalty was added: J has none": lambda: theta - change - rate * np.append(theta[:-1], 0.0),
        "solved, not descended: README asks for single steps": lambda: np.linalg.lstsq(A, y)[0],
    }


def check_score(got: object, y: Float64Array, predictions: Float64Array, *, what: Call) -> None:
    """Hold a score to 1 - SS_res / SS_tot, for targets that are not all equal."""
    __tracebackhide__ = True
    residual = float(np.sum((y - predictions) ** 2))
    check.close(
        got,
        1 - residual / float(np.sum((y - np.mean(y)) ** 2)),
        asked=what,
        atol=1e-9,
        mistakes={
            "the mean squared error: divide by the variance of the targets, and take it from 1": residual / len(y),
            "predictions and targets are swapped: SS_tot is that of the targets": lambda: (
                1 - residual / np.sum((predictions - np.mean(predictions)) ** 2)
            ),
            "the squared correlation: R² is 1 - SS_res / SS_tot": lambda: np.corrcoef(y, predictions)[0, 1] ** 2,
            "SS_tot is taken about 0: take it about the mean of the targets": lambda: 1 - residual / np.sum(y**2),
            "clipped at 0, or taken for equal targets in a small unit: R² may be negative": 0.0,
        },
        hint="1 - SS_res / SS_tot, SS_tot about the mean of the targets that score is given",
    )
    check.python_float(got, asked=what)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("problem", [EXAMPLE, PLANE], ids=["line", "plane"])
def test_worked_example_arrives_at_least_squares(problem: Problem) -> None:
    X, y = problem[:2]
    check.close(
        theta_of(model_of(problem).fit(X.tolist(), y.tolist()), X.shape[1]),
        np.linalg.lstsq(with_ones(X), y)[0],
        asked=asked(problem) + ": weights, then bias",
        atol=1e-6,
        mistakes={
            "the line goes through the origin: the bias is learned as well": np.append(np.linalg.lstsq(X, y)[0], 0.0)
        },
        hint="not there yet: take all n_iterations steps; NaN or huge numbers: the steps are too long, or go uphill",
    )


@pytest.mark.example
def test_worked_example_of_predictions_score_and_cost() -> None:
    model, bias_missing = fitted(EXAMPLE), {"the bias is missing": [14.0]}
    hint = "one cost before each step, and all steps are taken, without early stopping"
    check.equal(len(model.cost_history), 1000, asked=asked(EXAMPLE, ": len(cost_history)"), hint=hint)
    what = asked(EXAMPLE, ".predict([[10]])")
    check.close(model.predict([[10]]), [14.9], asked=what, atol=1e-6, mistakes=bias_missing, hint="X @ weights + bias")
    X, y, best = EXAMPLE.X.copy(), EXAMPLE.y.copy(), np.array([0.9, 2.3, 3.7, 5.1])
    check_score(model.score(X, y), y, best, what=asked(EXAMPLE, ".score(X, y)"))
    mistakes = {
        "the mean squared error: J is half of it": 1.05,
        "the sum of squares: J is it divided by 2 m": 4.2,
        "half the sum of squares: divide by m": 2.1,
    }
    check.close(model.cost_history[-1], 0.525, asked=asked(EXAMPLE, ".cost_history[-1]"), atol=1e-6, mistakes=mistakes)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS)
def test_one_more_iteration_is_one_more_step_down_the_slope(problem: Problem) -> None:
    X, y, rate, steps, _ = problem
    theta, new = (theta_of(fitted(problem._replace(steps=n)), X.shape[1]) for n in (steps, steps + 1))
    mistakes = step_mistakes(theta, problem).items()
    check.gradient(
        (theta - new) / rate,
        lambda points: [cost(point, X, y) for point in points],
        theta,
        asked=asked(problem) + ": weights, then bias, and how far one iteration more moves them, by -learning_rate",
        name="weights and bias",
        rtol=1e-4,
        atol=1e-5,
        mistakes={name: lambda v=v: (theta - (v() if callable(v) else v)) / rate for name, v in mistakes},
        hint="the same seed gives the same start, and a step takes learning_rate times the gradient of J off",
    )


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS)
def test_costs_are_those_before_each_step(problem: Problem) -> None:
    X, y, rate, steps, _ = problem
    d = X.shape[1]
    thetas = [theta_of(fitted(problem._replace(steps=n)), d) for n in range(1, steps + 2)]
    A = with_ones(X)
    start: Any = np.linalg.solve(np.eye(d + 1) - rate * A.T @ A / len(A), thetas[0] - rate * A.T @ y / len(A))
    before = np.array([cost(theta, X, y) for theta in [start, *thetas[:-1]]])
    after = np.array([cost(theta, X, y) for theta in thetas])
    check.close(
        fitted(problem._replace(steps=steps + 1)).cost_history,
        before,
        asked=asked(problem._replace(steps=steps + 1), ".cost_history"),
        rtol=1e-7,
        mistakes={
            "the cost after each step: J is recorded before it": after,
            "one cost too many: there is one for each step, recorded before it": np.append(before, after[-1]),
            "twice the cost: J is half the mean squared error": 2 * before,
            "the sum over samples, halved: divide by m": before * len(A),
            "the sum over samples: divide by 2 m": 2 * before * len(A),
        },
        hint="J of the weights and the bias as they are before each step, the start's first",
    )


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS)
def test_predictions_are_linear_and_rows_do_not_matter_to_each_other(problem: Problem) -> None:
    model, X = fitted(problem), 2 * problem.X - 1
    theta = theta_of(model, X.shape[1])
    what = asked(problem, ".") + call("predict", X)
    mistakes: Mistakes = {
        "the bias is missing": X @ theta[:-1],
        "centred at the rows of this call": (X - X.mean(axis=0)) @ theta[:-1] + theta[-1],
        "a column: predictions have shape (q,)": (with_ones(X) @ theta)[:, np.newaxis],
    }
    got = model.predict(X.copy())
    check.close(got, with_ones(X) @ theta, asked=what, atol=1e-9, mistakes=mistakes, hint="X @ weights + bias")
    check.float_array(got, (len(X),), asked=what)
    alone = np.concatenate(each(model.predict, [(row.copy(),) for row in X[:, np.newaxis]]))
    check.close(alone, got, asked=what + ", row by row", atol=1e-9, hint="each row is predicted by itself")


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS, st.sampled_from([(1.0, 0.0), (1.0, 1e7), (1e-6, 0.0)]))
def test_score_equals_the_definition(problem: Problem, unit_and_mean: tuple[float, float]) -> None:
    model, X, (unit, mean) = fitted(problem), problem.X, unit_and_mean
    y = unit * (problem.y + 2 * np.arange(len(problem.y))) + mean
    predictions = with_ones(X) @ theta_of(model, X.shape[1])
    check_score(model.score(X.copy(), y.copy()), y, predictions, what=asked(problem, ".") + call("score", X, y))


@pytest.mark.law
def test_weights_start_near_0_and_the_bias_at_0() -> None:
    d = 4000
    start = theta_of(fitted(Problem(np.ones((2, d)), np.array([1.0, 2.0]), 1e-15, 1, 3)), d)
    what = f"{d} weights after one step with learning rate 1e-15, which are still those of the start: "
    mistakes = {
        "all weights are equal: draw them, and step from there": 0.0,
        "drawn from N(0, 1): the deviation is 0.01": 1.0,
        "0.01² is the variance, and was taken for the deviation": 1e-4,
        "0.01 is the deviation, and was taken for the variance": 0.1,
        "drawn from [-0.01, 0.01) uniformly: draw from a normal distribution": 0.00577,
    }
    deviation, hint = np.std(start[:-1]), "rng.normal(0, 0.01, size=d)"
    near = {name: deviation if abs(deviation - v) <= 0.07 * v else v for name, v in mistakes.items()}
    # 6 standard errors: a right start misses these bounds once in millions of seeds
    check.close(deviation, 0.01, rtol=0.07, asked=what + "their deviation", mistakes=near, hint=hint)
    check.close(np.mean(start[:-1]), 0.0, atol=1e-3, asked=what + "their mean", hint=hint)
    check.close(start[-1], 0.0, asked=what + "the bias", hint="the bias is not drawn")


def starts(*models: Any) -> list[tuple[float, ...]]:
    """The weights of models after one tiny step each."""
    X, y = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([1.0, 2.0])
    return [tuple(np.asarray(model.fit(X, y).weights).tolist()) for model in models]


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 5, None, "Generator"])
def test_starts_follow_random_state(state: Any) -> None:
    global_state = GlobalRandomState()
    given_state = np.random.default_rng(3) if state == "Generator" else state
    came = len(set(starts(*[kata.LinearRegression(1e-9, 1, random_state=given_state)] * 4)))
    want, what = 1 if isinstance(state, int) else 4, f"how many different starts 4 fits have, random_state={state}"
    hint = "an int gives the same start at each fit, 0 too; a Generator is drawn from; None draws anew"
    check.equal(came, want, asked=what, hint=hint)
    global_state.check_kept()


@pytest.mark.law
def test_seeds_and_states_of_generators_decide() -> None:
    states = [0, 1, 0, *map(np.random.default_rng, (3, 4, 3))]
    came = starts(*(kata.LinearRegression(1e-9, 1, random_state=state) for state in states))
    what = "with the seeds 0, 1, 0 and generators in the states 3, 4, 3: the first start that equals each"
    hint = "random_state must reach the generator that draws"
    check.equal([came.index(start) for start in came], [0, 1, 0, 3, 4, 3], asked=what, hint=hint)


@pytest.mark.law
def test_defaults_are_1000_steps_at_a_rate_of_0_01() -> None:
    explicit = theta_of(fitted(EXAMPLE._replace(rate=0.01)), 1)
    got = theta_of(kata.LinearRegression(random_state=0).fit(EXAMPLE.X.copy(), EXAMPLE.y.copy()), 1)
    check.close(got, explicit, asked="LinearRegression(random_state=0).fit(X, y), compared with explicit parameters")


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(("X", "y"), [([[2.0]], [3.0]), ([[1.0, 2.0, -1.0], [0.0, 1.0, 3.0]], [3.0, -1.0])])
def test_fewer_samples_than_parameters_are_fitted_exactly(X: list[list[float]], y: list[float]) -> None:
    problem = Problem(np.array(X), np.array(y), 0.1, 500, 0)
    check.close(fitted(problem).predict(X), y, asked=asked(problem, ".predict(X)"), atol=1e-6)


@pytest.mark.edge
def test_score_of_equal_targets_is_0_or_for_exact_predictions_1() -> None:
    model, X = fitted(EXAMPLE._replace(steps=20)), [[0.0]] * 3
    mistakes: Mistakes = {
        "0 / 0: where all targets are equal, compare predictions with them": np.nan,
        "1.0 without a look at the predictions": 1.0,
        "0.0 without a look at the predictions": 0.0,
    }
    hint = "the mean of equal numbers may be off in its last bit: compare the targets with each other"
    for y, want in (([0.1] * 3, 0.0), ([float(model.bias)] * 3, 1.0)):
        what = asked(EXAMPLE._replace(steps=20), ".") + call("score", X, y)
        check.close(model.score(X, y), want, asked=what, mistakes=mistakes, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_is_computed_in_float64(dtype: str) -> None:
    X, y = np.array([[200.0, 3.0], [100.0, 250.0], [7.0, 90.0]]), np.array([250.0, 1.0, 255.0])
    problem = Problem(X, y, 1e-5, 5, 0)
    exact, model = fitted(problem), model_of(problem).fit(X.astype(dtype), y.astype(dtype))
    hint, what = "convert X and y to float64 before anything else", asked(problem) + f", with data as {dtype}"
    check.close(theta_of(model, 2), theta_of(exact, 2), asked=what, hint=hint)
    new = X.astype(dtype), y.astype(dtype)
    check.close(model.predict(new[0]), exact.predict(X), asked=what + ", then predict(X)", hint=hint)
    check.close(model.score(*new), exact.score(X, y), asked=what + ", then score(X, y)", hint=hint)


BAD: dict[str, tuple[Any, Any]] = {
    "y has shape (m, 1), which broadcasts to a table of m x m": (np.ones((4, 2)), np.ones((4, 1))),
    "there are 4 samples and 1 target": (np.ones((4, 2)), np.ones(1)),
    "y is a number": (np.ones((4, 2)), 1.0),
    "X has one axis": (np.ones(2), np.ones(2)),
    "X has no samples": (np.ones((0, 2)), np.ones(0)),
    "X has no features": (np.ones((4, 0)), np.ones(4)),
    "X has 1 column, and 2 in fit": (np.ones((4, 1)), np.ones(4)),
    "X has 3 columns, and 2 in fit": (np.ones((4, 3)), np.ones(4)),
}
ONE_ROW = "R² needs at least 2 rows"
BAD_CALLS = [("fit", why) for why in BAD if "in fit" not in why] + [("score", why) for why in BAD]
BAD_CALLS += [("predict", why) for why in BAD if why.startswith("X")] + [("score", ONE_ROW)]


@pytest.mark.edge
@pytest.mark.parametrize(("method", "why"), BAD_CALLS)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(method: str, why: str) -> None:
    arguments = (BAD | {ONE_ROW: ([[1.0, 2.0]], [3.0])})[why][: 1 if method == "predict" else 2]
    thunk = partial(getattr(fitted(PLANE._replace(steps=5)), method), *arguments)
    hint = "compare shapes before you compute: NumPy broadcasts silently"
    check.raises(ValueError, thunk, asked=call(method, *arguments), because=why, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("options", [{"learning_rate": 0.0}, {"learning_rate": -0.1}, {"n_iterations": 0}], ids=str)
def test_parameters_out_of_range_are_an_error(options: dict[str, Any]) -> None:
    thunk = lambda: kata.LinearRegression(**options).fit(PLANE.X.copy(), PLANE.y.copy()) and "a model"  # noqa: E731
    because = "learning_rate must be above 0, and n_iterations at least 1"
    check.raises(ValueError, thunk, asked=call("LinearRegression", **options) + ".fit(X, y)", because=because)


@pytest.mark.edge
@pytest.mark.parametrize(("method", "arguments"), [("predict", ([[1.0]],)), ("score", ([[1.0], [2.0]], [1.0, 2.0]))])
def test_a_method_before_fit_is_a_runtime_error(method: str, arguments: tuple[Any, ...]) -> None:
    thunk = lambda: getattr(kata.LinearRegression(), method)(*arguments)  # noqa: E731
    hint = "ask whether there was a fit before anything that fit sets is looked up"
    check.raises(RuntimeError, thunk, asked=f"{method} before fit", because="there was no fit", hint=hint)


@pytest.mark.edge
def test_fit_again_forgets_and_two_models_share_nothing() -> None:
    problem = PLANE._replace(steps=5)
    fresh, model = fitted(problem), model_of(problem)
    model.fit(EXAMPLE.X.copy(), EXAMPLE.y.copy())
    again = model.fit(problem.X.copy(), problem.y.copy())
    check.true(again is not None, asked="fit(X, y)", came="None", expected="self", mistake="return self")
    fitted(EXAMPLE._replace(steps=7))
    what = asked(problem) + ", fitted to other data before, and another model since: "
    hint = "fit starts anew, and replaces all that it sets, in self only"
    check.equal(len(model.cost_history), 5, asked=what + "len(cost_history)", hint=hint)
    check.close(theta_of(model, 2), theta_of(fresh, 2), asked=what + "weights, then bias", hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, y, model = PLANE.X.copy(), PLANE.y.copy(), model_of(PLANE._replace(steps=5))
    with check.untouched(asked="fit, predict and score of X and y", X=X, y=y):
        model.fit(X, y)
        model.predict(X)
        model.score(X, y)
