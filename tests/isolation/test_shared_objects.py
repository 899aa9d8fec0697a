"""Objects that suite and subject share: the same as in one process, and never modified without being counted."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from harness.isolation.client import Connection
from harness.isolation.protocol import Header
from harness.isolation.shared_objects import IdentityError, SharedObjects
from harness.suite.explain import SubjectGoneError

from in_memory import KINDS, SOURCE, InMemory

HERE: dict[str, Any] = {}
exec(SOURCE, HERE)  # the same subject in this process: what the one over there is compared with
MUTABLE = (np.ndarray, list, dict, set, bytearray)
INDEX = st.integers(0, 50)
NUMBER = st.integers(0, 9)


def same(left: Any, right: Any) -> bool:
    """Equal in type and content, all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return np.array_equal(left, right)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def parts(value: Any) -> list[Any]:
    """All objects in `value` that can be modified, in order, itself first."""
    inner = value if isinstance(value, list | tuple) else []
    return [*([value] if isinstance(value, MUTABLE) else []), *(part for item in inner for part in parts(item))]


class HonestServer(RuleBasedStateMachine):
    """The same things are done with a subject in this process and with one behind a connection."""

    @initialize()
    def begin(self) -> None:
        """Two worlds, both empty."""
        self.memory = InMemory()
        self.here = HERE["Shelf"]()
        self.there = self.memory.module.Shelf()
        self.held: list[tuple[Any, Any]] = []

    def teardown(self) -> None:
        """End the server."""
        if hasattr(self, "memory"):
            self.memory.close()

    def pair(self, index: int) -> tuple[Any, Any]:
        """One of the suite's pairs."""
        return self.held[index % len(self.held)]

    def kept(self, index: int) -> int:
        """The place of something that the subject keeps."""
        return index % len(self.here.kept)

    has_held = precondition(lambda self: bool(self.held))
    has_kept = precondition(lambda self: bool(self.here.kept))

    @rule(kind=st.sampled_from(KINDS), number=NUMBER)
    def make(self, kind: str, number: int) -> None:
        """The suite makes an object."""
        self.held.append((HERE["make"](kind, number), HERE["make"](kind, number)))

    @rule(kind=st.sampled_from(KINDS), number=NUMBER)
    def new(self, kind: str, number: int) -> None:
        """The subject makes an object, keeps it, and returns it."""
        self.held.append((self.here.new(kind, number), self.there.new(kind, number)))

    @has_held
    @rule(index=INDEX, number=NUMBER)
    def change_by_suite(self, index: int, number: int) -> None:
        """The suite modifies what it holds."""
        for value in self.pair(index):
            HERE["change"](value, number)

    @has_held
    @rule(index=INDEX, number=NUMBER)
    def change_by_subject(self, index: int, number: int) -> None:
        """The subject modifies an argument."""
        here, there = self.pair(index)
        self.here.change(here, number)
        self.there.change(there, number)

    @has_held
    @rule(index=INDEX)
    def keep(self, index: int) -> None:
        """The subject keeps an argument."""
        here, there = self.pair(index)
        self.here.keep(here)
        self.there.keep(there)

    @has_held
    @rule(index=INDEX, number=NUMBER)
    def call_back(self, index: int, number: int) -> None:
        """The subject hands an argument to a function of the suite's, which modifies it."""
        here, there = self.pair(index)

        def change(value: Any) -> Any:
            HERE["change"](value, number)
            return value

        assert self.here.call(change, here) is here
        assert self.there.call(change, there) is there

    @has_kept
    @rule(index=INDEX, number=NUMBER)
    def change_kept(self, index: int, number: int) -> None:
        """The subject modifies what it keeps."""
        self.here.change_kept(self.kept(index), number)
        self.there.change_kept(self.kept(index), number)

    @has_kept
    @rule(index=INDEX)
    def give(self, index: int) -> None:
        """The subject returns what it keeps."""
        self.held.append((self.here.give(self.kept(index)), self.there.give(self.kept(index))))

    @has_kept
    @rule(index=INDEX)
    def wrap(self, index: int) -> None:
        """The subject returns what it keeps, twice, in a new list."""
        self.held.append((self.here.wrap(self.kept(index)), self.there.wrap(self.kept(index))))

    @has_held
    @rule(index=INDEX)
    def let_go(self, index: int) -> None:
        """The suite forgets something."""
        del self.held[index % len(self.held)]

    @rule()
    def next_test(self) -> None:
        """A test ends and another begins; the subject forgets what it kept."""
        self.memory.connection.begin("another test")
        self.here.clear()
        self.there.clear()

    @invariant()
    def both_worlds_are_the_same(self) -> None:
        """Contents and identities."""
        here, there = ([part for pair in self.held for part in parts(pair[side])] for side in (0, 1))
        assert all(same(left, right) for left, right in self.held)
        assert [[a is b for b in here] for a in here] == [[a is b for b in there] for a in there]


