"""The pytest side: which file is tested, the bands, hang limits, hypothesis profiles, and failures that teach.

Everything here leaves tests outside `katas/` alone, so that the plugin may be installed in any environment. The fixtures for
speed and for other processes are in `harness.suite.speed`.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

import pytest

from harness.catalog.load import SLUG, is_published_stub, load_kata
from harness.core.errors import KataError
from harness.core.model import FOLLOW_UP_SUITE, Band, Failure, Kata, Problem, ProblemKind
from harness.core.report import FORMAT
from harness.core.state import state_folder
from harness.core.text import clean_text
from harness.plugin.teaching import Teaching
from harness.subject import finder as subjects
from harness.suite.explain import HangError, PlayerGoneError, explain, subject_traceback
from harness.suite.speed import FIGURES, PLAYER, elsewhere, growth, memory, race

if TYPE_CHECKING:
    from harness.isolation.sessions import Players

__all__ = ["elsewhere", "growth", "memory", "race"]

GRACE_S = 5.0
"""How long after its hang limit a test may ignore the alarm before the whole process is ended."""
COLLECT_GRACE_S = 10.0
"""How long importing suite and subject may take, beyond the hang limit of a test: scikit-learn is slow to come."""

_GATE_POLL_S = 0.01

_BANDS = tuple(band.value for band in Band)
_FAILURE = pytest.StashKey[Failure]()
_STATE = pytest.StashKey["_State"]()


class _Suite(NamedTuple):
    """A kata's own suite, or its follow-up: what is known of one says nothing about the other."""

    slug: str
    is_follow_up: bool

    def __str__(self) -> str:
        return f"{self.slug} follow-up" if self.is_follow_up else self.slug


@dataclass
class _State:
    """What one session knows."""

    choice: str
    profile: str
    seed: str
    progress: TextIO | None
    gate: Path | None
    """The file that is the runner's leave to measure speed; None when nobody else is running."""
    hang_file: TextIO
    named: frozenset[Path]
    """The follow-ups that the command line names."""
    finder: subjects.SubjectFinder = field(default_factory=subjects.SubjectFinder)
    katas: dict[Path, Kata] = field(default_factory=dict)
    """By folder."""
    subjects: dict[_Suite, subjects.Subject] = field(default_factory=dict)
    expected: dict[_Suite, dict[str, str]] = field(default_factory=dict)
    """Test id -> band, of all that was collected, deselected tests included."""
    deselected: dict[_Suite, list[str]] = field(default_factory=dict)
    """Ids that `-m`, `-k` or the like took away."""
    problems: dict[_Suite, str] = field(default_factory=dict)
    """Why suites could not be collected."""
    hung: dict[str, str] = field(default_factory=dict)
    """Slug -> the test that hung first."""
    failed: set[_Suite] = field(default_factory=set)
    """The suites of which a test has failed so far."""
    players: Players | None = None
    """The processes that subjects run in, when they do not run in this one."""

    def note(self, event: str, what: str) -> None:
        """Tell the runner, if one listens, where this process is."""
        if self.progress is not None:
            self.progress.write(f"{event} {what}\n")
            self.progress.flush()


