"""Follow-up of B09: probabilities held to data in bins, and scores put through the line of Platt's method."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import logistic_regression as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

TRAIN = np.array([[0.5, 1.0], [1.0, -1.0], [-1.0, 0.5], [1.5, 2.0], [-0.5, -1.5], [0.0, 0.5], [1.0, 1.0], [-1.5, -0.5]])
NAMES, IS_SPAM = np.array(["ham", "spam"]), np.array([1, 1, 0, 1, 0, 0, 1, 1])


class HeldOut(NamedTuple):
    """Samples that were not in the training, and 1.0 for each that is spam."""

    X: Float64Array
    is_spam: Float64Array


def make_held_out(seed: int) -> HeldOut:
    """Samples near to the training data or far from it, of both classes, which follow the scores loosely."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(6, 30))
    X = rng.normal(size=(n, 2))
    is_spam = (rng.random(n) < 1 / (1 + np.exp(1 - rng.choice([-0.5, 0.5, 2.0]) * X.sum(axis=1)))).astype(float)
    is_spam[:2] = 0, 1
    return HeldOut(X * rng.choice([0.3, 1.0, 20.0]), is_spam)


HELD_OUT = st.builds(make_held_out, seeds())
LINE = HeldOut(
    np.array([[-3.0, -3.0], [-2.0, -2.0], [-1.0, -1.0], [1.0, 1.0], [2.0, 2.0]]), np.array([0.0, 0, 0, 1, 1])
)


def fitted() -> Any:
    return kata.LogisticRegression(l2=0.1).fit(TRAIN.copy(), NAMES[IS_SPAM])


def given_of(held_out: HeldOut) -> tuple[Any, Any]:
    return held_out.X.copy(), NAMES[held_out.is_spam.astype(int)]


def sigmoid(z: Float64Array) -> Float64Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(z, -500, 500))))


def line(z: Float64Array, t: Float64Array, *, offset: bool = True) -> Float64Array:
    """Probabilities after the line through scores `z` that has the least cross-entropy with targets `t`."""
    A = np.column_stack([(z - z.mean() * offset) / z.std(), np.full(len(z), float(offset))])
    theta = np.zeros(2)
    for _ in range(200):
        p = sigmoid(A @ theta)
        step = np.linalg.pinv((A.T * np.maximum(p * (1 - p), 1e-12)) @ A) @ (A.T @ (p - t))
        theta = theta - step / max(1.0, float(np.abs(step).max()))
    return sigmoid(A @ theta)


def platt(is_spam: Float64Array) -> Float64Array:
    """Targets: one sample more of each class, half of it on either side."""
    n = is_spam.sum()
    return np.asarray(np.where(is_spam == 1, (n + 1) / (n + 2), 1 / (len(is_spam) - n + 2)))


def check_calibrated(model: Any, held_out: HeldOut, *, hint: str = "") -> None:
    """Hold the calibrated probabilities of the held-out samples to Platt's method on the model's own scores."""
    __tracebackhide__ = True
    X, is_spam = held_out
    z, t = X @ np.asarray(model.weights) + float(model.bias), platt(is_spam)
    mistakes: Mistakes = {
        "these are the probabilities before calibration": sigmoid(z),
        "targets of 0 and 1: (n1 + 1) / (n1 + 2) and 1 / (n0 + 2)": lambda: line(z, is_spam),
        "a slope only: an offset, too": lambda: line(z, t, offset=False),
        "the line goes through probabilities: through the scores": lambda: line(sigmoid(z), t),
    }
    asked = call("calibrate", *given_of(held_out)) + ", then predict_proba of the same: the second column"
    hint = hint or "sigmoid(slope * score + offset) of least cross-entropy with Platt's targets"
    got = np.asarray(model.predict_proba(X.copy()))[:, 1]
    check.close(got, line(z, t), asked=asked, rtol=0, atol=1e-4, mistakes=mistakes, hint=hint)


def check_reliability(model: Any, held_out: HeldOut, n_bins: int, *, hint: str = "") -> None:
    """Hold table and calibration error to the definition, with the model's own probabilities."""
    __tracebackhide__ = True
    p, t, arguments = np.asarray(model.predict_proba(held_out.X.copy()))[:, 1], held_out.is_spam, given_of(held_out)
    bins = np.minimum((p * n_bins).astype(int), n_bins - 1)
    inside = [bins == b for b in np.unique(bins)]
    count, mean, share = np.array([[rows.sum(), p[rows].mean(), t[rows].mean()] for rows in inside]).T
    mistakes: Mistakes = {
        "the middles of the bins: the mean of the probabilities in each": np.array(
            [count, (np.unique(bins) + 0.5) / n_bins, share]
        ).T,
        "the share of the first label: of the second": np.array([count, mean, 1 - share]).T,
        "shares of samples in the first column: counts": np.array([count / len(p), mean, share]).T,
    }
    asked = call("reliability", *arguments, n_bins) + ", where the probabilities of spam are " + check.show(p)
    hint = hint or "count, mean probability and share of the second label, a row for each bin that is not empty"
    want, got = np.array([count, mean, share]).T, model.reliability(*arguments, n_bins)
    check.close(got, want, asked=asked, atol=1e-9, mistakes=mistakes, hint=hint)
    gaps = np.abs(mean - share)
    mistakes = {
        "the mean over the bins: weigh them by their counts": gaps.mean(),
        "differences with their signs, which cancel: their absolute values": abs(p.mean() - t.mean()),
        "the root of the mean square: the mean of the absolute values": np.sqrt(count @ gaps**2 / len(p)),
    }
    got, asked = model.calibration_error(*arguments, n_bins), call("calibration_error", *arguments, n_bins)
    check.close(got, float(count @ gaps / len(p)), asked=asked, atol=1e-9, mistakes=mistakes, hint=hint)


