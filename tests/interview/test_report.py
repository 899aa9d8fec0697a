"""The report of an interview: complete, self-contained, and unmoved by whatever was typed. And its clock, scores and changes."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.core.model import Band, Failure, KataReport, Outcome, Problem, ProblemKind, TestResult
from harness.interview.clock import InterviewClock
from harness.interview.compare import compare, lines
from harness.interview.report import printable, render_html, render_markdown
from harness.interview.state import (
    BEST,
    WEIGHTS,
    Answer,
    Aspect,
    Ending,
    Interview,
    Phase,
    Task,
    suggested_accuracy,
    with_ending,
    with_questions,
    with_run,
    with_score,
    with_time,
    with_typed,
)
from harness.interview.voice import feedback

HOSTILE = [
    "<script>alert(1)</script>",
    "</pre></div><img src=x onerror=alert(1)>",
    "```\n# not a heading\n```` and | a | cell",
    "{{ 7 * 7 }} {% raw %}",
    "&lt;b&gt; \x1b[31mred\x00 \ud800 \u202egnp",
    '"><style>*{display:none}</style>',
]


def interview(**changes: object) -> Interview:
    tasks = (Task("a01_x", "The x", 10), Task("b01_y", "The y", 30))
    return replace(Interview("2026-03-01-01", 1e9, "", 40, 2400.0, 7, tasks), **changes)  # type: ignore[arg-type]


def report(passed: int, total: int, **changes: object) -> KataReport:
    tests = tuple(
        TestResult(f"test_{i}[{i}]", Band.EXAMPLE, Outcome.PASSED if i < passed else Outcome.FAILED)
        for i in range(total)
    )
    return replace(KataReport("a01_x", "learner", tests), **changes)  # type: ignore[arg-type]


def scored(done: Interview, *scores: int) -> Interview:
    for aspect, score in zip(Aspect, scores, strict=True):
        done = with_score(done, aspect, score)
    return replace(done, finished=2e9)


def finished(typed: str = "an answer", identity: str = "2026-03-01-01", created: float = 1e9) -> Interview:
    one = interview(id=identity, created=created)
    one = with_ending(with_time(one, 300.0), Ending.SUBMITTED, report(3, 4))
    one = with_ending(with_time(one, 900.0), Ending.SKIPPED)
    one = with_questions(one, [Answer("a01_x", "Why `x`?", "Because **so**, as x < y.")])
    return scored(with_typed(one, 0, typed, is_done=True), 3, 3, 2, 4)


class Page(HTMLParser):
    """What a browser makes of a page: its tags with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str | None] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.addresses += [value for name, value in attrs if name in ("src", "href", "data", "action")]

    def handle_data(self, data: str) -> None:
        self.text += data


# --- steps ---


def test_the_phases_follow_from_what_is_there() -> None:
    one = interview()
    assert one.phase is Phase.CODING
    one = with_ending(with_run(one, report(1, 4)), Ending.SUBMITTED, report(4, 4))
    one = with_ending(one, Ending.SKIPPED)
    assert one.phase is Phase.QUESTIONS
    one = with_questions(one, [Answer("a01_x", "?", "!")])
    assert one.phase is Phase.QUESTIONS
    one = with_typed(one, 0, "", is_done=True)
    assert one.phase is Phase.SCORING
    assert scored(one, 4, 4, 4, 4).phase is Phase.DONE
    assert msgspec.json.decode(msgspec.json.encode(one), type=Interview) == one
    assert [(task.passed, task.total, task.runs) for task in one.tasks] == [(4, 4, 1), (0, 0, 0)]


def test_time_belongs_to_the_kata_at_hand_and_never_goes_back_or_beyond_the_end() -> None:
    one = with_time(with_time(interview(), 100.0), 50.0)
    one = with_time(with_ending(one, Ending.SUBMITTED), 160.0)
    assert [task.spent_s for task in one.tasks] == [100.0, 60.0]
    assert with_time(one, 1e9).left_s == 0.0


def test_when_the_time_is_up_the_rest_is_not_reached() -> None:
    one = with_ending(interview(), Ending.TIME_UP, report(1, 4))
    assert [task.ending for task in one.tasks] == [Ending.TIME_UP, Ending.NOT_REACHED]
    assert (one.passed, one.total, one.share) == (1, 4, 1 / 16)  # a quarter of ten of forty minutes


def test_the_rubric_weighs_40_30_20_10() -> None:
    assert [WEIGHTS[aspect] for aspect in Aspect] == [40, 30, 20, 10]
    totals = [scored(interview(), *(BEST * (i == j) for j in range(4))).rubric for i in range(4)]
    assert totals == [40, 30, 20, 10]
    assert with_score(interview(), Aspect.ACCURACY, 4).rubric is None


