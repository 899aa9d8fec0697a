"""Statistics as one self-contained HTML page with charts: no script, no font, no request to anywhere. Pure.

The same statistics give the same bytes. Needs matplotlib, the extra `charts`.
"""

from __future__ import annotations

from markupsafe import Markup, escape

from harness.scoreboard.render.pages import page_environment
from harness.stats import charts
from harness.stats.model import GONE, Stats
from harness.stats.words import headline, hours, lines, notes, on_clock, share


def render_page(stats: Stats) -> str:
    """The page; names that a history brings along are escaped. Raises `ChartsMissingError` without matplotlib."""
    environment = page_environment("harness.stats")
    environment.filters["code"] = _code
    makers = {
        "calendar": charts.calendar,
        "passed": charts.passed_over_time,
        "clock": charts.time_to_green,
        "topics": charts.runs_by_topic,
    }
    drawn = {name: _both(make(stats), make(stats, is_narrow=True)) for name, make in makers.items()}
    tried = [kata for kata in stats.katas if kata.attempts or kata.runs]
    return environment.get_template("stats.html").render(
        stats=stats,
        headline=headline(stats),
        lines=[] if stats.is_empty else lines(stats),
        notes=notes(stats),
        charts=drawn,
        weeks=charts.calendar_weeks(stats),
        is_wide=charts.calendar_weeks(stats) > 26,
        tried=tried,
        best={kata.slug: min((green.spent_s or 0.0 for green in kata.timed), default=None) for kata in tried},
        ids={kata.slug: kata.id for kata in stats.katas},
        groups=[*stats.sets, stats.all],
        gone=GONE,
        hours=hours,
        on_clock=on_clock,
        share=share,
    )


def _both(wide: str, narrow: str) -> Markup:
    """A chart for wide screens and one for narrow ones, of which the page shows one; empty when there is nothing to draw."""
    if not wide:
        return Markup("")
    return Markup('<div class="chart">{}</div><div class="chart narrow">{}</div>').format(Markup(wide), Markup(narrow))


def _code(text: str) -> Markup:
    """What stands between backticks as code."""
    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in enumerate(parts)
    )
