"""Answers to concept questions in the statistics: by topic asked, good and due."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.history.quiz import QuestionId
from harness.stats.compute import make_stats
from harness.stats.history_text import as_lines, last_things
from harness.stats.model import QuizStats, Stats
from harness.stats.text import render_stats

from histories import CATALOG, DAY_S, NOW, Diary

SLUGS = (*(kata.slug for kata in CATALOG.katas), "c09_gone")


def diary(*answers: tuple[str, str, Any, float]) -> Diary:
    """Answers: kata, question, rating, and when the question comes back in seconds from now."""
    written = Diary()
    for slug, question, rating, due_in_s in answers:
        written.add("quiz", slug, NOW - DAY_S, question=question, typed="", rating=rating, due=NOW + due_in_s)
    return written


def stats_of(written: Diary, questions: set[QuestionId] | None = None) -> Stats:
    return make_stats(CATALOG, written.entries, questions=questions, now=NOW, zone=UTC)


ANSWERS = diary(
    ("a01_one", "Why?", 1, -1.0),
    ("a01_one", "Why?", 3, 5.0),
    ("a02_two", "How?", 4, -1.0),
    ("a02_two", "When?", 2, -1.0),
    ("c09_gone", "Who?", 3, -1.0),
)


def test_each_topic_has_its_answers_the_good_ones_and_what_is_due() -> None:
    stats = stats_of(ANSWERS)
    assert stats.quiz_topics == (QuizStats("test", 4, 2, 2), QuizStats("two", 2, 1, 2))
    assert stats.quiz == QuizStats("all", 5, 3, 3)
    assert stats.strange == 0


def test_a_question_that_is_no_longer_asked_is_never_due() -> None:
    stats = stats_of(ANSWERS, {QuestionId("a02_two", "how"), QuestionId("a01_one", "why")})
    assert (stats.quiz.asked, stats.quiz.good, stats.quiz.due) == (5, 3, 1)


@given(st.lists(st.tuples(st.sampled_from(SLUGS), st.sampled_from("ab"), st.integers(0, 5), st.floats(-9, 9))))
def test_counts_add_up(answers: list[tuple[str, str, int, float]]) -> None:
    stats = stats_of(diary(*answers))
    assert stats.quiz.asked == sum(1 <= rating <= 4 for _, _, rating, _ in answers)
    assert stats.quiz.good == sum(3 <= rating <= 4 for _, _, rating, _ in answers)
    for topic in stats.quiz_topics:
        assert 0 <= topic.good <= topic.asked <= stats.quiz.asked
        assert topic.due <= stats.quiz.due <= len({answer[:2] for answer in answers})


def test_the_terminal_shows_them_even_when_no_kata_was_practised() -> None:
    stats = stats_of(ANSWERS)
    for width in (60, 80):
        text = render_stats(stats, width=width)
        assert "No kata practised yet" in text
        assert "quiz topic" in text
        assert max(map(len, text.splitlines())) <= width
    row = next(line for line in render_stats(stats).splitlines() if line.startswith("two "))
    assert row.split() == ["two", "2", "1", "2"]
    assert "quiz" not in render_stats(stats_of(diary()))


def test_the_page_has_a_table_of_them() -> None:
    pytest.importorskip("matplotlib")
    from harness.stats.page import render_page

    assert "Concept questions" in render_page(stats_of(ANSWERS))
    assert "Concept questions" not in render_page(stats_of(diary()))


def test_beside_practice_they_are_a_line_and_a_table() -> None:
    written = diary(("a01_one", "Why?", 3, -1.0))
    written.add("run", "a01_one", NOW - 5, status="passed", passed=2, total=2)
    assert "1 answer, 1 good or easy; 1 question due now" in render_stats(stats_of(written))


def test_the_history_has_a_line_for_each_answer() -> None:
    written = diary(("a01_one", "Why?", 2, 0.0))
    written.add("quiz", "a01_one", NOW, question="How?", typed="half")
    written.add("quiz", "a01_one", NOW, rating=True)
    lines = as_lines(last_things(written.entries, [], [], most=9, zone=UTC), zone=UTC)
    told = [line.partition("a01_one  ")[2] for line in lines]
    assert told == ["quiz, hard: Why?", "quiz, not graded: How?", "quiz, not graded"]
