"""The authors' gate: stubs fail, references pass, wrong solutions die on the test they name, right ones pass.

`audit` reads a kata's files, runs all its solutions through the runner, and returns everything that is wrong in
sentences. A follow-up has solutions of its own, and is held to the same; these must pass the kata's own suite too, so that
what is wrong with the wrong ones is what the follow-up asks for, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from harness.audit.lint import Solutions, has_follow_up, proofread, read_solutions, solution_name
from harness.audit.rules import judge_margins, judge_need, judge_player, judge_right, judge_stub, judge_wrong
from harness.core.model import Catalog, Figure, Kata, KataReport
from harness.runner.job import Job, Listener, suite_tests
from harness.runner.pool import run_jobs
from harness.subject.resolve import REFERENCE


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
    """All that is wrong, with the follow-up too."""
    follow_up: KataAudit | None = None
    """The same of the follow-up, without faults; None when there is none."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """One run, and what is expected of it."""

    kind: str
    """`stub`, `reference`, `right`, `wrong`; `player`, `seed`; for a follow-up also `before` and `kept`."""
    name: str
    """What sentences call the code that is run."""
    job: Job
    tests: tuple[str, ...] = ()
    """The tests that must catch it."""


@dataclass(frozen=True)
class _Plan:
    """A kata's own suite, or its follow-up, with all that judges it."""

    kata: Kata
    follow_up: bool
    seeds: Sequence[int]
    """Seeds under which what is right is run once more, speed bands aside."""
    player: str
    """Where all solutions are run once more, to compare verdicts test by test."""
    is_draft: bool = False
    """Whether it is no fault that there are few solutions."""

    @cached_property
    def solutions(self) -> Solutions:
        """What there is in `solutions/`."""
        return read_solutions(self.kata, follow_up=self.follow_up)

    @property
    def suite(self) -> str:
        """What sentences call the suite."""
        return "the follow-up's suite" if self.follow_up else "the suite"

    @property
    def _reference(self) -> tuple[str, str]:
        """What sentences call the reference, and how a job finds it."""
        if self.follow_up:
            return "the follow-up's reference", str(self.solutions.reference)
        return "the reference", REFERENCE

    def _store(self, name: str) -> str:
        return f"audit/{self.kata.slug}/{'follow_up/' if self.follow_up else ''}{name}.json"

    def _job(self, choice: str, store: str) -> Job:
        return Job(self.kata, choice, profile="audit", store=self._store(store), follow_up=self.follow_up)

    def _right(self) -> list[tuple[str, str, str]]:
        """What must pass: its name, how a job finds it, and what its report is called."""
        name, choice = self._reference
        files = self.solutions.right
        named = [(solution_name(self.kata, file), str(file), f"also_right/{file.stem}") for file in files]
        return [(name, choice, "reference"), *named]

    def trials(self) -> list[_Trial]:
        """All runs; the stub's comes first, then the reference's."""
        speed = suite_tests(self.kata, follow_up=self.follow_up)
        stub = replace(self._job(str(self.kata.stub), "stub"), gated=False)
        trials = [
            _Trial("reference" if store == "reference" else "right", name, self._job(choice, store))
            for name, choice, store in self._right()
        ]
        for wrong in self.solutions.wrong:
            job = self._job(wrong.choice, f"wrong/{wrong.stem}")
            job = replace(job, only=wrong.tests, gated=any(speed[name] for name in wrong.tests))
            trials.append(_Trial("wrong", wrong.name, job, wrong.tests))
        refereed = [self._refereed(trial) for trial in trials if self.player]
        more = self._beside() if self.follow_up else ()
        return [_Trial("stub", "the stub", stub), *trials, *refereed, *self._seeded(speed), *more]

    def _refereed(self, trial: _Trial) -> _Trial:
        store = trial.job.store.replace("audit/", f"audit-{self.player}/", 1)
        return replace(trial, kind="player", job=replace(trial.job, player=self.player, store=store))

    def _seeded(self, speed: dict[str, bool]) -> Iterator[_Trial]:
        """What is right, once a seed."""
        unhurried = tuple(name for name, is_speed in speed.items() if not is_speed)
        for seed in self.seeds:
            for name, choice, store in self._right():
                job = replace(self._job(choice, f"seeds/{seed}/{store}"), profile="grade", seed=seed)
                job = replace(job, only=unhurried, gated=False)
                yield _Trial("seed", f"{name} under --hypothesis-seed={seed}", job)

    def _beside(self) -> Iterator[_Trial]:
        """The kata's reference in the follow-up's suite, and the follow-up's solutions in the kata's own.

        Wrong ones only where seeds ask for thoroughness: they are many, and whole suites. They need not show their speed.
        """
        yield _Trial("before", "the reference", self._job(REFERENCE, "before"))
        for name, choice, store in self._right():
            yield _Trial("kept", name, replace(self._job(choice, f"kept/{store}"), follow_up=False))
        unhurried = tuple(name for name, is_speed in suite_tests(self.kata).items() if not is_speed)
        for wrong in self.solutions.wrong if self.seeds else ():
            job = self._job(wrong.choice, f"kept/wrong/{wrong.stem}")
            yield _Trial("kept", wrong.name, replace(job, follow_up=False, only=unhurried, gated=False))


