"""Messages over a socket: a JSON header and the raw buffers of arrays, see `protocol`."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from .protocol import Header, Key, ProtocolError

MAX_HEADER = 16 * 2**20
"""Bytes of a header: more would take long to parse."""
MAX_BODY = 512 * 2**20
MAX_BUFFERS = 100_000

_PIECE = 2**14
_PATIENCE_MS = 250
_ALIGNMENT = 16
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_HEAD = struct.Struct("<IQ")


class Channel:
    """Messages over a stream socket. Sending is locked; receiving is one thread's business at a time."""

    def __init__(
        self, sock: socket.socket, *, max_body: int = MAX_BODY, while_waiting: Callable[[], None] | None = None
    ) -> None:
        """`while_waiting` is called every now and then while a message is waited for; what it raises is raised."""
        self._socket = sock
        self._while_waiting = while_waiting
        if while_waiting is not None:  # the kernel's timeout: one of Python's own would cost another call each time
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, _PATIENCE_MS * 1000))
        self._max_body = max_body
        self._sending = threading.Lock()
        self._ahead = bytearray()

    def send(self, header: Header, buffers: list[Any]) -> None:
        """Send one message; raises `OSError` when the other side is gone."""
        header[Key.BUFFERS] = sizes = [len(buffer) for buffer in buffers]
        body_size = sum(sizes)
        head = _ENCODER.encode(header).encode()
        head += b" " * (-(_HEAD.size + len(head)) % _ALIGNMENT)  # so that arrays can be used where they come to lie
        first = _HEAD.pack(len(head), body_size) + head
        parts: list[Any] = [b"".join((first, *buffers))] if body_size <= _PIECE else [first, *buffers]
        with self._sending:
            for part in parts:  # what is small goes in one piece: each would wake the other side
                self._socket.sendall(part)

    def receive(self) -> tuple[Header, list[memoryview]]:
        """The next message. Raises `EOFError` at the end of the stream, and `ProtocolError` for what is not a message."""
        data, self._ahead = self._ahead, bytearray()
        self._read(data, _HEAD.size)
        head_size, body_size = _HEAD.unpack_from(data)
        if head_size > MAX_HEADER or body_size > self._max_body:
            raise ProtocolError(f"a message of {head_size + body_size} bytes is too large")
        begin = _HEAD.size + head_size
        end = begin + body_size
        self._read(data, end)
        if len(data) > end:
            self._ahead = data[end:]
        whole = memoryview(data)
        header = _parse(bytes(whole[_HEAD.size : begin]))
        sizes = header.pop(Key.BUFFERS, None)
        if not isinstance(sizes, list) or len(sizes) > MAX_BUFFERS or not all(type(n) is int and n >= 0 for n in sizes):
            raise ProtocolError("a message does not say how long its buffers are")
        if sum(sizes) != body_size:
            raise ProtocolError("the buffers of a message are not as long as it says")
        buffers = []
        for size in sizes:
            buffers.append(whole[begin : begin + size])
            begin += size
        return header, buffers

    def _read(self, data: bytearray, size: int) -> None:
        """Let `data` grow to `size` bytes at least; memory grows with what came, not with what was announced."""
        while len(data) < size:
            try:
                piece = self._socket.recv(max(_PIECE, min(size - len(data), 2**20)))
            except BlockingIOError:
                if self._while_waiting is not None:
                    self._while_waiting()
                continue
            if not piece:
                raise EOFError("the other side has closed the connection")
            data += piece

    def close(self) -> None:
        """Wake whoever waits for a message, and send no more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def _parse(data: bytes) -> Header:
    try:
        header = json.loads(data.decode())
    except (ValueError, RecursionError, MemoryError) as error:
        raise ProtocolError(f"the header of a message is not JSON: {type(error).__name__}") from None
    if not isinstance(header, dict):
        raise ProtocolError("the header of a message is not an object")
    return header
