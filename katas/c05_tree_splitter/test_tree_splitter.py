"""Suite of C05: the best split against trying every threshold, and its cost as the number of rows grows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import tree_splitter as kata
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_splitter import slow_best_split

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.speed import Contest, Grower, Racer, Task, vary
from harness.suite.strategies import Float64Array, seeds

Labels = npt.NDArray[Any]


class Node(NamedTuple):
    """Rows (n, d) and their labels (n,)."""

    X: Float64Array
    y: Labels


NAMES: list[list[Any]] = [[0, 1, 2], [7, -3, 40], ["no", "yes", "perhaps"]]


def make_node(seed: int) -> Node:
    """Few rows with many equal values, in quarters; up to three labels that follow them loosely."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 14)), int(rng.integers(1, 4))
    X = rng.integers(-4, 5, size=(n, d)) / 4
    codes = (np.abs(X[:, 0]) * 3 + rng.integers(2, size=n)).astype(int) % 3
    return Node(X, np.array(NAMES[rng.integers(3)])[codes])


NODES = st.builds(make_node, seeds())

# --- trying all thresholds, and what mistakes give -----------------------------------------------------------------------


def shares(y: Labels) -> Float64Array:
    return np.asarray(np.unique(y, return_counts=True)[1] / len(y))


def gini(y: Labels) -> float:
    return float(1 - np.sum(shares(y) ** 2))


def bits(y: Labels) -> float:
    return float(-np.sum(shares(y) * np.log2(shares(y))))


def weighted(y: Labels, left: Any, impurity: Callable[[Labels], float] = gini) -> float:
    return float(left.mean() * impurity(y[left]) + (1 - left.mean()) * impurity(y[~left]))


def gain_of(y: Labels, left: Any) -> float:
    return gini(y) - weighted(y, left)


def all_splits(node: Node, measure: Callable[[Labels, Any], float] = gain_of) -> list[tuple[int, float, float]]:
    """All (feature, threshold, gain)."""
    found = []
    for feature, column in enumerate(node.X.T):
        for low, high in pairwise(np.unique(column).tolist()):
            found.append((feature, (low + high) / 2, measure(node.y, column <= low)))
    return found


def best_of(node: Node, measure: Callable[[Labels, Any], float] = gain_of, *, last: bool = False) -> tuple[Any, ...]:
    """The largest gain, the first of equal ones (or the last); (None, None, 0.0) where there is none."""
    splits = all_splits(node, measure)
    largest = max((split[2] for split in splits), default=0.0)
    equal = [split for split in splits if split[2] > largest - 1e-9]
    return equal[-1 if last else 0] if largest > 1e-9 else (None, None, 0.0)


def mistakes_of(node: Node) -> Mistakes:
    """What the usual mistakes give."""
    feature, threshold, gain = best_of(node)
    n = len(node.y)

    def chosen_by(measure: Callable[[Labels, Any], float]) -> tuple[Any, ...]:
        other = best_of(node, measure)
        return (*other[:2], gain_of(node.y, node.X[:, other[0]] <= other[1]))

    def value(step: int) -> tuple[Any, ...]:
        values = np.unique(node.X[:, feature])
        return (feature, float(values[np.searchsorted(values, threshold) + step]), gain)

    def entropy(y: Labels, left: Any) -> float:
        return bits(y) - weighted(y, left, bits)

    def unweighted(y: Labels, left: Any) -> float:
        return 2 * gini(y) - gini(y[left]) - gini(y[~left])

    return {
        "the threshold is the value below: take the midpoint to the next value": partial(value, -1),
        "the threshold is the value above: take the midpoint to the value before": partial(value, 0),
        "of equal gains the last wins: the first feature does, and then the lowest threshold": lambda: best_of(
            node, last=True
        ),
        "the gain is not divided by the number of rows": lambda: (feature, threshold, gain * n),
        "the impurity after the split: the gain is what it is lower by": lambda: (
            feature,
            threshold,
            gini(node.y) - gain,
        ),
        "the sum of squared shares, not the gain": lambda: (feature, threshold, 1 - gini(node.y) + gain),
        "half of the gain, or p (1 - p) in place of 2 p (1 - p)": lambda: (feature, threshold, gain / 2),
        "chosen and measured by entropy: by the Gini impurity": partial(best_of, node, entropy),
        "chosen by entropy: by the Gini impurity": partial(chosen_by, entropy),
        "the sides are not weighed by their shares of the rows": partial(chosen_by, unweighted),
        "the gain is missing: (feature, threshold, gain)": (feature, threshold),
        "0.0 is the gain of no split: (None, None, 0.0)": (None, None, None) if feature is None else (),
        "a split that gains nothing: it is (None, None, 0.0) then": next(iter(all_splits(node)), ()),
    }


def check_split(node: Node, *, hint: str = "", got: Any = None) -> None:
    """Hold `best_split` to trying all thresholds."""
    __tracebackhide__ = True
    X, y = node
    asked = call("best_split", X, y)
    if got is None:
        because = "these are rows and labels, also where nothing can be split"
        got = check.accepts(partial(kata.best_split, X.copy(), y.copy()), asked=asked, because=because)
    check_same(got, best_of(node), asked=asked, mistakes={} if hint else mistakes_of(node), hint=hint)


