"""Plain values between the referee and the player: what may travel, how it looks on the way, and what keeps it equal.

A message is a JSON header followed by the raw buffers of arrays; nothing in it can name code, and nothing is ever
unpickled. `Codec.decode` builds numbers, strings, containers, dates and arrays of named dtypes, or raises `WireError`, in time
and memory that the size of the message bounds. Both sides use this module, and it imports NumPy and the standard library
alone, so that it can be laid into a sandbox by itself.

What can be modified (arrays, lists, dictionaries, sets, random generators) is shared: each such object that crosses over becomes
a cell with a number, and each message carries the cells that have changed since the last. So a subject that modifies its
arguments, keeps the caller's array or returns its own is seen to do so, as if it ran in the same process.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import datetime as dt
import json
import math
import random
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import numpy as np

try:  # in a sandbox this module lies beside the other one, and there is no package
    from harness.isolation.shared_objects import Cells, IdentityError, Places, is_shared, modify_places, rng_state
except ImportError:
    from shared_objects import (  # type: ignore[import-not-found,no-redef]
        Cells,
        IdentityError,
        Places,
        is_shared,
        modify_places,
        rng_state,
    )

MAX_HEADER = 16 * 2**20
"""Bytes of a header: more would take long to parse."""
MAX_BODY = 512 * 2**20
MAX_BUFFERS = 100_000
MAX_DEPTH = 64
MAX_ELEMENTS = 2**31
"""Elements that an array may claim, zeros counted as ones."""

MAX_BRIEF = 1024
"""Bytes of a value that is told before anybody asks for it."""

_PIECE = 2**14
_PATIENCE_MS = 250
_ALIGNMENT = 16
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_HEAD = struct.Struct("<IQ")
_DTYPE = re.compile(
    r"[<>|]?(?:b1|[iu][1248]|f(?:2|4|8|16)|c(?:8|16|32)|[SU]\d{1,6}|[Mm]8(?:\[\d{0,4}[a-zA-Z]{1,2}\])?)"
)
Header = dict[str, Any]


class WireError(Exception):
    """What came over the wire is no message of this protocol."""


class Channel:
    """Messages over a stream socket. Sending is locked; receiving is one thread's business at a time."""

    def __init__(
        self, sock: socket.socket, *, max_body: int = MAX_BODY, while_waiting: Callable[[], None] | None = None
    ) -> None:
        """`while_waiting` is called every now and then while a message is waited for; what it raises is raised."""
        self._socket = sock
        self._while_waiting = while_waiting
        if while_waiting is not None:  # the kernel's timeout: one of Python's own would cost another call each time
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, _PATIENCE_MS * 1000))
        self._max_body = max_body
        self._sending = threading.Lock()
        self._ahead = bytearray()

    def send(self, header: Header, buffers: list[Any]) -> None:
        """Send one message; raises `OSError` when the other side is gone."""
        header["b"] = sizes = [len(buffer) for buffer in buffers]
        body_size = sum(sizes)
        head = _ENCODER.encode(header).encode()
        head += b" " * (-(_HEAD.size + len(head)) % _ALIGNMENT)  # so that arrays can be used where they come to lie
        first = _HEAD.pack(len(head), body_size) + head
        parts: list[Any] = [b"".join((first, *buffers))] if body_size <= _PIECE else [first, *buffers]
        with self._sending:
            for part in parts:  # what is small goes in one piece: each would wake the other side
                self._socket.sendall(part)

    def receive(self) -> tuple[Header, list[memoryview]]:
        """The next message. Raises `EOFError` at the end of the stream, and `WireError` for what is no message."""
        data, self._ahead = self._ahead, bytearray()
        self._read(data, _HEAD.size)
        head_size, body_size = _HEAD.unpack_from(data)
        if head_size > MAX_HEADER or body_size > self._max_body:
            raise WireError(f"a message of {head_size + body_size} bytes is too large")
        begin = _HEAD.size + head_size
        end = begin + body_size
        self._read(data, end)
        if len(data) > end:
            self._ahead = data[end:]
        whole = memoryview(data)
        header = _parse(bytes(whole[_HEAD.size : begin]))
        sizes = header.pop("b", None)
        if not isinstance(sizes, list) or len(sizes) > MAX_BUFFERS or not all(type(n) is int and n >= 0 for n in sizes):
            raise WireError("a message does not say how long its buffers are")
        if sum(sizes) != body_size:
            raise WireError("the buffers of a message are not as long as it says")
        buffers = []
        for size in sizes:
            buffers.append(whole[begin : begin + size])
            begin += size
        return header, buffers

    def _read(self, data: bytearray, size: int) -> None:
        """Let `data` grow to `size` bytes at least; memory grows with what came, not with what was announced."""
        while len(data) < size:
            try:
                piece = self._socket.recv(max(_PIECE, min(size - len(data), 2**20)))
            except BlockingIOError:
                if self._while_waiting is not None:
                    self._while_waiting()
                continue
            if not piece:
                raise EOFError("the other side has closed the connection")
            data += piece

    def close(self) -> None:
        """Wake whoever waits for a message, and send no more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def _parse(data: bytes) -> Header:
    try:
        header = json.loads(data.decode())
    except (ValueError, RecursionError, MemoryError) as error:
        raise WireError(f"the header of a message is no JSON: {type(error).__name__}") from None
    if not isinstance(header, dict):
        raise WireError("the header of a message is no object")
    return header


# --- random generators ---------------------------------------------------------------------------------------------


def _unlisted(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"array", "dtype"}:
            return np.frombuffer(bytes.fromhex(value["array"]), dtype=_dtype(value["dtype"]))
        return {key: _unlisted(item) for key, item in value.items()}
    return value


def set_rng_state(rng: np.random.Generator, state: Any) -> None:
    """Put `rng` into a state that `rng_state` has told; raises `WireError` for anything else."""
    try:
        rng.bit_generator.state = _unlisted(state)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise WireError(f"this is no state of a random generator: {type(error).__name__}") from None


class GlobalRandom:
    """NumPy's global random generator: whether it has moved, and its state as JSON can say it.

    Looking whether it has moved comes with every message, so it must cost nothing: it reads the generator's memory, whose
    address NumPy publishes, instead of asking for a copy of its state, and writes there as well.
    """

    def __init__(self) -> None:
        self.watches_standard_library = False
        """Whether the state of `random` is watched as well; it costs more."""
        self._standard = random.getstate()
        self._generator = np.random.get_bit_generator()  # type: ignore[attr-defined]
        self._address = self._generator.ctypes.state_address
        self._seen = self._memory()

    def has_moved(self) -> bool:
        """Whether it has moved since this was last asked, or `set` was called."""
        now = self._memory()
        has_moved, self._seen = now != self._seen, now
        if self.watches_standard_library:
            state = random.getstate()
            has_moved, self._standard = has_moved or state != self._standard, state
        return has_moved

    def state(self) -> Any:
        """Its state, and that of `random` where it is watched."""
        return [self._memory().hex(), random.getstate() if self.watches_standard_library else None]

    def set(self, state: Any) -> None:
        """Put it into that state; raises `WireError` for anything else."""
        try:
            numpys, standard = _list(state)
            self._overwrite(bytes.fromhex(numpys))
            if standard is not None and self.watches_standard_library:
                version, words, gauss = _list(standard)
                random.setstate((version, tuple(words), gauss))
                self._standard = random.getstate()
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise WireError(f"this is no state of the global random generator: {type(error).__name__}") from None
        self._seen = self._memory()

    def _overwrite(self, memory: bytes) -> None:
        if len(memory) != _MT19937_BYTES or not 0 <= int.from_bytes(memory[-4:], sys.byteorder, signed=True) <= _WORDS:
            raise ValueError("a position among the words, or they themselves, are missing")
        ctypes.memmove(self._address, memory, _MT19937_BYTES)

    def _memory(self) -> bytes:
        return ctypes.string_at(self._address, _MT19937_BYTES)


_WORDS = 624
_MT19937_BYTES = 4 * (_WORDS + 1)
"""The words of its state and the position among them (Matsumoto and Nishimura, 1998)."""


# --- values ------------------------------------------------------------------------------------------------------------


def is_brief(value: object) -> bool:
    """Whether to tell an attribute along with the object that holds it: a plain value, or a few of them."""
    if type(value) is np.ndarray:
        return value.nbytes <= MAX_BRIEF and value.dtype.kind in "biuf"
    if type(value) is list:
        return len(value) * 8 <= MAX_BRIEF and all(type(item) in (bool, int, float, str) for item in value)
    return value is None or type(value) in (bool, int, float, str)


class Codec:
    """Values to JSON and buffers, and back.

    `encode_other(value, buffers)` is asked for the form of what is no plain value, `decode_other(tag, body, buffers,
    depth)` for the value of a form that this class does not know.
    """

    def __init__(
        self,
        cells: Cells,
        encode_other: Callable[[object, list[Any]], Any],
        decode_other: Callable[[str, Any, list[memoryview], int], object],
        *,
        resend: bool = False,
    ) -> None:
        """With `resend`, a cell carries its content each time: the other side may have forgotten it by now."""
        self.cells = cells
        self._resend = resend
        self._encode_other = encode_other
        self._decode_other = decode_other
        self._decoders = {
            "r": self._known_cell,
            "m": self._new_cell,
            "d": self._dict,
            "n": self._scalar,
            "a": self._numeric_array,
            "O": self._object_array,
        }

    # --- there

    def encode(self, value: Any, buffers: list[Any], depth: int = 0) -> Any:
        """The form of `value`; what belongs into buffers is appended to `buffers`."""
        kind = type(value)  # never isinstance: a class can say of its objects that they are anything
        if value is None or kind in (bool, int, float, str):
            return value
        if depth > MAX_DEPTH:
            raise WireError(f"a value is nested more than {MAX_DEPTH} deep")
        if is_shared(value):
            number = self.cells.find(value)
            if number is not None and not self._resend:
                return {"r": number}
            content = self._content(value, buffers, depth)
            if content is None:
                return self._encode_other(value, buffers)
            return {"m": [self.cells.add(value) if number is None else number, content]}
        if issubclass(kind, np.generic):
            return self._encode_scalar(value, buffers)
        for base, form_of in _FORMS:
            if issubclass(kind, base):
                return form_of(value)
        if issubclass(kind, (tuple, frozenset, list, dict, set, bytearray, np.ndarray)):
            content = self._content(value, buffers, depth)
            return content if content is not None else self._encode_other(value, buffers)
        return self._encode_other(value, buffers)

    def _encode_scalar(self, value: np.generic, buffers: list[Any]) -> Any:
        array = np.asarray(value)
        if not _DTYPE.fullmatch(array.dtype.str):
            return self._encode_other(value, buffers)
        buffers.append(array.tobytes())
        return {"n": [array.dtype.str, len(buffers) - 1]}

    def _content(self, value: Any, buffers: list[Any], depth: int) -> Any:
        """The form of a container without its number, None when it has none."""
        if isinstance(value, np.ndarray):
            return self._array(value, buffers, depth)
        if isinstance(value, np.random.Generator):
            return {"g": rng_state(value)}
        if isinstance(value, bytearray):
            return {"Y": base64.b64encode(value).decode()}
        if isinstance(value, dict):
            pairs = [
                (self.encode(k, buffers, depth + 1), self.encode(v, buffers, depth + 1)) for k, v in dict.items(value)
            ]
            return {"d": pairs}
        tag = next(tag for kind, tag in _SEQUENCES if isinstance(value, kind))
        return {tag: [self.encode(item, buffers, depth + 1) for item in tuple(value)]}

    def _array(self, array: np.ndarray[Any, Any], buffers: list[Any], depth: int) -> Any:
        """`[dtype, shape, layout, writeable, buffer]`; the layout is C, F, or S for memory with gaps."""
        if array.dtype.kind == "O":
            items = [self.encode(item, buffers, depth + 1) for item in array.reshape(-1).tolist()]
            return {"O": [list(array.shape), items]}
        if array.dtype.kind not in "biufcSUMm" or not _DTYPE.fullmatch(array.dtype.str):
            return None
        layout = "C" if array.flags.c_contiguous else "F" if array.flags.f_contiguous else "S"
        if array.nbytes <= _PIECE:
            buffers.append(array.tobytes("F" if layout == "F" else "C"))
        else:  # dates have no buffer interface; bytes of the same memory do
            buffers.append(np.ascontiguousarray(array.T if layout == "F" else array).reshape(-1).view(np.uint8))
        return {"a": [array.dtype.str, list(array.shape), layout, bool(array.flags.writeable), len(buffers) - 1]}

    # --- and back

    def decode(self, form: Any, buffers: list[memoryview], depth: int = 0) -> Any:
        """The value of a form. Raises `WireError` for whatever `encode` would not have made."""
        if form is None or type(form) in (bool, int, float, str):
            return form
        if type(form) is not dict or len(form) != 1 or depth > MAX_DEPTH:
            raise WireError("this is no form of a value")
        ((tag, body),) = form.items()
        try:
            if tag in _PLAIN:
                return _PLAIN[tag](body)
            if tag in self._decoders:
                return self._decoders[tag](body, buffers, depth)
            if tag in _BUILDERS:
                return _BUILDERS[tag]([self.decode(item, buffers, depth + 1) for item in _list(body)])
        except WireError:
            raise
        except IdentityError as error:
            raise WireError(str(error)) from None
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, MemoryError) as error:
            raise WireError(f"a value of kind {tag!r:.20} is malformed: {type(error).__name__}") from None
        return self._decode_other(str(tag), body, buffers, depth)

    def _known_cell(self, body: Any, _buffers: list[memoryview], _depth: int) -> Any:
        return self.cells.get(body)

    def _new_cell(self, body: Any, buffers: list[memoryview], depth: int) -> Any:
        number, content = _list(body)
        self.cells.is_own(number)
        kind = _content_type(content)
        known = self.cells.revive(number)
        if known is None:
            known = self.decode(content, buffers, depth + 1)
            if not is_shared(known):
                raise WireError("what came as a cell cannot be modified")
            self.cells.add(known, number)
        elif not isinstance(known, kind):
            raise WireError("a number stands for objects of two kinds")
        return known

    def _dict(self, body: Any, buffers: list[memoryview], depth: int) -> dict[Any, Any]:
        pairs = [_list(pair) for pair in _list(body)]
        return {self.decode(k, buffers, depth + 1): self.decode(v, buffers, depth + 1) for k, v in pairs}

    def _scalar(self, body: Any, buffers: list[memoryview], _depth: int) -> Any:
        dtype, index = _list(body)
        return _build_array([dtype, [], "C", False, index], buffers)[()]

    def _numeric_array(self, body: Any, buffers: list[memoryview], _depth: int) -> np.ndarray[Any, Any]:
        return _build_array(body, buffers)

    def _object_array(self, body: Any, buffers: list[memoryview], depth: int) -> np.ndarray[Any, Any]:
        shape, items = _list(body)
        array = np.empty(len(_list(items)), dtype=object)
        for i, item in enumerate(items):
            array[i] = self.decode(item, buffers, depth + 1)
        return array.reshape(_shape(shape))

    # --- changes

    def encode_changes(self, buffers: list[Any]) -> list[Any]:
        """All that was modified since the last message."""
        return [
            [number, self._content(value, buffers, 0) if places is None else self._places(places, buffers)]
            for number, value, places in self.cells.changed()
        ]

    def _places(self, places: Places, buffers: list[Any]) -> Any:
        """The form of an array of which little was modified: two arrays, where and what."""
        return {"z": [self._array(part, buffers, 0) for part in places]}

    def apply_changes(self, changes: Any, buffers: list[memoryview]) -> list[int]:
        """Do here what was done there; returns the numbers of what was modified. Raises `WireError` for anything else."""
        numbers = []
        for change in _list(changes):
            if len(_list(change)) != 2:
                raise WireError("a change is malformed")
            number, form = change
            try:
                self.cells.is_own(number)
            except IdentityError as error:
                raise WireError(str(error)) from None
            target = self.cells.get(number) if number in self.cells else None
            if target is None:  # forgotten here, while the message was under way
                continue
            self.cells.in_step(number, self._change(target, form, buffers))
            numbers.append(number)
        return numbers

    def _change(self, target: Any, form: Any, buffers: list[memoryview]) -> Places | None:
        if type(form) is dict and set(form) == {"z"}:
            return self._modify(target, form["z"], buffers)
        _content_type(form)
        _overwrite(target, form.get("g") if isinstance(target, np.random.Generator) else self.decode(form, buffers))
        return None

    def _modify(self, target: Any, body: Any, buffers: list[memoryview]) -> Places | None:
        places = tuple(self.decode(form, buffers) for form in _list(body))
        if len(places) != 2 or not all(isinstance(value, np.ndarray) for value in (target, *places)):
            raise WireError("an array is modified in a way that it cannot be")
        was_writeable = target.flags.writeable
        with contextlib.suppress(ValueError):  # a view of what is read-only stays so, there as here
            target.flags.writeable = True
        if not target.flags.writeable:
            return None
        try:
            modify_places(target, places)
        except ValueError as error:
            raise WireError(str(error)) from None
        target.flags.writeable = was_writeable
        return places


def _overwrite(target: Any, new: Any) -> None:
    """Give `target` the content of `new`."""
    if isinstance(target, np.random.Generator):
        set_rng_state(target, new)
    elif type(target) is not type(new):
        raise WireError(f"a {type(target).__name__} was changed into a {type(new).__name__}")
    elif isinstance(target, np.ndarray):
        if target.dtype != new.dtype or target.size != new.size:
            raise WireError("an array was changed into one of another kind")
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


def _list(body: Any) -> list[Any]:
    if type(body) is not list:
        raise WireError("a list was expected")
    return body


def _content_type(form: Any) -> type:
    """The type of the object that a form has the content of: a new object, and never one that is known."""
    kind = _CONTENTS.get(next(iter(form))) if type(form) is dict and len(form) == 1 else None
    if kind is None:
        raise WireError("a shared object has no content")
    return kind


def _dtype(text: Any) -> np.dtype[Any]:
    if type(text) is not str or not _DTYPE.fullmatch(text):
        raise WireError("an array has a dtype that may not travel")
    return np.dtype(text)


def _shape(shape: Any) -> tuple[int, ...]:
    sizes = _list(shape)
    total = 1
    if len(sizes) > 32:
        raise WireError("an array has too many axes")
    for size in sizes:
        if type(size) is not int or size < 0:
            raise WireError("an array has an impossible shape")
        total *= max(size, 1)
        if total > MAX_ELEMENTS:
            raise WireError("an array is too large")
    return tuple(sizes)


def _buffer(index: Any, buffers: list[memoryview]) -> memoryview:
    if type(index) is not int or not 0 <= index < len(buffers):
        raise WireError("a value has no buffer")
    return buffers[index]


def _build_array(body: Any, buffers: list[memoryview]) -> np.ndarray[Any, Any]:
    dtype_text, shape_list, layout, writeable, index = _list(body)
    dtype, shape, data = _dtype(dtype_text), _shape(shape_list), _buffer(index, buffers)
    size = math.prod(shape)
    if dtype.itemsize == 0:  # strings without a character
        if size > MAX_BUFFERS or len(data):
            raise WireError("an array is not as long as it says")
        return np.zeros(shape, dtype=dtype)
    if size * dtype.itemsize != len(data):
        raise WireError("an array is not as long as it says")
    if size == 0:
        array = np.zeros(shape, dtype=dtype)
    elif dtype.kind == "b":  # any byte but 0 and 1 would be a bool that equals neither
        array = (np.frombuffer(data, dtype=np.uint8) != 0).reshape(shape, order="F" if layout == "F" else "C")
    else:
        array = np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if layout == "F" else "C")
    if layout == "S" and array.ndim:
        spread = np.empty((*shape[:-1], 2 * shape[-1]), dtype=dtype)[..., ::2]
        spread[...] = array
        array = spread
    elif not array.flags.aligned:
        array = array.copy(order="K")
    if writeable is not True:
        array.flags.writeable = False
    return array


def _delta(value: dt.timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


def _datetime(value: dt.datetime) -> list[Any]:
    offset = value.utcoffset()
    return [value.replace(tzinfo=None).isoformat(), value.fold, None if offset is None else _delta(offset)]


def _from_datetime(body: Any) -> dt.datetime:
    text, fold, offset = _list(body)
    zone = None if offset is None else dt.timezone(dt.timedelta(*_ints(offset)))
    return dt.datetime.fromisoformat(text).replace(fold=fold, tzinfo=zone)


def _ints(body: Any) -> list[int]:
    numbers = _list(body)
    if not all(type(number) is int for number in numbers):
        raise WireError("whole numbers were expected")
    return numbers


_SEQUENCES: tuple[tuple[type, str], ...] = ((tuple, "t"), (list, "l"), (frozenset, "f"), (set, "s"))
_FORMS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, int.__int__),  # these three: the bare value of a subclass, whatever that subclass overrides
    (float, float.__float__),
    (str, str.__str__),
    (complex, lambda value: {"c": [value.real, value.imag]}),
    (dt.datetime, lambda value: {"D": _datetime(value)}),
    (dt.date, lambda value: {"E": value.isoformat()}),
    (dt.timedelta, lambda value: {"T": _delta(value)}),
    (slice, lambda value: {"i": [value.start, value.stop, value.step]}),
    (range, lambda value: {"R": [value.start, value.stop, value.step]}),
    (type(Ellipsis), lambda _: {"e": 0}),
    (PurePath, lambda value: {"p": str(value)}),
    (bytes, lambda value: {"y": base64.b64encode(value).decode()}),
)
_PLAIN: dict[str, Callable[[Any], Any]] = {
    "c": lambda body: complex(float(body[0]), float(body[1])),
    "D": _from_datetime,
    "E": dt.date.fromisoformat,
    "T": lambda body: dt.timedelta(*_ints(body)),
    "i": lambda body: slice(*body) if all(type(n) in (int, type(None)) for n in _list(body)) else _refuse(),
    "R": lambda body: range(*_ints(body)),
    "e": lambda _: ...,
    "p": lambda body: Path(body) if type(body) is str else _refuse(),
    "y": lambda body: base64.b64decode(body, validate=True),
    "Y": lambda body: bytearray(base64.b64decode(body, validate=True)),
    "g": lambda body: _generator(body),  # noqa: PLW0108 (defined below)
}
_CONTENTS: dict[str, type] = {
    "a": np.ndarray,
    "l": list,
    "d": dict,
    "s": set,
    "Y": bytearray,
    "g": np.random.Generator,
}
"""The forms of what can be modified."""
_BUILDERS: dict[str, Callable[[list[Any]], Any]] = {"t": tuple, "l": list, "f": frozenset, "s": set}


def _refuse() -> Any:
    raise WireError("a value is malformed")


def _generator(state: Any) -> np.random.Generator:
    """A generator of one of NumPy's own kinds, in that state."""
    kinds = {
        kind.__name__: kind
        for kind in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)
    }
    name = state.get("bit_generator") if isinstance(state, dict) else None
    if name not in kinds:
        raise WireError("there is no such random generator")
    rng = np.random.Generator(kinds[name]())
    set_rng_state(rng, state)
    return rng
