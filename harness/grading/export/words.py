"""Sentences that several exports share."""

from __future__ import annotations

import time
from collections.abc import Collection

from harness.grading.export.view import CohortView

_MODES = {
    "sandbox": "code ran in a sandbox, apart from the suites",
    "process": "code ran in a process of its own without a sandbox, which isolates less",
    "none": "code ran in the same process as its suite, so that it could forge its verdict",
}


def summary(view: CohortView) -> str:
    """The whole cohort in one line."""
    passed = view.passed
    text = f"{len(view.learners)} learners, {len(view.katas)} katas, {passed.passed} of {passed.total} passed"
    missing = passed.total - view.graded
    return f"{text}, {missing} without a grade" if missing else text


def lead(origin: str, modes: Collection[str]) -> str:
    """Whose verdicts these are, and how far they can be trusted."""
    if origin == "self-reported":
        return "Self-reported: what the learner's own machine or fork says, unchecked. Not graded."
    ran = [sentence for mode, sentence in _MODES.items() if mode in modes]
    return f"Graded: {'; some '.join(ran)}." if ran else "Graded: nothing has run yet."


def day(seconds: float) -> str:
    """A date in UTC, empty when it is not known."""
    if not 0 < seconds < 253_402_300_800:  # the year 10000
        return ""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
