"""An interview as it goes on: coding against the clock, the interviewer's questions, the candidate's scores, the report.

Every step is written before the next begins, so that whatever ends the process, `kata interview --resume` goes on there.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from harness.core.errors import InterruptedRunError, KataError
from harness.core.model import Kata, KataReport
from harness.history.store import History
from harness.interview.clock import InterviewClock
from harness.interview.report import outcome, printable, render_html, render_markdown, tests
from harness.interview.state import (
    ANCHORS,
    BEST,
    WEIGHTS,
    Aspect,
    Ending,
    Interview,
    Phase,
    Task,
    failed_tests,
    suggested_accuracy,
    with_ending,
    with_questions,
    with_run,
    with_score,
    with_time,
    with_typed,
    without_more_questions,
)
from harness.interview.storage import InterviewFolder, interview_entry, run_entry
from harness.interview.voice import COMMANDS, Voice, command_of, feedback
from harness.scoreboard.render.words import minutes

ENOUGH = "/done"
"""What ends the questions before the last one."""
PAUSE = "/quit"
"""What pauses where lines are answers."""
_WARN_S = 300.0


class PauseError(Exception):
    """The candidate has left; everything is kept."""

    def __init__(self, *, interrupted: bool) -> None:
        super().__init__()
        self.interrupted = interrupted


class Session:
    """One sitting."""

    def __init__(
        self,
        folder: InterviewFolder,
        interview: Interview,
        voice: Voice,
        *,
        history: History,
        earlier: Sequence[Interview],
        now: Callable[[], float],
    ) -> None:
        self.interview = interview
        self._room = folder
        self._voice = voice
        self._history = history
        self._earlier = earlier
        self._now = now
        self._clock = InterviewClock(interview.spent_s, interview.limit_s, beat=folder.beat, tick=self._tick)
        self._warned = self._clock.left_s <= 2 * _WARN_S

    def run(self) -> tuple[Path, Path]:
        """To the end; the two files of the report. Raises `PauseError` when the candidate leaves before it."""
        try:
            if self.interview.phase is Phase.CODING:
                self._coding()
            if self.interview.phase is Phase.QUESTIONS:
                self._questions()
            self._scoring()
            return self.finish()
        except EOFError:
            raise self._paused(interrupted=False) from None
        except (KeyboardInterrupt, InterruptedRunError):
            raise self._paused(interrupted=True) from None

    def finish(self) -> tuple[Path, Path]:
        """Write the report and note the interview; then it is over."""
        done = replace(self.interview, finished=self._now())
        code = self._room.code(done)
        written = self._room.write_report(
            render_markdown(done, self._earlier, code), render_html(done, self._earlier, code)
        )
        noted = {entry.data.get("id") for entry in self._history.entries("interview")}
        if done.id not in noted:  # it may have been killed between the two
            self._history.add("interview", "", self._now(), **interview_entry(done))
        self._keep(done)
        return written

    def _keep(self, interview: Interview) -> None:
        """The interview stands so from now on, on the disk too."""
        self.interview = interview
        self._room.save(interview)

    def _paused(self, *, interrupted: bool) -> PauseError:
        self._keep(with_time(self.interview, self._clock.spent_s))
        return PauseError(interrupted=interrupted)

    # --- coding ---

    def _coding(self) -> None:
        while (task := self.interview.current) is not None:
            kata = self._room.kata(task.slug)
            if kata is None:
                self._voice.say(f"{task.slug} is gone from katas/, or not usable any more: it is left out.", "yellow")
                self._keep(with_ending(self.interview, Ending.GONE))
                continue
            self._room.put_stub(kata)
            self._introduce(task, kata)
            with self._clock.running(lambda kata=kata: self._bell(kata)):  # type: ignore[misc]  # bound early
                ending = self._work(kata)
            self._end(kata, ending)

    def _introduce(self, task: Task, kata: Kata) -> None:
        number = [other.slug for other in self.interview.tasks].index(task.slug) + 1
        self._voice.say("")
        self._voice.say(
            f"Kata {number} of {len(self.interview.tasks)}: {kata.id} {kata.title} ({kata.minutes} min)", "bold"
        )
        self._show_statement(kata)
        self._voice.say("Edit this file in your editor, and save it:")
        self._voice.say(f"  {near(self._room.file(kata))}", wrap=False)
        self._voice.say(f"Then: {', '.join(COMMANDS)}.")

    def _show_statement(self, kata: Kata) -> None:
        from harness.catalog.statement import read_statement

        try:
            # The statement names the learner's file, which is another one than the candidate's.
            command = f"pytest katas/{kata.slug}"
            subject = shlex.quote(str(near(self._room.file(kata))))
            self._voice.show(read_statement(kata).replace(command, f"{command} --subject {subject}"))
        except KataError as error:
            self._voice.say(f"{error}; the stub's docstring is what there is", "yellow")

    def _work(self, kata: Kata) -> Ending:
        """Take commands until one of them ends the work on this kata, or the time does."""
        while not self._clock.is_over:
            line = self._voice.ask(f"{kata.id} · {minutes(self._clock.left_s)} left > ")
            if self._clock.is_over:
                break
            command = command_of(line)
            if command == "next":
                return Ending.SUBMITTED
            if command == "skip":
                return Ending.SKIPPED
            if command == "quit":
                raise EOFError
            self._obey(command, line, kata)
        return Ending.TIME_UP

    def _obey(self, command: str, line: str, kata: Kata) -> None:
        if command == "run":
            self._run(kata)
        elif command == "time":
            self._voice.say(f"{minutes(self._clock.left_s)} left of {minutes(self.interview.limit_s)}")
        elif command == "statement":
            self._show_statement(kata)
        elif command == "help":
            self._voice.say("\n".join(f"{name:<10} {meaning}" for name, meaning in COMMANDS.items()))
        elif line.strip().lower() in ("hint", "reveal"):
            self._voice.say("There are no hints in an interview.", "yellow")
        elif line.strip():
            self._voice.say(f"There is no {printable(line.strip())[:40]!r} here: {', '.join(COMMANDS)}", "yellow")

    def _run(self, kata: Kata) -> None:
        file = self._room.file(kata)
        if not file.is_file():
            self._voice.say(f"{file} is not there any more: save it again", "yellow")
            return
        if self._room.is_empty(kata, file):
            self._voice.say("The file is still the empty stub. Is it saved?", "yellow")
            return
        report = self._judge(kata, file)
        self._keep(with_run(with_time(self.interview, self._clock.spent_s), report))
        self._voice.say(feedback(report))

    def _judge(self, kata: Kata, file: Path) -> KataReport:
        with self._voice.working("running the tests"):
            report = self._room.judge(kata, file)
        self._history.add("run", kata.slug, self._now(), **run_entry(report, failed_tests(report)))
        return report

    def _bell(self, kata: Kata) -> None:
        """The time is up, while the candidate thinks: what is in the file now is what counts."""
        with contextlib.suppress(KataError):  # tried once more when the work is ended
            self._room.hand_in(kata)
        with contextlib.suppress(OSError):  # the reader has ended
            self._voice.say(
                "\nTime is up. Your file as it is at this moment is what counts. Press Enter.", "bold yellow"
            )

    def _tick(self, left_s: float) -> None:
        task = self.interview.current
        with contextlib.suppress(OSError):
            self._voice.tick(task.slug if task else "", left_s)
            if left_s <= _WARN_S and not self._warned:
                self._warned = True
                self._voice.say(f"\n{minutes(left_s)} left.", "yellow")

    def _end(self, kata: Kata, ending: Ending) -> None:
        self.interview = with_time(self.interview, self._clock.spent_s)
        report = None
        if ending is not Ending.SKIPPED:
            handed_in = self._room.submitted(kata)
            if ending is not Ending.TIME_UP or not handed_in.is_file():
                handed_in = self._room.hand_in(kata)
            if not self._room.is_empty(kata, handed_in):
                report = self._judge(kata, handed_in)
        if ending is Ending.TIME_UP:
            self._voice.say("The time is up.", "bold")
        self._keep(with_ending(self.interview, ending, report))
        task = next(task for task in self.interview.tasks if task.slug == kata.slug)
        self._voice.say(
            f"{kata.id}: {outcome(task)}, tests {tests(task)}, {minutes(task.spent_s)} of {task.minutes} min"
        )

    # --- questions ---

    def _questions(self) -> None:
        if self.interview.answers is None:
            answers, notices = self._room.questions(self.interview)
            for notice in notices:
                self._voice.say(notice, "yellow")
            self._keep(with_questions(self.interview, answers))
        asked = self.interview.answers or ()
        if asked:
            self._voice.say("\nThe coding is over, and the clock is off. Now the interviewer asks.", "bold")
            self._voice.say(
                f"An empty line ends an answer; at once, it leaves the question out. {ENOUGH} ends them all, "
                f"{PAUSE} pauses. What you type is kept beside what there is to say, for you to judge."
            )
        for i in range(len(asked)):
            if self.interview.answers and not self.interview.answers[i].is_done:
                self._question(i, len(asked))

    def _question(self, index: int, count: int) -> None:
        answers = self.interview.answers or ()
        answer = answers[index]
        self._voice.say(f"\nQuestion {index + 1} of {count}, on {answer.slug}", "bold")
        self._voice.show(answer.question)
        lines = answer.typed.splitlines()
        if lines:
            self._voice.say("You had begun: " + printable("\n".join(lines)))
        while True:
            line = self._voice.ask("  > ")
            if not line.strip():
                break
            if line.strip() == PAUSE:
                raise EOFError
            if line.strip() == ENOUGH and not lines:
                self._keep(without_more_questions(self.interview))
                return
            lines.append(line)
            self._keep(with_typed(self.interview, index, "\n".join(lines), is_done=False))
        self._keep(with_typed(self.interview, index, "\n".join(lines), is_done=True))
        self._voice.say("What there is to say:", "dim")
        self._voice.show(answer.model)

    # --- scores ---

    def _scoring(self) -> None:
        if self.interview.rubric is not None:
            return
        self._voice.say(f"\nNow score yourself as an interviewer would, 0 to {BEST}.", "bold")
        solved = f"{self.interview.solved} of {len(self.interview.tasks)} katas solved"
        self._voice.say(f"{solved}; {self.interview.passed} of {self.interview.total} tests pass in what was judged.")
        for aspect in Aspect:
            if aspect not in self.interview.scores:
                self._keep(with_score(self.interview, aspect, self._score(aspect)))
        self._voice.say(f"\nRubric: {self.interview.rubric:g} of 100", "bold")

    def _score(self, aspect: Aspect) -> int:
        suggested = suggested_accuracy(self.interview) if aspect is Aspect.ACCURACY else None
        self._voice.say(f"\n{aspect.capitalize()}, {WEIGHTS[aspect]} %", "bold")
        self._voice.say("\n".join(f"  {score} {meaning}" for score, meaning in enumerate(ANCHORS[aspect])))
        offer = "" if suggested is None else f" [{suggested}, by the tests]"
        while True:
            line = self._voice.ask(f"{aspect}{offer} > ").strip()
            if not line and suggested is not None:
                return suggested
            if line in (PAUSE, PAUSE[1:]):
                raise EOFError
            if line in [str(score) for score in range(BEST + 1)]:
                return int(line)
            self._voice.say(f"A whole number from 0 to {BEST} is expected, not {printable(line)[:40]!r}.", "yellow")


def near(path: Path) -> str:
    """The path as it is typed from here, where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
