"""A scheduler for flashcards, by the algorithm SM-2."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any


class SM2Scheduler:
    """Say which cards are due today, and when a reviewed card comes back. Methods may be called from several threads.

    Args:
        clock: tells the learner's local time; days are `clock().date()`.
        max_interval: the longest pause in days, at least 1, else `ValueError`.
    """

    def __init__(self, clock: Callable[[], datetime] = datetime.now, max_interval: int = 36_500) -> None:
        raise NotImplementedError

    def add(self, card: str | int) -> dict[str, Any]:
        """Add a card that is due today; return its state. Raises `ValueError` for a card that was added before."""
        raise NotImplementedError

    def review(self, card: str | int, quality: int) -> dict[str, Any]:
        """Record how well the card was remembered, 0 to 5; return its state afterwards.

        A review before the card is due is practice: it is counted, and changes nothing else.

        Raises:
            KeyError: the card was never added.
            ValueError: quality is no integer from 0 to 5.
        """
        raise NotImplementedError

    def due(self, limit: int | None = None) -> list[str | int]:
        """Return the cards that are due today, longest due first, at most `limit`; `ValueError` for a negative limit."""
        raise NotImplementedError

    def state(self, card: str | int) -> dict[str, Any]:
        """Return the state of a card, a new dict; raise `KeyError` for a card that was never added.

        Keys: ease, interval, repetitions, due, last_review, reviews, practice, lapses.
        """
        raise NotImplementedError
