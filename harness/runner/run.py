"""Run suites in child processes, and keep their reports: what has not changed comes from the cache.

Whatever a child does (dies, hangs, forges, writes nothing), the outcome is a `KataReport`. pytest is reached by name and never
imported here, so that a scoreboard with nothing to run answers at once.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import filelock

from harness.core.errors import InterruptedRunError
from harness.core.model import KataReport, ProblemKind
from harness.core.report import dump
from harness.core.state import write_atomically
from harness.runner.job import Event, EventKind, Job, Listener, Prepared, cached_report, digest, prepare
from harness.runner.pool import Pool

Keep = Callable[[Job, KataReport], None]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A job that the cache could not answer."""

    place: int
    """Among all jobs."""
    prepared: Prepared
    digest: str


def run_jobs(
    jobs: Sequence[Job],
    *,
    state: Path,
    workers: int | None = None,
    fresh: bool = False,
    listener: Listener = lambda _: None,
    keep: Keep = lambda _, __: None,
) -> list[KataReport]:
    """Run `jobs` and return their reports in the same order, taking from the cache what has not changed.

    `keep` is given each report as soon as it is there. At most `workers` run side by side; the number of cores and one more
    when None, for some only wait.

    A second call from another process waits for the first to end, and then finds its results in the cache. Raises
    `InterruptedRunError` on Ctrl-C; reports that were finished by then are kept.
    """
    listener(Event(EventKind.PLANNED, text=str(len(jobs))))
    reports: dict[int, KataReport] = {}
    todo: list[_Entry] = []
    for i, job in enumerate(jobs):
        prepared = prepare(job)
        if isinstance(prepared, KataReport):
            cached: KataReport | None = prepared
        else:
            entry = _Entry(i, prepared, digest(job, prepared.source))
            cached = None if fresh else cached_report(job, entry.digest, state)
            if cached is None:
                todo.append(entry)
        if cached is not None:
            reports[i] = cached
            keep(job, cached)
            listener(Event(EventKind.CACHED, job))
    if todo:
        with turn(state, listener):
            if not fresh:
                todo = [entry for entry in todo if not _take_cached(entry, state, reports, listener)]
            _run_all(todo, state, workers or (os.cpu_count() or 1) + 1, listener, keep, reports)
    return [reports[i] for i in range(len(jobs))]


def _take_cached(entry: _Entry, state: Path, reports: dict[int, KataReport], listener: Listener) -> bool:
    """Look again after waiting: the run that was in our way may have done the work."""
    cached = cached_report(entry.prepared.job, entry.digest, state)
    if cached is not None:
        reports[entry.place] = cached
        listener(Event(EventKind.CACHED, entry.prepared.job))
    return cached is not None


@contextlib.contextmanager
def turn(state: Path, listener: Listener) -> Iterator[None]:
    """One run at a time in a checkout: two would disturb each other's figures."""
    lock = filelock.FileLock(state / "run.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        listener(Event(EventKind.WAITING, text="another run is under way in this checkout; waiting for it to end"))
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _run_all(
    todo: Sequence[_Entry],
    state: Path,
    workers: int,
    listener: Listener,
    keep: Keep,
    reports: dict[int, KataReport],
) -> None:
    """Run the jobs that the cache could not answer; fills `reports`."""
    places: dict[Job, list[int]] = {}
    for entry in todo:
        places.setdefault(entry.prepared.job, []).append(entry.place)
    entries = {entry.prepared.job: entry for entry in todo}
    waiting = deque(sorted(entries.values(), key=lambda entry: entry.prepared.job.gated))
    pool = Pool(
        state,
        {job.kata for job in entries} if len(entries) > 1 else (),
        workers=workers,
        planned=[entry.prepared for entry in waiting],
        listener=listener,
    )
    try:
        while waiting or pool.busy:
            while waiting and pool.room:
                pool.submit_prepared(waiting.popleft().prepared)
            job, report = pool.wait()
            report = replace(report, digest=entries[job].digest)
            reports |= dict.fromkeys(places[job], report)
            killed = report.problem is not None and report.problem.kind is ProblemKind.KILLED
            if job.store and not killed:  # what has killed it need not be the subject: try again next time
                write_atomically(state / job.store, dump(report))
            keep(job, report)
            listener(Event(EventKind.FINISHED, job))
    except KeyboardInterrupt:
        left = sum(entry.place not in reports for entry in todo)
        raise InterruptedRunError(
            f"interrupted; {len(todo) - left} of {len(todo)} runs were finished, and are kept",
            hint="run the same command again to go on",
        ) from None
    finally:
        pool.close()
