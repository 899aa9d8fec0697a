"""Suite of A32: how often each set is drawn, against exact chances; one pass; and how many items are alive at once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
import reservoir_runs
import reservoir_sampling as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import seeds

sample, count_sets = in_subject_process(reservoir_runs.sample), in_subject_process(reservoir_runs.count_sets)
most_alive, reads = in_subject_process(reservoir_runs.most_alive), in_subject_process(reservoir_runs.reads)

RUNS = 3_000
Chances = dict[str, float]
"""The chance of each set; '0 2' is the set of the items 0 and 2."""


def walk(n: int, k: int, step: Callable[[int], list[tuple[float, int | None]]]) -> Chances:
    """Exact chances of an algorithm that fills k places and then, for item i from k on, puts it at a place or lets it go."""
    states = {tuple(range(min(k, n))): 1.0}
    for i in range(k, n):
        after: dict[tuple[int, ...], float] = {}
        for places, chance in states.items():
            for share, place in step(i):
                new = places if place is None else (*places[:place], i, *places[place + 1 :])
                after[new] = after.get(new, 0.0) + chance * share
        states = after
    return named(states)


def accept(chance: Callable[[int], float], k: int) -> Callable[[int], list[tuple[float, int | None]]]:
    """Item i takes a random place with a chance that depends on i, counted from 0."""
    return lambda i: [(1 - min(1.0, chance(i)), None), *((min(1.0, chance(i)) / k, place) for place in range(k))]


def named(states: dict[tuple[int, ...], float]) -> Chances:
    """Chances of sets, whatever the order of the places."""
    chances: Chances = {}
    for places, chance in states.items():
        name = " ".join(map(str, sorted(places)))
        chances[name] = chances.get(name, 0.0) + chance
    return chances


def successive(weights: list[float], k: int, power: float = 1.0) -> Chances:
    """Draws one after the other without replacement, in proportion to the weights (to a power) of those left."""
    states: dict[tuple[int, ...], float] = {}
    able = [i for i, weight in enumerate(weights) if weight > 0]
    for drawn in itertools.permutations(able, min(k, len(able))):
        left, chance = sum(weights[i] ** power for i in able), 1.0
        for i in drawn:
            chance *= weights[i] ** power / left
            left -= weights[i] ** power
        states[drawn] = chance
    return named(states)


def with_replacement(weights: list[float], k: int) -> Chances:
    """Draws with replacement."""
    total = sum(weights)
    draws = itertools.product(range(len(weights)), repeat=k)
    return named({drawn: float(np.prod([weights[i] / total for i in drawn])) for drawn in draws})


def check_chances(
    counts: dict[str, int], right: Chances, *, asked: str, mistakes: dict[str, Chances], hint: str
) -> None:
    """Hold counts of sets to exact chances, by Pearson's statistic; the bound is exceeded less than once in a billion runs."""
    __tracebackhide__ = True
    runs = sum(counts.values())
    shares = {name: counts.get(name, 0) / runs for name in {*right, *counts}}

    def distance(chances: Chances) -> float:
        return sum(abs(shares.get(name, 0.0) - chances.get(name, 0.0)) for name in {*shares, *chances}) / 2

    statistic = sum(runs * (shares[name] - chance) ** 2 / chance for name, chance in right.items())
    nearest = min(mistakes, key=lambda name: distance(mistakes[name]))
    mistake = nearest if distance(mistakes[nearest]) < min(0.03, distance(right)) else ""
    far = sorted(shares, key=lambda name: -abs(shares[name] - right.get(name, 0.0)))[:3]
    check.true(
        statistic < 80 and set(shares) <= set(right),
        asked=f"{asked}, in {runs} runs",
        came="shares of " + ", ".join(f"{{{name}}}: {shares[name]:.3f}" for name in far),
        expected="chances of " + ", ".join(f"{{{name}}}: {right.get(name, 0.0):.3f}" for name in far),
        mistake=mistake,
        hint=hint,
    )