# --- options and configuration ---------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the plugin."""
    group = parser.getgroup("kata", "code katas")
    group.addoption(
        "--subject",
        default=subjects.LEARNER,
        metavar="WHO",
        help="the code that kata suites test: learner (the stub, default), reference, a folder with the module, or a file",
    )
    group.addoption(
        "--follow-up",
        action="store_true",
        help=f"run the follow-ups of katas too, {FOLLOW_UP_SUITE}, where the kata's own suite passes",
    )
    group.addoption(
        "--player",
        choices=("none", "process", "sandbox"),
        default="none",
        help="where the subject runs: in this process (default), in one of its own, or in a sandbox",
    )
    group.addoption(
        "--kata-progress", default=None, metavar="FILE", help="append progress events to FILE (for the runner)"
    )
    group.addoption(
        "--kata-gate",
        default=None,
        metavar="FILE",
        help="wait until FILE exists before the speed band (for the runner)",
    )
    group.addoption(
        "--kata-draw", default=None, metavar="FILE", help="only draw the examples of laws, into FILE (for the runner)"
    )
    group.addoption(
        "--kata-deck", default=None, metavar="FILE", help="try laws on the examples in FILE first (for the runner)"
    )
    group.addoption(
        "--kata-memory-mib", type=int, default=0, metavar="N", help="limit this process's memory (for the runner)"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register markers, profiles and the finder; runs before hypothesis loads the profile it was asked for."""
    for band in Band:
        config.addinivalue_line("markers", f"{band.value}: {band.meaning}")
    _limit_memory(config.getoption("--kata-memory-mib"))
    profile = _register_profiles(config)
    progress = config.getoption("--kata-progress")
    state = _State(
        choice=config.getoption("--subject"),
        profile=profile,
        seed=str(config.getoption("--hypothesis-seed", default=None) or ""),
        progress=os.fdopen(os.open(progress, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "w", encoding="utf-8")
        if progress
        else None,
        gate=Path(config.getoption("--kata-gate")) if config.getoption("--kata-gate") else None,
        named=frozenset(Path(name).resolve() for name in _paths(config) if Path(name).name == FOLLOW_UP_SUITE),
        hang_file=os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace"),
    )
    config.stash[_STATE] = state
    draw, deck = (config.getoption(name) for name in ("--kata-draw", "--kata-deck"))
    if deck:
        from harness.plugin.example_cache import Dealing

        config.pluginmanager.register(Dealing(Path(deck)))
    if draw:
        from harness.plugin.example_cache import Drawing, nobody

        config.pluginmanager.register(Drawing(Path(draw)))
        state.finder.stand_in = nobody
    elif config.getoption("--player") != "none":
        from harness.isolation.client import ask_each

        state.players = _open_players(config, config.getoption("--player"))
        state.finder.elsewhere = state.players.load
        state.finder.helper = state.players.helper
        state.finder.each = ask_each
        _prepare_player(config, state.players)
    config.pluginmanager.register(_ReportWriter(state))
    sys.meta_path.insert(0, state.finder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the process as it was found."""
    state = config.stash.get(_STATE, None)
    if state is None:
        return
    faulthandler.cancel_dump_traceback_later()
    sys.meta_path.remove(state.finder)
    state.finder.forget()
    if state.players is not None:
        state.players.close()
    state.hang_file.close()
    if state.progress is not None:
        state.progress.close()


def _paths(config: pytest.Config) -> list[str]:
    """The files and folders that the command line names."""
    return [argument.partition("::")[0] for argument in config.args]


def _limit_memory(limit_mib: int) -> None:
    """Bound address space and file sizes, so that a mistake with shapes ends in `MemoryError` and not in a dead machine."""
    if not limit_mib or sys.platform == "win32":
        return
    import resource

    for kind, mib in ((resource.RLIMIT_AS, limit_mib), (resource.RLIMIT_FSIZE, 1024), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        wanted = mib * 2**20
        resource.setrlimit(kind, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _open_players(config: pytest.Config, mode: str) -> Players:
    """What starts players in `mode`; pytest's temporary folders become ones that they share."""
    from harness.isolation.sessions import Players

    try:
        players = Players(mode)
    except KataError as error:
        raise pytest.UsageError(f"{error} ({error.hint})" if error.hint else str(error)) from None
    if config.option.basetemp is None:
        config.option.basetemp = str(players.shared / "tmp")
    return players


def _prepare_player(config: pytest.Config, players: Players) -> None:
    """Start a player ahead of need when the arguments name one kata."""
    paths = {Path(name).resolve() for name in _paths(config)}
    folders = {path if path.is_dir() else path.parent for path in paths}
    if len(folders) == 1 and SLUG.fullmatch(next(iter(folders)).name):
        with contextlib.suppress(KataError):  # whatever is wrong with the kata is said when it is collected
            players.prepare(load_kata(next(iter(folders))))


def _register_profiles(config: pytest.Config) -> str:
    """Register practice, ci and grade with hypothesis, load the one that applies, and return its name."""
    from hypothesis import Phase, Verbosity, settings
    from hypothesis.database import DirectoryBasedExampleDatabase

    always: dict[str, Any] = {
        "deadline": None,  # machines are noisy; hang limits and speed bands watch the time
        "max_examples": 50,
        "report_multiple_bugs": False,  # one mistake at a time
        "print_blob": False,
        "verbosity": Verbosity.normal,
        "phases": (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    }
    try:
        database = DirectoryBasedExampleDatabase(state_folder(config.rootpath) / "examples")
    except KataError:
        database = None
    settings.register_profile("practice", derandomize=False, database=database, **always)
    settings.register_profile("ci", derandomize=True, database=None, **always)
    settings.register_profile("grade", derandomize=False, database=None, **always)
    asked = config.getoption("--hypothesis-profile", default=None)
    profile = asked or ("ci" if os.environ.get("CI") else "practice")
    if not asked:
        settings.load_profile(profile)
    if profile == "grade" and config.getoption("--hypothesis-seed", default=None) is None:
        config.option.hypothesis_seed = str(int.from_bytes(os.urandom(4), "big"))
    return str(profile)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say whose code is tested when it is not the learner's."""
    state = config.stash[_STATE]
    return None if state.choice == subjects.LEARNER else f"kata subject: {state.choice}"


# --- collection --------------------------------------------------------------------------------------------------------


def kata_folder(path: Path) -> Path | None:
    """The kata folder that a suite lies in, None when `path` is no kata suite."""
    folder = path.parent
    inside = folder.parent.name == "katas" or (folder / "kata.toml").is_file()
    return folder if inside and path.name.startswith("test_") else None


def _suite_of(path: Path) -> _Suite:
    return _Suite(path.parent.name, path.name == FOLLOW_UP_SUITE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave follow-ups out until they are asked for."""
    if collection_path.name != FOLLOW_UP_SUITE or kata_folder(collection_path) is None:
        return None
    is_asked_for = config.getoption("--follow-up") or collection_path.resolve() in config.stash[_STATE].named
    return None if is_asked_for else True


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Serve the subject before its suite is imported; turn what goes wrong into one clear sentence."""
    folder = kata_folder(collector.path) if isinstance(collector, pytest.Module | pytest.Class) else None
    if folder is None:
        return (yield)
    state = collector.config.stash[_STATE]
    sentence = ""
    if isinstance(collector, pytest.Module):
        sentence = _serve(state, collector.path)
        state.note("collect", folder.name)
        _arm(state, COLLECT_GRACE_S + (state.katas[folder].hang_limit_s if folder in state.katas else 0.0))
    try:
        report = yield
    finally:
        faulthandler.cancel_dump_traceback_later()
    kata = state.katas.get(folder)
    suite = _suite_of(collector.path)
    player = state.players.find(kata) if state.players is not None and kata is not None else None
    if player is not None:
        collector.stash[PLAYER] = player
    if not sentence and kata is not None:
        sentence = _import_problem(state, suite) or (_band_problem(report) if report.outcome == "passed" else "")
    if sentence:
        state.problems[suite] = sentence
        report.outcome = "failed"
        report.longrepr = sentence
        report.result = []
    elif report.outcome == "failed":
        state.problems.setdefault(suite, f"the suite cannot be collected: {clean_text(report.longreprtext)[-800:]}")
    return report


def _serve(state: _State, path: Path) -> str:
    """Let the finder answer for the kata of this suite; returns the sentence when that cannot be."""
    folder = path.parent
    if not SLUG.fullmatch(folder.name):
        return f"{folder.name} is no kata folder name: expected one like a01_mse"
    try:
        kata = load_kata(folder)
        subject = subjects.resolve(kata, state.choice)
        state.finder.add(subject)
    except KataError as error:
        return f"{error} ({error.hint})" if error.hint else str(error)
    state.katas[folder] = kata
    state.subjects[_suite_of(path)] = subject
    return ""


def _import_problem(state: _State, suite: _Suite) -> str:
    subject = state.subjects[suite]
    error = state.finder.errors.get(subject.kata.module)
    if error is None:
        try:
            state.finder.verify(subject)
        except KataError as foreign:
            error = foreign  # type: ignore[assignment]
    if error is None:
        return ""
    return clean_text(f"{error} ({error.hint})" if error.hint else str(error))


def _band_problem(report: pytest.CollectReport) -> str:
    """The sentence for tests that are in no band or in several."""
    faults = []
    for item in report.result:
        if isinstance(item, pytest.Item):
            bands = sorted({mark.name for mark in item.iter_markers() if mark.name in _BANDS})
            if len(bands) != 1:
                faults.append(f"{item.name} is in {' and '.join(bands) or 'no band'}")
    if not faults:
        return ""
    return f"every kata test needs exactly one of the markers {', '.join(_BANDS)}: {'; '.join(faults)}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Set hang limits, put easy bands first, and remember what there is before `-m` or `-k` takes any away.

    A follow-up comes after the suite that it follows, whatever their names.
    """
    state = config.stash[_STATE]
    places: dict[Path, int] = {}
    for item in items:
        places.setdefault(item.path, len(places))
        kata = _kata_of(item)
        if kata is None:
            continue
        state.expected.setdefault(_suite_of(item.path), {})[item.nodeid] = _band_of(item)
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(kata.hang_limit_s * _patience(state, _band_of(item))))

    def place(item: pytest.Item) -> tuple[int, bool, int]:
        kata = _kata_of(item)
        if kata is None:
            return places[item.path], False, 0
        is_follow_up = _suite_of(item.path).is_follow_up
        first = places.get(kata.suite, places[item.path]) if is_follow_up else places[item.path]
        return first, is_follow_up, _BANDS.index(_band_of(item))

    items.sort(key=place)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start what measures the way to a player, if speed will be measured."""
    state = session.config.stash[_STATE]
    for kata in {kata for item in session.items if (kata := _kata_of(item)) and _band_of(item) == Band.SPEED}:
        player = state.players.find(kata) if state.players is not None else None
        if player is not None:
            player.echo()


def _patience(state: _State, band: str) -> float:
    """How many times the hang limit a test has: the way to a player takes time, and measuring past its noise more of it."""
    if state.players is None:
        return 1.0
    return 6.0 if band == Band.SPEED else 2.0


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Remember what was taken away: it is not missing from the report, it was not wanted."""
    for item in items:
        kata = _kata_of(item)
        if kata is not None:
            item.config.stash[_STATE].deselected.setdefault(_suite_of(item.path), []).append(item.nodeid)


def _kata_of(item: pytest.Item) -> Kata | None:
    return item.config.stash[_STATE].katas.get(item.path.parent)


def _band_of(item: pytest.Item) -> str:
    return next(mark.name for mark in item.iter_markers() if mark.name in _BANDS)


# --- hanging -------------------------------------------------------------------------------------------------------------


def _arm(state: _State, limit_s: float) -> None:
    """End the process with a traceback when even the alarm is not heard: a loop inside C never lets go."""
    faulthandler.dump_traceback_later(limit_s + GRACE_S, exit=True, file=state.hang_file)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Watch each test from outside, and say to the runner that it begins."""
    kata = _kata_of(item)
    if kata is None:
        return (yield)
    state = item.config.stash[_STATE]
    if state.gate is not None and _band_of(item) == Band.SPEED:
        _wait_at_gate(state)
    state.note("test", item.nodeid)
    marker = item.get_closest_marker("timeout")
    _arm(state, float(marker.args[0]) if marker and marker.args else kata.hang_limit_s)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _wait_at_gate(state: _State) -> None:
    """Wait until nothing else runs on this machine, so that figures of speed are not disturbed; once a session."""
    if state.gate is not None and not state.failed:
        state.note("gate", "speed")
        while not state.gate.exists():
            time.sleep(_GATE_POLL_S)
        state.gate = None


@pytest.hookimpl(optionalhook=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool | None:
    """Let pytest-timeout's alarm raise an error that hypothesis does not take for a failing example.

    pytest-timeout raises pytest's own `Failed`; hypothesis catches that, and runs the endless loop again to shrink it.
    """
    if _kata_of(item) is None or settings.method != "signal":
        return None

    def on_alarm(_signum: int, _frame: FrameType | None) -> None:
        raise HangError(settings.timeout)

    signal.signal(signal.SIGALRM, on_alarm)
    # It rings again each second, for code that swallows what it catches.
    signal.setitimer(signal.ITIMER_REAL, settings.timeout, 1.0)
    return True


@pytest.hookimpl(optionalhook=True)
def pytest_timeout_cancel_timer(item: pytest.Item) -> bool | None:
    """Take back the alarm that `pytest_timeout_set_timer` set."""
    if _kata_of(item) is None or not hasattr(signal, "SIGALRM"):
        return None
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail at once what is not worth running: all after a hang, for the runner speed after a wrong answer.

    And a follow-up after a failure of the suite that it follows, unless it was asked for by its name.
    """
    kata = _kata_of(item)
    if kata is None:
        return
    state = item.config.stash[_STATE]
    hung = state.hung.get(kata.slug)
    if hung:
        raise _NotRunError(f"{hung} hung")
    suite = _suite_of(item.path)
    is_named = item.path.resolve() in state.named
    if suite.is_follow_up and _Suite(suite.slug, False) in state.failed and not is_named:
        raise _NotRunError(f"{kata.suite.name} comes first, and does not pass")
    if state.players is not None:
        state.players.begin(kata, item.name)
    if state.failed and state.gate is not None and _band_of(item) == Band.SPEED:
        raise _NotRunError("answers come first, and some are wrong")


class _NotRunError(Exception):
    """A test that is not run, because of what an earlier one showed."""


# --- results ---------------------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Replace pytest's traceback with a failure that teaches, wherever the failure is the subject's."""
    report = yield
    kata = _kata_of(item)
    if kata is None or call.excinfo is None or not report.failed:
        return report
    state = item.config.stash[_STATE]
    suite = _suite_of(item.path)
    state.failed.add(suite)
    subject = state.subjects[suite]
    error = call.excinfo.value
    if isinstance(error, _NotRunError):
        failure: Failure | None = Failure(item.name, f"not run, because {error}", kind="not run")
    else:
        failure = explain(error, subject.file, item.path)
    if isinstance(error, HangError | PlayerGoneError):
        state.hung.setdefault(kata.slug, item.name)
    if state.players is not None and isinstance(error, HangError | PlayerGoneError):
        state.players.end(kata)
    if failure is None:
        report.longrepr = clean_text(report.longreprtext) if not report.longreprtext.isprintable() else report.longrepr
        return report
    item.stash[_FAILURE] = failure
    trace = subject_traceback(error, subject.file, item.path) if failure.kind in ("raised", "timed out") else []
    report.longrepr = Teaching(failure, trace, item)  # type: ignore[assignment]
    report.sections = [(title, clean_text(text)) for title, text in report.sections]
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_json_runtest_metadata(item: pytest.Item) -> dict[str, object]:
    """What the JSON report carries for each kata test: its band, its figures, its failure in parts."""
    kata = _kata_of(item)
    if kata is None:
        return {}
    extra: dict[str, object] = {"kata": kata.slug, "band": _band_of(item)}
    figures = item.stash.get(FIGURES, None)
    if figures:
        extra["figures"] = [asdict(figure) for figure in figures]
    failure = item.stash.get(_FAILURE, None)
    if failure is not None:
        extra["failure"] = asdict(failure)
    return extra


class _ReportWriter:
    """Adds the `kata` block to the JSON report; an object, because that hook is not given the config."""

    def __init__(self, state: _State) -> None:
        self._state = state

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Say whose report this is and what should be in it."""
        json_report["kata"] = _kata_block(self._state)


def _kata_block(state: _State) -> dict[str, object]:
    entries: dict[bool, dict[str, object]] = {False: {}, True: {}}
    _note_modifications(state)
    for suite in sorted({*state.expected, *state.problems, *state.subjects}):
        subject = state.subjects.get(suite)
        source = state.finder.sources.get(subject.file, b"") if subject else b""
        sentence = state.problems.get(suite)
        entries[suite.is_follow_up][suite.slug] = {
            "expected": state.expected.get(suite, {}),
            "deselected": state.deselected.get(suite, []),
            "problem": asdict(Problem(ProblemKind.BROKEN, sentence)) if sentence else None,
            "started": not (subject and is_published_stub(subject.kata, source)),
        }
    return {
        "format": FORMAT,
        "subject": state.choice,
        "profile": state.profile,
        "seed": state.seed,
        "katas": entries[False],
        "follow_ups": entries[True],
    }


def _note_modifications(state: _State) -> None:
    """A subject that modifies arguments where no test looks for it could bend what it is compared with."""
    for suite, subject in state.subjects.items():
        kata = subject.kata
        modified = state.players.modified(kata) if state.players is not None else frozenset()
        if modified and not state.failed:
            state.problems.setdefault(
                suite, f"{kata.module}.py modifies its arguments in {min(modified)}, and hides it elsewhere"
            )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Put back a subject that deleted its own file."""
    session.config.stash[_STATE].finder.restore_deleted()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line a kata: how far each band is, and the figures."""
    config: pytest.Config = terminalreporter.config
    state = config.stash[_STATE]
    if not state.expected:
        return
    outcomes: dict[str, str] = {}
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, ()):
            outcomes[report.nodeid] = outcome if outcomes.get(report.nodeid) != "failed" else "failed"
    terminalreporter.section("katas")
    for suite, expected in sorted(state.expected.items()):
        parts = []
        for band in _BANDS:
            ids = [nodeid for nodeid, of in expected.items() if of == band]
            if ids:
                passed = sum(outcomes.get(nodeid) == "passed" for nodeid in ids)
                parts.append(f"{band} {passed}/{len(ids)}")
        done = all(outcomes.get(nodeid) == "passed" for nodeid in expected)
        first = next((nodeid for nodeid in expected if outcomes.get(nodeid) in ("failed", "error")), None)
        tail = (
            "passed" if done else f"first to mend: {first.rsplit('::', 1)[-1]}" if first else "not all tests were run"
        )
        terminalreporter.line(f"{suite}  {'  '.join(parts)}  {tail}")
        if done and _has_more(state, suite):
            terminalreporter.line(f"{suite.slug}  the interviewer asks for more: follow_up.md, then {FOLLOW_UP_SUITE}")
    for path in state.finder.restore_deleted():
        terminalreporter.line(f"{path.name} had deleted its own file; it was put back")


def _has_more(state: _State, suite: _Suite) -> bool:
    """Whether a learner who has passed this suite could go on with a follow-up, and was not there yet."""
    subject = state.subjects[suite]
    is_new = not suite.is_follow_up and _Suite(suite.slug, True) not in state.expected
    return is_new and subject.kata.has_follow_up and subject.choice == subjects.LEARNER
