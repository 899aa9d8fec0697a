"""Copies are found however they are dressed up; what the stub has and what everybody writes is not held against anyone."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.export import export_command, similarity_command
from harness.core.errors import KataError
from harness.grading.export.similar import render_similar_html, render_similar_json, render_similar_table
from harness.grading.model import Submission
from harness.grading.results import CohortIndex, KataEntry, ResultsFolder
from harness.grading.similarity import MOST_BYTES, MissingExtraError, Pair, Similarity, find_similar

from boards import make_kata, make_report
from checkout import ROOT
from cohorts import make_grade, make_learner

pytest.importorskip("copydetect", reason="copydetect is not installed: it comes with the extra cohort")

KATA = "b02_naive_bayes"
STUB = (ROOT / "katas" / KATA / "naive_bayes.py").read_bytes()
STUBS = {KATA: STUB}
LOOP = b"""
def fit(rows, labels):
    totals = {}
    for row, label in zip(rows, labels):
        entry = totals.setdefault(label, [0, [0.0] * len(row), [0.0] * len(row)])
        entry[0] += 1
        for i, value in enumerate(row):
            entry[1][i] += value
            entry[2][i] += value * value
    return {k: (n, [s / n for s in a], [q / n - (s / n) ** 2 for s, q in zip(a, b)]) for k, (n, a, b) in totals.items()}
"""
ARRAYS = b"""
def fit(rows, labels):
    classes, codes = np.unique(np.asarray(labels), return_inverse=True)
    onehot = np.eye(len(classes))[codes]
    counts = onehot.sum(axis=0)
    means = (onehot.T @ rows) / counts[:, None]
    spread = (onehot.T @ rows**2) / counts[:, None] - means**2
    return classes, counts, means, spread + 1e-9 * rows.var(axis=0).max()