def audit(
    catalog: Catalog,
    katas: Sequence[Kata],
    *,
    state: Path,
    workers: int | None = None,
    fresh: bool = False,
    seeds: Sequence[int] = (),
    player: str = "",
    is_draft: bool = False,
    listener: Listener = lambda _: None,
) -> list[KataAudit]:
    """Audit `katas`; `catalog` is needed to see names that clash. What has not changed comes from the cache.

    With `seeds`, reference and also-right solutions must pass under each of these seeds of hypothesis too. With `player`,
    all solutions are run once more in `process` or `sandbox`, where each test must end as it did in pytest's own process.
    With `is_draft`, solutions that are still to be written are no fault.
    """
    plans = [
        _Plan(kata, follow_up, seeds, player, is_draft)
        for kata in katas
        for follow_up in (False, True)
        if not follow_up or has_follow_up(kata)
    ]
    trials = [plan.trials() if plan.kata.has_follow_up or not plan.follow_up else [] for plan in plans]
    jobs = [trial.job for part in trials for trial in part]
    reports = iter(run_jobs(jobs, state=state, workers=workers, fresh=fresh, listener=listener))
    found: dict[str, KataAudit] = {}
    for plan, part in zip(plans, trials, strict=True):
        result = _judge(plan, part, [next(reports) for _ in part])
        slug = plan.kata.slug
        if not plan.follow_up:
            found[slug] = replace(result, faults=(*proofread(catalog, plan.kata), *result.faults))
        else:
            both = (*found[slug].faults, *result.faults)
            found[slug] = replace(found[slug], faults=both, follow_up=replace(result, faults=()))
    return list(found.values())


def _judge(plan: _Plan, trials: Sequence[_Trial], reports: Sequence[KataReport]) -> KataAudit:
    """What one suite's runs say, and what is wrong with its solutions' files."""
    solutions = plan.solutions
    tests = reports[1].tests if reports else ()
    lacks = () if plan.is_draft else solutions.lacks
    return KataAudit(
        kata=plan.kata,
        tests=len(tests),
        wrong=len(solutions.wrong),
        also_right=len(solutions.right),
        suite_s=sum(test.duration_s for test in tests),
        margins=tuple(figure for test in tests for figure in test.figures),
        faults=(*solutions.faults, *lacks, *_faults(plan, trials, reports)),
    )


def _faults(plan: _Plan, trials: Sequence[_Trial], reports: Sequence[KataReport]) -> Iterator[str]:
    problems = [report.problem for report in reports[:2]]
    if problems and problems[0] is not None and problems[0] == problems[1]:  # it is the suite's fault, so say it once
        yield f"{plan.suite}: {problems[0].sentence}"
        return
    here = {trial.name: report for trial, report in zip(trials, reports, strict=True) if _is_own(trial)}
    for trial, report in zip(trials, reports, strict=True):
        match trial.kind:
            case "stub":
                yield from judge_stub(report)
            case "reference":
                yield from judge_right(trial.name, report)
                yield from judge_margins(trial.name, report)
            case "right" | "seed":
                yield from judge_right(trial.name, report)
            case "wrong":
                yield from judge_wrong(trial.name, trial.tests, report)
            case "player":
                yield from judge_player(trial.name, plan.player, here[trial.name], report)
            case "before":
                yield from judge_need(report)
            case "kept":
                yield from judge_right(trial.name, report, of=" of the kata's own suite")


def _is_own(trial: _Trial) -> bool:
    return trial.kind in ("reference", "right", "wrong")
