"""Follow-up of B02: a model that learns from a stream, and is that of all rows at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import naive_bayes as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.speed import Racer
from harness.suite.strategies import Float64Array, seeds

Labels = npt.NDArray[Any]
Batch = tuple[Float64Array, Labels]

NAMES: tuple[Sequence[Any], ...] = (
    [7, -3, 40, 12],
    [0.5, -2.5, 9.25],
    ["no", "yes", "perhaps", "Never"],
    [True, False],
)
"""Labels of each kind."""


# --- oracles ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stream:
    """Batches, and the labels that there can be; what the README makes of all rows at once."""

    batches: list[Batch]
    classes: list[Any]

    @cached_property
    def rows(self) -> Float64Array:
        """All rows."""
        return np.concatenate([X for X, _ in self.batches]).astype(np.float64)

    @cached_property
    def y(self) -> Labels:
        """All labels."""
        return np.concatenate([y for _, y in self.batches])

    @cached_property
    def labels(self) -> Labels:
        """The labels that there can be, sorted."""
        return np.unique(np.array(self.classes))

    @cached_property
    def seen(self) -> Labels:
        """Those that there were."""
        return np.unique(self.y)

    @cached_property
    def smoothing(self) -> float:
        """What is added to each variance."""
        if np.all(np.ptp(self.rows, axis=0) == 0):
            return 1e-9
        return 1e-9 * float(self.rows.var(axis=0).max())

    @cached_property
    def posterior(self) -> Callable[[Float64Array], Float64Array]:
        """P(class | row) by scikit-learn, with a column of zeros for a class that has no rows."""
        oracle = GaussianNB(var_smoothing=1e-9).fit(self.rows, np.searchsorted(self.labels, self.y))

        def proba(queries: Float64Array) -> Float64Array:
            result = np.zeros((len(queries), len(self.labels)))
            result[:, np.isin(self.labels, self.seen)] = oracle.predict_proba(queries)
            return result

        return proba

    def head(self, count: int) -> Stream:
        """The first batches only."""
        return Stream(self.batches[:count], self.classes)

    def group(self, label: object) -> Float64Array:
        """All rows of one class."""
        return np.asarray(self.rows[self.y == label])

    def groups(self, label: object) -> list[Float64Array]:
        """The rows of one class in each batch that has any."""
        return [X[y == label] for X, y in self.batches if np.any(y == label)]

    def __str__(self) -> str:
        calls = [
            f"partial_fit({check.show(X)}, {check.show(y)}{f', classes={self.classes!r}' if not i else ''})"
            for i, (X, y) in enumerate(self.batches)
        ]
        if len(calls) > 6:
            calls[3:-2] = [f"{len(calls) - 5} more batches"]
        return "NaiveBayes()." + ".".join(calls)


def cut(X: Float64Array, y: Labels, at: Sequence[int], classes: Sequence[Any]) -> Stream:
    """A stream of these rows, cut before the rows `at`."""
    edges = [0, *sorted({i for i in at if 0 < i < len(X)}), len(X)]
    return Stream([(X[a:b], y[a:b]) for a, b in pairwise(edges)], list(classes))


def make_stream(seed: int) -> Stream:
    """Rows in any order and cut, features of unlike scale; some classes come late, some never."""
    rng = np.random.default_rng(seed)
    names = NAMES[rng.integers(len(NAMES))]
    classes = [names[i] for i in rng.permutation(len(names))]
    n, d = int(rng.integers(2, 16)), int(rng.integers(1, 4))
    of = rng.integers(rng.integers(1, len(classes) + 1), size=n)
    scale = 10.0 ** rng.uniform(-1, 1, size=d)
    centres, widths = rng.normal(size=(len(classes), d)), rng.uniform(0.3, 2.0, size=(len(classes), d))
    X = (centres[of] + widths[of] * rng.normal(size=(n, d))) * scale
    return cut(X, np.array(classes)[of], rng.integers(n, size=rng.integers(0, 6)).tolist(), classes)


STREAMS = st.builds(make_stream, seeds())


# --- what mistakes give ----------------------------------------------------------------------------------------------


def prior_mistakes(stream: Stream, label: object) -> Mistakes:
    """What the usual mistakes give for the prior of `label`."""
    shares = [float(np.mean(y == label)) for _, y in stream.batches]
    count, n, c = int(np.sum(stream.y == label)), len(stream.y), len(stream.labels)
    return {
        "the share in the last batch: count the rows of all batches": shares[-1],
        "the mean of the batches' shares: batches differ in size, so add up counts": float(np.mean(shares)),
        "every class taken as equally likely": 1 / c,
        "every class that has rows taken as equally likely": 1 / len(stream.seen),
        "counts smoothed: the prior is the plain share, 0 without a row": (count + 1) / (n + c),
        "a number of rows: divide by the number of all": count,
    }


def mean_mistakes(stream: Stream, label: object) -> Mistakes:
    """What the usual mistakes give for the means of `label`."""
    means = [group.mean(axis=0) for group in stream.groups(label)]
    running = means[0]
    for mean in means[1:]:
        running = (running + mean) / 2
    return {
        "the mean of the last batch: all rows so far count": means[-1],
        "the mean of the batches' means: weight each by its number of rows": np.mean(means, axis=0),
        "old and new mean count half each: weight each by its number of rows": running,
        "the mean over all classes": stream.rows.mean(axis=0),
    }


def variance_mistakes(stream: Stream, label: object) -> Mistakes:
    """What the usual mistakes give for the variances of `label`."""
    groups, group, smoothing = stream.groups(label), stream.group(label), stream.smoothing
    raw = group.var(axis=0)
    within = sum(len(part) * part.var(axis=0) for part in groups) / len(group)
    # Without what lies between the means of batches the smoothing is too small as well.
    lost = sum(
        len(stream.group(name)) * stream.group(name).var(axis=0)
        - sum(len(part) * part.var(axis=0) for part in stream.groups(name))
        for name in stream.seen.tolist()
    ) / len(stream.rows)
    return {
        **(smoothing_mistakes(stream, label, raw) if np.any(raw < 10 * smoothing) else {}),
        **{
            "the batches' variances averaged: what lies between their means is missing, "
            f"delta^2 n_a n_b / (n_a + n_b){more}": within + added
            for more, added in {
                "": smoothing,
                ", here and in the smoothing": 1e-9 * (stream.rows.var(axis=0) - lost).max(),
            }.items()
        },
        "divided by n - 1: the variance divides by the number of rows of the class": lambda: (
            raw * (len(group) / (len(group) - 1)) + smoothing
        ),
        "the variance in the last batch: all rows so far count": groups[-1].var(axis=0) + smoothing,
        "the variance over all classes": stream.rows.var(axis=0) + smoothing,
        "the smoothing is another: add 1e-9 times the largest variance of a feature over all rows so far, once": raw,
    }


def smoothing_mistakes(stream: Stream, label: object, raw: Float64Array) -> Mistakes:
    """What comes of another smoothing; only to be told apart where the variance without it is small."""
    last = stream.batches[-1][0]
    heads = [stream.head(count) for count in range(1, len(stream.batches) + 1)]
    by_batch = [1e-9 * float(X.var(axis=0).max()) for X, _ in stream.batches]
    return {
        "smoothed by the largest variance in the last batch (as scikit-learn does): take it over all rows so far": (
            raw + by_batch[-1]
        ),
        "smoothed by the largest variance in the first batch: take it over all rows so far": raw + by_batch[0],
        "smoothed by the largest variance that a batch has had: take it over all rows so far": raw + max(by_batch),
        "smoothed by the batches' variances averaged: take it over all rows so far": lambda: (
            raw + np.average(by_batch, weights=[len(X) for X, _ in stream.batches])
        ),
        "smoothed once for each batch: keep what is learned without smoothing, and add it once": lambda: (
            raw + sum(head.smoothing * np.sum(head.y == label) for head in heads) / np.sum(stream.y == label)
        ),
        "smoothed as if all rows were equal, which holds within the last batch only": (
            raw + 1e-9 if np.all(last == last[0]) else raw
        ),
        "smoothed by what rounding left of a variance: compare values, in all batches": lambda: (
            raw + 1e-9 * stream.rows.var(axis=0).max()
        ),
        "not smoothed: add 1e-9 times the largest variance of a feature": raw,
    }


# --- how the suite asks ----------------------------------------------------------------------------------------------


def quietly(function: Callable[..., Any], *args: object, **kwargs: object) -> Any:
    """Call without warnings: the check on what comes back says more than they do."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


