"""The scoreboard for programs: JSON, and the badge that shields.io draws from an endpoint."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.scoreboard.model import Scoreboard

FORMAT = 1
"""Version of the JSON document."""


def render_json(board: Scoreboard) -> str:
    """The scoreboard as a JSON document with a `format` version; ends with a newline."""
    counts = {"passed": board.passed, "due": board.due, "stars": board.stars, "total": board.total}
    document: dict[str, Any] = {"format": FORMAT, **counts}
    document |= msgspec.to_builtins(board)
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def render_badge(board: Scoreboard) -> str:
    """A document for the endpoint badge of shields.io (https://shields.io/badges/endpoint-badge)."""
    share = board.passed / board.total if board.total else 0.0
    color = "brightgreen" if share == 1 else "green" if share >= 2 / 3 else "yellow" if share >= 1 / 3 else "lightgrey"
    badge = {
        "schemaVersion": 1,
        "label": "katas",
        "message": f"{board.passed}/{board.total} passed" + (f", {board.due} due" if board.due else ""),
        "color": color,
    }
    return msgspec.json.encode(badge).decode() + "\n"
