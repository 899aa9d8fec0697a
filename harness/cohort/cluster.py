"""Grading on many machines, by way of `dask.distributed`: jobs go out as tasks, reports come back as they are made.

Whatever ends while it is away is sent again, so a lost worker costs what it was doing. A task that its worker does not
survive is tried once more with nothing beside it; then it alone is to blame, and gets a report that says so. When the
scheduler is lost there is nobody to ask, and the run ends with a sentence; what has come back by then is the caller's.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import queue
import re
import secrets
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.cohort.blobs import Manifest, pack
from harness.errors import KataError
from harness.jobs import Job, empty_report, without_a_run
from harness.model import Kata, KataReport, Problem, ProblemKind
from harness.report import parse
from harness.subject import resolve

if TYPE_CHECKING:
    from distributed import Client, Future

    from harness.cohort.site import Reply, Task

CONNECT_S = 10.0
"""How long a scheduler may take to answer."""
PATIENCE_S = 120.0
"""How long there may be no worker at all; queues of clusters take their time."""
_IN_FLIGHT = 4
"""Tasks on their way for each thread of a worker, so that none waits for the client."""
_POLL_S = 1.0
_CENSUS_S = 5.0
_MENDINGS = 3
"""How often a task is sent again for what its worker lacked."""

Work = Callable[["Task"], "Reply"]


class ClusterError(KataError):
    """A cluster that cannot be used, or is gone."""


@dataclass(slots=True)
class _Flight:
    """A task that is on its way."""

    job: Job
    task: Task
    mended: int = 0
    is_alone: bool = False
    """Whether it is tried with nothing beside it, because its worker died."""


class ClusterExecutor:
    """The workers of a cluster as an `Executor`. What it keeps does not grow with the number of jobs."""

    def __init__(self, client: Client, *, work: Work | None = None, patience_s: float = PATIENCE_S) -> None:
        """`work` stands for what is done on a worker, when it is to be measured what everything else costs.

        Raises `ClusterError` when no worker comes, or one does not fit.
        """
        from harness.cohort.site import Host, do_task, facts

        self._client = client
        self._work = work or do_task
        self._patience_s = patience_s
        self._run = secrets.token_hex(6)
        self._numbers = itertools.count()
        self._manifests: dict[Kata, Manifest] = {}
        self._contents: dict[str, bytes] = {}
        self._plugins: list[str] = []
        self._flights: dict[Any, _Flight] = {}
        self._futures: dict[Any, Future] = {}
        self._suspects: deque[_Flight] = deque()
        self._ready: deque[tuple[Job, KataReport]] = deque()
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._unfit: dict[str, str] = {}
        self._threads: Mapping[str, int] = {}
        self._counted = self._seen = 0.0
        self._wait_for_workers()
        self._refuse_the_unfit()
        self._install(Host(self._run, facts()))

    # --- the protocol

    @property
    def room(self) -> int:
        """How many more jobs it would like to have."""
        if self._suspects or any(flight.is_alone for flight in self._flights.values()):
            return 0
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
        with self._asking():
            self._send(_Flight(job, self._task(job)))

    def wait(self) -> tuple[Job, KataReport]:
        """The next job that has come back. Raises `ClusterError` when there is nobody left to do it."""
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
        """End what still runs on the workers, and take from them what they were given."""
        with contextlib.suppress(Exception):  # whoever is gone has nothing left to give back
            if self._client.status == "running":
                self._client.cancel(list(self._futures.values()), force=True)
                for name in reversed(self._plugins):
                    self._client.unregister_worker_plugin(name)
        cluster = self._client.cluster
        with contextlib.suppress(Exception):
            self._client.close(timeout=CONNECT_S)
        if cluster is not None:
            cluster.close(timeout=CONNECT_S)

    # --- out

    def _task(self, job: Job) -> Task:
        from harness.cohort.site import Task

        source = resolve(job.kata, job.choice).file.read_bytes()
        manifest = self._manifest(job.kata)
        return Task(self._run, job.kata.slug, manifest, source, job.only, job.profile, job.seed, job.player, job.gated)

    def _manifest(self, kata: Kata) -> Manifest:
        """The files of `kata`, which are on all workers when this returns."""
        if kata not in self._manifests:
            from harness.cohort.site import Parcel

            manifest, contents = pack(kata)
            new = {name: data for name, data in contents.items() if name not in self._contents}
            if new:
                self._install(Parcel(self._run, len(self._plugins), new))
            self._contents |= new
            self._manifests[kata] = manifest
        return self._manifests[kata]

    def _install(self, plugin: Any) -> None:
        self._plugins.append(plugin.name)
        self._client.register_plugin(plugin)

    def _send(self, flight: _Flight) -> None:
        where = [address for address in self.census() if address not in self._unfit] if self._unfit else None
        future = self._client.submit(
            self._work, flight.task, key=(f"kata-{self._run}", next(self._numbers)), pure=False, workers=where
        )
        self._flights[future.key] = flight
        self._futures[future.key] = future
        future.add_done_callback(self._ended.put)

    # --- and back

    def _land(self, future: Future) -> None:
        """Take in what has come back, and let go of it."""
        from distributed import KilledWorker

        flight = self._flights.get(future.key)
        if flight is None:
            return
        try:
            reply: Reply = future.result(timeout=CONNECT_S)
        except TimeoutError:  # its worker died with it, and it is made once more
            self._ended.put(future)
            self._look_after_workers()
            return
        except KilledWorker:
            self._forget(future)
            self._suspect(flight)
            return
        except Exception as error:
            if future.status == "cancelled":
                raise self._lost() from error
            raise ClusterError(
                f"a worker could not do {flight.job.kata.slug}: {type(error).__name__}: {error}",
                hint="mend the worker; the same command goes on",
            ) from error
        self._forget(future)
        self._take(flight, reply)

    def _forget(self, future: Future) -> None:
        del self._flights[future.key], self._futures[future.key]
        future.release()

    def _take(self, flight: _Flight, reply: Reply) -> None:
        if reply.report:
            (report,) = parse(reply.report, f"the report of {flight.job.kata.slug} from {reply.worker}")
            self._ready.append((flight.job, replace(report, subject=flight.job.choice)))
            return
        if reply.unfit:
            self._unfit[reply.worker] = reply.unfit
            if not set(self.census(fresh=True)) - set(self._unfit):
                raise _unfit(reply.worker, reply.unfit)
        else:
            flight.mended += 1
            if flight.mended > _MENDINGS:
                raise ClusterError(f"the worker {reply.worker} does not keep the files that it is sent")
            contents = {name: self._contents[name] for name in reply.missing}
            flight.task = replace(flight.task, blobs={**flight.task.blobs, **contents})
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
        workers = set(self.census(fresh=True))
        if workers and workers <= set(self._unfit):
            raise _unfit(*next(iter(self._unfit.items())))
        if not workers and time.monotonic() - self._seen > self._patience_s:
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

    def _refuse_the_unfit(self) -> None:
        """Raise `ClusterError` for the first worker whose results would not be those of this machine."""
        from harness.cohort.site import difference, facts

        here = facts()
        for worker, there in self._client.run(facts, on_error="return").items():
            problem = difference(here, there) if isinstance(there, dict) else f"it cannot load this harness: {there}"
            if problem:
                raise _unfit(worker, problem)

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
        except OSError as error:
            raise self._lost() from error


def _unfit(worker: str, problem: str) -> ClusterError:
    return ClusterError(
        f"the worker {worker} is unfit: {problem}",
        hint="install on every worker what is installed here, the same version",
    )


# --- opening one


def open_cluster(scheduler: str | None, cluster: str | None) -> ClusterExecutor:
    """The executor for `--scheduler tcp://host:8786` or `--cluster local:2`, of which one is to be given.

    Raises `ClusterError` when there is no such cluster, or none that can be used.
    """
    if (scheduler is None) == (cluster is None):
        raise ClusterError("give a scheduler's address or a cluster, and not both")
    client = _connect(scheduler) if scheduler is not None else local_cluster(_number(str(cluster)))
    try:
        return ClusterExecutor(client)
    except BaseException:
        own = client.cluster
        client.close()
        if own is not None:
            own.close()
        raise


def _connect(address: str) -> Client:
    match = re.fullmatch(r"(?:tcp|tls)://(?:\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):(\d{1,5})", address)
    if match is None or not 0 < int(match[1]) < 2**16:
        raise ClusterError(f"{address!r} is no scheduler's address", hint="expected one like tcp://host:8786")
    return _client(address, f"no scheduler answers at {address}")


def _number(text: str) -> int:
    match = re.fullmatch(r"local:(\d{1,3})", text)
    if match is None or not int(match[1]):
        raise ClusterError(f"{text!r} is no cluster", hint="expected local:2, or another number of worker processes")
    return int(match[1])


def local_cluster(workers: int) -> Client:
    """The client of a cluster on this machine, with so many worker processes that do one task at a time."""
    _require()
    import dask
    from distributed import LocalCluster

    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):
        own = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            security=True,  # its ports are open to everybody on this machine, also to what is graded
        )
    try:
        return _client(own, "the local cluster does not answer")
    except BaseException:
        own.close()
        raise


def _client(place: Any, complaint: str) -> Client:
    _require()
    from distributed import Client
    from distributed.versions import VersionMismatchWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VersionMismatchWarning)  # what has to fit is looked at afterwards
        try:
            return Client(place, timeout=CONNECT_S, set_as_default=False, name=f"kata-grade-{os.getpid()}")
        except Exception as error:  # what a server of another kind says can end in anything, also in lack of memory
            raise ClusterError(f"{complaint}: {error}", hint="is it running, and is the port right?") from error


def _require() -> None:
    try:
        import distributed  # noqa: F401 (asked for here, so that the sentence is ours)
    except ImportError:
        raise ClusterError(
            "grading on a cluster needs dask.distributed, which is not installed",
            hint="pip install 'ml-kata-dojo[cluster]', or -e '.[cluster]' in a checkout",
        ) from None
