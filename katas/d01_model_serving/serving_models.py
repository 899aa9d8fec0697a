"""Toy models to pickle and to serve, and the stage on which the suite watches them.

Everything here lives in the process of the system under test. A `Probe` finds the stage that it was saved on by the name
of the folder: there it writes its log, waits at its gates, and moves the clock.
"""

from __future__ import annotations

import dis
import gc
import pickle
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import CodeType, FrameType, SimpleNamespace
from typing import Any

SUBJECT = "model_serving"
DEADLINE_S = 10.0
"""How long a call that nothing holds up may take before it counts as stuck."""
TICKS_PER_S = 1024
"""Durations are multiples of 1/1024 s: they add up without rounding, and a rounded latency differs from the exact one."""

Call = tuple[Any, ...]
"""A method of the system and its arguments, with the name of a file for a path.

Besides, `("copy", from, to)` copies a file, and `("loaded", ids)` asks which of these models are loaded.
"""


# --- models -----------------------------------------------------------------------------------------------------------


class OddError(Exception):
    """An error that no list of expected errors contains."""


ERRORS = {error.__name__: error for error in (ValueError, KeyError, RuntimeError, OddError)}


@dataclass
class Scale:
    """Multiplies each number of a list."""

    factor: float

    def predict(self, data: list[float]) -> list[float]:
        """Return `factor` times each element."""
        return [self.factor * x for x in data]


