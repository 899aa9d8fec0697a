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
from harness.suite.check import Asked, Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Case(NamedTuple):
    """Images, filters and how they are laid on, with the gradient of a loss for the output."""

    x: Float64Array
    w: Float64Array
    b: Float64Array
    dout: Float64Array
    stride: int
    padding: int

    def options(self) -> dict[str, int]:
        """What is handed over by name."""
        return {"stride": self.stride, "padding": self.padding}


class Pool(NamedTuple):
    """Images, the gradient of a loss for the output, and windows."""

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


def padded(x: Float64Array, before: int, after: int, mode: Any = "constant") -> Float64Array:
    return np.pad(x, ((0, 0), (0, 0), (before, after), (before, after)), mode=mode)


def convolved(case: Case, image: Float64Array | None = None) -> Float64Array:
    """The definition: at each place of the output, one window times each filter, summed. `image` is padded already."""
    image = padded(case.x, case.padding, case.padding) if image is None else image
    (kh, kw), s = case.w.shape[2:], case.stride
    out = np.empty((len(image), len(case.w), out_size(image.shape[2], kh, s), out_size(image.shape[3], kw, s)))
    for i, j in np.ndindex(out.shape[2:]):
        window = image[:, :, i * s : i * s + kh, j * s : j * s + kw]
        out[:, :, i, j] = np.tensordot(window, case.w, axes=([1, 2, 3], [1, 2, 3]))
    return out + case.b[:, np.newaxis, np.newaxis]


def flipped(w: Float64Array) -> Float64Array:
    return w[:, :, ::-1, ::-1]


def check_output(got: object, case: Case, *, asked: Asked, hint: str = "") -> None:
    """Hold an output to the definition."""
    __tracebackhide__ = True
    x, w, b, *_, p = case
    want, column = convolved(case), b[:, np.newaxis, np.newaxis]

    def of(image: Float64Array | None = None, **changes: Any) -> Any:
        return lambda: convolved(case._replace(**changes), image)

    mistakes: Mistakes = {
        "the kernel is flipped: w[f, c, 0, 0] meets the window's top left": of(w=flipped(w)),
        "the kernel's rows and columns are swapped": of(w=w.swapaxes(2, 3)),
        "b is not added": want - column,
        "b is added once per channel: add it once per output": want + (x.shape[1] - 1) * column,
        "only the first channel: sum over all of them": of(x=x[:, :1], w=w[:, :1]),
        "the mean over the channels: sum over them": (want - column) / x.shape[1] + column,
        "padding is ignored": of(x),
        "padded with copies of the border: pad with zeros": of(padded(x, p, p, mode="edge")),
        "padded on the left and above only: padding is on all four sides": of(padded(x, p, 0)),
        "stride is ignored": of(stride=1),
        "the last row and column of windows are missing: H' has a + 1": want[:, :, :-1, :-1],
    }
    what = "sum of window times filter over channels, rows and columns, plus b"
    check.close(got, want, asked=asked, mistakes={} if hint else mistakes, hint=hint or what)
    check.float_array(got, want.shape, asked=asked, hint=hint)


def gradients(case: Case, image: Float64Array | None = None, *, overwrite: bool = False) -> list[Float64Array]:
    """The gradients of padded images and of filters, window by window."""
    image = padded(case.x, case.padding, case.padding) if image is None else image
    (kh, kw), s = case.w.shape[2:], case.stride
    dx, dw = np.zeros(image.shape), np.zeros(case.w.shape)
    for i, j in np.ndindex(case.dout.shape[2:]):
        at, slopes = np.s_[:, :, i * s : i * s + kh, j * s : j * s + kw], case.dout[:, :, i, j]
        dx[at] = np.tensordot(slopes, case.w, axes=1) + (0 if overwrite else dx[at])
        dw += np.tensordot(slopes, image[at], axes=(0, 0))
    return [dx, dw]


