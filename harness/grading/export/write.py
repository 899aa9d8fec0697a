"""Exports into a folder: which files there are, and how they are written without touching anybody else's."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from harness.core.documents import ResultsError
from harness.core.state import write_atomically
from harness.grading.export.build import build, build_learners, scoring_of
from harness.grading.export.gradebook import Gradebook
from harness.grading.export.options import Form, Scoring
from harness.grading.export.view import CohortView, LearnerView
from harness.grading.model import Learner
from harness.grading.results import Cohort

MANIFEST = ".kata-export.json"
"""Names and hashes of the files that exports have written into a folder."""


_NAMES = {
    Form.CSV: "scoreboard.csv",
    Form.JSON: "results.json",
    Form.MARKDOWN: "scoreboard.md",
    Form.JUNIT: "junit.xml",
    Form.CANVAS: "canvas.csv",
    Form.MOODLE: "moodle.csv",
    Form.NBGRADER: "nbgrader.csv",
}


class _Entry(msgspec.Struct):
    """A file that an export wrote: the hashes it may have."""

    form: str
    sha256: list[str]


def render_files(
    cohort: Cohort,
    forms: Iterable[Form],
    scoring: Scoring | None = None,
    *,
    similar: str = "",
    gradebook: Gradebook | None = None,
) -> Iterator[tuple[Form, str, Iterable[bytes]]]:
    """Form, name below the folder, and pieces of each file; of a large cohort, no file is ever whole in memory."""
    view = build(cohort, scoring)
    learners = partial(build_learners, cohort, scoring)
    for form in forms:
        match form:
            case Form.HTML:
                from harness.grading.export.pages import render_index, render_learner

                yield form, "index.html", _encoded(render_index(view, similar=similar))
                for learner in learners():
                    page = render_learner(learner, view.katas, view.origin, view.created)
                    yield form, f"learners/{file_name(learner.slug)}.html", [page.encode()]
            case Form.CSV:
                from harness.grading.export.table import render_csv

                yield (
                    form,
                    _NAMES[form],
                    [render_csv(view).encode("utf-8-sig")],
                )  # Excel takes a file without a mark for Latin-1
            case Form.JSON:
                from harness.grading.export.document import render_json

                yield form, _NAMES[form], render_json(view, learners())
            case Form.MARKDOWN:
                from harness.grading.export.markdown import render_markdown

                yield form, _NAMES[form], [render_markdown(view).encode()]
            case Form.JUNIT:
                from harness.grading.export.junit import render_junit

                yield form, _NAMES[form], _encoded(render_junit(view, learners))
            case Form.CANVAS:
                from harness.grading.export.lms import render_canvas_reasons

                yield form, _NAMES[form], [_canvas(view, cohort.learners, gradebook).encode()]
                yield form, "canvas_reasons.csv", [render_canvas_reasons(view, cohort.learners).encode()]
            case Form.MOODLE:
                from harness.grading.export.lms import render_moodle

                yield form, _NAMES[form], _encoded(render_moodle(view, learners(), cohort.learners))
            case Form.NBGRADER:
                from harness.grading.export.nbgrader import render_nbgrader

                weights = (scoring or scoring_of(cohort)).weights
                yield form, _NAMES[form], [render_nbgrader(view, cohort.index, weights).encode()]
            case Form.CLASSROOM50:
                yield from _classroom50(view, cohort, learners())
            case Form.GRADESCOPE | Form.PRAIRIELEARN:
                yield from _per_submission(form, learners())


def _per_submission(form: Form, learners: Iterable[LearnerView]) -> Iterator[tuple[Form, str, Iterable[bytes]]]:
    from harness.grading.export.platforms import render_gradescope, render_prairielearn

    render = render_gradescope if form is Form.GRADESCOPE else render_prairielearn
    for learner in learners:
        yield form, f"{form.value}/{file_name(learner.slug)}.json", [render(learner)]


def _classroom50(
    view: CohortView, cohort: Cohort, learners: Iterable[LearnerView]
) -> Iterator[tuple[Form, str, Iterable[bytes]]]:
    from harness.grading.export.classroom50 import Identity, render_classroom50

    identity = Identity.of(os.environ)
    index = cohort.index
    for learner in learners:
        times = [time for name, time in index.times.items() if name.startswith(f"{learner.slug}/")]
        submitted = max(times, default=index.created)
        data = render_classroom50(learner, view.katas, identity, submitted=submitted, graded=index.created)
        yield Form.CLASSROOM50, f"classroom50/{file_name(learner.slug)}.json", [data]


def _canvas(view: CohortView, learners: Sequence[Learner], gradebook: Gradebook | None) -> str:
    from harness.grading.export.gradebook import fill_in
    from harness.grading.export.lms import render_canvas

    return render_canvas(view, learners) if gradebook is None else fill_in(gradebook, view, learners).text


def _encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    return (piece.encode() for piece in pieces)


def file_name(slug: str) -> str:
    """`slug`, which must be one name in a folder. Raises `ResultsError` when it is not."""
    if not slug or slug.startswith(".") or len(slug) > 150 or any(char in '/\\:*?"<>|' or char < " " for char in slug):
        raise ResultsError(f"{slug[:100]!r} cannot name a file: the roster's slugs are letters, digits, - and _")
    return slug


def export(
    cohort: Cohort,
    folder: Path,
    forms: Iterable[Form],
    scoring: Scoring | None = None,
    gradebook: Gradebook | None = None,
) -> list[Path]:
    """Write the files of `forms` into `folder`; returns the main ones, without the pages of learners.

    A file that is there and was not written by an export, or was changed since, is not overwritten: `ResultsError`, and
    then nothing is written at all. Pages of learners who are gone from the cohort are removed.
    """
    forms = tuple(forms)
    manifest = _read_manifest(folder)
    similar = "similarity.html" if (folder / "similarity.html").is_file() else ""
    with _scratch(folder) as made:
        files: dict[str, tuple[Form, str]] = {}
        for form, name, pieces in render_files(cohort, forms, scoring, similar=similar, gradebook=gradebook):
            digest = _lay_down(made / name, pieces)
            _check_ours(folder / name, digest, manifest.get(name))
            files[name] = (form, digest)
        before = dict(manifest)
        for name, (form, digest) in files.items():
            known = before[name].sha256 if name in before else []
            manifest[name] = _Entry(form.value, [*known, digest])
        _write(folder / MANIFEST, _encode(manifest))  # before the files: a killed export knows its own afterwards
        for name in files:
            _move(made / name, folder / name)
    for name in [name for name, entry in before.items() if entry.form in forms and name not in files]:
        _remove(folder / name, before[name])
        del manifest[name]
    manifest |= {name: _Entry(form.value, [digest]) for name, (form, digest) in files.items()}
    _write(folder / MANIFEST, _encode(manifest))
    return [folder / name for name in files if "/" not in name]


def write_one(folder: Path, name: str, form: str, data: bytes) -> Path:
    """Write one more file of an export, under the same rules."""
    manifest = _read_manifest(folder)
    _check_ours(folder / name, _hash(data), manifest.get(name))
    known = manifest[name].sha256 if name in manifest else []
    manifest[name] = _Entry(form, [*known, _hash(data)])
    _write(folder / MANIFEST, _encode(manifest))
    _write(folder / name, data)
    return folder / name


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Where files are made before it is known whether all may be written; what a killed export has left there is removed."""
    made = folder / ".kata-export"
    shutil.rmtree(made, ignore_errors=True)
    try:
        made.mkdir(parents=True)
        yield made
    except OSError as error:
        raise ResultsError(f"cannot write to {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _lay_down(path: Path, pieces: Iterable[bytes]) -> str:
    """Write a file piece by piece; returns its hash."""
    sha = hashlib.sha256()
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        path.chmod(0o600)
        for piece in pieces:
            file.write(piece)
            sha.update(piece)
    return sha.hexdigest()


def _move(made: Path, path: Path) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        made.replace(path)
    except OSError as error:
        raise ResultsError(f"cannot write {path}: {error.strerror}") from error


def _check_ours(path: Path, digest: str, entry: _Entry | None) -> None:
    """Hold a file that is there to be one of ours, or what would be written anyway."""
    try:
        with path.open("rb") as file:
            there = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return
    except OSError as error:
        raise ResultsError(f"cannot write {path}: {error.strerror}") from error
    if there != digest and (entry is None or there not in entry.sha256):
        why = "was changed since it was exported" if entry else "was not written by an export"
        raise ResultsError(
            f"{path} {why}: it will not be overwritten", hint="move it away, or export with --out elsewhere"
        )


def _remove(path: Path, entry: _Entry) -> None:
    """Remove a page of ours that was not changed."""
    try:
        if _hash(path.read_bytes()) in entry.sha256:
            path.unlink()
    except OSError:
        return  # gone already, or not ours to remove


def _read_manifest(folder: Path) -> dict[str, _Entry]:
    try:
        found = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=dict[str, _Entry])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}  # then nothing counts as ours, and nothing is overwritten
    return {
        name: entry for name, entry in found.items() if ".." not in Path(name).parts and not Path(name).is_absolute()
    }


def _encode(manifest: dict[str, _Entry]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as error:
        raise ResultsError(f"cannot write {path}: {error.strerror}") from error
