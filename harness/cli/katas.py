"""Commands that look at katas: `list`, `show`, `next`, `completion`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from harness.catalog.load import select_katas
from harness.catalog.paths import along, find_path
from harness.cli.completion import KATA
from harness.cli.paths import PATH, progress_line
from harness.cli.practice import AS_JSON, KATA_OR_CURRENT, YES, Place, date, here, put_json, show, show_markdown
from harness.cli.topics import TOPIC, check_topic, has_topic
from harness.core.model import KataSet, Status
from harness.core.output import put, width
from harness.practice.status import CHANGED, DUE, KataStatus, kata_statuses, known_reports

if TYPE_CHECKING:
    from harness.practice.choose import Choice

_STATUSES = [status.value.replace(" ", "-") for status in Status] + [CHANGED, DUE]
_WIDE = 110
"""From this width on there is room for topics."""


class _StatusName(click.Choice[str]):
    """A status, with a space or a dash."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(str(value).lower().replace(" ", "-"), param, ctx)


@click.command(name="list")
@click.argument("ids", nargs=-1, metavar="[KATA]...", type=KATA)
@click.option("--set", "kata_set", type=click.Choice(list(KataSet), case_sensitive=False), help="Only this set.")
@click.option("--topic", metavar="TOPIC", type=TOPIC, help="Only katas with this topic, like metrics.")
@click.option("--path", "path_name", metavar="PATH", type=PATH, help="Only the katas of this path, in its order.")
@click.option("--status", type=_StatusName(_STATUSES), help="Only katas that stand so, by what has been run already.")
@click.option("--folders", is_flag=True, help="Print their folders, for scripts.")
@AS_JSON
def list_command(
    ids: tuple[str, ...],
    kata_set: str | None,
    topic: str | None,
    path_name: str | None,
    status: str | None,
    folders: bool,
    as_json: bool,
) -> None:
    r"""List katas and how they stand.

    Nothing is run: a kata that was changed since its last run is "changed", and one that was passed and comes back is "due".

    \b
    Examples:
      kata list --set A
      kata list --topic metrics --status due
      kata list --path llm
      kata list --status not-started --json
    """
    place = here()
    path = find_path(place.catalog, path_name) if path_name else None
    asked = {kata.slug for kata in select_katas(place.catalog, ids)}
    chosen = [
        kata
        for kata in (along(place.catalog, path) if path else place.catalog).katas
        if kata.slug in asked and (not kata_set or kata.set == kata_set) and (not topic or has_topic(kata, topic))
    ]
    if topic:
        check_topic(place.catalog, topic)
    with place.history_if_any() as history:
        found = kata_statuses(chosen, place.state, history, time.time())
    found = [one for one in found if not status or status in (one.status.replace(" ", "-"), one.is_due and DUE)]
    if as_json:
        put_json([_row(place, one) for one in found])
    elif folders:
        for one in found:
            click.echo(one.kata.folder.relative_to(place.root).as_posix())
            if (place.root / "solutions" / one.kata.slug).is_dir():
                click.echo(f"solutions/{one.kata.slug}")
    elif found:
        print_katas(found)
        if path and len(found) == len(path.slugs):
            click.echo(progress_line(path, found))
    else:
        click.echo("none", err=True)
    for fault in place.catalog.faults:
        click.echo(f"not usable: {fault.sentence}", err=True)


def _row(place: Place, one: KataStatus) -> dict[str, Any]:
    kata = one.kata
    return {
        "slug": kata.slug,
        "id": kata.id,
        "set": kata.set.value,
        "title": kata.title,
        "minutes": kata.minutes,
        "topics": kata.topics,
        "requires": kata.requires,
        "status": one.status,
        "due": one.is_due,
        "next_review": one.due,
        "best_s": one.best_s,
        "kind": kata.kind.value,
        "faults": one.faults and {"repaired": one.faults.repaired, "total": one.faults.total},
        "stub": kata.stub.relative_to(place.root).as_posix(),
    }


