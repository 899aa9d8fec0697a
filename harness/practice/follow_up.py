"""What comes after a pass: the interviewer's next question, run where there is one, and noted in the history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.model import Kata, KataReport, Outcome, Suite
from harness.runner.job import Listener, learner_job
from harness.runner.run import run_jobs
from harness.subject.resolve import LEARNER

if TYPE_CHECKING:
    from harness.history.store import History


def invitation(kata: Kata) -> str:
    """What to tell a learner who has passed `kata`; empty when nothing comes after it."""
    if not kata.has_follow_up:
        return ""
    suite = f"katas/{kata.slug}/{kata.suite_file(Suite.FOLLOW_UP).name}"
    return f"the interviewer asks for more: {kata.follow_up_statement.name}, then `pytest {suite}`"


def run_follow_up(
    kata: Kata, history: History, *, state: Path, now: float, listener: Listener = lambda _: None
) -> KataReport | None:
    """The report of the learner's code, which passes `kata`, in its follow-up; None when there is none.

    What has not changed comes from the cache, as on the scoreboard. Raises `InterruptedRunError`, and `StateError` when the
    history cannot be written.
    """
    if not kata.has_follow_up:
        return None
    (report,) = run_jobs([learner_job(kata, LEARNER, "practice", Suite.FOLLOW_UP)], state=state, listener=listener)
    record_follow_up(history, kata, report, now)
    return report


def record_follow_up(history: History, kata: Kata, report: KataReport, now: float) -> bool:
    """Note the report of a kata's follow-up; returns whether that was news.

    It is none when it comes from the cache: then it was noted when it was made. A report of the kata's own suite is
    not noted here, and neither is one of an untouched stub.
    """
    if (report.slug, report.suite, report.started) != (kata.slug, Suite.FOLLOW_UP, True):
        return False
    known = history.entries("follow_up", slug=kata.slug)
    if known and known[-1].at >= report.created:
        return False
    history.add(
        "follow_up",
        kata.slug,
        max(now, report.created),  # `now` may have been read before the run began
        passed=report.count(outcome=Outcome.PASSED),
        total=len(report.tests),
        status=report.status.value,
    )
    return True
