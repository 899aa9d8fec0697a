"""What a server tells of the subject's objects and exceptions, which stay with it."""

from __future__ import annotations

import builtins
import sys
import types
from typing import Any

MAX_TEXT = 2000
"""Characters of an exception's message that are told."""
_SIMPLE = (int, float, bool, str)
_METHODS = (types.FunctionType, classmethod, staticmethod)
_ABILITIES = {
    "__call__": "call",
    "__len__": "len",
    "__iter__": "iter",
    "__next__": "next",
    "__getitem__": "item",
    "__contains__": "contains",
    "__enter__": "enter",
    "__float__": "float",
    "__index__": "index",
    "__lt__": "order",
}


def is_plain(value: Any, name: str) -> bool:
    """Whether an attribute is just a value that the object holds: looking at it runs no code."""
    kind = type(value)
    own = getattr(value, "__dict__", None)
    is_usual = vars(kind).get("__getattribute__") is None
    return is_usual and type(own) is dict and name in own and not hasattr(getattr(kind, name, None), "__set__")


def class_of(value: Any) -> list[Any]:
    """`[name, abilities, methods]` of an object's class; of a class or module, those of itself."""
    methods = [] if isinstance(value, type | types.ModuleType) else _methods(type(value))
    return [_name(value), _abilities(value), methods]


def _methods(kind: type) -> list[str]:
    names = []
    for base in kind.__mro__[:-1]:
        names += [name for name, value in vars(base).items() if isinstance(value, _METHODS) and name[:2] != "__"]
    return names[:200]


def _abilities(value: Any) -> list[str]:
    kind = type(value)
    found = [word for name, word in _ABILITIES.items() if getattr(kind, name, None) is not getattr(object, name, None)]
    return [*found, "type"] if isinstance(value, type) else found


def _name(value: Any) -> str:
    has_name = isinstance(value, type | types.FunctionType | types.ModuleType)
    return str((value if has_name else type(value)).__name__)[:100]


def builtin_names(kind: type) -> list[str]:
    """The names of those of its classes that are built in, itself first."""
    return [base.__name__ for base in kind.__mro__ if getattr(builtins, base.__name__, None) is base]


def exception_form(error: BaseException, file: str) -> list[Any]:
    """`[names of its classes that are built in, own name, text, arguments, line, function]`, the last two in `file`."""
    try:
        text = str(error)[:MAX_TEXT]
    except Exception:
        text = ""
    args = [
        arg if type(arg) in (int, float, bool) else str(arg)[:MAX_TEXT] for arg in error.args if type(arg) in _SIMPLE
    ]
    line, function, trace = 0, "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line, function = trace.tb_lineno, trace.tb_frame.f_code.co_name
        trace = trace.tb_next
    told_args = args[:10] if len(args) == len(error.args) else None
    return [builtin_names(type(error)), type(error).__name__[:100], text, told_args, line, function[:100]]


def running_line(file: str) -> int:
    """The line of that file that is being run, 0 when there is none."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename != file:
        frame = frame.f_back
    return frame.f_lineno if frame is not None else 0
