"""Blobs are what their names say, or they are not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.catalog.load import load_catalog
from harness.grading.blobs import BlobError, BlobStore, Manifest, blob_name, pack

from checkout import ROOT, Checkout


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=200), max_size=5))
def test_what_was_put_is_what_comes_back(tmp_path_factory: pytest.TempPathFactory, blobs: list[bytes]) -> None:
    store = BlobStore(tmp_path_factory.mktemp("store"))
    store.put(blobs)
    store.put(blobs)
    assert [store.get(blob_name(data)) for data in blobs] == blobs


def test_a_damaged_blob_is_missing_until_it_comes_anew(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "blobs")
    store.put([b"whole"])
    name = blob_name(b"whole")
    (tmp_path / "blobs" / name).write_bytes(b"half")
    assert store.get(name) is None
    manifest = Manifest((("katas/a.py", name),))
    assert store.lay_out(manifest, tmp_path / "checkout") == (name,)
    assert not (tmp_path / "checkout").exists()
    store.put([b"whole"])
    assert store.lay_out(manifest, tmp_path / "checkout") == ()
    assert (tmp_path / "checkout" / "katas" / "a.py").read_bytes() == b"whole"


def test_a_blob_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    store.put([b"x"])
    before = (tmp_path / blob_name(b"x")).stat().st_ino
    store.put([b"x"])
    assert (tmp_path / blob_name(b"x")).stat().st_ino == before


def test_a_kata_travels_with_its_helpers_and_pytests_options_and_nothing_else(
    checkout: Checkout, tmp_path: Path
) -> None:
    folder = checkout.add("a01_double", toml='helpers = ["extra"]\n')
    (folder / "extra.py").write_text("x = 1\n")
    (folder / "hints.md").write_text("1. no")
    (folder / "__pycache__").mkdir()
    (checkout.root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (kata,) = load_catalog(checkout.root).katas
    manifest, contents = pack(kata)
    store = BlobStore(tmp_path / "blobs")
    store.put(contents.values())
    assert store.lay_out(manifest, tmp_path / "there") == ()
    found = {file.relative_to(tmp_path / "there").as_posix() for file in (tmp_path / "there").rglob("*.*")}
    names = ("double.py", "extra.py", "kata.toml", "test_double.py")
    assert found == {"pyproject.toml", *(f"katas/a01_double/{name}" for name in names)}
    assert manifest.name == pack(kata)[0].name
    kata.suite_file().write_text("# another\n")
    assert manifest.name != pack(kata)[0].name


@pytest.mark.parametrize("path", ["/etc/passwd", "../up.py", "katas/../../up.py"])
def test_nothing_is_written_outside_of_the_checkout(tmp_path: Path, path: str) -> None:
    store = BlobStore(tmp_path / "blobs")
    store.put([b"x"])
    with pytest.raises(BlobError, match="outside"):
        store.lay_out(Manifest(((path, blob_name(b"x")),)), tmp_path / "checkout")


def test_a_kata_that_cannot_be_read_is_a_sentence(checkout: Checkout) -> None:
    checkout.add("a01_double")
    (kata,) = load_catalog(checkout.root).katas
    for file in kata.folder.iterdir():
        file.unlink()
    kata.folder.rmdir()
    with pytest.raises(BlobError, match="a01_double cannot be sent"):
        pack(kata)
