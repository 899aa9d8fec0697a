"""File names for learners: safe in any file system, told apart where case does not count."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection

_PLAIN = re.compile(r"[a-z0-9_][a-z0-9_-]{0,79}")
_OTHER = re.compile(r"[^A-Za-z0-9_-]+")
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
"""Names that Windows keeps for devices."""


def make_slug(name: str, taken: Collection[str] = ()) -> str:
    """`name` as a file name that is not in `taken`.

    A name that is one already stays as it is, any other gets a hash of itself, so that the slug of a learner does not
    depend on who else is on the roster.
    """
    if _PLAIN.fullmatch(name) and not _RESERVED.fullmatch(name) and name not in taken:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    stem = _OTHER.sub("-", plain).strip("-")[:70].strip("-").lower() or "learner"
    return next(slug for size in (8, 16, 64) if (slug := f"{stem}-{digest[:size]}") not in taken)
