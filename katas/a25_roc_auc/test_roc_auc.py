"""Suite of A25: the curve point by point, the area by counting pairs, average precision by its sum; ties above all."""

from __future__ import annotations

from copy import deepcopy
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import roc_auc as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.speed import Grower, Task
from harness.suite.strategies import Float64Array, seeds

Labels = npt.NDArray[np.int_]
Sample = tuple[Labels, Float64Array]
FUNCTIONS = ("roc_curve", "roc_auc", "average_precision")


def make_sample(seed: int) -> Sample:
    """Both classes, and scores of any sign of which many are equal."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    labels = rng.integers(2, size=n)
    labels[:2] = 0, 1
    return rng.permutation(labels), rng.integers(-6, rng.choice([-2, 6]), size=n) / 4


SAMPLES = st.builds(make_sample, seeds())


def loop_curve(y: Labels, s: Float64Array) -> list[Float64Array]:
    """The definition: at each threshold, count anew."""
    thresholds = [np.inf, *sorted(set(s.tolist()), reverse=True)]
    rates = [[np.mean(s[y == label] >= t) for t in thresholds] for label in (0, 1)]
    return [np.array(column, dtype=np.float64) for column in (*rates, thresholds)]


def pair_area(y: Labels, s: Float64Array, tie: float = 0.5) -> float:
    """Of all pairs of a positive and a negative the share in which the positive scores higher."""
    gaps = s[y == 1][:, None] - s[y == 0]
    return float(np.mean((gaps > 0) + tie * (gaps == 0)))


def step_precision(y: Labels, s: Float64Array) -> float:
    """The definition of average precision, in fractions."""
    total, before = Fraction(0), 0
    for threshold in sorted(set(s.tolist()), reverse=True):
        hits, taken = int(y[s >= threshold].sum()), int((s >= threshold).sum())
        total += Fraction(hits - before, int(y.sum())) * Fraction(hits, taken)
        before = hits
    return float(total)


def row_by_row(y: Labels, s: Float64Array, last: int) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Rates and precision when every sample is a threshold of its own; of equal scores, label `last` comes last."""
    ordered = y[np.lexsort((y if last else -y, -s))]
    hits = np.cumsum(ordered)
    misses = np.cumsum(1 - ordered)
    return misses / misses[-1], hits / hits[-1], hits / (hits + misses)


def area(x: Float64Array, y: Float64Array) -> float:
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1])) / 2)


def threshold_mistakes(y: Labels, s: Float64Array) -> Mistakes:
    """What the usual mistakes give for the thresholds."""
    right = loop_curve(y, s)[2]
    return {
        "the first threshold is missing: infinity, where nothing is predicted positive": right[1:],
        "the first threshold is the highest score + 1: it is infinity": np.append(right[1] + 1, right[1:]),
        "the thresholds rise: begin with the highest": right[::-1],
        "the scores after infinity rise: begin with the highest": np.append(np.inf, right[:0:-1]),
        "each sample is a threshold of its own: equal scores are one": np.append(np.inf, np.sort(s)[::-1]),
        "the last threshold is missing": right[:-1],
        "the negated scores, by which it was sorted": -right,
    }


def rate_mistakes(y: Labels, s: Float64Array, label: int) -> Mistakes:
    """What the usual mistakes give for the share of negatives (label 0) or positives (label 1)."""
    rates = loop_curve(y, s)
    right, other, thresholds = rates[label], rates[1 - label], rates[2]
    counts = right * (y == label).sum()
    return {
        "the first point is missing: the threshold infinity, where nothing is predicted positive": right[1:],
        "the points are in rising order of the threshold: begin with the highest": right[::-1],
        "a sample counts as positive above the threshold: it is 'at least'": [
            np.mean(s[y == label] > t) for t in thresholds
        ],
        "counts in place of shares": counts,
        "shares of all samples: of the negatives, and of the positives": counts / len(y),
        "fpr and tpr are swapped: the curve is (fpr, tpr, thresholds)": other,
        "low scores were taken for positive": lambda: loop_curve(y, -s)[label],
        "specificity: the share of negatives that are predicted positive is 1 less that": 1 - right,
    }


