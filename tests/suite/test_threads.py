"""Threads, gates and the clock of `harness.suite.threads`."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import pytest

from harness.suite.threads import DEADLINE_S, Gate, ManualClock, Rest, Worker, others_sleep, outcome_of


def test_a_worker_makes_its_calls_in_order_and_keeps_what_they_give() -> None:
    came: list[int] = []
    worker = Worker([(came.append, 1), (int, "x"), (int, "2")])
    assert worker.ends()
    assert came == [1]
    assert worker.outcomes == [None, "ValueError: invalid literal for int() with base 10: 'x'", 2]


def test_brief_outcomes_have_no_messages() -> None:
    assert outcome_of(lambda: int("x"), brief=True) == "ValueError"
    assert outcome_of(lambda: 3, brief=True) == 3


def test_not_implemented_is_no_outcome_of_a_call() -> None:
    def unwritten() -> None:
        raise NotImplementedError("allow")

    worker = Worker([(unwritten,), (int,)])
    assert worker.ends()
    assert worker.outcomes == ["NotImplementedError: allow"]
    with pytest.raises(NotImplementedError):
        outcome_of(unwritten)


def test_a_call_that_waits_for_what_never_comes_is_known_before_the_deadline() -> None:
    if not others_sleep():
        pytest.skip("a thread of this process never sleeps, or the kernel cannot be asked")
    lock = threading.Lock()
    begun = time.monotonic()
    with lock:
        worker = Worker([(lock.acquire,)])
        assert not worker.ends()
    assert time.monotonic() - begun < DEADLINE_S / 2
    assert worker.ends()


def test_a_call_that_takes_long_is_not_stuck() -> None:
    worker = Worker([(lambda: sum(sum(range(20_000)) for _ in range(1000)),)])
    assert worker.ends(3 * DEADLINE_S)


def test_where_a_thread_waits() -> None:
    lock, event = threading.RLock(), threading.Event()

    def enter() -> None:
        with lock:
            pass

    with lock:
        at_lock = Worker([(enter,)])
        assert at_lock.rests([__name__]) is Rest.AT_LOCK
        assert at_lock.rests(["another"]) is Rest.ELSEWHERE
        condition = Worker([(threading.Condition(lock).__enter__,)])
        assert condition.rests(["another"]) is Rest.AT_LOCK
    waiting = Worker([(event.wait,)])
    assert waiting.rests([__name__]) is Rest.ELSEWHERE
    event.set()
    assert waiting.ends()
    assert waiting.rests() is Rest.ENDED


def test_a_gate_holds_calls_up_until_it_is_open() -> None:
    with Gate(lambda x: 2 * x) as gate:
        worker = Worker([(gate, 3)])
        assert gate.arrived()
        assert not gate.arrived(2, 0.01)
        assert gate.calls == [[3]]
        assert worker.outcomes == []
    assert worker.ends()
    assert worker.outcomes == [6]
    gate.close()
    assert not Worker([(gate, 4)]).ends(0.05)
    gate.open()
    assert Gate(is_open=True)(5, 6) == 5
    assert Gate(is_open=True)() is None


def test_a_clock_moves_only_when_it_is_told_to() -> None:
    clock = ManualClock(10.0)
    clock.advance(2.5)
    assert clock() == clock.now() == 12.5
    clock.advance(-5.0)
    assert clock() == 7.5
    clock.sleep(1.0)
    assert clock() == 8.5
    assert clock.sleeps == [1.0]
    clock.set(3.0)
    assert clock() == 3.0


def test_a_clock_of_dates_counts_seconds() -> None:
    clock = ManualClock(datetime(2024, 3, 5, 12))
    clock.advance(90)
    assert clock() == datetime(2024, 3, 5, 12) + timedelta(seconds=90)


def test_waiting_for_a_clock_ends_when_others_have_moved_it_far_enough() -> None:
    clock = ManualClock()
    worker = Worker([(clock.wait, 5.0), (clock.now,)])
    assert worker.rests() is Rest.ELSEWHERE
    assert clock.waiting == 1
    clock.advance(4.0)
    assert worker.rests() is Rest.ELSEWHERE
    clock.advance(1.0)
    assert worker.ends()
    assert worker.outcomes == [None, 5.0]
    assert clock.waiting == 0
    assert clock.sleeps == [5.0]
