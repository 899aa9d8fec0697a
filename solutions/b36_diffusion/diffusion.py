"""The formulas of diffusion models: noising, the posterior, and steps back by DDPM and DDIM: the reference."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def linear_betas(n_steps: int, start: float = 1e-4, end: float = 0.02) -> Float64Array:
    """Return the noise variances of the steps, evenly from `start` to `end`. Raises `ValueError` for fewer than 1."""
    if n_steps < 1 or n_steps != int(n_steps):
        raise ValueError(f"n_steps must be a whole number of at least 1, got {n_steps}")
    return np.linspace(start, end, int(n_steps))


class Diffusion:
    """A diffusion process with given noise variances. Ho et al. 2020; DDIM: Song et al. 2021."""

    def __init__(self, betas: npt.ArrayLike) -> None:
        self._betas = np.array(betas, dtype=np.float64)
        if self._betas.ndim != 1 or self._betas.size == 0:
            raise ValueError(f"betas must have shape (T,), T at least 1, got {self._betas.shape}")
        if not np.all((self._betas > 0) & (self._betas < 1)):
            raise ValueError(
                f"betas must be between 0 and 1, got values from {self._betas.min()} to {self._betas.max()}"
            )
        self.alpha_bars = np.cumprod(1 - self._betas)

    def q_sample(self, x0: npt.ArrayLike, t: int, noise: npt.ArrayLike) -> Float64Array:
        """Return x_t, the data with the noise of steps 0 to t. Raises `ValueError`, as all methods do."""
        data, epsilon = _arrays(x0=x0, noise=noise)
        return self._noised(data, epsilon, self._step(t, "t", 0, len(self._betas) - 1))

    def posterior(self, x0: npt.ArrayLike, x_t: npt.ArrayLike, t: int) -> tuple[Float64Array, float]:
        """Return mean and variance of x_(t-1), given x0 and x_t."""
        data, noised = _arrays(x0=x0, x_t=x_t)
        t = self._step(t, "t", 0, len(self._betas) - 1)
        beta, rest, rest_before = self._betas[t], 1 - self._alpha_bar(t), 1 - self._alpha_bar(t - 1)
        of_data = math.sqrt(self._alpha_bar(t - 1)) * beta / rest
        of_noised = math.sqrt(1 - beta) * rest_before / rest
        return of_data * data + of_noised * noised, float(rest_before / rest * beta)

    def ddpm_step(
        self, x_t: npt.ArrayLike, predicted_noise: npt.ArrayLike, t: int, noise: npt.ArrayLike
    ) -> Float64Array:
        """Return x_(t-1): the posterior's mean for the x0 that was predicted, and its deviation times the noise."""
        noised, predicted, fresh = _arrays(x_t=x_t, predicted_noise=predicted_noise, noise=noise)
        t = self._step(t, "t", 0, len(self._betas) - 1)
        mean, variance = self.posterior(self._predicted_data(noised, predicted, t), noised, t)
        return mean + math.sqrt(variance) * fresh

    def ddim_step(self, x_t: npt.ArrayLike, predicted_noise: npt.ArrayLike, t: int, t_previous: int) -> Float64Array:
        """Return x at an earlier step, -1 for the data, without new noise."""
        noised, predicted = _arrays(x_t=x_t, predicted_noise=predicted_noise)
        t = self._step(t, "t", 0, len(self._betas) - 1)
        before = self._step(t_previous, "t_previous", -1, t - 1)
        return self._noised(self._predicted_data(noised, predicted, t), predicted, before)

    def _alpha_bar(self, t: int) -> float:
        """The share of the data's variance at step t; 1 before the first."""
        return float(self.alpha_bars[t]) if t >= 0 else 1.0

    def _noised(self, data: Float64Array, noise: Float64Array, t: int) -> Float64Array:
        return math.sqrt(self._alpha_bar(t)) * data + math.sqrt(1 - self._alpha_bar(t)) * noise

    def _predicted_data(self, noised: Float64Array, predicted: Float64Array, t: int) -> Float64Array:
        """The x0 that a predicted noise means."""
        return (noised - math.sqrt(1 - self._alpha_bar(t)) * predicted) / math.sqrt(self._alpha_bar(t))

    def _step(self, t: int, name: str, least: int, most: int) -> int:
        if not least <= t <= most or t != int(t):
            raise ValueError(f"{name} must be a whole number from {least} to {most}, got {t}")
        return int(t)


def _arrays(**named: npt.ArrayLike) -> list[Float64Array]:
    """The arguments as float64, all of one shape without an axis of length zero."""
    arrays = [np.asarray(values, dtype=np.float64) for values in named.values()]
    if any(array.shape != arrays[0].shape or array.size == 0 for array in arrays):
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(named, arrays, strict=True))
        raise ValueError(f"all must have one shape, no axis of length zero, got {shapes}")
    return arrays
