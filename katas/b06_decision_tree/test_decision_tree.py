"""Suite of B06: entropy, gain, the best split by trying all, and the tree that follows from its splits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import decision_tree as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

Labels = npt.NDArray[Any]


class Case(NamedTuple):
    """Rows (n, d), their labels, and the parameters of a tree."""

    X: Float64Array
    y: Labels
    max_depth: int
    min_samples_split: int


def make_case(seed: int) -> Case:
    """Few rows with many equal values, in quarters or finer; two or three labels, of which one or none is negative."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 10)), int(rng.integers(1, 4))
    names = np.array([["no", "yes", "a longer one"], [10, -1, 9]][rng.integers(2)])
    y = names[rng.integers(rng.integers(2, 4), size=n)]
    X = rng.integers(-5, 6, size=(n, d)) / rng.choice([4, 1024])
    return Case(X, y, int(rng.integers(0, 5)), int(rng.integers(2, 6)))


CASES, LAW = st.builds(make_case, seeds()), settings(max_examples=30)


def shares(y: Labels) -> Float64Array:
    return np.asarray(np.unique(y, return_counts=True)[1] / len(y))


def bits(y: Labels) -> float:
    return float(-np.sum(shares(y) * np.log2(shares(y)))) + 0.0 if len(y) else 0.0


def entropy_mistakes(y: Labels) -> Mistakes:
    p = shares(y)
    return {
        "in nats: take the logarithm to base 2": -np.sum(p * np.log(p)),
        "the sign is wrong: entropy is not negative": np.sum(p * np.log2(p)),
        "the Gini impurity: the entropy has p log2 p": 1 - np.sum(p**2),
    }


def gain_of(parent: Labels, left: Labels, right: Labels, impurity: Callable[[Labels], float] = bits) -> float:
    n = len(parent)
    return impurity(parent) - len(left) / n * impurity(left) - len(right) / n * impurity(right)


def gini(y: Labels) -> float:
    return float(1 - np.sum(shares(y) ** 2)) if len(y) else 0.0


def gain_mistakes(parent: Labels, left: Labels, right: Labels) -> Mistakes:
    right_gain = gain_of(parent, left, right)
    return {
        "the sides are not weighed: each by its share of the labels": bits(parent) - bits(left) - bits(right),
        "both sides weigh a half: each by its share of the labels": bits(parent) - (bits(left) + bits(right)) / 2,
        "the weighted entropy of the sides: subtract it from that of the parent": bits(parent) - right_gain,
        "the sign is wrong: the parent's entropy less that of the sides": -right_gain,
        "the gain of the Gini impurity": gain_of(parent, left, right, gini),
    }


def all_splits(X: Float64Array) -> list[tuple[int, float, float, float]]:
    """Feature, threshold, and the values below and above it."""
    found = []
    for feature, column in enumerate(X.T):
        values = np.unique(column).tolist()
        found += [(feature, (low + high) / 2, low, high) for low, high in pairwise(values)]
    return found


def gain_at(X: Float64Array, y: Labels, split: Any, measure: Callable[..., float] = gain_of) -> float:
    left = X[:, split[0]] <= split[1]
    return measure(y, y[left], y[~left])


def best_of(X: Float64Array, y: Labels, *, measure: Callable[..., float] = gain_of, least: int = 1) -> list[Any]:
    """All splits of the largest gain, first ones first; `measure`, and `least` rows on a side, are what mistakes change."""
    splits = [s for s in all_splits(X) if least <= np.sum(X[:, s[0]] <= s[1]) <= len(X) - least]
    gains = [gain_at(X, y, split, measure) for split in splits]
    largest = max(gains, default=0.0)
    if largest < 1e-9:
        return [(None, None, None, None)]
    return [split for split, gain in zip(splits, gains, strict=True) if gain > largest - 1e-9]