def print_katas(found: list[KataStatus]) -> None:
    """A line a kata: its clock, how it stands, its title and, where there is room, its topics."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for is_right in (False, True, False, False):
        table.add_column(justify="right" if is_right else "left", no_wrap=True)
    has_room = width() >= _WIDE
    for one in found:
        style = {"passed": "green", "not started": "dim"}.get(one.status, "yellow")
        status = Text(one.words, style="dim green" if one.is_due else style)
        topics = [Text(", ".join(one.kata.topics), style="dim")] if has_room else []
        table.add_row(one.kata.slug, f"{one.kata.minutes} min", status, one.kata.title, *topics)
    show(table)


@click.command(name="show")
@KATA_OR_CURRENT
@AS_JSON
def show_command(kata_id: str, as_json: bool) -> None:
    r"""Show what a kata asks.

    Without KATA it is the one you are at. Over a pipe the statement comes as the Markdown that it is.

    \b
    Examples:
      kata show mse
      kata show b3 | less
    """
    from harness.catalog.statement import read_statement

    place = here()
    kata = place.kata(kata_id)
    statement = read_statement(kata)
    if as_json:
        put_json({"slug": kata.slug, "title": kata.title, "minutes": kata.minutes, "statement": statement})
        return
    show_markdown(statement)


@click.command(name="next")
@click.option(
    "--begin", is_flag=True, help="Begin it: the clock starts; for a review, the empty stub is put back first."
)
@click.option("--path", "path_name", metavar="PATH", type=PATH, help="Only the katas of this path, in its order.")
@YES
@AS_JSON
def next_command(begin: bool, path_name: str | None, yes: bool, as_json: bool) -> None:
    r"""Say which kata to do next, and why.

    What is begun comes first, then what you have passed and are about to forget, then new katas, each after those that it builds
    on. What has lain for days since it was begun waits for the reviews.

    \b
    Examples:
      kata next
      kata next --begin
      kata next --path llm
    """
    from harness.practice.choose import choose_next, due_reviews, review_times

    place = here()
    catalog = along(place.catalog, find_path(place.catalog, path_name)) if path_name else place.catalog
    now = time.time()
    with place.history() as history:
        choice = choose_next(catalog, known_reports(catalog.katas, place.state), history, now)
        asked = {kata.slug for kata in catalog.katas} if path_name else None
        due = {slug: due for slug, due in due_reviews(history, now).items() if asked is None or slug in asked}
        times = {slug: due for slug, due in review_times(history).items() if asked is None or slug in asked}
    if as_json:
        put_json(
            {
                "kata": choice and choice.kata.slug,
                "reason": choice and choice.reason,
                "review": choice is not None and choice.is_review,
                "due": due,
                "next_review": min(times.values(), default=None),
            }
        )
        return
    if choice is None:
        later = (
            f"; the next review, {min(times, key=times.__getitem__)}, comes on {date(min(times.values()))}"
            if times
            else ""
        )
        which = f"Every kata of the path {catalog.paths[0].name}" if path_name else "Every kata"
        click.echo(f"{which} is passed, and none is due{later}.")
        return
    kata = choice.kata
    click.echo(f"{kata.slug}: {kata.title}, {kata.minutes} min")
    click.echo(f"Because {choice.reason}.")
    if not begin:
        click.echo(_way(place, choice))
        return
    from harness.cli.attempts import begin_review
    from harness.cli.clock import begin_clock

    if choice.is_review:
        begin_review(place, kata, yes=yes)
    else:
        begin_clock(place, kata)


def _way(place: Place, choice: Choice) -> str:
    """How to go about it."""
    name = choice.kata.id.lower()
    if choice.is_begun:
        return f"Go on in {choice.kata.stub.relative_to(place.root).as_posix()}; `kata submit {name}` runs it."
    return (
        f"Begin with `kata {'review' if choice.is_review else 'start'} {name}`; `kata show {name}` says what it asks."
    )


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    r"""Print the script that completes commands and katas in a shell.

    Let the shell read it when it starts:

    \b
      bash   echo 'eval "$(kata completion bash)"' >> ~/.bashrc
      zsh    echo 'eval "$(kata completion zsh)"' >> ~/.zshrc
      fish   kata completion fish > ~/.config/fish/completions/kata.fish
    """
    from click.shell_completion import get_completion_class

    completer = get_completion_class(shell)
    if completer is None:
        raise click.BadParameter(f"{shell} is not known")
    put(completer(context.find_root().command, {}, "kata", "_KATA_COMPLETE").source().strip("\n") + "\n")
