"""`kata export`, `kata cohort pull` and `kata similarity`: arguments and wiring."""

from __future__ import annotations

import importlib.metadata
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog.load import find_root, is_published_stub, load_catalog
from harness.cli.grading_options import MarkingOptions, marking_options
from harness.core.errors import KataError
from harness.grading.export.options import USUAL, Form, Rule, Scoring
from harness.grading.model import Submission
from harness.grading.results import SELF_REPORTED, Cohort, ResultsFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.grading.weights import Tables

_FOLDER = click.Path(path_type=Path)
_MOST_NAMED = 5


@click.command(name="export")
@click.argument("results", type=_FOLDER, metavar="RESULTS_DIR")
@click.option(
    "--format",
    "-f",
    "forms",
    multiple=True,
    type=click.Choice([form.value for form in Form]),
    help="What to write; when not given html, csv, json, markdown, junit, canvas and moodle. May be repeated.",
)
@click.option("--out", type=_FOLDER, help="Write into this folder, not into RESULTS_DIR.")
@click.option(
    "--points", type=click.FloatRange(min=0, min_open=True), help="Points of a kata that has none in weights.toml: 100."
)
@click.option(
    "--score",
    type=click.Choice([rule.value for rule in Rule]),
    default=Rule.BANDS.value,
    show_default=True,
    help="bands: the weighted share of tests that pass in each band; tests: the share of all tests; passed: all or 0.",
)
@click.option(
    "--canvas-gradebook",
    "gradebook",
    type=_FOLDER,
    metavar="FILE",
    help="Fill in a gradebook that Canvas has exported: its own columns and rows, as canvas.csv.",
)
@click.option("--weights", metavar="BAND=N,...", default="", help="Weights of bands: example=1,law=4,edge=3,speed=2.")
@click.option("--weights-file", type=_FOLDER, help="A weights.toml in place of the one that was beside the roster.")
@marking_options
def export_command(
    results: Path,
    forms: tuple[str, ...],
    out: Path | None,
    points: float | None,
    score: str,
    weights: str,
    weights_file: Path | None,
    gradebook: Path | None,
    marking: MarkingOptions,
) -> None:
    """Write a graded cohort as pages, tables and grade files.

    html: index.html and a page a learner. csv, json, markdown, junit: the scoreboard for spreadsheets, programs, wikis and
    CI servers. canvas, moodle: files that the gradebooks of these platforms import, and canvas_reasons.csv.

    gradescope, prairielearn, classroom50: a result file for each learner, as an autograder of these platforms writes it.
    nbgrader: a table in the columns of `nbgrader export`.
    """
    from harness.grading.export.build import build
    from harness.grading.export.gradebook import fill_in, read_gradebook
    from harness.grading.export.write import export
    from harness.grading.late import LatePolicy
    from harness.grading.weights import Weights, parse_option, with_option

    cohort = ResultsFolder(results).cohort()
    _say(cohort.notices)
    chosen = [Form(form) for form in dict.fromkeys(forms)] or list(USUAL)
    tables = cohort.index.weights if weights_file is None else _read_weights(weights_file, cohort)
    found = Weights(with_option(marking.with_due(tables), parse_option(weights)))
    late = marking.policy() or cohort.index.late or LatePolicy()
    scoring = Scoring(points or found.general_points or 100.0, Rule(score), found, late)
    book = read_gradebook(gradebook) if gradebook is not None else None
    if book is not None:
        chosen = list(dict.fromkeys([*(chosen if forms else []), Form.CANVAS]))
        _say(fill_in(book, build(cohort, scoring), cohort.learners).notices)
    chosen = marking.forms(chosen, were_named=bool(forms or book))
    cohort = marking.shown(cohort, results, out or results)
    for path in export(cohort, out or results, chosen, scoring, book):
        click.echo(path)
    if forms:  # who asks for everything is not told what a platform that is not in use would lack
        _say_unknown(cohort, chosen)


def _read_weights(file: Path, cohort: Cohort) -> Tables:
    """The tables of a file that must be there. It may name katas that this cohort was not graded on."""
    from harness.grading.weights import WeightsError, read_weights

    if not file.exists():
        raise WeightsError(f"there is no {file}")
    known = {kata.slug for kata in load_catalog(find_root(Path.cwd())).katas}
    return read_weights(file, known | {kata.slug for kata in cohort.katas})


