"""Similar submissions as a table for the terminal, as JSON, and as a page; all for the instructor alone."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from harness.grading.export.pages import environment
from harness.grading.similarity import Similarity
from harness.scoreboard.render.canvas import Canvas
from harness.sources.untrusted_text import line

CAUTION = (
    "Alike is a reason to look, not a verdict: short katas have few right solutions. "
    "“Usual” is the median over pairs of the same kata."
)


def render_similar_table(similar: Similarity, names: Mapping[str, str], *, width: int = 100) -> str:
    """A row a pair, then what was not compared; ends with a newline."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console = Canvas(width, color=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("kata", "learner", "has of the other", "learner", "has of the other", "usual"):
        table.add_column(column, justify="left" if column in ("kata", "learner") else "right")
    for pair in similar.pairs:
        table.add_row(
            Text(line(pair.kata)),
            Text(_name(names, pair.left)),
            f"{pair.left_share:.0%}",
            Text(_name(names, pair.right)),
            "identical" if pair.is_identical else f"{pair.right_share:.0%}",
            f"{pair.usual:.0%}",
        )
    if similar.pairs:
        console.print(table)
    console.print(Text(summary(similar), style="bold"))
    for notice in similar.notices:
        console.print(Text(line(notice, 500)), soft_wrap=True)
    return console.text


def render_similar_json(similar: Similarity) -> str:
    """The pairs by slugs; ends with a newline."""
    document = {"kind": "kata-similarity", "format": 1} | msgspec.to_builtins(similar)
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def render_similar_html(similar: Similarity, names: Mapping[str, str]) -> str:
    """The page, self-contained and without scripts."""
    rows = [(pair, _name(names, pair.left), _name(names, pair.right)) for pair in similar.pairs]
    notices = [line(notice, 500) for notice in similar.notices]
    return (
        environment()
        .get_template("similarity.html")
        .render(rows=rows, notices=notices, summary=summary(similar), caution=CAUTION)
    )


def summary(similar: Similarity) -> str:
    """All of it in one line."""
    return f"{len(similar.pairs)} pairs at {similar.threshold:.0%} or more, of {similar.compared} submissions compared"


def _name(names: Mapping[str, str], slug: str) -> str:
    return line(names.get(slug, slug))
