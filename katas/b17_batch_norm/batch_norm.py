"""Batch normalisation of feature vectors, forward and backward."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class BatchNorm:
    """A layer that normalises each feature over the rows of a mini-batch, then scales and shifts it.

    Args:
        n_features: d, the number of features, at least 1.
        momentum: the weight of a new batch in the running statistics, from 0 to 1.
        eps: added to the variance under the root, above 0.

    Attributes, each of shape (d,) and float64:
        gamma, beta: scale and shift, at first ones and zeros.
        running_mean, running_var: what evaluation uses, at first zeros and ones; moved by `forward` in training.
        dgamma, dbeta: gradients with respect to `gamma` and `beta`; set by `backward`.

    Raises:
        ValueError: n_features, momentum or eps is out of range.
    """

    def __init__(self, n_features: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        raise NotImplementedError

    def forward(self, x: npt.ArrayLike, training: bool = True) -> npt.NDArray[np.float64]:
        """Return the normalised, scaled and shifted rows, shape (n, d), float64.

        Args:
            x: rows, shape (n, d); n is at least 2 in training, at least 1 in evaluation.
            training: use the statistics of the batch and move the running ones; else use the running ones.

        Raises:
            ValueError: the shape is wrong, or there are too few rows.
        """
        raise NotImplementedError

    def backward(self, dout: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the gradient with respect to `x` of the latest `forward`, shape (n, d); set `dgamma` and `dbeta`.

        Args:
            dout: gradient of the loss with respect to what `forward` returned, shape (n, d).

        Raises:
            RuntimeError: there was no `forward`.
            ValueError: `dout` has not the shape of the latest `x`.
        """
        raise NotImplementedError
