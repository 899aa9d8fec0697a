"""Suite of D02: who is assigned to what, what is counted, who wins, and each way of getting it wrong.

Assignment is a hash, so the suite cannot know who gets what. It holds that the answer is always the same and that
20 000 users look random, by tests that an honest hash fails less than once in 10^9 runs. Where a test needs certain
numbers of users in each variant, it first asks a framework who would go where, and then assigns just those.

A winner is one name, which tells little about how it was found. So the suite asks with a ladder of alphas: between any
two of them lies what the right test, or a usual wrong one, compares alpha with. The answers tell which one was done.
"""

from __future__ import annotations

import math
import operator
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache, partial
from itertools import combinations, count, cycle, pairwise, permutations, product
from typing import Any, NamedTuple

import ab_testing as kata
import ab_visitors as visitors
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import chdtrc, ndtr, ndtri, stdtr
from scipy.stats import binomtest, chi2_contingency, chisquare

from harness.suite import check
from harness.suite.batch import beside
from harness.suite.check import Mistakes, call
from harness.suite.speed import Elsewhere, Grower

DOUBT = 1e-9
"""What an honest hash gives less often than this is held to be no chance."""
CROWD = 20_000
FAMILIES = ("user-{}", "{:08d}@example.org")

START = datetime(2024, 3, 1, 9)
END = datetime(2024, 3, 31, 18)
TICK = timedelta(microseconds=1)
SUMMER = timezone(timedelta(hours=2))
HALVES = {"a": 0.5, "b": 0.5}
VARIANTS = "cadbkgjefhim"
"""In an order that is neither that of the alphabet nor its reverse, so that a tie broken by name shows."""
WEIGHTS = (1.0, 1.2, 0.9, 1.1)
"""Of their shares, in an order that is neither up nor down, so that a tie broken by share shows."""
ODD_RANGES = (  # of code points
    (0x80, 0xFF),  # Latin-1: section, pilcrow, broken bar
    (0x2000, 0x206F),  # dots, dashes and bars, and spaces that nobody sees
    (0x2190, 0x21FF),  # arrows
    (0x2500, 0x2503),  # lines of boxes
    (0x2588, 0x2605),  # blocks, circles, a star
    (0xE000, 0xE003),  # for private use
    (0xFDD0, 0xFDEF),  # no characters at all, as U+FFFE below
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFF),
    (0x1F4A0, 0x1F4B0),
    (0x1F600, 0x1F604),
    (0x1F680, 0x1F680),
    (0x1FFFE, 0x1FFFF),
    (0x10FFFE, 0x10FFFF),
)
FORMS = (
    "{}",
    "{}=",
    "{}:",
    " {} ",
    " {}=",
    "_{}_",
    "-{}-",
    "/{}/",
    "|{}|",
    ":{}:",
    ",{}=",
    ", {}=",
    ";{}=",
    "&{}=",
    "|{}=",
    "/{}=",
)
"""Of words between names."""
MARKS = (
    *(chr(code) for code in range(128) if not chr(code).isalnum()),
    *(
        "::",
        "--",
        "__",
        "||",
        "\0\0",
        "\r\n",
        "->",
        ", ",
        "', '",
        '", "',
        "','",
        '","',
        ")(",
        "\u00a7",
        "\uffff",
        "\U0010ffff",
    ),
)
"""What names are joined with, as if no name had it."""
ODD_MARKS = (
    *(chr(code) for code in range(128) if chr(code).isalnum()),
    *(chr(code) for first, last in ODD_RANGES for code in range(first, last + 1)),
    *(form.format(mark) for form in ("{0}{0}", "{0}{0}{0}", " {} ") for mark in MARKS[: MARKS.index("::")]),
    *(form.format(word) for form in FORMS for word in ("user", "user_id", "uid", "id")),
)
"""And what is less likely to be in a name, so that it is joined with sooner."""
NO_STRANGERS = "log_event assigns nobody, and ignores nobody"

framework_of = beside(visitors.running)
variants_of = beside(visitors.variants_of)
self_named = beside(visitors.self_named)
crowd_of = beside(visitors.crowd)
splits_of = beside(visitors.splits_of)
now_abroad = beside(visitors.now_abroad)
variants_abroad = beside(visitors.variants_abroad)
pairs_alike = beside(visitors.pairs_alike)
there_and_back = beside(visitors.there_and_back)
assign_all = beside(visitors.assign_all)
log_all = beside(visitors.log_all)
log_often = beside(visitors.log_often)
busy = beside(visitors.busy)
staff = beside(visitors.staff)
ask_all = beside(visitors.ask_all)
clock_at = beside(visitors.Clock)


# --- frameworks, crowds ----------------------------------------------------------------------------------------------


def running(
    shares: Mapping[str, float] = HALVES,
    name: str = "button",
    clock: Callable[[], datetime] = visitors.noon,
    end: datetime | None = None,
) -> Any:
    """A framework with one experiment, which has begun at `START`."""
    __tracebackhide__ = True
    return framework_of({name: shares}, clock, START, end)


def taken(framework: Any, method: str, *args: object, because: str, when: str = "", **kwargs: object) -> Any:
    """The result of a call that must not be refused."""
    __tracebackhide__ = True
    thunk = partial(getattr(framework, method), *args, **kwargs)
    return check.accepts(thunk, asked=f"{call(method, *args, **kwargs)}{when}", because=because)


def refused(
    framework: Any,
    method: str,
    *args: object,
    because: str,
    hint: str,
    error: type[Exception] = ValueError,
    when: str = "",
    **kwargs: object,
) -> None:
    """Hold a call to raise."""
    __tracebackhide__ = True
    thunk = partial(getattr(framework, method), *args, **kwargs)
    check.raises(error, thunk, asked=f"{call(method, *args, **kwargs)}{when}", because=because, hint=hint)


class Step(NamedTuple):
    """A call among others that are asked in one go, and how to hold what it gives, from a function that gives it."""

    hold: Callable[[Callable[[], Any]], Any]
    method: str
    args: tuple[object, ...]
    kwargs: Mapping[str, object] = {}
    is_refused: bool = False


def step(method: str, *args: object, because: str, when: str = "", **kwargs: object) -> Step:
    """A call that must not be refused."""
    asked = call(method, *args, **kwargs) + when
    return Step(partial(check.accepts, asked=asked, because=because), method, args, kwargs)


def ask(framework: Any, steps: Sequence[Step]) -> list[Any]:
    """What all these calls give, asked in one go and held one by one, in their order."""
    __tracebackhide__ = True
    asked = [(step.method, step.args, tuple(step.kwargs.items()), step.is_refused) for step in steps]
    answers, failure = ask_all(framework, asked)
    results = [step.hold(partial(repeated, step, answer)) for step, answer in zip(steps, answers, strict=False)]
    if failure is not None:
        steps[len(answers)].hold(failure)
    return results


def repeated(step: Step, answer: tuple[Any, ...]) -> Any:
    """Give again what a call has given, or raise the `KeyError` that it has raised: see `visitors.ask_all`."""
    __tracebackhide__ = True
    result, *error = answer
    if error:
        raise KeyError(*error)
    return record(*result) if step.method == "assign_user_to_variant" else result


def record(user: str, name: str, variant: str, at: datetime) -> dict[str, object]:
    """The fields of an assignment as they should be."""
    return {"user_id": user, "experiment_name": name, "variant": variant, "assigned_at": at}


def fields(assignment: Any) -> dict[str, object]:
    """A `UserAssignment` as plain values."""
    return record(*visitors.fields(assignment))


def users_like(names: str, size: int) -> list[str]:
    """So many user ids."""
    return [names.format(i) for i in range(size)]


@lru_cache
def crowd(experiment_name: str, shares: tuple[tuple[str, float], ...], names: str, size: int = CROWD) -> list[str]:
    """The variants of `size` users."""
    variants, numbers = crowd_of(names, size, experiment_name, dict(shares))
    return [variants[number] for number in numbers.tolist()]


def hold_alike(got: Sequence[str], want: Sequence[str], *, asked: check.Asked, mistake: str) -> None:
    """Hold that the same users get the same variants."""
    __tracebackhide__ = True
    moved = sum(a != b for a, b in zip(got, want, strict=True))
    came = f"{moved} of {len(want)} users get another variant"
    check.true(moved == 0, asked=asked, came=came, expected="every user gets the same variant", mistake=mistake)


# --- the definition of a report, and of a winner ---------------------------------------------------------------------


class Event(NamedTuple):
    """One line of an event log."""

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
    per: Callable[[int, int], int] = lambda users, _: users,
    total: Callable[[Sequence[float]], float] = sum,
) -> dict[str, dict[str, Any]]:
    """What `calculate_metrics` returns; the arguments by name are what mistakes change."""
    result = {}
    for variant in variants:
        users = [user for user, other in assigned.items() if other == variant]
        events = [event for event in log if event.user in users]
        kinds = {event.kind for event in events}
        buyers = [event.user for event in events if converts(event)]
        conversions = len(set(buyers)) if distinct else len(buyers)
        whole = per(len(users), len(events))
        result[variant] = {
            "users": len(users),
            "events": {kind: sum(event.kind == kind for event in events) for kind in kinds},
            "values": {kind: total([event.value for event in events if event.kind == kind]) for kind in kinds},
            "conversions": conversions,
            "conversion_rate": conversions / whole if whole else 0.0,
        }
    return result


def report_mistakes(variants: Iterable[str], assigned: Mapping[str, str], log: Sequence[Event]) -> Mistakes:
    """Reports with the usual mistakes."""
    way = partial(partial, report, list(variants), assigned, log)
    seen = {user: variant for user, variant in assigned.items() if any(event.user == user for event in log)}
    used = [variant for variant in variants if variant in assigned.values()]
    paid = [event for event in log if event.kind == "conversion" and event.value]
    return {
        "each conversion is counted: count each user who converts once, with a set": way(distinct=False),
        "a conversion of value 0 does not count: its value has nothing to do with it": way(converts=paid.__contains__),
        "a user with any event counts as converted: only the type 'conversion' does": way(converts=lambda _: True),
        "the rate is conversions per event: divide by the users assigned": way(per=lambda _, events: events),
        "only the latest value is kept: sum the values of all events": way(total=lambda values: values[-1]),
        "the values are averaged: sum them": way(total=lambda values: sum(values) / len(values)),
        "the values are summed in single precision: Python's floats are exact enough": way(
            total=lambda values: float(np.cumsum(np.float32(values))[-1])
        ),
        "variants without users are missing: report on every variant": partial(report, used, assigned, log),
        "only users with events are counted: all who are assigned are users": partial(report, variants, seen, log),
    }


class Arm(NamedTuple):
    """One variant's numbers."""

    users: int
    conversions: int

    @property
    def rate(self) -> float:
        """The conversion rate."""
        return self.conversions / self.users if self.users else 0.0


Arms = Mapping[str, Arm]
PValue = Callable[[Arm, Arm], float]


class Reading(NamedTuple):
    """A way to decide: `winner` wins for each alpha above `bar`."""

    winner: str
    bar: float


@lru_cache
def pooled(one: Arm, other: Arm) -> float:
    """The p-value of the README: the chi-squared test of the 2 x 2 table is the same test."""
    return of_the_table(one, other, 0)


def continuous(one: Arm, other: Arm) -> float:
    return of_the_table(one, other, (one.users + other.users) / 2)


