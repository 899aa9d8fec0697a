"""A process that has imported what a run needs and waits for one: `python -m harness.watch.spare_process MODULE...`.

For systems without a safe fork. The run comes as one JSON line on stdin, as `harness.runner.fork_server` takes it; this process
becomes the run, and ends with its exit code. Without a line it ends when stdin does.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.runner.fork_client import ONE_THREAD, Process, run_request
from harness.runner.fork_server import run_job, warm_up


class SparePool:
    """One process is always ready, or getting ready, for the next run."""

    def __init__(self, modules: Sequence[str], root: Path) -> None:
        self._command = [sys.executable, "-P", "-m", "harness.watch.spare_process", *modules]
        self._root = root
        self._spare = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            cwd=self._root,
            env={**os.environ, **ONE_THREAD, "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=sys.platform != "win32",
        )

    @property
    def is_alive(self) -> bool:
        """Whether a process is ready or getting ready; when not, the next start makes one."""
        return True

    def start(self, arguments: list[str], env: dict[str, str], cwd: Path, folder: Path) -> Process:
        """Give the spare process its run; `refill` launches the next one, later."""
        if self._spare.poll() is not None or self._spare.stdin is None or self._spare.stdin.closed:
            self._discard()
            self._spare = self._launch()
        spare = self._spare
        if spare.stdin is not None:
            with contextlib.suppress(OSError):  # it has died since: the run ends at once, and says so
                spare.stdin.write(json.dumps(run_request(arguments, env, cwd, folder)).encode() + b"\n")
                spare.stdin.close()
        return spare

    def refill(self) -> None:
        """Have a process ready for the next run."""
        if self._spare.stdin is None or self._spare.stdin.closed:
            self._spare = self._launch()

    def close(self) -> None:
        """End the spare, unless a run has it."""
        self._discard()

    def _discard(self) -> None:
        spare = self._spare
        if spare.stdin is None or spare.stdin.closed:
            return
        spare.kill()
        spare.wait()
        with contextlib.suppress(OSError):
            spare.stdin.close()


def main() -> None:
    """Warm up, wait for the run, become it."""
    with contextlib.suppress(AttributeError, ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever watches
    warm_up(sys.argv[1:])
    line = sys.stdin.buffer.readline()
    if line.strip():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run_job(json.loads(line))


if __name__ == "__main__":
    main()