def check_split(case: Case, *, hint: str = "") -> None:
    """Hold `best_split` to trying all splits."""
    __tracebackhide__ = True
    X, y, depth, least_rows = case
    got, best = kata.DecisionTree(depth, least_rows).best_split(X.copy(), y.copy()), best_of(X, y)
    feature, _, low, high = best[0]

    def other(**changes: Any) -> Callable[[], Any]:
        return lambda: best_of(X, y, **changes)[0][:2]

    mistakes: Mistakes = {
        "the threshold is the value below: take the midpoint to the next value": (feature, low),
        "the threshold is the value above: take the midpoint to the value before": (feature, high),
        "a split that gains nothing: it is (None, None) then": next(iter(all_splits(X)), (None, None))[:2],
        "of equal gains the last wins: the first feature does, and then the lowest threshold": best[-1][:2],
        "entropies of the sides are not weighed by their shares": other(measure=lambda _, a, b: 9 - bits(a) - bits(b)),
        "divided by the entropy of the split (gain ratio): the gain alone": other(
            measure=lambda p, a, b: gain_of(p, a, b) / bits(np.repeat([0, 1], [len(a), len(b)]))
        ),
        "sides of one row are left out: any side with a row will do": other(least=2),
        "by the Gini impurity: by entropy": other(measure=partial(gain_of, impurity=gini)),
        "the smallest gain: take the largest": other(measure=lambda p, a, b: 9 - gain_of(p, a, b)),
    }
    usual = "the largest gain over all features and midpoints" if feature is not None else "nothing gains: (None, None)"
    if any(check.is_equal(got, split[:2]) for split in best):
        usual = "gains that differ by less than 1e-9 are equal: of these the first feature, then the lowest threshold"
    check.equal(got, best[0][:2], asked=call("best_split", X, y), mistakes=mistakes, hint=hint or usual)


Node = tuple[Any, ...]  # (label,) or (feature, threshold, left, right)


def most(y: Labels, order: int = 1, key: Callable[[Any], Any] | None = None) -> Any:
    """The most frequent label, the smallest of those that are equally frequent; `order` and `key` change that."""
    return max(sorted(set(y.tolist()), key=key)[::order], key=y.tolist().count)


def grow(tree: Any, case: Case, depth: int = 0, *, least: int = 0, majority: Callable[[Labels], Any] = most) -> Node:
    """The tree that follows from the subject's own `best_split`; `least` and `majority` are what mistakes change."""
    X, y = case.X, case.y
    if depth >= case.max_depth or len(y) < case.min_samples_split + least or len(set(y.tolist())) == 1:
        return (majority(y),)
    feature, threshold = tree.best_split(X.copy(), y.copy())
    left = np.zeros(len(y), dtype=bool) if feature is None else X[:, feature] <= threshold
    if left.all() or not left.any():
        return (majority(y),)
    sides = [case._replace(X=X[side], y=y[side]) for side in (left, ~left)]
    return (feature, float(threshold), *(grow(tree, side, depth + 1, least=least, majority=majority) for side in sides))


def pruned(node: Node) -> Node:
    """The tree in which two leaves that say the same are one."""
    sides = tuple(map(pruned, node[2:]))
    return sides[0] if sides and len(sides[0]) == 1 and sides[0] == sides[1] else (*node[:2], *sides)


def answers(node: Node, X: Float64Array, goes_left: Callable[[float, float], bool] = float.__le__) -> list[Any]:
    found = []
    for row in X.tolist():
        here = node
        while len(here) > 1:
            here = here[2] if goes_left(row[here[0]], here[1]) else here[3]
        found.append(here[0])
    return found


def text_of(node: Node, name: str = "Root", depth: int = 0) -> str:
    indent = "  " * depth + name
    if len(node) == 1:
        return f"{indent}: Predict {node[0]}"
    sides = [text_of(side, name, depth + 1) for name, side in zip(("Left", "Right"), node[2:], strict=True)]
    return "\n".join([f"{indent}: Feature {node[0]} <= {node[1]}", *sides])


