"""Statistics for a terminal: they make sense without colour and at 80 columns. Pure: `Stats` in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.core.model import KataSet
from harness.scoreboard.render.canvas import Canvas
from harness.stats.model import GONE, GroupStats, KataStats, Stats
from harness.stats.words import headline, hours, level, lines, notes, on_clock, share, spans

_MOST_TOPICS = 12
_WEEKS = 12
_NUMBER = 5
"""The least width of a column of numbers."""
_SHADES = "·░▒▓█"
_ASCII_SHADES = ".-+*#"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def render_stats(stats: Stats, *, width: int = 80, color: bool = False, unicode: bool = True) -> str:
    """All there is to say; ends with a newline."""
    console = Canvas(width, color=color, unicode=unicode)
    console.print(Text(headline(stats), style="bold"))
    if not stats.is_empty:
        _print_lines(console, stats)
        _print_calendar(console, stats, unicode=unicode)
        _print_groups(console, "set", [*stats.sets, stats.all], unicode=unicode)
        _print_katas(console, [kata for kata in stats.katas if kata.attempts or kata.runs], unicode=unicode)
        _print_topics(console, stats, unicode=unicode)
        _print_missed(console, stats)
    _print_quiz(console, stats, unicode=unicode)
    for sentence in notes(stats):
        console.print()
        console.print(Text(sentence, style="dim"))
    text = console.text
    return text if unicode else text.replace("·", ".").replace("–", "-").encode("ascii", "replace").decode()


def _print_lines(console: Console, stats: Stats) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, sentence in lines(stats):
        grid.add_row(Text(name, style="dim"), sentence)
    console.print()
    console.print(grid)


def _print_calendar(console: Console, stats: Stats, *, unicode: bool) -> None:
    """The last weeks, a row a day of the week, a column a week."""
    runs = {day.date: max(day.runs, day.passes) for day in stats.days}
    monday = stats.today - timedelta(days=stats.today.weekday())
    begin = monday - timedelta(weeks=_WEEKS - 1)
    shades = _SHADES if unicode else _ASCII_SHADES
    most = max((number for day, number in runs.items() if begin <= day <= stats.today), default=0)
    console.print()
    between = "–" if unicode else "-"
    console.print(Text(f"The last {_WEEKS} weeks, runs a day: {_legend(shades, most, between)}", style="bold"))
    for weekday, name in enumerate(_DAYS):
        days = [begin + timedelta(weeks=week, days=weekday) for week in range(_WEEKS)]
        cells = [" " if day > stats.today else shades[level(runs.get(day, 0), most)] for day in days]
        console.print(Text(f"  {name}  {'  '.join(cells)}".rstrip()))


def _legend(shades: str, most: int, between: str) -> str:
    """Each shade with the numbers that it stands for."""
    return "  ".join(f"{shades[shade]} {between.join(dict.fromkeys(map(str, ends)))}" for shade, ends in spans(most))


def _table(console: Console, what: str, columns: Sequence[str], *, unicode: bool) -> Table:
    """A table whose first column takes what the numbers leave."""
    room = console.width - sum(max(len(name), _NUMBER) + 1 for name in columns) - (0 if unicode else 2)
    table = Table(box=box.SIMPLE_HEAD if unicode else box.ASCII2, pad_edge=False, padding=0, show_edge=not unicode)
    table.add_column(what, overflow="ellipsis", no_wrap=True, min_width=12, max_width=max(12, room))
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True, min_width=max(len(name), _NUMBER))
    return table


def _print_groups(console: Console, what: str, groups: Sequence[GroupStats], *, unicode: bool) -> None:
    columns = ("passed", "attempts", "runs", "runs/pass", "in time", "of clock")
    table = _table(console, what, columns, unicode=unicode)
    for group in groups:
        if group.name == "all":
            table.add_section()
        table.add_row(
            _group_name(group.name),
            f"{group.passed}/{group.katas}",
            str(group.attempts),
            str(group.runs),
            "" if group.runs_to_green is None else f"{group.runs_to_green:g}",
            f"{group.within}/{group.timed}" if group.timed else "",
            "" if group.share is None else share(group.share),
        )
    console.print()
    console.print(table)


def _group_name(name: str) -> str:
    if name in KataSet.__members__:
        return f"{name} {KataSet(name).summary}"
    return "no longer here" if name == GONE else name


def _print_katas(console: Console, katas: Sequence[KataStats], *, unicode: bool) -> None:
    columns = ("attempts", "runs", "hints", "passes", "best/clock", " latest")  # latest: 1:29:41 fits
    table = _table(console, "kata", columns, unicode=unicode)
    star = "★" if unicode else "*"
    for kata in katas:
        title = f"{kata.id} {kata.title}" + (f" {star}" if kata.starred else "")
        best = min((green.spent_s or 0.0 for green in kata.timed), default=None)
        latest = kata.timed[-1].spent_s if kata.timed else None
        table.add_row(
            Text(title),
            str(kata.attempts),
            str(kata.runs),
            str(kata.hints or ""),
            str(len(kata.greens) or ""),
            on_clock(best, kata.minutes),
            "" if latest is None else hours(latest),
        )
    console.print()
    console.print(table)


def _print_topics(console: Console, stats: Stats, *, unicode: bool) -> None:
    tried = sorted((topic for topic in stats.topics if topic.runs or topic.greens), key=lambda topic: -topic.runs)
    if tried:
        _print_groups(console, "topic", tried[:_MOST_TOPICS], unicode=unicode)
    if len(tried) > _MOST_TOPICS:
        console.print(Text(f"and {len(tried) - _MOST_TOPICS} topics more with fewer runs", style="dim"))


def _print_quiz(console: Console, stats: Stats, *, unicode: bool) -> None:
    """Concept questions, by topic; those with most answers, and all."""
    if not stats.quiz.asked:
        return
    table = _table(console, "quiz topic", ("asked", "good", "due"), unicode=unicode)
    topics = sorted(stats.quiz_topics, key=lambda topic: -topic.asked)
    for topic in (*topics[:_MOST_TOPICS], stats.quiz):
        if topic is stats.quiz:
            table.add_section()
        table.add_row(topic.name, str(topic.asked), str(topic.good), str(topic.due or ""))
    console.print()
    console.print(table)
    if len(topics) > _MOST_TOPICS:
        console.print(Text(f"and {len(topics) - _MOST_TOPICS} topics more with fewer answers", style="dim"))


def _print_missed(console: Console, stats: Stats) -> None:
    if not stats.missed:
        return
    ids = {kata.slug: kata.id for kata in stats.katas}
    console.print()
    console.print(Text("Most-missed tests", style="bold"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for missed in stats.missed:
        grid.add_row(f"{missed.runs} of {missed.of} runs", ids[missed.slug], Text(missed.test))
    console.print(grid)
