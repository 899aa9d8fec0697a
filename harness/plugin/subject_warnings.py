"""Warnings of the subject's: listed by pytest, and never an error, even where the configuration makes errors of warnings.

A warning is the subject's when its code, or a library that its code has called, issues it. All other warnings are treated
as the configuration says. A suite that wants a subject to be free of warnings sets a filter of its own inside the test.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import pytest

from harness.plugin.session import Collected, kata_folder

MAX_LISTED = 20
"""Different warnings of one test, or of one import, that are listed."""

Filters = Sequence[Sequence[Any]]
"""As in `warnings.filters`: action, message, category, module, line."""


class SubjectWarnings:
    """Keeps the subject's warnings from failing its tests, or the import of its suite."""

    def __init__(self, collected: Collected) -> None:
        self._collected = collected

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, object, object]:
        """While a suite imports its subject."""
        if not isinstance(collector, pytest.Module) or kata_folder(collector.path) is None:
            return (yield)
        with lenient(self._is_subjects):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """While a test runs; pytest has set the filters of the configuration by then."""
        if self._collected.kata_of(item) is None:
            return (yield)
        with lenient(self._is_subjects):
            return (yield)

    def _is_subjects(self, category: type[Warning], filename: str) -> bool:
        """Whether a warning that is being issued for a line of `filename` is the subject's."""
        subjects = {str(subject.file) for subject in self._collected.subjects.values()}
        if filename in subjects:
            return True
        if issubclass(category, ResourceWarning):  # issued when an object is freed, in whatever code runs then
            return True
        folders = {str(folder) for folder in self._collected.katas}
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            file = frame.f_code.co_filename
            if file in subjects:
                return True
            if os.path.dirname(file) in folders:  # the suite, or a helper module  # noqa: PTH120 (much quicker)
                return False
            frame = frame.f_back
        return False


@contextmanager
def lenient(is_subjects: Callable[[type[Warning], str], bool]) -> Iterator[None]:
    """Treat warnings in the body as the filters say, except that the subject's are never errors.

    `is_subjects(category, filename)` is asked while the warning is being issued.
    """
    with warnings.catch_warnings():
        filters, show = tuple(warnings.filters), warnings.showwarning
        listed: set[tuple[object, ...]] = set()

        def judge(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            __tracebackhide__ = True
            action = _action(filters, str(message), category, filename, lineno)
            if action == "ignore":
                return
            if is_subjects(category, filename):
                key = (category, filename, lineno)
                if key in listed or len(listed) >= MAX_LISTED:
                    return
                listed.add(key)
            elif action == "error":
                raise message if isinstance(message, Warning) else category(message)
            show(message, category, filename, lineno, file, line)

        warnings.simplefilter("always")
        warnings.showwarning = judge
        yield


def _action(filters: Filters, text: str, category: type[Warning], filename: str, lineno: int) -> str:
    """What `filters` say about a warning."""
    module = _module_of(filename)
    for action, message, kind, where, line in filters:
        if issubclass(category, kind) and _matches(message, text) and _matches(where, module) and (line in (0, lineno)):
            return str(action)
    return "default"


def _matches(pattern: re.Pattern[str] | str | None, text: str) -> bool:
    """A filter's pattern is compiled, or a string that is meant as it stands (a default of Python's), or absent."""
    if pattern is None:
        return True
    return text == pattern if isinstance(pattern, str) else pattern.match(text) is not None


def _module_of(filename: str) -> str:
    """The name of the module whose code is in `filename`, as far as it is running."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename == filename:
            return str(frame.f_globals.get("__name__", "<unknown>"))
        frame = frame.f_back
    return Path(filename).stem
