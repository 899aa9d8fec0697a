"""Toy models to pickle and to serve, and the stage on which the suite watches them.

Everything here lives in the process of the system under test. A `Probe` finds the stage that it was saved on by the name
of the folder: there it writes its log, waits at its gates, and moves the clock.
"""

from __future__ import annotations

import gc
import pickle
import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
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

EVICT: Call = ("evict_least_used_model",)


def load(model_id: str, file: str = "") -> Call:
    """The call of `load_model`; the file is named like the id if no other is given."""
    return "load_model", model_id, file or model_id


def predict(model_id: str, data: object = 0) -> Call:
    """The call of `predict`."""
    return "predict", model_id, data


def info(model_id: str) -> Call:
    """The call of `get_model_info`."""
    return "get_model_info", model_id


def words(*calls: Call) -> str:
    """Calls for a message."""
    return ", ".join(f"{name}({', '.join(map(repr, args))})" for name, *args in calls)


# --- models -----------------------------------------------------------------------------------------------------------


class OddError(Exception):
    """An error that no list of expected errors contains."""


TOLD = "the model was told to fail"
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
            raise ERRORS[data](TOLD)
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
        self.outcomes: list[Any] = []
        """What has come of the calls so far."""
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
                self.outcomes.append(thunk())
        except NotImplementedError as error:
            self.outcomes.append(f"NotImplementedError: {error}")
        finally:
            if self._trace:
                sys.settrace(None)
            self._done.set()

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
            outcome = outcome["loaded"] if isinstance(outcome, dict) else outcome
            came.append([outcome, [entry for entry in self.log if not entry.startswith("gone")]])
        return came

    def measure(self, system: Any, durations_s: Sequence[float]) -> tuple[list[float], list[int], dict[str, Any]]:
        """The latencies of requests of `a` that take so long, request_count after each of them, and the last info."""
        latencies_ms, infos = [], []
        for duration_s in durations_s:
            latencies_ms.append(system.predict("a", duration_s)["latency_ms"])
            infos.append(system.get_model_info("a"))
        return latencies_ms, [one["request_count"] for one in infos], infos[-1]


STAGES: dict[str, Stage] = {}


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
