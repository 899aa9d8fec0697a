"""The `kata` command: which commands there are, and what errors of theirs come to."""

from __future__ import annotations

import difflib
import errno
import importlib
import os
import re
import sys
from pathlib import Path

import click

from harness.catalog.load import find_root, is_edition
from harness.core.errors import KataError
from harness.edition.roles import AUTHORS, INSTRUCTORS

_COMMANDS = {
    "audit": "harness.cli.authors:audit_command",
    "cohort": "harness.cli.export:cohort_group",
    "completion": "harness.cli.katas:completion_command",
    "diff": "harness.cli.solution:diff_command",
    "export": "harness.cli.export:export_command",
    "grade": "harness.cli.grade:grade_command",
    "history": "harness.cli.stats:history_group",
    "hint": "harness.cli.attempts:hint_command",
    "list": "harness.cli.katas:list_command",
    "mark": "harness.cli.mark:mark_command",
    "mistake": "harness.cli.mistake:mistake_command",
    "mutate": "harness.cli.mutate:mutate_command",
    "new": "harness.cli.authors:new_command",
    "next": "harness.cli.katas:next_command",
    "release": "harness.cli.edition:release_command",
    "interview": "harness.cli.interview:interview_command",
    "path": "harness.cli.paths:path_command",
    "quiz": "harness.cli.quiz:quiz_command",
    "regrade": "harness.cli.mark:regrade_command",
    "reset": "harness.cli.attempts:reset_command",
    "restore": "harness.cli.attempts:restore_command",
    "reveal": "harness.cli.solution:reveal_command",
    "review": "harness.cli.attempts:review_command",
    "scoreboard": "harness.cli.scoreboard:scoreboard_command",
    "show": "harness.cli.katas:show_command",
    "similarity": "harness.cli.export:similarity_command",
    "stats": "harness.cli.stats:stats_command",
    "stamp": "harness.cli.authors:stamp_command",
    "start": "harness.cli.clock:start_command",
    "stop": "harness.cli.clock:stop_command",
    "submit": "harness.cli.solution:submit_command",
    "tally": "harness.cli.scoreboard:tally_command",
    "try": "harness.cli.try_out:try_command",
    "unseal": "harness.cli.edition:unseal_command",
    "update": "harness.cli.edition:update_command",
    "watch": "harness.cli.watch:watch_command",
}
"""Where they are: each is imported only when it is asked for."""

_SECTIONS = {
    "Practise": ("watch", "next", "path", "show", "start", "stop", "try", "hint", "submit", "reset", "restore"),
    "After a pass": ("reveal", "diff", "mistake", "review"),
    "Rehearse the interview": ("quiz", "interview"),
    "See how you stand": ("scoreboard", "list", "stats", "history", "tally"),
    "Set up": ("completion", "update", "unseal"),
    "For authors": ("new", "stamp", "audit", "mutate"),
    "For instructors": ("release", "grade", "mark", "regrade", "export", "similarity", "cohort"),
}
"""The order of `kata --help`; what is in none of them comes last."""


def _with_blocks(command: click.Command) -> click.Command:
    r"""The command, with `\b` in its help as click wants it before lines that stay as they are: a backspace."""
    command.help = command.help and command.help.replace("\\b\n", "\b\n")
    return command


class _Commands(click.Group):
    """All commands, those for instructors among them."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for; the name of a kata alone is answered with what to say instead."""
        if args and args[0] == "help":  # `kata help hint` is what people type who know git
            args = [*args[1:2], "--help"] if args[1:] else ["scoreboard", "--help"]
        if args and self.get_command(ctx, args[0]) is None and re.fullmatch(r"[a-dA-D]\d{1,2}(_\w+)?", args[0]):
            ctx.fail(f"{args[0]} is not a command. To work on it: kata watch {args[0]}")
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=2)
            meant = f" Did you mean {' or '.join(near)}?" if near else " `kata --help` lists the commands."
            ctx.fail(f"{args[0]} is not a command.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """All commands, by purpose."""
        names = self.list_commands(ctx)
        known = {name for section in _SECTIONS.values() for name in section}
        column = max(map(len, names))
        limit = formatter.width - column - 6
        sections = {**_SECTIONS, "Others": tuple(name for name in names if name not in known)}
        for title, of_section in sections.items():
            there = [(name, self.get_command(ctx, name)) for name in of_section if name in names]
            rows = [(f"{name:<{column}}", command.get_short_help_str(limit)) for name, command in there if command]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Their names; a learners' edition speaks of learners' commands only."""
        hidden = {*AUTHORS, *INSTRUCTORS} if _in_edition() else set()
        return sorted(_COMMANDS.keys() - hidden)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        """The command of that name. Raises `KataError` for one that an edition cannot have."""
        if cmd_name in AUTHORS and _in_edition():
            raise KataError(
                f"this is a learners' edition, and kata {cmd_name} is for authors: it needs the whole repository",
                hint="kata --help lists what there is here",
            )
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return _with_blocks(command)


_HELP = """Code katas for machine-learning interviews.

Fill in a stub, run its suite, watch the scoreboard grow. Without a command: `kata watch`, for the kata you are at. A KATA
goes by any of its names: a1, A01, mse, a01_mse; `kata COMMAND --help` explains one command.

\b
An evening:
  kata next           which kata, and why
  kata show mse       what it asks
  kata start mse      the interview clock
  kata                fill in katas/a01_mse/mse.py: each save runs its suite
  kata hint mse       when you are stuck
  kata submit mse     the whole suite; 0 is a pass
  kata diff mse       your code beside the reference
"""
_EPILOG = """\b
Files: .kata/ keeps results, history and attempts; git ignores it.
Environment: KATA_ROOT, the checkout; KATA_STATE, instead of .kata/; NO_COLOR.
Exit codes: 0 done, 1 not passed or refused, 2 an error, 130 interrupted.
"""


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    epilog=_EPILOG,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="ml-kata-dojo")
@click.pass_context
def app(context: click.Context) -> None:
    """Go on with the kata at hand when nothing else is asked for."""
    if context.invoked_subcommand is None:
        from harness.cli.watch import watch_command

        context.invoke(watch_command, kata_id="")


def _in_edition() -> bool:
    try:
        return is_edition(find_root(Path.cwd()))
    except KataError:
        return False


def main() -> None:
    """Entry point: errors a person can mend end in a sentence and an exit code, never in a traceback."""
    os.environ.pop("PYTHONOPTIMIZE", None)  # suites run with their assertions, and learners with theirs
    if sys.stdout is None:  # closed by the shell, `>&-`
        click.echo("kata: there is no standard output to write to", err=True)
        sys.exit(KataError.exit_code)
    try:
        try:
            app(prog_name="kata")
        finally:
            sys.stdout.flush()
    except KataError as error:
        click.echo(f"kata: {error}", err=True)
        if error.hint:
            click.echo(f"      {error.hint}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _drop_output()  # the reader has closed the pipe; do not complain while exiting
        sys.exit(141)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        _drop_output()
        click.echo(f"kata: the output cannot be written: {error.strerror}", err=True)
        sys.exit(KataError.exit_code)


def _drop_output() -> None:
    """Send what is still to be written nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    main()
