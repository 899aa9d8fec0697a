"""Perplexity, BLEU and ROUGE: the reference."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def perplexity(log_probabilities: npt.ArrayLike) -> float:
    """Return exp of minus the mean of natural log-probabilities, shape (n,) with n >= 1, none above 0."""
    logs = np.asarray(log_probabilities, dtype=np.float64)
    if logs.ndim != 1 or logs.size == 0:
        raise ValueError(f"log_probabilities must have shape (n,), n at least 1, got shape {logs.shape}")
    if np.any(logs > 0):
        raise ValueError(f"log_probabilities must be at most 0, got {logs.max()}")
    return float(np.exp(-np.mean(logs)))


def bleu(candidate: Sequence[str], references: Sequence[Sequence[str]], max_n: int = 4) -> float:
    """Return BLEU (Papineni et al., 2002) of one candidate: clipped precisions, no smoothing, in [0, 1].

    Raises `ValueError` for a text without tokens, no references, or `max_n` below 1.
    """
    _check_length("max_n", max_n)
    if len(references) == 0:
        raise ValueError("references must have at least one text, got none")
    _check_texts([candidate, *references])
    log_precisions = 0.0
    for n in range(1, max_n + 1):
        counts = _ngrams(candidate, n)
        most: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            most |= _ngrams(reference, n)
        matches = (counts & most).total()
        if matches == 0:
            return 0.0
        log_precisions += math.log(matches / counts.total())
    length = len(candidate)
    closest = min((abs(len(reference) - length), len(reference)) for reference in references)[1]
    return math.exp(min(0.0, 1 - closest / length) + log_precisions / max_n)


def rouge_n(candidate: Sequence[str], reference: Sequence[str], n: int = 1) -> tuple[float, float, float]:
    """Return precision, recall and F1 of common n-grams; `ValueError` for a text without tokens or `n` below 1."""
    _check_length("n", n)
    _check_texts([candidate, reference])
    ours, theirs = _ngrams(candidate, n), _ngrams(reference, n)
    return _scores((ours & theirs).total(), ours.total(), theirs.total())


def rouge_l(candidate: Sequence[str], reference: Sequence[str]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the longest common subsequence; `ValueError` for a text without tokens."""
    _check_texts([candidate, reference])
    # row[j]: the longest common subsequence of the tokens so far and reference[:j]
    row = [0] * (len(reference) + 1)
    for token in candidate:
        above = row.copy()
        for j, other in enumerate(reference, start=1):
            row[j] = above[j - 1] + 1 if token == other else max(above[j], row[j - 1])
    return _scores(row[-1], len(candidate), len(reference))


def _ngrams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    """How often each run of n tokens occurs."""
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def _scores(common: int, ours: int, theirs: int) -> tuple[float, float, float]:
    """Precision, recall and F1; 0.0 where a denominator is 0."""
    return _ratio(common, ours), _ratio(common, theirs), _ratio(2 * common, ours + theirs)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _check_length(name: str, n: int) -> None:
    if n < 1:
        raise ValueError(f"{name} must be at least 1, got {n}")


def _check_texts(texts: Sequence[Sequence[str]]) -> None:
    if any(len(text) == 0 for text in texts):
        raise ValueError(f"texts must have at least one token, got {texts}")
