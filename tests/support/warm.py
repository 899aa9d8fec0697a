"""One fork server for all runs of a test session, in place of one for each command: it takes most of a small run's time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.runner.fork_client import ForkServer
from harness.runner.processes import preloaded


class SharedForkServer(ForkServer):
    """A fork server that outlives those who have opened it."""

    def close(self) -> None:
        """Leave it to the next one."""

    def end(self) -> None:
        """End it."""
        super().close()


class WarmRuns:
    """Stands for `open_fork_server`. What it opens has imported what all suites need, and not what one of them does."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._server: SharedForkServer | None = None

    def __call__(self, suites: Iterable[Path], subjects: Iterable[Path] = ()) -> ForkServer | None:
        del subjects
        if not list(suites):
            return None
        if self._server is None or not self._server.is_alive:
            self.end()
            self._server = SharedForkServer(preloaded(()), self._root)
        return self._server

    def end(self) -> None:
        """End what is still running."""
        if self._server is not None:
            self._server.end()
            self._server = None
