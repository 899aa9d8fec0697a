"""The files that a learners' edition has in another form than the repository: without what is for authors."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.core.model import Kata
from harness.edition.manifest import EditionError

TEMPLATES = "harness/edition/templates"

_SECTION = re.compile(r"^(?=\[)", re.MULTILINE)
_AUTHORS_SECTIONS = ("[dependency-groups]", "[tool.ruff", "[tool.mypy", "[[tool.mypy")
_AUTHORS_LINES = re.compile(r"^pythonpath = .*\n", re.MULTILINE)
_EXTRAS = "[project.optional-dependencies]\n"
_REQUIRES = re.compile(r"^requires\s*=\s*\[[^\]]*\]", re.MULTILINE)


def project(source: str) -> str:
    """The repository's `pyproject.toml`, as an edition has it: no linting, no groups of authors, an extra for seals.

    Raises `EditionError` when something of authors is left, or something else is lost.
    """
    sections = [part for part in _SECTION.split(source) if not part.startswith(_AUTHORS_SECTIONS)]
    text = _AUTHORS_LINES.sub("", "".join(sections))
    wanted = _parsed(source, "pyproject.toml")
    for name in ("ruff", "mypy"):
        wanted["tool"].pop(name, None)
    wanted.pop("dependency-groups", None)
    wanted["tool"]["pytest"]["ini_options"].pop("pythonpath", None)
    if _parsed(text, "pyproject.toml") != wanted:
        raise EditionError(
            "pyproject.toml is written in a way that release cannot shorten", hint="see harness/edition/texts.py"
        )
    extras = wanted["project"].get("optional-dependencies", {})
    sealing = [need for needs in extras.values() for need in needs if need.startswith("cryptography")]
    if sealing:
        seal = f'seal = [\n    "{sealing[0]}",         # opens sealed solutions: kata unseal\n]\n'
        text = text.replace(_EXTRAS, _EXTRAS + seal, 1)
        _parsed(text, "pyproject.toml")
    return text.rstrip("\n") + "\n"


def version(source: str) -> str:
    """The version that `pyproject.toml` gives, which need not be the one that is installed."""
    return str(_parsed(source, "pyproject.toml")["project"]["version"])


def metadata(source: str, kata: Kata, known: set[str]) -> str:
    """A `kata.toml` that requires no kata which is not in the edition."""
    if set(kata.requires) <= known:
        return source
    kept = [slug for slug in kata.requires if slug in known]
    text = _REQUIRES.sub("requires = [" + ", ".join(f'"{slug}"' for slug in kept) + "]", source, count=1)
    wanted = {**_parsed(source, "kata.toml"), "requires": kept}
    if _parsed(text, "kata.toml") != wanted:
        raise EditionError(f"katas/{kata.slug}/kata.toml is written in a way that release cannot shorten: requires")
    return text


def ignored(source: str) -> str:
    """A `.gitignore` under which solutions that were opened do not get into a fork."""
    return source.rstrip("\n") + "\nsolutions/\n"


def readme(
    template: str, katas: Sequence[Kata], commands: Mapping[str, str], *, has: Callable[[str], bool], is_sealed: bool
) -> str:
    """The edition's README; `has` tells whether a file is in the edition, `commands` are those of learners."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False)
    return environment.from_string(template).render(
        katas=katas,
        first=katas[0],
        commands=commands,
        is_sealed=is_sealed,
        has_follow_ups=any(has(f"katas/{kata.slug}/test_follow_up.py") for kata in katas),
    )


def template(root: Path, name: str) -> str:
    """A template of the checkout that is released, which need not be where this module is from."""
    try:
        return (root / TEMPLATES / name).read_text(encoding="utf-8")
    except OSError:
        raise EditionError(
            f"there is no {TEMPLATES}/{name} in {root}", hint="editions are made from the whole repository"
        ) from None


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EditionError(f"{name} is not valid TOML: {error}") from None
