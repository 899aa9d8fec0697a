"""Subjects in processes of their own, for `--player process` and `--player sandbox`."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from harness.catalog.load import SLUG, load_kata
from harness.core.errors import KataError
from harness.core.model import Band
from harness.isolation.sessions import SubjectProcesses
from harness.plugin.options import named_paths
from harness.plugin.session import Collected, band_of


def open_subject_processes(config: pytest.Config, mode: str) -> SubjectProcesses:
    """What starts players in `mode`; pytest's temporary folders become ones that they share.

    Raises `pytest.UsageError` when this machine has no such mode.
    """
    try:
        players = SubjectProcesses(mode)
    except KataError as error:
        raise pytest.UsageError(error.sentence) from None
    if config.option.basetemp is None:
        config.option.basetemp = str(players.shared / "tmp")
    _start_ahead(config, players)
    return players


def _start_ahead(config: pytest.Config, players: SubjectProcesses) -> None:
    """Start a player before collection when the command line names one kata: it imports NumPy meanwhile."""
    paths = {Path(name).resolve() for name in named_paths(config)}
    folders = {path if path.is_dir() else path.parent for path in paths}
    if len(folders) == 1 and SLUG.fullmatch(next(iter(folders)).name):
        with contextlib.suppress(KataError):  # what is wrong with the kata is said when it is collected
            players.prepare(load_kata(next(iter(folders))))


class ProcessLifetime:
    """Tells players which test begins, and ends them."""

    def __init__(self, players: SubjectProcesses, collected: Collected) -> None:
        self._players = players
        self._collected = collected

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Start what measures the cost of a call to a player, if speed will be measured."""
        for item in session.items:
            kata = self._collected.kata_of(item)
            player = self._players.find(kata) if kata is not None and band_of(item) == Band.SPEED else None
            if player is not None:
                player.echo()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Watch no more what earlier tests have handed over."""
        kata = self._collected.kata_of(item)
        if kata is not None:
            self._players.begin(kata, item.name)

    def pytest_unconfigure(self) -> None:
        """End all players."""
        self._players.close()
