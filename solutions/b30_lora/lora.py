"""A linear layer with a low-rank adapter: the reference."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class LoRALinear:
    """y = x W + (alpha / rank) (x A) B, with a frozen W. Hu et al.: LoRA, 2021."""

    def __init__(
        self,
        weight: npt.ArrayLike,
        rank: int,
        alpha: float,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        self.weight = np.array(weight, dtype=np.float64)
        if self.weight.ndim != 2 or self.weight.size == 0:
            raise ValueError(f"weight must have shape (d_in, d_out), no axis of length zero, got {self.weight.shape}")
        d_in, d_out = self.weight.shape
        if not 1 <= rank <= min(d_in, d_out) or rank != int(rank):
            raise ValueError(f"rank must be a whole number from 1 to {min(d_in, d_out)}, got {rank}")
        if not alpha > 0:
            raise ValueError(f"alpha must be above 0, got {alpha}")
        # One factor is zero, so that the first output is that of W; the other is not, or no gradient would ever come.
        self.A: npt.ArrayLike = np.random.default_rng(random_state).normal(0.0, 1 / math.sqrt(rank), (d_in, int(rank)))
        self.B: npt.ArrayLike = np.zeros((int(rank), d_out))
        self.merged = False
        self._scale = alpha / rank

    def forward(self, x: npt.ArrayLike) -> Float64Array:
        """Return y (..., d_out) for x (..., d_in). Raises `ValueError` for a wrong shape."""
        vectors = self._vectors(x)
        y: Float64Array = vectors @ self.weight
        if self.merged:
            return y
        a, b = self._factors()
        return y + self._scale * (vectors @ a @ b)

    def backward(self, x: npt.ArrayLike, dout: npt.ArrayLike) -> tuple[Float64Array, Float64Array, Float64Array]:
        """Return the gradients in x, A and B from that in y (..., d_out). Raises `ValueError` for wrong shapes."""
        vectors, upstream = self._vectors(x), np.asarray(dout, dtype=np.float64)
        d_in, d_out = self.weight.shape
        if upstream.shape != (*vectors.shape[:-1], d_out):
            raise ValueError(f"dout must have shape {(*vectors.shape[:-1], d_out)}, got {upstream.shape}")
        a, b = self._factors()
        through_b = self._scale * (upstream @ b.T)  # in x A, shape (..., rank)
        dx = upstream @ self.weight.T
        if not self.merged:
            dx += through_b @ a.T
        rows, slopes = vectors.reshape(-1, d_in), upstream.reshape(-1, d_out)
        return dx, rows.T @ through_b.reshape(len(rows), -1), self._scale * (rows @ a).T @ slopes

    def merge(self) -> None:
        """Add the adapter to `weight`; nothing when it is merged already."""
        if not self.merged:
            a, b = self._factors()
            self.weight += self._scale * (a @ b)
            self.merged = True

    def unmerge(self) -> None:
        """Take the adapter out of `weight`; nothing when it is not merged."""
        if self.merged:
            a, b = self._factors()
            self.weight -= self._scale * (a @ b)
            self.merged = False

    def _factors(self) -> tuple[Float64Array, Float64Array]:
        """A and B as they are now; somebody may have assigned lists."""
        return np.asarray(self.A, dtype=np.float64), np.asarray(self.B, dtype=np.float64)

    def _vectors(self, x: npt.ArrayLike) -> Float64Array:
        vectors = np.asarray(x, dtype=np.float64)
        if vectors.ndim == 0 or vectors.size == 0 or vectors.shape[-1] != len(self.weight):
            raise ValueError(
                f"x must have shape (..., {len(self.weight)}), no axis of length zero, got {vectors.shape}"
            )
        return vectors
