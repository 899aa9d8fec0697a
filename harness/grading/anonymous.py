"""Pseudonyms in place of names, for whoever grades or reads without knowing whose work it is. The key is a file apart."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.core.csv import Identifier, write_csv
from harness.core.errors import KataError
from harness.core.state import write_atomically
from harness.grading.model import Learner, Refusal
from harness.grading.results import Cohort, Grade

_COLUMNS = ("pseudonym", "slug", "name")
_PSEUDONYM = re.compile(r"p-[0-9a-f]{6}")


class KeyFileError(KataError):
    """A key file that cannot be used."""


def key_file(results: Path) -> Path:
    """Where the key of a results folder is when nothing else is said: beside the folder, not in it."""
    folder = results.absolute()
    return folder.with_name(f"{folder.name}.key.csv")


def read_key(file: Path) -> dict[str, str]:
    """Pseudonyms by slug; none when there is no such file. Raises `KeyFileError`."""
    return {slug: pseudonym for pseudonym, slug, _ in _rows(file)}


def _rows(file: Path) -> list[tuple[str, str, str]]:
    """Pseudonym, slug and name of each row. Raises `KeyFileError`."""
    try:
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KeyFileError(f"{file} cannot be read: {error}") from error
    found = [(str(row.get("pseudonym")), str(row.get("slug")), str(row.get("name"))) for row in rows]
    if any(not _PSEUDONYM.fullmatch(one[0]) for one in found) or len({one[0] for one in found}) != len(rows):
        raise KeyFileError(f"{file} is not a key of pseudonyms: expected the columns {', '.join(_COLUMNS)}")
    return found


def make_key(file: Path, learners: Sequence[Learner]) -> dict[str, str]:
    """Pseudonyms by slug, the same as before for whom there is one in `file`; writes it, for its owner alone, when it grows.

    Raises `KeyFileError`.
    """
    known = read_key(file)
    new = [learner for learner in learners if learner.slug not in known]
    if not new:
        return known
    for learner in new:
        name = f"p-{secrets.token_hex(3)}"
        while name in known.values():
            name = f"p-{secrets.token_hex(3)}"
        known[learner.slug] = name
    names = {slug: name for _, slug, name in _rows(file)} | {learner.slug: learner.name for learner in learners}
    rows = [
        [name, Identifier(slug), names.get(slug, "")] for slug, name in sorted(known.items(), key=lambda item: item[1])
    ]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, write_csv([_COLUMNS, *rows]).encode("utf-8-sig"))
        file.chmod(0o600)
    except OSError as error:
        raise KeyFileError(f"cannot write {file}: {error.strerror}") from error
    return known


def without_names(cohort: Cohort, names: Mapping[str, str]) -> Cohort:
    """`cohort` with pseudonyms, in their order, so that the order of the roster says nothing.

    Groups stay. Sources, mail addresses and numbers of learners are left out. What learners wrote in their code is not looked at.
    """
    people = {learner.slug: learner for learner in cohort.learners}
    learners = [
        Learner(names[slug], names[slug], "", group=one.group, due=one.due, submitted=one.submitted)
        for slug, one in people.items()
    ]

    def hidden(one: Refusal) -> Refusal:
        return replace(one, learner=names[one.learner], sentence=_hide(one.sentence, people[one.learner], names))

    index = replace(
        cohort.index,
        learners=tuple(sorted(learners, key=lambda learner: learner.slug)),
        refusals=tuple(map(hidden, cohort.refusals)),
        remarks=tuple(map(hidden, cohort.index.remarks)),
        times={f"{names[who]}/{kata}": time for (who, kata), time in _split(cohort.index.times)},
    )
    marks = tuple(replace(mark, learner=names[mark.learner]) for mark in cohort.changes.marks if mark.learner in names)
    changes = replace(cohort.changes, marks=marks)
    return replace(cohort, index=index, grades=_Renamed(cohort.grades, names), changes=changes)


def _split(times: Mapping[str, float]) -> Iterator[tuple[tuple[str, str], float]]:
    for name, time in times.items():
        learner, _, kata = name.rpartition("/")
        yield (learner, kata), time


def _hide(sentence: str, learner: Learner, names: Mapping[str, str]) -> str:
    """A sentence without what tells of the learner: a path, say, has the name in it."""
    for told in sorted((learner.source, learner.name, learner.slug, learner.email), key=len, reverse=True):
        if told:
            sentence = sentence.replace(told, names[learner.slug])
    return sentence


class _Renamed(Mapping[tuple[str, str], Grade]):
    """Grades by pseudonym, read when they are looked at."""

    def __init__(self, grades: Mapping[tuple[str, str], Grade], names: Mapping[str, str]) -> None:
        self._grades = grades
        self._names = names
        self._slugs = {name: slug for slug, name in names.items()}

    def __getitem__(self, where: tuple[str, str]) -> Grade:
        name, kata = where
        grade = self._grades[self._slugs[name], kata]
        return replace(grade, learner=name, report=replace(grade.report, subject=name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((self._names[slug], kata) for slug, kata in self._grades)

    def __len__(self) -> int:
        return len(self._grades)
