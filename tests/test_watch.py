"""The loop of `kata watch`: what a save, a key, a file that vanishes lead to; and the runs that start at once."""

from __future__ import annotations

# ruff: noqa: ARG002 (fakes take what the real ones take)
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from harness.catalog import load_catalog, load_kata
from harness.errors import KataError, StateError
from harness.jobs import Job
from harness.model import Band, Failure, Kata, KataReport, Outcome, ProblemKind, Status, TestResult
from harness.practice import keys
from harness.practice.cli_watch import current_kata, last_words
from harness.practice.live import FILE, LiveLines
from harness.practice.saves import saves
from harness.practice.screen import PlainScreen, draw, footer
from harness.practice.view import Clock, Page, Phase, Triumph, View
from harness.practice.plan import plan_run
from harness.practice.run import Run
from harness.practice.warm import WarmParent
from harness.practice.watch import Watch
from harness.runner import run_jobs

from checkout import GOOD, STUB, SUITE, Checkout, environment

L = "import harness.cli as c; c._ELSEWHERE['watch']='harness.practice.cli_watch:watch_command'; c.main()"
WRONG = "def double(x):\n    print('called with', x)\n    return x\n"
LAWS = """
import pytest
import {module} as kata
from harness import check

@pytest.mark.law
@pytest.mark.parametrize("x", [1, 5])
def test_law(x):
    check.equal(kata.double(x), 2 * x, asked="double")

@pytest.mark.example
def test_two_is_four():
    check.equal(kata.double(2), 4, asked="double(2)")

@pytest.mark.edge
def test_zero_stays_zero():
    check.equal(kata.double(0), 0, asked="double(0)")

@pytest.mark.speed
def test_quick(race):
    race(lambda: kata.double(1), lambda: sum(range(1000)), at_least=0.01, versus="a sum", asked="double")
"""


# --- fakes ---------------------------------------------------------------------------------------------------------------


def result(name: str, outcome: Outcome, band: Band = Band.EXAMPLE) -> TestResult:
    failure = Failure("double(2)", "2", "4", "not doubled") if outcome is Outcome.FAILED else None
    return TestResult(name, band, outcome, 0.01, failure)


def report(*tests: TestResult) -> KataReport:
    return KataReport("a01_twice", "learner", tests)


PASSING = report(result("test_a", Outcome.PASSED), result("test_b", Outcome.PASSED, Band.LAW))
FAILING = report(
    result("test_a", Outcome.FAILED), result("test_b", Outcome.FAILED, Band.LAW), result("test_c", Outcome.PASSED)
)


@dataclass
class FakeRun:
    """A run that has something to say when the test wants it to."""

    all_bands: bool
    report: KataReport | None = None
    printed: dict[str, str] = field(default_factory=dict)
    running_test: str = ""
    known: tuple[TestResult, ...] = ()
    has_news: bool = False
    is_cancelled: bool = False

    def results(self) -> tuple[TestResult, ...]:
        return self.known

    def poll(self) -> bool:
        news, self.has_news = self.has_news, False
        return news

    def cancel(self) -> None:
        self.is_cancelled = True

    def say(self, *tests: TestResult) -> None:
        self.known, self.has_news = tests, True

    def end(self, with_report: KataReport) -> None:
        self.report, self.has_news = with_report, True


@dataclass
class FakeRunner:
    """Starts runs that do nothing by themselves."""

    runs: list[FakeRun] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    learned: list[KataReport] = field(default_factory=list)

    def begin(self, *, all_bands: bool = False) -> FakeRun:
        self.runs.append(FakeRun(all_bands))
        return self.runs[-1]

    def learn(self, report: KataReport) -> None:
        self.learned.append(report)

    def restart(self, kata: Kata) -> None:
        self.restarted.append(kata.slug)


