"""A subject that modifies the helper modules of its suite, which run in its process, is found out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness.isolation.client import TAMPERED, Connection
from harness.isolation.helper_guard import LOOK_EVERY_S
from harness.isolation.sandbox import PROCESS, start_server
from harness.suite.explain import SubjectGoneError

from remote_subjects import KATA

HELPER = """
import sys
import threading
from functools import lru_cache
import subject as kata
LIMIT = 3
class Walk:
    def steps(self):
        return [kata.f(i) for i in range(LIMIT)]
def walk():
    return Walk().steps()
@lru_cache
def cached(n):
    return kata.f(n)
"""
HONEST = """
import sys, threading
sys.setrecursionlimit(2000)
threading.excepthook = sys.excepthook = lambda *_: None
def f(x):
    return x + 1
"""
LATER = "import sys, threading\ndef f(x):\n    helper = sys.modules['helper']\n    {}\n    return x + 1\n"


@contextmanager
def connected(source: str, folder: Path) -> Iterator[Connection]:
    (folder / "helper.py").write_text(HELPER, encoding="utf-8")
    connection = Connection(start_server(PROCESS, KATA.imports, shared=folder))
    try:
        connection.load(replace(KATA, helpers=("helper",), folder=folder), source, "subject.py")
        yield connection
    finally:
        connection.close()


def walk_for_a_while(connection: Connection) -> None:
    for _ in range(3):
        connection.ask("helper", "helper", "walk", (), {})
        time.sleep(LOOK_EVERY_S)


def test_an_honest_subject_is_left_alone(tmp_path: Path) -> None:
    with connected(HONEST, tmp_path) as connection:
        for _ in range(2):
            assert connection.ask("helper", "helper", "walk", (), {}) == [1, 2, 3]
            assert connection.ask("helper", "helper", "cached", (4,), {}) == 5
        assert connection.violation == ""


@pytest.mark.parametrize(
    "source",
    [
        LATER.format("helper.walk = lambda: [1, 2, 3]"),
        "import sys, types\nfake = sys.modules['helper'] = types.ModuleType('helper')\nfake.walk = lambda: [1, 2, 3]\n",
        LATER.format("helper.LIMIT = 0"),
        LATER.format("helper.Walk = object"),
        LATER.format("helper.Walk.steps = lambda self: []"),
        LATER.format("helper.walk.__code__ = (lambda: []).__code__"),
        LATER.format("helper.cached.__wrapped__.__code__ = (lambda n: []).__code__"),
        "import sys\nsys.settrace = lambda trace: None\ndef f(x):\n    return x + 1\n",
        "import threading\nthreading.Thread.start = lambda self: None\ndef f(x):\n    return x + 1\n",
        "import builtins\nbuiltins.range = lambda n: ()\ndef f(x):\n    return x + 1\n",
    ],
)
def test_a_subject_that_replaces_a_part_of_a_helper_is_found_out(source: str, tmp_path: Path) -> None:
    with connected(source, tmp_path) as connection:
        with pytest.raises(SubjectGoneError, match="modified helper modules of the suite"):
            walk_for_a_while(connection)
        assert connection.violation == TAMPERED
