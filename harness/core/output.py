"""Where a command's answer goes: a terminal as it is, or a file that is ours to write."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.core.errors import KataError, StateError
from harness.core.state import write_atomically


def check_output(output: Path | None, suffixes: Sequence[str]) -> None:
    """Refuse to write over a file that cannot be an earlier output, which would have one of these suffixes."""
    if output is None:
        return
    if output.is_dir():
        raise KataError(f"{output} is a folder, expected the name of a file to write")
    if output.exists() and output.suffix.lower() not in suffixes:
        wanted = " or ".join(suffixes)
        raise KataError(f"{output} exists, and is no {wanted} file: it will not be overwritten")


def write_output(output: Path, text: str) -> None:
    """Write a file that `check_output` has allowed, as a whole or not at all."""
    try:
        write_atomically(output, text.encode("utf-8"))
    except OSError as error:
        raise StateError(f"cannot write {output}: {error.strerror}") from error


def put(text: str) -> None:
    """Text on stdout as it is; what the terminal's encoding lacks becomes a question mark, never an error."""
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def width() -> int:
    """Columns of the terminal."""
    return shutil.get_terminal_size((100, 24)).columns


def has_color() -> bool:
    """Whether somebody looks at a terminal and has not asked for plain text."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def has_blocks() -> bool:
    """Whether the encoding of stdout has the characters that bars and tables are drawn with."""
    try:
        "█░▒▓·─".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
