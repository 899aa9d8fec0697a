"""Which concept questions are asked: due ones, weak topics, new ones; never what gives a kata away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.load import load_catalog
from harness.catalog.statement import Question
from harness.history.attempt import attempts
from harness.history.quiz import QuestionId, QuestionRecord, question_records, record_answer
from harness.history.record import Grade
from harness.history.store import History
from harness.practice.quiz import QuizQuestion, Reason, Selected, read_pool, select_questions, topic_trouble
from harness.practice.topics import Role

from checkout import ROOT, Checkout
from histories import DAY_S, NOW, make_kata

EASY_TOPIC = make_kata("a01_one", topics=("easy",))
WEAK_TOPIC = make_kata("b01_two", topics=("weak", "other"))
SERVING = make_kata("d01_three", topics=("serving",))
DEBRIEF = "## Follow-up questions\n\n1. Why?\n\n   Because.\n\n2. How?\n\n   Like `this`.\n"


def question(kata: Any, text: str = "Why?", record: QuestionRecord | None = None, **more: bool) -> QuizQuestion:
    return QuizQuestion(kata, Question(text, "Because."), record, **more)


def record(due: float, stability: float = 3.0, last: Grade = Grade.GOOD) -> QuestionRecord:
    stamp = "2025-12-20T04:00:00+00:00"
    card = {
        "card_id": 1,
        "state": 2,
        "step": None,
        "stability": stability,
        "difficulty": 5.0,
        "due": stamp,
        "last_review": stamp,
    }
    return QuestionRecord(1, 1, last, NOW - DAY_S, due, card)


def select(questions: list[QuizQuestion], **more: Any) -> list[Selected]:
    trouble: Mapping[str, float] = more.pop("trouble", {})
    return select_questions(questions, **{"count": 10, "seed": 1, "now": NOW, **more}, trouble=trouble)


# --- which, in which order ---


def test_due_ones_come_first_then_weak_topics_then_new_ones() -> None:
    due = question(EASY_TOPIC, "Due?", record(NOW - 1))
    weak, new = question(WEAK_TOPIC, "Weak?"), question(EASY_TOPIC, "New?")
    planned = question(WEAK_TOPIC, "Planned?", record(NOW + 1))
    selected = select([new, planned, weak, due], trouble={"weak": 0.5, "easy": 0.1})
    assert [(one.asked, one.reason, one.topic) for one in selected] == [
        (due, Reason.DUE, ""),
        (weak, Reason.WEAK_TOPIC, "weak"),
        (new, Reason.NEW, ""),
    ]


def test_the_least_remembered_of_the_due_ones_comes_first() -> None:
    strong, faint = (
        question(EASY_TOPIC, text, record(NOW - 1, stability)) for text, stability in (("S", 50), ("F", 1))
    )
    assert [one.asked for one in select([strong, faint])] == [faint, strong]


def test_a_warm_up_is_filled_with_what_is_not_due_yet() -> None:
    planned = question(EASY_TOPIC, "Planned?", record(NOW + DAY_S))
    assert select([planned]) == []
    (one,) = select([planned], with_early=True)
    assert one.reason is Reason.EARLY


def test_the_weakest_topic_is_likely_first_and_each_kata_comes_before_a_second_question_of_another() -> None:
    questions = [question(kata, f"{kata.id} {i}?") for kata in (EASY_TOPIC, WEAK_TOPIC, SERVING) for i in range(3)]
    first: Counter[str] = Counter()
    for seed in range(200):
        selected = select(questions, seed=seed, trouble={"easy": 0.3, "weak": 3.0, "other": 3.0, "serving": 0.3})
        first[selected[0].asked.kata.slug] += 1
        for i in range(0, 9, 3):
            assert len({one.asked.kata.slug for one in selected[i : i + 3]}) == 3
    assert first["b01_two"] > 130


def test_a_role_leans_to_its_topics() -> None:
    questions = [question(EASY_TOPIC), question(SERVING)]
    first = {
        role: sum(select(questions, seed=seed, role=role, count=1)[0].asked.kata is SERVING for seed in range(200))
        for role in (Role.ML_ENGINEER, Role.DATA_SCIENTIST)
    }
    assert first[Role.ML_ENGINEER] > 140
    assert first[Role.DATA_SCIENTIST] < 80


@given(st.integers(0, 10**6), st.integers(1, 12))
def test_the_same_seed_selects_the_same_and_none_twice(seed: int, count: int) -> None:
    kinds = [None, record(NOW - 1), record(NOW + 1)]
    questions = [question(kata, f"{i}?", kinds[i % 3]) for kata in (EASY_TOPIC, WEAK_TOPIC, SERVING) for i in range(6)]
    once, again = (select(questions, seed=seed, count=count, trouble={"weak": 1.0}) for _ in range(2))
    assert once == again
    asked = [one.asked for one in once]
    assert len(asked) == len(set(asked)) == count
    order = [list(Reason).index(one.reason) for one in once]
    assert order == sorted(order)


# --- what is held back ---


@pytest.fixture
def history(checkout: Checkout) -> Iterator[History]:
    for slug in ("a01_one", "a02_two"):
        checkout.add(slug)
        folder = checkout.root / "solutions" / slug
        folder.mkdir(parents=True)
        (folder / "debrief.md").write_text(DEBRIEF)
    checkout.state.mkdir()
    history = History(checkout.state)
    yield history
    history.close()


def held_back(checkout: Checkout, history: History) -> list[str]:
    catalog = load_catalog(checkout.root)
    pool = read_pool(checkout.root, catalog.katas, question_records(history.entries()), attempts(history))
    return [f"{asked.kata.id} {asked.question.question}" for asked in pool.questions if asked.is_held_back]


def test_what_gives_a_kata_away_is_held_back_until_that_kata_was_passed(checkout: Checkout, history: History) -> None:
    assert held_back(checkout, history) == ["A01 How?", "A02 How?"]
    history.add("pass", "a01_one", NOW)
    assert held_back(checkout, history) == ["A02 How?"]
    history.add("reset", "a01_one", NOW)  # a review: it was passed
    assert held_back(checkout, history) == ["A02 How?"]


def test_a_revealed_reference_has_given_it_away_already(checkout: Checkout, history: History) -> None:
    history.add("reveal", "a02_two", NOW, given_up=True)
    assert held_back(checkout, history) == ["A01 How?"]


def test_held_back_questions_are_asked_when_they_are_asked_for() -> None:
    hidden = question(EASY_TOPIC, is_held_back=True)
    assert select([hidden]) == []
    assert [one.asked for one in select([hidden], with_held_back=True)] == [hidden]


@pytest.mark.usefixtures("history")
def test_a_pool_says_what_lacks_questions_and_what_cannot_be_read(checkout: Checkout) -> None:
    (checkout.root / "solutions" / "a01_one" / "debrief.md").unlink()
    (checkout.root / "solutions" / "a02_two" / "debrief.md").write_bytes(b"\xff")
    pool = read_pool(checkout.root, load_catalog(checkout.root).katas, {}, {})
    assert (pool.questions, [kata.slug for kata in pool.without]) == ((), ["a01_one"])
    assert "a02_two/debrief.md cannot be read" in pool.faults[0]


def test_answers_and_katas_both_make_a_topic_weak(history: History) -> None:
    record_answer(history, "a01_one", "Why?", "", Grade.AGAIN, NOW)
    record_answer(history, "a01_one", "How?", "", Grade.GOOD, NOW)
    record_answer(history, "c09_gone", "How?", "", Grade.AGAIN, NOW)
    trouble = topic_trouble([EASY_TOPIC, WEAK_TOPIC], question_records(history.entries()), {"weak": 0.4, "easy": 0.1})
    assert trouble == {"weak": 0.4, "easy": pytest.approx(0.6)}


# --- the questions of this repository ---


def test_a_new_learner_is_asked_most_questions_of_this_repository_and_of_every_set() -> None:
    pool = read_pool(ROOT, load_catalog(ROOT).katas, {}, {})
    open_ones = [asked for asked in pool.questions if not asked.is_held_back]
    assert len(open_ones) >= 0.6 * len(pool.questions)
    assert {asked.kata.set for asked in open_ones} == {asked.kata.set for asked in pool.questions}
    assert pool.without == ()
    assert len({QuestionId(asked.kata.slug, asked.question.key) for asked in pool.questions}) == len(pool.questions)
