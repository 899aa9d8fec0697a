"""Grading goes on where it was killed, costs nothing twice, and says what it could not decide."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.catalog.load import load_catalog
from harness.core.model import Status
from harness.grading.grade import Grader, HoldOutError, Settings
from harness.grading.model import Submission
from harness.grading.results import Grade, ResultsFolder
from harness.isolation.sandbox import PROCESS

from checkout import GOOD, ROOT, STUB, SUITE, Checkout, environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="players are started on Linux only, so far")

BAD = "def double(x):\n    return x\n"
LUCKY = """
from hypothesis import given, strategies as st

@pytest.mark.law
def test_now_and_then():
    import os
    marker = os.environ["KATA_TEST_MARKER"]
    if not os.path.exists(marker):
        open(marker, "w").close()
        check.true(False, asked="luck", came="bad luck", expected="good luck")
    kata.double(1)
"""


RAISES = """
@pytest.mark.edge
def test_text_is_refused():
    with pytest.raises(ValueError):
        kata.double("text")
"""


def cohort(checkout: Checkout) -> Path:
    """A checkout with two katas and a roster of four."""
    for slug in ("a01_double", "a02_double2"):
        checkout.add(slug, suite=SUITE)
    if not (checkout.root / "pyproject.toml").exists():
        (checkout.root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    rows = [("name", "source")]
    for name, sources in {
        "good": (GOOD, GOOD),
        "half": (GOOD, BAD),
        "idle": (STUB, STUB),
        "gone": ("import os\nos._exit(0)", GOOD),
    }.items():
        rows.append((name, f"forks/{name}"))
        for slug, source in zip(("a01_double", "a02_double2"), sources, strict=True):
            folder = checkout.root / "forks" / name / "katas" / slug
            folder.mkdir(parents=True)
            (folder / f"{slug[4:]}.py").write_text(source)
    with (checkout.root / "roster.csv").open("w", newline="") as file:
        csv.writer(file).writerows([*rows, ("lost", "forks/nowhere")])
    return checkout.root / "roster.csv"


def statuses(root: Path) -> dict[tuple[str, str], str]:
    return {key: str(grade.status) for key, grade in ResultsFolder(root / "results").cohort().grades.items()}


EXPECTED = {
    ("good", "a01_double"): "passed",
    ("good", "a02_double2"): "passed",
    ("half", "a01_double"): "passed",
    ("half", "a02_double2"): "in progress",
    ("idle", "a01_double"): "not started",
    ("idle", "a02_double2"): "not started",
    ("gone", "a01_double"): "broken",
    ("gone", "a02_double2"): "passed",
}


def test_a_roster_becomes_a_scoreboard(checkout: Checkout) -> None:
    cohort(checkout)
    done = checkout.kata("grade", "roster.csv", "--player", PROCESS)
    assert done.code == 0, done.text
    assert statuses(checkout.root) == EXPECTED
    assert "lost: there is no" in done.err
    assert "5 learners, 8 submissions, 1 refusals" in done.out
    assert (checkout.root / "results" / "index.html").exists()
    again = checkout.kata("grade", "roster.csv", "--player", PROCESS)
    assert again.code == 0
    files = list((checkout.root / "results" / "grades").rglob("*.json"))
    assert len(files) == 8
    shown = checkout.kata("regrade", "half", "a02", "--verbose")
    assert shown.code == 1
    assert "not doubled: return 2 * x" in shown.out


def test_a_killed_run_goes_on_where_it_was(checkout: Checkout) -> None:
    cohort(checkout)
    command = [sys.executable, "-m", "harness.cli.main", "grade", "roster.csv", "--player", PROCESS]
    for moment_s in (0.3, 0.7, 1.1, 1.6, 2.2):  # reading the roster, starting, and among the first grades
        process = subprocess.Popen(
            command,
            cwd=checkout.root,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(moment_s)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = checkout.kata("grade", "roster.csv", "--player", PROCESS)
    assert done.code == 0, done.text
    assert statuses(checkout.root) == EXPECTED


def grade_one(checkout: Checkout, source: str, settings: Settings) -> Grade:
    kata = load_catalog(checkout.root).katas[0]
    results = ResultsFolder(checkout.root / "results")
    grader = Grader([kata], results, settings)
    found: list[Grade] = []
    grader.grade([results.put_submission(Submission("one", kata.slug, source.encode()))], done=found.append)
    grader.close()
    return found[0]


def test_a_verdict_that_changes_is_marked_and_not_passed(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    cohort(checkout)
    suite = checkout.root / "katas" / "a01_double" / "test_double.py"
    suite.write_text(suite.read_text() + LUCKY)
    monkeypatch.setenv("KATA_TEST_MARKER", str(checkout.root / "marker"))
    grade = grade_one(checkout, GOOD, Settings(PROCESS))
    assert grade.unstable == ("test_now_and_then",)
    assert grade.status is Status.IN_PROGRESS


def test_hold_out_suites_count_and_are_told_apart(checkout: Checkout) -> None:
    cohort(checkout)
    hidden = checkout.root / "hold-out" / "a01_double"
    hidden.mkdir(parents=True)
    text = (
        SUITE.format(module="double")
        .replace("test_two_is_four", "test_three_is_six")
        .replace("double(2), 4", "double(3), 6")
    )
    (hidden / "test_double.py").write_text(text)
    clever = "def double(x):\n    return {2: 4, 0: 0}[x]\n"
    assert grade_one(checkout, clever, Settings(PROCESS)).status is Status.PASSED
    grade = grade_one(checkout, clever, Settings(PROCESS, hold_out=checkout.root / "hold-out"))
    assert grade.status is Status.IN_PROGRESS
    assert set(grade.hold_out) == {"test_three_is_six", "test_zero_stays_zero"}
    page = checkout.kata("grade", "roster.csv", "--player", PROCESS, "--hold-out", "hold-out")
    assert page.code == 0, page.text
    assert "test_three_is_six" not in (checkout.root / "results" / "results.json").read_text()
    assert statuses(checkout.root) == {**EXPECTED, ("half", "a01_double"): "passed"}


STRICT = b"def double(x):\n    return 2 * int(x)\n"
LATIN_1 = b"# coding: latin-1\n# \xe9\n" + STRICT
HANDED_IN = {
    "latin": ("double.py", LATIN_1, "passed", 100, ""),
    "rot13": ("double.py", b"# coding: rot13\n" + STRICT, "refused", None, "'rot13', which is not an encoding"),
    "renamed": ("Double.py", STRICT, "passed", 100, "found katas/a01_double/Double.py, expected double.py"),
    "raising": ("double.py", b"def double(x):\n    raise ValueError\n", "in progress", 0, ""),
    "half": ("double.py", b"def double(x):\n    return 4\n", "in progress", 25, ""),
    "barred": ("double.py", b"import sklearn\n" + STRICT, "broken", 0, "sklearn may not be imported"),
    "late": (
        "double.py",
        b"def double(x):\n    return 2 * int(x) if x else __import__('skl' + 'earn')\n",
        "in progress",
        0,
        "may not be imported here",
    ),
    "asleep": ("double.py", b"import time\ntime.sleep(60)\n", "timed out", 0, "hung"),
}
"""Name -> file, source, state, points by `edge=3` and `example=1`, and what must stand beside them."""


def test_marks_remarks_and_reasons_go_from_submissions_to_exports(checkout: Checkout) -> None:
    checkout.add("a01_double", suite=SUITE + RAISES)
    (checkout.root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (checkout.root / "weights.toml").write_text("[a01_double]\nexample = 1\n")
    for name, (file, source, *_) in HANDED_IN.items():
        folder = checkout.root / "forks" / name / "katas" / "a01_double"
        folder.mkdir(parents=True)
        (folder / file).write_bytes(source)
    (checkout.root / "roster.csv").write_text("name,source\n" + "".join(f"{name},forks/{name}\n" for name in HANDED_IN))
    done = checkout.kata("grade", "roster.csv", "--player", PROCESS, "--accept-names", "--weights", "example=5,edge=3")
    assert done.code == 0, done.text
    assert "renamed a01_double: found katas/a01_double/Double.py, expected double.py: taken" in done.err
    results = json.loads((checkout.root / "results" / "results.json").read_text())
    assert results["katas"][0]["weights"] == {"example": 1, "law": 4, "edge": 3, "speed": 2}
    for learner in results["learners"]:
        _, _, state, points, words = HANDED_IN[learner["name"]]
        (result,) = learner["results"]
        assert (result["state"], result["score"]) == (state, points), result
        assert words in "; ".join((result["reason"], result["remark"]))
    again = checkout.kata("export", "results", "-f", "canvas", "--weights-file", "other.toml")
    assert (again.code, "there is no other.toml" in again.err) == (2, True)
    (checkout.root / "other.toml").write_text("[default]\nexample = 3\n")
    assert checkout.kata("export", "results", "-f", "canvas", "--weights-file", "other.toml").code == 0
    with (checkout.root / "results" / "canvas.csv").open(newline="") as exported:
        marks = {row[0]: row[5] for row in list(csv.reader(exported))[2:]}
    assert marks["half"] == "50"


def test_seeds_differ_and_are_kept(checkout: Checkout) -> None:
    cohort(checkout)
    first = grade_one(checkout, GOOD, Settings(PROCESS))
    assert grade_one(checkout, GOOD, Settings(PROCESS)) == first
    fixed = grade_one(checkout, GOOD, Settings(PROCESS, seed=7))
    assert (fixed.seed, fixed.report.seed) == ("7", "7")
    assert first.seed not in ("", "7")
    assert json.loads((checkout.root / "results" / "grades" / first.key[:2] / f"{first.key}.json").read_text())


def test_bad_input_ends_in_a_sentence(checkout: Checkout) -> None:
    cohort(checkout)
    for arguments, sentence in {
        ("nobody.csv",): "nobody.csv",
        ("roster.csv", "--hold-out", "forks"): "has no suite of a kata",
        ("roster.csv", "--katas", "z99"): "z99",
    }.items():
        done = checkout.kata("grade", *arguments, "--player", PROCESS)
        assert done.code == 2, done.text
        assert sentence in done.err
        assert "Traceback" not in done.text
    kata = load_catalog(checkout.root).katas[0]
    with pytest.raises(HoldOutError):
        Grader([kata], ResultsFolder(checkout.root / "r"), Settings(PROCESS, hold_out=Path("nowhere")))
