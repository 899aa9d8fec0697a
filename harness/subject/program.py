"""The subject's file as a program: read, checked and compiled, with one sentence for what is wrong with it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from harness.core.errors import SubjectError
from harness.core.model import Kata
from harness.core.source_text import SourceTextError, decode_source
from harness.subject.policy import forbidden_imports


@dataclass(frozen=True, slots=True)
class Program:
    """A Python file that can be run."""

    text: str
    code: CodeType


def read_source(file: Path) -> bytes:
    """The content of `file`. Raises `SubjectError` when it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise SubjectError(f"{file.name} cannot be read: {error.strerror}") from error


def compile_program(file: Path, source: bytes, kata: Kata | None = None) -> Program:
    """Compile the `source` of `file`; with `kata`, hold its imports to what the kata allows.

    Raises `SubjectError` when it is not valid Python, or imports what it may not.
    """
    try:
        # Compiling bytes would let wrong encodings in comments pass, which every other tool then stumbles over.
        text = decode_source(source)
        tree = ast.parse(text, filename=str(file))
        code = compile(tree, str(file), "exec", dont_inherit=True)
    except SourceTextError as error:
        hint = "save it as UTF-8, or declare its encoding in the first line: # coding: latin-1"
        raise SubjectError(f"{file.name} is not valid Python: it {error}", hint=hint) from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _syntax_error(file, error) from error
    if kata is not None:
        for fault in forbidden_imports(tree, kata):
            raise fault
    return Program(text, code)


def _syntax_error(file: Path, error: Exception) -> SubjectError:
    line = getattr(error, "lineno", None)
    reason = getattr(error, "msg", None) or str(error) or type(error).__name__
    place = f" in line {line}" if line else ""
    return SubjectError(f"{file.name} is not valid Python{place}: {reason}", line=line)


def import_failure(file: Path, error: BaseException) -> SubjectError:
    """What went wrong while `file` was run, as one sentence with a line."""
    line = _line_in(error, file)
    place = f" (line {line})" if line else ""
    if isinstance(error, ModuleNotFoundError):
        return SubjectError(
            f"{file.name} imports {error.name}, which is not installed{place}",
            hint="remove the import, or install the library",
            line=line,
        )
    if isinstance(error, SystemExit):
        return SubjectError(
            f"{file.name} ends the program (sys.exit) while it is imported{place}",
            hint='put what should run on its own under `if __name__ == "__main__":`',
            line=line,
        )
    text = str(error).strip()
    reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return SubjectError(f"{file.name} cannot be imported: {reason}{place}", line=line)


def _line_in(error: BaseException, file: Path) -> int | None:
    """The last line of `file` that the traceback of `error` went through."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
