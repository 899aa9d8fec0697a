"""`result.json` of Classroom 50, the format `classroom50/result/v1`: whole points that add up over the tests.

Format: "Advanced Autograding" in the wiki of https://github.com/foundation50/classroom50. Who and what was graded is said by the
environment of Classroom 50's runner, which checks it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from harness.core.errors import KataError
from harness.grading.export.view import KataView, LearnerView, ResultView, TestView

SCHEMA = "classroom50/result/v1"
_REQUIRED = ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL")


class RunnerMissingError(KataError):
    """The environment is not that of Classroom 50's runner."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose result it is, by the runner's environment."""

    classroom: str
    assignment: str
    submission: str
    commit: str
    release: str
    review: str
    owner: str
    assignment_type: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Identity:
        """What the runner says. Raises `RunnerMissingError` when it does not."""
        missing = [name for name in _REQUIRED if not environment.get(name)]
        if missing:
            raise RunnerMissingError(
                f"classroom50 is for the runner of Classroom 50, which sets {', '.join(_REQUIRED)}: "
                f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set",
                hint="docs/instructor.md has the autograder.py that calls it",
            )
        classroom, assignment, submission, commit, release = (environment[name] for name in _REQUIRED)
        review = environment.get("REVIEW_URL") or commit
        owner = environment.get("OWNER") or environment.get("USERNAME") or ""
        kind = environment.get("ASSIGNMENT_TYPE") or "individual"
        return cls(classroom, assignment, submission, commit, release, review, owner, kind)


def render_classroom50(
    learner: LearnerView, katas: Sequence[KataView], identity: Identity, *, submitted: float, graded: float
) -> bytes:
    """The document of one learner. `submitted` and `graded` are seconds since the epoch.

    Each kata is one entry with its points, rounded to whole ones, and full only for full marks. Its tests follow, without
    points of their own; those that are held out are in the kata's entry alone.
    """
    tests: list[dict[str, Any]] = []
    for kata, result in zip(katas, learner.results, strict=True):
        tests.append(_whole(kata, result))
        tests += [_test(result, test) for test in result.tests]
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "classroom": identity.classroom,
        "assignment": identity.assignment,
        "assignment_type": identity.assignment_type,
        "owner": identity.owner,
        "submission": identity.submission,
        "commit": identity.commit,
        "release": identity.release,
        "review": identity.review,
        "datetime": _utc(submitted),
        "graded_at": _utc(graded),
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }
    if not identity.owner:
        del document["owner"]  # the runner sets it
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _whole(kata: KataView, result: ResultView) -> dict[str, Any]:
    most = round(kata.points * kata.weight)
    score = round((result.score or 0.0) * kata.weight)
    if (result.score or 0.0) < result.points:
        score = min(score, max(0, most - 1))
    held = f", {result.hold_out} held out" if result.hold_out.total else ""
    notes = "; ".join(dict.fromkeys(filter(None, (result.problem, *result.sentences))))
    entry = {
        "test-name": f"{kata.slug}: {result.state}, {result.counts} tests pass{held}",
        "passed": score == most,
        "score": score,
        "max-score": most,
    }
    return {**entry, "output": notes} if notes else entry


def _test(result: ResultView, test: TestView) -> dict[str, Any]:
    is_passed = test.outcome == "passed" and not test.unstable
    entry = {"test-name": f"{result.kata}: {test.name}", "passed": is_passed, "score": 0, "max-score": 0}
    parts = (test.asked, test.came, test.expected, test.mistake, test.hint)
    labels = ("asked", "came", "expected", "mistake", "hint")
    output = "\n".join(f"{label:<9} {text}" for label, text in zip(labels, parts, strict=True) if text)
    return entry if is_passed or not output else {**entry, "output": output}


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
