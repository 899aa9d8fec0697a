"""Suite of D02: the split, the counts, the winner, and the usual mistakes in each.

Who gets which variant is unknown, so assignments are tested for being repeatable and for looking random (a good hash fails
once in 10^9 runs). `determine_winner` is asked for alphas between the bars of the right test and of the usual wrong ones.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, NamedTuple

import ab_testing as kata
import ab_visitors as visitors
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare, norm

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import Mistakes, call
from harness.suite.concurrency import new_clock
from harness.suite.second_process import SecondProcess
from harness.suite.speed import Contest, Grower, Racer, Task

running = in_subject_process(visitors.running)
variants_of = in_subject_process(visitors.variants_of)
variants_of_each = in_subject_process(visitors.variants_of_each)
story = in_subject_process(visitors.story)
winners = in_subject_process(visitors.winners)
users_of = in_subject_process(visitors.users_of)
with_numbers = in_subject_process(visitors.with_numbers)
crowd = lru_cache(in_subject_process(visitors.crowd))
assign_all = in_subject_process(visitors.assign_all)
log_all = in_subject_process(visitors.log_all)
busy = in_subject_process(visitors.busy)

SMALLEST_P, CROWD = 1e-9, 20_000
START, NOON, END, MINUTE = visitors.START, visitors.NOON, datetime(2024, 3, 31, 18), timedelta(minutes=1)
HALVES, ONE_VARIANT = {"a": 0.5, "b": 0.5}, {"button": {"a": 1.0}}
SHARES = [HALVES, {"off": 0.0, "a": 0.1, "b": 0.6, "c": 0.3, "no": 0.0}, {"new": 0.0041, "old": 0.9959}]


# --- the definition of a report --------------------------------------------------------------------------------------


class Event(NamedTuple):
    """One event in a log."""

    user: str
    kind: str
    value: float


def report(
    variants: Iterable[str],
    assigned: Mapping[str, str],
    log: Sequence[Event],
    *,
    converts: Callable[[Event], bool] = lambda event: event.kind == "conversion",
    distinct: bool = True,
    per_event: bool = False,
    total: Callable[[Sequence[float]], float] = sum,
) -> dict[str, dict[str, Any]]:
    """What `calculate_metrics` returns; mistakes change the keyword arguments."""
    result = {}
    for variant in variants:
        users = [user for user, home in assigned.items() if home == variant]
        events = [event for event in log if event.user in users]
        converted = [event.user for event in events if converts(event)]
        conversions = len(set(converted) if distinct else converted)
        values = {kind: [event.value for event in events if event.kind == kind] for _, kind, _ in events}
        whole = len(events) if per_event else len(users)
        result[variant] = {
            "users": len(users),
            "events": {kind: len(values[kind]) for kind in values},
            "values": {kind: total(values[kind]) for kind in values},
            "conversions": conversions,
            "conversion_rate": conversions / whole if whole else 0.0,
        }
    return result


def report_mistakes(variants: Iterable[str], assigned: Mapping[str, str], log: Sequence[Event]) -> dict[str, object]:
    """Reports with the usual mistakes."""
    way = partial(partial, report, list(variants), assigned, log)
    used = [variant for variant in variants if variant in assigned.values()]
    ones = [event._replace(value=event.value or 1.0) for event in log]
    paid = [event for event in log if event.kind == "conversion" and event.value]
    return {
        "every conversion is counted: count each user who converted once, with a set": way(distinct=False),
        "a conversion of value 0 is not counted: the value does not matter": way(converts=paid.__contains__),
        "other types count as conversions, too": way(converts=lambda event: "conv" in event.kind.lower()),
        "a user with any event counts as converted: only 'conversion' does": way(converts=lambda _: True),
        "the rate is conversions per event: divide by the users assigned": way(per_event=True),
        "only the latest value is kept: sum the values": way(total=lambda values: values[-1]),
        "a value of 0 is replaced by 1: `value or 1.0` does that": partial(report, variants, assigned, ones),
        "variants without users are missing: report on every variant": partial(report, used, assigned, log),
    }


# --- the definition of a winner --------------------------------------------------------------------------------------


class Arm(NamedTuple):
    """The numbers of one variant."""

    users: int
    conversions: int

    @property
    def rate(self) -> float:
        """The conversion rate."""
        return self.conversions / self.users if self.users else 0.0


class Verdict(NamedTuple):
    """`winner` wins for each alpha above `bar`."""

    winner: str
    bar: float


def pooled(one: Arm, other: Arm, correction: bool = False) -> float:
    """The p-value of the README: the chi-squared test of the 2 x 2 table is the same test."""
    table = [[arm.conversions, arm.users - arm.conversions] for arm in (one, other)]
    if 0 in np.sum(table, axis=0):
        return 1.0
    return float(chi2_contingency(table, correction=correction).pvalue)


def unpooled(one: Arm, other: Arm) -> float:
    variance = sum(arm.rate * (1 - arm.rate) / arm.users for arm in (one, other))
    return float(2 * norm.sf(abs(one.rate - other.rate) / math.sqrt(variance))) if variance else 1.0


def verdict(
    arms: Mapping[str, Arm],
    *,
    p_value: Callable[[Arm, Arm], float] = pooled,
    corrected: Callable[[float, int], float] = lambda p, k: p * (k - 1),
    best_of: Callable[..., str] = max,
    rival_of: Callable[..., Arm] = max,
    least: int = 30,
) -> Verdict | None:
    """Who wins, and above which alpha; mistakes change the keyword arguments."""
    there = {name: arm for name, arm in arms.items() if arm.users >= least}
    if len(there) < 2:
        return None
    best = best_of(there, key=lambda name: there[name].rate)
    rival = rival_of([arm for name, arm in there.items() if name != best], key=lambda arm: arm.rate)
    if there[best].rate == rival.rate:
        return None
    return Verdict(best, corrected(p_value(there[best], rival), len(there)))


def verdict_mistakes(arms: Mapping[str, Arm]) -> dict[str, Verdict | None]:
    """The usual wrong ways to decide."""
    way = partial(verdict, arms)
    n = len(arms)
    blocked = min(arm.users for arm in arms.values()) < 30
    return {
        "no test: the highest rate wins only if it is significantly higher": way(corrected=lambda *_: 0.0),
        "the lowest rate wins: the winner has a higher rate than its best rival": way(best_of=min, rival_of=min),
        "a one-sided p-value: the test is two-sided": way(corrected=lambda p, k: p / 2 * (k - 1)),
        "the standard error is not pooled: use one rate for both variants in it": way(p_value=unpooled),
        "a continuity correction: the z of the README has none": way(p_value=partial(pooled, correction=True)),
        "no Bonferroni correction: compare p with alpha / (k - 1)": way(corrected=lambda p, _: p),
        "Bonferroni for all pairs of variants: divide by k - 1": way(corrected=lambda p, k: p * k * (k - 1) / 2),
        "Bonferroni with k: divide by k - 1": way(corrected=lambda p, k: p * k),
        "Bonferroni counts variants that do not take part: leave them out": way(corrected=lambda p, _: p * (n - 1)),
        "alpha is multiplied by k - 1: divide it": way(corrected=lambda p, k: p / (k - 1)),
        "Šidák's correction: divide alpha by k - 1": way(corrected=lambda p, k: 1 - (1 - p) ** (k - 1)),
        "variants with fewer than 30 users take part": way(least=1),
        "variants with exactly 30 users are left out: 30 are enough": way(least=31),
        "a small variant blocks the decision: leave out that variant only": None if blocked else way(),
        "the test is against the first variant: take the best rival": way(rival_of=lambda others, **_: others[0]),
        "the test is against the worst rival: take the best one": way(rival_of=min),
    }


def answers(found: Verdict | None, alphas: Sequence[float]) -> list[str | None]:
    """What is answered to each alpha."""
    return [found.winner if found is not None and found.bar < alpha else None for alpha in alphas]


def telling_alphas(right: Verdict | None, others: Iterable[Verdict | None]) -> list[float]:
    """Alphas between the bars of all these verdicts, and two close to the right bar."""
    ends = sorted({1e-6, *(each.bar for each in (right, *others) if each and 1e-6 < each.bar < 1), 1.0})
    alphas = [math.sqrt(low * high) for low, high in pairwise(ends) if high > 1.02 * low]
    if right is not None and 1e-6 < right.bar < 0.99:
        alphas += [right.bar * (1 - 1e-4), right.bar * (1 + 1e-4)]
    return sorted(alphas, reverse=True)


def check_winner(*numbers: tuple[int, int]) -> None:
    """Hold `determine_winner` to the README for (users, conversions) of a, b, ..., and all alphas that matter."""
    __tracebackhide__ = True
    arms = {name: Arm(*pair) for name, pair in zip("abcdef", numbers, strict=False)}
    facts = ", ".join(f"{name}: {arm.conversions} of {arm.users} converted" for name, arm in arms.items())
    right, wrong = verdict(arms), verdict_mistakes(arms)
    alphas = telling_alphas(right, wrong.values())
    names: dict[tuple[str | None, ...], list[str]] = {}
    for mistake, found in wrong.items():
        names.setdefault(tuple(answers(found, alphas)), []).append(mistake)
    mistakes: dict[str, object] = {
        "; ".join(["one of"] * (len(alike) > 1) + alike): list(given) for given, alike in names.items()
    }
    mistakes["alpha is not used: compare p with alpha / (k - 1)"] = answers(right, [0.05]) * len(alphas)
    asked = f"determine_winner of {facts}; for alpha in {', '.join(f'{alpha:.6g}' for alpha in alphas)}"
    because = "there is no winner where k < 2, or where the pooled rate is 0 or 1"
    got = check.accepts(partial(winners, arms, alphas), asked=asked, because=because)
    check.equal(got, answers(right, alphas), asked=asked, mistakes=mistakes, hint="see Winner in the README")


# --- example ---------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_one_user_and_her_events() -> None:
    framework = kata.ABTestingFramework(clock=visitors.noon)
    framework.create_experiment(kata.Experiment("button", {"green": 1.0, "red": 0.0}, datetime(2024, 3, 1)))
    got = visitors.fields(framework.assign_user_to_variant("ada", "button"))
    want = {"user_id": "ada", "experiment_name": "button", "variant": "green", "assigned_at": NOON}
    check.equal(got, want, asked=call("assign_user_to_variant", "ada", "button"))
    framework.log_event("ada", "button", "click")
    framework.log_event("ada", "button", "conversion", 20.0)
    framework.log_event("ada", "button", "conversion", 5.0)
    log = [Event("ada", "click", 1.0), Event("ada", "conversion", 20.0), Event("ada", "conversion", 5.0)]
    job = (("green", "red"), {"ada": "green"}, log)
    metrics = framework.calculate_metrics("button")
    check.equal(metrics, report(*job), asked=call("calculate_metrics", "button"), mistakes=report_mistakes(*job))


@pytest.mark.example
def test_worked_example_the_best_rival_decides() -> None:
    check_winner((400, 40), (400, 62), (400, 36))
    framework = with_numbers({"a": (400, 40), "b": (400, 62), "c": (400, 36)})
    check.equal(framework.determine_winner("trial"), "b", asked="determine_winner of the example, with its defaults")


# --- law -------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(order=st.permutations(range(24)), days=st.integers(0, 700), minutes=st.integers(0, 1439))
def test_a_user_gets_the_same_variant_in_any_order_and_at_any_time(order: list[int], days: int, minutes: int) -> None:
    users, now = visitors.users_like("user-{}", 24), START + timedelta(days=days, minutes=minutes)
    want = crowd("button", tuple(HALVES.items()), "user-{}", 24)
    jobs: dict[str, tuple[Any, ...]] = {
        "in a second framework": (users,),
        f"who come in the order {order}": ([users[i] for i in order],),
        f"who come on {now}": (users, now),
        f"who come on {now} to an experiment that begins then": (users, now, now),
    }
    came = variants_of_each([(some, "button", HALVES, *times) for some, *times in jobs.values()])
    hint = "chance, other users or a date decide too: compute the variant from the two names alone"
    for (when, (some, *_)), got in zip(jobs.items(), came, strict=True):
        expected = [want[users.index(user)] for user in some]
        check.equal(got, expected, asked=f"the variants of 24 users {when}", hint=hint)


@pytest.mark.law
def test_every_process_assigns_alike(second_process: SecondProcess) -> None:
    job = (visitors.users_like("user-{}", 300), "button", {"a": 0.5, "b": 0.3, "c": 0.2})
    one, other = variants_of(*job), second_process("ab_visitors", "variants_of", *job, hash_seed=12_345)
    hint = "hash() of a string differs between Python processes: use hashlib"
    check.equal(other, one, asked="the variants of 300 users, in two Python processes", hint=hint)


@pytest.mark.law
@pytest.mark.parametrize("form", ["user-{}", "{:08d}@example.org", "zoë {}"])
@pytest.mark.parametrize("shares", SHARES)
def test_traffic_follows_the_shares(shares: dict[str, float], form: str) -> None:
    got = crowd("button", tuple(shares.items()), form, CROWD)
    counts = {name: got.count(name) for name in shares}
    used = [name for name, share in shares.items() if share]
    asked = f"the variants of {CROWD} users such as {form.format(7)!r}, with shares {shares}"
    assigned, hint = sum(counts[name] for name in used), "a share of 0 gets no users"
    check.equal(assigned, CROWD, asked=f"{asked}: users of shares above 0", hint=hint)
    check.true(
        chisquare([counts[name] for name in used], [CROWD * shares[name] for name in used]).pvalue > SMALLEST_P,
        asked=asked,
        came=counts,
        expected="numbers near " + ", ".join(f"{CROWD * share:.0f}" for share in shares.values()),
        mistake="the shares are not followed: make a fraction of 1 from many bits of a hash (a remainder modulo 100 has "
        "too few values for small shares), and compare it with their running sum",
    )


BETWEEN_EXPERIMENTS = (
    "a user's variant in one experiment tells the variant in the other: hash the whole name and the user together, with "
    "a cryptographic hash (CRC-32, or two hashes joined by xor or +, do not mix them)"
)
BETWEEN_USERS = "only a part of the user id is hashed: all its characters count, as they are"
LONG = "https://example.org/customers/and/accounts/{}/"


@pytest.mark.law
@pytest.mark.parametrize(
    ("one", "other", "mistake"),
    [
        (("button", "user-{}"), ("banner", "user-{}"), BETWEEN_EXPERIMENTS),
        (("button", "user-{}"), ("Button", "user-{}"), BETWEEN_EXPERIMENTS),
        (("checkout-page-with-button-1", "user-{}"), ("checkout-page-with-button-2", "user-{}"), BETWEEN_EXPERIMENTS),
        (("button", "user-{}"), ("button", "User-{}"), BETWEEN_USERS),
        (("button", LONG + "a"), ("button", LONG + "b"), BETWEEN_USERS),
        (("button", "a" + LONG), ("button", "b" + LONG), BETWEEN_USERS),
    ],
)
def test_experiments_and_users_are_independent(one: tuple[str, str], other: tuple[str, str], mistake: str) -> None:
    left, right = (np.array(crowd(name, tuple(HALVES.items()), form, 4_000)) for name, form in (one, other))
    table = [[int(np.sum((left == row) & (right == column))) for column in HALVES] for row in HALVES]
    users = " and ".join(f"{form.format(7)!r} in {name!r}" for name, form in (one, other))
    check.true(
        np.sum(table, axis=1).all() and np.sum(table, axis=0).all() and chi2_contingency(table).pvalue > SMALLEST_P,
        asked=f"the variants of 4000 users such as {users}",
        came=f"users by variant of the first (rows a, b) and of the second (columns a, b): {table}",
        expected="about the same number in each cell",
        mistake=mistake,
    )


WORDS = ("user", "user_id", "uid", "id", "variant", "experiment", "exp", "test", "ab", "assignment", "bucket", "salt")
JOINTS = ("", "-", "_", "--", "__", *(form.format(word) for word in WORDS for form in ("{}", "-{}-", "_{}_")))
"""Strings between experiment and user that can occur in names as well."""
NUMBERS = [str(i) for i in range(10, 74)]


@pytest.mark.law
def test_joined_names_do_not_collide() -> None:
    jobs, joints = [], [(joint, last) for joint in JOINTS for last in ("user", "experiment")]
    for joint in JOINTS:
        jobs += [([f"1{joint}{i}" for i in NUMBERS], "exp", HALVES), (NUMBERS, f"exp{joint}1", HALVES)]
        jobs += [([f"{i}{joint}1" for i in NUMBERS], "exp", HALVES), (NUMBERS, f"1{joint}exp", HALVES)]
    found = variants_of_each(jobs)
    rows = zip(joints, jobs[::2], jobs[1::2], found[::2], found[1::2], strict=True)
    for (joint, last), here, there, one, other in rows:
        check.true(
            one != other,
            asked=f"the variants of 64 users, such as {here[0][0]!r} in {here[1]!r} and {there[0][0]!r} in {there[1]!r}",
            came="each gets the same variant in both",
            expected="about half of them get different ones",
            mistake=f"the hash is taken of the two names joined by {joint!r}, the {last} last, and both may contain "
            "that: hash what no other pair gives, such as repr of the pair",
        )


PLAN = {"button": HALVES, "banner": {"x": 0.3, "y": 0.7, "off": 0.0}}
NAMES = st.sampled_from(["button", "button", "banner"])
USERS = st.sampled_from(["ada", "ada", "ada", "Ada", "ada ", "bob"])
KINDS = st.sampled_from(["conversion", "conversion", "click", "Conversion", "pre-conversion"])
VALUES = st.sampled_from([0.0, 1.0, 1.0, 20.0, -5.5, 3, 16_777_217.0])
VISITS = st.dictionaries(USERS, st.sets(NAMES, min_size=1), min_size=2)


@pytest.mark.law
@given(visits=VISITS, log=st.lists(st.tuples(USERS, NAMES, KINDS, VALUES), min_size=8, max_size=30))
def test_metrics_follow_from_assignments_and_events(visits: dict[str, set[str]], log: list[Any]) -> None:
    pairs = [(user, name) for user, names in visits.items() for name in sorted(names)]
    log = [(user, name, kind, value) for user, name, kind, value in log if (user, name) in pairs]
    asked, because = f"{pairs} are assigned, then {log}", "a variant without users has a conversion rate of 0.0"
    homes, reports = check.accepts(partial(story, PLAN, pairs, log), asked=asked, because=because)
    nobody: dict[str, dict[str, str]] = {name: {} for name in PLAN}
    for got, here, events in zip(reports, (nobody, homes, homes), ([], [], log), strict=True):
        for name, variants in PLAN.items():
            check_report(got[name], name, variants, here[name], events)


def check_report(
    got: object, name: str, variants: Iterable[str], homes: Mapping[str, str], log: Sequence[tuple[Any, ...]]
) -> None:
    """Hold the metrics of an experiment to these variants of users and to the events of all experiments."""
    __tracebackhide__ = True
    events = [Event(user, kind, value) for user, where, kind, value in log if where == name]
    everywhere = [Event(user, kind, value) for user, _, kind, value in log if user in homes]
    mistakes: Mistakes = {
        **report_mistakes(variants, homes, events),
        "events of another experiment are counted": partial(report, variants, homes, everywhere),
        "an earlier report is returned: events came since": partial(report, variants, homes, []),
    }
    asked = f"calculate_metrics({name!r}), with variants {homes} and events {list(map(tuple, events))}"
    check.equal(got, report(variants, homes, events), asked=asked, mistakes=mistakes)


ARMS = (st.sampled_from([0, 29, 30]) | st.integers(30, 160)).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@pytest.mark.law
@given(st.lists(ARMS, min_size=2, max_size=4, unique_by=lambda arm: arm[1] / max(arm[0], 1)))
def test_the_winner_is_significantly_better_than_its_best_rival(arms: list[tuple[int, int]]) -> None:
    check_winner(*arms)


CASES = {
    "four": [(60, 0), (300, 99), (240, 40), (333, 88)],
    "four close ones": [(400, 91), (400, 124), (400, 92), (400, 80)],
    "few conversions": [(400, 0), (400, 3)],
    "a small variant": [(400, 160), (40, 24), (400, 130), (29, 15)],
    "the best is small": [(300, 60), (29, 29), (300, 100)],
    "30 users": [(30, 0), (30, 20)],
    "29 users": [(29, 0), (400, 200)],
    "no users": [(0, 0), (0, 0)],
    "one variant": [(60, 50)],
    "no conversions": [(50, 0), (60, 0)],
    "all convert": [(50, 50), (60, 60)],
}


@pytest.mark.law
@pytest.mark.parametrize("arms", CASES.values(), ids=CASES)
def test_p_is_compared_with_alpha_over_the_number_of_rivals(arms: list[tuple[int, int]]) -> None:
    check_winner(*arms)


@pytest.mark.law
def test_a_winner_follows_from_the_users_who_have_converted() -> None:
    framework, users = with_numbers({"a": (200, 60), "b": (200, 66)}), users_of({"a": 200, "b": 200})
    log_all(framework, users["a"][:60] * 2, "trial", "conversion")
    asked = "determine_winner of a: 60 of 200 users converted, three times each, and b: 66 of 200, once each"
    counted = {"conversions are counted instead of users who converted: use the conversion rate": "a"}
    check.equal(framework.determine_winner("trial"), None, asked=asked, mistakes=counted)
    log_all(framework, users["b"], "trial", "conversion")
    kept = {"an earlier answer is returned: events came since": None}
    asked = "determine_winner, asked again after all 200 users of b have converted"
    check.equal(framework.determine_winner("trial"), "b", asked=asked, mistakes=kept)


# --- edge ------------------------------------------------------------------------------------------------------------


def check_refused(framework: Any, *, when: str, because: str) -> None:
    """Hold that a new user is refused and not recorded."""
    __tracebackhide__ = True
    asked = call("assign_user_to_variant", "ada", "button") + when
    thunk = partial(framework.assign_user_to_variant, "ada", "button")
    check.raises(ValueError, thunk, asked=asked, because=because, hint="check status and dates before assigning")
    got = sum(part["users"] for part in framework.calculate_metrics("button").values())
    asked = call("calculate_metrics", "button") + f", its users, after a refused assignment{when}"
    check.equal(got, 0, asked=asked, hint="check first, then record: a call that fails changes nothing")


def check_assigned(framework: Any, *, at: datetime, when: str, because: str) -> None:
    """Hold that a user is assigned, with this time in the record."""
    __tracebackhide__ = True
    asked = call("assign_user_to_variant", "ada", "button") + when
    got = check.accepts(partial(framework.assign_user_to_variant, "ada", "button"), asked=asked, because=because)
    check.equal(got.assigned_at, at, asked="assigned_at of " + asked, hint="it is what the clock says then")


@pytest.mark.edge
@pytest.mark.parametrize(
    ("now", "end"),
    [(START, END), (END, END), (END + timedelta(days=4_000), None), (START - MINUTE, END), (END + MINUTE, END)],
    ids=["at the start", "at the end", "without an end", "before the start", "after the end"],
)
def test_a_new_user_needs_a_time_from_start_to_end(now: datetime, end: datetime | None) -> None:
    clock = new_clock(now)
    framework = running({"button": HALVES}, clock, START, end)
    when = f" on {now}, from {START} to {end}"
    if now >= START and (end is None or now <= end):
        check_assigned(framework, at=now, when=when, because="start and end belong to the experiment")
        return
    check_refused(framework, when=when, because="the experiment is not running at that time")
    clock.set(START)
    check_assigned(framework, at=START, when=f" on {START}, after an error on {now}", because="it runs now")


@pytest.mark.edge
@pytest.mark.parametrize("status", ["paused", "completed", "in review"])
def test_only_an_active_experiment_takes_new_users(status: str) -> None:
    framework, experiment = kata.ABTestingFramework(visitors.noon), kata.Experiment("button", HALVES, START)
    framework.create_experiment(experiment)
    experiment.status = status
    check_refused(framework, when=f" with status {status!r}", because="the experiment is not active")
    experiment.status = "active"
    check_assigned(framework, at=NOON, when=", active again", because="the experiment is active again")


@pytest.mark.edge
@pytest.mark.parametrize("closed", ["not closed", "closed by its status", "closed by its end"])
def test_an_assignment_is_recorded_once_and_stays(closed: str) -> None:
    clock, experiment = new_clock(START), kata.Experiment("button", {"a": 1.0}, START, END)
    framework = kata.ABTestingFramework(clock)
    framework.create_experiment(experiment)
    first = visitors.fields(framework.assign_user_to_variant("ada", "button"))
    clock.set(END + MINUTE if closed == "closed by its end" else NOON)
    experiment.status = "completed" if closed == "closed by its status" else "active"
    because = "the user was assigned when the experiment was running"
    asked = call("assign_user_to_variant", "ada", "button") + f" for the second time, the experiment {closed}"
    again = check.accepts(partial(framework.assign_user_to_variant, "ada", "button"), asked=asked, because=because)
    anew = {"the time is recorded anew: return the first assignment": {**first, "assigned_at": clock.now()}}
    check.equal(visitors.fields(again), first, asked=asked, mistakes=anew)
    late = call("log_event", "ada", "button", "conversion") + f", the experiment {closed}"
    check.accepts(partial(framework.log_event, "ada", "button", "conversion"), asked=late, because=because)
    got = framework.calculate_metrics("button")["a"]
    mistakes = {"a user who comes again is counted again": [2, 1], "late events are dropped": [1, 0]}
    counts = f"users and conversions after two visits of one user and one conversion, the experiment {closed}"
    check.equal([got["users"], got["conversions"]], [1, 1], asked=counts, mistakes=mistakes)


@pytest.mark.edge
@pytest.mark.parametrize("joint", JOINTS[:5])
def test_assignments_of_different_pairs_are_kept_apart(joint: str) -> None:
    pairs = [(f"1{joint}x", "exp"), ("x", f"exp{joint}1"), (f"x{joint}1", "exp"), ("x", f"1{joint}exp"), ("x", "Exp")]
    framework = running({name: HALVES for _, name in pairs})
    for user, name in pairs:
        got = visitors.fields(framework.assign_user_to_variant(user, name))
        check.true(
            (got["user_id"], got["experiment_name"]) == (user, name),
            asked=call("assign_user_to_variant", user, name) + f", the last of the pairs {pairs} until then",
            came=got,
            expected=f"an assignment of {user!r} in {name!r}",
            mistake="the record of another pair is returned: keep assignments by the tuple (experiment, user), not by "
            f"the user alone or by names joined with {joint!r}",
        )


@pytest.mark.edge
def test_global_random_generators_stay_as_they_were() -> None:
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    busy(visitors.users_like("user-{}", 100)).determine_winner("button")
    got = random.random(), float(np.random.random())  # noqa: NPY002
    want = random.Random(7).random(), float(np.random.RandomState(7).random())
    asked = "the next numbers of random.random() and numpy.random.random(), after assignments, events and a winner"
    check.equal(got, want, asked=asked, hint="use a generator of your own, such as random.Random(...)")


def create(framework: Any, **fields: Any) -> None:
    """Create the experiment "button" with these fields."""
    framework.create_experiment(kata.Experiment("button", **{"variants": HALVES, "start_date": START, **fields}))


@pytest.mark.edge
@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"variants": {}}, "there are no variants"),
        ({"variants": {"a": 0.5, "b": 0.4}}, "the shares sum to 0.9"),
        ({"variants": {"a": 0.5, "b": 0.500005}}, "the shares sum to 1.000005"),
        ({"variants": {"a": 50, "b": 50}}, "the shares sum to 100: they are fractions"),
        ({"variants": {"a": -0.0002, "b": 0.5, "c": 0.5002}}, "a share is negative"),
        ({"end_date": START - MINUTE}, "it ends before it starts"),
    ],
)
def test_bad_shares_and_dates_are_an_error(fields: dict[str, Any], because: str) -> None:
    framework = kata.ABTestingFramework()
    asked = f"creating 'button' with {fields}, start_date {START}"
    new = partial(create, framework, **fields)
    check.raises(ValueError, new, asked=asked, because=because, hint="check shares and dates when it is created")
    asked, because = f"creating 'button' with {HALVES}, after an error", "a refused experiment leaves its name free"
    check.accepts(partial(create, framework), asked=asked, because=because)


@pytest.mark.edge
@pytest.mark.parametrize("shares", [dict.fromkeys("abcdefghij", 0.1), dict.fromkeys("abc", 0.3333333)])
def test_rounding_of_shares_is_no_error(shares: dict[str, float]) -> None:
    thunk = partial(create, kata.ABTestingFramework(), variants=shares, end_date=START)
    asked = f"creating 'button' with shares {shares}, from {START} to {START}"
    check.accepts(thunk, asked=asked, because="the shares sum to 1 within 1e-6, and the end is not before the start")


@pytest.mark.edge
def test_a_name_that_is_taken_is_an_error_and_changes_nothing() -> None:
    framework, experiment = kata.ABTestingFramework(visitors.noon), kata.Experiment("button", {"a": 1.0}, START)
    framework.create_experiment(experiment)
    again, hint = partial(framework.create_experiment, experiment), "look for the name before the experiment is stored"
    check.raises(ValueError, again, asked="creating the same one again", because="the name is taken", hint=hint)
    framework.assign_user_to_variant("bob", "button")
    other = partial(create, framework, variants={"x": 1.0}, start_date=NOON + MINUTE, status="paused")
    check.raises(ValueError, other, asked="creating another 'button'", because="the name is taken", hint=hint)
    asked = call("calculate_metrics", "button") + ", after a name was refused"
    check.equal(framework.calculate_metrics("button"), report("a", {"bob": "a"}, []), asked=asked, hint=hint)
    check_assigned(framework, at=NOON, when=", after another was refused", because="the first is still there")


@pytest.mark.edge
def test_an_unknown_experiment_is_a_key_error() -> None:
    framework = running({"button": HALVES})
    framework.assign_user_to_variant("ada", "button")
    calls = {"assign_user_to_variant": ("ada", "banner"), "log_event": ("ada", "banner", "click")}
    for method, args in {**calls, "calculate_metrics": ("banner",), "determine_winner": ("banner",)}.items():
        thunk = partial(getattr(framework, method), *args)
        because, hint = "only 'button' was created", "do not create an experiment, or answer without one"
        check.raises(KeyError, thunk, asked=call(method, *args), because=because, hint=hint)
    new = partial(framework.create_experiment, kata.Experiment("banner", HALVES, START))
    check.accepts(new, asked="create_experiment of 'banner', after such errors", because="its name is still free")


@pytest.mark.edge
def test_events_of_users_who_are_not_assigned_are_an_error() -> None:
    framework = running({**ONE_VARIANT, "banner": {"a": 1.0}})
    framework.assign_user_to_variant("ada", "banner")
    because, hint = "the user is not assigned in 'button'", "log_event assigns no user, and ignores none"
    for user in ("ada", "bob"):
        asked = call("log_event", user, "button", "conversion")
        thunk = partial(framework.log_event, user, "button", "conversion")
        check.raises(KeyError, thunk, asked=asked, because=because, hint=hint)
    framework.assign_user_to_variant("bob", "button")
    after, hint = "calculate_metrics after one of them was assigned", "an event that was refused is never counted"
    check.equal(framework.calculate_metrics("button"), report("a", {"bob": "a"}, []), asked=after, hint=hint)


@pytest.mark.edge
def test_the_caller_may_change_the_metrics() -> None:
    framework = running(ONE_VARIANT)
    framework.assign_user_to_variant("ada", "button")
    framework.log_event("ada", "button", "conversion", 2.0)
    kept, got = framework.calculate_metrics("button"), framework.calculate_metrics("button")
    got["a"]["events"]["conversion"] = got["a"]["users"] = 99
    got["a"]["values"].clear()
    after = framework.calculate_metrics("button")
    framework.log_event("ada", "button", "click")
    want = report("a", {"ada": "a"}, [Event("ada", "conversion", 2.0)])
    hint = "the framework's own dicts are returned: make new ones, on each level"
    for result, when in ((after, "after the caller changed an earlier result"), (kept, "kept while an event came")):
        check.equal(result, want, asked=f"calculate_metrics, {when}", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("wrong", [*({"alpha": x} for x in (0.0, 1.0, -0.05, 5)), {"metric": "revenue"}], ids=str)
def test_a_bad_alpha_or_metric_is_an_error(wrong: dict[str, Any]) -> None:
    thunk = partial(running(ONE_VARIANT).determine_winner, "button", **wrong)
    because = "alpha lies between 0 and 1, both excluded, and the only metric is 'conversion_rate'"
    hint = "check the arguments before the numbers of users"
    check.raises(ValueError, thunk, asked=call("determine_winner", "button", **wrong), because=because, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(("now", "end"), [(START - MINUTE, END), (START, None), (END + MINUTE, END)])
def test_the_winner_does_not_depend_on_clock_and_status_nor_change_them(now: datetime, end: datetime | None) -> None:
    clock, experiment = new_clock(START), kata.Experiment("trial", {"a": 0.1, "b": 0.2, "c": 0.6999999}, START, end)
    framework = kata.ABTestingFramework(clock)
    framework.create_experiment(experiment)
    users = visitors.users_like("user-{}", 1_000)
    variants = assign_all(framework, users, "trial")
    log_all(framework, [user for user, home in zip(users, variants, strict=True) if home == "b"], "trial", "conversion")
    clock.set(now)
    experiment.status = "paused"
    asked = f"determine_winner on {now}, status 'paused', where all users of b converted and no others"
    check.equal(framework.determine_winner("trial"), "b", asked=asked, hint="neither clock nor status matters here")
    got = [experiment.name, dict(experiment.variants), experiment.start_date, experiment.end_date, experiment.status]
    want = ["trial", {"a": 0.1, "b": 0.2, "c": 0.6999999}, START, end, "paused"]
    check.equal(got, want, asked="the fields of an experiment, after a winner", hint="never change the caller's object")


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_assigning_costs_the_same_however_many_users_there_are(growth: Grower, race: Racer) -> None:
    def prepare(rng: np.random.Generator, n: int) -> Task:
        users = visitors.new_users(rng, n)
        both = users[-100:] * 2 + visitors.new_users(rng, 200)
        return Task(partial(assign_all, busy(users), both, "button"), partial(variants_of, both, "button", HALVES))

    def contest(rng: np.random.Generator) -> Contest:
        task = prepare(rng, 1600)
        return Contest(task.call, partial(visitors.hash_all, visitors.new_users(rng, 400)), task.want)

    asked = "assign_user_to_variant of 200 known and 200 new users, among more and more users"
    hint = "keep assignments in a dict by experiment and user, instead of searching a list"
    growth(prepare, (100, 400, 1600), same=check.equal, at_most=0.35, asked=asked, hint=hint)
    race(contest, same=check.equal, at_least=1 / 20, versus="a SHA-256 hash of each user", asked=asked, hint=hint)


@pytest.mark.speed
def test_logging_costs_the_same_however_many_users_and_events_there_are(growth: Grower) -> None:
    def prepare(rng: np.random.Generator, n: int) -> Task:
        users = visitors.new_users(rng, n)
        return Task(partial(log_all, busy(users), users[-1:] * 1000, "button", "conversion"), lambda: None)

    asked, hint = "1 000 calls of log_event, among more and more users", "compute nothing anew from earlier events"
    growth(prepare, (50, 200, 800), same=check.equal, at_most=0.35, asked=asked, hint=hint)


@pytest.mark.speed
def test_metrics_cost_no_more_than_one_pass(growth: Grower, race: Racer) -> None:
    def prepare(rng: np.random.Generator, n: int) -> Task:
        users = visitors.new_users(rng, n)
        return Task(partial(busy(users).calculate_metrics, "button"), partial(variants_of, users, "button", HALVES))

    def contest(rng: np.random.Generator) -> Contest:
        task = prepare(rng, 4800)
        return Contest(task.call, partial(visitors.hash_all, visitors.new_users(rng, 4800)), task.want)

    def same(metrics: Any, homes: list[str], *, asked: check.Asked) -> None:
        got = {name: part["conversions"] for name, part in metrics.items()}
        check.equal(got, {name: homes.count(name) for name in HALVES}, asked=asked + ": conversions")

    asked, hint = "calculate_metrics, of more and more users with two events each", "go through the events once"
    growth(prepare, (300, 1200, 4800), same=same, at_most=1.6, asked=asked, hint=hint)
    race(contest, same=same, at_least=1 / 6, versus="a SHA-256 hash of each user", asked=asked, hint=hint)
