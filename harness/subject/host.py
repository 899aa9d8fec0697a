"""Where a subject runs: in this process, in another one, or nowhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType
from typing import Any, Protocol

from harness.subject.placeholder import placeholder
from harness.subject.policy import guarded_builtins
from harness.subject.program import Program
from harness.subject.resolve import Subject


class SubjectHost(Protocol):
    """Runs subjects. `harness.isolation.host` has one for other processes."""

    def load(self, subject: Subject, module: ModuleType, read: Callable[[], Program]) -> None:
        """Fill `module` with what the suite may use of the subject; `read` reads and checks its file.

        Raises `SubjectError` from `read`, and what running the subject raises.
        """

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a function of a helper module, called where the subject is. Raises what it raises."""

    def call_each(self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """`[function(*args) for args in arguments]`, for a function of the subject's. Raises what a call raises."""


class LocalHost:
    """Runs subjects in this process."""

    def load(self, subject: Subject, module: ModuleType, read: Callable[[], Program]) -> None:
        """Run the program in `module`, with imports held to what the kata allows."""
        program = read()
        module.__dict__["__builtins__"] = guarded_builtins(subject.kata, subject.file.name)
        exec(program.code, module.__dict__)

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An ordinary call."""
        __tracebackhide__ = True
        return function(*args, **kwargs)

    def call_each(self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Ordinary calls."""
        __tracebackhide__ = True
        return [function(*args) for args in arguments]


class PlaceholderHost(LocalHost):
    """Runs no subject: `module` has a placeholder under every name, and the subject's file is not even read."""

    def load(self, subject: Subject, module: ModuleType, read: Callable[[], Program]) -> None:  # noqa: ARG002
        """Have every name of `module` be a placeholder."""
        module.__dict__["__getattr__"] = partial(placeholder, module)
