"""A history as one JSON document or one CSV table: everything that is in it, in the order in which it was written.

The same history gives the same bytes; when it was exported is not in it. Times are seconds since the epoch (`at`, `begun`,
`ended`, `due`) or lengths in seconds (names that end in `_s`).

JSON, version 1:

- `format`: version of the document, 1. `kind`: `"kata-history"`.
- `entries[]`, what happened: `id`, `at`, `kata` (slug, or empty), `kind`, `data` (by kind, as it was written).
- `clock[]`, stretches on the interview clock: `id`, `kata`, `begun`, `ended` (null while it runs), `closed` (whether its attempt
  is over), `pass` (id of the pass that the attempt led to, null when there is none).
- `passes[]`, passes while the clock ran: `id`, `kata`, `at`, `spent_s`.

CSV: a row for each of these, told apart by `record` (`entry`, `clock`, `pass`). What an entry says stands in columns where it
has a column, and otherwise as JSON in `data`. Cells that a spreadsheet would take for formulas begin with an apostrophe.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from harness.core.csv import Value, write_csv
from harness.core.text import MAX_TEXT, clean_text
from harness.history.store import ClockPass, Entry, Interval

FORMAT = 1
"""Version of the JSON document."""

_COLUMNS = (
    "trigger",
    "status",
    "passed",
    "total",
    "failed",
    "duration_s",
    "spent_s",
    "runs",
    "hints",
    "given_up",
    "first",
    "review",
    "number",
    "rating",
    "due",
    "kept",
)
"""Data that has a column of its own in the table."""
_HEAD = ("record", "id", "kata", "kind", "time", "at", "ended", "pass")
_DEEPEST = 50
_WHOLE = 2**53
"""From here on a spreadsheet would round a whole number, so that it is kept as text."""


def export_json(entries: Iterable[Entry], intervals: Iterable[Interval], passes: Iterable[ClockPass]) -> str:
    """The document; ends with a newline."""
    document = {
        "format": FORMAT,
        "kind": "kata-history",
        "entries": [
            {"id": entry.id, "at": entry.at, "kata": entry.slug, "kind": entry.kind, "data": entry.data}
            for entry in entries
        ],
        "clock": [
            {
                "id": stretch.id,
                "kata": stretch.slug,
                "begun": stretch.begun,
                "ended": stretch.ended,
                "pass": stretch.pass_id or None,
                "closed": stretch.pass_id is not None,
            }
            for stretch in intervals
        ],
        "passes": [
            {"id": passed.id, "kata": passed.slug, "at": passed.at, "spent_s": passed.spent_s} for passed in passes
        ],
    }
    # ASCII, so that even a lone surrogate in a name is valid JSON
    return json.dumps(_finite(document), indent=1, allow_nan=False) + "\n"


def export_csv(entries: Iterable[Entry], intervals: Iterable[Interval], passes: Iterable[ClockPass]) -> str:
    """The table, with a header."""
    rows: list[Sequence[Value]] = [(*_HEAD, *_COLUMNS, "data")]
    rows += [_entry_row(entry) for entry in entries]
    rows += [
        _row("clock", stretch.id, stretch.slug, "", stretch.begun, ended=stretch.ended, pass_id=stretch.pass_id or None)
        for stretch in intervals
    ]
    rows += [_row("pass", passed.id, passed.slug, "", passed.at, data={"spent_s": passed.spent_s}) for passed in passes]
    return write_csv([_cell(value) for value in row] for row in rows)


def _entry_row(entry: Entry) -> list[Value]:
    return _row("entry", entry.id, entry.slug, entry.kind, entry.at, data=entry.data)


def _row(
    record: str,
    number: int,
    slug: str,
    kind: str,
    at: float,
    *,
    ended: float | None = None,
    pass_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> list[Value]:
    told = {name: _plain(value) for name, value in (data or {}).items() if name in _COLUMNS}
    columned = {name: value for name, value in told.items() if value is not None}
    rest = {name: value for name, value in (data or {}).items() if name not in columned and value is not None}
    head: list[Value] = [record, number, slug, kind, _iso(at), at, ended, pass_id]
    return [
        *head,
        *(columned.get(name) for name in _COLUMNS),
        json.dumps(_finite(rest), sort_keys=True) if rest else "",
    ]


def _plain(value: object) -> Value:
    """`value` as it fits in a cell; None when it does not."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) >= _WHOLE:
        return str(value) if value.bit_length() < 1000 else None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list) and all(isinstance(part, str) and part.isidentifier() for part in value):
        return " ".join(value)
    return None


def _cell(value: Value) -> Value:
    """Text that any spreadsheet takes: what cannot be printed is escaped, nothing is cut."""
    if not isinstance(value, str) or value.isprintable():
        return value
    parts = (value[i : i + MAX_TEXT] for i in range(0, len(value), MAX_TEXT))
    return "".join(map(clean_text, parts))


def _iso(at: float) -> str:
    """A moment in UTC, as spreadsheets and people read it; empty for one that no calendar has."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return ""


def _finite(value: Any, depth: int = 0) -> Any:
    """`value` with null for numbers that JSON does not have, and cut off where it is nested too deeply."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if depth > _DEEPEST:
        return "nested too deeply"
    if isinstance(value, Mapping):
        return {str(name): _finite(part, depth + 1) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part, depth + 1) for part in value]
    return value
