"""Run suites in child processes: one pytest a kata, in parallel over the cores, with the speed bands one at a time.

Whatever a child does (dies, hangs, forges, writes nothing), the outcome is a `KataReport`. pytest is reached by name and never
imported here, so that a scoreboard with nothing to run answers at once.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import filelock

from harness.core.errors import InterruptedRunError, KataError
from harness.core.model import Kata, KataReport, ProblemKind
from harness.core.report import dump
from harness.core.state import write_atomically
from harness.runner.example_recording import ExampleRecordings
from harness.runner.fork_client import Process
from harness.runner.job import Event, Job, Listener, cached_report, digest, without_a_run
from harness.runner.outcome import Child, conclude, end, run_limit_s
from harness.runner.processes import open_fork_server, replay_options, start_pytest, start_recording
from harness.runner.suite_servers import SuiteServers
from harness.subject.mistakes import split_choice
from harness.subject.resolve import LEARNER, resolve

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
        with turn(state, listener):
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
def turn(state: Path, listener: Listener) -> Iterator[None]:
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
    places: dict[Job, list[int]] = {}
    for i, job, _ in todo:
        places.setdefault(job, []).append(i)
    digests = {job: job_digest for _, job, job_digest in todo}
    waiting = deque(sorted(places, key=lambda job: job.gated))
    katas = {job.kata for job in places} if len(places) > 1 else ()
    crew = Crew(state, katas, workers=workers, planned=places, listener=listener)
    crew.is_alone = len(places) == 1
    try:
        while waiting or crew.busy:
            while waiting and crew.room:
                crew.submit(waiting.popleft())
            job, report = crew.wait()
            report = replace(report, digest=digests[job])
            reports |= dict.fromkeys(places[job], report)
            killed = report.problem is not None and report.problem.kind is ProblemKind.KILLED
            if job.store and not killed:  # whatever killed it was not the subject's doing alone: try again next time
                write_atomically(state / job.store, dump(report))
            keep(job, report)
            listener(Event("finished", job))
    except KeyboardInterrupt:
        left = sum(i not in reports for i, *_ in todo)
        raise InterruptedRunError(
            f"interrupted; {len(todo) - left} of {len(todo)} runs were finished, and are kept",
            hint="run the same command again to go on",
        ) from None
    finally:
        crew.close()


class Crew:
    """The children of this machine. As many work at once as there are workers.

    Those with a gate wait at it until nobody works any more, and are then let through one after the other.
    """

    is_alone = False
    """Whether the one job there is need not wait at its gate."""

    def __init__(
        self,
        state: Path,
        katas: Iterable[Kata] = (),
        *,
        workers: int,
        planned: Collection[Job] = (),
        listener: Listener = lambda _: None,
    ) -> None:
        """Children are forked from a parent that has imported what the suites of `katas` import, where that is safe.

        `planned` are jobs that will be submitted: those that share a suite are forked from a session that has collected it.
        """
        self._listener = listener
        self._workers = workers
        self._scratch = Path(tempfile.mkdtemp(prefix="run-", dir=state))
        self._fork_server = open_fork_server([kata.suite for kata in katas], _shared_subjects(planned))
        self._suite_servers = SuiteServers(self._fork_server, self._folder, planned) if self._fork_server else None
        self._pool = ThreadPoolExecutor(max_workers=workers)
        self._numbers = itertools.count()
        self._recordings = ExampleRecordings(self._scratch, self._record)
        self._children: set[Child] = set()
        self._ready: queue.SimpleQueue[tuple[Child, bytes] | BaseException] = queue.SimpleQueue()
        self._gated: deque[tuple[Child, bytes]] = deque()
        self._at_work = 0
        """Jobs that were submitted, and neither stand at their gate nor came back."""
        self._is_measuring = False
        self._stopped = threading.Event()

    @property
    def room(self) -> int:
        """How many more jobs it would like to have."""
        if self._is_measuring:
            return 0
        room = self._workers + 1 - self._at_work
        return max(0, min(room, BATCH - self.busy) if self._gated else room)

    @property
    def busy(self) -> int:
        """How many jobs did not come back yet."""
        return self._at_work + len(self._gated)

    def submit(self, job: Job) -> None:
        """Have `job` run as soon as there is a worker."""
        self._at_work += 1
        self._pool.submit(self._run, job)

    def wait(self) -> tuple[Job, KataReport]:
        """The next job that has ended, with its report."""
        while True:
            if self._gated and not self._at_work:
                return self._measure()
            ended = self._ready.get()
            if isinstance(ended, BaseException):
                raise ended
            self._at_work -= 1
            if not ended[0].at_gate:
                return self._finish(*ended)
            self._gated.append(ended)

    def close(self) -> None:
        """End whoever is still there."""
        self._stopped.set()
        for child in list(self._children):
            if child.process.poll() is None:
                child.end()
        self._pool.shutdown(cancel_futures=True)
        for process in self._recordings.processes():  # not before: until now a worker could start one more
            if process.poll() is None:
                end(process)
        if self._suite_servers is not None:
            self._suite_servers.close()
        if self._fork_server is not None:
            self._fork_server.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _measure(self) -> tuple[Job, KataReport]:
        """Let one child through its gate, while nobody else works."""
        child, source = self._gated.popleft()
        self._is_measuring = bool(self._gated)
        child.open_gate()
        child.wait(self._listener)
        return self._finish(child, source)

    def _run(self, job: Job) -> None:
        try:
            self._ready.put(self._start_and_wait(job))
        except BaseException as error:  # it is the caller's, who waits for it
            self._ready.put(error)

    def _start_and_wait(self, job: Job) -> tuple[Child, bytes]:
        file = resolve(job.kata, job.choice).file
        source = file.read_bytes()
        child = self._child(job, file, may_be_served=True)
        self._wait(child)
        if child.is_lost:  # what has killed the suite server need not be this run
            self._discard(child)
            child = self._child(job, file, may_be_served=False)
            self._wait(child)
        return child, source

    def _child(self, job: Job, file: Path, *, may_be_served: bool) -> Child:
        """The run of `job` against the subject in `file`, started; by a suite server if there is one for it."""
        folder = self._folder()
        gated = job.gated and not self.is_alone
        process: Process | None = None
        if may_be_served and self._suite_servers is not None:
            process = self._suite_servers.start(job, file, folder, gated=gated)
        is_served = process is not None
        if process is None:
            options = replay_options(self._recordings.find(job))
            process = start_pytest(job, folder, self._fork_server, gated=gated, options=options)
        deadline = time.monotonic() + run_limit_s(job.kata)
        return Child(job, folder, process, deadline=deadline, subject=file.name, is_served=is_served)

    def _wait(self, child: Child) -> None:
        self._children.add(child)
        if self._stopped.is_set():
            child.end()
        self._listener(Event("started", child.job))
        child.wait(self._listener)

    def _discard(self, child: Child) -> None:
        shutil.rmtree(child.folder, ignore_errors=True)
        self._children.remove(child)
        if child.is_served and self._suite_servers is not None:
            self._suite_servers.finished(child.job)

    def _folder(self) -> Path:
        folder = self._scratch / str(next(self._numbers))
        folder.mkdir()
        return folder

    def _record(self, job: Job, cache: Path) -> Process:
        return start_recording(job, cache, self._folder(), self._fork_server)

    def _finish(self, child: Child, source: bytes) -> tuple[Job, KataReport]:
        report = conclude(child)
        _put_back(child.job, source)
        self._discard(child)
        return child.job, report


def _shared_subjects(jobs: Collection[Job]) -> set[Path]:
    """The files of subjects that others are made of: mistakes import what their base does."""
    files = set()
    for job in jobs if len(jobs) > 1 else ():
        if split_choice(job.choice) is None:
            with contextlib.suppress(KataError):
                files.add(resolve(job.kata, job.choice).file)
    return files


def _put_back(job: Job, source: bytes) -> None:
    """A module that deletes its own file must not cost anybody their work."""
    file = job.kata.stub if job.choice == LEARNER else None
    if file is not None and not file.exists():
        write_atomically(file, source)
