"""What is wrong with a kata's files, as far as it can be seen without running anything: for authors.

A follow-up is held to the same as the kata that it follows; it only needs fewer solutions.
"""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.audit.mutation_target import stale_equivalents
from harness.audit.planted import Repair, fault_problems, read_repairs, too_few_faults
from harness.catalog.load import stub_hash
from harness.core.errors import SubjectError
from harness.core.files import listed_files
from harness.core.model import FOLLOW_UP_SUITE, Catalog, Kata, KataKind, KataSet, Suite
from harness.runner.job import suite_tests
from harness.subject import mistakes
from harness.subject.policy import forbidden_imports
from harness.subject.resolve import FOLLOW_UP_FOLDER, reference_folder

STUB_LINES = 60
"""What fits on a screen."""
LEAST_WRONG = {KataSet.A: 12, KataSet.B: 15, KataSet.C: 15, KataSet.D: 20}
"""Mistakes and other wrong solutions, by what a kata's suite is asked for."""
LEAST_RIGHT = 2
LEAST_WRONG_FOLLOW_UP = 4
LEAST_RIGHT_FOLLOW_UP = 1
LEAST_HINTS = 3

_README_PARTS = ("## Task", "## Rules", "## Example")
_FOLLOW_UP_PARTS = ("## Rules", "## Example")
_DEBRIEF_PARTS = ("## Complexity", "## Trade-offs", "## Follow-up questions")
_CAUGHT_BY = re.compile(r"^Caught by: (test_\w+(?:, test_\w+)*)\.?$", re.MULTILINE)
_NUMBERED = re.compile(r"^\d+\. ", re.MULTILINE)
"""The folder of the follow-up's solutions, in the folder of the kata's."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong solution: a file in `wrong/`, or a mistake in `mistakes.md`."""

    name: str
    """What sentences call it: `wrong/sum.py`, `mistakes.md:12 sum_not_mean`."""
    choice: str
    """How a job finds it."""
    stem: str
    """What its report is called; no two of a suite have the same."""
    tests: tuple[str, ...]
    """The tests that must catch it."""


@dataclass(slots=True)
class Solutions:
    """The solutions of a kata, or of its follow-up."""

    reference: Path
    wrong: list[Wrong] = field(default_factory=list)
    right: list[Path] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    """How many are still to be written."""
    repairs: list[Repair] = field(default_factory=list)
    """Of a debug kata."""


def proofread(catalog: Catalog, kata: Kata) -> Iterator[str]:
    """Everything that is wrong with the files of a kata and of its follow-up, solutions aside.

    `catalog` is needed to see names that clash.
    """
    yield from _documents(kata)
    yield from _stub(kata)
    yield from _names(catalog, kata)
    yield from _stray_files(kata)
    yield from _suite(kata, Suite.OWN)
    if has_follow_up(kata):
        yield from _headings(kata.follow_up_statement.name, _text(kata.follow_up_statement), _FOLLOW_UP_PARTS)
        yield from _title(kata, kata.follow_up_statement)
        yield from _suite(kata, Suite.FOLLOW_UP)


def has_follow_up(kata: Kata) -> bool:
    """Whether there is anything of a follow-up."""
    return kata.has_follow_up or kata.follow_up_statement.exists() or reference_folder(kata, Suite.FOLLOW_UP).is_dir()


def solution_name(kata: Kata, file: Path) -> str:
    """What sentences call a solution: `wrong/sum.py`, `follow_up/wrong/sum.py`."""
    return file.relative_to(reference_folder(kata)).as_posix()


