"""The authors' gate lets a complete kata through, and says of every fault what it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from checkout import FOLLOW_UP, GOOD, GOOD_FOLLOW_UP, ROOT, STUB, Checkout, Done

SUITE = """
import pytest
import {module} as kata
from harness.suite import check
from harness.suite.check import call
from harness.suite.speed import Contest

@pytest.mark.example
def test_two_is_four():
    check.equal(kata.double(2), 4, asked=call("double", 2), mistakes={{"not doubled: return 2 * x": 2}}, hint="2 * x")

@pytest.mark.speed
def test_is_fast(race):
    def prepare(rng):
        x = int(rng.integers(1000))
        return Contest(lambda: kata.double(x), lambda: sum(range(30_000)), lambda: 2 * x)

    race(prepare, same=check.equal, at_least=3, versus="a loop", asked="double(x)")
"""
README = "# A01 · Double\n\n## Task\n\n## Rules\n\n## Example\n"
HINTS = "# Hints\n\n1. One.\n2. Two.\n3. Three.\n"
ANSWER = f"   {'Because it is asked. ' * 5}"
DEBRIEF = f"""# Debrief

## Complexity

## Trade-offs

## Follow-up questions

1. Why?

{ANSWER}

2. How?

{ANSWER}

3. When?

{ANSWER}
"""
WRONG = '"""Mistake {i}.\n\nCaught by: test_two_is_four\n"""\n\n\ndef double(x):\n    return 2 * x + {i}\n'
SLOW = '"""Counts.\n\nCaught by: test_is_fast\n"""\n\n\ndef double(x):\n    return 2 * x + 0 * sum(range(90_000))\n'


PAGE = """base: double.py

### not_doubled
Gives its argument back.
Caught by: test_two_is_four
```diff
-    return 2 * x
+    return x
```

### also_slow
Counts.
Caught by: test_is_fast
```diff
-    return 2 * x
+    return 2 * x + 0 * sum(range(90_000))
```
"""
EDIT = """
### {name}
Adds {i}.
Caught by: {test}
```diff
-    return {old}
+    return {old} + {i}
```
"""


def complete(checkout: Checkout) -> Checkout:
    """A kata with everything in it."""
    folder = checkout.add("a01_double", STUB, suite=SUITE)
    (folder / "README.md").write_text(README, encoding="utf-8")
    (folder / "hints.md").write_text(HINTS)
    solutions = checkout.root / "solutions" / "a01_double"
    for part in ("wrong", "also_right"):
        (solutions / part).mkdir(parents=True)
    (solutions / "double.py").write_text(GOOD)
    (solutions / "debrief.md").write_text(DEBRIEF)
    for i in range(1, 8):
        (solutions / "wrong" / f"plus_{i}.py").write_text(WRONG.format(i=i))
    (solutions / "wrong" / "slow.py").write_text(SLOW)
    for i in range(2):
        (solutions / "also_right" / f"way_{i}.py").write_text(f"def double(x):\n    return x + x + {i - i}\n")
    return checkout


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all audits here: what a fault does not touch is not run again."""
    return tmp_path_factory.mktemp("state")


def run_audit(checkout: Checkout, cache: Path, *more: str, is_draft: bool = True) -> Done:
    """Audit a kata with fewer solutions than a published one needs, unless `is_draft` is false."""
    draft = ("--draft",) if is_draft else ()
    return checkout.kata("audit", *draft, *more, env={"KATA_STATE": str(cache), "COLUMNS": "160"})


def test_a_complete_kata_has_no_fault_and_shows_its_margin(checkout: Checkout, cache: Path) -> None:
    complete(checkout)
    edits = "".join(EDIT.format(name=f"plus_{i}", i=i, old="2 * x", test="test_two_is_four") for i in (8, 9))
    (checkout.root / SOLUTIONS / "mistakes.md").write_text(PAGE + edits)
    done = run_audit(checkout, cache, is_draft=False)
    assert done.code == 0, done.text
    assert "1 katas, 16 solutions, 0 faults" in done.out
    assert "x as fast as a loop (" in done.out


