"""Byte pair encoding, and WordPiece."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class BPETokenizer:
    """Byte pair encoding over UTF-8 bytes; before `train` a token is a byte.

    Attributes:
        merges: pairs of ids (left, right) in the order in which they were learned; number i makes the id 256 + i.
    """

    merges: list[tuple[int, int]]

    def __init__(self) -> None:
        raise NotImplementedError

    def train(self, text: str, vocab_size: int) -> BPETokenizer:
        """Learn merges from `text` until there are `vocab_size` ids or no pair occurs twice; return self.

        Raises:
            ValueError: vocab_size is below 256.
        """
        raise NotImplementedError

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text`: its bytes, merged in the order in which the merges were learned."""
        raise NotImplementedError

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of `ids`; bytes that are not UTF-8 become U+FFFD.

        Raises:
            KeyError: there is no such id.
        """
        raise NotImplementedError


class WordPiece:
    """Greedy longest match from the left, as in BERT.

    Args:
        vocab: the pieces; those that begin with "##" continue a word.
        unknown: stands for a word that cannot be split.
    """

    def __init__(self, vocab: Iterable[str], unknown: str = "[UNK]") -> None:
        raise NotImplementedError

    def tokenize(self, word: str) -> list[str]:
        """Return the pieces of `word`, or `[unknown]` where no piece fits."""
        raise NotImplementedError
