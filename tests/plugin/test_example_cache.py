"""Recorded examples: the same ones, and the same verdicts, as when hypothesis generates them in the run."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.catalog.load import load_catalog
from harness.core.model import Kata
from harness.plugin.example_cache import ExampleCache, LawExamples

from checkout import GOOD, ROOT, Checkout, Done, environment

LAWS = """
import os
import pytest
import {module} as kata
from hypothesis import assume, given, strategies as st
from harness.suite import check

def note(word, value):
    with open(os.environ["KATA_TEST_NOTES"], "a") as notes:
        notes.write(f"{{word}} {{value}}\\n")
    return value

@pytest.fixture(scope="module")
def factor():
    return 2

@pytest.mark.law
@pytest.mark.parametrize("sign", [1, -1])
@given(x=st.integers(0, 10**6).map(lambda x: note("drawn", x)))
def test_doubles(factor, sign, x):
    note(f"tried {{sign}}", x)
    check.equal(kata.double(sign * x), factor * sign * x, asked=f"double({{sign * x}})")

@pytest.mark.law
@given(x=st.integers(0, 10**6))
def test_doubles_even_numbers(x):
    assume(x % 4)
    note("tried even", x)
    check.equal(kata.double(x), 2 * x, asked=f"double({{x}})")

@pytest.mark.law
@given(data=st.data())
def test_doubles_what_is_drawn_on_the_way(data):
    x = data.draw(st.integers())
    check.equal(kata.double(x), 2 * x, asked=f"double({{x}})")

@pytest.mark.example
def test_two_is_four():
    check.equal(kata.double(2), 4, asked="double(2)")
"""
FAR_OFF = "def double(x):\n    return 2 * x if abs(x) < 1000 else 0\n"


class Runs:
    """Runs of one suite of laws, with notes of what was generated and tried."""

    def __init__(self, checkout: Checkout, folder: Path) -> None:
        checkout.add("a01_double", GOOD, suite=LAWS)
        self.checkout = checkout
        self.file = folder / "examples"
        self._notes = folder / "notes"

    def __call__(self, *options: str, source: str = GOOD, profile: str = "grade") -> Done:
        """Run it, in practice without a seed: hypothesis remembers failures only then."""
        (self.checkout.root / "katas/a01_double/double.py").write_text(source)
        self._notes.write_text("")
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--hypothesis-profile", profile]
        command += ["--hypothesis-seed=1"] if profile == "grade" else []
        command += [*options, "katas/a01_double"]
        env = environment() | {"KATA_TEST_NOTES": str(self._notes)}
        root = self.checkout.root
        done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=120, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    def record(self) -> ExampleCache:
        """Have the examples recorded; by name of test."""
        done = self(f"--kata-record-examples={self.file}", source="this is not even Python\n")
        assert done.code == 0, done.text
        cache = msgspec.msgpack.decode(self.file.read_bytes(), type=ExampleCache)
        return {name.rpartition("::")[2]: examples for name, examples in cache.items()}

    def replay(self, **options: Any) -> Done:
        """Run it with the recorded examples."""
        return self(f"--kata-replay-examples={self.file}", **options)

    def notes(self, word: str) -> list[str]:
        """What was noted in the last run."""
        lines = self._notes.read_text().splitlines()
        return [line.removeprefix(f"{word} ") for line in lines if line.startswith(f"{word} ")]


@pytest.fixture
def runs(checkout: Checkout, tmp_path: Path) -> Runs:
    return Runs(checkout, tmp_path)


def test_a_replay_tries_the_examples_that_hypothesis_would_have_generated(runs: Runs) -> None:
    words = ("tried 1", "tried -1", "tried even")
    assert runs().code == 0
    drawn = {word: runs.notes(word) for word in words}
    assert all(len(tried) == 50 for tried in drawn.values())
    recorded = runs.record()
    assert runs.notes("tried 1") == []
    assert sorted(recorded) == ["test_doubles[-1]", "test_doubles[1]", "test_doubles_even_numbers"]
    done = runs.replay()
    assert done.code == 0, done.text
    assert "law 4/4" in done.out
    assert runs.notes("drawn") == []
    assert {word: runs.notes(word) for word in words[:2]} == {word: drawn[word] for word in words[:2]}
    assert len(runs.notes("tried even")) == 50  # `assume` rejected some, and others took their places


def test_a_law_that_does_not_hold_is_reported_the_same_way(runs: Runs) -> None:
    def shown(done: Done) -> str:
        return re.sub(r"\d+\.\d+s", "", done.out)

    without = runs(source=FAR_OFF)
    runs.record()
    replayed = runs.replay(source=FAR_OFF)
    assert without.code == replayed.code == 1
    assert "double(1000)" in replayed.out
    assert shown(without) == shown(replayed)


def test_an_example_that_fails_only_once_is_a_failure(runs: Runs) -> None:
    recorded = runs.record()
    bad = {
        f"katas/a01_double/test_double.py::{name}": LawExamples(1, [pickle.dumps({"x": -(10**9)})])
        for name in recorded  # no strategy draws it
    }
    runs.file.write_bytes(msgspec.msgpack.encode(bad))
    source = "def double(x):\n    return 0 if abs(x) == 10**9 else 2 * x\n"
    assert runs(source=source).code == 0
    done = runs.replay(source=source)
    assert done.code == 1
    assert "double(-1000000000)" in done.out


def test_a_replay_with_too_few_usable_examples_is_left_to_hypothesis(runs: Runs) -> None:
    recorded = runs.record()
    rejected = LawExamples(50, [pickle.dumps({"x": 4})] * 100)
    runs.file.write_bytes(
        msgspec.msgpack.encode({"katas/a01_double/test_double.py::test_doubles_even_numbers": rejected})
    )
    assert len(recorded) == 3
    assert runs.replay().code == 0
    assert len(runs.notes("tried even")) == 50


def test_a_run_without_the_recorded_file_generates_examples(runs: Runs) -> None:
    done = runs.replay()
    assert done.code == 0, done.text
    assert len(runs.notes("tried 1")) == 50


def test_an_example_that_failed_before_is_tried_first(runs: Runs) -> None:
    assert runs(source=FAR_OFF, profile="practice").code == 1
    runs.record()
    done = runs.replay(source="def double(x):\n    return 0 if x == 1000 else 2 * x\n", profile="practice")
    assert done.code == 1
    assert "double(1000)" in done.out


def one_of_each_kind() -> list[Kata]:
    """Of this repository's katas, the first of each set and kind, with and without helpers and a follow-up."""
    first: dict[object, Kata] = {}
    for kata in load_catalog(ROOT).katas:
        first.setdefault((kata.set, kata.kind, bool(kata.helpers), kata.has_follow_up), kata)
    return list(first.values())


def test_examples_of_suites_of_every_kind_can_be_recorded_without_a_subject(tmp_path: Path) -> None:
    file, katas = tmp_path / "examples", one_of_each_kind()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-profile", "grade"]
    command += [f"--kata-record-examples={file}", *(str(kata.suite_file()) for kata in katas)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    cache = msgspec.msgpack.decode(file.read_bytes(), type=ExampleCache)
    there = {Path(name.partition("::")[0]).parent.name for name in cache}
    assert there == {kata.slug for kata in katas}
    assert all(len(law.examples) >= law.needed > 0 for law in cache.values())
