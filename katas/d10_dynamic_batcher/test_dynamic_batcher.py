"""Suite of D10: batches by size and age, failures, bounds, close, time and threads.

Time is a clock that the suite moves, by quarters of a second. After each move the suite waits until all threads rest, so no
result depends on timing. The model gives ten times an item; a negative item raises, and 0 is left out of the answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import bench as helpers
import dynamic_batcher as kata
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.concurrency import Meeting, crowd, finish, interleave, start, stuck

new_bench = in_subject_process(helpers.Bench)
settle = in_subject_process(helpers.settle)
new_plain = in_subject_process(helpers.Plain)
Step = tuple[Any, ...]
KEYS = ("submitted", "refused", "answered", "failed", "cancelled", "batches", "queued")


@contextmanager
def batcher(*steps: Step, **params: Any) -> Iterator[Any]:
    """A new bench, after some steps; its model and its batcher are released at the end."""
    bench = new_bench(**params)
    try:
        for name, *args in steps:
            getattr(bench, name)(*args)
        yield bench
    finally:
        bench.open()
        start((bench.close,)).ends(5.0)


def told(steps: Sequence[Step], params: Any) -> str:
    settings_ = {"max_batch": 3, "max_wait_s": 1.0, "max_queue": 6, **params}
    held = settings_.pop("held", False)
    shown = ", ".join(f"{name}({', '.join(map(repr, args))})" for name, *args in steps)
    return f"{', '.join(f'{k}={v}' for k, v in settings_.items())}{', a model that is held' if held else ''}; {shown}"


def check_batches(steps: Sequence[Step], want: Any, mistakes: dict[str, Any], hint: str = "", **params: Any) -> None:
    """Hold what `predict_batch` was asked after the steps to be `want`."""
    __tracebackhide__ = True
    with batcher(*steps, **params) as bench:
        asked = f"the batches predicted after {told(steps, params)}"
        check.equal(bench.batches(), want, asked=asked, mistakes=mistakes, hint=hint)


def check_answers(steps: Sequence[Step], want: Any, mistakes: dict[str, Any], hint: str = "", **params: Any) -> None:
    """Hold what the futures have after the steps to be `want`."""
    __tracebackhide__ = True
    with batcher(*steps, **params) as bench:
        asked = f"the futures after {told(steps, params)}"
        check.equal(bench.answers(), want, asked=asked, mistakes=mistakes, hint=hint)


def check_stats(bench: Any, asked: str, hint: str = "see the table of stats() in README", **want: int) -> None:
    __tracebackhide__ = True
    full = dict.fromkeys(KEYS, 0) | want
    got = bench.stats()
    wrong = [
        f"{key} is {got.get(key)}, not {full[key]}"
        for key in KEYS
        if isinstance(got, dict) and got.get(key) != full[key]
    ]
    check.true(
        got == full, asked=f"stats() after {asked}", came=got, expected=str(full), mistake="; ".join(wrong), hint=hint
    )


# --- batches ---------------------------------------------------------------------------------------------------------


def items(*values: Any) -> Step:
    return ("put", *values)


def after(seconds: float) -> Step:
    return ("advance", seconds)


@pytest.mark.example
def test_a_full_batch_goes_at_once() -> None:
    early = {"each item goes alone: wait for others": [[1], [2], [3]], "a full batch waits for max_wait_s": []}
    check_batches([items(1, 2, 3)], [[1, 2, 3]], early | {"the newest items come first": [[3, 2, 1]]})
    more = {
        "a batch goes when one item more than max_batch is queued": [[1, 2, 3]],
        "what is left goes at once: it waits for company or for max_wait_s": [[1, 2, 3], [4, 5, 6], [7]],
    }
    check_batches([items(*range(1, 8))], [[1, 2, 3], [4, 5, 6]], more)
    check_batches([items(1, 2)], [[1], [2]], {"a full batch of 1 waits for another item": [[1]]}, max_batch=1)


@pytest.mark.example
def test_a_lone_item_goes_when_it_has_waited() -> None:
    check_batches([items(1), after(0.75)], [], {"it goes before max_wait_s has passed": [[1]]})
    late: dict[str, Any] = {"it waits for company that never comes: it goes after max_wait_s": []}
    check_batches([items(1), after(0.75), after(0.25)], [[1]], late)
    check_batches([items(1, 2), after(1)], [[1, 2]], {**late, "one item goes at the end of a wait": [[1]]})
    check_batches([items(5)], [[5]], {"with max_wait_s=0 an item goes at once": []}, max_wait_s=0)


@pytest.mark.example
def test_the_oldest_item_decides_when_a_batch_goes() -> None:
    anew: dict[str, Any] = {"each item that comes begins the wait anew: the oldest decides": []}
    check_batches([items(1), after(0.75), items(2), after(0.25)], [[1, 2]], anew)
    steps = [items(1), after(1), after(0.75), items(2), after(0.25)]
    check_batches(steps, [[1]], {"the wait begins with the last batch, not with the oldest item": [[1], [2]]})
    steps = [items(1), after(0.5), items(2), after(0.25), items(3, 4), after(0.75)]
    early = {"the wait of an item that has left counts for the next one": [[1, 2, 3], [4]]}
    check_batches(steps, [[1, 2, 3]], early)


@pytest.mark.example
def test_each_future_has_the_answer_of_its_item() -> None:
    swapped = {
        "answers are given to other askers": [30, 20, 10, "waits"],
        "each has the answers of the batch": [*[[10, 20, 30]] * 3, "waits"],
    }
    check_answers([items(1, 2, 3, 4)], [10, 20, 30, "waits"], swapped)
    check_answers([items(None, 1, None)], [None, 10, None], {"None is taken for no answer": ["waits", 10, "waits"]})


@pytest.mark.example
def test_the_defaults_work_in_real_time() -> None:
    batcher_ = new_plain()
    came = [batcher_.ask(i) for i in (1, 2)]
    check.equal(came, [10, 20], asked="DynamicBatcher(predict_batch): submit(item).result(), one after the other")
    finish(start((batcher_.close,)), asked="close() of a batcher with its defaults", mistake="close does not return")
    check_stats(batcher_, "two items in batches of their own, and close()", submitted=2, answered=2, batches=2)


@pytest.mark.edge
def test_the_defaults_are_those_of_the_signature() -> None:
    with batcher(defaults=True) as bench:
        bench.fill(33)
        settle()
        check.equal(
            [len(b) for b in bench.batches()], [32], asked="sizes of batches, 33 items, max_batch by default: 32"
        )
        bench.advance(0.25)
        check.equal(len(bench.batches()), 2, asked="number of batches 0.25 s later, max_wait_s by default: 0.01")
        asked = "whether the threads that the batcher started are daemons (one thread)"
        check.equal(bench.daemons(), [True], asked=asked, hint="a process must be able to end without close()")
    with batcher(defaults=True, held=True) as bench:
        bench.fill(32)
        settle()
        asked = "how many items are queued before one is refused, max_queue by default: 1024"
        check.equal(bench.fill(1100), 1024, asked=asked)


# --- a plain batcher, in steps ---------------------------------------------------------------------------------------


def plain(
    steps: Sequence[Step], max_batch: int, max_wait_s: float
) -> tuple[list[list[int]], list[Any], dict[str, int]]:
    """The batches, the answers and the counts of a script, if no batch fails in a way that is visible in its answers."""
    now, queue, batches, answers = 0.0, list[tuple[float, int, int]](), list[list[int]](), list[Any]()
    for name, *args in steps:
        if name == "advance":
            now += args[0]
        for item in args if name == "put" else []:
            queue.append((now, item, len(answers)))
            answers.append("waits")
            if len(queue) == max_batch or max_wait_s == 0:
                _go(queue, max_batch, batches, answers)
        while queue and now - queue[0][0] >= max_wait_s:
            _go(queue, max_batch, batches, answers)
    done = [a for a in answers if a != "waits"]
    failed = sum(isinstance(a, str) for a in done)
    counts = {"submitted": len(answers), "answered": len(done) - failed, "failed": failed, "batches": len(batches)}
    return batches, answers, counts | {"queued": len(queue)}


def _go(queue: list[tuple[float, int, int]], max_batch: int, batches: list[list[int]], answers: list[Any]) -> None:
    batch = queue[:max_batch]
    del queue[:max_batch]
    batches.append([item for _, item, _ in batch])
    for _, item, i in batch:
        answers[i] = f"ValueError: bad item {item}" if item < 0 else item * 10


SCRIPTS = st.lists(
    st.one_of(
        st.lists(st.integers(1, 99), min_size=1, max_size=3).map(lambda xs: ("put", *xs)),
        st.sampled_from([0.25, 0.5, 0.5, 1.0, 2.0]).map(after),
    ),
    max_size=9,
)


@pytest.mark.law
@settings(max_examples=20)
@given(SCRIPTS, st.integers(1, 4), st.sampled_from([0.0, 0.5, 1.0]))
def test_batches_are_those_of_a_plain_batcher(steps: list[Step], max_batch: int, max_wait_s: float) -> None:
    batches, answers, counts = plain(steps, max_batch, max_wait_s)
    params: dict[str, Any] = {"max_batch": max_batch, "max_wait_s": max_wait_s}
    with batcher(*steps, **params) as bench:
        shown, hint = told(steps, params), "due by size or by the age of the oldest item"
        check.equal(bench.batches(), batches, asked=f"the batches predicted after {shown}", hint=hint)
        check.equal(bench.answers(), answers, asked=f"the futures after {shown}", hint="each has its own item's answer")
        check_stats(bench, shown, hint="see the table of stats() in README", **counts)


@pytest.mark.law
@settings(max_examples=20)
@given(st.lists(st.sampled_from([1, 2, 3, -1, -2, 0]), min_size=1, max_size=8), st.integers(1, 8))
def test_a_bad_item_fails_alone(values: list[int], max_batch: int) -> None:
    steps = [items(*values), after(1)]
    want = [f"ValueError: bad item {v}" if v < 0 else "ValueError" if v == 0 else v * 10 for v in values]
    everyone = {
        "all items of a batch fail with the bad one: predict them again in smaller batches": [
            a for i in range(0, len(values), max_batch) for a in _failed_together(values[i : i + max_batch])
        ],
        "the worker has died, or leaves futures without an answer": ["waits"] * len(values),
    }
    params = {"max_batch": max_batch, "max_queue": 8}
    with batcher(*steps, **params) as bench:
        shown = f"{told(steps, params)} (0 is left out of the answers, negative items raise)"
        check.equal(bench.answers(), want, asked=f"the futures after {shown}", mistakes=everyone)
        calls, bad = len(bench.batches()), sum(v <= 0 for v in values)
        at_first = -(-len(values) // max_batch)
        most = 2 * len(values) if bad and max_batch > 1 else at_first
        mistake = "items that were alone at first, or batches that did not fail, are predicted again"
        came, expected = f"{calls} calls", f"at most {most}"
        check.true(
            calls <= most, asked=f"calls of predict_batch after {shown}", came=came, expected=expected, mistake=mistake
        )
        counts = {"submitted": len(values), "failed": bad, "answered": len(values) - bad, "batches": at_first}
        check_stats(bench, shown, "a batch counts once, whatever is predicted again", **counts)


def _failed_together(values: list[int]) -> list[Any]:
    bad = next((v for v in values if v < 0), None)
    if bad is None and 0 not in values:
        return [v * 10 for v in values]
    return ["ValueError" if bad is None else f"ValueError: bad item {bad}"] * len(values)


@pytest.mark.edge
def test_a_lone_item_that_fails_is_not_tried_twice() -> None:
    check_batches([items(-1), after(1)], [[-1]], {"an item that failed alone is predicted again": [[-1], [-1]]})
    dead: dict[str, Any] = {
        "the worker died of an item, whose future has its exception: it goes on": [
            "ValueError: bad item -1",
            *["waits"] * 3,
        ],
        "the worker died of an item: it goes on, and gives the exception to the future": ["waits"] * 4,
    }
    steps = [items(-1), after(1), items(1, 2, 3)]
    check_answers(steps, ["ValueError: bad item -1", 10, 20, 30], dead)


# --- while a batch is predicted --------------------------------------------------------------------------------------


@pytest.mark.edge
def test_one_batch_is_predicted_at_a_time() -> None:
    at_once = {"two batches are predicted at the same time": [[1, 2, 3], [4, 5, 6]]}
    check_batches([items(1, 2, 3, 4, 5, 6), after(2)], [[1, 2, 3]], at_once, held=True)
    steps = [items(1, 2, 3, 4), after(1), ("open",)]
    anew: dict[str, Any] = {"the time of items that came during a prediction does not run": [[1, 2, 3]]}
    check_batches(steps, [[1, 2, 3], [4]], anew, held=True)
    steps = [items(1, 2, 3, 4, 5), after(0.5), ("open",)]
    check_batches(
        steps, [[1, 2, 3]], {"what came during a prediction goes before it is due": [[1, 2, 3], [4, 5]]}, held=True
    )


@pytest.mark.edge
def test_submit_and_stats_do_not_wait_for_the_model() -> None:
    mistake = "the model is called by submit, or a lock is held while it predicts"
    with batcher(held=True) as bench:
        came = stuck(*[(bench.submit, i) for i in (1, 2, 3, 4)], when="a model predicts", mistake=mistake)
        check.equal(came, ["taken"] * 4, asked="submit of 4 items, while the first 3 are predicted")
        settle()
        stuck((bench.stats,), when="a model predicts", mistake=mistake)
        check_stats(bench, "4 items of which 3 are being predicted", submitted=4, queued=1, batches=1)


@pytest.mark.edge
def test_callbacks_of_futures_may_submit() -> None:
    mistake = "a lock is held while a future is answered: its callbacks run then"
    with batcher(max_batch=1) as bench:
        stuck((bench.chain, 1, 2), when="nothing else goes on", mistake=mistake)
        settle()
        wrong = {mistake: [10], "the second item was not answered": [10, "waits"]}
        asked = "the futures of 1 and of 2, which the callback of the first submits (it asks for stats(), too)"
        check.equal(bench.answers(), [10, 20], asked=asked, mistakes=wrong, hint=mistake)


# --- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_a_full_queue_refuses_at_once() -> None:
    with batcher(items(1, 2, 3), held=True, max_queue=4) as bench:
        came = stuck((bench.put, 4, 5, 6, 7, 8, 9), when="3 items are predicted, and at most 4 are queued")[0]
        mistakes: dict[str, Any] = {
            "items that are predicted count for max_queue: they have left the queue": ["taken", *["Full"] * 5],
            "one too many is queued": [*["taken"] * 5, "Full"],
            "one too few is queued": [*["taken"] * 3, *["Full"] * 3],
            "nothing is refused": ["taken"] * 6,
            "submit raises RuntimeError: queue.Full": [*["taken"] * 4, *["RuntimeError"] * 2],
        }
        asked = "submit of 4, 5, 6, 7, 8, 9, while 1, 2, 3 are predicted; max_queue=4"
        check.equal(came, [*["taken"] * 4, "Full", "Full"], asked=asked, mistakes=mistakes)
        check_stats(bench, asked, submitted=7, refused=2, queued=4, batches=1)
        bench.open()
        check.equal(bench.put(1), ["taken"], asked="submit(1) when the queue has room again")
        bench.advance(1.0)
        want = [10, 20, 30, 40, 50, 60, 70, 10]
        check.equal(
            bench.answers(), want, asked="the futures of those that were taken", hint="refused ones leave nothing"
        )


@pytest.mark.edge
def test_cancelled_items_are_not_predicted() -> None:
    dead = "the worker dies of a cancelled future: ask set_running_or_notify_cancel()"
    steps = [items(1, 2), ("cancel", 0), items(3), after(1)]
    wrong = {"a cancelled item is predicted": [[1, 2, 3]], dead: []}
    check_batches(steps, [[2, 3]], wrong)
    check_answers(steps, ["cancelled", 20, 30], {dead: ["cancelled", "waits", "waits"]})
    steps = [items(1, 2), ("cancel", 0), ("cancel", 1), after(1), items(3), after(1)]
    wrong = {"the model is asked about no items": [[], [3]], "a cancelled item is predicted": [[1, 2], [3]], dead: []}
    wrong["the worker stops at a batch that was cancelled as a whole"] = []
    with batcher(*steps) as bench:
        shown = told(steps, {})
        check.equal(bench.batches(), [[3]], asked=f"the batches predicted after {shown}", mistakes=wrong)
        check_stats(bench, shown, submitted=3, cancelled=2, answered=1, batches=1)
    with batcher(items(1, 2, 3), held=True) as bench:
        late = "a future can be cancelled while its item is predicted: set_running_or_notify_cancel() prevents that"
        check.equal(bench.cancel(1), False, asked="future.cancel() while its item is predicted", mistakes={late: True})


@pytest.mark.edge
def test_several_hundred_items_keep_their_order() -> None:
    values = list(range(1, 301))
    with batcher(("put", 1), held=True, max_batch=32, max_queue=300) as bench:
        bench.advance(1.0)
        crowd_ = stuck(*[(bench.submit, v) for v in values], when="a model predicts")
        check.equal(crowd_, ["taken"] * 300, asked="submit of 300 items, max_queue=300, while a model predicts")
        bench.open()
        bench.advance(1.0)
        want = [[1], *[values[i : i + 32] for i in range(0, 300, 32)]]
        check.equal(
            bench.batches(), want, asked="the batches of 300 items, max_batch=32", hint="the oldest first, 32 at most"
        )
        check.equal(bench.answers(), [10, *[v * 10 for v in values]], asked="the answers to 300 items")


# --- close -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_close_loses_nothing() -> None:
    lost = {
        "what is queued is lost at close": ["waits", "waits"],
        "what is queued is cancelled at close": ["cancelled", "cancelled"],
    }
    with batcher(items(1, 2)) as bench:
        mistake = "close waits for the clock, or for a thread that never ends: what is queued goes at once"
        finish(start((bench.close,), (bench.close,)), asked="close(), close() with 2 items queued", mistake=mistake)
        check.equal(bench.answers(), [10, 20], asked="the futures of 2 queued items after close()", mistakes=lost)
        wrong = {"submit after close is taken, and never answered": ["taken"]}
        asked = "submit(3) after close()"
        check.equal(bench.put(3), ["RuntimeError"], asked=asked, mistakes=wrong, hint="a RuntimeError with a message")
        check_stats(bench, "2 items, close(), and one submit after it", submitted=2, answered=2, batches=1)


@pytest.mark.edge
def test_close_waits_for_all_futures() -> None:
    with batcher(items(1, 2, 3, 4, 5, 6, 7, 8), held=True) as bench:
        closers = [start((bench.close,)), start((bench.close,))]
        settle()
        early = "close returns before all futures are done (a second close, too, waits for that)"
        for closer in closers:
            asked = "close() in two threads, while a model predicts"
            check.equal(closer.outcomes, [], asked=asked, mistakes={early: [None]})
        asked = "submit(9) while close() waits for the model"
        check.equal(bench.put(9), ["RuntimeError"], asked=asked, mistakes={"it is taken": ["taken"]})
        bench.open()
        for closer in closers:
            finish(closer, asked="close(), when the model answers")
        wrong = {
            "batches at close are larger than max_batch": [[1, 2, 3], [4, 5, 6, 7, 8]],
            "items go one by one at close": [[1, 2, 3], [4], [5], [6], [7], [8]],
            "only one more batch goes at close": [[1, 2, 3], [4, 5, 6]],
            "what is queued is lost at close": [[1, 2, 3]],
        }
        check.equal(bench.batches(), [[1, 2, 3], [4, 5, 6], [7, 8]], asked="the batches, max_batch=3", mistakes=wrong)
        check.equal(bench.answers(), [i * 10 for i in range(1, 9)], asked="the futures of 8 items after close()")


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_a_clock_that_goes_back_holds_nothing_up() -> None:
    steps = [items(1), ("set_back", 3600.0), items(2), after(0.75)]
    check_batches(
        steps, [], {"a clock that goes back lets time pass": [[1], [2]]}, "no time has passed", max_wait_s=1.0
    )
    steps += [after(0.25), after(1)]
    late: dict[str, Any] = {
        "after the clock was set back by an hour, items wait for an hour: no time has passed then, it goes on": []
    }
    check_batches(steps, [[1, 2]], late)
    steps += [items(3), after(0.75), after(0.25)]
    check_batches(steps, [[1, 2], [3]], {"what comes after the clock went back waits too long": [[1, 2]]})


@pytest.mark.edge
def test_a_condition_may_wake_for_nothing() -> None:
    early = {"a batch goes whenever the condition wakes: look again whether it is due": [[1]]}
    check_batches([items(1), after(0.5), ("wake",)], [], early)
    anew: dict[str, Any] = {
        "the wait begins anew each time the condition wakes: wait for what the oldest item has left": []
    }
    check_batches([items(1), after(0.5), ("wake",), after(0.5)], [[1]], anew)


# --- threads ---------------------------------------------------------------------------------------------------------

MAKE = (helpers.Bench, 1, 1.0, 1, True)
"""One item is predicted, which the model holds; one may be queued."""
FREE = (helpers.Bench,)


@pytest.mark.edge
def test_two_items_do_not_get_the_last_place() -> None:
    ends = [("open",), ("close",), ("answers",), ("stats",)]

    def is_right(met: Meeting) -> bool:
        came = sorted([met.first, *met.others])
        stats = dict.fromkeys(KEYS, 0) | {"submitted": 2, "refused": 1, "answered": 2, "batches": 2}
        return (
            came == ["Full", "taken"]
            and met.after[2:] == [[10, met.after[2][1]], stats]
            and met.after[2][1] in (20, 30)
        )

    mistake = "whether the queue is full is asked in one hold of the lock, and the item queued in another"
    expected = "one is taken and answered, the other is refused, and both are counted"
    calls = ("submit", 2), ("submit", 3)
    interleave(MAKE, *calls, before=[("put", 1)], after=ends, right=is_right, expected=expected, mistake=mistake)


@pytest.mark.edge
def test_an_item_that_meets_close_is_answered_or_refused() -> None:
    def is_right(met: Meeting) -> bool:
        submitted, answers = (met.first if met.first is not None else met.others[0]), met.after[1]
        return (submitted, answers) in (("taken", [10]), ("RuntimeError", []))

    mistake = (
        "whether the batcher is closed is asked in one hold of the lock, and the item queued in another: it is lost"
    )
    expected = "the item is taken and answered, or refused with a RuntimeError"
    rule: Any = {"right": is_right, "expected": expected, "mistake": mistake, "after": [("close",), ("answers",)]}
    interleave(FREE, ("submit", 1), ("close",), **rule)
    interleave(FREE, ("close",), ("submit", 1), **rule)


@pytest.mark.edge
def test_fifty_threads_get_their_own_answers() -> None:
    batcher_ = new_plain()
    came = crowd(*[(batcher_.ask, i) for i in range(1, 51)])
    asked = "submit(i).result() of 50 threads at once, i in 1..50"
    check.equal(came, [i * 10 for i in range(1, 51)], asked=asked, hint="items or answers are lost between threads")
    finish(start((batcher_.close,)), asked="close() after 50 threads", mistake="close does not return")
    got = batcher_.stats()
    check.equal(
        [got["submitted"], got["answered"], got["queued"]], [50, 50, 0], asked="submitted, answered and queued then"
    )


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(
    ("params", "because"),
    [
        ((0, 1.0, 6), "max_batch is below 1"),
        ((-1, 1.0, 6), "max_batch is below 1"),
        ((3, -0.5, 6), "max_wait_s is below 0"),
        ((3, 1.0, 2), "a batch of 3 never fits into a queue of 2"),
    ],
)
def test_values_out_of_range_are_errors(params: Any, because: str) -> None:
    asked = f"DynamicBatcher(predict_batch, max_batch, max_wait_s, max_queue) with {params}"
    check.raises(
        ValueError,
        lambda: kata.DynamicBatcher(helpers.answer, *params).stats(),
        asked=asked,
        because=because,
        hint="check it in the constructor",
    )


@pytest.mark.edge
def test_batchers_share_nothing() -> None:
    with batcher(items(1, 2)) as one, batcher(items(3)) as other:
        other.close()
        check.equal(other.answers(), [30], asked="the future of the second batcher, closed")
        came = one.put(4)
        check.equal([came, one.answers()], [["taken"], [10, 20, 40]], asked="1, 2, 4 in the first, beside a closed one")
        stats = one.stats()
        stats["submitted"] = 99
        check_stats(one, "3 items, and after the caller changed a dict of stats()", submitted=3, answered=3, batches=1)
