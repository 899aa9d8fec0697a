"""From a roster to submissions: only the stub files, read as blobs, from folders, zips and git repositories.

Nothing is checked out or unpacked, no hook runs, and no link is followed. What cannot be taken is refused for that learner
and kata, with a sentence, and the others go on.
"""

from __future__ import annotations

import csv
import io
import os
import re
import stat
import subprocess
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath

from harness.cohort.model import Learner, Refusal, Submission
from harness.errors import KataError
from harness.model import Kata

MAX_BYTES = 2**20
MAX_ENTRIES = 20_000
MAX_RATIO = 100
GIT_LIMIT_S = 120.0
_LFS = b"version https://git-lfs.github.com/spec/"
_UNSAFE = re.compile(r"[^a-z0-9]+")
_PLATFORM = re.compile(r"_\d{3,}_assignsubmission_.*$|_(?:late_)?\d{4,}_\d{4,}_.*$|_\d{4,}_assignsubmission_file.*$")
"""What Moodle and Canvas append to a learner's name in the files of a bulk download."""
_GIT_URL = re.compile(r"(?:https?|ssh|file)://|[\w.-]+@[\w.-]+:|.+\.git/?$")
_GIT_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_ALLOW_PROTOCOL": "file:https:ssh",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
}
_GIT_OPTIONS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "safe.directory=*")

Reader = Callable[[str], bytes | None]
"""The bytes of a path inside a submission; None when there is no such file. Raises `_RefusedError`."""


class RosterError(KataError):
    """A roster that cannot be used."""


class _RefusedError(Exception):
    """Why a file, or a whole source, is not taken."""


# --- the roster ------------------------------------------------------------------------------------------------------


