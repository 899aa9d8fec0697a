"""General mutation operators: operators, conditions, constants, statements, arguments."""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Callable, Iterator

from harness.audit.edits import Edit, Operator, Source, function_name

MutationOperator = Callable[[Source, ast.AST], Iterator[Edit]]

_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "//"),
    ast.Pow: ("**", "*"),
    ast.MatMult: ("@", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "&"),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: (r"is\s+not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: (r"not\s+in", ("in",)),
}
_UNTESTED = {"strict", "slots", "repr"}
"""Flags that only say how a mistake is noticed, or how an object is stored and shown."""
_OWN_OPERATOR = {"axis", "axes", "ddof", "keepdims"}
"""Parameters whose values have operators of their own."""
TRAINING = {"training", "train", "is_training", "eval", "evaluation", "inference", "deterministic"}
_SYMMETRIC = {
    *("maximum", "minimum", "fmax", "fmin", "max", "min", "add", "multiply", "hypot", "gcd", "lcm", "vdot"),
    *("array_equal", "allclose", "equal", "not_equal", "logical_and", "logical_or", "logical_xor", "logaddexp"),
    *("bitwise_and", "bitwise_or", "bitwise_xor", "union1d", "intersect1d", "setxor1d", "broadcast_shapes"),
    *("isinstance", "issubclass", "hasattr", "getattr"),  # not symmetric, but the other order always fails
}
_ENDS = (ast.Raise, ast.Return, ast.Continue, ast.Break)


def arithmetic(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another operator: `a + b` -> `a - b`, `a += b` -> `a -= b`; a sign less: `-a` -> `a`."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            old, new = _ARITHMETIC[type(op)]
            place = source.find(re.escape(old), source.end(left), source.start(right))
            if place:
                yield Edit(Operator.ARITHMETIC, *place, new)
        case ast.AugAssign(target=target, op=op, value=value):
            old, new = _ARITHMETIC[type(op)]
            place = source.find(re.escape(old), source.end(target), source.start(value))
            if place:
                yield Edit(Operator.ARITHMETIC, *place, new)
        case ast.UnaryOp(op=ast.USub() | ast.Invert()) if source.names.get(node) not in _OWN_OPERATOR:
            start = source.start(node)
            yield Edit(Operator.ARITHMETIC, start, start + 1, "")


def comparison(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another comparison: the other side of a limit (`<` -> `<=`), and the opposite (`<` -> `>=`)."""
    if not isinstance(node, ast.Compare):
        return
    operands = [node.left, *node.comparators]
    for left, op, right in zip(operands[:-1], node.ops, operands[1:], strict=True):
        old, others = _COMPARISONS[type(op)]
        place = source.find(old, source.end(left), source.start(right))
        if place is None:
            continue
        for new in others:
            yield Edit(Operator.COMPARISON, place[0], place[1], new)


def boolean(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`and` <-> `or`, `not a` -> `a`, True <-> False, and conditions that are only a value negated."""
    match node:
        case ast.BoolOp(op=op, values=values):
            old, new = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
            for left, right in itertools.pairwise(values):
                place = source.find(rf"\b{old}\b", source.end(left), source.start(right))
                if place:
                    yield Edit(Operator.BOOLEAN, *place, new)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            place = source.find(r"not\s*", source.start(node), source.start(operand))
            if place:
                yield Edit(_flag(operand), *place, "")
        case ast.Constant(value=bool(value)):
            name = source.names.get(node, "")
            if name not in _UNTESTED | _OWN_OPERATOR:
                operator = Operator.FLAG if name in TRAINING else Operator.BOOLEAN
                yield source.replace(operator, node, str(not value))
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield from _negated(source, test)
        case ast.comprehension(ifs=tests):
            for test in tests:
                yield from _negated(source, test)


def _negated(source: Source, test: ast.expr) -> Iterator[Edit]:
    """A condition negated that no other operator changes."""
    if isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        yield source.replace(_flag(test), test, f"not {source.of(test)}")


def _flag(test: ast.expr) -> Operator:
    name = function_name(test).lstrip("_")
    return Operator.FLAG if name in TRAINING else Operator.BOOLEAN


def constant(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another number: n -> n + 1, 1 -> 0; an array of zeros becomes one of ones, and the other way round."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            if source.names.get(node) in _OWN_OPERATOR:
                return
            for other in (value + 1, *([type(value)(0)] if value == 1 else [])):
                if math.isfinite(other) and other != value:
                    yield source.replace(Operator.CONSTANT, node, repr(other))
        case ast.Call(func=function):
            other_name = {"zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like"}
            name = other_name.get(function_name(function))
            edit = source.rename(Operator.CONSTANT, function, name) if name else None
            if edit:
                yield edit


def guard(source: Source, node: ast.AST) -> Iterator[Edit]:
    """An `if` that leaves (raises, returns) is never taken."""
    if isinstance(node, ast.If) and isinstance(node.body[-1], _ENDS):
        yield source.replace(Operator.GUARD, node.test, "False")


def statement(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A statement becomes `pass`: a call, an update, an assignment to what has a value already, or is not a local name."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        bound = _bound_names(node)
        for child in ast.walk(node):
            if isinstance(child, ast.stmt) and _has_effect(child, bound):
                yield source.replace(Operator.STATEMENT, child, "pass")


def _bound_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Parameters, and names that are bound more than once."""
    arguments = function.args
    names = {arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    seen: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names |= {node.id} & seen
            seen.add(node.id)
    return names


def _has_effect(node: ast.stmt, bound: set[str]) -> bool:
    match node:
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() | ast.Delete():
            return True
        case ast.Assign(targets=targets):
            return all(_is_bound(part, bound) for target in targets for part in _parts(target))
        case ast.AnnAssign(target=target, value=ast.expr()):
            return _is_bound(target, bound)
    return False


def _parts(target: ast.expr) -> list[ast.expr]:
    return list(target.elts) if isinstance(target, ast.Tuple | ast.List) else [target]


def _is_bound(target: ast.expr, bound: set[str]) -> bool:
    return isinstance(target, ast.Attribute | ast.Subscript) or (isinstance(target, ast.Name) and target.id in bound)


def swapped(source: Source, node: ast.AST) -> Iterator[Edit]:
    """The two positional arguments of a call in the other order."""
    match node:
        case ast.Call(func=function, args=[first, second]) if function_name(function) not in _SYMMETRIC:
            if isinstance(first, ast.Starred) or isinstance(second, ast.Starred):
                return
            between = source.segment(source.end(first), source.start(second))
            text = source.of(second) + between + source.of(first)
            yield Edit(Operator.SWAP, source.start(first), source.end(second), text)


GENERAL: tuple[MutationOperator, ...] = (arithmetic, comparison, boolean, constant, guard, statement, swapped)