def of_the_table(one: Arm, other: Arm, correction: float) -> float:
    """The chi-squared test, in whole numbers for as long as possible."""
    users, conversions = one.users + other.users, one.conversions + other.conversions
    whole = one.users * other.users * conversions * (users - conversions)
    if whole == 0:
        return 1.0
    difference = max(0, abs(one.conversions * other.users - other.conversions * one.users) - correction)
    return float(chdtrc(1, users * difference * difference / whole))


def clipped(one: Arm, other: Arm) -> float:
    rate = min(max((one.conversions + other.conversions) / (one.users + other.users), 0.01), 0.99)
    variance = rate * (1 - rate) * (1 / one.users + 1 / other.users)
    return float(2 * ndtr(-abs(one.rate - other.rate) / math.sqrt(variance)))


def unpooled(one: Arm, other: Arm) -> float:
    variance = sum(arm.rate * (1 - arm.rate) / arm.users for arm in (one, other))
    return float(2 * ndtr(-abs(one.rate - other.rate) / math.sqrt(variance)))


def rounded(one: Arm, other: Arm) -> float:
    return round(pooled(one, other), 4)


def of_rounded_z(one: Arm, other: Arm) -> float:
    return float(2 * ndtr(-round(float(-ndtri(pooled(one, other) / 2)), 2)))


def student(one: Arm, other: Arm) -> float:
    return float(2 * stdtr(one.users + other.users - 2, ndtri(pooled(one, other) / 2)))


def one_fewer(one: Arm, other: Arm) -> float:
    rate = (one.conversions + other.conversions) / (one.users + other.users)
    variance = rate * (1 - rate) * (1 / (one.users - 1) + 1 / (other.users - 1))
    return float(2 * ndtr(-abs(one.rate - other.rate) / math.sqrt(variance)))


def padded(one: Arm, other: Arm) -> float:
    rate = (one.conversions + other.conversions) / (one.users + other.users)
    error = math.sqrt(rate * (1 - rate) * (1 / one.users + 1 / other.users))
    return float(2 * ndtr(-abs(one.rate - other.rate) / (error + 1e-9)))


def reading(
    arms: Arms,
    *,
    p_value: PValue = pooled,
    comparisons: Callable[[int], float] = lambda k: k - 1,
    corrected: Callable[[float, float], float] = operator.mul,
    rival_of: Callable[[Arms], Arm] | None = None,
    least: int = 30,
    margin: float = 0.0,
    worst_wins: bool = False,
) -> Reading | None:
    """Who wins, and above which alpha; the arguments by name are what mistakes change."""
    there = {name: arm for name, arm in arms.items() if arm.users >= least}
    if len(there) < 2:
        return None
    sign = -1 if worst_wins else 1
    best = max(there, key=lambda name: sign * there[name].rate)
    others = {name: arm for name, arm in there.items() if name != best}
    rival = rival_of(others) if rival_of else max(others.values(), key=lambda arm: sign * arm.rate)
    if abs(there[best].rate - rival.rate) <= margin:
        return None
    return Reading(best, corrected(p_value(there[best], rival), comparisons(len(there))))


def first_of(others: Arms) -> Arm:
    return next(iter(others.values()))


def worst_of(others: Arms) -> Arm:
    return min(others.values(), key=lambda arm: arm.rate)


def last_best(others: Arms) -> Arm:
    return max(reversed(list(others.values())), key=lambda arm: arm.rate)


def best_rounded(others: Arms) -> Arm:
    return max(others.values(), key=lambda arm: round(arm.rate, 2))


def best_by_name(others: Arms) -> Arm:
    return max(sorted(others.items()), key=lambda item: item[1].rate)[1]


def all_together(others: Arms) -> Arm:
    return Arm(sum(arm.users for arm in others.values()), sum(arm.conversions for arm in others.values()))


def winner_mistakes(arms: Arms) -> dict[str, Callable[[], Reading | None]]:
    """The usual wrong ways to decide."""
    way = partial(partial, reading, arms)
    least = min(arm.users for arm in arms.values())
    return {
        "no test: the highest rate wins only if it is significantly higher": way(comparisons=lambda _: 0),
        "the lowest rate: the winner is better than its best rival": way(worst_wins=True),
        "a one-sided p-value: the test is two-sided": way(p_value=lambda a, b: pooled(a, b) / 2),
        "the standard error is not pooled: both variants share one rate in it": way(p_value=unpooled),
        "a continuity correction: the statement's z has none": way(p_value=continuous),
        "the pooled rate is kept away from 0 and 1: the statement's is not": way(p_value=clipped),
        "p is rounded: compare it as it is": way(p_value=rounded),
        "z is rounded: compute p from z as it is": way(p_value=of_rounded_z),
        "p is of Student's t distribution: z is of the normal one": way(p_value=student),
        "the standard error divides by n - 1: the statement's divides by n": way(p_value=one_fewer),
        "something is added to the standard error, so that it is not 0: p is 1 where it is, and exact elsewhere": way(
            p_value=padded
        ),
        "a difference must have some size to count: the statement asks for significance alone": way(margin=0.001),
        "Bonferroni has a limit: m is k - 1, however many variants take part": way(
            comparisons=lambda k: min(k - 1, 10)
        ),
        "no Bonferroni correction: compare p with alpha / (k - 1)": way(comparisons=lambda _: 1),
        "Bonferroni with all pairs of variants: m is k - 1": way(comparisons=lambda k: k * (k - 1) / 2),
        "Bonferroni with the number of variants: m is k - 1": way(comparisons=lambda k: k),
        "Bonferroni counts variants that do not take part: m is k - 1": way(comparisons=lambda _: len(arms) - 1),
        "Bonferroni counts only variants with conversions: m is k - 1": way(
            comparisons=lambda _: max(1, sum(arm.users >= 30 and arm.conversions > 0 for arm in arms.values()) - 1)
        ),
        "Bonferroni the wrong way round: the bar is alpha / m, not alpha * m": way(comparisons=lambda k: 1 / (k - 1)),
        "the correction is Šidák's: Bonferroni compares p with alpha / (k - 1)": way(
            corrected=lambda p, m: 1 - (1 - p) ** m
        ),
        "variants with fewer than 30 users take part: they must not": way(least=1),
        "variants with 30 users are left out: 30 are enough": way(least=31),
        "a small variant blocks the decision: only it does not take part": way(least=0 if least >= 30 else 10**9),
        "the test is against the first variant: it is against the best rival": way(rival_of=first_of),
        "the test is against the worst rival: it is against the best one": way(rival_of=worst_of),
        "the test is against all others together: it is against the best rival": way(rival_of=all_together),
        "of rivals with the same rate the last is taken: take the first in the order of variants": way(
            rival_of=last_best
        ),
        "the best rival is found with rounded rates: compare them as they are": way(rival_of=best_rounded),
        "of rivals with the same rate the first by name is taken: take the first in the order of variants": way(
            rival_of=best_by_name
        ),
    }


def ladder(bars: Iterable[float]) -> list[float]:
    """Alphas that tell all these bars apart, none of them near a bar."""
    ends = sorted({1e-9, *(bar for bar in bars if 1e-9 < bar < 1), 1.0})
    return [math.sqrt(low * high) for low, high in pairwise(ends) if high > 1.02 * low]


def beside_the_bar(way: Reading | None) -> list[float]:
    """An alpha right below the bar and one right above it, further from it than rounding may move it."""
    return [way.bar * (1 + side * 1e-9) for side in (-1, 1)] if way is not None and 1e-9 < way.bar < 0.99 else []


def answers(way: Reading | None, alphas: Sequence[float]) -> list[str | None]:
    """What a way to decide answers to each alpha."""
    return [way.winner if way is not None and way.bar < alpha else None for alpha in alphas]


def shares_of(arms: Iterable[str]) -> dict[str, float]:
    """Shares of the traffic that are not too different from each other."""
    weights = dict(zip(arms, cycle(WEIGHTS), strict=False))
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


def users_of(arms: Arms) -> dict[str, list[str]]:
    """As many users of each variant of the experiment "trial" as it should have."""
    __tracebackhide__ = True
    shares = shares_of(arms)
    homes = crowd("trial", tuple(shares.items()), FAMILIES[0], 6_000)
    result = {}
    for name, arm in arms.items():
        users = [FAMILIES[0].format(i) for i, home in enumerate(homes) if home == name][: arm.users]
        check.true(
            len(users) == arm.users,
            asked=f"the variants of {len(homes)} users, with shares {shares}",
            came=f"{len(users)} of them get {name!r}",
            expected=f"about {len(homes) * shares[name]:.0f}",
        )
        result[name] = users
    return result


def staffed(arms: Arms) -> Any:
    """A framework with the experiment "trial" and these numbers of users and conversions."""
    __tracebackhide__ = True
    framework = running(shares_of(arms), "trial")
    users = users_of(arms)
    came = staff(framework, "trial", [(users[name], arm.conversions) for name, arm in arms.items()])
    for name, got in zip(arms, came, strict=True):
        asked = f"the variants of {len(users[name])} users, all of whom another framework has sent to {name!r}"
        hold_alike(got, [name] * len(users[name]), asked=asked, mistake="assignment depends on who came before")
    return framework


def hold_winner(*numbers: tuple[int, int]) -> None:
    """Hold `determine_winner` to the statement for (users, conversions) of a, b, ..., for all alphas that matter."""
    __tracebackhide__ = True
    arms = {name: Arm(*pair) for name, pair in zip(VARIANTS, numbers, strict=False)}
    framework = staffed(arms)
    right = reading(arms)
    ways: dict[str, Reading | None] = {}
    for mistake, way in winner_mistakes(arms).items():
        with suppress(ValueError, ZeroDivisionError):
            ways[mistake] = way()
    alphas = sorted(ladder(found.bar for found in (right, *ways.values()) if found is not None) + beside_the_bar(right))
    mistakes: dict[str, list[str | None]] = {}
    for mistake, wrong in ways.items():
        alike = next((name for name, other in mistakes.items() if other == answers(wrong, alphas)), "")
        mistakes.pop(alike, None)
        mistakes[f"{alike}; or {mistake}" if alike else mistake] = answers(wrong, alphas)
    facts = ", ".join(f"{name}: {arm.conversions} of {arm.users} converted" for name, arm in arms.items())
    because = "each of these numbers of users and conversions has an answer"
    check.equal(
        ask(
            framework, [step("determine_winner", "trial", alpha=a, because=because, when=f"; {facts}") for a in alphas]
        ),
        answers(right, alphas),
        asked=f"determine_winner of {facts}; for alpha in {', '.join(f'{alpha:.9g}' for alpha in alphas)}",
        mistakes=mistakes,
    )


def cases(**named: list[tuple[int, int]]) -> pytest.MarkDecorator:
    """Parametrize `arms` with (users, conversions) of the variants a, b, ..."""
    return pytest.mark.parametrize("arms", named.values(), ids=list(named))


# --- example ---------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_two_users_and_their_conversions() -> None:
    framework = kata.ABTestingFramework(clock=visitors.noon)
    framework.create_experiment(kata.Experiment("button", {"green": 1.0, "red": 0.0}, datetime(2024, 3, 1)))
    for user in ("ada", "bob"):
        got = fields(framework.assign_user_to_variant(user, "button"))
        want = record(user, "button", "green", visitors.noon())
        check.equal(got, want, asked=call("assign_user_to_variant", user, "button"))
    framework.log_event("ada", "button", "conversion", 20.0)
    framework.log_event("ada", "button", "conversion", 5.0)
    variants, assigned = ("green", "red"), {"ada": "green", "bob": "green"}
    log = [Event("ada", "conversion", 20.0), Event("ada", "conversion", 5.0)]
    check.equal(
        framework.calculate_metrics("button"),
        report(variants, assigned, log),
        asked=call("calculate_metrics", "button"),
        mistakes=report_mistakes(variants, assigned, log),
    )
    check.equal(framework.determine_winner("button"), None, asked=call("determine_winner", "button"))


