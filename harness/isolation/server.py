"""The player: holds the subject, and does what the referee asks of it, over sockets; runs alone in its sandbox.

`sys.argv` has two descriptors of sockets: the first socket is for the referee's main thread, the
second for all its other threads.
Nothing here is trusted: the subject shares this process, and may rewrite all of it. What it says is judged elsewhere.
Imports NumPy, the standard library and `wire`, which lies beside it, and nothing of the harness.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import ctypes
import gc
import importlib
import importlib.util
import itertools
import linecache
import operator
import os
import queue
import signal
import socket
import sys
import threading
import tracemalloc
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from harness.isolation import codec as wire
    from harness.isolation.shared_objects import Cells
else:  # in a sandbox
    import codec as wire
    from shared_objects import Cells

MAX_TEXT = 2000
"""Characters of an exception's message that are told."""
MAX_WARNINGS = 100
MAX_ATTRIBUTES = 16

_METHODS = (types.FunctionType, classmethod, staticmethod)
_local = threading.local()


class Line:
    """One conversation with one thread of the referee."""

    def __init__(self, send: Callable[[wire.Header, list[Any]], None], receive: Callable[[], Any]) -> None:
        self.send = send
        self.receive = receive
        self.warnings: list[list[Any]] = []
        """Category, text and line of each."""