def test_one_wrong_solution_of_each_band_is_run_in_a_player_or_all(checkout: Checkout, cache: Path) -> None:
    complete(checkout)
    done = run_audit(checkout, cache, "--player", "process", "--slowest", "3")
    assert done.code == 0, done.text
    folder = cache / "audit-process" / "a01_double"
    right = ["also_right/way_0", "also_right/way_1", "reference"]
    assert run_in(folder) == [*right, "wrong/plus_1", "wrong/slow"]
    assert "left out in the player: 6 wrong solutions; --all runs them there, too" in done.out
    assert re.search(r"time: lint .* s.*; .* s in all", done.out)
    assert len(re.findall(r"^ +[0-9.]+ s  a01_double ", done.out, re.MULTILINE)) == 3
    done = run_audit(checkout, cache, "--player", "process", "--all")
    assert done.code == 0, done.text
    assert run_in(folder) == [*right, *(f"wrong/plus_{i}" for i in range(1, 8)), "wrong/slow"]
    assert "left out" not in done.out


def run_in(folder: Path) -> list[str]:
    """What the audit has kept reports of."""
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.json"))


LUCKY = """
from hypothesis import given, strategies as st

@pytest.mark.law
@given(st.integers(0, 40))
def test_is_lucky(x):
    check.true(x != 1 + kata.double(0), asked="luck", came=x, expected="anything but 1")
"""


def test_a_suite_that_hangs_on_luck_is_found_by_more_seeds(checkout: Checkout, cache: Path) -> None:
    complete(checkout)
    suite = checkout.root / "katas" / "a01_double" / "test_double.py"
    suite.write_text(suite.read_text() + LUCKY)
    done = run_audit(checkout, cache, "--seeds", "2")
    assert done.code == 1
    assert "the reference under --hypothesis-seed=2 does not pass test_is_lucky" in done.text
    assert "also_right/way_1.py under --hypothesis-seed=1 does not pass test_is_lucky" in done.text


def edit(path: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        file = root / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    return change


def remove(path: str) -> Callable[[Path], None]:
    return lambda root: (root / path).unlink()


def write(path: str, text: str = "", *, encoding: str = "utf-8") -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / path).write_text(text, encoding=encoding)

    return change


KATA, SOLUTIONS = "katas/a01_double", "solutions/a01_double"

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


def test_few_solutions_are_a_fault_unless_it_is_a_draft(checkout: Checkout, cache: Path) -> None:
    complete(checkout)
    remove(f"{SOLUTIONS}/also_right/way_0.py")(checkout.root)
    (checkout.root / MISTAKES).write_text(PAGE)
    assert run_audit(checkout, cache).code == 0
    done = run_audit(checkout, cache, is_draft=False)
    assert done.code == 1
    assert "a01_double: there are 10 wrong solutions, expected at least 12" in done.out
    assert "a01_double: there are 1 also-right solutions, expected at least 2" in done.out


# --- follow-ups --------------------------------------------------------------------------------------------------------

ONCE = """\"\"\"Plus {i}.

Caught by: test_two_doubled_twice_is_eight
\"\"\"


def double(x, times=1):
    return 2**times * x + {i} * (times > 1)
"""
FAST = """
from harness.suite.speed import Contest

@pytest.mark.speed
def test_many_times_are_fast(race):
    def prepare(rng):
        x = int(rng.integers(1000))
        return Contest(lambda: kata.double(x, times=9), lambda: sum(range(30_000)), lambda: 512 * x)

    race(prepare, same=check.equal, at_least=3, versus="a loop", asked="double(x, times=9)")
"""


def with_follow_up(checkout: Checkout) -> Checkout:
    """A complete kata with a complete follow-up."""
    complete(checkout)
    checkout.add_follow_up("a01_double", FOLLOW_UP + FAST)
    folder = checkout.root / SOLUTIONS / "follow_up"
    for part in ("wrong", "also_right"):
        (folder / part).mkdir(parents=True)
    (folder / "double.py").write_text(GOOD_FOLLOW_UP)
    (folder / "also_right" / "shift.py").write_text("def double(x, times=1):\n    return x << times\n")
    for i in range(1, 5):
        (folder / "wrong" / f"plus_{i}.py").write_text(ONCE.format(i=i))
    return checkout


