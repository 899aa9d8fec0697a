"""Loops: each token is decided by itself, and each word is a candidate with its cosine."""

import numpy as np


def sigmoid(x):
    if x >= 0:
        return 1 / (1 + np.exp(-x))
    return np.exp(x) / (1 + np.exp(x))


def skip_gram_pairs(tokens, window):
    tokens = np.asarray(tokens)
    if tokens.ndim != 1 or len(tokens) == 0:
        raise ValueError("tokens must be a sequence of at least one id")
    if window < 1:
        raise ValueError("window must be at least 1")
    pairs = []
    for i in range(len(tokens)):
        start, end = max(0, i - window), min(len(tokens), i + window + 1)
        pairs.extend((int(tokens[i]), int(tokens[j])) for j in range(start, end) if i != j)
    return pairs


def noise_distribution(counts):
    counts = np.array(counts, dtype=float)
    if counts.ndim != 1 or len(counts) == 0:
        raise ValueError(f"counts must be 1-D with elements, got shape {counts.shape}")
    if np.any(counts < 0) or counts.sum() == 0:
        raise ValueError("counts must not be negative, nor all zero")
    powers = np.power(counts, 0.75)
    return powers / np.sum(powers)


class SkipGram:
    def __init__(self, vocab_size, dimension, n_negatives=5, learning_rate=0.05, random_state=None):
        if vocab_size < 1 or dimension < 1 or n_negatives < 1 or learning_rate <= 0:
            raise ValueError("vocab_size, dimension and n_negatives must be at least 1, learning_rate above 0")
        self.vocab_size = vocab_size
        self.n_negatives = n_negatives
        self.learning_rate = learning_rate
        self.rng = np.random.default_rng(random_state)
        self.vectors = 0.1 * self.rng.standard_normal((vocab_size, dimension))
        self.context_vectors = 0.1 * self.rng.standard_normal((vocab_size, dimension))

    def _check(self, words):
        for word in words:
            if word < 0 or word >= self.vocab_size:
                raise ValueError(f"there is no word {word}")

    def loss_and_gradients(self, center, context, negatives):
        self._check([center, context, *negatives])
        if len(negatives) == 0:
            raise ValueError("at least one negative is needed")
        loss = 0.0
        d_vectors = np.zeros(self.vectors.shape)
        d_contexts = np.zeros(self.context_vectors.shape)
        v = self.vectors[center]
        for word, label in [(context, 1)] + [(n, 0) for n in negatives]:
            u = self.context_vectors[word]
            score = v @ u
            margin = score if label == 1 else -score
            loss += np.log1p(np.exp(-abs(margin))) + max(-margin, 0.0)
            slope = sigmoid(score) - label
            d_vectors[center] += slope * u
            d_contexts[word] += slope * v
        return float(loss), d_vectors, d_contexts

    def train(self, tokens, window, epochs):
        pairs = skip_gram_pairs(tokens, window)
        tokens = np.asarray(tokens)
        self._check(tokens.tolist())
        if epochs < 1 or len(pairs) == 0:
            raise ValueError("at least two tokens and one epoch are needed")
        probabilities = noise_distribution([np.sum(tokens == word) for word in range(self.vocab_size)])
        cumulative = np.cumsum(probabilities)
        cumulative /= cumulative[-1]
        for _ in range(epochs):
            self.rng.shuffle(pairs)
            for center, context in pairs:
                negatives = np.searchsorted(cumulative, self.rng.random(self.n_negatives), side="right")
                _, d_vectors, d_contexts = self.loss_and_gradients(center, context, negatives.tolist())
                self.vectors -= self.learning_rate * d_vectors
                self.context_vectors -= self.learning_rate * d_contexts
        return self


def keep_probabilities(counts, threshold=1e-3):
    noise_distribution(counts)  # the same errors
    if threshold <= 0:
        raise ValueError("threshold must be positive")
    total = float(np.sum(np.asarray(counts, dtype=float)))
    counts = np.asarray(counts, dtype=float).tolist()
    return np.array([1.0 if count == 0 else min(1.0, float(np.sqrt(threshold * total / count))) for count in counts])


def subsample(tokens, counts, uniforms, threshold=1e-3):
    keep = keep_probabilities(counts, threshold)
    tokens = np.asarray(tokens)
    if tokens.ndim != 1 or len(tokens) == 0 or np.shape(uniforms) != tokens.shape:
        raise ValueError("tokens and uniforms must be of one length, at least 1")
    if min(tokens) < 0 or max(tokens) >= len(keep):
        raise ValueError("tokens must be ids of words with counts")
    kept = [int(token) for token, uniform in zip(tokens, uniforms, strict=True) if uniform < keep[token]]
    return np.array(kept, dtype=int)


def analogy(vectors, a, b, c, k=1):
    vectors = np.array(vectors, dtype=float)
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise ValueError(f"vectors must be (V, d), got {vectors.shape}")
    if min(a, b, c) < 0 or max(a, b, c) >= len(vectors):
        raise ValueError("a, b and c must be ids of words")
    for i in range(len(vectors)):
        length = np.sqrt(np.sum(vectors[i] ** 2))
        if length > 0:
            vectors[i] = vectors[i] / length
    query = vectors[b] - vectors[a] + vectors[c]
    length = np.sqrt(np.sum(query**2)) or 1.0
    candidates = [(-float(vectors[i] @ query) / length, i) for i in range(len(vectors)) if i not in (a, b, c)]
    if k < 1 or k > len(candidates):
        raise ValueError(f"k must be 1 to {len(candidates)}")
    return np.array([i for _, i in sorted(candidates)[:k]])
