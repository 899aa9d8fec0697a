"""Suite of D01: what a model server promises, to one thread and to many, and each way of breaking it.

Models are toys from `serving_models`, pickled into a folder. They say through files what is done to them, and wait at
gates, which are files too. So a test can stop a thread in the middle of a read or a prediction, and ask for something
else meanwhile: whether that is answered does not hang on timing. Waiting has generous deadlines that only a stuck
system meets.
"""

from __future__ import annotations

import builtins
import contextlib
import os
import pickle
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import model_serving as kata
import numpy as np
import pytest
import serving_models as toys
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import beside
from harness.suite.check import call
from harness.suite.speed import Elsewhere, Grower, Racer
from harness.suite.strategies import floats, vectors

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

PATIENCE_S = 10.0
"""How long a call that nothing should hold up may take before it counts as stuck."""
CROWD = 40
"""So many reads, or predictions, go on at once where all must: more than a pool of threads or locks usually has."""
GRACE_S = 0.15
"""How long to wait for what should not happen. A slower wrong solution would be missed; a right one never fails."""

IDS = ("a", "b", "c", "d", "e")
PREDICT_KEYS = ["cache_hit", "latency_ms", "model_id", "prediction"]
INFO_KEYS = [
    "error_count",
    "latency_p50_ms",
    "latency_p95_ms",
    "loaded",
    "loaded_at",
    "path",
    "request_count",
]

uncopyable = beside(toys.Uncopyable)
load_all = beside(toys.load_all)
load_each = beside(toys.load_each)
those_loaded = beside(toys.loaded)
clock_of = beside(toys.clock_of)
ticks = beside(toys.Ticks)
walk = beside(toys.walk)
measured = beside(toys.measured)
handed_on = beside(toys.handed_on)
chase = beside(toys.chase)
crowd = beside(toys.crowd)
changed_on_the_way = beside(toys.changed_on_the_way)
use_at_home = beside(toys.use_at_home)
what_bad_files_raise = beside(toys.what_bad_files_raise)
guest = beside(toys.Guest)
come_to_rest = beside(toys.come_to_rest)
pausing_clock = beside(toys.PausingClock)
predict_often = beside(toys.predict_often)
predict_each = beside(toys.predict_each)
failures = beside(toys.failures)
replace_often = beside(toys.replace_often)
answers_to = beside(toys.answers)
collect_garbage = beside(toys.collect_garbage)
evict_all = beside(toys.evict_all)
files_open = beside(toys.files_open)
read_often = beside(toys.read_often)
shelfmark = beside(toys.Shelfmark)
meetings = beside(toys.meetings)
failure = beside(toys.failure)
ask_within = beside(toys.ask_within)
request_after_a_failure = beside(toys.request_after_a_failure)
loaded_at_between = beside(toys.loaded_at_between)


# --- a stage for models, and calls in threads ------------------------------------------------------------------------


class Stage:
    """A folder with pickled models, their log, their gates and their clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = clock_of(str(folder))
        """The clock that `Stopwatch` models move, in seconds."""
        self._gates: list[Path] = []

    def save(self, name: str, model: object) -> str:
        """Pickle `model` into the file `<name>.pkl`; returns the path."""
        path = self.folder / f"{name}.pkl"
        path.write_bytes(pickle.dumps(model))
        return str(path)

    def probe(self, name: str, *, file: str = "", **options: object) -> str:
        """Pickle a `Probe` into `<file or name>.pkl`; its gates are opened at the latest when the test ends."""
        self._gates += [self.folder / f"{name}.load", self.folder / f"{name}.predict"]
        return self.save(file or name, toys.Probe(name, str(self.folder), **options))

    def hold(self, mortal: toys.Mortal, *, file: str) -> str:
        """Pickle a `Mortal` that has a gate."""
        self._gates.append(self.folder / f"{mortal.name}.load")
        return self.save(file, mortal)

    def open(self, gate: str) -> None:
        """Let everybody through who waits at `gate`, `a.load` or `a.predict`."""
        (self.folder / gate).touch()

    def open_all(self) -> None:
        """Let everybody through."""
        for gate in self._gates:
            gate.touch()

    def advance(self, seconds: float) -> None:
        """Move that clock."""
        toys.advance(str(self.folder), seconds)

    def count(self, line: str) -> int:
        """How often `line` is in the log."""
        return list(toys.notes(str(self.folder))).count(line)

    def logs(self, line: str, *, times: int = 1, within_s: float = PATIENCE_S) -> bool:
        """Wait until `line` is in the log so many times; whether it came."""
        return wait_until(lambda: self.count(line) >= times, within_s)


class Task:
    """A call in a thread of its own."""

    def __init__(self, thunk: Callable[[], Any], *, stay: threading.Event | None = None) -> None:
        """With `stay`, the thread lives on after the call, until that is set."""
        self._thunk = thunk
        self._stay = stay
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
        if self._stay is not None:
            self._stay.wait(2 * PATIENCE_S)

    def ends(self, within_s: float = PATIENCE_S) -> bool:
        """Wait for the call to end; whether it did."""
        return self._done.wait(within_s)

    def result(self) -> Any:
        """What the call returned; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._result


class CountingClock:
    """The clock of a stage, which counts how often it is asked: each request asks it as soon as it begins."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._lock = threading.Lock()
        self._calls = 0

    def __call__(self) -> float:
        """The time of the stage."""
        now_s = float(self._stage.clock())
        with self._lock:
            self._calls += 1
        return now_s

    def start(self, thunk: Callable[[], Any]) -> Task:
        """Start a request in a thread, and wait until it has asked for the time, while nobody else does."""
        calls = self._calls
        task = Task(thunk)
        wait_until(lambda: self._calls > calls, PATIENCE_S)
        return task


def wait_until(condition: Callable[[], bool], within_s: float) -> bool:
    """Poll `condition`; whether it came true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def answer(thunk: Callable[[], Any], *, asked: check.Asked, mistake: str) -> Any:
    """The result of a call that must neither be held up by what is going on, or went on, elsewhere, nor fail for it."""
    __tracebackhide__ = True
    task = Task(thunk)
    check.true(
        task.ends(),
        asked=asked,
        came=f"no answer within {PATIENCE_S:g} s: the system is stuck",
        expected="an answer at once",
        mistake=mistake,
    )
    return well(task.result, asked=asked, mistake=mistake)


def well(thunk: Callable[[], Any], *, asked: check.Asked, mistake: str) -> Any:
    """The result of a call that must not raise."""
    __tracebackhide__ = True
    try:
        return thunk()
    except NotImplementedError:
        raise
    except Exception as error:
        came = f"{type(error).__name__}: {error}"
    return check.true(condition=False, asked=asked, came=came, expected="no error", mistake=mistake)


READS_AT_ONCE = "load_model must read the file at once, and predict must ask the model that was read"


def hold_at(
    stage: Stage, line: str, thunk: Callable[[], Any], *, asked: check.Asked, mistake: str = READS_AT_ONCE
) -> Task:
    """Start a call in a thread, and wait until a model of it has logged `line` and stands at its gate."""
    __tracebackhide__ = True
    task = Task(thunk)
    if not stage.logs(line):
        if task.ends(0):
            task.result()
        check.true(
            condition=False,
            asked=asked,
            came=f"the log has no {line!r}",
            expected=f"{line!r} in the log of the models",
            mistake=mistake,
        )
    return task


def finish(task: Task | toys.Guest, *, asked: check.Asked, mistake: str = "") -> Any:
    """The result of a call whose gate is open by now; raises what it raised."""
    __tracebackhide__ = True
    settle(task, asked=asked, mistake=mistake)
    return task.result()


def settle(task: Task | toys.Guest, *, asked: check.Asked, mistake: str = "") -> None:
    """Wait for the end of a call whose gate is open by now, whatever it is."""
    __tracebackhide__ = True
    check.true(
        task.ends(PATIENCE_S),
        asked=asked,
        came=f"no answer within {PATIENCE_S:g} s: the thread hangs",
        expected="an end, since nothing holds it up any more",
        mistake=mistake,
    )


def loaded(system: Any, ids: Sequence[str] = IDS) -> list[str]:
    """Those of the ids whose models are in the cache."""
    return list(those_loaded(system, list(ids)))


Call = tuple[Any, ...]
"""The name of a method, and its arguments."""


@dataclass
class Meeting:
    """What came of calls of two threads, one of which was stopped in the middle."""

    asked: str
    first: Any
    others: list[Any]
    log: list[str]
    after: list[Any]
    stood_still: bool
    """Whether the others came and went while the first one stood still; else they may have waited for it."""


def in_words(*calls: Call) -> str:
    """Calls for a message, with the names of the files alone."""
    said = []
    for method, *args in calls:
        shown = [Path(arg).name if str(arg).endswith(".pkl") else arg for arg in args]
        said.append(f"{method}({', '.join(map(repr, shown))})")
    return ", ".join(said)


def meet(
    stage: Stage, size: int, before: Sequence[Call], first: Call, *others: Call, after: Sequence[Call] = ()
) -> Iterator[Meeting]:
    """Stop `first` at each of its steps in turn, in a new system each time, and have the others called meanwhile."""
    __tracebackhide__ = True
    for came in meetings(str(stage.folder), size, list(before), first, list(others), list(after)):
        asked = (
            f"{in_words(first)}, stopped before its step {came['step']}, and {in_words(*others)} in another thread "
            f"meanwhile, {f'after {in_words(*before)} ' if before else ''}in a cache of {size}"
        )
        check.true(
            "stuck" not in [came["first"], *came["others"]],
            asked=asked,
            came=f"no answer within {toys.MEETING_DEADLINE_S:g} s",
            expected="answers of both threads, when the first may go on",
            mistake="two threads wait for each other, or a lock is never released",
        )
        yield Meeting(asked=asked, **{key: came[key] for key in ("first", "others", "log", "after", "stood_still")})


def check_answer(came: Any, names: Sequence[str], data: object, *, asked: str, mistake: str) -> None:
    """Hold what came of a predict to the answer of a probe of one of these names."""
    __tracebackhide__ = True
    check.true(
        isinstance(came, list) and any(check.is_equal(came[0], [name, data]) for name in names),
        asked=asked,
        came=came[0] if isinstance(came, list) else came,
        expected=" or ".join(str([name, data]) for name in names),
        mistake=mistake,
    )


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage of the test's own."""
    stage = Stage(tmp_path)
    yield stage
    stage.open_all()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """One probe for each of `IDS`, a file without a model, and a stopwatch, for the laws to share."""
    shelf = Stage(tmp_path_factory.mktemp("shelf"))
    for model_id in IDS:
        shelf.probe(model_id)
    shelf.save("foreign", {"not": "a model"})
    shelf.save("stopwatch", toys.Stopwatch(str(shelf.folder)))
    shelf.save("echo", toys.Echo())
    shelf.save("same", toys.Same())
    return shelf


def path_of(stage: Stage, model_id: str) -> str:
    """Where the model of that id was saved."""
    return str(stage.folder / f"{model_id}.pkl")


def served(stage: Stage, ids: str, *, size: int = 10, clock: Callable[[], float] = time.perf_counter) -> Any:
    """A system with the (already saved) models of one-letter ids loaded, in that order."""
    system = kata.ModelServingSystem(size, clock)
    load_each(system, {model_id: path_of(stage, model_id) for model_id in ids})
    return system


# --- the oracle: caches in plain Python, the right one and the usual wrong ones --------------------------------------


@dataclass
class Entry:
    """What a policy may know about a model in the cache."""

    came: int
    used: int
    uses: int = 1
    uses_ever: int = 1


@dataclass
class Policy:
    """A cache of `size` that gives up the entry whose `key` is least: in the right one, the time of its last use."""

    size: int
    key: Callable[[Entry], Any] = lambda entry: entry.used
    glance_is_use: bool = False
    failure_is_use: bool = True
    entries: dict[str, Entry] = field(default_factory=dict)
    uses_ever: dict[str, int] = field(default_factory=dict)
    ticks: int = 0

    def use(self, model_id: str, *, well: bool = True) -> bool:
        """Ask for a model; whether it was there."""
        self.ticks += 1
        self.uses_ever[model_id] = self.uses_ever.get(model_id, 0) + 1
        entry = self.entries.get(model_id)
        if entry is None:
            if len(self.entries) >= self.size:
                self.evict()
            self.entries[model_id] = Entry(self.ticks, self.ticks, uses_ever=self.uses_ever[model_id])
            return False
        if well or self.failure_is_use:
            entry.used = self.ticks
        entry.uses += 1
        entry.uses_ever = self.uses_ever[model_id]
        return True

    def evict(self) -> str | None:
        """Give one entry up; its id."""
        if not self.entries:
            return None
        victim = min(self.entries, key=lambda model_id: self.key(self.entries[model_id]))
        del self.entries[victim]
        return victim

    def loaded(self) -> list[str]:
        """What is there, in the order of `IDS`."""
        there = [model_id for model_id in IDS if model_id in self.entries]
        if self.glance_is_use:
            for model_id in there:
                self.use(model_id)
        return there


def wrong_policies(size: int) -> dict[str, Policy]:
    """Caches with the usual mistakes."""
    return {
        "first in, first out: each use must make the model the most recent one": Policy(size, lambda e: e.came),
        "the least frequently used goes: the least recently used one must": Policy(size, lambda e: (e.uses, e.used)),
        "the model with the fewest requests goes: the least recently used one must": Policy(
            size, lambda e: (e.uses_ever, e.used)
        ),
        "the most recently used goes: evict from the other end": Policy(size, lambda e: -e.used),
        "get_model_info counts as a use: only load_model and predict do": Policy(size, glance_is_use=True),
        "a request whose model raises does not count as a use: it does": Policy(size, failure_is_use=False),
    }


OPERATIONS = st.sampled_from(["predict", "predict", "predict", "load", "fail", "evict", "bad load"])
STEPS = st.lists(st.tuples(OPERATIONS, st.sampled_from(IDS)), max_size=24)
PLAIN_DATA = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    floats(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=3),
    st.tuples(st.integers(), st.integers()),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
    vectors(),
)
SECONDS = st.integers(0, 640).map(lambda ticks: ticks / 64)
"""Durations that add up without rounding."""


def check_raised(raised: str, operation: str, *, asked: str) -> None:
    """Hold what a step of a walk raised to what it is to raise."""
    __tracebackhide__ = True
    want = toys.WANTED_ERRORS.get(operation)
    check.equal(
        raised,
        want.__name__ if want else "",
        asked=f"what the last step raised, {asked}",
        hint={
            "bad load": "a bad load is one of a file that holds a dict, which has no predict: ValueError",
            "fail": "a fail is a request whose model raises RuntimeError: that comes out as it is",
        }.get(operation, "nothing is wrong with this step"),
    )


def as_text(size: int, steps: Sequence[tuple[str, str]]) -> str:
    """A sequence of steps for a message."""
    done = ", ".join(operation if operation == "evict" else f"{operation} {i}" for operation, i in steps)
    return f"a cache of {size}, after load a, b, c, d, e; {done}"


# --- example ---------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_the_model_of_the_file_answers(stage: Stage) -> None:
    system = kata.ModelServingSystem(model_cache_size=1)
    system.load_model("double", stage.save("double", toys.Scale(2.0)))
    asked = call("predict", "double", [1.0, 2.0])
    response = system.predict("double", [1.0, 2.0])
    check.equal(sorted(response), PREDICT_KEYS, asked=f"the keys of {asked}, sorted")
    check.equal(response["prediction"], [2.0, 4.0], asked=f"prediction of {asked}")
    check.equal(response["model_id"], "double", asked=f"model_id of {asked}")
    check.equal(
        response["cache_hit"],
        True,
        asked=f"cache_hit of {asked}, right after load_model",
        mistakes={"load_model left the model on disk, or cache_hit is the wrong way round": False},
    )
    check.python_float(response["latency_ms"], asked=f"latency_ms of {asked}")
    check.true(
        response["latency_ms"] >= 0.0, asked=f"latency_ms of {asked}", came=response["latency_ms"], expected=">= 0"
    )


@pytest.mark.example
def test_worked_example_a_cache_of_one_gives_way_and_reads_again(stage: Stage) -> None:
    system = kata.ModelServingSystem(model_cache_size=1)
    system.load_model("double", stage.save("double", toys.Scale(2.0)))
    system.load_model("triple", stage.save("triple", toys.Scale(3.0)))
    asked = "get_model_info('double')['loaded'], after a cache of 1 loaded double and triple"
    mistake = "an evicted id is forgotten: keep the path and the counts apart from the cache"
    check.equal(
        well(partial(system.get_model_info, "double"), asked=asked, mistake=mistake)["loaded"],
        False,
        asked=asked,
        mistakes={"the cache holds more than model_cache_size: one model must go for each newcomer": True},
    )
    asked = "predict('double', [5.0]) after double was evicted"
    response = well(partial(system.predict, "double", [5.0]), asked=asked, mistake=mistake)
    check.equal(response["prediction"], [10.0], asked=asked)
    check.equal(
        response["cache_hit"],
        False,
        asked=f"cache_hit of {asked}",
        mistakes={"a request that had to read the file is called a hit": True},
    )
    check.equal(loaded(system, ["double", "triple"]), ["double"], asked="the models that are loaded after that")
    check.equal(system.evict_least_used_model(), "double", asked="evict_least_used_model()")
    check.equal(system.evict_least_used_model(), None, asked="evict_least_used_model() of an empty cache")


