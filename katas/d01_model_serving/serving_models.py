"""Toy models to pickle and to serve, made to be watched: whatever they do shows in files.

A pickle holds only the name of a class and a state, so the class must be importable where the file is read: hence
this module. Some models work in a `folder`, where they append lines to a log (`log.txt`), wait for files to appear
(gates), and move a clock (`clock.bin`). Nothing is shared in memory, so all this works across threads and processes.
"""

from __future__ import annotations

import contextlib
import gc
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

GATE_DEADLINE_S = 30.0
"""How long a model waits for its gate before it raises `TimeoutError`."""

TICKS_PER_S = 64
"""The clock in a folder is a file that grows by a byte each tick. A power of two: times add up without rounding."""


class OddError(Exception):
    """An error of a model's own, which nobody else can have heard of."""


class Cancelled(BaseException):
    """No `Exception`, as `asyncio.CancelledError` is none."""


ERRORS: dict[str, type[BaseException]] = {
    error.__name__: error
    for error in (
        ValueError,
        KeyError,
        RuntimeError,
        ZeroDivisionError,
        AttributeError,
        SystemExit,
        OddError,
        Cancelled,
    )
}
"""What a `Raiser` can raise, and a `Probe` when it is read."""


def note(folder: str, line: str) -> None:
    """Append `line` to the log in `folder`."""
    with (Path(folder) / "log.txt").open("a", encoding="utf-8") as log:
        log.write(f"{line}\n")


def notes(folder: str) -> list[str]:
    """The lines of the log in `folder`."""
    log = Path(folder) / "log.txt"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def wait_for_gate(gate: Path) -> None:
    """Return as soon as the file `gate` exists. Raises `TimeoutError` when it never does."""
    deadline = time.monotonic() + GATE_DEADLINE_S
    while not gate.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{gate.name} was not opened within {GATE_DEADLINE_S:g} s")
        time.sleep(0.001)


def now_s(folder: str) -> float:
    """What the clock in `folder` says, in seconds; it begins at 0 and moves only by `advance`."""
    clock = Path(folder) / "clock.bin"
    return clock.stat().st_size / TICKS_PER_S if clock.exists() else 0.0


def clock_of(folder: str) -> Callable[[], float]:
    """What to ask for the time of the clock in `folder`, again and again."""
    return partial(now_s, folder)


