"""`kata new`: all files of a kata, each with what belongs in it; and `kata stamp`: publish a stub."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from harness.catalog.load import SLUG, stub_hash
from harness.core.errors import CatalogError
from harness.core.model import FOLLOW_UP_SUITE, Kata, KataKind, KataSet

_MINUTES = {KataSet.A: 15, KataSet.B: 40, KataSet.C: 60, KataSet.D: 75}
_ID = re.compile(r"([A-Za-z])(\d{1,2})")


def new_kata(root: Path, kata_id: str, title: str, kind: KataKind = KataKind.WRITE) -> list[Path]:
    """Write the files of a new kata under `root`; returns them.

    Raises `CatalogError` for an id or a title that cannot be used, and when a kata of this id or name is there already:
    nothing is ever overwritten.
    """
    match = _ID.fullmatch(kata_id)
    sets = [known.value for known in KataSet]
    if match is None or match[1].upper() not in sets:
        raise CatalogError(f"{kata_id!r} is not a kata id: expected one like B26, with a set out of {', '.join(sets)}")
    module = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    prefix = f"{match[1].lower()}{int(match[2]):02d}"
    slug = f"{prefix}_{module}"
    if not SLUG.fullmatch(slug):
        raise CatalogError(f"the title {title!r} gives no module name: expected letters first, like 'Gaussian mixture'")
    if f"test_{module}.py" == FOLLOW_UP_SUITE:
        raise CatalogError(f"the title {title!r} is taken: {FOLLOW_UP_SUITE} is the suite of a kata's follow-up")
    for folder in sorted((root / "katas").iterdir()):
        if folder.name.startswith(f"{prefix}_") or folder.name[4:] == module:
            raise CatalogError(f"there is a kata {folder.name} already")
    values = {
        "id": prefix.upper(),
        "slug": slug,
        "module": module,
        "title": title,
        "minutes": _MINUTES[KataSet(match[1].upper())],
    }
    folders = ["debug", "kata"] if kind is KataKind.DEBUG else ["kata"]  # what the first lacks is the second's
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("harness.catalog", f"templates/{folder}") for folder in folders]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    written = []
    for name in environment.list_templates():
        target = root / environment.from_string(name.removesuffix(".j2")).render(values)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(environment.get_template(name).render(values))
        written.append(target)
    return written


def stamp(kata: Kata) -> bool:
    """Write the hash of the stub as it is into `kata.toml`, and a copy beside it; returns whether it was another one before."""
    path = kata.folder / "kata.toml"
    text, stub = path.read_text(encoding="utf-8"), kata.stub.read_bytes()
    if not kata.published_stub.is_file() or kata.published_stub.read_bytes() != stub:
        kata.published_stub.write_bytes(stub)
    wanted = f'stub_sha256 = "{stub_hash(stub)}"'
    changed = re.sub(r"^stub_sha256\s*=.*$", wanted, text, flags=re.MULTILINE)
    if changed == text:
        return False
    path.write_text(changed, encoding="utf-8", newline="\n")
    return True
