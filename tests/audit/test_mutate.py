"""`kata mutate` runs mutants of a reference, shows the survivors, and takes what it knows from its cache."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.audit.verdicts import Verdicts

from checkout import FOLLOW_UP, SUITE, Checkout, Done

pytestmark = pytest.mark.usefixtures("one_fork_server")

REFERENCE = "def double(x):\n    if x is None:\n        return 0\n    return 2 * x\n"
SURVIVOR = """\
--- solutions/a01_double/double.py
+++ solutions/a01_double/double.py
@@ -1,4 +1,4 @@
 def double(x):
-    if x is None:
+    if False:
         return 0
     return 2 * x
"""
SLOW = """
@pytest.mark.speed
def test_is_three_times_as_good():
    check.equal(kata.double(1), 2, asked=call("double", 1))
"""
MISTAKES = """base: double.py

## Equivalent
- `if x is None:` -> `if False:`: only numbers are given
- `return 2 * x` -> `return 3 * x`: the suite does not care
- `return 2 * x` -> `return 7 * x`: it was so once
"""


@pytest.fixture
def kata(checkout: Checkout) -> Checkout:
    """A kata whose suite kills all mutants of its reference but those of the guard and of its 0."""
    checkout.add("a01_double", suite=SUITE)
    solutions = checkout.root / "solutions" / "a01_double"
    solutions.mkdir(parents=True)
    (solutions / "double.py").write_text(REFERENCE)
    return checkout


def mutate(checkout: Checkout, *more: str) -> Done:
    """Run the command with one job."""
    return checkout.here("mutate", "a1", "--jobs", "2", *more, env={"COLUMNS": "120"})


def test_survivors_are_shown_as_diffs_and_a_weak_suite_is_exit_code_1(kata: Checkout) -> None:
    done = mutate(kata)
    assert done.code == 1, done.text
    assert f"a01_double: survived, guard never taken in line 2\n{SURVIVOR}" in done.out
    assert "a01_double: 60 % of 5 mutants: 3 killed, 0 equivalent, 2 survived\n" in done.out
    assert "\x1b" not in done.out


def test_a_program_gets_the_same_as_json(kata: Checkout) -> None:
    (score,) = json.loads(mutate(kata, "--json").out)
    assert {key: score[key] for key in ("kata", "mutants", "killed", "equivalent", "score")} == {
        "kata": "a01_double",
        "mutants": 5,
        "killed": 3,
        "equivalent": 0,
        "score": 0.6,
    }
    assert score["survivors"][0] == {"line": 2, "operator": "guard never taken", "diff": SURVIVOR.rstrip("\n")}


def test_what_is_known_is_not_run_again_until_the_suite_changes(kata: Checkout) -> None:
    verdicts = kata.state / "mutate" / "a01_double.jsonl"
    first = mutate(kata)
    known = verdicts.read_text(encoding="utf-8")
    again = mutate(kata)
    assert (again.code, again.out) == (first.code, first.out)
    assert verdicts.read_text(encoding="utf-8") == known
    suite = kata.root / "katas" / "a01_double" / "test_double.py"
    suite.write_text(
        suite.read_text()
        + '\n@pytest.mark.edge\ndef test_none():\n    check.equal(kata.double(None), 0, asked="None")\n'
    )
    assert "a01_double: 100 % of 5 mutants: 5 killed" in mutate(kata).out
    digests = [json.loads(line)["digest"] for line in verdicts.read_text(encoding="utf-8").splitlines()]
    assert len(digests) == len(set(digests)) == 6  # the reference, too; of the old suite nothing is left


def test_equivalents_count_and_are_held_to_what_is_so(kata: Checkout) -> None:
    (kata.root / "solutions" / "a01_double" / "mistakes.md").write_text(MISTAKES)
    done = mutate(kata)
    assert "3 killed, 1 equivalent, 1 survived" in done.out
    assert "`return 2 * x` -> `return 3 * x` is not equivalent: killed by test_two_is_four" in done.out
    assert "mistakes.md: no mutant changes `return 2 * x` to `return 7 * x`, as ## Equivalent says" in done.out


def test_a_survivor_of_all_other_tests_meets_those_of_speed(kata: Checkout) -> None:
    suite = kata.root / "katas" / "a01_double" / "test_double.py"
    suite.write_text(
        "import pytest\nimport double as kata\nfrom harness.suite import check\nfrom harness.suite.check import call\n"
        + SLOW
        + '\n@pytest.mark.edge\ndef test_zero():\n    check.equal(kata.double(0), 0, asked=call("double", 0))\n'
    )
    mutate(kata)
    verdicts = (kata.state / "mutate" / "a01_double.jsonl").read_text(encoding="utf-8")
    killers = {json.loads(line)["killed_by"] for line in verdicts.splitlines()}
    assert "test_is_three_times_as_good" in killers


def test_a_mutant_that_hangs_or_kills_its_process_is_killed(kata: Checkout) -> None:
    (kata.root / "solutions" / "a01_double" / "double.py").write_text(
        "import os\n\n\ndef double(x):\n    n = 0\n    while n < 1:\n        n += 1\n    if n != 1:\n        os._exit(0)\n"
        "    return x + x\n"
    )
    (score,) = json.loads(mutate(kata, "--json").out)
    survivors = [line for one in score["survivors"] for line in one["diff"].splitlines() if line.startswith("+ ")]
    assert score["killed"] >= 8
    assert not any("while" in line or "n -= 1" in line or "==" in line for line in survivors)


def test_a_reference_that_fails_is_an_error(kata: Checkout) -> None:
    (kata.root / "solutions" / "a01_double" / "double.py").write_text("def double(x):\n    return x + 1\n")
    done = mutate(kata)
    assert done.code == 2
    assert "the reference of a01_double does not pass its suite: test_two_is_four" in done.err


def test_a_kata_without_a_reference_is_an_error(checkout: Checkout) -> None:
    checkout.add("a01_double")
    done = mutate(checkout)
    assert done.code == 2
    assert "a01_double has no reference that can be read" in done.err


def test_a_sample_says_so_and_stays_the_same(kata: Checkout) -> None:
    done = mutate(kata, "--sample", "3")
    assert "of 3 mutants (a sample of 5):" in done.out
    assert mutate(kata, "--sample", "3").out == done.out


def test_a_follow_up_is_judged_by_both_suites(kata: Checkout) -> None:
    kata.add_follow_up("a01_double", FOLLOW_UP)
    folder = kata.root / "solutions" / "a01_double" / "follow_up"
    folder.mkdir()
    (folder / "double.py").write_text("def double(x, times=1):\n    return 2**times * x\n")
    own, follow_up = json.loads(mutate(kata, "--follow-up", "--json").out)
    assert (own["kata"], follow_up["kata"]) == ("a01_double", "a01_double follow-up")
    assert follow_up["killed"] == 4  # of the default, two by the kata's own suite
    assert ["2*times" in survivor["diff"] for survivor in follow_up["survivors"]] == [True]


def test_a_cut_line_of_the_cache_costs_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "mutate" / "a01.jsonl"
    verdicts = Verdicts(file)
    verdicts.add("a", "test_x")
    verdicts.add("b", "", is_kept=False)
    file.write_text(file.read_text() + '{"digest": "c", "kil')
    again = Verdicts(file)
    assert (again.get("a"), again.get("b"), again.get("c")) == ("test_x", None, None)


def test_the_audit_shows_what_is_known_and_says_which_equivalents_are_stale(kata: Checkout) -> None:
    (kata.root / "solutions" / "a01_double" / "mistakes.md").write_text(MISTAKES)
    assert "mutants" in kata.here("audit", "a1", "--draft").out
    done = kata.here("audit", "a1", "--draft", "--mutants", "2", env={"COLUMNS": "120"})
    assert " % of 2 " in done.out
    assert "a01_double: mistakes.md: no mutant changes `return 2 * x` to `return 7 * x`" in done.out
    mutate(kata)
    assert " 80 % " in kata.here("audit", "a1", "--draft", env={"COLUMNS": "120"}).out
