"""Follow-up of A01: the error of a stream, of several that meet, and what gets lost on the way."""

from __future__ import annotations

import math
from typing import Any

import mse as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Call, Mistakes, call
from harness.suite.speed import MemoryMeter
from harness.suite.strategies import Float64Array, seeds

Batch = tuple[Float64Array, Float64Array]
Batches = list[Batch]


def a_stream(seed: int, length: int) -> Batches:
    """Batches of unlike shapes, from a single number to a table, and of unlike scale."""
    rng = np.random.default_rng(seed)
    shapes = [tuple(rng.integers(1, 5, size=rng.integers(0, 3)).tolist()) for _ in range(length)]
    scales = [10.0 ** rng.integers(-2, 3) for _ in range(length)]
    draws = [(rng.integers(-9, 10, size=(2, *shape)) * scale) for shape, scale in zip(shapes, scales, strict=True)]
    return [(draw[0], draw[1]) for draw in draws]


STREAM = st.builds(a_stream, seeds(), st.integers(1, 5))
SHORT = st.builds(a_stream, seeds(), st.integers(1, 3))

LARGE: Batch = (np.array([2.0**27]), np.array([0.0]))
SMALL: Batch = (np.array([1.0, 0.5, 0.5, 0.5]), np.zeros(4))
"""Squares of 1.75 in all: less than half of what 2**54 can be told apart by."""
SMALL_BATCHES = 600
LOST = "small batches are lost beside a large sum: compensate the sum (Kahan, Neumaier), in merge too, or keep it exact"


def oracle(batches: Batches) -> float:
    """The definition over all batches, by exact summation."""
    squares = [(a - b) ** 2 for y_true, y_pred in batches for a, b in zip(y_true.flat, y_pred.flat, strict=True)]
    return math.fsum(squares) / len(squares)


class History(Call):
    """`StreamingMSE().update(...).update(...).result()`; formatted only when it is shown."""

    def __init__(self, batches: Batches, *merged: Batches) -> None:
        super().__init__("result", [], {})
        self._batches = batches
        self._merged = merged

    def __str__(self) -> str:
        updates = "".join(f".{call('update', *batch)}" for batch in self._batches)
        merges = "".join(f".merge({str(History(batches)).removesuffix('.result()')})" for batches in self._merged)
        return f"StreamingMSE(){updates}{merges}.result()"


def fed(batches: Batches) -> Any:
    """A stream of the subject's that has seen the batches."""
    stream = kata.StreamingMSE()
    for y_true, y_pred in batches:
        stream.update(y_true, y_pred)
    return stream


def stream_mistakes(batches: Batches) -> Mistakes:
    """What the usual mistakes give for a stream of batches with elements."""
    means = [oracle([batch]) for batch in batches]
    sizes = [batch[0].size for batch in batches]
    total = math.fsum(mean * size for mean, size in zip(means, sizes, strict=True))

    def halves() -> float:
        running = means[0]
        for mean in means[1:]:
            running = (running + mean) / 2
        return running

    return {
        "the mean of the batches' means: weigh each by its number of elements": lambda: math.fsum(means) / len(means),
        "the sum of the squares over the number of batches: divide by the number of elements": total / len(batches),
        "the last batch alone: keep what came before": means[-1],
        "the first batch alone: each update counts": means[0],
        "the sum of the squares: divide by the number of elements": total,
        "half of the old result and half of the new batch: weigh by the numbers of elements": halves,
        "divided by the numbers of rows: count all elements": lambda: (
            total / sum(len(np.atleast_1d(batch[0])) for batch in batches)
        ),
        "the sum of the batches' means: weigh each by its number of elements": math.fsum(means),
        "divided by n - 1: the mean divides by n": lambda: total / (sum(sizes) - 1),
        "the root (RMSE): the MSE has no square root": lambda: math.sqrt(total / sum(sizes)),
    }


