"""Suite of A23: focal loss by its definition, its gradient by finite differences, and classes that get mixed up."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any, NamedTuple

import focal_loss as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Problem(NamedTuple):
    """Arguments of one call."""

    logits: Float64Array
    labels: Float64Array
    gamma: float = 2.0
    alpha: float | None = None


def make_problem(seed: int) -> Problem:
    """A few samples, right and wrong by little and by much."""
    rng = np.random.default_rng(seed)
    n, alphas = int(rng.integers(1, 6)), (None, None, 0.0, 0.25, 0.5, 0.875, 1.0)
    logits, labels = rng.integers(-24, 25, size=n) / 4, rng.integers(2, size=n).astype(float)
    return Problem(logits, labels, float(rng.choice([0.0, 0.5, 1.0, 2.0, 5.0])), alphas[rng.integers(len(alphas))])


PROBLEMS = st.builds(make_problem, seeds())


def sigmoid(x: float) -> float:
    """σ(x), accurate in both tails."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def loop_focal_loss(problem: Problem) -> tuple[float, Float64Array]:
    """The definition, sample by sample, with the derivatives of both factors."""
    n, loss, gradient = len(problem.logits), 0.0, []
    for x, y in zip(problem.logits.tolist(), problem.labels.tolist(), strict=True):
        sign = 1 if y == 1 else -1
        p, q = sigmoid(sign * x), sigmoid(-sign * x)  # p_t and 1 - p_t
        log_p = min(sign * x, 0.0) - math.log1p(math.exp(-abs(x)))
        weight = 1.0 if problem.alpha is None else problem.alpha if y == 1 else 1 - problem.alpha
        loss -= weight * q**problem.gamma * log_p / n
        of_log, of_factor = -(q**problem.gamma) * q, problem.gamma * q**problem.gamma * p * log_p
        gradient.append(sign * weight * (of_log + of_factor) / n)
    return loss, np.array(gradient)


class Parts(NamedTuple):
    """What mistakes are made of, one number for each sample."""

    y: Float64Array
    sign: Float64Array
    p: Float64Array
    p_t: Float64Array
    nll: Float64Array
    focus: Float64Array
    weight: Float64Array


def parts_of(problem: Problem) -> Parts:
    """Probabilities, cross-entropies, focusing factors and weights."""
    logits, y, gamma, alpha = problem
    sign = 2 * y - 1
    nll = np.logaddexp(0, -sign * logits)
    p_t, q = np.exp(-nll), np.exp(-np.logaddexp(0, sign * logits))
    weight = np.ones(len(y)) if alpha is None else np.where(y == 1, alpha, 1 - alpha)
    return Parts(y, sign, np.exp(-np.logaddexp(0, -logits)), p_t, nll, q**gamma, weight)


def loss_mistakes(problem: Problem) -> Mistakes:
    """What the usual mistakes give for the loss."""
    y, sign, p, p_t, nll, focus, weight = parts_of(problem)
    gamma, alpha, n = problem.gamma, problem.alpha, len(y)
    right = np.mean(weight * focus * nll)
    a = 1.0 if alpha is None else alpha
    return {
        "NaN: a factor that underflows to 0 met an infinite one; take ln p_t = -logaddexp(0, -u)": math.nan,
        "infinity: log(sigmoid) where the sigmoid underflows; take ln p_t = -logaddexp(0, -u)": math.inf,
        "the sum: divide by the number of samples": right * n,
        "divided by the number of positives: it is a mean over all samples": lambda: float(right) * n / int(y.sum()),
        "the focusing factor is missing: (1 - p_t)**gamma": np.mean(weight * nll),
        "p_t**gamma fades out the hard samples: the factor is (1 - p_t)**gamma": np.mean(weight * p_t**gamma * nll),
        "(1 - p)**gamma for both classes: for label 0, 1 - p_t is p": np.mean(weight * (1 - p) ** gamma * nll),
        "-log(p) for both classes: for label 0, p_t is 1 - p": lambda: np.mean(weight * focus * -np.log(p)),
        "the labels are turned: p is the probability of class 1": lambda: np.mean(
            weight * p_t**gamma * np.logaddexp(0, sign * problem.logits)
        ),
        "only samples of class 1 count: those of class 0 have a loss, too": np.mean(y * weight * focus * nll),
        "gamma * (1 - p_t): gamma is a power": np.mean(weight * gamma * (1 - p_t) * nll),
        "alpha for both classes: class 0 has 1 - alpha": np.mean(a * focus * nll),
        "alpha is turned: it is the weight of class 1": lambda: np.mean((1 - weight) * focus * nll),
        "alpha for class 1 only: class 0 has 1 - alpha, not 1": np.mean(np.where(y == 1, a, 1.0) * focus * nll),
        "alpha is ignored (0 is a weight like any other: ask for `is None`)": np.mean(focus * nll),
        "alpha is 0.25 unless something else is asked for: None means no weights": np.mean(
            np.where(y == 1, 0.25, 0.75) * focus * nll
        ),
        "the mean is weighted: divide by n, not by the sum of the weights": lambda: right * n / weight.sum(),
        "the sign is turned": -right,
        "logarithm to base 2: it is the natural one": right / math.log(2),
        **{
            f"p is clipped at {e}: take ln p_t from the logits": np.mean(
                weight * (1 - np.clip(p_t, e, 1 - e)) ** gamma * -np.log(np.clip(p_t, e, 1 - e))
            )
            for e in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15)
        },
    }


