"""Suite of B23: which boxes stay, which of them find a truth of their own, and what the ranking is worth."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import non_max_suppression as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Scene(NamedTuple):
    """Detections with scores, no two equal, the truths, and a threshold."""

    boxes: Float64Array
    scores: Float64Array
    truths: Float64Array
    threshold: float


def make_scene(seed: int) -> Scene:
    """Boxes in a row, so that neighbours overlap and those after them do not, in any unit."""
    rng = np.random.default_rng(seed)
    unit = 2.0 ** rng.choice([-30, 0, 20])

    def row(n: int) -> Float64Array:
        corners = rng.uniform((0, 0), (20, 3), size=(n, 2))
        return np.asarray(unit * np.hstack((corners, corners + rng.uniform((7, 8), (11, 12), size=(n, 2)))))

    n, m = int(rng.integers(1, 9)), int(rng.integers(1, 5))
    scores = rng.permutation(n).astype(np.float64) * 0.25 - 0.5
    return Scene(row(n), scores, row(m), float(rng.choice([0.1, 0.3, 0.5])))


SCENES = st.builds(make_scene, seeds())


def iou(a: Float64Array, b: Float64Array, pixel: float = 0.0) -> Float64Array:
    """The table of A21; `pixel` is what some add to each side."""
    left, right = a[:, np.newaxis], b[np.newaxis]
    sides = np.minimum(left[..., 2:], right[..., 2:]) - np.maximum(left[..., :2], right[..., :2])
    overlap = np.maximum(sides + pixel, 0).prod(axis=2)
    union = sum((box[..., 2:] - box[..., :2] + pixel).prod(axis=2) for box in (left, right)) - overlap
    return np.asarray(np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0))


def falling(scores: Float64Array) -> list[int]:
    return sorted(range(len(scores)), key=lambda i: -scores[i])


# --- oracles, and what mistakes give -----------------------------------------------------------------------------------


def loop_nms(order: list[int], table: Float64Array, threshold: float) -> list[int]:
    """Greedy suppression, box by box."""
    kept: list[int] = []
    for i in order:
        if all(table[j, i] <= threshold for j in kept):
            kept.append(i)
    return kept


def nms_mistakes(scene: Scene) -> Mistakes:
    boxes, scores, _, threshold = scene
    order, table = falling(scores), iou(boxes, boxes)
    right = loop_nms(order, table, threshold)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    overlap = table * (areas + areas[:, np.newaxis]) / (1 + table)
    rank = {i: r for r, i in enumerate(order)}
    last = [i for r, i in enumerate(order) if r == 0 or table[order[r - 1], i] <= threshold]
    return {
        "boxes that were dropped drop others: only those that are kept do": [
            i for r, i in enumerate(order) if all(table[j, i] <= threshold for j in order[:r])
        ],
        "a box at the threshold exactly was dropped: it must be greater": loop_nms(
            order, table, np.nextafter(threshold, 0)
        ),
        "the lowest score comes first: take the highest": loop_nms(order[::-1], table, threshold),
        "the boxes are not sorted by score": loop_nms(list(range(len(boxes))), table, threshold),
        "the right boxes in the order in which they came: by falling score": sorted(right),
        "the right boxes by rising score: by falling": right[::-1],
        "ranks of the kept boxes: give their indices in boxes": [rank[i] for i in right],
        "a mask: give indices": np.isin(np.arange(len(boxes)), right),
        "the boxes themselves: give their indices": boxes[right],
        "the indices of the dropped boxes: those of the kept": [i for i in order if i not in right],
        "nothing is dropped: with an epsilon in the union, boxes in a small unit have no IoU": order,
        "each box is compared with the one before it only: with all that are kept": last,
        "only the best box is kept: go on with what is left": right[:1],
        "sides have a pixel too many: x2 - x1, without + 1": loop_nms(order, iou(boxes, boxes, 1.0), threshold),
        "the overlap is divided by the area of one box: by that of the union": loop_nms(
            order, overlap / areas, threshold
        ),
    }


def loop_match(order: list[int], table: Float64Array, threshold: float, *, by: str = "") -> list[bool]:
    """Greedy matching, box by box; `by` names a wrong rule."""
    taken: set[int] = set()
    found = [False] * len(table)
    for i in order:
        free = [j for j in range(table.shape[1]) if j not in taken or by in ("again", "best of all")]
        if by == "first":
            free = [j for j in free if table[i, j] >= threshold][:1]
        best = max(free, key=lambda j: table[i, j], default=None)
        if best is None or table[i, best] < threshold or (by == "best of all" and best in taken):
            continue
        taken.add(best)
        found[i] = True
    return found


def match_mistakes(scene: Scene) -> Mistakes:
    boxes, scores, truths, threshold = scene
    order, table = falling(scores), iou(boxes, truths)
    match = partial(loop_match, order, table)
    right = match(threshold)
    strict = float(np.nextafter(threshold, 2))
    columns = loop_match(list(range(len(truths))), table.T, threshold)
    return {
        "a truth is matched more than once: the first box takes it": match(threshold, by="again"),
        "a box whose best truth is taken is given up: it takes the best of the free ones": match(
            threshold, by="best of all"
        ),
        "a box takes the first truth that reaches the threshold: it takes that with the largest IoU": match(
            threshold, by="first"
        ),
        "a box at the threshold exactly is refused: it must be at least the threshold": match(strict),
        "boxes take truths in the order in which they came: by falling score": loop_match(
            list(range(len(boxes))), table, threshold
        ),
        "boxes take truths by rising score: by falling score": loop_match(order[::-1], table, threshold),
        "in the order of falling score: give them in the order of boxes": [right[i] for i in order],
        "one answer for each truth: one for each box": columns,
        "the wrong way round: True where a truth was found": [not found for found in right],
        "sides have a pixel too many: x2 - x1, without + 1": loop_match(order, iou(boxes, truths, 1.0), threshold),
        "no threshold: any overlap is a match": match(1e-300),
    }


def curve(matches: npt.NDArray[np.bool_], n_truths: float) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Precision, recall and falling precision at each rank."""
    precision = np.cumsum(matches) / np.arange(1, len(matches) + 1)
    best = np.array([precision[i:].max() for i in range(len(precision))])
    return precision, np.cumsum(matches) / n_truths, best


