"""What one full run of a kata has to say, for a terminal and for scripts. Pure."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from harness.core.model import Band, Failure, FailureKind, Kata, KataKind, KataReport, Outcome, Status, TestResult
from harness.history.record import Recorded
from harness.practice.follow_up import invitation
from harness.scoreboard.model import BandTally
from harness.scoreboard.render.words import figure_texts, fraction, minutes
from harness.scoreboard.tally import tally_faults

if TYPE_CHECKING:
    from rich.console import RenderableType

_SHOWN = 3
"""Failing tests that are shown in full."""
_PARTS = (("asked", "asked"), ("came", "came"), ("expected", "expected"), ("mistake", "mistake"), ("hint", "hint"))


def verdict(kata: Kata, report: KataReport, recorded: Recorded | None) -> RenderableType:
    """The verdict, the bands, the first failing tests; or what there is to say about a pass."""
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [_head(kata, report)]
    if report.tests:
        bands = [(band, [test for test in report.tests if test.band is band]) for band in Band]
        cells = [f"{band.value} {fraction(_tally(tests))}" for band, tests in bands if tests]
        parts.append(Text("   ".join(cells)))
    if report.problem is not None:
        parts += ["", Text(report.problem.sentence)]
    if not report.started:
        do = "Find what is wrong in" if kata.kind is KataKind.DEBUG else "Fill in"
        parts += ["", Text(f"{do} {kata.stub.name}; `kata show {kata.id.lower()}` says what it is to do.")]
    if report.status is Status.PASSED:
        parts += ["", *_triumph(kata, report, recorded)]
    failed = [test for test in report.tests if test.outcome is Outcome.FAILED]
    for test in failed[:_SHOWN]:
        parts += ["", Text(test.name, style="bold"), *_failure(test.failure)]
    if len(failed) > _SHOWN:
        parts += ["", Text(f"{len(failed) - _SHOWN} more fail; `pytest katas/{kata.slug}` shows all of them.")]
    not_run = sum(test.outcome is Outcome.NOT_RUN for test in report.tests)
    if not_run and report.problem is None:
        parts += ["", Text(f"{not_run} not run: speed is measured when the answers are right.", style="dim")]
    return Group(*parts)


def document(kata: Kata, report: KataReport, recorded: Recorded | None) -> dict[str, Any]:
    """The same for scripts."""
    import msgspec

    found: dict[str, Any] = msgspec.to_builtins(report)
    return {
        "slug": kata.slug,
        "status": report.status.value,
        "passed": report.count(outcome=Outcome.PASSED),
        "total": len(report.tests),
        "faults": msgspec.to_builtins(tally_faults(kata, report)),
        "problem": found["problem"],
        "tests": found["tests"],
        "duration_s": report.duration_s,
        "spent_s": recorded and recorded.spent_s,
        "best_s": recorded and recorded.best_s,
        "given_up": recorded is not None and recorded.given_up,
        "first_pass": recorded is not None and recorded.first_pass,
        "next_review": recorded and recorded.due,
    }


def _tally(tests: list[TestResult]) -> BandTally:
    return BandTally(sum(test.outcome is Outcome.PASSED for test in tests), len(tests))


def _head(kata: Kata, report: KataReport) -> RenderableType:
    from rich.text import Text

    style = "bold green" if report.status is Status.PASSED else "bold red" if report.started else "bold"
    head = Text.assemble((f"{kata.id} {kata.title}: ", "bold"), (report.status.value, style))
    if report.tests:
        head.append(f", {report.count(outcome=Outcome.PASSED)} of {len(report.tests)} tests pass")
        faults = tally_faults(kata, report)
        head.append(f", {faults}" if faults else "")
    return head


def _failure(failure: Failure | None) -> list[RenderableType]:
    from rich.table import Table
    from rich.text import Text

    if failure is None:
        return []
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=10)
    table.add_column(overflow="fold")
    if failure.kind is FailureKind.NOT_IMPLEMENTED:
        table.add_row("", Text(f"{failure.asked} is {failure.came}"))
        return [table]
    for label, name in _PARTS:
        text = getattr(failure, name)
        if text:
            table.add_row(Text(f"  {label}", style="dim"), Text(text, style="bold" if name == "mistake" else ""))
    return [table]


def _triumph(kata: Kata, report: KataReport, recorded: Recorded | None) -> list[RenderableType]:
    from rich.text import Text

    lines = [f"speed   {text}" for text in figure_texts(report.tests)]
    if recorded is not None and recorded.given_up:
        lines.append("given up before: the reference was seen, so this is not a personal best")
    elif recorded is not None and recorded.spent_s is not None:
        left = 60 * kata.minutes - recorded.spent_s
        margin = f"{minutes(left)} to spare" if left >= 0 else f"{minutes(-left)} over"
        lines.append(f"time    {minutes(recorded.spent_s)} of {kata.minutes} min, {margin}")
    if recorded is not None and recorded.best_s is not None:
        lines.append(f"best    {minutes(recorded.best_s)}")
    if recorded is not None and recorded.due is not None:
        there = time.localtime(recorded.due)
        day = f"{time.strftime('%a', there)} {there.tm_mday} {time.strftime('%b %Y', there)}"
        lines.append(f"again   on {day}, from the empty stub")
    if kata.has_follow_up:
        lines.append(f"more    {invitation(kata)}")
    lines.append(f"Read on: `kata reveal {kata.id.lower()}`, `kata diff {kata.id.lower()}`; then `kata next`")
    return [Text(line) for line in lines]
