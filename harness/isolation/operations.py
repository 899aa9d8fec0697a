"""What a client can ask of a server, by name; `load`, `helper` and `traced` are the server's own."""

from __future__ import annotations

import contextlib
import copy
import ctypes
import gc
import operator
import tracemalloc
from collections.abc import Callable
from typing import Any

from .descriptions import MAX_TEXT


class Kept:
    """A value that stays here until it is asked for: what the echo answers with."""

    def __init__(self, value: Any) -> None:
        self.value = value


class MemoryTrace:
    """The allocator's account of operations, while it is on."""

    def __init__(self) -> None:
        self._traced: list[tuple[int, int]] = []

    def run(self, name: str, operation: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The result of an operation, noted when memory is traced."""
        if not tracemalloc.is_tracing():
            return operation(*args, **kwargs)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        try:
            return operation(*args, **kwargs)
        finally:
            if tracemalloc.is_tracing() and name != "keep":
                self._traced.append((before, tracemalloc.get_traced_memory()[1]))

    def end(self) -> list[tuple[int, int]]:
        """Bytes that were allocated since `trace_memory`, before and at the worst moment of each operation; traces no more."""
        tracemalloc.stop()
        traced, self._traced = self._traced, []
        return traced


def _set(value: Any, name: str, new: Any) -> None:
    setattr(value, name, new)


def _collect_garbage(is_on: bool) -> None:
    (gc.enable if is_on else gc.disable)()


def _give_back(warms_up: bool) -> None:
    """Give what is freed back to the system; with `warms_up`, have BLAS lay out what it keeps."""
    if warms_up:
        import numpy as np

        square = np.ones((512, 512))
        np.linalg.norm(square @ square)
        del square
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda callee, /, *args, **kwargs: callee(*args, **kwargs),
    "each": lambda callee, arguments: tuple(callee(*args) for args in arguments),
    "method": lambda value, name, /, *args, **kwargs: getattr(value, name)(*args, **kwargs),
    "get": getattr,
    "set": _set,
    "delete": delattr,
    "dir": dir,
    "len": len,
    "iter": iter,
    "next": next,
    "item": lambda value, key: value[key],
    "set_item": operator.setitem,
    "delete_item": operator.delitem,
    "contains": operator.contains,
    "enter": lambda value: value.__enter__(),
    "exit": lambda value: value.__exit__(None, None, None),
    "equal": operator.eq,
    "less": operator.lt,
    "bool": bool,
    "float": float,
    "index": operator.index,
    "hash": hash,
    "repr": lambda value: repr(value)[:MAX_TEXT],
    "isinstance": isinstance,
    "keep": Kept,
    "echo": lambda kept, /, *_args, **_kwargs: kept if kept.value is None else copy.copy(kept.value),
    "collect_garbage": _collect_garbage,
    "trace_memory": tracemalloc.start,
    "give_back": _give_back,
}
