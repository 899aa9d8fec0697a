"""Imports in the process of a subject.

Its source, its helpers and modules that suites share come over the connection; what its kata does not allow is refused.
"""

from __future__ import annotations

import builtins
import importlib.util
import linecache
import sys
import types
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from typing import Any

from .helper_guard import HelperGuard


class Sources:
    """Imports of the subject and its helpers, from sources that the client has sent.

    Finder and loader in one, without their base classes: to import these takes longer than all else but NumPy.
    """

    def __init__(self, sources: dict[str, str], subject: str, guarded: dict[str, Any], guard: HelperGuard) -> None:
        self._sources = sources
        self._subject = subject
        self._guarded = guarded
        self._guard = guard
        # Of `harness.suite.threads`; nothing else of them is here.
        self._packages = {name.rsplit(".", i)[0] for name in sources for i in range(1, name.count(".") + 1)}

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:  # noqa: ARG002
        """The import system's question."""
        loader: Any = self
        if fullname in self._packages:
            return importlib.util.spec_from_loader(fullname, loader, is_package=True)
        if fullname not in self._sources:
            return None
        return importlib.util.spec_from_loader(fullname, loader, origin=f"{fullname}.py")

    def create_module(self, _: ModuleSpec) -> types.ModuleType | None:
        """A module as usual."""
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the source."""
        name = module.__name__
        if name in self._packages:
            return
        file, source = f"{name}.py", self._sources[name]
        module.__file__ = file
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        if name == self._subject:
            module.__dict__["__builtins__"] = self._guarded
        exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)
        if name != self._subject:
            self._guard.note(module)


def guarded_builtins(file: str, allowed: Sequence[str], forbidden: Sequence[str]) -> dict[str, Any]:
    """Builtins whose `__import__` says what this kata does not allow; of the rest, a sandbox has what the allowed need."""
    tops = {*sys.stdlib_module_names, *allowed}

    def guarded_import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
        barred = any(name == other or name.startswith(f"{other}.") for other in forbidden)
        if level == 0 and (barred or name.split(".", 1)[0] not in tops):
            raise ImportError(f"{file}: {name} may not be imported here")
        return builtins.__import__(name, globals, locals, fromlist or (), level)

    return {**vars(builtins), "__import__": guarded_import}
