"""Suite of B09: the optimum against an independent solver and the laws that hold there, labels, probabilities, errors."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import logistic_regression as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Call, Mistakes, call
from harness.suite.strategies import Float64Array, seeds

ATOL = 1e-4  # how near to the optimum weights and bias must be


class Problem(NamedTuple):
    """Data and penalty."""

    X: Float64Array
    y: npt.NDArray[Any]
    l2: float


LABELS: list[tuple[Any, Any]] = [(0, 1), (-1, 1), (3, 7), ("ham", "spam"), (False, True)]


def make_problem(seed: int) -> Problem:
    """Features of about unit scale, overlapping classes, each with at least a fifth of the samples."""
    rng = np.random.default_rng(seed)
    d, few, many = int(rng.integers(1, 4)), int(rng.integers(3, 7)), int(rng.integers(6, 12))
    is_second = rng.permutation(np.arange(few + many) < (few if rng.integers(2) else many))
    X = rng.normal(rng.normal(0, 0.3, size=d), 1.0, size=(few + many, d)) + 0.7 * (is_second[:, np.newaxis] - 0.5)
    labels = LABELS[int(rng.integers(len(LABELS)))]
    return Problem(X, np.where(is_second, labels[1], labels[0]), float(rng.choice([0.1, 0.3, 1.0, 3.0])))


PROBLEMS = st.builds(make_problem, seeds())

EXAMPLE = Problem(np.arange(5.0)[:, np.newaxis], np.array(["no", "no", "yes", "no", "yes"]), 0.1)
PLANE = Problem(
    np.array([[0.5, 1.0], [1.0, -1.0], [-1.0, 0.5], [1.5, 2.0], [-0.5, -1.5], [0.0, 0.5], [1.0, 1.0], [-1.5, -0.5]]),
    np.array([1, 1, 0, 1, 0, 0, 1, 1]),
    0.5,
)


def targets_of(y: npt.NDArray[Any]) -> Float64Array:
    """1 for the second label in sorted order, 0 for the first."""
    return np.asarray(y == np.unique(y)[1], dtype=np.float64)


def sigmoid(z: Float64Array) -> Float64Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(z, -500, 500))))


def objective(theta: Float64Array, problem: Problem) -> float:
    """J at weights and bias, the bias last."""
    z, t = problem.X @ theta[:-1] + theta[-1], targets_of(problem.y)
    return float(np.mean(np.logaddexp(0, z) - t * z) + problem.l2 / 2 * theta[:-1] @ theta[:-1])


def optimum(
    problem: Problem, *, on_bias: float = 0.0, has_bias: bool = True, t: Float64Array | None = None
) -> Float64Array:
    """Weights and bias of least J, by Newton's method with steps of limited length; options are what mistakes change."""
    A = np.column_stack([problem.X, np.full(len(problem.X), float(has_bias))])
    t = targets_of(problem.y) if t is None else t
    penalty = np.append(np.full(A.shape[1] - 1, problem.l2), on_bias + (not has_bias))
    theta = np.zeros(A.shape[1])
    for _ in range(60):
        p = sigmoid(A @ theta)
        hessian = (A.T * (p * (1 - p))) @ A / len(A) + np.diag(penalty)
        step = np.linalg.solve(hessian, A.T @ (p - t) / len(A) + penalty * theta)
        theta = theta - step / max(1.0, float(np.abs(step).max()))
    return theta


def descended(problem: Problem, steps: int, rate: float) -> Float64Array:
    """Where a few steps of gradient descent lead."""
    A, t = np.column_stack([problem.X, np.ones(len(problem.X))]), targets_of(problem.y)
    theta = np.zeros(A.shape[1])
    for _ in range(steps):
        theta = theta - rate * (A.T @ (sigmoid(A @ theta) - t) / len(A) + problem.l2 * np.append(theta[:-1], 0.0))
    return theta


