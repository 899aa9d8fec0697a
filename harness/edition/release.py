"""`kata release`: the learners' edition, a git repository without solutions, whose bytes depend on its content alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.catalog.load import is_published_stub, stub_hash
from harness.core.model import Kata
from harness.core.state import write_atomically
from harness.edition import texts
from harness.edition.git import commit_all, tracked
from harness.edition.manifest import (
    MANIFEST,
    MOST_BYTES,
    SEALED,
    EditionError,
    Manifest,
    make_manifest,
    read_manifest,
    write_manifest,
)
from harness.edition.seal import Passphrase, seal

_TOP = (
    "LICENSE",
    ".gitattributes",
    ".gitlab-ci.yml",
    ".github/workflows/katas.yml",
    ".ci/requirements.txt",
    "katas/paths.toml",
)
_FOLDERS = (".vscode", ".devcontainer", "harness")
_NEEDED = ("README.md", "kata.toml", "hints.md")
_FOLLOW_UP = ("follow_up.md", "test_follow_up.py")
"""Of a kata that has one."""
_LEFT_OUT = (
    "harness/bench/",
    "harness/cli/authors.py",
    "harness/edition/autograder.py",
    "harness/edition/release.py",
    "harness/edition/git.py",
    "harness/edition/texts.py",
    "harness/audit/",
    "harness/catalog/scaffold.py",
    "harness/catalog/templates/debug/",
    "harness/catalog/templates/kata/",
    "harness/edition/templates/",
)
"""Beginnings of paths in `harness/` that only the whole repository has a use for."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What will be written."""

    files: Mapping[str, bytes]
    manifest: Manifest


def build_edition(
    root: Path,
    katas: Sequence[Kata],
    *,
    passphrase: Passphrase | None = None,
    hold_out: Path | None = None,
    commands: Mapping[str, str] | None = None,
) -> Edition:
    """Collect the files of an edition with these katas.

    With `passphrase`, references and debriefs come sealed. Nothing that lies in `hold_out`, or is the same as a file there,
    gets in. The README lists `commands`, by name, with what each does. Raises `EditionError` when there is no kata, a
    stub is not as it was published, a file is missing, or a suite that is held out would get in.
    """
    if not katas:
        raise EditionError("there is no kata to release")
    known = {kata.slug for kata in katas}
    source = _read(root, "pyproject.toml").decode("utf-8")
    found = {path: _read(root, path) for path in _shared_files(root, hold_out)}
    for kata in katas:
        found |= _kata_files(root, kata)
        path = f"katas/{kata.slug}/kata.toml"
        found[path] = texts.metadata(found[path].decode("utf-8"), kata, known).encode()
    if hold_out is not None:
        _check_hold_out(hold_out, katas, found)
    found["pyproject.toml"] = texts.project(source).encode()
    found[".gitignore"] = texts.ignored(_read(root, ".gitignore").decode("utf-8")).encode()
    found["noxfile.py"] = texts.template(root, "noxfile.py.txt").encode()
    readme = texts.readme(
        texts.template(root, "README.md.jinja"),
        katas,
        commands or {},
        has=found.__contains__,
        is_sealed=passphrase is not None,
    )
    found["README.md"] = readme.encode()
    if passphrase is not None:
        found |= {f"{SEALED}/{kata.slug}.json": seal(root, kata, passphrase) for kata in katas}
    stubs = [f"katas/{kata.slug}/{kata.stub.name}" for kata in katas]
    manifest = make_manifest(texts.version(source), known, found, stubs)
    found[MANIFEST] = write_manifest(manifest)
    read_manifest(found[MANIFEST], MANIFEST)  # what no fork could read is not to be published
    return Edition(found, manifest)


def check_target(root: Path, target: Path) -> None:
    """Raise `EditionError` when an edition cannot be made at `target`, before there is any work."""
    try:
        is_free = not target.is_symlink() and (not target.exists() or (target.is_dir() and not any(target.iterdir())))
    except OSError as error:
        raise EditionError(f"{target} cannot be used: {error.strerror or error}") from None
    if not is_free:
        raise EditionError(f"{target} is there already, and not empty", hint="name a folder that is not there yet")
    for folder in (*_FOLDERS, "katas", "solutions", "tests", ".git", ".github", ".ci"):
        if target.resolve().is_relative_to((root / folder).resolve()):
            raise EditionError(f"{target} is inside of {folder}/, where it would be taken for a part of the repository")


