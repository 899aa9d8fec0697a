"""The speed fixtures, as a learner meets them: plain `pytest` in a checkout."""

from __future__ import annotations

from checkout import GOOD, Checkout


def test_a_race_that_is_lost_says_by_how_much(checkout: Checkout) -> None:
    suite = (
        "import pytest\nimport {module} as kata\nfrom harness.suite import check\nfrom harness.suite.speed import Contest\n\n"
        "@pytest.mark.speed\ndef test_fast(race):\n"
        "    race(lambda rng: Contest(lambda: kata.double(3000), lambda: sum(range(3000))), same=check.equal, at_least=20,\n"
        "         versus='the loop', asked='double', hint='no loop')\n"
    )
    checkout.add("a01_slow", "def double(x):\n    return sum(range(x))\n", suite=suite)
    done = checkout.pytest("katas")
    assert done.code == 1
    assert "expected  at least 20x as fast as the loop" in done.out


def test_growth_and_memory_say_what_they_measured(checkout: Checkout) -> None:
    suite = """
    import numpy as np
    import pytest
    import {module} as kata
    from harness.suite import check
    from harness.suite.speed import Task

    @pytest.mark.speed
    def test_growth(growth):
        growth(lambda rng, n: Task(lambda: kata.double(n), lambda: n * n), [100, 200, 400, 800], same=check.equal,
               at_most=1.4, asked="double of n")

    @pytest.mark.speed
    def test_memory(memory):
        memory(lambda rng: Task(lambda: kata.double(1000), lambda: 1e6), same=check.equal, at_most_mib=1, asked="double")
    """
    source = "import numpy as np\ndef double(x):\n    return np.ones((x, x)).sum()\n"
    checkout.add("a01_grows", source, suite=suite)
    done = checkout.pytest("katas")
    assert "expected  growth like n^1.4 at most" in done.out
    assert "came      peak 7.6 MiB" in done.out


WRONG_WHEN_LARGE = """
import numpy as np
import pytest
import {module} as kata
from harness.suite import check
from harness.suite.speed import Contest, Task, vary

@pytest.mark.speed
def test_race(race):
    def prepare(rng):
        n = vary(rng, 3000)
        return Contest(lambda: kata.double(n), lambda: sum(2 for _ in range(n)))
    race(prepare, same=check.equal, at_least=2, versus="a loop", asked="double of about 3000")

@pytest.mark.speed
def test_growth(growth):
    def prepare(rng, n):
        return Task(lambda: kata.double(n), lambda: 2 * n)
    growth(prepare, [1000, 2000, 4000], same=check.equal, at_most=1, asked="double of more and more")

@pytest.mark.speed
def test_memory(memory):
    def prepare(rng):
        n = vary(rng, 3000)
        return Task(lambda: kata.double(n), lambda: 2 * n)
    memory(prepare, same=check.equal, at_most_mib=1, asked="double in little memory")
"""


def test_a_wrong_answer_where_speed_is_measured_is_said_to_be_wrong(checkout: Checkout) -> None:
    checkout.add("a01_hasty", "def double(x):\n    return 0 if x >= 1000 else 2 * x\n", suite=WRONG_WHEN_LARGE)
    done = checkout.pytest("katas")
    assert done.code == 1
    assert done.out.count("mistake   a measured answer is wrong") == 3
    assert done.out.count("came      0\n") == 3
    checkout.add("a02_honest", "def double(x):\n    return 2 * x\n", suite=WRONG_WHEN_LARGE)
    assert checkout.pytest("katas/a02_honest").code == 0


def test_a_stub_is_not_implemented_in_speed_tests_too(checkout: Checkout) -> None:
    suite = WRONG_WHEN_LARGE.replace("n = vary(rng, 3000)", "n = vary(rng, 3000) + kata.double(0)")
    checkout.add("a01_none", suite=suite)
    done = checkout.pytest("katas")
    assert done.out.count("double(): not implemented yet (none.py:2)") == 3


def test_speed_inputs_depend_on_the_seed_and_the_test_alone(checkout: Checkout) -> None:
    suite = """
    import pytest
    import {module} as kata
    from harness.suite import check
    from harness.suite.speed import Task

    @pytest.mark.speed
    @pytest.mark.parametrize("which", [1, 2])
    def test_memory(memory, which):
        def prepare(rng):
            x = int(rng.integers(10**9))
            return Task(lambda: kata.double(x), lambda: 2 * x)
        memory(prepare, same=lambda got, want, *, asked: print("drew", which, got), at_most_mib=9, asked="double")
    """
    checkout.add("a01_seeded", "def double(x):\n    return 2 * x\n", suite=suite)

    def drawn(*arguments: str) -> list[str]:
        done = checkout.pytest("katas", "-s", *arguments)
        return [line[line.index("drew") :] for line in done.out.splitlines() if "drew" in line]

    default = drawn()
    assert len({line.split()[-1] for line in default}) == len(default) == 4
    assert drawn() == default
    assert drawn("--hypothesis-seed=7") == drawn("--hypothesis-seed=7") != default
    assert drawn("--hypothesis-profile=grade") != drawn("--hypothesis-profile=grade")


def test_the_old_call_form_is_an_error_that_names_the_new_one(checkout: Checkout) -> None:
    suite = """
    import pytest
    import {module} as kata

    @pytest.mark.speed
    def test_race(race):
        race(lambda: kata.double(1), lambda: 2, at_least=2, versus="a constant", asked="double")

    @pytest.mark.speed
    def test_growth(growth):
        growth(lambda n: lambda: kata.double(n), [1, 2, 3], at_most=2, asked="double")

    @pytest.mark.speed
    def test_memory(memory):
        memory(lambda: kata.double(1), at_most_mib=2, asked="double")
    """
    checkout.add("a01_old", GOOD, suite=suite)
    done = checkout.pytest("katas")
    assert (
        "TypeError: a speed fixture is called as race(prepare, same=..., at_least=..., versus=..., asked=...)"
        in done.out
    )
    assert (
        "TypeError: a speed fixture is called as growth(prepare, sizes, same=..., at_most=..., asked=...)" in done.out
    )
    assert "TypeError: a speed fixture is called as memory(prepare, same=..., at_most_mib=..., asked=...)" in done.out