def fed(stream: Stream, model: Any = None) -> Any:
    """The subject after these batches; `classes` at the first of them, unless there is a model."""
    fresh = model is None
    model = kata.NaiveBayes() if fresh else model
    for i, (X, y) in enumerate(stream.batches):
        quietly(model.partial_fit, X, y, **({"classes": stream.classes} if fresh and i == 0 else {}))
    return model


def keys_of(mapping: object, want: Labels, *, asked: str, hint: str) -> dict[Any, Any]:
    """A dict whose keys are these labels."""
    __tracebackhide__ = True
    keys = list(mapping) if isinstance(mapping, Mapping) else []
    check.true(
        isinstance(mapping, Mapping) and set(keys) == set(want.tolist()),
        asked=asked,
        came=f"a dict with the keys {keys!r}" if isinstance(mapping, Mapping) else check.show(mapping),
        expected=f"a dict with the keys {want.tolist()!r}",
        hint=hint,
    )
    return dict(mapping) if isinstance(mapping, Mapping) else {}


def check_learned(stream: Stream, model: Any, *, rtol: float = 1e-9, asked: str = "", hint: str = "") -> None:
    """Hold classes, priors, means and variances to those of all rows at once."""
    __tracebackhide__ = True
    asked = asked or str(stream)
    check.equal(
        model.classes,
        stream.labels,
        asked=asked + ".classes",
        mistakes={
            "in the order in which they were given: sort them": np.array(stream.classes),
            "only labels that there were: `classes` has those too that have no row yet": stream.seen,
            "only labels of the last batch": np.unique(stream.batches[-1][1]),
        },
        hint=hint or "the distinct labels of the argument `classes`, sorted",
    )
    priors = keys_of(
        model.class_priors,
        stream.labels,
        asked=asked + ".class_priors",
        hint=hint or "one key for each of `classes`; a class without rows has the prior 0.0",
    )
    pairs = keys_of(
        model.feature_likelihoods,
        stream.seen,
        asked=asked + ".feature_likelihoods",
        hint=hint or "one key for each class that has had a row, in any batch so far, and none for the others",
    )
    for label in stream.labels.tolist():
        check.close(
            priors[label],
            float(np.mean(stream.y == label)),
            asked=f"{asked}.class_priors[{label!r}]",
            mistakes=prior_mistakes(stream, label),
            hint=hint or "the share of this class in all rows so far",
        )
    for label in stream.seen.tolist():
        mean, variance = pairs[label]
        group = stream.group(label)
        check.close(
            mean,
            group.mean(axis=0),
            asked=f"{asked}.feature_likelihoods[{label!r}][0], the mean",
            rtol=rtol,
            atol=rtol * float(stream.rows.std(axis=0).max()),
            mistakes=mean_mistakes(stream, label),
            hint=hint or "the mean of all rows of the class so far",
        )
        check.close(
            variance,
            np.where(np.ptp(group, axis=0) == 0, 0.0, group.var(axis=0)) + stream.smoothing,
            asked=f"{asked}.feature_likelihoods[{label!r}][1], the variance",
            rtol=rtol,
            atol=0,
            mistakes=variance_mistakes(stream, label),
            hint=hint
            or "keep count, mean and sum of squared differences of each class, and merge those of the batch into them",
        )


