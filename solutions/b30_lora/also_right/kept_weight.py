"""The original weight is kept beside the merged one; gradients by einsum."""

import numpy as np


class LoRALinear:
    def __init__(self, weight, rank, alpha, random_state=None):
        weight = np.asarray(weight, dtype=float)
        if weight.ndim != 2 or 0 in weight.shape:
            raise ValueError(f"weight: expected two axes, got {weight.shape}")
        if rank % 1 != 0 or rank < 1 or rank > min(weight.shape):
            raise ValueError(f"rank = {rank}")
        if alpha <= 0:
            raise ValueError(f"alpha = {alpha}")
        self._frozen = weight.copy()
        self.weight = weight.copy()
        rng = random_state if isinstance(random_state, np.random.Generator) else np.random.default_rng(random_state)
        self.A = rng.uniform(-0.5, 0.5, size=(weight.shape[0], int(rank)))
        self.B = np.zeros((int(rank), weight.shape[1]))
        self.scaling = alpha / rank
        self.merged = False

    def _delta(self):
        return self.scaling * np.array(self.A, float) @ np.array(self.B, float)

    def _read(self, x):
        x = np.array(x, dtype=float)
        if x.ndim < 1 or x.size == 0 or x.shape[-1] != self._frozen.shape[0]:
            raise ValueError(f"x: last axis must be {self._frozen.shape[0]}, got {x.shape}")
        return x

    def forward(self, x):
        x = self._read(x)
        if self.merged:
            return x @ self.weight
        return x @ self._frozen + (x @ np.array(self.A, float)) @ np.array(self.B, float) * self.scaling

    def backward(self, x, dout):
        x, dout = self._read(x), np.array(dout, dtype=float)
        if dout.ndim != x.ndim or dout.shape[:-1] != x.shape[:-1] or dout.shape[-1] != self._frozen.shape[1]:
            raise ValueError(f"dout {dout.shape} does not fit x {x.shape}")
        A, B = np.array(self.A, float), np.array(self.B, float)
        dx = dout @ (self._frozen + self._delta()).T
        X, D = x.reshape(-1, x.shape[-1]), dout.reshape(-1, dout.shape[-1])
        dA = self.scaling * np.einsum("ni,no,ro->ir", X, D, B)
        dB = self.scaling * np.einsum("ni,ir,no->ro", X, A, D)
        return dx, dA, dB

    def merge(self):
        if self.merged:
            return
        self.weight = self._frozen + self._delta()
        self.merged = True

    def unmerge(self):
        self.weight = self._frozen.copy()
        self.merged = False
