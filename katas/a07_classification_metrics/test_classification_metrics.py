"""Suite of A07: counts against a loop, ratios against their definitions, and the ways to mix them up."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import classification_metrics as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call

Labels = list[Any]
Shape = tuple[int, ...]
POOLS: list[Labels] = [[0, 1], [-1, 1], [10, 2, 3, -4], ["cat", "catfish", "ant", "Bee"], [1, 0.5, -0.5]]


def pairs(pool: Labels) -> st.SearchStrategy[list[tuple[Any, Any]]]:
    """True and predicted labels, drawn from the pool."""
    return st.lists(st.tuples(st.sampled_from(pool), st.sampled_from(pool)), min_size=1, max_size=12)


PAIRS = st.sampled_from(POOLS).flatmap(pairs)


def loop_matrix(y_true: Labels, y_pred: Labels, labels: Labels) -> npt.NDArray[np.int64]:
    """The definition, entry by entry."""
    both = list(zip(y_true, y_pred, strict=True))
    return np.array([[sum(t == row and p == column for t, p in both) for column in labels] for row in labels])


def matrix_mistakes(y_true: Labels, y_pred: Labels, labels: Labels, *, named: bool) -> Mistakes:
    """What the usual mistakes give for the confusion matrix; `named` when labels were given."""
    right, count = loop_matrix(y_true, y_pred, labels), partial(loop_matrix, y_true, y_pred)
    seen, cut = list(dict.fromkeys([*y_true, *y_pred])), np.asarray(y_pred).astype(np.asarray(y_true).dtype).tolist()
    known: dict[str, object] = {
        "transposed: rows are the true labels, columns the predicted ones": right.T,
        "a repeated pair counts once: `matrix[rows, columns] += 1` adds once for equal indices": np.minimum(right, 1),
        "y_pred was cast to the type of y_true": lambda: loop_matrix(y_true, cut, labels),
        "shares of the true labels: the entries are counts": lambda: right / right.sum(axis=1, keepdims=True),
    }
    if named:
        return known | {
            "the labels are sorted: keep the order given": lambda: count(sorted(labels)),
            "the labels that occur only: each of `labels` has a row and a column": lambda: count(sorted(seen)),
        }
    return known | {
        "the labels of y_true only: take those of both arguments": partial(count, sorted({*y_true})),
        "the labels are sorted as text: 10 comes after 2": partial(count, sorted(labels, key=str)),
        "the labels are in the order of their first sight: sort them": partial(count, seen),
    }


def check_matrix(y_true: Labels, y_pred: Labels, labels: Labels | None = None) -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    given_labels = {} if labels is None else {"labels": labels}
    asked = call("confusion_matrix", y_true, y_pred, **given_labels)
    because = "all strings and numbers are labels" if labels is None else "all labels are in `labels`"
    order = sorted({*y_true, *y_pred}) if labels is None else labels
    got = check.accepts(partial(kata.confusion_matrix, y_true, y_pred, **given_labels), asked=asked, because=because)
    check.close(
        got,
        loop_matrix(y_true, y_pred, order),
        asked=asked,
        mistakes=matrix_mistakes(y_true, y_pred, order, named=labels is not None),
        hint=f"entry (i, j) counts the samples with true label number i and predicted label number j of {order}",
    )


def loop_metrics(y_true: Labels, y_pred: Labels, positive: int = 1) -> dict[str, float]:
    """The definitions, from the four counts; 0 / 0 is 0."""
    both = [(t == positive, p == positive) for t, p in zip(y_true, y_pred, strict=True)]
    tp, fp, fn = (both.count(pair) for pair in ((True, True), (False, True), (True, False)))
    return {
        "precision": tp / max(tp + fp, 1),
        "recall": tp / max(tp + fn, 1),
        "f1_score": 2 * tp / max(2 * tp + fp + fn, 1),
        "accuracy": sum(t == p for t, p in both) / len(both),
    }


def metric_mistakes(y_true: Labels, y_pred: Labels) -> dict[str, dict[str, object]]:
    """What the usual mistakes give for each metric."""
    right, negative = loop_metrics(y_true, y_pred), loop_metrics(y_true, y_pred, positive=0)
    precision, recall, f1, accuracy = right.values()
    mistakes: dict[str, dict[str, object]] = {
        "precision": {"recall: precision divides by the number of predicted positives": recall},
        "recall": {
            "precision: recall divides by the number of true positives, found or not": precision,
            "the recall of the negatives (specificity): the positive class is 1": negative["recall"],
        },
        "f1_score": {
            "the arithmetic mean of precision and recall: F1 is the harmonic one": (precision + recall) / 2,
            "the factor 2 is missing": f1 / 2,
            "TP / (TP + FP + FN), the Jaccard index: in F1, TP counts twice above and below": f1 / (2 - f1),
        },
        "accuracy": {
            "one of: a count instead of a share, or not divided by n": accuracy * len(y_true),
            "the true positives only: true negatives are right as well": recall * np.mean(y_true),
        },
    }
    for name, known in mistakes.items():
        known["the positive class is 0: it is 1"] = negative[name]
        known["the mean over both classes: the metrics are those of class 1"] = (right[name] + negative[name]) / 2
        if right[name] == 0:
            known["NaN for 0 / 0: an undefined ratio is 0.0"] = math.nan
            known["1 for 0 / 0: an undefined ratio is 0.0"] = 1.0
    return mistakes


def check_metrics(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold the subject to the four definitions."""
    __tracebackhide__ = True
    asked = call("calculate_metrics", y_true, y_pred)
    truth, prediction = ([int(label) for label in np.asarray(y)] for y in (y_true, y_pred))
    want, mistakes = loop_metrics(truth, prediction), metric_mistakes(truth, prediction)
    thunk, because = partial(kata.calculate_metrics, y_true, y_pred), "all labels are 0 or 1, and 0 / 0 is 0.0"
    got = check.accepts(thunk, asked=asked, because=because)
    keys = sorted(got) if isinstance(got, dict) else got
    check.equal(keys, sorted(want), asked="the keys of " + asked)
    hint = hint or "divide the counts themselves: no epsilon, no rounding"
    for name, value in want.items():
        check.close(got[name], value, asked=name + " of " + asked, mistakes=mistakes[name], hint=hint)


