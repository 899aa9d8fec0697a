"""Suite of B12: what follows from the samples that came, whatever was drawn.

With one feature, a tree is its sample: each distinct value has the shares of its rows, and reaches halfway to its neighbours,
whatever the impurity and the ties. So forests are replayed from `bootstrap_indices_`, and no order of draws is expected.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import random_forest as kata
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Call, Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

Labels = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
VALUES = np.array([0.0, 1.0, 3.0, 4.5, 7.0, 8.25, 12.5])
"""No value lies halfway between two others, so that rows on a threshold are no part of the laws."""
QUERIES = np.array([-5.0, 0.2, 0.9, 1.3, 3.1, 3.6, 4.7, 6.1, 7.3, 8.1, 9.9, 20.0])[:, np.newaxis]


class Problem(NamedTuple):
    """Rows (n, d), their labels (n,), the parameters of a forest."""

    X: Float64Array
    y: Labels
    n_trees: int
    max_depth: int | None = None
    max_features: Any = "sqrt"
    random_state: Any = 0

    def forest(self) -> Any:
        """A forest with these parameters; those that are defaults are left out."""
        usual = {"max_depth": None, "max_features": "sqrt", "random_state": None}
        given = {name: value for name, value in self._asdict().items() if name in usual and value != usual[name]}
        return kata.RandomForest(self.n_trees, **given)

    def fitted(self) -> Any:
        """The forest, fitted to copies."""
        forest = self.forest().fit(self.X.copy(), self.y.copy())
        check.true(forest is not None, asked="fit(X, y)", came="None", expected="self", mistake="return self")
        return forest

    def asked(self, what: str) -> Call:
        """What was asked of the forest, in words."""
        made = call("RandomForest", self.n_trees, self.max_depth, self.max_features, random_state=self.random_state)
        return made + f" of X = {check.show(self.X)}, y = {check.show(self.y)}: {what}"


def make_line(seed: int) -> Problem:
    """Up to 14 rows of one feature with repeated values, of up to three classes that follow it loosely; up to eight trees."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 15))
    X = rng.choice(VALUES, size=(n, 1))
    codes = ((X[:, 0] // 3).astype(int) + (rng.random(n) < 0.4)) % 3
    names: list[list[Any]] = [[0, 1, 2], [7, -3, 40], ["no", "yes", "perhaps"]]
    y = np.array(names[rng.integers(3)])[codes]
    depth = None if rng.random() < 0.8 else 0
    return Problem(X, y, int(rng.integers(1, 9)), depth, [1, "sqrt", None][rng.integers(3)], int(rng.integers(99)))


LINES = st.builds(make_line, seeds())
EXAMPLE = Problem(np.array([[1.0], [2], [3], [10], [11], [12]]), np.array(["a", "a", "a", "b", "b", "b"]), 100)
IMPURITIES: dict[str, Callable[[Float64Array], Any]] = {
    "Gini impurity": lambda shares: 1 - shares @ shares,
    "entropy": lambda shares: -shares[shares > 0] @ np.log2(shares[shares > 0]),
}
MIXED = Problem(np.repeat([[0.0], [3.0], [7.0], [12.5]], 4, axis=0), np.array(list("aaabaabbbbcabccc")), 50)


# --- the forest that follows from its samples --------------------------------------------------------------------------


def samples(forest: Any, problem: Problem) -> Indices:
    """`bootstrap_indices_`, held to its shape and range."""
    __tracebackhide__ = True
    drawn, n = np.asarray(forest.bootstrap_indices_), len(problem.X)
    check.equal(drawn.shape, (problem.n_trees, n), asked=problem.asked("bootstrap_indices_.shape"))
    good = drawn.dtype.kind in "iu" and drawn.min() >= 0 and drawn.max() < n
    check.true(good, asked=problem.asked("bootstrap_indices_"), came=drawn, expected=f"integers from 0 to {n - 1}")
    return drawn.astype(int)


def leaf_shares(problem: Problem, drawn: Indices, queries: Float64Array) -> Float64Array:
    """The shares (q, K) that a tree grown on the drawn rows of a line gives."""
    one_hot = (problem.y[:, np.newaxis] == np.unique(problem.y)).astype(float)[drawn]
    if problem.max_depth == 0:
        return np.tile(one_hot.mean(axis=0), (len(queries), 1))
    values, which = np.unique(problem.X[drawn, 0], return_inverse=True)
    shares = np.array([one_hot[which == i].mean(axis=0) for i in range(len(values))])
    return np.asarray(shares[np.searchsorted((values[1:] + values[:-1]) / 2, queries[:, 0])])


def votes_of(shares: Float64Array) -> Float64Array:
    """Shares (..., K) as votes: 1 for the largest, the first of equal ones."""
    return np.asarray(np.eye(shares.shape[-1])[shares.argmax(axis=-1)])


def settled(trees: Float64Array, weights: Float64Array) -> Mask:
    """Which rows have a label that rounding does not decide: where several sums are largest, each tree has equal shares."""
    sums = (trees * weights[..., np.newaxis]).sum(axis=0)
    shares = np.where(sums >= sums.max(axis=1, keepdims=True) - 1e-9, trees, np.nan)
    unequal = np.nanmax(shares, axis=2) > np.nanmin(shares, axis=2)
    return np.asarray(~np.any(unequal & (weights > 0), axis=0))


def check_proba(problem: Problem, queries: Float64Array, *, forest: Any = None, hint: str = "") -> None:
    """Hold `predict_proba` to the mean of the trees that follow from the samples, and `predict` to its largest column."""
    __tracebackhide__ = True
    forest = problem.fitted() if forest is None else forest
    drawn, labels = samples(forest, problem), np.unique(problem.y)
    order: Mistakes = {"in the order in which labels appear: sort them": list(dict.fromkeys(problem.y.tolist()))}
    check.equal(forest.classes_, labels.tolist(), asked=problem.asked("classes_"), mistakes=order)
    trees = np.array([leaf_shares(problem, rows, queries) for rows in drawn])
    want, every = trees.mean(axis=0), np.arange(len(problem.X))
    present = [np.isin(labels, problem.y[rows]) for rows in drawn]

    def other(sample: Callable[[Indices], Indices] = np.sort, **changes: Any) -> Callable[[], Any]:
        changed = problem._replace(**changes)
        return lambda: np.mean([leaf_shares(changed, sample(rows), queries) for rows in drawn], axis=0)

    mistakes: Mistakes = {
        "each tree has one vote: average the shares of their leaves": votes_of(trees).mean(axis=0),
        "the sum over the trees: divide it by their number": trees.sum(axis=0),
        "every tree is grown on all rows: each on the rows of its sample": other(lambda _: every),
        "rows that a sample has twice count once: they count twice": other(np.unique),
        "max_depth=0 is taken for no limit: it is a single leaf": other(max_depth=None),
        "a tree has columns for the classes of its sample only: line them up with classes_": lambda: np.mean(
            [np.hstack((tree[:, has], tree[:, ~has])) for tree, has in zip(trees, present, strict=True)], axis=0
        ),
    }
    asked = problem.asked(f"bootstrap_indices_ = {check.show(drawn)}, predict_proba({check.show(queries)})")
    usual = "the mean over the trees; with one feature a value has the shares of its rows, halfway to its neighbours"
    got = check.accepts(partial(forest.predict_proba, queries.copy()), asked=asked, because="this is right training")
    check.close(got, want, asked=asked, mistakes={} if hint else mistakes, hint=hint or usual)
    clear = settled(trees, np.ones(trees.shape[:2]))
    if not clear.any():
        return
    asked = problem.asked(f"predict({check.show(queries[clear])})")
    best, votes = labels[want.argmax(axis=1)][clear], labels[votes_of(trees).mean(axis=0).argmax(axis=1)][clear]
    mistakes = {
        "each tree has one vote: take the largest mean share": votes,
        "positions in classes_: return the labels themselves": want[clear].argmax(axis=1),
        "the largest of equal labels: the smallest": labels[::-1][want[:, ::-1].argmax(axis=1)][clear],
    }
    usual = "the label of the largest column of predict_proba"
    check.equal(forest.predict(queries[clear]), best, asked=asked, mistakes=mistakes, hint=hint or usual)


def check_oob(problem: Problem, *, forest: Any = None, hint: str = "") -> None:
    """Hold `oob_score_` to the trees that have not seen the row."""
    __tracebackhide__ = True
    forest = problem.fitted() if forest is None else forest
    drawn, n = samples(forest, problem), len(problem.X)
    codes = np.searchsorted(np.unique(problem.y), problem.y)
    trees = np.array([leaf_shares(problem, rows, problem.X) for rows in drawn])
    unseen = np.array([~np.isin(np.arange(n), rows) for rows in drawn])
    tested = unseen.any(axis=0)

    def right(mask: Mask, shares: Float64Array = trees) -> Mask:
        return np.asarray((shares * mask[..., np.newaxis]).sum(axis=0).argmax(axis=1) == codes)

    if not settled(trees, unseen)[tested].all():
        return
    got, found, own = forest.oob_score_, right(unseen), trees.argmax(axis=2) == codes
    want = found[tested].mean() if tested.any() else math.nan
    asked = problem.asked(f"bootstrap_indices_ = {check.show(drawn)}, oob_score_")
    mistakes: Mistakes = {
        "the share of wrong labels: of right ones": 1 - want,
        "all trees vote on each row: those that have not seen it": np.mean(right(np.ones_like(unseen))),
        "trees vote on the rows that they were grown on: on those that they have not seen": np.mean(right(~unseen)),
        "rows that every tree has seen count as wrong: leave them out": np.sum(found & tested) / n,
        "the mean of the trees' own scores: average the leaves for each row first": lambda: np.mean(
            [tree[new].mean() for tree, new in zip(own, unseen, strict=True) if new.any()]
        ),
        "each tree has one vote: average the shares": lambda: np.mean(right(unseen, votes_of(trees))[tested]),
        "0 where there is no such row: NaN": 0.0,
    }
    usual = "for each row that some samples lack, average the leaves of these trees; of equal shares, the first label"
    check.close(got, want, asked=asked, mistakes={} if hint else mistakes, hint=hint or usual)
    check.python_float(got, asked=asked)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example() -> None:
    forest = kata.RandomForest(n_trees=100, random_state=0).fit(EXAMPLE.X.tolist(), EXAMPLE.y.tolist())
    check_proba(EXAMPLE, np.array([[2.5], [10.5], [6.5]]), forest=forest)
    check_oob(EXAMPLE, forest=forest)
    stump = kata.RandomForest(1, 0, "sqrt", 5).fit(EXAMPLE.X.copy(), EXAMPLE.y.copy())
    check_proba(EXAMPLE._replace(n_trees=1, max_depth=0, random_state=5), np.array([[2.5]]), forest=stump)


@pytest.mark.example
def test_worked_example_of_leaves_with_several_classes_and_of_defaults() -> None:
    forest = kata.RandomForest(random_state=0).fit(MIXED.X.copy(), MIXED.y.copy())
    check_proba(MIXED, QUERIES, forest=forest)
    check_oob(MIXED, forest=forest)


@pytest.mark.example
def test_each_tree_has_a_sample_of_its_own_drawn_with_replacement() -> None:
    n, n_trees = 50, 200
    problem = Problem(np.arange(float(n))[:, np.newaxis], np.arange(n) % 2, n_trees, 0)
    drawn = samples(problem.fitted(), problem)
    asked, different = problem.asked("bootstrap_indices_"), len(np.unique(drawn, axis=0))
    equal = "one of: all trees have the same sample; each tree starts from the same seed"
    check.true(different == n_trees, asked=asked, came=f"{different} different samples", expected="200", mistake=equal)
    share, counts = np.mean([len(np.unique(rows)) for rows in drawn]) / n, np.bincount(drawn.ravel(), minlength=n)
    came, expected = f"a share of {share:.3f} of the rows in a sample", "0.636 ± 0.02, which is 1 - (1 - 1/n)^n"
    mistake, hint = "without replacement: each row comes up once" if share == 1 else "", "n draws from n rows"
    check.true(abs(share - 0.636) < 0.02, asked=asked, came=came, expected=expected, mistake=mistake, hint=hint)
    came = f"row {counts.argmin()} {counts.min()} times, row {counts.argmax()} {counts.max()} times"
    is_right, hint = (
        counts.min() > 100 and counts.max() < 300,
        "all rows are equally likely, the first and the last too",
    )
    check.true(is_right, asked=asked, came=came, expected="each about 200 times", hint=hint)  # standard deviation 14


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@settings(max_examples=40)
@given(LINES)
def test_predictions_and_the_out_of_bag_score_follow_from_the_samples(problem: Problem) -> None:
    forest = problem.fitted()
    check_proba(problem, QUERIES, forest=forest)
    check_oob(problem, forest=forest)


@pytest.mark.law
@settings(max_examples=40)
@given(seeds())
def test_a_stump_asks_the_question_that_lowers_the_impurity_most(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_values = ((14, 4), (150, 200))[rng.integers(2)]
    X = rng.integers(n_values, size=(n, 3)) / (n_values / 2)
    problem = Problem(X, (X[:, 1].astype(int) + rng.integers(3, size=n)) % 3, 1, 1, None, seed)
    forest = problem.fitted()
    drawn = samples(forest, problem)[0]
    X, one_hot = X[drawn], np.eye(3)[problem.y[drawn]]

    def after(above: Mask) -> Any:
        sides = [one_hot[side] for side in (above, ~above) if side.any()]
        return np.sum([[len(side) / n * f(side.mean(axis=0)) for f in IMPURITIES.values()] for side in sides], axis=0)

    answers = np.asarray(forest.predict_proba(X))
    came = np.any(np.abs(answers - answers[0]) > 1e-9, axis=1)
    best = np.min([after(column > value) for column in X.T for value in np.unique(column)], axis=0)
    asked = problem.asked(f"{' and '.join(IMPURITIES)} after the question, for the sample {drawn.tolist()}")
    shown = f"{after(came).round(5).tolist()}, with {came.astype(int).tolist()} on either side"
    expected = f"{best.round(5).tolist()}, one of both at least"
    hint = "try every question about all three features, and weigh each side by its share of the rows"
    check.true(bool(np.any(after(came) < best + 1e-9)), asked=asked, came=shown, expected=expected, hint=hint)


SIZES = np.array([80, 60, 40, 38, 36, 34, 32, 12])
"""Each of eight features is 1 in so many first rows, the label in the first 80: in no sample is a later feature better."""
RANKED = Problem((np.arange(100)[:, np.newaxis] < SIZES).astype(float), (np.arange(100) < 80).astype(int), 1, 1)


@pytest.mark.law
@pytest.mark.parametrize(("m", "n_trees", "number"), [("sqrt", 500, 2), (1, 200, 1), (7, 200, 7), (None, 20, 8)])
def test_each_split_draws_as_many_different_features_as_asked(m: Any, n_trees: int, number: int) -> None:
    """Of features ranked from good to bad, the best of m different ones is never among the m - 1 last."""
    forest = RANKED._replace(n_trees=n_trees, max_features=m).fitted()
    shares = np.asarray(forest.predict_proba(np.vstack((np.zeros(8), np.eye(8)))))[:, 1]
    used = np.flatnonzero(np.abs(shares[1:] - shares[0]) > 1e-9).tolist()
    mistakes: Mistakes = {
        "one of: each split sees all features; they are drawn once for the whole forest": used[:1],
        **{f"{k} features are drawn, not {number}": list(range(9 - k)) for k in range(2, 8)},
        "one of: one feature is drawn; a feature may be drawn twice: draw different ones": list(range(8)),
    }
    asked = f"which of 8 features, the best first, {n_trees} stumps with max_features={m!r} ask about"
    check.equal(used, list(range(9 - number)), asked=asked, mistakes=mistakes, hint="the best of m different features")


SQUARE = Problem(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]] * 20), np.array([0, 1, 2, 3] * 20), 1, None, 1)
"""The corners of a square, each of a class of its own, 20 times."""