class Ticks:
    """A clock that never repeats itself, whoever asks, and that lets other threads run first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now_s = 0.0

    def __call__(self) -> float:
        """One second more than at the last call."""
        time.sleep(0)
        with self._lock:
            self._now_s += 1.0
            return self._now_s


def advance(folder: str, seconds: float) -> None:
    """Let `seconds`, a multiple of 1/64, pass on the clock in `folder`, at once."""
    ticks = seconds * TICKS_PER_S
    if ticks != int(ticks) or ticks < 0:
        raise ValueError(f"seconds must be a multiple of 1/{TICKS_PER_S}, got {seconds}")
    with (Path(folder) / "clock.bin").open("ab") as clock:
        clock.write(b"." * int(ticks))


@dataclass
class Scale:
    """Multiplies each number of a list."""

    factor: float

    def predict(self, data: list[float]) -> list[float]:
        """Return `factor` times each element."""
        return [self.factor * x for x in data]


class Echo:
    """Says what it was given."""

    def predict(self, data: Any) -> list[Any]:
        """Return the name of the type of `data`, and `data`."""
        return [type(data).__name__, data]


class Same:
    """Predicts what it was given."""

    def predict(self, data: Any) -> Any:
        """Return `data` itself."""
        return data


class Raiser:
    """Raises whatever it is asked for."""

    def predict(self, data: str) -> str:
        """Raise the exception that `data` names in `ERRORS`; return `data` when it names none."""
        if data in ERRORS:
            raise ERRORS[data](f"a {data} was asked for")
        return data


@dataclass
class Constant:
    """No model, although it has a `predict`: that is a number."""

    predict: float


class Empty:
    """A model that is false as a condition, for its length is 0."""

    def __len__(self) -> int:
        """Return 0."""
        return 0

    def predict(self, data: list[Any]) -> int:
        """Return the length of `data`."""
        return len(data)


class Untrue:
    """A model that says of itself that it is false."""

    def __bool__(self) -> bool:
        """Return False."""
        return False

    def predict(self, data: list[Any]) -> int:
        """Return the length of `data`."""
        return len(data)


ODD_MODELS: dict[str, object] = {
    "an object of length 0": Empty(),
    "an object that is false": Untrue(),
    "types.SimpleNamespace(predict=len)": SimpleNamespace(predict=len),
}
"""Models all the same; each predicts the length of what it is given."""


class Uncopyable:
    """Data that may be handed on, and not copied."""

    def __copy__(self) -> Uncopyable:
        """Raise `TypeError`."""
        raise TypeError("this cannot be copied")

    def __deepcopy__(self, memo: dict[int, Any]) -> Uncopyable:
        """Raise `TypeError`."""
        raise TypeError("this cannot be copied")


@dataclass
class Shelfmark:
    """A path that is neither a `str` nor a `Path`, and whose `str` is another one."""

    path: str

    def __fspath__(self) -> str:
        """Return the path."""
        return self.path


@dataclass
class Mortal:
    """Logs `gone <name>` when nobody holds it any more."""

    name: str
    folder: str

    def predict(self, data: Any) -> list[Any]:
        """Return `[name, data]`."""
        return [self.name, data]

    def __del__(self) -> None:
        """Leave the memory."""
        with contextlib.suppress(Exception):  # when Python shuts down, nothing can be opened
            note(self.folder, f"gone {self.name}")


@dataclass
class Lookup:
    """A model that is slow to read and quick to ask."""

    table: list[float]

    def predict(self, data: int) -> float:
        """Return the entry at index `data`."""
        return self.table[data]


@dataclass
class Stopwatch:
    """Takes time on the clock in `folder`: `load_s` seconds to be read, and as many to predict as it is told."""

    folder: str
    load_s: float = 0.0

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Be read from a pickle, which takes `load_s` seconds."""
        self.__dict__.update(state)
        advance(self.folder, self.load_s)

    def predict(self, data: float) -> float:
        """Let `data` seconds pass and return them; a negative number takes as long, and ends in `ValueError`."""
        advance(self.folder, abs(data))
        if data < 0:
            raise ValueError(f"{data} seconds were asked for")
        return data