def read_solutions(kata: Kata, suite: Suite) -> Solutions:
    """The solutions there are; wrong ones that name no test that catches them, or cannot be made, are a fault and left out."""
    folder = reference_folder(kata, suite)
    found = Solutions(folder / kata.stub.name, right=listed_files(folder / "also_right", "*.py"))
    files = listed_files(folder / "wrong", "*.py")
    for file in [*listed_files(folder, "*.py"), *files, *found.right]:
        found.faults += _imports(kata, file)
    known = suite_tests(kata, suite)
    stems = {file.stem for file in files}
    for name, wrong in (*_wrong_files(kata, files), *_mistakes(kata, folder / mistakes.PAGE, stems, found.faults)):
        gone = [test for test in wrong.tests if test not in known]
        found.faults += [f"{name} names {test}, which is not a test of {suite.phrase}" for test in gone]
        if wrong.tests and not gone:
            found.wrong.append(wrong)
        elif not wrong.tests:
            found.faults.append(f"{name} does not say in its docstring which test catches it (Caught by: test_...)")
    if kata.kind is KataKind.DEBUG and suite is Suite.OWN:
        found.faults += fault_problems(kata, known)
        found.repairs += read_repairs(kata, folder / mistakes.REPAIRS, found.faults)
        found.lacks += too_few_faults(kata)
    page = mistakes.read_page(folder / mistakes.PAGE)
    count = len(files) + len(page.mistakes) + sum(bool(fault.name) for fault in page.faults)
    found.faults += stale_equivalents(kata, suite)
    found.lacks += _too_few(kata, count, len(found.right), suite)
    return found


def _wrong_files(kata: Kata, files: Sequence[Path]) -> Iterator[tuple[str, Wrong]]:
    for file in files:
        name = solution_name(kata, file)
        yield name, Wrong(name, str(file), file.stem, _caught_by(file))


def _mistakes(kata: Kata, file: Path, stems: set[str], faults: list[str]) -> Iterator[tuple[str, Wrong]]:
    """The mistakes of a page that can be made, each with what a sentence about its text begins with."""
    page = mistakes.read_page(file)
    faults += [mistakes.fault_sentence(file, fault) for fault in page.faults]
    for mistake in page.mistakes:
        name = mistakes.place(file, mistake)
        if mistake.name in stems:
            faults.append(f"{name}: has the name of wrong/{mistake.name}.py")
            continue
        try:
            source = mistakes.patched(file, mistake)
        except SubjectError as error:
            faults.append(str(error))
            continue
        if any("import" in line for hunk in mistake.hunks for line in (*hunk.old, *hunk.new)):  # or it has its base's
            faults += [f"{name}: {fault}" for fault in forbidden_imports(ast.parse(source), kata)]
        yield f"{name}:", Wrong(name, f"{file}::{mistake.name}", mistake.name, mistake.caught_by)


def _too_few(kata: Kata, wrong: int, right: int, suite: Suite) -> Iterator[str]:
    is_own = suite is Suite.OWN
    what = "" if is_own else " of the follow-up"
    least_wrong = LEAST_WRONG[kata.set] if is_own else LEAST_WRONG_FOLLOW_UP
    least_right = LEAST_RIGHT if is_own else LEAST_RIGHT_FOLLOW_UP
    if wrong < least_wrong:
        yield f"there are {wrong} wrong solutions{what}, expected at least {least_wrong}"
    if right < least_right:
        yield f"there are {right} also-right solutions{what}, expected at least {least_right}"


def _documents(kata: Kata) -> Iterator[str]:
    hints = _text(kata.folder / "hints.md")
    debrief = _text(reference_folder(kata) / "debrief.md")
    readme = _text(kata.folder / "README.md")
    yield from _headings("README.md", readme, _README_PARTS)
    yield from _headings("debrief.md", debrief, _DEBRIEF_PARTS)
    yield from _title(kata, kata.folder / "README.md")
    if len(_NUMBERED.findall(hints)) < LEAST_HINTS:
        yield f"hints.md has {len(_NUMBERED.findall(hints))} numbered hints, expected at least {LEAST_HINTS}"
    if not kata.topics:
        yield "kata.toml has no topics"


def _headings(name: str, text: str, parts: tuple[str, ...]) -> Iterator[str]:
    if not text:
        yield f"{name} is missing"
        return
    for part in parts:
        if not re.search(rf"^{part}\b", text, re.MULTILINE):
            yield f"{name} has no heading {part!r}"


def _title(kata: Kata, file: Path) -> Iterator[str]:
    text = _text(file)
    if text and not text.startswith(f"# {kata.id} "):
        yield f"{file.name} does not begin with '# {kata.id} '"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _stub(kata: Kata) -> Iterator[str]:
    if not kata.stub.is_file():
        yield f"the stub {kata.stub.name} is missing"
        return
    source = kata.stub.read_bytes()
    lines = source.count(b"\n")
    if lines > STUB_LINES:
        yield f"the stub has {lines} lines, expected at most {STUB_LINES}: it must fit on a screen"
    if stub_hash(source) != kata.stub_sha256:
        yield f"the stub is not the one that kata.toml has the hash of: `kata stamp {kata.slug}` if it is meant to be published"
    if not kata.published_stub.is_file() or stub_hash(kata.published_stub.read_bytes()) != kata.stub_sha256:
        yield f"{kata.published_stub.name}, the copy that `kata reset` takes, is not the published stub: `kata stamp {kata.slug}`"


