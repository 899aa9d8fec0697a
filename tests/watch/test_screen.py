"""What a watch shows: on any width, without colour, without Unicode, over a pipe."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from harness.catalog.load import load_kata
from harness.cli.watch import last_words
from harness.core.model import Band, Failure, Kata, KataKind, Outcome, PlantedFault, TestResult
from harness.watch.render import footer
from harness.watch.screen import PlainScreen
from harness.watch.view import Clock, PassSummary, Phase, View

from checkout import Checkout
from watching import FAILING, PASSING, drawn


@pytest.fixture
def kata(checkout: Checkout) -> Kata:
    return load_kata(checkout.add("a01_twice"))


TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=300)
WORST = View(
    Kata("a01_x", "A01", "A", "x", Path(), "t" * 90, 10, (), (), (), (), (), 2.0, ""),  # type: ignore[arg-type]
    Phase.DONE,
    notices=("n" * 200,),
    hint="h" * 200,
    hint_number=1,
    hints_there=3,
    question="q" * 100,
)


@given(TEXTS, TEXTS, TEXTS, st.integers(40, 120))
def test_whatever_comes_back_fits_the_width(asked: str, came: str, mistake: str, width: int) -> None:
    failure = Failure(asked, came, came, mistake)
    test = TestResult("test_" + "x" * 100, Band.LAW, Outcome.FAILED, failure=failure)
    view = replace(WORST, tests=(test,), report=replace(FAILING, tests=(test,)))
    assert all(Text(line).cell_len <= width for line in drawn(view, width=width).split("\n"))


def test_without_colour_there_is_no_escape_and_without_unicode_only_ascii(kata: Kata) -> None:
    for end in (PASSING, FAILING):
        view = View(kata, Phase.DONE, end.tests, report=end, pass_summary=PassSummary() if end is PASSING else None)
        assert "\x1b" not in drawn(view)
        assert drawn(view, unicode=False).isascii()


def test_the_keys_fit_eighty_columns() -> None:
    assert footer().cell_len <= 80


def test_late_and_best_are_said(kata: Kata) -> None:
    view = View(kata, Phase.DONE, PASSING.tests, report=PASSING, pass_summary=PassSummary(660.0, 660.0))
    assert "11:00 of 10 min, 1:00 over" in drawn(view)
    assert "a new personal best" in drawn(view)


def test_a_pipe_gets_one_block_a_run(kata: Kata) -> None:
    out = StringIO()
    screen = PlainScreen(Console(file=out, width=80, highlight=False))
    done = View(kata, Phase.DONE, FAILING.tests, report=FAILING)
    for view in (View(kata, Phase.RUNNING), done, replace(done, is_settled=True), replace(done, is_settled=True)):
        screen.show(view)
    assert out.getvalue().count("A01 The kata twice") == 1
    assert "q quit" not in out.getvalue()


def test_last_words(kata: Kata) -> None:
    view = View(kata, Phase.DONE, FAILING.tests, report=FAILING, clock=Clock(3.0, is_running=True))
    assert last_words(view) == "a01_twice: in progress, 1 of 3 tests pass; the clock goes on, `kata stop` stops it"
    assert last_words(View(kata)) == "a01_twice: left"


def test_who_waits_is_told_for_what(kata: Kata) -> None:
    running = View(kata, Phase.RUNNING, FAILING.tests, is_stale=True, running_test="test_b")
    assert "double(2)" in drawn(replace(running, duration_s=0.2)), "the last run stays for a moment"
    late = drawn(replace(running, duration_s=4.0))
    assert "running  4 s  test_b" in late
    assert "a test counts as hanging after 2 s" in late
    assert "double(2)" not in late


def test_speed_that_was_not_measured_waits_and_has_not_failed(kata: Kata) -> None:
    speed = TestResult("test_fast", Band.SPEED, Outcome.NOT_RUN)
    view = View(kata, Phase.DONE, (*FAILING.tests, speed), report=replace(FAILING, tests=(*FAILING.tests, speed)))
    assert "waits" in drawn(view)
    assert "speed waits" in drawn(view, width=60)


def test_a_narrow_window_has_the_bands_in_a_line_and_the_keys_one_needs_most(kata: Kata) -> None:
    view = View(kata, Phase.DONE, FAILING.tests, report=FAILING)
    assert "example 1/2  law 0/1" in drawn(view, width=60)
    assert footer(60).cell_len <= 60
    assert "q quit" in footer(60).plain


def test_an_empty_stub_says_where_to_begin(kata: Kata) -> None:
    view = View(kata, Phase.DONE, report=replace(FAILING, tests=(), started=False))
    assert "katas/a01_twice/twice.py is the empty stub" in drawn(view)
    assert "o shows what it asks" in drawn(view)
    out = StringIO()
    PlainScreen(Console(file=out, width=80, highlight=False)).show(replace(view, is_settled=True))
    assert "katas/a01_twice/README.md says what it asks" in out.getvalue()


def test_an_untouched_debug_stub_is_to_be_repaired(kata: Kata) -> None:
    faulty = replace(kata, kind=KataKind.DEBUG, faults=(PlantedFault("fault_1", ("test_two_is_four",)),))
    view = View(faulty, Phase.DONE, report=replace(FAILING, tests=(), started=False))
    assert "twice.py is as it was published, with its faults: repair it and save it." in " ".join(drawn(view).split())
    assert "0 of 1 faults repaired" in drawn(replace(view, tests=FAILING.tests, report=FAILING))


def test_a_hint_is_gone_once_it_is_passed(kata: Kata) -> None:
    view = View(kata, Phase.DONE, PASSING.tests, report=PASSING, hint="think", hint_number=1, hints_there=2)
    assert "hint 1 of 2  think" in drawn(view)
    passed = drawn(replace(view, pass_summary=PassSummary(due=86400.0 * 30)))
    assert "think" not in passed
    assert "from the empty stub" in passed
