"""What is wrong with a suite and its solutions, as the reports of their runs show it: for authors. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harness.core.model import FailureKind, KataReport, Outcome, PlantedFault, Status, Suite, TestResult

LEAST_MARGIN = 1.25
"""How many times better than needed a reference must be on each speed test."""

_LACKS_ARGUMENT = re.compile(r"got an unexpected keyword argument|takes .*positional arguments? but .*given")
"""What Python says to a call that a signature does not know yet."""


def judge_stub(report: KataReport) -> Iterator[str]:
    """Hold each test to fail because nothing is written yet; a follow-up may also miss what the stub does not speak of."""
    of = " of the follow-up" if report.suite is Suite.FOLLOW_UP else ""
    if report.problem is not None:
        yield f"the stub{of and ', in the follow-up'}: {report.problem.sentence}"
        return
    for test in report.tests:
        if test.outcome is Outcome.PASSED:
            yield f"the stub passes {test.name}{of}, which should be impossible before anything is written"
        elif not _is_missing(test, report):
            came = test.failure.came if test.failure else test.outcome
            yield f"the stub fails {test.name}{of} otherwise than by NotImplementedError: {came}"


def judge_faulty_stub(faults: Sequence[PlantedFault], report: KataReport) -> Iterator[str]:
    """Hold the stub of a debug kata to fail the tests of its planted faults, with messages that teach, and no other test."""
    for fault in faults:
        yield from judge_wrong(f"the stub, by its {fault.name},", fault.tests, report)
        if report.problem is not None and not report.tests:
            return
    yield from _unexplained("the stub", faults, report)


def judge_repair(name: str, repaired: str, faults: Sequence[PlantedFault], report: KataReport) -> Iterator[str]:
    """Hold the stub without the fault `repaired` to pass the tests of this fault, and to fail those of all others."""
    if report.problem is not None:
        yield f"{name}: {report.problem.sentence}"
        return
    passed = _passed(report)
    for fault in faults:
        for test in fault.tests:
            is_green = passed.get(test, False)
            if fault.name == repaired and not is_green:
                yield f"{name} still fails {test}"
            elif fault.name != repaired and is_green:
                yield f"{name} passes {test} too, which {fault.name} should fail"
    yield from _unexplained(name, faults, report)


def _unexplained(name: str, faults: Sequence[PlantedFault], report: KataReport) -> Iterator[str]:
    """Hold every test that belongs to no fault to pass."""
    explained = {test for fault in faults for test in fault.tests}
    for test, is_green in _passed(report).items():
        if not is_green and test not in explained:
            yield f"{name} fails {test}, which no fault in kata.toml explains"


def _is_missing(test: TestResult, report: KataReport) -> bool:
    failure = test.failure
    if failure is None or report.suite is Suite.OWN:
        return failure is not None and failure.kind is FailureKind.NOT_IMPLEMENTED
    return failure.kind in (FailureKind.NOT_IMPLEMENTED, FailureKind.MISSING) or bool(
        _LACKS_ARGUMENT.search(failure.came)
    )


def judge_right(name: str, report: KataReport, *, of: str = "") -> Iterator[str]:
    """Hold every test to pass; `of` says whose tests they are where that is not plain."""
    if report.problem is not None:
        yield f"{name}: {report.problem.sentence}"
    elif report.status is not Status.PASSED:
        test = next(test for test in report.tests if test.outcome is not Outcome.PASSED)
        came = f": {test.failure.mistake or test.failure.came}" if test.failure else ""
        yield f"{name} does not pass {test.name}{of}{came}"


def judge_need(report: KataReport) -> Iterator[str]:
    """Hold a follow-up to ask for more than the kata does; `report` is of the kata's own reference."""
    if report.status is Status.PASSED:
        yield "the follow-up asks nothing new: the kata's own reference passes it as it is"


def judge_player(name: str, player: str, here: KataReport, there: KataReport) -> Iterator[str]:
    """Hold each test to have ended in the player as it did in pytest's own process.

    Of a test with several cases it is enough that both fail on some: which case meets a race first is luck.
    """
    if there.problem is not None and here.problem is None:
        yield f"{name}, by the player {player}: {there.problem.sentence}"
        return
    passed_here, passed_there = _passed(here), _passed(there)
    for test in passed_here:
        if passed_here[test] is not passed_there.get(test):
            words = ("passes", "fails") if passed_here[test] else ("fails", "passes")
            yield f"{name}: {test} {words[0]} in pytest's own process, and {words[1]} by the player {player}"


def _passed(report: KataReport) -> dict[str, bool]:
    """Whether all cases of a test have passed, by its bare name."""
    passed: dict[str, bool] = {}
    for test in report.tests:
        name = test.name.partition("[")[0]
        passed[name] = passed.get(name, True) and test.outcome is Outcome.PASSED
    return passed


def judge_margins(name: str, report: KataReport) -> Iterator[str]:
    """Hold figures to be better than needed, so that noise does not decide."""
    for test in report.tests:
        for figure in test.figures:
            if figure.margin < LEAST_MARGIN:
                yield (
                    f"{name} passes {test.name} with a margin of {figure.margin:.2f} only ({figure.text}), "
                    f"expected at least {LEAST_MARGIN}"
                )


def judge_wrong(name: str, tests: Sequence[str], report: KataReport) -> Iterator[str]:
    """Hold a wrong solution to die on each of `tests`, with a message that names a mistake."""
    if report.problem is not None and not report.tests:
        yield f"{name}: {report.problem.sentence}"
        return
    for wanted in tests:
        mine = [test for test in report.tests if test.name.partition("[")[0] == wanted]
        caught = [test for test in mine if test.outcome is Outcome.FAILED]
        if not caught:
            yield f"{name} survives {wanted}, which should catch it"
        elif not any(_teaches(test) for test in caught):
            failure = caught[0].failure
            yield f"{name} dies on {wanted}, but the message names no mistake: {failure.came if failure else ''}"


def _teaches(test: TestResult) -> bool:
    """Whether the learner is told what was done wrong, not only that something was."""
    failure = test.failure
    return failure is not None and (
        failure.kind in (FailureKind.SLOW, FailureKind.TIMED_OUT)
        or (failure.kind is FailureKind.WRONG and bool(failure.mistake or failure.hint))
    )
