"""Whatever a learner's file does: a clear sentence, the right status, a correct scoreboard for the others, nothing lost."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checkout import GOOD, Checkout, Done

LAWFUL = """
import pytest
import {module} as kata
from hypothesis import given, strategies as st
from harness.suite import check
from harness.suite.check import call

@pytest.mark.law
@given(st.integers())
def test_is_twice_the_number(x):
    check.equal(kata.double(x), 2 * x, asked=call("double", x))

@pytest.mark.edge
def test_zero_stays_zero():
    check.equal(kata.double(0), 0, asked=call("double", 0))
"""


SLOW_ORACLE = """
import numpy as np
import pytest
import {module} as kata
from harness.suite import check

@pytest.mark.example
def test_two_is_four():
    endless = np.broadcast_to(np.float64(0), (10**13,)).sum()
    check.equal(kata.double(2), 4 + endless, asked="double(2)")
"""


@dataclass(frozen=True)
class Case:
    """What a learner has written, and what must be said of it."""

    source: str | bytes
    status: str
    sentence: str
    suite: str = ""


CASES = {
    "syntax": Case("def double(x):\n    return 2 *\n", "broken", "syntax.py is not valid Python in line 2"),
    "missing_import": Case("import not_there\n" + GOOD, "broken", "not_there may not be imported"),
    "absent_module": Case(
        "import importlib\nname = 'not' + '_there'\nimportlib.import_module(name)\n" + GOOD,
        "broken",
        "imports not_there, which is not installed (line 3)",
    ),
    "banned_import": Case("import sklearn.metrics\n" + GOOD, "broken", "sklearn may not be imported"),
    "banned_late": Case(
        "def double(x):\n    return __import__('skl' + 'earn') and 2 * x\n", "failing", "sklearn may not be imported"
    ),
    "exit_import": Case(
        "import sys\nsys.exit()\n" + GOOD, "broken", "ends the program (sys.exit) while it is imported"
    ),
    "exit_call": Case("import sys\ndef double(x):\n    sys.exit(0)\n", "failing", "SystemExit"),
    "hard_exit_import": Case("import os\nos._exit(0)\n", "broken", "ended the whole process while it was imported"),
    "hard_exit_call": Case(
        "import os\ndef double(x):\n    os._exit(0)\n", "broken", "ended the whole process in test_two_is_four"
    ),
    "loop": Case(
        "def double(x):\n    while True:\n        pass\n", "timed out", "loop hung in test_two_is_four, at loop.py:"
    ),
    "loop_in_law": Case(
        "def double(x):\n    while x:\n        pass\n    return 0\n", "timed out", "hung in test_is_twice", suite=LAWFUL
    ),
    "stubborn_loop": Case(
        "def double(x):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass\n",
        "timed out",
        "stubborn_loop hung in test_two_is_four",
    ),
    "loop_import": Case("while True:\n    pass\n", "timed out", "loop_import hung while it was imported"),
    "loop_numpy": Case(
        "import numpy as np\ndef double(x):\n    return np.broadcast_to(np.float64(0), (10**13,)).sum()\n",
        "timed out",
        "loop_numpy hung in test_two_is_four, at loop_numpy.py:3",
    ),
    "memory": Case(
        "import numpy as np\ndef double(x):\n    return [np.empty(2**27) for _ in range(50)]\n",  # 50 GiB
        "failing",
        "MemoryError",
    ),
    "prints": Case("def double(x):\n    print('x' * 2**20)\n    return 2 * x\n", "passed", ""),
    "recursion": Case("def double(x):\n    return double(x)\n", "failing", "RecursionError"),
    "deletes_itself": Case("import os\nos.remove(__file__)\n" + GOOD, "passed", ""),
    "rot13": Case("# coding: rot13\n" + GOOD, "broken", "it declares the encoding 'rot13', which is not an"),
    "latin_1": Case(b"# coding: latin-1\n# caf\xe9\n" + GOOD.encode(), "passed", ""),
    "not_utf8": Case(b"# caf\xe9\n" + GOOD.encode(), "broken", "not UTF-8"),
    "null_bytes": Case(b"\0\0\0", "broken", "not valid Python"),
    "lone_surrogate": Case("def double(x):\n    raise ValueError(chr(0xD800) * 3)\n", "failing", "\\ud800"),
    "segfault": Case(
        "import ctypes\ndef double(x):\n    ctypes.string_at(0)\n", "broken", "crashed the interpreter in test_two"
    ),
    "missing_function": Case("def triple(x):\n    return 3 * x\n", "failing", "has no double"),
    "wrong_signature": Case("def double():\n    return 2\n", "failing", "TypeError"),
    "interrupts": Case("def double(x):\n    raise KeyboardInterrupt\n", "broken", "ended after 0 of 2 tests"),
    "slow_oracle": Case(
        GOOD, "timed out", "slow_oracle ran out of time in its own code in test_two_is_four", suite=SLOW_ORACLE
    ),
    "half_right": Case("def double(x):\n    return x\n", "in progress", "not doubled: return 2 * x"),
}
"""Name of the module -> case."""
if sys.platform != "linux":
    del CASES["memory"]  # macOS does not enforce limits of address space, and Windows has none
if sys.platform == "win32":
    del CASES["segfault"]  # it is an OSError there


def slug_of(name: str) -> str:
    return f"a{list(CASES).index(name) + 1:02d}_{name}"


@dataclass(frozen=True)
class Board:
    """One scoreboard over all the cases, and a good kata among them."""

    checkout: Checkout
    done: Done
    rows: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    checkout = Checkout(tmp_path_factory.mktemp("bad stubs with späce") / "checkout")
    for name, case in CASES.items():
        checkout.add(slug_of(name), case.source, **({"suite": case.suite} if case.suite else {}))
    checkout.add("b01_good", GOOD)
    checkout.add("b02_untouched")
    done = checkout.kata("scoreboard", "--format", "json")
    rows = {row["slug"]: row for row in json.loads(done.out)["rows"]} if done.out else {}
    return Board(checkout, done, rows)


@pytest.mark.parametrize("name", CASES)
def test_bad_stub_gets_its_status_and_a_sentence(board: Board, name: str) -> None:
    assert board.done.code == 0, board.done.text
    row = board.rows[slug_of(name)]
    assert row["status"] == CASES[name].status, row
    assert CASES[name].sentence in row["note"]
    assert "Traceback" not in row["note"]


def test_the_other_katas_are_not_touched_by_it(board: Board) -> None:
    assert board.rows["b01_good"]["status"] == "passed"
    assert board.rows["b02_untouched"]["status"] == "not started"


def test_no_file_of_the_learner_is_lost_or_changed(board: Board) -> None:
    for name, case in CASES.items():
        file = board.checkout.root / "katas" / slug_of(name) / f"{name}.py"
        data = case.source if isinstance(case.source, bytes) else case.source.encode()
        assert file.read_bytes() == data


def test_plain_pytest_says_the_same_in_one_sentence_without_a_traceback_of_the_harness(board: Board) -> None:
    done = board.checkout.pytest(
        f"katas/{slug_of('syntax')}", f"katas/{slug_of('half_right')}", "--continue-on-collection-errors"
    )
    assert "syntax.py is not valid Python in line 2" in done.out
    assert "not doubled: return 2 * x" in done.out
    assert "harness/" not in done.out, done.out


def test_plain_pytest_puts_a_file_back_that_deletes_itself(board: Board) -> None:
    slug = slug_of("deletes_itself")
    done = board.checkout.pytest(f"katas/{slug}")
    assert done.code == 0, done.text
    assert (board.checkout.root / "katas" / slug / "deletes_itself.py").read_text() == CASES["deletes_itself"].source


def test_a_megabyte_of_prints_stays_out_of_the_report(board: Board) -> None:
    reports: list[Path] = list((board.checkout.state / "reports").glob("*prints.json"))
    assert len(reports) == 1
    assert reports[0].stat().st_size < 20_000
