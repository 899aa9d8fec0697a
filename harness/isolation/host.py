"""Subjects in processes of their own, as a suite's imports and batched calls see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType
from typing import Any

from harness.isolation.remote import ask_each
from harness.isolation.sessions import SubjectProcesses
from harness.subject.program import Program
from harness.subject.resolve import Subject


class RemoteHost:
    """A `harness.subject.host.SubjectHost` that runs each subject in a server."""

    def __init__(self, servers: SubjectProcesses) -> None:
        self._servers = servers

    def load(self, subject: Subject, module: ModuleType, read: Callable[[], Program]) -> None:
        """Start a server with the subject; names of `module` are looked up there."""
        program = read()
        names = self._servers.load(subject.kata, program.text, str(subject.file))
        module.__dict__["__getattr__"] = partial(names, module)

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of a helper module in the server of its kata."""
        __tracebackhide__ = True
        return self._servers.helper(function, args, kwargs)

    def call_each(self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """All calls as one question, when the function is the subject's."""
        __tracebackhide__ = True
        return ask_each(function, arguments)
