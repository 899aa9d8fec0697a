"""Follow-up of B10: the mean of all weights that training went through, on numbers whose sums are exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import perceptron as kata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Call, Mistakes, call
from harness.suite.strategies import Float64Array, seeds

Labels = npt.NDArray[np.int64]
CORNERS, AND = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([-1, -1, -1, 1])
XOR = np.array([-1, 1, 1, -1])
NAMES = ("weights", "bias", "errors_per_epoch", "n_updates", "converged")


class Path:
    """Weights with the bias at their end: at the start, after each row, and which rows brought an update."""

    def __init__(self, X: Float64Array, y: Labels, max_epochs: int) -> None:
        rows, theta, errors = np.column_stack([X, np.ones(len(X))]), np.zeros(X.shape[1] + 1), [-1]
        self.after, self.is_update, self.n = [theta], list[bool](), len(X)
        while errors[-1] and len(errors) <= max_epochs:
            errors.append(0)
            for row, label in zip(rows, y, strict=True):
                self.is_update.append(bool(label * (theta @ row) <= 0))
                theta = theta + label * row * self.is_update[-1]
                errors[-1] += self.is_update[-1]
                self.after.append(theta)
        self.mean = np.mean(self.after[1:], axis=0)

    def mistakes(self) -> Mistakes:
        """What comes of the usual mistakes for the averages, the bias last."""
        after, updates = np.array(self.after), np.array(self.is_update)
        return {
            "the last weights: take the mean over all rows seen": after[-1],
            "the mean over the updates: rows without an update count, too": after[1:][updates].mean(axis=0),
            "the weights before each row: take those after it": after[:-1].mean(axis=0),
            "the zeros of the start count as well: begin after the first row": after.mean(axis=0),
            "the mean over the ends of the epochs: take all rows": after[self.n :: self.n].mean(axis=0),
            "the mean over the last epoch: take all": after[-self.n :].mean(axis=0),
            "the epoch without an update is left out: it counts": lambda: after[1 : -self.n].mean(axis=0),
            "the sum: divide by the number of rows seen": after[1:].sum(axis=0),
            "divided by the rows: by rows times epochs": after[1:].sum(axis=0) / self.n,
            "divided by the epochs: by rows times epochs": after[1:].sum(axis=0) * self.n / len(updates),
            "the bias is not averaged": np.append(self.mean[:-1], after[-1, -1]),
        }


def asked(X: Float64Array, y: Labels, max_epochs: int) -> Call:
    return call(f"Perceptron(max_epochs={max_epochs}, average=True).fit", X, y)


def fitted(X: Float64Array, y: Labels, max_epochs: int, *, average: bool = True) -> Any:
    return kata.Perceptron(max_epochs=max_epochs, average=average).fit(X.copy(), y.copy())


def check_averages(model: Any, X: Float64Array, y: Labels, max_epochs: int, *, hint: str = "") -> None:
    """Hold both averages to the definition."""
    __tracebackhide__ = True
    path, what = Path(X, y, max_epochs), asked(X, y, max_epochs)
    check.float_array(model.averaged_weights, (X.shape[1],), asked="averaged_weights after " + what)
    check.python_float(model.averaged_bias, asked="averaged_bias after " + what)
    got, tip = np.append(model.averaged_weights, model.averaged_bias), "the mean of the weights after each row seen"
    about = "averaged_weights and averaged_bias after " + what
    check.close(got, path.mean, asked=about, atol=1e-9, mistakes=path.mistakes(), hint=hint or tip)


def check_labels(model: Any, queries: Float64Array, *, what: Call) -> None:
    """Hold predicted labels to the sign of the scores by the averages; scores near 0 are left out."""
    __tracebackhide__ = True
    scores = queries @ np.asarray(model.averaged_weights) + model.averaged_bias
    queries, clear = queries[np.abs(scores) > 1e-9], scores[np.abs(scores) > 1e-9]
    if len(queries) == 0:
        return
    last = queries @ np.asarray(model.weights) + model.bias
    mistakes = {"by the last weights: by the averages": np.where(last >= 0, 1, -1)}
    want, about = np.where(clear > 0, 1, -1), what + "." + call("predict", queries)
    hint = "+1 where X @ averaged_weights + averaged_bias >= 0, else -1; no vote"
    check.equal(model.predict(queries.copy()), want, asked=about, mistakes=mistakes, hint=hint)


def small(seed: int) -> tuple[Float64Array, Labels, int]:
    """Few rows of quarters, separable or not, and few epochs: every sum is exact."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 9)), int(rng.integers(1, 4))
    return rng.integers(-8, 9, size=(n, d)) / 4, rng.choice([-1, 1], size=n), int(rng.integers(1, 12))


