"""Hypothesis profiles."""

from __future__ import annotations

import json

import pytest

from checkout import GOOD, Checkout

PROFILE_SUITE = """
import pytest
import {module} as kata
from hypothesis import given, settings, strategies as st

@pytest.mark.law
@given(st.integers())
def test_profile(x):
    kata.double(x)
    assert settings().derandomize is {derandomize}
"""


@pytest.mark.parametrize(("profile", "derandomize"), [("practice", False), ("ci", True), ("grade", False)])
def test_profiles_differ_in_what_is_random(checkout: Checkout, profile: str, derandomize: bool) -> None:
    checkout.add("a01_profiled", GOOD, suite=PROFILE_SUITE.replace("{derandomize}", str(derandomize)))
    assert checkout.pytest("katas", f"--hypothesis-profile={profile}").code == 0


def test_practice_keeps_failing_examples_under_the_state_folder(checkout: Checkout) -> None:
    suite = PROFILE_SUITE.replace("assert settings().derandomize is {derandomize}", "assert x < 100")
    checkout.add("a01_kept", GOOD, suite=suite)
    checkout.pytest("katas")
    assert list((checkout.state / "examples").rglob("*"))
    assert not (checkout.root / ".hypothesis" / "examples").exists()


def test_the_grade_profile_writes_its_seed_into_the_report(checkout: Checkout) -> None:
    checkout.add("a01_graded", GOOD)
    arguments = ("katas", "--hypothesis-profile=grade", "--json-report", "--json-report-file=report.json")
    seeds = set()
    for _ in range(2):
        assert checkout.pytest(*arguments).code == 0
        seeds.add(json.loads((checkout.root / "report.json").read_text())["kata"]["seed"])
    assert len(seeds) == 2
    assert all(seed.isdigit() for seed in seeds)
