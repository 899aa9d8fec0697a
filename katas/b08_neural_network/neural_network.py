"""A neural network with one hidden layer, trained by gradient descent."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class NeuralNetwork:
    """A sigmoid layer and a softmax layer, with cross-entropy for a loss.

    `W1` (d, h), `b1` (1, h), `W2` (h, c), `b2` (1, c) may be read and assigned; `loss_history` has the loss of each epoch.

    Args:
        input_size, hidden_size, output_size, learning_rate: d, h and c, at least 1 each, and a rate above 0.
        random_state: int or `np.random.Generator`; None for other weights each time.

    `ValueError` for a wrong shape, an axis of length zero or a parameter out of range.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        learning_rate: float = 0.01,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        raise NotImplementedError

    def forward_pass(self, X: npt.ArrayLike) -> FloatArray:
        """Return the probabilities of the classes, shape (n, c), for `X` of shape (n, d)."""
        raise NotImplementedError

    def compute_loss(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
        """Return the mean cross-entropy of probabilities `y_pred` for one-hot `y_true`, both (n, c)."""
        raise NotImplementedError

    def backward_pass(self, X: npt.ArrayLike, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[FloatArray, ...]:
        """Return (dW1, db1, dW2, db2), the gradients of the loss; `y_pred` is what `forward_pass(X)` just gave."""
        raise NotImplementedError

    def update_parameters(self, dW1: npt.ArrayLike, db1: npt.ArrayLike, dW2: npt.ArrayLike, db2: npt.ArrayLike) -> None:
        """Take one step of gradient descent; each gradient has the shape of its parameter."""
        raise NotImplementedError

    def train(self, X: npt.ArrayLike, y: npt.ArrayLike, epochs: int = 1000) -> NeuralNetwork:
        """Take `epochs` (at least 1) steps with all rows of `X` (n, d) and one-hot `y` (n, c); return self."""
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> FloatArray:
        """Return what `forward_pass` does."""
        raise NotImplementedError

    def calculate_accuracy(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
        """Return the share of rows whose largest entries stand in the same column."""
        raise NotImplementedError
