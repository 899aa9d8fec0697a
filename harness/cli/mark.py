"""`kata mark` and `kata regrade`: what instructors change by hand."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog.load import find_kata, find_root, load_catalog
from harness.core.errors import KataError

if TYPE_CHECKING:
    from harness.core.model import Kata
    from harness.grading.model import Learner
    from harness.grading.results import Cohort, Grade, ResultsFolder

_FOLDER = click.Path(path_type=Path)
_OUT = click.option("--out", type=_FOLDER, default=Path("results"), show_default=True, help="The results folder.")
_KEY = click.option(
    "--key", type=_FOLDER, help="The key of pseudonyms, when NAME is one; RESULTS.key.csv if not given."
)


@click.command(name="mark")
@click.argument("name", required=False)
@click.argument("kata_id", metavar="[KATA]", required=False)
@click.argument("mark", required=False)
@click.option("--note", default="", help="Why; it stands beside the mark in every export.")
@click.option("--remove", is_flag=True, help="Let the tests decide again.")
@_KEY
@_OUT
def mark_command(
    name: str | None, kata_id: str | None, mark: str | None, note: str, remove: bool, key: Path | None, out: Path
) -> None:
    r"""Give a mark by hand, or list those that were given.

    MARK is in percent of the kata's points, 80, or a fraction, 16/20. It stands in place of what the tests give, lateness takes
    nothing off it, and it survives grading again. Write the exports anew afterwards.

    \b
    Examples:
      kata mark "Zoë Kaya" a01 80 --note "right idea, axis swapped"
      kata mark zoe-kaya a01 --remove
      kata mark
    """
    from harness.grading.changes import Mark, add_mark, remove_marks
    from harness.grading.results import ResultsFolder

    results = ResultsFolder(out)
    cohort = results.cohort()
    if name is None:
        _list(cohort)
        return
    if kata_id is None or (mark is None) is not remove:
        raise click.UsageError("expected NAME KATA MARK, or NAME KATA --remove")
    learner, slug = _learner(cohort, name, out, key), _kata(cohort, kata_id)
    if mark is None:
        was_there = remove_marks(out, learner.slug, slug)
        click.echo(f"{name} {slug}: {'the tests decide again' if was_there else 'there was no mark by hand'}")
        return
    add_mark(out, Mark(learner.slug, slug, _share(mark), note, time.time()))
    click.echo(f"{name} {slug}: {_share(mark):.0%} by hand; `kata export {out}` writes it")


def _list(cohort: Cohort) -> None:
    names = {learner.slug: learner.name for learner in cohort.learners}
    for one in cohort.changes.marks:
        if cohort.changes.mark(one.learner, one.kata) is one:
            click.echo(f"{names.get(one.learner, one.learner)} {one.kata}: {one.share:.0%}  {one.note}".rstrip())
    for again in cohort.changes.regrades:
        click.echo(f"{names.get(again.learner, again.learner)} {again.kata}: graded again  {again.reason}")


def _share(text: str) -> float:
    """`80` (percent), `80%` or `16/20`, 0 to 1. Raises `KataError`."""
    points, slash, most = text.removesuffix("%").partition("/")
    try:
        share = float(points) / (float(most) if slash else 100.0)
    except (ValueError, ZeroDivisionError):
        share = -1.0
    if not 0 <= share <= 1:
        raise KataError(f"{text!r} is no mark", hint="a mark is in percent, 0 to 100, or a fraction such as 16/20")
    return share


def _learner(cohort: Cohort, name: str, results: Path, key: Path | None) -> Learner:
    """The learner of this name, slug or pseudonym. Raises `KataError`."""
    from harness.grading.anonymous import key_file, read_key

    found = next((one for one in cohort.learners if name in (one.name, one.slug)), None)
    if found is None:
        slugs = {pseudonym: slug for slug, pseudonym in read_key(key or key_file(results)).items()}
        found = next((one for one in cohort.learners if one.slug == slugs.get(name)), None)
    if found is None:
        raise KataError(f"the roster has no learner called {name!r}", hint="names and slugs are in results.json")
    return found


def _kata(cohort: Cohort, name: str) -> str:
    """The slug of a kata of the cohort, by any of its names; no checkout is needed. Raises `KataError`."""
    wanted = name.lower()
    for kata in cohort.katas:
        names = {
            kata.slug,
            kata.slug.partition("_")[2],
            kata.id.lower(),
            f"{kata.id[0]}{kata.id[1:].lstrip('0')}".lower(),
        }
        if wanted in names:
            return kata.slug
    raise KataError(f"no kata {name!r} was graded here")


@click.command(name="regrade")
@click.argument("name")
@click.argument("kata_id", metavar="KATA")
@click.option("--verbose", "-v", is_flag=True, help="Show every failure, as the learner would see it.")
@click.option("--reason", default="", help="Grade it again with a new seed, and enter the result, for this reason.")
@click.option("--source", type=_FOLDER, metavar="FILE", help="With --reason: this file in place of the submission.")
@click.option("--hold-out", type=_FOLDER, help="With --reason: the suites that learners do not have.")
@_KEY
@_OUT
def regrade_command(
    name: str,
    kata_id: str,
    verbose: bool,
    reason: str,
    source: Path | None,
    hold_out: Path | None,
    key: Path | None,
    out: Path,
) -> None:
    """Run one case again and show it; the results stay as they are.

    NAME is the learner's name or slug. The run repeats the seed and the isolation of the grade that is kept. With --reason the
    case is graded again, and the new grade stands in the place of the old one, with its reason, in every export.
    """
    from harness.grading.results import ResultsFolder

    kata = find_kata(load_catalog(find_root(Path.cwd())), kata_id)
    results = ResultsFolder(out)
    cohort = results.cohort()
    learner = _learner(cohort, name, out, key)
    grade = cohort.grades.get((learner.slug, kata.slug))
    code = results.submission(grade.submission_sha256) if grade else None
    if grade is None or code is None:
        raise KataError(f"{name} has no graded submission of {kata.id}")  # who grades by pseudonym is told no name
    if not reason:
        if source is not None or hold_out is not None:
            raise click.UsageError("--source and --hold-out need --reason")
        sys.exit(_show(kata, grade, code, verbose=verbose))
    _enter(kata, results, grade, _read(source) if source is not None else code, hold_out, reason)
    click.echo(f"{name} {kata.slug} is graded again; `kata export {out}` writes it")


def _show(kata: Kata, grade: Grade, code: bytes, *, verbose: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="kata-regrade-") as folder:
        file = Path(folder) / f"{kata.module}.py"
        file.write_bytes(code)
        arguments = ["--subject", str(file), "--player", grade.mode, "--hypothesis-profile", "grade"]
        arguments += ["--hypothesis-seed", grade.seed] if grade.seed else []
        arguments += ["-p", "no:cacheprovider", "-v" if verbose else "-q", *([] if verbose else ["--tb=no"])]
        command = [sys.executable, "-P", "-m", "pytest", *arguments, str(kata.suite_file())]
        return subprocess.run(command, check=False).returncode


def _read(file: Path) -> bytes:
    """A submission that came another way. Raises `KataError`."""
    from harness.sources.entry import check_source

    try:
        data = file.read_bytes()
    except OSError as error:
        raise KataError(f"{file} cannot be read: {error.strerror}") from error
    check_source(data)
    return data


def _enter(kata: Kata, results: ResultsFolder, grade: Grade, code: bytes, hold_out: Path | None, reason: str) -> None:
    """Grade the case under a new seed, and let that grade stand in the place of the other."""
    import secrets

    from harness.core.model import Band
    from harness.grading.changes import Regrade, add_regrade
    from harness.grading.grade import Grader, Settings
    from harness.grading.model import Submission

    if grade.hold_out and hold_out is None:
        raise KataError("this grade has tests that are held out", hint="name their folder with --hold-out")
    with_speed = not grade.report.tests or any(test.band is Band.SPEED for test in grade.report.tests)
    settings = Settings(grade.mode, seed=secrets.randbits(32), with_speed=with_speed, hold_out=hold_out)
    ticket = results.put_submission(Submission(grade.learner, kata.slug, code))
    grader = Grader([kata], results, settings)
    try:
        after = grader.key(ticket)
        grader.grade([ticket])
    finally:
        grader.close()
    add_regrade(results.path, Regrade(grade.learner, kata.slug, grade.key, after, reason, time.time()))
    now = results.kept(after)
    click.echo(f"{kata.slug}: {grade.status.value}, now {now.status.value}")
