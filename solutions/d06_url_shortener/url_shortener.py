"""Short links: codes that cannot be guessed, aliases, ends, and clicks that are counted: the reference."""

from __future__ import annotations

import random
import re
import string
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

ALPHABET = string.ascii_letters + string.digits
CODE_LENGTH = 7
LONGEST_URL = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}
_ALIAS = re.compile(r"[A-Za-z0-9_-]{3,32}")
_URL = re.compile(r"(https?)://([a-z0-9.-]+)(?::([0-9]{1,5}))?([/?#][!-\[\]-~]*)?", re.IGNORECASE | re.ASCII)
"""Scheme, host, port, rest. It says what may be there, so that nothing has to be known about tricks."""


@dataclass
class _Link:
    url: str
    alias: str | None
    expires_at: float | None
    created_at: float
    clicks: int = 0


class UrlShortener:
    """Links from codes of 7 letters and digits, or from aliases, to URLs; safe under threads."""

    def __init__(self, clock: Callable[[], float] = time.time, rng: random.Random | None = None) -> None:
        self._clock = clock
        self._rng = random.SystemRandom() if rng is None else rng
        self._lock = threading.Lock()
        self._links: dict[str, _Link] = {}  # by code or alias: one space of names
        self._lasting_codes: dict[str, str] = {}  # by URL

    def shorten(self, url: str, alias: str | None = None, expires_at: float | None = None) -> str:
        """Return the code of a URL, or `alias`; `ValueError` for what breaks the rules."""
        url = _normalised(url)
        if alias is not None and not _ALIAS.fullmatch(alias):
            raise ValueError(f"alias must have 3 to 32 letters, digits, '-' or '_', got {alias!r}")
        with self._lock:
            now = self._clock()
            if expires_at is not None and expires_at <= now:
                raise ValueError(f"expires_at must be after {now}, got {expires_at}")
            link = _Link(url, alias, expires_at, created_at=now)
            if alias is not None:
                known = self._links.setdefault(alias, link)
                if (known.url, known.alias, known.expires_at) != (url, alias, expires_at):
                    raise ValueError(f"alias must be new, got {alias!r}, which is in use")
                return alias
            if expires_at is None and url in self._lasting_codes:
                return self._lasting_codes[url]
            code = self._new_code()
            self._links[code] = link
            if expires_at is None:
                self._lasting_codes[url] = code
            return code

    def resolve(self, code: str) -> str:
        """Return the normalised URL and count a click; `KeyError` for a code or alias that is unknown or has ended."""
        with self._lock:
            link = self._link(code)
            if link.expires_at is not None and self._clock() >= link.expires_at:
                raise KeyError(f"no link has the code {code}")
            link.clicks += 1
            return link.url

    def stats(self, code: str) -> dict[str, object]:
        """Return "url", "clicks", "created_at" and "expires_at" of a code or alias; `KeyError` if it is unknown."""
        with self._lock:
            link = self._link(code)
            return {
                "url": link.url,
                "clicks": link.clicks,
                "created_at": link.created_at,
                "expires_at": link.expires_at,
            }

    def _link(self, code: str) -> _Link:
        if code not in self._links:
            raise KeyError(f"no link has the code {code}")
        return self._links[code]

    def _new_code(self) -> str:
        while True:
            code = "".join(self._rng.choice(ALPHABET) for _ in range(CODE_LENGTH))
            if code not in self._links:
                return code


def _normalised(url: str) -> str:
    """The URL with scheme and host in lower case, no default port, and a path."""
    match = _URL.fullmatch(url)
    if match is None or len(url) > LONGEST_URL:
        raise ValueError(f"url must be an http or https URL without spaces, got {url[:100]!r}")
    scheme, host, port, rest = match.group(1).lower(), match.group(2).lower(), match.group(3), match.group(4) or "/"
    if port is not None and int(port) > 65535:
        raise ValueError(f"url must have a port of at most 65535, got {port}")
    is_named = port is not None and int(port) != DEFAULT_PORTS[scheme]
    return f"{scheme}://{host}{f':{port}' if is_named else ''}{rest if rest.startswith('/') else '/' + rest}"
