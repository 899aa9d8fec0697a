"""Answers to concept questions: what is kept of them, and when a question comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.history.attempt import attempts
from harness.history.quiz import (
    QUIZ,
    QuestionId,
    QuestionRecord,
    question_records,
    record_answer,
    record_ungraded,
)
from harness.history.record import Grade
from harness.history.store import Entry, History

from histories import DAY_S, NOW

SLUG = "a01_mse"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    history = History(tmp_path)
    yield history
    history.close()


def record_of(history: History, question: str, slug: str = SLUG) -> QuestionRecord:
    (found,) = [record for identity, record in question_records(history.entries()).items() if identity.slug == slug]
    assert QuestionId(slug, question) in question_records(history.entries())
    return found


def test_a_graded_answer_is_kept_and_planned(history: History) -> None:
    due = record_answer(history, SLUG, "Why so?", "because", Grade.GOOD, NOW)
    record = record_of(history, "why so")
    assert (record.asked, record.good, record.last, record.due) == (1, 1, Grade.GOOD, due)
    assert due > NOW
    (entry,) = history.entries(QUIZ)
    assert (entry.data["typed"], entry.data["rating"], entry.data["question"]) == ("because", 3, "Why so?")


def test_better_grades_come_back_later_and_again_comes_back_tomorrow(history: History) -> None:
    due = [record_answer(history, f"a0{grade}_x", "Why?", "", grade, NOW) for grade in Grade]
    assert due == sorted(due)
    assert due[0] - NOW <= DAY_S
    assert due[Grade.EASY - 1] > due[Grade.GOOD - 1]


def test_intervals_grow_as_an_answer_stays_good_and_a_reworded_sign_changes_nothing(history: History) -> None:
    now, intervals = NOW, []
    for question in ("Why so?", "why, so", "**Why** so?"):
        due = record_answer(history, SLUG, question, "", Grade.GOOD, now)
        intervals.append(due - now)
        now = due
    assert intervals == sorted(intervals)
    assert intervals[2] > 3 * intervals[0]
    record = record_of(history, "why so")
    assert (record.asked, record.good) == (3, 3)


def test_other_words_are_another_question_and_so_is_another_kata(history: History) -> None:
    record_answer(history, SLUG, "Why?", "", Grade.AGAIN, NOW)
    record_answer(history, SLUG, "Why so?", "", Grade.HARD, NOW)
    record_answer(history, "a02_x", "Why?", "", Grade.EASY, NOW)
    found = question_records(history.entries())
    assert [(identity, record.good) for identity, record in found.items()] == [
        ((SLUG, "why"), 0),
        ((SLUG, "why so"), 0),
        (("a02_x", "why"), 1),
    ]


def test_what_was_typed_and_not_graded_is_kept_and_changes_no_schedule(history: History) -> None:
    due = record_answer(history, SLUG, "Why?", "", Grade.GOOD, NOW)
    record_ungraded(history, SLUG, "Why?", "half of it", NOW + 1)
    record = record_of(history, "why")
    assert (record.asked, record.due) == (1, due)
    assert history.entries(QUIZ)[-1].data["typed"] == "half of it"


def test_answers_are_no_attempts_at_the_kata(history: History) -> None:
    record_answer(history, SLUG, "Why?", "", Grade.AGAIN, NOW)
    assert attempts(history)[SLUG].runs == 0
    assert not attempts(history)[SLUG].has_passed
    assert history.entries("card") == []


def test_typed_text_of_any_kind_and_length_is_kept_readable(history: History) -> None:
    record_answer(history, SLUG, "Why?", "\x1b[31m\ud800" + "x" * 10_000, Grade.GOOD, NOW)
    typed = history.entries(QUIZ)[0].data["typed"]
    assert typed.isprintable()
    assert 2_000 <= len(typed) < 2_200


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["question", "rating", "due", "card"]),
            st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["Why?", "", "3"]) | st.just({}),
        ),
        max_size=6,
    )
)
def test_entries_of_any_other_version_are_passed_over_or_understood(rows: list[dict[str, Any]]) -> None:
    entries = [Entry(number, NOW, SLUG, QUIZ, row) for number, row in enumerate(rows)]
    for record in question_records(entries).values():
        assert 0 <= record.good <= record.asked
        assert record.due >= 0
