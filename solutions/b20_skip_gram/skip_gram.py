"""Skip-gram with negative sampling: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]


def skip_gram_pairs(tokens: npt.ArrayLike, window: int) -> IntArray:
    """Return all (center, context) of `tokens` whose positions differ by 1 to `window`, shape (m, 2).

    Raises `ValueError` for no tokens or a window below 1.
    """
    words = _ids("tokens", tokens)
    _at_least_one(window=window)
    pairs = [np.empty((0, 2), dtype=words.dtype)]
    for gap in range(1, min(window, len(words)) + 1):
        left, right = words[:-gap], words[gap:]
        pairs += [np.column_stack([left, right]), np.column_stack([right, left])]
    return np.concatenate(pairs)


def noise_distribution(counts: npt.ArrayLike) -> Float64Array:
    """Return probabilities proportional to `counts` (V,) to the power 3/4: between as they occur and all alike.

    Raises `ValueError` when counts are not 1-D, empty, negative or all zero.
    """
    numbers = np.asarray(counts, dtype=np.float64)
    if numbers.ndim != 1 or numbers.size == 0 or (numbers < 0).any() or not numbers.any():
        raise ValueError(f"counts must be of shape (V,), not negative and not all zero, got {numbers}")
    weights = numbers**0.75
    return np.asarray(weights / weights.sum())


class SkipGram:
    """Word vectors by skip-gram with negative sampling; `vectors` for centers, `context_vectors` for all others."""

    def __init__(
        self,
        vocab_size: int,
        dimension: int,
        n_negatives: int = 5,
        learning_rate: float = 0.05,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        _at_least_one(vocab_size=vocab_size, dimension=dimension, n_negatives=n_negatives)
        if not learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, got {learning_rate}")
        self.n_negatives = n_negatives
        self.learning_rate = learning_rate
        self._rng = np.random.default_rng(random_state)
        self.vectors = self._rng.uniform(-0.5, 0.5, size=(vocab_size, dimension)) / dimension
        self.context_vectors = np.zeros((vocab_size, dimension))

    def loss_and_gradients(
        self, center: int, context: int, negatives: npt.ArrayLike
    ) -> tuple[float, Float64Array, Float64Array]:
        """Return the loss, and its gradients with respect to both whole tables; `negatives` is (k,).

        Raises `ValueError` for an id outside 0 to vocab_size - 1, or no negatives.
        """
        vocab_size = len(self.vectors)
        noise = _ids("negatives", negatives, vocab_size)
        _ids("center and context", [center, context], vocab_size)
        ids = np.append(noise, context)
        loss, d_center, d_rows = self._slopes(center, ids)
        d_vectors, d_context_vectors = np.zeros_like(self.vectors), np.zeros_like(self.context_vectors)
        d_vectors[center] = d_center
        np.add.at(d_context_vectors, ids, d_rows)  # ids may occur several times
        return loss, d_vectors, d_context_vectors

    def train(self, tokens: npt.ArrayLike, window: int, epochs: int) -> SkipGram:
        """Take a step for each pair of `tokens`, `epochs` times, in random order; return self.

        Raises `ValueError` for fewer than two tokens, an id outside 0 to vocab_size - 1, a window or epochs below 1.
        """
        vocab_size = len(self.vectors)
        words = _ids("tokens", tokens, vocab_size)
        _at_least_one(epochs=epochs)
        pairs = skip_gram_pairs(words, window)
        if len(pairs) == 0:
            raise ValueError(f"tokens must have shape (n,), n at least 2, got shape {words.shape}")
        noise = noise_distribution(np.bincount(words, minlength=vocab_size))
        for _ in range(epochs):
            negatives = self._rng.choice(vocab_size, size=(len(pairs), self.n_negatives), p=noise)
            examples = np.column_stack([pairs[:, 0], negatives, pairs[:, 1]])
            for example in self._rng.permutation(examples):
                center, ids = example[0], example[1:]
                _, d_center, d_rows = self._slopes(center, ids)
                self.vectors[center] -= self.learning_rate * d_center
                np.subtract.at(self.context_vectors, ids, self.learning_rate * d_rows)
        return self

    def _slopes(self, center: int, ids: IntArray) -> tuple[float, Float64Array, Float64Array]:
        """The loss of the last of `ids` as context and the others as negatives; slopes of the center's row and of theirs."""
        signs = np.full(len(ids), -1.0)
        signs[-1] = 1.0
        vector, rows = self.vectors[center], self.context_vectors[ids]
        margins = signs * (rows @ vector)
        loss = np.logaddexp(0.0, -margins).sum()  # -ln sigma(s) = ln(1 + exp(-s))
        slopes = -signs * np.exp(-np.logaddexp(0.0, margins))  # sigma(-s) = exp(-ln(1 + exp(s)))
        return float(loss), slopes @ rows, slopes[:, np.newaxis] * vector


def _ids(name: str, values: npt.ArrayLike, vocab_size: int | None = None) -> IntArray:
    """`values` as integers (n,), n at least 1, each below vocab_size; `ValueError` for anything else."""
    ids = np.asarray(values)
    if ids.ndim != 1 or ids.size == 0:
        raise ValueError(f"{name} must have shape (n,), n at least 1, got shape {ids.shape}")
    if vocab_size is not None and (ids.min() < 0 or ids.max() >= vocab_size):
        raise ValueError(f"{name} must be from 0 to {vocab_size - 1}, got {ids.min()} to {ids.max()}")
    return ids


def _at_least_one(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"{name} must be at least 1, got {number}")
