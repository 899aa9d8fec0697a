"""`kata update` takes what is newer, and never loses a byte that the learner wrote."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.catalog.load import load_kata, stub_hash
from harness.catalog.published_stub import published_stub
from harness.core.documents import encode
from harness.core.state import write_atomically
from harness.edition import files as places
from harness.edition import update as update_module
from harness.edition.manifest import BEGUN, MANIFEST, EditionError, read_manifest
from harness.edition.seal import KIND, Seal
from harness.edition.update import Plan, carry_out, plan_update
from harness.sources.entry import RefusedError

from checkout import Checkout, Done
from editions import clone, copy_repository, files_of, git, make_edition, release, run, write_files

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX links and permissions")

STUB, SUITE, STATEMENT = "katas/a01_mse/mse.py", "katas/a01_mse/test_mse.py", "katas/a01_mse/README.md"
OTHER = "katas/b01_knn/knn.py"
FIRST = {STUB: b"stub", SUITE: b"suite", STATEMENT: b"statement", OTHER: b"other stub", "harness/x.py": b"code"}
STUBS = (STUB, OTHER)


def reader(edition: Mapping[str, bytes]) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        if path not in edition:
            raise RefusedError("cannot be read: No such file or directory")
        return edition[path]

    return read


def update(root: Path, edition: Mapping[str, bytes], *, downgrade: bool = False) -> Plan:
    plan = plan_update(root, reader(edition), downgrade=downgrade)
    carry_out(root, plan)
    return plan


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    """A fork of the first edition."""
    return write_files(tmp_path / "fork", make_edition(FIRST, STUBS))


# --- what is taken, and what stays -----------------------------------------------------------------------------------


def test_newer_files_come_unless_the_learner_changed_them(fork: Path) -> None:
    (fork / STUB).write_bytes(b"my solution")
    (fork / STATEMENT).write_bytes(b"my notes")
    (fork / "mine.txt").write_bytes(b"mine")
    newer = make_edition(
        {**FIRST, STUB: b"stub 2", SUITE: b"suite 2", STATEMENT: b"statement 2", "harness/y.py": b"more"}, STUBS
    )
    update(fork, newer)
    assert files_of(fork) == {
        **newer,
        STUB: b"my solution",
        f"{STUB}.new": b"stub 2",
        STATEMENT: b"my notes",
        f"{STATEMENT}.new": b"statement 2",
        "mine.txt": b"mine",
    }
    assert plan_update(fork, reader(newer)).is_empty


def test_a_stub_that_was_not_touched_is_replaced(fork: Path) -> None:
    update(fork, make_edition({**FIRST, STUB: b"stub 2"}, STUBS))
    assert (fork / STUB).read_bytes() == b"stub 2"


def test_a_newer_stub_beside_an_edited_one_is_found_when_the_kata_is_begun_again(
    checkout: Checkout, tmp_path: Path
) -> None:
    checkout.add("a01_double", "def double(x):\n    return 2 * x\n", stub="# newer\n")
    (checkout.root / "katas/a01_double/double.py.new").write_bytes(b"# newer\n")
    assert published_stub(tmp_path, load_kata(checkout.root / "katas/a01_double")) == b"# newer\n"


def test_the_same_version_with_another_content_is_taken_and_named(fork: Path) -> None:
    newer = make_edition({**FIRST, SUITE: b"a suite that was mended"}, STUBS)
    plan = update(fork, newer)
    assert plan.new.version == plan.old.version
    assert plan.new.name != plan.old.name
    assert [step.path for step in plan.written] == [SUITE]


def test_changes_of_the_learner_alone_are_not_reported(fork: Path) -> None:
    (fork / STUB).write_bytes(b"my solution")
    plan = update(fork, make_edition({**FIRST, SUITE: b"suite 2"}, STUBS))
    assert [step.path for step in plan.written] == [SUITE]
    assert plan.beside == []


def test_line_ends_of_windows_are_no_change(fork: Path) -> None:
    root = write_files(fork, make_edition({**FIRST, SUITE: b"one\ntwo\n"}, STUBS))
    (root / SUITE).write_bytes(b"one\r\ntwo\r\n")
    newer = make_edition({**FIRST, SUITE: b"one\ntwo\nthree\n"}, STUBS)
    update(root, newer)
    assert (root / SUITE).read_bytes() == b"one\ntwo\nthree\n"


def test_a_file_that_is_missing_comes_back(fork: Path) -> None:
    (fork / SUITE).unlink()
    update(fork, make_edition(FIRST, STUBS))
    assert (fork / SUITE).read_bytes() == b"suite"


def test_newer_versions_laid_beside_are_replaced_until_the_learner_works_in_them(fork: Path) -> None:
    (fork / STATEMENT).write_bytes(b"my notes")
    for number in (2, 3):
        update(fork, make_edition({**FIRST, STATEMENT: b"statement %d" % number}, STUBS))
        assert (fork / f"{STATEMENT}.new").read_bytes() == b"statement %d" % number
    (fork / f"{STATEMENT}.new").write_bytes(b"half merged")
    update(fork, make_edition({**FIRST, STATEMENT: b"statement 4"}, STUBS))
    assert (fork / f"{STATEMENT}.new").read_bytes() == b"half merged"
    assert (fork / f"{STATEMENT}.new2").read_bytes() == b"statement 4"


def test_a_kata_that_is_gone_goes_unless_the_learner_worked_on_it(fork: Path) -> None:
    smaller = make_edition({path: data for path, data in FIRST.items() if "b01" not in path}, (STUB,))
    worked_on = Path(shutil.copytree(fork, fork.parent / "worked-on"))
    (worked_on / OTHER).write_bytes(b"my solution")
    with_notes = Path(shutil.copytree(fork, fork.parent / "with-notes"))
    (with_notes / "katas/b01_knn/notes.md").write_bytes(b"my notes")
    (fork / "katas/b01_knn/__pycache__").mkdir()
    (fork / "katas/b01_knn/__pycache__/knn.pyc").write_bytes(b"junk")
    for root, kept in ((fork, []), (worked_on, ["b01_knn"]), (with_notes, ["b01_knn"])):
        before = files_of(root / "katas/b01_knn")
        assert update(root, smaller).kept_katas == kept
        assert files_of(root / "katas/b01_knn") == (before if kept else {})
        assert (root / "katas/b01_knn").exists() == bool(
            kept
        )  # what is left would be taken for a kata that is not usable


def test_sealed_solutions_come_along(fork: Path) -> None:
    sealed = {".dojo/sealed/a01_mse.json": b"{}"}
    update(fork, make_edition({**FIRST, **sealed}, STUBS))
    assert (fork / ".dojo/sealed/a01_mse.json").read_bytes() == b"{}"


@posix
def seal_of(slug: str, salt: str) -> bytes:
    return encode(KIND, Seal(slug, 2, 1, 1, salt, ("",)))


def test_an_edition_without_sealed_solutions_leaves_those_that_are_there(fork: Path) -> None:
    path = ".dojo/sealed/a01_mse.json"
    update(fork, make_edition({**FIRST, path: seal_of("a01_mse", "one")}, STUBS))
    update(fork, make_edition(FIRST, STUBS))
    assert (fork / path).read_bytes() == seal_of("a01_mse", "one")
    update(fork, make_edition({**FIRST, path: seal_of("a01_mse", "two")}, STUBS))
    assert (fork / path).read_bytes() == seal_of("a01_mse", "two"), "a sealed edition has its own again"
    assert not (fork / f"{path}.new").exists()


def test_what_the_learner_put_among_the_sealed_solutions_stays(fork: Path) -> None:
    path = ".dojo/sealed/a01_mse.json"
    (fork / path).parent.mkdir()
    (fork / path).write_text("notes of mine")
    update(fork, make_edition({**FIRST, path: seal_of("a01_mse", "one")}, STUBS))
    assert (fork / path).read_text() == "notes of mine"
    assert (fork / f"{path}.new").read_bytes() == seal_of("a01_mse", "one")


def test_permissions_stay_and_new_files_are_ordinary_ones(fork: Path) -> None:
    (fork / SUITE).chmod(0o664)
    update(fork, make_edition({**FIRST, SUITE: b"suite 2", "harness/y.py": b"more"}, STUBS))
    assert (fork / SUITE).stat().st_mode & 0o777 == 0o664
    assert (fork / "harness/y.py").stat().st_mode & 0o777 == 0o644


def test_a_file_that_is_saved_while_the_update_is_planned_stays(fork: Path) -> None:
    (fork / STATEMENT).write_bytes(b"my notes")
    kept = {path: data for path, data in FIRST.items() if path != "harness/x.py"}
    newer = make_edition({**kept, STUB: b"stub 2", STATEMENT: b"statement 2"}, STUBS)
    plan = plan_update(fork, reader(newer))
    (fork / STUB).write_bytes(b"saved just now")
    (fork / f"{STATEMENT}.new").write_bytes(b"this too")
    (fork / "harness/x.py").write_bytes(b"and this, which was to be removed")
    assert sorted(step.path for step in carry_out(fork, plan)) == [f"{STATEMENT}.new2", f"{STUB}.new"]
    assert (fork / STUB).read_bytes() == b"saved just now"
    assert (fork / f"{STUB}.new").read_bytes() == b"stub 2"
    assert (fork / f"{STATEMENT}.new").read_bytes() == b"this too"
    assert (fork / f"{STATEMENT}.new2").read_bytes() == b"statement 2"
    assert (fork / "harness/x.py").read_bytes() == b"and this, which was to be removed"


# --- any three states ------------------------------------------------------------------------------------------------

PATHS = (STUB, SUITE, OTHER, "harness/x.py")
OURS = (b"one", b"two", b"three")
"""What editions have."""
THEIRS = (b"learner 1", b"learner 2")
EDITION = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(OURS))
PRESENT = st.dictionaries(
    st.sampled_from((*PATHS, f"{STUB}.new", f"{SUITE}.new", f"{SUITE}.new2", "katas/b01_knn/notes.md")),
    st.sampled_from((*OURS, *THEIRS)),
)


def edition_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return make_edition(files, tuple(path for path in STUBS if path in files))


class Killed(BaseException):
    """Stands for the end of the process."""


@given(old=EDITION, present=PRESENT, new=EDITION, later=EDITION, kill_at=st.integers(0, 12), goes_on=st.booleans())
@settings(max_examples=100, deadline=None)
def test_nothing_that_the_learner_wrote_is_ever_lost(
    old: dict[str, bytes],
    present: dict[str, bytes],
    new: dict[str, bytes],
    later: dict[str, bytes],
    kill_at: int,
    goes_on: bool,
) -> None:
    """What stood somewhere and is from no edition stands there after any update, whole or killed, and so on to the next."""
    with tempfile.TemporaryDirectory() as folder:
        root = write_files(Path(folder) / "root", {MANIFEST: edition_of(old)[MANIFEST], **present})
        whole = Path(shutil.copytree(root, Path(folder) / "whole"))
        update(whole, edition_of(new))
        check_kept(present, whole, old)
        check_taken(present, whole, old, new)
        assert plan_update(whole, reader(edition_of(new))).is_empty

        kill(root, edition_of(new), kill_at)
        check_kept(present, root, old)
        if goes_on:
            update(root, edition_of(new))
            assert files_of(root) == files_of(whole)
        else:
            update(root, edition_of(later))
            check_kept(present, root, old, new)


def check_kept(present: Mapping[str, bytes], root: Path, *editions: Mapping[str, bytes]) -> None:
    """All that is the learner's is where it was; a newer version laid beside may be replaced by a newer one yet."""
    for path, content in present.items():
        if all(content not in (files.get(path), files.get(path.partition(".new")[0])) for files in editions):
            assert (root / path).read_bytes() == content, path


