"""Many calls in one go: `beside(visitors.variants_of)` is that function of a helper module, run where the subject is,
and `each(kata.softmax, [(x,), (y,)])` are the results of one function of the subject's for many arguments.

A suite that asks the subject thousands of small things is slow when the subject is in another process, where each costs a
tenth of a millisecond. A function of the kata's helper module that asks them all, and returns plain values or the subject's
own objects, is one question instead. In practice, with suite and subject in one process, it is an ordinary call.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from harness.subject.finder import SubjectFinder

P = ParamSpec("P")
R = TypeVar("R")


def beside(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, of a helper module, run in the process of the subject; what it raises comes back from there."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        for finder in sys.meta_path:
            if isinstance(finder, SubjectFinder) and finder.helper is not None:
                return finder.helper(function, args, kwargs)  # type: ignore[no-any-return]
        return function(*args, **kwargs)

    return run


def each(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """`[function(*args) for args in arguments]`, for a function of the subject's; what one of the calls raises ends them."""
    __tracebackhide__ = True
    for finder in sys.meta_path:
        if isinstance(finder, SubjectFinder) and finder.each is not None:
            return finder.each(function, arguments)
    return [function(*args) for args in arguments]
