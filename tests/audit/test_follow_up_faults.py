"""The authors' gate lets a complete follow-up through, and says of every fault of one what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checkout import Checkout
from complete_katas import KATA, SOLUTIONS, edit, remove, run_audit, with_follow_up, write

pytestmark = pytest.mark.usefixtures("one_fork_server")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all audits here: what a fault does not touch is not run again."""
    return tmp_path_factory.mktemp("state")


def test_a_complete_follow_up_has_no_fault_with_any_seed_and_player(checkout: Checkout, cache: Path) -> None:
    with_follow_up(checkout)
    environment = {"KATA_STATE": str(cache), "COLUMNS": "160"}
    done = checkout.kata("audit", "--draft", "--seeds", "2", "--player", "process", env=environment)
    assert done.code == 0, done.text
    assert "1 katas, 13 solutions, 0 faults" in done.out
    assert [done.out.count(figures) for figures in (" 2+3 ", " 3+4 ", " 2+1 ")] == [1, 1, 1], done.out
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