@pytest.mark.example
def test_worked_example_the_runner_up_decides() -> None:
    hold_winner((400, 40), (400, 62), (400, 36))
    framework = staffed({"a": Arm(400, 40), "b": Arm(400, 62), "c": Arm(400, 36)})
    check.equal(framework.determine_winner("trial"), "b", asked="determine_winner of the example, with its defaults")


# --- law: assignment -------------------------------------------------------------------------------------------------


@pytest.mark.law
def test_every_process_assigns_alike(elsewhere: Elsewhere) -> None:
    users = users_like(FAMILIES[0], 300)
    shares = {"a": 0.5, "b": 0.3, "c": 0.2}
    job = (users, "button", shares)
    here = variants_of(*job)
    one, *luck = elsewhere("ab_visitors", "variants_and_luck", *job, hash_seed=1)
    again, *more_luck = elsewhere("ab_visitors", "variants_and_luck", *job, hash_seed=1)
    other, *_ = elsewhere("ab_visitors", "variants_and_luck", *job, hash_seed=2)
    asked = "the variants of 300 users, in different Python processes"
    hold_alike(again, one, asked=asked, mistake="assignment is drawn at random: compute it from the two names")
    salted = "hash() of a string is another one in each Python process: use hashlib"
    hold_alike(other, one, asked=asked, mistake=salted)
    hold_alike(here, one, asked=asked, mistake=salted)
    for generator, got, want in zip(("random", "numpy.random"), luck, more_luck, strict=True):
        check.true(
            got != want,
            asked=f"the next number of {generator}.random(), after 300 assignments in a new Python process",
            came=f"{got[0]} in two processes",
            expected="another number in each process",
            mistake="the generator that everybody uses is seeded, perhaps when the module is imported: make one of your own",
        )


@pytest.mark.law
@given(order=st.permutations(range(24)), fellows=st.integers(0, 5))
def test_a_user_gets_the_same_variant_whoever_came_before(order: list[int], fellows: int) -> None:
    users = users_like(FAMILIES[0], 24)
    want = crowd("button", tuple(HALVES.items()), FAMILIES[0], 24)
    asked = "the variants of 24 users, in two frameworks alike"
    drawn = "assignment is drawn at random: compute it from the two names"
    hold_alike(variants_of(users, "button", HALVES), want, asked=asked, mistake=drawn)
    framework = framework_of({"banner": {"x": 0.3, "y": 0.7}, "button": HALVES}, visitors.noon, START)
    visits = [(f"fellow-{i}", "button" if i % 2 else "banner") for i in range(fellows)]
    visits += [(users[i], "button") for i in order]
    because = "any user may come first"
    came = ask(framework, [step("assign_user_to_variant", *visit, because=because) for visit in visits])
    got = {i: str(record["variant"]) for i, record in zip(order, came[fellows:], strict=True)}
    hold_alike(
        [got[i] for i in range(len(users))],
        want,
        asked=f"the variants of 24 users who come in the order {order}, after {fellows} others",
        mistake="assignment depends on who came before: compute it from the two names alone",
    )


@pytest.mark.law
@given(days=st.integers(0, 700), seconds=st.integers(0, 86_399))
def test_a_user_gets_the_same_variant_on_every_day(days: int, seconds: int) -> None:
    users = users_like(FAMILIES[0], 24)
    want = crowd("button", tuple(HALVES.items()), FAMILIES[0], 24)
    now = START + timedelta(days=days, seconds=seconds)
    mistake = "time goes into the assignment: compute it from the two names alone"
    got = variants_of(users, "button", HALVES, now, START)
    hold_alike(got, want, asked=f"the variants of 24 users who come on {now}", mistake=mistake)
    got = variants_of(users, "button", HALVES, now, now, now + timedelta(days=9))
    hold_alike(got, want, asked=f"the variants of 24 users in an experiment from {now} on", mistake=mistake)
    yesterday = now.replace(tzinfo=UTC) - timedelta(days=1)
    got = variants_of(users, "button", HALVES, now.replace(tzinfo=SUMMER), yesterday)
    hold_alike(got, want, asked=f"the variants of 24 users who come on {now}+02:00, dates with zones", mistake=mistake)


@pytest.mark.law
@pytest.mark.parametrize("zone", ["AAA-9", "BBB+9"])
def test_a_user_gets_the_same_variant_on_every_machine(zone: str) -> None:
    users = users_like(FAMILIES[0], 64)
    hold_alike(
        variants_abroad(zone, users, "button", HALVES),
        variants_of(users, "button", HALVES),
        asked=f"the variants of 64 users, in another folder of a machine whose TZ is {zone}",
        mistake="the machine goes into the assignment, as with its time zone or a path: compute it from the two names alone",
    )


@pytest.mark.law
@pytest.mark.parametrize("names", FAMILIES)
@pytest.mark.parametrize(
    "shares", [HALVES, {"a": 0.1, "b": 0.6, "c": 0.3}, {"off": 0.0, "a": 0.25, "no": 0.0, "b": 0.75, "none": 0.0}]
)
def test_traffic_follows_the_shares(shares: dict[str, float], names: str) -> None:
    got = crowd("button", tuple(shares.items()), names)
    used = [name for name, share in shares.items() if share]
    asked = f"the variants of {CROWD} users with shares {shares}"
    counts = {name: got.count(name) for name in shares}
    check.equal(
        sum(counts[name] for name in used),
        CROWD,
        asked=f"{asked}: how many get a variant with a share above 0",
        hint="a share of 0 gets nobody, and nobody goes without a variant",
    )
    check.true(
        chisquare([counts[name] for name in used], [CROWD * shares[name] for name in used]).pvalue > DOUBT,
        asked=asked,
        came=counts,
        expected="numbers near " + ", ".join(f"{CROWD * share:.0f}" for share in shares.values()),
        mistake="the shares are not followed: make a fraction of 1 from the hash, compare it with their running sum",
    )


@pytest.mark.law
def test_a_rare_variant_gets_its_share() -> None:
    share = 0.0041
    got = crowd("canary", (("new", share), ("old", 1 - share)), FAMILIES[0]).count("new")
    check.true(
        binomtest(got, CROWD, share).pvalue > DOUBT,
        asked=f"how many of {CROWD} users get the variant with a share of {share}",
        came=got,
        expected=f"a number near {CROWD * share:g}",
        mistake="too few different buckets, as with a hash modulo 100: make a fraction of 1 from many bits of it",
    )


@pytest.mark.law
def test_many_rare_variants_get_their_shares() -> None:
    share, rare = 0.00005, [f"rare-{i}" for i in range(300)]
    shares = {"old": 1 - share * len(rare), **dict.fromkeys(rare, share)}
    seen = len({*crowd("canaries", tuple(shares.items()), FAMILIES[0])} - {"old"})
    chance = 1 - (1 - share) ** CROWD
    check.true(
        binomtest(seen, len(rare), chance).pvalue > DOUBT,
        asked=f"how many of {len(rare)} variants with a share of {share} each get anybody of {CROWD} users",
        came=seen,
        expected=f"a number near {len(rare) * chance:.0f}",
        mistake="too few different buckets, as with a hash modulo 10000: make a fraction of 1 from many bits of it",
    )


@pytest.mark.law
def test_none_of_many_variants_without_a_share_gets_anybody() -> None:
    none = [f"none-{i}" for i in range(200)]
    shares = {**dict.fromkeys(none[:100], 0.0), "a": 0.5, "b": 0.5, **dict.fromkeys(none[100:], 0.0)}
    got = sorted({*crowd("off", tuple(shares.items()), FAMILIES[0], 2_000)})
    check.true(
        got == ["a", "b"],
        asked="which of 202 variants get any of 2000 users, when all but 'a' and 'b' have share 0",
        came=got,
        expected="['a', 'b']",
        mistake="a share of 0 gets somebody, if only the smallest bucket there is: pass over it",
    )


def hold_unrelated(one: Sequence[str], other: Sequence[str], *, asked: str, mistake: str) -> None:
    """Hold that what users get in one experiment says nothing about the other."""
    __tracebackhide__ = True
    rows, columns = sorted(set(one)), sorted(set(other))
    pairs = Counter(zip(one, other, strict=True))
    table = [[pairs[row, column] for column in columns] for row in rows]
    check.true(
        min(map(len, (rows, columns))) > 1 and chi2_contingency(table, correction=False).pvalue > DOUBT,
        asked=asked,
        came=f"of {', '.join(rows)} in the first, so many get {', '.join(columns)} in the second: {table}",
        expected="the same split in the second, whatever a user gets in the first",
        mistake=mistake,
    )


@pytest.mark.law
@pytest.mark.parametrize(
    ("first", "second", "shares"),
    [
        ("button", "banner", HALVES),
        ("button", "buttoN", {"a": 0.1, "b": 0.6, "c": 0.3}),
        ("button", "a longer name", {"off": 0.0, "a": 0.25, "no": 0.0, "b": 0.75, "none": 0.0}),
    ],
)
def test_experiments_are_independent(first: str, second: str, shares: dict[str, float]) -> None:
    one, other = (crowd(name, tuple(shares.items()), FAMILIES[0]) for name in (first, second))
    hold_unrelated(
        one,
        other,
        asked=f"the variants of {CROWD} users in {first!r} and {second!r}",
        mistake="a user's place in one experiment gives the place in the other: hash experiment and user "
        "together, with a cryptographic hash (CRC-32, or two hashes joined by xor or +, do not mix them)",
    )


@pytest.mark.law
@pytest.mark.parametrize(("first", "second", "prefix"), [("exp", "exp1", "1"), ("test", "test42-", "42-")])
def test_names_are_not_glued_together(first: str, second: str, prefix: str) -> None:
    shares = tuple(HALVES.items())
    hold_unrelated(
        crowd(first, shares, prefix + "{}", 5_000),
        crowd(second, shares, "{}", 5_000),
        asked=f"the variants of 5000 users, {prefix + 'x'!r} in {first!r} and 'x' in {second!r}",
        mistake="the names are hashed glued together, so different pairs collide: hash the pair, such as its repr",
    )


Place = tuple[str, str, str]
"""An experiment, and what stands before and after the number of a user there."""


def hold_not_alike(pairs: Mapping[str, tuple[Place, Place]]) -> None:
    """Hold that users in the two places of a pair do not all get the same variants; what it would mean if they did."""
    __tracebackhide__ = True
    users = [str(i) for i in range(10, 74)]
    for (mistake, places), alike in zip(pairs.items(), pairs_alike(list(pairs.values()), users, HALVES), strict=True):
        here, there = (f"{before + users[-1] + after!r} in {name!r}" for name, before, after in places)
        check.true(
            not alike,
            asked=f"the variants of {len(users)} users, such as {here} and {there}",
            came="each of them gets the same variant in both",
            expected="about half of them get another one",
            mistake=mistake,
        )


