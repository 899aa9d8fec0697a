"""The authors' gate: stubs fail, references pass, wrong solutions die on the test they name, right ones pass.

`audit` reads a kata's files, runs all its solutions through the runner, and returns everything that is wrong in sentences.
"""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.catalog import is_published_stub
from harness.jobs import Job, Listener, suite_tests
from harness.model import Catalog, Figure, Kata, KataReport, Outcome, Status, TestResult
from harness.runner import run_jobs
from harness.subject import REFERENCE, forbidden_imports, reference_folder

STUB_LINES = 60
"""What fits on a screen."""
LEAST_WRONG = 8
LEAST_RIGHT = 2
LEAST_HINTS = 3
LEAST_QUESTIONS = 3
LEAST_MARGIN = 1.25
"""How many times better than needed a reference must be on each speed test."""

_README_PARTS = ("## Task", "## Rules", "## Example")
_DEBRIEF_PARTS = ("## Complexity", "## Trade-offs", "## Follow-up questions")
_CAUGHT_BY = re.compile(r"^Caught by: (test_\w+(?:, test_\w+)*)\.?$", re.MULTILINE)
_NUMBERED = re.compile(r"^\d+\. ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class KataAudit:
    """What the audit of one kata found."""

    kata: Kata
    tests: int
    wrong: int
    also_right: int
    suite_s: float
    """Duration of the reference's tests, without start-up."""
    margins: tuple[Figure, ...]
    """The reference's figures on its speed tests."""
    faults: tuple[str, ...]


@dataclass(slots=True)
class _Plan:
    """One kata's solutions, and the jobs that judge them."""

    kata: Kata
    faults: list[str] = field(default_factory=list)
    wrong: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    """File -> the tests that must catch it."""
    right: list[Path] = field(default_factory=list)
    seeds: Sequence[int] = ()
    """Seeds under which what is right is run once more, speed bands aside."""
    player: str = ""
    """Where all solutions are run once more, to compare verdicts test by test."""

    def jobs(self) -> list[Job]:
        """Stub, reference, also-right ones, wrong ones, refereed ones, seeded ones; the order that `judge` expects."""
        kata = self.kata
        jobs = [
            Job(kata, str(kata.stub), profile="ci", store=f"audit/{kata.slug}/stub.json", gated=False),
            Job(kata, REFERENCE, profile="ci", store=f"audit/{kata.slug}/reference.json"),
        ]
        jobs += [
            Job(kata, str(file), profile="ci", store=f"audit/{kata.slug}/also_right/{file.stem}.json")
            for file in self.right
        ]
        speed = suite_tests(kata)
        jobs += [
            Job(
                kata,
                str(file),
                only=tests,
                profile="ci",
                gated=any(speed[name] for name in tests),
                store=f"audit/{kata.slug}/wrong/{file.stem}.json",
            )
            for file, tests in self.wrong.items()
        ]
        if self.player:
            jobs += [self._refereed(job) for job in jobs[1:]]
        unhurried = tuple(name for name, is_speed in speed.items() if not is_speed)
        jobs += [
            Job(
                kata,
                choice,
                only=unhurried,
                profile="grade",
                seed=seed,
                gated=False,
                store=f"audit/{kata.slug}/seeds/{seed}/{Path(choice).stem}.json",
            )
            for seed, choice in self.seeded()
        ]
        return jobs

    def _refereed(self, job: Job) -> Job:
        return replace(job, player=self.player, store=job.store.replace("audit/", f"audit-{self.player}/", 1))

    def seeded(self) -> list[tuple[int, str]]:
        """What is right, once a seed."""
        return [(seed, choice) for seed in self.seeds for choice in (REFERENCE, *map(str, self.right))]


def audit(
    catalog: Catalog,
    katas: Sequence[Kata],
    *,
    state: Path,
    workers: int | None = None,
    fresh: bool = False,
    seeds: Sequence[int] = (),
    player: str = "",
    listener: Listener = lambda _: None,
) -> list[KataAudit]:
    """Audit `katas`; `catalog` is needed to see names that clash. What has not changed comes from the cache.

    With `seeds`, reference and also-right solutions must pass under each of these seeds of hypothesis too. With `player`,
    all solutions are run once more in `process` or `sandbox`, where each test must end as it did in pytest's own process.
    """
    plans = [_plan(catalog, kata) for kata in katas]
    for plan in plans:
        plan.seeds = seeds
        plan.player = player
    jobs = [plan.jobs() for plan in plans]
    reports = iter(
        run_jobs([job for part in jobs for job in part], state=state, workers=workers, fresh=fresh, listener=listener)
    )
    return [_judge(plan, [next(reports) for _ in part]) for plan, part in zip(plans, jobs, strict=True)]


# --- what can be seen without running anything -------------------------------------------------------------------------


def _plan(catalog: Catalog, kata: Kata) -> _Plan:
    plan = _Plan(kata)
    plan.faults += _documents(kata)
    plan.faults += _stub(kata)
    plan.faults += _names(catalog, kata)
    plan.faults += _stray_files(kata)
    plan.faults += _suite(kata)
    folder = reference_folder(kata)
    for file in _solutions(folder):
        plan.faults += _imports(kata, file)
    known = suite_tests(kata)
    for file in sorted((folder / "wrong").glob("*.py")):
        tests = _caught_by(file)
        gone = [name for name in tests if name not in known]
        plan.faults += [f"wrong/{file.name} names {name}, which is no test of the suite" for name in gone]
        if tests and not gone:
            plan.wrong[file] = tests
        elif not tests:
            plan.faults.append(
                f"wrong/{file.name} does not say in its docstring which test catches it (Caught by: test_...)"
            )
    plan.right = sorted((folder / "also_right").glob("*.py"))
    written = len(list((folder / "wrong").glob("*.py")))
    if written < LEAST_WRONG:
        plan.faults.append(f"there are {written} wrong solutions, expected at least {LEAST_WRONG}")
    if len(plan.right) < LEAST_RIGHT:
        plan.faults.append(f"there are {len(plan.right)} also-right solutions, expected at least {LEAST_RIGHT}")
    return plan


def _documents(kata: Kata) -> Iterator[str]:
    hints = _text(kata.folder / "hints.md")
    debrief = _text(reference_folder(kata) / "debrief.md")
    readme = _text(kata.folder / "README.md")
    for name, text, parts in (("README.md", readme, _README_PARTS), ("debrief.md", debrief, _DEBRIEF_PARTS)):
        if not text:
            yield f"{name} is missing"
        else:
            for part in parts:
                if not re.search(rf"^{part}\b", text, re.MULTILINE):
                    yield f"{name} has no heading {part!r}"
    if readme and not readme.startswith(f"# {kata.id} "):
        yield f"README.md does not begin with '# {kata.id} '"
    if len(_NUMBERED.findall(hints)) < LEAST_HINTS:
        yield f"hints.md has {len(_NUMBERED.findall(hints))} numbered hints, expected at least {LEAST_HINTS}"
    questions = debrief.partition("## Follow-up questions")[2].count("?")
    if debrief and questions < LEAST_QUESTIONS:
        yield f"debrief.md has {questions} follow-up questions, expected at least {LEAST_QUESTIONS}"
    if not kata.topics:
        yield "kata.toml has no topics"


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
    if not is_published_stub(kata, source):
        yield f"the stub is not the one that kata.toml has the hash of: `kata stamp {kata.slug}` if it is meant to be published"


def _names(catalog: Catalog, kata: Kata) -> Iterator[str]:
    installed = installed_names()
    for name in (kata.module, kata.suite.stem, *kata.helpers):
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
    meant = {"README.md", "kata.toml", "hints.md", kata.stub.name, kata.suite.name, *helpers}
    for path in _entries(kata.folder):
        if path.name not in meant:
            yield f"stray file in katas/{kata.slug}: {path.name}"
    for name in sorted(helpers):
        if not (kata.folder / name).is_file():
            yield f"the helper {name} is missing"
    folder = reference_folder(kata)
    for path in _entries(folder):
        if path.name not in (kata.stub.name, "debrief.md", "wrong", "also_right"):
            yield f"stray file in solutions/{kata.slug}: {path.name}"
    for part in ("wrong", "also_right"):
        for path in _entries(folder / part):
            if path.suffix != ".py":
                yield f"stray file in solutions/{kata.slug}/{part}: {path.name}"


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name != "__pycache__")