def check_uniform(n: int, k: int) -> None:
    """Hold `reservoir_sample` of n items to equal chances of all sets."""
    __tracebackhide__ = True
    mistakes = {
        "item number i (from 1) is kept with a chance of k / (i + 1): it is k / i": walk(
            n, k, accept(lambda i: k / (i + 2), k)
        ),
        "item number i (from 1) is kept with a chance of k / (i - 1): it is k / i": walk(
            n, k, accept(lambda i: k / i, k)
        ),
        "each item is kept with one chance, whatever its number: it is k / i": walk(n, k, accept(lambda _: k / n, k)),
        "each item is kept with a chance of 1/2: it is k / i": walk(n, k, accept(lambda _: 0.5, k)),
        "each item is kept with a chance of 1 / i: it is k / i": walk(n, k, accept(lambda i: 1 / (i + 1), k)),
        "the new item always takes the first place: any place alike": walk(
            n, k, lambda i: [(1 - k / (i + 1), None), (k / (i + 1), 0)]
        ),
        "the last place is never given away: places are 0 to k - 1": walk(
            n, k, lambda i: [(1 - k / (i + 1), None), *((k / (i + 1) / max(k - 1, 1), p) for p in range(max(k - 1, 1)))]
        ),
        "the last k items: any k": named({tuple(range(n - k, n)): 1.0}),
        "the first k items: any k": named({tuple(range(k)): 1.0}),
        "items are drawn more than once: draw without replacement": with_replacement([1.0] * n, k),
    }
    right = named(dict.fromkeys(itertools.combinations(range(n), k), 1 / math.comb(n, k)))
    hint = "item number i, from 1, is kept with a chance of k / i, and takes any place alike"
    asked = f"reservoir_sample of {n} items, k = {k}"
    check_chances(count_sets(n, None, k, RUNS, 32), right, asked=asked, mistakes=mistakes, hint=hint)


def check_weighted(weights: list[float], k: int, *, hint: str = "") -> None:
    """Hold `weighted_reservoir` to draws one after the other without replacement."""
    __tracebackhide__ = True
    able = [max(weight, 0.0) for weight in weights]
    alike = [float(weight > 0) for weight in able]
    mistakes = {
        "the weights do not count": successive(alike, k),
        "items of weight 0 are drawn": successive([1.0] * len(able), k),
        "the key is u ** w or u ** -w: it is u ** (1 / w)": successive(able, k, power=-1.0) if min(able) > 0 else {},
        "weights count as squares": successive(able, k, power=2.0),
        "items are drawn more than once: draw without replacement": with_replacement(able, k),
        "the items of the largest weights, always": named(
            {tuple(np.argsort(-np.array(able), kind="stable")[:k].tolist()): 1.0}
        ),
        "the last k items": named({tuple(range(len(able) - k, len(able))): 1.0}),
    }
    hint = hint or "keep the k largest keys ln(u) / w, with a u of its own for each item"
    asked = f"weighted_reservoir of items with the weights {weights}, k = {k}"
    check_chances(
        count_sets(len(able), weights, k, RUNS, 33), successive(able, k), asked=asked, mistakes=mistakes, hint=hint
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize(("n", "k"), [(5, 2), (4, 1), (6, 3)])
def test_every_set_of_a_short_stream_is_equally_likely(n: int, k: int) -> None:
    check_uniform(n, k)


@pytest.mark.example
@pytest.mark.parametrize(
    ("weights", "k"), [([1.0, 2.0, 3.0], 1), ([1.0, 2.0, 3.0], 2), ([5.0, 1.0, 3.0, 1.0], 2)], ids=str
)
def test_weighted_sets_have_the_chances_of_draws_without_replacement(weights: list[float], k: int) -> None:
    check_weighted(weights, k)


@pytest.mark.example
def test_a_short_stream_gives_all_items() -> None:
    for items, weights, want in (
        ("ab", None, ["a", "b"]),
        ("", None, []),
        ("abcd", [1, 0, 0, 2], ["a", "d"]),
        ("", [], []),
    ):
        asked = f"a sample of {list(items)}, k = 5, weights {weights}"
        hint = "all items, but for those of weight 0"
        because = "a stream may have fewer than k items"
        got = check.accepts(partial(sample, list(items), weights, 5, 0), asked=asked, because=because)
        check.equal(sorted(got), want, asked=asked, hint=hint)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(st.integers(0, 40), st.integers(1, 12), seeds(), st.booleans())
def test_a_sample_is_k_different_items_of_the_stream(n: int, k: int, seed: int, weighted: bool) -> None:
    weights = [float((7 * i + seed) % 4) for i in range(n)] if weighted else None
    able = [i for i in range(n) if weights is None or weights[i] > 0]
    got = sample(list(range(n)), weights, k, seed)
    asked = f"a sample of the numbers 0 to {n - 1}, k = {k}, weights {weights}"
    right = len(got) == min(k, len(able)) and len(set(got)) == len(got) and set(got) <= set(able)
    expected = f"{min(k, len(able))} different ones of {check.show(able)}"
    check.true(right, asked=asked, came=got, expected=expected, hint="without replacement, and nothing of weight 0")


@pytest.mark.law
@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 3.0] * 30], ids=["uniform", "weighted"])
def test_the_generator_is_the_only_source_of_randomness(weights: list[float] | None) -> None:
    state = GlobalRandomState()
    first, again, other = (sample(list(range(90)), weights, 5, seed) for seed in (3, 3, 4))
    state.check_kept()
    asked, hint = "a second sample with np.random.default_rng(3)", "draw from rng alone"
    check.equal(again, first, asked=asked, hint=hint)
    check.true(
        sorted(other) != sorted(first),
        asked="samples of seeds 3 and 4",
        came=other,
        expected="different ones",
        hint=hint,
    )


