"""The server: holds the subject, and does what the client asks of it, over sockets; runs alone in its sandbox.

`sys.argv` has two descriptors of sockets: the first is for the client's main thread, the second for all its other threads.
Nothing here is trusted: the subject shares this process, and may rewrite all of it. What it says is judged by the client.
Imports NumPy, the standard library and modules beside it, and nothing else of the harness.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import itertools
import operator
import os
import queue
import signal
import socket
import sys
import threading
import types
import warnings
from collections.abc import Callable, Sequence
from typing import Any

# Relative, because in a sandbox copies of these modules are a package of another name.
from .channel import Channel
from .codec import Codec
from .descriptions import MAX_TEXT, builtin_names, class_of, exception_form, is_plain, running_line
from .forms import is_brief
from .helper_guard import HelperGuard
from .operations import OPERATIONS, MemoryTrace
from .protocol import Header, Key, ProtocolError, Tag
from .random_state import GlobalRandom
from .shared_objects import SharedObjects
from .subject_imports import Sources, guarded_builtins

MAX_WARNINGS = 100
MAX_ATTRIBUTES = 16
_local = threading.local()


class Line:
    """One conversation with one thread of the client."""

    def __init__(self, send: Callable[[Header, list[Any]], None], receive: Callable[[], Any]) -> None:
        self.send = send
        self.receive = receive
        self.warnings: list[list[Any]] = []
        """Category, text and line of each."""


class SubjectServer:
    """The subject, its objects by number, and the lines to the client."""

    def __init__(self, main: Channel, others: Channel, end: Callable[[], None]) -> None:
        """`end` is called when the client has closed `others`."""
        self._others = others
        self._end = end
        self._lock = threading.RLock()
        self._codec = Codec(SharedObjects(first=1, weak=False), self._describe, self._resolve, resend=True)
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._classes: dict[type, int] = {}
        self._count = itertools.count(1)
        self._queues: dict[int, queue.SimpleQueue[Any]] = {}
        self._orphans = itertools.count(-1, -1)
        self._file = ""
        self._watches_random = False
        self._random = GlobalRandom()
        self._trace = MemoryTrace()
        self._guard = HelperGuard()
        own: dict[str, Callable[..., Any]] = {"load": self.load, "helper": self.helper, "traced": self._trace.end}
        self._operations: dict[str, Callable[..., Any]] = {**OPERATIONS, **own}
        self._main = Line(main.send, lambda: self._take(*main.receive()))

    def collect_warnings(self) -> None:
        """Have all warnings of this process told to the client."""
        warnings.simplefilter("always")
        warnings.showwarning = self._note_warning  # type: ignore[assignment]

    # --- lines

    def serve_main(self) -> None:
        """Answer the client's main thread until it hangs up."""
        threading.Thread(target=self._read_others, daemon=True).start()
        _local.line = self._main
        while True:
            self._answer(self._main, *self._main.receive())

    def _read_others(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                header, buffers = self._others.receive()
                key = header[Key.THREAD]
                # Here and not by the worker: shared objects must come in the order of the stream.
                message = self._take(header, buffers)
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
        def send(header: Header, buffers: list[Any]) -> None:
            self._others.send({**header, Key.THREAD: key}, buffers)

        return Line(send, self._queues[key].get)

    # --- messages

    def _take(self, header: Header, buffers: list[memoryview]) -> tuple[Header, list[Any], dict[str, Any]]:
        """Bring this side into step with a message, and decode what it brings."""
        with self._lock:
            for number in header.get(Key.UNSHARED, ()):
                self._codec.shared.drop(number)
            for number in header.get(Key.RELEASED, ()):
                gone = self._objects.pop(number, None)
                self._numbers.pop(id(gone), None)
            self._codec.apply_changes(header.get(Key.CHANGES, []), buffers)
            if Key.RANDOM in header:
                self._random.set(header[Key.RANDOM])
            args = [self._codec.decode(form, buffers) for form in header.get(Key.ARGS, ())]
            kwargs = {name: self._codec.decode(form, buffers) for name, form in header.get(Key.KWARGS, {}).items()}
        return header, args, kwargs

    def _answer(self, line: Line, header: Header, args: list[Any], kwargs: dict[str, Any]) -> None:
        line.warnings = []
        operation = header[Key.OPERATION]
        reply: Header = {Key.ID: header[Key.ID]}
        if operation == "get" and is_plain(*args):
            reply[Key.PURE] = True
        try:
            value = self._trace.run(operation, self._operations[operation], args, kwargs)
            raised = None
        except BaseException as error:  # whatever it is, it is the subject's, and the client raises it again
            raised = error
        buffers: list[Any] = []
        with self._lock:
            try:
                told = self._codec.encode(value, buffers) if raised is None else None
                reply |= {Key.VALUE: told} if raised is None else {Key.ERROR: exception_form(raised, self._file)}
            except Exception as error:  # too deep, or an object that lies about what it is
                unspeakable = ValueError(f"what came back cannot be told: {error}")
                reply[Key.ERROR] = exception_form(unspeakable, self._file)
            args, kwargs, value, raised = [], {}, None, None
            reply |= self._changes(buffers)
            if self._guard.was_modified:
                reply[Key.TAMPERED] = True
            if line.warnings:
                reply[Key.WARNINGS] = line.warnings[:MAX_WARNINGS]
            line.send(reply, buffers)

    def _changes(self, buffers: list[Any]) -> Header:
        changes: Header = {}
        updates = self._codec.encode_changes(buffers)
        if updates:
            changes[Key.CHANGES] = updates
        if self._watches_random and self._random.has_moved():
            changes[Key.RANDOM] = self._random.state()
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
            message: Header = {
                Key.CALLBACK: number,
                Key.ARGS: [self._codec.encode(arg, buffers) for arg in args],
                Key.KWARGS: {name: self._codec.encode(value, buffers) for name, value in kwargs.items()},
            }
            line.send(message | self._changes(buffers), buffers)
        while True:
            header, args_, kwargs_ = line.receive()
            if Key.OPERATION not in header:
                break
            noted = line.warnings
            self._answer(line, header, args_, kwargs_)
            line.warnings = noted
        if Key.ERROR in header:
            name, text = header[Key.ERROR]
            raise getattr(builtins, name, RuntimeError)(text)
        return args_[0]

    # --- the subject

    def load(
        self, module: str, sources: dict[str, str], allowed: Sequence[str], forbidden: Sequence[str], watch: bool
    ) -> Any:
        """Import the subject. `sources` has it, its kata's helpers and modules that suites share, by module name."""
        self._file = f"{module}.py"
        self._watches_random = watch
        self._random.watches_standard_library = "import random" in sources[module] or "from random" in sources[module]
        self._random.has_moved()
        helpers = [source for name, source in sources.items() if name != module]
        if helpers:
            self._guard.note_library(helpers)
        guarded = guarded_builtins(self._file, allowed, forbidden)
        sys.meta_path.insert(0, Sources(sources, module, guarded, self._guard))
        for name in sources:
            if "." in name:  # these do not import the subject, which must not come before them
                importlib.import_module(name)
        return importlib.import_module(module)

    def helper(self, module: str, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of a helper module. Whether the subject has modified one is told with the answer."""
        found = importlib.import_module(module)
        self._guard.require(found, module)
        try:
            return getattr(found, function)(*args, **kwargs)
        finally:
            self._guard.look()

    # --- objects

    def _describe(self, value: Any, buffers: list[Any]) -> Any:
        """The form of what stays here: `[number, class]`, and the class itself when it is new."""
        if isinstance(value, Foreign):
            return {Tag.CALLABLE: value._number}
        number = self._numbers.get(id(value))
        if number is None or self._objects.get(number) is not value:
            number = next(self._count)
            self._objects[number] = value
            self._numbers[id(value)] = number
        kind = type(value)
        if kind in self._classes and not isinstance(value, type | types.ModuleType):
            return {Tag.OBJECT: [number, self._classes[kind], None, self._attributes(value, buffers)]}
        key = self._classes.setdefault(kind, len(self._classes)) if not isinstance(value, type) else -number
        return {Tag.OBJECT: [number, key, class_of(value), self._attributes(value, buffers)]}

    def _attributes(self, value: Any, buffers: list[Any]) -> dict[str, Any]:
        """What the object's own attributes are now, where these are simple: they are what is asked for next, most often."""
        own = getattr(value, "__dict__", None)
        if type(own) is not dict or len(own) > MAX_ATTRIBUTES:
            return {}
        return {
            name: self._codec.encode(item, buffers)
            for name, item in own.items()
            if is_brief(item) and is_plain(value, name)
        }

    def _resolve(self, tag: str, body: Any, _buffers: list[memoryview], _depth: int) -> Any:
        if tag == Tag.OBJECT:
            return self._objects[body]
        if tag == Tag.METHOD:
            return method_of(self._objects[body[0]], body[1])
        if tag == Tag.CALLABLE:
            return Foreign(self, body)
        if tag == Tag.NAMED:
            return operator.attrgetter(body[1])(importlib.import_module(body[0]))
        raise ProtocolError(f"there is no kind of value {tag}")

    def _note_warning(self, message: Any, category: type[Warning], *_: object) -> None:
        line: Line | None = getattr(_local, "line", None)
        if line is not None and len(line.warnings) < MAX_WARNINGS:
            text = str(message)[:MAX_TEXT]
            line.warnings.append([builtin_names(category)[0], text, running_line(self._file)])


def method_of(value: Any, name: str) -> Any:
    """A method; where there is none, a function that raises at each call what looking it up does."""
    try:
        return getattr(value, name)
    except Exception:

        def missing(*args: Any, **kwargs: Any) -> Any:
            return getattr(value, name)(*args, **kwargs)

        return missing


class Foreign:
    """Something of the suite's that did not travel: calls and attributes go back to it."""

    def __init__(self, server: SubjectServer, number: int) -> None:
        self._server = server
        self._number = number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it there."""
        return self._server.call_back(self._number, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        """A plain attribute of it, or something to call."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self._server.call_back(-self._number, (name,), {})


def main() -> None:
    """Answer until the client hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channels = [Channel(socket.socket(fileno=int(fd))) for fd in sys.argv[1:3]]
    server = SubjectServer(channels[0], channels[1], lambda: os._exit(0))
    server.collect_warnings()
    with contextlib.suppress(EOFError, OSError):
        server.serve_main()
    os._exit(0)