def variants(tree: Any, case: Case) -> dict[str, Callable[[], Node]]:
    """The trees that mistakes grow."""

    def other(max_depth: int = case.max_depth, **changes: Any) -> Callable[[], Node]:
        return lambda: grow(tree, case._replace(max_depth=max_depth), **changes)

    return {
        "the tree is one level deeper than max_depth": other(case.max_depth + 1),
        "the tree is one level less deep than max_depth: a tree of depth 1 has one split": other(case.max_depth - 1),
        "max_depth is not looked at": other(99),
        "a node of min_samples_split rows is a leaf: it has enough": other(least=1),
        "min_samples_split is not looked at": other(least=-99),
        "a leaf predicts the first of its labels, not the most frequent": other(majority=lambda y: y[0].item()),
        "of equally frequent labels the largest wins: the smallest does": other(majority=partial(most, order=-1)),
        "of equal labels the first that comes wins: the smallest does": other(
            majority=lambda y: max(y, key=y.tolist().count).item()
        ),
        "labels are compared as strings, where 10 comes before 9": other(majority=partial(most, key=str)),
        "two leaves that say the same are made one: README prunes nothing": lambda: pruned(grow(tree, case)),
    }


def check_tree(case: Case, queries: Float64Array, *, tree: Any = None, hint: str = "") -> None:
    """Hold `predict` and `to_text` to the tree that follows from `best_split`."""
    __tracebackhide__ = True
    made = call("DecisionTree", max_depth=case.max_depth, min_samples_split=case.min_samples_split)
    asked = str(made + "." + call("fit", case.X, case.y))
    if tree is None:
        tree = kata.DecisionTree(case.max_depth, case.min_samples_split).fit(case.X.copy(), case.y.copy())
    node, others = grow(tree, case), {} if hint else variants(tree, case)
    mistakes: dict[str, object] = {
        "a row at the threshold goes right: x <= threshold goes left": lambda: answers(node, queries, float.__lt__),
        "left and right are the wrong way round": lambda: answers(node, queries, float.__gt__),
    }
    mistakes |= {name: lambda grown=grown: answers(grown(), queries) for name, grown in others.items()}
    usual = hint or "the tree splits by best_split at each node; x <= threshold goes left, down to a leaf"
    got, then = tree.predict(queries.copy()), asked + "." + call("predict", queries)
    check.equal(got, answers(node, queries), asked=then, mistakes={} if hint else mistakes, hint=usual)
    stay = not any(isinstance(label, float) for label in np.asarray(got).tolist())
    check.true(stay, asked=then, came=got, expected="integers or strings", mistake="labels became floats")
    want = text_of(node)
    mistakes = {name: lambda grown=grown: text_of(grown()) for name, grown in others.items()}
    mistakes["a line break at the end"] = want + "\n"
    usual = "a line for each node, then those of its sides, left first, two spaces further in; thresholds unrounded"
    check.equal(tree.to_text(), want, asked=asked + ".to_text()", mistakes=mistakes, hint=hint or usual)


# --- examples --------------------------------------------------------------------------------------------------------

X = np.array([[1.0, 5], [2, 1], [3, 2], [4, 6], [5, 1], [6, 5]])
Y = np.array(["no", "no", "no", "yes", "no", "yes"])
EXAMPLE = Case(X, Y, 10, 2)


@pytest.mark.example
def test_worked_example_of_entropy_gain_and_best_split() -> None:
    tree, labels = kata.DecisionTree(), Y.tolist()
    check.close(tree.entropy(labels), 0.9182958340544896, asked=call("entropy", labels), mistakes=entropy_mistakes(Y))
    asked = call("information_gain", labels, labels[:3], labels[3:])
    got = tree.information_gain(labels, labels[:3], labels[3:])
    check.close(got, 0.4591479170272448, asked=asked, mistakes=gain_mistakes(Y, Y[:3], Y[3:]))
    check_split(EXAMPLE)
    check.equal(tree.best_split(X.tolist(), labels), (0, 3.5), asked="the same, with lists")


@pytest.mark.example
def test_worked_example_of_the_tree() -> None:
    check_tree(EXAMPLE, np.array([[3.5, 9], [4, 3], [4, 4]]))
    check_tree(EXAMPLE._replace(max_depth=1), np.array([[0.0, 0], [9, 9]]))


@pytest.mark.example
def test_defaults_are_a_depth_of_10_and_two_rows() -> None:
    case = Case(np.arange(13.0)[:, np.newaxis], np.array([0, 1] * 6 + [0]), 10, 2)
    check_tree(case, case.X, tree=kata.DecisionTree().fit(case.X.copy(), case.y.copy()))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@LAW
