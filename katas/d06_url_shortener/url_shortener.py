"""Short links: codes that cannot be guessed, aliases, ends, and clicks that are counted."""

from __future__ import annotations

import random
import time
from collections.abc import Callable


class UrlShortener:
    """Links from codes of 7 letters and digits, or from aliases, to URLs; safe under threads."""

    def __init__(self, clock: Callable[[], float] = time.time, rng: random.Random | None = None) -> None:
        raise NotImplementedError

    def shorten(self, url: str, alias: str | None = None, expires_at: float | None = None) -> str:
        """Return the code of a URL, or `alias`.

        Args:
            url: an http or https URL.
            alias: 3 to 32 letters, digits, "-" or "_", to take the place of a code.
            expires_at: when the link ends, in seconds of the clock; None is never.

        Raises:
            ValueError: for a URL or alias against the rules, an alias in use, an end that is not in the future.
        """
        raise NotImplementedError

    def resolve(self, code: str) -> str:
        """Return the normalised URL and count a click; `KeyError` for a code or alias that is unknown or has ended."""
        raise NotImplementedError

    def stats(self, code: str) -> dict[str, object]:
        """Return "url", "clicks", "created_at" and "expires_at" of a code or alias; `KeyError` if it is unknown."""
        raise NotImplementedError
