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
    from harness.audit.rotation import Rotation
    from harness.audit.run import AuditResult, KataAudit
    from harness.audit.timing import Timing
    from harness.core.model import Figure


def render_audit(
    result: AuditResult,
    *,
    scores: Mapping[str, MutationScore] | None = None,
    slowest: int = 0,
    width: int = 100,
    color: bool = False,
) -> str:
    """A row a kata with the margin of each speed test, the faults, and what it took; ends with a newline.

    `scores` are what is known of its mutants, by slug. The `slowest` runs are listed. What stands behind a plus is the
    follow-up's.
    """
    console = Canvas(width, color=color)
    console.print(_table(result.katas, scores or {}))
    for audited in result.katas:
        for fault in audited.faults:
            console.print(Text(f"{audited.kata.slug}: {fault}"), soft_wrap=True)
    for run in result.timing.slowest[:slowest]:
        console.print(Text(f"{run.seconds:7.2f} s  {run.name}"), soft_wrap=True)
    console.print(Text(time_sentence(result.timing)), soft_wrap=True)
    each = [part for audited in result.katas for part in _parts(audited)]
    left_out = sum(part.left_out for part in each)
    if left_out:
        console.print(Text(f"left out in the player: {left_out} wrong solutions; --all runs them there, too"))
    if result.rotation is not None:
        for sentence in rotation_sentences(result.rotation, result.katas):
            console.print(Text(sentence), soft_wrap=True)
    faults = sum(len(audited.faults) for audited in result.katas)
    # The stub, too, and not what was left out.
    solutions = len(result.katas) + sum(1 + part.wrong + part.also_right - part.not_in_part for part in each)
    console.print(Text(f"{len(result.katas)} katas, {solutions} solutions, {faults} faults", style="bold"))
    return console.text


def _table(katas: Sequence[KataAudit], scores: Mapping[str, MutationScore]) -> Table:
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
    for audited in katas:
        parts = _parts(audited)
        margins = "; ".join(f"{figure.text} ({_margin(figure)})" for part in parts for figure in part.margins)
        table.add_row(
            audited.kata.slug,
            "+".join(str(part.tests) for part in parts),
            "+".join(str(part.wrong) for part in parts),
            "+".join(str(part.also_right) for part in parts),
            "+".join(f"{part.suite_s:.1f}" for part in parts) + " s",
            _mutants(scores.get(audited.kata.slug)),
            Text(str(len(audited.faults)), style="bold red" if audited.faults else "green"),
            Text(margins or "-"),
        )
    return table


def time_sentence(timing: Timing) -> str:
    """Where the time went. Runs side by side are summed up, so that stages may add up to more than the whole."""
    parts = [
        f"{each.name} {each.seconds:.1f} s{f' in {each.runs} runs' if each.runs else ''}" for each in timing.stages
    ]
    rate = f", {timing.solutions_per_s:.1f} runs per second" if timing.slowest else ", nothing had to be run"
    return f"time: {', '.join(parts)}; {timing.wall_s:.1f} s in all{rate}"


def rotation_sentences(rotation: Rotation, katas: Sequence[KataAudit]) -> tuple[str, str]:
    """What was audited whole, what was left out, and how to run all."""
    each = [part for audited in katas for part in _parts(audited)]
    wrong, left_out = sum(part.wrong for part in each), sum(part.not_in_part for part in each)
    of_katas = sum(any(part.not_in_part for part in _parts(audited)) for audited in katas)
    return (
        rotation.sentence,
        f"left out: {left_out} of {wrong} wrong solutions, of {of_katas} katas that were not audited whole; "
        f"part {rotation.part} was run (--part for another); `kata audit` without --rotate runs all",
    )


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
