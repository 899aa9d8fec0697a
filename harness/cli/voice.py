"""How an interview and a quiz speak and listen."""

from __future__ import annotations

import contextlib
import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import click

from harness.scoreboard.render.words import minutes as as_minutes

if TYPE_CHECKING:
    from rich.console import Console


class TerminalVoice:
    """Speaks with colours in a terminal, in plain lines over a pipe; on stderr where stdout is for a document."""

    def __init__(self, *, on_stderr: bool = False) -> None:
        self._on_stderr = on_stderr
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # what cannot be encoded becomes a question mark, never an error
                stream.reconfigure(errors="replace")
        self._is_terminal = sys.stdin.isatty() and (sys.stderr if on_stderr else sys.stdout).isatty()
        self._console: Console | None = None
        self._shown_s = -1
        if self._is_terminal:
            from rich.console import Console

            self._console = Console(stderr=on_stderr, highlight=False, markup=False, emoji=False)
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401 (editing a line, and those before it, as in a shell)

    def say(self, text: str, style: str = "", *, wrap: bool = True) -> None:
        """A line or more; without `wrap` no line is broken, so that a path can be copied."""
        if self._console is None:
            click.echo(text, err=self._on_stderr)
        else:
            self._console.print(text, style=style or None, soft_wrap=not wrap)

    def show(self, markdown: str) -> None:
        """A text in Markdown, rendered in a terminal."""
        if self._console is None:
            click.echo(markdown.rstrip("\n"), err=self._on_stderr)
        else:
            from rich.markdown import Markdown

            self._console.print(Markdown(markdown))

    def ask(self, prompt: str) -> str:
        """One line of the candidate's. Raises `EOFError` when there are no more."""
        if self._is_terminal and not self._on_stderr:
            return input(prompt)
        click.echo(prompt, nl=False, err=self._on_stderr)
        line = sys.stdin.readline()
        if not self._is_terminal:  # where Enter was echoed
            click.echo(err=self._on_stderr)
        if not line:
            raise EOFError
        return line.rstrip("\r\n")

    def working(self, text: str) -> AbstractContextManager[object]:
        """A spinner, as long as the context lasts."""
        return contextlib.nullcontext() if self._console is None else self._console.status(text)

    def tick(self, kata: str, left_s: float) -> None:
        """The clock in the terminal's title, where it disturbs no typing."""
        if self._console is not None and int(left_s) != self._shown_s:
            self._shown_s = int(left_s)
            self._console.set_window_title(f"{kata} {as_minutes(left_s)} left")

    def close(self) -> None:
        """Leave no clock behind that has stopped."""
        if self._console is not None:
            self._console.set_window_title("")
