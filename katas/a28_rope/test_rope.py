"""Suite of A28: the rotation by its definition, the laws that make it useful, and the other common order of pairs."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rope as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

Case = tuple[Float64Array, Float64Array, float]
"""x (..., T, D), positions (T,) and base."""


def make_case(seed: int) -> Case:
    """Any leading axes, widths to 8, positions in any order, many bases."""
    rng = np.random.default_rng(seed)
    leading = tuple(int(rng.integers(1, 4)) for _ in range(rng.integers(0, 3)))
    t, d = int(rng.integers(1, 5)), 2 * int(rng.integers(1, 5))
    x = rng.integers(-24, 25, size=(*leading, t, d)) / 8
    positions = rng.integers(0, 40, size=t).astype(np.float64)
    return x, positions, float(rng.choice([2.0, 100.0, 10_000.0, 500_000.0]))


CASES = st.builds(make_case, seeds())


def loop_rope(x: Float64Array, positions: Float64Array, base: float, turn: int = 1) -> Float64Array:
    """The definition: pair by pair, with the math module."""
    rotated, d = np.empty_like(x), x.shape[-1]
    for n, p in enumerate(positions.tolist()):
        for i in range(d // 2):
            cos, sin = math.cos(p * base ** (-2 * i / d)), turn * math.sin(p * base ** (-2 * i / d))
            first, second = x[..., n, 2 * i], x[..., n, 2 * i + 1]
            rotated[..., n, 2 * i] = first * cos - second * sin
            rotated[..., n, 2 * i + 1] = first * sin + second * cos
    return rotated


def halves(x: Float64Array) -> Float64Array:
    """The coordinates i and i + D/2 side by side."""
    return x.reshape(*x.shape[:-1], 2, -1).swapaxes(-1, -2).reshape(x.shape)


def rope_mistakes(x: Float64Array, positions: Float64Array, base: float) -> Mistakes:
    """What the usual mistakes give."""
    d, i = x.shape[-1], np.arange(x.shape[-1] // 2)
    first, second = x[..., 0::2], x[..., 1::2]

    def turned(frequencies: npt.NDArray[Any], at: npt.NDArray[Any] = positions) -> Float64Array:
        angles = at[:, None] * frequencies
        pairs = first * np.cos(angles) - second * np.sin(angles), first * np.sin(angles) + second * np.cos(angles)
        return np.stack(pairs, axis=-1).reshape(x.shape)

    right = base ** (-2 * i / d)
    angles = positions[:, None] * right
    cos, sin = np.cos(angles), np.sin(angles)

    def pairs(new_first: Float64Array, new_second: Float64Array) -> Float64Array:
        return np.stack((new_first, new_second), axis=-1).reshape(x.shape)

    rotated = loop_rope(x, positions, base)
    return {
        "these are the rotate-half pairs of LLaMA's code (i and i + D/2): here pairs are interleaved": lambda: (
            loop_rope(halves(x), positions, base).reshape(*x.shape[:-1], -1, 2).swapaxes(-1, -2).reshape(x.shape)
        ),
        "the rotated pairs stand in two halves: interleave the result": lambda: (
            rotated.reshape(*x.shape[:-1], -1, 2).swapaxes(-1, -2).reshape(x.shape)
        ),
        "turned clockwise: the sign of the sines": loop_rope(x, positions, base, turn=-1),
        "the exponent is -i/D: it is -2i/D": turned(base ** (-i / d)),
        "the exponent is -4i/D: 2i is counted twice": turned(base ** (-4 * i / d)),
        "the exponent is +2i/D: later pairs turn slower": turned(base ** (2 * i / d)),
        "the pairs are counted from 1: the first has the exponent 0": turned(base ** (-2 * (i + 1) / d)),
        "the exponents reach -1: divide by D, not by D - 2": lambda: turned(base ** (-i / max(len(i) - 1, 1))),
        "all pairs turn with one angle": turned(np.ones(len(i))),
        "the frequencies are in the wrong order: the first pair turns fastest": turned(right[::-1]),
        "the base is not the argument": turned(10_000.0 ** (-2 * i / d)),
        "positions are counted from 0: they are those handed over": turned(right, np.arange(len(positions)) + 0.0),
        "positions are shifted by one": turned(right, positions + 1),
        "cosines and sines are swapped": pairs(first * sin - second * cos, first * cos + second * sin),
        "the second coordinate was computed from the new first one": pairs(
            first * cos - second * sin, (first * cos - second * sin) * sin + second * cos
        ),
        "both coordinates have a minus: the second is x1 sin + x2 cos": pairs(
            first * cos - second * sin, first * sin - second * cos
        ),
        "sines and cosines are added: the vectors are rotated": pairs(first + sin, second + cos),
        "each coordinate is scaled: a rotation mixes the two": pairs(first * cos, second * sin),
        "each coordinate is scaled by the cosine: the sine's part is missing": pairs(first * cos, second * cos),
        "the positions run along the wrong axis: it is the one before the last": lambda: loop_rope(
            x.swapaxes(0, -2), positions, base
        ).swapaxes(0, -2),
        "the angles were computed in float32": turned(right.astype(np.float32), positions.astype(np.float32)),
    }


def check_rope(x: npt.ArrayLike, positions: npt.ArrayLike, base: float | None = 10_000.0, *, hint: str = "") -> None:
    """Hold the result to the definition; a base of None is left out of the call."""
    __tracebackhide__ = True
    exact: Case = (np.asarray(x, np.float64), np.asarray(positions, np.float64), 10_000.0 if base is None else base)
    arguments = (x, positions) if base is None else (x, positions, base)
    got, asked = kata.rope(*deepcopy(arguments)), call("rope", *arguments)
    mistakes = {} if hint else rope_mistakes(*exact)
    check.close(got, loop_rope(*exact), asked=asked, atol=1e-10, mistakes=mistakes, hint=hint)
    check.float_array(got, exact[0].shape, asked=asked)


X = np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0]])
HEADS = np.arange(48.0).reshape(2, 3, 2, 4) / 8 - 2

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_examples() -> None:
    check_rope(X, [0, 1], None)
    check_rope([[3, 4]], [2], None)
    check_rope([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], [2], 100.0)


@pytest.mark.example
def test_worked_example_of_heads_with_positions_in_any_order() -> None:
    check_rope(HEADS, [5, 2], 100.0)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(CASES)
def test_equals_the_definition(case: Case) -> None:
    check_rope(*case)


@pytest.mark.law
@given(seeds(), st.integers(0, 5_000))
def test_dot_products_depend_on_the_distance_alone(seed: int, shift: int) -> None:
    rng = np.random.default_rng(seed)
    q, k = rng.integers(-16, 17, size=(2, 3, 6)) / 8
    at_q, at_k = rng.integers(0, 50, size=(2, 3))
    scores = [kata.rope(q, at_q + by) @ kata.rope(k, at_k + by).T for by in (0, shift)]
    asked = f"queries at {at_q.tolist()} @ keys at {at_k.tolist()}, once more with all positions {shift} higher"
    hint = "all pairs must be rotated, and by angles proportional to the position"
    check.close(scores[1], scores[0], asked=asked, atol=1e-9, hint=hint)


@pytest.mark.law
@given(CASES)
def test_position_0_changes_nothing_and_no_position_changes_the_length_of_a_pair(case: Case) -> None:
    x, positions, base = case
    asked, hint = call("rope", x, 0 * positions, base), "cos 0 is 1 and sin 0 is 0"
    check.close(kata.rope(x.copy(), 0 * positions, base), x, asked=asked, hint=hint)
    got, asked = np.asarray(kata.rope(x.copy(), positions.copy(), base)), call("rope", x, positions, base)
    lengths = [np.hypot(v[..., 0::2], v[..., 1::2]) for v in (got, x)]
    hint = "a rotation is [[cos, -sin], [sin, cos]]"
    check.close(lengths[0], lengths[1], asked="the lengths of the pairs of " + asked, atol=1e-10, hint=hint)


@pytest.mark.law
def test_a_long_sequence_of_wide_vectors_equals_the_definition() -> None:
    rng = np.random.default_rng(28)
    check_rope(rng.normal(size=(2, 200, 64)), np.arange(300, 500), None)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_one_vector_far_along_is_exact() -> None:
    check_rope(np.array([[1.0, 2.0, 3.0, 4.0]], dtype=np.float32), [100_000], hint="compute angles in float64")
    check_rope([[1.0, -2.0]], [-3.1], hint="positions need not be whole, and may be below 0")
    check_rope(X, [0, 7], 0.5, hint="any base above 0 is fine")


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8, np.uint8])
def test_is_computed_in_float64(dtype: npt.DTypeLike) -> None:
    x, positions = np.array([[100, 27, 9, 3], [1, 0, 5, 127]]).astype(dtype), np.array([3, 90]).astype(dtype)
    check_rope(x, positions, hint="convert to float64 first")
    check_rope(x.tolist(), positions.tolist())


BAD: dict[str, tuple[Any, ...]] = {
    "the width is odd": (np.ones((2, 3)), [0, 1]),
    "x has one axis": (np.ones(4), [0]),
    "the width is 0": (np.ones((2, 0)), [0, 1]),
    "there are no vectors": (np.ones((0, 4)), []),
    "the batch is empty": (np.ones((0, 2, 4)), [0, 1]),
    "there is 1 position for 2 vectors, which would broadcast": (X, [1]),
    "there are 3 positions for 2 vectors": (X, [0, 1, 2]),
    "positions are one number, which would broadcast": (X, 1),
    "positions have a row for each sequence": (HEADS[0], [[0, 1]] * 3),
    "base is 0": (X, [0, 1], 0.0),
    "base is negative": (X, [0, 1], -100.0),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_shapes_that_do_not_fit_and_a_base_that_is_not_above_0_are_an_error(why: str) -> None:
    arguments = deepcopy(BAD[why])
    asked, hint = call("rope", *BAD[why]), "check shapes and base before you compute"
    check.raises(ValueError, lambda: kata.rope(*arguments), asked=asked, because=why, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    x, positions = HEADS.copy(), np.array([5.0, 2.0])
    with check.untouched(asked=call("rope", HEADS, positions), x=x, positions=positions):
        kata.rope(x, positions)