@dataclass
class FakeFiles:
    """A history that remembers what it was asked, and can be made to fail."""

    root: Path
    recorded: list[tuple[Status, bytes]] = field(default_factory=list)
    triumph: Triumph = field(default_factory=lambda: Triumph(61.0, 61.0))
    hints: int = 0
    passed: bool = False
    revealed: int = 0
    error: KataError | None = None
    shown: Clock | None = None

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error

    def reload(self, kata: Kata) -> Kata:
        return load_kata(kata.folder)

    def next_kata(self, current: Kata | None, now: float) -> tuple[Kata, str]:
        self._fail()
        others = [kata for kata in load_catalog(self.root).katas if current is None or kata.slug != current.slug]
        return others[0], "it is the next"

    def clock(self, kata: Kata, now: float) -> Clock | None:
        self._fail()
        return self.shown

    def toggle_clock(self, kata: Kata, now: float) -> str:
        self.shown = Clock(0.0, is_running=True)
        return "the clock runs"

    def record(self, kata: Kata, report: KataReport, source: bytes, now: float) -> Triumph | None:
        self._fail()
        self.recorded.append((report.status, source))
        return self.triumph if report.status is Status.PASSED else None

    def hint(self, kata: Kata, now: float) -> tuple[int, int, str]:
        self._fail()
        self.hints += 1
        return self.hints, 3, f"hint number {self.hints}"

    def has_passed(self, kata: Kata) -> bool:
        return self.passed

    def statement(self, kata: Kata) -> Page:
        return Page("statement", "\n".join(map(str, range(100))))

    def reveal(self, kata: Kata, now: float) -> Page:
        self._fail()
        self.revealed += 1
        return Page("reference", "the code")

    def board(self) -> Page:
        return Page("katas", "all of them")


class FakeScreen:
    """Keeps all that was shown."""

    has_keys = True

    def __init__(self) -> None:
        self.views: list[View] = []

    def show(self, view: View) -> None:
        self.views.append(view)

    def page_lines(self) -> int:
        return 20


@dataclass
class Session:
    """A watch whose keys, saves, runs and clock belong to the test."""

    folder: Path
    watch: Watch
    runner: FakeRunner
    files: FakeFiles
    screen: FakeScreen
    clock: list[float]

    @property
    def stub(self) -> Path:
        return self.folder / "twice.py"

    @property
    def view(self) -> View:
        return self.watch.view

    @property
    def run(self) -> FakeRun:
        return self.runner.runs[-1]

    def save(self, source: str) -> None:
        self.stub.write_text(source)
        self.watch.saved()
        self.watch.step()

    def press(self, *pressed: str) -> None:
        for key in pressed:
            self.watch.press(key)
            self.watch.step()

    def end(self, with_report: KataReport) -> None:
        self.run.end(with_report)
        self.watch.step()

    def touch(self) -> None:
        self.watch.saved()
        self.watch.step()


@pytest.fixture
def session(checkout: Checkout) -> Session:
    folder = checkout.add("a01_twice", WRONG)
    checkout.add("a02_thrice")
    runner, files, screen, clock = FakeRunner(), FakeFiles(checkout.root), FakeScreen(), [100.0]
    watch = Watch(load_kata(folder), files, runner, screen, now=lambda: clock[0], clock=lambda: clock[0])
    made = Session(folder, watch, runner, files, screen, clock)
    made.touch()
    return made


# --- saves ---------------------------------------------------------------------------------------------------------------


def test_a_save_runs_the_suite_and_a_touch_does_not(session: Session) -> None:
    assert len(session.runner.runs) == 1
    session.end(FAILING)
    os.utime(session.stub)
    session.touch()
    session.save(WRONG)
    assert len(session.runner.runs) == 1
    session.save(GOOD)
    assert len(session.runner.runs) == 2


def test_a_save_during_a_run_ends_it_and_runs_anew(session: Session) -> None:
    first = session.run
    session.save(GOOD)
    assert first.is_cancelled
    session.end(PASSING)
    assert session.files.recorded == [(Status.PASSED, GOOD.encode())]