def gradient_mistakes(problem: Problem) -> Mistakes:
    """What the usual mistakes give for the gradient."""
    y, sign, p, p_t, _, focus, weight = parts_of(problem)
    gamma, alpha, n = problem.gamma, problem.alpha, len(y)
    right = loop_focal_loss(problem)[1]
    of_log = weight * focus * (p - y) / n
    return {
        "NaN: gamma * q**(gamma - 1) is infinite where q is 0; cancel its q with that of dq/du = -p * q": math.nan,
        "the factor's own derivative is missing: (1 - p_t)**gamma depends on the logit, too": of_log,
        "the derivative of the logarithm is missing: that of the factor is only one of two terms": right - of_log,
        "the factor's derivative has the wrong sign: dq/du is -p * q": 2 * of_log - right,
        "the gradient of plain cross-entropy": weight * (p - y) / n,
        "the gradient of the sum: divide it by n, as the loss": right * n,
        "the sign is turned: this is the direction of descent": -right,
        "the sign of class 0 is lost: there u is -x": right * sign,
        "the gradient with respect to p: multiply it by p * (1 - p)": lambda: right / (p * (1 - p)),
        "alpha is missing from the gradient": loop_focal_loss(problem._replace(alpha=None))[1],
        "alpha for both classes: class 0 has 1 - alpha": lambda: right / weight * (1.0 if alpha is None else alpha),
        "the power is gamma - 1 in both terms": lambda: right / (1 - p_t),
        "gamma is missing as a factor of the factor's derivative": lambda: of_log + (right - of_log) / gamma,
    }


def check_focal_loss(problem: Problem, *, hint: str = "") -> None:
    """Hold loss and gradient to the definition."""
    __tracebackhide__ = True
    exact = problem._replace(logits=np.array(problem.logits, float), labels=np.array(problem.labels, float))
    asked, (loss, gradient) = call("focal_loss", *problem), loop_focal_loss(exact)
    got = kata.focal_loss(*deepcopy(problem))
    advice = hint or "the mean of -weight * (1 - p_t)**gamma * log(p_t)"
    check.close(got[0], loss, asked="the loss of " + asked, mistakes=loss_mistakes(exact), hint=advice)
    advice = hint or "both factors of q**gamma * log(p_t) depend on the logit: take the product rule"
    check.close(got[1], gradient, asked="the gradient of " + asked, mistakes=gradient_mistakes(exact), hint=advice)


EXAMPLE = Problem(np.array([0.0, 3.0, 1.0]), np.array([1.0, 1.0, 0.0]))

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_without_weights() -> None:
    check_focal_loss(EXAMPLE)


@pytest.mark.example
def test_worked_example_with_alpha() -> None:
    check_focal_loss(EXAMPLE._replace(alpha=0.25))


@pytest.mark.example
def test_worked_example_of_large_logits() -> None:
    check_focal_loss(Problem(np.array([1000.0, -1000.0]), np.array([0.0, 0.0])))


@pytest.mark.example
def test_gamma_is_2_and_alpha_is_none_by_default() -> None:
    loss, gradient = loop_focal_loss(EXAMPLE)
    got, asked = kata.focal_loss(*deepcopy(EXAMPLE[:2])), call("focal_loss", *EXAMPLE[:2])
    check.close(
        got[0], loss, asked="the loss of " + asked, mistakes=loss_mistakes(EXAMPLE), hint="gamma=2.0, alpha=None"
    )
    check.close(got[1], gradient, asked="the gradient of " + asked, mistakes=gradient_mistakes(EXAMPLE))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(PROBLEMS)
