"""A scheduler for flashcards, by the algorithm SM-2: the reference."""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

FIRST_INTERVALS = (1, 6)
EASE_CHANGE = {3: -14, 4: 0, 5: 10}
LOWEST_EASE = 130


@dataclass(slots=True)
class _Card:
    """What is known of a card. The ease is in hundredths, so that it is exact."""

    number: int
    due: date
    ease: int = 250
    interval: int = 0
    repetitions: int = 0
    last_review: date | None = None
    reviews: int = 0
    practice: int = 0
    lapses: int = 0

    def told(self) -> dict[str, Any]:
        """The state as callers see it."""
        return {
            "ease": self.ease / 100,
            "interval": self.interval,
            "repetitions": self.repetitions,
            "due": self.due,
            "last_review": self.last_review,
            "reviews": self.reviews,
            "practice": self.practice,
            "lapses": self.lapses,
        }


class SM2Scheduler:
    """Say which cards are due today, and when a reviewed card comes back. Methods may be called from several threads.

    Args:
        clock: tells the learner's local time; days are `clock().date()`.
        max_interval: the longest pause in days, at least 1, else `ValueError`.
    """

    def __init__(self, clock: Callable[[], datetime] = datetime.now, max_interval: int = 36_500) -> None:
        if max_interval < 1:
            raise ValueError(f"max_interval must be at least 1 day, got {max_interval}")
        self._clock = clock
        self._max_interval = max_interval
        self._cards: dict[str | int, _Card] = {}
        # (due, number, card) of all cards, sorted: the order of `due`, in which a card is found by bisection.
        self._queue: list[tuple[date, int, str | int]] = []
        self._lock = threading.Lock()

    def add(self, card: str | int) -> dict[str, Any]:
        """Add a card that is due today; return its state. Raises `ValueError` for a card that was added before."""
        today = self._clock().date()
        with self._lock:
            if card in self._cards:
                raise ValueError(f"card must be new, got {card!r}, which was added before")
            entry = self._cards[card] = _Card(number=len(self._cards), due=today)
            insort(self._queue, (entry.due, entry.number, card))
            return entry.told()

    def review(self, card: str | int, quality: int) -> dict[str, Any]:
        """Record how well the card was remembered, 0 to 5; return its state afterwards.

        Raises `KeyError` for a card that was never added, `ValueError` for another quality.
        """
        if quality not in range(6):
            raise ValueError(f"quality must be an integer from 0 to 5, got {quality!r}")
        today = self._clock().date()
        with self._lock:
            entry = self._find(card)
            if entry.due > today:
                entry.practice += 1
                return entry.told()
            del self._queue[bisect_left(self._queue, (entry.due, entry.number))]
            self._learn(entry, quality)
            entry.reviews += 1
            entry.last_review = today
            entry.due = today + timedelta(days=entry.interval)
            insort(self._queue, (entry.due, entry.number, card))
            return entry.told()

    def due(self, limit: int | None = None) -> list[str | int]:
        """Return the cards that are due today, longest due first, at most `limit`; `ValueError` for a negative limit."""
        if limit is not None and limit < 0:
            raise ValueError(f"limit must be at least 0, got {limit}")
        tomorrow = self._clock().date() + timedelta(days=1)
        with self._lock:
            end = bisect_left(self._queue, (tomorrow,))
            return [card for _, _, card in self._queue[: end if limit is None else min(limit, end)]]

    def state(self, card: str | int) -> dict[str, Any]:
        """Return the state of a card, a new dict; raise `KeyError` for a card that was never added."""
        with self._lock:
            return self._find(card).told()

    def _find(self, card: str | int) -> _Card:
        if card not in self._cards:
            raise KeyError(f"card must have been added, got {card!r}")
        return self._cards[card]

    def _learn(self, entry: _Card, quality: int) -> None:
        """Set interval, repetitions and ease of a card after a review that counts."""
        if quality < 3:
            entry.lapses += entry.repetitions > 0
            entry.repetitions, entry.interval = 0, 1
            return
        if entry.repetitions < len(FIRST_INTERVALS):
            interval = FIRST_INTERVALS[entry.repetitions]
        else:
            interval = -(-entry.interval * entry.ease // 100)  # rounded up, in whole numbers
        entry.interval = min(interval, self._max_interval)
        entry.repetitions += 1
        entry.ease = max(entry.ease + EASE_CHANGE[quality], LOWEST_EASE)
