"""Suite of A22: perplexity, BLEU and ROUGE against plain loops, and the shortcuts that give other numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import text_metrics as kata
from hypothesis import example, given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, vectors

Tokens = list[str]
Counts = tuple[int, int, int]
Matched = Callable[[list[Any], list[list[Any]]], int]
TEXTS = st.lists(st.sampled_from(["a", "ab", "the", "The"]), min_size=1, max_size=8)
MAT, SAT = map(str.split, ("the cat is on the mat", "the cat sat by the mat"))
WAS, NOW = map(str.split, ("there was a cat that sat on the mat", "the cat is on the mat now"))


def ngrams(tokens: Tokens, n: int) -> list[tuple[str, ...]]:
    """All n-grams, in order, repeated as they are."""
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def clipped(ours: list[Any], theirs: list[list[Any]]) -> int:
    """How many of our n-grams are matched, each as often as in the one text that has it most often."""
    return sum(min(ours.count(gram), max(text.count(gram) for text in theirs)) for gram in set(ours))


def unclipped(ours: list[Any], theirs: list[list[Any]]) -> int:
    """How many of our n-grams occur in any text."""
    return sum(any(gram in text for text in theirs) for gram in ours)


def summed(ours: list[Any], theirs: list[list[Any]]) -> int:
    """How many are matched, each as often as in all texts together."""
    return clipped(ours, [[gram for text in theirs for gram in text]])


def precisions(candidate: Tokens, references: list[Tokens], max_n: int, matched: Matched = clipped) -> list[float]:
    """The share of n-grams that are matched, for each length; 0 without n-grams."""
    lists = [(ngrams(candidate, n), [ngrams(text, n) for text in references]) for n in range(1, max_n + 1)]
    return [matched(ours, theirs) / max(len(ours), 1) for ours, theirs in lists]


def closest(c: int, references: list[Tokens]) -> int:
    """The length of the closest reference, of two the shorter."""
    return min(map(len, references), key=lambda length: (abs(length - c), length))


def loop_bleu(candidate: Tokens, references: list[Tokens], max_n: int, matched: Matched = clipped) -> float:
    """The definition."""
    c, shares = len(candidate), precisions(candidate, references, max_n, matched)
    return math.exp(min(0, 1 - closest(c, references) / c)) * math.prod(shares) ** (1 / max_n)


def bleu_mistakes(candidate: Tokens, references: list[Tokens], max_n: int) -> Mistakes:
    """What the usual mistakes give for BLEU."""
    c, lengths, r = len(candidate), [len(text) for text in references], closest(len(candidate), references)
    bleu, shares = partial(loop_bleu, candidate, references, max_n), precisions(candidate, references, max_n)
    mean, longer = math.prod(shares) ** (1 / max_n), max(length for length in lengths if abs(length - c) == abs(r - c))
    right, *wrong = (min(1, math.exp(1 - x / c)) for x in (r, min(lengths), lengths[0], longer, c * c / r))
    return {
        "the counts are not clipped: an n-gram is matched as often as in one reference": partial(bleu, unclipped),
        "clipped by the sum over the references: by the one that has it most often": partial(bleu, summed),
        "one reference at a time: any of them may match": max(loop_bleu(candidate, [t], max_n) for t in references),
        "the arithmetic mean of the precisions: it is the geometric one": right * sum(shares) / max_n,
        "the product of the precisions: take the root": right * math.prod(shares),
        "penalty by the shortest reference: by the closest in length": mean * wrong[0],
        "penalty by the first reference: by the closest in length": mean * wrong[1],
        "penalty by the longer of two equally close: by the shorter": mean * wrong[2],
        "the exponent is 1 - c / r: it is 1 - r / c": mean * wrong[3],
        "the brevity penalty is missing": mean,
        "the brevity penalty is c / r: it is exp(1 - r / c)": mean * min(1, c / r),
        "longer candidates are rewarded: the penalty is at most 1": mean * math.exp(1 - r / c),
    }


def check_bleu(candidate: Tokens, references: list[Tokens], max_n: int, *, hint: str = "") -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    asked, because = call("bleu", candidate, references, max_n), "all texts have tokens; without n-grams it is 0.0"
    got = check.accepts(partial(kata.bleu, candidate, references, max_n), asked=asked, because=because)
    hint = hint or f"no smoothing, tokens as they are: the precisions are {precisions(candidate, references, max_n)}"
    mistakes = bleu_mistakes(candidate, references, max_n)
    check.close(got, loop_bleu(candidate, references, max_n), asked=asked, mistakes=mistakes, hint=hint)


def scores(common: int, ours: int, theirs: int) -> tuple[float, float, float]:
    """Precision, recall and F1 of so many in common; 0 where undefined."""
    return common / max(ours, 1), common / max(theirs, 1), 2 * common / max(ours + theirs, 1)


def check_rouge(name: str, arguments: tuple[Any, ...], counts: Counts, mistakes: dict[str, Counts]) -> None:
    """Hold the subject to the scores of what is in common; mistakes of F1 are the same for both functions."""
    __tracebackhide__ = True
    asked, because, (p, r, f1) = call(name, *arguments), "both texts have tokens; 0 / 0 is 0.0", scores(*counts)
    known = {mistake: scores(*counted) for mistake, counted in mistakes.items()} | {
        "precision and recall are swapped: precision is the share of the candidate's": (r, p, f1),
        "F1 is the arithmetic mean: it is the harmonic one": (p, r, (p + r) / 2),
        "F1 without its factor 2": (p, r, f1 / 2),
        "NaN for 0 / 0: it is 0.0": (math.nan, math.nan, math.nan),
    }
    got = check.accepts(partial(getattr(kata, name), *arguments), asked=asked, because=because)
    hint = "compare tokens as they are: {} in common, of the candidate's {} and the reference's {}".format(*counts)
    check.close(got, (p, r, f1), asked=asked, mistakes=known, hint=hint)


def check_rouge_n(candidate: Tokens, reference: Tokens, n: int) -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    ours, theirs = ngrams(candidate, n), ngrams(reference, n)
    one, other, common = set(ours), set(theirs), clipped(ours, [theirs])
    mistakes = {
        "not clipped: each counts as often as in both texts": (unclipped(ours, [theirs]), len(ours), len(theirs)),
        "distinct n-grams: each counts as often as in both texts": (len(one & other), len(one), len(other)),
        "over the tokens: m tokens have m - n + 1 n-grams": (common, len(candidate), len(reference)),
    }
    check_rouge("rouge_n", (candidate, reference, n), (common, len(ours), len(theirs)), mistakes)


def lcs(a: Tokens, b: Tokens, *, adjacent: bool = False) -> int:
    """Length of the longest common subsequence, or substring, from the table of prefixes."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, token in enumerate(a):
        for j, other in enumerate(b):
            skip = 0 if adjacent else max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if token == other else skip
    return max(map(max, table))


