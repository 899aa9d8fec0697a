"""Suite of A15: each duplicated value once, in the order of the second sighting, in linear time."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import find_duplicates as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.speed import Grower, Task

INTEGERS = st.lists(st.integers(-3, 12), max_size=14)
WORDS = st.lists(st.text("ab", max_size=2), max_size=14)
MIXED = st.lists(st.sampled_from([None, "", "1", 2, 0.5, (), (1, "a"), "None"]), max_size=14)


def by_pairs(items: Sequence[Any]) -> list[Any]:
    """The definition: those items that equal exactly one of the items before them."""
    return [item for i, item in enumerate(items) if sum(item == before for before in items[:i]) == 1]


def mistakes(items: Sequence[Any]) -> Mistakes:
    """What the usual mistakes give for these items."""
    right = by_pairs(items)
    counts = Counter(items)
    return {
        "each repeat is listed, so that a value which comes thrice is there twice: list it at its second sighting only": lambda: [
            item for i, item in enumerate(items) if item in items[:i]
        ],
        "one entry for each pair of equal items: list a value at its second sighting only": lambda: [
            a for i, a in enumerate(items) for b in items[i + 1 :] if a == b
        ],
        "the order of the first sighting: the second one counts": [item for item in counts if counts[item] > 1],
        "the order of the last sighting: a third one changes nothing": lambda: sorted(
            right, key=lambda item: max(i for i, other in enumerate(items) if other == item)
        ),
        "listed at the third sighting: the second one is meant, so count first and ask then": lambda: [
            item for i, item in enumerate(items) if items[:i].count(item) == 2
        ],
        "sorted: the order is that of the second sighting": lambda: sorted(right),
        "the order of a set, which is none: remember the order in a list or a dict": lambda: list(set(right)),
        "all values are listed, duplicated or not": list(counts),
        "all items that have a duplicate, each time they occur: list each value once": [
            item for item in items if counts[item] > 1
        ],
        "the values that occur once: those that occur more often are asked for": [x for x in counts if counts[x] == 1],
        "only values that occur exactly twice: three times is duplicated, too": [x for x in right if counts[x] == 2],
        "only equal neighbours are seen: the two may be far apart": lambda: list(
            dict.fromkeys(a for a, b in itertools.pairwise(items) if a == b)
        ),
        "values that count as false, like 0 and None, are left out: they are values like any other": [
            item for item in right if item
        ],
        "None is left out: it is a value like any other": [item for item in right if item is not None],
        "the first item counts as unseen, as its index 0 is false: compare with None, or use `in`": lambda: [
            item for item in right if item != items[0]
        ],
        "the places of the duplicates: their values are asked for": lambda: [
            i for i, item in enumerate(items) if sum(item == before for before in items[:i]) == 1
        ],
        "the duplicates are taken out of the items: return what is duplicated": [x for x in items if counts[x] == 1],
        "values with their counts: the values alone are asked for": [(x, n) for x, n in counts.items() if n > 1],
        "a set has no order: return a list": set(right),
        "None: return the list": None,
        "values are compared as text, and 1 is not '1'": lambda: [
            x for i, x in enumerate(items) if [str(y) for y in items[:i]].count(str(x)) == 1
        ],
        "values are compared together with their types: 1 and 1.0 are equal": lambda: [
            x for i, x in enumerate(items) if [(type(y), y) for y in items[:i]].count((type(x), x)) == 1
        ],
        "values are compared by identity (`is`, `id`): two objects may be equal": lambda: [
            x for i, x in enumerate(items) if [id(y) for y in items[:i]].count(id(x)) == 1
        ],
        "values are compared by their hash, which different values may share: compare the values": lambda: [
            x for i, x in enumerate(items) if [hash(y) for y in items[:i]].count(hash(x)) == 1
        ],
    }


def check_duplicates(items: Sequence[Hashable]) -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    asked = call("find_duplicates", items)
    because = "the values can be hashed and compared with ==, and nothing else is needed"
    handed_over = items[:]  # a copy of a list
    got = check.accepts(partial(kata.find_duplicates, handed_over), asked=asked, because=because)
    check.equal(
        got,
        by_pairs(items),
        asked=asked,
        mistakes=mistakes(items),
        hint="go from left to right, and list a value when it is seen for the second time; each call starts afresh",
    )
    kind = type(got).__name__
    check.true(
        isinstance(got, list), asked=asked, came=f"{got!r}, {kind}", expected="a list", mistake=f"{kind}: return a list"
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_numbers() -> None:
    check_duplicates([7, 10, 1, 10, 7, 1, 4, 7])


@pytest.mark.example
def test_worked_example_of_a_string() -> None:
    check_duplicates("mississippi")


@pytest.mark.example
def test_worked_example_of_values_that_count_as_false() -> None:
    check_duplicates([0, 5, None, 5, 0, None, 0])


@pytest.mark.example
@pytest.mark.parametrize("items", [[1, 2, 3], [5], [], ()], ids=str)
def test_worked_example_without_duplicates(items: Sequence[int]) -> None:
    check_duplicates(items)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(st.one_of(INTEGERS, WORDS))
def test_equals_the_definition_for_any_items(items: list[Any]) -> None:
    check_duplicates(items)


@pytest.mark.law
@given(MIXED)
def test_values_of_mixed_types_are_compared_by_equality_alone(items: list[Any]) -> None:
    check_duplicates(items)


@pytest.mark.law
@given(INTEGERS, INTEGERS)
def test_items_that_follow_only_add_to_the_end(items: list[int], more: list[int]) -> None:
    asked = call("find_duplicates", items + more) + f", whose first {len(items)} items have duplicates of their own"
    shorter, longer = (list(kata.find_duplicates(part)) for part in (items, items + more))
    hint = "what was seen twice is never taken back, nor moved: later items only add to the end"
    check.equal(longer[: len(shorter)], shorter, asked=asked, hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("items", [(-1, -2), (1, "1", "1"), (0, 2**61 - 1), (5, 1, "1", 1.0, 5)], ids=str)
def test_only_equal_values_are_duplicates(items: Sequence[Any]) -> None:
    check_duplicates(items)


@pytest.mark.edge
def test_each_call_starts_afresh() -> None:
    kata.find_duplicates([5, 6, 6])
    mistake = {"an earlier call is remembered: a default argument, like `seen=set()`, is made only once": [5, 6]}
    asked = call("find_duplicates", [5, 6]) + " after a call with [5, 6, 6]"
    got = kata.find_duplicates([5, 6])
    check.equal(got, [], asked=asked, mistakes=mistake, hint="remember nothing from one call to the next")
    kata.find_duplicates([5, 6]).append(7)
    asked = call("find_duplicates", [5, 6]) + " after the list of an earlier call was appended to"
    check.equal(kata.find_duplicates([5, 6]), [], asked=asked, hint="return a new list each time")


@pytest.mark.edge
def test_the_items_stay_as_they_were() -> None:
    items = [7, 10, 1, 10, 7, 1, 4, 7]
    asked = str(call("find_duplicates", items))
    with check.untouched(asked=asked, items=items):
        kata.find_duplicates(items)


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_takes_linear_time(growth: Grower) -> None:
    def task(rng: np.random.Generator, n: int) -> Task:
        values = rng.integers(0, 2**40, size=n // 3)
        repeats = rng.permutation(np.repeat(values, 2)).tolist()
        items = values.tolist() + repeats
        return Task(lambda: kata.find_duplicates(items), lambda: list(dict.fromkeys(repeats)))

    growth(
        task,
        [300, 900, 2_700],
        same=check.equal,
        at_most=1.3,
        asked="find_duplicates of 300 to 2 700 numbers, each of them three times",
        hint="ask a set or a dict whether a value was seen, and whether it is in the result: a list is searched from its start",
    )
