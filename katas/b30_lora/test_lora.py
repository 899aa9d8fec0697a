"""Suite of B30: output and gradients by their formulas and by differences, and a merge that can be taken back."""

from __future__ import annotations

import math
from copy import deepcopy
from functools import partial
from typing import Any

import lora as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

Case = tuple[Float64Array, Float64Array, Float64Array, float, Float64Array, Float64Array]
"""weight, A, B, alpha, x and the gradient in y"""


def make_case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    d_in, d_out = (int(rng.integers(1, 6)) for _ in range(2))
    rank = int(rng.integers(1, min(d_in, d_out) + 1))
    leading = tuple(int(rng.integers(1, 4)) for _ in range(rng.integers(0, 3)))
    shapes = (d_in, d_out), (d_in, rank), (rank, d_out), (*leading, d_in), (*leading, d_out)
    weight, a, b, x, dout = (rng.integers(-12, 13, size=shape) / 4 for shape in shapes)
    return weight, a, b, float(rng.choice([0.5, 3.0, 8.0])), x, dout


CASES = st.builds(make_case, seeds())


def made(case: Case, *, merged: bool = False) -> Any:
    """A layer with these numbers."""
    weight, a, b, alpha, *_ = case
    layer = kata.LoRALinear(weight.copy(), a.shape[1], alpha)
    layer.A, layer.B = a.copy(), b.copy()
    if merged:
        layer.merge()
    return layer


def about(case: Case) -> str:
    weight, a, b, alpha, *_ = case
    return f"a layer with weight {check.show(weight)}, A {check.show(a)}, B {check.show(b)}, alpha {alpha}"


def rows_of(values: Float64Array) -> Float64Array:
    return values.reshape(-1, values.shape[-1])


def forward_mistakes(case: Case) -> Mistakes:
    """What the usual mistakes give for y."""
    weight, a, b, alpha, x, _ = case
    base, adapter, r = x @ weight, x @ a @ b, a.shape[1]
    return {
        "the adapter is not scaled: by alpha / rank": base + adapter,
        "scaled by alpha: by alpha / rank": base + alpha * adapter,
        "scaled by rank / alpha": base + r / alpha * adapter,
        "scaled by alpha / sqrt(rank), as in rsLoRA: by alpha / rank": base + alpha / math.sqrt(r) * adapter,
        "the adapter is left out": base,
        "the adapter alone: add x W": alpha / r * adapter,
        "the adapter acts on x W, not on x": lambda: base + alpha / r * (base @ a @ b),
        "the adapter was added twice: weight holds it when merged": base + 2 * alpha / r * adapter,
        "the scale acts on all of it": alpha / r * (base + adapter),
    }


def gradients(case: Case) -> list[Float64Array]:
    """In x, A and B, by the chain rule."""
    weight, a, b, alpha, x, dout = case
    scale, rows, slopes = alpha / a.shape[1], rows_of(x), rows_of(dout)
    return [dout @ (weight + scale * a @ b).T, scale * rows.T @ slopes @ b.T, scale * a.T @ rows.T @ slopes]


def gradient_mistakes(case: Case) -> list[Mistakes]:
    """What the usual mistakes give for the gradients in x, A and B."""
    weight, a, b, alpha, x, dout = case
    scale, n = alpha / a.shape[1], len(rows_of(x))
    found: list[Mistakes] = []
    for i, right in enumerate(gradients(case)):
        mine: dict[str, object] = {
            "the scale alpha / rank is missing": right / scale,
            "the scale is in it twice": right * scale,
            "averaged over the vectors: the gradient is a sum": right / n,
        }
        if i == 0:
            through = dout @ (a @ b).T
            mine = {
                "the part through the adapter is missing": dout @ weight.T,
                "the part through W is missing: it is frozen, but x acts through it": scale * through,
                "the adapter's part is not scaled by alpha / rank": dout @ weight.T + through,
                "the adapter came twice: weight holds it when merged": dout @ weight.T + 2 * scale * through,
                "the scale acts on all of it: on the adapter's part alone": scale * (dout @ weight.T + through),
            }
        elif x.ndim > 1:
            mine["that of the last vector alone: the sum over all"] = lambda i=i: gradients(
                (*case[:4], rows_of(x)[-1], rows_of(dout)[-1])
            )[i]
        found.append(mine)
    return found