def test_the_verdict_is_there_with_the_first_test_that_fails(session: Session) -> None:
    assert session.view.verdict is None
    session.run.say(result("test_c", Outcome.NOT_RUN), result("test_a", Outcome.FAILED))
    session.watch.step()
    assert session.view.phase is Phase.RUNNING
    assert session.view.verdict is Status.FAILING
    assert session.view.shown == result("test_a", Outcome.FAILED)


def test_a_passed_test_alone_is_no_verdict(session: Session) -> None:
    session.run.say(result("test_c", Outcome.PASSED))
    session.watch.step()
    assert session.view.verdict is None


def test_the_last_run_stays_on_the_screen_until_the_next_says_something(session: Session) -> None:
    session.end(FAILING)
    session.save(GOOD)
    assert session.view.failing
    assert session.view.verdict is None
    session.run.say(result("test_a", Outcome.NOT_RUN))
    session.watch.step()
    assert session.view.failing
    session.run.say(result("test_a", Outcome.PASSED))
    session.watch.step()
    assert not session.view.failing


def test_an_empty_stub_is_not_run(session: Session) -> None:
    session.end(FAILING)
    session.save(STUB)
    assert session.view.verdict is Status.NOT_STARTED
    assert len(session.runner.runs) == 1
    assert "empty stub" in drawn(session.view)


def test_a_file_that_is_replaced_is_as_good_as_saved(session: Session) -> None:
    session.end(FAILING)
    new = session.stub.with_suffix(".tmp")
    new.write_text(GOOD)
    new.replace(session.stub)
    session.touch()
    assert len(session.runner.runs) == 2


def test_a_missing_file_is_waited_for(session: Session) -> None:
    session.end(FAILING)
    session.stub.unlink()
    session.touch()
    assert session.view.verdict is not None, "editors take a file away for a moment"
    session.clock[0] += 1.0
    session.touch()
    assert "twice.py is not there any more" in drawn(session.view)
    session.save(WRONG)
    assert session.view.phase is Phase.RUNNING


def test_a_file_that_vanishes_while_it_runs_is_put_back(session: Session) -> None:
    session.stub.unlink()
    session.touch()
    assert not session.run.is_cancelled
    session.end(FAILING)
    assert session.stub.read_text() == WRONG
    assert any("put back" in notice for notice in session.view.notices)


@pytest.mark.parametrize("name", ["test_twice.py", "kata.toml", "helper.py"])
def test_another_suite_restarts_the_warm_parent(session: Session, name: str) -> None:
    session.end(FAILING)
    with (session.folder / name).open("a") as file:
        file.write("\n# changed\n")
    session.touch()
    assert session.runner.restarted == ["a01_twice"]
    assert len(session.runner.runs) == 2


def test_a_broken_kata_toml_is_a_notice_and_mends_itself(session: Session) -> None:
    session.end(FAILING)
    toml = session.folder / "kata.toml"
    good = toml.read_text()
    toml.write_text("title = ")
    session.touch()
    assert any("not valid TOML" in notice for notice in session.view.notices)
    toml.write_text(good)
    session.touch()
    assert session.runner.restarted == ["a01_twice"]


def test_a_change_of_the_harness_ends_the_session_to_begin_again(session: Session) -> None:
    session.watch._harness_changed = lambda: True
    session.watch.saved(in_harness=True)
    session.watch.step()
    assert session.watch.must_restart


# --- what a run leads to ----------------------------------------------------------------------------------------------------


def test_a_pass_is_celebrated_with_clock_and_best_time(session: Session) -> None:
    session.end(PASSING)
    text = drawn(session.view)
    assert "★ ★ ★  passed" in text
    assert "1:01 of 10 min, 8:59 to spare" in text
    assert session.view.is_settled
    assert session.runner.learned == [PASSING]


def test_a_history_that_cannot_be_written_is_a_notice(session: Session) -> None:
    session.files.error = StateError("the disk is full")
    session.end(PASSING)
    assert session.view.verdict is Status.PASSED
    assert any("the disk is full" in notice for notice in session.view.notices)
    session.clock[0] += 10
    session.save(GOOD)
    assert len(session.runner.runs) == 2


