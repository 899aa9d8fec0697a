"""Without a batch: each row is pushed through for itself, and gradients are added up; uniform weights."""

import math

import numpy as np


def as_rows(values, columns):
    rows = [np.asarray(row, dtype=np.float64) for row in np.asarray(values, dtype=np.float64)]
    if not rows or any(row.shape != (columns,) for row in rows):
        raise ValueError(f"expected at least one row of {columns} numbers")
    return rows


class NeuralNetwork:
    def __init__(self, input_size, hidden_size, output_size, learning_rate=0.01, random_state=None):
        for size in (input_size, hidden_size, output_size):
            if size < 1:
                raise ValueError(f"a size must be at least 1, got {size}")
        if learning_rate <= 0:
            raise ValueError(f"learning_rate must be above 0, got {learning_rate}")
        self.d, self.h, self.c, self.rate = input_size, hidden_size, output_size, learning_rate
        rng = np.random.default_rng(random_state)
        self.W1 = rng.uniform(-1, 1, size=(hidden_size, input_size)).T
        self.W2 = rng.uniform(-1, 1, size=(output_size, hidden_size)).T
        self.b1 = np.zeros((1, hidden_size))
        self.b2 = np.zeros((1, output_size))
        self.loss_history = []

    def _push(self, x):
        """Hidden values and probabilities of one row."""
        scores = x @ self.W1 + self.b1[0]
        powers = np.exp(-np.abs(scores))
        hidden = np.where(scores >= 0, 1 / (1 + powers), powers / (1 + powers))
        scores = hidden @ self.W2 + self.b2[0]
        logs = scores - scores.max()
        return hidden, np.exp(logs - math.log(np.exp(logs).sum()))

    def forward_pass(self, X):
        return np.array([self._push(x)[1] for x in as_rows(X, self.d)])

    predict = forward_pass

    def _pairs(self, y_true, y_pred):
        truth, predicted = as_rows(y_true, self.c), as_rows(y_pred, self.c)
        if len(truth) != len(predicted):
            raise ValueError(f"{len(truth)} rows of y_true, and {len(predicted)} of y_pred")
        return list(zip(truth, predicted, strict=True))

    def compute_loss(self, y_true, y_pred):
        pairs = self._pairs(y_true, y_pred)
        total = 0.0
        for truth, predicted in pairs:
            for y, p in zip(truth, predicted, strict=True):
                total -= y * math.log(max(p, 1e-15))
        return float(total / len(pairs))

    def backward_pass(self, X, y_true, y_pred):
        rows, pairs = as_rows(X, self.d), self._pairs(y_true, y_pred)
        if len(rows) != len(pairs):
            raise ValueError(f"{len(rows)} rows of X, and {len(pairs)} of y_true")
        dW1, db1 = np.zeros((self.d, self.h)), np.zeros((1, self.h))
        dW2, db2 = np.zeros((self.h, self.c)), np.zeros((1, self.c))
        for x, (truth, predicted) in zip(rows, pairs, strict=True):
            hidden, _ = self._push(x)
            error = predicted - truth
            back = (self.W2 @ error) * hidden * (1 - hidden)
            dW2 += np.outer(hidden, error)
            db2 += error
            dW1 += np.outer(x, back)
            db1 += back
        return tuple(total / len(rows) for total in (dW1, db1, dW2, db2))

    def update_parameters(self, dW1, db1, dW2, db2):
        steps = []
        for name, came in (("W1", dW1), ("b1", db1), ("W2", dW2), ("b2", db2)):
            value, gradient = getattr(self, name), np.asarray(came, dtype=np.float64)
            if value.shape != gradient.shape:
                raise ValueError(f"the gradient of {name} has shape {gradient.shape}, not {value.shape}")
            steps.append((name, value - self.rate * gradient))
        for name, value in steps:
            setattr(self, name, value)

    def train(self, X, y, epochs=1000):
        if epochs < 1:
            raise ValueError(f"epochs must be at least 1, got {epochs}")
        for _ in range(epochs):
            probabilities = self.forward_pass(X)
            self.loss_history.append(self.compute_loss(y, probabilities))
            self.update_parameters(*self.backward_pass(X, y, probabilities))
        return self

    def calculate_accuracy(self, y_true, y_pred):
        pairs = self._pairs(y_true, y_pred)
        return sum(int(np.argmax(truth) == np.argmax(predicted)) for truth, predicted in pairs) / len(pairs)
