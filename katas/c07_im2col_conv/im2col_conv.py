"""Convolution as a matrix product."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def im2col(x: npt.ArrayLike, kernel: tuple[int, int], stride: int = 1, padding: int = 0) -> FloatArray:
    """Return the windows of `x` as columns, a new array of shape (n, c * kh * kw, oh * ow).

    Args:
        x: images, shape (n, c, h, w).
        kernel: (kh, kw), rows and columns of a window.
        stride: pixels from one window to the next, at least 1.
        padding: zeros around each image, on all four sides, at least 0.

    Raises:
        ValueError: a shape or a number is out of range, or the kernel is larger than the padded image.
    """
    raise NotImplementedError


def col2im(
    columns: npt.ArrayLike, shape: tuple[int, int, int, int], kernel: tuple[int, int], stride: int = 1, padding: int = 0
) -> FloatArray:
    """Return images of `shape` (n, c, h, w) in which each entry of `columns` is added where im2col took it from.

    Raises:
        ValueError: as `im2col` does; `columns` has not the shape that `im2col` gives for `shape`.
    """
    raise NotImplementedError


def conv2d_im2col(
    x: npt.ArrayLike, w: npt.ArrayLike, b: npt.ArrayLike | None = None, stride: int = 1, padding: int = 0
) -> FloatArray:
    """Return the output of a convolutional layer, shape (n, f, oh, ow), by one matrix product for each image.

    Args:
        x: images, shape (n, c, h, w).
        w: filters, shape (f, c, kh, kw); they are not flipped.
        b: biases, shape (f,); None for none.
        stride: as in `im2col`.
        padding: as in `im2col`.

    Raises:
        ValueError: a shape or a number is out of range, or shapes do not fit.
    """
    raise NotImplementedError