CASES = st.builds(small, seeds())


@pytest.mark.example
def test_worked_example() -> None:
    model = fitted(CORNERS, AND, 2)
    check_averages(model, CORNERS, AND, 2)
    check_labels(model, CORNERS[2:], what=asked(CORNERS, AND, 2))


@pytest.mark.law
@given(CASES)
def test_averages_are_means_over_all_rows_seen(case: tuple[Float64Array, Labels, int]) -> None:
    check_averages(fitted(*case), *case)


@pytest.mark.law
@given(CASES)
def test_training_is_the_same_with_and_without(case: tuple[Float64Array, Labels, int]) -> None:
    plain, averaged = fitted(*case, average=False), fitted(*case)
    for name in NAMES:
        about, hint = f"{name} after " + asked(*case), "averages are kept beside the weights, and change nothing"
        check.equal(getattr(averaged, name), getattr(plain, name), asked=about, hint=hint)


@pytest.mark.law
@given(CASES, seeds())
def test_predicts_by_the_averages(case: tuple[Float64Array, Labels, int], seed: int) -> None:
    queries = np.random.default_rng(seed).integers(-12, 13, size=(12, case[0].shape[1])) / 4
    check_labels(fitted(*case), queries, what=asked(*case))


@pytest.mark.edge
def test_without_average_predict_takes_the_last_weights() -> None:
    queries = np.array([[1.0, 0.0], [1.0, 1.0]])
    for model in (fitted(CORNERS, AND, 2, average=False), kata.Perceptron(2).fit(CORNERS.copy(), AND.copy())):
        check.equal(model.predict(queries.copy()), [1, 1], asked="Perceptron(max_epochs=2).fit(X, y).predict(queries)")


@pytest.mark.edge
def test_a_score_of_zero_by_the_averages_is_plus_one() -> None:
    X, y = np.array([[1.0]]), np.array([-1])  # the only update gives -1 and -1, and so do the averages
    about = asked(X, y, 5) + ".predict([[-1.0]]), a score of 0"
    check.equal(fitted(X, y, 5).predict([[-1.0]]), [1], asked=about, hint="as without averages")


@pytest.mark.edge
def test_fit_again_forgets_the_averages() -> None:
    model = fitted(CORNERS, XOR, 7).fit(CORNERS[::-1].copy(), AND[::-1].copy()).fit(CORNERS.copy(), AND.copy())
    check_averages(model, CORNERS, AND, 7, hint="fit was called before: sums and counts start at 0 each time")
    check.equal(np.shape(model.fit([[1.0]], [1]).averaged_weights), (1,), asked="averaged_weights.shape of one feature")


@pytest.mark.edge
def test_errors_are_as_before() -> None:
    thunk, because = lambda: fitted(CORNERS, AND, 3).predict([[1.0, 2.0, 3.0]]), "there are 3 columns, and 2 in fit"
    check.raises(ValueError, thunk, asked="predict with average=True", because=because)
    unfitted = lambda: kata.Perceptron(average=True).predict([[1.0]])  # noqa: E731
    check.raises(RuntimeError, unfitted, asked="Perceptron(average=True).predict([[1.0]])", because="there was no fit")
