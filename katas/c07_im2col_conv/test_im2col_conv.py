"""Suite of C07: columns entry by entry, the way back as their adjoint, and a layer 50 times as fast as loops."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import im2col_conv as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_conv import slow_conv2d

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.speed import Contest, MemoryMeter, Racer, Task, vary
from harness.suite.strategies import Float64Array, seeds


class Case(NamedTuple):
    """A layer and its images."""

    x: Float64Array
    w: Float64Array
    b: Float64Array | None = None
    stride: int = 1
    padding: int = 0

    @property
    def kernel(self) -> tuple[int, int]:
        """(kh, kw)."""
        return self.w.shape[2], self.w.shape[3]


def make_case(seed: int) -> Case:
    """A small problem; kernels and images are seldom square, and windows do not always fit."""
    rng = np.random.default_rng(seed)
    n, c, f, kh, kw, stride = (int(size) for size in rng.integers(1, [3, 4, 4, 4, 4, 4]))
    padding = int(rng.integers(0, 3))
    h, w = (max(1, k - 2 * padding) + int(rng.integers(0, 5)) for k in (kh, kw))
    x, filters, b = (rng.normal(size=size) for size in ((n, c, h, w), (f, c, kh, kw), (f,)))
    return Case(x, filters, b if rng.random() < 0.7 else None, stride, padding)


CASES = st.builds(make_case, seeds())
EXAMPLE = Case(
    np.array([[[[1.0, 2, 3], [4, 5, 6]]]]), np.array([[[[1.0, 0], [0, -1]]], [[[0, 1], [0, 0]]]]), np.array([0.0, 10])
)
STRIDED = Case(
    np.arange(1.0, 71).reshape(1, 2, 5, 7) ** 2, np.arange(1.0, 25).reshape(2, 2, 2, 3), np.array([100.0, -5]), 2, 1
)
"""Two channels, a stride, padding, and a last row that no window reaches."""
BATCH = Case(
    np.arange(48.0).reshape(2, 2, 3, 4) % 7, np.arange(24.0).reshape(3, 2, 2, 2) % 5 - 2, np.array([1.0, 2, 3])
)


def places(case: Case) -> list[list[tuple[int, int, int]]]:
    """For each entry of columns where it comes from: channel, row and column of the padded image."""
    (kh, kw), (_, c, h, w), s = case.kernel, case.x.shape, case.stride
    rows, cols = (range(0, size + 2 * case.padding - k + 1, s) for size, k in ((h, kh), (w, kw)))
    return [
        [(k, top + i, left + j) for top in rows for left in cols]
        for k in range(c)
        for i in range(kh)
        for j in range(kw)
    ]


def unrolled(case: Case) -> Float64Array:
    """im2col by its definition, entry by entry."""
    p = case.padding
    padded = np.pad(case.x, ((0, 0), (0, 0), (p, p), (p, p)))
    return np.array([[[image[place] for place in row] for row in places(case)] for image in padded])


def rolled(case: Case, columns: Float64Array, *, adding: bool = True, cropped: bool = True) -> Float64Array:
    """col2im by its definition; the other arguments are what mistakes change."""
    (n, c, h, w), p = case.x.shape, case.padding
    padded = np.zeros((n, c, h + 2 * p, w + 2 * p))
    for image, parts in zip(padded, columns, strict=True):
        for row, entries in zip(places(case), parts, strict=True):
            for place, entry in zip(row, entries, strict=True):
                image[place] = image[place] + entry if adding else entry
    return padded[:, :, p : p + h, p : p + w] if cropped else padded


def six_axes(case: Case, columns: Float64Array) -> Float64Array:
    """Columns as (n, c, kh, kw, oh, ow)."""
    (kh, kw), (oh, ow) = case.kernel, output_size(case)
    return columns.reshape(len(columns), -1, kh, kw, oh, ow)


def output_size(case: Case) -> tuple[int, int]:
    sides = zip(case.x.shape[2:], case.kernel, strict=True)
    oh, ow = ((size + 2 * case.padding - k) // case.stride + 1 for size, k in sides)
    return oh, ow


def im2col_mistakes(case: Case) -> Mistakes:
    """What mistakes give for the columns."""
    right, six = unrolled(case), six_axes(case, unrolled(case))

    def in_order(*axes: int) -> Any:
        return lambda: six.transpose(0, *axes).reshape(right.shape)

    return {
        "rows are ordered by place in the kernel first: the channel comes first": in_order(2, 3, 1, 4, 5),
        "rows and columns of the kernel are swapped": in_order(1, 3, 2, 4, 5),
        "windows are ordered column by column: row by row": in_order(1, 2, 3, 5, 4),
        "each window is a row: transpose the last two axes": lambda: right.swapaxes(1, 2),
        "axes are mixed by a reshape: transpose first": in_order(1, 4, 5, 2, 3),
        "stride is not used": lambda: unrolled(case._replace(stride=1)),
        "padding is not used": lambda: unrolled(case._replace(padding=0)),
        "the kernel is flipped": lambda: six[:, :, ::-1, ::-1].reshape(right.shape),
        "one matrix for the batch: each image has its own": lambda: np.concatenate(list(right), axis=1),
    }


def check_im2col(case: Case) -> Any:
    """Hold columns to the definition."""
    __tracebackhide__ = True
    asked = call("im2col", case.x, case.kernel, stride=case.stride, padding=case.padding)
    because, want = "windows that fit are floor((size + 2 padding - kernel) / stride) + 1 on each side", unrolled(case)
    ask = partial(kata.im2col, case.x.copy(), case.kernel, case.stride, case.padding)
    got = check.accepts(ask, asked=asked, because=because)
    hint = "entry (row, window) is the pixel at window + place in the kernel, of the row's channel"
    check.close(got, want, asked=asked, mistakes=im2col_mistakes(case), hint=hint)
    check.float_array(got, want.shape, asked=asked)
    return got


def check_col2im(case: Case, columns: Float64Array) -> Any:
    """Hold the way back to its definition."""
    __tracebackhide__ = True
    shape, more = case.x.shape, {"stride": case.stride, "padding": case.padding}
    asked = call("col2im", columns, shape, case.kernel, **more)
    got, want = kata.col2im(columns.copy(), shape, case.kernel, **more), rolled(case, columns)
    times = rolled(case, np.ones_like(columns))
    mistakes: Mistakes = {
        "where windows overlap the last one is left: add": lambda: rolled(case, columns, adding=False),
        "the mean where windows overlap: the sum": lambda: want / np.maximum(times, 1),
        "padding is not cut off": lambda: rolled(case, columns, cropped=False),
        "cut at the wrong side: padding pixels on each": lambda: rolled(case, columns, cropped=False)[
            :, :, : shape[2], : shape[3]
        ],
    }
    check.close(got, want, asked=asked, mistakes=mistakes, hint="add each entry to the pixel that it came from")
    check.float_array(got, shape, asked=asked)
    return got


def layer(case: Case) -> Float64Array:
    """By the slow version."""
    biases = None if case.b is None else case.b.tolist()
    return np.array(slow_conv2d(case.x.tolist(), case.w.tolist(), biases, case.stride, case.padding))


def check_layer(case: Case, got: Any = None, note: str = "") -> None:
    """Hold a layer's output to that of the slow version."""
    __tracebackhide__ = True
    given = {"stride": case.stride, "padding": case.padding} | ({} if case.b is None else {"b": case.b})
    asked, want = call("conv2d_im2col", case.x, case.w, **given) + note, layer(case)
    got = kata.conv2d_im2col(case.x.copy(), case.w.copy(), **given) if got is None else got
    mistakes: Mistakes = {
        "the kernel is flipped: here it is not": lambda: layer(case._replace(w=case.w[:, :, ::-1, ::-1])),
        "b is not added": lambda: layer(case._replace(b=None)),
        "stride is not used": lambda: layer(case._replace(stride=1)),
        "padding is not used": lambda: layer(case._replace(padding=0)),
        "the first channel only: sum over all": lambda: layer(case._replace(x=case.x[:, :1], w=case.w[:, :1])),
        "a mean over the channels: sum": lambda: layer(case._replace(w=case.w / case.w.shape[1])),
        "rows and columns of the output are swapped": lambda: want.swapaxes(2, 3),
        "images and filters are swapped: (n, f, oh, ow)": lambda: want.swapaxes(0, 1),
        "axes are mixed by a reshape: images first, then filters": lambda: want.transpose(1, 0, 2, 3).reshape(
            want.shape
        ),
    }
    hint = "filters as a matrix (f, c * kh * kw), times the columns of each image, plus a bias for each filter"
    check.close(got, want, asked=asked, atol=1e-9, mistakes=mistakes, hint=hint)
    check.float_array(got, want.shape, asked=asked)