"""


def submission(learner: str, source: bytes, kata: str = KATA) -> Submission:
    return Submission(learner, kata, source)


def found_in(*sources: bytes, threshold: float = 0.8) -> Similarity:
    return find_similar(
        [submission(f"learner-{i}", source) for i, source in enumerate(sources)], STUBS, threshold=threshold
    )


def dressed_up(source: bytes) -> bytes:
    text = source.decode().replace("rows", "X_train").replace("labels", "y_train").replace("totals", "stats")
    return ("# my own work\n" + text.replace("\n    ", "\n\n    # step\n    ")).encode()


def test_a_copy_is_found_and_an_honest_solution_is_not() -> None:
    (pair,) = found_in(LOOP, ARRAYS, LOOP).pairs
    assert (pair.left, pair.right, pair.share, pair.is_identical) == ("learner-0", "learner-2", 1.0, True)


def test_a_copy_with_other_names_comments_and_blank_lines_is_found() -> None:
    (pair,) = found_in(LOOP, dressed_up(LOOP), ARRAYS).pairs
    assert (pair.left, pair.right, pair.is_identical) == ("learner-0", "learner-1", False)
    assert pair.share > 0.95


def test_a_copy_inside_a_longer_file_is_found() -> None:
    (pair,) = found_in(LOOP, LOOP + ARRAYS).pairs
    assert pair.left_share > 0.95
    assert pair.right_share < 0.8


def test_a_copy_in_another_declared_encoding_is_found() -> None:
    other = b"# coding: utf-7\n" + LOOP.decode().encode("utf-7")
    (pair,) = found_in(LOOP, other).pairs
    assert (pair.left_share, pair.right_share) == (1.0, 1.0)


def test_lines_of_the_stub_are_not_compared() -> None:
    assert found_in(STUB + LOOP, STUB + ARRAYS, STUB + b"x = 1\n").pairs == ()
    assert len(find_similar([submission("a", STUB + b"x = 1\n"), submission("b", STUB + b"x = 2\n")], {}).pairs) == 1


def test_stubs_as_they_were_published_are_not_compared() -> None:
    found = found_in(STUB, STUB, STUB)
    assert (found.pairs, found.compared) == ((), 0)


def test_only_submissions_of_the_same_kata_are_compared() -> None:
    assert find_similar([submission("a", LOOP), submission("b", LOOP, "b01_knn")], STUBS).pairs == ()


def test_a_turn_of_phrase_is_no_copy() -> None:
    short = b"def mse(a, b):\n    return float(np.mean((a - b) ** 2))\n"
    assert found_in(short, short + LOOP, short + ARRAYS).pairs == ()


def test_what_is_too_long_or_not_text_is_named_or_borne() -> None:
    found = found_in(LOOP, b"x = 1\n" * MOST_BYTES, b"\xff\xfe\x00'''", b"", b"def (((", LOOP)
    assert len(found.pairs) == 1
    assert "learner-1 b02_naive_bayes has 384 KiB" in found.notices[0]


def test_the_usual_share_tells_how_little_a_high_one_may_say() -> None:
    assert found_in(LOOP, LOOP, LOOP).pairs[0].usual == 1.0
    assert found_in(LOOP, LOOP, ARRAYS).pairs[0].usual < 0.1


def test_results_do_not_depend_on_the_order_of_submissions() -> None:
    sources = {"a": LOOP, "b": dressed_up(LOOP), "c": ARRAYS, "d": LOOP + ARRAYS}
    there = find_similar([submission(*item) for item in sources.items()], STUBS)
    back = find_similar([submission(*item) for item in reversed(sources.items())], STUBS)
    assert {frozenset((pair.left, pair.right)) for pair in there.pairs} == {
        frozenset((pair.left, pair.right)) for pair in back.pairs
    }


def test_beyond_the_bound_the_most_alike_are_compared_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.grading.similarity.MOST_COMPARED", 1)
    found = found_in(LOOP, ARRAYS + LOOP[:200], LOOP, LOOP + ARRAYS)
    assert len(found.pairs) == 1
    assert "pairs more share code" in found.notices[0]


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "copydetect", None)
    with pytest.raises(MissingExtraError, match="copydetect") as caught:
        found_in(LOOP, LOOP)
    assert "pip install -e '.[cohort]'" in caught.value.hint


# --- how it is shown ---------------------------------------------------------------------------------------------------

HOSTILE = Similarity(
    0.8,
    (Pair("b02_naive_bayes", "left", "right", 1.0, 0.5, is_identical=False, usual=0.25),),
    2,
    ("<b>notice\x1b[2J",),
)


def test_every_form_has_both_names_and_is_harmless() -> None:
    names = {"left": "<script>\x1b[2J\ud800", "right": "learner-2"}
    for text in (render_similar_table(HOSTILE, names), render_similar_html(HOSTILE, names)):
        assert "learner-2" in text
        assert "\x1b" not in text
        text.encode()
    assert "<script>" not in render_similar_html(HOSTILE, names)
    assert json.loads(render_similar_json(HOSTILE))["pairs"][0]["left_share"] == 1.0


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A results folder in which two of three learners have the same solution."""
    monkeypatch.chdir(ROOT)
    folder = ResultsFolder(tmp_path / "results")
    grades = []
    for i, source in enumerate((LOOP, ARRAYS, LOOP)):
        kept = submission(f"learner-{i}", source)
        folder.put_submission(kept)
        grades.append(replace(make_grade(kept.learner, make_report(KATA, "PPPP")), submission_sha256=kept.sha256))
        folder.put(grades[-1])
    learners = tuple(make_learner(i, name=f"Name {i}") for i in range(3))
    folder.write_index(CohortIndex(learners, (KataEntry.of(make_kata(KATA)),), tuple(grade.key for grade in grades)))
    return folder.path


def test_kata_similarity_prints_a_table_or_json(results: Path) -> None:
    done = CliRunner().invoke(similarity_command, [str(results)])
    assert done.exit_code == 0, done.output
    assert "Name 0" in done.stdout
    assert "Name 1" not in done.stdout
    done = CliRunner().invoke(similarity_command, [str(results), "--format", "json", "--threshold", "0.5"])
    assert [pair["right"] for pair in json.loads(done.stdout)["pairs"]] == ["learner-2"]


def test_the_page_is_linked_from_the_instructors_page_and_from_no_learners(results: Path) -> None:
    assert CliRunner().invoke(similarity_command, [str(results), "--format", "html"]).exit_code == 0
    assert "Name 2" in (results / "similarity.html").read_text(encoding="utf-8")
    assert CliRunner().invoke(export_command, [str(results)]).exit_code == 0
    assert 'href="similarity.html"' in (results / "index.html").read_text(encoding="utf-8")
    for page in (results / "learners").iterdir():
        assert "imilar" not in page.read_text(encoding="utf-8")


def test_results_without_sources_are_a_sentence(results: Path) -> None:
    for path in (results / "submissions").rglob("*.py"):
        path.unlink()
    done = CliRunner().invoke(similarity_command, [str(results)])
    assert isinstance(done.exception, KataError)
    assert "no submissions to compare" in str(done.exception)
