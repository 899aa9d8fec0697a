"""Objects of the subject's, which stay with the server: what stands for them on the suite's side.

A `Remote` has no ability that the suite does not use itself, so an object that lies about what it is equals nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from harness.isolation.protocol import ProtocolError, expect_list

if TYPE_CHECKING:
    from harness.isolation.client import Connection

NAME = re.compile(r"[^\W\d]\w{0,99}")
_NOTHING = object()


class Remote:
    """An object of the subject's. Plain values come here; this stayed there."""

    __slots__ = ("__weakref__", "_connection", "_kind", "_number", "_seen", "_seen_at")
    _connection: Connection
    _number: int
    _kind: Kind
    _seen: dict[str, Any]
    """Brief attributes as they were told with the object; they hold until something else is asked."""
    _seen_at: int

    def __init__(self, connection: Connection, number: int, kind: Kind) -> None:
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
            return Method(self, name)
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


class Method:
    """A method of a `Remote`, looked up where it is called."""

    __slots__ = ("_name", "_owner")

    def __init__(self, owner: Remote, name: str) -> None:
        self._owner = owner
        self._name = name

    @property
    def __name__(self) -> str:
        """As a method's."""
        return self._name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it there."""
        return self._owner._connection.ask("method", self._owner, self._name, *args, **kwargs)


def ask_each(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """`[function(*args) for args in arguments]`, as one question when the function, or the method, is the subject's."""
    owner: object = function._owner if isinstance(function, Method) else function
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


class Kind:
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


def read_kind(body: Any) -> Kind:
    """A class as the server has described it; raises `ProtocolError` for anything else."""
    parts = expect_list(body)
    if len(parts) != 3 or not isinstance(parts[0], str):
        raise ProtocolError("a class is malformed")
    abilities, methods = expect_list(parts[1]), expect_list(parts[2])
    if not all(isinstance(word, str) and word in _ABILITIES for word in abilities):
        raise ProtocolError("a class is malformed")
    if len(methods) > 200 or not all(isinstance(method, str) and NAME.fullmatch(method) for method in methods):
        raise ProtocolError("a class is malformed")
    return Kind(parts[0] if NAME.fullmatch(parts[0]) else "object", abilities, methods)