def read_roster(path: Path) -> tuple[Learner, ...]:
    """The learners of a roster.csv, or of a folder that has a folder or zip for each.

    Raises `RosterError`, with the line, for a roster that is not one.
    """
    if path.is_dir():
        entries = sorted(entry for entry in path.iterdir() if entry.is_dir() or entry.suffix.lower() == ".zip")
        rows = [
            {"name": _PLATFORM.sub("", entry.stem if entry.is_file() else entry.name), "source": str(entry)}
            for entry in entries
        ]
        if not rows:
            raise RosterError(f"{path} has neither folders nor zips in it", hint="each learner has one of their own")
        return _learners(_distinct(rows), path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RosterError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RosterError(f"{path} is not UTF-8 text (byte {error.start})", hint="save it as CSV UTF-8") from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
    columns = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    missing = [name for name in ("name", "source") if name not in columns]
    if missing:
        raise RosterError(
            f"{path} has no column {' and '.join(missing)}", hint="the first line is: name,source,ref,group"
        )
    rows = []
    try:
        for row in reader:
            cells = {
                key: (row[name] or "").strip() for key, name in columns.items() if isinstance(row[name], str | None)
            }
            if not any(cells.values()):
                continue
            if not cells["name"] or not cells["source"]:
                raise RosterError(f"{path}, line {reader.line_num}: name and source must both be given")
            rows.append(cells)
    except csv.Error as error:
        raise RosterError(f"{path}, line {reader.line_num + 1}: {error}") from error
    names = [row["name"] for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RosterError(f"{path} names {clean(twice[0])!r} twice", hint="each learner has one line")
    if not rows:
        raise RosterError(f"{path} names nobody")
    return _learners(rows, path)


def _distinct(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Names of files may be equal once what the platform appended is gone."""
    seen: dict[str, int] = {}
    for row in rows:
        seen[row["name"]] = seen.get(row["name"], 0) + 1
        if seen[row["name"]] > 1:
            row["name"] = f"{row['name']} ({seen[row['name']]})"
    return rows


def _learners(rows: Sequence[dict[str, str]], roster: Path) -> tuple[Learner, ...]:
    slugs: set[str] = set()
    learners = []
    known = ("name", "source", "ref", "group", "email")
    for row in rows:
        plain = unicodedata.normalize("NFKD", row["name"]).encode("ascii", "ignore").decode().lower()
        base = _UNSAFE.sub("-", plain).strip("-")[:60] or "learner"
        slug = next(name for name in (base, *(f"{base}-{i}" for i in range(2, 10**6))) if name not in slugs)
        slugs.add(slug)
        source = row["source"]
        if not _GIT_URL.match(source) and not Path(source).is_absolute():
            source = str((roster.parent / source).resolve()) if roster.is_file() else str(Path(source).resolve())
        others = {key: clean(value) for key, value in row.items() if key and key not in known}
        ref, group, email = (row.get(name, "") for name in ("ref", "group", "email"))
        learners.append(Learner(clean(row["name"]), slug, source, ref, clean(group), clean(email), others))
    return tuple(learners)


def clean(text: str, limit: int = 200) -> str:
    """A name as it may be shown: one line, no control characters, no lone surrogates, not endless."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else " " for c in text[:limit]).strip()


# --- submissions -----------------------------------------------------------------------------------------------------


def collect(learner: Learner, katas: Iterable[Kata]) -> tuple[list[Submission], list[Refusal]]:
    """The stub files of one learner, and what had to be refused. A file that is not there is neither."""
    try:
        source = Path(learner.source)
        if _GIT_URL.match(learner.source) or _is_repository(source):
            with tempfile.TemporaryDirectory(prefix="kata-git-") as folder:
                return _take(learner, katas, _git_reader(learner, Path(folder)))
        if source.is_dir():
            return _take(learner, katas, _folder_reader(source))
        if source.is_file():
            return _take_from_zip(learner, katas, source)
    except _RefusedError as refused:
        return [], [Refusal(learner.slug, "", clean(str(refused), 500))]
    return [], [Refusal(learner.slug, "", clean(f"there is no {learner.source}", 500))]


def _take(learner: Learner, katas: Iterable[Kata], read: Reader) -> tuple[list[Submission], list[Refusal]]:
    taken, refused = [], []
    for kata in katas:
        try:
            for path in (f"katas/{kata.slug}/{kata.module}.py", f"{kata.slug}/{kata.module}.py"):
                data = read(path)
                if data is not None:
                    taken.append(Submission(learner.slug, kata.slug, _checked(data, path)))
                    break
        except _RefusedError as error:
            refused.append(Refusal(learner.slug, kata.slug, clean(str(error), 500)))
    return taken, refused


def _checked(data: bytes, path: str) -> bytes:
    if len(data) > MAX_BYTES:
        raise _RefusedError(f"{path} is larger than 1 MiB")
    if data.startswith(_LFS):
        raise _RefusedError(f"{path} is a Git LFS pointer, not the file")
    if b"\0" in data:
        raise _RefusedError(f"{path} is no text: there is a NUL byte in it")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _RefusedError(f"{path} is not UTF-8 text (byte {error.start})") from None
    return data


# --- folders ---------------------------------------------------------------------------------------------------------


def _folder_reader(root: Path) -> Reader:
    def read(path: str) -> bytes | None:
        here = root
        parts = PurePosixPath(path).parts
        for part in parts:
            here = here / part
            try:
                mode = here.lstat().st_mode
            except FileNotFoundError:
                return None
            except OSError as error:
                raise _RefusedError(f"{path} cannot be read: {error.strerror}") from None
            if stat.S_ISLNK(mode):
                raise _RefusedError(f"{path}: {part} is a symbolic link")
        if not stat.S_ISREG(mode):
            raise _RefusedError(f"{path} is no regular file")
        try:
            descriptor = os.open(here, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise _RefusedError(f"{path} is no regular file")
                return file.read(MAX_BYTES + 1)
        except OSError as error:
            raise _RefusedError(f"{path} cannot be read: {error.strerror}") from None

    return read


# --- zips ------------------------------------------------------------------------------------------------------------


def _take_from_zip(learner: Learner, katas: Iterable[Kata], path: Path) -> tuple[list[Submission], list[Refusal]]:
    """The stub files of a zip, wherever in it the katas lie, or bare files by their names."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise _RefusedError(f"the zip has {len(entries)} entries, more than {MAX_ENTRIES}")
            climbing = next((entry.filename for entry in entries if _climbs(entry.filename)), None)
            if climbing is not None:
                raise _RefusedError(f"the zip has a path that climbs out of it: {climbing!r:.100}")
            return _take(learner, katas, _zip_reader(archive, entries))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError) as error:
        raise _RefusedError(f"{path.name} is no zip that can be read: {error}") from None


def _climbs(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or name.startswith(("/", "\\")) or (len(name) > 1 and name[1] == ":")


def _zip_reader(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> Reader:
    names = {entry.filename: entry for entry in entries if not entry.is_dir()}

    def find(path: str) -> zipfile.ZipInfo | None:
        bare = PurePosixPath(path).name
        found = [name for name in names if name == path or name.endswith(f"/{path}")]
        found = found or [name for name in names if name == bare]
        if len(found) > 1:
            raise _RefusedError(f"the zip has {len(found)} files that could be {path}")
        return names[found[0]] if found else None

    def read(path: str) -> bytes | None:
        entry = find(path)
        if entry is None:
            return None
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _RefusedError(f"{path} is a symbolic link")
        if entry.flag_bits & 1:
            raise _RefusedError(f"{path} is encrypted")
        if entry.file_size > MAX_BYTES or entry.file_size > MAX_RATIO * max(entry.compress_size, 1) + 10_000:
            raise _RefusedError(f"{path} is larger than 1 MiB, or unpacks to far more than it is")
        try:
            with archive.open(entry) as file:
                return file.read(MAX_BYTES + 1)
        except Exception as error:  # zlib, lzma and bz2 have errors of their own
            raise _RefusedError(f"{path} cannot be unpacked: {type(error).__name__}") from None

    return read


# --- git -------------------------------------------------------------------------------------------------------------


def _is_repository(path: Path) -> bool:
    return (path / ".git").exists() or ((path / "HEAD").is_file() and (path / "objects").is_dir())


def _git_reader(learner: Learner, folder: Path) -> Reader:
    """A bare, shallow clone, of which single blobs are read; no file of it is ever checked out."""
    if learner.source.startswith("-") or learner.ref.startswith("-"):
        raise _RefusedError(f"{learner.source} {learner.ref} is no repository and ref")
    source = learner.source if _GIT_URL.match(learner.source) else Path(learner.source).resolve().as_uri()
    clone = folder / "clone.git"
    ref = ["--branch", learner.ref] if learner.ref and not re.fullmatch(r"[0-9a-f]{7,64}", learner.ref) else []
    depth = [] if learner.ref and not ref else ["--depth", "1"]
    arguments = ["clone", "--quiet", "--bare", "--no-tags", "--template=", *depth, *ref, "--", source, str(clone)]
    _git(arguments, folder, f"{clean(learner.source)} cannot be cloned")
    revision = learner.ref if learner.ref and not ref else "HEAD"

    def read(path: str) -> bytes | None:
        listed = _git(["ls-tree", "-z", "-l", revision, "--", path], clone, "the repository cannot be read")
        if not listed.strip(b"\0\n "):
            return None
        mode, kind, _, size = listed.split(b"\t")[0].split()
        if mode == b"120000":
            raise _RefusedError(f"{path} is a symbolic link")
        if kind != b"blob":
            raise _RefusedError(f"{path} is a submodule or a folder")
        if int(size) > MAX_BYTES:
            raise _RefusedError(f"{path} is larger than 1 MiB")
        return _git(["cat-file", "blob", f"{revision}:{path}"], clone, f"{path} cannot be read")

    return read


def _git(arguments: list[str], cwd: Path, what: str) -> bytes:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        **_GIT_ENVIRONMENT,
    }
    try:
        done = subprocess.run(
            ["git", *_GIT_OPTIONS, *arguments],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _RefusedError(f"{what}: it took more than {GIT_LIMIT_S:g} s") from None
    except FileNotFoundError:
        raise KataError("git is not installed", hint="install it, or collect from folders or zips") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _RefusedError(f"{what}: {said[-1] if said else 'git says nothing'}")
    return done.stdout
