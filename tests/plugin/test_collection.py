"""Collection: bands, their order, and which subject a suite is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checkout import GOOD, STUB, SUITE, Checkout


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


def test_numerical_libraries_have_one_thread_as_in_grading(checkout: Checkout) -> None:
    suite = """
    import numpy as np
    import pytest
    from threadpoolctl import threadpool_info
    import {module} as kata
    from harness.suite import check

    @pytest.mark.example
    def test_threads():
        np.ones((9, 9)) @ np.ones((9, 9))
        check.equal([pool["num_threads"] for pool in threadpool_info()], [1], asked="the threads of BLAS")
    """
    checkout.add("a01_threads", GOOD, suite=suite)
    done = checkout.pytest("katas/a01_threads", OPENBLAS_NUM_THREADS="2")
    assert "a01_threads  example 1/1  passed" in done.out, done.text


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
