"""Suite of B02: priors, means, variances, and posteriors that are right where densities underflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import naive_bayes as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Call, Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Problem(NamedTuple):
    """Training rows (n, d) with labels (n,), and rows to classify, (m, d)."""

    X: Float64Array
    y: npt.NDArray[Any]
    queries: Float64Array


class Gaussians(NamedTuple):
    """A fitted model: priors (C,), means (C, d), variances (C, d)."""

    priors: Float64Array
    means: Float64Array
    variances: Float64Array


def smoothing(problem: Problem) -> float:
    return 1e-9 * float(problem.X.var(axis=0).max() or 1.0)


def gaussians(problem: Problem, added: float | Float64Array | None = None, ddof: int = 0) -> Gaussians:
    """The right model; the other arguments are what mistakes change."""
    groups = [problem.X[problem.y == label] for label in np.unique(problem.y)]
    variances = np.array([group.var(axis=0) * (len(group) / max(len(group) - ddof, 1e-300)) for group in groups])
    return Gaussians(
        np.array([len(group) / len(problem.y) for group in groups]),
        np.array([group.mean(axis=0) for group in groups]),
        variances + (smoothing(problem) if added is None else added),
    )


def log_joint(model: Gaussians, queries: Float64Array) -> Float64Array:
    """The logarithm of prior times density, shape (m, C)."""
    squares = (queries[:, np.newaxis] - model.means) ** 2
    log_densities = -0.5 * (np.log(2 * np.pi * model.variances) + squares / model.variances)
    return np.asarray(np.log(model.priors) + log_densities.sum(axis=2))


def normalised(scores: Float64Array) -> Float64Array:
    """Softmax of each row."""
    joint = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def posterior(problem: Problem, model: Gaussians | None = None) -> Float64Array:
    return normalised(log_joint(model or gaussians(problem), problem.queries))


def variance_mistakes(problem: Problem, c: int, got: object) -> Mistakes:
    X, right, spread = problem.X, gaussians(problem), problem.X.var(axis=0)
    raw, size = gaussians(problem, added=0.0).variances[c], (problem.y == np.unique(problem.y)[c]).sum()
    wrong = {
        "divided by n - 1: divide by the number of rows of the class (ddof 0)": raw * (size / max(size - 1, 1e-300))
        + smoothing(problem),
        "not smoothed: add 1e-9 times the largest variance of a feature": raw,
        "standard deviations: the second of the pair is the variance": np.sqrt(right.variances[c]),
        "the variance over all rows: each class has its own": spread + smoothing(problem),
        "the variances of the classes pooled: each class has its own": right.priors @ right.variances,
        "smoothed by 1e-9 itself: it is 1e-9 times the largest variance of a feature": raw + 1e-9,
        "smoothed by each feature's own variance: one smoothing, from the largest, serves all": raw + 1e-9 * spread,
        "smoothed by the class's own variance: take the largest over all training rows": raw + 1e-9 * raw.max(),
        "smoothed by the variance of all numbers together: take each feature's (axis=0)": raw + 1e-9 * X.var(),
        "the smoothing used as a floor: add it": np.maximum(raw, smoothing(problem)),
    }
    # Some differ by the smoothing only: without a close look one would be taken for another.
    return {name: value for name, value in wrong.items() if check.is_close(got, value, rtol=1e-11, atol=0)}


def proba_mistakes(problem: Problem) -> Mistakes:
    right, queries, labels = gaussians(problem), problem.queries, np.unique(problem.y).tolist()
    squares = (queries[:, np.newaxis] - right.means) ** 2
    densities = np.exp(-0.5 * squares / right.variances) / np.sqrt(2 * np.pi * right.variances)
    joint, scores = right.priors * densities.prod(axis=2), log_joint(right, queries)
    of_batch = np.exp(scores - scores.max())
    even = right._replace(priors=np.full(len(labels), 1 / len(labels)))
    underflow = "by densities that underflow (or overflow): add logarithms, subtract each row's largest before exp"
    return {
        f"NaN {underflow}": joint / joint.sum(axis=1, keepdims=True),
        "NaN, by the largest of the whole batch: subtract the largest of each row": of_batch
        / of_batch.sum(axis=1, keepdims=True),
        "NaN everywhere, by a variance of 0 or by exp of large numbers": np.full(scores.shape, np.nan),
        "every class taken as equally likely: multiply by the class's prior": posterior(problem, even),
        "variances divided by n - 1: divide by the number of rows of the class": posterior(
            problem, gaussians(problem, ddof=1)
        ),
        "the standard deviation where the formula has the variance": posterior(
            problem, right._replace(variances=np.sqrt(right.variances))
        ),
        "one variance for all classes, pooled: each class has its own": posterior(
            problem, right._replace(variances=right.priors @ right.variances + 0 * right.variances)
        ),
        "densities without their factor 1/sqrt(2 pi v), which differs from class to class": normalised(
            np.log(right.priors) - 0.5 * (squares / right.variances).sum(axis=2)
        ),
        "the exponent without its 1/2": normalised(scores - 0.5 * (squares / right.variances).sum(axis=2)),
        "log probabilities: take exp of them": np.log(posterior(problem)),
        "the priors, by a fallback or by log(density + something): a log-density has a formula of its own": np.broadcast_to(
            right.priors, scores.shape
        ),
        **{
            f"log(density + a small number such as {pad:g}): a log-density has a formula of its own": normalised(
                np.log(right.priors) + np.log(densities + pad).sum(axis=2)
            )
            for pad in (1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-300)
        },
        "joint densities: divide each row by its sum": np.exp(scores),
        "log joint densities: subtract each row's largest, take exp, divide by the sum": scores,
        "columns in the order in which labels appear: they follow the sorted labels": posterior(problem)[
            :, [labels.index(label) for label in dict.fromkeys(problem.y.tolist())]
        ],
        "columns divided by their sums: each row sums to 1": np.exp(scores) / np.exp(scores).sum(axis=0),
    }


def fitted(problem: Problem) -> Any:
    return kata.NaiveBayes().fit(problem.X.copy(), problem.y.copy())


def asked(problem: Problem, what: str) -> Call:
    return call("NaiveBayes().fit", problem.X, problem.y) + f".{what}"


def check_proba(problem: Problem, got: object = None, *, hint: str = "") -> None:
    """Hold `predict_proba`, or an answer that it gave, to Bayes' rule."""
    __tracebackhide__ = True
    got = fitted(problem).predict_proba(problem.queries.copy()) if got is None else got
    want = posterior(problem)
    if not check.is_close(got, want, rtol=0, atol=1e-6):  # mistakes are computed only when they are needed
        with np.errstate(all="ignore"):
            mistakes = proba_mistakes(problem)
        method = asked(problem, "") + call("predict_proba", problem.queries)
        check.close(got, want, asked=method, rtol=0, atol=1e-6, mistakes=mistakes, hint=hint)


