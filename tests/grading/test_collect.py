"""Only stub files are taken from folders and zips; what is odd is refused in a sentence, for that learner alone."""

from __future__ import annotations

import io
import os
import socket
import stat
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.core.model import Kata
from harness.grading.collect import collect, read_roster
from harness.grading.collect import gather as gather_module
from harness.grading.collect.platforms import part_of
from harness.grading.model import Learner, Refusal, Submission
from harness.sources import archive as archive_module
from harness.sources.archive import MOST_INDEX
from harness.sources.entry import MOST_BYTES, MOST_NAMES, Entry
from harness.sources.layout import choose

from boards import make_kata

KATAS = (make_kata("a01_mse"), make_kata("a02_r2_score"), make_kata("b01_knn"))
MSE, KNN = "katas/a01_mse/mse.py", "katas/b01_knn/knn.py"
SOURCE = b"def mse(x, y):\n    return 1.0\n"
OTHER = b"def knn(x):\n    return 2.0\n"
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX files")


def learner(source: Path | str, ref: str = "") -> Learner:
    return Learner("learner-1", "learner-1", str(source), ref)


def taken(source: Path | str) -> dict[str, bytes]:
    """What is taken from a source of which nothing is refused."""
    submissions, refusals = collect(learner(source), KATAS)
    assert refusals == []
    assert all(submission.learner == "learner-1" for submission in submissions)
    return {submission.kata: submission.source for submission in submissions}


def refused(source: Path | str, kata: str, *parts: str, katas: list[str] | None = None) -> str:
    """The one refusal of a source; `katas` are taken all the same."""
    submissions, (refusal,) = collect(learner(source), KATAS)
    assert refusal.kata == kata
    assert refusal.learner == "learner-1"
    for part in parts:
        assert part in refusal.sentence
    assert refusal.sentence.isprintable()
    assert [submission.kata for submission in submissions] == (katas or [])
    return refusal.sentence


