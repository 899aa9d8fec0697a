"""Many calls at once: `in_subject_process(helpers.ask_all)` is a function of a kata's helper module, run where the subject
is, and `each(kata.softmax, [(x,), (y,)])` are the results of one function of the subject's for many arguments.

A suite that asks the subject thousands of small things is slow when the subject is in another process, where each call
costs a tenth of a millisecond. A function of the kata's helper module that makes all these calls, and returns plain values
or the subject's own objects, costs one. In practice suite and subject share a process, and these are ordinary calls.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from harness.subject.finder import SubjectFinder
from harness.subject.host import LocalHost, SubjectHost

P = ParamSpec("P")
R = TypeVar("R")


def in_subject_process(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, of a helper module, run in the process of the subject. What it raises there is raised here."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        return _host().call(function, args, kwargs)  # type: ignore[no-any-return]

    return run


def each(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """`[function(*args) for args in arguments]`, for a function of the subject's. Raises what a call raises."""
    __tracebackhide__ = True
    return _host().call_each(function, arguments)


def _host() -> SubjectHost:
    """Where the subject of this session is."""
    return next((finder.host for finder in sys.meta_path if isinstance(finder, SubjectFinder)), LocalHost())
