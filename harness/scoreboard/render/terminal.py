"""The scoreboard for a terminal: rich draws it, and it makes sense without colour and at 80 columns."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.core.model import Band, Status
from harness.scoreboard.model import BandTally, Row, Scoreboard, SetTally
from harness.scoreboard.render.canvas import Canvas
from harness.scoreboard.render.words import bar, clock, fraction, next_line, paths_line, standing, summary

_STYLES = {
    Status.PASSED: "bold green",
    Status.IN_PROGRESS: "yellow",
    Status.FAILING: "red",
    Status.BROKEN: "bold red",
    Status.TIMED_OUT: "bold magenta",
    Status.NOT_STARTED: "dim",
}
_DUE = "dim green"
_WIDE = 118
"""From this width on, figures get a column of their own."""
_STATUS = 11
_OTHER_COLUMNS = 7 + 3 * 5 + 7 + 2 * 7
"""What the columns beside title and status need: four bands, clock, and the gaps between all of them."""
_BAR = 24


def render_terminal(board: Scoreboard, *, width: int = 80, color: bool = False, unicode: bool = True) -> str:
    """Tables a set with totals, then notes for what is not passed; ends with a newline."""
    console = Canvas(width, color=color, unicode=unicode)
    console.print(Text(summary(board), style="bold"))
    longest = max((len(row.id) + 1 + len(row.title) for row in board.rows), default=0)
    status_width = max([_STATUS, *(len(standing(row)) for row in board.rows)])
    title_width = max(
        12, min(longest, width - _OTHER_COLUMNS - status_width)
    )  # the same in every set, so that columns line up
    for tally in board.sets:
        _print_set(console, tally, [row for row in board.rows if row.set is tally.set], title_width, unicode=unicode)
    notes = [row for row in board.rows if row.note]
    if notes:
        console.print()
        for row in notes:
            console.print(Text.assemble((f"{row.id} ", _STYLES[row.status]), row.note))
    if board.faults:
        console.print()
        for fault in board.faults:
            console.print(Text.assemble(("not usable: ", "bold red"), fault.sentence))
    following, paths = next_line(board), paths_line(board, unicode=unicode)
    console.print()
    if paths:
        console.print(Text.assemble(("paths: ", "bold"), paths))
    console.print(
        Text.assemble(("next: ", "bold"), following) if following else Text("all katas passed", style="bold green")
    )
    text = console.text
    return text if unicode else text.replace("·", ".").encode("ascii", "replace").decode()


def _print_set(console: Console, tally: SetTally, rows: list[Row], title_width: int, *, unicode: bool) -> None:
    wide = console.width >= _WIDE
    progress = bar(tally.passed, tally.total, _BAR, unicode=unicode)
    console.print()
    console.print(
        Text.assemble(
            (f"Set {tally.set}", "bold"),
            f" {tally.set.summary}  ",
            (progress, "green"),
            f"  {tally.passed} of {tally.total}",
        )
    )
    table = Table(box=box.SIMPLE_HEAD if unicode else box.ASCII2, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("kata", width=title_width, overflow="ellipsis", no_wrap=True)
    table.add_column("status", min_width=_STATUS, no_wrap=True)
    for band in Band:
        table.add_column(band.value, justify="right", min_width=max(5, len(band.value)), no_wrap=True)
    table.add_column("clock", justify="right", min_width=7, no_wrap=True)
    if wide:
        table.add_column("figures", overflow="fold")
    for row in rows:
        style = _DUE if row.due else _STYLES[row.status]
        cells = [Text(f"{row.id} {row.title}"), Text(standing(row, unicode=unicode), style=style)]
        cells += [_band_cell(row.bands.get(band)) for band in Band]
        cells.append(Text(clock(row)))
        if wide:
            cells.append(Text("; ".join(row.figures), style="dim"))
        table.add_row(*cells)
    console.print(table)


def _band_cell(tally: BandTally | None) -> Text:
    done = tally is not None and tally.total and tally.passed == tally.total
    return Text(fraction(tally), style="green" if done else "")
