"""Examples of a suite's laws, drawn once and dealt to many runs.

Most of the time of a law goes into drawing its examples, and for most code they are drawn only to find nothing. So where one
suite is run again and again, a rehearsal draws them: it runs the laws under their seed with nobody in the subject's place, and
writes down what each example was. A run that is dealt this deck tries the law on it first. When all examples hold, the law has
passed, as it would have under that seed. When one does not, hypothesis is asked after all, so that failures are found,
shrunk and told in the one way there is.

What is no plain value (`st.data()`, something of the subject's) is not written down; such laws run as they always do.
"""

from __future__ import annotations

import io
import pickle
import random
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.core.state import write_atomically


class Hand(msgspec.Struct):
    """The examples of one law, each as a pickle of its arguments."""

    needed: int
    """How many a run tries; there may be more, for laws that find some of them unfit."""
    examples: list[bytes]


# --- examples as bytes ---------------------------------------------------------------------------------------------------


class _Pickler(pickle.Pickler):
    """Keeps how arrays lie in memory, and which of them share it: laws are about that, too."""

    def reducer_override(self, value: Any) -> Any:
        """How arrays are put down that are not simply their elements."""
        if not isinstance(value, np.ndarray):
            return NotImplemented
        if type(value) is not np.ndarray or value.dtype.hasobject:
            raise pickle.PicklingError("this is no array of numbers")
        if value.base is None and value.flags.writeable and value.flags.forc:
            return NotImplemented
        root = value
        while isinstance(root.base, np.ndarray):
            root = root.base
        if root.base is not None or not root.flags.forc or type(root) is not np.ndarray:
            raise pickle.PicklingError("the memory of this array is somebody else's")
        if root is value:
            return _locked, (value.copy(order="K"),)
        offset = value.ctypes.data - root.ctypes.data
        return _view, (root, value.dtype.str, value.shape, offset, value.strides, value.flags.writeable)


