"""Where `kata update` takes a newer edition from: a folder, a zip, or a git repository that has to be fetched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.edition.manifest import MANIFEST, MOST_BYTES, EditionError
from harness.edition.update import Read
from harness.sources.archive import open_zip, read_member
from harness.sources.entry import RefusedError, clean
from harness.sources.folder import open_plain, read_below
from harness.sources.git import is_url, open_local, open_remote, without_credentials
from harness.sources.refs import find_git


@contextmanager
def open_edition(source: str, ref: str = "") -> Iterator[Read]:
    """Reads files of an edition: those of a folder as they are, those of a bare repository (or with `ref`) as committed.

    Raises `EditionError` when there is no edition, or it cannot be read.
    """
    name = clean(without_credentials(source))
    try:
        if is_url(source):
            with open_remote(source, ref) as repository:
                yield lambda path: repository.read_file(path, MOST_BYTES)
            return
        place = Path(source).resolve()
        git = find_git(place)
        if git is not None and (ref or git == place):
            with open_local(git, ref) as repository:
                yield lambda path: repository.read_file(path, MOST_BYTES)
        elif ref:
            raise EditionError(f"--ref names a branch, tag or commit, and {name} is not a git repository")
        elif place.is_dir():
            yield lambda path: read_below(place, path, MOST_BYTES)
        elif place.is_file():
            with open_plain(place) as file, open_zip(file) as archive:
                tops = [entry[: -len(MANIFEST)] for entry in archive.namelist() if entry.endswith(MANIFEST)]
                top = min((top for top in tops if top == "" or top.endswith("/")), key=len, default="")
                yield lambda path: read_member(archive, top + path, MOST_BYTES)
        else:
            raise EditionError(f"there is no edition {name}: expected a folder, a zip, or a git URL")
    except RefusedError as error:
        raise EditionError(f"{name} {error}" if _lacks_subject(str(error)) else f"{name}: {error}") from None
    except OSError as error:
        raise EditionError(f"{name} cannot be read: {error.strerror or error}") from None


def _lacks_subject(sentence: str) -> bool:
    return sentence.startswith(("has ", "is ", "cannot "))
