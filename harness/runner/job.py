"""What is to be run, and what need not be: jobs, their digests, and the reports that the cache has of them."""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib.metadata
import platform
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from harness.catalog.load import is_published_stub
from harness.core.errors import ReportError, SubjectError
from harness.core.files import is_listed
from harness.core.model import Band, Kata, KataReport, Problem, ProblemKind, Status, Suite
from harness.core.report import read
from harness.core.verdict import verdict_digest
from harness.subject.resolve import LEARNER, resolve

DEPENDENCIES = ("pytest", "pytest-timeout", "pytest-json-report", "hypothesis", "numpy", "scipy", "scikit-learn")


@dataclass(frozen=True, slots=True)
class Job:
    """One suite against one subject."""

    kata: Kata
    choice: str = LEARNER
    only: tuple[str, ...] = ()
    """Names of tests to run; all when empty."""
    profile: str = "practice"
    seed: int | None = None
    """Seed of hypothesis; the profile decides when None."""
    player: str = "none"
    """Where the subject runs: `none` (in pytest's own process), `process` or `sandbox`."""
    gated: bool = True
    """Whether its speed band waits until nothing else runs, and is left out after a wrong answer."""
    store: str = ""
    """Where in the state folder the report is kept, `reports/a01_mse.json`; not kept when empty."""
    suite: Suite = Suite.OWN

    @property
    def suite_file(self) -> Path:
        """The file that is run."""
        return self.kata.suite_file(self.suite)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job and the subject that it is to run."""

    job: Job
    file: Path
    """The subject's file."""
    source: bytes
    """What was in it."""


class EventKind(StrEnum):
    """What can be shown while jobs run."""

    PLANNED = "planned"
    """The text says how many jobs there are."""
    WAITING = "waiting"
    """The text says for what."""
    STARTED = "started"
    TEST = "test"
    """A test has begun; the text is its name."""
    FINISHED = "finished"
    CACHED = "cached"
    """The report was there already, or no process was needed."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something to show while jobs run."""

    kind: EventKind
    job: Job | None = None
    text: str = ""


Listener = Callable[[Event], None]


def learner_job(kata: Kata, choice: str, profile: str, suite: Suite = Suite.OWN) -> Job:
    """The job of the scoreboard for one suite; a follow-up's is for code that passes the kata's own."""
    label = "" if choice == LEARNER else f"{_label(choice)}/"
    name = f"{kata.slug}.json" if suite is Suite.OWN else f"{kata.slug}.follow_up.json"
    return Job(kata, choice, profile=profile, store=f"reports/{label}{name}", suite=suite)


def follow_up_jobs(jobs: Sequence[Job], reports: Sequence[KataReport]) -> list[Job]:
    """What comes after `jobs` of the scoreboard, whose `reports` are given: the follow-ups of those that have passed."""
    return [
        learner_job(job.kata, job.choice, job.profile, Suite.FOLLOW_UP)
        for job, report in zip(jobs, reports, strict=True)
        if job.kata.has_follow_up and report.status is Status.PASSED
    ]


def _label(choice: str) -> str:
    """A folder name for a subject that is not the learner."""
    readable = re.sub(r"\W+", "_", Path(choice).name) or "subject"
    digest = hashlib.sha256(str(Path(choice).resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return choice if choice.isidentifier() and not Path(choice).exists() else f"{readable}-{digest}"


def prepare(job: Job) -> Prepared | KataReport:
    """Find the subject. Returns the report of a job that needs no process: no subject, or one that is the published stub."""
    if not job.suite_file.is_file():
        return empty_report(job, Problem(ProblemKind.BROKEN, f"{job.kata.slug} has no suite {job.suite_file.name}"))
    try:
        file = resolve(job.kata, job.choice).file
    except SubjectError as error:
        return empty_report(job, Problem(ProblemKind.BROKEN, error.sentence))
    try:
        source = file.read_bytes()
    except OSError as error:
        return empty_report(job, Problem(ProblemKind.BROKEN, f"{file.name} cannot be read: {error.strerror}"))
    if job.choice == LEARNER and not job.only and is_published_stub(job.kata, source):
        return replace(empty_report(job, None), started=False)
    return Prepared(job, file, source)


def without_a_run(job: Job) -> KataReport | None:
    """The report of a job that needs no process, None for one that does."""
    prepared = prepare(job)
    return prepared if isinstance(prepared, KataReport) else None


def empty_report(job: Job, problem: Problem | None) -> KataReport:
    """A report without tests, for runs that never came to them."""
    return KataReport(job.kata.slug, job.choice, (), problem, created=time.time(), suite=job.suite)


def suite_tests(kata: Kata, suite: Suite = Suite.OWN) -> dict[str, bool]:
    """The tests of a suite by its source, and whether each is marked `speed`."""
    return {name: band is Band.SPEED for name, band in suite_bands(kata, suite).items()}


def suite_bands(kata: Kata, suite: Suite = Suite.OWN) -> dict[str, Band | None]:
    """The tests of a suite by its source, and the band of each; None when it has none."""
    try:
        tree = ast.parse(kata.suite_file(suite).read_bytes())
    except (OSError, SyntaxError):
        return {}
    return {
        node.name: _band(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def _band(test: ast.FunctionDef) -> Band | None:
    marks = " ".join(ast.dump(mark) for mark in test.decorator_list)
    # One case of a test may be marked for itself; hypothesis has a decorator `example`, too.
    return next((band for band in reversed(Band) if f"attr='{band}'" in marks), None)


def digest(job: Job, source: bytes) -> str:
    """Hash of all that the result depends on: `source` of the subject, suite, harness, versions, and how it is run.

    A suite and a follow-up know nothing of each other.
    """
    sha = hashlib.sha256(_environment_digest().encode())
    sha.update(repr((job.kata.slug, sorted(job.only), job.profile, job.seed, job.player, job.suite)).encode())
    sha.update(source)
    for file in run_files(job.kata, job.suite):
        if file != job.kata.stub:
            with contextlib.suppress(FileNotFoundError):  # it is gone since the folder was listed
                sha.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return sha.hexdigest()


def run_files(kata: Kata, suite: Suite = Suite.OWN) -> list[Path]:
    """The files in a kata's folder that a run of one of its suites may read."""
    others = {kata.suite_file(other) for other in Suite if other is not suite}
    files = sorted(kata.folder.iterdir())  # it must be there
    return [file for file in files if file.suffix in (".py", ".toml") and file not in others and is_listed(file)]


@functools.cache
def _environment_digest() -> str:
    sha = hashlib.sha256(f"{platform.python_implementation()} {sys.version} {platform.platform()}".encode())
    for name in DEPENDENCIES:
        sha.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    sha.update(verdict_digest().encode())
    return sha.hexdigest()


def cached_report(job: Job, job_digest: str, state: Path) -> KataReport | None:
    """The stored report of `job`, None when it depends on anything that has changed since."""
    if not job.store:
        return None
    try:
        (report,) = read(state / job.store)
    except (ReportError, ValueError):
        return None
    return report if report.digest == job_digest else None
