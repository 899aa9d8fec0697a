"""Lines within a time limit, with a clock that does not run by itself: nothing here waits."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from harness.cli.timed_input import KeyReader, LineReader, line_measured

LIMIT_S = 15.0


class Wire:
    """A pipe into which parts are written one by one, each after some seconds on a clock that only `wait` moves."""

    def __init__(self) -> None:
        self.reading, self._writing = os.pipe()
        self.clock_s = 0.0
        self._parts: list[tuple[float, bytes]] = []

    def sends(self, *parts: tuple[float, bytes]) -> None:
        """Parts with the moment at which each is there; an empty one ends the input."""
        self._parts += parts
        self._deliver()

    def wait(self, descriptor: int, limit_s: float | None) -> bool:
        """As `select` does, without waiting."""
        assert descriptor == self.reading
        end = float("inf") if limit_s is None else self.clock_s + limit_s
        if self._waiting:
            return True
        if self._parts and self._parts[0][0] <= end:
            self.clock_s = max(self.clock_s, self._parts[0][0])
            self._deliver()
            return True
        assert end != float("inf"), "this would wait for ever"
        self.clock_s = end
        return False

    def now(self) -> float:
        return self.clock_s

    _waiting = 0

    def _deliver(self) -> None:
        while self._parts and self._parts[0][0] <= self.clock_s:
            _, data = self._parts.pop(0)
            if data:
                os.write(self._writing, data)
                self._waiting += len(data)
            else:
                os.close(self._writing)
                self._writing = -1
                self._waiting += 1_000_000  # an end can be read again and again

    def read(self, data: bytes) -> bytes:
        self._waiting -= len(data)
        return data

    def close(self) -> None:
        os.close(self.reading)
        if self._writing >= 0:
            os.close(self._writing)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    wire = Wire()
    real = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: wire.read(real(descriptor, size)))
    yield wire
    monkeypatch.undo()
    wire.close()


def lines(wire: Wire) -> LineReader:
    return LineReader(wire.reading, wait=wire.wait, now=wire.now)


def test_lines_that_are_there_at_once_come_one_by_one(wire: Wire) -> None:
    reader = lines(wire)
    wire.sends((0.0, b"\nthree\r\nh\xc3\xa9 \xff"), (0.0, b""))
    assert [reader.line(LIMIT_S).text, reader.line().text, reader.line(LIMIT_S).text] == ["", "three", "hé �"]
    for limit_s in (None, LIMIT_S):
        with pytest.raises(EOFError):
            reader.line(limit_s)
    assert wire.clock_s == 0.0


def test_a_line_within_the_limit_is_in_time_and_one_after_it_is_the_next(wire: Wire) -> None:
    reader = lines(wire)
    wire.sends((14.0, b"in "), (14.5, b"time\n"), (40.0, b"late\n"))
    assert reader.line(LIMIT_S) == ("in time", False)
    assert reader.line(LIMIT_S) == ("", True)
    assert wire.clock_s == 29.5
    assert reader.line() == ("late", False)


def test_what_is_there_of_a_line_when_the_time_is_up_is_kept(wire: Wire) -> None:
    reader = lines(wire)
    wire.sends((3.0, b"half"), (20.0, b" of it\n"))
    assert reader.line(LIMIT_S) == ("half", True)
    assert reader.line() == (" of it", False)


def test_keys_are_drawn_with_the_seconds_that_are_left(wire: Wire) -> None:
    drawn: list[tuple[str, int]] = []
    reader = KeyReader(wire.reading, lambda text, left: drawn.append((text, left)), wait=wire.wait, now=wire.now)
    wire.sends((1.5, b"ab"), (2.5, b"\x7fc\x1b\xc3\xa9"), (3.2, b"\n"), (3.2, b"3\n"))
    assert reader.line(5.0) == ("acé", False)
    assert drawn[0] == ("", 5)
    assert [left for _, left in drawn] == sorted((left for _, left in drawn), reverse=True)
    assert os.read(wire.reading, 10) == b"3\n"  # what is typed ahead is for the next prompt


def test_keys_up_to_the_limit_are_the_answer(wire: Wire) -> None:
    drawn: list[tuple[str, int]] = []
    reader = KeyReader(wire.reading, lambda text, left: drawn.append((text, left)), wait=wire.wait, now=wire.now)
    wire.sends((1.0, b"gone\x15half"))
    assert reader.line(3.0) == ("half", True)
    assert drawn[-1] == ("half", 0)
    assert wire.clock_s == 3.0


def test_ctrl_d_ends_the_input_on_an_empty_line_only(wire: Wire) -> None:
    reader = KeyReader(wire.reading, lambda *_: None, wait=wire.wait, now=wire.now)
    wire.sends((0.0, b"a\x04b\n\x04"))
    assert reader.line(3.0) == ("ab", False)
    with pytest.raises(EOFError):
        reader.line(3.0)


def test_where_nothing_can_wait_the_time_is_measured() -> None:
    times = iter([0.0, 15.0, 0.0, 15.1])
    assert line_measured(lambda: "a", LIMIT_S, lambda: next(times)) == ("a", False)
    assert line_measured(lambda: "a", LIMIT_S, lambda: next(times)) == ("a", True)
