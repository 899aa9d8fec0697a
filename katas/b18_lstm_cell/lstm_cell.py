"""A layer of long short-term memory, forward and backward through time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class LSTM:
    """`hidden_size` LSTM cells in a layer; d inputs, h cells.

    `W_x` (d, 4h), `W_h` (h, 4h) and `b` (4h,) may be read and assigned; their columns are those of the gates i, f, g, o.

    Args:
        input_size, hidden_size: d and h, at least 1 each.
        random_state: int or `np.random.Generator`; None for other weights each time.

    Raises:
        ValueError: a size is out of range.
    """

    def __init__(
        self, input_size: int, hidden_size: int, random_state: int | np.random.Generator | None = None
    ) -> None:
        raise NotImplementedError

    def step(self, x: npt.ArrayLike, h: npt.ArrayLike, c: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the next (h, c), each (b, h), for inputs `x` (b, d), outputs `h` and cells `c` (b, h).

        Raises:
            ValueError: shapes do not fit, or an axis has length zero.
        """
        raise NotImplementedError

    def forward(
        self, xs: npt.ArrayLike, h0: npt.ArrayLike | None = None, c0: npt.ArrayLike | None = None
    ) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
        """Return (hs, (h, c)): the outputs of all steps, (b, t, h), and output and cells after the last one, (b, h) each.

        `xs` is (b, t, d); `h0` and `c0`, (b, h) each, are zeros by default. `ValueError` for shapes that do not fit.
        """
        raise NotImplementedError

    def backward(self, dhs: npt.ArrayLike) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return (dxs, grads) of the latest `forward`: gradients for `xs`, (b, t, d), and for "W_x", "W_h" and "b".

        `dhs`, (b, t, h), is the gradient of the loss with respect to `hs`.

        Raises:
            RuntimeError: there was no `forward`.
            ValueError: `dhs` has not the shape of `hs`.
        """
        raise NotImplementedError
