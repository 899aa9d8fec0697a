"""Statistics add up, whatever a history holds, and are shown the same way every time."""

from __future__ import annotations

import functools
import html.parser
import json
import re
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli.main import app
from harness.core.model import KataSet
from harness.history.attempt import Attempt as PracticeAttempt
from harness.history.attempt import attempts
from harness.history.attempts import KINDS
from harness.history.store import ClockPass, Entry, History, Interval
from harness.stats.compute import MOST_MISSED_OF_A_KATA, make_stats
from harness.stats.data import render_json
from harness.stats.model import GONE, GroupStats, KataStats, Stats
from harness.stats.text import render_stats
from harness.stats.words import level, spans, streak_line

from checkout import GOOD, Checkout, environment
from histories import CATALOG, DAY_S, NOW, Diary, sixty_days
from people import Person

SLUGS = (*(kata.slug for kata in CATALOG.katas), "c09_gone", "")
JUNK = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
)
DATA = st.dictionaries(
    st.sampled_from(
        [
            "passed",
            "total",
            "failed",
            "spent_s",
            "runs",
            "hints",
            "given_up",
            "review",
            "due",
            "status",
            "question",
            "rating",
        ]
    ),
    JUNK | st.lists(st.text(max_size=8), max_size=3),
    max_size=5,
)
ENTRIES = st.lists(
    st.tuples(
        st.floats(allow_nan=False) | st.floats(NOW - 40 * DAY_S, NOW),
        st.sampled_from(SLUGS),
        st.sampled_from([*KINDS, "from_tomorrow"]),
        DATA,
    ),
    max_size=40,
).map(lambda rows: [Entry(number, *row) for number, row in enumerate(rows, 1)])
PASSES = st.lists(st.tuples(st.sampled_from(SLUGS[:-1]), st.floats(0, NOW), st.floats(0, 1e5)), max_size=5).map(
    lambda rows: [ClockPass(number, *row) for number, row in enumerate(rows, 1)]
)


def stats_of(diary: Diary, *, now: float = NOW) -> Stats:
    return make_stats(
        CATALOG, diary.entries, intervals=diary.intervals, clock_passes=diary.clock_passes, now=now, zone=UTC
    )


def kata_of(stats: Stats, slug: str) -> KataStats:
    return next(kata for kata in stats.katas if kata.slug == slug)


# --- laws ---


@given(ENTRIES, PASSES)
def test_groups_add_up_to_all(entries: list[Entry], passes: list[ClockPass]) -> None:
    stats = make_stats(CATALOG, entries, clock_passes=passes, now=NOW, zone=UTC)
    for name in ("katas", "passed", "attempts", "runs", "greens", "timed", "within", "hints", "given_up"):
        assert sum(getattr(group, name) for group in stats.sets) == getattr(stats.all, name), name
    assert stats.all.runs == sum(entry.kind == "run" and entry.slug != "" for entry in entries)
    assert stats.all.hints == sum(entry.kind == "hint" and entry.slug != "" for entry in entries)
    assert stats.entries == len(entries)
    told = sum(entry.kind == "pass" and entry.slug != "" for entry in entries)
    assert max(told, len(passes)) <= stats.all.greens <= told + len(passes)


@given(ENTRIES, PASSES)
def test_each_attempt_is_passed_dropped_or_open(entries: list[Entry], passes: list[ClockPass]) -> None:
    stats = make_stats(CATALOG, entries, clock_passes=passes, now=NOW, zone=UTC)
    for kata in stats.katas:
        assert kata.attempts == len(kata.greens) + kata.dropped + kata.open
        assert kata.given_up <= kata.attempts
        assert kata.reviews <= len(kata.greens)


@given(ENTRIES, PASSES, st.randoms(use_true_random=False))
def test_the_order_in_which_entries_come_does_not_matter(
    entries: list[Entry], passes: list[ClockPass], rng: Any
) -> None:
    shuffled = entries[:]
    rng.shuffle(shuffled)
    once, again = (make_stats(CATALOG, given, clock_passes=passes, now=NOW, zone=UTC) for given in (entries, shuffled))
    assert repr(once) == repr(again)


