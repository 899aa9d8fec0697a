"""k-nearest-neighbours classification."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class KNN:
    """Classify a point by the votes of the k training rows nearest to it, in Euclidean distance.

    Args:
        k: how many training rows vote, 1 to the number of training rows; checked by `fit`.

    Attributes:
        classes_: the distinct labels in ascending order, shape (c,); set by `fit`.
    """

    def __init__(self, k: int = 3) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> KNN:
        """Remember a copy of the training rows and their labels; return self.

        Args:
            X: training rows, shape (n, d).
            y: their labels, shape (n,): integers or strings.

        Raises:
            ValueError: a wrong shape, an axis of length zero, lengths that differ, or k outside 1..n.
        """
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the label with the most votes for each row of `X`, shape (q,); a tie goes to the smallest label.

        Args:
            X: queries, shape (q, d).

        Raises:
            RuntimeError: the model is not fitted.
            ValueError: a wrong shape, an axis of length zero, or not as many columns as in `fit`.
        """
        raise NotImplementedError

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the fraction of the k votes that each label has for each row of `X`, shape (q, c).

        Columns follow `classes_`. Arguments and errors are those of `predict`.
        """
        raise NotImplementedError
