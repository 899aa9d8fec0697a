"""pytest-json-report's JSON and `KataReport`, both ways. Pure but for `read`.

A run counts only when its exit code fits, every test that was collected is in the report, and each has its call
phase: a report may be cut short by `pytest.exit`, and a summary may claim passes that never happened.
"""

from __future__ import annotations

import codecs
from pathlib import Path

import msgspec

from harness.core.errors import ReportError
from harness.core.model import (
    FOLLOW_UP_SUITE,
    Band,
    Failure,
    FailureKind,
    Figure,
    KataReport,
    Outcome,
    Problem,
    ProblemKind,
    Suite,
    TestResult,
)

FORMAT = 1
"""Version of the `kata` block; a report of another version is refused."""

_MARKS = {codecs.BOM_UTF8: "UTF-8 with a byte order mark", codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}
_SAVE_AS = "`--json-report-file=FILE` writes it as it should be; `>` and `Out-File` of PowerShell encode text anew"
_EXIT_ALL_PASSED = 0
_EXIT_SOME_FAILED = 1


class _Stage(msgspec.Struct):
    outcome: str
    duration: float = 0.0
    longrepr: str = ""


class _Metadata(msgspec.Struct):
    figures: tuple[Figure, ...] = ()
    failure: Failure | None = None


class _Test(msgspec.Struct):
    nodeid: str
    outcome: str
    setup: _Stage | None = None
    call: _Stage | None = None
    teardown: _Stage | None = None
    metadata: _Metadata | None = None


class _KataEntry(msgspec.Struct):
    expected: dict[str, Band]
    """Every collected test and its band, in the order of the suite."""
    deselected: tuple[str, ...] = ()
    problem: Problem | None = None
    started: bool = True
    digest: str = ""


class _KataBlock(msgspec.Struct):
    format: int
    subject: str
    katas: dict[str, _KataEntry]
    seed: str = ""
    follow_ups: dict[str, _KataEntry] = msgspec.field(default_factory=dict)
    """What `katas` is for the suites, for follow-ups: who does not know of them never takes one for the other."""


class _Document(msgspec.Struct):
    created: float
    duration: float
    exitcode: int
    kata: _KataBlock
    tests: tuple[_Test, ...] = ()


