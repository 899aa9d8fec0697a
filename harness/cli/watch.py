"""`kata watch`: arguments and wiring."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from harness.catalog.load import find_kata
from harness.cli.practice import KATA_OR_CURRENT, here
from harness.core.errors import CatalogError, KataError

if TYPE_CHECKING:
    from harness.core.model import Catalog, Kata
    from harness.watch.loop import Watch
    from harness.watch.records import LearnerRecords
    from harness.watch.screen import Screen
    from harness.watch.view import View


class WatchBusyError(KataError):
    """A watch of this checkout runs already."""


@click.command(name="watch")
@KATA_OR_CURRENT
def watch_command(kata_id: str) -> None:
    r"""Run a kata's suite on every save.

    Without KATA it is the one whose clock runs, else the one you worked on last, else the next. What you see is the bands and
    the first failing test: what was asked, what came back, and which mistake gives that. Over a pipe it writes one block of
    lines a run, until it is interrupted.

    \b
    Keys:
      h  one hint more              n  next failing test
      a  run all, speed too         o  what the kata asks
      r  reveal the reference       k  next kata
      l  select a kata              c  start or stop the clock
      ?  help                       q  quit
    """
    place = here()
    named = find_kata(place.catalog, kata_id) if kata_id else None
    with _alone(place.state), _ended_by_signals():
        slug = _watch(place.root, place.state, place.catalog, named)
    if slug:
        click.echo("the harness has changed: starting again")
        _begin_again(slug)


def _watch(base: Path, state: Path, catalog: Catalog, named: Kata | None) -> str:
    """A session from beginning to end; the kata to go on with when the harness has changed, else empty."""
    from harness.history.store import History
    from harness.interview.storage import refuse_in_interview
    from harness.watch.file_changes import harness_fingerprint, watch_files
    from harness.watch.loop import Watch
    from harness.watch.records import LearnerRecords
    from harness.watch.warm_runs import WarmParent

    history = History(state)
    scratch = Path(tempfile.mkdtemp(prefix="watch-", dir=state))
    records = LearnerRecords(base, state, history, refuse_in_interview)
    warm: WarmParent | None = None
    harness = harness_fingerprint()
    try:
        kata = named or current_kata(catalog, records)
        warm = WarmParent(kata, scratch)
        with _screen() as screen:
            watch = Watch(kata, records, warm, screen, harness_changed=lambda: harness_fingerprint() != harness)
            if history.notice:
                watch.tell(history.notice)
            listening = watch_files(base, lambda in_harness: watch.saved(in_harness=in_harness))
            with _keys(watch), _resizing(watch), listening, contextlib.suppress(KeyboardInterrupt):
                watch.run()
        if screen.has_keys:
            click.echo(last_words(watch.view))
        return watch.view.kata.slug if watch.must_restart else ""
    finally:
        if warm is not None:
            warm.close()
        history.close()
        shutil.rmtree(scratch, ignore_errors=True)


def current_kata(catalog: Catalog, records: LearnerRecords) -> Kata:
    """Of the katas that do not pass yet the one whose clock runs, or whose file was changed last; else the next."""
    from harness.catalog.load import is_published_stub
    from harness.core.model import Status

    if not catalog.katas:
        raise CatalogError("there are no katas here", hint="`kata list` says what is wrong with folders")
    passed = {report.slug for report in records.reports() if report.status is Status.PASSED}
    todo = [kata for kata in catalog.katas if kata.slug not in passed]
    running = records.running()
    touched: list[tuple[bool, float, Kata]] = []
    for kata in todo:
        with contextlib.suppress(OSError):
            if kata.slug == running or not is_published_stub(kata, kata.stub.read_bytes()):
                touched.append((kata.slug == running, kata.stub.stat().st_mtime, kata))
    if touched:
        return max(touched, key=lambda of: of[:2])[2]
    try:
        return records.next_kata(None, time.time())[0]
    except KataError:
        return todo[0] if todo else catalog.katas[0]


def last_words(view: View) -> str:
    """One line for the terminal that comes back."""
    from harness.core.model import Outcome

    passed = sum(test.outcome is Outcome.PASSED for test in view.tests)
    how = view.verdict.value if view.verdict else "left"
    if view.verdict and view.tests:
        how += f", {passed} of {len(view.tests)} tests pass"
    running = "; the clock goes on, `kata stop` stops it" if view.clock and view.clock.is_running else ""
    return f"{view.kata.slug}: {how}{running}"


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One watch in a checkout: two would run everything twice, and write the same history."""
    import filelock

    lock = filelock.FileLock(state / "watch.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise WatchBusyError("another `kata watch` is open in this checkout", hint="quit it there with q") from None
    try:
        for left in state.glob("watch-*/"):  # by a session that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A closed terminal or a polite kill end the session as q does: the terminal is restored, no child is left."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            before[name] = signal.signal(getattr(signal, name), end)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


@contextlib.contextmanager
def _screen() -> Iterator[Screen]:
    """The terminal when there is one to draw and type on, else plain lines."""
    from rich.console import Console

    from harness.watch.screen import PlainScreen, TerminalScreen

    if sys.stdin.isatty() and sys.stdout.isatty():
        for name in ("COLUMNS", "LINES"):  # where they are exported, they stay what they are when the window is resized
            os.environ.pop(name, None)
    console = Console(highlight=False, emoji=False, markup=False, soft_wrap=False)
    if sys.stdin.isatty() and sys.stdout.isatty() and not console.is_dumb_terminal:
        with TerminalScreen(console) as screen:
            yield screen
    else:
        yield PlainScreen(console)


@contextlib.contextmanager
def _keys(watch: Watch) -> Iterator[None]:
    from harness.watch.keys import keys

    with keys(watch.press) if watch.has_keys else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def _resizing(watch: Watch) -> Iterator[None]:
    """Draw anew when the window has another size."""
    if not hasattr(signal, "SIGWINCH"):
        yield
        return
    before = signal.signal(signal.SIGWINCH, lambda *_: watch.resized())
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def _begin_again(slug: str) -> None:
    """Take the harness as it is now, in a new process."""
    command = [sys.executable, "-m", "harness.cli.main", "watch", slug]
    if sys.platform == "win32":
        import subprocess

        sys.exit(subprocess.call(command))
    os.execv(sys.executable, command)
