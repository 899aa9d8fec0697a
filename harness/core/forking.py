"""The loop of a process that forks a child for each request. Only where fork is safe (Linux).

Requests come as JSON lines. `{"id": 1, ...}` is for this process. `{"server": 1, "request": {"id": 2, ...}}` is passed on to its
child 1, which serves requests of its own: `{"id": 1, "serves": true, ...}` started it.

Answers go out as JSON lines, those of such children too: `{"id": 1, "pid": 4711}`, `{"id": 1, "ready": true}` by a child that
serves, and `{"id": 1, "code": 0}` at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.core.lifetime import end_with_parent

_READ_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a process that serves is asked, where it answers, and which of the answers are about itself."""

    requests: int
    """A file descriptor, as the next one."""
    answers: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Channel:
        """The channel that `str` has written down. Raises `ValueError`."""
        return cls(*(int(part) for part in text.split(",")))

    def __str__(self) -> str:
        return f"{self.requests},{self.answers},{self.number}"

    def say(self, **message: object) -> None:
        """Write one answer. Lines are shorter than what a pipe takes at once, so those of several processes do not mix."""
        with contextlib.suppress(BrokenPipeError):  # the reader has ended: the requests will end, too
            os.write(self.answers, json.dumps(message).encode() + b"\n")

    def close(self) -> None:
        """Close both, in a child that does not serve."""
        os.close(self.requests)
        os.close(self.answers)


@dataclass(frozen=True, slots=True)
class Request:
    """What a child was forked for."""

    data: dict[str, Any]
    channel: Channel | None = None
    """Of a child that serves."""


class ForkLoop:
    """Forks a child for each request, in a process group of its own, and reports its end."""

    def __init__(self, channel: Channel, prepare: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
        """`prepare` is called with each request before the fork: what it finds out, the child inherits."""
        self._channel = channel
        self._prepare = prepare
        self._numbers: dict[int, int] = {}
        """The request of each child, by pid."""
        self._servers: dict[int, socket.socket] = {}
        """The ways to children that serve, by request."""

    def run(self) -> Request | None:
        """Serve until the requests end, which ends all children: whoever wanted them is gone.

        Returns the request in each child, and None in this process.
        """
        woken, wake = _wake_on_ends()
        pending = b""
        while True:
            readable, _, _ = select.select([self._channel.requests, woken], [], [])
            if woken in readable:
                os.read(woken, _READ_BYTES)
            if self._channel.requests in readable:
                data = os.read(self._channel.requests, _READ_BYTES)
                if not data:
                    self._end_children()
                    return None
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    request = self._take(line)
                    if request is not None:
                        os.close(woken)
                        os.close(wake)
                        return request
            self._report_ends()

    def _take(self, line: bytes) -> Request | None:
        """Do what a line asks for; the request in a new child, None here."""
        data = json.loads(line)
        if "server" in data:
            if data["server"] in self._servers:
                with contextlib.suppress(OSError):  # it has died: its end tells
                    self._servers[data["server"]].sendall(json.dumps(data["request"]).encode() + b"\n")
            return None
        self._prepare(data)
        ends = socket.socketpair() if data.get("serves") else None
        me = os.getpid()
        pid = os.fork()
        if pid == 0:
            end_with_parent(me)
            return self._child(data, ends)
        self._numbers[pid] = data["id"]
        if ends is not None:
            self._servers[data["id"]] = ends[0]
            ends[1].close()
        self._channel.say(id=data["id"], pid=pid)
        return None

    def _child(self, data: dict[str, Any], ends: tuple[socket.socket, socket.socket] | None) -> Request:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        self._close_servers()
        if ends is None:
            return Request(data)
        ends[0].close()
        return Request(data, Channel(ends[1].detach(), os.dup(self._channel.answers), data["id"]))

    def _report_ends(self) -> None:
        while self._numbers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            number = self._numbers.pop(pid, None)
            if number is not None:
                if number in self._servers:
                    self._servers.pop(number).close()
                self._channel.say(id=number, code=os.waitstatus_to_exitcode(status))

    def _end_children(self) -> None:
        """Kill those that were not waited for yet, with their groups if they have one by now."""
        for pid in self._numbers:
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(pid, signal.SIGKILL)

    def _close_servers(self) -> None:
        for server in self._servers.values():
            server.close()
        self._servers.clear()


def _wake_on_ends() -> tuple[int, int]:
    """A pipe that can be read from when a child has ended."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return woken, wake
