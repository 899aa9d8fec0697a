"""`kata release`: the learners' edition, a git repository without solutions, whose bytes depend on its content alone."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path

from harness.catalog import is_published_stub
from harness.cohort.manifest import MANIFEST, SEALED, EditionError, make_manifest, write_manifest
from harness.cohort.seal import Passphrase, seal
from harness.model import Kata
from harness.render.words import minutes
from harness.state import write_atomically

_TOP = ("LICENSE", "pyproject.toml", ".gitignore", ".gitattributes", ".gitlab-ci.yml")
_FOLDERS = (".vscode", ".devcontainer")
_SINGLE = (".github/workflows/katas.yml", ".ci/requirements.txt")
_LEFT_OUT = ("harness/bench.py", "harness/cohort/bench", "harness/practice/bench")
"""Beginnings of paths in `harness/` that only this repository has a use for."""
_REQUIRES = re.compile(r"^requires\s*=\s*\[[^\]]*\]", re.MULTILINE)
_DATE = "2000-01-01T00:00:00+00:00"
"""The same for all editions: what is in one must not hang on when it was made."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What will be written."""

    files: Mapping[str, bytes]
    katas: tuple[str, ...]
    version: str


def build_edition(root: Path, katas: Sequence[Kata], passphrase: Passphrase | None = None) -> Edition:
    """Collect the files of an edition with these katas; with `passphrase`, references and debriefs come sealed.

    Raises `EditionError` when there is no kata, or a stub is not as it was published.
    """
    if not katas:
        raise EditionError("there is no kata to release")
    known = {kata.slug for kata in katas}
    tracked = _tracked(root)
    found: dict[str, bytes] = {}
    stubs = []
    for path in _shared_files(root):
        if tracked is None or path in tracked:
            found[path] = (root / path).read_bytes()
    for kata in katas:
        folder = f"katas/{kata.slug}"
        if not kata.stub.is_file() or not is_published_stub(kata, kata.stub.read_bytes()):
            raise EditionError(
                f"{folder}/{kata.stub.name} is not the stub as it was published, so it may hold somebody's solution",
                hint=f"bring it back with git checkout -- {folder}/{kata.stub.name}, or publish it with kata stamp",
            )
        stubs.append(f"{folder}/{kata.stub.name}")
        for name in _names(kata):
            if (kata.folder / name).is_file():
                found[f"{folder}/{name}"] = (kata.folder / name).read_bytes()
        toml = found[f"{folder}/kata.toml"].decode("utf-8")
        kept = ", ".join(f'"{slug}"' for slug in kata.requires if slug in known)
        found[f"{folder}/kata.toml"] = _REQUIRES.sub(f"requires = [{kept}]", toml).encode()
        if passphrase is not None:
            found[f"{SEALED}/{kata.slug}.json"] = seal(root, kata, passphrase)
    found["README.md"] = _readme(katas, is_sealed=passphrase is not None)
    found["noxfile.py"] = _template("noxfile.py.txt")
    version = importlib.metadata.version("ml-kata-dojo")
    slugs = tuple(sorted(known))
    found[MANIFEST] = write_manifest(make_manifest(version, slugs, found, stubs))
    return Edition(found, slugs, version)


def write_edition(edition: Edition, target: Path) -> str:
    """Write an edition into `target`, as a git repository of one commit; returns the commit.

    Raises `EditionError` when there is anything in `target` already, or git fails; what was begun is removed then.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise EditionError(f"{target} is there already, and not empty", hint="name a folder that is not there yet")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as folder:
        work = Path(folder) / "edition"
        for path, data in sorted(edition.files.items()):
            write_atomically(work / path, data)
            (work / path).chmod(0o644)
        commit = _commit(work, f"ML kata dojo, learners' edition {edition.version}")
        if target.exists():
            target.rmdir()
        work.replace(target)
    return commit


def _names(kata: Kata) -> tuple[str, ...]:
    """Files of a kata that learners get."""
    helpers = tuple(f"{helper}.py" for helper in kata.helpers)
    follow_up = ("follow_up.md", "test_follow_up.py")
    return ("README.md", "kata.toml", "hints.md", kata.stub.name, kata.suite.name, *helpers, *follow_up)


def _shared_files(root: Path) -> Iterator[str]:
    """Paths of what belongs to no kata, in no particular order."""
    yield from (path for path in (*_TOP, *_SINGLE) if (root / path).is_file())
    for folder in (*_FOLDERS, "harness"):
        for path in (root / folder).rglob("*"):
            name = path.relative_to(root).as_posix()
            is_junk = "__pycache__" in path.parts or path.suffix == ".pyc" or path.name.startswith(".")
            if path.is_file() and not path.is_symlink() and not is_junk and not name.startswith(_LEFT_OUT):
                yield name


def _tracked(root: Path) -> set[str] | None:
    """What git knows of, so that nothing gets in by accident; None outside a repository."""
    if not (root / ".git").exists():
        return None
    done = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False)
    return set(done.stdout.decode("utf-8", "surrogateescape").split("\0")) if done.returncode == 0 else None


def _template(name: str) -> bytes:
    return package_files("harness").joinpath("templates/edition", name).read_bytes()


def _readme(katas: Sequence[Kata], *, is_sealed: bool) -> bytes:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False)
    text = environment.from_string(_template("README.md.jinja").decode()).render(
        katas=katas, is_sealed=is_sealed, minutes=minutes, first=katas[0]
    )
    return text.encode()


def _commit(folder: Path, message: str) -> str:
    """Make `folder` a repository with one commit that hangs on nothing but its files; returns its hash."""
    person = {"NAME": "ML kata dojo", "EMAIL": "dojo@localhost", "DATE": _DATE}
    environment = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in person.items()}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C", "TZ": "UTC"}
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP") if name in os.environ}
    settings = ("core.autocrlf=false", "core.fileMode=false", "commit.gpgSign=false", "core.hooksPath=/dev/null")
    options = [part for setting in settings for part in ("-c", setting)]
    for arguments in (
        ["init", "--quiet", "--initial-branch=main", "--template=", "--object-format=sha1", "."],
        ["add", "--force", "--all", "."],
        ["commit", "--quiet", "--no-verify", "--message", message],
        ["rev-parse", "HEAD"],
    ):
        try:
            done = subprocess.run(
                ["git", *options, *arguments], cwd=folder, env={**kept, **environment}, capture_output=True, check=False
            )
        except FileNotFoundError:
            raise EditionError("git is not installed, and an edition is a git repository") from None
        if done.returncode:
            reason = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise EditionError(f"git {arguments[0]} failed: {reason[-1] if reason else done.returncode}")
    return done.stdout.decode().strip()
