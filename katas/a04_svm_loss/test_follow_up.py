"""Follow-up of A04: what a sample's weight means, in the loss and in its gradient."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import svm_loss as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Call, Mistakes, call
from harness.suite.speed import Racer
from harness.suite.strategies import Float64Array, seeds


class Problem(NamedTuple):
    """Arguments of one call."""

    W: Float64Array
    X: Float64Array
    y: npt.NDArray[np.int_]
    reg: float
    weight: Float64Array

    def asked(self, weight: object = None) -> Call:
        """The call, with `weight` as it was given."""
        return call("svm_loss", *self[:4], sample_weight=self.weight if weight is None else weight)


def loop_loss(
    W: Float64Array, X: Float64Array, y: npt.NDArray[np.int_], reg: float, weight: Float64Array
) -> tuple[float, Float64Array]:
    """The definition: a loop over samples and one over classes."""
    loss = 0.0
    gradient = np.zeros_like(W)
    for x, label, w in zip(X, y, weight, strict=True):
        scores = x @ W
        for j in range(W.shape[1]):
            margin = scores[j] - scores[label] + 1
            if j != label and margin > 0:
                loss += w * margin
                gradient[:, j] += w * x
                gradient[:, label] -= w * x
    total = weight.sum()
    return loss / total + reg * float(np.sum(W**2)), gradient / total + 2 * reg * W


def make_problem(seed: int, *, zeros: bool = True) -> Problem:
    """Small problems, in which every margin is at least 1/64 away from 0."""
    rng = np.random.default_rng(seed)
    n, d, classes = int(rng.integers(2, 6)), int(rng.integers(1, 4)), int(rng.integers(2, 5))
    W = rng.integers(-4, 5, size=(d, classes)) / 2
    X = rng.integers(-4, 5, size=(n, d)) / 2
    W = np.vstack([W, np.arange(classes) * 2.0**-6])  # of a feature that is 1 for all: margins are no whole quarters
    X = np.hstack([X, np.ones((n, 1))])
    weight = rng.integers(0 if zeros else 1, 5, size=n) / 2
    weight[rng.integers(n)] = 1.5
    return Problem(W, X, rng.integers(classes, size=n), float(rng.choice([0.0, 0.25, 1.0])), weight)


PROBLEMS = st.builds(make_problem, seeds())


def both_mistakes(problem: Problem, which: int) -> dict[str, Any]:
    """What the usual mistakes give for the loss (0) or the gradient (1)."""
    W, X, y, reg, weight = problem
    n, total = len(y), weight.sum()

    def at(weight: Float64Array, factor: float = 1.0, penalty: float = reg) -> Any:
        """The result with other weights, the data term times `factor`."""
        data = loop_loss(W, X, y, 0.0, weight)[which]
        rest = loop_loss(W, X, y, penalty, weight)[which] - data
        return data * factor + rest

    return {
        "the weights are left out": lambda: at(np.ones(n)),
        "divided by N: a weighted mean divides by the sum of the weights": lambda: at(weight, total / n),
        "the weighted sum: divide by the sum of the weights": lambda: at(weight, total),
        "divided by the sum of the weights and by N": lambda: at(weight, 1 / n),
        "divided by the number of weights that are not 0: divide by their sum": lambda: at(
            weight, total / np.count_nonzero(weight)
        ),
        "the weights are squared": lambda: at(weight**2),
        "the weights are squared, and divided by their plain sum": lambda: at(weight**2, (weight**2).sum() / total),
        "the square roots of the weights": lambda: at(np.sqrt(weight)),
        "divided by the weights: multiply by them": lambda: at(1 / weight),
        "the weights are cut to whole numbers: convert them to float64": lambda: at(np.trunc(weight)),
        "softmax of the weights: they are used as they are": lambda: at(np.exp(weight)),
        "the samples are multiplied by their weights, which moves their margins: weigh the margins": lambda: (
            loop_loss(W, weight[:, None] * X, y, 0.0, np.ones(n))[which] * n / total + at(weight, 0.0)
        ),
        "the regularisation is weighted too: it is no part of the mean": lambda: at(
            weight, penalty=reg * weight.mean()
        ),
        "the regularisation is multiplied by the sum of the weights": lambda: at(weight, penalty=reg * total),
        "the regularisation is divided by the sum of the weights": lambda: at(weight, penalty=reg / total),
        "the regularisation is missing": lambda: at(weight, penalty=0.0),
    }


def gradient_mistakes(problem: Problem) -> Mistakes:
    """What the usual mistakes give for the gradient."""
    W, X, y, reg, weight = problem
    rows = np.arange(len(y))
    above = X @ W - (X @ W)[rows, y][:, None] + 1 > 0
    above[rows, y] = False
    wrong = weight[:, None] * above

    def slopes(true: Float64Array) -> Float64Array:
        counted = wrong.copy()
        counted[rows, y] = -true
        return np.asarray(X.T @ counted / weight.sum() + 2 * reg * W)

    return {
        **both_mistakes(problem, 1),
        "the column of the true class is not weighted: a weight multiplies all that its sample adds": lambda: slopes(
            above.sum(axis=1)
        ),
        "the column of the true class is weighted twice": lambda: slopes(weight**2 * above.sum(axis=1)),
        "the sign is turned": lambda: -loop_loss(*problem)[1],
    }


def check_both(problem: Problem, *, weight: Any = None, hint: str = "", want: Problem | None = None) -> None:
    """Hold loss and gradient to the definition, of `want` if that is another problem; `weight` is what is handed over."""
    __tracebackhide__ = True
    asked = problem.asked(weight)
    loss, gradient = (
        check.accepts(
            partial(kata.svm_loss, *problem[:4], sample_weight=problem.weight if weight is None else weight),
            asked=asked,
            because="these weights are at least 0, and one is above",
        )
        if weight is not None
        else kata.svm_loss(*problem[:4], sample_weight=problem.weight)
    )
    want_loss, want_gradient = loop_loss(*(want or problem))
    told = hint or "each sample's margins and slopes times its weight, over the sum of the weights"
    check.close(
        loss,
        want_loss,
        asked="the loss of " + asked,
        atol=1e-9,
        mistakes={} if hint else both_mistakes(problem, 0),
        hint=told,
    )
    check.close(
        gradient,
        want_gradient,
        asked="the gradient of " + asked,
        atol=1e-9,
        mistakes={} if hint else gradient_mistakes(problem),
        hint=told,
    )


EXAMPLE = Problem(
    np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]]),
    np.array([[1.0, 2.0], [2.0, 0.0]]),
    np.array([0, 2]),
    0.0,
    np.array([3.0, 1.0]),
)

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example() -> None:
    check_both(EXAMPLE)


@pytest.mark.example
def test_worked_example_with_regularisation_and_lists() -> None:
    W, X, y, _, _ = EXAMPLE
    loss, gradient = kata.svm_loss(W.tolist(), X.tolist(), y.tolist(), 0.5, [3, 1])
    asked = call("svm_loss", W.tolist(), X.tolist(), y.tolist(), 0.5, [3, 1])
    problem = EXAMPLE._replace(reg=0.5)
    check.close(loss, 6.25, asked="the loss of " + asked, mistakes=both_mistakes(problem, 0))
    check.python_float(loss, asked="the loss of " + asked)
    check.close(gradient, loop_loss(*problem)[1], asked="the gradient of " + asked, mistakes=gradient_mistakes(problem))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(PROBLEMS)
def test_loss_and_gradient_equal_the_definition(problem: Problem) -> None:
    check_both(problem)


@pytest.mark.law
@given(seeds())
def test_the_gradient_is_the_slope_of_the_weighted_loss(seed: int) -> None:
    problem = make_problem(seed)
    W, X, y, reg, weight = problem
    check.gradient(
        kata.svm_loss(W, X, y, reg, sample_weight=weight)[1],
        lambda points: [kata.svm_loss(point, X, y, reg, sample_weight=weight)[0] for point in points],
        W,
        asked="the gradient of " + problem.asked(),
        name="W",
        atol=1e-6,
        mistakes=gradient_mistakes(problem),
        hint="the gradient must be that of the loss which you return yourself",
    )


@pytest.mark.law
@given(seeds())
def test_whole_weights_equal_having_the_samples_so_often(seed: int) -> None:
    problem = make_problem(seed)
    times = np.round(2 * problem.weight).astype(int)
    repeated = problem._replace(
        X=np.repeat(problem.X, times, axis=0), y=np.repeat(problem.y, times), weight=np.ones(times.sum())
    )
    check_both(problem._replace(weight=times.astype(float)), weight=times, want=repeated)


@pytest.mark.law
@given(PROBLEMS, st.sampled_from([2.0**-30, 2.0**-3, 2.0**3, 2.0**30]))
def test_multiplying_all_weights_by_a_number_changes_nothing(problem: Problem, factor: float) -> None:
    check_both(problem._replace(weight=factor * problem.weight), want=problem)


@pytest.mark.law
@given(seeds())
def test_a_weight_of_0_equals_leaving_the_sample_out(seed: int) -> None:
    problem = make_problem(seed)
    mask = problem.weight > 0
    kept = problem._replace(X=problem.X[mask], y=problem.y[mask], weight=np.ones(mask.sum()))
    check_both(problem._replace(weight=mask.astype(float)), weight=mask, want=kept)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_no_weights_are_weights_of_1() -> None:
    problem = make_problem(3)
    for weight in (None, np.ones(len(problem.y)), np.full(len(problem.y), 7)):
        loss, gradient = kata.svm_loss(*problem[:4], sample_weight=weight)
        want = loop_loss(*problem._replace(weight=np.ones(len(problem.y))))
        asked = call("svm_loss", *problem[:4], sample_weight=weight)
        hint = "without weights, and with equal ones, the loss is that of the main kata"
        check.close(loss, want[0], asked="the loss of " + asked, hint=hint)
        check.close(gradient, want[1], asked="the gradient of " + asked, atol=1e-9, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("factor", [1e300, 1e-300])
def test_weights_of_any_size_will_do(factor: float) -> None:
    problem = make_problem(1, zeros=False)
    problem = problem._replace(X=1e4 * problem.X, W=1e4 * problem.W, reg=0.0)
    # By hand: the loop of the definition would overflow itself.
    check.close(
        _quiet(*problem[:4], sample_weight=factor * problem.weight)[0],
        loop_loss(*problem)[0],
        asked="the loss of " + problem.asked(factor * problem.weight),
        rtol=1e-7,
        mistakes={
            "infinity or NaN: the weights overflow; divide them by the largest first": math.inf,
            "NaN: the weights overflow; divide them by the largest first": math.nan,
        },
        hint="divide the weights by the largest of them before anything else",
    )


def _quiet(*args: object, **kwargs: object) -> Any:
    """Call the subject without warnings: the check on what comes back says more."""
    with np.errstate(all="ignore"):
        return kata.svm_loss(*args, **kwargs)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float32, np.bool_])
def test_weights_of_other_dtypes_are_computed_in_float64(dtype: type[np.generic]) -> None:
    rng = np.random.default_rng(5)
    n = 6
    problem = make_problem(5)._replace(X=rng.integers(-2, 3, size=(n, 2)) / 2, y=rng.integers(2, size=n))
    problem = problem._replace(W=np.array([[1.0, -0.5], [0.25, 0.125]]))
    raw: dict[str, list[float]] = {
        "uint8": [200, 100, 250, 0, 3, 7],
        "int8": [100, 120, 0, 90, 1, 2],
        "float32": [0.1, 0.7, 3.3, 1e-3, 5, 0],
        "bool": [1, 0, 1, 1, 0, 1],
    }
    given_weight = np.array(raw[np.dtype(dtype).name]).astype(dtype)
    check_both(
        problem._replace(weight=given_weight.astype(np.float64)),
        weight=given_weight,
        hint=f"the weights are {np.dtype(dtype).name}: convert them to float64 first",
    )


BAD: list[tuple[Any, str]] = [
    ([1.0], "there are 2 samples and 1 weight"),
    ([1.0, 2.0, 3.0], "there are 2 samples and 3 weights"),
    (2.0, "a single number is no weight for each sample"),
    ([[1.0], [2.0]], "(2, 1) is not (2,), and broadcasts to a table"),
    ([[1.0, 2.0]], "(1, 2) is not (2,)"),
    ([], "there are no weights"),
    ([1.0, -0.5], "a weight is negative"),
    ([1.0, math.nan], "a weight is NaN"),
    ([1.0, math.inf], "a weight is infinite"),
    ([0.0, 0.0], "all weights are 0, and a mean over nothing is not defined"),
]


@pytest.mark.edge
def test_weights_that_do_not_fit_are_an_error() -> None:
    for weight, why in BAD:
        check.raises(
            ValueError,
            partial(_quiet, *EXAMPLE[:4], sample_weight=weight),
            asked=EXAMPLE.asked(weight),
            because=why,
            hint="ask for what is right: shape (N,), all finite and at least 0, one above 0",
        )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    W, X, y, reg, weight = make_problem(2)
    with check.untouched(asked=call("svm_loss", W, X, y, reg, weight), W=W, X=X, y=y, sample_weight=weight):
        kata.svm_loss(W, X, y, reg, weight)


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_weights_cost_no_loop(race: Racer) -> None:
    rng = np.random.default_rng(0)
    W, X = rng.normal(size=(50, 50)), rng.normal(size=(500, 50))
    y, weight = rng.integers(50, size=500), rng.random(500)
    race(
        lambda: kata.svm_loss(W, X, y, 0.1, weight),
        lambda: loop_loss(W, X[:25], y[:25], 0.1, weight[:25]),
        at_least=1,
        versus="the loops over a twentieth",
        asked="svm_loss with weights at N = 500, D = 50, C = 50",
        hint="multiply the rows of the slopes by the weights; no loop over samples or classes",
    )
