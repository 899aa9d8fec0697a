"""One line of standard input within a time limit. Nothing waits but `select`: there is no thread to be left behind."""

from __future__ import annotations

import codecs
import contextlib
import math
import os
import sys
import time
from collections.abc import Callable, Iterator

from harness.practice.quiz_session import TimedLine

Wait = Callable[[int, float | None], bool]
"""Whether a file descriptor has something to read, or its end, within so many seconds; None waits for as long as it takes."""

_BACKSPACE, _END, _ERASE_LINE, _ESCAPE = "\x7f\b", "\x04", "\x15", "\x1b"


class LineReader:
    """Lines of a pipe or a file, read without a buffer that `select` would not see."""

    def __init__(self, descriptor: int, *, wait: Wait, now: Callable[[], float] = time.monotonic) -> None:
        self._descriptor = descriptor
        self._wait = wait
        self._now = now
        self._pending = b""

    def line(self, limit_s: float | None = None) -> TimedLine:
        """The next line, or what there is of it after `limit_s` seconds. Raises `EOFError` when there are no more."""
        end = None if limit_s is None else self._now() + limit_s
        while b"\n" not in self._pending:
            left_s = None if end is None else max(0.0, end - self._now())
            if not self._wait(self._descriptor, left_s):
                text, self._pending = self._pending, b""
                return TimedLine(_decoded(text), is_late=True)
            data = os.read(self._descriptor, 65536)
            if not data and not self._pending:
                raise EOFError
            self._pending += data or b"\n"
        line, _, self._pending = self._pending.partition(b"\n")
        return TimedLine(_decoded(line), is_late=False)


class KeyReader:
    """A line typed in a terminal, key by key, so that the remaining time can stand before it and what is late is kept."""

    def __init__(
        self,
        descriptor: int,
        draw: Callable[[str, int], None],
        *,
        wait: Wait,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`draw` is given what was typed so far and the whole seconds that are left."""
        self._descriptor = descriptor
        self._draw = draw
        self._wait = wait
        self._now = now

    def line(self, limit_s: float) -> TimedLine:
        """What was typed up to Enter, or in `limit_s` seconds. Raises `EOFError` at Ctrl-D on an empty line."""
        end = self._now() + limit_s
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = ""
        while True:
            left_s = end - self._now()
            self._draw(text, max(0, math.ceil(left_s)))
            if left_s <= 0:
                return TimedLine(text, is_late=True)
            if not self._wait(self._descriptor, left_s % 1 or 1.0):
                continue
            data = os.read(self._descriptor, 1)  # no more, or what is typed ahead would be lost to the next prompt
            for key in decoder.decode(data):
                if key in "\r\n":
                    return TimedLine(text, is_late=False)
                text = _edited(text, key)
            if not data or (data.decode("latin-1") == _END and not text):
                raise EOFError


def _edited(text: str, key: str) -> str:
    if key in _BACKSPACE:
        return text[:-1]
    if key == _ERASE_LINE:
        return ""
    return text + key if key.isprintable() else text


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace").rstrip("\r")


def line_measured(read: Callable[[], str], limit_s: float, now: Callable[[], float] = time.monotonic) -> TimedLine:
    """A line where nothing can wait for input with a limit (Windows): late when Enter came late."""
    begun = now()
    text = read()
    return TimedLine(text, is_late=now() - begun > limit_s)


def waiting_descriptor() -> int | None:
    """The file descriptor of standard input where `select` can wait for it, else None."""
    if sys.platform == "win32":
        return None
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):  # replaced by an object of Python
        return None


if sys.platform == "win32":

    def wait(descriptor: int, limit_s: float | None) -> bool:  # noqa: ARG001 (not called: there is no descriptor)
        """Nothing can be waited for."""
        return True

    @contextlib.contextmanager
    def unbuffered(descriptor: int) -> Iterator[None]:  # noqa: ARG001
        """Nothing to change."""
        yield

else:
    import select
    import termios

    def wait(descriptor: int, limit_s: float | None) -> bool:
        """Whether there is something to read, or the end, within `limit_s` seconds."""
        return bool(select.select([descriptor], [], [], limit_s)[0])

    @contextlib.contextmanager
    def unbuffered(descriptor: int) -> Iterator[None]:
        """No waiting for Enter and no echo. Ctrl-C interrupts as ever; Ctrl-Z does nothing."""
        before = termios.tcgetattr(descriptor)
        changed = termios.tcgetattr(descriptor)
        changed[3] &= ~(termios.ICANON | termios.ECHO)
        changed[6][termios.VSUSP] = b"\x00"
        termios.tcsetattr(descriptor, termios.TCSADRAIN, changed)
        try:
            yield
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