@pytest.mark.law
def test_names_with_any_mark_in_them_are_not_mixed_up() -> None:
    advice = (
        "between them, but names may have it in them: hash something that no other pair gives, such as repr of the pair, "
        "or the length of one name in front, with a mark after the number"
    )
    pairs: dict[str, tuple[Place, Place]] = {}
    for mark in (*MARKS, *ODD_MARKS):
        pairs[f"the names are hashed with {mark!r} {advice}"] = (("exp", f"1{mark}", ""), (f"exp{mark}1", "", ""))
        behind = f"the names are hashed, that of the experiment behind, with {mark!r} {advice}"
        pairs[behind] = (("exp", "", f"{mark}1"), (f"1{mark}exp", "", ""))
    hold_not_alike(pairs)


@pytest.mark.law
@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        (
            ("1", "elevenchars", ""),
            ("elevenchars", "", ""),
            "the length of the name in front, and no mark after the number",
        ),
        (
            ("e", "levenchars", "1"),
            ("elevenchars", "", ""),
            "the length of the name behind, and no mark before the number",
        ),
        (("exp", "", "x" * 29), (f"{'x' * 29}exp", "1", ""), "the length of the id in front, and no mark after it"),
        ((f"exp{'x' * 11}", "", "1"), ("exp", "x" * 11, ""), "the length of the id behind, and no mark before it"),
        (("exp\\", "1:", ""), ("exp:1", "", ""), "the marks in the name escaped, but not the escapes"),
        (("exp\\", "1:", ""), ("exp:1\\", "", ""), "the marks in both names escaped, but not the escapes"),
        (("exp", "::", ""), ("exp:", "", ""), "the marks in the name doubled"),
        (("exp", "::", ""), ("exp::", "", ""), "the marks in both names doubled"),
    ],
)
def test_no_two_pairs_are_hashed_as_one_string(one: Place, other: Place, how: str) -> None:
    mistake = (
        f"the names are hashed as one string that other pairs give too ({how}): hash something that no other "
        "pair gives, such as repr of the pair"
    )
    hold_not_alike({mistake: (one, other)})


@pytest.mark.law
def test_a_user_called_like_the_experiment_is_another_pair() -> None:
    names = users_like("exp-{}", 60)
    there, back = there_and_back(names, HALVES)
    hold_unrelated(
        there,
        back,
        asked=f"the variants of {len(there)} pairs of names, such as user 'exp-0' of 'exp-1', and user 'exp-1' of 'exp-0'",
        mistake="the order of the two names is lost, or nearly so, as in a product of two hashes: a pair knows which is "
        "the experiment and which is the user",
    )


@pytest.mark.law
def test_no_two_of_many_experiments_split_their_users_alike() -> None:
    size, variants = 1000, "abcdefghijklmnop"
    shares = {name: 1 / len(variants) for name in variants}
    users, names = users_like(FAMILIES[0], 16), users_like("test-{}", size)
    seen: dict[tuple[int, ...], str] = {}
    for name, split in zip(names, splits_of(names, users, shares), strict=True):
        places = tuple(variants.index(variant) for variant in split)
        for way, twin in (
            ("the same variant", places),
            ("the variant as far from the first as it is from the last in the other", tuple(15 - i for i in places)),
            ("the variant half of all further on", tuple(i ^ 8 for i in places)),
        ):
            check.true(
                twin not in seen,
                asked=f"the variants of {len(users)} users in {size} experiments; {name!r} and {seen.get(twin)!r} among them",
                came=f"each of the users gets {way} in these two",
                expected="one of 16 of them gets it",
                mistake="there are too few different splits, as with one byte or two of a hash of the name: let all of "
                "the name count",
            )
        seen[places] = name


@pytest.mark.law
def test_experiments_whose_names_resemble_each_other_are_independent() -> None:
    long = "button" * 20
    names = [
        "button",
        "Button",
        "BUTTON",
        " button",
        "button ",
        "b\u00fctton",
        "b\u00f6tton",
        "bu\u0308tton",
        "b\U000100fctton",
        "notbut",
        "my button",
        "my-button",
        "my_button",
        "mybutton",
        "button\0",
        "button\0\0",
        "button\0x",
        "007",
        "7",
        f"{long}1",
        f"{long}2",
        f"{long * 10}1",
        f"{long * 10}2",
    ]
    users = users_like(FAMILIES[0], 64)
    framework = kata.ABTestingFramework(visitors.noon)
    for name in names:
        check.accepts(
            partial(framework.create_experiment, kata.Experiment(name, HALVES, START)),
            asked=f"create_experiment of {name!r}, beside others whose names resemble it",
            because="names count as they are, and no other experiment has this one",
        )
    found = {name: variants_of(users, name, HALVES) for name in names}
    for one, other in combinations(names, 2):
        alike = sum(a == b for a, b in zip(found[one], found[other], strict=True))
        check.true(
            0 < alike < len(users),
            asked=f"the variants of 64 users in {one!r} and in {other!r}",
            came=f"{alike} of them get the same variant in both",
            expected="about half of them",
            mistake="only a part of the name is hashed: all its characters count, as they are",
        )


@pytest.mark.law
@pytest.mark.parametrize(
    "users",
    [
        pytest.param(["".join(letters) for letters in product(*zip("abcdefg", "ABCDEFG", strict=True))], id="in case"),
        pytest.param([" " * i + "ada" + " " * j for i in range(12) for j in range(12)], id="in spaces around"),
        pytest.param(["0" * i + "7" for i in range(128)], id="in leading zeros"),
        pytest.param([chr(0x4E00 + i) for i in range(128)], id="in one letter beyond Latin"),
        pytest.param(
            [chr(0x10041 + 0x10000 * i) + chr(0x10041 + 0x10000 * j) for i in range(12) for j in range(11)],
            id="in the high bits of letters",
        ),
        pytest.param([f"ada{chr(i)}b" for i in range(128) if not chr(i).isalnum()], id="in one mark"),
        pytest.param([f"ada\0{i}" for i in range(128)], id="after a NUL"),
        pytest.param(["ada" + "\0" * i for i in range(61)], id="in NULs at the end"),
        pytest.param(
            ["".join(letters) for letters in product(("\u00e9", "e\u0301"), repeat=7)], id="in how accents are written"
        ),
        pytest.param(["".join(letters) for letters in permutations("abcde")], id="in the order of letters"),
        pytest.param(["".join(letters) + "-7" for letters in permutations("abcde")], id="in all but the number"),
        pytest.param(["ada" * 400 + str(i) for i in range(128)], id="at the end"),
        pytest.param([str(i) + "ada" * 400 for i in range(128)], id="at the beginning"),
    ],
)
def test_users_whose_ids_resemble_each_other_are_different_users(users: list[str]) -> None:
    framework = running()
    variants = assign_all(framework, users, "button")
    log_all(framework, users, "button", "conversion")
    of_each = f"{len(users)} users such as {users[-2]!r} and {users[-1]!r}"
    hint = "all characters of an id count, as they are"
    got = framework.calculate_metrics("button")
    want = {"a": variants.count("a"), "b": variants.count("b")}
    for key in ("users", "conversions"):
        check.equal(
            {name: got[name][key] for name in want},
            want,
            asked=f"the {key} in calculate_metrics, after {of_each}, who convert once each",
            hint=hint,
        )
    check.true(
        binomtest(want["a"], len(users), 0.5).pvalue > DOUBT,
        asked=f"the variants of {of_each}",
        came=want,
        expected=f"numbers near {len(users) // 2}",
        mistake="only a part of the user id is hashed: all its characters count, as they are",
    )
    last = framework.assign_user_to_variant(users[-1], "button")
    check.equal(
        fields(last),
        record(users[-1], "button", variants[-1], visitors.noon()),
        asked=call("assign_user_to_variant", users[-1], "button"),
        hint=hint,
    )


@pytest.mark.law
@given(user=st.text(max_size=12), name=st.text(max_size=12))
def test_any_string_is_a_user_and_an_experiment(user: str, name: str) -> None:
    because = "any string is a user id and a name"
    [got] = ask(running(name=name), [step("assign_user_to_variant", user, name, because=because)])
    want = record(user, name, variants_of([user], name, HALVES)[0], visitors.noon())
    check.equal(got, want, asked=call("assign_user_to_variant", user, name))


# --- law: counting and deciding --------------------------------------------------------------------------------------

PLAN = {"button": {"a": 0.5, "b": 0.5}, "banner": {"x": 0.3, "y": 0.7, "off": 0.0}}
KINDS = st.sampled_from(["conversion", "conversion", "click", "a longer look"])
VALUES = st.one_of(
    st.sampled_from([0.0, 1.0, 1.0]),
    st.integers(-640, 640).map(lambda n: n / 64),
    st.integers(-9, 9),
    st.integers(-(2**46), 2**46).map(lambda n: n / 2**20),
)
"""Values that add up without rounding."""
USERS = st.sampled_from(["ada", "ada", "ada", "bob", "cyd", "dan"])
EXPERIMENTS = st.sampled_from(["button", "button", "banner"])
VISITS = st.dictionaries(USERS, st.sets(EXPERIMENTS, min_size=1), min_size=2)
LOGS = st.lists(st.tuples(USERS, EXPERIMENTS, KINDS, VALUES), min_size=8, max_size=40)


@pytest.mark.law
@given(visits=VISITS, log=LOGS)
def test_metrics_follow_from_what_was_assigned_and_logged(
    visits: dict[str, set[str]], log: list[tuple[str, str, str, float]]
) -> None:
    framework = framework_of(PLAN, visitors.noon, START)
    because = "the experiment runs"
    pairs = [(user, name) for name in PLAN for user in visits if name in visits[user]]
    came = ask(framework, [step("assign_user_to_variant", *pair, because=because) for pair in pairs])
    homes: dict[str, dict[str, str]] = {name: {} for name in PLAN}
    for (user, name), assignment in zip(pairs, came, strict=True):
        homes[name][user] = assignment["variant"]
    logs: dict[str, list[Event]] = {name: [] for name in PLAN}
    events = []
    for user, name, kind, value in log:
        event = (user, name, kind, value)
        asked = call("log_event", *event)
        if user in homes[name]:
            events.append(step("log_event", *event, because=f"the user is assigned in {name!r}"))
            logs[name].append(Event(user, kind, value))
        else:
            because = f"the user is not assigned in {name!r}"
            hold = partial(check.raises, KeyError, asked=asked, because=because, hint=NO_STRANGERS)
            events.append(Step(hold, "log_event", event, is_refused=True))
    before = [Step(partial(hold_report, name, homes[name], [], {}), "calculate_metrics", (name,)) for name in PLAN]
    after = []
    for name, shares in PLAN.items():
        both = [event for events in logs.values() for event in events if event.user in homes[name]]
        more = {
            "events of another experiment are counted": partial(report, shares, homes[name], both),
            "an earlier report is kept: events came since": partial(report, shares, homes[name], []),
        }
        after.append(Step(partial(hold_report, name, homes[name], logs[name], more), "calculate_metrics", (name,)))
    ask(framework, [*before, *events, *after])


def hold_report(
    name: str, homes: Mapping[str, str], log: Sequence[Event], more: Mistakes, metrics: Callable[[], Any]
) -> None:
    """Hold what `calculate_metrics` gives to these variants of users, and these events."""
    __tracebackhide__ = True
    told = f"and events are {[(event.user, event.kind, event.value) for event in log]}" if log else "before any event"
    check.equal(
        metrics(),
        report(PLAN[name], homes, log),
        asked=f"calculate_metrics({name!r}), where users have variants {dict(homes)}, {told}",
        mistakes={**report_mistakes(PLAN[name], homes, log), **more},
    )


