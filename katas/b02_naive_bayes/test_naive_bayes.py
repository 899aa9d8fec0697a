"""Suite of B02: priors, means, variances, and posteriors that survive where densities do not."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import naive_bayes as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Call, call
from harness.suite.speed import Racer
from harness.suite.strategies import Float64Array, seeds

Labels = npt.NDArray[Any]

NAMES: tuple[Sequence[Any], ...] = (
    [0, 1, 2, 3],
    [7, -3, 40, 12],
    [0.5, -2.5, 1.0, 9.25],
    ["no", "yes", "perhaps", "Never"],
    [True, False],
)
"""Labels of each kind."""


# --- oracles ---------------------------------------------------------------------------------------------------------


def normalised(log_joint: Float64Array) -> Float64Array:
    """Softmax over the last axis."""
    joint = np.exp(log_joint - log_joint.max(axis=-1, keepdims=True))
    return np.asarray(joint / joint.sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class Gaussians:
    """A fitted model of C classes and d features, and what right and wrong formulas make of it."""

    priors: Float64Array
    means: Float64Array
    variances: Float64Array

    def distances(self, queries: Float64Array) -> Float64Array:
        """Squared differences over variances, summed over features, shape (m, C)."""
        return np.asarray((((queries[:, None, :] - self.means) ** 2) / self.variances).sum(axis=2))

    def densities(self, queries: Float64Array) -> Float64Array:
        """The density of each feature, shape (m, C, d)."""
        exponent = -0.5 * (queries[:, None, :] - self.means) ** 2 / self.variances
        return np.asarray(np.exp(exponent) / np.sqrt(2 * np.pi * self.variances))

    def log_joint(self, queries: Float64Array) -> Float64Array:
        """The logarithm of P(class) times density, shape (m, C)."""
        log_norms = np.log(2 * np.pi * self.variances).sum(axis=1)
        return np.asarray(np.log(self.priors) - 0.5 * (log_norms + self.distances(queries)))

    def posterior(self, queries: Float64Array) -> Float64Array:
        """P(class | row), shape (m, C)."""
        return normalised(self.log_joint(queries))

    def multiplied(self, queries: Float64Array) -> Float64Array:
        """The posterior by products of densities."""
        joint = self.priors * self.densities(queries).prod(axis=2)
        return np.asarray(joint / joint.sum(axis=1, keepdims=True))

    def padded(self, queries: Float64Array, pad: float) -> Float64Array:
        """The posterior from log(density + pad)."""
        return normalised(np.log(self.priors) + np.log(self.densities(queries) + pad).sum(axis=2))


@dataclass(frozen=True)
class Problem:
    """Training rows X (n, d) with labels y (n,), rows to be classified, queries (m, d), and the right answers."""

    X: Float64Array
    y: Labels
    queries: Float64Array

    @cached_property
    def labels(self) -> Labels:
        """The distinct labels, sorted."""
        return np.unique(self.y)

    @cached_property
    def spread(self) -> Float64Array:
        """The variance of each feature over all rows, exactly 0 where it is constant."""
        return np.where(np.ptp(self.X, axis=0) == 0, 0.0, self.X.var(axis=0))

    @cached_property
    def smoothing(self) -> float:
        """What the README adds to each variance."""
        return 1e-9 * float(self.spread.max()) if self.spread.any() else 1e-9

    @cached_property
    def right(self) -> Gaussians:
        """The definitions of the README."""
        return self.gaussians(self.smoothing)

    def gaussians(self, smoothing: float | Float64Array, ddof: int = 0) -> Gaussians:
        """The same with another smoothing or divisor."""
        groups = [self.X[self.y == label] for label in self.labels]
        priors = np.array([len(group) / len(self.y) for group in groups])
        variances = np.stack([group.var(axis=0) * (len(group) / (len(group) - ddof)) for group in groups]) + smoothing
        return Gaussians(priors, np.stack([group.mean(axis=0) for group in groups]), variances)

    @cached_property
    def posterior(self) -> Float64Array:
        """P(class | row) of the queries, by definition."""
        return self.right.posterior(self.queries)

    def by_scikit_learn(self) -> Float64Array:
        """The same by scikit-learn, whose checks of its arguments take longer than all else; not for constant features alone."""
        oracle = GaussianNB(var_smoothing=1e-9).fit(self.X, np.searchsorted(self.labels, self.y))
        return np.asarray(oracle.predict_proba(self.queries))

    @cached_property
    def predicted(self) -> Labels:
        """The most probable labels of the queries."""
        return np.asarray(self.labels[self.posterior.argmax(axis=1)])

    @cached_property
    def fit_call(self) -> Call:
        """The call of fit as a person would write it."""
        return call("NaiveBayes().fit", self.X, self.y)

    def asked(self, method: str) -> Call:
        """A call of `method` after fit."""
        return self.fit_call + call(f".{method}", self.queries)

    def fitted(self) -> Any:
        """The subject, fitted to this problem."""
        return quietly(kata.NaiveBayes().fit, self.X, self.y)

    def translated(self, offset: float) -> Problem:
        """The same problem that far away."""
        return replace(self, X=self.X + offset, queries=self.queries + offset)


@st.composite
def problems(draw: st.DrawFn, *, min_classes: int = 1) -> Problem:
    """Problems with labels of any kind, classes of 1 to 6 rows, features of unlike scale, and queries without ties."""
    rng = np.random.default_rng(draw(seeds()))
    names = draw(st.sampled_from(NAMES))
    labels = np.array(draw(st.permutations(names)))[: draw(st.integers(min_classes, len(names)))]
    sizes = draw(st.lists(st.integers(1, 6), min_size=len(labels), max_size=len(labels)))
    of = rng.permutation(np.repeat(np.arange(len(labels)), sizes))
    d = draw(st.integers(1, 4))
    scale = 10.0 ** rng.uniform(-1, 1, size=d)
    centres, widths = rng.normal(size=(len(labels), d)), rng.uniform(0.3, 2.0, size=(len(labels), d))
    X = (centres[of] + widths[of] * rng.normal(size=(len(of), d))) * scale
    problem = Problem(X, labels[of], 2 * rng.normal(size=(6, d)) * scale)
    ordered = np.sort(problem.right.posterior(problem.queries), axis=1)
    clear = ordered[:, -1] - ordered[:, :-1].max(axis=1, initial=0.0) > 1e-4  # rounding cannot change who is first
    assume(bool(clear.any()))
    return replace(problem, queries=problem.queries[clear])


def two_classes(mean: float, width: float, features: int = 1) -> tuple[Float64Array, Labels]:
    """Training data of classes 0 and 1, whose means differ by `mean`, and in the first feature only.

    Class 1 is twice as likely; both have the standard deviation `width` in each feature.
    """
    X = np.tile([[-width], [width]], (3, features))
    y = np.array([0, 0, 1, 1, 1, 1])
    X[y == 1, 0] += mean
    return X, y


def loop_proba(
    rows: list[list[float]], priors: list[float], means: list[list[float]], variances: list[list[float]]
) -> list[list[float]]:
    """The posterior number by number, over lists."""
    result = []
    for row in rows:
        log_joint = []
        for prior, mean, variance in zip(priors, means, variances, strict=True):
            total = math.log(prior)
            for x, mu, v in zip(row, mean, variance, strict=True):
                total -= 0.5 * (math.log(2 * math.pi * v) + (x - mu) ** 2 / v)
            log_joint.append(total)
        top = max(log_joint)
        joint = [math.exp(value - top) for value in log_joint]
        result.append([value / sum(joint) for value in joint])
    return result


# --- what mistakes give ----------------------------------------------------------------------------------------------


def in_order_of_appearance(labels: Labels) -> list[Any]:
    """The distinct labels as they come."""
    return list(dict.fromkeys(labels.tolist()))


def variance_mistakes(problem: Problem, c: int) -> dict[str, object]:
    """What the usual mistakes give for the variances of class number `c`."""
    X, spread, right = problem.X, problem.spread, problem.smoothing
    group = X[problem.y == problem.labels[c]]
    raw = group.var(axis=0)
    one_pass = np.mean(group**2, axis=0) - np.mean(group, axis=0) ** 2 + right
    within = (problem.right.variances - right).max()
    return {
        "divided by n - 1: the variance here divides by the number of rows of the class (ddof 0)": lambda: (
            raw * (len(group) / (len(group) - 1)) + right
        ),
        "not smoothed: add 1e-9 times the largest variance of a feature, here too": raw,
        "the standard deviation: the second of the pair is the variance": np.sqrt(raw + right),
        "the standard deviation, smoothed: the second of the pair is the variance": np.sqrt(raw) + right,
        "the variance over all rows, shared by the classes: take the class's own rows": spread + right,
        "the variance over all rows, shared by the classes, not smoothed: take the class's own rows": spread,
        "the variances of the classes pooled: take the class's own rows": problem.right.priors
        @ problem.right.variances,
        "smoothed by what rounding left of a variance: compare values, as np.var([0.1] * 3) is not 0": (
            raw + 1e-9 * X.var(axis=0).max()
        ),
        "smoothed by 1e-9 itself: it is 1e-9 times the largest variance of a feature": raw + 1e-9,
        "smoothed by each feature's own variance: one smoothing, from the largest, serves all": raw + 1e-9 * spread,
        "smoothed by the class's own variance: take the largest over all training rows": raw + 1e-9 * raw.max(),
        "smoothed by the largest variance within a class: take it over all training rows": raw + 1e-9 * within,
        "smoothed by the mean of the features' variances: take the largest": raw + 1e-9 * spread.mean(),
        "smoothed by the variance of all numbers of X together: take each feature's (axis=0)": raw + 1e-9 * X.var(),
        "smoothed by the largest standard deviation: take the variance": raw + 1e-9 * np.sqrt(spread.max()),
        "smoothed by a variance with divisor n - 1: it divides by n": lambda: raw + right * len(X) / (len(X) - 1),
        "the smoothing used as a floor: add it": np.maximum(raw, right),
        "E[x^2] - E[x]^2, which loses its digits far from zero: average squared differences from the mean": one_pass,
    }


def proba_mistakes(problem: Problem) -> dict[str, object]:
    """What the usual mistakes give for `predict_proba`."""
    right, queries, labels = problem.right, problem.queries, problem.labels
    shape = (len(queries), len(labels))
    even = np.full(len(labels), 1 / len(labels))
    columns = [labels.tolist().index(label) for label in in_order_of_appearance(problem.y)]
    log_joint = right.log_joint(queries)

    def bent(variances: Float64Array) -> Callable[[], Float64Array]:
        return lambda: replace(right, variances=np.broadcast_to(variances, right.variances.shape)).posterior(queries)

    def over_batch() -> Float64Array:
        joint = np.exp(log_joint - log_joint.max())
        return np.asarray(joint / joint.sum(axis=1, keepdims=True))

    underflow = "where densities underflow (or overflow): add logarithms, subtract each row's own largest before exp"
    return {
        f"NaN {underflow}": lambda: right.multiplied(queries),
        "NaN where a row is far from the others: subtract the largest of each row, not of the batch": over_batch,
        "NaN everywhere: 0/0, by densities that underflow or by a variance of 0": np.full(shape, np.nan),
        "every class taken as equally likely: multiply by the class's prior": lambda: replace(
            right, priors=even
        ).posterior(queries),
        "variances divided by n - 1: divide by the number of rows of the class (ddof 0)": lambda: problem.gaussians(
            problem.smoothing, ddof=1
        ).posterior(queries),
        "the standard deviation where the formula has the variance": bent(np.sqrt(right.variances)),
        "the squared variance where the formula has the variance": bent(right.variances**2),
        "one variance for all classes, that of all rows: each class has its own": bent(
            problem.spread + problem.smoothing
        ),
        "one variance for all classes, pooled: each class has its own": bent(right.priors @ right.variances),
        "variances smoothed by 1e-9 itself: it is 1e-9 times the largest variance of a feature": lambda: (
            problem.gaussians(1e-9).posterior(queries)
        ),
        "variances smoothed by each feature's own: one smoothing, from the largest, serves all": lambda: (
            problem.gaussians(1e-9 * problem.spread).posterior(queries)
        ),
        "densities without their factor 1/sqrt(2 pi v), which differs from class to class": lambda: normalised(
            np.log(right.priors) - 0.5 * right.distances(queries)
        ),
        "the exponent without its 1/2": lambda: normalised(log_joint - 0.5 * right.distances(queries)),
        "log probabilities: take exp of them": lambda: np.log(right.posterior(queries)),
        "the priors where densities underflow, by a fallback or by log(density + something): add logarithms of densities, "
        "each by a formula of its own": np.broadcast_to(right.priors, shape),
        **{
            f"log(density + {pad:g}): a log-density has a formula of its own and needs no padding": (
                partial(right.padded, queries, pad)
            )
            for pad in (1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-300)
        },
        f"the same for all classes {underflow}": np.broadcast_to(even, shape),
        f"0 {underflow}": np.zeros(shape),
        "joint densities: divide each row by its sum": lambda: np.exp(log_joint),
        "log joint densities: subtract each row's largest, take exp, divide by the sum": log_joint,
        "columns in the order in which labels appear: sort them": lambda: right.posterior(queries)[:, columns],
        "columns divided by their sums: each row sums to 1": lambda: np.exp(log_joint) / np.exp(log_joint).sum(axis=0),
    }


def predict_mistakes(problem: Problem) -> dict[str, object]:
    """What the usual mistakes give for `predict`."""
    labels, want = problem.labels, problem.predicted
    even = replace(problem.right, priors=np.full(len(labels), 1 / len(labels)))
    return {
        "positions in `classes`: look the labels up": np.searchsorted(labels, want),
        "the first class for every row, as argmax gives for NaN: stay in log space": np.full(len(want), labels[0]),
        "every class taken as equally likely: multiply by the class's prior": lambda: labels[
            even.posterior(problem.queries).argmax(axis=1)
        ],
        "the least probable label: take the largest posterior": lambda: labels[problem.posterior.argmin(axis=1)],
        "the largest posterior itself: give its label": problem.posterior.max(axis=1),
    }


# --- how the suite asks ----------------------------------------------------------------------------------------------


def quietly(function: Callable[..., Any], *args: object) -> Any:
    """Call without warnings: the check on what comes back says more than "invalid value in divide"."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)


