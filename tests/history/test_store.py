"""The interview clock counts only while it runs, survives what happens to terminals and files, and never counts backwards."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.errors import ClockError, StateError
from harness.history.store import History

from checkout import GOOD, STUB, Checkout


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def test_only_the_time_on_the_clock_counts(history: History) -> None:
    for begun, ended in ((100.0, 160.0), (1000.0, 1030.0)):
        history.start("a01_mse", begun)
        history.stop(ended)
    assert history.spent_s("a01_mse", 5000.0) == 90.0
    history.start("a01_mse", 6000.0)
    assert history.spent_s("a01_mse", 6005.0) == 95.0


def test_a_pass_closes_the_attempt_and_the_best_one_is_kept(history: History) -> None:
    for begun, spent in ((0.0, 50.0), (100.0, 30.0), (200.0, 70.0)):
        history.start("a01_mse", begun)
        assert history.record_pass("a01_mse", begun + spent) == spent
        assert history.running() is None
    assert history.best_times_s() == {"a01_mse": 30.0}


def test_a_pass_without_a_clock_has_no_time(history: History) -> None:
    assert history.record_pass("a01_mse", 10.0) is None
    assert history.best_times_s() == {}


def test_a_pass_from_before_the_clock_was_started_does_not_stop_it(history: History) -> None:
    history.start("a01_mse", 100.0)
    assert history.record_pass("a01_mse", 50.0) is None
    assert history.running() is not None


def test_a_clock_cannot_be_started_twice_or_stopped_when_none_runs(history: History) -> None:
    with pytest.raises(ClockError, match="no clock is running"):
        history.stop(0.0)
    history.start("a01_mse", 0.0)
    for slug in ("a01_mse", "b01_knn"):
        with pytest.raises(ClockError, match="the clock of a01_mse is running already"):
            history.start(slug, 5.0)
    assert history.stop(60.0) == ("a01_mse", 60.0)


@given(st.lists(st.floats(0, 1e10), min_size=2, max_size=8))
def test_time_that_jumps_back_counts_as_nothing(tmp_path_factory: pytest.TempPathFactory, moments: list[float]) -> None:
    history = History(tmp_path_factory.mktemp("history"))
    total = 0.0
    for begun, ended in zip(moments[::2], moments[1::2], strict=False):
        history.start("a01_mse", begun)
        history.stop(ended)
        assert history.spent_s("a01_mse", 0.0) >= total
        total = history.spent_s("a01_mse", 0.0)
    history.close()


def test_the_clock_goes_on_in_another_process(tmp_path: Path) -> None:
    first = History(tmp_path)
    first.start("a01_mse", 10.0)
    first.close()
    assert History(tmp_path).stop(25.0) == ("a01_mse", 15.0)


@pytest.mark.parametrize("content", [b"not a database at all, really" * 100, b"SQLite format 3\0" + bytes(200)])
def test_a_history_that_cannot_be_read_is_set_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "history.sqlite3").write_bytes(content)
    history = History(tmp_path)
    (aside,) = tmp_path.glob("history-unreadable-*.sqlite3")
    assert aside.read_bytes() == content
    assert aside.name in history.notice
    history.start("a01_mse", 0.0)


def test_a_full_disk_is_one_sentence_and_loses_nothing(history: History) -> None:
    history.start("a01_mse", 0.0)
    pages = history._database.execute("PRAGMA page_count").fetchone()[0]
    history._database.execute(f"PRAGMA max_page_count = {pages}")
    history.stop(1.0)

    def fill() -> None:
        for i in range(10_000):
            history.start("a01_mse", i + 1.0)
            history.stop(i + 2.0)

    with pytest.raises(StateError, match="cannot be written"):
        fill()
    assert history.spent_s("a01_mse", 0.0) >= 1.0


def test_a_locked_history_is_waited_for(tmp_path: Path) -> None:
    history = History(tmp_path)
    with sqlite3.connect(tmp_path / "history.sqlite3") as other:
        other.execute("SELECT * FROM passes")
        history.start("a01_mse", 0.0)
    assert history.running() is not None


def test_the_scoreboard_stops_the_clock_and_shows_the_best_time(checkout: Checkout) -> None:
    folder = checkout.add("a01_twice", STUB)
    assert checkout.kata("start", "twice").out == "a01_twice: 10 min on the clock. Good luck.\n"
    assert "is running already" in checkout.kata("start", "a1").err
    assert checkout.kata("scoreboard").out.count("10 min") == 1
    time.sleep(1.1)
    (folder / "twice.py").write_text(GOOD)
    done = checkout.kata("scoreboard")
    assert "a01_twice passed in 0:" in done.err
    assert "/10" in done.out
    assert checkout.kata("stop").code == 2
    again = checkout.kata("scoreboard")
    assert "passed in" not in again.err
    assert "/10" in again.out


def test_what_happens_is_kept_in_order(tmp_path: Path) -> None:
    history = History(tmp_path)
    first = history.add("hint", "a01_mse", 5.0, number=1)
    history.add("run", "a02_r2_score", 4.0, status="failing", failed=["test_α"])
    history.close()
    again = History(tmp_path)
    assert [(entry.kind, entry.at) for entry in again.entries()] == [("hint", 5.0), ("run", 4.0)]
    (only,) = again.entries("run", slug="a02_r2_score")
    assert only.data == {"status": "failing", "failed": ["test_α"]}
    assert again.entries("hint")[0].id == first
    assert again.entries("run", slug="a01_mse") == []
