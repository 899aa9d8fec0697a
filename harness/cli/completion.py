"""Names of katas on a command line, which a shell can complete."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog.load import find_root, load_catalog
from harness.core.errors import KataError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class KataName(click.ParamType[str]):
    """Any name of a kata, as it was typed; which one it is, and whether there is such a one, the command finds out."""

    name = "kata"

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Katas that the text may grow into, with their titles; never an error, even in a damaged checkout."""
        from click.shell_completion import CompletionItem

        try:
            katas = load_catalog(find_root(Path.cwd())).katas
        except (KataError, OSError):
            return []
        wanted = incomplete.lower()
        found = [
            CompletionItem(name, help=kata.title)
            for kata in katas
            for name in (kata.slug, kata.module, kata.id.lower())
            if name.startswith(wanted)
        ]
        by_slug = [item for item in found if item.value in {kata.slug for kata in katas}]
        return by_slug or found


KATA = KataName()
