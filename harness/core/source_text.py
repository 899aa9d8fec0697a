"""The text of a Python source: decoded as `tokenize.open` decodes it, and refused in a sentence where that fails.

Practice, grading and similarity all read sources with `decode_source`, so a file means the same in each.
"""

from __future__ import annotations

import codecs
import io
import tokenize

from harness.core.errors import KataError

_HOST_NAME_CODECS = ("idna", "punycode")
"""Text codecs by Python's word, but for names of hosts: decoding takes time that is quadratic in the length."""
_DECLARATION = b"# coding: utf-8\n"


class SourceTextError(KataError):
    """A source that is not text in the encoding that it declares.

    The message lacks its subject, which is the file: "is not UTF-8 text: byte 0xe9 in line 2".
    """


def decode_source(data: bytes) -> str:
    """The text of a source, its line ends translated. Raises `SourceTextError`.

    The encoding is the one that the source declares in its first two lines (PEP 263), otherwise UTF-8.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SourceTextError("is UTF-16 text, and not UTF-8")
    if b"\0" in data:
        raise SourceTextError("has NUL bytes in it, so it is not text")
    encoding = _declared_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        name = "UTF-8" if encoding.startswith("utf-8") else encoding
        raise SourceTextError(f"is not {name} text: byte 0x{data[error.start]:02x} in line {number}") from None
    except (LookupError, ValueError) as error:
        raise SourceTextError(f"is not {encoding} text: {error}") from None
    return io.IncrementalNewlineDecoder(None, translate=True).decode(text, final=True)


def _declared_encoding(data: bytes) -> str:
    """The encoding of a source, one in which a declaration can be read. Raises `SourceTextError`."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:  # the encoding is unknown, or the first two lines are not UTF-8
        if "invalid or missing" in str(error):
            return "utf-8"  # decoding fails, and names the byte
        raise SourceTextError(f"declares an encoding that Python does not read: {error}") from None
    codec = codecs.lookup(encoding)
    if not getattr(codec, "_is_text_encoding", True):
        raise SourceTextError(f"declares the encoding {encoding!r}, which is not an encoding of text")
    if codec.name in _HOST_NAME_CODECS or not _reads_declaration(encoding):
        raise SourceTextError(f"declares the encoding {encoding!r}, which is not one for source code")
    return encoding


def _reads_declaration(encoding: str) -> bool:
    """Whether a declaration of an encoding reads the same in `encoding`. In UTF-16, for one, it does not."""
    try:
        return _DECLARATION.decode(encoding) == _DECLARATION.decode("ascii")
    except (LookupError, ValueError):
        return False
