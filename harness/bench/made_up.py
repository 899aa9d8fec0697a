"""Made-up katas of the sizes that real ones have, for benchmarks of the audit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.catalog.load import stub_hash
from harness.core.model import KataSet

SHARES = {KataSet.A: 24, KataSet.B: 27, KataSet.C: 11, KataSet.D: 16}
"""How many of 78 katas each set has."""


@dataclass(frozen=True, slots=True)
class Size:
    """What there is of a kata."""

    functions: int
    """Each has about 50 lines of tests, and four mistakes."""
    speed_mistakes: int
    spare: int
    """Mistakes fewer than four times the functions."""

    @property
    def mistakes(self) -> int:
        """All mistakes."""
        return 4 * self.functions - self.spare + self.speed_mistakes


SIZES = {
    KataSet.A: Size(functions=4, speed_mistakes=2, spare=0),
    KataSet.B: Size(functions=6, speed_mistakes=2, spare=1),
    KataSet.C: Size(functions=6, speed_mistakes=4, spare=6),
    KataSet.D: Size(functions=10, speed_mistakes=2, spare=7),
}
"""18, 25, 22 and 35 mistakes; suites of about 200, 300, 300 and 500 lines."""

_SUITE_HEAD = """
import numpy as np
import pytest
from hypothesis import given

import {module} as kata
from harness.suite import check
from harness.suite.check import call
from harness.suite.speed import Contest
from harness.suite.strategies import floats, vectors


def by_the_definition(x, power):
    total = 0.0
    for value in x:
        total += abs(float(value)) ** power
    return (total / len(x)) ** (1 / power)


def mistakes_of(x, power):
    size = np.abs(np.asarray(x, dtype=np.float64))
    return {{
        "the sum in place of the mean": float((size**power).sum() ** (1 / power)),
        "the root is missing": float((size**power).mean()),
        "values keep their signs": by_the_definition([max(float(value), 0.0) for value in x], power),
    }}
"""
_SUITE_PART = """

# --- the mean of power {p} ----------------------------------------------------------------------------------------------

EXAMPLES_{p} = [
    [1.0, 2.0, 4.0],
    [-1.0, 2.0, -4.0],
    [0.5, -0.25],
]


@pytest.mark.example
@pytest.mark.parametrize("x", EXAMPLES_{p})
def test_mean_{p}_of_an_example(x):
    check.close(
        kata.mean_{p}(np.array(x)),
        by_the_definition(x, {p}),
        asked=call("mean_{p}", x),
        mistakes=mistakes_of(x, {p}),
        hint="absolute values first, the root last",
    )


@pytest.mark.law
@given(vectors(max_size=8))
def test_mean_{p}_equals_the_definition(x):
    check.close(
        kata.mean_{p}(x),
        by_the_definition(x, {p}),
        asked=call("mean_{p}", x),
        mistakes=mistakes_of(x, {p}),
        hint="absolute values first, the root last",
    )


@pytest.mark.law
@given(vectors(max_size=8), floats(10.0))
def test_mean_{p}_of_a_multiple_is_the_multiple(x, factor):
    check.close(
        kata.mean_{p}(factor * x),
        abs(factor) * by_the_definition(x, {p}),
        asked=call("mean_{p}", factor * x),
        hint="the mean has the unit of its values",
    )


@pytest.mark.edge
def test_mean_{p}_of_nothing_is_an_error():
    check.raises(
        ValueError,
        lambda: kata.mean_{p}(np.array([])),
        asked=call("mean_{p}", []),
        because="the array is empty",
        hint="refuse it",
    )
"""
_SPEED = """

@pytest.mark.speed
def test_mean_1_is_vectorised(race):
    def prepare(rng):
        x = rng.normal(size=20_000)
        return Contest(lambda: kata.mean_1(x), lambda: by_the_definition(x, 1))

    race(prepare, same=check.close, at_least=4, versus="the loop", asked="mean_1 of 20,000 numbers")
"""
_STUB_PART = '''
def mean_{p}(x: np.ndarray) -> float:
    """The mean of power {p} of the absolute values. Raises `ValueError` for an empty array."""
    raise NotImplementedError
'''
_REFERENCE_PART = '''
def mean_{p}(x: np.ndarray) -> float:
    """The mean of power {p} of the absolute values. Raises `ValueError` for an empty array."""
    size_{p} = np.abs(np.asarray(x, dtype=np.float64))
    if size_{p}.size == 0:
        raise ValueError("mean_{p} needs at least one value")
    return float(np.mean(size_{p}**{p}) ** (1 / {p}))
'''
_QUESTION = """{i}. What does question {i} of {kata} ask?

   For a claim, a reason, an example with numbers and the usual misunderstanding, in as many words as an interviewer
   listens to.
