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
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from harness.core.forking import Channel, ForkLoop
from harness.core.text import clean_text
from harness.plugin.collection import import_problem
from harness.plugin.hangs import COLLECT_GRACE_S
from harness.plugin.session import SESSION
from harness.subject.host import LocalHost
from harness.subject.placeholder import Placeholder, placeholder
from harness.subject.program import Program
from harness.subject.resolve import Subject


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


class _Placeholders(LocalHost):
    """Runs no subject, and notes which names a suite takes from it."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def load(self, subject: Subject, module: ModuleType, read: Callable[[], Program]) -> None:  # noqa: ARG002
        """Have every name of `module` be a placeholder."""

        def noted(name: str) -> Placeholder:
            if name.startswith("_"):  # pytest and others look for marks of theirs, such as `_mock_name`
                raise AttributeError(name)
            self.used.add(name)
            return placeholder(module, name)

        module.__dict__["__getattr__"] = noted


class _Server:
    """The session, and in each child what becomes of it."""

    def __init__(self, config: pytest.Config, channel: Channel) -> None:
        self._config = config
        self._channel = channel
        self._placeholders = _Placeholders()
        self._session = config.stash[SESSION]
        self._session.finder.host = self._placeholders

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Serve. Only children go on to run tests."""
        used = self._placeholders.used
        if session.testsfailed or used or len(self._session.collected.subjects) != 1:
            names = f": it uses {', '.join(sorted(used))} while it is imported" if used else ""
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
        self._config.option.subject = self._session.settings.choice = request.subject
        self._config.option.json_report_file = str(folder / "report.json")
        self._session.progress.open(folder / "progress")
        self._session.gate.file = folder / "go" if request.is_gated else None
        self._select(session, request.only)
        self._bind(session, Path(request.file))

    def _redirect(self, folder: Path) -> None:
        """Write to files of its own. pytest captures to files, too, which all children of a session would share."""
        capture = self._config.pluginmanager.getplugin("capturemanager")
        capture.stop_global_capturing()
        for target, name in ((1, "stdout"), (2, "stderr")):
            opened = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(opened, target)
            os.close(opened)
        watchdog = self._session.watchdog.file
        os.dup2(2, watchdog.fileno())
        faulthandler.enable(file=watchdog)
        capture.start_global_capturing()
        capture.suspend_global_capture()

    def _select(self, session: pytest.Session, only: Sequence[str]) -> None:
        """Keep the tests of these names."""
        if only:
            session.items[:] = [item for item in session.items if item.name.partition("[")[0] in only]
            kept = {item.nodeid for item in session.items}
            for expected in self._session.collected.expected.values():
                for nodeid in [nodeid for nodeid in expected if nodeid not in kept]:
                    del expected[nodeid]
        session.testscollected = len(session.items)

    def _bind(self, session: pytest.Session, file: Path) -> None:
        """Put the subject in the place of the placeholders; what goes wrong is the problem of this run."""
        collected = self._session.collected
        ((suite, stub),) = collected.subjects.items()
        subject = Subject(stub.kata, self._session.settings.choice, file)
        collected.subjects[suite] = subject
        self._session.progress.note("collect", stub.kata.slug)
        self._session.finder.host = LocalHost()
        sentence = ""
        try:
            with self._session.watchdog.limit(COLLECT_GRACE_S + stub.kata.hang_limit_s):
                self._session.finder.bind(subject)
        except Exception as error:  # not a SubjectError: a subject that tampers with imports
            sentence = f"the suite cannot be collected: {type(error).__name__}: {clean_text(str(error))[-800:]}"
        sentence = import_problem(self._session, suite) or sentence
        if sentence:
            collected.problems[suite] = sentence
            collected.expected.clear()
            session.items.clear()