def check_same(got: Any, want: Any, *, asked: Any, mistakes: Mistakes | None = None, hint: str = "") -> None:
    """Hold an answer to feature, threshold and gain, but for rounding."""
    __tracebackhide__ = True

    def near(value: Any) -> Any:
        """The answer itself where the value differs from it in rounding only."""
        value = value() if callable(value) else value
        is_near = check.is_close(got[1:], value[1:], rtol=1e-12, atol=1e-9) if value[1:] != (None, 0.0) else False
        return got if is_near and check.is_equal(got[0], value[0]) else value

    mistakes = {name: partial(near, value) for name, value in (mistakes or {}).items()}
    usual = "the largest gain over all features and midpoints; equal gains (to 1e-9): the first"
    check.equal(got, near(want), asked=asked, mistakes=mistakes, hint=hint or usual)


# --- examples --------------------------------------------------------------------------------------------------------

EXAMPLE = Node(
    np.array([[4.0, 6], [1, 5], [6, 5], [2, 1], [5, 1], [3, 2], [7, 4]]), np.array(["yes", "no", "yes", "no", "no", "no", "yes"])
)  # fmt: skip


@pytest.mark.example
def test_worked_example() -> None:
    check_split(EXAMPLE, got=kata.best_split(EXAMPLE.X.tolist(), EXAMPLE.y.tolist()))
    check_split(Node(EXAMPLE.X[:, 1:], EXAMPLE.y))
    feature, threshold, gain = kata.best_split(EXAMPLE.X.copy(), EXAMPLE.y.copy())
    check.true(
        isinstance(feature, int | np.integer) and isinstance(threshold, float) and isinstance(gain, float),
        asked=call("best_split", *EXAMPLE), came=(feature, threshold, gain), expected="an int and two floats",
    )  # fmt: skip


@pytest.mark.example
def test_worked_example_where_entropy_and_unweighted_sides_choose_otherwise() -> None:
    check_split(Node(np.arange(7.0)[:, np.newaxis], np.array([0, 1, 2, 1, 1, 2, 2])))
    check_split(Node(np.arange(6.0)[:, np.newaxis], np.array([0, 0, 0, 0, 2, 1])))


@pytest.mark.example
def test_worked_example_of_equal_values() -> None:
    check_split(Node(np.array([[1.0], [2], [2], [2], [3]]), np.array(["a", "a", "b", "b", "b"])))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(NODES)
def test_gains_most_of_all_midpoints(node: Node) -> None:
    check_split(node)


@pytest.mark.law
@settings(max_examples=15)
@given(seeds(), st.integers(2, 30))
def test_more_rows_and_more_classes(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(12, size=80), rng.normal(size=80).round(1)])
    node = Node(X, (X[:, 0] + 3 * (X[:, 1] > 0.5) + rng.integers(2, size=80)).astype(int) % classes)
    check_split(node)


@pytest.mark.law
@settings(max_examples=30)
@given(NODES, seeds())
def test_the_order_of_the_rows_does_not_matter(node: Node, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(node.y))
    moved, hint = Node(node.X[order], node.y[order]), "sort rows and labels of a feature together, by its values"
    check_same(kata.best_split(*moved), kata.best_split(*node), asked=call("best_split", *moved), hint=hint)


@pytest.mark.law
@settings(max_examples=5)
@given(seeds())
def test_the_best_of_many_features(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(30, 40)), np.repeat([0, 1, 2], 10)
    X[:, rng.integers(30, 40)] += 10 * y
    check_split(Node(X, y))


# --- edges -----------------------------------------------------------------------------------------------------------

LINE = np.array([[1.0], [2], [3], [4]])
NOTHING: dict[str, Node] = {
    "one row": Node(np.array([[3.0, 4.0]]), np.array([1])),
    "one label": Node(LINE, np.array(["a"] * 4)),
    "equal rows": Node(np.full((4, 2), 7.0), np.array([0, 1, 0, 1])),
    "exclusive or": Node(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])),
    "one label three times as often on both sides": Node(
        np.repeat([[0.0], [1.0]], 4, axis=0), np.array([0, 0, 0, 1] * 2)
    ),
}
TIES: dict[str, Node] = {
    "features": Node(np.array([[5.0, 1, 1], [5, 1, 1], [5, 2, 2], [5, 3, 3]]), np.array(["a", "a", "b", "b"])),
    "thresholds": Node(LINE, np.array(["b", "a", "a", "b"])),
    **{
        f"rounding of {y}": Node(np.arange(float(len(y)))[:, np.newaxis], np.array(list(y)))
        for y in ("1211121", "0122122101", "0102121101", "0101212110", "12111211", "21222122")
    },
}


@pytest.mark.edge
@pytest.mark.parametrize("name", NOTHING)
def test_where_nothing_gains_there_is_no_split(name: str) -> None:
    check_split(NOTHING[name])


@pytest.mark.edge
@pytest.mark.parametrize("name", TIES)
def test_of_equal_gains_the_first_wins(name: str) -> None:
    check_split(TIES[name])


