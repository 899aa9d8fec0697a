"""`kata quiz`: arguments, which questions there are, and what is said of those that are left out."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from harness.cli.practice import AS_JSON, Place, date, here, put_json, show
from harness.cli.topics import TOPIC, check_topic, has_topic
from harness.core.errors import KataError
from harness.core.model import Kata, KataSet
from harness.history.attempt import attempts
from harness.history.quiz import question_records
from harness.history.store import History
from harness.practice.quiz import Pool, QuizQuestion, Selected, read_pool, select_questions, topic_trouble
from harness.practice.quiz_session import Answered, QuizSession, summary
from harness.practice.topics import Role, trouble_by_topic

COUNT = 10
RAPID_COUNT = 5
RAPID_S = 15.0
"""Seconds for each answer of a warm-up."""


class NoQuestionsError(KataError):
    """There is nothing to ask."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for on the command line."""

    katas: list[Kata]
    role: Role | None
    count: int
    seed: int
    is_rapid: bool
    with_all: bool


@click.command(name="quiz")
@click.option("--set", "kata_set", type=click.Choice(list(KataSet), case_sensitive=False), help="Only this set.")
@click.option("--topic", metavar="TOPIC", type=TOPIC, help="Only questions on this topic, like metrics.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="What new questions lean to.")
@click.option("--rapid", is_flag=True, help=f"A warm-up: {RAPID_COUNT} questions, {RAPID_S:g} seconds for each answer.")
@click.option(
    "--count",
    type=click.IntRange(1),
    metavar="N",
    help=f"How many; {COUNT}, or {RAPID_COUNT} with --rapid, by default.",
)
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Select the same again, from the same history.")
@click.option("--all", "with_all", is_flag=True, help="Ask what gives away katas that are not passed, too.")
@click.option("--list", "show_list", is_flag=True, help="Show the questions and when they come back; ask none.")
@AS_JSON
def quiz_command(
    kata_set: str | None,
    topic: str | None,
    role: str | None,
    rapid: bool,
    count: int | None,
    seed: int | None,
    with_all: bool,
    show_list: bool,
    as_json: bool,
) -> None:
    r"""Answer concept questions aloud.

    Shows a question, then the model answer, and asks how it went: again, hard, good or easy. The question comes back on an FSRS
    schedule, as katas do. Due questions come first, then new ones on your weak topics, then other new ones.

    The questions are the follow-up questions of the debriefs. An answer that shows code, or is marked as a spoiler, is held back
    until its kata is passed or revealed. With --json the quiz speaks on stderr, and what was answered is printed at the end.

    \b
    Examples:
      kata quiz
      kata quiz --rapid --role data-scientist
      kata quiz --list --topic metrics
    """
    place = here()
    if topic:
        check_topic(place.catalog, topic)
    katas = [
        kata
        for kata in place.catalog.katas
        if (not kata_set or kata.set == kata_set) and (not topic or has_topic(kata, topic))
    ]
    if not katas:
        wanted = [f"--set {kata_set}" if kata_set else "", f"--topic {topic}" if topic else ""]
        raise NoQuestionsError(f"no kata matches {' '.join(filter(None, wanted))}".rstrip())
    luck = random.SystemRandom().randrange(10**6) if seed is None else seed
    asked = _Asked(
        katas, Role(role) if role else None, count or (RAPID_COUNT if rapid else COUNT), luck, rapid, with_all
    )
    with place.history() as history:
        quiz = _Quiz(place, history, asked)
        if show_list:
            quiz.show(as_json=as_json)
        else:
            quiz.ask(as_json=as_json)


class _Quiz:
    """One call of the command, once its arguments are understood."""

    def __init__(self, place: Place, history: History, asked: _Asked) -> None:
        from harness.interview.storage import interview_in_progress

        self._place = place
        self._history = history
        self._asked = asked
        self._now = time.time()
        barred = interview_in_progress(place.state)
        self._barred = [kata for kata in asked.katas if kata.slug in barred]
        self._records = question_records(history.entries())
        open_katas = [kata for kata in asked.katas if kata.slug not in barred]
        self._pool = read_pool(place.root, open_katas, self._records, attempts(history))
        for fault in self._pool.faults:
            click.echo(f"left out: {fault}", err=True)
        if not self._pool.questions and not self._barred:
            raise _no_questions(self._pool)

    def show(self, *, as_json: bool) -> None:
        """Show the questions."""
        questions = self._pool.questions
        if as_json:
            put_json([self._row(asked) for asked in questions])
            return
        from rich.table import Table

        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for asked in questions:
            table.add_row(asked.kata.id, self._state(asked), asked.question.question)
        show(table)
        for sentence in self._left_out(questions):
            click.echo(f"\n{sentence}")

    def ask(self, *, as_json: bool) -> None:
        """Ask, and say what came of it; exit code 130 after Ctrl-C."""
        from harness.cli.quiz_voice import QuizVoice

        voice = QuizVoice(on_stderr=as_json, is_timed=self._asked.is_rapid)
        selected = self._select()
        session = QuizSession(
            voice, self._history, now=time.time, day=date, limit_s=RAPID_S if self._asked.is_rapid else None
        )
        is_interrupted = False
        if selected:
            try:
                session.run(selected)
            except KeyboardInterrupt:
                is_interrupted = True
            voice.say(f"\n{summary(session.answered, selected)}.", "bold")
        else:
            voice.say(self._nothing_to_ask())
        waiting = [asked for asked in self._pool.questions if asked.record is None or asked.is_due(self._now)]
        for sentence in self._left_out(waiting):
            voice.say(sentence)
        if as_json:
            put_json(self._document(session.answered, selected))
        if is_interrupted:
            sys.exit(130)

    def _select(self) -> list[Selected]:
        asked = self._asked
        catalog = self._place.catalog.katas
        of_katas = trouble_by_topic(catalog, self._history.entries())
        return select_questions(
            self._pool.questions,
            count=asked.count,
            seed=asked.seed,
            now=self._now,
            trouble=topic_trouble(catalog, self._records, of_katas),
            role=asked.role,
            with_held_back=asked.with_all,
            with_early=asked.is_rapid,
        )

    def _nothing_to_ask(self) -> str:
        planned = [asked.record.due for asked in self._pool.questions if asked.record and not asked.is_due(self._now)]
        if not planned:
            return "There is no question to ask."
        return (
            f"No question is due, and none is new. The next comes back on {date(min(planned))}; "
            "`kata quiz --rapid` asks some early."
        )

    def _left_out(self, questions: Sequence[QuizQuestion]) -> list[str]:
        """What is said of questions that are not asked."""
        sentences = []
        held_back = sum(asked.is_held_back for asked in questions)
        if held_back and not self._asked.with_all:
            sentences.append(
                "1 question is held back: its answer gives away a kata that is not passed. --all asks it, too."
                if held_back == 1
                else f"{held_back} questions are held back: their answers give away katas that are not passed. "
                "--all asks them, too."
            )
        if self._barred:
            names = ", ".join(kata.slug for kata in self._barred)
            sentences.append(f"Left out, as they are asked in the interview that is under way: {names}.")
        if self._pool.without and self._pool.questions:
            number = len(self._pool.without)
            sentences.append(f"{number} {'kata has' if number == 1 else 'katas have'} no questions in this checkout.")
        return sentences

    def _state(self, asked: QuizQuestion) -> str:
        if asked.is_held_back and not self._asked.with_all:
            return "held back"
        if asked.record is None:
            return "new"
        return "due" if asked.is_due(self._now) else date(asked.record.due)

    def _row(self, asked: QuizQuestion) -> dict[str, Any]:
        record = asked.record
        return {
            "kata": asked.kata.slug,
            "set": asked.kata.set.value,
            "topics": asked.topics,
            "question": asked.question.question,
            "held_back": asked.is_held_back,
            "asked": record.asked if record else 0,
            "good": record.good if record else 0,
            "last": record.last.name.lower() if record else None,
            "due": record.due if record else None,
            "is_due": asked.is_due(self._now),
        }

    def _document(self, answered: list[Answered], selected: list[Selected]) -> dict[str, Any]:
        return {
            "seed": self._asked.seed,
            "selected": len(selected),
            "answers": [
                {
                    "kata": one.selected.asked.kata.slug,
                    "question": one.selected.asked.question.question,
                    "reason": one.selected.reason.value,
                    "typed": one.typed,
                    "grade": one.grade.name.lower(),
                    "due": one.due,
                }
                for one in answered
            ],
        }


def _no_questions(pool: Pool) -> NoQuestionsError:
    """The error for a checkout whose debriefs are sealed or missing."""
    sealed = sum((kata.root / ".dojo" / "sealed" / f"{kata.slug}.json").is_file() for kata in pool.without)
    if sealed:
        number = "one of those is" if sealed == 1 else f"{sealed} of those are"
        return NoQuestionsError(
            f"there are no questions to ask: they stand in the debriefs, and {number} sealed",
            hint="`kata unseal KATA` opens one, once the passphrase is published",
        )
    return NoQuestionsError(
        "there are no questions to ask: no debrief in this checkout has any",
        hint="a learners' edition has none, or has them sealed, for `kata unseal`; the whole repository has all of them",
    )
