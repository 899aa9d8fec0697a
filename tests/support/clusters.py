"""Real schedulers and real workers on loopback, each a process, to be ended in any way."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from checkout import ROOT, environment

LIMIT_S = 60


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def _is_json(file: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return bool(json.loads(file.read_text()))
    return False


@dataclass
class Cluster:
    """A scheduler and workers, each a process in a folder of its own, with a home and a temporary folder of its own."""

    root: Path
    address: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_scheduler(self, env: dict[str, str] | None = None) -> None:
        file = self.root / "scheduler.json"
        arguments = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file), "--no-dashboard"]
        self._start("scheduler", arguments, {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0", **(env or {})})
        wait_until(lambda: _is_json(file))
        self.address = json.loads(file.read_text())["address"]

    def start_worker(self, name: str, *, nanny: bool = False, env: dict[str, str] | None = None) -> None:
        place = self.root / name
        arguments = [self.address, "--name", name, "--nthreads", "1", "--no-dashboard", "--memory-limit", "0"]
        arguments += ["--nanny" if nanny else "--no-nanny", "--local-directory", str(place / "local")]
        self._start("worker", arguments, {"HOME": str(place), "TMPDIR": str(place), **(env or {})}, place)

    def _start(self, kind: str, arguments: list[str], env: dict[str, str], place: Path | None = None) -> None:
        folder = place or self.root
        folder.mkdir(exist_ok=True)
        with (folder / "log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments],
                    cwd=folder,
                    env={**environment(), "PYTHONPATH": str(ROOT / "tests/support"), **env},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def kill(self, number: int) -> None:
        """End the scheduler (0) or a worker, at once and without a word."""
        process = self.processes[number]
        if process.poll() is None:  # the number of one that has ended may belong to another process
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        for number in range(len(self.processes)):
            self.kill(number)

    def blobs(self, worker: str = "*") -> dict[Path, int]:
        """The blobs of a worker, or of all, and which file each is: one that was written again is another file."""
        found = {}
        for folder, _, names in os.walk(self.root):  # which does not mind what vanishes meanwhile
            place = Path(folder)
            if place.name == "blobs" and worker in ("*", place.relative_to(self.root).parts[0]):
                for file in (place / name for name in names if not name.startswith(".")):
                    with contextlib.suppress(FileNotFoundError):
                        found[file] = file.stat().st_ino
        return found

    def runs(self) -> list[Path]:
        """Folders of workers in which a process runs a suite."""
        found = []
        for link in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                folder = Path(str(link.readlink()).removesuffix(" (deleted)"))
                found += [folder] if folder.is_relative_to(self.root) and folder.name.startswith("task-") else []
        return found
