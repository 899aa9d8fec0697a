"""Which thread of the client an answer is for.

The main thread talks by itself over a connection of its own, while it is the only one. Other threads share the second
connection, of which a reader hands out what comes.
"""

from __future__ import annotations

import itertools
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

from harness.isolation.channel import Channel
from harness.isolation.protocol import Header, Key, ProtocolError
from harness.suite.explain import SubjectGoneError

Take = Callable[[Header, list[memoryview]], tuple[Header, Any]]
"""Brings the client into step with a message, and gives its header and what it says."""


class Line:
    """One thread's conversation: how it sends, and where its answers come."""

    def __init__(self, send: Callable[[Header, list[Any]], None], receive: Callable[[], tuple[Header, Any]]) -> None:
        self.send = send
        self.receive = receive


class Lines:
    """The lines of all threads over two sockets."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        take: Take,
        call_back: Callable[[Line, Header, Any], None],
        while_waiting: Callable[[], None] | None,
    ) -> None:
        """`call_back` is for threads that the subject has started; it is called in a thread of its own."""
        self._main, self._others = (Channel(sock, while_waiting=while_waiting) for sock in sockets)
        self._take = take
        self._call_back = call_back
        self._lock = threading.Lock()
        self._keys = itertools.count(1)
        self._local = threading.local()
        self._queues: dict[int, queue.SimpleQueue[Any]] = {}
        self._reader: threading.Thread | None = None
        self.main = Line(self._main.send, lambda: take(*self._main.receive()))

    def current(self) -> Line:
        """The line of this thread."""
        alone = threading.active_count() == 1 + (self._reader is not None)
        if alone and threading.current_thread() is threading.main_thread():
            return self.main
        line: Line | None = getattr(self._local, "line", None)
        if line is None:
            key = next(self._keys)
            with self._lock:
                self._queues[key] = queue.SimpleQueue()
                if self._reader is None:
                    self._reader = threading.Thread(target=self._read, daemon=True, name="subject-reader")
                    self._reader.start()
            line = self._local.line = self._keyed(key)
        return line

    def close(self) -> None:
        """Close both connections; whoever waits gets `EOFError` or `OSError`."""
        for channel in (self._main, self._others):
            channel.close()

    def _keyed(self, key: int) -> Line:
        def send(header: Header, buffers: list[Any]) -> None:
            self._others.send({**header, Key.THREAD: key}, buffers)

        def receive() -> tuple[Header, Any]:
            message = self._queues[key].get()
            if isinstance(message, BaseException):
                self._queues[key].put(message)
                raise message
            header, value = message
            return header, value

        return Line(send, receive)

    def _read(self) -> None:
        """Hand out what comes for threads other than the main one, decoded in the order of the stream."""
        message: Any
        try:
            while True:
                header, buffers = self._others.receive()
                key = header.get(Key.THREAD)
                message = self._take(header, buffers)
                if type(key) is int and key < 0 and Key.CALLBACK in header:  # a thread of the subject's own
                    call = (self._keyed(key), *message)
                    threading.Thread(target=self._call_back, args=call, daemon=True).start()
                elif type(key) is not int or key not in self._queues:
                    message = ProtocolError("the server answered a thread that did not ask")
                    break
                else:
                    self._queues[key].put(message)
        except (
            ProtocolError,
            EOFError,
            OSError,
            SubjectGoneError,
        ) as error:  # the last when a limit is passed meanwhile
            message = error
        for waiting in list(self._queues.values()):
            waiting.put(message)