def check_predict(problem: Problem, got: object = None, *, hint: str = "") -> None:
    """Hold `predict`, or an answer that it gave, to the largest posterior."""
    __tracebackhide__ = True
    got = fitted(problem).predict(problem.queries.copy()) if got is None else got
    labels, table, right = np.unique(problem.y), posterior(problem), gaussians(problem)
    even = right._replace(priors=np.full(len(labels), 1 / len(labels)))
    check.equal(
        got,
        labels[table.argmax(axis=1)],
        asked=asked(problem, "") + call("predict", problem.queries),
        mistakes={
            "positions in classes: return the labels themselves": table.argmax(axis=1),
            "the first class for every row, as argmax gives for NaN: stay in log space": labels[
                0 * table.argmax(axis=1)
            ],
            "every class taken as equally likely: multiply by the class's prior": lambda: labels[
                posterior(problem, even).argmax(axis=1)
            ],
        },
        hint=hint or "the label whose posterior is largest, as it is in y: neither cut nor converted",
    )


def check_fit(problem: Problem, model: Any = None, *, rtol: float = 1e-9, hint: str = "") -> None:
    """Hold classes, priors, means and variances to the definitions."""
    __tracebackhide__ = True
    model, right = fitted(problem) if model is None else model, gaussians(problem)
    labels = np.unique(problem.y).tolist()
    appearance = {"in the order in which labels appear: sort them": list(dict.fromkeys(problem.y.tolist()))}
    check.equal(model.classes, labels, asked=asked(problem, "classes"), mistakes=appearance, hint=hint)
    priors, likelihoods = model.class_priors, model.feature_likelihoods
    for name, mapping in (("class_priors", priors), ("feature_likelihoods", likelihoods)):
        keys = list(mapping) if isinstance(mapping, Mapping) else []
        check.true(
            len(keys) == len(labels) and set(keys) == set(labels),
            asked=asked(problem, name),
            came=f"a {type(mapping).__name__} with the keys {keys}",
            expected=f"a dict with the keys {labels}",
            mistake="the keys are positions in classes: they are the labels" if keys == [*range(len(labels))] else "",
            hint=hint or "one key for each label of this fit",
        )
    for c, label in enumerate(labels):
        check.close(
            priors[label],
            right.priors[c],
            asked=asked(problem, f"class_priors[{label!r}]"),
            mistakes={
                "every class taken as equally likely: the prior is its share of the training rows": 1 / len(labels),
                "a number of rows: divide by the number of all": right.priors[c] * len(problem.y),
                "the logarithm of the prior": np.log(right.priors[c]),
            },
            hint=hint,
        )
        mean, variance = likelihoods[label]
        size = 1e-12 * float(problem.X.std(axis=0).max())
        pair = f"feature_likelihoods[{label!r}]"
        check.close(mean, right.means[c], asked=asked(problem, pair + "[0]"), rtol=rtol, atol=size, hint=hint)
        check.close(
            variance,
            right.variances[c],
            asked=asked(problem, pair + "[1]"),
            rtol=rtol,
            atol=0,
            mistakes={} if hint else variance_mistakes(problem, c, variance),
            hint=hint or "the mean squared difference from the mean of the class, plus the smoothing",
        )


