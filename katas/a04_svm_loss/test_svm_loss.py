"""Suite of A04: the hinge loss term by term, its gradient by finite differences, and the factors that get lost."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import svm_loss as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Asked, Mistakes, call
from harness.suite.speed import Contest, Racer, vary
from harness.suite.strategies import Float64Array, seeds


class Problem(NamedTuple):
    """Arguments of one call."""

    W: Float64Array
    X: Float64Array
    y: npt.NDArray[np.int_]
    reg: float


def loop_loss(W: Float64Array, X: Float64Array, y: npt.NDArray[np.int_], reg: float) -> tuple[float, Float64Array]:
    """The definition: a loop over samples and one over classes."""
    n, classes = X.shape[0], W.shape[1]
    loss = 0.0
    gradient = np.zeros_like(W)
    for i in range(n):
        scores = X[i] @ W
        for j in range(classes):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                gradient[:, j] += X[i]
                gradient[:, y[i]] -= X[i]
    return loss / n + reg * float(np.sum(W**2)), gradient / n + 2 * reg * W


def make_problem(seed: int, *, scale: float = 1.0, off_kinks: bool = False) -> Problem:
    """A small problem in numbers that are exact in any order of operations; the last feature is 1 for all samples.

    With `off_kinks` no margin is within 1/64 of 0, where a finite difference would step over the kink.
    """
    rng = np.random.default_rng(seed)
    n, d, classes = (int(rng.integers(low, 6)) for low in (1, 2, 1))
    W, X = rng.integers(-4, 5, size=(d, classes)) / 2, rng.integers(-4, 5, size=(n, d)) / 2
    X[:, -1] = 1.0
    if off_kinks:
        W[-1] += np.arange(classes) / 64
    return Problem(scale * W, X, rng.integers(classes, size=n), float(rng.choice([0.0, 0.25, 1.0])))


PROBLEMS = st.builds(make_problem, seeds(), scale=st.sampled_from([1.0, 2.0**-20, 2.0**10]))


def margins_of(W: Float64Array, X: Float64Array, y: npt.NDArray[np.int_]) -> Float64Array:
    """All margins, shape (N, C), those of the true classes 0."""
    scores, rows = X @ W, np.arange(len(y))
    margins = scores - scores[rows, y][:, None] + 1
    margins[rows, y] = 0
    return np.asarray(margins)


def loss_mistakes(problem: Problem) -> Mistakes:
    """What the usual mistakes give for the loss."""
    W, X, y, reg = problem
    n, rows, scores = len(y), np.arange(len(y)), X @ W
    margins = margins_of(W, X, y)
    data, penalty = np.maximum(margins, 0).sum(), reg * np.sum(W**2)

    def mean(values: Float64Array) -> float:
        values[rows, y] = 0
        return float(np.maximum(values, 0).sum() / n)

    differences = scores - scores[rows, y][:, None]
    return {
        "the true class is counted: the loss is off by exactly 1, the sum leaves class y out": data / n + 1 + penalty,
        "the loss is a sum over samples: divide the data term by N": data + penalty,
        "half the regularisation: here it is reg * sum(W**2), without a 1/2": data / n + penalty / 2,
        "the regularisation is divided by N too: only the data term is a mean": (data + penalty) / n,
        "the regularisation is missing from the loss": data / n,
        "the weights of the last feature are left out of the regularisation: it takes all of W": (
            data / n + reg * np.sum(W[:-1] ** 2)
        ),
        "the regularisation is a norm: it is the sum of the squares": data / n + reg * np.sqrt(np.sum(W**2)),
        "the margin is missing: max(0, s_j - s_y + 1)": lambda: mean(differences.copy()) + penalty,
        "the margin has the wrong sign: it is + 1": lambda: mean(differences - 1) + penalty,
        "the difference is turned round: s_j - s_y, wrong minus true": lambda: mean(1 - differences) + penalty,
        "only the worst class counts (Crammer and Singer): sum over all wrong classes": lambda: (
            np.maximum(margins.max(axis=1), 0).sum() / n + penalty
        ),
        "squared hinge: the margins are not squared": lambda: np.sum(np.maximum(margins, 0) ** 2) / n + penalty,
        "divided by the number of classes as well": data / n / W.shape[1] + penalty,
        "not clipped at 0: a margin below 0 adds nothing": margins.sum() / n + penalty,
    }


def gradient_mistakes(problem: Problem) -> Mistakes:
    """What the usual mistakes give for the gradient."""
    W, X, y, reg = problem
    n, rows = len(y), np.arange(len(y))
    above = (margins_of(W, X, y) > 0).astype(float)
    counts = above.sum(axis=1)

    def data(wrong: Float64Array, true: Float64Array) -> Float64Array:
        slopes = wrong.copy()
        slopes[rows, y] = -true
        return np.asarray(X.T @ slopes / n)

    at_kinks = (margins_of(W, X, y) >= 0).astype(float)
    at_kinks[rows, y] = 0
    right, penalty = data(above, counts), 2 * reg * W
    return {
        "the gradient is a sum over samples: divide its data term by N": n * right + penalty,
        "the regularisation is missing from the gradient": right,
        "reg * W: the derivative of W**2 is 2 * W": right + penalty / 2,
        "the regularisation is divided by N: only the data term is a mean": right + penalty / n,
        "the weights of the last feature are left out of the regularisation: it takes all of W": (
            right + penalty * (np.arange(len(W)) < len(W) - 1)[:, None]
        ),
        "the column of the true class is left out: each margin above 0 takes x from it": (
            data(above, np.zeros(n)) + penalty
        ),
        "x is taken from the true column once a sample: once for each margin above 0": (
            data(above, (counts > 0).astype(float)) + penalty
        ),
        "the sign is turned: this is the direction of descent": -right - penalty,
        "a margin of exactly 0 counts: it must be above 0": data(at_kinks, at_kinks.sum(axis=1)) + penalty,
        "the gradient is transposed: its shape is (D, C)": (right + penalty).T,
        "the data term is missing from the gradient": penalty,
    }


def check_loss(problem: Problem) -> None:
    """Hold the loss to the definition."""
    __tracebackhide__ = True
    want, mistakes = loop_loss(*problem)[0], loss_mistakes(problem)
    asked = "the loss of " + call("svm_loss", *problem)
    hint = "the mean over samples of the margins above 0 of all wrong classes, and reg * sum(W**2)"
    check.close(kata.svm_loss(*problem)[0], want, asked=asked, mistakes=mistakes, hint=hint)


def check_gradient(problem: Problem) -> None:
    """Hold the gradient to the definition."""
    __tracebackhide__ = True
    want, mistakes = loop_loss(*problem)[1], gradient_mistakes(problem)
    asked = "the gradient of " + call("svm_loss", *problem)
    hint = "each margin above 0 adds x_i / N to the column of its class, and takes it from that of the true class"
    check.close(kata.svm_loss(*problem)[1], want, asked=asked, mistakes=mistakes, hint=hint)


def same_pair(
    got: tuple[float, Float64Array], want: tuple[float, Float64Array], *, asked: Asked, hint: str = ""
) -> None:
    """Hold loss and gradient to those of the loops."""
    __tracebackhide__ = True
    check.close(got[0], want[0], asked="the loss of " + asked, hint=hint)
    check.close(got[1], want[1], asked="the gradient of " + asked, atol=1e-9, hint=hint)


EXAMPLE = Problem(
    np.array([[0.0, 2.0, 2.0], [2.0, 0.0, -1.0]]),
    np.array([[3.0, 0.0], [3.0, 0.0], [2.0, 1.0]]),
    np.array([2, 0, 1]),
    0.5,
)

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("reg", [0.5, 0.0])
def test_worked_example_of_the_loss(reg: float) -> None:
    check_loss(EXAMPLE._replace(reg=reg))


@pytest.mark.example
@pytest.mark.parametrize("reg", [0.5, 0.0])
def test_worked_example_of_the_gradient(reg: float) -> None:
    check_gradient(EXAMPLE._replace(reg=reg))


@pytest.mark.example
def test_reg_is_0_01_by_default() -> None:
    asked = "the loss of " + call("svm_loss", *EXAMPLE[:3])
    check.close(kata.svm_loss(*EXAMPLE[:3])[0], loop_loss(*EXAMPLE[:3], 0.01)[0], asked=asked, hint="reg=0.01")


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(PROBLEMS)
def test_the_loss_equals_the_definition(problem: Problem) -> None:
    check_loss(problem)


@pytest.mark.law
@given(PROBLEMS)
def test_the_gradient_equals_the_definition(problem: Problem) -> None:
    check_gradient(problem)


@pytest.mark.law
@given(st.builds(make_problem, seeds(), off_kinks=st.just(True)))
def test_the_gradient_is_the_slope_of_the_loss(problem: Problem) -> None:
    W, X, y, reg = problem
    check.gradient(
        kata.svm_loss(W, X, y, reg)[1],
        lambda points: [loss for loss, _ in each(kata.svm_loss, [(point, X, y, reg) for point in points])],
        W,
        asked="the gradient of " + call("svm_loss", W, X, y, reg),
        name="W",
        atol=1e-6,
        mistakes=gradient_mistakes(problem),
        hint="the gradient must be that of the loss which you return yourself",
    )


# --- edges -----------------------------------------------------------------------------------------------------------


SPECIAL = {
    "a margin of exactly 0 adds nothing": ([[0.0, 1.0]], [[1.0], [-2.0]], [1, 0]),
    "weights of 0 cost 1 for each wrong class": (np.zeros((3, 4)), np.arange(6.0).reshape(2, 3), [0, 3]),
    "samples that are right by far cost nothing": ([[10.0, -10.0]], [[1.0], [-1.0]], [0, 1]),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", SPECIAL)
def test_margins_at_the_kink_and_far_from_it(why: str) -> None:
    W, X, y = map(np.array, SPECIAL[why])
    check_loss(Problem(W, X, y, 0.1))
    check_gradient(Problem(W, X, y, 0.1))


@pytest.mark.edge
def test_is_computed_in_float64() -> None:
    W, X, y = np.array([[1, 20, 0], [0, 1, 3]]), np.array([[100, 50], [3, 200]]), np.array([0, 1])
    want, asked = loop_loss(W.astype(float), X.astype(float), y, 0.5), "uint8 weights and samples, float labels"
    arguments = W.astype(np.uint8), X.astype(np.uint8), y.astype(float).tolist(), 0.5
    got = check.accepts(lambda: kata.svm_loss(*arguments), asked=asked, because="np.asarray takes them")
    same_pair(got, want, asked=asked, hint="convert weights and samples to float64 first: integers wrap around")


BAD: dict[str, dict[str, Any]] = {
    "W has one axis": {"W": [1.0, 2.0]},
    "W has no classes": {"W": np.ones((2, 0))},
    "there are no features": {"W": np.ones((0, 3)), "X": np.ones((3, 0))},
    "there are no samples": {"X": np.ones((0, 2)), "y": []},
    "X has one axis": {"X": [3.0, 0.0], "y": [2, 0]},
    "X has 3 columns, W 2 rows": {"X": np.ones((3, 3))},
    "y has shape (N, 1)": {"y": [[2], [0], [1]]},
    "there are 3 samples and 1 label": {"y": [2]},
    "a label is C": {"y": [2, 0, 3]},
    "a label is -1, which would be taken for the last class": {"y": [2, 0, -1]},
    "a label is not a whole number": {"y": [2, 0, 1.5]},
    "reg is negative": {"reg": -0.25},
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_a_wrong_shape_an_axis_of_length_zero_or_a_value_out_of_range_is_an_error(why: str) -> None:
    problem = EXAMPLE._replace(**BAD[why])
    hint = "check shapes, labels and reg before you compute: NumPy broadcasts, wraps and cuts silently"
    check.raises(ValueError, lambda: kata.svm_loss(*problem), asked=call("svm_loss", *problem), because=why, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    problem = EXAMPLE._replace(reg=0.25)
    with check.untouched(asked=call("svm_loss", *problem), W=problem.W, X=problem.X, y=problem.y):
        kata.svm_loss(*problem)


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_is_vectorised(race: Racer) -> None:
    def contest(rng: np.random.Generator) -> Contest:
        W, X = 0.1 * rng.normal(size=(50, 20)), rng.normal(size=(vary(rng, 500), 50))
        y = rng.integers(20, size=len(X))
        return Contest(lambda: kata.svm_loss(W, X, y, 0.01), lambda: loop_loss(W, X, y, 0.01))

    hint = "all scores are one matrix product, all margins one array, the gradient another product"
    asked = "svm_loss at N = 500, D = 50, C = 20"
    race(contest, same=same_pair, at_least=10, versus="two loops", asked=asked, hint=hint)