@pytest.mark.example
@pytest.mark.parametrize("case", [EXAMPLE, STRIDED], ids=["README", "strided"])
def test_worked_example_of_im2col(case: Case) -> None:
    check_im2col(case)


@pytest.mark.example
@pytest.mark.parametrize("case", [EXAMPLE, STRIDED], ids=["README", "strided"])
def test_worked_example_of_col2im(case: Case) -> None:
    check_col2im(case, unrolled(case))


@pytest.mark.example
@pytest.mark.parametrize("case", [EXAMPLE, STRIDED, BATCH], ids=["README", "strided", "batch"])
def test_worked_example_of_a_layer(case: Case) -> None:
    check_layer(case)


@pytest.mark.law
@settings(max_examples=40)
@given(CASES)
def test_im2col_equals_its_definition(case: Case) -> None:
    check_im2col(case)


@pytest.mark.law
@settings(max_examples=40)
@given(CASES, seeds())
def test_col2im_is_the_adjoint_of_im2col(case: Case, seed: int) -> None:
    y = np.random.default_rng(seed).normal(size=unrolled(case).shape)
    images, columns = check_col2im(case, y), check_im2col(case)
    asked = f"the sums of im2col(x) * y and of x * col2im(y), for x of shape {case.x.shape} and kernel {case.kernel}"
    check.close(np.sum(columns * y), np.sum(case.x * images), asked=asked, atol=1e-9, hint="the same places both ways")