ARMS = st.tuples(st.integers(0, 160), st.floats(0, 1)).map(lambda pair: (pair[0], round(pair[0] * pair[1])))


@pytest.mark.law
@given(st.lists(ARMS, min_size=2, max_size=4))
def test_the_winner_is_significantly_better_than_its_best_rival(arms: list[tuple[int, int]]) -> None:
    hold_winner(*arms)


@pytest.mark.law
@cases(
    two=[(200, 40), (250, 70)],
    three=[(240, 64), (300, 99), (150, 30)],
    four=[(60, 12), (300, 99), (240, 40), (333, 88)],
    four_close_ones=[(200, 50), (200, 62), (200, 40), (200, 45)],
    few_convert=[(400, 0), (400, 3)],
    one_never_converts=[(400, 0), (400, 60), (400, 85)],
    two_alike=[(400, 60), (400, 60), (400, 90)],
    nearly_all_convert=[(400, 397), (400, 400)],
    four_and_a_small_one=[(400, 160), (40, 24), (400, 130), (29, 15)],
    twelve=[(60 + 5 * i, 10 + i) for i in range(9)] + [(120, 60), (110, 40), (50, 8)],
    thousands_convert=[(2600, 1290), (2600, 1400)],
    hardly_a_difference=[(1200, 600), (1300, 651)],
)
def test_the_bar_of_significance_is_where_the_statement_puts_it(arms: list[tuple[int, int]]) -> None:
    hold_winner(*arms)


@pytest.mark.law
def test_a_conversion_counts_once_for_the_winner_too() -> None:
    arms = {"a": Arm(200, 60), "b": Arm(200, 66)}
    framework = staffed(arms)
    users = users_of(arms)
    log_all(framework, users["a"][:60] * 2, "trial", "conversion")
    check.equal(
        framework.determine_winner("trial"),
        None,
        asked="determine_winner of a: 60 of 200 users converted, three times each, and b: 66 of 200, once each",
        mistakes={"conversions are counted instead of users who converted: use the conversion rate": "a"},
    )
    log_all(framework, users["b"], "trial", "conversion")
    check.equal(
        framework.determine_winner("trial"),
        "b",
        asked="determine_winner, asked again after all 200 users of b have converted",
        mistakes={"an earlier answer is kept: events came since": None},
    )
    check.equal(
        framework.determine_winner("trial", alpha=1e-60),
        None,
        asked="determine_winner with alpha = 1e-60, asked after it was 'b' with alpha = 0.05",
        mistakes={"an earlier answer is kept: alpha is another one": "b"},
    )


# --- edge: who may be assigned, and when -----------------------------------------------------------------------------


def hold_users(framework: Any, users: int, *, after: str, mistake: str = "") -> None:
    """Hold the number of users in the experiment "button"."""
    __tracebackhide__ = True
    got = sum(part["users"] for part in framework.calculate_metrics("button").values())
    asked = f"the users of all variants in calculate_metrics, after {after}"
    mistake = mistake or "a call that fails changes nothing: check first, then record"
    check.true(got == users, asked=asked, came=got, expected=str(users), mistake=mistake)


@pytest.mark.edge
@pytest.mark.parametrize("end", [END, None], ids=["with an end", "without"])
@pytest.mark.parametrize("now", [START, START + TICK, END - TICK, END], ids=["start", "first", "last", "end"])
def test_both_ends_of_an_experiment_belong_to_it(now: datetime, end: datetime | None) -> None:
    framework = running(clock=clock_at(now), end=end)
    when = f" at {now}, in an experiment from {START} to {end}"
    got = taken(framework, "assign_user_to_variant", "ada", "button", when=when, because="both ends are included")
    check.equal(got.assigned_at, now, asked=f"assigned_at, when the clock says {now}")


@pytest.mark.edge
@pytest.mark.parametrize("now", [START - timedelta(days=400), START - TICK, END + TICK, END + timedelta(days=400)])
def test_nobody_is_assigned_before_the_start_or_after_the_end(now: datetime) -> None:
    clock = clock_at(now)
    framework = running(clock=clock, end=END)
    because = "it has not begun" if now < START else "it is over"
    when = f" at {now}, in an experiment from {START} to {END}"
    hint = "ask the clock at each call, and compare what it says with both dates, to the microsecond"
    refused(framework, "assign_user_to_variant", "ada", "button", when=when, because=because, hint=hint)
    hold_users(framework, 0, after="a refused assignment")
    clock.now = START
    asked = "assigned_at of who was refused before, and comes again at the start"
    got = taken(framework, "assign_user_to_variant", "ada", "button", when=" at the start", because="it runs now")
    check.equal(got.assigned_at, START, asked=asked, hint=hint)
    hold_users(framework, 1, after="an assignment", mistake="an earlier report is kept: users came since")


