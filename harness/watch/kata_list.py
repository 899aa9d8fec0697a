"""The list of katas in a watch, to select one from: by arrows, or by typing its id. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.core.model import Kata
from harness.watch import keys

FOOTER = "up, down or an id such as b3 select, Enter opens, q closes"


@dataclass(frozen=True, slots=True)
class KataList:
    """All katas, and which of them is selected."""

    katas: tuple[Kata, ...]
    words: tuple[str, ...]
    """How each of them stands."""
    chosen: int = 0
    typed: str = ""
    """What was typed of an id so far."""

    @property
    def kata(self) -> Kata:
        """The one that is selected."""
        return self.katas[self.chosen]

    def moved(self, key: str, lines: int) -> KataList:
        """The list after a key that selects; `lines` is how many katas are seen at once. Other keys change nothing."""
        steps = {keys.DOWN: 1, "j": 1, keys.UP: -1, "k": -1, " ": lines, keys.PAGE_DOWN: lines, keys.PAGE_UP: -lines}
        if key in steps:
            place = max(0, min(len(self.katas) - 1, self.chosen + steps[key]))
            return replace(self, chosen=place, typed="")
        if not key.isalnum() or len(key) > 1:
            return self
        for typed in (self.typed + key, key):  # a second id begins anew
            found = self._place(typed)
            if found is not None:
                return replace(self, chosen=found, typed=typed)
        return replace(self, typed="")

    def _place(self, typed: str) -> int | None:
        """The kata whose id is typed, else the first whose id begins so; `b3` is B03."""
        wanted = typed.lower()
        ids = [_short_id(kata) for kata in self.katas]
        wanted = wanted[0] + wanted[1:].lstrip("0")
        if wanted in ids:
            return ids.index(wanted)
        return next((place for place, known in enumerate(ids) if known.startswith(wanted)), None)


def _short_id(kata: Kata) -> str:
    return kata.id[0].lower() + kata.id[1:].lstrip("0")


def render_list(shown: KataList, lines: int) -> RenderableType:
    """As many katas as fit on `lines`, the selected one among them."""
    first = max(0, min(shown.chosen - lines // 2, len(shown.katas) - lines))
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for ratio in (None, None, 1, None, None):
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=ratio)
    for place in range(first, min(first + lines, len(shown.katas))):
        kata = shown.katas[place]
        is_chosen = place == shown.chosen
        cells = (">" if is_chosen else " ", kata.id, kata.title, f"{kata.minutes} min", shown.words[place])
        table.add_row(*(Text(cell) for cell in cells), style="bold reverse" if is_chosen else "")
    return table


def render_list_page(shown: KataList, lines: int) -> RenderableType:
    """The whole screen: a title, the katas, and what the keys do."""
    count = f"{shown.chosen + 1} of {len(shown.katas)}"
    typed = f"  {shown.typed}" if shown.typed else ""
    footer = Text(f"{FOOTER} ({count}){typed}", style="dim", no_wrap=True, overflow="ellipsis")
    blanks = lines - min(lines, len(shown.katas))
    return Group(Text("Select a kata", style="bold"), Text(), render_list(shown, lines), *[Text()] * blanks, footer)
