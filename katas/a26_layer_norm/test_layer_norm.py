"""Suite of A26: both norms by their definition, vector by vector, and their gradients by the Jacobian and by differences."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import layer_norm as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

EPS = {"layer_norm": 1e-5, "rms_norm": 1e-6}
Case = tuple[Float64Array, Float64Array, Float64Array, Float64Array, float]
"""x (..., D), gamma (D,), beta (D,), the gradient of the output, and eps."""


def make_case(seed: int) -> Case:
    """Small numbers of any rank and width; eps is large enough to be seen."""
    rng = np.random.default_rng(seed)
    shape = *(int(rng.integers(1, 4)) for _ in range(rng.integers(0, 4))), int(rng.integers(1, 7))
    x, dout = rng.integers(-24, 25, size=(2, *shape)) / 8
    gamma, beta = rng.integers(-16, 17, size=(2, shape[-1])) / 8
    return x, gamma, beta, dout, float(rng.choice([1e-6, 0.01, 0.25]))


CASES = st.builds(make_case, seeds())
NORMS = pytest.mark.parametrize("name", EPS)


def loop_normalised(name: str, x: Float64Array, eps: float) -> tuple[Float64Array, Float64Array]:
    """The definition, number by number: normalised vectors, and one over the root of each."""
    rows, inverses = [], []
    for row in x.reshape(-1, x.shape[-1]).tolist():
        centre = math.fsum(row) / len(row) if name == "layer_norm" else 0.0
        inverse = 1 / math.sqrt(math.fsum((value - centre) ** 2 for value in row) / len(row) + eps)
        rows.append([(value - centre) * inverse for value in row])
        inverses.append(inverse)
    return np.array(rows).reshape(x.shape), np.array(inverses).reshape(*x.shape[:-1], 1)


def jacobian_gradients(name: str, case: Case) -> list[Float64Array]:
    """The gradient in x by the whole Jacobian of each vector, dgamma and dbeta by sums over the vectors."""
    x, gamma, _, dout, eps = case
    normalised, inverses = loop_normalised(name, x, eps)
    d = len(gamma)
    rows = []
    for xhat, inverse, slope in zip(normalised.reshape(-1, d), inverses.ravel(), dout.reshape(-1, d), strict=True):
        jacobian = np.eye(d) - np.outer(xhat, xhat) / d - (1 / d if name == "layer_norm" else 0)
        rows.append((slope * gamma) @ jacobian * inverse)
    dgamma, dbeta = (dout * normalised).reshape(-1, d).sum(axis=0), dout.reshape(-1, d).sum(axis=0)
    return [np.array(rows).reshape(x.shape), dgamma, dbeta][: 3 if name == "layer_norm" else 2]


def mean(values: Float64Array) -> Float64Array:
    """Along the last axis, which stays."""
    return np.asarray(values.mean(axis=-1, keepdims=True))


def forward_mistakes(name: str, case: Case) -> Mistakes:
    """What the usual mistakes give for the output."""
    x, gamma, beta, _, eps = case
    is_layer, d = name == "layer_norm", x.shape[-1]
    shift = beta if is_layer else np.zeros_like(beta)
    centred = x - mean(x) if is_layer else x
    square = mean(centred**2)
    right = centred / np.sqrt(square + eps)

    def over(axis: int | None) -> Float64Array:
        c = x - x.mean(axis=axis) if is_layer else x
        return np.asarray(gamma * c / np.sqrt(np.mean(c**2, axis=axis) + eps) + shift)

    def divided(values: Float64Array, root: Float64Array) -> Float64Array:
        return gamma * values / root + shift

    of_one = {
        "the mean is not subtracted: that is RMS norm": divided(x, np.sqrt(mean(x**2) + eps)),
        "the mean is subtracted only in the variance": divided(x, np.sqrt(square + eps)),
        "the variance is the mean square: subtract the mean there, too": divided(centred, np.sqrt(mean(x**2) + eps)),
    }
    of_other = {
        "the mean is subtracted: RMS norm does not centre": divided(
            x - mean(x), np.sqrt(mean((x - mean(x)) ** 2) + eps)
        ),
        "divided by the deviation: it is the root of the mean square": divided(
            x, np.sqrt(mean((x - mean(x)) ** 2) + eps)
        ),
    }
    return {
        "the statistics are those of the first axis: each vector is normalised along the last": lambda: over(0),
        "the statistics are those of the whole array: each vector has its own": lambda: over(None),
        "gamma and beta are left out": right,
        "gamma is left out": right + shift,
        "beta is left out": gamma * right,
        "gamma scales beta, too: y = gamma * xhat + beta": gamma * (right + shift),
        "eps is added outside the root: it is sqrt(... + eps)": divided(centred, np.sqrt(square) + eps),
        "eps is left out": lambda: divided(centred, np.sqrt(square)),
        "eps is not the argument, but the default": divided(centred, np.sqrt(square + EPS[name])),
        "divided by the mean square, not by its root": divided(centred, square + eps),
        "divided by D - 1 (ddof=1): it is D": lambda: divided(centred, np.sqrt(square * d / (d - 1) + eps)),
        "the sum of the squares: it is their mean": divided(centred, np.sqrt(square * d + eps)),
        **(of_one if is_layer else of_other),
    }


def dx_mistakes(name: str, case: Case) -> Mistakes:
    """What the usual mistakes give for the gradient in x."""
    x, gamma, _, dout, eps = case
    xhat, inverse = loop_normalised(name, x, eps)
    slope, d = dout * gamma, x.shape[-1]
    has_mean = float(name == "layer_norm")

    def by(slope: Float64Array, xhat: Float64Array = xhat, a: float = has_mean, b: float = 1.0) -> Float64Array:
        return (slope - a * mean(slope) - b * xhat * mean(slope * xhat)) * inverse

    return {
        "the statistics are taken for constants: they depend on x": by(slope, a=0, b=0),
        "the share of the root is missing: it depends on x, too": by(slope, b=0),
        "the share of the mean is missing: it depends on x, too": by(slope, a=0),
        "a mean is subtracted, which RMS norm has not": by(slope, a=1),
        "gamma is left out": by(dout),
        "gamma multiplies at the end: it belongs to dout, before the means are taken": gamma * by(dout),
        "one over the root is left out": by(slope) / inverse,
        "sums in place of means: divide by D": by(slope, a=has_mean * d, b=d),
        "x in the place of the normalised vector": by(slope, xhat=x),
        "the share of the root has the wrong sign": by(slope, b=-1),
    }


def sum_mistakes(terms: Float64Array, wrong: dict[str, Float64Array]) -> Mistakes:
    """What the usual mistakes give for a gradient that sums over the vectors."""
    d = terms.shape[-1]
    return {
        "averaged over the vectors: the gradient is a sum": terms.reshape(-1, d).mean(axis=0),
        "not summed over the vectors": terms,
        "summed over the first axis only": terms.sum(axis=0) if terms.ndim > 1 else terms,
        "summed over the first two axes only": terms.sum(axis=(0, 1)) if terms.ndim > 1 else terms,
        "summed along the vectors: gamma and beta have shape (D,)": terms.sum(axis=-1),
        **{name: value.reshape(-1, d).sum(axis=0) for name, value in wrong.items()},
    }


def check_both(name: str, case: Case, *, rtol: float = 1e-9, hint: str = "", leave_out_eps: bool = False) -> None:
    """Hold output and gradients to the definition; the subject gets the arrays as they are, the definition float64."""
    __tracebackhide__ = True
    x, gamma, beta, dout = (np.asarray(array, dtype=np.float64) for array in case[:4])
    exact: Case = (x, gamma, beta, dout, case[4])
    normalised, _ = loop_normalised(name, x, case[4])
    is_layer, last = name == "layer_norm", () if leave_out_eps else case[4:]
    arguments = (*case[: 3 if is_layer else 2], *last)
    want, asked = gamma * normalised + (beta if is_layer else 0.0), call(name, *arguments)
    got, known = getattr(kata, name)(*deepcopy(arguments)), {} if hint else forward_mistakes(name, exact)
    check.close(got, want, asked=asked, rtol=rtol, atol=1e-11, mistakes=known, hint=hint)
    check.float_array(got, x.shape, asked=asked)

    arguments, wants = (case[3], *case[:2], *last), jacobian_gradients(name, exact)
    asked, gradients = call(f"{name}_backward", *arguments), getattr(kata, f"{name}_backward")(*deepcopy(arguments))
    came, expected = f"{len(gradients)} values", f"{len(wants)}: {'dx, dgamma, dbeta' if is_layer else 'dx, dgamma'}"
    check.true(len(gradients) == len(wants), asked=asked, came=came, expected=expected)
    wrong = {"x in the place of the normalised vector": dout * x, "gamma is in it": dout * gamma * normalised}
    usual = (
        dx_mistakes(name, exact),
        sum_mistakes(dout * normalised, wrong),
        sum_mistakes(dout, {"gamma is in it": dout * gamma}),
    )
    names, mistakes = ("dx", "dgamma", "dbeta"), 3 * ({},) if hint else usual
    for label, value, right, known in zip(names, gradients, wants, mistakes, strict=False):
        check.close(value, right, asked=f"{label} of " + asked, rtol=rtol, atol=1e-11, mistakes=known, hint=hint)
        check.float_array(value, right.shape, asked=f"{label} of " + asked)


TO_FIRST = np.array([[1.0, 0.0, 0.0, 0.0]])
LAYER: Case = (np.array([[1.0, 2.0, 3.0, 6.0]]), np.ones(4), np.array([0.0, 0.0, 0.0, 10.0]), TO_FIRST, 1e-5)
RMS: Case = (np.array([[2.0, -4.0, 4.0, 8.0]]), np.array([1.0, 1.0, 1.0, 2.0]), np.zeros(4), TO_FIRST, 1e-6)
BATCH: Case = (
    np.array([[[1.0, 2.0, 4.0], [0.0, -1.0, 5.0]], [[2.0, 2.0, -3.0], [7.0, 1.0, 1.0]]]),
    np.array([2.0, 1.0, -0.5]),
    np.array([0.5, -1.0, 3.0]),
    np.array([[[1.0, 0.0, 2.0], [-1.0, 0.5, 0.0]], [[0.0, 3.0, 1.0], [2.0, -2.0, 1.0]]]),
    0.25,
)

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@NORMS
def test_worked_examples(name: str) -> None:
    check_both(name, LAYER if name == "layer_norm" else RMS)
    check_both(name, BATCH)


@pytest.mark.example
@NORMS
def test_eps_has_its_default_when_left_out(name: str) -> None:
    small = (0.001 * LAYER[0], *LAYER[1:4], EPS[name])
    check_both(name, small, hint=f"eps is {EPS[name]:g} by default", leave_out_eps=True)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@NORMS
@given(CASES)
def test_outputs_and_gradients_equal_the_definition(name: str, case: Case) -> None:
    check_both(name, case)


@pytest.mark.law
@NORMS
@given(CASES)
def test_the_gradients_are_the_slopes_of_the_output(name: str, case: Case) -> None:
    x, gamma, beta, dout, eps = (*case[:4], 0.25)  # smooth enough for differences
    got = getattr(kata, f"{name}_backward")(*deepcopy((dout, x, gamma, eps)))
    asked = f"{name}_backward, the gradient in "
    values = {"x": x, "gamma": gamma, **({"beta": beta} if name == "layer_norm" else {})}
    for gradient, label in zip(got, values, strict=False):

        def losses(points: list[Float64Array], label: str = label) -> list[float]:
            arguments = [(*{**values, label: point}.values(), eps) for point in points]
            return [float(np.sum(dout * out)) for out in each(getattr(kata, name), arguments)]

        check.gradient(gradient, losses, values[label], asked=asked + label, name=label)


@pytest.mark.law
@NORMS
def test_a_batch_of_wide_vectors_equals_the_definition(name: str) -> None:
    rng = np.random.default_rng(26)
    x, dout = rng.normal(size=(2, 5, 3, 300))
    check_both(name, (x, rng.normal(size=300), rng.normal(size=300), dout, 1e-5))


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_values_far_from_0_keep_their_variance() -> None:
    hint = "subtract the mean before you square: mean(x**2) - mean(x)**2 loses all digits here"
    check_both("layer_norm", (LAYER[0] + 1e8, *LAYER[1:]), rtol=1e-7, hint=hint)


@pytest.mark.edge
@NORMS
@pytest.mark.parametrize("value", [0.0, 0.1, -3.0])
def test_a_constant_vector_one_of_width_1_and_a_nearly_constant_one_need_eps_alone(name: str, value: float) -> None:
    for width, step in ((3, 0.0), (1, 0.0), (3, 2e-7)):
        x = np.full((2, width), value) + step * np.arange(width)
        case = x, np.full(width, 2.0), np.full(width, 0.5), np.ones((2, width)), 1e-5
        check_both(name, case, hint="eps inside the root keeps the divisor away from 0, without a special case")


@pytest.mark.edge
@NORMS
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
def test_is_computed_in_float64(name: str, dtype: npt.DTypeLike) -> None:
    numbers = [[100, 27, -128, 3], [1, 0, 5, 127]], [3, 1, 2, 1], [0, 1, 7, 2], [[1, 2, 0, 3], [100, 1, 0, 100]]
    x, gamma, beta, dout = (np.array(rows).astype(dtype) for rows in numbers)
    check_both(name, (x, gamma, beta, dout, 1e-5), hint="convert to float64 first: integers wrap around")


BAD: dict[str, tuple[str, tuple[Any, ...]]] = {
    "x has no axis": ("layer_norm", (3.0, [1.0], [0.0])),
    "the vectors have width 0": ("layer_norm", (np.zeros((2, 0)), [], [])),
    "there is no vector": ("layer_norm", (np.zeros((0, 3)), np.ones(3), np.ones(3))),
    "gamma is too short": ("layer_norm", (BATCH[0], np.ones(2), np.ones(3))),
    "gamma is one number, which would broadcast": ("layer_norm", (BATCH[0], 1.0, np.ones(3))),
    "beta has a row for each vector": ("layer_norm", (BATCH[0], np.ones(3), np.ones((2, 3)))),
    "dout is one vector, which would broadcast": ("layer_norm_backward", (np.ones(3), BATCH[0], np.ones(3))),
    "gamma has shape (1,)": ("layer_norm_backward", (BATCH[3], BATCH[0], np.ones(1))),
    "gamma of RMS norm has shape (3, 1)": ("rms_norm", (BATCH[0], np.ones((3, 1)))),
    "dout of RMS norm has one axis less": ("rms_norm_backward", (BATCH[3][0], BATCH[0], np.ones(3))),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_shapes_that_do_not_fit_are_an_error(why: str) -> None:
    name, arguments = BAD[why]
    asked, hint = call(name, *arguments), "check shapes before you compute"
    check.raises(ValueError, lambda: getattr(kata, name)(*deepcopy(arguments)), asked=asked, because=why, hint=hint)


@pytest.mark.edge
@NORMS
def test_arguments_stay_as_they_were(name: str) -> None:
    x, gamma, beta, dout, eps = deepcopy(BATCH)
    with check.untouched(asked=f"{name} and {name}_backward", x=x, gamma=gamma, beta=beta, dout=dout):
        getattr(kata, name)(*(x, gamma, beta)[: 3 if name == "layer_norm" else 2], eps)
        getattr(kata, f"{name}_backward")(dout, x, gamma, eps)
