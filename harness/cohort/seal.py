"""Sealed solutions: a reference and its debrief, encrypted with the instructor's passphrase, in the edition that learners have.

The key comes from the passphrase by scrypt (RFC 7914), the cipher is AES-SIV (RFC 5297), which needs no nonce: the same solution
under the same passphrase gives the same bytes, so that editions can be compared, and nothing is lost by that but the
knowledge that it is the same. Both are the `cryptography` package's. The salt is a kata's own, and no secret.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NewType

import msgspec

from harness.cohort.envelope import DamagedError, decode, encode
from harness.cohort.manifest import SEALED, EditionError
from harness.model import Kata
from harness.state import write_atomically
from harness.subject import reference_folder

Passphrase = NewType("Passphrase", str)

KIND = "kata-seal"
SHORTEST = 12
"""Characters of a passphrase."""
_N, _R, _P = 2**15, 8, 1
"""Cost of scrypt: 32 MiB and a tenth of a second for each guess."""
_MOST_N, _MOST_R, _MOST_P = 2**18, 16, 4
_KEY_BYTES = 64


@dataclass(frozen=True, slots=True)
class Seal:
    """One sealed file."""

    kata: str
    n: int
    r: int
    p: int
    salt: str
    data: str
    """Base64 of the encrypted files."""


def check_passphrase(text: str) -> Passphrase:
    """`text` as a passphrase. Raises `EditionError` when it is too short."""
    stripped = text.rstrip("\r\n")
    if len(stripped) < SHORTEST:
        raise EditionError(f"the passphrase has {len(stripped)} characters, expected at least {SHORTEST}")
    return Passphrase(stripped)


def seal(root: Path, kata: Kata, passphrase: Passphrase) -> bytes:
    """The sealed file of a kata. Raises `EditionError` when its solution is not there."""
    folder = root / "solutions" / kata.slug
    try:
        files = {name: (folder / name).read_text(encoding="utf-8") for name in _names(kata)}
    except OSError as error:
        raise EditionError(f"{kata.slug} cannot be sealed: {error.filename} cannot be read") from error
    salt = hashlib.sha256(f"ml-kata-dojo seal {kata.slug}".encode()).digest()[:16]
    cipher = _cipher(passphrase, salt, _N, _R, _P)
    data = cipher.encrypt(msgspec.json.encode(files), [kata.slug.encode()])
    return encode(KIND, Seal(kata.slug, _N, _R, _P, _text(salt), _text(data)))


def unseal(root: Path, kata: Kata, passphrase: Passphrase) -> list[Path]:
    """Write the solution of a kata into `solutions/`; returns its files. Nothing that is there is overwritten.

    Raises `EditionError` when there is no seal, the passphrase is wrong, or something else is there already.
    """
    path = root / SEALED / f"{kata.slug}.json"
    try:
        sealed = decode(path.read_bytes(), path.name, KIND, Seal)
        salt, data = base64.b64decode(sealed.salt, validate=True), base64.b64decode(sealed.data, validate=True)
    except FileNotFoundError:
        raise EditionError(f"there is no sealed solution of {kata.slug} here") from None
    except (OSError, DamagedError, ValueError) as error:
        raise EditionError(f"{path} cannot be read: {error}") from None
    if not (1 < sealed.n <= _MOST_N and 0 < sealed.r <= _MOST_R and 0 < sealed.p <= _MOST_P):
        raise EditionError(f"{path.name} asks for more work than a seal does; it was changed")
    files = _open(_cipher(passphrase, salt, sealed.n, sealed.r, sealed.p), data, kata)
    written = []
    for name in _names(kata):
        target = reference_folder(kata) / name
        content = files.get(name, "").encode()
        if target.exists() and target.read_bytes() != content:
            raise EditionError(f"{target} is there already, and is left as it is", hint="move it away first")
        write_atomically(target, content)
        written.append(target)
    return written


def _names(kata: Kata) -> tuple[str, str]:
    return kata.stub.name, "debrief.md"


def _open(cipher: Any, data: bytes, kata: Kata) -> dict[str, str]:
    from cryptography.exceptions import InvalidTag

    try:
        return msgspec.json.decode(cipher.decrypt(data, [kata.slug.encode()]), type=dict[str, str])
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        raise EditionError("the passphrase does not open it", hint="or the sealed file was changed") from None


def _cipher(passphrase: Passphrase, salt: bytes, n: int, r: int, p: int) -> Any:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    except ImportError:
        raise EditionError(
            "sealed solutions need the cryptography package", hint="pip install 'cryptography>=43'"
        ) from None
    try:
        return AESSIV(Scrypt(salt=salt, length=_KEY_BYTES, n=n, r=r, p=p).derive(passphrase.encode()))
    except (UnsupportedAlgorithm, ValueError) as error:
        raise EditionError(f"this seal cannot be opened here: {error}") from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
