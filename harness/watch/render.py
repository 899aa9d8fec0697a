"""What a `View` looks like, as something that rich can render on any width. Makes sense without colour. Pure."""

from __future__ import annotations

import time

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.core.model import Band, FailureKind, KataKind, Outcome, Status, TestResult
from harness.scoreboard.render.words import bar, figure_texts, fraction, minutes
from harness.scoreboard.tally import tally_faults
from harness.watch.view import Phase, View

KEYS = (
    ("h", "hint"),
    ("n", "next"),
    ("a", "all"),
    ("o", "open"),
    ("r", "reveal"),
    ("k", "kata"),
    ("l", "list"),
    ("?", "help"),
    ("q", "quit"),
)
_STYLES = {
    Status.PASSED: "bold green",
    Status.IN_PROGRESS: "bold yellow",
    Status.FAILING: "bold red",
    Status.BROKEN: "bold red",
    Status.TIMED_OUT: "bold magenta",
    Status.NOT_STARTED: "dim",
}
_PARTS = (
    ("asked", "asked", ""),
    ("came", "came", "bold red"),
    ("expected", "expected", "green"),
    ("mistake", "mistake", "bold yellow"),
    ("where", "where", ""),
    ("hint", "hint", "cyan"),
)
_MAX_PART_LINES = 8
_BAR = 6
_WIDE = 76
"""From this width on there is room for bars and for the names of all keys."""
_SOON_S = 1.0
_LONG_S = 3.0


def render_view(view: View, *, width: int = 80, unicode: bool = True, has_keys: bool = True) -> RenderableType:
    """All that there is to see of a kata."""
    bands = _bands(view, unicode=unicode, has_bars=width >= _WIDE)
    parts: list[RenderableType] = [_head(view), *bands, _verdict(view)]
    if view.pass_summary is not None:
        parts += [Text(), _pass_summary(view, unicode=unicode), *_follow_up(view, unicode=unicode)]
        if has_keys:
            parts += [Text(), Text("  k next kata   r compare with the reference   q quit", style="bold")]
    else:
        parts += _body(view, has_keys=has_keys)
    if view.hint and view.pass_summary is None:
        parts += [Text(), Text.assemble((f"hint {view.hint_number} of {view.hints_there}  ", "bold cyan"), view.hint)]
    if view.notices:
        parts += [Text(), *(Text(notice, style="yellow") for notice in view.notices)]
    if view.question:
        parts += [Text(), Text(f"{view.question}  y/n", style="bold")]
    return Group(*parts)


