"""Shows a `View`: on a terminal in place, or over a pipe as one block of plain lines a run."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from harness.watch.kata_list import render_list_page
from harness.watch.render import footer, render_view
from harness.watch.view import Page, View

if TYPE_CHECKING:
    from rich.live import Live


class Screen(Protocol):
    """What a watch shows itself on."""

    has_keys: bool
    """Whether keys can be pressed at it."""

    def show(self, view: View) -> None:
        """Show this now."""

    def page_lines(self) -> int:
        """How many lines of a page are seen at once."""


def takes_unicode(console: Console) -> bool:
    """Whether bars and stars may be drawn."""
    try:
        "█░★".encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return not console.legacy_windows


class _Lines:
    """Lines that were rendered before, filled up to `height`."""

    def __init__(self, lines: list[list[Segment]], height: int) -> None:
        self._lines = lines
        self._height = height

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in [*self._lines, *([[]] * (self._height - len(self._lines)))]:
            yield from line
            yield Segment.line()


class TerminalScreen:
    """Draws in place, on the terminal's alternate screen: what was there before comes back afterwards."""

    has_keys = True

    def __init__(self, console: Console) -> None:
        self._console = console
        self._unicode = takes_unicode(console)
        self._live: Live | None = None
        self._last: tuple[View, tuple[int, int]] | None = None

    def __enter__(self) -> Self:
        from rich.live import Live

        self._live = Live(
            console=self._console,
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def page_lines(self) -> int:
        """All but title, a blank line and footer."""
        return max(1, self._console.size.height - 3)

    def show(self, view: View) -> None:
        """Draw it, if it is not what is there already."""
        size = tuple(self._console.size)
        now = (view, (size[0], size[1]))
        if now != self._last and self._live is not None:
            self._last = now
            self._live.update(self._fit(view), refresh=True)

    def _fit(self, view: View) -> RenderableType:
        """The view on as many lines as there are, the keys on the last one."""
        width, height = self._console.size
        options = self._console.options.update(width=width, height=None)
        if view.kata_list is not None:
            return render_list_page(view.kata_list, self.page_lines())
        if view.page is not None:
            return self._fit_page(view.page)
        lines = self._console.render_lines(render_view(view, width=width, unicode=self._unicode), options)
        room = max(1, height - 2)
        if len(lines) > room:
            more = "... more than fits: make the window higher"
            lines = lines[: room - 1] + self._console.render_lines(Text(more, style="dim"), options)
        return Group(_Lines(lines, room + 1), footer(width))

    def _fit_page(self, page: Page) -> RenderableType:
        options = self._console.options.update(width=self._console.width, height=None)
        lines = self._console.render_lines(page.content, options)
        room = self.page_lines()
        offset = max(0, min(page.offset, len(lines) - room))
        more = f"space on, b back, q close ({min(offset + room, len(lines))} of {len(lines)} lines)"
        if page.is_short:
            more = "any key closes this page"
        return Group(
            Text(page.title, style="bold"), Text(), _Lines(lines[offset : offset + room], room), Text(more, style="dim")
        )


class PlainScreen:
    """Writes one block of lines a run, for pipes and dumb terminals."""

    has_keys = False

    def __init__(self, console: Console) -> None:
        self._console = console
        self._unicode = takes_unicode(console)
        self._told: tuple[object, ...] = ()

    def page_lines(self) -> int:
        """There are no pages."""
        return 0

    def show(self, view: View) -> None:
        """Write it when all is said about a run, or when the file is gone."""
        told = (view.kata.slug, view.phase, view.report, view.notices)
        if view.is_settled and told != self._told:
            self._told = told
            self._console.print(render_view(view, width=self._console.width, unicode=self._unicode, has_keys=False))
            self._console.print()
