"""Say whether a batch comes from the distribution of a reference, with false alarms at a stated level: the reference."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special, stats

Column = Sequence[Any] | npt.NDArray[np.generic]
Float64Array = npt.NDArray[np.float64]
LEAST_EXPECTED = 5
"""Expected counts from which on chi-square is taken to hold (Cochran 1954)."""


def ks_statistic(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return the largest distance between the empirical distribution functions of two samples."""
    a, b = np.sort(_sample("a", a)), np.sort(_sample("b", b))
    points = np.concatenate([a, b])
    distances = np.searchsorted(a, points, "right") / len(a) - np.searchsorted(b, points, "right") / len(b)
    return float(np.abs(distances).max())


def chi2_statistic(a_counts: npt.ArrayLike, b_counts: npt.ArrayLike) -> tuple[float, int]:
    """Return the chi-square statistic of homogeneity of two rows of counts, and its degrees of freedom."""
    table, expected = _table(a_counts, b_counts)
    return float(((table - expected) ** 2 / expected).sum()), table.shape[1] - 1


def psi(reference: npt.ArrayLike, batch: npt.ArrayLike, bins: int = 10) -> float:
    """Return the population stability index, with bins from the quantiles of the reference."""
    if bins < 2:
        raise ValueError(f"bins must be at least 2, got {bins}")
    reference, batch = _sample("reference", reference), _sample("batch", batch)
    edges = np.unique(np.quantile(reference, np.arange(1, bins) / bins))
    return _psi_of_counts(
        *(np.bincount(np.searchsorted(edges, x, "left"), minlength=len(edges) + 1) for x in (reference, batch))
    )


@dataclass(frozen=True)
class _Values:
    """A column: what is present, and how many values are missing."""

    present: list[Any]
    missing: int

    @property
    def is_numeric(self) -> bool:
        return all(_is_number(value) for value in self.present)


class DriftMonitor:
    """Compare batches with a reference, feature by feature.

    Args:
        reference: columns of equal length by name.
        alpha: the share of batches with a false alarm, above 0 and below 1.
    """

    def __init__(self, reference: Mapping[str, Column], alpha: float = 0.01) -> None:
        if not 0 < alpha < 1:
            raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
        if not reference:
            raise ValueError("reference must have at least one feature, got none")
        self._alpha = alpha
        self._reference = _columns(reference)
        for name, column in self._reference.items():
            if not column.present:
                raise ValueError(f"{name} must have values, got missing ones only")
            if not column.is_numeric and any(map(_is_number, column.present)):
                raise ValueError(f"{name} must have numbers or categories, got both")

    def check(self, batch: Mapping[str, Column]) -> dict[str, dict[str, Any]]:
        """Return for each feature a dict with kind, statistic, p_value, psi, drifted, new_categories."""
        if set(batch) != set(self._reference):
            raise ValueError(f"batch must have the features {list(self._reference)}, got {list(batch)}")
        columns = _columns(batch)
        report = {}
        for name, reference in self._reference.items():
            compare = _compare_numbers if reference.is_numeric else _compare_categories
            found = compare(name, reference, columns[name])
            found["drifted"] = bool(found["p_value"] <= self._alpha / len(self._reference))
            report[name] = found
        return report


def _compare_numbers(name: str, reference: _Values, batch: _Values) -> dict[str, Any]:
    if not batch.is_numeric:
        raise ValueError(f"{name} must have numbers, as in the reference, got others")
    n, m = len(reference.present), len(batch.present)
    statistic = ks_statistic(reference.present, batch.present) if m else 0.0
    values_p = float(special.kolmogorov(statistic * np.sqrt(n * m / (n + m))))
    missing_p = _p_value_of_counts([n, reference.missing], [m, batch.missing])
    return {
        "kind": "numeric",
        "statistic": statistic,
        "p_value": min(1.0, 2 * min(values_p, missing_p)),
        "psi": psi(reference.present, batch.present) if m else 0.0,
        "new_categories": [],
    }


def _compare_categories(name: str, reference: _Values, batch: _Values) -> dict[str, Any]:  # noqa: ARG001
    was, now = Counter(reference.present), Counter(batch.present)
    new = sorted(set(now) - set(was), key=str)
    categories = [*was, *new]
    counts = [
        [*(counter[category] for category in categories), column.missing]
        for counter, column in ((was, reference), (now, batch))
    ]
    return {
        "kind": "categorical",
        "statistic": chi2_statistic(*counts)[0],
        "p_value": _p_value_of_counts(*counts),
        "psi": _psi_of_counts(*_table(*counts)[0]),
        "new_categories": new,
    }


def _p_value_of_counts(a_counts: Sequence[int], b_counts: Sequence[int]) -> float:
    """Of chi-square where it holds; else the smallest of exact tests, one for each category, corrected for their number."""
    table, expected = _table(a_counts, b_counts)
    k = table.shape[1]
    if k == 1:
        return 1.0
    if expected.min() >= LEAST_EXPECTED:
        return float(stats.chi2.sf(*chi2_statistic(a_counts, b_counts)))
    urn = table.sum(), table.sum(axis=0), table[1].sum()  # all rows, those of each category, and those drawn
    tails = np.minimum(stats.hypergeom.cdf(table[1], *urn), stats.hypergeom.sf(table[1] - 1, *urn))
    return float(min(1.0, k * 2 * tails.min()))


def _psi_of_counts(reference: npt.ArrayLike, batch: npt.ArrayLike) -> float:
    p, q = ((np.asarray(x) + 0.5) / (np.sum(x) + 0.5 * np.size(x)) for x in (reference, batch))
    return float(((q - p) * np.log(q / p)).sum())


def _table(a_counts: npt.ArrayLike, b_counts: npt.ArrayLike) -> tuple[Float64Array, Float64Array]:
    """The counts of the categories that occur, and what is expected of them, both of shape (2, k)."""
    a, b = np.asarray(a_counts, dtype=np.float64), np.asarray(b_counts, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"counts must have one shape (k,), got {a.shape} and {b.shape}")
    table = np.stack([a, b])
    totals = table.sum(axis=1, keepdims=True)
    if (table < 0).any() or not totals.all():
        raise ValueError(f"counts must be at least 0, and some above it, got {a} and {b}")
    table = table[:, table.any(axis=0)]
    return table, totals * table.sum(axis=0) / totals.sum()


def _sample(name: str, values: npt.ArrayLike) -> Float64Array:
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or len(sample) == 0:
        raise ValueError(f"{name} must have shape (n,), n at least 1, got shape {sample.shape}")
    return sample


def _columns(table: Mapping[str, Column]) -> dict[str, _Values]:
    """The columns, split into values and missing ones."""
    columns: dict[str, _Values] = {}
    rows = 0
    for name, column in table.items():
        values = np.asarray(column) if isinstance(column, np.ndarray) else np.asarray(column, dtype=object)
        rows = rows or len(np.atleast_1d(values))
        if values.ndim != 1 or len(values) == 0 or len(values) != rows:
            raise ValueError(f"{name} must have shape ({rows or 'n'},), got shape {values.shape}")
        present = [value for value in values.tolist() if not _is_missing(value)]
        columns[name] = _Values(present, len(values) - len(present))
    return columns


def _is_missing(value: Any) -> bool:
    return value is None or (_is_number(value) and math.isnan(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
