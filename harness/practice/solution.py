"""The reference of a kata and its debrief, and the learner's passing code beside it."""

from __future__ import annotations

import ast
import contextlib
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import KataError
from harness.core.files import listed_files
from harness.core.model import Kata, Status
from harness.history.attempt import attempt
from harness.history.snapshots import snapshots
from harness.history.store import History
from harness.practice.reset import present_code
from harness.practice.status import known_report
from harness.subject import mistakes
from harness.subject.mistakes import Mistake
from harness.subject.resolve import reference_folder

CODE_THEME = "ansi_dark"
"""The terminal's own colours, which fit its background."""


class NoSolutionError(KataError):
    """The reference is not in this checkout, or cannot be read."""


class NotPassedError(KataError):
    """There is no passing code."""


@dataclass(frozen=True, slots=True)
class Way:
    """A right solution that is really different from the reference."""

    name: str
    summary: str
    """The first line of its docstring."""
    source: str


@dataclass(frozen=True, slots=True)
class Solution:
    """What there is to see after a pass."""

    reference: str
    debrief: str
    """Markdown, empty when there is none."""
    mistakes: tuple[Mistake, ...] = ()
    """What people do wrong here, as far as it is written down."""
    repairs: tuple[Mistake, ...] = ()
    """What was wrong with the stub of a debug kata, each with the edit that repairs it."""
    ways: tuple[Way, ...] = ()
    """Other ways to solve it."""

    def way(self, name: str) -> Way:
        """The one called `name`. Raises `NoSolutionError` with the names there are."""
        for way in self.ways:
            if way.name == name.removesuffix(".py"):
                return way
        names = ", ".join(way.name for way in self.ways)
        raise NoSolutionError(
            f"there is no other way called {name!r}", hint=f"there are: {names}" if names else "there is none here"
        )


def read_solution(kata: Kata) -> Solution:
    """The reference and the debrief. Raises `NoSolutionError` with what can be done about it."""
    folder = reference_folder(kata)
    reference = _read(folder / kata.stub.name)
    if reference is None:
        raise missing_solution(kata)
    page = mistakes.read_page(folder / mistakes.PAGE)
    repairs = mistakes.read_page(folder / mistakes.REPAIRS).mistakes
    ways = tuple(_way(file) for file in listed_files(folder / "also_right", "*.py"))
    return Solution(reference, _read(folder / "debrief.md") or "", page.mistakes, repairs, ways)


def _way(file: Path) -> Way:
    source = _read(file) or ""
    with contextlib.suppress(SyntaxError):
        docstring = ast.get_docstring(ast.parse(source)) or ""
        return Way(file.stem, docstring.partition("\n")[0], source)
    return Way(file.stem, "", source)


def missing_solution(kata: Kata, what: str = "the solution") -> NoSolutionError:
    """The error for a part of the solution that is not here."""
    sealed = kata.root / ".dojo" / "sealed" / f"{kata.slug}.json"
    if sealed.is_file() and not (reference_folder(kata) / kata.stub.name).is_file():
        return NoSolutionError(
            f"the solution of {kata.slug} is sealed",
            hint=f"`kata unseal {kata.id.lower()}` opens it, once the passphrase is published",
        )
    return NoSolutionError(
        f"{what} of {kata.slug} is not in this checkout",
        hint="a learners' edition has none, or has them sealed, for `kata unseal`; the whole repository has all of them",
    )


def mistakes_text(solution: Solution) -> str:
    """The mistakes as Markdown, under one heading; empty when there are none."""
    return _edits("## Mistakes people make here", solution.mistakes)


def repairs_text(solution: Solution) -> str:
    """The planted faults and their repairs as Markdown, under one heading; empty when there are none."""
    return _edits("## What was wrong with the stub", solution.repairs)


def ways_text(kata: Kata, solution: Solution) -> str:
    """The names of other ways as Markdown, under one heading, and how to see them; empty when there are none."""
    if not solution.ways:
        return ""
    listed = "\n".join(f"- `{way.name}`: {way.summary}" for way in solution.ways)
    command = f"kata reveal {kata.id.lower()} --way {solution.ways[0].name}"
    return f"## Other ways to solve it\n\n{listed}\n\n`{command}` shows one, `kata diff` takes `--way` too."


def without_docstrings(source: str) -> str:
    """The same code with its docstrings taken out, comments kept; as it is where it is not valid Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source
    dropped: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None and (len(node.body) > 1 or isinstance(node, ast.Module)):
            first = node.body[0]
            dropped.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    kept = [line for number, line in enumerate(source.splitlines(), 1) if number not in dropped]
    return "\n".join(kept).strip("\n") + "\n"


def _edits(heading: str, edits: Sequence[Mistake]) -> str:
    parts = [f"### {edit.name}\n\n{edit.description}\n\n```diff\n{edit.diff}\n```" for edit in edits]
    return "\n\n".join([heading, *parts]) if parts else ""


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise NoSolutionError(f"{path} cannot be read: {error}") from error


def is_free(state: Path, kata: Kata, history: History | None) -> bool:
    """Whether the reference may be seen without giving up: this attempt has passed, or the code passes as it is."""
    report = known_report(kata, state)
    if report is not None and report.status is Status.PASSED:
        return True
    return history is not None and attempt(history, kata.slug).is_over


def passing_code(state: Path, kata: Kata) -> str:
    """The learner's file if it passes, else the last attempt that did. Raises `NotPassedError` when there is none."""
    report = known_report(kata, state)
    if report is not None and report.status is Status.PASSED:
        return (present_code(kata) or b"").decode("utf-8", "replace")
    for kept in reversed(snapshots(state, kata)):
        if kept.has_passed:
            return kept.read().decode("utf-8", "replace")
    raise NotPassedError(
        f"{kata.slug} is not passed, so there is no passing code to compare",
        hint=f"`kata submit {kata.id.lower()}` runs it; `kata reveal {kata.id.lower()}` gives up and shows the reference",
    )


def unified(own: str, reference: str, name: str, *, label: str = "reference") -> list[str]:
    """The differences as `diff -u` writes them, line by line; `label` is what the other side is called."""
    return list(
        difflib.unified_diff(own.splitlines(), reference.splitlines(), f"yours/{name}", f"{label}/{name}", lineterm="")
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of a comparison side by side; a side that has nothing there is None."""

    own: str | None
    reference: str | None

    @property
    def is_same(self) -> bool:
        """Both sides say the same."""
        return self.own == self.reference


def side_by_side(own: str, reference: str) -> Iterator[Pair]:
    """Both texts whole, equal lines on one level."""
    left, right = own.splitlines(), reference.splitlines()
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Pair(line, line) for line in left[i1:i2])
            continue
        for k in range(max(i2 - i1, j2 - j1)):
            yield Pair(left[i1 + k] if i1 + k < i2 else None, right[j1 + k] if j1 + k < j2 else None)