def loop_ap(ranked: npt.NDArray[np.bool_], n_truths: float) -> float:
    """The definition, for matches by falling score."""
    _, recall, best = curve(ranked, n_truths)
    return float(np.sum(np.diff(recall, prepend=0.0) * best))


def ap_mistakes(scores: Float64Array, matches: npt.NDArray[np.bool_], n_truths: int) -> Mistakes:
    ranked = matches[falling(scores)]
    precision, recall, best = curve(ranked, n_truths)
    steps = np.diff(recall, prepend=0.0)
    forward = np.maximum.accumulate(precision)

    def at_points(points: int) -> float:
        grid = np.linspace(0, 1, points)
        return float(np.mean([max(best[recall >= r - 1e-12], default=0.0) for r in grid]))

    return {
        "precision is taken as it is: take the largest of this and all later ranks": float(steps @ precision),
        "the largest precision of this and all earlier ranks: of all later ones": float(steps @ forward),
        "recall is over the detections: over n_truths": loop_ap(ranked, len(ranked)),
        "recall is over the truths that were found: over n_truths, which has the missed ones too": lambda: loop_ap(
            ranked, int(ranked.sum())
        ),
        "not sorted by score": loop_ap(matches, n_truths),
        "sorted by rising score: by falling score": loop_ap(matches[falling(-scores)], n_truths),
        "the mean of precision at eleven recalls: take all points": at_points(11),
        "the mean of precision at 101 recalls: take all points": at_points(101),
        "trapezes between the points of the raw curve: each step in recall counts with its own precision": float(
            steps @ (precision + np.append(1.0, precision[:-1])) / 2
        ),
        "the mean of precision over all ranks: only steps in recall count": float(precision.mean()),
        "the mean of falling precision over all ranks: only steps in recall count": float(best.mean()),
        "the sum of precisions: each step in recall is 1 / n_truths": loop_ap(ranked, 1),
    }


