"""Grading on many machines, by way of `dask.distributed`: jobs go out as tasks, reports come back as they are made.

A result that ends while it is away is sent again, so a lost worker costs what it was doing. A task that its worker does not
survive is tried once more with nothing beside it; then it alone is to blame, and gets a report that says so. When the
scheduler is lost the run ends with a sentence; what has come back by then is the caller's.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.core.errors import KataError
from harness.core.model import Kata, KataReport, Problem, ProblemKind
from harness.core.report import parse
from harness.grading.blobs import Manifest, blob_name, pack
from harness.runner.job import Job, empty_report, without_a_run
from harness.subject.resolve import resolve

if TYPE_CHECKING:
    from distributed import Client, Future

    from harness.grading.worker import Reply, Task

CONNECT_S = 10.0
"""How long a scheduler may take to answer."""
PATIENCE_S = 120.0
"""How long there may be no worker at all; queues of clusters take their time."""
_IN_FLIGHT = 4
"""Tasks on their way for each thread of a worker, so that none waits for the client."""
_POLL_S = 1.0
_CENSUS_S = 5.0
_MENDINGS = 5
"""How often a task is sent again for what its worker lacked."""
_REMEMBERED = 1000
"""Submissions of which it is known that they were sent before; one that is forgotten travels again."""

Work = Callable[["Task"], "Reply"]


class ClusterError(KataError):
    """A cluster that cannot be used, or is gone."""


@dataclass(slots=True)
class _Flight:
    """A task that is on its way."""

    job: Job
    task: Task
    source: bytes
    future: Future | None = None
    mended: int = 0
    is_alone: bool = False
    """Whether it is tried with nothing beside it, because its worker died."""


class ClusterExecutor:
    """The workers of a cluster as an `Executor`. What it keeps does not grow with the number of jobs."""

    def __init__(
        self,
        client: Client,
        *,
        player: str = "none",
        work: Work | None = None,
        patience_s: float = PATIENCE_S,
        left: Callable[[], None] = lambda: None,
    ) -> None:
        """`player` is what all jobs ask for: a worker that has none is found before anything is graded.

        `left` is called when it has been closed. `work` stands for what is done on a worker, when it is to be measured
        what everything else costs. Raises `ClusterError` when no worker comes, or a machine does not fit.
        """
        from harness.grading.worker import do_task

        self._client = client
        self._work = work or do_task
        self._patience_s = patience_s
        self._left = left
        self._run = str(client.id)
        self._numbers = itertools.count()
        self._manifests: dict[Kata, Manifest] = {}
        self._contents: dict[str, bytes] = {}
        self._parcels = 0
        self._sent: deque[str] = deque(maxlen=_REMEMBERED)
        self._flights: dict[Any, _Flight] = {}
        self._suspects: deque[_Flight] = deque()
        self._ready: deque[tuple[Job, KataReport]] = deque()
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._threads: Mapping[str, int] = {}
        self._counted = self._seen = 0.0
        with self._asking():
            self._wait_for_workers()
            self._move_in(player)

    # --- the protocol

    @property
    def room(self) -> int:
        """How many more jobs it would like to have."""
        if self._suspects or any(flight.is_alone for flight in self._flights.values()):
            return 0
        with self._asking():
            return max(0, _IN_FLIGHT * max(1, sum(self.census().values())) - self.busy)

    @property
    def busy(self) -> int:
        """How many jobs did not come back yet."""
        return len(self._flights) + len(self._suspects) + len(self._ready)

    def submit(self, job: Job) -> None:
        """Send `job` off. Its submission is read now."""
        known = without_a_run(job)
        if known is not None:
            self._ready.append((job, known))
            return
        source = resolve(job.kata, job.choice).file.read_bytes()
        with self._asking():
            self._send(self._flight(job, source))

    def wait(self) -> tuple[Job, KataReport]:
        """The next job that has come back. Raises `ClusterError` when no worker is left to do it."""
        while not self._ready:
            with self._asking():
                if self._suspects and not self._flights:
                    self._send(self._suspects.popleft())
                try:
                    self._land(self._ended.get(timeout=_POLL_S))
                except queue.Empty:
                    self._look_after_workers()
        return self._ready.popleft()

    def close(self) -> None:
        """Leave. The scheduler notices it, also after a crash, and `worker.RunCleanup` cleans up."""
        with contextlib.suppress(Exception):  # whoever is gone already need not be left
            self._client.close(timeout=CONNECT_S)
        self._left()

    # --- out

    def _flight(self, job: Job, source: bytes) -> _Flight:
        """A submission travels with the first of its tasks; for others it is named, as suites are."""
        from harness.grading.worker import SUBMISSION, Task

        name = blob_name(source)
        suite = self._manifest(job.kata)
        manifest = Manifest((*suite.files, (f"{SUBMISSION}/{job.kata.stub.name}", name)))
        blobs = {} if name in self._sent else {name: source}
        self._sent.append(name)
        task = Task(self._run, job.kata.slug, manifest, job.only, job.profile, job.seed, job.player, job.gated, blobs)
        return _Flight(job, task, source)

    def _manifest(self, kata: Kata) -> Manifest:
        """The files of `kata`, which are on all workers when this returns."""
        if kata not in self._manifests:
            from harness.grading.worker import BlobDelivery

            manifest, contents = pack(kata)
            new = {name: data for name, data in contents.items() if name not in self._contents}
            if new:
                self._parcels += 1
                self._give(BlobDelivery(self._run, self._parcels, new))
            self._contents |= new
            self._manifests[kata] = manifest
        return self._manifests[kata]

    def _give(self, plugin: Any) -> None:
        self._client.register_plugin(plugin)

    def _send(self, flight: _Flight) -> None:
        key = (f"kata-{self._run}", next(self._numbers))
        flight.future = self._client.submit(self._work, flight.task, key=key, pure=False)
        self._flights[key] = flight
        flight.future.add_done_callback(self._ended.put)

    # --- and back

    def _land(self, future: Future) -> None:
        """Take in what has come back, and let go of it."""
        from distributed import KilledWorker

        flight = self._flights.get(future.key)
        if flight is None:
            return
        try:
            reply: Reply = future.result(timeout=CONNECT_S)
        except KilledWorker:
            self._forget(future)
            self._suspect(flight)
            return
        except Exception as error:
            if isinstance(error, TimeoutError) and future.status != "error":  # its worker died with it
                self._ended.put(future)  # and it is made once more
                self._look_after_workers()
                return
            if future.status == "cancelled":
                raise self._lost() from error
            raise ClusterError(
                f"a worker could not do {flight.job.kata.slug}: {type(error).__name__}: {error}",
                hint="mend the worker; what was graded is kept, and the same command goes on",
            ) from error
        self._forget(future)
        self._take(flight, reply)

    def _forget(self, future: Future) -> None:
        del self._flights[future.key]
        future.release()

    def _take(self, flight: _Flight, reply: Reply) -> None:
        if reply.unfit:
            raise _unfit(reply.worker, reply.unfit)
        if reply.report:
            (report,) = parse(reply.report, f"the report of {flight.job.kata.slug} from {reply.worker}")
            self._ready.append((flight.job, replace(report, subject=flight.job.choice)))
            return
        flight.mended += 1
        if flight.mended > _MENDINGS:
            raise ClusterError(f"the worker {reply.worker} does not keep the files that it is sent")
        known = {**self._contents, blob_name(flight.source): flight.source}
        flight.task = replace(
            flight.task, blobs={name: known[name] for name in reply.missing} | dict(flight.task.blobs)
        )
        self._send(flight)

    def _suspect(self, flight: _Flight) -> None:
        """Its worker died, again and again; what ran beside it may have been to blame, and gets another chance."""
        if not flight.is_alone:
            flight.is_alone = True
            self._suspects.append(flight)
            return
        slug = flight.job.kata.slug
        problem = Problem(ProblemKind.DIED, f"{slug} ended each worker that it ran on, also with nothing beside it")
        self._ready.append((flight.job, empty_report(flight.job, problem)))

    # --- who is there

    def census(self, *, fresh: bool = False) -> Mapping[str, int]:
        """Workers and how many tasks each does at once, as of a moment ago."""
        if fresh or time.monotonic() - self._counted > _CENSUS_S:
            self._threads = self._client.nthreads()
            self._counted = time.monotonic()
            if self._threads:
                self._seen = self._counted
        return self._threads

    def _look_after_workers(self) -> None:
        if self._client.status != "running":
            raise self._lost()
        if not self.census(fresh=True) and time.monotonic() - self._seen > self._patience_s:
            raise ClusterError(
                f"all workers of {self._address} are gone, for {self._patience_s:.0f} s now",
                hint="what was graded is kept: start workers, and run the same command again",
            )

    def _wait_for_workers(self) -> None:
        with contextlib.suppress(TimeoutError):
            self._client.wait_for_workers(1, timeout=self._patience_s)
        if not self.census(fresh=True):
            raise ClusterError(
                f"no worker has come to {self._address} in {self._patience_s:.0f} s",
                hint=f"start some: dask worker {self._address} --local-directory /tmp",
            )

    def _move_in(self, player: str) -> None:
        """Prepare all machines. Raises `ClusterError` for the first whose results would not be those of this one.

        The scheduler is one of them: it unpacks the tasks that pass through it.
        """
        from harness.grading.worker import Host, RunCleanup, facts, misfit

        here = facts()
        try:
            found = {"": self._client.run_on_scheduler(misfit, here)}
        except OSError:
            raise
        except Exception as error:  # anything may keep it from loading this package
            found = {"": error}
        found |= self._client.run(misfit, here, player, on_error="return") if not found[""] else {}
        for machine, problem in found.items():
            if problem:
                raise _unfit(
                    machine, problem if isinstance(problem, str) else f"it cannot load this harness: {problem}"
                )
        self._give(RunCleanup(self._run))
        self._give(Host(self._run, here, player))

    @property
    def _address(self) -> str:
        return str(self._client.scheduler.address) if self._client.scheduler else "the scheduler"

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"the scheduler at {self._address} is gone",
            hint="what was graded is kept: start it again, and run the same command",
        )

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """A connection that breaks while something is asked of it is a scheduler that is gone."""
        try:
            yield
        except KataError:
            raise
        except Exception as error:
            if isinstance(error, OSError) or self._client.status != "running":
                raise self._lost() from error
            raise


def _unfit(machine: str, problem: str) -> ClusterError:
    return ClusterError(
        f"the {f'worker {machine}' if machine else 'scheduler'} is unfit: {problem}",
        hint="what is installed here must be there too, the same versions, and bubblewrap for the sandbox",
    )
