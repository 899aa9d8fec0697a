"""Inverted dropout, forward and backward."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def dropout(
    x: npt.ArrayLike, rate: float, uniforms: npt.ArrayLike, training: bool = True
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Drop entries whose uniform is below `rate`, and divide the others by 1 - rate.

    Args:
        x: activations, any shape.
        rate: the chance to be dropped, from 0 to below 1.
        uniforms: numbers in [0, 1), the shape of `x`.
        training: False leaves `x` as it is.

    Returns:
        The activations, and a mask that is True where they are kept; both in the shape of `x`.

    Raises:
        ValueError: a rate out of range, an axis of length zero, or shapes that differ.
    """
    raise NotImplementedError


def dropout_backward(dout: npt.ArrayLike, mask: npt.ArrayLike, rate: float) -> npt.NDArray[np.float64]:
    """Return the gradient of a loss with respect to x, from that with respect to the output of training.

    Args:
        dout: gradient in the output, any shape.
        mask: True where an entry was kept, the shape of `dout`.
        rate: the rate of the forward pass.

    Raises:
        ValueError: a rate out of range, an axis of length zero, or shapes that differ.
    """
    raise NotImplementedError
