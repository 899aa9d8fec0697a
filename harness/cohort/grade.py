"""Grade submissions: each (learner, kata) is one refereed run, whose result is a file named after what it depends on.

A run that is killed goes on where it was, and grading twice costs nothing. Every run draws a new seed for hypothesis unless
one is given; it is recorded with the result. A few failures are tried again under another seed before they stand:
a speed test counts when it is fast enough then, any other test stays failed and is marked as unstable.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from harness.catalog import is_published_stub, load_kata
from harness.cohort.model import Submission
from harness.cohort.results import Grade, ResultsFolder
from harness.errors import KataError
from harness.jobs import Job, Listener, digest, empty_report, suite_tests
from harness.model import Band, Kata, KataReport, Outcome
from harness.runner import run_jobs

CHUNK = 64
"""Submissions that are worked on at once; memory grows with this, and not with the cohort."""
RETRIED = 3
"""More failures than this are no accident, and are not tried again."""


class HoldOutError(KataError):
    """A folder of hold-out suites that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a cohort is graded."""

    player: str
    seed: int | None = None
    """The seed of all runs; each draws its own when None."""
    with_speed: bool = True
    hold_out: Path | None = None
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    submission: Submission
    kata: Kata
    key: str
    jobs: tuple[Job, ...]
    """The public suite, and the hold-out suite where there is one."""


class Grader:
    """Grades submissions into a results folder."""

    def __init__(self, katas: Sequence[Kata], results: ResultsFolder, settings: Settings) -> None:
        """Raises `HoldOutError` for a folder of hold-out suites that fits no kata."""
        self._katas = {kata.slug: kata for kata in katas}
        self._results = results
        self._settings = settings
        self._state = results.path / ".work"
        self._state.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix="grade-", dir=self._state))
        self._hidden = _hidden_katas(katas, settings.hold_out, self._scratch / "hold-out") if settings.hold_out else {}

    def close(self) -> None:
        """Remove what is of no use after the run."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def keys(self, submissions: Iterable[Submission]) -> tuple[str, ...]:
        """The key of each submission's grade."""
        return tuple(self._task(submission).key for submission in submissions)

    def grade(
        self,
        submissions: Iterable[Submission],
        *,
        listener: Listener = lambda _: None,
        done: Callable[[Grade], None] = lambda _: None,
    ) -> None:
        """Grade what has no grade yet; each result is on disk before `done` hears of it."""
        pending = iter(submissions)
        while chunk := list(islice(pending, CHUNK)):
            todo = []
            for submission in chunk:
                task = self._task(submission)
                known = self._results.get(task.key)
                if known is not None:
                    done(known)
                elif is_published_stub(task.kata, submission.source):
                    report = replace(empty_report(task.jobs[0], None), started=False)
                    self._keep(task, report, done=done)
                else:
                    todo.append(task)
            if todo:
                self._run(todo, listener, done)

    def _run(self, tasks: list[_Task], listener: Listener, done: Callable[[Grade], None]) -> None:
        """Run tasks; each is kept as soon as its last report is there, so that little is lost with the process."""
        reports: dict[Job, KataReport] = {}
        owner = {job: task for task in tasks for job in task.jobs}
        retries: list[_Task] = []

        def keep(job: Job, report: KataReport) -> None:
            task = owner[job]
            reports[job] = report
            if all(part in reports for part in task.jobs):
                if any(_failed_by_few(reports[part]) for part in task.jobs):
                    retries.append(task)
                else:
                    self._keep(task, *(reports[part] for part in task.jobs), done=done)

        for task in tasks:
            self._lay_out(task)
        self._work([job for task in tasks for job in task.jobs], listener, keep)
        if retries:
            self._try_again(retries, reports, listener, done)
        for task in tasks:
            shutil.rmtree(Path(task.jobs[0].choice).parent, ignore_errors=True)

    def _try_again(
        self,
        tasks: list[_Task],
        reports: dict[Job, KataReport],
        listener: Listener,
        done: Callable[[Grade], None],
    ) -> None:
        """Run the few tests that failed once more, under other seeds, and judge by both."""
        again = {
            job: replace(job, only=_failed(reports[job]), seed=secrets.randbits(32))
            for task in tasks
            for job in task.jobs
            if _failed_by_few(reports[job])
        }
        second = dict(zip(again, self._work(list(again.values()), listener, lambda _, __: None), strict=True))
        for task in tasks:
            judged = [_judge(reports[job], second.get(job)) for job in task.jobs]
            unstable = tuple(name for _, names in judged for name in names)
            self._keep(task, *(report for report, _ in judged), unstable=unstable, done=done)

    def _work(self, jobs: list[Job], listener: Listener, keep: Callable[[Job, KataReport], None]) -> list[KataReport]:
        return run_jobs(
            jobs, state=self._state, workers=self._settings.workers, fresh=True, listener=listener, keep=keep
        )

    def _keep(
        self,
        task: _Task,
        report: KataReport,
        hidden: KataReport | None = None,
        *,
        unstable: tuple[str, ...] = (),
        done: Callable[[Grade], None],
    ) -> None:
        """Write the grade of one task."""
        names: tuple[str, ...] = ()
        if hidden is not None:
            names = tuple(test.name for test in hidden.tests)
            problem = report.problem or hidden.problem
            report = replace(report, tests=(*report.tests, *hidden.tests), problem=problem)
        grade = Grade(
            learner=task.submission.learner,
            kata=task.kata.slug,
            status=report.status,
            report=replace(report, subject=task.submission.learner),
            mode=self._settings.player,
            key=task.key,
            submission_sha256=task.submission.sha256,
            seed=str(task.jobs[0].seed or ""),
            unstable=unstable,
            hold_out=names,
        )
        self._results.put_submission(task.submission)
        self._results.put(grade)
        done(grade)

    # --- tasks

    def _task(self, submission: Submission) -> _Task:
        kata = self._katas[submission.kata]
        seed = self._settings.seed if self._settings.seed is not None else secrets.randbits(32)
        file = self._scratch / submission.learner / kata.slug / f"{kata.module}.py"
        suites = [kata, *([self._hidden[kata.slug]] if kata.slug in self._hidden else [])]
        jobs = tuple(
            Job(
                suite,
                str(file),
                only=() if self._settings.with_speed else _unhurried(suite),
                profile="grade",
                seed=seed,
                player=self._settings.player,
                gated=self._settings.with_speed,
            )
            for suite in suites
        )
        sha = hashlib.sha256(f"{submission.learner}\0{self._settings.seed}".encode())
        for job in jobs:
            sha.update(digest(replace(job, seed=None), submission.source).encode())
        return _Task(submission, kata, sha.hexdigest(), jobs)

    def _lay_out(self, task: _Task) -> None:
        file = Path(task.jobs[0].choice)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(task.submission.source)


