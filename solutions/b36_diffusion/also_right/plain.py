"""Plain functions of t, every product of alphas computed anew."""

import math

import numpy as np


def linear_betas(n_steps, start=1e-4, end=0.02):
    if int(n_steps) != n_steps or n_steps < 1:
        raise ValueError("n_steps must be at least 1")
    return np.linspace(start, end, num=int(n_steps))


def _same(*arrays):
    arrays = [np.array(a, float) for a in arrays]
    if len({a.shape for a in arrays}) > 1:
        raise ValueError("the shapes differ")
    if 0 in arrays[0].shape:
        raise ValueError("there is nothing in the arrays")
    return arrays


class Diffusion:
    def __init__(self, betas):
        if np.ndim(betas) != 1 or np.size(betas) == 0:
            raise ValueError("betas must have shape (T,)")
        self.b = [float(beta) for beta in betas]
        if not all(0 < beta < 1 for beta in self.b):
            raise ValueError("a beta is out of range")

    @property
    def alpha_bars(self):
        return np.array([self._bar(t) for t in range(len(self.b))])

    def _bar(self, t):
        return math.prod(1 - beta for beta in self.b[: t + 1])

    def _t(self, t):
        if t not in range(len(self.b)):
            raise ValueError(f"t = {t}")
        return int(t)

    def q_sample(self, x0, t, noise):
        x0, noise = _same(x0, noise)
        bar = self._bar(self._t(t))
        return bar**0.5 * x0 + (1 - bar) ** 0.5 * noise

    def posterior(self, x0, x_t, t):
        x0, x_t = _same(x0, x_t)
        t = self._t(t)
        # Two Gaussians about x_(t-1): from the data, and from x_t; precisions add.
        if t == 0:
            return x0, 0.0
        before = self._bar(t - 1)
        precision = 1 / (1 - before) + (1 - self.b[t]) / self.b[t]
        weighted = before**0.5 * x0 / (1 - before) + (1 - self.b[t]) ** 0.5 * x_t / self.b[t]
        return weighted / precision, 1 / precision

    def _x0(self, x_t, eps, t):
        return (x_t - (1 - self._bar(t)) ** 0.5 * eps) / self._bar(t) ** 0.5

    def ddpm_step(self, x_t, predicted_noise, t, noise):
        x_t, eps, noise = _same(x_t, predicted_noise, noise)
        mean, variance = self.posterior(self._x0(x_t, eps, self._t(t)), x_t, t)
        return mean + variance**0.5 * noise

    def ddim_step(self, x_t, predicted_noise, t, t_previous):
        x_t, eps = _same(x_t, predicted_noise)
        t = self._t(t)
        if t_previous not in range(-1, t):
            raise ValueError(f"t_previous = {t_previous} is not before t = {t}")
        x0 = self._x0(x_t, eps, t)
        return x0 if t_previous == -1 else self.q_sample(x0, t_previous, eps)
