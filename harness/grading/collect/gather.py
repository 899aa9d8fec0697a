"""The submissions of one learner, from whatever the roster says: a folder, a zip, a repository, a part of a bulk download."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from harness.catalog.load import is_published_stub
from harness.core.model import Kata
from harness.grading.collect.platforms import is_said_to_be_late, part_of, time_in
from harness.grading.model import Learner, Refusal, Submission
from harness.sources.archive import list_members, list_zip, open_zip
from harness.sources.entry import MOST_BYTES, Entry, Listing, RefusedError, check_source, clean, never
from harness.sources.folder import list_folder, open_plain, read_below, trouble_with
from harness.sources.git import Repository, is_url, open_local, open_remote, without_credentials
from harness.sources.layout import candidates, choose, is_relevant, is_repository, misnamed
from harness.sources.refs import find_git

PART = "!/"
"""Between a bulk download and the learner's key in it: `download.zip!/canvas-34`."""
MOST_INNER = 128 * 2**20
"""Bytes of a zip that lies in a folder or in another zip."""
MOST_ZIPS = 20
"""Zips that one learner may hand in."""
_LATE = "Canvas says that this is late, and not how late: the roster's column submitted can"
_MOST_NAMED = 3
"""Files that a sentence names."""


def collect(
    learner: Learner, katas: Sequence[Kata], *, catalog: Sequence[Kata] = (), accept_names: bool = False
) -> tuple[list[Submission], list[Refusal]]:
    """The stub files of `katas` that `learner` has handed in, and a refusal for each that cannot be taken.

    A kata of which there is no file is neither. A file under another name is refused by a sentence that names it; with
    `accept_names` it is taken when no other can be meant. `catalog` has the katas that are not graded, too: their stubs are
    not misnamed. Whatever is wrong with the source is a refusal; nothing is raised.
    """
    with ExitStack() as stack:
        try:
            offer = _open(learner, katas, stack)
        except RefusedError as error:
            return [], [Refusal(learner.slug, "", str(error))]
        except OSError as error:
            return [], [Refusal(learner.slug, "", f"the source cannot be read: {error.strerror or clean(str(error))}")]
        submissions: list[Submission] = []
        refusals: list[Refusal] = []
        for kata in katas:
            others = [entry for part in offer.parts for entry in misnamed(kata, katas, catalog, part)]
            try:
                found = _take(kata, offer, others, accept_names=accept_names)
            except RefusedError as error:
                refusals.append(Refusal(learner.slug, kata.slug, str(error)))
            else:
                if found is not None:
                    source, remark, path = found
                    late = _LATE if offer.is_said_to_be_late and learner.submitted is None else ""
                    times = (learner.submitted, offer.submitted, time_in(path))
                    moment = next((time for time in times if time is not None), None)
                    told = "; ".join(filter(None, (remark, late)))
                    submissions.append(Submission(learner.slug, kata.slug, source, told, moment))
    if len(refusals) == len(katas) and len({refusal.sentence for refusal in refusals}) == 1:
        refusals = [replace(refusals[0], kata="")]
    if not submissions and not refusals and not offer.sentences:
        refusals = [Refusal(learner.slug, "", sentence) for sentence in _nameless(offer, katas, catalog)]
    return submissions, refusals + [Refusal(learner.slug, "", sentence) for sentence in offer.sentences]


def _take(kata: Kata, offer: _Offer, others: Sequence[Entry], *, accept_names: bool) -> tuple[bytes, str, str] | None:
    """The source for `kata`, a remark on it and its path; None when nothing is there for it. Raises `RefusedError`.

    `others` are files that may be meant. They count when there is no stub, or when that is still the published one.
    """
    stub = choose(kata, [entry for part in offer.parts for entry in candidates(kata, part)])
    source = _source(stub) if stub is not None else None
    if not others or (source is not None and not is_published_stub(kata, source)):
        return (source, "", _path(stub)) if source is not None and stub is not None else None
    names = ", ".join(entry.shown for entry in others[:_MOST_NAMED])
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    expected = f"{kata.module}.py" if source is None else f"the solution in {kata.module}.py, which is unchanged"
    sentence = f"found {names}{more}, expected {expected}"
    if accept_names and len(others) == 1:
        return _source(others[0]), f"{sentence}: taken, because no other file can be meant", _path(others[0])
    if source is None or stub is None:
        raise RefusedError(sentence)
    return source, sentence, _path(stub)


