"""Layer norm and RMS norm over the last axis, forward and backward."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def layer_norm(x: npt.ArrayLike, gamma: npt.ArrayLike, beta: npt.ArrayLike, eps: float = 1e-5) -> Float64Array:
    """Return gamma * (x - mean) / sqrt(variance + eps) + beta, over the last axis.

    Args:
        x: vectors, shape (..., D).
        gamma: scale, shape (D,).
        beta: shift, shape (D,).
        eps: is added to the variance.

    Returns:
        The normalised vectors, in the shape of `x`.

    Raises:
        ValueError: an axis of length zero, or shapes that do not fit.
    """
    raise NotImplementedError


def layer_norm_backward(
    dout: npt.ArrayLike, x: npt.ArrayLike, gamma: npt.ArrayLike, eps: float = 1e-5
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the gradients of a loss with respect to x (in its shape), gamma and beta (D,); `dout` is that of the output.

    Raises:
        ValueError: an axis of length zero, or shapes that do not fit.
    """
    raise NotImplementedError


def rms_norm(x: npt.ArrayLike, gamma: npt.ArrayLike, eps: float = 1e-6) -> Float64Array:
    """Return gamma * x / sqrt(mean of the squares + eps), over the last axis, in the shape of `x`.

    Raises:
        ValueError: an axis of length zero, or shapes that do not fit.
    """
    raise NotImplementedError


def rms_norm_backward(
    dout: npt.ArrayLike, x: npt.ArrayLike, gamma: npt.ArrayLike, eps: float = 1e-6
) -> tuple[Float64Array, Float64Array]:
    """Return the gradients of a loss with respect to x (in its shape) and gamma (D,); `dout` is that of the output.

    Raises:
        ValueError: an axis of length zero, or shapes that do not fit.
    """
    raise NotImplementedError
