"""Rate limiting: token bucket, sliding window, rules by endpoint, and a bucket that servers share."""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, Protocol, TypeVar

SLACK = 1e-9
"""Seconds that rounding may lack."""


class _Usage:
    """What is remembered of a key."""

    last_s: float
    """When it had its last allowed call."""


class _Bucket(_Usage):
    full_at_s = -math.inf
    """When the bucket is full again. This one number stands for the tokens: nothing is added up, and nothing lost."""


class _Window(_Usage):
    def __init__(self) -> None:
        self.calls: deque[tuple[float, int]] = deque()
        self.total = 0


UsageT = TypeVar("UsageT", bound=_Usage)


class _Limiter(ABC, Generic[UsageT]):
    """Keys, time and lock of a limiter. Subclasses say how long a key has to wait, and what a call leaves."""

    def __init__(self, most: int, idle_s: float, clock: Callable[[], float]) -> None:
        self._most = most
        self._idle_s = idle_s
        self._clock = clock
        self._lock = threading.Lock()
        self._reading_s = -math.inf
        self._set_back_s = 0.0
        # The keys that were allowed something longest ago come first, so that idle ones are found at once.
        self._usages: OrderedDict[Hashable, UsageT] = OrderedDict()

    def allow(self, key: Hashable, cost: int = 1) -> bool:
        """Charge the cost and return True, or return False; `ValueError` for a cost below 1 or above the most there is."""
        self._check(cost)
        with self._lock:
            now_s = self._now_s()
            self._forget_idle(now_s)
            usage = self._usages.get(key) or self._new_usage()
            if self._wait_s(usage, cost, now_s) > 0:
                return False
            self._charge(usage, cost, now_s)
            usage.last_s = now_s
            self._usages[key] = usage
            self._usages.move_to_end(key)
            return True

    def retry_after(self, key: Hashable, cost: int = 1) -> float:
        """Return in how many seconds `allow(key, cost)` would be True, 0.0 if now; charge nothing."""
        self._check(cost)
        with self._lock:
            usage = self._usages.get(key) or self._new_usage()
            return self._wait_s(usage, cost, self._now_s())

    def size(self) -> int:
        """Return how many keys are remembered."""
        with self._lock:
            return len(self._usages)

    def _check(self, cost: int) -> None:
        if not 1 <= cost <= self._most:
            raise ValueError(f"cost must lie in 1..{self._most}, got {cost}")

    def _now_s(self) -> float:
        """The clock's time, as if it had never gone back."""
        reading_s = self._clock()
        self._set_back_s += max(self._reading_s - reading_s, 0.0)
        self._reading_s = reading_s
        return reading_s + self._set_back_s

    def _forget_idle(self, now_s: float) -> None:
        """Forget the longest idle key, if one is; a call adds no more than one."""
        if self._usages:
            key, usage = next(iter(self._usages.items()))
            if now_s - usage.last_s >= self._idle_s + SLACK:
                del self._usages[key]

    @abstractmethod
    def _new_usage(self) -> UsageT: ...

    @abstractmethod
    def _wait_s(self, usage: UsageT, cost: int, now_s: float) -> float:
        """How long until a call of this cost is allowed; 0.0 if it is."""

    @abstractmethod
    def _charge(self, usage: UsageT, cost: int, now_s: float) -> None: ...


class TokenBucket(_Limiter[_Bucket]):
    """For each key, bursts of `capacity` and `rate` per second on average; `ValueError` for values not above 0."""

    def __init__(self, rate: float, capacity: int, clock: Callable[[], float] = time.monotonic) -> None:
        if not rate > 0 or not capacity > 0:
            raise ValueError(f"rate and capacity must be above 0, got {rate} and {capacity}")
        super().__init__(capacity, capacity / rate, clock)
        self._rate = rate

    def _new_usage(self) -> _Bucket:
        return _Bucket()

    def _wait_s(self, usage: _Bucket, cost: int, now_s: float) -> float:
        # The bucket lacks what flows in until it is full; it may lack all but the cost.
        wait_s = (usage.full_at_s - now_s) - (self._most - cost) / self._rate
        return wait_s if wait_s > SLACK else 0.0

    def _charge(self, usage: _Bucket, cost: int, now_s: float) -> None:
        usage.full_at_s = max(usage.full_at_s, now_s) + cost / self._rate


