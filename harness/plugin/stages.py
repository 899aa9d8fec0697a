"""From the stages of a test, as pytest reports them, to its result."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.core.model import Band, Failure, FailureKind, Figure, Outcome, TestResult
from harness.core.text import clean_text
from harness.plugin.failure_repr import FailureRepr, is_not_run


def name_of(nodeid: str) -> str:
    """The name of a test, with its parameters."""
    return nodeid.rsplit("::", 1)[-1]


def result_of(stages: Sequence[pytest.TestReport], band: Band, figures: tuple[Figure, ...] = ()) -> TestResult:
    """The result of a test whose setup, call and teardown gave these reports."""
    name = name_of(stages[0].nodeid)
    duration_s = sum(stage.duration for stage in stages)
    bad = next((stage for stage in stages if not stage.passed), None)
    if bad is None:
        return TestResult(name, band, Outcome.PASSED, duration_s, None, figures)
    told: object = bad.longrepr
    failure = told.failure if isinstance(told, FailureRepr) else None
    if not bad.failed or is_not_run(bad):
        return TestResult(name, band, Outcome.NOT_RUN, duration_s, failure)
    if failure is None:
        text = bad.longreprtext.strip().splitlines()
        failure = Failure(asked=name, came=clean_text(text[-1]) if text else "failed", kind=FailureKind.RAISED)
    return TestResult(name, band, Outcome.FAILED, duration_s, failure, figures)