@pytest.mark.edge
@pytest.mark.parametrize(("microseconds", "runs"), [(1, False), (2, True), (5, True), (6, False)])
def test_dates_are_compared_to_the_microsecond(microseconds: int, *, runs: bool) -> None:
    start, end, now = (START + n * TICK for n in (2, 5, microseconds))
    framework = framework_of({"button": HALVES}, clock_at(now), start, end)
    when = f" at {now.time()}, in an experiment from {start.time()} to {end.time()}"
    if runs:
        because = "both ends are included"
        taken(framework, "assign_user_to_variant", "ada", "button", when=when, because=because)
    else:
        because = "it has not begun" if now < start else "it is over"
        hint = "compare the dates as they are, to the microsecond"
        refused(framework, "assign_user_to_variant", "ada", "button", when=when, because=because, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("zone", [None, UTC, SUMMER], ids=["naive", "UTC", "+02:00"])
def test_an_assignment_has_the_time_of_the_clock_as_it_is(zone: timezone | None) -> None:
    now = datetime(2024, 10, 27, 2, 30, 15, 123456, tzinfo=zone, fold=1)
    framework = framework_of({"button": HALVES}, clock_at(now), now)
    got = framework.assign_user_to_variant("ada", "button").assigned_at
    check.equal(
        (str(got), got.fold),
        (str(now), 1),
        asked=f"assigned_at and its fold, when the clock says {now}, for the second time that night (fold=1)",
        mistakes={"fold is lost, which tells an hour from the one after it: keep the time as it is": (str(now), 0)},
        hint="what the clock says, as it is",
    )


@pytest.mark.edge
def test_the_clock_is_asked_once_for_an_assignment() -> None:
    framework = running(clock=clock_at(END, TICK), end=END)
    when = ", when the clock says the very end_date, and would say a microsecond more if it were asked again"
    got = taken(framework, "assign_user_to_variant", "ada", "button", when=when, because="the end is included")
    check.equal(
        got.assigned_at,
        END,
        asked=f"assigned_at{when}",
        mistakes={"the clock is asked twice: check and record the same instant": END + TICK},
    )


@pytest.mark.edge
def test_the_first_and_the_last_instant_there_are_may_be_the_dates() -> None:
    for zone in (None, UTC):
        start, end = datetime.min.replace(tzinfo=zone), datetime.max.replace(tzinfo=zone)
        for now in (start, START.replace(tzinfo=zone), end):
            framework = kata.ABTestingFramework(clock_at(now))
            framework.create_experiment(
                check.accepts(
                    lambda s=start, e=end: kata.Experiment("button", HALVES, s, e),  # type: ignore[misc]
                    asked=f"Experiment from {start} to {end}",
                    because="the end is not before the start",
                )
            )
            when = f" at {now}, in an experiment from {start} to {end}"
            because = "both are dates like others, compared as they are, without arithmetic or timestamps"
            taken(framework, "assign_user_to_variant", "ada", "button", when=when, because=because)


@pytest.mark.edge
@pytest.mark.parametrize(("minutes", "runs"), [(-1, False), (0, True), (60, True), (61, False)])
def test_dates_with_time_zones_are_compared_as_instants(minutes: int, *, runs: bool) -> None:
    start = datetime(2024, 3, 1, 9, tzinfo=SUMMER)
    now = datetime(2024, 3, 1, 7, tzinfo=UTC) + timedelta(minutes=minutes)
    framework = kata.ABTestingFramework(clock_at(now))
    framework.create_experiment(kata.Experiment("button", HALVES, start, start + timedelta(hours=1)))
    hold: Callable[..., Any] = (
        taken if runs else partial(refused, hint="compare datetimes as they are, with their time zones")
    )
    when = f" at {now.time()} UTC, in an experiment from 09:00+02:00 to 10:00+02:00"
    got = hold(framework, "assign_user_to_variant", "ada", "button", when=when, because="09:00+02:00 is 07:00 UTC")
    if runs:
        check.equal(str(got.assigned_at), str(now), asked=f"assigned_at{when}", hint="what the clock says, as it is")
        framework = kata.ABTestingFramework(clock_at(start))
        framework.create_experiment(kata.Experiment("button", HALVES, start))
        check.equal(
            str(framework.assign_user_to_variant("ada", "button").assigned_at),
            str(start),
            asked="assigned_at, when the clock says 09:00+02:00",
            mistakes={"the time is put into another zone: keep it as the clock says it": str(start.astimezone(UTC))},
        )


@pytest.mark.edge
@pytest.mark.parametrize("zone", [None, UTC], ids=["naive", "aware"])
def test_an_experiment_without_an_end_goes_on(zone: timezone | None) -> None:
    start, now = START.replace(tzinfo=zone), datetime(2099, 12, 31, tzinfo=zone)
    framework = kata.ABTestingFramework(clock_at(now))
    framework.create_experiment(kata.Experiment("button", HALVES, start))
    when = f" on {now}, in an experiment from {start} on"
    taken(framework, "assign_user_to_variant", "ada", "button", when=when, because="without end_date there is no end")


@pytest.mark.edge
def test_the_clock_is_the_machine_s_unless_another_is_given() -> None:
    framework = kata.ABTestingFramework()
    framework.create_experiment(kata.Experiment("button", HALVES, datetime(2000, 1, 1)))
    got = framework.assign_user_to_variant("ada", "button").assigned_at
    check.true(
        isinstance(got, datetime) and abs(got - datetime.now()) < timedelta(hours=12),
        asked="assigned_at of ABTestingFramework() without a clock",
        came=str(got),
        expected="what datetime.now says",
    )
    assign_all(framework, users_like(FAMILIES[0], 2_000), "button")
    check.true(
        framework.assign_user_to_variant("bob", "button").assigned_at != got,
        asked="assigned_at of another user, 2000 users later, without a clock",
        came=str(got),
        expected="a later time",
        mistake="the clock stands still: ask datetime.now at each call",
    )
    for zone in ("AAA-9", "BBB+9"):
        now, got = now_abroad(zone)
        check.true(
            got.tzinfo is None and abs(got - now) < timedelta(hours=1),
            asked=f"assigned_at, without a clock, on a machine whose TZ is {zone}, when datetime.now() says {now}",
            came=str(got),
            expected="what datetime.now says",
            mistake="the time is that of another zone, such as UTC: the default is datetime.now",
        )


@pytest.mark.edge
@pytest.mark.parametrize("status", ["paused", "completed", "draft", "running", "inactive", "Active", "active ", ""])
def test_only_an_active_experiment_takes_users(status: str) -> None:
    framework = kata.ABTestingFramework(visitors.noon)
    experiment = kata.Experiment("button", HALVES, START, None, status)
    framework.create_experiment(experiment)
    hint = "only the status 'active' lets new users in"
    refused(framework, "assign_user_to_variant", "ada", "button", because=f"its status is {status!r}", hint=hint)
    hold_users(framework, 0, after="a refused assignment")
    experiment.status = "active"
    hint = "keep the Experiment object itself, not a copy, and look at its status each time"
    because = f"its status is active now, no longer {status!r}"
    taken(framework, "assign_user_to_variant", "ada", "button", because=because)
    experiment.status = status
    because = f"its status has become {status!r}"
    refused(framework, "assign_user_to_variant", "bob", "button", because=because, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("closed", ["paused", "over", "not begun"])
def test_assignments_that_exist_stand(closed: str) -> None:
    clock = clock_at(START)
    framework = kata.ABTestingFramework(clock)
    experiment = kata.Experiment("button", {"a": 1.0}, START, END)
    framework.create_experiment(experiment)
    first = fields(framework.assign_user_to_variant("ada", "button"))
    if closed == "paused":
        experiment.status = "paused"
    clock.now = {"paused": START, "over": END + TICK, "not begun": START - TICK}[closed]
    stands = f"ada was assigned before, and now the experiment is {closed}"
    again = taken(framework, "assign_user_to_variant", "ada", "button", because=stands)
    check.equal(fields(again), first, asked=f"the assignment of ada, when the experiment is {closed}")
    taken(framework, "log_event", "ada", "button", "conversion", because=stands)
    check.equal(
        framework.calculate_metrics("button"),
        report("a", {"ada": "a"}, [Event("ada", "conversion", 1.0)]),
        asked=f"calculate_metrics after one conversion in an experiment that is {closed}",
    )


@pytest.mark.edge
def test_an_assignment_is_recorded_once() -> None:
    clock = clock_at(START)
    framework = running(clock=clock)
    first = fields(framework.assign_user_to_variant("ada", "button"))
    assign_all(framework, users_like(FAMILIES[0], 3_000), "button")
    clock.now = START + timedelta(days=1)
    check.equal(
        fields(framework.assign_user_to_variant("ada", "button")),
        first,
        asked="the second assignment of ada, a day and 3000 users later",
        mistakes={"the time of the latest call: assigned_at is that of the first": {**first, "assigned_at": clock.now}},
    )
    after = "two calls for ada, and one for each of 3000 others"
    hold_users(framework, 3_001, after=after, mistake="a user who comes again is counted again")


@pytest.mark.edge
def test_a_user_may_be_in_many_experiments() -> None:
    framework = kata.ABTestingFramework(visitors.noon)
    names = ["button", "banner", "footer"]
    for name in names:
        framework.create_experiment(kata.Experiment(name, {f"{name} as it is": 1.0}, START))
    for name in [*names, *names]:
        got = framework.assign_user_to_variant("ada", name)
        check.equal(
            (got.experiment_name, got.variant),
            (name, f"{name} as it is"),
            asked=call("assign_user_to_variant", "ada", name),
            hint="keep assignments by experiment and user: a user has one in each experiment",
        )


@pytest.mark.edge
def test_assignments_are_told_apart_by_the_pair_of_names() -> None:
    names, visits = ["exp"], []
    for mark in ("", *MARKS, *ODD_MARKS):
        for user, other in ((f"1{mark}ada", f"exp{mark}1"), (f"ada{mark}1", f"1{mark}exp")):
            names.append(other)
            visits += [(user, "exp"), ("ada", other)]
    framework = self_named(names)
    because = "no other experiment has that name, and both names count as they are"
    came = ask(framework, [step("assign_user_to_variant", *visit, because=because) for visit in visits])
    for (user, name), got in zip(visits, came, strict=True):
        check.equal(
            got,
            record(user, name, f"{name} as it is", visitors.noon()),
            asked=call("assign_user_to_variant", user, name) + ", among assignments of other pairs",
            hint="keep assignments by the tuple (experiment, user): names joined to one string collide",
        )


@pytest.mark.edge
def test_random_generators_of_everybody_stay_untouched() -> None:
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    steps = []
    for user in users_like("user-{}", 100):
        steps += 2 * [step("assign_user_to_variant", user, "button", because="the experiment runs")]
        steps.append(step("log_event", user, "button", "conversion", because="the user is assigned"))
    steps += [step(method, "button", because="it exists") for method in ("calculate_metrics", "determine_winner")]
    ask(running(), steps)
    asked = "the next number of {}, after assignments, events, metrics and a winner"
    got = (random.random(), float(np.random.random()))  # noqa: NPY002
    want = (random.Random(7).random(), float(np.random.RandomState(7).random()))
    hint = "a generator of your own, random.Random(...), leaves that of everybody else alone"
    check.equal(got[0], want[0], asked=asked.format("random.random()"), hint=hint)
    check.equal(got[1], want[1], asked=asked.format("numpy.random.random()"), hint=hint)


# --- edge: experiments -----------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(
    ("shares", "because"),
    [
        ({}, "there are no variants"),
        ({"a": 0.5, "b": 0.4}, "the shares sum to 0.9"),
        ({"a": 0.5, "b": 0.6}, "the shares sum to 1.1"),
        ({"a": 50, "b": 50}, "the shares sum to 100"),
        ({"a": 0.5, "b": 0.4999}, "the shares sum to 0.9999"),
        ({"a": 0.5, "b": 0.499998}, "the shares sum to 0.999998"),
        ({"a": 0.5, "b": 0.500002}, "the shares sum to 1.000002"),
        ({"a": 0.0, "b": 0.0}, "the shares sum to 0"),
        ({"a": 1.25, "b": -0.25}, "a share is negative"),
        ({"a": -0.5, "b": 0.75, "c": 0.75}, "a share is negative"),
        ({"a": 0.5, "b": 0.5001, "c": -0.0001}, "a share is negative"),
        ({"a": 0.5, "b": 0.5, "c": -1e-9}, "a share is negative"),
        ({"a": 0.5, "b": 0.3, "c": 0.1}, "the shares sum to 0.9"),
        ({"a": math.nan, "b": 1.0}, "a share is NaN, which is neither less than 0 nor any other number"),
        ({"a": 0.5, "b": 0.5, "c": math.nan}, "a share is NaN, which is neither less than 0 nor any other number"),
    ],
)
def test_shares_that_are_no_split_are_an_error(shares: dict[str, float], because: str) -> None:
    framework = kata.ABTestingFramework(visitors.noon)
    check.raises(
        ValueError,
        lambda: framework.create_experiment(kata.Experiment("button", shares, START)),
        asked=f"create_experiment with variants={shares}",
        because=because,
        hint="check each share, and their sum",
    )
    because, hint = "the experiment was refused", "a call that fails changes nothing"
    refused(framework, "calculate_metrics", "button", error=KeyError, because=because, hint=hint)
    check.accepts(
        lambda: framework.create_experiment(kata.Experiment("button", HALVES, START)),
        asked=f"create_experiment with variants={HALVES}, after one of that name with variants={shares} was refused",
        because="a call that fails changes nothing, so the name is free",
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    "shares",
    [
        dict.fromkeys("abcdefghij", 0.1),
        {"a": 0.7, "b": 0.2, "c": 0.1},
        {"a": 0.3333333, "b": 0.3333333, "c": 0.3333333},
        {"a": 0.5, "b": 0.4999992},
        {"a": 0.5, "b": 0.5000008},
        {"a": 1, "b": 0},
        {"a": 1.0},
        {"a": 1.0000005},
    ],
)
def test_rounding_of_shares_is_no_error(shares: dict[str, float]) -> None:
    framework = check.accepts(
        partial(running, shares),
        asked=f"create_experiment with variants={shares}",
        because="they sum to 1, except for rounding",
    )
    for got in assign_all(framework, users_like(FAMILIES[0], 50), "button"):
        check.true(bool(shares.get(got)), asked=f"a variant of {shares}", came=got, expected="one with a share above 0")


@pytest.mark.edge
def test_an_end_before_the_start_is_an_error() -> None:
    framework = kata.ABTestingFramework(clock_at(START))
    check.raises(
        ValueError,
        lambda: framework.create_experiment(kata.Experiment("button", HALVES, START, START - TICK)),
        asked="create_experiment with an end_date a microsecond before start_date",
        because="it would end before it starts",
        hint="compare end_date with start_date when the experiment is created",
    )
    late = START + 3 * TICK
    check.raises(
        ValueError,
        lambda: framework.create_experiment(kata.Experiment("footer", HALVES, late, late - TICK)),
        asked="create_experiment with an end_date a microsecond before start_date, in the same second",
        because="it would end before it starts",
        hint="compare the dates as they are, to the microsecond",
    )
    check.accepts(
        lambda: framework.create_experiment(kata.Experiment("banner", HALVES, START, START)),
        asked="create_experiment with end_date equal to start_date",
        because="the end is not before the start",
    )


@pytest.mark.edge
def test_start_and_end_with_time_zones_are_compared_as_instants() -> None:
    nine, half_past = datetime(2024, 3, 1, 9, tzinfo=SUMMER), datetime(2024, 3, 1, 7, 30, tzinfo=UTC)
    framework = kata.ABTestingFramework(clock_at(nine))
    check.accepts(
        lambda: framework.create_experiment(kata.Experiment("button", HALVES, nine, half_past)),
        asked="create_experiment from 09:00+02:00 to 07:30 UTC",
        because="09:00+02:00 is 07:00 UTC, so the end is not before the start, whatever clocks on walls say",
    )
    check.raises(
        ValueError,
        lambda: framework.create_experiment(kata.Experiment("banner", HALVES, half_past, nine)),
        asked="create_experiment from 07:30 UTC to 09:00+02:00",
        because="09:00+02:00 is 07:00 UTC, before the start, whatever clocks on walls say",
        hint="compare datetimes as they are, with their time zones",
    )


@pytest.mark.edge
@pytest.mark.parametrize("second", ["another", "paused", "the same again", "an equal one"])
@pytest.mark.parametrize("first", ["running", "paused", "over", "without users"])
def test_a_name_that_is_taken_is_an_error_and_changes_nothing(first: str, second: str) -> None:
    clock = clock_at(START)
    framework = kata.ABTestingFramework(clock)
    experiment = kata.Experiment("button", {"a": 1.0}, START, END)
    framework.create_experiment(experiment)
    users = [] if first == "without users" else ["ada"]
    assign_all(framework, users, "button")
    again = {
        "another": kata.Experiment("button", {"x": 1.0}, START),
        "paused": kata.Experiment("button", {"a": 1.0}, START, END, "paused"),
        "the same again": experiment,
        "an equal one": kata.Experiment("button", {"a": 1.0}, START, END),
    }[second]
    experiment.status = "paused" if first == "paused" else "active"
    clock.now = END + TICK if first == "over" else START
    check.raises(
        ValueError,
        lambda: framework.create_experiment(again),
        asked=f"create_experiment with a name that is taken ({second}), when the first experiment is {first}",
        because="the name is taken",
        hint="two experiments of one name cannot be told apart: refuse the second",
    )
    check.equal(
        framework.calculate_metrics("button"),
        report("a", dict.fromkeys(users, "a"), []),
        asked="calculate_metrics of the first experiment, after another of the same name was refused",
        hint="a call that fails changes nothing: check first, then record",
    )
    experiment.status, clock.now = "active", END
    because = "the experiment that had the name first is active, and goes on as it was"
    when = ", after another experiment of that name was refused"
    for user in users:
        stands = f"{user} was assigned before, and the experiment goes on as it was"
        taken(framework, "log_event", user, "button", "click", because=stands, when=when)
        kept = framework.assign_user_to_variant(user, "button")
        hint = "a call that fails changes nothing: assignments stand"
        check.equal(
            fields(kept), record(user, "button", "a", START), asked=f"the assignment of {user}{when}", hint=hint
        )
    got = taken(framework, "assign_user_to_variant", "bob", "button", because=because, when=when)
    check.equal(got.variant, "a", asked="the variant of the next user")


@pytest.mark.edge
def test_the_experiment_is_only_read() -> None:
    clock = clock_at(START)
    framework = kata.ABTestingFramework(clock)
    shares = {"off": 0.0, "a": 0.4999998, "b": 0.5}
    experiment = kata.Experiment("button", shares, START)
    framework.create_experiment(experiment)
    assign_all(framework, users_like(FAMILIES[0], 60), "button")
    framework.log_event(FAMILIES[0].format(0), "button", "conversion")
    framework.calculate_metrics("button")
    framework.determine_winner("button")
    plain = ("name", "start_date", "end_date", "status")
    check.equal(
        {**{name: getattr(experiment, name) for name in plain}, "variants": dict(experiment.variants)},
        {"name": "button", "start_date": START, "end_date": None, "status": "active", "variants": dict(shares)},
        asked="the fields of an Experiment after assignments, an event, metrics and a winner",
        hint="the object is the caller's: read it, and keep what you compute elsewhere",
    )
    check.equal(
        shares,
        {"off": 0.0, "a": 0.4999998, "b": 0.5},
        asked="the dict of shares after the same",
        hint="the dict is the caller's: work with a copy of it",
    )


@pytest.mark.edge
def test_the_shares_are_those_at_creation() -> None:
    users = users_like(FAMILIES[0], 200)
    split = {"a": 0.4999998, "b": 0.5}
    shares = dict(split)
    framework = kata.ABTestingFramework(visitors.noon)
    with check.untouched(asked="create_experiment", variants=shares):
        framework.create_experiment(kata.Experiment("button", shares, START))
    shares.clear()
    shares["new"] = 1.0
    mistake = "the caller's dict is read again: work with a copy of the shares"
    when = ", after the caller has changed the dict of shares"
    assign = partial(step, "assign_user_to_variant", because="the shares are those at creation", when=when)
    variants = [got["variant"] for got in ask(framework, [assign(user, "button") for user in users])]
    want = variants_of(users, "button", split)
    hold_alike(variants, want, asked=f"the variants of 200 users{when}", mistake=mistake)
    got = sorted(framework.calculate_metrics("button"))
    check.equal(got, ["a", "b"], asked=f"the variants in calculate_metrics{when}", mistakes={mistake: ["new"]})
    log_all(
        framework, [user for user, variant in zip(users, want, strict=True) if variant == "b"], "button", "conversion"
    )
    winner = taken(framework, "determine_winner", "button", because="the shares are those at creation", when=when)
    check.equal(winner, "b", asked=f"determine_winner{when}; all users of b converted", mistakes={mistake: None})


# --- edge: events, metrics, winners ----------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("assign_user_to_variant", ("ada", "bottom")),
        ("log_event", ("ada", "bottom", "conversion")),
        ("calculate_metrics", ("bottom",)),
        ("determine_winner", ("bottom",)),
    ],
)
def test_an_unknown_experiment_is_a_key_error(method: str, args: tuple[str, ...]) -> None:
    framework = running()
    framework.assign_user_to_variant("ada", "button")
    hint = "do not answer for what does not exist"
    for name in (" button", "button ", "Button", "butto", "button\0", ""):
        alike = [name if arg == "bottom" else arg for arg in args]
        because = "names count as they are, and there is no experiment of this one"
        refused(framework, method, *alike, error=KeyError, because=because, hint=hint)
    refused(framework, method, *args, error=KeyError, because="there is no such experiment", hint=hint)
    refused(framework, method, *args, error=KeyError, because="there is still no such experiment", hint=hint)
    check.accepts(
        lambda: framework.create_experiment(kata.Experiment("bottom", HALVES, START)),
        asked=f"create_experiment of 'bottom', after {call(method, *args)} was refused",
        because="a call that fails changes nothing, so the name is free",
    )


