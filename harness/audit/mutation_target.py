"""What `kata mutate` works on: the reference of a kata or of its follow-up, its mutants, and the runs that judge them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.audit.mutants import Mutant, is_declared, make_mutants, plain
from harness.audit.verdicts import Verdicts
from harness.core.errors import KataError
from harness.core.model import Kata, Suite
from harness.runner.job import Job, digest, suite_tests
from harness.subject.mistake_page import Equivalent
from harness.subject.mistakes import PAGE, page_name, read_page
from harness.subject.resolve import reference_folder

PROFILE = "mutate"
"""The hypothesis profile of these runs: nothing is shrunk, and the first failure ends a run."""


@dataclass(frozen=True)
class Target:
    """The reference of a kata, or of its follow-up, and the suites that judge its mutants."""

    kata: Kata
    suite: Suite = Suite.OWN

    @property
    def name(self) -> str:
        """What sentences call it: `a01_mse`, `a01_mse follow-up`."""
        return self.suite.label(self.kata.slug)

    @property
    def folder(self) -> Path:
        """Where its reference and its `mistakes.md` are."""
        return reference_folder(self.kata, self.suite)

    @property
    def file(self) -> Path:
        """The reference."""
        return self.folder / self.kata.stub.name

    @property
    def page_name(self) -> str:
        """What sentences call its `mistakes.md`."""
        return page_name(self.folder / PAGE)

    @cached_property
    def text(self) -> str:
        """The text of the reference. Raises `KataError` when it cannot be read."""
        try:
            return self.file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise KataError(f"{self.name} has no reference that can be read: {error}") from None

    @cached_property
    def mutants(self) -> list[Mutant]:
        """All mutants. Raises `KataError` when the reference is not valid Python."""
        return self._make_mutants()

    def _make_mutants(self, of: Collection[str] | None = None) -> list[Mutant]:
        try:
            return make_mutants(self.text, of)
        except SyntaxError as error:
            raise KataError(f"the reference of {self.name} is not valid Python: {error}") from None

    @cached_property
    def equivalents(self) -> tuple[Equivalent, ...]:
        """The mutants that are declared as equivalent."""
        return read_page(self.folder / PAGE).equivalents

    @cached_property
    def stages(self) -> tuple[Job, ...]:
        """The runs that a mutant goes through, each with the tests in `only`; the subject is still to be set.

        Raises `KataError` when there are no tests.
        """
        suites = (Suite.FOLLOW_UP, Suite.OWN) if self.suite is Suite.FOLLOW_UP else (Suite.OWN,)
        jobs = []
        for is_speed in (False, True):
            for suite in suites:
                tests = suite_tests(self.kata, suite)
                only = tuple(name for name, speed in tests.items() if speed is is_speed)
                if only:
                    jobs.append(Job(self.kata, only=only, profile=PROFILE, gated=is_speed, suite=suite))
        if not jobs:
            raise KataError(f"the suite of {self.name} has no tests")
        return tuple(jobs)

    def digest(self, text: str) -> str:
        """Hash of all that the verdict on a mutant depends on."""
        parts = [digest(job, text.encode()) for job in self.stages]
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    def verdicts(self, state: Path) -> Verdicts:
        """The verdicts that are known."""
        return Verdicts(state / "mutate" / f"{self.kata.slug}{'' if self.suite is Suite.OWN else '.follow_up'}.jsonl")

    def stale(self) -> list[str]:
        """One sentence for each declared equivalent that is not a mutant (any more). Raises `KataError` like `mutants`."""
        # Making all of them takes a second for a long reference, and the audit asks this of every kata.
        mutants = self._make_mutants({plain(each.before) for each in self.equivalents}) if self.equivalents else []
        return [
            f"{self.page_name}: no mutant changes `{equivalent.before}` to `{equivalent.after}`, as ## Equivalent says"
            for equivalent in self.equivalents
            if not any(is_declared(mutant, equivalent) for mutant in mutants)
        ]


def targets(katas: Sequence[Kata], *, follow_up: bool = False) -> list[Target]:
    """What can be mutated of `katas`: their references, and with `follow_up` those of their follow-ups too."""
    found = []
    for kata in katas:
        found.append(Target(kata))
        if follow_up and kata.has_follow_up:
            found.append(Target(kata, Suite.FOLLOW_UP))
    return found


def stale_equivalents(kata: Kata, suite: Suite) -> list[str]:
    """What `Target.stale` says; nothing when there is no reference whose mutants could be compared."""
    try:
        return Target(kata, suite).stale()
    except KataError:
        return []
