"""A quiz as it is held: what is said, what is asked, and what is kept however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalog.statement import Question
from harness.history.quiz import QUIZ
from harness.history.record import Grade
from harness.history.store import History
from harness.practice.quiz import QuizQuestion, Reason, Selected
from harness.practice.quiz_session import QuizSession, TimedLine, introduction, summary

from histories import NOW, make_kata

KATA = make_kata("a01_one")
TWO = [
    Selected(QuizQuestion(KATA, Question("Why?", "Because *so*.")), Reason.DUE),
    Selected(QuizQuestion(KATA, Question("How?", "Thus.")), Reason.WEAK_TOPIC, "test"),
]
END, INTERRUPT = "end of input", "Ctrl-C"


class Script:
    """A voice whose lines are written beforehand. A line that ends in `...` comes too late."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.said: list[str] = []
        self.limits: list[float] = []

    def say(self, text: str, style: str = "") -> None:  # noqa: ARG002 (a terminal's matter)
        self.said.append(text)

    def show(self, markdown: str) -> None:
        self.said.append(markdown)

    def ask(self, prompt: str) -> str:
        line = self.lines.pop(0) if self.lines else END
        self.said.append(prompt)
        if line == END:
            raise EOFError
        if line == INTERRUPT:
            raise KeyboardInterrupt
        return line

    def ask_within(self, limit_s: float) -> TimedLine:
        self.limits.append(limit_s)
        line = self.ask("")
        return TimedLine(line.removesuffix("..."), is_late=line.endswith("..."))

    @property
    def text(self) -> str:
        return "\n".join(self.said)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    history = History(tmp_path)
    yield history
    history.close()


def hold(history: History, *lines: str, limit_s: float | None = None) -> tuple[QuizSession, Script]:
    script = Script(*lines)
    session = QuizSession(script, history, now=lambda: NOW, day=lambda moment: f"day {moment:.0f}", limit_s=limit_s)
    session.run(TWO)
    return session, script


def kept(history: History) -> list[tuple[str, str, int | None]]:
    """Questions, what was typed, and grades in the history."""
    return [(e.data["question"], e.data["typed"], e.data.get("rating")) for e in history.entries(QUIZ)]


def test_an_answer_is_typed_or_said_then_the_model_answer_comes_then_the_grade(history: History) -> None:
    session, script = hold(history, "my answer", "3", "", "again")
    assert kept(history) == [("Why?", "my answer", 3), ("How?", "", 1)]
    assert [one.grade for one in session.answered] == [Grade.GOOD, Grade.AGAIN]
    said = script.said
    assert said.index("Why?") < said.index("Because *so*.") < said.index("How?") < said.index("Thus.")
    assert "Question 1 of 2, A01 The kata one (due)" in script.text
    assert "Question 2 of 2, A01 The kata one (weak topic: test)" in script.text
    assert f"Good: it comes back on day {session.answered[0].due:.0f}." in said
    assert summary(session.answered, TWO) == "2 of 2 answered: 1 again, 1 good"
    assert introduction(TWO) == "2 questions: 1 due, 1 on weak topics"


@pytest.mark.parametrize("word", ["2", "hard", "H", " Hard "])
def test_a_grade_is_a_number_a_word_or_its_letter(history: History, word: str) -> None:
    hold(history, "", word)
    assert kept(history) == [("Why?", "", 2)]


@pytest.mark.parametrize("word", ["", "5", "0", "fine", "3x"])
def test_anything_else_is_asked_again(history: History, word: str) -> None:
    _, script = hold(history, "", word, "3")
    assert kept(history) == [("Why?", "", 3)]
    assert "A number from 1 to 4 or its word is expected, or q to end." in script.said


@pytest.mark.parametrize("end", [END, "q", " Q"])
def test_q_and_the_end_of_the_input_end_it_and_keep_what_was_graded(history: History, end: str) -> None:
    session, script = hold(history, "", "3", end)
    assert kept(history) == [("Why?", "", 3)]
    assert summary(session.answered, TWO) == "1 of 2 answered: 1 good"
    assert "Thus." not in script.text


@pytest.mark.parametrize("end", [END, "q"])
def test_what_was_typed_is_kept_when_it_ends_before_the_grade(history: History, end: str) -> None:
    session, _ = hold(history, "half of it", end)
    assert kept(history) == [("Why?", "half of it", None)]
    assert session.answered == []
    assert summary([], TWO) == "0 of 2 answered"


def test_ctrl_c_goes_through_and_keeps_what_was_answered(history: History) -> None:
    with pytest.raises(KeyboardInterrupt):
        hold(history, "", "4", "half", INTERRUPT)
    assert kept(history) == [("Why?", "", 4), ("How?", "half", None)]


def test_an_answer_that_is_late_is_kept_as_far_as_it_came(history: History) -> None:
    _, script = hold(history, "I was about to...", "1", "in time", "3", limit_s=15.0)
    assert kept(history) == [("Why?", "I was about to", 1), ("How?", "in time", 3)]
    assert script.limits == [15.0, 15.0]
    assert script.said.count("The time is up.") == 1
    assert "within 15 s each" in script.said[1]