def read(path: Path) -> tuple[KataReport, ...]:
    """The reports in the file at `path`, one a kata and follow-up that was run. Raises `ReportError` with the file's name."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror}") from error
    return parse(data, str(path))


def parse(data: bytes, name: str) -> tuple[KataReport, ...]:
    """The reports in `data`; `name` is what errors call it."""
    if not data.strip():
        raise ReportError(f"{name} is empty, expected a JSON report")
    encoding = next((text for mark, text in _MARKS.items() if data.startswith(mark)), "")
    if encoding:
        raise ReportError(f"{name} is {encoding}, expected UTF-8 without a byte order mark", hint=_SAVE_AS)
    try:
        _check_kind(msgspec.json.decode(data), name)
        document = msgspec.json.decode(data, type=_Document)
    except msgspec.ValidationError as error:
        raise ReportError(f"{name} is not a report of this harness: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReportError(f"{name} is not valid JSON, perhaps cut short: {error}") from error
    if document.tests and not document.kata.katas and not document.kata.follow_ups:
        raise ReportError(
            f"{name} does not say which tests there are, as reports made under pytest-xdist do not",
            hint="make it without `-n`; `kata scoreboard` runs katas side by side",
        )
    entries = {Suite.OWN: document.kata.katas, Suite.FOLLOW_UP: document.kata.follow_ups}
    return tuple(_report(document, slug, suite, entries[suite][slug]) for suite in Suite for slug in entries[suite])


def _check_kind(document: object, name: str) -> None:
    """Tell what kind of document this is instead, so that the sentence is of use."""
    if not isinstance(document, dict) or not isinstance(document.get("kata"), dict):
        is_pytest = isinstance(document, dict) and "tests" in document
        kind = "a pytest report, but not of katas" if is_pytest else "not a pytest-json-report file"
        hint = "make reports with `kata scoreboard`, or with `pytest --json-report` on katas"
        raise ReportError(f"{name} is {kind}", hint=hint)
    version = document["kata"].get("format")
    if version != FORMAT:
        raise ReportError(f"{name} is a report of format {version!r}, this harness reads format {FORMAT}")


def _report(document: _Document, slug: str, suite: Suite, entry: _KataEntry) -> KataReport:
    by_id = {test.nodeid: test for test in document.tests}
    tests = tuple(_result(nodeid, band, by_id.get(nodeid)) for nodeid, band in entry.expected.items())
    problem = entry.problem or hang_problem(slug, tests) or _incomplete(document, slug, entry, by_id)
    return KataReport(
        slug=slug,
        subject=document.kata.subject,
        tests=tests,
        problem=problem,
        started=entry.started,
        digest=entry.digest,
        created=document.created,
        duration_s=document.duration,
        seed=document.kata.seed,
        suite=suite,
    )


def _result(nodeid: str, band: Band, test: _Test | None) -> TestResult:
    name = nodeid.rsplit("::", 1)[-1]
    if test is None:
        return TestResult(name, band, Outcome.NOT_RUN)
    stages = [stage for stage in (test.setup, test.call, test.teardown) if stage is not None]
    duration_s = sum(stage.duration for stage in stages)
    metadata = test.metadata or _Metadata()
    failure = metadata.failure
    if failure is not None and failure.kind is FailureKind.NOT_RUN:
        return TestResult(name, band, Outcome.NOT_RUN, duration_s, failure)
    all_passed = all(stage.outcome == "passed" for stage in stages)
    if test.outcome == "passed" and test.call is not None and all_passed and failure is None:
        return TestResult(name, band, Outcome.PASSED, duration_s, None, metadata.figures)
    if test.outcome not in ("passed", "failed", "error"):  # skipped, xfailed: it says nothing about the subject
        return TestResult(name, band, Outcome.NOT_RUN, duration_s, failure)
    if failure is None:
        text = next((stage.longrepr for stage in stages if stage.longrepr), test.outcome)
        last = text.strip().splitlines()[-1] if text.strip() else test.outcome
        failure = Failure(asked=name, came=last, kind=FailureKind.RAISED)
    return TestResult(name, band, Outcome.FAILED, duration_s, failure, metadata.figures)


def hang_problem(slug: str, tests: tuple[TestResult, ...]) -> Problem | None:
    """What a test that ran out of time makes of the whole run of a kata, None when none did."""
    for test in tests:
        if test.failure is None:
            continue
        where = f", at {test.failure.where}" if test.failure.where else ""
        if test.failure.kind is FailureKind.TIMED_OUT:
            return Problem(ProblemKind.TIMED_OUT, f"{slug} hung in {test.name}{where}")
        if test.failure.kind is FailureKind.SUITE_TIMED_OUT:
            sentence = f"the suite of {slug} ran out of time in its own code, in {test.name}{where}"
            return Problem(ProblemKind.TIMED_OUT, sentence)
    return None


def _incomplete(document: _Document, slug: str, entry: _KataEntry, by_id: dict[str, _Test]) -> Problem | None:
    wanted = [nodeid for nodeid in entry.expected if nodeid not in entry.deselected]
    missing = [nodeid for nodeid in wanted if nodeid not in by_id or _lacks_call(by_id[nodeid])]
    if missing:
        first = missing[0].rsplit("::", 1)[-1]
        sentence = f"the run of {slug} ended after {len(wanted) - len(missing)} of {len(wanted)} tests, before {first}"
        return Problem(ProblemKind.INCOMPLETE, sentence)
    bad = any(test.outcome in ("failed", "error") for test in document.tests)
    fitting = _EXIT_SOME_FAILED if bad else _EXIT_ALL_PASSED
    if entry.expected and document.exitcode != fitting:
        sentence = f"the run of {slug} ended with code {document.exitcode}, where its tests make it {fitting}"
        return Problem(ProblemKind.INCOMPLETE, sentence)
    if entry.started and not entry.expected:
        return Problem(ProblemKind.INCOMPLETE, f"the run of {slug} has no tests")
    return None


def _lacks_call(test: _Test) -> bool:
    """Whether a test never got to its call although nothing failed before."""
    return test.call is None and test.outcome == "passed"


def dump(report: KataReport) -> bytes:
    """`report` as a document that `parse` reads back: the same shape as pytest-json-report's, only with what is needed."""
    is_own = report.suite is Suite.OWN
    file = f"test_{report.slug.split('_', 1)[-1]}.py" if is_own else FOLLOW_UP_SUITE
    prefix = f"katas/{report.slug}/{file}::"
    ran = [test for test in report.tests if test.outcome is not Outcome.NOT_RUN or test.failure is not None]
    failed = any(test.outcome is Outcome.FAILED or test.failure is not None for test in ran)
    entry = _KataEntry(
        expected={prefix + test.name: test.band for test in report.tests},
        deselected=tuple(prefix + test.name for test in report.tests if test not in ran),
        problem=report.problem,
        started=report.started,
        digest=report.digest,
    )
    document = _Document(
        created=report.created,
        duration=report.duration_s,
        exitcode=_EXIT_SOME_FAILED if failed else _EXIT_ALL_PASSED,
        kata=_KataBlock(
            FORMAT,
            report.subject,
            katas={report.slug: entry} if is_own else {},
            seed=report.seed,
            follow_ups={} if is_own else {report.slug: entry},
        ),
        tests=tuple(_entry(prefix, test) for test in ran),
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _entry(prefix: str, test: TestResult) -> _Test:
    outcome = "passed" if test.outcome is Outcome.PASSED else "failed"
    stage = _Stage(outcome, test.duration_s)
    return _Test(prefix + test.name, outcome, call=stage, metadata=_Metadata(test.figures, test.failure))