def area_mistakes(y: Labels, s: Float64Array) -> Mistakes:
    """What the usual mistakes give for the area."""
    right, (fpr, tpr, _) = pair_area(y, s), loop_curve(y, s)
    by_row = {last: row_by_row(y, s, last) for last in (0, 1)}
    return {
        "ties count nothing: a pair with equal scores is one half": pair_area(y, s, 0.0),
        "ties count as won: a pair with equal scores is one half": pair_area(y, s, 1.0),
        "equal scores are taken in the order of the rows": lambda: area(
            *(np.append(0.0, np.cumsum((y == c)[np.argsort(-s, kind="stable")]) / (y == c).sum()) for c in (0, 1))
        ),
        "the scores are turned: high scores are positive": 1 - right,
        "the area has the wrong sign": -right,
        "twice the area, less 1: that is the Gini coefficient": 2 * right - 1,
        "the sum of won pairs: divide by their number": right * y.sum() * (1 - y).sum(),
        "divided by all pairs of samples: pairs of a positive and a negative count": lambda: (
            right * y.sum() * (1 - y).sum() / (len(y) * (len(y) - 1) / 2)
        ),
        "rectangles of the left side in place of trapezoids": float(np.sum(np.diff(fpr) * tpr[:-1])),
        "rectangles of the right side in place of trapezoids": float(np.sum(np.diff(fpr) * tpr[1:])),
        "the point (0, 0) is missing": lambda: area(fpr[1:], tpr[1:]),
        "the point (0, 0) is missing, and each sample is a point": lambda: area(*by_row[0][:2]),
        "one threshold at 0.5: the area is over all thresholds": lambda: (
            (np.mean(s[y == 1] >= 0.5) + np.mean(s[y == 0] < 0.5)) / 2
        ),
        "that is average precision": lambda: step_precision(y, s),
    }


def precision_mistakes(y: Labels, s: Float64Array) -> Mistakes:
    """What the usual mistakes give for average precision."""
    (_, tpr, thresholds), total = loop_curve(y, s), y.sum()
    precision = np.array([1.0, *(y[s >= t].mean() for t in thresholds[1:])])
    best = np.maximum.accumulate(precision[:0:-1])[::-1]
    first, last = ({"recall": r[1], "precision": r[2]} for r in (row_by_row(y, s, 0), row_by_row(y, s, 1)))
    per_row = [float(np.sum(np.diff(r["recall"], prepend=0.0) * r["precision"])) for r in (first, last)]
    stable = y[np.argsort(-s, kind="stable")]
    in_order = float(np.sum(stable * np.cumsum(stable) / np.arange(1, len(y) + 1)) / total)
    return {
        "trapezoids: average precision is a sum of steps, without interpolation": area(tpr, precision),
        "interpolated: each precision counts as it is, not the best from here on": float(np.sum(np.diff(tpr) * best)),
        "the precision before the step: take that at the threshold which adds the recall": float(
            np.sum(np.diff(tpr) * precision[:-1])
        ),
        "the plain mean of the precisions: weight each by the recall that it adds": precision[1:].mean(),
        "the mean of the precisions, the first point with 1 among them": precision.mean(),
        "equal scores are taken in the order of the rows: they are one threshold": in_order,
        "of equal scores the positives were taken first: they are one threshold": per_row[0],
        "of equal scores the negatives were taken first: they are one threshold": per_row[1],
        "divided by n: recall is of the positives": step_precision(y, s) * total / len(y),
        "the sum over thresholds of recall's gain in counts: divide by the number of positives": (
            step_precision(y, s) * total
        ),
        "low scores were taken for positive": lambda: step_precision(y, -s),
        "the positive class is 0: it is 1": lambda: step_precision(1 - y, s),
        "that is the area under the ROC curve": lambda: pair_area(y, s),
    }


def check_curve(y_true: npt.ArrayLike, scores: npt.ArrayLike) -> None:
    """Hold the curve to the definition, array by array."""
    __tracebackhide__ = True
    y, s = np.asarray(y_true).astype(int), np.asarray(scores, dtype=np.float64)
    asked, got = call("roc_curve", y_true, scores), kata.roc_curve(*deepcopy((y_true, scores)))
    check.true(len(got) == 3, asked=asked, came=f"{len(got)} values", expected="3: fpr, tpr, thresholds")
    wants = loop_curve(y, s)
    # Thresholds first: where they are wrong, the rates are too.
    check.close(got[2], wants[2], asked="thresholds of " + asked, mistakes=threshold_mistakes(y, s))
    for label, name in enumerate(("fpr", "tpr")):
        check.close(got[label], wants[label], asked=f"{name} of " + asked, mistakes=rate_mistakes(y, s, label))


