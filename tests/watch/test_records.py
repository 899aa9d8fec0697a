"""What a watch keeps and asks for: history, clock, hints, the reference; also when the disk or the clock plays tricks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from harness.catalog.load import load_kata
from harness.core.errors import KataError, StateError
from harness.core.model import Kata, Problem, ProblemKind, Status
from harness.history.store import History
from harness.interview import storage
from harness.runner.job import cached_report, digest, learner_job
from harness.watch import records as records_module
from harness.watch.kata_list import render_list
from harness.watch.records import LearnerRecords
from harness.watch.view import Page, Phase, View

from checkout import GOOD, Checkout
from watching import FAILING, PASSING, WRONG, Session, drawn, open_session


@pytest.fixture
def history(checkout: Checkout) -> Iterator[History]:
    checkout.state.mkdir()
    opened = History(checkout.state)
    yield opened
    opened.close()


@pytest.fixture
def records(checkout: Checkout, history: History) -> LearnerRecords:
    return LearnerRecords(checkout.root, checkout.state, history, storage.refuse_in_interview)


@pytest.fixture
def kata(checkout: Checkout) -> Kata:
    return load_kata(checkout.add("a01_twice", GOOD))


@pytest.fixture
def session(checkout: Checkout, records: LearnerRecords) -> Session:
    return open_session(checkout, records)


def text_of(page: Page) -> str:
    out = StringIO()
    Console(file=out, width=80, highlight=False).print(page.content)
    return out.getvalue()


# --- runs ----------------------------------------------------------------------------------------------------------------


def test_the_report_of_a_run_is_the_one_the_scoreboard_takes(
    records: LearnerRecords, kata: Kata, checkout: Checkout
) -> None:
    records.record(kata, PASSING, GOOD.encode(), 100.0)
    job = learner_job(kata, "learner", "practice")
    known = cached_report(job, digest(job, job.kata.stub.read_bytes()), checkout.state)
    assert known is not None
    assert known.status is Status.PASSED
    kata.stub.write_text(WRONG)
    assert cached_report(job, digest(job, job.kata.stub.read_bytes()), checkout.state) is None


def test_a_run_that_was_killed_is_not_recorded(records: LearnerRecords, kata: Kata, history: History) -> None:
    killed = replace(FAILING, problem=Problem(ProblemKind.KILLED, "killed"))
    assert records.record(kata, killed, b"", 100.0) is None
    assert history.entries() == []


def test_time_and_best_time_are_told_once_the_kata_passes(
    records: LearnerRecords, kata: Kata, history: History
) -> None:
    history.start(kata.slug, 100.0)
    assert records.record(kata, FAILING, b"", 150.0) is None
    pass_summary = records.record(kata, PASSING, b"", 160.0)
    assert pass_summary is not None
    assert (pass_summary.spent_s, pass_summary.best_s, pass_summary.is_first) == (60.0, 60.0, True)
    assert pass_summary.due is not None
    assert pass_summary.due > 160.0
    assert history.running() is None


def test_a_full_disk_costs_the_record_and_nothing_else(session: Session, history: History) -> None:
    pages = history._database.execute("PRAGMA page_count").fetchone()[0]
    history._database.execute(f"PRAGMA max_page_count = {pages}")  # SQLite itself says that the disk is full
    for _ in range(200):
        history_is_full = _fill(history)
        if history_is_full:
            break
    session.end(PASSING)
    assert session.view.verdict is Status.PASSED
    assert "★ ★ ★" in drawn(session.view)
    assert any("not recorded" in notice and "full" in notice for notice in session.view.notices)
    session.save(GOOD)
    assert len(session.runner.runs) == 2, "and it goes on"


def _fill(history: History) -> bool:
    try:
        history.add("note", "", 1.0, text="x" * 2000)
    except StateError:
        return True
    return False


def test_a_state_folder_that_is_full_is_a_notice(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(records_module, "write_atomically", full)
    session.end(FAILING)
    assert session.view.failing
    assert any("No space left on device" in notice for notice in session.view.notices)


# --- the clock -------------------------------------------------------------------------------------------------------------


def test_c_starts_and_stops_the_clock(session: Session, history: History) -> None:
    session.press("c")
    session.clock[0] += 61
    session.touch()
    assert "1:01 of 10 min" in drawn(session.view)
    session.press("c")
    assert history.running() is None
    session.clock[0] += 61
    session.touch()
    assert "1:01 of 10 min, stopped" in drawn(session.view)


def test_the_clock_of_a_kata_that_is_passed_is_not_started(
    records: LearnerRecords, kata: Kata, history: History
) -> None:
    records.record(kata, PASSING, GOOD.encode(), 1000.0)
    with pytest.raises(KataError, match="is passed, so there is nothing to time"):
        records.toggle_clock(kata, 1001.0)
    kata.stub.write_bytes(kata.published_stub.read_bytes())  # emptied by hand: another attempt
    assert records.toggle_clock(kata, 1002.0) == "the clock runs: 10 min"
    assert history.running() is not None


def test_a_clock_of_another_kata_is_not_stopped(session: Session, history: History) -> None:
    history.start("a02_thrice", 100.0)
    session.press("c")
    assert "the clock of a02_thrice is running already" in drawn(session.view)


def test_a_system_clock_that_is_set_back_takes_no_time_away(session: Session, history: History) -> None:
    now = [5000.0]
    session.watch._now = lambda: now[0]
    session.press("c")
    now[0] -= 3600
    session.clock[0] += 2
    session.touch()
    assert "0:00 of 10 min" in drawn(session.view)
    session.end(PASSING)
    assert "★ ★ ★" in drawn(session.view)
    assert "this run is not recorded" not in drawn(session.view)
    assert history.entries("pass", slug="a01_twice")


# --- hints and the reference -----------------------------------------------------------------------------------------------


def test_hints_come_one_after_the_other_and_the_last_one_stays(
    records: LearnerRecords, kata: Kata, history: History
) -> None:
    (kata.folder / "hints.md").write_text("1. Think.\n2. Think of adding.\n")
    kata.stub.write_text(WRONG)
    told = [(hint.number, hint.there, hint.text) for hint in (records.hint(kata, 100.0) for _ in range(3))]
    assert told == [(1, 2, "Think."), (2, 2, "Think of adding."), (2, 2, "Think of adding.")]
    assert len(history.entries("hint")) == 2


def test_a_kata_without_hints_says_so(session: Session) -> None:
    session.press("h")
    assert "a01_twice has no hints" in drawn(session.view)


@pytest.fixture
def reference(checkout: Checkout) -> str:
    folder = checkout.root / "solutions" / "a01_twice"
    folder.mkdir(parents=True)
    (folder / "twice.py").write_text("def double(x):\n    return x + x\n")
    (folder / "debrief.md").write_text("## Complexity\n\nConstant.\n")
    return "return x + x"


def test_a_reveal_before_a_pass_counts_as_given_up(session: Session, history: History, reference: str) -> None:
    session.press("r", "y")
    page = session.view.page
    assert page is not None
    assert reference in text_of(page)
    assert "Constant." in text_of(page)
    session.press("q")
    session.end(PASSING)
    assert [entry.data["given_up"] for entry in history.entries("reveal")] == [True]
    assert [entry.data["given_up"] for entry in history.entries("pass")] == [True]


def test_a_reveal_after_a_pass_is_free_and_needs_no_disk(
    session: Session, history: History, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.end(PASSING)

    def full(*_: object, **__: object) -> int:
        raise StateError("the disk is full")

    monkeypatch.setattr(history, "add", full)
    session.press("r")
    assert session.view.page is not None
    assert reference in text_of(session.view.page)


def test_a_reference_that_is_not_there_is_a_sentence(session: Session, history: History) -> None:
    session.press("r", "y")
    assert session.view.page is None
    assert "is not in this checkout" in drawn(session.view)
    assert history.entries("reveal") == []


@pytest.mark.usefixtures("reference")
def test_nothing_is_given_away_in_an_interview(
    session: Session, records: LearnerRecords, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_state: Path, _kata: Kata) -> None:
        raise KataError("an interview asks this kata")

    monkeypatch.setattr(records, "_refuse", refuse)
    session.press("h")
    assert "an interview asks this kata" in drawn(session.view)
    session.press("r", "y")
    assert session.view.page is None
    assert history.entries() == []


def test_a_pass_after_a_reveal_says_so(session: Session, reference: str) -> None:
    session.press("r", "y")
    assert reference in text_of(session.view.page or Page("", ""))
    session.press("q")
    session.end(PASSING)
    assert "after a look at the reference" in drawn(session.view)


def test_what_the_interviewer_asks_next_is_named(records: LearnerRecords, kata: Kata) -> None:
    (kata.folder / "follow_up.md").write_text("And now in float32?")
    pass_summary = records.record(replace(kata, has_follow_up=True), PASSING, GOOD.encode(), 100.0)
    assert pass_summary is not None
    assert "pytest katas/a01_twice/test_follow_up.py" in pass_summary.more
    view = View(kata, Phase.DONE, PASSING.tests, report=PASSING, pass_summary=pass_summary)
    assert "pytest katas/a01_twice/test_follow_up.py" in drawn(view, width=120)


# --- katas -----------------------------------------------------------------------------------------------------------------


def test_the_next_kata_is_another_one_with_its_reason(session: Session) -> None:
    session.end(PASSING)
    session.press("k")
    assert session.view.kata.slug == "a02_thrice"
    assert any(notice.startswith("a02_thrice: it is") for notice in session.view.notices)


def test_a_due_review_says_how_it_is_begun(records: LearnerRecords, kata: Kata) -> None:
    records.record(kata, PASSING, GOOD.encode(), 100.0)
    chosen, reason = records.next_kata(None, 100.0 + 400 * 86400)
    assert chosen == kata
    assert "kata review a01" in reason
    with pytest.raises(KataError, match="every kata is passed"):
        records.next_kata(None, 200.0)


def test_the_board_lists_all_katas_and_how_they_stand(records: LearnerRecords, kata: Kata, checkout: Checkout) -> None:
    checkout.add("a02_thrice")
    checkout.add("a03_other", WRONG)
    records.record(kata, PASSING, GOOD.encode(), 100.0)
    shown = records.board(kata, 200.0)
    assert shown.kata.slug == kata.slug
    lines = text_of(Page("", render_list(shown, 10))).splitlines()
    assert [line.lstrip("> ").split()[0] for line in lines] == ["A01", "A02", "A03"]
    assert [line.rstrip().endswith(end) for line, end in zip(lines, ("passed", "not started", "changed"), strict=True)]


def test_k_says_what_is_missing_when_it_stays(session: Session) -> None:
    session.end(FAILING)
    session.press("k")
    assert session.view.kata.slug == "a01_twice"
    (notice,) = session.view.notices
    assert notice == "a01_twice comes first, until it passes: it is begun: 1 of 3 tests pass; l selects another one"


def test_k_names_the_day_of_the_next_review(records: LearnerRecords, kata: Kata) -> None:
    records.record(kata, PASSING, GOOD.encode(), 100.0)
    with pytest.raises(KataError, match=r"the next review is due on \w+ \d+ Jan; l selects one"):
        records.next_kata(kata, 200.0)
    with pytest.raises(KataError, match=r"`kata review a01` begins it from the empty stub"):
        records.next_kata(kata, 100.0 + 400 * 86400)
