"""What an audit in CI leaves out: found by git, said in the output, and never all there is."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from harness.audit.rotation import PARTS, Part, find_baseline, parse_part, part_of_today, plan_rotation
from harness.catalog.load import load_catalog

from checkout import Checkout
from complete_katas import SOLUTIONS, complete, run_audit

pytestmark = pytest.mark.usefixtures("one_fork_server")


def git(root: Path, *arguments: str) -> str:
    person = [part for name in ("name", "email") for part in ("-c", f"user.{name}=x")]
    done = subprocess.run(["git", *person, *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path, message: str) -> str:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def repository(checkout: Checkout) -> Checkout:
    """Two katas in a repository with one commit."""
    for slug in ("a01_double", "a02_twice"):
        checkout.add(slug)
    git(checkout.root, "init", "--quiet", "--initial-branch=main")
    commit(checkout.root, "two katas")
    return checkout


def rotation_of(checkout: Checkout, since: str = "") -> tuple[set[str], str]:
    found = plan_rotation(checkout.root, load_catalog(checkout.root).katas, since=since)
    return set(found.whole), found.sentence


def test_parts_hold_every_mistake_once_and_take_turns_by_day() -> None:
    mistakes = [("a01", f"mistake_{i}") for i in range(400)]
    sizes = [sum(Part(number).has(*mistake) for mistake in mistakes) for number in range(1, PARTS + 1)]
    assert sum(sizes) == len(mistakes)
    assert min(sizes) > 60
    days = [dt.date(2026, 12, 30) + dt.timedelta(days=i) for i in range(PARTS)]
    assert {part_of_today(day).number for day in days} == set(range(1, PARTS + 1))


@pytest.mark.parametrize("text", ["", "0/4", "5/4", "2", "a/b", "1/0"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (that of `int` has a message of its own)
        parse_part(text)


def test_a_kata_is_changed_by_its_folder_or_its_solutions_committed_or_not(repository: Checkout) -> None:
    root = repository.root
    assert rotation_of(repository, "HEAD") == (set(), "changed since HEAD: no kata")
    solutions = root / "solutions" / "a02_twice"
    solutions.mkdir(parents=True)
    (solutions / "twice.py").write_text("new\n")
    assert rotation_of(repository, "HEAD")[0] == {"a02_twice"}
    commit(root, "a solution")
    assert rotation_of(repository, "HEAD")[0] == set()
    (root / "katas" / "a01_double" / "double.py").unlink()
    assert rotation_of(repository, "HEAD^")[0] == {"a01_double", "a02_twice"}


@pytest.mark.parametrize("path", ["harness/suite/check.py", "pyproject.toml", ".ci/requirements.txt"])
def test_a_change_of_what_decides_all_verdicts_is_said(repository: Checkout, path: str) -> None:
    file = repository.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")
    commit(repository.root, "the harness")
    _, sentence = rotation_of(repository, "HEAD^")
    assert sentence == f"changed since HEAD^: no kata; {path}, which all katas depend on, changed as well"


def test_the_baseline_is_the_last_release_or_the_merge_base_or_the_commit_before(repository: Checkout) -> None:
    root = repository.root
    assert find_baseline(root) == (None, "")
    assert "there is no baseline" in rotation_of(repository)[1]
    first = git(root, "rev-parse", "HEAD")
    commit(root, "another")
    baseline, _ = find_baseline(root)
    assert baseline is not None
    assert (baseline.commit, baseline.phrase) == (first, f"{first[:9]}, the commit before")
    left = git(root, "rev-parse", "HEAD")
    git(root, "switch", "--quiet", "--create", "topic")
    for message in ("one", "two"):
        commit(root, message)
    baseline, _ = find_baseline(root)
    assert baseline is not None
    assert (baseline.commit, baseline.phrase) == (left, f"{left[:9]}, where main was left")
    git(root, "tag", "v0.1.0", first)
    baseline, _ = find_baseline(root)
    assert baseline is not None
    assert (baseline.commit, baseline.phrase) == (first, "the last release, v0.1.0")


def test_a_named_baseline_that_is_not_in_the_clone_is_said(repository: Checkout) -> None:
    unknown = "0" * 40
    commit(repository.root, "another")
    baseline, remark = find_baseline(repository.root, unknown)
    assert baseline is not None
    assert remark == f"{unknown} is not in this clone; "
    assert rotation_of(repository, unknown)[1].startswith(remark)


def test_without_a_repository_there_is_no_baseline(checkout: Checkout) -> None:
    checkout.add("a01_double")
    assert rotation_of(checkout) == (set(), "there is no baseline, so what has changed is not known")


def test_what_has_not_changed_is_audited_in_part_and_the_output_says_so(checkout: Checkout, tmp_path: Path) -> None:
    complete(checkout, wrong=7)
    git(checkout.root, "init", "--quiet", "--initial-branch=main")
    commit(checkout.root, "a kata")
    left_out = []
    for number in (1, 2):
        done = run_audit(checkout, tmp_path / f"state{number}", "--rotate", "--since", "HEAD", "--part", f"{number}/2")
        assert done.code == 0, done.text
        kept = {path.stem for path in (tmp_path / f"state{number}" / "audit" / "a01_double" / "wrong").glob("*.json")}
        left_out.append({*(f"plus_{i}" for i in range(1, 8)), "slow"} - kept)
        assert "changed since HEAD: no kata" in done.out
        assert f"left out: {len(left_out[-1])} of 8 wrong solutions" in done.out
        assert f"part {number}/2 was run" in done.out
        assert "`kata audit` without --rotate runs all" in done.out
        assert {"reference", "stub", "way_0", "way_1"} <= {
            path.stem for path in (tmp_path / f"state{number}").rglob("*.json")
        }
    assert not left_out[0] & left_out[1]
    (checkout.root / SOLUTIONS / "debrief.md").write_text("", encoding="utf-8")
    done = run_audit(checkout, tmp_path / "state1", "--rotate", "--since", "HEAD", "--part", "1/2")
    assert "changed since HEAD: a01_double" in done.out
    assert "left out: 0 of 8 wrong solutions" in done.out
