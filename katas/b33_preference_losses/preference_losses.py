"""Losses that learn from preferences: DPO, PPO's clipped objective, GRPO's advantages, an estimate of KL."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def dpo_loss(
    policy_chosen: npt.ArrayLike,
    policy_rejected: npt.ArrayLike,
    reference_chosen: npt.ArrayLike,
    reference_rejected: npt.ArrayLike,
    beta: float = 0.1,
) -> tuple[float, Float64Array, Float64Array]:
    """Return the mean DPO loss of N pairs, and its gradients in `policy_chosen` and `policy_rejected`, shape (N,).

    Raises:
        ValueError: a wrong shape, shapes that differ, no pairs, or a beta that is not above 0.
    """
    raise NotImplementedError


def ppo_clip_loss(
    log_probs: npt.ArrayLike, old_log_probs: npt.ArrayLike, advantages: npt.ArrayLike, clip: float = 0.2
) -> tuple[float, Float64Array]:
    """Return minus the mean clipped objective of N samples, and its gradient in `log_probs`, shape (N,).

    Raises:
        ValueError: a wrong shape, shapes that differ, no samples, or a clip that is not between 0 and 1.
    """
    raise NotImplementedError


def grpo_advantages(rewards: npt.ArrayLike) -> Float64Array:
    """Return rewards (G, K) less the mean of their row, divided by its standard deviation; 0 in rows of equal rewards.

    Raises:
        ValueError: a wrong shape, or an axis of length zero.
    """
    raise NotImplementedError


def kl_estimate(log_probs: npt.ArrayLike, reference: npt.ArrayLike) -> tuple[float, Float64Array]:
    """Return the mean of the k3 estimates of KL(policy || reference), and its gradient in `log_probs`, shape (N,).

    Raises:
        ValueError: a wrong shape, shapes that differ, or no samples.
    """
    raise NotImplementedError