def check_layer(layer: Any, case: Case, *, hint: str = "") -> None:
    """Hold output and gradients to the formulas."""
    __tracebackhide__ = True
    weight, a, b, alpha, x, dout = case
    asked, want = f"forward({check.show(x)}) of {about(case)}", x @ weight + alpha / a.shape[1] * (x @ a @ b)
    got = layer.forward(x.copy())
    check.close(got, want, asked=asked, atol=1e-10, mistakes=forward_mistakes(case), hint=hint)
    check.float_array(got, want.shape, asked=asked)
    asked, parts = (
        f"backward({check.show(x)}, {check.show(dout)}) of {about(case)}",
        layer.backward(x.copy(), dout.copy()),
    )
    check.true(len(parts) == 3, asked=asked, came=f"{len(parts)} values", expected="3: dx, dA, dB")
    for name, value, right, mistakes in zip(
        ("dx", "dA", "dB"), parts, gradients(case), gradient_mistakes(case), strict=True
    ):
        check.close(value, right, asked=f"{name} of {asked}", atol=1e-10, mistakes=mistakes, hint=hint)
        check.float_array(value, right.shape, asked=f"{name} of {asked}")


SMALL: Case = (
    np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]]),
    np.array([[1.0], [-1.0]]),
    np.array([[0.0, 1.0, 2.0]]),
    3.0,
    np.array([2.0, 1.0]),
    np.array([1.0, 1.0, 0.0]),
)
_RNG = np.random.default_rng(30)
BATCH: Case = (
    _RNG.integers(-8, 9, size=(4, 3)) / 4,
    _RNG.integers(-8, 9, size=(4, 2)) / 4,
    _RNG.integers(-8, 9, size=(2, 3)) / 4,
    8.0,
    np.arange(24.0).reshape(2, 3, 4) / 4 - 2,
    np.arange(18.0).reshape(2, 3, 3) / 2 - 3,
)

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_examples() -> None:
    for case in (SMALL, BATCH):
        check_layer(made(case), case)


@pytest.mark.example
def test_at_the_start_the_output_is_that_of_the_weight_and_the_factors_are_as_said() -> None:
    weight, _, _, alpha, x, dout = BATCH
    layer = kata.LoRALinear(weight.copy(), 2, alpha)
    asked = "LoRALinear(weight (4, 3), rank=2, alpha=8.0)"
    check.equal(layer.B, np.zeros((2, 3)), asked=f"B of a new {asked}", hint="B is zeros, shape (rank, d_out)")
    check.true(
        np.shape(layer.A) == (4, 2), asked=f"the shape of A of a new {asked}", came=np.shape(layer.A), expected="(4, 2)"
    )
    check.close(
        layer.forward(x.copy()),
        x @ weight,
        asked=f"the first output of a new {asked}",
        hint="the adapter adds 0 at the start",
    )
    check.equal(bool(layer.merged), False, asked=f"merged of a new {asked}")
    slope = np.asarray(layer.backward(x.copy(), dout.copy())[2])
    mistake = "both factors are zeros: then neither ever gets a gradient"
    check.true(
        bool(np.any(slope != 0)),
        asked=f"dB of a new {asked}",
        came=slope,
        expected="not all 0, so that training can begin",
        mistake=mistake,
    )


@pytest.mark.example
def test_merge_adds_the_adapter_to_the_weight_and_unmerge_takes_it_out() -> None:
    weight, a, b, alpha, *_ = BATCH
    layer, update = made(BATCH), alpha / 2 * a @ b
    asked, wrong = (
        f"weight of {about(BATCH)}",
        {"alpha / rank is missing in the merge": weight + a @ b, "nothing was merged": weight},
    )
    layer.merge()
    check.close(layer.weight, weight + update, asked=asked + ", merged", mistakes=wrong, hint="W + alpha / rank * A B")
    layer.merge()
    again = {"merged twice: a merged layer stays as it is": weight + 2 * update}
    check.close(layer.weight, weight + update, asked=asked + ", merged twice", mistakes=again)
    layer.unmerge()
    check.close(
        layer.weight,
        weight,
        asked=asked + ", merged and unmerged",
        mistakes={"still merged": weight + update},
        atol=1e-10,
    )
    check.equal(bool(layer.merged), False, asked="merged after unmerge()")
    layer.unmerge()
    hint = "unmerge of a layer that is not merged does nothing"
    check.close(layer.weight, weight, asked=asked + ", unmerged twice", mistakes={hint: weight - update}, atol=1e-10)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(CASES)
