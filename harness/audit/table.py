"""The audit for a terminal: a table of katas, then one sentence for each fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from harness.audit.mutation_text import percent
from harness.scoreboard.render.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.audit.mutate import MutationScore
    from harness.audit.run import KataAudit
    from harness.core.model import Figure


def render_audit(
    results: Sequence[KataAudit],
    *,
    scores: Mapping[str, MutationScore] | None = None,
    width: int = 100,
    color: bool = False,
) -> str:
    """A row a kata with the margin of each speed test, then the faults; ends with a newline.

    `scores` are what is known of its mutants, by slug.
    What stands behind a plus is the follow-up's.
    """
    console = Canvas(width, color=color)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in (
        "kata",
        "tests",
        "wrong",
        "right",
        "suite",
        "mutants",
        "faults",
        "speed of the reference, and its margin",
    ):
        table.add_column(name, justify="left" if name in ("kata",) or name.startswith("speed") else "right")
    for result in results:
        parts = _parts(result)
        margins = "; ".join(f"{figure.text} ({_margin(figure)})" for part in parts for figure in part.margins)
        table.add_row(
            result.kata.slug,
            "+".join(str(part.tests) for part in parts),
            "+".join(str(part.wrong) for part in parts),
            "+".join(str(part.also_right) for part in parts),
            "+".join(f"{part.suite_s:.1f}" for part in parts) + " s",
            _mutants((scores or {}).get(result.kata.slug)),
            Text(str(len(result.faults)), style="bold red" if result.faults else "green"),
            Text(margins or "-"),
        )
    console.print(table)
    for result in results:
        for fault in result.faults:
            console.print(Text(f"{result.kata.slug}: {fault}"), soft_wrap=True)
    faults = sum(len(result.faults) for result in results)
    each = [part for result in results for part in _parts(result)]
    solutions = len(results) + sum(1 + part.wrong + part.also_right for part in each)  # the stub, too
    console.print(Text(f"{len(results)} katas, {solutions} solutions, {faults} faults", style="bold"))
    return console.text


def _mutants(score: MutationScore | None) -> Text:
    """The share of mutants that the suite kills, and how many that were, if not all."""
    if score is None:
        return Text("-")
    of_some = f" of {score.mutants}" if score.mutants < len(score.target.mutants) else ""
    return Text(f"{percent(score)}{of_some}", style="green" if score.is_enough else "bold red")


def _parts(result: KataAudit) -> list[KataAudit]:
    """The kata's own suite, and its follow-up's where there is one."""
    return [result, result.follow_up] if result.follow_up else [result]


def _margin(figure: Figure) -> str:
    """How far a figure is from its bound; a cost that does not grow at all is infinitely far."""
    return f"{figure.margin:.1f}x what is needed" if figure.margin < 100 else "over 100x what is needed"
