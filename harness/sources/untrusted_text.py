"""Texts that learners wrote, made safe for every export: cut, without control characters, without lone surrogates."""

from __future__ import annotations

from harness.core.text import clean_text

LINE = 200
"""Characters of a name, a test or a mistake that are kept."""
BLOCK = 1_500
"""Characters of a part of a message that are kept."""


def block(text: str, limit: int = BLOCK) -> str:
    """`text` cut to `limit` characters, with what cannot be printed escaped; lines stay lines."""
    if len(text) > limit:
        text = f"{text[:limit]}... ({len(text) - limit} characters more)"
    return clean_text(text)


def line(text: str, limit: int = LINE) -> str:
    """`text` as one line of at most `limit` characters, and a note when it was longer."""
    return " ".join(block(text, limit).split())
