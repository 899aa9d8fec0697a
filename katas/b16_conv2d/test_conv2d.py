"""Suite of B16: convolution and max pooling against loops over the output, and gradients by finite differences."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import conv2d as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Case(NamedTuple):
    """Images, filters and how they are laid on, with the gradient of a loss for the output."""

    x: Float64Array
    w: Float64Array
    b: Float64Array
    dout: Float64Array
    stride: int
    padding: int


class Pool(NamedTuple):
    """Images, windows, and the gradient of a loss for the output."""

    x: Float64Array
    dout: Float64Array
    size: int
    stride: int


def out_size(length: int, window: int, stride: int) -> int:
    return (length - window) // stride + 1


def make_case(seed: int) -> Case:
    """Small images and kernels, mostly not square, with small whole numbers that are rarely zero."""
    rng = np.random.default_rng(seed)
    n, c, f, stride = rng.integers(1, [3, 3, 4, 4])
    padding = int(rng.integers(0, 3))
    height, width = rng.integers(2, 6, size=2)
    kernel = [int(rng.integers(1, min(size + 2 * padding, 4) + 1)) for size in (height, width)]
    out = [out_size(s + 2 * padding, k, stride) for s, k in zip((height, width), kernel, strict=True)]
    x, w, dout = (
        rng.integers(1, 10, size=shape) * rng.choice([-1.0, 1.0], size=shape)
        for shape in ((n, c, height, width), (f, c, *kernel), (n, f, *out))
    )
    return Case(x, w, rng.integers(1, 10, size=f) * 10.0, dout, int(stride), padding)


def make_pool(seed: int, *, ties: bool) -> Pool:
    """Small images, with numbers that are all different or mostly not; windows may overlap or leave gaps."""
    rng = np.random.default_rng(seed)
    shape = (*rng.integers(1, 3, size=2), *rng.integers(2, 7, size=2))
    size, stride = int(rng.integers(1, min(*shape[2:], 3) + 1)), int(rng.integers(1, 4))
    count = int(np.prod(shape))
    x = (rng.integers(-3, 0, size=count) if ties else -1.0 - rng.permutation(count)).reshape(shape)
    out = tuple(out_size(length, size, stride) for length in shape[2:])
    dout = rng.integers(1, 10, size=(*shape[:2], *out)).astype(np.float64)
    return Pool(x.astype(np.float64), dout, size, stride)


CASES = st.builds(make_case, seeds())
POOLS = st.builds(make_pool, seeds(), ties=st.booleans())
FLIP = np.s_[..., ::-1, ::-1]


def padded(x: Float64Array, p: int) -> Float64Array:
    return np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))


def convolved(case: Case, image: Float64Array | None = None) -> Float64Array:
    """The definition: at each place of the output, one window times each filter, summed. `image` is padded already."""
    image = padded(case.x, case.padding) if image is None else image
    (kh, kw), s = case.w.shape[2:], case.stride
    out = np.empty((len(image), len(case.w), out_size(image.shape[2], kh, s), out_size(image.shape[3], kw, s)))
    for i, j in np.ndindex(out.shape[2:]):
        window = image[:, :, i * s : i * s + kh, j * s : j * s + kw]
        out[:, :, i, j] = np.tensordot(window, case.w, axes=([1, 2, 3], [1, 2, 3]))
    return out + case.b[:, np.newaxis, np.newaxis]


def check_output(case: Case, given: Any = None, *, hint: str = "", **options: int) -> None:
    """Hold conv2d to the definition; `given` stands for the arrays of the case in the call."""
    __tracebackhide__ = True
    x, w, b, *_, p = case
    arguments = [array.copy() for array in case[:3]] if given is None else given
    asked, got = call("conv2d", *arguments, **options), kata.conv2d(*arguments, **options)
    want, column = convolved(case), b[:, np.newaxis, np.newaxis]

    def of(image: Float64Array | None = None, **changes: Any) -> Any:
        return lambda: convolved(case._replace(**changes), image)

    def pad(*sides: int, mode: Any = "constant") -> Float64Array:
        return np.pad(x, ((0, 0), (0, 0), sides, sides), mode=mode)

    mistakes: Mistakes = {
        "the kernel is flipped: w[f, c, 0, 0] meets the window's top left": of(w=w[FLIP]),
        "b is not added": want - column,
        "b is added once per channel: add it once per output": want + (x.shape[1] - 1) * column,
        "only the first channel: sum over all of them": of(x=x[:, :1], w=w[:, :1]),
        "the mean over the channels: sum over them": (want - column) / x.shape[1] + column,
        "padding is ignored": of(x),
        "padded with copies of the border: pad with zeros": of(pad(p, p, mode="edge")),
        "padded on the left and above only: padding is on all four sides": of(pad(p, 0)),
        "padded on the right and below only: padding is on all four sides": of(pad(0, p)),
        "stride is ignored": of(stride=1),
        "the last row and column of windows are missing: H' has a + 1": want[:, :, :-1, :-1],
    }
    mistakes, hint = ({}, hint) if hint else (mistakes, "window times filter, summed over channels and places, plus b")
    check.close(got, want, asked=asked, mistakes=mistakes, hint=hint)
    check.float_array(got, want.shape, asked=asked, hint=hint)


def gradients(case: Case, image: Float64Array | None = None, *, overwrite: bool = False) -> list[Float64Array]:
    """The gradients of padded images and of filters, window by window."""
    image = padded(case.x, case.padding) if image is None else image
    (kh, kw), s = case.w.shape[2:], case.stride
    dx, dw = np.zeros(image.shape), np.zeros(case.w.shape)
    for i, j in np.ndindex(case.dout.shape[2:]):
        at, slopes = np.s_[:, :, i * s : i * s + kh, j * s : j * s + kw], case.dout[:, :, i, j]
        dx[at] = np.tensordot(slopes, case.w, axes=1) + (0 if overwrite else dx[at])
        dw += np.tensordot(slopes, image[at], axes=(0, 0))
    return [dx, dw]


def check_gradients(case: Case, **options: int) -> None:
    """Hold dx, dw and db to the slopes of the loss sum(dout * out)."""
    __tracebackhide__ = True
    x, w, _, dout, _, p = case
    asked = call("conv2d_backward", dout, x, w, **options)
    got = kata.conv2d_backward(dout.copy(), x.copy(), w.copy(), **options)
    height, width = x.shape[2:]
    inner = np.s_[:, :, p : p + height, p : p + width]

    def dx_of(overwrite: bool = False, **changes: Any) -> Any:
        return lambda: gradients(case._replace(**changes), overwrite=overwrite)[0][inner]

    def losses(name: str, points: list[Float64Array]) -> list[float]:
        changes: list[Any] = [{name: point} for point in points]
        return [float(np.sum(dout * convolved(case._replace(**change)))) for change in changes]

    (dx, dw), mean = gradients(case), "the mean over images: dout has all factors of the loss, so add"
    mistakes: dict[str, Mistakes] = {
        "x": {
            "the padding is still there: dx has the shape of x": dx,
            "the padding is cut off at one side only": dx[:, :, 2 * p :, 2 * p :],
            "the padding is cut off at the far side only": dx[:, :, :height, :width],
            "overlapping windows overwrite each other: add with +=": dx_of(overwrite=True),
            "the kernel is flipped: each window gets dout times the filter as it is": dx_of(w=w[FLIP]),
            "only the last filter: dx is a sum over filters": dx_of(dout=dout[:, -1:], w=w[-1:]),
            mean: dx[inner] / len(x),
        },
        "w": {
            mean: dw / len(x),
            "the windows are those of the image without its padding": lambda: gradients(case, x)[1],
            "flipped: dw[u, v] belongs to w[u, v]": dw[FLIP],
        },
        "b": {
            mean: dout.sum(axis=(0, 2, 3)) / len(x),
            "the mean over images and places: b is added at each of them, so it is the sum": dout.mean(axis=(0, 2, 3)),
            "summed over images only: db has shape (F,)": dout.sum(axis=0),
        },
    }
    check.equal(len(got), 3, asked=f"how many gradients {asked} returns", hint="return dx, dw, db")
    hint = "dx, dw: each window gets dout times the filter, each filter dout times the window, added up; db: sum dout"
    for (name, own), slope in zip(mistakes.items(), got, strict=True):
        at, what = getattr(case, name), f"d{name} of {asked}"
        # The loss is linear in each argument, so that a wide step costs no accuracy.
        how: Any = {"step": 0.5, "rtol": 1e-9, "atol": 1e-9, "mistakes": own, "hint": hint}
        check.gradient(slope, partial(losses, name), at, asked=what, name=name, **how)
        check.float_array(slope, at.shape, asked=what)


def pooled(pool: Pool, reduce: Any = np.max) -> Float64Array:
    """The definition of max pooling, or of another one."""
    x, _, k, s = pool
    out = np.empty((*x.shape[:2], out_size(x.shape[2], k, s), out_size(x.shape[3], k, s)))
    for i, j in np.ndindex(out.shape[2:]):
        out[:, :, i, j] = reduce(x[:, :, i * s : i * s + k, j * s : j * s + k], axis=(2, 3))
    return out


def check_pooled(pool: Pool, given: Any = None, *stride: int) -> None:
    """Hold max_pool2d to the definition; `given` stands for the images in the call."""
    __tracebackhide__ = True
    arguments = pool.x.copy() if given is None else given, pool.size, *stride
    asked, got = call("max_pool2d", *arguments), kata.max_pool2d(*arguments)
    want = pooled(pool)
    mistakes: Mistakes = {
        "the mean of each window: take the largest value": lambda: pooled(pool, np.mean),
        "the maximum starts from 0: a window may be negative throughout": np.maximum(want, 0),
        "stride is ignored: windows are 1 apart": lambda: pooled(pool._replace(stride=1)),
        "the largest over all channels: each channel is pooled by itself": want.max(axis=1, keepdims=True) + 0 * want,
        "the last row and column of windows are missing: H' has a + 1": want[:, :, :-1, :-1],
    }
    check.close(got, want, asked=asked, mistakes=mistakes, hint="the maximum over rows and columns of each window")
    check.float_array(got, want.shape, asked=asked)


def routed(pool: Pool, share: Any = None, *, overwrite: bool = False) -> Float64Array:
    """The gradient of `x`, which goes to the first of the largest values in each window, or as `share(window)` says."""
    x, dout, k, s = pool
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dout.shape):
        at = np.s_[n, c, i * s : i * s + k, j * s : j * s + k]
        part = first(x[at]) if share is None else share(x[at])
        dx[at] = np.where(part, dout[n, c, i, j], dx[at]) if overwrite else dx[at] + part * dout[n, c, i, j]
    return dx


def first(window: Float64Array) -> Float64Array:
    """1 at the first of the largest values, row by row, and 0 elsewhere."""
    at = np.arange(window.size).reshape(window.shape)
    return np.asarray(at == window.argmax(), dtype=np.float64)


def check_routed(pool: Pool, given: Any = None, *stride: int) -> None:
    """Hold max_pool2d_backward to the definition; `given` stands for dout and images in the call."""
    __tracebackhide__ = True
    arguments = *((pool.dout.copy(), pool.x.copy()) if given is None else given), pool.size, *stride
    asked, got = call("max_pool2d_backward", *arguments), kata.max_pool2d_backward(*arguments)
    shares: dict[str, Any] = {
        "all of the largest values get the gradient: only the first does": lambda a: a == a.max(),
        "the largest values share the gradient: the first gets it all": lambda a: (a == a.max()) / np.sum(a == a.max()),
        "the last of the largest values gets the gradient: the first does": lambda a: first(a[FLIP])[FLIP],
        "first column by column: it is the first row by row": lambda a: first(a.T).T,
        "all values of a window get the gradient: only the largest does": np.ones_like,
    }
    mistakes: Mistakes = {
        "overlapping windows overwrite each other: add with +=": lambda: routed(pool, overwrite=True),
        **{name: partial(routed, pool, share) for name, share in shares.items()},
    }
    hint = "each output's dout goes to the place of its window's maximum, added to what is there"
    check.close(got, routed(pool), asked=asked, mistakes=mistakes, hint=hint)
    check.float_array(got, pool.x.shape, asked=asked)


# --- examples --------------------------------------------------------------------------------------------------------

X = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
W = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
PLAIN = Case(X, W, np.zeros(1), np.array([[[[1.0, 0.0], [0.0, 10.0]]]]), 1, 0)
TIE = Pool(np.array([[[[1.0, 5.0, 2.0], [5.0, 0.0, 3.0]]]]), np.array([[[[1.0, 10.0]]]]), 2, 1)


BORDER = PLAIN._replace(b=np.array([100.0]), stride=2, padding=1)
DEEP = np.array([1.0, 10.0]).reshape(1, 2, 1, 1), np.array([1.0, 2.0, 3.0, 5.0]).reshape(2, 2, 1, 1)


@pytest.mark.example
def test_worked_example_of_conv2d() -> None:
    check_output(PLAIN, (X.astype(int), W.astype(int).tolist()))
    check_output(BORDER, stride=2, padding=1)


@pytest.mark.example
def test_worked_example_of_channels_and_filters() -> None:
    check_output(Case(*DEEP, np.array([0.25, 0.5]), np.ones((1, 2, 1, 1)), 1, 0))


@pytest.mark.example
def test_worked_example_of_conv2d_backward() -> None:
    check_gradients(PLAIN)


@pytest.mark.example
def test_worked_example_of_pooling() -> None:
    check_pooled(TIE, TIE.x.astype(int).tolist(), 1)
    check_routed(TIE, (TIE.dout.tolist(), TIE.x.tolist()), 1)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(CASES)
def test_conv2d_equals_the_definition(case: Case) -> None:
    check_output(case, stride=case.stride, padding=case.padding)


@pytest.mark.law
@settings(max_examples=20)
@given(CASES)
def test_gradients_of_conv2d_are_slopes(case: Case) -> None:
    check_gradients(case, stride=case.stride, padding=case.padding)


@pytest.mark.law
@given(POOLS)
def test_max_pooling_and_its_gradient_equal_the_definition(pool: Pool) -> None:
    check_pooled(pool, None, pool.stride)
    check_routed(pool, None, pool.stride)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_pooling_windows_are_size_apart_by_default() -> None:
    x = np.random.default_rng(2).permutation(35.0 - np.arange(35)).reshape(1, 1, 5, 7)
    pool = Pool(x, np.arange(1.0, 7.0).reshape(1, 1, 2, 3), 2, 2)
    check_pooled(pool)
    check_routed(pool)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64"])
def test_is_computed_in_float64(dtype: str) -> None:
    rng, scale = np.random.default_rng(1), {"uint8": 1.0, "float32": 7.0, "int64": 1e-9}[dtype]
    shapes = (1, 2, 4, 5), (3, 2, 2, 2), (1, 3, 3, 4)
    narrow = [(rng.integers(100, 256, size=shape) / scale).astype(dtype) for shape in shapes]
    x, w, dout = (array.astype(np.float64) for array in narrow)
    case = Case(x, w, np.array([0.0, 1e3, 1e6]) / 7, dout, 1, 0)
    hint = f"arrays are {dtype}: convert them to float64, not float32, before anything else"
    check_output(case, (*narrow[:2], case.b), hint=hint)
    want, backward = kata.conv2d_backward(dout, x, w), (narrow[2], *narrow[:2])
    for name, got, exact in zip(("dx", "dw", "db"), kata.conv2d_backward(*backward), want, strict=True):
        check.close(got, exact, asked=f"{name} of " + call("conv2d_backward", *backward), hint=hint)
    pool = Pool(x, dout[:, :2], 2, 1)
    check_pooled(pool, narrow[0], 1)
    check_routed(pool, (narrow[2][:, :2], narrow[0]), 1)


GOOD = np.ones((2, 3, 4, 5)), np.ones((2, 3, 2, 2))
BAD: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "x has three axes": (np.ones((3, 4, 5)), GOOD[1], {}),
    "w has three axes": (GOOD[0], np.ones((3, 2, 2)), {}),
    "x has 3 channels and w 1, which would broadcast": (GOOD[0], np.ones((2, 1, 2, 2)), {}),
    "there are no images": (np.ones((0, 3, 4, 5)), GOOD[1], {}),
    "there are no filters": (GOOD[0], np.ones((0, 3, 2, 2)), {}),
    "the kernel has no rows": (GOOD[0], np.ones((2, 3, 0, 2)), {}),
    "the images have no rows": (np.ones((2, 3, 0, 5)), GOOD[1], {"padding": 1}),
    "the kernel has 7 rows, and the padded image 6": (GOOD[0], np.ones((2, 3, 7, 2)), {"padding": 1}),
    "the kernel has 6 columns, and the image 5": (GOOD[0], np.ones((2, 3, 2, 6)), {}),
    "stride is 0": (*GOOD, {"stride": 0}),
    "padding is below 0": (*GOOD, {"padding": -1}),
    **{f"b is {b}, and there are 2 filters": (*GOOD, {"b": b}) for b in ([1.0], 1.0, [1.0] * 3, [[1.0]] * 2)},
}
HINT = "compare shapes and numbers before you compute: NumPy broadcasts silently"


def refuses(name: str, *arguments: Any, because: str, **options: Any) -> None:
    """Hold a call to be a ValueError."""
    __tracebackhide__ = True
    thunk = partial(getattr(kata, name), *arguments, **options)
    check.raises(ValueError, thunk, asked=call(name, *arguments, **options), because=because, hint=HINT)


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_what_cannot_be_convolved_is_an_error(why: str) -> None:
    x, w, options = BAD[why]
    refuses("conv2d", x, w, because=why, **options)
    if "b" not in options:
        sizes = [max(0, 4 + i + 2 * options.get("padding", 0) - w.shape[i - 2] + 1) for i in range(2)]
        refuses("conv2d_backward", np.ones((len(x), len(w), *sizes)), x, w, because=why, **options)


BAD_POOLS: dict[str, tuple[tuple[int, ...], int, int]] = {
    **{f"size {k} is not in 1 ... 4": ((2, 2, 4, 5), k, 1) for k in (-1, 0, 5)},
    **{f"stride {s} is below 1": ((2, 2, 4, 5), 2, s) for s in (-1, 0)},
    **{f"x has shape {shape}": (shape, 2, 1) for shape in ((2, 4, 5), (0, 2, 4, 5), (2, 0, 4, 5), (2, 2, 0, 5))},
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD_POOLS)
def test_what_cannot_be_pooled_is_an_error(why: str) -> None:
    shape, size, stride = BAD_POOLS[why]
    refuses("max_pool2d", np.ones(shape), size, stride, because=why)
    refuses("max_pool2d_backward", np.ones((*shape[:2], 3, 4)), np.ones(shape), size, stride, because=why)


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(), (2, 3, 4), (1, 2, 3, 4), (2, 1, 3, 4), (2, 2, 1, 1), (2, 2, 4, 5)], ids=str)
def test_a_gradient_of_another_shape_is_an_error(shape: tuple[int, ...]) -> None:
    dout, because = np.ones(shape), "dout has the shape of the output, (2, 2, 3, 4)"
    refuses("conv2d_backward", dout, *GOOD, because=because)
    refuses("max_pool2d_backward", dout, GOOD[0][:, :2], 2, 1, because=because)


@pytest.mark.edge
@pytest.mark.parametrize("padding", [0, 1])
def test_arguments_stay_as_they_were(padding: int) -> None:
    x, w, b = (array.copy() for array in make_case(5)[:3])
    with check.untouched(asked=f"conv2d and max_pool2d, padding={padding}", x=x, w=w, b=b):
        dout, slopes = np.array(kata.conv2d(x, w, b, padding=padding)), np.array(kata.max_pool2d(x, 1))
    with check.untouched(asked=f"the functions of backward, padding={padding}", x=x, w=w, dout=dout, slopes=slopes):
        for dx in (kata.conv2d_backward(dout, x, w, padding=padding)[0], kata.max_pool2d_backward(slopes, x, 1)):
            np.asarray(dx)[:] = 7.0
