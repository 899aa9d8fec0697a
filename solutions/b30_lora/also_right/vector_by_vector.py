"""One vector at a time, with outer products, as on a whiteboard."""

import numpy as np


class LoRALinear:
    def __init__(self, weight, rank, alpha, random_state=None):
        self.weight = np.array(weight, dtype=np.float64)
        if self.weight.ndim != 2 or self.weight.size == 0:
            raise ValueError("weight must be a matrix")
        self.d_in, self.d_out = self.weight.shape
        if not (1 <= rank <= min(self.d_in, self.d_out)) or int(rank) != rank:
            raise ValueError("the rank must be from 1 to the smaller side")
        if not alpha > 0:
            raise ValueError("alpha must be positive")
        self.rank, self.alpha, self.merged = int(rank), alpha, False
        rng = np.random.default_rng(random_state)
        self.A = np.array([[rng.normal() * 0.05 for _ in range(self.rank)] for _ in range(self.d_in)])
        self.B = np.zeros((self.rank, self.d_out))

    def _rows(self, x):
        x = np.asarray(x, np.float64)
        if x.ndim == 0 or 0 in x.shape or x.shape[-1] != self.d_in:
            raise ValueError(f"vectors of width {self.d_in} are needed, got {x.shape}")
        return x, x.reshape(-1, self.d_in)

    def forward(self, x):
        x, rows = self._rows(x)
        out = []
        for row in rows:
            y = row @ self.weight
            if not self.merged:
                y = y + (row @ np.asarray(self.A)) @ np.asarray(self.B) * self.alpha / self.rank
            out.append(y)
        return np.array(out).reshape(*x.shape[:-1], self.d_out)

    def backward(self, x, dout):
        x, rows = self._rows(x)
        dout = np.asarray(dout, np.float64)
        if dout.shape != (*x.shape[:-1], self.d_out):
            raise ValueError(f"dout has shape {dout.shape}")
        A, B, s = np.asarray(self.A, float), np.asarray(self.B, float), self.alpha / self.rank
        dx, dA, dB = [], np.zeros(A.shape), np.zeros(B.shape)
        for row, slope in zip(rows, dout.reshape(-1, self.d_out), strict=True):
            inner = s * (B @ slope)
            dA += np.outer(row, inner)
            dB += s * np.outer(row @ A, slope)
            dx.append(self.weight @ slope + (0 if self.merged else A @ inner))
        return np.array(dx).reshape(x.shape), dA, dB

    def merge(self):
        if not self.merged:
            self.weight += self.alpha / self.rank * (np.asarray(self.A) @ np.asarray(self.B))
        self.merged = True

    def unmerge(self):
        if self.merged:
            self.weight -= self.alpha / self.rank * (np.asarray(self.A) @ np.asarray(self.B))
        self.merged = False
