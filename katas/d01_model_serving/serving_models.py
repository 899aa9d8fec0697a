"""Toy models to pickle and to serve, and the stage on which the suite watches them.

Everything here lives in the process of the system under test. A `Probe` finds the stage that it was saved on by the name
of the folder: there it writes its log, waits at its gates, and moves the clock.
"""

from __future__ import annotations

import gc
import pickle
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from harness.suite.stepping import join_here
from harness.suite.threads import DEADLINE_S, Gate, ManualClock, outcome_of

TICKS_PER_S = 1024
"""Durations are multiples of 1/1024 s: they add up without rounding, and a rounded latency differs from the exact one."""

Call = tuple[Any, ...]
"""A method of a `Session` and its arguments."""

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
        stage.log.append(entry)
        if what == "load":
            join_here()
        if entry in self.holds:
            stage.gate(entry)()
        stage.advance(seconds)

    def __del__(self) -> None:
        """Be freed."""
        if getattr(self, "was_read", False) and self.folder in STAGES:
            STAGES[self.folder].log.append(f"gone {self.name}")


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


# --- stages -----------------------------------------------------------------------------------------------------------


class Stage(ManualClock):
    """A folder of pickled models with a log and gates; it is the clock of its systems, too, and begins at 0 s."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder
        self.log: list[str] = []
        self._gates: dict[str, Gate] = {}
        STAGES[folder] = self

    def frees(self, name: str, within_s: float = DEADLINE_S) -> bool:
        """Wait until a model of that name is freed; whether it was."""
        deadline = time.monotonic() + within_s
        while f"gone {name}" not in self.log and time.monotonic() < deadline:
            time.sleep(0.001)
            gc.collect()
        return f"gone {name}" in self.log

    def count(self, entry: str) -> int:
        """How often `entry` is in the log."""
        return self.log.count(entry)

    def gate(self, entry: str) -> Gate:
        """The gate at which a probe waits after this log entry."""
        return self._gates.setdefault(entry, Gate())

    def close(self) -> None:
        """Open all gates, and forget the stage."""
        for gate in self._gates.values():
            gate.open()
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

    def serve(self, ids: str, size: int = 10) -> Session:
        """A system that has loaded models of these one-letter ids, in this order, from files of those names."""
        session = Session(self, size)
        for model_id in ids:
            if not Path(self.path(model_id)).exists():
                self.save(model_id)
            session.load_model(model_id, model_id)
        return session


class Session:
    """A system on a stage, whose files have short names; the methods are those of the system, and a few more."""

    def __init__(self, stage: Stage, size: int) -> None:
        from model_serving import ModelServingSystem

        self.stage = stage
        self.system = ModelServingSystem(size, stage)

    def load_model(self, model_id: str, file: str) -> None:
        """Load a model from a file of the stage."""
        self.system.load_model(model_id, self.stage.path(file))

    def predict(self, model_id: str, data: Any) -> list[Any]:
        """`[prediction, cache_hit]`."""
        came = self.system.predict(model_id, data)
        return [came["prediction"], came["cache_hit"]]

    def get_model_info(self, model_id: str) -> dict[str, Any]:
        """As the system's."""
        came: dict[str, Any] = self.system.get_model_info(model_id)
        return came

    def evict_least_used_model(self) -> str | None:
        """As the system's."""
        evicted: str | None = self.system.evict_least_used_model()
        return evicted

    def loaded(self, ids: str) -> str:
        """Those of the ids whose models are in the cache."""
        return "".join(model_id for model_id in ids if self.system.get_model_info(model_id)["loaded"])

    def counts(self, model_id: str) -> list[Any]:
        """`[request_count, error_count, loaded]` of a model."""
        came = self.system.get_model_info(model_id)
        return [came["request_count"], came["error_count"], came["loaded"]]

    def copy(self, file: str, other: str) -> None:
        """Replace a file by a copy of another one, at once: those who are reading the old file go on."""
        copied = shutil.copy(self.stage.path(file), self.stage.path("copied"))
        Path(copied).replace(self.stage.path(other))

    def do_all(self, calls: Sequence[Call]) -> list[Any]:
        """What calls return, or `"<type>: <message>"` of what they raise, one after the other."""
        return [outcome_of(partial(getattr(self, name), *args)) for name, *args in calls]

    def walk(self, calls: Sequence[Call]) -> list[list[Any]]:
        """The outcomes of calls, one after the other, errors without their message, each with its part of the log."""
        came = []
        for name, *args in calls:
            self.stage.log.clear()
            outcome = outcome_of(partial(getattr(self, name), *args), brief=True)
            outcome = outcome["loaded"] if isinstance(outcome, dict) else outcome
            came.append([outcome, [entry for entry in self.stage.log if not entry.startswith("gone")]])
        return came

    def measure(self, durations_s: Sequence[float]) -> tuple[list[float], list[int], dict[str, Any]]:
        """The latencies of requests of `a` that take so long, request_count after each of them, and the last info."""
        latencies_ms, infos = [], []
        for duration_s in durations_s:
            latencies_ms.append(self.system.predict("a", duration_s)["latency_ms"])
            infos.append(self.system.get_model_info("a"))
        return latencies_ms, [one["request_count"] for one in infos], infos[-1]


class Meeting(Session):
    """A session whose calls meet: they give nothing that may differ, as latencies and whether one that waited was a hit."""

    def __init__(self, stage: Stage, size: int) -> None:
        super().__init__(stage, size)
        stage.save("a")  # an earlier meeting may have replaced it
        stage.log.clear()

    def predict(self, model_id: str, data: Any) -> list[Any]:
        """`[prediction]`."""
        return super().predict(model_id, data)[:1]

    def get_model_info(self, model_id: str) -> dict[str, Any]:
        """The file, the counts, and which of the rest are there."""
        came = super().get_model_info(model_id)
        shown = {key: came[key] for key in ("loaded", "request_count", "error_count")}
        there = {f"has {key}": came[key] is not None for key in ("loaded_at", "latency_p50_ms")}
        return {"path": Path(came["path"]).stem} | there | shown

    def reads(self) -> list[str]:
        """All reads of files."""
        return sorted(entry for entry in self.stage.log if entry.startswith("load"))


STAGES: dict[str, Stage] = {}


# --- many calls in one ------------------------------------------------------------------------------------------------


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
