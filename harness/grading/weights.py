"""What katas and their bands of tests are worth: defaults, `--weights example=1,law=4`, and `weights.toml` beside the roster.

A kata's own table wins over `--weights`, which wins over the table `[default]`, which wins over `DEFAULT`. A band that
is not named keeps what it has. In the file, `points`, `weight` and `due` of a kata stand beside its bands.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from harness.core.errors import KataError
from harness.core.model import Band
from harness.grading.late import DeadlineError, parse_time

DEFAULT: Mapping[Band, float] = {Band.EXAMPLE: 1.0, Band.LAW: 4.0, Band.EDGE: 3.0, Band.SPEED: 2.0}
"""Laws are what a kata is about; examples are printed in its README, so passing them shows the least."""
FILE = "weights.toml"
"""Beside the roster."""
GENERAL = "default"
"""The table for katas that have none of their own."""

POINTS, WEIGHT, DUE = "points", "weight", "due"
"""Beside the bands: what a kata is out of, how often it counts in the total, and when it is due (seconds since the epoch)."""

Tables = Mapping[str, Mapping[str, float]]
"""Numbers by table (`default` or a kata's slug) and band, or `points`, `weight`, `due`, as they are kept with a cohort."""
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

    def points(self, slug: str) -> float | None:
        """What the kata `slug` is out of by its own table, None when that does not say."""
        return self.tables.get(slug, {}).get(POINTS)

    @property
    def general_points(self) -> float | None:
        """What katas are out of by the table `[default]`."""
        return self.tables.get(GENERAL, {}).get(POINTS)

    def weight(self, slug: str) -> float:
        """How often the kata counts in the total."""
        return self._number(slug, WEIGHT, 1.0)

    def due(self, slug: str) -> float | None:
        """When the kata is due, seconds since the epoch; None when it never is."""
        due = self._number(slug, DUE, -1.0)
        return due if due >= 0 else None

    def _number(self, slug: str, name: str, default: float) -> float:
        return self.tables.get(slug, {}).get(name, self.tables.get(GENERAL, {}).get(name, default))


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
    return {name: _read_table(table, f"{file}: [{name}]") for name, table in document.items()}


def _read_table(table: Mapping[str, object], where: str) -> dict[str, float]:
    """The numbers of one table. Raises `WeightsError`."""
    bands = {name: value for name, value in table.items() if name not in (POINTS, WEIGHT, DUE)}
    _check(bands, where)
    found = {band: float(str(weight)) for band, weight in bands.items()}
    for name in (POINTS, WEIGHT):
        value = table.get(name, 1.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise WeightsError(f"{where}: {name} is {value!r}, expected a number that is at least 0")
        if name in table:
            found[name] = float(value)
    if found.get(POINTS, 1.0) == 0:
        raise WeightsError(f"{where}: points is 0", hint="weight = 0 leaves a kata out of the total")
    if DUE in table:
        found[DUE] = _due(table[DUE], where)
    return found


def _due(value: object, where: str) -> float:
    """Seconds since the epoch of a date or time of TOML, or of a text. Raises `WeightsError`."""
    text = value.isoformat() if isinstance(value, date | datetime) else value
    if not isinstance(text, str):
        raise WeightsError(f"{where}: due is {value!r}, expected a time such as 2026-12-01T23:59:00")
    try:
        return parse_time(text, f"{where}: due")
    except DeadlineError as error:
        raise WeightsError(error.sentence, hint=error.hint) from None


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
