"""Mutation scores for a terminal and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.text import Text

from harness.scoreboard.render.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.audit.mutants import Mutant
    from harness.audit.mutate import MutationScore
    from harness.audit.mutation_target import Target

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def render_scores(scores: Sequence[MutationScore], *, width: int = 100, color: bool = False) -> str:
    """A diff for each survivor, what is wrong with declared equivalents, and a line for each reference."""
    console = Canvas(width, color=color)
    for score in scores:
        for mutant in score.survivors:
            console.print(Text(f"{score.target.name}: survived, {mutant.operator} in line {mutant.line}", style="bold"))
            for line in _diff(score.target, mutant).splitlines():
                console.print(Text(line, style=_STYLES.get(line[:1], "")), soft_wrap=True)
            console.print(Text(""))
        for fault in score.faults:
            console.print(Text(f"{score.target.name}: {fault}"), soft_wrap=True)
    for score in scores:
        console.print(Text(_summary(score), style="bold green" if score.is_enough else "bold red"), soft_wrap=True)
    return console.text


def _summary(score: MutationScore) -> str:
    total = len(score.target.mutants)
    of_all = "" if score.mutants == total else f" (a sample of {total})"
    return (
        f"{score.target.name}: {percent(score)} of {score.mutants} mutants{of_all}: {score.killed} killed, "
        f"{score.equivalent} equivalent, {len(score.survivors)} survived"
    )


def percent(score: MutationScore) -> str:
    """The score for people: rounded down, so that 100 % means that nothing is left."""
    return f"{int(100 * score.score)} %"


def scores_as_json(scores: Sequence[MutationScore]) -> str:
    """A list with an object for each reference."""
    return json.dumps([_as_dict(score) for score in scores], indent=2, ensure_ascii=False) + "\n"


def _as_dict(score: MutationScore) -> dict[str, object]:
    return {
        "kata": score.target.name,
        "mutants": score.mutants,
        "killed": score.killed,
        "equivalent": score.equivalent,
        "score": round(score.score, 4),
        "survivors": [
            {"line": mutant.line, "operator": str(mutant.operator), "diff": _diff(score.target, mutant)}
            for mutant in score.survivors
        ],
    }


def _diff(target: Target, mutant: Mutant) -> str:
    return mutant.diff(target.text, target.file.relative_to(target.kata.root).as_posix())
