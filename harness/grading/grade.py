"""Grade submissions: each (learner, kata) is one refereed run, whose result is a file named after what it depends on.

A run that is killed goes on where it was, and grading twice costs nothing. Every run draws a new seed for hypothesis unless
one is given; it is recorded with the result. A few failures are tried again under another seed before they stand:
a speed test counts when it is fast enough then, any other test stays failed and is marked as unstable.

Only what is being worked on is in memory: tickets come in one by one, grades go out to disk.
"""

from __future__ import annotations

import functools
import hashlib
import os
import secrets
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.catalog.load import is_published_stub, load_kata
from harness.core.errors import InterruptedRunError, KataError
from harness.core.model import Band, Kata, KataReport, Outcome
from harness.core.temporary import OwnedFolder
from harness.grading.execution import Executor
from harness.grading.leftovers import sweep_leftovers
from harness.grading.model import SubmissionInfo
from harness.grading.results import Grade, ResultsFolder
from harness.runner.job import Job, Listener, digest, empty_report, suite_tests
from harness.runner.pool import Pool
from harness.runner.run import turn

RETRIED = 3
"""More failures than this are no accident, and are not tried again."""

Done = Callable[[Grade], None]


class HoldOutError(KataError):
    """A folder of hold-out suites that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a cohort is graded."""

    player: str
    seed: int | None = None
    """The seed of hypothesis, of all suites; a new one when None."""
    with_speed: bool = True
    hold_out: Path | None = None
    workers: int | None = None
    """Suites at once on this machine; cores and one more when None."""


@dataclass(slots=True, eq=False)
class _Case:
    """One submission that is being graded."""

    ticket: SubmissionInfo
    kata: Kata
    key: str
    jobs: tuple[Job, ...]
    """The public suite, and the hold-out suite where there is one."""
    first: dict[Job, KataReport] = field(default_factory=dict)
    again: dict[Job, Job] = field(default_factory=dict)
    """Jobs that are run once more, and the jobs that do so."""
    second: dict[Job, KataReport] = field(default_factory=dict)


