"""Follow-up of D05: servers over one store, against one plain bucket; calls that meet in the store; the store is down."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
import rate_limiter as kata
import traffic
from hypothesis import given
from hypothesis import strategies as st
from traffic import Call

from harness.suite import check
from harness.suite.batch import in_subject_process

shared, met, down = map(in_subject_process, (traffic.shared, traffic.met, traffic.down))
refuse, swaps = in_subject_process(traffic.refuse), in_subject_process(traffic.swaps)
Limits = tuple[float, int]


def plain(limits: Limits, script: Sequence[Call], servers: int, slip: str = "") -> list[Any]:
    """The answers of one bucket that all servers share; `slip` is a mistake."""
    (rate, capacity), told, now = limits, list[Any](), 5000.0
    tokens: dict[Any, float] = {}
    since: dict[Any, float] = {}
    for i, (method, args) in enumerate(script):
        if method == "advance":
            now += 0.0 if slip == "own clock" else args[0]
        if method != "allow":
            told.append(None)
            continue
        key: Any = (args[0], i % servers) if slip == "own state" else "all" if slip == "one key" else args[0]
        cost = 1 if slip == "cost 1" or len(args) < 2 else args[1]
        level = tokens.get(key, capacity) + (now - since.get(key, now)) * rate
        level = level if slip == "no cap" else min(level, capacity)
        told.append(level >= cost)
        since[key] = now
        tokens[key] = level - cost if level >= cost or slip == "denied pays" else level
    return told


SLIPS = {
    "own state": "each server counts for itself: all that is known of a key is in the store",
    "own clock": "time is the server's own: ask store.time()",
    "denied pays": "a call that is denied is charged",
    "cost 1": "each call is charged 1: its cost is charged",
    "no cap": "a bucket gains tokens beyond its capacity",
    "one key": "all keys share one bucket",
}


def check_shared(limits: Limits, script: Sequence[Call], servers: int) -> None:
    """Hold the answers of servers in turn to those of one bucket."""
    __tracebackhide__ = True
    came = shared(limits, script, servers)
    for i, want in enumerate(plain(limits, script, servers)):
        told = ", ".join(f"{method}{args}" for method, args in script[: i + 1])
        slips = {t: partial(lambda s, i: plain(limits, script, servers, s)[i], s, i) for s, t in SLIPS.items()}
        asked = f"SharedBucket{limits}, {servers} servers in turn over one store: {told}: the last answer"
        check.equal(came[i], want, asked=asked, mistakes=slips)


def allow(*costs: int, key: str = "ada") -> list[Call]:
    return [("allow", (key, cost)) for cost in costs]


@pytest.mark.example
@pytest.mark.parametrize("servers", [1, 2, 3])
def test_servers_allow_together_what_one_bucket_allows(servers: int) -> None:
    check_shared((1.0, 3), [*allow(2, 1, 1), *allow(3, 1, key="bob"), ("allow", ("cy",)), *allow(1)], servers)
    check_shared(
        (0.5, 4), [*allow(4), *[("advance", (0.5,)), *allow(1)] * 9, ("advance", (90.0,)), *allow(3, 2, 1, 1)], servers
    )
    check_shared((1.0, 3), [*allow(1, 1), ("restart", ()), *allow(2, 1, 1), ("restart", ()), *allow(1)], servers)


CALLS = st.tuples(st.just("allow"), st.tuples(st.sampled_from(["ada", "bob"]), st.integers(1, 3)))
STEPS = CALLS | st.sampled_from([("advance", (0.25,)), ("advance", (4.0,)), ("restart", ())])


@pytest.mark.law
@given(st.lists(STEPS, min_size=1, max_size=30), st.sampled_from([(0.5, 3), (1.0, 4)]), st.integers(1, 4))
def test_any_script_is_answered_as_by_one_bucket(script: list[Call], limits: Limits, servers: int) -> None:
    check_shared(limits, script, servers)


@pytest.mark.example
@pytest.mark.parametrize(("cost", "rivals"), [(2, [1]), (3, [4]), (1, [2, 1]), (1, [1] * 5), (2, [5])])
def test_a_swap_that_is_refused_is_decided_anew(cost: int, rivals: list[int]) -> None:
    is_allowed = cost + sum(rivals) <= 5
    want = [is_allowed, 5 - sum(rivals) - cost * is_allowed]
    slips: dict[str, Any] = {
        "allowed although the swap was refused: load again and decide anew": [True, 5 - rivals[0]],
        "denied because a swap was refused: load again and decide anew": [False, 5 - rivals[0]],
        "an old state is stored over another server's: keep state and version of one load together": [True, 5 - cost],
    }
    asked = f"SharedBucket(1.0, 5), allow('ada', {cost}); before its swaps other servers allow {rivals}: answer, tokens left"
    found = met((1.0, 5), ("ada", cost), [("ada", rival) for rival in rivals])
    check.equal(found, want, asked=asked, mistakes=slips, hint="go on until a swap succeeds, or tokens lack")


@pytest.mark.edge
def test_denied_calls_store_nothing_and_each_attempt_takes_one_load_and_one_swap() -> None:
    slips: dict[str, Any] = {"a call that is denied stores something": {"load": 40, "swap": 40}}
    asked = "calls of the store for 40 allow('ada') of SharedBucket(1.0, 3), of which 3 are allowed"
    check.equal(swaps((1.0, 3), 40), {"load": 40, "swap": 3}, asked=asked, mistakes=slips)


@pytest.mark.edge
@pytest.mark.parametrize("method", ["all", "load", "swap"])
@pytest.mark.parametrize("when_down", [None, True, False])
def test_without_the_store_it_says_when_down(when_down: Any, method: str) -> None:
    says, then = when_down is not False, [True, True, False]
    asked = (
        f"5 calls of SharedBucket(1.0, 2, store, when_down={says}), its {method} being down, and 3 when it is up again"
    )
    slips: dict[str, Any] = {
        "when_down is not heeded": [not says] * 5 + then,
        "after an error the store is never asked again": [says] * 8,
        "a ConnectionError comes through: load, time and swap may raise it": ["ConnectionError"] * 5 + then,
    }
    check.equal(down((1.0, 2), when_down, method), [says] * 5 + then, asked=asked, mistakes=slips)


@pytest.mark.edge
def test_bad_arguments_are_errors_also_while_the_store_is_down() -> None:
    for limits in ((0.0, 3), (1.0, 0), (-1.0, 3)):
        because, hint = "rate and capacity are above 0", "check it in the constructor"
        make = partial(kata.SharedBucket, *limits, None)
        check.raises(ValueError, make, asked=f"SharedBucket{limits}", because=because, hint=hint)
    for cost, method in ((0, ""), (4, ""), (4, "all"), (-1, "all")):
        ask, asked = (
            partial(refuse, (1.0, 3), cost, method),
            f"allow('ada', {cost}), capacity 3, {method or 'none'} down",
        )
        check.raises(ValueError, ask, asked=asked, because="a cost is in 1 ... capacity", hint="check the cost first")
