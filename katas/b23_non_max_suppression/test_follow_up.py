"""Follow-up of B23: scores that decay where boxes overlap, taken by the highest score of the moment."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import non_max_suppression as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Scene(NamedTuple):
    """Boxes, scores, and the options of the call."""

    boxes: Float64Array
    scores: Float64Array
    options: dict[str, Any]


def make_scene(seed: int) -> Scene:
    """Boxes in a crowd, in any unit, so that many overlap several others."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    corners = rng.uniform((0, 0), (20, 3), size=(n, 2))
    boxes = 2.0 ** rng.choice([-30, 0, 20]) * np.hstack((corners, corners + rng.uniform((7, 8), (11, 12), size=(n, 2))))
    options = {"method": str(rng.choice(["gaussian", "linear"])), "min_score": float(rng.choice([0.0, 0.1, 0.3]))}
    options |= {"sigma": float(rng.choice([0.1, 0.5, 2.0])), "iou_threshold": float(rng.choice([0.0, 0.3, 0.6]))}
    return Scene(boxes, rng.permutation(n) / n + rng.uniform(0.01, 0.1), options)


def overlap(a: Float64Array, b: Float64Array) -> float:
    sides = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0.0)
    union = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - np.prod(sides)
    return float(np.prod(sides) / union) if union > 0 else 0.0


def soft(scene: Scene, slip: str = "") -> tuple[list[int], list[float]]:
    """The definition, box by box; `slip` is a mistake in it."""
    boxes, scores, given = scene
    options = {"method": "gaussian", "sigma": 0.5, "iou_threshold": 0.5, "min_score": 0.001, **given}
    sigma, threshold, left = options["sigma"], options["iou_threshold"], dict(enumerate(scores.tolist()))
    kept: list[int] = []
    found: list[float] = []
    while left:
        by = dict(enumerate(scores.tolist())) if slip == "first order" else left
        best = max(left, key=by.__getitem__)
        score = left.pop(best)
        if (scores[best] if slip == "min of first" else score) < options["min_score"]:
            if slip == "first order":
                continue
            break
        kept.append(best)
        found.append(float(scores[best]) if slip == "first scores" else score)
        for i, value in left.items():
            v = overlap(boxes[best], boxes[i])
            gaussian = {"plain": np.exp(-v / sigma), "two": np.exp(-(v**2) / (2 * sigma))}
            gaussian |= {"square": np.exp(-(v**2) / sigma**2), "normal": np.exp(-(v**2) / (2 * sigma**2))}
            linear = {"all": 1 - v, "hard": float(v <= threshold)}
            right = {"gaussian": np.exp(-(v**2) / sigma), "linear": 1 - v if v > threshold else 1.0}
            slips = gaussian if options["method"] == "gaussian" else linear
            factor = float(slips.get(slip, right[options["method"]]))
            left[i] = min(value, factor * float(scores[i])) if slip == "largest" else value * factor
    return kept, found


SLIPS = {
    "first order": "boxes are taken by the scores at the start: by the highest score of the moment",
    "first scores": "the scores at the start: those that the boxes were kept with",
    "min of first": "the score at the start is compared with min_score: that of the moment",
    "largest": "only the strongest decay counts: multiply by the factor of each kept box",
    "plain": "exp(-IoU / sigma): IoU is squared",
    "two": "exp(-IoU^2 / (2 sigma)): without the 2",
    "square": "exp(-IoU^2 / sigma^2): sigma is not squared",
    "normal": "exp(-IoU^2 / (2 sigma^2)): sigma is no standard deviation, divide by sigma",
    "all": "the linear decay starts at IoU 0: only above the threshold",
    "hard": "boxes above the threshold are dropped: their scores are multiplied by 1 - IoU",
}


def check_soft(scene: Scene, *, hint: str = "") -> None:
    """Hold both arrays to the definition."""
    __tracebackhide__ = True
    boxes, scores, options = scene
    asked = call("soft_non_max_suppression", boxes, scores, **options)
    got = kata.soft_non_max_suppression(boxes.copy(), scores.copy(), **options)
    is_pair = isinstance(got, tuple) and len(got) == 2
    check.true(is_pair, asked=asked, came=got, expected="a tuple (indices, scores)")
    indices, values = soft(scene)
    wrong = {text: soft(scene, slip) for slip, text in SLIPS.items()}
    hint = hint or "keep the box with the highest score of the moment, and let it lower the scores of those left"
    # Where orders differ, scores would be compared with those of other boxes: the order comes first.
    mistakes: Mistakes = {text: order for text, (order, _) in wrong.items() if order != indices}
    check.equal(got[0], indices, asked="the indices of " + asked, mistakes=mistakes, hint=hint)
    mistakes = {text: found for text, (_, found) in wrong.items() if len(found) == len(values)}
    check.close(got[1], np.array(values), asked="the scores of " + asked, atol=1e-9, mistakes=mistakes, hint=hint)