def mistakes_of(problem: Problem) -> Mistakes:
    """Weights and bias that the usual mistakes give."""
    X, y, l2 = problem
    n, spread = len(X), X.std(axis=0)
    scaled = problem._replace(X=(X - X.mean(axis=0)) / spread)

    def with_l2(changed: float) -> Any:
        return lambda: optimum(problem._replace(l2=changed))

    def standardised() -> Float64Array:
        theta = optimum(scaled)
        weights = theta[:-1] / spread
        return np.append(weights, theta[-1] - weights @ X.mean(axis=0))

    return {
        "the bias is penalised as well: it is free": lambda: optimum(problem, on_bias=l2),
        "the cross-entropy is summed over samples: take its mean": with_l2(l2 / n),
        "the penalty is divided by n: only the cross-entropy is a mean": with_l2(l2 / n),
        "the penalty is l2 times the squares: it is half of that": with_l2(2 * l2),
        "nothing is penalised": with_l2(0.0),
        "l2 is taken for C, its inverse": with_l2(1 / n / l2 if l2 else 1.0),
        "there is no bias: it is learned, too": lambda: optimum(problem, has_bias=False),
        "labels of -1 and 1 in place of targets 0 and 1": lambda: optimum(problem, t=2 * targets_of(y) - 1),
        "the first label in sorted order is taken for the positive one: the second is": lambda: -optimum(problem),
        "features are standardised, and the penalty acts on other weights": standardised,
        "weights of standardised features: give those of X": lambda: optimum(scaled),
        "bias of centred features: take weights @ mean off": lambda: optimum(problem._replace(X=X - X.mean(axis=0))),
        **{
            f"{steps} steps of gradient descent with rate {rate} are too few": partial(descended, problem, steps, rate)
            for steps, rate in ((1000, 0.01), (100, 0.1), (100, 0.01), (10, 0.1))
        },
    }


def fitted(problem: Problem) -> Any:
    """A model that was fitted to copies of the data."""
    return kata.LogisticRegression(l2=problem.l2).fit(problem.X.copy(), problem.y.copy())


def asked(problem: Problem, what: str = "") -> Call:
    return call("LogisticRegression", l2=problem.l2) + "." + call("fit", problem.X, problem.y) + what


def theta_of(model: Any, d: int) -> Float64Array:
    """Weights and bias of a model, the bias last."""
    __tracebackhide__ = True
    check.float_array(model.weights, (d,), asked="weights after fit")
    check.equal(np.shape(model.bias), (), asked="the shape of bias after fit, which is a number")
    return np.append(model.weights, float(model.bias))


def check_optimum(model: Any, problem: Problem, *, want: Float64Array | None = None, hint: str = "") -> None:
    """Hold weights and bias to those of least J."""
    __tracebackhide__ = True
    check.close(
        theta_of(model, problem.X.shape[1]),
        optimum(problem) if want is None else want,
        asked=asked(problem) + ": weights, then bias",
        rtol=0,
        atol=ATOL,
        mistakes=mistakes_of(problem),
        hint=hint or "the solver must arrive: at the optimum no entry of the gradient of J is larger than tolerance",
    )


def check_probabilities(got: object, want: Float64Array, *, what: Call, atol: float = 1e-9) -> None:
    """Hold probabilities to (1 - p, p)."""
    __tracebackhide__ = True
    mistakes: Mistakes = {
        "the columns are swapped: they follow classes_": want[:, ::-1],
        "the second column only: give both, shape (q, 2)": want[:, 1],
        "NaN: for large z, exp(z) / (1 + exp(z)) is inf / inf": np.full_like(want, np.nan),
    }
    check.close(got, want, asked=what, atol=atol, mistakes=mistakes, hint="sigmoid(X @ weights + bias)")
    check.float_array(got, want.shape, asked=what)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("problem", [EXAMPLE, PLANE], ids=["one_feature", "two_features"])
def test_worked_example_of_weights_and_bias(problem: Problem) -> None:
    check_optimum(kata.LogisticRegression(l2=problem.l2).fit(problem.X.tolist(), problem.y.tolist()), problem)