def check_proba(problem: Problem, model: Any = None, *, want: npt.ArrayLike | None = None, hint: str = "") -> None:
    """Hold `predict_proba` to `want`, or else to the oracle."""
    __tracebackhide__ = True
    model = problem.fitted() if model is None else model
    check.close(
        quietly(model.predict_proba, problem.queries),
        problem.posterior if want is None else want,
        asked=problem.asked("predict_proba"),
        rtol=0,
        atol=1e-6,
        mistakes=proba_mistakes(problem),
        hint=hint,
    )


def check_predict(problem: Problem, model: Any = None, *, want: Labels | None = None, hint: str = "") -> None:
    """Hold `predict` to `want`, or else to the oracle."""
    __tracebackhide__ = True
    model = problem.fitted() if model is None else model
    check.equal(
        quietly(model.predict, problem.queries),
        problem.predicted if want is None else want,
        asked=problem.asked("predict"),
        mistakes=predict_mistakes(problem),
        hint=hint,
    )


def by_label(model: Any, attribute: str, problem: Problem) -> dict[Any, Any]:
    """The attribute, when it is a dict whose keys are the labels of this fit."""
    __tracebackhide__ = True
    mapping = getattr(model, attribute)
    keys = list(mapping) if isinstance(mapping, Mapping) else []
    labels = problem.labels.tolist()
    check.true(
        isinstance(mapping, Mapping) and set(keys) == set(labels),
        asked=problem.fit_call + f".{attribute}",
        came=f"a dict with the keys {keys!r}" if keys else mapping,
        expected=f"a dict with the keys {labels!r}",
        mistake="the keys are positions in `classes`: take the labels" if keys == list(range(len(labels))) else "",
        hint="one key for each label of this fit, equal to the label",
    )
    return dict(mapping)


