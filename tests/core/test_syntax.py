"""Modules share a key exactly when their syntax trees are equal."""

from __future__ import annotations

import ast
import itertools

import pytest

from harness.core.syntax import code_key

MODULES = [
    "",
    "x = 1\n",
    "x = 1  # one\n",
    "x = 2\n",
    "x = 1; y = 2\n",
    "x = 1; y = 3\n",
    "def f(a):\n    return a\n",
    "def f(a):  # the same\n\n    return a\n",
    "def f(a, b=1):\n    return a\n",
    "def f(a): return a\n",
    "@g\ndef f(a):\n    return a\n",
    "@h\ndef f(a):\n    return a\n",
    "async def f(a):\n    return a\n",
    "class C:\n    def f(self):\n        return 1\n",
    "class C:\n    def f(self):\n        return 2\n",
    "class C(B):\n    def f(self):\n        return 1\n",
    "class C:\n    @property\n    def f(self):\n        return 1\n",
    "class C:\n    def f(self):\n        return 1\nx = 1\n",
    "class C:\n    def f(self):\n        return 1\n    x = 1\n",
    "if x:\n    y = 1\n",
    "if x:\n    y = 1\nelse:\n    y = 2\n",
    'x = """a\nb"""\n',
    'x = """a\nc"""\n',
    "x = 1\r\n",
    "def f(a):\r    return a\r",
]


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(MODULES, 2)), ids=lambda text: ascii(text)[:20])
def test_keys_are_equal_where_trees_are(one: str, other: str) -> None:
    trees = ast.parse(one), ast.parse(other)
    has_equal_lines = "\r" not in one + other  # what is not counted in lines has a key of its own
    are_equal = ast.dump(trees[0]) == ast.dump(trees[1]) and (has_equal_lines or ("\r" in one) is ("\r" in other))
    assert (code_key(one, trees[0]) == code_key(other, trees[1])) is are_equal