def check_numbers(y_true: npt.ArrayLike, scores: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold area and average precision to their definitions."""
    __tracebackhide__ = True
    y, s = np.asarray(y_true).astype(int), np.asarray(scores, dtype=np.float64)
    for name, want, mistakes in (
        ("roc_auc", pair_area(y, s), area_mistakes(y, s)),
        ("average_precision", step_precision(y, s), precision_mistakes(y, s)),
    ):
        got, asked = getattr(kata, name)(*deepcopy((y_true, scores))), call(name, y_true, scores)
        check.close(got, want, asked=asked, mistakes=mistakes, hint=hint)
        check.python_float(got, asked=asked)


Y, S = np.array([0, 0, 1, 1, 1]), np.array([0.1, 0.4, 0.4, 0.35, 0.8])
UNTIED = np.array([0, 1, 0, 1, 1, 0, 0]), np.array([-1.0, 2.5, 2.0, 0.5, 7.0, 3.0, 0.25])
ALL_TIED = np.array([0, 1, 0, 1, 1]), np.full(5, 0.25)

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("sample", [UNTIED, (Y, S), ALL_TIED], ids=["no ties", "one tie", "all tied"])
def test_worked_examples(sample: Sample) -> None:
    check_curve(*sample)
    check_numbers(*sample)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(SAMPLES)
def test_the_curve_equals_a_count_at_each_threshold(sample: Sample) -> None:
    check_curve(*sample)


@pytest.mark.law
@given(SAMPLES)
def test_the_area_is_the_share_of_pairs_in_order_and_average_precision_its_sum(sample: Sample) -> None:
    check_numbers(*sample)


@pytest.mark.law
@given(SAMPLES, seeds())
def test_only_the_order_of_the_scores_counts_and_not_that_of_the_samples(sample: Sample, seed: int) -> None:
    y, s = sample
    order = np.random.default_rng(seed).permutation(len(y))
    arguments, hint = (y[order], np.exp(3 * s[order]) - 100), "group equal scores; of the others only the order counts"
    for name, want in (("roc_auc", pair_area(y, s)), ("average_precision", step_precision(y, s))):
        check.close(getattr(kata, name)(*deepcopy(arguments)), want, asked=call(name, *arguments), hint=hint)


@pytest.mark.law
def test_hundreds_of_samples_equal_the_definition() -> None:
    rng = np.random.default_rng(25)
    y, s = rng.integers(2, size=700), rng.integers(200, size=700) / 8
    check_curve(y, s)
    check_numbers(y, s)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float64, object])
def test_labels_of_any_dtype_and_lists_are_accepted(dtype: npt.DTypeLike) -> None:
    check_numbers(Y.astype(dtype), S)
    check_curve(Y.astype(dtype).tolist(), S.tolist())


@pytest.mark.edge
def test_scores_of_unsigned_integers_and_scores_that_nearly_agree_keep_their_order() -> None:
    unsigned = np.array([0, 255, 255, 3, 200], dtype=np.uint8)
    check_numbers(Y, unsigned, hint="convert the scores to float64: -scores of unsigned integers wrap around")
    check_curve(Y, unsigned)
    near = [0, 1, 0, 1], (1 + np.array([1.0, 2.0, 3.0, 4.0]) * 1e-15).tolist()
    taken_for_equal: Mistakes = {"scores that nearly agree are taken for equal: compare them as they are": 0.5}
    for name, want in (("roc_auc", 3 / 4), ("average_precision", 5 / 6)):
        check.close(getattr(kata, name)(*deepcopy(near)), want, asked=call(name, *near), mistakes=taken_for_equal)


BAD: dict[str, tuple[Any, Any]] = {
    "lengths differ": (Y, S[:-1]),
    "y_true has two axes": (Y[:, None], S),
    "scores have a column for each class": (Y, np.column_stack([1 - S, S])),
    "both have two axes": (Y[None], S[None]),
    "there are no samples": ([], []),
    "a label is 2": ([0, 1, 2], [0.1, 0.2, 0.3]),
    "labels are -1 and 1": ([-1, 1, 1], [0.1, 0.2, 0.3]),
    "a label is 0.5": ([0, 1, 0.5], [0.1, 0.2, 0.3]),
    "all labels are 1": ([1, 1, 1], [0.1, 0.2, 0.3]),
    "all labels are 0": ([0, 0], [0.1, 0.2]),
}


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("why", BAD)
def test_wrong_shapes_labels_and_one_class_alone_are_an_error(why: str, name: str) -> None:
    arguments = deepcopy(BAD[why])
    asked, hint = call(name, *BAD[why]), "check shapes and labels before you compute"
    check.raises(ValueError, lambda: getattr(kata, name)(*arguments), asked=asked, because=why, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_stay_as_they_were(name: str) -> None:
    y, s = deepcopy((Y, S))
    with check.untouched(asked=call(name, Y, S), y_true=y, scores=s):
        getattr(kata, name)(y, s)


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_the_area_does_not_compare_all_pairs(growth: Grower) -> None:
    def task(rng: np.random.Generator, n: int) -> Task:
        y, s = rng.integers(2, size=n), rng.normal(size=n)
        below = np.searchsorted(np.sort(s[y == 0]), s[y == 1])
        return Task(lambda: kata.roc_auc(y, s), lambda: below.mean() / (1 - y).sum())

    sizes, asked = [1_000, 3_000, 9_000], "roc_auc of 1 000 to 9 000 samples"
    growth(task, sizes, same=check.close, at_most=1.3, asked=asked, hint="sort once, and count along the sorted labels")
