"""Exceptions and warnings of the subject's, as the server has told them."""

from __future__ import annotations

import builtins
import re
from types import CodeType
from typing import Any, NoReturn

from harness.isolation.protocol import ProtocolError, expect_list
from harness.isolation.remote import NAME

_MODULE_NOT_FOUND = re.compile(r"No module named '([\w.]{1,100})'")


class Raised:
    """An exception of the subject's, as it was told."""

    def __init__(self, body: Any) -> None:
        parts = expect_list(body)
        if len(parts) != 6 or any(type(part) is not kind for part, kind in zip(parts, (list, str, str), strict=False)):
            raise ProtocolError("an exception is malformed")
        names, own, text, args, line, function = parts
        if type(line) is not int or not 0 <= line < 2**20 or type(function) is not str:
            raise ProtocolError("an exception is malformed")
        self._base: type[BaseException] = next((kind for kind in map(_exception_class, names) if kind), Exception)
        self._own: str = own if NAME.fullmatch(own) else "SubjectError"
        self._text: str = text[:2000]
        plain = isinstance(args, list) and len(args) <= 10 and all(type(arg) in (int, float, str, bool) for arg in args)
        self._args = tuple(arg[:2000] if isinstance(arg, str) else arg for arg in args) if plain else (self._text,)
        self._line: int = line
        self._function: str = function if NAME.fullmatch(function) else "<module>"

    def throw(self, file: str) -> NoReturn:
        """Raise it, with a frame in the subject's file, so that tracebacks show the place."""
        error = self._build()
        if not self._line:
            raise error
        code: CodeType = compile("\n" * (self._line - 1) + "raise error", file, "exec")
        try:
            exec(code.replace(co_name=self._function), {"error": error})
        except BaseException as raised:
            raised.subject_line = self._line  # type: ignore[attr-defined]
            raise
        raise AssertionError

    def _build(self) -> BaseException:
        if issubclass(self._base, KeyboardInterrupt | GeneratorExit):  # only people and Python may raise these here
            return RuntimeError(f"the subject raised {self._base.__name__}")
        kind: type[BaseException] = self._base
        if self._own != kind.__name__:
            kind = type(self._own, (kind,), {"__module__": "subject"})
        try:
            error = kind(*self._args)
            if str(error) != self._text:
                error = kind(self._text)
        except Exception:  # some want arguments of their own kinds
            error = RuntimeError(self._text)
        if isinstance(error, ModuleNotFoundError):
            missing = _MODULE_NOT_FOUND.search(self._text)
            error.name = missing[1] if missing else "a module"
        return error


def _exception_class(name: object) -> type[BaseException] | None:
    kind = getattr(builtins, name, None) if isinstance(name, str) else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseException) else None


def read_warning(note: Any) -> tuple[str, type[Warning], int]:
    """Text, category and line of a warning of the subject's."""
    parts = expect_list(note)
    kind = _exception_class(parts[0]) if len(parts) == 3 else None
    if kind is None or not issubclass(kind, Warning) or not isinstance(parts[1], str):
        raise ProtocolError("a warning is malformed")
    if type(parts[2]) is not int or not 0 <= parts[2] < 2**20:
        raise ProtocolError("a warning is malformed")
    return parts[1][:2000], kind, parts[2]
