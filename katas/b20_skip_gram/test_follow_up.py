"""Follow-up of B20: frequent words thrown away by given uniforms, and analogies that do not answer with the question."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skip_gram as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import call
from harness.suite.strategies import Float64Array, seeds

MAN_KING_WOMAN_QUEEN_APPLE = np.array([[1.0, 0], [2, 1], [-1, 0], [-1, 1], [0, -1]])


def keep(counts: npt.ArrayLike, threshold: float) -> Float64Array:
    """The definition, word by word."""
    total = float(np.sum(np.asarray(counts, dtype=float)))
    shares = [float(count) / total for count in np.asarray(counts).tolist()]
    return np.array([1.0 if f == 0 else min(1.0, (threshold / f) ** 0.5) for f in shares])


def check_keep(counts: npt.ArrayLike, threshold: float | None = None) -> None:
    """Hold the probabilities to the definition."""
    __tracebackhide__ = True
    t, more, numbers = threshold or 1e-3, () if threshold is None else (threshold,), np.asarray(counts, dtype=float)
    f = np.maximum(numbers / numbers.sum(), 1e-300)
    mistakes = {
        "the probability of throwing away: keep with min(1, sqrt(t / f))": lambda: 1 - keep(counts, t),
        "not limited to 1": lambda: np.sqrt(t / f),
        "t / f without its root": np.minimum(1, t / f),
        "f is a share: divide the count by the sum of all": np.minimum(1, np.sqrt(t / np.maximum(numbers, 1e-300))),
        "sqrt(f / t), turned round": np.minimum(1, np.sqrt(f / t)),
        "the formula of word2vec's code, (sqrt(f / t) + 1) t / f": np.minimum(1, (np.sqrt(f / t) + 1) * t / f),
        "a word that never occurs has probability 1": np.where(numbers == 0, 0.0, keep(counts, t)),
    }
    hint = "min(1, sqrt(threshold / share)), and 1 for a share of 0; the threshold is 1e-3 by default"
    got = kata.keep_probabilities(counts, *more)
    check.close(got, keep(counts, t), asked=call("keep_probabilities", counts, *more), mistakes=mistakes, hint=hint)


def check_subsample(tokens: list[int], counts: list[int], uniforms: Any, threshold: float | None = None) -> None:
    """Hold the words that are kept to their uniforms."""
    __tracebackhide__ = True
    more, p = () if threshold is None else (threshold,), keep(counts, threshold or 1e-3)
    here = keep(np.bincount(tokens, minlength=len(counts)), threshold or 1e-3)
    pairs = list(zip(tokens, uniforms, strict=True))
    want = np.array([token for token, u in pairs if u < p[token]], dtype=int)
    mistakes = {
        "the words that should go are kept": np.array([token for token, u in pairs if u >= p[token]], dtype=int),
        "a uniform that equals the probability throws the word away: less, not at most": np.array(
            [token for token, u in pairs if u <= p[token]], dtype=int
        ),
        "each word once, sorted: keep order and repetitions": np.unique(want),
        "positions, not ids": np.array([i for i, (token, u) in enumerate(pairs) if u < p[token]], dtype=int),
        "a uniform for each word of the vocabulary: one for each token": lambda: np.array(
            [token for token in tokens if uniforms[token] < p[token]], dtype=int
        ),
        "shares of this text: counts are those of the corpus": np.array(
            [t for t, u in pairs if u < here[t]], dtype=int
        ),
    }
    asked = call("subsample", tokens, counts, uniforms, *more)
    got = kata.subsample([*tokens], [*counts], [*uniforms], *more)
    check.true(np.asarray(got).dtype.kind in "iu", asked=asked, came=got, expected="an array of integers")
    check.equal(np.asarray(got), want, asked=asked, mistakes=mistakes, hint=f"words are kept with {p}")


def check_analogy(vectors: npt.ArrayLike, words: tuple[int, int, int], k: int | None = None, hint: str = "") -> None:
    """Hold the best words to their cosines."""
    __tracebackhide__ = True
    (a, b, c), table = words, np.array(vectors, dtype=np.float64)
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    units = np.divide(table, lengths, out=np.zeros_like(table), where=lengths > 0)

    def best(scores: Float64Array, left_out: Any = words) -> npt.NDArray[np.int_]:
        order = np.lexsort([np.arange(len(table)), -scores.round(12)])
        return order[~np.isin(order, list(left_out))][: k or 1]

    query = units[b] - units[a] + units[c]
    mistakes = {
        "a, b or c is the answer: leave all three out": best(units @ query, ()),
        "only c is left out: a and b are never the answer either": best(units @ query, (c,)),
        "the question is turned round: it is b - a + c": best(units @ (units[a] - units[b] + units[c])),
        "vectors as long as they are: each counts at length 1 in the query": best(units @ (table[b] - table[a] + table[c])),
        "dot products, not cosines: the candidates count at length 1, too": best(table @ query),
        "Euclidean distance of the vectors as they are: take the cosine": best(
            -np.linalg.norm(table - (table[b] - table[a] + table[c]), axis=1)
        ),
    }  # fmt: skip
    more = () if k is None else (k,)
    asked, got = call("analogy", vectors, *words, *more), kata.analogy(table.copy(), *words, *more)
    check.equal(np.asarray(got), best(units @ query), asked=asked, mistakes=mistakes, hint=hint)


@pytest.mark.example
def test_worked_examples() -> None:
    check_keep([90, 9, 1], 0.01)
    check_subsample([0, 1, 0, 2], [90, 9, 1], [0.5, 0.3, 0.1, 0.9], 0.01)
    check_analogy(MAN_KING_WOMAN_QUEEN_APPLE, (0, 1, 2))


@pytest.mark.law
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any), st.sampled_from([None, 1e-5, 0.1, 2.0]))
def test_frequent_words_are_kept_by_the_root_of_their_share(counts: list[int], threshold: float | None) -> None:
    check_keep(counts, threshold)


@pytest.mark.law
@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), seeds(), st.sampled_from([None, 1e-4, 0.05]))
def test_each_token_is_decided_by_its_own_uniform(tokens: list[int], seed: int, threshold: float | None) -> None:
    uniforms = np.random.default_rng(seed).random(len(tokens)) * (1.0 if threshold else 0.2)
    check_subsample(tokens, [9000, 900, 90, 10], uniforms.round(6).tolist(), threshold)


@pytest.mark.law
@given(seeds(), st.integers(4, 9), st.integers(1, 4), st.sampled_from([None, 1, 2]))
def test_analogies_are_ranked_by_cosine(seed: int, V: int, d: int, k: int | None) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(V, d + 1)) * 10.0 ** rng.uniform(-2, 2, size=(V, 1))
    a, b, c = rng.integers(0, V, size=3).tolist() if V > 5 else (0, 1, 1)
    check_analogy(vectors, (a, b, c), k)


@pytest.mark.edge
def test_uniforms_that_equal_the_probability_and_texts_that_vanish() -> None:
    check_subsample([0, 1, 0], [4, 0], [0.5, 0.999, 0.4999], 0.25)
    check_subsample([0, 0], [4, 0], [0.9, 0.6], 0.25)


@pytest.mark.edge
def test_equal_words_come_by_id_and_zeros_have_no_direction() -> None:
    same = np.array([[0.0, 1], [1, 0], [0, 1], [2, 0], [1, 0], [0, 0], [-1, 0]])
    hint = "of equal cosines the lower id is first; zeros have the cosine 0"
    check_analogy(same, (0, 1, 2), 4, hint=hint)
    check_analogy(np.tile(np.eye(2), (40, 1)), (0, 1, 2), 60, hint=hint)


KEEP: Any = [([], 1e-3), ([0, 0], 1e-3), ([1, -1], 1e-3), ([1], 0.0)]
SAMPLES: Any = [([], [1], []), ([0, 2], [1, 1], [0, 0]), ([0, -1], [1, 1], [0, 0]), ([0], [1], [0, 0])]
ANALOGIES: Any = [(5, 0, 1, 1), (0, -1, 1, 1), (0, 1, 2, 0), (0, 1, 2, 3), (0, 0, 0, 5)]
SHAPES: Any = [(shape, 0, 1, 2) for shape in [(5,), (5, 0), (0, 5), (5, 2, 2)]]


@pytest.mark.edge
@pytest.mark.parametrize("bad", [*KEEP, *SAMPLES, *ANALOGIES, *SHAPES], ids=str)
def test_wrong_arguments_are_an_error(bad: Any) -> None:
    name = "keep_probabilities" if bad in KEEP else "subsample" if bad in SAMPLES else "analogy"
    arguments = (MAN_KING_WOMAN_QUEEN_APPLE.copy(), *bad) if bad in ANALOGIES else bad
    arguments = (np.ones(bad[0]), *bad[1:]) if bad in SHAPES else arguments
    because = "one of: an id, k or a threshold is out of range, lengths differ, or there is nothing in it"
    check.raises(ValueError, partial(getattr(kata, name), *arguments), asked=call(name, *arguments), because=because)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    tokens, counts, uniforms, vectors = np.array([0, 1]), np.array([3.0, 1]), np.array([0.1, 0.9]), np.eye(4) * 2
    with check.untouched(asked="all three", tokens=tokens, counts=counts, uniforms=uniforms, vectors=vectors):
        kata.subsample(tokens, counts, uniforms)
        kata.analogy(vectors, 0, 1, 2)
