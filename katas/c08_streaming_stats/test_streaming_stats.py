"""Suite of C08: any split into batches and parts against all rows at once, digits far from the origin, memory and speed."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import streaming_stats as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.speed import Contest, MemoryMeter, Racer, Task, vary
from harness.suite.strategies import Float64Array, seeds


def make_batches(seed: int, offset: float = 0.0) -> list[Float64Array]:
    """One to five batches of 1 to 5 rows, each around a place of its own."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 4))
    sizes = rng.integers(1, 6, size=rng.integers(1, 6))
    return [rng.integers(-20, 21, size=(m, d)) / 4 + rng.integers(-9, 10, size=d) + offset for m in sizes]


BATCHES = st.builds(make_batches, seeds())


def fed(batches: list[Float64Array]) -> Any:
    """An object that has seen all batches."""
    stats = kata.StreamingStats(batches[0].shape[1])
    for batch in batches:
        stats.update(batch.copy())
    return stats


def scatter(X: Float64Array) -> Float64Array:
    """Sums of products of deviations from the mean; the first row is taken off first, so that no digits are lost."""
    near = X - X[0]
    centred = near - near.mean(axis=0)
    return np.asarray(centred.T @ centred)


def check_stats(
    stats: Any, groups: list[Float64Array], *, asked: str, rtol: float = 1e-9, atol: float = 1e-9, hint: str = ""
) -> None:
    """Hold all statistics to those of all rows at once; `groups` are the batches or parts that they came in."""
    __tracebackhide__ = True
    hint = (
        hint
        or "n rows meet m: the mean moves by m / (n + m) of the shift, the scatter by n m / (n + m) of its outer product"
    )
    X, last, sizes = np.vstack(groups), groups[-1], [len(group) for group in groups]
    n, mean, total = len(X), (X - X[0]).mean(axis=0) + X[0], scatter(X)
    means = np.array([group.mean(axis=0) for group in groups])
    shifts = [means[i] - np.average(means[:i], axis=0, weights=sizes[:i]) for i in range(1, len(means))]
    within, between = np.sum([scatter(group) for group in groups], axis=0), sum(np.outer(a, a) for a in shifts)
    last_only = {"rows of the last one only": sizes[-1], "batches: count rows": len(groups)}
    check.equal(stats.count, n, asked=f"count {asked}", mistakes=last_only, hint=hint)
    mistakes: Mistakes = {
        "the last one only: all rows count": last.mean(axis=0),
        "the mean of means: weigh each by its rows": means.mean(axis=0),
        "the sum: divide by the number of rows": X.sum(axis=0),
        "the mean of two means at a time: weigh them by their rows": averaged(means, sizes, turned=False),
        "the weights are turned round: each mean has that of its own rows": averaged(means, sizes, turned=True),
        "one mean for all columns: each has its own": np.full(len(mean), X.mean()),
    }
    check.close(stats.mean, mean, asked=f"mean {asked}", rtol=1e-13, atol=atol, mistakes=mistakes, hint=hint)
    check.float_array(stats.mean, mean.shape, asked=f"mean {asked}")
    for ddof in (0, 1) if n > 1 else (0,):
        left = n - ddof
        naive = (X.T @ X - n * np.outer(X.mean(axis=0), X.mean(axis=0))) / left
        tables: dict[str, Any] = {
            "the difference of large sums, E[x^2] - E[x]^2: sum squares of deviations": naive,
            "the shift between means is missing: groups have their own means": within / left,
            "the shift counts without its factor n m / (n + m)": (within + between) / left,
            "ddof is ignored: divide by count - ddof": total / n,
            "ddof is 1 by default: it is 0": total / (n - 1) if n > 1 else total,
            "not divided: by count - ddof": total,
            "covariances beside the diagonal are missing": np.diag(np.diagonal(total)) / left,
            "the last one only: all rows count": scatter(last) / max(len(last) - ddof, 1),
            "the standard deviation: do not take the root": np.sqrt(np.abs(total) / left),
        }
        for name, pick in (("variance", np.diagonal), ("covariance", np.asarray)):
            got = getattr(stats, name)() if ddof == 0 else getattr(stats, name)(ddof=ddof)
            what = f"{name}({f'ddof={ddof}' if ddof else ''}) {asked}"
            own = {mistake: pick(np.atleast_2d(table)) for mistake, table in tables.items()}
            check.close(got, pick(total) / left, asked=what, rtol=rtol, atol=atol * 1e-3, mistakes=own, hint=hint)
            check.float_array(got, pick(total).shape, asked=what)


