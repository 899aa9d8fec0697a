"""Clocks, decks and scripts of reviews, which run where the scheduler is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import spaced_repetition as kata

START = datetime(2024, 3, 25, 20, 15)


class Clock:
    """Shows the time that it was set to; each call moves it on by `ticks` days."""

    def __init__(self, now: datetime = START, ticks: int = 0) -> None:
        self.now, self.ticks = now, ticks

    def __call__(self) -> datetime:
        """Return the time shown."""
        now = self.now
        self.now = now + timedelta(days=self.ticks)
        return now

    def set(self, now: datetime) -> None:
        """Show another time."""
        self.now = now

    def pass_days(self, days: int) -> None:
        """Go on, or back."""
        self.now += timedelta(days=days)


def life(script: Sequence[tuple[int, int]], options: dict[str, Any]) -> list[dict[str, Any]]:
    """The states of one card, after it was added and after each (days that pass, quality) of `script`."""
    clock = Clock()
    scheduler = kata.SM2Scheduler(clock, **options)
    states = [scheduler.add("card")]
    for days, quality in script:
        clock.pass_days(days)
        states.append(scheduler.review("card", quality))
    return states


def at_times(script: Sequence[tuple[datetime, str, tuple[Any, ...]]]) -> list[Any]:
    """What calls of one scheduler return, each made at a certain time."""
    clock = Clock()
    scheduler = kata.SM2Scheduler(clock)
    answers = []
    for now, method, args in script:
        clock.set(now)
        answers.append(getattr(scheduler, method)(*args))
    return answers


def session(script: Sequence[tuple[str, Any]]) -> list[Any]:
    """What a deck answers: ("pass", days), ("add", card), ("review", (card, quality)), ("due", limit) in any order."""
    clock = Clock()
    scheduler = kata.SM2Scheduler(clock)
    answers: list[Any] = []
    for what, value in script:
        if what == "pass":
            clock.pass_days(value)
        elif what == "add":
            answers.append(scheduler.add(value)["due"])
        elif what == "review":
            answers.append(scheduler.review(*value)["due"])
        else:
            answers.append(scheduler.due(value))
    return answers


def deck(cards: Sequence[str | int], days: int = 0, passed: int = 0, ticks: int = 0) -> Any:
    """A scheduler with cards that were added in this order, over so many days; then more days pass."""
    clock = Clock()
    scheduler = kata.SM2Scheduler(clock)
    for i, card in enumerate(cards):
        clock.set(START + timedelta(days=i * days // len(cards)))
        scheduler.add(card)
    clock.set(START + timedelta(days=days + passed))
    clock.ticks = ticks
    return scheduler


def study(scheduler: Any, times: int) -> list[Any]:
    """Review the first card that is due, so many times; the cards in this order."""
    cards = []
    for _ in range(times):
        cards.append(scheduler.due(limit=5)[0])
        scheduler.review(cards[-1], 4)
    return cards


def states(scheduler: Any, cards: Sequence[Any]) -> list[tuple[int, int, int, date]]:
    """What has become of cards: reviews, practice, interval, due."""
    found = [scheduler.state(card) for card in cards]
    return [(one["reviews"], one["practice"], one["interval"], one["due"]) for one in found]
