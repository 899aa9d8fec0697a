"""Follow-ups in the history: how far the learner came with what the interviewer asks next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.model import Outcome

if TYPE_CHECKING:
    from harness.history import History
    from harness.model import Kata, KataReport


def record_follow_up(history: History, kata: Kata, report: KataReport, now: float) -> bool:
    """Note the report of a kata's follow-up; returns whether that was news.

    It is none when it comes from the cache: then it was noted when it was made. A report of the kata's own suite is
    not noted here, and neither is one of a stub that nobody has touched.
    """
    if (report.slug, report.follow_up, report.started) != (kata.slug, True, True):
        return False
    known = history.entries("follow_up", slug=kata.slug)
    if known and known[-1].at >= report.created:
        return False
    history.add(
        "follow_up",
        kata.slug,
        now,
        passed=report.count(outcome=Outcome.PASSED),
        total=len(report.tests),
        status=report.status.value,
    )
    return True
