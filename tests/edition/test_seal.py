"""Sealed solutions: opened by the passphrase alone, and never in the place of something else."""

from __future__ import annotations

import base64
import os
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

pytest.importorskip("cryptography", reason="sealing is part of the extra cohort")

from click.testing import CliRunner

from harness.catalog.load import load_kata
from harness.cli.main import app
from harness.core.documents import decode, encode
from harness.core.errors import KataError
from harness.core.model import Kata
from harness.edition import seal as seal_module
from harness.edition.manifest import MANIFEST, SEALED, EditionError
from harness.edition.seal import KIND, Seal, check_passphrase, seal, unseal

from checkout import Checkout
from editions import PASSPHRASE, clone, copy_repository, files_of, git, release, run

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX links and permissions")
SLUG = "a01_double"
PATH = f"{SEALED}/{SLUG}.json"
REFERENCE = "def double(x):\n    return x + x\n"
MISTAKES = """base: also_right/shift.py

### shifted_twice
Shifts twice.
Caught by: test_two_is_four
```diff
-# right
+# wrong
```
"""
DEBRIEF = "# Debrief\n\n" + "Why, says the interviewer, and “how”?\n" * 2_000


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that cost a millisecond; one test asks for the full price."""
    monkeypatch.setattr(seal_module, "_N", 2**4)


@pytest.fixture
def kata(checkout: Checkout) -> Kata:
    """The kata of an edition, whose solution is sealed and not there otherwise."""
    folder = checkout.add(SLUG)
    made = load_kata(folder)
    solution = checkout.root / "solutions" / SLUG
    solution.mkdir(parents=True)
    (solution / "double.py").write_text(REFERENCE, encoding="utf-8")
    (solution / "debrief.md").write_text(DEBRIEF, encoding="utf-8")
    (solution / "wrong").mkdir()
    data = seal(checkout.root, made, check_passphrase(PASSPHRASE))
    shutil.rmtree(checkout.root / "solutions")
    (checkout.root / SEALED).mkdir(parents=True)
    (checkout.root / PATH).write_bytes(data)
    (checkout.root / MANIFEST).write_text("{}", encoding="utf-8")
    return made


def opened(checkout: Checkout, *, passphrase: str = PASSPHRASE) -> str:
    """The sentence with which `kata unseal` ends when it does not work, its hint included; nothing is written then."""
    before = files_of(checkout.root)
    done = CliRunner(env={"KATA_PASSPHRASE": passphrase, "KATA_ROOT": str(checkout.root)}).invoke(app, ["unseal", "a1"])
    assert isinstance(done.exception, KataError), done.output
    assert files_of(checkout.root) == before
    return f"{done.exception} {done.exception.hint}"


def change(checkout: Checkout, **fields: object) -> None:
    path = checkout.root / PATH
    path.write_bytes(encode(KIND, replace(decode(path.read_bytes(), "x", KIND, Seal), **fields)))  # type: ignore[arg-type]


def test_the_passphrase_opens_reference_and_debrief_of_any_length(checkout: Checkout, kata: Kata) -> None:
    paths = unseal(checkout.root, kata, check_passphrase(PASSPHRASE))
    assert {path.name: path.read_text(encoding="utf-8") for path in paths} == {
        "double.py": REFERENCE,
        "debrief.md": DEBRIEF,
    }
    assert unseal(checkout.root, kata, check_passphrase(PASSPHRASE)) == paths  # once more is not a mistake


def test_nothing_of_it_can_be_read_without(checkout: Checkout, kata: Kata) -> None:
    data = (checkout.root / PATH).read_bytes()
    cipher = base64.b64decode("".join(decode(data, "x", KIND, Seal).data))
    for text in (REFERENCE, DEBRIEF, "debrief.md", PASSPHRASE):
        assert text.encode()[:12] not in data
        assert text.encode()[:12] not in cipher
    assert kata.slug.encode() in data  # the name is not a secret


def test_the_same_is_sealed_to_the_same_bytes_and_another_to_others(checkout: Checkout, kata: Kata) -> None:
    before = (checkout.root / PATH).read_bytes()
    unseal(checkout.root, kata, check_passphrase(PASSPHRASE))
    assert seal(checkout.root, kata, check_passphrase(PASSPHRASE)) == before
    assert seal(checkout.root, kata, check_passphrase(PASSPHRASE + "!")) != before
    (checkout.root / "solutions" / SLUG / "debrief.md").write_text("another", encoding="utf-8")
    assert seal(checkout.root, kata, check_passphrase(PASSPHRASE)) != before


def test_what_else_lies_beside_the_reference_comes_along(checkout: Checkout, kata: Kata) -> None:
    folder = checkout.root / "solutions" / SLUG
    unseal(checkout.root, kata, check_passphrase(PASSPHRASE))
    (folder / "follow_up/wrong").mkdir(parents=True)
    (folder / "follow_up/double.py").write_text("# streamed\n", encoding="utf-8")
    (folder / "follow_up/wrong/halved.py").write_text("# wrong\n", encoding="utf-8")
    (folder / "notes.txt").write_text("no\n", encoding="utf-8")
    (folder / "mistakes.md").write_text(MISTAKES, encoding="utf-8")
    (folder / "also_right").mkdir()
    for name in ("shift", "unused"):
        (folder / "also_right" / f"{name}.py").write_text("# right\n", encoding="utf-8")
    (checkout.root / PATH).write_bytes(seal(checkout.root, kata, check_passphrase(PASSPHRASE)))
    shutil.rmtree(folder)
    paths = unseal(checkout.root, kata, check_passphrase(PASSPHRASE))
    names = [path.relative_to(folder).as_posix() for path in paths]
    assert names == ["also_right/shift.py", "debrief.md", "double.py", "follow_up/double.py", "mistakes.md"]


def test_letters_may_be_composed_either_way_and_a_line_may_end() -> None:
    assert check_passphrase("Grüße an alle\r\n") == check_passphrase("Gru\u0308ße an alle")
    assert check_passphrase(" spaces count ") == " spaces count "


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "0 characters"), ("too short", "9 characters"), ("\udcff" * 20, "not UTF-8")]
)
def test_passphrases_that_are_none(text: str, sentence: str) -> None:
    with pytest.raises(EditionError, match=sentence):
        check_passphrase(text)


def test_a_wrong_passphrase_says_so(checkout: Checkout, kata: Kata) -> None:
    assert f"the passphrase does not open the solution of {kata.slug}" in opened(checkout, passphrase="x" * 20)


def test_a_solution_that_is_there_already_is_left_alone_and_so_is_the_other_file(
    checkout: Checkout, kata: Kata
) -> None:
    for name in ("double.py", "debrief.md"):
        folder = checkout.root / "solutions" / kata.slug
        folder.mkdir(parents=True)
        (folder / name).write_text("mine", encoding="utf-8")
        assert f"solutions/{kata.slug}/{name} is there already, and is left as it is" in opened(checkout)
        assert [path.name for path in folder.iterdir()] == [name]
        shutil.rmtree(folder)


@pytest.mark.parametrize("at", [0, 40, 200, -3])
def test_a_byte_that_was_changed_is_found_out(checkout: Checkout, kata: Kata, at: int) -> None:
    lines = decode((checkout.root / PATH).read_bytes(), "x", KIND, Seal).data
    data = bytearray(base64.b64decode("".join(lines)))
    data[at] ^= 1
    change(checkout, data=(base64.b64encode(data).decode(),))
    assert f"does not open the solution of {kata.slug}" in opened(checkout)


@pytest.mark.usefixtures("kata")
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"n": 2**40}, "asks for more work than a seal does"),
        ({"n": 2**20}, "asks for more work than a seal does"),
        ({"n": 0}, "asks for more work than a seal does"),
        ({"n": -(2**14)}, "asks for more work than a seal does"),
        ({"r": 10_000}, "asks for more work than a seal does"),
        ({"p": 10**9}, "asks for more work than a seal does"),
        ({"n": 1000}, "seals cannot be made or opened here"),
        ({"salt": "!"}, "is damaged"),
        ({"data": ("=",)}, "is damaged"),
        ({"data": ()}, "does not open"),
        ({"kata": "a02_other"}, "is the seal of 'a02_other'"),
    ],
)
def test_seals_that_were_changed(checkout: Checkout, fields: dict[str, object], sentence: str) -> None:
    change(checkout, **fields)
    assert sentence in opened(checkout)


@pytest.mark.usefixtures("kata")
@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"kind": "kata-grade", "format": 1}', b"\xff\xfe", b"[" * 100_000]
)
def test_files_that_are_no_seals(checkout: Checkout, data: bytes) -> None:
    (checkout.root / PATH).write_bytes(data)
    assert PATH in opened(checkout)


def test_a_kata_that_is_not_sealed_says_so_before_anything_is_asked(checkout: Checkout, kata: Kata) -> None:
    (checkout.root / PATH).unlink()
    done = checkout.kata("unseal", kata.id)
    assert done.code == 2
    assert f"there is no sealed solution of {kata.slug} here" in done.err


@pytest.mark.parametrize("name", ["../../katas/a01_double/double.py", "/etc/x.py", ".git/config", "a/b.py", ""])
def test_who_knows_the_passphrase_cannot_write_elsewhere(checkout: Checkout, kata: Kata, name: str) -> None:
    sealed = decode((checkout.root / PATH).read_bytes(), "x", KIND, Seal)
    passphrase = check_passphrase(PASSPHRASE)
    cipher = seal_module._cipher(passphrase, base64.b64decode(sealed.salt), sealed.n, sealed.r, sealed.p, "")
    forged = cipher.encrypt(msgspec.json.encode({name: "x", "double.py": "x"}), [kata.slug.encode()])
    change(checkout, data=(base64.b64encode(forged).decode(),))
    assert "is not a solution" in opened(checkout)


@posix
@pytest.mark.usefixtures("kata")
def test_nothing_is_written_through_a_link_that_leads_out(checkout: Checkout, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (checkout.root / "solutions").symlink_to(elsewhere)
    assert "would be outside of" in opened(checkout)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.usefixtures("kata")
def test_without_the_package_it_says_what_to_install(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "cryptography").mkdir()
    (tmp_path / "cryptography/__init__.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    for extra in ("seal", "cohort"):
        done = checkout.kata("unseal", "a1", env={"PYTHONPATH": path, "KATA_PASSPHRASE": PASSPHRASE})
        assert done.code == 2
        assert "need the cryptography package" in done.err
        assert f"pip install -e '.[{extra}]'" in done.err
        (checkout.root / MANIFEST).unlink(missing_ok=True)  # the whole repository has no such file


def test_the_passphrase_comes_from_a_file_a_pipe_or_a_prompt(
    checkout: Checkout, kata: Kata, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "passphrase.txt"
    file.write_bytes(b"\xef\xbb\xbf" + PASSPHRASE.encode() + b"\r\n")
    monkeypatch.chdir(checkout.root)
    monkeypatch.delenv("KATA_PASSPHRASE", raising=False)
    for arguments, given in ((["--passphrase-file", str(file)], None), ([], PASSPHRASE + "\n")):
        done = CliRunner().invoke(app, ["unseal", kata.id, *arguments], input=given)
        assert done.exit_code == 0, done.output
        assert done.output.split() == [f"solutions/{kata.slug}/debrief.md", f"solutions/{kata.slug}/double.py"]
        shutil.rmtree(checkout.root / "solutions")
    nothing = CliRunner().invoke(app, ["unseal", kata.id], input="")
    assert "no passphrase was given" in str(nothing.exception)


def test_a_release_without_a_debrief_cannot_be_sealed(checkout: Checkout, kata: Kata) -> None:
    with pytest.raises(EditionError, match=r"a01_double cannot be sealed: .*debrief\.md cannot be read"):
        seal(checkout.root / "nowhere", kata, check_passphrase(PASSPHRASE))
    folder = checkout.root / "solutions" / kata.slug
    folder.mkdir(parents=True)
    (folder / "double.py").write_bytes(b"\xff")
    (folder / "debrief.md").write_text("x", encoding="utf-8")
    with pytest.raises(EditionError, match="cannot be read"):
        seal(checkout.root, kata, check_passphrase(PASSPHRASE))


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_from_release_to_unseal_at_full_price(tmp_path: Path) -> None:
    repository = copy_repository(tmp_path / "repository")
    env = {"KATA_PASSPHRASE": PASSPHRASE}
    one = release(repository, tmp_path / "one", "a1", "--seal", env=env)
    two = release(repository, tmp_path / "two", "a1", "--seal", env=env)
    assert git(one, "rev-parse", "HEAD") == git(two, "rev-parse", "HEAD")
    assert decode((one / SEALED / "a01_mse.json").read_bytes(), "x", KIND, Seal).n == 2**17
    assert "kata unseal a01_mse" in (one / "README.md").read_text(encoding="utf-8")
    reference = (repository / "solutions/a01_mse/mse.py").read_bytes()
    assert not any(reference[:200] in data for data in files_of(one).values())
    fork = clone(one, tmp_path / "fork")
    done = run(fork, "unseal", "mse", env=env)
    assert done.code == 0, done.text
    assert (fork / "solutions/a01_mse/mse.py").read_bytes() == reference
    assert git(fork, "status", "--porcelain") == ""  # so that it is not pushed by accident
