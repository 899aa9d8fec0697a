"""Mutation operators for numerical code and machine learning: the slips that people make with arrays."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.audit.edits import Edit, Operator, Source, function_name
from harness.audit.operators import MutationOperator

_OTHER_REDUCTION = {
    "mean": "sum",
    "sum": "mean",
    "nanmean": "nansum",
    "nansum": "nanmean",
    "min": "max",
    "max": "min",
    "amin": "amax",
    "amax": "amin",
    "nanmin": "nanmax",
    "nanmax": "nanmin",
    "minimum": "maximum",
    "maximum": "minimum",
    "argmin": "argmax",
    "argmax": "argmin",
    "nanargmin": "nanargmax",
    "nanargmax": "nanargmin",
    "any": "all",
    "all": "any",
}
_BUILTINS = {"min", "max", "any", "all"}
"""Reductions that exist without a module."""
_SPREADS = {"var": 0, "std": 0, "nanvar": 0, "nanstd": 0, "cov": 1}
"""What `ddof` is when it is not given."""
_MAXIMA = {"max", "amax", "nanmax"}
_TINY = 1e-3
_EPSILON = re.compile(r"_?(eps|epsilon|tiny|smoothing)", re.IGNORECASE)
_NEGATIVE_AXES = {0: (1,), 1: (0,), -1: (0, 1)}
_IN_PLACE = {
    ast.Add: "+=",
    ast.Sub: "-=",
    ast.Mult: "*=",
    ast.Div: "/=",
    ast.FloorDiv: "//=",
    ast.Mod: "%=",
    ast.Pow: "**=",
    ast.MatMult: "@=",
    ast.BitAnd: "&=",
    ast.BitOr: "|=",
}


def axis(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another axis: 0 <-> 1, the last -> 0 and 1, any other -> the one before; or none."""
    match node:
        case ast.Call(keywords=keywords):
            for keyword in keywords:
                value = _integer(keyword.value)
                if keyword.arg == "axis" and value is not None:
                    for other in _NEGATIVE_AXES.get(value, (value - 1,)):
                        yield source.replace(Operator.AXIS, keyword.value, str(other))
                    if (edit := source.without_keyword(Operator.AXIS, node, keyword)) is not None:
                        yield edit


