"""What all practice commands share: where they are, the history, questions, and how something is shown."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
import msgspec

from harness.catalog.load import find_kata, find_root, is_published_stub, load_catalog
from harness.catalog.published_stub import remember_stubs
from harness.cli.completion import KATA
from harness.core.errors import KataError, StateError
from harness.core.model import Catalog, Kata
from harness.core.output import has_color, put, width
from harness.core.state import state_folder, why_elsewhere
from harness.history.store import History
from harness.practice.solution import CODE_THEME

if TYPE_CHECKING:
    from rich.console import RenderableType

P = ParamSpec("P")
R = TypeVar("R")

KATA_ID = click.argument("kata_id", metavar="KATA", type=KATA)
KATA_OR_CURRENT = click.argument("kata_id", metavar="[KATA]", type=KATA, default="")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print a JSON document, for scripts.")
YES = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


class UndecidedError(KataError):
    """A question was not answered with yes."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Place:
    """A checkout, and what is kept about its learner."""

    root: Path
    catalog: Catalog
    state: Path

    def kata(self, text: str) -> Kata:
        """The kata that `text` names; without text the current one. Raises `UnknownKataError`."""
        return find_kata(self.catalog, text) if text else self._current()

    def kata_to_give_away(self, text: str) -> Kata:
        """The same, for commands that help. Raises `InterviewError` when the kata is asked in an interview just now."""
        from harness.interview.storage import refuse_in_interview

        kata = self.kata(text)
        refuse_in_interview(self.state, kata)
        return kata

    def _current(self) -> Kata:
        """The kata whose clock runs, else the begun one that was saved last."""
        with contextlib.suppress(KataError), self.history() as history:  # or a clock of a kata that is gone
            running = history.running()
            if running is not None:
                return find_kata(self.catalog, running.slug)
        begun = []
        for kata in self.catalog.katas:
            with contextlib.suppress(OSError):
                if not is_published_stub(kata, kata.stub.read_bytes()):
                    begun.append((kata.stub.stat().st_mtime, kata))
        if not begun:
            raise KataError("which kata? None is begun", hint="`kata next` says which one to do")
        return max(begun, key=lambda pair: pair[0])[1]

    @contextlib.contextmanager
    def history(self) -> Iterator[History]:
        """The history, for a while. Raises `StateError`."""
        history = History(self.state)
        if history.notice:
            click.echo(history.notice, err=True)
        try:
            yield history
        finally:
            history.close()

    @contextlib.contextmanager
    def history_if_any(self) -> Iterator[History | None]:
        """The history where a command can do without: None, with a word on stderr, when it cannot be had."""
        with contextlib.ExitStack() as stack:
            history = None
            try:
                history = stack.enter_context(self.history())
            except StateError as error:
                click.echo(f"without the history: {error}", err=True)
            yield history


def here() -> Place:
    """The checkout around the working folder. Raises `CatalogError` or `StateError` when there is none to work in."""
    root = find_root(Path.cwd())
    catalog = load_catalog(root)
    state = state_folder(root)
    if root not in state.parents and "KATA_STATE" not in os.environ:
        click.echo(f"{why_elsewhere(root)}; results are kept in {state}", err=True)
    remember_stubs(state, catalog.katas)
    return Place(root, catalog, state)


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless the answer was given beforehand. Raises `UndecidedError` for any answer but yes."""
    if yes:
        return
    try:
        agreed = click.confirm(question, default=False, err=True)
    except click.Abort:
        click.echo(err=True)
        agreed = False
    if not agreed:
        raise UndecidedError("nothing was done", hint="--yes answers beforehand")


def put_json(document: Any) -> None:
    """A JSON document for scripts."""
    put(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")


def show(content: RenderableType, *, columns: int | None = None) -> None:
    """Draw with rich, in colour in a terminal."""
    from harness.scoreboard.render.canvas import Canvas

    console = Canvas(columns or width(), color=has_color())
    console.print(content)
    put("\n".join(line.rstrip(" ") for line in console.text.split("\n")))


def show_markdown(text: str) -> None:
    """Markdown, rendered for a terminal, as it is for a pipe."""
    if not sys.stdout.isatty():
        put(text.rstrip("\n") + "\n")
        return
    from rich.markdown import Markdown

    show(Markdown(text, hyperlinks=False, code_theme=CODE_THEME), columns=min(width(), 100))


def noted(note: Callable[[], R]) -> R | None:
    """Write into the history what has happened already; where that fails a word on stderr, and None."""
    try:
        return note()
    except StateError as error:
        click.echo(f"not noted: {error}", err=True)
        return None


def date(moment: float) -> str:
    """A day for people, in this machine's time, `Wed 2 Dec 2026`."""
    there = time.localtime(moment)
    return f"{time.strftime('%a', there)} {there.tm_mday} {time.strftime('%b %Y', there)}"
