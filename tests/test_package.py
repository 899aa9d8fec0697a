"""The package: which package may import which, and that each module stays small enough to read."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from checkout import ROOT

HARNESS = ROOT / "harness"
LAYERS = """
core < catalog < sources < subject < suite < isolation < plugin, runner < scoreboard < history < practice
< watch, interview, stats, grading, edition, audit < cli < bench
"""
"""A package imports only from those before it; packages with a comma between them do not import each other."""
LEVELS = {
    name.strip(): level for level, names in enumerate(LAYERS.split("<")) for name in names.replace("\n", " ").split(",")
}

MODULES = sorted(HARNESS.rglob("*.py"))
MAX_LINES = 350
MAX_FUNCTION_LINES = 60


def package_of(path: Path) -> str:
    return path.relative_to(HARNESS).parts[0]


def imported(path: Path) -> set[str]:
    """Packages of the harness that a module imports, for type checkers alone or in functions included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "harness":
            parts = node.module.split(".")
            names |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("harness.")}
    return names


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent != HARNESS], ids=str)
def test_a_package_imports_only_from_layers_before_it(path: Path) -> None:
    own = package_of(path)
    wrong = {name for name in imported(path) if name != own and LEVELS[name] >= LEVELS[own]}
    assert not wrong, f"{path.relative_to(HARNESS)} imports {sorted(wrong)}"


def test_every_package_has_a_layer() -> None:
    assert {package_of(path) for path in MODULES if path.parent != HARNESS} == set(LEVELS)
    assert [path.name for path in MODULES if path.parent == HARNESS] == ["__init__.py"]


def test_the_root_of_the_package_is_empty() -> None:
    tree = ast.parse((HARNESS / "__init__.py").read_text(encoding="utf-8"))
    assert [type(node) for node in tree.body] == [ast.Expr]


def test_modules_and_functions_are_short() -> None:
    long = []
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MAX_LINES:
            long.append(f"{path.relative_to(HARNESS)} has {text.count(chr(10))} lines")
        long += [
            f"{path.relative_to(HARNESS)}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef)
            and node.end_lineno
            and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
        ]
    assert not long


def test_a_scoreboard_with_nothing_to_run_loads_neither_numpy_nor_pytest() -> None:
    code = (
        "import sys, harness.cli.main, harness.cli.scoreboard, harness.runner.run, harness.scoreboard.tally\n"
        "import harness.scoreboard.render.terminal, harness.practice.scoreboard, rich.table\n"
        "print(sorted({'numpy', 'pytest', 'hypothesis', 'scipy', 'sklearn', 'jinja2', 'fsrs'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_runner_reaches_pytest_by_name_only() -> None:
    for path in (HARNESS / "runner").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [name for node in tree.body if isinstance(node, ast.Import) for name in node.names]
        assert "pytest" not in {name.name for name in names}, path.name


def test_only_the_command_line_and_benchmarks_print() -> None:
    for path in MODULES:
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        printing = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
        assert not printing or package_of(path) in ("cli", "bench"), f"{path.name} prints in line {printing}"