@pytest.mark.example
def test_worked_example_of_percentiles(stage: Stage) -> None:
    system = kata.ModelServingSystem(clock=stage.clock)
    path = stage.save("w", toys.Stopwatch(str(stage.folder)))
    system.load_model("w", path)
    for seconds in (0.375, 0.125, 0.5, 0.25):
        system.predict("w", seconds)
    info = system.get_model_info("w")
    asked = "get_model_info after requests of 375, 125, 500 and 250 ms"
    check.equal(sorted(info), INFO_KEYS, asked=f"the keys of {asked}, sorted")
    check_percentiles(info, [375.0, 125.0, 500.0, 250.0], asked=asked)
    check.equal(info["path"], path, asked=f"path of {asked}")
    check.equal([info["request_count"], info["error_count"]], [4, 0], asked=f"request_count and error_count of {asked}")


def check_percentiles(info: dict[str, Any], latencies_ms: Sequence[float], *, asked: str) -> None:
    """Hold both percentiles of a model's info to those of the latencies."""
    __tracebackhide__ = True
    for name, percent in (("latency_p50_ms", 50), ("latency_p95_ms", 95)):
        values = np.array(latencies_ms)
        kinds = ("higher", "lower", "nearest", "inverted_cdf", "weibull", "midpoint")
        mistakes: dict[str, object] = {
            "in seconds: latencies are in milliseconds": np.percentile(values, percent) / 1000,
            "the mean: a percentile is a place in the sorted latencies": np.mean(values),
            "latencies are not sorted: a percentile is a place in the sorted ones": values[
                min(len(values) - 1, int(len(values) * percent / 100))
            ],
            "of another percentile, or of fewer requests": np.percentile(values, 145 - percent),
        }
        for kind in kinds:
            mistakes[f"another definition ({kind}): interpolate linearly, as numpy.percentile does by default"] = (
                np.percentile(values, percent, method=kind)  # type: ignore[call-overload]
            )
        check.close(
            info[name],
            np.percentile(values, percent),
            asked=f"{name} of {asked}",
            mistakes=mistakes,
            hint="take them anew at each call, of all requests up to then",
        )


# --- law -------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(size=st.integers(1, 4), steps=STEPS)
def test_the_least_recently_used_model_goes_first(shelf: Stage, size: int, steps: list[tuple[str, str]]) -> None:
    right, wrong = Policy(size), wrong_policies(size)
    for policy in (right, *wrong.values()):
        for model_id in IDS:
            policy.use(model_id)
    walked = walk(str(shelf.folder), size, IDS, steps, IDS)
    for done, ((operation, model_id), came) in enumerate(zip(steps, walked, strict=True), 1):
        asked = as_text(size, steps[:done])
        check_raised(came["raised"], operation, asked=asked)
        if operation == "evict":
            check_policy(
                came["returned"], lambda policy: policy.evict(), right, wrong, asked=f"the model that goes, {asked}"
            )
        elif operation != "bad load":
            for policy in (right, *wrong.values()):
                policy.use(model_id, well=operation != "fail")
        check_policy(
            came["loaded"], lambda policy: policy.loaded(), right, wrong, asked=f"the models that are loaded, {asked}"
        )


def check_policy(
    got: object, say: Callable[[Policy], object], right: Policy, wrong: dict[str, Policy], *, asked: str
) -> None:
    """Hold `got` to what the right policy says, and drop those of the wrong ones that `got` refutes.

    Those that are left agree with all that the system has done so far; several may explain a wrong answer.
    """
    __tracebackhide__ = True
    said = {name: say(policy) for name, policy in wrong.items()}
    suspects = [name for name, value in said.items() if check.is_equal(got, value)]
    check.equal(got, say(right), asked=asked, mistakes={"; or: ".join(suspects): got} if suspects else None)
    for name in wrong.keys() - set(suspects):
        del wrong[name]


@pytest.mark.law
@given(size=st.integers(1, 4), steps=STEPS)
def test_hits_reads_and_counts_follow_from_what_was_asked(
    shelf: Stage, size: int, steps: list[tuple[str, str]]
) -> None:
    right = Policy(size)
    for model_id in IDS:
        right.use(model_id)
    requests, errors, before_eviction = (dict.fromkeys(IDS, 0) for _ in range(3))
    walked = walk(str(shelf.folder), size, IDS, steps, ())
    for done, ((operation, model_id), step) in enumerate(zip(steps, walked, strict=True), 1):
        asked = as_text(size, steps[:done])
        check_raised(step["raised"], operation, asked=asked)
        came = step["returned"]
        reads, predictions = (step["log"].count(f"{what} {model_id}") for what in ("load", "predict"))
        needed = operation == "load"
        if operation == "evict":
            right.evict()
        elif operation != "bad load":
            was_there = right.use(model_id)
            needed = needed or not was_there
        if operation in ("predict", "fail"):
            if needed:
                before_eviction[model_id] = requests[model_id]
            requests[model_id] += 1
            errors[model_id] += operation == "fail"
        if operation == "load":
            check.equal(came, None, asked=f"what the last load_model returned, {asked}", hint="it returns nothing")
        if operation == "predict":
            check.equal(came["prediction"], [model_id, 0], asked=f"the prediction, {asked}")
            check.equal(
                came["cache_hit"],
                not needed,
                asked=f"cache_hit of the last request, {asked}",
                mistakes={
                    "a request that had to read the file is called a hit": True,
                    "a request that found the model in the cache is called a miss": False,
                },
            )
        check.equal(
            reads,
            int(needed),
            asked=f"how often the last step read the file of {model_id}, {asked}",
            mistakes={
                "a model that was there is read again": int(needed) + 1,
                "load_model must read the file, even of an id that it knows": 0,
            },
        )
        check.equal(
            predictions,
            int(operation in ("predict", "fail")),
            asked=f"how often the last step asked the model of {model_id} for a prediction, {asked}",
            mistakes={
                "a model is asked twice for one request: ask it once, whether it answers or raises": 2,
                "an old prediction is given out again: ask the model at each request": 0,
            },
        )
        info = step["info"]
        total, failed = requests[model_id], errors[model_id]
        check.equal(
            [info["request_count"], info["error_count"]],
            [total, failed],
            asked=f"request_count and error_count of {model_id}, {asked}",
            mistakes={
                "a request that failed is not in request_count: it is a request too": [total - failed, failed],
                "the error is not counted": [total, 0],
                "the error is counted twice": [total, 2 * failed],
                "the counts began anew when the model was read again": [total - before_eviction[model_id], failed],
            },
            hint="keep the counts apart from the model: evictions and load_model leave them alone",
        )


@pytest.mark.law
@given(data=PLAIN_DATA)
def test_data_reaches_the_model_as_it_is(shelf: Stage, data: object) -> None:
    echoed, same, is_the_data = handed_on(str(shelf.folder), data)
    check.equal(
        echoed,
        [type(data).__name__, data],
        asked=f"{call('predict', 'echo', data)}, whose model returns the type's name and the data",
        hint="hand data on as it is, and return what the model returned",
    )
    asked = f"the prediction of {call('predict', 'same', data)}, whose model returns the data"
    hint = "return what the model returned, as it is"
    check.equal([type(same).__name__, same], [type(data).__name__, data], asked=f"the type of, and {asked}", hint=hint)
    check.true(
        is_the_data,
        asked=f"whether it is the object that was handed in: {asked}",
        came="another one that is equal",
        expected="the object itself",
        mistake="data, or the prediction, is copied: hand both on as they are",
    )


@pytest.mark.law
@given(durations_s=st.lists(SECONDS, min_size=1, max_size=12))
def test_percentiles_are_those_of_numpy(shelf: Stage, durations_s: list[float]) -> None:
    came, info = measured(str(shelf.folder), durations_s)
    for latency_ms, duration_s in zip(came, durations_s, strict=True):
        check_latency(latency_ms, duration_s, asked=f"latency_ms of a request that took {duration_s} s")
    latencies_ms = [1000 * duration_s for duration_s in durations_s]
    check_percentiles(info, latencies_ms, asked=f"latencies of {latencies_ms} ms, asked for after each of them")


def check_latency(got: object, seconds: float, *, asked: str) -> None:
    """Hold a latency to a time in seconds."""
    __tracebackhide__ = True
    check.close(
        got,
        1000 * seconds,
        asked=asked,
        rtol=1e-6,
        atol=1e-6,
        mistakes={
            "in seconds: latency_ms is in milliseconds": seconds,
            "in microseconds: latency_ms is in milliseconds": 1e6 * seconds,
        },
        hint="take all times from the clock that __init__ was given",
    )


# --- edge: one thread ------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_model_interface_is_abstract(elsewhere: Elsewhere) -> None:
    check.raises(
        TypeError,
        lambda: kata.ModelInterface().predict([1.0]),
        asked="ModelInterface()",
        because="an abstract class cannot be instantiated",
        hint="inherit from abc.ABC, and mark predict with @abstractmethod",
    )
    incomplete, with_init, complete = elsewhere("serving_models", "what_subclasses_of_the_interface_do")
    for came, asked, mistake in (
        (incomplete, "with nothing in it", "only ModelInterface itself is barred"),
        (with_init, "with an __init__ of its own and no predict", "ModelInterface.__init__ looks, and is never called"),
    ):
        check.equal(
            came,
            "TypeError",
            asked=f"what instantiating a subclass of ModelInterface {asked} raises",
            mistakes={f"{mistake}: inherit from abc.ABC, and mark predict with @abstractmethod": "no error"},
        )
    check.equal(
        complete,
        "6.0",
        asked="predict(3.0) of a subclass with an __init__ that takes a factor, here 2.0, and a predict that multiplies",
        mistakes={"a subclass with a predict of its own is refused: that one method is all it needs": "TypeError"},
    )


@pytest.mark.edge
@pytest.mark.parametrize("size", [0, -1])
def test_a_cache_without_room_is_an_error(size: int) -> None:
    check.raises(
        ValueError,
        partial(kata.ModelServingSystem, size),
        asked=call("ModelServingSystem", size),
        because="model_cache_size must be at least 1",
    )


@pytest.mark.edge
def test_the_cache_holds_a_hundred_models_by_default(stage: Stage) -> None:
    system = kata.ModelServingSystem()
    ids = [f"m{i}" for i in range(101)]
    load_all(system, len(ids), stage.save("scale", toys.Scale(1.0)))
    asked = "how many of 101 models are loaded, in ModelServingSystem()"
    check.equal(len(loaded(system, ids)), 100, asked=asked, mistakes={"the cache has no bound": 101})


@pytest.mark.edge
def test_a_large_cache_is_given_up_in_order_of_use_although_the_clock_stands_still(stage: Stage) -> None:
    system = kata.ModelServingSystem(60, stage.clock)
    load_all(system, 60, stage.save("scale", toys.Scale(1.0)))
    ids = [f"m{i}" for i in range(60)]
    order = [ids[i] for i in np.random.default_rng(0).permutation(60)]
    answers_to(system, [(model_id, [1.0]) for model_id in order])
    check.equal(
        list(evict_all(system, 61)),
        order,
        asked="what evict_least_used_model gives up, again and again, after 60 models were loaded and each was asked "
        f"once, in the order {', '.join(order[:3])}, ..., while the clock stood still",
        mistakes={
            "the order of loading: a clock may say the same twice, so keep the order of use itself, and no times": ids
        },
        hint="the exact order of use counts, not an estimate of it",
    )


@pytest.mark.edge
def test_an_unknown_id_is_a_key_error(stage: Stage) -> None:
    system = kata.ModelServingSystem()
    system.load_model("a", stage.save("a", toys.Scale(1.0)))
    because = "no model of that id was ever loaded"
    check.raises(KeyError, partial(system.predict, "b", [1.0]), asked=call("predict", "b", [1.0]), because=because)
    check.raises(
        KeyError,
        partial(system.get_model_info, "b"),
        asked=f"{call('get_model_info', 'b')}, after a predict that failed with KeyError",
        because=because,
        hint="neither call may make a record for an id that it does not know",
    )


def write_bad_file(folder: Path, kind: str) -> str:
    """A path at which there is no model, for one of many reasons."""
    path = folder / "bad.pkl"
    good = pickle.dumps(toys.Scale(2.0))
    content = {
        "empty": b"",
        "cut short": good[:-4],
        "text": b"weights: 1, 2, 3\n",
        "of a class that does not exist": b"cserving_models\nNoSuchModel\n.",
        "a dict": pickle.dumps({"predict": 1}),
        "None": pickle.dumps(None),
        "a number called predict": pickle.dumps(toys.Constant(2.0)),
    }
    if kind == "a folder":
        path.mkdir()
    elif kind.startswith("raising "):
        path.write_bytes(pickle.dumps(toys.Probe("bad", str(folder), load_error=kind.removeprefix("raising "))))
    elif kind != "missing":
        path.write_bytes(content[kind])
    return str(path)


BAD_FILES = (
    "missing",
    "a folder",
    "empty",
    "cut short",
    "text",
    "of a class that does not exist",
    "raising KeyError",
    "raising RuntimeError",
    "raising ZeroDivisionError",
    "raising OddError",
    "a dict",
    "None",
    "a number called predict",
)


@pytest.mark.edge
@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_an_error_and_leaves_no_trace(stage: Stage, kind: str) -> None:
    stage.probe("a")
    stage.probe("b")
    system = served(stage, "ab", size=2)
    path = write_bad_file(stage.folder, kind)
    asked = f"load_model('c', path) of a file that is {kind}"
    check.raises(
        ValueError,
        partial(system.load_model, "c", path),
        asked=asked,
        because="no model can be read from it",
        mistakes={"the file was taken for one with a model: look for a callable predict": None},
        hint="unpickling can raise anything and give anything: catch Exception, and look for a callable predict",
    )
    check.equal(
        loaded(system, ["a", "b"]),
        ["a", "b"],
        asked=f"the models that are loaded in a cache of 2 after {asked}",
        mistakes={"a model was evicted for one that never came: read first, evict then": ["b"]},
    )
    for name, thunk in (
        ("get_model_info('c')", partial(system.get_model_info, "c")),
        ("predict('c', 0)", partial(system.predict, "c", 0)),
    ):
        check.raises(
            KeyError,
            thunk,
            asked=f"{name} after {asked}",
            because="c was never loaded",
            hint="a half-loaded entry is left behind: remember the id when its file has been read, and not earlier",
        )
    check.equal(system.evict_least_used_model(), "a", asked=f"evict_least_used_model() after {asked}")
    check.equal(system.evict_least_used_model(), "b", asked=f"the second evict_least_used_model() after {asked}")
    check.equal(system.evict_least_used_model(), None, asked=f"the third evict_least_used_model() after {asked}")


