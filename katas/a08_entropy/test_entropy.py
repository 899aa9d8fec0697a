"""Suite of A08: entropy against its definition, information gain against mutual information."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import entropy as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array

Labels = list[Any]
DISTRIBUTIONS = (
    st.lists(st.integers(0, 20), min_size=1, max_size=8).filter(any).map(lambda counts: np.array(counts) / sum(counts))
)
"""Shares, zeros among them."""

POOLS: list[Labels] = [["yes", "no"], list(range(30)), [-1, 1, 0.5], ["a", "bb", "ccc", "dddd"]]


def sides(pool: Labels) -> st.SearchStrategy[tuple[Labels, Labels]]:
    """Labels of two sides, drawn from the pool, not both empty."""
    side = st.lists(st.sampled_from(pool), max_size=8)
    return st.tuples(side, side).filter(any)


SPLITS = st.sampled_from(POOLS).flatmap(sides)


def loop_entropy(probabilities: Sequence[float]) -> float:
    """The definition, term by term."""
    return math.fsum(-p * math.log2(p) for p in probabilities if p > 0)


def shares(labels: Sequence[Hashable]) -> list[float]:
    """Relative frequencies of labels."""
    return [count / len(labels) for count in Counter(labels).values()]


def label_entropy(labels: Sequence[Hashable]) -> float:
    """The entropy of relative frequencies, 0 for no labels."""
    return loop_entropy(shares(labels)) if labels else 0.0


def gini(labels: Labels) -> float:
    """The other usual measure of impurity."""
    return 1 - sum(share**2 for share in shares(labels))


def mutual_information(left: Labels, right: Labels) -> float:
    """H(label) + H(side) - H(label and side): equal to the gain, by another way."""
    pairs = [(label, side) for side, labels in enumerate((left, right)) for label in labels]
    return label_entropy(left + right) + label_entropy([side for _, side in pairs]) - label_entropy(pairs)


def check_entropy(probabilities: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    p = np.array(probabilities, dtype=np.float64)
    want = loop_entropy(p.tolist())
    check.close(
        kata.entropy(probabilities),
        want,
        asked=call("entropy", probabilities),
        mistakes={
            "the natural logarithm gives nats: bits have base 2": want * math.log(2),
            "the logarithm to base 10: bits have base 2": want * math.log10(2),
            "NaN from 0 · log 0: leave the zeros out, they add nothing": math.nan,
            "one of: an epsilon in the logarithm, a clipped p, or computed in float32": lambda: (
                -np.sum(p * np.log2(p + 1e-9))
            ),
            "the minus is missing": -want,
            "the mean of the terms: add them up": want / p.size,
            "divided by log2 n: the entropy is in bits, not a share of the largest one": lambda: (
                want / math.log2(p.size)
            ),
            "2 to the entropy (perplexity)": 2**want,
            "divided by their sum: use the probabilities as they are": lambda: loop_entropy((p / p.sum()).tolist()),
            "the Gini impurity, 1 - Σ p²": 1 - np.sum(p**2),
            "the surprise of each outcome is not weighed by its probability": lambda: -np.sum(np.log2(p[p > 0])),
        },
        hint=hint or "minus the sum of p · log2 p over the p that are not 0; nothing is clipped, padded or rounded",
    )


def check_gain(left: Labels, right: Labels, parent: Labels | None = None, *, hint: str = "") -> None:
    """Hold the subject to the definition; the parent is both sides, reversed, unless given."""
    __tracebackhide__ = True
    parent = (left + right)[::-1] if parent is None else parent
    n, before, sizes = len(parent), label_entropy(parent), (len(left), len(right))
    after = [label_entropy(left), label_entropy(right)]
    want = mutual_information(left, right)
    asked = call("information_gain", parent, left, right)
    mistakes: Mistakes = {
        "the sides are not weighed: each counts by its share of the samples": before - sum(after),
        "the plain mean of both sides: each counts by its share of the samples": before - sum(after) / 2,
        "each side has the weight of the other": before - (sizes[1] * after[0] + sizes[0] * after[1]) / n,
        "the entropy of the sides that is left: take it off the parent's": before - want,
        "the parent's entropy: take off that of the sides": before,
        "the sign is turned: the parent's entropy minus that of the sides": -want,
        "the natural logarithm gives nats: bits have base 2": want * math.log(2),
        "divided by the entropy of the split (gain ratio)": lambda: want / loop_entropy([size / n for size in sizes]),
        "a share of the parent's entropy: the gain is in bits": lambda: want / before,
        "the gain in Gini impurity": lambda: gini(parent) - (sizes[0] * gini(left) + sizes[1] * gini(right)) / n,
        "NaN from an empty side or 0 · log 0: leave out what adds nothing": math.nan,
    }
    thunk, because = (
        partial(kata.information_gain, parent, left, right),
        "the sides make up the parent, and labels are of any kind",
    )
    hint = hint or "the parent's entropy minus those of the sides, each times its share; every kind of label counts"
    check.close(check.accepts(thunk, asked=asked, because=because), want, asked=asked, mistakes=mistakes, hint=hint)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_entropy() -> None:
    check_entropy([0.5, 0.25, 0.125, 0.125])
    check_entropy([0.9, 0.1])


@pytest.mark.example
def test_outcomes_of_probability_0_add_nothing() -> None:
    check_entropy([0.0, 0.5, 0.0, 0.5])


@pytest.mark.example
def test_worked_example_of_information_gain() -> None:
    check_gain(["y", "y", "y", "n"], ["n", "n"], ["y", "n", "y", "n", "y", "n"])
    check_gain(["y", "n"], ["y", "y", "y", "y", "n", "n"])


@pytest.mark.example
def test_a_pure_split_gains_all_of_the_parents_entropy() -> None:
    check_gain([3, 3, 3], [7])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(DISTRIBUTIONS)
def test_entropy_equals_the_definition(p: Float64Array) -> None:
    check_entropy(p)


@pytest.mark.law
@given(st.integers(1, 300))
def test_n_equal_outcomes_have_log2_n_bits(n: int) -> None:
    check.close(kata.entropy(np.full(n, 1 / n)), math.log2(n), asked=f"entropy of {n} times 1/{n}", hint="log2, summed")


@pytest.mark.law
@given(DISTRIBUTIONS, DISTRIBUTIONS)
def test_entropies_of_independent_draws_add_up(p: Float64Array, q: Float64Array) -> None:
    joint = np.outer(p, q).ravel()
    asked = call("entropy", joint) + ", the joint distribution of two independent draws"
    want = kata.entropy(p) + kata.entropy(q)
    check.close(kata.entropy(joint), want, asked=asked, hint="it is the sum of both entropies")


@pytest.mark.law
@given(SPLITS)
def test_the_gain_is_the_mutual_information_of_label_and_side(split: tuple[Labels, Labels]) -> None:
    check_gain(*split)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("p", [[1.0], [0.0, 1.0, 0.0]])
def test_a_certain_outcome_has_entropy_0_and_not_minus_0(p: list[float]) -> None:
    check_entropy(p)
    got = kata.entropy(p)
    mistake = (
        "-0.0, from -(1 * 0): subtract from 0.0 instead" if got == 0 else "an epsilon or a clipped p: use p as it is"
    )
    right = got == 0 and math.copysign(1, got) == 1
    check.true(right, asked=call("entropy", p), came=repr(float(got)), expected="0.0 exactly", mistake=mistake)


@pytest.mark.edge
@pytest.mark.parametrize(
    "p", [[0.7, 0.2, 0.1], [0.5, 0.5 - 9e-7], [0.5, 0.5 + 9e-7], np.full(10, 0.1, dtype=np.float32)]
)
def test_a_sum_may_miss_1_by_rounding(p: npt.ArrayLike) -> None:
    because = f"the sum misses 1 by {abs(1 - math.fsum(np.asarray(p).tolist())):.1g} only"
    check.accepts(partial(kata.entropy, p), asked=call("entropy", p), because=because)
    check_entropy(p, hint="convert to float64 first, and do not normalise")


@pytest.mark.edge
def test_probabilities_may_be_integers_and_tiny() -> None:
    check_entropy(np.array([0, 1, 0], dtype=np.uint8))
    check_entropy([1 - 1e-7, 1e-300, 1e-7])


NO_DISTRIBUTION: dict[str, Any] = {
    "the sum is 1.5": [0.5, 0.5, 0.5],
    "the sum is 0.9": [0.5, 0.4],
    "the sum is 1.001": [0.5, 0.501],
    "these are counts: the caller divides by their sum": [3, 1],
    "a probability is negative, though the sum is 1": [0.75, -0.25, 0.5],
    "a probability is negative, if only by a little": [0.5, 0.5, -1e-9],
    "there are no probabilities": [],
    "the shape is (1, 2)": [[0.5, 0.5]],
    "the shape is ()": 1.0,
}


@pytest.mark.edge
@pytest.mark.parametrize("because", NO_DISTRIBUTION)
def test_what_is_no_distribution_is_an_error(because: str) -> None:
    p = NO_DISTRIBUTION[because]
    check.raises(
        ValueError,
        partial(kata.entropy, p),
        asked=call("entropy", p),
        because=because,
        mistakes={
            "the numbers were divided by their sum: refuse them": lambda: loop_entropy(
                (np.array(p) / np.sum(p)).tolist()
            ),
            "the numbers were taken as they are, or filtered by p > 0: check signs and sum before": lambda: (
                loop_entropy(p)
            ),
        },
        hint="check the shape, the signs and the sum, before anything else",
    )


@pytest.mark.edge
@pytest.mark.parametrize("labels", [[-2, 5], [0.25, 0.5], [1000, 7], ["a", "abc"], [True, False]])
def test_labels_may_be_of_any_kind(labels: Labels) -> None:
    one, other = labels
    check_gain([one, one, other], [other], hint="count equal labels, whatever they are: they are no indices")


@pytest.mark.edge
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_split_with_an_empty_side_gains_0(side: str) -> None:
    labels = ["a", "b", "a"]
    hint = "an empty side has weight 0"
    check_gain([] if side == "left" else labels, [] if side == "right" else labels, hint=hint)


NO_SPLIT: dict[str, list[Any]] = {
    "one label is missing": [["a", "b", "a"], ["a"], ["b"]],
    "one label is too many": [["a", "b"], ["a"], ["b", "b"]],
    "a label of the sides is not in the parent": [["a", "b", "b"], ["a", "c"], ["b"]],
    "the labels occur in other numbers": [["a", "b", "b"], ["a", "b"], ["a"]],
    "both sides are empty": [["a", "b"], [], []],
    "parent is empty": [[], [], []],
    "parent has two axes": [[["a", "b"]], ["a"], ["b"]],
    "all three are columns": [[["a"], ["b"]], [["a"]], [["b"]]],
    "left has two axes": [["a", "b"], [["a"]], ["b"]],
    "right has no axis": [["a", "b"], ["a"], "b"],
}


@pytest.mark.edge
@pytest.mark.parametrize("because", NO_SPLIT)
def test_sides_that_do_not_make_up_the_parent_are_an_error(because: str) -> None:
    parent, left, right = NO_SPLIT[because]
    check.raises(
        ValueError,
        partial(kata.information_gain, parent, left, right),
        asked=call("information_gain", parent, left, right),
        because=because,
        hint="count each label in the parent, and in both sides together; check the number of axes first",
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    p, parent, left, right = map(np.array, ([0.0, 0.25, 0.75], [2, 1, 3], [3, 2], [1]))
    with check.untouched(asked="entropy and information_gain", probabilities=p, parent=parent, left=left, right=right):
        kata.entropy(p)
        kata.information_gain(parent, left, right)