def _path(entry: Entry) -> str:
    return f"{entry.inside}/{entry.path}"


def _nameless(offer: _Offer, katas: Sequence[Kata], catalog: Sequence[Kata]) -> list[str]:
    """A sentence on the Python files of a source of which none can be told to be of any kata."""
    known = {f"{kata.module}.py" for kata in (*katas, *catalog)}
    files = [entry for part in offer.parts for entry in part if _may_be_solution(entry, known)]
    if not files:
        return []
    names = ", ".join(entry.shown for entry in files[:_MOST_NAMED])
    more = f" and {len(files) - _MOST_NAMED} more" if len(files) > _MOST_NAMED else ""
    expected = ", ".join(f"{kata.module}.py" for kata in katas[:_MOST_NAMED])
    others = " or the like" if len(katas) > _MOST_NAMED else ""
    return [f"found {names}{more}, expected {expected}{others}"]


def _may_be_solution(entry: Entry, known: set[str]) -> bool:
    name = entry.path.rpartition("/")[2]
    return (
        entry.path.count("/") <= 1
        and name.lower().endswith(".py")
        and not name.startswith("test_")
        and name not in known
    )


def _source(entry: Entry) -> bytes:
    """The bytes of a stub. Raises `RefusedError` with its name."""
    try:
        data = entry.read(MOST_BYTES)
        check_source(data)
    except RefusedError as error:
        raise RefusedError(f"{entry.shown} {error}") from None
    return data


@dataclass(frozen=True, slots=True)
class _Offer:
    """What one learner's source holds."""

    parts: list[Sequence[Entry]] = field(default_factory=list)
    """The candidates, one sequence for each folder, zip or repository that has its own layout."""
    sentences: list[str] = field(default_factory=list)
    """What is wrong with a part, although the others can be used."""
    submitted: float | None = None
    """When it was handed in by what git or the platform says, seconds since the epoch."""
    is_said_to_be_late: bool = False
    """Whether the platform says that it was late, and not how late."""


def _open(learner: Learner, katas: Sequence[Kata], stack: ExitStack) -> _Offer:
    """Look into the source. Raises `RefusedError` and `OSError`."""
    source = learner.source
    if is_url(source) and not source.lower().startswith("file://"):
        return _repository(stack.enter_context(open_remote(source, learner.ref)), katas)
    path, key = _locate(source)
    is_link = path.is_symlink()
    git = find_git(path) if path.is_dir() and not is_link and not key else None
    if git is not None:
        return _repository(stack.enter_context(open_local(git, learner.ref)), katas)
    if learner.ref:
        raise RefusedError(f"the source is not a git repository, so there is no {clean(learner.ref)!r} in it")
    try:
        if path.is_dir() and not is_link:
            offer = _with_zips(_list_part(path, key) if key else list_folder(path), stack)
            return _with_times(offer, [child.name for child in path.iterdir()] if key else [path.name], key)
        return _open_zip(path, key, stack)
    except RefusedError as error:
        raise RefusedError(f"the source {error}") from None


def _open_zip(path: Path, key: str, stack: ExitStack) -> _Offer:
    """A learner's zip, or the learner's part of one. Raises `RefusedError`, also for what is not a regular file."""
    archive = stack.enter_context(open_zip(stack.enter_context(open_plain(path))))
    if not key:
        offer = _checked(_Offer([list_zip(archive).entries]), is_empty=not archive.filelist)
        return replace(offer, submitted=time_in(path.name))
    parts = [(part_of(info.filename), info) for info in archive.filelist]
    mine = [(part.rest, info) for part, info in parts if part is not None and part.key == key]
    return _with_times(_with_zips(list_members(archive, mine), stack), archive.namelist(), key)


