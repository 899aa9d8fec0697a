"""The report of an interview as Markdown and as one self-contained HTML page. Pure: an `Interview` in, text out.

Whatever a candidate typed, in answers and in code, is shown as it is and never taken for markup.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.core.model import Status
from harness.interview.compare import Line, lines, signed
from harness.interview.state import ANCHORS, BEST, WEIGHTS, Answer, Aspect, Ending, Interview, Task
from harness.scoreboard.render.markdown import escape
from harness.scoreboard.render.words import minutes

_SPACES = "\n\t\u00a0\u202f\u2009"
SHOWN = 10
"""Earlier interviews in the table of a report."""


NAMED = 8
"""Names of failed tests in a table."""
_IN_WORDS = {
    Status.NOT_STARTED: "empty",
    Status.IN_PROGRESS: "partly right",
    Status.FAILING: "wrong",
    Status.BROKEN: "broken",
    Status.TIMED_OUT: "timed out",
    Status.PASSED: "right",
}


@dataclass(frozen=True, slots=True)
class Talk:
    """The questions about one kata."""

    task: Task
    answers: tuple[Answer, ...]


def printable(text: str) -> str:
    """`text` without what a terminal or a page would obey: control characters and lone surrogates are escaped."""
    text = text.replace("\r\n", "\n").encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() or c in _SPACES else c.encode("unicode_escape").decode() for c in text)


def lead(interview: Interview) -> str:
    """One line under the heading."""
    day = time.strftime("%d %B %Y, %H:%M", time.localtime(interview.created))
    paused = {0: "", 1: ", resumed once"}.get(interview.pauses, f", resumed {interview.pauses} times")
    role = f"for a {interview.role.replace('-', ' ')}, " if interview.role else ""
    return (
        f"{day}: {role}{minutes(interview.spent_s)} of {minutes(interview.limit_s)} used{paused}, seed {interview.seed}"
    )


def outcome(task: Task) -> str:
    """How a kata went, in words."""
    if task.ending is Ending.SUBMITTED:
        return "solved" if task.status == Status.PASSED else f"handed in, {_IN_WORDS[Status(task.status)]}"
    if task.ending is Ending.TIME_UP and task.status == Status.PASSED:
        return "solved as time ran out"
    return task.ending.value or "open"


def tests(task: Task) -> str:
    """`7/12`, or a dot where nothing was judged."""
    return f"{task.passed}/{task.total}" if task.total else "·"


def failed_names(task: Task, mark: str = "") -> str:
    """The tests that failed, in one line; `mark` stands on both sides of each."""
    more = len(task.failed) - NAMED
    names = [f"{mark}{printable(name)}{mark}" for name in task.failed[:NAMED]]
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def talks(interview: Interview) -> tuple[Talk, ...]:
    """The questions, kata by kata; without katas that had none."""
    answers = interview.answers or ()
    found = (Talk(task, tuple(a for a in answers if a.slug == task.slug)) for task in interview.tasks)
    return tuple(talk for talk in found if talk.answers)


# --- Markdown ---


def render_markdown(interview: Interview, earlier: Sequence[Interview], code: Mapping[str, str]) -> str:
    """The report as Markdown; ends with a newline. `earlier` may contain the interview itself."""
    parts = [f"# Mock interview {interview.id}", "", escape(printable(lead(interview))), ""]
    if interview.weak_topics:
        parts += [f"Weak topics weighed more: {escape(', '.join(interview.weak_topics))}.", ""]
    parts += ["## Katas", "", "| kata | how it ended | tests | time | runs | failed |", "|---|---|--:|--:|--:|---|"]
    parts += [_task_line(task) for task in interview.tasks]
    parts += ["", *_rubric_lines(interview), *_earlier_lines(interview, earlier)]
    for talk in talks(interview):
        parts += [f"## Questions on {escape(talk.task.title)}", ""]
        for answer in talk.answers:
            typed = printable(answer.typed).strip("\n")
            parts += [f"**{answer.question}**", ""]
            parts += ["You:", "", *_fenced(typed, "text")] if typed.strip() else ["You: no answer", ""]
            parts += ["What there is to say:", "", *[f"> {line}".rstrip() for line in answer.model.splitlines()], ""]
    if code:
        parts += ["## Code", ""]
    for slug, source in code.items():
        parts += [f"### {slug}", "", *_fenced(printable(source).rstrip("\n"), "python")]
    return "\n".join(parts).rstrip("\n") + "\n"


def _task_line(task: Task) -> str:
    failed = failed_names(task, "`") or "·"
    spent = f"{minutes(task.spent_s)}/{task.minutes}"
    return f"| {escape(task.title)} | {outcome(task)} | {tests(task)} | {spent} | {task.runs} | {failed} |"


def _rubric_lines(interview: Interview) -> list[str]:
    if interview.rubric is None:
        return ["## Rubric", "", "Not scored.", ""]
    rows = [
        f"## Rubric: {interview.rubric:g} of 100",
        "",
        "| aspect | weight | score | which means |",
        "|---|--:|--:|---|",
    ]
    for aspect in Aspect:
        score = interview.scores[aspect]
        rows.append(f"| {aspect} | {WEIGHTS[aspect]} % | {score}/{BEST} | {ANCHORS[aspect][score]} |")
    return [*rows, ""]


def _earlier_lines(interview: Interview, earlier: Sequence[Interview]) -> list[str]:
    shown = beside(interview, earlier)
    if len(shown) < 2:
        return []
    rows = ["## Beside earlier ones", "", "| interview | role | min | katas | tests | rubric | change |"]
    rows += ["|---|---|--:|--:|--:|--:|--:|"]
    for line in shown:
        one = line.interview
        rubric = "·" if one.rubric is None else f"{one.rubric:g}"
        name = f"**{one.id}**" if one.id == interview.id else one.id
        rows.append(
            f"| {name} | {escape(one.role) or 'any'} | {one.minutes} | {one.solved}/{len(one.tasks)} "
            f"| {one.passed}/{one.total} | {rubric} | {signed(line.change)} |"
        )
    return [*rows, ""]


def beside(interview: Interview, earlier: Sequence[Interview]) -> tuple[Line, ...]:
    """The interview and the last ones before it, oldest first."""
    others = [one for one in earlier if one.id != interview.id and one.finished and one.created <= interview.created]
    return lines([*others, interview])[-SHOWN:]


def _fenced(text: str, language: str) -> list[str]:
    """A block of code that nothing in it can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", text, fence, ""]


