"""What forks' workflows say of themselves: the reports that they upload, as a cohort marked self-reported.

The workflow uploads an artifact `katas` with `reports/<kata>.json` in it. A learner is a folder or a zip, named after
them: `gh run download --dir learner-1` leaves `learner-1/katas/reports/...`, the web page gives `katas.zip`.
Nothing in there is trusted: files are read as data, bounded, and what is odd is refused for that learner alone.
"""

from __future__ import annotations

import hashlib
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.core.documents import ResultsError
from harness.core.errors import KataError, ReportError
from harness.core.model import Catalog, KataReport, Suite
from harness.core.report import parse
from harness.grading.model import Learner, Refusal
from harness.grading.results import SELF_REPORTED, CohortIndex, Grade, KataEntry
from harness.subject.resolve import LEARNER

MOST_BYTES = 8 * 2**20
"""Of one report; an honest one has a hundredth of it."""
MOST_FILES = 500
"""Reports of one learner."""
MOST_TESTS = 2_000
"""Tests of one report."""

_ROOTS = ("", "katas/", "results/")
"""Where in a download the artifact's content may lie, by who made it: bare, GitHub's, GitLab's."""
_NAMELESS = ("katas.zip", "results.zip", "artifacts.zip")
"""Zips that are named after the artifact: their learner is named by the folder."""
_REPORT = re.compile(r"(?:katas/|results/)?reports/[a-z]\d\d_\w+\.json")
_SLUG = re.compile(r"[^A-Za-z0-9_-]+")


class RefusedError(KataError):
    """Something of one learner that cannot be taken."""


def pull(
    paths: Sequence[Path], catalog: Catalog, keep: Callable[[Grade], object], *, dojo: str = "", now: float = 0.0
) -> CohortIndex:
    """The cohort in `paths`: each a learner's folder or zip, or a folder of such. Of several reports the newest counts.

    Each grade goes to `keep` as soon as it is read, and is held no longer; older ones, which the index leaves out, go there too.
    """
    learners: dict[str, Learner] = {}
    slugs: set[str] = set()
    newest: dict[tuple[str, str], tuple[float, str]] = {}
    refusals: list[Refusal] = []
    known = {kata.slug for kata in catalog.katas}
    for name, source in _sources(paths):
        if name not in learners:
            learners[name] = Learner(name, _slug(name, slugs), str(source))
            slugs.add(learners[name].slug)
        slug = learners[name].slug
        for grade in _grades(slug, source, known, refusals):
            keep(grade)
            created, _ = newest.get((slug, grade.kata), (-math.inf, ""))
            if grade.report.created >= created:
                newest[slug, grade.kata] = grade.report.created, grade.key
    return CohortIndex(
        learners=tuple(learners.values()),
        katas=tuple(KataEntry.of(kata) for kata in catalog.katas),
        keys=tuple(key for _, key in newest.values()),
        refusals=tuple(dict.fromkeys(refusals)),
        origin=SELF_REPORTED,
        created=now,
        dojo=dojo,
    )


def _sources(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Name and place of every learner. Raises `ResultsError` for a path that has none."""
    for path in paths:
        place = path.resolve()
        if not place.exists():
            raise ResultsError(f"there is no {path}")
        if place.is_file():
            if place.suffix.lower() != ".zip":
                raise ResultsError(f"{path} is neither a folder nor a zip")
            yield (place.parent.name if place.name in _NAMELESS else place.stem), place
        elif _is_one(place):
            yield place.name, place
        else:
            children = [child for child in sorted(place.iterdir()) if _may_be_one(child)]
            if not children:
                raise ResultsError(
                    f"{path} has no reports in it, nor folders or zips of learners",
                    hint="download each fork's artifact into a folder of its own: gh run download --dir DIR/NAME",
                )
            for child in children:
                yield (child.stem if child.is_file() else child.name), child


def _is_one(folder: Path) -> bool:
    """Whether `folder` is the download of one learner."""
    if any((folder / name).is_file() for name in _NAMELESS):
        return True
    return any((folder / root / name).exists() for root in _ROOTS for name in ("reports", "scoreboard.json"))


def _may_be_one(path: Path) -> bool:
    if path.name.startswith(".") or path.is_symlink():
        return False
    return path.is_dir() or path.suffix.lower() == ".zip"


def _slug(name: str, taken: set[str]) -> str:
    """`name` as a file name, told apart from those that are taken, also where case does not count."""
    slug = _SLUG.sub("-", name).strip("-")[:80].lower()
    if slug == name.lower() and slug not in taken:
        return slug
    return f"{slug or 'learner'}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def _grades(slug: str, source: Path, known: set[str], refusals: list[Refusal]) -> Iterator[Grade]:
    """The grades that `source` holds; what cannot be taken is added to `refusals`."""
    files = _read(source)
    while True:
        try:
            name, data = next(files)
        except StopIteration:
            return
        except (KataError, OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
            refusals.append(Refusal(slug, "", f"{source.name}: {_reason(error)}"))
            return
        try:
            for report in _reports(name, data):
                _check(report, name, known)
                if report.suite is Suite.OWN:  # a follow-up says nothing about the kata itself
                    yield _grade(slug, report, data)
        except KataError as error:
            kata = Path(name).stem
            refusals.append(Refusal(slug, kata if kata in known else "", str(error)))


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _read(source: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each report of one learner."""
    if source.is_file():
        yield from _read_zip(source)
        return
    for name in _NAMELESS:
        if (source / name).is_file():
            yield from _read_zip(source / name)
    for root in _ROOTS:
        folder = source / root / "reports"
        if (source / root).is_symlink() or folder.is_symlink():
            raise RefusedError(f"{root}reports is a symbolic link")
        files = sorted(folder.glob("*.json"))
        _check_number(len(files))
        for file in files:
            if file.is_symlink() or not file.is_file():
                raise RefusedError(f"reports/{file.name} is not a plain file")
            with file.open("rb") as opened:
                yield f"reports/{file.name}", _bounded(opened.read(MOST_BYTES + 1), file.name)


def _read_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if _REPORT.fullmatch(member.filename)]
        _check_number(len(members))
        for member in members:
            with archive.open(member) as opened:
                yield member.filename, _bounded(opened.read(MOST_BYTES + 1), member.filename)


def _check_number(number: int) -> None:
    if number > MOST_FILES:
        raise RefusedError(f"there are {number} reports, expected at most {MOST_FILES}")


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > MOST_BYTES:
        raise RefusedError(f"{name} is over {MOST_BYTES // 2**20} MiB")
    return data


def _reports(name: str, data: bytes) -> tuple[KataReport, ...]:
    try:
        return parse(data, name)
    except RecursionError:
        raise ReportError(f"{name} is nested too deeply to be a report") from None


def _check(report: KataReport, name: str, known: set[str]) -> None:
    if report.slug not in known:
        raise RefusedError(f"{name} is a report of {report.slug[:100]!r}, and there is no such kata in this checkout")
    if report.subject != LEARNER:
        raise RefusedError(f"{name} is a report on {report.subject[:100]!r}, not on the learner's own file")
    if len(report.tests) > MOST_TESTS:
        raise RefusedError(f"{name} has {len(report.tests)} tests, expected at most {MOST_TESTS}")


def _grade(slug: str, report: KataReport, data: bytes) -> Grade:
    key = hashlib.sha256(b"\0".join((SELF_REPORTED.encode(), slug.encode(), report.slug.encode(), data))).hexdigest()
    return Grade(slug, report.slug, report.status, report, SELF_REPORTED, key, seed=report.seed)
