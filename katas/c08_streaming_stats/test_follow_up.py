"""Follow-up of C08: weights that halve every so many rows, any split into batches and parts, digits, memory and speed."""

from __future__ import annotations

import math
import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
import streaming_stats as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.speed import MemoryMeter, Task
from harness.suite.strategies import Float64Array, seeds

Batches = list[Float64Array]


def statistics(groups: Batches, half_life: float, slip: str = "") -> dict[str, Any]:
    """All statistics by their definition; `slip` is a mistake."""
    X, sizes = np.vstack(groups), [len(group) for group in groups]
    ages = {
        "by batches": np.repeat(np.arange(len(groups))[::-1], sizes),
        "batch alike": np.repeat(np.cumsum([0, *sizes[:0:-1]])[::-1], sizes),
        "each anew": np.concatenate([np.arange(n)[::-1] for n in sizes]),
        "oldest": np.arange(len(X)),
    }.get(slip, np.arange(len(X))[::-1])
    w = (math.e if slip == "e" else 2.0) ** (-ages / half_life)
    shift = w @ (X - X[-1]) / w.sum()
    centred = X - X[-1] - shift
    mean = (X[-1] + shift) * (1 - 0.5 ** (len(X) / half_life) if slip == "from 0" else 1)
    covariance = (centred.T * w) @ centred / (w.sum() - (w @ w / w.sum() if slip == "ddof" else 0))
    effective, variance = w.sum() if slip == "sum" else w.sum() ** 2 / (w @ w), np.diagonal(covariance)
    return {"mean": mean, "variance": variance, "covariance": covariance, "effective_count": effective, "count": len(X)}


SLIPS = {
    "by batches": "weights fall once for each batch: for each row",
    "batch alike": "all rows of a batch weigh the same: weights fall within it too",
    "each anew": "what was seen before does not lose weight: it does with each later row, in merge too",
    "oldest": "the oldest row weighs most: the newest does",
    "e": "weights fall by e every half_life rows: by 2",
    "from 0": "the mean begins at 0, as if there had been zeros before: divide by the sum of the weights",
    "ddof": "corrected for bias: divided by the sum of the weights",
    "sum": "the sum of the weights: its square over the sum of the squares",
}


def fed(groups: Batches, half_life: float) -> Any:
    """An object that has seen all batches."""
    stats = kata.DecayedStats(groups[0].shape[1], half_life)
    for group in groups:
        stats.update(group.copy())
    return stats


def check_stats(stats: Any, groups: Batches, half_life: float, told: str = "", rtol: float = 1e-9) -> None:
    """Hold all statistics to their definition."""
    __tracebackhide__ = True
    told = told or f"DecayedStats({groups[0].shape[1]}, {half_life}) after updates with {[g.tolist() for g in groups]}"
    for name, want in statistics(groups, half_life).items():
        came = getattr(stats, name)() if name in {"variance", "covariance"} else getattr(stats, name)
        wrong = SLIPS.items() if not check.is_close(came, want, rtol=rtol, atol=1e-9) else ()
        mistakes = {text: statistics(groups, half_life, slip)[name] for slip, text in wrong}
        hint = "when m rows come, older weights lose a factor of 2^(-m / half_life), their squares its square"
        check.close(came, want, asked=f"{name} of {told}", mistakes=mistakes, rtol=rtol, atol=1e-9, hint=hint)


def make(seed: int) -> Batches:
    """Two to five batches of 1 to 5 rows."""
    rng = np.random.default_rng(seed)
    sizes, d = rng.integers(1, 6, size=rng.integers(2, 6)), int(rng.integers(1, 4))
    return [rng.integers(-20, 21, size=(m, d)) / 4 for m in sizes]


@pytest.mark.example
@pytest.mark.parametrize("half_life", [1, 2.5, 40])
def test_worked_examples(half_life: float) -> None:
    for groups in ([[[8.0], [2.0]], [[5.0]]], [[[3.0, 1]]], [[[1.0, 7], [4, 2], [0, 9]], [[6.0, 5], [2, 2]]]):
        arrays = [np.array(group) for group in groups]
        check_stats(fed(arrays, half_life), arrays, half_life)


