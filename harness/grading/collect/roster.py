"""Who is graded: a table of learners, or the folder or zip that their submissions are in.

A table is a CSV file with the columns name and source, and optionally ref, group, email, due, submitted; others are kept
as identifiers. Commas, semicolons and tabs are told apart by the header. Sources are relative to the table's folder.
"""

from __future__ import annotations

import contextlib
import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from harness.grading.collect.bulk import read_folder, read_zip
from harness.grading.late import DeadlineError, parse_time
from harness.grading.model import Learner
from harness.grading.slugs import make_slug
from harness.sources.entry import MOST_NAMES, RefusedError, RosterError, clean
from harness.sources.folder import open_plain
from harness.sources.git import is_url

MOST_TABLE = 16 * 2**20
"""Bytes of a roster."""

_NEEDED = ("name", "source")
_KNOWN = (*_NEEDED, "ref", "group", "email", "due", "submitted")
_DELIMITERS = ",;\t"
_ZIP = b"PK\x03\x04"
_HINT = "the first line names the columns: name,source and optionally ref,group,email"


def read_roster(path: Path) -> tuple[Learner, ...]:
    """The learners of a roster: a CSV file, a folder of learners' folders or zips, or a platform's bulk download.

    Raises `RosterError`, with the line where there is one, when it cannot be used as it is.
    """
    try:
        if path.is_dir():
            return read_folder(path)
        with open_plain(path.resolve()) as file:
            is_zip = file.read(len(_ZIP)) == _ZIP or path.suffix.lower() == ".zip"
            file.seek(0)
            if is_zip:
                return read_zip(path, file)
            data = file.read(MOST_TABLE + 1)
    except FileNotFoundError:
        raise RosterError(f"there is no roster {clean(str(path))}") from None
    except RefusedError as error:
        raise RosterError(f"{clean(str(path))} {error}") from None
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a loop of links
        reason = getattr(error, "strerror", None) or error
        raise RosterError(f"{clean(str(path))} cannot be read: {clean(str(reason))}") from None
    return _read_table(path, data)


def _read_table(path: Path, data: bytes) -> tuple[Learner, ...]:
    table = _Table(path, _decode(path, data))
    learners: list[Learner] = []
    lines: dict[str, int] = {}
    slugs: set[str] = set()
    for number, row in table.rows():
        name = clean(unicodedata.normalize("NFC", row["name"]))
        for column in _NEEDED:
            if not row[column]:
                raise table.error(f"the {column} is empty", number)
        if name in lines:
            raise table.error(f"{name!r} is there twice, first in line {lines[name]}", number)
        if len(lines) == MOST_NAMES:
            raise table.error(f"there are more than {MOST_NAMES:,} learners", number)
        lines[name] = number
        try:
            learners.append(_learner(path, name, row, slugs))
        except DeadlineError as error:
            raise table.error(error.sentence, number, hint=error.hint) from None
        slugs.add(learners[-1].slug)
    if not learners:
        raise RosterError(f"{clean(str(path))} names no learner", hint="a line for each: name,source")
    return tuple(learners)


def _learner(path: Path, name: str, row: Mapping[str, str], slugs: set[str]) -> Learner:
    others = {clean(column): clean(value) for column, value in row.items() if column not in _KNOWN and value}
    return Learner(
        name=name,
        slug=make_slug(name, slugs),
        source=_source(path.parent, row["source"]),
        ref=row.get("ref", ""),
        group=clean(row.get("group", "")),
        email=clean(row.get("email", "")),
        identifiers=others,
        due=parse_time(row["due"], "due") if row.get("due") else None,
        submitted=parse_time(row["submitted"], "submitted") if row.get("submitted") else None,
    )


def _source(folder: Path, text: str) -> str:
    """A URL as it is, a path relative to `folder`."""
    if is_url(text):
        return text
    path = Path(text)
    with contextlib.suppress(RuntimeError):  # a home that is not there
        path = path.expanduser()
    return str(folder.absolute() / path)


def _decode(path: Path, data: bytes) -> str:
    shown = clean(str(path))
    hint = "save it as CSV UTF-8"
    if len(data) > MOST_TABLE:
        raise RosterError(f"{shown} is over {MOST_TABLE // 2**20} MiB")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RosterError(f"{shown} is UTF-16 text, and not UTF-8", hint=hint, line=1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        raise RosterError(f"{shown}, line {number}: byte 0x{byte:02x} is not UTF-8", hint=hint, line=number) from None
    if "\0" in text:
        number = text.count("\n", 0, text.index("\0")) + 1
        raise RosterError(f"{shown}, line {number}: there is a NUL in it, so it is no CSV", hint=hint, line=number)
    return text


class _Table:
    """The rows of a CSV file by column, with the lines that they begin in."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._delimiter = ","
        self._columns: list[str] = []
        self._header_line = 0

    def error(self, sentence: str, number: int, *, hint: str = "") -> RosterError:
        """What is wrong in line `number`."""
        return RosterError(f"{clean(str(self._path))}, line {number}: {sentence}", hint=hint, line=number)

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Line and values of each row that is not blank. Raises `RosterError` for a row that does not fit."""
        self._read_header()
        for number, cells in self._records(self._delimiter):
            if number <= self._header_line:
                continue
            if any(cells[len(self._columns) :]):
                raise self.error(
                    f"there are {len(cells)} values, and {len(self._columns)} columns in the header",
                    number,
                    hint='a value with a comma in it has to stand in quotes: "a, b"',
                )
            pairs = zip_longest(self._columns, cells[: len(self._columns)], fillvalue="")
            yield number, {column: cell for column, cell in pairs if column}

    def _read_header(self) -> None:
        """Find the delimiter by which the first row has the columns that are needed."""
        for delimiter in _DELIMITERS:
            number, cells = next(self._records(delimiter), (1, []))
            columns = [cell.lower() if cell.lower() in _KNOWN else cell for cell in cells]
            if set(_NEEDED) <= set(columns):
                self._delimiter, self._columns, self._header_line = delimiter, columns, number
                break
            if delimiter == _DELIMITERS[0]:
                self._header_line, self._columns = number, columns
        missing = [column for column in _NEEDED if column not in self._columns]
        if missing:
            raise self.error(f"there is no column {' and no column '.join(missing)}", self._header_line, hint=_HINT)
        named = [column.lower() for column in self._columns if column]
        twice = next((column for column in named if named.count(column) > 1), "")
        if twice:
            raise self.error(f"the column {clean(twice)!r} is there twice", self._header_line)

    def _records(self, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=delimiter, strict=True)
        number = 1
        while True:
            number = reader.line_num + 1
            try:
                cells = [cell.strip() for cell in next(reader)]
            except StopIteration:
                return
            except csv.Error as error:
                raise self.error(f"this is no CSV: {error}", number) from None
            if any(cells):
                yield number, cells
