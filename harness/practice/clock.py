"""Starting the interview clock, from the command line and in watch."""

from __future__ import annotations

from pathlib import Path

from harness.core.errors import ClockError
from harness.core.model import Kata
from harness.history.attempt import attempt
from harness.history.store import History
from harness.practice.choose import due_reviews
from harness.practice.reset import present_code, reset
from harness.scoreboard.render.words import minutes


def start_clock(state: Path, kata: Kata, history: History, now: float) -> float:
    """Start the clock; returns the seconds that were spent before.

    Raises `ClockError` when one runs, or when the kata is passed and nothing is left to time.
    """
    running = history.running()
    if running is not None and running.slug == kata.slug:
        spent = minutes(history.spent_s(kata.slug, now))
        raise ClockError(
            f"the clock of {kata.slug} is running already: {spent} of {kata.minutes} min",
            hint="it goes on; `kata stop` stops it",
        )
    if attempt(history, kata.slug).is_over:
        if present_code(kata) is not None:
            again = "review" if kata.slug in due_reviews(history, now) else "reset"
            raise ClockError(
                f"{kata.slug} is passed, so there is nothing to time",
                hint=f"`kata {again} {kata.id.lower()}` puts the empty stub back, to do it once more; your code is kept",
            )
        reset(state, kata, history, now)  # the file was emptied by hand: that begins another attempt
    history.start(kata.slug, now)
    return history.spent_s(kata.slug, now)
