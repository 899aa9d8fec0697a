"""What the history keeps of answers to concept questions, and when a question comes back.

A question is known by its kata and its words: an answer in a debrief may be rewritten, and punctuation may change, but
a question in other words is a new one. It comes back on the FSRS schedule that katas have, by the grade that the learner gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.catalog.statement import question_key
from harness.core.text import clean_text
from harness.history.attempts import number
from harness.history.record import Grade, schedule
from harness.history.store import Entry, History

QUIZ = "quiz"
"""The kind of an answer's entry. Without a rating it was typed, and the quiz ended before it was graded."""
_GRADES = frozenset(map(int, Grade))


class QuestionId(NamedTuple):
    """Which question."""

    slug: str
    key: str
    """Its words, as `question_key` has them."""


@dataclass(frozen=True, slots=True)
class QuestionRecord:
    """What is known of a question that was graded at least once."""

    asked: int
    """Graded answers."""
    good: int
    """Answers graded good or easy."""
    last: Grade
    at: float
    """When it was last graded, seconds since the epoch."""
    due: float
    """When it comes back, seconds since the epoch."""
    card: Mapping[str, Any] | None
    """The FSRS card after the last answer."""


def question_records(entries: Iterable[Entry]) -> dict[QuestionId, QuestionRecord]:
    """What is known of each question, from entries in the order in which they were written; others are passed over."""
    found: dict[QuestionId, QuestionRecord] = {}
    for entry in entries:
        question, grade = entry.data.get("question"), grade_of(entry)
        if not isinstance(question, str) or grade is None:
            continue
        identity = QuestionId(entry.slug, question_key(question))
        before = found.get(identity)
        card = entry.data.get("card")
        due = number(entry.data.get("due"))
        found[identity] = QuestionRecord(
            asked=(before.asked if before else 0) + 1,
            good=(before.good if before else 0) + (grade >= Grade.GOOD),
            last=grade,
            at=entry.at,
            due=entry.at if due is None else due,
            card=card if isinstance(card, dict) else None,
        )
    return found


def grade_of(entry: Entry) -> Grade | None:
    """The grade of an answer's entry; None when it has none, or is an entry of something else."""
    rating = entry.data.get("rating")
    if entry.kind != QUIZ or not isinstance(rating, int) or isinstance(rating, bool):
        return None
    return Grade(rating) if rating in _GRADES else None


def record_answer(history: History, slug: str, question: str, typed: str, grade: Grade, now: float) -> float:
    """Note a graded answer; returns when the question comes back, seconds since the epoch.

    Raises `StateError` when the history cannot be written.
    """
    with history.together():
        known = question_records(history.entries(QUIZ, slug=slug)).get(QuestionId(slug, question_key(question)))
        card = schedule(known.card if known else None, grade, now)
        due = card.due.timestamp()
        history.add(
            QUIZ,
            slug,
            now,
            question=question,
            typed=clean_text(typed),
            rating=int(grade),
            card=card.to_dict(),
            due=due,
        )
    return due


def record_ungraded(history: History, slug: str, question: str, typed: str, now: float) -> None:
    """Note what was typed in answer to a question that was not graded: its schedule stays as it is."""
    history.add(QUIZ, slug, now, question=question, typed=clean_text(typed))