FORMS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, -1, 0.5, "a", 2**60, {}, []])
    | st.integers(0, 12)
    | st.builds(lambda number: {"r": number}, st.integers(0, 12)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("aclmdgkhHnOrstYz"), inner, min_size=1, max_size=1)
        | st.builds(lambda number, form: {"m": [number, form]}, st.integers(0, 12), inner)
        | st.builds(lambda forms: {"l": forms}, st.lists(inner, max_size=3))
    ),
    max_leaves=8,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """`(container, key)` of everything in a header."""
    keys: Any = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [place for key in keys for place in [(value, key), *places(value[key])]]


def mutation(edits: list[tuple[int, Any]], changes: list[tuple[int, Any]], *, keeps_number: bool) -> Any:
    """A function that puts other forms into a header, and claims changes."""

    def mutate(header: Header) -> Header:
        number = header.get("i")
        header = copy.deepcopy(header)
        for place, form in edits:
            found = places(header)
            if found:
                container, key = found[place % len(found)]
                container[key] = copy.deepcopy(form)
        if changes:
            header["u"] = [*(header["u"] if isinstance(header.get("u"), list) else []), *map(list, changes)]
        return header | ({"i": number} if keeps_number and number is not None else {})

    return mutate


class HostileServer(RuleBasedStateMachine):
    """A server says anything at all about the suite's objects."""

    @initialize()
    def begin(self) -> None:
        """An honest server at first."""
        self.memory = InMemory()
        self.connection = self.memory.connection
        self.there = self.memory.module.Shelf()
        self.own: list[tuple[Any, Any]] = []
        """The suite's objects, with copies that never leave it."""
        self.given: list[Any] = []
        self.has_ended = False

    def teardown(self) -> None:
        """End the server."""
        if hasattr(self, "memory"):
            self.memory.close()

    def ask(self, question: Callable[[], Any]) -> None:
        """Ask; whatever the answer is, it is a value, an exception of the subject's, or the end of the run."""
        try:
            self.given.append(question())
        except SubjectGoneError:
            self.has_ended = True
        except (Exception, SystemExit) as error:
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            assert trace is not None
            is_subjects = trace.tb_frame.f_code.co_name == "throw" or hasattr(error, "subject_line")
            if not is_subjects and not isinstance(error, Warning | AttributeError):
                raise

    @precondition(lambda self: self.has_ended)
    @rule()
    def next_run(self) -> None:
        """A run that was ended stays so; another begins."""
        with pytest.raises(SubjectGoneError):
            self.there.echo(1)
        self.memory.close()
        self.begin()

    alive = precondition(lambda self: not self.has_ended)
    alive_with_own = precondition(lambda self: not self.has_ended and bool(self.own))

    @alive
    @rule(kind=st.sampled_from(KINDS), number=NUMBER, keeps=st.booleans())
    def hand_over(self, kind: str, number: int, keeps: bool) -> None:
        """The suite makes an object and hands it over."""
        value, pristine = HERE["make"](kind, number), HERE["make"](kind, number)
        self.own.append((value, pristine))
        self.ask(lambda: self.there.keep(value) if keeps else self.there.echo(value))

    @alive_with_own
    @rule(index=INDEX, number=NUMBER)
    def change_by_suite(self, index: int, number: int) -> None:
        """The suite modifies what it holds."""
        value, pristine = self.own[index % len(self.own)]
        if same(value, pristine) and isinstance(value, MUTABLE):
            for each in (value, pristine):
                HERE["change"](each, number)

    @alive
    @rule(kind=st.sampled_from(KINDS), number=NUMBER)
    def ask_for_new(self, kind: str, number: int) -> None:
        """The subject makes an object and returns it."""
        self.ask(lambda: self.there.new(kind, number))

    @alive_with_own
    @rule(
        index=INDEX,
        edits=st.lists(st.tuples(st.integers(0, 60), FORMS), max_size=3),
        changes=st.lists(st.tuples(st.integers(0, 12), FORMS), max_size=2),
        keeps_number=st.sampled_from([True, True, True, False]),
    )
    def lie(self, index: int, edits: list[tuple[int, Any]], changes: list[tuple[int, Any]], keeps_number: bool) -> None:
        """An answer is changed on its way."""
        self.memory.change_answers(mutation(edits, changes, keeps_number=keeps_number))
        value = self.own[index % len(self.own)][0]
        self.ask(lambda: self.there.call(type, value))
        self.memory.change_answers(lambda header: header)

    @alive_with_own
    @rule(index=INDEX, number=st.integers(0, 6), content=FORMS, later=FORMS)
    def rename(self, index: int, number: int, content: Any, later: Any) -> None:
        """One of the suite's objects is given another number, and is modified under that one."""
        own = self.connection._codec.shared.find(self.own[index % len(self.own)][0])
        form = {"m": [2 * number + 1, content if own is None else {"r": own}]}
        for told in ({"v": form}, {"u": [[2 * number + 1, later]]}):
            self.memory.change_answers(lambda header, told=told: header | told)  # type: ignore[misc]
            if not self.has_ended:
                self.ask(lambda: self.there.echo(1))
        self.memory.change_answers(lambda header: header)

    @alive
    @rule()
    def next_test(self) -> None:
        """What was handed over is watched no more."""
        self.connection.begin("another test")

    @invariant()
    def what_was_modified_was_counted(self) -> None:
        """The suite's objects are as it made them, or the client has noted that they are not."""
        assert self.connection.modified or all(same(value, pristine) for value, pristine in self.own)

    @invariant()
    def objects_have_one_number(self) -> None:
        """Of the suite's objects each has an even number or none, and no two numbers have the same object."""
        shared = self.connection._codec.shared
        numbers = [shared.find(value) for value, _ in self.own]
        assert all(number is None or number % 2 == 0 for number in numbers)
        objects = [id(value) for value in map(shared._get, list(shared._held)) if value is not None]
        assert len(objects) == len(set(objects))


