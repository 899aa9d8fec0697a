"""The authors' gate lets a complete kata through, and runs nothing twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checkout import Checkout
from complete_katas import EDIT, PAGE, SOLUTIONS, complete, remove, run_audit

pytestmark = pytest.mark.usefixtures("one_fork_server")

MISTAKES = f"{SOLUTIONS}/mistakes.md"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all audits here: what a fault does not touch is not run again."""
    return tmp_path_factory.mktemp("state")


def test_a_complete_kata_has_no_fault_and_shows_its_margin(checkout: Checkout, cache: Path) -> None:
    complete(checkout, wrong=7)
    edits = "".join(EDIT.format(name=f"plus_{i}", i=i, old="2 * x", test="test_two_is_four") for i in (8, 9))
    (checkout.root / SOLUTIONS / "mistakes.md").write_text(PAGE + edits)
    done = run_audit(checkout, cache, is_draft=False)
    assert done.code == 0, done.text
    assert "1 katas, 16 solutions, 0 faults" in done.out
    assert "x as fast as a loop (" in done.out


def test_one_wrong_solution_of_each_band_is_run_in_a_player_or_all(checkout: Checkout, cache: Path) -> None:
    complete(checkout)
    done = run_audit(checkout, cache, "--player", "process", "--slowest", "3")
    assert done.code == 0, done.text
    folder = cache / "audit-process" / "a01_double"
    right = ["also_right/way_0", "also_right/way_1", "reference"]
    assert run_in(folder) == [*right, "wrong/plus_1", "wrong/slow"]
    assert "left out in the player: 1 wrong solutions; --all runs them there, too" in done.out
    assert re.search(r"time: lint .* s.*; .* s in all", done.out)
    assert len(re.findall(r"^ +[0-9.]+ s  a01_double ", done.out, re.MULTILINE)) == 3
    done = run_audit(checkout, cache, "--player", "process", "--all")
    assert done.code == 0, done.text
    assert run_in(folder) == [*right, *(f"wrong/plus_{i}" for i in range(1, 3)), "wrong/slow"]
    assert "left out" not in done.out


def run_in(folder: Path) -> list[str]:
    """What the audit has kept reports of."""
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.json"))


LUCKY = """
from hypothesis import given, strategies as st

@pytest.mark.law
@given(st.integers(0, 40))
def test_is_lucky(x):
    check.true(x != 1 + kata.double(0), asked="luck", came=x, expected="anything but 1")
"""


def test_a_suite_that_hangs_on_luck_is_found_by_more_seeds(checkout: Checkout, cache: Path) -> None:
    complete(checkout)
    suite = checkout.root / "katas" / "a01_double" / "test_double.py"
    suite.write_text(suite.read_text() + LUCKY)
    done = run_audit(checkout, cache, "--seeds", "2")
    assert done.code == 1
    assert "the reference under --hypothesis-seed=2 does not pass test_is_lucky" in done.text
    assert "also_right/way_1.py under --hypothesis-seed=1 does not pass test_is_lucky" in done.text


def test_few_solutions_are_a_fault_unless_it_is_a_draft(checkout: Checkout, cache: Path) -> None:
    complete(checkout, wrong=7)
    remove(f"{SOLUTIONS}/also_right/way_0.py")(checkout.root)
    (checkout.root / MISTAKES).write_text(PAGE)
    assert run_audit(checkout, cache).code == 0
    done = run_audit(checkout, cache, is_draft=False)
    assert done.code == 1
    assert "a01_double: there are 10 wrong solutions, expected at least 12" in done.out
    assert "a01_double: there are 1 also-right solutions, expected at least 2" in done.out


@pytest.mark.parametrize(("module", "sentence"), [("json", "shadows"), ("numpy", "shadows"), ("click", "shadows")])
def test_a_module_name_that_shadows_something_installed_is_a_fault(
    checkout: Checkout, module: str, sentence: str
) -> None:
    checkout.add(f"a01_{module}")
    assert f"the module name {module} {sentence} an installed module" in checkout.kata("audit").out


def test_a_second_audit_runs_nothing(checkout: Checkout, cache: Path) -> None:
    complete(checkout)
    first = run_audit(checkout, cache)
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*.json")}
    again = run_audit(checkout, cache)
    assert again.out.partition("time:")[0] == first.out.partition("time:")[0]
    assert "nothing had to be run" in again.out
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.json")} == before
