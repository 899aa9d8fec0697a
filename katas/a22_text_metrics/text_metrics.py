"""Perplexity, BLEU and ROUGE."""

from __future__ import annotations

from collections.abc import Sequence

import numpy.typing as npt


def perplexity(log_probabilities: npt.ArrayLike) -> float:
    """Return the perplexity of a text: the exponential of the mean surprise of its tokens.

    Args:
        log_probabilities: natural logarithms, none above 0, shape (n,) with n >= 1.

    Raises:
        ValueError: another shape, no elements, or a logarithm above 0.
    """
    raise NotImplementedError


def bleu(candidate: Sequence[str], references: Sequence[Sequence[str]], max_n: int = 4) -> float:
    """Return the BLEU score of one candidate, by n-grams of length 1 to `max_n`, without smoothing.

    Args:
        candidate: tokens, at least one.
        references: lists of tokens, at least one, each with at least one token.
        max_n: the greatest length of n-grams, at least 1.

    Returns:
        The brevity penalty times the geometric mean of the clipped precisions, in [0, 1].

    Raises:
        ValueError: a text without tokens, no references, or `max_n` below 1.
    """
    raise NotImplementedError


def rouge_n(candidate: Sequence[str], reference: Sequence[str], n: int = 1) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the n-grams that two texts have in common.

    Both are lists of tokens, with at least one each.

    Raises:
        ValueError: a text without tokens, or `n` below 1.
    """
    raise NotImplementedError


def rouge_l(candidate: Sequence[str], reference: Sequence[str]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the longest common subsequence of two texts.

    Both are lists of tokens, with at least one each.

    Raises:
        ValueError: a text without tokens.
    """
    raise NotImplementedError
