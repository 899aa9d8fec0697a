"""Texts that learners wrote, made safe for every export: cut, without control characters, without lone surrogates."""

from __future__ import annotations

from harness.explain import clean_text

LINE = 200
"""Characters of a name, a test or a mistake that are kept."""
BLOCK = 1_500
"""Characters of a part of a message that are kept."""

_FORMULA = tuple("=+-@\t\r＝＋－＠")
"""How a cell begins that a spreadsheet takes for a formula; the last four are their wide forms, which some do too."""


def block(text: str, limit: int = BLOCK) -> str:
    """`text` cut to `limit` characters, with what cannot be printed escaped; lines stay lines."""
    if len(text) > limit:
        text = f"{text[:limit]}... ({len(text) - limit} characters more)"
    return clean_text(text)


def line(text: str, limit: int = LINE) -> str:
    """`text` as one line of at most `limit` characters, and a note when it was longer."""
    return " ".join(block(text, limit).split())


def cell(text: str) -> str:
    """`text` for a cell of a CSV file: a spreadsheet shows it, and never calculates it."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text
