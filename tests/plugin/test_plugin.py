"""The pytest side, seen as a learner sees it: plain `pytest` in a checkout."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from harness.core.model import KataReport, Outcome, Status
from harness.core.report import read

from checkout import GOOD, GOOD_FOLLOW_UP, STUB, SUITE, Checkout, Done


def test_a_right_solution_passes_and_the_bands_are_counted(checkout: Checkout) -> None:
    checkout.add("a01_good", GOOD)
    done = checkout.pytest("katas/a01_good")
    assert done.code == 0, done.text
    assert "a01_good  example 1/1  edge 1/1  passed" in done.out


def test_a_wrong_solution_is_told_what_was_asked_what_came_and_which_mistake_that_is(checkout: Checkout) -> None:
    checkout.add("a01_wrong", "def double(x):\n    return x\n")
    done = checkout.pytest("katas/a01_wrong")
    assert done.code == 1
    lines = [line.strip() for line in done.out.splitlines()]
    told = lines.index("asked     double(2)")
    assert lines[told + 1 : told + 4] == ["came      2", "expected  4", "mistake   not doubled: return 2 * x"]
    assert "check.py" not in done.out
    assert "CheckFailedError" not in done.out


def test_a_stub_says_in_one_line_a_test_that_it_is_not_implemented(checkout: Checkout) -> None:
    checkout.add("a01_stub")
    done = checkout.pytest("katas/a01_stub")
    assert done.out.count("double(): not implemented yet (stub.py:2)") == 2
    assert "a01_stub  example 0/1  edge 0/1  first to mend: test_two_is_four" in done.out


def test_an_error_in_the_learners_code_shows_the_learners_lines_only(checkout: Checkout) -> None:
    checkout.add("a01_raises", "def double(x):\n    return helper(x)\n\ndef helper(x):\n    return x / 0\n")
    done = checkout.pytest("katas/a01_raises")
    assert "came      ZeroDivisionError" in done.out
    assert "where     raises.py:5 in helper: return x / 0" in done.out
    assert "raises.py:2 in double" in done.out
    assert "harness" not in done.out.replace("from harness", "")


def test_a_law_shows_its_falsifying_example_when_the_code_raises(checkout: Checkout) -> None:
    suite = """
    import pytest
    import {module} as kata
    from hypothesis import given, strategies as st

    @pytest.mark.law
    @given(x=st.integers(0, 100))
    def test_answers(x):
        kata.double(x)
    """
    checkout.add("a01_picky", "def double(x):\n    if x > 10:\n        raise IndexError('far')\n", suite=suite)
    done = checkout.pytest("katas/a01_picky")
    assert "asked     kata.double(x) with x=11" in done.out, done.out


def test_a_missing_function_fails_only_its_own_tests(checkout: Checkout) -> None:
    suite = SUITE + "\n@pytest.mark.edge\ndef test_other():\n    check.equal(kata.triple(1), 3, asked='triple(1)')\n"
    checkout.add("a01_partly", GOOD, suite=suite)
    done = checkout.pytest("katas/a01_partly")
    assert "came      partly.py has no triple" in done.out
    assert "1 failed, 2 passed" in done.out


def test_a_missing_attribute_is_named(checkout: Checkout) -> None:
    suite = """
    import pytest
    import {module} as kata
    from harness.suite import check

    @pytest.mark.example
    def test_attribute():
        check.equal(kata.Model().mean, 1, asked="Model().mean")
    """
    checkout.add("a01_model", "class Model:\n    pass\n", suite=suite)
    assert "came      Model has no attribute mean" in checkout.pytest("katas/a01_model").out


@pytest.mark.parametrize(
    ("markers", "sentence"),
    [("", "test_two_is_four is in no band"), ("@pytest.mark.law\n@pytest.mark.edge", "is in edge and law")],
)
def test_a_test_in_no_band_or_in_two_is_a_collection_error(checkout: Checkout, markers: str, sentence: str) -> None:
    checkout.add("a01_bands", GOOD, suite=SUITE.replace("@pytest.mark.example", markers))
    done = checkout.pytest("katas/a01_bands")
    assert done.code == 2, done.text
    assert sentence in done.out
    assert "every kata test needs exactly one of the markers example, law, edge, speed" in done.out


def test_a_band_on_a_class_counts_for_its_tests(checkout: Checkout) -> None:
    suite = """
    import pytest
    import {module} as kata
    from harness.suite import check

    @pytest.mark.law
    class TestDouble:
        def test_two(self):
            check.equal(kata.double(2), 4, asked="double(2)")
    """
    checkout.add("a01_classy", GOOD, suite=suite)
    assert "a01_classy  law 1/1  passed" in checkout.pytest("katas/a01_classy").out


def test_bands_run_from_examples_to_speed_whatever_their_order_in_the_file(checkout: Checkout) -> None:
    suite = "import pytest\nimport {module} as kata\n" + "".join(
        f"\n@pytest.mark.{band}\ndef test_{band}():\n    kata.double(1)\n"
        for band in ("speed", "edge", "law", "example")
    )
    checkout.add("a01_order", GOOD, suite=suite)
    done = checkout.pytest("katas/a01_order", "-v")
    places = [done.out.index(f"::test_{band} ") for band in ("example", "law", "edge", "speed")]
    assert places == sorted(places)


# --- whose code is tested ------------------------------------------------------------------------------------------


def with_solutions(checkout: Checkout) -> None:
    checkout.add("a01_twice", STUB)
    folder = checkout.root / "solutions" / "a01_twice"
    (folder / "wrong").mkdir(parents=True)
    (folder / "twice.py").write_text(GOOD)
    (folder / "wrong" / "same.py").write_text("def double(x):\n    return x\n")


def test_subject_chooses_stub_reference_folder_or_file(checkout: Checkout) -> None:
    with_solutions(checkout)
    assert checkout.pytest("katas").code == 1
    assert checkout.pytest("katas", "--subject", "reference").code == 0
    assert checkout.pytest("katas", "--subject", "solutions/a01_twice").code == 0
    done = checkout.pytest("katas", "--subject", "solutions/a01_twice/wrong/same.py")
    assert "not doubled" in done.out


@pytest.mark.parametrize("choice", ["nowhere", "katas", "solutions/a01_twice/wrong"])
def test_a_subject_that_is_not_there_is_an_error_with_a_hint(checkout: Checkout, choice: str) -> None:
    with_solutions(checkout)
    done = checkout.pytest("katas", "--subject", choice)
    assert done.code == 2
    assert "a01_twice: there is no" in done.out
    assert "--subject takes learner, reference" in done.out


def test_a_module_that_came_from_elsewhere_is_refused(checkout: Checkout) -> None:
    with_solutions(checkout)
    (checkout.root / "twice.py").write_text(GOOD)
    (checkout.root / "conftest.py").write_text("import sys\nsys.path.insert(0, '.')\nimport twice\n")
    done = checkout.pytest("katas")
    assert done.code == 2, done.text
    assert "the module twice was imported from" in done.out
    assert "refuses to test another file" in done.out


def test_a_module_of_the_same_name_on_the_path_is_never_taken(checkout: Checkout) -> None:
    with_solutions(checkout)
    (checkout.root / "twice.py").write_text(GOOD)
    (checkout.root / "conftest.py").write_text("import sys\nsys.path.insert(0, '.')\n")
    done = checkout.pytest("katas")
    assert "not implemented yet" in done.out


def test_solutions_cannot_be_imported_by_a_subject(checkout: Checkout) -> None:
    with_solutions(checkout)
    stub = checkout.root / "katas" / "a01_twice" / "twice.py"
    stub.write_text("from solutions.a01_twice.twice import double\n")
    assert "solutions may not be imported in a01_twice" in checkout.pytest("katas").out


def test_a_helper_module_is_shared_by_suite_and_subject(checkout: Checkout) -> None:
    suite = SUITE + "\nimport factor\n\n@pytest.mark.edge\ndef test_shared():\n    assert factor.TWO is kata.TWO\n"
    folder = checkout.add(
        "a01_shared",
        "from factor import TWO\ndef double(x):\n    return TWO * x\n",
        suite=suite,
        toml='helpers = ["factor"]\n',
    )
    (folder / "factor.py").write_text("TWO = 2\n")
    done = checkout.pytest("katas")
    assert done.code == 0, done.text


def test_second_process_calls_the_subject_in_a_new_process_with_another_hash_seed(checkout: Checkout) -> None:
    suite = """
    import pytest
    import {module} as kata
    from harness.suite import check

    @pytest.mark.law
    def test_hash(second_process):
        check.equal(second_process("asker", "ask", "user-7", hash_seed=1), second_process("asker", "ask", "user-7", hash_seed=2),
                    asked="the same in two processes", mistakes={{}}, hint="hash() differs from process to process")
    """
    folder = checkout.add(
        "a01_hashes", "def double(x):\n    return hash(x)\n", suite=suite, toml='helpers = ["asker"]\n'
    )
    (folder / "asker.py").write_text("import hashes\ndef ask(x):\n    return hashes.double(x)\n")
    done = checkout.pytest("katas")
    assert "hash() differs from process to process" in done.out, done.out
    (folder / "hashes.py").write_text("import sys\nprint('noise')\ndef double(x):\n    return sum(map(ord, x))\n")
    assert checkout.pytest("katas").code == 0
    (folder / "hashes.py").write_text("def double(x):\n    raise NotImplementedError\n")
    assert "not implemented yet" in checkout.pytest("katas").out
    (folder / "hashes.py").write_text("def double(x):\n    raise OSError('broken')\n")
    assert "OSError: broken" in checkout.pytest("katas").out


# --- profiles, limits, reports ---------------------------------------------------------------------------------------


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


@pytest.mark.skipif(sys.platform == "win32", reason="without alarms, a hang ends the whole process there")
def test_after_a_hang_the_rest_of_that_kata_is_not_run(checkout: Checkout) -> None:
    checkout.add("a01_hangs", "def double(x):\n    while True: pass\n")
    checkout.add("a02_fine", GOOD)
    done = checkout.pytest("katas")
    assert "came      no answer: still running after 2 s" in done.out
    assert "not run, because test_two_is_four hung" in done.out
    assert "a02_fine  example 1/1  edge 1/1  passed" in done.out


SUITE_HANGS = """
import time
import pytest
import {module} as kata
from harness.suite import check

