"""Backward through the graph node by node, as in courses: by way of the variance, of the mean, and directly."""

from __future__ import annotations

import numpy as np


class BatchNorm:
    def __init__(self, n_features, momentum=0.1, eps=1e-5):
        if int(n_features) < 1 or momentum < 0 or momentum > 1 or eps <= 0:
            raise ValueError("n_features must be at least 1, momentum within [0, 1] and eps positive")
        self.d, self.momentum, self.eps = n_features, momentum, eps
        self.gamma = np.ones(n_features)
        self.beta = np.zeros(n_features)
        self.running_mean = np.zeros(n_features)
        self.running_var = np.ones(n_features)
        self.dgamma = self.dbeta = None
        self.cache = None

    def forward(self, x, training=True):
        x = np.array(x, dtype=float)
        if x.ndim != 2 or x.shape[1] != self.d or x.shape[0] == 0:
            raise ValueError(f"x must have shape (n, {self.d}), got shape {x.shape}")
        if training and x.shape[0] < 2:
            raise ValueError("a training batch must have at least 2 rows, got 1")
        n = x.shape[0]
        if training:
            mu = x.sum(axis=0) / n
            var = ((x - mu) ** 2).sum(axis=0) / n
            self.running_mean = self.running_mean + self.momentum * (mu - self.running_mean)
            self.running_var = self.running_var + self.momentum * (var * n / (n - 1) - self.running_var)
        else:
            mu, var = self.running_mean, self.running_var
        std = np.sqrt(var + self.eps)
        xhat = (x - mu) / std
        self.cache = (x - mu, std, xhat, training)
        return self.gamma * xhat + self.beta

    def backward(self, dout):
        if self.cache is None:
            raise RuntimeError("call forward before backward")
        xmu, std, xhat, training = self.cache
        dout = np.array(dout, dtype=float)
        if dout.shape != xhat.shape:
            raise ValueError(f"dout must have shape {xhat.shape}, got {dout.shape}")
        n = len(dout)
        self.dbeta = np.sum(dout, axis=0)
        self.dgamma = np.sum(dout * xhat, axis=0)
        dxhat = dout * self.gamma
        if not training:
            return dxhat / std
        dvar = np.sum(dxhat * xmu * -0.5 * std**-3, axis=0)
        dmu = np.sum(-dxhat / std, axis=0) + dvar * np.mean(-2.0 * xmu, axis=0)
        return dxhat / std + dvar * 2.0 * xmu / n + dmu / n
