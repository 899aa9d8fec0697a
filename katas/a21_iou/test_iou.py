"""Suite of A21: areas of overlaps and unions, for all pairs of boxes, and the boxes that do not meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import iou as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.speed import Contest, Racer, vary
from harness.suite.strategies import Float64Array, seeds

SIDE = 8
"""Pixels in a row of the raster on which integer boxes are counted."""
SPANS = st.tuples(st.integers(0, SIDE), st.integers(0, SIDE)).map(sorted)
BOXES = st.lists(st.tuples(SPANS, SPANS).map(lambda s: [s[0][0], s[1][0], s[0][1], s[1][1]]), min_size=1, max_size=4)
"""Boxes with whole corners, without area too."""


def loop_iou(boxes_a: Sequence[Sequence[float]], boxes_b: Sequence[Sequence[float]]) -> list[list[float]]:
    """The definition, pair by pair."""
    table = []
    for ax1, ay1, ax2, ay2 in boxes_a:
        row = []
        for bx1, by1, bx2, by2 in boxes_b:
            overlap = max(0.0, min(ax2, bx2) - max(ax1, bx1)) * max(0.0, min(ay2, by2) - max(ay1, by1))
            union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - overlap
            row.append(overlap / union if union > 0 else 0.0)
        table.append(row)
    return table


def counted_iou(boxes_a: Sequence[Sequence[int]], boxes_b: Sequence[Sequence[int]]) -> Float64Array:
    """The same for whole corners, by counting pixels of a raster."""

    def pixels(box: Sequence[int]) -> npt.NDArray[np.bool_]:
        raster = np.zeros((SIDE, SIDE), dtype=bool)
        raster[box[1] : box[3], box[0] : box[2]] = True
        return raster

    pairs = [[(pixels(a), pixels(b)) for b in boxes_b] for a in boxes_a]
    return np.array([[np.sum(a & b) / max(1, int(np.sum(a | b))) for a, b in row] for row in pairs])


def mistakes(boxes_a: Float64Array, boxes_b: Float64Array) -> Mistakes:
    """What the usual mistakes give for these boxes."""
    a, b = boxes_a[:, None], boxes_b[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    overlap = np.maximum(sides, 0).prod(axis=-1)
    area_a, area_b = ((box[..., 2:] - box[..., :2]).prod(axis=-1) for box in (a, b))
    union = area_a + area_b - overlap
    right = np.divide(overlap, union, out=np.zeros_like(union), where=union > 0)
    enclosing = (np.maximum(a[..., 2:], b[..., 2:]) - np.minimum(a[..., :2], b[..., :2])).prod(axis=-1)
    pixel = np.maximum(sides + 1, 0).prod(axis=-1)
    pixel_areas = [(box[..., 2:] - box[..., :2] + 1).prod(axis=-1) for box in (a, b)]

    def with_corners(corners: Callable[[Float64Array], Float64Array]) -> list[list[float]]:
        return loop_iou(*(corners(boxes).tolist() for boxes in (boxes_a, boxes_b)))

    def ratio(top: Float64Array, bottom: Float64Array) -> Float64Array:
        return np.where(bottom == 0, 0, top / bottom)

    return {
        "boxes that do not meet have two negative sides, whose product is positive: make each side 0 first": lambda: (
            ratio(sides.prod(axis=-1), area_a + area_b - sides.prod(axis=-1))
        ),
        "the product of the sides is made 0, not each side: two negative ones have a positive product": lambda: ratio(
            np.maximum(sides.prod(axis=-1), 0), area_a + area_b - np.maximum(sides.prod(axis=-1), 0)
        ),
        "sides are made positive by abs: a negative one means that the boxes do not meet": lambda: ratio(
            np.abs(sides).prod(axis=-1), area_a + area_b - np.abs(sides).prod(axis=-1)
        ),
        "sides have a pixel too many: x2 - x1, without + 1": lambda: pixel / (sum(pixel_areas) - pixel),
        "the overlap counts twice in the union: subtract it once": lambda: ratio(overlap, area_a + area_b),
        "the overlap is subtracted twice from the union": lambda: ratio(overlap, area_a + area_b - 2 * overlap),
        "twice the overlap over the sum of areas (Dice, F1): the IoU divides by the union": lambda: ratio(
            2 * overlap, area_a + area_b
        ),
        "divided by the smaller area: divide by the union": lambda: ratio(overlap, np.minimum(area_a, area_b)),
        "divided by the larger area: divide by the union": lambda: ratio(overlap, np.maximum(area_a, area_b)),
        "divided by the area of the box of boxes_a: divide by the union": lambda: ratio(overlap, area_a + 0 * area_b),
        "divided by the area of the box of boxes_b: divide by the union": lambda: ratio(overlap, area_b + 0 * area_a),
        "divided by the box that encloses both: the union is smaller": lambda: ratio(overlap, enclosing),
        "the overlap itself: divide it by the union": lambda: overlap,
        "the last two numbers are taken for width and height: they are the other corner": lambda: with_corners(
            lambda boxes: np.hstack((boxes[:, :2], boxes[:, :2] + boxes[:, 2:]))
        ),
        "0 where the union is small: compare it with 0, without a tolerance": lambda: np.where(union > 1e-10, right, 0),
        "the columns are taken for x1, x2, y1, y2: they are x1, y1, x2, y2": lambda: with_corners(
            lambda boxes: boxes[:, [0, 2, 1, 3]]
        ),
        "a table with a row for each box of boxes_b: transpose it": lambda: right.T,
        "box i is compared with box i only: compare each with each": lambda: np.diag(right),
        "only the best for each box of boxes_a: the whole table is asked for": lambda: right.max(axis=1),
        "all pairs in one row: the shape is (n, m)": right.ravel(),
        "0/0 is NaN: where the union is empty, the IoU is 0": lambda: overlap / union,
        "two equal boxes without area have 1: where the union is empty, the IoU is 0": lambda: np.where(
            union > 0, right, 1
        ),
        "the distance to 1 (the Jaccard distance): the IoU itself is asked for": lambda: 1 - right,
        "computed in float32: convert both arguments to float64 first": lambda: right.astype(np.float32),
        "rounded: return it as it is": lambda: np.round(right, 2),
    }


def check_iou(boxes_a: npt.ArrayLike, boxes_b: npt.ArrayLike, want: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold the subject to a table."""
    __tracebackhide__ = True
    a, b = np.array(boxes_a, dtype=np.float64), np.array(boxes_b, dtype=np.float64)  # copies
    asked = call("iou", boxes_a, boxes_b)
    check.close(
        check.accepts(partial(kata.iou, boxes_a, boxes_b), asked=asked, because="no box is turned"),
        want,
        asked=asked,
        atol=0.0,
        mistakes=mistakes(a, b),
        hint=hint
        or "the overlap's area over that of both boxes less the overlap, in float64; add nothing to the union",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_an_overlap() -> None:
    check_iou([[0, 0, 4, 2]], [[2, 1, 6, 4]], [[2 / 18]])


@pytest.mark.example
def test_worked_example_of_three_pairs() -> None:
    check_iou([[0, 0, 4, 2]], [[2, 1, 6, 4], [4, 0, 8, 2], [0, 0, 4, 2]], [[2 / 18, 0.0, 1.0]])


@pytest.mark.example
def test_worked_example_of_boxes_that_do_not_meet() -> None:
    check_iou([[0, 0, 4, 2], [1, 1, 2, 3]], [[5, 5, 9, 8], [0, 5, 4, 8]], [[0.0, 0.0], [0.0, 0.0]])


@pytest.mark.example
def test_worked_example_of_boxes_without_area() -> None:
    check_iou([[1, 1, 1, 1], [0, 2, 3, 2]], [[1, 1, 1, 1], [0, 0, 4, 4]], [[0.0, 0.0], [0.0, 0.0]])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(BOXES, BOXES)
def test_whole_corners_give_what_counting_pixels_gives(a: list[list[int]], b: list[list[int]]) -> None:
    check_iou(a, b, counted_iou(a, b))


def random_boxes(seed: int, n: int) -> Float64Array:
    """Boxes with an area, many of which overlap; their corners are multiples of 1/64."""
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 256, size=(n, 2)) / 64
    return np.hstack((corners, corners + rng.integers(1, 256, size=(n, 2)) / 64))