@given(CASES, seeds())
def test_entropy_and_gain_equal_their_definitions(case: Case, seed: int) -> None:
    y, side = case.y, np.random.default_rng(seed).random(len(case.y)) < 0.4
    tree, asked, because = kata.DecisionTree(), call("entropy", y), "labels are integers or strings"
    got = check.accepts(partial(tree.entropy, y.copy()), asked=asked, because=because)
    check.close(got, bits(y), asked=asked, mistakes=entropy_mistakes(y), hint="-sum of p log2 p, in float64")
    check.python_float(got, asked=asked)
    sides = y, y[side], y[~side]
    asked, because = call("information_gain", *sides), "a side may be empty: it has no entropy and no weight"
    got = check.accepts(partial(tree.information_gain, *sides), asked=asked, because=because)
    check.close(got, gain_of(*sides), asked=asked, mistakes=gain_mistakes(*sides), hint="weigh each side by its share")


@pytest.mark.law
@LAW
@given(CASES)
def test_best_split_gains_most_of_all_midpoints(case: Case) -> None:
    check_split(case)


@pytest.mark.law
@LAW
@given(CASES)
def test_the_tree_follows_from_its_splits(case: Case) -> None:
    thresholds = np.array([s[1] for s in all_splits(case.X)] or [0.0])
    queries = np.random.default_rng(len(thresholds)).choice(thresholds, size=(6, case.X.shape[1]))
    check_tree(case, np.vstack((case.X, queries)))


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("labels", [["a"] * 4, ["a", "b", "a", "b"], ["a", "b", "b", "a"]])
def test_where_nothing_gains_there_is_no_split(labels: list[str]) -> None:
    rows = [[0.0, 0], [0, 1], [1, 0], [1, 1]] if labels[2] == "b" else [[0.0, 7], [0, 7], [1, 7], [1, 7]]
    case = Case(np.array(rows), np.array(labels), 10, 2)
    check_split(case)
    check_tree(case, case.X)


@pytest.mark.edge
def test_rounding_does_not_choose_small_gains_count_and_all_rows_are_used() -> None:
    rng = np.random.default_rng(1728)  # each usual way to compute gains gives a later feature more, by rounding alone
    y = rng.integers(4, size=12)
    check_split(Case(rng.integers(0, 2, size=(12, 6)).astype(float), y, 10, 2))
    one, n = Case(np.arange(200.0)[:, np.newaxis], (np.arange(200) == 99).astype(int), 10, 2), np.arange(4001)
    check_split(one, hint="one label of 200 is another: the sides have 99 and 101 rows; all midpoints are tried")
    check_tree(one, one.X, hint="one label of 200 is another: nodes are split as long as anything gains")
    check_split(
        Case(np.minimum(n // 2000, 1.0)[:, np.newaxis], n % 2, 10, 2), hint="4e-8 bits are a gain: 1e-9 is none"
    )


@pytest.mark.edge
def test_is_computed_in_float64() -> None:
    rows, labels = np.array([[200], [250], [10], [240]], dtype="uint8"), np.array([1, 1, 0, 0], dtype="int8")
    hint = "rows came in uint8, where 200 + 240 is 184: convert them to float64 first"
    exact = Case(rows.astype(np.float64), labels, 10, 2)
    got, want = kata.DecisionTree().best_split(rows.copy(), labels.copy()), best_of(exact.X, labels)[0][:2]
    check.equal(got, want, asked=call("best_split", rows, labels), hint=hint)
    close = Case(1 + exact.X * 2.0**-48, np.array([1, 0, 1, 0]), 10, 2)
    check_split(close, hint="rows in float64: float32 cannot tell these apart")
    check_tree(exact, exact.X, tree=kata.DecisionTree().fit(rows.copy(), labels.copy()), hint=hint)


Shapes = tuple[tuple[int, ...], tuple[int, ...]]
BAD_ROWS: list[Shapes] = [((4,), (4,)), ((4, 2, 1), (4,)), ((0, 2), (0,)), ((4, 0), (4,))]
BAD_ROWS += [((4, 2), (3,)), ((4, 2), (5,)), ((4, 2), (4, 1))]
SHAPES = "compare .ndim, the axes and the lengths first: NumPy broadcasts, or fails with an error of its own"


@pytest.mark.edge
@pytest.mark.parametrize("shapes", BAD_ROWS)
@pytest.mark.parametrize("method", ["best_split", "fit"])
def test_rows_and_labels_of_wrong_shapes_are_an_error(method: str, shapes: Shapes) -> None:
    rows, y = (np.arange(float(np.prod(shape))).reshape(shape) for shape in shapes)
    thunk = partial(getattr(kata.DecisionTree(), method), rows, y.astype(int) % 2)
    asked, because = f"{method}(X, y) of shapes {shapes}", "the shapes are (n, d) and (n,), no axis of length zero"
    check.raises(ValueError, thunk, asked=asked, because=because, hint=SHAPES)


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(2,), (0, 2), (2, 1), (2, 3), (1, 2, 2)])
def test_queries_of_a_wrong_shape_are_an_error(shape: tuple[int, ...]) -> None:
    tree = kata.DecisionTree().fit(X.copy(), Y.copy())
    asked, because = f"predict of shape {shape} after fit with two columns", "X must have shape (q, 2), q at least 1"
    check.raises(ValueError, partial(tree.predict, np.ones(shape)), asked=asked, because=because, hint=SHAPES)


