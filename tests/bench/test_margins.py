"""The table of margins: the least of many runs, and what is marked."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.audit.plan import Options, Plan, RunKind
from harness.bench.margins import Margins, busy_loops, chosen, measure, table_of
from harness.catalog.load import load_catalog
from harness.core.errors import UnknownKataError
from harness.core.model import Band, Catalog, Failure, Figure, FigureKind, KataReport, Outcome, Suite, TestResult

from boards import make_kata
from checkout import Checkout
from complete_katas import complete


def test_each_right_solution_is_measured_in_each_run(checkout: Checkout) -> None:
    complete(checkout)
    with busy_loops(1):
        margins = measure(load_catalog(checkout.root).katas, runs=2)
    assert not margins.broken
    assert {key.solution: len(values) for key, values in margins.of.items()} == {
        "the reference": 2,
        "also_right/way_0.py": 2,
        "also_right/way_1.py": 2,
    }
    assert {key.test for key in margins.of} == {"test_is_fast"}


def test_thin_margins_are_marked_and_other_failures_told(checkout: Checkout) -> None:
    complete(checkout)
    plan = Plan(load_catalog(checkout.root).katas[0], Suite.OWN, Options())
    run = next(each for each in plan.runs if each.kind is RunKind.REFERENCE)
    margins = Margins()
    for ratio in (12.0, 6.0, 9.0):
        figure = Figure(FigureKind.RACE, "a loop", ratio, 5.0, f"{ratio:.0f}x as fast as a loop")
        margins.add(run, report(TestResult("test_is_fast", Band.SPEED, Outcome.PASSED, figures=(figure,))))
    margins.add(run, report(TestResult("test_is_fast", Band.SPEED, Outcome.FAILED, failure=Failure("double", "3"))))
    assert margins.broken == ["a01_double, the reference: test_is_fast: 3"]
    console = Console(width=160, file=io.StringIO(), record=True)
    console.print(table_of(margins, "margins"))
    (row,) = (line for line in console.export_text().splitlines() if "test_is_fast" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "a01_double",
        "test_is_fast",
        "1.20",
        "1.80",
        "the reference",
        "6x as fast as a loop",
        "under 1.5",
    ]


def report(test: TestResult) -> KataReport:
    return KataReport("a01_double", "reference", (test,))


def test_sets_and_katas_can_be_named_and_what_is_neither_is_an_error() -> None:
    catalog = Catalog((make_kata("a01_mse"), make_kata("b01_knn"), make_kata("c01_matmul")))
    assert [kata.slug for kata in chosen(catalog, ["c", "a1"])] == ["a01_mse", "c01_matmul"]
    with pytest.raises(UnknownKataError, match="no kata is called 'z'"):
        chosen(catalog, ["c", "z"])
