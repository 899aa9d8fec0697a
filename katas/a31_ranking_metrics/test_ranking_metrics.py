"""Suite of A31: four metrics by their definitions, place by place, and the laws that an order must obey."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import ranking_metrics as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call

Ranked = list[float]
RANKED: st.SearchStrategy[Ranked] = st.lists(
    st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 0.5]), min_size=1, max_size=9
)
KS = st.integers(1, 12)
WITH_K = ("precision_at_k", "average_precision_at_k", "ndcg")


def precision(hits: list[bool], k: int) -> Fraction:
    return Fraction(sum(hits[:k]), k)


def reciprocal(hits: list[bool]) -> float:
    return 1 / (hits.index(True) + 1) if any(hits) else 0.0


def average_precision(hits: list[bool], k: int) -> float:
    """The definition, in fractions."""
    total = sum((precision(hits, i + 1) for i, hit in enumerate(hits[:k]) if hit), Fraction(0))
    return float(total / min(k, sum(hits))) if any(hits) else 0.0


def dcg(
    ranked: Ranked,
    k: int,
    gain: Callable[[float], float] = lambda r: 2.0**r - 1,
    discount: Callable[[int], float] = lambda i: math.log2(i + 1),
) -> float:
    """The sum over places from 1."""
    return math.fsum(gain(r) / discount(i) for i, r in enumerate(ranked[:k], 1))


def define(name: str, ranked: Ranked, k: int) -> float:
    """The definitions."""
    hits = [r > 0 for r in ranked]
    if name == "precision_at_k":
        return float(precision(hits, k))
    if name == "reciprocal_rank":
        return reciprocal(hits)
    if name == "average_precision_at_k":
        return average_precision(hits, k)
    ideal = dcg(sorted(ranked, reverse=True), k)
    return dcg(ranked, k) / ideal if ideal else 0.0


def precision_mistakes(ranked: Ranked, k: int) -> Mistakes:
    """What the usual mistakes give for precision at k and for the reciprocal rank."""
    hits = [r > 0 for r in ranked]
    return {
        "0/0: without a relevant item it is 0": math.nan,
        "divided by the number of items where k is larger: by k": lambda: sum(hits[:k]) / min(k, len(hits)),
        "divided by the number of relevant items: that is recall": lambda: sum(hits[:k]) / sum(hits),
        "the sum of the grades: relevant is relevant": sum(ranked[:k]) / k,
        "only grade 1 counts as relevant: every grade above 0 does": ranked[:k].count(1.0) / k,
        "the number of hits: divide by k": float(sum(hits[:k])),
        "of the whole list: of the first k": sum(hits) / len(hits),
        "one place too many": sum(hits[: k + 1]) / k,
        "one place too few": sum(hits[: k - 1]) / k,
        "from the end of the list: the best guess comes first": sum(hits[::-1][:k]) / k,
    }


def reciprocal_mistakes(ranked: Ranked, _k: int) -> Mistakes:
    """What the usual mistakes give for the reciprocal rank."""
    hits = [r > 0 for r in ranked]
    first = hits.index(True) if any(hits) else None
    found: dict[str, object] = {
        "infinite, or 0/0: without a relevant item it is 0": math.nan,
        "1 / 0: ranks count from 1": math.inf,
    }
    if first is None:
        return found | {
            "1 without a relevant item: 0": 1.0,
            "the length of the list stands for no rank": 1 / (len(hits) + 1),
        }
    return found | {
        "ranks count from 1": lambda: 1 / first,
        "the rank, not its reciprocal": float(first + 1),
        "the rank of the last relevant item: of the first": lambda: 1 / (len(hits) - hits[::-1].index(True)),
        "the rank of the best grade: of the first relevant item": 1 / (ranked.index(max(ranked)) + 1),
        "the rank of the first item of grade 1: of any grade above 0": lambda: 1 / (ranked.index(1.0) + 1),
        "the mean over all relevant items: the first one alone": float(
            np.mean([1 / i for i, hit in enumerate(hits, 1) if hit])
        ),
        "from the end of the list: the best guess comes first": 1 / (hits[::-1].index(True) + 1),
    }


def average_mistakes(ranked: Ranked, k: int) -> Mistakes:
    """What the usual mistakes give for average precision at k."""
    hits = [r > 0 for r in ranked]
    at_hits = [float(precision(hits, i + 1)) for i, hit in enumerate(hits[:k]) if hit]
    at_all = [float(precision(hits, i + 1)) for i in range(min(k, len(hits)))]
    return {
        "0/0: without a relevant item it is 0": math.nan,
        "divided by k also where fewer items are relevant: by min(k, R)": sum(at_hits) / k,
        "divided by R also where k is smaller: by min(k, R)": lambda: sum(at_hits) / sum(hits),
        "divided by the relevant items among the first k: those after k are missing, and must count": lambda: (
            sum(at_hits) / len(at_hits)
        ),
        "the precisions of all places: of those with a relevant item": lambda: sum(at_all) / min(k, sum(hits)),
        "the mean of the precisions at all places: at relevant places, and divided by min(k, R)": lambda: float(
            np.mean(at_all)
        ),
        "the precision at k alone": float(precision(hits, k)),
        "the mean of the reciprocal ranks: of the precisions": lambda: (
            sum(1 / i for i, hit in enumerate(hits[:k], 1) if hit) / min(k, sum(hits))
        ),
        "the whole list: the first k places": average_precision(hits, len(hits)),
        "the sum is not divided": sum(at_hits),
        "grades as weights: relevant is relevant": lambda: (
            sum(r * float(precision(hits, i + 1)) for i, r in enumerate(ranked[:k])) / sum(ranked)
        ),
        "one place too many": average_precision(hits, k + 1),
    }


def ndcg_mistakes(ranked: Ranked, k: int) -> Mistakes:
    """What the usual mistakes give for NDCG."""
    best = sorted(ranked, reverse=True)
    top = sorted(ranked[:k], reverse=True)

    def ratio(order: Ranked = ranked, ideal: Ranked = best, at: int = k, **how: Any) -> Callable[[], float]:
        return lambda: dcg(order, at, **how) / dcg(ideal, at, **how)

    return {
        "0/0: without a relevant item it is 0": math.nan,
        "the ideal order is that of the first k: sort the whole list": ratio(ideal=top),
        "the ideal is summed over the whole list: over its first k": lambda: dcg(ranked, k) / dcg(best, len(ranked)),
        "linear gain, rel: here it is 2^rel - 1": ratio(gain=lambda r: r),
        "2^rel without the - 1: irrelevant items gain nothing": ratio(gain=lambda r: 2.0**r),
        "discounted by log2(rank): the first place has log2(2) = 1": ratio(discount=math.log2),
        "the first two places are not discounted: it is log2(rank + 1)": ratio(
            discount=lambda i: max(1.0, math.log2(i))
        ),
        "discounted by log2(rank + 2)": ratio(discount=lambda i: math.log2(i + 2)),
        "discounted by the rank: by log2(rank + 1)": ratio(discount=float),
        "no discount": ratio(discount=lambda _: 1.0),
        "DCG is not divided by the ideal": dcg(ranked, k),
        "the ideal order is rising": ratio(ideal=best[::-1]),
        "grades are taken for relevant or not": ratio([float(r > 0) for r in ranked], [float(r > 0) for r in best]),
        "whole numbers cut off the grades": ratio([float(int(r)) for r in ranked], [float(int(r)) for r in best]),
        "the whole list: the first k places": ratio(at=len(ranked)),
    }


MISTAKES: dict[str, Callable[[Ranked, int], Mistakes]] = {
    "precision_at_k": precision_mistakes,
    "reciprocal_rank": reciprocal_mistakes,
    "average_precision_at_k": average_mistakes,
    "ndcg": ndcg_mistakes,
}
NAMES = pytest.mark.parametrize("name", MISTAKES)


def check_metric(name: str, relevances: npt.ArrayLike, k: int, *, hint: str = "") -> None:
    """Hold a metric to its definition."""
    __tracebackhide__ = True
    ranked = np.asarray(relevances, dtype=np.float64).tolist()
    arguments = (relevances,) if name == "reciprocal_rank" else (relevances, k)
    got, asked = getattr(kata, name)(*deepcopy(arguments)), call(name, *arguments)
    check.close(got, define(name, ranked, k), asked=asked, mistakes=MISTAKES[name](ranked, k), hint=hint)
    check.python_float(got, asked=asked)


RELEVANCES = [0, 3, 0, 1, 2]

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@NAMES
@pytest.mark.parametrize("k", [2, 4, 3, 5, 10])
def test_worked_examples(name: str, k: int) -> None:
    check_metric(name, RELEVANCES, k)


@pytest.mark.example
@NAMES
def test_worked_examples_of_few_relevant_items(name: str) -> None:
    check_metric(name, [2, 0, 0, 3, 0, 0], 3)
    check_metric(name, [0, 0, 1], 2)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@NAMES
@given(RANKED, KS)
def test_equals_the_definition(name: str, ranked: Ranked, k: int) -> None:
    check_metric(name, ranked, k)


@pytest.mark.law
@NAMES
@given(RANKED.filter(any), KS)
def test_the_ideal_order_has_1_or_all_that_k_allows(name: str, ranked: Ranked, k: int) -> None:
    ideal = sorted(ranked, reverse=True)
    arguments = (ideal,) if name == "reciprocal_rank" else (ideal, k)
    want = min(1.0, sum(r > 0 for r in ranked) / k) if name == "precision_at_k" else 1.0
    hint = "a perfect order gets 1; in precision, all that fit into k"
    check.close(getattr(kata, name)(*deepcopy(arguments)), want, asked=call(name, *arguments), hint=hint)


@pytest.mark.law
def test_a_list_of_hundreds_equals_the_definition() -> None:
    ranked = np.random.default_rng(31).choice([0, 0, 0, 1, 2, 4], size=400)
    for name in MISTAKES:
        for k in (10, 100, 400):
            check_metric(name, ranked, k)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@NAMES
def test_without_a_relevant_item_all_are_0_and_one_item_is_enough(name: str) -> None:
    check_metric(name, [0, 0, 0], 2)
    check_metric(name, [0], 1)
    check_metric(name, [1], 1)
    check_metric(name, [2], 3)


@pytest.mark.edge
@NAMES
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.float32])
def test_relevances_of_any_dtype_are_computed_in_float64(name: str, dtype: npt.DTypeLike) -> None:
    check_metric(name, np.array([0, 12, 1, 0, 13]).astype(dtype), 4, hint="convert to float64 first: 2^12 is no int8")


@pytest.mark.edge
@pytest.mark.parametrize("k", [1, 3, 4])
def test_grades_need_not_be_whole(k: int) -> None:
    for name in MISTAKES:
        check_metric(name, [0.25, 0.0, 1.5, 0.75], k)


BAD: dict[str, tuple[Any, Any]] = {
    "there are two axes": ([[0, 1], [1, 0]], 1),
    "one number is no list": (1.0, 1),
    "there are no items": ([], 1),
    "a relevance is negative": ([1, -1, 0], 1),
    "a relevance after the first k is negative": ([1, 0, -1], 1),
    "k is 0": ([1, 0], 0),
    "k is negative, which would cut off the end": ([1, 0, 1], -1),
    "k is not a whole number": ([1, 0, 1], 1.5),
}


@pytest.mark.edge
@pytest.mark.parametrize(
    ("why", "name"), [(w, n) for w in BAD for n in MISTAKES if n in WITH_K or not w.startswith("k is")]
)
def test_wrong_shapes_relevances_and_k_are_an_error(why: str, name: str) -> None:
    arguments = BAD[why] if name in WITH_K else BAD[why][:1]
    ask, hint = partial(getattr(kata, name), *deepcopy(arguments)), "check relevances and k first"
    check.raises(ValueError, ask, asked=call(name, *arguments), because=why, hint=hint)


@pytest.mark.edge
def test_the_argument_stays_as_it_was() -> None:
    relevances = np.array(RELEVANCES, dtype=np.float64)
    for name in MISTAKES:
        arguments = (relevances, 3) if name in WITH_K else (relevances,)
        with check.untouched(asked=call(name, *arguments), relevances=relevances):
            getattr(kata, name)(*arguments)
