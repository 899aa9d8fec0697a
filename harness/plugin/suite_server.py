"""A pytest session that has collected one suite, and forks a child for each subject that the suite is to test.

The suite is imported once, with placeholders for what it takes from its subject. A request then names the subject, the tests
to run and the files to write; the child puts the subject into the module that the suite has imported, and goes on as the session
that it was forked from: it runs these tests, writes its report, and ends with pytest's exit code.

A suite that uses its subject while it is imported would keep placeholders. The session ends with exit code 2 then, as it does
when the suite cannot be collected, and never says that it is ready.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from harness.core.forking import Channel, ForkLoop
from harness.core.text import clean_text
from harness.plugin import main
from harness.plugin.example_cache import Nobody, nobody
from harness.subject import finder as subjects


class Request(msgspec.Struct, frozen=True):
    """What a child is told."""

    subject: str
    """As `--subject` takes it."""
    file: str
    """The file of that subject."""
    only: tuple[str, ...]
    """Names of tests; all when empty."""
    folder: str
    """Where the child writes all that it writes."""
    is_gated: bool = False
    """Whether the speed band waits for the file `go` in the folder."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of such a session."""
    parser.getgroup("kata").addoption(
        "--kata-serve", default=None, metavar="FD,FD,N", help="collect once, fork for each request (for the runner)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Serve, when asked to."""
    channel = config.getoption("--kata-serve")
    if channel:
        config.pluginmanager.register(_Server(config, Channel.parse(channel)))


class _Server:
    """The session, and in each child what becomes of it."""

    def __init__(self, config: pytest.Config, channel: Channel) -> None:
        self._config = config
        self._channel = channel
        self._used: set[str] = set()
        """Names that the suite has taken from its subject while it was imported."""
        self._state = config.stash[main._STATE]
        self._state.finder.stand_in = self._placeholder

    def _placeholder(self, module: ModuleType, name: str) -> Nobody:
        if name.startswith("_"):  # tools look for marks of theirs, pytest for `_mock_name`
            raise AttributeError(name)
        self._used.add(name)
        return nobody(module, name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Serve. Only children go on to run tests."""
        if session.testsfailed or self._used or len(self._state.subjects) != 1:
            names = f": it uses {', '.join(sorted(self._used))} while it is imported" if self._used else ""
            sys.stderr.write(f"this suite cannot be served{names}\n")
            sys.stderr.flush()
            os._exit(int(pytest.ExitCode.INTERRUPTED))
        sys.stdout.flush()
        sys.stderr.flush()
        gc.collect()
        gc.freeze()
        self._channel.say(id=self._channel.number, ready=True)
        request = ForkLoop(self._channel).run()
        if request is None:
            os._exit(0)
        self._channel.close()
        self._begin(session, msgspec.convert(request.data, Request))
        return None

    def _begin(self, session: pytest.Session, request: Request) -> None:
        """Become the session of one subject."""
        folder = Path(request.folder)
        self._redirect(folder)
        os.environ["PYTEST_DEBUG_TEMPROOT"] = request.folder  # temporary folders of tests go with the job's folder
        self._config.option.subject = request.subject
        self._config.option.json_report_file = str(folder / "report.json")
        state = self._state
        state.choice = request.subject
        state.progress = (folder / "progress").open("a", encoding="utf-8")
        state.gate = folder / "go" if request.is_gated else None
        self._select(session, request.only)
        self._bind(session, Path(request.file))

    def _redirect(self, folder: Path) -> None:
        """Write to files of its own. What is captured is in files too, which all children of a session would share."""
        capture = self._config.pluginmanager.getplugin("capturemanager")
        capture.stop_global_capturing()
        for target, name in ((1, "stdout"), (2, "stderr")):
            opened = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(opened, target)
            os.close(opened)
        os.dup2(2, self._state.hang_file.fileno())
        faulthandler.enable(file=self._state.hang_file)
        capture.start_global_capturing()
        capture.suspend_global_capture()

    def _select(self, session: pytest.Session, only: Sequence[str]) -> None:
        """Keep the tests of these names."""
        if only:
            session.items[:] = [item for item in session.items if item.name.partition("[")[0] in only]
            kept = {item.nodeid for item in session.items}
            for expected in self._state.expected.values():
                for nodeid in [nodeid for nodeid in expected if nodeid not in kept]:
                    del expected[nodeid]
        session.testscollected = len(session.items)

    def _bind(self, session: pytest.Session, file: Path) -> None:
        """Put the subject in the place of the placeholder; what goes wrong is the problem of this run."""
        state = self._state
        ((suite, before),) = state.subjects.items()
        subject = subjects.Subject(before.kata, state.choice, file)
        state.subjects[suite] = subject
        state.note("collect", before.kata.slug)
        main._arm(state, main.COLLECT_GRACE_S + before.kata.hang_limit_s)
        sentence = ""
        try:
            state.finder.bind(subject)
        except Exception as error:  # what is no SubjectError comes from a subject that tampers with the import system
            sentence = f"the suite cannot be collected: {type(error).__name__}: {clean_text(str(error))[-800:]}"
        finally:
            faulthandler.cancel_dump_traceback_later()
        sentence = main._import_problem(state, suite) or sentence
        if sentence:
            state.problems[suite] = sentence
            state.expected.clear()
            session.items.clear()
