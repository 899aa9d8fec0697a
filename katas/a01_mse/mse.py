"""Mean squared error."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def mse(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Return the mean, over all elements, of the squared difference of `y_true` and `y_pred`.

    Args:
        y_true: targets, numbers of any shape with at least one element.
        y_pred: predictions, of the same shape.

    Returns:
        The mean squared error, a Python float; NaN when any element is NaN.

    Raises:
        ValueError: the shapes differ (there is no broadcasting), or there are no elements.
    """
    raise NotImplementedError