NAMES: list[list[Any]] = [[0, 1, 2], [7, -3, 40], ["no", "yes", "perhaps"], ["b", "A", "10"]]
EMAILS, KINDS = np.array([[0.0], [4.0], [2.0], [6.0], [8.0]]), np.array(["spam", "ham", "spam", "ham", "ham"])
SPAM = Problem(EMAILS, KINDS, np.array([[1.0], [3.0], [6.0]]))


@st.composite
def problems(draw: st.DrawFn, classes: int = 3) -> Problem:
    """One to three classes of 1 to 6 rows, features of unlike scale in any unit, queries without near ties."""
    rng = np.random.default_rng(draw(seeds()))
    names = np.array(draw(st.sampled_from(NAMES)))[: draw(st.integers(1, classes))]
    of = rng.permutation(np.repeat(np.arange(len(names)), rng.permutation([1, 4, 6])[: len(names)]))
    d = draw(st.integers(1, 4))
    unit = 10.0 ** draw(st.integers(-12, 6)) * 10.0 ** rng.uniform(-1, 1, size=d)
    X = rng.normal(size=(len(names), d))[of] + rng.uniform(0.3, 2.0, size=(len(names), d))[of] * rng.normal(
        size=(len(of), d)
    )
    problem = Problem(X * unit, names[of], 2 * rng.normal(size=(8, d)) * unit)
    ordered = np.sort(np.column_stack([posterior(problem), np.zeros(8)]), axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 1e-4
    return problem._replace(queries=problem.queries[clear])


def two_classes(mean: float, width: float, features: int = 1) -> Problem:
    """Classes 0 and 1, the second twice as likely, whose means differ by `mean` in the first feature only."""
    X, y = np.tile([[-width], [width]], (3, features)), np.array([0, 0, 1, 1, 1, 1])
    X[y == 1, 0] += mean
    return Problem(X, y, X[:3])


@pytest.mark.example
def test_worked_example_of_fit() -> None:
    check_fit(SPAM, kata.NaiveBayes().fit(SPAM.X.tolist(), SPAM.y.tolist()))


@pytest.mark.example
def test_worked_example_of_predict() -> None:
    check_proba(SPAM)
    check_predict(SPAM)


@pytest.mark.law
@given(problems())
def test_fit_learns_classes_priors_means_and_variances(problem: Problem) -> None:
    check_fit(problem)


@pytest.mark.law
@given(problems())
def test_predict_proba_is_bayes_rule(problem: Problem) -> None:
    check_proba(problem)


@pytest.mark.law
@given(problems())
def test_predict_gives_the_most_probable_label(problem: Problem) -> None:
    check_predict(problem)


@pytest.mark.law
@given(problems())
def test_each_row_is_answered_for_itself(problem: Problem) -> None:
    model, hint = fitted(problem), "the other rows of the call do not matter, and one row gives an array of one row"
    for query in problem.queries[:3, np.newaxis]:
        alone = problem._replace(queries=query)
        check_proba(alone, model.predict_proba(query.copy()), hint=hint)
        check_predict(alone, model.predict(query.copy()), hint=hint)


FAR = two_classes(mean=1.0, width=1.0)._replace(queries=np.array([[0.4], [200.0], [-300.0], [40.5]]))
MANY = two_classes(mean=2.0, width=1.0, features=600)
MANY = MANY._replace(queries=np.vstack([MANY.X[:3], np.full((1, 600), 3.0)]))
NARROW = two_classes(mean=2e-3, width=1e-3, features=600)


@pytest.mark.edge
@pytest.mark.parametrize("problem", [FAR, MANY, NARROW], ids=["200_deviations_away", "600_features", "600_narrow"])
def test_probabilities_are_right_where_densities_are_not(problem: Problem) -> None:
    check_proba(problem)
    check_predict(problem)


CONSTANT_IN_A_CLASS = Problem(
    np.array([[5.0, 1.0], [5.0, 2.0], [5.0, 4.0], [1.0, 2.0], [2.0, 3.0], [3.0, 5.0]]),
    np.array(["a", "a", "a", "b", "b", "b"]),
    np.array([[5.0, 3.0], [4.0, 3.0], [2.0, 3.0]]),
)
ONE_CONSTANT = CONSTANT_IN_A_CLASS._replace(X=CONSTANT_IN_A_CLASS.X * [0.0, 1e4], queries=np.array([[0.0, 3e4]]))
ALL_CONSTANT = Problem(np.full((4, 2), 3.0), np.array([1, 1, 1, 0]), np.array([[3.0, 3.0], [4.0, 3.0]]))


@pytest.mark.edge
@pytest.mark.parametrize("problem", [CONSTANT_IN_A_CLASS, ONE_CONSTANT, ALL_CONSTANT], ids=["in_a_class", "one", "all"])
def test_constant_features_have_the_smoothing_for_a_variance(problem: Problem) -> None:
    check_fit(problem)
    check_proba(problem)


@pytest.mark.edge
def test_features_far_from_zero_keep_their_accuracy() -> None:
    rng = np.random.default_rng(5)
    near = Problem(rng.normal(size=(40, 3)), rng.integers(2, size=40), rng.normal(size=(20, 3)))
    far = near._replace(X=near.X + 1e7, queries=near.queries + 1e7)
    hint = "features lie near 1e7: E[x^2] - E[x]^2 and x^2 - 2 x mean + mean^2 lose their digits, take (x - mean)^2"
    check_fit(far, rtol=1e-6, hint=hint)
    check_proba(far, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_is_computed_in_float64(dtype: str) -> None:
    X = np.array([[250, 3], [10, 200], [13, 100], [255, 7], [248, 2], [12, 1]])
    queries = np.array([[200, 100], [20, 150], [90, 4]])
    whole = Problem(X.astype(float), np.array([3, 1, 1, 3, 3, 1]), queries.astype(float))
    model = kata.NaiveBayes().fit(X.astype(dtype), whole.y)
    hint = f"the numbers came in {dtype}, where squares wrap around or digits are lost: make them float64 first"
    check_fit(whole, model, hint=hint)
    check_proba(whole, model.predict_proba(queries.astype(dtype)), hint=hint)


TRAINING: Any = [((4,), (4,)), ((2, 2, 2), (2,)), ((0, 2), (0,)), ((4, 0), (4,)), ((4, 2), (3,)), ((4, 2), (4, 1))]
QUERIES: Any = [(2,), (1, 2, 2), (0, 2), (3, 1), (3, 3)]
BAD = [("fit", *shapes) for shapes in TRAINING]
BAD += [(method, shape) for method in ("predict", "predict_proba") for shape in QUERIES]


@pytest.mark.edge
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(bad: Any) -> None:
    method, *shapes = bad
    model = fitted(CONSTANT_IN_A_CLASS)
    check.raises(
        ValueError,
        lambda: getattr(model, method)(*(np.ones(shape) for shape in shapes)),
        asked=f"{method} with arguments of shapes {shapes}, after fit with X of shape (6, 2)",
        because="X has shape (n, d), y (n,), queries (m, 2), and no axis has length zero",
        hint="check .ndim, .size and the columns, and reshape nothing: NumPy broadcasts columns silently",
    )


@pytest.mark.edge
@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_a_method_before_fit_is_a_runtime_error(method: str) -> None:
    check.raises(
        RuntimeError,
        lambda: getattr(kata.NaiveBayes(), method)([[1.0]]),
        asked=f"NaiveBayes().{method}([[1.0]])",
        because="there was no fit",
        hint="ask whether there was a fit before anything that fit sets is looked up, classes in predict too",
    )


@pytest.mark.edge
def test_fit_again_forgets_and_two_objects_share_nothing() -> None:
    model = kata.NaiveBayes().fit([[1.0, 2.0], [2.0, 4.0], [3.0, 1.0]], ["x", "y", "z"])
    check.true(model is not None, asked="NaiveBayes().fit(X, y)", came="None", expected="self", mistake="return self")
    model.fit(SPAM.X, SPAM.y)
    hint = "this was the second fit of the object: it replaces all that the first one set"
    check_fit(SPAM, model, hint=hint)
    fitted(SPAM._replace(X=-SPAM.X))
    check_proba(SPAM, model.predict_proba(SPAM.queries), hint=hint + "; another object was fitted since")


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, y, queries = (array.copy() for array in SPAM)
    model = kata.NaiveBayes()
    with check.untouched(asked=call("fit", X, y) + " and predict_proba", X=X, y=y, queries=queries):
        model.fit(X, y)
        model.predict_proba(queries)
