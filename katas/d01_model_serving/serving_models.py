"""Toy models to pickle and to serve, made to be watched: whatever they do shows in files.

A pickle holds only the name of a class and a state, so the class must be importable where the file is read: hence
this module. Some models work in a `folder`, where they append lines to a log (`log.txt`), wait for files to appear
(gates), and move a clock (`clock.bin`). Nothing is shared in memory, so all this works across threads and processes.
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import gc
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import CodeType, FrameType, SimpleNamespace
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
        MemoryError,
        TimeoutError,
        StopIteration,
        SystemExit,
        OddError,
        Cancelled,
    )
}
"""What a `Raiser` can raise, and a `Probe` when it is read."""
EXITS: dict[str, type[BaseException]] = {"KeyboardInterrupt": KeyboardInterrupt, "GeneratorExit": GeneratorExit}
"""What a `Raiser` can raise besides; it ends the process, or means something else there, when nobody catches it."""


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

    def __init__(self, step_s: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._step_s = step_s
        self._now_s = 0.0

    def __call__(self) -> float:
        """`step_s` seconds more than at the last call."""
        time.sleep(0)
        with self._lock:
            self._now_s += self._step_s
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

    calls = 0

    def predict(self, data: str) -> str | int:
        """Raise the exception that `data` names in `ERRORS` or `EXITS`; for "calls", return how often it was asked."""
        self.calls += 1
        if data == "with a cause":
            error = OddError("outer", 7)
            error.add_note("a note")
            raise error from KeyError("inner")
        if data in ERRORS or data in EXITS:
            raise (ERRORS | EXITS)[data](f"a {data} was asked for")
        return self.calls if data == "calls" else data


class Relay:
    """Has others do its work."""

    def predict(self, data: Callable[[], Any]) -> Any:
        """Return what `data()` returns."""
        return data()


NEEDED: dict[str, tuple[Any, ...]] = {
    "ExceptionGroup": ("", [ValueError()]),
    "UnicodeDecodeError": ("ascii", b"", 0, 1, ""),
    "UnicodeEncodeError": ("ascii", "", 0, 1, ""),
    "UnicodeTranslateError": ("", 0, 1, ""),
}
"""What the exceptions need that cannot be made of nothing; the others are, and so have no message."""


@dataclass
class Broken:
    """Raises a built-in exception, without a message, when it is read."""

    error: str

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Be read from a pickle, in vain."""
        raise getattr(builtins, state["error"])(*NEEDED.get(state["error"], ()))


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


class Incomparable:
    """A model that cannot be compared, as an array cannot."""

    def __eq__(self, other: object) -> bool:
        """Raise `ValueError`."""
        raise ValueError("the truth value of this comparison is ambiguous")

    def __ne__(self, other: object) -> bool:
        """Raise `ValueError`."""
        raise ValueError("the truth value of this comparison is ambiguous")

    __hash__ = None  # type: ignore[assignment]

    def predict(self, data: list[Any]) -> int:
        """Return the length of `data`."""
        return len(data)


class Slotted:
    """A model without a `__dict__`."""

    __slots__ = ()

    def predict(self, data: list[Any]) -> int:
        """Return the length of `data`."""
        return len(data)


class Static:
    """A model of which no object is needed."""

    @staticmethod
    def predict(data: list[Any]) -> int:
        """Return the length of `data`."""
        return len(data)


