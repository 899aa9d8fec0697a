"""Statistics for programs."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.stats.model import Stats

FORMAT = 1
"""Version of the JSON document."""


def render_json(stats: Stats) -> str:
    """A JSON document with a `format` version and the fields of `Stats`; ends with a newline."""
    document: dict[str, Any] = {"format": FORMAT} | msgspec.to_builtins(stats)
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
