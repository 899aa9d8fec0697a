"""Follow-up of B02: batch after batch, the model that one fit would have made of all rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import naive_bayes as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import check
from harness.check import Call, Mistakes, call
from harness.fixtures import MemoryMeter
from harness.strategies import Float64Array, seeds

Labels = npt.NDArray[Any]
Batch = tuple[Float64Array, Labels]
Batches = list[Batch]

NAMES = ([0, 1, 2], [7, -3, 40], ["b", "a", "a longer one"], [True, False])


class Fitted:
    """What `fit` makes of rows, by the definitions; `merged` of batches, with what mistakes make of them."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches
        self.X = np.vstack([X for X, _ in batches])
        self.y = np.concatenate([y for _, y in batches])
        self.labels = np.unique(self.y)
        groups = [self.X[self.y == label] for label in self.labels]
        self.priors = np.array([len(group) / len(self.y) for group in groups])
        self.means = np.stack([group.mean(axis=0) for group in groups])
        self.raw = np.stack([((group - group.mean(axis=0)) ** 2).mean(axis=0) for group in groups])
        self.smoothing = smoothing(self.X)
        self.variances = self.raw + self.smoothing

    def posterior(self, queries: Float64Array) -> Float64Array:
        """P(class | row), shape (m, C)."""
        squares = (queries[:, None, :] - self.means) ** 2 / self.variances + np.log(2 * np.pi * self.variances)
        logs = np.log(self.priors) - 0.5 * squares.sum(axis=2)
        joint = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def smoothing(X: Float64Array) -> float:
    """What the README adds to each variance."""
    return 1e-9 if np.all(X[0] == X) else 1e-9 * float(np.where(np.ptp(X, axis=0) == 0, 0, X.var(axis=0)).max())


def make_batches(seed: int) -> Batches:
    """Two to four batches of one to seven rows with labels of one kind; any batch may lack any label."""
    rng = np.random.default_rng(seed)
    names = np.array(NAMES[rng.integers(len(NAMES))])
    d = int(rng.integers(1, 4))
    scale, centres = 10.0 ** rng.integers(-1, 2, size=d), rng.integers(-4, 5, size=(len(names), d))
    batches = []
    for _ in range(rng.integers(2, 5)):
        of = rng.integers(len(names), size=rng.integers(1, 8))
        batches.append(
            ((centres[of] + np.round(rng.normal(size=(len(of), d)), 2)) * scale, np.array(names[of].tolist()))
        )
    return batches


BATCHES = st.builds(make_batches, seeds())


class Asked(Call):
    """`NaiveBayes().partial_fit(...).partial_fit(...)` and what is read then; formatted only when it is shown."""

    def __init__(self, batches: Batches, what: str = "") -> None:
        super().__init__("partial_fit", [], {})
        self._batches = batches
        self._what = what

    def __str__(self) -> str:
        calls = "".join(f".{call('partial_fit', *batch)}" for batch in self._batches)
        return f"NaiveBayes(){calls}{self._what}"


