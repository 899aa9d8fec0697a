"""Which katas an interview asks: drawn at random, so that they fit the time, over the sets, by role and by what the
candidate is weak at. Pure: catalogue and history in, katas out; the same seed gives the same draw.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from harness.core.errors import KataError
from harness.core.model import Kata
from harness.history.store import Entry
from harness.practice.topics import WEAK, Role, role_weight, topic_name, trouble_by_topic

SAME_SET_AGAIN = 0.4
"""What each kata drawn from a set leaves of the weight of the others in it."""
SAME_TOPIC_AGAIN = 0.7
"""The same for each topic that was drawn already: one interview should not ask one thing three times."""
BEGUN = 0.5
"""A kata that was begun is known in part."""
PASSED = 0.2
"""One that is passed, and not due, would be memory rather than work."""
ENOUGH = 0.75
"""The share of the time that the katas should fill."""
_TRIES = 50
"""Draws from which the fullest is taken, when the first leaves much of the time empty."""


class NoKatasError(KataError):
    """Nothing can be drawn."""


@dataclass(frozen=True, slots=True)
class CandidateRecord:
    """What is known of the candidate."""

    begun: frozenset[str] = frozenset()
    """Katas whose stub is filled in, or that were run."""
    passed: frozenset[str] = frozenset()
    """Katas that are passed, and not due."""
    trouble: Mapping[str, float] | None = None
    """Topic -> 0 (goes well, or not tried) and more."""

    @property
    def weak_topics(self) -> tuple[str, ...]:
        """The topics that give most trouble, worst first."""
        trouble = self.trouble or {}
        return tuple(
            sorted(
                (topic for topic, much in trouble.items() if much >= WEAK), key=lambda topic: (-trouble[topic], topic)
            )
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """What was drawn, and what there is to say about it."""

    katas: tuple[Kata, ...]
    notice: str = ""

    @property
    def minutes(self) -> int:
        """Minutes of all katas together."""
        return sum(kata.minutes for kata in self.katas)


def is_of_an_interview(entry: Entry) -> bool:
    """Whether the entry came from an interview, and not from practice."""
    return entry.kind == "interview" or entry.data.get("trigger") == "interview"


def candidate_record(
    katas: Sequence[Kata], entries: Sequence[Entry], due: Collection[str], filled_in: Collection[str], now: float
) -> CandidateRecord:
    """What history and stubs tell about the candidate. `due` are slugs of due reviews; they count as not started."""
    seen = {entry.slug for entry in entries if entry.kind in ("run", "pass", "reveal") and entry.at <= now}
    passed = {entry.slug for entry in entries if entry.kind == "pass"} - set(due)
    return CandidateRecord(
        frozenset((seen | set(filled_in)) - passed - set(due)), frozenset(passed), trouble_by_topic(katas, entries)
    )


def weight(kata: Kata, role: Role | None, candidate: CandidateRecord) -> float:
    """How likely a kata is drawn, before anything is: by role, by weak topics, by whether it would be new."""
    topics = [topic_name(topic) for topic in kata.topics]
    worth = role_weight(kata, role)
    trouble = candidate.trouble or {}
    worth *= 1.0 + 1.5 * _mean([trouble.get(topic, 0.0) for topic in topics], empty=0.0)
    if kata.slug in candidate.passed:
        return worth * PASSED
    return worth * BEGUN if kata.slug in candidate.begun else worth


def select(katas: Sequence[Kata], minutes: int, role: Role | None, candidate: CandidateRecord, seed: int) -> Selection:
    """Katas that fit into `minutes`, in the order of the catalogue, easy ones first.

    Raises `NoKatasError` when not a single one fits.
    """
    if not katas:
        raise NoKatasError("there are no katas to draw from", hint="`kata list` says what is wrong with folders")
    shortest = min(katas, key=lambda kata: kata.minutes)
    if shortest.minutes > minutes:
        raise NoKatasError(
            f"no kata fits into {minutes} min: the shortest, {shortest.slug}, takes {shortest.minutes}",
            hint=f"ask for more time: --minutes {shortest.minutes}",
        )
    luck = random.Random(seed)
    # By the size of its set: a role asks so much of a set, however many katas that has.
    sizes = Counter(kata.set for kata in katas)
    weights = {kata.slug: weight(kata, role, candidate) / sizes[kata.set] for kata in katas}
    best: list[Kata] = []
    for _ in range(_TRIES):
        drawn = _one_selection(katas, minutes, weights, luck)
        if _filled(drawn) > _filled(best):
            best = drawn
        if _filled(best) >= ENOUGH * minutes:
            break
    order = [kata.slug for kata in katas]
    best.sort(key=lambda kata: order.index(kata.slug))
    return Selection(tuple(best), _notice(best, minutes))


def _one_selection(
    katas: Sequence[Kata], minutes: int, weights: Mapping[str, float], luck: random.Random
) -> list[Kata]:
    """Kata by kata, each of those that still fit, until none does."""
    drawn: list[Kata] = []
    while True:
        fitting = [kata for kata in katas if kata.minutes <= minutes - _filled(drawn) and kata not in drawn]
        if not fitting:
            return drawn
        drawn += luck.choices(fitting, [weights[kata.slug] * _variety(kata, drawn) for kata in fitting])


def _filled(katas: Sequence[Kata]) -> int:
    return sum(kata.minutes for kata in katas)


def _variety(kata: Kata, drawn: Sequence[Kata]) -> float:
    topics = {topic_name(topic) for topic in kata.topics}
    asked = {topic_name(topic) for other in drawn for topic in other.topics}
    same_set = sum(other.set is kata.set for other in drawn)
    return SAME_SET_AGAIN**same_set * SAME_TOPIC_AGAIN ** len(topics & asked)


def _notice(drawn: Sequence[Kata], minutes: int) -> str:
    filled = _filled(drawn)
    if filled >= ENOUGH * minutes:
        return ""
    return (
        f"there are not enough katas for {minutes} min: those that fit take {filled} min, and the clock is set to that"
    )


def _mean(values: Sequence[float], empty: float = 1.0) -> float:
    return sum(values) / len(values) if values else empty