def _say_unknown(cohort: Cohort, forms: Sequence[Form]) -> None:
    """Name the learners whom a gradebook will not find."""
    from harness.grading.export.lms import without_canvas_id, without_moodle_id

    for form, find, columns in (
        (Form.CANVAS, without_canvas_id, "Canvas ID, SIS User ID or SIS Login ID"),
        (Form.MOODLE, without_moodle_id, "email, ID number or username"),
    ):
        names = find(cohort.learners) if form in forms else []
        if names:
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            click.echo(f"{form}: the roster has no {columns} for {', '.join(names[:_MOST_NAMED])}{more}", err=True)


@click.group(name="cohort")
def cohort_group() -> None:
    """What forks say of themselves, for a whole cohort."""


@cohort_group.command(name="pull")
@click.argument("folders", nargs=-1, required=True, type=_FOLDER, metavar="FOLDER...")
@click.option(
    "--out", type=_FOLDER, default=Path("self-reported"), show_default=True, help="The results folder to write."
)
def pull_command(folders: tuple[Path, ...], out: Path) -> None:
    """Tally the artifacts that forks' workflows upload.

    A FOLDER is what `gh run download --dir NAME` leaves of one fork, a zip of it, or a folder of such. The learner is
    named after the folder or zip. The pages say that this is self-reported: nothing of it was checked.
    """
    from harness.grading.export.write import export
    from harness.grading.pull import pull

    catalog = load_catalog(find_root(Path.cwd()))
    version = importlib.metadata.version("ml-kata-dojo")
    folder = ResultsFolder(out)
    folder.require(SELF_REPORTED)
    folder.write_index(pull(folders, catalog, folder.put, dojo=version, now=time.time()))
    cohort = folder.cohort()
    _say(f"{refusal.learner}: {refusal.sentence}" for refusal in cohort.refusals)
    _say(cohort.notices)
    for path in export(cohort, out, USUAL):
        click.echo(path)


@click.command(name="similarity")
@click.argument("results", type=_FOLDER, metavar="RESULTS_DIR")
@click.option(
    "--threshold",
    type=click.FloatRange(0.05, 1.0),
    default=0.8,
    show_default=True,
    help="The share of one submission that the other must have.",
)
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(["table", "json", "html"]),
    default="table",
    show_default=True,
    help="html writes similarity.html into RESULTS_DIR; export links to it.",
)
def similarity_command(results: Path, threshold: float, form: str) -> None:
    """List submissions of the same kata that are alike, what the stub has left out. For instructors."""
    from harness.grading.export import similar
    from harness.grading.export.write import write_one
    from harness.grading.similarity import find_similar

    folder = ResultsFolder(results)
    cohort = folder.cohort()
    found = find_similar(_submissions(folder, cohort), _stubs(cohort), threshold=threshold)
    names = {learner.slug: learner.name for learner in cohort.learners}
    match form:
        case "json":
            click.echo(similar.render_similar_json(found), nl=False)
        case "html":
            page = similar.render_similar_html(found, names).encode()
            click.echo(write_one(results, "similarity.html", "similarity", page))
        case _:
            width = shutil.get_terminal_size((100, 24)).columns
            click.echo(similar.render_similar_table(found, names, width=width), nl=False)


def _submissions(folder: ResultsFolder, cohort: Cohort) -> Iterator[Submission]:
    """The sources that grading has kept. Raises `KataError` when there are none."""
    found = 0
    for (learner, kata), grade in cohort.grades.items():
        source = folder.submission(grade.submission_sha256) if grade.submission_sha256 else None
        if source is not None:
            found += 1
            yield Submission(learner, kata, source)
    if not found:
        raise KataError(
            f"{folder.path} holds no submissions to compare", hint="`kata grade` keeps them; self-reports have none"
        )


def _stubs(cohort: Cohort) -> dict[str, bytes]:
    """The published stubs of this checkout; one that was edited is named and left out."""
    catalog = load_catalog(find_root(Path.cwd()))
    stubs = {}
    for kata in catalog.katas:
        if kata.slug not in {entry.slug for entry in cohort.katas}:
            continue
        source = kata.stub.read_bytes() if kata.stub.is_file() else b""
        if is_published_stub(kata, source):
            stubs[kata.slug] = source
        else:
            click.echo(f"{kata.slug}: the stub here is not the published one, so what it has is not left out", err=True)
    return stubs


def _say(sentences: Sequence[str] | Iterator[str]) -> None:
    from harness.sources.untrusted_text import line

    for sentence in sentences:
        click.echo(line(sentence, 500), err=True)
