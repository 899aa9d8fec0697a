"""The pytest plugin: registers one object for each job of the pytest side.

Everything here leaves tests outside `katas/` alone, so that the plugin may be installed in any environment. The fixtures
for speed and for second processes are defined in `harness.suite`.
"""

from __future__ import annotations

import sys

import pytest

from harness.core.model import Band
from harness.plugin.collection import Collection
from harness.plugin.hangs import Hangs, Watchdog
from harness.plugin.options import (
    RECORD_EXAMPLES,
    REPLAY_EXAMPLES,
    add_options,
    limit_memory,
    path_option,
    read_settings,
)
from harness.plugin.output_cap import OutputCap
from harness.plugin.precedence import Precedence
from harness.plugin.reporting import Reporting
from harness.plugin.session import SESSION, Gate, Progress, Session
from harness.plugin.subject_warnings import SubjectWarnings
from harness.plugin.summary import Summary
from harness.subject.finder import SubjectFinder
from harness.subject.host import PlaceholderHost
from harness.suite.second_process import second_process
from harness.suite.speed import growth, memory, race

__all__ = ["growth", "memory", "race", "second_process"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the plugin."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set up the session; runs before hypothesis loads the profile that it was asked for."""
    for band in Band:
        config.addinivalue_line("markers", f"{band.value}: {band.meaning}")
    limit_memory(config.getoption("--kata-memory-mib"))
    session = Session(
        settings=read_settings(config),
        finder=SubjectFinder(),
        progress=Progress(path_option(config, "--kata-progress")),
        gate=Gate(path_option(config, "--kata-gate")),
        watchdog=Watchdog(),
    )
    config.stash[SESSION] = session
    sys.meta_path.insert(0, session.finder)
    plugins = [*_example_cache(config, session), *_players(config, session)]
    plugins += [
        Collection(session),
        SubjectWarnings(session.collected),
        Hangs(session.collected, session.progress, session.watchdog, is_remote=session.players is not None),
        OutputCap(session.collected),
        Precedence(session),
        Reporting(session),
        Summary(session),
    ]
    for plugin in plugins:
        config.pluginmanager.register(plugin)


def _example_cache(config: pytest.Config, session: Session) -> list[object]:
    """What records or replays the examples of laws, where that is asked for."""
    record, replay = (path_option(config, name) for name in (RECORD_EXAMPLES, REPLAY_EXAMPLES))
    if record is None and replay is None:
        return []
    from harness.plugin.example_cache import Recorder, Replay

    if record is not None:
        session.finder.host = PlaceholderHost()
    return [*([Replay(replay)] if replay else []), *([Recorder(record)] if record else [])]


def _players(config: pytest.Config, session: Session) -> list[object]:
    """What runs subjects in processes of their own, where that is asked for. No subject is run to record examples."""
    mode = config.getoption("--player")
    if mode == "none" or path_option(config, RECORD_EXAMPLES):
        return []
    from harness.isolation.host import RemoteHost
    from harness.plugin.subject_process import ProcessLifetime, open_subject_processes

    session.players = players = open_subject_processes(config, mode)
    session.finder.host = RemoteHost(players)
    return [ProcessLifetime(players, session.collected)]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the process as it was found."""
    session = config.stash.get(SESSION, None)
    if session is None:
        return
    sys.meta_path.remove(session.finder)
    session.finder.forget()
    session.watchdog.close()
    session.progress.close()