def write_edition(edition: Edition, target: Path) -> str:
    """Write an edition into `target`, as a git repository of one commit; returns the commit.

    Raises `EditionError` when there is anything in `target` already, or it cannot be written; nothing is left then.
    """
    try:
        if target.exists() and any(target.iterdir()):
            raise EditionError(f"{target} is there already, and not empty", hint="name a folder that is not there yet")
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as folder:
            work = Path(folder) / "edition"
            for path, data in sorted(edition.files.items()):
                write_atomically(work / path, data)
                (work / path).chmod(0o644)
            commit = commit_all(work, f"ML kata dojo, learners' edition {edition.manifest.version}")
            if target.exists():
                target.rmdir()
            work.replace(target)
    except OSError as error:
        raise EditionError(f"{target} cannot be written: {error.strerror or error}") from error
    return commit


def _kata_files(root: Path, kata: Kata) -> dict[str, bytes]:
    """The files of a kata that learners get. Raises `EditionError` when one is missing, or the stub is filled in."""
    folder = f"katas/{kata.slug}"
    helpers = (f"{helper}.py" for helper in kata.helpers)
    found = {
        f"{folder}/{name}": _read(root, f"{folder}/{name}") for name in (*_NEEDED, kata.suite_file().name, *helpers)
    }
    for name in _FOLLOW_UP:
        if (kata.folder / name).is_file():
            found[f"{folder}/{name}"] = _read(root, f"{folder}/{name}")
    stub = _read(root, f"{folder}/{kata.stub.name}")
    if not is_published_stub(kata, stub):
        raise EditionError(
            f"{folder}/{kata.stub.name} is not the stub as it was published, so it may hold somebody's solution",
            hint=f"bring it back with git checkout -- {folder}/{kata.stub.name}, or publish it with kata stamp",
        )
    return {**found, f"{folder}/{kata.stub.name}": stub, f"{folder}/{kata.published_stub.name}": stub}


def _shared_files(root: Path, hold_out: Path | None) -> Iterator[str]:
    """Paths of what belongs to no kata, in no particular order: what git knows of, so that nothing gets in by accident."""
    known = tracked(root)
    hidden = hold_out.resolve() if hold_out is not None else None
    places = [root / path for path in _TOP]
    for folder in _FOLDERS:
        places += (root / folder).rglob("*")
    for path in places:
        name = path.relative_to(root).as_posix()
        is_junk = "__pycache__" in path.parts or path.suffix == ".pyc" or path.name.startswith("._")
        is_hidden = hidden is not None and path.resolve().is_relative_to(hidden)
        if is_junk or is_hidden or name.startswith(_LEFT_OUT) or path.is_symlink() or not path.is_file():
            continue
        if known is None or name in known:
            yield name


def _check_hold_out(folder: Path, katas: Sequence[Kata], found: Mapping[str, bytes]) -> None:
    """Raise `EditionError` when there is no suite in `folder`, or one of them would get in under any name."""
    if not folder.is_dir():
        raise EditionError(
            f"{folder} is not a folder", hint="hold-out suites are in DIR/a01_mse/test_mse.py and the like"
        )
    suites = sorted(path for path in folder.rglob("*.py") if path.is_file())
    if not any(
        suite.parent.name == kata.slug and suite.name == kata.suite_file().name for suite in suites for kata in katas
    ):
        raise EditionError(
            f"{folder} has no suite of a kata that is released", hint="expected DIR/a01_mse/test_mse.py and the like"
        )
    public = {stub_hash(data): path for path, data in found.items() if data.strip()}
    for suite in suites:
        data = suite.read_bytes()
        path = public.get(stub_hash(data))
        if path is not None and suite.name.startswith("test_"):
            raise EditionError(f"{path} is the same as {suite}, which is to be held out")


def _read(root: Path, path: str) -> bytes:
    try:
        data = (root / path).read_bytes()
    except OSError as error:
        raise EditionError(
            f"{path} cannot be read in {root}: {error.strerror}", hint="editions are made from the whole repository"
        ) from None
    if len(data) > MOST_BYTES:
        raise EditionError(f"{path} has {len(data):,} bytes, expected at most {MOST_BYTES:,}")
    return data
