"""Suite of D05: answers against plain limiters that remember everything, waits, idle keys, rules, threads.

Time is a clock that the suite moves, by quarters of a second where answers are compared, so that sums are exact. Threads are
stopped before each of their steps, so no result depends on timing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
import rate_limiter as kata
import traffic
from hypothesis import given
from hypothesis import strategies as st
from traffic import Call

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.concurrency import crowd, interleave
from harness.suite.speed import Grower, Task

answers, waits = in_subject_process(traffic.answers), in_subject_process(traffic.waits)
crowded, call_often = in_subject_process(traffic.crowded), in_subject_process(traffic.call_often)
new_bench = in_subject_process(traffic.Bench)
Script = Sequence[Call]
Limits = tuple[float, float]
"""Rate and capacity, or limit and window_s."""


# --- limiters that remember everything -------------------------------------------------------------------------------


def times(script: Script, slip: str = "") -> list[float]:
    """The limiter's time at each call: the moves forward from call to call; `slip` is a mistake."""
    clock = reading = now = 1024.0
    found = []
    for method, args in script:
        if method == "advance":
            clock += args[0]
        else:
            if slip == "stands still":
                now = max(now, clock)
            else:
                now += clock - reading if slip == "goes back" else max(clock - reading, 0.0)
            reading = clock
        found.append(now)
    return found


def bucket(limits: Limits, script: Script, slip: str = "") -> list[Any]:
    """The answers of a token bucket; `slip` is a mistake."""
    (rate, capacity), told = limits, list[Any]()
    tokens: dict[Any, float] = {}
    since: dict[Any, float] = {}
    for now, (method, args) in zip(times(script, slip), script, strict=True):
        if method == "advance":
            told.append(None)
            continue
        key, cost = "all" if slip == "one for all" else args[0], args[1] if len(args) > 1 else 1
        level = tokens.get(key, 0.0 if slip == "empty" else capacity)
        gained = (now - since.get(key, now)) * rate
        if slip == "whole tokens":
            gained = float(int(gained))
        elif slip == "whole seconds":
            gained = int(now - since.get(key, now)) * rate
        elif slip == "at once":
            gained = capacity if now - since.get(key, now) >= capacity / rate else 0.0
        level = level + gained if slip == "no cap" else min(level + gained, capacity)
        if method == "allow":
            is_allowed = level > cost if slip == "strict" else level >= (1 if slip == "any" else cost)
            charge = 1 if slip == "cost 1" else cost
            told.append(bool(is_allowed))
            if slip != "at once" or not (key in since and gained == 0):
                since[key] = now
            tokens[key] = level - charge if is_allowed or slip == "denied pays" else level
        else:
            told.append(max((cost - level) / rate, 0.0))
            if slip == "retry charges" and level >= cost:
                tokens[key], since[key] = level - cost, now
    return told


BUCKET_SLIPS = {
    "denied pays": "a call that is denied is charged",
    "whole tokens": "parts of tokens are lost at each call: keep them, tokens come continuously",
    "whole seconds": "parts of seconds are lost at each call: tokens come continuously",
    "empty": "a bucket is empty at first: it is full",
    "no cap": "a bucket gains tokens beyond its capacity",
    "at once": "a bucket is filled at once when it would be full: tokens come continuously",
    "strict": "the last token cannot be had: a call is allowed if there are `cost` tokens",
    "cost 1": "each call is charged 1: its cost is charged",
    "any": "a call is allowed although there are fewer tokens than its cost",
    "one for all": "all keys share one bucket",
    "goes back": "a clock that goes back takes tokens away: no time has passed then",
    "stands still": "after a clock went back, time stands still until it is where it was: it goes on from there",
    "retry charges": "retry_after charges",
}