def check_fit(problem: Problem, model: Any = None, *, rtol: float = 1e-9, hint: str = "") -> None:
    """Hold classes, priors, means and variances to the definitions."""
    __tracebackhide__ = True
    model = problem.fitted() if model is None else model
    labels = problem.labels
    check.equal(
        model.classes,
        labels,
        asked=problem.fit_call + ".classes",
        mistakes={
            "in the order in which labels appear: sort them": in_order_of_appearance(problem.y),
            "the numbers 0 to C - 1: they are the labels themselves": np.arange(len(labels)),
            "all numbers up to the largest label: take those that occur": lambda: np.arange(labels.max() + 1),
        },
        hint=hint or "the distinct labels of this fit, sorted",
    )
    check.true(
        isinstance(model.classes, np.ndarray),
        asked=problem.fit_call + ".classes",
        came=f"{check.show(model.classes)}, a {type(model.classes).__name__}",
        expected="an array of the labels",
        mistake="a list of the labels: np.unique gives the array" if isinstance(model.classes, list) else "",
        hint="`classes` is a NumPy array",
    )
    priors = by_label(model, "class_priors", problem)
    likelihoods = by_label(model, "feature_likelihoods", problem)
    for c, label in enumerate(labels.tolist()):
        prior = float(problem.right.priors[c])
        count = round(prior * len(problem.y))
        check.close(
            priors[label],
            prior,
            asked=problem.fit_call + f".class_priors[{label!r}]",
            mistakes={
                "every class taken as equally likely: the prior is the share of the training rows": 1 / len(labels),
                "a number of rows: divide by the number of all": count,
                "counts smoothed: the prior is the plain share": (count + 1) / (len(problem.y) + len(labels)),
                "the logarithm of the prior": math.log(prior),
            },
            hint=hint,
        )
        check_likelihood(problem, c, likelihoods[label], rtol=rtol, hint=hint)


