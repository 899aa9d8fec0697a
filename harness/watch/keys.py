"""Keys as they are pressed, without Enter: from a terminal of Unix, or the console of Windows."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator

UP, DOWN, PAGE_UP, PAGE_DOWN, ESCAPE, ENTER = "up", "down", "page up", "page down", "escape", "enter"

_POLL_S = 0.05
_SEQUENCES = {
    "\x1b[A": UP,
    "\x1bOA": UP,
    "\x1b[B": DOWN,
    "\x1bOB": DOWN,
    "\x1b[5~": PAGE_UP,
    "\x1b[6~": PAGE_DOWN,
    "\r": ENTER,
    "\n": ENTER,
    "\x1b": ESCAPE,
}
_CONSOLE = {"H": UP, "P": DOWN, "I": PAGE_UP, "Q": PAGE_DOWN}
"""What follows the prefix of a special key on Windows."""

Press = Callable[[str], None]


def decode(text: str) -> Iterator[str]:
    """The keys in what a terminal sent at once; sequences that mean nothing here are left out."""
    while text:
        length = _sequence_length(text)
        sequence, text = text[:length], text[length:]
        key = _SEQUENCES.get(sequence, sequence)
        if key in _SEQUENCES.values() or (len(key) == 1 and key.isprintable()):
            yield key


def _sequence_length(text: str) -> int:
    """How many characters belong to the first key."""
    if text[0] != "\x1b" or len(text) == 1 or text[1] not in "[O":
        return 1
    if text[1] == "O":
        return min(3, len(text))
    for i, letter in enumerate(text[2:], 2):
        if "@" <= letter <= "~":
            return i + 1
    return len(text)


@contextlib.contextmanager
def keys(press: Press) -> Iterator[None]:
    """Call `press` for each key, from a thread, as long as the context lasts; the terminal is as before afterwards."""
    stopped = threading.Event()
    with _unbuffered():
        reader = threading.Thread(target=_read, args=(press, stopped), daemon=True)
        reader.start()
        try:
            yield
        finally:
            stopped.set()
            reader.join()


if sys.platform == "win32":
    import msvcrt

    @contextlib.contextmanager
    def _unbuffered() -> Iterator[None]:
        yield

    def _read(press: Press, stopped: threading.Event) -> None:
        while not stopped.wait(_POLL_S):
            while msvcrt.kbhit():
                letter = msvcrt.getwch()
                if letter in "\x00\xe0":
                    key = _CONSOLE.get(msvcrt.getwch())
                    if key:
                        press(key)
                else:
                    for key in decode(letter):
                        press(key)

else:
    import select
    import termios

    @contextlib.contextmanager
    def _unbuffered() -> Iterator[None]:
        """No waiting for Enter and no echo. Ctrl-C interrupts as ever.

        Ctrl-Z does nothing, because the screen would not be restored.
        """
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        changed = termios.tcgetattr(terminal)
        changed[3] &= ~(termios.ICANON | termios.ECHO)
        changed[6][termios.VSUSP] = b"\x00"
        termios.tcsetattr(terminal, termios.TCSADRAIN, changed)
        try:
            yield
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)

    def _read(press: Press, stopped: threading.Event) -> None:
        terminal = sys.stdin.fileno()
        while not stopped.is_set():
            if select.select([terminal], [], [], _POLL_S)[0]:
                data = os.read(terminal, 1024)
                if not data:  # the terminal is gone
                    return
                for key in decode(data.decode("utf-8", "replace")):
                    press(key)
