"""Child processes that run jobs, as many at once as there are workers, with the speed bands one at a time."""

from __future__ import annotations

import itertools
import queue
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.core.model import Kata, KataReport
from harness.core.state import write_atomically
from harness.core.temporary import OwnedFolder, sweep
from harness.runner.example_recording import ExampleRecordings
from harness.runner.fork_client import Process
from harness.runner.job import Event, EventKind, Job, Listener, Prepared
from harness.runner.outcome import Child, conclude, end, run_limit_s
from harness.runner.processes import open_fork_server, replay_options, start_pytest, start_recording
from harness.runner.suite_servers import SuiteServers
from harness.subject.mistakes import split_choice
from harness.subject.resolve import LEARNER, resolve

MAX_PREPARED = 8
"""Children alive at once when some wait for their speed band: these sleep, and cost only memory."""


class Pool:
    """The children of this machine. As many run at once as there are workers.

    Those that are gated stop before their speed band until no other runs, and then measure it one after the other.
    """

    def __init__(
        self,
        state: Path,
        katas: Iterable[Kata] = (),
        *,
        workers: int,
        planned: Sequence[Prepared] = (),
        listener: Listener = lambda _: None,
    ) -> None:
        """Children are forked from a parent that has imported what the suites of `katas` import, where that is safe.

        `planned` are jobs that will be submitted: those that share a suite are forked from a session that has collected it, and
        a single one waits for no other.
        """
        self._listener = listener
        self._workers = workers
        sweep("run-", state)
        self._owned = OwnedFolder("run-", state)
        self._scratch = self._owned.path
        self._fork_server = open_fork_server([kata.suite_file() for kata in katas], _bases(planned))
        self._suite_servers: SuiteServers | None = None
        if self._fork_server is not None:
            self._suite_servers = SuiteServers(self._fork_server, self._folder, [each.job for each in planned])
        self._is_alone = len(planned) == 1
        self._threads = ThreadPoolExecutor(max_workers=workers)
        self._numbers = itertools.count()
        self._recordings = ExampleRecordings(self._scratch, self._record)
        self._children: dict[Child, Prepared] = {}
        self._ready: queue.SimpleQueue[Child | BaseException] = queue.SimpleQueue()
        self._gated: deque[Child] = deque()
        self._running = 0
        """Jobs that were submitted, and neither wait for their speed band nor came back."""
        self._is_measuring = False
        self._stopped = threading.Event()

    @property
    def room(self) -> int:
        """How many more jobs it would like to have."""
        if self._is_measuring:
            return 0
        room = self._workers + 1 - self._running
        return max(0, min(room, MAX_PREPARED - self.busy) if self._gated else room)

    @property
    def busy(self) -> int:
        """How many jobs did not come back yet."""
        return self._running + len(self._gated)

    def submit(self, job: Job) -> None:
        """Have `job` run as soon as there is a worker. Raises `SubjectError` when there is no subject."""
        file = resolve(job.kata, job.choice).file
        self.submit_prepared(Prepared(job, file, file.read_bytes()))

    def submit_prepared(self, prepared: Prepared) -> None:
        """Have a job run as soon as there is a worker."""
        self._running += 1
        self._threads.submit(self._run, prepared)

    def wait(self) -> tuple[Job, KataReport]:
        """The next job that has ended, with its report."""
        while True:
            if self._gated and not self._running:
                return self._measure()
            ended = self._ready.get()
            if isinstance(ended, BaseException):
                raise ended
            self._running -= 1
            if not ended.at_gate:
                return self._finish(ended)
            self._gated.append(ended)

    def close(self) -> None:
        """End all that still run."""
        self._stopped.set()
        for child in list(self._children):
            if child.process.poll() is None:
                child.end()
        self._threads.shutdown(cancel_futures=True)
        for process in self._recordings.processes():  # not before: until now a worker could start one more
            if process.poll() is None:
                end(process)
        if self._suite_servers is not None:
            self._suite_servers.close()
        if self._fork_server is not None:
            self._fork_server.close()
        self._owned.close()

    def _measure(self) -> tuple[Job, KataReport]:
        """Let one child measure its speed, while no other runs."""
        child = self._gated.popleft()
        self._is_measuring = bool(self._gated)
        child.open_gate()
        child.wait(self._listener)
        return self._finish(child)

    def _run(self, prepared: Prepared) -> None:
        try:
            self._ready.put(self._start_and_wait(prepared))
        except BaseException as error:  # raised by `wait`, in the caller's thread
            self._ready.put(error)

    def _start_and_wait(self, prepared: Prepared) -> Child:
        child = self._child(prepared, may_be_served=True)
        self._wait(child)
        if child.is_lost:  # what has killed the suite server need not be this run
            self._discard(child)
            child = self._child(prepared, may_be_served=False)
            self._wait(child)
        return child

    def _child(self, prepared: Prepared, *, may_be_served: bool) -> Child:
        """The run of a job, started; by a suite server if there is one for it."""
        job, folder = prepared.job, self._folder()
        gated = job.gated and not self._is_alone
        process: Process | None = None
        if may_be_served and self._suite_servers is not None:
            process = self._suite_servers.start(job, prepared.file, folder, gated=gated)
        is_served = process is not None
        if process is None:
            options = replay_options(self._recordings.find(job))
            process = start_pytest(job, folder, self._fork_server, gated=gated, options=options)
        deadline = time.monotonic() + run_limit_s(job.kata)
        child = Child(job, folder, process, deadline=deadline, subject=prepared.file.name, is_served=is_served)
        self._children[child] = prepared
        return child

    def _wait(self, child: Child) -> None:
        if self._stopped.is_set():
            child.end()
        self._listener(Event(EventKind.STARTED, child.job))
        child.wait(self._listener)

    def _discard(self, child: Child) -> None:
        shutil.rmtree(child.folder, ignore_errors=True)
        del self._children[child]
        if child.is_served and self._suite_servers is not None:
            self._suite_servers.finished(child.job)

    def _folder(self) -> Path:
        folder = self._scratch / str(next(self._numbers))
        folder.mkdir()
        return folder

    def _record(self, job: Job, cache: Path) -> Process:
        return start_recording(job, cache, self._folder(), self._fork_server)

    def _finish(self, child: Child) -> tuple[Job, KataReport]:
        report = conclude(child)
        _put_back(self._children[child])
        self._discard(child)
        return child.job, report


def _bases(planned: Sequence[Prepared]) -> set[Path]:
    """The files of all subjects but mistakes, which import what their base does."""
    return {each.file for each in planned if split_choice(each.job.choice) is None}


def _put_back(prepared: Prepared) -> None:
    """Restore a learner's file that has deleted itself."""
    stub = prepared.job.kata.stub
    if prepared.job.choice == LEARNER and not stub.exists():
        write_atomically(stub, prepared.source)