def test_a_complete_follow_up_has_no_fault_with_any_seed_and_player(checkout: Checkout, cache: Path) -> None:
    with_follow_up(checkout)
    environment = {"KATA_STATE": str(cache), "COLUMNS": "160"}
    done = checkout.kata("audit", "--draft", "--seeds", "2", "--player", "process", env=environment)
    assert done.code == 0, done.text
    assert "1 katas, 18 solutions, 0 faults" in done.out
    assert [done.out.count(figures) for figures in (" 2+3 ", " 8+4 ", " 2+1 ")] == [1, 1, 1], done.out
    assert done.out.count("x as fast as a loop (") == 2
    kept = {path.relative_to(cache).as_posix() for path in cache.rglob("follow_up/**/*.json")}
    assert {
        f"audit{part}.json"
        for part in ("/a01_double/follow_up/kept/wrong/plus_4", "-process/a01_double/follow_up/reference")
    } < kept
    assert "audit/a01_double/follow_up/seeds/2/also_right/shift.json" in kept


FOLLOW = f"{SOLUTIONS}/follow_up"

FOLLOW_UP_FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no statement": (
        remove(f"{KATA}/follow_up.md"),
        "follow_up.md is missing",
    ),
    "no rules": (edit(f"{KATA}/follow_up.md", "## Rules", "Rules:"), "follow_up.md has no heading '## Rules'"),
    "title": (edit(f"{KATA}/follow_up.md", "# A01 ", "# "), "follow_up.md does not begin with '# A01 '"),
    "no suite": (remove(f"{KATA}/test_follow_up.py"), "the follow-up's suite test_follow_up.py is missing"),
    "no reference": (remove(f"{FOLLOW}/double.py"), "the follow-up's reference: a01_double: there is no double.py"),
    "stray": (write(f"{FOLLOW}/old.py"), "stray file in solutions/a01_double/follow_up: old.py"),
    "three wrong ones": (
        remove(f"{FOLLOW}/wrong/plus_1.py"),
        "there are 3 wrong solutions of the follow-up, expected at least 4",
    ),
    "no right one": (
        remove(f"{FOLLOW}/also_right/shift.py"),
        "there are 0 also-right solutions of the follow-up, expected at least 1",
    ),
    "bare assert": (
        edit(f"{KATA}/test_follow_up.py", "@pytest.mark.edge", "def helper():\n    assert True\n\n@pytest.mark.edge"),
        "the follow-up's suite has a bare assert in line 13",
    ),
    "nothing new": (
        edit(f"{SOLUTIONS}/double.py", "def double(x):\n    return 2 * x", "def double(x, times=1):\n    return 2**times * x"),
        "the follow-up asks nothing new: the kata's own reference passes it as it is",
    ),
    "stub passes": (
        edit(f"{KATA}/test_follow_up.py", "check.equal(kata.double(3), 6, asked", "check.equal(6, 6, asked"),
        "the stub passes test_once_is_what_it_was of the follow-up",
    ),
    "wrong reference": (
        edit(f"{FOLLOW}/double.py", "2**times * x", "2 * x"),
        "the follow-up's reference does not pass test_two_doubled_twice_is_eight: doubled once",
    ),
    "reference lost the kata": (
        edit(f"{FOLLOW}/double.py", "2**times * x", "2**times * x + 0 * sum(range(30_000)) * (times == 1)"),
        "the follow-up's reference does not pass test_is_fast of the kata's own suite",
    ),
    "thin margin": (
        edit(
            f"{KATA}/test_follow_up.py",
            "kata.double(x, times=9), lambda: sum(range(30_000)), lambda: 512 * x)\n\n"
            "    race(prepare, same=check.equal, at_least=3",
            "sum([kata.double(x, times=9), *[0] * 30_000]), lambda: sum([0] * 30_001), lambda: 512 * x)\n\n"
            "    race(prepare, same=check.equal, at_least=0.85",
        ),
        "the follow-up's reference passes test_many_times_are_fast with a margin of",
    ),
    "survives": (
        edit(f"{FOLLOW}/wrong/plus_1.py", "+ 1 *", "+ 0 *"),
        "follow_up/wrong/plus_1.py survives test_two_doubled_twice_is_eight",
    ),
    "wrong before": (
        edit(f"{FOLLOW}/wrong/plus_1.py", " * (times > 1)", ""),
        "follow_up/wrong/plus_1.py does not pass test_two_is_four of the kata's own suite",
    ),
    "names nothing": (
        edit(f"{FOLLOW}/wrong/plus_1.py", "test_two_doubled_twice_is_eight", "test_two_is_four"),
        "follow_up/wrong/plus_1.py names test_two_is_four, which is not a test of the follow-up's suite",
    ),
    "banned import": (
        edit(f"{FOLLOW}/also_right/shift.py", "def", "import scipy\n\ndef"),
        "follow_up/also_right/shift.py: double.py, line 1: scipy may not be imported in a01_double",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FOLLOW_UP_FAULTS)
