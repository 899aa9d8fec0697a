"""Crowds, interleavings and calls that must not wait, with the subject in this process and in processes of its own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from harness.core.model import Kata
from harness.isolation.host import RemoteHost
from harness.isolation.sandbox import PROCESS, SANDBOX, sandbox_problem
from harness.isolation.sessions import SubjectProcesses
from harness.subject.finder import SubjectFinder
from harness.subject.resolve import Subject
from harness.suite.check import CheckFailedError
from harness.suite.concurrency import Meeting, crowd, finish, hold, interleave, new_clock, new_gate, start, stuck, words

from remote_subjects import KATA

LOCAL = "local"
PLACES = [LOCAL, PROCESS if sandbox_problem() else SANDBOX]
HELPER = """
from harness.suite import stepping
import subject as kata

def new_limiter(limit):
    return kata.Limiter(limit)

def used_twice(limiter, factor):
    return factor * limiter.used()

def read(limiter):
    seen = limiter.n
    stepping.join_here()
    return seen

def double(x):
    return 2 * x
"""
SUITE = "from harness.suite.concurrency import crowd\nimport helper\n"
SUBJECT = """
import threading

class Limiter:
    def __init__(self, limit):
        self.limit, self.n, self.lock = limit, 0, threading.Lock()

    def allow(self, user):
        with self.lock:
            if self.n >= self.limit:
                raise ValueError(f"{user} has to wait: {self.n}")
            self.n = self.n + 1
            return True

    def used(self):
        with self.lock:
            return self.n

    def joined(self, read):
        seen = read(self)
        with self.lock:
            self.n = seen + 1

    def ask(self, predict, x):
        with self.lock:
            self.n += 1
        return predict(x)

    def sleep(self, clock, seconds):
        clock.wait(seconds)
        return clock()

    def unwritten(self):
        raise NotImplementedError

    def both(self, other):
        with self.lock, other.lock:
            self.n += 1

class Unlocked(Limiter):
    def allow(self, user):
        if self.n >= self.limit:
            raise ValueError(user)
        self.n = self.n + 1
        return True

class Locked(Limiter):
    def ask(self, predict, x):
        with self.lock:
            return predict(x)

class Batch:
    def __init__(self):
        self.items, self.full = [], threading.Condition()

    def submit(self, item):
        with self.full:
            self.items.append(item)
            self.full.notify_all()
            self.full.wait_for(lambda: len(self.items) >= 2)
        return sum(self.items)

class Refused:
    def __init__(self):
        raise ValueError("no")

class Pair:
    def __init__(self):
        self.a, self.b = Limiter(1), Limiter(1)

    def ab(self):
        self.a.both(self.b)

    def ba(self):
        self.b.both(self.a)
"""
TEST_LINE = 1 + SUBJECT[: SUBJECT.index("            raise ValueError(user)")].count("\n") - 1
"""Of `if self.n >= self.limit:` in `Unlocked`."""


@pytest.fixture(params=PLACES, scope="module")
def kata(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The subject, imported as by its suite; its helper can be imported as `helper`."""
    folder = tmp_path_factory.mktemp("katas") / "a99_subject"
    folder.mkdir()
    for name, text in {"helper": HELPER, "test_subject": SUITE, "subject": SUBJECT}.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    described: Kata = replace(KATA, folder=folder, helpers=("helper",))
    servers = SubjectProcesses(request.param) if request.param != LOCAL else None
    finder = SubjectFinder(RemoteHost(servers) if servers else None)
    finder.add(Subject(described, "subject.py", folder / "subject.py"))
    sys.meta_path.insert(0, finder)
    try:
        yield importlib.import_module("subject")
    finally:
        finder.forget()
        sys.meta_path.remove(finder)
        if servers:
            servers.close()


def test_each_call_of_a_crowd_has_its_outcome(kata: Any) -> None:
    limiter = kata.Limiter(3)
    came = crowd((limiter.allow, "ada"), times=20)
    assert len(came) == 20
    assert came.count(True) == 3
    assert came.count("ValueError: ada has to wait: 3") == 17
    assert crowd((limiter.used,), (limiter.allow, "bob")) == [3, "ValueError: bob has to wait: 3"]


def test_a_crowd_loses_updates_that_are_not_atomic(kata: Any) -> None:
    for _ in range(5):
        limiter = kata.Unlocked(1000)
        crowd((limiter.allow, "ada"), times=30)
        if limiter.used() < 30:
            return
    pytest.fail("no update was lost in five crowds")


def test_a_crowd_that_does_not_end_says_so(kata: Any) -> None:
    limiter, gate = kata.Limiter(1), new_gate()
    with gate, pytest.raises(CheckFailedError) as failure:
        crowd((limiter.ask, gate, 1), (limiter.used,), times=2, mistake="it waits")
    assert "2 of 4 calls do not end" in str(failure.value)
    assert "from 2 threads at once" in str(failure.value)


def test_calls_that_meet_have_the_outcomes_of_one_order(kata: Any) -> None:
    interleave((kata.Limiter, 1), ("allow", "ada"), ("allow", "bob"), after=[("used",)], mistake="-")


def test_a_failure_says_which_calls_met_where(kata: Any) -> None:
    with pytest.raises(CheckFailedError) as failure:
        interleave(
            (kata.Unlocked, 1), ("allow", "ada"), ("allow", "bob"), after=[("used",)], mistake="asked, then changed"
        )
    message = failure.value.failure
    assert message.asked == (
        f"Unlocked(1); allow('ada'), stopped in line {TEST_LINE} (step 2) before `if self.n >= self.limit:`, "
        "and allow('bob') in another thread"
    )
    assert message.came == "allow('ada') gave True; allow('bob') gave True; then used() gave 2"
    assert message.expected.startswith("what they give one after the other: allow('ada') gave True; allow('bob') gave ")
    assert message.mistake == "asked, then changed"


