"""Whether the helper modules of a suite, which run in the process of the subject, are still what the suite has sent.

Some suites make many calls at once by functions of a helper module, because each call from process to process costs a tenth of a
millisecond, or because they stop the subject's threads. A subject that replaces such a function could report what it likes. It
is found out when it replaces anything in a helper module, or a function of the standard library that helpers use. This runs in
the process of the subject as well, so that one that rewrites the server is not found out. A look costs as much as a quick call
that is measured, so there is one at the first call of a helper and then no more than ten a second.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Mapping
from time import monotonic
from types import CodeType, FunctionType, ModuleType
from typing import Any

_IMPORTED = re.compile(r"^(?:from|import) (\w+)", re.MULTILINE)
_ALWAYS = ("builtins", "sys", "threading")
LOOK_EVERY_S = 0.1


class HelperGuard:
    """Notes what modules hold, and compares later."""

    def __init__(self) -> None:
        self._names: list[tuple[Mapping[str, Any], str, object]] = []
        self._codes: list[tuple[FunctionType, CodeType]] = []
        self._modules: dict[str, ModuleType] = {}
        self._next_s = 0.0
        self.was_modified = False

    def note_library(self, sources: Iterable[str]) -> None:
        """Note the functions of the standard library that these sources may use; before the subject can replace them."""
        names = {name for source in sources for name in _IMPORTED.findall(source)}
        for name in sorted({*_ALWAYS, *names} & sys.stdlib_module_names):
            module = importlib.import_module(name)
            # Hooks are there to be replaced.
            self._note({key: value for key, value in vars(module).items() if not key.endswith("hook")}, vars(module))
            for value in vars(module).values() if name == "threading" else ():
                if isinstance(value, type):
                    self._note(vars(value), vars(value))

    def note(self, module: ModuleType) -> None:
        """Note all that a helper module holds, when it has been imported."""
        self._modules[module.__name__] = module
        self._names += [(vars(module), key, value) for key, value in vars(module).items() if not key.startswith("__")]
        self._note(vars(module), vars(module))
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__:
                self._note(vars(value), vars(value))

    def _note(self, found: Mapping[str, Any], holder: Mapping[str, Any]) -> None:
        for key, value in found.items():
            if callable(value):
                self._names.append((holder, key, value))
                function = getattr(value, "__wrapped__", value)
                if isinstance(function, FunctionType):
                    self._codes.append((function, function.__code__))

    def require(self, module: ModuleType, name: str) -> None:
        """Set `was_modified` unless this is the helper module of that name, and not one in its place."""
        self.was_modified |= self._modules.get(name) is not module

    def look(self) -> None:
        """Set `was_modified` when something that was noted is not in its place, unless the last look was a moment ago."""
        if monotonic() >= self._next_s:
            self.was_modified |= not self._is_intact()
            self._next_s = monotonic() + LOOK_EVERY_S

    def _is_intact(self) -> bool:
        return all(holder.get(key) is value for holder, key, value in self._names) and all(
            function.__code__ is code for function, code in self._codes
        )
