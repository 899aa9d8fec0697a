"""What a run leaves behind: one pass an attempt, an honest best time, and a day on which the kata comes back."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.model import KataReport, Problem, ProblemKind
from harness.history.attempt import Attempt, attempt
from harness.history.record import Grade, Recorded, day_of, grade, record_known_pass, record_run, schedule
from harness.history.store import History

from boards import make_kata, make_report

DAY = 86400.0
MSE = make_kata("a01_mse")  # 15 minutes
NOW = 1_800_000_000.0


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def ran(history: History, outcomes: str, now: float = NOW, trigger: str = "submit") -> Recorded:
    return record_run(history, MSE, make_report("a01_mse", outcomes, created=now), trigger=trigger, now=now)


def begin_again(history: History, now: float) -> None:
    history.add("reset", "a01_mse", now, kept="0001.py", passed=True)


def test_a_run_says_what_failed_each_test_once_and_without_its_parameters(history: History) -> None:
    report = make_report("a01_mse", "FPFN", created=NOW)
    renamed = tuple(
        type(test)(name, test.band, test.outcome, failure=test.failure)
        for test, name in zip(report.tests, ("test_a[1-2]", "test_b", "test_a[3]", "test_c"), strict=True)
    )
    record_run(history, MSE, KataReport("a01_mse", "learner", renamed, created=NOW), trigger="watch", now=NOW)
    (run,) = history.entries("run")
    assert run.data == {
        "trigger": "watch",
        "status": "in progress",
        "passed": 1,
        "total": 4,
        "failed": ["test_a"],
        "duration_s": 0.0,
    }
    assert history.entries("pass", "card") == []


def test_at_most_fifty_names_are_kept(history: History) -> None:
    ran(history, "F" * 80)
    assert len(history.entries("run")[0].data["failed"]) == 50


def test_an_empty_stub_leaves_nothing(history: History) -> None:
    report = KataReport("a01_mse", "learner", (), started=False)
    assert record_run(history, MSE, report, trigger="watch", now=NOW) == Recorded(None, None, first_pass=False)
    assert history.entries() == []


def test_a_broken_run_is_a_run(history: History) -> None:
    report = make_report("a01_mse", "", problem=Problem(ProblemKind.BROKEN, "mse.py is not valid Python"))
    record_run(history, MSE, report, trigger="scoreboard", now=NOW)
    assert history.entries("run")[0].data["status"] == "broken"


def test_a_run_in_an_interview_is_none_of_the_attempt(history: History) -> None:
    ran(history, "F", NOW)
    history.add("run", "a01_mse", NOW + 5, trigger="interview", status="failing", passed=0, total=1, failed=["test_0"])
    present = attempt(history, "a01_mse")
    assert (present.runs, present.last_run) == (1, NOW)


def test_the_first_pass_ends_the_attempt_with_what_it_took(history: History) -> None:
    history.start("a01_mse", NOW)
    history.add("hint", "a01_mse", NOW + 1, number=1)
    ran(history, "PF", NOW + 60)
    done = ran(history, "PP", NOW + 300)
    assert (done.spent_s, done.best_s, done.first_pass, done.ends_attempt) == (300.0, 300.0, True, True)
    assert history.running() is None
    (passed,) = history.entries("pass")
    assert passed.data == {
        "spent_s": 300.0,
        "runs": 2,
        "hints": 1,
        "given_up": False,
        "first": True,
        "review": False,
    }
    (card,) = history.entries("card")
    assert card.data["rating"] == Grade.GOOD
    assert card.data["due"] == done.due == day_of(NOW + 300).timestamp() + 2 * DAY
    assert json.loads(json.dumps(card.data["card"])) == card.data["card"]


def test_passing_again_in_the_same_attempt_is_a_run_and_no_pass(history: History) -> None:
    ran(history, "PP")
    history.start("a01_mse", NOW + 10)
    again = ran(history, "PP", NOW + 13)
    assert not again.ends_attempt
    assert again.spent_s is None
    assert history.running() is None
    assert history.best_times_s() == {}
    assert len(history.entries("pass")) == 1
    assert len(history.entries("run")) == 2


def test_a_reset_begins_another_attempt_whose_pass_is_a_review(history: History) -> None:
    history.add("hint", "a01_mse", NOW, number=1)
    ran(history, "PP")
    begin_again(history, NOW + 3 * DAY)
    assert attempt(history, "a01_mse") == Attempt(has_passed=True, begun=NOW + 3 * DAY, last_run=NOW)
    history.start("a01_mse", NOW + 3 * DAY)
    again = ran(history, "PP", NOW + 3 * DAY + 100)
    assert (again.first_pass, again.ends_attempt, again.spent_s) == (False, True, 100.0)
    assert history.entries("pass")[1].data["review"] is True
    assert history.entries("pass")[1].data["hints"] == 0
    assert history.entries("card")[1].data["rating"] == Grade.EASY
    assert again.due is not None
    assert again.due - (NOW + 3 * DAY) > 7 * DAY


def test_code_that_had_passed_and_is_restored_is_no_new_pass(history: History) -> None:
    ran(history, "PP")
    begin_again(history, NOW + 10)
    history.add("restore", "a01_mse", NOW + 20, kept="0001.py", passed=True)
    assert not ran(history, "PP", NOW + 30).ends_attempt


def test_a_report_from_before_the_attempt_ends_nothing(history: History) -> None:
    begin_again(history, NOW)
    old = make_report("a01_mse", "PP", created=NOW - 5)
    assert not record_known_pass(history, MSE, old).ends_attempt
    new = make_report("a01_mse", "PP", created=NOW + 1)
    assert record_known_pass(history, MSE, new).ends_attempt
    assert not record_known_pass(history, MSE, new).ends_attempt
    assert history.entries("pass")[0].at == NOW + 1
    assert history.entries("run") == []


def test_system_time_that_was_put_back_after_a_reset_does_not_bar_the_pass(history: History) -> None:
    begin_again(history, NOW + 10 * DAY)
    assert ran(history, "PP", NOW).ends_attempt


def test_a_clock_that_was_started_after_a_known_pass_goes_on(history: History) -> None:
    known = make_report("a01_mse", "PP", created=NOW)
    history.start("a01_mse", NOW + 5)
    assert record_known_pass(history, MSE, known).spent_s is None
    record_known_pass(history, MSE, known)
    assert history.running() is not None


def test_whoever_has_seen_the_reference_passes_without_a_personal_best(history: History) -> None:
    history.start("a01_mse", NOW)
    history.add("reveal", "a01_mse", NOW + 5, given_up=True)
    done = ran(history, "PP", NOW + 20)
    assert (done.spent_s, done.best_s, done.given_up) == (20.0, None, True)
    assert history.running() is None
    assert history.entries("pass")[0].data["given_up"] is True
    assert history.entries("card")[0].data["rating"] == Grade.AGAIN


def test_passes_from_before_there_were_entries_count_as_passes(history: History) -> None:
    history.start("a01_mse", NOW)
    history.record_pass("a01_mse", NOW + 50)
    assert not ran(history, "PP", NOW + 100).first_pass


@pytest.mark.parametrize(
    ("present", "spent_s", "expected"),
    [
        (Attempt(runs=1), 7.5 * 60, Grade.EASY),
        (Attempt(runs=1), 7.6 * 60, Grade.GOOD),
        (Attempt(runs=9), 60.0, Grade.GOOD),
        (Attempt(runs=1, hints=1), 60.0, Grade.GOOD),
        (Attempt(runs=1), None, Grade.GOOD),
        (Attempt(runs=1), 15.1 * 60, Grade.HARD),
        (Attempt(runs=1, hints=2), 60.0, Grade.HARD),
        (Attempt(runs=31), None, Grade.HARD),
        (Attempt(runs=1, has_given_up=True), 60.0, Grade.AGAIN),
    ],
)
def test_the_grade_comes_from_time_hints_and_runs(present: Attempt, spent_s: float | None, expected: Grade) -> None:
    assert grade(MSE, present, spent_s) is expected


def test_a_better_grade_is_never_back_sooner() -> None:
    dues = [schedule(None, rating, NOW).due for rating in Grade]
    assert dues == sorted(dues)
    assert dues[0] < dues[-1]


@given(st.lists(st.sampled_from(Grade), min_size=1, max_size=8), st.data())
def test_the_schedule_is_repeatable_and_always_some_days_ahead(grades: list[Grade], data: st.DataObject) -> None:
    moments = [data.draw(st.floats(1e9, 4e9)) for _ in grades]  # in any order: system time jumps

    def play() -> list[float]:
        card, dues = None, []
        for rating, moment in zip(grades, moments, strict=True):
            after = schedule(card, rating, moment)
            card = after.to_dict()
            dues.append(after.due.timestamp() - moment)
        return dues

    assert play() == play()
    assert all(-3600 <= ahead <= 365 * DAY for ahead in play())  # an hour: the night in which clocks are put back


@pytest.mark.parametrize(("hour", "hours_to_due"), [(20.0, 8.0), (3.9, 0.1), (4.1, 23.9)])
def test_a_kata_that_comes_back_tomorrow_does_so_in_the_morning(hour: float, hours_to_due: float) -> None:
    midnight = day_of(NOW).timestamp() - 4 * 3600
    now = midnight + hour * 3600
    assert schedule(None, Grade.AGAIN, now).due.timestamp() - now == pytest.approx(hours_to_due * 3600)


@pytest.mark.parametrize("damaged", [{}, {"card_id": "x"}, {"card_id": 1, "state": 99}, [], "no card", None])
def test_a_damaged_card_is_begun_anew(history: History, damaged: object) -> None:
    history.add("card", "a01_mse", NOW, rating=3, card=damaged, due=NOW)
    ran(history, "PP")
    assert history.entries("card")[-1].data["due"] > NOW


def test_of_two_who_see_the_same_pass_one_counts_it(tmp_path: Path) -> None:
    barrier = threading.Barrier(4)
    results = []

    def see() -> None:
        mine = History(tmp_path)
        barrier.wait(timeout=60)
        results.append(ran(mine, "PP").ends_attempt)
        mine.close()

    threads = [threading.Thread(target=see) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(results) == [False, False, False, True]
    history = History(tmp_path)
    assert len(history.entries("pass")) == 1
    assert len(history.entries("run")) == 4
