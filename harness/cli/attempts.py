"""Commands of an attempt: `hint`, `reset`, `restore`, `review`."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import click

from harness.cli.clock import begin_clock
from harness.cli.practice import (
    AS_JSON,
    KATA_ID,
    KATA_OR_CURRENT,
    YES,
    Place,
    confirm,
    date,
    here,
    put_json,
    show_markdown,
)
from harness.core.errors import ClockError, KataError
from harness.core.model import Kata
from harness.history.attempt import attempt
from harness.history.snapshots import snapshots
from harness.practice.choose import due_reviews, review_times
from harness.practice.hints import next_hint, taken_hints
from harness.practice.reset import Replaced, reset, restore

_STUB = click.option(
    "--stub",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the published stub is, if neither the state folder nor git has it.",
)


class NotDueError(KataError):
    """A review that has nothing to review yet."""


@click.command(name="hint")
@KATA_OR_CURRENT
@click.option("--again", is_flag=True, help="Show the hints that you have taken, and take none.")
@AS_JSON
def hint_command(kata_id: str, again: bool, as_json: bool) -> None:
    r"""Show one hint more.

    Hints are numbered; each says a little more, and none is the answer. How many you took is remembered: a kata that needed
    hints comes back sooner. After the last one you get the last one again. A reset begins at the first one.

    \b
    Examples:
      kata hint a1
      kata hint a1 --again
    """
    place = here()
    kata = place.kata_to_give_away(kata_id)
    with place.history() as history:
        found = taken_hints(kata, history) if again else None
        if found is None:
            found = [next_hint(place.state, kata, history, time.time())]
    if as_json:
        documents = [{"slug": kata.slug, "number": h.number, "of": h.there, "text": h.text} for h in found]
        put_json(documents if again else documents[0])
        return
    if not found:
        click.echo(f"No hint of {kata.slug} is taken yet.")
    for one in found:
        click.echo(f"Hint {one.number} of {one.there}{': there are no more' if one.is_repeated else ''}\n")
        show_markdown(one.text)


@click.command(name="reset")
@KATA_ID
@_STUB
@AS_JSON
def reset_command(kata_id: str, stub: Path | None, as_json: bool) -> None:
    r"""Put the empty stub of a kata back, to begin again.

    Your code is kept first, under `.kata/attempts/`, and `kata restore` brings it back. Hints and the clock begin anew.

    \b
    Example:
      kata reset mse
    """
    place = here()
    kata = place.kata(kata_id)
    with place.history() as history:
        done = reset(place.state, kata, history, time.time(), stub=stub)
    _say_swapped(place, kata, done, as_json=as_json)


@click.command(name="restore")
@KATA_ID
@click.argument("number", required=False, type=click.IntRange(min=1))
@click.option("--list", "listed", is_flag=True, help="List the attempts that are kept, and change nothing.")
@AS_JSON
def restore_command(kata_id: str, number: int | None, listed: bool, as_json: bool) -> None:
    r"""Bring back an attempt that was kept.

    It is the last one, or the one of this NUMBER.

    Attempts are kept when you reset a kata, when you restore another, and each time a kata passes. What is in your file
    now is kept first.

    \b
    Examples:
      kata restore mse
      kata restore mse --list
      kata restore mse 2
    """
    place = here()
    kata = place.kata(kata_id)
    if listed:
        _list_kept(place, kata, as_json=as_json)
        return
    with place.history() as history:
        done = restore(place.state, kata, history, time.time(), number=number)
    _say_swapped(place, kata, done, as_json=as_json)


@click.command(name="review")
@KATA_OR_CURRENT
@YES
def review_command(kata_id: str, yes: bool) -> None:
    r"""Do a kata that you have passed once more, from its empty stub.

    Without KATA it is the one that you have most likely forgotten. Your code is kept first, the empty stub is put back, and the
    clock starts. How long until the next review depends on how it goes: on time, hints and runs. `kata list --status due`
    shows what is due.

    \b
    Examples:
      kata review
      kata review mse --yes
    """
    place = here()
    begin_review(place, _due_kata(place, kata_id), yes=yes)


def begin_review(place: Place, kata: Kata, *, yes: bool) -> None:
    """Ask, put the empty stub back and start the clock."""
    with place.history() as history:
        is_begun = attempt(history, kata.slug).is_open_again
    if is_begun:
        click.echo(f"The review of {kata.slug} is begun already.")
    else:
        confirm(f"Put the empty stub of {kata.slug} back? Your code is kept", yes=yes)
        with place.history() as history:
            done = reset(place.state, kata, history, time.time())
        _say_swapped(place, kata, done, as_json=False)
    try:
        begin_clock(place, kata)
    except ClockError as error:  # the clock of another kata: the review is begun all the same
        click.echo(f"The clock was not started: {error}; {error.hint}")


def _due_kata(place: Place, text: str) -> Kata:
    from harness.practice.choose import most_forgotten

    now = time.time()
    with place.history() as history:
        due, times = due_reviews(history, now), review_times(history)
        if not text:
            found = most_forgotten(place.catalog, history, now)
            if found is None:
                later = min((moment for moment in times.values() if moment > now), default=None)
                when = (
                    f"the next one comes on {date(later)}"
                    if later
                    else "a kata that you have passed comes back by itself"
                )
                raise NotDueError("no review is due", hint=when)
            return found
        kata = place.kata(text)
        is_begun = attempt(history, kata.slug).is_open_again
    if kata.slug not in times:
        raise NotDueError(f"{kata.slug} was not passed yet", hint=f"`kata start {kata.id.lower()}` starts its clock")
    if kata.slug not in due and not is_begun:
        raise NotDueError(
            f"the review of {kata.slug} is due on {date(times[kata.slug])}, not now",
            hint=f"`kata reset {kata.id.lower()}` puts the empty stub back all the same; your code is kept",
        )
    return kata


def _say_swapped(place: Place, kata: Kata, done: Replaced, *, as_json: bool) -> None:
    kept = done.kept.path if done.kept else None
    with contextlib.suppress(ValueError):
        kept = kept and kept.relative_to(place.root)
    if as_json:
        put_json(
            {
                "slug": kata.slug,
                "changed": done.is_changed,
                "kept": kept and kept.as_posix(),
                "restored": done.restored and done.restored.name,
            }
        )
        return
    name = kata.stub.name
    if done.restored is None:
        click.echo(f"{name} is the empty stub{'' if done.is_changed else ' already'}.")
    else:
        passed = ", which had passed" if done.restored.has_passed else ""
        click.echo(f"{name} is attempt {done.restored.number}{'' if done.is_changed else ' already'}{passed}.")
    if done.kept is not None:
        click.echo(f"What was there is kept as attempt {done.kept.number}, {kept}.")
        click.echo(f"`kata restore {kata.id.lower()} {done.kept.number}` brings it back.")


def _list_kept(place: Place, kata: Kata, *, as_json: bool) -> None:
    there = snapshots(place.state, kata)
    if as_json:
        put_json([{"number": k.number, "kept": k.at, "passed": k.has_passed, "path": k.path.as_posix()} for k in there])
        return
    if not there:
        click.echo(f"No attempt at {kata.slug} is kept.", err=True)
    for kept in there:
        lines = kept.read().count(b"\n")
        passed = "  passed" if kept.has_passed else ""
        click.echo(f"{kept.number:>4}  {date(kept.at):<15}  {lines:>4} lines{passed}")
