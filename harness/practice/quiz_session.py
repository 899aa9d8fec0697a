"""A quiz: question by question an answer, the model answer, and a grade. What is graded is in the history at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from harness.history.quiz import record_answer, record_ungraded
from harness.history.record import Grade
from harness.history.store import History
from harness.practice.quiz import Reason, Selected

QUIT = "q"
_GRADES = {name: grade for grade in Grade for name in (str(int(grade)), grade.name.lower(), grade.name[0].lower())}
_CHOICES = "1 again, 2 hard, 3 good, 4 easy"


class TimedLine(NamedTuple):
    """A line that was waited for, for so long and no longer."""

    text: str
    """What was typed by then."""
    is_late: bool
    """The time was up before Enter."""


class Voice(Protocol):
    """How a quiz speaks and listens."""

    def say(self, text: str, style: str = "") -> None:
        """Show a line or more."""

    def show(self, markdown: str) -> None:
        """Show a text in Markdown."""

    def ask(self, prompt: str) -> str:
        """Read one line. Raises `EOFError` when there are no more."""

    def ask_within(self, limit_s: float) -> TimedLine:
        """Read one line within `limit_s` seconds. Raises `EOFError` when there are no more."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A graded answer."""

    selected: Selected
    typed: str
    grade: Grade
    due: float
    """When the question comes back, seconds since the epoch."""


class _QuitError(Exception):
    """The learner has enough."""


class QuizSession:
    """Asks the selected questions; `answered` has what was graded, however it ends."""

    def __init__(
        self,
        voice: Voice,
        history: History,
        *,
        now: Callable[[], float],
        day: Callable[[float], str],
        limit_s: float | None = None,
    ) -> None:
        """`day` writes a moment as a day; `limit_s` is the time for each answer, None for as long as it takes."""
        self._voice = voice
        self._history = history
        self._now = now
        self._day = day
        self._limit_s = limit_s
        self.answered: list[Answered] = []

    def run(self, selected: Sequence[Selected]) -> None:
        """Ask until the end, `q` or the end of the input. Ctrl-C goes through as `KeyboardInterrupt`.

        Raises `StateError` when the history cannot be written.
        """
        time = "" if self._limit_s is None else f" within {self._limit_s:g} s each"
        self._voice.say(introduction(selected) + ".")
        self._voice.say(
            f"Say your answer aloud{time}, or type it on one line. Enter shows the model answer, {QUIT} ends the quiz."
        )
        try:
            for number, one in enumerate(selected, 1):
                self._ask(one, f"Question {number} of {len(selected)}")
        except (_QuitError, EOFError):
            pass

    def _ask(self, one: Selected, heading: str) -> None:
        kata = one.asked.kata
        why = f"{one.reason}: {one.topic}" if one.topic else one.reason
        self._voice.say(f"\n{heading}, {kata.id} {kata.title} ({why})", "bold")
        self._voice.show(one.asked.question.question)
        typed = self._answer()
        try:
            self._voice.say("\nModel answer", "bold")
            self._voice.show(one.asked.question.answer)
            grade = self._grade()
        except BaseException:
            if typed:
                record_ungraded(self._history, kata.slug, one.asked.question.question, typed, self._now())
            raise
        due = record_answer(self._history, kata.slug, one.asked.question.question, typed, grade, self._now())
        self.answered.append(Answered(one, typed, grade, due))
        self._voice.say(f"{grade.name.capitalize()}: it comes back on {self._day(due)}.", "dim")

    def _answer(self) -> str:
        """What was typed, empty when the answer was only said."""
        if self._limit_s is None:
            text = self._voice.ask("> ")
        else:
            line = self._voice.ask_within(self._limit_s)
            text = line.text
            if line.is_late:
                self._voice.say("The time is up.", "yellow")
        if text.strip().lower() == QUIT:
            raise _QuitError
        return text.strip()

    def _grade(self) -> Grade:
        while True:
            line = self._voice.ask(f"How did it go? {_CHOICES} > ").strip().lower()
            if line == QUIT:
                raise _QuitError
            if line in _GRADES:
                return _GRADES[line]
            self._voice.say(f"A number from 1 to 4 or its word is expected, or {QUIT} to end.", "yellow")


def introduction(selected: Sequence[Selected]) -> str:
    """How many questions there are, and why they are asked: `5 questions: 2 due, 3 new`."""
    names = {Reason.WEAK_TOPIC: "on weak topics"}
    counts = Counter(one.reason for one in selected)
    parts = [f"{counts[reason]} {names.get(reason, reason)}" for reason in Reason if counts[reason]]
    return f"{len(selected)} {'question' if len(selected) == 1 else 'questions'}: {', '.join(parts)}"


def summary(answered: Sequence[Answered], selected: Sequence[Selected]) -> str:
    """What came of it: `4 of 5 answered: 1 again, 3 good`."""
    counts = Counter(one.grade for one in answered)
    parts = [f"{counts[grade]} {grade.name.lower()}" for grade in Grade if counts[grade]]
    return f"{len(answered)} of {len(selected)} answered" + (f": {', '.join(parts)}" if parts else "")
