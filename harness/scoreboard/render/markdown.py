"""The scoreboard as Markdown, for job summaries and pull requests."""

from __future__ import annotations

import re

from harness.core.model import Band, Status
from harness.scoreboard.model import Row, Scoreboard, SetTally
from harness.scoreboard.render.words import bar, clock, fraction, next_line, paths_line, standing, summary

_MARKS = {
    Status.PASSED: "✅",
    Status.IN_PROGRESS: "🟡",
    Status.FAILING: "❌",
    Status.BROKEN: "💥",
    Status.TIMED_OUT: "⏱️",
    Status.NOT_STARTED: "⬜",
}
_DUE = "🔁"


def render_markdown(board: Scoreboard) -> str:
    """A heading, a table a set, notes; ends with a newline."""
    lines = ["# Scoreboard", "", f"**{summary(board)}**", ""]
    for tally in board.sets:
        lines += _set_lines(tally, [row for row in board.rows if row.set is tally.set])
    if board.paths:
        lines += [f"Paths: {escape(paths_line(board))}", ""]
    following = next_line(board)
    if following:
        lines += [f"Next: {escape(following)}", ""]
    if board.faults:
        lines += ["## Folders that cannot be used", ""]
        lines += [f"- {escape(fault.sentence)}" for fault in board.faults] + [""]
    return "\n".join(lines)


def _set_lines(tally: SetTally, rows: list[Row]) -> list[str]:
    lines = [f"## Set {tally.set}: {tally.set.summary}", ""]
    lines += [f"`{bar(tally.passed, tally.total, 20)}` {tally.passed} of {tally.total}", ""]
    lines += [f"| kata | status | {' | '.join(Band)} | clock | figures and notes |"]
    lines += ["|---|---|" + "--:|" * len(Band) + "--:|---|"]
    for row in rows:
        bands = " | ".join(fraction(row.bands.get(band)) for band in Band)
        notes = escape("; ".join([*row.figures, *([row.note] if row.note else [])]))
        status = f"{_DUE if row.due else _MARKS[row.status]} {standing(row)}"
        lines.append(f"| {row.id} {escape(row.title)} | {status} | {bands} | {clock(row)} | {notes} |")
    return [*lines, ""]


def escape(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no table cells of its own."""
    text = re.sub(r"([\\`*_\[\]<>|#~!$@&])", r"\\\1", text)
    return " ".join(text.split())
