"""Follow-up of A11: smoothed targets, ignored rows, and the number of rows that the mean divides by."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any, NamedTuple

import cross_entropy as kata
import numpy as np
import numpy.typing as npt
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
    labels: npt.NDArray[np.int_]
    label_smoothing: float = 0.0
    ignore_index: int | None = None


def make_problem(seed: int) -> Problem:
    """A batch whose rows, except the first, may be ignored, by a label that is a class or none."""
    rng = np.random.default_rng(seed)
    n, classes = int(rng.integers(1, 6)), int(rng.integers(2, 6))
    labels, ignore = rng.integers(classes, size=n), (None, -100, -1, 0, classes)[rng.integers(5)]
    if ignore is not None:
        labels[rng.random(n) < 0.4] = ignore
        labels[0] = classes - 1
    logits = rng.integers(-24, 25, size=(n, classes)) / 8
    return Problem(logits, labels, float(rng.choice([0.0, 0.1, 0.5, 1.0])), ignore)


PROBLEMS = st.builds(make_problem, seeds())


def oracle(problem: Problem, own: float | None = None, rest: float | None = None) -> tuple[Float64Array, Float64Array]:
    """Loss and p - t of each row, 0 for an ignored one. Targets are `own` for the true class, `rest` for the others."""
    losses, slopes = np.zeros(len(problem.labels)), np.zeros(problem.logits.shape)
    eps, c = problem.label_smoothing, problem.logits.shape[1]
    for i, (row, label) in enumerate(zip(problem.logits.tolist(), problem.labels.tolist(), strict=True)):
        if label == problem.ignore_index:
            continue
        t = [eps / c if rest is None else rest] * c
        t[label] = 1 - eps + eps / c if own is None else own
        log_sum = max(row) + math.log(math.fsum(math.exp(z - max(row)) for z in row))
        losses[i] = math.fsum(share * (log_sum - z) for share, z in zip(t, row, strict=True))
        slopes[i] = [math.exp(z - log_sum) - share for share, z in zip(t, row, strict=True)]
    return losses, slopes


def mistakes(problem: Problem, part: int) -> Mistakes:
    """What the usual mistakes give for the loss (part 0) or the gradient (part 1)."""
    n, kept = len(problem.labels), int(np.sum(problem.labels != problem.ignore_index))
    eps, c = problem.label_smoothing, problem.logits.shape[1]
    whole = problem._replace(ignore_index=None, labels=np.clip(problem.labels, 0, c - 1))

    def of(parts: tuple[Float64Array, Float64Array], rows: int = kept) -> Any:
        return parts[1] / rows if part else parts[0].sum() / rows

    return {
        "NaN of an ignored row came through: NaN times 0 is NaN, so leave the row out": math.nan,
        "divided by the number of all rows: divide by that of the rows that are kept": of(oracle(problem), n),
        "the smoothing is missing": of(oracle(problem, 1.0, 0.0)),
        "eps / (C - 1) for the others: all C classes share eps": of(oracle(problem, 1 - eps, eps / (c - 1))),
        "eps is added and not taken from the true class: targets sum to 1": of(oracle(problem, 1 + eps / c)),
        "ignored rows count": lambda: of(oracle(whole), n),
        "ignored rows have a gradient, or a loss": lambda: of(oracle(whole)),
    }


def check_problem(problem: Problem, *, hint: str = "") -> None:
    """Hold loss and gradient to the definition."""
    __tracebackhide__ = True
    losses, slopes = oracle(problem)
    kept, asked = int(np.sum(problem.labels != problem.ignore_index)), call("softmax_cross_entropy", *problem)
    loss, gradient = kata.softmax_cross_entropy(*deepcopy(problem))
    check.close(loss, losses.sum() / kept, asked="the loss of " + asked, mistakes=mistakes(problem, 0), hint=hint)
    check.close(gradient, slopes / kept, asked="the gradient of " + asked, mistakes=mistakes(problem, 1), hint=hint)


PADDED = Problem(np.array([[0.0, 0.0], [7.0, 9.0], [1.0, -1.0]]), np.array([0, -100, 1]), ignore_index=-100)


@pytest.mark.example
def test_worked_example_of_an_ignored_row() -> None:
    check_problem(PADDED)


@pytest.mark.example
def test_worked_example_of_smoothing_and_large_logits() -> None:
    check_problem(Problem(np.array([[2.0, 1.0, 0.0]]), np.array([0]), 0.3))
    check_problem(Problem(np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, 1e4]]), np.array([1, 2]), 0.25))


@pytest.mark.law
@given(PROBLEMS)
def test_loss_and_gradient_equal_the_definition(problem: Problem) -> None:
    check_problem(problem)


@pytest.mark.law
@given(PROBLEMS)
def test_the_gradient_is_the_slope_of_the_loss(problem: Problem) -> None:
    logits, *others = problem
    check.gradient(
        kata.softmax_cross_entropy(*deepcopy(problem))[1],
        lambda points: [loss for loss, _ in each(kata.softmax_cross_entropy, [(z, *others) for z in points])],
        logits,
        asked="the gradient of " + call("softmax_cross_entropy", *problem),
        name="the logits",
        mistakes=mistakes(problem, 1),
    )


@pytest.mark.edge
def test_logits_of_an_ignored_row_do_not_show() -> None:
    logits = np.array([[2.0, 1.0], [math.nan, math.inf]])
    check_problem(Problem(logits, np.array([1, -1]), 0.1, -1), hint="leave ignored rows out before you compute")


BAD: dict[str, dict[str, Any]] = {
    "all rows are ignored": {"labels": np.array([-100, -100, -100])},
    "-1 is neither a class nor ignore_index": {"labels": np.array([0, -100, -1])},
    "label_smoothing is negative": {"label_smoothing": -0.1},
    "label_smoothing is above 1": {"label_smoothing": 1.5},
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_wrong_labels_and_smoothing_are_an_error(why: str) -> None:
    problem = PADDED._replace(**BAD[why])
    asked, hint = call("softmax_cross_entropy", *problem), "only ignore_index itself is left out, and not all rows"
    check.raises(ValueError, lambda: kata.softmax_cross_entropy(*problem), asked=asked, because=why, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    with check.untouched(asked=call("softmax_cross_entropy", *PADDED), logits=PADDED.logits, labels=PADDED.labels):
        kata.softmax_cross_entropy(*PADDED)