def test_the_clock_is_looked_at_once_a_second(session: Session) -> None:
    session.files.shown = Clock(5.0, is_running=True)
    session.run.say(result("test_c", Outcome.PASSED))
    session.watch.step()
    assert session.view.clock is None
    session.clock[0] += 1.0
    session.run.say(result("test_c", Outcome.PASSED))
    session.watch.step()
    assert "0:05 of 10 min" in drawn(session.view)


def test_however_it_ends_no_run_is_left(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: View) -> None:
        raise KeyboardInterrupt

    run = session.run
    monkeypatch.setattr(session.screen, "show", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.watch.run()
    assert run.is_cancelled


# --- keys ----------------------------------------------------------------------------------------------------------------------


def test_n_goes_round_the_failing_tests(session: Session) -> None:
    session.run.printed = {"test_b": "what it printed"}
    session.end(FAILING)
    names = []
    for _ in range(3):
        shown = session.view.shown
        names.append(shown.name if shown else "")
        session.press("n")
    assert names == ["test_a", "test_b", "test_a"]
    assert "what it printed" in drawn(session.view)


def test_n_without_a_failure_says_so(session: Session) -> None:
    session.end(PASSING)
    session.press("n")
    assert "no test is failing" in drawn(session.view)


def test_h_gives_one_hint_more_and_none_after_a_pass(session: Session) -> None:
    session.press("h", "h")
    assert "hint 2 of 3  hint number 2" in drawn(session.view)
    session.end(PASSING)
    session.press("h")
    assert session.files.hints == 2
    assert "nothing left to hint at" in drawn(session.view)


def test_a_runs_all_bands(session: Session) -> None:
    session.end(FAILING)
    session.press("a")
    assert [run.all_bands for run in session.runner.runs] == [False, True]


def test_a_page_is_scrolled_and_closed(session: Session) -> None:
    session.press("o", " ", keys.DOWN, "k")
    assert session.view.page is not None
    assert session.view.page.offset == 20
    session.press("b", "b")
    assert session.view.page.offset == 0
    session.press("q")
    assert session.view.page is None


def test_reveal_asks_before_a_pass(session: Session) -> None:
    session.press("r")
    assert "given up" in session.view.question
    session.press("n")
    assert (session.files.revealed, session.view.question) == (0, "")
    session.press("r", "y")
    assert session.files.revealed == 1


@pytest.mark.parametrize("earlier", [True, False])
def test_reveal_is_free_after_a_pass(session: Session, earlier: bool) -> None:
    session.files.passed = earlier
    session.end(FAILING if earlier else PASSING)
    session.press("r")
    assert session.files.revealed == 1


def test_k_goes_on_to_the_next_kata(session: Session) -> None:
    first = session.run
    session.press("k")
    assert first.is_cancelled
    assert session.runner.restarted == ["a02_thrice"]
    assert session.view.kata.slug == "a02_thrice"
    assert session.view.verdict is Status.NOT_STARTED
    assert "a02_thrice: it is the next" in drawn(session.view)


def test_what_cannot_be_had_is_a_notice(session: Session) -> None:
    session.files.error = KataError("there is none")
    session.press("h", "k", "r", "y")
    assert "there is none" in drawn(session.view)


@pytest.mark.parametrize(("key", "text"), [("l", "katas"), ("?", "Keys")])
def test_list_and_help_are_pages(session: Session, key: str, text: str) -> None:
    session.press(key)
    assert session.view.page is not None
    assert session.view.page.title == text


def test_c_starts_the_clock_and_unknown_keys_do_nothing(session: Session) -> None:
    session.press("c", "z", "é")
    assert session.view.clock == Clock(0.0, is_running=True)


def test_q_ends_the_loop(session: Session) -> None:
    session.watch.press("q")
    session.watch.run()
    assert session.run.is_cancelled


@given(st.text())
def test_whatever_a_terminal_sends_is_keys_or_nothing(text: str) -> None:
    named = {keys.UP, keys.DOWN, keys.PAGE_UP, keys.PAGE_DOWN, keys.ESCAPE, keys.ENTER}
    assert all(key in named or (len(key) == 1 and key.isprintable()) for key in keys.decode(text))


def test_arrows_and_letters_are_told_apart() -> None:
    sent = "a\x1b[A\x1b[6~\x1b[1;5Cé\r\x1b"
    assert list(keys.decode(sent)) == ["a", keys.UP, keys.PAGE_DOWN, "é", keys.ENTER, keys.ESCAPE]


# --- the screen -------------------------------------------------------------------------------------------------------------


def drawn(view: View, *, width: int = 80, unicode: bool = True, color: bool = False) -> str:
    out = StringIO()
    console = Console(file=out, width=width, force_terminal=color, no_color=not color, highlight=False, markup=False)
    console.print(draw(view, unicode=unicode))
    return out.getvalue()


@pytest.fixture
def kata(checkout: Checkout) -> Kata:
    return load_kata(checkout.add("a01_twice"))


TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=300)
WORST = View(
    Kata("a01_x", "A01", "A", "x", Path(), "t" * 90, 10, (), (), (), (), (), 2.0, ""),  # type: ignore[arg-type]
    Phase.DONE,
    notices=("n" * 200,),
    hint="h" * 200,
    hint_number=1,
    hints_there=3,
    question="q" * 100,
)