def averaged(means: Float64Array, sizes: list[int], *, turned: bool) -> Float64Array:
    """Means taken in one after the other: halfway, or with the weights turned round."""
    mean, seen = means[0], sizes[0]
    for other, size in zip(means[1:], sizes[1:], strict=True):
        mean, seen = mean + (other - mean) * (seen / (seen + size) if turned else 0.5), seen + size
    return np.asarray(mean)


def asked_of(batches: list[Float64Array], how: str = "after updates with ") -> str:
    return how + ", ".join(check.show(batch) for batch in batches)


# --- examples --------------------------------------------------------------------------------------------------------

FIRST, SECOND = np.array([[1.0, 10.0], [3.0, 10.0]]), np.array([[8.0, 40.0], [4.0, 20.0], [4.0, 30.0]])


@pytest.mark.example
def test_worked_example_of_updates() -> None:
    stats = kata.StreamingStats(2)
    stats.update(FIRST.tolist())
    check_stats(stats, [FIRST], asked=asked_of([FIRST]))
    stats.update(SECOND.astype(int))
    check_stats(stats, [FIRST, SECOND], asked=asked_of([FIRST, SECOND]))
    kind, hint = type(stats.count).__name__, "len(rows) is an int; a sum of an array is not"
    check.equal(kind, "int", asked="the type of count", hint=hint)


@pytest.mark.example
def test_worked_example_of_a_merge() -> None:
    stats, other = fed([FIRST]), fed([SECOND])
    stats.merge(other)
    check_stats(stats, [FIRST, SECOND], asked=asked_of([FIRST, SECOND], "after a merge of objects that have seen "))
    check_stats(other, [SECOND], asked=asked_of([SECOND]) + ", after another object has merged it")


@pytest.mark.example
def test_update_and_merge_return_the_object() -> None:
    stats = kata.StreamingStats(2)
    for name, came in (("update", stats.update(FIRST.copy())), ("merge", stats.merge(fed([SECOND])))):
        check.true(came is not None, asked=name, came="None", expected="the object itself", mistake="return self")
        check.equal(came.count, stats.count, asked=f"count of what {name} returns")


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(BATCHES)
def test_any_batches_give_the_statistics_of_all_rows(batches: list[Float64Array]) -> None:
    check_stats(fed(batches), batches, asked=asked_of(batches))


@pytest.mark.law
@given(BATCHES, st.booleans())
def test_parts_may_be_merged_in_any_order(batches: list[Float64Array], backwards: bool) -> None:
    parts = [fed([batch, batch[::-1] + 1]) for batch in batches]
    groups = [np.vstack([batch, batch[::-1] + 1]) for batch in batches]
    if backwards:
        parts, groups = parts[::-1], groups[::-1]
    whole = kata.StreamingStats(batches[0].shape[1])
    for part in parts:
        whole.merge(part)
    check_stats(whole, groups, asked=asked_of(groups, "after merging into an empty object those that have seen "))


FAR = [
    np.round(batch, 3) for batch in np.split(np.random.default_rng(1).normal(size=(60, 2)) + 1e8, [1, 2, 10, 11, 50])
]
LOST = "deviations are 1, and the mean is 1e8: squares of the data have lost all digits, those of deviations none"


@pytest.mark.law
@pytest.mark.parametrize("how", ["one batch", "batches", "row by row", "merged"])
def test_seven_digits_are_right_where_the_mean_is_1e8_deviations(how: str) -> None:
    X, groups, stats = np.vstack(FAR), FAR, kata.StreamingStats(2)
    if how == "one batch":
        stats.update(X.copy())
    elif how == "row by row":
        each(stats.update, [(row[np.newaxis].copy(),) for row in X])
    elif how == "batches":
        stats = fed(FAR)
    else:
        for batch in FAR:
            stats.merge(fed([batch]))
    asked = f"of 60 rows with mean 1e8 and deviation 1, {how}"
    check_stats(stats, groups, asked=asked, rtol=1e-7, atol=1e-6, hint=LOST)


