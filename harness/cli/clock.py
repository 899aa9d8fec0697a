"""Commands of the interview clock: `start`, `stop`."""

from __future__ import annotations

import time

import click

from harness.cli.practice import AS_JSON, KATA_OR_CURRENT, Place, here, put_json
from harness.core.model import Kata
from harness.practice.clock import start_clock
from harness.scoreboard.render.words import minutes


@click.command(name="start")
@KATA_OR_CURRENT
@AS_JSON
def start_command(kata_id: str, as_json: bool) -> None:
    r"""Start the interview clock of a kata.

    It runs until the kata passes, or until `kata stop`, whether this terminal is open or not; started again it goes on where it
    was. The best time to a pass is on the scoreboard.

    \b
    Examples:
      kata start a1
      kata start r2_score --json
    """
    place = here()
    begin_clock(place, place.kata(kata_id), as_json=as_json)


def begin_clock(place: Place, kata: Kata, *, as_json: bool = False) -> None:
    """Start the clock and say so. Raises `ClockError` when one runs, or when the kata is passed and nothing is left to time."""
    now = time.time()
    with place.history() as history:
        spent_s = start_clock(place.state, kata, history, now)
    if as_json:
        put_json({"slug": kata.slug, "running": True, "minutes": kata.minutes, "spent_s": spent_s})
        return
    before = f", {minutes(spent_s)} of them spent before" if spent_s >= 1 else ""
    click.echo(f"{kata.slug}: {kata.minutes} min on the clock{before}. Good luck.")


@click.command(name="stop")
@AS_JSON
def stop_command(as_json: bool) -> None:
    r"""Stop the interview clock.

    `kata start` goes on where it was.

    \b
    Example:
      kata stop
    """
    place = here()
    with place.history() as history:
        slug, spent_s = history.stop(time.time())
    limit = next((kata.minutes for kata in place.catalog.katas if kata.slug == slug), None)
    if as_json:
        put_json({"slug": slug, "running": False, "minutes": limit, "spent_s": spent_s})
        return
    click.echo(f"{slug}: stopped at {minutes(spent_s)}{f' of {limit} min' if limit else ''}")
