"""Follow-up of B13: when boosting stops, and which trees are kept, against the losses of a model that never stops."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import gradient_boosting as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Problem(NamedTuple):
    """Training rows, validation rows, and the parameters of a model."""

    X: Float64Array
    y: Float64Array
    X_val: Float64Array
    y_val: Float64Array
    n_estimators: int
    learning_rate: float
    patience: int

    def model(self) -> Any:
        """A model that has not been fitted."""
        return kata.GradientBoostingRegressor(self.n_estimators, self.learning_rate, 1)


def make_problem(seed: int) -> Problem:
    """Noisy targets that follow one feature, so that the validation loss falls, wavers and rises."""
    rng = np.random.default_rng(seed)
    X, X_val = rng.integers(-8, 9, size=(12, 1)) / 2, rng.integers(-8, 9, size=(6, 1)) / 2
    y, y_val = np.abs(X[:, 0]) + rng.normal(size=12), np.abs(X_val[:, 0]) + rng.normal(size=6)
    return Problem(X, y, X_val, y_val, int(rng.integers(3, 25)), 0.5, int(rng.integers(1, 5)))


def stop(losses: Float64Array, patience: int, slip: str = "") -> int:
    """The number of trees that are grown, by the losses of the mean and of each tree."""
    bad = 0
    for t in range(1, len(losses)):
        before = losses[t - 1] if slip == "rises" else losses[:t].min()
        bad = bad + 1 if losses[t] >= before else bad if slip == "total" else 0
        if bad >= {"first": 1, "later": patience + 1, "never": len(losses)}.get(slip, patience):
            return t
    return len(losses) - 1


STOPS = {
    "first": "boosting stops at the first tree that does not help: wait for patience trees in a row",
    "later": "boosting stops one tree later than patience asks for",
    "never": "boosting does not stop early",
    "rises": "each loss is compared with the one before it: with the least one so far",
    "total": "trees that do not help are counted over the whole fit: in a row",
}


def check_fit(problem: Problem, *, model: Any = None, **options: Any) -> None:
    """Hold a fit with validation rows to the losses of a model that has grown all trees."""
    __tracebackhide__ = True
    X, y, X_val, y_val, *_, patience = problem
    model = problem.model() if model is None else model
    asked = call("fit", X, y, X_val, y_val, patience=patience)
    fitted = model.fit(X.copy(), y.copy(), X_val.copy(), y_val.copy(), **(options or {"patience": patience}))
    check.true(fitted is not None, asked=asked, came="None", expected="self", mistake="return self")
    full = problem.model().fit(X.copy(), y.copy())
    stages, training = np.asarray(full.staged_predict(X_val)), np.asarray(full.train_loss_)
    losses = np.mean((y_val - stages) ** 2, axis=1)
    grown = stop(losses, patience)
    mistakes: Mistakes = {
        **{text: losses[: stop(losses, patience, slip) + 1] for slip, text in STOPS.items()},
        "the loss of the mean alone is missing: it comes first": losses[1 : grown + 1],
        "the losses of the training rows: those of the validation rows": training[: grown + 1],
        "boosting of the validation rows starts at their own mean: at that of the training targets": lambda: np.mean(
            (y_val - y_val.mean() - (stages - y.mean())) ** 2, axis=1
        )[: grown + 1],
        "the losses of the kept trees only: of all that were grown": losses[: np.argmin(losses[: grown + 1]) + 1],
    }
    close = partial(check.close, rtol=1e-7)
    hint = f"stop when {patience} trees in a row are not below the least loss before them"
    close(np.asarray(model.validation_loss_), losses[: grown + 1], asked=asked + ".validation_loss_",
          mistakes=mistakes, hint=hint)  # fmt: skip
    best = int(np.argmin(losses[: grown + 1]))
    mistakes = {
        "all trees that were grown: those up to the least validation loss": grown,
        "one too many: F_0 has no tree": best + 1,
        "the best of all n_estimators trees: of those that were grown": int(np.argmin(losses)),
    }
    check.equal(model.n_trees_, best, asked=asked + ".n_trees_", mistakes=mistakes)
    hint = "the trees after the best stage are dropped: no method knows them any more"
    mistakes = {"of all trees that were grown: of those that are kept": training[: grown + 1]}
    close(np.asarray(model.train_loss_), training[: best + 1], asked=asked + ".train_loss_", mistakes=mistakes)
    mistakes = {"of all trees that were grown: of those that are kept": stages[: grown + 1]}
    got = check.accepts(lambda: model.staged_predict(X_val), asked=asked, because="a model without trees is the mean")
    close(got, stages[: best + 1], asked=asked + ".staged_predict(X_val)", mistakes=mistakes, hint=hint)
    mistakes = {"the last stage that was grown: the best one": stages[grown]}
    close(model.predict(X_val), stages[best], asked=asked + ".predict(X_val)", mistakes=mistakes, hint=hint)


LINE, UP = np.array([[1.0], [2], [3], [4]]), np.array([1.0, 2, 6, 7])
BETWEEN = np.array([[1.5], [3.5]])
EXAMPLE = Problem(LINE, UP, BETWEEN, np.array([2.5, 5.5]), 50, 0.5, 2)


@pytest.mark.example
def test_worked_example() -> None:
    check_fit(EXAMPLE)


@pytest.mark.example
def test_no_tree_is_kept_where_none_helps() -> None:
    check_fit(EXAMPLE._replace(y_val=np.array([5.5, 2.5])))


@pytest.mark.law
@settings(max_examples=40)
@given(seeds())
def test_stops_and_keeps_by_the_validation_losses(seed: int) -> None:
    check_fit(make_problem(seed))


@pytest.mark.law
@given(seeds(), st.booleans())
@settings(max_examples=15)
def test_without_validation_rows_all_is_as_before(seed: int, again: bool) -> None:
    problem = make_problem(seed)
    model = problem.model()
    if again:
        model.fit(*problem[:4], patience=1)
    model.fit(problem.X.copy(), problem.y.copy())
    count, hint = (
        problem.n_estimators,
        "without validation rows nothing stops early, and nothing of an earlier fit is left",
    )
    check.equal(model.n_trees_, count, asked="n_trees_ of fit(X, y)", hint=hint)
    check.equal(len(model.validation_loss_), 0, asked="len(validation_loss_) of fit(X, y)", hint=hint)
    check.equal(len(model.train_loss_), count + 1, asked="len(train_loss_) of fit(X, y)", hint=hint)


@pytest.mark.edge
def test_a_loss_that_stays_the_same_is_no_progress_and_patience_is_10_by_default() -> None:
    equal = Problem(LINE, np.full(4, 2.5), BETWEEN, np.array([2.0, 4.0]), 30, 0.5, 10)
    check_fit(equal, patience=10)
    model = equal.model().fit(*equal[:4])
    asked = "the number of validation losses, by default, where all are equal"
    check.equal(len(model.validation_loss_), 11, asked=asked, hint="that of the mean, and patience=10 trees")


PAIRS: Any = [(None, [1.0, 2]), (BETWEEN, None), (BETWEEN, [1.0]), (BETWEEN, [[1.0], [2]]), ([1.0, 2], [1.0, 2])]
PAIRS += [(np.ones((0, 1)), []), (np.ones((2, 0)), [1.0, 2]), (np.ones((2, 2)), [1.0, 2])]
PAIRS += [(np.ones((2, 1, 1)), [1.0, 2]), (BETWEEN, [1.0, 2], 0)]


@pytest.mark.edge
@pytest.mark.parametrize("arguments", PAIRS, ids=str)
def test_validation_rows_that_do_not_fit_are_an_error(arguments: Any) -> None:
    asked = f"fit(X, y, ...) with X of shape (4, 1), and {check.show(arguments)}"
    because = "X_val is (m, 1) and y_val (m,), both or none, and patience is at least 1"
    run = lambda: EXAMPLE.model().fit(LINE.copy(), UP.copy(), *arguments) and "a model"  # noqa: E731
    check.raises(ValueError, run, asked=asked, because=because, hint="check all before the first tree is grown")


@pytest.mark.edge
def test_is_computed_in_float64_and_arguments_stay_as_they_were() -> None:
    X, y, rows, targets = (a.copy() for a in EXAMPLE[:4])
    with check.untouched(asked="fit with validation rows", X=X, y=y, X_val=rows, y_val=targets):
        EXAMPLE.model().fit(X, y, rows, targets)
    small = np.array([3, 250], dtype=np.uint8)
    model = EXAMPLE.model().fit(X, y, rows, small, patience=1)
    want = float(np.mean((small.astype(float) - 4.0) ** 2))
    hint = "targets came in uint8, where 3 - 4 is 255: float64 first"
    check.close(model.validation_loss_[0], want, asked="validation_loss_[0], of 3 and 250 as uint8", hint=hint)