@pytest.mark.edge
def test_events_of_users_who_are_not_assigned_are_an_error() -> None:
    framework = running()
    framework.create_experiment(kata.Experiment("banner", HALVES, START))
    framework.assign_user_to_variant("ada", "banner")
    for user, because in (("bob", "bob is assigned nowhere"), ("ada", "ada is assigned in another experiment only")):
        event = (user, "button", "conversion")
        refused(framework, "log_event", *event, error=KeyError, because=because, hint=NO_STRANGERS)
    check.equal(
        framework.calculate_metrics("button"),
        report("ab", {}, []),
        asked="calculate_metrics after events of users who are not assigned",
        hint="a call that fails changes nothing",
    )
    homes = {user: str(framework.assign_user_to_variant(user, "button").variant) for user in ("bob", "ada")}
    late = [Event(user, "conversion", 1.0) for user in homes]
    check.equal(
        framework.calculate_metrics("button"),
        report("ab", homes, []),
        asked="calculate_metrics after events of users who were not assigned then, and are now",
        mistakes={
            "events that were refused are kept for later: they are not recorded at all": report("ab", homes, late)
        },
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    "kind",
    [
        "Conversion",
        "conversions",
        "conversion ",
        "conversion\0",
        "pre-conversion",
        "_conversion",
        "purchase",
        "events",
        "",
    ],
)
def test_only_events_of_the_very_type_conversion_convert(kind: str) -> None:
    framework = running({"a": 1.0})
    for user in ("ada", "bob"):
        framework.assign_user_to_variant(user, "button")
    framework.log_event("ada", "button", "conversion", 2.0)
    taken(framework, "log_event", "bob", "button", kind, 3.0, because="any string is an event type")
    log = [Event("ada", "conversion", 2.0), Event("bob", kind, 3.0)]
    assigned = {"ada": "a", "bob": "a"}
    alike = report("a", assigned, log, converts=lambda _: True)
    check.equal(
        framework.calculate_metrics("button"),
        report("a", assigned, log),
        asked=f"calculate_metrics after an event of type 'conversion' by ada, and one of type {kind!r} by bob",
        mistakes={f"{kind!r} is taken for a conversion: compare the whole type, as it is": alike},
        hint="event types are kept as they are",
    )


@pytest.mark.edge
def test_events_are_told_apart_by_variant_and_type() -> None:
    marks = ("", *MARKS)
    shares = {name: 1 / (len(marks) + 1) for name in ("a", *(f"a{mark}b" for mark in marks))}
    framework = running(shares)
    users = users_like(FAMILIES[0], 2_500)
    assigned = dict(zip(users, assign_all(framework, users, "button"), strict=True))
    log = []
    for user, variant in assigned.items():
        kinds = [f"b{mark}c" for mark in marks] if variant == "a" else ["c"]
        log += [Event(user, kind, 1.0) for kind in kinds]
    few = {variant: user for user, variant in assigned.items()}
    log = [event for event in log if event.user in few.values()]
    because = "any string is an event type"
    steps = [step("log_event", user, "button", kind, value, because=because) for user, kind, value in log]
    *_, got = ask(framework, [*steps, step("calculate_metrics", "button", because="there is such an experiment")])
    want = report(shares, assigned, log)
    for variant in shares:
        check.equal(
            got[variant],
            want[variant],
            asked=f"calculate_metrics of variant {variant!r}, among others whose names and event types look alike when joined",
            hint="count events by variant and by type: the two joined to one string collide",
        )


@pytest.mark.edge
def test_any_string_is_a_variant() -> None:
    names = ["", "a", "A", " a", "a\0", "a\0\0", "\u00e4", "a\u0308", "users", "None"]
    shares = dict.fromkeys(names, 1 / len(names))
    users = users_like(FAMILIES[0], 1_000)
    homes = variants_of(users, "button", shares)
    hint = "names of variants count as they are"
    check.equal(sorted(set(homes)), sorted(names), asked=f"the variants of 1000 users, with shares {shares}", hint=hint)
    for best in ("", "a\0"):
        framework = running(shares)
        assign_all(framework, users, "button")
        check.equal(
            {name: part["users"] for name, part in framework.calculate_metrics("button").items()},
            {name: homes.count(name) for name in names},
            asked=f"the users in calculate_metrics, with variants {names}",
            hint=hint,
        )
        log_all(
            framework, [user for user, home in zip(users, homes, strict=True) if home == best], "button", "conversion"
        )
        check.equal(
            framework.determine_winner("button"),
            best,
            asked=f"determine_winner, with variants {names}, after all users of {best!r} have converted",
            hint=hint,
        )


@pytest.mark.edge
@pytest.mark.parametrize("value", [-3.5, 0.0, 1e300, 5e-324, math.inf, -math.inf, math.nan, 2**60])
def test_a_value_may_be_any_number(value: float) -> None:
    framework = running({"a": 1.0})
    framework.assign_user_to_variant("ada", "button")
    log = []
    for times in ("one conversion", "two conversions"):
        because = "a value is any number, and does not decide whether the event counts"
        taken(framework, "log_event", "ada", "button", "conversion", value, because=because)
        log.append(Event("ada", "conversion", value))
        check.equal(
            framework.calculate_metrics("button"),
            report("a", {"ada": "a"}, log),
            asked=f"calculate_metrics after {times} of value {value}",
            hint="a value is added as it is, and does not decide whether the event counts",
        )
    framework.log_event("ada", "button", "conversion", -value)
    log.append(Event("ada", "conversion", -value))
    check.equal(
        taken(framework, "calculate_metrics", "button", because=f"{value} and {-value} have a sum, were it NaN"),
        report("a", {"ada": "a"}, log),
        asked=f"calculate_metrics after two conversions of value {value}, and one of {-value}",
    )


@pytest.mark.edge
def test_arguments_may_be_given_by_name() -> None:
    framework = kata.ABTestingFramework(clock=visitors.noon)
    experiment = kata.Experiment(name="button", variants={"a": 1.0}, start_date=START, end_date=END, status="active")
    because = "these are the names of its arguments"
    taken(framework, "create_experiment", experiment=experiment, because=because)
    pair = {"user_id": "ada", "experiment_name": "button"}
    taken(framework, "assign_user_to_variant", because=because, **pair)
    taken(framework, "log_event", because=because, **pair, event_type="conversion", value=2.0)
    got = taken(framework, "calculate_metrics", because=because, experiment_name="button")
    want = report("a", {"ada": "a"}, [Event("ada", "conversion", 2.0)])
    check.equal(got, want, asked="calculate_metrics after calls with arguments by name")
    ask = partial(taken, framework, "determine_winner", because=because)
    ask(experiment_name="button", metric="conversion_rate", alpha=0.05)


@pytest.mark.edge
def test_an_event_is_worth_one_unless_a_value_is_given() -> None:
    framework = running({"a": 1.0})
    framework.assign_user_to_variant("ada", "button")
    framework.log_event("ada", "button", "click")
    framework.log_event("ada", "button", "click", value=0.0)
    framework.log_event("ada", "button", "conversion", value=0)
    log = [Event("ada", "click", 1.0), Event("ada", "click", 0.0), Event("ada", "conversion", 0.0)]
    check.equal(
        framework.calculate_metrics("button"),
        report("a", {"ada": "a"}, log),
        asked="calculate_metrics after a click without value, a click of 0 and a conversion of 0",
        mistakes={
            **report_mistakes("a", {"ada": "a"}, log),
            "a value of 0 is taken for no value: compare with None, or let the default be 1.0": lambda: report(
                "a", {"ada": "a"}, [event._replace(value=1.0) for event in log]
            ),
        },
    )


