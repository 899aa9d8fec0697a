"""Calls that meet: a thread is stopped before each of its steps in the subject's code, while another thread makes its calls.

As `harness.suite.threads`, this runs in the process of the subject and imports the standard library alone.
"""

from __future__ import annotations

import dis
import gc
import linecache
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from types import CodeType, FrameType, FunctionType
from typing import Any, Self

from harness.suite.threads import DEADLINE_S, Call, Rest, Worker, outcome_of

STUCK = "stuck"
"""The outcome of calls that do not end."""
MAX_STOPS = 400
"""A call of more steps is stopped before so many of them, evenly spread."""
YIELDS = 20_000
"""How often the threads of a crowd let others go on, in all."""
_STEP = re.compile(
    "(LOAD|STORE|DELETE)_(ATTR|SUBSCR|SPECIAL)|(STORE|DELETE)_(GLOBAL|DEREF)|BINARY_(OP|SUBSCR|SLICE)|STORE_SLICE|"
    "CONTAINS_OP|FOR_ITER|BEFORE_WITH|CALL|TO_BOOL|(POP_)?JUMP_(FORWARD_)?IF_(TRUE|FALSE)"
)
"""The bytecodes that can affect other threads, or be affected by them."""
WAITS_SAMPLES = 15
"""After so many looks in a row at which all threads of the process sleep, `first` waits for the others."""
_TOOL = 3
"""The number of this tool for `sys.monitoring`; debuggers, coverage and profilers have others."""
_local = threading.local()
_codes: dict[str, tuple[dict[str, Any], list[CodeType]]] = {}


@cache
def steps_of(code: CodeType) -> frozenset[int]:
    """Where the steps of a function begin."""
    return frozenset(at.offset for at in dis.get_instructions(code) if _STEP.match(at.opname))


class Steps:
    """A context in which threads that have called `begin(at_step)` call `at_step` before each step in the code of `modules`.

    Python 3.11 traces such threads. Later ones may crash when several threads are traced, but have `sys.monitoring`, which
    reports the steps of all threads.
    """

    def __init__(self, modules: Sequence[str]) -> None:
        self.modules = modules
        self._codes: list[CodeType] = []

    def __enter__(self) -> Self:
        """Report from now on."""
        if sys.version_info >= (3, 12):
            monitoring = sys.monitoring
            self._codes = [code for name in self.modules for code in codes_of(name)]
            monitoring.use_tool_id(_TOOL, "steps")
            monitoring.register_callback(_TOOL, monitoring.events.INSTRUCTION, _report)
            for code in self._codes:
                monitoring.set_local_events(_TOOL, code, monitoring.events.INSTRUCTION)
        return self

    def __exit__(self, *_: object) -> None:
        """Report no more."""
        if sys.version_info >= (3, 12):
            for code in self._codes:
                sys.monitoring.set_local_events(_TOOL, code, 0)
            sys.monitoring.register_callback(_TOOL, sys.monitoring.events.INSTRUCTION, None)
            sys.monitoring.free_tool_id(_TOOL)

    def begin(self, at_step: Callable[[FrameType], None]) -> None:
        """Report the steps of this thread."""
        _local.at_step = at_step
        if sys.version_info < (3, 12):
            sys.settrace(self._trace)

    def _trace(self, frame: FrameType, event: str, _arg: object) -> Any:
        if frame.f_globals.get("__name__") not in self.modules:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode" and frame.f_lasti in steps_of(frame.f_code):
            _local.at_step(frame)
        return self._trace


def _report(code: CodeType, offset: int) -> None:
    """What `sys.monitoring` calls before each instruction."""
    at_step = getattr(_local, "at_step", None)
    if at_step is not None and offset in steps_of(code):
        at_step(sys._getframe(1))


def codes_of(module: str) -> list[CodeType]:
    """The code of all functions of a module, those in functions included."""
    names = vars(sys.modules[module])
    if module not in _codes or _codes[module][0] is not names:
        functions = [one for one in gc.get_objects() if type(one) is FunctionType and one.__globals__ is names]
        found: dict[CodeType, None] = {}
        todo = [function.__code__ for function in functions]
        while todo:
            code = todo.pop()
            found[code] = None
            todo += [const for const in code.co_consts if isinstance(const, CodeType)]
        _codes[module] = names, list(found)
    return _codes[module][1]


