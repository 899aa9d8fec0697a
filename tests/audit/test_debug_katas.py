"""The audit of debug katas: the stub fails the tests of its planted faults, and each repair makes those of one pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.audit.lint import proofread, read_solutions
from harness.catalog.load import load_kata
from harness.catalog.scaffold import stamp
from harness.core.model import Catalog, Suite

from checkout import Checkout, Done
from debug_katas import FAULTS, MODULE, REFERENCE, REPAIRS, SLUG, add_debug_kata

pytestmark = pytest.mark.usefixtures("one_fork_server")

TOML = f"katas/{SLUG}/kata.toml"
SUITE = f"katas/{SLUG}/test_sum_of_squares.py"
MORE = """

@pytest.mark.edge
def test_more():
    check.equal(kata.sum_of_squares([{x}]), {x}.0, asked="more")
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all audits here."""
    return tmp_path_factory.mktemp("state")


def run_audit(checkout: Checkout, cache: Path, *more: str) -> Done:
    return checkout.here("audit", "--draft", *more, env={"KATA_STATE": str(cache), "COLUMNS": "160"})


def test_a_new_debug_kata_lacks_only_solutions(checkout: Checkout, cache: Path) -> None:
    add_debug_kata(checkout)
    done = run_audit(checkout, cache, "--player", "process")
    assert done.code == 0, done.text
    folder = cache / "audit" / SLUG
    assert {file.stem for file in (folder / "repairs").iterdir()} == set(FAULTS)
    done = checkout.here("audit", env={"KATA_STATE": str(cache), "COLUMNS": "160"})
    assert done.code == 1
    assert "there are 1 wrong solutions, expected at least 12" in done.out


def edit(path: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        assert old in text
        (root / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def add(path: str, text: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        with (root / path).open("a", encoding="utf-8") as file:
            file.write(text)

    return change


CHANGES_THAT_A_RUN_SHOWS = {
    "a fault that no test shows": (
        edit(MODULE, "    values *= values", "    values = values * values"),
        "the stub, by its fault_3, survives test_argument_is_unmodified",
    ),
    "a message that names no mistake": (
        edit(SUITE, ', hint="refuse it"', ""),
        "the stub, by its fault_2, dies on test_no_elements_are_an_error, but the message names no mistake",
    ),
    "a failure that no fault explains": (
        add(SUITE, MORE.format(x=3)),
        "the stub fails test_more, which no fault in kata.toml explains",
    ),
    "a repair that repairs nothing": (
        edit(REPAIRS, "+    return float(values.sum())", "+    return float(values.max())"),
        "repairs.md:5 fault_1 still fails test_worked_example",
    ),
    "a repair of two faults": (
        edit(
            REPAIRS,
            "+    return float(values.sum())\n",
            "+    return float(values.sum())\n@@\n-    values *= values\n+    values = values**2\n",
        ),
        "repairs.md:5 fault_1 passes test_argument_is_unmodified too, which fault_3 should fail",
    ),
    "a repair that breaks something": (
        lambda root: (
            add(SUITE, MORE.format(x=1))(root),
            edit(
                REPAIRS, "+    return float(values.sum())", "+    return float(values.sum() if values.size - 1 else 7)"
            )(root),
        ),
        "repairs.md:5 fault_1 fails test_more, which no fault in kata.toml explains",
    ),
    "a reference that repairs only some": (
        edit(REFERENCE, "    return float(values @ values)", "    return float(values @ values / values.size)"),
        "the reference does not pass test_worked_example",
    ),
}
CHANGES_OF_FILES = {
    "a repair that does not match": (
        edit(REPAIRS, "-    values *= values", "-    values *= value"),
        "repairs.md:20 fault_3: does not match the stub, which has no line 'values *= value'",
    ),
    "a fault without a repair": (edit(REPAIRS, "### fault_3", "## Other"), "repairs.md has no repair of fault_3"),
    "a repair of no fault": (
        edit(REPAIRS, "### fault_3", "### in_place"),
        "in_place: kata.toml has no fault of this name",
    ),
    "no repairs": (lambda root: (root / REPAIRS).unlink(), "repairs.md has no repair of fault_1"),
    "a base that is not the stub": (
        edit(REPAIRS, "base: stub", "base: sum_of_squares.py"),
        "repairs.md:3: the base 'sum_of_squares.py' is not `stub`",
    ),
    "tests named in repairs.md": (
        edit(REPAIRS, "An empty argument", "Caught by: test_worked_example\nAn empty argument"),
        "fault_2: says Caught by:, but the tests of a fault are named in kata.toml",
    ),
    "a repair with a library": (
        edit(REPAIRS, "+    return float(values.sum())", "+    import scipy\n+    return float(values.sum())"),
        "repairs.md:5 fault_1: ",
    ),
    "a test that is not there": (
        edit(TOML, "test_worked_example", "test_other"),
        "kata.toml: fault_1 names test_other, which is no test of the suite",
    ),
    "a fault without tests": (edit(TOML, '["test_worked_example"]', "[]"), "kata.toml: fault_1 fails no test"),
    "a test of two faults": (
        edit(TOML, '["test_worked_example"]', '["test_worked_example", "test_argument_is_unmodified"]'),
        "kata.toml: faults name test_argument_is_unmodified 2 times, so no single repair can make it pass",
    ),
}


@pytest.mark.parametrize("change", CHANGES_THAT_A_RUN_SHOWS)
def test_a_fault_that_a_run_shows_is_named(checkout: Checkout, cache: Path, change: str) -> None:
    folder = add_debug_kata(checkout)
    make, sentence = CHANGES_THAT_A_RUN_SHOWS[change]
    make(checkout.root)
    stamp(load_kata(folder))
    done = run_audit(checkout, cache)
    assert done.code == 1, done.text
    assert sentence in done.out, done.text
    assert "Traceback" not in done.text


@pytest.mark.parametrize("change", CHANGES_OF_FILES)
def test_a_fault_of_the_files_is_named(checkout: Checkout, change: str) -> None:
    folder = add_debug_kata(checkout)
    make, sentence = CHANGES_OF_FILES[change]
    make(checkout.root)
    faults = read_solutions(load_kata(folder), Suite.OWN).faults
    assert any(sentence in fault for fault in faults), faults


def test_few_faults_are_still_to_be_planted(checkout: Checkout) -> None:
    folder = add_debug_kata(checkout)
    edit(TOML, 'fault_3 = ["test_argument_is_unmodified"]\n', "")(checkout.root)
    assert "the stub has 2 planted faults, expected at least 3" in read_solutions(load_kata(folder), Suite.OWN).lacks


def test_a_page_of_repairs_is_stray_where_nothing_is_to_be_repaired(checkout: Checkout) -> None:
    folder = checkout.add("a01_double")
    page = checkout.root / "solutions" / "a01_double" / "repairs.md"
    page.parent.mkdir(parents=True)
    page.write_text("base: stub\n")
    assert "stray file in solutions/a01_double: repairs.md" in proofread(Catalog(()), load_kata(folder))
