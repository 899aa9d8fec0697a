"""Examples that were drawn ahead: the same ones, and the same verdicts, as when hypothesis draws them in the run."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.core.model import Kata
from harness.plugin.example_cache import Hand, Nobody, nobody, put_down
from harness.runner.example_recording import Decks
from harness.runner.job import Job

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
    """Runs of one suite of laws, with notes of what was drawn and tried."""

    def __init__(self, checkout: Checkout, folder: Path) -> None:
        checkout.add("a01_double", GOOD, suite=LAWS)
        self.checkout = checkout
        self.deck = folder / "deck"
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

    def draw(self) -> dict[str, Hand]:
        """Have the deck drawn; by name of test."""
        done = self(f"--kata-draw={self.deck}", source="this is not even Python\n")
        assert done.code == 0, done.text
        hands = msgspec.msgpack.decode(self.deck.read_bytes(), type=dict[str, Hand])
        return {name.rpartition("::")[2]: hand for name, hand in hands.items()}

    def dealt(self, **options: Any) -> Done:
        """Run it with the deck."""
        return self(f"--kata-deck={self.deck}", **options)

    def notes(self, word: str) -> list[str]:
        """What was noted in the last run."""
        lines = self._notes.read_text().splitlines()
        return [line.removeprefix(f"{word} ") for line in lines if line.startswith(f"{word} ")]


@pytest.fixture
def runs(checkout: Checkout, tmp_path: Path) -> Runs:
    return Runs(checkout, tmp_path)


def test_a_run_with_a_deck_tries_what_hypothesis_would_have_drawn(runs: Runs) -> None:
    words = ("tried 1", "tried -1", "tried even")
    assert runs().code == 0
    drawn = {word: runs.notes(word) for word in words}
    assert all(len(tried) == 50 for tried in drawn.values())
    hands = runs.draw()
    assert runs.notes("tried 1") == []
    assert sorted(hands) == ["test_doubles[-1]", "test_doubles[1]", "test_doubles_even_numbers"]
    done = runs.dealt()
    assert done.code == 0, done.text
    assert "law 4/4" in done.out
    assert runs.notes("drawn") == []
    assert {word: runs.notes(word) for word in words[:2]} == {word: drawn[word] for word in words[:2]}
    assert len(runs.notes("tried even")) == 50  # some were unfit, and others took their places


def test_a_law_that_does_not_hold_is_told_as_it_always_is(runs: Runs) -> None:
    def told(done: Done) -> str:
        return re.sub(r"\d+\.\d+s", "", done.out)

    alone = runs(source=FAR_OFF)
    runs.draw()
    dealt = runs.dealt(source=FAR_OFF)
    assert alone.code == dealt.code == 1
    assert "double(1000)" in dealt.out
    assert told(alone) == told(dealt)


def test_an_example_that_fails_only_once_is_a_failure(runs: Runs) -> None:
    hands = runs.draw()
    bad = {
        f"katas/a01_double/test_double.py::{name}": Hand(1, [pickle.dumps({"x": -(10**9)})])
        for name in hands  # no strategy draws it
    }
    runs.deck.write_bytes(msgspec.msgpack.encode(bad))
    source = "def double(x):\n    return 0 if abs(x) == 10**9 else 2 * x\n"
    assert runs(source=source).code == 0
    done = runs.dealt(source=source)
    assert done.code == 1
    assert "double(-1000000000)" in done.out


def test_too_few_fit_examples_are_not_enough(runs: Runs) -> None:
    hands = runs.draw()
    unfit = Hand(50, [pickle.dumps({"x": 4})] * 100)
    runs.deck.write_bytes(msgspec.msgpack.encode({"katas/a01_double/test_double.py::test_doubles_even_numbers": unfit}))
    assert len(hands) == 3
    assert runs.dealt().code == 0
    assert len(runs.notes("tried even")) == 50


def test_a_deck_that_is_not_there_is_done_without(runs: Runs) -> None:
    done = runs.dealt()
    assert done.code == 0, done.text
    assert len(runs.notes("tried 1")) == 50


def test_what_a_law_has_failed_on_before_comes_first(runs: Runs) -> None:
    assert runs(source=FAR_OFF, profile="practice").code == 1
    runs.draw()
    done = runs.dealt(source="def double(x):\n    return 0 if x == 1000 else 2 * x\n", profile="practice")
    assert done.code == 1
    assert "double(1000)" in done.out


def test_every_suite_can_be_drawn_from_with_nobody_in_the_subjects_place(tmp_path: Path) -> None:
    deck = tmp_path / "deck"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-profile", "grade"]
    command += [f"--kata-draw={deck}", "katas"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    hands = msgspec.msgpack.decode(deck.read_bytes(), type=dict[str, Hand])
    there = {Path(name.partition("::")[0]).parent.name for name in hands}
    assert there == {folder.parent.name for folder in (ROOT / "katas").glob("*/kata.toml")}
    assert all(len(hand.examples) >= hand.needed > 0 for hand in hands.values())


# --- arrays -------------------------------------------------------------------------------------------------------------


def _arrays() -> dict[str, np.ndarray[Any, Any]]:
    table = np.arange(24.0).reshape(4, 6)
    locked = table.copy()
    locked.flags.writeable = False
    return {
        "plain": np.arange(3.0),
        "a scalar": np.array(2.0),
        "empty": np.zeros((0, 3)),
        "Fortran": np.asfortranarray(table.copy()),
        "transposed": table.T,
        "every other": table[:, ::2],
        "backwards": table[::-1],
        "of a Fortran one": np.asfortranarray(table)[1:, 1:],
        "read-only": locked,
        "broadcast": np.broadcast_to(np.arange(3.0), (4, 3)),
        "other bytes": np.arange(3, dtype=">i4"),
        "words": np.array(["a", "bc"]),
        "whether": table[0] > 2,
    }


@pytest.mark.parametrize("name", _arrays())
def test_arrays_come_back_as_they_lay_in_memory(name: str) -> None:
    array = _arrays()[name]
    written = put_down({"X": array})
    assert written is not None
    again = pickle.loads(written)["X"]
    assert np.array_equal(again, array)
    assert again.dtype == array.dtype
    assert again.strides == array.strides or not array.size
    for flag in ("C_CONTIGUOUS", "F_CONTIGUOUS", "WRITEABLE"):
        assert again.flags[flag] == array.flags[flag]


def test_arrays_that_share_memory_share_it_again() -> None:
    table = np.arange(6.0)
    written = put_down({"X": table, "y": table[2:4]})
    assert written is not None
    again = pickle.loads(written)
    again["X"][2] = 99.0
    assert again["y"].tolist() == [99.0, 3.0]


@pytest.mark.parametrize(
    "value",
    [
        np.array([None]),
        np.frombuffer(b"12345678"),
        np.ma.array([1.0]),
        lambda: 1,
        Nobody("double"),
        nobody(sys, "double")(1).coef,
    ],
    ids=["objects", "foreign memory", "a subclass", "a function", "nobody", "what nobody returns"],
)
def test_what_is_no_plain_value_is_not_put_down(value: object) -> None:
    assert put_down({"x": value}) is None
    assert put_down({"x": [1, (value,)]}) is None


def test_nobody_has_all_names_but_those_of_the_language() -> None:
    with pytest.raises(AttributeError):
        nobody(sys, "__path__")

    class Model(nobody(sys, "Model")):  # type: ignore[misc]
        pass

    assert Model.__mro__ == (Model, object)
    assert nobody(sys, "mse").__name__ == "mse"


# --- which decks are drawn ------------------------------------------------------------------------------------------------


class _Ended:
    pid = 1
    returncode = 0

    def poll(self) -> int:
        return 0

    def wait(self) -> int:
        return 0


def test_a_deck_is_drawn_once_for_what_is_run_again(tmp_path: Path, checkout: Checkout) -> None:
    from harness.catalog.load import load_catalog

    for slug in ("a01_one", "a02_two"):
        checkout.add(slug, GOOD)
    one, two = load_catalog(checkout.root).katas
    asked: list[tuple[str, int | None, Path]] = []

    def draw(job: Job, file: Path) -> _Ended:
        asked.append((job.kata.slug, job.seed, file))
        return _Ended()

    decks = Decks(tmp_path, draw)

    def job(kata: Kata, seed: int | None = 7) -> Job:
        return Job(kata, profile="grade", seed=seed)

    assert [decks.find(job(one)), decks.find(job(two)), decks.find(job(one, 8))] == [None] * 3
    assert [decks.find(job(one, None)) for _ in range(3)] == [None] * 3
    assert asked == []
    assert [decks.find(job(one)), decks.find(job(one))] == [None] * 2
    ((slug, seed, file),) = asked
    assert (slug, seed) == ("a01_one", 7)
    file.write_bytes(b"")
    assert decks.find(job(one)) == file
    assert decks.find(job(two)) is None
    assert len({file for *_, file in asked}) == len(asked) == 2
    assert len(decks.processes()) == 2
