"""Warnings: the subject's never fail a test, those of a suite are errors where the configuration says so."""

from __future__ import annotations

import pytest

from checkout import Checkout

SUITE = """
import warnings
import numpy as np
import pytest
import {module} as kata
from harness.suite import check

@pytest.mark.example
def test_two_is_four():
    check.close(kata.double(2.0), 4.0, asked="double(2.0)")
"""
SUITES_OWN = """
import numpy as np
import pytest
import {module} as kata

@pytest.mark.example
def test_suite_divides_by_zero():
    kata.double(1.0)
    np.divide(1.0, 0.0)

@pytest.mark.edge
def test_suite_divides_by_zero_in_a_callback():
    kata.double(lambda: np.mean(np.array([])))
"""
STRICT = """
import warnings
import pytest
import {module} as kata
from harness.suite import check

@pytest.mark.edge
def test_warnings_count_where_a_suite_says_so():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kata.double(2.0)

@pytest.mark.edge
def test_warnings_are_recorded_where_a_suite_does_so():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kata.double(2.0)
    check.equal(len(caught), 1, asked="the warnings of double(2.0)")
"""
DIVIDES = "import numpy as np\ndef double(x):\n    np.divide(1.0, 0.0)\n    return 2 * x\n"
MODES = pytest.mark.parametrize("options", [(), ("--player", "process")], ids=["here", "in another process"])


@pytest.fixture
def strict(checkout: Checkout) -> Checkout:
    """A checkout whose configuration makes errors of warnings."""
    (checkout.root / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return checkout


@MODES
@pytest.mark.parametrize(
    ("source", "text"),
    [
        (DIVIDES, "divide by zero"),
        ("import numpy as np\ndef double(x):\n    np.mean(np.array([]))\n    return 2 * x\n", "Mean of empty slice"),
        ("import warnings\ndef double(x):\n    warnings.warn('old', DeprecationWarning)\n    return 2 * x\n", "old"),
        ("import numpy as np\nnp.divide(1.0, 0.0)\ndef double(x):\n    return 2 * x\n", "divide by zero"),
        ("def double(x):\n    '\\d'\n    return 2 * x\n", "invalid escape sequence"),
    ],
    ids=["of a ufunc", "of a function of NumPy", "of its own", "at import", "of the compiler"],
)
def test_a_subjects_warning_is_listed_and_fails_nothing(
    strict: Checkout, source: str, text: str, options: tuple[str, ...]
) -> None:
    strict.add("a01_warns", source, suite=SUITE)
    done = strict.pytest("katas", *options)
    assert done.code == 0, done.text
    assert "a01_warns  example 1/1  passed" in done.out
    assert text in done.out.partition("warnings summary")[2]
    assert "warns.py:" in done.out


@MODES
def test_a_suites_warning_is_an_error(strict: Checkout, options: tuple[str, ...]) -> None:
    source = "def double(x):\n    return x() if callable(x) else 2 * x\n"
    strict.add("a01_suite", source, suite=SUITES_OWN)
    done = strict.pytest("katas", *options)
    assert "RuntimeWarning: divide by zero" in done.out
    assert "RuntimeWarning: Mean of empty slice" in done.out
    assert "2 failed" in done.out


@MODES
def test_a_suite_may_ask_for_code_without_warnings(strict: Checkout, options: tuple[str, ...]) -> None:
    strict.add("a01_counts", DIVIDES, suite=STRICT)
    done = strict.pytest("katas", *options)
    assert "came      RuntimeWarning: divide by zero" in done.out
    assert "1 failed, 1 passed" in done.out, done.text


def test_a_file_that_is_never_closed_fails_nothing(strict: Checkout) -> None:
    source = "kept = []\ndef double(x):\n    kept[:] = [open(__file__)]\n    return 2 * x\n"
    strict.add("a01_open", source, suite=SUITE + SUITE.partition("import check\n")[2].replace("two", "twice"))
    assert strict.pytest("katas").code == 0


def test_many_warnings_are_listed_once_for_each_line(strict: Checkout) -> None:
    source = (
        "import numpy as np\ndef double(x):\n    for _ in range(1000):\n        np.divide(1.0, 0.0)\n    return 2 * x\n"
    )
    strict.add("a01_many", source, suite=SUITE)
    assert "1 passed, 1 warning" in strict.pytest("katas").out


def test_a_filter_that_ignores_a_warning_is_obeyed(checkout: Checkout) -> None:
    (checkout.root / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings =\n    error\n    ignore:divide:RuntimeWarning\n"
    )
    checkout.add("a01_quiet", DIVIDES, suite=SUITE)
    done = checkout.pytest("katas")
    assert done.code == 0, done.text
    assert "warnings summary" not in done.out
