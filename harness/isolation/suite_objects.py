"""Objects of the suite's that do not travel: the subject has them by name, or calls them back."""

from __future__ import annotations

import builtins
import importlib
import itertools
import operator
from collections.abc import Sequence
from types import FunctionType
from typing import Any

import numpy as np

from harness.isolation.protocol import ProtocolError
from harness.isolation.remote import NAME

_TRAVELS = ("builtins", "numpy", "math", "cmath", "time", "datetime", "operator", "random", "statistics")
"""Modules whose functions and classes the server has as well; the suite may hand them over by name."""


class SuiteObjects:
    """What the suite has handed over to be called back, by number."""

    def __init__(self) -> None:
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._next = itertools.count(1)

    def number_of(self, value: object) -> int:
        """The number of an object; a new one when it has none."""
        number = self._numbers.get(id(value))
        if number is None:
            number = next(self._next)
            self._objects[number] = value
            self._numbers[id(value)] = number
        return number

    def get(self, number: object) -> Any:
        """The object of that number; raises `ProtocolError` when there is none."""
        if type(number) is not int or number not in self._objects:
            raise ProtocolError("the server names an object that it was not given")
        return self._objects[number]

    def call(self, number: object, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Call the object of that number, or get an attribute, where the number is negative. Raises what that raises."""
        target = self.get(abs(number) if type(number) is int else number)
        if isinstance(number, int) and number > 0:
            return target(*args, **kwargs)
        if len(args) == 1 and type(args[0]) is str and NAME.fullmatch(args[0]) and not args[0].startswith("_"):
            return getattr(target, args[0])
        raise AttributeError("no such attribute")


def told_exception(error: Exception) -> list[str]:
    """`[name, text]` of what the suite raised: the name of the first of its classes that is built in."""
    names = [kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind]
    return [names[0], str(error)]


_NAMED_KINDS = (type, FunctionType, type(len), np.ufunc, type(np.mean))
"""Classes and functions; `np.mean` and most of NumPy's functions are of a type of their own."""


def place_of(value: Any, helpers: Sequence[str]) -> list[str] | None:
    """`[module, name]` of a function or class that the server has too; None of anything else."""
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None)
    if not isinstance(value, _NAMED_KINDS) or not isinstance(module, str):
        return None
    if (module not in _TRAVELS and module not in helpers) or not isinstance(name, str):
        return None
    try:
        found = operator.attrgetter(name)(importlib.import_module(module))
    except (AttributeError, ImportError):
        return None
    return [module, name] if found is value else None