# --- many threads at once ---------------------------------------------------------------------------------------------


def crowd(modules: Sequence[str], calls: Sequence[Call], times: int = 1) -> list[list[Any]]:
    """The outcomes of calls that begin at one barrier, each `times` times, each in a thread of its own.

    `[]` for a call that does not end.

    Before each step in the code of `modules`, a thread lets others go on.
    """
    yields = 0

    def let_others(_: FrameType) -> None:
        nonlocal yields
        yields += 1
        if yields < YIELDS:
            time.sleep(0)

    barrier = threading.Barrier(len(calls) * times)
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with Steps(modules) as steps:
            before = partial(steps.begin, let_others)
            workers = [Worker([call], before=before, barrier=barrier) for call in calls for _ in range(times)]
            all(worker.ends() for worker in workers)  # when one does not end, the others have had their time
    finally:
        sys.setswitchinterval(interval_s)
    return [worker.outcomes for worker in workers]


# --- one thread is stopped before each of its steps -------------------------------------------------------------------


@dataclass
class Scenario:
    """`first` is stopped before each of its steps, while another thread makes the calls `others`.

    A call is the name of a method of what `make` makes, or a function that takes that object first, and arguments. A third
    thread makes the calls `joining` when `join_here` is called, and steps count from there on.
    """

    make: Call
    first: Call
    others: Sequence[Call]
    before: Sequence[Call] = ()
    after: Sequence[Call] = ()
    joining: Sequence[Call] = ()

    def prepared(self) -> Any:
        """A new object, for which the calls `before` were made."""
        make, *args = self.make
        system = make(*args)
        self.perform_all(system, self.before)
        return system

    def perform(self, system: Any, call: Call) -> Any:
        """The brief outcome of a call."""
        return outcome_of(partial(self.invoke, system, call), brief=True)

    def invoke(self, system: Any, call: Call) -> Any:
        """Make a call."""
        name, *args = call
        return getattr(system, name)(*args) if isinstance(name, str) else name(system, *args)

    def perform_all(self, system: Any, calls: Sequence[Call]) -> list[Any]:
        """The brief outcomes of calls, one after the other."""
        return [self.perform(system, call) for call in calls]

    def in_order(self, order: Sequence[tuple[int, Call]]) -> Any:
        """What the calls give one after the other; each has the number of its thread. `STUCK` when one waits for a later one."""
        return Attempt(partial(self._in_order, order)).result()

    def _in_order(self, order: Sequence[tuple[int, Call]]) -> list[Any]:
        system = self.prepared()
        lines: tuple[list[Any], ...] = ([], [], [])
        for line, call in order:
            lines[line].append(self.perform(system, call))
        return [*lines, self.perform_all(system, self.after)]


class Attempt:
    """A function in a thread of its own, which may not end."""

    def __init__(self, function: Callable[[], Any], **options: Any) -> None:
        """`options` are those of `Worker`."""
        self._function = function
        self._came: Any = STUCK
        self._error: BaseException | None = None
        self.worker = Worker([(self._run,)], **options)

    def _run(self) -> None:
        try:
            self._came = self._function()
        except BaseException as error:
            self._error = error

    def result(self, within_s: float = DEADLINE_S) -> Any:
        """What it returns, `STUCK` when it does not end. Raises what it raises."""
        ended = self.worker.ends(within_s)
        if self._error is not None:
            raise self._error
        return self._came if ended else STUCK


def orders(*lines: Sequence[Call]) -> Iterator[list[tuple[int, Call]]]:
    """Every order in which the calls of several lines can come; those of one line come in its order."""
    if not any(lines):
        yield []
    for i, line in enumerate(lines):
        if line:
            for rest in orders(*lines[:i], line[1:], *lines[i + 1 :]):
                yield [(i, line[0]), *rest]


def join_here() -> None:
    """Called by a helper module in the middle of `first`: the calls `joining` begin now. Does nothing otherwise."""
    walk: Walk | None = getattr(_local, "walk", None)
    if walk is not None:
        walk.join()


