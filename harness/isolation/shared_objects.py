"""Objects that both sides can modify: which they are, what they held when last in step, and what has changed since.

A part of what runs in a sandbox: it imports NumPy, the standard library and modules beside it alone.
"""

from __future__ import annotations

import operator
import sys
import threading
import weakref
from typing import Any

import numpy as np

from .random_state import rng_state

_SHARED_SEQUENCE = 1000
"""Longer lists of lists travel as copies: watching each row would cost more than the call."""
_SMALL = 2048
"""Bytes of an array that is compared as a string of bytes; NumPy's own way costs more than that."""
_FEW = 16
"""An array of which less than one element in so many was modified is told by the places."""
MAX_NUMBER = 2**53
Places = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
"""Where the memory of an array, as integers in its own order, was modified, and what is there now."""


class IdentityError(ValueError):
    """A number for an object that has another one already, or that no object can have."""


class SharedObjects:
    """The modifiable objects that both sides know, by number, with what they held when they were last in step."""

    def __init__(self, *, first: int, weak: bool) -> None:
        """`first` is 0 or 1, and keeps the numbers of the two sides apart; `weak` lets go of objects that nobody else has."""
        self._parity = first
        self._next = first
        self._weak = weak
        self._held: dict[int, Any] = {}
        self._snapshots: dict[int, Any] = {}
        self._by_identity: dict[int, int] = {}
        self._dropped: list[int] = []
        self._lock = threading.RLock()

    def find(self, value: object) -> int | None:
        """The number of `value`, None when it has none."""
        with self._lock:
            number = self._by_identity.get(id(value))
            return number if number is not None and self._get(number) is value else None

    def add(self, value: object, number: int | None = None) -> int:
        """Give `value` a number (its own, or the one that the other side has given it).

        Raises `IdentityError` when `value` has a number, or the number an object: a second number for an object that this
        side has made would have changes of it look like changes of the other side's.
        """
        with self._lock:
            if self.find(value) is not None:
                raise IdentityError("an object cannot have a second number")
            if number is None:
                number = self._next
                self._next += 2
            elif self._get(number) is not None:
                raise IdentityError("a number cannot have a second object")
            self._held[number] = self._weakly(value, number) if self._weak and isinstance(value, np.ndarray) else value
            self._by_identity[id(value)] = number
            self._snapshots[number] = snapshot(value)
            return number

    def is_own(self, number: int) -> bool:
        """Whether this side has given the number. Raises `IdentityError` for one that neither side can have given."""
        if type(number) is not int or not 0 <= number < MAX_NUMBER:
            raise IdentityError(f"an object cannot have the number {number!r:.40}")
        is_own = number % 2 == self._parity
        if is_own and number >= self._next:
            raise IdentityError(f"the number {number} was not given to an object")
        return is_own

    def __contains__(self, number: object) -> bool:
        """Whether there is an object of that number."""
        return type(number) is int and self._get(number) is not None

    def get(self, number: object) -> Any:
        """The object of that number; raises `KeyError` when there is none."""
        value = self._get(number) if type(number) is int else None
        if value is None:
            raise KeyError(f"there is no shared object {number!r:.40}")
        return value

    def revive(self, number: int) -> Any:
        """The object of that number, None when it is forgotten; the other side goes on using the number."""
        with self._lock:
            self._dropped = [dropped for dropped in self._dropped if dropped != number]
            return self._get(number)

    def changed(self) -> list[tuple[int, Any, Places | None]]:
        """What has been modified since it was last in step, and where, when it is an array of which little was modified.

        From now on it counts as being in step.
        """
        found = []
        with self._lock:
            if self._weak:
                self._let_go()
            for number, before in list(self._snapshots.items()):
                value = self._get(number)
                if value is None or unchanged(value, before):
                    continue
                places = modified_places(value, before)
                if places is None:
                    self._snapshots[number] = snapshot(value)
                else:
                    before[2][places[0]] = places[1]
                found.append((number, value, places))
        return found

    def in_step(self, number: int, places: Places | None = None) -> None:
        """The object of that number holds what the other side's does; only these places of it are new."""
        with self._lock:
            before = self._snapshots.get(number)
            if places is not None and before is not None and type(before[2]) is np.ndarray:
                before[2][places[0]] = places[1]
            else:
                self._snapshots[number] = snapshot(self._get(number))

    def take_dropped(self) -> list[int]:
        """Numbers that the other side may forget."""
        with self._lock:
            dropped, self._dropped = self._dropped, []
            return dropped

    def drop(self, number: object) -> None:
        """Forget that object, if there is one."""
        with self._lock:
            if type(number) is int and number in self._held:
                self._forget(number, id(self._get(number)), tell=False)

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            for number in list(self._held):
                self._forget(number, id(self._get(number)))

    def _weakly(self, value: Any, number: int) -> Any:
        identity = id(value)
        return weakref.ref(value, lambda _: self._forget(number, identity))

    def _get(self, number: Any) -> Any:
        held = self._held.get(number)
        return held() if isinstance(held, weakref.ref) else held

    def _forget(self, number: int, identity: int, *, tell: bool = True) -> None:
        with self._lock:
            self._held.pop(number, None)
            self._snapshots.pop(number, None)
            if self._by_identity.get(identity) == number:
                del self._by_identity[identity]
            if tell:
                self._dropped.append(number)

    def _let_go(self) -> None:
        """Forget what only this table holds: lists and dictionaries have no weak references, but their holders can be counted."""
        for number in list(self._held):
            if _holders(self._held, number) <= _OWN_HOLDERS:
                self._forget(number, id(self._held[number]))


