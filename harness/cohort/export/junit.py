"""JUnit XML: a test suite a learner, a test case a test; for CI servers and dashboards."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from harness.cohort.export.view import NOT_GRADED, REFUSED, CohortView, LearnerView, ResultView, TestView


def render_junit(view: CohortView) -> str:
    """The document. The view's texts hold only characters that XML allows; the rest is escaped here."""
    root = ET.Element("testsuites", name=f"kata cohort ({view.origin})")
    root.extend(_suite(learner) for learner in view.learners)
    _count(root)
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(learner: LearnerView) -> ET.Element:
    suite = ET.Element("testsuite", name=learner.name, id=learner.slug)
    for result in learner.results:
        suite.extend(_cases(result))
    _count(suite)
    return suite


def _cases(result: ResultView) -> list[ET.Element]:
    """The tests of one kata; what is wrong with the run as a whole, and hold-out tests, are a case each."""
    cases = [_case(result.kata, test) for test in result.tests]
    if result.state in (REFUSED, "broken", "timed out"):
        case = ET.Element("testcase", classname=result.kata, name="the run as a whole")
        ET.SubElement(case, "error", type=result.state, message=result.problem)
        cases.append(case)
    elif not cases:
        case = ET.Element("testcase", classname=result.kata, name="the run as a whole")
        ET.SubElement(case, "skipped", message=result.state if result.state != NOT_GRADED else "not graded yet")
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


def _count(element: ET.Element) -> None:
    """The attributes that say how many cases there are below, and how they ended."""
    element.set("tests", str(sum(1 for _ in element.iter("testcase"))))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(1 for _ in element.iter(tag))))
