"""Peak memory of a subject in another process: what it had, and not what the way there takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.core.model import Kata, KataSet
from harness.isolation.memory import imports_of, worst_mib
from harness.isolation.sandbox import PROCESS, SANDBOX, sandbox_problem
from harness.isolation.sessions import SubjectProcess
from harness.suite.measure import Task

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
SOURCE = """
import numpy as np

class Model:
    def fit(self, X):
        self.X = X
        return self

    def ask(self, q):
        return float(sum((self.X - row).sum() for row in q))

def total(x):
    return float(x.sum())

def keep(x, kept=[]):
    kept.append(x)
    return float(x.sum())

def twice(x):
    return float(np.concatenate([x, x]).sum())
"""
Peak = Callable[[Callable[[Any], Callable[[], object]]], float]


@pytest.fixture(params=[PROCESS, SANDBOX])
def peak(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peak]:
    """Measures a call that is made for the subject's module."""
    if request.param == SANDBOX and sandbox_problem():
        pytest.skip(sandbox_problem())
    player = SubjectProcess(KATA, SOURCE, "subject.py", request.param, tmp_path)
    module: Any = ModuleType("subject")
    module.__dict__["__getattr__"] = lambda name: player.attribute(module, name)
    before = module.total
    connection = player.connection

    def measure(make: Callable[[Any], Callable[[], object]]) -> float:
        peak_mib = player.peak_memory_mib(lambda: Task(make(module), lambda: None), lambda _got, _want: None)
        assert player.connection is connection
        assert module.total is before or module.total(np.ones(3)) == 3.0
        return peak_mib

    yield measure
    player.close()


def test_arguments_and_their_way_are_not_counted(peak: Peak) -> None:
    x = np.ones(2**20)
    assert peak(lambda kata: lambda: kata.total(x + 1)) < 4.0  # of 8 MiB; the kernel counts other pages, too


def test_what_the_call_takes_is_counted(peak: Peak) -> None:
    x = np.ones(2**20)
    assert 12.0 < peak(lambda kata: lambda: kata.twice(x + 1)) < 20.0


def test_arguments_that_are_kept_are_counted(peak: Peak) -> None:
    x = np.ones(2**18)
    assert 12.0 < peak(lambda kata: lambda: [kata.keep(x + i) for i in range(8)]) < 24.0
    assert peak(lambda kata: lambda: [kata.total(x + i) for i in range(8)]) < 6.0


def test_objects_that_are_made_for_the_call_are_made_where_it_is_measured(peak: Peak) -> None:
    def make(kata: Any) -> Callable[[], object]:
        X, q = np.ones((40_000, 32)), np.ones((3, 32))
        model = kata.Model().fit(X)
        return lambda: model.ask(q)

    assert 9.0 < peak(make) < 25.0


def test_what_a_player_tells_is_taken_beside_its_echo() -> None:
    assert worst_mib([(5, 2**20), (7, 3 * 2**20)], [0, 2**20]) == 2.0
    assert worst_mib([], []) == 0.0
    for lie in (None, 0.0, [], [(1, 2), (3, "4")], [(1, 2), [3, 4]], [(1, 2), (3,)], "ab"):
        assert worst_mib(lie, [0, 0]) == float("inf")


def test_the_echo_imports_what_the_subject_does_whatever_happens() -> None:
    always = "from __future__ import annotations\nimport numpy as np\nfrom math import inf"
    source = f'"""Words."""\n{always}\nif False:\n    import scipy\nx = 1\n'
    assert imports_of(source) == always
