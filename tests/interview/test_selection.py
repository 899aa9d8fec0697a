"""What an interview draws: fits the time, can be repeated, goes over the sets, leans to the role and to what is weak."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.load import load_catalog
from harness.core.model import Kata, KataSet
from harness.history.store import Entry
from harness.interview.selection import (
    ENOUGH,
    CandidateRecord,
    NoKatasError,
    candidate_record,
    is_of_an_interview,
    select,
    weight,
)
from harness.practice.topics import ROLES, Role, kata_trouble, topic_name

from checkout import ROOT

REAL = load_catalog(ROOT).katas
SEEDS = range(300)


def kata(slug: str, minutes: int = 10, topics: tuple[str, ...] = ()) -> Kata:
    letter = slug[0].upper()
    return Kata(
        slug, slug[:3].upper(), KataSet(letter), slug[4:], Path(slug), slug, minutes, topics, (), (), (), (), 1.0, ""
    )


def entry(kind: str, slug: str, **data: object) -> Entry:
    return Entry(1, 10.0, slug, kind, data)


FEW = ("A01", "A02", "A03", "A04", "B01", "B02", "B03", "C01", "C02", "D01", "D02")


def drawn_counts(katas: tuple[Kata, ...], minutes: int, role: Role | None, candidate: CandidateRecord) -> Counter[str]:
    """How often each kata is drawn over many seeds."""
    return Counter(k.slug for seed in SEEDS for k in select(katas, minutes, role, candidate, seed).katas)


@given(st.integers(15, 480), st.integers(0, 10**6), st.sampled_from([None, *Role]))
def test_a_draw_fits_the_time_has_no_kata_twice_and_repeats(minutes: int, seed: int, role: Role | None) -> None:
    drawn = select(REAL, minutes, role, CandidateRecord(), seed)
    slugs = [k.slug for k in drawn.katas]
    assert sum(k.minutes for k in drawn.katas) <= minutes
    assert slugs == sorted(set(slugs))
    assert slugs
    assert select(REAL, minutes, role, CandidateRecord(), seed) == drawn
    assert bool(drawn.notice) == (drawn.minutes < ENOUGH * minutes)


@given(st.integers(20, 400), st.integers(0, 10**6))
def test_where_the_katas_can_fill_the_time_they_do(minutes: int, seed: int) -> None:
    sums = {0}
    for k in REAL:
        sums |= {total + k.minutes for total in sums}
    can = max(total for total in sums if total <= minutes) >= ENOUGH * minutes  # 27 minutes cannot be filled
    assert bool(select(REAL, minutes, None, CandidateRecord(), seed).notice) is not can


def test_seeds_differ() -> None:
    assert len({tuple(k.slug for k in select(REAL, 90, None, CandidateRecord(), seed).katas) for seed in SEEDS}) > 20


def test_a_draw_goes_over_the_sets() -> None:
    katas = tuple(kata(f"{letter}{number:02d}_x{letter}{number}") for letter in "abc" for number in range(1, 6))
    several = sum(len({k.set for k in select(katas, 30, None, CandidateRecord(), seed).katas}) > 1 for seed in SEEDS)
    without = 1 - (4 / 14) * (3 / 13)  # three at random, not all of one set
    assert several / len(SEEDS) > without


def test_a_set_of_many_katas_is_asked_no_more_than_one_of_few() -> None:
    katas = tuple(kata(f"a{number:02d}_x{number}") for number in range(1, 25))
    katas += tuple(kata(f"b{number:02d}_y{number}") for number in range(1, 4))
    first = Counter(select(katas, 10, None, CandidateRecord(), seed).katas[0].set for seed in SEEDS)
    assert 0.35 < first[KataSet.A] / len(SEEDS) < 0.65


@pytest.mark.parametrize(
    ("role", "liked", "less"),
    [
        (Role.ML_ENGINEER, "d01_model_serving", "a02_r2_score"),
        (Role.RESEARCH_SCIENTIST, "b03_pca", "d01_model_serving"),
        (Role.DATA_SCIENTIST, "a01_mse", "c01_matmul"),
    ],
)
def test_a_role_leans_to_its_topics(role: Role, liked: str, less: str) -> None:
    # Of all katas each is drawn too rarely to be compared, so these draw from the first few of each set.
    few = tuple(kata for kata in REAL if kata.id in FEW)
    of_role, of_any = (drawn_counts(few, 90, which, CandidateRecord()) for which in (role, None))
    assert of_role[liked] > of_any[liked]
    assert of_role[less] < of_any[less]


def test_the_table_of_roles_names_topics_that_exist() -> None:
    known = {topic_name(topic) for k in REAL for topic in k.topics}
    for role, interest in ROLES.items():
        assert set(interest.topics) <= known, role
        assert set(interest.sets) == set(KataSet)


def test_weak_topics_are_drawn_more_often() -> None:
    katas = (kata("a01_x", topics=("metrics",)), kata("a02_y", topics=("metrics",)), kata("a03_z", topics=("losses",)))
    failing = [entry("run", "a01_x", status="failing") for _ in range(10)]
    weak = candidate_record(katas, failing, (), (), now=20.0)
    assert weak.weak_topics == ("metrics",)
    before, after = drawn_counts(katas, 10, None, CandidateRecord()), drawn_counts(katas, 10, None, weak)
    assert after["a02_y"] > 1.2 * before["a02_y"]
    assert after["a03_z"] < before["a03_z"]


def test_trouble_counts_failed_runs_hints_the_clock_and_giving_up() -> None:
    one = kata("a01_x", minutes=10)
    well = [entry("run", "a01_x", status="passed"), entry("pass", "a01_x", spent_s=300.0)]
    assert kata_trouble(one, []) is None
    assert kata_trouble(one, well) == 0
    for more in (
        entry("run", "a01_x", status="failing"),
        entry("hint", "a01_x", number=1),
        entry("pass", "a01_x", spent_s=601.0),
        entry("reveal", "a01_x", given_up=True),
    ):
        assert (kata_trouble(one, [*well, more]) or 0) > 0, more
    assert kata_trouble(one, [*well, entry("reveal", "a01_x", given_up=False)]) == 0
    assert kata_trouble(one, [*well, entry("pass", "a01_x", spent_s=None)]) == 0


def test_what_is_new_or_due_goes_before_what_is_begun_and_that_before_what_is_passed() -> None:
    katas = tuple(kata(f"a0{i}_x{i}", topics=("t",)) for i in range(1, 6))
    entries = [entry("pass", slug, spent_s=1.0) for slug in ("a01_x1", "a02_x2")]
    candidate = candidate_record(katas, entries, {"a02_x2"}, {"a03_x3"}, now=20.0)
    passed, due, begun, new, _ = (weight(k, None, candidate) for k in katas)
    assert passed < begun < new == due


def test_a_repeated_draw_knows_what_came_from_interviews() -> None:
    assert is_of_an_interview(entry("run", "a01_x", trigger="interview"))
    assert is_of_an_interview(entry("interview", ""))
    assert not is_of_an_interview(entry("run", "a01_x", trigger="watch"))


def test_nothing_to_draw_is_said_plainly() -> None:
    with pytest.raises(NoKatasError, match="there are no katas"):
        select((), 90, None, CandidateRecord(), 0)
    with pytest.raises(NoKatasError, match="no kata fits into 5 min: the shortest, a01_x, takes 10") as caught:
        select((kata("a01_x"), kata("a02_y", 20)), 5, None, CandidateRecord(), 0)
    assert caught.value.hint == "ask for more time: --minutes 10"
