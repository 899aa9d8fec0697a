"""Calls of several threads that meet: one of them is stopped before each of its steps, while others go on.

Everything here runs in the process of the system under test.
"""

from __future__ import annotations

import dis
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from serving_models import DEADLINE_S, SUBJECT, Call, Guest, Stage

STEP = re.compile("(LOAD|STORE|DELETE)_(ATTR|SUBSCR|SPECIAL)|BINARY_(OP|SUBSCR)|CONTAINS_OP|FOR_ITER|BEFORE_WITH|CALL")
"""The bytecodes that can affect other threads, or be affected by them."""


@dataclass
class Scenario:
    """Calls of several threads: `first` is stopped before each of its steps, while another thread makes the `others`.

    With `joining`, a third thread makes these while `first` is reading a file, and steps count from there on.
    """

    stage: Stage
    size: int
    before: Sequence[Call]
    first: Call
    others: Sequence[Call]
    after: Sequence[Call]
    joining: Sequence[Call] = ()
    reads: bool = False
    """Whether the reads of files are part of the outcome."""

    def prepared(self) -> Any:
        """A system for which the calls `before` were made."""
        system = self.stage.serve("", self.size)
        self.stage.save("a")
        self.stage.do_all(system, self.before)
        self.stage.clear()
        return system

    def outcome(self, system: Any, *lines: list[Any]) -> list[Any]:
        """What the calls of each thread gave, and those after them, without what may differ."""
        came = [[essence(one) for one in line] for line in (*lines, self.stage.do_all(system, self.after))]
        return [*came, sorted(entry for entry in self.stage.log if entry.startswith("load"))] if self.reads else came

    def one_after_the_other(self, order: Sequence[tuple[int, Call]]) -> list[Any]:
        """What the calls give in this order; each has the number of its thread."""
        system = self.prepared()
        lines: tuple[list[Any], ...] = ([], [], [])
        for line, call in order:
            lines[line].append(self.stage.do(system, call))
        return self.outcome(system, *lines)


def essence(outcome: Any) -> Any:
    """An outcome without what may differ: messages, latencies, and whether a request that waited was a hit."""
    if isinstance(outcome, dict):
        shown = {key: outcome[key] for key in ("loaded", "request_count", "error_count")}
        there = {f"has {key}": outcome[key] is not None for key in ("loaded_at", "latency_p50_ms")}
        return {"path": Path(outcome["path"]).stem} | there | shown
    return outcome[0] if isinstance(outcome, list) else outcome and outcome.partition(":")[0]


def orders(*lines: Sequence[Call]) -> Iterator[list[tuple[int, Call]]]:
    """Every order in which the calls of several lines can come; those of one line come in its order."""
    if not any(lines):
        yield []
    for i, line in enumerate(lines):
        if line:
            for rest in orders(*lines[:i], line[1:], *lines[i + 1 :]):
                yield [(i, line[0]), *rest]


def interleave(stage: Stage, **calls: Any) -> tuple[list[Any], list[Any]]:
    """The outcomes of a `Scenario` that are right, and pairs of a step and what came when `first` was stopped there.

    Right is what comes of the calls one after the other, in any order. Where the `others` wait for a lock, `first` takes
    one step, and waits for them again. When they have ended, or wait for something else, it goes on to its end.
    """
    scenario = Scenario(stage, **calls)
    lines = [scenario.first], scenario.others, scenario.joining
    right = [scenario.one_after_the_other(order) for order in orders(*lines)]
    Walk(scenario, 0).result()  # Python 3.13 reports the steps of a function from its second call on
    came: list[Any] = []
    stop = 1
    while True:
        walk = Walk(scenario, stop)
        outcome = walk.result()
        if outcome != "stuck" and not walk.steps:
            raise RuntimeError("this Python reports no steps of a traced function")
        if outcome not in [known for _, known in came]:
            came.append([stop, outcome])
        stop = max(walk.met_at or walk.steps + 1, stop + 1)
        if outcome == "stuck" or stop > walk.steps:
            return right, came


@cache
def steps_of(code: CodeType) -> frozenset[int]:
    """Where the steps of a function begin."""
    return frozenset(at.offset for at in dis.get_instructions(code) if STEP.match(at.opname))


def traced(frame: FrameType, _event: str = "", _arg: object = None) -> Any:
    """Trace the steps of the subject, and do nothing at them: Python 3.13 reports them to all threads that run it, or none."""
    if frame.f_globals.get("__name__") != SUBJECT:
        return None
    frame.f_trace_opcodes, frame.f_trace_lines = True, False
    return traced


class Walk:
    """A scenario in which `first` stops before its step number `stop`."""

    def __init__(self, scenario: Scenario, stop: int) -> None:
        self.steps = 0
        self.met_at = 0
        """The step at which `first` went on without waiting."""
        self._scenario = scenario
        self._stop = stop
        self._visitor: Guest | None = None
        self._joiner: Guest | None = None
        self._counts = False
        self._guest = Guest([self._run], self._trace)

    def result(self) -> Any:
        """What came of it, "stuck" when it does not end."""
        return self._guest.outcomes[0] if self._guest.ends(3 * DEADLINE_S) else "stuck"

    def _run(self) -> Any:
        scenario, stage = self._scenario, self._scenario.stage
        self._system = scenario.prepared()
        if scenario.joining:
            stage.while_reading = self._join
        self._counts = not scenario.joining
        first = stage.do(self._system, scenario.first)
        self._counts, stage.while_reading = False, None
        guests = self._visitor, self._joiner
        if not all(guest.ends() for guest in guests if guest):
            return "stuck"
        return scenario.outcome(self._system, [first], *[guest.outcomes if guest else [] for guest in guests])

    def _start(self, calls: Sequence[Call]) -> Guest:
        trace = traced if sys.version_info >= (3, 13) else None
        return Guest([partial(self._scenario.stage.do, self._system, call) for call in calls], trace)

    def _join(self) -> None:
        self._joiner = self._start(self._scenario.joining)
        self._joiner.rests()
        self._counts = True

    def _trace(self, frame: FrameType, event: str, _arg: object) -> Any:
        if traced(frame) is None:
            return None
        if self._counts and event == "opcode" and frame.f_lasti in steps_of(frame.f_code):
            self._step()
        return self._trace

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self._stop:
            self._visitor = self._start(self._scenario.others)
        if self._visitor and not self.met_at and self._visitor.rests() != SUBJECT:
            self.met_at = self.steps
