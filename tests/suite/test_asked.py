"""What a failure says was asked, when the subject raised and no check was made: the call, and the values that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from checkout import Checkout

SUITE = """
import numpy as np
import pytest
import {module} as kata

EXAMPLE = np.array([[1.0, 2.0]])

class Odd:
    def __repr__(self):
        raise RuntimeError("nothing here may be shown")

def fitted(X, k):
    odd = Odd()
    return kata.double(X, k, odd)

@pytest.mark.example
def test_helper():
    fitted([1, 2], k=3)

@pytest.mark.example
def test_several_lines():
    first = 1
    kata.double(
        first,
        EXAMPLE,
    )

@pytest.mark.example
def test_value_is_used():
    X = np.arange(3)
    answer = kata.double(X)
"""


@pytest.fixture
def out(checkout: Checkout) -> str:
    checkout.add("a01_twice", "def double(*args):\n    raise ValueError('no')\n", suite=SUITE)
    return checkout.pytest("katas", "--no-record").out


def test_a_helper_of_the_suite_is_shown_with_the_values_it_was_given(out: str) -> None:
    assert "asked     kata.double(X, k, odd) with X=[1, 2], k=3" in out, out


def test_a_call_of_several_lines_is_shown_whole(out: str) -> None:
    assert "asked     kata.double( first, EXAMPLE, ) with first=1, EXAMPLE=[[1., 2.]]" in out, out


def test_the_name_of_the_answer_stays(out: str) -> None:
    assert "asked     answer = kata.double(X) with X=[0, 1, 2]" in out, out


def test_the_players_failures_say_the_same(checkout: Checkout, tmp_path: Path) -> None:
    subject = tmp_path / "twice.py"
    subject.write_text("def double(*args):\n    raise ValueError('no')\n")
    checkout.add("a01_twice", suite=SUITE)
    out = checkout.pytest("katas", "--player", "process", "--subject", str(subject)).out
    assert "asked     kata.double(X, k, odd) with X=[1, 2], k=3" in out, out