# --- HTML ---

_SPARK_WIDTH, _SPARK_HEIGHT = 240.0, 60.0


def render_html(interview: Interview, earlier: Sequence[Interview], code: Mapping[str, str]) -> str:
    """The report as a page without scripts and without requests to anywhere."""
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    from harness.scoreboard.render.pages import page_environment

    markdown = MarkdownIt("commonmark", {"html": False}).disable("image")
    environment = page_environment("harness.interview")
    # What the library makes of Markdown without HTML is safe to show: it escapes what it does not render itself.
    environment.filters["markdown"] = lambda text: Markup(markdown.render(printable(text)))
    environment.filters["inline"] = lambda text: Markup(markdown.renderInline(printable(text)))
    environment.filters["printable"] = printable
    shown = beside(interview, earlier)
    return environment.get_template("interview.html").render(
        interview=interview,
        lead=lead(interview),
        aspects=tuple(Aspect),
        weights=WEIGHTS,
        anchors=ANCHORS,
        best=BEST,
        shown=shown,
        spark=_spark(shown),
        talks=talks(interview),
        code=code,
        outcome=outcome,
        tests=tests,
        failed_names=failed_names,
        minutes=minutes,
        signed=signed,
        passed=Status.PASSED.value,
    )


def _spark(shown: Sequence[Line]) -> tuple[tuple[float, float, str], ...]:
    """Points of the line through all totals, with what to say of each; none when there are fewer than two."""
    scored = [(line.interview.id, line.interview.rubric) for line in shown if line.interview.rubric is not None]
    if len(scored) < 2:
        return ()
    step = _SPARK_WIDTH / (len(scored) - 1)
    return tuple(
        (round(i * step, 1), round(_SPARK_HEIGHT * (1 - rubric / 100), 1), f"{identity}: {rubric:g}")
        for i, (identity, rubric) in enumerate(scored)
    )