@pytest.mark.example
def test_oracle():
    check.equal(kata.double(2), slow_oracle(2), asked="double(2)")

@pytest.mark.edge
def test_zero():
    check.equal(kata.double(0), 0, asked="double(0)")

def slow_oracle(x):
    {wait}
    return 2 * x
"""


@pytest.mark.skipif(sys.platform == "win32", reason="without alarms, a hang ends the whole process there")
@pytest.mark.parametrize("options", [(), ("--player", "process")], ids=["here", "in another process"])
def test_a_hang_of_the_suites_own_code_is_not_the_learners(checkout: Checkout, options: tuple[str, ...]) -> None:
    checkout.add("a01_fine", GOOD, suite=SUITE_HANGS.replace("{wait}", "time.sleep(30)"))
    done, reports = reports_of(checkout, "katas", *options)
    limit_s = 4 if options else 2
    assert f"came      no verdict: still running after {limit_s} s, in the suite's own code" in done.out, done.text
    assert re.search(r"where     test_fine.py:\d+ in slow_oracle: time.sleep\(30\)", done.out)
    assert "loop that does not end" not in done.out
    assert "not run, because test_oracle ran out of time" in done.out
    (report,) = reports.values()
    assert "the suite of a01_fine ran out of time in its own code, in test_oracle" in str(report.problem)


@pytest.mark.skipif(sys.platform == "win32", reason="without alarms, a hang ends the whole process there")
def test_a_hang_in_another_process_is_the_learners(checkout: Checkout) -> None:
    checkout.add("a01_loops", "def double(x):\n    while True: pass\n")
    done, reports = reports_of(checkout, "katas", "--player", "process")
    assert "came      no answer: still running after 4 s" in done.out, done.text
    assert "a loop that does not end" in done.out
    assert "a01_loops hung in test_two_is_four" in str(reports[False].problem)


def test_an_alarm_between_the_stages_of_a_test_raises_nothing(checkout: Checkout) -> None:
    checkout.add("a01_fine", GOOD)
    (checkout.root / "conftest.py").write_text(
        "import time\n\ndef pytest_runtest_logreport(report):\n    time.sleep(2.4 if report.when == 'call' else 0)\n"
    )
    done = checkout.pytest("katas")
    assert done.code == 0, done.text


@pytest.mark.skipif(sys.platform == "win32", reason="the watchdog kills the process there before pytest can")
def test_a_hang_inside_c_ends_the_process_with_the_line(checkout: Checkout) -> None:
    source = "import numpy as np\ndef double(x):\n    return np.broadcast_to(np.float64(0), (10**13,)).sum()\n"
    checkout.add("a01_deep", source)
    done = checkout.pytest("katas")
    assert done.code == 1
    assert "Timeout (0:00:07)!" in done.err, done.text
    assert 'deep.py", line 3 in double' in done.err


def test_the_report_carries_bands_figures_and_failures_in_parts(checkout: Checkout) -> None:
    suite = SUITE + (
        "\nfrom harness.suite.speed import Contest\n@pytest.mark.speed\ndef test_fast(race):\n"
        "    race(lambda rng: Contest(lambda: kata.double(1), lambda: sum(range(2000)), lambda: 2), same=check.equal,\n"
        "         at_least=2, versus='a loop', asked='double(1)')\n"
    )
    checkout.add("a01_told", "def double(x):\n    return 2 * x if x else 1\n", suite=suite)
    checkout.pytest("katas", "--json-report", "--json-report-file=report.json")
    document = json.loads((checkout.root / "report.json").read_text())
    metadata = {test["nodeid"].rsplit("::", 1)[-1]: test["metadata"] for test in document["tests"]}
    assert [entry["band"] for entry in metadata.values()] == ["example", "edge", "speed"]
    assert metadata["test_zero_stays_zero"]["failure"]["came"] == "1"
    (figure,) = metadata["test_fast"]["figures"]
    assert figure["label"] == "a loop"
    assert figure["value"] > figure["needed"] == 2


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


# --- follow-ups --------------------------------------------------------------------------------------------------------


def reports_of(checkout: Checkout, *arguments: str) -> tuple[Done, dict[bool, KataReport]]:
    """A run of plain pytest, and what its JSON report says of suites (False) and follow-ups (True)."""
    done = checkout.pytest(*arguments, "--json-report", "--json-report-file=report.json")
    return done, {report.follow_up: report for report in read(checkout.root / "report.json")}


def test_a_follow_up_is_run_only_when_it_is_asked_for(checkout: Checkout) -> None:
    checkout.add("a01_more", GOOD)
    checkout.add_follow_up("a01_more")
    done, reports = reports_of(checkout, "katas")
    assert (done.code, set(reports)) == (0, {False}), done.text
    assert "a01_more  the interviewer asks for more: follow_up.md, then test_follow_up.py" in done.out
    done, reports = reports_of(checkout, "katas/a01_more/test_follow_up.py")
    assert (done.code, set(reports)) == (1, {True}), done.text
    assert "a01_more follow-up  example 0/1  edge 1/1  first to mend: test_two_doubled_twice_is_eight" in done.out
    done, reports = reports_of(checkout, "katas", "--follow-up")
    assert (done.code, set(reports)) == (1, {False, True}), done.text
    assert [reports[kind].status for kind in (False, True)] == [Status.PASSED, Status.IN_PROGRESS]


def test_a_follow_up_waits_for_its_suite_unless_it_is_named(checkout: Checkout) -> None:
    checkout.add("a01_more", "def double(x, times=1):\n    return 2**times * x if x else 1\n")
    checkout.add_follow_up("a01_more")
    done, reports = reports_of(checkout, "katas/a01_more", "--follow-up")
    assert done.out.count("not run, because test_more.py comes first, and does not pass") >= 2
    assert reports[True].count(outcome=Outcome.NOT_RUN) == 2
    _, reports = reports_of(checkout, "katas/a01_more", "katas/a01_more/test_follow_up.py")
    assert [reports[kind].status for kind in (False, True)] == [Status.IN_PROGRESS, Status.PASSED]


def test_subject_player_bands_and_broken_files_are_the_same_for_a_follow_up(checkout: Checkout) -> None:
    folder = checkout.add("a01_more")
    suite = checkout.add_follow_up("a01_more")
    (checkout.root / "better.py").write_text(GOOD_FOLLOW_UP)
    named = ("katas/a01_more/test_follow_up.py", "--subject", "better.py")
    for more in ((), ("--player", "process")):
        done, reports = reports_of(checkout, *named, *more)
        assert (done.code, reports[True].status) == (0, Status.PASSED), done.text
    (folder / "more.py").write_text("def double(x:\n")
    _, reports = reports_of(checkout, named[0])
    assert set(reports) == {True}
    assert "more.py is not valid Python" in str(reports[True].problem)
    suite.write_text(suite.read_text().replace("@pytest.mark.edge", ""))
    assert "test_once_is_what_it_was is in no band" in reports_of(checkout, *named)[0].out


# --- where it keeps out ----------------------------------------------------------------------------------------------


def test_tests_outside_katas_are_left_alone(checkout: Checkout) -> None:
    folder = checkout.root / "tests"
    folder.mkdir()
    (folder / "test_plain.py").write_text("def test_plain():\n    assert 1 + 1 == 3\n")
    done = checkout.pytest("tests")
    assert "assert (1 + 1) == 3" in done.out


def test_plain_pytest_in_this_repository_collects_katas_and_not_the_harness_tests(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.getini("testpaths") == ["katas"]


def test_the_whole_checkout_may_lie_anywhere(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "ein Ordner mit Ümlauten" / "checkout")
    checkout.add("a01_good", GOOD)
    assert checkout.pytest("katas/a01_good").code == 0
    done = checkout.kata("scoreboard", "--format", "json")
    assert json.loads(done.out)["passed"] == 1