@pytest.mark.law
@settings(max_examples=40)
@given(CASES)
def test_a_layer_equals_the_loops(case: Case) -> None:
    check_layer(case)


@pytest.mark.edge
def test_defaults_are_a_stride_of_1_and_no_padding() -> None:
    x, w = STRIDED.x, STRIDED.w
    plain = Case(x, w)
    check_layer(plain, kata.conv2d_im2col(x.copy(), w.copy()), " with everything else left out")
    columns = kata.im2col(x.copy(), (2, 3))
    check.close(columns, unrolled(plain), asked=call("im2col", x, (2, 3)), hint="stride=1, padding=0")
    images = kata.col2im(unrolled(plain), x.shape, (2, 3))
    check.close(images, rolled(plain, unrolled(plain)), asked="col2im of that", hint="stride=1, padding=0")


@pytest.mark.edge
def test_results_are_new_arrays() -> None:
    x, columns = np.arange(6.0).reshape(1, 1, 2, 3), np.arange(6.0).reshape(1, 1, 6)
    mistake = (
        "the result is a view of the argument, or cannot be written: with a kernel of (1, 1) a reshape copies nothing"
    )
    for name, argument, function in (
        ("im2col", x, partial(kata.im2col, x, (1, 1))),
        ("col2im", columns, partial(kata.col2im, columns, (1, 1, 2, 3), (1, 1))),
    ):
        before, got = argument.copy(), np.asarray(function())
        if got.flags.writeable:
            got += 1
        is_new = bool(got.flags.writeable) and np.array_equal(argument, before)
        asked = f"the argument of {name} with a kernel of (1, 1), after 1 was added to the result in place"
        check.true(is_new, asked=asked, came=argument, expected=f"{before.tolist()}, as before", mistake=mistake)


@pytest.mark.edge
@pytest.mark.parametrize("kind", ["uint8", "lists", "float32"])
def test_is_computed_in_float64(kind: str) -> None:
    x, w, b = np.arange(200, 212).reshape(1, 1, 3, 4), np.arange(100, 104).reshape(1, 1, 2, 2), np.array([250])
    given = [value.tolist() if kind == "lists" else value.astype(kind) for value in (x, w, b)]
    case, (xs, ws, bs) = Case(x / 1.0, w / 1.0, b / 1.0), given
    check_layer(case, kata.conv2d_im2col(xs, ws, bs), f" as {kind}")
    asked, hint = f" as {kind}", "np.asarray(x, dtype=np.float64) first"
    columns = kata.im2col(xs, (2, 2))
    check.float_array(columns, (1, 4, 6), asked=call("im2col", x, (2, 2)) + asked, hint=hint)
    whole = unrolled(case).astype(int)
    got = kata.col2im(whole.tolist() if kind == "lists" else whole.astype(kind), (1, 1, 3, 4), (2, 2))
    check.close(got, rolled(case, unrolled(case)), asked=call("col2im", whole) + asked, hint=hint)


