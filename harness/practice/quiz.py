"""Which concept questions a quiz asks: those that are due, then those on weak topics, then new ones.

The questions are the follow-up questions of the debriefs. An answer that shows code, or that its author has marked as a
spoiler, is held back until its kata was passed, or its reference seen: it would give the solution away. All other questions
are asked of everybody.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.catalog.statement import Question, read_debrief_questions
from harness.core.errors import CatalogError
from harness.core.model import Kata
from harness.history.attempt import Attempt
from harness.history.quiz import QuestionId, QuestionRecord
from harness.history.record import Grade, as_card, day_of, scheduler
from harness.practice.topics import WEAK, Role, role_weight, topic_name

_TROUBLE = {Grade.AGAIN: 1.0, Grade.HARD: 0.5, Grade.GOOD: 0.0, Grade.EASY: 0.0}
"""What the last answer to a question says of its topics."""
_LEAST_WEIGHT = 1e-6


class Reason(StrEnum):
    """Why a question is asked, in the order in which they are asked."""

    DUE = "due"
    WEAK_TOPIC = "weak topic"
    NEW = "new"
    EARLY = "not due yet"
    """Asked by a warm-up that has too few others."""


@dataclass(frozen=True, slots=True, eq=False)
class QuizQuestion:
    """A question of a kata's debrief, and what is known of it."""

    kata: Kata
    question: Question
    record: QuestionRecord | None = None
    """None when it was never graded."""
    is_held_back: bool = False
    """Its answer gives the solution of a kata away that is not passed."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Its topics: those of its kata, in one spelling."""
        return tuple(dict.fromkeys(map(topic_name, self.kata.topics)))

    def is_due(self, now: float) -> bool:
        """Whether it was asked before and comes back."""
        return self.record is not None and self.record.due <= now


@dataclass(frozen=True, slots=True)
class Selected:
    """A question that is asked, and why."""

    asked: QuizQuestion
    reason: Reason
    topic: str = ""
    """The weakest of its topics, where that is the reason."""


@dataclass(frozen=True, slots=True)
class Pool:
    """All questions there are."""

    questions: tuple[QuizQuestion, ...]
    without: tuple[Kata, ...] = ()
    """Katas that have no questions in this checkout."""
    faults: tuple[str, ...] = ()
    """Debriefs that cannot be read, a sentence each."""


def read_pool(
    root: Path, katas: Iterable[Kata], records: Mapping[QuestionId, QuestionRecord], tries: Mapping[str, Attempt]
) -> Pool:
    """The questions of `katas`. `tries` are the learner's attempts, which say what would be given away."""
    questions: list[QuizQuestion] = []
    without: list[Kata] = []
    faults: list[str] = []
    for kata in katas:
        try:
            found = read_debrief_questions(root, kata)
        except CatalogError as error:
            faults.append(str(error))
            continue
        if not found:
            without.append(kata)
        tried = tries.get(kata.slug, Attempt())
        is_open = tried.has_passed or tried.has_given_up
        questions += [
            QuizQuestion(
                kata,
                question,
                records.get(QuestionId(kata.slug, question.key)),
                is_held_back=question.is_spoiler and not is_open,
            )
            for question in found
        ]
    return Pool(tuple(questions), tuple(without), tuple(faults))


def topic_trouble(
    katas: Iterable[Kata], records: Mapping[QuestionId, QuestionRecord], of_katas: Mapping[str, float]
) -> dict[str, float]:
    """How much trouble each topic gives: that of its katas, and the mean of the last answers to its questions."""
    topics = {kata.slug: {topic_name(topic) for topic in kata.topics} for kata in katas}
    answers: dict[str, list[float]] = defaultdict(list)
    for identity, record in records.items():
        for topic in topics.get(identity.slug, ()):
            answers[topic].append(_TROUBLE[record.last])
    of_answers = {topic: sum(values) / len(values) for topic, values in answers.items()}
    return {topic: of_katas.get(topic, 0.0) + of_answers.get(topic, 0.0) for topic in {*of_katas, *of_answers}}


def select_questions(
    questions: Sequence[QuizQuestion],
    *,
    count: int,
    seed: int,
    now: float,
    trouble: Mapping[str, float],
    role: Role | None = None,
    with_held_back: bool = False,
    with_early: bool = False,
) -> list[Selected]:
    """At most `count` questions, in the order in which they are asked; the same for the same seed and history.

    Due ones come first, the least remembered before the others. Then come new ones on weak topics, the weakest more likely
    first; then other new ones, those that the role asks for more likely first. Of one kata no second question comes before
    the first of another. With `with_early`, what is left is filled with questions that are not due yet.
    """
    luck = random.Random(seed)
    open_ones = [asked for asked in questions if with_held_back or not asked.is_held_back]
    due = [asked for asked in open_ones if asked.is_due(now)]
    new = [asked for asked in open_ones if asked.record is None]
    early = [asked for asked in open_ones if asked.record is not None and not asked.is_due(now)] if with_early else []
    on_weak_topics = {asked: _weight(asked, trouble, role) for asked in new if _weakest(asked, trouble)}
    others = {asked: role_weight(asked.kata, role) for asked in new if asked not in on_weak_topics}
    selected = [Selected(asked, Reason.DUE) for asked in _least_remembered(due, now, luck)]
    selected += [
        Selected(asked, Reason.WEAK_TOPIC, _weakest(asked, trouble)) for asked in _spread(on_weak_topics, luck)
    ]
    selected += [Selected(asked, Reason.NEW) for asked in _spread(others, luck)]
    selected += [Selected(asked, Reason.EARLY) for asked in _least_remembered(early, now, luck)]
    return selected[:count]


def _weakest(asked: QuizQuestion, trouble: Mapping[str, float]) -> str:
    """The topic of a question that gives most trouble, empty when none is weak."""
    weak = [topic for topic in asked.topics if trouble.get(topic, 0.0) >= WEAK]
    return max(weak, key=lambda topic: trouble[topic], default="")


def _weight(asked: QuizQuestion, trouble: Mapping[str, float], role: Role | None) -> float:
    """How likely a question on weak topics comes early: by the mean trouble of its topics, and by role."""
    mean = sum(trouble.get(topic, 0.0) for topic in asked.topics) / len(asked.topics)
    return mean * role_weight(asked.kata, role)


def _least_remembered(questions: Sequence[QuizQuestion], now: float, luck: random.Random) -> list[QuizQuestion]:
    """By the chance that they are remembered, the smallest first; equal ones in random order."""
    if not questions:
        return []  # and the scheduler need not be loaded
    judge, today = scheduler(), day_of(now)
    chances = {
        asked: round(judge.get_card_retrievability(as_card(asked.record.card if asked.record else None), today), 6)
        for asked in luck.sample(questions, len(questions))
    }
    return sorted(chances, key=chances.__getitem__)


def _spread(weights: Mapping[QuizQuestion, float], luck: random.Random) -> list[QuizQuestion]:
    """In a random order by weight, the first questions of all katas before the second ones.

    A random key u^(1/w) for each draws without replacement (Efraimidis and Spirakis, 2006).
    """
    keys = {asked: luck.random() ** (1 / max(weight, _LEAST_WEIGHT)) for asked, weight in weights.items()}
    of_kata: Counter[str] = Counter()
    rounds = {}
    for asked in sorted(keys, key=lambda asked: -keys[asked]):
        rounds[asked] = of_kata[asked.kata.slug]
        of_kata[asked.kata.slug] += 1
    return sorted(rounds, key=rounds.__getitem__)  # stable: by key within a round
