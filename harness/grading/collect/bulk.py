"""Learners by what they handed in: a folder of folders or zips, or the bulk download of a learning platform."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from harness.grading.collect.gather import PART
from harness.grading.collect.platforms import Part, part_of
from harness.grading.model import Learner
from harness.grading.slugs import make_slug
from harness.sources.archive import open_zip
from harness.sources.entry import MOST_NAMES, RefusedError, RosterError, clean
from harness.sources.refs import find_git

_IDENTIFIERS = {"canvas": "Canvas ID", "moodle": "Moodle participant", "blackboard": "username"}


def read_folder(folder: Path) -> tuple[Learner, ...]:
    """A learner for each folder or zip in `folder`, or for each whom a platform names. Raises `RosterError`, `OSError`."""
    if (folder / "katas").exists() or find_git(folder) is not None:
        raise RosterError(
            f"{clean(str(folder))} is the folder of one learner, not of several",
            hint="give the folder that it is in, or write a roster.csv",
        )
    parts: list[Part | None] = []
    with os.scandir(folder) as children:
        for child in children:
            if len(parts) > MOST_NAMES:
                raise RosterError(f"there are more than {MOST_NAMES:,} names in {clean(str(folder))}")
            parts.append(part_of(child.name + ("/" if child.is_dir() else "")))
    return _learners(folder, parts, is_folder=True)


def read_zip(path: Path, file: BinaryIO) -> tuple[Learner, ...]:
    """The same for what is in a zip. Raises `RosterError`."""
    try:
        with open_zip(file) as archive:
            names = archive.namelist()
    except RefusedError as error:
        raise RosterError(f"{clean(str(path))} {error}") from None
    if any(name.removeprefix("./").startswith("katas/") for name in names):
        raise RosterError(
            f"{clean(str(path))} is the zip of one learner, not of several",
            hint="give the folder that it is in, or write a roster.csv",
        )
    return _learners(path, map(part_of, names), is_folder=False)


def _learners(path: Path, parts: Iterable[Part | None], *, is_folder: bool) -> tuple[Learner, ...]:
    mine: dict[str, Part] = {}
    for part in parts:
        if part is not None:
            mine.setdefault(part.key, part)
    if not mine:
        raise RosterError(
            f"{clean(str(path))} has no folder or zip of a learner in it",
            hint="give a roster.csv, a folder of folders, or a bulk download from Moodle or Canvas",
        )
    learners: list[Learner] = []
    slugs: set[str] = set()
    for part, name in _named(sorted(mine.values(), key=lambda part: (part.who, part.key))):
        slug = make_slug(name, slugs)
        slugs.add(slug)
        is_direct = is_folder and not part.platform
        place = path.absolute()
        source = str(place / part.key.rstrip("/")) if is_direct else f"{place}{PART}{part.key}"
        kept = {_IDENTIFIERS[part.platform]: part.id} if part.platform and part.id else {}
        learners.append(Learner(name, slug, source, identifiers=kept))
    return tuple(learners)


def _named(parts: list[Part]) -> list[tuple[Part, str]]:
    """Each with a name of its own: where several have the same one, it gets the platform's number, or a count."""
    times = Counter(clean(part.who) for part in parts)
    taken = {name for name, count in times.items() if count == 1}
    named = []
    for part in parts:
        name = wanted = clean(part.who)
        if times[wanted] > 1:
            number = 1
            name = f"{wanted} ({part.id or number})"
            while name in taken:
                number += 1
                name = f"{wanted} ({part.id + '-' if part.id else ''}{number})"
            taken.add(name)
        named.append((part, name))
    return named
