"""Follow-up of A12: a stream of batches gives the scaler that fit on all rows would give."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import feature_scaling as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes
from harness.suite.speed import MemoryMeter, Task, vary
from harness.suite.strategies import Float64Array, seeds

Batches = list[Float64Array]
EXAMPLE = [np.array([[1.0, 5.0], [2.0, 5.0]]), np.array([[6.0, 5.0]]), np.array([[3.0, 9.0]])]
NEW = np.array([[3.0, 5.0], [6.0, 7.0]])


def make_batches(seed: int) -> Batches:
    """Batches of 1 to 4 rows, with another mean in each batch; the first column is constant for a while."""
    rng = np.random.default_rng(seed)
    d, length = rng.integers(1, 4), rng.integers(1, 6)
    batches = [rng.integers(-4, 5, size=(rng.integers(1, 5), d)) + 9.0 * rng.integers(-1, 2) for _ in range(length)]
    for batch in batches[: rng.integers(length + 1)]:
        batch[:, 0] = 7.0
    return batches


def moments(X: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Mean and deviation of each column; exactly its value and 0 where it is constant."""
    constant = X.min(axis=0) == X.max(axis=0)
    return np.where(constant, X[0], X.mean(axis=0)), np.where(constant, 0.0, X.std(axis=0))


def scaled(new: Float64Array, mean: Float64Array, deviation: Float64Array) -> Float64Array:
    return np.asarray((new - mean) / np.where(deviation == 0, 1.0, deviation))


def mistakes(batches: Batches, new: Float64Array) -> Mistakes:
    """What the usual mistakes give for a stream of these batches."""
    X, n = np.concatenate(batches), np.array([[len(batch)] for batch in batches])
    mean, deviation = moments(X)
    means, deviations = np.array([moments(batch) for batch in batches]).swapaxes(0, 1)
    within = np.sqrt((n * deviations**2).sum(axis=0) / len(X))
    with_ones = np.sqrt(deviation**2 + (n * (deviations == 0)).sum(axis=0) / len(X))
    last_constant = np.where(deviations[-1] == 0, new - mean, scaled(new, mean, deviation))
    return {
        "only the last batch counts: keep what came before": lambda: scaled(new, means[-1], deviations[-1]),
        "only the first batch counts: partial_fit adds to it": lambda: scaled(new, means[0], deviations[0]),
        "a plain mean of means: weigh them by numbers of rows": lambda: scaled(new, means.mean(axis=0), deviation),
        "the means of the batches differ, and that adds to the variance": lambda: scaled(new, mean, within),
        "a column counts as constant by the last batch alone: by all rows": last_constant,
        "the 1 in place of a deviation of 0 was merged: it is for dividing only": lambda: scaled(new, mean, with_ones),
    }


def check_stream(scaler: Any, batches: Batches, new: Float64Array, *, hint: str = "merge the moments") -> None:
    """Hold what the last call returned, after these batches, to the scaler of all their rows."""
    __tracebackhide__ = True
    asked = "StandardScaler()" + "".join(f".partial_fit({batch.tolist()})" for batch in batches)
    check.true(scaler is not None, asked=asked, came="None", expected="self", mistake="return self")
    want, known = scaled(new, *moments(np.concatenate(batches))), mistakes(batches, new)
    again, back = f"{asked}.transform({new.tolist()})", f"{asked}.inverse_transform({want.tolist()})"
    check.close(scaler.transform(new.copy()), want, asked=again, rtol=1e-6, atol=1e-6, mistakes=known, hint=hint)
    check.close(scaler.inverse_transform(want), new, asked=back, rtol=1e-9, atol=1e-6, hint=hint)


def fed(batches: Iterable[Float64Array]) -> Any:
    """What the last call returns for copies of these batches."""
    scaler = kata.StandardScaler()
    return [scaler.partial_fit(batch.copy()) for batch in batches][-1]