def refused(model: Any, *args: object, asked: check.Asked, because: str, hint: str, **kwargs: object) -> None:
    """Hold `partial_fit` to raise `ValueError`."""
    __tracebackhide__ = True
    check.raises(ValueError, partial(_run, model.partial_fit, *args, **kwargs), asked=asked, because=because, hint=hint)


def _run(method: Callable[..., object], *args: object, **kwargs: object) -> str:
    """Call `method`; the model that it returns needs no display."""
    quietly(method, *args, **kwargs)
    return "a result"


SPAM = Stream(
    [
        (np.array([[0.0], [2.0]]), np.array(["spam", "spam"])),
        (np.array([[4.0], [6.0], [8.0]]), np.array(["ham", "ham", "ham"])),
    ],
    ["spam", "ham"],
)
"""The example of the follow-up."""
FLOWERS = Stream(
    [
        (np.array([[5.0, 1.0], [1.0, 2.0], [6.0, 3.0]]), np.array([7, -3, 7])),
        (np.array([[2.0, 6.0]]), np.array([-3])),
        (np.array([[4.0, 2.0], [0.0, 1.0], [5.0, 4.0]]), np.array([7, -3, 7])),
    ],
    [7, -3],
)
"""Two features, and labels that are no positions."""


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_the_first_batch() -> None:
    model = fed(SPAM.head(1))
    check_learned(SPAM.head(1), model)
    check.close(quietly(model.predict_proba, [[6.0]]), [[0.0, 1.0]], asked=f"{SPAM.head(1)}.predict_proba([[6.0]])")


