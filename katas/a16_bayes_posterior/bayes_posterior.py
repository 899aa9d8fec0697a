"""Posterior probability of a condition after a test."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def bayes_posterior(
    prior: npt.ArrayLike, sensitivity: npt.ArrayLike, specificity: npt.ArrayLike, positive: bool = True
) -> float | npt.NDArray[np.float64]:
    """Return the probability that the condition is present, given the result of the test.

    Args:
        prior: P(condition), in [0, 1], of any shape.
        sensitivity: P(positive | condition), in [0, 1], of a shape that broadcasts with the others.
        specificity: P(negative | no condition), in [0, 1], of a shape that broadcasts with the others.
        positive: whether the test was positive.

    Returns:
        P(condition | result): a Python float for three numbers, else a float64 array of the broadcast shape.

    Raises:
        ValueError: a probability is outside [0, 1], the shapes do not broadcast, an axis has length zero, or the
            result has probability 0 for some element.
    """
    raise NotImplementedError