def check_nms(scene: Scene, *, hint: str = "") -> None:
    """Hold `non_max_suppression` to the loop."""
    __tracebackhide__ = True
    boxes, scores, _, threshold = scene
    asked = str(call("non_max_suppression", boxes, scores, threshold))
    got = check.accepts(
        partial(kata.non_max_suppression, boxes.copy(), scores.copy(), threshold), asked=asked, because="all is right"
    )
    want = loop_nms(falling(scores), iou(boxes, boxes), threshold)
    mistakes = {} if hint else nms_mistakes(scene)
    check.equal(got, want, asked=asked, mistakes=mistakes, hint=hint or "keep the best, drop what overlaps it, repeat")


def check_match(scene: Scene, *, hint: str = "") -> None:
    """Hold `match_detections` to the loop."""
    __tracebackhide__ = True
    asked = str(call("match_detections", *scene))
    got = check.accepts(
        partial(kata.match_detections, *map(np.copy, scene[:3]), scene.threshold), asked=asked, because="all is right"
    )
    want = loop_match(falling(scene.scores), iou(scene.boxes, scene.truths), scene.threshold)
    mistakes = {} if hint else match_mistakes(scene)
    check.equal(got, want, asked=asked, mistakes=mistakes, hint=hint or "the best of the free truths, by falling score")


def check_ap(scores: Any, matches: Any, n_truths: int, *, hint: str = "") -> None:
    """Hold `average_precision` to the definition."""
    __tracebackhide__ = True
    values, flags = np.array(scores, dtype=float), np.array(matches, dtype=bool)
    asked = str(call("average_precision", scores, matches, n_truths))
    got = check.accepts(partial(kata.average_precision, scores, matches, n_truths), asked=asked, because="all is right")
    check.close(
        got,
        loop_ap(flags[falling(values)], n_truths),
        asked=asked,
        mistakes={} if hint else ap_mistakes(values, flags, n_truths),
        hint=hint or "the sum of steps in recall, each times the largest precision from there on",
    )
    check.python_float(got, asked=asked)


# --- examples --------------------------------------------------------------------------------------------------------

BOXES = np.array([[4.0, 0, 14, 10], [0, 0, 10, 10], [8, 0, 18, 10], [50, 0, 60, 10]])
TRUTHS = np.array([[1.0, 0, 11, 10], [7, 0, 17, 10], [80, 0, 90, 10]])
EXAMPLE = Scene(BOXES, np.array([0.8, 0.9, 0.7, 0.95]), TRUTHS, 0.4)


@pytest.mark.example
def test_worked_example_of_suppression() -> None:
    check_nms(EXAMPLE)


@pytest.mark.example
def test_worked_example_of_matching() -> None:
    check_match(EXAMPLE._replace(threshold=0.5))


@pytest.mark.example
def test_worked_example_of_average_precision() -> None:
    check_ap(EXAMPLE.scores.tolist(), [True, True, False, False], 3)


@pytest.mark.example
def test_the_default_threshold_is_a_half() -> None:
    boxes, scores = np.array([[0.0, 0, 10, 10], [0, 0, 10, 4.9], [20, 0, 30, 10], [20, 0, 30, 5.1]]), [4, 3, 2, 1]
    hint, halves = "iou_threshold=0.5: the IoUs are 0.49 and 0.51", (boxes[1::2], scores[1::2], boxes[::2])
    got = kata.non_max_suppression(boxes, scores)
    check.equal(got, [0, 1, 2], asked=call("non_max_suppression", boxes, scores), hint=hint)
    check.equal(kata.match_detections(*halves), [False, True], asked=call("match_detections", *halves), hint=hint)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(SCENES)
def test_suppression_keeps_the_best_and_drops_what_overlaps_it(scene: Scene) -> None:
    check_nms(scene)


@pytest.mark.law
@given(SCENES)
def test_each_box_takes_the_best_free_truth(scene: Scene) -> None:
    check_match(scene)


