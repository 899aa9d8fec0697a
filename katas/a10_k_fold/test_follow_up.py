"""Follow-up of A10: folds in which every class has its share, and whose sizes are even all the same."""

from __future__ import annotations

from functools import partial
from typing import Any

import k_fold as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Asked, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import seeds

RARE = ["no", "no", "yes", "no", "no", "yes", "no", "no"]
FOUR = ["a", "b", "c", "d"] * 5
"""Four classes of five rows: in two folds, each class has a row left over."""
KINDS: st.SearchStrategy[list[Any]] = st.sampled_from([[-1, 5, 3], ["red", "green", "blue"], [2.5, 0.5, 1.5]])
LABELS = st.tuples(KINDS, st.lists(st.integers(0, 2), min_size=2, max_size=20)).map(lambda d: [d[0][i] for i in d[1]])
CASES = LABELS.flatmap(lambda y: st.tuples(st.just(y), st.integers(2, len(y))))


def folds_of(y: list[Any], k: int, **options: Any) -> list[list[int]]:
    """The sorted validation rows of each fold, which must be a partition whose rest is `train`."""
    __tracebackhide__ = True
    asked: Asked = call("stratified_k_fold_indices", y, k=k, **options)
    because = "labels may be numbers or strings, and a class may be small"
    folds = check.accepts(partial(kata.stratified_k_fold_indices, y, k, **options), asked=asked, because=because)
    is_list = isinstance(folds, list) and len(folds) == k and all(len(fold) == 2 for fold in folds)
    check.true(is_list, asked=asked, came=folds, expected=f"a list of {k} pairs (train, validation)")
    for part in (part for fold in folds for part in fold):
        is_indices = isinstance(part, np.ndarray) and part.dtype.kind in "iu" and part.ndim == 1
        check.true(is_indices, asked=asked, came=part, expected="one-dimensional arrays of integers")
    validated = sorted(row for _, validation in folds for row in validation.tolist())
    rows, hint = list(range(len(y))), "every row once; what is left over of a class is dealt out, too"
    check.equal(validated, rows, asked="all validation rows of " + asked, hint=hint)
    for train, validation in folds:
        rest = [row for row in rows if row not in validation]
        mistakes = {"train holds the validation rows, too": rows}
        check.equal(sorted(train.tolist()), rest, asked="train of " + asked, mistakes=mistakes, hint="all other rows")
    return [sorted(validation.tolist()) for _, validation in folds]


def check_folds(y: list[Any], k: int, **options: Any) -> None:
    """Hold classes and sizes of the folds to be even."""
    __tracebackhide__ = True
    asked, folds = call("stratified_k_fold_indices", y, k=k, **options), folds_of(y, k, **options)
    for label in sorted(set(y)):
        counts = [sum(y[row] == label for row in fold) for fold in folds]
        expected, hint = (
            "counts that differ by at most one",
            "deal out the rows of each class, one to each fold in turn",
        )
        where = f"rows of class {label!r} in the folds of "
        is_even = max(counts) - min(counts) <= 1
        check.true(is_even, asked=where + asked, came=counts, expected=expected, hint=hint)
    sizes = [len(fold) for fold in folds]
    mistake = "each class gives what is left over to the first folds: go on where the last class stopped"
    is_even, expected = max(sizes) - min(sizes) <= 1, "sizes that differ by at most one"
    check.true(is_even, asked="sizes of the folds of " + asked, came=sizes, expected=expected, mistake=mistake)


@pytest.mark.example
@pytest.mark.parametrize("shuffle", [True, False])
def test_worked_example_of_a_rare_class(shuffle: bool) -> None:
    check_folds(RARE, 2, shuffle=shuffle, random_state=0)


@pytest.mark.example
def test_worked_example_of_classes_that_leave_a_row_over() -> None:
    check_folds(FOUR, 2, random_state=0)


@pytest.mark.law
@given(CASES, st.booleans(), seeds())
def test_classes_and_sizes_are_even(case: tuple[list[Any], int], shuffle: bool, seed: int) -> None:
    check_folds(*case, shuffle=shuffle, random_state=seed)


@pytest.mark.law
def test_rows_of_each_class_are_dealt_out_at_random() -> None:
    y, k, draws = [0] * 6 + [1] * 6, 3, 500
    member = np.zeros((draws, k, len(y)))
    runs = each(kata.stratified_k_fold_indices, [(y, k, True, seed) for seed in range(draws)])
    for draw, folds in enumerate(runs):
        for i, (_, validation) in enumerate(folds):
            member[draw, i, validation] = 1
    together = np.einsum("dki,dkj->ij", member, member) / draws
    for where, part, right in (
        ("of one class", together[:6, :6][~np.eye(6, dtype=bool)], 1 / 5),
        ("of different classes", together[:6, 6:], 1 / 3),
    ):
        asked = f"how often two rows {where} share a fold: two classes of six rows, k=3, {draws} seeds"
        came, expected = f"between {part.min():.2f} and {part.max():.2f}", f"about {right:.2f} for each pair"
        hint = "shuffle the rows of each class, and draw anew for each"
        is_even = bool(np.all(np.abs(part - right) < 0.13))  # 6 standard deviations
        check.true(is_even, asked=asked, came=came, expected=expected, hint=hint)


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 5, None, "Generator", "no shuffle"])
def test_folds_follow_random_state(state: Any) -> None:
    global_state, options = GlobalRandomState(), {"random_state": state}
    if not isinstance(state, int):
        options = {"random_state": np.random.default_rng(3) if state == "Generator" else None}
    came = len({str(folds_of([0, 1] * 15, 3, shuffle=state != "no shuffle", **options)) for _ in range(4)})
    is_fixed = isinstance(state, int) or state == "no shuffle"
    asked, want = f"how many different folds 4 calls give, random_state={state}", "1" if is_fixed else "several"
    hint = "an int gives the same folds at each call, 0 too; a Generator is drawn from; None draws anew"
    check.true((came == 1) == is_fixed, asked=asked, came=came, expected=want, hint=hint)
    global_state.check_kept()


@pytest.mark.law
def test_defaults_are_five_shuffled_folds() -> None:
    asked, y = "stratified_k_fold_indices(y), the labels 0 and 1 15 times each", [0, 1] * 15
    came = [kata.stratified_k_fold_indices(y) for _ in range(4)]
    check.equal([len(folds) for folds in came], [5] * 4, asked="the number of folds of " + asked)
    is_shuffled, hint = len(set(map(str, came))) > 1, "shuffle is True by default"
    check.true(is_shuffled, asked="4 calls of " + asked, came="equal folds", expected="shuffled rows", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(("y", "k"), [(RARE, 1), (RARE, 0), (RARE, 9), ([], 2), ([[0, 1], [1, 0]], 2), (3, 2)])
def test_wrong_shapes_and_numbers_of_folds_are_errors(y: Any, k: int) -> None:
    asked, thunk = call("stratified_k_fold_indices", y, k=k), partial(kata.stratified_k_fold_indices, y, k=k)
    check.raises(ValueError, thunk, asked=asked, because="y must have shape (n,), and k lie in 2 ... n")
