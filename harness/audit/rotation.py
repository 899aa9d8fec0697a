"""What an audit in CI leaves out: of katas that have not changed, all mistakes but one part, which is another one every day.

A clone of CI has no reports of earlier audits. So git says what has changed since a baseline: a commit that is named, or else
the last release, or else where the branch left the main one, or else the commit before. Without any of these, and where
what decides verdicts has changed, no kata is known to be unchanged; then only the parts are left, one a day.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import KataError
from harness.core.model import Kata
from harness.core.verdict import VERDICT_PACKAGES

PARTS = 4
SINCE_VARIABLE = "KATA_AUDIT_SINCE"
_MAIN_BRANCHES = ("origin/HEAD", "origin/main", "main")
_FOLDERS = ("katas", "solutions")
_FOR_ALL = ("pyproject.toml", ".ci/requirements", *(f"harness/{package}/" for package in VERDICT_PACKAGES))
"""Beginnings of paths that the verdicts on all katas depend on."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of `of` parts of the mistakes, counted from 1. A mistake stays in its part while others come and go."""

    number: int
    of: int = PARTS

    def has(self, slug: str, mistake: str) -> bool:
        """Whether a mistake of a kata is in it."""
        return zlib.crc32(f"{slug}/{mistake}".encode()) % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The commit that a checkout is compared with."""

    commit: str
    phrase: str
    """What sentences call it: "the last release, v0.1.0"."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """Which katas are audited whole, and which part of the mistakes of all others."""

    part: Part
    whole: frozenset[str]
    """Slugs of katas that have changed."""
    sentence: str
    """How that was found out."""

    def part_of(self, kata: Kata) -> Part | None:
        """The part of a kata's mistakes that is run; None for all of them."""
        return None if kata.slug in self.whole else self.part


def parse_part(text: str) -> Part:
    """`2/4` as a part. Raises `ValueError` when it is none."""
    number, _, of = text.partition("/")
    part = Part(int(number), int(of))
    if not 1 <= part.number <= part.of:
        raise ValueError(f"{text} is no part, expected 1/N to N/N")
    return part


def part_of_today(today: dt.date | None = None) -> Part:
    """Each of the parts on one of so many days."""
    day = today or dt.datetime.now(dt.UTC).date()
    return Part(day.toordinal() % PARTS + 1)


def plan_rotation(root: Path, katas: Sequence[Kata], *, since: str = "", part: Part | None = None) -> Rotation:
    """Decide what of `katas` is audited whole; `since` names the baseline, `part` another part than today's."""
    part = part or part_of_today()
    baseline, remark = find_baseline(root, since)
    if baseline is None:
        return Rotation(part, frozenset(), f"{remark}there is no baseline, so what has changed is not known")
    paths = _changed_paths(root, baseline.commit)
    folders = {path.split("/")[1] for path in paths if path.startswith(tuple(f"{name}/" for name in _FOLDERS))}
    whole = frozenset(kata.slug for kata in katas if kata.slug in folders)
    names = ", ".join(sorted(whole)) or "no kata"
    for_all = sorted(path for path in paths if path.startswith(_FOR_ALL))
    more = f" and {len(for_all) - 1} more" if len(for_all) > 1 else ""
    touched = f"; {for_all[0]}{more}, which all katas depend on, changed as well" if for_all else ""
    return Rotation(part, whole, f"{remark}changed since {baseline.phrase}: {names}{touched}")


def find_baseline(root: Path, since: str = "") -> tuple[Baseline | None, str]:
    """The baseline, None when there is none; and a remark on `since` when that is not in this clone."""
    if since and (commit := _commit(root, since)):
        return Baseline(commit, since), ""
    remark = f"{since} is not in this clone; " if since else ""
    head = _commit(root, "HEAD")
    tag = _git(root, "describe", "--tags", "--abbrev=0", "HEAD")
    if tag and (commit := _commit(root, tag)) and commit != head:
        return Baseline(commit, f"the last release, {tag}"), remark
    for branch in _MAIN_BRANCHES:
        commit = _git(root, "merge-base", "HEAD", branch)
        if commit and commit != head:
            return Baseline(commit, f"{commit[:9]}, where {branch} was left"), remark
    if commit := _commit(root, "HEAD^"):
        return Baseline(commit, f"{commit[:9]}, the commit before"), remark
    return None, remark


def _commit(root: Path, name: str) -> str:
    """The hash of a commit; empty when this clone has none of that name."""
    return _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")


def _changed_paths(root: Path, commit: str) -> list[str]:
    """Files of the checkout that are not as they were in `commit`, new ones and deleted ones included."""
    changed = _git(root, "diff", "--name-only", "--relative", "--no-renames", "-z", commit, "--", must=True)
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", *_FOLDERS, must=True)
    return [path for path in f"{changed}\0{new}".split("\0") if path and "__pycache__" not in path]


def _git(root: Path, *arguments: str, must: bool = False) -> str:
    """What git prints; empty when it fails or is not installed. Raises `KataError` when it fails and `must` not."""
    command = ["git", "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)
    except OSError:
        return ""
    if done.returncode and must:
        raise KataError(f"git {arguments[0]} failed in {root}: {done.stderr.strip()}")
    return done.stdout.strip() if not done.returncode else ""