def check_accuracy(cm: npt.ArrayLike) -> None:
    """Hold the subject to the diagonal's share."""
    __tracebackhide__ = True
    counts = np.array(cm, dtype=np.float64)
    total, diagonal = counts.sum(), np.diagonal(counts)
    check.close(
        kata.accuracy_from_confusion(cm),
        diagonal.sum() / total,
        asked=call("accuracy_from_confusion", cm),
        mistakes={
            "the share of errors: accuracy is the diagonal's share": 1 - diagonal.sum() / total,
            "the first two classes only: all of the diagonal counts": diagonal[:2].sum() / total,
            "the mean recall: divide once, by the number of samples": lambda: np.mean(diagonal / counts.sum(axis=1)),
        },
        hint="the sum of the diagonal over the sum of all entries, in float64",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_a_confusion_matrix() -> None:
    check_matrix(["cat", "dog", "cat", "ant"], ["cat", "cat", "dog", "cat"])
    check_matrix([2, 10, 10, 10], [2, 10, 10, 3])


@pytest.mark.example
def test_labels_that_are_given_name_rows_and_columns_in_this_order() -> None:
    check_matrix(["cat", "dog", "cat"], ["cat", "catfish", "dog"], ["dog", "emu", "catfish", "cat"])


@pytest.mark.example
def test_worked_example_of_the_metrics() -> None:
    check_metrics([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 1, 0, 0, 0, 0, 0])
    check_metrics([1, 0, 1], [0, 0, 0])


@pytest.mark.example
def test_worked_examples_of_the_accuracy_from_counts() -> None:
    check_accuracy([[0, 1, 0], [0, 1, 1], [0, 1, 0]])
    check_accuracy([[5, 1, 2], [0, 3, 4], [1, 1, 8]])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(PAIRS)
def test_the_confusion_matrix_counts_every_pair(both: list[tuple[Any, Any]]) -> None:
    y_true, y_pred = map(list, zip(*both, strict=True))
    check_matrix(y_true, y_pred)


@pytest.mark.law
@given(st.sampled_from(POOLS).flatmap(lambda pool: st.tuples(pairs(pool), st.permutations(pool))))
def test_given_labels_set_the_order(drawn: tuple[list[tuple[Any, Any]], Labels]) -> None:
    y_true, y_pred = map(list, zip(*drawn[0], strict=True))
    check_matrix(y_true, y_pred, drawn[1])


@pytest.mark.law
@given(pairs([0, 1]))
def test_the_metrics_equal_their_definitions(both: list[tuple[int, int]]) -> None:
    y_true, y_pred = map(list, zip(*both, strict=True))
    check_metrics(y_true, y_pred)


@pytest.mark.law
@given(PAIRS)
def test_the_accuracy_from_counts_is_the_share_of_equal_labels(both: list[tuple[Any, Any]]) -> None:
    y_true, y_pred = map(list, zip(*both, strict=True))
    check_accuracy(loop_matrix(y_true, y_pred, sorted({*y_true, *y_pred})))


# --- edges -----------------------------------------------------------------------------------------------------------

UNDEFINED = {
    "no predicted positives": ([1, 0, 1], [0, 0, 0]),
    "no true positives": ([0, 0, 0], [1, 0, 1]),
    "no positives": ([0, 0], [0, 0]),
}


@pytest.mark.edge
@pytest.mark.parametrize("case", UNDEFINED)
def test_a_ratio_without_a_denominator_is_0(case: str) -> None:
    check_metrics(*UNDEFINED[case], hint="look at the denominator before you divide by it")


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "int8", "bool", "float32"])
def test_binary_labels_may_have_any_dtype(dtype: str) -> None:
    y_true, y_pred = np.array([1] * 300 + [0] * 300, dtype=dtype), np.array([0, 0, 1] * 200, dtype=dtype)
    check_metrics(y_true, y_pred, hint=f"compare labels with 0 and 1, and count: {dtype} may wrap around")


