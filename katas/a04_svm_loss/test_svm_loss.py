"""Suite of A04: the hinge loss term by term, its gradient by finite differences, and the factors that get lost."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
import svm_loss as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.speed import Racer
from harness.suite.strategies import Float64Array, arrays, seeds


class Problem(NamedTuple):
    """Arguments of one call."""

    W: Float64Array
    X: Float64Array
    y: np.ndarray
    reg: float


def loop_loss(W: Float64Array, X: Float64Array, y: np.ndarray, reg: float) -> tuple[float, Float64Array]:
    """The definition: a loop over samples and one over classes."""
    n, classes = X.shape[0], W.shape[1]
    loss = 0.0
    gradient = np.zeros_like(W)
    for i in range(n):
        scores = X[i] @ W
        for j in range(classes):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                gradient[:, j] += X[i]
                gradient[:, y[i]] -= X[i]
    return loss / n + reg * float(np.sum(W**2)), gradient / n + 2 * reg * W


def margins_of(W: Float64Array, X: Float64Array, y: np.ndarray) -> Float64Array:
    """All margins, shape (N, C), those of the true classes 0."""
    scores = X @ W
    margins = scores - scores[np.arange(len(y)), y][:, None] + 1
    margins[np.arange(len(y)), y] = 0
    return np.asarray(margins)


@st.composite
def problems(draw: st.DrawFn, *, off_kinks: bool = False, least_reg: float = 0.0) -> Problem:
    """Small problems; with `off_kinks`, no margin is so near to 0 that a finite difference would step over it."""
    n, d, classes = draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    W = draw(arrays((d, classes), bound=3.0))
    X = draw(arrays((n, d), bound=3.0))
    y = np.array(draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n)))
    reg = draw(st.floats(least_reg, 2.0).map(lambda x: round(x, 3)))
    if off_kinks:
        margins = margins_of(W, X, y)
        margins[np.arange(n), y] = 1.0
        if np.min(np.abs(margins)) < 1e-3:
            W = W + 0.01 * np.random.default_rng(n + 7 * d).normal(size=W.shape)
            margins = margins_of(W, X, y)
            margins[np.arange(n), y] = 1.0
            if np.min(np.abs(margins)) < 1e-3:
                X = np.zeros_like(X)
    return Problem(W, X, y, reg)


def loss_mistakes(problem: Problem) -> Mistakes:
    """What the usual mistakes give for the loss."""
    W, X, y, reg = problem
    n = len(y)
    margins = margins_of(W, X, y)
    data = np.maximum(margins, 0).sum()
    penalty = reg * np.sum(W**2)
    scores = X @ W
    true = scores[np.arange(n), y][:, None]

    def off_true(values: Float64Array) -> float:
        values = values.copy()
        values[np.arange(n), y] = 0
        return float(np.maximum(values, 0).sum())

    return {
        "the true class is counted: the loss is off by exactly 1, the sum leaves class y out": data / n + 1 + penalty,
        "the sum over samples: divide it by N": data + penalty,
        "half the regularisation: here it is reg * sum(W**2), without a 1/2": data / n + penalty / 2,
        "the regularisation is divided by N too: only the data term is a mean": (data + penalty) / n,
        "the regularisation is missing": data / n,
        "the regularisation is a norm: it is the sum of the squares": data / n + reg * np.sqrt(np.sum(W**2)),
        "the regularisation takes absolute values: it is the sum of the squares": data / n + reg * np.sum(np.abs(W)),
        "the margin is missing: max(0, s_j - s_y + 1)": lambda: off_true(scores - true) / n + penalty,
        "the margin has the wrong sign: it is + 1": lambda: off_true(scores - true - 1) / n + penalty,
        "the difference is turned round: s_j - s_y, wrong minus true": lambda: (
            off_true(true - scores + 1) / n + penalty
        ),
        "only the worst class counts (Crammer and Singer): sum over all wrong classes": lambda: (
            float(np.maximum(margins.max(axis=1), 0).sum()) / n + penalty
        ),
        "squared hinge: the margins are not squared": lambda: float((np.maximum(margins, 0) ** 2).sum()) / n + penalty,
        "divided by the number of classes as well": data / n / W.shape[1] + penalty,
        "not clipped at 0: a margin below 0 adds nothing": margins.sum() / n + penalty,
    }


def gradient_mistakes(problem: Problem) -> Mistakes:
    """What the usual mistakes give for the gradient."""
    W, X, y, reg = problem
    n = len(y)
    above = (margins_of(W, X, y) > 0).astype(float)
    counted = above.copy()
    counted[np.arange(n), y] = -above.sum(axis=1)
    data = X.T @ counted
    once = above.copy()
    once[np.arange(n), y] = -(above.sum(axis=1) > 0).astype(float)
    kinks = (margins_of(W, X, y) >= 0).astype(float)
    kinks[np.arange(n), y] = 0
    kinks[np.arange(n), y] = -kinks.sum(axis=1)
    return {
        "the gradient is a sum over samples: divide it by N": data + 2 * reg * W,
        "the regularisation is missing from the gradient": data / n,
        "reg * W: the derivative of W**2 is 2 * W": data / n + reg * W,
        "the regularisation is divided by N: only the data term is a mean": (data + 2 * reg * W) / n,
        "the column of the true class is left out: each margin above 0 takes x from it": X.T @ above / n + 2 * reg * W,
        "x is taken from the true column once a sample: once for each margin above 0": X.T @ once / n + 2 * reg * W,
        "the sign is turned": -(data / n + 2 * reg * W),
        "a margin of exactly 0 counts: it must be above 0": X.T @ kinks / n + 2 * reg * W,
        "the gradient is transposed: its shape is (D, C)": (data / n + 2 * reg * W).T,
        "the gradient of the data is missing": 2 * reg * W,
    }


def check_both(problem: Problem) -> None:
    """Hold loss and gradient to the loops."""
    __tracebackhide__ = True
    what = call("svm_loss", *problem)
    loss, gradient = kata.svm_loss(*problem)
    want_loss, want_gradient = loop_loss(*problem)
    check.close(loss, want_loss, asked="the loss of " + what, rtol=1e-9, atol=1e-9, mistakes=loss_mistakes(problem))
    check.close(
        gradient,
        want_gradient,
        asked="the gradient of " + what,
        rtol=1e-9,
        atol=1e-9,
        mistakes=gradient_mistakes(problem),
    )


EXAMPLE = Problem(
    np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]]), np.array([[1.0, 2.0], [2.0, 0.0]]), np.array([1, 2]), 0.0
)


@pytest.mark.example
def test_worked_example() -> None:
    check_both(EXAMPLE)


@pytest.mark.example
def test_worked_example_with_regularisation() -> None:
    check_both(EXAMPLE._replace(reg=0.5))


@pytest.mark.example
def test_reg_is_0_01_when_it_is_not_given() -> None:
    W, X, y, _ = EXAMPLE
    hint = "the default of reg is 0.01"
    check.close(kata.svm_loss(W, X, y)[0], 4.04, asked="the loss of " + call("svm_loss", W, X, y), hint=hint)


@pytest.mark.example
def test_lists_are_accepted() -> None:
    loss, gradient = kata.svm_loss([[1, 0, -1], [0, 1, 1]], [[1, 2], [2, 0]], [1, 2], 0)
    asked = call("svm_loss", [[1, 0, -1], [0, 1, 1]], [[1, 2], [2, 0]], [1, 2], 0)
    check.close(loss, 4.0, asked=asked)
    check.close(gradient, [[1.0, 1.0, -2.0], [0.0, 0.0, 0.0]], asked=asked)


@pytest.mark.example
def test_arguments_may_be_given_by_name() -> None:
    W, X, y, _ = EXAMPLE
    loss, _ = check.accepts(
        lambda: kata.svm_loss(W=W, X=X, y=y, reg=0.5),
        asked=call("svm_loss", W=W, X=X, y=y, reg=0.5),
        because="W, X, y and reg are the names of the arguments",
    )
    check.close(loss, 6.0, asked="the loss of " + call("svm_loss", W=W, X=X, y=y, reg=0.5))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(problems())
def test_loss_and_gradient_equal_the_definition(problem: Problem) -> None:
    check_both(problem)


@pytest.mark.law
@given(problems(off_kinks=True))
def test_the_gradient_is_the_slope_of_the_loss(problem: Problem) -> None:
    W, X, y, reg = problem
    check.gradient(
        kata.svm_loss(W, X, y, reg)[1],
        lambda points: [loss for loss, _ in each(kata.svm_loss, [(point, X, y, reg) for point in points])],
        W,
        asked="the gradient of " + call("svm_loss", W, X, y, reg),
        name="W",
        atol=1e-6,
        mistakes=gradient_mistakes(problem),
        hint="the gradient must be that of the loss which you return yourself",
    )


@pytest.mark.law
@given(problems(), seeds())
def test_the_order_of_the_samples_does_not_matter(problem: Problem, seed: int) -> None:
    W, X, y, reg = problem
    order = np.random.default_rng(seed).permutation(len(y))
    check_both(Problem(W, X[order], y[order], reg))


@pytest.mark.law
@given(problems(), seeds())
def test_renaming_the_classes_renames_the_columns_of_the_gradient(problem: Problem, seed: int) -> None:
    W, X, y, reg = problem
    order = np.random.default_rng(seed).permutation(W.shape[1])
    renamed = np.argsort(order)[y]
    asked = call("svm_loss", W[:, order], X, renamed, reg) + " against the same with the classes renamed"
    hint = "no class is special, neither the first nor the last"
    loss, gradient = kata.svm_loss(W, X, y, reg)
    other_loss, other_gradient = kata.svm_loss(W[:, order], X, renamed, reg)
    check.close(other_loss, loss, asked=asked, rtol=1e-9, atol=1e-9, hint=hint)
    check.close(other_gradient, np.asarray(gradient)[:, order], asked=asked, rtol=1e-9, atol=1e-9, hint=hint)


@pytest.mark.law
@given(problems())
def test_twice_the_same_samples_change_nothing(problem: Problem) -> None:
    W, X, y, reg = problem
    check_both(Problem(W, np.vstack([X, X]), np.concatenate([y, y]), reg))


@pytest.mark.law
@given(problems(), st.floats(-3.0, 3.0).map(lambda x: round(x, 3)))
def test_adding_the_same_to_all_columns_changes_only_the_regularisation(problem: Problem, shift: float) -> None:
    W, X, y, _ = problem
    loss, _ = kata.svm_loss(W, X, y, 0.0)
    shifted, gradient = kata.svm_loss(W + shift, X, y, 0.0)
    asked = call("svm_loss", W + shift, X, y, 0.0) + " against the same without the shift"
    check.close(shifted, loss, asked=asked, rtol=1e-7, atol=1e-7, hint="only differences of scores count")
    check.close(
        np.sum(gradient, axis=1),
        np.zeros(W.shape[0]),
        asked="the sum over classes of the gradient of " + call("svm_loss", W + shift, X, y, 0.0),
        atol=1e-9,
        mistakes={
            "the column of the true class is left out": lambda: (
                X.T @ (margins_of(W + shift, X, y) > 0).sum(axis=1) / len(y)
            )
        },
        hint="what the wrong columns gain, the column of the true class loses",
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_a_margin_of_exactly_zero_adds_nothing() -> None:
    problem = Problem(np.array([[0.0, 1.0]]), np.array([[1.0], [-2.0]]), np.array([1, 0]), 0.0)
    check_both(problem)


@pytest.mark.edge
def test_a_margin_just_above_zero_counts() -> None:
    tiny = 2.0**-30  # as exact as 1 + tiny: no order of operations loses it
    problem = Problem(np.array([[0.0, tiny - 1.0]]), np.array([[1.0]]), np.array([0]), 0.0)
    _, gradient = kata.svm_loss(*problem)
    check.close(
        gradient,
        [[-1.0, 1.0]],
        asked="the gradient of " + call("svm_loss", *problem) + f", with one margin of {tiny:.1e}",
        mistakes={"small margins are taken for 0: each one above 0 counts, compare with 0 itself": [[0.0, 0.0]]},
    )


@pytest.mark.edge
@pytest.mark.parametrize("scale", [1e-9, 1e3, 1e6])
def test_nothing_is_cut_off_however_large_or_small_the_numbers(scale: float) -> None:
    W = np.array([[1.0, -2.0, 0.5], [-3.0, 1.0, 2.0]])
    X, y = np.array([[1.0, 2.0], [-2.0, 1.0], [3.0, -1.0]]), np.array([1, 0, 2])
    for problem in (Problem(scale * W, X, y, 2.0), Problem(W, scale * X, y, 0.0)):
        loss, gradient = kata.svm_loss(*problem)
        want_loss, want_gradient = loop_loss(*problem)
        asked = call("svm_loss", *problem)
        hint = "the formula has no bounds: neither scores, margins nor gradients are clipped, and small numbers stay"
        check.close(loss, want_loss, asked="the loss of " + asked, hint=hint)
        check.close(gradient, want_gradient, asked="the gradient of " + asked, atol=1e-15, hint=hint)


@pytest.mark.edge
def test_many_samples_and_many_classes_all_count() -> None:
    rng = np.random.default_rng(0)
    W, X = rng.normal(size=(2, 260)), rng.normal(size=(1200, 2))
    y = rng.integers(0, 260, size=1200)
    y[:2] = 0, 259
    above = margins_of(W, X, y) > 0
    slopes = above.astype(float)
    slopes[np.arange(1200), y] = -above.sum(axis=1)
    loss, gradient = kata.svm_loss(W, X, y.astype(np.uint16), 0.1)
    asked = "svm_loss at N = 1200, D = 2, C = 260, labels as uint16"
    hint = "all samples and all classes count, and a small type of integer does not hold every label or index"
    want = margins_of(W, X, y)[above].sum() / 1200 + 0.1 * np.sum(W**2)
    check.close(loss, want, asked="the loss of " + asked, rtol=1e-7, hint=hint)
    want_gradient = X.T @ slopes / 1200 + 0.2 * W
    check.close(gradient, want_gradient, asked="the gradient of " + asked, rtol=1e-7, atol=1e-9, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("column", [0, 1])
def test_a_column_of_ones_is_a_feature_like_any_other(column: int) -> None:
    W, X, y, _ = EXAMPLE
    ones = X.copy()
    ones[:, column] = 1.0
    problem = Problem(W, ones, y, 0.5)
    loss, gradient = kata.svm_loss(*problem)
    want_loss, want_gradient = loop_loss(*problem)
    spared, spared_gradient = want_loss - 0.5 * np.sum(W[column] ** 2), want_gradient.copy()
    spared_gradient[column] -= W[column]
    mistake = "the weights of a column of ones are left out of the regularisation: it takes all of W"
    asked = call("svm_loss", *problem)
    check.close(loss, want_loss, asked="the loss of " + asked, mistakes={mistake: spared})
    check.close(gradient, want_gradient, asked="the gradient of " + asked, mistakes={mistake: spared_gradient})


@pytest.mark.edge
def test_zero_weights_cost_one_for_each_wrong_class() -> None:
    check_both(Problem(np.zeros((3, 4)), np.arange(6.0).reshape(2, 3), np.array([0, 3]), 0.1))


@pytest.mark.edge
def test_samples_that_are_right_by_far_cost_nothing() -> None:
    check_both(Problem(np.array([[10.0, -10.0]]), np.array([[1.0], [-1.0]]), np.array([0, 1]), 0.0))


@pytest.mark.edge
def test_one_class_leaves_the_regularisation_alone() -> None:
    check_both(Problem(np.array([[2.0], [1.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 0]), 0.5))


@pytest.mark.edge
def test_one_sample_and_one_feature() -> None:
    check_both(Problem(np.array([[1.0, 3.0]]), np.array([[2.0]]), np.array([0]), 0.25))


@pytest.mark.edge
def test_results_are_a_python_float_and_a_float64_array() -> None:
    W, X, y, _ = EXAMPLE
    for reg in (0, 0.5):
        loss, gradient = kata.svm_loss(W.astype(np.float32), X.astype(np.float32), y, reg)
        asked = "svm_loss of float32 arrays"
        check.python_float(loss, asked="the loss of " + asked)
        check.float_array(gradient, (2, 3), asked="the gradient of " + asked)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64])
def test_integers_do_not_wrap_around(dtype: type[np.generic]) -> None:
    W, X = np.array([[9, 1, 100], [2, 12, 0]], dtype=dtype), np.array([[11, 3], [5, 100]], dtype=dtype)
    y = np.array([1, 0], dtype=dtype)
    want_loss, want_gradient = loop_loss(W.astype(float), X.astype(float), y.astype(int), 0.5)
    loss, gradient = kata.svm_loss(W, X, y, 0.5)
    asked = f"{call('svm_loss', W, X, y, 0.5)} as {np.dtype(dtype).name}"
    hint = "integers wrap around: convert W and X to float64 before multiplying"
    check.close(loss, want_loss, asked="the loss of " + asked, hint=hint)
    check.close(gradient, want_gradient, asked="the gradient of " + asked, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(("dtype", "value"), [(np.float16, 65.0), (np.float32, 4097.0)])
def test_float16_and_float32_are_computed_in_float64(dtype: type[np.generic], value: float) -> None:
    W, X = np.array([[0, value], [1, 0]], dtype=dtype), np.array([[value, 1], [value, 2]], dtype=dtype)
    y = np.array([0, 0])
    want_loss, want_gradient = loop_loss(W.astype(float), X.astype(float), y, 0.5)
    loss, gradient = kata.svm_loss(W, X, y, 0.5)
    asked = f"{call('svm_loss', W, X, y, 0.5)} as {np.dtype(dtype).name}"
    hint = f"{np.dtype(dtype).name} has too few digits: convert W and X to float64 before multiplying"
    check.close(loss, want_loss, asked="the loss of " + asked, hint=hint)
    check.close(gradient, want_gradient, asked="the gradient of " + asked, hint=hint)


FORMS: dict[str, Callable[[np.ndarray], object]] = {
    "tuples": lambda array: tuple(map(tuple, array)) if array.ndim == 2 else tuple(array),
    "arrays in Fortran order": np.asfortranarray,
    "every second row of a longer array": lambda array: np.repeat(array, 2, axis=0)[::2],
    "arrays that cannot be written": lambda array: np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape),
    "booleans for X": lambda array: array.astype(bool) if array.shape == (3, 2) else array,
}


@pytest.mark.edge
@pytest.mark.parametrize("form", FORMS)
def test_arguments_may_have_any_form_that_asarray_takes(form: str) -> None:
    problem = Problem(
        np.array([[1.0, -2.0, 0.5], [-3.0, 1.0, 2.0]]),
        np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
        np.array([1, 0, 2]),
        0.5,
    )
    W, X, y = (FORMS[form](part) for part in problem[:3])
    asked = call("svm_loss", *problem) + f" with {form}"
    loss, gradient = check.accepts(
        lambda: kata.svm_loss(W, X, y, 0.5), asked=asked, because=f"np.asarray takes {form} too"
    )
    want_loss, want_gradient = loop_loss(*problem)
    hint = (
        f"the same numbers as {form} mean the same: turn each argument into an array first, and never trust its memory"
    )
    check.close(loss, want_loss, asked="the loss of " + asked, hint=hint)
    check.close(gradient, want_gradient, asked="the gradient of " + asked, hint=hint)


@pytest.mark.edge
def test_labels_may_be_whole_floats() -> None:
    W, X, y, _ = EXAMPLE
    check.close(kata.svm_loss(W, X, y.astype(float), 0.0)[0], 4.0, asked=call("svm_loss", W, X, y.astype(float), 0.0))


@pytest.mark.edge
@pytest.mark.parametrize("label", [-1, -3, 3, 100, 2**32, 0.5, -0.5])
def test_labels_out_of_range_or_not_whole_are_an_error(label: float) -> None:
    W, X = EXAMPLE.W, np.array([[1.0, 2.0], [2.0, 0.0], [0.0, 1.0]])
    y = np.array([0, label, 1])  # neither the first nor the last
    wrapped = {}
    if float(label).is_integer() and -3 <= label < 3:
        wrapped = {"a negative label counts from the end in NumPy": loop_loss(W, X, y.astype(int), 0.1)[0]}
    check.raises(
        ValueError,
        lambda: kata.svm_loss(W, X, y, 0.1)[0],
        asked=call("svm_loss", W, X, y, 0.1),
        because=f"there is no class {label}",
        mistakes=wrapped,
        hint="check the labels before they are used as an index",
    )


@pytest.mark.edge
@pytest.mark.parametrize("label", [np.nan, np.inf])
def test_a_label_that_is_no_number_is_not_whole(label: float) -> None:
    W, X, _, _ = EXAMPLE
    y = np.array([label, 1.0])

    def ask() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, when it casts such a label to an integer
            return kata.svm_loss(W, X, y, 0.1)[0]

    check.raises(
        ValueError,
        ask,
        asked=call("svm_loss", W, X, y, 0.1),
        because=f"{label} is not a whole number",
        hint="a remainder of NaN is not above 0: ask for what a label must be, not for what it must not be",
    )


@pytest.mark.edge
def test_with_one_class_the_labels_are_checked_too() -> None:
    W, X, y = np.array([[2.0], [1.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 1])
    check.raises(
        ValueError,
        lambda: kata.svm_loss(W, X, y, 0.5)[0],
        asked=call("svm_loss", W, X, y, 0.5),
        because="there is no class 1",
        mistakes={"one class is answered before the labels are checked: check everything first": 2.5},
        hint="check the labels before they are used as an index",
    )


SHAPES: dict[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = {
    "W is one-dimensional": ((2,), (3, 2), (3,)),
    "X is one-dimensional": ((2, 3), (2,), (1,)),
    "W has three axes": ((2, 3, 1), (3, 2), (3,)),
    "X has three axes": ((2, 3), (3, 2, 1), (3,)),
    "y is a column": ((2, 3), (3, 2), (3, 1)),
    "y is one-hot": ((2, 3), (3, 2), (3, 3)),
    "y is a number": ((2, 3), (1, 2), ()),
    "W and X differ in D": ((2, 3), (3, 4), (3,)),
    "W is transposed": ((3, 2), (4, 2), (4,)),
    "X is transposed": ((2, 3), (2, 4), (4,)),
    "X and y differ in N": ((2, 3), (3, 2), (2,)),
    "y has a label too many": ((2, 3), (3, 2), (4,)),
    "y has no labels": ((2, 3), (3, 2), (0,)),
    "y has one label for three samples": ((2, 3), (3, 2), (1,)),
    "there are no samples": ((2, 3), (0, 2), (0,)),
    "there are no features": ((0, 3), (3, 0), (3,)),
    "there are no classes": ((2, 0), (0, 2), (0,)),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", SHAPES)
def test_shapes_that_do_not_fit_are_an_error(why: str) -> None:
    w_shape, x_shape, y_shape = SHAPES[why]
    check.raises(
        ValueError,
        partial(kata.svm_loss, np.ones(w_shape), np.ones(x_shape), np.zeros(y_shape, dtype=int), 0.1),
        asked=f"svm_loss of W {w_shape}, X {x_shape}, y {y_shape}",
        because=why,
        hint="check all shapes first: NumPy broadcasts some that do not fit, and averages nothing to NaN",
    )


@pytest.mark.edge
def test_a_negative_reg_is_an_error() -> None:
    W, X, y, _ = EXAMPLE
    check.raises(
        ValueError,
        lambda: kata.svm_loss(W, X, y, -0.1)[0],
        asked=call("svm_loss", W, X, y, -0.1),
        because="reg is below 0",
        mistakes={"a negative reg is taken, and rewards large weights": 3.6},
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_the_gradient_is_an_array_of_its_own() -> None:
    W, X, y, _ = (np.array(part) for part in EXAMPLE)
    asked = call("svm_loss", W, X, y, 0.5)
    with check.untouched(asked=asked, W=W, X=X, y=y):
        _, gradient = kata.svm_loss(W, X, y, 0.5)
        gradient += 1.0
    lists = [part.tolist() for part in (W, X, y)]
    with check.untouched(asked=asked, W=lists[0], X=lists[1], y=lists[2]):
        kata.svm_loss(*lists, 0.5)


@pytest.mark.edge
def test_calls_know_nothing_of_each_other() -> None:
    W, X, y, _ = (np.array(part) for part in EXAMPLE)
    want = loop_loss(W, X, y, 0.5)[1]
    _, first = kata.svm_loss(W, X, y, 0.5)
    kept = np.array(first)
    first += 1.0
    asked = "the gradient of " + call("svm_loss", W, X, y, 0.5)
    again = kata.svm_loss(W, X, y, 0.5)[1]
    check.close(
        again,
        want,
        asked=asked + ", once more, after 1 was added to the first answer",
        mistakes={"both calls return one and the same array: make a new one for each call": want + 1.0},
        hint="nothing may be remembered from one call to the next",
    )
    W *= 2.0
    X += 1.0
    check.close(
        kata.svm_loss(W, X, y, 0.5)[1],
        loop_loss(W, X, y, 0.5)[1],
        asked="the gradient of " + call("svm_loss", W, X, y, 0.5) + ", W and X changed in place since the last call",
        mistakes={"an answer of an earlier call is kept: the same array may hold other numbers": kept},
        hint="nothing may be remembered from one call to the next",
    )


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_is_vectorised(race: Racer) -> None:
    rng = np.random.default_rng(0)
    W = 0.01 * rng.normal(size=(50, 50))
    X = rng.normal(size=(500, 50))
    y = rng.integers(0, 50, size=500)
    race(
        lambda: kata.svm_loss(W, X, y, 0.01),
        lambda: loop_loss(W, X, y, 0.01),
        at_least=20,
        versus="two loops",
        asked="svm_loss at N = 500, D = 50, C = 50",
        hint="all scores are one matrix product, all margins one array, the gradient another product",
    )