@pytest.mark.edge
def test_any_exception_while_unpickling_is_a_value_error_with_a_message(stage: Stage) -> None:
    kinds = [kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    names = sorted({kind.__name__ for kind in kinds})
    paths = {name: stage.save(f"broken {name}", toys.Broken(name)) for name in names}
    for name, came in dict(what_bad_files_raise(kata.ModelServingSystem(), "a", paths)).items():
        check.equal(
            came,
            "ValueError",
            asked=f"load_model('a', path) of a file whose unpickling raises {name}, without a message",
            hint="unpickling can raise anything: catch Exception, and make a ValueError of it that says what was read",
        )


@pytest.mark.edge
@pytest.mark.parametrize("model_id", ["a", "c"])
@pytest.mark.parametrize("name", ["SystemExit", "Cancelled"])
def test_a_load_that_is_broken_off_raises_and_leaves_no_trace(stage: Stage, name: str, model_id: str) -> None:
    stage.probe("a")
    stage.probe("b")
    system = served(stage, "ab", size=2)
    path = write_bad_file(stage.folder, f"raising {name}")
    before = system.get_model_info("a")
    asked = f"load_model({model_id!r}, path) of a file whose unpickling raises {name}, which is no Exception"
    mistake = "a lock is still held after a read was broken off: release it on every path, as a with statement does"
    leave = threading.Event()  # a lock that belongs to a thread must not come free because the thread is gone
    try:
        for times in ("first", "second"):
            task = Task(partial(system.load_model, model_id, path), stay=leave)
            settle(task, asked=f"{asked}, for the {times} time", mistake=mistake)
            check.true(
                ends_in_an_error(task),
                asked=f"{asked}, for the {times} time",
                came="no error",
                expected="an error, for nothing was loaded",
                mistake="what is no Exception was swallowed: let it out, or make a ValueError of it",
            )
    finally:
        leave.set()
    there = answer(partial(loaded, system, ["a", "b"]), asked=f"get_model_info after {asked}", mistake=mistake)
    check.equal(there, ["a", "b"], asked=f"the models that are loaded in a cache of 2 after {asked}")
    check.equal(system.get_model_info("a"), before, asked=f"get_model_info('a') after {asked}")
    check.raises(
        KeyError,
        partial(system.get_model_info, "c"),
        asked=f"get_model_info('c') after {asked}",
        because="c was never loaded",
        hint="a half-loaded entry is left behind: remember the id when its file has been read, and not earlier",
    )
    check.equal(list(evict_all(system, 3)), ["a", "b"], asked=f"what evict_least_used_model gives up after {asked}")
    after = f"predict({model_id!r}, 1), evicted before, after {asked} and load_model({model_id!r}, path) of a good one"
    answer(partial(system.load_model, model_id, path_of(stage, "b")), asked=after, mistake=mistake)
    evict_all(system, 1)
    response = answer(partial(system.predict, model_id, 1), asked=after, mistake=mistake)
    check.equal(response["prediction"], ["b", 1], asked=after)


def ends_in_an_error(task: Task) -> bool:
    """Whether a call that has ended raised something, be it an `Exception` or not."""
    try:
        task.result()
    except NotImplementedError:
        raise
    except BaseException:
        return True
    return False


@pytest.mark.edge
@pytest.mark.parametrize("is_loaded", [True, False])
def test_a_bad_file_for_a_known_id_changes_nothing(stage: Stage, *, is_loaded: bool) -> None:
    stage.probe("a")
    stage.probe("b")
    system = served(stage, "ab")
    system.predict("a", 1)
    if not is_loaded:
        system.evict_least_used_model()
        system.evict_least_used_model()
    before = system.get_model_info("a")
    asked = f"load_model('a', path) of an empty file, when a is {'' if is_loaded else 'not '}in the cache"
    bad = write_bad_file(stage.folder, "empty")
    check.raises(ValueError, partial(system.load_model, "a", bad), asked=asked, because="no model can be read from it")
    check.equal(
        system.get_model_info("a"),
        before,
        asked=f"get_model_info('a') after {asked}",
        hint="touch nothing before the file has been read",
    )
    check.equal(system.predict("a", 2)["prediction"], ["a", 2], asked=f"predict('a', 2) after {asked}")
    if is_loaded:
        check.equal(system.evict_least_used_model(), "b", asked=f"evict_least_used_model() after {asked} and a predict")


@pytest.mark.edge
@pytest.mark.parametrize("clock", ["goes on", "stands still"])
def test_loading_a_known_id_replaces_its_model_and_evicts_nobody(stage: Stage, clock: str) -> None:
    stage.probe("a")
    stage.probe("b")
    newer = stage.save("newer", toys.Mortal("newer", str(stage.folder)))  # of another class than the old one
    system = served(stage, "ab", size=2, clock=ticks() if clock == "goes on" else stage.clock)
    system.predict("b", 0)
    system.load_model("b", newer)
    asked = f"a cache of 2 with a and b, after load_model('b', newer_path), while the clock {clock}"
    check.equal(
        loaded(system, ["a", "b"]),
        ["a", "b"],
        asked=f"the models that are loaded in {asked}",
        mistakes={"a was evicted, although b takes its own place: b was in the cache already": ["b"]},
    )
    check.equal(
        system.predict("b", 0)["prediction"],
        ["newer", 0],
        asked=f"predict('b', 0) in {asked}",
        mistakes={"the old model answers: load_model must read the file, even of an id that it knows": ["b", 0]},
    )
    info = system.get_model_info("b")
    check.equal(info["path"], newer, asked=f"path of b in {asked}", mistakes={"the old path": path_of(stage, "b")})
    check.equal(info["request_count"], 2, asked=f"request_count of b, asked before and after, in {asked}")
    system.evict_least_used_model()
    system.evict_least_used_model()
    check.equal(
        system.predict("b", 0)["prediction"],
        ["newer", 0],
        asked=f"predict('b', 0) after b was evicted, in {asked}",
        mistakes={"the file of the first load_model was read: remember the newest path": ["b", 0]},
    )


@pytest.mark.edge
@pytest.mark.parametrize("kind", ["Path", "another os.PathLike"])
def test_paths_may_be_path_objects(stage: Stage, kind: str) -> None:
    path = stage.save("scale", toys.Scale(2.0))
    system = kata.ModelServingSystem()
    asked = f"load_model('scale', path), whose path is {'a Path' if kind == 'Path' else 'an os.PathLike, but no Path'}"
    mistake = "an os.PathLike was refused, or its str taken for its path: os.fspath gives the path"
    well(
        partial(system.load_model, "scale", Path(path) if kind == "Path" else shelfmark(path)),
        asked=asked,
        mistake=mistake,
    )
    came = system.get_model_info("scale")["path"]
    check.equal(came, path, asked=f"path of get_model_info, after {asked}", hint=mistake)
    system.evict_least_used_model()
    check.equal(system.predict("scale", [1.0])["prediction"], [2.0], asked=f"predict('scale', [1.0]) after {asked}")


@pytest.mark.edge
def test_a_path_is_used_as_it_was_given(stage: Stage) -> None:
    (stage.folder / "shelf").mkdir()
    for name, factor in (("old", 2.0), ("new", 3.0)):
        stage.save(name, toys.Scale(factor))
    link = stage.folder / "model of today "
    link.symlink_to("old.pkl")
    path = f"{stage.folder}/./shelf//../{link.name}"
    system = kata.ModelServingSystem()
    asked = "load_model('m', path) of a link to old.pkl, in whose path are ./ and // and ../, a blank at the end, and no .pkl"
    mistake = "a path was refused, or opened as another one: hand it to open as it is"
    well(partial(system.load_model, "m", path), asked=asked, mistake=mistake)
    came = system.get_model_info("m")["path"]
    check.equal(came, path, asked=f"path of get_model_info, after {asked}", hint="os.fspath is all that is done to it")
    link.unlink()
    link.symlink_to("new.pkl")
    system.evict_least_used_model()
    asked = f"predict('m', [1.0]), evicted before, when the link is one to new.pkl by now, after {asked}"
    check.equal(
        well(partial(system.predict, "m", [1.0]), asked=asked, mistake=mistake)["prediction"],
        [3.0],
        asked=asked,
        mistakes={"the link was followed once and for all: remember the path that was given": [2.0]},
    )
    (stage.folder / "~").mkdir()
    stage.save("~/scale", toys.Scale(4.0))
    path = "~/scale.pkl"
    asked = f"load_model('m', {path!r}), of a file in a folder that is called ~, and a predict after an eviction"
    mistake = "a path was made absolute, or ~ taken for the home of the user: hand it to open as it is"
    check.equal(
        well(partial(use_at_home, system, str(stage.folder), "m", path), asked=asked, mistake=mistake),
        [path, [4.0]],
        asked=f"path of get_model_info, and what the model predicts for [1.0], after {asked}",
        hint=mistake,
    )


@pytest.mark.edge
def test_ids_that_look_alike_are_different_ids(stage: Stage) -> None:
    ids = ["", " ", "a", "A", " a", "a ", "\u00e9", "e\u0301", "\u00df", "ss", "None", "0", "a/b", "a\\b", "a.pkl"]
    system = kata.ModelServingSystem()
    mistake = "an id is refused, or made another one: two ids are the same when the strings are equal"
    for factor, model_id in enumerate(ids):
        asked = f"load_model({model_id!r}, path)"
        well(
            partial(system.load_model, model_id, stage.save(f"{factor}", toys.Scale(factor))),
            asked=asked,
            mistake=mistake,
        )
    asked = f"predict(id, [1.0]) for each of {ids}"
    came = [well(partial(system.predict, model_id, [1.0]), asked=asked, mistake=mistake) for model_id in ids]
    check.equal(
        [response["prediction"] for response in came], [[i] for i in range(len(ids))], asked=asked, hint=mistake
    )
    check.equal([response["model_id"] for response in came], ids, asked=f"model_id of {asked}", hint=mistake)
    check.equal(
        [system.evict_least_used_model() for _ in ids],
        ids,
        asked=f"what evict_least_used_model gives up, again and again, after {asked}",
        hint='"" is an id too, and None is not what it is',
    )


@pytest.mark.edge
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_of_any_protocol_is_read(stage: Stage, protocol: int) -> None:
    path = stage.folder / "model.pkl"
    system = kata.ModelServingSystem()
    mistake = "whether it is a pickle is for pickle to say"
    for what, model, want in (("an object", toys.Scale(2.0), [2.0]), ("a class", toys.Static, 1)):
        path.write_bytes(pickle.dumps(model, protocol))
        asked = f"load_model('m', path) of a pickle of protocol {protocol}, {path.stat().st_size} bytes, of {what}"
        well(partial(system.load_model, "m", str(path)), asked=asked, mistake=mistake)
        check.equal(system.predict("m", [1.0])["prediction"], want, asked=f"predict('m', [1.0]) after {asked}")


@pytest.mark.edge
def test_systems_share_nothing(stage: Stage) -> None:
    for model_id in "abc":
        stage.probe(model_id)
    stage.advance(7.0)
    one, other = served(stage, "a", size=1, clock=stage.clock), kata.ModelServingSystem(2, ticks())
    mistake = "it knows what another system has loaded: keep everything in the object, and nothing in the class"
    check.raises(
        KeyError,
        partial(other.predict, "a", 0),
        asked="predict of an id that another system has loaded",
        because=mistake,
    )
    load_each(other, {"a": path_of(stage, "b"), "b": path_of(stage, "c")})
    one.load_model("c", path_of(stage, "c"))
    check.equal(
        [loaded(one, "ac"), loaded(other, "ab")],
        [["c"], ["a", "b"]],
        asked="the models that are loaded in a cache of 1 after a and c, and in one of 2 after a and b",
        hint=mistake,
    )
    check.equal(
        one.get_model_info("c")["loaded_at"],
        7.0,
        asked="loaded_at of c, loaded at 7 s by the clock of the one",
        hint=mistake,
    )
    evict_all(other, 2)
    stage.probe("slow", file="a", holds_load=True)
    reading = hold_at(stage, "load slow", partial(one.predict, "a", 1), asked="predict('a', 1), evicted before")
    asked = "predict('a', 2) of another system, which has it from another file, while the first one reads it"
    response = answer(partial(other.predict, "a", 2), asked=asked, mistake=mistake)
    check.equal(response["prediction"], ["b", 2], asked=asked, hint=mistake)
    stage.open("slow.load")
    check.equal(finish(reading, asked="predict('a', 1)")["prediction"], ["slow", 1], asked="predict('a', 1)")


@pytest.mark.edge
def test_time_comes_from_perf_counter_by_default(stage: Stage) -> None:
    before_s, loaded_at, after_s = loaded_at_between(kata.ModelServingSystem(), "a", stage.save("a", toys.Scale(1.0)))
    check.true(
        before_s <= loaded_at <= after_s,
        asked="loaded_at in ModelServingSystem()",
        came=loaded_at,
        expected=f"what time.perf_counter() says, between {before_s} and {after_s}",
        mistake="another clock is the default",
    )


@pytest.mark.edge
def test_arguments_may_be_named(stage: Stage) -> None:
    path = stage.save("scale", toys.Scale(2.0))
    mistake = "an argument has another name: take those of the task"
    asked = "ModelServingSystem(model_cache_size=2, clock=...)"
    make = partial(kata.ModelServingSystem, model_cache_size=2, clock=stage.clock)
    system = well(make, asked=asked, mistake=mistake)
    asked = "load_model(model_id='scale', model_path=path)"
    well(partial(system.load_model, model_id="scale", model_path=path), asked=asked, mistake=mistake)
    asked = "predict(model_id='scale', data=[1.0])"
    response = well(partial(system.predict, model_id="scale", data=[1.0]), asked=asked, mistake=mistake)
    check.equal(response["prediction"], [2.0], asked=asked)
    asked = "get_model_info(model_id='scale')"
    info = well(partial(system.get_model_info, model_id="scale"), asked=asked, mistake=mistake)
    check.equal(info["request_count"], 1, asked=f"request_count of {asked}")


@pytest.mark.edge
def test_a_hit_needs_no_file(stage: Stage) -> None:
    stage.probe("a")
    system = served(stage, "a")
    Path(path_of(stage, "a")).unlink()
    asked = "predict('a', 0), when a is in the cache and its file is gone"
    mistake = "the file is looked at although the model is in the cache: a hit needs no file"
    response = well(partial(system.predict, "a", 0), asked=asked, mistake=mistake)
    check.equal([response["prediction"], response["cache_hit"]], [["a", 0], True], asked=asked)
    stage.probe("longer", file="a")
    asked = "predict('a', 1), when a is in the cache and another model is in its file by now"
    response = well(partial(system.predict, "a", 1), asked=asked, mistake=mistake)
    check.equal(
        [response["prediction"], response["cache_hit"]],
        [["a", 1], True],
        asked=asked,
        mistakes={f"{mistake}, and load_model is there to read it anew": [["longer", 1], False]},
    )


@pytest.mark.edge
@pytest.mark.parametrize("kind", sorted(toys.ODD_MODELS))
def test_any_object_with_a_callable_predict_is_a_model(stage: Stage, kind: str) -> None:
    system = kata.ModelServingSystem()
    path = stage.save("odd", toys.ODD_MODELS[kind])
    asked = f"load_model('odd', path) of {kind}"
    mistake = "a model was refused: any object will do, true or false, whose attribute predict is callable"
    well(partial(system.load_model, "odd", path), asked=asked, mistake=mistake)
    for is_hit in (True, False):
        when = f"predict('odd', [1, 2]) after {asked}{'' if is_hit else ' and an eviction'}"
        response = well(partial(system.predict, "odd", [1, 2]), asked=when, mistake=mistake)
        check.equal(response["prediction"], 2, asked=f"prediction of {when}")
        check.equal(
            response["cache_hit"],
            is_hit,
            asked=f"cache_hit of {when}",
            mistakes={
                "a model that is false as a condition is taken for none: ask whether its id is there": not is_hit
            },
        )
        system.evict_least_used_model()
    well(partial(system.load_model, "odd", path), asked=asked, mistake=mistake)
    mistake = "models are compared: what was read takes the place of what was there, be they equal or not"
    asked = f"{asked}, which is in the cache already"
    well(partial(system.load_model, "odd", path), asked=asked, mistake=mistake)


@pytest.mark.edge
def test_none_is_a_prediction_too(stage: Stage) -> None:
    system = kata.ModelServingSystem()
    system.load_model("same", stage.save("same", toys.Raiser()))
    asked = "predict('same', None), whose model returns None"
    mistake = "None was taken for a failure: return what the model returned"
    response = well(partial(system.predict, "same", None), asked=asked, mistake=mistake)
    check.equal(response["prediction"], None, asked=f"prediction of {asked}")
    check.equal(system.get_model_info("same")["error_count"], 0, asked=f"error_count after {asked}")


@pytest.mark.edge
def test_data_is_not_copied(stage: Stage) -> None:
    system = kata.ModelServingSystem()
    system.load_model("echo", stage.save("echo", toys.Echo()))
    asked = "predict('echo', data), whose data cannot be copied"
    mistake = "data is copied: hand it on as it is"
    well(partial(system.predict, "echo", uncopyable()), asked=asked, mistake=mistake)
    counts = [system.get_model_info("echo")[key] for key in ("request_count", "error_count")]
    check.equal(counts, [1, 0], asked=f"request_count and error_count after {asked}", mistakes={mistake: [1, 1]})
    system.load_model("same", stage.save("same", toys.Same()))
    asked = "predict('same', data), whose model returns its data, which cannot be copied"
    mistake = "the prediction is copied: return what the model returned"
    well(partial(system.predict, "same", uncopyable()), asked=asked, mistake=mistake)


@pytest.mark.edge
def test_odd_data_and_odd_predictions_are_handed_on_too(stage: Stage) -> None:
    system = kata.ModelServingSystem()
    system.load_model("same", stage.save("same", toys.Same()))
    check.equal(
        list(changed_on_the_way(system, "same")),
        [],
        asked="which data does not come back itself from predict('same', data), whose model returns its data",
        hint="whatever it is, hand data on as it is, and return what the model returned: convert, raise and use up nothing",
    )


@pytest.mark.edge
def test_an_answer_stays_as_it_is_when_others_come(stage: Stage) -> None:
    stage.probe("a")
    stage.probe("b")
    system = served(stage, "ab")
    check.equal(
        [response["prediction"] for response in answers_to(system, [("a", 1), ("a", 2), ("b", 3)])],
        [["a", 1], ["a", 2], ["b", 3]],
        asked="the predictions in the answers to predict('a', 1), predict('a', 2) and predict('b', 3), all three kept",
        mistakes={
            "one dict is given out again and again: build a new one for each answer": 3 * [["b", 3]],
            "one dict for each model is given out again and again: build a new one for each answer": [
                ["a", 2],
                ["a", 2],
                ["b", 3],
            ],
        },
    )


@pytest.mark.edge
def test_two_ids_may_share_a_file(stage: Stage) -> None:
    path = stage.probe("both")
    system = kata.ModelServingSystem(2)
    system.load_model("x", path)
    system.load_model("y", path)
    when = "x and y were loaded from one file"
    check.equal(
        stage.count("load both"),
        2,
        asked=f"how often the file was read, when {when}",
        mistakes={"the model of another id with that path was taken: load_model must read the file": 1},
    )
    system.predict("x", 0)
    asked = f"request_count of x and of y, when {when}, after one request to x"
    counts = [system.get_model_info(model_id)["request_count"] for model_id in "xy"]
    check.equal(counts, [1, 0], asked=asked, mistakes={"the counts are kept by path: keep them by id": [1, 1]})
    asked = f"evict_least_used_model() when {when}, after one request to x"
    check.equal(system.evict_least_used_model(), "y", asked=asked)
    check.equal(
        loaded(system, "xy"),
        ["x"],
        asked=f"which of x and y is loaded, after {asked}",
        mistakes={"the models are kept by path, and both ids lose theirs at once: keep them by id": []},
    )


@pytest.mark.edge
@pytest.mark.parametrize("name", sorted(toys.ERRORS))
def test_what_a_model_raises_comes_out_as_it_is(stage: Stage, name: str) -> None:
    system = kata.ModelServingSystem()
    system.load_model("r", stage.save("r", toys.Raiser()))
    asked = f"predict('r', {name!r}), whose model raises a {name}"
    want = toys.ERRORS[name](f"a {name} was asked for")
    expected = f"{name}: {want}"
    try:
        answered = system.predict("r", name)
    except (NotImplementedError, KeyboardInterrupt):
        raise
    except BaseException as error:
        check.true(
            type(error).__name__ == name and str(error) == str(want),
            asked=asked,
            came=f"{type(error).__name__}: {error}",
            expected=expected,
            mistake="another exception took the place of the model's: count the error, and raise it again with `raise`",
        )
    else:
        mistake = "the error was swallowed: count it, and re-raise with a bare `raise`"
        check.true(condition=False, asked=asked, came=answered, expected=expected, mistake=mistake)
    info = system.get_model_info("r")
    check.equal(
        [info["request_count"], info["error_count"], info["loaded"]],
        [1, 1, True],
        asked=f"request_count, error_count and loaded after {asked}",
        mistakes={
            "a request that failed is not in request_count: it is a request too": [0, 1, True],
            "the error is not counted": [1, 0, True],
            "neither request nor error is counted: what a model raises need be no Exception, catch BaseException": [
                0,
                0,
                True,
            ],
            "the model was thrown out: an error is no reason to": [1, 1, False],
        },
    )
    check.equal(info["latency_p50_ms"], None, asked=f"latency_p50_ms after {asked}", hint="it is of successes alone")
    check.equal(
        system.predict("r", "calls")["prediction"],
        2,
        asked=f"how often the model was asked, {asked} and now included",
        mistakes={"a request that failed is tried again: a model is asked once": 3},
    )


@pytest.mark.edge
def test_nothing_is_added_to_what_a_model_raises(stage: Stage) -> None:
    system = kata.ModelServingSystem()
    system.load_model("r", stage.save("r", toys.Raiser()))
    asked = (
        "type, arguments, notes and cause of what predict('r', 'with a cause') raises, and whether its cause is shown"
    )
    check.equal(
        failure(system, "r", "with a cause"),
        ["OddError", ["outer", 7], ["a note"], "KeyError('inner')", True],
        asked=asked,
        hint="count the error, and raise it again with a bare `raise`, which changes nothing",
    )


@pytest.mark.edge
@pytest.mark.parametrize("name", sorted(toys.EXITS))
def test_what_stops_a_model_from_outside_is_counted_too(stage: Stage, name: str) -> None:
    system = kata.ModelServingSystem()
    system.load_model("r", stage.save("r", toys.Raiser()))
    asked = f"predict('r', {name!r}), whose model raises a {name}"
    raised = failure(system, "r", name)
    check.equal(None if raised is None else raised[0], name, asked=f"the name of what comes out of {asked}")
    info = system.get_model_info("r")
    check.equal(
        [info["request_count"], info["error_count"], info["loaded"]],
        [1, 1, True],
        asked=f"request_count, error_count and loaded after {asked}",
        mistakes={"neither request nor error is counted: whatever is raised, catch BaseException": [0, 0, True]},
    )


@pytest.mark.edge
def test_a_model_may_ask_another_one(stage: Stage) -> None:
    system = kata.ModelServingSystem(clock=stage.clock)
    system.load_model("outer", stage.save("outer", toys.Relay()))
    system.load_model("inner", stage.save("inner", toys.Stopwatch(str(stage.folder))))
    asked = "a request of 7 s to outer, which asks inner, which takes 2 s of them"
    came = well(
        partial(ask_within, system, "outer", "inner", str(stage.folder)),
        asked=asked,
        mistake="a model cannot ask another one of the same system, as those that combine others do",
    )
    check.equal([response["prediction"] for response in came], [2.0, 2.0], asked=f"the predictions of {asked}")
    check.close(
        [response["latency_ms"] for response in came],
        [7000.0, 2000.0],
        asked=f"the latencies of {asked}",
        mistakes={"the time at which a request begins is kept where the next one overwrites it": [6000.0, 2000.0]},
    )


@pytest.mark.edge
def test_the_system_serves_on_after_a_model_has_raised(stage: Stage) -> None:
    for model_id in "abc":
        stage.probe(model_id)
    system = served(stage, "abc", size=2)
    leave = threading.Event()  # a lock that belongs to a thread must not come free because the thread is gone
    try:
        for model_id, how in (("b", "from the cache"), ("a", "read again")):
            task = Task(partial(system.predict, model_id, "fail"), stay=leave)
            asked = f"predict({model_id!r}, 'fail'), a model {how} that raises"
            settle(task, asked=asked)
            check.raises(RuntimeError, task.result, asked=asked, because="the model raises it")
            mistake = (
                "a lock is still held after a model has raised: release it on every path, as a with statement does"
            )
            for other in "abc":
                after = f"predict({other!r}, 0) after {asked}"
                response = answer(partial(system.predict, other, 0), asked=after, mistake=mistake)
                check.equal(response["prediction"], [other, 0], asked=after)
    finally:
        leave.set()


@pytest.mark.edge
def test_looking_at_a_model_is_no_use_of_it(stage: Stage) -> None:
    stage.probe("a")
    stage.probe("b")
    system = served(stage, "ab")
    system.get_model_info("a")
    check.equal(
        system.evict_least_used_model(),
        "a",
        asked="evict_least_used_model() after load_model of a, load_model of b, get_model_info('a')",
        mistakes={"get_model_info counts as a use: only load_model and predict do": "b"},
    )


@pytest.mark.edge
@pytest.mark.parametrize("name", ["RuntimeError", "SystemExit"])
def test_a_request_whose_model_raises_is_a_use_of_it(stage: Stage, name: str) -> None:
    for model_id in "ab":
        stage.save(model_id, toys.Raiser())
    system = served(stage, "ab")
    task = Task(partial(system.predict, "a", name))
    settle(task, asked=f"predict('a', {name!r}), whose model raises it")
    check.equal(
        system.evict_least_used_model(),
        "b",
        asked=f"evict_least_used_model() after load_model of a, load_model of b, and a predict of a that raised {name}",
        mistakes={"a request whose model raises does not count as a use: it does": "a"},
    )


@pytest.mark.edge
@pytest.mark.parametrize("kind", ["missing", "cut short", "a dict"])
def test_a_file_that_has_gone_bad_is_an_error_of_that_request_alone(stage: Stage, kind: str) -> None:
    for model_id in "abc":
        stage.probe(model_id)
    system = served(stage, "abc", size=2)
    file = Path(path_of(stage, "a"))
    content = file.read_bytes()
    file.unlink()
    bad = Path(write_bad_file(stage.folder, kind))
    if bad.exists():
        bad.replace(file)
    asked = f"predict('a', 0), when a is evicted and its file is {kind} by now"
    for times in (1, 2):
        task = Task(partial(system.predict, "a", 0))
        mistake = "the mark that a read is under way is left behind when the read fails: take it away on every path"
        check.true(
            task.ends(),
            asked=f"{asked} (for the {times}. time)",
            came="it hangs",
            expected="ValueError",
            mistake=mistake,
        )
        check.raises(
            ValueError,
            task.result,
            asked=asked,
            because="the model cannot be read again",
            hint="a file can change: look for a callable predict whenever it is read",
        )
        info = system.get_model_info("a")
        check.equal(
            [info["request_count"], info["error_count"], info["loaded"], info["path"]],
            [times, times, False, str(file)],
            asked=f"request_count, error_count, loaded and path of a after {asked} (for the {times}. time)",
            mistakes={
                "a request for which the file could not be read counts too, and as an error": [0, 0, False, str(file)],
                "a half-loaded entry is left behind": [times, times, True, str(file)],
            },
        )
        check.equal(
            info["latency_p50_ms"],
            None,
            asked=f"latency_p50_ms of a after {asked} (for the {times}. time)",
            hint="the latency of a request that failed is in the percentiles, which are of successes alone",
        )
        check.equal(
            loaded(system, "bc"),
            ["b", "c"],
            asked=f"the other models that are loaded, after {asked}",
            mistakes={"a model was evicted for one that never came: read first, evict then": ["c"]},
        )
    file.write_bytes(content)
    response = answer(
        partial(system.predict, "a", 0),
        asked="predict('a', 0), now that the file is good again",
        mistake="the mark that a read is under way is left behind when the read fails: take it away on every path",
    )
    check.equal(response["prediction"], ["a", 0], asked="predict('a', 0), now that the file is good again")
    evict_all(system, 2)
    file.unlink()
    task = Task(partial(system.predict, "a", 0))
    check.raises(ValueError, partial(finish, task, asked=asked), asked=asked, because="the file is gone for good")
    system.load_model("a", path_of(stage, "c"))
    evict_all(system, 1)
    asked = "predict('a', 1), evicted before, after load_model('a', path) of another file"
    mistake = "a file that could not be read is held against its id although load_model came since"
    check.equal(
        well(partial(system.predict, "a", 1), asked=asked, mistake=mistake)["prediction"], ["c", 1], asked=asked
    )


@pytest.mark.edge
def test_the_latency_includes_reading_the_file(stage: Stage) -> None:
    system = kata.ModelServingSystem(clock=stage.clock)
    system.load_model("w", stage.save("w", toys.Stopwatch(str(stage.folder), load_s=2.0)))
    check_latency(
        system.predict("w", 0.5)["latency_ms"], 0.5, asked="latency_ms of a hit, whose model predicts in 0.5 s"
    )
    system.evict_least_used_model()
    latency_ms = system.predict("w", 0.5)["latency_ms"]
    asked = "latency_ms of a miss, whose model is read in 2 s and predicts in 0.5 s"
    mistakes = {
        "without the time for reading the file: the clock starts when the request comes": 500.0,
        "only the time for reading the file": 2000.0,
    }
    check.close(latency_ms, 2500.0, asked=asked, mistakes=mistakes)
    latencies = [500.0, 2500.0]
    check_percentiles(system.get_model_info("w"), latencies, asked=f"latencies of {latencies} ms")


@pytest.mark.edge
def test_the_latency_includes_waiting_for_the_read_of_another_request(stage: Stage) -> None:
    stage.probe("a")
    clock = CountingClock(stage)
    system = served(stage, "a", clock=clock)
    system.evict_least_used_model()
    stage.probe("slow", file="a", holds_load=True)
    tasks = [hold_at(stage, "load slow", partial(system.predict, "a", 0), asked="predict('a', 0), evicted before")]
    tasks += [clock.start(partial(system.predict, "a", i)) for i in (1, 2)]
    stage.advance(2.0)
    stage.open("slow.load")
    asked = "the latencies of 3 requests for an evicted model, one of which reads it in 2 s"
    check.close(
        [finish(task, asked=asked)["latency_ms"] for task in tasks],
        [2000.0, 2000.0, 2000.0],
        asked=asked,
        mistakes={
            "those who waited for the read did not count the time: the clock starts when the request comes": [
                2000.0,
                0.0,
                0.0,
            ]
        },
    )


@pytest.mark.edge
def test_requests_that_overlap_have_latencies_of_their_own(stage: Stage) -> None:
    stage.probe("a", holds_predict=True)
    system = served(stage, "a", clock=stage.clock)
    tasks = [hold_at(stage, "predict a", partial(system.predict, "a", 1), asked="predict('a', 1)")]
    stage.advance(2.0)
    tasks.append(Task(partial(system.predict, "a", 2)))
    stage.logs("predict a", times=2)
    stage.advance(4.0)
    stage.open("a.predict")
    asked = "predict('a', 1) at 0 s and predict('a', 2) at 2 s, which both end at 6 s"
    answers = [finish(task, asked=asked) for task in tasks]
    check.equal(
        [response["prediction"] for response in answers], [["a", 1], ["a", 2]], asked=f"the predictions of {asked}"
    )
    check.close(
        [response["latency_ms"] for response in answers],
        [6000.0, 4000.0],
        asked=f"the latencies of {asked}",
        mistakes={
            "the time at which a request begins is kept where the next one overwrites it: keep it in a local variable": [
                4000.0,
                4000.0,
            ]
        },
    )


@pytest.mark.edge
@pytest.mark.parametrize("step_s", [2.0**-20, 1 + 2.0**-25], ids=["short", "long"])
def test_latencies_are_not_rounded(stage: Stage, step_s: float) -> None:
    stage.probe("a")
    system = served(stage, "a", clock=ticks(step_s))
    latencies = [response["latency_ms"] for response in answers_to(system, [("a", i) for i in range(4)])]
    info = system.get_model_info("a")
    for what, came in (
        ("latency_ms", latencies),
        ("both percentiles", [info["latency_p50_ms"], info["latency_p95_ms"]]),
    ):
        whole = latencies if what == "latency_ms" else np.percentile(latencies, [50, 95])
        steps = [max(1.0, round(latency_ms / 1000 / step_s)) for latency_ms in latencies]
        check.close(
            came,
            1000 * step_s * np.array(steps) if what == "latency_ms" else whole,
            asked=f"{what} of 4 requests, by a clock that goes on by {1000 * step_s} ms each time that it is asked",
            rtol=1e-9,
            mistakes={"kept as float32, or rounded: give it as it is": np.array(whole, np.float32).astype(np.float64)}
            | {f"rounded to {digits} digits: give it as it is": np.round(whole, digits) for digits in range(7)},
            hint="a latency is a multiple of what the clock goes on by",
        )


@pytest.mark.edge
def test_percentiles_are_none_before_the_first_success_and_leave_failures_out(stage: Stage) -> None:
    system = kata.ModelServingSystem(clock=stage.clock)
    system.load_model("w", stage.save("w", toys.Stopwatch(str(stage.folder))))
    nothing = [None, None]
    info = system.get_model_info("w")
    asked = "latency_p50_ms and latency_p95_ms"
    came = [info["latency_p50_ms"], info["latency_p95_ms"]]
    check.equal(came, nothing, asked=f"{asked} before the first request", mistakes={"0 is no latency": [0.0, 0.0]})
    check.raises(ValueError, partial(system.predict, "w", -4.0), asked=call("predict", "w", -4.0), because="it raises")
    info = system.get_model_info("w")
    came = [info["latency_p50_ms"], info["latency_p95_ms"]]
    check.equal(
        came,
        nothing,
        asked=f"{asked} after one request, which failed after 4 s",
        mistakes={"the latency of a request that failed is in the percentiles": [4000.0, 4000.0]},
    )
    system.predict("w", 0.5)
    info = system.get_model_info("w")
    check.close(
        [info["latency_p50_ms"], info["latency_p95_ms"]],
        [500.0, 500.0],
        asked=f"{asked} after a request that failed after 4 s and one that took 500 ms",
        mistakes={
            "the latency of a request that failed is in the percentiles": np.percentile([4000.0, 500.0], [50, 95]),
            "in seconds: latencies are in milliseconds": [0.5, 0.5],
        },
    )


@pytest.mark.edge
def test_percentiles_are_of_the_latencies_that_were_returned(stage: Stage) -> None:
    stage.probe("a")
    system = served(stage, "a", clock=ticks())
    answers = answers_to(system, [("a", i) for i in range(3)])
    system.evict_least_used_model()
    answers += answers_to(system, [("a", 3)])
    info = system.get_model_info("a")
    check.close(
        [info["latency_p50_ms"], info["latency_p95_ms"]],
        np.percentile([response["latency_ms"] for response in answers], [50, 95]),
        asked="both percentiles after 4 requests, of whose latency_ms they are, by a clock that never says the same twice",
        hint="ask the clock once when the prediction is there, and take that latency for the answer and the percentiles",
    )


@pytest.mark.edge
def test_percentiles_are_of_the_latest_thousand_requests(stage: Stage) -> None:
    system = kata.ModelServingSystem(clock=stage.clock)
    system.load_model("w", stage.save("w", toys.Stopwatch(str(stage.folder))))
    seconds = [4.0] * 300 + [0.5] * 940 + [2.0] * 60
    predict_each(system, "w", seconds)
    latencies = 1000 * np.array(seconds)
    info = system.get_model_info("w")
    check.close(
        [info["latency_p50_ms"], info["latency_p95_ms"]],
        np.percentile(latencies[-1000:], [50, 95]),
        asked="both percentiles after 300 requests of 4 s, 940 of 0.5 s and 60 of 2 s, in this order",
        mistakes={
            "all latencies are kept: of the latest 1 000 alone, or memory grows without end": np.percentile(
                latencies, [50, 95]
            ),
            "the first 1 000 are kept: keep the latest": np.percentile(latencies[:1000], [50, 95]),
        },
    )


@pytest.mark.edge
def test_percentiles_are_of_exactly_a_thousand_successes(stage: Stage) -> None:
    system = kata.ModelServingSystem(clock=stage.clock)
    system.load_model("w", stage.save("w", toys.Stopwatch(str(stage.folder))))
    predict_each(system, "w", [4.0] * 600 + [0.5] * 500)
    asked = "latency_p50_ms after 600 requests of 4 s and 500 of 0.5 s, in this order"
    check.close(
        system.get_model_info("w")["latency_p50_ms"],
        2250.0,
        asked=asked,
        mistakes={
            "fewer than 1 000 latencies count: the latest 1 000 do, no fewer": 500.0,
            "more than 1 000 latencies count: the latest 1 000 do, no more": 4000.0,
        },
    )
    check.raises(ValueError, partial(system.predict, "w", -4.0), asked=call("predict", "w", -4.0), because="it raises")
    check.equal(failures(system, "w", [-4.0] * 99), ["ValueError"] * 99, asked='what 99 more predict("w", -4.0) raise')
    asked = f"{asked}, and 100 that failed"
    check.close(
        system.get_model_info("w")["latency_p50_ms"],
        2250.0,
        asked=asked,
        mistakes={
            "requests that failed take places: the latest 1 000 successful ones count": 500.0,
            "the latency of a request that failed is in the percentiles": 4000.0,
        },
    )
    predict_each(system, "w", [2.0] * 300)
    check.close(
        system.get_model_info("w")["latency_p50_ms"],
        1250.0,
        asked=f"{asked}, and 300 of 2 s",
        mistakes={
            "the percentiles are those of the last call: there are as many latencies as then, but newer ones": 2250.0,
            "get_model_info sorts the latencies where they are kept, and the oldest is not first any more: "
            "sort a copy": 3000.0,
        },
    )


@pytest.mark.edge
def test_latencies_outlive_an_eviction_and_a_new_load(stage: Stage) -> None:
    system = kata.ModelServingSystem(1, stage.clock)
    path = stage.save("w", toys.Stopwatch(str(stage.folder)))
    system.load_model("w", path)
    system.predict("w", 0.5)
    for step, again in (
        ("load_model('other', path), which takes its place", partial(system.load_model, "other", path)),
        ("evict_least_used_model()", system.evict_least_used_model),
        ("load_model('w', path)", partial(system.load_model, "w", path)),
    ):
        again()
        info = system.get_model_info("w")
        check.equal(
            [info["latency_p50_ms"], info["latency_p95_ms"]],
            [500.0, 500.0],
            asked=f"both percentiles after a request of 500 ms and {step}",
            mistakes={"the latencies are thrown away with the old model: they go on, as the counts do": [None, None]},
        )
    system.evict_least_used_model()
    system.predict("w", 1.5)
    latencies = [500.0, 1500.0]
    asked = f"latencies of {latencies} ms, with load_model, an eviction and a new read between them"
    check_percentiles(system.get_model_info("w"), latencies, asked=asked)


@pytest.mark.edge
def test_loaded_at_is_the_time_of_the_last_read(stage: Stage) -> None:
    stage.save("a", toys.Scale(1.0))
    info = served(stage, "a", clock=stage.clock).get_model_info("a")
    check.equal(
        [info["loaded"], info["loaded_at"]],
        [True, 0.0],
        asked="loaded and loaded_at of a model that was loaded when the clock said 0.0",
        mistakes={
            "0.0 is a time: ask whether loaded_at `is None`": [True, None],
            "0.0 is a time, and the model is loaded": [False, 0.0],
        },
    )
    check.equal(
        served(stage, "a", clock=lambda: -3.5).get_model_info("a")["loaded_at"],
        -3.5,
        asked="loaded_at of a model that was loaded when the clock said -3.5",
        hint="it is what the clock said, whenever its time begins",
    )
    stage.advance(100.0)
    system = kata.ModelServingSystem(clock=stage.clock)
    system.load_model("w", stage.save("w", toys.Stopwatch(str(stage.folder), load_s=2.0)))
    asked = "loaded_at of a model that is read in 2 s"
    check.close(
        system.get_model_info("w")["loaded_at"],
        102.0,
        asked=f"{asked}, loaded at 100 s",
        mistakes={
            "the time before the read: when the file had been read is meant": 100.0,
            "the time since the system was made: what the clock says is meant": 2.0,
        },
        hint="ask the clock that __init__ was given",
    )
    stage.advance(50.0)
    system.predict("w", 8.0)
    check.close(
        system.get_model_info("w")["loaded_at"],
        102.0,
        asked=f"{asked}, loaded at 100 s and asked at 152 s",
        mistakes={
            "the time of the last request: when the file was read is meant": 152.0,
            "the time of the last answer: when the file was read is meant": 160.0,
        },
    )
    system.load_model("w", path_of(stage, "w"))
    check.close(
        system.get_model_info("w")["loaded_at"],
        162.0,
        asked=f"{asked}, loaded at 100 s and, while it was in the cache, at 160 s again",
        mistakes={"the time of the first load: the model was replaced": 102.0, "the time before the read": 160.0},
    )
    system.evict_least_used_model()
    info = system.get_model_info("w")
    check.equal(
        [info["loaded"], info["loaded_at"]],
        [False, None],
        asked="loaded and loaded_at of an evicted model",
        mistakes={"loaded_at is left from before the eviction": [False, 162.0]},
    )
    stage.advance(38.0)
    system.predict("w", 8.0)
    check.close(
        system.get_model_info("w")["loaded_at"],
        202.0,
        asked=f"{asked}, when a request at 200 s has read it again",
        mistakes={"the time of the last load: the model was read again": 162.0, "the time before the read": 200.0},
    )


@pytest.mark.edge
def test_the_info_is_the_callers_to_change(stage: Stage) -> None:
    stage.probe("a")
    system = served(stage, "a")
    system.predict("a", 0)
    before = dict(system.get_model_info("a"))
    given_away = system.get_model_info("a")
    for key in given_away:
        given_away[key] = None
    check.equal(
        system.get_model_info("a"),
        before,
        asked="get_model_info('a') after the caller has changed the dict that came before",
        hint="build a new dict for each call",
    )
    kept = system.get_model_info("a")
    system.predict("a", 0)
    system.get_model_info("a")
    check.equal(
        kept["request_count"],
        1,
        asked="request_count in the dict that get_model_info('a') gave before the second predict and a new call",
        mistakes={"one dict is kept and brought up to date: build a new dict for each call": 2},
    )


@pytest.mark.edge
def test_files_are_closed(stage: Stage) -> None:
    path = stage.probe("a")
    bad = write_bad_file(stage.folder, "cut short")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        system = kata.ModelServingSystem()
        system.load_model("a", path)
        system.evict_least_used_model()
        system.predict("a", 0)
        asked = "load_model('b', path) of a file that is cut short"
        check.raises(ValueError, partial(system.load_model, "b", bad), asked=asked, because="it holds no model")
    check.equal(
        [str(warning.message) for warning in caught if issubclass(warning.category, ResourceWarning)],
        [],
        asked="the ResourceWarnings of reading a model twice, and of failing to read another",
        hint="open the file in a with statement",
    )
    for kind in ("cut short", "a dict"):
        before = files_open(str(stage.folder))
        read_often(system, "a", path, write_bad_file(stage.folder, kind), 20)
        more = files_open(str(stage.folder)) - before
        check.true(
            more < 20,
            asked=f"how many files more are open after 40 reads of a model and 20 of a file that is {kind}",
            came=more,
            expected="none",
            mistake="files are kept open: open them in a with statement, which closes them on every path",
        )


@pytest.mark.edge
def test_a_model_that_has_left_the_cache_leaves_the_memory(stage: Stage) -> None:
    paths = {name: stage.save(name, toys.Mortal(name, str(stage.folder))) for name in ("a", "b", "newer")}

    def leave_last() -> None:
        predict_each(system, "b", [1, 2])
        check.equal(failures(system, "b", ["fail"]), ["RuntimeError"], asked="what predict('b', 'fail') raises")
        system.evict_least_used_model()

    gone = {name: stage.count(f"gone {name}") for name in paths}  # those that were pickled just now are gone too
    system = served(stage, "ab", size=1)
    mistake = "a model is held outside the cache, in a record, a future or an old answer: hold it in the cache alone"
    for step, thunk, leaver in (
        ("load_model of a and of b", lambda: None, "a"),
        ("predict('a', 0), which reads a again", partial(system.predict, "a", 0), "b"),
        ("load_model('a', newer_path)", partial(system.load_model, "a", paths["newer"]), "a"),
        ("predict('b', 0), which reads b again", partial(system.predict, "b", 0), "newer"),
        ("a hit, a request that fails, and evict_least_used_model()", leave_last, "b"),
    ):
        thunk()
        gone[leaver] += 1
        collect_garbage()
        check.true(
            stage.logs(f"gone {leaver}", times=gone[leaver], within_s=2.0),
            asked=f"whether the model of {leaver} is given back to the memory, in a cache of 1, after {step}",
            came="it is still held by somebody",
            expected="that nobody holds it, for the cache has room for one",
            mistake=mistake,
        )


@pytest.mark.edge
def test_a_model_that_was_read_in_vain_leaves_the_memory(stage: Stage) -> None:
    stage.probe("a")
    newer = stage.probe("newer")
    system = served(stage, "a")
    system.evict_least_used_model()
    stage.hold(toys.Mortal("old", str(stage.folder), holds_load=True), file="a")
    gone = stage.count("gone old")  # the one that was pickled
    stale = hold_at(stage, "load old", partial(system.predict, "a", 1), asked="predict('a', 1), evicted before")
    load = Task(partial(system.load_model, "a", newer))
    load.ends(GRACE_S)  # it may also wait for the read that is under way
    stage.open("old.load")
    asked = "load_model('a', newer_path), which came while a request was reading the old file"
    finish(load, asked=asked)
    finish(stale, asked="predict('a', 1)")
    del stale
    collect_garbage()
    check.true(
        stage.logs("gone old", times=gone + 1, within_s=2.0),
        asked=f"whether the old model is given back to the memory after {asked}, when both have ended",
        came="it is still held by somebody",
        expected="that nobody holds it",
        mistake="a model that came too late for the cache is held in a record or a future: only the request needs it",
    )


@pytest.mark.edge
def test_two_ids_that_share_a_file_are_both_loaded_when_both_were_asked_at_once(stage: Stage) -> None:
    path = stage.probe("both")
    system = kata.ModelServingSystem()
    load_each(system, {"x": path, "y": path})
    evict_all(system, 2)
    stage.probe("slow", file="both", holds_load=True)
    tasks = [hold_at(stage, "load slow", partial(system.predict, "x", 1), asked="predict('x', 1), evicted before")]
    tasks.append(Task(partial(system.predict, "y", 2)))
    stage.logs("load slow", times=2, within_s=2 * GRACE_S)
    stage.open("slow.load")
    asked = "predict('x', 1) and predict('y', 2) at the same time, both evicted before, from one file"
    came = [finish(task, asked=asked)["prediction"] for task in tasks]
    check.equal(came, [["slow", 1], ["slow", 2]], asked=f"the predictions of {asked}")
    check.equal(
        loaded(system, "xy"),
        ["x", "y"],
        asked=f"the models that are loaded after {asked}",
        mistakes={"the read is marked by its path, and brings back one id alone: mark it by the id": ["x"]},
    )


# --- edge: many threads ----------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_two_models_are_read_at_the_same_time(stage: Stage) -> None:
    stage.probe("a", holds_load=True)
    stage.probe("b")
    system = kata.ModelServingSystem()
    first = hold_at(
        stage, "load a", partial(system.load_model, "a", path_of(stage, "a")), asked="load_model('a', path)"
    )
    mistake = "a lock is held while a file is read: read outside the lock"
    answer(
        partial(system.load_model, "b", path_of(stage, "b")),
        asked="load_model('b', path), while another thread is reading the file of a",
        mistake=mistake,
    )
    stage.open("a.load")
    finish(first, asked="load_model('a', path)")
    check.equal(loaded(system, "ab"), ["a", "b"], asked="the models that are loaded after both")


@pytest.mark.edge
def test_two_evicted_models_are_read_at_the_same_time(stage: Stage) -> None:
    for model_id in "abcd":
        stage.probe(model_id)
    system = served(stage, "abcd", size=2)
    stage.probe("slow", file="a", holds_load=True)
    first = hold_at(stage, "load slow", partial(system.predict, "a", 1), asked="predict('a', 1), evicted before")
    mistake = "a lock is held while an evicted model is read again: read outside the lock"
    asked = "predict('b', 2), evicted before, while another thread is reading the file of a"
    response = answer(partial(system.predict, "b", 2), asked=asked, mistake=mistake)
    check.equal(response["prediction"], ["b", 2], asked=asked)
    stage.open("slow.load")
    check.equal(
        finish(first, asked="predict('a', 1)")["prediction"], ["slow", 1], asked="predict('a', 1), whose file was slow"
    )


@pytest.mark.edge
def test_while_a_file_is_read_nobody_has_left_and_all_others_answer(stage: Stage) -> None:
    for model_id in "abc":
        stage.probe(model_id)
    system = served(stage, "abc", size=2)
    stage.probe("slow", file="a", holds_load=True)
    reading = hold_at(stage, "load slow", partial(system.predict, "a", 1), asked="predict('a', 1), evicted before")
    when = "while another thread is reading the file of a, which was evicted"
    mistake = "a lock is held while a file is read: read outside the lock"
    there = answer(partial(loaded, system, "abc"), asked=f"get_model_info of a, b and c, {when}", mistake=mistake)
    check.equal(
        there,
        ["b", "c"],
        asked=f"the models that are loaded, {when}",
        mistakes={
            "a model has left before the newcomer can take its place: evict after reading": ["c"],
            "a counts as loaded before it is read, and another one has left for it": ["a", "c"],
            "a counts as loaded before it is read: that makes one more than the cache may hold": ["a", "b", "c"],
        },
    )
    check.equal(
        system.get_model_info("a")["loaded_at"],
        None,
        asked=f"loaded_at of a, {when}",
        hint="a model that is not loaded has no loaded_at: set it when the model takes its place",
    )
    for model_id in "cb":
        asked = f"predict({model_id!r}, 2), {when}"
        response = answer(partial(system.predict, model_id, 2), asked=asked, mistake=mistake)
        check.equal([response["prediction"], response["cache_hit"]], [[model_id, 2], True], asked=asked)
    stage.open("slow.load")
    response = finish(reading, asked="predict('a', 1), when the file is read")
    check.equal(
        [response["prediction"], response["cache_hit"]],
        [["slow", 1], False],
        asked="prediction and cache_hit of predict('a', 1)",
    )
    check.equal(
        loaded(system, "abc"),
        ["a", "b"],
        asked="the models that are loaded when a has been read; meanwhile c was asked, and then b",
        mistakes={
            "the model to go was chosen before the read: choose it when the newcomer takes its place": ["a", "c"],
            "nobody has left for a: the cache holds more than model_cache_size": ["a", "b", "c"],
        },
    )


@pytest.mark.edge
@pytest.mark.parametrize("other", ["another model", "the same model"])
def test_a_slow_prediction_holds_nobody_up(stage: Stage, other: str) -> None:
    stage.probe("a", holds_predict=True)
    stage.probe("b")
    stage.probe("c")
    system = served(stage, "ab")
    slow = hold_at(stage, "predict a", partial(system.predict, "a", 1), asked="predict('a', 1)")
    when = "while the model of a is predicting in another thread"
    if other == "the same model":
        second = Task(partial(system.predict, "a", 2))
        came = stage.logs("predict a", times=2)
        check.true(
            came,
            asked=f"predict('a', 2), {when}",
            came="the second request does not reach the model: it waits for the first",
            expected="two predictions of one model at the same time",
            mistake="a lock of the model is held while it predicts: hold none",
        )
        stage.open("a.predict")
        check.equal(finish(second, asked="predict('a', 2)")["prediction"], ["a", 2], asked="predict('a', 2)")
    else:
        mistake = "a lock is held while a model predicts: predict outside the lock"
        for asked, thunk in (
            ("predict('b', 2)", partial(system.predict, "b", 2)),
            ("get_model_info('a')", partial(system.get_model_info, "a")),
            ("load_model('c', path)", partial(system.load_model, "c", path_of(stage, "c"))),
            ("load_model('a', path)", partial(system.load_model, "a", path_of(stage, "a"))),
            ("evict_least_used_model()", system.evict_least_used_model),
        ):
            answer(thunk, asked=f"{asked}, {when}", mistake=mistake)
        stage.open("a.predict")
    check.equal(finish(slow, asked="predict('a', 1)")["prediction"], ["a", 1], asked="predict('a', 1)")


@pytest.mark.edge
def test_requests_that_come_together_read_the_file_once(stage: Stage) -> None:
    stage.probe("a")
    system = served(stage, "a")
    system.evict_least_used_model()
    stage.probe("slow", file="a", holds_load=True)
    tasks = [hold_at(stage, "load slow", partial(system.predict, "a", 0), asked="predict('a', 0), evicted before")]
    tasks += [Task(partial(system.predict, "a", i)) for i in range(1, 5)]
    twice = stage.logs("load slow", times=2, within_s=GRACE_S)
    stage.open("slow.load")
    asked = "5 requests at the same time for a model that was evicted"
    responses = [finish(task, asked=asked, mistake="those who wait for a read must be woken") for task in tasks]
    check.equal(
        [response["prediction"] for response in responses],
        [["slow", i] for i in range(5)],
        asked=f"the predictions of {asked}",
    )
    check.true(
        not twice and stage.count("load slow") == 1,
        asked=f"how often {asked} read its file",
        came=f"{stage.count('load slow')} times",
        expected="once",
        mistake="a double load: who finds a read under way must wait for it, and not begin another",
    )
    check.equal(responses[0]["cache_hit"], False, asked="cache_hit of the request that read the file")
    info = system.get_model_info("a")
    check.equal([info["request_count"], info["error_count"]], [5, 0], asked=f"both counts after {asked}")


@pytest.mark.edge
@pytest.mark.parametrize("load_error", ["RuntimeError", "SystemExit"])
def test_requests_that_wait_for_a_read_that_fails_all_fail(stage: Stage, load_error: str) -> None:
    stage.probe("a")
    system = served(stage, "a")
    system.evict_least_used_model()
    stage.probe("broken", file="a", holds_load=True, load_error=load_error)
    tasks = [hold_at(stage, "load broken", partial(system.predict, "a", 0), asked="predict('a', 0), evicted before")]
    waiting = [guest(system, "predict", "a", i) for i in range(1, 8)]
    come_to_rest(waiting, GRACE_S)
    stage.open("broken.load")
    asked = f"8 requests at the same time for an evicted model whose read ends in {load_error}"
    mistake = "who waits for a read is not woken when it fails: settle it on every path"
    tasks += waiting
    for task in tasks:
        settle(task, asked=asked, mistake=mistake)
        if load_error == "RuntimeError":  # what comes of an exception that is no Exception is open
            check.raises(ValueError, task.result, asked=asked, because="the read fails")
    info = system.get_model_info("a")
    check.equal([info["request_count"], info["error_count"]], [8, 8], asked=f"both counts after {asked}")
    check.true(
        # One would do, were it certain that nobody came late.
        load_error == "SystemExit" or stage.count("load broken") < len(tasks),
        asked=f"how often {asked} read its file",
        came=f"{stage.count('load broken')} times",
        expected="once",
        mistake="each one who has waited for a read that failed reads again: let the failure be theirs too",
    )
    stage.probe("a")
    mistake = "the mark that a read is under way is left behind when the read fails: take it away on every path"
    asked = f"predict('a', 9), now that the file is good again, after {asked}"
    check.equal(
        answer(partial(system.predict, "a", 9), asked=asked, mistake=mistake)["prediction"], ["a", 9], asked=asked
    )


@pytest.mark.edge
@pytest.mark.parametrize("way", ["load_model", "predict"])
def test_models_that_arrive_together_do_not_overfill_the_cache(stage: Stage, way: str) -> None:
    newcomers = [f"m{i}" for i in range(CROWD)]
    system = kata.ModelServingSystem(CROWD - 1)
    tasks: list[Task] = []
    for model_id in newcomers:
        stage.probe(model_id)
        if way == "predict":
            system.load_model(model_id, path_of(stage, model_id))
    for _ in newcomers:
        system.evict_least_used_model()
    for model_id in newcomers:
        stage.probe(f"slow {model_id}", file=model_id, holds_load=True)
    for model_id in newcomers:
        thunk = partial(system.predict, model_id, 0)
        if way == "load_model":
            thunk = partial(system.load_model, model_id, path_of(stage, model_id))
        asked = f"{way} of {model_id}, while {len(tasks)} other files are being read"
        mistake = "a lock is held while a file is read, or a pool has too few readers: hold none, and need none"
        tasks.append(hold_at(stage, f"load slow {model_id}", thunk, asked=asked, mistake=mistake))
    for model_id, task in zip(newcomers, tasks, strict=True):
        stage.open(f"slow {model_id}.load")
        finish(task, asked=f"{way} of {model_id}")
    asked = (
        f"the models that are loaded, after {way} of {CROWD} began at the same time in an empty cache of {CROWD - 1}"
    )
    check.equal(
        loaded(system, newcomers),
        newcomers[1:],
        asked=asked,
        mistakes={"each found room before it read: ask for room when the model takes its place": newcomers},
    )


@pytest.mark.edge
def test_a_model_leaves_before_the_newcomer_answers(stage: Stage) -> None:
    stage.probe("a", holds_predict=True)
    stage.probe("b")
    system = served(stage, "ab", size=1)
    busy = hold_at(stage, "predict a", partial(system.predict, "a", 1), asked="predict('a', 1), evicted before")
    asked = "the models that are loaded in a cache of 1, while a, read again, is predicting"
    there = answer(partial(loaded, system, "ab"), asked=asked, mistake="a lock is held while a model predicts")
    check.equal(
        there,
        ["a"],
        asked=asked,
        mistakes={
            "one too many: the cache is trimmed after the request, and must be when the newcomer takes its place": [
                "a",
                "b",
            ],
            "a has answered from a copy that is not in the cache": ["b"],
        },
    )
    stage.open("a.predict")
    finish(busy, asked="predict('a', 1)")


@pytest.mark.edge
def test_a_glance_at_any_reading_of_the_clock_finds_no_model_too_many(stage: Stage) -> None:
    for model_id in "abc":
        stage.probe(model_id)
    glances: list[list[str]] = []
    open_glances: list[Task] = []

    def glancing_clock() -> float:
        """Have somebody else look into the cache, if no lock forbids it, before the caller goes on."""
        task = Task(lambda: [i for i in "abc" if is_loaded(i)])
        if task.ends(0.05):
            glances.append(task.result())
        else:
            open_glances.append(task)
        return time.perf_counter()

    def is_loaded(model_id: str) -> bool:
        try:
            return bool(system.get_model_info(model_id)["loaded"])
        except KeyError:
            return False

    system = kata.ModelServingSystem(1, glancing_clock)
    for model_id in "abc":
        system.load_model(model_id, path_of(stage, model_id))
    for model_id in "ab":
        system.predict(model_id, 0)
    system.load_model("c", path_of(stage, "c"))
    for task in open_glances:
        finish(task, asked="get_model_info in another thread", mistake="a lock is never released")
    crowd = max(glances, key=len, default=[])
    check.true(
        len(crowd) <= 1,
        asked="the models that another thread finds loaded in a cache of 1, looking whenever the clock is asked",
        came=crowd,
        expected="one at most",
        mistake="for a moment there is one too many: evict and insert under one hold of the lock, in this order",
    )


@pytest.mark.edge
@pytest.mark.parametrize("reading", [1, 2, 3, 4])
def test_others_who_come_between_two_steps_of_a_request_break_nothing(stage: Stage, reading: int) -> None:
    for model_id in "abc":
        stage.probe(model_id)
    clock = pausing_clock()
    system = served(stage, "ab", size=1, clock=clock)
    clock.pause_at(reading)
    first = guest(system, "predict", "a", 1)
    wait_until(lambda: clock.stops_one() or first.ends(0), PATIENCE_S)
    others = []
    for args in (("predict", "a", 2), ("load_model", "c", path_of(stage, "c"))):
        others.append(guest(system, *args))
        come_to_rest(others[-1:], GRACE_S)  # it may have to wait for the first one; else it is through before the next
    clock.go_on()
    asked = f"predict('a', 1), which stops when it asks the clock for time number {reading}"
    for task in (first, *others):
        finish(task, asked=f"{asked}, and predict('a', 2) and load_model('c', path) meanwhile")
    there = loaded(system, "abc")
    check.true(
        len(there) == 1,
        asked=f"the models that are loaded in a cache of 1 after {asked}, while others predict and load",
        came=there,
        expected="one",
        mistake="room was made in one step and used in another: evict and insert under one hold of the lock",
    )
    check.equal(
        system.get_model_info("a")["request_count"],
        2,
        asked=f"request_count of a after {asked}, and predict('a', 2) meanwhile",
        mistakes={"counts are lost: add to a count in one step, under the lock": 1},
    )


@pytest.mark.edge
def test_the_old_model_answers_while_its_successor_is_read(stage: Stage) -> None:
    stage.probe("a")
    system = served(stage, "a", size=1)
    newer = stage.probe("newer", holds_load=True)
    load = hold_at(stage, "load newer", partial(system.load_model, "a", newer), asked="load_model('a', newer_path)")
    asked = "predict('a', 1), while another thread is reading a newer file for a"
    response = answer(partial(system.predict, "a", 1), asked=asked, mistake="a lock is held while a file is read")
    check.equal([response["prediction"], response["cache_hit"]], [["a", 1], True], asked=asked)
    asked = "get_model_info('a'), while another thread is reading a newer file for a"
    info = answer(partial(system.get_model_info, "a"), asked=asked, mistake="a lock is held while a file is read")
    check.equal([info["path"], info["loaded"]], [path_of(stage, "a"), True], asked=f"path and loaded of {asked}")
    stage.open("newer.load")
    finish(load, asked="load_model('a', newer_path)")
    check.equal(system.predict("a", 2)["prediction"], ["newer", 2], asked="predict('a', 2), when that file is read")


@pytest.mark.edge
@pytest.mark.parametrize("was_loaded", [True, False])
def test_whether_a_model_is_in_the_cache_is_asked_when_the_newer_one_has_been_read(
    stage: Stage, *, was_loaded: bool
) -> None:
    for model_id in "abc":
        stage.probe(model_id)
    newer = stage.probe("newer", holds_load=True)
    system = served(stage, "a" if was_loaded else "abc", size=1 if was_loaded else 2)
    load = hold_at(stage, "load newer", partial(system.load_model, "a", newer), asked="load_model('a', newer_path)")
    if was_loaded:
        asked = "load_model('b', path) in a cache of 1 with a, while a newer file for a is being read"
        answer(partial(system.load_model, "b", path_of(stage, "b")), asked=asked, mistake="a lock is held")
    else:
        asked = "predict('a', 1), evicted before, in a cache of 2 with b and c, while a newer file for a is being read"
        request = Task(partial(system.predict, "a", 1))
        request.ends(GRACE_S)  # it may also wait for the read that is under way
    stage.open("newer.load")
    finish(load, asked="load_model('a', newer_path)")
    if was_loaded:
        check.equal(
            loaded(system, "ab"),
            ["a"],
            asked=f"the models that are loaded after {asked}, and the end of that read",
            mistakes={
                "one too many: a was in the cache before the read, and not after it. Ask when it takes its place": [
                    "a",
                    "b",
                ]
            },
        )
    else:
        finish(request, asked=asked)
        check.equal(
            loaded(system, "abc"),
            ["a", "c"],
            asked=f"the models that are loaded after {asked}, and the end of that read",
            mistakes={
                "a model left for nothing: a was in the cache by then. Ask when it takes its place": ["a"],
            },
        )


@pytest.mark.edge
def test_the_one_to_go_is_chosen_when_the_newcomer_has_been_read(stage: Stage) -> None:
    stage.probe("a")
    stage.probe("b")
    slow = stage.probe("c", holds_load=True)
    system = served(stage, "ab", size=2)
    load = hold_at(stage, "load c", partial(system.load_model, "c", slow), asked="load_model('c', path)")
    asked = "predict('a', 1) in a cache of 2 with a and b, while the file of c is being read"
    answer(partial(system.predict, "a", 1), asked=asked, mistake="a lock is held while a file is read")
    stage.open("c.load")
    finish(load, asked="load_model('c', path)")
    check.equal(
        loaded(system, "abc"),
        ["a", "c"],
        asked=f"the models that are loaded after {asked}, and the end of that read",
        mistakes={
            "the model to go was chosen before the read: choose it when the newcomer takes its place": ["b", "c"],
            "nobody has left for c: the cache holds more than model_cache_size": ["a", "b", "c"],
        },
    )


@pytest.mark.edge
def test_a_model_may_be_evicted_while_its_successor_is_read(stage: Stage) -> None:
    stage.probe("a")
    stage.probe("b")
    newer = stage.probe("newer", holds_load=True)
    system = served(stage, "ab", size=2)
    load = hold_at(stage, "load newer", partial(system.load_model, "a", newer), asked="load_model('a', newer_path)")
    asked = "evict_least_used_model() with a and b in the cache, while a newer file for a is being read"
    mistake = "a model whose successor is being read cannot leave: it goes at once when it is its turn"
    came = answer(system.evict_least_used_model, asked=asked, mistake=mistake)
    check.equal(came, "a", asked=asked, mistakes={mistake: "b"})
    stage.open("newer.load")
    finish(load, asked="load_model('a', newer_path)")
    check.equal(loaded(system, "ab"), ["a", "b"], asked=f"the models that are loaded after {asked}, and that read")
    check.equal(
        system.predict("a", 1)["prediction"], ["newer", 1], asked=f"predict('a', 1) after {asked}, and that read"
    )


@pytest.mark.edge
def test_requests_that_overlap_with_a_new_load_are_counted(stage: Stage) -> None:
    stage.probe("a", holds_predict=True)
    newer = stage.probe("newer", holds_load=True)
    system = served(stage, "a")
    busy = [hold_at(stage, "predict a", partial(system.predict, "a", i), asked=f"predict('a', {i})") for i in (0, 1)]
    load = hold_at(stage, "load newer", partial(system.load_model, "a", newer), asked="load_model('a', newer_path)")
    short = Task(partial(system.predict, "a", "fail"))
    stage.logs("predict a", times=3)
    stage.open("newer.load")
    asked = "load_model('a', newer_path), while 3 requests for a are predicting, of which the last fails"
    finish(load, asked=asked, mistake="a lock is held while a model predicts")
    loaded_at = system.get_model_info("a")["loaded_at"]
    stage.open("a.predict")
    for i, task in enumerate(busy):
        check.equal(
            finish(task, asked=asked)["prediction"], ["a", i], asked=f"predict('a', {i}), and meanwhile {asked}"
        )
    settle(short, asked=asked)
    info = system.get_model_info("a")
    lost = "counts are lost: the new model has a record of its own. Keep one for each id"
    check.equal(
        [info["request_count"], info["error_count"], info["latency_p50_ms"] is not None],
        [3, 1, True],
        asked=f"request_count, error_count and whether there are percentiles, after {asked}",
        mistakes={lost: [0, 0, False]},
    )
    check.equal(
        [system.predict("a", 2)["prediction"], system.get_model_info("a")["loaded_at"]],
        [["newer", 2], loaded_at],
        asked=f"predict('a', 2) and loaded_at, when those requests have ended, after {asked}",
        mistakes={"the end of a request puts its old model back": [["a", 2], loaded_at]},
    )


@pytest.mark.edge
@pytest.mark.parametrize("ends", ["well", "in an error"])
def test_what_happens_while_a_file_is_read_is_not_undone(stage: Stage, ends: str) -> None:
    for model_id in "abc":
        stage.probe(model_id)
    slow = stage.probe("slow", holds_load=True, load_error="" if ends == "well" else "RuntimeError")
    system = served(stage, "abc", size=2)
    load = hold_at(stage, "load slow", partial(system.load_model, "c", slow), asked="load_model('c', slow_path)")
    mistake = "a lock is held while a file is read"
    for what, thunk in (
        ("predict('c', 1)", partial(system.predict, "c", 1)),
        ("load_model('a', path)", partial(system.load_model, "a", path_of(stage, "a"))),
        ("predict('a', 2)", partial(system.predict, "a", 2)),
        ("load_model('b', path)", partial(system.load_model, "b", path_of(stage, "b"))),
    ):
        answer(thunk, asked=f"{what}, while a newer file for c is being read", mistake=mistake)
    stage.open("slow.load")
    asked = (
        "load_model('c', slow_path) in a cache of 2 with b and c, during which came predict of c, load_model and predict "
        "of a, and load_model of b"
    )
    settle(load, asked=asked)
    if ends == "well":
        finish(load, asked=asked)
    else:
        check.raises(ValueError, load.result, asked=asked, because="the read fails")
    undone = "what others did meanwhile is undone: copy nothing before the read that is to be put back after it"
    check.equal(
        loaded(system, "abc"),
        ["b", "c"] if ends == "well" else ["a", "b"],
        asked=f"the models that are loaded after {asked}",
        mistakes={undone: ["b", "c"], f"{undone}; and there is one too many": ["a", "b", "c"]},
    )
    for model_id in "ac":
        info = system.get_model_info(model_id)
        check.equal(
            [info["request_count"], info["error_count"], info["latency_p50_ms"] is not None],
            [1, 0, True],
            asked=f"request_count, error_count and whether there are percentiles of {model_id}, after {asked}",
            mistakes={undone: [0, 0, False]},
        )


@pytest.mark.edge
def test_the_load_that_wins_wins_altogether(stage: Stage) -> None:
    stage.probe("a")
    slow, quick = stage.probe("slow", holds_load=True), stage.probe("quick")
    system = served(stage, "a")
    first = hold_at(stage, "load slow", partial(system.load_model, "a", slow), asked="load_model('a', slow_path)")
    second = Task(partial(system.load_model, "a", quick))
    second.ends(GRACE_S)  # it may also wait for the read that is under way
    stage.open("slow.load")
    asked = "load_model('a', slow_path), during which load_model('a', quick_path) came"
    finish(first, asked=asked)
    finish(second, asked=asked)
    name = Path(system.get_model_info("a")["path"]).stem
    mistake = "path and model are of two different load_model: replace them together, when the file has been read"
    for when in ("", ", and an eviction"):
        came = system.predict("a", 1)["prediction"]
        check.true(
            came == [name, 1] and name in ("slow", "quick"),
            asked=f"predict('a', 1), when the path of a is {name}.pkl, after {asked}{when}",
            came=came,
            expected=str([name, 1]),
            mistake=mistake,
        )
        system.evict_least_used_model()


@pytest.mark.edge
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("way", ["load_model", "predict"])
def test_no_lock_is_held_while_a_file_is_opened(stage: Stage, way: str) -> None:
    stage.probe("a")
    stage.probe("b")
    system = served(stage, "ba", size=1)
    pipe = Path(path_of(stage, "b" if way == "predict" else "c"))
    content = Path(path_of(stage, "b")).read_bytes()
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)  # whoever opens it waits for somebody who writes, and whoever reads it waits for what is written
    slow = guest(system, way, *(("b", 1) if way == "predict" else ("c", str(pipe))))
    mistake = "a lock is held while a file is opened or its bytes are read: read outside the lock, from the first step"
    writer: list[int] = []

    def is_open_for_writing() -> bool:
        with contextlib.suppress(OSError):  # nobody has come yet who reads
            writer.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(writer)

    try:
        for what in ("opened", "read"):
            come_to_rest([slow], GRACE_S / 2)  # it may be still on its way
            for asked, other in (
                ("predict('a', 2)", partial(system.predict, "a", 2)),
                ("get_model_info('b')", partial(system.get_model_info, "b")),
            ):
                when = f"while {way} in another thread waits for a file that is slow to be {what}"
                answer(other, asked=f"{asked}, {when}", mistake=mistake)
            if what == "opened" and not wait_until(lambda: slow.ends(0) or is_open_for_writing(), PATIENCE_S):
                break
        if writer:
            os.write(writer[0], content)
    finally:
        for file in writer:
            os.close(file)
    settle(slow, asked=f"{way} of a file that is slow")


