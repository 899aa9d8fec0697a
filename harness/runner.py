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
from concurrent.futures import ThreadPoolExecutor
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
    todo: list[tuple[int, Job, str]] = []
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
            _run_all(todo, state, workers or os.cpu_count() or 1, listener, keep, reports)
    return [reports[i] for i in range(len(jobs))]


def _take_cached(entry: tuple[int, Job, str], state: Path, reports: dict[int, KataReport], listener: Listener) -> bool:
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
    todo: list[tuple[int, Job, str]],
    state: Path,
    workers: int,
    listener: Listener,
    keep: Keep,
    reports: dict[int, KataReport],
) -> None:
    """Run the jobs that the cache could not answer; fills `reports`."""
    children: list[Child] = []
    stopped = threading.Event()
    scratch = Path(tempfile.mkdtemp(prefix="run-", dir=state))

    def start_and_wait(i: int, job: Job) -> Child:
        folder = scratch / str(i)
        folder.mkdir()
        process = start_pytest(job, folder, nest, gated=job.gated and len(todo) > 1)
        child = Child(job, folder, process, deadline=time.monotonic() + run_limit_s(job.kata))
        children.append(child)
        if stopped.is_set():
            child.end()
        listener(Event("started", job))
        child.wait(listener)
        return child

    def finish(i: int, job: Job, job_digest: str, child: Child, source: bytes) -> None:
        report = reports[i] = replace(conclude(child), digest=job_digest)
        _put_back(job, source)
        killed = report.problem is not None and report.problem.kind is ProblemKind.KILLED
        if job.store and not killed:  # whatever killed it was not the subject's doing alone: try again next time
            write_atomically(state / job.store, dump(report))
        keep(job, report)
        listener(Event("finished", job))

    nest = open_nest([job for _, job, _ in todo])
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        queue = iter(todo)
        while batch := list(islice(queue, BATCH)):
            sources = {i: resolve(job.kata, job.choice).file.read_bytes() for i, job, _ in batch}
            futures = [(entry, pool.submit(start_and_wait, entry[0], entry[1])) for entry in batch]
            waiting = []
            for (i, job, job_digest), future in futures:
                child = future.result()
                if child.at_gate:
                    waiting.append((i, job, job_digest, child))
                else:
                    finish(i, job, job_digest, child, sources[i])
            for i, job, job_digest, child in waiting:
                child.open_gate()
                child.wait(listener)
                finish(i, job, job_digest, child, sources[i])
    except KeyboardInterrupt:
        left = sum(i not in reports for i, *_ in todo)
        raise InterruptedRunError(
            f"interrupted; {len(todo) - left} of {len(todo)} runs were finished, and are kept",
            hint="run the same command again to go on",
        ) from None
    finally:
        stopped.set()
        for child in children:
            if child.process.poll() is None:
                child.end()
        pool.shutdown(cancel_futures=True)
        if nest is not None:
            nest.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _put_back(job: Job, source: bytes) -> None:
    """A module that deletes its own file must not cost anybody their work."""
    file = job.kata.stub if job.choice == LEARNER else None
    if file is not None and not file.exists():
        write_atomically(file, source)
