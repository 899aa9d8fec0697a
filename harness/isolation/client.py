"""The suite's side of grading: a module that looks like the subject, and asks the player for everything.

The player is hostile until proven otherwise. Its answers pass `wire`, which builds plain values only; what is no plain value
stays there and is a `Remote` here, without any ability that the suite does not use itself. An answer to a question that
was not asked, or one that is no answer, ends the player and the run.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import itertools
import operator
import queue
import re
import threading
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any, ClassVar, NamedTuple, NoReturn

import numpy as np
from numpy.random import Generator

from harness.core.model import Kata
from harness.isolation.codec import Channel, Codec, GlobalRandom, Header, WireError
from harness.isolation.limits import Limit, Limits
from harness.isolation.sandbox import PlayerProcess
from harness.isolation.shared_objects import MAX_NUMBER, Cells
from harness.suite.explain import HangError, PlayerGoneError

_TRAVELS = ("builtins", "numpy", "math", "cmath", "time", "datetime", "operator", "random", "statistics")
"""Modules whose functions and classes the player has as well; the suite may hand them over by name."""
_NAME = re.compile(r"[^\W\d]\w{0,99}")
_MODULE_NOT_FOUND = re.compile(r"No module named '([\w.]{1,100})'")
MAX_NOTES = 100
_NOTHING = object()


class Remote:
    """An object of the subject's. Plain values come here; this stayed there."""

    __slots__ = ("__weakref__", "_connection", "_kind", "_number", "_seen", "_seen_at")
    _connection: Connection
    _number: int
    _kind: _Kind
    _seen: dict[str, Any]
    """Brief attributes as they were told with the object; they hold until something else is asked."""
    _seen_at: int

    def __init__(self, connection: Connection, number: int, kind: _Kind) -> None:
        values = {"_connection": connection, "_number": number, "_kind": kind, "_seen": {}, "_seen_at": -1}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        """Ask for an attribute; names with two underscores are the language's business, and stay here."""
        if name == "__name__":
            return self._kind.name
        if name.startswith("__"):
            raise AttributeError(f"{self._kind.name} has no attribute {name}", name=name, obj=self)
        if self._seen_at == self._connection.epoch:
            seen = self._seen.get(name, _NOTHING)  # in one look: another thread's question may empty it
            if seen is not _NOTHING:
                return seen
        if name in self._kind.methods:
            return _Method(self, name)
        return self._connection.ask("get", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute there."""
        self._connection.ask("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        """Delete an attribute there."""
        self._connection.ask("delete", self, name)

    def __dir__(self) -> list[str]:
        """The names that it says it has."""
        return [name for name in self._connection.ask("dir", self) if isinstance(name, str)]

    def __eq__(self, other: object) -> bool:
        """Two of the subject's objects are compared there, as their class does it; nothing else is equal to one."""
        if not isinstance(other, Remote):
            return False
        return self is other or self._connection.ask("equal", self, other) is True

    def __hash__(self) -> int:
        """As an object without a hash of its own."""
        return hash((id(self._connection), self._number))

    def __bool__(self) -> bool:
        """As the object itself says."""
        return self._connection.ask("bool", self) is True

    def __repr__(self) -> str:
        """For messages; the subject's own `repr` is not asked."""
        return f"<{self._kind.name} object>"


class _Method:
    """A method of a `Remote`, looked up where it is called."""

    __slots__ = ("_name", "_owner")

    def __init__(self, owner: Remote, name: str) -> None:
        self._owner = owner
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._owner._connection.ask("method", self._owner, self._name, *args, **kwargs)


def ask_each(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """`[function(*args) for args in arguments]`, as one question when the function, or the method, is the subject's."""
    owner: object = function._owner if isinstance(function, _Method) else function
    if not isinstance(owner, Remote):
        return [function(*args) for args in arguments]
    return list(owner._connection.ask("each", function, tuple(arguments)))


def _forward(operation: str) -> Callable[..., Any]:
    def forward(self: Remote, *args: Any, **kwargs: Any) -> Any:
        return self._connection.ask(operation, self, *args, **kwargs)

    return forward


def _length(self: Remote) -> int:
    length = self._connection.ask("len", self)
    if type(length) is not int or not 0 <= length < 2**40:
        raise ValueError("__len__() should return a whole number >= 0")
    return length


def _exit(self: Remote, *_: object) -> None:
    self._connection.ask("exit", self)


def _is_instance(self: Remote, value: object) -> bool:
    return isinstance(value, Remote) and self._connection.ask("isinstance", value, self) is True


_ABILITIES: dict[str, dict[str, Callable[..., Any]]] = {
    "call": {"__call__": _forward("call")},
    "len": {"__len__": _length},
    "iter": {"__iter__": _forward("iter")},
    "next": {"__next__": _forward("next")},
    "item": {
        "__getitem__": _forward("item"),
        "__setitem__": _forward("set_item"),
        "__delitem__": _forward("delete_item"),
    },
    "contains": {"__contains__": _forward("contains")},
    "enter": {"__enter__": _forward("enter"), "__exit__": _exit},
    "float": {"__float__": _forward("float")},
    "index": {"__index__": _forward("index")},
    "order": {"__lt__": _forward("less")},
    "type": {"__instancecheck__": _is_instance},
}


class _Kind:
    """What is known of a class of the subject's: its name, what its objects can do, and their methods."""

    _made: ClassVar[dict[frozenset[str], type[Remote]]] = {}

    def __init__(self, name: str, abilities: Sequence[str], methods: Sequence[str]) -> None:
        self.name = name
        self.abilities = frozenset(abilities)
        self.methods = frozenset(methods)

    def make(self, connection: Connection, number: int) -> Remote:
        """An object with just these abilities, so that `callable`, `iter` and the like say of it what they should."""
        if self.abilities not in self._made:
            parts = {name: part for word in self.abilities for name, part in _ABILITIES[word].items()}
            self._made[self.abilities] = type("Remote", (Remote,), {"__slots__": (), **parts})
        return self._made[self.abilities](connection, number, self)


class Question(NamedTuple):
    """One question to the player, with its answer."""

    operation: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    value: Any


class _Line:
    """One thread's conversation: how it sends, and where its answers come."""

    def __init__(self, send: Callable[[Header, list[Any]], None], receive: Callable[[], tuple[Header, Any]]) -> None:
        self.send = send
        self.receive = receive


class Connection:
    """Questions to one player, from any thread of the referee."""

    def __init__(self, process: PlayerProcess, *, limits: Sequence[Limit] = ()) -> None:
        """The player is ended when one of the `limits` is exceeded, which are looked at now and then."""
        self.process = process
        self._limits = Limits(limits)
        self.modified: set[str] = set()
        """What was going on (tests, by name) when the subject modified an argument."""
        self.occasion = ""
        look = self._look if limits else None
        self._main, self._others = (Channel(sock, while_waiting=look) for sock in process.sockets)
        self._lock = threading.RLock()
        self._codec = Codec(Cells(first=0, weak=True), self._encode_other, self._decode_other)
        self._kinds: dict[int, _Kind] = {}
        self._remotes: weakref.WeakValueDictionary[int, Remote] = weakref.WeakValueDictionary()
        self._gone_remotes: deque[int] = deque()
        self._foreign: dict[int, object] = {}
        self._foreign_numbers: dict[int, int] = {}
        self._helpers: tuple[str, ...] = ()
        self._numbers = itertools.count(1)
        self._keys = itertools.count(1)
        self._lines = threading.local()
        self._queues: dict[int, queue.SimpleQueue[Any]] = {}
        self._reader: threading.Thread | None = None
        self._main_line = _Line(self._main.send, lambda: self._take(*self._main.receive()))
        self._failure = ""
        self._random = GlobalRandom()
        self._watches_random = False
        self.epoch = 0
        """How often something was asked that may have changed what objects there hold."""
        self._told: list[dict[str, Any]] = []
        """The attributes that were told since."""
        self._file = ""
        self._observe: Callable[[Question], None] | None = None

    # --- questions

    def load(self, kata: Kata, source: str, file: str) -> None:
        """Let the player import the subject. Raises what the import raises."""
        self._helpers = kata.helpers
        self._file = file
        texts = {name: (kata.folder / f"{name}.py").read_text(encoding="utf-8") for name in kata.helpers}
        watch = "random" in source or any("random" in text for text in texts.values())
        self._watches_random = watch
        self._random.watches_standard_library = "import random" in source or "from random" in source
        self._random.has_moved()
        allowed = [*kata.imports, *kata.helpers]
        sources = {**texts, kata.module: source}
        self._module = self.ask("load", kata.module, sources, allowed, list(kata.forbidden), watch)
        if not isinstance(self._module, Remote):
            self._fail("the player did not load a module")

    def attribute(self, module: ModuleType, name: str) -> Any:
        """A name of the subject's module, for the module that stands for it here."""
        if name.startswith("__"):
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}", name=name, obj=module)
        try:
            value = self.ask("get", self._module, name)
        except AttributeError as error:
            if getattr(error, "subject_line", 0):
                raise
            raise AttributeError(
                f"module {module.__name__!r} has no attribute {name!r}", name=name, obj=module
            ) from None
        if isinstance(value, Remote) and "call" in value._kind.abilities:
            module.__dict__[name] = value  # functions and classes are looked up once
        return value

    def ask(self, operation: str, /, *args: Any, **kwargs: Any) -> Any:
        """Do `operation` there: its result, or its exception. Raises `PlayerGoneError` when there is no answer."""
        if self._failure:
            raise PlayerGoneError(self._failure)
        number = next(self._numbers)
        epoch = self.epoch = self.epoch + 1
        if self._told and operation != "get":
            # Before the question, or what it adds to a list that nobody wants to see would be told each time.
            for seen in self._told:
                seen.clear()
            self._told = []
        line = self._line()
        self._look()
        header, value = self._exchange(line, {"i": number, "o": operation}, args, kwargs)
        if header.get("i") != number:
            self._fail("the player answered a question that was not asked")
        if header.get("p") is True and self.epoch == epoch:  # it only looked; that it says so itself gains it nothing
            self.epoch -= 1
        for text, category, lineno in header.get("n", ()):
            warnings.warn_explicit(text, category, self._file, lineno)
        if isinstance(value, _Raised):
            value.throw(self._file)
        if self._observe is not None:
            self._observe(Question(operation, args, kwargs, value))
        return value

    def _exchange(
        self, line: _Line, header: Header, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Header, Any]:
        """Send a question, and take the answer; what the subject calls meanwhile is called."""
        try:
            self._send(line, header, args, kwargs)
            while True:
                answer, value = line.receive()
                if "k" not in answer:
                    return answer, value
                self._call_foreign(line, answer, *value)
        except HangError as error:
            error.awaits_subject = True
            raise
        except WireError as error:
            self._fail(str(error))
        except (EOFError, OSError):
            self._fail("the process of the subject ended")

    @contextlib.contextmanager
    def recording(self) -> Iterator[list[Question]]:
        """Collect the questions that are asked meanwhile."""
        questions: list[Question] = []
        with self.observed(questions.append):
            yield questions

    @contextlib.contextmanager
    def observed(self, observe: Callable[[Question], None]) -> Iterator[None]:
        """Have `observe` called with each question that is answered meanwhile."""
        self._observe = observe
        try:
            yield
        finally:
            self._observe = None

    def close(self) -> None:
        """End the player."""
        self._failure = self._failure or "the player was ended"
        for channel in (self._main, self._others):
            channel.close()
        self.process.kill()

    def begin(self, occasion: str) -> None:
        """Something new begins: what was handed over so far is watched no more."""
        self.occasion = occasion
        self.forget()

    def forget(self) -> None:
        """Watch no more what was handed over so far; what of it is handed over again goes there anew."""
        with self._lock:
            self._codec.cells.clear()

    def _look(self) -> None:
        problem = self._limits.problem()
        if problem:
            self._fail(problem)

    def _fail(self, sentence: str) -> NoReturn:
        self._failure = self._failure or sentence
        self.process.kill()
        raise PlayerGoneError(self._failure)

    # --- lines

    def _line(self) -> _Line:
        """The main thread talks by itself while it is the only one; else a reader hands out the answers."""
        alone = threading.active_count() == 1 + (self._reader is not None)
        if alone and threading.current_thread() is threading.main_thread():
            return self._main_line
        line: _Line | None = getattr(self._lines, "line", None)
        if line is None:
            key = next(self._keys)
            with self._lock:
                self._queues[key] = queue.SimpleQueue()
                if self._reader is None:
                    self._reader = threading.Thread(target=self._read, daemon=True, name="referee-reader")
                    self._reader.start()
            line = self._lines.line = self._keyed_line(key)
        return line

    def _keyed_line(self, key: int) -> _Line:
        def receive() -> tuple[Header, Any]:
            message = self._queues[key].get()
            if isinstance(message, Exception):
                self._queues[key].put(message)
                raise message
            header, value = message
            return header, value

        return _Line(lambda header, buffers: self._others.send({**header, "th": key}, buffers), receive)

    def _read(self) -> None:
        """Hand out what comes for threads other than the main one, decoded in the order of the stream."""
        message: Any
        try:
            while True:
                header, buffers = self._others.receive()
                key = header.get("th")
                message = self._take(header, buffers)
                if type(key) is int and key < 0 and "k" in header:  # a thread of the subject's own calls back
                    line = self._keyed_line(key)
                    threading.Thread(target=self._serve_thread, args=(line, header, *message[1]), daemon=True).start()
                elif type(key) is not int or key not in self._queues:
                    message = WireError("the player answered a thread that did not ask")
                    break
                else:
                    self._queues[key].put(message)
        except (WireError, EOFError, OSError) as error:
            message = error
        for waiting in list(self._queues.values()):
            waiting.put(message)

    def _serve_thread(self, *call: Any) -> None:
        try:
            self._call_foreign(*call)
        except WireError as error:
            with contextlib.suppress(PlayerGoneError):
                self._fail(str(error))
        except OSError:  # it has ended; the next question says so
            pass

    # --- messages

    def _send(self, line: _Line, header: Header, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        buffers: list[Any] = []
        with self._lock:
            message: Header = {
                **header,
                "u": self._codec.encode_changes(buffers),
                "x": self._codec.cells.take_dropped(),
            }
            message["X"] = [self._gone_remotes.popleft() for _ in range(len(self._gone_remotes))]
            message["a"] = [self._codec.encode(arg, buffers) for arg in args]
            if kwargs:
                message["w"] = {name: self._codec.encode(value, buffers) for name, value in kwargs.items()}
            if self._watches_random and self._random.has_moved():
                message["g"] = self._random.state()
            line.send(message, buffers)

    def _take(self, header: Header, buffers: list[memoryview]) -> tuple[Header, Any]:
        """Bring this side into step with a message, and decode its value, or the arguments of a call back."""
        with self._lock:
            changed = self._codec.apply_changes(header.pop("u", []), buffers)
            if any(map(self._is_argument, changed)):
                self.modified.add(self.occasion)
            if "g" in header and self._watches_random:
                self._random.set(header.pop("g"))
            if "k" in header:
                args = [self._codec.decode(form, buffers) for form in _list(header.get("a"))]
                named = header.get("w", {})
                if type(named) is not dict:
                    raise WireError("a call back has no arguments")
                return header, (args, {name: self._codec.decode(form, buffers) for name, form in named.items()})
            header["n"] = [_warning(note) for note in _list(header.get("n", []))[:MAX_NOTES]]
            if "e" in header:
                return header, _Raised(header["e"])
            return header, self._codec.decode(header.get("v"), buffers)

    def _is_argument(self, number: int) -> bool:
        """Whether that object is the suite's, and one that a subject may not modify; random generators it may."""
        cells = self._codec.cells
        return cells.is_own(number) and number in cells and not isinstance(cells.get(number), Generator)

    def _call_foreign(self, line: _Line, header: Header, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Call something of the suite's, because the subject does; what it raises goes back there."""
        number = header["k"]
        target = self._foreign.get(abs(number)) if type(number) is int else None
        if target is None:
            raise WireError("the player calls back what it was not given")
        try:
            if number > 0:
                value = target(*args, **kwargs)  # type: ignore[operator]
            elif len(args) == 1 and type(args[0]) is str and _NAME.fullmatch(args[0]) and not args[0].startswith("_"):
                value = getattr(target, args[0])
            else:
                raise AttributeError("no such attribute")  # noqa: TRY301 (told to the player like any other)
        except Exception as error:
            names = [kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind]
            line.send({"e": [names[0], str(error)]}, [])
        else:
            self._send(line, {}, [value], {})

    def _encode_other(self, value: Any, _: list[Any]) -> Any:
        """What is no plain value: the subject's own, what both sides have by name, or something to be called back."""
        if isinstance(value, Remote):
            if value._connection is not self:
                raise TypeError("an object of one player cannot be handed to another")
            return {"h": value._number}
        if isinstance(value, _Method):
            return {"h": self.ask("get", value._owner, value._name)._number}
        place = _place(value, self._helpers)
        if place:
            return {"H": place}
        number = self._foreign_numbers.get(id(value))
        if number is None:
            number = next(self._numbers)
            self._foreign[number] = value
            self._foreign_numbers[id(value)] = number
        return {"k": number}

    def _decode_other(self, tag: str, body: Any, buffers: list[memoryview], depth: int) -> Any:
        if tag == "k" and type(body) is int and body in self._foreign:
            return self._foreign[body]
        if tag != "h" or len(_list(body)) != 4:
            raise WireError("this is no form of a value")
        number, key, kind, seen = body
        if type(number) is not int or type(key) is not int or type(seen) is not dict or len(seen) > 16:
            raise WireError("an object is malformed")
        if not 0 < number < MAX_NUMBER:  # beyond, two numbers can have the same hash
            raise WireError("an object is malformed")
        remote = self._remotes.get(number)
        if remote is None:
            if kind is not None:
                self._kinds[key] = _read_kind(kind)
            if key not in self._kinds or len(self._kinds) > 100_000:
                raise WireError("an object is of a class that was not introduced")
            remote = self._remotes[number] = self._kinds[key].make(self, number)
            weakref.finalize(remote, self._gone_remotes.append, number).atexit = False
        values = {name: self._codec.decode(form, buffers, depth + 1) for name, form in seen.items()}
        if values:
            self._told.append(values)
        object.__setattr__(remote, "_seen", values)
        object.__setattr__(remote, "_seen_at", self.epoch)
        return remote


class _Raised:
    """An exception of the subject's, as it was told."""

    def __init__(self, body: Any) -> None:
        parts = _list(body)
        if len(parts) != 6 or any(type(part) is not kind for part, kind in zip(parts, (list, str, str), strict=False)):
            raise WireError("an exception is malformed")
        names, own, text, args, line, function = parts
        if type(line) is not int or not 0 <= line < 2**20 or type(function) is not str:
            raise WireError("an exception is malformed")
        self._base: type[BaseException] = next((kind for kind in map(_exception_class, names) if kind), Exception)
        self._own: str = own if _NAME.fullmatch(own) else "SubjectError"
        self._text: str = text[:2000]
        plain = isinstance(args, list) and len(args) <= 10 and all(type(arg) in (int, float, str, bool) for arg in args)
        self._args = tuple(arg[:2000] if isinstance(arg, str) else arg for arg in args) if plain else (self._text,)
        self._line: int = line
        self._function: str = function if _NAME.fullmatch(function) else "<module>"

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


def _warning(note: Any) -> tuple[str, type[Warning], int]:
    """Text, category and line of a warning of the subject's."""
    parts = _list(note)
    kind = _exception_class(parts[0]) if len(parts) == 3 else None
    if kind is None or not issubclass(kind, Warning) or not isinstance(parts[1], str):
        raise WireError("a warning is malformed")
    if type(parts[2]) is not int or not 0 <= parts[2] < 2**20:
        raise WireError("a warning is malformed")
    return parts[1][:2000], kind, parts[2]


def _read_kind(body: Any) -> _Kind:
    parts = _list(body)
    if len(parts) != 3 or not isinstance(parts[0], str):
        raise WireError("a class is malformed")
    abilities, methods = _list(parts[1]), _list(parts[2])
    if not all(isinstance(word, str) and word in _ABILITIES for word in abilities):
        raise WireError("a class is malformed")
    if len(methods) > 200 or not all(isinstance(method, str) and _NAME.fullmatch(method) for method in methods):
        raise WireError("a class is malformed")
    return _Kind(parts[0] if _NAME.fullmatch(parts[0]) else "object", abilities, methods)


def _list(body: Any) -> list[Any]:
    if type(body) is not list:
        raise WireError("a list was expected")
    return body


def _place(value: Any, helpers: Sequence[str]) -> list[str] | None:
    """`[module, name]` of a function or class that the player has too."""
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None)
    if not isinstance(value, type | FunctionType | type(len) | np.ufunc) or not isinstance(module, str):
        return None
    if (module not in _TRAVELS and module not in helpers) or not isinstance(name, str):
        return None
    try:
        found = operator.attrgetter(name)(importlib.import_module(module))
    except (AttributeError, ImportError):
        return None
    return [module, name] if found is value else None
