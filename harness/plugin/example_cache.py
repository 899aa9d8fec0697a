"""A cache of the examples of a suite's laws: recorded once, replayed in many runs.

Most of the time of a law goes into generating its examples, and for most code they find nothing. So where one suite is run
again and again, one session records them: it runs the laws under their seed, without their bodies and with placeholders
for the subject, and writes each example down. A run that replays this recording tries the law on it first. When all
examples hold, the law has passed, as it would have under that seed. When one does not, hypothesis runs the law after
all, so that failures are found, shrunk and reported the same way.

An example that is not made of plain values (`st.data()`, an object of the subject's) is not recorded; such a law runs as
it does without a cache.
"""

from __future__ import annotations

import pickle
import random
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.core.state import write_atomically
from harness.plugin.example_bytes import to_bytes


class LawExamples(msgspec.Struct):
    """The recorded examples of one law."""

    needed: int
    """How many a run tries; there may be more, for laws that reject some of them with `assume`."""
    examples: list[bytes]
    """Each is a pickle of the law's arguments."""


ExampleCache = dict[str, LawExamples]
"""Test id -> examples of that law; what a recording contains."""


class Recorder:
    """The plugin of a recording session: runs the laws without their bodies, and writes the examples into a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._recorded: ExampleCache = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out tests that have no examples."""
        items[:] = [item for item in items if isinstance(item, pytest.Function) and _body(item) is not None]

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Have hypothesis generate the examples of a law, and record them."""
        given = _fixtures(pyfuncitem)
        generated: list[bytes | None] = []

        def record(**kwargs: Any) -> None:
            generated.append(to_bytes({name: value for name, value in kwargs.items() if name not in given}))

        body = _body(pyfuncitem)
        with _body_replaced(pyfuncitem, record):
            pyfuncitem.obj(**given)
            needed = len(generated)
            if (
                body is not None and "assume" in body.__code__.co_names
            ):  # some will be rejected: twice as many should do
                with _seeded(pyfuncitem.obj, needed):
                    pyfuncitem.obj(**given)
        examples = [example for example in generated if example is not None]
        if len(examples) == len(generated):
            self._recorded[pyfuncitem.nodeid] = LawExamples(needed, examples)
        return True

    def pytest_sessionfinish(self) -> None:
        """Write the file, all at once: other runs may be looking for it."""
        write_atomically(self._file, msgspec.msgpack.encode(self._recorded))


class Replay:
    """The plugin of a run that has a recording: tries laws on its examples first."""

    def __init__(self, file: Path) -> None:
        """`file` is read when the first law is tried; when it is not there by then, laws run without it."""
        self._file = file
        self._cache: ExampleCache | None = None

    def _take(self, nodeid: str) -> LawExamples | None:
        if self._cache is None:
            try:
                self._cache = msgspec.msgpack.decode(self._file.read_bytes(), type=ExampleCache)
            except FileNotFoundError:
                self._cache = {}
        return self._cache.pop(nodeid, None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Try a law on its recorded examples; leave it to hypothesis where there are none, or where one does not hold."""
        __tracebackhide__ = True
        body = _body(pyfuncitem)
        recorded = None if body is None else self._take(pyfuncitem.nodeid)
        if recorded is None or _has_failed_before(body):
            return None
        given = _fixtures(pyfuncitem)
        try:
            return _holds(body, given, recorded) or None
        except Exception:
            pyfuncitem.obj(**given)
            raise  # it holds now: a subject whose answers differ from call to call is wrong


def _holds(body: Any, given: dict[str, Any], recorded: LawExamples) -> bool:
    """Whether the law holds on as many examples as are needed; False when there are too few. Raises what it raises."""
    from hypothesis.errors import HypothesisDeprecationWarning, UnsatisfiedAssumption

    tried = 0
    with _repeatable_randomness() as begin, warnings.catch_warnings():
        # `assume` warns where hypothesis does not call the law.
        warnings.simplefilter("ignore", HypothesisDeprecationWarning)
        for example in recorded.examples:
            if tried == recorded.needed:
                break
            begin()
            try:
                body(**given, **pickle.loads(example))
            except UnsatisfiedAssumption:
                continue
            tried += 1
    return tried == recorded.needed


@contextmanager
def _repeatable_randomness() -> Generator[Callable[[], None], None, None]:
    """Gives a function that puts the global generators into the same state, as hypothesis does before each example."""
    standard, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002 (the global generator must be as before)

    def begin() -> None:
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002

    try:
        yield begin
    finally:
        random.setstate(standard)
        np.random.set_state(numpys)  # noqa: NPY002


def _has_failed_before(body: Any) -> bool:
    """Whether hypothesis has kept an example that this law has failed on, which is to be tried first."""
    from hypothesis import settings
    from hypothesis.internal.reflection import function_digest

    database = settings().database
    return database is not None and any(True for _ in database.fetch(function_digest(body)))


def _body(item: pytest.Function) -> Any:
    """The function that hypothesis calls with each example, None for a test without hypothesis."""
    handle = getattr(item.obj, "hypothesis", None)
    return getattr(handle, "inner_test", None)


def _fixtures(item: pytest.Function) -> dict[str, Any]:
    """The arguments that pytest gives to the test."""
    return {name: item.funcargs[name] for name in item._fixtureinfo.argnames}


@contextmanager
def _body_replaced(item: pytest.Function, other: Any) -> Generator[None, None, None]:
    handle = item.obj.hypothesis
    body = handle.inner_test
    handle.inner_test = wraps(body)(other)
    try:
        yield
    finally:
        handle.inner_test = body


@contextmanager
def _seeded(function: Any, number: int) -> Generator[None, None, None]:
    """Have hypothesis generate other examples inside the body."""
    from hypothesis import seed

    before = dict(vars(function))
    seed(number)(function)
    try:
        yield
    finally:
        vars(function).clear()
        vars(function).update(before)