def quietly(function: Callable[..., Any], *args: object) -> Any:
    """Call without warnings: the check on what comes back says more."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)


def taken_in(batches: Batches, model: Any = None) -> Any:
    """A model that has seen the batches; copies of them go in."""
    model = kata.NaiveBayes() if model is None else model
    for X, y in batches:
        quietly(model.partial_fit, X.copy(), y.copy())
    return model


def of_class(batches: Batches, label: object) -> list[Float64Array]:
    """The rows of one class, batch by batch, where there are any."""
    return [X[y == label] for X, y in batches if np.any(y == label)]


def mean_mistakes(batches: Batches, label: object) -> Mistakes:
    """What the usual mistakes give for the mean of a class."""
    parts = of_class(batches, label)
    return {
        "the mean of the batches' means: weigh each by its number of rows of the class": lambda: np.mean(
            [part.mean(axis=0) for part in parts], axis=0
        ),
        "the last batch alone: earlier batches count": lambda: parts[-1].mean(axis=0),
        "the first batch alone: each batch counts": lambda: parts[0].mean(axis=0),
        "the mean over the rows of all classes": lambda: np.vstack([X for X, _ in batches]).mean(axis=0),
    }


def variance_mistakes(fitted: Fitted, c: int) -> Mistakes:
    """What the usual mistakes give for the variance of class number `c`."""
    batches = fitted.batches
    parts = of_class(batches, fitted.labels[c])
    rows = np.vstack(parts)
    raw, right = fitted.raw[c], fitted.smoothing
    own = [smoothing(X) for X, _ in batches]
    within = sum(len(part) * part.var(axis=0) for part in parts) / len(rows)
    one_pass = np.mean(rows**2, axis=0) - rows.mean(axis=0) ** 2
    return {
        "the term between the batches' means is missing: add delta^2 * n_a * n_b / (n_a + n_b)": within + right,
        "the mean of the batches' variances: merge their sums of squares": lambda: (
            np.mean([part.var(axis=0) for part in parts], axis=0) + right
        ),
        "the last batch alone: earlier batches count": lambda: parts[-1].var(axis=0) + right,
        "the last batch alone, smoothed by itself: earlier batches count": lambda: parts[-1].var(axis=0) + own[-1],
        "not smoothed: add 1e-9 times the largest variance of a feature over all rows so far": raw,
        "smoothed by the last batch's own variances: take them over all rows so far": raw + own[-1],
        "smoothed by the first batch's own variances: take them over all rows so far": raw + own[0],
        "smoothed once for each batch: keep variances without smoothing, and add it once": lambda: raw + sum(own),
        "smoothed by the largest of the batches' own smoothings: take the variance of all rows": raw + max(own),
        "smoothed by what merging left of a variance of 0: compare values (keep each feature's least and largest)": raw,
        "sums of x and x^2, which lose their digits far from zero: merge means and squared differences": one_pass
        + right,
        "divided by n - 1: divide by the number of rows of the class": lambda: (
            raw * len(rows) / (len(rows) - 1) + right
        ),
    }


def check_model(
    model: Any, batches: Batches, *, hint: str = "", rtol: float = 1e-9, asked: Callable[[str], object] | None = None
) -> None:
    """Hold all that the model offers to the definitions over all rows."""
    __tracebackhide__ = True
    fitted = Fitted(batches)
    labels = fitted.labels.tolist()

    def of(what: str) -> Any:
        return asked(what) if asked else Asked(batches, what)

    check.equal(
        model.classes,
        fitted.labels,
        asked=of(".classes"),
        mistakes={
            "the classes of the last batch: earlier ones remain": np.unique(batches[-1][1]),
            "the classes of the first batch: later ones come to them": np.unique(batches[0][1]),
            "in the order in which labels appear: sort them": list(dict.fromkeys(fitted.y.tolist())),
            "labels are cut to the length of the first ones": lambda: np.unique(fitted.y.astype(batches[0][1].dtype)),
        },
        hint=hint or "the distinct labels of all batches, sorted",
    )
    for name in ("class_priors", "feature_likelihoods"):
        mapping = getattr(model, name)
        check.true(
            isinstance(mapping, Mapping) and set(mapping) == set(labels),
            asked=of(f".{name}"),
            came=mapping,
            expected=f"a dict with the keys {labels!r}",
            hint=hint or "one key for each label of all batches",
        )
    last_y = batches[-1][1]
    for c, label in enumerate(labels):
        check.close(
            model.class_priors[label],
            float(fitted.priors[c]),
            asked=of(f".class_priors[{label!r}]"),
            mistakes={
                "the share of the last batch: take it of all rows so far": float(np.mean(last_y == label)),
                "the mean of the batches' shares: count rows": float(
                    np.mean([np.mean(y == label) for _, y in batches])
                ),
                "the share of the first batch: take it of all rows so far": float(np.mean(batches[0][1] == label)),
                "every class taken as equally likely": 1 / len(labels),
            },
            hint=hint or "rows of the class over all rows so far",
        )
        mean, variance = model.feature_likelihoods[label]
        check.close(
            mean,
            fitted.means[c],
            asked=of(f".feature_likelihoods[{label!r}][0], the mean"),
            rtol=rtol,
            atol=rtol * float(np.sqrt(fitted.smoothing * 1e9)),
            mistakes=mean_mistakes(batches, label),
            hint=hint or "mean_a + delta * n_b / (n_a + n_b)",
        )
        check.close(
            variance,
            fitted.variances[c],
            asked=of(f".feature_likelihoods[{label!r}][1], the variance"),
            rtol=rtol,
            atol=0,
            mistakes=variance_mistakes(fitted, c),
            hint=hint or "merge sums of squared differences, divide by the rows of the class, add the smoothing once",
        )
    queries = fitted.X[:3] + 0.1 * np.sqrt(fitted.smoothing * 1e9)
    posterior = fitted.posterior(queries)
    told = hint or "predict and predict_proba must use what the last partial_fit has left"
    got = quietly(model.predict_proba, queries)
    check.close(got, posterior, asked=of(f".{call('predict_proba', queries)}"), rtol=0, atol=1e-6, hint=told)
    best = np.asarray(fitted.labels[np.asarray(got).argmax(axis=1)])
    check.equal(quietly(model.predict, queries), best, asked=of(f".{call('predict', queries)}"), hint=told)


SPAM: Batches = [
    (np.array([[0.0], [4.0]]), np.array(["spam", "ham"])),
    (np.array([[2.0], [6.0], [8.0]]), np.array(["spam", "ham", "ham"])),
]


@pytest.mark.example
def test_worked_example() -> None:
    check_model(taken_in(SPAM), SPAM)


@pytest.mark.example
def test_partial_fit_returns_the_object_itself_and_takes_lists() -> None:
    model = kata.NaiveBayes()
    for X, y in SPAM:
        returned = model.partial_fit(X.tolist(), y.tolist())
        check.true(
            returned is model,
            asked="what partial_fit returns",
            came="None" if returned is None else f"another {type(returned).__name__}",
            expected="the object itself, so that partial_fit(X, y).predict(X) can be written",
            mistake="no `return self` at the end of partial_fit" if returned is None else "",
        )
    check_model(model, SPAM)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(BATCHES)
def test_batch_after_batch_equals_one_fit_on_all_rows(batches: Batches) -> None:
    check_model(taken_in(batches), batches)


@pytest.mark.law
@given(BATCHES)
def test_the_order_of_the_batches_does_not_matter(batches: Batches) -> None:
    turned = batches[::-1]
    check_model(taken_in(turned), turned)


@pytest.mark.law
@given(BATCHES)
def test_row_by_row_equals_one_fit_on_all_rows(batches: Batches) -> None:
    X, y = np.vstack([X for X, _ in batches])[:8], np.concatenate([y for _, y in batches])[:8]
    rows = [(X[i : i + 1], y[i : i + 1]) for i in range(len(X))]
    check_model(taken_in(rows), rows)


@pytest.mark.law
@given(BATCHES)
def test_goes_on_after_fit_and_fit_forgets_all_batches(batches: Batches) -> None:
    model = kata.NaiveBayes()
    quietly(model.fit, *batches[0])
    taken_in(batches[1:], model)
    check_model(
        model, batches, hint="fit(a).partial_fit(b) knows the rows of a and b: fit must leave what merging needs"
    )
    quietly(model.fit, *batches[0])
    check_model(model, batches[:1], hint="fit must forget all earlier batches: begin anew there")
    taken_in(batches[1:], model)
    check_model(model, batches, hint="fit must forget all earlier batches, in what later batches are merged with too")


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("place", [1e6, -1e7])
def test_means_far_from_zero_cost_no_digits(place: float) -> None:
    rng = np.random.default_rng(0)
    batches = [(rng.normal(size=(20, 2)) + place, rng.integers(2, size=20)) for _ in range(6)]
    check_model(taken_in(batches), batches, rtol=1e-6)


@pytest.mark.edge
@pytest.mark.parametrize("value", [0.1, 0.7, -3.3])
def test_features_that_are_constant_all_along_are_smoothed_by_1e_9(value: float) -> None:
    batches = [(np.full((n, 2), value), np.arange(n) % 2) for n in (3, 1, 6, 7)]
    check_model(
        taken_in(batches), batches, hint="all values are equal, so the smoothing is 1e-9: compare values, not variances"
    )
    later = [*batches, (np.array([[value, value + 2.0]]), np.array([1]))]
    check_model(taken_in(later), later, hint="each batch may be constant, and all of them together not")


@pytest.mark.edge
def test_batches_that_are_constant_in_themselves_still_differ() -> None:
    batches = [(np.full((2, 1), float(v)), np.array([v % 2] * 2)) for v in (0, 3, 4, 9)]
    check_model(taken_in(batches), batches)


@pytest.mark.edge
def test_integers_do_not_wrap_around_and_labels_keep_their_kind() -> None:
    raw = [
        np.array([[200, 3], [7, 250], [100, 100]], dtype=np.uint8),
        np.array([[255, 0], [1, 2], [3, 90]], dtype=np.uint8),
    ]
    y = [np.array([5, -2, 5]), np.array([-2, 5, 9])]
    model = kata.NaiveBayes()
    for X, labels in zip(raw, y, strict=True):
        model.partial_fit(X, labels)
    exact = [(X.astype(np.float64), labels) for X, labels in zip(raw, y, strict=True)]
    check_model(model, exact, hint="the rows are uint8: convert them to float64 first")
    check.true(
        np.asarray(model.classes).dtype.kind == "i",
        asked=Asked(exact, ".classes.dtype"),
        came=str(np.asarray(model.classes).dtype),
        expected="integers, as the labels are",
        hint="labels of new batches join the old ones in their own dtype",
    )


@pytest.mark.edge
def test_bad_batches_are_an_error_and_leave_the_model_as_it_was() -> None:
    bad: dict[str, tuple[Any, Any]] = {
        "X has 1 axis": ([1.0, 2.0], [0, 1]),
        "there are fewer labels than rows": ([[1.0], [2.0]], ["ham"]),
        "y has 2 axes": ([[1.0], [2.0]], [["ham"], ["ham"]]),
        "there are no rows": (np.zeros((0, 1)), np.zeros(0, dtype=str)),
        "there are no columns": (np.zeros((2, 0)), ["ham", "ham"]),
        "there are 2 features, and there was 1 before": ([[1.0, 2.0]], ["new"]),
    }
    model = taken_in(SPAM)
    for why, (X, y) in bad.items():
        check.raises(
            ValueError,
            lambda X=X, y=y: model.partial_fit(X, y) and "a model",  # type: ignore[misc]
            asked=call("partial_fit", X, y),
            because=why,
            hint="the same checks as in fit, and the number of features of earlier batches; before anything is changed",
        )
        check_model(model, SPAM, hint=f"a batch was refused ({why}), and has changed the model: check it first")


@pytest.mark.edge
def test_nothing_is_known_before_the_first_batch_and_models_share_nothing() -> None:
    other = taken_in(SPAM)
    model = kata.NaiveBayes()
    for refused in (False, True):
        if refused:
            check.raises(
                ValueError,
                partial(model.partial_fit, [1.0], [0]),
                asked=call("partial_fit", [1.0], [0]),
                because="1 axis",
            )
        check.raises(
            RuntimeError,
            partial(model.predict, [[1.0]]),
            asked=f"predict of a new model{' after a batch was refused' if refused else ''}",
            because="no batch has been taken in",
            hint="keep what is learned on the object, and set it only once a batch has passed its checks",
        )
    taken_in(SPAM[:1], model)
    check_model(model, SPAM[:1], hint="models share what they have learned: keep it on the object")
    check_model(other, SPAM, hint="models share what they have learned: keep it on the object")


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_are_not_kept() -> None:
    model = kata.NaiveBayes()
    for X, y in [(X.copy(), y.copy()) for X, y in SPAM]:
        with check.untouched(asked=call("partial_fit", X, y), X=X, y=y):
            model.partial_fit(X, y)
        np.multiply(X, 100.0, out=X)
    check_model(model, SPAM, hint="the caller has reused the arrays: keep numbers of your own")


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_a_long_stream_needs_little_memory(memory: MemoryMeter) -> None:
    base, y = np.random.default_rng(0).normal(size=(500, 40)), np.arange(500) % 3

    def long_stream() -> None:
        model = kata.NaiveBayes()
        for i in range(40):
            model.partial_fit(base + i, y)

    memory(
        long_stream,
        at_most_mib=4.0,
        asked="40 batches of 500 rows with 40 features",
        hint="keep a count, a mean and a sum of squared differences for each class, not the rows",
    )
