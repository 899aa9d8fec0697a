"""Modules of `harness.suite` that run in the process of the subject."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness.isolation.client import TAMPERED, Connection
from harness.isolation.sandbox import PROCESS, start_server
from harness.isolation.shared_modules import SHARED_MODULES, shared_sources
from harness.suite.explain import SubjectGoneError

from remote_subjects import KATA

USE = "from harness.suite.concurrency import crowd\n"
STEPPING = "harness.suite.stepping"


@contextmanager
def connected(source: str, folder: Path) -> Iterator[Connection]:
    """A subject whose suite has crowds."""
    (folder / "test_subject.py").write_text(USE, encoding="utf-8")
    connection = Connection(start_server(PROCESS, KATA.imports, shared=folder))
    try:
        connection.load(replace(KATA, folder=folder), source, "subject.py")
        yield connection
    finally:
        connection.close()


def crowd(connection: Connection) -> object:
    return connection.ask("helper", STEPPING, "crowd", (("subject",), [(int,)], 2), {})


@pytest.mark.parametrize(
    "text",
    [
        "import harness.suite.threads\n",
        "from harness.suite import check, concurrency\n",
        "    from harness.suite.stepping import join_here\n",
    ],
)
def test_suites_and_helpers_that_import_them_have_them_sent(text: str, tmp_path: Path) -> None:
    kata = replace(KATA, folder=tmp_path)
    assert set(shared_sources(kata, [text])) == set(SHARED_MODULES)
    (tmp_path / "test_subject.py").write_text(text, encoding="utf-8")
    assert set(shared_sources(kata, [])) == set(SHARED_MODULES)


def test_other_suites_do_not(tmp_path: Path) -> None:
    (tmp_path / "test_subject.py").write_text("import threading\nfrom harness.suite import check\n", encoding="utf-8")
    assert shared_sources(replace(KATA, folder=tmp_path), ["import threads\n"]) == {}


def test_a_crowd_runs_where_the_subject_is(tmp_path: Path) -> None:
    with connected("def f():\n    pass\n", tmp_path) as connection:
        assert crowd(connection) == [[0], [0]]


def test_a_subject_that_puts_a_module_in_their_place_is_found_out(tmp_path: Path) -> None:
    source = (
        f"import sys, types\nfake = sys.modules['{STEPPING}'] = types.ModuleType('fake')\nfake.crowd = lambda *_: 0\n"
    )
    with connected(source, tmp_path) as connection:
        with pytest.raises(SubjectGoneError):
            crowd(connection)
        assert connection.violation == TAMPERED


def test_a_subject_that_replaces_a_part_of_them_is_found_out(tmp_path: Path) -> None:
    source = f"import sys\nsys.modules['{STEPPING}'].crowd = lambda *_: [[0], [0]]\n"
    with connected(source, tmp_path) as connection:
        with pytest.raises(SubjectGoneError):
            crowd(connection)
        assert connection.violation == TAMPERED
