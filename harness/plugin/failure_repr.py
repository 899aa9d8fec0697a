"""A failure as pytest prints it: the parts that help, then the learner's own lines, and nothing of the harness."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pytest

from harness.core.model import Failure, FailureKind


@dataclass(frozen=True)
class _Crash:
    """What pytest's summary line and the JSON report show of a failure."""

    path: str
    lineno: int
    message: str


def _headline(failure: Failure) -> str:
    """The failure in one line."""
    if failure.kind is FailureKind.NOT_IMPLEMENTED:
        return failure.came
    return (failure.mistake or f"{failure.asked} gives {failure.came}").replace("\n", " ")


class FailureRepr:
    """A failure as pytest prints it: pytest asks a `longrepr` only for `toterminal` and `str`."""

    def __init__(self, failure: Failure, trace: list[str], item: pytest.Item) -> None:
        self.failure = failure
        self._trace = trace
        self.reprcrash = _Crash(str(item.path), (item.location[1] or 0) + 1, _headline(failure))

    def toterminal(self, tw: Any) -> None:
        """Print the parts, most telling ones in colour."""
        failure = self.failure
        if failure.kind is FailureKind.NOT_IMPLEMENTED:
            tw.line(f"  {failure.asked}: {failure.came} ({failure.where.split(' ', 1)[0]})")
            return
        parts = [
            ("asked", failure.asked, {}),
            ("came", failure.came, {"red": True, "bold": True}),
            ("expected", failure.expected, {"green": True}),
            ("mistake", failure.mistake, {"yellow": True, "bold": True}),
            ("where", failure.where, {}),
            ("hint", failure.hint, {"cyan": True}),
        ]
        for label, text, markup in parts:
            if text:
                lines = text.splitlines() or [""]
                tw.line(f"  {label:<9} {lines[0]}", **markup)
                for line in lines[1:]:
                    tw.line(f"  {'':<9} {line}", **markup)
        if self._trace:
            tw.line("")
            for line in self._trace:
                tw.line(f"    {line}")

    def __str__(self) -> str:
        lines = [f"{name}: {value}" for name, value in asdict(self.failure).items() if value and name != "kind"]
        return "\n".join(lines + self._trace)


def is_not_run(report: pytest.TestReport) -> bool:
    """Whether this is the report of a test that an earlier one made needless."""
    told: object = report.longrepr
    return isinstance(told, FailureRepr) and told.failure.kind is FailureKind.NOT_RUN
