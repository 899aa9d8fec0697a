"""Suite of D01: what a model server promises, to one thread and to many.

Models are probes from `serving_models`: they log what is done to them, and wait at gates. So a test stops a thread in the
middle of a read or a prediction, or before any of its steps, and calls something else meanwhile. No result depends on
timing.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import model_serving as kata
import numpy as np
import pytest
import serving_models as toys
from hypothesis import example, given
from hypothesis import strategies as st
from lru_cache_oracle import POLICIES, simulate
from serving_models import EVICT, info, load, predict

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import call
from harness.suite.concurrency import Worker, finish, hold, interleave, start, stuck, words
from harness.suite.speed import Contest, Grower, Racer, Task, vary
from harness.suite.threads import Rest

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

IDS = "abcde"
NOT_ASKED = "the file is not read, or the model not asked, in the call itself"
INFO_KEYS = ["error_count", "latency_p50_ms", "latency_p95_ms", "loaded", "loaded_at", "path", "request_count"]

new_stage = in_subject_process(toys.Stage)
predict_undefined = in_subject_process(toys.predict_undefined)
predict_each = in_subject_process(toys.predict_each)
replace_each = in_subject_process(toys.replace_each)
load_all = in_subject_process(toys.load_all)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[toys.Stage]:
    """A folder for models, with a log, gates and a clock."""
    stage = new_stage(str(tmp_path))
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[toys.Stage]:
    """A stage that the examples of a law share, with a file that holds no model."""
    stage = new_stage(str(tmp_path_factory.mktemp("shelf")))
    stage.save_object("foreign", "a dict")
    yield stage
    stage.close()


def calls_of(session: toys.Session, *calls: toys.Call) -> list[toys.Call]:
    """Calls of methods of a session."""
    return [(getattr(session, name), *args) for name, *args in calls]


def held(session: toys.Session, made: toys.Call, entry: str, mistake: str = NOT_ASKED) -> Worker:
    """Make a call in another thread, and wait until its model stands at the gate `entry`."""
    __tracebackhide__ = True
    return hold((getattr(session, made[0]), *made[1:]), session.stage.gate(entry), mistake=mistake)


# --- example ----------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example(tmp_path: Path) -> None:
    system = kata.ModelServingSystem(model_cache_size=1)
    for name, factor in (("double", 2.0), ("triple", 3.0)):
        path = tmp_path / f"{name}.pkl"
        path.write_bytes(pickle.dumps(toys.Scale(factor)))
        system.load_model(name, str(path))
    asked = call("predict", "triple", [1.0, 2.0]) + ", right after load_model of double, then triple, in a cache of 1"
    response = system.predict("triple", [1.0, 2.0])
    latency_ms = response.pop("latency_ms", None)
    want: dict[str, object] = {"prediction": [3.0, 6.0], "model_id": "triple", "cache_hit": True}
    mistakes: dict[str, object] = {
        "load_model does not read it, or cache_hit is inverted": {**want, "cache_hit": False}
    }
    check.equal(response, want, asked=f"all but latency_ms of {asked}", mistakes=mistakes)
    is_positive = latency_ms is not None and latency_ms > 0
    check.true(is_positive, asked=f"latency_ms of {asked}", came=latency_ms, expected="> 0")
    asked = call("predict", "double", [5.0]) + ", which was evicted"
    lost = "an evicted model is not forgotten: keep its path and counts apart from the cache"
    response = check.accepts(partial(system.predict, "double", [5.0]), asked=asked, because=lost)
    mistakes = {"a request that had to read the file is reported as a hit, or too many are kept": [[10.0], True]}
    check.equal([response["prediction"], response["cache_hit"]], [[10.0], False], asked=asked, mistakes=mistakes)
    came = [system.evict_least_used_model() for _ in range(2)]
    check.equal(came, ["double", None], asked="evict_least_used_model(), twice")


@pytest.mark.example
def test_worked_example_of_percentiles(stage: toys.Stage) -> None:
    session = stage.serve("a")
    for seconds in (0.375, 0.125, 0.5, 0.25):
        session.predict("a", seconds)
    came = session.get_model_info("a")
    asked = "get_model_info after requests of 375, 125, 500 and 250 ms"
    check.equal(sorted(came), INFO_KEYS, asked=f"the keys of {asked}")
    check_percentiles(came, [375.0, 125.0, 500.0, 250.0], asked=asked)
    check.equal([came["path"], came["request_count"], came["error_count"]], [stage.path("a"), 4, 0], asked=asked)


def check_percentiles(
    info: dict[str, Any],
    latencies_ms: Sequence[float],
    *,
    asked: str,
    mistakes: Mapping[str, Sequence[float]] | None = None,
    hint: str = "compute them at each call, from unrounded latencies by `clock`",
) -> None:
    """Compare both percentiles with those of the latencies; `mistakes` are other latencies, by what is wrong with them."""
    __tracebackhide__ = True
    for name, percent in (("latency_p50_ms", 50), ("latency_p95_ms", 95)):
        wrong: dict[str, object] = {
            why: partial(np.percentile, list(ms), percent) for why, ms in (mistakes or {}).items()
        }
        wrong["in seconds: latencies are in milliseconds"] = np.percentile(latencies_ms, percent) / 1000
        for method in ("higher", "lower", "nearest", "inverted_cdf", "weibull"):
            value = np.percentile(latencies_ms, percent, method=method)
            wrong[f"another definition ({method}): interpolate linearly between the two nearest values"] = value
        want = np.percentile(latencies_ms, percent)
        check.close(info[name], want, asked=f"{name}, {asked}", mistakes=wrong, hint=hint)


# --- law --------------------------------------------------------------------------------------------------------------

OPERATIONS: dict[str, Callable[[str], toys.Call]] = {
    "predict": predict,
    "fail": lambda model_id: predict(model_id, "RuntimeError"),
    "load": load,
    "bad load": lambda model_id: load(model_id, "foreign"),
    "evict": lambda _: EVICT,
    "info": info,
}
Steps = list[tuple[str, str]]
STEPS = st.lists(st.tuples(st.sampled_from(["predict", "predict", *OPERATIONS]), st.sampled_from(IDS)), max_size=20)


@pytest.mark.law
@given(size=st.integers(1, 4), steps=STEPS)
@example(size=2, steps=[("evict", "")])
@example(size=2, steps=[("predict", "d"), ("evict", "")])
@example(size=2, steps=[("predict", "d"), ("predict", "d"), ("predict", "e"), ("evict", "")])
@example(size=2, steps=[("fail", "d"), ("evict", "")])
@example(size=2, steps=[("info", "d"), ("evict", "")])
@example(size=2, steps=[("load", "d"), ("evict", "")])
@example(size=2, steps=[("load", "d"), ("bad load", "d"), ("predict", "d"), ("predict", "e"), ("predict", "d")])
def test_hits_reads_and_evictions_are_those_of_an_lru_cache(shelf: toys.Stage, size: int, steps: Steps) -> None:
    session, calls = shelf.serve(IDS, size), [OPERATIONS[operation](model_id) for operation, model_id in steps]
    came, want = session.walk(calls), simulate(IDS, size, steps)
    done = next((i for i, pair in enumerate(zip(came, want, strict=True), 1) if pair[0] != pair[1]), len(steps))
    wrong: dict[str, object] = {name: partial(simulate, IDS, size, steps[:done], name) for name in POLICIES}
    for outcome, log in want[done - 1 : done]:
        before, loading = want[: done - 1], f"load {steps[done - 1][1]}"
        wrong["a model that was in the cache is read again"] = [*before, [outcome, [loading, *log]]]
        wrong["load_model of a loaded id must read the file too"] = [*before, [outcome, log[1:]]]
        wrong["an earlier prediction is returned: ask the model at each request"] = [*before, [outcome, log[:-1]]]
        wrong["the model is asked twice, whether it answers or raises"] = [*before, [outcome, [*log, *log[-1:]]]]
    cache = f"in a cache of {size} that has loaded a, b, c, d, e"
    hint = "one model at most leaves for each newcomer, the one whose last use is longest ago; for a bad file none does"
    asked = f"outcome and log of each call, {cache}: {words(*calls[:done])}"
    check.equal(came[:done], want[:done], asked=asked, mistakes=wrong, hint=hint)
    counts = [session.counts(model_id)[:2] for model_id in IDS]
    pairs = [[steps.count(("predict", model_id)), steps.count(("fail", model_id))] for model_id in IDS]
    mistakes = {"a request that failed is missing in request_count": pairs}
    hint = "counts survive evictions and load_model: keep them apart from the model"
    asked = f"request_count and error_count of each id, {cache}: {words(*calls)}"
    check.equal(counts, [[well + bad, bad] for well, bad in pairs], asked=asked, mistakes=mistakes, hint=hint)


@pytest.mark.law
@given(ticks=st.lists(st.integers(0, 2000), min_size=1, max_size=12))
@example(ticks=[1, 5, 3])
def test_latencies_and_percentiles_are_those_of_the_clock(shelf: toys.Stage, ticks: list[int]) -> None:
    durations_s = [n / toys.TICKS_PER_S for n in ticks]
    latencies_ms, counts, latest = shelf.serve("a").measure(durations_s)
    want = [1000 * duration for duration in durations_s]
    asked = f"requests during which the clock moves by {durations_s} s"
    mistakes: dict[str, object] = {f"rounded to {n} digits: do not round it": np.round(want, n) for n in range(4)}
    mistakes["latency_ms is in seconds"] = durations_s
    hint = "measure with the clock that was passed in"
    check.close(latencies_ms, want, asked=f"latency_ms of {asked}", mistakes=mistakes, hint=hint)
    check_percentiles(latest, want, asked=f"asked after each of the {asked}")
    asked, hint = f"request_counts of infos kept from after each of the {asked}", "build a new dict for each info"
    check.equal(counts, list(range(1, len(ticks) + 1)), asked=asked, hint=hint)


# --- edge: one thread -------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_model_interface_is_abstract() -> None:
    hint, because = "derive it from abc.ABC, and mark predict with abc.abstractmethod", "ModelInterface is abstract"
    undefined = partial(predict_undefined, kata.ModelInterface)
    check.raises(TypeError, undefined, asked="an object of a subclass without predict", because=because, hint=hint)
    check.raises(TypeError, kata.ModelInterface, asked="ModelInterface()", because=because, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("size", [0, -1])
def test_a_cache_without_room_is_an_error(size: int) -> None:
    asked = call("ModelServingSystem", size)
    check.raises(ValueError, partial(kata.ModelServingSystem, size), asked=asked, because="the size is below 1")


@pytest.mark.edge
def test_defaults_are_100_models_and_perf_counter(stage: toys.Stage) -> None:
    system = kata.ModelServingSystem()
    load_all(system, 101, stage.save("a"))
    came = [system.get_model_info(f"m{i}")["loaded"] for i in (0, 1, 100)]
    check.equal(
        came, [False, True, True], asked="whether m0, m1 and m100 are loaded, after load_model of m0, ..., m100"
    )
    age_s = time.perf_counter() - system.get_model_info("m100")["loaded_at"]
    asked, mistake = "time.perf_counter() - loaded_at, right after load_model", "another clock is the default"
    check.true(0 <= age_s < 600, asked=asked, came=age_s, expected="a few seconds", mistake=mistake)


@pytest.mark.edge
def test_an_unknown_id_is_a_key_error(stage: toys.Stage) -> None:
    for method, *args in calls_of(stage.serve("a"), predict("b"), info("b")):
        check.raises(KeyError, partial(method, *args), asked=words((method, *args)), because="b was never loaded")


BAD_FILES: dict[str, Callable[[toys.Stage, Path], object]] = {
    "missing": lambda _, path: path.unlink(missing_ok=True),
    "a folder": lambda _, path: path.mkdir(),
    "empty": lambda _, path: path.write_bytes(b""),
    "text": lambda _, path: path.write_text("no pickle", encoding="utf-8"),
    "cut short": lambda stage, path: path.write_bytes(Path(stage.save(path.stem)).read_bytes()[:-5]),
    "a dict": lambda stage, path: stage.save_object(path.stem, "a dict"),
    "predict is a number": lambda stage, path: stage.save_object(path.stem, "predict is a number"),
    "raises an error of its own": lambda stage, path: stage.save(path.stem, load_error="OddError"),
}


@pytest.mark.edge
@pytest.mark.parametrize("kind", BAD_FILES)
@pytest.mark.parametrize("model_id", ["unknown", "loaded", "evicted"])
def test_a_bad_file_is_a_value_error_and_changes_nothing(stage: toys.Stage, kind: str, model_id: str) -> None:
    model_id = {"unknown": "d", "loaded": "b", "evicted": "a"}[model_id]
    session, path = stage.serve("abc", 2), Path(stage.path("bad"))
    session.do_all([predict("b"), predict("c")])
    BAD_FILES[kind](stage, path)
    before = [session.get_model_info(known) for known in "abc"]
    asked = f"load_model({model_id!r}, path) of a bad file: {kind}"
    hint = "unpickling may raise anything, so catch Exception; then check that predict is callable"
    thunk = partial(session.load_model, model_id, "bad")
    check.raises(ValueError, thunk, asked=asked, because="the file holds no model", hint=hint)
    after = [session.get_model_info(known) for known in "abc"]
    hint = "a load that fails changes nothing: read first, then change path, model and cache together"
    if model_id == "d":
        ask = partial(session.get_model_info, "d")
        check.raises(KeyError, ask, asked=f"get_model_info('d'), after {asked}", because="d is unknown", hint=hint)
    check.equal(after, before, asked=f"infos of a (evicted), b and c (loaded), after {asked}", hint=hint)
    check.equal(session.evict_least_used_model(), "b", asked=f"evict_least_used_model(), after {asked}", hint=hint)


@pytest.mark.edge
def test_loading_a_known_id_replaces_model_path_and_time_and_evicts_no_other(stage: toys.Stage) -> None:
    stage.advance(1.0)
    session = stage.serve("ab", 2)
    session.predict("a", 0)
    stage.advance(2.0)
    path = stage.save("newer")
    session.system.load_model("a", Path(path))
    asked = "after load_model('a', Path(newer)), with a and b in a cache of 2"
    mistakes: dict[str, object] = {"another model is evicted, although a was in the cache already": "a"}
    check.equal(session.loaded("ab"), "ab", asked=f"the loaded models, {asked}", mistakes=mistakes)
    came = session.get_model_info("a")
    mistakes = {
        "a model that is loaded is not read again: load_model replaces it": [stage.path("a"), 1.0, 1],
        "the path is no str: os.fspath gives one": [Path(path), 3.0, 1],
        "loaded_at is that of the model that was replaced": [path, 1.0, 1],
        "load_model begins a new record: keep the counts": [path, 3.0, 0],
    }
    got = [came["path"], came["loaded_at"], came["request_count"]]
    check.equal(got, [path, 3.0, 1], asked=f"path, loaded_at and request_count of a, {asked}", mistakes=mistakes)
    came = session.do_all([predict("a", 1), EVICT, EVICT, predict("a", 1)])
    asked = f"predict('a', 1), before and after an eviction, {asked}"
    hint = "the old file still answers: load_model replaces path and model, whether the id is loaded or not"
    check.equal([came[0], came[-1]], [[["newer", 1], True], [["newer", 1], False]], asked=asked, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(("kind", "data", "want"), [("predict is len", [{}], 1), ("an object of length 0", None, None)])
def test_any_object_with_a_callable_predict_is_a_model(stage: toys.Stage, kind: str, data: Any, want: object) -> None:
    session = stage.serve("")
    stage.save_object("a", kind)
    calls = [load("a"), predict("a", data), EVICT, predict("a", data)]
    hint = "ask whether a model `is None`, not whether it is true; do not convert, or judge, data and prediction"
    asked = f"{words(*calls)}, of an object: {kind}"
    check.equal(session.do_all(calls), [None, [want, True], "a", [want, False]], asked=asked, hint=hint)


@pytest.mark.edge
def test_a_hit_needs_no_file(stage: toys.Stage) -> None:
    session = stage.serve("a")
    Path(stage.path("a")).unlink()
    asked, hint = "predict('a', 0), whose file was deleted", "a hit looks at the file: the model is in memory"
    check.equal(session.do_all([predict("a")])[0], [["a", 0], True], asked=asked, hint=hint)


@pytest.mark.edge
def test_systems_share_nothing(stage: toys.Stage) -> None:
    one, other = stage.serve("ab", 1), stage.serve("", 2)
    shared = "two systems share state: keep it in the object, not in the class or the module"
    asked, because = "get_model_info('a') of a new system", "only another system has loaded a"
    check.raises(KeyError, partial(other.get_model_info, "a"), asked=asked, because=because, hint=shared)
    other.do_all([load("a"), load("b")])
    came = [one.loaded("ab"), other.loaded("ab")]
    asked = "the models that are loaded in two systems of sizes 1 and 2, each with a and b"
    check.equal(came, ["b", "ab"], asked=asked, hint=shared)


@pytest.mark.edge
@pytest.mark.parametrize("name", ["ValueError", "KeyError", "OddError"])
@pytest.mark.parametrize("state", ["loaded", "evicted"])
def test_what_a_model_raises_comes_out_as_it_is(stage: toys.Stage, name: str, state: str) -> None:
    session = stage.serve("a")
    session.do_all([EVICT] * (state == "evicted"))
    asked = f"what predict('a', {name!r}) raises, whose model, {state} before, raises that"
    came, error = session.do_all([predict("a", name)])[0], toys.ERRORS[name](toys.TOLD)
    hint = "it is swallowed or replaced: count it, and let it out with a bare `raise`"
    check.equal(came, f"{name}: {error}", asked=f"type and message of {asked}", hint=hint)
    check.equal(session.counts("a"), [1, 1, True], asked=f"request_count, error_count and loaded, after {asked}")
    mistake = "a lock is not released when the model raises: use `with`"
    answer = stuck((session.predict, "a", 1), when="the error of the model has come out", mistake=mistake)[0]
    check.equal(answer, [["a", 1], True], asked="prediction and cache_hit of predict('a', 1) after that")


@pytest.mark.edge
@pytest.mark.parametrize("kind", ["missing", "a dict", "raises an error of its own"])
def test_a_file_that_has_become_bad_fails_the_requests_that_need_it(stage: toys.Stage, kind: str) -> None:
    session = stage.serve("ab", 1)
    BAD_FILES[kind](stage, Path(stage.path("a")))
    asked = f"predict('a', 0), evicted, whose file has become bad: {kind}"
    because = "the file holds no model: check it at each read, not in load_model alone"
    check.raises(ValueError, partial(session.predict, "a", 0), asked=asked, because=because)
    came = session.get_model_info("a")
    got = [came["request_count"], came["error_count"], came["latency_p50_ms"], session.loaded("ab")]
    mistakes: dict[str, object] = {"b was evicted for a model that could not be read: read first": [1, 1, None, ""]}
    asked = f"request_count, error_count and latency_p50_ms of a, and the loaded models, after {asked}"
    hint = "a request that cannot read its model is a request, and an error, without a latency"
    check.equal(got, [1, 1, None, "b"], asked=asked, mistakes=mistakes, hint=hint)
    stage.save("a")
    mistake = "the mark that a file is being read, or has failed, stays when the read fails: remove it on every path"
    answer = stuck((session.predict, "a", 1), when="its file, once bad, is good again", mistake=mistake)[0]
    mistakes = {mistake: "ValueError: " + str(answer).partition(": ")[2]}
    check.equal(answer, [["a", 1], False], asked="predict('a', 1), whose file is good again", mistakes=mistakes)


@pytest.mark.edge
def test_percentiles_are_of_the_latest_thousand_successes(stage: toys.Stage) -> None:
    session = stage.serve("a", 1)
    stage.save("b")
    check.equal(session.get_model_info("a")["latency_p95_ms"], None, asked="latency_p95_ms before the first request")
    ticks = np.random.default_rng(0).integers(1, 9_000, 1500)
    requests: list[Any] = ["ValueError" if n % 7 == 3 else int(t) / toys.TICKS_PER_S for n, t in enumerate(ticks)]
    calls = [predict("a", data) for data in requests]
    session.do_all([*calls[:1300], info("a"), load("b"), load("a"), EVICT, load("a"), *calls[1300:]])
    all_ms = [1000.0 if data == "ValueError" else 1000.0 * data for data in requests]
    well_ms = [1000.0 * data for data in requests if data != "ValueError"]
    mistakes = {
        "requests that failed are in the percentiles": all_ms[-1000:],
        "the successes among the latest 1 000 requests, not the latest 1 000 successes": well_ms[-857:],
        "of all requests: keep the latest 1 000 only": well_ms,
        "of 999 requests": well_ms[-999:],
        "of 1 001 requests": well_ms[-1001:],
        "computed anew only when the number of latencies has changed": well_ms[: 1300 * 6 // 7][-1000:],
        "evictions or load_model clear the latencies: keep them apart from the model": well_ms[1300 * 6 // 7 :],
    }
    asked = "get_model_info after 1 500 requests, of which every seventh fails after 1 s; after 1 300 of them a was "
    asked, hint = f"{asked}evicted twice and loaded twice", "keep them in the order of the requests; sort a copy"
    check_percentiles(session.get_model_info("a"), well_ms[-1000:], asked=asked, mistakes=mistakes, hint=hint)


@pytest.mark.edge
def test_loaded_at_is_the_time_of_the_last_read(stage: toys.Stage) -> None:
    session, came = stage.serve("a"), []
    for calls in ([], [predict("a")], [EVICT], [predict("a")], [load("a")]):
        stage.advance(1.0 if calls else 0.0)
        session.do_all(calls)
        came.append(session.get_model_info("a")["loaded_at"])
    mistakes = {
        "a time of 0.0 is taken for none: ask whether it `is None`": [None, None, None, 3.0, 4.0],
        "it stays after an eviction: a model that is not loaded has none": [0.0, 0.0, 0.0, 3.0, 4.0],
        "it is not set by a request that reads the file": [0.0, 0.0, None, 0.0, 4.0],
        "it is the time of the last use": [0.0, 1.0, None, 3.0, 4.0],
    }
    asked = "loaded_at at 0 s, after load_model; 1 s, a hit; 2 s, an eviction; 3 s, a request that read the file; 4 s, load_model"
    check.equal(came, [0.0, 0.0, None, 3.0, 4.0], asked=asked, mistakes=mistakes)


@pytest.mark.edge
@pytest.mark.parametrize("way", ["evicted", "evicted after an error", "replaced"])
def test_a_model_that_has_left_the_cache_is_freed(stage: toys.Stage, way: str) -> None:
    session = stage.serve("a")
    stage.save("newer")
    session.do_all([EVICT, predict("a"), predict("a", "ValueError" if way.endswith("error") else 1)])
    stage.log.clear()
    session.do_all([load("a", "newer") if way == "replaced" else EVICT])
    mistake = "something besides the cache refers to it: the record, the last read or error, or data of the thread"
    asked, is_freed = f"the memory of a model that was {way}", stage.frees("a", within_s=1.0)
    check.true(is_freed, asked=asked, came="kept", expected="freed", mistake=mistake)


# --- edge: many threads, some of which wait at a gate -----------------------------------------------------------------

READ_LOCK = "a lock is held while a file is read: read outside the lock"
PREDICT_LOCK = "a lock is held while a model predicts: predict outside the lock"


@pytest.mark.edge
@pytest.mark.parametrize("way", ["load_model", "predict"])
def test_many_files_are_read_at_once_and_never_overfill_the_cache(stage: toys.Stage, way: str) -> None:
    ids = "abcdefghijkl"
    session = stage.serve(ids if way == "predict" else "", len(ids) - 1)
    session.do_all([EVICT for _ in ids])
    readers, mistake = [], f"{READ_LOCK}, with no limit on the number of readers"
    for model_id in ids:
        stage.save(model_id, f"slow {model_id}", holds="load")
        newcomer = predict(model_id) if way == "predict" else load(model_id)
        readers.append(held(session, newcomer, f"load slow {model_id}", mistake))
    for model_id, reader in zip(ids, readers, strict=True):
        stage.gate(f"load slow {model_id}").open()
        finish(reader, asked=f"{way} of {model_id}, when its file can be read", mistake=READ_LOCK)
    asked = f"the models that are loaded after {way} of 12 at once, in an empty cache of 11"
    mistakes = {"each found room before it read: look for room when the model takes its place": ids}
    check.equal(session.loaded(ids), ids[1:], asked=asked, mistakes=mistakes)


@pytest.mark.edge
@pytest.mark.parametrize("way", ["load_model", "predict"])
def test_while_a_file_is_read_all_loaded_models_stay_and_answer(stage: toys.Stage, way: str) -> None:
    session = stage.serve("abc", 2)
    stage.save("a", "slow", holds="load")
    reader = held(session, predict("a", 1) if way == "predict" else load("a"), "load slow")
    when, calls = f"{way} in another thread reads the file of a; b and c are loaded", [predict("c", 2), predict("b", 2)]
    there, of_a, *came = stuck(*calls_of(session, ("loaded", "abc"), info("a"), *calls), when=when, mistake=READ_LOCK)
    mistakes: dict[str, object] = {
        "a model leaves before the newcomer takes its place: evict after reading": "c",
        "a counts as loaded before it is read": "ac",
        "a counts as loaded before it is read, and is one too many": "abc",
    }
    check.equal(there, "bc", asked=f"the loaded models, while {when}", mistakes=mistakes)
    hint = "set it when the file has been read"
    check.equal(of_a["loaded_at"], None, asked=f"loaded_at of a, while {when}", hint=hint)
    check.equal([one[1] for one in came], [True, True], asked=f"cache_hit of c and b, while {when}")
    stage.gate("load slow").open()
    finish(reader, asked=f"{way} of a, when its file can be read", mistake=READ_LOCK)
    asked = f"the models that are loaded after {way} of a, during which c was asked, and then b"
    mistakes = {"the model to evict was chosen before the read: choose it when a takes its place": "ac"}
    check.equal(session.loaded("abc"), "ab", asked=asked, mistakes=mistakes)


@pytest.mark.edge
def test_while_a_model_predicts_it_and_all_others_can_be_called(stage: toys.Stage) -> None:
    stage.save("a", holds="predict")
    stage.save("c")
    session = stage.serve("ba", 2)
    workers = [held(session, predict("a", 1), "predict a"), start((session.predict, "a", 2))]
    asked = "predict('a', 2), while the model of a predicts in another thread"
    mistake = "a lock is held while a model predicts: hold none, not even one of this model alone"
    both_predict = stage.gate("predict a").arrived(2)
    check.true(both_predict, asked=asked, came="it waits", expected="both predict", mistake=mistake)
    when = "the model of a predicts in two threads, in a cache of 2 that has loaded b, then a"
    calls = [info("a"), predict("b"), load("c"), ("loaded", "abc"), load("a", "b"), EVICT, EVICT]
    came = stuck(*calls_of(session, *calls), when=when, mistake=PREDICT_LOCK)
    mistakes: dict[str, object] = {"a request is counted when it begins: count it when it has ended": 2}
    check.equal(came[0]["request_count"], 0, asked=f"request_count of a, while {when}", mistakes=mistakes)
    stays = "a model that predicts is not evicted: it is, and finishes what it is answering"
    asked = f"loaded models, and those that are evicted: {words(*calls)}, while {when}"
    mistakes = {stays: ["ac", "c", "a"], f"{stays} (and there is one too many)": ["abc", "b", "c"]}
    check.equal([came[3], *came[-2:]], ["bc", "c", "a"], asked=asked, mistakes=mistakes)
    stage.gate("predict a").open()
    for worker, data in zip(workers, (1, 2), strict=True):
        came = finish(worker, asked=f"predict('a', {data})", mistake=PREDICT_LOCK)
        check.equal(came[0][0], ["a", data], asked=f"predict('a', {data}), evicted while it predicted")
    asked = "cache_hit of predict('a', 3), when the requests whose model was evicted have ended"
    mistakes = {"the end of a request puts its model back into the cache, or it is kept beside it": True}
    check.equal(session.predict("a", 3)[1], False, asked=asked, mistakes=mistakes)


@pytest.mark.edge
@pytest.mark.parametrize("fails", [False, True])
def test_requests_that_need_one_file_at_the_same_time_read_it_once(stage: toys.Stage, *, fails: bool) -> None:
    session = stage.serve("a")
    session.evict_least_used_model()
    stage.save("a", "slow", holds="load", load_s=4.0, load_error="OddError" if fails else "")
    others = [(session.predict, "a", data) for data in range(1, 5)]
    workers = [held(session, predict("a", 0), "load slow"), *map(start, others)]
    for worker in workers:
        worker.rests()
    stage.gate("load slow").open()
    asked = f"5 requests for an evicted model whose file takes 4 s to be read{', and then raises' * fails}"
    mistake = "those who wait for a read are not woken on every path"
    came = [finish(worker, asked=asked, mistake=mistake)[0] for worker in workers]
    hint = "who finds a read under way must wait for it, and share its model, or its failure"
    check.equal(stage.count("load slow"), 1, asked=f"how often {asked} read it", hint=hint)
    counts = session.counts("a")
    check.equal(counts, [5, 5 * fails, not fails], asked=f"request_count, error_count and loaded, after {asked}")
    if fails:
        check.equal([str(one).partition(":")[0] for one in came], ["ValueError"] * 5, asked=f"what {asked} raise")
        return
    got, want = [came[0][1], *(one[0] for one in came)], [False, *(["slow", data] for data in range(5))]
    check.equal(got, want, asked=f"cache_hit of the request that read the file, and the predictions of {asked}")
    mistakes = {"reading, or waiting for it, is left out: start the clock at the beginning of predict": 0.0}
    p50_ms = session.get_model_info("a")["latency_p50_ms"]
    check.close(p50_ms, 4000.0, asked=f"latency_p50_ms after {asked}", mistakes=mistakes)


@pytest.mark.edge
def test_requests_that_overlap_have_latencies_of_their_own(stage: toys.Stage) -> None:
    stage.save("a", holds="predict")
    session = stage.serve("ba")
    slow = held(session, predict("a", 1.0), "predict a")
    stage.advance(2.0)
    quick = session.system.predict("b", 0.5)["latency_ms"]
    stage.gate("predict a").open()
    finish(slow, asked="predict('a', 1.0)", mistake=PREDICT_LOCK)
    came = session.get_model_info("a")["latency_p50_ms"]
    mistakes = {"the start is kept in the system, where the next request overwrites it": [1500.0, 500.0]}
    asked = "latencies of a request that takes 3.5 s, and of one that takes 0.5 s meanwhile"
    check.close([came, quick], [3500.0, 500.0], asked=asked, mistakes=mistakes)


@pytest.mark.edge
@pytest.mark.parametrize("fails", [False, True])
def test_an_outdated_read_changes_nothing_when_it_ends(stage: toys.Stage, *, fails: bool) -> None:
    session = stage.serve("a", 1)
    session.do_all([EVICT])
    stage.save("b")
    stage.save("newer")
    stage.save("a", "old", holds="load", load_error="OddError" if fails else "")
    stale = held(session, predict("a"), "load old")
    calls = [load("a", "newer"), EVICT, load("b")]
    when = f"{words(*calls)}, while a request reads the old file of a"
    others = start(*calls_of(session, *calls))
    if others.rests() != Rest.ENDED:  # they may wait for the read that is under way
        stage.gate("load old").open()
    finish(others, asked=when, mistake=READ_LOCK)
    stage.save("newer", "slow", holds="load")
    tasks = [start((session.predict, "a", 1))]
    tasks[0].rests()  # at the gate of the newer file, or in wait for the old read
    stage.gate("load old").open()
    stale.rests()  # it may also go on to read the newer file
    tasks.append(start((session.predict, "a", 2)))
    tasks[1].rests()
    there = session.loaded("ab")
    stage.gate("load slow").open()
    mistake, asked = "a read is never settled", f"predict of a before the end of the old read, and after it: {when}"
    came = [finish(task, asked=asked, mistake=mistake)[0] for task in (stale, *tasks)]
    is_right = [one[0] for one in came[1:]] == [["slow", 1], ["slow", 2]]
    mistake = "they were answered from, or failed with, a read that began before load_model: that is outdated"
    check.true(is_right, asked=asked, came=came[1:], expected="both are answered from the newer file", mistake=mistake)
    mistakes: dict[str, object] = {
        "an outdated read made room for a model that it does not keep: look first whether it is outdated": "",
        "an outdated read put its model into the cache": "a",
    }
    check.equal(there, "b", asked=f"loaded models after the end of the old read: {when}", mistakes=mistakes)
    mistakes = {"the end of the outdated read removed the mark of the newer one": 2}
    check.equal(stage.count("load slow"), 1, asked=f"how often the newer file is read: {asked}", mistakes=mistakes)


# --- edge: one thread is stopped before each of its steps -------------------------------------------------------------

LOADED, READS = ("loaded", "abc"), ("reads",)
NEWER, AGAIN = load("a", "newer"), predict("a", 1)
A, AB, ABC, BCA = ([load(model_id) for model_id in ids] for ids in ("a", "ab", "abc", "bca"))
USED, EVICTED = [load("a"), AGAIN], [load("a"), EVICT]


def meet(before: Sequence[toys.Call], first: toys.Call, *others: toys.Call, **more: Any) -> dict[str, Any]:
    """A scenario: after the calls `before`, `first` is stopped at each step, and another thread makes the calls `others`."""
    return {"size": 1, "before": before, "calls": [first, *others]} | more


def rule(mistake: str, *after: toys.Call, **more: Any) -> dict[str, Any]:
    """What scenarios have in common: the mistake that they find, and the calls `after`, when both threads have ended."""
    return {"mistake": mistake, "after": after} | more


COUNTS = rule("both counts must change in one hold of the lock, in a record that load_model keeps", info("a"))
TAKEN = rule("what one hold of the lock found in the cache is taken in another: it may be gone by then", EVICT, READS)
PLACES = rule("one leaves in one hold of the lock, the next comes in another: too many are loaded, or none", LOADED)
ROOM = rule("what was seen before the read is used after it: evict when the newcomer takes its place", LOADED, size=2)
ONE_READ = rule(
    "that a model is loaded, and that it is being read, are asked in two holds of the lock", info("a"), READS
)
WAITING = rule("who has waited for a read looks in the cache, which the model may have left", info("a"), READS)
AFTER = info("a"), AGAIN, EVICT, predict("a", 2)
NEW_FILE = rule("a read that began before load_model replaces the newer model, or answers a later request", *AFTER)
ONE_LOAD = rule("path, model and record are changed, or put back, in several holds of the lock", *AFTER, info("a"))

SCENARIOS: dict[str, dict[str, Any]] = {
    "counts of two requests": meet(USED, predict("a"), predict("a"), **COUNTS),
    "counts of two errors": meet(USED, predict("a", "KeyError"), predict("a", "KeyError"), **COUNTS),
    "counts in an info during an error": meet(USED, predict("a", "KeyError"), info("a"), **COUNTS),
    "counts in an info, before and after an error": meet(USED, info("a"), predict("a", "KeyError"), **COUNTS),
    "counts in an info, before and after a request": meet(A, info("a"), predict("a"), **COUNTS),
    "counts of an error during a load": meet(USED, NEWER, predict("a", "KeyError"), **COUNTS),
    "counts of a request during a load that fails": meet(USED, load("a", "broken"), predict("a"), **COUNTS),
    "counts of a request, and a load": meet(USED, predict("a"), NEWER, **COUNTS),
    "eviction during a request": meet(A, predict("a"), EVICT, **TAKEN | {"after": [info("a"), READS]}),
    "eviction during an info": meet(A, info("a"), EVICT, **TAKEN),
    "eviction, and an info": meet(A, EVICT, info("a"), **TAKEN),
    "eviction of the last model, twice": meet(A, EVICT, EVICT, **TAKEN),
    "eviction of a model that is used": meet(AB, EVICT, predict("a"), **TAKEN | {"size": 2}),
    "two loads in one place": meet(BCA, load("c"), load("b"), **PLACES),
    "two requests in one place": meet(BCA, predict("b"), predict("c"), **PLACES),
    "a load, seen from the new": meet(BCA, load("c"), ("loaded", "c"), ("loaded", "a"), **PLACES),
    "a load, seen from the old": meet(BCA, load("c"), ("loaded", "a"), ("loaded", "c"), **PLACES),
    "a request, seen from the old": meet(BCA, predict("b"), ("loaded", "a"), ("loaded", "b"), **PLACES),
    "use of the oldest during a load": meet(AB, load("c"), predict("a"), **ROOM),
    "return of a model during its load": meet(ABC, NEWER, predict("a"), **ROOM),
    "eviction of a model during its load": meet(AB, NEWER, load("c"), **ROOM),
    "use and load during a load that fails": meet(ABC, load("c", "broken"), predict("c"), load("a"), **ROOM),
    "load during a read": meet(EVICTED, predict("a"), NEWER, **NEW_FILE),
    "load during a read that fails": meet([*EVICTED, ("copy", "broken", "a")], predict("a"), NEWER, **NEW_FILE),
    "load of the same path during a read": meet(EVICTED, predict("a"), ("copy", "newer", "a"), load("a"), **NEW_FILE),
    "load, eviction, request during a read": meet(EVICTED, predict("a"), NEWER, EVICT, predict("a", 3), **NEW_FILE),
    "request during a read": meet(EVICTED, predict("a"), AGAIN, **ONE_READ),
    "eviction and request during a read": meet(EVICTED, predict("a"), EVICT, AGAIN, **ONE_READ),
    "eviction while a request waits": meet(EVICTED, predict("a"), EVICT, joining=[AGAIN], **WAITING),
    "two loads of a known id": meet(A, NEWER, load("a", "one"), predict("a", 3), **ONE_LOAD),
    "two loads of an unknown id": meet([], NEWER, load("a", "one"), predict("a", 3), **ONE_LOAD),
    "load during one that fails, unknown id": meet([], load("a", "broken"), load("a", "one"), **ONE_LOAD),
}


@pytest.mark.edge
@pytest.mark.parametrize("name", SCENARIOS)
def test_calls_of_two_threads_give_what_they_give_one_after_the_other(stage: toys.Stage, name: str) -> None:
    for file in ("a", "b", "c", "newer", "one"):
        stage.save(file)
    stage.save("broken", load_error="OddError")
    stage.save_object("foreign", "a dict")
    scenario = dict(SCENARIOS[name])
    size, calls = scenario.pop("size"), scenario.pop("calls")
    interleave((toys.Meeting, stage, size), *calls, made=f"a cache of {size}", **scenario)


# --- speed ------------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_a_hit_costs_a_fraction_of_reading_a_file(stage: toys.Stage, race: Racer) -> None:
    system, path = stage.serve("a").system, Path(stage.path("numbers"))
    path.write_bytes(pickle.dumps(np.arange(200_000.0).tolist()))
    predict_each(system, [("a", 0)] * 1000)

    def contest(rng: np.random.Generator) -> Contest:
        requests = [("a", int(n)) for n in rng.integers(10**6, size=vary(rng, 100))]
        want = [["a", n] for _, n in requests]
        return Contest(
            lambda: predict_each(system, requests), lambda: pickle.loads(path.read_bytes()), want=lambda: want
        )

    asked = "100 calls of predict of a model in the cache, which has answered 1 000 requests"
    hint = "no read, no copy of the model, no sorting of latencies in predict"
    race(contest, same=check.equal, at_least=5, versus="reading 200 000 floats once", asked=asked, hint=hint)


@pytest.mark.speed
@pytest.mark.parametrize("what", ["hit", "eviction"])
def test_a_call_costs_the_same_however_many_models_are_loaded(stage: toys.Stage, growth: Grower, what: str) -> None:
    path = stage.save("a")
    systems: dict[int, Any] = {}
    evicted: dict[int, int] = {}

    def prepare(rng: np.random.Generator, size: int) -> Task:
        if size not in systems:
            systems[size] = kata.ModelServingSystem(size)
            load_all(systems[size], size, path)
        if what == "hit":
            # The hundred loaded last: a search comes to them last, and they lie side by side in memory at any size.
            requests = [(f"m{i}", int(i)) for i in size - 100 + rng.permutation(100)]
            want: list[Any] = [["a", i] for _, i in requests]
            return Task(lambda: predict_each(systems[size], requests), lambda: want)
        begin = evicted.get(size, 0)
        evicted[size] = begin + 20
        want = [f"m{i % size}" for i in range(begin, begin + 20)]
        return Task(lambda: replace_each(systems[size], path, 20), lambda: want)

    asked = f"{what}s, with more and more models in the cache"
    hint = "keep the ids in order of use, and move or take one at once, as collections.OrderedDict does; do not search"
    growth(prepare, (500, 2000, 8000), same=check.equal, at_most=0.35, asked=asked, hint=hint)
