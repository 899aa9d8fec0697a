"""Follow-up of A21: the generalized IoU, which tells boxes apart that do not meet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import iou as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

A_BOX = [0.0, 0.0, 4.0, 2.0]


def parts(a: Sequence[float], b: Sequence[float]) -> tuple[float, float, float]:
    """The areas of the overlap, of the union and of the enclosing box of two boxes."""
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    overlap = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    enclosing = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    return overlap, sum(areas) - overlap, enclosing


def loop_giou(boxes_a: Sequence[Sequence[float]], boxes_b: Sequence[Sequence[float]]) -> list[list[float]]:
    """The definition, pair by pair."""

    def one(overlap: float, union: float, enclosing: float) -> float:
        return (overlap / union if union else 0.0) - ((enclosing - union) / enclosing if enclosing else 0.0)

    return [[one(*parts(a, b)) for b in boxes_b] for a in boxes_a]


def mistakes(boxes_a: Float64Array, boxes_b: Float64Array) -> Mistakes:
    """What the usual mistakes give for these boxes."""
    overlap, union, enclosing = np.moveaxis(np.array([[parts(a, b) for b in boxes_b] for a in boxes_a]), -1, 0)
    right = np.array(loop_giou(boxes_a.tolist(), boxes_b.tolist()))

    def ratio(part: Float64Array, whole: Float64Array) -> Float64Array:
        return np.divide(part, whole, out=np.zeros(whole.shape), where=whole > 0)

    iou = ratio(overlap, union)
    return {
        "the IoU itself: subtract the share of C that is in neither box": iou,
        "clipped at 0: boxes that do not meet are below 0": np.maximum(right, 0),
        "added: the empty share of C is subtracted": iou + ratio(enclosing - union, enclosing),
        "divided by the union: the empty part is a share of C": iou - ratio(enclosing - union, union),
        "the overlap is taken off C, not the union": iou - ratio(enclosing - overlap, enclosing),
        "the union's share of C: subtract the share that is empty": iou - ratio(union, enclosing),
        "the loss 1 - GIoU: the GIoU itself is asked for": lambda: 1 - right,
        "a table with a row for each box of boxes_b: transpose it": lambda: right.T,
        "0/0 is NaN: where C has no area, the GIoU is 0": lambda: iou - (enclosing - union) / enclosing,
        "0 where the union has no area: it is -1, if C has one": lambda: np.where(union > 0, right, 0),
        "-1 where C has no area: the GIoU is 0 there": lambda: np.where(enclosing > 0, right, -1),
    }


def check_giou(boxes_a: npt.ArrayLike, boxes_b: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    a, b = np.array(boxes_a, dtype=np.float64), np.array(boxes_b, dtype=np.float64)  # copies
    asked = call("giou", boxes_a, boxes_b)
    check.close(
        check.accepts(partial(kata.giou, boxes_a, boxes_b), asked=asked, because="no box is turned"),
        loop_giou(a.tolist(), b.tolist()),
        asked=asked,
        mistakes=mistakes(a, b),
        hint=hint or "the IoU, less the share of the enclosing box C that is in neither box",
    )


@pytest.mark.example
def test_worked_example_of_boxes_that_overlap() -> None:
    check_giou([A_BOX], [[2, 1, 6, 4]])


@pytest.mark.example
def test_worked_example_of_four_pairs() -> None:
    check_giou([A_BOX], [[2, 1, 6, 4], [4, 0, 8, 2], [0, 0, 4, 2], [8, 0, 12, 2]])


@pytest.mark.example
def test_worked_example_of_boxes_without_area() -> None:
    check_giou([[1, 1, 1, 1], [0, 2, 3, 2]], [[1, 1, 1, 1], [5, 4, 5, 4], [4, 2, 6, 2]])


@pytest.mark.law
@given(seeds(), st.integers(1, 4), st.integers(1, 4), st.sampled_from([1.0, 2.0**-30, 2.0**30]))
def test_equals_the_definition_in_any_unit(seed: int, n: int, m: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 256, size=(n + m, 2)) / 64
    boxes = unit * np.hstack((corners, corners + rng.integers(0, 128, size=(n + m, 2)) / 64))
    check_giou(boxes[:n], boxes[n:], hint="the unit must not matter: add nothing to a denominator")


@pytest.mark.law
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 9), st.integers(0, 9))
def test_moving_a_box_away_lowers_it_further_and_further(width: int, height: int, dx: int, dy: int) -> None:
    moves = [(4 + (dx or 1) * 2**step, 2 + dy * 2**step) for step in range(6)]
    boxes = [[x, y, x + width, y + height] for x, y in moves]
    asked = call("giou", [A_BOX], boxes) + ", where each box is farther away than the one before"
    got = np.asarray(kata.giou([A_BOX], boxes))
    falls = got.shape == (1, 6) and (np.diff(got[0]) < 0).all() and (got[0] > -1).all()
    hint = "C grows with the distance, and with it its empty share; the GIoU falls towards -1"
    check.true(falls, asked=asked, came=got, expected="six falling numbers above -1", hint=hint)


@pytest.mark.edge
def test_unsigned_integers_do_not_wrap_around() -> None:
    boxes = np.array([[0, 0, 100, 200], [3, 9, 5, 250]], dtype=np.uint8)
    check_giou(boxes, boxes, hint="convert both arguments to float64 first: in uint8, 3 - 5 is 254")


BAD = {"a turned box": [[4, 0, 0, 2]], "a single box": A_BOX, "no boxes": np.zeros((0, 4)), "five columns": [[0] * 5]}


@pytest.mark.edge
@pytest.mark.parametrize("what", BAD)
def test_what_is_an_error_for_iou_is_one_here(what: str) -> None:
    for arguments in ((BAD[what], [A_BOX]), ([A_BOX], BAD[what])):
        giou, asked = partial(kata.giou, *arguments), call("giou", *arguments)
        hint = "check both arguments as in iou: one function that does it can serve both"
        check.raises(ValueError, giou, asked=asked, because=f"{what} is an error for iou, too", hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    boxes_a, boxes_b = np.array([[1.0, 2.0, 4.0, 3.5], [3.0, 1.0, 6.0, 3.0]]), np.array([[2.0, 1.5, 5.0, 4.0]])
    with check.untouched(asked=str(call("giou", boxes_a, boxes_b)), boxes_a=boxes_a, boxes_b=boxes_b):
        kata.giou(boxes_a, boxes_b)
