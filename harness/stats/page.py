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
    drawn = {
        "calendar": charts.calendar(stats),
        "passed": charts.passed_over_time(stats),
        "clock": charts.time_to_green(stats),
        "topics": charts.runs_by_topic(stats),
    }
    tried = [kata for kata in stats.katas if kata.attempts or kata.runs]
    return environment.get_template("stats.html").render(
        stats=stats,
        headline=headline(stats),
        lines=[] if stats.is_empty else lines(stats),
        notes=notes(stats),
        charts={name: Markup(svg) for name, svg in drawn.items()},
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


def _code(text: str) -> Markup:
    """What stands between backticks as code."""
    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in enumerate(parts)
    )