@given(st.integers(0, 40), st.integers(0, 40))
def test_accuracy_is_suggested_full_only_when_all_passes_and_none_only_when_nothing_does(
    first: int, second: int
) -> None:
    one = with_ending(interview(), Ending.SUBMITTED, report(first, 40))
    one = with_ending(one, Ending.SUBMITTED, report(second, 40))
    suggested = suggested_accuracy(one)
    assert (suggested == BEST) == (first == second == 40)
    assert (suggested == 0) == (first == second == 0)


def test_feedback_names_the_first_failing_test_and_no_mistake() -> None:
    failure = Failure("x(2)", "3", "4", mistake="off by one", hint="count from zero")
    failing = report(0, 2)
    failing = replace(failing, tests=(replace(failing.tests[0], failure=failure), failing.tests[1]))
    said = feedback(failing)
    for expected in ("0 of 2 tests pass", "test_0", "x(2)", "3", "4"):
        assert expected in said
    for hidden in ("test_1", "off by one", "count from zero"):
        assert hidden not in said
    assert feedback(report(2, 2)) == "2 of 2 tests pass. `next` hands it in."
    assert feedback(report(0, 0, problem=Problem(ProblemKind.BROKEN, "no\x1bgood"))) == "no\\x1bgood"


# --- the clock ---


def test_the_clock_counts_while_it_runs_and_rings_once() -> None:
    moment, beats, rung = [100.0], list[float](), threading.Event()
    clock = InterviewClock(30.0, 60.0, beat=beats.append, now=lambda: moment[0], tick_s=0.001)
    moment[0] = 500.0
    assert clock.spent_s == 30.0
    with clock.running(rung.set):
        moment[0] = 510.0
        assert clock.spent_s == 40.0
        assert not rung.is_set()
    moment[0] = 900.0
    assert (clock.spent_s, beats[-1], clock.is_over) == (40.0, 40.0, False)
    with clock.running(rung.set):
        moment[0] = 950.0
        assert rung.wait(30)
    assert (clock.spent_s, clock.is_over) == (60.0, True)


# --- comparing ---


def test_each_change_is_against_the_last_interview_with_scores() -> None:
    first, second, third = (interview(id=f"2026-03-0{i}-01", created=i * 1e9) for i in (1, 2, 3))
    rows = lines([scored(third, 3, 3, 3, 3), replace(second, finished=3e9), scored(first, 1, 1, 1, 1)])
    assert [(row.state, row.change) for row in rows] == [("finished", None), ("abandoned", None), ("finished", 50.0)]
    points = {point.label: point for point in compare(scored(first, 1, 2, 3, 4), scored(third, 4, 3, 2, 1))}
    assert [points[f"{aspect}, of 4"].change for aspect in Aspect] == ["+3", "+1", "-1", "-3"]
    assert points["rubric, of 100"].change == "+25"


def test_a_report_stands_beside_earlier_ones_and_not_later_ones() -> None:
    early, late = finished(identity="2026-02-01-01", created=9e8), finished(identity="2026-04-01-01", created=1.1e9)
    for text in (render_html(finished(), [early, late], {}), render_markdown(finished(), [early, late], {})):
        assert "2026-02-01-01" in text
        assert "2026-04-01-01" not in text


# --- what was typed ---


def test_the_page_needs_nothing_from_anywhere() -> None:
    page = render_html(finished(), [finished("x", "2026-02-01-01", 9e8)], {"a01_x": "def x(): ...\n"})
    assert "<script" not in page
    assert not re.search(r"url\(|@import|srcset|//[a-z]", page)
    assert Page(page).addresses == []
    assert "<code>x</code>" in page
    assert "<strong>so</strong>" in page


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
@given(st.one_of(st.sampled_from(HOSTILE), st.text(), st.lists(st.sampled_from(HOSTILE)).map("\n".join)))
def test_nothing_typed_becomes_markup(typed: str) -> None:
    plain = Page(render_html(finished("an answer"), [], {"a01_x": "an answer"}))
    page = Page(render_html(finished("a" + typed), [], {"a01_x": "a" + typed}))
    assert page.tags == plain.tags
    assert page.text.count(printable("a" + typed)) >= 2


@given(st.text(alphabet="`~ab\n|#<", max_size=60))
def test_nothing_typed_ends_its_block_in_markdown(typed: str) -> None:
    from markdown_it import MarkdownIt

    tokens = [token for token in MarkdownIt().parse(render_markdown(finished(f"a{typed}"), [], {})) if token.level == 0]
    (block,) = [token for token in tokens if token.type == "fence"]
    assert block.content.rstrip("\n") == f"a{typed}".rstrip("\n")


@pytest.mark.parametrize("typed", HOSTILE)
def test_reports_can_be_written_and_printed(typed: str) -> None:
    for text in (render_markdown(finished(typed), [], {}), render_html(finished(typed), [], {"a01_x": typed})):
        text.encode("utf-8")
        assert not {"\x1b", "\x00", "\u202e"} & set(text)
