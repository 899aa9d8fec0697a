"""Suite of C11: signatures by laws and statistics, candidates exactly, and near duplicates without comparing all pairs."""

from __future__ import annotations

import itertools
import math
from functools import partial
from typing import Any

import minhash_calls
import minhash_lsh as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.second_process import SecondProcess
from harness.suite.speed import Grower, Task
from harness.suite.strategies import Float64Array, seeds

Sets = list[list[str]]
similarities, candidates = map(in_subject_process, (minhash_calls.similarities, minhash_calls.candidates))
ITEMS = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=8)


def jaccard(a: list[str], b: list[str]) -> float:
    return len({*a} & {*b}) / len({*a} | {*b})


def words(rng: np.random.Generator, n: int) -> list[str]:
    return [f"w{number}" for number in rng.choice(10**9, size=n, replace=False)]


def pair_of(rng: np.random.Generator, size: int, common: int) -> tuple[list[str], list[str]]:
    """Two sets of so many items, of which some are in both."""
    drawn = words(rng, 2 * size - common)
    return drawn[:size], drawn[size - common :]


# --- signatures ------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_signatures() -> None:
    minhash = kata.MinHash(n_hashes=1000, random_state=0)
    a, b = minhash.signature(["red", "hen", "fox"]), minhash.signature({"hen", "red", "owl"})
    asked = "MinHash(1000, random_state=0).signature(['red', 'hen', 'fox'])"
    good = np.shape(a) == (1000,) and np.asarray(a).dtype.kind in "iu"
    check.true(good, asked=asked, came=a, expected="1000 integers")
    got = minhash.similarity(a, b)
    check.python_float(got, asked="similarity of two signatures")
    check.close(got, np.mean(np.equal(a, b)), asked="the share of positions at which two signatures are equal")
    mistake = "far from J = 1/2: are the functions independent, and the minimum taken of the same items?"
    check.true(
        abs(got - 0.5) < 0.1, asked="similarity of sets with J = 1/2", came=got, expected="0.5, by 0.1", mistake=mistake
    )


@pytest.mark.law
@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.data())
def test_similarity_is_the_share_of_equal_positions(a: list[int], data: st.DataObject) -> None:
    b = data.draw(st.lists(st.integers(0, 3), min_size=len(a), max_size=len(a)))
    equal = sum(x == y for x, y in zip(a, b, strict=True))
    mistakes: Mistakes = {
        "the number of equal positions: divide by all": float(equal),
        "the Jaccard similarity of the numbers: positions are compared": len({*a} & {*b}) / len({*a} | {*b}),
        "the share of those that differ": 1 - equal / len(a),
    }
    check.close(
        kata.MinHash(len(a)).similarity(a, b), equal / len(a), asked=call("similarity", a, b), mistakes=mistakes
    )


@pytest.mark.law
@given(ITEMS, ITEMS, st.integers(1, 20), seeds())
def test_a_signature_is_a_minimum_over_items(a: list[str], b: list[str], n: int, seed: int) -> None:
    minhash = kata.MinHash(n_hashes=n, random_state=seed)
    one, other, both = (np.asarray(minhash.signature(items)) for items in (a, b, [*a, *b]))
    asked = f"the signature of the union of {a} and {b}, random_state={seed}"
    mistakes: Mistakes = {
        "the largest hash, not the least": np.maximum(one, other),
        "the order or the number of the items matters: it is a set": minhash.signature([*b, *a]),
    }
    check.equal(
        both, np.minimum(one, other), asked=asked, mistakes=mistakes, hint="the least of both, position by position"
    )
    hint = "neither order nor repetitions matter, and asking twice gives the same"
    check.equal(minhash.signature([*a[::-1], *a]), one, asked=f"the signature of {a}, backwards and twice", hint=hint)
    check.equal(minhash.signature({*a}), one, asked=f"the signature of {a} as a set", hint=hint)


@pytest.mark.law
def test_every_item_and_every_character_counts() -> None:
    minhash = kata.MinHash(n_hashes=64, random_state=0)
    for a, b in [("Hen", "hen"), ("hen", "hen "), ("on", "no"), ("the year of the hen 1", "the year of the hen 2")]:
        got = minhash.similarity(minhash.signature([a]), minhash.signature([b]))
        mistake = "strings that differ are different items: hash the whole string as it is"
        check.true(got < 0.2, asked=f"similarity of [{a!r}] and [{b!r}]", came=got, expected="0.0", mistake=mistake)
    items = words(np.random.default_rng(0), 5000)
    parts = [np.asarray(minhash.signature(items[i::5])) for i in range(5)]
    mistakes = {"the first items only": minhash.signature(items[:1000])}
    asked = "the signature of 5000 items, and the least of those of its fifths"
    check.equal(minhash.signature(items), np.min(parts, axis=0), asked=asked, mistakes=mistakes)