def _integer(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            return -value
    return None


def keepdims(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`keepdims` is flipped."""
    match node:
        case ast.Constant(value=bool(value)) if source.names.get(node) == "keepdims":
            yield source.replace(Operator.KEEPDIMS, node, str(not value))


def ddof(source: Source, node: ast.AST) -> Iterator[Edit]:
    """0 <-> 1; what is not given becomes the other one."""
    if not isinstance(node, ast.Call):
        return
    for keyword in node.keywords:
        if keyword.arg == "ddof" and isinstance(keyword.value, ast.Constant):
            yield source.replace(Operator.DDOF, keyword.value, "0" if keyword.value.value == 1 else "1")
            return
    default = _SPREADS.get(function_name(node.func))
    if default is not None and isinstance(node.func, ast.Attribute):
        end = source.end(node) - 1
        is_empty = not node.args and not node.keywords
        yield Edit(Operator.DDOF, end, end, f"{'' if is_empty else ', '}ddof={1 - default}")


def reduction(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another reduction: mean <-> sum, min <-> max, argmin <-> argmax, minimum <-> maximum, any <-> all."""
    if not isinstance(node, ast.Call):
        return
    name = function_name(node.func)
    other = _OTHER_REDUCTION.get(name)
    if other is None or not (isinstance(node.func, ast.Attribute) or name in _BUILTINS):
        return
    if (edit := source.rename(Operator.REDUCTION, node.func, other)) is not None:
        yield edit


def dtype(source: Source, node: ast.AST) -> Iterator[Edit]:
    """float64 -> float32; `dtype=` and `astype` dropped."""
    match node:
        case ast.Attribute(attr="float64"):
            if (edit := source.rename(Operator.DTYPE, node, "float32")) is not None:
                yield edit
        case ast.Call(func=ast.Attribute(attr="astype")):
            yield from _without_method(source, Operator.DTYPE, node)
        case ast.Call(keywords=keywords):
            given = [keyword for keyword in keywords if keyword.arg == "dtype"]
            for keyword in given:
                if (edit := source.without_keyword(Operator.DTYPE, node, keyword)) is not None:
                    yield edit


def _without_method(source: Source, operator: Operator, call: ast.Call) -> Iterator[Edit]:
    """`x.copy()` -> `x`."""
    if isinstance(call.func, ast.Attribute):
        place = source.find(r"\s*\.", source.end(call.func.value), source.end(call))
        if place:
            yield Edit(operator, place[0], source.end(call), "")


def copy(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A copy less: `x.copy()` -> `x`, `np.array(x)` and `np.copy(x)` -> `np.asarray(x)`, `list(x)` and `dict(x)` -> `x`."""
    match node:
        case ast.Call(func=ast.Attribute(attr="copy"), args=[]):
            yield from _without_method(source, Operator.COPY, node)
        case ast.Call(func=ast.Attribute(attr="array" | "copy" | "deepcopy") as function, args=[value, *_]):
            is_module = isinstance(function.value, ast.Name)
            if not is_module or isinstance(value, ast.List | ast.Tuple | ast.ListComp | ast.Constant):
                return
            if function.value.id == "copy":  # type: ignore[attr-defined]
                yield source.replace(Operator.COPY, node, source.of(value))
            elif (edit := source.rename(Operator.COPY, function, "asarray")) is not None:
                yield edit
        case ast.Call(
            func=ast.Name(id="list" | "dict" | "set"), args=[ast.Name() | ast.Attribute() as value], keywords=[]
        ):
            yield source.replace(Operator.COPY, node, source.of(value))
        case ast.Call(func=ast.Name(id="deepcopy"), args=[value]):
            yield source.replace(Operator.COPY, node, source.of(value))


def stabilisation(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A numerical precaution less: the largest score subtracted, a small number added, a floor, log1p, expm1."""
    match node:
        case ast.BinOp(left=left, op=ast.Sub(), right=right) if _is_maximum(right, source) or _is_tiny(right):
            yield Edit(Operator.STABILISATION, source.start(node), source.end(node), _left(source, left, right))
        case ast.BinOp(left=left, op=ast.Add(), right=right) if _is_tiny(right):
            yield Edit(Operator.STABILISATION, source.start(node), source.end(node), _left(source, left, right))
        case ast.BinOp(left=left, op=ast.Add(), right=right) if _is_tiny(left):
            place = source.find(r"\+\s*", source.end(left), source.start(right))
            if place:
                text = source.segment(place[1], source.end(node))
                yield Edit(Operator.STABILISATION, source.start(node), source.end(node), text)
        case ast.Call(func=function, args=[first, second, *_]):
            if function_name(function) in ("maximum", "max", "clip") and (_is_tiny(first) or _is_tiny(second)):
                yield source.replace(Operator.STABILISATION, node, source.of(second if _is_tiny(first) else first))
        case ast.Call(func=ast.Attribute(attr="log1p", value=module), args=[value]):
            yield source.replace(Operator.STABILISATION, node, f"{source.of(module)}.log(1 + ({source.of(value)}))")
        case ast.Call(func=ast.Attribute(attr="expm1", value=module), args=[value]):
            yield source.replace(Operator.STABILISATION, node, f"({source.of(module)}.exp({source.of(value)}) - 1)")


def _left(source: Source, left: ast.expr, right: ast.expr) -> str:
    """The left operand with its parentheses; `left` alone would lack them."""
    node_start = source.start(left)
    place = source.find(r"\s*[+-]", source.end(left), source.start(right))
    end = place[0] if place else source.end(left)
    opened = source.segment(source.end(left), end).count(")")
    return "(" * opened + source.segment(node_start, end)


def _is_maximum(node: ast.expr, source: Source) -> bool:
    """Whether this is a maximum, or a name that a maximum was given to."""
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Call):
        return function_name(node.func) in _MAXIMA
    if not isinstance(node, ast.Name):
        return False
    assigned = [
        part.value
        for part in ast.walk(source.tree)
        if isinstance(part, ast.Assign) and any(isinstance(t, ast.Name) and t.id == node.id for t in part.targets)
    ]
    return bool(assigned) and all(isinstance(v, ast.Call) and function_name(v.func) in _MAXIMA for v in assigned)


def _is_tiny(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=float(value)):
            return 0 < value <= _TINY
        case ast.Name() | ast.Attribute():
            return bool(_EPSILON.fullmatch(function_name(node)))
    return False


def in_place(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`x = x + y` -> `x += y`, which also changes what else is called x."""
    match node:
        case ast.Assign(targets=[target], value=ast.BinOp(left=left, op=op, right=right) as value):
            sign = _IN_PLACE.get(type(op))
            name = ast.unparse(target)
            if sign is None:
                return
            place = source.find(re.escape(sign[:-1]), source.end(left), source.start(right))
            if place and ast.unparse(left) == name:
                rest = source.segment(place[1], source.end(value)).strip()
                yield source.replace(Operator.IN_PLACE, node, f"{source.of(target)} {sign} {rest}")
            elif place and ast.unparse(right) == name and isinstance(op, ast.Add | ast.Mult):
                rest = source.segment(source.start(value), place[0]).strip()
                yield source.replace(Operator.IN_PLACE, node, f"{source.of(target)} {sign} {rest}")


def sorting(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A stable sort less, a sort less, the other side of equal elements."""
    if not isinstance(node, ast.Call):
        return
    name = function_name(node.func)
    sides = {"left": '"right"', "right": '"left"'}
    for keyword in node.keywords:
        value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if keyword.arg == "kind" and value in ("stable", "mergesort"):
            if (edit := source.without_keyword(Operator.SORT, node, keyword)) is not None:
                yield edit
        elif keyword.arg == "side" and value in sides:
            yield source.replace(Operator.SORT, keyword.value, sides[str(value)])
    if name == "searchsorted" and all(keyword.arg != "side" for keyword in node.keywords):
        end = source.end(node) - 1
        yield Edit(Operator.SORT, end, end, ', side="right"')
    bisections = {"bisect_left": "bisect_right", "bisect_right": "bisect_left", "bisect": "bisect_left"}
    if name in bisections and (edit := source.rename(Operator.SORT, node.func, bisections[name])) is not None:
        yield edit
    if node.args and not isinstance(node.args[0], ast.Starred):
        value = source.of(node.args[0])
        if name == "sorted":
            yield source.replace(Operator.SORT, node, f"list({value})")
        elif name == "sort" and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            yield source.replace(Operator.SORT, node, f"{node.func.value.id}.asarray({value})")


FIELD: tuple[MutationOperator, ...] = (
    axis,
    keepdims,
    ddof,
    reduction,
    dtype,
    copy,
    stabilisation,
    in_place,
    sorting,
)
