"""Which file stands for a kata's module in a run: the stub, the reference, a file, or a mistake."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import SubjectError
from harness.core.model import Kata, Suite
from harness.core.state import state_folder, write_atomically
from harness.subject import mistakes

LEARNER = "learner"
REFERENCE = "reference"
FOLLOW_UP_FOLDER = "follow_up"
"""In a kata's folder of solutions: those of its follow-up."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The file that stands for a kata's module in one run."""

    kata: Kata
    choice: str
    """What was asked for: `learner`, `reference`, a path, or a mistake in a page."""
    file: Path


def resolve(kata: Kata, choice: str) -> Subject:
    """The subject that `choice` means for `kata`: the stub, the reference, or `mse.py` in a folder (or a file itself).

    `solutions/a01_mse/mistakes.md::sum_not_mean` is a named mistake, whose module is written into the state folder.
    Raises `SubjectError` when there is no such file.
    """
    if (mistake := mistakes.split_choice(choice)) is not None:
        return Subject(kata, choice, _written(kata, *mistake))
    if choice == LEARNER:
        file = kata.stub
        hint = f"git checkout -- {kata.slug}/{file.name} in katas/ brings the stub back"
    elif choice == REFERENCE:
        file = reference_folder(kata) / f"{kata.module}.py"
        hint = "a learners' edition has no references"
    else:
        given = Path(choice)
        file = given / f"{kata.module}.py" if given.is_dir() else given
        hint = "--subject takes learner, reference, a folder that holds the module, a file, or mistakes.md::NAME"
    if not file.is_file():
        raise SubjectError(f"{kata.slug}: there is no {file.name} to test in {file.parent}", hint=hint)
    return Subject(kata, choice, file.resolve())


def _written(kata: Kata, page: Path, name: str) -> Path:
    """The file of a mistake's module, which is named after its content, so its content never changes."""
    source = mistakes.patched(page, mistakes.find(page, name)).encode()
    digest = hashlib.sha256(source).hexdigest()[:16]
    folder = state_folder(kata.root) / "mistakes" / kata.slug / f"{name}-{digest}"
    file = (folder / f"{kata.module}.py").resolve()
    if not file.is_file() or file.read_bytes() != source:
        write_atomically(file, source)
    return file


def reference_folder(kata: Kata, suite: Suite = Suite.OWN) -> Path:
    """Where the reference, the mistakes and the also-right solutions for a suite of `kata` live."""
    folder = kata.root / "solutions" / kata.slug
    return folder if suite is Suite.OWN else folder / FOLLOW_UP_FOLDER
