"""Gate by gate with matrices of their own, cut out of W_x and W_h; lists of everything that backward needs."""

from __future__ import annotations

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -500, 500)))


class LSTM:
    def __init__(self, input_size, hidden_size, random_state=None):
        if input_size <= 0:
            raise ValueError("input_size must be positive")
        if hidden_size <= 0:
            raise ValueError("hidden_size must be positive")
        self.d = input_size
        self.h = hidden_size
        rng = np.random.default_rng(random_state)
        bound = 1 / np.sqrt(hidden_size)
        self.W_h = rng.uniform(-bound, bound, (hidden_size, 4 * hidden_size))
        self.W_x = rng.uniform(-bound, bound, (input_size, 4 * hidden_size))
        ones, zeros = np.ones(hidden_size), np.zeros(hidden_size)
        self.b = np.concatenate([zeros, ones, zeros, zeros])
        self.cache = None

    def gates(self, x, h):
        out = []
        for k in range(4):
            cut = slice(k * self.h, (k + 1) * self.h)
            z = np.dot(x, self.W_x[:, cut]) + np.dot(h, self.W_h[:, cut]) + self.b[cut]
            out.append(np.tanh(z) if k == 2 else sigmoid(z))
        return out

    def step(self, x, h, c):
        x, h, c = np.array(x, dtype=float), np.array(h, dtype=float), np.array(c, dtype=float)
        if x.ndim != 2 or x.shape[0] == 0 or x.shape[1] != self.d:
            raise ValueError(f"x should be (batch, {self.d}), is {x.shape}")
        if h.shape != (len(x), self.h) or c.shape != (len(x), self.h):
            raise ValueError(f"h and c should be {(len(x), self.h)}, are {h.shape} and {c.shape}")
        i, f, g, o = self.gates(x, h)
        c = f * c + i * g
        return o * np.tanh(c), c

    def forward(self, xs, h0=None, c0=None):
        xs = np.array(xs, dtype=float)
        if xs.ndim != 3 or 0 in xs.shape:
            raise ValueError(f"xs should be (batch, time, {self.d}), is {xs.shape}")
        B, T, _ = xs.shape
        hs = [np.zeros((B, self.h)) if h0 is None else np.array(h0, dtype=float)]
        cs = [np.zeros((B, self.h)) if c0 is None else np.array(c0, dtype=float)]
        for t in range(T):
            h, c = self.step(xs[:, t], hs[-1], cs[-1])
            hs.append(h)
            cs.append(c)
        self.cache = (xs, hs, cs)
        out = np.zeros((B, T, self.h))
        for t in range(T):
            out[:, t] = hs[t + 1]
        return out, (hs[-1], cs[-1])

    def backward(self, dhs):
        if self.cache is None:
            raise RuntimeError("no forward pass was made")
        xs, hs, cs = self.cache
        B, T, _ = xs.shape
        dhs = np.array(dhs, dtype=float)
        if dhs.shape != (B, T, self.h):
            raise ValueError(f"dhs should be {(B, T, self.h)}, is {dhs.shape}")
        dxs = np.zeros(xs.shape)
        dWx, dWh, db = np.zeros(self.W_x.shape), np.zeros(self.W_h.shape), np.zeros(self.b.shape)
        dh_next, dc_next = np.zeros((B, self.h)), np.zeros((B, self.h))
        for t in range(T - 1, -1, -1):
            i, f, g, o = self.gates(xs[:, t], hs[t])  # computed again rather than kept
            tc = np.tanh(cs[t + 1])
            dh = dhs[:, t] + dh_next
            do = dh * tc
            dc = dc_next + dh * o * (1 - tc * tc)
            di, df, dg = dc * g, dc * cs[t], dc * i
            slopes = [di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o)]
            dh_next = np.zeros((B, self.h))
            for k in range(4):
                cut = slice(k * self.h, (k + 1) * self.h)
                for s in range(B):
                    dWx[:, cut] += np.outer(xs[s, t], slopes[k][s])
                    dWh[:, cut] += np.outer(hs[t][s], slopes[k][s])
                    db[cut] += slopes[k][s]
                    dxs[s, t] += self.W_x[:, cut] @ slopes[k][s]
                    dh_next[s] += self.W_h[:, cut] @ slopes[k][s]
            dc_next = dc * f
        return dxs, {"W_x": dWx, "W_h": dWh, "b": db}