@pytest.mark.edge
def test_an_evicted_model_finishes_what_it_is_answering(stage: Stage) -> None:
    stage.probe("a", holds_predict=True)
    stage.probe("b")
    system = served(stage, "a", size=1)
    busy = hold_at(stage, "predict a", partial(system.predict, "a", 1), asked="predict('a', 1)")
    asked = "load_model('b', path) in a cache of 1, while the model of a is predicting"
    mistake = (
        "a newcomer waits for the one that is to leave: that one is held by its request, and may go from the cache"
    )
    answer(partial(system.load_model, "b", path_of(stage, "b")), asked=asked, mistake=mistake)
    check.equal(
        loaded(system, "ab"),
        ["b"],
        asked=f"the models that are loaded after {asked}",
        mistakes={"a model that is predicting keeps its place: the cache holds one too many": ["a", "b"]},
    )
    stage.probe("again", file="a")
    asked = "predict('a', 2), evicted before, while the model that was evicted is still predicting"
    second = Task(partial(system.predict, "a", 2))
    wait_until(lambda: second.ends(0) or stage.count("predict a") > 1, PATIENCE_S)
    check.equal(
        stage.count("predict a"),
        1,
        asked=f"how often the model that was evicted is asked, with {asked}",
        mistakes={"a model that has left the cache is used again because somebody still holds it: read its file": 2},
    )
    response = finish(second, asked=asked, mistake="a lock is held while a model predicts")
    check.equal([response["prediction"], response["cache_hit"]], [["again", 2], False], asked=asked)
    system.load_model("b", path_of(stage, "b"))
    stage.open("a.predict")
    check.equal(
        finish(busy, asked="predict('a', 1)")["prediction"], ["a", 1], asked="predict('a', 1), evicted meanwhile"
    )
    info = system.get_model_info("a")
    check.equal(
        [info["request_count"], info["error_count"], info["loaded"]],
        [2, 0, False],
        asked="request_count, error_count and loaded of a, which was evicted while it was answering, and read and "
        "evicted again",
        mistakes={
            "the request is not counted: counts must outlive an eviction": [1, 0, False],
            "the end of a request puts the model back": [2, 0, True],
        },
    )