class Player:
    """The subject, its objects by number, and the lines to the referee."""

    def __init__(self, main: wire.Channel, others: wire.Channel, end: Callable[[], None]) -> None:
        """`end` is called when the client has closed `others`."""
        self._others = others
        self._end = end
        self._lock = threading.RLock()
        self._codec = wire.Codec(Cells(first=1, weak=False), self._describe, self._resolve, resend=True)
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._classes: dict[type, int] = {}
        self._count = itertools.count(1)
        self._queues: dict[int, queue.SimpleQueue[Any]] = {}
        self._orphans = itertools.count(-1, -1)
        self._module: types.ModuleType | None = None
        self._file = ""
        self._watches_random = False
        self._traced: list[tuple[int, int]] = []
        self._random = wire.GlobalRandom()
        self._main = Line(main.send, lambda: self._take(*main.receive()))

    def collect_warnings(self) -> None:
        """Have all warnings of this process told to the client."""
        warnings.simplefilter("always")
        warnings.showwarning = self._note_warning  # type: ignore[assignment]

    # --- lines

    def serve_main(self) -> None:
        """Answer the referee's main thread until it hangs up."""
        threading.Thread(target=self._read_others, daemon=True).start()
        _local.line = self._main
        while True:
            self._answer(self._main, *self._main.receive())

    def _read_others(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                header, buffers = self._others.receive()
                key = header["th"]
                message = self._take(
                    header, buffers
                )  # here and not by the worker: cells must come in the order of the stream
                if key not in self._queues:
                    self._queues[key] = queue.SimpleQueue()
                    threading.Thread(target=self._serve_other, args=(key,), daemon=True).start()
                self._queues[key].put(message)
        self._end()

    def _serve_other(self, key: int) -> None:
        line = _local.line = self._line(key)
        while True:
            self._answer(line, *line.receive())

    def _line(self, key: int) -> Line:
        return Line(lambda header, buffers: self._others.send({**header, "th": key}, buffers), self._queues[key].get)

    def _take(self, header: wire.Header, buffers: list[memoryview]) -> tuple[wire.Header, list[Any], dict[str, Any]]:
        """Bring this side into step with a message, and decode what it brings."""
        with self._lock:
            for number in header.get("x", ()):
                self._codec.cells.drop(number)
            for number in header.get("X", ()):
                gone = self._objects.pop(number, None)
                self._numbers.pop(id(gone), None)
            self._codec.apply_changes(header.get("u", []), buffers)
            if "g" in header:
                self._random.set(header["g"])
            args = [self._codec.decode(form, buffers) for form in header.get("a", ())]
            kwargs = {name: self._codec.decode(form, buffers) for name, form in header.get("w", {}).items()}
        return header, args, kwargs

    def _answer(self, line: Line, header: wire.Header, args: list[Any], kwargs: dict[str, Any]) -> None:
        line.warnings = []
        reply: wire.Header = {"i": header["i"]}
        if header["o"] == "get" and _is_plain(*args):
            reply["p"] = True
        try:
            value = self._do(header["o"], args, kwargs)
            raised = None
        except BaseException as error:  # whatever it is, it is the subject's, and the referee raises it again
            raised = error
        buffers: list[Any] = []
        with self._lock:
            try:
                reply |= {"v": self._codec.encode(value, buffers)} if raised is None else {"e": self._exception(raised)}
            except Exception as error:  # too deep, or an object that lies about what it is
                reply["e"] = self._exception(ValueError(f"what came back cannot be told: {error}"))
            args, kwargs, value, raised = [], {}, None, None
            reply |= self._changes(buffers)
            if line.warnings:
                reply["n"] = line.warnings[:MAX_WARNINGS]
            line.send(reply, buffers)

    def _do(self, operation: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if not tracemalloc.is_tracing():
            return _OPERATIONS[operation](self, *args, **kwargs)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        try:
            return _OPERATIONS[operation](self, *args, **kwargs)
        finally:
            if tracemalloc.is_tracing() and operation != "keep":
                self._traced.append((before, tracemalloc.get_traced_memory()[1]))

    def traced(self) -> list[tuple[int, int]]:
        """Bytes that were allocated since `trace_memory`, before and at the worst moment of each operation; traces no more."""
        tracemalloc.stop()
        traced, self._traced = self._traced, []
        return traced

    def _changes(self, buffers: list[Any]) -> wire.Header:
        changes: wire.Header = {}
        updates = self._codec.encode_changes(buffers)
        if updates:
            changes["u"] = updates
        if self._watches_random and self._random.has_moved():
            changes["g"] = self._random.state()
        return changes

    def call_back(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call what the suite handed over, in the suite's process."""
        line: Line | None = getattr(_local, "line", None)
        if line is None:  # a thread that the subject has started
            key = next(self._orphans)
            self._queues[key] = queue.SimpleQueue()
            line = _local.line = self._line(key)
        buffers: list[Any] = []
        with self._lock:
            message: wire.Header = {
                "k": number,
                "a": [self._codec.encode(arg, buffers) for arg in args],
                "w": {name: self._codec.encode(value, buffers) for name, value in kwargs.items()},
            }
            line.send(message | self._changes(buffers), buffers)
        while True:
            header, args_, kwargs_ = line.receive()
            if "o" not in header:
                break
            noted = line.warnings
            self._answer(line, header, args_, kwargs_)
            line.warnings = noted
        if "e" in header:
            name, text = header["e"]
            raise getattr(builtins, name, RuntimeError)(text)
        return args_[0]

    # --- the subject

    def load(
        self, module: str, sources: dict[str, str], allowed: Sequence[str], forbidden: Sequence[str], watch: bool
    ) -> Any:
        """Import the subject. `sources` has it and its kata's helpers, by module name."""
        self._file = f"{module}.py"
        self._watches_random = watch
        self._random.watches_standard_library = "import random" in sources[module] or "from random" in sources[module]
        self._random.has_moved()
        sys.meta_path.insert(0, _Sources(sources, module, _guarded_builtins(self._file, allowed, forbidden)))
        self._module = importlib.import_module(module)
        return self._module

    def helper(self, module: str, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of a helper module."""
        return getattr(importlib.import_module(module), function)(*args, **kwargs)

    # --- objects

    def _describe(self, value: Any, buffers: list[Any]) -> Any:
        """The form of what stays here: `[number, class]`, and the class itself when it is new."""
        if isinstance(value, Foreign):
            return {"k": value._number}
        number = self._numbers.get(id(value))
        if number is None or self._objects.get(number) is not value:
            number = next(self._count)
            self._objects[number] = value
            self._numbers[id(value)] = number
        kind = type(value)
        if kind in self._classes and not isinstance(value, type | types.ModuleType):
            return {"h": [number, self._classes[kind], None, self._attributes(value, buffers)]}
        key = self._classes.setdefault(kind, len(self._classes)) if not isinstance(value, type) else -number
        methods = [] if isinstance(value, type | types.ModuleType) else _methods(kind)
        return {"h": [number, key, [_name(value), _abilities(value), methods], self._attributes(value, buffers)]}

    def _attributes(self, value: Any, buffers: list[Any]) -> dict[str, Any]:
        """What the object's own attributes are now, where these are simple: they are what is asked for next, most often."""
        own = getattr(value, "__dict__", None)
        if type(own) is not dict or len(own) > MAX_ATTRIBUTES:
            return {}
        return {
            name: self._codec.encode(item, buffers)
            for name, item in own.items()
            if wire.is_brief(item) and _is_plain(value, name)
        }

    def _resolve(self, tag: str, body: Any, _buffers: list[memoryview], _depth: int) -> Any:
        if tag == "h":
            return self._objects[body]
        if tag == "k":
            return Foreign(self, body)
        if tag == "H":
            return operator.attrgetter(body[1])(importlib.import_module(body[0]))
        raise wire.WireError(f"there is no kind of value {tag}")

    def _exception(self, error: BaseException) -> list[Any]:
        """`[names of its classes that are built in, own name, text, arguments, line, function]`."""
        names = [kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind]
        try:
            text = str(error)[:MAX_TEXT]
        except Exception:
            text = ""
        args = [
            arg if type(arg) in (int, float, bool) else str(arg)[:MAX_TEXT]
            for arg in error.args
            if type(arg) in _SIMPLE
        ]
        line, function, trace = 0, "", error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._file:
                line, function = trace.tb_lineno, trace.tb_frame.f_code.co_name
            trace = trace.tb_next
        return [
            names,
            type(error).__name__[:100],
            text,
            args[:10] if len(args) == len(error.args) else None,
            line,
            function[:100],
        ]

    def _note_warning(self, message: Any, category: type[Warning], *_: object) -> None:
        line: Line | None = getattr(_local, "line", None)
        if line is not None and len(line.warnings) < MAX_WARNINGS:
            names = [kind.__name__ for kind in category.__mro__ if getattr(builtins, kind.__name__, None) is kind]
            line.warnings.append([names[0], str(message)[:MAX_TEXT], self._running_line()])

    def _running_line(self) -> int:
        """The line of the subject's file that is being run, 0 when there is none."""
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != self._file:
            frame = frame.f_back
        return frame.f_lineno if frame is not None else 0

    def isinstance(self, value: Any, kind: Any) -> bool:
        """The built-in question, asked where the classes are."""
        return isinstance(value, kind)


_SIMPLE = (int, float, bool, str)


class Foreign:
    """Something of the suite's that did not travel: calls and attributes go back to it."""

    def __init__(self, player: Player, number: int) -> None:
        self._player = player
        self._number = number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it there."""
        return self._player.call_back(self._number, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        """A plain attribute of it, or something to call."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self._player.call_back(-self._number, (name,), {})


class _Kept:
    """A value that stays here until it is asked for: what the echo answers with."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _is_plain(value: Any, name: str) -> bool:
    """Whether an attribute is just a value that the object holds: looking at it runs no code."""
    kind = type(value)
    own = getattr(value, "__dict__", None)
    is_usual = vars(kind).get("__getattribute__") is None
    return is_usual and type(own) is dict and name in own and not hasattr(getattr(kind, name, None), "__set__")


def _methods(kind: type) -> list[str]:
    names = []
    for base in kind.__mro__[:-1]:
        names += [name for name, value in vars(base).items() if isinstance(value, _METHODS) and name[:2] != "__"]
    return names[:200]


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


def _abilities(value: Any) -> list[str]:
    kind = type(value)
    found = [word for name, word in _ABILITIES.items() if getattr(kind, name, None) is not getattr(object, name, None)]
    return [*found, "type"] if isinstance(value, type) else found


def _name(value: Any) -> str:
    return str((value if isinstance(value, type | types.FunctionType | types.ModuleType) else type(value)).__name__)[
        :100
    ]


def _take_next(iterator: Iterator[Any], count: int) -> list[Any]:
    """Some items, fewer at the end; what is raised in between comes with the next request."""
    return list(itertools.islice(iterator, count))


def _set(value: Any, name: str, new: Any) -> None:
    setattr(value, name, new)


def _collect_garbage(*, is_on: bool) -> None:
    (gc.enable if is_on else gc.disable)()


def _give_back(*, warms_up: bool) -> None:
    """Give what is freed back to the system; with `warms_up`, have BLAS lay out what it keeps."""
    if warms_up:
        import numpy as np

        square = np.ones((512, 512))
        np.linalg.norm(square @ square)
        del square
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "load": Player.load,
    "helper": Player.helper,
    "call": lambda _, callee, /, *args, **kwargs: callee(*args, **kwargs),
    "each": lambda _, callee, arguments: tuple(callee(*args) for args in arguments),
    "method": lambda _, value, name, /, *args, **kwargs: getattr(value, name)(*args, **kwargs),
    "get": lambda _, value, name: getattr(value, name),
    "set": lambda _, value, name, new: _set(value, name, new),
    "delete": lambda _, value, name: delattr(value, name),
    "dir": lambda _, value: dir(value),
    "len": lambda _, value: len(value),
    "iter": lambda _, value: iter(value),
    "next": lambda _, value: next(value),
    "item": lambda _, value, key: value[key],
    "set_item": lambda _, value, key, new: operator.setitem(value, key, new),
    "delete_item": lambda _, value, key: operator.delitem(value, key),
    "contains": lambda _, value, item: item in value,
    "enter": lambda _, value: value.__enter__(),
    "exit": lambda _, value: value.__exit__(None, None, None),
    "equal": lambda _, value, other: value == other,
    "less": lambda _, value, other: value < other,
    "bool": lambda _, value: bool(value),
    "float": lambda _, value: float(value),
    "index": lambda _, value: operator.index(value),
    "hash": lambda _, value: hash(value),
    "repr": lambda _, value: repr(value)[:MAX_TEXT],
    "isinstance": Player.isinstance,
    "keep": lambda _, value: _Kept(value),
    "echo": lambda _, kept, /, *_args, **_kwargs: kept if kept.value is None else copy.copy(kept.value),
    "collect_garbage": lambda _, is_on: _collect_garbage(is_on=is_on),
    "trace_memory": lambda _: tracemalloc.start(),
    "traced": Player.traced,
    "give_back": lambda _, warms_up: _give_back(warms_up=warms_up),
}


class _Sources:
    """Imports of the subject and its helpers, from sources that came over the wire.

    Finder and loader in one, without their base classes: to import these takes longer than all else but NumPy.
    """

    def __init__(self, sources: dict[str, str], subject: str, guarded: dict[str, Any]) -> None:
        self._sources = sources
        self._subject = subject
        self._guarded = guarded

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:  # noqa: ARG002
        """The import system's question."""
        if fullname not in self._sources:
            return None
        loader: Any = self
        return importlib.util.spec_from_loader(fullname, loader, origin=f"{fullname}.py")

    def create_module(self, _: ModuleSpec) -> types.ModuleType | None:
        """A module as usual."""
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the source."""
        name = module.__name__
        file, source = f"{name}.py", self._sources[name]
        module.__file__ = file
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        if name == self._subject:
            module.__dict__["__builtins__"] = self._guarded
        exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)


def _guarded_builtins(file: str, allowed: Sequence[str], forbidden: Sequence[str]) -> dict[str, Any]:
    """Builtins whose `__import__` says what this kata does not allow; the sandbox has nothing else in any case."""
    tops = {*sys.stdlib_module_names, *allowed}

    def guarded_import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
        barred = any(name == other or name.startswith(f"{other}.") for other in forbidden)
        if level == 0 and (barred or name.split(".", 1)[0] not in tops):
            raise ImportError(f"{file}: {name} may not be imported here")
        return builtins.__import__(name, globals, locals, fromlist or (), level)

    return {**vars(builtins), "__import__": guarded_import}


def main() -> None:
    """Talk until the referee hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channels = [wire.Channel(socket.socket(fileno=int(fd))) for fd in sys.argv[1:3]]
    player = Player(channels[0], channels[1], lambda: os._exit(0))
    player.collect_warnings()
    with contextlib.suppress(EOFError, OSError):
        player.serve_main()
    os._exit(0)
