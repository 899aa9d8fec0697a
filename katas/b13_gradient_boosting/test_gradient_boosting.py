"""Suite of B13: every stage against boosting by trying all splits.

Targets are random numbers, so that no two ways to part the rows are equally good. Where several features part the rows of a
node in the same way, their thresholds differ, and so other rows than those of training are asked about with one feature only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import gradient_boosting as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Call, Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Problem(NamedTuple):
    """Rows (n, d), targets (n,), and the parameters of a model."""

    X: Float64Array
    y: Float64Array
    n_estimators: int = 100
    learning_rate: float = 0.1
    max_depth: int = 2

    def fitted(self) -> Any:
        """The model, fitted to copies."""
        model = kata.GradientBoostingRegressor(self.n_estimators, self.learning_rate, self.max_depth)
        return model.fit(self.X.copy(), self.y.copy())

    def asked(self, what: str) -> Call:
        """What was asked of the model, in words."""
        made = call("GradientBoostingRegressor", self.n_estimators, self.learning_rate, self.max_depth)
        return made + "." + call("fit", self.X, self.y) + f": {what}"


# --- boosting by trying all splits, with the usual mistakes ------------------------------------------------------------


def deviations(r: Float64Array) -> float:
    return float(np.sum((r - r.mean()) ** 2))


def grow(X: Float64Array, r: Float64Array, Q: Float64Array, depth: int, slip: str = "") -> Float64Array:
    """What a tree on rows `X` and residuals `r` says of the rows `Q`."""
    best, question = np.inf, None
    for feature, column in enumerate(X.T if depth > 0 else []):
        values = np.unique(column)
        for low, high in pairwise(values):
            left = column <= low
            total = sum(deviations(side) / (len(side) if slip == "unweighted" else 1) for side in (r[left], r[~left]))
            if slip == "worst":
                total = -total
            if slip == "two rows" and min(left.sum(), len(left) - left.sum()) < 2:
                continue
            if total < best:
                threshold = {"below": low, "above": np.nextafter(high, low)}.get(slip, (low + high) / 2)
                best, question = total, (feature, left, threshold)
    if question is None:
        leaf: Any = {"median": np.median, "sum": np.sum}.get(slip, np.mean)
        return np.full(len(Q), leaf(r))
    feature, left, threshold = question
    goes_left, answers = Q[:, feature] <= threshold, np.empty(len(Q))
    answers[goes_left] = grow(X[left], r[left], Q[goes_left], depth - 1, slip)
    answers[~goes_left] = grow(X[~left], r[~left], Q[~goes_left], depth - 1, slip)
    return answers


def boost(problem: Problem, Q: Float64Array, slip: str = "") -> Float64Array:
    """F_0 ... F_T of the rows `Q`, (T + 1, q), by the definition or with a mistake."""
    X, y, n_trees, rate, depth = problem
    depth += {"deeper": 1, "shallower": -1}.get(slip, 0)
    start = {"median": np.median(y), "zero": 0.0}.get(slip.removesuffix(" start"), y.mean())
    every = np.vstack((X, Q))
    F, known = np.full(len(every), start), np.full(len(X), start)
    stages = [F]
    for _ in range(n_trees):
        target = {"targets": y, "first": y - start}.get(slip, y - known)
        tree = grow(X, target, every, depth, slip)
        added = {"never": 1.0, "twice": rate**2, "not in predict": 1.0, "not in fit": rate}.get(slip, rate) * tree
        known = known + {"never": 1.0, "not in fit": 1.0, "twice": rate**2}.get(slip, rate) * tree[: len(X)]
        F = (F if slip != "last" else start) + added
        stages.append(F)
    found = np.array(stages)[:, len(X) :]
    return found - start if slip == "no mean" else found


SLIPS = {
    "never": "the learning rate is not used: add learning_rate times the tree",
    "twice": "the learning rate is used twice: once for each tree",
    "not in predict": "predict adds whole trees: learning_rate times each, as in fit",
    "not in fit": "fit takes off whole trees, and predict adds a part of each: learning_rate in both",
    "first": "every tree is fitted to the residuals of the mean: to those that the trees so far leave",
    "targets": "trees are fitted to the targets: to the residuals",
    "no mean": "the mean of the targets is missing in the prediction",
    "zero start": "boosting starts at 0: at the mean of the targets",
    "median start": "boosting starts at the median: at the mean of the targets",
    "last": "the mean and the last tree alone: add up all of them",
    "deeper": "trees are one level deeper than max_depth",
    "shallower": "trees are one level less deep than max_depth: with max_depth=1 there is one split",
    "median": "a leaf gives the median of its residuals: their mean",
    "sum": "a leaf gives the sum of its residuals: their mean",
    "below": "the threshold is the value below: the midpoint to the next one",
    "above": "the threshold is the value above: the midpoint to the one before",
    "unweighted": "variances of the two sides are added without their numbers of rows: sums of squared deviations",
    "two rows": "sides of one row are left out: any side with a row will do",
    "worst": "the split that leaves most: the one that leaves least",
}


def check_model(problem: Problem, queries: Float64Array | None = None, *, model: Any = None, hint: str = "") -> None:
    """Hold all stages, the losses and `predict` to the definition, for the training rows and for the queries."""
    __tracebackhide__ = True
    X, y = problem.X, problem.y
    model = problem.fitted() if model is None else model
    scale = max(float(np.abs(y).max()), 1e-300)
    close = partial(check.close, rtol=1e-7, atol=1e-9 * scale)
    for rows, name in ((X, "X"), (queries, check.show(queries))):
        if rows is None:
            continue
        want = boost(problem, rows)
        mistakes: Mistakes = {text: partial(boost, problem, rows, slip) for slip, text in SLIPS.items()}
        mistakes = {} if hint else {**mistakes, "F_0, the mean alone, is missing: it comes first": want[1:]}
        usual = hint or "F_0 is the mean, and each tree, fitted to what is left, adds learning_rate times its answer"
        asked = problem.asked(f"staged_predict({name})")
        got = check.accepts(partial(model.staged_predict, rows.copy()), asked=asked, because="there was a fit")
        close(got, want, asked=asked, mistakes=mistakes, hint=usual)
        asked = problem.asked(f"predict({name})")
        mistakes = {text: partial(last_of, problem, rows, slip) for slip, text in SLIPS.items()}
        mistakes |= {"residuals, without the mean": want[-1] - y.mean(), "the mean alone: add the trees": want[0]}
        close(model.predict(rows.copy()), want[-1], asked=asked, mistakes={} if hint else mistakes, hint=usual)
    errors = y - boost(problem, X)
    losses, asked = np.mean(errors**2, axis=1), problem.asked("train_loss_")
    mistakes = {
        "the loss of the mean alone is missing: it comes first": losses[1:],
        "the loss after the last tree is missing": losses[:-1],
        "sums of squares: their means": losses * len(y),
        "half of the mean squared errors": losses / 2,
        "roots of the mean squared errors": np.sqrt(losses),
        "means of absolute errors: square them": np.mean(np.abs(errors), axis=1),
        "the last loss alone: one for the mean, and one after each tree": losses[-1:],
    }
    close = partial(check.close, rtol=1e-7, atol=1e-12 * scale**2)
    usual = hint or "the mean of (y - F_t(X))**2 for the mean alone and after each tree"
    close(np.asarray(model.train_loss_), losses, asked=asked, mistakes={} if hint else mistakes, hint=usual)


def last_of(problem: Problem, rows: Float64Array, slip: str) -> Float64Array:
    return np.asarray(boost(problem, rows, slip)[-1])


# --- problems --------------------------------------------------------------------------------------------------------


def make_problem(seed: int, n: int, d: int) -> Problem:
    """Rows from a small grid, so that values and rows repeat; targets that follow them loosely, near 0 or not."""
    rng = np.random.default_rng(seed)
    X = rng.integers(-4, 5, size=(n, d)) / 2
    y = np.abs(X).sum(axis=1) + rng.normal(size=n) + rng.choice([0.0, 50.0])
    return Problem(X, y, int(rng.integers(1, 6)), float(rng.choice([0.1, 0.3, 0.75])), int(rng.integers(1, 4)))


STEPS = Problem(np.array([[1.0], [2], [3], [4]]), np.array([1.0, 2, 6, 7]), 2, 0.5, 1)
WAVE = Problem(
    np.array([[0.0], [1], [2], [4], [7], [8], [11], [12], [15]]),
    np.array([3.0, 2.6, 7.1, 8, 6.3, 1.2, 1.5, 0.1, 4.4]), 4, 0.3, 2,
)  # fmt: skip


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example() -> None:
    model = kata.GradientBoostingRegressor(n_estimators=2, learning_rate=0.5, max_depth=1)
    fitted = model.fit(STEPS.X.tolist(), STEPS.y.tolist())
    check.true(fitted is not None, asked="fit(X, y)", came="None", expected="self", mistake="return self")
    check_model(STEPS, np.array([[2.4], [2.6]]), model=fitted)
    check.float_array(model.staged_predict(STEPS.X.copy()), (3, 4), asked=STEPS.asked("staged_predict(X)"))
    check.float_array(model.predict(STEPS.X.copy()), (4,), asked=STEPS.asked("predict(X)"))


@pytest.mark.example
def test_worked_example_of_trees_with_four_leaves() -> None:
    check_model(
        WAVE, np.array([[-5.0], [1.4], [1.6], [2.9], [3.1], [5.4], [5.6], [9.4], [9.6], [13.4], [13.6], [20.0]])
    )


@pytest.mark.example
def test_defaults_are_100_trees_of_depth_2_and_a_rate_of_a_tenth() -> None:
    problem = Problem(WAVE.X, WAVE.y)
    model = kata.GradientBoostingRegressor().fit(WAVE.X.copy(), WAVE.y.copy())
    count, asked = len(model.train_loss_), "the number of losses of GradientBoostingRegressor().fit(X, y)"
    check.equal(count, 101, asked=asked, mistakes={"the mean alone counts, too: 101": 100}, hint="n_estimators=100")
    check_model(problem, model=model)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@settings(max_examples=30)
@given(seeds(), st.integers(1, 12), st.integers(1, 3))
def test_every_stage_is_that_of_boosting_by_trying_all_splits(seed: int, n: int, d: int) -> None:
    check_model(make_problem(seed, n, d))


@pytest.mark.law
@settings(max_examples=25)
@given(seeds(), st.integers(2, 12))
def test_other_rows_are_parted_at_midpoints(seed: int, n: int) -> None:
    problem = make_problem(seed, n, 1)
    check_model(problem, np.random.default_rng(seed).choice(np.arange(-9, 10), size=(8, 1)) / 4)


@pytest.mark.law
def test_thresholds_lie_between_rows_of_the_node_itself() -> None:
    X, y = np.array([[0.0, 0.0], [0.0, 10.0], [9.0, 4.0], [9.0, 6.0]]), np.array([0.0, 1.0, 100.0, 103.0])
    hint = (
        "below the first split, values of the other side's rows do not count: on the left the midpoint of 0 and 10 is 5"
    )
    check_model(Problem(X, y, 2, 0.5, 2), np.array([[0.0, 3.0], [0.0, 7.0], [9.0, 2.0], [9.0, 8.0]]), hint=hint)


@pytest.mark.law
@settings(max_examples=25)
@given(seeds(), st.sampled_from([0.2, 1.0]), st.integers(1, 3))
def test_losses_never_rise_and_a_tree_without_limit_ends_at_zero(seed: int, rate: float, depth: int) -> None:
    rng = np.random.default_rng(seed)
    problem = Problem(rng.normal(size=(8, 2)), rng.normal(size=8), 12, rate, depth)
    model = problem.fitted()
    losses, got = np.asarray(model.train_loss_), np.asarray(model.staged_predict(problem.X.copy()))
    rises = np.maximum(np.diff(losses), 0.0)
    hint = "does each tree get the residuals that are left, with the sign of y - F?"
    check.close(rises, np.zeros(12), asked=problem.asked("by how much the losses rise"), atol=1e-9, hint=hint)
    of_stages = np.mean((problem.y - got) ** 2, axis=1)
    check.close(losses, of_stages, asked=problem.asked("train_loss_ against staged_predict(X)"), rtol=1e-7, atol=1e-12)
    # a tree deep enough has a leaf for each row: each leaves 1 - rate of the residuals
    deep = problem._replace(max_depth=8, n_estimators=3)
    want = problem.y.var() * (1 - rate) ** (2 * np.arange(4.0))
    asked = deep.asked("train_loss_, where each row has a leaf of its own")
    hint = "a node is split while it may be, down to single rows"
    check.close(np.asarray(deep.fitted().train_loss_), want, asked=asked, rtol=1e-7, atol=1e-12, hint=hint)


@pytest.mark.law
@settings(max_examples=20)
@given(seeds(), st.sampled_from([(2.0, 0.0), (-1.0, 0.0), (0.5, 300.0)]))
def test_predictions_move_with_the_targets(seed: int, move: tuple[float, float]) -> None:
    """Targets a y + b are predicted as a F + b: starting at the mean takes b away, and trees are linear in residuals."""
    problem, (a, b) = make_problem(seed, 9, 2), move
    moved = problem._replace(y=a * problem.y + b)
    want = a * np.asarray(problem.fitted().staged_predict(problem.X.copy())) + b
    got = moved.fitted().staged_predict(problem.X.copy())
    asked = moved.asked(f"staged_predict(X), where the targets are {a} y + {b}, against {a} F + {b}")
    hint = "start at the mean of the targets, and compare sums of squares, not absolute values"
    check.close(got, want, asked=asked, rtol=1e-7, atol=1e-7, hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------

SAME: dict[str, Problem] = {
    "one row": Problem(np.array([[3.0, 4.0]]), np.array([7.0]), 3),
    "equal targets": Problem(np.array([[1.0], [2], [3]]), np.full(3, 2.5), 3),
    "equal rows": Problem(np.full((4, 2), 3.0), np.array([1.0, 2, 3, 10]), 3),
    "a constant feature": Problem(np.array([[5.0, 1], [5, 2], [5, 4]]), np.array([1.0, 5, 6]), 3, 0.5),
}


@pytest.mark.edge
@pytest.mark.parametrize("name", SAME)
def test_where_there_is_little_to_split(name: str) -> None:
    problem = SAME[name]
    because = f"{name} can be predicted: a node that cannot be split is a leaf, and there are as many trees as asked"
    model = check.accepts(problem.fitted, asked=problem.asked("fit"), because=because)
    check_model(problem, model=model, hint=because)


@pytest.mark.edge
def test_is_computed_in_float64() -> None:
    X, y = np.array([[200], [250], [10], [240]]), np.array([7, 3, 250, 5])
    problem = Problem(X.astype(float), y.astype(float), 3, 0.5, 2)
    model = kata.GradientBoostingRegressor(3, 0.5, 2).fit(X.astype(np.uint8), y.astype(np.uint8))
    hint = "rows and targets came in uint8, where 200 + 250 is 194, and 3 - 5 is 254: float64 first"
    check_model(problem, np.array([[100.0], [224.0], [243.0]]), model=model, hint=hint)
    near = Problem(2.0**25 + np.arange(4.0)[:, np.newaxis], problem.y, 3, 0.5, 2)
    check_model(near, hint="values differ by 1 near 2**25, where float32 has even numbers only")
    far = Problem(problem.X, 1e8 + problem.y, 3, 0.5, 2)
    check_model(far, hint="targets near 1e8: float32 has steps of 8 there, and sums of squares of targets cancel")


SHAPES: Any = [((4,), (4,)), ((2, 2, 2), (2,)), ((0, 2), (0,)), ((4, 0), (4,)), ((4, 2), (3,)), ((4, 2), (4, 1))]
SHAPES += [((1,),), ((1, 1, 1),), ((0, 1),), ((3, 2),), ((3, 0),)]


def shown(method: Callable[..., Any], *arguments: Any) -> Any:
    """What the method returns, or words for an object that cannot be shown."""
    came = method(*arguments)
    return came if isinstance(came, np.ndarray) else "a result"


@pytest.mark.edge
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(shapes: Any) -> None:
    model = STEPS.fitted()
    for method in ["fit"] if len(shapes) == 2 else ["predict", "staged_predict"]:
        run = partial(shown, getattr(model, method), *(np.ones(shape) for shape in shapes))
        asked = f"{method} with arguments of shapes {shapes}, after fit with X of shape (4, 1)"
        because = "X has shape (n, d), y (n,), queries (q, 1), and no axis has length zero"
        hint = "check .ndim, .size and the columns before anything is computed, and reshape nothing"
        check.raises(ValueError, run, asked=asked, because=because, hint=hint)


WRONG: Any = [{"n_estimators": 0}, {"max_depth": 0}, *({"learning_rate": rate} for rate in (0.0, -0.1, 1.5))]


@pytest.mark.edge
@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_parameters_out_of_range_are_errors(wrong: dict[str, Any]) -> None:
    because = "n_estimators >= 1, max_depth >= 1, and learning_rate is above 0 and at most 1"
    asked = call("GradientBoostingRegressor", **wrong) + ".fit(X, y)"
    fit = lambda: kata.GradientBoostingRegressor(**wrong).fit(np.eye(2), [0, 1]) and 1  # noqa: E731
    check.raises(ValueError, fit, asked=asked, because=because)


@pytest.mark.edge
@pytest.mark.parametrize("method", ["predict", "staged_predict"])
def test_use_before_fit_is_a_runtime_error(method: str) -> None:
    hint = "ask whether there was a fit before anything that fit sets is looked up"
    thunk = partial(getattr(kata.GradientBoostingRegressor(), method), [[1.0]])
    asked = f"GradientBoostingRegressor().{method}([[1.0]])"
    check.raises(RuntimeError, thunk, asked=asked, because="no fit", hint=hint)


@pytest.mark.edge
def test_fit_again_forgets_and_two_objects_share_nothing() -> None:
    model = WAVE.fitted()
    model.fit([[1.0, 2.0], [2.0, 4.0], [3.0, 1.0]], [5.0, 1.0, 4.0])
    model.fit(WAVE.X.copy(), WAVE.y.copy())
    STEPS.fitted()
    hint = "this was another fit of the object: it replaces all that the first one set; another was fitted since"
    check_model(WAVE, model=model, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, y, queries = WAVE.X.copy(), WAVE.y.copy(), WAVE.X + 0.1
    with check.untouched(asked=call("fit", X, y) + " and predict", X=X, y=y, queries=queries):
        model = kata.GradientBoostingRegressor(3).fit(X, y)
        model.predict(queries)
        model.staged_predict(queries)
    y[:], X[:] = 0.0, 0.0
    hint = "X and y were overwritten after fit: what fit keeps must not be a view of them"
    check_model(WAVE._replace(n_estimators=3, learning_rate=0.1), model=model, hint=hint)
