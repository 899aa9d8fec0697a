"""k-means on a stream of batches."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


class MiniBatchKMeans:
    """Mini-batch k-means (Sculley, 2010) from a start by k-means++.

    After the first batch: `centroids` (k, d), and `counts` (k,), of how many rows each is the mean.
    """

    def __init__(self, k: int, random_state: int | np.random.Generator | None = None) -> None:
        raise NotImplementedError

    def partial_fit(self, batch: npt.ArrayLike) -> MiniBatchKMeans:
        """Take a step with a batch (m, d), after drawing the start from it if it is the first; return self.

        Raises `ValueError` for a wrong shape, another d than before, and a first batch of fewer than k rows.
        """
        raise NotImplementedError

    def fit(self, batches: Iterable[npt.ArrayLike]) -> MiniBatchKMeans:
        """Forget what was before, go once through the batches and return self; `ValueError` if there are none."""
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return the nearest centroid of each row of `X` (q, d), shape (q,); `RuntimeError` before any batch."""
        raise NotImplementedError
