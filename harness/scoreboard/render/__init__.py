"""One scoreboard, several ways to show it. Pure: a `Scoreboard` in, text out."""

from __future__ import annotations

from enum import StrEnum

from harness.scoreboard.model import Scoreboard


class Format(StrEnum):
    """What a scoreboard can be written as."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    BADGE = "badge"


def render(board: Scoreboard, form: Format, *, width: int = 80, color: bool = False, unicode: bool = True) -> str:
    """`board` as text; `width`, `color` and `unicode` are for the terminal alone.

    Each renderer is imported when it is asked for, so that a terminal does not wait for a template engine.
    """
    match form:
        case Format.TERMINAL:
            from harness.scoreboard.render.terminal import render_terminal

            return render_terminal(board, width=width, color=color, unicode=unicode)
        case Format.MARKDOWN:
            from harness.scoreboard.render.markdown import render_markdown

            return render_markdown(board)
        case Format.HTML:
            from harness.scoreboard.render.html import render_html

            return render_html(board)
        case Format.JSON:
            from harness.scoreboard.render.data import render_json

            return render_json(board)
        case Format.BADGE:
            from harness.scoreboard.render.data import render_badge

            return render_badge(board)
