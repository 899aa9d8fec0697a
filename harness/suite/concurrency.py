"""Tests of calls from many threads that do not depend on luck: `crowd`, `interleave`, `hold` and `stuck`.

A call is a tuple of what to call and its arguments: `(limiter.allow, "ada")`. Its outcome is what it returns, or
`"ValueError: message"` of what it raises. Threads run where the subject is, in another process too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, NamedTuple

from harness.core.model import Failure
from harness.subject.finder import SubjectFinder
from harness.suite import stepping
from harness.suite.batch import in_subject_process
from harness.suite.check import CheckFailedError
from harness.suite.show import show
from harness.suite.stepping import STUCK
from harness.suite.threads import DEADLINE_S, Call, Gate, ManualClock, Worker

__all__ = ["Call", "Gate", "ManualClock", "Meeting", "Worker", "crowd", "finish", "hold", "interleave", "new_clock", "new_gate",
           "start", "stuck", "words"]  # fmt: skip

LOCKED = "a lock is held across what may take long: let go of it there"
MAX_THREADS = 100
_SHOWN_ORDERS = 4

new_clock = in_subject_process(ManualClock)
"""A `ManualClock` where the subject is, where asking it the time costs least."""
new_gate = in_subject_process(Gate)
"""A `Gate` where the subject is. Its function is one of a helper module, or of the suite."""
_new_worker = in_subject_process(Worker)
_crowd = in_subject_process(stepping.crowd)
_interleave = in_subject_process(stepping.interleave)


class Meeting(NamedTuple):
    """The outcomes of calls that met."""

    first: Any
    others: list[Any]
    after: list[Any]
    joining: list[Any]


def words(*calls: Call) -> str:
    """Calls for a message: `allow('ada'), allow('bob')`."""
    return ", ".join(f"{_name(name)}({', '.join(map(_argument, args))})" for name, *args in calls)


def crowd(*calls: Call, times: int = 1, mistake: str = "") -> list[Any]:
    """The outcomes of calls that begin at one barrier, each in a thread of its own, and each `times` times.

    At each step in the subject's code, threads let others go on, so that an update that is not atomic is lost nearly always;
    what `interleave` finds is found always. Fails when a call does not end. Raises `ValueError` for more than 100 threads.
    """
    __tracebackhide__ = True
    if len(calls) * times > MAX_THREADS:
        raise ValueError(f"a crowd has at most {MAX_THREADS} threads, and a sandbox not many more")
    lines = _crowd(_subject_modules(), calls, times)
    number = sum(map(len, lines))
    _raise_unwritten(*lines)
    if number < len(lines):
        asked = f"{words(*calls)}, {'each ' * (len(calls) > 1)}from {times} threads at once"
        came = f"{len(lines) - number} of {len(lines)} calls do not end"
        _fail(asked, came, "an answer to each", mistake or "threads wait for each other, or for what never comes")
    return [outcome for line in lines for outcome in line]


def interleave(
    make: Call,
    first: Call,
    *others: Call,
    before: Sequence[Call] = (),
    after: Sequence[Call] = (),
    joining: Sequence[Call] = (),
    mistake: str,
    right: Callable[[Meeting], bool] | None = None,
    expected: str = "",
    made: str = "",
) -> None:
    """Stop `first` before each of its steps in the subject's code, have another thread make the calls `others`, and go on.

    `make` makes a new object for each stop: `(kata.RateLimiter, 1)`, or `(helpers.new_limiter, 1)`. All other calls name a method
    of that object, `("allow", "ada")`, or are of a helper module's function, which takes the object first. Those of `before` and
    `after` are made while no other call is under way; errors count without their message. With `right`, that says (and `expected`
    says in words) whether a meeting is right. Without, it is what the calls give one after the other, in one order or another.

    `made` is what to call the object in a message. With `joining`, a third thread makes these calls when a helper module that
    `first` calls calls `harness.suite.stepping.join_here`, and `first` is stopped at the steps after that.
    """
    __tracebackhide__ = True
    parts = {"make": make, "first": first, "others": others, "before": before, "after": after, "joining": joining}
    known, came = _interleave(_subject_modules(), has_rule=right is not None, **parts)
    tried: list[Any] = []
    for step, line, source, outcome in came:
        if outcome in tried:
            continue
        tried.append(outcome)
        if outcome != STUCK and (outcome in known if right is None else right(_meeting(outcome))):
            continue
        place = f"stopped in line {line} (step {step}) before `{source}`" if line else "which was not stopped"
        met = f", and {words(*others)} in another thread" if others else ""
        met += f"; {words(*joining)} in a third thread, which begins in the middle" if joining else ""
        asked = f"{made or words(make)}; {_then(before)}{words(first)}, {place}{met}"
        if outcome == STUCK:
            _fail(
                asked,
                "they do not end",
                "both end",
                f"the two wait for each other, or a lock is never released; or: {mistake}",
            )
        lines = first, others, joining, after
        shown = " or ".join(dict.fromkeys(_told(lines, one) for one in known[:_SHOWN_ORDERS]))
        _fail(asked, _told(lines, outcome), expected or f"what they give one after the other: {shown}", mistake)


def start(*calls: Call) -> Worker:
    """Make calls, one after the other, in a thread of their own; `finish` gives their outcomes."""
    return _new_worker(calls)


def hold(call: Call, gate: Gate, *, mistake: str = "the gate is not called in the call itself") -> Worker:
    """Make a call in a thread of its own, and wait until one more call stands at the gate; `gate.open()` lets it go on.

    Fails when none comes there.
    """
    __tracebackhide__ = True
    times = len(gate.calls) + 1
    worker = start(call)
    if not gate.arrived(times, 0.05) and not (worker.ends(0) or gate.arrived(times)):
        _fail(
            words(call), f"it waits for something else, or {DEADLINE_S:g} s did not do", "it comes to the gate", mistake
        )
    if not gate.arrived(times, 0):
        _raise_unwritten(worker.outcomes)
        _fail(
            words(call),
            f"it ends without having come to the gate: {show(worker.outcomes)}",
            "it comes to the gate",
            mistake,
        )
    return worker


def finish(worker: Worker, *, asked: str, mistake: str = LOCKED) -> list[Any]:
    """The outcomes of calls in another thread, which nothing holds up any more. Fails when they do not end."""
    __tracebackhide__ = True
    ended = worker.ends()
    outcomes: list[Any] = worker.outcomes
    _raise_unwritten(outcomes)
    if not ended:
        came = f"it waits, and gives no answer ({len(outcomes)} calls have ended)"
        _fail(asked, came, "an answer", mistake)
    return outcomes


def stuck(*calls: Call, when: str, mistake: str = LOCKED) -> list[Any]:
    """The outcomes of calls that must not wait for what goes on meanwhile, which `when` says: `"a model predicts"`.

    Fails when one of them is stuck.
    """
    __tracebackhide__ = True
    return finish(start(*calls), asked=f"{words(*calls)}, while {when}", mistake=mistake)


def _subject_modules() -> tuple[str, ...]:
    """The names of the subjects' modules in this session."""
    finders = (finder for finder in sys.meta_path if isinstance(finder, SubjectFinder))
    return tuple(name for finder in finders for name in finder.subject_modules())


