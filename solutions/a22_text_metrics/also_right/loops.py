"""Dicts, loops and a full table, as from-scratch repositories write it."""

import math


def perplexity(log_probabilities):
    try:
        logs = [float(x) for x in log_probabilities]
    except TypeError as error:
        raise ValueError("log_probabilities must be one-dimensional") from error
    if not logs or max(logs) > 0:
        raise ValueError("need at least one log-probability, none above 0")
    return math.exp(-sum(logs) / len(logs))


def count_ngrams(tokens, n):
    counts = {}
    for i in range(len(tokens) - n + 1):
        ngram = tuple(tokens[i : i + n])
        counts[ngram] = counts.get(ngram, 0) + 1
    return counts


def bleu(candidate, references, max_n=4):
    if max_n < 1:
        raise ValueError("max_n must be at least 1")
    if not candidate or not references or not all(references):
        raise ValueError("empty text")
    precisions = []
    for n in range(1, max_n + 1):
        candidate_counts = count_ngrams(candidate, n)
        reference_counts = [count_ngrams(reference, n) for reference in references]
        clipped = 0
        for ngram, count in candidate_counts.items():
            clipped += min(count, max(counts.get(ngram, 0) for counts in reference_counts))
        total = sum(candidate_counts.values())
        precisions.append(clipped / total if total > 0 else 0.0)
    if min(precisions) == 0:
        return 0.0
    c = len(candidate)
    r = len(references[0])
    for reference in references:
        length = len(reference)
        if abs(length - c) < abs(r - c) or (abs(length - c) == abs(r - c) and length < r):
            r = length
    brevity_penalty = 1.0 if c > r else math.exp(1 - r / c)
    geometric_mean = 1.0
    for p in precisions:
        geometric_mean *= p ** (1 / max_n)
    return brevity_penalty * geometric_mean


def f1_score(precision, recall):
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def rouge_n(candidate, reference, n=1):
    if n < 1 or len(candidate) == 0 or len(reference) == 0:
        raise ValueError("need n >= 1 and two texts with tokens")
    candidate_counts, reference_counts = count_ngrams(candidate, n), count_ngrams(reference, n)
    overlap = 0
    for ngram in candidate_counts:
        if ngram in reference_counts:
            overlap += min(candidate_counts[ngram], reference_counts[ngram])
    precision = overlap / max(1, len(candidate) - n + 1)
    recall = overlap / max(1, len(reference) - n + 1)
    return precision, recall, f1_score(precision, recall)


def rouge_l(candidate, reference):
    m, n = len(candidate), len(reference)
    if m == 0 or n == 0:
        raise ValueError("need two texts with tokens")
    table = [[0] * (n + 1) for _ in range(m + 1)]
    for i in range(1, m + 1):
        for j in range(1, n + 1):
            if candidate[i - 1] == reference[j - 1]:
                table[i][j] = table[i - 1][j - 1] + 1
            else:
                table[i][j] = max(table[i - 1][j], table[i][j - 1])
    precision, recall = table[m][n] / m, table[m][n] / n
    return precision, recall, f1_score(precision, recall)