def test_output_and_gradients_equal_the_formulas_merged_or_not(case: Case) -> None:
    layer = made(case)
    check_layer(layer, case)
    layer.merge()
    check_layer(layer, case, hint="merged: weight holds the adapter already")
    layer.unmerge()
    check_layer(layer, case, hint="after merge and unmerge")


@pytest.mark.law
@given(CASES)
def test_the_gradients_are_the_slopes_of_the_output(case: Case) -> None:
    _, a, b, _, x, dout = case
    layer = made(case)
    parts = layer.backward(x.copy(), dout.copy())
    asked = f"backward({check.show(x)}, {check.show(dout)}) of {about(case)}"

    def of_x(points: list[Float64Array]) -> list[float]:
        return [float(np.sum(dout * y)) for y in each(layer.forward, [(point,) for point in points])]

    def of_factor(name: str, points: list[Float64Array]) -> list[float]:
        losses = []
        for point in points:
            setattr(layer, name, point)
            losses.append(float(np.sum(dout * layer.forward(x.copy()))))
        setattr(layer, name, a if name == "A" else b)
        return losses

    mistakes = gradient_mistakes(case)
    check.gradient(parts[0], of_x, x, asked="dx of " + asked, name="x", atol=1e-5, mistakes=mistakes[0])
    for i, (name, factor) in enumerate((("A", a), ("B", b)), 1):
        check.gradient(
            parts[i],
            partial(of_factor, name),
            factor,
            asked=f"d{name} of " + asked,
            name=name,
            atol=1e-5,
            mistakes=mistakes[i],
        )


@pytest.mark.law
def test_training_lowers_the_loss_and_leaves_the_weight_alone() -> None:
    rng = np.random.default_rng(3)
    weight, x = rng.normal(size=(6, 5)), rng.normal(size=(200, 6))
    target = x @ (weight + np.outer(rng.normal(size=6), rng.normal(size=5)))
    layer, losses = kata.LoRALinear(weight.copy(), 2, 4.0, random_state=0), []
    layer.A = rng.normal(size=(6, 2)) / 2
    for _ in range(60):
        error = np.asarray(layer.forward(x)) - target
        losses.append(float(np.mean(error**2)))
        _, d_a, d_b = layer.backward(x, 2 * error / error.size)
        layer.A, layer.B = np.asarray(layer.A) - 0.1 * d_a, np.asarray(layer.B) - 0.1 * d_b
    asked = "60 steps of gradient descent on A and B toward a weight that differs by rank 1"
    check.true(
        losses[-1] < losses[0] / 2,
        asked=asked,
        came=f"a loss of {losses[-1]:.3g} after {losses[0]:.3g}",
        expected="less than half",
    )
    check.equal(layer.weight, weight, asked=f"weight after {asked}", hint="W is frozen")