def check_gradients(got: Any, case: Case, *, asked: Asked) -> None:
    """Hold dx, dw and db to the slopes of the loss sum(dout * out)."""
    __tracebackhide__ = True
    x, w, _, dout, _, p = case
    height, width = x.shape[2:]

    def cut(image: Float64Array) -> Float64Array:
        return image[:, :, p : p + height, p : p + width]

    def dx_of(overwrite: bool = False, **changes: Any) -> Any:
        return lambda: cut(gradients(case._replace(**changes), overwrite=overwrite)[0])

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
            "the kernel is flipped: each window gets dout times the filter as it is": dx_of(w=flipped(w)),
            "only the last filter: dx is a sum over filters": dx_of(dout=dout[:, -1:], w=w[-1:]),
            mean: cut(dx) / len(x),
            "stride is ignored": dx_of(stride=1),
        },
        "w": {
            mean: dw / len(x),
            "the windows are those of the image without its padding": lambda: gradients(case, x)[1],
            "flipped: dw[u, v] belongs to w[u, v]": flipped(dw),
            "stride is ignored": lambda: gradients(case._replace(stride=1))[1],
        },
        "b": {
            mean: dout.sum(axis=(0, 2, 3)) / len(x),
            "summed over everything: db has shape (F,)": dout.sum(),
        },
    }
    hints = {
        "x": "each window gets dout times the filter, added up over windows and filters, and the padding goes",
        "w": "each filter gets dout times the window, added up over images and places",
        "b": "b[f] is added to out[:, f]: sum dout over the other axes",
    }
    check.equal(len(got), 3, asked=f"how many gradients {asked} returns", hint="return dx, dw, db")
    for (name, hint), slope in zip(hints.items(), got, strict=True):
        at, what = getattr(case, name), f"d{name} of {asked}"
        slopes = partial(losses, name)
        # The loss is linear in each argument, so that a wide step costs no accuracy.
        check.gradient(slope, slopes, at, asked=what, name=name, step=0.5, mistakes=mistakes[name], hint=hint)
        check.float_array(slope, at.shape, asked=what)


def pooled(pool: Pool, reduce: Any = np.max) -> Float64Array:
    """The definition of max pooling, or of another one."""
    x, _, k, s = pool
    out = np.empty((*x.shape[:2], out_size(x.shape[2], k, s), out_size(x.shape[3], k, s)))
    for i, j in np.ndindex(out.shape[2:]):
        out[:, :, i, j] = reduce(x[:, :, i * s : i * s + k, j * s : j * s + k], axis=(2, 3))
    return out


