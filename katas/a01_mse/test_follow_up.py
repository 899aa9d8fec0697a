"""Follow-up of A01: the error of a stream, of merged streams, and the weights that get lost."""

from __future__ import annotations

import math
from typing import Any

import mse as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.speed import MemoryMeter, Task, vary
from harness.suite.strategies import Float64Array, seeds

Batches = list[tuple[Float64Array, Float64Array]]
LEFT: Batches = [(np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 1.0])), (np.array([[0.0]]), np.array([[4.0]]))]
RIGHT: Batches = [(np.array([7.0, 7.0]), np.array([7.0, 9.0]))]
REFUSED = ([1.0, 2.0, 4.0], [[1.0], [2.0], [3.0]])


def make_batches(seed: int, length: int) -> Batches:
    """Batches of different shapes, from a single number to a table, and of different scale."""
    rng = np.random.default_rng(seed)
    shapes = [tuple(rng.integers(1, 5, size=rng.integers(0, 3)).tolist()) for _ in range(length)]
    draws = [rng.integers(-9, 10, size=(2, *shape)) * 10.0 ** rng.integers(-2, 3) for shape in shapes]
    return [(np.asarray(draw[0]), np.asarray(draw[1])) for draw in draws]


BATCHES = st.builds(make_batches, seeds(), st.integers(1, 4))


def oracle(batches: Batches) -> float:
    """The definition over all batches, by exact summation."""
    squares = [(a - b) ** 2 for y_true, y_pred in batches for a, b in zip(y_true.flat, y_pred.flat, strict=True)]
    return math.fsum(squares) / len(squares)


def fed(batches: Batches) -> Any:
    """A stream that has seen the batches."""
    stream = kata.StreamingMSE()
    for y_true, y_pred in batches:
        stream.update(y_true, y_pred)
    return stream


def mistakes(parts: list[Batches]) -> Mistakes:
    """What the usual mistakes give for a stream of these batches, or for a merge of two such streams."""
    means = [oracle(part) for part in parts]
    sizes = [sum(batch[0].size for batch in part) for part in parts]
    total = sum(mean * size for mean, size in zip(means, sizes, strict=True))
    return {
        "a plain mean of means: weigh each by its number of elements": sum(means) / len(means),
        "a sum of means: weigh each by its number of elements": sum(means),
        "the sum of the squares: divide by the number of elements": total,
        "the sum of the squares over the number of batches: divide by the number of elements": total / len(means),
        "the sum was added, and the number of elements was not": total / sizes[0],
        "only the last part is left: keep what came before, in result too": means[-1],
        "only the first part counts: add what comes later": means[0],
    }


def check_stream(stream: Any, parts: list[Batches], asked: str, hint: str = "") -> None:
    """Hold a stream that has seen all parts to the oracle."""
    __tracebackhide__ = True
    batches = [batch for part in parts for batch in part]
    asked += " of " + ", ".join(str(call("update", *batch)) for batch in batches)
    check.close(
        check.accepts(stream.result, asked=asked, because="the stream has seen elements"),
        oracle(batches),
        asked=asked,
        mistakes={} if hint else mistakes(parts),
        hint=hint or "keep a sum of squares and a number of elements",
    )


@pytest.mark.example
def test_worked_examples() -> None:
    stream = kata.StreamingMSE().update(*LEFT[0]).update(*LEFT[1])
    check_stream(stream, [LEFT[:1], LEFT[1:]], "the result")
    check_stream(stream.merge(fed(RIGHT)), [LEFT, RIGHT], "the merge")


@pytest.mark.law
@given(BATCHES)
def test_each_result_is_the_error_of_all_batches_so_far(batches: Batches) -> None:
    stream = kata.StreamingMSE()
    for i, batch in enumerate(batches, start=1):
        stream.update(*batch)
        check_stream(stream, [[seen] for seen in batches[:i]], f"result number {i}")