@pytest.mark.law
@pytest.mark.parametrize("weighted", [False, True])
def test_streams_are_read_once_and_about_k_items_are_alive(weighted: bool) -> None:
    name = "weighted_reservoir" if weighted else "reservoir_sample"
    asked = f"{name} of a generator of 400 items, k = 10"
    check.equal(reads(400, 10, weighted=weighted), (400, 400 * weighted), asked="items and weights read by " + asked)
    most, numbers = most_alive(400, 10, weighted=weighted)
    check.true(len(set(numbers)) == 10, asked=asked, came=numbers, expected="10 different items")
    hint = "let go of items that are out"
    mistake = "the whole stream was collected: hold the reservoir alone" if most >= 400 else ""
    check.true(
        most <= 30,
        asked="items alive at once in " + asked,
        came=most,
        expected="at most 30",
        mistake=mistake,
        hint=hint,
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_only_the_ratios_of_weights_count(scale: float) -> None:
    check_weighted(
        [scale, 2 * scale, 3 * scale], 2, hint="u ** (1 / w) is 0 for small w and 1 for large w: compare ln(u) / w"
    )


@pytest.mark.edge
def test_an_item_of_weight_0_is_never_drawn() -> None:
    check_weighted([0.0, 2.0, 0.0, 1.0], 1)
    check_weighted([0.0, 2.0, 1.0, 3.0], 2)


def bad_calls() -> Iterator[tuple[str, list[int], list[float] | None, Any]]:
    for k, why in ((0, "k is 0"), (-1, "k is negative"), (1.5, "k is not a whole number")):
        yield f"{why}, of reservoir_sample", [1, 2, 3], None, k
        yield f"{why}, of weighted_reservoir", [1, 2, 3], [1.0, 1.0, 1.0], k
    for weight, why in ((-1.0, "negative"), (float("nan"), "NaN"), (float("inf"), "infinite")):
        yield f"the last weight is {why}", [1, 2, 3], [1.0, 1.0, weight], 1
    yield "there is a weight too few", [1, 2, 3], [1.0, 1.0], 1
    yield "there is a weight too many", [1, 2, 3], [1.0, 1.0, 1.0, 1.0], 1
    yield "k is 0, of an empty stream", [], None, 0


BAD = {why: rest for why, *rest in bad_calls()}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_a_k_or_weight_out_of_range_and_lengths_that_differ_are_an_error(why: str) -> None:
    items, weights, k = BAD[why]
    asked = f"a sample of {items}, weights {weights}, k = {k}"
    ask = partial(sample, items, weights, k, 0)
    check.raises(ValueError, ask, asked=asked, because=why, hint="check k first, and each weight as it comes")


@pytest.mark.edge
def test_streams_may_be_lists_and_they_stay_as_they_were() -> None:
    items, weights = [[1], [2], [3]], [1.0, 2.0, 3.0]
    with check.untouched(asked="both functions", stream=items, weights=weights):
        rng = np.random.default_rng(0)
        check.equal(sorted(kata.reservoir_sample(items, 3, rng)), items, asked="reservoir_sample([[1], [2], [3]], 3)")
        check.equal(sorted(kata.weighted_reservoir(items, weights, 3, rng)), items, asked="weighted_reservoir of all")
