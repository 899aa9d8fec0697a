"""Of every fault of a kata and of its solutions, the authors' gate says what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checkout import STUB, Checkout
from complete_katas import ANSWER, KATA, PAGE, SOLUTIONS, complete, edit, remove, run_audit, write

pytestmark = pytest.mark.usefixtures("one_fork_server")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all audits here: what a fault does not touch is not run again."""
    return tmp_path_factory.mktemp("state")


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no README": (remove(f"{KATA}/README.md"), "README.md is missing"),
    "no rules": (edit(f"{KATA}/README.md", "## Rules", "## Rule"), "README.md has no heading '## Rules'"),
    "wrong title": (edit(f"{KATA}/README.md", "# A01", "# A02"), "README.md does not begin with '# A01 '"),
    "two hints": (edit(f"{KATA}/hints.md", "3. Three.\n", ""), "hints.md has 2 numbered hints, expected at least 3"),
    "no debrief": (remove(f"{SOLUTIONS}/debrief.md"), "debrief.md is missing"),
    "few questions": (edit(f"{SOLUTIONS}/debrief.md", "3. When?", ""), "debrief.md has 2 follow-up questions"),
    "short answer": (
        edit(f"{SOLUTIONS}/debrief.md", f"When?\n\n{ANSWER}", "When?\n\n   Now."),
        "debrief.md: 'When?' is answered in 1 word, expected 20 to 150",
    ),
    "no topics": (edit(f"{KATA}/kata.toml", '["test"]', "[]"), "kata.toml has no topics"),
    "edited stub": (write(f"{KATA}/double.py", STUB + "\n"), "the stub is not the one that kata.toml has the hash of"),
    "long stub": (write(f"{KATA}/double.py", STUB + "\n" * 60), "the stub has 62 lines, expected at most 60"),
    "stub passes": (write(f"{KATA}/double.py", "def double(x):\n    return 4\n"), "the stub passes test_two_is_four"),
    "stub raises": (
        write(f"{KATA}/double.py", "def double(x):\n    raise TypeError\n"),
        "the stub fails test_two_is_four otherwise than by NotImplementedError: TypeError",
    ),
    "stray file": (write(f"{KATA}/notes.txt", "x"), "stray file in katas/a01_double: notes.txt"),
    "stray solution": (write(f"{SOLUTIONS}/old.py", "x = 1"), "stray file in solutions/a01_double: old.py"),
    "stray wrong": (write(f"{SOLUTIONS}/wrong/a.txt", "x"), "stray file in solutions/a01_double/wrong: a.txt"),
    "missing helper": (
        edit(f"{KATA}/kata.toml", "minutes", 'helpers = ["other"]\nminutes'),
        "the helper other.py is missing",
    ),
    "bare assert": (
        edit(f"{KATA}/test_double.py", "@pytest.mark.speed", "def helper():\n    assert True\n\n@pytest.mark.speed"),
        "the suite has a bare assert in line 13",
    ),
    "import of the name": (
        edit(f"{KATA}/test_double.py", "import double as kata", "import double as kata\nfrom double import double"),
        "the suite imports from double in line 4",
    ),
    "test in no band": (
        edit(f"{KATA}/test_double.py", "@pytest.mark.example", ""),
        "the suite: every kata test needs exactly one of the markers",
    ),
    "wrong reference": (
        edit(f"{SOLUTIONS}/double.py", "2 * x", "3 * x"),
        "the reference does not pass test_two_is_four",
    ),
    "thin margin": (
        edit(
            f"{KATA}/test_double.py",
            "kata.double(x), lambda: sum(range(30_000)), lambda: 2 * x)\n\n    race(prepare, same=check.equal, at_least=3",
            "sum([kata.double(x), *[0] * 30_000]), lambda: sum([0] * 30_001), lambda: 2 * x)\n\n"
            "    race(prepare, same=check.equal, at_least=0.85",
        ),
        "the reference passes test_is_fast with a margin of",
    ),
    "banned import": (
        edit(f"{SOLUTIONS}/double.py", "def", "import scipy\n\ndef"),
        "a01_double/double.py: double.py, line 1: scipy may not be imported in a01_double",
    ),
    "wrong one unnamed": (
        edit(f"{SOLUTIONS}/wrong/plus_1.py", "Caught by", "See"),
        "wrong/plus_1.py does not say in its docstring which test catches it",
    ),
    "wrong one survives": (
        edit(f"{SOLUTIONS}/wrong/plus_1.py", "+ 1", "+ 0"),
        "wrong/plus_1.py survives test_two_is_four, which should catch it",
    ),
    "wrong one names nothing": (
        edit(f"{SOLUTIONS}/wrong/plus_1.py", "test_two_is_four", "test_gone"),
        "wrong/plus_1.py names test_gone, which is not a test of the suite",
    ),
    "wrong one not taught": (
        edit(f"{SOLUTIONS}/wrong/plus_1.py", "return 2 * x + 1", "raise TypeError('no')"),
        "wrong/plus_1.py dies on test_two_is_four, but the message names no mistake: TypeError: no",
    ),
    "slow one is fast": (
        edit(f"{SOLUTIONS}/wrong/slow.py", " + 0 * sum(range(90_000))", ""),
        "wrong/slow.py survives test_is_fast",
    ),
    "right one fails": (
        edit(f"{SOLUTIONS}/also_right/way_0.py", "x + x", "x"),
        "also_right/way_0.py does not pass test_two_is_four: not doubled: return 2 * x",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(checkout: Checkout, cache: Path, fault: str) -> None:
    change, sentence = FAULTS[fault]
    change(complete(checkout).root)
    done = run_audit(checkout, cache)
    assert done.code == 1, done.text
    assert f"a01_double: {sentence}" in done.out.replace("\\", "/"), done.text


MISTAKES = f"{SOLUTIONS}/mistakes.md"
BROKEN_MISTAKES: dict[str, tuple[Callable[[Path], None], str]] = {
    "survives": (
        edit(MISTAKES, "+    return x", "+    return x + x"),
        "mistakes.md:3 not_doubled survives test_two_is_four, which should catch it",
    ),
    "not taught": (
        edit(MISTAKES, "+    return x", "+    raise TypeError('no')"),
        "mistakes.md:3 not_doubled dies on test_two_is_four, but the message names no mistake: TypeError: no",
    ),
    "does not match": (edit(f"{SOLUTIONS}/double.py", "2 * x", "x * 2"), "mistakes.md:11 also_slow: does not match double.py"),
    "names nothing": (
        edit(MISTAKES, "test_two_is_four", "test_gone"),
        "mistakes.md:3 not_doubled: names test_gone, which is not a test of the suite",
    ),
    "no test": (edit(MISTAKES, "Caught by: test_two_is_four", ""), "mistakes.md:3 not_doubled: has no line `Caught by"),
    "no base": (edit(MISTAKES, "base: double.py", ""), "mistakes.md:3 not_doubled: has no `base: FILE` above it"),
    "base missing": (
        edit(MISTAKES, "base: double.py", "base: also_right/way_9.py"),
        "mistakes.md:3 not_doubled: its base also_right/way_9.py is not there",
    ),
    "twice": (edit(MISTAKES, "### also_slow", "### not_doubled"), "mistakes.md:11 not_doubled: is a second mistake of this name"),
    "name of a file": (edit(MISTAKES, "### also_slow", "### slow"), "mistakes.md:11 slow: has the name of wrong/slow.py"),
    "not Python": (edit(MISTAKES, "+    return x", "+    return ("), "mistakes.md:3 not_doubled: gives what is not valid Python"),
    "no change": (edit(MISTAKES, "+    return x", "+    return 2*x"), "mistakes.md:3 not_doubled: changes nothing in double.py"),
    "banned import": (
        edit(MISTAKES, "+    return x", "+    import scipy\n+    return x"),
        "mistakes.md:3 not_doubled: double.py, line 2: scipy may not be imported in a01_double",
    ),
    "not text": (write(MISTAKES, "é", encoding="latin-1"), "mistakes.md:1: cannot be read: "),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN_MISTAKES)
def test_a_fault_of_a_mistake_is_named(checkout: Checkout, cache: Path, fault: str) -> None:
    change, sentence = BROKEN_MISTAKES[fault]
    complete(checkout)
    (checkout.root / MISTAKES).write_text(PAGE)
    change(checkout.root)
    done = run_audit(checkout, cache)
    assert done.code == 1, done.text
    assert f"a01_double: {sentence}" in done.out, done.text