@pytest.mark.law
def test_a_long_stream_of_single_rows_loses_no_digits() -> None:
    X = np.round(np.random.default_rng(2).normal(size=(3000, 2)), 3) + np.array([1e8, -1e8])
    stats = kata.StreamingStats(2)
    each(stats.update, [(row[np.newaxis].copy(),) for row in X])
    check_stats(stats, [X], asked="of 3000 single rows with mean 1e8 and deviation 1", rtol=1e-7, atol=1e-5, hint=LOST)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_one_row_has_a_variance_of_0() -> None:
    stats, asked = fed([FIRST[:1]]), "after one row"
    check_stats(stats, [FIRST[:1]], asked=asked)
    for name in ("variance", "covariance"):
        thunk, because = partial(getattr(stats, name), ddof=1), "count - ddof is 0"
        check.raises(
            ValueError, thunk, asked=f"{name}(ddof=1) {asked}", because=because, hint="compare ddof with count"
        )


@pytest.mark.edge
def test_empty_objects_are_merged_without_a_trace() -> None:
    stats, empty = fed([FIRST]), kata.StreamingStats(2)
    stats.merge(empty)
    check_stats(stats, [FIRST], asked=asked_of([FIRST]) + ", then a merge of an empty object")
    asked, merge = "a merge of two empty objects", partial(kata.StreamingStats(2).merge, empty)
    both = check.accepts(merge, asked=asked, because="there is nothing to take in, and nothing to divide by")
    check.equal(both.count, 0, asked=f"count after {asked}")