def _names(catalog: Catalog, kata: Kata) -> Iterator[str]:
    installed = installed_names()
    for name in (kata.module, kata.suite_file().stem, *kata.helpers):
        if name in sys.stdlib_module_names or name in installed:
            yield f"the module name {name} shadows an installed module"
    for other in catalog.katas:
        if other.slug != kata.slug:
            for name in sorted({kata.module, *kata.helpers} & {other.module, *other.helpers}):
                yield f"the module name {name} is also used by {other.slug}"


@functools.cache
def installed_names() -> frozenset[str]:
    """Top-level names that installed distributions import as."""
    return frozenset(importlib.metadata.packages_distributions())


def _stray_files(kata: Kata) -> Iterator[str]:
    helpers = {f"{name}.py" for name in kata.helpers}
    meant = {
        "README.md",
        "kata.toml",
        "hints.md",
        kata.stub.name,
        kata.published_stub.name,
        kata.suite_file().name,
        *helpers,
    }
    meant |= {kata.follow_up_statement.name, FOLLOW_UP_SUITE}
    for path in _entries(kata.folder):
        if path.name not in meant:
            yield f"stray file in katas/{kata.slug}: {path.name}"
    for name in sorted(helpers):
        if not (kata.folder / name).is_file():
            yield f"the helper {name} is missing"
    parts = {"wrong", "also_right"}
    pages = {mistakes.PAGE, *parts}
    repairs = {mistakes.REPAIRS} if kata.kind is KataKind.DEBUG else set()
    for place, names in (("", {"debrief.md", FOLLOW_UP_FOLDER, *repairs, *pages}), (f"/{FOLLOW_UP_FOLDER}", pages)):
        folder = Path(f"{reference_folder(kata)}{place}")
        for path in _entries(folder):
            if path.name not in {kata.stub.name, *names}:
                yield f"stray file in solutions/{kata.slug}{place}: {path.name}"
        for part in sorted(parts):
            for path in _entries(folder / part):
                if path.suffix != ".py":
                    yield f"stray file in solutions/{kata.slug}{place}/{part}: {path.name}"


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.name != "__pycache__" and not p.name.startswith(".#"))


def _suite(kata: Kata, suite: Suite) -> Iterator[str]:
    file = kata.suite_file(suite)
    try:
        tree = ast.parse(file.read_bytes())
    except FileNotFoundError:
        yield f"{suite.phrase} {file.name} is missing"
        return
    except SyntaxError as error:
        yield f"{suite.phrase} is not valid Python: {error}"
        return
    if not any(_imports_subject(node, kata.module) for node in tree.body):
        yield f"{suite.phrase} does not say `import {kata.module} as kata`"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (kata.module, "solutions"):
            yield f"{suite.phrase} imports from {node.module} in line {node.lineno}; it may only `import {kata.module} as kata`"
        if isinstance(node, ast.Assert):
            yield f"{suite.phrase} has a bare assert in line {node.lineno}; harness.suite.check tells the learner what was asked"


def _imports_subject(node: ast.stmt, module: str) -> bool:
    return isinstance(node, ast.Import) and any(alias.name == module and alias.asname == "kata" for alias in node.names)


def _imports(kata: Kata, file: Path) -> Iterator[str]:
    name = "/".join(file.parts[-3 if FOLLOW_UP_FOLDER in file.parts[-3:] else -2 :])
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError as error:
        yield f"{name} is not valid Python: {error}"
        return
    for fault in forbidden_imports(tree, kata):
        yield f"{name}: {fault}"


def _caught_by(file: Path) -> tuple[str, ...]:
    try:
        docstring = ast.get_docstring(ast.parse(file.read_bytes())) or ""
    except SyntaxError:
        return ()
    match = _CAUGHT_BY.search(docstring)
    return tuple(match[1].split(", ")) if match else ()
