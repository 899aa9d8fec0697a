"""Suite of D08: answers against a plain store that looks through everything, compaction, counters, errors, threads.

Time is a clock that the suite moves, by halves of a second, so that ages are exact. Threads are stopped before each of their
steps, so no result depends on timing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import feature_store as kata
import numpy as np
import pytest
import warehouse
from hypothesis import given
from hypothesis import strategies as st
from warehouse import START, Step

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import call
from harness.suite.concurrency import crowd, interleave
from harness.suite.speed import Grower, Task

answers, times_asked = in_subject_process(warehouse.answers), in_subject_process(warehouse.times_asked)
stocked, filled = in_subject_process(warehouse.stocked), in_subject_process(warehouse.filled)
ask = in_subject_process(warehouse.ask)
COUNTERS = ("writes", "late", "replaced", "hits", "misses", "values")


# --- a store that looks through everything ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """A value, when it happened, and when and as which it arrived."""

    series: tuple[Any, str, int]
    value: Any
    time: float
    arrived: float
    number: int


class Plain:
    """The definition, by the plainest means: all values in the order of their arrival. `slip` is a mistake."""

    def __init__(self, slip: str = "") -> None:
        self.slip, self.clock, self.now = slip, START, -math.inf
        self.features: dict[str, dict[int, float | None]] = {}
        self.log: list[Written] = []
        self.counts: Counter[str] = Counter()

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.clock += seconds

    def register(self, name: str, dtype: str, version: int = 1, ttl_s: float | None = None) -> None:  # noqa: ARG002
        """Remember how long it lives."""
        self.features.setdefault(name, {})[version] = ttl_s

    def version(self, asked: str) -> tuple[str, int]:
        """The name and version that are meant."""
        name, _, number = asked.partition(":")
        versions = list(self.features[name])
        newest = {"first version": versions[0], "last registered": versions[-1]}.get(self.slip, max(versions))
        return name, int(number) if number and self.slip != "newest for all" else newest

    def write(self, entity: Any, asked: str, value: Any, time: float) -> None:
        """Put it into the log, and take out what it corrects."""
        series = (entity, *self.version(asked))
        known = [one for one in self.log if one.series == series]
        same = [one for one in known if one.time == time]
        is_late = time < max((one.time for one in known), default=-math.inf)
        if self.slip == "late by arrival":
            is_late = time < self.clock
        self.counts.update(writes=1, late=int(is_late), replaced=len(same))
        if self.slip == "first of equal" and same:
            return
        if self.slip != "both of equal":
            self.log = [one for one in self.log if one not in same]
        if self.slip == "late is dropped" and is_late:
            return
        self.log.append(Written(series, value, time, self.clock, self.counts["writes"]))

    def as_of(self, entity: Any, asked: str, at: float, is_online: bool) -> Any:
        """The value at a time."""
        name, version = self.version(asked)
        slip, ttl = self.slip, self.features[name][version]
        mixed = slip == "versions mixed"
        known = [one for one in self.log if one.series[1] == name and (mixed or one.series[2] == version)]
        if slip == "falls back" and not any(one.series[0] == entity for one in known):
            known = [one for one in self.log if one.series[1] == name]
        known = [one for one in known if slip == "one for all" or one.series[0] == entity]
        seen = [one for one in known if one.time <= at]
        if slip == "before":
            seen = [one for one in known if one.time < at]
        elif (slip == "latest" and not is_online) or (slip == "future online" and is_online):
            seen = known
        elif slip == "newest only" and is_online:
            seen = [one for one in known if one.time == max(other.time for other in known) and one.time <= at]
        elif slip in {"arrived", "arrived and happened"}:
            seen = [one for one in known if one.arrived <= at and (slip == "arrived" or one.time <= at)]
        elif slip == "next":
            seen = [one for one in known if one.time >= at] or seen
        order = {
            "last written": lambda one: one.number,
            "arrived": lambda one: one.number,
            "next": lambda one: -abs(one.time - at),
            "first written": lambda one: -one.number,
        }.get(slip, lambda one: (one.time, one.number))
        best = max(seen, key=order, default=None)
        if best is None:
            return None
        since = best.arrived if slip == "age from arrival" else best.time
        age = (self.clock if slip == "age now" else at) - since
        is_old = ttl is not None and (age >= ttl if slip == "at ttl" else age > ttl)
        return None if is_old and slip != "no ttl" else best.value

    def get_online(self, entity: Any, names: Sequence[str]) -> dict[str, Any]:
        """The values as of the highest time of the clock."""
        self.now = self.clock if self.slip == "goes back" else max(self.now, self.clock)
        found = {name: self.as_of(entity, name, self.now, is_online=True) for name in names}
        missing = list(found.values()).count(None)
        self.counts.update(hits=len(found) - missing, misses=missing)
        return found

    def get_historical(self, rows: Sequence[tuple[Any, float]], names: Sequence[str]) -> list[dict[str, Any]]:
        """The values as of each row."""
        return [{name: self.as_of(entity, name, at, is_online=False) for name in names} for entity, at in rows]

    def compact(self, before: float) -> int:
        """Keep what is seen at `before` or later."""
        self.now = max(self.now, self.clock)
        kept = []
        for one in self.log:
            newer = [other for other in self.log if other.series == one.series and one.time < other.time <= before]
            ttl = self.features[one.series[1]][one.series[2]]
            is_seen = one.time <= before and not newer
            if self.slip != "keeps the old":
                is_seen = is_seen and (ttl is None or before - one.time <= ttl)
            if one.time > before or (is_seen and self.slip != "forgets the seen"):
                kept.append(one)
        dropped, self.log = len(self.log) - len(kept), kept
        return dropped

    def stats(self) -> dict[str, int]:
        """The counters."""
        return {name: self.counts[name] for name in COUNTERS[:-1]} | {"values": len(self.log)}


SLIPS = {
    "latest": "a row has the newest value of all, which lies after its time: training sees the future",
    "last written": "what arrived last wins: the latest event_time does, and late data does not hide a newer value",
    "arrived": "as of the time of arrival: event_time alone counts, for late values too",
    "arrived and happened": "a value that arrived after the row's time is left out: late data takes its place by event_time",
    "late is dropped": "late values are thrown away: they take their place by event_time",
    "before": "a value whose event_time is the time asked about is not seen: at most t",
    "next": "the value next to the time, or after it: the latest at most t",
    "first written": "the value that was written first",
    "first of equal": "of two writes with one event_time the first stays: the later one is a correction",
    "both of equal": "both writes with one event_time are kept: the later one replaces the other",
    "future online": "get_online gives a value whose event_time has not come",
    "newest only": "a value from the future hides what holds now: keep both",
    "no ttl": "the time to live is not heeded",
    "at ttl": "a value is gone at exactly ttl_s: only when it is older",
    "age now": "the age is counted at the clock's time: at the time that is asked about",
    "age from arrival": "the age is counted from the arrival: from event_time",
    "versions mixed": "values of all versions are one feature: each has its own",
    "falls back": "a version without values answers with those of another: None",
    "first version": "a name alone means the first version: the highest one",
    "last registered": "a name alone means the version that was registered last: the highest one",
    "newest for all": "a name with a version means the newest: that version",
    "one for all": "entities are mixed",
    "goes back": "a clock that goes back makes values vanish: now is the highest time seen",
    "late by arrival": "each value that happened before now counts as late: event_time below one that is kept",
    "forgets the seen": "compact forgets the value that is seen at `before`",
    "keeps the old": "compact keeps a value that has outlived ttl_s at `before`",
}


def follow(script: Sequence[Step], slip: str = "") -> list[Any]:
    """What the plain store answers."""
    plain = Plain(slip)
    return [getattr(plain, method)(*args) for method, args in script]


def shown(script: Sequence[Step]) -> str:
    return ", ".join(f"{method}({', '.join(map(repr, args))})" for method, args in script)


def explained(script: Sequence[Step], got: Sequence[Any]) -> dict[str, Any]:
    """The last answers of the mistakes that give all answers so far."""
    found = {}
    for slip, text in SLIPS.items():
        others = follow(script, slip)
        if check.is_equal(others[:-1], list(got[:-1])):
            found[text] = others[-1]
    return found


def check_answers(script: Sequence[Step]) -> None:
    """Hold the answers of a new store to those of the plain one, up to the first that is wrong."""
    __tracebackhide__ = True
    for i, (came, right) in enumerate(zip(answers(script), want := follow(script), strict=True)):
        if not check.is_equal(came, right):
            before = f"{shown(script[:i])}; then " if i else ""
            asked = f"a store at {START:g} s: {before}{shown(script[i : i + 1])}"
            mistakes = explained(script[: i + 1], [*want[:i], came])
            check.equal(came, right, asked=asked, mistakes=mistakes, hint="see the rules in README")


def register(name: str, dtype: str = "int", version: int = 1, ttl_s: float | None = None) -> list[Step]:
    return [("register", (name, dtype, version, ttl_s))]


def write(*values: tuple[Any, float], name: str = "f", entity: Any = "u") -> list[Step]:
    """Write (value, event_time), one after the other."""
    return [("write", (entity, name, value, time)) for value, time in values]


def advance(seconds: float) -> list[Step]:
    return [("advance", (seconds,))]


def online(*names: str, entity: Any = "u") -> list[Step]:
    return [("get_online", (entity, list(names or ("f",))))]


def past(*times: float, names: Sequence[str] = ("f",), entity: Any = "u") -> list[Step]:
    return [("get_historical", ([(entity, time) for time in times], list(names)))]


def compact(before: float) -> list[Step]:
    return [("compact", (before,))]


STATS: list[Step] = [("stats", ())]
F, OLD = register("f"), register("f", ttl_s=20)
AROUND = past(899, 900, 900.5, 949, 950, 999, 1000, 1100)

VALUES: dict[str, list[Step]] = {
    "as of each time": [*F, *write((1, 900), (2, 950), (3, 1000)), *AROUND, *online()],
    "late data": [*F, *write((3, 990), (1, 900)), *online(), *write((2, 950)), *AROUND, *online()],
    "late data after rows of that time": [*F, *write((1, 900)), *advance(50), *write((2, 940), (3, 1045)), *AROUND],
    "equal times": [*F, *write((1, 900), (3, 950), (2, 900)), *AROUND, *online(), *write((4, 950)), *AROUND, *STATS],
    "not before its time": [*F, *write((1, 900), (2, 1010)), *online(), *advance(9.5), *online(), *advance(0.5), *online()],
    "nothing but the future": [*F, *write((2, 1010)), *online(), *past(1000, 1010), *advance(10), *online()],
    "time to live": [*OLD, *write((1, 980)), *online(), *past(979, 999, 1000, 1000.5), *advance(0.5), *online()],
    "time to live, late": [*OLD, *advance(100), *write((2, 1080), (1, 1000)), *online(), *past(1019, 1020, 1021, 1100)],
    "a time to live in the past": [*OLD, *write((1, 500), (2, 600)), *past(500, 519, 521, 610, 620, 630), *online()],
    "half a second to live": [*register("f", ttl_s=0.5), *write((1, 900)), *past(900.5, 901)],
    "entities": [*F, *write((1, 900)), *write((2, 910), entity=1), *write((3, 920), entity="1"),
                 *online(entity=1), *online(entity="1"), *online(entity="x"), *past(915, 925, entity="u")],
    "false and zero are values": [*F, *register("b", "bool"), *register("s", "str"), *write((0, 900)),
                                  *write((False, 900), name="b"), *write(("", 900), name="s"), *online("f", "b", "s"), *STATS],
    "a clock that goes back": [*F, *write((1, 995), (2, 1000)), *online(), *advance(-3), *online(), *write((3, 999)),
                               *online(), *advance(2), *write((4, 1001)), *online(), *advance(5), *online()],
    "times below zero": [*F, *write((1, -5.5), (2, 0)), *past(-6, -5.5, -1, 0, 1)],
    "no rows, no names": [*F, *write((1, 900)), *past(), *past(950, names=()), ("get_online", ("u", [])), *STATS],
}  # fmt: skip

VERSIONS: dict[str, list[Step]] = {
    "a new version begins empty": [*F, *write((1, 900)), *register("f", "str", 2), *online(), *online("f", "f:1", "f:2"),
                                   *write(("new", 950)), *write((5, 960), name="f:1"), *online("f", "f:1", "f:2"),
                                   *past(920, 955, 965, names=("f", "f:1"))],
    "the highest, not the last": [*register("f", "int", 3), *write((3, 900)), *F, *online(), *register("f", "int", 2),
                                  *write((4, 950)), *online("f", "f:1", "f:2", "f:3")],
    "ten is more than nine": [*register("f", version=9), *register("f", version=10), *write((1, 900)), *online("f:9", "f:10")],
    "each its time to live": [*OLD, *write((1, 900)), *register("f", version=2), *write((2, 900)), *online("f:1", "f")],
    "registered again": [*OLD, *write((1, 990)), *OLD, *online(), *STATS],
    "names that begin alike": [*F, *register("ff"), *write((1, 900)), *online("ff", "f")],
}  # fmt: skip

MEMORY: dict[str, list[Step]] = {
    "what is seen at `before` stays": [*F, *write((1, 900), (2, 950), (3, 980)), *compact(960), *past(960, 979, 980), *STATS],
    "at `before` itself": [*F, *write((1, 900), (2, 950), (3, 980)), *compact(950), *past(950, 980), *STATS, *compact(950)],
    "what has outlived its time goes": [*OLD, *write((1, 900), (2, 950), (3, 990)), *compact(970), *STATS, *compact(970.5),
                                        *past(970.5, 990), *STATS, *compact(1000), *online(), *STATS],
    "all is gone": [*OLD, *write((1, 900)), *write((1, 910), entity="v"), *compact(1000), *STATS, *online(),
                    *write((2, 880)), *STATS],
    "late data afterwards": [*F, *write((1, 900), (2, 950)), *compact(1000), *write((3, 940), (4, 990)), *STATS,
                             *past(1000), *compact(1000), *STATS, *online()],
    "an earlier `before`": [*F, *write((1, 900), (2, 950)), *compact(960), *compact(920), *write((3, 910)),
                             *compact(930), *past(960)],
    "features and entities": [*F, *register("g", ttl_s=50), *write((1, 900), (2, 950)), *write((1, 900), (2, 955), name="g"),
                              *write((1, 990), entity=3), *compact(1000), *STATS, *online("f", "g"), *online(entity=3)],
    "the future stays": [*F, *write((1, 900), (2, 1010), (3, 1020)), *compact(1000), *STATS, *past(1000, 1010, 1020)],
    "a clock that went back": [*F, *write((1, 900)), *online(), *advance(-50), *compact(990), *online(), *past(990)],
    "now is what the clock shows": [*OLD, *write((1, 1005)), *advance(30), *compact(1026), *STATS, *advance(-30),
                                    *online(), *STATS],
}  # fmt: skip

COUNTING: dict[str, list[Step]] = {
    "writes": [*F, *STATS, *write((1, 900), (2, 950), (3, 920), (4, 950), (5, 920), (6, 990)), *STATS,
               *write((1, 800), entity="v"), *write((2, 700), entity="v"), *STATS],
    "reads": [*F, *register("g", ttl_s=5), *write((1, 900)), *write((1, 900), name="g"), *online("f", "g"), *STATS,
              *online("f", "f", "f:1"), *STATS, *past(900, 950, names=("f", "g")), *STATS, *online("g", entity="v"), *STATS],
}  # fmt: skip


@pytest.mark.example
def test_worked_example() -> None:
    script = [*register("clicks"), *register("city", "str", ttl_s=50), *write((7, 980), (5, 960), name="clicks")]
    script += write(("Oslo", 960), name="city")
    both = ["clicks", "city"]
    script += [*online(*both), *past(959, 960, 979.5, 1011, names=both)]
    check_answers([*script, *register("clicks", "float", 2), *online("clicks", "clicks:1")])


@pytest.mark.example
@pytest.mark.parametrize("name", VALUES)
def test_the_value_is_the_latest_that_had_happened(name: str) -> None:
    check_answers(VALUES[name])


@pytest.mark.example
@pytest.mark.parametrize("name", VERSIONS)
def test_versions_share_nothing(name: str) -> None:
    check_answers(VERSIONS[name])


@pytest.mark.example
@pytest.mark.parametrize("name", MEMORY)
def test_compact_forgets_what_cannot_be_seen(name: str) -> None:
    check_answers(MEMORY[name])


@pytest.mark.example
@pytest.mark.parametrize("name", COUNTING)
def test_counters(name: str) -> None:
    check_answers(COUNTING[name])


@st.composite
def scripts(draw: st.DrawFn) -> list[Step]:
    """Two features, of which one gets a second version, two entities, and calls in any order."""
    script, horizon = [*register("f", ttl_s=draw(st.sampled_from([None, 3]))), *register("g")], -math.inf
    now, highest = START, -math.inf
    halves = st.integers(-12, 12).map(lambda k: START + k / 2)
    kinds = ["write"] * 6 + ["past", "past", "online", "online", "advance", "compact", "register", "stats"]
    for number, kind in enumerate(draw(st.lists(st.sampled_from(kinds), max_size=18))):
        entity = draw(st.sampled_from(["u", "u", "v"]))
        names = ["f", "g", "f:1"] + (["f:2"] if register("f", "int", 2, 5)[0] in script else [])
        if kind == "write":
            script += write((number, draw(halves)), name=draw(st.sampled_from(names)), entity=entity)
        elif kind == "past":
            script += past(*(max(horizon, draw(halves)) for _ in range(3)), names=names, entity=entity)
        elif kind == "online":
            script += online(*names, entity=entity)
            highest = max(highest, now)
        elif kind == "advance":
            script += advance(seconds := draw(st.sampled_from([0.5, 1, 3, -2])))
            now += seconds
        elif kind == "compact":
            script += compact(before := min(draw(halves), highest := max(highest, now)))
            horizon = max(horizon, before)
        elif kind == "register":
            script += register("f", "int", 2, 5)
        else:
            script += STATS
    return [*script, *online("f", "g", "f:1"), *STATS]


@pytest.mark.law
@given(scripts())
def test_a_store_answers_as_if_it_looked_through_everything(script: list[Step]) -> None:
    check_answers(script)


@pytest.mark.law
def test_hundreds_of_values_in_any_order() -> None:
    rng = np.random.default_rng(8)
    times = rng.permutation(np.repeat(np.arange(600.0, 850.0), 2)).tolist()
    rows = past(*np.arange(598, 853, 0.5).tolist())
    check_answers(
        [*register("f", ttl_s=40), *write(*enumerate(times)), *rows, *STATS, *compact(800), *STATS, *online()]
    )


# --- types, errors, and what belongs to whom --------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(
    ("dtype", "value"), [("float", 0.5), ("float", 2), ("int", 2), ("str", "x"), ("bool", True)], ids=repr
)
def test_values_come_back_with_their_type(dtype: str, value: Any) -> None:
    kind = {"float": float, "int": int, "str": str, "bool": bool}[dtype]
    got = answers([*register("f", dtype), *write((value, 900)), *online(), *past(950)])
    for came in (got[2]["f"], got[3][0]["f"]):
        asked = f"the value of a feature of dtype {dtype!r} after {value!r} was written"
        true = type(came) is kind and came == value
        check.true(true, asked=asked, came=repr(came), expected=repr(kind(value)), mistake="it changed its type")


FINITE, INTEGER = "times must be finite", "a version is an integer from 1 on"
BAD: list[tuple[type[Exception], str, tuple[Any, ...], str]] = [
    (ValueError, "register", ("", "int"), "the name is empty"),
    (ValueError, "register", ("x:1", "int"), "':' stands between name and version"),
    (ValueError, "register", ("x", "double"), "there is no dtype 'double'"),
    *((ValueError, "register", ("x", "int", version), INTEGER) for version in (0, -1, 1.5)),
    *((ValueError, "register", ("x", "int", 1, ttl), "ttl_s must be above 0") for ttl in (0, -3)),
    (ValueError, "register", ("a", "int"), "version 1 of a is registered as a float"),
    (ValueError, "register", ("b", "int", 1, 50), "version 1 of b is registered with ttl_s=100"),
    *((ValueError, "write", ("u", "a", value, 999), "a is a float") for value in ("1.5", True, None)),
    *((ValueError, "write", ("u", "b", value, 999), "b is an int") for value in (1.5, True, "3")),
    *((ValueError, "write", ("u", "a", 1.5, time), FINITE) for time in (math.nan, math.inf, -math.inf)),
    *((ValueError, "get_historical", ([("u", 990), ("u", time)], ["a"]), FINITE) for time in (math.nan, math.inf)),
    *((KeyError, "write", ("u", name, 1, 999), f"{name!r} was not registered") for name in ("x", "a:2", "a:", "a:x")),
    *((KeyError, "get_online", ("u", ["a", name]), f"{name!r} was not registered") for name in ("x", "b:2", "a:0")),
    (KeyError, "get_historical", ([("u", 990)], ["a", "x"]), "'x' was not registered"),
    (KeyError, "get_historical", ([], ["x"]), "'x' was not registered, though there are no rows"),
    (ValueError, "compact", (1000.5,), "it is 1000 s now"),
]  # fmt: skip


@pytest.mark.edge
@pytest.mark.parametrize(("error", "method", "args", "because"), BAD, ids=str)
def test_calls_that_are_refused_change_nothing(error: type[Exception], method: str, args: Any, because: str) -> None:
    store = stocked()
    asked = f"{call(method, *args)} of a store with the features a (float) and b (int, ttl_s=100)"
    hint = "check it before anything is changed, the counters too"
    check.raises(error, lambda: getattr(store, method)(*args), asked=asked, because=because, hint=hint)
    want = dict(zip(COUNTERS, (6, 2, 0, 0, 0, 6), strict=True))
    check.equal(store.stats(), want, asked=f"stats() after the refused {asked}", hint=hint)
    check.equal(store.get_online("u", ["a", "b"]), {"a": 990.0, "b": 990}, asked=f"a and b after {asked}", hint=hint)
    again = partial(store.register, "b", "int", ttl_s=100)
    check.accepts(again, asked=f"register('b', 'int', ttl_s=100) after the refused {asked}", because="b is just that")


@pytest.mark.edge
def test_rows_before_what_was_compacted_are_an_error() -> None:
    store = stocked()
    store.compact(960)
    store.compact(940)
    for time in (959.5, 945):
        asked = f"get_historical([('u', 990), ('u', {time})], ['a']) after compact(960) and compact(940)"
        because = "what is needed for it is forgotten: an error is better than a wrong answer"
        rows = [("u", 990), ("u", time)]
        hint = "remember the highest `before`, and hold each row's time to it"
        check.raises(ValueError, partial(store.get_historical, rows, ["a"]), asked=asked, because=because, hint=hint)
    for refused in (False, True):
        asked = f"get_historical([('u', 960)], ['a']) after compact(960), compact(940){', a refused compact(1001)' * refused}"
        because = "from the highest `before` on all is kept, and a call that is refused changes nothing"
        came = check.accepts(partial(store.get_historical, [("u", 960)], ["a"]), asked=asked, because=because)
        check.equal(came, [{"a": 950.0}], asked=asked, hint=because)
        check.raises(
            ValueError, partial(store.compact, 1001), asked="compact(1001) at 1000 s", because="it is after now"
        )


@pytest.mark.edge
def test_arguments_and_answers_belong_to_the_caller() -> None:
    store, names, rows = stocked(), ["b", "a"], [("u", 950), ("u", 990)]
    with check.untouched(asked=call("get_historical", rows, names), names=names, rows=rows):
        told = store.get_historical(rows, names)
    with check.untouched(asked=call("get_online", "u", names), names=names):
        online_now = store.get_online("u", names)
    check.equal(list(online_now), names, asked="the keys of get_online('u', ['b', 'a'])", hint="in the order of names")
    for answer in (*told, online_now, store.stats()):
        answer.clear()
    asked = "stats()['values'], get_online('u', ['b', 'a']) after the caller cleared all dicts that came back"
    came = [store.stats().get("values")]
    check.equal(came, [6], asked=asked, mistakes={"the dict that it counts with was returned: a new one": [None]})
    check.equal(store.get_online("u", names), {"b": 990, "a": 990.0}, asked=asked, hint="return new dicts")


@pytest.mark.edge
def test_two_stores_share_nothing_and_the_clock_is_the_time_by_default() -> None:
    stocked()
    store = kata.FeatureStore()
    check.equal(store.stats(), dict.fromkeys(COUNTERS, 0), asked="stats() of a new store, another one having values")
    asked, because = "get_online('u', ['a']) of a new store", "a is known to another store only"
    check.raises(KeyError, partial(store.get_online, "u", ["a"]), asked=asked, because=because)
    store.register("a", "int")
    store.write("u", "a", 1, 1e9)
    store.write("u", "a", 2, 1e11)
    asked = "get_online('u', ['a']) by the default clock, values being of the years 2001 and 5138"
    check.equal(store.get_online("u", ["a"]), {"a": 1}, asked=asked, hint="time.time")


@pytest.mark.edge
def test_get_online_asks_the_clock_once() -> None:
    asking = [*F, *register("g"), *write((1, 900)), *online("f", "g", "f:1"), *compact(900), *online("f")]
    asked = f"how often these ask the clock: {shown([*online('f', 'g', 'f:1'), *compact(900), *online('f')])}"
    hint = "one answer is of one moment: ask the clock once, and keep what it says"
    check.equal(times_asked(asking)[3:], [1, 1, 1], asked=asked, hint=hint)


# --- threads ---------------------------------------------------------------------------------------------------------

THREADS = "two threads are between the same steps: hold one lock from the first look to the last change"
WRITES = [("write", "u", "a", 1.5, 960), ("write", "u", "b", 3, 960)]


@pytest.mark.edge
@pytest.mark.parametrize(
    ("first", "others"),
    [
        (WRITES[0], [("write", "u", "a", 2.5, 970)]),
        (WRITES[0], [("write", "u", "a", 2.5, 960)]),
        (("write", "v", "a", 1.5, 900), [("write", "v", "a", 2.5, 900)]),
        (("get_online", "u", ["a", "b"]), [("write", "u", "a", 1.5, 995), ("write", "u", "b", 3, 995)]),
        (("get_historical", [("u", 960), ("u", 961)], ["a", "b"]), [*WRITES[::-1]]),
        (("compact", 970), WRITES[:1]),
        (("compact", 970), [("get_historical", [("u", 960)], ["a"])]),
        (WRITES[0], [("compact", 970)]),
        (("get_historical", [("u", 901)], ["a"]), [("compact", 970)]),
        (("register", "c", "int"), [("register", "c", "float")]),
        (("register", "a", "int", 2), [("write", "u", "a", 1, 960), ("get_online", "u", ["a"])]),
        (("stats",), WRITES),
    ],
    ids=str,
)
def test_calls_that_meet_give_what_they_give_one_after_the_other(first: Any, others: Any) -> None:
    after = [("get_historical", [("u", 975), ("v", 975)], ["a", "b"]), ("stats",)]
    interleave((warehouse.stocked,), first, *others, after=after, mistake=THREADS, made="a store with a and b of 'u'")


@pytest.mark.edge
def test_twenty_threads_write() -> None:
    store = stocked()
    crowd(*((store.write, "v", "a", float(i), 900 + i) for i in range(20)))
    times = [900 + i for i in range(20)]
    want = [{"a": float(i)} for i in range(20)]
    asked = "a of 'v' at 900, 901, ..., after 20 threads wrote a value each"
    check.equal(store.get_historical([("v", time) for time in times], ["a"]), want, asked=asked, hint=THREADS)


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_a_look_up_costs_the_same_however_much_was_written(growth: Grower) -> None:
    def prepare(rng: np.random.Generator, n: int) -> Task:
        times = rng.uniform(0, n - 1, size=100).tolist()
        return Task(partial(ask, filled(n), times), lambda: [*map(math.floor, times), *[n - 1] * 100])

    asked = "100 rows of get_historical and 100 calls of get_online, among more and more values of one feature"
    hint = "keep the event times sorted and search them by halving (bisect), instead of going through all of them"
    growth(prepare, (500, 2000, 8000), same=check.equal, at_most=0.5, asked=asked, hint=hint)