@pytest.mark.example
def test_worked_example_of_probabilities_and_labels() -> None:
    model = fitted(EXAMPLE)
    want = np.array([[0.8895996, 0.1104004], [0.2607462, 0.7392538]])
    check_probabilities(model.predict_proba([[0], [4]]), want, what=asked(EXAMPLE, ".predict_proba(...)"), atol=ATOL)
    what, mistakes = asked(EXAMPLE, ".predict([[0], [4]])"), {"numbers of the classes: return the labels": [0, 1]}
    check.equal(model.predict([[0], [4]]), ["no", "yes"], asked=what, mistakes=mistakes)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS)
def test_weights_and_bias_are_those_of_least_cost(problem: Problem) -> None:
    check_optimum(fitted(problem), problem)


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS)
def test_the_cost_is_level_at_the_optimum(problem: Problem) -> None:
    theta = theta_of(fitted(problem), problem.X.shape[1])
    slope = check.numeric_gradient(lambda points: [objective(point, problem) for point in points], theta)
    check.close(
        slope,
        np.zeros_like(slope),
        asked="the slope of J with respect to weights and bias, after " + asked(problem),
        atol=ATOL,
        hint="J can still be lowered: minimise the mean cross-entropy plus l2 / 2 times the squared weights, to the end",
    )


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS)
def test_the_mean_probability_is_the_share_of_the_class(problem: Problem) -> None:
    model = fitted(problem)
    check.close(
        float(np.mean(np.asarray(model.predict_proba(problem.X.copy()))[:, 1])),
        float(targets_of(problem.y).mean()),
        asked="the mean of the second column of " + asked(problem, ".predict_proba(X)"),
        atol=ATOL,
        hint="the derivative of J with respect to a free bias is the mean of p - t, which is 0 at the optimum",
    )


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS, st.sampled_from(["repeated", "shifted", "mirrored"]))
def test_what_happens_to_the_data_happens_to_the_optimum(problem: Problem, change: str) -> None:
    X, y = problem.X, problem.y
    want = optimum(problem)
    if change == "repeated":
        changed, hint = problem._replace(X=np.tile(X, (3, 1)), y=np.tile(y, 3)), "a mean does not depend on repetitions"
    elif change == "shifted":
        changed, hint = problem._replace(X=X + 0.4), "the free bias takes up a shift of all features"
        want[-1] -= 0.4 * want[:-1].sum()
    else:
        classes = np.unique(y)
        changed, hint = problem._replace(y=classes[1 - targets_of(y).astype(int)]), "labels swapped: signs swapped"
        want = -want
    check_optimum(fitted(changed), changed, want=want, hint=f"the data of a problem, {change}: {hint}")


@pytest.mark.law
@settings(max_examples=25)
@given(PROBLEMS)
def test_predictions_follow_from_weights_and_bias(problem: Problem) -> None:
    model, X = fitted(problem), 3 * problem.X
    theta, classes = theta_of(model, X.shape[1]), np.unique(problem.y)
    p = sigmoid(X @ theta[:-1] + theta[-1])
    got = model.predict_proba(X.copy())
    check_probabilities(got, np.column_stack([1 - p, p]), what=asked(problem, ".") + call("predict_proba", X))
    alone = np.concatenate(each(model.predict_proba, [(row.copy(),) for row in X[:, np.newaxis]]))
    check.close(alone, got, asked=asked(problem) + ", then predict_proba row by row", atol=1e-9)
    clear = np.abs(p - 0.5) > 1e-6
    mistakes: Mistakes = {
        "numbers of the classes: return the labels": (p > 0.5).astype(int)[clear],
        "the less probable label": classes[(p < 0.5).astype(int)][clear],
        "the score was compared with 0.5: that is for probabilities": classes[(p > 0.622459).astype(int)][clear],
    }
    what = asked(problem, ".") + call("predict", X)
    got = np.asarray(model.predict(X.copy()))[clear]
    check.equal(got, classes[(p > 0.5).astype(int)][clear], asked=what, mistakes=mistakes)


# --- edges -----------------------------------------------------------------------------------------------------------


