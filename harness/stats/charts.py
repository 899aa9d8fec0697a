"""The charts of the statistics page, each one `<svg>` element. Empty where there is nothing to draw yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from statistics import median
from typing import TYPE_CHECKING, Any

from harness.core.model import KataSet
from harness.stats.words import hours, level, plural, share, spans

if TYPE_CHECKING:
    from harness.history.attempts import Green
    from harness.stats.model import KataStats, Stats
    from harness.stats.svg import Canvas

_WIDTH = 6.2
"""Inches; half of the page. Text is then a little larger than it was drawn."""
_NARROW = 3.7
"""The same for a page as narrow as a telephone."""
_ROW = 0.27
"""Inches a row of a dot plot."""
_HALF_A_YEAR = 26
_YEAR = 53
_YEAR_WEEKS = 6
"""Weeks that a month with its year takes in a narrow calendar."""
_FAR = 3.0
"""Times the clock from which on a dot stands at the edge, with its figure."""
_MOST_TOPICS = 16


def passed_over_time(stats: Stats, *, is_narrow: bool = False) -> str:
    """Katas passed, stacked by set, against days. A day's passes stand over the whole day, today's too."""
    from harness.stats.svg import COLORS, draw

    here = [kata for kata in stats.katas if kata.set is not None]
    days = {kata.slug: min(kata.first_passed, stats.today) for kata in here if kata.first_passed is not None}
    if not days:
        return ""
    begin = min(min(days.values()) - timedelta(days=1), stats.today - timedelta(days=13))
    tomorrow = stats.today + timedelta(days=1)
    moments = sorted({begin, *days.values(), stats.today, tomorrow})
    most = len(here) if 3 * len(days) >= len(here) else max(4, 2 * len(days))
    sets = [kata_set for kata_set in KataSet if any(kata.set is kata_set for kata in here)]
    slugs = {kata_set: [kata.slug for kata in here if kata.set is kata_set] for kata_set in sets}
    heights = [
        list(accumulate(sum(days.get(slug) == moment for slug in slugs[kata_set]) for moment in moments))
        for kata_set in sets
    ]

    def paint(canvas: Canvas) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = canvas.axes
        colors = [COLORS[f"set-{kata_set.value.lower()}"] for kata_set in sets]
        labels = [f"set {kata_set.value}" for kata_set in sets]
        axes.stackplot(moments, heights, colors=colors, labels=labels, step="post", linewidth=0)
        if most == len(here):
            axes.axhline(most, color=COLORS["soft"], linewidth=1, linestyle=(0, (4, 3)))
        told = f"all {len(here)}" if most == len(here) else f"{len(days)} of {len(here)}"
        axes.annotate(told, (begin, most), (4, -3), textcoords="offset points", va="top", color=COLORS["soft"])
        axes.set_xlim(begin, tomorrow)
        axes.set_ylim(0, most * 1.04)
        axes.set_ylabel("katas passed")
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        _date_axis(axes)
        gaps = {"columnspacing": 0.8, "handletextpad": 0.3} if is_narrow else {}
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "ncols": 4}
        axes.legend(**place, frameon=False, handlelength=1.0, borderpad=0.2, **gaps)

    label = f"Katas passed over time: {len(days)} of {len(here)}, from {min(days.values())} to {stats.today}"
    return draw(_name("passed-over-time", is_narrow), label, (_width(is_narrow), 3.0), paint)


def time_to_green(stats: Stats, *, is_narrow: bool = False) -> str:
    """Each pass as a dot at its share of the interview clock, a row a kata."""
    from harness.stats.svg import COLORS, draw

    katas = [kata for kata in stats.katas if kata.shares]
    if not katas:
        return ""
    most = max(max(kata.shares) for kata in katas)
    edge = max(1.3, min(_FAR, 1.06 * most))
    far = edge + 0.75  # so that what is written there stands on no other dot

    def paint(canvas: Canvas) -> None:
        axes = canvas.axes
        _rows(axes, [kata.id if is_narrow else f"{kata.id} {_short(kata.title, 28)}" for kata in katas])
        axes.axvline(100, color=COLORS["ink"], linewidth=1.2, zorder=1)
        axes.annotate("the clock", (100, 1.0), (0, 2), ("data", "axes fraction"), "offset points", ha="center")
        for row, kata in enumerate(katas):
            for green, value in zip(kata.timed, kata.shares, strict=True):
                _dot(canvas, kata, green, far if value > edge else value, row, is_far=value > edge)
            axes.annotate(_best(kata), (1, row), (6, 0), ("axes fraction", "data"), "offset points", va="center")
        axes.annotate("best", (1, 1.0), (6, 2), "axes fraction", "offset points", color=COLORS["soft"])
        axes.set_xticks(range(0, round(100 * edge) + 1, 25 if edge < 1.6 else 50))
        axes.set_xlim(0, 102 * (far if most > edge else edge))
        axes.set_xlabel("time to green, % of the interview clock")
        _legend(axes)

    within = f"{stats.all.within} of {plural(stats.all.timed, 'pass', 'passes')} within it"
    label = f"Time to green against the interview clock, by kata: {within}"
    return draw(_name("time-to-green", is_narrow), label, (_width(is_narrow), 1.1 + _ROW * len(katas)), paint)


def _best(kata: KataStats) -> str:
    best = min(green.spent_s or 0.0 for green in kata.timed)
    return f"{hours(best)} of {kata.minutes} min"


def _dot(canvas: Canvas, kata: KataStats, green: Green, value: float, row: int, *, is_far: bool) -> None:
    """One pass: full for a first one, hollow for a review; above the clock in another colour."""
    from harness.stats.svg import COLORS

    true = (green.spent_s or 0.0) / (60.0 * (kata.minutes or 1))
    color = COLORS["passed" if true <= 1 else "failing"]
    (dot,) = canvas.axes.plot(
        [100 * value],
        [row],
        marker=">" if is_far else "o",
        markersize=6.5,
        markerfacecolor=COLORS["card"] if green.review else color,
        markeredgecolor=color,
        markeredgewidth=1.3,
        linestyle="none",
        clip_on=False,
        zorder=2 if green.review else 3,
    )
    what = "review" if green.review else "first pass"
    canvas.tip(dot, f"{kata.id}, {what}: {hours(green.spent_s or 0.0)} of {kata.minutes} min, {share(true)}")
    if is_far:
        canvas.axes.annotate(
            share(true), (100 * value, row), (-6, 0), textcoords="offset points", ha="right", va="center"
        )


def _legend(axes: Any) -> None:
    from matplotlib.lines import Line2D

    from harness.stats.svg import COLORS

    def key(label: str, color: str, face: str) -> Line2D:
        style = {"markerfacecolor": COLORS[face], "markeredgecolor": COLORS[color], "markeredgewidth": 1.3}
        return Line2D([], [], marker="o", markersize=6.5, linestyle="none", label=label, **style)

    keys = [key("first pass", "passed", "passed"), key("review", "passed", "card"), key("late", "failing", "failing")]
    axes.figure.legend(
        handles=keys, loc="outside lower right", ncols=3, frameon=False, handletextpad=0.1, columnspacing=1.0
    )


def runs_by_topic(stats: Stats, *, is_narrow: bool = False) -> str:
    """How many runs a pass took, a dot a pass and a bar at the median, a row a topic."""
    from harness.stats.svg import COLORS, draw

    runs = {
        topic.name: [number for kata in stats.katas if topic.name in kata.topics for number in kata.runs_to_green]
        for topic in stats.topics
    }
    topics = sorted((topic for topic in runs if runs[topic]), key=lambda topic: (-median(runs[topic]), topic))
    topics = topics[:_MOST_TOPICS]
    if not topics:
        return ""

    def paint(canvas: Canvas) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = canvas.axes
        _rows(axes, [_short(topic, 14 if is_narrow else 24) for topic in topics])
        for row, topic in enumerate(topics):
            for number in sorted(set(runs[topic])):
                times = runs[topic].count(number)
                size = 5.5 + 1.5 * min(times - 1, 4)
                (dot,) = axes.plot(
                    [number],
                    [row],
                    "o",
                    markersize=size,
                    color=COLORS["set-a"],
                    markeredgewidth=0,
                    alpha=0.65,
                    zorder=3,
                )
                canvas.tip(dot, f"{topic}: {plural(times, 'pass', 'passes')} in {plural(number, 'run')}")
            axes.plot([median(runs[topic])] * 2, [row - 0.36, row + 0.36], color=COLORS["ink"], linewidth=1.4, zorder=2)
        axes.set_xlim(0, 1.05 * max(4, *(number for topic in topics for number in runs[topic])))
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.set_xlabel("runs to green (the bar: their median)")

    label = "Runs to green by topic, most first: " + ", ".join(f"{topic} {median(runs[topic]):g}" for topic in topics)
    return draw(_name("runs-by-topic", is_narrow), label, (_width(is_narrow), 0.75 + _ROW * len(topics)), paint)


def calendar_weeks(stats: Stats) -> int:
    """How many weeks the calendar shows: half a year, or up to a year when there is more."""
    first = min((day.date for day in stats.days), default=stats.today)
    weeks = (stats.today - first).days // 7 + 2
    return _HALF_A_YEAR if weeks <= _HALF_A_YEAR else _YEAR


def calendar(stats: Stats, *, is_narrow: bool = False) -> str:
    """Days of the last weeks, the darker the more was run; a narrow one has half a year at most."""
    from harness.stats.svg import COLORS, draw

    if not stats.days:
        return ""
    weeks = _HALF_A_YEAR if is_narrow else calendar_weeks(stats)
    monday = stats.today - timedelta(days=stats.today.weekday())
    begin = monday - timedelta(weeks=weeks - 1)
    runs = {day.date: max(day.runs, day.passes) for day in stats.days}
    shown = [begin + timedelta(days=number) for number in range((stats.today - begin).days + 1)]
    most = max(runs.get(day, 0) for day in shown)

    def paint(canvas: Canvas) -> None:
        from matplotlib.patches import Patch, Rectangle

        axes = canvas.axes
        for number, day in enumerate(shown):
            color = COLORS[f"heat-{level(runs.get(day, 0), most)}"]
            edge = COLORS["ink"] if day == stats.today else "none"
            square = Rectangle((number // 7, number % 7), 0.84, 0.84, facecolor=color, edgecolor=edge, linewidth=1)
            axes.add_patch(square)
            canvas.tip(square, f"{day}: {plural(runs.get(day, 0), 'run') if day in runs else 'nothing'}")
        axes.set(xlim=(-0.1, weeks), ylim=(7, -0.1), aspect="equal")
        axes.set_yticks([0.42, 2.42, 4.42], ["Mon", "Wed", "Fri"])
        months = _months(shown)
        if is_narrow and len(months) > 1 and months[1][0] - months[0][0] < 7 * _YEAR_WEEKS:
            months[0] = (months[0][0], months[0][1].partition(" ")[0])  # a year would stand on the next month
        axes.set_xticks([number // 7 + 0.1 for number, _ in months], [name for _, name in months], ha="left")
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        keys = [
            Patch(facecolor=COLORS[f"heat-{shade}"], label="–".join(dict.fromkeys(map(str, ends))))
            for shade, ends in spans(most)
        ]
        axes.legend(
            handles=keys,
            title="runs a day",
            loc="upper left",
            bbox_to_anchor=(0, -0.02),
            ncols=5,
            columnspacing=0.8 if is_narrow else 2.0,
            frameon=False,
            handlelength=0.9,
            handleheight=0.9,
            alignment="left",
            borderpad=0.2,
        )

    width = _width(is_narrow) if weeks == _HALF_A_YEAR else 2 * _WIDTH
    practised = sum(day.date >= begin for day in stats.days)
    label = f"Calendar of the last {weeks} weeks: practised on {plural(practised, 'day')}"
    return draw(_name("calendar", is_narrow), label, (width, 1.8 if is_narrow else 2.4), paint)


def _months(days: Sequence[date]) -> list[tuple[int, str]]:
    """Where each month begins among the days, with its name; the year stands with the first and with January."""
    found = [(number, day) for number, day in enumerate(days) if day.day <= 7 and day.weekday() == 0]
    return [
        (number, day.strftime("%b %Y") if place == 0 or day.month == 1 else day.strftime("%b"))
        for place, (number, day) in enumerate(found)
    ]


def _name(chart: str, is_narrow: bool) -> str:
    """What a chart is called in the page, which holds a wide and a narrow one."""
    return f"{chart}-narrow" if is_narrow else chart


def _width(is_narrow: bool) -> float:
    return _NARROW if is_narrow else _WIDTH


def _rows(axes: Any, labels: Sequence[str]) -> None:
    """A row a label, the first one on top, each with a faint line to follow."""
    from harness.stats.svg import COLORS

    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=COLORS["line"], linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


def _date_axis(axes: Any) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    formats = ["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S"]
    zeros = ["", "%b\n%Y", "%b", "%d %b", "%H:%M", "%H:%M"]
    axes.xaxis.set_major_formatter(
        ConciseDateFormatter(locator, formats=formats, zero_formats=zeros, show_offset=False)
    )


def _short(title: str, most: int = 24) -> str:
    return title if len(title) <= most else f"{title[: most - 1].rstrip()}…"