BAD_LABELS: list[tuple[list[Any], ...]] = [([],), ([[0, 1]],), ([], [], []), ([0, 1], [0], []), ([0, 1], [0, 1], [0])]
BAD_LABELS += [([[0, 1]], [0], []), ([0, 1, 1], [[0, 1]], [1, 1]), ([0, 1, 1], [1, 1], [[0, 1]])]


@pytest.mark.edge
@pytest.mark.parametrize("labels", BAD_LABELS)
def test_labels_of_a_wrong_shape_or_number_are_an_error(labels: tuple[list[Any], ...]) -> None:
    method = "entropy" if len(labels) == 1 else "information_gain"
    because = "labels have shape (n,), y and parent have at least one, and both sides together as many as the parent"
    thunk = partial(getattr(kata.DecisionTree(), method), *labels)
    check.raises(ValueError, thunk, asked=call(method, *labels), because=because, hint=SHAPES)


@pytest.mark.edge
@pytest.mark.parametrize("parameters", [{"max_depth": -1}, {"min_samples_split": 1}])
def test_parameters_out_of_range_are_an_error(parameters: dict[str, int]) -> None:
    asked, because = call("DecisionTree", **parameters) + ".fit(X, y)", "max_depth >= 0 and min_samples_split >= 2"
    check.raises(ValueError, lambda: kata.DecisionTree(**parameters).fit(X, Y) and 0, asked=asked, because=because)


@pytest.mark.edge
@pytest.mark.parametrize("arguments", [[X], []], ids=["predict", "to_text"])
def test_use_before_fit_is_a_runtime_error(arguments: list[Float64Array]) -> None:
    method, hint = "predict" if arguments else "to_text", "ask whether there was a fit before anything is looked up"
    thunk, asked = partial(getattr(kata.DecisionTree(), method), *arguments), f"DecisionTree().{method} before fit"
    check.raises(RuntimeError, thunk, asked=asked, because="there was no fit", hint=hint)


@pytest.mark.edge
def test_fit_again_forgets_and_two_trees_share_nothing() -> None:
    tree = kata.DecisionTree().fit(X[:, :1] * 3, Y[::-1].copy())
    tree.fit(X.copy(), Y.copy())
    kata.DecisionTree(max_depth=0).fit(-X[:4], Y[:4])
    hint = "the tree was fitted before, and another one since: fit replaces all that it sets, in self only"
    check_tree(EXAMPLE, X, tree=tree, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    rows, labels, tree = X.copy(), Y.copy(), kata.DecisionTree()
    with check.untouched(asked="all methods", X=rows, y=labels):
        tree.entropy(labels)
        tree.information_gain(labels, labels[:2], labels[2:])
        tree.best_split(rows, labels)
        check.true(
            tree.fit(rows, labels) is not None, asked="fit(X, y)", came="None", expected="self", mistake="return self"
        )
        tree.predict(rows)