def merge_mistakes(left: Batches, right: Batches) -> Mistakes:
    """What the usual mistakes give for one stream merged into another."""
    one, other = oracle(left), oracle(right)
    n, m = (sum(batch[0].size for batch in batches) for batches in (left, right))
    return {
        "the mean of the two results: weigh each by its number of elements": (one + other) / 2,
        "the sum of the two results: weigh each by its number of elements": one + other,
        "the other stream was left out: merge takes in what it has seen": one,
        "only the other stream is left: merge adds it to what was there": other,
        "the other stream's sum was added, and its number of elements was not": lambda: (one * n + other * m) / n,
        "weighed by the numbers of updates: weigh by the numbers of elements": lambda: (
            (one * len(left) + other * len(right)) / (len(left) + len(right))
        ),
        **stream_mistakes([*left, *right]),
    }


def check_stream(stream: Any, batches: Batches, *, hint: str = "", rtol: float = 1e-12) -> None:
    """Hold a stream that has seen `batches` to the oracle."""
    __tracebackhide__ = True
    asked = History(batches)
    there = "these batches have elements: neither result nor merge may take them away again"
    check.close(
        check.accepts(stream.result, asked=asked, because=there),
        oracle(batches),
        asked=asked,
        rtol=rtol,
        mistakes={} if hint else stream_mistakes(batches),
        hint=hint or "the MSE of all batches put together: a running sum of squares, over a running number of elements",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_two_batches() -> None:
    batches = [(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0])), (np.array([[0.0]]), np.array([[4.0]]))]
    check_stream(fed(batches), batches)


@pytest.mark.example
def test_worked_example_of_merge() -> None:
    stream = kata.StreamingMSE().update([1.0, 2.0, 3.0], [1.0, 2.0, 5.0]).update([[0.0]], [[4.0]])
    other = kata.StreamingMSE().update([7, 7], [7, 9])
    result = stream.merge(other)
    check.true(
        result is stream,
        asked="stream.merge(other)",
        came="None" if result is None else f"another {type(result).__name__}",
        expected="the stream itself, so that merge(other).result() can be written",
        mistake="no `return self` at the end of merge" if result is None else "",
    )
    left: Batches = [
        (np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0])),
        (np.array([[0.0]]), np.array([[4.0]])),
    ]
    right: Batches = [(np.array([7.0, 7.0]), np.array([7.0, 9.0]))]
    check.close(result.result(), 4.0, asked=History(left, right), mistakes=merge_mistakes(left, right))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(STREAM)
def test_equals_the_error_of_all_batches_put_together(batches: Batches) -> None:
    check_stream(fed(batches), batches)


@pytest.mark.law
@given(STREAM)
def test_each_result_in_between_is_right_and_disturbs_nothing(batches: Batches) -> None:
    stream = kata.StreamingMSE()
    for i, (y_true, y_pred) in enumerate(batches, start=1):
        stream.update(y_true, y_pred)
        check_stream(stream, batches[:i])
        check_stream(stream, batches[:i], hint="the second result in a row differs from the first: result only reads")


@pytest.mark.law
@given(SHORT, SHORT)
def test_merging_equals_one_stream_that_has_seen_all(left: Batches, right: Batches) -> None:
    check.close(
        fed(left).merge(fed(right)).result(),
        oracle([*left, *right]),
        asked=History(left, right),
        rtol=1e-12,
        mistakes=merge_mistakes(left, right),
        hint="merge adds what the other has added up: its sum of squares and its number of elements",
    )