TestHonestServer = HonestServer.TestCase
TestHonestServer.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestHostileServer = HostileServer.TestCase
TestHostileServer.settings = settings(max_examples=120, stateful_step_count=12, deadline=None)


@pytest.mark.parametrize(
    ("why", "make_form"),
    [
        ("no content", lambda own: {"m": [own + 1, {"r": own}]}),
        ("no content", lambda own: {"m": [own + 1, {"m": [own + 3, {"l": []}]}]}),
        ("second object", lambda own: {"m": [own + 1, {"l": [{"m": [own + 1, {"l": []}]}]}]}),
        ("two kinds", lambda own: {"m": [own, {"l": []}]}),
        ("was not given", lambda own: {"m": [own + 2, {"l": []}]}),
        ("cannot have the number", lambda _: {"m": [-1, {"l": []}]}),
        ("cannot have the number", lambda _: {"m": [2**60 + 1, {"l": []}]}),
        ("no content", lambda own: {"m": [own + 1, 5]}),
    ],
)
def test_an_object_has_one_number_for_a_session(why: str, make_form: Callable[[int], Any]) -> None:
    with lying(lambda own: {"v": make_form(own)}) as (connection, value), pytest.raises(SubjectGoneError, match=why):
        connection.ask("len", value)


@pytest.mark.parametrize(
    "make_change",
    [
        lambda own: [own, {"r": own}],
        lambda own: [own, {"m": [own + 1, {"l": []}]}],
        lambda own: [own, {"h": [1, 1, None, {}]}],
        lambda own: [own, {"l": []}],
        lambda own: [own, 5],
        lambda own: [own],
        lambda own: [own + 2, {"l": []}],
        lambda _: [True, {"l": []}],
        lambda _: ["0", {"l": []}],
        lambda _: 7,
    ],
)
def test_a_change_that_no_server_would_send_ends_the_run(make_change: Callable[[int], Any]) -> None:
    with lying(lambda own: {"u": [make_change(own)]}) as (connection, value):
        with pytest.raises(SubjectGoneError):
            connection.ask("len", value)
        assert value.tolist() == [0.0, 1.0, 2.0]


@contextlib.contextmanager
def lying(lie: Callable[[int], Header]) -> Iterator[tuple[Connection, np.ndarray[Any, Any]]]:
    """A connection to a server that has an array of the suite's, and puts something into each answer from now on."""
    memory = InMemory()
    own = np.arange(3.0)
    try:
        memory.connection.ask("keep", own)
        number = memory.connection._codec.shared.find(own)
        assert number is not None
        memory.change_answers(lambda header: header | lie(number))
        yield memory.connection, own
    finally:
        memory.close()


def test_a_second_number_is_an_error() -> None:
    shared = SharedObjects(first=0, weak=True)
    value = [1]
    number = shared.add(value)
    with pytest.raises(IdentityError):
        shared.add(value)
    with pytest.raises(IdentityError):
        shared.add([2], number)
