"""Follow-up of B02: a model that learns from a stream, and is that of all rows at once."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any, NamedTuple

import naive_bayes as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes
from harness.suite.speed import MemoryMeter, Task, vary
from harness.suite.strategies import Float64Array, seeds

Batch = tuple[Float64Array, npt.NDArray[Any]]
NAMES: list[list[Any]] = [[7, -3, 40, 12], ["no", "yes", "perhaps", "Never"]]


class Stream(NamedTuple):
    """Batches, and the labels that there can be."""

    batches: list[Batch]
    classes: list[Any]

    def __str__(self) -> str:
        calls = [f"partial_fit({check.show(X)}, {check.show(y)})" for X, y in self.batches]
        return f"NaiveBayes() with classes={self.classes}: " + ", ".join(calls)


def quietly(function: Any, *args: object) -> Any:
    """Call without warnings: a check of the result says more than they do."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)


def all_rows(stream: Stream) -> Batch:
    return np.concatenate([X for X, _ in stream.batches]), np.concatenate([y for _, y in stream.batches])


def fed(stream: Stream) -> Any:
    """The subject after these batches."""
    model = kata.NaiveBayes()
    for i, (X, y) in enumerate(stream.batches):
        quietly(model.partial_fit, X, y, *([stream.classes] if i == 0 else []))
    return model


def variance_mistakes(stream: Stream, label: object, got: object) -> Mistakes:
    """Variances by common mistakes, those only that are as good as equal to what came."""
    X, y = all_rows(stream)
    raw, smoothing = X[y == label].var(axis=0), 1e-9 * X.var(axis=0).max()
    parts = [X[y == label] for X, y in stream.batches if np.any(y == label)]
    of_batch = [1e-9 * X.var(axis=0).max() for X, _ in stream.batches]
    within = sum(len(part) * part.var(axis=0) for part in parts) / np.sum(y == label)
    wrong = {
        "smoothed by the largest variance in the last batch: take it over all rows so far": raw + of_batch[-1],
        "smoothed by the largest variance in the first batch: take it over all rows so far": raw + of_batch[0],
        "not smoothed: add 1e-9 times the largest variance of a feature": raw,
        "the variance in the last batch: all rows so far count": parts[-1].var(axis=0) + smoothing,
        "the batches' variances averaged: what lies between their means is missing": within + smoothing,
        "the batches' variances averaged, here and for the smoothing: what lies between their means is missing": within
        + 1e-9 * (sum(len(rows) * rows.var(axis=0) for rows, _ in stream.batches) / len(X)).max(),
    }
    return {name: value for name, value in wrong.items() if check.is_close(got, value, rtol=1e-11, atol=0)}


def check_learned(stream: Stream, model: Any, *, rtol: float = 1e-9, hint: str = "") -> None:
    """Hold classes, priors, means and variances to those of all rows at once."""
    __tracebackhide__ = True
    (X, y), classes = all_rows(stream), sorted(stream.classes)
    smoothing, seen = 1e-9 * X.var(axis=0).max(), np.unique(y).tolist()
    given = {"in the order in which they were given: sort them": stream.classes}
    check.equal(model.classes, classes, asked=f"{stream}.classes", mistakes=given, hint=hint)
    priors, pairs = dict(model.class_priors), dict(model.feature_likelihoods)
    keys = hint or "a class without rows has the prior 0.0 and no likelihood"
    check.equal(sorted(priors), classes, asked=f"the keys of {stream}.class_priors", hint=keys)
    for label in classes:
        shares = [float(np.mean(labels == label)) for _, labels in stream.batches]
        check.close(
            priors[label],
            np.mean(y == label),
            asked=f"{stream}.class_priors[{label!r}]",
            mistakes={
                "the share in the last batch: count the rows of all batches": shares[-1],
                "the mean of the batches' shares: batches differ in size, so add up counts": np.mean(shares),
            },
            hint=hint,
        )
    check.equal(sorted(pairs), seen, asked=f"the keys of {stream}.feature_likelihoods", hint=keys)
    for label in seen:
        means = [rows[labels == label].mean(axis=0) for rows, labels in stream.batches if np.any(labels == label)]
        check.close(
            pairs[label][0],
            X[y == label].mean(axis=0),
            asked=f"{stream}.feature_likelihoods[{label!r}][0]",
            rtol=rtol,
            atol=rtol * X.std(axis=0).max(),
            mistakes={
                "the mean of the last batch: all rows so far count": means[-1],
                "the mean of the batches' means: weight each by its number of rows": np.mean(means, axis=0),
            },
            hint=hint or "weight the old mean and that of the batch by their numbers of rows",
        )
        check.close(
            pairs[label][1],
            X[y == label].var(axis=0) + smoothing,
            asked=f"{stream}.feature_likelihoods[{label!r}][1]",
            rtol=rtol,
            atol=0,
            mistakes=variance_mistakes(stream, label, pairs[label][1]),
            hint=hint or "merge count, mean and sum of squared differences; add the smoothing of all rows so far once",
        )