def check_pooled(got: object, pool: Pool, *, asked: Asked) -> None:
    __tracebackhide__ = True
    x, _, k, s = pool
    want, rest = pooled(pool), [(0, -(length - k) % s) for length in x.shape[2:]]
    filled = np.pad(x, ((0, 0), (0, 0), *rest), constant_values=-np.inf)
    mistakes: Mistakes = {
        "the mean of each window: take the largest value": lambda: pooled(pool, np.mean),
        "the maximum starts from 0: a window may be negative throughout": np.maximum(want, 0),
        "stride is ignored: windows are size apart": lambda: pooled(pool._replace(stride=k)),
        "stride is ignored: windows are 1 apart": lambda: pooled(pool._replace(stride=1)),
        "windows that are not whole are taken: leave the last rows and columns out": lambda: pooled(
            pool._replace(x=filled)
        ),
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


def check_routed(got: object, pool: Pool, *, asked: Asked) -> None:
    __tracebackhide__ = True

    def of(share: Any) -> Any:
        return lambda: routed(pool, share)

    def turned(window: Float64Array) -> Float64Array:
        return first(window[::-1, ::-1])[::-1, ::-1]

    mistakes: Mistakes = {
        "overlapping windows overwrite each other: add with +=": lambda: routed(pool, overwrite=True),
        "all of the largest values get the gradient: only the first does": of(lambda a: a == a.max()),
        "the largest values share the gradient: the first gets it all": of(
            lambda a: (a == a.max()) / np.sum(a == a.max())
        ),
        "the last of the largest values gets the gradient: the first does": of(turned),
        "first column by column: it is the first row by row": of(lambda a: first(a.T).T),
    }
    hint = "each output's dout goes to the place of its window's maximum, added to what is there"
    check.close(got, routed(pool), asked=asked, mistakes=mistakes, hint=hint)
    check.float_array(got, pool.x.shape, asked=asked)


# --- examples --------------------------------------------------------------------------------------------------------

X = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
W = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
PLAIN = Case(X, W, np.zeros(1), np.array([[[[1.0, 0.0], [0.0, 10.0]]]]), 1, 0)
IMAGE = np.array([[[[1.0, 5.0, 2.0], [5.0, 0.0, 3.0]]]])
TIE = Pool(IMAGE, np.array([[[[1.0, 10.0]]]]), 2, 1)


@pytest.mark.example
def test_worked_example_of_conv2d() -> None:
    check_output(kata.conv2d(X.astype(int), W.astype(int).tolist()), PLAIN, asked=call("conv2d", X, W))
    case = PLAIN._replace(b=np.array([100.0]), stride=2, padding=1)
    asked = call("conv2d", X, W, [100], **case.options())
    check_output(kata.conv2d(X.copy(), W.copy(), b=[100], **case.options()), case, asked=asked)


@pytest.mark.example
def test_worked_example_of_channels_and_filters() -> None:
    x, w = np.array([[[[1.0]], [[10.0]]]]), np.array([[[[1.0]], [[2.0]]], [[[3.0]], [[5.0]]]])
    case = Case(x, w, np.array([0.25, 0.5]), np.ones((1, 2, 1, 1)), 1, 0)
    check_output(kata.conv2d(x.copy(), w.copy(), case.b.copy()), case, asked=call("conv2d", x, w, case.b))


@pytest.mark.example
def test_worked_example_of_conv2d_backward() -> None:
    asked = call("conv2d_backward", PLAIN.dout, X, W)
    check_gradients(kata.conv2d_backward(PLAIN.dout.astype(int).tolist(), X.copy(), W.copy()), PLAIN, asked=asked)


@pytest.mark.example
def test_worked_example_of_max_pool2d_and_its_backward() -> None:
    check_pooled(
        kata.max_pool2d(IMAGE.astype(int).tolist(), 2, stride=1), TIE, asked=call("max_pool2d", IMAGE, 2, stride=1)
    )
    got = kata.max_pool2d_backward(TIE.dout.copy(), IMAGE.copy(), 2, stride=1)
    check_routed(got, TIE, asked=call("max_pool2d_backward", TIE.dout, IMAGE, 2, stride=1))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(CASES)
def test_conv2d_equals_the_definition(case: Case) -> None:
    x, w, b, *_ = case
    got = kata.conv2d(x.copy(), w.copy(), b.copy(), **case.options())
    check_output(got, case, asked=call("conv2d", x, w, b, **case.options()))


@pytest.mark.law
@settings(max_examples=20)
@given(CASES)
def test_gradients_of_conv2d_are_slopes(case: Case) -> None:
    x, w, _, dout, *_ = case
    got = kata.conv2d_backward(dout.copy(), x.copy(), w.copy(), **case.options())
    check_gradients(got, case, asked=call("conv2d_backward", dout, x, w, **case.options()))


@pytest.mark.law
@given(POOLS)
def test_max_pool2d_equals_the_definition_and_its_gradient_goes_to_the_first_maximum(pool: Pool) -> None:
    x, dout, size, stride = pool
    asked = call("max_pool2d", x, size, stride=stride)
    check_pooled(kata.max_pool2d(x.copy(), size, stride=stride), pool, asked=asked)
    got = kata.max_pool2d_backward(dout.copy(), x.copy(), size, stride=stride)
    check_routed(got, pool, asked=call("max_pool2d_backward", dout, x, size, stride=stride))


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_pooling_windows_are_size_apart_by_default() -> None:
    x = np.random.default_rng(2).permutation(35.0 - np.arange(35)).reshape(1, 1, 5, 7)
    pool = Pool(x, np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]), 2, 2)
    check_pooled(kata.max_pool2d(x.copy(), 2), pool, asked=call("max_pool2d", x, 2))
    got = kata.max_pool2d_backward(pool.dout.copy(), x.copy(), 2)
    check_routed(got, pool, asked=call("max_pool2d_backward", pool.dout, x, 2))


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64"])
def test_is_computed_in_float64(dtype: str) -> None:
    rng, scale = np.random.default_rng(1), {"uint8": 1.0, "float32": 7.0, "int64": 1e-9}[dtype]
    shapes = (1, 2, 4, 5), (3, 2, 2, 2), (3,), (1, 3, 3, 4)
    given_ = [(rng.integers(100, 256, size=shape) / scale).astype(dtype) for shape in shapes]
    given_[2] = np.array([0.0, 1e3, 1e6]) / 7
    x, w, b, dout = (array.astype(np.float64) for array in given_)
    case, hint = (
        Case(x, w, b, dout, 1, 0),
        f"arrays are {dtype}: convert them to float64, not float32, before anything else",
    )
    check_output(kata.conv2d(*given_[:3]), case, asked=call("conv2d", *given_[:3]), hint=hint)
    backward = given_[3], *given_[:2]
    want = kata.conv2d_backward(dout, x, w)
    for name, got, exact in zip(("dx", "dw", "db"), kata.conv2d_backward(*backward), want, strict=True):
        check.close(got, exact, asked=f"{name} of " + call("conv2d_backward", *backward), hint=hint)
    pool = Pool(x, dout[:, :2], 2, 1)
    check_pooled(kata.max_pool2d(given_[0], 2, 1), pool, asked=call("max_pool2d", given_[0], 2, 1))
    slopes = given_[3][:, :2]
    got = kata.max_pool2d_backward(slopes, given_[0], 2, 1)
    check_routed(got, pool, asked=call("max_pool2d_backward", slopes, given_[0], 2, 1))


