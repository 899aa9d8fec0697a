"""Git, for `kata release`: what the checkout tracks, and a commit that hangs on nothing but its files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness.edition.manifest import EditionError

_DATE = "2000-01-01T00:00:00+00:00"
"""The same for all editions: what is in one must not hang on when it was made."""
_SETTINGS = ("core.autocrlf=false", "core.fileMode=false", "commit.gpgSign=false", f"core.hooksPath={os.devnull}")
_KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")


def tracked(root: Path) -> set[str] | None:
    """Paths that git knows of in `root`; None when that is not a repository. Raises `EditionError` when git cannot say."""
    if not (root / ".git").exists():
        return None
    output = _git(root, "ls-files", "-z", own=False)
    return set(output.decode("utf-8", "surrogateescape").split("\0"))


def commit_all(folder: Path, message: str) -> str:
    """Make `folder` a repository with one commit that hangs on nothing but its files; returns its hash."""
    _git(folder, "init", "--quiet", "--initial-branch=main", "--template=", "--object-format=sha1", ".")
    _git(folder, "add", "--force", "--all", ".")
    _git(folder, "commit", "--quiet", "--no-verify", "--message", message)
    return _git(folder, "rev-parse", "HEAD").decode().strip()


def _git(folder: Path, *arguments: str, own: bool = True) -> bytes:
    """What git prints; in a repository of our own, without anybody's settings. Raises `EditionError` when it fails."""
    command = ["git", *(part for setting in _SETTINGS for part in ("-c", setting)), *arguments]
    environment = _environment() if own else {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    except OSError:
        raise EditionError("git cannot be started, and an edition is a git repository") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise EditionError(f"git {arguments[0]} failed in {folder}: {said[0] if said else done.returncode}")
    return done.stdout


def _environment() -> dict[str, str]:
    person = {"NAME": "ML kata dojo", "EMAIL": "dojo@localhost", "DATE": _DATE}
    own = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in person.items()}
    own |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C", "TZ": "UTC"}
    return {**{name: os.environ[name] for name in _KEPT if name in os.environ}, **own}