def test_a_fault_of_a_follow_up_is_named(checkout: Checkout, cache: Path, fault: str) -> None:
    change, sentence = FOLLOW_UP_FAULTS[fault]
    change(with_follow_up(checkout).root)
    more = ("--seeds", "1") if fault == "wrong before" else ()  # whole suites for every mistake: asked for by seeds
    done = run_audit(checkout, cache, *more, is_draft="expected at least" not in sentence)
    assert done.code == 1, done.text
    assert f"a01_double: {sentence}" in done.out.replace("\\", "/"), done.text


# --- names, the cache --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("module", "sentence"), [("json", "shadows"), ("numpy", "shadows"), ("click", "shadows")])
def test_a_module_name_that_shadows_something_installed_is_a_fault(
    checkout: Checkout, module: str, sentence: str
) -> None:
    checkout.add(f"a01_{module}")
    assert f"the module name {module} {sentence} an installed module" in checkout.kata("audit").out


def test_a_second_audit_runs_nothing(checkout: Checkout, cache: Path) -> None:
    complete(checkout)
    first = run_audit(checkout, cache)
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*.json")}
    again = run_audit(checkout, cache)
    assert again.out.partition("time:")[0] == first.out.partition("time:")[0]
    assert "nothing had to be run" in again.out
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.json")} == before


# --- kata new, kata stamp --------------------------------------------------------------------------------------------


def test_new_writes_every_file_and_the_audit_says_what_is_left_to_do(checkout: Checkout) -> None:
    done = checkout.kata("new", "b26", 'Gaussian "mixture"')
    assert done.code == 0, done.text
    written = {line.strip() for line in done.out.splitlines()[:-1]}
    assert written == {
        f"katas/b26_gaussian_mixture/{name}"
        for name in ("README.md", "hints.md", "kata.toml", "gaussian_mixture.py", "test_gaussian_mixture.py")
    } | {
        f"solutions/b26_gaussian_mixture/{name}"
        for name in ("debrief.md", "gaussian_mixture.py", "mistakes.md", "also_right/another_way.py")
    }
    assert checkout.kata("stamp", "b26").out == "b26_gaussian_mixture: stamped\n"
    assert checkout.kata("stamp", "b26").out == "b26_gaussian_mixture: was stamped already\n"
    audited = checkout.kata("audit")
    assert audited.code == 1
    assert "there are 1 wrong solutions, expected at least 15" in audited.out
    assert "Traceback" not in audited.text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("a01", "Other"), "there is a kata a01_double already"),
        (("b01", "Double"), "there is a kata a01_double already"),
        (("e01", "Other"), "'e01' is not a kata id"),
        (("b", "Other"), "'b' is not a kata id"),
        (("b02", "!!!"), "gives no module name"),
        (("b02", "3 things"), "gives no module name"),
        (("b02", "Follow-up"), "test_follow_up.py is the suite of a kata's follow-up"),
    ],
)
def test_new_refuses_what_is_taken_or_has_no_name(
    checkout: Checkout, arguments: tuple[str, str], sentence: str
) -> None:
    folder = checkout.add("a01_double", GOOD)
    done = checkout.kata("new", *arguments)
    assert done.code == 2
    assert sentence in done.err
    assert (folder / "double.py").read_text() == GOOD


def test_every_kata_of_this_repository_is_in_the_catalogue() -> None:
    folders = {path.name for path in (ROOT / "katas").iterdir() if path.is_dir() and not path.name.startswith("__")}
    solved = {path.name for path in (ROOT / "solutions").iterdir() if path.is_dir()}
    assert folders == solved
