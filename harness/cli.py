"""The `kata` command: arguments and wiring. The only module that prints."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import re
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from harness.catalog import find_root, is_edition, load_catalog, select_katas
from harness.cohort.roles import AUTHORS, INSTRUCTORS
from harness.completion import KATA
from harness.errors import KataError, StateError
from harness.model import Catalog, Kata, KataReport, Remembered, Scoreboard, Status
from harness.output import check_output, has_blocks, has_color, put, width, write_output
from harness.render import Format, render
from harness.state import state_folder
from harness.subject import LEARNER
from harness.tally import tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.jobs import Event, Listener

_SUFFIXES = {
    Format.TERMINAL: (".txt",),
    Format.MARKDOWN: (".md", ".markdown"),
    Format.HTML: (".html", ".htm"),
    Format.JSON: (".json",),
    Format.BADGE: (".json",),
}

P = ParamSpec("P")
R = TypeVar("R")

_IDS = click.argument("ids", nargs=-1, metavar="[KATA]...", type=KATA)
_JOBS = click.option(
    "--jobs", "-j", type=click.IntRange(min=1), help="Suites at once; cores and one more when not given."
)
_FRESH = click.option("--fresh", is_flag=True, help="Run everything again, whatever the cache knows.")


def _board_options(command: Callable[P, R]) -> Callable[P, R]:
    """The options of every command that shows a scoreboard."""
    options = (
        click.option(
            "--format",
            "-f",
            "form",
            type=click.Choice([form.value for form in Format]),
            default=Format.TERMINAL.value,
            show_default=True,
            help="What to write.",
        ),
        click.option(
            "--output", "-o", type=click.Path(path_type=Path), help="Write to this file, not to the terminal."
        ),
        click.option(
            "--require",
            multiple=True,
            metavar="WHAT",
            help="End with code 1 unless these are passed: sets or katas, like A,b01. May be repeated.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


_ELSEWHERE = {
    "cohort": "harness.cohort.cli_export:cohort_group",
    "completion": "harness.practice.cli_katas:completion_command",
    "diff": "harness.practice.cli_solution:diff_command",
    "export": "harness.cohort.cli_export:export_command",
    "grade": "harness.cohort.cli_grade:grade_command",
    "history": "harness.practice.cli_stats:history_group",
    "hint": "harness.practice.cli_attempts:hint_command",
    "list": "harness.practice.cli_katas:list_command",
    "next": "harness.practice.cli_katas:next_command",
    "release": "harness.cohort.cli_release:release_command",
    "interview": "harness.practice.cli_interview:interview_command",
    "regrade": "harness.cohort.cli_grade:regrade_command",
    "reset": "harness.practice.cli_attempts:reset_command",
    "restore": "harness.practice.cli_attempts:restore_command",
    "reveal": "harness.practice.cli_solution:reveal_command",
    "review": "harness.practice.cli_attempts:review_command",
    "show": "harness.practice.cli_katas:show_command",
    "similarity": "harness.cohort.cli_export:similarity_command",
    "stats": "harness.practice.cli_stats:stats_command",
    "start": "harness.practice.cli_clock:start_command",
    "stop": "harness.practice.cli_clock:stop_command",
    "submit": "harness.practice.cli_solution:submit_command",
    "unseal": "harness.cohort.cli_release:unseal_command",
    "update": "harness.cohort.cli_release:update_command",
    "watch": "harness.practice.cli_watch:watch_command",
}
"""Commands that are imported only when they are asked for."""

_SECTIONS = {
    "Practise": ("watch", "next", "show", "start", "stop", "hint", "submit", "reset", "restore"),
    "After a pass": ("reveal", "diff", "review", "interview"),
    "See how you stand": ("scoreboard", "list", "stats", "history", "tally"),
    "Set up": ("completion", "update", "unseal"),
    "For authors": ("new", "stamp", "audit"),
    "For instructors": ("release", "grade", "regrade", "export", "similarity", "cohort"),
}
"""The order of `kata --help`; what is in none of them comes last."""


def _with_blocks(command: click.Command) -> click.Command:
    r"""The command, with `\b` in its help as click wants it before lines that stay as they are: a backspace."""
    command.help = command.help and command.help.replace("\\b\n", "\b\n")
    return command


class _Commands(click.Group):
    """All commands, those for instructors among them."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for; the name of a kata alone is answered with what to say instead."""
        if args and args[0] == "help":  # `kata help hint` is what people type who know git
            args = [*args[1:2], "--help"] if args[1:] else ["scoreboard", "--help"]
        if args and self.get_command(ctx, args[0]) is None and re.fullmatch(r"[a-dA-D]\d{1,2}(_\w+)?", args[0]):
            ctx.fail(f"{args[0]} is no command. To work on it: kata watch {args[0]}")
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=2)
            meant = f" Did you mean {' or '.join(near)}?" if near else " `kata --help` lists the commands."
            ctx.fail(f"{args[0]} is no command.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """All commands, by what somebody wants to do."""
        names = self.list_commands(ctx)
        known = {name for section in _SECTIONS.values() for name in section}
        column = max(map(len, names))
        limit = formatter.width - column - 6
        sections = {**_SECTIONS, "Others": tuple(name for name in names if name not in known)}
        for title, of_section in sections.items():
            there = [(name, self.get_command(ctx, name)) for name in of_section if name in names]
            rows = [(f"{name:<{column}}", command.get_short_help_str(limit)) for name, command in there if command]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names; a learners' edition speaks of learners' commands only."""
        hidden = {*AUTHORS, *INSTRUCTORS} if _in_edition() else set()
        return sorted({*super().list_commands(ctx), *_ELSEWHERE} - hidden)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name. Raises `KataError` for one that an edition cannot have."""
        if cmd_name in AUTHORS and _in_edition():
            raise KataError(
                f"this is a learners' edition, and kata {cmd_name} is for authors: it needs the whole repository",
                hint="kata --help lists what there is here",
            )
        if cmd_name not in _ELSEWHERE:
            found = super().get_command(ctx, cmd_name)
            return found and _with_blocks(found)
        module, _, name = _ELSEWHERE[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return _with_blocks(command)


_HELP = """Code katas for machine-learning interviews.

Fill in a stub, run its suite, watch the scoreboard grow. Without a command: `kata watch`, for the kata you are at. A KATA
goes by any of its names: a1, A01, mse, a01_mse; `kata COMMAND --help` explains one command.

\b
An evening:
  kata next           which kata, and why
  kata show mse       what it asks
  kata start mse      the interview clock
  kata                fill in katas/a01_mse/mse.py: each save runs its suite
  kata hint mse       when you are stuck
  kata submit mse     the whole suite; 0 is a pass
  kata diff mse       your code beside the reference
"""
_EPILOG = """\b
Files: .kata/ keeps results, history and attempts; git ignores it.
Environment: KATA_ROOT, the checkout; KATA_STATE, instead of .kata/; NO_COLOR.
Exit codes: 0 done, 1 not passed or refused, 2 an error, 130 interrupted.
"""


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    epilog=_EPILOG,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="ml-kata-dojo")
@click.pass_context
def app(context: click.Context) -> None:
    """Go on with the kata at hand when nothing else is asked for."""
    if context.invoked_subcommand is None:
        from harness.practice.cli_watch import watch_command

        context.invoke(watch_command, kata_id="")


@app.command()
@_IDS
@_board_options
@click.option("--subject", default=LEARNER, show_default=True, help="Whose code: learner, reference, or a folder.")
@click.option("--profile", type=click.Choice(["practice", "ci", "grade"]), help="Hypothesis profile.")
@_JOBS
@_FRESH
def scoreboard(
    ids: tuple[str, ...],
    form: str,
    output: Path | None,
    require: tuple[str, ...],
    subject: str,
    profile: str | None,
    jobs: int | None,
    fresh: bool,
) -> None:
    r"""Run what has changed and show how every kata stands.

    Nothing is run twice: with nothing changed it answers at once. Each run is noted in your history, and a pass stops the clock.
    A kata that you passed and are about to forget is "due". Once a kata passes, its follow-up is run too, for a star.

    \b
    Examples:
      kata scoreboard
      kata scoreboard a1 b2 --fresh
      kata scoreboard --format html --output scoreboard.html
      kata scoreboard --require A,b01      exit code 1 unless these are passed
    """
    from harness.jobs import follow_up_jobs, learner_job
    from harness.runner import run_jobs

    base, catalog = _catalog()
    katas = select_katas(catalog, ids)
    required = _required(catalog, require)
    check_output(output, _SUFFIXES[Format(form)])
    chosen = profile or ("ci" if os.environ.get("CI") else "practice")
    work = [learner_job(kata, subject, chosen) for kata in katas]
    state, ran = _state(base), set[str]()
    with _progress() as listener:

        def listen(event: Event) -> None:
            if event.kind == "finished" and event.job is not None:
                ran.add(event.job.kata.slug)
            listener(event)

        reports = run_jobs(work, state=state, workers=jobs, fresh=fresh, listener=listen)
        more = follow_up_jobs(work, reports)
        followed = run_jobs(more, state=state, workers=jobs, fresh=fresh, listener=listener)
    remembered = _remember(state, catalog, reports, ran) if subject == LEARNER else Remembered()
    if subject == LEARNER:
        _note_follow_ups(state, [job.kata for job in more], followed)
    board = tally(
        Catalog(katas, catalog.faults),
        [*reports, *followed],
        best_times_s=remembered.best_times_s,
        due=remembered.due,
        following=remembered.following if not ids else None,
        subject=subject,
    )
    _write(board, Format(form), output)
    _finish(board, required)


@app.command(name="tally")
@click.argument("reports", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="REPORT...")
@_board_options
def tally_command(reports: tuple[Path, ...], form: str, output: Path | None, require: tuple[str, ...]) -> None:
    r"""Show a scoreboard from reports that were made elsewhere.

    A REPORT is a JSON file made by this harness, or by pytest --json-report on katas.

    \b
    Example:
      kata tally reports/*.json --format markdown
    """
    from harness.report import read

    _, catalog = _catalog()
    required = _required(catalog, require)
    check_output(output, _SUFFIXES[Format(form)])
    found = []
    known = {kata.slug for kata in catalog.katas}
    for path in reports:
        for report in read(path):
            if report.slug not in known:
                raise KataError(f"{path} is a report of {report.slug}, and there is no such kata in this checkout")
            found.append(report)
    board = tally(catalog, found)
    _write(board, Format(form), output)
    _finish(board, required)


@app.command(name="audit")
@_IDS
@_JOBS
@_FRESH
@click.option(
    "--seeds",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Run what is right under N seeds of hypothesis too, speed bands aside: a suite must not hang on luck.",
)
@click.option(
    "--player",
    type=click.Choice(["process", "sandbox"]),
    help="Run all solutions as grading does, too: each test must end there as it does here.",
)
def audit_command(ids: tuple[str, ...], jobs: int | None, fresh: bool, seeds: int, player: str | None) -> None:
    r"""Say everything that is wrong with katas.

    A kata is right when its stub fails every test, its reference and the also-right solutions pass, every wrong one dies on the
    test that it names, and nothing is missing. Exit code 1 when anything is wrong.

    \b
    Examples:
      kata audit b2
      kata audit --seeds 10 --player sandbox
    """
    from harness.audit import audit
    from harness.render.audit import render_audit

    if player == "sandbox":
        from harness.referee.sandbox import require_sandbox

        require_sandbox()
    base, catalog = _catalog()
    katas = select_katas(catalog, ids)
    with _progress() as listener:
        results = audit(
            catalog,
            katas,
            state=_state(base),
            workers=jobs,
            fresh=fresh,
            seeds=range(1, seeds + 1),
            player=player or "",
            listener=listener,
        )
    put(render_audit(results, width=width(), color=has_color()))
    faulty = sum(bool(result.faults) for result in results)
    if not ids:
        _report_faults(catalog)
        faulty += len(catalog.faults)
    if faulty:
        sys.exit(1)


@app.command()
@click.argument("kata_id", metavar="ID")
@click.argument("title")
def new(kata_id: str, title: str) -> None:
    r"""Make all files of a new kata.

    ID is a free one, like B26; the module is named after the TITLE.

    \b
    Example:
      kata new B26 "Gaussian mixture"
    """
    from harness.scaffold import new_kata

    base, _ = _catalog()
    for path in new_kata(base, kata_id, title):
        click.echo(path.relative_to(base).as_posix())
    click.echo("CONTRIBUTING.md says how to fill them in; `kata audit` says what is still missing.")


@app.command()
@click.argument("ids", nargs=-1, required=True, metavar="KATA...", type=KATA)
def stamp(ids: tuple[str, ...]) -> None:
    r"""Take stubs as they are for the published ones.

    The hash of a published stub is in `kata.toml`; a file with that hash is "not started".

    \b
    Example:
      kata stamp b26
    """
    from harness.scaffold import stamp as write_stamp

    _, catalog = _catalog()
    for kata in select_katas(catalog, ids):
        click.echo(f"{kata.slug}: {'stamped' if write_stamp(kata) else 'was stamped already'}")


# --- helpers ---------------------------------------------------------------------------------------------------------


def _in_edition() -> bool:
    try:
        return is_edition(find_root(Path.cwd()))
    except KataError:
        return False


def _catalog() -> tuple[Path, Catalog]:
    base = find_root(Path.cwd())
    return base, load_catalog(base)


def _state(base: Path) -> Path:
    folder = state_folder(base)
    if base not in folder.parents and "KATA_STATE" not in os.environ:
        click.echo(f"this checkout cannot be written to; results are kept in {folder}", err=True)
    return folder


def _remember(state: Path, catalog: Catalog, reports: list[KataReport], ran: set[str]) -> Remembered:
    """Note what was run; what comes of it for the scoreboard. Without a usable history, a word on stderr and the board alone."""
    from harness.practice.remember import remember

    try:
        remembered = remember(state, catalog, reports, ran, time.time())
    except StateError as error:
        click.echo(f"the scoreboard is complete, but without the history: {error}", err=True)
        return Remembered()
    for line in remembered.news:
        click.echo(line, err=True)
    return remembered


def _note_follow_ups(state: Path, katas: list[Kata], reports: list[KataReport]) -> None:
    if not reports:
        return
    from harness.history import History
    from harness.practice.follow_up import record_follow_up

    with contextlib.suppress(StateError):  # said already, by whoever noted the katas themselves
        history = History(state)
        try:
            for kata, report in zip(katas, reports, strict=True):
                record_follow_up(history, kata, report, time.time())
        finally:
            history.close()


def _required(catalog: Catalog, names: tuple[str, ...]) -> set[str]:
    """Slugs that must be passed, from ids and set letters, separated by commas or spaces."""
    slugs: set[str] = set()
    for name in [part for text in names for part in text.replace(",", " ").split()]:
        of_set = [kata.slug for kata in catalog.katas if kata.set.value == name.upper()]
        slugs |= set(of_set) or {kata.slug for kata in select_katas(catalog, (name,))}
    return slugs


def _write(board: Scoreboard, form: Format, output: Path | None) -> None:
    if output is None:
        put(render(board, form, width=width(), color=has_color(), unicode=has_blocks()))
        return
    write_output(output, render(board, form))


def _finish(board: Scoreboard, required: set[str]) -> None:
    """Exit codes of the scoreboard: 1 when a folder is not usable or a required kata is not passed."""
    missing = [row.slug for row in board.rows if row.slug in required and row.status is not Status.PASSED]
    missing += sorted(required - {row.slug for row in board.rows})
    if missing:
        click.echo(f"required, and not passed: {', '.join(missing)}", err=True)
    if board.faults or missing:
        sys.exit(1)


def _report_faults(catalog: Catalog) -> None:
    for fault in catalog.faults:
        click.echo(f"not usable: {fault.sentence}", err=True)


@contextmanager
def _progress() -> Iterator[Listener]:
    """A progress bar on stderr when somebody is looking; over a pipe, only what must be known."""
    if not sys.stderr.isatty():
        yield _say_waiting
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)

        def listen(event: Event) -> None:
            if event.kind == "planned":
                planned = sum(known.total or 0 for known in progress.tasks)  # follow-ups come after what they follow
                progress.update(task, total=planned + int(event.text))
            elif event.kind == "waiting":
                progress.console.print(event.text)
            elif event.kind in ("finished", "cached"):
                progress.advance(task)
            elif event.job is not None:
                name = event.job.kata.slug
                progress.update(task, description=f"{name} {event.text}".strip()[:60])

        yield listen


def _say_waiting(event: Event) -> None:
    if event.kind == "waiting":
        click.echo(event.text, err=True)


def main() -> None:
    """Entry point: errors a person can mend end in a sentence and an exit code, never in a traceback."""
    try:
        app(prog_name="kata")
    except KataError as error:
        click.echo(f"kata: {error}", err=True)
        if error.hint:
            click.echo(f"      {error.hint}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads any more; do not complain while exiting
        sys.exit(141)


if __name__ == "__main__":
    main()
