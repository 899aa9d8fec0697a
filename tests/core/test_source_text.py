"""Sources are decoded as Python decodes them; what cannot be decoded is refused in one sentence, with its place."""

from __future__ import annotations

import io
import time
import tokenize
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.core.source_text import SourceTextError, decode_source

ACCEPTED = {
    "no declaration": "x = 'é'\r\ny = 1\n".encode(),
    "byte order mark": b"\xef\xbb\xbfx = '\xc3\xa9'\n",
    "latin-1": b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
    "second line": b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n",
    "koi8-r": "# coding: koi8-r\nx = 'привет'\n".encode("koi8-r"),
    "shift_jis": "# coding: shift_jis\nx = '表'\n".encode("shift_jis"),
    "third line": b"\n\n# coding: rot13\n",
    "empty": b"",
}
REFUSED = {
    "not UTF-8": (b"# ok\nx = '\xe9'\n", "is not UTF-8 text: byte 0xe9 in line 2"),
    "not UTF-8 in the first line": (b"x = '\xe9'\n", "is not UTF-8 text: byte 0xe9 in line 1"),
    "not ascii": (b"# coding: ascii\n\nx = '\xe9'\n", "is not ascii text: byte 0xe9 in line 3"),
    "UTF-16": ("x = 1".encode("utf-16"), "is UTF-16 text, and not UTF-8"),
    "NUL": (b"x = 1\n\0", "has NUL bytes in it, so it is not text"),
    "unknown": (b"# coding: klingon\n", "declares an encoding that Python does not read: unknown encoding: klingon"),
    "mark and declaration": (b"\xef\xbb\xbf# coding: latin-1\n", "declares an encoding that Python does not read"),
    "rot13": (b"# coding: rot13\n", "declares the encoding 'rot13', which is not an encoding of text"),
    "base64": (b"# coding: base64\n", "declares the encoding 'base64', which is not an encoding of text"),
    "zlib": (b"# coding: zlib\n", "declares the encoding 'zlib', which is not an encoding of text"),
    "UTF-16 by name": (b"# coding: utf-16\n", "declares the encoding 'utf-16', which is not one for source code"),
    "EBCDIC": (b"# coding: cp037\n", "declares the encoding 'cp037', which is not one for source code"),
    "undefined": (b"# coding: undefined\n", "declares the encoding 'undefined', which is not one for source code"),
}


@pytest.mark.parametrize("data", ACCEPTED.values(), ids=list(ACCEPTED))
def test_text_is_what_tokenize_open_reads(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "mse.py"
    file.write_bytes(data)
    with tokenize.open(file) as opened:
        assert decode_source(data) == opened.read()


@pytest.mark.parametrize(("data", "sentence"), REFUSED.values(), ids=list(REFUSED))
def test_other_sources_are_refused_in_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(SourceTextError) as caught:
        decode_source(data)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("codec", ["idna", "punycode"])
def test_codecs_of_host_names_are_refused_before_they_take_quadratic_time(codec: str) -> None:
    begun = time.process_time()
    with pytest.raises(SourceTextError, match="not one for source code"):
        decode_source(f"# coding: {codec}\n".encode() + b"xn--" + b"a-9999999" * 100_000)
    assert time.process_time() - begun < 1


@given(
    st.binary(max_size=100),
    st.sampled_from(["", "# coding: latin-1\n", "# coding: utf-7\n", "# coding: hex\n", "# coding: \xe9\n"]),
)
@example(b"# coding: x\xe9\n", "")
def test_any_bytes_give_the_text_that_python_reads_or_a_sentence(data: bytes, head: str) -> None:
    whole = head.encode() + data
    try:
        text = decode_source(whole)
    except SourceTextError:
        return
    encoding, _ = tokenize.detect_encoding(io.BytesIO(whole).readline)
    assert text == io.TextIOWrapper(io.BytesIO(whole), encoding).read()
