"""Codes are drawn ahead, 16 at a time, parsing by `urlsplit` after a look at the characters, and a lock for each part."""

import random
import re
import string
import threading
import time
from urllib.parse import urlsplit, urlunsplit

LETTERS = string.digits + string.ascii_letters


def normalise(url):
    if not re.fullmatch(r"[!-\[\]-~]{1,2048}", url):
        raise ValueError("url must be at most 2048 printable ASCII characters")
    found = re.match(r"(https?)://([A-Za-z0-9.-]+)(:[0-9]+)?(?=[/?#]|$)", url, re.IGNORECASE)
    if not found:
        raise ValueError("url must begin with http or https and a host")
    scheme, host, port = found[1].lower(), found[2].lower(), int((found[3] or ":0")[1:])
    if port > 65535:
        raise ValueError(f"url has the port {port}, at most 65535")
    if found[3] and f"{scheme}:{port}" not in ("http:80", "https:443"):
        host = f"{host}:{port}"
    tail = url[found.end() :]
    assert urlsplit(urlunsplit((scheme, host, "", "", ""))).hostname
    return f"{scheme}://{host}{'' if tail.startswith('/') else '/'}{tail}"


class UrlShortener:
    def __init__(self, clock=time.time, rng=None):
        self._clock, self._rng = clock, rng or random.SystemRandom()
        self._names, self._by_url, self._ahead = {}, {}, []
        self._entry, self._counting = threading.Lock(), threading.Lock()

    def _fresh(self):
        """A code that nobody has. The lock is held."""
        while True:
            if not self._ahead:
                self._ahead = ["".join(self._rng.choices(LETTERS, k=7)) for _ in range(16)]
            code = self._ahead.pop()
            if code not in self._names:
                return code

    def shorten(self, url, alias=None, expires_at=None):
        url = normalise(url)
        if alias is not None and re.fullmatch("[-_A-Za-z0-9]{3,32}", alias) is None:
            raise ValueError(f"alias must be 3 to 32 letters, digits, - or _, got {alias!r}")
        with self._entry:
            now = self._clock()
            if not (expires_at is None or now < expires_at):
                raise ValueError(f"expires_at is {expires_at}, and it is {now}")
            if alias is None and expires_at is None and url in self._by_url:
                return self._by_url[url]
            wish = (url, expires_at)
            if alias in self._names:
                if self._names[alias]["wish"] != wish:
                    raise ValueError(f"alias {alias!r} is in use")
                return alias
            code = alias or self._fresh()
            self._names[code] = {"wish": wish if alias else None, "url": url, "end": expires_at, "at": now, "clicks": 0}
            if not alias and expires_at is None:
                self._by_url[url] = code
            return code

    def resolve(self, code):
        link = self._names.get(code)
        if link is None or (link["end"] is not None and self._clock() >= link["end"]):
            raise KeyError(f"no link {code!r}")
        with self._counting:
            link["clicks"] += 1
        return link["url"]

    def stats(self, code):
        if code not in self._names:
            raise KeyError(f"no link {code!r}")
        link = self._names[code]
        return {"url": link["url"], "clicks": link["clicks"], "created_at": link["at"], "expires_at": link["end"]}