def check_taken(present: Mapping[str, bytes], root: Path, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> None:
    """All that is newer is there, in its place or beside what the learner has changed."""
    for path, content in new.items():
        if present.get(path) in (None, content, old.get(path)):
            assert (root / path).read_bytes() == content, path
        elif old.get(path) != content:
            beside = [root / f"{path}.new{number}" for number in ("", *range(2, 9))]
            assert content in [place.read_bytes() for place in beside if place.exists()], path


def kill(root: Path, edition: Mapping[str, bytes], at: int) -> None:
    """An update that is ended before its write or removal number `at`."""
    left = at

    def counted(function: Callable[..., None]) -> Callable[..., None]:
        def instead(*arguments: object) -> None:
            nonlocal left
            if not left:
                raise Killed
            left -= 1
            function(*arguments)

        return instead

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(update_module, "write", counted(places.write))
        patch.setattr(update_module, "remove", counted(places.remove))
        with contextlib.suppress(Killed):
            update(root, edition)


def test_after_an_update_that_was_killed_another_edition_still_knows_what_is_the_learners(fork: Path) -> None:
    second = make_edition({**FIRST, SUITE: b"suite 2", STATEMENT: b"statement 2"}, STUBS)
    kill(fork, second, 2)  # the note that it has begun, and one file
    assert (fork / BEGUN).is_file()
    third = make_edition({**FIRST, SUITE: b"suite 3", STATEMENT: b"statement 3"}, STUBS)
    update(fork, third)
    assert files_of(fork) == third


def test_a_note_of_an_update_that_cannot_be_read_does_no_harm(fork: Path) -> None:
    (fork / BEGUN).write_bytes(b"{")
    newer = make_edition({**FIRST, SUITE: b"suite 2"}, STUBS)
    update(fork, newer)
    assert files_of(fork) == newer


# --- what is refused -------------------------------------------------------------------------------------------------


def refused(fork: Path, edition: Mapping[str, bytes]) -> str:
    """The sentence, after which everything is as it was."""
    before = files_of(fork)
    with pytest.raises(EditionError) as caught:
        update(fork, edition)
    assert files_of(fork) == before
    return f"{caught.value} {caught.value.hint}"


def test_an_older_edition_only_when_asked(fork: Path) -> None:
    for version, sentence in (("0.0.9", "is older (0.0.9) than this one (0.1.0)"), ("0.1", "is older"), ("0", "older")):
        assert sentence in refused(fork, make_edition({**FIRST, SUITE: b"old"}, STUBS, version))
    for version in ("0.1.0", "0.1.0rc1", "0.1.1", "0.10.0", "1"):
        assert not plan_update(fork, reader(make_edition({**FIRST, SUITE: b"x"}, STUBS, version))).is_empty
    update(fork, make_edition({**FIRST, SUITE: b"old"}, STUBS, "0.0.9"), downgrade=True)
    assert (fork / SUITE).read_bytes() == b"old"


def test_a_damaged_edition_changes_nothing(fork: Path) -> None:
    newer = make_edition({**FIRST, SUITE: b"suite 2", STATEMENT: b"statement 2"}, STUBS)
    assert f"{STATEMENT} in the newer edition is not what its manifest says" in refused(
        fork, {**newer, STATEMENT: b"?"}
    )
    lacking = {path: data for path, data in newer.items() if path != STATEMENT}
    assert f"{STATEMENT} in the newer edition cannot be read" in refused(fork, lacking)
    assert "is cut short or not JSON" in refused(fork, {**newer, MANIFEST: newer[MANIFEST][:200]})
    assert "so it is not a learners' edition" in refused(fork, FIRST)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("../outside.py", "leads out of the edition"),
        ("katas/../../outside.py", "leads out of the edition"),
        ("/etc/passwd", "leads out of the edition"),
        ("katas\\..\\x", "is not a path of an edition"),
        ("C:/x", "is not a path of an edition"),
        ("katas/./x", "is not a path of an edition"),
        ("katas//x", "is not a path of an edition"),
        ("katas/x.", "is not a path of an edition"),
        ("GIT~1/config", "is not a path of an edition"),
        ("", "is not a path of an edition"),
        ("x\0", "is not a path of an edition"),
        (".git/hooks/post-checkout", "is not for an edition to write"),
        (".GIT/config", "is not for an edition to write"),
        ("katas/.git/config", "is not for an edition to write"),
        (".kata/history.sqlite3", "is not for an edition to write"),
        (".venv/bin/python", "is not for an edition to write"),
        (BEGUN, "is not for an edition to write"),
        (f"{STUB}.new", "is not for an edition to write"),
        ("harness/x.py.new2", "is not for an edition to write"),
        (STUB.upper(), "are one file where case does not count"),
        (f"{STUB}/x", "and one of them cannot be"),
    ],
)
def test_paths_that_no_edition_has(fork: Path, path: str, sentence: str) -> None:
    assert sentence in refused(fork, make_edition({**FIRST, path: b"x"}, STUBS))
    assert not (fork.parent / "outside.py").exists()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b'"0.1.0"', b'"x"', "which is none"),
        (b'"0.1.0"', b'"1..2.3"', ""),
        (b'"0.1.0"', b'"' + b"9" * 5000 + b'"', "which is none"),
        (b'"version"', b'"verzion"', "is not a file of this harness"),
        (b"kata-edition", b"kata-grade", "is a 'kata-grade' file"),
        (b'"format": 1', b'"format": 2', "has format 2, this version reads format 1"),
        (b'"mse.py"', b"", ""),
        (b"a01_mse", b"a01_m/e", "which is not a kata's name"),
    ],
)
def test_manifests_that_are_none(old: bytes, new: bytes, sentence: str) -> None:
    data = make_edition({"harness/x.py": b"x", "katas/a01_mse/x": b"x"})[MANIFEST]
    changed = data.replace(old, new)
    if not sentence:
        read_manifest(changed, "it")
        return
    with pytest.raises(EditionError, match=sentence.replace("(", r"\(")):
        read_manifest(changed, "it")