@pytest.mark.edge
@pytest.mark.parametrize("way", ["load_model", "evict_least_used_model"])
def test_a_model_that_is_predicting_goes_when_it_is_its_turn(stage: Stage, way: str) -> None:
    stage.probe("a", holds_predict=True)
    stage.probe("b")
    stage.probe("c")
    system = served(stage, "ab", size=2)
    busy = hold_at(stage, "predict a", partial(system.predict, "a", 1), asked="predict('a', 1)")
    mistake = "a lock is held while a model predicts"
    answer(
        partial(system.predict, "b", 1), asked="predict('b', 1), while the model of a is predicting", mistake=mistake
    )
    thunk = system.evict_least_used_model
    if way == "load_model":
        thunk = partial(system.load_model, "c", path_of(stage, "c"))
    asked = f"{way} in a cache of 2 with a and b, while the model of a is predicting; b was asked after it"
    answer(thunk, asked=asked, mistake="a newcomer waits for the one that is to leave")
    check.equal(
        loaded(system, "ab"),
        ["b"],
        asked=f"which of a and b is loaded after {asked}",
        mistakes={"a model that is predicting is passed over: it goes when it is its turn": ["a"]},
    )
    stage.open("a.predict")
    check.equal(finish(busy, asked="predict('a', 1)")["prediction"], ["a", 1], asked="predict('a', 1)")