def estimates(seed: int, n_hashes: int, pairs: int, size: int, common: int) -> Float64Array:
    """How many standard deviations each estimate is off, for pairs of one similarity."""
    rng = np.random.default_rng(seed)
    drawn = [pair_of(rng, size, common) for _ in range(pairs)]
    J = jaccard(*drawn[0])
    return (np.array(similarities(n_hashes, seed, drawn)) - J) / math.sqrt(J * (1 - J) / n_hashes)


@pytest.mark.law
@pytest.mark.parametrize(("size", "common"), [(30, 20), (20, 4), (12, 11)], ids=["J=0.5", "J=0.11", "J=0.85"])
def test_estimates_are_as_good_as_independent_hashes_make_them(size: int, common: int) -> None:
    off = np.concatenate([estimates(seed, 64, 60, size, common) for seed in range(8)])
    asked = f"similarity of 480 pairs of {size} items, {common} of them common, 64 hashes, 8 seeds"
    spread, mean = float(np.sqrt((off**2).mean())), float(off.mean())
    mistake = "the positions are not independent: one hash function is used again, shifted, or permuted"
    came, expected = f"errors of {spread:.2f} standard deviations", "about 1, at most 1.4"
    check.true(
        spread < 1.4, asked=asked, came=came, expected=expected, mistake=mistake if spread > 2 else "", hint=mistake
    )
    mistake = "on average the estimate is not J: each position must be the item with the least hash"
    check.true(
        abs(mean) < 0.5, asked=asked, came=f"{mean:.2f} deviations on average", expected="about 0", mistake=mistake
    )
    check.true(
        spread > 0.6, asked=asked, came=came, expected="about 1", mistake="J itself, or more hashes than n_hashes"
    )


@pytest.mark.edge
def test_signatures_follow_the_seed_in_every_process(second_process: SecondProcess) -> None:
    state, items = GlobalRandomState(), ["hen", "fox", "owl", "Ünïcode 日本"]
    here = minhash_calls.signature(16, 7, items)
    there = second_process("minhash_calls", "signature", 16, 7, items, hash_seed=1)
    hint = "hash() of a string differs from process to process: take zlib.crc32 or hashlib"
    mistake = hint if there != here else ""
    asked = "MinHash(16, random_state=7).signature(...) in this process and in another one"
    check.true(there == here, asked=asked, came=f"{here} and {there}", expected="the same", mistake=mistake)
    given_: list[Any] = [7, 7, 8, None, None, *map(np.random.default_rng, (3, 3))]
    found = [np.asarray(kata.MinHash(16, random_state=each).signature(items)).tolist() for each in given_]
    same = [found[0] == found[1], found[0] == found[2], found[3] == found[4], found[5] == found[6]]
    asked = "whether signatures are equal: seeds 7 and 7, 7 and 8, None and None, Generators alike"
    check.equal(same, [True, False, False, True], asked=asked, hint="all functions come from default_rng(random_state)")
    check.equal(len(kata.MinHash().signature(items)), 128, asked="len(MinHash().signature(items)): n_hashes by default")
    state.check_kept()


# --- the index -------------------------------------------------------------------------------------------------------


def banded(added: list[list[int]], asked: list[int], bands: int, rows: int, *, shift: bool = False) -> list[int]:
    """The definition; with `shift`, bands are compared with any other."""
    pieces = [asked[b * rows : (b + 1) * rows] for b in range(bands)]
    found = []
    for key, numbers in enumerate(added):
        theirs = [numbers[b * rows : (b + 1) * rows] for b in range(bands)]
        if any(p in theirs for p in pieces) if shift else any(p == t for p, t in zip(pieces, theirs, strict=True)):
            found.append(key)
    return found


def check_index(bands: int, rows: int, added: list[list[int]], asked: list[list[int]]) -> None:
    """Hold the candidates for several signatures to the definition."""
    __tracebackhide__ = True
    for numbers, got in zip(asked, candidates(bands, rows, added, asked), strict=True):
        rough = [k for k, other in enumerate(added) if any(x == y for x, y in zip(numbers, other, strict=True))]
        mistakes = {
            "a band is found in another place: keep one table for each band": banded(
                added, numbers, bands, rows, shift=True
            ),
            "one equal number is enough: a whole band must agree": rough,
            "all bands must agree: one is enough": [k for k, other in enumerate(added) if other == numbers],
            "bands and rows are exchanged": banded(added, numbers, rows, bands),
            "only the first band is looked at": banded(added, numbers[:rows], 1, rows),
            "only the first of several keys with a band": banded(added, numbers, bands, rows)[:1],
            "only the last of several keys with a band": banded(added, numbers, bands, rows)[-1:],
        }
        what = f"LSHIndex({bands}, {rows}) with {added} under 0, 1, ...: {call('candidates', numbers)}, sorted"
        hint = "keys that agree in a whole band, in the same place"
        check.equal(got, banded(added, numbers, bands, rows), asked=what, mistakes=mistakes, hint=hint)


