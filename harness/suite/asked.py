"""What the suite asked when code failed, as a person can read and repeat it: the call, and the values of its variables.

A suite's own helper often makes the call, `return kata.PCA(n_components).fit(X)`: without `X` that says little.
"""

from __future__ import annotations

import ast
import linecache
import textwrap
import traceback
from collections.abc import Iterator, Mapping
from types import FrameType, TracebackType

import numpy as np

from harness.suite.show import show_argument

_MOST_NAMES = 4
_MOST_CHARACTERS = 2000
_MOST_ITEMS = 200
_MOST_DEPTH = 3
_PLAIN = (int, float, complex, str, bytes, bool, type(None))


def statement(frames: list[traceback.FrameSummary]) -> str:
    """The call of the last frame, on one line; the whole first line where its place in the source is not known."""
    if not frames:
        return ""
    frame = frames[-1]
    text = _call(frame) or frame.line or ""
    return " ".join(text.split()).rstrip(",")


def _call(frame: traceback.FrameSummary) -> str:
    """The statement that was run, without `return` or the name that its value gets; empty when it cannot be read."""
    if frame.lineno is None or frame.end_lineno is None:
        return ""
    lines = linecache.getlines(frame.filename)
    source = textwrap.dedent("".join(lines[frame.lineno - 1 : frame.end_lineno]))
    try:
        (found,) = ast.parse(source).body
    except (SyntaxError, ValueError):  # a part of a statement
        return ""
    value = found.value if isinstance(found, ast.Return | ast.Expr) else None
    return (ast.get_source_segment(source, value) or "") if value is not None else ""


def variables(trace: TracebackType | None, suite_file: str, text: str, told: str = "") -> str:
    """`X=[[1., 2.]], k=3` for the plain variables that `text` names, in the innermost frame of the suite.

    `told` are arguments that are shown already. Values of the subject's own types are left out: their `repr` may do anything.
    """
    frames = [frame for frame, _ in traceback.walk_tb(trace) if frame.f_code.co_filename == suite_file]
    if not frames:
        return ""
    parts: list[str] = []
    for name, value in _named(frames[-1], text):
        if f"{name}=" not in told and len(parts) < _MOST_NAMES:
            parts.append(f"{name}={show_argument(value)}")
    shown = ", ".join(parts)
    return shown if len(shown) <= _MOST_CHARACTERS else ""


def _named(frame: FrameType, text: str) -> Iterator[tuple[str, object]]:
    """The variables in `text`, local ones and those of the suite, whose values can be shown, each once, in order."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    values: Mapping[str, object] = {**frame.f_globals, **frame.f_locals}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    for name in dict.fromkeys(node.id for node in sorted(names, key=lambda node: (node.lineno, node.col_offset))):
        if name in values and _is_plain(values[name]):
            yield name, values[name]


def _is_plain(value: object, depth: int = 0) -> bool:
    """Whether showing `value` runs no code but Python's and NumPy's."""
    if type(value) in _PLAIN or isinstance(value, np.generic):
        return True
    if type(value) is np.ndarray:
        return not value.dtype.hasobject
    if type(value) in (list, tuple, dict) and isinstance(value, list | tuple | dict):
        items = [*value, *value.values()] if isinstance(value, dict) else value
        return depth < _MOST_DEPTH and len(items) <= _MOST_ITEMS and all(_is_plain(item, depth + 1) for item in items)
    return False
