"""Mutation operators change one place of a module's text, and leave alone what no suite can see."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harness.audit.edits import Operator
from harness.audit.mutants import is_declared, make_mutants, sample
from harness.subject.mistake_page import Equivalent

from checkout import ROOT

REFERENCES = sorted((ROOT / "solutions").glob("*/*.py"))


def changes(body: str, operator: Operator | None = None) -> list[str]:
    """The changed lines of all mutants of a function with this body, by one operator."""
    text = "import numpy as np\n\n\ndef f(x, y, rng, training=True):\n    total = 0\n" + "".join(
        f"    {line}\n" for line in body.splitlines()
    )
    mutants = [mutant for mutant in make_mutants(text) if mutant.line > 5]
    return [mutant.after for mutant in mutants if operator is None or mutant.operator is operator]


@pytest.mark.parametrize(
    ("operator", "line", "expected"),
    [
        (Operator.ARITHMETIC, "return x + y", ["return x - y"]),
        (Operator.ARITHMETIC, "return (x * (y)) @ x", ["return (x / (y)) @ x", "return (x * (y)) * x"]),
        (Operator.ARITHMETIC, "return -x // y", ["return x // y", "return -x / y"]),
        (Operator.ARITHMETIC, "total -= x", ["total += x"]),
        (Operator.COMPARISON, "return x < y", ["return x <= y", "return x >= y"]),
        (Operator.COMPARISON, "return x is not y", ["return x is y"]),
        (Operator.COMPARISON, "return x not  in y", ["return x in y"]),
        (
            Operator.COMPARISON,
            "return 0 <= x == y",
            ["return 0 < x == y", "return 0 > x == y", "return 0 <= x != y"],
        ),
        (Operator.BOOLEAN, "return x and y", ["return x or y"]),
        (Operator.BOOLEAN, "return not x", ["return x"]),
        (Operator.BOOLEAN, "return [a for a in x if a]", ["return [a for a in x if not a]"]),
        (Operator.BOOLEAN, "return x if y else None", ["return x if not y else None"]),
        (Operator.BOOLEAN, "return rng.svd(x, full=False)", ["return rng.svd(x, full=True)"]),
        (Operator.CONSTANT, "return x[2]", ["return x[3]"]),
        (Operator.CONSTANT, "return x ** 1", ["return x ** 2", "return x ** 0"]),
        (Operator.CONSTANT, "return 0.5", ["return 1.5"]),
        (Operator.CONSTANT, "return np.zeros(x)", ["return np.ones(x)"]),
        (Operator.STATEMENT, "x.sort()", ["pass"]),
        (Operator.STATEMENT, "x[y] = total", ["pass"]),
        (Operator.STATEMENT, "x = y", ["pass"]),
        (Operator.STATEMENT, "new = y", []),
        (Operator.SWAP, "return np.subtract(x, (y))", ["return np.subtract(y, (x))"]),
        (Operator.SWAP, "return np.maximum(x, y)", []),
        (
            Operator.AXIS,
            "return x.cumsum(axis=-1)",
            ["return x.cumsum()", "return x.cumsum(axis=0)", "return x.cumsum(axis=1)"],
        ),
        (Operator.AXIS, "return np.cumsum(x, axis=0)", ["return np.cumsum(x)", "return np.cumsum(x, axis=1)"]),
        (Operator.KEEPDIMS, "return x.sum(keepdims=True)", ["return x.sum(keepdims=False)"]),
        (Operator.DDOF, "return x.var()", ["return x.var(ddof=1)"]),
        (Operator.DDOF, "return np.std(x)", ["return np.std(x, ddof=1)"]),
        (Operator.DDOF, "return np.std(x, ddof=1)", ["return np.std(x, ddof=0)"]),
        (Operator.REDUCTION, "return x.mean()", ["return x.sum()"]),
        (Operator.REDUCTION, "return np.argmin(x)", ["return np.argmax(x)"]),
        (Operator.REDUCTION, "return min(x)", ["return max(x)"]),
        (Operator.REDUCTION, "return sum(x)", []),
        (
            Operator.DTYPE,
            "return np.array(x, dtype=np.float64)",
            ["return np.array(x)", "return np.array(x, dtype=np.float32)"],
        ),
        (Operator.DTYPE, "return np.eye(dtype=int, N=x)", ["return np.eye(N=x)"]),
        (Operator.DTYPE, "return (x > y).astype(int)", ["return (x > y)"]),
        (Operator.COPY, "return (x + y).copy()", ["return (x + y)"]),
        (Operator.COPY, "return np.array(x)", ["return np.asarray(x)"]),
        (Operator.COPY, "return np.array([x, y])", []),
        (Operator.COPY, "return dict(x)", ["return x"]),
        (Operator.STABILISATION, "return np.exp(x - x.max(axis=1))", ["return np.exp(x)"]),
        (Operator.STABILISATION, "return np.exp((x * y) - np.max(x))", ["return np.exp((x * y))"]),
        (Operator.STABILISATION, "return np.log(x + 1e-12)", ["return np.log(x)"]),
        (Operator.STABILISATION, "return np.log(EPS + (x))", ["return np.log((x))"]),
        (Operator.STABILISATION, "return np.log(np.maximum(x, 1e-9))", ["return np.log(x)"]),
        (Operator.STABILISATION, "return np.log1p(x)", ["return np.log(1 + (x))"]),
        (Operator.STABILISATION, "return x + 0.5", []),
        (Operator.FLAG, "return rng(x, training=True)", ["return rng(x, training=False)"]),
        (Operator.FLAG, "return x if training else y", ["return x if not training else y"]),
        (Operator.IN_PLACE, "x = x - y / 2", ["x -= y / 2"]),
        (Operator.IN_PLACE, "x = (y) * x", ["x *= (y)"]),
        (Operator.IN_PLACE, "x = y - x", []),
        (Operator.SORT, 'return np.argsort(x, kind="stable")', ["return np.argsort(x)"]),
        (Operator.SORT, "return sorted(x, key=y)", ["return list(x)"]),
        (Operator.SORT, "return np.searchsorted(x, y)", ['return np.searchsorted(x, y, side="right")']),
    ],
)
def test_each_operator_changes_what_it_is_about(operator: Operator, line: str, expected: list[str]) -> None:
    assert changes(line, operator) == expected


def test_an_if_that_raises_is_never_taken() -> None:
    assert "if False:" in changes('if x is None:\n    raise ValueError(f"x is {x + 1}")', Operator.GUARD)


@pytest.mark.parametrize(
    "text",
    [
        '"""A docstring, 1 + 1."""\n',
        'def f(x: "1 + 1" = None) -> int | None:\n    """1 + 1."""\n    return x\n',
        "from __future__ import annotations\n\nNumber = int | float\n\n\ndef f(x: Number) -> Number:\n    return x\n",
        '__all__ = ["f"] + ["g"]\n',
        'def f():\n    raise ValueError("x" + "y", 1)\n',
        'def f(x):\n    return f"{x + 1}"\n',
        "def f(x, y):\n    return zip(x, y, z, strict=True)\n",
        'import typing\n\nif typing.TYPE_CHECKING:\n    A = 1\nB = typing.cast("int", f(1))\n',
    ],
)
def test_what_no_suite_should_see_is_never_changed(text: str) -> None:
    assert make_mutants(text) == []


def test_only_the_changed_line_differs_whatever_stands_around_it() -> None:
    text = "def f(µ, y):  # µ + y\n    é = 'ü'\n    return (µ  # not this +\n            +  y)   # nor this -\n"
    (mutant,) = make_mutants(text)
    assert mutant.text == text.replace("+  y", "-  y")
    assert (mutant.line, mutant.before, mutant.after) == (4, "+  y)", "-  y)")


def test_a_diff_names_the_file_and_shows_both_lines() -> None:
    text = "def f(x, y):\n    return x + y\n"
    (mutant,) = make_mutants(text)
    assert mutant.diff(text, "f.py").splitlines() == [
        *("--- f.py", "+++ f.py", "@@ -1,2 +1,2 @@", " def f(x, y):", "-    return x + y", "+    return x - y"),
    ]


def test_a_constant_of_an_axis_is_an_axis_and_comes_once() -> None:
    assert changes("return x.cumsum(axis=1)") == ["return x.cumsum()", "return x.cumsum(axis=0)"]


def test_a_sample_is_the_same_each_time_and_in_the_order_of_lines() -> None:
    mutants = make_mutants(REFERENCES[0].read_text(encoding="utf-8"))
    chosen = sample(mutants, 5)
    assert chosen == sample(list(reversed(mutants)), 5)[::-1]
    assert len(chosen) == 5
    assert [mutant.line for mutant in chosen] == sorted(mutant.line for mutant in chosen)
    assert set(sample(mutants, 3)) < set(chosen)


def test_a_declared_equivalent_matches_with_and_without_its_comment() -> None:
    (mutant,) = make_mutants("def f(x, y):\n    return x + y  # the sum\n")
    assert is_declared(mutant, Equivalent("return x + y", "return x - y", "why"))
    assert is_declared(mutant, Equivalent("return x + y  # the sum", "return x - y  # the sum", "why"))
    assert not is_declared(mutant, Equivalent("return x + y", "return x * y", "why"))


@pytest.mark.parametrize("file", REFERENCES, ids=lambda file: file.parent.name)
def test_mutants_of_a_reference_are_valid_and_differ(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    mutants = make_mutants(text)
    dumps = {ast.dump(ast.parse(mutant.text)) for mutant in mutants}
    statements = sum(isinstance(node, ast.stmt) for node in ast.walk(ast.parse(text)))
    assert len(dumps) == len(mutants) >= min(10, statements // 3)  # one reference is a loop of five lines
    assert ast.dump(ast.parse(text)) not in dumps
