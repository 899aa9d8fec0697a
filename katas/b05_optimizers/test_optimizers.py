"""Suite of B05: paths and costs against the definition step by step, and what people change in these few lines."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import optimizers as kata
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Call, Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

VANILLA, MOMENTUM, ADAM = "vanilla_gradient_descent", "momentum_gradient_descent", "adam_optimizer"
FUNCTIONS = [VANILLA, MOMENTUM, ADAM]
OWN: dict[str, dict[str, float]] = {
    VANILLA: {},
    MOMENTUM: {"beta": 0.9},
    ADAM: {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
}
"""The arguments that each function has beside the common ones, with their default values."""


class Problem(NamedTuple):
    """Arguments of one call; `own` are those of the function alone."""

    X: Float64Array
    y: Float64Array
    rate: float
    steps: int
    theta0: Float64Array
    own: dict[str, float]


def make_problem(name: str, seed: int) -> Problem:
    """A small problem with other parameters than the default ones."""
    rng = np.random.default_rng(seed)
    m, d = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    X, y, theta0 = rng.normal(0.3, 1.0, size=(m, d)), rng.normal(1.0, 2.0, size=m), rng.normal(size=d)
    values = {
        "beta": rng.choice([0.0, 0.5, 0.8]),
        "beta1": rng.choice([0.0, 0.5, 0.8]),
        "beta2": rng.choice([0.6, 0.95]),
    }
    values["epsilon"] = rng.choice([0.3, 1e-3])
    own = {key: float(values[key]) for key in OWN[name]}
    theta0 *= rng.choice([1, 1, 0])
    return Problem(X, y, float(rng.choice([0.05, 0.1, 0.2])), int(rng.integers(1, 6)), theta0, own)


PROBLEMS = {name: st.builds(partial(make_problem, name), seeds()) for name in FUNCTIONS}
ONE = Problem(np.array([[1.0]]), np.array([0.0]), 0.2, 3, np.array([1.0]), {})
TWO = Problem(
    np.array([[1.0, 0.0], [1.0, 2.0], [0.0, -1.0]]), np.array([1.0, 2.0, 4.0]), 0.1, 3, np.array([0.5, -1.0]), {}
)


def cost(theta: Float64Array, problem: Problem) -> float:
    """J at theta."""
    return float(np.sum((problem.X @ theta - problem.y) ** 2)) / (2 * len(problem.y))


GRADIENT_MISTAKES = {
    "the gradient is a sum over samples: divide it by m": "sum",
    "twice the gradient: the 2 of the square cancels with the 1/2 of J": "double",
    "uphill: steps are subtracted": "uphill",
    "one step too few": "short",
    "one step too many": "long",
}
STEP_MISTAKES = {
    VANILLA: {},
    MOMENTUM: {
        "the velocity is a mean, (1 - beta) times the gradient: here the gradient is added whole": "mean",
        "Nesterov's momentum, with the gradient at theta - beta v: take it at theta": "nesterov",
        "Nesterov's momentum, as PyTorch has it: the step is the velocity alone": "ahead",
        "the velocity is not kept from step to step": "forgets",
        "theta moves by the velocity before its update": "late",
        "the learning rate is applied a second time to the velocity": "rate twice",
        "the velocity begins at the first gradient: it begins at 0": "begins",
    },
    ADAM: {
        "no bias correction: divide by 1 - beta**t": "no correction",
        "the mean of gradients is not corrected for its start at 0": "only second",
        "the mean of squares is not corrected for its start at 0": "only first",
        "corrected by 1 - beta, which is right in the first step only: the power is t": "no power",
        "t counts one too far: it is 1 in the first step": "t + 1",
        "t is 0 in the first step, and 1 - beta**0 is 0: count from 1": "t - 1",
        "the corrected means are kept: keep the uncorrected ones": "keeps",
        "epsilon is under the root: it is added to the root": "under root",
        "epsilon is added to the root before the correction": "epsilon hat",
        "epsilon is missing": "no epsilon",
        "no root: divide by the root of the mean of squares": "no root",
        "the second mean is of sizes, not of squares": "sizes",
        "the second mean is one number for all parameters: it is elementwise": "one number",
        "beta1 and beta2 are swapped": "swapped",
        "the means are sums: the new value counts 1 - beta": "sums",
        "the mean of gradients is not used: the step takes the gradient itself (RMSProp)": "rmsprop",
        "the largest mean of squares is kept (AMSGrad): take the last one": "amsgrad",
    },
}


def walk(name: str, problem: Problem, wrong: str = "") -> Float64Array:
    """All thetas from the start on, shape (steps + 1, d), step by step; `wrong` names what is changed."""
    X, y, rate, steps, theta, own = problem
    own = OWN[name] | own
    first, second, largest = np.zeros_like(theta), np.zeros_like(theta), np.zeros_like(theta)
    thetas = [theta]
    for t in range(1, steps + 1 + {"short": -1, "long": 1}.get(wrong, 0)):
        at = theta - own["beta"] * first if wrong == "nesterov" else theta
        g = X.T @ (X @ at - y) / len(y) * {"sum": len(y), "double": 2, "uphill": -1}.get(wrong, 1)
        step = rate * g
        if name == MOMENTUM:
            before, beta = first, 0.0 if wrong == "forgets" else own["beta"]
            first = beta * first + rate * g * {"mean": 1 - beta}.get(wrong, 1)
            if wrong == "begins" and t == 1:
                first = first + beta * rate * g
            step = {"late": before, "ahead": beta * first + rate * g, "rate twice": rate * first}.get(wrong, first)
        if name == ADAM:
            b1, b2, eps = own["beta1"], own["beta2"], 0.0 if wrong == "no epsilon" else own["epsilon"]
            b1, b2 = (b2, b1) if wrong == "swapped" else (b1, b2)
            square = {"sizes": np.abs(g), "one number": np.full_like(g, np.mean(g**2))}.get(wrong, g**2)
            first = b1 * first + (1 if wrong == "sums" else 1 - b1) * g
            second = b2 * second + (1 if wrong == "sums" else 1 - b2) * square
            largest = np.maximum(largest, second)
            power = {"no power": 1, "t + 1": t + 1, "t - 1": t - 1}.get(wrong, t)
            c1 = 1.0 if wrong in ("no correction", "only second") else 1 - b1**power
            c2 = 1.0 if wrong in ("no correction", "only first") else 1 - b2**power
            top, bottom = first / c1, (largest if wrong == "amsgrad" else second) / c2
            step = rate * (g if wrong == "rmsprop" else top)
            if wrong == "under root":
                step = step / np.sqrt(bottom + eps)
            elif wrong == "epsilon hat":
                step = step / ((np.sqrt(second) + eps) / np.sqrt(c2))
            else:
                step = step / ((bottom if wrong == "no root" else np.sqrt(bottom)) + eps)
            if wrong == "keeps":
                first, second = top, bottom
        theta = theta - step
        thetas.append(theta)
    return np.array(thetas)


def arguments(problem: Problem) -> dict[str, Any]:
    """Keyword arguments of a call, beside X and y; the start is a copy."""
    rate, steps, own = problem.rate, problem.steps, problem.own
    return {"learning_rate": rate, "n_iterations": steps, "theta0": problem.theta0.copy()} | own


def asked(name: str, problem: Problem) -> Call:
    return call(name, problem.X, problem.y, **arguments(problem))


def check_result(name: str, result: Any, problem: Problem, *, hint: str = "") -> None:
    """Hold theta and costs to the definition."""
    __tracebackhide__ = True
    what, thetas = asked(name, problem), walk(name, problem)
    is_pair = isinstance(result, tuple | list) and len(result) == 2
    check.true(is_pair, asked=what, came=result, expected="a tuple (theta, cost_history)")
    codes = GRADIENT_MISTAKES | STEP_MISTAKES[name]
    check.close(
        result[0],
        thetas[-1],
        asked=what + ": theta",
        rtol=1e-7,
        atol=1e-9,
        mistakes={text: lambda code=code: walk(name, problem, code)[-1] for text, code in codes.items()},
        hint=hint or "follow the table line by line, all from the old theta",
    )
    check.float_array(result[0], problem.theta0.shape, asked=what + ": theta")
    costs = np.array([cost(theta, problem) for theta in thetas])
    mistakes: Mistakes = {
        "the cost after each step: J is recorded before it": costs[1:],
        "one cost too many: one before each step": costs,
        "twice the cost: J is half the mean": 2 * costs[:-1],
        "the sum over samples: J is divided by 2 m": 2 * costs[:-1] * len(problem.y),
        "half the sum over samples: divide by m": costs[:-1] * len(problem.y),
        "the last cost only": costs[-2],
    }
    what = what + ": cost_history"
    check.close(result[1], costs[:-1], asked=what, rtol=1e-7, atol=1e-9, mistakes=mistakes, hint=hint)


def check_run(name: str, problem: Problem, *, hint: str = "") -> None:
    """Call the function and hold its result to the definition."""
    __tracebackhide__ = True
    result = getattr(kata, name)(problem.X.copy(), problem.y.copy(), **arguments(problem))
    check_result(name, result, problem, hint=hint)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_worked_example_of_the_first_steps(name: str, steps: int) -> None:
    by_hand = {VANILLA: [0.8, 0.64, 0.512], MOMENTUM: [0.8, 0.46, 0.062], ADAM: [0.8, 0.60237484, 0.40974251]}
    problem = ONE._replace(steps=steps)
    check_run(name, problem)
    theta, _ = getattr(kata, name)([[1]], [0], **arguments(problem))
    check.close(theta, [by_hand[name][steps - 1]], asked=asked(name, problem) + ": theta", atol=1e-7)


@pytest.mark.example
@pytest.mark.parametrize("name", FUNCTIONS)
def test_worked_example_of_two_parameters(name: str) -> None:
    check_run(name, TWO)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@settings(max_examples=30)
@given(PROBLEMS[VANILLA])
def test_vanilla_steps_equal_the_definition(problem: Problem) -> None:
    check_run(VANILLA, problem)


@pytest.mark.law
@settings(max_examples=30)
@given(PROBLEMS[MOMENTUM])
def test_momentum_steps_equal_the_definition(problem: Problem) -> None:
    check_run(MOMENTUM, problem)


@pytest.mark.law
@settings(max_examples=30)
@given(PROBLEMS[ADAM])
def test_adam_steps_equal_the_definition(problem: Problem) -> None:
    check_run(ADAM, problem)


@pytest.mark.law
@pytest.mark.parametrize("name", [VANILLA, MOMENTUM])
@settings(max_examples=20)
@given(PROBLEMS[VANILLA])
def test_the_first_step_follows_the_slope_of_the_cost(name: str, problem: Problem) -> None:
    one = problem._replace(steps=1)
    theta, _ = getattr(kata, name)(one.X.copy(), one.y.copy(), **arguments(one))
    moved = [(text, walk(VANILLA, one, code)[-1]) for text, code in GRADIENT_MISTAKES.items()]
    check.gradient(
        (one.theta0 - np.asarray(theta)) / one.rate,
        lambda points: [cost(point, one) for point in points],
        one.theta0,
        asked="(theta0 - theta) / learning_rate of " + asked(name, one),
        name="theta",
        atol=1e-6,
        mistakes={text: (one.theta0 - end) / one.rate for text, end in moved},
    )


@pytest.mark.law
@pytest.mark.parametrize("name", FUNCTIONS)
def test_many_steps_arrive_at_least_squares(name: str) -> None:
    problem = TWO._replace(steps=1500, rate=0.05)
    theta, costs = getattr(kata, name)(problem.X.copy(), problem.y.copy(), **arguments(problem))
    best = np.linalg.lstsq(problem.X, problem.y)[0]
    check.close(theta, best, asked=asked(name, problem) + ": theta", atol=1e-4, hint="the least-squares solution")
    check.equal(len(costs), 1500, asked=asked(name, problem) + ": len(cost_history)", hint="no early stopping")


@pytest.mark.law
@pytest.mark.parametrize("name", FUNCTIONS)
def test_without_theta0_the_start_is_drawn_near_0(name: str) -> None:
    theta, _ = getattr(kata, name)(np.ones((2, 2000)), [1.0, 2.0], learning_rate=1e-12, n_iterations=1, random_state=3)
    known = {
        "all equal: draw each parameter": 0.0,
        "drawn from N(0, 1): the deviation is 0.01": 1.0,
        "0.01² is the variance, and was taken for the deviation": 1e-4,
        "drawn from a uniform distribution: it is normal": 0.00577,
    }
    deviation = float(np.std(theta))
    near = {text: deviation if abs(deviation - value) <= 0.07 * value else value for text, value in known.items()}
    # 6 standard errors: a right start misses these bounds once in millions of seeds
    hint = "rng.normal(0, 0.01, size=d)"
    check.close(deviation, 0.01, rtol=0.1, asked=name + ", the deviation of 2000 parameters", mistakes=near, hint=hint)
    check.close(np.mean(theta), 0.0, atol=1.4e-3, asked=name + ", the mean of 2000 parameters", hint=hint)


def starts(name: str, states: list[Any]) -> list[int]:
    """For each random state the first one whose drawn start is the same, by one tiny step from each."""
    X, y = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([1.0, 2.0])
    ran = [getattr(kata, name)(X, y, learning_rate=1e-9, n_iterations=1, random_state=state)[0] for state in states]
    came = [tuple(np.asarray(theta).tolist()) for theta in ran]
    return [came.index(theta) for theta in came]


@pytest.mark.law
@pytest.mark.parametrize("name", FUNCTIONS)
def test_random_state_decides_about_the_start(name: str) -> None:
    global_state = GlobalRandomState()
    states = [0, 1, 0, None, None, *map(np.random.default_rng, (3, 4, 3))]
    what = f"{name} with random_state 0, 1, 0, None, None, generators in states 3, 4, 3: the first of the same start"
    hint = "an int gives the same start each time, 0 too; a Generator is drawn from; None draws anew"
    check.equal(starts(name, states), [0, 1, 0, 3, 4, 5, 6, 5], asked=what, hint=hint)
    global_state.check_kept()


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_have_the_default_values_of_the_readme(name: str) -> None:
    problem = TWO._replace(rate=0.01, steps=1000)
    got = getattr(kata, name)(TWO.X.copy(), TWO.y.copy(), theta0=TWO.theta0.copy())
    hint = f"learning_rate=0.01, n_iterations=1000, and {OWN[name]}"
    check_result(name, got, problem, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_moves_where_the_gradient_is_0(name: str) -> None:
    problem = Problem(np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([3.0, 6.0]), 0.1, 4, np.array([3.0, 5.0]), {})
    hint = "theta solves the problem, so each gradient is 0; in Adam, epsilon keeps 0 / 0 away"
    check_run(name, problem, hint=hint)


@pytest.mark.edge
def test_momentum_carries_theta_on_where_the_gradient_is_0() -> None:
    hint = "1, 0.5, 0, -0.25, -0.25: the gradient at 0 is 0, and the velocity is not: all steps are taken"
    check_run(MOMENTUM, ONE._replace(rate=0.5, steps=4, own={"beta": 0.5}), hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("epsilon", [0.5, 1e-8])
def test_epsilon_is_added_to_the_root(epsilon: float) -> None:
    check_run(ADAM, TWO._replace(X=TWO.X * 1e-3, y=TWO.y * 1e-3, own={"epsilon": epsilon}))


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_is_computed_in_float64(name: str, dtype: str) -> None:
    X, y, theta0 = np.array([[10.0, 3.0], [1.0, 25.0]]), np.array([250.0, 1.0]), np.array([1.0, 200.0])
    problem = Problem(X, y, 1e-3, 3, theta0, {})
    options = arguments(problem) | {"theta0": theta0.astype(dtype)}
    result = getattr(kata, name)(X.astype(dtype), y.astype(dtype), **options)
    check_result(name, result, problem, hint=f"the data came as {dtype}: convert X, y and theta0 to float64 first")


BAD: dict[str, dict[str, Any]] = {
    "y has shape (m, 1), which broadcasts to a table": {"y": [[1.0], [2.0], [4.0]]},
    "there are 3 samples and 1 target": {"y": [1.0]},
    "X has one axis": {"X": [1.0, 2.0, 3.0]},
    "X has no samples": {"X": np.ones((0, 2)), "y": []},
    "X has no features": {"X": np.ones((3, 0)), "theta0": []},
    "theta0 has shape (d, 1)": {"theta0": [[0.5], [1.0]]},
    "theta0 has 1 entry, X 2 columns": {"theta0": [0.5]},
    "theta0 is a single number": {"theta0": 0.5},
    "learning_rate is 0": {"learning_rate": 0.0},
    "learning_rate is negative": {"learning_rate": -0.1},
    "n_iterations is 0": {"n_iterations": 0},
}
BAD_OWN = {
    **{f"{key} is {value}": (MOMENTUM, {key: value}) for key, value in (("beta", 1.0), ("beta", -0.1))},
    **{f"{key} is {value}": (ADAM, {key: value}) for key in ("beta1", "beta2") for value in (1.0, -0.1)},
    "epsilon is 0": (ADAM, {"epsilon": 0.0}),
}
BAD_CALLS = [(name, why, change) for name in FUNCTIONS for why, change in BAD.items()]
BAD_CALLS += [(name, why, change) for why, (name, change) in BAD_OWN.items()]


@pytest.mark.edge
@pytest.mark.parametrize(("name", "why", "change"), BAD_CALLS, ids=[f"{name}-{why}" for name, why, _ in BAD_CALLS])
def test_wrong_shapes_and_parameters_are_errors(name: str, why: str, change: dict[str, Any]) -> None:
    options = {"X": TWO.X.copy(), "y": TWO.y.copy()} | arguments(TWO) | change
    hint = "check shapes and parameters before you compute: NumPy broadcasts silently"
    check.raises(
        ValueError, partial(getattr(kata, name), **options), asked=call(name, **options), because=why, hint=hint
    )


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_stay_as_they_were(name: str) -> None:
    X, y, theta0 = TWO.X.copy(), TWO.y.copy(), TWO.theta0.copy()
    with check.untouched(asked=asked(name, TWO), X=X, y=y, theta0=theta0):
        getattr(kata, name)(X, y, n_iterations=3, theta0=theta0)
