"""`kata release`, `kata unseal` and `kata update`: arguments and wiring."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog.load import find_kata, find_root, load_catalog, select_katas
from harness.core.errors import KataError
from harness.core.model import KataSet
from harness.edition.roles import AUTHORS, INSTRUCTORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.core.model import Kata
    from harness.edition.seal import Passphrase
    from harness.edition.update import Plan, Step

_PASSPHRASE_FILE = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read the passphrase from this file; else from KATA_PASSPHRASE, else it is asked for (or read from a pipe).",
)
_NEEDS = ("pyproject.toml", ".ci/requirements.txt")
"""Files that say what has to be installed."""
_FEW = 6


@click.command(name="release")
@click.argument("target", type=click.Path(path_type=Path), metavar="DIR")
@click.argument("ids", nargs=-1, metavar="[KATA]...")
@click.option("--sets", metavar="A,B", help="All katas of these sets, in place of names of katas.")
@click.option("--seal", "is_sealed", is_flag=True, help="Put references and debriefs in, encrypted.")
@_PASSPHRASE_FILE
@click.option(
    "--gradescope", "is_autograder", is_flag=True, help="Make an autograder for Gradescope, DIR being OUT.zip."
)
@click.option(
    "--hold-out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Suites for `kata grade --hold-out`: see to it that none of them gets in.",
)
def release_command(
    target: Path,
    ids: tuple[str, ...],
    sets: str | None,
    is_sealed: bool,
    passphrase_file: Path | None,
    is_autograder: bool,
    hold_out: Path | None,
) -> None:
    """Make the learners' edition: a git repository without solutions.

    The same katas give the same bytes and the same commit. With --seal, learners can open a solution once they are told
    the passphrase, with `kata unseal`.

    With --gradescope it is a zip to be uploaded as an autograder, with the suites that are held out in it; a submission is then
    graded by the referee there.
    """
    from harness.edition.autograder import write_autograder
    from harness.edition.release import build_edition, check_target, write_edition

    root = find_root(Path.cwd())
    if not is_autograder:
        check_target(root, target)
    katas = _chosen(root, ids, sets)
    if passphrase_file is not None and not is_sealed:
        raise KataError("--passphrase-file says how to seal, and --seal is not there", hint="add --seal")
    if is_autograder and is_sealed:
        raise KataError("an autograder has no solutions that could be sealed", hint="leave --seal out")
    passphrase = _passphrase(passphrase_file, confirm=True) if is_sealed else None
    edition = build_edition(root, katas, passphrase=passphrase, hold_out=hold_out, commands=_learners_commands())
    if is_autograder:
        write_autograder(edition, target, hold_out)
        click.echo(f"{target}: an autograder for Gradescope, {_count(len(katas), 'kata')}")
        return
    commit = write_edition(edition, target)
    sealed = ", with sealed solutions" if is_sealed else ""
    click.echo(f"{target}: edition {edition.manifest.name}, {_count(len(katas), 'kata')}{sealed}")
    click.echo(f"commit {commit}")


def _chosen(root: Path, ids: Sequence[str], sets: str | None) -> tuple[Kata, ...]:
    """The katas that are asked for. Raises `KataError` when one of them is not usable."""
    catalog = load_catalog(root)
    if sets is None:
        chosen = select_katas(catalog, ids)
        wanted = {kata.slug[0] for kata in chosen} if not ids else set()
    elif ids:
        raise KataError("give --sets or names of katas, and not both")
    else:
        wanted = {part.strip().lower() for part in sets.split(",") if part.strip()}
        unknown = wanted - {known.value.lower() for known in KataSet}
        if unknown or not wanted:
            raise KataError(
                f"there is no set {', '.join(sorted(unknown)).upper() or repr(sets)}: sets are A, B, C and D"
            )
        chosen = tuple(kata for kata in catalog.katas if kata.set.value.lower() in wanted)
    slugs = {kata.slug for kata in chosen}
    for fault in catalog.faults:
        if fault.folder in slugs or (not ids and (sets is None or fault.folder[:1].lower() in wanted)):
            raise KataError(f"{fault.folder} is not usable: {fault.sentence}", hint="kata audit says all that is wrong")
    return chosen


def _learners_commands() -> dict[str, str]:
    """What the edition's README lists: each command of learners, with the first sentence of its help."""
    context = click.get_current_context().find_root()
    group = context.command
    if not isinstance(group, click.Group):
        return {}
    names = [name for name in group.list_commands(context) if name not in (*AUTHORS, *INSTRUCTORS)]
    commands = {name: group.get_command(context, name) for name in names}
    return {
        name: command.get_short_help_str(limit=120)
        for name, command in commands.items()
        if command and not command.hidden
    }


