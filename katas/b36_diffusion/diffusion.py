"""The formulas of diffusion models: noising, the posterior, and steps back by DDPM and DDIM."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def linear_betas(n_steps: int, start: float = 1e-4, end: float = 0.02) -> Float64Array:
    """Return the noise variances of the steps, evenly from `start` to `end`, shape (n_steps,).

    Raises:
        ValueError: a number of steps that is not a whole number of at least 1.
    """
    raise NotImplementedError


class Diffusion:
    """A diffusion process with given noise variances.

    Args:
        betas: variances of the steps 0 to T - 1, shape (T,), between 0 and 1.

    Attributes:
        alpha_bars: products of 1 - beta up to each step, shape (T,).

    Raises:
        ValueError: a wrong shape, no steps, or a variance out of range. The methods raise it for a step out of range, and for
            shapes that differ.
    """

    alpha_bars: Float64Array

    def __init__(self, betas: npt.ArrayLike) -> None:
        raise NotImplementedError

    def q_sample(self, x0: npt.ArrayLike, t: int, noise: npt.ArrayLike) -> Float64Array:
        """Return x_t, the data with the noise of steps 0 to t."""
        raise NotImplementedError

    def posterior(self, x0: npt.ArrayLike, x_t: npt.ArrayLike, t: int) -> tuple[Float64Array, float]:
        """Return mean and variance of x_(t-1), given x0 and x_t."""
        raise NotImplementedError

    def ddpm_step(
        self, x_t: npt.ArrayLike, predicted_noise: npt.ArrayLike, t: int, noise: npt.ArrayLike
    ) -> Float64Array:
        """Return x_(t-1): the posterior's mean for the x0 that was predicted, and its deviation times the noise."""
        raise NotImplementedError

    def ddim_step(self, x_t: npt.ArrayLike, predicted_noise: npt.ArrayLike, t: int, t_previous: int) -> Float64Array:
        """Return x at an earlier step, -1 for the data, without new noise."""
        raise NotImplementedError
