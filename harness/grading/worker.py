"""What runs on the workers of a cluster: blobs come in, a checkout is laid out, a suite is run, its report goes back.

A worker needs this package and nothing else: no shared disk, no checkout. A task may run any number of times, anywhere.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import platform
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from distributed import Scheduler, SchedulerPlugin, Worker, WorkerPlugin, get_worker

from harness.catalog.load import load_kata
from harness.core.model import KataReport
from harness.core.report import dump
from harness.core.verdict import verdict_digest
from harness.grading.blobs import BlobStore, Manifest
from harness.grading.exclusive import MachineLock
from harness.grading.fork_servers import ForkServerPool
from harness.grading.leftovers import sweep_leftovers
from harness.isolation.sandbox import SANDBOX, sandbox_problem
from harness.runner.job import DEPENDENCIES, Job, without_a_run
from harness.runner.outcome import Child, conclude, run_limit_s
from harness.runner.processes import start_pytest

SUBMISSION = "submission"
"""The folder of a checkout on a worker that holds what is graded."""


@dataclass(frozen=True, slots=True)
class Task:
    """A job as it travels: files are named, and only new ones ride along."""

    run: str
    slug: str
    manifest: Manifest
    """All of the checkout, and the submission."""
    only: tuple[str, ...]
    profile: str
    seed: int | None
    player: str
    gated: bool
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    """Contents that no worker has yet, or that one said it lacked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker says to a task: a report, or why there is none."""

    report: bytes = b""
    missing: tuple[str, ...] = ()
    """Blobs that it does not have."""
    unfit: str = ""
    """Why nothing may run on this worker."""
    worker: str = ""


def host_name(run: str) -> str:
    """The name of a run's plugin on its workers."""
    return f"kata-{run}"


@functools.cache
def facts() -> dict[str, str]:
    """What must be the same on all machines, or their results would not be: by name, in words."""
    found = {
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "the harness": verdict_digest()[:12],
    }
    return found | {name: importlib.metadata.version(name) for name in (*DEPENDENCIES, "distributed")}


def misfit(wanted: Mapping[str, str], player: str = "none") -> str:
    """Why results of this machine would not be those of the one with these facts, in a sentence; empty when they are."""
    found = facts()
    for name, version in wanted.items():
        if found.get(name) != version:
            return f"{name} there is {found.get(name, 'missing')}, here it is {version}"
    problem = sandbox_problem() if player == SANDBOX else ""
    return f"there is no sandbox: {problem}" if problem else ""


class Host(WorkerPlugin):  # type: ignore[misc]
    """A worker's part in one run: where its blobs are, and whether it fits. Gone from the worker when the run is over."""

    def __init__(self, run: str, wanted: Mapping[str, str], player: str) -> None:
        self.name = host_name(run)
        self._wanted = dict(wanted)
        self._player = player

    def setup(self, worker: Worker) -> None:
        """Called on each worker, also on those that come later, before any task."""
        self.problem = misfit(self._wanted, self._player)
        self.folder = home(worker, self.name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.problem = f"it cannot work: {error}"
        sweep_leftovers()
        self.store = BlobStore(self.folder / "blobs")
        self._turns = MachineLock()
        self._fork_servers = ForkServerPool(self.folder)
        self._children: set[Child] = set()
        self._is_over = False

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002 (dask passes it)
        """End what still runs."""
        self._is_over = True
        for child in list(self._children):
            _end(child)
        self._fork_servers.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answer(self, task: Task) -> Reply:
        """Do a task, in a checkout made for it."""
        if self.problem:
            return Reply(unfit=self.problem)
        self.store.put(task.blobs.values())
        with tempfile.TemporaryDirectory(prefix="task-", dir=self.folder, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            missing = self.store.lay_out(task.manifest, folder)
            if missing:
                return Reply(missing=missing)
            return Reply(dump(self._run(_job(task, folder), folder)))

    def _run(self, job: Job, folder: Path) -> KataReport:
        known = without_a_run(job)
        if known is not None:
            return known
        with self._fork_servers.lend(job.kata.suite_file()) as fork_server, self._turns.together() as inside:
            child = Child(job, folder, start_pytest(job, folder, fork_server, gated=job.gated))
            child.deadline = time.monotonic() + run_limit_s(job.kata)
            self._children.add(child)
            try:
                self._follow(child)
                inside.close()
                if child.at_gate:
                    with self._turns.alone():
                        child.open_gate()
                        self._follow(child)
                return conclude(child)
            finally:
                _end(child)
                self._children.discard(child)
                sweep_leftovers()

    def _follow(self, child: Child) -> None:
        if self._is_over:
            _end(child)
        child.wait(lambda _: None)


class BlobDelivery(WorkerPlugin):  # type: ignore[misc]
    """Blobs on their way to every worker: dask hands a plugin to each once, and to each that comes later."""

    def __init__(self, run: str, number: int, blobs: Mapping[str, bytes]) -> None:
        self.name = f"{host_name(run)}-{number}"
        self._run = run
        self._blobs = dict(blobs)

    def setup(self, worker: Worker) -> None:
        """Unpack. A worker that cannot is found out when it cannot do its first task."""
        with contextlib.suppress(OSError):
            BlobStore(home(worker, host_name(self._run)) / "blobs").put(self._blobs.values())
        self._blobs.clear()


class RunCleanup(SchedulerPlugin):  # type: ignore[misc]
    """Takes from the workers what a run gave them once its client is gone, in peace or not."""

    def __init__(self, run: str) -> None:
        self.name = host_name(run)
        self._run = run

    def remove_client(self, scheduler: Scheduler, client: str) -> None:
        """Called when any client has left."""
        if client == self._run:
            scheduler.loop.add_callback(self._clear, scheduler)

    async def _clear(self, scheduler: Scheduler) -> None:
        own = [name for name in scheduler.worker_plugins if name.startswith(self.name)]
        for name in reversed(own):  # the host comes last: it removes what the others have unpacked
            await scheduler.unregister_worker_plugin(None, name)
        await scheduler.unregister_scheduler_plugin(self.name)


def home(worker: Worker, name: str) -> Path:
    """The folder of a run on a worker."""
    return Path(worker.local_directory) / name


def do_task(task: Task) -> Reply:
    """What dask is given to run."""
    worker = get_worker()
    host = worker.plugins.get(host_name(task.run))
    try:
        reply = host.answer(task) if isinstance(host, Host) else Reply(unfit="it does not know of this run")
    except OSError as error:  # its disk is full, or the like
        reply = Reply(unfit=f"it cannot work: {error}")
    return Reply(reply.report, reply.missing, reply.unfit, worker.address)


def _end(child: Child) -> None:
    if child.process.poll() is None:  # the number of one that has ended may belong to another process
        child.end()


def _job(task: Task, folder: Path) -> Job:
    kata = load_kata(folder / "katas" / task.slug)
    file = folder / SUBMISSION / kata.stub.name
    return Job(kata, str(file), task.only, task.profile, task.seed, task.player, task.gated)
