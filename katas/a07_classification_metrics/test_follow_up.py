"""Follow-up of A07: averages over many classes, and which of the samples, classes and weights get lost."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import classification_metrics as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import call

Labels = list[Any]
AVERAGES = ["macro", "weighted", "micro"]
NAMES = ("precision", "recall", "f1_score")
Y_TRUE, Y_PRED = list("aaaabbc"), list("aabbbba")
POOLS: list[Labels] = [["a", "b", "c", "d"], [-1, 0, 2, 10]]
DRAWN = st.sampled_from(POOLS).flatmap(
    lambda pool: st.tuples(
        st.lists(st.tuples(st.sampled_from(pool), st.sampled_from(pool)), min_size=1, max_size=12),
        st.none() | st.lists(st.sampled_from(pool), min_size=1, unique=True),
    )
)
"""Pairs of true and predicted labels, and classes to average over, or None."""


def counts(y_true: Labels, y_pred: Labels, label: Any) -> tuple[int, int, int]:
    """TP, and the numbers of predicted and of true samples of one class."""
    return sum(t == p == label for t, p in zip(y_true, y_pred, strict=True)), y_pred.count(label), y_true.count(label)


def scores(hits: int, predicted: int, true: int) -> list[float]:
    """Precision, recall and F1; 0 where undefined."""
    return [hits / max(predicted, 1), hits / max(true, 1), 2 * hits / max(predicted + true, 1)]


def mean(rows: list[list[float]], weights: list[float]) -> list[float]:
    """The weighted mean of the classes' scores, 0 without weights."""
    total, columns = math.fsum(weights) or 1.0, zip(*rows, strict=True)
    return [math.fsum(w * x for w, x in zip(weights, column, strict=True)) / total for column in columns]


def oracle(y_true: Labels, y_pred: Labels, average: str, labels: Labels) -> list[float]:
    """The definitions, class by class."""
    table = [counts(y_true, y_pred, label) for label in labels]
    if average == "micro":
        hits, predicted, true = (sum(column) for column in zip(*table, strict=True))
        return scores(hits, predicted, true)
    return mean([scores(*row) for row in table], [row[2] if average == "weighted" else 1.0 for row in table])


def mistakes(y_true: Labels, y_pred: Labels, average: str, labels: Labels) -> dict[str, Any]:
    """What the usual mistakes give."""
    table = [counts(y_true, y_pred, label) for label in labels]
    rows = [scores(*row) for row in table]
    p, r, _ = oracle(y_true, y_pred, average, labels)
    both = [pair for pair in zip(y_true, y_pred, strict=True) if set(pair) <= set(labels)]
    seen = [label for label in labels if label in y_true]
    known: dict[str, Any] = {
        "samples with other labels were left out: they are errors of the classes": lambda: oracle(
            [t for t, _ in both], [q for _, q in both], average, labels
        ),
        "classes without true samples were left out: each class counts": lambda: oracle(y_true, y_pred, average, seen),
    }
    if average == "micro":
        accuracy = sum(t == q for t, q in zip(y_true, y_pred, strict=True)) / len(y_true)
        known["the accuracy: micro averages equal it for all classes together only"] = [accuracy] * 3
    else:
        f1 = 2 * p * r / ((p + r) or 1)
        known["F1 of the mean precision and recall: it is the mean of the classes' F1"] = [p, r, f1]
        known["weighed by the number of predicted samples: by the true ones"] = mean(rows, [row[1] for row in table])
        defined = [row for row, (_, predicted, true) in zip(rows, table, strict=True) if predicted and true]
        known["classes with an undefined score were left out: it is 0"] = lambda: mean(defined, [1.0] * len(defined))
    others = {f"{name}: that is another average": oracle(y_true, y_pred, name, labels) for name in AVERAGES}
    return known | {name: value for name, value in others.items() if not name.startswith(average)}


def check_averages(y_true: Labels, y_pred: Labels, average: str | None, labels: Labels | None = None) -> None:
    """Hold the subject to the definitions; None leaves an argument out."""
    __tracebackhide__ = True
    options = {name: value for name, value in (("average", average), ("labels", labels)) if value is not None}
    asked, average = call("averaged_metrics", y_true, y_pred, **options), average or "macro"
    thunk = partial(kata.averaged_metrics, y_true, y_pred, **options)
    got = check.accepts(thunk, asked=asked, because="labels and average are right, and 0 / 0 is 0.0")
    check.equal(sorted(got) if isinstance(got, dict) else got, sorted(NAMES), asked="the keys of " + asked)
    classes = sorted({*y_true, *y_pred}) if labels is None else labels
    check.close(
        np.array([got[name] for name in NAMES]),
        oracle(y_true, y_pred, average, classes),
        asked="precision, recall and F1 of " + asked,
        mistakes=mistakes(y_true, y_pred, average, classes),
        hint=f"TP, predicted and true samples of {classes}: {[counts(y_true, y_pred, label) for label in classes]}",
    )


@pytest.mark.example
@pytest.mark.parametrize("average", [*AVERAGES, None])
def test_worked_examples_of_all_classes(average: str | None) -> None:
    check_averages(Y_TRUE, Y_PRED, average)


@pytest.mark.example
@pytest.mark.parametrize("average", AVERAGES)
def test_worked_examples_without_the_background(average: str) -> None:
    check_averages(Y_TRUE, Y_PRED, average, ["b", "c"])


@pytest.mark.law
@given(DRAWN, st.sampled_from(AVERAGES))
def test_equals_the_definitions(drawn: tuple[list[tuple[Any, Any]], Labels | None], average: str) -> None:
    y_true, y_pred = map(list, zip(*drawn[0], strict=True))
    check_averages(y_true, y_pred, average, drawn[1])


@pytest.mark.edge
@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("labels", [["z"], ["a", "z"], ["a", "b", "c", "z"]])
def test_classes_that_occur_nowhere_count_as_0(labels: Labels, average: str) -> None:
    check_averages(Y_TRUE, Y_PRED, average, labels)


REFUSED: dict[str, tuple[Any, ...]] = {
    "the average is unknown": (Y_TRUE, Y_PRED, "mean"),
    "the lengths differ": (Y_TRUE, Y_PRED[:-1]),
    "there are no samples": ([], []),
    "the arguments are columns": ([["a"], ["b"]], [["a"], ["b"]]),
    "there are no labels": (Y_TRUE, Y_PRED, "macro", []),
    "a label is named twice": (Y_TRUE, Y_PRED, "micro", ["a", "a"]),
}


@pytest.mark.edge
@pytest.mark.parametrize("because", REFUSED)
def test_what_has_no_average_is_an_error(because: str) -> None:
    arguments = REFUSED[because]
    thunk, hint = partial(kata.averaged_metrics, *arguments), "check all four arguments before you count"
    check.raises(ValueError, thunk, asked=call("averaged_metrics", *arguments), because=because, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    y_true, y_pred, labels = np.array([2, 0, 1]), np.array([1, 1, 0]), np.array([1, 0])
    with check.untouched(asked="averaged_metrics", y_true=y_true, y_pred=y_pred, labels=labels):
        kata.averaged_metrics(y_true, y_pred, "weighted", labels)
