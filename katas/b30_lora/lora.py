"""A linear layer with a low-rank adapter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class LoRALinear:
    """y = x W + (alpha / rank) (x A) B, with a frozen W.

    Args:
        weight: W, shape (d_in, d_out).
        rank: columns of A and rows of B, from 1 to min(d_in, d_out).
        alpha: the adapter is scaled by alpha / rank; above 0.
        random_state: None, an int or a `np.random.Generator`, from which A is drawn.

    Attributes:
        weight: W, shape (d_in, d_out); with the adapter in it while merged.
        A: shape (d_in, rank), random at first.
        B: shape (rank, d_out), zeros at first.
        merged: whether the adapter is in `weight`.

    Raises:
        ValueError: a wrong shape, or a rank or alpha out of range.
    """

    weight: Float64Array
    A: npt.ArrayLike
    B: npt.ArrayLike
    merged: bool

    def __init__(
        self,
        weight: npt.ArrayLike,
        rank: int,
        alpha: float,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        raise NotImplementedError

    def forward(self, x: npt.ArrayLike) -> Float64Array:
        """Return y, shape (..., d_out), for x of shape (..., d_in). Raises `ValueError` for a wrong shape."""
        raise NotImplementedError

    def backward(self, x: npt.ArrayLike, dout: npt.ArrayLike) -> tuple[Float64Array, Float64Array, Float64Array]:
        """Return the gradients in x, A and B from that in y, shape (..., d_out). Raises `ValueError` for wrong shapes."""
        raise NotImplementedError

    def merge(self) -> None:
        """Add the adapter to `weight`; nothing when it is merged already."""
        raise NotImplementedError

    def unmerge(self) -> None:
        """Take the adapter out of `weight`; nothing when it is not merged."""
        raise NotImplementedError
