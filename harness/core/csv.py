"""CSV that is safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

Value = str | float | None

_FORMULA = tuple("=+-@\t\r＝＋－＠")
"""How a cell begins that a spreadsheet takes for a formula; the last four are their wide forms, which some do too."""

_IDENTIFIER = re.compile(r"[\w.@+-]*")


class Identifier(str):
    """Text that a program looks up: it is written as it is, for `@00123451` and `'@00123451` are two people.

    What no identifier looks like, with signs that a formula needs, is a cell as any other.
    """

    __slots__ = ()


def cell(text: str) -> str:
    """`text` for a cell of a CSV file: a spreadsheet shows it, and never calculates it."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def write_csv(rows: Iterable[Sequence[Value]]) -> str:
    """Rows as CSV: texts are quoted and never formulas, numbers as short as they are, None an empty cell."""
    return "".join(csv_lines(rows))


def csv_lines(rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """The same, row by row, each with its line end."""
    for row in rows:
        out = StringIO()
        csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerow([_value(value) for value in row])
        yield out.getvalue()


def _value(value: Value) -> Value:
    if isinstance(value, Identifier) and _IDENTIFIER.fullmatch(value):
        return str(value)
    if isinstance(value, str):
        return cell(value)
    if value is None:
        return ""
    if not math.isfinite(value):
        return str(value)
    return int(value) if value == int(value) else value