def interleave(modules: Sequence[str], *, has_rule: bool, **parts: Any) -> tuple[list[Any], list[list[Any]]]:
    """The outcomes of a `Scenario` that are right, and of each stop `[step, line, source of the line, outcome]`.

    Right is what comes of the calls one after the other, in any order; with `has_rule`, the caller knows what is right. An
    outcome is `[[of first], [of others], [of joining], [of after]]`. Raises what `make` raises, and `RuntimeError` when the calls
    cannot end one after the other. Where the others wait for a lock, `first` takes one step,
    and waits for them again. When they have ended, or wait for something else, it goes on to its end. Where `first` waits by
    itself, as for a batch that is not full, the others begin.
    """
    scenario = Scenario(**parts)
    lines = [scenario.first], scenario.others, scenario.joining
    known = list(orders(*lines))
    right = [] if has_rule else [one for order in known if (one := scenario.in_order(order)) != STUCK]
    if not right and not has_rule:
        raise RuntimeError("no order lets these calls end one after the other: say with right= what is right")
    came: list[list[Any]] = []
    stop = 1
    with Steps(modules) as steps:
        while True:
            walk = Walk(scenario, stop, steps)
            outcome = walk.result()
            came.append([*walk.place, outcome])
            stride = -(-walk.steps // MAX_STOPS) or 1
            stop = max(walk.met_at or walk.steps + 1, stop + stride)
            if outcome == STUCK or walk.waited or stop > walk.steps:
                return right, came


class Walk:
    """A scenario in which `first` stops before its step number `stop`."""

    def __init__(self, scenario: Scenario, stop: int, steps: Steps) -> None:
        self.steps = 0
        self.met_at = 0
        """The step at which `first` went on without waiting."""
        self.place: tuple[int, int, str] = (0, 0, "")
        """The step before which it was stopped when the others went on, its line, and the source of that."""
        self.waited = False
        """Whether the others began because `first` waited for them: so it is at all later stops."""
        self._scenario = scenario
        self._stop = stop
        self._other: Worker | None = None
        self._joiner: Worker | None = None
        self._counts = False
        self._is_stopped = False
        self._modules = steps.modules
        self._lock = threading.Lock()
        before = partial(steps.begin, self._step)
        self._first = Attempt(self._run, before=before, is_awake=lambda: self._is_stopped)

    def result(self) -> Any:
        """What came of it, `STUCK` when it does not end. Raises what `make` raises, and `NotImplementedError`."""
        if not self._first.worker.ends(asleep_samples=WAITS_SAMPLES) and self._counts:
            self.waited = self._begin_others()
        return self._first.result(3 * DEADLINE_S)

    def _begin_others(self) -> bool:
        """Have the others begin, unless they have; whether they had not."""
        with self._lock:
            if self._other is not None:
                return False
            self._other = self._start(self._scenario.others)
            return True

    def _run(self) -> Any:
        scenario = self._scenario
        self._system = scenario.prepared()
        _local.walk = self if scenario.joining else None
        self._counts = not scenario.joining
        first = scenario.perform(self._system, scenario.first)
        self._counts, _local.walk = False, None
        workers = self._other, self._joiner
        if not all(worker.ends() for worker in workers if worker):
            return STUCK
        came = [worker.outcomes if worker else [] for worker in workers]
        for outcome in (outcome for outcomes in came for outcome in outcomes):
            if isinstance(outcome, str) and outcome.startswith("NotImplementedError"):
                raise NotImplementedError(outcome.partition(": ")[2])
        return [[first], *came, scenario.perform_all(self._system, scenario.after)]

    def _start(self, calls: Sequence[Call]) -> Worker:
        return Worker([(self._scenario.invoke, self._system, call) for call in calls], brief=True)

    def join(self) -> None:
        """Let the third thread begin, and count steps from now on."""
        _local.walk = None
        self._joiner = self._start(self._scenario.joining)
        self._joiner.rests(self._modules)
        self._counts = True

    def _step(self, frame: FrameType) -> None:
        if not self._counts:
            return
        self.steps += 1
        if self.steps == self._stop:
            self._begin_others()
        if self._other and not self.met_at and not self.waited:
            source = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
            self.place = self.steps, frame.f_lineno, source
            self._is_stopped = True
            if self._other.rests(self._modules) is not Rest.AT_LOCK:
                self.met_at = self.steps
            self._is_stopped = False
