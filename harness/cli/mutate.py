"""`kata mutate`: how strong suites are."""

from __future__ import annotations

import sys

import click

from harness.catalog.load import select_katas
from harness.cli.common import FRESH, IDS, JOBS, open_catalog, open_state, show_progress
from harness.core.output import has_color, put, width


@click.command(name="mutate")
@IDS
@JOBS
@FRESH
@click.option(
    "--sample", "size", type=click.IntRange(1), metavar="N", help="N mutants of each reference, always the same."
)
@click.option("--follow-up", is_flag=True, help="Those of the follow-ups' references, too.")
@click.option("--json", "as_json", is_flag=True, help="Scores and survivors for programs.")
def mutate_command(
    ids: tuple[str, ...], jobs: int | None, fresh: bool, size: int | None, follow_up: bool, as_json: bool
) -> None:
    r"""Show which small changes of its reference a suite does not notice.

    Each mutant is the reference with one change: an operator, a constant, a dropped statement, another axis, a dropped copy.
    Survivors are shown as diffs: kill them by a better test, or declare them in mistakes.md under `## Equivalent`. Exit code
    1 when a score is below 95 %.

    \b
    Examples:
      kata mutate a1
      kata mutate --sample 10
    """
    from harness.audit.mutate import mutate
    from harness.audit.mutation_target import targets
    from harness.audit.mutation_text import render_scores, scores_as_json

    base, catalog = open_catalog()
    chosen = targets(select_katas(catalog, ids), follow_up=follow_up)
    with show_progress() as listener:
        scores = mutate(chosen, state=open_state(base), workers=jobs, size=size, fresh=fresh, listener=listener)
    put(scores_as_json(scores) if as_json else render_scores(scores, width=width(), color=has_color()))
    if not all(score.is_enough for score in scores):
        sys.exit(1)
