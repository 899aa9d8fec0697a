"""`kata path`, and paths on a command line, which a shell can complete."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog.load import find_root, load_catalog
from harness.catalog.paths import along, find_path
from harness.cli.practice import AS_JSON, here, put_json, show
from harness.core.errors import CatalogError, KataError
from harness.core.model import LearningPath, Status
from harness.core.output import has_blocks
from harness.practice.status import KataStatus, kata_statuses
from harness.scoreboard.model import PathTally
from harness.scoreboard.render.words import bar
from harness.scoreboard.tally import tally_paths

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_BAR = 20


class PathName(click.ParamType[str]):
    """A path as it was typed; whether there is such a one, the command finds out."""

    name = "path"

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Paths that begin with the text; never an error, even in a damaged checkout."""
        from click.shell_completion import CompletionItem

        try:
            paths = load_catalog(find_root(Path.cwd())).paths
        except (KataError, OSError):
            return []
        return [
            CompletionItem(path.name, help=path.title) for path in paths if path.name.startswith(incomplete.lower())
        ]


PATH = PathName()


@click.command(name="path")
@click.argument("name", required=False, type=PATH)
@AS_JSON
def path_command(name: str | None, as_json: bool) -> None:
    r"""Show a route through the katas, in an order that builds up, and how far you are.

    Without a NAME it shows all routes there are. Nothing is run.

    \b
    Examples:
      kata path
      kata path llm
      kata next --path llm
    """
    place = here()
    if not place.catalog.paths:
        raise CatalogError("this checkout has no paths: katas/paths.toml names none of its katas, or is not there")
    paths = [find_path(place.catalog, name)] if name else list(place.catalog.paths)
    with place.history_if_any() as history:
        known = kata_statuses(place.catalog.katas, place.state, history, time.time())
    passed = {one.kata.slug for one in known if one.status == Status.PASSED.value}
    tallies = tally_paths(paths, passed)
    if as_json:
        put_json([_row(path, tally, passed) for path, tally in zip(paths, tallies, strict=True)])
        return
    if name is None:
        _print_all(tallies)
        click.echo("`kata path NAME` shows one, `kata next --path NAME` says which of its katas to do.")
        return
    from harness.cli.katas import print_katas

    path, by_slug = paths[0], {one.kata.slug: one for one in known}
    found = [by_slug[kata.slug] for kata in along(place.catalog, path).katas]
    click.echo(path.title)
    print_katas(found)
    click.echo(progress_line(path, found))


def progress_line(path: LearningPath, found: Sequence[KataStatus]) -> str:
    """How far a learner is on a path, of the katas that are shown, and what of the path is not there."""
    passed = sum(one.status == Status.PASSED.value for one in found)
    few = f"; {path.missing} more {'is' if path.missing == 1 else 'are'} not in this checkout" if path.missing else ""
    progress = bar(passed, len(found), _BAR, unicode=has_blocks())
    return f"{path.name} {progress} {passed} of {len(found)} passed{few}"


def _row(path: LearningPath, tally: PathTally, passed: set[str]) -> dict[str, object]:
    return {
        "name": path.name,
        "title": path.title,
        "passed": tally.passed,
        "total": tally.total,
        "missing": path.missing,
        "katas": [{"slug": slug, "passed": slug in passed} for slug in path.slugs],
    }


def _print_all(tallies: Sequence[PathTally]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for is_right in (False, False, True, False):
        table.add_column(justify="right" if is_right else "left", no_wrap=True)
    for one in tallies:
        progress = Text(bar(one.passed, one.total, _BAR, unicode=has_blocks()), style="green")
        table.add_row(one.name, progress, f"{one.passed}/{one.total}", one.title)
    show(table)