@pytest.mark.law
@given(st.lists(st.booleans(), min_size=1, max_size=8), st.integers(0, 3), seeds())
def test_average_precision_is_the_area_under_falling_precision(matches: list[bool], missed: int, seed: int) -> None:
    scores = np.random.default_rng(seed).permutation(len(matches)) * 0.25 - 0.5
    check_ap(scores, np.array(matches), max(1, sum(matches) + missed))


# --- edges -----------------------------------------------------------------------------------------------------------

HALVES = np.array([[0.0, 0, 2, 1], [0, 0, 1, 1], [5, 0, 7, 1], [5, 0, 7, 1]])
"""IoUs of exactly 0.5 and of exactly 1."""


@pytest.mark.edge
@pytest.mark.parametrize("threshold", [0.5, 1.0])
def test_a_box_at_the_threshold_stays_and_matches(threshold: float) -> None:
    scene = Scene(HALVES, np.array([0.9, 0.8, 0.7, 0.6]), HALVES[::2], threshold)
    check_nms(scene)
    check_match(scene._replace(boxes=HALVES[1::2], scores=scene.scores[1::2]))


@pytest.mark.edge
def test_a_threshold_of_zero_drops_what_overlaps_at_all() -> None:
    boxes = np.array([[0.0, 0, 2, 1], [2, 0, 4, 1], [3, 0, 5, 1], [2, 1, 4, 3], [6, 6, 8, 8]])
    hint = "boxes that only touch have IoU 0, and so have boxes that meet in neither x nor y: make each side 0 first"
    check_nms(Scene(boxes, np.array([0.9, 0.8, 0.7, 0.6, 0.5]), boxes, 0.0), hint=hint)
    hint = "a truth that is taken is not free at any threshold, 0 included"
    check_match(Scene(boxes[[0, 0]], np.array([0.9, 0.8]), boxes[:1], 0.0), hint=hint)


@pytest.mark.edge
def test_boxes_without_area_overlap_nothing() -> None:
    points = np.array([[1.0, 1, 1, 1], [1, 1, 1, 1], [0, 0, 2, 2], [1, 0, 1, 2]])
    hint = "where the union is empty, the IoU is 0: 0/0 is NaN, and NaN is neither greater nor less"
    check_nms(Scene(points, np.array([0.9, 0.8, 0.7, 0.6]), points, 0.5), hint=hint)
    check_match(Scene(points[:2], np.array([0.9, 0.8]), points[1:3], 0.5), hint=hint)


@pytest.mark.edge
def test_of_equal_boxes_with_equal_scores_one_stays() -> None:
    boxes, scores = [[0, 0, 2, 2]] * 3, [0.5] * 3
    asked = "the number of boxes in " + call("non_max_suppression", boxes, scores)
    mistakes = {
        "boxes of equal score drop each other: take them one after the other": 0,
        "boxes of equal score do not drop each other: the one that is taken first drops the others": 3,
    }
    check.equal(len(kata.non_max_suppression(boxes, scores)), 1, asked=asked, mistakes=mistakes)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "int32"])
def test_integers_do_not_wrap_around(dtype: str) -> None:
    size = 25 if dtype == "uint8" else 50_000
    boxes = (np.array([[1, 0, 5, 4], [2, 5, 6, 9], [0, 0, 4, 4], [2, 6, 6, 10]]) * size).astype(dtype)
    scores = np.array([3, 0, 200, 7], dtype="uint8")
    matches = np.array([True, False, True, False])
    hint = f"boxes came in {dtype} and scores in uint8, where -3 is 253: convert them to float64 first"
    want = loop_nms([2, 3, 0, 1], iou(boxes.astype(float), boxes.astype(float)), 0.5)
    asked = call("non_max_suppression", boxes, scores)
    check.equal(kata.non_max_suppression(boxes, scores), want, asked=asked, hint=hint)
    got = kata.match_detections(boxes, scores, boxes[1:3], 0.5)
    asked = call("match_detections", boxes, scores, boxes[1:3], 0.5)
    check.equal(got, loop_match([2, 3, 0, 1], iou(boxes * 1.0, boxes[1:3] * 1.0), 0.5), asked=asked, hint=hint)
    check_ap(scores, matches, 3, hint=hint)


