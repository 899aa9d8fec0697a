"""Subjects in processes of their own, as a suite's imports and batched calls see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType
from typing import Any

from harness.isolation.remote import ask_each
from harness.isolation.sessions import Players
from harness.subject.program import Program
from harness.subject.resolve import Subject


class RemoteHost:
    """A `harness.subject.host.SubjectHost` that runs each subject in a player."""

    def __init__(self, players: Players) -> None:
        self._players = players

    def load(self, subject: Subject, module: ModuleType, read: Callable[[], Program]) -> None:
        """Start a player with the subject; names of `module` are looked up there."""
        program = read()
        names = self._players.load(subject.kata, program.text, str(subject.file))
        module.__dict__["__getattr__"] = partial(names, module)

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of a helper module in the player of its kata."""
        __tracebackhide__ = True
        return self._players.helper(function, args, kwargs)

    def call_each(self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """All calls as one question, when the function is the subject's."""
        __tracebackhide__ = True
        return ask_each(function, arguments)
