"""JUnit XML: a test suite a learner, a test case a test; for CI servers and dashboards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from xml.etree import ElementTree as ET

from harness.grading.export.view import CohortView, LearnerView, ResultView, TestView

_COUNTED = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
"""Attribute -> the elements that it counts."""


def render_junit(view: CohortView, learners: Callable[[], Iterable[LearnerView]]) -> Iterator[str]:
    """The document in pieces; `learners` are those of `view`, with their tests, and are asked for twice.

    The view's texts hold only characters that XML allows; the rest is escaped here.
    """
    counts: Counter[str] = Counter()
    for learner in learners():
        suite = _suite(learner)
        counts.update({name: int(suite.get(name, "0")) for name in _COUNTED})
    attributes = {"name": f"kata cohort ({view.origin})"} | {name: str(counts[name]) for name in _COUNTED}
    root = ET.Element("testsuites", attributes)
    begin, slash, end = ET.tostring(root, encoding="unicode", short_empty_elements=False).rpartition("</")
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n{begin}\n'
    for learner in learners():
        suite = _suite(learner)
        ET.indent(suite, " ", level=1)
        yield f" {ET.tostring(suite, encoding='unicode').rstrip()}\n"
    yield f"{slash}{end}\n"


def _suite(learner: LearnerView) -> ET.Element:
    suite = ET.Element("testsuite", name=learner.name, id=learner.slug)
    for result in learner.results:
        suite.extend(_cases(result))
    _count(suite)
    return suite


def _cases(result: ResultView) -> list[ET.Element]:
    """The tests of one kata; what is wrong with the run as a whole, and hold-out tests, are a case each."""
    cases = [_case(result.kata, test) for test in result.tests]
    if result.reason or result.state == "timed out":
        case = ET.Element("testcase", classname=result.kata, name="the run as a whole")
        ET.SubElement(case, "error", type=result.state, message=result.reason or result.problem)
        cases.append(case)
    elif not cases:
        case = ET.Element("testcase", classname=result.kata, name="the run as a whole")
        ET.SubElement(case, "skipped", message=result.state)
        cases.append(case)
    if result.hold_out.total:
        case = ET.Element("testcase", classname=result.kata, name="tests held out")
        if result.hold_out.passed < result.hold_out.total:
            ET.SubElement(case, "failure", type="hold-out", message=f"{result.hold_out} pass")
        cases.append(case)
    return cases


def _case(kata: str, test: TestView) -> ET.Element:
    case = ET.Element("testcase", classname=kata, name=test.name)
    if test.outcome == "not run":
        ET.SubElement(case, "skipped", message=test.came or "not run")
    elif test.outcome == "failed" or test.unstable:
        parts = (("asked", test.asked), ("came", test.came), ("expected", test.expected), ("mistake", test.mistake))
        message = test.mistake or test.came or "its verdict changed under repetition"
        failure = ET.SubElement(case, "failure", type="unstable" if test.unstable else test.kind, message=message)
        failure.text = "\n".join(f"{name:<9} {text}" for name, text in parts if text)
    return case


def _count(suite: ET.Element) -> None:
    """The attributes that say how many cases there are in a suite, and how they ended."""
    for name, tag in _COUNTED.items():
        suite.set(name, str(sum(1 for _ in suite.iter(tag))))
