"""Feature by feature in plain Python, with the full Jacobian of a column; no cleverness."""

from __future__ import annotations

import math

import numpy as np


class BatchNorm:
    def __init__(self, n_features, momentum=0.1, eps=1e-5):
        if n_features < 1:
            raise ValueError("there must be at least one feature")
        if not (0 <= momentum <= 1):
            raise ValueError("momentum must be between 0 and 1")
        if eps <= 0:
            raise ValueError("eps must be positive")
        self.n_features = n_features
        self.momentum = momentum
        self.eps = eps
        self.gamma = np.ones(n_features)
        self.beta = np.zeros(n_features)
        self.running_mean = np.zeros(n_features)
        self.running_var = np.ones(n_features)
        self.x_hat = None

    def forward(self, x, training=True):
        x = np.asarray(x, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != self.n_features:
            raise ValueError(f"expected {self.n_features} columns, got shape {x.shape}")
        n = x.shape[0]
        if n < (2 if training else 1):
            raise ValueError(f"not enough rows: {n}")
        self.training = training
        self.x_hat = np.zeros(x.shape)
        self.std = []
        out = np.zeros(x.shape)
        for j in range(self.n_features):
            column = x[:, j].tolist()
            if training:
                mean = math.fsum(column) / n
                squares = math.fsum((value - mean) ** 2 for value in column)
                variance = squares / n
                self.running_mean[j] = (1 - self.momentum) * self.running_mean[j] + self.momentum * mean
                self.running_var[j] = (1 - self.momentum) * self.running_var[j] + self.momentum * squares / (n - 1)
            else:
                mean, variance = self.running_mean[j], self.running_var[j]
            std = math.sqrt(variance + self.eps)
            self.std.append(std)
            for i in range(n):
                self.x_hat[i, j] = (column[i] - mean) / std
                out[i, j] = self.gamma[j] * self.x_hat[i, j] + self.beta[j]
        return out

    def backward(self, dout):
        if self.x_hat is None:
            raise RuntimeError("nothing was passed forward yet")
        dout = np.asarray(dout, dtype=np.float64)
        if dout.shape != self.x_hat.shape:
            raise ValueError(f"shape of dout is {dout.shape}, but that of x was {self.x_hat.shape}")
        n = len(dout)
        self.dgamma = np.zeros(self.n_features)
        self.dbeta = np.zeros(self.n_features)
        dx = np.zeros(dout.shape)
        for j in range(self.n_features):
            for i in range(n):
                self.dbeta[j] += dout[i, j]
                self.dgamma[j] += dout[i, j] * self.x_hat[i, j]
                if not self.training:
                    dx[i, j] = dout[i, j] * self.gamma[j] / self.std[j]
                    continue
                for k in range(n):
                    same = 1.0 if i == k else 0.0
                    slope = (same - 1 / n - self.x_hat[i, j] * self.x_hat[k, j] / n) / self.std[j]
                    dx[i, j] += dout[k, j] * self.gamma[j] * slope
        return dx
