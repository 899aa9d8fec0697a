"""A feature store: the values of now for a model, and those of any moment of the past for its training."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

Value = float | int | str | bool


class FeatureStore:
    """Keep the values of features by the time of the event. Methods may be called from several threads.

    Args:
        clock: tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        raise NotImplementedError

    def register(self, name: str, dtype: str, version: int = 1, ttl_s: float | None = None) -> None:
        """Make a version of a feature known; `dtype` is "float", "int", "str" or "bool".

        Raises:
            ValueError: an argument is out of range, or this version is registered with another dtype or `ttl_s`.
        """
        raise NotImplementedError

    def write(self, entity: str | int, name: str, value: Value, event_time: float) -> None:
        """Store the value that a feature ("clicks", or "clicks:1") of an entity has from `event_time` on.

        Raises:
            KeyError: the feature is not registered.
            ValueError: the value is not of its dtype, or `event_time` is not finite.
        """
        raise NotImplementedError

    def get_online(self, entity: str | int, names: Sequence[str]) -> dict[str, Value | None]:
        """Return the values as of now, `None` where there is none; raise `KeyError` for names that are not registered."""
        raise NotImplementedError

    def get_historical(
        self, rows: Sequence[tuple[str | int, float]], names: Sequence[str]
    ) -> list[dict[str, Value | None]]:
        """Return the values of each (entity, time) as of that time.

        Raises:
            KeyError: a name is not registered.
            ValueError: a time is not finite, or below what `compact` has kept.
        """
        raise NotImplementedError

    def compact(self, before: float) -> int:
        """Forget what cannot be seen from `before` on; return the number of values. `ValueError` when it is after now."""
        raise NotImplementedError

    def stats(self) -> dict[str, int]:
        """Return a new dict with writes, late, replaced, hits, misses, values."""
        raise NotImplementedError
