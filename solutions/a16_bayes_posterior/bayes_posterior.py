"""Posterior probability of a condition after a test: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def bayes_posterior(
    prior: npt.ArrayLike, sensitivity: npt.ArrayLike, specificity: npt.ArrayLike, positive: bool = True
) -> float | npt.NDArray[np.float64]:
    """Return P(condition | result), a float for three numbers, else an array of the broadcast shape.

    Raises `ValueError` for probabilities outside [0, 1], shapes that do not broadcast, axes of length zero, and
    wherever the result has probability 0.
    """
    p = _probability("prior", prior)
    hit = _probability("sensitivity", sensitivity)
    rejection = _probability("specificity", specificity)
    # P(result | condition) and P(result | no condition)
    if_present, if_absent = (hit, 1.0 - rejection) if positive else (1.0 - hit, rejection)
    joint = if_present * p
    evidence = joint + if_absent * (1.0 - p)
    if np.any(evidence == 0.0):
        raise ValueError(f"the result must have a probability above 0, got P(result) = {evidence.tolist()}")
    posterior = joint / evidence
    return float(posterior) if posterior.ndim == 0 else posterior


def _probability(name: str, value: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """`value` as an array of float64, or `ValueError`."""
    array = np.asarray(value, dtype=np.float64)
    if array.size == 0:
        raise ValueError(f"{name} must have at least one element, got shape {array.shape}")
    if np.any((array < 0.0) | (array > 1.0)):
        raise ValueError(f"{name} must be in [0, 1], got {array.tolist()}")
    return array