def _locked(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array.flags.writeable = False
    return array


def _view(
    root: np.ndarray[Any, Any],
    dtype: str,
    shape: tuple[int, ...],
    offset: int,
    strides: tuple[int, ...],
    writeable: bool,
) -> np.ndarray[Any, Any]:
    """The part of `root` that lies at `offset` bytes."""
    memory = (root if root.flags.c_contiguous else root.T).reshape(-1).view(np.uint8)
    view = np.ndarray(shape, np.dtype(dtype), memory, offset, strides)
    view.flags.writeable = writeable
    return view


def put_down(example: dict[str, Any]) -> bytes | None:
    """The arguments of a law as bytes, None when they are no plain values."""
    written = io.BytesIO()
    try:
        _Pickler(written, protocol=pickle.HIGHEST_PROTOCOL).dump(example)
    except Exception:  # whatever an object of the suite's says to being pickled
        return None
    return written.getvalue()


# --- nobody in the subject's place -----------------------------------------------------------------------------------------


class Nobody:
    """Stands for all that a suite takes from its subject when it is imported, and for what comes of it."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Nobody:
        """More of the same."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Nobody(name)

    def __call__(self, *_: object, **__: object) -> Nobody:
        """More of the same."""
        return Nobody(self.__name__)

    def __mro_entries__(self, _: tuple[type, ...]) -> tuple[type, ...]:
        """A class that inherits from this one inherits nothing."""
        return ()

    def __reduce__(self) -> str:
        """Refuse: no example can have it."""
        raise pickle.PicklingError("nobody is no value")


def nobody(_: ModuleType, name: str) -> Nobody:
    """What a module has under a name, when it is nobody's."""
    if name.startswith("__"):
        raise AttributeError(name)
    return Nobody(name)


# --- drawing and dealing ---------------------------------------------------------------------------------------------------


class Drawing:
    """The plugin of a rehearsal: runs the laws without their bodies, and writes a deck."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._hands: dict[str, Hand] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what draws nothing."""
        items[:] = [item for item in items if isinstance(item, pytest.Function) and _body(item) is not None]

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Draw."""
        given = _fixtures(pyfuncitem)
        drawn: list[bytes | None] = []

        def write_down(**kwargs: Any) -> None:
            drawn.append(put_down({name: value for name, value in kwargs.items() if name not in given}))

        body = _body(pyfuncitem)
        with _body_replaced(pyfuncitem, write_down):
            pyfuncitem.obj(**given)
            needed = len(drawn)
            if body is not None and "assume" in body.__code__.co_names:  # some will be unfit: as many again should do
                with _seeded(pyfuncitem.obj, needed):
                    pyfuncitem.obj(**given)
        examples = [example for example in drawn if example is not None]
        if len(examples) == len(drawn):
            self._hands[pyfuncitem.nodeid] = Hand(needed, examples)
        return True

    def pytest_sessionfinish(self) -> None:
        """Write the deck, all at once: somebody may be waiting for it to be there."""
        write_atomically(self._file, msgspec.msgpack.encode(self._hands))


class Dealing:
    """The plugin of a run that is dealt a deck: tries laws on its examples first."""

    def __init__(self, file: Path) -> None:
        """`file` may be there only when the first law is tried, or never."""
        self._file = file
        self._hands: dict[str, Hand] | None = None

    def _hand(self, nodeid: str) -> Hand | None:
        if self._hands is None:
            try:
                self._hands = msgspec.msgpack.decode(self._file.read_bytes(), type=dict[str, Hand])
            except FileNotFoundError:
                self._hands = {}
        return self._hands.pop(nodeid, None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Play the hand of a law; on to hypothesis where there is none, and where an example does not hold."""
        __tracebackhide__ = True
        body = _body(pyfuncitem)
        hand = None if body is None else self._hand(pyfuncitem.nodeid)
        if hand is None or _has_failed_before(body):
            return None
        given = _fixtures(pyfuncitem)
        try:
            return _holds(body, given, hand) or None
        except Exception:
            pyfuncitem.obj(**given)
            raise  # it holds now: a subject that is not the same each time is not right


def _holds(body: Any, given: dict[str, Any], hand: Hand) -> bool:
    """Whether the law was tried on as many examples as it should be. Raises what it raises."""
    from hypothesis.errors import HypothesisDeprecationWarning, UnsatisfiedAssumption

    tried = 0
    with _repeatable_randomness() as begin, warnings.catch_warnings():
        # Said of `assume` where hypothesis does not call the law.
        warnings.simplefilter("ignore", HypothesisDeprecationWarning)
        for example in hand.examples:
            if tried == hand.needed:
                break
            begin()
            try:
                body(**given, **pickle.loads(example))
            except UnsatisfiedAssumption:
                continue
            tried += 1
    return tried == hand.needed


@contextmanager
def _repeatable_randomness() -> Generator[Callable[[], None], None, None]:
    """Gives what puts the global generators into one and the same state, as hypothesis does before each example."""
    standard, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002 (it is this one that must not be noticed)

    def begin() -> None:
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002

    try:
        yield begin
    finally:
        random.setstate(standard)
        np.random.set_state(numpys)  # noqa: NPY002


def _has_failed_before(body: Any) -> bool:
    """Whether hypothesis has kept an example that this law has failed on: then that comes first."""
    from hypothesis import settings
    from hypothesis.internal.reflection import function_digest

    database = settings().database
    return database is not None and any(True for _ in database.fetch(function_digest(body)))


def _body(item: pytest.Function) -> Any:
    """The law itself, None for a test that is no law of hypothesis'."""
    handle = getattr(item.obj, "hypothesis", None)
    return getattr(handle, "inner_test", None)


def _fixtures(item: pytest.Function) -> dict[str, Any]:
    """What the test is given by pytest."""
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
    """Other examples for a while."""
    from hypothesis import seed

    before = dict(vars(function))
    seed(number)(function)
    try:
        yield
    finally:
        vars(function).clear()
        vars(function).update(before)
