"""A step by one matrix of labels: equal ids are merged beforehand, with counts, so that nothing is added twice."""

import numpy as np


def _words(tokens, least=1, size=np.inf):
    words = np.atleast_1d(np.asarray(tokens))
    if words.ndim != 1 or len(words) < least:
        raise ValueError(f"expected at least {least} ids in one dimension, got shape {words.shape}")
    if np.any((words < 0) | (words >= size)):
        raise ValueError(f"ids must be below {size} and not negative")
    return words.astype(np.int64)


def skip_gram_pairs(tokens, window):
    if window < 1:
        raise ValueError(f"window is {window}, at least 1 is needed")
    words = np.asarray(tokens)
    if words.ndim != 1 or not words.size:
        raise ValueError(f"tokens have shape {words.shape}")
    place = np.arange(len(words))
    apart = np.abs(place[:, np.newaxis] - place)
    i, j = np.nonzero((apart > 0) & (apart <= window))
    return np.stack([words[i], words[j]], axis=1)


def noise_distribution(counts):
    counts = np.asarray(counts, dtype=np.float64)
    if counts.ndim != 1 or not counts.size or counts.min() < 0 or counts.max() == 0:
        raise ValueError(f"counts must be one-dimensional, not negative, not all zero: {counts}")
    weights = np.sqrt(counts) * np.sqrt(np.sqrt(counts))
    return weights / weights.sum()


class SkipGram:
    def __init__(self, vocab_size, dimension, n_negatives=5, learning_rate=0.05, random_state=None):
        for value in (vocab_size, dimension, n_negatives):
            if value < 1:
                raise ValueError(f"sizes must be positive, got {value}")
        if learning_rate <= 0:
            raise ValueError("the learning rate must be positive")
        self.k, self.rate = n_negatives, learning_rate
        self.rng = np.random.default_rng(random_state)
        self.vectors = self.rng.normal(scale=1 / dimension, size=(vocab_size, dimension))
        self.context_vectors = np.zeros((vocab_size, dimension))

    def _step(self, center, context, negatives):
        rows, times = np.unique(np.append(negatives, context), return_counts=True)
        positive = (rows == context).astype(float)
        v, u = self.vectors[center], self.context_vectors[rows]
        scores = u @ v
        softplus = np.maximum(scores, 0) + np.log1p(np.exp(-np.abs(scores)))
        sigma = 0.5 * (1 + np.tanh(scores / 2))
        slopes = times * sigma - positive
        return float(times @ softplus - positive @ scores), rows, slopes @ u, np.outer(slopes, v)

    def loss_and_gradients(self, center, context, negatives):
        size = len(self.vectors)
        _words([center, context], size=size)
        loss, rows, d_center, d_rows = self._step(center, context, _words(negatives, size=size))
        d_vectors, d_contexts = np.zeros_like(self.vectors), np.zeros_like(self.context_vectors)
        d_vectors[center], d_contexts[rows] = d_center, d_rows
        return loss, d_vectors, d_contexts

    def train(self, tokens, window, epochs):
        if np.ndim(tokens) != 1 or epochs < 1:
            raise ValueError("tokens must be one-dimensional, and epochs at least 1")
        words = _words(tokens, least=2, size=len(self.vectors))
        present, counts = np.unique(words, return_counts=True)
        noise, pairs = noise_distribution(counts), skip_gram_pairs(words, window)
        for _ in range(epochs):
            for p in np.argsort(self.rng.random(len(pairs))):
                center, context = pairs[p]
                negatives = present[self.rng.multinomial(1, noise, size=self.k).argmax(axis=1)]
                _, rows, d_center, d_rows = self._step(center, context, negatives)
                self.vectors[center] -= self.rate * d_center
                self.context_vectors[rows] -= self.rate * d_rows
        return self
