"""Subjects in processes of their own, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.core.model import Kata, KataSet
from harness.isolation.client import Connection
from harness.isolation.limits import MemoryLimit
from harness.isolation.quota import Quota
from harness.isolation.sandbox import MEMORY_MIB, start_server

KATA = Kata(
    id="A99",
    slug="a99_subject",
    set=KataSet.A,
    module="subject",
    title="A subject",
    minutes=5,
    topics=(),
    requires=(),
    imports=("numpy",),
    forbidden=(),
    helpers=(),
    stub_sha256="0",
    hang_limit_s=10.0,
    folder=Path("katas/a99_subject"),
)


def load(source: str, mode: str, shared: Path, *, memory_mib: float = MEMORY_MIB) -> Any:
    """A module that stands for a subject in a new process; its `connection` is to be closed."""
    process = start_server(mode, KATA.imports, shared=shared)
    connection = Connection(process, limits=[MemoryLimit(process.process.pid, memory_mib), Quota(shared)])
    module: Any = ModuleType("subject")
    module.__dict__["connection"] = connection
    try:
        connection.load(KATA, source, "subject.py")
    except BaseException:
        connection.close()
        raise
    module.__dict__["__getattr__"] = lambda name: connection.attribute(module, name)
    return module


@contextmanager
def loaded(source: str, mode: str, shared: Path, *, memory_mib: float = MEMORY_MIB) -> Iterator[Any]:
    """As `load`; closed at the end."""
    module = load(source, mode, shared, memory_mib=memory_mib)
    try:
        yield module
    finally:
        module.connection.close()
