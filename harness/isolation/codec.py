"""Values to forms and buffers, and back; and what keeps shared objects equal on both sides.

`Codec.decode` builds numbers, strings, containers, dates and arrays of named dtypes, or raises `ProtocolError`, in time and
memory that the size of the message bounds; nothing is ever unpickled.

What can be modified (arrays, lists, dictionaries, sets, random generators) is shared: each such object that crosses over has
a number, and each message carries what has changed since the last. So a subject that modifies its arguments, keeps the
caller's array or returns its own is seen to do so, as if it ran in the same process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

# Relative, because in a sandbox copies of these modules are a package of another name.
from .forms import (
    PLAIN_FORMS,
    PLAIN_READERS,
    array_form,
    bytearray_form,
    read_array,
    read_scalar,
    read_shape,
    scalar_form,
)
from .protocol import ProtocolError, Tag, expect_list
from .random_state import new_generator, rng_state, set_rng_state
from .shared_objects import IdentityError, Places, SharedObjects, is_shared, modify_places

MAX_DEPTH = 64
_SEQUENCES: tuple[tuple[type, str], ...] = (
    (tuple, Tag.TUPLE),
    (list, Tag.LIST),
    (frozenset, Tag.FROZENSET),
    (set, Tag.SET),
)
_BUILDERS = {tag: kind for kind, tag in _SEQUENCES}
_CONTAINERS = (*_BUILDERS.values(), dict, bytearray, np.ndarray)
_READERS: dict[str, Callable[[Any], Any]] = {**PLAIN_READERS, Tag.GENERATOR: new_generator}
_CONTENTS: dict[str, type] = {
    Tag.ARRAY: np.ndarray,
    Tag.LIST: list,
    Tag.DICT: dict,
    Tag.SET: set,
    Tag.BYTEARRAY: bytearray,
    Tag.GENERATOR: np.random.Generator,
}
"""The forms of what can be modified."""


class Codec:
    """Values to JSON and buffers, and back.

    `encode_other(value, buffers)` is asked for the form of what is not a plain value, `decode_other(tag, body, buffers,
    depth)` for the value of a form that this class does not know.
    """

    def __init__(
        self,
        shared: SharedObjects,
        encode_other: Callable[[object, list[Any]], Any],
        decode_other: Callable[[str, Any, list[memoryview], int], object],
        *,
        resend: bool = False,
    ) -> None:
        """With `resend`, a shared object carries its content each time: the other side may have forgotten it by now."""
        self.shared = shared
        self._resend = resend
        self._encode_other = encode_other
        self._decode_other = decode_other
        self._decoders: dict[str, Callable[[Any, list[memoryview], int], Any]] = {
            Tag.KNOWN: lambda body, _buffers, _depth: self.shared.get(body),
            Tag.SHARED: self._read_shared,
            Tag.DICT: self._read_dict,
            Tag.SCALAR: lambda body, buffers, _depth: read_scalar(body, buffers),
            Tag.ARRAY: lambda body, buffers, _depth: read_array(body, buffers),
            Tag.OBJECTS: self._read_objects,
        }

    # --- values to forms

    def encode(self, value: Any, buffers: list[Any], depth: int = 0) -> Any:
        """The form of `value`; what belongs into buffers is appended to `buffers`."""
        kind = type(value)  # never isinstance: a class can say of its objects that they are anything
        if value is None or kind in (bool, int, float, str):
            return value
        if depth > MAX_DEPTH:
            raise ProtocolError(f"a value is nested more than {MAX_DEPTH} deep")
        if is_shared(value):
            return self._shared_form(value, buffers, depth)
        form = None
        if issubclass(kind, np.generic):
            form = scalar_form(value, buffers)
        elif issubclass(kind, _CONTAINERS):
            form = self._content(value, buffers, depth)
        else:
            for base, form_of in PLAIN_FORMS:
                if issubclass(kind, base):
                    return form_of(value)
        return form if form is not None else self._encode_other(value, buffers)

    def _shared_form(self, value: Any, buffers: list[Any], depth: int) -> Any:
        number = self.shared.find(value)
        if number is not None and not self._resend:
            return {Tag.KNOWN: number}
        content = self._content(value, buffers, depth)
        if content is None:
            return self._encode_other(value, buffers)
        return {Tag.SHARED: [self.shared.add(value) if number is None else number, content]}

    def _content(self, value: Any, buffers: list[Any], depth: int) -> Any:
        """The form of a container without its number, None when it has none."""
        if isinstance(value, np.ndarray):
            return self._array(value, buffers, depth)
        if isinstance(value, np.random.Generator):
            return {Tag.GENERATOR: rng_state(value)}
        if isinstance(value, bytearray):
            return bytearray_form(value)
        if isinstance(value, dict):
            pairs = [
                (self.encode(k, buffers, depth + 1), self.encode(v, buffers, depth + 1)) for k, v in dict.items(value)
            ]
            return {Tag.DICT: pairs}
        tag = next(tag for kind, tag in _SEQUENCES if isinstance(value, kind))
        return {tag: [self.encode(item, buffers, depth + 1) for item in tuple(value)]}

    def _array(self, array: np.ndarray[Any, Any], buffers: list[Any], depth: int) -> Any:
        if array.dtype.kind != "O":
            return array_form(array, buffers)
        items = [self.encode(item, buffers, depth + 1) for item in array.reshape(-1).tolist()]
        return {Tag.OBJECTS: [list(array.shape), items]}

    # --- forms to values

    def decode(self, form: Any, buffers: list[memoryview], depth: int = 0) -> Any:
        """The value of a form. Raises `ProtocolError` for whatever `encode` would not have made."""
        if form is None or type(form) in (bool, int, float, str):
            return form
        if type(form) is not dict or len(form) != 1 or depth > MAX_DEPTH:
            raise ProtocolError("this is not a form of a value")
        ((tag, body),) = form.items()
        try:
            if tag in _READERS:
                return _READERS[tag](body)
            if tag in self._decoders:
                return self._decoders[tag](body, buffers, depth)
            if tag in _BUILDERS:
                return _BUILDERS[tag]([self.decode(item, buffers, depth + 1) for item in expect_list(body)])
        except IdentityError as error:
            raise ProtocolError(str(error)) from None
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, MemoryError) as error:
            raise ProtocolError(f"a value of kind {tag!r:.20} is malformed: {type(error).__name__}") from None
        return self._decode_other(str(tag), body, buffers, depth)

    def _read_shared(self, body: Any, buffers: list[memoryview], depth: int) -> Any:
        number, content = expect_list(body)
        self.shared.is_own(number)
        kind = _content_type(content)
        known = self.shared.revive(number)
        if known is None:
            known = self.decode(content, buffers, depth + 1)
            if not is_shared(known):
                raise ProtocolError("what came as a shared object cannot be modified")
            self.shared.add(known, number)
        elif not isinstance(known, kind):
            raise ProtocolError("a number stands for objects of two kinds")
        return known

    def _read_dict(self, body: Any, buffers: list[memoryview], depth: int) -> dict[Any, Any]:
        pairs = [expect_list(pair) for pair in expect_list(body)]
        return {self.decode(k, buffers, depth + 1): self.decode(v, buffers, depth + 1) for k, v in pairs}

    def _read_objects(self, body: Any, buffers: list[memoryview], depth: int) -> np.ndarray[Any, Any]:
        shape, items = expect_list(body)
        array = np.empty(len(expect_list(items)), dtype=object)
        for i, item in enumerate(items):
            array[i] = self.decode(item, buffers, depth + 1)
        return array.reshape(read_shape(shape))

    # --- changes

    def encode_changes(self, buffers: list[Any]) -> list[Any]:
        """All that was modified since the last message."""
        return [
            [number, self._content(value, buffers, 0) if places is None else self._places(places, buffers)]
            for number, value, places in self.shared.changed()
        ]

    def _places(self, places: Places, buffers: list[Any]) -> Any:
        """The form of an array of which little was modified: two arrays, where and what."""
        return {Tag.PLACES: [array_form(part, buffers) for part in places]}

    def apply_changes(self, changes: Any, buffers: list[memoryview]) -> list[int]:
        """Do here what was done there; returns the numbers of what was modified. Raises `ProtocolError` for anything else."""
        numbers = []
        for change in expect_list(changes):
            if len(expect_list(change)) != 2:
                raise ProtocolError("a change is malformed")
            number, form = change
            try:
                self.shared.is_own(number)
            except IdentityError as error:
                raise ProtocolError(str(error)) from None
            target = self.shared.get(number) if number in self.shared else None
            if target is None:  # forgotten here, while the message was under way
                continue
            self.shared.in_step(number, self._change(target, form, buffers))
            numbers.append(number)
        return numbers

    def _change(self, target: Any, form: Any, buffers: list[memoryview]) -> Places | None:
        if type(form) is dict and set(form) == {Tag.PLACES}:
            return self._modify(target, form[Tag.PLACES], buffers)
        _content_type(form)
        is_generator = isinstance(target, np.random.Generator)
        _overwrite(target, form.get(Tag.GENERATOR) if is_generator else self.decode(form, buffers))
        return None

    def _modify(self, target: Any, body: Any, buffers: list[memoryview]) -> Places | None:
        places = tuple(self.decode(form, buffers) for form in expect_list(body))
        if len(places) != 2 or not all(isinstance(value, np.ndarray) for value in (target, *places)):
            raise ProtocolError("an array is modified in a way that it cannot be")
        was_writeable = target.flags.writeable
        with contextlib.suppress(ValueError):  # a view of what is read-only stays so, there as here
            target.flags.writeable = True
        if not target.flags.writeable:
            return None
        try:
            modify_places(target, places)
        except ValueError as error:
            raise ProtocolError(str(error)) from None
        target.flags.writeable = was_writeable
        return places


def _overwrite(target: Any, new: Any) -> None:
    """Give `target` the content of `new`."""
    if isinstance(target, np.random.Generator):
        set_rng_state(target, new)
    elif type(target) is not type(new):
        raise ProtocolError(f"a {type(target).__name__} was changed into a {type(new).__name__}")
    elif isinstance(target, np.ndarray):
        if target.dtype != new.dtype or target.size != new.size:
            raise ProtocolError("an array was changed into one of another kind")
        with contextlib.suppress(ValueError):  # a view of what is read-only stays so, there as here
            target.flags.writeable = True
        if target.flags.writeable:
            if target.shape != new.shape and target.flags.owndata:
                target.resize(new.shape, refcheck=False)
            target[...] = new.reshape(target.shape)
            target.flags.writeable = new.flags.writeable
    elif isinstance(target, list | bytearray):
        target[:] = new
    else:
        target.clear()
        target.update(new)


def _content_type(form: Any) -> type:
    """The type of the object that a form has the content of: a new object, and never one that is known."""
    kind = _CONTENTS.get(next(iter(form))) if type(form) is dict and len(form) == 1 else None
    if kind is None:
        raise ProtocolError("a shared object has no content")
    return kind