def _with_times(offer: _Offer, names: Iterable[str], key: str) -> _Offer:
    """With what a platform's names of the learner's files say of when they were handed in; all names when `key` is empty."""
    mine = [name for name in names if not key or ((part := part_of(name)) is not None and part.key == key)]
    times = [time for name in mine if (time := time_in(name)) is not None]
    return replace(offer, submitted=max(times, default=None), is_said_to_be_late=any(map(is_said_to_be_late, mine)))


def _locate(source: str) -> tuple[Path, str]:
    """The place on this machine, and the learner's key when that is a bulk download."""
    if source.lower().startswith("file://"):
        try:
            url = urlsplit(source)
        except ValueError:
            raise RefusedError("the source is no URL that can be read") from None
        if url.netloc not in ("", "localhost"):
            raise RefusedError("the source is a file on another machine")
        source = url2pathname(url.path)
    if os.path.lexists(source):
        return Path(source), ""
    before, mark, after = source.partition(PART)
    while mark:
        if os.path.lexists(before):
            return Path(before), after
        more, mark, after = after.partition(PART)
        before += PART + more
    raise RefusedError(f"there is no folder, zip or repository at {clean(without_credentials(source))}")


def _repository(repository: Repository, katas: Sequence[Kata]) -> _Offer:
    if not repository.has("katas"):
        raise RefusedError("there is no katas/ folder in it")
    return _Offer([repository.entries(katas)], submitted=repository.committed())


def _list_part(folder: Path, key: str) -> Listing:
    """What one learner has in the folder of a bulk download."""
    entries: list[Entry] = []
    is_empty = True
    with os.scandir(folder) as children:
        for child in sorted(children, key=lambda child: child.name):
            trouble = trouble_with(child)
            part = part_of(child.name + ("/" if trouble is None else ""))
            if part is None or part.key != key:
                continue
            if trouble is None:
                below = list_folder(Path(child.path))
                entries += below.entries
                is_empty = is_empty and below.is_empty
            else:
                is_empty = False
                if is_relevant(part.rest):
                    read = never if trouble else partial(read_below, folder, child.name)
                    entries.append(Entry(part.rest, read, trouble))
    return Listing(tuple(entries), is_empty)


def _with_zips(listing: Listing, stack: ExitStack) -> _Offer:
    """A folder or a part of a bulk download: also the zips at its top count, unless it is a whole repository."""
    zips = [entry for entry in listing.entries if entry.path.endswith(".zip")]
    offer = _Offer([[entry for entry in listing.entries if not entry.path.endswith(".zip")]])
    if is_repository(listing.entries):
        return offer
    if len(zips) > MOST_ZIPS:
        raise RefusedError(f"has {len(zips)} zips in it, expected at most {MOST_ZIPS}")
    for entry in zips:
        try:
            offer.parts.append(_open_inner(entry, stack))
        except RefusedError as error:
            offer.sentences.append(f"{entry.shown} {error}")
    return _checked(offer, is_empty=listing.is_empty)


def _open_inner(entry: Entry, stack: ExitStack) -> list[Entry]:
    """The candidates in a zip that is itself one file of the source."""
    if entry.trouble:
        raise RefusedError(entry.trouble)
    archive = stack.enter_context(open_zip(io.BytesIO(entry.read(MOST_INNER))))
    return [replace(inner, inside=entry.path) for inner in list_zip(archive).entries]


def _checked(offer: _Offer, *, is_empty: bool) -> _Offer:
    """Refuse a source in which nothing is where a stub belongs; one that is empty is only not handed in."""
    found = any(entry.trouble or entry.path.lower().endswith(".py") for part in offer.parts for entry in part)
    if not found and not offer.sentences and not is_empty:
        raise RefusedError(
            "has no stub where one belongs: expected katas/<kata>/<module>.py, folders of katas, or the files alone"
        )
    return offer
