"""Result files that platforms read which run an autograder for each submission: Gradescope and PrairieLearn.

Formats: https://gradescope-autograders.readthedocs.io/en/latest/specs/ and "External grading" in the documentation of
PrairieLearn (`/grade/results/results.json`). One document a learner; hold-out tests are one entry, which learners do not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from harness.grading.export.view import BandView, LearnerView, ResultView, TestView

_HIDDEN, _VISIBLE = "hidden", "visible"


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a platform shows as one test."""

    name: str
    points: float
    most: float
    is_passed: bool
    message: str
    is_hidden: bool = False


def render_gradescope(learner: LearnerView) -> bytes:
    """`results.json` of Gradescope; the score of the whole is that of the export, whatever the tests add up to."""
    tests = [
        {
            "name": entry.name,
            "score": round(entry.points, 4),
            "max_score": round(entry.most, 4),
            "status": "passed" if entry.is_passed else "failed",
            "output": entry.message,
            "output_format": "text",
            "visibility": _HIDDEN if entry.is_hidden else _VISIBLE,
        }
        for entry in _entries(learner)
    ]
    document = {
        "score": learner.score,
        "output": _output(learner),
        "output_format": "text",
        "visibility": _VISIBLE,
        "stdout_visibility": _HIDDEN,
        "tests": tests,
    }
    return _encode(document)


def render_prairielearn(learner: LearnerView) -> bytes:
    """`results.json` of PrairieLearn: a score from 0 to 1. What was refused is not gradable."""
    graded = [result for result in learner.results if result.score is not None]
    tests = [
        {
            "name": entry.name,
            "points": round(entry.points, 4),
            "max_points": round(entry.most, 4),
            "message": entry.message,
        }
        for entry in _entries(learner)
        if not entry.is_hidden  # PrairieLearn shows all tests to students
    ]
    document: dict[str, Any] = {
        "gradable": bool(graded),
        "score": round(min(1.0, learner.score / learner.most), 6) if learner.most else 0.0,
        "output": _output(learner),
        "tests": tests,
    }
    if not graded:
        document["format_errors"] = [result.notes or result.state for result in learner.results]
    return _encode(document)


def _output(learner: LearnerView) -> str:
    """How each kata stands, and why there are no points where there are none; where it ran if not in a sandbox."""
    lines = []
    for result in learner.results:
        held = f", {result.hold_out} of the tests held out" if result.hold_out.total else ""
        lines.append(f"{result.kata}: {result.state}, {result.counts} tests pass{held}")
        lines += filter(None, dict.fromkeys((result.problem, *result.sentences)))
        if result.mode == "process":
            lines.append("graded in a process of its own, not in a sandbox: this machine gives no user namespaces")
    return "\n".join(lines)


def _entries(learner: LearnerView) -> Iterator[_Entry]:
    for result in learner.results:
        points = result.points
        if result.score is None or not result.bands:
            yield _Entry(
                f"{result.kata}: the run as a whole", result.score or 0.0, points, is_passed=False, message=result.notes
            )
            continue
        bands = {band.band: band for band in result.bands}
        whole = sum(band.weight for band in result.bands)
        shown = [_entry(result, test, bands[test.band], points / whole if whole else 0.0) for test in result.tests]
        yield from shown
        if result.hold_out.total:
            yield _Entry(
                f"{result.kata}: tests held out",
                max(0.0, (result.automatic or 0.0) - sum(entry.points for entry in shown)),
                max(0.0, points - sum(entry.most for entry in shown)),
                is_passed=result.hold_out.passed == result.hold_out.total,
                message=f"{result.hold_out} pass",
                is_hidden=True,
            )


def _entry(result: ResultView, test: TestView, band: BandView, unit: float) -> _Entry:
    most = unit * band.weight / band.total
    is_passed = test.outcome == "passed" and not test.unstable
    gives = is_passed and band.counts and bool(result.automatic)
    parts = (
        ("asked", test.asked),
        ("came", test.came),
        ("expected", test.expected),
        ("mistake", test.mistake),
        ("hint", test.hint),
    )
    message = "" if is_passed else "\n".join(f"{name:<9} {text}" for name, text in parts if text) or test.outcome
    return _Entry(f"{result.kata}: {test.name}", most if gives else 0.0, most, is_passed, message)


def _encode(document: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
