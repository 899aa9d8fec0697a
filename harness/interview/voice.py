"""What is said in an interview: the commands there are, what an interviewer lets out about a run, and who speaks it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from harness.core.model import KataReport, Outcome
from harness.interview.report import printable

COMMANDS = {
    "run": "run the tests: how many pass, and the first that fails",
    "next": "hand in the file as it is, and go on",
    "skip": "leave this kata for good (in full, so that no slip does it)",
    "time": "how much is left",
    "statement": "read the kata once more",
    "quit": "pause; `kata interview --resume` goes on",
    "help": "this list",
}


class Voice(Protocol):
    """The interviewer's side of the conversation."""

    def say(self, text: str, style: str = "", *, wrap: bool = True) -> None:
        """A line or more; without `wrap` no line is broken, so that a path can be copied."""

    def show(self, markdown: str) -> None:
        """A text in Markdown."""

    def ask(self, prompt: str) -> str:
        """One line from the candidate. Raises `EOFError` when there are no more, `KeyboardInterrupt` on Ctrl-C."""

    def working(self, text: str) -> AbstractContextManager[object]:
        """Say that something takes its time, as long as the context lasts."""

    def tick(self, kata: str, left_s: float) -> None:
        """The clock goes on."""


def feedback(report: KataReport) -> str:
    """What an interviewer says of a run: how many tests pass, and what happens in the first that does not. No hints."""
    if report.problem is not None:
        return printable(report.problem.sentence)
    passed = report.count(outcome=Outcome.PASSED)
    lines = [f"{passed} of {len(report.tests)} tests pass."]
    first = next((test for test in report.tests if test.outcome is Outcome.FAILED), None)
    if first is None:
        lines.append("`next` hands it in." if passed == len(report.tests) else "")
        return " ".join(lines)
    lines.append(f"The first that fails: {first.name}")
    if first.failure is not None:
        parts = (("asked", first.failure.asked), ("came", first.failure.came), ("expected", first.failure.expected))
        lines += [f"  {name:<9} {_indented(text)}" for name, text in parts if text]
    return printable("\n".join(lines))


def _indented(text: str) -> str:
    return text.strip().replace("\n", "\n" + " " * 12)


def command_of(line: str) -> str:
    """The command that a line means: its beginning is enough, but for `skip`, which cannot be taken back."""
    word = line.strip().lower()
    if word in COMMANDS:
        return word
    found = [name for name in COMMANDS if word and name.startswith(word) and name != "skip"]
    return found[0] if len(found) == 1 else ""