def make_stream(seed: int) -> Stream:
    """Rows in any order and cut, features of unlike scale; some classes come late, some never."""
    rng = np.random.default_rng(seed)
    classes = rng.permutation(NAMES[rng.integers(2)])
    n, d = int(rng.integers(3, 16)), int(rng.integers(1, 4))
    of = rng.integers(rng.integers(1, 5), size=n)
    X = (rng.normal(size=(4, d))[of] + rng.normal(size=(n, d))) * 10.0 ** rng.uniform(-1, 1, size=d)
    edges = np.unique([0, *rng.integers(n, size=rng.integers(0, 6)), n])
    batches = [(X[a:b], classes[of][a:b]) for a, b in pairwise(edges)]
    return Stream(batches, classes.tolist())


FIRST: Batch = (np.array([[0.0], [2.0]]), np.array(["spam", "spam"]))
SECOND: Batch = (np.array([[4.0], [6.0], [8.0]]), np.array(["ham", "ham", "ham"]))
SPAM = Stream([FIRST, SECOND], ["spam", "ham"])


@pytest.mark.example
def test_worked_example() -> None:
    model = kata.NaiveBayes().partial_fit(*FIRST, classes=["spam", "ham"])
    check_learned(SPAM._replace(batches=[FIRST]), model)
    check.close(
        quietly(model.predict_proba, [[6.0]]), [[0.0, 1.0]], asked="predict_proba([[6.0]]) after the first batch"
    )
    check_learned(SPAM, model.partial_fit(*SECOND))


@pytest.mark.law
@given(st.builds(make_stream, seeds()))
def test_batches_teach_what_all_rows_at_once_teach(stream: Stream) -> None:
    check_learned(stream, fed(stream))


@pytest.mark.law
@given(st.builds(make_stream, seeds()))
def test_answers_are_those_of_a_fit_on_all_rows(stream: Stream) -> None:
    X, y = all_rows(stream)
    whole, queries = quietly(kata.NaiveBayes().fit, X, y), X[:4] + 0.1 * X.std(axis=0)
    want = np.zeros((len(queries), len(stream.classes)))
    want[:, np.isin(sorted(stream.classes), y)] = quietly(whole.predict_proba, queries)
    check.close(
        quietly(fed(stream).predict_proba, queries),
        want,
        asked=f"{stream}.predict_proba({check.show(queries)})",
        atol=1e-6,
        mistakes={"NaN: a class without rows takes part, or a variance is 0": np.full(want.shape, np.nan)},
        hint="the posterior of fit on all rows so far; a class without rows has a column of zeros",
    )


@pytest.mark.edge
def test_a_class_without_rows_is_never_predicted() -> None:
    model = quietly(kata.NaiveBayes().partial_fit, *SECOND, ["ham", "eggs", "spam"])
    far = [[1e6], [-1e9], [6.0]]
    hint = "its prior is 0, and the logarithm of 0 is minus infinity, not a large negative number"
    check.equal(quietly(model.predict, far), ["ham"] * 3, asked="predict after rows of one class only", hint=hint)
    table = quietly(model.predict_proba, [[0.0], [1e6]])
    check.close(table, [[0.0, 1.0, 0.0]] * 2, asked="predict_proba after rows of one class only", hint=hint)


