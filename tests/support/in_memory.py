"""A client and a server in one process, with a channel between them that can change what the server says."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from harness.isolation.channel import Channel
from harness.isolation.client import Connection
from harness.isolation.protocol import Header
from harness.isolation.server import SubjectServer

SOURCE = """
class Shelf:
    def __init__(self):
        self.kept = []
    def echo(self, value):
        return value
    def keep(self, value):
        self.kept.append(value)
    def give(self, index):
        return self.kept[index]
    def wrap(self, index):
        return [self.kept[index], (self.kept[index],)]
    def clear(self):
        del self.kept[:]
    def change(self, value, number):
        change(value, number)
    def change_kept(self, index, number):
        change(self.kept[index], number)
    def new(self, kind, number):
        self.kept.append(make(kind, number))
        return self.kept[-1]
    def call(self, function, value):
        return function(value)

def make(kind, number):
    import numpy as np
    if kind == "array":
        return np.arange(float(number + 1))
    if kind == "large array":
        return np.zeros((20, 30)) + number
    return {"list": list, "set": set, "bytearray": bytearray}[kind](range(number)) if kind != "dict" else {number: 1}

def change(value, number):
    if isinstance(value, dict):
        value[number] = number
    elif isinstance(value, set):
        value.add(number)
    elif isinstance(value, (list, bytearray)):
        value.append(number)
    else:
        value.reshape(-1)[number % value.size] += 1.5
"""
KINDS = ("array", "large array", "list", "set", "bytearray", "dict")


class _Changing(Channel):
    """A channel of a server whose messages are changed before they are sent."""

    change: Callable[[Header], Header] = staticmethod(lambda header: header)

    def send(self, header: Header, buffers: list[Any]) -> None:
        super().send(self.change(header), buffers)


class InMemory:
    """A connection to a server in this process, which has loaded `source` as a module of its own."""

    def __init__(self, source: str = SOURCE) -> None:
        ours, theirs = zip(*(socket.socketpair() for _ in range(2)), strict=True)
        self._theirs = theirs
        self._channels = [_Changing(sock) for sock in theirs]
        self._server = SubjectServer(self._channels[0], self._channels[1], self._hang_up)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        process: Any = SimpleNamespace(sockets=ours, mode="memory", kill=self._hang_up)
        self.connection = Connection(process)
        line = self.connection.lines.main
        self.connection.lines.current = lambda: line  # type: ignore[method-assign] # there are other threads, but none that asks
        self._finders = list(sys.meta_path)
        sources = {"in_memory_subject": source}
        self.module = self.connection.ask("load", "in_memory_subject", sources, ["numpy"], [], False)

    def change_answers(self, change: Callable[[Header], Header]) -> None:
        """Have each message of the server changed from now on."""
        for channel in self._channels:
            channel.change = change

    def _serve(self) -> None:
        try:
            self._server.serve_main()
        except Exception:
            pass  # a client that was told nonsense may answer with it
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        for sock in self._theirs:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End both sides."""
        self.connection.close()
        self._thread.join(10)
        for sock in self._theirs:
            sock.close()
        sys.meta_path[:] = self._finders
        sys.modules.pop("in_memory_subject", None)
