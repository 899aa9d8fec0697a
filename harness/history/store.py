"""The interview clock, the passes it led to, and what else happened, in SQLite under the state folder. Nothing of it
leaves the machine.

Times are seconds since the epoch, given by the caller. A clock that is set back makes an interval count as nothing,
never as less.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from harness.core.errors import ClockError, StateError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS intervals (id INTEGER PRIMARY KEY, slug TEXT NOT NULL, begun REAL NOT NULL, ended REAL,
                                      pass_id INTEGER REFERENCES passes (id));
CREATE TABLE IF NOT EXISTS passes (id INTEGER PRIMARY KEY, slug TEXT NOT NULL, at REAL NOT NULL, spent_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, at REAL NOT NULL, slug TEXT NOT NULL, kind TEXT NOT NULL,
                                   data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS events_by_kata ON events (slug, kind);
"""
_PATIENCE_S = 10.0
"""How long another process may write before we give up."""
_NO_PASS = 0
"""In place of a pass, for intervals of attempts that led to none; real passes count from 1."""


@dataclass(frozen=True, slots=True)
class Running:
    """The clock that is running."""

    slug: str
    begun: float


@dataclass(frozen=True, slots=True)
class Interval:
    """One stretch of time on the interview clock."""

    id: int
    slug: str
    begun: float
    ended: float | None
    """None while it runs."""
    pass_id: int | None
    """The `ClockPass` that closed its attempt, 0 when the attempt led to none, None before it is closed."""