def _suite(kata: Kata) -> Iterator[str]:
    try:
        tree = ast.parse(kata.suite.read_bytes())
    except FileNotFoundError:
        yield f"the suite {kata.suite.name} is missing"
        return
    except SyntaxError as error:
        yield f"the suite is not valid Python: {error}"
        return
    if not any(_imports_subject(node, kata.module) for node in tree.body):
        yield f"the suite does not say `import {kata.module} as kata`"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (kata.module, "solutions"):
            yield f"the suite imports from {node.module} in line {node.lineno}; it may only `import {kata.module} as kata`"
        if isinstance(node, ast.Assert):
            yield f"the suite has a bare assert in line {node.lineno}; harness.check tells the learner what was asked"


def _imports_subject(node: ast.stmt, module: str) -> bool:
    return isinstance(node, ast.Import) and any(alias.name == module and alias.asname == "kata" for alias in node.names)


def _solutions(folder: Path) -> list[Path]:
    return [*sorted(folder.glob("*.py")), *sorted(folder.glob("wrong/*.py")), *sorted(folder.glob("also_right/*.py"))]


def _imports(kata: Kata, file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError as error:
        yield f"{file.parent.name}/{file.name} is not valid Python: {error}"
        return
    for fault in forbidden_imports(tree, kata):
        yield f"{file.parent.name}/{file.name}: {fault}"


def _caught_by(file: Path) -> tuple[str, ...]:
    try:
        docstring = ast.get_docstring(ast.parse(file.read_bytes())) or ""
    except SyntaxError:
        return ()
    match = _CAUGHT_BY.search(docstring)
    return tuple(match[1].split(", ")) if match else ()


# --- what the runs say ---------------------------------------------------------------------------------------------------


def _judge(plan: _Plan, reports: list[KataReport]) -> KataAudit:
    stub, reference, *others = reports
    right, others = others[: len(plan.right)], others[len(plan.right) :]
    wrong, others = others[: len(plan.wrong)], others[len(plan.wrong) :]
    compared = [reference, *right, *wrong] if plan.player else []
    refereed, seeded = others[: len(compared)], others[len(compared) :]
    faults = list(plan.faults)
    if stub.problem is not None and stub.problem == reference.problem:  # it is the suite's fault, so say it once
        faults.append(f"the suite: {stub.problem.sentence}")
    else:
        faults += [*_judge_stub(stub), *_judge_right("the reference", reference), *_judge_margins(reference)]
        for file, report in zip(plan.right, right, strict=True):
            faults += _judge_right(f"also_right/{file.name}", report)
        for (file, tests), report in zip(plan.wrong.items(), wrong, strict=True):
            faults += _judge_wrong(file, tests, report)
        names = [
            "the reference",
            *(f"also_right/{file.name}" for file in plan.right),
            *(f"wrong/{file.name}" for file in plan.wrong),
        ]
        for name, report, other in zip(names, compared, refereed, strict=False):
            faults += _judge_player(name, plan.player, report, other)
        for (seed, choice), report in zip(plan.seeded(), seeded, strict=True):
            name = "the reference" if choice == REFERENCE else f"also_right/{Path(choice).name}"
            faults += _judge_right(f"{name} under --hypothesis-seed={seed}", report)
    return KataAudit(
        kata=plan.kata,
        tests=len(reference.tests),
        wrong=len(plan.wrong),
        also_right=len(plan.right),
        suite_s=sum(test.duration_s for test in reference.tests),
        margins=tuple(figure for test in reference.tests for figure in test.figures),
        faults=tuple(faults),
    )


def _judge_stub(report: KataReport) -> Iterator[str]:
    if report.problem is not None:
        yield f"the stub: {report.problem.sentence}"
        return
    for test in report.tests:
        if test.outcome is Outcome.PASSED:
            yield f"the stub passes {test.name}, which should be impossible before anything is written"
        elif test.failure is None or test.failure.kind != "not implemented":
            came = test.failure.came if test.failure else test.outcome
            yield f"the stub fails {test.name} otherwise than by NotImplementedError: {came}"


def _judge_right(name: str, report: KataReport) -> Iterator[str]:
    if report.problem is not None:
        yield f"{name}: {report.problem.sentence}"
    elif report.status is not Status.PASSED:
        test = next(test for test in report.tests if test.outcome is not Outcome.PASSED)
        came = f": {test.failure.mistake or test.failure.came}" if test.failure else ""
        yield f"{name} does not pass {test.name}{came}"


def _judge_player(name: str, player: str, here: KataReport, there: KataReport) -> Iterator[str]:
    """Hold each test to have ended in the player as it did in pytest's own process.

    Of a test with several cases it is enough that both fail on some: which case meets a race first is luck.
    """
    if there.problem is not None and here.problem is None:
        yield f"{name}, by the player {player}: {there.problem.sentence}"
        return
    passed_here, passed_there = _passed(here), _passed(there)
    for test in passed_here:
        if passed_here[test] is not passed_there.get(test):
            words = ("passes", "fails") if passed_here[test] else ("fails", "passes")
            yield f"{name}: {test} {words[0]} in pytest's own process, and {words[1]} by the player {player}"


def _passed(report: KataReport) -> dict[str, bool]:
    """Whether all cases of a test have passed, by its bare name."""
    passed: dict[str, bool] = {}
    for test in report.tests:
        name = test.name.partition("[")[0]
        passed[name] = passed.get(name, True) and test.outcome is Outcome.PASSED
    return passed


def _judge_margins(report: KataReport) -> Iterator[str]:
    for test in report.tests:
        for figure in test.figures:
            if figure.margin < LEAST_MARGIN:
                yield (
                    f"the reference passes {test.name} with a margin of {figure.margin:.2f} only ({figure.text}), "
                    f"expected at least {LEAST_MARGIN}"
                )


def _judge_wrong(file: Path, tests: tuple[str, ...], report: KataReport) -> Iterator[str]:
    if report.problem is not None and not report.tests:
        yield f"wrong/{file.name}: {report.problem.sentence}"
        return
    for name in tests:
        mine = [test for test in report.tests if test.name.partition("[")[0] == name]
        caught = [test for test in mine if test.outcome is Outcome.FAILED]
        if not caught:
            yield f"wrong/{file.name} survives {name}, which should catch it"
        elif not any(_teaches(test) for test in caught):
            failure = caught[0].failure
            yield f"wrong/{file.name} dies on {name}, but the message names no mistake: {failure.came if failure else ''}"


def _teaches(test: TestResult) -> bool:
    """Whether the learner is told what was done wrong, not only that something was."""
    failure = test.failure
    return failure is not None and (
        failure.kind in ("slow", "timed out") or (failure.kind == "wrong" and bool(failure.mistake or failure.hint))
    )
