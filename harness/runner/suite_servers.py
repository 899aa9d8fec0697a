"""Sessions that have collected a suite and fork a child for each subject, for runs of the same suite against many subjects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from harness.runner.fork_client import ForkedProcess, ForkServer, Process
from harness.runner.job import Job
from harness.runner.outcome import end
from harness.runner.processes import start_suite_server

MAX_IDLE = 4
"""Servers without a run that are kept: each has some memory of its own."""
_START_LIMIT_S = 120.0

_Key = tuple[Path, str]


def can_be_served(job: Job) -> bool:
    """Whether a run differs from others of its suite only in what a suite server is told."""
    return job.player == "none" and job.seed is None


def _key(job: Job) -> _Key:
    return job.suite_file, job.profile


@dataclass(slots=True, eq=False)
class _Server:
    left: int
    """Jobs that it was not asked for yet."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    process: ForkedProcess | None = None
    is_refused: bool = False
    """Whether the suite cannot be served."""
    running: int = 0


class SuiteServers:
    """The suite servers of a pool. May be used by several threads."""

    def __init__(self, fork_server: ForkServer, folder: Callable[[], Path], jobs: Iterable[Job]) -> None:
        """`folder` makes a new folder; `jobs` are all that will be asked for. A single job of its suite gets no server."""
        self._fork_server = fork_server
        self._folder = folder
        self._lock = threading.Lock()
        self._servers: dict[_Key, _Server] = {}
        for job in jobs:
            if can_be_served(job):
                self._servers.setdefault(_key(job), _Server(0)).left += 1
        self._servers = {key: server for key, server in self._servers.items() if server.left > 1}

    def start(self, job: Job, subject: Path, folder: Path, *, gated: bool) -> ForkedProcess | None:
        """Start the run of `job`, whose subject is in the file `subject`; None when it cannot be served."""
        server = self._servers.get(_key(job)) if can_be_served(job) else None
        if server is None:
            return None
        with self._lock:
            server.left -= 1
            server.running += 1
        with server.lock:
            process = self._process(server, job)
        if process is None:
            self.finished(job)
            return None
        request = {
            "subject": job.choice,
            "file": str(subject),
            "only": job.only,
            "folder": str(folder),
            "is_gated": gated,
        }
        return self._fork_server.ask(process, request)

    def _process(self, server: _Server, job: Job) -> ForkedProcess | None:
        """The session, started when there is none; None when it cannot be started."""
        if server.is_refused or (server.process is not None and server.process.poll() is None):
            return server.process
        process = start_suite_server(job, self._folder(), self._fork_server)
        if process.wait_until_ready(_START_LIMIT_S):
            server.process = process
        else:
            server.is_refused, server.process = True, None
            _end(process)
        return server.process

    def finished(self, job: Job) -> None:
        """Note that a run has ended; ends servers that are not needed any more."""
        server = self._servers.get(_key(job)) if can_be_served(job) else None
        if server is None:
            return
        with self._lock:
            server.running -= 1
            idle = [other for other in self._servers.values() if other.process is not None and not other.running]
            done = [other for other in idle if not other.left]
            done += [other for other in idle if other.left][:-MAX_IDLE]
            processes = [other.process for other in done]
            for other in done:
                other.process = None
        for process in processes:
            _end(process)

    def close(self) -> None:
        """End all."""
        for server in self._servers.values():
            _end(server.process)


def _end(process: Process | None) -> None:
    if process is not None and process.poll() is None:
        end(process)
