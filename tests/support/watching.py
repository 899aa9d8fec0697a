"""A watch whose keys, saves, runs and clock belong to the test, and what its tests share."""

from __future__ import annotations

# ruff: noqa: ARG002 (fakes take what the real ones take)
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from rich.console import Console

from harness.catalog.load import load_catalog, load_kata
from harness.core.errors import KataError
from harness.core.model import Band, Failure, Kata, KataReport, Outcome, Status, TestResult
from harness.practice.hints import Hint
from harness.watch.events import Files
from harness.watch.kata_list import KataList
from harness.watch.loop import Watch
from harness.watch.render import render_view
from harness.watch.view import Clock, Page, PassSummary, View

from checkout import Checkout

WRONG = "def double(x):\n    print('called with', x)\n    return x\n"


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
    is_follow_up: bool = False

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

    def begin_follow_up(self) -> FakeRun:
        self.runs.append(FakeRun(all_bands=False, is_follow_up=True))
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
    follow_ups: list[tuple[Status, bytes]] = field(default_factory=list)
    pass_summary: PassSummary = field(default_factory=lambda: PassSummary(61.0, 61.0))
    hints: int = 0
    passed: bool = False
    revealed: list[bool] = field(default_factory=list)
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

    def record(self, kata: Kata, report: KataReport, source: bytes, now: float) -> PassSummary | None:
        self._fail()
        self.recorded.append((report.status, source))
        return self.pass_summary if report.status is Status.PASSED else None

    def record_follow_up(self, kata: Kata, report: KataReport, source: bytes, now: float) -> None:
        self._fail()
        self.follow_ups.append((report.status, source))

    def hint(self, kata: Kata, now: float) -> Hint:
        self._fail()
        self.hints += 1
        return Hint(self.hints, 3, f"hint number {self.hints}")

    def is_free(self, kata: Kata) -> bool:
        return self.passed

    def statement(self, kata: Kata) -> Page:
        return Page("statement", "\n".join(map(str, range(100))))

    def reveal(self, kata: Kata, now: float, *, given_up: bool) -> Page:
        self._fail()
        self.revealed.append(given_up)
        return Page("reference", "the code")

    def board(self, current: Kata, now: float) -> KataList:
        katas = load_catalog(self.root).katas
        return KataList(katas, ("failing",) * len(katas), [kata.slug for kata in katas].index(current.slug))


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


def open_session(checkout: Checkout, files: Files | None = None) -> Session:
    """A session at a01_twice, whose first run is under way; `files` in place of those that fake."""
    folder = checkout.add("a01_twice", WRONG)
    checkout.add("a02_thrice")
    runner, fake, screen, clock = FakeRunner(), FakeFiles(checkout.root), FakeScreen(), [100.0]
    watch = Watch(load_kata(folder), files or fake, runner, screen, now=lambda: clock[0], clock=lambda: clock[0])
    made = Session(folder, watch, runner, fake, screen, clock)
    made.touch()
    return made


def drawn(view: View, *, width: int = 80, unicode: bool = True, color: bool = False) -> str:
    out = StringIO()
    console = Console(file=out, width=width, force_terminal=color, no_color=not color, highlight=False, markup=False)
    console.print(render_view(view, width=width, unicode=unicode))
    return out.getvalue()
