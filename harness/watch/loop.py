"""The loop of `kata watch`: each save runs the suite, what comes back is shown, keys ask for more.

Everything that happens comes through one queue (saves, keys, a resized window), and the run is looked at between events:
there is one thread that decides, and nothing it does takes long.
"""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from harness.core.errors import KataError
from harness.core.model import Kata, KataReport, Outcome, Status, TestResult
from harness.runner.job import Job, without_a_run
from harness.watch.events import Event, Files, Kind, Runner, Running
from harness.watch.key_commands import KeyCommands
from harness.watch.recovery import put_back
from harness.watch.screen import Screen
from harness.watch.view import PassSummary, Phase, View
from harness.watch.warm_runs import fingerprint

POLL_S = 0.004
"""How often a run is looked at."""
DRAW_S = 0.06
"""How often what it says is drawn, unless it is the verdict: drawing takes time that the run could use."""
TICK_S = 1.0
"""How often the clock, and the file should a save have been missed, are looked at."""
GONE_AFTER_S = 0.3
"""How long a file may be missing before that is said: editors take it away for a moment while they save."""


class Watch:
    """One session: a kata, the run of its last save, and what is on the screen."""

    def __init__(
        self,
        kata: Kata,
        files: Files,
        runner: Runner,
        screen: Screen,
        *,
        harness_changed: Callable[[], bool] = lambda: False,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` is the time of day, for the history; `clock` measures what passes."""
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.must_restart = False
        """Whether it ended because the harness itself has changed."""
        self._files = files
        self._runner = runner
        self._screen = screen
        self._harness_changed = harness_changed
        self._now = now
        self._clock = clock
        self._view = View(kata)
        self._run: Running | None = None
        self._source: bytes | None = None
        self._suite = fingerprint(kata)
        self._printed: Mapping[str, str] = {}
        self._told: tuple[str, ...] = ()
        """What is said as long as the session lasts."""
        self._missing_since: float | None = None
        self._saved_at = 0.0
        self._next_tick = 0.0
        self._next_draw = 0.0
        self._has_news = False
        """Whether the run has said something that is not drawn yet."""
        self._is_over = False
        self._key_commands = KeyCommands(self, files)

    @property
    def view(self) -> View:
        """What is on the screen."""
        return self._view

    @property
    def has_keys(self) -> bool:
        """Whether keys can be pressed."""
        return self._screen.has_keys

    def tell(self, sentence: str) -> None:
        """Have something said from the beginning."""
        self._told += (sentence,)
        self._view = replace(self._view, notices=self._told)

    # --- the loop ---

    def run(self) -> None:
        """Go on until the user quits. No child process is left behind."""
        try:
            self.show()
            self._look()
            while not self._is_over:
                self.step()
        finally:
            if self._run is not None:
                self._run.cancel()

    def step(self) -> None:
        """Take one event, or what the run has to say meanwhile."""
        with contextlib.suppress(queue.Empty):
            self._take(self.events.get(timeout=POLL_S if self._run else TICK_S))
        if self._run is not None:
            self._has_news |= self._run.poll()
            if self._has_news:
                self._show_run(self._run)
        elif self.events.empty():
            self._look()  # a save may have been missed: network drives send no events
        self._tick()

    def saved(self, *, in_harness: bool = False) -> None:
        """Say from any thread that something was saved."""
        self.events.put(Event(Kind.HARNESS if in_harness else Kind.SAVED))

    def press(self, key: str) -> None:
        """Say from any thread that a key was pressed."""
        self.events.put(Event(Kind.KEY, key))

    def resized(self) -> None:
        """Say from any thread or signal handler that the window has another size."""
        self.events.put(Event(Kind.RESIZED))

    def _take(self, event: Event) -> None:
        match event.kind:
            case Kind.SAVED:
                self._look()
            case Kind.HARNESS:
                self._look_at_harness()
            case Kind.KEY:
                self._key_commands.press(event.key)
            case Kind.RESIZED:
                self.show()

    def show(self, **changes: object) -> None:
        """Change what is on the screen."""
        self._view = replace(self._view, **changes)  # type: ignore[arg-type]
        self._screen.show(self._view)

    def notice(self, *sentences: str) -> None:
        """Show these sentences, the last three at most."""
        kept = [sentence for sentence in self._view.notices if sentence not in sentences]
        self.show(notices=(*kept, *sentences)[-3:])

    def _tick(self) -> None:
        """The clock, once a second."""
        if self._clock() < self._next_tick:
            return
        self._next_tick = self._clock() + TICK_S
        if self._run is not None:
            waited_s = self._clock() - self._saved_at
            self.show(duration_s=waited_s, running_test=self._run.running_test)
        try:
            shown = self._files.clock(self._view.kata, self._now())
        except KataError as error:
            if error.sentence not in self._view.notices:
                self.notice(error.sentence)
            return
        if shown != self._view.clock:
            self.show(clock=shown)

    # --- files ---

    def _look(self) -> None:
        """See what has changed on the disk, and do what follows."""
        suite = fingerprint(self._view.kata)
        if suite and suite != self._suite:
            self._suite = suite
            self._restart("the suite has changed")
            return
        try:
            source = self._view.kata.stub.read_bytes()
        except OSError:
            self._is_missing()
            return
        self._missing_since = None
        if source != self._source or self._view.phase is Phase.GONE:
            self._source = source
            self.begin()

    def _look_at_harness(self) -> None:
        if self._harness_changed():
            self.must_restart = self._is_over = True

    def _is_missing(self) -> None:
        """The learner's file is not there: for a moment while an editor saves, or for longer."""
        if self._run is not None:
            return  # it may have deleted itself, and is put back when the run ends
        if self._missing_since is None:
            self._missing_since = self._clock()
            self.saved()  # look again soon
        elif self._clock() - self._missing_since < GONE_AFTER_S:
            time.sleep(POLL_S)
            self.saved()
        elif self._view.phase is not Phase.GONE:
            self._view = View(self._view.kata, clock=self._view.clock)
            self.show(phase=Phase.GONE, is_settled=True)

    def _restart(self, why: str) -> None:
        """Suite, helper or `kata.toml` are others: so must the warm parent be."""
        self.end_run()
        try:
            kata = self._files.reload(self._view.kata)
        except KataError as error:
            self.notice(f"{why}, and cannot be used: {error}")
            return
        self._runner.restart(kata)
        self.show(kata=kata)
        self._source = None
        self._look()
        self.notice(f"{why}: started again")

    # --- runs ---

    def begin(self, *, all_bands: bool = False) -> None:
        """Run the suite; a run that is under way is for an older file, and is ended."""
        self.end_run()
        kata = self._view.kata
        self._printed = {}
        self._has_news = False
        self._next_draw = 0.0
        self._saved_at = self._clock()
        known = without_a_run(Job(kata))
        if known is not None:
            self._view = View(kata, clock=self._view.clock, notices=self._view.notices)
            self.show(phase=Phase.DONE, report=known, is_settled=True)
            return
        # The last run's tests stay on the screen until this one has something to say: that does not flicker.
        self._view = replace(self._view, report=None, pass_summary=None, running_test="", duration_s=0.0, question="")
        self._view = replace(self._view, notices=self._told, follow_up=(), follow_up_report=None)
        self.show(phase=Phase.RUNNING, is_stale=True, is_settled=False)
        self._run = self._runner.begin(all_bands=all_bands)

    def end_run(self) -> None:
        """Cancel the run under way."""
        if self._run is not None:
            self._run.cancel()
            self._run = None

    def _show_run(self, run: Running) -> None:
        self._printed = run.printed
        if self._view.report is not None:  # the kata has passed, and what runs is its follow-up
            self._show_follow_up(run)
            return
        if run.report is not None:
            self._has_news = False
            self._conclude(run.report)
            return
        tests = run.results()
        if not any(test.outcome is not Outcome.NOT_RUN for test in tests):
            self._has_news = False
            if run.running_test != self._view.running_test:
                self.show(running_test=run.running_test)
            return
        is_verdict = self._view.verdict is None and any(test.outcome is Outcome.FAILED for test in tests)
        if self._clock() < self._next_draw and not is_verdict:
            return
        self._has_news = False
        self._next_draw = self._clock() + DRAW_S
        chosen = 0 if self._view.is_stale else self._view.chosen
        self.show_tests(tests, is_stale=False, chosen=chosen)

    def _conclude(self, report: KataReport) -> None:
        """First the verdict is on the screen, then all that takes time."""
        self._run = None
        took_s = self._clock() - self._saved_at
        pass_summary = PassSummary() if report.status is Status.PASSED else None
        chosen = 0 if self._view.is_stale else self._view.chosen
        changes = {
            "phase": Phase.DONE,
            "report": report,
            "duration_s": took_s,
            "pass_summary": pass_summary,
            "chosen": chosen,
        }
        self.show_tests(report.tests, **changes, running_test="", is_stale=False)
        self._put_back()
        self._record(report)
        if report.status is Status.PASSED and self._view.kata.has_follow_up:
            self._run = self._runner.begin_follow_up()
            return
        self._runner.learn(report)
        self.show(is_settled=True)

    def _show_follow_up(self, run: Running) -> None:
        self._has_news = False
        if run.report is None:
            self.show(follow_up=run.results())
            return
        self._run = None
        self._put_back()
        self.show_tests(self._view.tests, follow_up=run.report.tests, follow_up_report=run.report, chosen=0)
        try:
            self._files.record_follow_up(self._view.kata, run.report, self._source or b"", self._now())
        except KataError as error:
            self.notice(f"this run of the follow-up is not recorded: {error}")
        if self._view.report is not None:
            self._runner.learn(self._view.report)
        self.show(is_settled=True)

    def show_tests(self, tests: tuple[TestResult, ...], **changes: object) -> None:
        """Show these tests, with what the failing one that is chosen has printed."""
        view = replace(self._view, tests=tests, **changes)  # type: ignore[arg-type]
        printed = self._printed.get(view.shown.name, "") if view.shown else ""
        self.show(tests=tests, **changes, printed=printed)

    def _put_back(self) -> None:
        """A module that deletes its own file must not cost anybody their work."""
        told = put_back(self._view.kata, self._source)
        if told:
            self.notice(told)

    def _record(self, report: KataReport) -> None:
        try:
            pass_summary = self._files.record(self._view.kata, report, self._source or b"", self._now())
        except KataError as error:
            self.notice(f"this run is not recorded: {error}")
            return
        if pass_summary is not None:
            self.show(pass_summary=pass_summary)

    def now(self) -> float:
        """The time of day, for the history."""
        return self._now()

    def tick_soon(self) -> None:
        """Look at the clock at the next step."""
        self._next_tick = 0.0

    def switch(self, kata: Kata) -> None:
        """Go on with another kata."""
        self.end_run()
        self._runner.restart(kata)
        self._source = None
        self._suite = fingerprint(kata)
        self._view = View(kata, clock=None)
        self._look()

    def page_lines(self) -> int:
        """How many lines a page has."""
        return self._screen.page_lines()

    def quit(self) -> None:
        """End the session after this step."""
        self._is_over = True
