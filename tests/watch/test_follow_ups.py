"""In `kata watch`, each save runs the follow-up as well, once the kata passes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harness.catalog.load import load_kata
from harness.core.errors import StateError
from harness.core.model import Band, Outcome, Status, Suite
from harness.history.store import History
from harness.interview import storage
from harness.runner.job import cached_report, digest, learner_job
from harness.watch.loop import Watch
from harness.watch.records import LearnerRecords
from harness.watch.view import PassSummary
from harness.watch.warm_runs import WarmParent

from checkout import GOOD, GOOD_FOLLOW_UP, Checkout
from watching import FAILING, PASSING, FakeScreen, Session, drawn, open_session, report, result

COMMAND = "pytest katas/a01_twice/test_follow_up.py"
FOLLOW_UP_FAILING = report(
    result("test_more", Outcome.FAILED), result("test_most", Outcome.FAILED, Band.LAW), result("test_a", Outcome.PASSED)
)
FOLLOW_UP_PASSING = report(result("test_more", Outcome.PASSED))


@pytest.fixture
def session(checkout: Checkout) -> Session:
    found = open_session(checkout)
    checkout.add_follow_up("a01_twice")
    toml = found.folder / "kata.toml"
    toml.write_text(f"{toml.read_text()}\n")
    found.touch()  # the kata has a follow-up now, and another kata.toml
    return found


def test_a_failing_kata_runs_no_follow_up(session: Session) -> None:
    session.end(FAILING)
    assert not any(run.is_follow_up for run in session.runner.runs)


def test_a_passed_kata_runs_its_follow_up_on_each_save(session: Session) -> None:
    session.end(PASSING)
    assert session.run.is_follow_up
    assert not session.view.is_settled
    session.end(FOLLOW_UP_FAILING)
    assert session.view.is_settled
    assert session.runner.learned == [PASSING]
    text = drawn(session.view)
    assert "follow-up  in progress  1 of 3 tests pass" in text
    assert "test_more" in text
    session.save(GOOD + "# more")
    session.end(PASSING)
    session.end(FOLLOW_UP_PASSING)
    assert "follow-up  passed  1 of 1 tests pass  ★" in drawn(session.view)
    assert session.files.follow_ups == [
        (Status.IN_PROGRESS, session.files.recorded[0][1]),
        (Status.PASSED, (GOOD + "# more").encode()),
    ]


def test_n_goes_round_the_failing_tests_of_the_follow_up(session: Session) -> None:
    session.end(PASSING)
    session.end(FOLLOW_UP_FAILING)
    session.press("n")
    assert session.view.shown == result("test_most", Outcome.FAILED, Band.LAW)


def test_the_pass_that_ends_the_attempt_shows_no_failure_of_the_follow_up(session: Session) -> None:
    session.files.pass_summary = PassSummary(61.0, 61.0, due=1e9)
    session.end(PASSING)
    session.end(FOLLOW_UP_FAILING)
    text = drawn(session.view)
    assert "1 of 3 tests pass" in text
    assert "test_more" not in text


def test_a_save_during_the_follow_up_ends_it(session: Session) -> None:
    session.end(PASSING)
    follow_up = session.run
    session.save(GOOD + "# again")
    assert follow_up.is_cancelled
    assert not session.run.is_follow_up
    assert session.view.follow_up == ()


def test_a_follow_up_that_cannot_be_recorded_is_a_notice(session: Session) -> None:
    session.end(PASSING)
    session.files.error = StateError("the disk is full")
    session.end(FOLLOW_UP_PASSING)
    assert any("follow-up is not recorded: the disk is full" in notice for notice in session.view.notices)


def test_another_follow_up_restarts_the_warm_parent(session: Session) -> None:
    session.runner.restarted.clear()
    with (session.folder / "test_follow_up.py").open("a") as file:
        file.write("\n# changed\n")
    session.touch()
    assert session.runner.restarted == ["a01_twice"]


@pytest.mark.parametrize(("source", "status"), [(GOOD, "in progress"), (GOOD_FOLLOW_UP, "passed")])
def test_a_real_run_is_what_the_scoreboard_takes(checkout: Checkout, source: str, status: str, tmp_path: Path) -> None:
    checkout.add("a01_twice", source)
    checkout.add_follow_up("a01_twice")
    kata = load_kata(checkout.root / "katas" / "a01_twice")
    checkout.state.mkdir()
    history = History(checkout.state)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    warm = WarmParent(kata, scratch)
    records = LearnerRecords(checkout.root, checkout.state, history, storage.refuse_in_interview)
    watch = Watch(kata, records, warm, FakeScreen())
    try:
        watch.saved()
        deadline = time.monotonic() + 60
        while not watch.view.is_settled and time.monotonic() < deadline:
            watch.step()
        (entry,) = history.entries("follow_up")
    finally:
        watch.end_run()
        warm.close()
        history.close()
    assert entry.data["status"] == status
    assert COMMAND in " ".join(drawn(watch.view, width=200).split())
    job = learner_job(kata, "learner", "practice", Suite.FOLLOW_UP)
    known = cached_report(job, digest(job, source.encode()), checkout.state)
    assert known is not None
    assert known.status == status
