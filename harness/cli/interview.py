"""`kata interview`: arguments, the selection of katas, and where an interview is begun, resumed and ended."""

from __future__ import annotations

import random
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog.load import is_published_stub
from harness.catalog.published_stub import StubLostError, published_stub
from harness.cli.interview_list import show_interviews, show_two_interviews
from harness.cli.practice import Place, here
from harness.cli.voice import TerminalVoice
from harness.interview.selection import Selection, candidate_record, is_of_an_interview, select
from harness.interview.session import PauseError, Session, near
from harness.interview.state import Ending, Interview, Phase, Task, with_ending
from harness.interview.storage import InterviewError, InterviewFolder, alone, load_all, new_folder, set_aside
from harness.practice.topics import Role, topic_name
from harness.scoreboard.render.words import minutes as as_minutes

if TYPE_CHECKING:
    from harness.history.store import History

DEFAULT_MINUTES = 90
LONGEST_MINUTES = 480
_RESUME = "`kata interview --resume` goes on with it, `kata interview --abandon` ends it as it is"


@click.command(name="interview")
@click.argument("ids", nargs=-1, metavar="[ID [ID]]")
@click.option(
    "--minutes",
    type=click.IntRange(1, LONGEST_MINUTES),
    help=f"How long you have for the code; {DEFAULT_MINUTES} when not given.",
)
@click.option("--role", type=click.Choice([role.value for role in Role]), help="What the draw leans to.")
@click.option(
    "--seed", type=click.IntRange(0), help="Select the same katas again, as long as your practice is the same."
)
@click.option("--resume", is_flag=True, help="Go on with the interview that was paused or killed.")
@click.option("--abandon", is_flag=True, help="End it as it is; its report is written without scores.")
@click.option("--list", "show_list", is_flag=True, help="Show all interviews, each with its change against the last.")
@click.option(
    "--compare", "compare_two", is_flag=True, help="Show two beside one another: those named, else the last two."
)
@click.option("--json", "as_json", is_flag=True, help="With --list or --compare: JSON, for scripts.")
def interview_command(
    ids: tuple[str, ...],
    minutes: int | None,
    role: str | None,
    seed: int | None,
    resume: bool,
    abandon: bool,
    show_list: bool,
    compare_two: bool,
    as_json: bool,
) -> None:
    """Sit a mock interview: katas drawn for you, a clock, questions, a report.

    The katas fit into the time, lean to what you are weak at and to the role, and are written in files of their own: what you
    have in katas/ stays as it is. There are no hints. `run` says how many tests pass and shows the first that fails; `next`
    hands in. The clock counts only while the interview runs: `quit` or Ctrl-C pauses it, and --resume goes on, after a kill too.

    Then the interviewer asks; your answers are kept beside the model answers. You score yourself by the 40/30/20/10 rubric
    (accuracy, communication, approach, code quality), and the report is written under .kata/interviews/, as Markdown and HTML.
    """
    modes = [resume, abandon, show_list, compare_two]
    if sum(modes) > 1:
        raise click.UsageError("--resume, --abandon, --list and --compare exclude one another")
    if any(modes) and (minutes, role, seed) != (None, None, None):
        raise click.UsageError("--minutes, --role and --seed are for a new interview")
    if as_json and not (show_list or compare_two):
        raise click.UsageError("--json goes with --list or --compare")
    if ids and not compare_two:
        raise click.UsageError("an interview is named with --compare only")
    place = here()
    if show_list:
        show_interviews(place.state, as_json=as_json)
    elif compare_two:
        show_two_interviews(place.state, ids, as_json=as_json)
    else:
        with alone(place.state), place.history() as history:
            commands = _InterviewCommands(place, history)
            if resume:
                commands.resume()
            elif abandon:
                commands.abandon()
            else:
                commands.begin(minutes or DEFAULT_MINUTES, Role(role) if role else None, seed)


