"""A neural network with one hidden layer, trained by gradient descent: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SMALLEST = 1e-15
"""What a smaller probability counts as in the loss, which would be infinite at 0."""


class NeuralNetwork:
    """A sigmoid layer and a softmax layer, with cross-entropy for a loss.

    Parameters are `W1` (d, h), `b1` (1, h), `W2` (h, c), `b2` (1, c); `loss_history` has the loss of each epoch so far.
    Wrong shapes, axes of length zero and parameters out of range raise `ValueError`.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        learning_rate: float = 0.01,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "output_size": output_size}
        for name, size in sizes.items():
            if size < 1:
                raise ValueError(f"{name} must be at least 1, got {size}")
        if not learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, got {learning_rate}")
        rng = np.random.default_rng(random_state)
        # Random weights tell the hidden units apart: equal ones would have equal gradients for ever.
        self.W1 = rng.normal(scale=0.5, size=(input_size, hidden_size))
        self.b1 = np.zeros((1, hidden_size))
        self.W2 = rng.normal(scale=0.5, size=(hidden_size, output_size))
        self.b2 = np.zeros((1, output_size))
        self.learning_rate = learning_rate
        self.loss_history: list[float] = []

    def forward_pass(self, X: npt.ArrayLike) -> FloatArray:
        """Return the probabilities of the classes, shape (n, c), for `X` of shape (n, d)."""
        scores = self._hidden(self._rows(X)) @ self.W2 + self.b2
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def compute_loss(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
        """Return the mean cross-entropy of probabilities `y_pred` (n, c) for one-hot `y_true` (n, c)."""
        truth, probabilities = self._targets(y_true, "y_true"), self._targets(y_pred, "y_pred")
        _same_shape(truth, probabilities)
        return float(-np.sum(truth * np.log(np.maximum(probabilities, SMALLEST))) / len(truth))

    def backward_pass(self, X: npt.ArrayLike, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[FloatArray, ...]:
        """Return (dW1, db1, dW2, db2), the gradients of the loss; `y_pred` is what `forward_pass(X)` just gave."""
        rows, truth, probabilities = self._rows(X), self._targets(y_true, "y_true"), self._targets(y_pred, "y_pred")
        _same_shape(truth, probabilities)
        if len(truth) != len(rows):
            raise ValueError(f"y_true must have {len(rows)} rows, as X, got {len(truth)}")
        hidden = self._hidden(rows)
        d_scores = (probabilities - truth) / len(rows)  # softmax and cross-entropy in one
        d_hidden = d_scores @ self.W2.T * hidden * (1 - hidden)
        return (
            rows.T @ d_hidden,
            d_hidden.sum(axis=0, keepdims=True),
            hidden.T @ d_scores,
            d_scores.sum(axis=0, keepdims=True),
        )

    def update_parameters(self, dW1: npt.ArrayLike, db1: npt.ArrayLike, dW2: npt.ArrayLike, db2: npt.ArrayLike) -> None:
        """Take one step of gradient descent; each gradient has the shape of its parameter."""
        gradients = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
        for name, gradient in gradients.items():
            if np.shape(gradient) != getattr(self, name).shape:
                raise ValueError(f"d{name} must have shape {getattr(self, name).shape}, got {np.shape(gradient)}")
        for name, gradient in gradients.items():
            setattr(self, name, getattr(self, name) - self.learning_rate * np.asarray(gradient, dtype=np.float64))

    def train(self, X: npt.ArrayLike, y: npt.ArrayLike, epochs: int = 1000) -> NeuralNetwork:
        """Take `epochs` (at least 1) steps with all rows of `X` (n, d) and one-hot `y` (n, c); return self."""
        if epochs < 1:
            raise ValueError(f"epochs must be at least 1, got {epochs}")
        rows, truth = self._rows(X), self._targets(y, "y")
        for _ in range(epochs):
            probabilities = self.forward_pass(rows)
            self.loss_history.append(self.compute_loss(truth, probabilities))
            self.update_parameters(*self.backward_pass(rows, truth, probabilities))
        return self

    def predict(self, X: npt.ArrayLike) -> FloatArray:
        """Return the same as `forward_pass`."""
        return self.forward_pass(X)

    def calculate_accuracy(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
        """Return the share of rows whose largest entries stand in the same column."""
        truth, probabilities = self._targets(y_true, "y_true"), self._targets(y_pred, "y_pred")
        _same_shape(truth, probabilities)
        return float(np.mean(truth.argmax(axis=1) == probabilities.argmax(axis=1)))

    def _hidden(self, rows: FloatArray) -> FloatArray:
        """Sigmoid of the hidden scores, shape (n, h); as tanh it overflows nowhere."""
        return np.asarray(0.5 + 0.5 * np.tanh((rows @ self.W1 + self.b1) / 2))

    def _rows(self, X: npt.ArrayLike) -> FloatArray:
        """`X` as float64, shape (n, d)."""
        return _matrix(X, "X", self.W1.shape[0])

    def _targets(self, y: npt.ArrayLike, name: str) -> FloatArray:
        """`y` as float64, shape (n, c)."""
        return _matrix(y, name, self.W2.shape[1])


def _matrix(values: npt.ArrayLike, name: str, columns: int) -> FloatArray:
    """`values` as a float64 matrix of so many columns; `ValueError` for anything else."""
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != columns or len(matrix) == 0:
        raise ValueError(f"{name} must have shape (n, {columns}), n at least 1, got shape {matrix.shape}")
    return matrix


def _same_shape(truth: FloatArray, probabilities: FloatArray) -> None:
    """Raise `ValueError` unless both have as many rows."""
    if truth.shape != probabilities.shape:
        raise ValueError(f"y_pred must have shape {truth.shape}, as y_true, got shape {probabilities.shape}")