@pytest.mark.edge
def test_requests_that_overlap_are_all_counted(stage: Stage) -> None:
    stage.probe("a", holds_predict=True)
    system = served(stage, "a")
    good = CROWD - 2
    tasks = [Task(partial(system.predict, "a", data)) for data in (*range(good), "fail", "fail")]
    asked = f"{CROWD} requests to one model at the same time, of which 2 fail"
    check.true(
        stage.logs("predict a", times=CROWD),
        asked=asked,
        came=f"only {stage.count('predict a')} of them reach the model at once",
        expected=f"{CROWD} predictions of one model at the same time",
        mistake="a lock is held while a model predicts, or a pool has too few threads: hold none, and need none",
    )
    stage.open("a.predict")
    for task in tasks[:good]:
        finish(task, asked=asked)
    for task in tasks[good:]:
        settle(task, asked=asked)
        check.raises(RuntimeError, task.result, asked=asked, because="the model raises it")
    info = system.get_model_info("a")
    check.equal(
        [info["request_count"], info["error_count"]],
        [CROWD, 2],
        asked=f"request_count and error_count after {asked}",
        mistakes={
            "a request that failed is not in request_count: it is a request too": [good, 2],
            **{
                f"{'one count is' if lost == 1 else f'{lost} counts are'} lost: read before the prediction and "
                "written after it, while others did the same": [CROWD - lost, errors]
                for lost in range(1, CROWD)
                for errors in (1, 2)
                if (lost, errors) != (2, 2)
            },
        },
        hint="add to a count in one step, under the lock",
    )