@dataclass
class Probe:
    """Predicts `[name, data]` and logs `load <name>`, `predict <name>` and, when it is freed, `gone <name>`.

    It takes `load_s` seconds to be read. After the log entries that `holds` names, it waits until the gate of that name
    is open. With `load_error`, being read ends in that exception.
    """

    name: str
    folder: str
    load_s: float = 0.0
    holds: tuple[str, ...] = ()
    load_error: str = ""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Be read from a pickle."""
        self.__dict__.update(state, was_read=True)
        self._report("load", self.load_s)
        if self.load_error:
            raise ERRORS[self.load_error]

    def predict(self, data: Any) -> list[Any]:
        """Return `[name, data]`. A float is that many seconds to take; the name of an error takes 1 s and raises it."""
        fails = isinstance(data, str) and data in ERRORS
        self._report("predict", data if isinstance(data, float) else float(fails))
        if fails:
            raise ERRORS[data](f"{self.name} was told to fail") from LookupError("inner")
        return [self.name, data]

    def _report(self, what: str, seconds: float) -> None:
        entry = f"{what} {self.name}"
        stage = STAGES[self.folder]
        stage.note(entry)
        if entry in self.holds:
            stage.gate(entry).wait(3 * DEADLINE_S)
        stage.advance(seconds)

    def __del__(self) -> None:
        """Be freed."""
        if getattr(self, "was_read", False) and self.folder in STAGES:
            STAGES[self.folder].note(f"gone {self.name}")


class Empty:
    """A model that is false as a condition, as its length is 0."""

    def __len__(self) -> int:
        """Return 0."""
        return 0

    def predict(self, data: Any) -> Any:
        """Return `data`."""
        return data


OBJECTS: dict[str, object] = {
    "a dict": {"not": "a model"},
    "predict is a number": SimpleNamespace(predict=1.0),
    "predict is len": SimpleNamespace(predict=len),
    "an object of length 0": Empty(),
}


def predict_undefined(interface: type) -> object:
    """The prediction of a subclass of `ModelInterface` that does not define `predict`."""
    return type("IncompleteModel", (interface,), {})().predict(None)


# --- stages and threads -----------------------------------------------------------------------------------------------


class Guest:
    """Calls, one after the other, in a thread of their own."""

    def __init__(self, thunks: Sequence[Callable[[], Any]], trace: Callable[..., Any] | None = None) -> None:
        self._outcomes: list[Any] = []
        self._thunks = thunks
        self._trace = trace
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        if self._trace:
            sys._getframe().f_trace_opcodes = True  # without this, Python 3.12 reports no steps of other frames
            sys.settrace(self._trace)
        try:
            for thunk in self._thunks:
                self._outcomes.append(thunk())
        except NotImplementedError as error:
            self._outcomes.append(f"NotImplementedError: {error}")
        finally:
            if self._trace:
                sys.settrace(None)
            self._done.set()

    def outcomes(self) -> list[Any]:
        """What has come of the calls so far."""
        return list(self._outcomes)

    def ends(self, within_s: float = DEADLINE_S) -> bool:
        """Wait for the last call to end; whether it did."""
        return self._done.wait(within_s)

    def rests(self, within_s: float = 1.0) -> str:
        """Wait until it has ended, or waits for another thread; the name of the module in which it waits."""
        still, place, module = 0, None, ""
        deadline = time.monotonic() + within_s
        while still < 2 and not self.ends(0.0003) and time.monotonic() < deadline:
            frame = sys._current_frames().get(self._thread.ident or 0)
            now = (id(frame), frame.f_lasti) if frame and self._sleeps() else None
            still, place = (still + 1 if now and now == place else 0), now
            module = frame.f_globals.get("__name__", "") if frame else ""
        return "" if self.ends(0) else module

    def _sleeps(self) -> bool:
        """Whether the kernel says that the thread sleeps; true where the kernel cannot be asked."""
        try:
            stat = Path(f"/proc/self/task/{self._thread.native_id}/stat").read_text(encoding="utf-8")
        except OSError:
            return True
        return stat.rpartition(")")[2].split()[0] == "S"


class Stage:
    """A folder of pickled models with a log, gates, and a clock, which is the stage itself: `stage()` is the time in s."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.log: list[str] = []
        self.now_s = 0.0
        self.while_reading: Callable[[], None] | None = None
        """Called once by the next model that is read."""
        self._gates: dict[str, threading.Event] = {}
        self._lock = threading.RLock()
        STAGES[folder] = self

    def __call__(self) -> float:
        """The time in seconds; it begins at 0 and moves only by `advance`."""
        return self.now_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self.now_s += seconds

    def note(self, entry: str) -> None:
        """Append to the log."""
        self.log.append(entry)
        if entry.startswith("load ") and self.while_reading:
            called, self.while_reading = self.while_reading, None
            called()

    def logs(self, entry: str, times: int = 1, within_s: float = DEADLINE_S) -> bool:
        """Wait until `entry` is in the log so many times; whether it came."""
        deadline = time.monotonic() + within_s
        while self.log.count(entry) < times and time.monotonic() < deadline:
            time.sleep(0.001)
            if entry.startswith("gone"):
                gc.collect()
        return self.log.count(entry) >= times

    def count(self, entry: str) -> int:
        """How often `entry` is in the log."""
        return self.log.count(entry)

    def clear(self) -> None:
        """Empty the log."""
        self.log.clear()

    def gate(self, entry: str) -> threading.Event:
        """The gate at which a probe waits after this log entry."""
        with self._lock:
            return self._gates.setdefault(entry, threading.Event())

    def open(self, entry: str) -> None:
        """Let everyone through who waits, or will wait, at this gate."""
        self.gate(entry).set()

    def close(self) -> None:
        """Open all gates, and forget the stage."""
        with self._lock:
            for gate in self._gates.values():
                gate.set()
        STAGES.pop(self.folder, None)

    def path(self, file: str) -> str:
        """Where a file is."""
        return str(Path(self.folder) / f"{file}.pkl")

    def save(self, file: str, name: str = "", **options: Any) -> str:
        """Pickle a probe into a file; returns the path."""
        if options.get("holds"):
            options["holds"] = (f"{options['holds']} {name or file}",)
        Path(self.path(file)).write_bytes(pickle.dumps(Probe(name or file, self.folder, **options)))
        return self.path(file)

    def save_object(self, file: str, kind: str) -> str:
        """Pickle one of `OBJECTS` into a file; returns the path."""
        Path(self.path(file)).write_bytes(pickle.dumps(OBJECTS[kind]))
        return self.path(file)

    def serve(self, ids: str, size: int = 10) -> Any:
        """A system that has loaded models of these one-letter ids, in this order, from files of those names."""
        from model_serving import ModelServingSystem

        system = ModelServingSystem(size, self)
        for model_id in ids:
            known = Path(self.path(model_id)).exists()
            system.load_model(model_id, self.path(model_id) if known else self.save(model_id))
        return system

    def do(self, system: Any, call: Call) -> Any:
        """What a call returns, or `"<type>: <message>"` of what it raises; of `predict`, prediction and cache_hit."""
        method, *args = call
        try:
            if method == "copy":
                copied = shutil.copy(self.path(args[0]), self.path("copied"))
                return Path(copied).replace(self.path(args[1])) and None  # at once: readers of the old file go on
            if method == "load_model":
                return system.load_model(args[0], self.path(args[1]))
            if method == "loaded":
                return self.loaded(system, *args)
            came = getattr(system, method)(*args)
            return [came["prediction"], came["cache_hit"]] if method == "predict" else came
        except NotImplementedError:
            raise
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    def do_all(self, system: Any, calls: Sequence[Call]) -> list[Any]:
        """The outcomes of calls, one after the other."""
        return [self.do(system, call) for call in calls]

    def start(self, system: Any, *calls: Call) -> Guest:
        """Make calls in a thread of their own."""
        return Guest([partial(self.do, system, call) for call in calls])

    def loaded(self, system: Any, ids: str) -> str:
        """Those of the ids whose models are in the cache."""
        return "".join(model_id for model_id in ids if system.get_model_info(model_id)["loaded"])

    def walk(self, system: Any, calls: Sequence[Call]) -> list[list[Any]]:
        """The outcomes of calls, one after the other, errors without their message, each with its part of the log."""
        came = []
        for call in calls:
            self.clear()
            outcome = self.do(system, call)
            outcome = outcome.partition(":")[0] if isinstance(outcome, str) else outcome
            came.append([outcome, [entry for entry in self.log if not entry.startswith("gone")]])
        return came

    def failure(self, system: Any, call: Call) -> list[Any]:
        """What a call raises: type, arguments, cause and context."""
        try:
            getattr(system, call[0])(*call[1:])
        except NotImplementedError:
            raise
        except Exception as error:
            return [type(error).__name__, list(error.args), repr(error.__cause__), repr(error.__context__)]
        return ["no error", [], "None", "None"]


