"""A module's text with the positions of its syntax tree, and edits of that text.

Positions of `ast` are lines and columns in UTF-8 bytes; here they are offsets of bytes. An edit replaces one range, so the rest
of the text, comments and layout included, stays as it is.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import accumulate


class Operator(StrEnum):
    """The kinds of change that a mutant makes."""

    ARITHMETIC = "arithmetic"
    COMPARISON = "comparison"
    BOOLEAN = "boolean"
    CONSTANT = "constant"
    STATEMENT = "dropped statement"
    GUARD = "guard never taken"
    SWAP = "swapped arguments"
    AXIS = "axis"
    KEEPDIMS = "keepdims"
    DDOF = "ddof"
    REDUCTION = "reduction"
    DTYPE = "dtype"
    COPY = "dropped copy"
    STABILISATION = "dropped stabilisation"
    FLAG = "training flag"
    IN_PLACE = "in-place update"
    SORT = "sorting"


@dataclass(frozen=True, slots=True)
class Edit:
    """The bytes from `start` up to `end` become `text`."""

    operator: Operator
    start: int
    end: int
    text: str


class Source:
    """The text of a module. Raises `SyntaxError` when it is not valid Python."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._data = text.encode()
        self._line_starts = [0, *accumulate(len(line) + 1 for line in self._data.split(b"\n"))]

    @cached_property
    def code(self) -> bytes:
        """The text with its comments blanked; offsets are the same."""
        data = bytearray(self._data)
        for token in tokenize.tokenize(io.BytesIO(self._data).readline):
            if token.type == tokenize.COMMENT:
                start = self._line_starts[token.start[0] - 1] + len(token.line[: token.start[1]].encode())
                size = len(token.string.encode())
                data[start : start + size] = b" " * size
        return bytes(data)

    @cached_property
    def names(self) -> dict[ast.AST, str]:
        """The names of the parameters that values are given to, in calls and as defaults."""
        names: dict[ast.AST, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.keyword) and node.arg:
                names[node.value] = node.arg
            elif isinstance(node, ast.arguments):
                positional = [*node.posonlyargs, *node.args]
                first = len(positional) - len(node.defaults)
                names |= {value: arg.arg for arg, value in zip(positional[first:], node.defaults, strict=True)}
                keyword_only = zip(node.kwonlyargs, node.kw_defaults, strict=True)
                names |= {value: arg.arg for arg, value in keyword_only if value is not None}
        for value, name in list(names.items()):
            if isinstance(value, ast.UnaryOp):
                names[value.operand] = name
        return names

    def start(self, node: ast.stmt | ast.expr | ast.keyword) -> int:
        """Where a node begins."""
        return self._line_starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.stmt | ast.expr | ast.keyword) -> int:
        """Where a node ends; parentheses around an expression are not part of it."""
        return self._line_starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)

    def segment(self, start: int, end: int) -> str:
        """The text between two offsets."""
        return self._data[start:end].decode()

    def of(self, node: ast.expr) -> str:
        """The text of a node."""
        return self.segment(self.start(node), self.end(node))

    def find(self, pattern: str, start: int, end: int) -> tuple[int, int] | None:
        """The first match of a regular expression between two offsets, comments aside."""
        match = re.compile(pattern.encode()).search(self.code, start, end)
        return match.span() if match else None

    def replace(self, operator: Operator, node: ast.stmt | ast.expr, text: str) -> Edit:
        """The edit that puts `text` in the place of a node."""
        return Edit(operator, self.start(node), self.end(node), text)

    def rename(self, operator: Operator, function: ast.expr, name: str) -> Edit | None:
        """The edit that gives a function or method another name; None for what has no name."""
        if isinstance(function, ast.Name):
            return self.replace(operator, function, name)
        if isinstance(function, ast.Attribute):
            end = self.end(function)
            return Edit(operator, end - len(function.attr.encode()), end, name)
        return None

    def without_keyword(self, operator: Operator, call: ast.Call, keyword: ast.keyword) -> Edit | None:
        """The edit that drops a keyword argument, with the comma that belongs to it."""
        start, end = self.start(keyword), self.end(keyword)
        before = [self.end(arg) for arg in call.args] + [self.end(other) for other in call.keywords]
        before = [position for position in before if position <= start]
        if before:
            comma = self.find(",", max(before), start)
            return Edit(operator, comma[0], end, "") if comma else None
        comma = self.find(r",\s*", end, self.end(call))
        return Edit(operator, start, comma[1] if comma else end, "")

    def apply(self, edit: Edit) -> str:
        """The text after an edit."""
        return (self._data[: edit.start] + edit.text.encode() + self._data[edit.end :]).decode()

    def line_of(self, offset: int) -> int:
        """The number of the line that an offset is in, from 1."""
        return self._data.count(b"\n", 0, offset) + 1

    def changed_lines(self, edit: Edit) -> tuple[str, str]:
        """The lines that an edit changes, before and after: without comments, each stripped, joined by spaces."""
        start = self.code.rfind(b"\n", 0, edit.start) + 1
        end = self.code.find(b"\n", edit.end)
        end = len(self.code) if end < 0 else end
        before = self.code[start:end]
        after = self.code[start : edit.start] + edit.text.encode() + self.code[edit.end : end]
        return _joined(before.decode()), _joined(after.decode())


def _joined(lines: str) -> str:
    return " ".join(line.strip() for line in lines.split("\n")).strip()


# --- what is never changed ---------------------------------------------------------------------------------------------

_SKIPPED_FIELDS = {"annotation", "returns", "type_params", "msg", "ctx", "op", "ops"}
_SKIPPED_NODES = (ast.Import, ast.ImportFrom, ast.Raise, ast.JoinedStr, ast.Assert)
_TYPING_CALLS = {"cast", "TypeVar", "NewType", "ParamSpec"}


def changeable(source: Source) -> Iterator[ast.AST]:
    """The nodes that mutants may change, in the order of the text.

    Not docstrings, annotations, aliases of types, imports, names with two underscores like `__all__`, what is raised, and
    f-strings (Python 3.11 does not say where their parts are).
    """
    yield from _walk(source.tree, _used_names(source.tree))


def _walk(node: ast.AST, used: set[str]) -> Iterator[ast.AST]:
    if _is_skipped(node, used):
        return
    yield node
    for field, value in ast.iter_fields(node):
        if field in _SKIPPED_FIELDS:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _walk(child, used)


def _is_skipped(node: ast.AST, used: set[str]) -> bool:
    if isinstance(node, _SKIPPED_NODES):
        return True
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Call(func=function):
            return function_name(function) in _TYPING_CALLS
        case ast.If(test=test):
            names = {function_name(part) for part in ast.walk(test) if isinstance(part, ast.expr)}
            return bool(names & {"TYPE_CHECKING", "__name__"})
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            is_alias = isinstance(value, ast.Subscript | ast.BinOp | ast.Attribute | ast.Name) and name not in used
            return name.startswith("__") or is_alias
    return node.__class__.__name__ == "TypeAlias"


def _used_names(tree: ast.AST) -> set[str]:
    """Names that are read outside annotations."""
    names = set()
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load):
                names.add(child.id)
            elif isinstance(child, ast.AST):
                names |= _used_names(child)
    return names


def function_name(function: ast.expr) -> str:
    """The last part of the name of what is called: `mean` for `np.mean` and `x.mean`; empty for what has none."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
