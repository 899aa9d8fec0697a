"""What the commands of `kata` share: options, the checkout they work in, and a progress bar."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog.load import find_root, load_catalog
from harness.cli.completion import KATA
from harness.core.model import Catalog
from harness.core.state import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.runner.job import Event, Listener

IDS = click.argument("ids", nargs=-1, metavar="[KATA]...", type=KATA)
JOBS = click.option(
    "--jobs", "-j", type=click.IntRange(min=1), help="Suites at once; cores and one more when not given."
)
FRESH = click.option("--fresh", is_flag=True, help="Run everything again, without the cache.")


def open_catalog() -> tuple[Path, Catalog]:
    """The checkout around the working folder, and its katas. Raises `CatalogError`."""
    base = find_root(Path.cwd())
    return base, load_catalog(base)


def open_state(base: Path) -> Path:
    """The folder where results of this checkout are kept; says so when that is somewhere else."""
    folder = state_folder(base)
    if base not in folder.parents and "KATA_STATE" not in os.environ:
        click.echo(f"this checkout cannot be written to; results are kept in {folder}", err=True)
    return folder


def report_faults(catalog: Catalog) -> None:
    """Say which folders are no usable katas."""
    for fault in catalog.faults:
        click.echo(f"not usable: {fault.sentence}", err=True)


@contextmanager
def show_progress() -> Iterator[Listener]:
    """A progress bar on stderr in a terminal; over a pipe, only what must be known."""
    if not sys.stderr.isatty():
        yield _say_waiting
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from harness.runner.job import EventKind

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)

        def listen(event: Event) -> None:
            if event.kind is EventKind.PLANNED:
                planned = sum(known.total or 0 for known in progress.tasks)  # follow-ups come after what they follow
                progress.update(task, total=planned + int(event.text))
            elif event.kind is EventKind.WAITING:
                progress.console.print(event.text)
            elif event.kind in (EventKind.FINISHED, EventKind.CACHED):
                progress.advance(task)
            elif event.job is not None:
                name = event.job.kata.slug
                progress.update(task, description=f"{name} {event.text}".strip()[:60])

        yield listen


def _say_waiting(event: Event) -> None:
    from harness.runner.job import EventKind

    if event.kind is EventKind.WAITING:
        click.echo(event.text, err=True)
