"""`kata release`, `kata unseal` and `kata update`: arguments and wiring."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog import find_kata, find_root, load_catalog, select_katas
from harness.errors import KataError

if TYPE_CHECKING:
    from harness.cohort.seal import Passphrase

_PASSPHRASE_FILE = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    help="Read the passphrase from this file; else from KATA_PASSPHRASE, else it is asked for.",
)


@click.command(name="release")
@click.argument("target", type=click.Path(path_type=Path), metavar="DIR")
@click.argument("ids", nargs=-1, metavar="[KATA]...")
@click.option("--sets", default="", metavar="A,B", help="Only katas of these sets.")
@click.option("--seal", "is_sealed", is_flag=True, help="Put references and debriefs in, encrypted.")
@_PASSPHRASE_FILE
def release_command(
    target: Path, ids: tuple[str, ...], sets: str, is_sealed: bool, passphrase_file: Path | None
) -> None:
    """Make the learners' edition: a git repository without solutions.

    The same katas give the same bytes and the same commit. With --seal, learners can open a solution once they are told
    the passphrase, with `kata unseal`.
    """
    from harness.cohort.release import build_edition, write_edition

    root = find_root(Path.cwd())
    wanted = {part.strip().upper() for part in sets.split(",") if part.strip()}
    unknown = wanted - {"A", "B", "C", "D"}
    if unknown:
        raise KataError(f"there is no set {', '.join(sorted(unknown))}: sets are A, B, C and D")
    katas = [kata for kata in select_katas(load_catalog(root), ids) if not wanted or kata.set.value in wanted]
    passphrase = _passphrase(passphrase_file, confirm=True) if is_sealed else None
    commit = write_edition(build_edition(root, katas, passphrase), target)
    click.echo(f"{target}: {len(katas)} katas{', sealed' if is_sealed else ''}, commit {commit}")


@click.command(name="unseal")
@click.argument("kata_id", metavar="KATA")
@_PASSPHRASE_FILE
def unseal_command(kata_id: str, passphrase_file: Path | None) -> None:
    """Open the sealed solution of a kata, with the passphrase that the instructor has published."""
    from harness.cohort.seal import unseal

    root = find_root(Path.cwd())
    kata = find_kata(load_catalog(root), kata_id)
    for path in unseal(root, kata, _passphrase(passphrase_file, confirm=False)):
        click.echo(path.relative_to(root))


@click.command(name="update")
@click.argument("source", metavar="EDITION")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--downgrade", is_flag=True, help="Take an older edition, too.")
def update_command(source: str, dry_run: bool, downgrade: bool) -> None:
    """Take newer suites and statements from a newer learners' edition; what you have written stays.

    EDITION is a folder, a zip, or a git URL. A file that you have changed is left as it is, with the newer one beside it.
    """
    from harness.cohort.update import carry_out, open_edition, plan_update

    root = find_root(Path.cwd())
    with open_edition(source) as read:
        plan = plan_update(root, read, downgrade=downgrade)
    for verb, paths in (("write", plan.written), ("remove", plan.removed)):
        for path in paths:
            click.echo(f"{verb:<7} {path}")
    for path in plan.kept_stubs:
        click.echo(f"keep    {path}: there is a newer stub, and yours is edited")
    for path in plan.beside:
        click.echo(f"beside  {path}: you have changed {path.removesuffix('.new')}")
    if dry_run:
        click.echo("nothing was done")
        return
    carry_out(root, plan)
    click.echo(f"this is edition {plan.version} now" if plan.written or plan.removed else "there is nothing newer")
    if any(path in ("pyproject.toml", ".ci/requirements.txt") for path in plan.written):
        click.echo("what the harness needs has changed: install it again, pip install -e .")


def _passphrase(file: Path | None, *, confirm: bool) -> Passphrase:
    from harness.cohort.seal import check_passphrase

    if file is not None:
        try:
            return check_passphrase(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise KataError(f"the passphrase cannot be read from {file}: {error}") from None
    given = os.environ.get("KATA_PASSPHRASE")
    if given is not None:
        return check_passphrase(given)
    return check_passphrase(click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))
