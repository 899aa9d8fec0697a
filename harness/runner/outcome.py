"""One run as its parent sees it: what the child says while it runs, and what its end means, whatever end that was."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.core.errors import ReportError
from harness.core.model import Kata, KataReport, Problem, ProblemKind
from harness.core.report import parse
from harness.runner.fork_client import Process
from harness.runner.job import Event, EventKind, Job, Listener, empty_report

_POLL_S = 0.01
_START_LIMIT_S = 120.0
_TAIL_BYTES = 20_000
_WATCHDOG = re.compile(r"Timeout \(.*most recent call first|\++ Timeout \++", re.DOTALL)
"""What `faulthandler` writes when its time is up, and what pytest-timeout writes where there are no alarms (Windows)."""
_WAITING = re.compile(r'File "[^"]*isolation.client\.py"')
"""A frame of a process that waits for its subject in another one."""


@dataclass(slots=True, eq=False)
class Child:
    """One pytest process and the files through which it is heard."""

    job: Job
    folder: Path
    process: Process
    begun: float = field(default_factory=time.monotonic)
    deadline: float = 0.0
    at_gate: bool = False
    waited_s: float = 0.0
    """How long it has waited for its speed band."""
    overdue: bool = False
    last_test: str = ""
    subject: str = ""
    """The name of the subject's file; empty for that of the kata's module."""
    is_served: bool = False
    """Whether a suite server has forked it."""
    _read: int = 0
    _at_gate_since: float = 0.0

    @property
    def is_lost(self) -> bool:
        """Whether it is unknown how it ended."""
        return getattr(self.process, "is_lost", False)

    def follow(self, listener: Listener) -> None:
        """Take in what the child has said since the last look."""
        with contextlib.suppress(OSError), (self.folder / "progress").open("rb") as file:
            file.seek(self._read)
            data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._read += len(whole)
            for line in whole.decode("utf-8", "replace").splitlines():
                kind, _, what = line.partition(" ")
                if kind == "gate":
                    self.at_gate, self._at_gate_since = True, time.monotonic()
                elif kind == "test":
                    self.last_test = what.rsplit("::", 1)[-1]
                    listener(Event(EventKind.TEST, self.job, self.last_test))

    def wait(self, listener: Listener) -> None:
        """Until it ends, or stands at the gate, or is overdue (then it is ended)."""
        while True:
            ended = self.process.poll() is not None
            self.follow(listener)
            if ended or self.at_gate:
                return
            if time.monotonic() > self.deadline:
                self.overdue = True
                self.end()
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_POLL_S)

    def open_gate(self) -> None:
        """Let it measure its speed."""
        self.at_gate = False
        self.waited_s += time.monotonic() - self._at_gate_since
        self.deadline = time.monotonic() + run_limit_s(self.job.kata)
        (self.folder / "go").touch()

    def end(self) -> None:
        """Kill it and all that it started."""
        end(self.process)

    def tail(self, name: str) -> str:
        """The end of what it printed."""
        with contextlib.suppress(OSError), (self.folder / name).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
        return ""


def end(process: Process) -> None:
    """Kill a process and all that it started."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        for kill in (os.killpg, os.kill):  # the group, and the process itself should it have no group yet
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(process.pid, signal.SIGKILL)
    process.wait()


def run_limit_s(kata: Kata) -> float:
    """When a whole run is given up although no single test hung."""
    return _START_LIMIT_S + 10 * kata.hang_limit_s


def conclude(child: Child) -> KataReport:
    """The report of a child that has ended, whatever became of it."""
    job = child.job
    duration_s = time.monotonic() - child.begun - child.waited_s
    problem = _problem(child)
    report = None
    with contextlib.suppress(ReportError, OSError):
        found = parse((child.folder / "report.json").read_bytes(), job.kata.slug)
        mine = (job.kata.slug, job.suite)
        report = next((item for item in found if (item.slug, item.suite) == mine), None)
    if report is None:
        return replace(empty_report(job, problem or _died(child)), duration_s=duration_s)
    if report.problem is None and problem is not None:
        report = replace(report, problem=problem)
    return replace(report, duration_s=duration_s)


def _problem(child: Child) -> Problem | None:
    """What the process's end says, before any report is believed."""
    slug, code = child.job.kata.slug, child.process.returncode
    where = f" in {child.last_test}" if child.last_test else " while it was imported"
    errors = child.tail("stderr")
    if _WATCHDOG.search(errors):
        return Problem(ProblemKind.TIMED_OUT, _watchdog_sentence(child, where, errors))
    if child.overdue:
        limit_s = round(run_limit_s(child.job.kata))
        return Problem(ProblemKind.TIMED_OUT, f"{slug} was still running after {limit_s} s{where}")
    if code < 0:
        name = signal.Signals(-code).name
        if name == "SIGKILL":
            return Problem(
                ProblemKind.KILLED, f"{slug} was killed{where} (SIGKILL): most likely the machine ran out of memory"
            )
        return Problem(ProblemKind.DIED, f"{slug} crashed the interpreter{where} ({name})")
    return None


def _watchdog_sentence(child: Child, where: str, errors: str) -> str:
    """Whose code was running, by a dump of `faulthandler`."""
    kata = child.job.kata
    name = child.subject or f"{kata.module}.py"
    match = re.search(rf'File "[^"]*\b{re.escape(name)}", line (\d+),? in (\S+)', errors)
    if match:
        return f"{kata.slug} hung{where}, at {name}:{match[1]} in {match[2]}"
    if _WAITING.search(errors):
        return f"{kata.slug} hung{where}"
    return f"the suite of {kata.slug} ran out of time in its own code{where}"


def _died(child: Child) -> Problem:
    """The sentence for a process that left no report."""
    slug, code = child.job.kata.slug, child.process.returncode
    where = f"in {child.last_test}" if child.last_test else "while it was imported"
    if code in (0, 1) or child.last_test:
        return Problem(
            ProblemKind.DIED, f"{slug} ended the whole process {where} (exit code {code}): is there an os._exit?"
        )
    said = (child.tail("stderr") or child.tail("stdout")).strip().splitlines()
    reason = next((line for line in said if "rror" in line), said[-1] if said else "it said nothing")
    return Problem(ProblemKind.BROKEN, f"pytest could not run the suite of {slug} (exit code {code}): {reason}")