def check_likelihood(problem: Problem, c: int, got: Any, *, rtol: float, hint: str) -> None:
    """Hold the pair of class number `c` to mean and variance."""
    __tracebackhide__ = True
    asked = problem.fit_call + f".feature_likelihoods[{problem.labels.tolist()[c]!r}]"
    check.true(
        isinstance(got, tuple | list | np.ndarray) and len(got) == 2,
        asked=asked,
        came=got,
        expected="a pair (mean, variance) of arrays (d,)",
    )
    plain = [type(part).__name__ for part in got if not isinstance(part, np.ndarray)]
    check.true(
        not plain,
        asked=asked,
        came=f"{check.show(got)}, of {' and '.join(plain)}",
        expected="a pair (mean, variance) of arrays (d,)",
        mistake="lists where arrays are wanted: give np.array of them" if "list" in plain else "",
        hint="NumPy arrays, one number for each feature",
    )
    mean, variance = problem.right.means[c], problem.right.variances[c]
    check.close(
        got[0],
        mean,
        asked=asked + "[0], the mean",
        rtol=rtol,
        atol=rtol * math.sqrt(problem.spread.max()),
        mistakes={
            "the mean over all rows: take the class's own rows": problem.X.mean(axis=0),
            "the variance: the pair is (mean, variance)": variance,
            "means cut to integers: compute in float64": np.trunc(mean),
        },
        hint=hint,
    )
    check.close(
        got[1],
        variance,
        asked=asked + "[1], the variance",
        rtol=rtol,
        atol=0,
        mistakes=variance_mistakes(problem, c),
        hint=hint,
    )


def check_all(problem: Problem, model: Any = None, *, rtol: float = 1e-9, hint: str = "") -> None:
    """Hold everything that a fitted model offers to the oracles."""
    __tracebackhide__ = True
    model = problem.fitted() if model is None else model
    check_fit(problem, model, rtol=rtol, hint=hint)
    check_proba(problem, model, hint=hint)
    check_predict(problem, model, hint=hint)


SPAM = Problem(
    np.array([[0.0], [4.0], [2.0], [6.0], [8.0]]),
    np.array(["spam", "ham", "spam", "ham", "ham"]),
    np.array([[1.0], [3.0], [6.0]]),
)
"""The example of the README."""
FLOWERS = Problem(
    np.array([[5.0, 1.0], [1.0, 2.0], [6.0, 3.0], [2.0, 6.0], [4.0, 2.0], [0.0, 1.0], [5.0, 4.0]]),
    np.array([7, -3, 7, -3, 7, -3, 7]),
    np.array([[1.0, 1.0], [5.0, 3.0], [2.5, 4.0]]),
)
"""Two features, and labels that are no positions."""
CONVERT = "convert to float64 before you compute"


# --- example ---------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_fit() -> None:
    check_fit(SPAM)


@pytest.mark.example
def test_worked_example_of_predict() -> None:
    check_predict(SPAM, want=np.array(["spam", "ham", "ham"]))


@pytest.mark.example
def test_worked_example_of_predict_proba() -> None:
    spam = [0.4 * math.exp(-((x - 1) ** 2) / 2) for x in (1, 3, 6)]
    ham = [0.6 * math.exp(-((x - 6) ** 2) / (16 / 3)) / math.sqrt(8 / 3) for x in (1, 3, 6)]
    check_proba(SPAM, want=[[h / (h + s), s / (h + s)] for h, s in zip(ham, spam, strict=True)])


@pytest.mark.example
def test_two_features_and_labels_that_are_no_positions() -> None:
    check_all(FLOWERS)


@pytest.mark.example
def test_lists_are_accepted() -> None:
    model = kata.NaiveBayes().fit(SPAM.X.tolist(), SPAM.y.tolist())
    check_fit(SPAM, model)
    queries = SPAM.queries.tolist()
    check.equal(model.predict(queries), SPAM.predicted, asked=call("predict", queries))
    check.close(model.predict_proba(queries), SPAM.posterior, asked=call("predict_proba", queries), rtol=0, atol=1e-6)


@pytest.mark.example
def test_fit_returns_the_object_itself() -> None:
    model = kata.NaiveBayes()
    returned = model.fit(SPAM.X, SPAM.y)
    check.true(
        returned is model,
        asked="what fit returns",
        came="None" if returned is None else f"another {type(returned).__name__}",
        expected="the object itself, so that fit(X, y).predict(X) can be written",
        mistake="no `return self` at the end of fit" if returned is None else "",
    )


# --- law -------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(problems())
def test_fit_learns_classes_priors_means_and_variances(problem: Problem) -> None:
    check_fit(problem)


@pytest.mark.law
@given(problems())
def test_predict_proba_is_bayes_rule(problem: Problem) -> None:
    check_proba(problem, want=problem.by_scikit_learn() if problem.spread.any() else None)


@pytest.mark.law
@given(problems())
def test_predict_gives_the_most_probable_label(problem: Problem) -> None:
    check_predict(problem)