@pytest.mark.edge
def test_the_counts_are_integers() -> None:
    got, mistake = np.asarray(kata.confusion_matrix([0, 1], [1, 1])), "np.zeros makes floats: counts are integers"
    asked, expected = call("confusion_matrix", [0, 1], [1, 1]), "an array of integers"
    check.true(got.dtype.kind in "iu", asked=asked, came=str(got.dtype), expected=expected, mistake=mistake)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_accuracy_is_computed_in_float64(dtype: str) -> None:
    check_accuracy(np.array([[200, 100], [50, 220]], dtype=dtype))


LEFT_OUT: Mistakes = {"a sample was left out: the counts no longer sum to n, so it is an error": np.diag([1, 1])}
LABELS: dict[str, tuple[str, list[Labels]]] = {
    "a true label is not among the labels": ("confusion_matrix", [[0, 1, 2], [0, 1, 1], [1, 0]]),
    "a predicted label is not among the labels": ("confusion_matrix", [[0, 1, 1], [0, 1, -1], [1, 0]]),
    "a label lies between two of the labels": ("confusion_matrix", [[0, 1, 0.5], [0, 1, 1], [0, 1]]),
    "a label is named twice": ("confusion_matrix", [[0, 1], [1, 1], [0, 1, 0]]),
    "there are no labels (an empty list is not None)": ("confusion_matrix", [[0, 1], [1, 1], []]),
    "labels has two axes": ("confusion_matrix", [[0, 1], [1, 1], [[0, 1]]]),
    "the true label 2 is neither 0 nor 1": ("calculate_metrics", [[1, 0, 2], [1, 1, 0]]),
    "the predicted label -1 is neither 0 nor 1": ("calculate_metrics", [[1, 1, 0], [1, 0, -1]]),
    "the label 0.5 is neither 0 nor 1": ("calculate_metrics", [[1, 1, 0], [1, 0, 0.5]]),
}


@pytest.mark.edge
@pytest.mark.parametrize("because", LABELS)
def test_labels_that_are_unknown_or_named_twice_are_an_error(because: str) -> None:
    name, arguments = LABELS[because]
    thunk, asked = partial(getattr(kata, name), *arguments), call(name, *arguments)
    check.raises(ValueError, thunk, asked=asked, because=because, mistakes=LEFT_OUT, hint="check the labels first")


SHAPES = [((3,), (2,)), ((3,), (1,)), ((1,), (3,)), ((2, 1), (2,)), ((2, 2), (2, 2)), ((), ()), ((0,), (0,))]


@pytest.mark.edge
@pytest.mark.parametrize(("left", "right"), SHAPES)
@pytest.mark.parametrize("name", ["confusion_matrix", "calculate_metrics"])
def test_anything_but_two_vectors_of_one_length_is_an_error(name: str, left: Shape, right: Shape) -> None:
    thunk = partial(getattr(kata, name), np.ones(left, dtype=int), np.ones(right, dtype=int))
    asked, because = f"{name} of shapes {left} and {right}", "both must have shape (n,), n at least 1"
    check.raises(ValueError, thunk, asked=asked, because=because, hint="compare .ndim, .shape and .size first")


NO_MATRIX: list[Labels] = [[[1, 2, 3], [4, 5, 6]], [[1], [2]], [1, 2], [[]], [], [[0, 0], [0, 0]], [[3, -1], [0, 4]]]


@pytest.mark.edge
@pytest.mark.parametrize("cm", NO_MATRIX)
def test_the_accuracy_refuses_what_is_no_confusion_matrix(cm: Labels) -> None:
    check.raises(
        ValueError,
        partial(kata.accuracy_from_confusion, cm),
        asked=call("accuracy_from_confusion", cm),
        because="a confusion matrix is square, with counts of at least 0 and not all 0",
        mistakes={"NaN for no samples: an accuracy of nothing is an error": math.nan, "0 for no samples": 0.0},
        hint="check the shape, the signs, and the total before you divide by it",
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    y_true, y_pred, labels, cm = (np.array(values) for values in ([1, 0], [1, 1], [1, 0], [[1.0, 2.0], [3.0, 4.0]]))
    with check.untouched(asked="the three functions", y_true=y_true, y_pred=y_pred, labels=labels, cm=cm):
        kata.confusion_matrix(y_true, y_pred, labels)
        kata.calculate_metrics(y_true, y_pred)
        kata.accuracy_from_confusion(cm)