@pytest.mark.example
def test_worked_example() -> None:
    model = kata.LogisticRegression(l2=0.01).fit(np.arange(5.0)[:, np.newaxis], ["no", "no", "yes", "no", "yes"])
    X, y = np.arange(6.0)[:, np.newaxis], ["no", "yes"] * 3
    before = model.calibration_error(X, y, n_bins=2)
    check.close(before, 0.128257, asked="calibration_error(X, y, n_bins=2), before calibrate", rtol=0, atol=1e-4)
    for name in ("reliability", "calibration_error"):
        many = np.linspace(-3.0, 9.0, 60)[:, np.newaxis], ["no", "yes"] * 30
        got, want = getattr(model, name)(*many), getattr(model, name)(*many, 10)
        check.close(got, want, asked=f"{name}(X, y), without n_bins", atol=1e-12, hint="n_bins is 10 by default")
    after = model.calibrate(X, y).calibration_error(X, y, n_bins=2)
    check.close(after, 0.089301, asked="calibration_error(X, y, n_bins=2), after calibrate", rtol=0, atol=1e-4)
    line = [model.slope_, model.offset_]
    check.close(line, [0.20098, 0.016948], asked="slope_ and offset_ after calibrate", rtol=0, atol=1e-4)


@pytest.mark.law
@settings(max_examples=25)
@given(HELD_OUT)
def test_calibrated_probabilities_are_those_of_platts_line(held_out: HeldOut) -> None:
    check_calibrated(fitted().calibrate(*given_of(held_out)), held_out)


@pytest.mark.law
@settings(max_examples=25)
@given(HELD_OUT, st.sampled_from([1, 3, 10]), st.booleans())
def test_reliability_and_calibration_error_follow_from_the_bins(held_out: HeldOut, n_bins: int, first: bool) -> None:
    check_reliability(fitted().calibrate(*given_of(held_out)) if first else fitted(), held_out, n_bins)


@pytest.mark.edge
def test_labels_that_the_scores_separate_have_a_finite_line() -> None:
    model = fitted().calibrate(*given_of(LINE))
    check_calibrated(model, LINE, hint="targets of 0 and 1 would drive the slope to infinity here; Platt's do not")
    check.equal(model.predict(LINE.X.copy()), given_of(LINE)[1], asked="predict of the held-out samples, calibrated")
    one_of_ham = LINE._replace(is_spam=np.array([0.0, 1, 1, 1, 1]))
    check_calibrated(fitted().calibrate(*given_of(one_of_ham)), one_of_ham, hint="one sample of a class is enough")


@pytest.mark.edge
def test_probabilities_of_0_and_1_are_in_the_first_and_the_last_bin() -> None:
    far = LINE._replace(X=LINE.X * [[1e5], [1], [1], [1], [1e5]])
    check_reliability(fitted(), far, 2, hint="p = 1 belongs to the last bin, not to one more")


@pytest.mark.edge
def test_calibrate_starts_anew_and_fit_forgets_it() -> None:
    model, weights, turned = fitted(), np.array(fitted().weights), LINE._replace(is_spam=1 - LINE.is_spam)
    model.calibrate(*given_of(turned)).calibrate(*given_of(LINE))
    check.close(model.weights, weights, asked="weights after calibrate", atol=1e-9, hint="calibrate leaves them alone")
    check_calibrated(model, LINE, hint="calibrate was called before, with other labels: it starts from fit's scores")
    got, hint = model.fit(TRAIN.copy(), NAMES[IS_SPAM]).predict_proba(TRAIN.copy()), "fit forgets a calibration"
    check.close(got, fitted().predict_proba(TRAIN.copy()), asked="predict_proba after fit again", atol=1e-9, hint=hint)


BAD: dict[str, tuple[Any, ...]] = {
    "there are 5 samples and 4 labels": (LINE.X, ["ham"] * 4),
    "eggs is no label of fit": (LINE.X, ["ham", "spam", "ham", "ham", "eggs"]),
    "X has three columns": (np.ones((2, 3)), ["ham", "spam"]),
    "y has shape (n, 1)": (LINE.X, [["ham"], ["spam"], ["ham"], ["spam"], ["ham"]]),
}


@pytest.mark.edge
@pytest.mark.parametrize("name", ["calibrate", "reliability", "calibration_error"])
def test_what_the_rules_exclude_is_an_error(name: str) -> None:
    more = (
        {"calibration needs both labels": (LINE.X, ["ham"] * 5)} if name == "calibrate" else {"": (*given_of(LINE), 0)}
    )
    for because, arguments in {**BAD, **more}.items():
        thunk, asked = partial(getattr(fitted(), name), *arguments), call(name, *arguments)
        check.raises(
            ValueError, thunk, asked=asked, because=because or "n_bins is below 1", hint="check before you compute"
        )
    unfitted = lambda: getattr(kata.LogisticRegression(), name)(*given_of(LINE))  # noqa: E731
    check.raises(RuntimeError, unfitted, asked=f"{name} before fit", because="there was no fit")
