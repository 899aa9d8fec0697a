"""From an exception in a kata test to a `Failure` that teaches: what was asked, what came back, where.

Pure of pytest: it sees an exception and the two files that matter, the subject and the suite.
"""

from __future__ import annotations

import bdb
import linecache
import re
import traceback
from dataclasses import asdict
from pathlib import Path

from harness.core.errors import SubjectError
from harness.core.model import Failure, FailureKind
from harness.core.text import clean_text
from harness.suite.asked import statement, variables
from harness.suite.check import CheckFailedError

MAX_FRAMES = 6

_EXAMPLE = re.compile(r"(?:Falsifying example|Failing test case)[^:]*: \w+\((.*)\)", re.DOTALL)
"""The note in which hypothesis says what it called the test with; the wording depends on its version."""


class HangError(BaseException):
    """A test ran into its hang limit.

    Not an `Exception`: hypothesis must not take it for a failing example and run the endless loop again.
    """

    awaits_subject = False
    """Whether this process was waiting for a subject in another process."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"still running after {limit_s:g} s")
        self.limit_s = limit_s


class SubjectGoneError(BaseException):
    """The process of the subject has ended, or said what no player says. Not an `Exception`, as little as a hang is."""


def explain(error: BaseException, subject_file: Path, suite_file: Path) -> Failure | None:
    """What to tell the learner about `error`, or None when it came from neither subject nor suite nor a check."""
    if isinstance(error, CheckFailedError):
        return _clean(error.failure)
    if isinstance(error, SubjectError):
        return _clean(Failure("an import that the kata allows", str(error), hint=error.hint, kind=FailureKind.RAISED))
    frames = traceback.extract_tb(error.__traceback__)
    in_subject = [frame for frame in frames if frame.filename == str(subject_file)]
    in_suite = [frame for frame in frames if frame.filename == str(suite_file)]
    asked = _asked(error, in_suite)
    if isinstance(error, HangError):
        is_subjects = bool(in_subject) or error.awaits_subject
        return _clean(_hang(error, asked, in_subject) if is_subjects else _suite_hang(error, asked, in_suite))
    if isinstance(error, SubjectGoneError):
        return _clean(
            Failure(asked, f"no answer: {error}", "an answer", where=_place(in_subject), kind=FailureKind.RAISED)
        )
    if isinstance(error, NotImplementedError):
        name = in_subject[-1].name if in_subject else "the function"
        return _clean(
            Failure(f"{name}()", "not implemented yet", where=_place(in_subject), kind=FailureKind.NOT_IMPLEMENTED)
        )
    if isinstance(error, AttributeError) and not in_subject and in_suite:
        return _clean(_missing(error, asked, subject_file))
    if isinstance(error, bdb.BdbQuit):
        return _clean(_breakpoint(asked, in_subject))
    if not in_subject and (isinstance(error, AssertionError) or not in_suite):
        return None
    came = _exception_line(error)
    if in_subject:
        return _clean(Failure(asked, came, where=_place(in_subject), hint=_raised_hint(error), kind=FailureKind.RAISED))
    hint = "the call did not fit your signature, or the test could not go on with what came back"
    return _clean(Failure(asked, came, where=_place(in_suite), hint=hint, kind=FailureKind.RAISED))


def _hang(error: HangError, asked: str, in_subject: list[traceback.FrameSummary]) -> Failure:
    """The limit has passed while the subject was running."""
    return Failure(
        asked,
        f"no answer: {error}",
        "an answer",
        "a loop that does not end, or work that grows far too fast",
        where=_place(in_subject),
        kind=FailureKind.TIMED_OUT,
    )


def _breakpoint(asked: str, in_subject: list[traceback.FrameSummary]) -> Failure:
    """A debugger was left: by the learner, or because nobody can type into it."""
    return Failure(
        asked,
        "a breakpoint(), and no answer",
        "an answer",
        "breakpoint() is still in the code",
        "take it out; to debug, run pytest on the suite in a terminal, with -x",
        where=_place(in_subject),
        kind=FailureKind.RAISED,
    )


def _suite_hang(error: HangError, asked: str, in_suite: list[traceback.FrameSummary]) -> Failure:
    """The limit has passed while the suite's own code was running: an oracle, or the loop that makes many calls."""
    return Failure(
        asked,
        f"no verdict: {error}, in the suite's own code",
        hint="the machine may be busy: run the test again; if it comes again, each call of your code may be too slow",
        where=_place(in_suite),
        kind=FailureKind.SUITE_TIMED_OUT,
    )


def subject_traceback(error: BaseException, subject_file: Path, suite_file: Path) -> list[str]:
    """The traceback of `error` in lines, with only the frames of subject and suite in it."""
    ours = (str(subject_file), str(suite_file))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in ours]
    frames = [
        frame for frame in frames if not (frame.line or "").startswith("@")
    ]  # hypothesis calls from the decorator
    lines = []
    if len(frames) > MAX_FRAMES:
        lines.append(f"... {len(frames) - MAX_FRAMES} calls before these")
    for frame in frames[-MAX_FRAMES:]:
        lines.append(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}")
        lines.append(f"    {frame.line}")
    return lines


def _asked(error: BaseException, in_suite: list[traceback.FrameSummary]) -> str:
    """The falsifying example of a law, or else the line of the suite that made the call."""
    for note in getattr(error, "__notes__", ()):
        match = _EXAMPLE.match(str(note))
        if match:
            arguments = " ".join(match[1].split()).strip(", ")
            if arguments:
                return _with_values(error, in_suite, arguments)
    return _with_values(error, in_suite)


def _with_values(error: BaseException, in_suite: list[traceback.FrameSummary], arguments: str = "") -> str:
    """The call that the suite made, with the values that it names."""
    line = statement(in_suite)
    values = variables(error.__traceback__, in_suite[-1].filename, line, arguments) if in_suite else ""
    told = ", ".join(filter(None, (arguments, values)))
    return f"{line} with {told}" if line and told else line or told


def _place(frames: list[traceback.FrameSummary]) -> str:
    if not frames:
        return ""
    last = frames[-1]
    line = linecache.getline(last.filename, last.lineno or 0).strip()
    return f"{Path(last.filename).name}:{last.lineno} in {last.name}: {line}"


def _missing(error: AttributeError, asked: str, subject_file: Path) -> Failure:
    owner = error.obj
    name = error.name or str(error)
    what = f"{subject_file.name} has no {name}"
    if getattr(owner, "__file__", None) != str(subject_file):
        what = f"{type(owner).__name__} has no attribute {name}"
    return Failure(asked, what, hint="the statement says which names there must be", kind=FailureKind.MISSING)


def _exception_line(error: BaseException) -> str:
    try:
        text = str(error).strip()
    except Exception:  # a hostile or broken __str__
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _raised_hint(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "a function calls itself without reaching a case that ends it"
    if isinstance(error, MemoryError):
        return "far too much memory is asked for: look at the shapes of intermediate arrays"
    if isinstance(error, SystemExit):
        return "a library must not end the program: raise an exception instead"
    return ""


def _clean(failure: Failure) -> Failure:
    texts = {name: clean_text(value) for name, value in asdict(failure).items() if name != "kind"}
    return Failure(**texts, kind=failure.kind)
