"""Suite of D15: the life of a card against SM-2 in whole numbers, days and midnights, the order of a deck, threads.

Time is a clock that the suite sets. Threads are stopped before each of their steps, so no result depends on timing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any

import flashcards
import numpy as np
import pytest
import spaced_repetition as kata
from flashcards import START
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import call
from harness.suite.concurrency import crowd, interleave
from harness.suite.speed import Grower, Task

life, at_times, session = map(in_subject_process, (flashcards.life, flashcards.at_times, flashcards.session))
deck, study, states = map(in_subject_process, (flashcards.deck, flashcards.study, flashcards.states))
Script = Sequence[tuple[int, int]]
"""For each review of a card: the days that pass before it, and the quality."""
TODAY, LONGEST = START.date(), 36_500
NEW = {
    "ease": 2.5,
    "interval": 0,
    "repetitions": 0,
    "due": TODAY,
    "last_review": None,
    "reviews": 0,
    "practice": 0,
    "lapses": 0,
}
WINTER, SUMMER = timezone(timedelta(hours=1)), timezone(timedelta(hours=2))


# --- SM-2 ------------------------------------------------------------------------------------------------------------


def grown(interval: int, hundredths: int, slip: str) -> int:
    """The last pause times the ease, rounded up."""
    exact = interval * hundredths
    return {"nearest": (exact + 50) // 100, "down": exact // 100, "not rounded": exact / 100}.get(
        slip, -(-exact // 100)
    )  # type: ignore[return-value]


def plan(script: Script, longest: int = LONGEST, slip: str = "") -> list[dict[str, Any]]:
    """The states of a card, by the definition and in whole numbers; `slip` is a mistake."""
    state, today, ease, in_floats = dict(NEW), TODAY, 250, 2.5
    told = [dict(state)]
    for days, quality in script:
        today += timedelta(days=days)
        before = state["interval"], state["repetitions"], state["due"]
        if state["due"] > today and slip != "early counts":
            state["practice"] += 1
            if slip == "early is a review":
                state["reviews"] += 1
            told.append(dict(state))
            continue
        missing = 5 - quality
        change = 10 - missing * (8 + (0 if slip == "linear" else 2 * missing))
        is_success = quality >= {"3 fails": 4, "2 succeeds": 2}.get(slip, 3)
        new_ease = ease + change if is_success or slip == "ease falls" else ease
        new_ease = new_ease if slip == "no floor" else max(new_ease, 130)
        if is_success:
            factor = new_ease if slip == "new ease" else ease
            last = (today - (state["last_review"] or today)).days if slip == "elapsed" else state["interval"]
            third = grown(last, factor, slip)
            if slip == "float product":
                third = int(np.ceil(last * in_floats))
            firsts = {"two firsts": (1, 1), "6 first": (6,), "one first": (1,), "1 and 3": (1, 3)}.get(slip, (1, 6))
            state["interval"] = firsts[before[1]] if before[1] < len(firsts) else third
            state["repetitions"] += 1
        else:
            state["lapses"] += int(before[1] > 0 or slip == "every failure")
            state["repetitions"] = before[1] if slip == "row goes on" else 0
            state["interval"] = {"again today": 0, "pause stays": before[0]}.get(slip, 1)
            new_ease = 250 if slip == "ease anew" else new_ease
        if slip != "no limit":
            state["interval"] = min(state["interval"], longest)
        ease = new_ease
        if is_success:
            in_floats = max(1.3, in_floats + 0.1 - missing * (0.08 + missing * 0.02))
        base = before[2] if slip == "from the due day" else today
        state |= {"ease": ease / 100, "due": base + timedelta(days=int(state["interval"])), "last_review": today}
        state["reviews"] += 1
        told.append(dict(state))
    return told


SLIPS = {
    "new ease": "the pause is multiplied by the ease from after this review: by that from before it",
    "3 fails": "quality 3 is taken for a failure: 3 and more is a success",
    "2 succeeds": "quality 2 is taken for a success: 3 and more is",
    "ease falls": "a failure changes the ease: it stays",
    "ease anew": "a failure sets the ease to 2.5: it stays",
    "no floor": "the ease falls below 1.3",
    "linear": "the ease changes by 0.1 - 0.08 (5 - q): the square is missing",
    "nearest": "the pause is rounded to the nearest day: up",
    "down": "the pause is rounded down: up",
    "not rounded": "the pause is not a whole number of days: round up",
    "float product": "the product is rounded up with its error in floats: the ease is a whole number of hundredths",
    "two firsts": "the second pause is 1 day: 6 days",
    "6 first": "the first pause is 6 days: 1 day, then 6",
    "one first": "the second pause is 1 day times the ease: 6 days",
    "1 and 3": "the second pause is 3 days: 6 days",
    "row goes on": "a failure does not end the row of successes: repetitions are 0 then, and pauses 1 and 6 again",
    "pause stays": "a failure does not shorten the pause: 1 day",
    "again today": "a failure makes the card due today: tomorrow, a pause of 1",
    "every failure": "a failure without a success before it is counted as a lapse",
    "from the due day": "the card is due so many days after the day when it was due: after today",
    "elapsed": "the days since the last review are multiplied: the pause that was planned is",
    "early counts": "a review before the card is due counts: it is practice",
    "early is a review": "practice is counted as a review, too",
    "no limit": "max_interval is not heeded",
}


def rounded(state: dict[str, Any]) -> dict[str, Any]:
    """A state whose ease forgives the last digits of a float."""
    ease = state.get("ease")
    return state | ({"ease": round(ease, 9)} if isinstance(ease, float) else {})


def check_life(script: Script, longest: int | None = None) -> None:
    """Hold each state in the life of a card to SM-2."""
    __tracebackhide__ = True
    options = {} if longest is None else {"max_interval": longest}
    got, limit = life(script, options), longest or LONGEST
    for i, (came, want) in enumerate(zip(got, plan(script, limit), strict=True)):
        told = f"reviewed after (days, quality) {', '.join(map(str, script[:i]))}" if i else "that is new"
        asked = f"the state of a card {told}" + f", max_interval={longest}" * (longest is not None)
        check.true(isinstance(came, dict), asked=asked, came=came, expected="a dict", hint="add and review return it")
        mistakes = {
            text: partial(lambda s, i: rounded(plan(script, limit, s)[i]), slip, i) for slip, text in SLIPS.items()
        }
        changed = [key for key in want if rounded(came).get(key) != rounded(want)[key]]
        hint = f"wrong: {', '.join(changed) or 'other keys'}; see the rules of SM-2 in README"
        check.equal(rounded(came), rounded(want), asked=asked, mistakes=mistakes, hint=hint)


def in_time(qualities: Sequence[int], late: Sequence[int] = ()) -> Script:
    """A script in which each review comes on the day when the card is due, or so many days later or earlier."""
    script: list[tuple[int, int]] = []
    for i, quality in enumerate(qualities):
        states = plan(script)
        today = TODAY + timedelta(days=sum(days for days, _ in script))
        wait = (states[-1]["due"] - today).days + (late[i] if i < len(late) else 0)
        script.append((max(wait, 0), quality))
    return script


@pytest.mark.example
def test_worked_example() -> None:
    check_life(in_time([4, 3, 5, 4, 5]))


@pytest.mark.example
@pytest.mark.parametrize(
    "qualities", [[5, 5, 5, 5], [3, 3, 3, 3], [2], [0, 4, 4, 4], [4, 4, 4, 1, 5, 5, 5, 3], [5, 2, 1, 3, 3, 3]]
)
def test_successes_and_failures(qualities: list[int]) -> None:
    check_life(in_time(qualities))


@pytest.mark.example
def test_the_ease_never_falls_below_1_3() -> None:
    check_life(in_time([3] * 11))


@pytest.mark.example
@pytest.mark.parametrize(
    "qualities", [[3, 3, 4, 5, 4, 4], [5, 5, 4, 4, 5, 4], [5, 5, 5, 5, 4, 4], [5, 5, 5, 3, 5, 3, 5, 4, 4]]
)
def test_pauses_are_rounded_up_exactly(qualities: list[int]) -> None:
    check_life(in_time(qualities))


@pytest.mark.example
def test_late_and_early_reviews() -> None:
    check_life(in_time([5, 5, 5, 5, 2, 4], late=[3, 0, 10, 40, 1, 5]))
    check_life([(0, 5), (0, 5), (0, 1), (1, 4), (5, 0), (1, 4), (14, 5), (1, 5)])
    check_life([(0, 1), (0, 5), (1, 5)])


@pytest.mark.example
@pytest.mark.parametrize("longest", [1, 5, 40, LONGEST])
def test_no_pause_is_longer_than_max_interval(longest: int) -> None:
    check_life(in_time([5] * (5 if longest < 50 else 13), late=[0]), None if longest == LONGEST else longest)


@pytest.mark.law
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 1, 2, 3, 3, 4, 4, 5, 5, 5])), max_size=14))
def test_a_life_follows_sm2(parts: list[tuple[int, int]]) -> None:
    qualities, late = [quality for _, quality in parts], [(0, 0, 4, -2)[kind] for kind, _ in parts]
    check_life(in_time(qualities, late))


# --- days ------------------------------------------------------------------------------------------------------------


def check_times(script: Sequence[tuple[datetime, str, tuple[Any, ...]]], want: Sequence[Any], mistake: str) -> None:
    """Hold the answers of calls at certain times, None standing for any answer."""
    __tracebackhide__ = True
    told = "; ".join(f"{now.isoformat(sep=' ', timespec='minutes')} {method}{args}" for now, method, args in script)
    for (now, method, args), got, right in zip(script, at_times(script), want, strict=True):
        if right is not None:
            asked = f"{method}{args} at {now.isoformat(sep=' ', timespec='minutes')}, of: {told}"
            check.true(check.is_equal(got, right), asked=asked, came=got, expected=check.show(right), mistake=mistake)


@pytest.mark.edge
def test_a_card_is_due_from_the_first_minute_of_its_day() -> None:
    evening, night = datetime(2024, 3, 30, 23, 50), datetime(2024, 3, 31)
    script = [(evening, "add", ("a",)), (evening, "review", ("a", 5)), (evening, "due", ()), (night, "due", ())]
    check_times(script, [None, None, [], ["a"]], "a day is taken for 24 hours: days are those of clock().date()")


@pytest.mark.edge
def test_days_of_23_and_25_hours_are_days() -> None:
    mistake = "days are counted in seconds, or in UTC: they are those of clock().date()"
    before, after = datetime(2024, 3, 30, 23, 30, tzinfo=WINTER), datetime(2024, 3, 31, 22, 45, tzinfo=SUMMER)
    script = [
        (before, "add", ("a",)),
        (before, "review", ("a", 5)),
        (after, "due", ()),
        (after, "review", ("a", 5)),
        (after, "state", ("a",)),
    ]
    state = plan([(0, 5), (1, 5)])[-1] | {"due": date(2024, 4, 6), "last_review": date(2024, 3, 31)}
    check_times(script, [None, None, ["a"], None, state], mistake)
    start, first, second = (
        datetime(2024, 10, 26, 0, 10, tzinfo=SUMMER),
        datetime(2024, 10, 27, 0, 5, tzinfo=SUMMER),
        datetime(2024, 11, 1, 23, 55, tzinfo=WINTER),
    )
    script = [
        (start, "add", ("a",)),
        (start, "review", ("a", 5)),
        (first, "review", ("a", 5)),
        (second, "due", ()),
        (second + timedelta(minutes=10), "due", ()),
    ]
    check_times(script, [None, None, None, [], ["a"]], mistake)


@pytest.mark.edge
def test_days_are_local_in_every_time_zone() -> None:
    mistake = "days are those of UTC, or of another zone: those of clock().date(), wherever the learner is"
    for hours in (-11, -5, 5, 13):
        zone = timezone(timedelta(hours=hours))
        for hour in (0, 23):
            now = datetime(2024, 6, 1, hour, 30, tzinfo=zone)
            script = [
                (now, "add", ("a",)),
                (now, "state", ("a",)),
                (now, "review", ("a", 5)),
                (now + timedelta(days=1), "due", ()),
            ]
            check_times(script, [None, NEW | {"due": date(2024, 6, 1)}, None, ["a"]], mistake)


@pytest.mark.edge
def test_a_clock_that_goes_back_makes_fewer_cards_due() -> None:
    home, away = (
        datetime(2024, 6, 2, 1, tzinfo=timezone(timedelta(hours=9))),
        datetime(2024, 6, 1, 9, tzinfo=timezone(timedelta(hours=-8))),
    )
    script = [
        (home, "add", ("a",)),
        (home, "due", ()),
        (away, "due", ()),
        (away, "review", ("a", 5)),
        (away, "add", ("b",)),
        (away, "due", ()),
        (home, "due", ()),
    ]
    practised = NEW | {"due": date(2024, 6, 2), "practice": 1}
    mistake = "a card is due on its day, and not before: what is too early by today's date is practice"
    check_times(script, [None, ["a"], [], practised, None, ["b"], ["b", "a"]], mistake)


@pytest.mark.edge
def test_each_call_asks_the_clock_once() -> None:
    scheduler = deck(["a", "b"], ticks=1)
    came = scheduler.review("a", 5)
    hint = "the clock went on a day at each call, as it does when midnight falls between two: ask it once, and keep the answer"
    apart = (came["due"] - came["last_review"]).days
    check.equal(
        apart,
        1,
        asked="days from last_review to due after review('a', 5)",
        mistakes={"the clock is asked twice in one review": 2},
        hint=hint,
    )
    scheduler.due()
    days = [(scheduler.add(name)["due"] - came["last_review"]).days for name in "cde"]
    asked = (
        "days from last_review to due of three new cards, added after review('a', 5) and due(), each call a day later"
    )
    check.equal(days, [2, 3, 4], asked=asked, hint=hint)


# --- the deck --------------------------------------------------------------------------------------------------------


def waiting(script: Sequence[tuple[str, Any]]) -> list[Any]:
    """The answers of a deck by the plainest means: every card is looked at, each time."""
    lives: dict[Any, list[tuple[int, int]]] = {}
    born: dict[Any, int] = {}
    today, answers = 0, list[Any]()

    def due_of(card: Any) -> date:
        told: date = plan(lives[card])[-1]["due"]
        return told + timedelta(days=born[card])

    for what, value in script:
        if what == "pass":
            today += value
        elif what == "add":
            born[value], lives[value] = today, []
            answers.append(due_of(value))
        elif what == "review":
            since = born[value[0]] + sum(days for days, _ in lives[value[0]])
            lives[value[0]].append((today - since, value[1]))
            answers.append(due_of(value[0]))
        else:
            now = TODAY + timedelta(days=today)
            answers.append([card for card in sorted(born, key=due_of) if due_of(card) <= now][:value])
    return answers


def check_session(script: Sequence[tuple[str, Any]]) -> None:
    """Hold the answers of a deck to looking at every card."""
    __tracebackhide__ = True
    got, want = session(script), waiting(script)
    asking = [i for i, (what, _) in enumerate(script) if what != "pass"]
    for i, came, right in zip(asking, got, want, strict=True):
        mistakes: dict[str, Any] = {}
        if isinstance(right, list):
            everything = waiting([*script[:i], ("due", None)])[-1]
            mistakes = {
                "in the order in which they were added: the longest due comes first": [
                    c for c in dict.fromkeys(v for w, v in script[:i] if w == "add") if c in everything
                ][: script[i][1]],
                "the longest due comes last: first": everything[::-1][: script[i][1]],
                "in alphabetical order: the longest due first, those of one day as they were added": sorted(everything)[
                    : script[i][1]
                ],
                "the limit is not heeded": everything,
                "the limit cuts off the wrong end": everything[len(everything) - len(right) :],
                "cards that are due today are missing: they are due on the day itself": [
                    card for card in waiting([*script[:i], ("pass", -1), ("due", None)])[-1] if card in everything
                ][: script[i][1]],
            }
        asked = f"the last of {', '.join(f'{what} {value}' for what, value in script[: i + 1])}"
        hint = "cards with due <= today, the earliest due first, those of one day in the order of adding"
        check.equal(came, right, asked=asked, mistakes=mistakes, hint=hint)


@pytest.mark.example
def test_the_longest_due_come_first() -> None:
    check_session(
        [("add", "hund"), ("add", "katze"), ("review", ("hund", 5)), ("due", None), ("pass", 1), ("due", None)]
    )
    script: list[tuple[str, Any]] = [
        ("add", "z"),
        ("pass", 2),
        ("add", "m"),
        ("add", "b"),
        ("add", "y"),
        ("due", None),
        ("due", 2),
    ]
    script += [
        ("review", ("z", 5)),
        ("due", None),
        ("pass", 1),
        ("due", None),
        ("due", 1),
        ("due", 0),
        ("due", 9),
        ("review", ("b", 1)),
    ]
    check_session(
        [*script, ("due", None), ("pass", 1), ("add", "a"), ("due", None), ("due", 3), ("pass", 30), ("due", None)]
    )


@st.composite
def sessions(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """A few cards, reviewed and asked for in any order; two of them have numbers for names."""
    names = ["b", "a", "d", "c"] if draw(st.booleans()) else [7, 3, 10, 1]
    script: list[tuple[str, Any]] = [("add", names[0])]
    for kind in draw(st.lists(st.sampled_from(["pass", "add", "review", "review", "due"]), max_size=14)):
        known = [value for what, value in script if what == "add"]
        value: Any = draw(st.sampled_from([0, 1, 1, 2, 6]))
        if kind == "add":
            value = next((name for name in names if name not in known), None)
        elif kind == "review":
            value = (draw(st.sampled_from(known)), draw(st.sampled_from([1, 3, 4, 5])))
        elif kind == "due":
            value = draw(st.sampled_from([None, 0, 1, 2, 5]))
        script += [] if kind == "add" and value is None else [(kind, value)]
    return [*script, ("due", None)]


@pytest.mark.law
@given(sessions())
def test_a_deck_gives_what_looking_at_every_card_gives(script: list[tuple[str, Any]]) -> None:
    check_session(script)


# --- errors, and what belongs to whom --------------------------------------------------------------------------------

BAD: list[tuple[type[Exception], str, tuple[Any, ...], str]] = [
    (ValueError, "add", ("a",), "'a' was added before"),
    *((ValueError, "review", ("a", quality), "quality is an integer from 0 to 5") for quality in (-1, 6, 2.5)),
    (ValueError, "due", (-1,), "limit must not be negative"),
    (KeyError, "review", ("x", 4), "'x' was never added"),
    (KeyError, "state", ("x",), "'x' was never added"),
    (KeyError, "state", ("1",), "'1' was never added; 1 was"),
]


@pytest.mark.edge
@pytest.mark.parametrize(("error", "method", "args", "because"), BAD, ids=str)
def test_calls_that_are_refused_change_nothing(error: type[Exception], method: str, args: Any, because: str) -> None:
    scheduler = deck(["a", 1, "b"])
    scheduler.review("a", 5)
    asked = f"{call(method, *args)} of a scheduler with the cards 'a' (reviewed today), 1 and 'b'"
    hint = "check it before anything is changed"
    check.raises(error, lambda: getattr(scheduler, method)(*args), asked=asked, because=because, hint=hint)
    came, want = scheduler.state("a"), plan([(0, 5)])[-1]
    check.equal(rounded(came), rounded(want), asked=f"state('a') after the refused {asked}", hint=hint)
    check.equal(scheduler.due(), [1, "b"], asked=f"due() after the refused {asked}", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("longest", [0, -3])
def test_max_interval_below_1_is_an_error(longest: int) -> None:
    make = partial(kata.SM2Scheduler, max_interval=longest)
    because, hint = "there is no pause shorter than a day", "check it in the constructor"
    check.raises(
        ValueError, lambda: make().due(), asked=f"SM2Scheduler(max_interval={longest})", because=because, hint=hint
    )


@pytest.mark.edge
def test_states_and_lists_are_the_callers_to_change() -> None:
    scheduler = deck(["a", "b", "c"])
    for what, told in (
        ("add", scheduler.add("d")),
        ("review", scheduler.review("a", 5)),
        ("state", scheduler.state("b")),
    ):
        told.update(ease=9.0, interval=99, due=date(2030, 1, 1))
        name = {"add": "d", "review": "a", "state": "b"}[what]
        asked, hint = f"state({name!r}) after the caller changed the dict that {what} gave", "return a copy"
        want = plan([(0, 5)])[-1] if what == "review" else NEW
        check.equal(rounded(scheduler.state(name)), rounded(want), asked=asked, hint=hint)
    scheduler.due().clear()
    check.equal(
        scheduler.due(), ["b", "c", "d"], asked="due() after the caller cleared an earlier list", hint="a new list"
    )


@pytest.mark.edge
def test_two_schedulers_share_nothing_and_an_empty_one_has_nothing_due() -> None:
    deck(["a", "b"])
    other = deck([])
    check.equal(other.due(), [], asked="due() of a new scheduler, another one having two cards")
    check.equal(other.due(limit=3), [], asked="due(limit=3) of a new scheduler")
    check.equal(
        rounded(other.add("a")), NEW, asked="add('a') of a scheduler, another one having a card 'a'", hint="new"
    )
    default = kata.SM2Scheduler()
    default.add("a")
    check.equal(default.due(), ["a"], asked="due() with the clock as by default", hint="datetime.now")


# --- threads ---------------------------------------------------------------------------------------------------------

THREADS = "two threads are between the same steps: hold one lock from the first look at a card to its last change"


@pytest.mark.edge
@pytest.mark.parametrize("first", [("review", "b", 4), ("add", "n"), ("due",), ("due", 1), ("state", "b")], ids=str)
@pytest.mark.parametrize("other", [("review", "b", 5), ("add", "n"), ("review", "a", 1)], ids=str)
def test_calls_that_meet_give_what_they_give_one_after_the_other(first: Any, other: Any) -> None:
    make = (flashcards.deck, ["a", "b", "c"], 3)
    interleave(make, first, other, after=[("state", "a"), ("state", "b"), ("due",)], mistake=THREADS)


@pytest.mark.edge
def test_many_devices_send_the_same_review() -> None:
    scheduler = deck(["a", "b"])
    crowd((scheduler.review, "a", 5), times=20)
    want, asked = (
        [(1, 19, 1, TODAY + timedelta(days=1))],
        "(reviews, practice, interval, due) after review('a', 5) of 20 threads",
    )
    check.equal(states(scheduler, ["a"]), want, asked=asked, hint=THREADS)


# --- large decks -----------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_the_next_card_costs_the_same_in_large_decks(growth: Grower) -> None:
    def prepare(rng: np.random.Generator, n: int) -> Task:
        names = [f"card-{i}" for i in rng.permutation(n)]
        full: Callable[[], Any] = partial(study, deck(names, days=100, passed=3), 60)
        return Task(full, lambda: names[:60])

    asked = "60 times due(limit=5), and review of the first of them, in larger and larger decks"
    hint = "keep the cards in the order of their due days, and move only the one that was reviewed"
    growth(prepare, (250, 1000, 4000), same=check.equal, at_most=0.5, asked=asked, hint=hint)
