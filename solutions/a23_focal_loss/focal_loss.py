"""Binary focal loss and its gradient: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def focal_loss(
    logits: npt.ArrayLike, labels: npt.ArrayLike, gamma: float = 2.0, alpha: float | None = None
) -> tuple[float, Float64Array]:
    """Return the mean focal loss (Lin et al., 2017) of logits (n,) for labels (n,) of 0 and 1, and its gradient (n,).

    Raises `ValueError` for wrong shapes, no samples, and labels, gamma or alpha out of range.
    """
    x, y = np.asarray(logits, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    if x.ndim != 1 or x.size == 0:
        raise ValueError(f"logits must have shape (n,), n at least 1, got shape {x.shape}")
    if y.shape != x.shape:
        raise ValueError(f"labels must have shape {x.shape}, got shape {y.shape}")
    if np.any((y != 0) & (y != 1)):
        raise ValueError(f"labels must be 0 or 1, got {y}")
    if gamma < 0:
        raise ValueError(f"gamma must be at least 0, got {gamma}")
    if alpha is not None and not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be from 0 to 1 or None, got {alpha}")

    # Both classes in one formula: u is the logit of the true class, p = σ(u), q = 1 - p = σ(-u).
    sign = 2.0 * y - 1.0
    u = sign * x
    log_p = -np.logaddexp(0.0, -u)
    p, q = np.exp(log_p), np.exp(-np.logaddexp(0.0, u))
    weight = 1.0 if alpha is None else np.where(y == 1, alpha, 1.0 - alpha)
    focus = weight * q**gamma

    # d/du of -q^γ ln p, with dp/du = pq and dq/du = -pq. The q of q^(γ-1) has cancelled: no 0 to a negative power.
    slope = focus * (gamma * p * log_p - q)
    return float(np.mean(-focus * log_p)), sign * slope / x.size
