"""Suite of A11: cross-entropy by its definition, its gradient by finite differences, and zeros that get hidden."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

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

Labels = npt.NDArray[np.int_]
Batch = tuple[Float64Array, Labels]


def make_batch(seed: int) -> Batch:
    """Logits, shape (N, C), in numbers that are exact even when a whole number is added; and labels."""
    rng = np.random.default_rng(seed)
    n, classes = (int(rng.integers(1, 6)) for _ in range(2))
    return rng.integers(-40, 41, size=(n, classes)) / 8, rng.integers(classes, size=n)


BATCHES = st.builds(make_batch, seeds())


def log_softmax(logits: Float64Array) -> Float64Array:
    """The definition, row by row and number by number."""
    rows = []
    for row in logits.tolist():
        log_sum = max(row) + math.log(math.fsum(math.exp(z - max(row)) for z in row))
        rows.append([z - log_sum for z in row])
    return np.array(rows)


def loop_cross_entropy(onehot: Float64Array, p: Float64Array) -> float:
    """The definition: a loop over samples and one over classes."""
    total = 0.0
    for truths, probabilities in zip(onehot.tolist(), p.tolist(), strict=True):
        for truth, probability in zip(truths, probabilities, strict=True):
            if truth:
                total -= math.log(probability) if probability else -math.inf
    return total / len(p)


def loop_softmax_cross_entropy(logits: Float64Array, labels: Labels) -> tuple[float, Float64Array]:
    """Loss and gradient of the definition."""
    n, log_p = len(labels), log_softmax(logits)
    onehot = np.eye(logits.shape[1])[labels]
    return math.fsum(-log_p[i, label] for i, label in enumerate(labels)) / n, (np.exp(log_p) - onehot) / n


def clipped(true: Float64Array) -> dict[str, object]:
    """What comes out when probabilities of true classes are kept away from 0."""
    advice = "or an epsilon is added: the loss of a true class that gets less must show"
    epsilons = 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16
    return {f"p is clipped at {e}, {advice}": -np.log(np.maximum(true, e)).mean() for e in epsilons}


def cross_entropy_mistakes(onehot: Float64Array, p: Float64Array) -> Mistakes:
    """What the usual mistakes give for the loss of probabilities."""
    n, classes = p.shape
    right = loop_cross_entropy(onehot, p)
    true = (onehot * p).sum(axis=1)
    return {
        "0 * log(0) came out as NaN: take the logarithm of the true class's probability only": math.nan,
        "the sum over samples: divide by N": right * n,
        "averaged over all entries: divide by N, not by N * C": right / classes,
        "the sign is turned: the logarithm of a probability is negative": -right,
        "logarithm to base 2: it is the natural one": right / math.log(2),
        "terms of the other classes, (1 - y) * log(1 - p), belong to binary cross-entropy": lambda: (
            -np.sum(np.log(np.where(onehot == 1, p, 1 - p))) / n
        ),
        "the probabilities went through softmax once more: they are probabilities already": lambda: loop_cross_entropy(
            onehot, np.exp(log_softmax(p))
        ),
        "the logarithm of the mean: take the logarithm of each sample first": lambda: -np.log(true.mean()),
        "samples of infinite loss were left out, or count 0": lambda: -np.log(true[true > 0]).sum() / n,
        "infinity was made a large number by np.nan_to_num": lambda: -np.nan_to_num(np.log(true)).mean(),
        **clipped(true),
    }


def loss_mistakes(logits: Float64Array, labels: Labels) -> Mistakes:
    """What the usual mistakes give for the loss of logits."""
    (n, classes), rows = logits.shape, np.arange(len(labels))
    right, p = loop_softmax_cross_entropy(logits, labels)[0], np.exp(log_softmax(logits))
    return {
        "exp overflowed, or a row vanished: subtract the largest logit of each row first, not of all": math.nan,
        "softmax, then log: a probability that is 0 in float64 has lost its logarithm. Take z - log(sum(exp(z)))": (
            lambda: -np.log(p[rows, labels]).mean()
        ),
        "the sum over samples: divide by N": right * n,
        "averaged over all entries: divide by N, not by N * C": right / classes,
        "the sign is turned": -right,
        "logarithm to base 2: it is the natural one": right / math.log(2),
        "softmax along the first axis: each row is a sample": lambda: -log_softmax(logits.T).T[rows, labels].mean(),
        "the sum is over all classes: only the true one counts": lambda: -log_softmax(logits).sum() / n,
        **clipped(p[rows, labels]),
    }


def gradient_mistakes(logits: Float64Array, labels: Labels) -> Mistakes:
    """What the usual mistakes give for the gradient."""
    n, classes = logits.shape
    p, onehot = np.exp(log_softmax(logits)), np.eye(classes)[labels]
    right = (p - onehot) / n
    return {
        "the gradient is that of the sum: divide by N, as the loss does": right * n,
        "divided by N * C: the loss is a mean over samples": right / classes,
        "divided by N twice": right / n,
        "the sign is turned: it is p - y": -right,
        "1 is missing at the true classes: it is p - y": p / n,
        "only the true classes have a gradient: raising another logit raises the loss, too": right * onehot,
        "1 is taken off in whole columns, as by [:, labels]: it is [np.arange(N), labels]": (p - onehot.max(axis=0))
        / n,
        "-y / p is the slope in the probabilities: it is asked for that in the logits": lambda: -onehot / p / n,
        "log p - y: the softmax itself is p": lambda: (log_softmax(logits) - onehot) / n,
        "softmax along the first axis: each row is a sample": lambda: (np.exp(log_softmax(logits.T).T) - onehot) / n,
    }


def check_cross_entropy(onehot: npt.ArrayLike, p: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold the loss of probabilities to the definition."""
    __tracebackhide__ = True
    truth, probabilities = np.array(onehot, dtype=np.float64), np.array(p, dtype=np.float64)
    hint = hint or "minus the logarithm of each true class's probability, averaged over the samples"
    got = kata.cross_entropy(deepcopy(onehot), deepcopy(p))
    want, mistakes = loop_cross_entropy(truth, probabilities), cross_entropy_mistakes(truth, probabilities)
    check.close(got, want, asked=call("cross_entropy", onehot, p), mistakes=mistakes, hint=hint)


