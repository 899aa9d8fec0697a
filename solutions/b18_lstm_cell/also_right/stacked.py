"""One matrix for inputs, outputs and biases together; gradients of the weights in one product after the loop."""

from __future__ import annotations

import numpy as np


class LSTM:
    def __init__(self, input_size, hidden_size, random_state=None):
        if min(input_size, hidden_size) < 1:
            raise ValueError(f"sizes must be at least 1, got {input_size}, {hidden_size}")
        rng = np.random.default_rng(random_state)
        d, h = input_size, hidden_size
        weights = rng.uniform(-1, 1, size=(d + h, 4 * h)) * np.sqrt(3 / (d + h))
        self.W_x, self.W_h = weights[:d].copy(), weights[d:].copy()
        self.b = np.repeat([0.0, 1.0, 0.0, 0.0], h)
        self._kept = None

    def _check(self, x, axes, size, rows=None):
        x = np.asarray(x, dtype=np.float64)
        if x.ndim != axes or x.shape[-1] != size or 0 in x.shape or (rows is not None and len(x) != rows):
            raise ValueError(f"expected {axes} axes, {rows or 'any number of'} rows and {size} columns, got {x.shape}")
        return x

    def _gates(self, x, h):
        z = np.hstack([x, h, np.ones((len(x), 1))]) @ np.vstack([self.W_x, self.W_h, self.b])
        z = z.reshape(len(x), 4, -1)
        gates = np.empty_like(z)
        with np.errstate(over="ignore"):
            gates[:, [0, 1, 3]] = 1 / (1 + np.exp(-z[:, [0, 1, 3]]))
        gates[:, 2] = np.tanh(z[:, 2])
        return gates

    def step(self, x, h, c):
        x = self._check(x, 2, len(self.W_x))
        h, c = (self._check(s, 2, len(self.W_h), len(x)) for s in (h, c))
        i, f, g, o = self._gates(x, h).swapaxes(0, 1)
        c = f * c + i * g
        return o * np.tanh(c), c

    def forward(self, xs, h0=None, c0=None):
        xs = self._check(xs, 3, len(self.W_x))
        b, t = xs.shape[:2]
        size = len(self.W_h)
        hs, cs, gates = np.zeros((t + 1, b, size)), np.zeros((t + 1, b, size)), np.zeros((t, b, 4, size))
        if h0 is not None:
            hs[0] = self._check(h0, 2, size, b)
        if c0 is not None:
            cs[0] = self._check(c0, 2, size, b)
        for k in range(t):
            gates[k] = self._gates(xs[:, k], hs[k])
            i, f, g, o = gates[k].swapaxes(0, 1)
            cs[k + 1] = f * cs[k] + i * g
            hs[k + 1] = o * np.tanh(cs[k + 1])
        self._kept = xs, hs, cs, gates
        return hs[1:].swapaxes(0, 1).copy(), (hs[-1].copy(), cs[-1].copy())

    def backward(self, dhs):
        if self._kept is None:
            raise RuntimeError("forward comes first")
        xs, hs, cs, gates = self._kept
        dhs = np.asarray(dhs, dtype=np.float64)
        if dhs.shape != hs[1:].swapaxes(0, 1).shape:
            raise ValueError(f"dhs must have shape {hs[1:].swapaxes(0, 1).shape}, got {dhs.shape}")
        t, b, _, size = gates.shape
        dz = np.zeros((t, b, 4 * size))
        dh, dc = 0.0, 0.0
        for k in range(t - 1, -1, -1):
            i, f, g, o = gates[k].swapaxes(0, 1)
            tanh = np.tanh(cs[k + 1])
            dh = dh + dhs[:, k]
            dc = dc + dh * o / np.cosh(cs[k + 1]) ** 2
            into = np.stack([dc * g, dc * cs[k], dc * i, dh * tanh], axis=1)
            slopes = gates[k] * (1 - gates[k])
            slopes[:, 2] = 1 - g**2
            dz[k] = (into * slopes).reshape(b, -1)
            dh, dc = dz[k] @ self.W_h.T, dc * f
        flat = dz.reshape(t * b, -1)
        grads = {
            "W_x": xs.swapaxes(0, 1).reshape(t * b, -1).T @ flat,
            "W_h": hs[:-1].reshape(t * b, -1).T @ flat,
            "b": flat.sum(axis=0),
        }
        return (dz @ self.W_x.T).swapaxes(0, 1), grads
