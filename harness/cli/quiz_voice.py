"""How a quiz speaks and listens: as an interview does, and with a time limit for answers."""

from __future__ import annotations

import sys

import click

from harness.cli.timed_input import KeyReader, LineReader, line_measured, unbuffered, wait, waiting_descriptor
from harness.cli.voice import TerminalVoice
from harness.core.output import width
from harness.practice.quiz_session import TimedLine


class QuizVoice(TerminalVoice):
    """Speaks in a terminal or over a pipe. With `is_timed`, a pipe is read so that each line can be waited for."""

    def __init__(self, *, on_stderr: bool = False, is_timed: bool = False) -> None:
        super().__init__(on_stderr=on_stderr)
        self._descriptor = waiting_descriptor() if is_timed else None
        is_pipe = self._descriptor is not None and not self._is_terminal
        self._lines = LineReader(self._descriptor, wait=wait) if is_pipe and self._descriptor is not None else None

    def ask(self, prompt: str) -> str:
        """One line. Raises `EOFError` when there are no more."""
        if self._lines is None:
            return super().ask(prompt)
        click.echo(prompt, nl=False, err=self._on_stderr)
        line = self._lines.line()
        click.echo(err=self._on_stderr)
        return line.text

    def ask_within(self, limit_s: float) -> TimedLine:
        """One line, or what there is of it after `limit_s` seconds. Raises `EOFError` when there are no more."""
        prompt = f"{limit_s:g} s > "
        if self._lines is not None:
            click.echo(prompt, nl=False, err=self._on_stderr)
            line = self._lines.line(limit_s)
            click.echo(err=self._on_stderr)
            return line
        if self._descriptor is None:
            return line_measured(lambda: self.ask(prompt), limit_s)
        with unbuffered(self._descriptor):
            try:
                return KeyReader(self._descriptor, self._draw, wait=wait).line(limit_s)
            finally:
                click.echo(err=self._on_stderr)

    def _draw(self, text: str, left_s: int) -> None:
        """The seconds that are left, and the end of what was typed, on one line of the terminal."""
        from rich.cells import cell_len

        prompt = f"{left_s:2d} s > "
        while text and cell_len(prompt + text) >= width():
            text = text[1:]
        stream = sys.stderr if self._on_stderr else sys.stdout
        stream.write(f"\r\x1b[K{prompt}{text}")
        stream.flush()
