"""Whether two modules are the same code, comments and layout aside, where one is an edit of the other."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Sequence

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_MOST_DUMPS = 20_000
_dumps: dict[tuple[str, int], str] = {}
"""Dumps of statements by their lines and where in the first one they begin: `ast.dump` is slow, and an edit changes few."""


def code_key(text: str, tree: ast.Module) -> Hashable:
    """A key that modules share exactly when their syntax trees are equal; `tree` is that of `text`."""
    if "\r" in text or "\f" in text:  # their lines are counted in another way
        return ast.dump(tree)
    if len(_dumps) > _MOST_DUMPS:
        _dumps.clear()
    return _body_key(tree.body, text.split("\n"))


def _body_key(body: Sequence[ast.stmt], lines: Sequence[str]) -> tuple[Hashable, ...]:
    return tuple(
        (_header_dump(node, lines), *_body_key(node.body, lines))
        if isinstance(node, _DEFINITIONS)
        else _dump(node, lines, node.lineno, node.end_lineno or node.lineno)
        for node in body
    )


def _header_dump(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, lines: Sequence[str]) -> str:
    """A definition without its body."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    fields = {name: value for name, value in ast.iter_fields(node) if name != "body"}
    return _dump(type(node)(**fields, body=[]), lines, first, node.body[0].lineno, node.col_offset)


def _dump(node: ast.stmt, lines: Sequence[str], first: int, last: int, column: int | None = None) -> str:
    key = "\n".join(lines[first - 1 : last]), node.col_offset if column is None else column
    dumped = _dumps.get(key)
    if dumped is None:
        dumped = _dumps[key] = ast.dump(node)
    return dumped