@given(TEXTS, TEXTS, TEXTS, st.integers(40, 120))
def test_whatever_comes_back_fits_the_width(asked: str, came: str, mistake: str, width: int) -> None:
    failure = Failure(asked, came, came, mistake)
    test = TestResult("test_" + "x" * 100, Band.LAW, Outcome.FAILED, failure=failure)
    view = replace(WORST, tests=(test,), report=replace(FAILING, tests=(test,)))
    assert all(Text(line).cell_len <= width for line in drawn(view, width=width).split("\n"))


def test_without_colour_there_is_no_escape_and_without_unicode_only_ascii(kata: Kata) -> None:
    for end in (PASSING, FAILING):
        view = View(kata, Phase.DONE, end.tests, report=end, triumph=Triumph() if end is PASSING else None)
        assert "\x1b" not in drawn(view)
        assert drawn(view, unicode=False).isascii()


def test_the_keys_fit_eighty_columns() -> None:
    assert footer().cell_len <= 80


def test_late_and_best_are_said(kata: Kata) -> None:
    view = View(kata, Phase.DONE, PASSING.tests, report=PASSING, triumph=Triumph(660.0, 660.0))
    assert "11:00 of 10 min, 1:00 over" in drawn(view)
    assert "a new personal best" in drawn(view)


def test_a_pipe_gets_one_block_a_run(kata: Kata) -> None:
    out = StringIO()
    screen = PlainScreen(Console(file=out, width=80, highlight=False))
    done = View(kata, Phase.DONE, FAILING.tests, report=FAILING)
    for view in (View(kata, Phase.RUNNING), done, replace(done, is_settled=True), replace(done, is_settled=True)):
        screen.show(view)
    assert out.getvalue().count("A01 The kata twice") == 1
    assert "q quit" not in out.getvalue()


def test_last_words(kata: Kata) -> None:
    view = View(kata, Phase.DONE, FAILING.tests, report=FAILING, clock=Clock(3.0, is_running=True))
    assert last_words(view) == "a01_twice: in progress, 1 of 3 tests pass; the clock goes on, `kata stop` stops it"
    assert last_words(View(kata)) == "a01_twice: left"


# --- warm runs ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[None, False], ids=["as the system has it", "without fork"])
def can_fork(request: pytest.FixtureRequest) -> bool | None:
    found: bool | None = request.param
    return found


@contextlib.contextmanager
def warm_parent(kata: Kata, scratch: Path, can_fork: bool | None = None) -> Iterator[WarmParent]:
    warm = WarmParent(kata, scratch, can_fork=can_fork)
    try:
        yield warm
    finally:
        warm.close()
        assert list(scratch.iterdir()) == [], "a run has left its folder"


