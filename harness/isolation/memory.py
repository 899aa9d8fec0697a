"""Peak memory of a call to a subject in another process: what the process has had, less what the way there takes.

Each measurement has a new process, so that nothing is there from earlier calls. Beside it, an echo imports what the
subject imports and is handed the same arguments at the same moments, without doing anything with them. Two figures are
taken, of two tasks with inputs of their own, and the larger one is the peak:

- the kernel's, of the first task: the most memory of its own that the process had in the call, counted from before the
  subject was imported. So what the subject has laid out or filled while it was imported, or when the suite made its objects,
  counts as well. The subject has no say in it: in a sandbox, `/proc` is read-only. `SLACK_MIB` is taken off for noise;
- the allocator's, of the second task: exact, but told by the server, which may lie.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

from harness.isolation.client import Connection
from harness.isolation.echo import Echo
from harness.suite.measure import Compare, Task, prepared
from harness.suite.memory import KernelMemory

SLACK_MIB = 2.0


class PeakMeter:
    """Measures one subject in a process of which nothing was asked yet; `echo` is as new."""

    def __init__(self, subject: Connection, echo: Echo) -> None:
        self._subject = subject
        self._echo = echo
        for connection in (subject, echo.connection):
            connection.ask("give_back", True)
        self._kernel = [KernelMemory(each.process.innermost()) for each in (subject, echo.connection)]

    def peak_mib(self, prepare: Callable[[], Task], compare: Compare) -> float:
        """MiB of a task's call at its worst moment, when both have imported what they should; `compare` holds the answers."""
        seen_mib = self._seen_mib(prepare, compare)
        return max(self._told_mib(prepared(prepare(), Task), compare), seen_mib - SLACK_MIB, 0.0)

    def _seen_mib(self, prepare: Callable[[], Task], compare: Compare) -> float:
        with self._subject.observed(self._echo.follow):
            task = prepared(prepare(), Task)
            for connection in (self._subject, self._echo.connection):
                connection.ask("give_back", False)
            for kernel in self._kernel:
                kernel.reset_peak()
            got = task.call()
        ours_mib, echos_mib = (kernel.growth_mib() for kernel in self._kernel)
        compare(got, task.want())
        return ours_mib - echos_mib

    def _told_mib(self, task: Task, compare: Compare) -> float:
        want = task.want()
        for connection in (self._subject, self._echo.connection):
            connection.ask("trace_memory")
        with self._subject.observed(partial(self._echo.follow, with_answer=False)):
            got = task.call()
        told, echos = (connection.ask("traced") for connection in (self._subject, self._echo.connection))
        compare(got, want)
        return worst_mib(told, [before for before, _ in echos])


def worst_mib(told: Any, echos: list[int]) -> float:
    """The most that a server told beyond what its echo had before the same operation; infinite when it tells no such thing."""
    is_list = type(told) is list and len(told) == len(echos)
    if not is_list or not all(type(pair) is tuple and [type(part) for part in pair] == [int, int] for pair in told):
        return float("inf")
    return max((peak - before for (_, peak), before in zip(told, echos, strict=True)), default=0) / 2**20


def imports_of(source: str) -> str:
    """The statements of a module that import something whenever the module is imported."""
    body = ast.parse(source).body
    return "\n".join(ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom))
