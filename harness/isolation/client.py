"""The suite's side of grading: a module that looks like the subject, and asks the server for everything.

The server is hostile until proven otherwise. Its answers pass `codec`, which builds plain values only; what is not a plain value
stays there and is a `Remote` here. An answer to a question that was not asked, or one that is not an answer, ends the server and
the run.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

from numpy.random import Generator

from harness.core.model import Kata
from harness.isolation.codec import Codec
from harness.isolation.limits import Limit, Limits
from harness.isolation.lines import Line, Lines
from harness.isolation.protocol import Header, Key, ProtocolError, Tag, expect_list
from harness.isolation.raised import Raised, read_warning
from harness.isolation.random_state import GlobalRandom
from harness.isolation.remote import Kind, Method, Remote, read_kind
from harness.isolation.sandbox import ServerProcess
from harness.isolation.shared_modules import shared_sources
from harness.isolation.shared_objects import MAX_NUMBER, SharedObjects
from harness.isolation.suite_objects import SuiteObjects, place_of, told_exception
from harness.suite.explain import HangError, SubjectGoneError

MAX_NOTES = 100
TAMPERED = "has modified helper modules of the suite, which run in its process"
_MAX_KINDS = 100_000
_MAX_ATTRIBUTES = 16


class Question(NamedTuple):
    """One question to the server, with its answer."""

    operation: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    value: Any


class Connection:
    """Questions to one server, from any thread of the client."""

    def __init__(self, process: ServerProcess, *, limits: Sequence[Limit] = ()) -> None:
        """The server is ended when one of the `limits` is exceeded, which are looked at now and then."""
        self.process = process
        self._limits = Limits(limits)
        self.modified: set[str] = set()
        """What was going on (tests, by name) when the subject modified an argument."""
        self.occasion = ""
        self.lines = Lines(process.sockets, self._take, self._serve_thread, self._look if limits else None)
        self._lock = threading.RLock()
        self._codec = Codec(SharedObjects(first=0, weak=True), self._encode_other, self._decode_other)
        self._kinds: dict[int, Kind] = {}
        self._remotes: weakref.WeakValueDictionary[int, Remote] = weakref.WeakValueDictionary()
        self._gone_remotes: deque[int] = deque()
        self._suite = SuiteObjects()
        self._helpers: tuple[str, ...] = ()
        self._numbers = itertools.count(1)
        self._failure = ""
        self.violation = ""
        """What the subject did to the connection or to helpers, as a predicate; empty when there was nothing of the kind."""
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
        """Let the server import the subject. Raises what the import raises."""
        self._file = file
        texts = {name: (kata.folder / f"{name}.py").read_text(encoding="utf-8") for name in kata.helpers}
        texts |= shared_sources(kata, texts.values())
        self._helpers = tuple(texts)
        watch = "random" in source or any("random" in text for text in texts.values())
        self._watches_random = watch
        self._random.watches_standard_library = "import random" in source or "from random" in source
        self._random.has_moved()
        allowed = [*kata.imports, *kata.helpers]
        sources = {**texts, kata.module: source}
        self._module = self.ask("load", kata.module, sources, allowed, list(kata.forbidden), watch)
        if not isinstance(self._module, Remote):
            self._end_for_violation("the server did not load a module")

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
        """Do `operation` there: its result, or its exception. Raises `SubjectGoneError` when there is no answer."""
        if self._failure:
            raise SubjectGoneError(self._failure)
        number = next(self._numbers)
        epoch = self.epoch = self.epoch + 1
        if self._told and operation != "get":
            # Before the question, or what it adds to a list that is never looked at would be told each time.
            for seen in self._told:
                seen.clear()
            self._told = []
        line = self.lines.current()
        self._look()
        header, value = self._exchange(line, {Key.ID: number, Key.OPERATION: operation}, args, kwargs)
        if header.get(Key.ID) != number:
            self._end_for_violation("the server answered a question that was not asked")
        if header.get(Key.TAMPERED):
            self.violation = self.violation or TAMPERED
            self._fail(f"it {TAMPERED}")
        # It only looked; that it says so itself gains it nothing.
        if header.get(Key.PURE) is True and self.epoch == epoch:
            self.epoch -= 1
        for text, category, lineno in header.get(Key.WARNINGS, ()):
            warnings.warn_explicit(text, category, self._file, lineno)
        if isinstance(value, Raised):
            value.throw(self._file)
        if self._observe is not None:
            self._observe(Question(operation, args, kwargs, value))
        return value

    def _exchange(
        self, line: Line, header: Header, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Header, Any]:
        """Send a question, and take the answer; what the subject calls meanwhile is called."""
        try:
            self._send(line, header, args, kwargs)
            while True:
                answer, value = line.receive()
                if Key.CALLBACK not in answer:
                    return answer, value
                self._call_back(line, answer, value)
        except HangError as error:
            error.awaits_subject = True
            raise
        except ProtocolError as error:
            self._end_for_violation(str(error))
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
        """End the server."""
        self._failure = self._failure or "the server was ended"
        self.lines.close()
        self.process.kill()

    def begin(self, occasion: str) -> None:
        """Something new begins: what was handed over so far is watched no more."""
        self.occasion = occasion
        self.forget()

    def forget(self) -> None:
        """Watch no more what was handed over so far; what of it is handed over again goes there anew."""
        with self._lock:
            self._codec.shared.clear()

    def _look(self) -> None:
        problem = self._limits.problem()
        if problem:
            self._fail(problem)

    def _end_for_violation(self, sentence: str) -> NoReturn:
        self.violation = self.violation or f"sent the suite what no answer looks like: {sentence}"
        self._fail(sentence)

    def _fail(self, sentence: str) -> NoReturn:
        self._failure = self._failure or sentence
        self.process.kill()
        raise SubjectGoneError(self._failure)

    # --- messages

    def _send(self, line: Line, header: Header, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        buffers: list[Any] = []
        with self._lock:
            message: Header = {
                **header,
                Key.CHANGES: self._codec.encode_changes(buffers),
                Key.UNSHARED: self._codec.shared.take_dropped(),
                Key.RELEASED: [self._gone_remotes.popleft() for _ in range(len(self._gone_remotes))],
            }
            message[Key.ARGS] = [self._codec.encode(arg, buffers) for arg in args]
            if kwargs:
                message[Key.KWARGS] = {name: self._codec.encode(value, buffers) for name, value in kwargs.items()}
            if self._watches_random and self._random.has_moved():
                message[Key.RANDOM] = self._random.state()
            line.send(message, buffers)

    def _take(self, header: Header, buffers: list[memoryview]) -> tuple[Header, Any]:
        """Bring this side into step with a message, and decode its value, or the arguments of a call back."""
        with self._lock:
            changed = self._codec.apply_changes(header.pop(Key.CHANGES, []), buffers)
            if any(map(self._is_argument, changed)):
                self.modified.add(self.occasion)
            if Key.RANDOM in header and self._watches_random:
                self._random.set(header.pop(Key.RANDOM))
            if Key.CALLBACK in header:
                args = [self._codec.decode(form, buffers) for form in expect_list(header.get(Key.ARGS))]
                named = header.get(Key.KWARGS, {})
                if type(named) is not dict:
                    raise ProtocolError("a call back has no arguments")
                return header, (args, {name: self._codec.decode(form, buffers) for name, form in named.items()})
            notes = expect_list(header.get(Key.WARNINGS, []))
            header[Key.WARNINGS] = [read_warning(note) for note in notes[:MAX_NOTES]]
            if Key.ERROR in header:
                return header, Raised(header[Key.ERROR])
            return header, self._codec.decode(header.get(Key.VALUE), buffers)

    def _is_argument(self, number: int) -> bool:
        """Whether that object is the suite's, and one that a subject may not modify; random generators it may."""
        shared = self._codec.shared
        return shared.is_own(number) and number in shared and not isinstance(shared.get(number), Generator)

    def _call_back(self, line: Line, header: Header, arguments: tuple[list[Any], dict[str, Any]]) -> None:
        """Call something of the suite's, because the subject does; what it raises goes back there."""
        number = header[Key.CALLBACK]
        self._suite.get(abs(number) if type(number) is int else number)
        try:
            value = self._suite.call(number, *arguments)
        except Exception as error:
            line.send({Key.ERROR: told_exception(error)}, [])
        else:
            self._send(line, {}, [value], {})

    def _serve_thread(self, line: Line, header: Header, arguments: Any) -> None:
        """As `_call_back`, in a thread where nothing waits for what is raised."""
        try:
            self._call_back(line, header, arguments)
        except ProtocolError as error:
            with contextlib.suppress(SubjectGoneError):
                self._end_for_violation(str(error))
        except OSError:  # it has ended; the next question says so
            pass

    # --- what is not a plain value

    def _encode_other(self, value: Any, _: list[Any]) -> Any:
        """The subject's own, what both sides have by name, or something to be called back."""
        if isinstance(value, Remote):
            if value._connection is not self:
                raise TypeError("an object of one subject cannot be handed to another")
            return {Tag.OBJECT: value._number}
        if isinstance(value, Method):
            return {Tag.METHOD: [self._encode_other(value._owner, [])[Tag.OBJECT], value._name]}
        place = place_of(value, self._helpers)
        return {Tag.NAMED: place} if place else {Tag.CALLABLE: self._suite.number_of(value)}

    def _decode_other(self, tag: str, body: Any, buffers: list[memoryview], depth: int) -> Any:
        if tag == Tag.CALLABLE:
            return self._suite.get(body)
        if tag != Tag.OBJECT or len(expect_list(body)) != 4:
            raise ProtocolError("this is not a form of a value")
        number, key, kind, seen = body
        if type(number) is not int or type(key) is not int or type(seen) is not dict or len(seen) > _MAX_ATTRIBUTES:
            raise ProtocolError("an object is malformed")
        if not 0 < number < MAX_NUMBER:  # beyond, two numbers can have the same hash
            raise ProtocolError("an object is malformed")
        remote = self._remotes.get(number)
        if remote is None:
            if kind is not None:
                self._kinds[key] = read_kind(kind)
            if key not in self._kinds or len(self._kinds) > _MAX_KINDS:
                raise ProtocolError("an object is of a class that was not introduced")
            remote = self._remotes[number] = self._kinds[key].make(self, number)
            weakref.finalize(remote, self._gone_remotes.append, number).atexit = False
        values = {name: self._codec.decode(form, buffers, depth + 1) for name, form in seen.items()}
        if values:
            self._told.append(values)
        object.__setattr__(remote, "_seen", values)
        object.__setattr__(remote, "_seen_at", self.epoch)
        return remote