@pytest.mark.law
@given(BATCHES, BATCHES, BATCHES)
def test_merging_in_any_order_equals_one_stream_that_has_seen_all(a: Batches, b: Batches, c: Batches) -> None:
    check_stream(fed(a).merge(fed(b)), [a, b], "a.merge(b)")
    check_stream(fed(a).merge(fed(b)).merge(fed(c)), [[*a, *b], c], "a.merge(b).merge(c)")
    check_stream(fed(a).merge(fed(b).merge(fed(c))), [a, [*b, *c]], "a.merge(b.merge(c))")


@pytest.mark.edge
@pytest.mark.parametrize("seen", ["nothing", "an empty batch", "an empty stream"])
def test_no_result_before_any_element(seen: str) -> None:
    stream, empty = kata.StreamingMSE(), np.zeros((0, 3))
    if seen != "nothing":
        stream = stream.update(empty, empty) if seen == "an empty batch" else stream.merge(kata.StreamingMSE())
    check.raises(
        ValueError,
        stream.result,
        asked=f"result() of a stream that has seen {seen}",
        because="there is nothing to average yet",
        mistakes={"NaN for no elements: raise": math.nan, "0 for no elements: raise": 0.0},
        hint="look at the number of elements before you divide by it",
    )


@pytest.mark.edge
def test_batches_and_streams_without_elements_change_nothing() -> None:
    empty = np.zeros((2, 0))
    stream = fed(LEFT)
    asked, because = "update with two arrays of shape (2, 0)", "a batch without elements changes nothing"
    check.accepts(lambda: stream.update(empty, empty), asked=asked, because=because)
    check_stream(stream.merge(kata.StreamingMSE()), [LEFT], "an empty batch, then an empty stream", hint=because)
    check_stream(kata.StreamingMSE().merge(stream), [LEFT], "an empty stream's merge", hint="merge adds sum and count")


@pytest.mark.edge
def test_shapes_that_differ_are_an_error_and_leave_the_stream_as_it_was() -> None:
    stream, asked = fed(LEFT), call("update", *REFUSED)
    hint = "compare the shapes first: NumPy broadcasts them"
    check.raises(ValueError, lambda: stream.update(*REFUSED) and "none", asked=asked, because="they differ", hint=hint)
    hint = "the refused batch changed the stream: check it before you count or add anything"
    check_stream(stream, [LEFT], "the result after a refused batch", hint=hint)


@pytest.mark.edge
def test_nan_shows_in_every_later_result() -> None:
    batches = [(np.array([1.0, math.nan]), np.array([2.0, 2.0])), *LEFT]
    left_out = {"NaN was left out: it must show": oracle([(np.ones(1), np.full(1, 2.0)), *LEFT])}
    check.close(fed(batches).result(), math.nan, asked="the result of batches with a NaN", mistakes=left_out)


@pytest.mark.edge
def test_merged_streams_stay_independent() -> None:
    one, other = fed(LEFT), fed(RIGHT)
    one.merge(other)
    check_stream(other, [RIGHT], "the other stream after a merge", hint="merge changed the stream that was merged in")
    other.update(*LEFT[0])
    hint = "a later update of the other stream came through: keep numbers, not the stream"
    check_stream(one, [LEFT, RIGHT], "the merge", hint=hint)


@pytest.mark.edge
def test_batches_are_computed_in_float64_and_stay_as_they_were() -> None:
    for dtype in (np.uint8, np.float64):
        y_true, y_pred = np.array([[3, 120], [120, 3]], dtype=dtype)
        with check.untouched(asked=call("update", y_true, y_pred), y_true=y_true, y_pred=y_pred):
            stream = fed([(y_true, y_pred)])
        check.close(stream.result(), 117.0**2, asked=call("update", y_true, y_pred), hint="convert to float64 first")


@pytest.mark.speed
def test_a_long_stream_needs_little_memory(memory: MemoryMeter) -> None:
    def task(rng: np.random.Generator) -> Task:
        base = rng.normal(size=vary(rng, 20_000))

        def long_stream() -> Any:
            stream = kata.StreamingMSE()
            for i in range(40):
                stream.update(base + i, base)
            return stream.result()

        return Task(long_stream, lambda: sum(i**2 for i in range(40)) / 40)

    asked, hint = "40 updates with about 20 000 elements each, and a result", "keep a sum and a number of elements"
    memory(task, same=check.close, at_most_mib=3.0, asked=asked, hint=hint)