@pytest.mark.law
@given(seeds(), st.sampled_from([0.5, 1, 3, 7.5, 1e9]))
def test_splits_into_batches_and_parts_do_not_matter(seed: int, half_life: float) -> None:
    groups = make(seed)
    check_stats(fed(groups, half_life), groups, half_life)
    parts = [groups[: len(groups) // 2], groups[len(groups) // 2 :]]
    stats, other = (fed(part, half_life) for part in parts)
    check.true(stats.merge(other) is stats, asked="merge(other)", came="another object", expected="itself")
    check_stats(other, parts[1], half_life, "the other object, after it was merged into one")
    rows, asked = (
        [np.vstack(part) for part in parts],
        f"objects with {parts[0]} and {parts[1]}, half_life={half_life}, merged",
    )
    check_stats(stats, rows, half_life, asked)
    stats.update(groups[0])
    check_stats(stats, [*rows, groups[0]], half_life, f"{asked}, and one more update with the first batch")


@pytest.mark.edge
def test_digits_far_from_0_and_rows_that_are_forgotten() -> None:
    rows = np.random.default_rng(8).normal(size=(5000, 2)) + 1e8
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for half_life in (0.5, 300, 1e12):
            for groups in (np.split(rows[:400], 400), [rows]):
                asked = f"{len(groups)} batches of {len(groups[0])} rows around 1e8, half_life={half_life}"
                check_stats(fed(groups, half_life), groups, half_life, asked, 1e-7)
        both = [rows, rows[:2500]]
        merged = fed(both[:1], 0.5).merge(kata.DecayedStats(2, 0.5)).merge(fed(both[1:], 0.5))
        check_stats(merged, both, 0.5, "5000 rows, then an empty object, then 2500 rows, half_life=0.5", 1e-7)
    empty = kata.DecayedStats(2, 0.5).merge(merged)
    merged.update(rows[:1])
    check_stats(empty, both, 0.5, "an empty object that took in another one, which was updated later", 1e-7)


@pytest.mark.edge
def test_what_is_refused_leaves_no_trace() -> None:
    groups, new = [np.array([[1.0, 2.0], [3.0, 5.0]])], kata.DecayedStats
    stats, empty = fed(groups, 2.0), new(2, 2.0)
    check.equal([empty.count, empty.effective_count], [0, 0.0], asked="count, effective_count before the first row")
    for name, ask in (("mean", lambda: empty.mean), ("variance", empty.variance), ("covariance", empty.covariance)):
        check.raises(RuntimeError, ask, asked=f"{name} before the first row", because="there are no rows", hint="count")
    lengths = (0.0, -1.0, math.inf, math.nan)
    wrong: list[tuple[str, Any]] = [
        *((f"update({x})", partial(stats.update, x)) for x in ([1.0, 2.0], np.ones((0, 2)), np.ones((2, 3)))),
        *((f"merge(DecayedStats{x})", partial(stats.merge, new(*x))) for x in ((2, 3.0), (3, 2.0))),
        *((f"DecayedStats{x}", partial(new, *x)) for x in ((0, 1.0), *((2, length) for length in lengths))),
    ]
    for asked, thunk in wrong:
        check.raises(
            ValueError, thunk, asked=asked, because="two features and a half-life of 2 are right", hint="Rules"
        )
    stats.mean[:], stats.variance()[:], stats.covariance()[:] = 9, 9, 9
    check_stats(stats, groups, 2.0, "two rows, after refused calls, and after returned arrays were written into")


@pytest.mark.speed
def test_memory_does_not_grow(memory: MemoryMeter) -> None:
    def prepare(rng: np.random.Generator) -> Task:
        groups = [rng.normal(size=(5000, 32)) for _ in range(20)]
        return Task(lambda: fed(groups, 1000.0).mean, lambda: statistics(groups, 1000.0)["mean"])

    memory(prepare, same=check.close, at_most_mib=12, asked="20 batches of (5000, 32)")
