"""Sealed solutions: a reference and its debrief, encrypted with the instructor's passphrase, in the edition that learners have.

The key comes from the passphrase by scrypt (RFC 7914), the cipher is AES-SIV (RFC 5297), which needs no nonce: the same solution
under the same passphrase gives the same bytes, so that editions can be compared, and nothing is lost by that but the
knowledge that it is the same. Both are the `cryptography` package's. The salt is a kata's own, and no secret; a random one
would make every release another.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NewType

import msgspec

from harness.catalog.load import is_edition
from harness.core.documents import DamagedError, decode, encode
from harness.core.model import Kata
from harness.edition.files import present, write
from harness.edition.manifest import MOST_BYTES, SEALED, EditionError
from harness.subject.mistakes import PAGE, read_page
from harness.subject.resolve import reference_folder

Passphrase = NewType("Passphrase", str)

KIND = "kata-seal"
SHORTEST = 12
"""Characters of a passphrase."""
_N, _R, _P = 2**17, 8, 1
"""Cost of scrypt: 128 MiB and about half a second for each guess, what OWASP recommends for passwords."""
_MOST_N, _MOST_R, _MOST_P = 2**19, 8, 4
_KEY_BYTES = 64
_LINE = 100
_FILE = re.compile(r"(follow_up/)?([a-z0-9_]+\.(py|md)|also_right/[a-z0-9_]+\.py)")


@dataclass(frozen=True, slots=True)
class Seal:
    """One sealed file."""

    kata: str
    n: int
    r: int
    p: int
    salt: str
    data: tuple[str, ...]
    """Base64 of the encrypted files, in lines."""


def check_passphrase(text: str) -> Passphrase:
    """`text` as a passphrase, however the keyboard composes its letters. Raises `EditionError` when it is too short."""
    stripped = unicodedata.normalize("NFC", text.rstrip("\r\n"))
    if len(stripped) < SHORTEST:
        raise EditionError(f"the passphrase has {len(stripped)} characters, expected at least {SHORTEST}")
    try:
        stripped.encode()
    except UnicodeEncodeError:
        raise EditionError("the passphrase is not UTF-8 text") from None
    return Passphrase(stripped)


def seal(root: Path, kata: Kata, passphrase: Passphrase) -> bytes:
    """The sealed file of a kata: its reference, its debrief, and what else lies beside them, the follow-up's too; no wrong ones.

    Its mistakes are edits, so of the also-right files those come along that they are edits of.

    Raises `EditionError` when one of the two is not there.
    """
    folder = root / "solutions" / kata.slug
    names = {kata.stub.name, "debrief.md"}
    beside = (path for path in (*folder.glob("*"), *folder.glob("follow_up/*")) if path.is_file())
    names |= {name for name in (path.relative_to(folder).as_posix() for path in beside) if _FILE.fullmatch(name)}
    for place in ("", "follow_up/"):
        bases = {f"{place}{mistake.base}" for mistake in read_page(folder / place / PAGE).mistakes}
        names |= {name for name in bases if (folder / name).is_file() and _FILE.fullmatch(name)}
    try:
        files = {name: (folder / name).read_text(encoding="utf-8") for name in sorted(names)}
    except (OSError, UnicodeDecodeError) as error:
        where = getattr(error, "filename", "") or folder
        raise EditionError(f"{kata.slug} cannot be sealed: {where} cannot be read") from error
    salt = hashlib.sha256(f"ml-kata-dojo seal {kata.slug}".encode()).digest()[:16]
    cipher = _cipher(passphrase, salt, _N, _R, _P, "'.[cohort]'")
    text = _text(cipher.encrypt(msgspec.json.encode(files), [kata.slug.encode()]))
    lines = tuple(text[start : start + _LINE] for start in range(0, len(text), _LINE))
    return encode(KIND, Seal(kata.slug, _N, _R, _P, _text(salt), lines))


def check_sealed(root: Path, kata: Kata) -> None:
    """Raise `EditionError` when there is no sealed solution of this kata, before anybody is asked for a passphrase."""
    _read(root, kata)


def unseal(root: Path, kata: Kata, passphrase: Passphrase) -> list[Path]:
    """Write the solution of a kata into `solutions/`; returns its files. Nothing that is there is overwritten.

    Raises `EditionError` when there is no seal, the passphrase is wrong, or something else is there already.
    """
    sealed, salt, data = _read(root, kata)
    extra = "'.[seal]'" if is_edition(root) else "'.[cohort]'"
    files = _open(_cipher(passphrase, salt, sealed.n, sealed.r, sealed.p, extra), data, kata)
    folder = reference_folder(kata).relative_to(root).as_posix()
    contents = {f"{folder}/{name}": text.encode() for name, text in sorted(files.items())}
    for path, content in contents.items():
        there = present(root, path)
        if there is not None and there != content:
            raise EditionError(
                f"{path} is there already, and is left as it is", hint="move it away to open the sealed one"
            )
    for path, content in contents.items():
        if present(root, path) is None:
            write(root, path, content)
    return [root / path for path in contents]


def _read(root: Path, kata: Kata) -> tuple[Seal, bytes, bytes]:
    """The seal of a kata, with salt and data decoded."""
    path = f"{SEALED}/{kata.slug}.json"
    there = present(root, path)
    if there is None:
        raise EditionError(
            f"there is no sealed solution of {kata.slug} here", hint="an edition has them when it was made with --seal"
        )
    if len(there) > MOST_BYTES:
        raise EditionError(f"{path} has {len(there):,} bytes, expected at most {MOST_BYTES:,}")
    try:
        sealed = decode(there, path, KIND, Seal)
        salt, data = base64.b64decode(sealed.salt, validate=True), base64.b64decode("".join(sealed.data), validate=True)
    except DamagedError as error:
        raise EditionError(str(error), hint=_HINT) from None
    except ValueError as error:
        raise EditionError(f"{path} is damaged: {error}", hint=_HINT) from None
    if sealed.kata != kata.slug:
        raise EditionError(f"{path} is the seal of {sealed.kata[:50]!r}, not of {kata.slug}", hint=_HINT)
    if not (1 < sealed.n <= _MOST_N and 0 < sealed.r <= _MOST_R and 0 < sealed.p <= _MOST_P):
        raise EditionError(f"{path} asks for more work than a seal does: it was changed", hint=_HINT)
    return sealed, salt, data


_HINT = "git checkout -- .dojo brings the sealed files back"


def _open(cipher: Any, data: bytes, kata: Kata) -> dict[str, str]:
    from cryptography.exceptions import InvalidTag

    try:
        plain = cipher.decrypt(data, [kata.slug.encode()])
    except (InvalidTag, ValueError):
        raise EditionError(
            f"the passphrase does not open the solution of {kata.slug}", hint="or the sealed file was changed"
        ) from None
    try:
        files = msgspec.json.decode(plain, type=dict[str, str])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        files = {}
    if not files or not all(map(_FILE.fullmatch, files)):  # only who knows the passphrase can have written this
        raise EditionError(f"what is sealed of {kata.slug} is not a solution")
    return files


def _cipher(passphrase: Passphrase, salt: bytes, n: int, r: int, p: int, extra: str) -> Any:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    except ImportError:
        raise EditionError(
            "sealed solutions need the cryptography package, which is not installed", hint=f"pip install -e {extra}"
        ) from None
    try:
        return AESSIV(Scrypt(salt=salt, length=_KEY_BYTES, n=n, r=r, p=p).derive(passphrase.encode()))
    except (UnsupportedAlgorithm, ValueError, MemoryError) as error:
        raise EditionError(f"seals cannot be made or opened here: {error or 'there is not enough memory'}") from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