STAGES: dict[str, Stage] = {}


# --- calls that meet --------------------------------------------------------------------------------------------------

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
    others: Sequence[Call] = ()
    after: Sequence[Call] = ()
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
        return {"path": Path(outcome["path"]).stem, "has loaded_at": outcome["loaded_at"] is not None} | shown
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
        if outcome == "stuck" or not scenario.others or stop > walk.steps:
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
        return self._guest.outcomes()[0] if self._guest.ends(3 * DEADLINE_S) else "stuck"

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
        return scenario.outcome(self._system, [first], *[guest.outcomes() if guest else [] for guest in guests])

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
        if self.steps == self._stop and self._scenario.others:
            self._visitor = self._start(self._scenario.others)
        if self._visitor and not self.met_at and self._visitor.rests() != SUBJECT:
            self.met_at = self.steps
        if self._joiner and not self._scenario.others:
            self._joiner.rests()  # let it come as far as it can at each step


# --- many calls in one --------------------------------------------------------------------------------------------------


def load_all(system: Any, number: int, path: str) -> None:
    """Load the models m0, m1, ..., all from one file."""
    for i in range(number):
        system.load_model(f"m{i}", path)


def predict_each(system: Any, requests: Sequence[tuple[str, Any]]) -> list[Any]:
    """The predictions for requests of an id and its data."""
    return [system.predict(model_id, data)["prediction"] for model_id, data in requests]


def replace_each(system: Any, path: str, times: int) -> list[str]:
    """Evict a model and load it again, again and again; their ids."""
    evicted = []
    for _ in range(times):
        evicted.append(system.evict_least_used_model())
        system.load_model(evicted[-1], path)
    return evicted
