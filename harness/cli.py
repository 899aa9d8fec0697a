"""The `kata` command: arguments and wiring. The only module that prints."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.catalog import find_root, load_catalog, select_katas
from harness.errors import KataError, StateError
from harness.model import Catalog, Kata, KataSet, Scoreboard, Status
from harness.render import Format, render
from harness.state import state_folder, write_atomically
from harness.tally import tally

if TYPE_CHECKING:
    from harness.runner import Event, Listener

app = typer.Typer(
    help="Code katas for machine-learning interviews: fill in a stub, run its suite, watch the scoreboard grow.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[KATA]...", help="Katas, as a1, A01, mse or a01_mse; all of them when none is named."),
]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Suites at once; one a core when not given.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run everything again, whatever the cache knows.")]
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="What to write.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file and not to the terminal.")]
Require = Annotated[
    list[str] | None,
    typer.Option(
        "--require", help="End with code 1 unless these katas or sets are passed (A, or a01_mse; may be repeated)."
    ),
]

_SUFFIXES = {
    Format.TERMINAL: (".txt",),
    Format.MARKDOWN: (".md", ".markdown"),
    Format.HTML: (".html", ".htm"),
    Format.JSON: (".json",),
    Format.BADGE: (".json",),
}


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Without a command: the scoreboard."""
    if version:
        import importlib.metadata

        typer.echo(importlib.metadata.version("ml-kata-dojo"))
    elif context.invoked_subcommand is None:
        scoreboard()


@app.command()
def scoreboard(
    ids: Ids = None,
    form: FormatOption = Format.TERMINAL,
    output: Output = None,
    subject: Annotated[
        str, typer.Option(help="Whose code: learner, reference, or a folder that holds the module.")
    ] = "learner",
    profile: Annotated[str, typer.Option(help="Hypothesis profile: practice, ci or grade.")] = "",
    jobs: Jobs = None,
    fresh: Fresh = False,
    require: Require = None,
) -> None:
    """Run what has changed and show how every kata stands."""
    from harness.runner import learner_job, run_jobs

    base, catalog = _catalog()
    katas = select_katas(catalog, ids or [])
    required = _required(catalog, require or [])
    _check_output(output, form)
    chosen = profile or ("ci" if os.environ.get("CI") else "practice")
    work = [learner_job(kata, subject, chosen) for kata in katas]
    with _progress(len(work)) as listener:
        reports = run_jobs(work, state=_state(base), workers=jobs, fresh=fresh, listener=listener)
    shown = Catalog(katas, catalog.faults)
    board = tally(shown, reports, subject=subject)
    _write(board, form, output)
    _finish(board, required)


@app.command(name="tally")
def tally_command(
    reports: Annotated[
        list[Path], typer.Argument(help="JSON reports, made by this harness or by pytest --json-report.")
    ],
    form: FormatOption = Format.TERMINAL,
    output: Output = None,
    require: Require = None,
) -> None:
    """Show a scoreboard from reports that were made elsewhere."""
    from harness.report import read

    _, catalog = _catalog()
    required = _required(catalog, require or [])
    _check_output(output, form)
    found = []
    known = {kata.slug for kata in catalog.katas}
    for path in reports:
        for report in read(path):
            if report.slug not in known:
                raise KataError(f"{path} is a report of {report.slug}, and there is no such kata in this checkout")
            found.append(report)
    board = tally(catalog, found)
    _write(board, form, output)
    _finish(board, required)


@app.command(name="list")
def list_command(
    kata_set: Annotated[KataSet | None, typer.Option("--set", help="Only this set.")] = None,
    topic: Annotated[str, typer.Option(help="Only katas with this topic.")] = "",
) -> None:
    """List the katas there are."""
    _, catalog = _catalog()
    for kata in catalog.katas:
        if (kata_set in (None, kata.set)) and (not topic or topic in kata.topics):
            typer.echo(f"{kata.slug:<24} {kata.minutes:>3} min  {kata.title} ({', '.join(kata.topics)})")
    _report_faults(catalog)


@app.command(name="audit")
def audit_command(ids: Ids = None, jobs: Jobs = None, fresh: Fresh = False) -> None:
    """Say everything that is wrong with katas: for authors."""
    from harness.audit import audit
    from harness.render.audit import render_audit

    base, catalog = _catalog()
    katas = select_katas(catalog, ids or [])
    with _progress(0) as listener:
        results = audit(catalog, katas, state=_state(base), workers=jobs, fresh=fresh, listener=listener)
    typer.echo(render_audit(results, width=_width(), color=_color()), nl=False)
    faulty = sum(bool(result.faults) for result in results)
    if not ids:
        _report_faults(catalog)
        faulty += len(catalog.faults)
    if faulty:
        raise typer.Exit(1)