@pytest.mark.edge
def test_fit_is_a_first_batch_and_begins_anew() -> None:
    more = (np.array([[1.0], [9.0]]), np.array(["ham", "spam"]))
    model = kata.NaiveBayes().partial_fit(np.array([[1.0, 2.0], [3.0, 5.0]]), [1, 2], classes=[1, 2, 3])
    model.fit(*all_rows(SPAM))
    check_learned(SPAM, model, hint="fit after partial_fit forgets all that was before")
    model.partial_fit(*more)
    check_learned(SPAM._replace(batches=[*SPAM.batches, more]), model, hint="fit counts as a first batch")


@pytest.mark.edge
def test_features_far_from_zero_keep_their_accuracy() -> None:
    rng = np.random.default_rng(2)
    batches = [(1e6 + rng.normal(size=(9, 2)), rng.permutation(np.arange(9) % 2)) for _ in range(40)]
    hint = "features lie near 1e6: sums of x^2 lose their digits, keep sums of squared differences from the mean"
    check_learned(Stream(batches, [0, 1]), fed(Stream(batches, [0, 1])), rtol=1e-6, hint=hint)


TWO_FEATURES = Stream([(np.array([[1.0, 2.0], [3.0, 5.0], [4.0, 1.0]]), np.array(["a", "b", "a"]))], ["a", "b"])
BAD_BATCHES = {
    "a label that is not in classes": ([[1.0, 9.0], [2.0, 8.0]], ["a", "eggs"]),
    "one feature instead of two": ([[1.0]], ["a"]),
    "two rows and one label": ([[1.0, 9.0], [2.0, 8.0]], ["a"]),
}


@pytest.mark.edge
@pytest.mark.parametrize("bad", BAD_BATCHES)
def test_a_bad_batch_is_an_error_and_changes_nothing(bad: str) -> None:
    model = fed(TWO_FEATURES)
    check.raises(
        ValueError,
        lambda: quietly(model.partial_fit, *BAD_BATCHES[bad]) and "a model",
        asked=f"partial_fit with {bad}",
        because=f"the batch has {bad}",
        hint="check labels and shapes before anything is learned",
    )
    more = (np.array([[2.0, 2.0]]), np.array(["b"]))
    hint = "an earlier call raised, so it may change nothing: check before anything is learned"
    check_learned(Stream([*TWO_FEATURES.batches, more], ["a", "b"]), model.partial_fit(*more), hint=hint)


@pytest.mark.edge
def test_a_first_batch_without_classes_is_an_error() -> None:
    check.raises(
        ValueError,
        lambda: kata.NaiveBayes().partial_fit(*FIRST) and "a model",
        asked="NaiveBayes().partial_fit(X, y)",
        because="the first call needs classes, all labels that there can be",
        hint="later batches may have labels that the first one lacks: they cannot be guessed",
    )


@pytest.mark.speed
def test_a_batch_needs_no_memory_for_the_rows_before_it(memory: MemoryMeter) -> None:
    def task(rng: np.random.Generator) -> Task:
        n, batch = vary(rng, 20_000), rng.normal(size=(1, 50))
        labels = np.arange(n) % 3
        model = kata.NaiveBayes().partial_fit(rng.normal(size=(n, 50)), labels, [0, 1, 2])
        prior = (np.sum(labels == 1) + 1) / (n + 1)
        return Task(lambda: model.partial_fit(batch, [1]).class_priors[1], lambda: prior)

    memory(
        task,
        same=check.close,
        at_most_mib=1,
        asked="partial_fit of one row, after about 20 000 rows of 50 features",
        hint="keep counts, means and sums of squared differences, not the rows",
    )
