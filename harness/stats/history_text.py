"""The last things that happened, a line each for a terminal, or as JSON for a script. Pure.

JSON, version 1: `format`, 1; `kind`, `"kata-history-last"`; `things[]`, oldest first: `at` (seconds since the epoch, null for
no moment), `kata` (slug, or empty), `text` (what the terminal says).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from harness.core.text import clean_text
from harness.history.attempts import count, names, number
from harness.history.quiz import grade_of
from harness.history.store import ClockPass, Entry, Interval
from harness.stats.words import hours, plural

FORMAT = 1
"""Version of the JSON document."""
LONGEST = 300
"""Characters of a line that are shown; data of other versions may say anything."""


class Thing(NamedTuple):
    """One thing that happened."""

    at: float
    slug: str
    text: str


def last_things(
    entries: Iterable[Entry],
    intervals: Iterable[Interval],
    clock_passes: Iterable[ClockPass],
    *,
    most: int,
    zone: tzinfo | None = None,
) -> list[Thing]:
    """The `most` newest things, oldest first. Times in their texts are in `zone`, the machine's own when None."""
    entries = list(entries)
    happened = [Thing(entry.at, entry.slug, _sentence(entry, zone)) for entry in entries]
    told = {(entry.slug, number(entry.data.get("spent_s"))) for entry in entries if entry.kind == "pass"}
    happened += _clock(intervals, [found for found in clock_passes if (found.slug, found.spent_s) not in told])
    happened.sort(key=lambda found: found.at)  # stable: what was written first comes first
    return happened[-most:]


def as_lines(things: Sequence[Thing], *, zone: tzinfo | None = None, width: int = LONGEST) -> list[str]:
    """A line each: when, which kata, what."""
    column = min(max((len(slug) for _, slug, _ in things), default=0), 40)
    return [_line(f"{_moment(at, zone)}  {slug:<{column}}  {text}", width) for at, slug, text in things]


def as_document(things: Sequence[Thing]) -> str:
    """The JSON document; ends with a newline."""
    told = [
        {"at": at if math.isfinite(at) else None, "kata": slug, "text": _line(text, LONGEST)}
        for at, slug, text in things
    ]
    return json.dumps({"format": FORMAT, "kind": "kata-history-last", "things": told}, indent=1) + "\n"


def _clock(intervals: Iterable[Interval], passes: Sequence[ClockPass]) -> Iterator[Thing]:
    """What the clock tells beside the entries."""
    for stretch in intervals:
        yield Thing(stretch.begun, stretch.slug, "the clock was started")
        if stretch.ended is not None and not stretch.pass_id:
            ran = hours(max(0.0, stretch.ended - stretch.begun))
            yield Thing(stretch.ended, stretch.slug, f"the clock was stopped, {ran} after its start")
    for found in passes:
        yield Thing(found.at, found.slug, f"passed in {hours(found.spent_s)}")


def _sentence(entry: Entry, zone: tzinfo | None) -> str:
    """What an entry says."""
    data = entry.data
    match entry.kind:
        case "run" | "follow_up":
            return _run(entry)
        case "pass":
            return _pass(entry)
        case "hint":
            which = count(data.get("number"))
            return "a hint was taken" if which is None else f"hint {which} was taken"
        case "reveal":
            return "the reference was revealed" + (": given up" if data.get("given_up") is True else "")
        case "reset":
            return "the stub was put back" + _kept(entry, "the attempt is kept as ")
        case "restore":
            return "an attempt was brought back" + _kept(entry, "")
        case "card":
            due = number(data.get("due"))
            return "the review was planned" + ("" if due is None else f" for {_moment(due, zone)[:10]}")
        case "quiz":
            return _quiz(entry)
        case "interview":
            solved, tasks = count(data.get("solved")), data.get("tasks")
            if solved is None or not isinstance(tasks, list):
                return "mock interview"
            return f"mock interview, {solved} of {plural(len(tasks), 'kata')} solved"
        case kind:
            return kind


def _quiz(entry: Entry) -> str:
    question, grade = entry.data.get("question"), grade_of(entry)
    came = "not graded" if grade is None else grade.name.lower()
    return f"quiz, {came}: {question}" if isinstance(question, str) else f"quiz, {came}"


def _run(entry: Entry) -> str:
    passed, total = count(entry.data.get("passed")), count(entry.data.get("total"))
    status, trigger = entry.data.get("status"), entry.data.get("trigger")
    parts = [f"{passed} of {plural(total, 'test')} pass"] if passed is not None and total else []
    if isinstance(status, str) and (not parts or status in ("broken", "timed out")):
        parts.append(status)
    failed = names(entry.data.get("failed"))
    if failed:
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        parts.append(f"not {failed[0]}{more}")
    what = "follow-up: " if entry.kind == "follow_up" else "run: "
    by = f" ({trigger})" if isinstance(trigger, str) else ""
    return what + (", ".join(parts) or "nothing more is known") + by


def _pass(entry: Entry) -> str:
    data = entry.data
    spent, runs, hints = number(data.get("spent_s")), count(data.get("runs")), count(data.get("hints"))
    parts = ["review passed" if data.get("review") is True else "passed"]
    parts += [f"in {hours(spent)}"] if spent is not None else []
    parts += [f"after {plural(runs, 'run')}"] if runs else []
    parts += [f"with {plural(hints, 'hint')}"] if hints else []
    return " ".join(parts) + (", the reference had been seen" if data.get("given_up") is True else "")


def _kept(entry: Entry, words: str) -> str:
    kept = entry.data.get("kept")
    return f", {words}{kept}" if isinstance(kept, str) and kept else ""


def _moment(at: float, zone: tzinfo | None) -> str:
    try:
        return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "at no known time"


def _line(text: str, width: int) -> str:
    text = " ".join(clean_text(text).split("\n")).rstrip()
    return text if len(text) <= width else f"{text[: width - 3]}..."
