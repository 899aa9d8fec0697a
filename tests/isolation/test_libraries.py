"""A server has the libraries that a kata allows, and what these need to be imported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.isolation.client import Connection
from harness.isolation.libraries import library_paths
from harness.isolation.sandbox import SANDBOX, sandbox_problem, start_server

from remote_subjects import KATA


def test_numpy_needs_nothing_else() -> None:
    assert {name.partition(".")[0] for name in library_paths(("numpy",))} == {"numpy"}


def test_a_library_comes_with_what_it_requires_and_its_shared_objects() -> None:
    found = library_paths(("numpy", "sklearn"))
    assert {"numpy", "sklearn", "scipy", "joblib", "threadpoolctl.py"} <= set(found)
    assert all(path.exists() for path in found.values())
    assert not {"pytest", "pandas", "matplotlib"} & set(found)  # those are extras, or nothing of it
    assert not [name for name in found if name.endswith(".dist-info")]


def test_what_is_not_installed_is_left_out() -> None:
    assert library_paths(("no_such_library",)) == {}


@pytest.mark.parametrize("name", ["numpy", "scipy"])
def test_a_library_is_found_by_its_import_name(name: str) -> None:
    assert library_paths((name,))[name].name == name


@pytest.mark.skipif(bool(sandbox_problem()), reason=sandbox_problem())
def test_scikit_learn_can_be_imported_in_a_sandbox_and_what_it_needs_not_by_the_subject(tmp_path: Path) -> None:
    source = (
        "import sklearn.preprocessing\ndef scaled():\n    return sklearn.preprocessing.scale([1.0, 3.0]).tolist()\n"
    )
    kata = replace(KATA, imports=("numpy", "sklearn"))
    for text, is_allowed in ((source, True), ("import scipy\n", False)):
        connection = Connection(start_server(SANDBOX, kata.imports, shared=tmp_path))
        subject: Any = ModuleType("subject")
        try:
            if is_allowed:
                connection.load(kata, text, "subject.py")
                assert connection.attribute(subject, "scaled")() == [-1.0, 1.0]
            else:
                with pytest.raises(ImportError, match="scipy may not be imported"):
                    connection.load(kata, text, "subject.py")
        finally:
            connection.close()