@pytest.mark.edge
def test_a_request_counts_when_it_has_ended(stage: Stage) -> None:
    stage.probe("a", holds_predict=True)
    system = served(stage, "a")
    busy = hold_at(stage, "predict a", partial(system.predict, "a", 1), asked="predict('a', 1)")
    asked = "get_model_info('a'), while the first request for a is predicting"
    info = answer(partial(system.get_model_info, "a"), asked=asked, mistake="a lock is held while a model predicts")
    check.equal(
        [info["request_count"], info["error_count"]],
        [0, 0],
        asked=f"request_count and error_count of {asked}",
        mistakes={
            "a request counts when it begins: count those that have ended": [1, 0],
            "a request counts as an error until it ends well": [1, 1],
        },
    )
    stage.open("a.predict")
    finish(busy, asked="predict('a', 1)")
    check.equal(system.get_model_info("a")["request_count"], 1, asked="request_count of a, when that request has ended")


@pytest.mark.edge
@pytest.mark.parametrize("ends", ["well", "in an error"])
@pytest.mark.parametrize("evicted", [False, True])
def test_an_old_read_does_not_replace_a_newer_model(stage: Stage, ends: str, *, evicted: bool) -> None:
    stage.probe("a")
    system = served(stage, "a")
    system.evict_least_used_model()
    stage.probe("old", file="a", holds_load=True, load_error="" if ends == "well" else "RuntimeError")
    newer = stage.probe("newer")
    stale = hold_at(stage, "load old", partial(system.predict, "a", 1), asked="predict('a', 1), evicted before")
    load = Task(partial(system.load_model, "a", newer))
    if not load.ends(GRACE_S):  # it may also wait for the read that is under way
        stage.open("old.load")
    finish(load, asked="load_model('a', newer_path)")
    if evicted:
        system.evict_least_used_model()
    before = system.get_model_info("a")
    stage.open("old.load")
    settle(stale, asked="predict('a', 1)")
    when = "after load_model('a', newer_path), which came while a request was reading the old file"
    if evicted:
        when += ", and an eviction"
    if ends != "well":
        when += "; that read ends in an error"
    elif not evicted:
        finish(stale, asked="predict('a', 1)")
    if not evicted:
        info = system.get_model_info("a")
        check.equal(
            [info["loaded"], info["loaded_at"]],
            [True, before["loaded_at"]],
            asked=f"loaded and loaded_at of a, {when}",
            mistakes={
                "the old read throws the newer model out when it fails: leave alone what is not its own": [False, None]
            },
            hint="a read that is out of date must leave model, path and loaded_at alone",
        )
    check.equal(
        system.predict("a", 2)["prediction"],
        ["newer", 2],
        asked=f"predict('a', 2), {when}",
        mistakes={"the old read came last and won: it must notice that load_model was there meanwhile": ["old", 2]},
    )
    check.equal(system.get_model_info("a")["path"], newer, asked=f"path of a, {when}")


@pytest.mark.edge
def test_an_old_read_of_the_same_path_is_out_of_date_too(stage: Stage) -> None:
    stage.probe("a")
    system = served(stage, "a")
    system.evict_least_used_model()
    stage.probe("old", file="a", holds_load=True)
    stale = hold_at(stage, "load old", partial(system.predict, "a", 1), asked="predict('a', 1), evicted before")
    Path(stage.probe("newer")).replace(path_of(stage, "a"))
    load = Task(partial(system.load_model, "a", path_of(stage, "a")))
    load.ends(GRACE_S)  # it may also wait for the read that is under way
    stage.open("old.load")
    when = "load_model('a', path), whose file was written anew while a request was reading the old one"
    finish(load, asked=when)
    finish(stale, asked="predict('a', 1)")
    asked = f"predict('a', 2), after {when}"
    check.equal(
        system.predict("a", 2)["prediction"],
        ["newer", 2],
        asked=asked,
        mistakes={
            "the old file answers: its read began before load_model, so it is out of date, whatever the path; and "
            "load_model must read the file itself": ["old", 2]
        },
    )


@pytest.mark.edge
def test_nobody_joins_an_old_read_after_load_model(stage: Stage) -> None:
    stage.probe("a")
    system = served(stage, "a", clock=stage.clock)  # which stands still, and so tells no load from another
    system.evict_least_used_model()
    stage.probe("old", file="a", holds_load=True)
    newer = stage.probe("newer")
    stale = hold_at(stage, "load old", partial(system.predict, "a", 1), asked="predict('a', 1), evicted before")
    load = Task(partial(system.load_model, "a", newer))
    if not load.ends(GRACE_S):  # it may also wait for the read that is under way
        stage.open("old.load")
    finish(load, asked="load_model('a', newer_path)")
    system.evict_least_used_model()
    late = Task(partial(system.predict, "a", 2))
    late.ends(GRACE_S)
    stage.open("old.load")
    finish(stale, asked="predict('a', 1)")
    asked = "predict('a', 2), after load_model('a', newer_path) and an eviction, while a request reads the old file"
    check.equal(
        finish(late, asked=asked)["prediction"],
        ["newer", 2],
        asked=asked,
        mistakes={"it has waited for a read that began before load_model: begin a new one": ["old", 2]},
    )


@pytest.mark.edge
@pytest.mark.parametrize("ends", ["well", "in an error"])
def test_an_old_read_that_ends_leaves_a_newer_one_under_way(stage: Stage, ends: str) -> None:
    stage.probe("a")
    system = served(stage, "a")
    system.evict_least_used_model()
    stage.probe("old", file="a", holds_load=True, load_error="" if ends == "well" else "RuntimeError")
    newer = stage.probe("newer")
    stale = hold_at(stage, "load old", partial(system.predict, "a", 1), asked="predict('a', 1), evicted before")
    load = Task(partial(system.load_model, "a", newer))
    if not load.ends(GRACE_S):  # it may also wait for the read that is under way
        stage.open("old.load")
    finish(load, asked="load_model('a', newer_path)")
    system.evict_least_used_model()
    stage.probe("slow", file="newer", holds_load=True)
    tasks = [Task(partial(system.predict, "a", 2))]
    stage.logs("load slow", within_s=2 * GRACE_S)  # it may also wait for the old read
    stage.open("old.load")
    stale.ends(2 * GRACE_S)  # it may also have to do with the newer file after that
    stage.logs("load slow")
    tasks.append(guest(system, "predict", "a", 3))
    come_to_rest(tasks[1:], GRACE_S)
    stage.open("slow.load")
    asked = "two requests for a after load_model('a', newer_path) and an eviction, while a request reads the old file"
    answers = [finish(task, asked=asked)["prediction"] for task in tasks]
    check.equal(answers, [["slow", 2], ["slow", 3]], asked=f"the predictions of {asked}")
    settle(stale, asked="predict('a', 1)")
    check.equal(
        stage.count("load slow"),
        1,
        asked=f"how often {asked}, read the newer file",
        mistakes={
            "the old read, when it ends, takes away the mark of the newer one that is under way: each must take away "
            "its own alone": 2
        },
    )


@pytest.mark.edge
def test_a_load_that_fails_leaves_a_read_under_way_alone(stage: Stage) -> None:
    stage.probe("a")
    system = served(stage, "a")
    system.evict_least_used_model()
    stage.probe("slow", file="a", holds_load=True)
    reading = hold_at(stage, "load slow", partial(system.predict, "a", 1), asked="predict('a', 1), evicted before")
    load = Task(partial(system.load_model, "a", write_bad_file(stage.folder, "missing")))
    if load.ends(GRACE_S):  # it may also wait for the read that is under way
        second = guest(system, "predict", "a", 2)
        come_to_rest([second], GRACE_S)
        stage.open("slow.load")
        finish(second, asked="predict('a', 2)")
    stage.open("slow.load")
    asked = "load_model('a', path) of a file that is missing, while requests are reading the known file of a"
    settle(load, asked=asked)
    check.raises(ValueError, load.result, asked=asked, because="no model can be read from it")
    mistake = "a load that failed makes a read out of date: only one that ends well may"
    response = finish(reading, asked="predict('a', 1)", mistake=mistake)
    check.equal(response["prediction"], ["slow", 1], asked="predict('a', 1)")
    check.equal(
        [stage.count("load slow"), system.get_model_info("a")["loaded"]],
        [1, True],
        asked=f"how often the known file was read, and whether a is loaded, after {asked}",
        mistakes={
            mistake: [2, True],
            f"{mistake}; and the model is lost": [1, False],
        },
    )


@pytest.mark.edge
@pytest.mark.parametrize("is_known", [False, True])
def test_a_load_that_fails_does_not_undo_another(stage: Stage, *, is_known: bool) -> None:
    stage.probe("a")
    bad = stage.probe("bad", holds_load=True, load_error="RuntimeError")
    good = stage.probe("good")
    system = served(stage, "a" if is_known else "")
    failing = hold_at(stage, "load bad", partial(system.load_model, "a", bad), asked="load_model('a', bad_path)")
    load = Task(partial(system.load_model, "a", good))
    load.ends(GRACE_S)  # it may also wait for the read that is under way
    stage.open("bad.load")
    known = "known" if is_known else "unknown"
    asked = f"load_model('a', bad_path), during which load_model('a', good_path) came, for an id {known} before"
    settle(failing, asked=asked)
    check.raises(ValueError, failing.result, asked=asked, because="the read fails")
    finish(load, asked="load_model('a', good_path)")
    mistake = "a load that failed takes away what another one has brought: do nothing before the file has been read"
    info = well(partial(system.get_model_info, "a"), asked=f"get_model_info('a') after {asked}", mistake=mistake)
    check.equal(
        [info["path"], info["loaded"]],
        [good, True],
        asked=f"path and loaded of a after {asked}",
        mistakes={mistake: [good, False], f"{mistake}, and have nothing to put back": [path_of(stage, "a"), True]},
    )
    asked = f"predict('a', 1) after {asked}"
    check.equal(system.predict("a", 1)["prediction"], ["good", 1], asked=asked, mistakes={mistake: ["a", 1]})


@pytest.mark.edge
def test_two_models_that_chase_each_other_out_answer_all_the_same(stage: Stage) -> None:
    stage.save("a", toys.Scale(1.0))
    stage.save("b", toys.Scale(2.0))
    system = served(stage, "ab", size=1)
    rounds = 100
    asked = "predict of a and b by 12 threads each at the same time, in a cache of 1"
    answers = chase(system, 12 * ("a", "b"), rounds, PATIENCE_S)
    check.true(
        None not in answers,
        asked=asked,
        came=f"{answers.count(None)} threads are still waiting after {PATIENCE_S:g} s",
        expected="answers",
        mistake="threads wait for each other, or for a read that has long ended",
    )
    want = 12 * ([1.0], [2.0])
    wrong = [
        came for got, right in zip(answers, want, strict=True) for came in got or () if not check.is_equal(came, right)
    ]
    check.equal(
        wrong[:1],
        [],
        asked=f"the first answer that is not the model's, {rounds} times {asked}",
        hint="a model may leave the cache again before those who waited for it wake: hand them the model itself",
    )
    counts = [system.get_model_info(model_id)["request_count"] for model_id in "ab"]
    check.equal(counts, [12 * rounds, 12 * rounds], asked=f"request_count of a and b after {rounds} times {asked}")


