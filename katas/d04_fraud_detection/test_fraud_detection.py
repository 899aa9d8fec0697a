"""Suite of D04: decisions and their reasons against an engine that remembers everything; retries, clocks, memory, threads.

Time is a clock that the suite sets. Threads are stopped before each of their steps, so no result depends on timing.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from functools import partial
from typing import Any

import fraud_detection as kata
import numpy as np
import payments
import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments import FIELDS, START, Step

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import call
from harness.suite.concurrency import crowd, interleave
from harness.suite.speed import Grower, MemoryMeter, Task

answers, refuse = in_subject_process(payments.answers), in_subject_process(payments.refuse)
steady, pay_often = in_subject_process(payments.steady), in_subject_process(payments.pay_often)
new_desk, long_life = in_subject_process(payments.Desk), in_subject_process(payments.long_life)
BERLIN, POTSDAM, PARIS, SYDNEY, SUVA, APIA = (
    (52.52, 13.405),
    (52.39, 13.06),
    (48.8566, 2.3522),
    (-33.87, 151.21),
    (-18.14, 178.44),
    (-13.83, -171.76),
)
HOUR, DAY = 3600.0, 86_400.0


# --- an engine that remembers everything -----------------------------------------------------------------------------


def km(a: Sequence[float], b: Sequence[float], slip: str) -> float:
    """The distance of two places; `slip` is a mistake."""
    (lat_a, lon_a), (lat_b, lon_b) = a, b
    if slip == "swapped":
        (lon_a, lat_a), (lon_b, lat_b) = a, b
    if slip == "flat":
        return 111.19 * math.hypot(lat_a - lat_b, lon_a - lon_b)
    if slip == "meridians":
        return math.radians(math.hypot(lat_a - lat_b, (lon_a - lon_b) * math.cos(math.radians(lat_a)))) * 6371
    rad = (lambda x: x) if slip == "degrees" else math.radians
    half = math.sin(rad(lat_a - lat_b) / 2) ** 2
    half += math.cos(rad(lat_a)) * math.cos(rad(lat_b)) * math.sin(rad(lon_a - lon_b) / 2) ** 2
    radius = {"half": 3185.5, "miles": 3959.0}.get(slip, 6371.0)
    return 2 * radius * math.asin(math.sqrt(min(half, 1.0)))


def in_window(entry: dict[str, Any], tx: dict[str, Any], now: float, length: float, slip: str) -> bool:
    """Whether an attempt counts in a window of `length` seconds."""
    if entry["user_id"] != tx["user_id"] and slip != "all users":
        return False
    if slip == "declined do not count" and entry["action"] != "approve":
        return False
    age = abs(entry["timestamp"] - tx["timestamp"]) if slip == "by timestamps" else now - entry["now"]
    if slip == "fixed windows":
        return bool(now // length == entry["now"] // length)
    return bool(age <= length if slip == "end included" else age < length)


TAUGHT = {"all teach": ("approve", "manual_review", "decline"), "reviews teach": ("approve", "manual_review")}


def measured(tx: dict[str, Any], log: list[dict[str, Any]], now: float, slip: str) -> list[tuple[str, float, float]]:
    """Rule, value and limit, for the rules that the history is long enough for."""
    mine = [entry for entry in log if entry["user_id"] == tx["user_id"]]
    history = [entry for entry in mine if entry["action"] in TAUGHT.get(slip, ("approve",))]
    own = [] if slip == "own left out" else [tx["amount"]]
    short, long = ([e["amount"] for e in log if in_window(e, tx, now, length, slip)] + own for length in (60.0, HOUR))
    found: list[tuple[str, float, float]] = [("large_amount", tx["amount"], 500_000)]
    amounts = [entry["amount"] for entry in history] + ([tx["amount"]] if slip == "own mean" else [])
    if len(history) >= (1 if slip == "short history" else 5):
        usual = {"last": amounts[-1], "largest": max(amounts)}.get(slip, sum(amounts) / len(amounts))
        found.append(("unusual_amount", tx["amount"], 4 * usual))
    found.append(("many_transactions", len(short), 5))
    found.append(("much_money", sum(short if slip == "money by minute" else long), 1_000_000))
    if history:
        last = max(history, key=lambda e: e["timestamp"]) if slip == "latest stamp" else history[-1]
        seconds = tx["timestamp"] - last["timestamp"]
        seconds = now - last["now"] if slip == "travel by clock" else seconds if slip == "signed" else abs(seconds)
        least = 0.0 if slip == "no least" else 100.0
        found.append(("impossible_travel", km(tx["location"], last["location"], slip), max(least, seconds / 4)))
    if history or slip == "first is new":
        known = [entry["device_id"] for entry in (log if slip == "anybody's" else history)]
        used_last = list(dict.fromkeys(known if slip == "first ten" else reversed(known)))
        if slip == "by first use":
            used_last = list(dict.fromkeys(known))[::-1]
        kept = used_last[: 99 if slip == "never forgotten" else 10]
        found.append(("new_device", int(tx["device_id"] not in kept), 0))
    return found


WEIGHTS = {
    "large_amount": 20,
    "unusual_amount": 30,
    "many_transactions": 30,
    "much_money": 25,
    "impossible_travel": 50,
    "new_device": 10,
}


def decided(tx: dict[str, Any], log: list[dict[str, Any]], now: float, slip: str) -> dict[str, Any]:
    """The decision about a transaction, after those of the log."""
    rules = measured(tx, log, now, slip)
    fired = [one for one in rules if one[1] > one[2] or (slip == "at least" and one[1] == one[2] and one[1])]
    score = min(sum(WEIGHTS[rule] for rule, _, _ in fired), 100) / 100
    if slip == "float sum":
        score = 0.0
        for rule, _, _ in fired:
            score += WEIGHTS[rule] / 100
        score = min(score, 1.0)
    elif slip == "no bound":
        score = sum(WEIGHTS[rule] for rule, _, _ in fired) / 100
    elif slip == "independent":
        score = 1 - math.prod(1 - WEIGHTS[rule] / 100 for rule, _, _ in fired)
    above = operator.gt if slip == "above thresholds" else operator.ge
    level, action = next(
        (
            (level, action)
            for least, level, action in (
                (0.8, "critical", "decline"),
                (0.6, "high", "decline" if slip == "high declines" else "manual_review"),
                (0.3, "medium", "manual_review"),
            )
            if above(score, least)
        ),
        ("low", "approve"),
    )
    mine = [entry for entry in log if entry["user_id"] == tx["user_id"]]
    n = sum(entry["action"] in TAUGHT.get(slip, ("approve",)) or slip == "all are history" for entry in mine)
    return {
        "transaction_id": tx["transaction_id"],
        "risk_score": score,
        "risk_level": level,
        "action": action,
        "reasons": [
            {"rule": rule, "weight": WEIGHTS[rule] / 100, "value": value, "limit": limit}
            for rule, value, limit in (rules if slip == "all reasons" else fired)
        ],
        "confidence": score if slip == "score is confidence" else (n + 5) / (n + 10),
    }


def expected(script: Sequence[Step], slip: str = "") -> tuple[list[Any], dict[str, int]]:
    """What becomes of a script, and the counts at its end; `slip` is a mistake."""
    reading = last_reading = START
    now, retries = 0.0, 0
    log: list[dict[str, Any]] = []
    kept: dict[str, tuple[float, dict[str, Any], dict[str, Any]]] = {}
    told: list[Any] = []
    for step in script:
        if not isinstance(step, dict):
            reading += step
            continue
        tx = FIELDS | step
        moved = reading - last_reading
        now = max(now, reading - START) if slip == "stands still" else now + moved
        now += max(-moved, 0.0) if slip not in ("goes back", "stands still") else 0.0
        last_reading = reading
        name = tx["transaction_id"]
        lasts = math.inf if slip == "remembered for ever" else 60.0 if slip == "remembered a minute" else DAY
        if name in kept and now - kept[name][0] < lasts and slip != "retries are new":
            _, first, decision = kept[name]
            if first != tx and slip != "id is enough":
                told.append("ValueError")
                continue
            if slip == "retries renew":
                kept[name] = now, first, decision
            if slip == "retries are attempts":
                log.append(tx | {"now": now, "action": "retry"})
            retries += 1
            told.append(decision)
            continue
        decision = decided(tx, log, now, slip)
        kept[name] = now, tx, decision
        log.append(tx | {"now": now, "action": decision["action"]})
        told.append(decision)
    actions = [entry["action"] for entry in log if entry["action"] != "retry"]
    counts = {action: actions.count(action) for action in ("approve", "manual_review", "decline")}
    counts |= {"processed": len(actions), "retries": retries}
    counts["remembered"] = sum(now - begun < DAY for begun, _, _ in kept.values())
    counts["in_windows"] = sum(now - entry["now"] < HOUR for entry in log)
    return told, counts


SLIPS = {
    "at least": "a rule fires at its limit: only above it",
    "above thresholds": "0.3, 0.6 and 0.8 belong to the level below: a score of exactly 0.8 is declined",
    "float sum": "weights are added as floats: 0.2 + 0.5 + 0.1 is less than 0.8 then; add whole hundredths",
    "no bound": "the score is above 1: 1.0 is the most",
    "independent": "the rules are combined as independent probabilities: add the weights",
    "high declines": "scores from 0.6 are declined: a person looks at them, 0.8 is declined",
    "all reasons": "there is a reason for rules that did not fire: each reason must be true",
    "score is confidence": "the confidence is the score: it is (n + 5) / (n + 10)",
    "all are history": "the confidence counts transactions that were not approved",
    "all teach": "transactions that were not approved become part of the history",
    "reviews teach": "transactions that wait for review become part of the history",
    "own mean": "the transaction is part of the mean that it is compared with",
    "short history": "unusual_amount fires with fewer than 5 approved transactions",
    "last": "the amount is compared with the last one: with the mean of all approved ones",
    "largest": "the amount is compared with the largest one: with the mean of all approved ones",
    "own left out": "the windows leave out the present transaction",
    "all users": "the windows count transactions of all users",
    "declined do not count": "the windows count approved transactions only: attempts count, whatever was decided",
    "by timestamps": "the windows go by the timestamps: by the clock",
    "fixed windows": "the windows begin at full minutes and hours: they are the last 60 and 3600 seconds",
    "end included": "an attempt still counts when exactly 60 (3600) seconds have passed",
    "money by minute": "much_money adds the amounts of 60 seconds: of 3600",
    "travel by clock": "the hours of a journey are by the clock: by the timestamps",
    "signed": "a timestamp before the last one gives negative hours: take the absolute difference",
    "latest stamp": "the distance is from the approved transaction with the latest timestamp: from the last approved one",
    "no least": "a distance below 100 km is never impossible",
    "degrees": "sine and cosine of degrees: convert to radians",
    "flat": "distances on a flat map of degrees: use the haversine formula",
    "meridians": "distances on a map: use the haversine formula, also across 180 degrees",
    "swapped": "latitude and longitude are mixed up: location is (latitude, longitude)",
    "half": "half the distance: 2 * 6371 * asin",
    "miles": "the distance is in miles: in km",
    "first is new": "the first device of a user is called new: there is nothing yet to compare with",
    "anybody's": "a device is known because somebody else used it",
    "never forgotten": "more than the 10 devices that were used last are known",
    "first ten": "the 10 devices that were used first are known: those that were used last",
    "by first use": "devices are forgotten by their first use: by their last",
    "retries are new": "a retry is decided again, and counts: its id was decided before",
    "retries are attempts": "a retry counts in the windows",
    "retries renew": "a retry begins the 24 hours anew",
    "id is enough": "an id that was used for another transaction gets the decision about that: ValueError",
    "remembered for ever": "a decision is remembered for more than 24 hours",
    "remembered a minute": "a decision is forgotten before 24 hours have passed",
    "goes back": "time goes back with the clock: no time has passed then",
    "stands still": "after the clock went back, time stands still until it has caught up: it goes on from there",
}


def rounded(found: Any) -> Any:
    """Decisions with fractions to 6 digits: at antipodes a rounding error of a is one of metres."""
    if isinstance(found, dict):
        return {key: rounded(value) if key != "risk_score" else value for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [rounded(one) for one in found]
    if isinstance(found, bool):
        return int(found)
    is_fraction = isinstance(found, float) and not found.is_integer()
    return float(f"{found:.6g}") if is_fraction else found


def hold(script: Sequence[Step], only: Sequence[str] = tuple(SLIPS), counts: bool = False) -> None:
    """Run a script, and compare decisions (and counts) with those of the engine that remembers everything."""
    told, counted = answers(script)
    want, want_counted = expected(script)
    check.equal(len(told), len(want), asked="the number of decisions, " + story(script))
    told, want = rounded(told), rounded(want)
    for i, (got, right) in enumerate(zip(told, want, strict=True)):
        if check.is_equal(got, right):
            continue
        slips = {slip: rounded(expected(script, slip)[0]) for slip in only}
        fit = [slip for slip, one in slips.items() if check.is_equal(one, told)]
        fit = fit or [slip for slip, one in slips.items() if check.is_equal(one[: i + 1], told[: i + 1])]
        at = [j for j, step in enumerate(script) if isinstance(step, dict)][i]
        asked = f"the last decision of {story(script[: at + 1])}"
        check.equal(got, right, asked=asked, mistakes={SLIPS[slip]: got for slip in fit}, hint=RULES)
    if counts:
        check.equal(counted, want_counted, asked="stats() after " + story(script), hint=COUNTED)


RULES = "compare each value and limit with README's table"
COUNTED = "count decisions made and retries apart; what has left the windows or is 24 h old is not kept"


def story(script: Sequence[Step]) -> str:
    """A script in words, the last steps of a long one."""
    steps = [f"{step:+g} s" if not isinstance(step, dict) else ", ".join(map(str, step.values())) for step in script]
    return ("... " if len(steps) > 12 else "") + "; ".join(steps[-12:])


def pays(n: int, begin: int = 0, **fields: Any) -> list[Step]:
    """`n` payments with ids of their own."""
    return [{"transaction_id": f"p{i}", **fields} for i in range(begin, begin + n)]


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example() -> None:
    first = {"transaction_id": "t1", "amount": 2_500, "timestamp": 0.0}
    second = {
        "transaction_id": "t2",
        "amount": 600_000,
        "location": PARIS,
        "timestamp": 1800.0,
        "device_id": "pc",
    }
    told, _ = answers([first, second])
    right = {
        "transaction_id": "t1",
        "risk_score": 0.0,
        "risk_level": "low",
        "action": "approve",
        "reasons": [],
        "confidence": 0.5,
    }
    check.equal(told[0], right, asked="the decision about a first payment of 25.00", hint="no rule fires")
    hold([first, second])


@pytest.mark.example
@pytest.mark.parametrize("amount", [499_999, 500_000, 500_001])
def test_an_amount_is_large_above_its_limit(amount: int) -> None:
    hold(pays(1, amount=amount))


@pytest.mark.example
def test_an_amount_is_unusual_beside_the_mean_of_the_approved_ones() -> None:
    before = [step for i in range(4) for step in (*pays(1, i, amount=1000), 100.0)]
    for amount in (4000, 4001, 4800):
        hold([*before, *pays(1, 7, amount=amount), *pays(1, 8, amount=1000)])
        hold([*before, *pays(1, 4, amount=1000), 100.0, *pays(1, 7, amount=amount), *pays(1, 8, amount=amount)])
    uneven = [step for i in range(8) for step in (*pays(1, i, amount=1000 + 500 * i), 100.0)]
    hold([*uneven, *pays(1, 9, amount=11_001), *pays(1, 10, amount=11_000)])


@pytest.mark.example
def test_six_transactions_in_a_minute_are_many() -> None:
    hold(pays(7))
    hold([*pays(5), 59.0, *pays(1, 5), 1.0, *pays(5, 6), 30.0, *pays(3, 11, user_id="bob"), *pays(1, 14)])


@pytest.mark.example
def test_more_than_ten_thousand_in_an_hour_is_much_money() -> None:
    hold([*pays(2, amount=400_000), 1800.0, *pays(1, 2, amount=200_000), *pays(2, 3, amount=1)])
    hold([*pays(2, amount=500_000), 3599.0, *pays(1, 2, amount=1), 1.0, *pays(1, 3, amount=1)])


@pytest.mark.example
@pytest.mark.parametrize(
    ("here", "there"),
    [(BERLIN, PARIS), (BERLIN, POTSDAM), (BERLIN, SYDNEY), (SUVA, APIA), ((89.0, 0.0), (89.0, 180.0)), (PARIS, BERLIN)],
    ids=["Berlin-Paris", "Berlin-Potsdam", "Berlin-Sydney", "across 180 degrees", "over the pole", "Paris-Berlin"],
)
def test_a_journey_is_impossible_above_900_km_an_hour(here: tuple[float, float], there: tuple[float, float]) -> None:
    exact = km(here, there, "") / 900 * HOUR
    for hours_s in (0.0, exact * 0.999, exact * 1.001, 100 * HOUR):
        for before in (0.0, hours_s):
            first = {"transaction_id": "a", "location": here, "timestamp": before}
            hold([first, 200.0, {"transaction_id": "b", "location": there, "timestamp": hours_s - before}])


@pytest.mark.example
def test_scores_at_the_thresholds_belong_to_the_higher_level() -> None:
    moved = {"transaction_id": "z", "location": PARIS}
    hold([*pays(1), {**moved, "amount": 600_000, "device_id": "pc"}])
    hold([*pays(1), {**moved, "device_id": "pc"}])
    hold([*pays(1), 100.0, {"transaction_id": "z", "amount": 600_000, "device_id": "pc"}])
    hold([*pays(5), {**moved, "amount": 1_500_000, "device_id": "pc"}])


# --- laws ------------------------------------------------------------------------------------------------------------

PAYMENTS = st.fixed_dictionaries(
    {},
    optional={
        "user_id": st.sampled_from(["bob", "eve"]),
        "amount": st.sampled_from([1, 999, 4001, 300_000, 500_000, 500_001]),
        "location": st.sampled_from([POTSDAM, PARIS, SYDNEY]),
        "timestamp": st.sampled_from([600.0, 3000.0, 4200.0, 36_000.0, -3000.0]),
        "device_id": st.sampled_from(["pc", "tablet"]),
    },
)
PASSES = st.sampled_from([0.0, 1.0, 20.0, 59.0, 60.0, 3540.0, 3600.0, -30.0, -5000.0, DAY - 3600.0])


@st.composite
def scripts(draw: st.DrawFn) -> list[Step]:
    """Payments by three users, times that pass, and retries, some with another amount."""
    script: list[Step] = pays(draw(st.sampled_from([0, 5])))
    for i in range(draw(st.integers(1, 18))):
        kind = draw(st.sampled_from(["new", "new", "new", "pass", "retry"]))
        earlier = [step for step in script if isinstance(step, dict)]
        if kind == "pass":
            script.append(draw(PASSES))
        elif kind == "retry" and earlier:
            again = draw(st.sampled_from(earlier))
            script.append(draw(st.sampled_from([again, again, {**again, "amount": 77}])))
        else:
            script.append({"transaction_id": f"n{i}", **draw(PAYMENTS)})
    return script


@pytest.mark.law
@given(script=scripts())
def test_decides_as_an_engine_that_remembers_everything(script: list[Step]) -> None:
    hold(script, counts=True)


@pytest.mark.law
@given(user=st.lists(PAYMENTS, min_size=1, max_size=8), others=st.lists(PAYMENTS, max_size=8))
def test_a_user_is_judged_as_if_alone(user: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    mine = [{**fields, "transaction_id": f"m{i}", "user_id": "me"} for i, fields in enumerate(user)]
    theirs = [{**fields, "transaction_id": f"o{i}"} for i, fields in enumerate(others)]
    together = [step for i in range(8) for step in (*theirs[i : i + 1], *mine[i : i + 1])]
    told = [one for one in answers(together)[0] if isinstance(one, dict) and one["transaction_id"].startswith("m")]
    hint = "keep history and windows for each user"
    asked = "the decisions about one user, other users paying in between"
    check.equal(rounded(told), rounded(expected(mine)[0]), asked=asked, hint=hint)


# --- history, retries, time ------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_what_was_not_approved_teaches_nothing() -> None:
    declined = {"transaction_id": "x", "amount": 600_000, "location": SYDNEY, "device_id": "thief"}
    after = [*pays(1, 8, timestamp=60.0), {"transaction_id": "y", "device_id": "thief"}]
    hold([*pays(1), declined, *after])
    hold([*pays(1), {**declined, "amount": 1}, *after])
    hold([*pays(4), 100.0, *(pays(2, 20, amount=900_000)), 4000.0, *pays(1, 30), *pays(1, 31, amount=4001)])


@pytest.mark.edge
def test_attempts_count_whatever_was_decided() -> None:
    hold(pays(12, location=BERLIN, amount=600_000))
    hold([*pays(1), *pays(6, 10, location=SYDNEY), *pays(1, 20)])


@pytest.mark.edge
def test_the_ten_devices_used_last_are_known() -> None:
    use: list[Step] = []
    for i, device in enumerate([*range(10), 0, *range(10, 14), 0, 1, 5, 4, 3]):
        use += [{"transaction_id": f"d{i}", "device_id": f"device {device}"}, 100.0]
    hold(use, only=["never forgotten", "first ten", "by first use", "first is new", "all teach"])


@pytest.mark.edge
def test_a_retry_gets_the_same_decision_and_counts_nowhere() -> None:
    hold([*pays(5), *pays(5), *pays(1, 5), *pays(1, 5), *pays(1), *pays(1, 6)], counts=True)
    late = {"transaction_id": "x", "amount": 400_000}
    hold(
        [late, late, 30.0, late, {**late, "transaction_id": "y"}, 100.0, late, *pays(1, 3, amount=200_001)], counts=True
    )
    declined = {"transaction_id": "x", "amount": 600_000, "location": SYDNEY, "device_id": "pc"}
    hold([*pays(1), declined, 4000.0, declined, *pays(1, 2, location=SYDNEY, timestamp=1e6), declined], counts=True)


@pytest.mark.edge
def test_a_decision_is_remembered_for_24_hours() -> None:
    first = {"transaction_id": "x", "amount": 1000}
    for passed in (100.0, 7200.0, DAY - 1.0, DAY, 3 * DAY):
        hold([*pays(1), first, passed, first, 3600.0, first], counts=True)
        hold([first, passed, {**first, "amount": 77}], counts=True)


@pytest.mark.edge
@pytest.mark.parametrize(
    "field", [{"user_id": "bob"}, {"amount": 77}, {"location": PARIS}, {"timestamp": 5.0}, {"device_id": "pc"}], ids=str
)
def test_an_id_with_other_fields_is_an_error_and_changes_nothing(field: dict[str, Any]) -> None:
    fields = FIELDS | {"transaction_id": "x"}
    hold([fields, {**fields, **field}, fields, *pays(5)], counts=True)


@pytest.mark.edge
@pytest.mark.parametrize("back", [-30.0, -1e6], ids=["30 s", "12 days"])
def test_no_time_passes_when_the_clock_goes_back(back: float) -> None:
    hold([*pays(3), 30.0, *pays(1, 3), back, *pays(1, 4), 29.0, *pays(2, 5), 1.0, *pays(3, 8)], counts=True)
    hold([*pays(1), back, 0.0, 0.0, *pays(1), DAY, *pays(1)], counts=True)
    hold([*pays(2), back, 60.0, *pays(4, 4)], counts=True)


@pytest.mark.edge
def test_what_left_its_window_is_dropped_at_the_next_call_by_whomever() -> None:
    script: list[Step] = [*pays(4, user_id="bob"), 1800.0, *pays(2, 4), 1800.0, *pays(1, 6), DAY, *pays(1, 7)]
    for end in range(1, len(script) + 1):
        hold(script[:end], counts=True)


@pytest.mark.edge
def test_hundreds_of_users_and_payments() -> None:
    rng = np.random.default_rng(4)
    script: list[Step] = []
    for i in range(400):
        fields = {"transaction_id": f"r{i}", "user_id": f"u{rng.integers(12)}", "amount": int(rng.integers(1, 50_000))}
        script += [{**fields, "device_id": f"d{rng.integers(3)}"}, float(rng.integers(0, 12))]
    hold(script)


# --- errors, callers -------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"amount": 0}, "an amount is above 0"),
        ({"amount": -5}, "an amount is above 0"),
        ({"amount": 10.5}, "an amount is a whole number of cents"),
        ({"location": (90.1, 0.0)}, "a latitude is at most 90"),
        ({"location": (-90.1, 0.0)}, "a latitude is at least -90"),
        ({"location": (0.0, 180.1)}, "a longitude is at most 180"),
        ({"location": (0.0, -180.1)}, "a longitude is at least -180"),
        ({"location": (math.nan, 0.0)}, "a latitude of NaN slips past all comparisons"),
        ({"location": (0.0, math.nan)}, "a longitude of NaN slips past all comparisons"),
        ({"timestamp": math.nan}, "a timestamp of NaN slips past all comparisons"),
        ({"timestamp": math.inf}, "an infinite timestamp makes every journey possible"),
        ({"transaction_id": ""}, "the id of the transaction is empty"),
        ({"user_id": ""}, "the id of the user is empty"),
        ({"device_id": ""}, "the id of the device is empty"),
    ],
    ids=str,
)
def test_fields_out_of_range_are_errors_and_count_nothing(fields: dict[str, Any], because: str) -> None:
    asked = call("process_transaction", **fields)
    taken = {f"it is decided like any other, though {because}": "decided: approve"}
    check.raises(ValueError, lambda: refuse(fields), asked=asked, because=because, mistakes=taken)
    bad = {"transaction_id": "x", **fields}
    told, counted = answers([bad, bad, bad, *pays(5)])
    want, want_counted = expected(pays(5))
    hint = "check the fields before anything is changed"
    check.equal(told[3:], want, asked="5 payments after 3 that were errors", hint=hint)
    check.equal(counted, want_counted, asked="stats() after 3 errors and 5 payments", hint=hint)


@pytest.mark.edge
def test_the_ends_of_the_ranges_are_places() -> None:
    corners = [(90.0, 180.0), (-90.0, -180.0), (12.0, 7.0), (-12.0, -173.0), (0.0, 0.0)]
    for here in corners:
        for there in corners:
            script: list[Step] = [
                {"transaction_id": "a", "location": here},
                {"transaction_id": "b", "location": there, "timestamp": -60.0},
            ]
            asked = f"two payments, at {here} and {there}"
            check.accepts(partial(answers, script), asked=asked, because="a rounding error makes a > 1 at antipodes")
            hold(script)


@pytest.mark.edge
def test_the_caller_may_change_decisions_and_counts() -> None:
    again, processed, right = in_subject_process(payments.changed_by_callers)()
    asked = "the decision about a retry, after the caller changed the decisions that it was given"
    check.equal(again, right, asked=asked, hint="keep a copy, of the list and of its dicts")
    check.equal(processed, 1, asked="stats()['processed'] after the caller changed an earlier dict", hint="a new dict")


@pytest.mark.edge
def test_two_engines_share_nothing_and_the_clock_has_a_default() -> None:
    first, second = new_desk(pays(5)), new_desk()
    want = expected(pays(5))[0]
    asked = "5 payments to an engine, another one having seen the same"
    check.equal(second.run(pays(5)), want, asked=asked, hint="keep state in the object, not in the class or module")
    check.equal(first.stats()["processed"], 5, asked="stats()['processed'] of the first engine")
    zeros = dict.fromkeys((*expected([])[1],), 0)
    check.equal(new_desk().stats(), zeros, asked="stats() of a new engine")
    default = kata.FraudDetectionEngine()
    actions = [default.process_transaction(kata.Transaction(**(FIELDS | step))).action for step in pays(6)]
    check.equal(actions, ["approve"] * 5 + ["manual_review"], asked="6 payments, the clock as by default")


# --- threads ---------------------------------------------------------------------------------------------------------

THREADS = "two threads are between the same steps: hold one lock from the look at the id to the last change"
AFTER = [("stats",), ("pay", {"transaction_id": "last", "amount": 4001, "device_id": "pc"})]


@pytest.mark.edge
@pytest.mark.parametrize(
    ("before", "first", "other"),
    [
        ([], {"transaction_id": "x"}, {"transaction_id": "x"}),
        (pays(4), {"transaction_id": "x"}, {"transaction_id": "y", "device_id": "pc"}),
        (pays(1), {"transaction_id": "x", "amount": 600_000}, {"transaction_id": "y", "amount": 400_001}),
        ([*pays(4), DAY], {"transaction_id": "x"}, {"transaction_id": "p0", "user_id": "bob"}),
    ],
    ids=["the same id", "the sixth", "much money", "all is old"],
)
def test_calls_that_meet_give_what_they_give_one_after_the_other(before: Any, first: Any, other: Any) -> None:
    interleave((payments.Desk, before), ("pay", first), ("pay", other), after=AFTER, mistake=THREADS)


@pytest.mark.edge
def test_counts_are_those_of_one_moment() -> None:
    interleave((payments.Desk, pays(2)), ("pay", {"transaction_id": "x"}), ("stats",), mistake=THREADS)


@pytest.mark.edge
def test_forty_terminals_repeat_one_request() -> None:
    desk = new_desk()
    crowd((desk.pay, {"transaction_id": "x"}), times=40)
    want = (1, 39, 1)
    found = desk.stats()
    asked = "(processed, retries, in_windows) after the same payment of 40 threads"
    check.equal((found["processed"], found["retries"], found["in_windows"]), want, asked=asked, hint=THREADS)


# --- scale -----------------------------------------------------------------------------------------------------------

SCALE = "keep attempts in a queue and sums beside it: take off what left the window, instead of adding all up"


@pytest.mark.speed
@pytest.mark.parametrize("users", [1, 10**6], ids=["one user", "a million users"])
def test_a_call_costs_the_same_however_much_is_kept(growth: Grower, users: int) -> None:
    def prepare(_: np.random.Generator, n: int) -> Task:
        spacing_s = HOUR / n
        desk, often = steady(n + 1, users, spacing_s), 60
        want = ["approve" if n < 300 or users > 1 else "manual_review"] * often
        return Task(partial(pay_often, desk, often, users, spacing_s, n + 1), lambda: want)

    asked = "60 transactions, more and more decisions being kept and attempts in the windows"
    growth(prepare, (100, 400, 1600), same=check.equal, at_most=0.5, asked=asked, hint=SCALE)


@pytest.mark.speed
def test_what_is_old_takes_no_memory(memory: MemoryMeter) -> None:
    n = 6000
    want = dict.fromkeys(("retries", "manual_review", "decline"), 0)
    want |= {"processed": n, "approve": n, "remembered": 864, "in_windows": 36}
    hint = "drop what left its window, decisions after 24 hours, and all but 10 devices"
    asked = f"{n} transactions of one user, 100 s apart, each from another device"
    memory(
        lambda _: Task(partial(long_life, n), lambda: want), same=check.equal, at_most_mib=2.2, asked=asked, hint=hint
    )