UNUSUAL = {
    "no penalty: this is maximum likelihood": PLANE._replace(l2=0.0),
    "a strong penalty: steps must be short enough for it, and the bias is still free": PLANE._replace(l2=10.0),
    "separable classes: weights are finite, thanks to the penalty": Problem(
        np.array([[-2.0], [-1.5], [-1.0], [1.0], [1.5]]), np.array([0, 0, 0, 1, 1]), 0.1
    ),
    "two samples are enough": Problem(np.array([[0.5, 1.0], [-1.0, 0.0]]), np.array(["b", "a"]), 0.3),
}


@pytest.mark.edge
@pytest.mark.parametrize("what", UNUSUAL)
def test_unusual_problems_have_an_optimum_too(what: str) -> None:
    problem = UNUSUAL[what]
    check_optimum(check.accepts(lambda: fitted(problem), asked=asked(problem), because=what), problem, hint=what)


@pytest.mark.edge
@pytest.mark.parametrize("labels", LABELS, ids=str)
def test_labels_come_back_as_they_went_in(labels: tuple[Any, Any]) -> None:
    problem = PLANE._replace(y=np.array([labels[i] for i in PLANE.y]))
    model, what = fitted(problem), asked(problem, ".predict([[-9, -9], [9, 9]])")
    check.equal(model.classes_, np.array(labels), asked=asked(problem, ".classes_"), hint="the two labels, sorted")
    hint = "targets are 0 and 1, whatever the labels are, and predict gives the labels: classes_[(p > 0.5).astype(int)]"
    check.equal(model.predict([[-9, -9], [9, 9]]), np.array(labels), asked=what, hint=hint)


@pytest.mark.edge
def test_scores_of_any_size_give_probabilities() -> None:
    far = np.array([[-1e5, -1e5], [1e5, 1e5]])
    what = asked(PLANE, ".") + call("predict_proba", far)
    check_probabilities(fitted(PLANE).predict_proba(far), np.array([[1.0, 0.0], [0.0, 1.0]]), what=what)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "float32", "bool"])
def test_is_computed_in_float64(dtype: str) -> None:
    X = np.array([[1, 0], [0, 1], [1, 1], [0, 0], [1, 0], [1, 1]])
    problem = Problem(X.astype(np.float64), np.array([1, 0, 1, 0, 0, 1], dtype=np.uint8), 0.2)
    hint = f"X came as {dtype}, y as uint8, in which 0 - 1 is 255: convert X to float64, and labels to targets"
    model = kata.LogisticRegression(l2=0.2).fit(X.astype(dtype), problem.y)
    check_optimum(model, problem, hint=hint)
    what = asked(problem, f".predict_proba(X), X as {dtype}")
    check.close(model.predict_proba(X.astype(dtype)), fitted(problem).predict_proba(problem.X), asked=what, atol=1e-6)


@pytest.mark.edge
def test_l2_is_1_by_default() -> None:
    check_optimum(kata.LogisticRegression().fit(PLANE.X.copy(), PLANE.y.copy()), PLANE._replace(l2=1.0))


@pytest.mark.edge
@pytest.mark.parametrize("options", [{"max_iterations": 1}, {"tolerance": 100}, {"tolerance": 0, "max_iterations": 2}])
def test_to_stop_before_the_optimum_is_no_error(options: dict[str, Any]) -> None:
    what = call("LogisticRegression", l2=0, **options) + ".fit(X, y)"
    thunk = lambda: kata.LogisticRegression(l2=0, **options).fit(PLANE.X.copy(), PLANE.y.copy())  # noqa: E731
    theta = theta_of(check.accepts(thunk, asked=what, because="the solver may stop"), 2)
    check.equal(bool(np.all(np.isfinite(theta))), True, asked=what + ": are weights and bias finite")
    early = bool(np.abs(theta - optimum(PLANE._replace(l2=0.0))).max() > ATOL)
    hint = "stop after max_iterations iterations, or where the gradient is within tolerance: one step is not enough"
    check.true(early, asked=what, came="the optimum", expected="weights and bias on the way there", hint=hint)