ODD_MODELS: dict[str, object] = {
    "a class with a static method predict": Static,
    "an object that cannot be compared": Incomparable(),
    "an object of length 0": Empty(),
    "an object that is false": Untrue(),
    "an object without a __dict__": Slotted(),
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
    """Logs `gone <name>` when nobody holds it any more. With `holds_load`, being read waits for `<name>.load`."""

    name: str
    folder: str
    holds_load: bool = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Be read from a pickle."""
        self.__dict__.update(state)
        if self.holds_load:
            note(self.folder, f"load {self.name}")
            wait_for_gate(Path(self.folder) / f"{self.name}.load")

    def predict(self, data: Any) -> list[Any]:
        """Return `[name, data]`; raise `RuntimeError` when `data` is "fail"."""
        if data == "fail":
            raise RuntimeError(f"{self.name} was told to fail")
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


WANTED_ERRORS: dict[str, type[Exception]] = {"bad load": ValueError, "fail": RuntimeError}
"""What the steps of a `walk` raise that are to raise something."""


def take(system: Any, folder: Path, what: str, model_id: str) -> Any:
    """One step of a `walk`; what came back."""
    if what == "load":
        return system.load_model(model_id, str(folder / f"{model_id}.pkl"))
    if what == "bad load":
        return system.load_model(model_id, str(folder / "foreign.pkl"))
    if what == "evict":
        return system.evict_least_used_model()
    return system.predict(model_id, "fail" if what == "fail" else 0)


def walk(
    folder: str, size: int, ids: Sequence[str], steps: Sequence[tuple[str, str]], watched: Sequence[str]
) -> list[dict[str, Any]]:
    """What comes of steps, one after the other, of which each is a word for what is done, and a model's id.

    There is a new system of that size, which has loaded all `ids`, in this order, from `<id>.pkl` in `folder`. Words
    are "predict", "fail" (a predict whose model raises), "load", "bad load" (of `foreign.pkl`) and "evict". With each
    step come what it returned and what it raised (the name alone of what it is to raise, if it is that), what the models
    have logged during it, the info of its model after it, and those of the `watched` ids that were loaded after it. With
    none watched, nobody looks at models but those of the steps; with some, the info is left out.
    """
    from model_serving import ModelServingSystem

    system = ModelServingSystem(size)
    load_each(system, {model_id: str(Path(folder) / f"{model_id}.pkl") for model_id in ids})
    came = []
    for what, model_id in steps:
        (Path(folder) / "log.txt").unlink(missing_ok=True)
        returned, raised = None, ""
        try:
            returned = take(system, Path(folder), what, model_id)
        except NotImplementedError:
            raise
        except WANTED_ERRORS.get(what, ()) as error:
            raised = WANTED_ERRORS[what].__name__ if str(error) else f"{type(error).__name__} without a message"
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
        came.append(
            {
                "returned": returned,
                "raised": raised,
                "log": notes(folder),
                "info": None if watched else system.get_model_info(model_id),
                "loaded": loaded(system, watched),
            }
        )
    return came


def measured(folder: str, durations_s: Sequence[float]) -> tuple[list[float], dict[str, Any]]:
    """The latencies of requests that take so long, of `stopwatch.pkl` in `folder`, and the info after the last one.

    There is one after each of them, so that what is kept from one to the next shows.
    """
    from model_serving import ModelServingSystem

    system = ModelServingSystem(clock=clock_of(folder))
    system.load_model("w", str(Path(folder) / "stopwatch.pkl"))
    latencies_ms, info = [], {}
    for duration_s in durations_s:
        latencies_ms.append(system.predict("w", duration_s)["latency_ms"])
        info = system.get_model_info("w")
    return latencies_ms, info


def handed_on(folder: str, data: Any) -> tuple[Any, Any, bool]:
    """What an `Echo` and a `Same` predict, from their files in `folder`, and whether the latter is `data` itself."""
    from model_serving import ModelServingSystem

    system = ModelServingSystem()
    load_each(system, {name: str(Path(folder) / f"{name}.pkl") for name in ("echo", "same")})
    echoed, same = (system.predict(name, data)["prediction"] for name in ("echo", "same"))
    return echoed, same, same is data


def changed_on_the_way(system: Any, model_id: str) -> list[str]:
    """What a `Same`, served under that id, is asked for and does not hand back itself, or not at all; in words."""
    odd = {
        "an exception": ValueError("a value, not an error"),
        "the class of an exception": KeyError,
        "a generator": (number for number in (1, 2)),
        "a bytearray": bytearray(b"12"),
        "a set": {1, 2},
        "a function": len,
        "NotImplemented": NotImplemented,
        "...": ...,
    }
    changed = []
    for name, data in odd.items():
        try:
            if system.predict(model_id, data)["prediction"] is not data:
                changed.append(name)
        except NotImplementedError:
            raise
        except Exception as error:
            changed.append(f"{name} ({type(error).__name__}: {error})")
    if next(odd["a generator"], None) != 1:  # type: ignore[call-overload]
        changed.append("what was in the generator")
    return changed


def use_at_home(system: Any, folder: str, model_id: str, path: str) -> list[Any]:
    """With `folder` as the working directory, and as the user's home, load a model, evict it and ask it.

    Returns the path that is remembered, and what it predicts.
    """
    home = os.environ.get("HOME")
    os.environ["HOME"] = folder
    try:
        with contextlib.chdir(folder):
            system.load_model(model_id, path)
            evict_all(system, 2)
            prediction = system.predict(model_id, [1.0])["prediction"]
    finally:
        del os.environ["HOME"]
        if home is not None:
            os.environ["HOME"] = home
    return [system.get_model_info(model_id)["path"], prediction]


def what_bad_files_raise(system: Any, model_id: str, paths: dict[str, str]) -> dict[str, str]:
    """By the name of the exception that reading a file raises, what `load_model` raises in its turn: its name and message."""
    came = {}
    for name, path in paths.items():
        try:
            system.load_model(model_id, path)
        except NotImplementedError as error:
            if name != "NotImplementedError":
                raise
            came[name] = f"{type(error).__name__}: {error}"
        except ValueError as error:
            came[name] = "ValueError" if str(error).strip() else f"{type(error).__name__} without a message"
        except Exception as error:
            came[name] = f"{type(error).__name__}: {error}"
        else:
            came[name] = "no error"
    return came


def most_loaded_at_once(system: Any, ids: Sequence[str]) -> int:
    """A number of models that were in the cache at one moment for certain, while other threads go on.

    A model that is found loaded twice with the same `loaded_at` was so all the time between, for the clock of the
    system never repeats itself.
    """
    first = {model_id: system.get_model_info(model_id) for model_id in ids}
    second = {model_id: system.get_model_info(model_id) for model_id in ids}
    return sum(
        bool(first[i]["loaded"] and second[i]["loaded"] and first[i]["loaded_at"] == second[i]["loaded_at"])
        for i in ids
    )


def crowd(system: Any, ids: Sequence[str], number: int, requests: int, patience_s: float) -> dict[str, Any]:
    """What comes of so many threads that ask at random, and evict now and then, while another one looks on.

    `answers` are, for each thread, the ids that it asked, each with the prediction and the model_id that came of
    `predict(id, [1.0])`, or with the text of what was raised; None for a thread that is not done after `patience_s`
    seconds. `most` is a number of models that were loaded at one moment for certain, None if the looker is not done.
    """
    start = threading.Barrier(number + 1)
    answers: list[list[Any]] = [[] for _ in range(number)]
    most: list[int] = []

    def ask(seed: int) -> None:
        choose = random.Random(seed).choice
        start.wait(patience_s)
        for i in range(requests):
            model_id = choose(ids)
            try:
                response = system.predict(model_id, [1.0])
                came: Any = [response["prediction"], response["model_id"]]
                if i % 20 == 19:
                    system.evict_least_used_model()
            except Exception as error:
                came = f"{type(error).__name__}: {error}"
            answers[seed].append((model_id, came))

    def look() -> None:
        start.wait(patience_s)
        most.append(max(most_loaded_at_once(system, ids) for _ in range(30)))

    threads = [threading.Thread(target=ask, args=(seed,), daemon=True) for seed in range(number)]
    threads.append(threading.Thread(target=look, daemon=True))
    join_all(threads, patience_s)
    return {
        "answers": [came if len(came) == requests else None for came in answers],
        "most": most[0] if most else None,
    }


def join_all(threads: Sequence[threading.Thread], patience_s: float) -> None:
    """Start threads, and wait until they have ended, or so many seconds have gone by."""
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + patience_s
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


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
    join_all(threads, patience_s)
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


def failure(system: Any, model_id: str, data: Any) -> list[Any] | None:
    """What an exception of `predict` is made of: its type, arguments, notes, cause, and whether the cause is shown."""
    try:
        system.predict(model_id, data)
    except BaseException as error:
        return [
            type(error).__name__,
            list(error.args),
            getattr(error, "__notes__", []),
            repr(error.__cause__),
            error.__suppress_context__,
        ]
    return None


def ask_within(system: Any, outer: str, inner: str, folder: str) -> list[dict[str, Any]]:
    """The answers of the `Relay` called `outer` and of the `Stopwatch` called `inner`, whom the relay asks in its turn.

    A second goes by before the relay asks, two before it has its answer, and four after that.
    """
    came: list[dict[str, Any]] = []

    def ask() -> float:
        advance(folder, 1.0)
        came.append(system.predict(inner, 2.0))
        advance(folder, 4.0)
        return float(came[0]["prediction"])

    return [system.predict(outer, ask), *came]


def loaded_at_between(system: Any, model_id: str, path: str) -> list[float]:
    """The time before `load_model`, what the info gives as `loaded_at`, and the time after it."""
    before_s = time.perf_counter()
    system.load_model(model_id, path)
    return [before_s, system.get_model_info(model_id)["loaded_at"], time.perf_counter()]


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


# --- guests: calls in threads of their own, of which one can tell that they wait ---------------------------------------


class Guest:
    """A call in a thread of its own."""

    def __init__(self, system: Any, method: str, *args: Any) -> None:
        self._thunk = partial(getattr(system, method), *args)
        self._done = threading.Event()
        self._result: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._thunk()
        except BaseException as error:
            self._error = error
        self._done.set()

    def ends(self, within_s: float) -> bool:
        """Wait for the call to end; whether it did."""
        return self._done.wait(within_s)

    def result(self) -> Any:
        """What the call returned; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._result

    def place(self) -> tuple[int, int] | None:
        """Where it waits, `(0, 0)` when it has ended; None while it runs, and where nobody can say."""
        if self._done.is_set():
            return (0, 0)
        frame, place = place_of(self._thread)
        return place if frame and state_of(self._thread) == "S" else None


def come_to_rest(guests: Sequence[Guest], within_s: float) -> bool:
    """Wait until all guests have ended, or wait for somebody else at the same place for a few looks; whether they do.

    A guest that runs, or would if the machine had time for it, is waited for, `within_s` seconds at most.
    """
    deadline = time.monotonic() + within_s
    still = 0
    before: list[tuple[int, int] | None] = []
    while still < 5 and time.monotonic() < deadline:
        time.sleep(0.001)
        now = [guest.place() for guest in guests]
        still, before = still + 1 if now == before and None not in now else 0, now
    return still == 5


class PausingClock:
    """A clock at which one caller is stopped, after `pause_at`, until `go_on`."""

    def __init__(self) -> None:
        self._paused = threading.Event()
        self._go = threading.Event()
        self._lock = threading.Lock()
        self._calls_left = 0

    def pause_at(self, call_number: int) -> None:
        """Stop who makes this call, counted from now; the first is number 1."""
        self._calls_left = call_number

    def stops_one(self) -> bool:
        """Whether somebody has been stopped."""
        return self._paused.is_set()

    def go_on(self) -> None:
        """Let the stopped one go, and stop nobody any more."""
        with self._lock:
            self._calls_left = 0
        self._go.set()

    def __call__(self) -> float:
        """The time of the machine."""
        with self._lock:
            stops = self._calls_left == 1
            self._calls_left = max(0, self._calls_left - 1)
        if stops:
            self._paused.set()
            self._go.wait(GATE_DEADLINE_S)
        return time.perf_counter()


# --- meetings: two calls, one of which is stopped between two of its steps, wherever that may be ----------------------

STEPS = (
    "LOAD_ATTR",
    "STORE_ATTR",
    "DELETE_ATTR",
    "BINARY_SUBSCR",
    "BINARY_OP",
    "STORE_SUBSCR",
    "DELETE_SUBSCR",
    "CONTAINS_OP",
    "FOR_ITER",
    "BEFORE_WITH",
    "LOAD_SPECIAL",
    "CALL",
)
"""What the bytecodes begin with that other threads may feel, or that may feel them. All else is a thread's own."""
FORGETS_STEPS = sys.version_info >= (3, 13)
"""Whether Python tells of a step only when the thread that took it last was asked for it, too."""
MEETING_DEADLINE_S = 10.0
"""How long two calls that nothing else holds up may take before they count as stuck."""


@cache
def steps_of(code: CodeType) -> frozenset[int]:
    """Where the steps of a piece of code begin."""
    return frozenset(at.offset for at in dis.get_instructions(code) if at.opname.startswith(STEPS))


def state_of(thread: threading.Thread) -> str:
    """What the kernel says of a thread: "R" if it runs or waits for its turn, "S" if it waits for something else, "" unknown."""
    try:
        stat = Path(f"/proc/self/task/{thread.native_id}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]


def place_of(thread: threading.Thread) -> tuple[FrameType | None, tuple[int, int]]:
    """The frame in which a thread is, and where in which one that is, as two numbers."""
    frame = sys._current_frames().get(thread.ident or 0)
    return frame, (id(frame), frame.f_lasti) if frame else (0, 0)


class Visitor:
    """Calls, one after the other, in a thread of their own."""

    def __init__(self, thunks: Sequence[Callable[[], Any]], module: str) -> None:
        self._thunks = thunks
        self._module = module
        self._done = threading.Event()
        self._results: list[Any] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        if FORGETS_STEPS:  # a step that any thread takes without being asked is told to nobody any more
            sys.settrace(self._ask)
        for thunk in self._thunks:
            self._results.append(thunk())
        self._done.set()

    def has_ended(self, within_s: float = 0.0) -> bool:
        """Wait for the last of them to end; whether it did."""
        return self._done.wait(within_s)

    def _ask(self, frame: FrameType, _event: str, _arg: object) -> Any:
        if frame.f_globals.get("__name__") != self._module:
            return None
        frame.f_trace_opcodes = True
        return self._ask

    def comes_to_rest(self) -> str:
        """Wait until they have ended, or wait for somebody else, as far as one can tell; the module in which they wait."""
        still, place, module = 0, (0, 0), ""
        while still < 3 and not self.has_ended(0.0005):
            frame, now = place_of(self._thread)
            if frame and state_of(self._thread) != "R":  # where nobody can say, it is taken to wait
                module = frame.f_globals.get("__name__", "")
                still, place = still + 1 if now == place else 0, now
        return "" if self.has_ended() else module

    def results(self) -> list[Any]:
        """What came of each of them."""
        return self._results + ["stuck"] * (len(self._thunks) - len(self._results))


class Walker:
    """A call, in a thread of its own, which stops before its step number `stop` and has others called meanwhile.

    When those stand before a lock, it takes a step, and waits for them again, until they have ended. A `rehearsal`,
    which does the same to something else, comes first where Python needs one.
    """

    def __init__(
        self,
        thunk: Callable[[], Any],
        module: str,
        stop: int,
        others: Sequence[Callable[[], Any]],
        rehearsal: Callable[[], Any],
        *,
        apart: bool = False,
    ) -> None:
        self.result: Any = "stuck"
        self.visitor: Visitor | None = None
        self.steps = 0
        """How many it has taken."""
        self.met_at = 0
        """The step before which the others ended, or went to sleep for longer."""
        self.stood_still = False
        """Whether they came and went before the step at which they had come."""
        self.apart = apart
        """Whether they have nothing to do with it, so that they need not wait for it: it stands still until they have ended."""
        self.patient = False
        """Whether it waits for them at each of its steps, too, when they wait for an event and not for a lock."""
        self._thunk = thunk
        self._module = module
        self._stop = 0
        self._others = others
        self._done = threading.Event()
        threading.Thread(target=self._run, args=(stop, rehearsal), daemon=True).start()

    def _run(self, stop: int, rehearsal: Callable[[], Any]) -> None:
        sys._getframe().f_trace_opcodes = True  # without this, Python 3.12 does not look for those of other frames
        sys.settrace(self._enter)
        try:
            if FORGETS_STEPS:
                rehearsal()
            self.steps, self._stop = 0, stop
            self.result = self._thunk()
        finally:
            sys.settrace(None)
            self._done.set()

    def _enter(self, frame: FrameType, _event: str, _arg: object) -> Any:
        if frame.f_globals.get("__name__") != self._module:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self._step

    def _step(self, frame: FrameType, event: str, _arg: object) -> Any:
        if event == "opcode" and frame.f_lasti in steps_of(frame.f_code):
            self.steps += 1
            if self.steps == self._stop:
                self.visitor = Visitor(self._others, self._module)
            if self.visitor and not self.met_at and self.apart:
                self.stood_still = self.visitor.has_ended(MEETING_DEADLINE_S)
                self.met_at = self.steps
            elif self.visitor and not self.met_at:
                waits_in = self.visitor.comes_to_rest()
                if waits_in != self._module and not (waits_in and self.patient):
                    self.met_at = self.steps
                    self.stood_still = self.steps == self._stop and self.visitor.has_ended()
        return self._step

    def has_ended(self, within_s: float) -> bool:
        """Wait for it to end; whether it did."""
        return self._done.wait(within_s)


def come_of(system: Any, method: str, *args: Any) -> Any:
    """What a call returns, or the text of what it raises; of `predict`, what it says beside id and latency."""
    try:
        came = getattr(system, method)(*args)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return [came["prediction"], came["cache_hit"]] if method == "predict" else came


def meetings(
    folder: str,
    size: int,
    before: Sequence[tuple[Any, ...]],
    first: tuple[Any, ...],
    others: Sequence[tuple[Any, ...]],
    after: Sequence[tuple[Any, ...]],
    *,
    apart: bool = False,
) -> list[dict[str, Any]]:
    """What comes of calls that meet, once for each step of `first` before which the `others` can come.

    Calls are a method's name and its arguments. For each step there is a new system of that size, for which the calls
    `before` are made. Then `first` is called, and stopped before the step, while the `others` are made by another
    thread. When they stand before a lock, `first` takes step by step until they have ended, and the next meeting is at
    the step at which they have: between the two, they could only stand there again. When they wait in another way, for
    an event that `first` is to bring about, it goes on to its end. At last come those `after`. With each meeting come
    the results, what the models have logged during it, and whether `first` stood still. With `apart`, the others are
    calls of another such system, for which `first` stands still until they have ended.
    """
    from model_serving import ModelServingSystem

    def prepared() -> Any:
        system = ModelServingSystem(size)
        for args in before:
            getattr(system, args[0])(*args[1:])
        return system

    def rehearse() -> None:
        come_of(spare, *first)
        log_file.unlink(missing_ok=True)

    log_file = Path(folder) / "log.txt"
    came: list[dict[str, Any]] = []
    stop = 1
    while True:
        system = prepared()
        spare = prepared() if FORGETS_STEPS else None
        other = prepared() if apart else system
        log_file.unlink(missing_ok=True)
        meanwhile = [partial(come_of, other, *args) for args in others]
        walker = Walker(
            partial(come_of, system, *first), type(system).__module__, stop, meanwhile, rehearse, apart=apart
        )
        if walker.has_ended(MEETING_DEADLINE_S) and walker.visitor is None:
            if not walker.steps:
                raise RuntimeError("this Python tells of no steps, so that nothing can come between them")
            return came
        results = [walker.result]
        if walker.visitor:
            walker.visitor.has_ended(MEETING_DEADLINE_S)
            results += walker.visitor.results()
        log = notes(folder)
        is_over = "stuck" in results
        last = [] if is_over else [come_of(system, *args) for args in after]
        for result in (*results, *last):
            if str(result).startswith("NotImplementedError"):
                raise NotImplementedError(result)
        came.append(
            {
                "step": stop,
                "stood_still": walker.stood_still,
                "first": results[0],
                "others": results[1:],
                "log": log,
                "after": last,
            }
        )
        if is_over or (apart and not walker.stood_still):
            return came
        stop = max(walker.met_at or walker.steps, stop + 1)


def request_after_a_failure(system: Any, spare: Any, folder: str, path: str, good_path: str) -> list[Any]:
    """What comes of three requests for the evicted model a, whose file at `path` holds a `Probe` "broken" with a gate.

    While the first one is reading that, the second one comes, and waits. The read fails, and the first one goes on step by
    step, and at each of them the second one as far as it can. As soon as that has ended, the file at `good_path` takes
    the place of the bad one, and the same thread makes the third request. `spare` is another such system.
    """
    gate = Path(folder) / "broken.load"
    began = threading.Event()

    def read() -> Any:
        began.set()
        return come_of(system, "predict", "a", 1)

    def rehearse() -> None:
        gate.touch()
        come_of(spare, "predict", "a", 0)
        gate.unlink()
        (Path(folder) / "log.txt").unlink()

    def mend() -> None:
        Path(path).write_bytes(Path(good_path).read_bytes())

    module = type(system).__module__
    walker = Walker(read, module, 0, (), rehearse)
    deadline = time.monotonic() + MEETING_DEADLINE_S
    while not (began.is_set() and "load broken" in notes(folder)) and time.monotonic() < deadline:
        time.sleep(0.001)
    asks = [partial(come_of, system, "predict", "a", number) for number in (2, 3)]
    visitor = Visitor([asks[0], mend, asks[1]], module)
    visitor.comes_to_rest()
    walker.patient, walker.visitor = True, visitor
    gate.touch()
    walker.has_ended(MEETING_DEADLINE_S)
    visitor.has_ended(MEETING_DEADLINE_S)
    second, _, third = (*visitor.results(), "stuck", "stuck")[:3]
    return [walker.result, second, third]
