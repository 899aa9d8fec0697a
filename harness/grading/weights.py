"""What each band of tests is worth: defaults, `--weights example=1,law=4`, and `weights.toml` beside the roster.

A kata's own table wins over `--weights`, which wins over the table `[default]`, which wins over `DEFAULT`. A band that
is not named keeps what it has.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.core.errors import KataError
from harness.core.model import Band

DEFAULT: Mapping[Band, float] = {Band.EXAMPLE: 1.0, Band.LAW: 4.0, Band.EDGE: 3.0, Band.SPEED: 2.0}
"""Laws are what a kata is about; examples are printed in its README, so passing them shows the least."""
FILE = "weights.toml"
"""Beside the roster."""
GENERAL = "default"
"""The table for katas that have none of their own."""

Tables = Mapping[str, Mapping[str, float]]
"""Weights by table (`default` or a kata's slug) and band, as they are kept with a cohort."""
_HINT = "for example --weights example=1,law=4,edge=3,speed=2"


class WeightsError(KataError):
    """Weights that cannot be used; the message says where they stand."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of all katas of a cohort."""

    tables: Tables = field(default_factory=dict)

    def of(self, slug: str) -> dict[Band, float]:
        """The weights of the kata `slug`, one for each band."""
        given = {**self.tables.get(GENERAL, {}), **self.tables.get(slug, {})}
        return {band: given.get(band.value, DEFAULT[band]) for band in Band}


def parse_option(text: str) -> dict[str, float]:
    """The weights in `example=1,law=4`. Raises `WeightsError`."""
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        band, equals, number = (word.strip() for word in part.partition("="))
        if not equals:
            raise WeightsError(f"--weights: {part!r} is not BAND=NUMBER", hint=_HINT)
        if band in found:
            raise WeightsError(f"--weights: {band} is there twice")
        try:
            found[band] = float(number)
        except ValueError:
            raise WeightsError(f"--weights: {number!r} is not a number", hint=_HINT) from None
    _check(found, "--weights")
    return found


def read_weights(file: Path, slugs: Collection[str]) -> Tables:
    """The tables of a TOML file; none when the file does not exist. Raises `WeightsError` for unknown katas and bands."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WeightsError(f"{file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WeightsError(f"{file} is not valid TOML: {error}") from None
    for name, table in document.items():
        if not isinstance(table, dict):
            raise WeightsError(f"{file}: {name} is not in a table", hint=f"write it below [{GENERAL}] or [a01_mse]")
        if name != GENERAL and name not in slugs:
            raise WeightsError(f"{file}: there is no kata {name!r}", hint="tables are named after folders in katas/")
        _check(table, f"{file}: [{name}]")
    return {name: {band: float(weight) for band, weight in table.items()} for name, table in document.items()}


def with_option(tables: Tables, option: Mapping[str, float]) -> Tables:
    """`tables` with the weights of `--weights` over those of the table `[default]`."""
    general = {**tables.get(GENERAL, {}), **option}
    return {**tables, GENERAL: general} if general else dict(tables)


def _check(table: Mapping[str, object], where: str) -> None:
    """Raise `WeightsError` unless these are bands with weights of which one counts."""
    known = [band.value for band in Band]
    for band, weight in table.items():
        if band not in known:
            raise WeightsError(f"{where}: there is no band {band!r}", hint=f"the bands are {', '.join(known)}")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
            raise WeightsError(f"{where}: the weight of {band} is {weight!r}, expected a number that is at least 0")
    if {*table} == {*known} and not any(table.values()):
        raise WeightsError(f"{where}: every band has the weight 0")
