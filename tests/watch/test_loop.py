"""The loop of `kata watch`: what a save, a key, a file that vanishes lead to."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.errors import KataError, StateError
from harness.core.model import Outcome, Status
from harness.watch import keys
from harness.watch.view import Clock, Phase, View

from checkout import GOOD, STUB, Checkout
from watching import FAILING, PASSING, WRONG, Session, drawn, open_session, result


@pytest.fixture
def session(checkout: Checkout) -> Session:
    return open_session(checkout)


# --- saves ---------------------------------------------------------------------------------------------------------------


def test_a_save_runs_the_suite_and_a_touch_does_not(session: Session) -> None:
    assert len(session.runner.runs) == 1
    session.end(FAILING)
    os.utime(session.stub)
    session.touch()
    session.save(WRONG)
    assert len(session.runner.runs) == 1
    session.save(GOOD)
    assert len(session.runner.runs) == 2


def test_a_save_during_a_run_ends_it_and_runs_anew(session: Session) -> None:
    first = session.run
    session.save(GOOD)
    assert first.is_cancelled
    session.end(PASSING)
    assert session.files.recorded == [(Status.PASSED, GOOD.encode())]


def test_the_verdict_is_there_with_the_first_test_that_fails(session: Session) -> None:
    assert session.view.verdict is None
    session.run.say(result("test_c", Outcome.NOT_RUN), result("test_a", Outcome.FAILED))
    session.watch.step()
    assert session.view.phase is Phase.RUNNING
    assert session.view.verdict is Status.FAILING
    assert session.view.shown == result("test_a", Outcome.FAILED)


def test_a_passed_test_alone_is_no_verdict(session: Session) -> None:
    session.run.say(result("test_c", Outcome.PASSED))
    session.watch.step()
    assert session.view.verdict is None


def test_the_last_run_stays_on_the_screen_until_the_next_says_something(session: Session) -> None:
    session.end(FAILING)
    session.save(GOOD)
    assert session.view.failing
    assert session.view.verdict is None
    session.run.say(result("test_a", Outcome.NOT_RUN))
    session.watch.step()
    assert session.view.failing
    session.run.say(result("test_a", Outcome.PASSED))
    session.watch.step()
    assert not session.view.failing


def test_an_empty_stub_is_not_run(session: Session) -> None:
    session.end(FAILING)
    session.save(STUB)
    assert session.view.verdict is Status.NOT_STARTED
    assert len(session.runner.runs) == 1
    assert "empty stub" in drawn(session.view)


def test_a_file_that_is_replaced_is_as_good_as_saved(session: Session) -> None:
    session.end(FAILING)
    new = session.stub.with_suffix(".tmp")
    new.write_text(GOOD)
    new.replace(session.stub)
    session.touch()
    assert len(session.runner.runs) == 2


def test_a_missing_file_is_waited_for(session: Session) -> None:
    session.end(FAILING)
    session.stub.unlink()
    session.touch()
    assert session.view.verdict is not None, "editors take a file away for a moment"
    session.clock[0] += 1.0
    session.touch()
    assert "twice.py is not there any more" in drawn(session.view)
    session.save(WRONG)
    assert session.view.phase is Phase.RUNNING


def test_a_file_that_vanishes_while_it_runs_is_put_back(session: Session) -> None:
    session.stub.unlink()
    session.touch()
    assert not session.run.is_cancelled
    session.end(FAILING)
    assert session.stub.read_text() == WRONG
    assert any("put back" in notice for notice in session.view.notices)


@pytest.mark.parametrize("name", ["test_twice.py", "kata.toml", "helper.py"])
def test_another_suite_restarts_the_warm_parent(session: Session, name: str) -> None:
    session.end(FAILING)
    with (session.folder / name).open("a") as file:
        file.write("\n# changed\n")
    session.touch()
    assert session.runner.restarted == ["a01_twice"]
    assert len(session.runner.runs) == 2


def test_a_broken_kata_toml_is_a_notice_and_mends_itself(session: Session) -> None:
    session.end(FAILING)
    toml = session.folder / "kata.toml"
    good = toml.read_text()
    toml.write_text("title = ")
    session.touch()
    assert any("not valid TOML" in notice for notice in session.view.notices)
    toml.write_text(good)
    session.touch()
    assert session.runner.restarted == ["a01_twice"]


def test_a_change_of_the_harness_ends_the_session_to_begin_again(session: Session) -> None:
    session.watch._harness_changed = lambda: True
    session.watch.saved(in_harness=True)
    session.watch.step()
    assert session.watch.must_restart


# --- what a run leads to ----------------------------------------------------------------------------------------------------


def test_a_pass_is_celebrated_with_clock_and_best_time(session: Session) -> None:
    session.end(PASSING)
    text = drawn(session.view)
    assert "★ ★ ★  passed" in text
    assert "1:01 of 10 min, 8:59 to spare" in text
    assert session.view.is_settled
    assert session.runner.learned == [PASSING]


def test_a_history_that_cannot_be_written_is_a_notice(session: Session) -> None:
    session.files.error = StateError("the disk is full")
    session.end(PASSING)
    assert session.view.verdict is Status.PASSED
    assert any("the disk is full" in notice for notice in session.view.notices)
    session.clock[0] += 10
    session.save(GOOD)
    assert len(session.runner.runs) == 2


def test_the_clock_is_looked_at_once_a_second(session: Session) -> None:
    session.files.shown = Clock(5.0, is_running=True)
    session.run.say(result("test_c", Outcome.PASSED))
    session.watch.step()
    assert session.view.clock is None
    session.clock[0] += 1.0
    session.run.say(result("test_c", Outcome.PASSED))
    session.watch.step()
    assert "0:05 of 10 min" in drawn(session.view)


def test_a_run_that_takes_long_says_how_long_and_at_what(session: Session) -> None:
    session.run.running_test = "test_a"
    session.clock[0] += 5.0
    session.watch.step()
    assert "running  5 s  test_a" in drawn(session.view)


def test_however_it_ends_no_run_is_left(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: View) -> None:
        raise KeyboardInterrupt

    run = session.run
    monkeypatch.setattr(session.screen, "show", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.watch.run()
    assert run.is_cancelled


# --- keys ----------------------------------------------------------------------------------------------------------------------


def test_n_goes_round_the_failing_tests(session: Session) -> None:
    session.run.printed = {"test_b": "what it printed"}
    session.end(FAILING)
    names = []
    for _ in range(3):
        shown = session.view.shown
        names.append(shown.name if shown else "")
        session.press("n")
    assert names == ["test_a", "test_b", "test_a"]
    assert "what it printed" in drawn(session.view)


def test_n_without_a_failure_says_so(session: Session) -> None:
    session.end(PASSING)
    session.press("n")
    assert "no test is failing" in drawn(session.view)


def test_h_gives_one_hint_more_and_none_after_a_pass(session: Session) -> None:
    session.press("h", "h")
    assert "hint 2 of 3  hint number 2" in drawn(session.view)
    session.end(PASSING)
    session.press("h")
    assert session.files.hints == 2
    assert "nothing left to hint at" in drawn(session.view)


def test_a_runs_all_bands(session: Session) -> None:
    session.end(FAILING)
    session.press("a")
    assert [run.all_bands for run in session.runner.runs] == [False, True]


def test_a_page_is_scrolled_and_closed(session: Session) -> None:
    session.press("o", " ", keys.DOWN, "k")
    assert session.view.page is not None
    assert session.view.page.offset == 20
    session.press("b", "b")
    assert session.view.page.offset == 0
    session.press("q")
    assert session.view.page is None


def test_reveal_asks_before_a_pass(session: Session) -> None:
    session.press("r")
    assert "given up" in session.view.question
    session.press("n")
    assert (session.files.revealed, session.view.question) == ([], "")
    session.press("r", "y")
    assert session.files.revealed == [True]


@pytest.mark.parametrize("earlier", [True, False])
def test_reveal_is_free_after_a_pass(session: Session, earlier: bool) -> None:
    session.files.passed = earlier
    session.end(FAILING if earlier else PASSING)
    session.press("r")
    assert session.files.revealed == [False]


def test_k_goes_on_to_the_next_kata(session: Session) -> None:
    first = session.run
    session.press("k")
    assert first.is_cancelled
    assert session.runner.restarted == ["a02_thrice"]
    assert session.view.kata.slug == "a02_thrice"
    assert session.view.verdict is Status.NOT_STARTED
    assert "a02_thrice: it is the next" in drawn(session.view)


def test_what_cannot_be_had_is_a_notice(session: Session) -> None:
    session.files.error = KataError("there is none")
    session.press("h", "k", "r", "y")
    assert "there is none" in drawn(session.view)


@pytest.mark.parametrize("key", [" ", keys.DOWN, "j", "z", "q", keys.ESCAPE])
def test_any_key_closes_the_help(session: Session, key: str) -> None:
    session.press("?")
    assert session.view.page is not None
    assert session.view.page.is_short
    session.press(key)
    assert session.view.page is None


def test_l_selects_a_kata(session: Session) -> None:
    session.press("l", keys.DOWN)
    assert session.view.kata_list is not None
    assert session.view.kata_list.kata.slug == "a02_thrice"
    session.press(keys.ENTER)
    assert session.view.kata_list is None
    assert session.view.kata.slug == "a02_thrice"
    assert session.runner.restarted == ["a02_thrice"]


@pytest.mark.parametrize("closing", ["q", "l", keys.ESCAPE, keys.ENTER])
def test_the_list_can_be_closed_without_a_change(session: Session, closing: str) -> None:
    session.press("l", closing)
    assert session.view.kata_list is None
    assert session.view.kata.slug == "a01_twice"
    assert session.runner.restarted == []


@pytest.mark.parametrize(
    ("typed", "slug"), [("a2", "a02_thrice"), ("a02", "a02_thrice"), ("a2a1", "a01_twice"), ("a9", "a01_twice")]
)
def test_an_id_can_be_typed_in_the_list(session: Session, typed: str, slug: str) -> None:
    session.press("l", *typed)
    assert session.view.kata_list is not None
    assert session.view.kata_list.kata.slug == slug


def test_c_starts_the_clock_and_unknown_keys_do_nothing(session: Session) -> None:
    session.press("c", "z", "é")
    assert session.view.clock == Clock(0.0, is_running=True)


def test_q_ends_the_loop(session: Session) -> None:
    session.watch.press("q")
    session.watch.run()
    assert session.run.is_cancelled


@given(st.text())
def test_whatever_a_terminal_sends_is_keys_or_nothing(text: str) -> None:
    named = {keys.UP, keys.DOWN, keys.PAGE_UP, keys.PAGE_DOWN, keys.ESCAPE, keys.ENTER}
    assert all(key in named or (len(key) == 1 and key.isprintable()) for key in keys.decode(text))


def test_arrows_and_letters_are_told_apart() -> None:
    sent = "a\x1b[A\x1b[6~\x1b[1;5Cé\r\x1b"
    assert list(keys.decode(sent)) == ["a", keys.UP, keys.PAGE_DOWN, "é", keys.ENTER, keys.ESCAPE]
