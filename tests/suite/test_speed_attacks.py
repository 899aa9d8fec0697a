"""No trick passes a speed test: neither in one process, nor with the subject in a sandbox."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harness.isolation.sandbox import sandbox_problem

from checkout import Checkout, Done

SPEED, MEMORY = (sorted((Path(__file__).parents[1] / "attacks" / kind).glob("*.py")) for kind in ("speed", "memory"))
MSE = """
import numpy as np
import pytest
import {module} as kata
from harness.suite import check
from harness.suite.speed import Contest, vary

def loop(y_true, y_pred):
    return sum((a - b) ** 2 for a, b in zip(y_true, y_pred)) / len(y_true)

@pytest.mark.example
def test_few_elements():
    check.close(kata.mse(np.array([1.0, 2.0]), np.array([1.0, 4.0])), 2.0, asked="mse of two elements")

@pytest.mark.speed
def test_is_vectorised(race):
    def prepare(rng):
        y_true, y_pred = rng.normal(size=(2, vary(rng, 30_000)))
        as_lists = y_true.tolist(), y_pred.tolist()
        return Contest(lambda: kata.mse(y_true, y_pred), lambda: loop(*as_lists))

    race(prepare, same=check.close, at_least=10, versus="the loop", asked="mse of 30 000 elements")
"""
NEAREST = """
import numpy as np
import pytest
import {module} as kata
from harness.suite import check
from harness.suite.speed import Task, vary

def right(points, queries):
    return [((points - query) ** 2).sum(axis=1).argmin() for query in queries]

@pytest.mark.example
def test_few_points():
    points, queries = np.array([[0.0, 1.0], [5.0, 5.0]]), np.array([[4.0, 4.0]])
    check.equal(kata.nearest(points, queries), [1], asked="nearest of one query among two points")

@pytest.mark.speed
def test_needs_no_block(memory):
    def prepare(rng):
        points, queries = rng.normal(size=(vary(rng, 4000), 8)), rng.normal(size=(vary(rng, 500), 8))
        return Task(lambda: kata.nearest(points, queries), lambda: right(points, queries))

    memory(prepare, same=check.equal, at_most_mib=6, asked="nearest of 500 queries among 4000 points")
"""
FAST = "def mse(y_true, y_pred):\n    error = y_true - y_pred\n    return float(error @ error / error.size)\n"
FRUGAL = (
    "import numpy as np\n\n"
    "def nearest(points, queries):\n"
    "    return np.array([((points - query) ** 2).sum(axis=1).argmin() for query in queries])\n"
)
ONLY_ISOLATED = {"block_filled_at_import", "resets_the_kernels_peak"}
"""In one process, memory has no owner, and everybody may write what the kernel remembers of it."""


@pytest.fixture(scope="module", params=["none", "sandbox"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run of all tricks, each as the subject of a kata of its own, and one of the honest; `request.param` is where they run.

    In one process, some tricks would disturb the honest.
    """
    if request.param == "sandbox" and sandbox_problem():
        pytest.skip(sandbox_problem())
    checkout = Checkout(tmp_path_factory.mktemp("tricks") / "checkout")
    sources = {path.stem: path.read_text(encoding="utf-8") for path in [*SPEED, *MEMORY]}
    for name, source in {**sources, "fast": FAST, "frugal": FRUGAL}.items():
        checkout.add(f"a97_{name}", source, suite=MSE if "def mse(" in source else NEAREST)
    options = ("--player", request.param, "--hypothesis-profile=grade")
    tricks, honest = (
        checkout.pytest(*(f"katas/a97_{name}" for name in names), *options) for names in (sources, ("fast", "frugal"))
    )
    return Done(tricks.code, f"{request.param}\n{tricks.out}\n{honest.out}", tricks.err + honest.err)


def bands(done: Done, name: str) -> str:
    (line,) = [line for line in done.out.splitlines() if line.startswith(f"a97_{name}  ")]
    return line.split("  ", 1)[1]


@pytest.mark.parametrize("path", [*SPEED, *MEMORY], ids=lambda path: path.stem)
def test_no_trick_passes_where_speed_is_measured(path: Path, done: Done) -> None:
    if done.out.startswith("none") and path.stem in ONLY_ISOLATED:
        pytest.skip("this is seen where the subject has a process of its own")
    assert bands(done, path.stem).startswith("example 1/1  speed 0/1"), done.text


@pytest.mark.parametrize("name", ["fast", "frugal"])
def test_honest_subjects_pass(name: str, done: Done) -> None:
    assert bands(done, name) == "example 1/1  speed 1/1  passed", done.text


@pytest.mark.parametrize("path", [*SPEED, *MEMORY], ids=lambda path: path.stem)
def test_every_attack_says_what_it_tries(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