@pytest.mark.edge
def test_an_experiment_without_users_has_a_rate_of_zero_and_no_winner() -> None:
    framework = running()
    got = taken(framework, "calculate_metrics", "button", because="no users is no error")
    check.equal(got, report("ab", {}, []), asked="calculate_metrics of an experiment without users")
    winner = taken(framework, "determine_winner", "button", because="no users is no error")
    check.equal(winner, None, asked="determine_winner of an experiment without users")


@pytest.mark.edge
def test_metrics_are_the_caller_s_to_keep() -> None:
    framework = running({"a": 1.0})
    framework.assign_user_to_variant("ada", "button")
    framework.log_event("ada", "button", "conversion", 2.0)
    want = report("a", {"ada": "a"}, [Event("ada", "conversion", 2.0)])
    got = framework.calculate_metrics("button")
    kept = framework.calculate_metrics("button")
    came, hint = f"a {type(got).__name__}", "dict(...) makes a plain one, which invents no entries when it is read"
    check.true(
        type(got) is dict, asked="the type of what calculate_metrics returns", came=came, expected="a dict", hint=hint
    )
    got["a"]["events"]["conversion"] = 99
    got["a"]["values"].clear()
    got["a"]["users"] = 99
    got["b"] = {}
    asked = "calculate_metrics, after the caller has changed an earlier result"
    mistake = "what was returned is the framework's own dict: return new ones, on each level"
    after = framework.calculate_metrics("button")
    check.true(check.is_equal(after, want), asked=asked, came=after, expected=check.show(want), mistake=mistake)
    framework.log_event("ada", "button", "click")
    asked = "an earlier result of calculate_metrics, after one more event"
    check.true(check.is_equal(kept, want), asked=asked, came=kept, expected=check.show(want), mistake=mistake)


@pytest.mark.edge
@cases(nobody=[(50, 0), (60, 0)], everybody=[(50, 50), (60, 60), (40, 40)], one_variant=[(60, 50)])
def test_where_nothing_differs_nobody_wins(arms: list[tuple[int, int]]) -> None:
    hold_winner(*arms)


@pytest.mark.edge
@cases(
    with_29_users=[(29, 0), (400, 200)],
    with_30_users=[(30, 0), (30, 20)],
    a_small_best=[(300, 60), (29, 29), (300, 100)],
    an_empty_one=[(300, 60), (0, 0), (300, 84)],
    two_small_ones=[(400, 100), (29, 3), (400, 139), (12, 4)],
)
def test_variants_with_fewer_than_thirty_users_do_not_take_part(arms: list[tuple[int, int]]) -> None:
    hold_winner(*arms)


@pytest.mark.edge
def test_thirty_events_are_not_thirty_users() -> None:
    arms = {"a": Arm(29, 2), "b": Arm(200, 20), "c": Arm(200, 44)}
    framework = staffed(arms)
    log_all(framework, users_of(arms)["a"] * 3, "trial", "click")
    alphas = ladder([pooled(arms["b"], arms["c"]) * m for m in (1, 2)])
    check.equal(
        [framework.determine_winner("trial", alpha=alpha) for alpha in alphas],
        answers(Reading("c", pooled(arms["b"], arms["c"])), alphas),
        asked="determine_winner of a: 29 users with 89 events, b: 20 of 200 converted, c: 44 of 200; for alpha in "
        + ", ".join(f"{alpha:.3g}" for alpha in alphas),
        mistakes={
            "events are counted instead of users: variants with fewer than 30 users do not take part": answers(
                Reading("c", pooled(arms["b"], arms["c"]) * 2), alphas
            )
        },
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    ("alpha", "z", "arms"),
    [
        (0.05, "1.96", [(72, 40), (73, 52)]),
        (0.01, "2.576", [(42, 30), (300, 260)]),
        (0.1, "1.645", [(41, 10), (41, 17)]),
    ],
)
def test_the_usual_alphas_are_as_exact_as_any(alpha: float, z: str, arms: list[tuple[int, int]]) -> None:
    one, other = (Arm(*pair) for pair in arms)
    framework = staffed({"a": one, "b": other})
    asked = f"determine_winner of a: {one.conversions} of {one.users} converted, and b: {other.conversions} of {other.users}"
    check.equal(
        framework.determine_winner("trial", alpha=alpha),
        "b",
        asked=f"{asked}; alpha = {alpha}, and p is {pooled(one, other):.6f}",
        mistakes={f"z is compared with {z} from a table, which is rounded: compare p with alpha": None},
    )


@pytest.mark.edge
def test_every_alpha_between_zero_and_one_is_taken() -> None:
    framework = staffed({"a": Arm(100, 50), "b": Arm(100, 51)})
    for alpha, winner in ((5e-324, None), (1e-300, None), (1 - 1e-12, "b"), (math.nextafter(1, 0), "b")):
        because = "it lies between 0 and 1"
        got = taken(framework, "determine_winner", "trial", alpha=alpha, because=because)
        facts = "a: 50 of 100 converted, and b: 51 of 100: p is 0.888"
        check.equal(got, winner, asked=call("determine_winner", "trial", alpha=alpha) + f"; {facts}")


@pytest.mark.edge
@cases(
    of_rivals=[(40, 10), (400, 100), (300, 102)],
    of_rivals_around=[(400, 100), (300, 102), (40, 10), (200, 20)],
    of_rivals_but_for_rounding=[(400, 100), (400, 101), (300, 115)],
    of_rivals_but_for_the_fourth_digit=[(40, 10), (1190, 298), (300, 102)],
    of_rivals_but_for_the_seventh_digit=[(925, 278), (2033, 611), (300, 114)],
    of_the_best=[(400, 120), (300, 90), (200, 20)],
    of_all=[(40, 12), (400, 120)],
)
def test_ties_are_settled_as_the_statement_says(arms: list[tuple[int, int]]) -> None:
    hold_winner(*arms)


@pytest.mark.edge
@pytest.mark.parametrize(("users", "buyers"), [(400, (0, 60)), (400, (0, 400)), (400, (60, 400)), (700, (0, 700))])
def test_the_smallest_p_values_are_told_apart(users: int, buyers: tuple[int, int]) -> None:
    few, many = (Arm(users, number) for number in buyers)
    framework = staffed({"a": few, "b": many})
    table = [[arm.conversions, users - arm.conversions] for arm in (few, many)]
    x = math.sqrt(float(chi2_contingency(table, correction=False).statistic) / 2)
    p = math.erfc(x)
    alphas = [p / 1e6, p / 1.01, p * 1.01, p * 1e6]
    facts = f"{few.conversions} of {users} users of a converted, and {many.conversions} of {users} of b: p = {p:.3g}"
    cancel = "p is what 1 - erf(x) or 1 - cdf(x) leaves of its digits, for a large x none: erfc(x) has them all"
    check.equal(
        [framework.determine_winner("trial", alpha=alpha) for alpha in alphas],
        [None, None, "b", "b"],
        asked=f"determine_winner for alpha in {', '.join(f'{alpha:.3g}' for alpha in alphas)}; {facts}",
        mistakes={
            cancel: ["b" if 1 - math.erf(x) < alpha else None for alpha in alphas],
            "p, z or alpha has a limit: the statement's have none": [None] * 4,
            "p is rounded to 0: compare it as it is": ["b"] * 4,
        },
        hint="p = erfc(|z| / sqrt(2)), to the last digits",
    )


@pytest.mark.edge
@pytest.mark.parametrize("users", [0, 100], ids=["no users", "users"])
@pytest.mark.parametrize("variants", ["a", "ab"], ids=["one variant", "two variants"])
def test_an_alpha_or_a_metric_out_of_range_is_an_error(variants: str, users: int) -> None:
    numbers = {"a": Arm(users, users // 10), "b": Arm(users, users // 2)}
    framework = staffed({name: numbers[name] for name in variants})
    ask = partial(refused, framework, "determine_winner", "trial", hint="check the arguments before anything else")
    for alpha in (0.0, 1.0, -0.05, 1.5, 5, math.nan):
        ask(alpha=alpha, because="alpha must lie between 0 and 1, both excluded")
    for metric in ("revenue", "conversions", "conversion", "users", "rate", "Conversion_Rate", "conversion_rate ", ""):
        ask(metric=metric, because="the only metric is 'conversion_rate'")


@pytest.mark.edge
def test_a_winner_may_be_named_at_any_time() -> None:
    clock = clock_at(START)
    framework = kata.ABTestingFramework(clock)
    experiment = kata.Experiment("trial", HALVES, START, END)
    framework.create_experiment(experiment)
    converts = crowd("trial", tuple(HALVES.items()), FAMILIES[0], 6_000)
    users = users_like(FAMILIES[0], 200)
    assign_all(framework, users, "trial")
    buyers = [user for i, user in enumerate(users) if converts[i] == "b" or i % 10 == 0]
    log_all(framework, buyers, "trial", "conversion")
    for now, status in (
        (START, "active"),
        (START, "paused"),
        (START - TICK, "active"),
        (END + TICK, "active"),
        (END + TICK, "completed"),
    ):
        clock.now, experiment.status = now, status
        when = f" on {now}, status {status!r}"
        got = taken(framework, "determine_winner", "trial", when=when, because="it need not have ended, nor go on")
        check.equal(got, "b", asked=f"determine_winner{when}", hint="neither clock nor status matter here")
        mistake = "naming a winner ends the experiment: that is for its owner to decide"
        check.true(
            experiment.status == status,
            asked=f"the experiment's status after determine_winner{when}",
            came=experiment.status,
            expected=repr(status),
            mistake=mistake,
        )


# --- speed -----------------------------------------------------------------------------------------------------------

SIZES = (400, 1600, 6400)


@pytest.mark.speed
def test_assigning_costs_the_same_however_many_users_there_are(growth: Grower) -> None:
    def prepare(n: int) -> Callable[[], object]:
        framework = busy(FAMILIES[0], n, "button", HALVES)
        newcomers = count(n)
        last = FAMILIES[0].format(n - 1)

        def assign() -> None:
            framework.assign_user_to_variant(last, "button")
            framework.assign_user_to_variant(FAMILIES[0].format(next(newcomers)), "button")

        return assign

    growth(
        prepare,
        SIZES,
        at_most=0.35,
        asked="assign_user_to_variant of a known and of a new user, among more and more users",
        hint="keep assignments in a dict by experiment and user, instead of searching a list",
    )


@pytest.mark.speed
def test_logging_costs_the_same_however_many_users_and_events_there_are(growth: Grower) -> None:
    def prepare(n: int) -> Callable[[], object]:
        framework = busy(FAMILIES[0], n, "button", HALVES)
        return partial(log_often, framework, FAMILIES[0].format(n - 1), "button", "conversion", 128)

    growth(
        prepare,
        SIZES,
        at_most=0.35,
        asked="128 calls of log_event, among more and more users and events",
        hint="find the user's assignment in a dict, and do not recompute what came before",
    )


@pytest.mark.speed
def test_metrics_cost_no_more_than_one_pass(growth: Grower) -> None:
    def prepare(n: int) -> Callable[[], object]:
        return partial(busy(FAMILIES[0], n, "button", HALVES).calculate_metrics, "button")

    growth(
        prepare,
        SIZES,
        at_most=1.4,
        asked="calculate_metrics, of more and more users with two events each",
        hint="go through the events once, instead of once for each user; keep users who converted in a set",
    )