def _name(called: Any) -> str:
    return called if isinstance(called, str) else str(getattr(called, "__name__", None) or type(called).__name__)


def _argument(value: Any) -> str:
    """Functions and classes by their names, anything else as usual."""
    return _name(value) if isinstance(value, FunctionType | type) else show(value)


def _then(calls: Sequence[Call]) -> str:
    return f"{words(*calls)}; " if calls else ""


def _meeting(outcome: list[list[Any]]) -> Meeting:
    (first,), others, joining, after = outcome
    return Meeting(first, others, after, joining)


def _told(lines: tuple[Call, Sequence[Call], Sequence[Call], Sequence[Call]], outcome: list[list[Any]]) -> str:
    """What each call gave."""
    first, *others = lines
    pairs = zip(((first,), *others), outcome, strict=True)
    told = ["; ".join(f"{words(call)} gave {show(one)}" for call, one in zip(*pair, strict=False)) for pair in pairs]
    return "; ".join(part for part in told[:3] if part) + (f"; then {told[3]}" if told[3] else "")


def _raise_unwritten(*lines: Sequence[Any]) -> None:
    """Raise `NotImplementedError` when a call has raised it: that is no outcome."""
    __tracebackhide__ = True
    for line in lines:
        for outcome in line:
            if isinstance(outcome, str) and outcome.startswith("NotImplementedError"):
                raise NotImplementedError(outcome.partition(": ")[2])


def _fail(asked: str, came: str, expected: str, mistake: str) -> None:
    __tracebackhide__ = True
    raise CheckFailedError(Failure(asked, came, expected, mistake))