@pytest.mark.law
@given(problems(), st.floats(0.0, 6.0))
def test_rows_of_predict_proba_are_probabilities_near_and_far(problem: Problem, exponent: float) -> None:
    problem = replace(problem, queries=np.vstack([problem.queries, problem.queries * 10**exponent]))
    got = np.asarray(quietly(problem.fitted().predict_proba, problem.queries))
    hint = "subtract the largest log joint density of each row, take exp, divide by the row's sum"
    asked = problem.asked("predict_proba")
    mistakes = {
        "joint densities: divide each row by its sum": lambda: np.exp(problem.right.log_joint(problem.queries)).sum(
            axis=1
        ),
        "NaN where densities underflow: 0/0; stay in log space": lambda: problem.right.multiplied(problem.queries).sum(
            axis=1
        ),
    }
    ones = np.ones(len(problem.queries))
    check.close(got.sum(axis=-1), ones, asked="the sums of the rows of " + asked, mistakes=mistakes, hint=hint)
    check.true(bool(np.all((got >= 0) & (got <= 1 + 1e-9))), asked=asked, came=got, expected="numbers from 0 to 1")


@pytest.mark.law
@given(problems())
def test_each_row_is_answered_for_itself(problem: Problem) -> None:
    problem = replace(problem, queries=np.vstack([problem.queries, 1e4 * problem.queries[:1]]))
    model = problem.fitted()
    for method in ("predict_proba", "predict"):
        together = np.asarray(quietly(getattr(model, method), problem.queries))
        one_by_one = quietly(each, getattr(model, method), [(row.copy(),) for row in problem.queries[:, None]])
        alone = [np.asarray(answer) for answer in one_by_one]
        check.true(
            all(answer.shape == together[:1].shape for answer in alone),
            asked=f"{method} of a single row, after {problem.asked(method)}",
            came=f"answers of the shapes {[answer.shape for answer in alone]}",
            expected=f"one row, of shape {together[:1].shape}",
        )
        same = check.is_close if method == "predict_proba" else check.is_equal
        check.true(
            same(together, np.concatenate(alone)),
            asked=problem.asked(method),
            came=together,
            expected=f"{check.show(np.concatenate(alone))}, as {method} gives for the rows one by one",
            mistake="the answer for a row depends on the other rows: subtract the largest of each row, sum over each row",
        )


@pytest.mark.law
@given(problems(), seeds())
def test_the_order_of_training_rows_and_of_features_does_not_matter(problem: Problem, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(problem.X)), rng.permutation(problem.X.shape[1])
    shuffled = Problem(problem.X[rows][:, columns], problem.y[rows], problem.queries[:, columns])
    model = shuffled.fitted()
    check_fit(shuffled, model)
    check_proba(shuffled, model, want=problem.posterior)


@pytest.mark.law
@given(problems())
def test_training_rows_given_twice_change_nothing(problem: Problem) -> None:
    twice = replace(problem, X=np.repeat(problem.X, 2, axis=0), y=np.repeat(problem.y, 2))
    check_proba(twice, want=problem.posterior)


@pytest.mark.law
@given(problems(min_classes=2))
def test_labels_are_names_and_other_names_only_move_columns(problem: Problem) -> None:
    names = np.array([f"{'z' * (4 - c)}{c}" for c in range(len(problem.labels))])  # these sort the other way
    renamed = replace(problem, y=names[np.searchsorted(problem.labels, problem.y)])
    model = renamed.fitted()
    check_proba(renamed, model, want=problem.posterior[:, ::-1])
    check_predict(renamed, model, want=names[np.searchsorted(problem.labels, problem.predicted)])


@pytest.mark.law
@given(problems(), st.sampled_from([-60, -20, -10, 10, 20, 60]))
def test_units_do_not_matter(problem: Problem, exponent: int) -> None:
    unit = 2.0**exponent
    assume(problem.spread.any())  # else the smoothing is 1e-9 in any unit
    scaled = replace(problem, X=problem.X * unit, queries=problem.queries * unit)
    model = scaled.fitted()
    check_fit(scaled, model)
    check_proba(scaled, model, want=problem.posterior)


# --- edge: smoothing -------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_smoothing_is_the_largest_variance_of_a_feature_over_all_rows() -> None:
    X = np.array([[0.02, 0.0], [0.02, 400.0], [0.02, 600.0], [0.05, 1000.0]])
    check_all(Problem(X, np.array([0, 0, 1, 1]), np.array([[0.0, 500.0], [0.03, 500.0], [0.06, 490.0]])))


@pytest.mark.edge
def test_smoothing_is_added_and_no_floor() -> None:
    X = np.array([[0.0, 0.0], [2.0**15, 1.0], [0.0, 0.0], [2.0**15, 2.0]])
    check_all(Problem(X, np.array([0, 0, 1, 1]), np.array([[2.0**14, 0.0], [2.0**14, 1.25], [2.0**14, 2.0]])))


@pytest.mark.edge
def test_a_feature_that_is_constant_in_a_class_decides_without_nan() -> None:
    X = np.array([[1.0, 3.0], [1.0, 5.0], [1.0, 4.0], [2.0, 4.0], [3.0, 6.0]])
    check_all(Problem(X, np.array([0, 0, 0, 1, 1]), np.array([[1.0, 4.0], [1.001, 4.0], [2.0, 4.0]])))


@pytest.mark.edge
def test_a_feature_that_is_constant_everywhere_leaves_the_smoothing_to_the_others() -> None:
    X = np.array([[3.0, 0.0], [3.0, 400.0], [3.0, 200.0], [3.0, 600.0], [3.0, 800.0]])
    problem = Problem(X, np.array([0, 1, 0, 1, 1]), np.array([[3.0, 100.0], [3.01, 300.0], [2.99, 600.0]]))
    check_all(
        problem, hint="the smoothing is 1e-9 times the largest variance: 1e-9 itself only if all features are constant"
    )


