"""Suite of D07: strategies, circuits, leases, consistent hashing by its laws, time and threads.

Time is a clock that the suite moves. Threads are stopped before each of their steps, so no result depends on timing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import load_balancer as kata
import pytest
import traffic_bench
from hypothesis import given
from hypothesis import strategies as st
from traffic_bench import Step

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.concurrency import Meeting, crowd, interleave, new_clock
from harness.suite.second_process import SecondProcess

run, places = in_subject_process(traffic_bench.run), in_subject_process(traffic_bench.places)
new_bench = in_subject_process(traffic_bench.Bench)
STRATEGIES = ("round_robin", "least_connections", "consistent_hash")
NONE = "RuntimeError"
ROBIN, LEAST = "round_robin", "least_connections"


def told(strategy: str, steps: Sequence[Step], params: Any) -> str:
    names = ", ".join(params.get("instances", ("a", "b", "c")))
    shown = ", ".join(f"{name}({', '.join(map(repr, args))})" for name, *args in steps)
    return f"{strategy}, instances {names}, max_failures 2, pause_s {params.get('pause_s', 8.0)}: {shown}"


def check_run(
    strategy: str, steps: Sequence[Step], want: Any, mistakes: dict[str, Any], hint: str = "", **params: Any
) -> None:
    """Hold what steps give, those that return something, to be `want`."""
    __tracebackhide__ = True
    came = [one for one in run(strategy, steps, params) if one is not None]
    check.equal(
        came, want, asked=told(strategy, steps, params), mistakes=mistakes, hint=hint or "see the rules in README"
    )


def take(times: int = 1, key: str | None = None) -> list[Step]:
    return [("take", key)] * times


def after(seconds: float) -> Step:
    return ("advance", seconds)


# --- strategies ------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_the_example_of_the_readme() -> None:
    steps = [*take(3), ("fail", "a"), *take(3), after(8), *take(3), ("report", "a", True), ("stats",)]
    stats = {
        "a": {"connections": 3, "requests": 3, "failed": 2, "state": "closed"},
        "b": {"connections": 6, "requests": 6, "failed": 0, "state": "closed"},
    }
    check_run(ROBIN, steps, [*"aba", *"bbb", *"abb", stats], {}, instances=("a", "b"))


@pytest.mark.example
def test_round_robin_takes_turns() -> None:
    wrong = {
        "the same instance each time": [*"aaaaa"],
        "the first choice is the second instance": [*"bcabc"],
    }
    check_run(ROBIN, take(5), [*"abcab"], wrong)
    lost = {
        "an index into the list skips one after a removal: the next after the last chosen": [*"ab", *"acac"],
        "the turns begin anew after a removal": [*"ab", *"acac"],
    }
    check_run(ROBIN, [*take(2), ("remove", "b"), *take(4)], [*"ab", *"caca"], lost)
    skips = {"an index into the list skips one when an earlier one is removed": [*"a", *"cbc"]}
    check_run(ROBIN, [*take(1), ("remove", "a"), *take(3)], [*"a", *"bcb"], skips)
    anew = {"the turns begin anew when an instance is added": [*"a", *"abcd"]}
    check_run(ROBIN, [*take(1), ("add", "d"), *take(4)], [*"a", *"bcda"], anew)
    bound = "the order is that of addition, also for one that was removed and added again"
    check_run(ROBIN, [("remove", "a"), ("add", "a"), *take(4)], [*"bcab"], {bound: [*"abca"]})
    skip = {"the turn of the next one is lost when an open one is skipped": [*"ccac"]}
    check_run(ROBIN, [*take(1), ("fail", "b"), *take(4)], [*"a", *"caca"], skip)


@pytest.mark.example
def test_least_connections_takes_the_one_with_fewest() -> None:
    wrong = {"turns, whatever is released": [*"abcabc"], "the most connections": [*"aaaaaa"]}
    wrong["a release is not counted: connections are those that have not ended"] = [*"abcabc"]
    check_run(LEAST, [*take(4), ("give_back", 1), *take(2)], [*"abca", *"bb"], wrong)
    ties = {"of equals, the one added last": [*"cbacb"]}
    check_run(LEAST, take(5), [*"abcab"], ties)
    twice = {"a second release is counted: it does nothing": [*"abc", *"aaa"]}
    check_run(LEAST, [*take(3), ("give_back", 0), ("give_back", 0), *take(3)], [*"abc", *"aab"], twice)
    new = {"a new instance has to have no connections": [*"abc", *"abcd"]}
    check_run(LEAST, [*take(3), ("add", "d"), *take(3)], [*"abc", *"dab"], new)
    steps = [*take(3), ("give_back", 2), ("fail", "c"), *take(3)]
    check_run(LEAST, steps, [*"abc", *"aba"], {"one whose circuit is open is chosen": [*"abc", *"cab"]})


@pytest.mark.example
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_lease_ends_with_its_block(strategy: str) -> None:
    for fails in (False, True):
        bench = new_bench(strategy, ("a",))
        came = bench.within("ada", fails=fails)
        wrong = {
            "the lease goes on after the block": ["a", 1, 1],
            "an exception in the block is swallowed": ["a", 1, 0],
            "after an exception, the lease goes on": ["a", 1, "raised", 1],
        }
        asked = (
            f"instance, connections in `with acquire('ada')`, {'an exception, ' if fails else ''}connections after it"
        )
        check.equal(came, ["a", 1, "raised", 0] if fails else ["a", 1, 0], asked=asked, mistakes=wrong)
        stats = {"a": {"connections": 0, "requests": 1, "failed": 0, "state": "closed"}}
        check.equal(bench.stats(), stats, asked="stats() then", hint="only report() says that a request failed")


# --- circuits --------------------------------------------------------------------------------------------------------

OPEN = [("fail", "a")]


@pytest.mark.example
def test_a_circuit_opens_after_failures_in_a_row() -> None:
    early = {"the circuit opens after one failure": [*"bcb"], "it opens after one failure more": [*"abca"]}
    check_run(ROBIN, [("fail", "a", 1), *take(3)], [*"abc"], early)
    check_run(ROBIN, [("fail", "a", 2), *take(4)], [*"bcbc"], {**early, "the circuit does not open": [*"abca"]})
    steps = [("fail", "a", 1), ("report", "a", True), ("fail", "a", 1), *take(2), ("fail", "a", 1), *take(2)]
    wrong = {"failures are added up: an ok begins the count anew": [*"bc", *"bc"]}
    check_run(ROBIN, steps, [*"ab", *"cb"], wrong)
    wrong = {
        "failures of all instances are counted together": [*"abac"],
        "an instance is chosen though its circuit is open": [*"abca"],
    }
    check_run(ROBIN, [("fail", "a", 1), ("fail", "b", 1), *take(4)], [*"abca"], wrong)
    nobody = [("fail", "a"), ("fail", "b"), ("take", "ada"), ("states",)]
    for strategy in STRATEGIES:
        wrong = {"an open instance is chosen when there is no other": ["a", {"a": "open", "b": "open"}]}
        check_run(strategy, nobody, [NONE, {"a": "open", "b": "open"}], wrong, instances=("a", "b"))


@pytest.mark.example
def test_after_a_pause_there_is_one_probe() -> None:
    early = {"it is half-open too early": ["a", "a"], "it stays open when the pause is over: at pause_s": [NONE, NONE]}
    check_run(ROBIN, [*OPEN, after(7.75), *take(), after(0.25), *take()], [NONE, "a"], early, instances=("a",))
    many = {"more than one probe at a time": ["a", "a", "a"], "the probe is not counted as one": ["a", "a", "a"]}
    check_run(ROBIN, [*OPEN, after(8), *take(3)], ["a", NONE, NONE], many, instances=("a",))
    stays = {"a probe that ends without a report blocks the next one for ever": ["a", NONE]}
    check_run(ROBIN, [*OPEN, after(8), *take(), ("give_back", 0), *take()], ["a", "a"], stays, instances=("a",))
    steps = [*OPEN, ("states",), after(8), ("states",), *take(), ("states",), ("report", "a", True), ("states",)]
    want = [{"a": "open"}, {"a": "half_open"}, "a", {"a": "half_open"}, {"a": "closed"}]
    late = {"half-open only when somebody asks for an instance": [want[0], want[0], *want[2:]]}
    check_run(ROBIN, steps, want, late, instances=("a",))


@pytest.mark.example
def test_the_report_of_a_probe_decides() -> None:
    probe = [*OPEN, after(8), *take()]
    closed = {
        "after a probe that is ok, there is still one at a time": ["a", "a", NONE],
        "it stays half-open": ["a", NONE, NONE],
    }
    check_run(ROBIN, [*probe, ("report", "a", True), *take(2)], ["a", "a", "a"], closed, instances=("a",))
    steps = [*probe, ("report", "a", True), ("fail", "a", 1), *take()]
    kept = {"the failures from before count after a probe that is ok": ["a", NONE]}
    check_run(ROBIN, steps, ["a", "a"], kept, instances=("a",))
    steps = [*probe, ("report", "a", False), ("give_back", 0), *take(), after(7.75), *take(), after(0.25), *take(2)]
    again = {
        "a probe that fails is one failure among others: it opens the circuit": ["a", "a", "a", "a", NONE],
        "the pause after a failed probe began with the first one": ["a", "a", NONE, NONE, NONE],
        "after a failed probe, the old probe blocks the next one": ["a", NONE, NONE, NONE, NONE],
    }
    check_run(ROBIN, steps, ["a", NONE, NONE, "a", NONE], again, instances=("a",))


@pytest.mark.edge
def test_late_reports_and_releases_change_nothing() -> None:
    steps = [*OPEN, ("report", "a", True), *take(), after(4), ("fail", "a", 2), after(4), *take()]
    wrong: dict[str, Any] = {
        "a late ok closes an open circuit": ["a", "a"],
        "late failures make the pause longer": [NONE, NONE],
    }
    check_run(ROBIN, steps, [NONE, "a"], wrong, instances=("a",))
    steps = [*OPEN, after(8), ("report", "a", True), ("states",), ("fail", "a", 1), *take()]
    wrong = {
        "a report without a probe closes the circuit": [{"a": "closed"}, "a"],
        "a failure without a probe opens the circuit": [{"a": "half_open"}, NONE],
    }
    check_run(ROBIN, steps, [{"a": "half_open"}, "a"], wrong, instances=("a",))
    steps = [*take(), *OPEN, after(8), *take(), ("give_back", 0), *take()]
    wrong = {"a release of a lease from before frees the place of the probe": ["a", "a", "a"]}
    check_run(ROBIN, steps, ["a", "a", NONE], wrong, instances=("a",))
    steps = [*OPEN, after(8), *take(), ("fail", "a", 1), after(8), *take(), ("give_back", 0), *take(), ("connections",)]
    wrong = {"the release of a failed probe frees the place of the next": ["a", "a", "a", {"a": 2}]}
    check_run(ROBIN, steps, ["a", "a", NONE, {"a": 1}], wrong, instances=("a",))


@pytest.mark.edge
def test_a_pause_of_zero_is_half_open_at_once() -> None:
    check_run(ROBIN, [*OPEN, *take(2)], ["a", NONE], {"it is open": [NONE, NONE]}, instances=("a",), pause_s=0.0)


@pytest.mark.edge
def test_a_clock_that_goes_back_lets_no_time_pass() -> None:
    late = {
        "after the clock was set back by an hour, the circuit is open for an hour: it goes on from there": [
            NONE,
            NONE,
            NONE,
        ],
        "a clock that goes back lets time pass": ["a", NONE, NONE],
    }
    steps = [*OPEN, after(-3600), *take(), after(7.75), *take(), after(0.25), *take()]
    check_run(ROBIN, steps, [NONE, NONE, "a"], late, instances=("a",))
    steps = [*OPEN, after(4), *take(), after(-3600), *take(), after(4), *take()]
    check_run(
        ROBIN,
        steps,
        [NONE, NONE, "a"],
        {**late, "the pause begins anew when the clock goes back": [NONE] * 3},
        instances=("a",),
    )


# --- instances that go -----------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_instances_that_go_and_come_back_are_new() -> None:
    steps = [
        *take(4),
        ("remove", "a"),
        ("give_back", 0),
        ("report", "a", False),
        ("add", "a"),
        ("give_back", 3),
        ("connections",),
    ]
    wrong = {
        "leases from before the removal count for the new instance": [*"abca", {"b": 1, "c": 1, "a": -1}],
        "connections from before the removal are kept": [*"abca", {"b": 1, "c": 1, "a": 1}],
        "a report about an instance that is gone is an error: requests end late": [
            *"abca",
            "KeyError",
            {"b": 1, "c": 1, "a": 0},
        ],
        "a release of a lease of an instance that is gone is an error": [*"abca", "KeyError", {"b": 1, "c": 1, "a": 0}],
    }
    check_run(LEAST, steps, [*"abca", {"b": 1, "c": 1, "a": 0}], wrong)
    steps = [*OPEN, ("remove", "a"), ("add", "a"), *take(2)]
    check_run(ROBIN, steps, ["a", "a"], {"the circuit from before the removal is kept": [NONE, NONE]}, instances=("a",))
    steps = [("remove", "a"), *take(), ("stats",), ("remove", "a"), ("add", "b"), ("add", "b"), *take()]
    check_run(
        ROBIN,
        steps,
        [NONE, {}, "KeyError", "ValueError", "b"],
        {},
        "unknown: KeyError; twice: ValueError",
        instances=("a",),
    )


# --- a plain balancer ------------------------------------------------------------------------------------------------


class _Plain:
    """Instances as dicts, leases as numbers, circuits by their rules."""

    def __init__(self, strategy: str) -> None:
        self.is_robin, self.now, self.last, self.leases = strategy == ROBIN, 0.0, -1, list[Any]()
        self.all = [self.new(name, i) for i, name in enumerate("abc")]

    def new(self, name: str, number: int) -> dict[str, Any]:
        return {
            "name": name,
            "number": number,
            "open": set(),
            "asked": 0,
            "bad": 0,
            "row": 0,
            "since": None,
            "probe": None,
        }

    def state(self, one: dict[str, Any]) -> str:
        return "closed" if one["since"] is None else "open" if self.now < one["since"] + 8 else "half_open"

    def take(self, _: Any = None) -> str:
        usable = [
            o for o in self.all if self.state(o) == "closed" or (self.state(o) == "half_open" and o["probe"] is None)
        ]
        if not usable:
            return NONE
        if self.is_robin:
            one = next((o for o in usable if o["number"] > self.last), usable[0])
            self.last = one["number"]
        else:
            one = min(usable, key=lambda o: len(o["open"]))
        if self.state(one) == "half_open":
            one["probe"] = len(self.leases)
        one["open"].add(len(self.leases))
        one["asked"] += 1
        self.leases.append(one)
        return str(one["name"])

    def give_back(self, i: int) -> str | None:
        if i >= len(self.leases):
            return "IndexError"
        self.leases[i]["open"].discard(i)
        if self.leases[i]["probe"] == i:
            self.leases[i]["probe"] = None
        return None

    def report(self, name: str, ok: bool) -> None:
        for one in (o for o in self.all if o["name"] == name):
            one["bad"] += not ok
            if self.state(one) == "closed":
                one["row"] = 0 if ok else one["row"] + 1
                if one["row"] == 2:
                    one["since"] = self.now
            elif self.state(one) == "half_open" and one["probe"] is not None:
                one["probe"], one["row"], one["since"] = None, 0, None if ok else self.now

    def remove(self, name: str) -> str | None:
        before = len(self.all)
        self.all = [o for o in self.all if o["name"] != name]
        return None if len(self.all) < before else "KeyError"

    def add(self, name: str) -> str | None:
        if any(o["name"] == name for o in self.all):
            return "ValueError"
        self.all.append(self.new(name, 100 + len(self.leases) + max([self.last, *(o["number"] for o in self.all)])))
        return None

    def advance(self, seconds: float) -> None:
        self.now += max(seconds, 0.0)

    def stats(self) -> dict[str, Any]:
        return {
            o["name"]: {
                "connections": len(o["open"]),
                "requests": o["asked"],
                "failed": o["bad"],
                "state": self.state(o),
            }
            for o in self.all
        }


STEPS = st.one_of(
    st.just(("take", None)),
    st.just(("take", None)),
    st.tuples(st.just("give_back"), st.integers(0, 9)),
    st.tuples(st.just("report"), st.sampled_from("aab"), st.sampled_from([False, False, True])),
    st.tuples(st.just("report"), st.sampled_from("aab"), st.just(False)),
    st.tuples(st.just("advance"), st.sampled_from([1.0, 4.0, 8.0, -60.0])),
    st.tuples(st.sampled_from(["add", "remove"]), st.sampled_from("abcd")),
)


@pytest.mark.law
@pytest.mark.parametrize("strategy", [ROBIN, LEAST])
@given(steps=st.lists(STEPS, max_size=30))
def test_a_script_gives_what_a_plain_balancer_gives(strategy: str, steps: list[Step]) -> None:
    steps = [part for step in steps for part in (step, ("stats",))]  # stats() read the clock after each step
    plain = _Plain(strategy)
    want = [getattr(plain, name)(*args) for name, *args in steps]
    for i, (came, right) in enumerate(zip(run(strategy, steps, {}), want, strict=True)):
        calls = [step for step in steps[:i] if step != ("stats",)]
        check.equal(
            came, right, asked=f"{told(strategy, calls, {})}; then {told('', steps[i : i + 1], {}).split(': ')[1]}"
        )


@pytest.mark.law
@pytest.mark.parametrize("n", [1, 2, 7, 200])
def test_round_robin_is_fair_whatever_the_number(n: int) -> None:
    names = [f"server-{i}" for i in range(n)]
    for strategy in (ROBIN, LEAST):
        came = run(strategy, take(3 * n), {"instances": names})
        check.equal(
            came,
            names * 3,
            asked=f"{3 * n} calls of acquire among {n} instances, {strategy}",
            hint="each three times, in order",
        )


# --- consistent hashing ----------------------------------------------------------------------------------------------

NAMES = [f"server-{i}" for i in range(10)]
KEYS = [f"user-{i}" for i in range(3000)]


def moved(before: list[str], now: list[str]) -> list[tuple[str, str]]:
    return [(a, b) for a, b in zip(before, now, strict=True) if a != b]


@pytest.mark.law
def test_a_key_depends_on_the_names_alone(second_process: SecondProcess) -> None:
    before, hint = places(NAMES, KEYS), "a choice by key, instances and a hash of hashlib, and by nothing else"
    for names, why in ((NAMES, "a second balancer"), (NAMES[::-1], "a balancer whose instances were added in reverse")):
        number = len(moved(before, places(names, KEYS)))
        check.equal(number, 0, asked=f"how many of 3000 keys {why} sends elsewhere", hint=hint)
    again = places(NAMES, [*KEYS, *KEYS[::-1]])
    check.equal(
        again[3000:][::-1] == again[:3000], True, asked="whether keys come to the same instance again", hint=hint
    )
    for seed in (1, 2):
        other = second_process("traffic_bench", "places", NAMES, KEYS[:300], hash_seed=seed)
        mistake = {"hash() of a string differs between processes: use hashlib": len(moved(before[:300], other))}
        check.equal(
            len(moved(before[:300], other)),
            0,
            asked="how many of 300 keys another process sends elsewhere",
            mistakes=mistake,
        )


@pytest.mark.law
@pytest.mark.parametrize("n", [2, 3, 10])
def test_keys_are_spread(n: int) -> None:
    counts = Counter(places(NAMES[:n], KEYS))
    most, mean = max(counts.values()), len(KEYS) / n
    mistake = (
        "one point for each instance on the ring spreads badly: use a hundred or more"
        if len(counts) > 1
        else "all go to one"
    )
    check.true(
        most <= 2 * mean and len(counts) == n,
        asked=f"the most keys of one of {n} instances, and how many have keys, of 3000 keys",
        came=f"{most}, {len(counts)}",
        expected=f"at most {2 * mean:.0f}, {n}",
        mistake=mistake,
    )


@pytest.mark.law
@pytest.mark.parametrize("how", ["removed", "failing", "added"])
def test_a_key_moves_only_if_it_has_to(how: str) -> None:
    before = places(NAMES, KEYS)
    if how == "added":
        now, other = places([*NAMES, "server-x"], KEYS), "server-x"
        stray = [pair for pair in moved(before, now) if pair[1] != other]
    else:
        other = NAMES[3]
        now = places(NAMES, KEYS, **{how: [other]})
        stray = [pair for pair in moved(before, now) if pair[0] != other]
    asked = f"3000 keys on 10 instances, then {other} is {how}: how many move that need not"
    check.equal(
        len(stray),
        0,
        asked=asked,
        mistakes={"the number of instances decides (a modulus): nearly all keys move": len(stray)},
    )
    share = len(moved(before, now)) / len(KEYS)
    check.true(
        0 < share <= 0.2,
        asked=f"the share of keys that move when {other} is {how}",
        came=share,
        expected="at most 2/10, and some",
    )
    if how != "added":
        heirs = Counter(b for _, b in moved(before, now))
        check.true(
            other not in heirs and other not in now,
            asked=f"where keys go when {other} is {how}",
            came=other,
            expected="elsewhere",
        )
        mistake = "all keys of an instance go to one other, which is overloaded then, and fails next"
        check.true(
            len(heirs) >= 5,
            asked=f"to how many others the keys of {other} go",
            came=len(heirs),
            expected="most of 9",
            mistake=mistake,
        )


@pytest.mark.edge
def test_consistent_hashing_needs_a_key_and_others_do_not() -> None:
    bench = new_bench("consistent_hash")
    check.raises(
        ValueError, bench.take, asked="acquire() with consistent_hash", because="there is no key", hint="a ValueError"
    )
    check.equal(bench.stats()["a"]["requests"], 0, asked="requests of a after acquire() that was refused")
    check.accepts(partial(bench.take, ""), asked="acquire('') with consistent_hash", because="an empty string is a key")
    check_run(ROBIN, take(3, "ada"), [*"abc"], {"round_robin goes by the key": ["a", "a", "a"]})


# --- errors and defaults ---------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("params", [("random",), ("",), (ROBIN, 0), (ROBIN, -1), (ROBIN, 5, -1.0)], ids=str)
def test_values_out_of_range_are_errors(params: Any) -> None:
    asked = f"LoadBalancer with strategy, max_failures, pause_s = {params}"
    hint = "check it in the constructor"
    check.raises(
        ValueError,
        lambda: new_bench(params[0], (), *params[1:]).stats(),
        asked=asked,
        because="out of range",
        hint=hint,
    )


@pytest.mark.edge
def test_defaults_are_those_of_the_signature_and_nothing_is_shared() -> None:
    one, other = kata.LoadBalancer(ROBIN), kata.LoadBalancer(ROBIN)
    one.add_instance("a")
    for _ in range(4):
        one.report("a", ok=False)
    check.equal(one.stats()["a"]["state"], "closed", asked="state after 4 failures, max_failures by default: 5")
    one.report("a", ok=False)
    check.equal(one.stats()["a"]["state"], "open", asked="state after 5 failures, max_failures by default: 5")
    check.equal(other.stats(), {}, asked="stats() of another balancer", hint="two balancers share nothing")
    stats = one.stats()
    stats["a"]["state"] = "closed"
    stats["b"] = stats.pop("a")
    hint = "new dicts at each call"
    check.equal(
        list(one.stats()), ["a"], asked="instances in stats(), after the caller changed an earlier dict", hint=hint
    )
    check.equal(
        one.stats()["a"]["state"], "open", asked="state in stats(), after the caller changed an earlier dict", hint=hint
    )
    timed = new_bench(ROBIN, ("a",), 1)
    timed.fail("a", 1)
    check.equal(timed.states(), {"a": "open"}, asked="states after 1 failure, max_failures=1")


@pytest.mark.edge
def test_a_pause_lasts_30_s_by_default() -> None:
    clock = new_clock(1024.0)
    balancer = kata.LoadBalancer(ROBIN, clock=clock, max_failures=1)
    balancer.add_instance("a")
    balancer.report("a", ok=False)
    clock.advance(29.75)
    asked = "state 29.75 s after the circuit opened, pause_s by default: 30.0"
    check.equal(balancer.stats()["a"]["state"], "open", asked=asked, mistakes={"the pause is shorter": "half_open"})
    clock.advance(0.25)
    asked = "state 30 s after the circuit opened, pause_s by default: 30.0"
    check.equal(balancer.stats()["a"]["state"], "half_open", asked=asked, mistakes={"the pause is longer": "open"})


@pytest.mark.edge
def test_the_clock_goes_on_by_itself_by_default() -> None:
    balancer = kata.LoadBalancer(ROBIN, max_failures=1, pause_s=0.02)
    balancer.add_instance("a")
    balancer.report("a", ok=False)
    give_up_s = time.monotonic() + 10
    while (state := balancer.stats()["a"]["state"]) == "open" and time.monotonic() < give_up_s:
        pass
    asked = "state, asked until the circuit is not open, for 10 s at most; pause_s=0.02 and the default clock"
    hint = "the default clock is time.monotonic, in seconds"
    check.equal(state, "half_open", asked=asked, hint=hint)


# --- threads ---------------------------------------------------------------------------------------------------------

THREADS = "an instance is chosen in one hold of the lock, and counted in another, or without a lock"


@pytest.mark.edge
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_two_calls_choose_as_one_after_the_other(strategy: str) -> None:
    make = (traffic_bench.Bench, strategy, ("a", "b"))
    before = [("take", "ada")]
    interleave(make, ("take", "ada"), ("take", "bob"), before=before, after=[("stats",)], mistake=THREADS)
    interleave(
        make, ("give_back", 0), ("give_back", 0), before=before, after=[("stats",)], mistake="a lease ends twice"
    )
    interleave(
        make, ("give_back", 0), ("take", "ada"), before=[*before, ("take", "ada")], after=[("stats",)], mistake=THREADS
    )


@pytest.mark.edge
def test_two_calls_never_get_the_same_probe() -> None:
    make = (traffic_bench.Bench, ROBIN, ("a",))

    def is_right(met: Meeting) -> bool:
        return sorted([met.first, *met.others]) == [NONE, "a"] and met.after[0]["a"]["connections"] == 1

    interleave(
        make,
        ("take",),
        ("take",),
        before=[("fail", "a"), ("advance", 8.0)],
        after=[("stats",)],
        right=is_right,
        expected="one of them gets the probe, the other a RuntimeError",
        mistake="whether there is a probe is asked in one hold of the lock, and the probe noted in another",
    )


@pytest.mark.edge
def test_reports_that_meet_are_all_counted() -> None:
    make = (traffic_bench.Bench, ROBIN, ("a",))
    mistake = "a report is lost: hold the lock from reading the count to writing it"
    interleave(make, ("report", "a", False), ("report", "a", False), after=[("stats",)], mistake=mistake)
    interleave(make, ("add", "b"), ("add", "b"), after=[("stats",)], mistake="the same instance is added twice")
    interleave(make, ("remove", "a"), ("take",), after=[("stats",)], mistake=THREADS)


@pytest.mark.edge
def test_fifty_threads_take_turns() -> None:
    bench = new_bench(LEAST, NAMES)
    came = Counter(crowd((bench.take,), times=50))
    check.equal(
        dict(came),
        dict.fromkeys(NAMES, 5),
        asked="acquire() of 50 threads at once, 10 instances: how often each",
        hint=THREADS,
    )