def leaves(max_depth: int | None, max_features: int | None, seed: int = 0) -> int:
    """How many different answers a tree gives on the corners."""
    forest = SQUARE._replace(max_depth=max_depth, max_features=max_features, random_state=seed).fitted()
    return len(np.unique(forest.predict_proba(SQUARE.X[:4]), axis=0))


@pytest.mark.law
def test_splits_draw_features_anew_and_max_depth_counts_them() -> None:
    came = [leaves(depth, None) for depth in (0, 1, 2, None)]
    asked = "how many different leaves trees with max_depth 0, 1, 2 and None have, for the corners of a square"
    check.equal(came, [1, 2, 4, 4], asked=asked, hint="the root has depth 0: with max_depth=1 there is one split")
    most = max(leaves(None, 1, seed) for seed in range(40))
    asked = "how many different answers a tree with max_features=1 gives on the corners of a square, of four classes"
    once = "features are drawn once a tree: draw them anew at each split" if most == 2 else ""
    expected = "3 or 4 in most of 40 trees: the second split may draw the other feature"
    check.true(most > 2, asked=asked, came=f"at most {most}", expected=expected, mistake=once)


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 5, None, "Generator"])
def test_draws_follow_random_state(state: Any) -> None:
    rng, is_seed, global_state = np.random.default_rng(3), isinstance(state, int), GlobalRandomState()
    X = np.random.default_rng(1).normal(size=(30, 4))
    problem = Problem(X, (X.sum(axis=1) > 0).astype(int), 3, None, 1, rng if state == "Generator" else state)
    forest = problem.forest()
    came = {np.asarray(forest.fit(X.copy(), problem.y.copy()).predict_proba(X.copy())).tobytes() for _ in range(4)}
    came |= {np.asarray(problem.fitted().predict_proba(X.copy())).tobytes()} if is_seed else set()
    hint = "an int starts each fit anew, 0 too; draws come from a Generator itself, not from a copy; None draws anew"
    is_right, want = (len(came) == 1) == is_seed, "1" if is_seed else "several"
    asked = f"how many different forests several calls of fit give, with random_state={state}"
    check.true(is_right, asked=asked, came=len(came), expected=want, hint=hint)
    moved = rng.bit_generator.state != np.random.default_rng(3).bit_generator.state
    check.true(moved or state != "Generator", asked="the Generator", came="unchanged", expected="further on", hint=hint)
    global_state.check_kept()


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("labels", ["q", "qp", "ppp", "qppq"])
def test_one_row_and_equal_rows_and_equal_shares(labels: str) -> None:
    """Equal rows are one leaf. A sample with as many of each label is a tie, whether the row was drawn or not."""
    for seed in range(20):
        problem = Problem(np.full((len(labels), 1), 3.0), np.array(list(labels)), 1 + seed % 3, random_state=seed)
        check_proba(problem, QUERIES[:3])
        check_oob(problem)


