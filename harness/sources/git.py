"""Stub files out of git repositories, read as blobs: nothing is checked out, and no learner's configuration is obeyed.

Git runs in a bare repository of our own. A repository on this machine only lends its objects, and its references are read
as text, so that its hooks, filters and settings are never seen. A remote one is fetched one commit deep.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from harness.core.lifetime import ending_with_me
from harness.core.model import Kata
from harness.core.temporary import owned_folder
from harness.sources.entry import Entry, RefusedError, check_size, clean, never
from harness.sources.refs import check_git, check_ref, resolve

FETCH_S = 180.0
"""Seconds that one fetch may take."""
READ_S = 60.0
"""Seconds that reading a repository may take."""
MOST_WRITTEN = 512 * 2**20
"""Bytes of the largest file that git may write, a pack."""
MOST_TREE = 2**20
"""Bytes of a folder's list of names; one that is longer is not looked through for files under other names."""
MOST_MEMORY = 4 * 2**30
"""Bytes of memory that git may have."""

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://|(?P<helper>[A-Za-z][A-Za-z0-9+.-]*)::")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:(?!//)")
_PROTOCOLS = ("https", "ssh")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.commitGraph": "false",
    "core.multiPackIndex": "false",
    "core.packedGitWindowSize": "32m",
    "core.packedGitLimit": "512m",
    "core.askPass": "",
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "maintenance.auto": "false",
    "pack.threads": "1",
    "protocol.allow": "never",
    **{f"protocol.{name}.allow": "always" for name in _PROTOCOLS},
}
_KEPT = ("PATH", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR")
_KEPT_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
_LIMITED = 'ulimit -f "$1"; ulimit -v "$2"; shift 2; exec "$@"'
_ODD = {"120000": "is a symbolic link", "160000": "is a submodule"}


def is_url(source: str) -> bool:
    """Whether `source` names a repository that has to be fetched, in any way that git knows."""
    return _URL.match(source) is not None or _SCP.match(source) is not None


def without_credentials(text: str) -> str:
    """`text` without the names and passwords that URLs in it may have."""
    return _CREDENTIALS.sub("", text)


@contextmanager
def open_remote(url: str, ref: str) -> Iterator[Repository]:
    """The commit `ref` of a repository that is elsewhere, fetched without its history. Raises `RefusedError`."""
    check_ref(ref)
    match = _URL.match(url)
    protocol = (match["helper"] or match["scheme"]).lower() if match else "ssh"
    if protocol not in _PROTOCOLS:
        raise RefusedError(f"repositories are fetched by {' or '.join(_PROTOCOLS)}, and not by {clean(protocol)}")
    with _own_repository() as own:
        options = ["--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"]
        wanted = f"+{ref or 'HEAD'}:refs/kata/wanted"
        own.run(["fetch", *options, "--", url, wanted], what="it cannot be fetched", limit_s=FETCH_S)
        own.choose("refs/kata/wanted", what="what was fetched is not a commit")
        yield own


@contextmanager
def open_local(git: Path, ref: str) -> Iterator[Repository]:
    """The commit `ref` of the repository whose git folder is `git`. Raises `RefusedError`."""
    check_ref(ref)
    try:
        check_git(git)
        commit = resolve(git, ref)
    except OSError as error:
        raise RefusedError(f"its git folder cannot be read: {error.strerror}") from None
    with _own_repository("sha256" if len(commit) == 64 else "", objects=git / "objects") as own:
        own.choose(commit, what=f"it has no commit {commit[:12]}")
        yield own


@contextmanager
def _own_repository(object_format: str = "", objects: Path | None = None) -> Iterator[Repository]:
    """An empty repository in a temporary folder, which may borrow the objects of another."""
    with owned_folder("kata-collect-") as folder:
        own = Repository(folder)
        formats = [f"--object-format={object_format}"] if object_format else []
        own.run(["init", "--quiet", "--bare", "--template=", *formats, "."], what="no repository can be made")
        if objects is not None:
            own.borrow(objects)
        yield own


class Repository:
    """A bare repository of our own that holds, or borrows, one commit of a learner's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = _environment(folder)
        self._commit = ""

    def borrow(self, objects: Path) -> None:
        """Read from this folder of objects from now on."""
        self._environment["GIT_OBJECT_DIRECTORY"] = str(objects.absolute())

    def choose(self, name: str, *, what: str) -> None:
        """Read from the commit `name` from now on. Raises `RefusedError`, which begins with `what`, without one."""
        found = self.run(["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], what=what)
        self._commit = found.decode("ascii", "replace").strip()

    def committed(self) -> float | None:
        """When the commit was made by its own account, seconds since the epoch; None when it does not say."""
        text = self.run(["cat-file", "commit", self._commit], what="its commit cannot be read").decode(
            "utf-8", "replace"
        )
        found = re.search(r"^committer .*> (\d{1,12}) [+-]\d{4}$", text.partition("\n\n")[0], re.MULTILINE)
        return float(found[1]) if found else None

    def has(self, path: str) -> bool:
        """Whether there is anything at `path`."""
        return any(True for _ in self._tree([path]))

    def read_file(self, path: str, most_bytes: int) -> bytes:
        """The bytes of the file at `path`. Raises `RefusedError` when there is none, or a larger one."""
        for mode, kind, name, _ in self._tree([path]):
            if kind == "blob" and mode not in _ODD:
                return self._read(name, self._sizes([name]).get(name), most_bytes)
        raise RefusedError(f"has no file {clean(path)}")

    def entries(self, katas: Sequence[Kata]) -> list[Entry]:
        """The stubs of `katas`, what is odd on the way to them, and the other Python files of their folders."""
        stubs = [f"katas/{kata.slug}/{kata.module}.py" for kata in katas]
        found: list[Entry] = []
        blobs: list[tuple[str, str]] = []
        trees: dict[str, str] = {}
        for paths in (["katas"], [f"katas/{kata.slug}" for kata in katas], stubs):
            for mode, kind, name, path in self._tree(paths):
                trouble = _ODD.get(mode, "is not a file" if path in stubs and kind != "blob" else "")
                if trouble:
                    found.append(Entry(path, never, trouble))
                elif path in stubs:
                    blobs.append((path, name))
                elif kind == "tree" and path != "katas":
                    trees[name] = path
        blobs += self._others(trees, stubs)
        sizes = self._sizes(name for _, name in blobs)
        return found + [Entry(path, partial(self._read, name, sizes.get(name))) for path, name in blobs]

    def _others(self, trees: Mapping[str, str], stubs: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Path and hash of the Python files in these folders, given by hash, that are not stubs."""
        sizes = self._sizes(trees, kind="tree")
        small = [f"{folder}/" for name, folder in trees.items() if sizes.get(name, MOST_TREE + 1) <= MOST_TREE]
        for mode, kind, name, path in self._list(small):
            if kind == "blob" and mode not in _ODD and path.lower().endswith(".py") and path not in stubs:
                yield path, name

    def _tree(self, paths: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
        """Mode, kind, hash and path of those of `paths` that there are."""
        return (row for row in self._list(paths) if row[3] in paths)

    def _list(self, paths: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
        """The same; of a path that ends with `/` what is in the folder."""
        if not paths:
            return
        output = self.run(["ls-tree", "-z", self._commit, "--", *paths], what="its files cannot be listed")
        for row in output.decode("utf-8", "surrogateescape").split("\0"):
            facts, _, path = row.partition("\t")
            if path:
                mode, kind, name = facts.split(" ")
                yield mode, kind, name, path

    def _sizes(self, names: Iterable[str], *, kind: str = "blob") -> dict[str, int]:
        """Bytes of each object of this kind, found out without reading them."""
        asked = "".join(f"{name}\n" for name in names).encode()
        if not asked:
            return {}
        output = self.run(["cat-file", "--batch-check"], what="its files cannot be read", send=asked)
        rows = (row.split() for row in output.decode("ascii", "replace").splitlines())
        return {row[0]: int(row[2]) for row in rows if len(row) == 3 and row[1] == kind}

    def _read(self, name: str, size: int | None, most_bytes: int) -> bytes:
        if size is None:
            raise RefusedError("is missing in the repository")
        check_size(size, most_bytes)
        return self.run(["cat-file", "blob", name], what="is damaged in the repository")

    def run(self, arguments: Sequence[str], *, what: str, send: bytes = b"", limit_s: float = READ_S) -> bytes:
        """What git prints. Raises `RefusedError`, which begins with `what`, when it fails or takes too long."""
        settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [*_limits(), "git", *settings, *arguments]
        with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as given:
            given.write(send)
            given.seek(0)
            try:
                process = subprocess.Popen(
                    command,
                    cwd=self._folder,
                    env=self._environment,
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    start_new_session=True,
                    preexec_fn=ending_with_me(),  # noqa: PLW1509 (it takes no lock)
                )
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or error
                raise RefusedError(f"git cannot be started: {clean(str(reason))}") from None
            try:
                output, _ = process.communicate(timeout=limit_s)
            except subprocess.TimeoutExpired:
                raise RefusedError(f"{what}: git took longer than {limit_s:.0f} s") from None
            finally:
                _end(process)
            if process.returncode:
                raise RefusedError(f"{what}{self._reason(errors)}")
            return output

    def _reason(self, errors: IO[bytes]) -> str:
        """The last thing that git had to say, without what is not for everybody's eyes."""
        size = errors.seek(0, os.SEEK_END)
        errors.seek(max(size - 4096, 0))
        lines = errors.read().decode("utf-8", "replace").splitlines()
        said = [row.partition(":")[2] for row in lines if row.startswith(("fatal:", "error:"))] or lines[-1:]
        text = without_credentials(" ".join(said[:1])).replace(str(self._folder), "the repository")
        return f": {clean(text)}" if text.strip() else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and all that it started."""
    if process.poll() is None:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _environment(folder: Path) -> dict[str, str]:
    """An environment in which git asks for no password and reads no settings."""
    kept = {key: value for key, value in os.environ.items() if key.upper() in _KEPT or key.lower() in _KEPT_PROXIES}
    return {
        **kept,
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "GIT_DIR": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=20",
    }


def _limits() -> list[str]:
    """The beginning of a command that may write and allocate only so much, where there is a shell to say that."""
    if sys.platform == "win32":
        return []
    return ["/bin/sh", "-c", _LIMITED, "sh", str(MOST_WRITTEN // 512), str(MOST_MEMORY // 1024)]
