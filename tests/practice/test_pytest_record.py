"""What plain `pytest` leaves in the history, the clock and the cache of results."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from harness.history.store import History

from checkout import GOOD, GOOD_FOLLOW_UP, Checkout

WRONG = "def double(x):\n    return x\n"


def entries(checkout: Checkout, kind: str) -> list[Any]:
    """What the history has of a kind."""
    with contextlib.closing(History(checkout.state)) as history:
        return [entry.data for entry in history.entries(kind)]


def runs(checkout: Checkout) -> list[Any]:
    """The runs in the history."""
    return entries(checkout, "run")


def test_a_pass_is_noted_with_its_time_and_the_list_knows_it(checkout: Checkout) -> None:
    checkout.add("a01_good", GOOD)
    assert checkout.kata("start", "a1").code == 0
    done = checkout.pytest("katas/a01_good")
    assert "a01_good  noted in your history: passed in 0:0" in done.out, done.text
    (listed,) = json.loads(checkout.kata("list", "--json").out)
    assert listed["status"] == "passed"
    (run,) = runs(checkout)
    assert (run["trigger"], run["passed"], run["total"]) == ("pytest", 2, 2)
    with contextlib.closing(History(checkout.state)) as history:
        assert history.running() is None


def test_a_failing_run_is_noted_too(checkout: Checkout) -> None:
    checkout.add("a01_wrong", WRONG)
    done = checkout.pytest("katas")
    assert "a01_wrong  noted in your history: 1 of 2 tests pass" in done.out, done.text
    assert runs(checkout)[0]["status"] == "in progress"


def test_tests_that_are_named_one_by_one_are_a_whole_run_when_they_are_all(checkout: Checkout) -> None:
    checkout.add("a01_good", GOOD)
    tests = [f"katas/a01_good/test_good.py::{name}" for name in ("test_zero_stays_zero", "test_two_is_four")]
    assert "noted" in checkout.pytest(*tests).out
    assert len(runs(checkout)) == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--no-record",),
        ("-x",),
        ("-k", "zero"),
        ("--collect-only",),
        ("--subject", "katas/a01_wrong/wrong.py"),
        ("--player", "process"),
        ("--hypothesis-profile", "ci"),
    ],
    ids=lambda options: options[0],
)
def test_what_is_not_a_learners_whole_run_is_not_noted(checkout: Checkout, options: tuple[str, ...]) -> None:
    checkout.add("a01_wrong", WRONG)
    done = checkout.pytest("katas/a01_wrong", *options)
    assert "noted" not in done.out, done.text
    assert runs(checkout) == []


def test_runs_in_ci_and_of_an_empty_stub_leave_nothing(checkout: Checkout) -> None:
    checkout.add("a01_good", GOOD)
    checkout.add("a02_stub")
    assert "noted" not in checkout.pytest("katas", CI="true").out
    assert "noted" not in checkout.pytest("katas/a02_stub").out
    assert runs(checkout) == []


def test_a_follow_up_is_noted_as_one(checkout: Checkout) -> None:
    checkout.add("a01_more", GOOD_FOLLOW_UP)
    checkout.add_follow_up("a01_more")
    done = checkout.pytest("katas/a01_more", "--follow-up")
    assert "a01_more  noted in your history: passed" in done.out, done.text
    assert "a01_more follow-up  noted in your history: passed" in done.out
    assert len(runs(checkout)) == 1
    assert len(entries(checkout, "follow_up")) == 1


def test_a_history_that_cannot_be_written_does_not_fail_the_run(checkout: Checkout) -> None:
    checkout.add("a01_good", GOOD)
    (checkout.root / "not_a_folder").write_text("")
    done = checkout.pytest("katas/a01_good", KATA_STATE=str(checkout.root / "not_a_folder"))
    assert done.code == 0, done.text
    assert "a01_good  not noted: cannot write results to" in done.out
