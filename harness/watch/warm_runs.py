"""Runs that start at once: from a fork server, or where there is no fork from a spare process.

The children of the next run are started as soon as the last one is over, and wait for the save.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from pathlib import Path
from typing import Protocol

from harness.core.model import Kata, KataReport, Suite
from harness.runner.job import run_files
from harness.runner.processes import Starter, open_fork_server, preloaded
from harness.watch.plan import Plan, function_of, plan_run
from harness.watch.prefork import PreforkedRun, Recording, can_hold
from harness.watch.run import Run

MAX_CHILDREN = 4
"""Of one run. More would wait for each other: each needs a little time before its first test."""


class Warm(Starter, Protocol):
    """A `Starter` that lives as long as the watch."""

    @property
    def is_alive(self) -> bool:
        """Whether it can still start anything."""

    def close(self) -> None:
        """End it."""


class WarmParent:
    """Keeps what starts runs of one kata, and makes it anew when it has died or what it has imported has changed."""

    def __init__(self, kata: Kata, scratch: Path, *, can_fork: bool | None = None) -> None:
        """`can_fork` is found out when None; `scratch` is where runs have their folders."""
        self.kata = kata
        self.scratch = scratch
        self._can_fork = can_fork
        self._numbers = itertools.count()
        self._weights: dict[str, float] = {}
        self._preforked: PreforkedRun | None = None
        self._warm = self._open()

    def _open(self) -> Warm:
        suites = [self.kata.suite_file(suite) for suite in Suite if suite is Suite.OWN or self.kata.has_follow_up]
        fork_server = None if self._can_fork is False else open_fork_server(suites)
        if fork_server is not None:
            return fork_server
        from harness.watch.spare_process import SparePool

        return SparePool(preloaded(suites), self.kata.root)

    @property
    def children(self) -> int:
        """How many children may answer at the same time."""
        from harness.watch.spare_process import SparePool

        return 1 if isinstance(self._warm, SparePool) else max(1, min(os.cpu_count() or 1, MAX_CHILDREN))

    def restart(self, kata: Kata) -> None:
        """Begin anew, for this kata."""
        self.close()
        self.kata = kata
        self._weights = {}
        self._warm = self._open()

    def begin(self, *, all_bands: bool = False) -> Run:
        """Start a run; with `all_bands` speed is measured even after a wrong answer."""
        if not self._warm.is_alive:
            self.close()
            self._warm = self._open()
        preforked, self._preforked = self._preforked, None
        if preforked is not None and (preforked.all_bands is not all_bands or not preforked.is_well):
            preforked.close()
            preforked = None
        return Run(self.kata, preforked or self._start(all_bands=all_bands), self.children)

    def begin_follow_up(self) -> Run:
        """Start a run of the follow-up, in one child: it is short, and its speed is measured where answers are right."""
        if not self._warm.is_alive:
            self.close()
            self._warm = self._open()
        folder = self.scratch / str(next(self._numbers))
        started = PreforkedRun(self.kata, self._warm, folder, Plan(((),)), suite=Suite.FOLLOW_UP)
        return Run(self.kata, started, 1)

    def _start(self, *, all_bands: bool = False, records: bool = False) -> PreforkedRun:
        plan = plan_run(self.kata, self._weights, self.children)
        folder = self.scratch / str(next(self._numbers))
        recording = Recording(self.kata, self._warm, folder) if records else None
        return PreforkedRun(self.kata, self._warm, folder, plan, all_bands=all_bands, recording=recording)

    def learn(self, report: KataReport) -> None:
        """Get ready for the next run: note how long tests take, and have children wait for it."""
        from harness.watch.spare_process import SparePool

        weights: dict[str, float] = {}
        for test in report.tests:
            name = function_of(test.name)
            weights[name] = weights.get(name, 0.0) + test.duration_s
        self._weights |= weights
        if isinstance(self._warm, SparePool):
            self._warm.refill()
        if self._preforked is None and self._warm.is_alive and can_hold():
            is_spare = isinstance(self._warm, SparePool)  # it takes too long to start to be spent on a recording
            self._preforked = self._start(records=not is_spare)
            if isinstance(self._warm, SparePool):
                self._warm.refill()

    def close(self) -> None:
        """End it, and those that wait."""
        if self._preforked is not None:
            self._preforked.close()
            self._preforked = None
        self._warm.close()


def fingerprint(kata: Kata) -> str:
    """Hash of what a warm parent depends on, and the learner's file does not: suite, follow-up, helpers and `kata.toml`."""
    sha = hashlib.sha256()
    try:
        follow_up = [kata.suite_file(Suite.FOLLOW_UP)] if kata.has_follow_up else []
        for file in (*(file for file in run_files(kata) if file != kata.stub), *follow_up):
            sha.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    except OSError:  # in the middle of being replaced: the next look will see
        return ""
    return sha.hexdigest()