@posix
def test_folders_that_are_links_are_not_written_through(fork: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.move(fork / "katas/a01_mse", outside)
    (fork / "katas/a01_mse").symlink_to(outside)
    before = files_of(outside)
    for edition in ({**FIRST, SUITE: b"suite 2"}, {**FIRST, "katas/a01_mse/more.md": b"x"}):
        assert "would be outside of" in refused(fork, make_edition(edition, STUBS))
    gone = make_edition({path: data for path, data in FIRST.items() if "a01" not in path}, (OTHER,))
    with pytest.raises(EditionError, match="would be outside of"):
        update(fork, gone)
    assert files_of(outside) == before


@posix
def test_a_link_in_the_place_of_a_file_is_the_learners(fork: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.py").write_bytes(b"stub")
    (fork / STUB).unlink()
    (fork / STUB).symlink_to(tmp_path / "elsewhere.py")
    update(fork, make_edition({**FIRST, STUB: b"stub 2"}, STUBS))
    assert (fork / STUB).is_symlink()
    assert (tmp_path / "elsewhere.py").read_bytes() == b"stub"
    assert (fork / f"{STUB}.new").read_bytes() == b"stub 2"


def test_a_folder_in_the_place_of_a_file_stays(fork: Path) -> None:
    write_files(fork, {"harness/y.py/mine.txt": b"mine"})
    update(fork, make_edition({**FIRST, "harness/y.py": b"more"}, STUBS))
    assert (fork / "harness/y.py/mine.txt").read_bytes() == b"mine"
    assert (fork / "harness/y.py.new").read_bytes() == b"more"


def test_a_file_in_the_place_of_a_folder_is_a_sentence(fork: Path) -> None:
    write_files(fork, {"docs": b"mine"})
    assert "a folder on the way to it is a file" in refused(fork, make_edition({**FIRST, "docs/x.md": b"x"}, STUBS))


def test_a_file_that_cannot_be_written_is_a_sentence_and_the_update_goes_on_later(
    fork: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = make_edition({**FIRST, SUITE: b"suite 2", "harness/x.py": b"code 2"}, STUBS)

    def full(path: Path, data: bytes) -> None:
        if path.name == "x.py":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_atomically(path, data)

    monkeypatch.setattr(places, "write_atomically", full)
    with pytest.raises(EditionError, match=r"harness/x\.py cannot be written: No space left") as caught:
        update(fork, newer)
    assert "run the same command again" in caught.value.hint
    monkeypatch.undo()
    update(fork, newer)
    assert files_of(fork) == newer


# --- the command -----------------------------------------------------------------------------------------------------


def edition_in(checkout: Checkout) -> dict[str, bytes]:
    """A checkout with one kata as an edition; returns its files."""
    checkout.add("a01_double")
    files = make_edition(files_of(checkout.root), ("katas/a01_double/double.py",))
    write_files(checkout.root, files)
    return files


def newer_than(files: Mapping[str, bytes]) -> dict[str, bytes]:
    plain = {path: data for path, data in files.items() if path != MANIFEST}
    suite = "katas/a01_double/test_double.py"
    return make_edition({**plain, suite: plain[suite] + b"# more\n"}, ("katas/a01_double/double.py",))


def zipped(path: Path, files: Mapping[str, bytes], below: Mapping[str, bytes] | None = None, top: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, **{top + name: data for name, data in (below or {}).items()}}.items():
            archive.writestr(name, data)
    return path


def source_of(kind: str, folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """A newer edition in one of the forms that it can have."""
    if kind == "zip":
        return [str(zipped(folder / "edition.zip", files))]
    if kind == "zip with a folder":
        return [str(zipped(folder / "edition.zip", {"x.dojo/manifest.json": b"{}"}, files, "edition-main/"))]
    place = write_files(folder / "edition", files)
    if kind == "link to a folder":
        (folder / "link").symlink_to(place)
        return [str(folder / "link")]
    if kind == "folder":
        return [str(place)]
    git(place, "init", "-q", "-b", "main")
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "all")
    git(place, "tag", "spring")
    if kind == "tag":
        (place / MANIFEST).unlink()
        return [str(place), "--ref", "spring"]
    git(folder, "clone", "-q", "--bare", str(place), str(folder / "edition.git"))
    return [str(folder / "edition.git")]


@pytest.mark.parametrize(
    "kind",
    [
        "folder",
        "zip",
        "zip with a folder",
        pytest.param("link to a folder", marks=posix),
        pytest.param("bare repository", marks=[needs_git, posix]),
        pytest.param("tag", marks=[needs_git, posix]),
    ],
)
def test_an_edition_may_be_a_folder_a_zip_or_a_repository(checkout: Checkout, tmp_path: Path, kind: str) -> None:
    files = edition_in(checkout)
    newer = newer_than(files)
    arguments = source_of(kind, tmp_path, newer)
    dry = checkout.kata("update", *arguments, "--dry-run")
    assert dry.code == 0, dry.text
    assert dry.out == "write    katas/a01_double/test_double.py\nnothing was done\n"
    assert files_of(checkout.root) == files
    done = checkout.kata("update", *arguments)
    assert done.code == 0, done.text
    assert "this is edition 0.1.0 (" in done.out
    assert files_of(checkout.root) == newer
    again = checkout.kata("update", *arguments)
    assert again.code == 0
    assert again.out.startswith("there is nothing newer: this is edition 0.1.0 (")


def test_what_stays_is_named(checkout: Checkout, tmp_path: Path) -> None:
    newer = newer_than(edition_in(checkout))
    (checkout.root / "katas/a01_double/test_double.py").write_bytes(b"# mine\n")
    done = checkout.kata("update", str(write_files(tmp_path / "edition", newer)))
    name = "katas/a01_double/test_double.py"
    assert done.out.startswith(f"beside   {name}.new: you have changed {name}, which stays as it is\n"), done.text
    assert done.code == 0


def sentence(done: Done) -> str:
    assert done.code == 2, done.text
    assert "Traceback" not in done.text
    return done.err


def test_sources_that_are_no_editions(checkout: Checkout, tmp_path: Path) -> None:
    edition_in(checkout)
    (tmp_path / "file.txt").write_text("no zip", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    empty = zipped(tmp_path / "empty.zip", {"x": b"x"})
    cases = {
        str(tmp_path / "nowhere"): "there is no edition",
        str(tmp_path / "file.txt"): "is damaged, or no zip",
        str(tmp_path / "folder"): "not a learners' edition",
        str(empty): "not a learners' edition",
        "x" * 5000: "cannot be read",
        "ftp://name:secret@localhost/edition": "repositories are fetched by https or ssh",
    }
    for source, expected in cases.items():
        said = sentence(checkout.kata("update", source))
        assert expected in said, source
        assert "secret" not in said
    assert "is not a git repository" in sentence(checkout.kata("update", str(tmp_path / "folder"), "--ref", "main"))


def test_a_zip_that_is_damaged_inside_is_a_sentence(checkout: Checkout, tmp_path: Path) -> None:
    newer = newer_than(edition_in(checkout))
    path = zipped(tmp_path / "edition.zip", newer)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("katas/a01_double/test_double.py").header_offset + 60
    data[start : start + 40] = bytes(40)
    path.write_bytes(data)
    assert "is damaged" in sentence(checkout.kata("update", str(path)))


def test_in_the_whole_repository_git_is_the_way(checkout: Checkout, tmp_path: Path) -> None:
    checkout.add("a01_double")
    said = sentence(checkout.kata("update", str(tmp_path)))
    assert "this is not a learners' edition" in said
    assert "git pull" in said


def test_a_manifest_with_a_conflict_in_it_can_be_brought_back(checkout: Checkout, tmp_path: Path) -> None:
    newer = newer_than(edition_in(checkout))
    (checkout.root / MANIFEST).write_bytes(b"<<<<<<< HEAD\n" + newer[MANIFEST])
    said = sentence(checkout.kata("update", str(write_files(tmp_path / "edition", newer))))
    assert f"git checkout -- {MANIFEST}" in said


@needs_git
def test_the_harness_is_replaced_while_it_runs_and_the_new_one_goes_on(tmp_path: Path) -> None:
    """From one real edition to the next: another version, another suite, another stub, every module of the harness."""
    repository = copy_repository(tmp_path / "repository")
    fork = clone(release(repository, tmp_path / "one", "a1", "a2"), tmp_path / "fork")
    solution = (repository / "solutions/a01_mse/mse.py").read_bytes()
    (fork / "katas/a01_mse/mse.py").write_bytes(solution)
    for path in (repository / "harness").rglob("*.py"):
        path.write_bytes(path.read_bytes() + b"\n\n# newer\n")
    suite = repository / "katas/a01_mse/test_mse.py"
    suite.write_bytes(
        suite.read_bytes() + b"\n\n@pytest.mark.edge\ndef test_newer() -> None:\n    kata.mse([1], [1])\n"
    )
    stub = repository / "katas/a02_r2_score/r2_score.py"
    stub.write_bytes(stub.read_bytes() + b"# newer\n")
    assert run(repository, "stamp", "a2").code == 0
    project = repository / "pyproject.toml"
    project.write_text(
        project.read_text(encoding="utf-8").replace('\nversion = "', '\nversion = "7.'), encoding="utf-8"
    )
    two = release(repository, tmp_path / "two", "a1", "a2")
    done = run(fork, "update", str(two))
    assert done.code == 0, done.text
    assert "this is edition 7." in done.out
    assert "install it again: pip install -e ." in done.out
    assert f"harness/: {len(list((two / 'harness').rglob('*.py')))} files" in done.out
    assert files_of(fork) == {**files_of(two), "katas/a01_mse/mse.py": solution, **junk(fork)}
    assert git(fork, "status", "--porcelain").count("__pycache__") == 0
    passed = run(fork, "-v", "katas/a01_mse", module="pytest")
    assert passed.code == 0, passed.text
    assert "test_newer PASSED" in passed.out
    assert "there is nothing newer" in run(fork, "update", str(two)).out


def junk(root: Path) -> dict[str, bytes]:
    return {path: data for path, data in files_of(root).items() if "__pycache__" in path or path.startswith(".kata/")}


def test_hashes_are_those_of_stubs() -> None:
    assert read_manifest(make_edition({"harness/x.py": b"x\r\n"})[MANIFEST], "it").files["harness/x.py"] == stub_hash(
        b"x\n"
    )