BAD: dict[str, tuple[Any, Any]] = {
    "y has shape (n, 1)": (np.ones((3, 2)), [[0], [1], [0]]),
    "there are 4 samples and 3 labels": (np.ones((4, 2)), [0, 1, 1]),
    "all labels are equal": (np.ones((4, 2)), [1, 1, 1, 1]),
    "there are three distinct labels": (np.ones((4, 2)), [0, 1, 2, 1]),
    "X has one axis": (np.ones(4), [0, 1, 0, 1]),
    "X has no samples": (np.ones((0, 2)), []),
    "X has no features": (np.ones((4, 0)), [0, 1, 0, 1]),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_data_that_cannot_be_fitted_are_an_error(why: str) -> None:
    thunk = lambda: kata.LogisticRegression().fit(*BAD[why]) and "a model"  # noqa: E731
    check.raises(ValueError, thunk, asked=call("fit", *BAD[why]), because=why, hint="check before you compute")


@pytest.mark.edge
@pytest.mark.parametrize("method", ["predict", "predict_proba"])
@pytest.mark.parametrize("shape", [(2,), (0, 2), (2, 0), (2, 1), (2, 3)])
def test_queries_of_a_wrong_shape_are_an_error(method: str, shape: tuple[int, ...]) -> None:
    thunk = partial(getattr(fitted(PLANE), method), np.ones(shape))
    what, because = f"{method} of shape {shape}, after fit with 2 features", "queries have shape (q, 2), q at least 1"
    check.raises(ValueError, thunk, asked=what, because=because, hint="check .ndim, .size and the columns")


@pytest.mark.edge
@pytest.mark.parametrize("options", [{"l2": -0.1}, {"max_iterations": 0}, {"tolerance": -1e-3}], ids=str)
def test_parameters_out_of_range_are_an_error(options: dict[str, Any]) -> None:
    thunk = lambda: kata.LogisticRegression(**options).fit(PLANE.X.copy(), PLANE.y.copy()) and "a model"  # noqa: E731
    because = "l2 and tolerance must be at least 0, max_iterations at least 1"
    what = call("LogisticRegression", **options) + ".fit(X, y)"
    check.raises(ValueError, thunk, asked=what, because=because, hint="check all three")


@pytest.mark.edge
@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_a_method_before_fit_is_a_runtime_error(method: str) -> None:
    thunk = lambda: getattr(kata.LogisticRegression(), method)([[1.0, 2.0]])  # noqa: E731
    hint = "ask whether there was a fit before anything that fit sets is looked up"
    check.raises(RuntimeError, thunk, asked=f"{method} before fit", because="there was no fit", hint=hint)


@pytest.mark.edge
def test_fit_again_forgets_and_two_models_share_nothing() -> None:
    model = kata.LogisticRegression(l2=PLANE.l2)
    model.fit(EXAMPLE.X.copy(), EXAMPLE.y.copy())
    again = model.fit(PLANE.X.copy(), PLANE.y.copy())
    check.true(again is not None, asked="fit(X, y)", came="None", expected="self")
    fitted(EXAMPLE)
    once = kata.LogisticRegression(l2=0, max_iterations=1)
    first, second = (theta_of(once.fit(PLANE.X.copy(), PLANE.y.copy()), 2) for _ in range(2))
    hint = "fit goes on where the last fit ended: it starts anew"
    check.close(second, first, asked="weights and bias after one iteration, fitted a second time", atol=0.05, hint=hint)
    hint = "fitted to other data before, and another model since: fit replaces all that it sets, in self only"
    check.equal(model.classes_, [0, 1], asked=asked(PLANE, ".classes_"), hint=hint)
    check_optimum(model, PLANE, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, y, model = PLANE.X.copy(), PLANE.y.copy(), kata.LogisticRegression()
    with check.untouched(asked="fit, predict and predict_proba of X and y", X=X, y=y):
        model.fit(X, y)
        model.predict(X)
        model.predict_proba(X)
