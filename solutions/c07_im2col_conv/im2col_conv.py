"""Convolution as a matrix product over unrolled windows (Chellapilla, Puri and Simard 2006): the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def im2col(x: npt.ArrayLike, kernel: tuple[int, int], stride: int = 1, padding: int = 0) -> FloatArray:
    """Return the windows of `x` (n, c, h, w) as columns, (n, c * kh * kw, oh * ow): rows by channel, then kernel place."""
    images = _array(x, "x", 4)
    n, c, _, _ = images.shape
    (kh, kw), (oh, ow) = kernel, _output_size(images.shape, kernel, stride, padding)
    padded = np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(2, 3))[:, :, ::stride, ::stride]
    # The windows overlap in memory. They are copied, once, into a layout in which all of the rest is a reshape.
    columns = np.empty((n, c, kh, kw, oh, ow))
    columns[...] = windows.transpose(0, 1, 4, 5, 2, 3)
    return columns.reshape(n, c * kh * kw, oh * ow)


def col2im(
    columns: npt.ArrayLike, shape: tuple[int, int, int, int], kernel: tuple[int, int], stride: int = 1, padding: int = 0
) -> FloatArray:
    """Return images of `shape`, with each entry of `columns` added where im2col took it from: the adjoint of im2col."""
    if len(shape) != 4 or min(shape) < 1:
        raise ValueError(f"shape must be (n, c, h, w), each at least 1, got {shape}")
    n, c, h, w = shape
    (kh, kw), (oh, ow) = kernel, _output_size(shape, kernel, stride, padding)
    parts = _array(columns, "columns", 3)
    if parts.shape != (n, c * kh * kw, oh * ow):
        raise ValueError(f"columns must have shape {(n, c * kh * kw, oh * ow)}, got {parts.shape}")
    parts = parts.reshape(n, c, kh, kw, oh, ow)
    padded = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    for i in range(kh):
        for j in range(kw):
            # At one place of the kernel no two windows meet, so += loses nothing.
            padded[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride] += parts[:, :, i, j]
    return padded[:, :, padding : padding + h, padding : padding + w]


def conv2d_im2col(
    x: npt.ArrayLike, w: npt.ArrayLike, b: npt.ArrayLike | None = None, stride: int = 1, padding: int = 0
) -> FloatArray:
    """Return the output of a convolutional layer, (n, f, oh, ow), for images `x` (n, c, h, w) and filters `w` (f, c, kh, kw)."""
    images, filters = _array(x, "x", 4), _array(w, "w", 4)
    f, c, kh, kw = filters.shape
    if images.shape[1] != c:
        raise ValueError(f"w must have as many channels as x, {images.shape[1]}, got {c}")
    biases = np.zeros(f) if b is None else _array(b, "b", 1)
    if biases.shape != (f,):
        raise ValueError(f"b must have shape ({f},), got {biases.shape}")
    oh, ow = _output_size(images.shape, (kh, kw), stride, padding)
    output = filters.reshape(f, -1) @ im2col(images, (kh, kw), stride, padding) + biases[:, None]
    return np.asarray(output.reshape(-1, f, oh, ow))


def _output_size(shape: tuple[int, ...], kernel: tuple[int, int], stride: int, padding: int) -> tuple[int, int]:
    """How many windows there are, down and across."""
    if min(kernel) < 1 or stride < 1 or padding < 0:
        raise ValueError(f"kernel and stride must be at least 1, padding at least 0, got {kernel}, {stride}, {padding}")
    room_h, room_w = (size + 2 * padding - k for size, k in zip(shape[2:], kernel, strict=True))
    if room_h < 0 or room_w < 0:
        raise ValueError(
            f"kernel must not be larger than the padded image, got {kernel} for {shape}, padding {padding}"
        )
    return room_h // stride + 1, room_w // stride + 1


def _array(values: npt.ArrayLike, name: str, ndim: int) -> FloatArray:
    """`values` as a float64 array of `ndim` axes, none of length zero."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != ndim or array.size == 0:
        raise ValueError(f"{name} must have {ndim} axes, none of length zero, got shape {array.shape}")
    return array