class _InterviewCommands:
    """Where a candidate reports: a new interview, or the one that is not finished."""

    def __init__(self, place: Place, history: History) -> None:
        self._place = place
        self._state = place.state
        self._history = history
        self._interviews = self._readable()
        self._voice = TerminalVoice()

    def begin(self, minutes: int, role: Role | None, seed: int | None) -> None:
        """Select katas, and go on to the first kata."""
        open_one = self._open_one()
        if open_one is not None:
            raise InterviewError(f"interview {open_one.id} is not finished: {_stands(open_one)}", hint=_RESUME)
        now = time.time()
        luck = random.SystemRandom().randrange(10**6) if seed is None else seed
        drawn, weak = self._draw(minutes, role, luck, now, is_repeat=seed is not None)
        folder = new_folder(self._state, now)
        interview_folder = InterviewFolder(self._state, folder.name, self._place.root, self._place.catalog)
        try:
            for kata in drawn.katas:
                interview_folder.put_stub(kata)
            interview = Interview(
                id=folder.name,
                created=now,
                role=role.value if role else "",
                minutes=minutes,
                limit_s=60.0 * (drawn.minutes if drawn.notice else minutes),
                seed=luck,
                tasks=tuple(Task(kata.slug, kata.title, kata.minutes, kata.topics) for kata in drawn.katas),
                weak_topics=weak,
            )
            interview_folder.save(interview)
        except BaseException:
            interview_folder.discard()
            raise
        self._voice.say(
            f"Interview {interview.id}: {len(drawn.katas)} katas, {as_minutes(interview.limit_s)} on the clock."
        )
        if drawn.notice:
            self._voice.say(f"{drawn.notice[0].upper()}{drawn.notice[1:]}.", "yellow")
        if weak:
            self._voice.say(f"Weak topics weigh more: {', '.join(weak)}.")
        self._sit(interview_folder, interview)

    def _draw(
        self, minutes: int, role: Role | None, seed: int, now: float, *, is_repeat: bool
    ) -> tuple[Selection, tuple[str, ...]]:
        """With a seed that was asked for, earlier interviews don't count: it shall repeat one."""
        from harness.practice.choose import due_reviews

        katas, left_out = [], []
        for kata in self._place.catalog.katas:
            try:
                published_stub(self._state, kata)
                katas.append(kata)
            except StubLostError:
                left_out.append(kata.slug)
        if left_out:
            self._voice.say(f"Left out, as their published stub is not to be found: {', '.join(left_out)}.", "yellow")
        entries = [entry for entry in self._history.entries() if not (is_repeat and is_of_an_interview(entry))]
        filled = [
            kata.slug for kata in katas if kata.stub.is_file() and not is_published_stub(kata, kata.stub.read_bytes())
        ]
        candidate = candidate_record(katas, entries, set(due_reviews(self._history, now)), filled, now)
        drawn = select(katas, minutes, role, candidate, seed)
        topics = {topic_name(topic) for kata in drawn.katas for topic in kata.topics}
        return drawn, tuple(topic for topic in candidate.weak_topics if topic in topics)

    def resume(self) -> None:
        """Go on where it was left."""
        interview = self._need_open("resume")
        interview_folder = InterviewFolder(self._state, interview.id, self._place.root, self._place.catalog)
        interview = replace(interview_folder.load(), pauses=interview.pauses + 1)
        interview_folder.save(interview)
        self._voice.say(f"Interview {interview.id} goes on: {_stands(interview)}.")
        self._sit(interview_folder, interview)

    def abandon(self) -> None:
        """Write the report of what there is."""
        interview = self._need_open("abandon")
        interview_folder = InterviewFolder(self._state, interview.id, self._place.root, self._place.catalog)
        interview = interview_folder.load()
        if interview.current is not None:
            interview = with_ending(interview, Ending.ABANDONED)
        self._report(self._session(interview_folder, interview).finish())

    def _sit(self, interview_folder: InterviewFolder, interview: Interview) -> None:
        session = self._session(interview_folder, interview)
        try:
            self._report(session.run())
        except PauseError as pause:
            self._voice.say(f"\nPaused: {_stands(session.interview)}. `kata interview --resume` goes on.", "bold")
            if pause.interrupted:
                sys.exit(130)
        finally:
            self._voice.close()

    def _session(self, interview_folder: InterviewFolder, interview: Interview) -> Session:
        return Session(
            interview_folder, interview, self._voice, history=self._history, earlier=self._interviews, now=time.time
        )

    def _report(self, written: tuple[Path, Path]) -> None:
        for path in written:
            self._voice.say(f"Report: {near(path)}", wrap=False)
        self._voice.say("`kata interview --list` shows all of them.")

    def _readable(self) -> list[Interview]:
        interviews, damaged = load_all(self._state)
        for path in damaged:
            click.echo(set_aside(path), err=True)
        return interviews

    def _open_one(self) -> Interview | None:
        return next((one for one in reversed(self._interviews) if one.phase is not Phase.DONE), None)

    def _need_open(self, what: str) -> Interview:
        interview = self._open_one()
        if interview is None:
            raise InterviewError(f"there is no interview to {what}", hint="`kata interview` begins one")
        return interview


def _stands(interview: Interview) -> str:
    """Where an interview stands, in a few words."""
    task = interview.current
    if task is not None:
        return f"{task.slug}, {as_minutes(interview.left_s)} left"
    return {Phase.QUESTIONS: "the questions", Phase.SCORING: "your scores"}.get(interview.phase, interview.phase.value)
