"""As people write it: parsing by hand, dicts of dicts, a reentrant lock, and codes drawn as one large number."""

import random
import threading
import time

LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
HOST = set("abcdefghijklmnopqrstuvwxyz0123456789.-")


def clean(url):
    if len(url) > 2048:
        raise ValueError("url is longer than 2048 characters")
    for char in url:
        if not "!" <= char <= "~" or char == "\\":
            raise ValueError(f"url has a character that is not allowed: {char!r}")
    scheme, found, rest = url.partition("://")
    scheme = scheme.lower()
    if not found or scheme not in ("http", "https"):
        raise ValueError(f"url must begin with http:// or https://, got {url!r}")
    end = len(rest)
    for mark in "/?#":
        if mark in rest:
            end = min(end, rest.index(mark))
    place, tail = rest[:end].lower(), rest[end:]
    host, has_port, port = place.partition(":")
    if not host or set(host) - HOST:
        raise ValueError(f"url has no proper host: {host!r}")
    if has_port:
        if not port.isdigit() or int(port) > 65535:
            raise ValueError(f"url has no proper port: {port!r}")
        if int(port) != (80 if scheme == "http" else 443):
            host += ":" + port
    if not tail.startswith("/"):
        tail = "/" + tail
    return scheme + "://" + host + tail


class UrlShortener:
    def __init__(self, clock=time.time, rng=None):
        self.clock = clock
        self.rng = rng or random.SystemRandom()
        self.lock = threading.RLock()
        self.codes = {}
        self.aliases = {}
        self.by_url = {}

    def find(self, code):
        if code in self.codes:
            return self.codes[code]
        if code in self.aliases:
            return self.aliases[code]
        raise KeyError(f"unknown code: {code}")

    def draw(self):
        number = self.rng.randrange(len(LETTERS) ** 7)
        code = ""
        for _ in range(7):
            number, digit = divmod(number, len(LETTERS))
            code += LETTERS[digit]
        return code

    def shorten(self, url, alias=None, expires_at=None):
        url = clean(url)
        if alias is not None and (not 3 <= len(alias) <= 32 or set(alias) - set(LETTERS) - {"-", "_"}):
            raise ValueError(f"alias is not allowed: {alias!r}")
        with self.lock:
            now = self.clock()
            if expires_at is not None and not expires_at > now:
                raise ValueError("expires_at is over")
            link = {"url": url, "clicks": 0, "created_at": now, "expires_at": expires_at}
            if alias is not None:
                if alias in self.codes:
                    raise ValueError(f"{alias} is somebody's code")
                if alias in self.aliases:
                    old = self.aliases[alias]
                    if old["url"] != url or old["expires_at"] != expires_at:
                        raise ValueError(f"{alias} is taken")
                else:
                    self.aliases[alias] = link
                return alias
            if expires_at is None and url in self.by_url:
                return self.by_url[url]
            code = self.draw()
            while code in self.codes or code in self.aliases:
                code = self.draw()
            self.codes[code] = link
            if expires_at is None:
                self.by_url[url] = code
            return code

    def resolve(self, code):
        with self.lock:
            link = self.find(code)
            if link["expires_at"] is not None and link["expires_at"] <= self.clock():
                raise KeyError(f"the link {code} has ended")
            link["clicks"] += 1
            return link["url"]

    def stats(self, code):
        with self.lock:
            return dict(self.find(code))
