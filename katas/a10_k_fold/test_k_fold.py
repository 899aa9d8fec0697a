"""Suite of A10: folds that share no row, and scores by models that have not seen the rows they are scored on."""

from __future__ import annotations

from functools import partial
from typing import Any

import cv_models
import k_fold as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each, in_subject_process
from harness.suite.check import Asked, Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import seeds

watch, mean_scores = in_subject_process(cv_models.watch), in_subject_process(cv_models.mean_scores)

SIZES = st.integers(2, 14).flatmap(lambda n: st.tuples(st.just(n), st.integers(2, n)))
"""A number of rows and a number of folds."""


def blocks(n: int, k: int) -> list[list[int]]:
    """The validation sets without a shuffle: one row after the other, the first n mod k folds one larger."""
    sizes = [n // k + (i < n % k) for i in range(k)]
    return [list(range(sum(sizes[:i]), sum(sizes[: i + 1]))) for i in range(k)]


def with_rest(validation: list[list[int]], n: int) -> list[list[list[int]]]:
    """[train, validation] of each fold."""
    return [[[row for row in range(n) if row not in fold], fold] for fold in validation]


def as_lists(folds: Any, k: int, asked: Asked) -> list[list[list[int]]]:
    """[train, validation] of each fold, each sorted, of a list that has k pairs of integer arrays."""
    __tracebackhide__ = True
    is_list = isinstance(folds, list) and all(isinstance(fold, tuple | list) and len(fold) == 2 for fold in folds)
    expected = f"a list of {k} pairs (train, validation)"
    check.true(is_list and len(folds) == k, asked=asked, came=folds, expected=expected)
    for part in (part for fold in folds for part in fold):
        is_indices = isinstance(part, np.ndarray) and part.dtype.kind in "iu" and part.ndim == 1
        check.true(is_indices, asked=asked, came=part, expected="one-dimensional arrays of integers")
    return [[sorted(train.tolist()), sorted(validation.tolist())] for train, validation in folds]


def check_blocks(n: int, k: int) -> None:
    """Hold the folds without a shuffle to the definition."""
    __tracebackhide__ = True
    asked, right = call("k_fold_indices", n, k=k, shuffle=False), blocks(n, k)
    small, large = n // k, -(-n // k)
    cut = [list(range(i * small, (i + 1) * small)) for i in range(k)]
    rest = list(range((k - 1) * small, n))
    mirrored = [[n - 1 - row for row in reversed(fold)] for fold in reversed(right)]
    validation_sets = {
        "the rows left over are never validated on: the first n mod k folds take one each": cut,
        "all rows left over are in the last fold: the first n mod k folds take one each": [*cut[:-1], rest],
        "the last folds are the larger ones: the first n mod k are": mirrored,
        "folds of the rounded-up size leave too little for the last: sizes differ by at most one": [
            list(range(n))[i * large : (i + 1) * large] for i in range(k)
        ],
        "every k-th row: without a shuffle, folds are blocks": [list(range(i, n, k)) for i in range(k)],
    }
    mistakes: Mistakes = {
        **{name: partial(with_rest, sets, n) for name, sets in validation_sets.items()},
        "train holds the validation rows, too": [[list(range(n)), fold] for fold in right],
        "swapped: (train, validation)": lambda: [pair[::-1] for pair in with_rest(right, n)],
        "train is only the rows before the fold": [[list(range(fold[0])), fold] for fold in right],
    }
    folds = as_lists(kata.k_fold_indices(n, k=k, shuffle=False), k, asked)
    hint = "blocks of consecutive rows; the first n mod k have one row more. With shuffle=False nothing is drawn"
    check.equal(folds, with_rest(right, n), asked=asked, mistakes=mistakes, hint=hint)


def check_run(n: int, k: int, seed: int, unit: float = 0.5, *, drawn: bool = False) -> None:
    """Hold `k_fold_cv` with a recording model to the folds of `k_fold_indices`; if `drawn`, both take a Generator."""
    __tracebackhide__ = True
    X, y = [[float(row), -float(row)] for row in range(n)], [f"label {row}" for row in range(n)]
    make = np.random.default_rng if drawn else int
    asked: Asked = call("k_fold_cv", "a model", X, y, k=k, random_state=f"default_rng({seed})" if drawn else seed)
    run = partial(watch, X, y, unit, k=k, random_state=make(seed))
    because = "labels may be strings, and a model has fit, which may return anything, and score"
    came = check.accepts(run, asked=asked, because=because)
    check.equal([came["X"], came["y"]], [X, y], asked="X and y after " + asked, hint="the caller's data was modified")
    check_scores(came["scores"], came["calls"], k, asked, unit)
    folds = as_lists(kata.k_fold_indices(n, k=k, random_state=make(seed)), k, "the folds")
    for i, (score, (train, validation)) in enumerate(zip(came["scores"].tolist(), folds, strict=True)):
        entry, mistake = came["calls"][round(score / unit) - 1], "scored by a model that was never fitted: the copy was"
        is_fitted = bool(entry["fitted_on"])
        check.true(is_fitted, asked=asked, came="an unfitted model", expected="a fitted one", mistake=mistake)
        scored, fitted = rows_of(entry["scored_on"], "score", asked), rows_of(entry["fitted_on"][-1], "fit", asked)
        where = f"fold {i} of "
        mistakes = {
            "scored on the rows it was fitted on: score on validation": fitted,
            "scored on all rows: score on validation": list(range(n)),
            "the folds are not shuffled: k_fold_indices shuffles unless told not to": blocks(n, k)[i],
        }
        hint = "the folds are those of k_fold_indices with the same k and random_state (0 is a seed), in their order"
        check.equal(scored, validation, asked=where + asked + ": rows scored on", mistakes=mistakes, hint=hint)
        mistakes = {"fitted on all rows, validation included": list(range(n)), "fitted on validation": validation}
        check.equal(fitted, train, asked=where + asked + ": rows fitted on", mistakes=mistakes, hint="fit on train")
    check_copies(came, asked)


def check_scores(scores: Any, calls: list[Any], k: int, asked: Asked, unit: float) -> None:
    """Hold the scores to be k numbers that the model's `score` has returned."""
    __tracebackhide__ = True
    known = [unit * number for number in range(1, len(calls) + 1)]
    if np.ndim(scores) == 0:
        check.close(scores, known, asked=asked, mistakes={"one number: return all k scores": lambda: np.mean(known)})
    check.float_array(scores, (k,), asked=asked, hint="one score for each fold, np.array(scores)")
    true = set(scores.tolist()) <= set(known)
    parameters = set(scores.tolist()) <= {number / unit for number in known}
    mistake = "a new object of the model's class: its parameters are lost. Copy the model" if parameters else ""
    expected = f"what the model's score returned: {known}"
    check.true(true, asked=asked, came=scores, expected=expected, mistake=mistake, hint="return the scores as they are")


def check_copies(came: dict[str, Any], asked: Asked) -> None:
    """Hold every fold to have fitted a copy of its own, and the caller's model to be as it was."""
    __tracebackhide__ = True
    n_fits, n_lists = came["model"]["n_fits"], came["model"]["fitted_on"]
    mistake = "the caller's model was fitted: fit a deep copy" if n_fits else ""
    mistake = mistake or "a shallow copy: it shares the lists that the model holds. Take copy.deepcopy"
    shown, expected = f"{n_fits} fits, a list with {n_lists} entries", "0 fits, an empty list: as it was"
    check.true(n_lists == 0, asked="the model after " + asked, came=shown, expected=expected, mistake=mistake)
    fits = [entry["n_fits"] for entry in came["calls"]]
    mistake = "folds share a copy, which has seen the rows of earlier folds: copy the model inside the loop"
    shown, expected = f"fitted {fits} times", "each fitted once"
    check.true(set(fits) == {1}, asked="the models of " + asked, came=shown, expected=expected, mistake=mistake)


def rows_of(data: list[Any], method: str, asked: Asked) -> list[int]:
    """The sorted rows that the model was given, which must have come with their own labels."""
    __tracebackhide__ = True
    rows, labels = [round(x[0]) for x in data[0]], data[1]
    own, mistake = [f"label {row}" for row in rows], "labels of other rows: index X and y with the same indices"
    check.true(labels == own, asked=f"labels in {method}, " + asked, came=labels, expected=f"{own}", mistake=mistake)
    return sorted(rows)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize(("n", "k"), [(10, 4), (5, 2)])
def test_worked_examples_of_blocks(n: int, k: int) -> None:
    check_blocks(n, k)


@pytest.mark.example
def test_worked_example_of_a_model_that_predicts_the_mean() -> None:
    asked = call("k_fold_cv", "the README's Mean()", [[0], [0], [0]], [1.0, 2.0, 6.0], k=3)
    scores = mean_scores([[0], [0], [0]], [1.0, 2.0, 6.0], 3)
    mistakes: Mistakes = {
        "scored on the rows it was fitted on: score on validation": [-6.25, -4.0, -0.25],
        "fitted on all rows, validation included": [-9.0, -4.0, -1.0],
        "fitted and scored on all rows": [-14 / 3] * 3,
        "fitted on validation": [0.0, 0.0, 0.0],
    }
    check.close(sorted(np.ravel(scores).tolist()), [-20.25, -9.0, -2.25], asked=asked, mistakes=mistakes)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@settings(max_examples=25)
@given(SIZES)
def test_without_shuffle_folds_are_consecutive_blocks(sizes: tuple[int, int]) -> None:
    check_blocks(*sizes)


@pytest.mark.law
@given(SIZES, seeds())
def test_every_row_is_validated_on_once_and_trained_on_otherwise(sizes: tuple[int, int], seed: int) -> None:
    n, k = sizes
    asked = call("k_fold_indices", n, k=k, random_state=seed)
    folds = as_lists(kata.k_fold_indices(n, k=k, random_state=seed), k, asked)
    validated = sorted(row for _, validation in folds for row in validation)
    hint = "each row once: shuffle once, before the loop over folds, and drop none"
    check.equal(validated, list(range(n)), asked="all validation rows of " + asked, hint=hint)
    for train, validation in folds:
        mistakes = {"train holds the validation rows, too": list(range(n))}
        rest = [row for row in range(n) if row not in validation]
        where = f"train where validation is {validation}, "
        check.equal(train, rest, asked=where + asked, mistakes=mistakes, hint="all rows but those of validation")
    came, sizes_wanted = [len(validation) for _, validation in folds], [len(fold) for fold in blocks(n, k)]
    check.equal(came, sizes_wanted, asked="sizes of the folds of " + asked, hint="the first n mod k are one larger")


@pytest.mark.law
def test_rows_are_dealt_out_at_random() -> None:
    n, k, draws = 7, 3, 500
    runs = each(kata.k_fold_indices, [(n, k, True, seed) for seed in range(draws)])
    member = np.zeros((draws, k, n))
    for draw, folds in enumerate(runs):
        for i, (_, validation) in enumerate(as_lists(folds, k, "the folds")):
            member[draw, i, validation] = 1
    asked = f"k_fold_indices({n}, k={k}, random_state=seed) for {draws} seeds"
    together = np.einsum("dki,dkj->ij", member, member)[~np.eye(n, dtype=bool)] / draws
    mistake = "rows of one block stay together: shuffle the rows, not the folds or the rows of a fold"
    came = f"between {together.min():.2f} and {together.max():.2f}"
    expected = "5/21 = 0.24 for each pair"  # (3 + 1 + 1) pairs in one fold, of 21
    is_even = bool(np.all(np.abs(together - 5 / 21) < 0.115))  # 6 standard deviations
    check.true(is_even, asked="how often rows share a fold, " + asked, came=came, expected=expected, mistake=mistake)
    share = member.mean(axis=0)
    came, expected = f"between {share[0].min():.2f} and {share[0].max():.2f}", "3/7 = 0.43 for each row"
    is_even, hint = bool(np.all(np.abs(share[0] - 3 / 7) < 0.133)), "all permutations must be equally likely"
    check.true(is_even, asked="how often a row is in fold 0, " + asked, came=came, expected=expected, hint=hint)


@pytest.mark.law
@given(SIZES, seeds(), st.booleans())
def test_each_fold_fits_its_own_copy_on_train_and_is_scored_on_validation(sizes: Any, seed: int, drawn: bool) -> None:
    check_run(sizes[0], sizes[1], seed, drawn=drawn)


@pytest.mark.law
@pytest.mark.parametrize("function", ["k_fold_indices", "k_fold_cv"])
@pytest.mark.parametrize("state", [0, 5, None, "Generator"])
def test_folds_follow_random_state(state: Any, function: str) -> None:
    rng, global_state = np.random.default_rng(3), GlobalRandomState()
    given_state = rng if state == "Generator" else state
    came = set()
    for _ in range(4):
        if function == "k_fold_cv":
            calls = watch([[row] for row in range(30)], [0] * 30, 1.0, k=3, random_state=given_state)["calls"]
            came.add(str([sorted(entry["scored_on"][0]) for entry in calls]))
        else:
            came.add(str(as_lists(kata.k_fold_indices(30, 3, random_state=given_state), 3, "the folds")))
    asked = f"how many different folds 4 calls of {function} give, random_state={state}"
    hint = "an int gives the same folds at each call, 0 too; a Generator is drawn from; None draws anew"
    is_right, want = (len(came) == 1) == isinstance(state, int), "1" if isinstance(state, int) else "several"
    check.true(is_right, asked=asked, came=len(came), expected=want, hint=hint)
    global_state.check_kept(after=function)


@pytest.mark.law
def test_seeds_and_states_of_generators_decide() -> None:
    hint = "random_state must reach the generator that shuffles: no seed of your own"
    states = [0, 1, 2, *map(np.random.default_rng, (3, 4, 3))]
    came = [str(as_lists(kata.k_fold_indices(30, 3, random_state=state), 3, "the folds")) for state in states]
    asked = "how many different folds the seeds 0, 1, 2 and generators in 2 different states give"
    check.equal(len(set(came)), 5, asked=asked, hint=hint)
    check.equal(came[3] == came[5], True, asked="are folds of two generators in one state equal", hint=hint)


@pytest.mark.law
def test_defaults_are_five_shuffled_folds() -> None:
    asked = "k_fold_indices(40, random_state=0)"
    came = [validation for _, validation in as_lists(kata.k_fold_indices(40, random_state=0), 5, asked)]
    check.true(came != blocks(40, 5), asked=asked, came="blocks", expected="shuffled rows", mistake="shuffle is True")
    check.float_array(watch(np.ones((10, 1)), [0] * 10, 1.0)["scores"], (5,), asked="k_fold_cv with 10 rows and no k")


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(("n", "k"), [(2, 2), (6, 6), (6, 3)])
def test_one_row_per_fold_and_folds_of_equal_size(n: int, k: int) -> None:
    check_blocks(n, k)
    check_run(n, k, seed=0, unit=0.25)


@pytest.mark.edge
@pytest.mark.parametrize(("n", "k"), [(6, 1), (6, 0), (6, -2), (6, 7), (1, 2), (0, 2), (1, 1)])
@pytest.mark.parametrize("function", ["k_fold_indices", "k_fold_cv"])
def test_k_outside_2_to_n_is_an_error(n: int, k: int, function: str) -> None:
    asked = f"{function} with {n} rows, k={k}"
    cross_validate = partial(watch, np.ones((n, 1)), np.ones(n), 1.0, k=k)
    thunk = cross_validate if function == "k_fold_cv" else partial(kata.k_fold_indices, n, k=k)
    hint = "with k = 1 there is nothing to train on, with k > n a fold is empty"
    check.raises(ValueError, thunk, asked=asked, because="k is not in 2 ... n", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(
    ("X", "y", "because"),
    [
        ((6, 2), (5,), "the lengths differ"),
        ((5, 2), (6,), "the lengths differ"),
        ((6,), (6,), "X must have two axes"),
        ((6, 2, 1), (6,), "X must have two axes"),
        ((6, 2), (6, 1), "y must have one axis"),
        ((6, 2), (), "y must have one axis"),
        ((6, 0), (6,), "X has no columns"),
    ],
)
def test_wrong_shapes_are_errors(X: tuple[int, ...], y: tuple[int, ...], because: str) -> None:
    asked = f"k_fold_cv with X of shape {X}, y of shape {y}, k=3"
    hint = "compare the shapes before anything is split: an index array picks from whatever is long enough"
    thunk = partial(watch, np.ones(X), np.ones(y), 1.0, k=3)
    check.raises(ValueError, thunk, asked=asked, because=because, hint=hint)