def test_the_suite_may_say_what_is_right(kata: Any) -> None:
    seen: list[Meeting] = []

    def right(met: Meeting) -> bool:
        seen.append(met)
        return [met.first, *met.others].count(True) == 1

    interleave((kata.Limiter, 1), ("allow", "ada"), ("allow", "bob"), mistake="-", right=right, expected="one")
    assert {(met.first, *met.others) for met in seen} == {(True, "ValueError"), ("ValueError", True)}
    with pytest.raises(CheckFailedError, match=r"expected *none"):
        interleave(
            (kata.Limiter, 1), ("allow", "ada"), ("allow", "bob"), mistake="-", right=lambda _: False, expected="none"
        )


@pytest.mark.usefixtures("kata")
def test_helpers_may_make_the_object_and_calls_on_it() -> None:
    helper = importlib.import_module("helper")
    seen: list[Any] = []

    def note(met: Meeting) -> bool:
        seen.append(met.after)
        return True

    interleave(
        (helper.new_limiter, 5),
        ("allow", "ada"),
        before=[("allow", "bob")],
        after=[(helper.used_twice, 10)],
        mistake="-",
        right=note,
    )
    assert seen[0] == [20]


def test_a_third_thread_joins_in_the_middle_of_a_call(kata: Any) -> None:
    helper = importlib.import_module("helper")
    with pytest.raises(CheckFailedError) as failure:
        interleave(
            (kata.Limiter, 5),
            ("joined", helper.read),
            joining=[("allow", "cy")],
            after=[("used",)],
            mistake="what was read is old",
        )
    assert "allow('cy') in a third thread" in failure.value.failure.asked
    assert failure.value.failure.came == "joined(read) gave None; allow('cy') gave True; then used() gave 1"


def test_calls_that_wait_for_each_other_are_stuck(kata: Any) -> None:
    with pytest.raises(CheckFailedError) as failure:
        interleave((kata.Pair,), ("ab",), ("ba",), mistake="take the locks in one order")
    assert failure.value.failure.came == "they do not end"
    assert "take the locks in one order" in failure.value.failure.mistake


def test_a_call_that_waits_for_the_other_one_has_it_come(kata: Any) -> None:
    seen: list[Any] = []

    def right(met: Meeting) -> bool:
        seen.append([met.first, *met.others])
        return [met.first, *met.others] == [3, 3]

    interleave((kata.Batch,), ("submit", 1), ("submit", 2), mistake="-", right=right, expected="both get the sum")
    assert seen == [[3, 3]]


@pytest.mark.parametrize("kata", [LOCAL], indirect=True)
def test_without_an_order_the_suite_must_say_what_is_right(kata: Any) -> None:
    with pytest.raises(RuntimeError, match="say with right= what is right"):
        interleave((kata.Batch,), ("submit", 1), ("submit", 2), mistake="-")


def test_what_making_the_object_raises_comes_out(kata: Any) -> None:
    for right in (None, lambda _: True):
        with pytest.raises(ValueError, match="no"):
            interleave((kata.Refused,), ("used",), mistake="-", right=right)


def test_code_that_is_not_written_is_not_implemented(kata: Any) -> None:
    limiter = kata.Limiter(1)
    with pytest.raises(NotImplementedError):
        crowd((limiter.unwritten,), times=2)
    with pytest.raises(NotImplementedError):
        interleave((kata.Limiter, 1), ("unwritten",), ("used",), mistake="-")
    with pytest.raises(NotImplementedError):
        stuck((limiter.unwritten,), when="nothing goes on")
    with new_gate() as gate, pytest.raises(NotImplementedError):
        hold((limiter.unwritten,), gate)


def test_a_call_that_must_not_wait_is_made_while_another_is_held(kata: Any) -> None:
    limiter = kata.Limiter(1)
    helper = importlib.import_module("helper")
    with new_gate(helper.double) as gate:
        held = hold((limiter.ask, gate, 3), gate)
        assert stuck((limiter.used,), (limiter.allow, "ada"), when="a model predicts") == [
            1,
            "ValueError: ada has to wait: 1",
        ]
        assert held.outcomes == []
    assert finish(held, asked="ask") == [6]


def test_a_call_that_waits_for_one_that_is_held_is_stuck(kata: Any) -> None:
    limiter = kata.Locked(1)
    with new_gate() as gate:
        hold((limiter.ask, gate, 3), gate)
        with pytest.raises(CheckFailedError) as failure:
            stuck((limiter.used,), when="a model predicts", mistake="a lock is held")
    assert failure.value.failure.asked == "used(), while a model predicts"
    assert failure.value.failure.mistake == "a lock is held"


def test_a_call_that_never_comes_to_the_gate_fails(kata: Any) -> None:
    limiter = kata.Limiter(1)
    with new_gate() as gate, pytest.raises(CheckFailedError, match="ends without having come to the gate"):
        hold((limiter.used,), gate)


def test_a_clock_and_its_sleep_are_where_the_subject_is(kata: Any) -> None:
    limiter = kata.Limiter(1)
    clock = new_clock(100.0)
    worker = start((limiter.sleep, clock, 5.0))
    worker.rests()
    assert clock.waiting == 1
    clock.advance(5.0)
    assert finish(worker, asked="sleep") == [105.0]


def test_calls_in_words() -> None:
    def allow() -> None: ...

    assert words((allow, "ada", 1), ("used",)) == "allow('ada', 1), used()"