@pytest.mark.edge
def test_features_that_hardly_vary_are_not_constant() -> None:
    X = FLOWERS.X * 2.0**-24 + 1.0
    problem = replace(FLOWERS, X=X, queries=FLOWERS.queries * 2.0**-24 + 1.0)
    model = problem.fitted()
    hint = "constant means equal: a difference of 1e-7 is one, and np.isclose does not see it"
    check_fit(problem, model, rtol=1e-6, hint=hint)
    check_proba(problem, model, want=FLOWERS.posterior, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("value", [0.0, 0.1, 7.0])
def test_variances_are_1e_9_if_every_feature_is_constant(value: float) -> None:
    problem = Problem(np.full((3, 2), value), np.array([0, 1, 0]), np.full((1, 2), value))
    check_all(problem, hint="all rows are equal, so the smoothing is 1e-9; and np.var([0.1] * 3) is not 0")


# --- edge: where densities leave float64 -----------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("distance", [40.0, -60.0, 200.0])
def test_rows_far_from_every_class_keep_their_probabilities(distance: float) -> None:
    X, y = two_classes(mean=1 / 64, width=1.0)
    problem = Problem(X, y, np.array([[distance]]))
    odds = 2 * math.exp((distance - 1 / 128) / 64)  # of class 1, as its prior is 2/3 and the variances are equal
    check_proba(problem, want=[[1 / (1 + odds), odds / (1 + odds)]])
    check_predict(problem)


@pytest.mark.edge
def test_predict_is_right_where_every_density_is_zero() -> None:
    X = np.array([[0.0], [2.0], [10.0], [16.0], [20.0], [22.0]])
    problem = Problem(X, np.array(["a", "a", "b", "b", "c", "c"]), np.array([[1e5], [-1e5], [2e3]]))
    check_predict(problem, want=np.array(["b", "b", "b"]), hint="far away the widest class is the most probable one")


@pytest.mark.edge
def test_hundreds_of_features_do_not_underflow() -> None:
    X, y = two_classes(mean=1.0, width=1.0, features=900)
    queries = np.tile([[1.25], [-0.75]], 900)
    queries[:, 0] = [0.0, 1.5]
    check_all(Problem(X, y, queries))


@pytest.mark.edge
def test_hundreds_of_narrow_features_do_not_overflow() -> None:
    X, y = two_classes(mean=2.0**-10, width=2.0**-10, features=900)
    queries = np.tile([[2.0**-10], [-(2.0**-11)]], 900)
    queries[:, 0] = [0.0, 1.5 * 2.0**-10]
    check_all(Problem(X, y, queries))


@pytest.mark.edge
def test_a_far_row_does_not_disturb_the_other_rows_of_its_batch() -> None:
    X, y = two_classes(mean=1 / 64, width=1.0)
    check_proba(Problem(X, y, np.array([[0.5], [200.0], [-300.0]])))


@pytest.mark.edge
def test_features_far_from_zero_keep_their_accuracy() -> None:
    X = np.array([[0.0, 2.0], [1.0, 0.0], [3.0, 1.0], [2.0, 5.0], [4.0, 3.0], [6.0, 4.0], [5.0, 7.0]])
    near = Problem(X, np.array([0, 0, 0, 1, 1, 1, 1]), np.array([[2.0, 2.0], [3.0, 2.0], [4.0, 1.0]]))
    far = near.translated(1e7)
    model = far.fitted()
    check_fit(far, model, rtol=1e-6)
    hint = "subtract the mean before you square: x^2 - 2 x mean + mean^2 loses its digits far from zero"
    check_proba(far, model, want=near.posterior, hint=hint)


# --- edge: sizes, labels, dtypes -------------------------------------------------------------------------------------


@pytest.mark.edge
def test_one_training_row_is_enough() -> None:
    check_all(Problem(np.array([[2.0, 5.0]]), np.array(["only"]), np.array([[2.0, 5.0], [0.0, 9.0]])))


@pytest.mark.edge
def test_one_class_is_certain() -> None:
    check_all(replace(SPAM, y=np.full(5, 3)))


@pytest.mark.edge
@pytest.mark.parametrize(
    ("n", "d", "classes", "m"), [(3000, 2, 3, 20), (40, 700, 3, 8), (900, 2, 300, 20), (30, 2, 3, 2500)]
)
def test_many_rows_features_classes_or_queries_are_answered_alike(n: int, d: int, classes: int, m: int) -> None:
    rng = np.random.default_rng(n + d)
    y = rng.permutation(np.arange(n) % classes)
    centres = rng.normal(size=(classes, d)) * (3 / math.sqrt(d))  # near enough for every feature to have a say
    problem = Problem(
        rng.normal(size=(n, d)) + centres[y], 10 * y, rng.normal(size=(m, d)) + centres[rng.permutation(m) % classes]
    )
    model = problem.fitted()
    hint = "nothing changes where there are many training rows, features, classes or queries: beware of small integer types"
    if classes < 10:  # the posteriors show it just as well, and sooner
        check_fit(problem, model, hint=hint)
    check_proba(problem, model, hint=hint)
    check_predict(problem, model, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(
    ("rows", "y", "query"),
    [([0, 2, 0, 2], ["b", "b", "a", "a"], 5), ([1, 3, -3, -1], [-7, -7, 4, 4], 0), ([1, 3, -3, -1], [4, 4, -7, -7], 0)],
    ids=["the same rows", "mirrored", "mirrored the other way"],
)
def test_ties_go_to_the_first_of_the_classes(rows: list[float], y: list[Any], query: float) -> None:
    problem = Problem(np.array(rows, dtype=float)[:, None], np.array(y), np.array([[query]], dtype=float))
    first, last = problem.labels[:1], problem.labels[1:]
    check.equal(
        problem.fitted().predict(problem.queries),
        first,
        asked=problem.asked("predict"),
        mistakes={"the last of the labels that tie: take the first of `classes`": last},
        hint="both labels are equally probable here, and the first of `classes` wins",
    )


@pytest.mark.edge
def test_a_label_that_is_more_probable_by_a_hair_is_predicted() -> None:
    X, y = np.array([[1.0], [3.0], [-3.0], [-1.0]]), np.array(["b", "b", "a", "a"])
    problem = Problem(X, y, np.array([[2e-6], [-2e-6]]))  # probabilities that differ by 4e-6
    check.equal(
        problem.fitted().predict(problem.queries),
        np.array(["b", "a"]),
        asked=problem.asked("predict"),
        mistakes={
            "nearly equal taken for a tie: compare exactly, with argmax, and not with isclose": np.array(["a", "a"])
        },
        hint="only posteriors that are exactly equal are a tie",
    )


@pytest.mark.edge
@pytest.mark.parametrize("names", [[False, True], [2**53 + 1, 2**53], [-1.5, 0.25], ["a", "much länger"]], ids=str)
def test_predicted_labels_are_those_of_the_training_rows(names: list[Any]) -> None:
    y = np.array(names).repeat(2)
    problem = Problem(np.array([[0.0], [1.0], [8.0], [9.0]]), y, np.array([[0.0], [9.0], [8.0]]))
    got = problem.fitted().predict(problem.queries)
    check.equal(
        got,
        problem.predicted,
        asked=problem.asked("predict"),
        mistakes={
            "positions in `classes`: look the labels up": np.searchsorted(problem.labels, problem.predicted),
            "labels that went through floats: keep their dtype": lambda: problem.predicted.astype(float),
            "strings cut to the length of the first: let NumPy choose the dtype": problem.predicted.astype("U1"),
        },
    )
    kind = got.dtype.kind if isinstance(got, np.ndarray) else ""
    check.true(
        kind == y.dtype.kind,
        asked=problem.asked("predict"),
        came=f"{check.show(got)}, {f'a {got.dtype} array' if kind else type(got).__name__}",
        expected=f"an array of labels as they are in y, which are {y.dtype}",
        mistake="labels that went through floats: keep their dtype" if kind == "f" else "",
        hint="take the labels out of `classes`",
    )


@pytest.mark.edge
def test_labels_may_come_as_objects() -> None:
    problem = replace(SPAM, y=np.array(["a", "much longer", "a", "much longer", "much longer"]))
    y = problem.y.astype(object)
    asked = f"{problem.fit_call} with y as an array of objects, as a data frame gives it"
    model = check.accepts(
        partial(kata.NaiveBayes().fit, problem.X, y), asked=asked, because="y may be anything that np.asarray takes"
    )
    check_fit(problem, model, hint="y came as an array of Python strings")
    check_predict(problem, model, hint="y came as an array of Python strings")


@pytest.mark.edge
@pytest.mark.parametrize(
    "dtype",
    [np.bool_, np.uint8, np.int8, np.int16, np.int32, np.int64, np.uint64, np.object_],
    ids=lambda dtype: np.dtype(dtype).name,
)
def test_integers_neither_wrap_around_nor_cut_means(dtype: type[np.generic]) -> None:
    X: npt.NDArray[Any]
    shares = [[50, 3], [97, 60], [2, 99], [5, 90], [60, 1], [95, 80]]
    if issubclass(dtype, np.integer):  # over the whole range of the type, so that differences do not fit into it
        low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
        X = np.array([[low + share * (high - low) // 100 for share in row] for row in shares], dtype=dtype)
    else:
        X = np.array(shares) > 55 if issubclass(dtype, np.bool_) else np.array(shares).astype(dtype)
    y = np.array([0, 0, 1, 1, 1, 0], dtype=np.uint8)
    problem = Problem(X.astype(np.float64), y, X.astype(np.float64))
    model = kata.NaiveBayes().fit(X, y)
    check_fit(problem, model, hint=CONVERT)
    asked = f"{problem.asked('predict_proba')}, all as {np.dtype(dtype).name}"
    check.close(quietly(model.predict_proba, X), problem.posterior, asked=asked, rtol=0, atol=1e-6, hint=CONVERT)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float32, np.float16], ids=lambda dtype: np.dtype(dtype).name)
def test_float32_is_computed_in_float64(dtype: type[np.floating[Any]]) -> None:
    X = (1000 + 5 * np.random.default_rng(3).normal(size=(40, 3))).astype(dtype)
    problem = Problem(X.astype(np.float64), np.repeat([0, 1], 20), X[::4].astype(np.float64))
    model = kata.NaiveBayes().fit(X, problem.y)
    check_fit(problem, model, hint=f"{CONVERT}: float32 keeps seven digits")
    got, asked = model.predict_proba(X[::4]), f"{problem.asked('predict_proba')}, all as {np.dtype(dtype).name}"
    check.close(got, problem.posterior, asked=asked, rtol=0, atol=1e-6, hint=f"{CONVERT}: float32 keeps seven digits")
    check.float_array(got, (10, 2), asked=asked)


# --- edge: state -----------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("shape", ["another", "the same"])
def test_a_second_fit_forgets_the_first(shape: str) -> None:
    first = SPAM if shape == "another" else replace(FLOWERS, X=10.0 - FLOWERS.X, y=FLOWERS.y[::-1] + 1)
    model = first.fitted()
    model.fit(FLOWERS.X, FLOWERS.y)
    check_all(FLOWERS, model, hint=f"the object was fitted to other data, of {shape} shape, and to other labels before")


@pytest.mark.edge
def test_objects_share_nothing() -> None:
    model = FLOWERS.fitted()
    SPAM.fitted()
    check_all(FLOWERS, model, hint="another NaiveBayes was fitted in between: keep what is learned in self")


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, y, queries = FLOWERS.X.copy(), FLOWERS.y.copy(), FLOWERS.queries.copy()
    with check.untouched(asked=FLOWERS.fit_call, X=X, y=y):
        model = kata.NaiveBayes().fit(X, y)
    for method in ("predict", "predict_proba"):
        with check.untouched(asked=FLOWERS.asked(method), X=queries):
            getattr(model, method)(queries)


@pytest.mark.edge
def test_the_model_does_not_follow_later_changes_of_its_training_data() -> None:
    X, y = FLOWERS.X.copy(), FLOWERS.y.copy()
    model = kata.NaiveBayes().fit(X, y)
    X[:] = X[::-1].copy() * 3
    y[:] = np.where(y == 7, -3, 8)
    check_all(FLOWERS, model, hint="X and y changed after fit: compute in fit, or copy, what the model needs of them")


@pytest.mark.edge
def test_arrays_that_have_changed_are_new_data() -> None:
    X, y, queries = FLOWERS.X.copy(), FLOWERS.y.copy(), FLOWERS.queries.copy()
    model = kata.NaiveBayes().fit(X, y)
    for method in ("predict", "predict_proba"):
        getattr(model, method)(queries)
    queries[:] = queries[::-1].copy()
    hint = "the numbers count, not which array they are in: look into it at each call"
    changed = replace(FLOWERS, queries=queries)
    check_proba(changed, model, hint=f"the array of the queries was given before, with other numbers in it; {hint}")
    check_predict(changed, model, hint=f"the array of the queries was given before, with other numbers in it; {hint}")
    X[:] = 10 - X[::-1]
    y[:] = np.where(y == 7, -3, 8)
    model.fit(X, y)
    check_all(
        Problem(X, y, queries), model, hint=f"the same arrays were fitted before, with other numbers in them; {hint}"
    )


# --- edge: errors ----------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_a_method_before_fit_is_a_runtime_error(method: str) -> None:
    model = kata.NaiveBayes()
    check.raises(
        RuntimeError,
        partial(getattr(model, method), np.array([[1.0]])),
        asked="NaiveBayes()." + call(method, [[1.0]]),
        because="there was no fit",
        hint="each method must look whether there was a fit before it uses what fit learned",
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    ("x_shape", "y_shape", "because"),
    [
        ((4,), (4,), "X is not 2-D"),
        ((), (1,), "X is not 2-D"),
        ((4, 2, 1), (4,), "X is not 2-D"),
        ((4, 2), (4, 1), "y is a column, not 1-D"),
        ((4, 2), (1, 4), "y is a row, not 1-D"),
        ((4, 2), (4, 1, 1), "y has three axes, not 1-D"),
        ((1, 2), (), "y is a single label, not 1-D"),
        ((4, 2), (3,), "4 rows do not pair with 3 labels"),
        ((4, 2), (5,), "4 rows do not pair with 5 labels"),
        ((4, 2), (1,), "4 rows do not pair with 1 label"),
        ((4, 2), (0,), "4 rows do not pair with 0 labels"),
        ((0, 2), (0,), "there are no rows"),
        ((4, 0), (4,), "there are no features"),
    ],
)
def test_training_data_of_wrong_shape_are_an_error(
    x_shape: tuple[int, ...], y_shape: tuple[int, ...], because: str
) -> None:
    X = np.arange(math.prod(x_shape), dtype=float).reshape(x_shape)
    y = (np.arange(math.prod(y_shape)) % 2).reshape(y_shape)
    check.raises(
        ValueError,
        partial(quietly, kata.NaiveBayes().fit, X, y),
        asked=f"fit with X of shape {x_shape} and y of shape {y_shape}",
        because=because,
        hint="compare the shapes first; nothing is broadcast or reshaped to fit",
    )


@pytest.mark.edge
@pytest.mark.parametrize("method", ["predict", "predict_proba"])
@pytest.mark.parametrize(
    ("features", "shape", "because"),
    [
        (2, (2,), "X is not 2-D, even if it could be a row"),
        (1, (2,), "X is not 2-D, even if it could be a column"),
        (1, (), "X is not 2-D"),
        (2, (3, 2, 2), "X is not 2-D"),
        (2, (3, 1), "fit saw 2 features, not 1, even if one broadcasts"),
        (2, (3, 3), "fit saw 2 features, not 3"),
        (2, (2, 3), "fit saw 2 features, not 3, and nothing is transposed"),
        (1, (3, 2), "fit saw 1 feature, not 2, even if one broadcasts"),
        (2, (0, 2), "there are no rows"),
        (2, (3, 0), "there are no features"),
    ],
)
def test_queries_of_wrong_shape_are_an_error(method: str, features: int, shape: tuple[int, ...], because: str) -> None:
    model = kata.NaiveBayes().fit(FLOWERS.X[:, :features], FLOWERS.y)
    X = np.ones(shape)
    check.raises(
        ValueError,
        partial(quietly, getattr(model, method), X),
        asked=f"{method} of X of shape {shape} after fit with {features} features",
        because=because,
        hint="compare the shapes first; nothing is broadcast or reshaped to fit",
    )


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_predict_proba_is_vectorised(race: Racer) -> None:
    X = np.random.default_rng(0).normal(size=(1000, 20))
    problem = Problem(X, np.arange(1000) % 5, X)
    model, right = problem.fitted(), problem.right
    as_lists = X.tolist(), right.priors.tolist(), right.means.tolist(), right.variances.tolist()
    race(
        lambda: model.predict_proba(X),
        lambda: loop_proba(*as_lists),
        at_least=10,
        versus="the loop",
        asked="predict_proba of 1 000 rows with 20 features and 5 classes",
        hint="let NumPy work on all rows at once: one loop over the classes is enough",
    )
