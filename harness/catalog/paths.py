"""Named routes through the katas, from the table `katas/paths.toml`."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.core.errors import CatalogError
from harness.core.model import Catalog, Kata, LearningPath

PATHS = "paths.toml"
"""The table, in `katas/`."""

_NAME = re.compile(r"[a-z][a-z0-9-]*")


class _Entry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One route, as the table has it."""

    title: str
    katas: tuple[str, ...]


def load_paths(root: Path, katas: Sequence[Kata]) -> tuple[LearningPath, ...]:
    """The routes of a checkout in the table's order; those that lead to no kata of this checkout are left out.

    A fork may have fewer katas than the table names: those are counted in `LearningPath.missing`. Raises `CatalogError` with the
    reason when the table cannot be used. Without a table there are no routes.
    """
    name = f"katas/{PATHS}"
    try:
        raw = tomllib.loads((root / "katas" / PATHS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{name} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{name} is not valid TOML: {error}") from error
    try:
        entries = msgspec.convert(raw, dict[str, _Entry])
    except msgspec.ValidationError as error:
        raise CatalogError(f"{name} is not complete: {error}") from error
    known = {kata.slug for kata in katas}
    found = []
    for path, entry in entries.items():
        if _NAME.fullmatch(path) is None:
            raise CatalogError(f"{name}: {path!r} is not a name of a path, expected one like ml-basics")
        twice = sorted({slug for slug in entry.katas if entry.katas.count(slug) > 1})
        if twice:
            raise CatalogError(f"{name}: the path {path} names {', '.join(twice)} more than once")
        here = tuple(slug for slug in entry.katas if slug in known)
        if here:
            found.append(LearningPath(path, entry.title, here, missing=len(entry.katas) - len(here)))
    return tuple(found)


def find_path(catalog: Catalog, name: str) -> LearningPath:
    """The route of this name. Raises `CatalogError`, with the nearest names, when there is none."""
    wanted = "-".join(name.lower().replace("_", "-").split())
    for path in catalog.paths:
        if path.name == wanted:
            return path
    names = [path.name for path in catalog.paths]
    if not names:
        raise CatalogError(
            f"no path is called {name!r}: this checkout has no katas/{PATHS}, or it names no kata of this checkout"
        )
    near = difflib.get_close_matches(wanted, names, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"paths are {', '.join(names)}"
    raise CatalogError(f"no path is called {name!r}", hint=hint)


def along(catalog: Catalog, path: LearningPath) -> Catalog:
    """The katas of a route alone, in its order."""
    by_slug = {kata.slug: kata for kata in catalog.katas}
    return Catalog(tuple(by_slug[slug] for slug in path.slugs), catalog.faults, (path,))