@pytest.mark.law
@given(SHORT, SHORT, SHORT)
def test_it_does_not_matter_who_is_merged_into_whom(a: Batches, b: Batches, c: Batches) -> None:
    want = oracle([*a, *b, *c])
    hint = "merge must keep a sum and a number of elements, so that later merges can weigh it"
    left = fed(a).merge(fed(b)).merge(fed(c)).result()
    check.close(left, want, asked=History(a, b, c), rtol=1e-12, hint=hint)
    right = fed(a).merge(fed(b).merge(fed(c))).result()
    asked = f"the same, merged the other way: a.merge(b.merge(c)), of {History(a, b, c)}"
    check.close(right, want, asked=asked, rtol=1e-12, hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_no_result_before_any_element() -> None:
    empty = np.zeros((0, 3))
    streams = {
        "StreamingMSE().result()": kata.StreamingMSE(),
        "result() after an update without elements": kata.StreamingMSE().update(empty, empty),
        "result() after merging an empty stream": kata.StreamingMSE().merge(kata.StreamingMSE()),
    }
    for asked, stream in streams.items():
        check.raises(
            ValueError,
            stream.result,
            asked=asked,
            because="there is nothing to average yet",
            mistakes={"NaN for nothing: raise": math.nan, "0 for nothing: raise": 0.0},
            hint="look at the number of elements before you divide by it",
        )


@pytest.mark.edge
def test_batches_and_streams_without_elements_change_nothing() -> None:
    batches = [(np.array([1.0, 2.0]), np.array([1.0, 4.0])), (np.array([0.0]), np.array([3.0]))]
    empty = np.zeros((2, 0))
    refused = "a shard may be empty: a batch or a stream without elements changes nothing"
    stream = fed(batches[:1])
    check.accepts(lambda: stream.update(empty, empty), asked="update with two arrays of shape (2, 0)", because=refused)
    check.accepts(lambda: stream.merge(kata.StreamingMSE()), asked="merge(StreamingMSE())", because=refused)
    check_stream(stream, batches[:1], hint=refused)
    stream.update(*batches[1])
    check_stream(stream, batches, hint=refused)
    fresh = kata.StreamingMSE()
    check.accepts(
        lambda: fresh.merge(stream), asked="StreamingMSE().merge(stream)", because="an empty stream may merge"
    )
    check_stream(fresh, batches, hint="an empty stream that merges another has seen what that one has")


@pytest.mark.edge
def test_shapes_that_differ_are_an_error_and_leave_the_stream_as_it_was() -> None:
    batches = [(np.array([1.0, 2.0]), np.array([1.0, 4.0]))]
    stream = fed(batches)
    for y_true, y_pred in (([1.0, 2.0, 4.0], [[1.0], [2.0], [3.0]]), ([1.0, 2.0], [1.0]), (3.0, [1.0, 2.0]), ([], 1.0)):
        check.raises(
            ValueError,
            lambda y_true=y_true, y_pred=y_pred: stream.update(y_true, y_pred) and "a stream",  # type: ignore[misc]
            asked=call("update", y_true, y_pred),
            because=f"the shapes {np.shape(y_true)} and {np.shape(y_pred)} differ",
            hint="compare the shapes first: nothing broadcasts",
        )
        check.close(
            stream.result(),
            2.0,
            asked=f"{History(batches)} after {call('update', y_true, y_pred)} was refused",
            hint="the refused batch left a trace: check it before you count or add anything",
        )


@pytest.mark.edge
def test_nan_shows_for_ever_and_through_merges() -> None:
    whole: Batch = (np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    torn: Batch = (np.array([1.0, math.nan]), np.array([2.0, 2.0]))
    mistakes = {"NaN was left out: it must show": lambda: oracle([whole, (torn[0][:1], torn[1][:1])])}
    for batches in ([whole, torn], [torn, whole]):
        check.close(fed(batches).result(), math.nan, asked=History(batches), mistakes=mistakes)
        one, other = ([batch] for batch in batches)
        check.close(fed(one).merge(fed(other)).result(), math.nan, asked=History(one, other), mistakes=mistakes)


@pytest.mark.edge
def test_small_batches_count_beside_a_large_one() -> None:
    batches = [LARGE, *[SMALL] * SMALL_BATCHES]
    count = 1 + SMALL_BATCHES * 4
    # One batch with the square 2**54, then many with 1.75: the sums are exact in rational numbers.
    want = (2**54 + SMALL_BATCHES * 1.75) / count
    asked = f"a stream of a batch with the square 2**54 and {SMALL_BATCHES} batches with the sum of squares 1.75"
    stream = fed(batches)
    check.close(
        stream.result(), want, asked=asked, rtol=1e-14, mistakes={LOST: 2**54 / count}, hint="see the rule on accuracy"
    )
    merged = stream.merge(fed(batches)).result()
    asked = asked + ", merged with another one like it"
    check.close(merged, want, asked=asked, rtol=1e-14, mistakes={LOST: 2**54 / count}, hint="see the rule on accuracy")


@pytest.mark.edge
def test_merged_streams_stay_independent() -> None:
    left: Batches = [(np.array([0.0]), np.array([2.0]))]
    right: Batches = [(np.array([0.0, 0.0]), np.array([1.0, 3.0]))]
    later: Batch = (np.array([0.0]), np.array([10.0]))
    one, other = fed(left), fed(right)
    one.merge(other)
    check_stream(other, right, hint="merge changed the stream that was merged in: only read it")
    other.update(*later)
    check_stream(one, [*left, *right], hint="an update of the other stream came through: keep numbers, not the stream")
    one.update(*later)
    check_stream(other, [*right, later], hint="an update of this stream reached the other one")
    check_stream(kata.StreamingMSE().update(*later), [later], hint="streams share their numbers: set them in __init__")


@pytest.mark.edge
def test_a_stream_merged_with_itself_counts_twice() -> None:
    once: Batch = (np.array([0.0, 0.0]), np.array([1.0, 3.0]))
    last: Batch = (np.array([0.0]), np.array([7.0]))
    stream = fed([once])
    stream.merge(stream)
    stream.update(*last)
    check_stream(stream, [once, once, last])


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float32, np.bool_])
def test_batches_are_computed_in_float64(dtype: type[np.generic]) -> None:
    values = {np.bool_: ([0, 1], [1, 1]), np.float32: ([16_777_216, 0.1], [0.2, 0.7])}.get(dtype, ([3, 120], [120, 3]))
    y_true, y_pred = (np.array(row).astype(dtype) for row in values)
    with np.errstate(over="ignore"):
        stream = fed([(y_true, y_pred), (y_pred, y_true)])
    exact = y_true.astype(np.float64), y_pred.astype(np.float64)
    check_stream(
        stream,
        [exact, exact],
        hint=f"the batches are {np.dtype(dtype).name}: convert to float64 before subtracting",
    )


