"""The scoreboard as one self-contained HTML page: no script, no font, no request to anywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.core.model import Band, Status
from harness.scoreboard.model import Row, Scoreboard, SetTally
from harness.scoreboard.render.pages import page_environment
from harness.scoreboard.render.words import clock, fraction, next_line, paths_line, standing, summary

_CSS_NAMES = {status: status.value.replace(" ", "-") for status in Status}
_RADIUS = 42.0
_ORDER = (Status.PASSED, Status.IN_PROGRESS, Status.FAILING, Status.TIMED_OUT, Status.BROKEN, Status.NOT_STARTED)


@dataclass(frozen=True, slots=True)
class _Arc:
    """One piece of a set's ring, as an SVG dash pattern."""

    css: str
    label: str
    length: float
    offset: float


@dataclass(frozen=True, slots=True)
class _SetView:
    """What the template needs to show a set."""

    tally: SetTally
    rows: tuple[Row, ...]
    arcs: tuple[_Arc, ...]


def render_html(board: Scoreboard) -> str:
    """The page; text that learners wrote is escaped."""
    environment = page_environment("harness.scoreboard.render")
    sets = tuple(_view(tally, board) for tally in board.sets)
    return environment.get_template("scoreboard.html").render(
        board=board,
        summary=summary(board),
        sets=sets,
        bands=tuple(Band),
        next_line=next_line(board),
        paths_line=paths_line(board),
        clock=clock,
        fraction=fraction,
        standing=standing,
        css_names=_CSS_NAMES,
        circumference=2 * math.pi * _RADIUS,
        radius=_RADIUS,
    )


def _view(tally: SetTally, board: Scoreboard) -> _SetView:
    rows = tuple(row for row in board.rows if row.set is tally.set)
    return _SetView(tally, rows, _arcs(tally))


def _arcs(tally: SetTally) -> tuple[_Arc, ...]:
    """The ring's pieces, one a status that occurs, in a fixed order round the ring."""
    around = 2 * math.pi * _RADIUS
    arcs = []
    done = 0.0
    pieces = [(_CSS_NAMES[status], status.value, tally.statuses.get(status, 0)) for status in _ORDER]
    pieces[0] = ("passed", "passed", pieces[0][2] - tally.due)
    pieces.insert(1, ("passed due", "passed, due", tally.due))
    for css, label, count in pieces:
        if count:
            length = around * count / tally.total
            arcs.append(_Arc(css, f"{count} {label}", length, -done))
            done += length
    return tuple(arcs)
