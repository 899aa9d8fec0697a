"""Where the libraries are that a subject may import, and what these need themselves.

scikit-learn cannot be imported without SciPy and joblib, so a server has those too; that a subject may not import them itself
is held where it imports.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r";.*\bextra\s*==")


@functools.cache
def library_paths(names: tuple[str, ...]) -> dict[str, Path]:
    """Name -> file or folder of each library, of all that it requires, and of the shared objects that wheels lay beside them."""
    found = {}
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            package = Path(spec.origin).parent
            found[package.name] = package
            beside = package.with_name(f"{package.name}.libs")
            if beside.is_dir():
                found[beside.name] = beside
    for distribution in _with_requirements(names):
        found |= {path.name: path for path in _top_level(distribution)}
    return found


def _with_requirements(names: Sequence[str]) -> list[importlib.metadata.Distribution]:
    """The distributions of these import names, and of what they require without any extra."""
    todo = [distribution for name in names for distribution in _names_of_distributions(name)]
    found: dict[str, importlib.metadata.Distribution] = {}
    while todo:
        name = todo.pop()
        if name in found:
            continue
        try:
            found[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:  # required on another platform, or not at all
            continue
        for requirement in found[name].requires or ():
            match = _NAME.match(requirement)
            if match and not _EXTRA.search(requirement):
                todo.append(match[0])
    return list(found.values())


def _names_of_distributions(name: str) -> list[str]:
    """What the distribution is called that brings the module `name`: mostly the same."""
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return importlib.metadata.packages_distributions().get(name, [])
    return [name]


def _top_level(distribution: importlib.metadata.Distribution) -> Iterator[Path]:
    """The modules, packages and folders of shared objects of a distribution; none when it does not list its files."""
    tops = {file.parts[0]: len(file.parts) for file in distribution.files or () if file.parts}
    for top, depth in tops.items():
        is_module = depth > 1 or top.endswith((".py", ".so"))
        if is_module and top not in ("..", "__pycache__") and not top.endswith((".dist-info", ".egg-info")):
            yield Path(str(distribution.locate_file(top)))
