"""Commands that change the learner's file: put the empty stub back, or an attempt that was kept. What is there is kept first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.catalog.load import is_published_stub
from harness.catalog.published_stub import published_stub
from harness.core.errors import KataError, StateError
from harness.core.model import Kata, Status
from harness.history.attempt import attempt
from harness.history.snapshots import Snapshot, keep, replacement, snapshots
from harness.history.store import History
from harness.practice.status import known_report


class NoSnapshotError(KataError):
    """There is no attempt to bring back."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What was done to the learner's file."""

    kept: Snapshot | None
    """Where the code went that was there; None when it was the empty stub, or nothing."""
    restored: Snapshot | None = None
    """What was brought back; None after a reset."""
    is_changed: bool = True
    """The file was written."""


def reset(state: Path, kata: Kata, history: History, now: float, *, stub: Path | None = None) -> Replaced:
    """Put the published stub back, and begin another attempt; the interview clock begins anew with it.

    When the stub is there already, an attempt is begun only where the last one is over. Raises `StubLostError`, or `StateError`
    when something cannot be written: then all is as it was.
    """
    source = published_stub(state, kata, stub)
    present = _present(kata)
    if present is not None and is_published_stub(kata, present):
        if attempt(history, kata.slug).is_over:
            _note(history, "reset", kata, now, kept="")
        return Replaced(None, is_changed=False)
    kept = _keep_present(state, kata, present)
    with replacement(kata.stub, source):
        _note(history, "reset", kata, now, kept=kept.name if kept else "")
    return Replaced(kept)


def restore(state: Path, kata: Kata, history: History, now: float, *, number: int | None = None) -> Replaced:
    """Bring back attempt `number`, or the newest that differs from what is there.

    Raises `NoSnapshotError` when there is none, and `StateError` when something cannot be written: then all is as it was.
    """
    present = _present(kata)
    chosen = _choose(state, kata, present, number)
    source = chosen.read()
    if source == present:
        return Replaced(None, chosen, is_changed=False)
    kept = _keep_present(state, kata, present)
    with replacement(kata.stub, source):
        left = kept.name if kept is not None else ""
        _note(history, "restore", kata, now, kept=chosen.name, passed=chosen.has_passed, left=left)
    return Replaced(kept, chosen)


def _note(history: History, kind: str, kata: Kata, now: float, **data: object) -> None:
    with history.together():
        if kind == "reset":
            history.abandon(kata.slug, now)
        history.add(kind, kata.slug, now, **data)


def present_code(kata: Kata) -> bytes | None:
    """The learner's file, None when there is none or only the published stub. Raises `StateError`."""
    present = _present(kata)
    return None if present is None or is_published_stub(kata, present) else present


def _present(kata: Kata) -> bytes | None:
    """The learner's file, None when there is none."""
    try:
        return kata.stub.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(f"{kata.stub} cannot be read, so it is left alone: {error.strerror}") from error


def _keep_present(state: Path, kata: Kata, present: bytes | None) -> Snapshot | None:
    if present is None:
        return None
    report = known_report(kata, state)
    return keep(state, kata, present, has_passed=report is not None and report.status is Status.PASSED)


def _choose(state: Path, kata: Kata, present: bytes | None, number: int | None) -> Snapshot:
    there = snapshots(state, kata)
    if not there:
        raise NoSnapshotError(f"no attempt at {kata.slug} is kept", hint="`kata reset` and each pass keep one")
    if number is None:
        different = [kept for kept in there if kept.read() != present]
        return different[-1] if different else there[-1]
    for kept in reversed(there):
        if kept.number == number:
            return kept
    numbers = ", ".join(str(kept.number) for kept in there)
    raise NoSnapshotError(f"there is no attempt {number} at {kata.slug}", hint=f"those kept are {numbers}")
