"""Words and bars that several renderers share."""

from __future__ import annotations

from collections.abc import Iterable

from harness.core.model import TestResult
from harness.scoreboard.model import BandTally, Row, Scoreboard


def summary(board: Scoreboard) -> str:
    """The whole scoreboard in one line."""
    tests = board.tests
    run = f"{tests.passed} of {tests.total} tests pass" if tests.total else "nothing run yet"
    faded = f", {board.due} of them due" if board.due else ""
    stars = f" ({board.stars} with the follow-up)" if board.stars else ""
    return f"{board.passed} of {board.total} katas passed{stars}{faded}, {run}"


def standing(row: Row, *, unicode: bool = True) -> str:
    """The status in words: `passed`, `passed, due` once it fades, with a star where the follow-up passes too: `passed ★`."""
    words = f"{row.status}, due" if row.due else row.status.value
    return f"{words} {'★' if unicode else '*'}" if row.star else words


def fraction(tally: BandTally | None) -> str:
    """`3/5`, or a dot where nothing was run."""
    return f"{tally.passed}/{tally.total}" if tally and tally.total else "·"


def bar(passed: int, total: int, width: int, *, unicode: bool = True) -> str:
    """A bar of `width` characters; full only when all is passed, empty only when nothing is."""
    full, empty = ("█", "░") if unicode else ("#", ".")
    filled = round(width * passed / total) if total else 0
    if 0 < passed < total:
        filled = min(max(filled, 1), width - 1)
    return full * filled + empty * (width - filled)


def clock(row: Row) -> str:
    """The interview clock, with the best time when there is one: `15 min`, `9:41/15`."""
    if row.best_s is None:
        return f"{row.minutes} min"
    return f"{minutes(row.best_s)}/{row.minutes}"


def minutes(seconds: float) -> str:
    """Seconds as `9:41`."""
    whole, rest = divmod(round(seconds), 60)
    return f"{whole}:{rest:02d}"


def figure_texts(tests: Iterable[TestResult]) -> tuple[str, ...]:
    """The measurements of a run; where there are several, each with the words of its test."""
    found = [(test.name.partition("[")[0], figure.text) for test in tests for figure in test.figures]
    if len(found) == 1:
        return (found[0][1],)
    return tuple(f"{name.removeprefix('test_').replace('_', ' ')}: {text}" for name, text in found)


def paths_line(board: Scoreboard, *, unicode: bool = True) -> str:
    """How far each path is: `llm 3/20 · rl 0/7`; empty when there are none."""
    return f" {'·' if unicode else '.'} ".join(f"{path.name} {path.passed}/{path.total}" for path in board.paths)


def next_line(board: Scoreboard) -> str:
    """What to do next, empty when everything is passed."""
    if not board.next_slug:
        return ""
    return f"{board.next_slug} ({board.next_reason})"
