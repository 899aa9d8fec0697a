"""A small copy of this repository, and learners' editions made of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.edition.manifest import MANIFEST, make_manifest, write_manifest

from checkout import ROOT, Done, environment

KATAS = ("a01_mse", "a02_r2_score", "c01_matmul")
PASSPHRASE = "correct horse battery"
_JUNK = shutil.ignore_patterns("__pycache__", "*.pyc", ".*cache*", "wrong", "also_right")


def git(folder: Path, *arguments: str) -> str:
    """Run git as its owner does, without a user's settings."""
    person = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, **person}
    done = subprocess.run(["git", *arguments], cwd=folder, env=env, capture_output=True, check=True)
    return done.stdout.decode().strip()


def copy_repository(folder: Path, *, with_git: bool = True) -> Path:
    """This repository with a few of its katas; the copy may be changed."""
    folder.mkdir(parents=True)
    for name in ("pyproject.toml", "LICENSE", "README.md", "noxfile.py", "CONTRIBUTING.md", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    for name in (".gitattributes", ".gitlab-ci.yml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("harness", ".github", ".ci", ".vscode", ".devcontainer"):
        shutil.copytree(ROOT / name, folder / name, ignore=_JUNK)
    for slug in KATAS:
        shutil.copytree(ROOT / "katas" / slug, folder / "katas" / slug, ignore=_JUNK)
        shutil.copytree(ROOT / "solutions" / slug, folder / "solutions" / slug, ignore=_JUNK)
    (folder / "solutions" / "a01_mse" / "wrong").mkdir()
    (folder / "solutions" / "a01_mse" / "wrong" / "halved.py").write_text('"""Half of it."""\n', encoding="utf-8")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    if with_git:
        git(folder, "init", "-q", "-b", "main")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "all")
    return folder


def run(folder: Path, *arguments: str, module: str = "harness.cli.main", env: Mapping[str, str] | None = None) -> Done:
    """Run a module, `kata` by default, in `folder`, whose own harness it is when there is one."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**environment(), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def release(repository: Path, target: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Path:
    """Make an edition of `repository`, which must work."""
    done = run(repository, "release", str(target), *arguments, env=env)
    assert done.code == 0, done.text
    return target


def clone(edition: Path, folder: Path) -> Path:
    """A fork of an edition, on somebody's disk."""
    git(folder.parent, "clone", "-q", str(edition), str(folder))
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """Everything in a folder but git's own."""
    paths = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files, with the folders that they need."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def make_edition(files: Mapping[str, bytes], stubs: tuple[str, ...] = (), version: str = "0.1.0") -> dict[str, bytes]:
    """An edition of these files alone, with its manifest."""
    katas = {path.split("/")[1] for path in files if path.startswith("katas/")}
    return {**files, MANIFEST: write_manifest(make_manifest(version, katas, files, stubs))}