@given(ENTRIES, PASSES, st.booleans())
@settings(max_examples=40)
def test_any_history_can_be_shown(entries: list[Entry], passes: list[ClockPass], unicode: bool) -> None:
    stats = make_stats(CATALOG, entries, clock_passes=passes, now=NOW, zone=UTC)
    text = render_stats(stats, width=80, unicode=unicode)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert unicode or text.isascii()
    assert json.loads(render_json(stats))["all"]["runs"] == stats.all.runs


DAYS = st.sets(st.integers(-4, 14), max_size=15)


def practised(days: set[int]) -> Stats:
    """Statistics of a history with one run on each of these days before NOW; negative ones are to come."""
    diary = Diary()
    for day in sorted(days):
        diary.add("run", "a01_one", NOW - day * DAY_S)
    return stats_of(diary)


@given(DAYS)
def test_a_streak_is_what_a_plain_loop_finds(days: set[int]) -> None:
    streak = practised(days).streak
    begin = 0 if 0 in days else 1
    current = next(number for number in range(100) if begin + number not in days)
    assert (streak.days, streak.today) == (current, 0 in days)
    past = [day in days for day in range(60)]
    longest = max(len(run) for run in "".join("x" if done else " " for done in past).split(" "))
    assert streak.longest == longest >= current


@given(DAYS)
def test_one_day_more_never_shortens_a_streak(days: set[int]) -> None:
    assert practised(days | {0}).streak.days >= practised(days).streak.days
    assert practised(days | {0, 1}).streak.days >= 2


