"""Follow-up of B07: batches against the definition, from centroids and counts as they are before each."""

from __future__ import annotations

from functools import partial
from typing import Any

import kmeans as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

FIRST = [[0.0], [2.0], [10.0], [12.0]]


def labels_of(X: Float64Array, centroids: Float64Array) -> Any:
    return np.sum((X[:, None] - centroids) ** 2, axis=2).argmin(axis=1)


def learnt(X: Float64Array, centroids: Float64Array, counts: Any, least: int = 0) -> tuple[Float64Array, Any]:
    """Centroids and counts after a batch; `least` is what a mistake adds to the counts."""
    labels, k = labels_of(X, centroids), len(centroids)
    sums = np.array([X[labels == j].sum(axis=0) for j in range(k)])
    old, new = counts[:, None] + least, np.bincount(labels, minlength=k)[:, None]
    return np.where(new > 0, (old * centroids + sums) / np.maximum(old + new, 1), centroids), (counts + new[:, 0])


def row_by_row(X: Float64Array, centroids: Float64Array, counts: Any) -> Float64Array:
    for row in X[:, None]:
        centroids, counts = learnt(row, centroids, counts)
    return centroids


def check_batch(model: Any, X: Float64Array, before: Float64Array, counts: Any, asked: str) -> None:
    """Have a batch learnt, and hold centroids and counts to the definition."""
    __tracebackhide__ = True
    got, none = model.partial_fit(X.copy()), 0 * counts
    check.true(got is not None, asked=asked, came="None", expected="self", mistake="return self")
    (want, number), labels = learnt(X, before, counts), labels_of(X, before)
    far = X[np.sum((X - before[labels]) ** 2, axis=1).argmax()]
    mistakes: Mistakes = {
        "the centroids did not move: the batch that gives the start is learnt, too": before,
        "the mean of this batch alone: all earlier rows count as well": lambda: learnt(X, before, none)[0],
        "labelled row by row, with centroids that have moved: label the whole batch first": partial(
            row_by_row, X, before, counts
        ),
        "the start counts as a row: counts begin at 0": lambda: learnt(X, before, counts, 1)[0],
        "a centroid without rows in the batch stays where it is": np.where((number > counts)[:, None], want, far),
        "NaN: a centroid without rows in the batch stays where it is": np.where(
            (number > counts)[:, None], want, np.nan
        ),
    }
    hint = "c + (s - m c) / (N + m), with the labels and the counts from before the batch"
    what = asked + f", from {check.show(before)} with counts {counts.tolist()}: "
    check.close(model.get_cluster_centers(), want, asked=what + "centroids", atol=1e-9, mistakes=mistakes, hint=hint)
    check.equal(model.counts, number, asked=what + "counts", hint="rows given to each centroid so far")
    whole = np.asarray(model.counts).dtype.kind in "iu"
    check.true(whole, asked=what + "counts", came=model.counts, expected="integers", mistake="counts are whole numbers")


@pytest.mark.example
def test_worked_example() -> None:
    model = kata.KMeans(k=2, random_state=0).fit(FIRST)
    check.equal(sorted(np.asarray(model.counts).tolist()), [2, 2], asked="sorted counts after fit of " + str(FIRST))
    model.partial_fit([[4.0], [4.0]])
    got, hint = np.sort(np.ravel(model.get_cluster_centers())), "(2 * 1 + 4 + 4) / 4, and 11 stays"
    check.close(got, [2.5, 11.0], asked="sorted centroids, 4.0 and 4.0 learnt after " + str(FIRST), hint=hint)


@pytest.mark.law
@settings(max_examples=30)
@given(seeds(), st.integers(1, 4), st.integers(1, 3), st.booleans())
def test_each_batch_is_learnt_from_where_the_last_one_ended(seed: int, k: int, d: int, fits_first: bool) -> None:
    rng = np.random.default_rng(seed)
    batches = [rng.normal(size=(n, d)) * 3 for n in (k + 4, 1, *rng.integers(1, 9, size=2))]
    model, first = kata.KMeans(k=k, random_state=seed), batches[0].copy()
    if fits_first:
        model.partial_fit(first + 5.0)
        model.fit(first)
        centroids, counts = np.array(model.get_cluster_centers()), np.bincount(model.labels, minlength=k)
        check.equal(model.counts, counts, asked="counts after partial_fit and fit", hint="fit begins anew")
    else:
        centroids, counts = np.array(model.initialize_centroids(first)), np.zeros(k, dtype=int)
    for number, X in enumerate(batches[1:] if fits_first else batches):
        asked = f"KMeans(k={k}, random_state={seed}), batch {number}{' after fit' * fits_first}: "
        check_batch(model, X, centroids, counts, str(asked + call("partial_fit", X)))
        centroids, counts = np.array(model.get_cluster_centers()), np.array(model.counts)
    near, got = labels_of(batches[0], centroids), model.predict(batches[0].copy())
    check.equal(got, near, asked="predict after batches", hint="the nearest of the centroids as they are now")


@pytest.mark.edge
def test_centroids_that_were_handed_out_and_arguments_stay() -> None:
    model, X = kata.KMeans(k=2, random_state=1).partial_fit(FIRST), np.array([[3.0], [20.0]])
    centers, counts = model.get_cluster_centers(), model.counts
    kept, hint = (np.array(centers), np.array(counts)), "compute new arrays instead of writing into the old ones"
    with check.untouched(asked="partial_fit(X)", X=X):
        model.partial_fit(X)
    check.equal(centers, kept[0], asked="what get_cluster_centers() gave before another batch was learnt", hint=hint)
    check.equal(counts, kept[1], asked="what counts was before another batch was learnt", hint=hint)


@pytest.mark.edge
def test_a_centroid_without_rows_stays_and_then_becomes_the_first_row_that_it_gets() -> None:
    model, asked = kata.KMeans(k=2), "sorted centroids of KMeans(k=2) after "
    for batch, want in (([[0.0], [0.0]], [0.0, 0.0]), ([[3.0], [5.0]], [0.0, 2.0]), ([[-1.0]], [-1.0, 2.0])):
        got, asked = np.sort(np.ravel(model.partial_fit(batch).get_cluster_centers())), f"{asked}{batch}, "
        check.close(got, want, asked=asked, hint="a mean of no rows is not asked for; of one row, it is that row")


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(3,), (0, 2), (3, 0), (3, 1), (3, 3), (1, 3, 2)], ids=str)
def test_a_batch_of_a_wrong_shape_is_an_error_and_changes_nothing(shape: tuple[int, ...]) -> None:
    model, X = kata.KMeans(k=2, random_state=0), np.array([[0.0, 1.0], [4.0, 4.0], [5.0, 4.0]])
    kept = np.array(model.partial_fit(X).get_cluster_centers()), np.array(model.counts)
    asked, because = f"partial_fit of shape {shape} after one of shape (3, 2)", "X must have shape (n, 2), n at least 1"
    check.raises(ValueError, lambda: model.partial_fit(np.ones(shape)) and 0, asked=asked, because=because)
    check.equal(model.get_cluster_centers(), kept[0], asked=asked + ": centroids", hint="check before you change")
    check.equal(model.counts, kept[1], asked=asked + ": counts", hint="check before you change")


@pytest.mark.edge
def test_a_first_batch_of_fewer_than_k_rows_is_an_error() -> None:
    thunk = lambda: kata.KMeans(k=3).partial_fit([[0.0], [1.0]]) and 0  # noqa: E731
    because = "k centroids are drawn from the first batch"
    check.raises(ValueError, thunk, asked="partial_fit of a first batch of 2 rows, k=3", because=because)
