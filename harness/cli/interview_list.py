"""`kata interview --list` and `--compare`: how one interview went beside others."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from harness.cli.practice import put_json, show
from harness.interview.compare import Line, compare, lines, signed
from harness.interview.state import Phase
from harness.interview.storage import InterviewError, load_all
from harness.scoreboard.render.words import minutes as as_minutes


def show_interviews(state: Path, *, as_json: bool) -> None:
    """All of them, oldest first."""
    rows = _lines(state)
    if as_json:
        put_json([row.as_json() for row in rows])
        return
    if not rows:
        click.echo("no interview yet: `kata interview` begins one")
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading, side in (("interview", "left"), ("role", "left")):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for heading in ("min", "used", "katas", "tests", "rubric", "change"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for row in rows:
        one = row.interview
        table.add_row(
            one.id,
            one.role or "any",
            str(one.minutes),
            as_minutes(one.spent_s),
            f"{one.solved}/{len(one.tasks)}",
            f"{one.passed}/{one.total}",
            "·" if one.rubric is None else f"{one.rubric:g}",
            signed(row.change),
            "" if row.state == "finished" else row.state,
        )
    show(table)


def _lines(state: Path) -> tuple[Line, ...]:
    interviews, damaged = load_all(state)
    for path in damaged:
        click.echo(f"left out: {path} cannot be read", err=True)
    return lines(interviews)


def show_two_interviews(state: Path, ids: tuple[str, ...], *, as_json: bool) -> None:
    """Two that are named, one that is named and the last one, or the last two. Raises `InterviewError`."""
    done = {row.interview.id: row.interview for row in _lines(state) if row.interview.phase is Phase.DONE}
    for identity in ids:
        if identity not in done:
            raise InterviewError(
                f"no finished interview is called {identity!r}", hint="`kata interview --list` shows all there are"
            )
    if len(ids) > 2:
        raise click.UsageError("two interviews are compared, not more")
    if len(done) < 2:
        raise InterviewError(f"two finished interviews can be compared, and there are {len(done)}", hint="practise on")
    last = [one for identity, one in done.items() if identity not in ids]
    named = [done[identity] for identity in ids]
    before, after = {0: last[-2:], 1: [*named, *last[-1:]], 2: named}[len(ids)]
    points = compare(before, after)
    if as_json:
        both = {"before": before.id, "after": after.id, "points": [asdict(point) for point in points]}
        put_json(both)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for heading in (before.id, after.id, "change"):
        table.add_column(heading, justify="right")
    for point in points:
        table.add_row(point.label, point.before, point.after, point.change)
    show(table)
