"""What grading asks of whoever runs its jobs: this machine, or many."""

from __future__ import annotations

from typing import Protocol

from harness.core.model import KataReport
from harness.runner.job import Job


class Executor(Protocol):
    """Runs jobs, some at a time; the caller submits while there is room, and waits when there is none.

    The file that `job.choice` names is there when the job is submitted, and until it has come back.
    """

    @property
    def room(self) -> int:
        """How many more jobs it would like to have; 0 when it has enough to do."""

    @property
    def busy(self) -> int:
        """How many jobs it has that did not come back yet."""

    def submit(self, job: Job) -> None:
        """Take a job. Returns at once."""

    def wait(self) -> tuple[Job, KataReport]:
        """The next job that has ended, in any order, with its report."""

    def close(self) -> None:
        """End all that still runs."""
