"""The runner's end of the fork server: starts it, has children forked, hears of their ends."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from harness.core.lifetime import ending_with_me

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


class Process(Protocol):
    """What is asked of a child, whoever started it."""

    returncode: int | Any

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """The exit code, None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once there is one. Raises `subprocess.TimeoutExpired` after `timeout` seconds."""


class ForkedProcess:
    """A child of the fork server, or of a child that serves."""

    def __init__(self, server: ForkedProcess | None = None) -> None:
        """`server` is the process that forks it; None when that is the fork server."""
        self.server = server
        self.number = 0
        self.returncode = 0
        self.is_ready = False
        """Whether it serves."""
        self.is_lost = False
        """Whether the process that forked it is gone, so that its exit code is not known."""
        self._is_started = threading.Event()
        self._is_answered = threading.Event()
        """Set when it is ready to serve, or has ended."""
        self._is_ended = threading.Event()

    @property
    def pid(self) -> int:
        """Its number, as soon as it has one. Raises `ProcessLookupError` when it was never forked."""
        self._is_started.wait()
        if not self.number:  # 0 would mean ourselves to whoever wants to end it
            raise ProcessLookupError("the fork server was gone before it could fork")
        return self.number

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return self.returncode if self._is_ended.is_set() else None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once there is one. Raises `subprocess.TimeoutExpired` after `timeout` seconds."""
        if not self._is_ended.wait(timeout):
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        return self.returncode

    def wait_until_ready(self, timeout: float) -> bool:
        """Whether it serves within `timeout` seconds."""
        self._is_answered.wait(timeout)
        return self.is_ready and not self._is_ended.is_set()

    def take(self, message: dict[str, Any]) -> None:
        """Note what was said of it."""
        if "pid" in message:
            self.number = message["pid"]
            self._is_started.set()
        elif "ready" in message:
            self.is_ready = True
            self._is_answered.set()
        else:
            self.end(message["code"])

    def end(self, code: int, *, is_lost: bool = False) -> None:
        """Note that it has ended."""
        self.returncode, self.is_lost = code, is_lost
        for event in (self._is_started, self._is_answered, self._is_ended):
            event.set()


class ForkServer:
    """A process that has imported `modules`, and forks; see `harness.runner.fork_server`."""

    def __init__(self, modules: Iterable[str], root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "harness.runner.fork_server", *modules],
            cwd=root,
            env={**os.environ, **ONE_THREAD, "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=ending_with_me(),  # noqa: PLW1509 (it takes no lock)
        )
        self._numbers = itertools.count(1)
        self._children: dict[int, ForkedProcess] = {}
        self._ids: dict[ForkedProcess, int] = {}
        self._lock = threading.Lock()
        self._is_gone = False
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    @property
    def is_alive(self) -> bool:
        """Whether it can still start anything."""
        return not self._is_gone and self._process.poll() is None

    def start(
        self, arguments: list[str], env: dict[str, str], cwd: Path, folder: Path, *, serves: bool = False
    ) -> ForkedProcess:
        """Have a child forked that runs pytest with `arguments`, its output in `folder`.

        One that `serves` forks children of its own, for requests given to `ask`.
        """
        request = run_request(arguments, env, cwd, folder)
        return self._send(ForkedProcess(), {**request, "serves": True} if serves else request)

    def ask(self, server: ForkedProcess, request: dict[str, Any]) -> ForkedProcess:
        """Have `server` fork a child for `request`."""
        return self._send(ForkedProcess(server), request)

    def _send(self, child: ForkedProcess, request: dict[str, Any]) -> ForkedProcess:
        with self._lock:
            server = child.server
            if self._is_gone or (server is not None and server not in self._ids):
                child.end(-signal.SIGKILL, is_lost=True)
                return child
            number = next(self._numbers)
            self._children[number], self._ids[child] = child, number
            message: dict[str, Any] = {**request, "id": number}
            if server is not None:
                message = {"server": self._ids[server], "request": message}
            stdin = self._process.stdin
            if stdin is not None:
                with contextlib.suppress(OSError):  # it is gone, and `_listen` will say so
                    stdin.write(json.dumps(message).encode() + b"\n")
                    stdin.flush()
        return child

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            message = json.loads(line)
            with self._lock:
                child = self._children.get(message["id"])
                if child is None:
                    continue
                child.take(message)
                if "code" in message:
                    self._forget(message["id"], child)
        with self._lock:  # the fork server is gone: no caller must wait for ever
            self._is_gone = True
            for child in self._children.values():
                child.end(-signal.SIGKILL, is_lost=True)
            self._children.clear()
            self._ids.clear()

    def _forget(self, number: int, ended: ForkedProcess) -> None:
        """Drop a child that has ended; those that it has forked have no parent to report to, and are ended."""
        del self._children[number], self._ids[ended]
        for other, child in list(self._children.items()):
            if child.server is ended:
                if child.number:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(child.number, signal.SIGKILL)
                child.end(-signal.SIGKILL, is_lost=True)
                del self._children[other], self._ids[child]

    def close(self) -> None:
        """End it; its children are ended by whoever waits for them."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def run_request(arguments: list[str], env: dict[str, str], cwd: Path, folder: Path) -> dict[str, Any]:
    """A run as `harness.runner.fork_server` is told of it."""
    out, err = str(folder / "stdout"), str(folder / "stderr")
    return {"argv": arguments, "env": env, "cwd": str(cwd), "out": out, "err": err}
