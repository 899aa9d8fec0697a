"""The files of a results folder: JSON with its kind and version, and sentences for whatever is not such a file."""

from __future__ import annotations

import sys
from typing import Any, Generic, TypeVar

import msgspec

from harness.core.errors import KataError

FORMAT = 1
"""Version of the files of a results folder; files of another version are set aside."""

_MAX_TEXT = 20_000


class ResultsError(KataError):
    """A results folder that cannot be used as it is."""


class DamagedError(ResultsError):
    """A file that can be read, and is not what its name says."""


T = TypeVar("T")


class _Envelope(msgspec.Struct, Generic[T], forbid_unknown_fields=True):
    kind: str
    format: int
    content: T


class _Head(msgspec.Struct):
    """As much of a file as tells what it is."""

    kind: str
    format: int


def encode(kind: str, content: object) -> bytes:
    """`content`, a dataclass, as a file of this kind."""
    document = {"kind": kind, "format": FORMAT, "content": _storable(msgspec.to_builtins(content))}
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _storable(value: Any) -> Any:
    """`value` with texts that UTF-8 can hold, bounded, and with numbers that JSON can."""
    if isinstance(value, str):
        return value[:_MAX_TEXT].encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float):
        if value != value:  # noqa: PLR0124 - NaN
            return 0.0
        return min(max(value, -sys.float_info.max), sys.float_info.max)
    if isinstance(value, dict):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(inner) for inner in value]
    return value


def decode(data: bytes, name: str, kind: str, content: type[T]) -> T:
    """The content of a file of this kind; the error says whether it is cut short, of another kind or version, or odd."""
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.kind != kind:
            raise DamagedError(f"{name} is a {head.kind[:50]!r} file, expected {kind!r}")
        if head.format != FORMAT:
            raise DamagedError(f"{name} has format {head.format}, this version reads format {FORMAT}")
        return msgspec.json.decode(data, type=_Envelope[content]).content  # type: ignore[valid-type]
    except msgspec.ValidationError as error:
        raise DamagedError(f"{name} is not a file of this harness, or was changed by hand: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what = "is empty" if not data.strip() else f"is cut short or not JSON ({error})"
        raise DamagedError(f"{name} {what}") from error
    except RecursionError:
        raise DamagedError(f"{name} is nested too deeply to be a file of this harness") from None
