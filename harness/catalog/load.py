"""From folders under `katas/` to `Kata`s.

The kata folders are the catalogue: there is no list of them anywhere else. A folder that cannot be used becomes
a `Fault` with one sentence, and the others go on.
"""

from __future__ import annotations

import codecs
import difflib
import hashlib
import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.catalog.paths import PATHS, load_paths
from harness.core.errors import CatalogError, UnknownKataError
from harness.core.model import FOLLOW_UP_SUITE, Catalog, Fault, Kata, KataKind, KataSet, LearningPath, PlantedFault

SLUG = re.compile(r"(?P<set>[a-z])(?P<number>\d{2})_(?P<name>[a-z][a-z0-9_]*)")
"""A kata folder's name: set letter, two digits, module name."""

EDITION = ".dojo/manifest.json"
"""What a learners' edition has, and the whole repository has not."""

_ID = re.compile(r"(?P<set>[a-z])(?P<number>\d{1,2})", re.IGNORECASE)


class _Metadata(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What `kata.toml` may say."""

    title: str
    minutes: int
    topics: tuple[str, ...]
    stub_sha256: str
    requires: tuple[str, ...] = ()
    imports: tuple[str, ...] = ("numpy",)
    forbidden: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    hang_limit_s: float | None = None
    kind: KataKind = KataKind.WRITE
    faults: dict[str, tuple[str, ...]] = {}  # msgspec copies it for each instance


def find_root(start: Path) -> Path:
    """The checkout that `start` lies in: the nearest folder upwards that has `katas/` in it.

    `KATA_ROOT` in the environment wins. Raises `CatalogError` when there is none.
    """
    named = os.environ.get("KATA_ROOT")
    if named:
        root = Path(named)
        if not (root / "katas").is_dir():
            raise CatalogError(f"KATA_ROOT is {named!r}, and there is no katas/ folder in it")
        return root.resolve()
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / "katas").is_dir():
            return folder
    raise CatalogError(
        f"no katas/ folder in {start} or above it",
        hint="run this inside a clone of the repository, or set KATA_ROOT to one",
    )


def is_edition(root: Path) -> bool:
    """Whether `root` is a learners' edition, which has neither solutions nor what authors need."""
    return (root / EDITION).is_file()


def load_kata(folder: Path) -> Kata:
    """The kata in `folder`. Raises `CatalogError` with the reason when it is not usable."""
    match = SLUG.fullmatch(folder.name)
    if match is None:
        raise CatalogError(f"{folder.name} is not a kata folder name: expected one like a01_mse")
    letter = match["set"].upper()
    if letter not in [known.value for known in KataSet]:
        known = ", ".join(KataSet)
        raise CatalogError(f"{folder.name} is in set {letter}, which does not exist (sets are {known})")
    if f"test_{match['name']}.py" == FOLLOW_UP_SUITE:
        raise CatalogError(f"{folder.name} cannot be called that: {FOLLOW_UP_SUITE} is the suite of a kata's follow-up")
    metadata = _read_metadata(folder / "kata.toml")
    kata_set = KataSet(letter)
    return Kata(
        slug=folder.name,
        id=f"{letter}{match['number']}",
        set=kata_set,
        module=match["name"],
        folder=folder,
        title=metadata.title,
        minutes=metadata.minutes,
        topics=metadata.topics,
        requires=metadata.requires,
        imports=metadata.imports,
        forbidden=metadata.forbidden,
        helpers=metadata.helpers,
        hang_limit_s=metadata.hang_limit_s or kata_set.hang_limit_s,
        stub_sha256=metadata.stub_sha256,
        has_follow_up=(folder / FOLLOW_UP_SUITE).is_file(),
        kind=metadata.kind,
        faults=tuple(PlantedFault(name, tests) for name, tests in metadata.faults.items()),
    )


def _read_metadata(path: Path) -> _Metadata:
    name = f"{path.parent.name}/{path.name}"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CatalogError(f"{path.parent.name} has no kata.toml") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{name} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{name} is not valid TOML: {error}") from error
    try:
        metadata = msgspec.convert(raw, _Metadata)
    except msgspec.ValidationError as error:
        raise CatalogError(f"{name} is not complete: {error}") from error
    if metadata.minutes <= 0:
        raise CatalogError(f"{name}: minutes is {metadata.minutes}, expected more than 0")
    if metadata.hang_limit_s is not None and metadata.hang_limit_s <= 0:
        raise CatalogError(f"{name}: hang_limit_s is {metadata.hang_limit_s}, expected more than 0")
    if metadata.faults and metadata.kind is not KataKind.DEBUG:
        raise CatalogError(f'{name}: [faults] is for a kata of kind = "debug"')
    return metadata


def load_catalog(root: Path) -> Catalog:
    """Every kata under `root/katas`, in the order of their names, with a `Fault` for each folder that is not one."""
    katas: list[Kata] = []
    faults: list[Fault] = []
    by_id: dict[str, str] = {}
    by_module: dict[str, str] = {}
    for folder in sorted((root / "katas").iterdir()):
        if not folder.is_dir() or folder.name.startswith((".", "__")):
            continue
        try:
            kata = load_kata(folder)
            _claim(by_id, kata.id, kata.slug, "id")
            _claim(by_module, kata.module, kata.slug, "module name")
        except CatalogError as error:
            faults.append(Fault(folder=folder.name, sentence=str(error)))
        else:
            katas.append(kata)
    known = {kata.slug for kata in katas}
    for kata in katas:
        missing = [slug for slug in kata.requires if slug not in known]
        if missing:
            faults.append(
                Fault(folder=kata.slug, sentence=f"{kata.slug} requires {', '.join(missing)}, which is not a kata here")
            )
    paths: tuple[LearningPath, ...] = ()
    try:
        paths = load_paths(root, katas)
    except CatalogError as error:
        faults.append(Fault(folder=PATHS, sentence=str(error)))
    return Catalog(tuple(katas), tuple(faults), paths)


def _claim(taken: dict[str, str], key: str, slug: str, what: str) -> None:
    if key in taken:
        raise CatalogError(f"{slug} has the same {what} as {taken[key]}: {key}")
    taken[key] = slug


def find_kata(catalog: Catalog, text: str) -> Kata:
    """The kata that `text` names: `a1`, `A01`, `mse`, `a01_mse`, or a path to its folder or to a file in it.

    Raises `UnknownKataError`, with the nearest names, when it names none.
    """
    wanted = _name_in(text)
    match = _ID.fullmatch(wanted)
    if match is not None:
        wanted = f"{match['set']}{int(match['number']):02d}"
    for kata in catalog.katas:
        if wanted in (kata.slug, kata.id.lower(), kata.module):
            return kata
    for fault in catalog.faults:
        if wanted in (fault.folder, fault.folder.split("_", 1)[0]):
            raise CatalogError(fault.sentence)
    names = [name for kata in catalog.katas for name in (kata.slug, kata.module, kata.id.lower())]
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`kata list` shows the katas there are"
    raise UnknownKataError(f"no kata is called {text!r}", hint=hint)


def _name_in(text: str) -> str:
    """What of a name or a path can name a kata: the folder `a01_mse` where the path has one, else `mse` of `mse.py`."""
    place = Path(text.replace("\\", "/"))
    parts = (Path.cwd() / place).resolve().parts if text in (".", "..") or len(place.parts) > 1 else place.parts
    folder = next((part for part in reversed(parts) if SLUG.fullmatch(part.lower())), "")
    name = folder or (parts[-1] if parts else text)
    return (name.removesuffix(".py").removeprefix("test_") if name.endswith(".py") else name).lower()


def select_katas(catalog: Catalog, names: Sequence[str]) -> tuple[Kata, ...]:
    """The katas that `names` name, in catalogue order and each once; all of them when `names` is empty."""
    if not names:
        return catalog.katas
    wanted = {find_kata(catalog, name).slug for name in names}
    return tuple(kata for kata in catalog.katas if kata.slug in wanted)


def stub_hash(source: bytes) -> str:
    """SHA-256 of a stub, newlines normalised so that a checkout with CRLF is still the published stub."""
    return hashlib.sha256(source.replace(b"\r\n", b"\n")).hexdigest()


def is_published_stub(kata: Kata, source: bytes) -> bool:
    """Whether `source` is the stub as it was published, so that running it would say nothing.

    It is so too with the blank lines at the end and the byte order mark that an editor may add.
    """
    bare = source.removeprefix(codecs.BOM_UTF8).rstrip() + b"\n"
    return kata.stub_sha256 in (stub_hash(source), stub_hash(bare))