@dataclass
class Probe:
    """Logs `load <name>` when it is read and `predict <name>` when it is asked, and waits at its gates.

    With `holds_load`, being read waits for the file `<name>.load` in `folder`; with `holds_predict`, predicting waits
    for `<name>.predict`. With `load_error`, being read ends (after the gate) in the exception of that name.
    """

    name: str
    folder: str
    holds_load: bool = False
    holds_predict: bool = False
    load_error: str = ""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Be read from a pickle."""
        self.__dict__.update(state)
        note(self.folder, f"load {self.name}")
        if self.holds_load:
            wait_for_gate(Path(self.folder) / f"{self.name}.load")
        if self.load_error:
            raise ERRORS[self.load_error](f"{self.name} cannot be read")

    def predict(self, data: Any) -> list[Any]:
        """Return `[name, data]`; raise `RuntimeError` when `data` is "fail"."""
        note(self.folder, f"predict {self.name}")
        if self.holds_predict:
            wait_for_gate(Path(self.folder) / f"{self.name}.predict")
        if data == "fail":
            raise RuntimeError(f"{self.name} was told to fail")
        return [self.name, data]


def what_subclasses_of_the_interface_do() -> list[str]:
    """What comes of instantiating subclasses of `ModelInterface`, and of asking the one that is complete for 2 times 3.

    They are: one with nothing in it; one with an `__init__` of its own and no `predict`; one with both.
    """
    from model_serving import ModelInterface

    def keep_factor(self: Any, factor: float) -> None:
        self.factor = factor

    def multiply(self: Any, data: float) -> float:
        return float(self.factor * data)

    came = []
    for content, args in (
        ({}, ()),
        ({"__init__": keep_factor}, (2.0,)),
        ({"__init__": keep_factor, "predict": multiply}, (2.0,)),
    ):
        try:
            kind = type("Subclass", (ModelInterface,), dict(content))
        except Exception as error:
            came.append(f"{type(error).__name__} at the definition of the class")
            continue
        try:
            model = kind(*args)
            came.append(str(model.predict(3.0)) if "predict" in content else "no error")
        except Exception as error:
            came.append(type(error).__name__)
    return came


def load_all(system: Any, number: int, path: str) -> None:
    """Load the models m0, m1, ..., all from one file."""
    for i in range(number):
        system.load_model(f"m{i}", path)


def load_each(system: Any, paths: dict[str, str]) -> None:
    """Load models, by their ids, in this order."""
    for model_id, path in paths.items():
        system.load_model(model_id, path)


def loaded(system: Any, ids: Sequence[str]) -> list[str]:
    """Those of the ids whose models are in the cache."""
    return [model_id for model_id in ids if system.get_model_info(model_id)["loaded"]]


def chase(system: Any, ids: Sequence[str], rounds: int, patience_s: float) -> list[list[Any] | None]:
    """What threads, one for each of `ids`, get from `predict(id, [1.0])`, all at the same time, round by round.

    An exception counts as its text; a thread that is not done after `patience_s` seconds has None.
    """
    start = threading.Barrier(len(ids))
    came: list[list[Any]] = [[] for _ in ids]

    def ask(number: int) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            for _ in range(rounds):
                start.wait(patience_s)
                try:
                    came[number].append(system.predict(ids[number], [1.0])["prediction"])
                except Exception as error:
                    came[number].append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(len(ids))]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + patience_s
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [answers if len(answers) == rounds else None for answers in came]


def predict_often(system: Any, model_id: str, times: int) -> None:
    """Ask one model again and again."""
    for _ in range(times):
        system.predict(model_id, 0)


def predict_each(system: Any, model_id: str, requests: list[Any]) -> None:
    """Ask one model for one prediction after the other."""
    for data in requests:
        system.predict(model_id, data)


def failures(system: Any, model_id: str, requests: list[Any]) -> list[str]:
    """The names of what is raised when one model is asked for one prediction after the other, "" for nothing."""
    raised = []
    for data in requests:
        try:
            system.predict(model_id, data)
        except Exception as error:
            raised.append(type(error).__name__)
        else:
            raised.append("")
    return raised


def replace_often(system: Any, path: str, times: int) -> None:
    """Evict a model and load it again, again and again."""
    for _ in range(times):
        system.load_model(system.evict_least_used_model(), path)


def answers(system: Any, requests: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    """The whole answers to requests of a model's id and data, all kept until the last one has come."""
    return [system.predict(model_id, data) for model_id, data in requests]


def collect_garbage() -> None:
    """Have Python give back what only a cycle holds."""
    gc.collect()


def files_open(folder: str) -> int:
    """A number that grows by one with each file that this process keeps open: the lowest one that is free for a file."""
    gc.collect()
    with (Path(folder) / "log.txt").open("ab") as log:
        return log.fileno()


def read_often(system: Any, model_id: str, path: str, bad_path: str, times: int) -> None:
    """Read a model by `load_model`, read it again by `predict`, and fail to read `bad_path`, again and again."""
    for _ in range(times):
        system.load_model(model_id, path)
        system.evict_least_used_model()
        system.predict(model_id, 0)
        with contextlib.suppress(ValueError):
            system.load_model(model_id, bad_path)


def evict_all(system: Any, most: int) -> list[str]:
    """The ids that `evict_least_used_model` gives up, in order, `most` at most."""
    gone: list[str] = []
    while len(gone) < most and (model_id := system.evict_least_used_model()) is not None:
        gone.append(model_id)
    return gone