@pytest.mark.example
def test_worked_example_of_the_index() -> None:
    check_index(2, 2, [[5, 1, 7, 7], [7, 7, 5, 2]], [[5, 1, 8, 8], [7, 7, 7, 7], [0, 0, 5, 1]])
    index = kata.LSHIndex(1, 2)
    index.add("x", np.array([1, 2]))
    check.equal(set(index.candidates([1, 2])), {"x"}, asked="candidates of the signature that is in the index as 'x'")


@pytest.mark.law
@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 6), seeds())
def test_candidates_agree_in_a_whole_band(bands: int, rows: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    added, asked = (rng.integers(0, 3, size=(m, bands * rows)).tolist() for m in (n, 4))
    check_index(bands, rows, added, asked)


@pytest.mark.edge
def test_long_numbers_stay_apart_and_answers_belong_to_the_caller() -> None:
    index = kata.LSHIndex(2, 1)
    for key, numbers in [("a", [11, 1]), ("b", [1, 11]), ("c", [2**31, 2**40])]:
        index.add(key, numbers)
    asked, hint = (
        "candidates, where signatures differ by one digit or by 2**32",
        "numbers are whole: no text, no 32 bits",
    )
    got = [sorted(index.candidates(numbers)) for numbers in ([11, 11], [1, 1], [-(2**31), 0], [111, 2**40])]
    check.equal(got, [["a", "b"], ["a", "b"], [], ["c"]], asked=asked, hint=hint)
    index.add(1, [9, 9])
    check.accepts(
        partial(index.add, "1", [9, 9]), asked="add('1', [9, 9]) after add(1, [9, 9])", because="1 is not '1'"
    )
    check.equal(set(index.candidates([9, 9])), {1, "1"}, asked="candidates, with the keys 1 and '1' added")
    index.candidates([11, 5]).clear()
    hint = "the set that was returned before was emptied: return a new one"
    check.equal(sorted(index.candidates([11, 5])), ["a"], asked="candidates([11, 5]) once more", hint=hint)
    other = kata.LSHIndex(2, 1)
    check.equal(
        sorted(other.candidates([11, 1])), [], asked="candidates of a new index", hint="two objects share nothing"
    )


# --- near duplicates -------------------------------------------------------------------------------------------------


def collection(rng: np.random.Generator, alike: int, alone: int, size: int, common: int) -> Sets:
    """Pairs of sets with so many common items, shuffled with sets that are like none; each list has two items twice."""
    sets = list(itertools.chain.from_iterable(pair_of(rng, size, common) for _ in range(alike)))
    sets += [words(rng, size) for _ in range(alone)]
    return [sets[i] + sets[i][:2] for i in rng.permutation(len(sets))]


def all_pairs(sets: Sets, threshold: float) -> list[tuple[int, int]]:
    owners: dict[str, list[int]] = {}
    for i, items in enumerate(sets):
        for item in set(items):
            owners.setdefault(item, []).append(i)
    near = {pair for group in owners.values() for pair in itertools.combinations(group, 2)}
    return sorted((i, j) for i, j in near if jaccard(sets[i], sets[j]) >= threshold)


def check_near(got: Any, sets: Sets, threshold: float, asked: str, share: float = 1.0) -> None:
    """Hold the pairs to be right ones, and at least `share` of all."""
    __tracebackhide__ = True
    want, pairs = all_pairs(sets, threshold), [tuple(pair) for pair in got]
    turned = "pairs (j, i) or (i, i): i < j" if any(i >= j for i, j in pairs) else ""
    twice = "a pair is there twice, or the list is not sorted" if pairs != sorted(set(pairs)) else ""
    wrong = sorted(set(pairs) - set(want))
    below = "candidates are not compared exactly: compute the similarity of their sets" if wrong else ""
    good = not (turned or twice or wrong)
    expected = "sorted pairs i < j of similarity >= threshold"
    check.true(good, asked=asked, came=wrong or pairs[:10], expected=expected, mistake=turned or twice or below)
    found = len(pairs) / max(len(want), 1)
    came, expected = f"{len(pairs)} of {len(want)} pairs", f"at least {share:.0%} of them"
    mistake = "bands are too long for this threshold: a pair at it is a candidate with 1 - (1 - t^rows)^bands"
    if found == 0:
        mistake = "one of: (1) a pair just at the threshold counts, too; (2) repetitions in a list do not count"
    check.true(found >= share or not want, asked=asked, came=came, expected=expected, mistake=mistake)


@pytest.mark.example
def test_worked_example_of_near_duplicates() -> None:
    sets = [{"a", "b"}, {"c"}, {"b", "a"}]
    asked = call("near_duplicates", sets, 0.9)
    check.equal([tuple(pair) for pair in kata.near_duplicates(sets, 0.9)], [(0, 2)], asked=asked)
    for few in ([], [["a"]]):
        check.equal(list(kata.near_duplicates(few, 0.5)), [], asked=call("near_duplicates", few, 0.5))


@pytest.mark.law
@pytest.mark.parametrize(
    ("threshold", "size", "common"), [(0.5, 30, 20), (0.6, 40, 30), (0.75, 35, 30), (0.9, 20, 19), (1.0, 10, 10)]
)
def test_nearly_all_pairs_just_above_the_threshold_are_found(threshold: float, size: int, common: int) -> None:
    rng = np.random.default_rng(5)
    sets = collection(rng, alike=300, alone=20, size=size, common=common)
    sets += collection(rng, alike=40, alone=0, size=size, common=common - 1)  # just below
    before = [[*items] for items in sets]
    asked = f"near_duplicates of {len(sets)} sets of {size} items, threshold {threshold}"
    find = partial(kata.near_duplicates, sets, threshold, random_state=1)
    got = check.accepts(find, asked=asked, because="thresholds are above 0 and at most 1")
    check.equal(sets, before, asked=f"the sets after {asked}", hint="the caller's sets are modified")
    check_near(got, before, threshold, asked, share=0.95)
    again = kata.near_duplicates(sets, threshold, random_state=1)
    check.equal(
        [*again], [*got], asked=asked + ", with the same seed once more", hint="all draws come from random_state"
    )


@pytest.mark.law
@given(st.lists(ITEMS, max_size=6), st.sampled_from([0.5, 0.75, 1.0]))
def test_no_pair_below_the_threshold_is_in_the_list(sets: Sets, threshold: float) -> None:
    got = kata.near_duplicates([*sets], threshold, random_state=0)
    check_near(got, sets, threshold, str(call("near_duplicates", sets, threshold)), share=0.0)


BAD: list[Any] = [
    *[("n_hashes", 0), ("bands", 0, 2), ("bands", 2, 0), ("signature", []), ("similarity", [1, 2], [1])],
    *[("similarity", [], []), ("similarity", [[1]], [[1]])],
    *[("add", "new", [1, 2, 3]), ("add", "new", [[1, 2], [3, 4]])],
    *[("add", "old", [1, 2, 3, 4]), ("candidates", [1, 2, 3, 4, 5]), ("near", [["a"]], 0.0), ("near", [["a"]], 1.1)],
    *[("near", [["a"], []], 0.5)],
]


@pytest.mark.edge
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_wrong_arguments_are_an_error(bad: Any) -> None:
    what, *arguments = bad
    minhash, index = kata.MinHash(4, random_state=0), kata.LSHIndex(2, 2)
    index.add("old", [1, 2, 3, 4])
    attempts = {
        "n_hashes": kata.MinHash,
        "bands": kata.LSHIndex,
        "signature": minhash.signature,
        "similarity": minhash.similarity,
        "add": index.add,
        "candidates": index.candidates,
        "near": kata.near_duplicates,
    }
    because = {
        "n_hashes": "there is at least one hash function",
        "bands": "bands and rows are at least 1",
        "signature": "there is no least hash of no items",
        "similarity": "signatures are 1-D, of one length, with at least one number",
        "add": "a key is there once, and a signature has 4 numbers",
        "candidates": "a signature has 4 numbers",
        "near": "a threshold is above 0 and at most 1, and each set has items",
    }[what]
    asked = f"{what} {arguments}, of an LSHIndex(2, 2) that has 'old'"
    hint = "check shapes, ranges and keys before anything is computed"
    check.raises(ValueError, partial(attempts[what], *arguments), asked=asked, because=because, hint=hint)


@pytest.mark.speed
def test_near_duplicates_do_not_compare_all_pairs(growth: Grower) -> None:
    def prepare(rng: np.random.Generator, n: int) -> Task:
        rare = collection(rng, alike=5, alone=n - 10, size=8, common=8)
        sets, seed = [[*items, "the", "of"] for items in rare], int(rng.integers(1000))
        return Task(lambda: kata.near_duplicates(sets, 0.8, random_state=seed), lambda: all_pairs(rare, 0.8))

    def same(got: Any, want: Any, *, asked: check.Asked) -> None:
        __tracebackhide__ = True
        check.equal([tuple(pair) for pair in got], want, asked=asked)

    asked = "near_duplicates, of more and more sets of 10 items, two of which are in every set"
    hint = (
        "compare candidates only, look them up in dicts, and let bands be long enough to part sets that are not alike"
    )
    growth(prepare, (100, 300, 900), same=same, at_most=1.6, asked=asked, hint=hint)
