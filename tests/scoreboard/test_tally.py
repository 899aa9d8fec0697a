"""From reports to the scoreboard: the newest counts, nothing is passed by accident, and what is next makes sense."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.errors import ReportError
from harness.core.model import Band, Catalog, KataKind, PlantedFault, Problem, ProblemKind, Status, Suite
from harness.scoreboard.model import BandTally, FaultTally
from harness.scoreboard.tally import next_kata, tally, tally_faults

from boards import make_kata, make_report

SLUGS = ("a01_one", "a02_two", "b01_three", "d07_four")
CATALOG = Catalog(tuple(make_kata(slug) for slug in SLUGS))
OUTCOMES = st.text(alphabet="PFN", max_size=12)
PROBLEMS = st.none() | st.builds(Problem, st.sampled_from(ProblemKind), st.just("why"))
REPORTS = st.lists(st.builds(make_report, st.sampled_from(SLUGS), OUTCOMES, problem=PROBLEMS), max_size=6)


@pytest.mark.parametrize(
    ("outcomes", "problem", "status"),
    [
        ("PPPP", None, Status.PASSED),
        ("PPFP", None, Status.IN_PROGRESS),
        ("PPPN", None, Status.IN_PROGRESS),
        ("FFFF", None, Status.FAILING),
        ("NNNN", None, Status.FAILING),
        ("", None, Status.FAILING),
        ("PPPP", ProblemKind.TIMED_OUT, Status.TIMED_OUT),
        ("PPPP", ProblemKind.DIED, Status.BROKEN),
        ("PPPP", ProblemKind.INCOMPLETE, Status.BROKEN),
        ("", ProblemKind.BROKEN, Status.BROKEN),
    ],
)
def test_a_report_has_the_status_that_its_tests_earn(
    outcomes: str, problem: ProblemKind | None, status: Status
) -> None:
    report = make_report("a01_one", outcomes, problem=Problem(problem, "why") if problem else None)
    assert report.status is status


@given(REPORTS)
def test_totals_are_the_sums_of_the_rows(reports: list) -> None:  # type: ignore[type-arg]
    board = tally(CATALOG, reports)
    assert [row.slug for row in board.rows] == list(SLUGS)
    assert board.total == len(SLUGS)
    assert board.passed == sum(row.status is Status.PASSED for row in board.rows)
    assert board.tests == sum((row.tests for row in board.rows), BandTally())
    for counted in board.sets:
        assert sum(counted.statuses.values()) == counted.total


@given(REPORTS)
def test_the_order_of_reports_matters_only_for_equal_times(reports: list) -> None:  # type: ignore[type-arg]
    dated = [make_report(report.slug, "P" * i, created=float(i)) for i, report in enumerate(reports)]
    assert tally(CATALOG, dated) == tally(CATALOG, reversed(dated))


def test_the_newest_report_of_a_kata_counts() -> None:
    old, new = make_report("a01_one", "PPPP", created=1.0), make_report("a01_one", "FFFF", created=2.0)
    for reports in ([old, new], [new, old]):
        assert tally(CATALOG, reports).rows[0].status is Status.FAILING


def test_a_report_of_an_unknown_kata_is_an_error() -> None:
    with pytest.raises(ReportError, match="a report of z09_none"):
        tally(CATALOG, [make_report("z09_none", "P")])


def test_a_row_counts_its_bands() -> None:
    row = tally(CATALOG, [make_report("a01_one", "PFPPP")]).rows[0]
    assert row.bands[Band.EXAMPLE] == BandTally(2, 2)
    assert row.bands[Band.LAW] == BandTally(0, 1)
    assert row.note == "test_1: added one: return it as it is"


# --- follow-ups --------------------------------------------------------------------------------------------------------


@given(REPORTS, st.lists(st.builds(make_report, st.sampled_from(SLUGS), OUTCOMES, problem=PROBLEMS), max_size=6))
def test_follow_ups_count_for_nothing_but_the_star(reports: list, others: list) -> None:  # type: ignore[type-arg]
    followed = [replace(report, suite=Suite.FOLLOW_UP, created=9.0) for report in others]
    board, plain = tally(CATALOG, [*reports, *followed]), tally(CATALOG, reports)
    assert (board.sets, board.passed, board.tests, board.next_slug) == (
        plain.sets,
        plain.passed,
        plain.tests,
        plain.next_slug,
    )
    for row, before in zip(board.rows, plain.rows, strict=True):
        assert (row.status, row.bands, row.figures) == (before.status, before.bands, before.figures)
        assert not row.star or row.status is Status.PASSED
        assert row.status is Status.PASSED or row == before


@pytest.mark.parametrize(
    ("outcomes", "problem", "star", "note"),
    [
        ("PPPP", None, True, ""),
        ("PFPP", None, False, "follow-up 3/4: test_1: added one: return it as it is"),
        ("FFF", None, False, "follow-up 0/3: follow_up.md says what the interviewer asks next"),
        ("PP", ProblemKind.INCOMPLETE, False, "follow-up 2/2: why"),
        ("", ProblemKind.BROKEN, False, "follow-up 0/0: why"),
    ],
)
def test_a_star_is_for_a_follow_up_that_passes_as_a_whole(
    outcomes: str, problem: ProblemKind | None, star: bool, note: str
) -> None:
    asked = make_report(
        "a01_one", outcomes, problem=Problem(problem, "why") if problem else None, suite=Suite.FOLLOW_UP
    )
    row = tally(CATALOG, [make_report("a01_one", "PPPP"), asked]).rows[0]
    assert (row.status, row.star, row.note) == (Status.PASSED, star, note)
    assert row.follow_up == BandTally(outcomes.count("P"), len(outcomes))


# --- what is next ----------------------------------------------------------------------------------------------------


def test_what_is_begun_comes_first() -> None:
    statuses = dict.fromkeys(SLUGS, Status.NOT_STARTED) | {"b01_three": Status.IN_PROGRESS}
    assert next_kata(CATALOG.katas, statuses) == ("b01_three", "it is in progress")


def test_prerequisites_come_before_what_builds_on_them() -> None:
    katas = (make_kata("a01_one", requires=("a02_two",)), make_kata("a02_two"))
    assert next_kata(katas, dict.fromkeys(("a01_one", "a02_two"), Status.NOT_STARTED))[0] == "a02_two"
    assert next_kata(katas, {"a01_one": Status.NOT_STARTED, "a02_two": Status.PASSED})[0] == "a01_one"


def test_prerequisites_in_a_circle_do_not_end_the_journey() -> None:
    katas = (make_kata("a01_one", requires=("a02_two",)), make_kata("a02_two", requires=("a01_one",)))
    assert next_kata(katas, dict.fromkeys(("a01_one", "a02_two"), Status.NOT_STARTED))[0] == "a01_one"


def test_whoever_knows_better_what_is_next_is_believed() -> None:
    board = tally(CATALOG, [], following=("d07_four", "its review is due today"))
    assert (board.next_slug, board.next_reason) == ("d07_four", "its review is due today")


def test_nothing_is_next_when_all_is_passed() -> None:
    assert next_kata(CATALOG.katas, dict.fromkeys(SLUGS, Status.PASSED)) == ("", "")


# --- debug katas -----------------------------------------------------------------------------------------------------

FAULTY = replace(
    make_kata("a01_one"),
    kind=KataKind.DEBUG,
    faults=(PlantedFault("fault_1", ("test_0",)), PlantedFault("fault_2", ("test_1", "test_2"))),
)


@pytest.mark.parametrize(
    ("outcomes", "repaired"),
    [("FFFP", 0), ("PFFP", 1), ("PPFP", 1), ("FPPP", 1), ("PPNP", 1), ("PPPF", 2), ("PPPP", 2)],
)
def test_a_fault_is_repaired_when_all_its_tests_pass(outcomes: str, repaired: int) -> None:
    row = tally(Catalog((FAULTY,)), [make_report("a01_one", outcomes)]).rows[0]
    assert row.faults == FaultTally(repaired, 2)
    is_noted = row.note.startswith(f"{repaired} of 2 faults repaired; test_")
    assert is_noted is ("F" in outcomes)


def test_a_fault_is_repaired_when_all_cases_of_its_tests_pass() -> None:
    report = make_report("a01_one", "PPPPF")
    names = ("test_0[1]", "test_1", "test_2", "test_3", "test_0[2]")
    tests = tuple(replace(test, name=name) for test, name in zip(report.tests, names, strict=True))
    assert tally_faults(FAULTY, replace(report, tests=tests)) == FaultTally(1, 2)


def test_nothing_is_repaired_before_a_run_and_other_katas_have_no_faults() -> None:
    board = tally(Catalog((FAULTY, make_kata("a02_two"))), [replace(make_report("a01_one", ""), started=False)])
    assert [(row.status, row.faults, row.note) for row in board.rows] == [
        (Status.NOT_STARTED, FaultTally(0, 2), ""),
        (Status.NOT_STARTED, None, ""),
    ]


def test_what_is_wrong_with_the_run_is_said_without_counting_faults() -> None:
    report = make_report("a01_one", "", problem=Problem(ProblemKind.BROKEN, "why"))
    assert tally(Catalog((FAULTY,)), [report]).rows[0].note == "why"
