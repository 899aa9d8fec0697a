"""What to do next: what is begun, then what is due, then what is new; and the reason fits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.catalog.load import stub_hash
from harness.core.model import Catalog, Kata, KataReport
from harness.history.record import record_run
from harness.history.store import History
from harness.practice.choose import Choice, choose_next, due_reviews, review_times

from boards import make_kata, make_report

DAY = 86400.0
NOW = 1_800_000_000.0
KATAS = (
    make_kata("a01_mse"),
    make_kata("a02_r2_score", requires=("a01_mse",)),
    make_kata("b01_knn"),
    make_kata("c01_matmul"),
)
CATALOG = Catalog(KATAS)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def report(slug: str, outcomes: str, created: float = NOW) -> KataReport:
    found = make_report(slug, outcomes, created=created)
    return found if outcomes else replace(found, started=False)


def untouched(*but: str) -> list[KataReport]:
    return [report(kata.slug, "") for kata in KATAS if kata.slug not in but]


def passed(history: History, slug: str, at: float) -> KataReport:
    kata = next(kata for kata in KATAS if kata.slug == slug)
    done = report(slug, "PP", at)
    record_run(history, kata, done, trigger="submit", now=at)
    return done


def chosen(history: History, reports: list[KataReport], now: float = NOW) -> Choice:
    choice = choose_next(CATALOG, reports, history, now)
    assert choice is not None
    return choice


def test_a_beginner_begins_with_what_others_build_on(history: History) -> None:
    choice = chosen(history, untouched())
    assert choice == Choice(KATAS[0], "it is new, and a02_r2_score builds on it")


def test_prerequisites_come_before_what_builds_on_them(history: History) -> None:
    katas = (make_kata("a01_mse", requires=("b01_knn",)), make_kata("b01_knn"))
    reports = [report(kata.slug, "") for kata in katas]
    choice = choose_next(Catalog(katas), reports, history, NOW)
    assert choice is not None
    assert choice.kata.slug == "b01_knn"
    assert "a01_mse builds on it" in choice.reason


def test_of_many_katas_that_build_on_one_the_first_is_named(history: History) -> None:
    katas = (make_kata("a01_mse"), *(make_kata(f"a0{i}_other", requires=("a01_mse",)) for i in range(2, 5)))
    choice = choose_next(Catalog(katas), [report(kata.slug, "") for kata in katas], history, NOW)
    assert choice == Choice(katas[0], "it is new, and a02_other and 2 others build on it")


def test_what_was_passed_lets_on_what_builds_on_it(history: History) -> None:
    done = passed(history, "a01_mse", NOW)
    choice = chosen(history, [done, *untouched("a01_mse")])
    assert choice == Choice(KATAS[1], "it is new, and builds on a01_mse, which you have passed")


def test_a_prerequisite_that_is_no_kata_or_goes_in_a_circle_bars_nothing(history: History) -> None:
    katas = (
        make_kata("a01_mse", requires=("a02_r2_score", "z99_none")),
        make_kata("a02_r2_score", requires=("a01_mse",)),
    )
    choice = choose_next(Catalog(katas), [report(kata.slug, "") for kata in katas], history, NOW)
    assert choice is not None
    assert choice.kata.slug == "a01_mse"
    lone = (make_kata("a01_mse", requires=("z99_none",)),)
    choice = choose_next(Catalog(lone), [report("a01_mse", "")], history, NOW)
    assert choice is not None


def test_what_is_begun_comes_first_the_last_one_worked_on(history: History) -> None:
    for slug, at in (("b01_knn", NOW - 50), ("a02_r2_score", NOW - 90)):
        kata = next(kata for kata in KATAS if kata.slug == slug)
        record_run(history, kata, report(slug, "PF"), trigger="watch", now=at)
    reports = [report("b01_knn", "PFF"), report("a02_r2_score", "PF"), *untouched("b01_knn", "a02_r2_score")]
    assert chosen(history, reports) == Choice(KATAS[2], "it is begun: 1 of 3 tests pass", is_begun=True)


def test_the_kata_whose_clock_runs_comes_before_all(history: History) -> None:
    history.start("c01_matmul", NOW)
    reports = [report("b01_knn", "PFF"), *untouched("b01_knn")]
    assert chosen(history, reports) == Choice(KATAS[3], "its clock is running", is_begun=True)


def test_a_due_review_comes_before_what_is_new_and_says_since_when(history: History) -> None:
    done = passed(history, "a01_mse", NOW - 5 * DAY)
    choice = chosen(history, [done, *untouched("a01_mse")])
    assert (choice.kata.slug, choice.is_review) == ("a01_mse", True)
    assert choice.reason.startswith("its review is due for 3 days; you remember it with a chance of about 8")
    assert chosen(history, [done, *untouched("a01_mse")], NOW - 4.5 * DAY).kata.slug == "a02_r2_score"


@pytest.mark.parametrize(("later", "words"), [(0.0, "due today;"), (1.0, "due since yesterday;"), (9.0, "for 9 days;")])
def test_the_reason_counts_days_as_people_do(history: History, later: float, words: str) -> None:
    done = passed(history, "a01_mse", NOW)
    assert words in chosen(history, [done, *untouched("a01_mse")], NOW + (2 + later) * DAY).reason


def test_of_several_due_the_least_remembered_comes_first(history: History) -> None:
    old = passed(history, "c01_matmul", NOW - 30 * DAY)
    new = passed(history, "a01_mse", NOW - 3 * DAY)
    choice = chosen(history, [old, new, *untouched("a01_mse", "c01_matmul")])
    assert choice.kata.slug == "c01_matmul"
    assert ", as is 1 more;" in choice.reason
    assert list(due_reviews(history, NOW)) == ["c01_matmul", "a01_mse"]


def test_what_was_begun_long_ago_waits_for_reviews(history: History) -> None:
    done = passed(history, "a01_mse", NOW - 60 * DAY)
    record_run(history, KATAS[2], report("b01_knn", "PF"), trigger="watch", now=NOW - 30 * DAY)
    reports = [done, report("b01_knn", "PF"), *untouched("a01_mse", "b01_knn")]
    assert chosen(history, reports).kata.slug == "a01_mse"
    record_run(history, KATAS[2], report("b01_knn", "PF"), trigger="watch", now=NOW - DAY)
    assert chosen(history, reports).kata.slug == "b01_knn"


def test_a_review_that_is_begun_is_gone_on_with(history: History) -> None:
    passed(history, "a01_mse", NOW - 5 * DAY)
    history.add("reset", "a01_mse", NOW - 60, kept="0001.py")
    choice = chosen(history, untouched())
    assert choice == Choice(KATAS[0], "it is begun: its stub was put back, to do it once more", is_begun=True)
    assert "a01_mse" in due_reviews(history, NOW)  # until it has passed


def test_without_reports_history_and_files_say_how_katas_stand(history: History, tmp_path: Path) -> None:
    katas = []
    for kata, source in zip(KATAS, ("done", "stub", "begun", "stub"), strict=True):
        folder = tmp_path / kata.slug
        folder.mkdir()
        katas.append(replace(kata, folder=folder, stub_sha256=stub_hash(b"stub")))
        katas[-1].stub.write_text(source)
    passed(history, "a01_mse", NOW)
    choice = choose_next(Catalog(tuple(katas)), [], history, NOW)
    assert choice == Choice(katas[2], "it is begun: it was not run since it was changed", is_begun=True)
    katas[2].stub.write_text("stub")
    choice = choose_next(Catalog(tuple(katas)), [], history, NOW)
    assert choice is not None
    assert choice.kata.slug == "a02_r2_score"


def test_nothing_is_next_when_all_is_passed_and_none_is_due(history: History) -> None:
    reports = [passed(history, kata.slug, NOW) for kata in KATAS]
    assert choose_next(CATALOG, reports, history, NOW + 60) is None
    assert min(review_times(history).values()) > NOW
    assert choose_next(CATALOG, reports, history, NOW + 10 * DAY) is not None


@given(
    st.lists(st.tuples(st.sampled_from(KATAS), st.sampled_from(["", "PP", "PF", "FF"])), max_size=8), st.floats(0, 90)
)
@settings(max_examples=15)
def test_there_is_always_something_to_do_until_all_is_passed(
    tmp_path_factory: pytest.TempPathFactory,
    runs: list[tuple[Kata, str]],
    later: float,
) -> None:
    history = History(tmp_path_factory.mktemp("history"))
    reports = {kata.slug: report(kata.slug, "") for kata in KATAS}
    for i, (kata, outcomes) in enumerate(runs):
        reports[kata.slug] = report(kata.slug, outcomes, NOW + i)
        record_run(history, kata, reports[kata.slug], trigger="watch", now=NOW + i)
    choice = choose_next(CATALOG, reports.values(), history, NOW + later * DAY)
    all_passed = all(found.status == "passed" for found in reports.values())
    assert (choice is not None) or (all_passed and not due_reviews(history, NOW + later * DAY))
    history.close()


def test_times_that_are_no_numbers_are_passed_over(history: History) -> None:
    for due in ("tomorrow", None, float("nan"), float("inf"), -1, 1e300, [1]):
        history.add("card", "a01_mse", NOW, due=due)
    assert review_times(history) == {}