@app.command()
def new(
    kata_id: Annotated[str, typer.Argument(metavar="ID", help="A free id, like B26.")],
    title: Annotated[str, typer.Argument(help="The title; the module is named after it.")],
) -> None:
    """Make all files of a new kata, each with what belongs in it: for authors."""
    from harness.scaffold import new_kata

    base, _ = _catalog()
    for path in new_kata(base, kata_id, title):
        typer.echo(path.relative_to(base).as_posix())
    typer.echo("CONTRIBUTING.md says how to fill them in; `kata audit` says what is still missing.")


@app.command()
def stamp(
    ids: Annotated[list[str], typer.Argument(metavar="KATA...", help="Katas whose stub is to be published.")],
) -> None:
    """Take the stub as it is for the published one: for authors."""
    from harness.scaffold import stamp as write_stamp

    _, catalog = _catalog()
    for kata in select_katas(catalog, ids):
        typer.echo(f"{kata.slug}: {'stamped' if write_stamp(kata) else 'was stamped already'}")


# --- helpers ---------------------------------------------------------------------------------------------------------


def _catalog() -> tuple[Path, Catalog]:
    base = find_root(Path.cwd())
    return base, load_catalog(base)


def _state(base: Path) -> Path:
    folder = state_folder(base)
    if base not in folder.parents and "KATA_STATE" not in os.environ:
        typer.echo(f"this checkout cannot be written to; results are kept in {folder}", err=True)
    return folder


def _required(catalog: Catalog, names: list[str]) -> set[str]:
    """Slugs that must be passed, from ids and set letters, separated by commas or spaces."""
    slugs: set[str] = set()
    for name in [part for text in names for part in text.replace(",", " ").split()]:
        of_set = [kata.slug for kata in catalog.katas if kata.set.value == name.upper()]
        slugs |= set(of_set) or {kata.slug for kata in select_katas(catalog, [name])}
    return slugs


def _check_output(output: Path | None, form: Format) -> None:
    """Refuse to write over a file that cannot be an earlier output."""
    if output is None:
        return
    if output.is_dir():
        raise KataError(f"{output} is a folder, expected the name of a file to write")
    if output.exists() and output.suffix.lower() not in _SUFFIXES[form]:
        wanted = " or ".join(_SUFFIXES[form])
        raise KataError(f"{output} exists, and is no {wanted} file: it will not be overwritten")


def _write(board: Scoreboard, form: Format, output: Path | None) -> None:
    if output is None:
        encoding = sys.stdout.encoding or "ascii"
        text = render(board, form, width=_width(), color=_color(), unicode=_can_encode("█·─", encoding))
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        return
    try:
        write_atomically(output, render(board, form).encode("utf-8"))
    except OSError as error:
        raise StateError(f"cannot write {output}: {error.strerror}") from error


def _finish(board: Scoreboard, required: set[str]) -> None:
    """Exit codes of the scoreboard: 1 when a folder is not usable or a required kata is not passed."""
    missing = [row.slug for row in board.rows if row.slug in required and row.status is not Status.PASSED]
    missing += sorted(required - {row.slug for row in board.rows})
    if missing:
        typer.echo(f"required, and not passed: {', '.join(missing)}", err=True)
    if board.faults or missing:
        raise typer.Exit(1)


def _report_faults(catalog: Catalog) -> None:
    for fault in catalog.faults:
        typer.echo(f"not usable: {fault.sentence}", err=True)


def _width() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def _color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


@contextmanager
def _progress(total: int) -> Iterator[Listener]:
    """A progress bar on stderr when somebody is looking; over a pipe, only what must be known."""
    if not sys.stderr.isatty():
        yield _say_waiting
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total or None)
        begun = 0

        def listen(event: Event) -> None:
            nonlocal begun
            if event.kind == "waiting":
                progress.console.print(event.text)
            elif event.kind in ("finished", "cached"):
                progress.advance(task)
            elif event.job is not None:
                begun += event.kind == "started"
                name = event.job.kata.slug
                progress.update(task, description=f"{name} {event.text}".strip()[:60])

        yield listen


def _say_waiting(event: Event) -> None:
    if event.kind == "waiting":
        typer.echo(event.text, err=True)


def _kata_names(katas: tuple[Kata, ...]) -> str:
    return ", ".join(kata.slug for kata in katas)


def main() -> None:
    """Entry point: errors a person can mend end in a sentence and an exit code, never in a traceback."""
    try:
        app()
    except KataError as error:
        typer.echo(f"kata: {error}", err=True)
        if error.hint:
            typer.echo(f"      {error.hint}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads any more; do not complain while exiting
        sys.exit(141)


if __name__ == "__main__":
    main()
