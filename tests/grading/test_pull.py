"""Forks' artifacts become a cohort that says it is self-reported; what is odd is refused for that learner alone."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.export import cohort_group
from harness.core.documents import ResultsError
from harness.core.errors import KataError
from harness.core.model import Catalog, Status, Suite
from harness.core.report import dump
from harness.grading.pull import MOST_BYTES, MOST_FILES, MOST_TESTS, pull
from harness.grading.results import GRADED, SELF_REPORTED, CohortIndex, Grade, ResultsFolder

from boards import make_kata, make_report
from checkout import ROOT
from cohorts import mixed_cohort

CATALOG = Catalog((make_kata("a01_mse"), make_kata("b01_knn")))
GREEN = dump(make_report("a01_mse", "PPPP", created=10.0))
RED = dump(make_report("a01_mse", "PFPP", created=20.0))


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@dataclass(frozen=True)
class Pulled:
    """An index, and the grades that it names."""

    index: CohortIndex
    grades: tuple[Grade, ...]


def pull_all(paths: list[Path]) -> Pulled:
    kept: dict[str, Grade] = {}
    index = pull(paths, CATALOG, lambda grade: kept.update({grade.key: grade}))
    return Pulled(index, tuple(kept[key] for key in index.keys))


def statuses(pulled: Pulled) -> dict[tuple[str, str], str]:
    return {(grade.learner, grade.kata): grade.status.value for grade in pulled.grades}


def refusal_of(pulled: Pulled, learner: str) -> str:
    (refusal,) = [refusal for refusal in pulled.index.refusals if refusal.learner == learner]
    return refusal.sentence


@pytest.mark.parametrize("root", ["", "katas/", "results/"])
def test_a_folder_of_learners_as_downloads_leave_them(tmp_path: Path, root: str) -> None:
    write(tmp_path, f"learner-1/{root}reports/a01_mse.json", GREEN)
    write(tmp_path, f"learner-1/{root}index.html", b"<html>")
    write(tmp_path, f"learner-2/{root}reports/a01_mse.json", RED)
    pulled = pull_all([tmp_path])
    assert [learner.name for learner in pulled.index.learners] == ["learner-1", "learner-2"]
    assert statuses(pulled) == {("learner-1", "a01_mse"): "passed", ("learner-2", "a01_mse"): "in progress"}
    assert pulled.index.origin == SELF_REPORTED
    assert {grade.mode for grade in pulled.grades} == {SELF_REPORTED}
    assert pulled.index.refusals == ()


def test_one_learners_folder_and_a_zip_named_after_a_learner(tmp_path: Path) -> None:
    write(tmp_path, "learner-1/reports/a01_mse.json", GREEN)
    archive = write_zip(tmp_path / "zips" / "learner-2.zip", {"reports/a01_mse.json": RED, "index.html": b""})
    pulled = pull_all([tmp_path / "learner-1", archive])
    assert [learner.slug for learner in pulled.index.learners] == ["learner-1", "learner-2"]
    assert len(pulled.grades) == 2


def test_reports_of_follow_ups_say_nothing_about_katas(tmp_path: Path) -> None:
    more = dump(make_report("a01_mse", "FF", created=30.0, suite=Suite.FOLLOW_UP))
    for name, own in (("learner-1", GREEN), ("learner-2", None)):
        write(tmp_path, f"{name}/reports/a01_mse.follow_up.json", more)
        if own:
            write(tmp_path, f"{name}/reports/a01_mse.json", own)
    pulled = pull_all([tmp_path])
    assert statuses(pulled) == {("learner-1", "a01_mse"): "passed"}
    assert pulled.index.refusals == ()


def test_a_zip_named_after_the_artifact_belongs_to_its_folder(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "learner-1" / "katas.zip", {"reports/a01_mse.json": GREEN})
    for path in (tmp_path, tmp_path / "learner-1", archive):
        assert statuses(pull_all([path])) == {("learner-1", "a01_mse"): "passed"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_several_downloads_of_one_learner_the_newest_report_counts(tmp_path: Path, order: tuple[int, int]) -> None:
    weeks = (
        write(tmp_path, "week-1/x/reports/a01_mse.json", GREEN),
        write(tmp_path, "week-2/x/reports/a01_mse.json", RED),
    )
    pulled = pull_all([weeks[i].parents[1] for i in order])
    assert len(pulled.index.learners) == 1
    assert statuses(pulled) == {("x", "a01_mse"): "in progress"}
    assert len(pulled.index.keys) == 1


def test_no_more_than_one_report_is_held_at_a_time(tmp_path: Path) -> None:
    def peak_kib(learners: int) -> float:
        folder = tmp_path / f"of {learners}"
        for i in range(learners):
            write(folder, f"learner-{i}/reports/a01_mse.json", dump(make_report("a01_mse", "P" * 1000, created=i)))
        tracemalloc.start()
        pull([folder], CATALOG, lambda _: None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak / 1024

    peak_kib(1)  # what is imported and kept from then on
    few, many = peak_kib(2), peak_kib(8)
    assert many < 1.05 * few, (few, many)  # reading one takes most; holding six more would take a sixth of that


def test_nothing_reported_is_not_started(tmp_path: Path) -> None:
    write(tmp_path, "learner-1/scoreboard.json", b"{}")
    pulled = pull_all([tmp_path / "learner-1"])
    assert len(pulled.index.learners) == 1
    assert pulled.grades == ()
    assert pulled.index.refusals == ()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (GREEN[:-30], "not valid JSON"),
        (b"{}", "not a pytest-json-report file"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"kata": ' + b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe", "is UTF-16"),
        (b"\xff\x00", "not valid JSON"),
        (b" " * (MOST_BYTES + 1), "over 8 MiB"),
        (dump(make_report("c09_gone", "P")), "no such kata"),
        (dump(replace(make_report("a01_mse", "P"), subject="reference")), "not on the learner's own file"),
        (dump(make_report("a01_mse", "P" * (MOST_TESTS + 1))), "expected at most 2000"),
    ],
)
@pytest.mark.parametrize("is_zip", [False, True])
def test_an_odd_report_is_refused_with_a_sentence_and_others_go_on(
    tmp_path: Path, data: bytes, sentence: str, is_zip: bool
) -> None:
    write(tmp_path, "honest/reports/a01_mse.json", GREEN)
    if is_zip:
        write_zip(tmp_path / "odd.zip", {"reports/a01_mse.json": data})
    else:
        write(tmp_path, "odd/reports/a01_mse.json", data)
    pulled = pull_all([tmp_path])
    assert sentence in refusal_of(pulled, "odd")
    assert statuses(pulled) == {("honest", "a01_mse"): "passed"}


def test_a_damaged_report_does_not_hide_the_others_of_the_same_learner(tmp_path: Path) -> None:
    write(tmp_path, "learner-1/reports/a01_mse.json", b"{")
    write(tmp_path, "learner-1/reports/b01_knn.json", dump(make_report("b01_knn", "PP")))
    pulled = pull_all([tmp_path])
    assert statuses(pulled) == {("learner-1", "b01_knn"): "passed"}
    assert pulled.index.refusals[0].kata == "a01_mse"


def test_a_file_that_is_no_zip_a_bomb_and_too_many_files_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "text.zip", b"hello")
    whole = write_zip(tmp_path / "cut.zip", {"reports/a01_mse.json": GREEN}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole.replace(whole[60:90], b"\0" * 30))
    write_zip(tmp_path / "bomb.zip", {"reports/a01_mse.json": b" " * (10 * MOST_BYTES)})
    write_zip(tmp_path / "many.zip", {f"reports/a01_m{i}.json": b"{}" for i in range(MOST_FILES + 1)})
    write_zip(tmp_path / "fine.zip", {"reports/a01_mse.json": GREEN})
    pulled = pull_all([tmp_path])
    assert list(statuses(pulled)) == [("fine", "a01_mse")]
    assert "not a zip" in refusal_of(pulled, "text")
    assert refusal_of(pulled, "cut").startswith("cut.zip: ")
    assert "over 8 MiB" in refusal_of(pulled, "bomb")
    assert "501 reports" in refusal_of(pulled, "many")


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path, "secret/a01_mse.json", GREEN)
    for name, link, target in (
        ("file", "reports/a01_mse.json", secret),
        ("folder", "reports", secret.parent),
        ("root", "katas", secret.parent),
    ):
        path = tmp_path / "forks" / name / link
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.symlink_to(target, target_is_directory=target.is_dir())
        except OSError:
            pytest.skip("this system makes no symbolic links")
    (tmp_path / "forks" / "whole").symlink_to(secret.parent, target_is_directory=True)
    pulled = pull_all([tmp_path / "forks"])
    assert pulled.grades == ()
    assert {refusal.learner for refusal in pulled.index.refusals} == {"file", "folder", "root"}


def test_names_that_are_no_file_names_get_slugs_that_are_and_differ(tmp_path: Path) -> None:
    for name in ("Ann B", "ann-b", "ANN-B", "李", "=1+1"):
        write(tmp_path, f"{name}/reports/a01_mse.json", GREEN)
    slugs = [learner.slug for learner in pull_all([tmp_path]).index.learners]
    assert len({slug.lower() for slug in slugs}) == 5
    assert all(slug.replace("-", "").isalnum() and slug.isascii() for slug in slugs)


@pytest.mark.parametrize("make", ["nothing", "empty", "text"])
def test_a_path_without_learners_is_a_sentence(tmp_path: Path, make: str) -> None:
    path = tmp_path / "forks"
    if make == "empty":
        path.mkdir()
    if make == "text":
        path.write_text("hello")
    with pytest.raises(ResultsError, match="forks"):
        pull_all([path])


# --- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.usefixtures("_here")
def test_kata_cohort_pull_writes_pages_that_say_self_reported(tmp_path: Path) -> None:
    write(tmp_path, "forks/learner-1/reports/a01_mse.json", GREEN)
    write(tmp_path, "forks/learner-2/reports/a01_mse.json", b"{")
    out = tmp_path / "out"
    arguments = ["pull", str(tmp_path / "forks"), "--out", str(out)]
    for _ in range(2):  # and again, with nothing changed
        done = CliRunner().invoke(cohort_group, arguments)
        assert done.exit_code == 0, done.output
    assert "learner-2: reports/a01_mse.json" in done.stderr
    assert "Self-reported" in (out / "index.html").read_text(encoding="utf-8")
    assert json.loads((out / "results.json").read_text(encoding="utf-8"))["origin"] == SELF_REPORTED
    assert ResultsFolder(out).cohort().grades["learner-1", "a01_mse"].status is Status.PASSED


@pytest.mark.usefixtures("_here")
def test_kata_cohort_pull_never_writes_into_graded_results(tmp_path: Path) -> None:
    write(tmp_path, "forks/learner-1/reports/a01_mse.json", GREEN)
    folder = ResultsFolder(tmp_path / "out")
    folder.write_index(mixed_cohort().index)
    done = CliRunner().invoke(cohort_group, ["pull", str(tmp_path / "forks"), "--out", str(folder.path)])
    assert isinstance(done.exception, KataError)
    assert "holds graded results" in str(done.exception)
    assert folder.read_index().origin == GRADED