def ended(run: Run) -> KataReport:
    while run.report is None:
        run.poll()
        time.sleep(0.005)
    return run.report


def outcomes(report: KataReport) -> list[tuple[str, Band, Outcome]]:
    return [(test.name, test.band, test.outcome) for test in report.tests]


def test_a_warm_run_says_what_the_scoreboard_says(checkout: Checkout, can_fork: bool | None) -> None:
    kata = load_kata(checkout.add("a01_twice", suite=LAWS))
    other = load_kata(checkout.add("a02_thrice", GOOD))
    with warm_parent(kata, checkout.root / "scratch", can_fork) as warm:
        for source in (GOOD, WRONG):
            kata.stub.write_text(source)
            run = warm.begin()
            told = ended(run)
            warm.learn(told)
            expected, _ = run_jobs([Job(kata), Job(other)], state=checkout.root)
            assert outcomes(told) == outcomes(expected)
            assert told.status is expected.status
        assert run.printed["test_two_is_four"] == "called with 2"
        everything = ended(warm.begin(all_bands=True))
        assert everything.tests[-1].outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("source", "kind", "sentence"),
    [
        ("def double(x:\n", ProblemKind.BROKEN, "twice.py is not valid Python in line 1"),
        ("import os\nos._exit(0)\n", ProblemKind.DIED, "is there an os._exit?"),
        ("def double(x):\n    import os\n    os._exit(0)\n", ProblemKind.DIED, "ended the whole process in test_"),
        ("def double(x):\n    while True: pass\n", ProblemKind.TIMED_OUT, "a01_twice hung in test_"),
    ],
)
def test_bad_ends_are_sentences(checkout: Checkout, source: str, kind: ProblemKind, sentence: str) -> None:
    kata = load_kata(checkout.add("a01_twice", source, suite=LAWS))
    with warm_parent(kata, checkout.root / "scratch") as warm:
        told = ended(warm.begin())
        assert told.problem is not None
        assert told.problem.kind is kind
        assert sentence in told.problem.sentence


def test_a_cancelled_run_leaves_neither_child_nor_folder(checkout: Checkout, can_fork: bool | None) -> None:
    pids = checkout.root / "pids"
    source = f"import os, time\nopen({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n')\ntime.sleep(60)\n"
    kata = load_kata(checkout.add("a01_twice", source))
    with warm_parent(kata, checkout.root / "scratch", can_fork) as warm:
        run = warm.begin()
        while not pids.exists():
            run.poll()
            time.sleep(0.01)
        run.cancel()
        for pid in map(int, pids.read_text().split()):
            assert not is_alive(pid)
        kata.stub.write_text(GOOD)
        assert ended(warm.begin()).status is Status.PASSED