def fill(folder: Path, files: Mapping[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zipped(
    files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED, *, modes: Mapping[str, int] | None = None
) -> bytes:
    """A zip of these files; `modes` are the kinds of those that are no plain ones."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.create_system = 3
            info.external_attr = ((modes or {}).get(name, 0) | 0o644) << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def make_zip(folder: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "work.zip"
    path.write_bytes(zipped(files, method))
    return path


def make(kind: str, folder: Path, files: dict[str, bytes]) -> Path:
    return fill(folder / "work", files) if kind == "folder" else make_zip(folder, files)


both = pytest.mark.parametrize("kind", ["folder", "zip"])


@both
@pytest.mark.parametrize("top", ["", "repo-main/"])
@pytest.mark.parametrize("place", ["katas/{0}/{1}", "{0}/{1}", "{1}"])
def test_stubs_are_found_in_every_layout(tmp_path: Path, kind: str, top: str, place: str) -> None:
    files = {top + place.format("a01_mse", "mse.py"): SOURCE, top + place.format("b01_knn", "knn.py"): OTHER}
    noise = {f"{top}README.md": b"", f"{top}katas.txt": b"", f"{top}.git2/mse.py": b"x"}
    assert taken(make(kind, tmp_path, files | noise)) == {"a01_mse": SOURCE, "b01_knn": OTHER}


@both
def test_with_a_katas_folder_nothing_else_counts(tmp_path: Path, kind: str) -> None:
    elsewhere = ["mse.py", "a01_mse/mse.py", "solutions/a01_mse/mse.py", "b01_knn/knn.py", "katas/a01_mse/test_mse.py"]
    files = {MSE: SOURCE, **dict.fromkeys(elsewhere, b"no"), "katas/a01_mse/conftest.py": b"no"}
    assert taken(make(kind, tmp_path, files)) == {"a01_mse": SOURCE}


@both
def test_references_and_hidden_places_are_never_taken(tmp_path: Path, kind: str) -> None:
    places = ["solutions/a01_mse/mse.py", "solutions/mse.py", "__MACOSX/mse.py", ".venv/mse.py", "b01_knn/mse.py"]
    assert taken(make(kind, tmp_path, {**dict.fromkeys(places, b"no"), "knn.py": OTHER})) == {"b01_knn": OTHER}


@both
def test_one_folder_deeper_is_not_guessed(tmp_path: Path, kind: str) -> None:
    refused(
        make(kind, tmp_path, {"a/b/katas/a01_mse/mse.py": SOURCE, "notes.pdf": b""}),
        "",
        "the source has no stub where one belongs",
    )


@both
@pytest.mark.parametrize(
    "second", ["old/a01_mse/mse.py", "mse.py", "other/mse.py"], ids=["in a folder", "bare", "bare in a folder"]
)
def test_two_copies_are_refused_and_the_others_go_on(tmp_path: Path, kind: str, second: str) -> None:
    files = {"a01_mse/mse.py": SOURCE, second: b"other", "b01_knn/knn.py": OTHER}
    refused(make(kind, tmp_path, files), "a01_mse", "mse.py is there 2 times", second, katas=["b01_knn"])


@both
def test_two_repositories_are_refused_where_they_overlap(tmp_path: Path, kind: str) -> None:
    files = {f"one/{MSE}": SOURCE, f"two/{MSE}": SOURCE, f"two/{KNN}": OTHER}
    refused(make(kind, tmp_path, files), "a01_mse", f"one/{MSE}", f"two/{MSE}", katas=["b01_knn"])


@both
def test_what_is_not_there_is_not_submitted(tmp_path: Path, kind: str) -> None:
    assert taken(make(kind, tmp_path, {})) == {}
    assert taken(make(kind, tmp_path, {"katas/c01_matmul/matmul.py": b"x"})) == {}
    assert collect(learner(tmp_path), ()) == ([], [])


def test_nothing_at_the_source(tmp_path: Path) -> None:
    refused(tmp_path / "none", "", "there is no folder, zip or repository at")
    refused("nul\0", "", r"nul\x00")
    refused("lone\udcff", "", r"lone\udcff")
    refused("a" * 5000, "", "there is no folder")


def test_a_file_that_is_no_zip(tmp_path: Path) -> None:
    refused(fill(tmp_path, {"work.zip": b"hello"}) / "work.zip", "", "the source is damaged, or no zip")


def test_a_ref_of_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    fill(tmp_path, {MSE: SOURCE})
    _, (refusal,) = collect(learner(tmp_path, "main"), KATAS)
    assert "is not a git repository" in refusal.sentence


BAD_SOURCES = [
    (b"x" * (MOST_BYTES + 1), "is over 1 MiB"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", "Git LFS"),
    (b"x = 1\n\0", "NUL"),
    (b"# ok\nx = '\xe9'\n", "not UTF-8 text: byte 0xe9 in line 2"),
    ("x = 1".encode("utf-16"), "UTF-16"),
    (b"# coding: rot13\n", "declares the encoding 'rot13', which is not an encoding of text"),
    (b"# coding: klingon\n", "unknown encoding: klingon"),
]
LATIN_1 = b"# coding: latin-1\n# \xe9\ndef mse(x, y):\n    return 1.0\n"


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_declared_encoding_of_text_is_taken(tmp_path: Path, kind: str) -> None:
    assert taken(make(kind, tmp_path, {MSE: LATIN_1})) == {"a01_mse": LATIN_1}


@both
@pytest.mark.parametrize(("data", "sentence"), BAD_SOURCES)
def test_files_that_are_no_sources(tmp_path: Path, kind: str, data: bytes, sentence: str) -> None:
    noisy = data if len(data) < MOST_BYTES else os.urandom(MOST_BYTES + 1)
    source = make(kind, tmp_path, {MSE: noisy, KNN: OTHER})
    refused(source, "a01_mse", f"{MSE} {sentence}" if sentence.startswith("is") else sentence, katas=["b01_knn"])


@both
def test_a_source_of_exactly_the_bound_and_an_empty_one_are_taken(tmp_path: Path, kind: str) -> None:
    large = b"#" + os.urandom(MOST_BYTES // 2).hex().encode()
    assert taken(make(kind, tmp_path, {MSE: large[:MOST_BYTES], KNN: b""})) == {
        "a01_mse": large[:MOST_BYTES],
        "b01_knn": b"",
    }


@posix
@pytest.mark.parametrize("link", ["katas/a01_mse/mse.py", "katas/a01_mse", "katas"])
@pytest.mark.parametrize("top", ["", "repo/"])
def test_links_in_folders_are_refused(tmp_path: Path, link: str, top: str) -> None:
    secret = fill(tmp_path / "secret", {"mse.py": SOURCE, "a01_mse/mse.py": SOURCE})
    target = {"mse.py": "mse.py", "a01_mse": "a01_mse", "katas": ""}[link.rpartition("/")[2]]
    folder = fill(tmp_path / "work", {f"{top}{KNN}": OTHER} if link != "katas" else {f"{top}x.py": b""})
    (folder / top / link).parent.mkdir(parents=True, exist_ok=True)
    (folder / top / link).symlink_to(secret / target)
    whole = link == "katas"
    refused(
        folder,
        "" if whole else "a01_mse",
        f"{top}{link} is a symbolic link",
        katas=[] if whole else ["b01_knn"],
    )


@posix
def test_a_link_as_the_source_is_refused(tmp_path: Path) -> None:
    fill(tmp_path / "work", {MSE: SOURCE})
    (tmp_path / "link").symlink_to(tmp_path / "work")
    refused(tmp_path / "link", "", "the source is a symbolic link")


@posix
@pytest.mark.parametrize("what", ["fifo", "socket", "folder"])
def test_what_is_no_file_is_neither_read_nor_waited_for(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fill(tmp_path / "w", {KNN: OTHER, "katas/a01_mse/x": b""})
    if what == "fifo":
        os.mkfifo(folder / MSE)
    elif what == "folder":
        (folder / MSE).mkdir()
    else:
        monkeypatch.chdir(folder / "katas/a01_mse")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("mse.py")
    if what == "folder":
        assert taken(folder) == {"b01_knn": OTHER}
    else:
        refused(folder, "a01_mse", "is not a regular file", katas=["b01_knn"])


@posix
def test_a_fifo_as_the_source_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    refused(tmp_path / "pipe.zip", "", "is not a regular file")


@posix
@pytest.mark.skipif(hasattr(os, "getuid") and os.getuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("closed", ["", "katas/a01_mse", MSE])
def test_what_may_not_be_read_is_refused(tmp_path: Path, closed: str) -> None:
    folder = fill(tmp_path / "work", {MSE: SOURCE, KNN: OTHER})
    (folder / closed).chmod(0)
    try:
        refused(folder, "a01_mse" if closed else "", "cannot be read", katas=["b01_knn"] if closed else [])
    finally:
        (folder / closed).chmod(0o700)


@posix
def test_a_file_that_becomes_a_link_after_the_look_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "secret", {"mse.py": b"secret"})
    folder = fill(tmp_path / "work", {MSE: SOURCE})

    def swap(kata: Kata, entries: Sequence[Entry]) -> Entry | None:
        found = choose(kata, entries)
        if found:
            (folder / "katas/a01_mse").rename(folder / "gone")
            (folder / "katas/a01_mse").symlink_to(tmp_path / "secret")
        return found

    monkeypatch.setattr(gather_module, "choose", swap)
    refused(folder, "a01_mse", "cannot be read")


@posix
def test_a_folder_with_too_many_names_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.sources.folder.MOST_NAMES", 5)
    refused(fill(tmp_path, {f"katas/a01_mse/{i}": b"" for i in range(9)}), "", "more than 5 names")


@pytest.mark.parametrize(
    "name",
    [
        "../mse.py",
        "a/../../mse.py",
        "/etc/mse.py",
        "C:/mse.py",
        "c:mse.py",
        "..\\mse.py",
        "a\\..\\..\\mse.py",
        "\\mse.py",
        "\\\\server\\share\\mse.py",
        "C:\\mse.py",
        "a/..\\mse.py",
        "a/..",
        "x\\..\\y",
    ],
)
def test_entries_that_lead_out_of_a_zip_are_refused(tmp_path: Path, name: str) -> None:
    refused(make_zip(tmp_path, {MSE: SOURCE, name: b"x"}), "", "leads out of it")


@pytest.mark.parametrize("top", ["", "work\\"])
def test_a_zip_with_the_separators_of_windows_is_read(tmp_path: Path, top: str) -> None:
    names = (f"{top}katas\\", f"{top}katas\\a01_mse\\mse.py", f"{top}katas\\b01_knn/knn.py")
    path = make_zip(tmp_path, dict(zip(names, (b"", SOURCE, OTHER), strict=True)))
    assert taken(path) == {"a01_mse": SOURCE, "b01_knn": OTHER}


def test_two_spellings_of_one_name_in_a_zip_are_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {MSE: SOURCE, MSE.replace("/", "\\"): OTHER, KNN: OTHER})
    refused(path, "a01_mse", "in the zip twice", katas=["b01_knn"])


def test_a_nul_in_the_name_of_an_entry_is_refused(tmp_path: Path) -> None:
    data = zipped({"katas/a01_mse/mse.pyXtxt": SOURCE}).replace(b"mse.pyXtxt", b"mse.py\0txt")
    refused(fill(tmp_path, {"work.zip": data}) / "work.zip", "", r"mse.py\x00txt")


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        (stat.S_IFLNK, "is a symbolic link"),
        (stat.S_IFIFO, "is not a regular file"),
        (stat.S_IFCHR, "is not a regular file"),
    ],
)
@pytest.mark.parametrize("name", [MSE, "katas/a01_mse"])
def test_links_and_devices_in_zips_are_refused(tmp_path: Path, mode: int, sentence: str, name: str) -> None:
    path = tmp_path / "work.zip"
    path.write_bytes(zipped({name: b"/etc/passwd", KNN: OTHER}, modes={name: mode}))
    refused(path, "a01_mse", f"{name} is", sentence, katas=["b01_knn"])


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "work.zip", "w") as archive:
        for name in (MSE, KNN, MSE, "katas/a01_mse/", "katas/a01_mse/"):
            archive.writestr(name, OTHER)
    refused(tmp_path / "work.zip", "a01_mse", "in the zip twice", katas=["b01_knn"])


def encrypt(data: bytes, *names: str) -> bytes:
    """Set the flag of encryption on these entries, in both of their headers."""
    changed = bytearray(data)
    for name in names:
        at = -1
        while (at := data.find(name.encode(), at + 1)) >= 0:
            header, flag = (at - 30, 6) if data[at - 30 : at - 26] == b"PK\3\4" else (at - 46, 8)
            changed[header + flag] |= 1
    return bytes(changed)


def test_encrypted_entries_are_refused(tmp_path: Path) -> None:
    data = zipped({MSE: SOURCE, KNN: OTHER})
    path = fill(tmp_path, {"work.zip": encrypt(data, MSE)}) / "work.zip"
    refused(path, "a01_mse", "is encrypted", katas=["b01_knn"])
    path.write_bytes(encrypt(data, MSE, KNN))
    refused(path, "", "the source is encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_of_packing_are_refused(tmp_path: Path, method: int) -> None:
    refused(make_zip(tmp_path, {MSE: SOURCE}, method), "a01_mse", f"packed by method {method}")


def test_a_stub_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {MSE: b"#" * (MOST_BYTES + 1), "katas/a02_r2_score/r2_score.py": b"#" * MOST_BYTES})
    _, refusals = collect(learner(path), KATAS)
    assert [refusal.sentence for refusal in refusals] == [
        f"{MSE} is over 1 MiB",
        "katas/a02_r2_score/r2_score.py is a zip bomb: no source packs so well",
    ]


def resized(data: bytes, name: str, size: int) -> bytes:
    """A zip in which the entry says in both of its headers that it unpacks to `size` bytes."""
    changed = bytearray(data)
    local = data.index(name.encode()) - 30
    central = data.rindex(name.encode()) - 46
    changed[local + 22 : local + 26] = changed[central + 24 : central + 28] = struct.pack("<I", size)
    return bytes(changed)


def test_an_entry_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    data = zipped({MSE: os.urandom(3 * 2**20).hex().encode(), KNN: OTHER})
    path = fill(tmp_path, {"work.zip": resized(data, MSE, 1000)}) / "work.zip"
    refused(path, "a01_mse", "is damaged", katas=["b01_knn"])


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_zip(tmp_path, {MSE: SOURCE, "data.bin": os.urandom(2**16)})
    monkeypatch.setattr(archive_module, "MOST_UNPACKED", 2**16)
    refused(path, "", "the source unpacks to")


def test_a_zip_of_overlapping_parts_is_a_bomb(tmp_path: Path) -> None:
    data = resized(zipped({MSE: SOURCE, "zeros": b"0" * 1000}), "zeros", 2**31)
    refused(fill(tmp_path, {"work.zip": data}) / "work.zip", "", "the source is a zip bomb")


def test_a_zip_with_too_many_names_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MOST_NAMES", 50)
    refused(make_zip(tmp_path, {f"{i}.txt": b"" for i in range(51)}), "", "more than 50 names")
    assert MOST_NAMES == 50_000


def test_a_forged_list_of_entries_does_not_fill_the_memory(tmp_path: Path) -> None:
    one = zipped({MSE: SOURCE})
    central = one[one.index(b"PK\1\2") : one.index(b"PK\5\6")]
    start = one[: one.index(b"PK\1\2")]
    many = MOST_INDEX // len(central) + 1
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(central) * many, len(start), 0)
    path = fill(tmp_path, {"work.zip": start + central * many + end}) / "work.zip"
    refused(path, "", "a list of entries that is over 8 MiB")


def test_a_zip_in_a_zip_is_not_opened(tmp_path: Path) -> None:
    refused(make_zip(tmp_path, {"inner.zip": zipped({MSE: SOURCE})}), "", "the source has no stub where one belongs")


def test_a_zip_in_a_folder_is_opened_once(tmp_path: Path) -> None:
    folder = fill(tmp_path / "work", {"work.zip": zipped({f"repo-main/{MSE}": SOURCE}), "knn.py": OTHER})
    assert taken(folder) == {"a01_mse": SOURCE, "b01_knn": OTHER}
    fill(folder, {"work.zip": zipped({"inner.zip": zipped({MSE: SOURCE})})})
    assert taken(folder) == {"b01_knn": OTHER}


def test_zips_in_a_repository_are_left_alone(tmp_path: Path) -> None:
    assert taken(fill(tmp_path / "w", {MSE: SOURCE, "data.zip": b"x", "old.zip": zipped({KNN: OTHER})})) == {
        "a01_mse": SOURCE
    }


def test_a_damaged_zip_among_others_is_named(tmp_path: Path) -> None:
    files = {"one.zip": zipped({MSE: SOURCE}), "two.zip": b"damaged", "three.zip": zipped({"../x.py": b""})}
    submissions, refusals = collect(learner(fill(tmp_path / "w", files)), KATAS)
    assert [submission.kata for submission in submissions] == ["a01_mse"]
    assert all(refusal.kata == "" for refusal in refusals)
    assert sorted(refusal.sentence.split(" ")[0] for refusal in refusals) == ["three.zip", "two.zip"]


def test_a_stub_in_two_zips_is_refused(tmp_path: Path) -> None:
    files = {"one.zip": zipped({MSE: SOURCE}), "two.zip": zipped({MSE: SOURCE, KNN: OTHER})}
    refused(fill(tmp_path / "w", files), "a01_mse", f"one.zip: {MSE}", f"two.zip: {MSE}", katas=["b01_knn"])


def test_too_many_or_too_large_zips_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill(tmp_path / "w", {f"{i}.zip": zipped({MSE: SOURCE}) for i in range(3)})
    monkeypatch.setattr(gather_module, "MOST_ZIPS", 2)
    refused(folder, "", "has 3 zips")
    folder = fill(tmp_path / "2", {"large.zip": zipped({MSE: os.urandom(2**20 + 1)})})
    monkeypatch.setattr(gather_module, "MOST_INNER", 2**20)
    refused(folder, "", "large.zip is over 1 MiB")


MOODLE = {
    "Learner One_12_assignsubmission_file_/work.zip": zipped({f"repo-main/{MSE}": SOURCE}),
    "Learner One_12_assignsubmission_onlinetext/onlinetext.html": b"see the file",
    "Learner Two_13_assignsubmission_file_mse.py": OTHER,
    "Learner Three_123_assignsubmission_file/katas/a01_mse/mse.py": b"three",
    "Learner Four_14_assignsubmission_file_work.zip": b"damaged",
}
CANVAS = {
    "learnerone_12_901_mse-2.py": SOURCE,
    "learnerone_12_902_work-1.zip": zipped({KNN: OTHER}),
    "learnertwo_LATE_13_903_mse.py": OTHER,
    "learnerthree_123_904_work.zip": zipped({"mse.py": b"three"}),
    "learnerfour_14_905_work.zip": b"damaged",
}
WORK = {"12": SOURCE, "13": OTHER, "123": b"three"}


@pytest.mark.parametrize("packed", [True, False], ids=["zip", "folder"])
@pytest.mark.parametrize("download", [MOODLE, CANVAS], ids=["moodle", "canvas"])
def test_bulk_downloads_give_everyone_their_own(tmp_path: Path, packed: bool, download: dict[str, bytes]) -> None:
    path = make_zip(tmp_path, download) if packed else fill(tmp_path / "bulk", download)
    found: list[Submission] = []
    refusals: list[Refusal] = []
    learners = read_roster(path)
    for one in learners:
        submissions, more = collect(one, KATAS)
        found += submissions
        refusals += more
    ids = {one.slug: next(iter(one.identifiers.values())) for one in learners}
    mse = {ids[submission.learner]: submission.source for submission in found if submission.kata == "a01_mse"}
    assert mse == WORK
    assert [ids[submission.learner] for submission in found if submission.kata == "b01_knn"] == (
        ["12"] if download is CANVAS else []
    )
    (refusal,) = refusals
    assert ids[refusal.learner] == "14"
    assert "work.zip is damaged" in refusal.sentence


@pytest.mark.parametrize("packed", [True, False], ids=["zip", "folder"])
def test_a_collection_of_folders_and_zips(tmp_path: Path, packed: bool) -> None:
    files = {f"learner-1/{MSE}": SOURCE, "learner-2.zip": zipped({MSE: OTHER}), f"learner-3/repo-main/{MSE}": b"three"}
    path = make_zip(tmp_path, files) if packed else fill(tmp_path / "all", files)
    found = {one.name: collect(one, KATAS) for one in read_roster(path)}
    assert all(not refusals for _, refusals in found.values())
    assert {name: submission.source for name, ((submission,), _) in found.items()} == {
        "learner-1": SOURCE,
        "learner-2": OTHER,
        "learner-3": b"three",
    }


def test_a_folder_whose_name_looks_like_a_part_is_itself(tmp_path: Path) -> None:
    assert taken(fill(tmp_path / "a!" / "canvas-1", {MSE: SOURCE})) == {"a01_mse": SOURCE}
    bulk = fill(tmp_path / "b!" / "c", {"x_1_2_mse.py": OTHER})
    assert taken(f"{bulk}!/canvas-1") == {"a01_mse": OTHER}


def test_an_unknown_key_is_an_empty_source(tmp_path: Path) -> None:
    assert taken(f"{make_zip(tmp_path, {'x_1_2_mse.py': SOURCE})}!/canvas-9") == {}


def test_one_hostile_part_of_a_download_does_not_touch_the_others(tmp_path: Path) -> None:
    files = {"One_1_assignsubmission_file_/../../x.py": b"", "Two_2_assignsubmission_file_/mse.py": SOURCE}
    path = make_zip(tmp_path, files)
    refused(f"{path}!/moodle-1", "", "leads out of it")
    assert taken(f"{path}!/moodle-2") == {"a01_mse": SOURCE}


@given(st.text(max_size=40) | st.from_regex(r"[a-z_]{1,5}(_LATE)?_\d_\d_[a-z_]{1,9}\.(py|zip)", fullmatch=True))
def test_the_parts_of_a_download_never_climb(name: str) -> None:
    part = part_of(name)
    if part is not None:
        assert part.key.split("/")[0] not in ("", "..")


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda data: b"PK\3\4" + data + b"PK\5\6" + bytes(18)))
@example(b"")
@example(b"PK\5\6" + bytes(18))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_random_bytes_are_refused_or_empty(tmp_path: Path, data: bytes) -> None:
    submissions, refusals = collect(learner(fill(tmp_path, {"x.zip": data}) / "x.zip"), KATAS)
    assert submissions == []
    assert all(refusal.sentence.isprintable() for refusal in refusals)


SEEDS = [
    zipped({MSE: SOURCE, KNN: OTHER, "katas/a01_mse/": b""}),
    zipped({f"repo-main/{MSE}": SOURCE * 50, "a.zip": zipped({KNN: OTHER})}),
    zipped({MSE: b"/etc/passwd", "Ünï.txt": b"x"}, zipfile.ZIP_STORED, modes={MSE: stat.S_IFLNK}),
    zipped({**MOODLE, **CANVAS}),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A zip with bytes of it changed, cut out, doubled, or filled with extremes."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        kind = draw(st.sampled_from(["byte", "cut", "double", "extreme", "truncate"]))
        width = draw(st.integers(1, 8))
        if kind == "byte":
            data[at : at + 1] = bytes([draw(st.integers(0, 255))])
        elif kind == "cut":
            del data[at : at + width]
        elif kind == "double":
            data[at:at] = data[at : at + 20 * width]
        elif kind == "extreme":
            data[at : at + width] = draw(st.sampled_from([b"\xff", b"\0", b"\x7f"])) * width
        else:
            del data[len(data) - width :]
    return bytes(data)


@given(mutated())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_mutated_zips_never_raise(tmp_path: Path, data: bytes) -> None:
    path = fill(tmp_path, {"x.zip": data}) / "x.zip"
    for source in (str(path), f"{path}!/moodle-12", f"{path}!/canvas-12"):
        submissions, refusals = collect(learner(source), KATAS)
        assert all(len(submission.source) <= MOST_BYTES for submission in submissions)
        assert all(refusal.sentence.isprintable() for refusal in refusals)