def test_loss_and_gradient_equal_the_definition(problem: Problem) -> None:
    check_focal_loss(problem)


@pytest.mark.law
@given(PROBLEMS)
def test_the_gradient_is_the_slope_of_the_loss(problem: Problem) -> None:
    logits, *others = problem
    check.gradient(
        kata.focal_loss(*deepcopy(problem))[1],
        lambda points: [loss for loss, _ in each(kata.focal_loss, [(point, *others) for point in points])],
        logits,
        asked="the gradient of " + call("focal_loss", *problem),
        name="the logits",
        mistakes=gradient_mistakes(problem),
        hint="the gradient must be that of the loss which you return yourself",
    )


@pytest.mark.law
@given(PROBLEMS)
def test_swapping_the_classes_keeps_the_loss_and_turns_the_gradient(problem: Problem) -> None:
    alpha = None if problem.alpha is None else 1 - problem.alpha
    swapped = Problem(-problem.logits, 1 - problem.labels, problem.gamma, alpha)
    (loss, gradient), asked = loop_focal_loss(problem), call("focal_loss", *swapped)
    got = kata.focal_loss(*deepcopy(swapped))
    check.close(got[0], loss, asked="the loss of " + asked, mistakes=loss_mistakes(swapped))
    check.close(got[1], -gradient, asked="the gradient of " + asked, mistakes=gradient_mistakes(swapped))


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 5.0])
def test_large_logits_neither_overflow_nor_vanish(gamma: float) -> None:
    hint = "u is the logit of the true class: ln p_t = -logaddexp(0, -u); clip nothing"
    logits = np.array([1000.0, 1000.0, -1000.0, -1000.0, 40.0, -40.0])
    check_focal_loss(Problem(logits, np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0]), gamma), hint=hint)
    check_focal_loss(Problem(logits[[0, 3]], np.array([1.0, 0.0]), gamma, 0.25), hint=hint)


DTYPES: dict[str, Any] = {
    "integers in lists, labels booleans": ([0, 3, 1], [True, True, False]),
    "uint8": (np.array([0, 3, 1], dtype=np.uint8), np.array([1, 1, 0], dtype=np.uint8)),
    "float32": (np.array([0.1, 3.3, 1.7], dtype=np.float32), np.array([1, 1, 0], dtype=np.float32)),
}


@pytest.mark.edge
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_computed_in_float64(dtype: str) -> None:
    problem = Problem(*DTYPES[dtype])
    asked, because = call("focal_loss", *problem), "np.asarray takes them"
    check.accepts(lambda: kata.focal_loss(*problem), asked=asked, because=because)
    check_focal_loss(problem, hint=f"{dtype}: convert logits and labels to float64 first")


BAD: dict[str, dict[str, Any]] = {
    "logits are a single number": {"logits": 1.0, "labels": 1},
    "both are columns": {"logits": [[0.0], [3.0]], "labels": [[1], [0]]},
    "logits have shape (n, 1), which broadcasts": {"logits": [[0.0], [3.0], [1.0]]},
    "labels have shape (n, 1), which broadcasts": {"labels": [[1], [1], [0]]},
    "there is 1 label for 3 logits": {"labels": [1]},
    "there are no samples": {"logits": [], "labels": []},
    "a label is -1, as in the hinge loss": {"labels": [1, 1, -1]},
    "a label is 2": {"labels": [1, 1, 2]},
    "a label is 0.5": {"labels": [1, 1, 0.5]},
    "gamma is negative": {"gamma": -0.5},
    "alpha is negative": {"alpha": -0.25},
    "alpha is above 1": {"alpha": 1.5},
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_wrong_shapes_and_values_out_of_range_are_an_error(why: str) -> None:
    problem = EXAMPLE._replace(**BAD[why])
    hint = "check shapes, labels, gamma and alpha before you compute"
    check.raises(
        ValueError, lambda: kata.focal_loss(*problem), asked=call("focal_loss", *problem), because=why, hint=hint
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    problem = deepcopy(EXAMPLE._replace(alpha=0.25))
    with check.untouched(asked=call("focal_loss", *problem), logits=problem.logits, labels=problem.labels):
        kata.focal_loss(*problem)