@click.command(name="unseal")
@click.argument("kata_id", metavar="KATA")
@_PASSPHRASE_FILE
def unseal_command(kata_id: str, passphrase_file: Path | None) -> None:
    """Open the sealed solution of a kata, with the passphrase that the instructor has published."""
    from harness.edition.seal import check_sealed, unseal

    root = find_root(Path.cwd())
    kata = find_kata(load_catalog(root), kata_id)
    check_sealed(root, kata)
    for path in unseal(root, kata, _passphrase(passphrase_file, confirm=False)):
        click.echo(path.relative_to(root).as_posix())


@click.command(name="update")
@click.argument("source", metavar="EDITION")
@click.option("--ref", default="", metavar="NAME", help="A branch, tag or commit, when EDITION is a git repository.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--downgrade", is_flag=True, help="Take an older edition, too.")
def update_command(source: str, ref: str, dry_run: bool, downgrade: bool) -> None:
    """Take newer suites and statements from a newer learners' edition; what you have written stays.

    EDITION is a folder, a zip, or a git URL. A file that you have changed is left as it is, and the newer one is laid
    beside it, as mse.py.new.
    """
    from harness.edition.source import open_edition
    from harness.edition.update import carry_out, plan_update

    root = find_root(Path.cwd())
    with open_edition(source, ref) as read:
        plan = plan_update(root, read, downgrade=downgrade)
    for line in _described(plan):
        click.echo(line)
    if dry_run:
        click.echo("nothing was done")
        return
    for late in carry_out(root, plan):
        click.echo(f"beside   {late.path}: {late.beside} was changed just now")
    if plan.is_empty:
        same = plan.old == plan.new
        click.echo(f"there is nothing newer: this is edition {plan.new.name}{' already' if same else ''}")
        return
    click.echo(f"this is edition {plan.new.name} now; git diff shows what is new")
    if any(step.path in _NEEDS for step in plan.written):
        click.echo("what the harness needs has changed, install it again: pip install -e .")


def _described(plan: Plan) -> Iterator[str]:
    """A line for each file of a kata, and for other files that stay as they are; one for each other folder with many files."""
    for verb, steps in (("write", plan.written), ("remove", plan.removed)):
        many = _crowds(steps)
        for step in steps:
            if _crowd(step) not in many:
                yield f"{verb:<7}  {step.path}"
        for folder, number in many.items():
            yield f"{verb:<7}  {folder}/: {number} files"
    for step in plan.beside:
        yield f"beside   {step.path}: you have changed {step.beside}, which stays as it is"
    for slug in plan.kept_katas:
        yield f"keep     katas/{slug}/: the newer edition does not have it, and you have worked on it"


def _crowds(steps: Sequence[Step]) -> dict[str, int]:
    counts = Counter(filter(None, map(_crowd, steps)))
    return {folder: number for folder, number in counts.items() if number > _FEW}


def _crowd(step: Step) -> str:
    """The folder that the file is counted in; empty for files that are worth a line each."""
    top, _, below = step.path.partition("/")
    return top if below and top != "katas" else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _passphrase(file: Path | None, *, confirm: bool) -> Passphrase:
    from harness.edition.seal import check_passphrase

    if file is not None:
        try:
            return check_passphrase(file.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise KataError(f"the passphrase cannot be read from {file}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise KataError(f"the passphrase cannot be read from {file}: it is not UTF-8 text") from None
    given = os.environ.get("KATA_PASSPHRASE")
    if given is not None:
        return check_passphrase(given)
    if sys.stdin.isatty():
        return check_passphrase(click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        raise KataError("the passphrase is not UTF-8 text") from None
    if not line.strip():
        raise KataError("no passphrase was given", hint="--passphrase-file FILE, or KATA_PASSPHRASE in the environment")
    return check_passphrase(line)