@pytest.mark.law
def test_the_random_factor_has_mean_0_and_follows_random_state() -> None:
    state = GlobalRandomState()
    layers = [
        kata.LoRALinear(np.ones((60, 50)), 40, 1.0, random_state=seed)
        for seed in (1, 1, 2, np.random.default_rng(5), None)
    ]
    factors = [np.asarray(layer.A) for layer in layers]
    state.check_kept()
    check.equal(
        factors[1],
        factors[0],
        asked="A of a second layer with random_state=1",
        hint="an int gives the same A each time",
    )
    check.true(
        not np.array_equal(factors[2], factors[0]),
        asked="A with random_state=2",
        came="that of 1",
        expected="another one",
    )
    asked = "A of a layer (60, 50) of rank 40"
    for factor in factors:  # 2,400 numbers: a mean beyond 6 standard errors is no chance
        mean, deviation = float(factor.mean()), float(factor.std())
        is_right = 0.01 <= deviation <= 2 and abs(mean) < 6 * deviation / math.sqrt(factor.size)
        came, hint = f"mean {mean:.3g}, standard deviation {deviation:.3g}", "draw it around 0, neither tiny nor large"
        check.true(is_right, asked=asked, came=came, expected="mean 0, standard deviation from 0.01 to 2", hint=hint)
        distinct, hint = (
            len(np.unique(factor)),
            "draw each entry of A by itself: equal columns make an adapter of rank 1",
        )
        check.true(
            distinct > 2300, asked=f"different numbers in {asked}", came=distinct, expected="nearly 2,400", hint=hint
        )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_a_few_hundred_vectors_equal_the_formulas() -> None:
    rng = np.random.default_rng(4)
    weight, a, b, x, dout = (rng.normal(size=shape) for shape in ((20, 30), (20, 4), (4, 30), (300, 20), (300, 30)))
    check_layer(made((weight, a, b, 16.0, x, dout)), (weight, a, b, 16.0, x, dout))


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float32, np.int8])
def test_is_computed_in_float64_also_from_lists(dtype: npt.DTypeLike) -> None:
    weight, x, dout = (np.array(rows).astype(dtype) for rows in ([[100, 27], [-3, 99]], [[90, 5]], [[100, 7]]))
    layer = kata.LoRALinear(weight, 1, 2)
    layer.A, layer.B = [[0.1], [0.7]], [[0.3, -0.9]]
    exact = (
        weight.astype(float),
        np.array([[0.1], [0.7]]),
        np.array([[0.3, -0.9]]),
        2.0,
        x.astype(float),
        dout.astype(float),
    )
    asked, want = (
        f"forward({check.show(x)}) of {about(exact)}",
        exact[4] @ exact[0] + 2 * exact[4] @ exact[1] @ exact[2],
    )
    check.close(layer.forward(x), want, asked=asked, hint="convert to float64 first")
    for value, right in zip(layer.backward(x, dout.tolist()), gradients(exact), strict=True):
        check.close(
            value,
            right,
            asked=f"backward({check.show(x)}, {check.show(dout)}) of {about(exact)}",
            hint="convert to float64 first",
        )
    layer.merge()
    check.close(
        layer.forward(x), want, asked=asked + ", merged", hint="convert weight to float64 when the layer is made"
    )


@pytest.mark.edge
def test_the_caller_s_arrays_stay_and_objects_share_nothing() -> None:
    weight, a, b, _, x, dout = deepcopy(BATCH)
    with check.untouched(asked="all methods", weight=weight, A=a, B=b, x=x, dout=dout):
        layer, other = kata.LoRALinear(weight, 2, 8.0), kata.LoRALinear(weight, 2, 8.0)
        layer.A, layer.B = a, b
        layer.forward(x)
        layer.backward(x, dout)
        layer.merge()
        layer.unmerge()
        layer.merge()
    check.close(other.weight, weight, asked="weight of a layer after another one, made of the same array, was merged")


BAD_LAYERS: dict[str, tuple[Any, ...]] = {
    "weight has an axis of length zero": (np.ones((3, 0)), 1, 1.0),
    "the rank is 0": (np.ones((3, 4)), 0, 1.0),
    "the rank is above min(d_in, d_out)": (np.ones((3, 4)), 4, 1.0),
    "the rank is not a whole number": (np.ones((3, 4)), 1.5, 1.0),
    "alpha is 0": (np.ones((3, 4)), 1, 0.0),
}
BAD_CALLS: dict[str, tuple[Any, ...]] = {
    "the last axis of x is not d_in": (np.ones((2, 3)),),
    "there are no vectors": (np.ones((0, 4)),),
    "dout has the width of x": (np.ones((2, 4)), np.ones((2, 4))),
    "dout has an axis more than x": (np.ones((2, 4)), np.ones((2, 1, 3))),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", [*BAD_LAYERS, *BAD_CALLS])
def test_shapes_that_do_not_fit_and_numbers_out_of_range_are_an_error(why: str) -> None:
    hint = "check shapes, rank and alpha before you compute"
    if why in BAD_LAYERS:
        weight, rank, alpha = BAD_LAYERS[why]
        asked = f"LoRALinear({check.show(weight)}, {rank}, {alpha})"
        check.raises(ValueError, lambda: kata.LoRALinear(weight, rank, alpha), asked=asked, because=why, hint=hint)
        return
    arguments, layer = BAD_CALLS[why], made(BATCH)
    ask = partial(layer.forward if len(arguments) == 1 else layer.backward, *arguments)
    asked = f"{'forward' if len(arguments) == 1 else 'backward'} of a layer (4, 3) with {', '.join(map(check.show, arguments))}"
    check.raises(ValueError, ask, asked=asked, because=why, hint=hint)
