"""The InfoNCE loss with in-batch negatives, in both directions, and its gradients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def info_nce(
    queries: npt.ArrayLike, keys: npt.ArrayLike, temperature: float = 0.07
) -> tuple[float, Float64Array, Float64Array]:
    """Return the mean of the cross-entropies over rows and over columns of the cosines, and its gradients.

    Args:
        queries: vectors, shape (N, D), of any length but 0.
        keys: vectors, shape (N, D); key i belongs to query i, all others are negatives.
        temperature: divides the cosines.

    Returns:
        The loss, and its gradients in `queries` and `keys` before normalisation, shape (N, D).

    Raises:
        ValueError: a wrong shape, an axis of length zero, a row of zeros, or a temperature that is not above 0.
    """
    raise NotImplementedError
