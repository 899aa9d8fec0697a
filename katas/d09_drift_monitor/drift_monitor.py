"""Say whether a batch comes from the distribution of a reference, with false alarms at a stated level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Column = Sequence[Any] | npt.NDArray[np.generic]


def ks_statistic(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return the largest distance between the empirical distribution functions of two samples, shapes (n,) and (m,).

    Raises `ValueError` for a sample that is not 1-D, or empty.
    """
    raise NotImplementedError


def chi2_statistic(a_counts: npt.ArrayLike, b_counts: npt.ArrayLike) -> tuple[float, int]:
    """Return the chi-square statistic of homogeneity of two rows of counts, and its degrees of freedom.

    Both have shape (k,): how often each category occurs in one sample, and in the other.

    Raises:
        ValueError: other shapes, a negative count, or a row without any.
    """
    raise NotImplementedError


def psi(reference: npt.ArrayLike, batch: npt.ArrayLike, bins: int = 10) -> float:
    """Return the population stability index, with bins from the quantiles of the reference.

    Raises `ValueError` for a sample that is not 1-D, or empty, and for `bins` below 2.
    """
    raise NotImplementedError


class DriftMonitor:
    """Compare batches with a reference, feature by feature.

    Args:
        reference: columns of equal length by name.
        alpha: the share of batches with a false alarm, above 0 and below 1.

    Raises:
        ValueError: `alpha` is out of range, or the columns cannot be used.
    """

    def __init__(self, reference: Mapping[str, Column], alpha: float = 0.01) -> None:
        raise NotImplementedError

    def check(self, batch: Mapping[str, Column]) -> dict[str, dict[str, Any]]:
        """Return for each feature a dict with kind, statistic, p_value, psi, drifted, new_categories.

        Raises `ValueError` for a batch that does not have the columns of the reference, or not such ones.
        """
        raise NotImplementedError
