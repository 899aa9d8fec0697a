"""Run suites in child processes: one pytest a kata, in parallel over the cores, with the speed bands one at a time.

Whatever a child does (dies, hangs, forges, writes nothing), the outcome is a `KataReport`. pytest is reached by name and never
imported here, so that a scoreboard with nothing to run answers at once.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from itertools import islice
from pathlib import Path

import filelock

from harness.children import Child, conclude, run_limit_s
from harness.errors import InterruptedRunError
from harness.jobs import Event, Job, Listener, cached_report, digest, without_a_run
from harness.model import KataReport, ProblemKind
from harness.processes import open_nest, start_pytest
from harness.report import dump
from harness.state import write_atomically
from harness.subject import LEARNER, resolve

Keep = Callable[[Job, KataReport], None]
Entry = tuple[int, Job, str]
"""A job with its place among all, and its digest."""

BATCH = 8
"""Children alive at once; those that wait for their speed band sleep, and cost only memory."""


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

    `keep` is given each report as soon as it is there.

    A second call from another process waits for the first to end, and then finds its results in the cache. Raises
    `InterruptedRunError` on Ctrl-C; reports that were finished by then are kept.
    """
    listener(Event("planned", text=str(len(jobs))))
    reports: dict[int, KataReport] = {}
    todo: list[Entry] = []
    for i, job in enumerate(jobs):
        known = without_a_run(job)
        job_digest = "" if known else digest(job)
        cached = known or (None if fresh else cached_report(job, job_digest, state))
        if cached is None:
            todo.append((i, job, job_digest))
        else:
            reports[i] = cached
            keep(job, cached)
            listener(Event("cached", job))
    if todo:
        with _turn(state, listener):
            if not fresh:
                todo = [entry for entry in todo if not _take_cached(entry, state, reports, listener)]
            _run_all(todo, state, workers or (os.cpu_count() or 1) + 1, listener, keep, reports)
    return [reports[i] for i in range(len(jobs))]


def _take_cached(entry: Entry, state: Path, reports: dict[int, KataReport], listener: Listener) -> bool:
    """Look again after waiting: the run that was in our way may have done the work."""
    i, job, job_digest = entry
    cached = cached_report(job, job_digest, state)
    if cached is not None:
        reports[i] = cached
        listener(Event("cached", job))
    return cached is not None


@contextlib.contextmanager
def _turn(state: Path, listener: Listener) -> Iterator[None]:
    """One run at a time in a checkout: two would disturb each other's figures."""
    lock = filelock.FileLock(state / "run.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        listener(Event("waiting", text="another run is under way in this checkout; waiting for it to end"))
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _run_all(
    todo: list[Entry], state: Path, workers: int, listener: Listener, keep: Keep, reports: dict[int, KataReport]
) -> None:
    """Run the jobs that the cache could not answer; fills `reports`."""
    crew = _Crew(todo, state, workers, listener, keep, reports)
    try:
        crew.stream([entry for entry in todo if not entry[1].gated])
        crew.batches([entry for entry in todo if entry[1].gated])
    except KeyboardInterrupt:
        left = sum(i not in reports for i, *_ in todo)
        raise InterruptedRunError(
            f"interrupted; {len(todo) - left} of {len(todo)} runs were finished, and are kept",
            hint="run the same command again to go on",
        ) from None
    finally:
        crew.close()


class _Crew:
    """The children of one call, and those who wait for them."""

    def __init__(
        self,
        todo: list[Entry],
        state: Path,
        workers: int,
        listener: Listener,
        keep: Keep,
        reports: dict[int, KataReport],
    ) -> None:
        self._state = state
        self._listener = listener
        self._keep = keep
        self._reports = reports
        self._is_alone = len(todo) == 1
        self._children: list[Child] = []
        self._stopped = threading.Event()
        self._scratch = Path(tempfile.mkdtemp(prefix="run-", dir=state))
        self._nest = open_nest([job for _, job, _ in todo])
        self._pool = ThreadPoolExecutor(max_workers=workers)

    def stream(self, entries: list[Entry]) -> None:
        """Run those without a gate: always as many at once as there are workers."""
        sources = _sources(entries)
        futures = {self._pool.submit(self._start_and_wait, i, job): (i, job, key) for i, job, key in entries}
        for future in as_completed(futures):
            entry = futures[future]
            self._finish(entry, future.result(), sources.pop(entry[0]))

    def batches(self, entries: list[Entry]) -> None:
        """Run those with a gate: some at a time, until all of them wait at it; then one after the other."""
        queue = iter(entries)
        while batch := list(islice(queue, BATCH)):
            sources = _sources(batch)
            futures = [(entry, self._pool.submit(self._start_and_wait, entry[0], entry[1])) for entry in batch]
            waiting = []
            for entry, future in futures:
                child = future.result()
                if child.at_gate:
                    waiting.append((entry, child))
                else:
                    self._finish(entry, child, sources[entry[0]])
            for entry, child in waiting:
                child.open_gate()
                child.wait(self._listener)
                self._finish(entry, child, sources[entry[0]])

    def close(self) -> None:
        """End whoever is still there."""
        self._stopped.set()
        for child in list(self._children):
            if child.process.poll() is None:
                child.end()
        self._pool.shutdown(cancel_futures=True)
        if self._nest is not None:
            self._nest.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _start_and_wait(self, i: int, job: Job) -> Child:
        folder = self._scratch / str(i)
        folder.mkdir()
        process = start_pytest(job, folder, self._nest, gated=job.gated and not self._is_alone)
        child = Child(job, folder, process, deadline=time.monotonic() + run_limit_s(job.kata))
        self._children.append(child)
        if self._stopped.is_set():
            child.end()
        self._listener(Event("started", job))
        child.wait(self._listener)
        return child

    def _finish(self, entry: Entry, child: Child, source: bytes) -> None:
        i, job, job_digest = entry
        report = self._reports[i] = replace(conclude(child), digest=job_digest)
        _put_back(job, source)
        killed = report.problem is not None and report.problem.kind is ProblemKind.KILLED
        if job.store and not killed:  # whatever killed it was not the subject's doing alone: try again next time
            write_atomically(self._state / job.store, dump(report))
        shutil.rmtree(child.folder, ignore_errors=True)
        self._children.remove(child)
        self._keep(job, report)
        self._listener(Event("finished", job))


def _sources(entries: list[Entry]) -> dict[int, bytes]:
    """The subjects as they are before they run, by place."""
    return {i: resolve(job.kata, job.choice).file.read_bytes() for i, job, _ in entries}


def _put_back(job: Job, source: bytes) -> None:
    """A module that deletes its own file must not cost anybody their work."""
    file = job.kata.stub if job.choice == LEARNER else None
    if file is not None and not file.exists():
        write_atomically(file, source)
