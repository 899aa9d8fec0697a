"""From reports to the scoreboard. Pure: the same reports give the same scoreboard, wherever they were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping

from harness.core.errors import ReportError
from harness.core.model import (
    FOLLOW_UP_STATEMENT,
    Band,
    Catalog,
    FailureKind,
    Kata,
    KataKind,
    KataReport,
    KataSet,
    LearningPath,
    Outcome,
    Status,
    Suite,
    TestResult,
)
from harness.scoreboard.model import BandTally, FaultTally, PathTally, Row, Scoreboard, SetTally
from harness.scoreboard.render.words import figure_texts

_BEGUN = (Status.IN_PROGRESS, Status.FAILING, Status.BROKEN, Status.TIMED_OUT)


def tally(
    catalog: Catalog,
    reports: Iterable[KataReport],
    *,
    best_times_s: Mapping[str, float] | None = None,
    due: Container[str] = (),
    following: tuple[str, str] | None = None,
    subject: str = "learner",
) -> Scoreboard:
    """The scoreboard of `catalog`: a kata without a report is not started, of several reports the newest counts.

    `due` has the slugs whose review is due, `following` the kata to do next and why, where the history knows better. Reports of
    follow-ups count for nothing but the star of katas that are passed.

    Raises `ReportError` for a report of a kata that the catalog does not have.
    """
    newest: dict[tuple[str, Suite], KataReport] = {}
    known = {kata.slug for kata in catalog.katas}
    for report in reports:
        if report.slug not in known:
            raise ReportError(f"there is a report of {report.slug}, and no such kata in this checkout")
        key = (report.slug, report.suite)
        if key not in newest or report.created >= newest[key].created:
            newest[key] = report
    best = best_times_s or {}
    rows = tuple(
        _row(
            kata,
            newest.get((kata.slug, Suite.OWN)),
            newest.get((kata.slug, Suite.FOLLOW_UP)),
            best.get(kata.slug),
            is_due=kata.slug in due,
        )
        for kata in catalog.katas
    )
    next_slug, reason = following or next_kata(catalog.katas, {row.slug: row.status for row in rows})
    return Scoreboard(
        rows=rows,
        sets=tuple(_set_tally(kata_set, rows) for kata_set in KataSet if any(row.set is kata_set for row in rows)),
        faults=catalog.faults,
        next_slug=next_slug,
        next_reason=reason,
        subject=subject,
        paths=tally_paths(catalog.paths, {row.slug for row in rows if row.status is Status.PASSED}),
    )


def tally_paths(paths: Iterable[LearningPath], passed: Container[str]) -> tuple[PathTally, ...]:
    """How many katas of each route are passed."""
    return tuple(
        PathTally(path.name, path.title, sum(slug in passed for slug in path.slugs), len(path.slugs)) for path in paths
    )


def _row(
    kata: Kata, report: KataReport | None, follow_up: KataReport | None, best_s: float | None, *, is_due: bool
) -> Row:
    status = report.status if report else Status.NOT_STARTED
    if status is not Status.PASSED:
        follow_up = None
    tests = report.tests if report else ()
    faults = tally_faults(kata, report)
    return Row(
        slug=kata.slug,
        id=kata.id,
        set=kata.set,
        title=kata.title,
        minutes=kata.minutes,
        status=status,
        bands={band: _band_tally(band, tests) for band in Band if any(test.band is band for test in tests)},
        figures=figure_texts(tests),
        note=follow_up_note(follow_up) if follow_up else _with_faults(faults, report, _note(report, status)),
        best_s=best_s,
        follow_up=BandTally(follow_up.count(outcome=Outcome.PASSED), len(follow_up.tests)) if follow_up else None,
        star=follow_up is not None and follow_up.status is Status.PASSED,
        due=is_due and status is Status.PASSED,
        faults=faults,
    )


def tally_faults(kata: Kata, report: KataReport | None) -> FaultTally | None:
    """How many of a debug kata's planted faults are repaired: those of which all tests pass. None for other katas.

    Of a stub as it was published, and of what was not run, none is.
    """
    if kata.kind is not KataKind.DEBUG:
        return None
    passed: dict[str, bool] = {}
    for test in report.tests if report and report.suite is Suite.OWN else ():
        name = test.name.partition("[")[0]
        passed[name] = passed.get(name, True) and test.outcome is Outcome.PASSED
    repaired = sum(all(passed.get(test, False) for test in fault.tests) for fault in kata.faults)
    return FaultTally(repaired, len(kata.faults))


def _with_faults(faults: FaultTally | None, report: KataReport | None, note: str) -> str:
    """The note of a debug kata that is begun and does not pass says first how far it is."""
    is_begun = report is not None and report.problem is None
    return f"{faults}; {note}" if faults and is_begun and note else note


def _band_tally(band: Band, tests: Iterable[TestResult]) -> BandTally:
    outcomes = [test.outcome for test in tests if test.band is band]
    return BandTally(outcomes.count(Outcome.PASSED), len(outcomes))


def _note(report: KataReport | None, status: Status) -> str:
    """The one sentence that helps most: what is wrong with the run, or the first test to mend."""
    if report is None or status is Status.PASSED:
        return ""
    if report.problem is not None:
        return report.problem.sentence
    failed = next((test for test in report.tests if test.outcome is Outcome.FAILED), None)
    if failed is None:
        return ""
    failure = failed.failure
    if failure is None:
        return failed.name
    if failure.kind is FailureKind.NOT_IMPLEMENTED:
        return f"{failure.asked} is {failure.came}"
    return f"{failed.name}: {failure.mistake or failure.came}"


def follow_up_note(report: KataReport) -> str:
    """How far the follow-up is, and what helps most; empty when it is passed."""
    if report.status is Status.PASSED:
        return ""
    passed = report.count(outcome=Outcome.PASSED)
    begun = f"{FOLLOW_UP_STATEMENT} says what the interviewer asks next"
    return (
        f"follow-up {passed}/{len(report.tests)}: {_note(report, report.status) if passed or report.problem else begun}"
    )


def _set_tally(kata_set: KataSet, rows: Iterable[Row]) -> SetTally:
    mine = [row for row in rows if row.set is kata_set]
    statuses = Counter(row.status for row in mine)
    return SetTally(
        set=kata_set,
        passed=statuses[Status.PASSED],
        total=len(mine),
        tests=sum((row.tests for row in mine), BandTally()),
        statuses={status: statuses[status] for status in Status if statuses[status]},
        due=sum(row.due for row in mine),
    )


def next_kata(katas: Iterable[Kata], statuses: Mapping[str, Status]) -> tuple[str, str]:
    """The kata to do next and why: what is begun first, then the first whose prerequisites are passed.

    Both are empty when every kata is passed.
    """
    katas = tuple(katas)
    for kata in katas:
        if statuses[kata.slug] in _BEGUN:
            return kata.slug, f"it is {statuses[kata.slug]}"
    todo = [kata for kata in katas if statuses[kata.slug] is not Status.PASSED]
    for kata in todo:
        if all(statuses.get(slug) is Status.PASSED for slug in kata.requires):
            return kata.slug, "the first that is not started, and what it builds on is passed"
    return (todo[0].slug, "the first that is not started") if todo else ("", "")
