"""ROC curve, the area under it, and average precision."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def roc_curve(y_true: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return false-positive rates, true-positive rates and thresholds, from the highest threshold to the lowest.

    Args:
        y_true: labels 0 and 1, shape (n,); both occur.
        scores: finite numbers, shape (n,); higher means more likely to be 1.

    Returns:
        Three arrays of shape (k + 1,): the thresholds are infinity and the k distinct scores, falling.

    Raises:
        ValueError: a wrong shape, no samples, a label other than 0 and 1, or labels of one class alone.
    """
    raise NotImplementedError


def roc_auc(y_true: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Return the area under the ROC curve: the chance that a positive scores higher than a negative, ties counting half.

    Raises:
        ValueError: as in `roc_curve`.
    """
    raise NotImplementedError


def average_precision(y_true: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Return the sum over distinct scores, from the highest, of the gain in recall times the precision.

    Raises:
        ValueError: as in `roc_curve`.
    """
    raise NotImplementedError
