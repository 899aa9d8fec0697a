"""A debug kata as its learner sees it: untouched it is not started, then its repaired faults are counted."""

from __future__ import annotations

import json
from pathlib import Path

from checkout import Checkout
from debug_katas import FAULTS, SLUG, add_debug_kata, repair


def row_of(checkout: Checkout) -> dict[str, object]:
    (row,) = json.loads(checkout.kata("scoreboard", "--format", "json").out)["rows"]
    return dict(row)


def test_an_untouched_stub_is_not_started_although_it_passes_some_tests(checkout: Checkout) -> None:
    add_debug_kata(checkout)
    board = checkout.kata("scoreboard")
    assert "not started" in board.out, board.text
    row = row_of(checkout)
    assert (row["status"], row["faults"], row["note"]) == ("not started", {"repaired": 0, "total": 3}, "")
    assert "Find what is wrong in sum_of_squares.py" in checkout.kata("submit", "a19").out
    listed = checkout.kata("list", "a19").out
    assert "not started" in listed
    assert "repaired" not in listed


def test_faults_are_counted_as_repaired_one_by_one(checkout: Checkout) -> None:
    folder = add_debug_kata(checkout)
    stub = folder / "sum_of_squares.py"
    stub.write_text(stub.read_text() + "\n# nothing found yet\n")
    submitted = checkout.kata("submit", "a19")
    assert "failing, 0 of 3 tests pass, 0 of 3 faults repaired" in submitted.out, submitted.text
    repair(folder, "fault_1", "fault_3")
    assert "2 of 3 faults repaired; test_no_elements_are_an_error" in checkout.kata("scoreboard").out
    row = row_of(checkout)
    assert (row["status"], row["faults"]) == ("in progress", {"repaired": 2, "total": 3})
    assert "in progress, 2 of 3 faults repaired" in checkout.kata("list", "a19").out
    (listed,) = json.loads(checkout.kata("list", "--json").out)
    assert (listed["kind"], listed["faults"]) == ("debug", {"repaired": 2, "total": 3})
    assert json.loads(checkout.kata("submit", "a19", "--json").out)["faults"] == {"repaired": 2, "total": 3}
    repair(folder, "fault_2")
    assert "passed, 3 of 3 tests pass, 3 of 3 faults repaired" in checkout.kata("submit", "a19").out
    assert row_of(checkout)["status"] == "passed"
    assert "repaired" not in checkout.kata("list", "a19").out


def test_the_planted_faults_are_shown_after_a_pass_and_nothing_names_them_before(checkout: Checkout) -> None:
    folder = add_debug_kata(checkout)
    shown = [checkout.kata(*words).out for words in (("show", "a19"), ("scoreboard",), ("submit", "a19"))]
    assert not any("in place" in text for text in [*shown, (folder / "kata.toml").read_text()])
    repair(folder, *FAULTS)
    assert checkout.kata("submit", "a19").code == 0
    revealed = checkout.kata("reveal", "a19").out
    assert "## What was wrong with the stub" in revealed
    assert "The caller's array is squared in place." in revealed
    assert [each["name"] for each in json.loads(checkout.kata("reveal", "a19", "--json").out)["repairs"]] == [*FAULTS]


def test_a_repair_is_a_subject_like_a_mistake(checkout: Checkout) -> None:
    add_debug_kata(checkout)
    page = Path("solutions") / SLUG / "repairs.md"
    done = checkout.pytest(f"katas/{SLUG}", "--subject", f"{page}::fault_2", "-q")
    assert "2 failed, 1 passed" in done.out, done.text
    done = checkout.pytest(f"katas/{SLUG}", "--subject", f"{page}::fault_9", "-q")
    assert "repairs.md has no repair fault_9" in done.text
