"""A warm parent for suites that were not known when it was started: it is replaced when one imports more."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.runner.fork_client import ForkServer
from harness.runner.processes import preloaded


@dataclass(slots=True, eq=False)
class _Lent:
    fork_server: ForkServer
    modules: frozenset[str]
    users: int = 0


class ForkServerPool:
    """The fork server of a process that does many tasks, several at a time."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where it lives."""
        self._folder = folder
        self._lock = threading.Lock()
        self._current: _Lent | None = None
        self._is_closed = False

    @contextmanager
    def lend(self, suite: Path) -> Iterator[ForkServer | None]:
        """One that has imported what `suite` imports, among others; None where forking is not safe, and after the end."""
        with self._lock:
            lent = None if self._is_closed or sys.platform != "linux" else self._with(frozenset(preloaded([suite])))
            if lent is not None:
                lent.users += 1
        if lent is None:
            yield None
            return
        try:
            yield lent.fork_server
        finally:
            with self._lock:
                lent.users -= 1
                if lent is not self._current and not lent.users:
                    lent.fork_server.close()

    def close(self) -> None:
        """End it, now or with the last run that uses it."""
        with self._lock:
            self._is_closed = True
            self._replace(None)

    def _with(self, modules: frozenset[str]) -> _Lent:
        known = self._current
        if known is not None and known.fork_server.is_alive and modules <= known.modules:
            return known
        together = modules | (known.modules if known else frozenset())
        lent = _Lent(ForkServer(sorted(together), self._folder), together)
        self._replace(lent)
        return lent

    def _replace(self, lent: _Lent | None) -> None:
        old, self._current = self._current, lent
        if old is not None and not old.users:
            old.fork_server.close()