@pytest.mark.edge
def test_constant_columns_have_a_variance_of_0_and_not_less() -> None:
    X = np.full((7, 1), 0.1)
    got = np.asarray(fed([X[:3], X[3:4], X[4:]]).variance())
    is_zero = bool(np.all((got >= 0) & (got < 1e-30)))
    hint = "a sum of squares is never below 0; a difference of two sums may be"
    check.true(is_zero, asked="variance() of a column of 0.1", came=got, expected="0, or hardly more", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_is_computed_in_float64(dtype: str) -> None:
    high = {"uint8": 256, "int32": 2**31, "float32": 10**7}[dtype]
    X = np.random.default_rng(3).integers(high // 2, high, size=(9, 2)).astype(dtype)
    stats = kata.StreamingStats(2)
    stats.update(X[:5]).update(X[5:])
    exact, hint = X.astype(np.float64), f"the batches are {dtype}: convert them to float64 before anything else"
    check_stats(stats, [exact[:5], exact[5:]], asked=f"after updates with {dtype}", rtol=1e-9, atol=1e-6, hint=hint)


BAD_BATCHES: dict[str, Any] = {
    "there are no rows": np.ones((0, 2)),
    "there is one column, and 2 features": np.ones((3, 1)),
    "there are 3 columns, and 2 features": np.ones((3, 3)),
    "one row has shape (1, 2), this is (2,)": [1.0, 2.0],
    "it is a number": 1.0,
    "it has three axes": np.ones((1, 3, 2)),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD_BATCHES)
def test_a_batch_of_a_wrong_shape_is_an_error_and_counts_nothing(why: str) -> None:
    stats, batch, hint = fed([FIRST]), BAD_BATCHES[why], "compare shapes before you compute: NumPy broadcasts silently"
    check.raises(ValueError, partial(stats.update, batch), asked=call("update", batch), because=why, hint=hint)
    check_stats(stats, [FIRST], asked="after an update that was refused", hint="check first, then count")


@pytest.mark.edge
def test_other_parameters_out_of_range_are_errors() -> None:
    stats, other = fed([FIRST]), fed([FIRST[:, :1]])
    check.raises(
        ValueError, partial(kata.StreamingStats, 0), asked="StreamingStats(0)", because="n_features is at least 1"
    )
    check.raises(ValueError, partial(stats.merge, other), asked="merge", because="one has 2 features, the other 1")
    for name, ddof in (("variance", 2), ("covariance", 3), ("variance", -1), ("covariance", -1)):
        thunk, because = partial(getattr(stats, name), ddof=ddof), "ddof is in 0 ... count - 1"
        check.raises(
            ValueError, thunk, asked=f"{name}(ddof={ddof}) of 2 rows", because=because, hint="compare it with count"
        )


@pytest.mark.edge
@pytest.mark.parametrize("name", ["mean", "variance", "covariance"])
def test_statistics_of_no_rows_are_a_runtime_error(name: str) -> None:
    stats = kata.StreamingStats(2)
    check.equal(stats.count, 0, asked="count of a new object")
    thunk = lambda: stats.mean if name == "mean" else getattr(stats, name)()  # noqa: E731
    hint = "ask whether there are rows before you divide by their number"
    check.raises(RuntimeError, thunk, asked=f"{name} of a new object", because="no rows have come", hint=hint)


@pytest.mark.edge
def test_objects_and_results_share_nothing() -> None:
    whole, part, hint = kata.StreamingStats(2), fed([FIRST]), "new arrays: no views of the state, no shared buffers"
    whole.merge(part)
    results = [np.asarray(whole.mean), np.asarray(whole.variance()), np.asarray(whole.covariance())]
    before = [result.copy() for result in results]
    whole.update(SECOND.copy())
    for name, result, want in zip(("mean", "variance()", "covariance()"), results, before, strict=True):
        check.equal(result, want, asked=f"{name}, after a later update", hint=hint)
    for result in (whole.mean, whole.variance(), whole.covariance()):
        if np.asarray(result).flags.writeable:
            np.asarray(result)[:] = 7.0
    groups = [FIRST, SECOND]
    check_stats(whole, groups, asked="after the caller has overwritten all results", hint=hint)
    check_stats(part, [FIRST], asked="of an object, after one that had merged it was updated", hint=hint)
    part.update(SECOND + 1)
    check_stats(whole, groups, asked="of an object, after one that it had merged was updated", hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_may_change_later() -> None:
    X, stats = FIRST.copy(), kata.StreamingStats(2)
    with check.untouched(asked="update(batch)", batch=X):
        stats.update(X)
    X[:] = 99.0
    check_stats(stats, [FIRST], asked="after the caller has overwritten the batch", hint="keep no view of a batch")


# --- speed -----------------------------------------------------------------------------------------------------------


def loop(rows: list[list[float]]) -> list[list[float]]:
    """Welford's algorithm over lists: the covariance."""
    d = len(rows[0])
    mean, table = [0.0] * d, [[0.0] * d for _ in range(d)]
    for n, row in enumerate(rows, 1):
        before = [x - m for x, m in zip(row, mean, strict=True)]
        mean = [m + delta / n for m, delta in zip(mean, before, strict=True)]
        for line, delta in zip(table, before, strict=True):
            for j in range(d):
                line[j] += delta * (row[j] - mean[j])
    return [[value / len(rows) for value in line] for line in table]


@pytest.mark.speed
def test_an_update_is_vectorised(race: Racer) -> None:
    def contest(rng: np.random.Generator) -> Contest:
        X, stats = rng.normal(size=(vary(rng, 2000), 12)), kata.StreamingStats(12)
        return Contest(lambda: stats.update(X).covariance(), partial(loop, X.tolist()))

    hint = "one matrix product of the deviations in place of loops over rows and columns"
    race(contest, same=check.close, at_least=20, versus="the loop", asked="an update of 2,000 rows of 12", hint=hint)


@pytest.mark.speed
def test_memory_does_not_grow_with_the_stream(memory: MemoryMeter) -> None:
    def batches(seed: int, m: int) -> Any:
        rng = np.random.default_rng(seed)
        return (rng.normal(size=(m, 32)) for _ in range(20))

    def prepare(rng: np.random.Generator) -> Task:
        seed, m, stats = int(rng.integers(2**32)), vary(rng, 5000), kata.StreamingStats(32)

        def stream() -> Any:
            for batch in batches(seed, m):
                stats.update(batch)
            return stats.covariance()

        return Task(stream, lambda: np.cov(np.vstack(list(batches(seed, m))).T, bias=True))

    hint = "keep no rows (24 MiB here), and no outer product of each row (39 MiB for one batch)"
    memory(prepare, same=check.close, at_most_mib=12, asked="20 batches of 5,000 rows of 32, 1.2 MiB each", hint=hint)
