"""Failures as a learner sees them with plain `pytest`, and the JSON report."""

from __future__ import annotations

import json

from harness.core.model import Outcome, Status

from checkout import GOOD, SUITE, Checkout


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


SUITE_OF_THREE = (
    SUITE
    + """
@pytest.mark.law
def test_one_is_two():
    check.equal(kata.double(1), 2, asked="double(1)")
"""
)


def test_one_test_by_its_id_does_not_say_that_the_kata_passes(checkout: Checkout) -> None:
    checkout.add("a01_one", GOOD, suite=SUITE_OF_THREE)
    checkout.add_follow_up("a01_one")
    done, reports = checkout.reports("katas/a01_one/test_one.py::test_zero_stays_zero")
    assert "a01_one  example not run  law not run  edge 1/1  1 of 3 tests run" in done.out, done.text
    assert "passed" not in done.out.partition("katas ===")[2].splitlines()[1]
    assert "asks for more" not in done.out
    (report,) = reports.values()
    assert report.status is Status.IN_PROGRESS
    assert report.count(outcome=Outcome.NOT_RUN) == 2


def test_tests_that_a_stop_at_the_first_failure_leaves_out_are_not_shown_as_failed(checkout: Checkout) -> None:
    checkout.add("a01_first", "def double(x):\n    return x\n", suite=SUITE_OF_THREE)
    done = checkout.pytest("-x", "katas/a01_first")
    line = "a01_first  example 0/1  law not run  edge not run  1 of 3 tests run  first to mend: test_two_is_four"
    assert line in done.out, done.text


def test_a_flood_of_output_is_cut_and_its_size_is_told(checkout: Checkout) -> None:
    source = "def double(x):\n    for _ in range(300):\n        print('x' * 1_000_000)\n    return x\n"
    checkout.add("a01_loud", source)
    done = checkout.pytest("katas/a01_loud")
    assert "not doubled: return 2 * x" in done.out
    assert "it printed 300.0 MB; most of it is left out" in done.out
    assert len(done.out) < 500_000
    assert "example 0/1  edge 1/1" in done.out


def test_what_a_test_prints_is_shown_whole_when_it_is_not_much(checkout: Checkout) -> None:
    checkout.add(
        "a01_quiet",
        "import sys\n\ndef double(x):\n    print('out', x)\n    print('err', file=sys.stderr)\n    return x\n",
    )
    done = checkout.pytest("katas/a01_quiet")
    assert "out 2\n" in done.out
    assert "err\n" in done.out
    assert "left out" not in done.out
