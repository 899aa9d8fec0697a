"""Tables of all coefficients, made once, as in the code of the papers; the DDPM mean straight from the predicted noise."""

import numpy as np


def linear_betas(n_steps, start=1e-4, end=0.02):
    if n_steps % 1 != 0 or n_steps <= 0:
        raise ValueError(f"{n_steps} steps")
    if n_steps == 1:
        return np.array([start], dtype=float)
    return np.array([start + (end - start) * i / (n_steps - 1) for i in range(int(n_steps))])


class Diffusion:
    def __init__(self, betas):
        betas = np.array(betas, dtype=float)
        if betas.ndim != 1 or len(betas) == 0:
            raise ValueError("betas must be one row of variances")
        if (betas <= 0).any() or (betas >= 1).any():
            raise ValueError("each beta must be in (0, 1)")
        self.n_steps = len(betas)
        self.betas, self.alphas = betas, 1.0 - betas
        self.alpha_bars = np.array([np.prod(self.alphas[: t + 1]) for t in range(self.n_steps)])
        previous = np.append(1.0, self.alpha_bars[:-1])
        self.posterior_variance = betas * (1 - previous) / (1 - self.alpha_bars)
        self.posterior_x0 = betas * np.sqrt(previous) / (1 - self.alpha_bars)
        self.posterior_xt = (1 - previous) * np.sqrt(self.alphas) / (1 - self.alpha_bars)

    def _check(self, t, *arrays, lowest=0, highest=None):
        highest = self.n_steps - 1 if highest is None else highest
        if t != np.floor(t) or t < lowest or t > highest:
            raise ValueError(f"step {t} is not in {lowest} .. {highest}")
        arrays = [np.asarray(a, dtype=float) for a in arrays]
        for a in arrays:
            if a.shape != arrays[0].shape:
                raise ValueError(f"shapes {a.shape} and {arrays[0].shape} differ")
            if a.size == 0:
                raise ValueError("empty array")
        return int(t), *arrays

    def q_sample(self, x0, t, noise):
        t, x0, noise = self._check(t, x0, noise)
        return np.sqrt(self.alpha_bars[t]) * x0 + np.sqrt(1 - self.alpha_bars[t]) * noise

    def posterior(self, x0, x_t, t):
        t, x0, x_t = self._check(t, x0, x_t)
        return self.posterior_x0[t] * x0 + self.posterior_xt[t] * x_t, float(self.posterior_variance[t])

    def ddpm_step(self, x_t, predicted_noise, t, noise):
        t, x_t, eps, noise = self._check(t, x_t, predicted_noise, noise)
        mean = (x_t - self.betas[t] / np.sqrt(1 - self.alpha_bars[t]) * eps) / np.sqrt(self.alphas[t])
        return mean + np.sqrt(self.posterior_variance[t]) * noise

    def ddim_step(self, x_t, predicted_noise, t, t_previous):
        t, x_t, eps = self._check(t, x_t, predicted_noise)
        (t_previous,) = self._check(t_previous, lowest=-1, highest=t - 1)
        before = 1.0 if t_previous == -1 else self.alpha_bars[t_previous]
        ratio = np.sqrt(before / self.alpha_bars[t])
        return ratio * x_t + (np.sqrt(1 - before) - ratio * np.sqrt(1 - self.alpha_bars[t])) * eps
