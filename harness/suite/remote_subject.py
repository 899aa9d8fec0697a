"""What the fixtures of a suite ask of the process that a subject runs in, when it is not this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import pytest

from harness.suite.measure import Compare, Stopwatch, Task


class RemoteSubject(Protocol):
    """The process that the subject runs in, when it is not this one; see `harness.isolation`."""

    def stopwatch(self, at_least: float = 1.0) -> Stopwatch:
        """What times calls that go there, without what the way costs; `at_least` is a race's."""

    def peak_memory_mib(self, prepare: Callable[[], Task], compare: Compare) -> float:
        """MiB that it had allocated at the worst moment of a task's call, see `harness.suite.memory`."""

    def in_another(self, module: str, function: str, args: Sequence[object], hash_seed: int) -> object:
        """The result of a helper's function in a new process with the same subject."""


REMOTE_SUBJECT = pytest.StashKey[RemoteSubject]()
"""On the kata's module in pytest's tree."""


def remote_subject_of(item: pytest.Item) -> RemoteSubject | None:
    """The process of the subject that a test asks, None when that is this process."""
    module = item.getparent(pytest.Module)
    return module.stash.get(REMOTE_SUBJECT, None) if module is not None else None