def _holders(held: dict[int, Any], number: int) -> int:
    value = held[number]
    return sys.maxsize if isinstance(value, weakref.ref) else sys.getrefcount(value)


_OWN_HOLDERS = _holders({0: []}, 0)
"""What `_holders` counts for an object that only this class holds."""


def is_shared(value: object) -> bool:
    """Whether both sides must see changes of `value`."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biufcSUMm"
    if type(value) is list:
        return len(value) <= _SHARED_SEQUENCE or not isinstance(value[0], list)
    return type(value) in (dict, set, bytearray, np.random.Generator)


def snapshot(value: Any) -> Any:
    """What `unchanged` needs to see a change later."""
    if isinstance(value, np.ndarray):
        bits = value.tobytes("A") if value.nbytes <= _SMALL else _bits(value).copy()
        return value.shape, value.flags.writeable, bits
    if isinstance(value, np.random.Generator):
        return rng_state(value)
    return value.copy()


def unchanged(value: Any, before: Any) -> bool:
    """Whether `value` still holds what it held at its snapshot."""
    if isinstance(value, np.ndarray):
        shape, writeable, bits = before
        if value.shape != shape or value.flags.writeable != writeable:
            return False
        if type(bits) is bytes:
            return value.tobytes("A") == bits
        return bool((_bits(value) == bits).all())
    if isinstance(value, np.random.Generator):
        return bool(rng_state(value) == before)
    if isinstance(value, list):
        return len(value) == len(before) and all(map(operator.is_, value, before))
    if isinstance(value, dict):
        return len(value) == len(before) and all(
            k is j and v is w for (k, v), (j, w) in zip(value.items(), before.items(), strict=True)
        )
    return bool(value == before)


def modified_places(value: Any, before: Any) -> Places | None:
    """Where a large array of numbers was modified, None for anything else, and when that is much of it."""
    if not isinstance(value, np.ndarray) or type(before[2]) is bytes or value.dtype.kind not in "iufc":
        return None
    if value.shape != before[0] or value.flags.writeable != before[1] or not value.flags.forc:
        return None
    bits = _bits(value)
    where = np.flatnonzero(bits != before[2])
    return (where, bits[where]) if len(where) * _FEW < len(bits) else None


def modify_places(array: np.ndarray[Any, Any], places: Places) -> None:
    """Do what was done on the other side. Raises `ValueError` for places that the array does not have."""
    where, now = places
    if not array.flags.forc or array.dtype.kind not in "iufc" or where.dtype != np.int64 or where.ndim != 1:
        raise ValueError("an array is modified in a way that it cannot be")
    bits = _bits(array)  # a view, for its memory has no gaps
    if now.dtype != bits.dtype or now.shape != where.shape:
        raise ValueError("places and what is there do not go together")
    if len(where) and not (int(where.min()) >= 0 and int(where.max()) < len(bits)):
        raise ValueError("an array has no such place")
    bits[where] = now


def _bits(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The memory of `array` as integers, in its own order; a copy only where it is scattered."""
    flat = np.ascontiguousarray(array.T if array.flags.f_contiguous else array).reshape(-1)
    return flat.view(np.uint64 if flat.nbytes % 8 == 0 and flat.itemsize % 8 == 0 else np.uint8)