@pytest.mark.edge
def test_counts_of_many_rows_do_not_overflow() -> None:
    y = np.repeat([0, 1, 0, 1], [70_000, 2_000, 1_000, 60_000])
    X = np.repeat([[0.0], [0.0], [1.0], [1.0]], [70_000, 2_000, 1_000, 60_000], axis=0)
    node, hint = Node(X, y), "70,000 squared is more than 32 bits hold: count in float64 or int64"
    asked = "best_split of 133,000 rows with two values"
    check_same(kata.best_split(X.copy(), y.copy()), best_of(node), asked=asked, hint=hint)


@pytest.mark.edge
def test_is_computed_in_float64() -> None:
    X, y = np.array([[200], [250], [10], [240]], dtype=np.uint8), np.array([1, 0, 1, 0], dtype=np.int8)
    hint = "rows came in uint8, where 200 + 240 is 184: convert them to float64 first"
    check_split(Node(X.astype(float), y), got=kata.best_split(X.copy(), y.copy()), hint=hint)
    far = Node(2.0**25 + np.arange(4.0)[:, np.newaxis], np.array([0, 1, 1, 1]))
    check_split(far, hint="values differ by 1 near 2**25, where float32 has even numbers only")


@pytest.mark.edge
def test_close_values_are_different_and_a_small_gain_is_one() -> None:
    for unit in (2.0**-24, 2.0**-40):
        close = Node(1 + np.arange(6.0)[:, np.newaxis] * unit, np.array([0, 0, 1, 1, 1, 0]))
        check_split(close, hint=f"values that differ by {unit:.1g} are different values: nothing is rounded")
    X, y = np.repeat([[0.0], [1.0]], 2000, axis=0), np.repeat([0, 1, 0, 1], [1000, 1000, 1001, 999])
    hint = "1.25e-7 is a gain: only those below 1e-9 are none"
    check_same(
        kata.best_split(X.copy(), y.copy()),
        (0, 0.5, 1.25e-7),
        asked="best_split(X, y), with 1000 of class 0 in the left 2000 rows, and 1001 in the right 2000",
        hint=hint,
    )


SHAPES: Any = [((4,), (4,)), ((4, 2, 1), (4,)), ((0, 2), (0,)), ((4, 0), (4,)), ((4, 2), (3,)), ((4, 2), (5,))]
SHAPES += [((4, 2), (4, 1)), ((4, 2), ())]


@pytest.mark.edge
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(shapes: Any) -> None:
    X, y = (np.arange(float(np.prod(shape))).reshape(shape) for shape in shapes)
    asked, because = f"best_split(X, y) of shapes {shapes}", "the shapes are (n, d) and (n,), no axis of length zero"
    hint = "compare .ndim, the axes and the lengths first: NumPy broadcasts, or fails with an error of its own"
    check.raises(ValueError, partial(kata.best_split, X, y.astype(int) % 2), asked=asked, because=because, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, y = EXAMPLE.X[::-1].copy(), EXAMPLE.y[::-1].copy()
    with check.untouched(asked=call("best_split", X, y), X=X, y=y):
        kata.best_split(X, y)


# --- speed -----------------------------------------------------------------------------------------------------------


def planted(rng: np.random.Generator, n: int) -> tuple[Node, tuple[int, float, float]]:
    """Rows in random order whose labels change at one place but for a tenth of them far from it; and the best split."""
    values, cut = np.sort(rng.normal(size=n)), n * 2 // 5
    y = (np.arange(n) >= cut).astype(int)
    wrong = rng.random(n) < 0.1
    y = np.where(wrong & (np.abs(np.arange(n) - cut) > n // 10), 2, y)
    left = np.arange(n) < cut
    want = (0, float((values[cut - 1] + values[cut]) / 2), gain_of(y, left))
    order = rng.permutation(n)
    return Node(values[order, np.newaxis], y[order]), want


@pytest.mark.speed
def test_is_faster_than_counting_anew_for_each_threshold(race: Racer) -> None:
    def prepare(rng: np.random.Generator) -> Contest:
        (X, y), want = planted(rng, vary(rng, 2_000))
        return Contest(lambda: kata.best_split(X, y), lambda: slow_best_split(X, y), lambda: want)

    race(
        prepare,
        same=check_same,
        at_least=10,
        versus="slow_splitter",
        asked="best_split of about 2,000 rows of one feature, all values different, three classes",
        hint="sort each feature once; each next threshold moves one row from right to left: do not count all rows again",
    )


@pytest.mark.speed
def test_cost_grows_like_a_sort(growth: Grower) -> None:
    def prepare(rng: np.random.Generator, n: int) -> Task:
        (X, y), want = planted(rng, n)
        return Task(lambda: kata.best_split(X, y), lambda: want)

    growth(
        prepare,
        [1_000, 3_000, 9_000],
        same=check_same,
        at_most=1.4,
        asked="best_split of 1,000 to 9,000 rows of one feature, all values different, three classes",
        hint="sort each feature once; each next threshold moves one row from right to left: do not count all rows again",
    )
