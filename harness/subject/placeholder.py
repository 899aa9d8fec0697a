"""Placeholders for a subject that is not run: a suite can be imported without one, to record the examples of its laws."""

from __future__ import annotations

import pickle
from types import ModuleType


class Placeholder:
    """Stands for a name that a suite takes from its subject when it is imported, and for what comes of using it."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Placeholder:
        """A placeholder for an attribute. Raises `AttributeError` for special names."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Placeholder(name)

    def __call__(self, *_: object, **__: object) -> Placeholder:
        """A placeholder for a result."""
        return Placeholder(self.__name__)

    def __mro_entries__(self, _: tuple[type, ...]) -> tuple[type, ...]:
        """A class that inherits from a placeholder inherits nothing."""
        return ()

    def __reduce__(self) -> str:
        """Refuse to be pickled: an example with a placeholder in it cannot be replayed."""
        raise pickle.PicklingError("a placeholder is not a value")


def placeholder(_: ModuleType, name: str) -> Placeholder:
    """What a module without a subject has under `name`. Raises `AttributeError` for special names."""
    if name.startswith("__"):
        raise AttributeError(name)
    return Placeholder(name)
