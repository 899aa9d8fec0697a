"""Suite of A06: a step against its definition and finite differences, and the factors that get lost."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

import gradient_step as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Problem(NamedTuple):
    """Arguments of one call."""

    theta: Float64Array
    X: Float64Array
    y: Float64Array
    learning_rate: float


def make_problem(seed: int) -> Problem:
    """A small problem in numbers that are exact in any order of operations, with a residual other than 0."""
    rng = np.random.default_rng(seed)
    m, d = (int(rng.integers(1, 7)) for _ in range(2))
    theta, X = rng.integers(-8, 9, size=d) / 4, rng.integers(-8, 9, size=(m, d)) / 4
    y = rng.integers(-16, 17, size=m) / 4 + 0.03125
    return Problem(theta, X, y, float(rng.choice([0.125, 0.5, 1.0, 4.0])))


PROBLEMS = st.builds(make_problem, seeds())

EXAMPLE = Problem(
    np.array([1.0, 1.0]),
    np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0], [1.0, 4.0]]),
    np.array([4.0, 0.0, 2.0, 5.0, 9.0]),
    0.1,
)


def cost(theta: Float64Array, X: Float64Array, y: Float64Array) -> float:
    """The cost J."""
    return float(np.sum((X @ theta - y) ** 2)) / (2 * len(y))


def loop_step(theta: Float64Array, X: Float64Array, y: Float64Array, learning_rate: float) -> Float64Array:
    """The definition: sample by sample, parameter by parameter."""
    m, d = X.shape
    gradient = [0.0] * d
    for row, target in zip(X.tolist(), y.tolist(), strict=True):
        residual = sum(a * b for a, b in zip(row, theta.tolist(), strict=True)) - target
        for j in range(d):
            gradient[j] += residual * row[j] / m
    return np.array([theta[j] - learning_rate * gradient[j] for j in range(d)])


def one_after_another(problem: Problem, along: str) -> Float64Array:
    """What comes out when parameters, or samples, are gone through one by one, each seeing the last one's change."""
    theta, X, y, rate = problem
    theta = theta.copy()
    for k in range(len(theta) if along == "parameters" else len(y)):
        if along == "parameters":
            theta[k] -= rate * X[:, k] @ (X @ theta - y) / len(y)
        else:
            theta -= rate * X[k] * (X[k] @ theta - y[k])
    return theta


def mistakes(problem: Problem) -> Mistakes:
    """What the usual mistakes give for a step."""
    theta, X, y, rate = problem
    m, d = X.shape
    residual = X @ theta - y
    total = X.T @ residual
    step = rate * total / m
    return {
        "the gradient is a sum over samples: divide it by m": theta - rate * total,
        "twice the gradient: the 2 of the square cancels with the 1/2 of the cost": theta - 2 * step,
        "half the gradient: the 2 of the square cancels with the 1/2 of the cost": theta - step / 2,
        "half the sum over samples: the 1/2 has cancelled, and the mean divides by m": theta - rate * total / 2,
        "uphill: the gradient is subtracted": theta + step,
        "divided by the number of parameters: divide by that of samples": theta - rate * total / d,
        "divided by m - 1: divide by m": lambda: theta - rate * total / (m - 1),
        "the gradient itself: return theta minus learning_rate times it": total / m,
        "the step itself: return theta minus it": step,
        "the change of theta: add it to theta": -step,
        "the learning rate is missing": theta - total / m,
        "divided by the learning rate: multiply by it": lambda: theta - total / m / rate,
        "theta is unchanged": theta,
        "parameters were updated one after another: compute the whole gradient first": lambda: one_after_another(
            problem, "parameters"
        ),
        "one step for each sample (stochastic): it is one step for all of them": lambda: one_after_another(
            problem, "samples"
        ),
        "one sample alone: sum over all, and divide by m": theta - rate * X[0] * residual[0],
        "the last sample alone: sum over all, and divide by m": theta - rate * X[-1] * residual[-1],
        "the last sample alone, divided by m: the sum was overwritten, add to it": theta
        - rate * X[-1] * residual[-1] / m,
        "the residuals' signs, as for absolute errors: take the residuals": theta - rate * X.T @ np.sign(residual) / m,
        "the targets are not subtracted from the predictions": theta - rate * X.T @ (X @ theta) / m,
        "the residuals are not multiplied by X: the gradient is X.T @ residuals / m": theta - rate * residual.mean(),
        "averaged over parameters as well: the gradient has shape (d,)": theta - step.mean(),
        "the gradient was divided by its length: only the learning rate scales it": lambda: (
            theta - rate * total / np.linalg.norm(total)
        ),
        "an L2 penalty was added: J has none": theta - step - rate * theta,
        "computed in float32: convert to float64 first": (theta - step).astype(np.float32),
        "cut to whole numbers: convert theta to float64 first": np.trunc(theta - step),
    }


