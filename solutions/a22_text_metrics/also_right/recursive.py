"""N-grams by zip, matches removed from lists, and the subsequence by recursion with a memory."""

from functools import cache
from math import prod

import numpy as np


def perplexity(log_probabilities):
    logs = np.array(log_probabilities, dtype=np.float64)
    if logs.ndim != 1 or not len(logs):
        raise ValueError(f"expected a vector of log-probabilities, got {logs.shape}")
    if logs.max() > 0:
        raise ValueError("a log-probability above 0 is no log-probability")
    return np.exp(-logs.sum() / len(logs))


def ngrams(tokens, n):
    return list(zip(*(tokens[start:] for start in range(n)), strict=False))


def overlap(ours, theirs):
    rest = list(theirs)
    for ngram in ours:
        if ngram in rest:
            rest.remove(ngram)
    return len(theirs) - len(rest)


def bleu(candidate, references, max_n=4):
    check(candidate, *references, n=max_n)
    if not references:
        raise ValueError("no references")
    precisions = []
    for n in range(1, max_n + 1):
        ours = ngrams(candidate, n)
        theirs = [ngrams(reference, n) for reference in references]
        matches = sum(min(ours.count(g), max(t.count(g) for t in theirs)) for g in set(ours))
        precisions.append(matches / len(ours) if ours else 0)
    closest = sorted(map(len, references), key=lambda length: (abs(length - len(candidate)), length))[0]
    return float(min(1, np.exp(1 - closest / len(candidate))) * prod(precisions) ** (1 / max_n))


def rouge_n(candidate, reference, n=1):
    check(candidate, reference, n=n)
    ours, theirs = ngrams(candidate, n), ngrams(reference, n)
    return scores(overlap(ours, theirs), len(ours), len(theirs))


def rouge_l(candidate, reference):
    check(candidate, reference)

    @cache
    def longest(i, j):
        if i == 0 or j == 0:
            return 0
        if candidate[i - 1] == reference[j - 1]:
            return longest(i - 1, j - 1) + 1
        return max(longest(i - 1, j), longest(i, j - 1))

    return scores(longest(len(candidate), len(reference)), len(candidate), len(reference))


def scores(common, ours, theirs):
    if common == 0:
        return 0.0, 0.0, 0.0
    p, r = common / ours, common / theirs
    return p, r, 2 / (1 / p + 1 / r)


def check(*texts, n=1):
    if n < 1:
        raise ValueError(f"n-grams of length {n}")
    for text in texts:
        if not text:
            raise ValueError("a text is empty")