class Grader:
    """Grades submissions into a results folder."""

    def __init__(
        self,
        katas: Sequence[Kata],
        results: ResultsFolder,
        settings: Settings,
        *,
        executor: Callable[[], Executor] | None = None,
    ) -> None:
        """`executor` makes what runs the jobs, once there is one to run: this machine when None.

        Raises `HoldOutError` for a folder of hold-out suites that fits no kata.
        """
        self._katas = {kata.slug: kata for kata in katas}
        self._results = results
        self._settings = settings
        self._state = (
            results.path.resolve() / ".work"
        )  # suites run in folders of their own, from which it must be found
        self._state.mkdir(parents=True, exist_ok=True)
        sweep_leftovers(self._state)
        self._folder = OwnedFolder("grade-", self._state)
        self._scratch = self._folder.path
        self._hidden = _hidden_katas(katas, settings.hold_out, self._scratch / "hold-out") if settings.hold_out else {}
        self._suites = {kata.slug: tuple(self._suites_of(kata)) for kata in katas}
        self._open = executor or self._open_pool
        self._seed = settings.seed if settings.seed is not None else secrets.randbits(32)

    def close(self) -> None:
        """Remove what is of no use after the run."""
        self._folder.close()
        sweep_leftovers(self._state)

    def key(self, ticket: SubmissionInfo) -> str:
        """The name of the ticket's grade: a hash of all that it depends on."""
        parts = (self._base(ticket.kata), ticket.learner, ticket.sha256)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def grade(
        self, tickets: Iterable[SubmissionInfo], *, listener: Listener = lambda _: None, done: Done = lambda _: None
    ) -> int:
        """Grade what has no grade yet; each result is on disk before `done` hears of it. Returns how many it took.

        Raises `InterruptedRunError` on Ctrl-C; what was graded by then is kept.
        """
        count = 0
        executor: Executor | None = None
        cases: dict[Job, _Case] = {}
        again: deque[Job] = deque()
        with turn(self._state, listener):
            todo = self._todo(tickets, done)
            fresh = (self._laid_out(case, cases) for case in todo)
            waiting = (job for jobs in fresh for job in jobs)
            try:
                while True:
                    while executor is None or executor.room:
                        job = again.popleft() if again else next(waiting, None)
                        if job is None:
                            break
                        executor = executor or self._open()
                        executor.submit(job)
                    if executor is None or not executor.busy:
                        return count
                    job, report = executor.wait()
                    if report.problem is not None:  # a run that was ended has removed nothing
                        sweep_leftovers()
                    case = cases.pop(job)
                    if self._take(case, job, report):
                        self._keep_case(case, done)
                        count += 1
                    for other in set(case.again.values()) - set(cases) - set(case.second):
                        cases[other] = case
                        again.append(other)
            except KeyboardInterrupt:
                raise InterruptedRunError(
                    f"interrupted; {count} submissions were graded, and are kept", hint="the same command goes on"
                ) from None
            finally:
                if executor is not None:
                    executor.close()

    def _todo(self, tickets: Iterable[SubmissionInfo], done: Done) -> Iterator[_Case]:
        """Cases that need a run; what needs none is settled on the way."""
        for ticket in tickets:
            key = self.key(ticket)
            known = self._results.get(key)
            if known is not None:
                done(known)
                continue
            case = self._case(ticket, key)
            if is_published_stub(case.kata, self._source(ticket)):
                case.first[case.jobs[0]] = replace(empty_report(case.jobs[0], None), started=False)
                self._keep_case(case, done)
            else:
                yield case

    def _take(self, case: _Case, job: Job, report: KataReport) -> bool:
        """Note a report; returns whether the case is decided. A few failures are to be tried again first."""
        if job in case.jobs:
            case.first[job] = report
            if len(case.first) < len(case.jobs):
                return False
            case.again = {
                part: replace(part, only=_failed(found), seed=secrets.randbits(32))
                for part, found in case.first.items()
                if _failed_by_few(found)
            }
        else:
            case.second[job] = report
        return len(case.second) == len(case.again)

    def _keep_case(self, case: _Case, done: Done) -> None:
        """Judge a case by all its runs, and write its grade."""
        judged = [
            _judge(case.first[job], case.second.get(case.again[job]) if job in case.again else None)
            for job in case.jobs
            if job in case.first
        ]
        report, hidden = judged[0][0], [report for report, _ in judged[1:]]
        for other in hidden:
            report = replace(report, tests=(*report.tests, *other.tests), problem=report.problem or other.problem)
        grade = Grade(
            learner=case.ticket.learner,
            kata=case.kata.slug,
            status=report.status,
            report=replace(report, subject=case.ticket.learner),
            mode=self._settings.player,
            key=case.key,
            submission_sha256=case.ticket.sha256,
            seed=str(case.jobs[0].seed or ""),
            unstable=tuple(name for _, names in judged for name in names),
            hold_out=tuple(test.name for other in hidden for test in other.tests),
        )
        self._results.put(grade)
        shutil.rmtree(self._file(case.ticket).parent, ignore_errors=True)
        done(grade)

    # --- cases

    def _suites_of(self, kata: Kata) -> Iterator[Kata]:
        yield kata
        if kata.slug in self._hidden:
            yield self._hidden[kata.slug]

    def _case(self, ticket: SubmissionInfo, key: str) -> _Case:
        jobs = self._jobs(ticket.kata, str(self._file(ticket)), self._seed)
        return _Case(ticket, self._katas[ticket.kata], key, jobs)

    def _jobs(self, slug: str, choice: str, seed: int | None) -> tuple[Job, ...]:
        settings = self._settings
        return tuple(
            Job(
                suite,
                choice,
                only=() if settings.with_speed else _unhurried(suite),
                profile="grade",
                seed=seed,
                player=settings.player,
                gated=settings.with_speed,
            )
            for suite in self._suites[slug]
        )

    def _file(self, ticket: SubmissionInfo) -> Path:
        kata = self._katas[ticket.kata]
        return self._scratch / ticket.learner / kata.slug / f"{kata.module}.py"

    def _laid_out(self, case: _Case, cases: dict[Job, _Case]) -> tuple[Job, ...]:
        """The jobs of a case whose file is where they look for it."""
        file = self._file(case.ticket)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self._source(case.ticket))
        cases |= dict.fromkeys(case.jobs, case)
        return case.jobs

    def _source(self, ticket: SubmissionInfo) -> bytes:
        source = self._results.submission(ticket.sha256)
        if source is None:
            raise KataError(f"the submission {ticket.sha256} is gone from {self._results.path} while it is graded")
        return source

    @functools.cache  # noqa: B019 (a grader lives as long as its run)
    def _base(self, slug: str) -> str:
        """Hash of all that the grades of a kata depend on, learner and source aside."""
        sha = hashlib.sha256(repr(self._settings.seed).encode())
        for job in self._jobs(slug, "", None):
            sha.update(digest(job, b"").encode())
        return sha.hexdigest()

    def _open_pool(self) -> Executor:
        suites = [suite for suites in self._suites.values() for suite in suites]
        return Pool(self._state, suites, workers=self._settings.workers or (os.cpu_count() or 1) + 1)


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
        raise HoldOutError(
            f"{folder} is not a folder", hint="hold-out suites are in DIR/a01_mse/test_mse.py and the like"
        )
    known = {kata.slug: kata for kata in katas}
    hidden = {}
    for suite in sorted(folder.glob("*/test_*.py")):
        kata = known.get(suite.parent.name)
        if kata is None or suite.name != kata.suite_file().name:
            continue
        target = work / "katas" / kata.slug
        target.mkdir(parents=True)
        for name in ("kata.toml", kata.stub.name, *(f"{helper}.py" for helper in kata.helpers)):
            shutil.copyfile(kata.folder / name, target / name)
        shutil.copyfile(suite, target / suite.name)
        hidden[kata.slug] = load_kata(target)
    if not hidden:
        raise HoldOutError(f"{folder} has no suite of a kata that is graded", hint="expected DIR/a01_mse/test_mse.py")
    shutil.copyfile(katas[0].root / "pyproject.toml", work / "pyproject.toml")
    return hidden