class SlidingWindow(_Limiter[_Window]):
    """For each key, `limit` in any `window_s` seconds; `ValueError` for a limit below 1, or no time."""

    def __init__(self, limit: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        if limit < 1 or not window_s > 0:
            raise ValueError(f"limit must be at least 1 and window_s above 0, got {limit} and {window_s}")
        super().__init__(limit, window_s, clock)
        self._window_s = window_s

    def _new_usage(self) -> _Window:
        return _Window()

    def _wait_s(self, usage: _Window, cost: int, now_s: float) -> float:
        while usage.calls and now_s - usage.calls[0][0] >= self._window_s - SLACK:
            usage.total -= usage.calls.popleft()[1]
        excess = usage.total + cost - self._most
        wait_s = 0.0
        for called_s, called_cost in usage.calls:
            if excess <= 0:
                break
            excess -= called_cost
            wait_s = called_s + self._window_s - now_s
        return wait_s

    def _charge(self, usage: _Window, cost: int, now_s: float) -> None:
        usage.calls.append((now_s, cost))
        usage.total += cost


class RateLimiter:
    """Asks the limiter of the endpoint and that of "*", with the user as the key; both must allow a call."""

    def __init__(self, rules: Mapping[str, TokenBucket | SlidingWindow]) -> None:
        self._rules = dict(rules)
        self._lock = threading.Lock()
        self._stats = {"allowed": 0, "denied": 0}

    def allow(self, user: Hashable, endpoint: str, cost: int = 1) -> bool:
        """Charge the cost to both limiters and return True, or to neither and return False."""
        limiters = self._limiters(endpoint)
        with self._lock:
            # All are asked before one is charged. Nobody else charges them meanwhile, and time only helps.
            waits_s = [limiter.retry_after(user, cost) for limiter in limiters]
            is_allowed = not any(waits_s)
            if is_allowed:
                for limiter in limiters:
                    limiter.allow(user, cost)
            self._stats["allowed" if is_allowed else "denied"] += 1
            return is_allowed

    def retry_after(self, user: Hashable, endpoint: str, cost: int = 1) -> float:
        """Return in how many seconds `allow` would be True."""
        with self._lock:
            return max((limiter.retry_after(user, cost) for limiter in self._limiters(endpoint)), default=0.0)

    def stats(self) -> dict[str, int]:
        """Return how many calls of `allow` were "allowed" and "denied"."""
        with self._lock:
            return dict(self._stats)

    def _limiters(self, endpoint: str) -> list[TokenBucket | SlidingWindow]:
        return [self._rules[name] for name in dict.fromkeys((endpoint, "*")) if name in self._rules]


class Store(Protocol):
    """What servers share."""

    def load(self, key: Hashable) -> tuple[Any, int]:
        """The value of a key and its version; None and 0 if it is unknown."""

    def swap(self, key: Hashable, value: Any, version: int) -> bool:
        """Store a value if the key has this version, and say whether it had."""

    def time(self) -> float:
        """The store's time in seconds."""


class SharedBucket:
    """A token bucket whose state is in a store; `when_down` is what it says without the store."""

    def __init__(self, rate: float, capacity: int, store: Store, when_down: bool = True) -> None:
        if not rate > 0 or not capacity > 0:
            raise ValueError(f"rate and capacity must be above 0, got {rate} and {capacity}")
        self._rate = rate
        self._capacity = capacity
        self._store = store
        self._when_down = when_down

    def allow(self, key: Hashable, cost: int = 1) -> bool:
        """Charge the cost and return True, or return False; `ValueError` for a cost below 1 or above the capacity."""
        if not 1 <= cost <= self._capacity:
            raise ValueError(f"cost must lie in 1..{self._capacity}, got {cost}")
        try:
            while True:
                full_at_s, version = self._store.load(key)
                now_s = self._store.time()
                full_at_s = now_s if full_at_s is None else max(full_at_s, now_s)
                if full_at_s - now_s - (self._capacity - cost) / self._rate > SLACK:
                    return False
                if self._store.swap(key, full_at_s + cost / self._rate, version):
                    return True
        except ConnectionError:
            return self._when_down
