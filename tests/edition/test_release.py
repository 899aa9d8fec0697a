"""`kata release`: the edition has what learners need, works on its own, and hangs on nothing but its content."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.edition import texts
from harness.edition.manifest import EditionError

from boards import make_kata
from checkout import ROOT, environment
from editions import KATAS, clone, copy_repository, files_of, git, release, run

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository; tests do not change it."""
    return copy_repository(tmp_path_factory.mktemp("release") / "repository")


@pytest.fixture(scope="module")
def edition(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An edition of all its katas; tests do not change it."""
    return release(repository, tmp_path_factory.mktemp("edition") / "edition")


@pytest.fixture
def own(repository: Path, tmp_path: Path) -> Path:
    """A copy of the repository, to be changed."""
    return Path(shutil.copytree(repository, tmp_path / "own", symlinks=True))


# --- the same input gives the same bytes -----------------------------------------------------------------------------


@posix
def test_other_places_times_umasks_and_a_checkout_without_git_give_the_same_commit(
    repository: Path, edition: Path, tmp_path: Path
) -> None:
    other = clone(repository, tmp_path / "elsewhere")
    for path in other.rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    plain = Path(shutil.copytree(other, tmp_path / "plain", ignore=shutil.ignore_patterns(".git")))
    commits = {git(edition, "rev-parse", "HEAD", "HEAD^{tree}")}
    for root, umask, zone in ((other, 0o077, "Asia/Tokyo"), (plain, 0o002, "America/Lima")):
        target = root.parent / f"edition-of-{root.name}"
        done = subprocess.run(
            [sys.executable, "-m", "harness.cli.main", "release", str(target)],
            cwd=root,
            env={**environment(), "TZ": zone, "GIT_AUTHOR_NAME": "somebody", "LANG": "de_DE.UTF-8"},
            umask=umask,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        commits.add(git(target, "rev-parse", "HEAD", "HEAD^{tree}"))
        assert files_of(target) == files_of(edition)
        assert git(target, "status", "--porcelain") == ""
        assert (target / "README.md").stat().st_mode & 0o777 == 0o644
    assert len(commits) == 1


def test_another_content_gives_another_name(own: Path, edition: Path, tmp_path: Path) -> None:
    before = run(own, "release", str(tmp_path / "before"))
    suite = own / "katas/a01_mse/test_mse.py"
    suite.write_text(suite.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")
    after = run(own, "release", str(tmp_path / "after"))
    names = [re.findall(r"edition (\S+ \(\w{8}\))", done.out) for done in (before, after)]
    assert all(names), before.text + after.text
    assert names[0] != names[1]
    assert git(tmp_path / "before", "rev-parse", "HEAD") == git(edition, "rev-parse", "HEAD")


# --- what is in it, and what is not ----------------------------------------------------------------------------------


def test_nothing_of_authors_is_in_it(edition: Path) -> None:
    paths = set(git(edition, "ls-files").splitlines())
    assert paths == set(files_of(edition))
    parts = {part for path in paths for part in path.split("/")}
    assert not parts & {"solutions", "wrong", "also_right", "tests", "CONTRIBUTING.md", "CHANGELOG.md", "ci.yml"}
    assert not any("bench" in path or "debrief" in path for path in paths)
    references = {(ROOT / f"solutions/{slug}/{slug[4:]}.py").read_bytes() for slug in KATAS}
    assert not references & set(files_of(edition).values())


def test_each_kata_has_what_a_learner_needs(edition: Path) -> None:
    for slug in KATAS:
        names = {path.name for path in (edition / "katas" / slug).iterdir()}
        assert {"README.md", "kata.toml", "hints.md", f"{slug[4:]}.py", f"test_{slug[4:]}.py"} <= names
    assert (edition / ".github/workflows/katas.yml").is_file()
    assert (edition / ".gitlab-ci.yml").is_file()


def test_the_manifest_lists_every_file(edition: Path) -> None:
    content = json.loads((edition / ".dojo/manifest.json").read_bytes())["content"]
    assert set(content["files"]) | {".dojo/manifest.json"} == set(files_of(edition))
    assert content["stubs"] == [f"katas/{slug}/{slug[4:]}.py" for slug in KATAS]


def test_pyproject_refers_to_nothing_that_is_not_there(edition: Path) -> None:
    data = tomllib.loads((edition / "pyproject.toml").read_text(encoding="utf-8"))
    source = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert data["project"]["dependencies"] == source["project"]["dependencies"]
    assert set(data["tool"]) == {"hatch", "pytest"}
    assert "dependency-groups" not in data
    assert "pythonpath" not in data["tool"]["pytest"]["ini_options"]
    for path in (*data["tool"]["pytest"]["ini_options"]["testpaths"], *data["project"]["license-files"]):
        assert (edition / path).exists(), path
    assert [need.split(">")[0] for need in data["project"]["optional-dependencies"]["seal"]] == ["cryptography"]


def test_what_the_readme_and_the_workflows_speak_of_is_there(edition: Path) -> None:
    readme = (edition / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)h#][^)]*)\)", readme)
    assert links
    assert all((edition / link).is_file() for link in links)
    words = re.findall(r"`((?:katas|\.github|\.gitlab|\.ci|\.dojo|solutions)[^` ]*)`", readme)
    assert words
    assert all((edition / word).exists() for word in words), words
    assert not re.search(r"kata (audit|new|stamp|release|grade|unseal)|CONTRIBUTING|nox -s", readme)
    for name in (".github/workflows/katas.yml", ".gitlab-ci.yml"):
        for path in re.findall(r"\.ci/[\w.-]+", (edition / name).read_text(encoding="utf-8")):
            assert (edition / path).is_file(), path


def test_the_readme_lists_the_commands_that_there_are(edition: Path) -> None:
    listed = set(re.findall(r"^\| `kata ([\w-]+)`", (edition / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    offered = set(re.findall(r"^  ([a-z]+)  ", run(edition, "--help").out, re.MULTILINE))
    assert {"scoreboard", "list", "update"} <= listed
    assert listed == offered - {"unseal"}  # nothing is sealed in this edition


def test_a_kata_requires_only_what_is_in_the_edition(own: Path, tmp_path: Path) -> None:
    toml = own / "katas/c01_matmul/kata.toml"
    lines = [line for line in toml.read_text(encoding="utf-8").splitlines() if not line.startswith("requires")]
    toml.write_text('requires = ["a01_mse",\n  "a02_r2_score"]\n' + "\n".join(lines) + "\n", encoding="utf-8")
    small = release(own, tmp_path / "small", "a2", "C01")
    assert sorted(path.name for path in (small / "katas").iterdir()) == ["a02_r2_score", "c01_matmul"]
    data = tomllib.loads((small / "katas/c01_matmul/kata.toml").read_text(encoding="utf-8"))
    assert data["requires"] == ["a02_r2_score"]
    assert run(small, "list").code == 0


def test_sets_choose(repository: Path, tmp_path: Path) -> None:
    only_c = release(repository, tmp_path / "c", "--sets", "c")
    assert [path.name for path in (only_c / "katas").iterdir()] == ["c01_matmul"]
    assert "a01_mse" not in (only_c / "README.md").read_text(encoding="utf-8")


def test_follow_ups_come_along(own: Path, tmp_path: Path) -> None:
    for name in ("follow_up.md", "test_follow_up.py"):
        (own / "katas/a01_mse" / name).write_text("# now on a stream\n", encoding="utf-8")
    target = release(own, tmp_path / "edition", "a1")
    assert (target / "katas/a01_mse/follow_up.md").is_file()
    assert (target / "katas/a01_mse/test_follow_up.py").is_file()
    assert "follow_up.md" in (target / "README.md").read_text(encoding="utf-8")


def test_what_git_does_not_know_stays_out(own: Path, tmp_path: Path) -> None:
    (own / "harness/secret_notes.py").write_text("# the solution of A01 is ...\n", encoding="utf-8")
    assert not (release(own, tmp_path / "edition", "a1") / "harness/secret_notes.py").exists()


# --- it works --------------------------------------------------------------------------------------------------------


def test_a_fresh_clone_lists_runs_and_shows(edition: Path, tmp_path: Path) -> None:
    fork = clone(edition, tmp_path / "fork")
    assert [line.split()[0] for line in run(fork, "list").out.splitlines()] == list(KATAS)
    empty = run(fork, "scoreboard")
    assert empty.code == 0, empty.text
    assert len(re.findall(r" [AC]0\d .* not started ", empty.out)) == len(KATAS)
    wrong = "import numpy as np\n\n\ndef mse(a, b):\n    return float(np.sum(np.subtract(a, b, dtype=float) ** 2))\n"
    (fork / "katas/a01_mse/mse.py").write_text(wrong, encoding="utf-8")
    failed = run(fork, "-q", "katas/a01_mse", module="pytest")
    assert failed.code == 1, failed.text
    assert "the sum of the squares: divide by the number of elements" in failed.out
    shutil.copy(ROOT / "solutions/a01_mse/mse.py", fork / "katas/a01_mse/mse.py")
    passed = run(fork, "-q", "katas/a01_mse", module="pytest")
    assert passed.code == 0, passed.text
    board = run(fork, "scoreboard")
    assert re.search(r"A01 .* passed", board.out), board.text
    assert set(git(fork, "status", "--porcelain").split()) == {"M", "katas/a01_mse/mse.py"}


def test_every_module_of_it_can_be_imported(edition: Path) -> None:
    code = (
        "import importlib, pkgutil, harness\n"
        "names = [found.name for found in pkgutil.walk_packages(harness.__path__, 'harness.')]\n"
        "missing = []\n"
        "for name in names:\n"
        "    try:\n"
        "        importlib.import_module(name)\n"
        "    except ModuleNotFoundError as error:\n"
        "        if str(error.name).startswith('harness'): missing.append(f'{name} needs {error.name}')\n"
        "assert not missing, missing\n"
        "print(len(names), harness.__file__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=edition, env=environment(), capture_output=True, text=True)  # noqa: PLW1510
    assert done.returncode == 0, done.stderr
    number, file = done.stdout.split(maxsplit=1)
    assert int(number) > 50
    assert Path(file.strip()).is_relative_to(edition)


def test_its_noxfile_installs_and_shows_the_scoreboard(
    edition: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decorator(function: Callable[[Any], None]) -> Callable[[Any], None]:
        return function

    nox: Any = types.ModuleType("nox")
    nox.session, nox.options, nox.Session = decorator, types.SimpleNamespace(), object
    monkeypatch.setitem(sys.modules, "nox", nox)
    calls: list[tuple[str, ...]] = []
    session = types.SimpleNamespace(
        virtualenv=types.SimpleNamespace(location=str(tmp_path)),
        posargs=["a1"],
        install=lambda *arguments, env: calls.append(("install", *arguments)),  # noqa: ARG005
        run=lambda *arguments: calls.append(arguments),
    )
    names = runpy.run_path(str(edition / "noxfile.py"))
    for _ in range(2):
        names["scoreboard"](session)
    lock = calls[0][-1]
    assert (edition / lock).is_file()
    assert calls[1:] == [("install", "--no-deps", "-e", "."), *[("kata", "scoreboard", "a1")] * 2]


@pytest.mark.parametrize("arguments", [("audit",), ("new", "B26", "x"), ("stamp", "a1"), ("release", "../again")])
def test_commands_of_authors_say_that_this_is_an_edition(edition: Path, arguments: tuple[str, ...]) -> None:
    done = run(edition, *arguments)
    assert done.code == 2
    assert f"this is a learners' edition, and kata {arguments[0]} is for authors" in done.err
    assert "Traceback" not in done.err


def test_there_is_no_reference_to_run(edition: Path) -> None:
    done = run(edition, "scoreboard", "a1", "--subject", "reference")
    assert "a learners' edition has no references" in " ".join(done.out.split()), done.text


# --- what is refused -------------------------------------------------------------------------------------------------


def refused(root: Path, target: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    """The sentence with which a release ends, and nothing is left of it."""
    before = set(target.parent.iterdir())
    done = run(root, "release", str(target), *arguments, env=env)
    assert done.code == 2, done.text
    assert "Traceback" not in done.text
    assert set(target.parent.iterdir()) == before
    return done.err


def test_a_stub_that_is_filled_in_stops_it(own: Path, tmp_path: Path) -> None:
    stub = own / "katas/a01_mse/mse.py"
    stub.write_text(
        stub.read_text(encoding="utf-8").replace("raise NotImplementedError", "return 1.0"), encoding="utf-8"
    )
    sentence = refused(own, tmp_path / "edition")
    assert "katas/a01_mse/mse.py is not the stub as it was published" in sentence
    assert "kata stamp" in sentence


@pytest.mark.parametrize("name", ["hints.md", "README.md", "test_mse.py", "mse.py"])
def test_a_kata_that_lacks_a_file_stops_it(own: Path, tmp_path: Path, name: str) -> None:
    (own / "katas/a01_mse" / name).unlink()
    assert f"katas/a01_mse/{name} cannot be read" in refused(own, tmp_path / "edition")


def test_a_kata_that_is_not_usable_stops_it_unless_it_was_not_asked_for(own: Path, tmp_path: Path) -> None:
    (own / "katas/a02_r2_score/kata.toml").write_text("title = 1", encoding="utf-8")
    assert "a02_r2_score is not usable" in refused(own, tmp_path / "edition")
    assert "a02_r2_score is not usable" in refused(own, tmp_path / "edition", "--sets", "A")
    release(own, tmp_path / "a1", "a1")
    release(own, tmp_path / "c", "--sets", "C")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--sets", "E"), "there is no set E"),
        (("--sets", ","), "there is no set ','"),
        (("--sets", "B"), "there is no kata to release"),
        (("--sets", "A", "a1"), "give --sets or names of katas, and not both"),
        (("z99",), "no kata is called 'z99'"),
        (("--passphrase-file", "x"), "add --seal"),
        (("--seal", "--passphrase-file", "/does/not/exist"), "the passphrase cannot be read from"),
        (("--seal",), "no passphrase was given"),
        (("--hold-out", "/does/not/exist"), "is not a folder"),
    ],
)
def test_arguments_that_make_no_sense(
    repository: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in refused(repository, tmp_path / "edition", *arguments)


def test_a_target_that_is_not_empty_is_left_alone(repository: Path, tmp_path: Path) -> None:
    target = tmp_path / "there"
    target.mkdir()
    (target / "mine.txt").write_text("mine", encoding="utf-8")
    assert "is there already, and not empty" in refused(repository, target, "a1")
    assert files_of(target) == {"mine.txt": b"mine"}
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    assert "is there already" in refused(repository, file, "a1")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert (release(repository, empty, "a1") / "README.md").is_file()


def test_a_target_that_cannot_be_written_is_a_sentence(own: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    done = run(own, "release", str(tmp_path / "file" / "edition"), "a1")
    assert done.code == 2
    assert "Traceback" not in done.text
    assert "cannot be" in done.err
    assert "is inside of katas/" in refused(own, own / "katas" / "edition", "a1")


@posix
def test_without_git_it_says_so(own: Path, tmp_path: Path) -> None:
    shutil.rmtree(own / ".git")
    assert "git cannot be started" in refused(own, tmp_path / "edition", "a1", env={"PATH": str(tmp_path)})


def test_a_git_that_cannot_say_what_it_tracks_stops_it(own: Path, tmp_path: Path) -> None:
    (own / ".git/index").write_bytes(b"damaged")
    assert "git ls-files failed" in refused(own, tmp_path / "edition", "a1")


def test_where_there_is_no_harness_no_edition_is_made(own: Path, tmp_path: Path) -> None:
    (own / "pyproject.toml").unlink()
    assert "editions are made from the whole repository" in refused(own, tmp_path / "edition", "a1")


def test_a_pyproject_that_cannot_be_shortened_safely_stops_it() -> None:
    source = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for odd in (
        'pythonpath = [\n    "tests",\n]',
        'pythonpath = ["tests/support"]\npythonversion = """\n[tool.ruff]"""',
    ):
        changed = source.replace('pythonpath = ["tests/support"]', odd, 1)
        assert changed != source
        with pytest.raises(EditionError, match=r"pyproject\.toml is"):
            texts.project(changed)
    kata = make_kata("a01_mse", requires=("a02_r2_score",))
    with pytest.raises(EditionError, match=r"katas/a01_mse/kata\.toml is written in a way"):
        texts.metadata('"requires" = ["a02_r2_score"]\n', kata, {"a01_mse"})
    assert texts.version(source) == tomllib.loads(source)["project"]["version"]


# --- suites that are held out ----------------------------------------------------------------------------------------

SUITE = "import mse as kata\n\n\ndef test_secret() -> None:\n    assert kata.mse([1], [3]) == 4\n"


def hold_out(folder: Path, text: str = SUITE, name: str = "a01_mse/test_mse.py") -> Path:
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_suites_held_out_do_not_get_in_and_are_not_spoken_of(own: Path, tmp_path: Path) -> None:
    inside = hold_out(own / "harness/hidden")
    git(own, "add", "-A")
    target = release(own, tmp_path / "edition", "a1", "--hold-out", str(inside))
    content = b"\n".join((*files_of(target).values(), *(name.encode() for name in files_of(target))))
    assert b"test_secret" not in content
    assert b"harness/hidden" not in content
    plain = release(copy_of(own, tmp_path / "plain", without=inside), tmp_path / "as-plain", "a1")
    assert git(plain, "rev-parse", "HEAD") == git(target, "rev-parse", "HEAD")


def copy_of(own: Path, folder: Path, *, without: Path) -> Path:
    shutil.copytree(own, folder, ignore=shutil.ignore_patterns(without.name, ".git"))
    return folder


@pytest.mark.parametrize("name", ["katas/a01_mse/test_mse.py", "katas/a01_mse/test_follow_up.py"])
def test_a_suite_held_out_that_lies_among_the_public_ones_stops_it(own: Path, tmp_path: Path, name: str) -> None:
    (own / name).write_text(SUITE.replace("\n", "\r\n"), encoding="utf-8", newline="")
    folder = hold_out(tmp_path / "hidden")
    assert f"{name} is the same as" in refused(own, tmp_path / "edition", "a1", "--hold-out", str(folder))


def test_a_folder_without_a_suite_that_fits_is_a_mistake(repository: Path, tmp_path: Path) -> None:
    folder = hold_out(tmp_path / "hidden", name="a01_mse/test_mean.py")
    sentence = refused(repository, tmp_path / "edition", "a1", "--hold-out", str(folder))
    assert "has no suite of a kata that is released" in sentence