@pytest.mark.law
@given(seeds(), st.integers(1, 5), st.integers(1, 5), st.sampled_from([1.0, 2.0**-30, 2.0**30]))
def test_equals_the_definition_in_any_unit(seed: int, n: int, m: int, unit: float) -> None:
    a, b = unit * random_boxes(seed, n), unit * random_boxes(seed + 1, m)
    hint = "the unit must not matter: add nothing to the union, and compare with no tolerance"
    check_iou(a, b, loop_iou(a.tolist(), b.tolist()), hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------

DTYPES: dict[str, npt.NDArray[Any]] = {
    "uint8": np.array([[0, 0, 100, 200], [3, 9, 5, 250]], dtype=np.uint8),
    "int32": np.array([[0, 0, 100_000, 200_000], [50_000, 90_000, 150_000, 250_000]], dtype=np.int32),
    "float32": np.array([[0.1, 0.1, 0.7, 0.7], [0.3, 0.2, 0.9, 0.8]], dtype=np.float32),
}


@pytest.mark.edge
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_computed_in_float64(dtype: str) -> None:
    boxes = DTYPES[dtype]
    hint = f"convert both arguments to float64 first: areas do not fit into {dtype}"
    check_iou(boxes, boxes[::-1], loop_iou(boxes.tolist(), boxes[::-1].tolist()), hint=hint)
    check.float_array(kata.iou(boxes, boxes), (2, 2), asked=call("iou", boxes, boxes), hint=hint)


GOOD = [[0.0, 0.0, 4.0, 2.0], [1.0, 1.0, 2.0, 3.0]]
TURNED = {"x1 > x2": [4.0, 0.0, 0.0, 2.0], "y1 > y2": [0.0, 2.0, 4.0, 0.0], "x1 > x2 and y1 > y2": [4.0, 2.0, 0.0, 0.0]}


@pytest.mark.edge
@pytest.mark.parametrize("turned", TURNED)
@pytest.mark.parametrize("which", ["boxes_a", "boxes_b"])
def test_a_turned_box_is_an_error(turned: str, which: str) -> None:
    boxes = [GOOD[0], TURNED[turned]]
    arguments = (boxes, GOOD) if which == "boxes_a" else (GOOD, boxes)
    as_given = [np.array(argument) for argument in arguments]
    straightened = [np.sort(argument.reshape(-1, 2, 2), axis=1).reshape(-1, 4) for argument in as_given]
    check.raises(
        ValueError,
        partial(kata.iou, *arguments),
        asked=call("iou", *arguments),
        because=f"a box of {which} is turned: {turned}",
        mistakes={
            "the corners were put into order: a turned box is more often a wrong format than meant": loop_iou(
                straightened[0].tolist(), straightened[1].tolist()
            ),
            "turned boxes are not looked for": loop_iou(*(argument.tolist() for argument in as_given)),
        },
        hint="compare x1 with x2 and y1 with y2, in both arguments",
    )


Shape = tuple[int, ...]
SHAPES: list[tuple[Shape, Shape]] = [
    ((4,), (2, 4)),
    ((2, 4), (4,)),
    ((2, 5), (2, 4)),
    ((2, 4), (2, 3)),
    ((2, 2, 4), (2, 4)),
    ((8,), (2, 4)),
]
EMPTY: list[tuple[Shape, Shape]] = [((0, 4), (2, 4)), ((2, 4), (0, 4)), ((0,), (2, 4)), ((2, 0), (2, 4))]


@pytest.mark.edge
@pytest.mark.parametrize(("left", "right"), SHAPES + EMPTY)
def test_a_wrong_shape_or_no_boxes_is_an_error(left: Shape, right: Shape) -> None:
    a, b = (np.arange(np.prod(shape), dtype=float).reshape(shape) for shape in (left, right))
    check.raises(
        ValueError,
        partial(kata.iou, a, b),
        asked=f"iou of arrays of shapes {left} and {right}",
        because="the shapes are (n, 4) and (m, 4), with at least one box each",
        mistakes={"an empty table: no boxes are an error": lambda: np.zeros((left[0], right[0]))},
        hint="check .ndim, the number of columns and the number of rows of both",
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    boxes_a, boxes_b = np.array([[1.0, 2.0, 4.0, 3.5], [3.0, 1.0, 6.0, 3.0]]), np.array([[2.0, 1.5, 5.0, 4.0]])
    with check.untouched(asked=str(call("iou", boxes_a, boxes_b)), boxes_a=boxes_a, boxes_b=boxes_b):
        kata.iou(boxes_a, boxes_b)


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_is_vectorised(race: Racer) -> None:
    def contest(rng: np.random.Generator) -> Contest:
        corners = rng.uniform(0, 100, size=(2, vary(rng, 200), 2))
        a, b = np.concatenate((corners, corners + rng.uniform(1, 50, size=corners.shape)), axis=2)
        as_lists = a.tolist(), b.tolist()
        return Contest(lambda: kata.iou(a, b), lambda: loop_iou(*as_lists))

    hint = "give one set of boxes an axis of length 1 and let NumPy broadcast: no loop over pairs"
    race(contest, same=check.close, at_least=5, versus="two loops", asked="iou of about 200 x 200 boxes", hint=hint)