ONES = np.ones
BAD: dict[str, list[tuple[Any, ...]]] = {
    "im2col": [
        *((ONES(shape), (2, 2)) for shape in ((3, 4), (1, 3, 4), (0, 1, 3, 4), (1, 0, 3, 4), (1, 1, 0, 4))),
        *((ONES((1, 1, 3, 4)), kernel) for kernel in ((4, 2), (2, 5), (0, 2), (2, 0), (-1, 2))),
        *((ONES((1, 1, 3, 4)), (2, 2), *numbers) for numbers in ((0,), (-1,), (1, -1))),
        (ONES((1, 1, 3, 4)), (6, 2), 1, 1),
    ],
    "col2im": [
        *((ONES(shape), (1, 1, 3, 4), (2, 2)) for shape in ((4, 6), (1, 6, 4), (2, 4, 6), (1, 4, 1), (1, 1, 6), ())),
        *((ONES((1, 4, 6)), shape, (2, 2)) for shape in ((1, 1, 4, 4), (1, 2, 3, 4), (0, 1, 3, 4))),
        (ONES((1, 4, 4)), (1, 1, 0, 3), (2, 2), 1, 1),
        *((ONES((1, 4, 6)), (1, 1, 3, 4), *rest) for rest in (((4, 1),), ((2, 2), 0), ((2, 2), 1, -1), ((2, 2), 1, 1))),
    ],
    "conv2d_im2col": [
        *((ONES(x), ONES((3, 2, 2, 2))) for x in ((1, 1, 3, 4), (1, 3, 3, 4), (2, 3, 4), (0, 2, 3, 4), (1, 2, 1, 4))),
        *((ONES((1, 2, 3, 4)), ONES(w)) for w in ((2, 2, 2), (3, 1, 2, 2), (0, 2, 2, 2), (3, 2, 4, 2), (3, 2, 0, 2))),
        *((ONES((1, 2, 3, 4)), ONES((3, 2, 2, 2)), ONES(b)) for b in ((2,), (1,), (3, 1), ())),
        *((ONES((1, 2, 3, 4)), ONES((3, 2, 2, 2)), None, *numbers) for numbers in ((0,), (1, -1))),
    ],
}


@pytest.mark.edge
@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_an_error(name: str) -> None:
    because = "README's shapes must fit, kernel and stride are at least 1, padding at least 0, and one window must fit"
    for args in BAD[name]:
        shown = ", ".join(f"<{arg.shape}>" if isinstance(arg, np.ndarray) else str(arg) for arg in args)
        hint = "compare shapes and numbers before anything else: reshape and broadcasting hide them"
        thunk = partial(getattr(kata, name), *args)
        check.raises(ValueError, thunk, asked=f"{name}({shown})", because=because, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    x, w, b, columns = STRIDED.x.copy(), STRIDED.w.copy(), np.array([100.0, -5]), unrolled(STRIDED)
    with check.untouched(asked="all functions", x=x, w=w, b=b, columns=columns):
        kata.im2col(x, (2, 3), 2, 1)
        kata.col2im(columns, x.shape, (2, 3), 2, 1)
        kata.conv2d_im2col(x, w, b, 2, 1)


@pytest.mark.speed
def test_a_layer_is_fifty_times_as_fast_as_the_loops(race: Racer) -> None:
    def contest(rng: np.random.Generator) -> Contest:
        x, w, b = rng.normal(size=(1, 8, vary(rng, 24, 0.1), 24)), rng.normal(size=(16, 8, 3, 3)), rng.normal(size=16)
        as_lists = x.tolist(), w.tolist(), b.tolist()
        return Contest(lambda: kata.conv2d_im2col(x, w, b, padding=1), lambda: slow_conv2d(*as_lists, padding=1))

    asked, hint = (
        "x (1, 8, 24, 24), w (16, 8, 3, 3), padding 1",
        "no loop over windows: at most one over the kernel's places",
    )
    race(contest, same=partial(check.close, atol=1e-9), at_least=50, versus="the loops", asked=asked, hint=hint)


@pytest.mark.speed
def test_columns_are_written_once(memory: MemoryMeter) -> None:
    def task(rng: np.random.Generator) -> Task:
        x = rng.normal(size=(8, 16, vary(rng, 32), 32))

        def want() -> Float64Array:
            windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
            return windows.transpose(0, 1, 4, 5, 2, 3).reshape(8, 16 * 9, -1)

        return Task(lambda: kata.im2col(x, (3, 3)), want)

    asked, hint = (
        "im2col at x (8, 16, 32, 32) and kernel (3, 3)",
        "fill one array of the right shape: stacking copies again",
    )
    memory(task, same=check.close, at_most_mib=14, asked=asked, hint=hint)