def check_rouge_l(candidate: Tokens, reference: Tokens) -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    sizes, common = (len(candidate), len(reference)), lcs(candidate, reference)
    mistakes = {
        "a substring: a subsequence need not be adjacent": (lcs(candidate, reference, adjacent=True), *sizes),
        "tokens in any order: a subsequence keeps the order": (clipped(candidate, [reference]), *sizes),
    }
    check_rouge("rouge_l", (candidate, reference), (common, *sizes), mistakes)


def check_perplexity(logs: Float64Array) -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    mean, asked, hint = math.fsum(logs) / len(logs), call("perplexity", logs), "exp(-mean), in float64"
    mistakes: Mistakes = {
        "2 to the mean: these are natural logarithms, so the base is e": 2.0**-mean,
        "the cross-entropy: take its exponential": -mean,
        "the minus is missing: the perplexity is at least 1": math.exp(mean),
        "1 over the arithmetic mean of p: over the geometric one": lambda: 1 / np.mean(np.exp(logs)),
        "1 over the product, without the n-th root: divide by the number of tokens": lambda: np.exp(-logs.sum()),
        "the product of probabilities underflows to 0: stay with logarithms": math.inf,
    }
    check.close(kata.perplexity(logs), math.exp(-mean), asked=asked, mistakes=mistakes, hint=hint)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_perplexity() -> None:
    check_perplexity(np.log([0.5, 0.25, 0.125]))
    check_perplexity(np.log([0.1, 0.9, 0.9, 0.6]))


@pytest.mark.example
def test_worked_example_of_bleu() -> None:
    check_bleu(SAT, [WAS, NOW], 2)


@pytest.mark.example
def test_bleu_clips_counts_by_the_reference_that_has_most() -> None:
    check_bleu(["the"] * 7, [MAT, NOW[1:]], 1)
    check_bleu(["a", "a"], [["a", "b"], ["a", "c"]], 1)


@pytest.mark.example
def test_bleu_goes_up_to_4_tokens_by_default() -> None:
    candidate, reference = list("abcdex"), list("abcdey")
    mistakes = {f"n-grams of up to {n} tokens: max_n is 4": loop_bleu(candidate, [reference], n) for n in (1, 2, 3, 5)}
    asked = call("bleu", candidate, [reference])
    check.close(kata.bleu(candidate, [reference]), loop_bleu(candidate, [reference], 4), asked=asked, mistakes=mistakes)


@pytest.mark.example
def test_worked_examples_of_rouge_n() -> None:
    check_rouge_n(["the", "the", "cat"], MAT, 2)
    check_rouge_n(["the", "the", "the", "Mat", "Cat"], MAT, 1)
    check.close(kata.rouge_n(SAT, NOW), scores(4, 6, 7), asked=call("rouge_n", SAT, NOW), hint="n is 1 by default")