def test_a_day_ends_at_midnight_where_the_learner_is() -> None:
    diary = Diary()
    evening = datetime(2026, 3, 28, 23, 30, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    for hours in (0, 1, 24):  # half past eleven, half past midnight, and in the night that is an hour shorter
        diary.add("run", "a01_one", evening + hours * 3600)
    for zone, days in ((ZoneInfo("Europe/Berlin"), [28, 29, 30]), (timezone(-timedelta(hours=8)), [28, 29])):
        stats = make_stats(CATALOG, diary.entries, now=evening + 25 * 3600, zone=zone)
        assert [day.date.day for day in stats.days] == days
        assert stats.streak.days == len(days)


def test_the_streak_of_yesterday_lives_until_today_is_over() -> None:
    assert practised({1, 2, 3}).streak.days == 3
    assert "up to yesterday" in streak_line(practised({1, 2, 3}))
    assert practised({2, 3}).streak.days == 0
    assert "today too" in streak_line(practised({0, 1}))


@given(st.integers(1, 200), st.integers(1, 6))
def test_shades_grow_with_the_numbers_and_are_all_in_the_legend(most: int, levels: int) -> None:
    shades = [level(number, most, levels) for number in range(most + 1)]
    assert shades == sorted(shades)
    assert shades[0] == 0 < shades[1]
    assert shades[-1] <= levels
    legend = spans(most)
    assert [number for _, (first, last) in legend for number in range(first, last + 1)] == list(range(most + 1))


# --- attempts ---


def test_an_attempt_goes_from_the_empty_stub_to_its_pass() -> None:
    diary = Diary()
    for at in (1.0, 2.0, 3.0):
        diary.add("run", "a01_one", NOW - 100 + at, status="in progress", failed=["test_hard"])
    diary.add("hint", "a01_one", NOW - 50, number=1)
    diary.add("run", "a01_one", NOW - 40, status="passed", failed=[])
    diary.add("pass", "a01_one", NOW - 40, spent_s=300.0, runs=4, hints=1, given_up=False, first=True, review=False)
    diary.add("run", "a01_one", NOW - 30, status="passed", failed=[])  # the same code, tidied
    kata = kata_of(stats_of(diary), "a01_one")
    assert (kata.attempts, kata.runs, kata.hints, kata.open, kata.dropped) == (1, 5, 1, False, 0)
    assert kata.shares == (0.5,)
    assert kata.runs_to_green == (4,)
    assert kata.first_passed == date(2025, 12, 31)


def test_a_reset_drops_what_was_begun_and_a_review_is_another_attempt() -> None:
    diary = Diary()
    diary.add("run", "a01_one", NOW - 100)
    diary.add("reset", "a01_one", NOW - 90, kept="1.py")
    diary.add("reset", "a01_one", NOW - 89, kept="2.py")  # nothing was begun between the two
    diary.add("run", "a01_one", NOW - 80)
    diary.add("pass", "a01_one", NOW - 80, spent_s=None, runs=1)
    diary.add("reset", "a01_one", NOW - 70, kept="3.py")
    diary.add("run", "a01_one", NOW - 60)
    diary.add("pass", "a01_one", NOW - 60, spent_s=60.0, runs=1, review=True)
    diary.add("reset", "a01_one", NOW - 50, kept="4.py")
    diary.add("run", "a01_one", NOW - 40)
    kata = kata_of(stats_of(diary), "a01_one")
    assert (kata.attempts, kata.dropped, len(kata.greens), kata.reviews, kata.open) == (4, 1, 2, 1, True)


def test_what_was_written_first_came_first_whatever_the_system_clock_said() -> None:
    diary = Diary()
    diary.add("run", "a01_one", NOW - 10)
    diary.add("pass", "a01_one", NOW - 10, runs=1)
    diary.add("reset", "a01_one", NOW - 500)  # the clock was set back in between
    diary.add("run", "a01_one", NOW - 490)
    kata = kata_of(stats_of(diary), "a01_one")
    assert (kata.attempts, kata.open, kata.dropped) == (2, True, 0)


def test_a_pass_after_a_look_at_the_reference_has_no_time_and_no_runs() -> None:
    diary = Diary()
    diary.add("run", "a01_one", NOW - 100)
    diary.add("reveal", "a01_one", NOW - 90, given_up=True)
    diary.add("pass", "a01_one", NOW - 80, spent_s=10.0, runs=2, given_up=True)
    diary.add("reveal", "a01_one", NOW - 70, given_up=False)  # after the pass it is free
    stats = stats_of(diary)
    kata = kata_of(stats, "a01_one")
    assert (kata.given_up, kata.timed, kata.runs_to_green) == (1, (), ())
    assert stats.all.passed == 1


def test_runs_of_an_interview_count_as_runs_and_begin_no_attempt() -> None:
    diary = Diary()
    diary.add("run", "a01_one", NOW - 100, trigger="interview", failed=["test_hard"])
    diary.add("interview", "", NOW - 90, solved=0, tasks=[])
    stats = stats_of(diary)
    assert (stats.all.runs, stats.all.attempts, stats.interviews, stats.streak.days) == (1, 0, 1, 1)


def test_a_passing_attempt_that_is_brought_back_is_over() -> None:
    diary = Diary()
    diary.add("pass", "a01_one", NOW - 100, runs=1)
    diary.add("reset", "a01_one", NOW - 90, kept="1.py")
    diary.add("restore", "a01_one", NOW - 80, kept="1.py", passed=True)
    diary.add("run", "a01_one", NOW - 70)
    assert kata_of(stats_of(diary), "a01_one").attempts == 1


def test_a_pass_that_only_the_clock_knows_of_counts_and_no_pass_counts_twice() -> None:
    diary = Diary()
    diary.clock_passes = [ClockPass(1, "a01_one", NOW - 500, 240.0), ClockPass(2, "a01_one", NOW - 100, 120.0)]
    diary.add("pass", "a01_one", NOW - 99.9, spent_s=120.0, runs=3, review=True)
    diary.clock_passes.append(ClockPass(3, "a01_one", NOW - 50, 120.0))  # as fast, and there is no entry for it
    kata = kata_of(stats_of(diary), "a01_one")
    assert [green.spent_s for green in kata.greens] == [240.0, 120.0, 120.0]
    assert kata.reviews == 2


def test_groups_hold_medians_and_what_was_in_time() -> None:
    diary = Diary()
    for slug, spent_s, runs in (("a01_one", 300.0, 2), ("a02_two", 900.0, 8), ("b01_three", 1800.0, 5)):
        diary.add("pass", slug, NOW - 10, spent_s=spent_s, runs=runs)
    stats = stats_of(diary)
    figures = [(group.name, group.share, group.within, group.timed, group.runs_to_green) for group in stats.sets]
    assert figures == [("A", 1.0, 1, 2, 5.0), ("B", 1.0, 1, 1, 5.0)]
    assert [(topic.name, topic.passed, topic.katas) for topic in stats.topics] == [("test", 3, 3), ("two", 1, 1)]


def test_tests_are_ranked_by_the_runs_in_which_they_failed() -> None:
    diary = Diary()
    for number in range(9):
        diary.add("run", "a01_one", NOW - number, failed=["test_hard", *(f"test_{i}" for i in range(9 - number))])
    diary.add("run", "b01_three", NOW, failed=["test_other", "test_other"])
    missed = [(found.test, found.runs, found.of) for found in stats_of(diary).missed]
    assert missed == [("test_0", 9, 9), ("test_hard", 9, 9), ("test_1", 8, 9), ("test_other", 1, 1)]
    assert MOST_MISSED_OF_A_KATA == 3


def test_a_review_is_due_by_the_last_card_of_a_kata_that_is_there() -> None:
    diary = Diary()
    for slug, due in (("a01_one", NOW - 5), ("a01_one", NOW + 5), ("a02_two", NOW - 5), ("c09_gone", NOW - 5)):
        diary.add("card", slug, NOW - 50, rating=3, due=due)
    assert stats_of(diary).due == ("a02_two",)


def test_all_time_on_the_clock_counts_and_a_clock_set_back_counts_as_nothing() -> None:
    diary = Diary()
    diary.intervals = [
        Interval(1, "a01_one", NOW - 900, NOW - 840, None),
        Interval(2, "a01_one", NOW - 500, NOW - 700, 0),
        Interval(3, "a01_one", NOW - 30, None, None),
    ]
    assert stats_of(diary).on_clock_s == 90.0


class _Told:
    """As much of a `History` as the practice commands need to say how an attempt stands."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries

    def entries(self) -> list[Entry]:
        return self._entries


STEPS = st.sampled_from(["run", "hint", "reveal", "reset", "restore", "restore passed", "pass"])


@given(st.lists(STEPS, max_size=25))
def test_attempts_are_open_exactly_when_the_practice_commands_say_so(steps: list[str]) -> None:
    diary = Diary()
    for step in steps:
        kind, _, passed = step.partition(" ")
        before = attempts(cast("History", _Told(diary.entries))).get("a01_one", PracticeAttempt())
        if kind == "pass" and before.is_over:
            continue  # an attempt has one pass
        diary.add(kind, "a01_one", NOW, given_up=not before.has_passed, passed=bool(passed))
    now = attempts(cast("History", _Told(diary.entries))).get("a01_one", PracticeAttempt())
    kata = kata_of(stats_of(diary), "a01_one")
    is_begun = bool(now.runs or now.hints or now.has_given_up)
    assert kata.open == (is_begun and not now.is_over)
    assert bool(kata.greens) == now.has_passed


# --- histories that are odd ---


def test_entries_of_another_version_are_counted_and_left_alone() -> None:
    diary = Diary()
    diary.add("duel", "a01_one", NOW - 10, against="somebody")
    diary.add("run", "a01_one", NOW - 9)
    diary.add("run", "a01_one", NOW - 9, passed="many", total=None, failed={"test": 1}, status=7)
    diary.add("pass", "a01_one", NOW - 8, spent_s="long", runs=-1, hints=float("nan"), review="maybe")
    stats = stats_of(diary)
    assert stats.strange == 1
    assert kata_of(stats, "a01_one").greens[0].spent_s is None
    assert kata_of(stats, "a01_one").runs_to_green == (2,)
    assert "1 entry is of a kind that this version does not know" in render_stats(stats)


def test_entries_that_are_ahead_of_the_clock_count_everywhere_but_in_the_streak() -> None:
    diary = Diary()
    diary.add("run", "a01_one", NOW + DAY_S)
    for days in (0, 1, 2):  # the clock was set back
        diary.add("run", "a01_one", NOW - days * DAY_S)
    stats = stats_of(diary)
    assert (stats.ahead, stats.all.runs, stats.streak.days, stats.streak.longest) == (1, 4, 3, 3)
    assert "the system clock was ahead" in render_stats(stats)


def test_a_kata_that_is_gone_keeps_what_was_done_on_it() -> None:
    diary = Diary()
    diary.add("run", "c09_gone", NOW - 10, failed=["test_x"])
    diary.add("pass", "c09_gone", NOW - 9, spent_s=100.0, runs=1)
    stats = stats_of(diary)
    gone = GroupStats(GONE, 1, 1, 1, 1, 1, 0, 0, None, 1.0, 0, 0)
    assert stats.sets[-1] == gone
    text = render_stats(stats)
    assert "no longer in this checkout: c09_gone" in text
    assert "0 of 3 katas passed" in text


def test_times_that_no_calendar_has_are_no_day() -> None:
    diary = Diary()
    for at in (float("inf"), 1e18, -1e18):
        diary.add("run", "a01_one", at)
    stats = stats_of(diary)
    assert (stats.days, stats.all.runs) == ((), 3)
    assert render_stats(stats)


# --- what is shown ---


@functools.cache
def rich_stats() -> Stats:
    catalog, diary = sixty_days()
    return make_stats(
        catalog, diary.entries, intervals=diary.intervals, clock_passes=diary.clock_passes, now=NOW, zone=UTC
    )


def test_the_terminal_shows_all_of_it_at_eighty_columns_without_colour() -> None:
    text = render_stats(rich_stats(), width=80)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "\x1b" not in text
    for expected in (
        "in a row",
        "within the interview clock",
        "due now",
        "Set A"[4:],
        "numpy",
        "Most-missed tests",
        "of clock",
    ):
        assert expected in text
    assert "\x1b" in render_stats(rich_stats(), width=80, color=True)


def test_nothing_practised_is_one_sentence() -> None:
    stats = stats_of(Diary())
    assert stats.is_empty
    assert render_stats(stats).count("\n") == 1


class _Page(html.parser.HTMLParser):
    """Tags, ids and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href", "action", "data", "srcset"):
                self.links.append(value or "")


def charts(page: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", page, re.DOTALL)


def test_the_page_has_four_valid_charts_wide_and_narrow_and_loads_nothing() -> None:
    pytest.importorskip("matplotlib")
    from harness.stats.page import render_page

    text = render_page(rich_stats())
    page = _Page(text)
    assert page.tags.count("svg") == 8
    assert text.count('class="chart narrow"') == 4
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert "script" not in page.tags
    assert "http" not in text
    assert "url(#" not in text or all(name in page.ids for name in re.findall(r"url\(#([^)]*)\)", text))
    for chart in charts(text):
        assert re.search(r'role="img" aria-label="[^"]{20,}"', chart)
        ET.fromstring(chart)
        assert not re.findall(r"#[0-9a-f]{6}", chart), (
            "a colour that the page does not know, so that it is not for dark mode"
        )
    for words in (
        "katas passed",
        "time to green, % of the interview clock",
        "runs to green",
        "runs a day",
        "the clock",
    ):
        assert words in text


def test_every_colour_of_the_page_is_there_for_light_and_dark() -> None:
    pytest.importorskip("matplotlib")
    from harness.stats.page import render_page
    from harness.stats.svg import COLORS

    text = render_page(practised({1, 2}))
    light, dark = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    used = set(re.findall(r"var\(--([\w-]+)\)", text)) | set(COLORS)
    for ground in (light, dark):
        assert used <= set(re.findall(r"--([\w-]+):", ground))


def test_the_same_history_gives_the_same_page() -> None:
    pytest.importorskip("matplotlib")
    import matplotlib as mpl

    from harness.stats.page import render_page

    first = render_page(rich_stats())
    with mpl.rc_context(
        {"font.size": 23, "axes.grid": True, "xtick.direction": "in"}
    ):  # what a learner's own settings may say
        assert render_page(rich_stats()) == first
        assert mpl.rcParams["font.size"] == 23


@pytest.mark.parametrize("entries", [0, 1])
def test_a_page_of_a_history_that_has_hardly_begun_says_what_is_missing(entries: int) -> None:
    pytest.importorskip("matplotlib")
    from harness.stats.page import render_page

    diary = Diary()
    for _ in range(entries):
        diary.add("run", "a01_one", NOW, failed=["test_<b>&"])
    page = render_page(stats_of(diary))
    assert page.count("<svg") == 2 * entries
    assert page.count('class="none"') == 4 - entries
    assert "test_<b>" not in page


def test_a_pass_of_the_first_day_can_be_seen() -> None:
    pytest.importorskip("matplotlib")
    from harness.stats.charts import passed_over_time

    diary = Diary()
    diary.add("pass", "a01_one", NOW, runs=1)
    chart = passed_over_time(stats_of(diary))
    (areas,) = re.findall(r'<g id="passed-over-time-(?:FillBetween)?PolyCollection_1">(.*?)</g>', chart, re.DOTALL)
    corners = [(float(x), float(y)) for x, y in re.findall(r"[ML] ([\d.]+) ([\d.]+)", areas)]
    high = min(y for _, y in corners)
    assert len({x for x, y in corners if y == high}) == 2, "a pass stands over the whole day"


def test_every_pass_is_a_dot_that_says_how_long_it_took() -> None:
    pytest.importorskip("matplotlib")
    from harness.stats.charts import time_to_green

    diary = Diary()
    diary.add("pass", "a01_one", NOW - 300, spent_s=330.0, runs=1)
    diary.add("pass", "a01_one", NOW - 200, spent_s=660.0, runs=1, review=True)
    diary.add("pass", "a01_one", NOW - 100, spent_s=12_000.0, runs=1, review=True)
    chart = time_to_green(stats_of(diary))
    assert set(re.findall(r"<title>(.*?)</title>", chart)) == {
        "A01, first pass: 5:30 of 10 min, 55 %",
        "A01, review: 11:00 of 10 min, 110 %",
        "A01, review: 3:20:00 of 10 min, 20×",
    }
    assert chart.count(">20×<") == 1  # at the edge, with its figure
    assert ">5:30 of 10 min<" in chart


def test_a_long_history_gets_a_calendar_of_a_year() -> None:
    pytest.importorskip("matplotlib")
    from harness.stats.charts import calendar, calendar_weeks

    stats = practised(set(range(0, 700, 3)))
    assert calendar_weeks(stats) == 53
    days = 52 * 7 + stats.today.weekday() + 1
    assert calendar(stats).count("<title>") == days


# --- the command ---


@pytest.fixture
def practised_checkout(checkout: Checkout) -> Checkout:
    """A checkout whose learner has passed one kata and gone on with another."""
    checkout.add("a01_one")
    checkout.add("a02_two")
    checkout.state.mkdir()
    history = History(checkout.state)
    diary = Diary()
    diary.add("run", "a01_one", NOW, trigger="watch", status="passed", passed=2, total=2, failed=[], duration_s=0.1)
    diary.add("pass", "a01_one", NOW, spent_s=240.0, runs=1, hints=0, given_up=False, first=True, review=False)
    diary.add("run", "a02_two", NOW + 60, trigger="watch", status="failing", passed=0, total=2, failed=["test_hard"])
    diary.clock_passes = [ClockPass(1, "a01_one", NOW, 240.0)]
    diary.intervals = [Interval(1, "a01_one", NOW - 240, NOW, 1)]
    diary.keep(history)
    history.close()
    return checkout


def test_the_command_shows_text_json_and_page(practised_checkout: Checkout) -> None:
    pytest.importorskip("matplotlib")
    (practised_checkout.root / "stats.html").write_text("an earlier page, which may be written anew")
    done = practised_checkout.kata("stats")
    assert done.code == 0, done.text
    assert "1 of 2 katas passed, 1 pass in 2 attempts, 2 runs" in done.out
    assert "4:00/10" in done.out
    both = practised_checkout.kata("stats", "--json", "--html", "stats.html")
    assert both.code == 0, both.text
    found = json.loads(both.out)
    assert (found["format"], found["all"]["runs"], found["streak"]["longest"]) == (1, 2, 1)
    assert both.err == "stats.html\n"
    page = (practised_checkout.root / "stats.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 2


def test_what_the_practice_commands_note_is_what_the_statistics_say(person: Person) -> None:
    def said() -> Any:
        return json.loads(person.types("stats", "--json").out)

    person.types("start", "a1")
    person.stub.write_text("def double(x):\n    return x\n")
    assert person.types("submit", "a1").code == 1
    first = said()["all"]
    assert (first["attempts"], first["runs"], first["passed"]) == (1, 1, 0)
    assert [missed["test"] for missed in said()["missed"]] == ["test_two_is_four"]
    person.types("hint", "a1")
    person.stub.write_text(GOOD)
    assert person.types("submit", "a1").code == 0
    (kata,) = said()["katas"]
    assert (kata["attempts"], kata["runs"], kata["hints"], kata["open"], kata["dropped"]) == (1, 2, 1, False, 0)
    (green,) = kata["greens"]
    assert (green["runs"], green["hints"], green["given_up"], green["review"]) == (2, 1, False, False)
    assert said()["all"]["timed"] == said()["all"]["within"] == 1
    assert kata["due_s"] > green["at"]
    person.types("reset", "a1")
    assert said()["all"]["attempts"] == 1
    assert "the stub was put back" in person.types("history").out
    exported = json.loads(person.types("history", "export").out)
    assert [entry["kind"] for entry in exported["entries"]] == ["run", "hint", "run", "pass", "card", "reset"]


def test_no_history_is_no_error_and_makes_none(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.add("a01_one")
    monkeypatch.chdir(checkout.root)
    said = [
        CliRunner().invoke(app, arguments, catch_exceptions=False).output
        for arguments in (("stats",), ("stats", "--json"), ("history",))
    ]
    assert "Nothing practised yet" in said[0]
    assert json.loads(said[1])["days"] == []
    assert said[2] == "Nothing has happened yet.\n"
    assert not (checkout.state / "history.sqlite3").exists()


def test_a_damaged_history_is_set_aside_and_named(checkout: Checkout) -> None:
    checkout.add("a01_one")
    checkout.state.mkdir()
    (checkout.state / "history.sqlite3").write_bytes(b"nothing that SQLite knows" * 100)
    done = checkout.kata("stats")
    assert done.code == 0
    assert "it is set aside as history-unreadable-" in done.err
    assert "Traceback" not in done.text


def test_a_file_that_is_no_page_is_not_overwritten(practised_checkout: Checkout) -> None:
    file = practised_checkout.root / "notes.txt"
    file.write_text("mine")
    done = practised_checkout.kata("stats", "--html", "notes.txt")
    assert done.code == 2
    assert "it will not be overwritten" in done.err
    assert file.read_text() == "mine"
    assert "is a folder" in practised_checkout.kata("stats", "--html", "katas").err


def test_without_matplotlib_only_the_page_is_refused(practised_checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError('gone', name='matplotlib')\n")
    without = {"PYTHONPATH": str(tmp_path)}
    done = practised_checkout.kata("stats", "--html", "stats.html", env=without)
    assert done.code == 2
    assert done.err.startswith("kata: the page's charts need a library that is not installed: matplotlib\n")
    assert "pip install -e '.[charts]'" in done.err
    assert not (practised_checkout.root / "stats.html").exists()
    assert practised_checkout.kata("stats", env=without).code == 0
    assert practised_checkout.kata("stats", "--json", env=without).code == 0


def test_a_terminal_does_without_matplotlib_and_numpy(practised_checkout: Checkout) -> None:
    code = (
        "import sys; from harness.cli.main import app; app(['stats'], standalone_mode=False);"
        "print(sorted({'numpy', 'matplotlib', 'jinja2', 'pytest'} & set(sys.modules)))"
    )
    root = practised_checkout.root
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("[]\n"), done.stdout


def test_a_history_with_odd_values_in_its_columns_is_shown(
    practised_checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(practised_checkout.root)
    with sqlite3.connect(practised_checkout.state / "history.sqlite3") as database:
        rows = [("soon", "a01_one", "run", "{}"), (NOW, "a01_one", "run", "[" * 5000), (NOW, "\x1b[31m", "\x07", "7")]
        database.executemany("INSERT INTO events (at, slug, kind, data) VALUES (?, ?, ?, ?)", rows)
    database.close()
    for arguments in (("stats",), ("stats", "--json"), ("history",), ("history", "export", "-f", "csv")):
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == 0
        assert done.output
        assert not {"\x1b", "\x07"} & set(done.output)


def test_sets_in_the_table_are_those_of_the_catalog() -> None:
    assert [group.name for group in stats_of(Diary()).sets] == [KataSet.A.value, KataSet.B.value]
