"""The commands of authors: `kata audit`, `kata new` and `kata stamp`."""

from __future__ import annotations

import sys

import click

from harness.audit.rotation import SINCE_VARIABLE, Part, parse_part, plan_rotation
from harness.catalog.load import select_katas
from harness.cli.common import FRESH, IDS, JOBS, open_catalog, open_state, report_faults, show_progress
from harness.cli.completion import KATA
from harness.core.model import KataKind
from harness.core.output import has_color, put, width


def _read_part(_context: click.Context, _option: click.Parameter, value: str | None) -> Part | None:
    try:
        return None if value is None else parse_part(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no part; 2/4, for example, is the second of four") from None


@click.command(name="audit")
@IDS
@JOBS
@FRESH
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
    help="Run what is right, and one wrong solution of each band, as grading does, too: each test must end there as here.",
)
@click.option("--all", "all_in_player", is_flag=True, help="With --player: run all wrong solutions there.")
@click.option("--mutants", type=click.IntRange(0), default=0, metavar="N", help="Run N mutants of each reference, too.")
@click.option("--draft", is_flag=True, help="Say nothing of solutions that are still to be written.")
@click.option(
    "--rotate",
    is_flag=True,
    help="For CI: audit whole what has changed since a baseline; of other katas, run what is right and today's quarter of the "
    "mistakes.",
)
@click.option(
    "--since",
    default="",
    envvar=SINCE_VARIABLE,
    metavar="COMMIT",
    help="The baseline of --rotate [default: the last release, or where the branch left main, or the commit before].",
)
@click.option(
    "--part", callback=_read_part, metavar="N/M", help="With --rotate: this part of the mistakes in place of today's."
)
@click.option("--slowest", type=click.IntRange(0), default=0, metavar="N", help="List the N slowest runs.")
def audit_command(
    ids: tuple[str, ...],
    jobs: int | None,
    fresh: bool,
    seeds: int,
    player: str | None,
    all_in_player: bool,
    mutants: int,
    draft: bool,
    rotate: bool,
    since: str,
    part: Part | None,
    slowest: int,
) -> None:
    r"""Say everything that is wrong with katas.

    A kata is right when its stub fails every test, or those of its planted faults where it is to be debugged, its reference and
    the also-right solutions pass, every wrong one dies on the test that it names, and nothing is missing. Exit code 1 when
    anything is wrong.

    \b
    Examples:
      kata audit b2
      kata audit --seeds 10 --player sandbox --all --mutants 10
      kata audit --rotate --since v0.1.0
    """
    from harness.audit.mutate import scores_for_audit
    from harness.audit.plan import Options
    from harness.audit.run import audit
    from harness.audit.table import render_audit

    if player == "sandbox":
        from harness.isolation.sandbox import require_sandbox

        require_sandbox()
    base, catalog = open_catalog()
    katas = select_katas(catalog, ids)
    options = Options(range(1, seeds + 1), player or "", all_in_player, draft)
    rotation = plan_rotation(base, katas, since=since, part=part) if rotate else None
    state = open_state(base)
    with show_progress() as listener:
        result = audit(
            catalog,
            katas,
            state=state,
            options=options,
            rotation=rotation,
            workers=jobs,
            fresh=fresh,
            listener=listener,
        )
        scores = scores_for_audit(katas, state=state, size=mutants, workers=jobs, listener=listener)
    put(render_audit(result, scores=scores, slowest=slowest, width=width(), color=has_color()))
    faulty = sum(bool(audited.faults) for audited in result.katas)
    if not ids:
        report_faults(catalog)
        faulty += len(catalog.faults)
    if faulty:
        sys.exit(1)


@click.command(name="new")
@click.argument("kata_id", metavar="ID")
@click.argument("title")
@click.option(
    "--kind",
    type=click.Choice(list(KataKind), case_sensitive=False),
    default=KataKind.WRITE,
    show_default=True,
    help="debug: the stub is code with faults to be found and repaired.",
)
def new_command(kata_id: str, title: str, kind: KataKind) -> None:
    r"""Make all files of a new kata.

    ID is a free one, like B26; the module is named after the TITLE.

    \b
    Examples:
      kata new B26 "Gaussian mixture"
      kata new A19 "Leakage review" --kind debug
    """
    from harness.catalog.scaffold import new_kata

    base, _ = open_catalog()
    for path in new_kata(base, kata_id, title, KataKind(kind)):
        click.echo(path.relative_to(base).as_posix())
    click.echo("CONTRIBUTING.md says how to fill them in; `kata audit` says what is still missing.")


@click.command(name="stamp")
@click.argument("ids", nargs=-1, required=True, metavar="KATA...", type=KATA)
def stamp_command(ids: tuple[str, ...]) -> None:
    r"""Take stubs as they are for the published ones.

    The hash of a published stub is in `kata.toml`; a file with that hash is "not started".

    \b
    Example:
      kata stamp b26
    """
    from harness.catalog.scaffold import stamp

    _, catalog = open_catalog()
    for kata in select_katas(catalog, ids):
        click.echo(f"{kata.slug}: {'stamped' if stamp(kata) else 'was stamped already'}")
