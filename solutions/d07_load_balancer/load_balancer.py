"""A load balancer with three strategies and a circuit breaker for each instance: the reference."""

from __future__ import annotations

import hashlib
import itertools
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

STRATEGIES = ("round_robin", "least_connections", "consistent_hash")


@dataclass(eq=False)
class _Instance:
    """An instance and its circuit; one that is added again is another object."""

    name: str
    number: int
    connections: int = 0
    requests: int = 0
    failed: int = 0
    failures_in_row: int = 0
    opened_s: float | None = None
    """When the circuit opened; None while it is closed."""
    probe: Lease | None = None

    def state(self, now_s: float, pause_s: float) -> str:
        if self.opened_s is None:
            return "closed"
        return "open" if now_s - self.opened_s < pause_s else "half_open"


class Lease:
    """One request to an instance; a context manager that gives the instance."""

    def __init__(self, instance: _Instance, lock: threading.Lock) -> None:
        self.instance = instance.name
        self._held: _Instance | None = instance
        self._lock = lock

    def release(self) -> None:
        """End the lease; once more does nothing."""
        with self._lock:
            if self._held is None:
                return
            self._held.connections -= 1
            if self._held.probe is self:
                self._held.probe = None
            self._held = None

    def __enter__(self) -> str:
        """Return the instance."""
        return self.instance

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the lease."""
        self.release()


class LoadBalancer:
    """Chooses instances by "round_robin", "least_connections" or "consistent_hash"; not those that fail."""

    def __init__(
        self,
        strategy: str,
        clock: Callable[[], float] = time.monotonic,
        max_failures: int = 5,
        pause_s: float = 30.0,
    ) -> None:
        """A balancer without instances; `ValueError` for an unknown strategy and values out of range."""
        if strategy not in STRATEGIES:
            raise ValueError(f"strategy must be one of {', '.join(STRATEGIES)}, got {strategy!r}")
        if max_failures < 1:
            raise ValueError(f"max_failures must be at least 1, got {max_failures}")
        if pause_s < 0:
            raise ValueError(f"pause_s must be at least 0, got {pause_s}")
        self._strategy = strategy
        self._clock = clock
        self._max_failures, self._pause_s = max_failures, pause_s
        self._lock = threading.Lock()
        self._instances: dict[str, _Instance] = {}
        self._numbers = itertools.count()
        self._last_number = -1
        self._reading_s, self._set_back_s = -math.inf, 0.0

    def add_instance(self, instance: str) -> None:
        """Add an instance; `ValueError` if it is there."""
        with self._lock:
            if instance in self._instances:
                raise ValueError(f"instance {instance!r} is there already")
            self._instances[instance] = _Instance(instance, next(self._numbers))

    def remove_instance(self, instance: str) -> None:
        """Remove an instance; `KeyError` if it is not there."""
        with self._lock:
            if instance not in self._instances:
                raise KeyError(f"there is no instance {instance!r}")
            del self._instances[instance]

    def acquire(self, key: str | None = None) -> Lease:
        """Choose an instance; `RuntimeError` if none may be chosen, `ValueError` if the strategy needs a key."""
        if self._strategy == "consistent_hash" and key is None:
            raise ValueError("consistent_hash needs a key, got None")
        with self._lock:
            now_s = self._now_s()
            usable = [one for one in self._instances.values() if self._may_be_chosen(one, now_s)]
            if not usable:
                raise RuntimeError(f"none of {len(self._instances)} instances may be chosen now")
            chosen = self._choose(usable, key)
            lease = Lease(chosen, self._lock)
            chosen.connections += 1
            chosen.requests += 1
            if chosen.opened_s is not None:
                chosen.probe = lease
            return lease

    def report(self, instance: str, ok: bool) -> None:
        """Say whether a request succeeded; ignored if the instance is not there."""
        with self._lock:
            now_s = self._now_s()
            one = self._instances.get(instance)
            if one is None:
                return
            one.failed += not ok
            if one.opened_s is None:
                one.failures_in_row = 0 if ok else one.failures_in_row + 1
                if one.failures_in_row >= self._max_failures:
                    one.opened_s = now_s
            elif one.probe is not None:
                one.probe = None
                one.failures_in_row = 0
                one.opened_s = None if ok else now_s

    def stats(self) -> dict[str, dict[str, Any]]:
        """Return for each instance "connections", "requests", "failed" and "state"."""
        with self._lock:
            now_s = self._now_s()
            return {
                one.name: {
                    "connections": one.connections,
                    "requests": one.requests,
                    "failed": one.failed,
                    "state": one.state(now_s, self._pause_s),
                }
                for one in self._instances.values()
            }

    def _may_be_chosen(self, one: _Instance, now_s: float) -> bool:
        state = one.state(now_s, self._pause_s)
        return state == "closed" or (state == "half_open" and one.probe is None)

    def _choose(self, usable: list[_Instance], key: str | None) -> _Instance:
        """Choose one of these, which are in the order of addition."""
        if self._strategy == "least_connections":
            return min(usable, key=lambda one: one.connections)
        if self._strategy == "consistent_hash":
            return max(usable, key=lambda one: _weight(one.name, key))
        chosen = next((one for one in usable if one.number > self._last_number), usable[0])
        self._last_number = chosen.number
        return chosen

    def _now_s(self) -> float:
        """The clock's time, as if it had never gone back."""
        reading_s = self._clock()
        self._set_back_s += max(self._reading_s - reading_s, 0.0)
        self._reading_s = reading_s
        return reading_s + self._set_back_s


def _weight(instance: str, key: str | None) -> bytes:
    """Rendezvous hashing (Thaler and Ravishankar, 1998): the instance with the largest weight has the key."""
    return hashlib.sha256(f"{instance}\0{key}".encode()).digest()