@pytest.mark.edge
def test_a_crowd_is_served_without_losing_anything(stage: Stage) -> None:
    ids, size, each = "abcd", 2, 60
    for model_id in ids:
        stage.save(model_id, toys.Scale(float(ord(model_id))))
    system = served(stage, ids, size=size, clock=ticks())
    asked = f"4 threads with {each} requests each"
    came = crowd(system, ids, 4, each, PATIENCE_S)
    check.true(
        None not in (*came["answers"], came["most"]),
        asked=asked,
        came=f"{came['answers'].count(None)} threads are still waiting after {PATIENCE_S:g} s",
        expected="answers",
        mistake="two threads wait for each other, or a lock is never released",
    )
    for model_id, response in [request for requests in came["answers"] for request in requests]:
        asked_one = f"prediction and model_id of predict({model_id!r}, [1.0]), while 3 other threads ask too"
        check.equal(response, [[float(ord(model_id))], model_id], asked=asked_one)
    check.true(
        came["most"] <= size,
        asked=f"how many models were loaded at once in a cache of {size}, {asked}",
        came=came["most"],
        expected=f"at most {size}",
        mistake="the cache holds too many: evict and insert under one hold of the lock",
    )
    infos = [system.get_model_info(model_id) for model_id in ids]
    check.equal(
        [sum(info["request_count"] for info in infos), sum(info["error_count"] for info in infos)],
        [4 * each, 0],
        asked=f"the sums of request_count and error_count after {asked}",
        hint="add to a count in one step, under the lock",
    )
    check.true(
        len(loaded(system, ids)) <= size,
        asked=f"the models that are loaded in a cache of {size} after {asked}",
        came=loaded(system, ids),
        expected=f"at most {size}",
        mistake="two threads each found room and both moved in",
    )


# --- edge: one thread is stopped between two of its steps, wherever that may be ---------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("data", ["well", "fail"])
def test_two_requests_that_meet_at_any_step_are_both_counted(stage: Stage, data: str) -> None:
    load, ask, info = ("load_model", "a", stage.probe("a")), ("predict", "a", data), ("get_model_info", "a")
    errors = 2 if data == "fail" else 0
    lost = "a count is lost: it was read by both, and then written by both. Add to it under the lock"
    for meeting in meet(stage, 1, [load], ask, ask, after=[info]):
        came = meeting.after[0]
        check.equal(
            [came["request_count"], came["error_count"]],
            [2, errors],
            asked=f"request_count and error_count after {meeting.asked}",
            mistakes={lost: [1, errors], f"{lost}; so it is with the other count": [1, min(1, errors)]}
            | {f"{lost}, as you do with the other count": [2, 1]},
        )


@pytest.mark.edge
@pytest.mark.parametrize("way", ["evict_least_used_model", "load_model", "predict"])
def test_a_model_may_be_evicted_at_any_step_of_a_request(stage: Stage, way: str) -> None:
    loads = {name: ("load_model", name, stage.probe(name)) for name in "abc"}
    before, size = [loads["a"], loads["b"]], 2
    others: list[Call] = [("evict_least_used_model",), ("evict_least_used_model",)]
    if way == "load_model":
        before, size, others = [loads["a"]], 1, [loads["b"]]
    if way == "predict":
        before, size, others = [loads["b"], loads["a"]], 1, [("predict", "b", 1)]
    for meeting in meet(stage, size, before, ("predict", "a", 0), *others, after=[("get_model_info", "a")]):
        mistake = "the model is looked up twice, and was evicted between: take it in the step in which you look"
        check_answer(meeting.first, ["a"], 0, asked=meeting.asked, mistake=mistake)
        info, is_hit = meeting.after[0], meeting.first[1]
        check.equal(
            [info["request_count"], info["error_count"]],
            [1, 0],
            asked=f"request_count and error_count of a after {meeting.asked}",
        )
        if is_hit and (way != "evict_least_used_model" or "a" in meeting.others):
            check.equal(
                info["loaded"],
                False,
                asked=f"whether a is loaded, after {meeting.asked}",
                mistakes={
                    "a request that read nothing puts the model back into the cache: move it, if it is there": True
                },
            )


@pytest.mark.edge
@pytest.mark.parametrize("is_loaded", [True, False])
def test_a_new_load_may_come_at_any_step_of_a_request(stage: Stage, *, is_loaded: bool) -> None:
    load, load_newer = ("load_model", "a", stage.probe("a")), ("load_model", "a", stage.probe("newer"))
    evict: Call = ("evict_least_used_model",)
    before = [load] if is_loaded else [load, evict]
    after: list[Call] = [("predict", "a", 1), ("get_model_info", "a"), evict, ("predict", "a", 2)]
    mistake = (
        "the request writes the old model, or the old path, over the new one: ask whether load_model has been there, "
        "and write, under one hold of the lock"
    )
    for meeting in meet(stage, 1, before, ("predict", "a", 0), load_newer, after=after):
        check_answer(meeting.first, ["a", "newer"], 0, asked=meeting.asked, mistake="the request was lost")
        then, info, _, again = meeting.after
        check_answer(then, ["newer"], 1, asked=f"predict('a', 1) after {meeting.asked}", mistake=mistake)
        asked = f"path of a after {meeting.asked}"
        check.equal(Path(info["path"]).name, "newer.pkl", asked=asked, mistakes={mistake: "a.pkl"})
        asked = f"predict('a', 2), evicted before, after {meeting.asked}"
        check_answer(again, ["newer"], 2, asked=asked, mistake=mistake)


@pytest.mark.edge
def test_two_requests_that_meet_at_any_step_read_the_file_once(stage: Stage) -> None:
    before: list[Call] = [("load_model", "a", stage.probe("a")), ("evict_least_used_model",)]
    after: list[Call] = [("get_model_info", "a")]
    for meeting in meet(stage, 1, before, ("predict", "a", 0), ("predict", "a", 1), after=after):
        for came, data in ((meeting.first, 0), (meeting.others[0], 1)):
            mistake = "who waits for a read, or comes when it has just ended, is to be answered too"
            check_answer(came, ["a"], data, asked=meeting.asked, mistake=mistake)
        check.equal(
            meeting.log.count("load a"),
            1,
            asked=f"how often the file of a was read by {meeting.asked}",
            mistakes={
                "a double load: whether the model is there, and whether a read is under way, must be asked, and the "
                "mark set or taken away, under one hold of the lock": 2
            },
        )
        info = meeting.after[0]
        check.equal(
            [info["loaded"], info["request_count"], info["error_count"]],
            [True, 2, 0],
            asked=f"loaded, request_count and error_count of a after {meeting.asked}",
        )


@pytest.mark.edge
def test_a_request_after_an_eviction_reads_the_file_at_any_step_of_another(stage: Stage) -> None:
    evict: Call = ("evict_least_used_model",)
    before: list[Call] = [("load_model", "a", stage.probe("a")), evict]
    after: list[Call] = [("get_model_info", "a")]
    for meeting in meet(stage, 1, before, ("predict", "a", 0), evict, ("predict", "a", 1), after=after):
        check_answer(meeting.others[1], ["a"], 1, asked=meeting.asked, mistake="the request was lost")
        if meeting.others[0] == "a":
            check.equal(
                [meeting.log.count("load a"), meeting.after[0]["loaded"]],
                [2, True],
                asked=f"how often the file of a was read, and whether a is loaded, after {meeting.asked}",
                mistakes={
                    "it was answered from a read that had ended before the eviction: put the model in, and take the "
                    "mark of the read away, under one hold of the lock": [1, False]
                },
            )


@pytest.mark.edge
def test_a_request_after_one_that_failed_reads_the_file_at_any_step_of_another(stage: Stage) -> None:
    path, good = stage.probe("a"), stage.probe("good")
    system, spare = served(stage, "a"), served(stage, "a")
    for each in (system, spare):
        each.evict_least_used_model()
    stage.probe("broken", file="a", holds_load=True, load_error="RuntimeError")
    first, second, third = request_after_a_failure(system, spare, str(stage.folder), path, good)
    asked = (
        "predict('a', 3), from a file that is good by now, after predict('a', 2) of the same thread, which had waited for "
        "predict('a', 1) of another one to read a bad file, has failed; stopped was that one, at any of its steps"
    )
    check.true(
        "stuck" not in (first, second, third),
        asked=asked,
        came=f"no answer within {toys.MEETING_DEADLINE_S:g} s",
        expected="answers",
        mistake="two threads wait for each other, or a lock is never released",
    )
    mistake = (
        "it was answered from a read that had failed before: take the mark of a read away before those are woken who "
        "wait for it"
    )
    check_answer(third, ["good"], 3, asked=asked, mistake=mistake)


@pytest.mark.edge
@pytest.mark.parametrize(
    ("way", "other"),
    [
        ("load_model", "get_model_info"),
        ("load_model", "predict"),
        ("predict", "get_model_info"),
        ("predict", "predict"),
    ],
)
def test_newcomers_that_meet_at_any_step_leave_no_model_too_many(stage: Stage, way: str, other: str) -> None:
    loads = {name: ("load_model", name, stage.probe(name)) for name in "abcde"}
    infos: list[Call] = [("get_model_info", name) for name in "abcde"]
    before = [loads[name] for name in "bda"]
    first: Call = loads["c"] if way == "load_model" else ("predict", "b", 0)
    others = infos
    if other != "get_model_info":
        others = [loads["e"] if other == "load_model" else ("predict", "d", 0)]
    mistake = "for a moment there is one too many: evict and insert under one hold of the lock"
    for meeting in meet(stage, 1, before, first, *others, after=infos):
        if way == "predict":
            check_answer(meeting.first, "b", 0, asked=meeting.asked, mistake="the request was lost")
        for came, when in ((meeting.after, "after"), (meeting.others if meeting.stood_still else [], "at")):
            there = [Path(info["path"]).stem for info in came if isinstance(info, dict) and info["loaded"]]
            check.true(
                len(there) <= 1,
                asked=f"the models that are loaded in a cache of 1, {when} {meeting.asked}",
                came=there,
                expected="one",
                mistake=mistake,
            )
        there = [Path(info["path"]).stem for info in meeting.after if isinstance(info, dict) and info["loaded"]]
        check.equal(
            len(there),
            1,
            asked=f"how many models are loaded in a cache of 1, after {meeting.asked}",
            mistakes={"two made room, and one moved in: evict and insert under one hold of the lock": 0},
        )


@pytest.mark.edge
def test_evictions_that_meet_at_any_step_take_one_model_each(stage: Stage) -> None:
    loads = {name: ("load_model", name, stage.probe(name)) for name in "abc"}
    evict: Call = ("evict_least_used_model",)
    mistake = "the oldest is looked for in one step and taken away in another: do both under one hold of the lock"
    for ids in ("a", "abc"):
        before = [loads[name] for name in ids]
        for meeting in meet(stage, 3, before, evict, evict, after=[evict]):
            came = sorted(map(str, [meeting.first, *meeting.others, *meeting.after]))
            want = ["None", "None", "a"] if ids == "a" else ["a", "b", "c"]
            asked = f"what came, sorted, of {meeting.asked}, and of a third one after both"
            check.true(came == want, asked=asked, came=came, expected=str(want), mistake=mistake)
    before = [loads[name] for name in "ab"]
    for meeting in meet(stage, 2, before, evict, ("predict", "a", 0)):
        check_answer(meeting.others[0], ["a"], 0, asked=meeting.asked, mistake="the request was lost")
        check.equal(
            meeting.first,
            "b" if meeting.others[0][1] else "a",
            asked=f"what went by {meeting.asked}; the request was {'a hit' if meeting.others[0][1] else 'no hit'}",
            mistakes={f"a was used meanwhile; {mistake}": "a"},
        )


@pytest.mark.edge
@pytest.mark.parametrize("is_known", [True, False])
def test_loads_of_one_id_that_meet_at_any_step_agree(stage: Stage, *, is_known: bool) -> None:
    loads = [("load_model", "a", stage.probe(name)) for name in ("known", "one", "two")]
    evict: Call = ("evict_least_used_model",)
    after: list[Call] = [("get_model_info", "a"), ("predict", "a", 1), evict, ("predict", "a", 2)]
    before = [loads[0], ("predict", "a", 5)] if is_known else []
    for meeting in meet(stage, 1, before, loads[1], loads[2], ("predict", "a", 0), after=after):
        came = [meeting.first, meeting.others[0]]
        check.equal(came, [None, None], asked=f"what the load_model return in {meeting.asked}")
        check_answer(meeting.others[1], ["one", "two"], 0, asked=meeting.asked, mistake="the request was lost")
        info, then, _, again = meeting.after
        requests = 2 if is_known else 1
        check.equal(
            info["request_count"],
            requests,
            asked=f"request_count of a after {meeting.asked}",
            mistakes={
                "counts are lost: whether the id is known must be asked, and its record made, under one hold of the "
                "lock": requests - 1
            },
        )
        mistake = "path and model are of two different load_model: replace them under one hold of the lock"
        name = Path(info["path"]).stem
        asked = f"predict('a', 1), when the path is {name}.pkl, after {meeting.asked}"
        check_answer(then, [name], 1, asked=asked, mistake=mistake)
        asked = f"predict('a', 2), evicted before, when the path is {name}.pkl, after {meeting.asked}"
        check_answer(again, [name], 2, asked=asked, mistake=mistake)


@pytest.mark.edge
def test_a_model_that_is_loaded_anew_answers_at_any_step(stage: Stage) -> None:
    load, load_newer = ("load_model", "a", stage.probe("a")), ("load_model", "a", stage.probe("newer"))
    for meeting in meet(stage, 1, [load], load_newer, ("predict", "a", 0)):
        came = meeting.others[0]
        check_answer(came, ["a", "newer"], 0, asked=meeting.asked, mistake="the request was lost")
        check.equal(
            came[1],
            True,
            asked=f"cache_hit of the request in {meeting.asked}",
            mistakes={"the old model leaves before the new one comes: replace it in one step, under the lock": False},
        )


@pytest.mark.edge
@pytest.mark.parametrize("other", ["evict_least_used_model", "predict", "fail", "load_model"])
def test_what_an_info_says_fits_together_whoever_comes_meanwhile(stage: Stage, other: str) -> None:
    load, load_newer = ("load_model", "a", stage.probe("a")), ("load_model", "a", stage.probe("newer"))
    info: Call = ("get_model_info", "a")
    call_of: dict[str, Call] = {
        "predict": ("predict", "a", 0),
        "fail": ("predict", "a", "fail"),
        "load_model": load_newer,
    }
    change = call_of.get(other, (other,))
    for first, second in ((info, change), (change, info)):
        for meeting in meet(stage, 1, [load, ("predict", "a", 1)], first, second):
            came = meeting.first if first is info else meeting.others[0]
            check.true(
                isinstance(came, dict),
                asked=f"get_model_info('a') in {meeting.asked}",
                came=came,
                expected="an info",
                mistake="what others may change is read outside the lock",
            )
            check.equal(
                came["loaded"],
                came["loaded_at"] is not None,
                asked=f"whether the info says that a is loaded, where loaded_at is {came['loaded_at']}, in {meeting.asked}",
                hint="loaded and loaded_at are of two moments: read, and write, both under one hold of the lock",
            )
            check.true(
                came["error_count"] <= came["request_count"] - 1,
                asked=f"error_count and request_count of an info, in {meeting.asked}",
                came=[came["error_count"], came["request_count"]],
                expected="fewer errors than requests, for one has ended well",
                mistake="the counts are of two moments: read, and write, both under one hold of the lock",
            )


@pytest.mark.edge
def test_no_step_of_one_system_holds_another_one_up(stage: Stage) -> None:
    load: Call = ("load_model", "a", stage.probe("a"))
    evict: Call = ("evict_least_used_model",)
    ask: Call = ("predict", "a", 0)
    for came in meetings(
        str(stage.folder), 1, [load, evict], ask, [ask, evict, load, ("get_model_info", "a")], [], apart=True
    ):
        check.true(
            came["stood_still"],
            asked=f"{in_words(ask)} of one system, stopped before its step {came['step']}, and {in_words(ask, evict, load)} "
            "and get_model_info('a') of another system meanwhile",
            came=f"no answers of the other system within {toys.MEETING_DEADLINE_S:g} s, while the first one stands still",
            expected="answers at once, for the two share nothing",
            mistake="they share a lock, or a mark: keep everything in the object, and nothing in the class or the module",
        )


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_a_hit_costs_a_fraction_of_reading_the_file(stage: Stage, race: Racer) -> None:
    path = stage.save("lookup", toys.Lookup(np.arange(200_000.0).tolist()))
    system = kata.ModelServingSystem()
    system.load_model("lookup", path)

    def read() -> object:
        with Path(path).open("rb") as file:
            return pickle.load(file).predict(7)

    predict_often(system, "lookup", 1000)
    race(
        lambda: predict_often(system, "lookup", 100),
        read,
        at_least=5,
        versus="reading the file once",
        asked="100 calls of predict of a model in the cache, which has answered 1 000 requests",
        hint="no read, no copy of the model, no sorting of latencies in predict",
    )


@pytest.mark.speed
def test_a_hit_costs_the_same_however_many_models_there_are(stage: Stage, growth: Grower) -> None:
    path = stage.save("echo", toys.Echo())

    def prepare(n: int) -> Callable[[], object]:
        system = kata.ModelServingSystem(n)
        load_all(system, n, path)
        return lambda: predict_often(system, f"m{n - 1}", 100)

    growth(
        prepare,
        (500, 2000, 8000),
        at_most=0.35,
        asked="predict of the model that was used last, among more and more models in the cache",
        hint="a list of ids in order of use is searched from end to end: collections.OrderedDict moves one at once",
    )


@pytest.mark.speed
def test_an_eviction_costs_the_same_however_many_models_there_are(stage: Stage, growth: Grower) -> None:
    path = stage.save("echo", toys.Echo())

    def prepare(n: int) -> Callable[[], object]:
        system = kata.ModelServingSystem(n)
        load_all(system, n, path)
        return lambda: replace_often(system, path, 20)

    growth(
        prepare,
        (500, 2000, 8000),
        at_most=0.35,
        asked="evict_least_used_model and load_model again, with more and more models in the cache",
        hint="keep the models in order of use, instead of looking for the oldest one among all",
    )