@pytest.mark.edge
def test_is_computed_in_float64() -> None:
    X, y = np.array([[200], [250], [10], [240], [220]]), np.array([1, 1, 0, 0, 1], dtype=np.int8)
    problem = Problem(X.astype(float), y, 6)
    forest = problem.forest().fit(X.astype(np.uint8), y)
    hint = "the rows came in uint8, where (200 + 250) / 2 is 97: float64 first"
    check_proba(problem, np.array([[5.0], [100.0], [212.0], [233.0], [246.0]]), forest=forest, hint=hint)
    near = Problem(2.0**25 + np.arange(4.0)[:, np.newaxis], y[:4], 6)
    check_proba(near, near.X, hint="values differ by 1 near 2**25, where float32 has even numbers only")


SHAPES: Any = [((4,), (4,)), ((2, 2, 2), (2,)), ((0, 2), (0,)), ((4, 0), (4,)), ((4, 2), (3,)), ((4, 2), (4, 1))]
SHAPES += [((1,),), ((1, 1, 1),), ((0, 1),), ((3, 2),), ((3, 0),)]
WRONG: Any = [{"n_trees": 0}, {"max_depth": -1}, *({"max_features": m} for m in (0, -1, 3, "all"))]


@pytest.mark.edge
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(shapes: Any) -> None:
    forest = EXAMPLE._replace(n_trees=3).fitted()
    for method in ["fit"] if len(shapes) == 2 else ["predict", "predict_proba"]:
        run = lambda method=method: type(getattr(forest, method)(*map(np.ones, shapes)))  # noqa: E731
        asked = f"{method} with arguments of shapes {shapes}, after fit with X of shape (6, 1)"
        hint = "X has shape (n, d), y (n,), queries (q, 1), and no axis has length zero: check, and reshape nothing"
        check.raises(ValueError, run, asked=asked, because="a shape is wrong", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_parameters_out_of_range_are_errors(wrong: dict[str, Any]) -> None:
    because = "n_trees >= 1, max_depth >= 0 or None, max_features is 'sqrt', None or from 1 to d = 2"
    fit = lambda: kata.RandomForest(**wrong).fit(np.eye(2), [0, 1]) and 1  # noqa: E731
    check.raises(ValueError, fit, asked=call("RandomForest", **wrong) + ".fit(X, y)", because=because)


@pytest.mark.edge
def test_use_before_fit_is_a_runtime_error() -> None:
    hint = "ask whether there was a fit before anything that fit sets is looked up"
    for method in ("predict", "predict_proba"):
        run = lambda method=method: getattr(kata.RandomForest(), method)([[1.0]])  # noqa: E731
        check.raises(RuntimeError, run, asked=f"RandomForest().{method}([[1.0]])", because="no fit", hint=hint)


@pytest.mark.edge
def test_fit_again_forgets_and_objects_share_nothing_and_arguments_stay() -> None:
    hint = "the object was fitted before: fit replaces all that was set; another object was fitted since"
    X, y, queries = MIXED.X.copy(), MIXED.y.copy(), QUERIES.copy()
    for before in ((X[::-1].copy(), np.roll(y, 5)), ([[1.0, 2.0], [2.0, 4.0], [3.0, 1.0]], ["x", "y", "x"])):
        forest = MIXED.forest().fit(*before)
        with check.untouched(asked="fit(X, y), predict(queries)", X=X, y=y, queries=queries):
            forest.fit(X, y).predict(queries)
        EXAMPLE.fitted()
        check_proba(MIXED, QUERIES, forest=forest, hint=hint)
        check_oob(MIXED, forest=forest, hint=hint)