def check_logits(logits: npt.ArrayLike, labels: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold loss and gradient of logits to the definition."""
    __tracebackhide__ = True
    z, y = np.array(logits, dtype=np.float64), np.array(labels).astype(int)
    asked, (loss, gradient) = call("softmax_cross_entropy", logits, labels), loop_softmax_cross_entropy(z, y)
    got = kata.softmax_cross_entropy(deepcopy(logits), deepcopy(labels))
    advice = hint or "log(sum(exp(z))) - z_true of each sample, averaged"
    check.close(got[0], loss, asked="the loss of " + asked, mistakes=loss_mistakes(z, y), hint=advice)
    advice = hint or "softmax minus one-hot, divided by N"
    check.close(got[1], gradient, asked="the gradient of " + asked, mistakes=gradient_mistakes(z, y), hint=advice)


LOGITS, LABELS = np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]]), np.array([0, 2])
ONEHOT, P = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), np.array([[0.5, 0.5, 0.0], [0.25, 0.5, 0.25]])

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_probabilities() -> None:
    check_cross_entropy([[1, 0, 0], [0, 1, 0]], [[0.5, 0.375, 0.125], [0.125, 0.25, 0.625]])
    check_cross_entropy(ONEHOT, P)


@pytest.mark.example
def test_worked_example_of_a_true_class_with_probability_0() -> None:
    check_cross_entropy([[1, 0], [0, 1]], [[0.5, 0.5], [1.0, 0.0]])


@pytest.mark.example
def test_worked_example_of_logits() -> None:
    check_logits(LOGITS, LABELS)


@pytest.mark.example
def test_worked_example_of_large_logits() -> None:
    check_logits([[1e4, 0.0], [-1e4, 0.0]], [1, 1])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(BATCHES)
def test_the_loss_of_probabilities_equals_the_definition(batch: Batch) -> None:
    logits, labels = batch
    check_cross_entropy(np.eye(logits.shape[1])[labels], np.exp(log_softmax(logits)))


@pytest.mark.law
@given(BATCHES)
def test_loss_and_gradient_of_logits_equal_the_definition(batch: Batch) -> None:
    check_logits(*batch)


@pytest.mark.law
@given(BATCHES)
def test_the_gradient_is_the_slope_of_the_loss(batch: Batch) -> None:
    logits, labels = batch
    check.gradient(
        kata.softmax_cross_entropy(logits.copy(), labels)[1],
        lambda points: [loss for loss, _ in each(kata.softmax_cross_entropy, [(z, labels) for z in points])],
        logits,
        asked="the gradient of " + call("softmax_cross_entropy", logits, labels),
        name="the logits",
        mistakes=gradient_mistakes(logits, labels),
    )


@pytest.mark.law
@given(BATCHES, st.integers(-10_000, 10_000))
def test_adding_the_same_to_all_logits_of_a_row_changes_nothing(batch: Batch, shift: int) -> None:
    logits, labels = batch
    shifted = logits + shift * (-1.0) ** np.arange(len(logits))[:, None]
    check_logits(shifted, labels, hint="subtract the largest logit of each row before the exponential")


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_a_tiny_probability_of_the_true_class_shows_in_full() -> None:
    check_cross_entropy([[1, 0]], [[1e-300, 1.0]], hint="clip nothing, and add nothing to p")


LARGE = {
    "the true class far below": ([[1e4, -1e4, 0.0]], [1]),
    "rows far apart": ([[1e4, 1e4 - 1], [-1e4, -1e4 + 1]], [0, 0]),
    "just beyond the smallest probability": ([[0.0, -800.0], [0.0, 3.0]], [1, 0]),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", LARGE)
def test_large_logits_neither_overflow_nor_vanish(why: str) -> None:
    hint = "log p is z minus the largest of its row, minus the log of the sum of exp of these; never log(softmax(z))"
    check_logits(*LARGE[why], hint=hint)


@pytest.mark.edge
def test_is_computed_in_float64() -> None:
    hint = "convert to float64 first: integers wrap around, float32 has seven digits"
    check_cross_entropy(
        ONEHOT.astype(np.uint8), np.array([[0.1, 0.2, 0.7], [0.3, 0.4, 0.3]], dtype=np.float32), hint=hint
    )
    check_logits(np.array([[0, 3, 1], [200, 199, 0]], dtype=np.uint8), LABELS, hint=hint)
    check_logits(np.array([[0.1, 2.3, 0.7], [7.7, 9.9, 9.1]], dtype=np.float32), LABELS, hint=hint)


@pytest.mark.edge
def test_lists_and_labels_that_are_whole_floats_are_accepted() -> None:
    arguments = LOGITS.tolist(), [0.0, 2.0]
    asked, because = call("softmax_cross_entropy", *arguments), "2.0 is a whole number"
    check.accepts(lambda: kata.softmax_cross_entropy(*arguments), asked=asked, because=because)
    check_logits(*arguments)


BAD: dict[str, tuple[str, Any, Any]] = {
    "shapes differ: one row of probabilities for two samples": ("cross_entropy", ONEHOT, P[:1]),
    "the probabilities are transposed": ("cross_entropy", ONEHOT, P.T),
    "both have one axis": ("cross_entropy", ONEHOT[0], P[0]),
    "true classes are labels, not one-hot rows": ("cross_entropy", LABELS, P),
    "there is no sample": ("cross_entropy", ONEHOT[:0], P[:0]),
    "there is no class": ("cross_entropy", ONEHOT[:, :0], P[:, :0]),
    "a row has no 1": ("cross_entropy", [[1, 0, 0], [0, 0, 0]], P),
    "a row has two 1s": ("cross_entropy", [[1, 0, 0], [0, 1, 1]], P),
    "a row is a mixture of classes": ("cross_entropy", [[1, 0, 0], [0, 0.5, 0.5]], P),
    "the 1 of a row is 2 - 1": ("cross_entropy", [[1, 0, 0], [0, 2, -1]], P),
    "a probability is negative": ("cross_entropy", ONEHOT, [[0.5, 0.75, -0.25], [0.25, 0.5, 0.25]]),
    "a probability is above 1, as logits are": ("cross_entropy", ONEHOT, [[2.0, 0.0, 0.0], [0.25, 0.5, 0.25]]),
    "logits have one axis": ("softmax_cross_entropy", LOGITS[0], [0]),
    "logits have no rows": ("softmax_cross_entropy", LOGITS[:0], []),
    "logits have no columns": ("softmax_cross_entropy", LOGITS[:, :0], LABELS),
    "there is 1 label for 2 samples": ("softmax_cross_entropy", LOGITS, [0]),
    "there are 3 labels for 2 samples": ("softmax_cross_entropy", LOGITS, [0, 2, 1]),
    "labels have shape (N, 1)": ("softmax_cross_entropy", LOGITS, LABELS[:, None]),
    "labels are one-hot": ("softmax_cross_entropy", LOGITS, ONEHOT),
    "a label is C": ("softmax_cross_entropy", LOGITS, [0, 3]),
    "a label is -1, which would be taken for the last class": ("softmax_cross_entropy", LOGITS, [0, -1]),
    "a label is not a whole number": ("softmax_cross_entropy", LOGITS, [0, 1.5]),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_wrong_shapes_and_values_out_of_range_are_an_error(why: str) -> None:
    name, first, second = BAD[why]
    asked, hint = call(name, first, second), "check shapes and values before you compute"
    check.raises(ValueError, lambda: getattr(kata, name)(first, second), asked=asked, because=why, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    onehot, p, logits, labels = ONEHOT.copy(), P.copy(), LOGITS.copy(), LABELS.copy()
    with check.untouched(asked=call("cross_entropy", onehot, p), y_true_onehot=onehot, probabilities=p):
        kata.cross_entropy(onehot, p)
    with check.untouched(asked=call("softmax_cross_entropy", logits, labels), logits=logits, labels=labels):
        kata.softmax_cross_entropy(logits, labels)
