"""How long the subject works when a suite measures it: the kernel's account of the server, less what the way there costs.

A call from suite to subject crosses two processes, and of that way the server pays a part: it reads, decodes, compares and
answers. A second server without a subject, the echo, is sent the very arguments that were measured and gives the very
answers; what it pays is taken off. Neither figure can be forged from inside the server: both are read from the kernel's
clocks, here. An answer that makes the way dear must be the measured one, which the suite compares; beyond
`echo.MAX_ANSWER_BYTES` it is charged to the subject, and never is more than a given share of a call taken off.

What threads of the subject's own do between two samples is added to the second one: it may have been work ahead for it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from harness.isolation.client import Connection, Question
from harness.isolation.echo import Echo
from harness.suite.measure import Sample, Thunk, quiet_gc

FLOOR_S = 5e-6
"""What is less than this cannot be told from nothing."""
NOISE = 0.25
"""The share of the way's cost by which it differs from call to call; a subject is not charged for that."""
MAX_SHARE = 0.95


def way_share(at_least: float) -> float:
    """The most of a call that may be the way's, where a candidate must be so many times as fast as something.

    With all of it forged, one that is as slow as what it races against would reach 80 % of `at_least`, from 2.5 times on.
    """
    return min(max(0.5, 1 - 1.25 / at_least), MAX_SHARE) if at_least > 1 else MAX_SHARE


class RemoteStopwatch:
    """Times thunks whose work is the server's; others as usual."""

    def __init__(self, server: Connection, echo: Echo, *, max_share: float = MAX_SHARE) -> None:
        """Of what the server has used, no more than `max_share` counts as the way."""
        self._server = server
        self._echo = echo
        self._max_share = max_share
        self._beside_s = beside_s(server)

    def __call__(self, thunks: Sequence[Thunk]) -> Sample:
        """Call each once; their CPU seconds are the server's where they ask it anything, else this process's own."""
        calls: list[list[Question]] = []
        answers = []
        self._server.ask("collect_garbage", False)  # a collection would be charged to whoever happened to run
        ahead_s = max(0.0, beside_s(self._server) - self._beside_s)
        try:
            with quiet_gc():
                here_s, there_s = time.process_time(), cpu_s(self._server)
                for thunk in thunks:
                    self._server.forget()
                    with self._server.recording() as questions:
                        answers.append(thunk())
                    calls.append(questions)
                here_s, there_s = time.process_time() - here_s, cpu_s(self._server) - there_s
        finally:
            self._server.ask("collect_garbage", True)
        if not any(calls):
            return Sample(max(here_s, 1e-9), answers)
        self._beside_s = beside_s(self._server)
        way_s = self._way_s(calls)
        work_s = max(there_s - (1 + NOISE) * way_s, (1 - self._max_share) * there_s, FLOOR_S * len(thunks))
        return Sample(work_s + ahead_s, answers, there_s + way_s)

    def _way_s(self, calls: Sequence[Sequence[Question]]) -> float:
        """CPU seconds of the echo for the same questions and answers."""
        echo = self._echo
        imitations = [[echo.imitate(question) for question in questions] for questions in calls]
        echo.connection.ask("collect_garbage", False)
        begun_s = cpu_s(echo.connection)
        for questions in imitations:
            echo.connection.forget()
            for imitation in questions:
                echo.ask(imitation)
        spent_s = cpu_s(echo.connection) - begun_s
        echo.connection.ask("collect_garbage", True)
        return spent_s


def cpu_s(connection: Connection) -> float:
    """CPU seconds that the server has used, by the kernel's account and not by its own."""
    return time.clock_gettime(connection.process.cpu_clock())


def beside_s(connection: Connection) -> float:
    """CPU seconds of all threads of the server, ended ones included, but the one that answers the suite's main thread.

    0 where the kernel does not tell of single threads.
    """
    pid = connection.process.innermost()
    try:
        main_ns = int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
    return max(0.0, cpu_s(connection) - main_ns / 1e9)
