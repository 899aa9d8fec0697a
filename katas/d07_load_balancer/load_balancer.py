"""A load balancer with three strategies and a circuit breaker for each instance."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any


class Lease:
    """One request to an instance, made by `LoadBalancer.acquire`; a context manager that gives the instance."""

    instance: str

    def release(self) -> None:
        """End the lease; once more does nothing."""
        raise NotImplementedError

    def __enter__(self) -> str:
        """Return the instance."""
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the lease."""
        raise NotImplementedError


class LoadBalancer:
    """Chooses instances by "round_robin", "least_connections" or "consistent_hash"; not those that fail."""

    def __init__(
        self, strategy: str, clock: Callable[[], float] = time.monotonic, max_failures: int = 5, pause_s: float = 30.0
    ) -> None:
        """A balancer without instances; `ValueError` for an unknown strategy and values out of range."""
        raise NotImplementedError

    def add_instance(self, instance: str) -> None:
        """Add an instance; `ValueError` if it is there."""
        raise NotImplementedError

    def remove_instance(self, instance: str) -> None:
        """Remove an instance; `KeyError` if it is not there."""
        raise NotImplementedError

    def acquire(self, key: str | None = None) -> Lease:
        """Choose an instance; `RuntimeError` if none may be chosen, `ValueError` if the strategy needs a key."""
        raise NotImplementedError

    def report(self, instance: str, ok: bool) -> None:
        """Say whether a request succeeded; ignored if the instance is not there."""
        raise NotImplementedError

    def stats(self) -> dict[str, dict[str, Any]]:
        """Return for each instance "connections", "requests", "failed" and "state"."""
        raise NotImplementedError
