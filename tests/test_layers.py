"""Floors of the package: a module imports only from floors below its own, and the runner never imports pytest."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from checkout import ROOT

FLOORS: dict[str, int] = {
    "errors": 0,
    "model": 0,
    "plain": 0,
    "catalog": 1,
    "mistakes": 1,
    "state": 1,
    "check": 1,
    "strategies": 1,
    "measure": 1,
    "report": 1,
    "tally": 1,
    "render": 1,
    "sheet": 1,
    "subject": 2,
    "deck": 2,
    "output": 2,
    "completion": 2,
    "beside": 3,
    "explain": 3,
    "jobs": 3,
    "history": 3,
    "referee": 4,
    "fixtures": 4,
    "teaching": 4,
    "elsewhere": 4,
    "processes": 4,
    "plugin": 5,
    "nest": 5,
    "children": 5,
    "decks": 5,
    "scaffold": 5,
    "runner": 6,
    "proofread": 6,
    "verdicts": 6,
    "audit": 7,
    "cohort": 7,
    "practice": 7,
    "cli_common": 7,
    "bench": 8,
    "cli": 8,
    "cli_authors": 8,
    "cli_board": 8,
}
"""Module -> floor. CONTRIBUTING.md draws the same picture.

`render`, `referee`, `cohort` and `practice` are packages whose modules may import each other."""

MODULES = sorted((ROOT / "harness").rglob("*.py"))


def floor_of(path: Path) -> int:
    name = path.relative_to(ROOT / "harness").parts[0].removesuffix(".py")
    return FLOORS[name]


def imported(path: Path) -> set[str]:
    """First names under `harness.` that a module imports, those for type checkers alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names = set()
    for node in ast.walk(tree):
        if id(node) in checked_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "harness":
            parts = node.module.split(".")
            names |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("harness.")}
    return names


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.name != "__init__.py" or path.parent.name == "render"], ids=str
)
def test_a_module_imports_only_from_floors_below(path: Path) -> None:
    own = path.relative_to(ROOT / "harness").parts[0].removesuffix(".py")
    above = {name for name in imported(path) if name != own and FLOORS[name] >= floor_of(path)}
    assert not above, f"{path.name} (floor {floor_of(path)}) imports {sorted(above)}"


def test_every_module_has_a_floor() -> None:
    names = {path.relative_to(ROOT / "harness").parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}
    assert names == set(FLOORS)


def test_the_root_of_the_package_is_empty() -> None:
    tree = ast.parse((ROOT / "harness" / "__init__.py").read_text(encoding="utf-8"))
    assert [type(node) for node in tree.body] == [ast.Expr]


def test_a_scoreboard_with_nothing_to_run_loads_neither_numpy_nor_pytest() -> None:
    code = (
        "import sys, harness.cli, harness.cli_board, harness.runner, harness.tally, harness.render.terminal, rich.table\n"
        "import harness.practice.remember\n"
        "print(sorted({'numpy', 'pytest', 'hypothesis', 'scipy', 'sklearn', 'jinja2', 'fsrs'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_only_the_command_line_prints() -> None:
    for path in MODULES:
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        printing = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
        assert not printing or path.name in ("cli.py", "bench.py"), f"{path.name} prints in line {printing}"
