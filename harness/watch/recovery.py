"""Puts the learner's file back when a run has removed it."""

from __future__ import annotations

from harness.core.model import Kata
from harness.core.state import write_atomically


def put_back(kata: Kata, source: bytes | None) -> str:
    """Write `source`, what the file held when it was run, if the file is gone; returns what to say, empty when it is there."""
    if source is None or kata.stub.exists():
        return ""
    try:
        write_atomically(kata.stub, source)
    except OSError as error:
        return f"{kata.stub.name} vanished during the run, and cannot be written: {error.strerror}"
    return f"{kata.stub.name} vanished during the run: it is put back"
