"""What the suite of D07 drives a balancer with: a clock, and leases by their number; it runs where the balancer is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import load_balancer as kata

from harness.suite.threads import ManualClock

Step = tuple[Any, ...]


class Bench:
    """A balancer with some instances and its clock. 2 failures open a circuit, for 8 seconds."""

    def __init__(
        self, strategy: str, instances: Sequence[str] = ("a", "b", "c"), max_failures: int = 2, pause_s: float = 8.0
    ) -> None:
        self.clock = ManualClock(1024.0)
        self.balancer = kata.LoadBalancer(strategy, self.clock, max_failures, pause_s)
        self.leases: list[Any] = []
        for instance in instances:
            self.balancer.add_instance(instance)

    def add(self, instance: str) -> None:
        """Add an instance."""
        self.balancer.add_instance(instance)

    def remove(self, instance: str) -> None:
        """Remove an instance."""
        self.balancer.remove_instance(instance)

    def take(self, key: str | None = None) -> str:
        """Acquire a lease and keep it; its instance."""
        lease = self.balancer.acquire(key)
        self.leases.append(lease)
        instance: str = lease.instance
        return instance

    def give_back(self, i: int) -> None:
        """Release the i-th lease that was taken."""
        self.leases[i].release()

    def within(self, key: str | None = None, *, fails: bool = False) -> list[Any]:
        """The instance and its connections inside a `with` block, then the connections after it, and what came out."""
        found: list[Any] = []
        try:
            with self.balancer.acquire(key) as instance:
                found += [instance, self.balancer.stats()[instance]["connections"]]
                if fails:
                    raise ZeroDivisionError("a request that fails")  # noqa: TRY301
        except ZeroDivisionError:
            found.append("raised")
        return [*found, self.balancer.stats()[instance]["connections"]]

    def report(self, instance: str, ok: bool) -> None:
        """Report."""
        self.balancer.report(instance, ok)

    def fail(self, instance: str, times: int = 2) -> None:
        """Report failures."""
        for _ in range(times):
            self.balancer.report(instance, ok=False)

    def advance(self, seconds: float) -> None:
        """Let time pass, or set the clock back."""
        self.clock.advance(seconds)

    def stats(self) -> dict[str, dict[str, Any]]:
        """The balancer's own."""
        stats: dict[str, dict[str, Any]] = self.balancer.stats()
        return stats

    def states(self) -> dict[str, str]:
        """The state of each circuit."""
        return {name: one["state"] for name, one in self.balancer.stats().items()}

    def connections(self) -> dict[str, int]:
        """The connections of each instance."""
        return {name: one["connections"] for name, one in self.balancer.stats().items()}


def run(strategy: str, steps: Sequence[Step], params: dict[str, Any]) -> list[Any]:
    """What came of each step of a script: what it returned, or the type of its error."""
    bench, came = Bench(strategy, **params), list[Any]()
    for name, *args in steps:
        try:
            came.append(getattr(bench, name)(*args))
        except NotImplementedError:
            raise
        except Exception as error:
            came.append(type(error).__name__ if str(error) else f"{type(error).__name__} without a message")
    return came


def places(
    instances: Sequence[str], keys: Sequence[str], failing: Sequence[str] = (), removed: Sequence[str] = ()
) -> list[str]:
    """Where consistent hashing sends each key, when some instances' circuits are open and others were removed."""
    bench = Bench("consistent_hash", instances)
    for instance in failing:
        bench.fail(instance)
    for instance in removed:
        bench.remove(instance)
    found = []
    for key in keys:
        with bench.balancer.acquire(key) as instance:
            found.append(instance)
    return found