@dataclass(frozen=True, slots=True)
class ClockPass:
    """One pass while the interview clock ran."""

    id: int
    slug: str
    at: float
    spent_s: float
    """Seconds on the clock, over all intervals since the pass before."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    id: int
    at: float
    slug: str
    """The kata, or empty."""
    kind: str
    """`run`, `hint`, `reveal`, ..."""
    data: Mapping[str, Any]
    """What else there is to say, plain values by name."""


class History:
    """One learner's history in one checkout."""

    def __init__(self, state: Path) -> None:
        self.path = state / "history.sqlite3"
        self.notice = ""
        """What happened to a history that could not be read, empty when all is well."""
        try:
            self._database = self._open()
        except sqlite3.OperationalError as error:  # locked, full, not ours to open: nothing is wrong with what is in it
            raise StateError(f"the history {self.path} cannot be opened: {error}") from error
        except sqlite3.DatabaseError:
            self._database = self._begin_anew()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=_PATIENCE_S, isolation_level=None)
        try:
            database.executescript(_SCHEMA)
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _begin_anew(self) -> sqlite3.Connection:
        """Set aside what cannot be read, its journal too; of two who find it so, the second takes what the first began."""
        try:
            with filelock.FileLock(self.path.with_name("history.lock"), timeout=_PATIENCE_S):
                with contextlib.suppress(sqlite3.DatabaseError):
                    return self._open()
                aside = self.path.with_name(f"history-unreadable-{time.time_ns()}.sqlite3")
                self.path.replace(aside)
                for ending in ("-journal", "-wal", "-shm"):
                    with contextlib.suppress(FileNotFoundError):
                        self.path.with_name(self.path.name + ending).replace(aside.with_name(aside.name + ending))
                database = self._open()
        except (OSError, sqlite3.DatabaseError) as error:
            raise StateError(f"the history {self.path} can be neither read nor set aside: {error}") from error
        self.notice = f"the history could not be read; it is set aside as {aside.name}, and a new one is begun"
        return database

    def close(self) -> None:
        """Release the file."""
        self._database.close()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is read and written inside is one: all of it or nothing, and no other process comes between.

        Raises `StateError` when it cannot be written.
        """
        with self._write():
            yield

    @contextlib.contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, or a part of the one that is open."""
        if self._database.in_transaction:
            yield self._database
            return
        try:
            self._database.execute("BEGIN IMMEDIATE")
            yield self._database
            self._database.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise StateError(f"the history {self.path} cannot be written: {error}") from error
            raise

    def _read(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StateError(f"the history {self.path} cannot be read: {error}") from error

    def running(self) -> Running | None:
        """The clock that is running, None when none is."""
        rows = self._read("SELECT slug, begun FROM intervals WHERE ended IS NULL ORDER BY id DESC LIMIT 1")
        return Running(*rows[0]) if rows else None

    def start(self, slug: str, now: float) -> None:
        """Start the clock of `slug`. Raises `ClockError` when a clock is running already."""
        with self._write() as database:
            running = self.running()
            if running is not None:
                hint = "it goes on; `kata stop` stops it" if running.slug == slug else "`kata stop` stops it first"
                raise ClockError(f"the clock of {running.slug} is running already", hint=hint)
            database.execute("INSERT INTO intervals (slug, begun) VALUES (?, ?)", (slug, now))

    def stop(self, now: float) -> tuple[str, float]:
        """Stop the clock; returns its kata and the seconds spent on it so far. Raises `ClockError` when none is running."""
        running = self.running()
        if running is None:
            raise ClockError("no clock is running", hint="`kata start ID` starts one")
        with self._write() as database:
            database.execute("UPDATE intervals SET ended = ? WHERE ended IS NULL", (now,))
        return running.slug, self.spent_s(running.slug, now)

    def spent_s(self, slug: str, now: float) -> float:
        """Seconds on the clock of `slug` since its last pass."""
        rows = self._read(
            "SELECT begun, COALESCE(ended, ?) FROM intervals WHERE slug = ? AND pass_id IS NULL", (now, slug)
        )
        return float(sum(max(0.0, ended - begun) for begun, ended in rows))

    def record_pass(self, slug: str, now: float) -> float | None:
        """Close the attempt at `slug`, whose suite passed at `now`; returns its seconds.

        None, and nothing is closed, when no clock ran for it, or when it was started after that pass.
        """
        open_attempt = "SELECT MAX(begun) FROM intervals WHERE slug = ? AND pass_id IS NULL"
        ((begun,),) = self._read(open_attempt, (slug,))
        if begun is None or begun > now:
            return None
        spent_s = self.spent_s(slug, now)
        with self._write() as database:
            database.execute("UPDATE intervals SET ended = ? WHERE slug = ? AND ended IS NULL", (now, slug))
            cursor = database.execute("INSERT INTO passes (slug, at, spent_s) VALUES (?, ?, ?)", (slug, now, spent_s))
            database.execute(
                "UPDATE intervals SET pass_id = ? WHERE slug = ? AND pass_id IS NULL", (cursor.lastrowid, slug)
            )
        return spent_s

    def abandon(self, slug: str, now: float) -> float:
        """Stop the clock of `slug` and begin it anew, without a pass; returns the seconds that were on it."""
        with self._write() as database:
            spent_s = self.spent_s(slug, now)
            database.execute("UPDATE intervals SET ended = ? WHERE slug = ? AND ended IS NULL", (now, slug))
            database.execute("UPDATE intervals SET pass_id = ? WHERE slug = ? AND pass_id IS NULL", (_NO_PASS, slug))
        return spent_s

    def add(self, kind: str, slug: str, now: float, **data: Any) -> int:
        """Note that something happened; returns its number. Raises `StateError` when it cannot be written."""
        row = (now, slug, kind, json.dumps(data, sort_keys=True))
        with self._write() as database:
            return int(
                database.execute("INSERT INTO events (at, slug, kind, data) VALUES (?, ?, ?, ?)", row).lastrowid or 0
            )

    def entries(self, *kinds: str, slug: str = "") -> list[Entry]:
        """What happened, oldest first: of these kinds (all when none is given), of one kata when `slug` is given."""
        rows = self._read("SELECT id, at, slug, kind, data FROM events ORDER BY id")
        return [
            Entry(number, _seconds(at), str(of), str(kind), _loads(data))
            for number, at, of, kind, data in rows
            if (not kinds or kind in kinds) and (not slug or of == slug)
        ]

    def intervals(self) -> list[Interval]:
        """All the time on the interview clock, in the order in which it was started."""
        rows = self._read("SELECT id, slug, begun, ended, pass_id FROM intervals ORDER BY id")
        return [
            Interval(number, str(slug), _seconds(begun), None if ended is None else _seconds(ended), pass_id)
            for number, slug, begun, ended, pass_id in rows
        ]

    def clock_passes(self) -> list[ClockPass]:
        """All passes while the interview clock ran, in the order in which they were noted."""
        rows = self._read("SELECT id, slug, at, spent_s FROM passes ORDER BY id")
        return [ClockPass(number, str(slug), _seconds(at), _seconds(spent)) for number, slug, at, spent in rows]

    def best_times_s(self) -> dict[str, float]:
        """The least seconds to a pass, by slug."""
        return dict(self._read("SELECT slug, MIN(spent_s) FROM passes GROUP BY slug"))


def _loads(data: object) -> Mapping[str, Any]:
    """What an entry says; what cannot be read, because it was edited by hand, is kept as `unreadable`."""
    try:
        loaded = json.loads(data) if isinstance(data, str) else data
    except (ValueError, RecursionError):
        loaded = data
    return loaded if isinstance(loaded, dict) else {"unreadable": str(loaded)}


def _seconds(value: object) -> float:
    """A time; a value that is not a time becomes the epoch."""
    return float(value) if isinstance(value, int | float) else 0.0
