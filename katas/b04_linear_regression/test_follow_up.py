"""Follow-up of B04: epochs of few rows against all orders in which these rows can come."""

from __future__ import annotations

from collections import Counter
from functools import partial, reduce
from itertools import permutations, product
from typing import Any, NamedTuple

import linear_regression as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Asked, Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds


class Problem(NamedTuple):
    """Few rows with ones for the bias (m, d + 1), targets, rows in a batch, and a seed."""

    A: Float64Array
    y: Float64Array
    size: int
    seed: int


RATE = 0.1
ROWS = Problem(np.array([[0.0, 1.0], [1.0, 1.0], [3.0, 1.0]]), np.array([1.0, -2.0, 2.0]), 1, 0)


def make_problem(seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    m, d = int(rng.integers(2, 5)), int(rng.integers(1, 3))
    A = np.column_stack([rng.normal(size=(m, d)), np.ones(m)])
    return Problem(A, rng.normal(2.0, 3.0, size=m), int(rng.integers(1, m + 2)), int(rng.integers(99)))


def model_of(problem: Problem, epochs: int) -> Any:
    X, y, size, seed = problem.A[:, :-1].copy(), problem.y.copy(), problem.size, problem.seed
    return kata.LinearRegression(RATE, epochs, random_state=seed, batch_size=size).fit(X, y)


def theta_of(model: Any) -> Float64Array:
    return np.append(np.asarray(model.weights, dtype=float), float(model.bias))


def epoch(theta: Float64Array, order: Any, problem: Problem, wrong: str) -> Float64Array:
    """Weights and bias after an epoch in this order; `wrong` names what is changed."""
    m, size = len(problem.A), problem.size
    for first in range(0, {"dropped": m - size + 1, "one step": 1}.get(wrong, m), size):
        batch = list(order[first : first + size])
        A, y = problem.A[batch], problem.y[batch]
        theta = theta - RATE * A.T @ (A @ theta - y) / {"size": size, "all": m, "sum": 1}.get(wrong, len(A))
    return theta


def ways(problem: Problem, epochs: int = 1, wrong: str = "") -> dict[Any, Float64Array]:
    """What all orders of the rows lead to, from the start of the seed."""
    X, y, step = problem.A[:, :-1].copy(), problem.y.copy(), partial(epoch, problem=problem, wrong=wrong)
    start = theta_of(kata.LinearRegression(1e-15, 1, random_state=problem.seed).fit(X, y))
    orders = product(permutations(range(len(problem.A))), repeat=epochs)
    return {some: reduce(step, some, start) for some in orders}


def orders_in(seed: int, epochs: int) -> tuple[tuple[int, ...], ...]:
    """In which orders the rows of ROWS came, to judge by the result."""
    problem = ROWS._replace(seed=seed)
    got, possible = theta_of(model_of(problem, epochs)), ways(problem, epochs)
    return next((orders for orders, end in possible.items() if np.allclose(got, end, rtol=1e-6, atol=1e-9)), ())


@pytest.mark.example
def test_worked_example() -> None:
    X, y = np.arange(5.0)[:, np.newaxis], 2 * np.arange(5.0) + 1
    model = kata.LinearRegression(0.05, 500, random_state=0, batch_size=2).fit(X.copy(), y.copy())
    asked = call("LinearRegression", 0.05, 500, random_state=0, batch_size=2) + "." + call("fit", X, y)
    hint = "rows stay with their targets, and each step has the mean of its batch: these epochs arrive there"
    check.close(theta_of(model), [2.0, 1.0], asked=asked + ": weights, then bias", atol=1e-6, hint=hint)
    check.equal(len(model.cost_history), 500, asked=asked + ": len(cost_history)", hint="one cost for each epoch")


@pytest.mark.law
@settings(max_examples=40)
@given(st.builds(make_problem, seeds()))
def test_an_epoch_takes_each_row_once_in_batches_with_means_of_their_own(problem: Problem) -> None:
    got = theta_of(model_of(problem, 1))

    def other(wrong: str = "") -> Float64Array:
        """The result that is nearest to what came."""
        results = ways(problem, wrong=wrong).values()
        return min(results, key=lambda result: float(np.nan_to_num(np.abs(result - got).max(), nan=np.inf)))

    mistakes: Mistakes = {
        "the mean of a smaller last batch is over its own rows, not over batch_size": partial(other, "size"),
        "divided by the number of all rows: by that of the batch": partial(other, "all"),
        "a sum over the batch: divide by its number of rows": partial(other, "sum"),
        "a smaller last batch is left out": partial(other, "dropped"),
        "one batch only: an epoch goes on until all rows were used": partial(other, "one step"),
    }
    hint = "each row once, with its target; a step for each batch, down the gradient of its cost; the start as without"
    what: Asked = f"weights and bias after an epoch, rate {RATE}, seed {problem.seed}, batch_size={problem.size}: "
    what = what + call("fit", problem.A[:, :-1], problem.y)
    check.close(got, other(), asked=what, rtol=1e-6, atol=1e-9, mistakes=mistakes, hint=hint)


@pytest.mark.law
def test_all_orders_come_and_each_epoch_has_its_own() -> None:
    came = Counter(orders_in(seed, 1) for seed in range(200))
    # a right solution has an order less than 6 times once in some 100 million runs
    is_right, what = len(came) == 6 and min(came.values()) >= 6, "how many of 200 seeds give each order of 3 rows"
    check.true(is_right, asked=what, came=dict(came), expected="each about 33 times", mistake="shuffle all rows")
    same, what = sum(len(set(orders_in(seed, 2))) == 1 for seed in range(40)), "how many of 40 seeds repeat the order"
    check.true(same < 30, asked=what, came=same, expected="about 7", mistake="shuffled once: shuffle in each epoch")


@pytest.mark.law
@settings(max_examples=20)
@given(st.builds(make_problem, seeds()), st.integers(1, 4))
def test_costs_are_those_of_all_rows_before_each_epoch(problem: Problem, epochs: int) -> None:
    start = next(iter(ways(problem, 0).values()))
    thetas = [start, *(theta_of(model_of(problem, n)) for n in range(1, epochs + 1))]
    costs = [float(np.sum((problem.A @ theta - problem.y) ** 2)) / (2 * len(problem.A)) for theta in thetas]
    mistakes: Mistakes = {"costs after each epoch: before": costs[1:], "one cost too many": costs}
    asked = f"cost_history of {epochs} epochs, seed {problem.seed}, batch_size={problem.size}, {len(problem.A)} rows"
    hint = "J over all rows, once an epoch, before its first step; the same seed gives the same orders"
    got = model_of(problem, epochs).cost_history
    check.close(got, costs[:-1], asked=asked, rtol=1e-6, mistakes=mistakes, hint=hint)


@pytest.mark.edge
def test_random_state_decides_about_orders_and_arguments_stay() -> None:
    X, y, state = np.arange(12.0)[:, np.newaxis] / 12, np.arange(12.0) % 5, GlobalRandomState()
    with check.untouched(asked="fit with batch_size=1", X=X, y=y):
        for given_state, want in ((0, 1), (np.random.default_rng(1), 3), (None, 3)):
            model = kata.LinearRegression(0.5, 2, random_state=given_state, batch_size=1)
            came = len({theta_of(model.fit(X, y)).tobytes() for _ in range(3)})
            asked = f"how many different results 3 fits have, random_state={given_state}"
            check.equal(came, want, asked=asked, hint="orders come from the same generator as the start")
    state.check_kept()


@pytest.mark.edge
@pytest.mark.parametrize("size", [0, -2])
def test_a_batch_size_below_1_is_an_error(size: int) -> None:
    thunk = lambda: kata.LinearRegression(batch_size=size).fit([[1.0], [2.0]], [1.0, 2.0]) and 0  # noqa: E731
    check.raises(ValueError, thunk, asked=f"batch_size={size}", because="a batch has at least one row")