def is_alive(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return False
        except OSError:
            return False
        time.sleep(0.01)
    return True


def test_a_warm_parent_that_dies_is_replaced(checkout: Checkout) -> None:
    kata = load_kata(checkout.add("a01_twice", GOOD))
    with warm_parent(kata, checkout.root / "scratch") as warm:
        assert ended(warm.begin()).status is Status.PASSED
        process = getattr(warm._warm, "_process", None) or warm._warm._spare  # type: ignore[attr-defined]
        process.kill()
        process.wait()
        assert ended(warm.begin()).status is Status.PASSED


@given(st.data(), st.integers(1, 4))
def test_each_test_is_in_one_child(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, children: int
) -> None:
    answers = [f"test_{i}" for i in range(data.draw(st.integers(1, 6)))]
    suite = "".join(f"def {name}(): pass\n" for name in answers)
    suite += "@pytest.mark.speed\ndef test_fast(): pass\n"
    weights = data.draw(st.dictionaries(st.sampled_from(answers), st.floats(0, 0.1)))
    kata = replace(WORST.kata, folder=tmp_path_factory.mktemp("kata"))
    kata.suite.write_text(suite)
    plan = plan_run(kata, weights, children)
    if children > 1 and len(answers) > 1:
        assert sorted(name for share in plan.answers for name in share) == answers
        assert plan.speed == ("test_fast",)
    else:
        assert (plan.answers, plan.speed) == (((),), ())


def test_lines_that_are_no_results_are_left_out(tmp_path: Path) -> None:
    lines = LiveLines(tmp_path / FILE)
    assert lines.new() == []
    (tmp_path / FILE).write_bytes(
        b'nonsense\n{"name": "test_a", "band": "law", "outcome": "passed"}\n\xff\n{"name": "t'
    )
    (line,) = lines.new()
    assert line.result == TestResult("test_a", Band.LAW, Outcome.PASSED)
    assert lines.new() == []


# --- files and the command ------------------------------------------------------------------------------------------------------


def heard(checkout: Checkout, change: Callable[[], object]) -> bool:
    """Whether a change under `katas/` is heard of. Tried again and again: watching begins in a thread."""
    said = threading.Event()

    def changed(in_harness: bool) -> None:
        if not in_harness:
            said.set()

    with saves(checkout.root, changed):
        for _ in range(100):
            change()
            if said.wait(0.1):
                return True
    return False


def test_saves_by_writing_and_by_renaming_are_heard(checkout: Checkout) -> None:
    stub = checkout.add("a01_twice") / "twice.py"

    def rename() -> None:
        new = stub.with_name(".twice.py.swp")
        new.write_text(GOOD)
        new.replace(stub)

    assert heard(checkout, lambda: stub.write_text(GOOD))
    assert heard(checkout, rename)


class _Desk:
    """Has nothing to recommend."""

    def next_kata(self, current: Kata | None, now: float) -> tuple[Kata, str]:
        raise KataError("nothing")

    def reports(self) -> list[KataReport]:
        return [replace(PASSING, slug="a01_one")]


def test_the_kata_to_watch_is_the_last_one_touched_else_the_first_not_passed(checkout: Checkout) -> None:
    desk: Any = _Desk()
    for i, name in enumerate(("a01_one", "a02_two", "a03_three")):
        os.utime(checkout.add(name) / f"{name[4:]}.py", (i, i))
    assert current_kata(load_catalog(checkout.root), desk).slug == "a02_two"
    for name, changed in (("a01_one", 500), ("a02_two", 100)):
        stub = checkout.root / "katas" / name / f"{name[4:]}.py"
        stub.write_text(GOOD)
        os.utime(stub, (changed, changed))
    assert current_kata(load_catalog(checkout.root), desk).slug == "a01_one"


@contextlib.contextmanager
def watching(checkout: Checkout, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`kata watch` with its output in a pipe."""
    process = subprocess.Popen(
        [sys.executable, "-c", L, "watch", *arguments],
        cwd=checkout.root,
        env={**environment(), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    read = ""
    for line in process.stdout or ():
        read += line
        if text in line:
            return read
    raise AssertionError(f"{text!r} did not come:\n{read}")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_over_a_pipe_it_writes_plain_lines_and_leaves_nothing_behind(
    checkout: Checkout, number: signal.Signals, code: int
) -> None:
    folder = checkout.add("a01_twice")
    with watching(checkout, "twice") as process:
        read_until(process, "empty stub")
        (folder / "twice.py").write_text(WRONG)
        text = read_until(process, "mistake")
        assert "came      2" in text
        assert "\x1b" not in text
        second = checkout.kata("watch")
        assert second.code == 2
        assert "another `kata watch` is open in this checkout" in second.err
        (folder / "twice.py").write_text(GOOD)
        read_until(process, "passed")
        process.send_signal(number)
        assert process.wait(20) == code
    assert list(checkout.state.glob("watch-*/")) == []


def test_an_unknown_kata_is_a_sentence(checkout: Checkout) -> None:
    checkout.add("a01_twice", suite=SUITE)
    done = checkout.kata("watch", "twize")
    assert done.code == 2
    assert "did you mean twice" in done.err
