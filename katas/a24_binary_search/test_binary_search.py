"""Suite of A24: the leftmost of equal items, and how few comparisons it takes."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from functools import partial
from typing import Any

import binary_search as kata
import counted_items
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import Mistakes, call

INTEGERS = st.lists(st.integers(0, 9), max_size=12).map(sorted)
WORDS = st.lists(st.text("ab", max_size=2), max_size=12).map(sorted)
ONE_BY_ONE = (
    "the items are gone through one after the other (a loop over them, `in`, list(...)): halve the range instead"
)
NOT_HALVED = (
    "one of: the items are looked at one after the other; or in steps of a fixed length; or their order is checked; "
    "or a round leaves more than half of the range"
)


def leftmost(values: Sequence[Any], target: Any) -> int:
    """The definition, item by item."""
    return next((i for i, value in enumerate(values) if value == target), -1)


def mistakes(values: Sequence[Any], target: Any) -> Mistakes:
    """What the usual mistakes give for these arguments."""
    here = [i for i, value in enumerate(values) if value == target]
    place = bisect.bisect_left(values, target)
    if not here:
        return {
            "None for a target that is missing: return -1": None,
            "the place where a missing target would stand: compare the item there with the target": place,
            "the place where a missing target would stand, counted from 1": place + 1,
            "the place of the next smaller item: compare it with the target": place - 1,
            "False for a target that is missing: return -1": False,
        }
    several = {
        f"items[{i}] equals the target, but is not the leftmost that does: go on to the left of an equal item": i
        for i in here[1:]
    }
    return several | {
        "one place behind the last equal item": here[-1] + 1,
        "counted from 1: the first index is 0": here[0] + 1 if not several else None,
        "one place to the left of it": here[0] - 1 if here[0] else None,
        "-1, though it is there: one of: a bound leaves out an item that was never looked at; or an index or target of 0 "
        "counts as false; or `is` compares identity, where == is meant; or < is the wrong way round": -1,
        "True: return the index": True,
        "an index that counts from the start of a slice: add where the slice starts": 0,
    }


def ask(values: Sequence[Any], target: Any, *, plain: bool = False) -> dict[str, Any]:
    """The subject's answer for counted items, and what it took."""
    __tracebackhide__ = True
    return check.accepts(
        partial(in_subject_process(counted_items.search), values, target, plain),
        asked=call("binary_search", values, target),
        because="the items are sorted: does an index go past the last one, or is more used than len, [i] and comparisons?",
    )


def check_search(values: Sequence[Any], target: Any) -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    got = ask(values, target)
    asked = call("binary_search", values, target)
    check.true(
        not got["stopped"],
        asked=asked,
        came=f"no end after {counted_items.STOP_AFTER} accesses or comparisons",
        expected=str(leftmost(values, target)),
        mistake="the loop does not end: each round must make the range shorter, also when mid equals lo",
    )
    check.equal(
        got["index"],
        leftmost(values, target),
        asked=asked,
        mistakes=mistakes(values, target),
        hint="the least index whose item equals the target, or -1",
    )


def check_count(
    values: Sequence[Any], target: Any, want: int, asked: str, *, mistake: str, plain: bool = False
) -> None:
    """Hold the subject to an index, and to as many comparisons and accesses as the README allows."""
    __tracebackhide__ = True
    got = ask(values, target, plain=plain)
    halvings = len(values).bit_length()  # the ceiling of log2(n + 1)
    allowed = 6 * halvings + 6
    if got["iterated"]:
        mistake = ONE_BY_ONE
    elif got["sliced"]:
        mistake = "a slice copies its items: pass on two indices instead"
    for name in ("comparisons", "accesses"):
        check.true(
            not got["stopped"] and got[name] <= allowed,
            asked=asked,
            came=f"more than {counted_items.STOP_AFTER}" if got["stopped"] else f"{got[name]} {name}",
            expected=f"at most {allowed} {name}: 6 for each of {halvings} halvings, and 6 more",
            mistake=mistake,
        )
    check.equal(got["index"], want, asked=asked, hint="the least index whose item equals the target, or -1")


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("target", [7, 1, 5, 9])
def test_worked_example_of_distinct_items(target: int) -> None:
    check_search([1, 3, 5, 7, 9], target)


@pytest.mark.example
@pytest.mark.parametrize("target", [4, 0, 6])
def test_worked_example_of_a_missing_target(target: int) -> None:
    check_search([1, 3, 5], target)


@pytest.mark.example
@pytest.mark.parametrize("values", [[3, 8, 8, 8, 9], [1, 1, 1, 8], [0, 1, 8, 8, 8, 8, 8, 8], [8] * 7])
def test_worked_example_of_equal_items_finds_the_leftmost(values: list[int]) -> None:
    check_search(values, 8)


