"""Text that anything can hold and show."""

from __future__ import annotations

MAX_TEXT = 2_000
"""Characters of any one part that are kept; a megabyte in a message is not read."""


def clean_text(text: str) -> str:
    """Text that any report can hold: cut to a bound, lone surrogates and control characters escaped."""
    if len(text) > MAX_TEXT:
        text = f"{text[:MAX_TEXT]}... ({len(text) - MAX_TEXT} characters more)"
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
