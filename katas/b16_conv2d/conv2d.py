"""Convolution and max pooling of images, forward and backward."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def conv2d(
    x: npt.ArrayLike, w: npt.ArrayLike, b: npt.ArrayLike | None = None, stride: int = 1, padding: int = 0
) -> Float64Array:
    """Convolve images with filters, as deep learning does it: the kernel is not flipped.

    Args:
        x: images, shape (N, C, H, W).
        w: filters, shape (F, C, kH, kW).
        b: one number per filter, shape (F,), or None for none.
        stride: rows and columns from one window to the next, at least 1.
        padding: rows and columns of zeros on each of the four sides, at least 0.

    Returns:
        float64, shape (N, F, (H + 2 padding - kH) // stride + 1, (W + 2 padding - kW) // stride + 1).

    Raises:
        ValueError: wrong shape, axis of length zero, kernel larger than the padded image, stride or padding out of range.
    """
    raise NotImplementedError


def conv2d_backward(
    dout: npt.ArrayLike, x: npt.ArrayLike, w: npt.ArrayLike, stride: int = 1, padding: int = 0
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the gradients (dx, dw, db), in the shapes of x, of w and (F,), given `dout`, that of the output.

    Raises `ValueError` as `conv2d` does, and where `dout` has not the shape of its output.
    """
    raise NotImplementedError


def max_pool2d(x: npt.ArrayLike, size: int, stride: int | None = None) -> Float64Array:
    """Return the largest value of each window of `size` x `size`, windows `stride` apart (`size` for None).

    `x` has shape (N, C, H, W), the result (N, C, (H - size) // stride + 1, (W - size) // stride + 1), float64.
    Raises `ValueError` for a wrong shape, an axis of length zero, a size outside 1 ... min(H, W), or a stride below 1.
    """
    raise NotImplementedError


def max_pool2d_backward(dout: npt.ArrayLike, x: npt.ArrayLike, size: int, stride: int | None = None) -> Float64Array:
    """Return the gradient with respect to `x`, in its shape, given `dout`, that of the output of `max_pool2d`.

    Raises `ValueError` as `max_pool2d` does, and where `dout` has not the shape of its output.
    """
    raise NotImplementedError