@pytest.mark.example
def test_worked_example_of_rouge_l() -> None:
    check_rouge_l(["d", "a", "b", "x", "c"], ["a", "b", "c", "y", "d", "e"])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(vectors(max_size=8, bound=20.0))
def test_perplexity_is_the_exponential_of_the_mean_surprise(logs: Float64Array) -> None:
    check_perplexity(-np.abs(logs))


@pytest.mark.law
@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3), st.integers(1, 3))
@example(["ab", "c", "d"], [["a", "bc", "d"]], 2)
def test_bleu_equals_the_definition(candidate: Tokens, references: list[Tokens], max_n: int) -> None:
    check_bleu(candidate, references, max_n)


@pytest.mark.law
@given(TEXTS, TEXTS, st.integers(1, 3))
@example(["ab", "c"], ["a", "bc"], 2)
def test_rouge_n_equals_the_definition(candidate: Tokens, reference: Tokens, n: int) -> None:
    check_rouge_n(candidate, reference, n)


@pytest.mark.law
@given(TEXTS, TEXTS)
def test_rouge_l_equals_the_definition(candidate: Tokens, reference: Tokens) -> None:
    check_rouge_l(candidate, reference)


# --- edges -----------------------------------------------------------------------------------------------------------

A, LONG = ["a", "b", "c", "d"], ["a", "b", "c", "d", "e", "f"]
LENGTHS: dict[str, list[Tokens]] = {
    "the closest is not the shortest": [LONG, ["a"]],
    "of two equally close the shorter, first": [["a", "b"], list("dcefef")],
    "of two equally close the shorter, last": [list("dcefef"), ["a", "b"]],
    "the candidate is longer": [["a", "b", "c"]],
}


@pytest.mark.edge
@pytest.mark.parametrize("case", LENGTHS)
def test_the_brevity_penalty_takes_the_closest_length(case: str) -> None:
    check_bleu(A, LENGTHS[case], 1, hint=case)


@pytest.mark.edge
@pytest.mark.parametrize(("candidate", "reference"), [(["a"], ["a"]), (["a"], A), (A, ["b"]), (["x", "y"], A)])
def test_scores_are_0_without_ngrams_or_matches(candidate: Tokens, reference: Tokens) -> None:
    check_rouge_n(candidate, reference, 2)
    check_rouge_l(candidate, reference)
    check_bleu(candidate, [reference], 2, hint="there is no smoothing: a precision of 0 makes the product 0")


@pytest.mark.edge
def test_long_texts_and_float32_keep_their_digits() -> None:
    check_perplexity(np.log(np.linspace(0.01, 0.5, 2000)))
    check_perplexity(np.log([0.5, 0.3, 0.1]).astype(np.float32))
    rng = np.random.default_rng(22)
    check_rouge_l(*(rng.choice(["a", "b", "c", "d", "e"], size=150).tolist() for _ in range(2)))


REFUSED: dict[str, tuple[str, tuple[Any, ...]]] = {
    "there are no log-probabilities": ("perplexity", ([],)),
    "log-probabilities have shape (1, 2)": ("perplexity", ([[-1.0, -2.0]],)),
    "log-probabilities have no axis": ("perplexity", (-1.0,)),
    "one number is no logarithm, but a probability": ("perplexity", ([-1.0, 0.5, -3.0],)),
    "the candidate of bleu has no tokens": ("bleu", ([], [A])),
    "bleu has no references": ("bleu", (A, [])),
    "one reference has no tokens": ("bleu", (A, [A, []])),
    "max_n is 0": ("bleu", (A, [A], 0)),
    "the candidate of rouge_n has no tokens": ("rouge_n", ([], A)),
    "the reference of rouge_n has no tokens": ("rouge_n", (A, [])),
    "n is 0": ("rouge_n", (A, A, 0)),
    "the candidate of rouge_l has no tokens": ("rouge_l", ([], A)),
    "the reference of rouge_l has no tokens": ("rouge_l", (A, [])),
}


@pytest.mark.edge
@pytest.mark.parametrize("because", REFUSED)
def test_what_cannot_be_scored_is_an_error(because: str) -> None:
    name, arguments = REFUSED[because]
    thunk, hint = partial(getattr(kata, name), *arguments), "check the arguments before you count"
    check.raises(ValueError, thunk, asked=call(name, *arguments), because=because, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    logs, candidate, references = np.log([0.5, 0.25]), SAT.copy(), [text.copy() for text in [WAS, NOW]]
    with check.untouched(asked="the four functions", logs=logs, candidate=candidate, references=references):
        kata.perplexity(logs)
        kata.bleu(candidate, references)
        kata.rouge_n(candidate, references[0], 2)
        kata.rouge_l(candidate, references[0])
