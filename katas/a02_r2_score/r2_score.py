"""Coefficient of determination."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def r2_score(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Return R², the share of the variance of `y_true` that `y_pred` explains.

    Args:
        y_true: targets, shape (n,) with n >= 2.
        y_pred: predictions, shape (n,).

    Returns:
        1 - SS_res / SS_tot, a Python float in (-inf, 1]. For targets that are all the same value: 1.0 when every
        prediction is that value, else 0.0.

    Raises:
        ValueError: an argument is not one-dimensional, the lengths differ, or there are fewer than two samples.
    """
    raise NotImplementedError
