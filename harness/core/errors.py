"""The errors that end a command with a sentence instead of a traceback."""

from __future__ import annotations

from typing import ClassVar


class KataError(Exception):
    """Base of every error that a person can cause or mend.

    `exit_code` is what the process ends with; `hint` is what to try next, empty when there is nothing to say.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def sentence(self) -> str:
        """The message, with the hint in brackets where there is one."""
        return f"{self} ({self.hint})" if self.hint else str(self)


class CatalogError(KataError):
    """A kata folder that cannot be used as it is."""


class UnknownKataError(KataError):
    """A kata id that names nothing."""


class ReportError(KataError):
    """A file that is not a report of this harness, or is a damaged one."""


class SubjectError(KataError):
    """The code under test cannot be found, read or imported.

    `line` is the line of the subject's file that is to blame, when there is one.
    """

    def __init__(self, message: str, *, hint: str = "", line: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.line = line


class StateError(KataError):
    """The folder that keeps reports and caches cannot be used."""


class ClockError(KataError):
    """The interview clock cannot do what it was asked for, as it is."""


class InterruptedRunError(KataError):
    """The user pressed Ctrl-C; what had finished is kept."""

    exit_code: ClassVar[int] = 130