GOOD = np.ones((2, 3, 4, 5)), np.ones((2, 3, 2, 2))
BAD: dict[str, tuple[Any, Any, dict[str, int]]] = {
    "x has three axes": (np.ones((3, 4, 5)), GOOD[1], {}),
    "w has three axes": (GOOD[0], np.ones((3, 2, 2)), {}),
    "x has 3 channels and w 1, which would broadcast": (GOOD[0], np.ones((2, 1, 2, 2)), {}),
    "x has 1 channel and w 3, which would broadcast": (np.ones((2, 1, 4, 5)), GOOD[1], {}),
    "there are no images": (np.ones((0, 3, 4, 5)), GOOD[1], {}),
    "there are no channels": (np.ones((2, 0, 4, 5)), np.ones((2, 0, 2, 2)), {}),
    "there are no filters": (GOOD[0], np.ones((0, 3, 2, 2)), {}),
    "the kernel has no rows": (GOOD[0], np.ones((2, 3, 0, 2)), {}),
    "the images have no rows": (np.ones((2, 3, 0, 5)), GOOD[1], {"padding": 1}),
    "the kernel has 7 rows, and the padded image 6": (GOOD[0], np.ones((2, 3, 7, 2)), {"padding": 1}),
    "the kernel has 6 columns, and the image 5": (GOOD[0], np.ones((2, 3, 2, 6)), {}),
    "stride is 0": (*GOOD, {"stride": 0}),
    "padding is below 0": (*GOOD, {"padding": -1}),
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
    sizes = [max(0, 4 + i + 2 * options.get("padding", 0) - w.shape[i - 2] + 1) for i in range(2)]
    refuses("conv2d_backward", np.ones((len(x), len(w), *sizes)), x, w, because=why, **options)


@pytest.mark.edge
def test_another_number_of_biases_is_an_error() -> None:
    for b in ([1.0], 1.0, [1.0, 2.0, 3.0], [[1.0], [2.0]]):
        refuses("conv2d", *GOOD, b, because="there are 2 filters, and b has one number for each")


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(2, 2, 4, 5), (2, 4, 5), (0, 2, 4, 5), (2, 2, 0, 5)], ids=str)
def test_what_cannot_be_pooled_is_an_error(shape: tuple[int, ...]) -> None:
    windows = [(-1, 1), (0, 1), (5, 1), (2, -1), (2, 0)] if shape == (2, 2, 4, 5) else [(2, 1)]
    because = "x has four axes, none of length zero, size is from 1 to the smaller side, and stride at least 1"
    for size, stride in windows:
        refuses("max_pool2d", np.ones(shape), size, stride, because=because)
        refuses("max_pool2d_backward", np.ones((*shape[:2], 3, 4)), np.ones(shape), size, stride, because=because)


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(), (2, 3, 4), (1, 2, 3, 4), (2, 1, 3, 4), (2, 2, 1, 1), (2, 2, 4, 5)], ids=str)
def test_a_gradient_of_another_shape_is_an_error(shape: tuple[int, ...]) -> None:
    dout, because = np.ones(shape), "dout has the shape of the output, (2, 2, 3, 4)"
    refuses("conv2d_backward", dout, *GOOD, because=because)
    refuses("max_pool2d_backward", dout, GOOD[0][:, :2], 2, 1, because=because)


@pytest.mark.edge
@pytest.mark.parametrize("padding", [0, 1])
def test_arguments_stay_as_they_were(padding: int) -> None:
    case = make_case(5)
    x, w, b, dout = (
        case.x.copy(),
        case.w.copy(),
        case.b.copy(),
        np.array(convolved(case._replace(stride=1, padding=padding))),
    )
    with check.untouched(asked=f"conv2d and conv2d_backward, padding={padding}", x=x, w=w, b=b, dout=dout):
        kata.conv2d(x, w, b, padding=padding)
        dx = np.asarray(kata.conv2d_backward(dout, x, w, padding=padding)[0])
        dx += 1
    with check.untouched(asked="max_pool2d and max_pool2d_backward", x=x):
        kata.max_pool2d(x, 1)
        dx = np.asarray(kata.max_pool2d_backward(x.copy(), x, 1))
        dx += 1
    check.true(not np.shares_memory(dx, x), asked="dx", came="a view of x", expected="an array of its own")
