"""Byte pair encoding and WordPiece: the reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

Pair = tuple[int, int]
BYTES = 256


class BPETokenizer:
    """Byte pair encoding over UTF-8 bytes. `merges` has the pairs in order; number i makes the id 256 + i."""

    merges: list[Pair]

    def __init__(self) -> None:
        self._learn([])

    def train(self, text: str, vocab_size: int) -> BPETokenizer:
        """Learn merges from `text`; return self.

        The most frequent pair is merged, of equally frequent ones the smallest, until there are `vocab_size` ids or no
        pair occurs twice. Raises `ValueError` when vocab_size is below 256.
        """
        if vocab_size < BYTES:
            raise ValueError(f"vocab_size must be at least {BYTES}, got {vocab_size}")
        ids = list(text.encode("utf-8"))
        merges: list[Pair] = []
        while BYTES + len(merges) < vocab_size:
            counts = count_pairs(ids)
            best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
            if best is None or counts[best] < 2:
                break
            ids = merge(ids, best, BYTES + len(merges))
            merges.append(best)
        self._learn(merges)
        return self

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text`; always the earliest merge that is possible comes first."""
        ids = list(text.encode("utf-8"))
        while possible := self._ids.keys() & set(pairwise(ids)):
            first = min(possible, key=self._ids.__getitem__)
            ids = merge(ids, first, self._ids[first])
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of `ids`, U+FFFD for bytes that are not UTF-8; `KeyError` for an unknown id."""
        # Tokens may end within a character, so bytes are joined first and decoded once.
        return b"".join(self._pieces[token] for token in ids).decode("utf-8", errors="replace")

    def _learn(self, merges: list[Pair]) -> None:
        self.merges = merges
        self._ids = {pair: BYTES + rank for rank, pair in enumerate(merges)}
        self._pieces = {byte: bytes([byte]) for byte in range(BYTES)}
        for (left, right), token in self._ids.items():
            self._pieces[token] = self._pieces[left] + self._pieces[right]


def count_pairs(ids: list[int]) -> Counter[Pair]:
    """How often each pair can be replaced: occurrences do not overlap."""
    counts: Counter[Pair] = Counter()
    last = None
    for pair in pairwise(ids):
        if pair == last:  # in aaa the second pair shares an element with the first
            last = None
        else:
            counts[pair] += 1
            last = pair
    return counts


def merge(ids: list[int], pair: Pair, new: int) -> list[int]:
    """`ids` with each occurrence of `pair`, from left to right, replaced by `new`."""
    merged = []
    i = 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


class WordPiece:
    """Greedy longest match from the left; pieces that begin with "##" continue a word."""

    def __init__(self, vocab: Iterable[str], unknown: str = "[UNK]") -> None:
        self.vocab = frozenset(vocab)
        self.unknown = unknown

    def tokenize(self, word: str) -> list[str]:
        """Return the pieces of `word`, or `[unknown]` where no piece fits."""
        pieces: list[str] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if prefix + word[start:end] in self.vocab), None)
            if end is None:
                return [self.unknown]
            pieces.append(prefix + word[start:end])
            start = end
        return pieces