def _head(view: View) -> RenderableType:
    table = Table.grid(expand=True)
    table.add_column(ratio=1, overflow="ellipsis", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    clock = f"{view.kata.minutes} min"
    if view.clock is not None:
        clock = f"{minutes(view.clock.spent_s)} of {clock}{'' if view.clock.is_running else ', stopped'}"
    late = view.clock is not None and view.clock.spent_s > 60 * view.kata.minutes
    table.add_row(Text(f"{view.kata.id} {view.kata.title}", style="bold"), Text(clock, style="red" if late else ""))
    return table


def _bands(view: View, *, unicode: bool, has_bars: bool) -> list[RenderableType]:
    bands = [band for band in Band if view.band(band).total]
    if not bands:
        return []
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(*(_band(view, band, unicode=unicode, has_bars=has_bars) for band in bands))
    return [table]


def _band(view: View, band: Band, *, unicode: bool, has_bars: bool) -> Text:
    """A band as far as it is. Speed that was not measured has not failed: it waits for right answers."""
    tally = view.band(band)
    outcomes = {test.outcome for test in view.tests if test.band is band}
    waits = band is Band.SPEED and view.phase is Phase.DONE and outcomes == {Outcome.NOT_RUN}
    blocks = bar(tally.passed, tally.total, _BAR, unicode=unicode) + " " if has_bars else ""
    style = "green" if tally.passed == tally.total else ""
    return Text.assemble(f"{band.value} ", (f"{blocks}{'waits' if waits else fraction(tally)}", style))


def _verdict(view: View) -> Text:
    if view.phase is Phase.GONE:
        return Text("file missing", style="bold red")
    verdict = view.verdict
    if verdict is None:
        return Text.assemble((view.phase.value, "dim"), (_waiting(view), "dim"))
    told = ""
    if view.report is None:
        told = "  still running"
    elif view.tests:
        passed = sum(test.outcome is Outcome.PASSED for test in view.tests)
        told = f"  {passed} of {len(view.tests)} tests pass, {view.duration_s:.2f} s"
        faults = tally_faults(view.kata, view.report)
        told += f", {faults}" if faults else ""
    return Text.assemble((verdict.value, _STYLES[verdict]), (told, "dim"))


def _waiting(view: View) -> str:
    """What is said to people who wait, once that takes longer than they would expect."""
    if view.phase is not Phase.RUNNING or view.duration_s < _SOON_S:
        return ""
    return f"  {view.duration_s:.0f} s  {view.running_test}"


def _body(view: View, *, has_keys: bool) -> list[RenderableType]:
    stub = f"katas/{view.kata.slug}/{view.kata.stub.name}"
    if view.phase is Phase.GONE:
        return [
            Text(),
            Text(f"{view.kata.stub.name} is not there any more: waiting for it to come back", style="bold"),
            Text(f"`git checkout -- {stub}` brings the stub back"),
        ]
    report = view.report
    if report is not None and not report.started and report.problem is None:
        what = "o shows what it asks" if has_keys else f"katas/{view.kata.slug}/README.md says what it asks"
        is_faulty = view.kata.kind is KataKind.DEBUG
        how = "as it was published, with its faults: repair it" if is_faulty else "the empty stub: fill it in"
        return [Text(), Text(f"{stub} is {how} and save it."), Text(f"{what}.")]
    parts: list[RenderableType] = []
    if report is not None and report.problem is not None:
        parts += [Text(), Text(report.problem.sentence, style="bold red")]
    waits = report is None and view.is_stale and view.duration_s >= _SOON_S
    if waits and view.duration_s >= _LONG_S:
        limit = f"a test counts as hanging after {view.kata.hang_limit_s:g} s"
        parts += [Text(), Text(f"{limit}; save the file to begin again", style="dim")]
    shown = view.shown
    if shown is not None and not waits:
        parts += [Text(), _failure(view, shown)]
    return parts


def _failure(view: View, test: TestResult) -> RenderableType:
    failing = view.failing
    place = f"{view.chosen % len(failing) + 1} of {len(failing)} failing" if len(failing) > 1 else ""
    head = Table.grid(expand=True)
    head.add_column(ratio=1, overflow="fold")
    head.add_column(justify="right", no_wrap=True)
    head.add_row(Text(test.name, style="bold"), Text(place, style="dim"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=8)
    table.add_column(overflow="fold")
    failure = test.failure
    if failure is not None and failure.kind is FailureKind.NOT_IMPLEMENTED:
        table.add_row("", Text(f"{failure.asked} is {failure.came}"))
    elif failure is not None:
        for label, name, style in _PARTS:
            text = getattr(failure, name)
            if text:
                table.add_row(Text(label, style="dim"), Text(_short(text), style=style))
    if view.printed:
        table.add_row(Text("printed", style="dim"), Text(view.printed))
    return Group(head, table)


def _short(text: str) -> str:
    lines = text.splitlines()
    if len(lines) <= _MAX_PART_LINES:
        return text
    return "\n".join([*lines[:_MAX_PART_LINES], f"... {len(lines) - _MAX_PART_LINES} lines more"])


def _pass_summary(view: View, *, unicode: bool) -> RenderableType:
    pass_summary = view.pass_summary
    star = "★" if unicode else "*"
    count = len(view.tests)
    lines = [Text(f"  {star} {star} {star}  passed  {star} {star} {star}", style="bold green"), Text()]
    after = ", after a look at the reference" if pass_summary is not None and pass_summary.given_up else ""
    lines.append(Text(f"  all {count} tests of {view.kata.title}{after}"))
    if pass_summary is not None and pass_summary.spent_s is not None:
        left = 60 * view.kata.minutes - pass_summary.spent_s
        margin = f"{minutes(left)} to spare" if left >= 0 else f"{minutes(-left)} over"
        lines.append(Text(f"  time      {minutes(pass_summary.spent_s)} of {view.kata.minutes} min, {margin}"))
    if pass_summary is not None and pass_summary.best_s is not None:
        is_best = pass_summary.spent_s is not None and pass_summary.spent_s <= pass_summary.best_s
        words = ", a new personal best" if is_best and not pass_summary.is_first else ""
        lines.append(Text(f"  best      {minutes(pass_summary.best_s)}{words}", style="bold" if words else ""))
    if pass_summary is not None and pass_summary.due is not None:
        day = time.localtime(pass_summary.due)
        lines.append(
            Text(
                f"  again     on {time.strftime('%a', day)} {day.tm_mday} {time.strftime('%b', day)}, from the empty stub"
            )
        )
    lines += [Text(f"  speed     {text}") for text in figure_texts(view.tests)]
    if pass_summary is not None and pass_summary.more:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_row("  more    ", Text(pass_summary.more, overflow="fold"))
        return Group(*lines, table)
    return Group(*lines)


def _follow_up(view: View, *, unicode: bool) -> list[RenderableType]:
    """How the follow-up stands. A test of it is shown from the second save on: the first one has passed the kata."""
    if not view.follow_up and view.follow_up_report is None:
        return []
    report = view.follow_up_report
    passed = sum(test.outcome is Outcome.PASSED for test in view.follow_up)
    star = f"  {'★' if unicode else '*'}" if report is not None and report.status is Status.PASSED else ""
    status = report.status if report is not None else None
    how = (status.value, _STYLES[status]) if status is not None else ("running", "dim")
    count = f"  {passed} of {len(view.follow_up)} tests pass{star}" if view.follow_up else ""
    parts: list[RenderableType] = [Text(), Text.assemble("  follow-up  ", how, (count, "dim"))]
    if report is not None and report.problem is not None:
        parts.append(Text(f"  {report.problem.sentence}", style="bold red"))
    is_first = view.pass_summary is not None and view.pass_summary.due is not None
    if report is not None and view.shown is not None and not is_first:
        parts += [Text(), _failure(view, view.shown)]
    return parts


def footer(width: int = 80) -> Text:
    """The keys there are in one line; where that is short, those that one needs most."""
    line = Text(no_wrap=True, overflow="ellipsis")
    for key, what in KEYS:
        if width < _WIDE and key in "aol":
            continue
        line.append(key, style="bold")
        line.append(f" {what}  ", style="dim")
    return line
