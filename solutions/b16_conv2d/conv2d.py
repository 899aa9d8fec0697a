"""Convolution and max pooling by views of all windows: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Float64Array = npt.NDArray[np.float64]


def conv2d(
    x: npt.ArrayLike, w: npt.ArrayLike, b: npt.ArrayLike | None = None, stride: int = 1, padding: int = 0
) -> Float64Array:
    """Return (N, F, H', W') for images (N, C, H, W) and filters (F, C, kH, kW); the kernel is not flipped."""
    images, filters = _checked(x, w, padding)
    n_filters, _, *kernel = filters.shape
    bias = np.zeros(n_filters) if b is None else np.asarray(b, dtype=np.float64)
    if bias.shape != (n_filters,):
        raise ValueError(f"b must have shape ({n_filters},), one number per filter, got shape {bias.shape}")
    windows = _windows(_padded(images, padding), kernel, stride)
    return np.asarray(np.einsum("ncijuv,fcuv->nfij", windows, filters) + bias[:, np.newaxis, np.newaxis])


def conv2d_backward(
    dout: npt.ArrayLike, x: npt.ArrayLike, w: npt.ArrayLike, stride: int = 1, padding: int = 0
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the gradients (dx, dw, db), given `dout`, that of the output."""
    images, filters = _checked(x, w, padding)
    n_filters, _, *kernel = filters.shape
    padded = _padded(images, padding)
    windows = _windows(padded, kernel, stride)
    slopes = _slopes(dout, (len(images), n_filters, *windows.shape[2:4]))
    dpadded = np.zeros(padded.shape)
    d_windows = _windows(dpadded, kernel, stride)
    for u, v in np.ndindex(*kernel):  # one place of the kernel: its inputs are all different, so that += adds to each
        d_windows[..., u, v] += np.einsum("nfij,fc->ncij", slopes, filters[:, :, u, v])
    height, width = images.shape[2:]
    dx = dpadded[:, :, padding : padding + height, padding : padding + width]
    return dx, np.einsum("ncijuv,nfij->fcuv", windows, slopes), slopes.sum(axis=(0, 2, 3))


def max_pool2d(x: npt.ArrayLike, size: int, stride: int | None = None) -> Float64Array:
    """Return the largest value of each window of `size` x `size`."""
    windows = _windows(_images(x, "x"), [size, size], size if stride is None else stride)
    return np.asarray(windows.max(axis=(4, 5)))


def max_pool2d_backward(dout: npt.ArrayLike, x: npt.ArrayLike, size: int, stride: int | None = None) -> Float64Array:
    """Return the gradient with respect to `x`: each output's goes to the first of the largest values in its window."""
    images = _images(x, "x")
    step = size if stride is None else stride
    windows = _windows(images, [size, size], step)
    slopes = _slopes(dout, windows.shape[:4])
    first = windows.reshape(*windows.shape[:4], -1).argmax(axis=-1)
    dx = np.zeros(images.shape)
    d_windows = _windows(dx, [size, size], step)
    for u, v in np.ndindex(size, size):
        d_windows[..., u, v] += slopes * (first == u * size + v)
    return dx


def _windows(images: Float64Array, kernel: list[int], stride: int) -> Float64Array:
    """All windows of images (N, C, H, W), as a view of shape (N, C, H', W', kH, kW) that can be written to."""
    if stride < 1:
        raise ValueError(f"stride must be at least 1, got {stride}")
    if min(kernel) < 1:
        raise ValueError(f"windows must have at least one row and one column, got {tuple(kernel)}")
    windows = sliding_window_view(images, kernel, axis=(2, 3), writeable=True)  # which refuses those that do not fit in
    return np.asarray(windows[:, :, ::stride, ::stride])


def _padded(images: Float64Array, padding: int) -> Float64Array:
    return np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def _checked(x: npt.ArrayLike, w: npt.ArrayLike, padding: int) -> tuple[Float64Array, Float64Array]:
    images, filters = _images(x, "x"), _images(w, "w")
    if images.shape[1] != filters.shape[1]:
        raise ValueError(f"w must have shape (F, {images.shape[1]}, kH, kW), as x has channels, got {filters.shape}")
    if padding < 0:
        raise ValueError(f"padding must be at least 0, got {padding}")
    return images, filters


def _images(x: npt.ArrayLike, name: str) -> Float64Array:
    images = np.asarray(x, dtype=np.float64)
    if images.ndim != 4 or images.size == 0:
        raise ValueError(f"{name} must have four axes, none of length zero, got shape {images.shape}")
    return images


def _slopes(dout: npt.ArrayLike, shape: tuple[int, ...]) -> Float64Array:
    slopes = np.asarray(dout, dtype=np.float64)
    if slopes.shape != shape:
        raise ValueError(f"dout must have the shape of the output, {shape}, got shape {slopes.shape}")
    return slopes