def _unhurried(kata: Kata) -> tuple[str, ...]:
    return tuple(name for name, is_speed in suite_tests(kata).items() if not is_speed)


def _failed(report: KataReport) -> tuple[str, ...]:
    return tuple(dict.fromkeys(test.name.partition("[")[0] for test in report.tests if test.outcome is Outcome.FAILED))


def _failed_by_few(report: KataReport) -> bool:
    failed = [test for test in report.tests if test.outcome is not Outcome.PASSED]
    return report.problem is None and 0 < len(failed) <= RETRIED


def _judge(first: KataReport, second: KataReport | None) -> tuple[KataReport, tuple[str, ...]]:
    """What stands after two runs, and the tests that were answered differently."""
    if second is None or second.problem is not None:
        return first, ()
    now = {test.name: test for test in second.tests}
    tests = []
    unstable = []
    for test in first.tests:
        other = now.get(test.name)
        if test.outcome is Outcome.PASSED or other is None or other.outcome is not Outcome.PASSED:
            tests.append(test)
        elif test.band is Band.SPEED:
            tests.append(other)
        else:
            tests.append(test)
            unstable.append(test.name)
    return replace(first, tests=tuple(tests)), tuple(unstable)


def _hidden_katas(katas: Sequence[Kata], folder: Path, work: Path) -> dict[str, Kata]:
    """The katas that have a hold-out suite in `folder/<slug>/`, as katas of their own in `work`."""
    if not folder.is_dir():
        raise HoldOutError(f"{folder} is no folder", hint="hold-out suites are in DIR/a01_mse/test_mse.py and the like")
    known = {kata.slug: kata for kata in katas}
    hidden = {}
    for suite in sorted(folder.glob("*/test_*.py")):
        kata = known.get(suite.parent.name)
        if kata is None or suite.name != kata.suite.name:
            continue
        target = work / "katas" / kata.slug
        target.mkdir(parents=True)
        for name in ("kata.toml", kata.stub.name, *(f"{helper}.py" for helper in kata.helpers)):
            shutil.copyfile(kata.folder / name, target / name)
        shutil.copyfile(suite, target / suite.name)
        hidden[kata.slug] = load_kata(target)
    if not hidden:
        raise HoldOutError(f"{folder} has no suite of a kata that is graded", hint="expected DIR/a01_mse/test_mse.py")
    shutil.copyfile(katas[0].folder.parent.parent / "pyproject.toml", work / "pyproject.toml")
    return hidden
