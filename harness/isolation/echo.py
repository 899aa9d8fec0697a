"""A server without a subject, which is asked what a subject was asked: what that costs it, the way has cost the subject."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from harness.isolation.client import Connection, Question
from harness.isolation.remote import Remote

MAX_ANSWER_BYTES = 2**24
"""An answer that takes more is not imitated: its way is the subject's own expense."""


class Imitation(NamedTuple):
    """What to ask the echo instead of a question to the subject."""

    args: list[Any]
    kwargs: dict[str, Any]


class Echo:
    """Sends arguments to a server and has answers come back."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def imitate(self, question: Question, *, with_answer: bool = True) -> Imitation:
        """The same arguments, with the answer laid ready: what the subject has is stood for by something that the echo has."""
        dummy = self.connection.ask("keep", None)
        is_plain = not isinstance(question.value, Remote) and answer_bytes(question.value) <= MAX_ANSWER_BYTES
        answer = self.connection.ask("keep", question.value) if is_plain and with_answer else dummy

        def stand_in(arg: object) -> object:
            if isinstance(arg, tuple):  # the arguments of a helper's function
                return tuple(map(stand_in, arg))
            return dummy if isinstance(arg, Remote) else arg

        args = [stand_in(arg) for arg in question.args]
        return Imitation([answer, *args], {name: stand_in(arg) for name, arg in question.kwargs.items()})

    def ask(self, imitation: Imitation) -> None:
        """There and back."""
        self.connection.ask("echo", *imitation.args, **imitation.kwargs)

    def follow(self, question: Question, *, with_answer: bool = True) -> None:
        """Ask the same at once."""
        self.ask(self.imitate(question, with_answer=with_answer))

    def close(self) -> None:
        """End it."""
        self.connection.close()


def answer_bytes(value: object) -> int:
    """About how many bytes an answer takes on the way."""
    if isinstance(value, np.ndarray):
        return value.nbytes if value.dtype.kind != "O" else sum(map(answer_bytes, value.reshape(-1).tolist()))
    if isinstance(value, str | bytes | bytearray):
        return len(value)
    if isinstance(value, dict):
        return sum(answer_bytes(key) + answer_bytes(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return sum(map(answer_bytes, value))
    return 8