@pytest.mark.edge
def test_result_is_a_python_float_and_arguments_stay_as_they_were() -> None:
    y_true, y_pred = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    stream = kata.StreamingMSE()
    with check.untouched(asked=call("update", y_true, y_pred), y_true=y_true, y_pred=y_pred):
        returned = stream.update(y_true, y_pred)
    check.true(
        returned is stream,
        asked=call("update", y_true, y_pred),
        came="None" if returned is None else f"another {type(returned).__name__}",
        expected="the stream itself, so that updates can be chained",
        mistake="no `return self` at the end of update" if returned is None else "",
    )
    asked = History([(y_true, y_pred)])
    check.python_float(stream.result(), asked=asked)
    y_true += 100.0
    check.close(stream.result(), 6.5, asked=asked + " after the caller has reused the array", hint="keep no arrays")


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_a_long_stream_needs_little_memory(memory: MemoryMeter) -> None:
    base = np.arange(20_000.0)

    def long_stream() -> None:
        stream = kata.StreamingMSE()
        for i in range(40):
            stream.update(base + i, base)
        stream.result()

    memory(
        long_stream,
        at_most_mib=3.0,
        asked="40 updates with 20 000 elements each, and a result",
        hint="keep a sum and a number of elements, not the batches or their errors",
    )
