"""Batch normalisation of feature vectors (Ioffe and Szegedy 2015): the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class BatchNorm:
    """A layer that normalises each of `n_features` features over the batch, then scales by `gamma` and shifts by `beta`.

    `running_mean` and `running_var` move by `momentum` towards the batch's mean and unbiased variance.
    """

    dgamma: Float64Array
    dbeta: Float64Array

    def __init__(self, n_features: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        if n_features < 1:
            raise ValueError(f"n_features must be at least 1, got {n_features}")
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be in 0 ... 1, got {momentum}")
        if not eps > 0:
            raise ValueError(f"eps must be above 0, got {eps}")
        self.n_features = n_features
        self.momentum = momentum
        self.eps = eps
        self.gamma, self.beta = np.ones(n_features), np.zeros(n_features)
        self.running_mean, self.running_var = np.zeros(n_features), np.ones(n_features)
        self._latest: tuple[Float64Array, Float64Array, bool] | None = None

    def forward(self, x: npt.ArrayLike, training: bool = True) -> Float64Array:
        """Return the output (n, d) for rows `x` (n, d); training uses and records the statistics of the batch."""
        rows = np.asarray(x, dtype=np.float64)
        fewest = 2 if training else 1
        if rows.ndim != 2 or rows.shape[1] != self.n_features or len(rows) < fewest:
            raise ValueError(f"x must have shape (n, {self.n_features}), n at least {fewest}, got shape {rows.shape}")
        if training:
            mean, variance = rows.mean(axis=0), rows.var(axis=0)
            self._record(mean, rows.var(axis=0, ddof=1))
        else:
            mean, variance = self.running_mean, self.running_var
        inverse_std = 1 / np.sqrt(variance + self.eps)
        normalised = (rows - mean) * inverse_std
        self._latest = normalised, inverse_std, training
        return np.asarray(self.gamma * normalised + self.beta)

    def backward(self, dout: npt.ArrayLike) -> Float64Array:
        """Return the gradient with respect to the latest `x`, (n, d), given that to the output; set dgamma and dbeta."""
        if self._latest is None:
            raise RuntimeError("backward needs a forward pass: call forward first")
        normalised, inverse_std, training = self._latest
        slopes = np.asarray(dout, dtype=np.float64)
        if slopes.shape != normalised.shape:
            raise ValueError(f"dout must have the shape of x, {normalised.shape}, got shape {slopes.shape}")
        self.dbeta = slopes.sum(axis=0)
        self.dgamma = (slopes * normalised).sum(axis=0)
        dx = self.gamma * slopes
        if training:
            # The batch's mean takes away the common part of dx, its variance the part along the normalised rows.
            dx = dx - dx.mean(axis=0) - normalised * (dx * normalised).mean(axis=0)
        return np.asarray(dx * inverse_std)

    def _record(self, mean: Float64Array, variance: Float64Array) -> None:
        """Move the running statistics towards those of a batch."""
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * variance
