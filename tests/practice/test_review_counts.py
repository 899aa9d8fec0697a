"""A review counts from an empty stub only: a passed file that is broken and mended is the pass that it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.catalog.load import load_kata
from harness.core.errors import ClockError
from harness.core.model import Band, Kata, KataReport, Outcome, TestResult
from harness.history.attempt import attempt
from harness.history.record import Recorded, record_run
from harness.history.store import History
from harness.interview import storage
from harness.practice.clock import start_clock
from harness.practice.reset import reset, restore
from harness.watch.records import LearnerRecords

from checkout import GOOD, STUB, Checkout

WRONG = "def double(x):\n    return x\n"
NEARLY = "def double(x):\n    return 2 + x\n"
DAY_S = 86400.0


class Learner:
    """One learner at one kata, an hour later with each thing done."""

    def __init__(self, kata: Kata, checkout: Checkout, history: History) -> None:
        self.kata, self.checkout, self.history, self.now = kata, checkout, history, 1000.0

    def write(self, source: str) -> Recorded:
        """Save, and run the suite."""
        self.kata.stub.write_text(source)
        outcome = Outcome.PASSED if source.startswith(GOOD) else Outcome.FAILED
        started = source != STUB
        report = KataReport(self.kata.slug, "learner", (TestResult("test_a", Band.EXAMPLE, outcome),), started=started)
        self.now += 3600
        return record_run(self.history, self.kata, report, trigger="watch", now=self.now)

    def reset(self) -> None:
        """Put the empty stub back."""
        self.now += 3600
        reset(self.checkout.state, self.kata, self.history, self.now)

    def restore(self, number: int | None = None) -> None:
        """Bring an attempt back."""
        self.now += 3600
        restore(self.checkout.state, self.kata, self.history, self.now, number=number)

    @property
    def passes(self) -> int:
        """Passes that the history has, each of which moved the date of the next review."""
        assert len(self.history.entries("card")) == len(self.history.entries("pass"))
        return len(self.history.entries("pass"))


@pytest.fixture
def learner(checkout: Checkout) -> Iterator[Learner]:
    checkout.state.mkdir()
    history = History(checkout.state)
    found = Learner(load_kata(checkout.add("a01_twice", STUB)), checkout, history)
    found.write(WRONG)
    found.write(GOOD)
    assert found.passes == 1
    yield found
    history.close()


def broken_and_mended(learner: Learner) -> None:
    learner.write(WRONG)


def emptied_by_hand_and_pasted(learner: Learner) -> None:
    learner.write(STUB)


def reset_and_restored(learner: Learner) -> None:
    learner.reset()
    learner.restore()


def broken_then_reset_and_restored(learner: Learner) -> None:
    learner.write(NEARLY)
    learner.reset()
    learner.restore()
    assert learner.kata.stub.read_text() == NEARLY


def an_unfinished_version_from_before_the_pass(learner: Learner) -> None:
    learner.write(NEARLY)
    learner.reset()
    learner.write(WRONG)
    learner.restore(2)
    assert learner.kata.stub.read_text() == NEARLY


def broken_code_that_was_swapped_back_and_forth(learner: Learner) -> None:
    learner.write(NEARLY)
    learner.restore()
    learner.reset()
    learner.restore(2)
    assert learner.kata.stub.read_text() == NEARLY


@pytest.mark.parametrize(
    "path",
    [
        broken_and_mended,
        emptied_by_hand_and_pasted,
        reset_and_restored,
        broken_then_reset_and_restored,
        an_unfinished_version_from_before_the_pass,
        broken_code_that_was_swapped_back_and_forth,
    ],
)
def test_old_code_that_is_put_back_is_no_review(learner: Learner, path: Callable[[Learner], None]) -> None:
    path(learner)
    recorded = learner.write(GOOD)
    assert learner.passes == 1
    assert recorded.due is None


def test_a_review_from_the_empty_stub_counts(learner: Learner) -> None:
    learner.reset()
    learner.write(WRONG)
    assert learner.write(GOOD).due is not None
    assert learner.passes == 2


def test_a_review_that_is_put_aside_and_taken_up_again_counts(learner: Learner) -> None:
    learner.reset()
    learner.write(NEARLY)
    learner.reset()
    learner.restore()
    assert learner.kata.stub.read_text() == NEARLY
    assert not attempt(learner.history, learner.kata.slug).is_over
    learner.write(GOOD)
    assert learner.passes == 2


def test_a_kata_that_never_passed_can_be_taken_up_again(checkout: Checkout) -> None:
    checkout.state.mkdir()
    history = History(checkout.state)
    found = Learner(load_kata(checkout.add("a01_twice", STUB)), checkout, history)
    found.write(NEARLY)
    found.reset()
    found.restore()
    found.write(GOOD)
    assert found.passes == 1
    history.close()


@pytest.mark.parametrize("source", [GOOD, GOOD + "# more\n", WRONG, NEARLY, "broken("])
def test_watch_starts_no_clock_that_the_command_refuses(learner: Learner, source: str) -> None:
    learner.write(source)
    records = LearnerRecords(
        learner.checkout.root, learner.checkout.state, learner.history, storage.refuse_in_interview
    )
    with pytest.raises(ClockError) as by_command:
        start_clock(learner.checkout.state, learner.kata, learner.history, learner.now)
    with pytest.raises(ClockError) as by_watch:
        records.toggle_clock(learner.kata, learner.now)
    assert str(by_watch.value) == str(by_command.value)
    assert by_watch.value.hint == by_command.value.hint
    assert learner.history.running() is None
    learner.kata.stub.write_text(STUB)
    assert records.toggle_clock(learner.kata, learner.now) == "the clock runs: 10 min"
