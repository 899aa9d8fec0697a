"""Forms of plain values: numbers, dates, bytes, paths, and arrays of named dtypes. See the table in `protocol`.

Nothing here can name code, and reading a form takes time and memory that the size of its message bounds.
"""

from __future__ import annotations

import base64
import datetime as dt
import math
import re
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from .protocol import ProtocolError, Tag, expect_list

MAX_ELEMENTS = 2**31
"""Elements that an array may claim, zeros counted as ones."""
MAX_EMPTY = 100_000
"""Elements of an array whose elements have no bytes."""
MAX_BRIEF = 1024
"""Bytes of a value that is told before anybody asks for it."""
SMALL = 2**14
"""Bytes of an array that is copied rather than sent from where it is."""

_DTYPE = re.compile(
    r"[<>|]?(?:b1|[iu][1248]|f(?:2|4|8|16)|c(?:8|16|32)|[SU]\d{1,6}|[Mm]8(?:\[\d{0,4}[a-zA-Z]{1,2}\])?)"
)


def is_brief(value: object) -> bool:
    """Whether to tell an attribute along with the object that holds it: a plain value, or a few of them."""
    if type(value) is np.ndarray:
        return value.nbytes <= MAX_BRIEF and value.dtype.kind in "biuf"
    if type(value) is list:
        return len(value) * 8 <= MAX_BRIEF and all(type(item) in (bool, int, float, str) for item in value)
    return value is None or type(value) in (bool, int, float, str)


# --- arrays


def array_form(array: np.ndarray[Any, Any], buffers: list[Any]) -> Any:
    """The form of an array of numbers, strings or dates, None for any other; its memory is appended to `buffers`."""
    if array.dtype.kind not in "biufcSUMm" or not _DTYPE.fullmatch(array.dtype.str):
        return None
    layout = "C" if array.flags.c_contiguous else "F" if array.flags.f_contiguous else "S"
    if array.nbytes <= SMALL:
        buffers.append(array.tobytes("F" if layout == "F" else "C"))
    else:  # dates have no buffer interface; bytes of the same memory do
        buffers.append(np.ascontiguousarray(array.T if layout == "F" else array).reshape(-1).view(np.uint8))
    return {Tag.ARRAY: [array.dtype.str, list(array.shape), layout, bool(array.flags.writeable), len(buffers) - 1]}


def scalar_form(value: np.generic, buffers: list[Any]) -> Any:
    """The form of a scalar of NumPy's, None for one of another dtype."""
    array = np.asarray(value)
    if not _DTYPE.fullmatch(array.dtype.str):
        return None
    buffers.append(array.tobytes())
    return {Tag.SCALAR: [array.dtype.str, len(buffers) - 1]}


def read_dtype(text: Any) -> np.dtype[Any]:
    """A dtype that may travel; raises `ProtocolError` for any other."""
    if type(text) is not str or not _DTYPE.fullmatch(text):
        raise ProtocolError("an array has a dtype that may not travel")
    return np.dtype(text)


def read_shape(shape: Any) -> tuple[int, ...]:
    """A shape of no more than `MAX_ELEMENTS`; raises `ProtocolError` for anything else."""
    sizes = expect_list(shape)
    total = 1
    if len(sizes) > 32:
        raise ProtocolError("an array has too many axes")
    for size in sizes:
        if type(size) is not int or size < 0:
            raise ProtocolError("an array has an impossible shape")
        total *= max(size, 1)
        if total > MAX_ELEMENTS:
            raise ProtocolError("an array is too large")
    return tuple(sizes)


def _buffer(index: Any, buffers: list[memoryview]) -> memoryview:
    if type(index) is not int or not 0 <= index < len(buffers):
        raise ProtocolError("a value has no buffer")
    return buffers[index]


def read_array(body: Any, buffers: list[memoryview]) -> np.ndarray[Any, Any]:
    """The array of a form; raises `ProtocolError` when its buffer is not what it says."""
    dtype_text, shape_list, layout, writeable, index = expect_list(body)
    dtype, shape, data = read_dtype(dtype_text), read_shape(shape_list), _buffer(index, buffers)
    size = math.prod(shape)
    if dtype.itemsize == 0:  # strings without a character
        if size > MAX_EMPTY or len(data):
            raise ProtocolError("an array is not as long as it says")
        return np.zeros(shape, dtype=dtype)
    if size * dtype.itemsize != len(data):
        raise ProtocolError("an array is not as long as it says")
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


def read_scalar(body: Any, buffers: list[memoryview]) -> Any:
    """The scalar of a form."""
    dtype, index = expect_list(body)
    return read_array([dtype, [], "C", False, index], buffers)[()]


# --- dates and others


def _delta(value: dt.timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


def _datetime(value: dt.datetime) -> list[Any]:
    offset = value.utcoffset()
    return [value.replace(tzinfo=None).isoformat(), value.fold, None if offset is None else _delta(offset)]


def _from_datetime(body: Any) -> dt.datetime:
    text, fold, offset = expect_list(body)
    zone = None if offset is None else dt.timezone(dt.timedelta(*_ints(offset)))
    return dt.datetime.fromisoformat(text).replace(fold=fold, tzinfo=zone)


def _ints(body: Any) -> list[int]:
    numbers = expect_list(body)
    if not all(type(number) is int for number in numbers):
        raise ProtocolError("whole numbers were expected")
    return numbers


def _refuse() -> Any:
    raise ProtocolError("a value is malformed")


def bytearray_form(value: bytearray) -> Any:
    """The form of what can be modified, and so is not a plain value."""
    return {Tag.BYTEARRAY: base64.b64encode(value).decode()}


PLAIN_FORMS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, int.__int__),  # these three: the bare value of a subclass, whatever that subclass overrides
    (float, float.__float__),
    (str, str.__str__),
    (complex, lambda value: {Tag.COMPLEX: [value.real, value.imag]}),
    (dt.datetime, lambda value: {Tag.DATETIME: _datetime(value)}),
    (dt.date, lambda value: {Tag.DATE: value.isoformat()}),
    (dt.timedelta, lambda value: {Tag.TIMEDELTA: _delta(value)}),
    (slice, lambda value: {Tag.SLICE: [value.start, value.stop, value.step]}),
    (range, lambda value: {Tag.RANGE: [value.start, value.stop, value.step]}),
    (type(Ellipsis), lambda _: {Tag.ELLIPSIS: 0}),
    (PurePath, lambda value: {Tag.PATH: str(value)}),
    (bytes, lambda value: {Tag.BYTES: base64.b64encode(value).decode()}),
)
"""How values of these classes and their subclasses are told; the first that fits."""
PLAIN_READERS: dict[str, Callable[[Any], Any]] = {
    Tag.COMPLEX: lambda body: complex(float(body[0]), float(body[1])),
    Tag.DATETIME: _from_datetime,
    Tag.DATE: dt.date.fromisoformat,
    Tag.TIMEDELTA: lambda body: dt.timedelta(*_ints(body)),
    Tag.SLICE: lambda body: slice(*body) if all(type(n) in (int, type(None)) for n in expect_list(body)) else _refuse(),
    Tag.RANGE: lambda body: range(*_ints(body)),
    Tag.ELLIPSIS: lambda _: ...,
    Tag.PATH: lambda body: Path(body) if type(body) is str else _refuse(),
    Tag.BYTES: lambda body: base64.b64decode(body, validate=True),
    Tag.BYTEARRAY: lambda body: bytearray(base64.b64decode(body, validate=True)),
}
"""What is made of these forms; each may raise `ValueError` and the like for a body that is none."""