ROW = np.array([[4.0, 0, 14, 10], [0, 0, 10, 10], [8, 0, 18, 10], [50, 0, 60, 10]])
EXAMPLE = Scene(ROW, np.array([0.8, 0.9, 0.7, 0.95]), {})
HALVES = np.array([[0.0, 0, 2, 1], [0, 0, 1, 1], [0, 0, 2, 1]])  # IoUs of exactly 1/2 and 1


@pytest.mark.example
def test_worked_example() -> None:
    check_soft(EXAMPLE)
    check_soft(EXAMPLE._replace(options={"method": "linear", "iou_threshold": 0.4, "min_score": 0.3}))


@pytest.mark.law
@given(st.builds(make_scene, seeds()))
def test_scores_decay_by_every_kept_box(scene: Scene) -> None:
    check_soft(scene)


@pytest.mark.edge
def test_a_box_at_the_threshold_keeps_its_score() -> None:
    options = {"method": "linear", "min_score": 0.5}
    hint = "at IoU 1/2 the factor is 1, above it 1 - IoU; a score of min_score exactly is kept"
    check_soft(Scene(HALVES, np.array([0.75, 0.5, 0.625]), options), hint=hint)
    hint = "without a lower limit every box is kept, with the score 0 where 1 - IoU is 0"
    check_soft(Scene(HALVES, np.array([0.75, 0.5, 0.625]), {"method": "linear", "min_score": 0.0}), hint=hint)


@pytest.mark.edge
def test_where_no_score_is_high_enough_nothing_is_kept() -> None:
    got = kata.soft_non_max_suppression(ROW.copy(), [0.2, 0.1, 0.3, 0.15], min_score=0.4)
    hint = "an empty list is float64: say that indices are integers"
    check.equal(np.asarray(got[0]).dtype.kind, "i", asked="the kind of dtype of no indices", hint=hint)
    check.equal(
        [np.shape(array) for array in got], [(0,), (0,)], asked="the shapes, where all scores are below min_score"
    )


@pytest.mark.edge
def test_integers_are_computed_in_float64() -> None:
    boxes = (ROW * 10).clip(0, 255).astype("uint8")
    got = kata.soft_non_max_suppression(boxes, np.array([3, 9, 0, 5], dtype="uint8"), min_score=0)
    want = soft(Scene(boxes.astype(float), np.array([3.0, 9, 0, 5]), {"min_score": 0}))
    asked, hint = "soft suppression of uint8 boxes and scores", "a score that decays is no integer: convert to float64"
    check.equal(got[0], want[0], asked=asked, hint=hint)
    check.close(got[1], np.array(want[1]), asked=asked, atol=1e-9, hint=hint)


BAD: dict[str, dict[str, Any]] = {
    "a score is below 0": {"scores": [0.9, -0.1, 0.5, 0.4]},
    "there are four boxes and three scores": {"scores": [0.9, 0.8, 0.7]},
    "a box is turned": {"boxes": [[4.0, 0, 14, 10], [0, 0, 10, 10], [18, 0, 8, 10], [50, 0, 60, 10]]},
    "sigma is 0": {"sigma": 0.0},
    "sigma is below 0": {"sigma": -0.5},
    "the threshold is above 1": {"iou_threshold": 1.5},
    "there is no such method": {"method": "hard"},
}


@pytest.mark.edge
@pytest.mark.parametrize("because", BAD)
def test_what_the_rules_exclude_is_an_error(because: str) -> None:
    arguments = {"boxes": ROW.copy(), "scores": EXAMPLE.scores.copy(), **BAD[because]}
    asked = call("soft_non_max_suppression", **arguments)
    check.raises(ValueError, partial(kata.soft_non_max_suppression, **arguments), asked=asked, because=because)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    for method in ("gaussian", "linear"):
        boxes, scores = ROW.copy(), EXAMPLE.scores.copy()
        with check.untouched(asked=f"soft_non_max_suppression(boxes, scores, {method!r})", boxes=boxes, scores=scores):
            kata.soft_non_max_suppression(boxes, scores, method, iou_threshold=0.4)
