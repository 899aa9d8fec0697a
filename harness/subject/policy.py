"""What a kata's subject may import, held once by reading its source and once while it runs.

This helps honest people, who are told at once that scikit-learn is not allowed; it is not a defence against hostile code.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType

from harness.core.errors import SubjectError
from harness.core.model import Kata


def forbidden_imports(tree: ast.Module, kata: Kata) -> Iterator[SubjectError]:
    """One error for each import statement (or literal `import_module`) in `tree` that `kata` does not allow."""
    for node in ast.walk(tree):
        for name in _imported_names(node):
            refusal = refuse_import(name, kata)
            if refusal:
                line = getattr(node, "lineno", None)
                yield SubjectError(f"{kata.module}.py, line {line}: {refusal}", line=line)


def _imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and node.args:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        if (
            called in ("import_module", "__import__")
            and isinstance(first, ast.Constant)
            and isinstance(first.value, str)
        ):
            return [first.value]
    return []


def refuse_import(name: str, kata: Kata) -> str:
    """Why `kata` does not allow importing `name`; empty when it does."""
    top = name.split(".", 1)[0]
    for barred in kata.forbidden:
        if name == barred or name.startswith(f"{barred}."):
            return f"{barred} may not be used in {kata.slug}"
    if top in sys.stdlib_module_names or top in kata.imports or top in kata.helpers:
        return ""
    allowed = ", ".join(("the standard library", *kata.imports))
    return f"{top} may not be imported in {kata.slug}, which allows {allowed}"


def guarded_builtins(kata: Kata, file_name: str) -> dict[str, object]:
    """Builtins for the subject alone, with an `__import__` that refuses at run time what the source check cannot see."""

    def guarded_import(
        name: str,
        globals: dict[str, object] | None = None,  # noqa: A002 (so __import__ is called)
        locals: dict[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        refusal = refuse_import(name, kata) if level == 0 else ""
        if refusal:
            raise SubjectError(f"{file_name}: {refusal}")
        return builtins.__import__(name, globals, locals, fromlist or (), level)

    return {**vars(builtins), "__import__": guarded_import}
