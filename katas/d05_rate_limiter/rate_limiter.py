"""Rate limiting: token bucket, sliding window, and rules by endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping


class TokenBucket:
    """For each key, bursts of `capacity` and `rate` per second on average; `ValueError` for values not above 0."""

    def __init__(self, rate: float, capacity: int, clock: Callable[[], float] = time.monotonic) -> None:
        raise NotImplementedError

    def allow(self, key: Hashable, cost: int = 1) -> bool:
        """Charge the cost and return True, or return False; `ValueError` for a cost below 1 or above the capacity."""
        raise NotImplementedError

    def retry_after(self, key: Hashable, cost: int = 1) -> float:
        """Return in how many seconds `allow(key, cost)` would be True, 0.0 if now; charge nothing. Errors as above."""
        raise NotImplementedError

    def size(self) -> int:
        """Return how many keys are remembered."""
        raise NotImplementedError


class SlidingWindow:
    """For each key, `limit` in any `window_s` seconds. Methods as above; `ValueError` for a limit below 1."""

    def __init__(self, limit: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        raise NotImplementedError

    def allow(self, key: Hashable, cost: int = 1) -> bool:  # noqa: D102
        raise NotImplementedError

    def retry_after(self, key: Hashable, cost: int = 1) -> float:  # noqa: D102
        raise NotImplementedError

    def size(self) -> int:  # noqa: D102
        raise NotImplementedError


class RateLimiter:
    """Asks the limiter of the endpoint and that of "*", with the user as the key; both must allow a call."""

    def __init__(self, rules: Mapping[str, TokenBucket | SlidingWindow]) -> None:
        raise NotImplementedError

    def allow(self, user: Hashable, endpoint: str, cost: int = 1) -> bool:
        """Charge the cost to both limiters and return True, or to neither and return False."""
        raise NotImplementedError

    def retry_after(self, user: Hashable, endpoint: str, cost: int = 1) -> float:
        """Return in how many seconds `allow` would be True."""
        raise NotImplementedError

    def stats(self) -> dict[str, int]:
        """Return how many calls of `allow` were "allowed" and "denied"."""
        raise NotImplementedError
