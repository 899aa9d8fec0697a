"""`kata mutate`: how many automatic mutants of its reference a suite kills.

A mutant runs like a learner's code: all tests but those of speed first, then, if it survives, those. It is killed when a test
fails or hangs, or when its process dies. What survives is to be killed by a better test, or declared in `mistakes.md` under
`## Equivalent`.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.audit.mutants import Mutant, is_declared, sample
from harness.audit.mutation_target import Target, targets
from harness.audit.verdicts import Verdicts
from harness.core.errors import KataError
from harness.core.model import Kata, KataReport, Outcome, ProblemKind, Status
from harness.runner.job import Job, Listener
from harness.runner.run import run_jobs

LEAST_SCORE = 0.95


@dataclass(frozen=True, slots=True)
class MutationScore:
    """What became of the mutants of one reference."""

    target: Target
    mutants: int
    """How many were run, or known from the cache."""
    killed: int
    equivalent: int
    """Survivors that are declared as equivalent."""
    survivors: tuple[Mutant, ...]
    """Survivors that are not."""
    faults: tuple[str, ...] = ()
    """What is wrong with the declared equivalents."""

    @property
    def score(self) -> float:
        """The share that was killed or is equivalent, 0 to 1; 1 when there are no mutants."""
        return (self.killed + self.equivalent) / self.mutants if self.mutants else 1.0

    @property
    def is_enough(self) -> bool:
        """Whether the suite is as strong as it must be."""
        return self.score >= LEAST_SCORE


def mutate(
    chosen: Sequence[Target],
    *,
    state: Path,
    workers: int | None = None,
    size: int | None = None,
    fresh: bool = False,
    listener: Listener = lambda _: None,
) -> list[MutationScore]:
    """Run the mutants of each target, or a sample of `size`; what has not changed comes from the cache.

    Raises `KataError` when a reference is missing, is not valid Python, or does not pass its suite.
    """
    batches = [_batch(target, state, size, fresh=fresh) for target in chosen]
    waiting = [subject for batch in batches for subject in batch.unknown()]
    if waiting:
        with tempfile.TemporaryDirectory(prefix="mutants-", dir=state) as folder:
            _run(waiting, Path(folder), state=state, workers=workers, listener=listener)
    for batch in batches:
        batch.forget_others()
    return [batch.score() for batch in batches]


def cached_score(target: Target, state: Path) -> MutationScore | None:
    """The score over the mutants whose verdicts are known; None when there are none. Raises `KataError` like `mutate`."""
    verdicts = target.verdicts(state)
    if not verdicts:
        return None
    batch = _Batch(target, target.mutants, verdicts)
    known = [mutant for mutant in batch.mutants if batch.killed_by(mutant) is not None]
    return replace(batch, mutants=known).score() if known else None


def scores_for_audit(
    katas: Sequence[Kata],
    *,
    state: Path,
    size: int = 0,
    workers: int | None = None,
    listener: Listener = lambda _: None,
) -> dict[str, MutationScore]:
    """What is known of the mutants of `katas`, by slug, after a sample of `size` of each was run.

    A kata whose reference cannot be mutated, or does not pass its suite, has no score; the audit says why.
    """
    scores = {}
    for target in targets(katas):
        with contextlib.suppress(KataError):
            if size:
                mutate([target], state=state, size=size, workers=workers, listener=listener)
            score = cached_score(target, state)
            if score is not None:
                scores[target.kata.slug] = score
    return scores


# --- running -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Subject:
    """A mutant that is to be run, or the reference itself."""

    target: Target
    text: str
    digest: str
    verdicts: Verdicts
    is_reference: bool = False


@dataclass(frozen=True)
class _Batch:
    """The mutants of one target, and what is known of them."""

    target: Target
    mutants: Sequence[Mutant]
    verdicts: Verdicts
    fresh: bool = False
    _digests: dict[str, str] = field(default_factory=dict)

    def _digest(self, text: str) -> str:
        if text not in self._digests:
            self._digests[text] = self.target.digest(text)
        return self._digests[text]

    def killed_by(self, mutant: Mutant) -> str | None:
        return self.verdicts.get(self._digest(mutant.text))

    def unknown(self) -> list[_Subject]:
        """What is to be run: the mutants, and the reference, unless it is known that all tests pass."""
        texts = [mutant.text for mutant in self.mutants if self.fresh or self.killed_by(mutant) is None]
        subjects = [_Subject(self.target, text, self._digest(text), self.verdicts) for text in texts]
        digest_of_reference = self._digest(self.target.text)
        if texts and (self.fresh or self.verdicts.get(digest_of_reference) != ""):
            reference = _Subject(self.target, self.target.text, digest_of_reference, self.verdicts, is_reference=True)
            return [reference, *subjects]
        return subjects

    def forget_others(self) -> None:
        """Drop verdicts on what is not a mutant any more."""
        texts = [mutant.text for mutant in self.target.mutants]
        self.verdicts.forget_all_but({self._digest(text) for text in (self.target.text, *texts)})

    def score(self) -> MutationScore:
        """Count. Every mutant must have a verdict."""
        killed = [mutant for mutant in self.mutants if self.killed_by(mutant)]
        survivors = [mutant for mutant in self.mutants if not self.killed_by(mutant)]
        declared = self.target.equivalents
        left = tuple(mutant for mutant in survivors if not any(is_declared(mutant, entry) for entry in declared))
        equivalent = len(survivors) - len(left)
        faults = (*self.target.stale(), *self._refuted(survivors))
        return MutationScore(self.target, len(self.mutants), len(killed), equivalent, left, faults)

    def _refuted(self, survivors: Sequence[Mutant]) -> Iterator[str]:
        """One sentence for each declared equivalent that is killed; one line may be there twice, so no match may survive."""
        page = self.target.page_name
        for entry in self.target.equivalents:
            matches = [mutant for mutant in self.mutants if is_declared(mutant, entry)]
            if matches and not any(mutant in survivors for mutant in matches):
                killer = self.killed_by(matches[0])
                yield f"{page}: `{entry.before}` -> `{entry.after}` is not equivalent: killed by {killer}"


def _batch(target: Target, state: Path, size: int | None, *, fresh: bool) -> _Batch:
    mutants = target.mutants if size is None else sample(target.mutants, size)
    return _Batch(target, mutants, target.verdicts(state), fresh)


class _Run:
    """Subjects that go through their stages together; only survivors go on to the next one."""

    def __init__(self, waiting: Sequence[_Subject], folder: Path) -> None:
        self._left = {subject: list(subject.target.stages) for subject in waiting}
        self._files = {subject: folder / str(i) / subject.target.kata.stub.name for i, subject in enumerate(waiting)}
        self._doubted: set[_Subject] = set()
        """Those that have failed a speed test once, which may have been noise."""
        for subject, file in self._files.items():
            file.parent.mkdir()
            file.write_text(subject.text, encoding="utf-8")

    def next_jobs(self) -> dict[Job, _Subject]:
        """The next run of each that is left."""
        return {replace(self._left[subject][0], choice=str(self._files[subject])): subject for subject in self._left}

    def judge(self, subject: _Subject, job: Job, report: KataReport) -> None:
        """Take in the result of a run. Raises `KataError` when the reference fails."""
        killer = killed_by(report)
        if not killer:
            self._left[subject].pop(0)
            if not self._left[subject]:
                self._conclude(subject, "")
        elif job.gated and subject not in self._doubted:
            self._doubted.add(subject)
        elif subject.is_reference:
            raise KataError(
                f"the reference of {subject.target.name} does not pass its suite: {killer}",
                hint="every mutant would count as killed; `kata audit` says more",
            )
        else:
            was_machine = report.problem is not None and report.problem.kind is ProblemKind.KILLED
            self._conclude(subject, killer, is_kept=not was_machine)

    def _conclude(self, subject: _Subject, killer: str, *, is_kept: bool = True) -> None:
        subject.verdicts.add(subject.digest, killer, is_kept=is_kept)
        del self._left[subject]


def _run(waiting: Sequence[_Subject], folder: Path, *, state: Path, workers: int | None, listener: Listener) -> None:
    run = _Run(waiting, folder)
    while jobs := run.next_jobs():

        def keep(job: Job, report: KataReport, of: dict[Job, _Subject] = jobs) -> None:
            run.judge(of[job], job, report)

        run_jobs(list(jobs), state=state, workers=workers, listener=listener, keep=keep)


def killed_by(report: KataReport) -> str:
    """The test that failed, or what went wrong with the run; empty for a run that passed."""
    if report.status is Status.PASSED:
        return ""
    failed = (test.name for test in report.tests if test.outcome is Outcome.FAILED)
    sentence = report.problem.sentence if report.problem else "a test that did not end"
    return next(failed, sentence)
