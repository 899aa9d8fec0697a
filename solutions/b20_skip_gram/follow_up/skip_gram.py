"""Skip-gram with negative sampling, subsampling and analogies: the reference of the follow-up."""

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
    weights = _counts(counts) ** 0.75
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


def keep_probabilities(counts: npt.ArrayLike, threshold: float = 1e-3) -> Float64Array:
    """Return min(1, sqrt(threshold / share)) for each word of `counts` (V,), 1 for a word that never occurs.

    Raises `ValueError` for counts as in `noise_distribution`, and for a threshold that is not above 0.
    """
    if not threshold > 0:
        raise ValueError(f"threshold must be above 0, got {threshold}")
    numbers = _counts(counts)
    shares = numbers / numbers.sum()
    # A share of at most the threshold has probability 1, 0 included: nothing is divided by 0.
    return np.asarray(np.sqrt(threshold / np.maximum(shares, threshold)))


def subsample(
    tokens: npt.ArrayLike, counts: npt.ArrayLike, uniforms: npt.ArrayLike, threshold: float = 1e-3
) -> IntArray:
    """Return the ids of `tokens` (n,) whose uniform (n,) is less than the keep probability of the word, in order.

    Raises `ValueError` for no tokens, ids outside the counts, other lengths, and as `keep_probabilities`.
    """
    keep = keep_probabilities(counts, threshold)
    words, draws = _ids("tokens", tokens, len(keep)), np.asarray(uniforms, dtype=np.float64)
    if draws.shape != words.shape:
        raise ValueError(f"uniforms must have shape {words.shape}, as tokens, got shape {draws.shape}")
    return words[draws < keep[words]]


def analogy(vectors: npt.ArrayLike, a: int, b: int, c: int, k: int = 1) -> IntArray:
    """Return the k words that are to c what b is to a: the largest cosines with b - a + c, each at length 1.

    a, b and c are never among them; of equal cosines the lower id is first. Raises `ValueError` for ids or k out of range.
    """
    table = np.asarray(vectors, dtype=np.float64)
    if table.ndim != 2 or table.size == 0:
        raise ValueError(f"vectors must have shape (V, d), no axis of length zero, got shape {table.shape}")
    _ids("a, b and c", [a, b, c], len(table))
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    units = table / np.where(lengths > 0, lengths, 1.0)
    scores = units @ (units[b] - units[a] + units[c])
    others = np.setdiff1d(np.arange(len(table)), [a, b, c])
    if not 1 <= k <= len(others):
        raise ValueError(f"k must be from 1 to {len(others)}, got {k}")
    return others[np.argsort(-scores[others], kind="stable")[:k]]


def _counts(counts: npt.ArrayLike) -> Float64Array:
    """`counts` as float64 (V,); `ValueError` when they are not 1-D, empty, negative or all zero."""
    numbers = np.asarray(counts, dtype=np.float64)
    if numbers.ndim != 1 or numbers.size == 0 or (numbers < 0).any() or not numbers.any():
        raise ValueError(f"counts must be of shape (V,), not negative and not all zero, got {numbers}")
    return numbers