@pytest.mark.edge
def test_is_computed_in_float64() -> None:
    order, boxes = [2, 0, 3, 1], 2.0**28 + BOXES
    scores = np.array([1.0 - order.index(i) * 2.0**-40 for i in range(4)])
    hint = "float32 cannot tell these numbers apart: convert to float64"
    check_nms(Scene(boxes, scores, boxes, 0.4), hint=hint)
    check_match(Scene(boxes, scores, 2.0**28 + TRUTHS, 0.5), hint=hint)
    check_ap(scores, [True, False, False, True], 3, hint=hint)


ONE = [[0.0, 0.0, 2.0, 2.0]]
BOX_SHAPES = [(4,), (0, 4), (2, 5), (2, 3), (2, 2, 4)]
BAD: dict[str, tuple[str, tuple[Any, ...]]] = {}
for shape in BOX_SHAPES:
    rising = np.arange(float(np.prod(shape))).reshape(shape)
    size = np.ones(shape[0] if len(shape) > 1 else 1)
    BAD[f"boxes of shape {shape} in non_max_suppression"] = ("non_max_suppression", (rising, size))
    BAD[f"boxes of shape {shape} in match_detections"] = ("match_detections", (rising, size, ONE))
    BAD[f"truths of shape {shape}"] = ("match_detections", (ONE, [1.0], rising))
for scores in ([], [[0.5]], 0.5, [0.5, 0.4]):
    BAD[f"scores {scores} for one box in non_max_suppression"] = ("non_max_suppression", (ONE, scores))
    BAD[f"scores {scores} for one box in match_detections"] = ("match_detections", (ONE, scores, ONE))
    BAD[f"scores {scores} for one match"] = ("average_precision", (scores, [True], 3))
for turned in ([2.0, 0.0, 0.0, 2.0], [0.0, 2.0, 2.0, 0.0]):
    BAD[f"box {turned} in non_max_suppression"] = ("non_max_suppression", ([*ONE, *ONE, turned], [0.9, 0.8, 0.7]))
    BAD[f"box {turned} in match_detections"] = ("match_detections", ([*ONE, *ONE, turned], [0.9, 0.8, 0.7], ONE))
    BAD[f"truth {turned}"] = ("match_detections", (ONE, [0.9], [*ONE, *ONE, turned]))
for threshold in (-0.1, 1.1):
    BAD[f"threshold {threshold} in non_max_suppression"] = ("non_max_suppression", (ONE, [0.9], threshold))
    BAD[f"threshold {threshold} in match_detections"] = ("match_detections", (ONE, [0.9], ONE, threshold))
BAD["no detections"] = ("average_precision", ([], [], 1))
BAD["matches with two axes"] = ("average_precision", ([0.9, 0.8], [[True], [False]], 3))
BAD["scores and matches with two axes"] = ("average_precision", ([[0.9], [0.8]], [[True], [False]], 3))
BAD["no truths"] = ("average_precision", ([0.9], [False], 0))
BAD["fewer truths than matches"] = ("average_precision", ([0.9, 0.8, 0.7], [True, True, False], 1))


@pytest.mark.edge
@pytest.mark.parametrize("what", BAD)
def test_what_the_rules_exclude_is_an_error(what: str) -> None:
    name, arguments = BAD[what]
    function: Callable[..., Any] = getattr(kata, name)
    asked, hint = (
        call(name, *arguments),
        "check every argument before anything is computed: NumPy stretches and flattens",
    )
    check.raises(ValueError, partial(function, *arguments), asked=asked, because=f"of {what}", hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    boxes, scores, truths, matches = BOXES.copy(), EXAMPLE.scores.copy(), TRUTHS.copy(), np.array([True, False] * 2)
    with check.untouched(asked="all three functions", boxes=boxes, scores=scores, truths=truths, matches=matches):
        kata.non_max_suppression(boxes, scores)
        kata.match_detections(boxes, scores, truths)
        kata.average_precision(scores, matches, 3)