"""
_EDITS = (
    ("sum", "test_mean_{p}_equals_the_definition", "np.mean(size_{p}**{p})", "np.sum(size_{p}**{p})"),
    ("no_root", "test_mean_{p}_of_an_example", "** (1 / {p}))", "** 1)"),
    ("scaled", "test_mean_{p}_of_a_multiple_is_the_multiple", "** (1 / {p}))", "** (1 / {p}) + 1)"),
)
"""Mistakes in the last line: name, test, and what is replaced."""
_LAST_LINE = "    return float(np.mean(size_{p}**{p}) ** (1 / {p}))"
_MISTAKE = """
### {name}
{text}
Caught by: {test}
```diff
{diff}
```
"""


def write_katas(root: Path, count: int) -> None:
    """Write `count` katas, with shares as in `SHARES`, and their solutions under `root`."""
    (root / "katas").mkdir(parents=True)
    numbers = dict.fromkeys(KataSet, 0)
    for i in range(count):
        # The set that is furthest behind its share.
        kata_set = min(KataSet, key=lambda known: (numbers[known] + 1) / SHARES[known])
        numbers[kata_set] += 1
        _write_kata(root, kata_set, numbers[kata_set], f"made_up_{i}")


def _write_kata(root: Path, kata_set: KataSet, number: int, module: str) -> None:
    prefix = f"{kata_set}{number:02d}"
    size = SIZES[kata_set]
    powers = range(1, size.functions + 1)
    stub = _module(_STUB_PART, powers)
    suite = _SUITE_HEAD.format(module=module) + "".join(_SUITE_PART.format(p=p) for p in powers) + _SPEED
    folder = root / "katas" / f"{prefix.lower()}_{module}"
    toml = f'title = "Means {number}"\nminutes = 10\ntopics = ["means"]\nimports = ["numpy"]\n'
    _write(folder / ".stub", stub)
    _write(folder / "kata.toml", f'{toml}stub_sha256 = "{stub_hash(stub.encode())}"\n')
    _write(folder / f"{module}.py", stub)
    _write(folder / f"test_{module}.py", suite.lstrip())
    _write(folder / "README.md", f"# {prefix} · Means\n\n## Task\n\n## Rules\n\n## Example\n")
    _write(folder / "hints.md", "# Hints\n\n1. One.\n2. Two.\n3. Three.\n")
    solutions = root / "solutions" / folder.name
    reference = _module(_REFERENCE_PART, powers)
    _write(solutions / f"{module}.py", reference)
    _write(solutions / "also_right" / "absolute.py", reference.replace("np.abs(", "np.absolute("))
    _write(solutions / "also_right" / "average.py", reference.replace("np.mean(", "np.average("))
    _write(solutions / "mistakes.md", f"base: {module}.py\n{''.join(_mistakes(size))}")
    questions = "\n".join(_QUESTION.format(i=i, kata=folder.name) for i in (1, 2, 3))
    _write(
        solutions / "debrief.md",
        f"# Debrief\n\n## Complexity\n\n## Trade-offs\n\n## Follow-up questions\n\n{questions}",
    )


def _module(part: str, powers: range) -> str:
    return '"""Means of several powers."""\n\nimport numpy as np\n\n' + "\n".join(part.format(p=p) for p in powers)


def _mistakes(size: Size) -> list[str]:
    """The mistakes: for each function a wrong mean, root, unit and edge; some are slow."""
    found = []
    for p in range(1, size.functions + 1):
        last = _LAST_LINE.format(p=p)
        for name, test, old, new in _EDITS:
            text = last.replace(old.format(p=p), new.format(p=p))
            if p == 1 and name == "no_root":  # the root of power 1 changes nothing
                text = last.replace("np.mean(", "2 * np.mean(")
            found.append(_mistake(f"{name}_{p}", test.format(p=p), f"-{last}\n+{text}"))
        check = f"    if size_{p}.size == 0:"
        edit = f"-{check}\n+{check.replace('== 0', '< 0')}"
        found.append(_mistake(f"empty_{p}", f"test_mean_{p}_of_nothing_is_an_error", edit))
    found = found[: len(found) - size.spare]
    slow = "    return float(sum(abs(float(value)) for value in x) / len(x))"
    for i in range(size.speed_mistakes):
        edit = f"-{_LAST_LINE.format(p=1)}\n+    _ = {i}\n+{slow}"
        found.append(_mistake(f"loop_{i}", "test_mean_1_is_vectorised", edit))
    return found


def _mistake(name: str, test: str, diff: str) -> str:
    return _MISTAKE.format(name=name, text="It is not what the task asks for.", test=test, diff=diff)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
