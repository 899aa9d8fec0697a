"""Suite of A20: sines and cosines side by side, their frequencies, and odd widths."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import positional_encoding as kata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array

LENGTHS = st.integers(1, 40)
WIDTHS = st.integers(1, 24)
EVEN_WIDTHS = st.integers(1, 12).map(lambda half: 2 * half)


def by_loops(n: int, d: int) -> Float64Array:
    """The definition, entry by entry."""
    angles = [[p / 10_000 ** ((j - j % 2) / d) for j in range(d)] for p in range(n)]
    return np.array([[math.cos(a) if j % 2 else math.sin(a) for j, a in enumerate(row)] for row in angles])


def table(n: int, d: int, exponents: npt.NDArray[Any], *, base: float = 1e4, first: int = 0) -> Float64Array:
    """Sines in even and cosines in odd columns, of angles p / base^exponent with one exponent for each column."""
    angles = np.arange(first, first + n)[:, None] / base**exponents
    return np.where(np.arange(d) % 2, np.cos(angles), np.sin(angles))


def mistakes(n: int, d: int) -> Mistakes:
    """What the usual mistakes give for these arguments."""
    column = np.arange(d)
    pair = column // 2
    right = by_loops(n, d)
    angles = np.arange(n)[:, None] / 1e4 ** (2 * pair / d)
    return {
        "all sines first, then all cosines: they alternate": lambda: np.hstack((right[:, ::2], right[:, 1::2])),
        "sines and cosines are swapped: the sine stands in the even column": lambda: np.where(
            column % 2, np.sin(angles), np.cos(angles)
        ),
        "the exponent is i/d, with i the number of the pair: it is 2i/d": lambda: table(n, d, pair / d),
        "each column has a frequency of its own: the two of a pair share one": lambda: table(n, d, column / d),
        "the exponent is twice the column's index over d: the 2i of the formula is the even column's index": lambda: (
            table(n, d, 2 * column / d)
        ),
        "the exponent is doubled, 4i/d: 2i is the index of the even column already": lambda: table(n, d, 4 * pair / d),
        "frequencies run to 1/10000 itself: the exponent is 2i/d, not i over the number of pairs less 1": lambda: table(
            n, d, pair / (d // 2 - 1)
        ),
        "the exponent was divided without a rest, and is 0: every column has one frequency": lambda: table(
            n, d, 0.0 * pair
        ),
        "d was rounded up to an even number in the exponent: d is the width itself": lambda: table(
            n, d, 2 * pair / (d + d % 2)
        ),
        "d was rounded down to an even number in the exponent: d is the width itself": lambda: table(
            n, d, 2 * pair / (d - d % 2)
        ),
        "positions are counted from 1: the first one is 0": lambda: table(n, d, 2 * pair / d, first=1),
        "multiplied by 10000^(2i/d): divide by it": lambda: table(n, d, -2 * pair / d),
        "1000 for 10000": lambda: table(n, d, 2 * pair / d, base=1e3),
        "100000 for 10000": lambda: table(n, d, 2 * pair / d, base=1e5),
        "sines in all columns: the odd ones are cosines": lambda: np.sin(angles),
        "positions are divided by their number: row p must not depend on n": lambda: np.where(
            column % 2, np.cos(angles / n), np.sin(angles / n)
        ),
        "rows and columns are swapped: a row for each position": lambda: right.T,
        "an axis in front for the batch: the shape is (n, d)": lambda: right[None],
        "the last column is missing": lambda: right[:, : d - d % 2],
        "the last column was left at 0: an odd width ends in a sine": lambda: np.where(column < d - d % 2, right, 0),
        "one column too many: an odd width ends in a sine": lambda: by_loops(n, d + 1) * (d % 2),
        "one column too many, cut off too late: an odd width ends in a sine": lambda: np.hstack(
            (right, np.cos(angles[:, -1:]))
        ),
        "cut to whole numbers: the table must be one of floats": lambda: right.astype(int),
        "computed or stored in float32: use float64": lambda: right.astype(np.float32),
        "rows are scaled to length 1: nothing of the kind is asked for": lambda: (
            right / np.linalg.norm(right, axis=1)[:, None]
        ),
    }


def check_encoding(n: int, d: int, hint: str = "") -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    asked = call("positional_encoding", n, d)
    because = "any length and width of at least 1 has an encoding, odd widths too"
    check.close(
        check.accepts(partial(kata.positional_encoding, n, d), asked=asked, because=because),
        by_loops(n, d),
        asked=asked,
        atol=1e-8,
        mistakes=mistakes(n, d),
        hint=hint or "column 2i is sin(p / 10000^(2i/d)), column 2i + 1 the cosine of the same angle",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize(("n", "d"), [(4, 6), (3, 4)])
def test_worked_example_of_an_even_width(n: int, d: int) -> None:
    check_encoding(n, d)


@pytest.mark.example
def test_worked_example_of_an_odd_width() -> None:
    check_encoding(2, 5)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(LENGTHS, WIDTHS)
def test_equals_the_definition_for_any_length_and_width(n: int, d: int) -> None:
    check_encoding(n, d)


@pytest.mark.law
@given(LENGTHS, LENGTHS, EVEN_WIDTHS)
def test_a_step_by_k_is_a_rotation_that_is_the_same_from_every_position(n: int, k: int, d: int) -> None:
    """Each pair (sin, cos) of position p + k is that of p, turned by the angle that position k itself stands for."""
    encoding = np.asarray(kata.positional_encoding(n + k, d))
    asked = f"positions p and p + {k} in " + call("positional_encoding", n + k, d)
    check.true(encoding.shape == (n + k, d), asked=asked, came=encoding.shape, expected=f"shape {(n + k, d)}")
    sine, cosine = encoding[:n, 0::2], encoding[:n, 1::2]
    turned = np.empty((n, d))
    turned[:, 0::2] = sine * encoding[k, 1::2] + cosine * encoding[k, 0::2]
    turned[:, 1::2] = cosine * encoding[k, 1::2] - sine * encoding[k, 0::2]
    hint = "the columns of a pair are sine and cosine of one angle, which is proportional to the position"
    check.close(encoding[k:], turned, asked=asked, atol=1e-9, hint=hint)


@pytest.mark.law
@given(LENGTHS, LENGTHS, WIDTHS)
def test_more_positions_leave_the_first_ones_as_they_are(n: int, more: int, d: int) -> None:
    asked = f"the first {n} rows of " + call("positional_encoding", n + more, d)
    hint = f"they are those of positional_encoding({n}, {d}): row p depends on p and d only"
    got = np.asarray(kata.positional_encoding(n + more, d))[:n]
    check.close(got, by_loops(n, d), asked=asked, atol=1e-9, mistakes=mistakes(n, d), hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(("n", "d"), [(1, 1), (3, 1), (1, 2), (1, 7)])
def test_a_single_column_or_position_has_an_encoding(n: int, d: int) -> None:
    check_encoding(n, d)


@pytest.mark.edge
def test_far_positions_are_exact() -> None:
    n, d = 100_001, 3
    got, asked = kata.positional_encoding(n, d), f"the last row of positional_encoding({n}, {d})"
    check.float_array(got, (n, d), asked=call("positional_encoding", n, d), hint="compute in float64")
    hint = "compute in float64: in float32 the angle of a far position is off by up to 0.004"
    want = [math.sin(n - 1), math.cos(n - 1), math.sin((n - 1) / 10_000 ** (2 / 3))]
    check.close(np.asarray(got)[-1], want, asked=asked, atol=1e-8, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(("n", "d"), [(0, 4), (3, 0), (-1, 4), (3, -2), (0, 0)])
def test_an_argument_below_1_is_an_error(n: int, d: int) -> None:
    check.raises(
        ValueError,
        partial(kata.positional_encoding, n, d),
        asked=call("positional_encoding", n, d),
        because="there must be at least one position and one column",
        mistakes={
            "an empty table: check both arguments first": np.zeros((max(n, 0), max(d, 0))),
            "None: raise an error": None,
        },
        hint="check both arguments before anything else",
    )
