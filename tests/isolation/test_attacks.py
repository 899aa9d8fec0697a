"""No attack passes, none harms the grader, and none changes what others get."""

from __future__ import annotations

import ast
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalog.load import load_kata
from harness.core.model import Status
from harness.grading.grade import Grader, Settings
from harness.grading.model import Submission
from harness.grading.results import Grade, ResultsFolder
from harness.isolation.sandbox import SANDBOX, sandbox_problem

from checkout import ROOT

pytestmark = pytest.mark.skipif(bool(sandbox_problem()), reason=sandbox_problem() or "there is a sandbox")

ONLY_A_SUPERUSER = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="RLIMIT_NPROC holds those of others back"
)
ATTACKS = sorted((Path(__file__).parents[1] / "attacks").glob("*.py"))
HONEST = (ROOT / "solutions" / "a01_mse" / "mse.py").read_bytes()


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The system's temporary folder for the run, in which nobody else makes folders."""
    folder = tmp_path_factory.mktemp("tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        yield folder


@pytest.fixture(scope="module")
def grades(tmp_path_factory: pytest.TempPathFactory, temporary: Path) -> dict[str, Grade]:  # noqa: ARG001
    """Everything graded in one run, with honest submissions first, amid and last."""
    root = tmp_path_factory.mktemp("attacked")
    shutil.copytree(ROOT / "katas" / "a01_mse", root / "katas" / "a01_mse")
    shutil.copyfile(ROOT / "pyproject.toml", root / "pyproject.toml")
    toml = root / "katas" / "a01_mse" / "kata.toml"
    toml.write_text(f"{toml.read_text(encoding='utf-8')}\nhang_limit_s = 4\n", encoding="utf-8")
    kata = load_kata(root / "katas" / "a01_mse")
    submissions = [Submission(path.stem, kata.slug, path.read_bytes()) for path in ATTACKS]
    for place, name in ((0, "honest-first"), (len(ATTACKS) // 2, "honest-amid"), (len(ATTACKS) + 2, "honest-last")):
        submissions.insert(place, Submission(name, kata.slug, HONEST))
    results = ResultsFolder(root / "results")
    grader = Grader([kata], results, Settings(SANDBOX))
    found: dict[str, Grade] = {}
    grader.grade(map(results.put_submission, submissions), done=lambda grade: found.__setitem__(grade.learner, grade))
    grader.close()
    return found


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_no_attack_passes(path: Path, grades: dict[str, Grade]) -> None:
    grade = grades[path.stem]
    assert grade.status is not Status.PASSED
    assert grade.mode == SANDBOX


FORGERIES = [path.stem for path in ATTACKS if path.stem.startswith(("forges_", "renames_"))]
NEVER_ENDS = "forges_a_truncated_reply"
"""Half a message is waited for, as an answer is that takes long."""


@pytest.mark.parametrize("name", FORGERIES)
def test_who_forges_messages_is_broken_and_not_only_failing(name: str, grades: dict[str, Grade]) -> None:
    grade = grades[name]
    if name == NEVER_ENDS:
        assert grade.status is Status.TIMED_OUT
        return
    assert grade.status is Status.BROKEN, [test.failure for test in grade.report.tests][:2]
    assert grade.report.problem is not None
    assert "what no answer looks like" in grade.report.problem.sentence


@pytest.mark.parametrize("name", ["honest-first", "honest-amid", "honest-last"])
def test_the_honest_still_pass(name: str, grades: dict[str, Grade]) -> None:
    grade = grades[name]
    assert grade.status is Status.PASSED, [test.name for test in grade.report.tests if test.failure]


def test_no_attack_leaves_a_process_behind(grades: dict[str, Grade]) -> None:
    assert grades
    names = []
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            names.append(comm.read_text(encoding="utf-8", errors="replace").strip())
        except OSError:
            continue
    assert "kata-daemon" not in names


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nests_folders_without_end", "a folder that cannot be read, or that is nested too deeply"),
        ("hides_files_below_a_long_path", "a folder that cannot be read, or that is nested too deeply"),
        ("keeps_files_without_names", "more than 256 MiB of files in the folder that it shares"),
        ("makes_empty_files_with_attributes", "more than 5000 files in /tmp"),
        pytest.param("starts_threads_without_end", "more than 512 threads", marks=ONLY_A_SUPERUSER),
    ],
)
def test_who_takes_more_than_a_limit_is_ended_and_told_which(
    name: str, sentence: str, grades: dict[str, Grade]
) -> None:
    report = grades[name].report
    assert sentence in f"{report.problem} {[test.failure for test in report.tests]}"


def test_no_attack_leaves_a_folder_behind(grades: dict[str, Grade], temporary: Path) -> None:
    assert grades["hangs_at_import_and_leaves_files"].status is Status.TIMED_OUT
    assert [path.name for path in temporary.iterdir() if path.name.startswith("kata-shared-")] == []


def test_hostile_text_is_cut_and_escaped(grades: dict[str, Grade]) -> None:
    failures = [test.failure for test in grades["raises_hostile_text"].report.tests if test.failure is not None]
    assert failures
    for failure in failures:
        text = json.dumps([failure.came, failure.asked], ensure_ascii=False)
        assert len(text) < 10_000
        assert text.isprintable()


def test_every_attack_says_what_it_tries() -> None:
    for path in ATTACKS:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
