"""The cohort as Markdown, for job summaries and wikis."""

from __future__ import annotations

from harness.grading.export.view import UNSTABLE, CohortView, LearnerView, RefusalView, ResultView
from harness.grading.export.words import lead, summary
from harness.scoreboard.render.markdown import escape

_MARKS = {
    "passed": "✅",
    UNSTABLE: "🎲",
    "in progress": "🟡",
    "failing": "❌",
    "timed out": "⏱️",
    "broken": "💥",
    "refused": "🚫",
    "not started": "⬜",
    "not graded": "…",
}


def render_markdown(view: CohortView) -> str:
    """Headings, a table of learners and katas, what is missed most, what was refused; ends with a newline."""
    lines = ["# Cohort", "", f"**{summary(view)}**", "", lead(view.origin, view.modes), ""]
    lines += _matrix(view)
    if view.missed:
        lines += [
            "## Most missed tests",
            "",
            "| test | kata | missed by | mistake named most often |",
            "|---|---|--:|---|",
        ]
        for missed in view.missed:
            mistake = f"{escape(missed.mistake)} ({missed.mistake_count})" if missed.mistake else ""
            lines.append(f"| {escape(missed.test)} | {escape(missed.kata)} | {missed.learners} | {mistake} |")
        lines.append("")
    for heading, sentences in (
        ("No points", [f"{learner.name} {result.kata}: {result.reason}" for learner, result in view.without_points]),
        ("Refused", [_sentence(one) for one in view.refusals]),
        ("Taken with a remark", [_sentence(one) for one in view.remarks]),
        ("Left out", view.notices),
    ):
        if sentences:
            lines += [f"## {heading}", "", *(f"- {escape(sentence)}" for sentence in sentences), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _sentence(one: RefusalView) -> str:
    return f"{' '.join(filter(None, (one.name or one.learner, one.kata)))}: {one.sentence}"


def _matrix(view: CohortView) -> list[str]:
    heads = [escape(kata.id) for kata in view.katas]
    lines = [f"| learner | passed | points | {' | '.join(heads)} |", "|---|--:|--:|" + "---|" * len(heads)]
    lines += [_row(learner) for learner in view.learners]
    rates = " | ".join(str(kata.passed) for kata in view.katas)
    lines += [f"| *passed by* | {view.passed} | | {rates} |", ""]
    legend = ", ".join(f"{mark} {state}" for state, mark in _MARKS.items())
    return [*lines, f"{legend}", ""]


def _row(learner: LearnerView) -> str:
    cells = " | ".join(_cell(result) for result in learner.results)
    return f"| {escape(learner.name)} | {learner.katas} | {learner.score:g} | {cells} |"


def _cell(result: ResultView) -> str:
    both = result.counts + result.hold_out
    return f"{_MARKS[result.state]} {both}" if both.total else _MARKS[result.state]