def check_step(problem: Problem, *, hint: str = "") -> None:
    """Hold a step to the definition."""
    __tracebackhide__ = True
    theta, X, y = (np.array(part, dtype=np.float64) for part in problem[:3])
    exact = Problem(theta, X, y, problem.learning_rate)
    got = kata.gradient_descent_step(*deepcopy(problem))  # a subject that writes into its arguments harms no other test
    check.close(
        got,
        loop_step(*exact),
        asked=call("gradient_descent_step", *problem),
        mistakes=mistakes(exact),
        hint=hint or "theta minus learning_rate times X.T @ (X @ theta - y) / m",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_five_samples() -> None:
    check_step(EXAMPLE)


@pytest.mark.example
def test_worked_example_of_one_sample() -> None:
    check_step(Problem(np.array([2.0]), np.array([[3.0]]), np.array([4.0]), 0.5))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(PROBLEMS)
def test_equals_the_definition(problem: Problem) -> None:
    check_step(problem)


@pytest.mark.law
@given(PROBLEMS)
def test_the_step_follows_the_slope_of_the_cost(problem: Problem) -> None:
    theta, X, y, rate = problem

    def slope(stepped: Any) -> Float64Array:
        return np.asarray((theta - stepped) / rate)

    got = np.asarray(kata.gradient_descent_step(*deepcopy(problem)))
    check.gradient(
        slope(got) if got.shape == theta.shape else got,
        lambda points: [cost(point, X, y) for point in points],
        theta,
        asked="(theta - new theta) / learning_rate of " + call("gradient_descent_step", *problem),
        name="theta",
        atol=1e-6,
        mistakes={
            name: lambda value=value: slope(value() if callable(value) else value)
            for name, value in mistakes(problem).items()
        },
    )


@pytest.mark.law
@given(PROBLEMS, st.integers(2, 4))
def test_data_that_are_repeated_give_the_same_step(problem: Problem, times: int) -> None:
    theta, X, y, rate = problem
    repeated = Problem(theta, np.tile(X, (times, 1)), np.tile(y, times), rate)
    check.close(
        kata.gradient_descent_step(*deepcopy(repeated)),
        loop_step(*problem),
        asked=call("gradient_descent_step", *repeated) + f": each sample {times} times",
        mistakes=mistakes(repeated),
        hint="the cost is a mean over samples, so how often all of them are repeated does not matter",
    )


@pytest.mark.law
@given(seeds())
def test_the_least_squares_solution_stays(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    best = np.asarray(np.linalg.lstsq(X, y)[0], dtype=np.float64)
    check.close(
        kata.gradient_descent_step(best.copy(), X, y, 0.5),
        best,
        asked=call("gradient_descent_step", best, X, y, 0.5) + ", with the theta of least cost",
        atol=1e-9,
        mistakes=mistakes(Problem(best, X, y, 0.5)),
        hint="at the least cost the gradient is 0",
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_many_steps_arrive_at_the_least_squares_solution() -> None:
    theta, X, y, _ = deepcopy(EXAMPLE)
    for _ in range(400):
        theta = kata.gradient_descent_step(theta, X, y, 0.2)
    best, asked = np.linalg.lstsq(X, y)[0], "400 steps with learning rate 0.2, each from the result of the last"
    check.close(theta, best, asked=asked, atol=1e-6, hint="the steps must lead downhill, without getting too long")


@pytest.mark.edge
def test_a_step_of_any_length_is_taken_as_it_is() -> None:
    hint = "clip nothing, and scale by nothing but the learning rate: this step is too long, and the caller's choice"
    check_step(EXAMPLE._replace(theta=np.array([1e6, -1e6]), learning_rate=1e3), hint=hint)


@pytest.mark.edge
def test_learning_rate_0_leaves_theta_where_it_is() -> None:
    asked, problem = "a step with learning rate 0", EXAMPLE._replace(learning_rate=0)
    got = check.accepts(
        lambda: kata.gradient_descent_step(*deepcopy(problem)), asked=asked, because="it is not negative"
    )
    check.close(got, problem.theta, asked=asked)


DTYPES: dict[str, Any] = {
    "integers in lists": ([1, 1], [[3, 0], [1, 2]], [0, 1]),
    "uint8": tuple(np.array(part, dtype=np.uint8) for part in ([1, 200], [[100, 3], [1, 200]], [250, 255])),
    "float32": tuple(np.array(part, dtype=np.float32) for part in ([0.1, 0.7], [[0.3, 1e4], [1.1, 9.9]], [0.2, 0.9])),
}


@pytest.mark.edge
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_computed_in_float64(dtype: str) -> None:
    theta, X, y = DTYPES[dtype]
    hint = f"the arguments are {dtype}: convert theta, X and y to float64 first"
    check_step(Problem(theta, X, y, 0.3), hint=hint)


BAD: dict[str, dict[str, Any]] = {
    "y has shape (m, 1), which broadcasts to a table of m x m": {"y": np.arange(5.0)[:, None]},
    "theta has shape (d, 1)": {"theta": [[1.0], [1.0]]},
    "theta and y are columns": {"theta": [[1.0], [1.0]], "y": np.arange(5.0)[:, None]},
    "y is a single number": {"y": 1.0},
    "there are 5 samples and 1 target": {"y": [1.0]},
    "there are 5 samples and 4 targets": {"y": [1.0, 2.0, 3.0, 4.0]},
    "theta is a single number": {"theta": 1.0, "X": [[1.0]], "y": [1.0]},
    "X has 2 columns, theta 1 entry": {"theta": [1.0]},
    "X has 2 columns, theta 3 entries": {"theta": [1.0, 1.0, 1.0]},
    "X has one axis": {"X": [1.0, 2.0], "y": 1.0},
    "X has three axes": {"X": np.ones((1, 5, 2))},
    "there are no samples": {"X": np.ones((0, 2)), "y": []},
    "there are no parameters": {"theta": [], "X": np.ones((5, 0))},
    "the learning rate is negative": {"learning_rate": -0.1},
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_a_wrong_shape_an_axis_of_length_zero_or_a_negative_rate_is_an_error(why: str) -> None:
    problem = EXAMPLE._replace(**BAD[why])
    asked = call("gradient_descent_step", *problem)
    hint = "check shapes and learning rate before you compute: NumPy broadcasts silently"
    check.raises(
        ValueError, lambda: kata.gradient_descent_step(*deepcopy(problem)), asked=asked, because=why, hint=hint
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    theta, X, y = (part.copy() for part in EXAMPLE[:3])
    with check.untouched(asked=call("gradient_descent_step", theta, X, y, 0.1), theta=theta, X=X, y=y):
        kata.gradient_descent_step(theta, X, y, 0.1)