@pytest.mark.example
@pytest.mark.parametrize("target", [1, 2, 3, 4, 5])
def test_two_items_or_fewer_are_searched_to_an_end(target: int) -> None:
    for values in ([2, 4], [4, 4], [3], []):
        check_search(values, target)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(st.one_of(st.tuples(INTEGERS, st.integers(-1, 10)), st.tuples(WORDS, st.text("abc", max_size=2))))
def test_equals_the_definition_for_any_sorted_items(arguments: tuple[Sequence[Any], Any]) -> None:
    check_search(*arguments)


@pytest.mark.law
@given(st.integers(1, 400), st.data())
def test_the_bound_on_comparisons_holds_at_every_size(n: int, data: st.DataObject) -> None:
    target = data.draw(st.integers(-1, 2 * n), label="target")
    values = range(0, 2 * n, 2)
    want = -1 if target % 2 or target == 2 * n else target // 2
    check_count(values, target, want, f"{target} among the {n} even numbers {values}", mistake=NOT_HALVED)


# --- counts ----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("where", ["first", "last", "in between", "missing", "below all", "above all"])
@pytest.mark.parametrize("n", [4096, 10**9])
def test_distinct_items_take_few_comparisons(n: int, where: str) -> None:
    index = {"first": 0, "last": n - 1, "in between": n // 3}.get(where, -1)
    target = 2 * index if index >= 0 else {"missing": n // 3 * 2 + 1, "below all": -1}.get(where, 2 * n)
    asked = f"{target} ({where}) among the {n} even numbers from 0 on"
    check_count(range(0, 2 * n, 2), target, index, asked, mistake=NOT_HALVED)


@pytest.mark.edge
@pytest.mark.parametrize(("target", "want"), [(2**400, 400), (2**400 + 1, -1)], ids=["there", "missing"])
def test_plain_numbers_take_few_accesses_however_they_are_spread(target: int, want: int) -> None:
    asked = f"{'2^400' if want > 0 else '2^400 + 1'} among the 1000 powers 2^0, 2^1, ..., 2^999"
    mistake = "the place is guessed from the values: where they grow fast, the range shrinks by one item a round"
    check_count([2**i for i in range(1000)], target, want, asked, mistake=mistake, plain=True)


RUNS = {
    "all": ([7] * 4096, 0),
    "the right half": ([3] * 2048 + [7] * 2048, 2048),
    "all but the first and last": ([3, *[7] * 4094, 9], 1),
}


@pytest.mark.edge
@pytest.mark.parametrize("which", RUNS)
def test_equal_items_take_no_more_comparisons(which: str) -> None:
    values, want = RUNS[which]
    mistake = "a walk from an equal item to the leftmost one takes n steps when all are equal: go on halving"
    check_count(values, 7, want, f"7 among 4096 items of which {which} are 7", mistake=mistake)
    check_count(values, 8, -1, f"8 among 4096 items of which {which} are 7", mistake=mistake)


# --- edges -----------------------------------------------------------------------------------------------------------

SEQUENCES: dict[str, tuple[Sequence[Any], Any]] = {
    "a tuple": ((1.5, 2.5, 2.5, 4.0), 2.5),
    "a string": ("aabbbc", "b"),
    "a range": (range(10, 50, 5), 45),
    "a list of pairs": ([("a", 2), ("b", 1), ("b", 3)], ("b", 3)),
    "a list of large numbers": ([10**20, 2 * 10**20, 3 * 10**20], 2 * 10**20),
}


@pytest.mark.edge
@pytest.mark.parametrize("kind", SEQUENCES)
def test_any_sequence_is_searched_and_stays_as_it_was(kind: str) -> None:
    items, target = SEQUENCES[kind]
    asked = call("binary_search", items, target)
    with check.untouched(asked=asked, items=list(items) if isinstance(items, range) else items):
        got = check.accepts(partial(kata.binary_search, items, target), asked=asked, because=f"{kind} is a sequence")
    check.equal(got, leftmost(items, target), asked=asked, mistakes=mistakes(items, target))


@pytest.mark.edge
@pytest.mark.parametrize(("target", "want"), [(5, 1), (6, -1)])
def test_the_index_is_a_python_int(target: int, want: int) -> None:
    got, asked = kata.binary_search([3, 5, 5], target), call("binary_search", [3, 5, 5], target)
    check.true(type(got) is int, asked=asked, came=f"{got!r}, {type(got).__name__}", expected=f"{want}, a Python int")
