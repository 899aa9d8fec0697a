"""The servers of one pytest session: one for each kata, and more where a suite asks for a second process."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.core.model import Kata
from harness.core.temporary import OwnedFolder
from harness.isolation.client import Connection
from harness.isolation.cores import stay_together, take_core
from harness.isolation.echo import Echo
from harness.isolation.limits import Limit, MemoryLimit, TemporaryFilesLimit, ThreadLimit
from harness.isolation.memory import PeakMeter, imports_of
from harness.isolation.quota import Quota
from harness.isolation.remote import Remote
from harness.isolation.sandbox import (
    MEMORY_MIB,
    SANDBOX,
    THREADS,
    TMP_FILES,
    ServerProcess,
    require_sandbox,
    start_server,
)
from harness.isolation.shared_modules import SHARED_MODULES
from harness.isolation.timing import RemoteStopwatch, way_share
from harness.suite.measure import Compare, Task


class SubjectProcess:
    """One subject in one process, with what the fixtures of suites ask of it."""

    def __init__(
        self, kata: Kata, source: str, file: str, mode: str, shared: Path, process: ServerProcess | None = None
    ) -> None:
        """`process` is one that was started ahead, if there is one."""
        self._kata, self._source, self._file, self._mode, self._shared = kata, source, file, mode, shared
        self.connection = self._start(process=process)
        self._echo: Echo | None = None
        self._module: ModuleType | None = None

    def _start(self, hash_seed: int | None = None, process: ServerProcess | None = None) -> Connection:
        process = process or start_server(self._mode, self._kata.imports, shared=self._shared, hash_seed=hash_seed)
        connection = Connection(process, limits=self._limits(process))
        try:
            connection.load(self._kata, self._source, self._file)
        except BaseException:
            connection.close()
            raise
        return connection

    def _limits(self, process: ServerProcess) -> list[Limit]:
        pid = process.process.pid
        limits: list[Limit] = [MemoryLimit(pid, MEMORY_MIB), ThreadLimit(pid, THREADS), Quota(self._shared, pid)]
        return [*limits, TemporaryFilesLimit(process.innermost, TMP_FILES)] if self._mode == SANDBOX else limits

    def is_of(self, folder: Path) -> bool:
        """Whether its kata is in this folder."""
        return self._kata.folder.resolve() == folder

    def stopwatch(self, at_least: float = 1.0) -> RemoteStopwatch:
        """What times calls that go to the server, without what the way costs; `at_least` is a race's."""
        echo = self.echo()
        stay_together(*(connection.process.innermost() for connection in (self.connection, echo.connection)))
        return RemoteStopwatch(self.connection, echo, max_share=way_share(at_least))

    def echo(self) -> Echo:
        """A server without a subject, to measure the way with; started when it is first asked for."""
        if self._echo is None:
            self._echo = Echo(Connection(start_server(self._mode, self._kata.imports)))
        return self._echo

    def close(self) -> None:
        """End its processes."""
        self.connection.close()
        if self._echo is not None:
            self._echo.close()

    def peak_memory_mib(self, prepare: Callable[[], Task], compare: Compare) -> float:
        """MiB of a task's call at its worst moment, in a new process that takes the place of the usual one meanwhile."""
        usual = self.connection
        processes = [start_server(self._mode, self._kata.imports, shared=self._shared) for _ in range(2)]
        fresh, echo = Connection(processes[0], limits=self._limits(processes[0])), Echo(Connection(processes[1]))
        try:
            meter = PeakMeter(fresh, echo)
            fresh.load(self._kata, self._source, self._file)
            echo.connection.load(self._kata, imports_of(self._source), self._file)
            fresh.begin(usual.occasion)
            self._use(fresh)
            return meter.peak_mib(prepare, compare)
        finally:
            usual.modified |= fresh.modified
            usual.violation = usual.violation or fresh.violation
            self._use(usual)
            fresh.close()
            echo.close()

    def attribute(self, module: ModuleType, name: str) -> Any:
        """A name of the subject's module, for the module that stands for it here."""
        self._module = module
        return self.connection.attribute(module, name)

    def _use(self, connection: Connection) -> None:
        """Ask this connection from now on; the module that stands for the subject looks up everything anew."""
        self.connection = connection
        names = vars(self._module) if self._module is not None else {}
        for name in [name for name, value in names.items() if isinstance(value, Remote)]:
            del names[name]

    def in_another(self, module: str, function: str, args: Sequence[object], hash_seed: int) -> Any:
        """A helper's function in a server of its own, with `PYTHONHASHSEED` set."""
        other = self._start(hash_seed)
        try:
            return other.ask("helper", module, function, tuple(args), {})
        finally:
            self.connection.violation = self.connection.violation or other.violation
            other.close()


class SubjectProcesses:
    """Starts servers as suites are collected, and ends them."""

    def __init__(self, mode: str) -> None:
        """Raises `SandboxError` when `mode` is `sandbox` and there is none."""
        if mode == SANDBOX:
            require_sandbox()
        self._mode = mode
        self._core = take_core()
        self._servers: dict[str, SubjectProcess] = {}
        self._ahead: dict[str, ServerProcess] = {}
        self._current = ""
        """The kata of the running test; before the first one, the one that was loaded last."""
        self._folder = OwnedFolder("kata-shared-")
        self.shared = self._folder.path
        """Where suites put files for their subjects."""

    def prepare(self, kata: Kata) -> None:
        """Start the server of a kata ahead of need: it imports NumPy while pytest collects."""
        self._ahead[kata.slug] = start_server(self._mode, kata.imports, shared=self.shared)

    def load(self, kata: Kata, source: str, file: str) -> Callable[[ModuleType, str], object]:
        """Start a server with this subject; what looks up its names. Raises what the import of the subject raises."""
        server = SubjectProcess(kata, source, file, self._mode, self.shared, self._ahead.pop(kata.slug, None))
        self._servers[kata.slug] = server
        self._current = kata.slug
        if self._core is not None:  # not before: until now, there were two with something to do
            self._core.hold(server.connection.process.innermost())
        return server.attribute

    def helper(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of a helper module in the server of its kata, one that suites share in that of the running test."""
        if function.__module__ in SHARED_MODULES:
            server = self._servers[self._current]
        else:
            folder = Path(inspect.getfile(function)).resolve().parent
            server = next(server for server in self._servers.values() if server.is_of(folder))
        return server.connection.ask("helper", function.__module__, function.__name__, args, kwargs)

    def find(self, kata: Kata) -> SubjectProcess | None:
        """The server of a kata, None when its subject did not import."""
        return self._servers.get(kata.slug)

    def begin(self, kata: Kata, test: str) -> None:
        """A test begins: what earlier ones have handed over is watched no more."""
        self._current = kata.slug
        server = self.find(kata)
        if server is not None:
            server.connection.begin(test)

    def modified(self, kata: Kata) -> frozenset[str]:
        """The tests in which the subject modified an argument."""
        server = self.find(kata)
        return frozenset(server.connection.modified) if server is not None else frozenset()

    def violation(self, kata: Kata) -> str:
        """What the subject of a kata did against the protocol, as a predicate; empty when there was nothing of the kind."""
        server = self.find(kata)
        return server.connection.violation if server is not None else ""

    def end(self, kata: Kata) -> None:
        """End the server of a kata."""
        server = self.find(kata)
        if server is not None:
            server.close()

    def close(self) -> None:
        """End them all."""
        for server in self._servers.values():
            server.close()
        for process in self._ahead.values():
            process.kill()
        if self._core is not None:
            self._core.leave()
        self._folder.close()
