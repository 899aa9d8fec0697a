"""Options that `kata grade` and `kata export` share: deadlines, and pseudonyms in place of names."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.core.errors import KataError

if TYPE_CHECKING:
    from harness.grading.export.options import Form
    from harness.grading.late import LatePolicy
    from harness.grading.results import Cohort
    from harness.grading.weights import Tables


@dataclass(frozen=True, slots=True)
class MarkingOptions:
    """What was asked for."""

    due: str
    late: str
    grace: str
    cut_off: str
    is_anonymous: bool
    key: Path | None

    def policy(self) -> LatePolicy | None:
        """What lateness costs, None when nothing was said of it. Raises `DeadlineError`."""
        from harness.grading.late import parse_policy

        return parse_policy(self.late, self.grace, self.cut_off)

    def with_due(self, tables: Tables) -> Tables:
        """`tables` with the deadline of the command line for katas that have none of their own. Raises `DeadlineError`."""
        from harness.grading.late import parse_time
        from harness.grading.weights import DUE, GENERAL

        if not self.due:
            return tables
        return {**tables, GENERAL: {**tables.get(GENERAL, {}), DUE: parse_time(self.due, "--due")}}

    def shown(self, cohort: Cohort, results: Path, out: Path) -> Cohort:
        """The cohort with pseudonyms, if they were asked for. Raises `KataError` for a key that would be among the pages."""
        if not self.is_anonymous:
            return cohort
        from harness.grading.anonymous import key_file, make_key, without_names

        key = self.key or key_file(results)
        if key.resolve().is_relative_to(out.resolve()):
            raise KataError(
                f"{key} would lie among the pages", hint="give a key file outside of that folder with --key"
            )
        found = without_names(cohort, make_key(key, cohort.learners))
        click.echo(f"the key of the pseudonyms: {key}", err=True)
        return found

    def forms(self, forms: Sequence[Form], *, were_named: bool) -> list[Form]:
        """The forms to write: gradebooks need names. Raises `KataError` when one was asked for by name."""
        from harness.grading.export.options import NAMED_FORMS

        named = [form for form in forms if form in NAMED_FORMS]
        if self.is_anonymous and were_named and named:
            raise KataError(f"{named[0]} needs names, so it cannot be written with --anonymous")
        return [form for form in forms if not (self.is_anonymous and form in NAMED_FORMS)]


def marking_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; `command` gets them as `marking`."""

    @click.option("--due", metavar="TIME", default="", help="A deadline for katas without one: 2026-12-01T23:59.")
    @click.option(
        "--late", metavar="N%/day", default="", help="What lateness costs: 10%/day, 5%/h; of a kata's points."
    )
    @click.option("--grace", metavar="TIME", default="", help="So late is not late: 15min, 2h.")
    @click.option("--cut-off", metavar="TIME", default="", help="So late gives no points: 7d.")
    @click.option("--anonymous", is_flag=True, help="Pseudonyms in all that is written; their key is a file apart.")
    @click.option("--key", type=click.Path(path_type=Path), help="That file, in place of RESULTS.key.csv.")
    @functools.wraps(command)
    def with_marking(
        *arguments: Any, due: str, late: str, grace: str, cut_off: str, anonymous: bool, key: Path | None, **others: Any
    ) -> None:
        command(*arguments, marking=MarkingOptions(due, late, grace, cut_off, anonymous, key), **others)

    return with_marking
