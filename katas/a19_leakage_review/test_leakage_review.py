"""Suite of A19: what an honest evaluation does, with tests for each planted fault of the stub."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import leakage_review as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

PARTS = ("model", "scaler", "train_indices", "test_indices", "train_accuracy", "test_accuracy")
SIZES = st.sampled_from([0.1, 0.25, 0.4, 0.5])


def ask(X: npt.NDArray[Any], test_size: float = 0.25, random_state: int = 0) -> str:
    """What sentences call a call: the arrays are too large to be shown."""
    return f"train_model(X of shape {X.shape}, y, test_size={test_size}, random_state={random_state})"


def train_model(X: npt.NDArray[Any], y: npt.NDArray[Any], test_size: float = 0.25, state: int = 0) -> dict[str, Any]:
    """The subject's result for copies, so that what is done to them changes no other finding."""
    __tracebackhide__ = True
    called = partial(kata.train_model, X.copy(), y.copy(), test_size, state)
    because = "both sides have rows, and a plain split needs no more: a class may have a single row"
    return check.accepts(called, asked=ask(X, test_size, state), because=because)


def sides(result: dict[str, Any]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The rows for training and for testing."""
    return np.asarray(result["train_indices"]), np.asarray(result["test_indices"])


def predict(result: dict[str, Any], X: Float64Array) -> npt.NDArray[Any]:
    """The prediction for rows of X, as README defines it."""
    return np.asarray(result["model"].predict(np.asarray(result["scaler"].transform(X))))


def noisy(seed: int, n: int = 199) -> tuple[Float64Array, npt.NDArray[np.int64]]:
    """Rows whose labels three features of very different scales only hint at, and one row far away."""
    rng = np.random.default_rng(seed)
    standard = rng.normal(size=(n, 3))
    y = (standard @ [1.0, -1.0, 0.5] + 2 * rng.normal(size=n) > 0).astype(np.int64)
    standard[rng.integers(n), 0] = 60.0
    return standard * [1.0, 50.0, 0.02] + [5.0, -300.0, 1.0], y


def wide(seed: int) -> tuple[Float64Array, npt.NDArray[np.int64]]:
    """40 rows with random labels and 80 features, enough to learn the label of every training row by heart."""
    rng = np.random.default_rng(seed)
    return rng.normal(3.0, 2.0, size=(40, 80)), rng.permutation(np.repeat([0, 1], 20))


def plain(seed: int) -> tuple[Float64Array, npt.NDArray[np.int64]]:
    """300 rows in twenty dimensions with a boundary that no row is close to."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(300, 20))
    y = (X[:, 0] > 0).astype(np.int64)
    X[:, 0] += np.where(y == 1, 11.0, 9.0)
    return 100 * X, y


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_result_has_its_six_entries() -> None:
    X, y = noisy(0)
    result, asked = kata.train_model(X, y), ask(X)
    check.equal(sorted(result), sorted(PARTS), asked=f"the keys of {asked}")
    for name in ("train_accuracy", "test_accuracy"):
        check.python_float(result[name], asked=f"{name} of {asked}")


@pytest.mark.example
def test_a_plain_boundary_is_learnt() -> None:
    X, y = plain(1)
    result = train_model(X, y)
    share = float(np.mean(predict(result, X) == y))
    mistake = "learnt from the labels of other rows: `fit` needs each row beside its own label, in one order"
    if np.mean(np.asarray(result["model"].predict(X)) == y) > 0.9:
        mistake = "the model is fitted on rows that are not scaled: it is to take what scaler.transform gives"
    asked = f"the share of all rows that are labelled rightly after {ask(X)}, whose two classes are far apart"
    check.true(share > 0.9, asked=asked, came=f"{share:.2f}", expected="more than 0.9", mistake=mistake)


@pytest.mark.example
@pytest.mark.parametrize(("n", "test_size", "n_test"), [(200, 0.25, 50), (199, 0.25, 50), (40, 0.5, 20), (11, 0.01, 1)])
def test_the_share_of_test_rows_is_rounded_up(n: int, test_size: float, n_test: int) -> None:
    X = np.random.default_rng(n).normal(size=(n, 2))
    train, test = sides(train_model(X, np.arange(n) % 2, test_size))
    down = math.floor(n * test_size)
    mistakes = {
        "rounded down: take the ceiling, as scikit-learn does": (n - down, down),
        "the sides are swapped: test_size is the share that is held out": (n_test, n - n_test),
    }
    asked, hint = f"the numbers of training and of test rows in {ask(X, test_size)}", "together they are all rows"
    check.equal((len(train), len(test)), (n - n_test, n_test), asked=asked, mistakes=mistakes, hint=hint)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@settings(max_examples=10)
@given(seeds(), SIZES, st.integers(0, 1000))
def test_each_row_is_on_one_side(seed: int, test_size: float, random_state: int) -> None:
    X, y = noisy(seed)
    train, test = sides(train_model(X, y, test_size, random_state))
    both, asked = np.intersect1d(train, test).size, ask(X, test_size, random_state)
    mistake = "rows are on both sides: the model is tested on rows that it was trained on"
    how_many = f"how many rows are in train_indices and in test_indices, in {asked}"
    check.true(both == 0, asked=how_many, came=both, expected="0", mistake=mistake)
    found = np.sort(np.concatenate([train, test]))
    hint = "each row is on one side, and once"
    check.equal(found, np.arange(len(X)), asked=f"all indices of {asked}, sorted", hint=hint)


@pytest.mark.law
@settings(max_examples=10)
@given(seeds(), SIZES)
def test_training_rows_are_standardised_by_their_own_statistics(seed: int, test_size: float) -> None:
    X, y = noisy(seed)
    result = train_model(X, y, test_size)
    train, test = sides(result)

    def by(rows: Any, ddof: int = 0) -> Float64Array:
        return np.asarray((X - X[rows].mean(axis=0)) / X[rows].std(axis=0, ddof=ddof))

    check.close(
        np.asarray(result["scaler"].transform(X)),
        by(train),
        asked=f"scaler.transform(X) after {ask(X, test_size)}",
        rtol=1e-7,
        atol=1e-9,
        mistakes={
            "the scaler is fitted on all rows: mean and deviation of the test rows leak into training": by(slice(None)),
            "the scaler is fitted on the test rows: fit it on the training rows, transform the others": by(test),
            "divided by n - 1 in the variance: StandardScaler divides by n": by(train, 1),
            "not scaled at all": X,
        },
        hint="zero mean and unit variance on the training rows",
    )


@pytest.mark.law
@settings(max_examples=5)
@given(seeds())
def test_test_accuracy_is_that_on_the_test_rows(seed: int) -> None:
    X, y = noisy(seed, 599)  # 449 of them for training; both are prime: no accuracy on them is one on the 150 others
    result = train_model(X, y)
    train, test = sides(result)
    right = predict(result, X) == y
    own = (X[test] - X[test].mean(axis=0)) / X[test].std(axis=0)
    check.close(
        result["test_accuracy"],
        right[test].mean(),
        asked=f"test_accuracy of {ask(X)}",
        mistakes={
            "the accuracy on all rows: most of them are training rows, which flatter": right.mean(),
            "the accuracy on the training rows: it says how well they are remembered": right[train].mean(),
            "rows in one order and labels in another": np.mean(predict(result, X[np.sort(test)]) == y[test]),
            "the test rows are scaled by statistics of their own: use those of the training rows": lambda: np.mean(
                np.asarray(result["model"].predict(own)) == y[test]
            ),
            "the test rows are not scaled: the model was fitted on scaled ones": lambda: np.mean(
                np.asarray(result["model"].predict(X[test])) == y[test]
            ),
        },
        hint="the share of test rows for which the returned model.predict(scaler.transform(X[test_indices])) is right",
    )


@pytest.mark.law
@settings(max_examples=10)
@given(seeds())
def test_train_accuracy_is_that_on_the_training_rows(seed: int) -> None:
    X, y = wide(seed)
    result = train_model(X, y)
    train, test = sides(result)
    right = predict(result, X) == y
    check.close(
        result["train_accuracy"],
        right[train].mean(),
        asked=f"train_accuracy of {ask(X)}",
        mistakes={
            "the accuracy on all rows: take the training rows": right.mean(),
            "the accuracy on the test rows: take the training rows": right[test].mean(),
            "the share of errors: accuracy is the share that is right": 1 - right[train].mean(),
        },
        hint="row i of what `model` is fitted on and scored with must stand beside label i: are both in one order?",
    )


@pytest.mark.law
def test_the_model_knows_no_label_of_a_test_row() -> None:
    for seed in range(6):  # each once, as an unseeded split fails for some and not for others
        check_labels(seed)


def check_labels(seed: int) -> None:
    """Hold the model to know no label that only test rows have."""
    X, y = wide(seed)
    rare = np.random.default_rng(seed).permutation(40)[:12]
    y[rare] = np.arange(100, 112)  # labels of one row each: to predict one is to have seen that row
    result = train_model(X, y)
    (train, test), seen = sides(result), predict(result, X)
    known = np.intersect1d(seen, np.intersect1d(y[test], y[rare])).tolist()
    mistake, asked = "the model is fitted on test rows too: it has learnt labels that it is to be tested on", ask(X)
    labels = f"which labels the model predicts that only test rows have, in {asked}"
    check.true(not known, asked=labels, came=known, expected="none", mistake=mistake)
    unseen, others = np.setdiff1d(test, train), y.copy()
    others[unseen] = np.where(y[unseen] < 2, 1 - y[unseen], y[unseen])
    again = train_model(X, others)
    if np.array_equal(np.sort(sides(again)[1]), np.sort(test)):
        changed = int(np.sum(predict(again, X) != seen))
        mistake = "the model is chosen by the labels of test rows: choose by a part of the training rows"
        asked = f"how many predictions change when test rows have other labels, in {asked}"
        check.true(changed == 0, asked=asked, came=changed, expected="0", mistake=mistake)


@pytest.mark.law
@settings(max_examples=10)
@given(seeds(), st.integers(0, 2**31 - 1))
@example(seed=0, random_state=0)
def test_the_same_random_state_gives_the_same_result(seed: int, random_state: int) -> None:
    X, y = noisy(seed)
    one = train_model(X, y, 0.25, random_state)
    other = train_model(X, y, 0.25, random_state) if random_state else kata.train_model(X, y)  # 0 is the default
    mistake = "drawn anew in each call: the split follows from random_state alone"
    for name, was, now in zip(("train_indices", "test_indices"), sides(one), sides(other), strict=True):
        is_same = np.array_equal(np.sort(was), np.sort(now))
        asked = f"{name} of {ask(X, 0.25, random_state)}, called twice"
        check.true(is_same, asked=asked, came="different rows", expected="the same rows", mistake=mistake)


@pytest.mark.law
def test_the_split_is_random_and_follows_random_state() -> None:
    X, y = noisy(3)
    splits = [tuple(np.sort(sides(train_model(X, y, 0.25, state))[1]).tolist()) for state in range(20)]
    hint = "one split for all: draw from np.random.default_rng(random_state), or hand random_state on"
    asked = "how many different splits 20 values of random_state give"
    check.equal(len(set(splits)), 20, asked=asked, mistakes={hint: 1}, hint=hint)
    asked = "how many rows of 199 are a test row in any of these splits"
    came = len(set().union(*splits))
    check.true(came > 170, asked=asked, came=came, expected="nearly all", hint="any row may be on either side")


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_numpys_global_random_state_is_left_alone() -> None:
    X, y = noisy(4)
    global_state = GlobalRandomState()
    kata.train_model(X, y, 0.25, 7)
    global_state.check_kept(after="train_model(X, y)")


@pytest.mark.edge
def test_lists_and_strings_are_taken_and_arguments_stay_as_they_were() -> None:
    X, numbers = plain(5)
    y = np.where(numbers == 1, "spam", "ham")
    with check.untouched(asked=ask(X), X=X, y=y):
        result = kata.train_model(X, y)
        labels = sorted(set(predict(result, X).tolist()))
    mistakes = {"codes of the labels: predict answers with the labels that came in y": [0, 1]}
    check.equal(labels, ["ham", "spam"], asked="which labels are predicted after 'spam' and 'ham'", mistakes=mistakes)
    integers = np.rint(X).astype(np.int64)
    with check.untouched(asked=ask(integers), X=integers):
        kata.train_model(integers, y.tolist())
    lists = partial(kata.train_model, X.tolist(), y.tolist())
    check.accepts(lists, asked="train_model of lists", because="X and y may be lists")


BAD: dict[str, tuple[Any, Any, float]] = {
    "X is one-dimensional": (np.arange(20.0), np.arange(20) % 2, 0.25),
    "there are more labels than rows": (np.ones((20, 2)), np.arange(21) % 2, 0.25),
    "there is no row": (np.ones((0, 2)), np.zeros(0), 0.25),
    "no row is held out": (np.ones((20, 2)), np.arange(20) % 2, 0.0),
    "no row is left to train on": (np.ones((20, 2)), np.arange(20) % 2, 0.99),
    "test_size is above 1": (np.ones((20, 2)), np.arange(20) % 2, 1.5),
    "test_size is negative": (np.ones((20, 2)), np.arange(20) % 2, -0.25),
}


@pytest.mark.edge
@pytest.mark.parametrize("because", BAD)
def test_what_cannot_be_split_is_an_error(because: str) -> None:
    X, y, test_size = BAD[because]
    asked = f"train_model(X of shape {X.shape}, y of shape {y.shape}, test_size={test_size})"
    check.raises(ValueError, partial(kata.train_model, X, y, test_size), asked=asked, because=because, hint="refuse it")
