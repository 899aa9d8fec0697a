"""Drawing for a terminal without having one: a console whose output is a string."""

from __future__ import annotations

from io import StringIO

from rich.console import Console


class Canvas(Console):
    """A console that keeps what is printed on it; it never takes learners' text for markup."""

    def __init__(self, width: int, *, color: bool, unicode: bool = True) -> None:
        self._out = StringIO()
        super().__init__(
            file=self._out,
            width=width,
            force_terminal=color,
            color_system="auto" if color else None,
            highlight=False,
            emoji=False,
            markup=False,
            legacy_windows=False,
            safe_box=not unicode,
        )

    @property
    def text(self) -> str:
        """What was drawn so far."""
        return self._out.getvalue()