@pytest.mark.example
def test_worked_example_of_both_batches() -> None:
    check_learned(SPAM, fed(SPAM))


@pytest.mark.example
def test_partial_fit_returns_the_object_itself() -> None:
    model = kata.NaiveBayes()
    for i, (X, y) in enumerate(SPAM.batches):
        returned = model.partial_fit(X, y, SPAM.classes) if i == 0 else model.partial_fit(X, y)
        check.true(
            returned is model,
            asked="what partial_fit returns",
            came="None" if returned is None else f"another {type(returned).__name__}",
            expected="the object itself",
            hint="return self at the end of partial_fit",
        )


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(STREAMS)
def test_batches_teach_what_all_rows_at_once_teach(stream: Stream) -> None:
    check_learned(stream, fed(stream))


@pytest.mark.law
@given(STREAMS, seeds())
def test_answers_are_those_of_a_fit_on_all_rows(stream: Stream, seed: int) -> None:
    queries = (
        2 * np.random.default_rng(seed).normal(size=(4, stream.rows.shape[1])) * (1 + np.abs(stream.rows).max(axis=0))
    )
    model, want = fed(stream), stream.posterior(queries)
    check.close(
        quietly(model.predict_proba, queries),
        want,
        asked=f"{stream}.{call('predict_proba', queries)}",
        rtol=0,
        atol=1e-6,
        mistakes={
            "NaN: a class without rows takes part (leave it out, its column is 0), or a variance is 0 (smooth it)": np.full(
                want.shape, np.nan
            ),
            "no column for classes without rows": want[:, np.isin(stream.labels, stream.seen)],
        },
        hint="the posterior of fit on all rows so far; a class without rows has a column of zeros",
    )
    ordered = np.sort(np.hstack([want, np.zeros((len(want), 1))]), axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 1e-4  # rounding cannot change who is first
    check.equal(
        quietly(model.predict, queries)[clear],
        stream.labels[want.argmax(axis=1)][clear],
        asked=f"{stream}.{call('predict', queries)}{'' if clear.all() else ', ties aside'}",
        mistakes={"the first class, as argmax gives for NaN": np.full(int(clear.sum()), stream.labels[0])},
        hint="the labels of fit on all rows so far",
    )


@pytest.mark.law
@settings(max_examples=20)
@given(STREAMS, seeds())
def test_order_and_cut_do_not_matter(stream: Stream, seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(stream.rows))
    X, y = stream.rows[order], stream.y[order]
    for at in (range(len(X)), rng.integers(len(X), size=3).tolist()):
        other = cut(X, y, at, stream.classes)
        check_learned(other, fed(other))


@pytest.mark.law
@given(STREAMS)
def test_the_model_is_ready_after_each_batch(stream: Stream) -> None:
    model = kata.NaiveBayes()
    for count, (X, y) in enumerate(stream.batches, 1):
        quietly(model.partial_fit, X, y, stream.classes)
        check_learned(stream.head(count), model)
        quietly(model.predict_proba, X)


@pytest.mark.law
@given(STREAMS)
def test_fit_is_a_first_batch(stream: Stream) -> None:
    later = Stream([(1 + 2 * X, y) for X, y in stream.batches], stream.classes)
    whole = Stream([(stream.rows, stream.y), *later.batches], stream.seen.tolist())
    begun = call("fit", stream.rows, stream.y)
    asked = f"NaiveBayes().{begun}, then the same rows times 2 plus 1 in {len(later.batches)} batches"
    model = kata.NaiveBayes()
    quietly(model.fit, stream.rows, stream.y)
    fed(later, model)
    hint = "partial_fit goes on where fit ended: let fit keep counts, means and sums of squared differences too"
    check_learned(whole, model, asked=asked, hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_a_class_without_rows_is_never_predicted() -> None:
    stream = Stream(FLOWERS.batches, [7, 100, -3, -50])
    model = fed(stream)
    for queries in (stream.rows, np.zeros((1, 2)), np.array([[1e6, -1e6], [-1e4, 3.0]])):
        got = np.asarray(quietly(model.predict_proba, queries))
        check.float_array(got, (len(queries), 4), asked=f"{stream}.{call('predict_proba', queries)}")
        check.equal(
            got[:, [0, 3]],
            np.zeros((len(queries), 2)),
            asked=f"{stream}.{call('predict_proba', queries)}, the columns of -50 and 100",
            hint="a class without rows has the prior 0, and so the posterior 0, exactly: no floor, no NaN",
        )
        check.close(
            got.sum(axis=1), np.ones(len(queries)), asked=f"the sums of {stream}.{call('predict_proba', queries)}"
        )
        predicted = quietly(model.predict, queries)
        check.true(
            set(np.asarray(predicted).tolist()) <= {-3, 7},
            asked=f"{stream}.{call('predict', queries)}",
            came=predicted,
            expected="-3 or 7 for each: -50 and 100 have no rows",
            hint="the logarithm of the prior 0 is -inf, and stays so: add nothing that is NaN to it",
        )


@pytest.mark.edge
def test_smoothing_is_that_of_all_rows_so_far_and_enters_once() -> None:
    rows = np.array([[0.0, 5.0], [0.0, 6.0], [900.0, 5.0], [901.0, 5.0], [20.0, 7.0], [20.0, 7.0]])
    for at in ([2, 4], [1, 2, 3, 4, 5], [3], [4]):
        stream = cut(rows, np.array([0, 1, 2, 3, 4, 4]), at, range(5))
        check_learned(stream, fed(stream))


@pytest.mark.edge
def test_smoothing_of_equal_rows_looks_at_all_batches() -> None:
    equal, other = np.full((3, 2), 0.1), np.full((2, 2), 0.3)
    for rows in (equal, np.vstack([equal, other]), np.vstack([equal, other, other])):
        for at in ([3, 5], [1, 3], [2, 3, 4, 5, 6]):
            stream = cut(rows, np.array([0, 1, 0, 2, 2, 2, 2])[: len(rows)], at, range(3))
            check_learned(stream, fed(stream))


@pytest.mark.edge
def test_features_far_from_zero_keep_their_accuracy() -> None:
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(120, 2)) + 1e6, rng.integers(2, size=120)
    for at in ([40], range(0, 120, 7), range(120)):
        stream = cut(X, y, at, [0, 1])
        check_learned(
            stream,
            fed(stream),
            rtol=1e-6,
            asked=f"{len(stream.batches)} batches of 120 rows around 1e6 with a spread of 1: model",
            hint="running sums of x and x^2 lose their digits far from zero: merge means and sums of squared differences",
        )


@pytest.mark.edge
def test_classes_come_in_any_order_and_may_be_repeated_and_given_again() -> None:
    X = np.array([[0.0], [1.0], [5.0], [9.0]])
    for names in (["b", "much longer", "a"], [True, False], [2**53 + 1, 2**53, -1]):
        labels = np.array(names)
        y = labels[[0, 0, 1, 1]]
        model = kata.NaiveBayes().partial_fit(X[:2], y[:2], classes=[*names, names[0]])
        check.accepts(
            partial(_run, model.partial_fit, X[2:], y[2:], classes=sorted(names, key=str)),
            asked=f"partial_fit with classes={sorted(names, key=str)} after classes={[*names, names[0]]}",
            because="these are the same labels in another order",
        )
        stream = Stream([(X[:2], y[:2]), (X[2:], y[2:])], names)
        check_learned(stream, model)
        check.equal(
            quietly(model.predict, [[0.5], [7.0]]),
            labels[:2],
            asked=f"{stream}.predict([[0.5], [7.0]])",
            mistakes={
                "strings cut to the length in a batch": lambda labels=labels: labels[:2].astype("U1"),
                "labels that went through floats": lambda labels=labels: labels[:2].astype(float),
            },
            hint="take the labels out of `classes`",
        )


@pytest.mark.edge
def test_labels_outside_of_classes_are_an_error() -> None:
    X = np.array([[0.0], [1.0]])
    for y in (np.array([7, 8]), np.array([5, 5]), np.array([-4, 40])):
        asked = f"partial_fit({check.show(X)}, {check.show(y)})"
        hint = "compare with `classes`, np.isin for one: neither leave such rows out nor add a class"
        because = "not all of these labels are in classes, [7, -3]"
        refused(kata.NaiveBayes(), X, y, classes=[7, -3], asked=asked + " with classes", because=because, hint=hint)
        model = kata.NaiveBayes().partial_fit(X, [7, -3], classes=[7, -3])
        refused(model, X, y, asked=asked + " as a second batch", because=because, hint=hint)
    model = kata.NaiveBayes().fit(X, [7, -3])
    refused(model, X, [7, 8], asked="fit with labels 7 and -3, then partial_fit with 8", because=because, hint=hint)


@pytest.mark.edge
def test_classes_are_needed_at_first_and_stay_what_they_were() -> None:
    X, y = np.array([[0.0], [1.0]]), np.array([7, -3])
    hint = "without them nobody knows which labels will come: raise, and do not guess from the first batch"
    refused(
        kata.NaiveBayes(),
        X,
        y,
        asked="NaiveBayes()." + call("partial_fit", X, y),
        because="`classes` is missing at the first call",
        hint=hint,
    )
    shapes: list[Any] = [[], [[7, -3]], 7]
    for classes in shapes:
        because = "classes must be 1-D and not empty"
        asked = "NaiveBayes()." + call("partial_fit", X, y, classes=classes)
        refused(kata.NaiveBayes(), X, y, classes=classes, asked=asked, because=because, hint="check its shape")
    hint = "compare the distinct labels with those of the first call"
    for begin in ("partial_fit", "fit"):
        for others in ([7, -3, 8], [7], [7, 8]):
            model = kata.NaiveBayes()
            _ = model.fit(X, y) if begin == "fit" else model.partial_fit(X, y, classes=[-3, 7])
            asked = f"{begin} with the classes -3 and 7, then " + call("partial_fit", X[:1], y[:1], classes=others)
            refused(model, X[:1], y[:1], classes=others, asked=asked, because="the classes differ", hint=hint)


BAD: list[tuple[tuple[int, ...], tuple[int, ...], str]] = [
    ((3,), (3,), "X is not 2-D"),
    ((1, 3, 2), (1,), "X is not 2-D"),
    ((0, 2), (0,), "there are no rows"),
    ((3, 0), (3,), "there are no features"),
    ((3, 2), (2,), "X and y differ in length"),
    ((3, 2), (1,), "X and y differ in length"),
    ((3, 2), (3, 1), "y is not 1-D"),
    ((3, 2), (), "y is not 1-D"),
]


@pytest.mark.edge
def test_batches_of_a_wrong_shape_are_an_error() -> None:
    for x_shape, y_shape, because in BAD:
        X, y = np.ones(x_shape), np.full(y_shape, 7)
        asked = f"partial_fit with X of shape {x_shape} and y of shape {y_shape}"
        hint = "the checks of fit hold for each batch"
        refused(kata.NaiveBayes(), X, y, classes=[7, -3], asked=asked, because=because, hint=hint)
        refused(fed(FLOWERS), X, y, asked=asked + ", after good batches", because=because, hint=hint)
    for d in (1, 3):
        refused(
            fed(FLOWERS),
            np.ones((2, d)),
            [7, 7],
            asked=f"partial_fit with {d} features after batches with 2",
            because="the numbers of features differ",
            hint="compare with the batches before: NumPy would stretch a single column",
        )


@pytest.mark.edge
def test_a_call_that_raises_changes_nothing() -> None:
    bad: list[tuple[Any, Any, Any]] = [
        ([[1.0, 2.0], [3.0, 4.0]], [7, 8], None),
        ([[1.0, 2.0], [3.0, 4.0]], [7, -3, 7], None),
        ([[1.0], [3.0]], [7, -3], None),
        ([[1.0, 2.0], [3.0, 4.0]], [7, -3], [7, -3, 8]),
        ([[1.0, 2.0], ["three", 4.0]], [7, -3], None),
    ]
    for X, y, classes in bad:
        arguments: dict[str, Any] = {} if classes is None else {"classes": classes}
        asked = str(call("partial_fit", X, y, **arguments))
        model = fed(FLOWERS)
        hint = "the refused batch left a trace: check all of it before you count or keep anything"
        refused(
            model, X, y, asked=asked + " after good batches", because="it does not fit them", hint=hint, **arguments
        )
        check_learned(FLOWERS, model, asked=f"{FLOWERS}, then the refused {asked}: model", hint=hint)
    model = kata.NaiveBayes()
    refused(
        model,
        [[1.0]],
        [8],
        classes=[7],
        asked="partial_fit([[1.0]], [8], classes=[7])",
        because="8 is not in classes",
        hint="raise",
    )
    hint = "the refused first batch left a trace: check all of it before you keep classes or features"
    check.raises(
        RuntimeError,
        partial(_run, model.predict, [[1.0]]),
        asked="predict after a first partial_fit that was refused",
        because="nothing has been learned",
        hint=hint,
    )
    asked = f"a refused partial_fit with other classes and one feature, then {FLOWERS}"
    check.accepts(
        partial(_run, model.partial_fit, *FLOWERS.batches[0], classes=FLOWERS.classes),
        asked=asked,
        because="a call that raises changes nothing, so that this is the first batch",
    )
    check_learned(FLOWERS.head(1), model, asked=asked, hint=hint)


@pytest.mark.edge
def test_fit_begins_anew() -> None:
    model = fed(FLOWERS)
    whole = Stream([(SPAM.rows, SPAM.y)], SPAM.classes)
    asked = f"{FLOWERS}, then {call('fit', SPAM.rows, SPAM.y)}: model"
    hint = "fit forgets all batches before it, their classes and their number of features"
    check.accepts(partial(_run, model.fit, SPAM.rows, SPAM.y), asked=asked, because="fit begins anew")
    check_learned(whole, model, asked=asked, hint=hint)
    model.partial_fit(*SPAM.batches[0])
    more = Stream([*whole.batches, SPAM.batches[0]], SPAM.classes)
    check_learned(more, model, asked=asked + ", then a batch", hint=hint)


@pytest.mark.edge
def test_batches_of_any_dtype_are_computed_in_float64() -> None:
    numbers = np.array([[100, 3], [120, 90], [3, 100], [7, 120], [90, 0], [120, 100]])
    y = np.array([0, 0, 1, 1, 1, 0], dtype=np.uint8)
    for dtype in (np.uint8, np.int8, np.bool_, np.float16, np.float32):
        X: npt.NDArray[Any] = (numbers + 0.37).astype(dtype) if np.dtype(dtype).kind == "f" else numbers.astype(dtype)
        stream = cut(X, y, [1, 2, 4], [0, 1])
        hint = f"the rows are {np.dtype(dtype).name}: convert them to float64 before you compute"
        check_learned(stream, fed(stream), hint=hint)
    model = kata.NaiveBayes()
    for X, y in SPAM.batches:
        model.partial_fit(X.tolist(), y.tolist(), SPAM.classes)
    check_learned(SPAM, model, hint="lists are fine: np.asarray")


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_objects_share_nothing() -> None:
    model, other = kata.NaiveBayes(), kata.NaiveBayes()
    classes = np.array(FLOWERS.classes)
    for X, y in FLOWERS.batches:
        rows, labels = X.copy(), y.copy()
        with check.untouched(asked=call("partial_fit", X, y, classes=classes), X=rows, y=labels, classes=classes):
            model.partial_fit(rows, labels, classes=classes)
        rows *= 100.0
        labels[:] = 7
    classes[:] = 0
    fed(SPAM, other.partial_fit(*SPAM.batches[0], classes=SPAM.classes))
    hint = "another object learned in between, and the caller changed the arrays: keep what is learned, in self"
    check_learned(FLOWERS, model, hint=hint)


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_a_batch_costs_the_same_however_many_rows_came_before(race: Racer) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20_000, 50)), rng.integers(3, size=20_000)
    # Copies that nobody holds on to: a subject in another process would be watched for changes of them with each call.
    model = kata.NaiveBayes().partial_fit(X.copy(), y.copy(), classes=[0, 1, 2])
    row, label = X[:1].copy(), y[:1].copy()

    def batch() -> None:
        model.partial_fit(row, label)

    race(
        batch,
        lambda: (X.mean(axis=0), X.var(axis=0)),
        at_least=2,
        versus="one pass over all rows",
        asked="partial_fit with one row, after 20,000 rows of 50 features",
        hint="keep counts, means and sums of squared differences, not the rows",
    )
