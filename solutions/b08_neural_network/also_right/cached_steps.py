"""As people publish it: the forward pass keeps what the backward pass needs, parameters change in place."""

import numpy as np


class NeuralNetwork:
    def __init__(self, input_size, hidden_size, output_size, learning_rate=0.01, random_state=None):
        if min(input_size, hidden_size, output_size) < 1 or learning_rate <= 0:
            raise ValueError("sizes must be at least 1, and learning_rate above 0")
        self.sizes = input_size, output_size
        self.learning_rate = learning_rate
        rng = np.random.default_rng(random_state)
        self.W2 = rng.standard_normal((hidden_size, output_size)) * 0.1
        self.W1 = rng.standard_normal((input_size, hidden_size)) * 0.1
        self.b1 = np.zeros((1, hidden_size))
        self.b2 = np.zeros((1, output_size))
        self.loss_history = []

    def check(self, *arrays):
        """Each array and its number of columns, for one batch."""
        arrays = [(np.asarray(array, dtype=float), columns) for array, columns in arrays]
        rows = arrays[0][0].shape[0] if arrays[0][0].ndim else 0
        for array, columns in arrays:
            if rows == 0 or array.shape != (rows, columns):
                raise ValueError(f"expected shape (n, {columns}), got {array.shape}")
        return [array for array, _ in arrays]

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-np.clip(z, -500, 500)))

    def softmax(self, z):
        exps = np.exp(z - np.max(z, axis=1, keepdims=True))
        return exps / np.sum(exps, axis=1, keepdims=True)

    def forward_pass(self, X):
        (X,) = self.check((X, self.sizes[0]))
        self.z1 = np.dot(X, self.W1) + self.b1
        self.a1 = self.sigmoid(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.a2 = self.softmax(self.z2)
        return self.a2

    def compute_loss(self, y_true, y_pred):
        y_true, y_pred = self.check((y_true, self.sizes[1]), (y_pred, self.sizes[1]))
        y_pred = np.clip(y_pred, 1e-15, 1 - 1e-15)
        return float(-np.mean(np.sum(y_true * np.log(y_pred), axis=1)))

    def backward_pass(self, X, y_true, y_pred):
        X, y_true, y_pred = self.check((X, self.sizes[0]), (y_true, self.sizes[1]), (y_pred, self.sizes[1]))
        m = X.shape[0]
        dz2 = y_pred - y_true
        dW2 = np.dot(self.a1.T, dz2) / m
        db2 = np.sum(dz2, axis=0, keepdims=True) / m
        dz1 = np.dot(dz2, self.W2.T) * self.a1 * (1 - self.a1)
        dW1 = np.dot(X.T, dz1) / m
        db1 = np.sum(dz1, axis=0, keepdims=True) / m
        return dW1, db1, dW2, db2

    def update_parameters(self, dW1, db1, dW2, db2):
        pairs = [(self.W1, dW1), (self.b1, db1), (self.W2, dW2), (self.b2, db2)]
        for value, gradient in pairs:
            if np.shape(gradient) != value.shape:
                raise ValueError(f"expected a gradient of shape {value.shape}, got {np.shape(gradient)}")
        self.W1 -= self.learning_rate * np.asarray(dW1)
        self.b1 -= self.learning_rate * np.asarray(db1)
        self.W2 -= self.learning_rate * np.asarray(dW2)
        self.b2 -= self.learning_rate * np.asarray(db2)

    def train(self, X, y, epochs=1000):
        if epochs < 1:
            raise ValueError(f"epochs must be at least 1, got {epochs}")
        for _ in range(epochs):
            y_pred = self.forward_pass(X)
            self.loss_history.append(self.compute_loss(y, y_pred))
            self.update_parameters(*self.backward_pass(X, y, y_pred))
        return self

    def predict(self, X):
        return self.forward_pass(X)

    def calculate_accuracy(self, y_true, y_pred):
        y_true, y_pred = self.check((y_true, self.sizes[1]), (y_pred, self.sizes[1]))
        return float(np.mean(np.argmax(y_pred, axis=1) == np.argmax(y_true, axis=1)))