def window(limits: Limits, script: Script, slip: str = "") -> list[Any]:
    """The answers of a sliding window; `slip` is a mistake."""
    (limit, width), told = limits, list[Any]()
    log: dict[Any, list[tuple[float, int]]] = {}
    for now, (method, args) in zip(times(script, slip), script, strict=True):
        if method == "advance":
            told.append(None)
            continue
        key, cost = "all" if slip == "one for all" else args[0], args[1] if len(args) > 1 else 1
        calls = log.setdefault(key, [])
        if slip == "fixed":
            counting = [call for call in calls if call[0] // width == now // width]
        elif slip == "from the first":
            counting = calls if calls and now - calls[0][0] < width else []
            calls[:] = counting
        elif slip == "from the last":
            counting = calls if calls and now - calls[-1][0] < width else []
            calls[:] = counting
        elif slip == "too long":
            counting = [call for call in calls if now - call[0] <= width]
        else:
            counting = [call for call in calls if now - call[0] < width]
        total = len(counting) if slip == "cost 1" else sum(paid for _, paid in counting)
        most = {"one less": limit - 1, "one more": limit + 1}.get(slip, limit)
        is_allowed = total < most if slip == "any" else total + (1 if slip == "cost 1" else cost) <= most
        if method == "allow":
            told.append(bool(is_allowed))
            if is_allowed or slip == "denied pays":
                calls.append((now, cost))
        else:
            free = [0.0, *(called + width - now for called, _ in counting)]
            spared = np.cumsum([0, *(paid for _, paid in counting)])
            enough = [wait for wait, gone in zip(free, spared, strict=True) if total - gone + cost <= limit]
            told.append(free[-1] if slip == "until empty" and enough[0] > 0 else enough[0] if enough else width)
    return told


WINDOW_SLIPS = {
    "fixed": "windows begin at fixed times, and twice the limit passes around such a time: each call counts for window_s",
    "denied pays": "a call that is denied counts",
    "from the first": "a window begins with a call and is emptied at its end: each call counts for window_s",
    "from the last": "the window begins anew with each call: each call counts for window_s",
    "too long": "a call counts when window_s seconds have passed: less than window_s",
    "cost 1": "each call counts 1: its cost counts",
    "any": "a call is allowed if there was room before it: its own cost counts, too",
    "one less": "one less than the limit is allowed",
    "one more": "one more than the limit is allowed",
    "one for all": "all keys share one window",
    "goes back": "after a clock went back, calls seem to be in the future: no time has passed then, and it goes on from there",
    "stands still": "after a clock went back, time stands still until it is where it was: it goes on from there",
    "until empty": "retry_after waits for the last call to expire: until there is room for the cost",
}
PLAIN = {"TokenBucket": (bucket, BUCKET_SLIPS), "SlidingWindow": (window, WINDOW_SLIPS)}


def shown(script: Script) -> str:
    return ", ".join(f"{method}({', '.join(map(repr, args))})" for method, args in script)


def check_answers(kind: str, limits: Limits, script: Script) -> None:
    """Hold the answers of a new limiter to those of a plain one, up to the first that is wrong."""
    __tracebackhide__ = True
    plain, slips = PLAIN[kind]
    got, want = answers(kind, limits, script), plain(limits, script)
    for i, (came, right) in enumerate(zip(got, want, strict=True)):
        asked = (
            f"{kind}{limits}: {shown(script[:i])}; then {shown(script[i : i + 1])}"
            if i
            else f"{kind}{limits}: {shown(script[:1])}"
        )
        mistakes: dict[str, Any] = (
            {} if check.is_equal(came, right) else _explained(plain, slips, limits, script[: i + 1], got[: i + 1])
        )
        hint = "see the rules in README; the clock began at 1024 s"
        if script[i][0] == "retry_after":
            check.close(came, right, asked=asked, rtol=1e-9, atol=1e-6, mistakes=mistakes, hint=hint)
            check.python_float(came, asked=asked)
        else:
            check.equal(came, right, asked=asked, mistakes=mistakes, hint=hint)


def _explained(plain: Any, slips: dict[str, str], limits: Limits, script: Script, got: list[Any]) -> dict[str, Any]:
    """The last answers of the mistakes that give all answers so far."""
    found: dict[str, Any] = {}
    for slip, text in slips.items():
        others = plain(limits, script, slip)
        if all(
            check.is_equal(a, b) or (isinstance(a, float) and check.is_close(a, b))
            for a, b in zip(got, others, strict=True)
        ):
            found[text] = others[-1]
    return found


def allow(times: int, key: Any = "ada", cost: int = 1) -> list[Call]:
    return [("allow", (key, cost))] * times


def after(seconds: float) -> list[Call]:
    return [("advance", (seconds,))]


def retry(key: Any = "ada", cost: int = 1) -> list[Call]:
    return [("retry_after", (key, cost))]


# --- one limiter -----------------------------------------------------------------------------------------------------

BUCKETS: dict[str, tuple[Limits, list[Call]]] = {
    "README": ((0.5, 3), [*allow(4), *retry(), *retry("bob"), *after(3), *allow(1, cost=2), *retry(cost=2), *allow(2)]),
    "a burst, then the rate": ((1.0, 4), [*allow(5), *after(1), *allow(2), *after(2), *allow(3)]),
    "a little beyond the capacity": ((2.0, 3), [*allow(1), *after(1.25), *allow(4), *retry()]),
    "never beyond the capacity": ((2.0, 3), [*allow(1), *after(60), *allow(4), *retry()]),
    "denied calls are free": (
        (1.0, 4),
        [*allow(1, cost=3), *allow(3, cost=4), *after(1), *allow(1, cost=2), *allow(1)],
    ),
    "many small waits": ((1.0, 2), [*allow(2), *([*after(0.25), *allow(1)] * 9)]),
    "a slow rate": ((0.125, 1), [*allow(1), *([*after(0.75), *allow(1)] * 11)]),
    "costs": (
        (1.0, 10),
        [*allow(1, cost=7), *allow(1, cost=4), *retry(cost=4), *allow(1, cost=3), *retry(cost=10), *allow(1)],
    ),
    "keys": (
        (1.0, 1),
        [*allow(1, "a"), *allow(1, "b"), *allow(1, ("a", 1)), *allow(2, 1), *allow(1, "a"), *retry("b")],
    ),
    "asking is free": (
        (1.0, 2),
        [*retry(), *retry(cost=2), *retry(cost=2), *allow(1, cost=2), *retry(), *retry(), *after(1), *allow(1)],
    ),
    "the clock goes back": ((1.0, 3), [*allow(3), *after(-600), *allow(1), *after(1), *allow(2), *after(2), *allow(3)]),
    "back and forth": (
        (1.0, 3),
        [*allow(3), *after(-600), *retry(), *after(1), *after(1), *allow(1, cost=3), *allow(3)],
    ),
}
WINDOWS: dict[str, tuple[Limits, list[Call]]] = {
    "around a full minute": (
        (10, 64),
        [
            *after(63),
            *allow(1, cost=10),
            *after(2),
            *allow(1),
            *retry(),
            *after(61.75),
            *allow(1),
            *after(0.25),
            *allow(1),
        ],
    ),
    "each call counts for itself": (
        (3, 8),
        [*allow(1), *after(3), *allow(1), *after(3), *allow(2), *after(2), *allow(2), *after(3), *allow(2)],
    ),
    "denied calls are free": ((2, 8), [*allow(2), *after(4), *allow(3), *after(4), *allow(3)]),
    "costs": (
        (10, 8),
        [
            *allow(1, cost=4),
            *after(1),
            *allow(1, cost=5),
            *allow(1, cost=2),
            *retry(cost=2),
            *retry(cost=6),
            *retry(cost=10),
            *allow(2),
        ],
    ),
    "to the second": ((1, 8), [*allow(1), *after(7.75), *allow(1), *after(0.25), *allow(2), *after(8), *allow(1)]),
    "keys": (
        (1, 8),
        [*allow(1, "a"), *allow(1, "b"), *allow(1, ("a", 1)), *allow(2, 1), *allow(1, "a"), *retry("b"), *retry("c")],
    ),
    "asking is free": (
        (2, 8),
        [*retry(), *([*retry(cost=2)] * 2), *allow(1, cost=2), *retry(), *after(8), *retry(), *allow(2)],
    ),
    "the clock goes back": (
        (2, 8),
        [*allow(2), *after(-600), *allow(1), *retry(), *after(4), *retry(), *allow(1), *after(4), *allow(3)],
    ),
}


@pytest.mark.example
@pytest.mark.parametrize("case", BUCKETS)
def test_a_bucket_answers(case: str) -> None:
    check_answers("TokenBucket", *BUCKETS[case])


@pytest.mark.example
@pytest.mark.parametrize("case", WINDOWS)
def test_a_window_answers(case: str) -> None:
    check_answers("SlidingWindow", *WINDOWS[case])


def scripts(most: int) -> st.SearchStrategy[list[Call]]:
    """Calls of two keys, with costs, and a clock that moves by quarters of a second, sometimes back."""
    moves = st.sampled_from([0.25, 0.25, 0.5, 1.0, 1.0, 1.75, 3.0, 4.0, -2.0, -100.0]).map(lambda s: ("advance", (s,)))
    asks = st.tuples(
        st.sampled_from(["allow"] * 4 + ["retry_after"]),
        st.tuples(st.sampled_from("aab"), st.sampled_from([1, 1, 1, 2, most])),
    )
    return st.lists(st.one_of(moves, asks, asks), max_size=25)


@pytest.mark.law
@given(st.sampled_from([0.25, 0.5, 1.0, 2.0]), scripts(3))
def test_a_bucket_answers_as_a_plain_one(rate: float, script: list[Call]) -> None:
    check_answers("TokenBucket", (rate, 3), script)


@pytest.mark.law
@given(st.sampled_from([1.0, 2.5, 4.0]), scripts(3))
def test_a_window_answers_as_a_plain_one(width: float, script: list[Call]) -> None:
    check_answers("SlidingWindow", (3, width), script)


RATES = [(3.0, 2), (0.7, 4), (10.0, 1), (1 / 3, 5), (7, 0.3), (3, 0.1), (2, 1 / 3)]


@pytest.mark.law
@pytest.mark.parametrize(
    ("kind", "limits"), [("TokenBucket" if r[1] >= 1 else "SlidingWindow", r) for r in RATES], ids=str
)
def test_to_wait_as_long_as_retry_after_says_is_enough(kind: str, limits: Limits) -> None:
    most = int(limits[1] if kind == "TokenBucket" else limits[0])
    unit = 1 / limits[0] if kind == "TokenBucket" else limits[1]
    rng = np.random.default_rng(5)
    script: list[Call] = []
    for _ in range(300):
        script += [*after(float(rng.uniform(0, unit))), *allow(1, cost=int(rng.integers(1, most + 1)))] * int(
            rng.integers(1, 3)
        )
    found = waits(kind, limits, script, unit / 1000)
    asked = f"{kind}{limits}: allow after retry_after() seconds, {len(found)} times after a call was denied"
    late = [wait for wait, _, now in found if not now]
    hint = "floats round: let pass what lacks less than 1e-9 tokens or seconds"
    check.equal(late[:3], [], asked=asked + ": waits that were not enough", hint=hint)
    early = [wait for wait, before, _ in found if before]
    check.equal(
        early[:3], [], asked=asked + ": waits of which all but a little was enough", hint="wait no longer than needed"
    )
    check.true(
        len(found) > 20,
        asked=f"how many of 300 calls and more {kind}{limits} denied",
        came=len(found),
        expected="more than 20",
    )


# --- memory ----------------------------------------------------------------------------------------------------------

IDLE: list[tuple[str, Limits, float]] = [("TokenBucket", (0.5, 4), 8.0), ("SlidingWindow", (4, 8.0), 8.0)]


@pytest.mark.edge
@pytest.mark.parametrize(("kind", "limits", "idle_s"), IDLE, ids=str)
def test_idle_keys_are_forgotten_as_calls_come(kind: str, limits: Limits, idle_s: float) -> None:
    bench = crowded(kind, limits, 60)
    check.equal(bench.size(), 60, asked=f"size() of {kind}{limits}, after a call of each of 60 keys")
    bench.advance(idle_s / 2)
    bench.allow(0)
    bench.advance(idle_s / 2 + 0.25)
    asked = (
        f"size() of {kind}{limits}, 59 of 60 keys idle for {idle_s + 0.25} s, and after 60 calls of the one that is not"
    )
    call_often(bench, 0, 60)
    hint = f"keys without an allowed call for {idle_s} s are as good as new: look at the oldest one at each call"
    mistakes = {"nothing is forgotten: memory grows with each user, or behind one who is always there": 60}
    check.equal(bench.size(), 1, asked=asked, mistakes=mistakes, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(("kind", "limits", "idle_s"), IDLE, ids=str)
def test_keys_in_use_are_never_forgotten(kind: str, limits: Limits, idle_s: float) -> None:
    bench = new_bench(kind, *limits)
    call_often(bench, "ada", 4)
    for part in range(4):
        bench.advance(idle_s / 8)
        for key in range(300):
            bench.allow((part, key))
    came = call_often(bench, "ada", 4)
    want = [2, 0] if kind == "TokenBucket" else [0, 0]
    asked = f"how many of 2 and 2 calls {kind}{limits} allows a key {idle_s / 2} s after 4 calls, 1200 other keys having called"
    mistake = "a key is forgotten before it is idle, so it has its whole limit again"
    check.equal(came, want, asked=asked, mistakes={mistake: [2, 2]}, hint=mistake)
    check.equal(bench.size(), 1201, asked=f"size() then, no key being idle for {idle_s} s", hint=mistake)


@pytest.mark.edge
@pytest.mark.parametrize(("kind", "limits"), [one[:2] for one in IDLE], ids=str)
def test_keys_without_an_allowed_call_are_not_remembered(kind: str, limits: Limits) -> None:
    bench = new_bench(kind, *limits)
    for key in range(20):
        bench.retry_after(key)
    hint = "retry_after answers about keys that it does not know, and leaves nothing behind"
    check.equal(bench.size(), 0, asked=f"size() of {kind}{limits} after retry_after of 20 keys", hint=hint)


# --- rules -----------------------------------------------------------------------------------------------------------

RULES = {"*": ("TokenBucket", 1.0, 5), "/export": ("SlidingWindow", 2, 64.0), "/search": ("TokenBucket", 0.5, 3)}


def check_rules(script: Script, want: Sequence[Any], hint: str, rules: Any = None) -> None:
    """Hold the answers of a RateLimiter, None standing for any answer."""
    __tracebackhide__ = True
    rules = RULES if rules is None else rules
    for i, (came, right) in enumerate(zip(answers("RateLimiter", [rules], script), want, strict=True)):
        if right is not None:
            asked = f"RateLimiter({rules}): {shown(script[: i + 1])}: the last answer"
            check.true(
                check.is_equal(came, right) or check.is_close(came, right),
                asked=asked,
                came=came,
                expected=check.show(right),
                hint=hint,
            )


def retry_at(endpoint: str, cost: int = 1) -> list[Call]:
    return [("retry_after", ("ada", endpoint, cost))]


def visit(endpoint: str, times: int = 1, user: str = "ada", cost: int = 1) -> list[Call]:
    return [("allow", (user, endpoint, cost))] * times


@pytest.mark.example
def test_an_endpoint_and_the_rule_for_all_count_each_call() -> None:
    hint = "a call counts for the limiter of its endpoint and for that of '*', with the user as the key"
    check_rules([*visit("/search", 4), *visit("/other", 3)], [True] * 3 + [False] + [True, True, False], hint)
    check_rules(
        [*visit("/search", 3), *visit("/export", 3, "bob"), *visit("/search", 1, "bob")],
        [True] * 5 + [False, True],
        hint,
    )
    check_rules([*visit("*", 6)], [True] * 5 + [False], "the endpoint '*' itself has one limiter, and is charged once")


@pytest.mark.example
def test_a_call_that_one_limiter_denies_is_charged_to_neither() -> None:
    hint = "ask both limiters before one of them is charged, or give back"
    check_rules([*visit("/export", 5), *visit("/other", 4)], [True] * 2 + [False] * 3 + [True] * 3 + [False], hint)
    script = [*visit("/other", 5), *visit("/export", 3), *after(2), *visit("/export", 3)]
    check_rules(script, [True] * 5 + [False] * 3 + [None] + [True, True, False], hint)
    script = [*visit("/other", 4), *visit("/search", 2, cost=2), *visit("/search", 1), *after(1), *visit("/search")]
    check_rules(script, [True] * 4 + [False] * 2 + [True] + [None] + [True], hint)


@pytest.mark.example
def test_retry_after_is_the_longer_of_the_two() -> None:
    hint = "the longer of the waits of the limiters that are asked, 0.0 if there is none; it charges nothing"
    script = [
        *visit("/export", 2),
        *after(1),
        *retry_at("/export"),
        *retry_at("/other"),
        *retry_at("/other", 5),
        *retry_at("/search", 3),
    ]
    check_rules(script, [True, True, None, 63.0, 0.0, 1.0, 0.0], hint)
    script = [
        *visit("/search", 3),
        *visit("/other", 2),
        *retry_at("/search"),
        *retry_at("/other"),
        *retry_at("/export"),
        *retry_at("/search", 2),
    ]
    check_rules(script, [True] * 5 + [2.0, 1.0, 1.0, 4.0], hint)


@pytest.mark.example
def test_calls_without_a_rule_are_allowed_and_all_are_counted() -> None:
    rules = {"/export": ("SlidingWindow", 1, 8.0)}
    script = [
        ("stats", ()),
        *visit("/other", 4),
        *visit("/export", 3),
        ("retry_after", ("ada", "/other")),
        ("stats", ()),
    ]
    hint = "stats counts the calls of allow, those without a limiter too, retry_after never; and is a new dict at each call"
    want = [{"allowed": 0, "denied": 0}, *[True] * 5, False, False, 0.0, {"allowed": 5, "denied": 2}]
    check_rules(script, want, hint, rules)
    check_rules([*visit("/a", 2), ("stats", ())], [True, True, {"allowed": 2, "denied": 0}], hint, {})


# --- errors ----------------------------------------------------------------------------------------------------------

BAD: list[tuple[str, tuple[float, float]]] = [
    *(("TokenBucket", bad) for bad in ((0.0, 3), (-1.0, 3), (1.0, 0), (1.0, -2))),
    *(("SlidingWindow", bad) for bad in ((0, 8.0), (-1, 8.0), (3, 0.0), (3, -1.0))),
]


@pytest.mark.edge
@pytest.mark.parametrize(("kind", "params"), BAD, ids=str)
def test_bad_limits_are_errors(kind: str, params: Any) -> None:
    make = partial(getattr(kata, kind), *params)
    because, hint = "limits and times must be above 0", "check it in the constructor"
    check.raises(ValueError, lambda: make().size(), asked=f"{kind}{params}", because=because, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("method", ["allow", "retry_after"])
@pytest.mark.parametrize("cost", [0, -2, 4])
@pytest.mark.parametrize(("kind", "limits"), [("TokenBucket", (1.0, 3)), ("SlidingWindow", (3, 8.0))])
def test_costs_that_could_never_be_allowed_are_errors(kind: str, limits: Any, cost: int, method: str) -> None:
    bench = new_bench(kind, *limits)
    because = "that much is never there" if cost > 3 else "a cost is at least 1"
    asked, hint = f"{kind}{limits}.{method}('ada', cost={cost})", "an endless wait, or a gift: refuse it"
    check.raises(ValueError, lambda: getattr(bench, method)("ada", cost), asked=asked, because=because, hint=hint)
    check.equal(
        call_often(bench, "ada", 6),
        [3, 0],
        asked=f"how many of 3 and 3 calls are allowed after the refused {asked}",
        hint=hint,
    )


@pytest.mark.edge
def test_a_cost_that_one_limiter_could_never_allow_is_charged_to_neither() -> None:
    bench = new_bench(
        "RateLimiter", {"*": ("TokenBucket", 1.0, 3), "/a": ("SlidingWindow", 9, 64.0), "/b": ("TokenBucket", 1.0, 2)}
    )
    hint = "ask both limiters, errors too, before one of them is charged"
    for endpoint, cost in (("/a", 4), ("/b", 3), ("/c", 0)):
        asked = f"allow('ada', {endpoint!r}, cost={cost}) of a limiter with {endpoint} and '*'"
        ask = partial(bench.allow, "ada", endpoint, cost)
        check.raises(ValueError, ask, asked=asked, because="one has no such cost", hint=hint)
    asked = "stats() after three calls that were refused with an error"
    check.equal(bench.stats(), {"allowed": 0, "denied": 0}, asked=asked, hint="they are neither allowed nor denied")
    came = [bench.allow("ada", "/a", 3), bench.allow("ada", "/a", 1), bench.retry_after("bob", "/b", 2)]
    check.equal(came, [True, False, 0.0], asked="calls after the refused ones", hint=hint)


@pytest.mark.edge
def test_limiters_share_nothing_and_clocks_have_a_default() -> None:
    for make in (partial(kata.TokenBucket, 0.001, 2), partial(kata.SlidingWindow, 2, 1000.0)):
        one, other = make(), make()
        came = [one.allow("a"), one.retry_after("a"), one.allow("a", cost=1), one.allow("a"), other.allow("a", 2)]
        asked = "calls of two limiters of 2, cost and clock as by default"
        check.equal([*came, one.size(), other.size()], [True, 0.0, True, False, True, 1, 1], asked=asked)
    rules = {"/a": kata.SlidingWindow(2, 1000.0)}
    limiter = kata.RateLimiter(rules)
    rules.clear()
    came = [
        limiter.allow("ada", "/a"),
        limiter.retry_after("ada", "/a"),
        limiter.allow("ada", "/a"),
        limiter.allow("ada", "/a"),
    ]
    asked = "calls of a RateLimiter with a limit of 2, after the caller cleared its own dict of rules"
    check.equal(came, [True, 0.0, True, False], asked=asked, hint="costs are 1 by default; copy the dict")


# --- threads ---------------------------------------------------------------------------------------------------------

THREADS = "two threads are between the same steps: hold one lock from the question to the charge"
MADE: dict[str, tuple[Any, ...]] = {
    "TokenBucket": (traffic.Bench, "TokenBucket", 1.0, 2),
    "SlidingWindow": (traffic.Bench, "SlidingWindow", 2, 8.0),
}


@pytest.mark.edge
@pytest.mark.parametrize(
    "before",
    [[], [("allow", "ada")], [("allow", "ada"), ("allow", "bob"), ("advance", 60.0)]],
    ids=["new", "used", "idle"],
)
@pytest.mark.parametrize("kind", MADE)
def test_two_calls_get_no_more_than_there_is(kind: str, before: Any) -> None:
    asking = [("retry_after", "ada", 2), ("size",)]
    interleave(MADE[kind], ("allow", "ada", 2), ("allow", "ada", 1), before=before, after=asking, mistake=THREADS)
    interleave(
        MADE[kind],
        ("allow", "ada"),
        ("allow", "bob"),
        before=before,
        after=[*asking, ("retry_after", "bob", 2)],
        mistake=THREADS,
    )


@pytest.mark.edge
@pytest.mark.parametrize("kind", MADE)
def test_fifty_threads_get_the_limit(kind: str) -> None:
    bench = new_bench(kind, *((1.0, 20) if kind == "TokenBucket" else (20, 8.0)))
    came = Counter(crowd((bench.allow, "ada"), times=50))
    check.equal(
        came[True],
        20,
        asked=f"allow('ada') of 50 threads at once, {kind} with a limit of 20: how many are allowed",
        hint=THREADS,
    )


@pytest.mark.edge
def test_rules_are_asked_and_charged_in_one_step() -> None:
    rules = {"*": ("TokenBucket", 1.0, 2), "/a": ("SlidingWindow", 2, 8.0), "/b": ("TokenBucket", 1.0, 2)}
    asking = [("stats",), ("retry_after", "ada", "/a", 2), ("retry_after", "ada", "/b", 2)]
    mistake = (
        "one call is charged between the question and the charge of another: hold a lock of the RateLimiter across both"
    )
    make = (traffic.Bench, "RateLimiter", rules)
    for first, other in (
        (("allow", "ada", "/a", 2), ("allow", "ada", "/b", 1)),
        (("allow", "ada", "/a"), ("allow", "ada", "/a", 2)),
    ):
        interleave(make, first, other, after=asking, mistake=mistake)


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
@pytest.mark.parametrize(("kind", "limits"), [("TokenBucket", (0.001, 1000)), ("SlidingWindow", (1000, 3600.0))])
def test_a_call_costs_the_same_among_many_keys(growth: Grower, kind: str, limits: Limits) -> None:
    def prepare(rng: np.random.Generator, n: int) -> Task:
        return Task(partial(call_often, crowded(kind, limits, n), int(rng.integers(n)), 100), lambda: [50, 50])

    hint = "do not look at all keys at each call: the one that was used longest ago is enough"
    growth(
        prepare,
        (250, 1000, 4000),
        same=check.equal,
        at_most=0.5,
        asked=f"100 calls of {kind}, among more and more keys",
        hint=hint,
    )


@pytest.mark.speed
def test_a_call_costs_the_same_however_many_count(growth: Grower) -> None:
    def prepare(_: np.random.Generator, n: int) -> Task:
        bench = crowded("SlidingWindow", (10 * n, 3600.0), 1)
        call_often(bench, "ada", n)
        return Task(partial(call_often, bench, "ada", 100), lambda: [50, 50])

    hint = "keep the sum of the costs that count, and take off what expires, instead of adding all up"
    asked = "100 calls of SlidingWindow, more and more calls being in the window"
    growth(prepare, (200, 800, 3200), same=check.equal, at_most=0.5, asked=asked, hint=hint)