@pytest.mark.example
@pytest.mark.parametrize("length", [1, 2, 3])
def test_worked_example(length: int) -> None:
    check_stream(fed(EXAMPLE[:length]), EXAMPLE[:length], NEW)


@pytest.mark.law
@given(st.builds(make_batches, seeds()))
def test_at_each_step_the_scaler_is_that_of_all_rows_so_far(batches: Batches) -> None:
    scaler = kata.StandardScaler()
    for i, batch in enumerate(batches, start=1):
        check_stream(scaler.partial_fit(batch.copy()), batches[:i], 2 * batches[-1] + 1)


@pytest.mark.edge
def test_a_mean_of_a_billion_keeps_the_digits() -> None:
    batches = [batch + 2.0**30 for batch in EXAMPLE]
    check_stream(fed(batches), batches, NEW + 2.0**30, hint="add up squared deviations: squares lose all digits")


@pytest.mark.edge
def test_equal_values_are_constant_however_they_round() -> None:
    batches = [np.full((size, 1), 0.1) for size in (3, 1, 7)]
    check_stream(fed(batches), batches, np.array([[0.1], [2.1]]), hint="0 may come out as 1e-17: compare the values")


@pytest.mark.edge
def test_fit_forgets_and_is_the_first_batch() -> None:
    scaler = fed([100 * batch for batch in EXAMPLE])
    scaler.fit(EXAMPLE[0].copy())
    fed([-50 * batch for batch in EXAMPLE])
    hint = "fit forgets what was before, partial_fit goes on from there, and objects share nothing"
    check_stream(scaler, EXAMPLE[:1], NEW, hint=hint)
    check_stream(scaler.partial_fit(EXAMPLE[1].copy()), EXAMPLE[:2], NEW, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(2,), (0, 2), (2, 0), (2, 1), (2, 3)])
def test_a_refused_batch_leaves_the_scaler_as_it_was(shape: tuple[int, ...]) -> None:
    scaler, X, hint = fed(EXAMPLE), np.ones(shape), "check the batch before you count or add anything"
    asked, because = f"partial_fit with shape {shape}, after batches of 2 columns", "a batch has shape (m, 2), m > 0"
    check.raises(ValueError, lambda: scaler.partial_fit(X) and "self", asked=asked, because=because, hint=hint)
    check_stream(scaler, EXAMPLE, NEW, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_batches_are_computed_in_float64_and_stay_as_they_were(dtype: type) -> None:
    batches: Batches = [np.array(rows, dtype=dtype) for rows in ([[200, 1], [250, 3]], [[90, 2]])]
    with check.untouched(asked=f"partial_fit of two batches of {dtype.__name__}", batches=batches):
        scaler = kata.StandardScaler().partial_fit(batches[0]).partial_fit(batches[1])
    check_stream(scaler, [batch.astype(np.float64) for batch in batches], NEW, hint="convert to float64 first")


@pytest.mark.edge
def test_batches_may_come_in_one_buffer() -> None:
    scaler, buffer = kata.StandardScaler(), np.empty((1, 2))
    rows = [row[np.newaxis] for row in np.concatenate(EXAMPLE[:2])]
    for row in rows:
        buffer[:] = row
        scaler.partial_fit(buffer)
    check_stream(scaler, rows, NEW, hint="the batch was kept, and overwritten by its caller: keep copies or numbers")


@pytest.mark.speed
def test_a_long_stream_needs_little_memory(memory: MemoryMeter) -> None:
    def task(rng: np.random.Generator) -> Task:
        base = rng.normal(size=(vary(rng, 6_000), 1))
        want = (base[:2] - base.mean() - 9.5) / np.sqrt(base.var() + np.var(np.arange(20)))
        return Task(lambda: fed(base + i for i in range(20)).transform(base[:2]), lambda: want)

    memory(task, same=check.close, at_most_mib=1.25, asked="20 batches of about 6 000 rows", hint="keep no rows")
