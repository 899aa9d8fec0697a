"""Follow-up of A04: what a sample's weight means, in the loss and in its gradient."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import svm_loss as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Asked, call
from harness.suite.speed import Contest, Racer, vary
from harness.suite.strategies import Float64Array, seeds

Pair = tuple[float, Float64Array]


class Problem(NamedTuple):
    """Arguments of one call."""

    W: Float64Array
    X: Float64Array
    y: npt.NDArray[np.int_]
    reg: float
    weight: Any


def loop_loss(W: Float64Array, X: Float64Array, y: npt.NDArray[np.int_], reg: float, weight: Any) -> Pair:
    """The definition: a loop over samples and one over classes."""
    loss, gradient = 0.0, np.zeros_like(W)
    for x, label, w in zip(X, y, weight, strict=True):
        scores = x @ W
        for j in range(W.shape[1]):
            margin = scores[j] - scores[label] + 1
            if j != label and margin > 0:
                loss += w * margin
                gradient[:, j] += w * x
                gradient[:, label] -= w * x
    total = np.sum(weight)
    return loss / total + reg * float(np.sum(W**2)), gradient / total + 2 * reg * W


def make_problem(seed: int) -> Problem:
    """Small problems in exact numbers, in which every margin is at least 1/64 away from 0; some weights are 0."""
    rng = np.random.default_rng(seed)
    n, d, classes = int(rng.integers(2, 6)), int(rng.integers(2, 4)), int(rng.integers(2, 5))
    W, X = rng.integers(-4, 5, size=(d, classes)) / 2, rng.integers(-4, 5, size=(n, d)) / 2
    X[:, -1] = 1.0
    W[-1] += np.arange(classes) / 64
    weight = rng.integers(0, 5, size=n)
    weight[rng.integers(n)] = 3
    return Problem(W, X, rng.integers(classes, size=n), float(rng.choice([0.0, 0.25, 1.0])), weight)


PROBLEMS = st.builds(make_problem, seeds())


def mistakes(problem: Problem, which: int) -> dict[str, Any]:
    """What the usual mistakes give for the loss (0) or the gradient (1)."""
    W, X, y, reg, weight = problem
    n, total = len(y), np.sum(weight)
    right, penalty = loop_loss(*problem)[which], loop_loss(W, 0 * X, y, reg, weight)[which]
    if which == 0:
        penalty = reg * np.sum(W**2)
    data = right - penalty
    ones = np.ones(n)
    true_plain = None  # a mistake of the gradient alone
    if which == 1:  # wrong columns weighted, true columns not
        above = X @ W - (X @ W)[np.arange(n), y][:, None] + 1 > 0
        above[np.arange(n), y] = False
        slopes = above * np.asarray(weight)[:, None] * 1.0
        slopes[np.arange(n), y] = -above.sum(axis=1)
        true_plain = X.T @ slopes / total + penalty
    return {
        "the weights are left out": loop_loss(W, X, y, reg, ones)[which],
        "divided by a number of samples: a weighted mean divides by the sum of the weights": data * total / n + penalty,
        "the weighted sum: divide by the sum of the weights": data * total + penalty,
        "the samples are multiplied by their weights, which moves their margins: weigh the margins": (
            loop_loss(W, np.asarray(weight)[:, None] * X, y, reg, ones)[which]
        ),
        "the regularisation is weighted too: it is no part of the mean": data + penalty * np.mean(weight),
        "the column of the true class is not weighted: a weight multiplies all that its sample adds": true_plain,
    }


def check_both(
    problem: Problem, weight: Any, want: Pair, hint: str = "each sample's share is its weight over the sum"
) -> None:
    """Hold loss and gradient of `problem` with `weight` to `want`."""
    __tracebackhide__ = True
    got = kata.svm_loss(*problem[:4], sample_weight=weight)
    asked = call("svm_loss", *problem[:4], sample_weight=weight)
    for which, name in enumerate(("loss", "gradient")):
        named = mistakes(problem, which)
        check.close(got[which], want[which], asked=f"the {name} of " + asked, atol=1e-9, mistakes=named, hint=hint)


EXAMPLE = Problem(
    np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]]), np.array([[1.0, 2.0], [2.0, 0.0]]), np.array([0, 2]), 0.0, [3, 1]
)


@pytest.mark.example
@pytest.mark.parametrize("reg", [0.0, 0.5])
def test_worked_example(reg: float) -> None:
    problem = EXAMPLE._replace(reg=reg)
    check_both(problem, problem.weight, loop_loss(*problem))


@pytest.mark.law
@given(PROBLEMS, st.sampled_from([1.0, 2.0**-20, 0.5, 2.0**20]))
def test_loss_and_gradient_equal_the_definition_in_any_unit_of_weight(problem: Problem, factor: float) -> None:
    check_both(problem, factor * problem.weight, loop_loss(*problem))


@pytest.mark.law
@given(PROBLEMS)
def test_whole_weights_equal_having_the_samples_so_often(problem: Problem) -> None:
    W, X, y, reg, weight = problem
    repeated = Problem(W, np.repeat(X, weight, axis=0), np.repeat(y, weight), reg, np.ones(weight.sum()))
    check_both(problem, weight, loop_loss(*repeated))


@pytest.mark.edge
def test_no_weights_are_weights_of_1() -> None:
    problem = make_problem(3)
    want = loop_loss(*problem._replace(weight=np.ones(len(problem.y))))
    for weight in (None, np.ones(len(problem.y))):
        check_both(problem, weight, want, hint="without weights, and with equal ones, the loss is that of the kata")


BAD = {
    "there are 2 samples and 1 weight": [1.0],
    "there are 2 samples and 3 weights": [1.0, 2.0, 3.0],
    "(2, 1) is not (2,), and broadcasts to a table": [[1.0], [2.0]],
    "a weight is negative": [1.0, -0.5],
    "all weights are 0, and a mean over nothing is not defined": [0.0, 0.0],
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_weights_that_do_not_fit_are_an_error(why: str) -> None:
    check.raises(
        ValueError,
        partial(kata.svm_loss, *EXAMPLE[:4], sample_weight=BAD[why]),
        asked=call("svm_loss", *EXAMPLE[:4], sample_weight=BAD[why]),
        because=why,
        hint="ask for what is right: shape (N,), all at least 0, and a sum above 0",
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    W, X, y, reg, weight = make_problem(2)
    weight = weight.astype(np.float64)
    with check.untouched(asked=call("svm_loss", W, X, y, reg, weight), W=W, X=X, y=y, sample_weight=weight):
        kata.svm_loss(W, X, y, reg, weight)


def same_pair(got: Pair, want: Pair, *, asked: Asked) -> None:
    """Hold loss and gradient to those of the loops."""
    __tracebackhide__ = True
    check.close(got[0], want[0], asked="the loss of " + asked)
    check.close(got[1], want[1], asked="the gradient of " + asked, atol=1e-9)


@pytest.mark.speed
def test_weights_cost_no_loop(race: Racer) -> None:
    def contest(rng: np.random.Generator) -> Contest:
        W, X = 0.1 * rng.normal(size=(50, 20)), rng.normal(size=(vary(rng, 500), 50))
        arguments = W, X, rng.integers(20, size=len(X)), 0.01, rng.random(len(X)) + 0.1
        return Contest(lambda: kata.svm_loss(*arguments), lambda: loop_loss(*arguments))

    hint = "multiply the rows of the slopes by the weights; no loop over samples or classes"
    race(contest, same=same_pair, at_least=10, versus="two loops", asked="svm_loss with weights, N = 500", hint=hint)
