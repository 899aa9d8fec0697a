"""The pages: the cohort for the instructor, and one per learner, without the other learners. Self-contained HTML."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from jinja2 import Environment

from harness.grading.export.view import PASSED, STATES, CohortView, Count, KataView, LearnerView, ResultView, SetView
from harness.grading.export.words import day, lead, summary
from harness.scoreboard.render.pages import page_environment

_BARS = 24
"""Bars of the histogram at most; above that, several counts share one."""
DENSE = 12
"""Above so many katas, the matrix has a narrow column for each, with a sign in place of words."""
_GLYPHS = {
    PASSED: "✓",
    "unstable": "≈",
    "in progress": "/",
    "failing": "✗",
    "timed out": "T",
    "broken": "!",
    "refused": "R",
    "not started": "·",
    "not graded": "",
}
_CSS_NAMES = {state: state.replace(" ", "-") for state in STATES}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the histogram: learners who passed between `low` and `high` katas, both included."""

    low: int
    high: int
    learners: int

    @property
    def label(self) -> str:
        """What stands below the bar."""
        return str(self.low) if self.low == self.high else f"{self.low}–{self.high}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a kata's bar: how many learners stand so, from where to where in percent."""

    state: str
    learners: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One result in the matrix; `rank` is what its column is sorted by."""

    kata: str
    """The id."""
    result: ResultView
    rank: int

    @property
    def words(self) -> str:
        """All that a cell has to say, for those who point at it."""
        both = self.result.counts + self.result.hold_out
        tests = f", {both} tests" if both.total else ""
        points = f", {self.result.score:g} points" if self.result.score is not None and both.total else ""
        notes = f"; {self.result.notes}" if self.result.notes else ""
        return f"{self.kata} {self.result.state}{tests}{points}{notes}"


@dataclass(frozen=True, slots=True)
class Row:
    """One learner in the matrix: the cells of each set after its totals."""

    learner: LearnerView
    sets: tuple[tuple[SetView, tuple[Cell, ...]], ...]


def render_index(view: CohortView, *, similar: str = "") -> Iterator[str]:
    """The instructor's page, in pieces. `similar` is the name of the page on similar submissions, when there is one."""
    script = _source("sort.js")
    return (
        environment()
        .get_template("cohort.html")
        .generate(
            view=view,
            summary=summary(view),
            lead=lead(view.origin, view.modes),
            day=day(view.created),
            rows=(_row(learner, view) for learner in view.learners),
            heads=[(known, [kata for kata in view.katas if kata.set is known]) for known in view.sets],
            unstable=[(learner, result) for learner in view.learners for result in learner.results if result.unstable],
            without_points=view.without_points,
            bars=histogram(view),
            kata_bars=[(kata, pieces(kata)) for kata in view.katas],
            highest=max((bar.learners for bar in histogram(view)), default=0) or 1,
            is_dense=len(view.katas) > DENSE,
            states=[state for state in STATES if any(state in kata.states for kata in view.katas)],
            similar=similar,
            script=script,
            script_hash=_hash(script),
        )
    )


def render_learner(learner: LearnerView, katas: tuple[KataView, ...], origin: str, created: float) -> str:
    """The feedback for one learner; it is given that learner's results, and of the katas only their names are used."""
    names = [(kata.id, kata.title) for kata in katas]
    return (
        environment()
        .get_template("learner.html")
        .render(
            learner=learner,
            results=list(zip(names, learner.results, strict=True)),
            origin=origin,
            lead=lead(origin, {result.mode for result in learner.results}),
            day=day(created),
        )
    )


def _row(learner: LearnerView, view: CohortView) -> Row:
    by_set = {
        totals.set: tuple(
            Cell(kata.id, result, _rank(result))
            for kata, result in zip(view.katas, learner.results, strict=True)
            if kata.set is totals.set
        )
        for totals in learner.sets
    }
    return Row(learner, tuple((totals, by_set[totals.set]) for totals in learner.sets))


def _rank(result: ResultView) -> int:
    """Better states rank higher, and within a state more tests that pass."""
    return (len(STATES) - STATES.index(result.state)) * 1_000_000 + (result.counts + result.hold_out).passed


def histogram(view: CohortView) -> tuple[Bar, ...]:
    """How many learners passed how many katas."""
    counts = [learner.katas.passed for learner in view.learners]
    step = max(1, -(-(len(view.katas) + 1) // _BARS))
    bars = []
    for low in range(0, len(view.katas) + 1, step):
        high = min(low + step - 1, len(view.katas))
        bars.append(Bar(low, high, sum(low <= count <= high for count in counts)))
    return tuple(bars)


def pieces(kata: KataView) -> tuple[Piece, ...]:
    """The bar of a kata, passed first."""
    total = sum(kata.states.values())
    done = 0
    found = []
    for state, learners in kata.states.items():
        found.append(Piece(state, learners, 100 * done / total, 100 * learners / total))
        done += learners
    return tuple(found)


@functools.cache
def environment() -> Environment:
    """The templates, everything in them escaped."""
    environment = page_environment("harness.grading.export")
    environment.globals |= {"css_names": _CSS_NAMES, "glyphs": _GLYPHS, "PASSED": PASSED}
    environment.filters |= {"percent": _percent, "href": _href, "points": "{:g}".format}
    return environment


def _source(name: str) -> str:
    source, _, _ = environment().loader.get_source(environment(), name)  # type: ignore[union-attr]
    return source


def _hash(script: str) -> str:
    """The script's hash for the page's content security policy, which lets nothing else run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _percent(count: Count) -> str:
    """A share; 100 only when it is all, 0 only when it is none."""
    if not count.total:
        return ""
    share = round(100 * count.passed / count.total)
    if 0 < count.passed < count.total:
        share = min(max(share, 1), 99)
    return f"{share} %"


def _href(slug: str) -> str:
    """The address of a learner's page, from the index."""
    return f"learners/{quote(slug)}.html"
